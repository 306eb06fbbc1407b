/* rng.c -- Philox4x32-10, uniforms, and normals by the ratio of uniforms. */
#include "src/rng.h"

#include <arb.h>
#include <math.h>
#include <string.h>

#include "src/kernel.h"

#if KERNEL_TARGETS
#include <immintrin.h>
#endif

/* Multipliers and Weyl increments of Philox4x32. */
#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u
#define PHILOX_ROUNDS 10

void philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]) {
  uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < PHILOX_ROUNDS; round++) {
    const uint64_t p0 = (uint64_t)PHILOX_M0 * x0, p1 = (uint64_t)PHILOX_M1 * x2;
    x0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0;
    x1 = (uint32_t)p1;
    x2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
    x3 = (uint32_t)p0;
    k0 += PHILOX_W0;
    k1 += PHILOX_W1;
  }
  out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

Rng rng_open(int64_t seed, Stream stream, uint64_t index) {
  return (Rng){.key = {(uint32_t)seed, (uint32_t)((uint64_t)seed >> 32)},
               .counter = {0, (uint32_t)stream, (uint32_t)index, (uint32_t)(index >> 32)},
               .used = 4};
}

uint64_t rng_bits(Rng *rng) {
  if (rng->used == 4) {
    philox4x32(rng->block, rng->counter, rng->key);
    rng->counter[0]++;
    rng->used = 0;
  }
  const uint64_t low = rng->block[rng->used], high = rng->block[rng->used + 1];
  rng->used += 2;
  return low | high << 32;
}

double rng_uniform(Rng *rng) {
  const int64_t k = (int64_t)(rng_bits(rng) >> 12);
  return ((double)k + 0.5) * 0x1p-52;
}

/* ---- the decision v^2 <= -4 u^2 ln u ---- */

/* The accepted region lies in 0 < u < 1, |v| <= sqrt(2/e) = 0.857763...; half the box's height: */
#define RATIO_HALF_HEIGHT 0.8578

/* Leva 1992: ellipses in the variables x = u - LEVA_S, y = |v| - LEVA_T,
       Q = x^2 + y (LEVA_A y - LEVA_B x):
   Q < LEVA_INSIDE lies in the accepted region, Q > LEVA_OUTSIDE outside it. On the region's
   boundary Q stays in [LEVA_INSIDE + 5.8e-6, LEVA_OUTSIDE - 1.6e-6] (certified by subdivision in
   the tests), and in doubles Q, a handful of operations on numbers below 2, is wrong by less than
   1e-14: so both answers are certain. */
#define LEVA_S 0.449871
#define LEVA_T (-0.386595)
#define LEVA_A 0.19600
#define LEVA_B 0.25472
#define LEVA_INSIDE 0.27597
#define LEVA_OUTSIDE 0.27846
KERNEL_INLINE double leva_form(double u, double v) {
  const double x = u - LEVA_S, y = fabs(v) - LEVA_T;
  return x * x + y * (LEVA_A * y - LEVA_B * x);
}

/* |log_rough(u) - ln u| <= LOG_ROUGH_ERROR for normal u < 1. With u = m 2^e, sqrt(1/2) - tiny <= m
   < sqrt 2 and s = (m - 1)/(m + 1), |s| < 0.17158, ln u = e ln 2 + 2 (s + s^3/3 + s^5/5 + ...);
   the terms from s^11 on are below 2 |s|^11 / (11 (1 - s^2)) < 7.2e-10. Rounding adds less than 20
   ulps of the largest number that occurs, |e ln 2| <= 745: below 3e-12. */
#define LOG_ROUGH_ERROR 1e-9
static double log_rough(double u) {
  int e;
  double m = frexp(u, &e);
  if (m < 0.70710678118654752) m *= 2, e--;
  const double s = (m - 1) / (m + 1), t = s * s;
  const double series = 1 + t * (1.0 / 3 + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9))));
  return e * 0.69314718055994531 + 2 * s * series;
}

/* By balls of growing precision. It ends: u is rational and not 1, so ln u is transcendental
   (Lindemann) and the two sides differ. */
