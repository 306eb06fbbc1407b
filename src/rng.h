/* rng.h -- random streams that are the same bits on every machine: Philox4x32-10, uniforms and
 * normals.
 *
 * A stream is named by (seed, purpose, index) and has no other state, so any piece of the data or
 * of the noise can be made again on its own: the increment of step t is stream (seed,
 * STREAM_NOISE_W, t). Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1,
 * 2, 3", SC 2011.
 */
#ifndef SRC_RNG_H
#define SRC_RNG_H

#include <stdint.h>

typedef enum {
  STREAM_W_STAR = 1, /* direction of the elementary feature */
  STREAM_Z,          /* direction of z */
  STREAM_ZETA,       /* direction of zeta */
  STREAM_LABEL,   /* index: n (L+1) + l would tie tokens to L, so (n << 32) + l, with l = 2^32-1 for
                     the query */
  STREAM_TOKEN_P, /* same index */
  STREAM_TOKEN_Q, /* same index */
  STREAM_INIT_W,  /* Wtilde_0 */
  STREAM_NOISE_W, /* xi_t of block W; index: t */
  STREAM_NOISE_V, /* xi_t of block V; index: t */
  STREAM_LEMMA    /* Monte Carlo for the lemmas; index: sample */
} Stream;

typedef struct {
  uint32_t key[2], counter[4];
  uint32_t block[4];
  int used; /* 32-bit words of block already handed out */
} Rng;

/* The 128 bits of Philox4x32-10 at this counter and key. */
void philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

Rng rng_open(int64_t seed, Stream stream, uint64_t index);
uint64_t rng_bits(Rng *rng);  /* 64 uniform bits */
double rng_uniform(Rng *rng); /* uniform on the odd multiples of 2^-54 in (0,1): never 0 or 1 */

/* Standard normal deviate. Only + - * / and, for about one deviate in a hundred, a correctly
   rounded logarithm, so the double is the same everywhere. |result| <= RNG_NORMAL_MAX always.
   Source: Kinderman and Monahan 1977 with Leva's squeeze (Leva 1992). */
double rng_normal(Rng *rng);
#define RNG_NORMAL_MAX 12.25 /* acceptance x^2 <= -4 ln u with u >= 2^-54: |x| <= 12.236 */

/* out[i] := scale * (standard normal), i < count, one rounding each. */
void rng_normals(double *out, int64_t count, double scale, Rng *rng);

#endif
