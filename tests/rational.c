/* rational.c -- exact dyadic rationals in GMP integers. */
#include "tests/rational.h"

void rational_random(mpfr_t x, long low, long high, Chance *chance) {
  mpz_t z;
  mpz_init(z);
  unsigned long p = (unsigned long)mpfr_get_prec(x);
  for (unsigned long i = 0; i < p; i += 64) {
    mpz_mul_2exp(z, z, 64);
    mpz_add_ui(z, z, chance_bits(chance));
  }
  mpz_fdiv_r_2exp(z, z, p);
  mpz_setbit(z, 0);
  mpz_setbit(z, p - 1);
  if (chance_below(chance, 2)) mpz_neg(z, z);
  long exponent = low + (long)chance_below(chance, high - low + 1);
  mpfr_set_z_2exp(x, z, exponent - (long)p, MPFR_RNDN);
  mpz_clear(z);
}

long rational_span(const mpfr_t *x, int64_t count) {
  mpz_t z;
  mpz_init(z);
  bool any = false;
  long top = 0, bottom = 0;
  for (int64_t i = 0; i < count; i++) {
    if (mpfr_zero_p(x[i])) continue;
    long exponent = mpfr_get_z_2exp(z, x[i]);
    long low = exponent + (long)mpz_scan1(z, 0), high = exponent + (long)mpz_sizeinbase(z, 2);
    if (!any || high > top) top = high;
    if (!any || low < bottom) bottom = low;
    any = true;
  }
  mpz_clear(z);
  return top - bottom;
}

void rational_scaled(mpz_t out, const mpfr_t x, long exponent) {
  if (mpfr_zero_p(x)) {
    mpz_set_ui(out, 0);
    return;
  }
  long shift = mpfr_get_z_2exp(out, x) - exponent;
  if (shift >= 0)
    mpz_mul_2exp(out, out, (unsigned long)shift);
  else
    mpz_tdiv_q_2exp(out, out, (unsigned long)-shift);
}

bool rational_round(mpfr_t out, const mpz_t z, long exponent) {
  if (mpz_sgn(z) == 0) {
    mpfr_set_zero(out, 1);
    return false;
  }
  unsigned long p = (unsigned long)mpfr_get_prec(out), bits = mpz_sizeinbase(z, 2);
  unsigned long drop = bits > p ? bits - p : 0;
  bool tie = false;
  mpz_t quotient, rest, half;
  mpz_inits(quotient, rest, half, (mpz_ptr)0);
  mpz_abs(quotient, z);
  if (drop > 0) {
    mpz_tdiv_r_2exp(rest, quotient, drop);
    mpz_tdiv_q_2exp(quotient, quotient, drop);
    mpz_setbit(half, drop - 1);
    int compared = mpz_cmp(rest, half);
    tie = compared == 0;
    if (compared > 0 || (tie && mpz_odd_p(quotient))) mpz_add_ui(quotient, quotient, 1);
  }
  if (mpz_sgn(z) < 0) mpz_neg(quotient, quotient);
  mpfr_set_z_2exp(out, quotient, exponent + (long)drop, MPFR_RNDN); /* fits: at most 2^p */
  mpz_clears(quotient, rest, half, (mpz_ptr)0);
  return tie;
}

void rational_init(Rational *sum) {
  mpz_init(sum->z);
  sum->exponent = 0;
}

void rational_clear(Rational *sum) {
  mpz_clear(sum->z);
}

void rational_addmul(Rational *sum, const mpfr_t w, int64_t a, int64_t b, long exponent) {
  if (mpfr_zero_p(w) || a == 0 || b == 0) return;
  mpz_t term;
  mpz_init(term);
  long at = mpfr_get_z_2exp(term, w) + exponent;
  mpz_mul_si(term, term, a);
  mpz_mul_si(term, term, b);
  if (mpz_sgn(sum->z) == 0) {
    sum->exponent = at;
  } else if (at < sum->exponent) {
    mpz_mul_2exp(sum->z, sum->z, (unsigned long)(sum->exponent - at));
    sum->exponent = at;
  } else {
    mpz_mul_2exp(term, term, (unsigned long)(at - sum->exponent));
  }
  mpz_add(sum->z, sum->z, term);
  mpz_clear(term);
}
