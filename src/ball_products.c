/* ball_products.c -- products of balls with numbers, as one product of midpoints and one of radii.
 */
#include "src/ball_products.h"

#include <math.h>
#include <stdlib.h>

/* Exponents beyond it are left alone: MPFR's own range is 2^30. */
#define EXPONENT_MOST (1L << 29)

/* Roundings of the radii's products: sums of at most N + 2 or 2 d + 1 <= 2^21 nonnegative doubles,
   2^21 2^-53 < 1e-9. Nothing underflows or overflows: radii are 0 or lie in [RADIUS_LEAST, 1],
   tokens and sums are integers below 2^53. So a result is 0 only where every product is. */
#define SLACK (1 + 1e-9)
#define RADIUS_LEAST 0x1p-500

StatusCode ball_products_open(BallProducts *w, const Engine *e, Error *err) {
  const int64_t d = e->d, N = e->N, size = d * d > N ? d * d : N;
  *w = (BallProducts){.count = 0};
  TRY(mpfr_kernels_open(&w->kernels, e, err));
  TRY(engine_open(&w->doubles, ENGINE_DOUBLE, 53, d, N, e->L, e->plain, err));
  TRY(w->doubles.ops->array_open(&w->weight, d * d, &w->doubles, err));
  TRY(w->doubles.ops->array_open(&w->prompts, N, &w->doubles, err));
  w->value = array_alloc((size_t)size, sizeof *w->value);
  w->sum = array_alloc((size_t)size, sizeof *w->sum);
  w->radius = array_alloc((size_t)size, sizeof *w->radius);
  w->M = array_alloc((size_t)(N * d), sizeof *w->M);
  w->X = array_alloc((size_t)(N * d), sizeof *w->X);
  if (w->value == NULL || w->sum == NULL || w->radius == NULL || w->M == NULL || w->X == NULL)
    return error_memory(err, "ball engine");
  for (; w->count < size; w->count++) {
    mpfr_init2(w->value[w->count], e->precision);
    mpfr_init2(w->sum[w->count], e->precision);
  }
  return STATUS_OK;
}

void ball_products_close(BallProducts *w) {
  for (int64_t i = 0; i < w->count; i++) {
    mpfr_clear(w->value[i]);
    mpfr_clear(w->sum[i]);
  }
  mpfr_kernels_close(&w->kernels);
  if (w->doubles.ops != NULL) {
    w->doubles.ops->array_close(&w->weight, &w->doubles);
    w->doubles.ops->array_close(&w->prompts, &w->doubles);
    engine_close(&w->doubles);
  }
  free(w->value);
  free(w->sum);
  free(w->radius);
  free(w->M);
  free(w->X);
  *w = (BallProducts){.count = 0};
}

/* value := the midpoints, exactly; false when that is not possible. */
static bool set_midpoints(mpfr_t *value, arb_srcptr x, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (arf_get_mpfr(value[i], arb_midref(x + i), MPFR_RNDN) != 0 || !mpfr_number_p(value[i]))
      return false;
    if (mpfr_regular_p(value[i]) && labs(mpfr_get_exp(value[i])) > EXPONENT_MOST) return false;
  }
  return true;
}

/* radius := the radii in units of 2^*unit, up, none above 1; *any := one is not 0. False when one
   is too large. */
static bool set_radii(double *radius, bool *any, slong *unit, arb_srcptr x, int64_t count) {
  mag_srcptr largest = arb_radref(x);
  for (int64_t i = 1; i < count; i++)
    if (mag_cmp(arb_radref(x + i), largest) > 0) largest = arb_radref(x + i);
  *any = !mag_is_zero(largest);
  if (mag_cmp_2exp_si(largest, EXPONENT_MOST) > 0) return false;
  *unit = mag_cmp_2exp_si(largest, -EXPONENT_MOST) < 0 ? -EXPONENT_MOST
                                                       : fmpz_get_si(MAG_EXPREF(largest));
  mag_t scaled;
  mag_init(scaled);
  for (int64_t i = 0; i < count; i++) {
    mag_mul_2exp_si(scaled, arb_radref(x + i), -*unit);
    radius[i] = mag_is_zero(scaled) ? 0 : fmax(mag_get_d(scaled), RADIUS_LEAST); /* up */
  }
  mag_clear(scaled);
  return true;
}

