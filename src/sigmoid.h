/* sigmoid.h -- -y / (1 + exp(y s)), correctly rounded in fixed point: the fast path of the mpfr
 * engine's residual. */
#ifndef SRC_SIGMOID_H
#define SRC_SIGMOID_H

#include <gmp.h>
#include <mpfr.h>
#include <stdbool.h>

#include "src/status.h"

/* Fractions of `limbs` limbs, units of 2^(-64 limbs). */
typedef struct {
  int limbs;              /* 0: the precision has no fast path */
  int terms;              /* of the Taylor series */
  long precision;         /* bits of results */
  mp_limb_t *half;        /* (178, limbs) exp(-i / 2^8) / 2 */
  mp_limb_t *fall;        /* (256, limbs) 1 - exp(-j / 2^16) */
  mp_limb_t *coefficient; /* (terms + 1, limbs) 1 / j!, from j = 2 */
  mp_limb_t *log2;        /* (limbs) */
} Sigmoid;

MUST_CHECK StatusCode sigmoid_open(Sigmoid *out, long precision, Error *err);
void sigmoid_close(Sigmoid *sigmoid);

/* c := RN(-y / (1 + exp(y s))) in c's precision, y = 1 or -1. False, c untouched, where this cannot
   tell or does not apply: |s| outside [2^-61, 2^6), rounding undecided, precision too large. */
MUST_CHECK bool sigmoid_residual(mpfr_t c, const mpfr_t s, double y, const Sigmoid *sigmoid);

#endif
