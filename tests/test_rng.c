/* test_rng.c -- random streams: published answers, the definition replayed, every decision against
 * exact arithmetic, and the laws they claim to follow.
 *
 * Statistics are of fixed streams, so they come out the same every time; their bounds are five
 * standard errors, which a true law passes with probability 1 - 6e-7 a check.
 */
#include <arb.h>
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

#include "src/rng.h"
#include "tests/support.h"

#define SIGMAS 5.0

/* ---- Philox and the streams ---- */

Test(rng, philox_gives_the_published_answers) {
  /* From the test vectors of the authors' Random123. */
  static const struct {
    uint32_t counter[4], key[2], out[4];
  } known[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    uint32_t out[4];
    philox4x32(out, known[k].counter, known[k].key);
    for (int i = 0; i < 4; i++)
      cr_assert(out[i] == known[k].out[i], "answer %zu, word %d: %08x, expected %08x", k, i, out[i],
                known[k].out[i]);
  }
}

Test(rng, streams_give_the_numbers_of_their_description) {
  /* The table of src/streams.md, which comes from an implementation of that text in another
     language. */
  static const struct {
    int64_t seed;
    Stream stream;
    uint64_t index;
    double normal[3];
  } known[] = {
      {1, STREAM_W_STAR, 0, {-0x1.c548bc654c1afp-1, 0x1.51b7b4a40c409p-3, 0x1.493fe2bb7dc69p-1}},
      {INT64_MAX,
       STREAM_NOISE_V,
       (UINT64_C(1) << 32) + 5,
       {0x1.c70eda82e0816p-2, 0x1.260efdccdcb04p-2, -0x1.ff6828d688089p-1}},
  };
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    Rng rng = rng_open(known[k].seed, known[k].stream, known[k].index);
    for (int i = 0; i < 3; i++) {
      const double x = rng_normal(&rng);
      cr_assert(x == known[k].normal[i], "stream %zu, normal %d: %a, expected %a", k, i, x,
                known[k].normal[i]);
    }
  }
}

Test(rng, a_stream_is_the_blocks_of_its_counter) {
  const int64_t seed = INT64_C(0x123456789abcdef0);
  const uint64_t index = UINT64_C(0xfedcba9876543210);
  Rng rng = rng_open(seed, STREAM_TOKEN_Q, index);
  const uint32_t key[2] = {0x9abcdef0, 0x12345678};
  for (uint32_t b = 0; b < 100; b++) {
    const uint32_t counter[4] = {b, 6, 0x76543210, 0xfedcba98};
    uint32_t w[4];
    philox4x32(w, counter, key);
    for (int half = 0; half < 2; half++) {
      const uint64_t expected = w[2 * half] + 0x100000000u * (uint64_t)w[2 * half + 1];
      const uint64_t bits = rng_bits(&rng);
      cr_assert(bits == expected, "block %u, half %d: %016llx, expected %016llx", b, half,
                (unsigned long long)bits, (unsigned long long)expected);
    }
  }
}

Test(rng, each_part_of_a_name_makes_another_stream) {
  Rng rng = rng_open(1, STREAM_Z, 0);
  const uint64_t first = rng_bits(&rng);
  const Rng other[] = {rng_open(2, STREAM_Z, 0), rng_open(1 + (INT64_C(1) << 32), STREAM_Z, 0),
                       rng_open(1, STREAM_ZETA, 0), rng_open(1, STREAM_Z, 1),
                       rng_open(1, STREAM_Z, UINT64_C(1) << 32)};
  for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
    rng = other[k];
    const uint64_t bits = rng_bits(&rng);
    cr_assert(bits != first, "other name %zu: starts with %016llx as well", k,
              (unsigned long long)bits);
  }
}

/* ---- the definition, replayed with MPFR ---- */

/* Two precisions: the second where the first cannot tell. */
#define ORACLE_ROUNDS 2
static const mpfr_prec_t oracle_bits[ORACLE_ROUNDS] = {64, 192};

typedef struct {
  mpfr_t u, v, log, lhs, rhs;
} Oracle;

