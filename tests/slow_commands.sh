#!/bin/sh
# slow_commands.sh -- every command of the READMEs and help texts, those that take minutes too (test_commands.sh)
exec sh "${top_srcdir:?}/tests/test_commands.sh" slow
