/* test_dataset.c -- the data set: its definition replayed, its laws, exact sums, and what stays
 * when N, L or the seed change.
 *
 * Inner products are taken in exact arithmetic, so that what is measured is the data set's rounding
 * and not the test's. Statistics are of fixed seeds; bounds are five standard errors.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/dataset.h"
#include "src/rng.h"
#include "tests/support.h"

#define SIGMAS 5.0

static Params small_params(int64_t d, int64_t N, int64_t L, int64_t seed) {
  Params params = support_params(d > 1 ? d : 2, N, L);
  params.d = d;
  params.seed = seed;
  return params;
}

static Dataset generate(const Params *params) {
  Dataset data;
  Error err;
  support_ok(dataset_generate(&data, params, &err), &err);
  return data;
}

/* sum_i a_i b_i - c, exactly summed, rounded once. */
static double exact_dot(const double *a, const double *b, int64_t d, double c) {
  arf_t sum, x, y;
  arf_init(sum), arf_init(x), arf_init(y);
  arf_set_d(sum, -c);
  for (int64_t i = 0; i < d; i++) {
    arf_set_d(x, a[i]), arf_set_d(y, b[i]);
    arf_addmul(sum, x, y, ARF_PREC_EXACT, ARF_RND_DOWN);
  }
  const double out = arf_get_d(sum, ARF_RND_NEAR);
  arf_clear(sum), arf_clear(x), arf_clear(y);
  return out;
}

/* ---- features ---- */

#define FEATURE "d = %lld, seed %lld: %s"

Test(dataset, features_have_their_norms_and_are_orthogonal) {
  /* A computed norm is within (d/2 + 1) units of the true one, the quotient and the factor round
     once each: |norm^2 / u^2 - 1| < (d + 8) units. An inner product of the second pass is wrong by
     d units, and six roundings of entries follow until <z, zeta> is formed: (d + 8) units of u r.
   */
  Worst norms = {0}, angles = {0};
  const int64_t sizes[] = {2, 3, 8, 16, 101};
  for (int k = 0; k < 5; k++)
    for (int64_t seed = 0; seed < 200; seed++) {
      const int64_t d = sizes[k];
      Params params = small_params(d, 1, 1, seed);
      params.u = 0.0371, params.r = 2.513;
      Dataset data = generate(&params);
      const double bound = (double)(d + 8) * UNIT, uu = params.u * params.u,
                   rr = params.r * params.r;
      worst_add(&norms, fabs(exact_dot(data.w_star, data.w_star, d, 1)), bound, FEATURE,
                (long long)d, (long long)seed, "w*");
      worst_add(&norms, fabs(exact_dot(data.z, data.z, d, uu)) / uu, bound + 2 * UNIT, FEATURE,
                (long long)d, (long long)seed, "z");
      worst_add(&norms, fabs(exact_dot(data.zeta, data.zeta, d, rr)) / rr, bound + 2 * UNIT,
                FEATURE, (long long)d, (long long)seed, "zeta");
      worst_add(&angles, fabs(exact_dot(data.z, data.zeta, d, 0)) / (params.u * params.r), bound,
                FEATURE, (long long)d, (long long)seed, "<z, zeta>");
      dataset_clear(&data);
    }
  worst_assert(&norms, "relative errors of the squared norms 1, u^2, r^2");
  worst_assert(&angles, "<z, zeta> / (u r)");
}