static void oracle_open(Oracle o[ORACLE_ROUNDS]) {
  for (int k = 0; k < ORACLE_ROUNDS; k++)
    mpfr_inits2(oracle_bits[k], o[k].u, o[k].v, o[k].log, o[k].lhs, o[k].rhs, (mpfr_ptr)0);
}

static void oracle_close(Oracle o[ORACLE_ROUNDS]) {
  for (int k = 0; k < ORACLE_ROUNDS; k++)
    mpfr_clears(o[k].u, o[k].v, o[k].log, o[k].lhs, o[k].rhs, (mpfr_ptr)0);
}

/* v^2 <= -4 u^2 ln u. Each side is wrong by at most 3 roundings, so sides that differ within the
   first `bits - 4` bits are told apart; that all candidates get that far is asserted. */
static bool oracle_accepts(Oracle oracle[ORACLE_ROUNDS], double u, double v) {
  for (int k = 0; k < ORACLE_ROUNDS; k++) {
    Oracle *o = &oracle[k];
    mpfr_set_d(o->u, u, MPFR_RNDN);
    mpfr_set_d(o->v, v, MPFR_RNDN);
    mpfr_sqr(o->lhs, o->v, MPFR_RNDN);
    mpfr_log(o->log, o->u, MPFR_RNDN);
    mpfr_sqr(o->rhs, o->u, MPFR_RNDN);
    mpfr_mul(o->rhs, o->rhs, o->log, MPFR_RNDN);
    mpfr_mul_si(o->rhs, o->rhs, -4, MPFR_RNDN);
    if (!mpfr_eq(o->lhs, o->rhs, (unsigned long)oracle_bits[k] - 8))
      return mpfr_lessequal_p(o->lhs, o->rhs);
  }
  cr_assert(false, "u = %a, v = %a: the sides agree to %ld bits", u, v,
            (long)oracle_bits[ORACLE_ROUNDS - 1] - 8);
  return false;
}

/* The uniform of 64 bits, by another way: (2k + 1) / 2^53. */
static double uniform_from(uint64_t bits) {
  return ldexp((double)(2 * (bits >> 12) + 1), -53);
}

/* A candidate is a block. */
static void candidate_at(double *u, double *v, int64_t seed, Stream stream, uint64_t index,
                         uint32_t block) {
  const uint32_t counter[4] = {block, (uint32_t)stream, (uint32_t)index, (uint32_t)(index >> 32)};
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t w[4];
  philox4x32(w, counter, key);
  *u = uniform_from(w[0] | (uint64_t)w[1] << 32);
  *v = 1.7156 * (uniform_from(w[2] | (uint64_t)w[3] << 32) - 0.5);
}

Test(rng, normals_are_what_the_definition_says) {
  enum { CANDIDATES = 1000000 };
  static double x[CANDIDATES];
  Rng rng = rng_open(77, STREAM_LEMMA, 5);
  rng_normals(x, CANDIDATES, 1, &rng); /* more than the candidates that are replayed give */
  Oracle o[ORACLE_ROUNDS];
  oracle_open(o);
  int64_t kept = 0;
  for (uint32_t block = 0; block < CANDIDATES; block++) {
    double u, v;
    candidate_at(&u, &v, 77, STREAM_LEMMA, 5, block);
    const bool expected = oracle_accepts(o, u, v), accepted = rng_ratio_accepts(u, v);
    cr_assert(accepted == expected, "candidate %u, u = %a, v = %a: accepted %d, expected %d", block,
              u, v, accepted, expected);
    if (!expected) continue;
    cr_assert(x[kept] == v / u, "normal %lld, from candidate %u: %a, expected %a", (long long)kept,
              block, x[kept], v / u);
    kept++;
  }
  oracle_close(o);
  /* Area of the region, half the integral of exp(-x^2/2), over the area of the box. */
  const double share = sqrt(M_PI / 2) / 1.7156;
  const double error = fabs((double)kept / CANDIDATES - share);
  const double bound = SIGMAS * sqrt(share * (1 - share) / CANDIDATES);
  cr_assert(error <= bound, "share of accepted candidates off by %.3g, bound %.3g", error, bound);
  support_note("%d candidates decided as by MPFR, %lld normals equal", CANDIDATES, (long long)kept);
}

