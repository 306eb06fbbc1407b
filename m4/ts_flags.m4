# ts_flags.m4 -- compiler flags, each tried before it is used, and the arithmetic that is refused

# TS_TRY_FLAG(FLAG, IF-ACCEPTED, [IF-REFUSED])
# -Werror is on while trying: clang only warns about a flag that it does not know.
AC_DEFUN([TS_TRY_FLAG],
[AS_VAR_PUSHDEF([ts_var], [ts_cv_flag_$1])
AC_CACHE_CHECK([whether $CC accepts $1], [ts_var],
  [ts_saved_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([ts_var], [yes])], [AS_VAR_SET([ts_var], [no])])
  CFLAGS=$ts_saved_CFLAGS])
AS_VAR_IF([ts_var], [yes], [$2], [$3])
AS_VAR_POPDEF([ts_var])])

# TS_APPEND_FLAGS(VARIABLE, FLAGS): appends those of the blank-separated FLAGS that are accepted.
AC_DEFUN([TS_APPEND_FLAGS],
[m4_foreach_w([ts_flag], [$2],
  [TS_TRY_FLAG(m4_defn([ts_flag]), [AS_VAR_APPEND([$1], [" ]m4_defn([ts_flag])["])])
])])

# TS_REQUIRE_FLAG(VARIABLE, FLAG, WHY): appends FLAG, or stops configure.
AC_DEFUN([TS_REQUIRE_FLAG],
[TS_TRY_FLAG([$2], [AS_VAR_APPEND([$1], [" $2"])],
  [AC_MSG_ERROR([$CC does not accept $2, which is needed: $3])])])

# TS_STRICT_ARITHMETIC
# Same bits at every optimisation level need each operation rounded once, to binary64. Macros tell about
# most ways to lose that; for the flags that define none, the user's words are read. src/assumptions.c
# repeats the first half when compiling, for flags that are given to make.
AC_DEFUN([TS_STRICT_ARITHMETIC],
[AC_MSG_CHECKING([that $CC keeps IEEE arithmetic])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <float.h>
#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__)
#error "compiled without IEEE arithmetic"
#endif
#if FLT_EVAL_METHOD != 0 || FLT_RADIX != 2 || DBL_MANT_DIG != 53
#error "double is not evaluated in binary64"
#endif]])], [ts_strict=yes], [ts_strict=no])
for ts_word in $CC $CPPFLAGS $CFLAGS; do
  AS_CASE([$ts_word],
    [-O[[f]]ast|-f[[f]]ast-math|-funsafe-[[m]]ath-optimizations|-fassociative-math|-freciprocal-math|-fno-signed-zeros|-ffinite-math-only|-frounding-math|-ffp-contract=[[!o]]*|-ffp-model=*],
    [ts_strict="no ($ts_word)"])
done
AC_MSG_RESULT([$ts_strict])
AS_IF([test "x$ts_strict" != xyes],
  [AC_MSG_ERROR([CFLAGS="$CFLAGS" gives up IEEE arithmetic in binary64, on which every result here rests; take these flags out])])])

# TS_SWITCH(NAME, DEFAULT, HELP): --enable-NAME in $enable_NAME, yes or no.
AC_DEFUN([TS_SWITCH],
[AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1], [$3])], [], [enable_$1=$2])
AS_CASE([$enable_$1], [yes|no], [], [AC_MSG_ERROR([--enable-$1 takes yes or no, not '$enable_$1'])])])