Test(dataset, features_point_everywhere) {
  /* A coordinate of a uniform direction has mean 0, square 1/d, and its square the variance
     3/(d (d + 2)) - 1/d^2. w* is independent of the others: <w*, z> is such a coordinate. */
  enum { SEEDS = 20000, D = 4 };
  double first[3] = {0}, square[3] = {0}, cross[2] = {0};
  Params params = small_params(D, 1, 1, 0);
  params.u = params.r = 1;
  for (params.seed = 0; params.seed < SEEDS; params.seed++) {
    Dataset data = generate(&params);
    const double *feature[3] = {data.w_star, data.z, data.zeta};
    for (int k = 0; k < 3; k++) {
      first[k] += feature[k][1] / SEEDS;
      square[k] += feature[k][1] * feature[k][1] / SEEDS;
    }
    for (int k = 0; k < 2; k++)
      cross[k] += pow(exact_dot(data.w_star, feature[k + 1], D, 0), 2) / SEEDS;
    dataset_clear(&data);
  }
  const double spread = 3. / (D * (D + 2)) - 1. / (D * D);
  Worst worst = {0};
  for (int k = 0; k < 3; k++) {
    worst_add(&worst, fabs(first[k]), SIGMAS * sqrt(1. / D / SEEDS), "mean, feature %d", k);
    worst_add(&worst, fabs(square[k] - 1. / D), SIGMAS * sqrt(spread / SEEDS), "square, feature %d",
              k);
  }
  for (int k = 0; k < 2; k++)
    worst_add(&worst, fabs(cross[k] - 1. / D), SIGMAS * sqrt(spread / SEEDS), "<w*, feature %d>^2",
              k + 1);
  worst_assert(&worst, "directions of %d seeds", SEEDS);
}

Test(dataset, one_dimension_has_no_room) {
  const Params params = small_params(1, 2, 2, 1);
  Dataset data;
  Error err;
  const StatusCode code = dataset_generate(&data, &params, &err);
  cr_assert(code == STATUS_DATA && strstr(err.message, "d >= 2") != NULL,
            "d = 1: status %d, %s; expected %d and what is wanted", (int)code,
            code == STATUS_OK ? "" : err.message, STATUS_DATA);
  cr_assert(data.x[BLOCK_P] == NULL && data.z == NULL, "d = 1: %p and %p are left behind",
            (void *)data.x[BLOCK_P], (void *)data.z);
}

/* ---- tokens ---- */

/* Token (n, l) again, from single draws and the words that describe the data. */
static void check_token(Worst *worst, const Dataset *data, const Params *params, int64_t n,
                        int64_t l) {
  const int64_t d = data->d;
  const uint64_t index = ((uint64_t)n << 32) | (l == data->L ? 0xFFFFFFFFu : (uint64_t)l);
  Rng label = rng_open(params->seed, STREAM_LABEL, index);
  Rng normal = rng_open(params->seed, STREAM_TOKEN_P, index);
  Rng side = rng_open(params->seed, STREAM_TOKEN_Q, index);
  const double y = (int64_t)rng_bits(&label) < 0 ? -1 : 1;
  const int cluster = y > 0 ? 0 : (int64_t)rng_bits(&side) < 0 ? -1 : 1;
  worst_require(worst, dataset_label(data, n, l) == y, "label, n = %lld, l = %lld", (long long)n,
                (long long)l);
  worst_require(worst, data->cluster[n * (data->L + 1) + l] == cluster,
                "cluster, n = %lld, l = %lld", (long long)n, (long long)l);

  double e[64];
  for (int64_t i = 0; i < d; i++)
    e[i] = params->s_e * rng_normal(&normal);
  const double turn = exact_dot(data->w_star, e, d, 0) < 0 ? -1 : 1;
  /* Half a grid step, and the two roundings before it. */
  const double slack_P =
      ldexp(0.5, data->grid[BLOCK_P]) + 2 * UNIT * (params->gamma0 + RNG_NORMAL_MAX * params->s_e);
  const double slack_Q = ldexp(0.5, data->grid[BLOCK_Q]) + UNIT * (params->u + params->r);
  for (int64_t i = 0; i < d; i++) {
    const double p = y * (params->gamma0 * data->w_star[i] + turn * e[i]);
    const double q = data->z[i] + cluster * data->zeta[i];
    worst_add(worst, fabs(dataset_token(data, BLOCK_P, n, l)[i] - p), slack_P,
              "block P, n = %lld, l = %lld, i = %lld", (long long)n, (long long)l, (long long)i);
    worst_add(worst, fabs(dataset_token(data, BLOCK_Q, n, l)[i] - q), slack_Q,
              "block Q, n = %lld, l = %lld, i = %lld", (long long)n, (long long)l, (long long)i);
  }
}

