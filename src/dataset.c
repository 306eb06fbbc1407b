/* dataset.c -- features, labels and tokens of one run, from their random streams. */
#include "src/dataset.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/rng.h"
#include "src/stop.h"

/* Sums run from the left and only + - * / sqrt occur, all correctly rounded: the same doubles
   everywhere. */
static double dot(const double *a, const double *b, int64_t d) {
  double sum = 0;
  for (int64_t i = 0; i < d; i++)
    sum += a[i] * b[i];
  return sum;
}

/* x := x / norm(x); false when x = 0. Every entry ends up in [-1, 1], exactly: rounding is
   monotone, so the computed norm is at least RN(sqrt(RN(x_i^2))), which is |x_i| in radix 2. */
static bool normalise(double *x, int64_t d) {
  const double norm = sqrt(dot(x, x, d));
  if (norm == 0) return false;
  for (int64_t i = 0; i < d; i++)
    x[i] /= norm;
  return true;
}

/* x := d standard normals of a stream. */
static void gaussian(double *x, int64_t d, int64_t seed, Stream stream) {
  Rng rng = rng_open(seed, stream, 0);
  rng_normals(x, d, 1, &rng);
}

static void scale_by(double *x, double factor, int64_t d) {
  for (int64_t i = 0; i < d; i++)
    x[i] *= factor;
}

/* w*, z, zeta. zeta is made orthogonal to the direction of z, which has no scale to overflow; the
   second pass removes what the roundings of the first left, and twice is enough (Kahan, Parlett).
 */
static StatusCode features_make(Dataset *data, const Params *params, Error *err) {
  const int64_t d = data->d;
  gaussian(data->w_star, d, params->seed, STREAM_W_STAR);
  gaussian(data->z, d, params->seed, STREAM_Z);
  gaussian(data->zeta, d, params->seed, STREAM_ZETA);

  normalise(data->w_star, d), normalise(data->z, d); /* no normal deviate is 0 */
  for (int pass = 0; pass < 2; pass++) {
    const double overlap = dot(data->zeta, data->z, d);
    for (int64_t i = 0; i < d; i++)
      data->zeta[i] -= overlap * data->z[i];
  }
  if (!normalise(data->zeta, d))
    return error_set(err, STATUS_DATA,
                     "d = %lld leaves no direction for zeta orthogonal to z: expected d >= 2",
                     (long long)d);
  scale_by(data->z, params->u, d);
  scale_by(data->zeta, params->r, d);
  return STATUS_OK;
}

/* The exponent g of the finest grid on which sums of `terms` entries are exact, for entries x with
   |x| <= bound before snapping: round(bound / 2^g) * terms < 2^53. For snapping is monotone, so
   |snap(x)| <= round(bound / 2^g) 2^g, and every partial sum of signed entries is an integer below
   2^53 times 2^g. params.h keeps scales, hence grids, far from the ends of the exponent range. */
static int grid_choose(double bound, int64_t terms) {
  if (bound == 0) return 0;
  const double most = (double)(((INT64_C(1) << 53) - 1) / terms);
  int exponent;
  frexp(bound, &exponent);
  int grid = exponent - 53;
  while (nearbyint(ldexp(bound, -grid)) > most)
    grid++;
  return grid;
}

static double snap(double x, int grid) {
  return ldexp(nearbyint(ldexp(x, -grid)), grid);
}

/* No entry of a token exceeds these before snapping: |w*_i| <= 1, |normal| <= RNG_NORMAL_MAX,
   |z_i| <= u, |zeta_i| <= r, and each operation below is the rounding of one that is monotone in
   its operands, so the same operations on the bounds bound the result. */
static void grids_choose(Dataset *data, const Params *params) {
  const int64_t terms = data->L > DATASET_SUM_MIN ? data->L : DATASET_SUM_MIN;
  data->grid[BLOCK_P] = grid_choose(params->gamma0 + params->s_e * RNG_NORMAL_MAX, terms);
  data->grid[BLOCK_Q] = grid_choose(params->u + params->r, terms);
}

/* x := y (gamma0 w* + e), e ~ N(0, s_e^2 I) given <w*, e> >= 0: the law of e is symmetric, so e
   turned round when it points the wrong way has exactly that law. */
