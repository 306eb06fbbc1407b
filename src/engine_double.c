/* engine_double.c -- the binary64 engine: fixed order of operations, so the same bits everywhere.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/engine.h"
#include "src/logistic.h"
#include "src/tiles.h"

typedef struct {
  int64_t stride;  /* d rounded up to a multiple of TILES_COLUMNS */
  double *right;   /* (max(d, N), stride): U transposed, or the rows c_n x_n, zero padded */
  double *product; /* (N, stride): U x_n */
} Work;

static StatusCode double_open(Engine *e, Error *err) {
  if (e->precision != 53)
    return error_set(err, STATUS_USAGE, "--precision: the double engine has 53 bits, found %lld",
                     (long long)e->precision);
  Work *w = array_alloc(1, sizeof *w);
  if (w == NULL) return error_memory(err, "double engine");
  e->work = w;
  w->stride = (e->d + TILES_COLUMNS - 1) / TILES_COLUMNS * TILES_COLUMNS;
  w->right = array_alloc((size_t)((e->N > e->d ? e->N : e->d) * w->stride), sizeof(double));
  w->product = array_alloc((size_t)((e->N > e->d ? e->N : e->d) * w->stride), sizeof(double));
  if (w->right == NULL || w->product == NULL) return error_memory(err, "double engine");
  return STATUS_OK;
}

static void double_close(Engine *e) {
  Work *w = e->work;
  free(w->right);
  free(w->product);
  free(w);
}

static StatusCode array_open(Array *out, int64_t n, const Engine *e, Error *err) {
  (void)e;
  out->n = n;
  out->data = array_alloc((size_t)n, sizeof(double));
  return out->data == NULL ? error_memory(err, "double array") : STATUS_OK;
}

static void array_close(Array *a, const Engine *e) {
  (void)e;
  free(a->data);
  a->data = NULL;
}

static void array_set(Array *out, const double *x, const Engine *e) {
  (void)e;
  memcpy(out->data, x, (size_t)out->n * sizeof(double));
}

static void array_copy(Array *out, const Array *a, const Engine *e) {
  array_set(out, a->data, e);
}

static void array_shadow(double *out, const Array *a, const Engine *e) {
  (void)e;
  memcpy(out, a->data, (size_t)a->n * sizeof(double));
}

static double array_radius(const Array *a, const Engine *e) {
  (void)a;
  (void)e;
  return 0;
}

static void array_get(arb_t out, const Array *a, int64_t i, const Engine *e) {
  (void)e;
  arb_set_d(out, ((const double *)a->data)[i]);
}

static bool array_put(Array *a, int64_t i, const arb_t x, bool minus, const Engine *e) {
  (void)e;
  const double value = arf_get_d(arb_midref(x), ARF_RND_DOWN);
  if (!arb_is_exact(x) || (arf_is_finite(arb_midref(x)) && arf_cmp_d(arb_midref(x), value) != 0))
    return false;
  ((double *)a->data)[i] = minus ? -0.0 : value;
  return true;
}

/* By exponents, so that the compiler can look at several at once. */
static bool array_finite(const Array *a, const Engine *e) {
  (void)e;
  const uint64_t exponent = UINT64_C(0x7FF) << 52;
  uint64_t beyond = 0;
  for (int64_t i = 0; i < a->n; i++) {
    uint64_t bits;
    memcpy(&bits, (const double *)a->data + i, sizeof bits);
    beyond |= ((bits & exponent) + (UINT64_C(1) << 52)) >> 63; /* carries from all ones alone */
  }
  return beyond == 0;
}

/* x_i := x_i / count. Where count is a power of two, so is its inverse, and the quotient is the
   same number as the product. */
static void divide(double *x, int64_t size, double count) {
  int exponent;
  if (frexp(count, &exponent) == 0.5) {
    const double inverse = 1 / count;
    for (int64_t i = 0; i < size; i++)
      x[i] *= inverse;
  } else {
    for (int64_t i = 0; i < size; i++)
      x[i] /= count;
  }
}