Test(dataset, tokens_are_what_the_definition_says) {
  Worst worst = {0};
  for (int64_t d = 2; d <= 64; d *= 2) {
    const Params params = small_params(d, 20, 17, 100 + d);
    Dataset data = generate(&params);
    for (int64_t n = 0; n < data.N; n++)
      for (int64_t l = 0; l <= data.L; l++)
        check_token(&worst, &data, &params, n, l);
    dataset_clear(&data);
  }
  worst_assert(&worst, "labels, clusters and entries");
}

/* The most by which margins fall short of gamma0, and exceed it, in units of what dataset.h allows.
 */
static void check_margins(Worst *below, Worst *above, const Params *params) {
  Dataset data = generate(params);
  const double dd = (double)data.d;
  const double slack = sqrt(dd) * (ldexp(0.5, data.grid[BLOCK_P]) +
                                   (dd + 8) * UNIT * (params->gamma0 + 13 * params->s_e));
  for (int64_t n = 0; n < data.N; n++)
    for (int64_t l = 0; l <= data.L; l++) {
      const double y = dataset_label(&data, n, l);
      const double excess = y * exact_dot(data.w_star, dataset_token(&data, BLOCK_P, n, l), data.d,
                                          y * params->gamma0);
      worst_add(below, -excess, slack, "d = %lld, s_e = %g, seed %lld, token %lld, %lld",
                (long long)data.d, params->s_e, (long long)params->seed, (long long)n,
                (long long)l);
      if (params->s_e == 0)
        worst_add(above, excess, slack, "d = %lld, seed %lld, token %lld, %lld", (long long)data.d,
                  (long long)params->seed, (long long)n, (long long)l);
    }
  dataset_clear(&data);
}

Test(dataset, margin_is_gamma0_up_to_the_stated_rounding) {
  Worst below = {0}, above = {0};
  for (int64_t d = 2; d <= 64; d *= 2)
    for (int64_t seed = 0; seed < 10; seed++) {
      Params params = small_params(d, 30, 31, seed);
      check_margins(&below, &above, &params);
      params.s_e = 0; /* then every margin is gamma0 */
      check_margins(&below, &above, &params);
      params.gamma0 = 0, params.s_e = 1; /* the half-space alone */
      check_margins(&below, &above, &params);
    }
  worst_assert(&below, "gamma0 - <y w*, x^P>");
  worst_assert(&above, "<y w*, x^P> - gamma0 for s_e = 0");
}

/* ---- laws ---- */

#define LAW_D 5
#define LAW_N 4000
#define LAW_L 99
#define LAW_TOKENS (LAW_N * (LAW_L + 1))

static Params law_params(void) {
  Params params = small_params(LAW_D, LAW_N, LAW_L, 4242);
  params.gamma0 = 0.7, params.s_e = 1.3;
  return params;
}

/* count of n at probability p */
static void check_share(Worst *worst, int64_t count, int64_t n, double p, const char *what) {
  const double nn = (double)n;
  worst_add(worst, fabs((double)count - p * nn), SIGMAS * sqrt(p * (1 - p) * nn),
            "%s: %lld of %lld, expected %.1f", what, (long long)count, (long long)n, p * nn);
}

Test(dataset, labels_and_clusters_have_their_shares) {
  const Params params = law_params();
  Dataset data = generate(&params);
  int64_t positive = 0, plus = 0, minus = 0, positive_queries = 0, equal = 0, both = 0;
  for (int64_t k = 0; k < LAW_TOKENS; k++) {
    positive += data.y[k] > 0;
    plus += data.cluster[k] > 0, minus += data.cluster[k] < 0;
    equal += k > 0 && data.y[k] == data.y[k - 1];
    both += k > 0 && data.cluster[k] * data.cluster[k - 1] > 0;
    cr_assert((data.y[k] == 1 && data.cluster[k] == 0) ||
                  (data.y[k] == -1 && abs(data.cluster[k]) == 1),
              "token %lld: label %g, cluster %d", (long long)k, data.y[k], data.cluster[k]);
  }
  for (int64_t n = 0; n < LAW_N; n++)
    positive_queries += dataset_label(&data, n, LAW_L) > 0;
  Worst worst = {0};
  check_share(&worst, positive, LAW_TOKENS, 0.5, "y = +1");
  check_share(&worst, positive_queries, LAW_N, 0.5, "y = +1 among queries");
  check_share(&worst, plus, LAW_TOKENS, 0.25, "z + zeta");
  check_share(&worst, minus, LAW_TOKENS, 0.25, "z - zeta");
  check_share(&worst, plus, plus + minus, 0.5, "z + zeta among y = -1");
  check_share(&worst, equal, LAW_TOKENS - 1, 0.5, "neighbours of one label");
  check_share(&worst, both, LAW_TOKENS - 1, 0.125, "neighbours of one negative cluster");
  worst_assert(&worst, "shares among %d tokens, bound %g standard errors", LAW_TOKENS, SIGMAS);
  dataset_clear(&data);
}

