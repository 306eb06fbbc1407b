/* engine_ball.c -- the ball engine: every scalar an Arb ball that contains the exact trajectory's.
 */
#include <arb.h>
#include <stdlib.h>

#include "src/ball_products.h"

/* A radius takes part in every kernel by the triangle inequality, entry by entry: no kernel knows
   that two balls come from one unknown, but none uses an unknown twice either (U meets each m_n and
   x_n once, s meets exp once). What is lost is only the sign of the entries: a step multiplies the
   radii by rho + eta |H| in the place of rho - eta H, with H the Hessian and |H| its absolute
   values. So radii grow by at most eta B/4 a step, B as in contract_P, and less once the prompts
   are learned: src/README.md has the measured rates. */

typedef struct {
  BallProducts products;
  arb_t rho, eta, increment;
} Work;

static arb_ptr scalars(const Array *a) {
  return a->data;
}

static StatusCode ball_open(Engine *e, Error *err) {
  Work *w = array_alloc(1, sizeof *w);
  if (w == NULL) return error_memory(err, "ball engine");
  e->work = w;
  arb_init(w->rho);
  arb_init(w->eta);
  arb_init(w->increment);
  return ball_products_open(&w->products, e, err);
}

static void ball_close(Engine *e) {
  Work *w = e->work;
  ball_products_close(&w->products);
  arb_clear(w->rho);
  arb_clear(w->eta);
  arb_clear(w->increment);
  free(w);
}

static StatusCode array_open(Array *out, int64_t n, const Engine *e, Error *err) {
  (void)e;
  (void)err; /* FLINT ends the program when memory is short */
  out->n = n;
  out->data = _arb_vec_init((slong)n);
  return STATUS_OK;
}

static void array_close(Array *a, const Engine *e) {
  (void)e;
  if (a->data != NULL) _arb_vec_clear(a->data, (slong)a->n);
  a->data = NULL;
}

static void array_set(Array *out, const double *x, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < out->n; i++)
    arb_set_d(scalars(out) + i, x[i]);
}

static void array_copy(Array *out, const Array *a, const Engine *e) {
  (void)e;
  _arb_vec_set(out->data, a->data, (slong)out->n);
}

static void array_shadow(double *out, const Array *a, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < a->n; i++)
    out[i] = arf_get_d(arb_midref(scalars(a) + i), ARF_RND_NEAR);
}

static double array_radius(const Array *a, const Engine *e) {
  (void)e;
  mag_t square;
  mag_init(square);
  for (int64_t i = 0; i < a->n; i++)
    mag_addmul(square, arb_radref(scalars(a) + i), arb_radref(scalars(a) + i));
  mag_sqrt(square, square);
  const double radius = mag_get_d(square); /* both round up */
  mag_clear(square);
  return radius;
}

static void array_get(arb_t out, const Array *a, int64_t i, const Engine *e) {
  (void)e;
  arb_set(out, scalars(a) + i);
}

static bool array_put(Array *a, int64_t i, const arb_t x, bool minus, const Engine *e) {
  (void)e;
  if (minus) return false; /* balls have no sign of zero */
  arb_set(scalars(a) + i, x);
  return true;
}

static bool array_finite(const Array *a, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < a->n; i++)
    if (!arb_is_finite(scalars(a) + i)) return false;
  return true;
}

static void bilinear(Array *h, const Array *U, const double *M, const double *X, int64_t x_stride,
                     int grid, const Engine *e) {
  Work *w = e->work;
  ball_bilinear(scalars(h), scalars(U), M, X, x_stride, grid, &w->products, e);
}

static void gradient(Array *G, const Array *c, const double *M, const double *X, int64_t x_stride,
                     int grid, const Engine *e) {
  Work *w = e->work;
  ball_gradient(scalars(G), scalars(c), M, X, x_stride, grid, &w->products, e);
}

/* c := -y / (1 + exp(y s)); each operation is monotone in its one unknown. */
static void residual(Array *c, const Array *s, const double *y, const Engine *e) {
  const slong prec = (slong)e->precision;
  for (int64_t n = 0; n < s->n; n++) {
    arb_ptr out = scalars(c) + n;
    arb_set(out, scalars(s) + n);
    if (y[n] < 0) arb_neg(out, out);
    arb_exp(out, out, prec);
    arb_add_ui(out, out, 1, prec);
    arb_inv(out, out, prec);
    if (y[n] > 0) arb_neg(out, out);
  }
}

static void add(Array *out, const Array *a, const Array *b, const Engine *e) {
  _arb_vec_add(out->data, a->data, b->data, (slong)out->n, (slong)e->precision);
}

/* rho := 1 - eta lambda, eta exactly. */
static void rate_set(Work *w, double eta, double lambda, slong prec) {
  arb_set_d(w->eta, eta);
  arb_set_d(w->rho, -lambda);
  arb_mul(w->rho, w->rho, w->eta, ARF_PREC_EXACT);
  arb_add_ui(w->rho, w->rho, 1, prec);
}

static void descend(Array *U, const Array *G, double eta, double lambda, const Engine *e) {
  Work *w = e->work;
  const slong prec = (slong)e->precision;
  rate_set(w, eta, lambda, prec);
  for (int64_t i = 0; i < U->n; i++) {
    arb_mul(scalars(U) + i, scalars(U) + i, w->rho, prec);
    arb_submul(scalars(U) + i, w->eta, scalars(G) + i, prec);
  }
}

static void descend_noise(Array *U, const double *xi, double eta, double lambda, const Engine *e) {
  Work *w = e->work;
  const slong prec = (slong)e->precision;
  rate_set(w, eta, lambda, prec);
  for (int64_t i = 0; i < U->n; i++) {
    arb_set_d(w->increment, xi[i]);
    arb_mul(scalars(U) + i, scalars(U) + i, w->rho, prec);
    arb_submul(scalars(U) + i, w->eta, w->increment, prec);
  }
}

const EngineOps engine_ball_ops = {
    .name = "ball",
    .open = ball_open,
    .close = ball_close,
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
};
