/* sigmoid.c -- the logistic residual in fixed point, with a rigorous error bound. */
#include "src/sigmoid.h"

#include <arb.h>
#include <stdlib.h>
#include <string.h>

#include "src/fixed.h"
#include "src/kernel.h"

typedef unsigned __int128 Wide;

/* With z = y s, t = exp(-|z|) = 2^-n exp(-r), 0 <= r < log 2 or a little more, and m = exp(-r) / 2,
 * the result without its sign is, for D = (1 + t) / 2 = 1/2 + m 2^-n,
 *
 *     z > 0:  t / (1 + t) = 2^-n m / D        z < 0:  1 / (1 + t) = (1/2) / D.
 *
 * r = i / 2^8 + j / 2^16 + x, x < 2^-16, and m = half_i (1 - fall_j) (1 - f), f = 1 - exp(-x).
 *
 * Error, in units of the last place (ulp), every operation rounding down by less than 1:
 *   |z|    1;  n log 2: n < 2^7 - 33 (log 2 is low by less than 1);  so r is within 95
 *   f      u_j = 1/j! - x u_(j+1) is multiplied by x^(j-1) < 2^-16(j-1) on its way to f, and is
 *          therefore kept in its limbs above floor((j-1)/4) low ones: the cuts of 1/j! (itself low
 *          by 2), x, u_(j+1) and the product are below 5 ulp of f a term; terms <= 19. With the
 *          two last products and the tail, below 1 ulp: 98
 *   m      tables 1 each, products 1 each, all factors at most 1: 95 + 98 + 4 < 2^8
 *   D      2^8 + 1, D >= 1/2
 *   m / D  2^8 / D + (m / D) (2^8 + 1) / D + 1 < 2^11, since m / D <= 1
 */
#define ERROR_ULP 2048
#define GUARD_BITS 40
#define LIMBS_MAX 5    /* up to 280 bits: beyond, Arb is quicker */
#define HALF_COUNT 178 /* 2^8 log 2 < 177.5 */
#define FALL_COUNT 256
#define EXPONENT_MIN (-60)
#define EXPONENT_MAX 6

/* ---- tables ---- */

/* out := floor(2^(64 limbs) x), 0 <= x < 1 known to far less than one unit; so within 1 of x. */
static void set_fraction(mp_limb_t *out, const arb_t x, int limbs) {
  arf_t scaled;
  fmpz_t integer;
  mpz_t z;
  arf_init(scaled);
  fmpz_init(integer);
  mpz_init(z);
  arf_mul_2exp_si(scaled, arb_midref(x), 64L * limbs);
  arf_get_fmpz(integer, scaled, ARF_RND_FLOOR);
  fmpz_get_mpz(z, integer);
  memset(out, 0, (size_t)limbs * sizeof *out);
  mpz_export(out, NULL, -1, sizeof *out, 0, 0, z);
  arf_clear(scaled);
  fmpz_clear(integer);
  mpz_clear(z);
}

/* half and fall, as powers of one exponential each. */
static void set_exponentials(const Sigmoid *w) {
  const slong prec = 64L * w->limbs + 64;
  arb_t step, power, fall;
  arb_init(step);
  arb_init(power);
  arb_init(fall);
  for (int table = 0; table < 2; table++) {
    arb_set_si(step, -1);
    arb_mul_2exp_si(step, step, table == 0 ? -8 : -16);
    arb_exp(step, step, prec);
    arb_one(power);
    for (int i = 0; i < (table == 0 ? HALF_COUNT : FALL_COUNT); i++) {
      if (table == 0)
        arb_mul_2exp_si(fall, power, -1);
      else
        arb_sub_ui(fall, power, 1, prec), arb_neg(fall, fall);
      set_fraction((table == 0 ? w->half : w->fall) + i * w->limbs, fall, w->limbs);
      arb_mul(power, power, step, prec);
    }
  }
  arb_const_log2(power, prec);
  set_fraction(w->log2, power, w->limbs);
  arb_clear(step);
  arb_clear(power);
  arb_clear(fall);
}

/* The terms j with 2^(-16 j) / j! not surely below one unit. */
static int series_terms(int limbs) {
  int terms = 0;
  for (int bits = 0; bits < 64 * limbs; terms++)
    bits += 16 + (31 - __builtin_clz((unsigned)terms + 1));
  return terms - 1;
}

