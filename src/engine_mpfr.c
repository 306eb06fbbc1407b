/* engine_mpfr.c -- the MPFR engine: every kernel correctly rounded in the user's precision. */
#include <arb.h>
#include <stdlib.h>

#include "src/engine.h"
#include "src/mpfr_kernels.h"
#include "src/sigmoid.h"

typedef struct {
  MpfrKernels kernels;
  Sigmoid sigmoid;
  /* p bits each, but for eta and xi, which are doubles, and product, which holds eta lambda exactly
   */
  mpfr_t rho, eta, xi, product, a, b, step, root;
  arf_t middle;
  arb_t ball;
} Work;

/* Scalars of one array share one block of limbs. */
typedef struct {
  mpfr_t *x;
  mp_limb_t *limbs;
} Scalars;

static mpfr_t *scalars(const Array *a) {
  return ((Scalars *)a->data)->x;
}

static StatusCode mpfr_engine_open(Engine *e, Error *err) {
  Work *w = array_alloc(1, sizeof *w);
  if (w == NULL) return error_memory(err, "mpfr engine");
  e->work = w;
  /* Residuals of scores of 10^9 are below MPFR's default range, where its dot product gives up. */
  mpfr_set_emin(mpfr_get_emin_min());
  mpfr_set_emax(mpfr_get_emax_max());
  mpfr_init2(w->rho, e->precision);
  mpfr_init2(w->eta, 53);
  mpfr_init2(w->xi, 53);
  mpfr_init2(w->product, 106);
  mpfr_init2(w->a, e->precision);
  mpfr_init2(w->b, e->precision);
  mpfr_init2(w->step, e->precision);
  mpfr_init2(w->root, e->precision);
  arf_init(w->middle);
  arb_init(w->ball);
  TRY(sigmoid_open(&w->sigmoid, (long)e->precision, err));
  return mpfr_kernels_open(&w->kernels, e, err);
}

static void mpfr_engine_close(Engine *e) {
  Work *w = e->work;
  mpfr_kernels_close(&w->kernels);
  sigmoid_close(&w->sigmoid);
  mpfr_clears(w->rho, w->eta, w->xi, w->product, w->a, w->b, w->step, w->root, (mpfr_ptr)0);
  arf_clear(w->middle);
  arb_clear(w->ball);
  free(w);
}

static void array_close(Array *a, const Engine *e) {
  (void)e;
  Scalars *s = a->data;
  if (s == NULL) return;
  free(s->x);
  free(s->limbs);
  free(s);
  a->data = NULL;
}

static StatusCode array_open(Array *out, int64_t n, const Engine *e, Error *err) {
  size_t limbs = mpfr_custom_get_size(e->precision) / sizeof(mp_limb_t);
  Scalars *s = array_alloc(1, sizeof *s);
  out->n = n;
  out->data = s;
  if (s == NULL) return error_memory(err, "mpfr array");
  s->x = array_alloc((size_t)n, sizeof *s->x);
  s->limbs = array_alloc((size_t)n * limbs, sizeof *s->limbs);
  if (s->x == NULL || s->limbs == NULL) return error_memory(err, "mpfr array");
  for (int64_t i = 0; i < n; i++) {
    mp_limb_t *own = s->limbs + (size_t)i * limbs;
    mpfr_custom_init(own, e->precision);
    mpfr_custom_init_set(s->x[i], MPFR_ZERO_KIND, 0, e->precision, own);
  }
  return STATUS_OK;
}

static void array_set(Array *out, const double *x, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < out->n; i++)
    mpfr_set_d(scalars(out)[i], x[i], MPFR_RNDN);
}

static void array_copy(Array *out, const Array *a, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < out->n; i++)
    mpfr_set(scalars(out)[i], scalars(a)[i], MPFR_RNDN);
}

static void array_shadow(double *out, const Array *a, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < a->n; i++)
    out[i] = mpfr_get_d(scalars(a)[i], MPFR_RNDN);
}

static double array_radius(const Array *a, const Engine *e) {
  (void)a;
  (void)e;
  return 0;
}

static void array_get(arb_t out, const Array *a, int64_t i, const Engine *e) {
  (void)e;
  arf_set_mpfr(arb_midref(out), scalars(a)[i]);
  mag_zero(arb_radref(out));
}