static void bilinear(Array *h, const Array *U, const double *M, const double *X, int64_t x_stride,
                     int grid, const Engine *e) {
  (void)grid;
  const Work *w = e->work;
  const double *u = U->data;
  int64_t d = e->d;
  for (int64_t j = 0; j < d; j++)
    for (int64_t i = 0; i < d; i++)
      w->right[j * w->stride + i] = u[i * d + j];
  for (int64_t j = 0; j < d; j++)
    for (int64_t i = d; i < w->stride; i++)
      w->right[j * w->stride + i] = 0;
  tiles_multiply(w->product, X, e->N, x_stride, 1, w->right, w->stride, d, tiles_width(e->plain));
  tiles_dot(h->data, M, d, w->product, w->stride, e->N, d);
  divide(h->data, e->N, (double)e->L);
}

static void gradient(Array *G, const Array *c, const double *M, const double *X, int64_t x_stride,
                     int grid, const Engine *e) {
  (void)grid;
  const Work *w = e->work;
  double *out = G->data;
  int64_t d = e->d;
  tiles_scale(w->right, w->stride, c->data, X, x_stride, e->N, d);
  tiles_multiply(w->product, M, d, 1, d, w->right, w->stride, e->N, tiles_width(e->plain));
  for (int64_t i = 0; i < d; i++)
    memcpy(out + i * d, w->product + i * w->stride, (size_t)d * sizeof(double));
  divide(out, G->n, (double)e->N * (double)e->L); /* exact: N L < 2^53 */
}

static void residual(Array *c, const Array *s, const double *y, const Engine *e) {
  (void)e;
  logistic_residuals(c->data, s->data, y, s->n);
}

static void add(Array *out, const Array *a, const Array *b, const Engine *e) {
  (void)e;
  double *sum = out->data;
  const double *x = a->data, *y = b->data;
  for (int64_t i = 0; i < out->n; i++)
    sum[i] = x[i] + y[i];
}

static void descend_noise(Array *U, const double *xi, double eta, double lambda, const Engine *e) {
  (void)e;
  double *u = U->data;
  double rho = fma(-eta, lambda, 1.0); /* one rounding, in hardware or not */
  for (int64_t i = 0; i < U->n; i++)
    u[i] = rho * u[i] - eta * xi[i];
}

static void descend(Array *U, const Array *G, double eta, double lambda, const Engine *e) {
  descend_noise(U, G->data, eta, lambda, e);
}

static void adam(Array *U, Array *mean, Array *square, Array *power, const Array *G, double eta,
                 double lambda, const Engine *e) {
  (void)e;
  double *u = U->data, *m = mean->data, *s = square->data, *p = power->data;
  const double *g = G->data;
  double rho = fma(-eta, lambda, 1.0);
  p[0] *= ADAM_MEAN;
  p[1] *= ADAM_SQUARE;
  for (int64_t i = 0; i < U->n; i++) {
    m[i] = ADAM_MEAN * m[i] + (1 - ADAM_MEAN) * g[i];
    s[i] = ADAM_SQUARE * s[i] + (1 - ADAM_SQUARE) * (g[i] * g[i]);
    double step = (m[i] / (1 - p[0])) / (sqrt(s[i] / (1 - p[1])) + ADAM_FLOOR);
    u[i] = rho * u[i] - eta * step;
  }
}

const EngineOps engine_double_ops = {
    .name = "double",
    .open = double_open,
    .close = double_close,
    .array_open = array_open,
    .array_close = array_close,
    .array_set = array_set,
    .array_copy = array_copy,
    .array_shadow = array_shadow,
    .array_radius = array_radius,
    .array_get = array_get,
    .array_put = array_put,
    .array_finite = array_finite,
    .bilinear = bilinear,
    .gradient = gradient,
    .residual = residual,
    .add = add,
    .descend = descend,
    .descend_noise = descend_noise,
    .adam = adam,
};
