/* logistic.c -- exponential and sigmoid from + - * / alone. */
#include "src/logistic.h"

#include <string.h>

#include "src/kernel.h"

/* ln 2 = LN2_HI + LN2_LO with LN2_HI a multiple of 2^-42, so k * LN2_HI is exact for |k| < 2^11;
   |LN2_LO| < 2^-43 and its own rounding is below 2^-96. */
#define LN2_HI 0x1.62e42fefa38p-1
#define LN2_LO 0x1.ef35793c7673p-45
#define LOG2_E 0x1.71547652b82fep+0
#define ROUND_MAGIC                                                                                \
  0x1.8p52 /* adding and subtracting it rounds |x| < 2^51 to the nearest integer */
#define ROUND_BITS UINT64_C(0x4338000000000000) /* ROUND_MAGIC's */
#define EXP_ZERO -746.0                         /* e^x < 2^-1075 rounds to 0 below it */

/* 2^k for -1022 <= k <= 1023. */
KERNEL_INLINE double power_of_two(int64_t k) {
  uint64_t bits = (uint64_t)(k + 1023) << 52;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* k of a sum ROUND_MAGIC + k, by its bits: a conversion would be undefined for NaN, which has to
 * pass. */
KERNEL_INLINE int64_t magic_integer(double sum) {
  uint64_t bits;
  memcpy(&bits, &sum, sizeof bits);
  return (int64_t)(bits - ROUND_BITS);
}

/* Derivation, u = 2^-53. k = round(x / ln 2), |k| <= 1077, |r| <= 0.3467. k LN2_HI is exact, and so
   is x - k LN2_HI: both are multiples of the same power of two, and the difference is below 0.36. k
   LN2_LO is below 2^-32 and errs by 2^-85; subtracting it gives |r| < 1/2 and rounds by at most
   u/4, which e^r inherits as a relative error: u/4. e^r = 1 + (r + r^2 P(r)). r^2 P(r) <= 0.068
   carries three roundings and a little of P's own, below 3.3 u 0.068 < 0.23 u. The sum in brackets
   lies between -0.293 and 0.4144 and rounds by u/4. The last sum rounds by u when it is above 1 and
   by u/2 when it is below, where it is at least 0.707. Relative to e^r: above 1 at most u/4 + 0.23
   u + u/4 + u = 1.73 u, below 1 at most u/4 + (0.23 u + u/4 + u/2) / 0.707 = 1.64 u. Taylor's
   remainder of degree 13 is below r^14/14! e^|r| < 0.06 u. In all less than 1.8 u, and 2^-52 = 2 u
   leaves room for the products of these; the tests measure 1.3 u. Scaling by two powers of two is
   exact while the result is normal, that is for x >= -708. */
KERNEL_INLINE double exp_nonpositive(double x) {
  double clamped = x < EXP_ZERO ? EXP_ZERO : x;
  double rounded = clamped * LOG2_E + ROUND_MAGIC;
  double k = rounded - ROUND_MAGIC;
  double r = (clamped - k * LN2_HI) - k * LN2_LO;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  double e = 1.0 + (r + (r * r) * p);
  int64_t whole = magic_integer(rounded), half = whole / 2;
  double scaled = (e * power_of_two(half)) * power_of_two(whole - half);
  return x < EXP_ZERO ? 0.0 : scaled;
}

double logistic_exp(double x) {
  return exp_nonpositive(x);
}

/* With v = y s and e = e^-|v|: sigmoid(-v) is e/(1+e) for v >= 0 and 1/(1+e) otherwise. e errs by
   2u, 1+e by at most u + u (since e/(1+e) <= 1/2), the quotient by u: 5 u in all, u = 2^-53. */
KERNEL_CLONES void logistic_residuals(double *c, const double *s, const double *y, int64_t count) {
  for (int64_t n = 0; n < count; n++) {
    double v = y[n] * s[n];
    double e = exp_nonpositive(v > 0 ? -v : v);
    c[n] = -y[n] * ((v > 0 ? e : 1.0) / (1.0 + e));
  }
}
