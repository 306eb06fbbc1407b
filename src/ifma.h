/* ifma.h -- the exact sums of fixed.h eight at a time, on processors that multiply 52-bit digits in
 * vector registers (AVX-512 IFMA).
 *
 * A number is a sum of digits 2^(52 l), all in [0, 2^52) but the last, which carries the sign.
 * Eight numbers lie side by side, digit by digit, one in each lane of a register.
 */
#ifndef SRC_IFMA_H
#define SRC_IFMA_H

#include "src/engine.h"
#include "src/queries.h"

/* Was it compiled, and has this processor it? */
bool ifma_available(void);

typedef struct {
  int largest;        /* digits of a value, at most */
  uint64_t *value;    /* (d, lanes, largest) weights, or (N, largest) residuals */
  uint64_t *middle;   /* (N, lanes, largest + 1) first-level results */
  uint64_t *total;    /* (lanes, largest + 2) */
  mp_limb_t *window;  /* a significand between zeros */
  mp_limb_t *result;  /* limbs of a result */
  mp_limb_t *scratch; /* likewise */
  void *memory[4];    /* what to free */
} Ifma;               /* lanes: d rounded up to a multiple of 8 */

MUST_CHECK StatusCode ifma_open(Ifma *out, const Engine *e, Error *err);
void ifma_close(Ifma *work);

/* mpfr_bilinear_fast and mpfr_gradient_fast (mpfr_kernels.h) with the groups of the queries and the
   gated sums m: (N, d), in the order of the groups, both biased as in fixed.h. False, with the
   outputs untouched, when the numbers need more digits than there is room for, or `work` is all
   zeros. */
bool ifma_bilinear(mpfr_t *h, const mpfr_t *U, const uint64_t *m, const Queries *q, Ifma *work,
                   const Engine *e);
bool ifma_gradient(mpfr_t *G, const mpfr_t *c, const uint64_t *m, const Queries *q, Ifma *work,
                   const Engine *e);

#endif