/* v on the boundary, rounded to a double. */
static double boundary(Oracle *o, double u) {
  mpfr_set_d(o->u, u, MPFR_RNDN);
  mpfr_log(o->log, o->u, MPFR_RNDN);
  mpfr_mul_si(o->log, o->log, -4, MPFR_RNDN);
  mpfr_sqrt(o->log, o->log, MPFR_RNDN);
  mpfr_mul(o->log, o->log, o->u, MPFR_RNDN);
  return mpfr_get_d(o->log, MPFR_RNDN);
}

Test(rng, decisions_are_exact_at_the_boundary) {
  /* Candidates within a few doubles of the boundary, which no logarithm in doubles could decide,
     and further away in steps that cross what the ellipses and the rough logarithm can tell. */
  Chance chance = chance_open(11);
  Oracle o[ORACLE_ROUNDS];
  oracle_open(o);
  int64_t count = 0, accepted = 0;
  for (int k = 0; k < 20000; k++) {
    double u = fabs(chance_real(&chance));
    if (k % 4 == 1) u = ldexp(1 + u, -1 - (int)chance_below(&chance, 52));
    if (k % 4 == 2) u = 1 - ldexp((double)(1 + chance_below(&chance, 1000)), -53);
    if (u == 0) continue;
    const double at = boundary(&o[ORACLE_ROUNDS - 1], u);
    for (int step = -3; step <= 3; step++) {
      double v = at;
      for (int i = 0; i < abs(step); i++)
        v = nextafter(v, step < 0 ? 0 : 1);
      if (k % 4 == 3) v = at * (1 + step * ldexp(1, -(int)chance_below(&chance, 52)));
      if (v >= 1 || v <= 0) continue;
      const bool expected = oracle_accepts(o, u, v);
      cr_assert(rng_ratio_accepts(u, v) == expected && rng_ratio_accepts(u, -v) == expected,
                "u = %a, v = +-%a: accepted %d and %d, expected %d", u, v, rng_ratio_accepts(u, v),
                rng_ratio_accepts(u, -v), expected);
      count++, accepted += expected;
    }
  }
  oracle_close(o);
  cr_assert(3 * accepted > count && 3 * accepted < 2 * count,
            "%lld of %lld candidates accepted, expected between 1/3 and 2/3", (long long)accepted,
            (long long)count);
}

/* ---- the ellipses, proved ---- */

/* out := Leva's form at (u, v). */
static void leva(arb_t out, const arb_t u, const arb_t v) {
  const slong prec = 64;
  arb_t x, y, t;
  arb_init(x), arb_init(y), arb_init(t);
  arb_set_d(t, 0.449871), arb_sub(x, u, t, prec);
  arb_set_d(t, 0.386595), arb_add(y, v, t, prec);
  arb_set_d(t, 0.196), arb_mul(out, t, y, prec);
  arb_set_d(t, 0.25472), arb_mul(t, t, x, prec);
  arb_sub(out, out, t, prec);
  arb_mul(out, out, y, prec);
  arb_addmul(out, x, x, prec);
  arb_clear(x), arb_clear(y), arb_clear(t);
}

typedef struct {
  double low, high; /* what Q stays between */
  int64_t pieces;
} Certificate;

/* Is low <= Q <= high on the piece of the boundary u = exp(-s^2), v = 2 s u, from <= s <= to?
   Halves it until balls can tell. */