/* basis := an orthonormal basis whose first vector is w. */
static void complete_basis(double basis[LAW_D][LAW_D], const double *w) {
  memset(basis, 0, sizeof(double[LAW_D][LAW_D]));
  for (int k = 0; k < LAW_D; k++) {
    if (k == 0)
      memcpy(basis[0], w, sizeof basis[0]);
    else
      basis[k][k] = 1;
    for (int pass = 0; pass < 2; pass++)
      for (int j = 0; j < k; j++) {
        const double overlap = exact_dot(basis[k], basis[j], LAW_D, 0);
        for (int i = 0; i < LAW_D; i++)
          basis[k][i] -= overlap * basis[j][i];
      }
    const double norm = support_norm(basis[k], LAW_D);
    for (int i = 0; i < LAW_D; i++)
      basis[k][i] /= norm;
  }
}

/* part[k] := component of e of every token along basis vector k, in units of s_e, where e =
   y x^P - gamma0 w*. */
static void noise_components(double *part[LAW_D], const Dataset *data, const Params *params) {
  double basis[LAW_D][LAW_D];
  complete_basis(basis, data->w_star);
  for (int64_t t = 0; t < LAW_TOKENS; t++)
    for (int k = 0; k < LAW_D; k++) {
      double sum = 0;
      for (int i = 0; i < LAW_D; i++)
        sum += basis[k][i] *
               (data->y[t] * data->x[BLOCK_P][t * LAW_D + i] - params->gamma0 * data->w_star[i]);
      part[k][t] = sum / params->s_e;
    }
}

static double mean_of(const double *x) {
  double sum = 0;
  for (int64_t t = 0; t < LAW_TOKENS; t++)
    sum += x[t];
  return sum / LAW_TOKENS;
}

Test(dataset, noise_is_half_normal_along_w_star_and_normal_across) {
  static double store[LAW_D][LAW_TOKENS];
  double *part[LAW_D];
  for (int k = 0; k < LAW_D; k++)
    part[k] = store[k];
  const Params params = law_params();
  Dataset data = generate(&params);
  noise_components(part, &data, &params);
  dataset_clear(&data);

  /* |N(0,1)|: mean sqrt(2/pi), variance 1 - 2/pi, and its fourth central moment is the squared
     variance times 3 + 8 (pi - 3)/(pi - 2)^2. The known mean is taken off, so that a sample
     variance has the variance (fourth - second^2)/n exactly. */
  const double half_mean = sqrt(2 / M_PI), half_variance = 1 - 2 / M_PI;
  const double half_fourth = 3 + 8 * (M_PI - 3) / ((M_PI - 2) * (M_PI - 2));
  Worst worst = {0};
  for (int k = 0; k < LAW_D; k++) {
    const double mean = k == 0 ? half_mean : 0, variance = k == 0 ? half_variance : 1;
    worst_add(&worst, fabs(mean_of(part[k]) - mean), SIGMAS * sqrt(variance / LAW_TOKENS),
              "mean along %d", k);
    for (int64_t t = 0; t < LAW_TOKENS; t++)
      part[k][t] -= mean;
    for (int j = 0; j <= k; j++) {
      double product = 0;
      for (int64_t t = 0; t < LAW_TOKENS; t++)
        product += part[j][t] * part[k][t];
      const double variance_j = j == 0 ? half_variance : 1;
      const double expected = j == k ? variance : 0;
      const double spread =
          j != k ? variance * variance_j : variance * variance * ((k == 0 ? half_fourth : 3) - 1);
      worst_add(&worst, fabs(product / LAW_TOKENS - expected), SIGMAS * sqrt(spread / LAW_TOKENS),
                "covariance %d, %d", j, k);
    }
  }
  worst_assert(&worst, "e in units of s_e over %d tokens, bound %g standard errors", LAW_TOKENS,
               SIGMAS);

  /* Kolmogorov: P(sqrt(n) D > 2.74) <= 6e-7. */
  gsl_sort(part[0], 1, LAW_TOKENS);
  double largest = 0;
  for (int64_t t = 0; t < LAW_TOKENS; t++) {
    const double p = 2 * gsl_cdf_ugaussian_P(part[0][t] + half_mean) - 1;
    largest = fmax(largest, fabs(p - ((double)t + 0.5) / LAW_TOKENS));
  }
  const double statistic = sqrt(LAW_TOKENS) * largest;
  cr_assert(statistic <= 2.74, "<w*, e>/s_e against |N(0,1)|: sqrt(n) D = %.3f, bound %.2f",
            statistic, 2.74);
}

