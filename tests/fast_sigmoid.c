/* fast_sigmoid.c -- residuals with and without the path, on arguments made to tell them apart. */
#include "tests/fast_sigmoid.h"

#include <math.h>

enum { N = 100 };

/* s of a few bits around 2^(10 - p), so that s / 4 ends at or beside the last place of p bits below
   1/2 and sigmoid(-s) = 1/2 - s / 4 + s^3 / 48 lies by a mere s^3 / 48 off a midpoint or a number.
 */
static void fill_midpoints(double *s, int64_t precision, Chance *chance) {
  for (int64_t i = 0; i < N; i++)
    s[i] = ldexp((double)(2 * chance_below(chance, 1024) - 1023),
                 (int)chance_below(chance, 5) - 2 - (int)precision);
}

/* Arguments of any size, some of them none. */
static void fill_arguments(double *s, Chance *chance) {
  static const double special[] = {0, -0.0, INFINITY, -INFINITY, NAN, 64, -64, 0x1p-61, -0x1p-62};
  for (int64_t i = 0; i < N; i++) {
    const int64_t kind = chance_below(chance, 8);
    s[i] = kind == 0   ? special[chance_below(chance, sizeof special / sizeof *special)]
           : kind == 1 ? (double)(chance_below(chance, 200) - 100) * 0.69314718055994531 /* log 2 */
           : kind == 2 ? ldexp(chance_real(chance), (int)chance_below(chance, 90) - 80)
           : kind == 3 ? ldexp(chance_real(chance), (int)chance_below(chance, 2000) - 1000)
                       : 12 * chance_real(chance);
  }
}

/* s := x, with bits below those of a double where the precision has them. */
static void set_arguments(Array *s, const double *x, bool longer, const Engine *e, Chance *chance) {
  double low[N];
  Array rest = support_array(N, e);
  e->ops->array_set(s, x, e);
  for (int64_t i = 0; i < N; i++)
    low[i] = isfinite(x[i]) ? ldexp(chance_real(chance) * x[i], -54) : 0;
  e->ops->array_set(&rest, low, e);
  if (longer) e->ops->add(s, s, &rest, e);
  e->ops->array_close(&rest, e);
}

/* Equal scalars; those that are not finite by their doubles. */
static bool same_residuals(const Array c[2], const Engine *e) {
  double shadow[2][N];
  for (int k = 0; k < 2; k++)
    e->ops->array_shadow(shadow[k], &c[k], e);
  for (int64_t n = 0; n < N; n++) {
    if (isnan(shadow[0][n]) != isnan(shadow[1][n])) return false;
    if (!isnan(shadow[0][n]) && shadow[0][n] != shadow[1][n]) return false;
  }
  return !e->ops->array_finite(&c[0], e) || support_same_scalars(&c[0], &c[1], e);
}

static void check_precision(Worst *worst, PlainSet plain, int64_t precision, const char *path,
                            Chance *chance) {
  Error err;
  Engine e[2];
  Array s, c[2];
  double x[N], y[N];
  for (int k = 0; k < 2; k++) {
    support_ok(engine_open(&e[k], ENGINE_MPFR, precision, 2, N, 1, k == 0 ? 0 : plain, &err), &err);
    c[k] = support_array(N, &e[k]);
  }
  s = support_array(N, &e[0]);
  for (int trial = 0; trial < 60; trial++) {
    const bool midpoints = trial % 3 == 0;
    if (midpoints)
      fill_midpoints(x, precision, chance);
    else
      fill_arguments(x, chance);
    for (int64_t n = 0; n < N; n++) {
      y[n] = chance_below(chance, 2) ? 1 : -1;
      if (trial % 3 == 2 && !isfinite(x[n])) x[n] = 1; /* so that all scalars are compared */
    }
    set_arguments(&s, x, !midpoints, &e[0], chance);
    for (int k = 0; k < 2; k++)
      e[k].ops->residual(&c[k], &s, y, &e[k]);
    worst_require(worst, same_residuals(c, &e[0]), "%s, %s, %lld bits: residuals", path,
                  midpoints ? "midpoints" : "arguments", (long long)precision);
  }
  e[0].ops->array_close(&s, &e[0]);
  for (int k = 0; k < 2; k++) {
    e[k].ops->array_close(&c[k], &e[k]);
    engine_close(&e[k]);
  }
}

void fast_sigmoid_check(Worst *worst, PlainSet plain, const char *path) {
  static const int64_t precision[] = {53, 64, 65, 80, 88, 89, 128, 152, 216, 217, 256, 280, 281};
  Chance chance = chance_open(36);
  for (size_t i = 0; i < sizeof precision / sizeof *precision; i++)
    check_precision(worst, plain, precision[i], path, &chance);
}