static void certify_boundary(Certificate *c, double from, double to) {
  cr_assert(to - from > 0x1p-40, "s = %.17g: Q not shown to be in [%.17g, %.17g]", from, c->low,
            c->high);
  arb_t s, u, v, q, bound;
  arb_init(s), arb_init(u), arb_init(v), arb_init(q), arb_init(bound);
  arb_set_d(s, (from + to) / 2);
  mag_set_d(arb_radref(s), (to - from) / 2);
  arb_mul(u, s, s, 64), arb_neg(u, u), arb_exp(u, u, 64);
  arb_mul(v, s, u, 64), arb_mul_si(v, v, 2, 64);
  leva(q, u, v);
  arb_set_d(bound, c->low);
  bool shown = arb_ge(q, bound);
  arb_set_d(bound, c->high);
  shown = shown && arb_le(q, bound);
  arb_clear(s), arb_clear(u), arb_clear(v), arb_clear(q), arb_clear(bound);
  c->pieces++;
  if (shown) return;
  certify_boundary(c, from, (from + to) / 2);
  certify_boundary(c, (from + to) / 2, to);
}

Test(rng, ellipses_lie_where_the_comments_say) {
  /* Q is convex, so {Q < inside} within the strip 0 < u < 1, v >= 0 is connected: as Q exceeds
     `inside` on the region's boundary curve, and (0.4, 0) is in both, it lies in the region. And Q
     on the region is largest on its boundary: the curve, and the segment v = 0. */
  Certificate c = {.low = 0.27597 + 5.8e-6, .high = 0.27846 - 1.6e-6};
  certify_boundary(&c, 0, 6.125);

  /* Beyond s = 6.125, u and v are positive and below exp(-37) and 2 * 6.125 exp(-37) < 2^-49. And
     on the segment Q is largest at an end, for it is convex. */
  arb_t u, v, q, bound;
  arb_init(u), arb_init(v), arb_init(q), arb_init(bound);
  mag_set_d(arb_radref(u), 0x1p-49), mag_set_d(arb_radref(v), 0x1p-49);
  leva(q, u, v);
  arb_set_d(bound, c.low);
  cr_assert(arb_ge(q, bound), "s >= 6.125: Q = %.12g, expected at least %.12g",
            arf_get_d(arb_midref(q), ARF_RND_NEAR), c.low);
  for (int end = 0; end < 2; end++) {
    arb_set_si(u, end), arb_zero(v);
    leva(q, u, v);
    arb_set_d(bound, c.high);
    cr_assert(arb_le(q, bound), "u = %d, v = 0: Q = %.12g, expected at most %.12g", end,
              arf_get_d(arb_midref(q), ARF_RND_NEAR), c.high);
  }
  arb_set_d(u, 0.4), arb_zero(v);
  leva(q, u, v);
  arb_set_d(bound, 0.27597);
  cr_assert(arb_lt(q, bound), "u = 0.4, v = 0: Q = %.12g, expected below %.12g",
            arf_get_d(arb_midref(q), ARF_RND_NEAR), 0.27597);
  arb_clear(u), arb_clear(v), arb_clear(q), arb_clear(bound);
  support_note("boundary shown to lie between the ellipses, in %lld pieces", (long long)c.pieces);
}

Test(rng, normals_are_bounded) {
  /* 212 ln 2 < 12.125^2 (1 - 2^-53)^2: no rounding of a quotient gets past the constant. */
  arb_t square, bound;
  arb_init(square), arb_init(bound);
  arb_const_log2(square, 100), arb_mul_si(square, square, 212, 100);
  arb_set_d(bound, RNG_NORMAL_MAX * (1 - 0x1p-50)), arb_mul(bound, bound, bound, 100);
  cr_assert(arb_lt(square, bound), "212 ln 2 = %.12g, expected below %.12g",
            arf_get_d(arb_midref(square), ARF_RND_NEAR),
            arf_get_d(arb_midref(bound), ARF_RND_NEAR));
  arb_clear(square), arb_clear(bound);
  /* and u = 2^-53 is the smallest there is */
  cr_assert(uniform_from(0) == 0x1p-53, "smallest uniform %a, expected %a", uniform_from(0),
            0x1p-53);
}

/* ---- arrays ---- */

