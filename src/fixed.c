/* fixed.c -- exact block fixed-point sums, with one rounding at the end. */
#include "src/fixed.h"

#include <math.h>
#include <string.h>

#include "src/kernel.h"

typedef unsigned __int128 Wide;
typedef __int128 WideSigned;

/* A 64-bit limb times a biased token (below 2^54 + 1) is below 2^118 + 2^64, so 256 products stay
 * below 2^127. */
#define CHUNK 256
#define LIMBS_MAX 72 /* k + 1 for the largest precision, with room to spare */

/* ---- values to limbs ---- */

/* out := the significand of x (nonzero), as k limbs with x = out 2^(unit): shifts and says whether
 * no bit was lost. */
static bool place(mp_limb_t *out, int k, const mpfr_t x, long unit) {
  const mp_limb_t *significand = mpfr_custom_get_significand(x);
  int limbs = (int)((mpfr_get_prec(x) + 63) / 64);
  /* The significand is an integer of 64 limbs bits times 2^(exp - 64 limbs). */
  long shift = mpfr_get_exp(x) - 64L * limbs - unit;
  memset(out, 0, (size_t)k * sizeof *out);
  if (shift >= 0) {
    int whole = (int)(shift / 64), bits = (int)(shift % 64);
    if (whole + limbs > k) return false; /* excluded by the choice of unit */
    memcpy(out + whole, significand, (size_t)limbs * sizeof *out);
    if (bits > 0) mpn_lshift(out + whole, out + whole, k - whole, (unsigned)bits);
    return true;
  }
  long drop = -shift;
  if (drop >= 64L * limbs) return false;
  int whole = (int)(drop / 64), bits = (int)(drop % 64);
  for (int i = 0; i < whole; i++)
    if (significand[i] != 0) return false;
  if (bits > 0 && (significand[whole] & (((mp_limb_t)1 << bits) - 1)) != 0) return false;
  memcpy(out, significand + whole, (size_t)(limbs - whole) * sizeof *out);
  if (bits > 0) mpn_rshift(out, out, limbs - whole, (unsigned)bits);
  return true;
}

bool fixed_set(mp_limb_t *out, long *unit, const mpfr_t *x, int64_t count, int k) {
  bool any = false;
  long top = 0;
  for (int64_t i = 0; i < count; i++) {
    if (mpfr_zero_p(x[i])) continue;
    if (!mpfr_number_p(x[i])) return false;
    long exp = mpfr_get_exp(x[i]);
    if (!any || exp > top) top = exp;
    any = true;
  }
  *unit =
      any ? top - (64L * k - 1) : 0; /* |x| < 2^top = 2^(64 k - 1) units: the sign bit is free */
  for (int64_t i = 0; i < count; i++) {
    mp_limb_t *value = out + i * k;
    if (mpfr_zero_p(x[i])) {
      memset(value, 0, (size_t)k * sizeof *value);
      continue;
    }
    if (!place(value, k, x[i], *unit)) return false;
    if (mpfr_signbit(x[i])) mpn_neg(value, value, k);
  }
  return true;
}

void fixed_tokens(uint64_t *biased, const double *x, int64_t count, int grid) {
  double scale = ldexp(1.0, -grid);
  for (int64_t i = 0; i < count; i++)
    biased[i] = (uint64_t)((int64_t)(x[i] * scale) + FIXED_BIAS);
}

/* ---- sums ---- */

/* out (k_out limbs) += the columns, column i weighing 2^(64 i); columns are signed and below 2^127
 * in size. */
KERNEL_INLINE void add_columns(mp_limb_t *out, int k_out, const WideSigned *column, int k) {
  mp_limb_t limbs[LIMBS_MAX + 1];
  WideSigned carry = 0;
  for (int i = 0; i < k_out; i++) {
    /* column + carry could pass 2^127 only for columns above 2^127 - 2^64, excluded by CHUNK. */
    WideSigned t = carry + (i < k ? column[i] : 0);
    limbs[i] = (mp_limb_t)t;
    carry = t >> 64;
  }
  mpn_add_n(out, out, limbs, k_out);
}

