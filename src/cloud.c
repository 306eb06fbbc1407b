/* cloud.c -- tokens in the planes of their features. */
#include "src/cloud.h"

#include <math.h>

static double dot(const double *a, const double *b, int64_t d) {
  double sum = 0;
  for (int64_t i = 0; i < d; i++)
    sum += a[i] * b[i];
  return sum;
}

int64_t cloud_count(const Dataset *data) {
  const int64_t all = data->N * (data->L + 1);
  return all < CLOUD_MAX ? all : CLOUD_MAX;
}

void cloud_across(double *across, const Dataset *data) {
  const int64_t d = data->d;
  const double *w = data->w_star;
  int64_t least = 0;
  for (int64_t i = 1; i < d; i++)
    if (fabs(w[i]) < fabs(w[least])) least = i;
  /* w_least^2 <= 1/d <= 1/2, so the part orthogonal to w* has at least the norm 1/sqrt(2) */
  for (int64_t i = 0; i < d; i++)
    across[i] = (i == least ? 1 : 0) - w[least] * w[i];
  const double norm = sqrt(dot(across, across, d));
  for (int64_t i = 0; i < d; i++)
    across[i] /= norm;
}

static double along(const double *x, const double *feature, int64_t d) {
  const double norm = sqrt(dot(feature, feature, d));
  return norm > 0 ? dot(x, feature, d) / norm : 0;
}

void cloud_point(CloudPoint *out, const Dataset *data, const double *across, int64_t k) {
  const int64_t tokens = data->L + 1, d = data->d;
  const double *p = dataset_token(data, BLOCK_P, k / tokens, k % tokens),
               *q = dataset_token(data, BLOCK_Q, k / tokens, k % tokens);
  *out = (CloudPoint){.label = dataset_label(data, k / tokens, k % tokens),
                      .at = {{along(p, data->w_star, d), dot(p, across, d)},
                             {along(q, data->z, d), along(q, data->zeta, d)}}};
}
