# ts_arb.m4 -- balls: Arb as a library of its own on FLINT 2, or as a part of FLINT 3

# TS_ARB: sets ARB_CFLAGS, ARB_LIBS and ts_arb_layout so that <arb.h> and <flint/fmpq.h> can be included and linked.
#   Arb on FLINT 2: <arb.h>, -lflint-arb (Debian's name) or -larb (its own), then -lflint.
#   FLINT 3:        <flint/arb.h>, -lflint. Its folder is searched after all others (-idirafter), so that none of its
#                   many short header names can hide a system header.
# GMP and MPFR are the caller's: LIBS must end with them while this runs.
AC_DEFUN([TS_ARB],
[AC_REQUIRE([AC_PROG_SED])
AC_ARG_VAR([ARB_CFLAGS], [C compiler flags for Arb (FLINT), overriding the search])
AC_ARG_VAR([ARB_LIBS], [linker flags for Arb (FLINT), overriding the search])
m4_pushdef([ts_arb_headers], [[
#include <arb.h>
#include <arb_mat.h>
#include <arb_fpwrap.h>
#include <flint/fmpq.h>]])
m4_pushdef([ts_arb_body], [[
arb_t x; fmpq_t q;
arb_init(x); fmpq_init(q); arb_set_fmpq(x, q, 64); fmpq_clear(q); arb_clear(x);]])
AC_MSG_CHECKING([for Arb])
ts_links=no ts_arb_layout=
AS_IF([test -n "$ARB_CFLAGS$ARB_LIBS"],
  [_TS_LINKS([ARB], ts_arb_headers, ts_arb_body)
  ts_arb_layout="as ARB_CFLAGS and ARB_LIBS say"],
  [# The header decides: a link with the wrong library of two would go unnoticed.
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM(ts_arb_headers)],
    [for ts_lib in -lflint-arb -larb -lflint; do
      ARB_LIBS=$ts_lib
      test $ts_lib = -lflint || ARB_LIBS="$ts_lib -lflint"
      _TS_LINKS([ARB], ts_arb_headers, ts_arb_body)
      test $ts_links = no || break
    done
    ts_arb_layout="<arb.h>, $ARB_LIBS"],
    [AC_LANG_CONFTEST([AC_LANG_SOURCE([[#include <flint/arb.h>]])])
    # The preprocessor's line markers tell which file was found.
    ts_arb_dir=`$CC -E $CPPFLAGS conftest.$ac_ext 2>&AS_MESSAGE_LOG_FD |
      $SED -n 's|^# *[[0-9]]* *"\(.*\)/arb\.h".*|\1|p' | $SED 1q`
    rm -f conftest.$ac_ext
    AS_IF([test -n "$ts_arb_dir"],
      [ARB_CFLAGS="-idirafter $ts_arb_dir" ARB_LIBS=-lflint
      _TS_LINKS([ARB], ts_arb_headers, ts_arb_body)
      ts_arb_layout="<flint/arb.h> of FLINT 3 in $ts_arb_dir, $ARB_LIBS"])])])
AS_IF([test $ts_links = yes], [AC_MSG_RESULT([$ts_arb_layout])],
  [AC_MSG_RESULT([no])
  TS_MISSING([Arb and FLINT], [libflint-arb-dev libflint-dev])])
m4_popdef([ts_arb_headers])m4_popdef([ts_arb_body])])
