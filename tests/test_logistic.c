/* test_logistic.c -- the exponential and the residuals of the double engine against MPFR at 200
 * bits. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>

#include "src/logistic.h"
#include "tests/support.h"

#define ORACLE_BITS 200

/* |computed / exact - 1|, up to 2^-190. */
static double relative_error(double computed, const mpfr_t exact) {
  mpfr_t error;
  mpfr_init2(error, ORACLE_BITS);
  mpfr_d_sub(error, computed, exact, MPFR_RNDA);
  mpfr_div(error, error, exact, MPFR_RNDA);
  double size = fabs(mpfr_get_d(error, MPFR_RNDA));
  mpfr_clear(error);
  return size;
}

static void check_exp(Worst *worst, double x) {
  mpfr_t exact;
  mpfr_init2(exact, ORACLE_BITS);
  mpfr_set_d(exact, x, MPFR_RNDN);
  mpfr_exp(exact, exact, MPFR_RNDN);
  worst_add(worst, relative_error(logistic_exp(x), exact), 0x1p-52, "x = %a", x);
  mpfr_clear(exact);
}

/* x, and the doubles beside it. */
static void check_exp_around(Worst *worst, double x) {
  double at = x;
  for (int k = 0; k < 5; k++, at = nextafter(at, -INFINITY))
    if (at <= 0 && at >= -708) check_exp(worst, at);
}

Test(logistic, exp_of_random_points) {
  Chance chance = chance_open(1);
  Worst worst = {0};
  for (int i = 0; i < 60000; i++)
    check_exp(&worst, -fabs(chance_real(&chance)) * (i % 2 ? 708 : 1));
  worst_assert(&worst, "-708 <= x <= 0: relative error of exp");
}

Test(logistic, exp_where_the_reduction_turns) {
  /* Odd multiples of ln2/2, where k = round(x / ln 2) jumps and |r| is largest; even ones, where r
     is tiny and all digits cancel. */
  Worst worst = {0};
  mpfr_t ln2, x;
  mpfr_inits2(ORACLE_BITS, ln2, x, (mpfr_ptr)0);
  mpfr_const_log2(ln2, MPFR_RNDN);
  for (int k = 0; k <= 2042; k++) {
    mpfr_mul_si(x, ln2, -k, MPFR_RNDN);
    mpfr_div_2ui(x, x, 1, MPFR_RNDN);
    double near = mpfr_get_d(x, MPFR_RNDN);
    check_exp_around(&worst, nextafter(nextafter(near, 0), 0));
  }
  mpfr_clears(ln2, x, (mpfr_ptr)0);
  worst_assert(&worst, "x within 4 doubles of a multiple of ln2/2: relative error of exp");
}

Test(logistic, exp_of_tiny_points_and_the_ends) {
  Worst worst = {0};
  for (int e = -1074; e < 0; e++)
    for (int k = 0; k < 3; k++)
      check_exp(&worst, -ldexp(1 + 0.37 * k, e));
  check_exp(&worst, 0.0);
  check_exp(&worst, -0.0);
  check_exp_around(&worst, -708);
  check_exp_around(&worst, nextafter(-708, 0) + 8 * DBL_EPSILON);
  worst_assert(&worst, "tiny x, 0 and -708: relative error of exp");
  cr_assert(logistic_exp(0.0) == 1, "exp(0) = %.17g, expected 1", logistic_exp(0.0));
}

Test(logistic, exp_underflows_gradually_then_to_zero) {
  /* Between -708 and -746 the result is subnormal: on top of the relative error there are two
     roundings to a multiple of 2^-1074, at most half of it each. */
  Chance chance = chance_open(2);
  Worst worst = {0};
  mpfr_t exact;
  mpfr_init2(exact, ORACLE_BITS);
  for (int i = 0; i < 5000; i++) {
    double x = -708 - 38 * fabs(chance_real(&chance));
    mpfr_set_d(exact, x, MPFR_RNDN);
    mpfr_exp(exact, exact, MPFR_RNDN);
    double size = mpfr_get_d(exact, MPFR_RNDU);
    mpfr_d_sub(exact, logistic_exp(x), exact, MPFR_RNDA);
    /* in units of 2^-1074, since the bound itself is no normal double */
    mpfr_mul_2ui(exact, exact, 1074, MPFR_RNDA);
    worst_add(&worst, fabs(mpfr_get_d(exact, MPFR_RNDA)), ldexp(size, 1022) + 1, "x = %a", x);
  }
  mpfr_clear(exact);
  worst_assert(&worst, "-746 <= x <= -708: error of exp in units of 2^-1074");

  const double below[] = {-746.5, nextafter(-746, -INFINITY), -1e4, -1e300, -INFINITY};
  for (size_t i = 0; i < sizeof below / sizeof *below; i++)
    cr_assert(logistic_exp(below[i]) == 0, "exp(%g) = %.17g, expected 0 below -746", below[i],
              logistic_exp(below[i]));
}