/* ---- exact sums ---- */

/* Sums of `terms` signed tokens, each coordinate: forwards, backwards and shuffled in double, and
   in integers. */
static void check_sums(Worst *worst, const Dataset *data, Block b, int64_t n, int64_t terms,
                       Chance *chance) {
  const int64_t d = data->d;
  int64_t *order = array_alloc((size_t)terms, sizeof *order);
  double *sign = array_alloc((size_t)terms, sizeof *sign);
  cr_assert(order != NULL && sign != NULL, "no memory for %lld terms", (long long)terms);
  /* Signs at random, or such that all terms of coordinate 0 add up. */
  const bool aligned = chance_below(chance, 2) == 0;
  for (int64_t k = 0; k < terms; k++) {
    const double x = dataset_token(data, b, n, k % data->L)[0];
    order[k] = k;
    sign[k] = aligned ? (x < 0 ? -1 : 1) : (chance_bits(chance) & 1 ? 1 : -1);
  }
  for (int64_t k = terms - 1; k > 0; k--) {
    const int64_t other = chance_below(chance, k + 1), swap = order[k];
    order[k] = order[other], order[other] = swap;
  }
  for (int64_t i = 0; i < d; i++) {
    double forwards = 0, backwards = 0, shuffled = 0;
    int64_t exact = 0;
    for (int64_t k = 0; k < terms; k++) {
      const double *x = dataset_token(data, b, n, k % data->L);
      forwards += sign[k] * x[i];
      backwards += sign[terms - 1 - k] * dataset_token(data, b, n, (terms - 1 - k) % data->L)[i];
      shuffled += sign[order[k]] * dataset_token(data, b, n, order[k] % data->L)[i];
      exact += (int64_t)(sign[k] * ldexp(x[i], -data->grid[b]));
    }
    const double expected = ldexp((double)exact, data->grid[b]);
    worst_require(worst, llabs(exact) < INT64_C(1) << 53, "sum %lld of %lld terms",
                  (long long)exact, (long long)terms);
    worst_require(worst, forwards == expected && backwards == expected && shuffled == expected,
                  "block %d, prompt %lld, coordinate %lld, %lld terms", (int)b, (long long)n,
                  (long long)i, (long long)terms);
  }
  free(order), free(sign);
}

/* Every entry is on the grid, and as small as promised. */
static void check_grid(Worst *worst, const Dataset *data, const Params *params) {
  const int64_t terms = data->L > DATASET_SUM_MIN ? data->L : DATASET_SUM_MIN;
  const double scale[BLOCK_COUNT] = {params->gamma0 + RNG_NORMAL_MAX * params->s_e,
                                     params->u + params->r};
  for (int b = 0; b < BLOCK_COUNT; b++) {
    const double step = ldexp(1, data->grid[b]);
    if (scale[b] > 0)
      worst_add(worst, step, scale[b] * (double)terms * 0x1p-52 * (1 + 0x1p-30),
                "grid step, block %d, scale %g", b, scale[b]);
    worst_add(worst, nearbyint(scale[b] / step) * (double)terms, 0x1p53 - 1,
              "largest sum, block %d, scale %g", b, scale[b]);
    for (int64_t k = 0; k < data->N * (data->L + 1) * data->d; k++) {
      const double integer = data->x[b][k] / step;
      worst_require(worst, integer == nearbyint(integer), "entry %lld of block %d is %a",
                    (long long)k, b, data->x[b][k]);
      worst_require(worst, (int64_t)fabs(integer) <= ((INT64_C(1) << 53) - 1) / terms,
                    "entry %lld of block %d is %a steps", (long long)k, b, integer);
    }
  }
}

