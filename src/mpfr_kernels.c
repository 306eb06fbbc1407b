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
  w->total = array_alloc((size_t)(d * (k + 1)), sizeof *w->total);
  w->middle = array_alloc((size_t)(N * d * (k + 1)), sizeof *w->middle);
  w->middle_total = array_alloc((size_t)(wide * (k + 2)), sizeof *w->middle_total);
  w->result = array_alloc((size_t)(k + 2), sizeof *w->result);
  w->scratch = array_alloc((size_t)(k + 2), sizeof *w->scratch);
  w->m = array_alloc((size_t)(N * d), sizeof *w->m);
  w->x = array_alloc((size_t)(N * d), sizeof *w->x);
  w->pair = array_alloc((size_t)pairs, sizeof *w->pair);
  w->left = array_alloc((size_t)pairs, sizeof *w->left);
  w->right = array_alloc((size_t)pairs, sizeof *w->right);
  if (w->value == NULL || w->total == NULL || w->middle == NULL || w->middle_total == NULL ||
      w->result == NULL || w->scratch == NULL || w->m == NULL || w->x == NULL || w->pair == NULL ||
      w->left == NULL || w->right == NULL)
    return error_memory(err, "mpfr engine");
  for (int64_t i = 0; i < pairs; i++)
    mpfr_init2(w->pair[i], 106);
  w->pair_count = pairs;
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
  free(w->x);
  free(w->pair);
  free(w->left);
  free(w->right);
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
 * Sizes: a value is below 2^(64k-1) units and a token below 2^53. First level: sums of at most d <=
 * 1024 (or 1) products, below 2^(64k+62): k + 1 limbs. Second level: sums of at most d <= 1024 or N
 * <= 2^20 products of those (for the gradient, of single products, below 2^(64k+52)) with tokens,
 * below 2^(64k+125): k + 2 limbs with sign. */

static void tokens_set(MpfrKernels *w, const double *M, const double *X, int64_t x_stride, int grid,
                       const Engine *e) {
  fixed_tokens(w->m, M, e->N * e->d, grid);
  for (int64_t n = 0; n < e->N; n++)
    fixed_tokens(w->x + n * e->d, X + n * x_stride, e->d, grid);
}

bool mpfr_bilinear_fast(mpfr_t *h, const mpfr_t *U, const double *M, const double *X,
                        int64_t x_stride, int grid, MpfrKernels *w, const Engine *e) {
  int64_t d = e->d;
  int k = w->k;
  long unit;
  if (!fixed_set(w->value, &unit, U, d * d, k)) return false;
  tokens_set(w, M, X, x_stride, grid, e);
  for (int64_t i = 0; i < d; i++)
    fixed_total(w->total + i * (k + 1), w->value + i * d * k, k, k, d);
  for (int64_t n = 0; n < e->N; n++) {
    for (int64_t i = 0; i < d; i++)
      fixed_dot(w->middle + i * (k + 1), w->value + i * d * k, k, k, w->x + n * d, 1, d,
                w->total + i * (k + 1));
    fixed_total(w->middle_total, w->middle, k + 1, k + 1, d);
    fixed_dot(w->result, w->middle, k + 1, k + 1, w->m + n * d, 1, d, w->middle_total);
    fixed_round(h[n], w->result, k + 2, unit + 2L * grid, w->scratch);
  }
  return true;
}

bool mpfr_gradient_fast(mpfr_t *G, const mpfr_t *c, const double *M, const double *X,
                        int64_t x_stride, int grid, MpfrKernels *w, const Engine *e) {
  int64_t d = e->d, N = e->N;
  int k = w->k;
  long unit;
  if (!fixed_set(w->value, &unit, c, N, k)) return false;
  tokens_set(w, M, X, x_stride, grid, e);
  /* middle, as (d, N, k + 1): c_n x_nj, so that the sums over n below run through memory in order.
   */
  for (int64_t n = 0; n < N; n++)
    for (int64_t j = 0; j < d; j++)
      fixed_scale(w->middle + (j * N + n) * (k + 1), w->value + n * k, k, w->x[n * d + j]);
  for (int64_t j = 0; j < d; j++)
    fixed_total(w->middle_total + j * (k + 2), w->middle + j * N * (k + 1), k + 1, k + 1, N);
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++) {
      fixed_dot(w->result, w->middle + j * N * (k + 1), k + 1, k + 1, w->m + i, d, N,
                w->middle_total + j * (k + 2));
      fixed_round(G[i * d + j], w->result, k + 2, unit + 2L * grid, w->scratch);
    }
  return true;
}