Test(rng, arrays_equal_single_calls) {
  Worst worst = {0};
  for (int count = 0; count <= 300; count++)
    for (int before = 0; before < 3; before++) { /* 64-bit words handed out before */
      Rng one = rng_open(3, STREAM_INIT_W, (uint64_t)count), many;
      for (int k = 0; k < before; k++)
        (void)rng_bits(&one);
      many = one;
      double x[300];
      rng_normals(x, count, 0.3, &many);
      bool same = true;
      for (int i = 0; i < count; i++)
        same = same && x[i] == 0.3 * rng_normal(&one);
      same = same && rng_bits(&one) == rng_bits(&many);
      worst_require(&worst, same, "%d normals after %d words", count, before);
    }
  worst_assert(&worst, "rng_normals gives, and leaves, what rng_normal does");
}

Test(rng, normals_start_at_a_block) {
  Rng begun = rng_open(4, STREAM_LEMMA, 0), fresh = begun;
  (void)rng_bits(&begun);
  (void)rng_bits(&fresh), (void)rng_bits(&fresh);
  const double a = rng_normal(&begun), b = rng_normal(&fresh);
  cr_assert(a == b, "after half a block %a, after a whole one %a", a, b);
}

/* ---- laws ---- */

#define SAMPLE 4000000
static double sample[SAMPLE];

/* Mean of f over the sample. */
static double mean_power(int power, double centre) {
  double sum = 0;
  for (int i = 0; i < SAMPLE; i++)
    sum += pow(sample[i] - centre, power);
  return sum / SAMPLE;
}

/* E f = value and Var f = spread for the law: |mean - value| <= 5 sqrt(spread / n). */
static void check_moment(Worst *worst, int power, double centre, double value, double spread) {
  worst_add(worst, fabs(mean_power(power, centre) - value), SIGMAS * sqrt(spread / SAMPLE),
            "moment %d about %g, expected %g", power, centre, value);
}

Test(rng, uniforms_are_odd_multiples_with_the_moments_of_the_law) {
  Rng rng = rng_open(20, STREAM_LEMMA, 0);
  for (int i = 0; i < SAMPLE; i++) {
    const double x = sample[i] = rng_uniform(&rng), k = x * 0x1p53;
    cr_assert(k > 0 && k < 0x1p53 && k == floor(k) && fmod(k, 2) == 1,
              "uniform %d: %a, expected an odd multiple of %a in (0, 1)", i, x, 0x1p-53);
  }
  /* E (x - 1/2)^p = 2^-p / (p + 1) for even p. */
  Worst worst = {0};
  check_moment(&worst, 1, 0.5, 0, 1. / 12);
  check_moment(&worst, 2, 0.5, 1. / 12, 1. / 80 - 1. / 144);
  check_moment(&worst, 3, 0.5, 0, 1. / 448);
  check_moment(&worst, 4, 0.5, 1. / 80, 1. / 2304 - 1. / 6400);
  worst_assert(&worst, "%d uniforms, central moments, bound %g standard errors", SAMPLE, SIGMAS);
}

static void fill_normals(void) {
  Rng rng = rng_open(21, STREAM_LEMMA, 0);
  rng_normals(sample, SAMPLE, 1, &rng);
}

Test(rng, normals_have_the_moments_of_the_law) {
  fill_normals();
  /* E x^p = (p - 1)!! for even p. */
  Worst worst = {0};
  check_moment(&worst, 1, 0, 0, 1);
  check_moment(&worst, 2, 0, 1, 3 - 1);
  check_moment(&worst, 3, 0, 0, 15);
  check_moment(&worst, 4, 0, 3, 105 - 9);
  check_moment(&worst, 6, 0, 15, 10395 - 225);
  worst_assert(&worst, "%d normals, moments, bound %g standard errors", SAMPLE, SIGMAS);
}