static bool accepts_exactly(double u, double v) {
  arb_t lhs, rhs, x;
  arb_init(lhs), arb_init(rhs), arb_init(x);
  bool accepted = false;
  for (slong prec = 128;; prec *= 2) {
    arb_set_d(x, v);
    arb_mul(lhs, x, x, prec);
    arb_set_d(x, u);
    arb_log(rhs, x, prec);
    arb_mul(rhs, rhs, x, prec);
    arb_mul(rhs, rhs, x, prec);
    arb_mul_si(rhs, rhs, -4, prec);
    accepted = arb_lt(lhs, rhs);
    if (accepted || arb_gt(lhs, rhs)) break;
  }
  arb_clear(lhs), arb_clear(rhs), arb_clear(x);
  return accepted;
}

/* The decision without the ellipses. Doubles do when v^2 is further from 4 u^2 (-ln u) than twice
   the logarithm's error makes of it: the second half is there for the roundings of the four
   products, relative 5 * 2^-53 of at most 4 u^2 * 745, that is 1.7e-12 u^2 against 4e-9 u^2. */
static bool accepts_by_log(double u, double v) {
  const double minus_log = -log_rough(u), vv = v * v, uu4 = 4 * (u * u);
  if (vv <= uu4 * (minus_log - 2 * LOG_ROUGH_ERROR)) return true;
  if (vv >= uu4 * (minus_log + 2 * LOG_ROUGH_ERROR)) return false;
  return accepts_exactly(u, v);
}

bool rng_ratio_accepts(double u, double v) {
  const double q = leva_form(u, v);
  return q < LEVA_INSIDE || (q <= LEVA_OUTSIDE && accepts_by_log(u, v));
}

/* The next candidate that is accepted. */
KERNEL_INLINE double next_normal(Rng *rng, bool accepts(double u, double v)) {
  for (;;) {
    rng->used = 4;
    const double u = rng_uniform(rng);
    const double v = 2 * RATIO_HALF_HEIGHT * (rng_uniform(rng) - 0.5);
    if (accepts(u, v)) return v / u;
  }
}

double rng_normal(Rng *rng) {
  return next_normal(rng, rng_ratio_accepts);
}

void rng_normals_plain(double *out, int64_t count, double scale, Rng *rng) {
  for (int64_t i = 0; i < count; i++)
    out[i] = scale * next_normal(rng, accepts_exactly);
}

/* ---- many normals: the same candidates, a batch at a time ---- */

/* Every loop over a batch is free of branches and of dependences between its elements, so that the
   compiler can do several at once; that changes no bit, for each element's operations and roundings
   are those of rng_normal. */
#define BATCH 32
typedef struct {
  double u[BATCH], v[BATCH], q[BATCH], ratio[BATCH];
} Candidates;

/* bits[0][i], bits[1][i] := the two words of 64 bits of block first + i. */
static void batch_bits(uint64_t bits[2][BATCH], const Rng *rng, uint32_t first) {
  uint32_t counter[4] = {0, rng->counter[1], rng->counter[2], rng->counter[3]}, out[4];
  for (uint32_t i = 0; i < BATCH; i++) {
    counter[0] = first + i;
    philox4x32(out, counter, rng->key);
    bits[0][i] = out[0] | (uint64_t)out[1] << 32;
    bits[1][i] = out[2] | (uint64_t)out[3] << 32;
  }
}

#if KERNEL_TARGETS

#define WIDE (BATCH / 8) /* registers of eight blocks */

/* A 32-bit word is the lower half of a 64-bit lane, whose upper half holds anything: the product of
   two lower halves is what the processor has. */
