/* assumptions.c -- what the sources take for granted about compiler and machine, checked while
 * compiling. */
#include <float.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* Configure refuses these flags too; this catches those given to make alone. */
#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__)
#error "IEEE arithmetic is needed: take the flags that relax it out of CFLAGS"
#endif

_Static_assert(FLT_EVAL_METHOD == 0, "every double operation rounds once, to double");
_Static_assert(FLT_RADIX == 2 && DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024 && DBL_MIN_EXP == -1021,
               "double is IEEE binary64");
_Static_assert(CHAR_BIT == 8 && sizeof(double) == 8, "a double is eight octets, as in .npy files");
_Static_assert((-1 & 3) == 3 && (-1 >> 1) == -1,
               "integers are two's complement and shift arithmetically");
_Static_assert(sizeof(size_t) >= sizeof(int64_t), "array sizes computed in int64_t fit a size_t");