static bool array_put(Array *a, int64_t i, const arb_t x, bool minus, const Engine *e) {
  (void)e;
  mpfr_t value;
  mpfr_init2(value, mpfr_get_prec(scalars(a)[i]));
  const bool same = arb_is_exact(x) && arf_get_mpfr(value, arb_midref(x), MPFR_RNDN) == 0;
  if (minus) mpfr_set_zero(value, -1);
  if (same) mpfr_set(scalars(a)[i], value, MPFR_RNDN);
  mpfr_clear(value);
  return same;
}

static bool array_finite(const Array *a, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < a->n; i++)
    if (!mpfr_number_p(scalars(a)[i])) return false;
  return true;
}

static void bilinear(Array *h, const Array *U, const double *M, const double *X, int64_t x_stride,
                     int grid, const Engine *e) {
  Work *w = e->work;
  mpfr_t *out = scalars(h);
  mpfr_bilinear(out, scalars(U), M, X, x_stride, grid, &w->kernels, e);
  for (int64_t n = 0; n < e->N; n++)
    mpfr_div_ui(out[n], out[n], (unsigned long)e->L, MPFR_RNDN);
}

static void gradient(Array *G, const Array *c, const double *M, const double *X, int64_t x_stride,
                     int grid, const Engine *e) {
  Work *w = e->work;
  mpfr_t *out = scalars(G);
  mpfr_gradient(out, scalars(c), M, X, x_stride, grid, &w->kernels, e);
  for (int64_t i = 0; i < G->n; i++)
    mpfr_div_ui(out[i], out[i], (unsigned long)(e->N * e->L), MPFR_RNDN);
}

/* c := RN(-y / (1 + exp(y s))) by Ziv's strategy. The quotient is rational only for s = 0, where it
   is -y/2 exactly, and exp of a nonzero p-bit number is transcendental, so some precision always
   decides; but not soon where the quotient is next to 1 or to 1/2: with t = exp(y s) < exp(-(p +
   2)) < 2^-(p+1), 1 - t lies above the midpoint below 1, and |1 / (1 + t) - 1/2| <= |s| / 4 <
   2^-(p+2) is nearer than the midpoint below 1/2. */
static void residual_one(mpfr_t c, const mpfr_t s, double y, Work *w, const Engine *e) {
  const bool wrong = mpfr_number_p(s) && mpfr_signbit(s) != (y < 0); /* y s <= 0 */
  if (wrong && mpfr_cmpabs_ui(s, (unsigned long)e->precision + 2) > 0) {
    mpfr_set_d(c, -y, MPFR_RNDN);
    return;
  }
  if (!wrong && mpfr_regular_p(s) && mpfr_get_exp(s) > 61) {
    /* exp(-2^61) < 2^-(2^61): what it is multiplied by would make it fall below all numbers. */
    mpfr_set_zero(c, y > 0 ? -1 : 1);
    return;
  }
  if (mpfr_regular_p(s) && mpfr_get_exp(s) <= -e->precision) { /* |s| < 2^-p */
    mpfr_set_d(c, -y / 2, MPFR_RNDN);
    return;
  }
  arf_set_mpfr(w->middle, s);
  if (y < 0) arf_neg(w->middle, w->middle);
  if (arf_cmp_si(w->middle, -(slong)e->precision - 2) < 0) {
    /* 1 - exp(ys) < sigma < 1, and exp(ys) < 2^-(p+2): 1 is nearest. Precision would have to grow
       with -ys to find that. */
    mpfr_set_si(c, y > 0 ? -1 : 1, MPFR_RNDN);
    return;
  }
  for (slong guard = 12;; guard *= 2) {
    slong prec = (slong)e->precision + guard;
    arb_set_arf(w->ball, w->middle);
    arb_exp(w->ball, w->ball, prec);
    arb_add_ui(w->ball, w->ball, 1, prec);
    arb_inv(w->ball, w->ball, prec);
    if (!arb_is_finite(w->ball) || arb_can_round_mpfr(w->ball, (slong)e->precision, MPFR_RNDN))
      break;
  }
  arf_get_mpfr(c, arb_midref(w->ball), MPFR_RNDN); /* not finite only if s is not: then so is c, for
                                                      exp of 2^64 is no overflow yet */
  if (y > 0) mpfr_neg(c, c, MPFR_RNDN);
}

