#!/bin/sh
# mpi_commands.sh -- the commands of READMEs and help texts that need ranks, in a build with MPI (test_commands.sh)
exec sh "${top_srcdir:?}/tests/test_commands.sh" mpi
