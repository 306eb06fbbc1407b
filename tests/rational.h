/* rational.h -- exact dyadic rationals z 2^exponent in GMP integers, and their one rounding: an
 * oracle that shares nothing with what it checks. */
#ifndef TESTS_RATIONAL_H
#define TESTS_RATIONAL_H

#include <gmp.h>
#include <mpfr.h>
#include <stdint.h>

#include "tests/support.h"

/* x := a random number of x's precision, its first and last bit set, its exponent uniform in
   [low, high], either sign. */
void rational_random(mpfr_t x, long low, long high, Chance *chance);

/* Bits from the highest set bit of any of the values down to the lowest of any; 0 when all are 0.
 */
long rational_span(const mpfr_t *x, int64_t count);

/* out := x 2^-exponent, which must be an integer. */
void rational_scaled(mpz_t out, const mpfr_t x, long exponent);

/* out := z 2^exponent rounded once to out's precision, to nearest-even; +0 for 0. Returns whether
   it was a tie. */
bool rational_round(mpfr_t out, const mpz_t z, long exponent);

/* A growing sum of dyadic rationals. */
typedef struct {
  mpz_t z;
  long exponent;
} Rational;
void rational_init(Rational *sum);
void rational_clear(Rational *sum);
/* sum += w a b 2^exponent */
void rational_addmul(Rational *sum, const mpfr_t w, int64_t a, int64_t b, long exponent);

#endif