/* exact := -y / (1 + exp(y s)) */
static void residual_exactly(mpfr_t exact, double s, double y) {
  mpfr_set_d(exact, y * s, MPFR_RNDN);
  mpfr_exp(exact, exact, MPFR_RNDN);
  mpfr_add_ui(exact, exact, 1, MPFR_RNDN);
  mpfr_d_div(exact, -y, exact, MPFR_RNDN);
}

/* Points by kind: all of the range, around 0, tiny, near multiples of ln2/2. */
static double residual_point(Chance *chance, int kind) {
  switch (kind) {
  case 0:
    return 708 * chance_real(chance);
  case 1:
    return 4 * chance_real(chance);
  case 2:
    return ldexp(chance_real(chance), (int)-chance_below(chance, 1000));
  default:
    return (double)(chance_below(chance, 2043) - 1021) * 0.34657359027997264 *
           (1 + 4 * UNIT * chance_real(chance));
  }
}

Test(logistic, residuals_of_many_points) {
  enum { COUNT = 8192, ROUNDS = 16 };
  static double s[COUNT], y[COUNT], c[COUNT];
  Chance chance = chance_open(3);
  Worst worst = {0};
  mpfr_t exact;
  mpfr_init2(exact, 1300); /* 1 + exp(y s) keeps 200 bits below exp(-708) = 2^-1022 */
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < COUNT; i++) {
      s[i] = residual_point(&chance, i % 4);
      if (fabs(s[i]) > 708) s[i] = copysign(708, s[i]);
      y[i] = chance_bits(&chance) & 1 ? 1 : -1;
    }
    logistic_residuals(c, s, y, COUNT);
    for (int i = 0; i < COUNT; i += round < 2 ? 1 : 8) {
      residual_exactly(exact, s[i], y[i]);
      worst_add(&worst, relative_error(c[i], exact), 5 * UNIT, "s = %a, y = %g", s[i], y[i]);
    }
  }
  mpfr_clear(exact);
  worst_assert(&worst, "|s| <= 708, y = +1 or -1: relative error of the residual");
}

Test(logistic, residual_at_zero_is_half_the_label) {
  const double s[] = {0.0, -0.0, 0.0, -0.0}, y[] = {1, 1, -1, -1};
  double c[4];
  logistic_residuals(c, s, y, 4);
  for (int i = 0; i < 4; i++)
    cr_assert(c[i] == -y[i] / 2, "s = %g, y = %g: c = %.17g, expected exactly %.17g", s[i], y[i],
              c[i], -y[i] / 2);
}

Test(logistic, residual_beyond_the_range) {
  /* Where exp underflows the residual is between the exact one and its limit, 0 or -y. */
  const double s[] = {800, -800, 1e300, -1e300, INFINITY, -INFINITY};
  enum { COUNT = sizeof s / sizeof *s };
  for (int sign = -1; sign <= 1; sign += 2) {
    double y[COUNT], c[COUNT];
    for (int i = 0; i < COUNT; i++)
      y[i] = sign;
    logistic_residuals(c, s, y, COUNT);
    for (int i = 0; i < COUNT; i++) {
      double expected = y[i] * s[i] > 0 ? 0 : -y[i];
      cr_assert(c[i] == expected, "s = %g, y = %g: c = %.17g, expected %g", s[i], y[i], c[i],
                expected);
    }
  }
  const double undefined = NAN, label = 1;
  double c = 0;
  logistic_residuals(&c, &undefined, &label, 1);
  cr_assert(isnan(c), "s = NaN: c = %.17g, expected NaN, so that a run that lost its numbers stops",
            c);
}

Test(logistic, residual_depends_on_its_element_alone) {
  /* The vectorised loop and its remainder give the same bits, wherever a point stands. */
  enum { COUNT = 67 };
  Chance chance = chance_open(4);
  double s[COUNT], y[COUNT], c[COUNT];
  for (int i = 0; i < COUNT; i++) {
    s[i] = residual_point(&chance, i % 4);
    y[i] = i % 3 ? 1 : -1;
  }
  for (int from = 0; from < COUNT; from++) {
    logistic_residuals(c, s, y, COUNT);
    double together = c[from], alone;
    logistic_residuals(&alone, s + from, y + from, 1);
    cr_assert(alone == together, "point %d, s = %a: alone %a, among %d others %a", from, s[from],
              alone, COUNT - 1, together);
  }
}
