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
static bool place(mp_limb_t *out, int k, mpfr_srcptr x, long unit) {
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

bool fixed_set(mp_limb_t *out, long *unit, const mpfr_t *x, const int64_t *order, int64_t count,
               int k) {
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
    mpfr_srcptr from = x[order != NULL ? order[i] : i];
    if (mpfr_zero_p(from)) {
      memset(value, 0, (size_t)k * sizeof *value);
      continue;
    }
    if (!place(value, k, from, *unit)) return false;
    if (mpfr_signbit(from)) mpn_neg(value, value, k);
  }
  return true;
}

bool fixed_tokens(uint64_t *biased, const double *x, int64_t count, int grid) {
  const double scale = ldexp(1.0, -grid);
  bool fit = true;
  for (int64_t i = 0; i < count; i++) {
    const double token = x[i] * scale;
    const bool fits = fabs(token) < 0x1p53; /* NaN does not */
    fit = fit && fits;
    biased[i] = (uint64_t)((int64_t)(fits ? token : 0) + FIXED_BIAS);
  }
  return fit;
}

/* ---- sums ---- */

/* The columns of one chunk for a compile-time k, column i weighing 2^(64 i): lower limbs are
   unsigned, the top limb carries the sign. Columns are below 2^127 - 2^65 in size. */
KERNEL_INLINE void dot_columns(WideSigned *column, const mp_limb_t *a, int64_t a_step, const int k,
                               const uint64_t *biased, int64_t token_step, int64_t count) {
  KERNEL_UNROLL
  for (int i = 0; i < k; i++)
    column[i] = 0;
  for (int64_t n = 0; n < count; n++) {
    uint64_t token = biased[n * token_step];
    const mp_limb_t *value = a + n * a_step;
    KERNEL_UNROLL
    for (int i = 0; i < k - 1; i++)
      column[i] += (WideSigned)((Wide)value[i] * token);
    column[k - 1] += (WideSigned)(int64_t)value[k - 1] * (int64_t)token;
  }
}

/* out := sum_i a_i (K_i + BIAS) - 2^53 total, one chunk at a time: the first pass starts from -2^53
 * total, the later ones from out. */
KERNEL_INLINE void dot_fixed(mp_limb_t *out, const mp_limb_t *a, int64_t a_step, const int k,
                             const uint64_t *biased, int64_t token_step, int64_t count,
                             const mp_limb_t *total) {
  WideSigned column[LIMBS_MAX];
  int64_t n = 0;
  do {
    int64_t some = count - n < CHUNK ? count - n : CHUNK;
    dot_columns(column, a + n * a_step, a_step, k, biased + n * token_step, token_step, some);
    WideSigned carry = 0;
    mp_limb_t below = 0;
    KERNEL_UNROLL
    for (int i = 0; i <= k; i++) {
      WideSigned t = carry + (i < k ? column[i] : 0);
      if (n == 0) {
        t -= (WideSigned)(mp_limb_t)(total[i] << 53 | below >> 11);
        below = total[i];
      } else {
        t += (WideSigned)out[i];
      }
      out[i] = (mp_limb_t)t;
      carry = t >> 64;
    }
    n += some;
  } while (n < count);
}

/* Calls a body that takes k as its compile-time argument: unrolled for 53 to 320 bits, in general
 * form beyond. */
#define FOR_LIMBS(k, body)                                                                         \
  switch (k) {                                                                                     \
  case 2:                                                                                          \
    body(2);                                                                                       \
    break;                                                                                         \
  case 3:                                                                                          \
    body(3);                                                                                       \
    break;                                                                                         \
  case 4:                                                                                          \
    body(4);                                                                                       \
    break;                                                                                         \
  case 5:                                                                                          \
    body(5);                                                                                       \
    break;                                                                                         \
  case 6:                                                                                          \
    body(6);                                                                                       \
    break;                                                                                         \
  case 7:                                                                                          \
    body(7);                                                                                       \
    break;                                                                                         \
  default:                                                                                         \
    body(k);                                                                                       \
    break;                                                                                         \
  }

void fixed_dot(mp_limb_t *out, const mp_limb_t *a, int64_t a_step, int k, const uint64_t *biased,
               int64_t token_step, int64_t count, const mp_limb_t *total){
#define BODY(limbs) dot_fixed(out, a, a_step, limbs, biased, token_step, count, total)
    FOR_LIMBS(k, BODY)
#undef BODY
}

/* a K as a (K + BIAS) - 2^53 a, limb by limb. */
KERNEL_INLINE void scale_fixed(mp_limb_t *out, const mp_limb_t *a, const int k, uint64_t token) {
  WideSigned carry = 0;
  mp_limb_t below = 0;
  KERNEL_UNROLL
  for (int i = 0; i < k; i++) {
    WideSigned product =
        i < k - 1 ? (WideSigned)((Wide)a[i] * token) : (WideSigned)(int64_t)a[i] * (int64_t)token;
    WideSigned t = carry + product - (WideSigned)(mp_limb_t)(a[i] << 53 | below >> 11);
    below = a[i];
    out[i] = (mp_limb_t)t;
    carry = t >> 64;
  }
  out[k] = (mp_limb_t)(carry - ((int64_t)below >> 11));
}

void fixed_scale(mp_limb_t *out, const mp_limb_t *a, int k, uint64_t token) {
#define BODY(limbs) scale_fixed(out, a, limbs, token)
  FOR_LIMBS(k, BODY)
#undef BODY
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
