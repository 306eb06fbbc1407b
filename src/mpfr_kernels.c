/* mpfr_kernels.c -- correctly rounded bulk products: by definition, and fast. */
#include "src/mpfr_kernels.h"

#include <stdlib.h>

static int64_t max2(int64_t a, int64_t b) {
  return a > b ? a : b;
}

StatusCode mpfr_kernels_open(MpfrKernels *w, const Engine *e, Error *err) {
  int64_t d = e->d, N = e->N, pairs = max2(d * d, N), wide = max2(N, d);
  int k = fixed_limbs(e->precision);
  *w = (MpfrKernels){.k = k};
  w->value = array_alloc((size_t)(pairs * k), sizeof *w->value);
  w->total = array_alloc((size_t)(wide * (k + 1)), sizeof *w->total);
  w->middle = array_alloc((size_t)(N * d * (k + 1)), sizeof *w->middle);
  w->middle_total = array_alloc((size_t)(wide * (k + 2)), sizeof *w->middle_total);
  w->result = array_alloc((size_t)(k + 2), sizeof *w->result);
  w->scratch = array_alloc((size_t)(k + 2), sizeof *w->scratch);
  w->m = array_alloc((size_t)(N * d), sizeof *w->m);
  w->pair = array_alloc((size_t)pairs, sizeof *w->pair);
  w->left = array_alloc((size_t)pairs, sizeof *w->left);
  w->right = array_alloc((size_t)pairs, sizeof *w->right);
  if (w->value == NULL || w->total == NULL || w->middle == NULL || w->middle_total == NULL ||
      w->result == NULL || w->scratch == NULL || w->m == NULL || w->pair == NULL ||
      w->left == NULL || w->right == NULL)
    return error_memory(err, "mpfr engine");
  TRY(queries_open(&w->queries[0], N, d, err));
  TRY(queries_open(&w->queries[1], N, d, err));
  for (int64_t i = 0; i < pairs; i++)
    mpfr_init2(w->pair[i], 106);
  w->pair_count = pairs;
  if (ifma_available()) TRY(ifma_open(&w->ifma, e, err));
  return STATUS_OK;
}

void mpfr_kernels_close(MpfrKernels *w) {
  for (int64_t i = 0; i < w->pair_count; i++)
    mpfr_clear(w->pair[i]);
  free(w->value);
  free(w->total);
  free(w->middle);
  free(w->middle_total);
  free(w->result);
  free(w->scratch);
  free(w->m);
  queries_close(&w->queries[0]);
  queries_close(&w->queries[1]);
  free(w->pair);
  free(w->left);
  free(w->right);
  ifma_close(&w->ifma);
  *w = (MpfrKernels){0};
}

/* ---- plain: one mpfr_dot of exact token products ---- */

/* The operands of one dot product are weights[0..count) and pair[0..count). */
static void dot_pairs(mpfr_t out, const mpfr_t *weights, int64_t count, MpfrKernels *w) {
  for (int64_t i = 0; i < count; i++) {
    w->left[i] = (mpfr_ptr)weights[i]; /* mpfr_dot wants pointers to non-const and does not write */
    w->right[i] = w->pair[i];
  }
  mpfr_dot(out, w->left, w->right, (unsigned long)count, MPFR_RNDN);
  if (mpfr_zero_p(out)) mpfr_set_zero(out, 1);
}

/* pair := a b, exactly: 53 + 53 bits. */
static void pair_set(mpfr_t pair, double a, double b) {
  mpfr_set_d(pair, a, MPFR_RNDN);
  mpfr_mul_d(pair, pair, b, MPFR_RNDN);
}

void mpfr_bilinear_plain(mpfr_t *h, const mpfr_t *U, const double *M, const double *X,
                         int64_t x_stride, MpfrKernels *w, const Engine *e) {
  int64_t d = e->d;
  for (int64_t n = 0; n < e->N; n++) {
    for (int64_t i = 0; i < d; i++)
      for (int64_t j = 0; j < d; j++)
        pair_set(w->pair[i * d + j], M[n * d + i], X[n * x_stride + j]);
    dot_pairs(h[n], U, d * d, w);
  }
}

void mpfr_gradient_plain(mpfr_t *G, const mpfr_t *c, const double *M, const double *X,
                         int64_t x_stride, MpfrKernels *w, const Engine *e) {
  int64_t d = e->d;
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++) {
      for (int64_t n = 0; n < e->N; n++)
        pair_set(w->pair[n], M[n * d + i], X[n * x_stride + j]);
      dot_pairs(G[i * d + j], c, e->N, w);
    }
}

/* ---- fast: the same sums in fixed point ----
 *
 * Both sums are split at the queries, which repeat: U x is computed once for a group of equal
 * queries x, and the gradient is sum over groups of (sum_{n in group} c_n M_n) x'. All of it is
 * exact, so the order of the sums does not matter.
 *
 * Sizes: a value is below 2^(64k-1) units and a token below 2^53. First level: sums of at most 1024
 * products (d, or a group's), below 2^(64k+62): k + 1 limbs. Second level: sums over d or over all
 * groups, N <= 2^20 products of a value and two tokens in all, below 2^(64k+125): k + 2 limbs with
 * sign. */