Test(dataset, sums_of_tokens_are_exact) {
  const struct {
    double gamma0, s_e, u, r;
    int64_t L;
  } cases[] = {{0.25, 0.25, 0.3, 0.06, 64},
               {0, 1, 0, 1, 64},
               {1, 0, 1, 0, 31},
               {0x1p-140, 0x1p-150, 0x1p-150, 0x1p149, 8},
               {0x1p150, 0x1p150, 0x1p150, 0x1p150, 8},
               {1 - UNIT, 0, 1 - UNIT, 0, 64}, /* rounds up to a power of two on the grid */
               {0.3, 0.7, 0.2, 0.9, 4097},
               {0.3, 0.7, 0.2, 0.9, 10000}};
  Chance chance = chance_open(30);
  Worst grid = {0}, sums = {0};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (int64_t d = 2; d <= 7; d += 5) {
      Params params = small_params(d, 4, cases[c].L, (int64_t)c);
      params.gamma0 = cases[c].gamma0, params.s_e = cases[c].s_e;
      params.u = cases[c].u, params.r = cases[c].r;
      Dataset data = generate(&params);
      check_grid(&grid, &data, &params);
      for (int64_t n = 0; n < data.N; n++)
        for (int b = 0; b < BLOCK_COUNT; b++) {
          check_sums(&sums, &data, (Block)b, n, data.L, &chance);
          if (data.L < DATASET_SUM_MIN)
            check_sums(&sums, &data, (Block)b, n, DATASET_SUM_MIN, &chance);
        }
      dataset_clear(&data);
    }
  worst_assert(&grid, "entries on the grid");
  worst_assert(&sums, "sums forwards, backwards, shuffled and in integers agree");
}

Test(dataset, nothing_is_scaled_by_zero_to_anything_but_zero) {
  Params params = small_params(3, 5, 6, 9);
  params.gamma0 = params.s_e = params.u = params.r = 0;
  Dataset data = generate(&params);
  Worst worst = {0};
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int64_t k = 0; k < 5 * 7 * 3; k++)
      worst_require(&worst, data.x[b][k] == 0, "block %d, entry %lld = %g", b, (long long)k,
                    data.x[b][k]);
  worst_assert(&worst, "gamma0 = s_e = u = r = 0: tokens");
  cr_assert(data.grid[BLOCK_P] == 0 && data.grid[BLOCK_Q] == 0, "grids %d and %d, expected %d",
            data.grid[BLOCK_P], data.grid[BLOCK_Q], 0);
  dataset_clear(&data);
}

/* ---- what stays ---- */

static bool same_token(const Dataset *a, const Dataset *b, int64_t n, int64_t la, int64_t lb) {
  const size_t size = (size_t)a->d * sizeof(double);
  bool same = dataset_label(a, n, la) == dataset_label(b, n, lb) &&
              a->cluster[n * (a->L + 1) + la] == b->cluster[n * (b->L + 1) + lb];
  for (int block = 0; block < BLOCK_COUNT; block++)
    same = same && memcmp(dataset_token(a, (Block)block, n, la),
                          dataset_token(b, (Block)block, n, lb), size) == 0;
  return same;
}