StatusCode sigmoid_open(Sigmoid *w, long precision, Error *err) {
  *w = (Sigmoid){.precision = precision};
  const int limbs = (int)((precision + GUARD_BITS + 63) / 64);
  if (limbs > LIMBS_MAX) return STATUS_OK;
  w->limbs = limbs;
  w->terms = series_terms(limbs);
  const size_t size = (size_t)limbs;
  w->half = array_alloc(HALF_COUNT * size, sizeof *w->half);
  w->fall = array_alloc(FALL_COUNT * size, sizeof *w->fall);
  w->coefficient = array_alloc((size_t)(w->terms + 1) * size, sizeof *w->coefficient);
  w->log2 = array_alloc(size, sizeof *w->log2);
  if (w->half == NULL || w->fall == NULL || w->coefficient == NULL || w->log2 == NULL)
    return error_memory(err, "sigmoid");
  set_exponentials(w);
  w->coefficient[2 * limbs + limbs - 1] = (mp_limb_t)1 << 63;
  for (int j = 3; j <= w->terms; j++)
    mpn_divrem_1(w->coefficient + j * limbs, 0, w->coefficient + (j - 1) * limbs, limbs,
                 (mp_limb_t)j);
  return STATUS_OK;
}

void sigmoid_close(Sigmoid *w) {
  free(w->half);
  free(w->fall);
  free(w->coefficient);
  free(w->log2);
  *w = (Sigmoid){0};
}

/* ---- one value ---- */

/* out := floor(2^(64 k) |s|), k + 1 limbs; EXPONENT_MIN <= exponent of s <= EXPONENT_MAX. */
static void set_argument(mp_limb_t *out, const mpfr_t s, int k) {
  const int limbs = (int)((mpfr_get_prec(s) + 63) / 64); /* at most k */
  const int drop = (int)(64 - mpfr_get_exp(s)), whole = drop / 64, bits = drop % 64;
  mp_limb_t top[LIMBS_MAX + 1] = {0};
  memcpy(top + k + 1 - limbs, mpfr_custom_get_significand(s), (size_t)limbs * sizeof *top);
  memset(out, 0, (size_t)(k + 1) * sizeof *out);
  if (bits > 0)
    mpn_rshift(out, top + whole, k + 1 - whole, (unsigned)bits);
  else
    memcpy(out, top + whole, (size_t)(k + 1 - whole) * sizeof *out);
}

/* Returns n, and z := r = |z| - n log 2, which is below 178 / 2^8. */
static int take_log2(mp_limb_t *z, const Sigmoid *w) {
  const int k = w->limbs;
  const double size = (double)z[k] + (double)z[k - 1] * 0x1p-64;
  int n = (int)(size * 1.4426950408889634);
  if (n == 0) return 0;
  z[k] -= mpn_submul_1(z, w->log2, k, (mp_limb_t)n);
  if (z[k] == 0) return n;
  z[k] += mpn_add_n(z, z, w->log2, k); /* the double was just above an integer */
  return n - 1;
}

/* out := a b of k limbs each, cut. */
KERNEL_INLINE void multiply(mp_limb_t *out, const mp_limb_t *a, const mp_limb_t *b, const int k) {
  mp_limb_t product[2 * LIMBS_MAX];
  KERNEL_UNROLL
  for (int i = 0; i < k; i++) {
    mp_limb_t carry = 0;
    KERNEL_UNROLL
    for (int j = 0; j < k; j++) {
      const Wide t = (Wide)a[i] * b[j] + (i > 0 ? product[i + j] : 0) + carry;
      product[i + j] = (mp_limb_t)t;
      carry = (mp_limb_t)(t >> 64);
    }
    product[i + k] = carry;
  }
  memcpy(out, product + k, (size_t)k * sizeof *out);
}

/* out := a - b, a >= b. */
KERNEL_INLINE void subtract(mp_limb_t *out, const mp_limb_t *a, const mp_limb_t *b, const int k) {
  bool borrow = false;
  KERNEL_UNROLL
  for (int i = 0; i < k; i++) {
    mp_limb_t t;
    const bool under = __builtin_sub_overflow(a[i], b[i], &t);
    borrow = __builtin_sub_overflow(t, (mp_limb_t)borrow, &out[i]) | under;
  }
}

