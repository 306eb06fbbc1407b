/* fixed.h -- exact sums of (p-bit numbers) x (53-bit integers) in block fixed point: the fast path
 * of the mpfr engine.
 *
 * A block holds values as k-limb two's complement integers times one power of two, 2^unit. Sums of
 * products with token integers are accumulated exactly, limb by limb, in 128-bit columns, and
 * rounded once at the end; so the result is that of mpfr_dot, bit for bit.
 */
#ifndef SRC_FIXED_H
#define SRC_FIXED_H

#include <gmp.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdint.h>

#if GMP_NUMB_BITS != 64
#error "fixed.c needs 64-bit limbs without nails"
#endif

/* Tokens and gated sums are integers |K| < 2^53; they are kept as K + FIXED_BIAS > 0, so that inner
 * loops know no signs. */
#define FIXED_BIAS (INT64_C(1) << 53)

/* Limbs per value for precision p: room for p bits plus 63 to 126 bits of spread between exponents.
 */
static inline int fixed_limbs(int64_t precision) {
  return (int)((precision + 63) / 64) + 1;
}

/* out[i] := x[order[i]] (x[i] when order is NULL), i < count, as k-limb two's complement times
   2^*unit, exactly. False, with out undefined, when the exponents of x lie too far apart (or a
   value is not finite): then the caller takes the plain path. out: (count, k). */
bool fixed_set(mp_limb_t *out, long *unit, const mpfr_t *x, const int64_t *order, int64_t count,
               int k);

/* biased[i] := x[i] 2^-grid + FIXED_BIAS for doubles that are integers |K| < 2^53 times 2^grid.
   False, with biased undefined, when one is larger or NaN: then the caller takes the plain path. */
bool fixed_tokens(uint64_t *biased, const double *x, int64_t count, int grid);

/* out := sum_i a_i K_i, i < count, exactly. a: count values of k limbs, a_step limbs apart; K_i is
   kept as the biased token biased[i token_step]; total: sum_i a_i as k + 1 limbs (fixed_total),
   which takes the bias off again. out: k + 1 limbs, two's complement; the caller guarantees that
   the sum fits. */
void fixed_dot(mp_limb_t *out, const mp_limb_t *a, int64_t a_step, int k, const uint64_t *biased,
               int64_t token_step, int64_t count, const mp_limb_t *total);

/* out := a K, one product of the kind above, token = K + FIXED_BIAS. out: k + 1 limbs. */
void fixed_scale(mp_limb_t *out, const mp_limb_t *a, int k, uint64_t token);

/* total := sum_i a_i as k + 1 limbs; count < 2^63. */
void fixed_total(mp_limb_t *total, const mp_limb_t *a, int64_t a_step, int k, int64_t count);

/* out := a 2^unit, rounded to nearest-even in out's precision; a: k limbs two's complement;
 * scratch: k limbs. */
void fixed_round(mpfr_t out, const mp_limb_t *a, int k, long unit, mp_limb_t *scratch);

#endif
