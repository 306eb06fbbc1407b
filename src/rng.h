/* rng.h -- random streams that are the same bits on every machine: Philox4x32-10, uniforms and
 * normals.
 *
 * A stream is named by (seed, purpose, index) and has no other state, so any piece of the data or
 * of the noise can be made again on its own: the increment of step t is stream (seed,
 * STREAM_NOISE_W, t). streams.md describes all of it for a reader who wants to do it again in
 * another language. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011.
 */
#ifndef SRC_RNG_H
#define SRC_RNG_H

#include <stdbool.h>
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
  STREAM_LEMMA    /* Monte Carlo for the lemmas; index: (point << 32) + sample */
} Stream;

/* A place in a stream. The stream is its blocks of four 32-bit words, block b being the 128 bits of
   Philox at key = (seed mod 2^32, seed / 2^32) and counter = (b, stream, index mod 2^32,
   index / 2^32). It has 2^32 blocks. */
typedef struct {
  uint32_t key[2], counter[4]; /* counter[0]: the next block to make */
  uint32_t block[4];
  int used; /* 32-bit words of block already handed out */
} Rng;

/* The 128 bits of Philox4x32-10 at this counter and key. */
void philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

/* The start of a stream. seed >= 0. */
Rng rng_open(int64_t seed, Stream stream, uint64_t index);

/* The next 64 bits: the first word of the pair is the low half. */
uint64_t rng_bits(Rng *rng);

/* (k + 1/2) 2^-52, k the upper 52 of the next 64 bits: uniform on the odd multiples of 2^-53 in
   (0, 1), so never 0 or 1 and symmetric about 1/2. Exact: 2k + 1 < 2^53. */
double rng_uniform(Rng *rng);

/* Standard normal deviate by the ratio of uniforms (Kinderman and Monahan 1977). Candidates are
   tried until one is accepted, each from a block of its own (what is left of a block that
   rng_bits has begun is dropped): its two uniforms in order are u and u', v = RN(1.7156 (u' -
   1/2)), accepted when v^2 <= -4 u^2 ln u as a statement about real numbers; the deviate is
   RN(v/u). So a deviate is one exact decision and two roundings, the same everywhere, and never 0
   (u' is not 1/2). */
double rng_normal(Rng *rng);
/* |v/u| <= sqrt(-4 ln u) and u >= 2^-53, so |v/u| <= sqrt(212 ln 2) = 12.1222..., far enough below
   the constant for the rounding of the quotient. */
#define RNG_NORMAL_MAX 12.125

/* Is v^2 <= -4 u^2 ln u? Exact, for 0 < u < 1 and |v| < 1 given as doubles with v^2 and u^2 normal
   numbers. Public so that it can be checked against other ways to decide. */
bool rng_ratio_accepts(double u, double v);

/* out[i] := RN(scale * rng_normal), i < count, in order; the stream then stands where count calls
   of rng_normal leave it. */
void rng_normals(double *out, int64_t count, double scale, Rng *rng);
/* The same by the definition: one candidate after another, every decision in balls. */
void rng_normals_plain(double *out, int64_t count, double scale, Rng *rng);

#endif