Test(rng, normals_follow_the_distribution_function) {
  /* Kolmogorov: P(sqrt(n) D > x) <= 2 exp(-2 x^2), which is 6e-7 at 2.74. */
  fill_normals();
  gsl_sort(sample, 1, SAMPLE);
  double largest = 0;
  for (int i = 0; i < SAMPLE; i++) {
    const double p = gsl_cdf_ugaussian_P(sample[i]);
    largest = fmax(largest, fmax(p - (double)i / SAMPLE, (double)(i + 1) / SAMPLE - p));
  }
  const double statistic = sqrt(SAMPLE) * largest;
  cr_assert(statistic <= 2.74, "%d normals: sqrt(n) D = %.4f, bound %.2f", SAMPLE, statistic, 2.74);
  support_note("sqrt(n) D = %.4f", statistic);
}

Test(rng, tails_have_their_share) {
  fill_normals();
  Worst worst = {0};
  for (int beyond = 1; beyond <= 6; beyond++)
    for (int side = -1; side <= 1; side += 2) {
      unsigned count = 0;
      for (int i = 0; i < SAMPLE; i++)
        count += side * sample[i] > beyond;
      const double p = gsl_cdf_ugaussian_Q(beyond);
      const double below = gsl_cdf_binomial_P(count, p, SAMPLE);
      const double above = count > 0 ? gsl_cdf_binomial_Q(count - 1, p, SAMPLE) : 1;
      worst_add(&worst, 3e-7, fmin(below, above), "%u of %d beyond %d, expected %.1f", count,
                SAMPLE, side * beyond, p * SAMPLE);
    }
  worst_assert(&worst,
               "exact binomial probability of a count as far out or further, at least 3e-7");
}

/* Correlation coefficients of x, y and of x^2, y^2: standard error 1/sqrt(n) when independent. */
static void check_independent(Worst *worst, const double *x, const double *y, int n,
                              const char *what) {
  double product = 0, squares = 0;
  for (int i = 0; i < n; i++) {
    product += x[i] * y[i];
    squares += (x[i] * x[i] - 1) * (y[i] * y[i] - 1) / 2;
  }
  worst_add(worst, fabs(product) / n, SIGMAS / sqrt(n), "x y, %s", what);
  worst_add(worst, fabs(squares) / n, SIGMAS / sqrt(n), "(x^2 - 1)(y^2 - 1)/2, %s", what);
}

Test(rng, streams_and_neighbours_are_uncorrelated) {
  enum { N = SAMPLE / 2 };
  double *x = sample, *y = sample + N;
  const Rng base = rng_open(1, STREAM_NOISE_W, 10);
  const struct {
    Rng rng;
    const char *what;
  } other[] = {{rng_open(1, STREAM_NOISE_V, 10), "next purpose"},
               {rng_open(1, STREAM_NOISE_W, 11), "next index"},
               {rng_open(2, STREAM_NOISE_W, 10), "next seed"},
               {rng_open(1, STREAM_NOISE_W, 10 + (UINT64_C(1) << 32)), "next upper index"}};
  Worst worst = {0};
  Rng rng = base;
  rng_normals(x, N, 1, &rng);
  for (int lag = 1; lag <= 4; lag++)
    check_independent(&worst, x, x + lag, N - lag, "within a stream");
  for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
    rng = other[k].rng;
    rng_normals(y, N, 1, &rng);
    check_independent(&worst, x, y, N, other[k].what);
  }
  worst_assert(&worst, "%d pairs, correlation, bound %g standard errors", N, SIGMAS);
}

Test(rng, first_numbers_of_short_streams_are_normal) {
  /* Tokens take a few numbers of each of many streams: these too must be independent normals. */
  enum { N = SAMPLE / 2 };
  double *x = sample, *y = sample + N;
  for (int i = 0; i < N; i++) {
    double both[2];
    Rng rng = rng_open(5, STREAM_TOKEN_P, (uint64_t)i);
    rng_normals(both, 2, 1, &rng);
    x[i] = both[0], y[i] = both[1];
  }
  Worst worst = {0};
  check_moment(&worst, 1, 0, 0, 1);
  check_moment(&worst, 2, 0, 1, 2);
  check_moment(&worst, 4, 0, 3, 96);
  check_independent(&worst, x, y, N, "first and second");
  check_independent(&worst, x, x + 1, N - 1, "neighbouring streams");
  worst_assert(&worst, "the first two normals of %d streams", N);
}