/* The groups of these queries, known or made now; NULL when memory is short. */
static const Queries *queries_of(MpfrKernels *w, const double *X, int64_t x_stride, int grid,
                                 const Engine *e) {
  const int64_t largest = is_plain(e->plain, FAST_QUERIES) ? 1 : QUERY_GROUP_MAX;
  Error ignored; /* then the plain path is taken, which needs no memory and takes any number */
  for (int i = 0; i < 2; i++)
    if (queries_match(&w->queries[i], X, x_stride, grid, largest))
      return &w->queries[w->last_queries = i];
  Queries *other = &w->queries[w->last_queries = 1 - w->last_queries];
  return queries_group(other, X, x_stride, grid, largest, &ignored) == STATUS_OK ? other : NULL;
}

static bool sums_set(MpfrKernels *w, const double *M, const Queries *q) {
  for (int64_t k = 0; k < q->N; k++)
    if (!fixed_tokens(w->m + k * q->d, M + q->order[k] * q->d, q->d, q->grid)) return false;
  return true;
}

bool mpfr_bilinear_fast(mpfr_t *h, const mpfr_t *U, const double *M, const double *X,
                        int64_t x_stride, int grid, MpfrKernels *w, const Engine *e) {
  int64_t d = e->d;
  int k = w->k;
  long unit;
  const Queries *q = queries_of(w, X, x_stride, grid, e);
  if (q == NULL || !sums_set(w, M, q)) return false;
  if (!is_plain(e->plain, FAST_IFMA) && ifma_bilinear(h, U, w->m, q, &w->ifma, e)) return true;
  if (!fixed_set(w->value, &unit, U, NULL, d * d, k)) return false;
  for (int64_t i = 0; i < d; i++)
    fixed_total(w->total + i * (k + 1), w->value + i * d * k, k, k, d);
  for (int64_t g = 0; g < q->count; g++) {
    for (int64_t i = 0; i < d; i++)
      fixed_dot(w->middle + i * (k + 1), w->value + i * d * k, k, k, q->token + g * d, 1, d,
                w->total + i * (k + 1));
    fixed_total(w->middle_total, w->middle, k + 1, k + 1, d);
    for (int64_t n = q->start[g]; n < q->start[g + 1]; n++) {
      fixed_dot(w->result, w->middle, k + 1, k + 1, w->m + n * d, 1, d, w->middle_total);
      fixed_round(h[q->order[n]], w->result, k + 2, unit + 2L * grid, w->scratch);
    }
  }
  return true;
}

/* out := sum over the group of c_n M_ni, exactly. */
static void group_sum(mp_limb_t *out, const MpfrKernels *w, const Queries *q, int64_t g,
                      int64_t i) {
  const int64_t from = q->start[g], count = q->start[g + 1] - from;
  const mp_limb_t *value = w->value + from * w->k;
  const uint64_t *m = w->m + from * q->d + i;
  if (count == 1)
    fixed_scale(out, value, w->k, *m);
  else
    fixed_dot(out, value, w->k, w->k, m, q->d, count, w->total + g * (w->k + 1));
}

bool mpfr_gradient_fast(mpfr_t *G, const mpfr_t *c, const double *M, const double *X,
                        int64_t x_stride, int grid, MpfrKernels *w, const Engine *e) {
  int64_t d = e->d, N = e->N;
  int k = w->k;
  long unit;
  const Queries *q = queries_of(w, X, x_stride, grid, e);
  if (q == NULL || !sums_set(w, M, q)) return false;
  if (!is_plain(e->plain, FAST_IFMA) && ifma_gradient(G, c, w->m, q, &w->ifma, e)) return true;
  if (!fixed_set(w->value, &unit, c, q->order, N, k)) return false;
  for (int64_t g = 0; g < q->count; g++)
    fixed_total(w->total + g * (k + 1), w->value + q->start[g] * k, k, k,
                q->start[g + 1] - q->start[g]);
  /* middle, as (d, groups, k + 1), so that the sums over groups below run through memory in order
   */
  for (int64_t g = 0; g < q->count; g++)
    for (int64_t i = 0; i < d; i++)
      group_sum(w->middle + (i * q->count + g) * (k + 1), w, q, g, i);
  for (int64_t i = 0; i < d; i++) {
    const mp_limb_t *row = w->middle + i * q->count * (k + 1);
    fixed_total(w->middle_total, row, k + 1, k + 1, q->count);
    for (int64_t j = 0; j < d; j++) {
      fixed_dot(w->result, row, k + 1, k + 1, q->token + j, d, q->count, w->middle_total);
      fixed_round(G[i * d + j], w->result, k + 2, unit + 2L * grid, w->scratch);
    }
  }
  return true;
}

/* ---- either ---- */

void mpfr_bilinear(mpfr_t *h, const mpfr_t *U, const double *M, const double *X, int64_t x_stride,
                   int grid, MpfrKernels *w, const Engine *e) {
  if (is_plain(e->plain, FAST_FIXED) || !mpfr_bilinear_fast(h, U, M, X, x_stride, grid, w, e))
    mpfr_bilinear_plain(h, U, M, X, x_stride, w, e);
}

void mpfr_gradient(mpfr_t *G, const mpfr_t *c, const double *M, const double *X, int64_t x_stride,
                   int grid, MpfrKernels *w, const Engine *e) {
  if (is_plain(e->plain, FAST_FIXED) || !mpfr_gradient_fast(G, c, M, X, x_stride, grid, w, e))
    mpfr_gradient_plain(G, c, M, X, x_stride, w, e);
}
