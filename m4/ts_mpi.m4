# ts_mpi.m4 -- MPI, asked for with --with-mpi: its compiler wrapper is asked for flags, not used

# TS_MPI: sets MPI_CFLAGS, MPI_LIBS, MPIRUN and with_mpi (yes or no). GMP's LIBS and the like do not matter here.
AC_DEFUN([TS_MPI],
[AC_ARG_WITH([mpi], [AS_HELP_STRING([--with-mpi], [sweeps over the ranks of an MPI run (default: no)])], [], [with_mpi=no])
AC_ARG_VAR([MPI_CFLAGS], [C compiler flags for MPI, overriding the search])
AC_ARG_VAR([MPI_LIBS], [linker flags for MPI, overriding the search])
AC_ARG_VAR([MPIRUN], [mpirun, for the tests])
AS_CASE([$with_mpi], [yes|no], [], [AC_MSG_ERROR([--with-mpi takes yes or no, not '$with_mpi'])])
AS_IF([test $with_mpi = yes],
  [AC_CHECK_PROGS([MPICC], [mpicc])
  AC_PATH_PROGS([MPIRUN], [mpirun mpiexec])
  AS_IF([test -z "$MPI_CFLAGS$MPI_LIBS" && test -n "$MPICC"],
    [# Open MPI's words; MPICH has others.
    MPI_CFLAGS=`$MPICC --showme:compile 2>&AS_MESSAGE_LOG_FD || $MPICC -show -c 2>&AS_MESSAGE_LOG_FD | $SED 's/^@<:@^ @:>@* //'`
    MPI_LIBS=`$MPICC --showme:link 2>&AS_MESSAGE_LOG_FD || $MPICC -show 2>&AS_MESSAGE_LOG_FD | $SED 's/^@<:@^ @:>@* //'`])
  AC_MSG_CHECKING([whether a program with MPI links])
  _TS_LINKS([MPI], [[#include <mpi.h>]], [[MPI_Init(0, 0); MPI_Finalize();]])
  AC_MSG_RESULT([$ts_links])
  AS_IF([test $ts_links = yes], [MPI_CFLAGS="$MPI_CFLAGS -DTWOSTAGE_MPI"],
    [TS_MISSING([MPI], [libopenmpi-dev openmpi-bin])])])
AM_CONDITIONAL([WITH_MPI], [test $with_mpi = yes])])