static void token_make_P(double *x, const Dataset *data, double y, const Params *params,
                         uint64_t index) {
  const int64_t d = data->d;
  Rng rng = rng_open(params->seed, STREAM_TOKEN_P, index);
  rng_normals(x, d, params->s_e, &rng);
  const double turn = dot(data->w_star, x, d) < 0 ? -1 : 1;
  for (int64_t i = 0; i < d; i++)
    x[i] = y * snap(params->gamma0 * data->w_star[i] + turn * x[i], data->grid[BLOCK_P]);
}

/* x := z for y = +1, and z + cluster zeta for y = -1. The uniform number has 53 bits and is exact;
   with a balance of 1/2 its top bit decides. */
static signed char token_make_Q(double *x, const Dataset *data, double y, const Params *params,
                                uint64_t index) {
  Rng rng = rng_open(params->seed, STREAM_TOKEN_Q, index);
  const double uniform = (double)(rng_bits(&rng) >> 11) * 0x1p-53;
  const signed char side = uniform >= 1 - params->balance ? -1 : 1;
  const signed char cluster = y > 0 ? 0 : side;
  for (int64_t i = 0; i < data->d; i++)
    x[i] = snap(data->z[i] + cluster * data->zeta[i], data->grid[BLOCK_Q]);
  return cluster;
}

/* The query's index does not depend on L, so that a longer prompt keeps its query. */
static uint64_t token_index(int64_t n, int64_t l, int64_t L) {
  return ((uint64_t)n << 32) + (l == L ? UINT64_C(0xFFFFFFFF) : (uint64_t)l);
}

static StatusCode tokens_make(Dataset *data, const Params *params, Error *err) {
  for (int64_t n = 0; n < data->N; n++) {
    TRY(stop_check(err));
    for (int64_t l = 0; l <= data->L; l++) {
      const uint64_t index = token_index(n, l, data->L);
      const int64_t place = n * (data->L + 1) + l;
      Rng rng = rng_open(params->seed, STREAM_LABEL, index);
      const double y = rng_bits(&rng) >> 63 ? -1 : 1;
      data->y[place] = y;
      token_make_P(data->x[BLOCK_P] + place * data->d, data, y, params, index);
      data->cluster[place] =
          token_make_Q(data->x[BLOCK_Q] + place * data->d, data, y, params, index);
    }
  }
  return STATUS_OK;
}

/* Allocates everything. params.h keeps the number of doubles within reach of the size type. */
static bool arrays_open(Dataset *data) {
  const size_t d = (size_t)data->d, tokens = (size_t)(data->N * (data->L + 1));
  data->w_star = array_alloc(d, sizeof(double));
  data->z = array_alloc(d, sizeof(double));
  data->zeta = array_alloc(d, sizeof(double));
  data->y = array_alloc(tokens, sizeof(double));
  data->cluster = array_alloc(tokens, sizeof *data->cluster);
  for (int b = 0; b < BLOCK_COUNT; b++)
    data->x[b] = array_alloc(tokens * d, sizeof(double));
  return data->w_star && data->z && data->zeta && data->y && data->cluster && data->x[BLOCK_P] &&
         data->x[BLOCK_Q];
}

StatusCode dataset_generate(Dataset *out, const Params *params, Error *err) {
  *out = (Dataset){.d = params->d, .N = params->N, .L = params->L};
  StatusCode code =
      arrays_open(out) ? features_make(out, params, err) : error_memory(err, "the data set");
  if (code == STATUS_OK) {
    grids_choose(out, params);
    code = tokens_make(out, params, err);
    if (code == STATUS_OK) code = dataset_check(out, err);
  }
  if (code != STATUS_OK) dataset_clear(out);
  return code;
}

StatusCode dataset_check(const Dataset *data, Error *err) {
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int64_t i = 0; i < data->N * (data->L + 1) * data->d; i++) {
      if (isfinite(data->x[b][i])) continue;
      const int64_t token = i / data->d;
      return error_set(
          err, STATUS_DATA, "data: prompt %lld, token %lld (counted from 0), block %c: not finite",
          (long long)(token / (data->L + 1)), (long long)(token % (data->L + 1)), "PQ"[b]);
    }
  return STATUS_OK;
}

void dataset_clear(Dataset *data) {
  free(data->w_star), free(data->z), free(data->zeta);
  free(data->y), free(data->cluster);
  for (int b = 0; b < BLOCK_COUNT; b++)
    free(data->x[b]);
  memset(data, 0, sizeof *data);
}