__attribute__((target("avx512f"))) static void batch_bits_avx512(uint64_t bits[2][BATCH],
                                                                 const Rng *rng, uint32_t first) {
  const __m512i M0 = _mm512_set1_epi64(PHILOX_M0), M1 = _mm512_set1_epi64(PHILOX_M1);
  const __m512i low = _mm512_set1_epi64(UINT32_MAX);
  __m512i x0[WIDE], x1[WIDE], x2[WIDE], x3[WIDE];
  for (int i = 0; i < WIDE; i++) {
    x0[i] = _mm512_add_epi64(_mm512_set1_epi64(first + 8 * i),
                             _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
    x1[i] = _mm512_set1_epi64(rng->counter[1]);
    x2[i] = _mm512_set1_epi64(rng->counter[2]);
    x3[i] = _mm512_set1_epi64(rng->counter[3]);
  }
  uint32_t k0 = rng->key[0], k1 = rng->key[1];
  for (int round = 0; round < PHILOX_ROUNDS; round++) {
    const __m512i key0 = _mm512_set1_epi64(k0), key1 = _mm512_set1_epi64(k1);
    KERNEL_UNROLL
    for (int i = 0; i < WIDE; i++) {
      const __m512i p0 = _mm512_mul_epu32(M0, x0[i]), p1 = _mm512_mul_epu32(M1, x2[i]);
      x0[i] = _mm512_xor_epi64(_mm512_xor_epi64(_mm512_srli_epi64(p1, 32), x1[i]), key0);
      x1[i] = p1;
      x2[i] = _mm512_xor_epi64(_mm512_xor_epi64(_mm512_srli_epi64(p0, 32), x3[i]), key1);
      x3[i] = p0;
    }
    k0 += PHILOX_W0;
    k1 += PHILOX_W1;
  }
  for (int i = 0; i < WIDE; i++) {
    _mm512_storeu_si512(bits[0] + 8 * i, _mm512_or_epi64(_mm512_and_epi64(x0[i], low),
                                                         _mm512_slli_epi64(x1[i], 32)));
    _mm512_storeu_si512(bits[1] + 8 * i, _mm512_or_epi64(_mm512_and_epi64(x2[i], low),
                                                         _mm512_slli_epi64(x3[i], 32)));
  }
}

static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f");
}

#else

#define batch_bits_avx512 batch_bits

static bool has_avx512(void) {
  return false;
}

#endif

/* rng_uniform without an integer conversion: 1 + k 2^-52 by its bits, less 1 - 2^-53; exact. */
KERNEL_INLINE double uniform_of(uint64_t bits) {
  double x;
  bits = bits >> 12 | UINT64_C(0x3FF0000000000000);
  memcpy(&x, &bits, sizeof x);
  return x - (1 - 0x1p-53);
}

KERNEL_CLONES static void candidates_make(Candidates *c, const Rng *rng, uint32_t first) {
  uint64_t bits[2][BATCH];
  (has_avx512() ? batch_bits_avx512 : batch_bits)(bits, rng, first);
  for (int i = 0; i < BATCH; i++) {
    c->u[i] = uniform_of(bits[0][i]);
    c->v[i] = 2 * RATIO_HALF_HEIGHT * (uniform_of(bits[1][i]) - 0.5);
    c->q[i] = leva_form(c->u[i], c->v[i]);
    c->ratio[i] = c->v[i] / c->u[i];
  }
}

/* kept[k] := index of the k-th accepted candidate; returns how many there are. Written without a
   branch on what no processor can predict: the ellipses decide by addition, and the one branch, for
   the candidates between them, is taken once in eighty times. */
static int candidates_sift(int kept[BATCH], const Candidates *c) {
  int count = 0;
  for (int i = 0; i < BATCH; i++) {
    bool accepted = c->q[i] < LEVA_INSIDE;
    const bool rejected = c->q[i] > LEVA_OUTSIDE;
    if (accepted == rejected) accepted = accepts_by_log(c->u[i], c->v[i]);
    kept[count] = i;
    count += accepted;
  }
  return count;
}

void rng_normals(double *out, int64_t count, double scale, Rng *rng) {
  if (count <= 0) return;
  uint32_t first = rng->counter[0];
  for (int64_t done = 0; done < count; first += BATCH) {
    Candidates c;
    int kept[BATCH];
    candidates_make(&c, rng, first);
    int take = candidates_sift(kept, &c);
    if (take > count - done) take = (int)(count - done);
    for (int k = 0; k < take; k++)
      out[done + k] = scale * c.ratio[kept[k]];
    done += take;
    if (done == count) rng->counter[0] = first + (uint32_t)kept[take - 1] + 1;
  }
  rng->used = 4;
}