/* f := 1 - exp(-x), x < 2^-16. */
KERNEL_INLINE void series(mp_limb_t *f, const mp_limb_t *x, const Sigmoid *w, const int k) {
  mp_limb_t u[LIMBS_MAX] = {0}, product[LIMBS_MAX];
  int j = w->terms;
  memcpy(u, w->coefficient + j * k, (size_t)k * sizeof *u);
  KERNEL_UNROLL
  for (int skip = k - 1; skip >= 0; skip--)
    for (; j > 2 && (j - 2) / 4 == skip; j--) {
      multiply(product, x + skip, u + skip, k - skip);
      subtract(u + skip, w->coefficient + (j - 1) * k + skip, product, k - skip);
    }
  multiply(u, x, u, k);
  multiply(u, x, u, k);
  subtract(f, x, u, k);
}

/* m := exp(-r) / 2; r is used up. */
KERNEL_INLINE void half_exponential(mp_limb_t *m, mp_limb_t *r, const Sigmoid *w, const int k) {
  const mp_limb_t top = r[k - 1];
  mp_limb_t product[LIMBS_MAX], f[LIMBS_MAX];
  const mp_limb_t *half = w->half + (top >> 56) * (mp_limb_t)k;
  r[k - 1] = top & (UINT64_MAX >> 16);
  multiply(product, half, w->fall + (top >> 48 & 255) * (mp_limb_t)k, k);
  subtract(m, half, product, k);
  series(f, r, w, k);
  multiply(product, m, f, k);
  subtract(m, m, product, k);
}

static void half_exponential_any(mp_limb_t *m, mp_limb_t *r, const Sigmoid *w) {
  switch (w->limbs) {
  case 2:
    half_exponential(m, r, w, 2);
    break;
  case 3:
    half_exponential(m, r, w, 3);
    break;
  case 4:
    half_exponential(m, r, w, 4);
    break;
  default:
    half_exponential(m, r, w, 5);
    break;
  }
}

/* d := 1/2 + m 2^-n. */
static void set_divisor(mp_limb_t *d, const mp_limb_t *m, int n, int k) {
  const int whole = n / 64, bits = n % 64;
  memset(d, 0, (size_t)k * sizeof *d);
  if (bits > 0)
    mpn_rshift(d, m + whole, k - whole, (unsigned)bits);
  else
    memcpy(d, m + whole, (size_t)(k - whole) * sizeof *d);
  d[k - 1] += (mp_limb_t)1 << 63;
}

/* Whether all numbers within ERROR_ULP of q round alike: no midpoint of two neighbours is there.
   The 64 bits below the last kept one are looked at; a midpoint has a one and zeros there. */
static bool is_decided(const mp_limb_t *q, int k, long precision) {
  const long below = 64L * k - __builtin_clzll(q[k - 1]) - precision; /* at least GUARD_BITS - 2 */
  mp_limb_t window, error;
  if (below <= 64) {
    window = q[0] << (64 - below);
    error = (mp_limb_t)ERROR_ULP << (64 - below);
  } else {
    const long at = below - 64;
    const int bits = (int)(at % 64);
    window = q[at / 64] >> bits;
    if (bits > 0) window |= q[at / 64 + 1] << (64 - bits);
    error = (at < 12 ? (mp_limb_t)ERROR_ULP >> at : 0) + 2;
  }
  return window - (((mp_limb_t)1 << 63) - error) > 2 * error;
}

bool sigmoid_residual(mpfr_t c, const mpfr_t s, double y, const Sigmoid *w) {
  const int k = w->limbs;
  if (k == 0 || !mpfr_regular_p(s) || mpfr_get_exp(s) < EXPONENT_MIN ||
      mpfr_get_exp(s) > EXPONENT_MAX)
    return false;
  const bool positive = (mpfr_signbit(s) != 0) == (y < 0); /* z > 0 */
  mp_limb_t z[LIMBS_MAX + 1], m[LIMBS_MAX], d[LIMBS_MAX], rest[LIMBS_MAX];
  mp_limb_t over[2 * LIMBS_MAX] = {0}, q[LIMBS_MAX + 1], scratch[LIMBS_MAX + 1];
  set_argument(z, s, k);
  const int n = take_log2(z, w);
  half_exponential_any(m, z, w);
  set_divisor(d, m, n, k);
  if (positive)
    memcpy(over + k, m, (size_t)k * sizeof *over);
  else
    over[2 * k - 1] = (mp_limb_t)1 << 63;
  mpn_tdiv_qr(q, rest, 0, over, 2 * k, d, k);
  if (q[k] != 0 || !is_decided(q, k, w->precision)) return false;
  fixed_round(c, q, k + 1, -64L * k - (positive ? n : 0), scratch);
  if (y > 0) mpfr_neg(c, c, MPFR_RNDN);
  return true;
}