static void residual(Array *c, const Array *s, const double *y, const Engine *e) {
  Work *w = e->work;
  const bool fast = !is_plain(e->plain, FAST_SIGMOID);
  for (int64_t n = 0; n < s->n; n++)
    if (!fast || !sigmoid_residual(scalars(c)[n], scalars(s)[n], y[n], &w->sigmoid))
      residual_one(scalars(c)[n], scalars(s)[n], y[n], w, e);
}

static void add(Array *out, const Array *a, const Array *b, const Engine *e) {
  (void)e;
  for (int64_t i = 0; i < out->n; i++)
    mpfr_add(scalars(out)[i], scalars(a)[i], scalars(b)[i], MPFR_RNDN);
}

/* rho and eta for a step. */
static void rate_set(Work *w, double eta, double lambda) {
  mpfr_set_d(w->eta, eta, MPFR_RNDN);
  mpfr_mul_d(w->product, w->eta, lambda, MPFR_RNDN);
  mpfr_ui_sub(w->rho, 1, w->product, MPFR_RNDN);
}

/* u := RN(RN(rho u) - b) */
static void descend_one(mpfr_t u, const mpfr_t b, Work *w) {
  mpfr_mul(w->a, w->rho, u, MPFR_RNDN);
  mpfr_sub(u, w->a, b, MPFR_RNDN);
}

static void descend(Array *U, const Array *G, double eta, double lambda, const Engine *e) {
  Work *w = e->work;
  rate_set(w, eta, lambda);
  for (int64_t i = 0; i < U->n; i++) {
    mpfr_mul(w->b, scalars(G)[i], w->eta, MPFR_RNDN);
    descend_one(scalars(U)[i], w->b, w);
  }
}

static void descend_noise(Array *U, const double *xi, double eta, double lambda, const Engine *e) {
  Work *w = e->work;
  rate_set(w, eta, lambda);
  for (int64_t i = 0; i < U->n; i++) {
    mpfr_set_d(w->xi, xi[i], MPFR_RNDN);
    mpfr_mul(w->b, w->xi, w->eta, MPFR_RNDN);
    descend_one(scalars(U)[i], w->b, w);
  }
}

/* x := RN(RN(b x) + RN((1 - b) y)) */
static void average(mpfr_t x, double b, const mpfr_t y, Work *w) {
  mpfr_mul_d(w->a, x, b, MPFR_RNDN);
  mpfr_mul_d(w->b, y, 1 - b, MPFR_RNDN);
  mpfr_add(x, w->a, w->b, MPFR_RNDN);
}

/* x := RN(x / RN(1 - power)) */
static void unbias(mpfr_t x, const mpfr_t power, Work *w) {
  mpfr_ui_sub(w->a, 1, power, MPFR_RNDN);
  mpfr_div(x, x, w->a, MPFR_RNDN);
}

static void adam(Array *U, Array *mean, Array *square, Array *power, const Array *G, double eta,
                 double lambda, const Engine *e) {
  Work *w = e->work;
  mpfr_t *p = scalars(power);
  rate_set(w, eta, lambda);
  mpfr_mul_d(p[0], p[0], ADAM_MEAN, MPFR_RNDN);
  mpfr_mul_d(p[1], p[1], ADAM_SQUARE, MPFR_RNDN);
  for (int64_t i = 0; i < U->n; i++) {
    average(scalars(mean)[i], ADAM_MEAN, scalars(G)[i], w);
    mpfr_sqr(w->step, scalars(G)[i], MPFR_RNDN);
    average(scalars(square)[i], ADAM_SQUARE, w->step, w);
    mpfr_set(w->root, scalars(square)[i], MPFR_RNDN);
    unbias(w->root, p[1], w);
    mpfr_sqrt(w->root, w->root, MPFR_RNDN);
    mpfr_add_d(w->root, w->root, ADAM_FLOOR, MPFR_RNDN);
    mpfr_set(w->step, scalars(mean)[i], MPFR_RNDN);
    unbias(w->step, p[0], w);
    mpfr_div(w->step, w->step, w->root, MPFR_RNDN);
    mpfr_mul(w->b, w->step, w->eta, MPFR_RNDN);
    descend_one(scalars(U)[i], w->b, w);
  }
}

const EngineOps engine_mpfr_ops = {
    .name = "mpfr",
    .open = mpfr_engine_open,
    .close = mpfr_engine_close,
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