Test(dataset, a_larger_data_set_keeps_the_smaller_one) {
  const Params params = small_params(6, 7, 10, 3);
  Dataset data = generate(&params);
  const int64_t larger[][2] = {{7, 10}, {8, 10}, {50, 10}, {7, 11}, {7, 64}, {9, DATASET_SUM_MIN}};
  Worst worst = {0};
  for (size_t k = 0; k < sizeof larger / sizeof *larger; k++) {
    Params more = params;
    more.N = larger[k][0], more.L = larger[k][1];
    Dataset other = generate(&more);
    for (int64_t n = 0; n < data.N; n++)
      for (int64_t l = 0; l <= data.L; l++)
        worst_require(&worst, same_token(&data, &other, n, l, l == data.L ? other.L : l),
                      "N = %lld, L = %lld, token %lld, %lld", (long long)more.N, (long long)more.L,
                      (long long)n, (long long)l);
    dataset_clear(&other);
  }
  worst_assert(&worst, "tokens that were there");
  dataset_clear(&data);
}

Test(dataset, the_seed_decides_every_byte) {
  const Params params = small_params(8, 16, 8, 12345);
  Params reseeded = params;
  reseeded.seed = 12345 + (INT64_C(1) << 32);
  Dataset a = generate(&params), b = generate(&params), c = generate(&reseeded);
  int64_t shared = 0;
  const int64_t tokens = a.N * (a.L + 1);
  for (int64_t t = 0; t < tokens; t++) {
    cr_assert(same_token(&a, &b, t / (a.L + 1), t % (a.L + 1), t % (a.L + 1)),
              "seed %lld twice: token %lld differs", (long long)params.seed, (long long)t);
    shared += same_token(&a, &c, t / (a.L + 1), t % (a.L + 1), t % (a.L + 1));
  }
  const size_t size = (size_t)a.d * sizeof(double);
  cr_assert(memcmp(a.w_star, b.w_star, size) == 0 && memcmp(a.z, b.z, size) == 0 &&
                memcmp(a.zeta, b.zeta, size) == 0,
            "seed %lld twice: features differ", (long long)params.seed);
  cr_assert(shared == 0 && a.w_star[0] != c.w_star[0] && a.z[0] != c.z[0],
            "seed %lld: shares %lld of %lld tokens, or a feature, with seed %lld",
            (long long)reseeded.seed, (long long)shared, (long long)tokens, (long long)params.seed);
  dataset_clear(&a), dataset_clear(&b), dataset_clear(&c);
}

/* ---- unequal clusters ---- */

Test(dataset, balance_is_the_share_of_the_near_cluster) {
  /* Quantity: share of the tokens at z - zeta among those with y = -1, about 4000 of them. Bound:
     five standard errors, 0 where the balance is 0 or 1. */
  Worst worst = {0};
  const double balances[] = {0, 0.1, 0.5, 0.9, 1};
  for (int k = 0; k < 5; k++) {
    Params params = small_params(3, 64, 127, 5);
    params.balance = balances[k];
    Dataset data = generate(&params);
    double near = 0, negative = 0;
    for (int64_t i = 0; i < 64 * 128; i++) {
      negative += data.y[i] < 0;
      near += data.cluster[i] == -1;
    }
    worst_add(&worst, fabs(near / negative - balances[k]),
              SIGMAS * sqrt(balances[k] * (1 - balances[k]) / negative), "balance %g of %g tokens",
              balances[k], negative);
    dataset_clear(&data);
  }
  worst_assert(&worst, "share of z - zeta");
}

Test(dataset, balanced_clusters_are_told_by_the_top_bit) {
  /* What data sets were before there was a balance, token by token. */
  Params params = small_params(3, 40, 30, 6);
  Dataset data = generate(&params);
  Worst worst = {0};
  for (int64_t n = 0; n < 40; n++)
    for (int64_t l = 0; l <= 30; l++) {
      const uint64_t last = l == 30 ? UINT64_C(0xFFFFFFFF) : (uint64_t)l;
      Rng rng = rng_open(6, STREAM_TOKEN_Q, ((uint64_t)n << 32) + last);
      const int side = rng_bits(&rng) >> 63 ? -1 : 1;
      const int cluster = dataset_label(&data, n, l) > 0 ? 0 : side;
      worst_require(&worst, data.cluster[n * 31 + l] == cluster, "prompt %d, token %d", (int)n,
                    (int)l);
    }
  worst_assert(&worst, "clusters against the top bits");
  dataset_clear(&data);
}