/* The inner loop for a compile-time k: lower limbs are unsigned, the top limb carries the sign. */
KERNEL_INLINE void dot_columns(WideSigned *column, const mp_limb_t *a, int64_t a_step, const int k,
                               const uint64_t *biased, int64_t token_step, int64_t count) {
  WideSigned sum[LIMBS_MAX];
  for (int i = 0; i < k; i++)
    sum[i] = 0;
  for (int64_t n = 0; n < count; n++) {
    uint64_t token = biased[n * token_step];
    const mp_limb_t *value = a + n * a_step;
    for (int i = 0; i < k - 1; i++)
      sum[i] += (WideSigned)((Wide)value[i] * token);
    sum[k - 1] += (WideSigned)(int64_t)value[k - 1] * (int64_t)token;
  }
  for (int i = 0; i < k; i++)
    column[i] = sum[i];
}

static void dot_chunk(WideSigned *column, const mp_limb_t *a, int64_t a_step, int k,
                      const uint64_t *biased, int64_t token_step, int64_t count) {
  switch (k) { /* the sizes of 53 to 320 bits get unrolled loops; the general one serves the rest */
  case 2:
    dot_columns(column, a, a_step, 2, biased, token_step, count);
    break;
  case 3:
    dot_columns(column, a, a_step, 3, biased, token_step, count);
    break;
  case 4:
    dot_columns(column, a, a_step, 4, biased, token_step, count);
    break;
  case 5:
    dot_columns(column, a, a_step, 5, biased, token_step, count);
    break;
  case 6:
    dot_columns(column, a, a_step, 6, biased, token_step, count);
    break;
  case 7:
    dot_columns(column, a, a_step, 7, biased, token_step, count);
    break;
  default:
    dot_columns(column, a, a_step, k, biased, token_step, count);
    break;
  }
}

void fixed_dot(mp_limb_t *out, int k_out, const mp_limb_t *a, int64_t a_step, int k,
               const uint64_t *biased, int64_t token_step, int64_t count, const mp_limb_t *total) {
  WideSigned column[LIMBS_MAX];
  memset(out, 0, (size_t)k_out * sizeof *out);
  for (int64_t n = 0; n < count; n += CHUNK) {
    int64_t some = count - n < CHUNK ? count - n : CHUNK;
    dot_chunk(column, a + n * a_step, a_step, k, biased + n * token_step, token_step, some);
    add_columns(out, k_out, column, k);
  }
  /* out holds sum a_i (K_i + BIAS); take BIAS sum a_i = total 2^53 off again. */
  mp_limb_t shifted[LIMBS_MAX + 1];
  mp_limb_t sign = (mp_limb_t)((int64_t)total[k] >> 63);
  mp_limb_t below = 0;
  for (int i = 0; i < k_out; i++) {
    mp_limb_t limb = i <= k ? total[i] : sign;
    shifted[i] = limb << 53 | below >> 11;
    below = limb;
  }
  mpn_sub_n(out, out, shifted, k_out);
}

void fixed_total(mp_limb_t *total, const mp_limb_t *a, int64_t a_step, int k, int64_t count) {
  memset(total, 0, (size_t)(k + 1) * sizeof *total);
  for (int64_t i = 0; i < count; i++) {
    const mp_limb_t *value = a + i * a_step;
    mp_limb_t sign = (mp_limb_t)((int64_t)value[k - 1] >> 63);
    total[k] += sign + mpn_add_n(total, total, value, k);
  }
}

/* ---- one rounding ---- */

void fixed_round(mpfr_t out, const mp_limb_t *a, int k, long unit, mp_limb_t *scratch) {
  bool negative = (int64_t)a[k - 1] < 0;
  if (negative)
    mpn_neg(scratch, a, k);
  else
    memcpy(scratch, a, (size_t)k * sizeof *a);
  int limbs = k;
  while (limbs > 0 && scratch[limbs - 1] == 0)
    limbs--;
  if (limbs == 0) {
    mpfr_set_zero(out, 1);
    return;
  }
  int leading = __builtin_clzll(scratch[limbs - 1]);
  if (leading > 0) mpn_lshift(scratch, scratch, limbs, (unsigned)leading);
  mpfr_t exact;
  mpfr_custom_init_set(exact, negative ? -MPFR_REGULAR_KIND : MPFR_REGULAR_KIND,
                       unit + 64L * limbs - leading, 64L * limbs, scratch);
  mpfr_set(out, exact, MPFR_RNDN);
}