/* In units of 2^grid. */
static void set_sizes(BallProducts *w, const double *M, const double *X, int64_t x_stride, int grid,
                      const Engine *e) {
  const double scale = ldexp(1, -grid);
  for (int64_t n = 0; n < e->N; n++)
    for (int64_t i = 0; i < e->d; i++) {
      w->M[n * e->d + i] = fabs(M[n * e->d + i]) * scale;
      w->X[n * e->d + i] = fabs(X[n * x_stride + i]) * scale;
    }
}

/* out := the sums divided, with what both rounded. */
static void set_results(arb_ptr out, const BallProducts *w, int64_t count, int64_t divisor,
                        const Engine *e) {
  for (int64_t i = 0; i < count; i++) {
    arf_set_mpfr(arb_midref(out + i), w->sum[i]);
    mag_zero(arb_radref(out + i));
    if (mpfr_regular_p(w->sum[i])) /* half a unit in the last place, 2^(exp - precision) */
      mag_set_ui_2exp_si(arb_radref(out + i), 1, mpfr_get_exp(w->sum[i]) - (slong)e->precision - 1);
    arb_div_si(out + i, out + i, (slong)divisor, (slong)e->precision);
  }
}

/* Widens out by the radii that the double engine found. */
static void add_radii(arb_ptr out, BallProducts *w, const Array *found, slong unit) {
  mag_t radius;
  mag_init(radius);
  w->doubles.ops->array_shadow(w->radius, found, &w->doubles);
  for (int64_t i = 0; i < found->n; i++) {
    mag_set_d(radius, w->radius[i] * SLACK); /* up */
    mag_mul_2exp_si(radius, radius, unit);
    mag_add(arb_radref(out + i), arb_radref(out + i), radius);
  }
  mag_clear(radius);
}

void ball_bilinear(arb_ptr h, arb_srcptr U, const double *M, const double *X, int64_t x_stride,
                   int grid, BallProducts *w, const Engine *e) {
  bool any;
  slong unit;
  if (!set_midpoints(w->value, U, e->d * e->d) ||
      !set_radii(w->radius, &any, &unit, U, e->d * e->d)) {
    _arb_vec_indeterminate(h, (slong)e->N);
    return;
  }
  mpfr_bilinear(w->sum, (const mpfr_t *)w->value, M, X, x_stride, grid, &w->kernels, e);
  set_results(h, w, e->N, e->L, e);
  if (!any) return;
  const EngineOps *ops = w->doubles.ops;
  w->doubles.plain = e->plain;
  set_sizes(w, M, X, x_stride, grid, e);
  ops->array_set(&w->weight, w->radius, &w->doubles);
  ops->bilinear(&w->prompts, &w->weight, w->M, w->X, e->d, 0, &w->doubles);
  add_radii(h, w, &w->prompts, unit + 2 * grid);
}

void ball_gradient(arb_ptr G, arb_srcptr c, const double *M, const double *X, int64_t x_stride,
                   int grid, BallProducts *w, const Engine *e) {
  bool any;
  slong unit;
  if (!set_midpoints(w->value, c, e->N) || !set_radii(w->radius, &any, &unit, c, e->N)) {
    _arb_vec_indeterminate(G, (slong)(e->d * e->d));
    return;
  }
  mpfr_gradient(w->sum, (const mpfr_t *)w->value, M, X, x_stride, grid, &w->kernels, e);
  set_results(G, w, e->d * e->d, e->N * e->L, e);
  if (!any) return;
  const EngineOps *ops = w->doubles.ops;
  w->doubles.plain = e->plain;
  set_sizes(w, M, X, x_stride, grid, e);
  ops->array_set(&w->prompts, w->radius, &w->doubles);
  ops->gradient(&w->weight, &w->prompts, w->M, w->X, e->d, 0, &w->doubles);
  add_radii(G, w, &w->weight, unit + 2 * grid);
}
