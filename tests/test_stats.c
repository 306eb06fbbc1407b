/* test_stats.c -- statistics: closed forms, other roads to the same number, and what must not
 * change them. That they keep their promises on curves of known truth is test_rate's and
 * slow_stats'. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "src/rng.h"
#include "tests/support.h"
#include "verify/stats.h"

TestSuite(stats);

static void near(double value, double expected, double tolerance, const char *what) {
  cr_assert(fabs(value - expected) <= tolerance, "%s: %.17g, expected %.17g within %g", what, value,
            expected, tolerance);
}

/* ---- a median ---- */

/* Coverage by counting: of all 2^count ways in which samples lie below or above the median, those
   in which at least `rank` lie on either side. */
static double covered(size_t count, size_t rank) {
  size_t good = 0;
  for (size_t way = 0; way < (size_t)1 << count; way++) {
    size_t below = 0;
    for (size_t k = 0; k < count; k++)
      below += way >> k & 1;
    good += below >= rank && count - below >= rank;
  }
  return (double)good / (double)((size_t)1 << count);
}

Test(stats, an_interval_for_the_median_says_its_coverage) {
  for (size_t count = 2; count <= 16; count++) {
    double coverage;
    const size_t rank = stats_median_interval(&coverage, count, 0.9);
    cr_assert(rank >= 1 && 2 * rank <= count, "rank %zu of %zu", rank, count);
    near(coverage, covered(count, rank), 1e-14, "coverage");
    cr_assert(coverage >= 0.9 || rank == 1, "%zu samples: %g with rank %zu", count, coverage, rank);
    cr_assert(2 * (rank + 1) > count || covered(count, rank + 1) < 0.9,
              "%zu samples: rank %zu would do as well", count, rank + 1);
  }
  double five;
  stats_median_interval(&five, 5, 0.9);
  near(five, 0.9375, 1e-15, "five samples");
}

/* ---- a mean ---- */

/* 1, 2, 3, 4, 10: mean 4, variance 12.5, error sqrt(2.5); t(4 df) has closed tails:
   P(T > t) = 1/2 - (t/sqrt(4 + t^2)) (1 - t^2/(3 (4 + t^2)) ... ) -- here by the t distribution
   with 4 df, F(t) = 1/2 + (3/8) s (1 - s^2/12), s = t / sqrt(1 + t^2/4). */
static double tail_4(double t) {
  const double s = t / sqrt(1 + t * t / 4);
  return 0.5 - 0.375 * s * (1 - s * s / 12);
}

Test(stats, a_mean_and_its_tests) {
  const double value[] = {1, 2, 3, 4, 10};
  const StatsMean mean = stats_mean(value, 5);
  near(mean.mean, 4, 1e-15, "mean");
  near(mean.error, sqrt(2.5), 1e-15, "error");
  near(mean.freedom, 4, 0, "freedom");
  near(stats_p_above(mean, 1), tail_4(3 / sqrt(2.5)), 1e-14, "p above 1");
  near(stats_p_below(mean, 1), 1 - tail_4(3 / sqrt(2.5)), 1e-14, "p below 1");
  near(stats_p_inside(mean, 6), tail_4(2 / sqrt(2.5)), 1e-14, "p inside 6");
  near(stats_p_inside(mean, 3), 1 - tail_4(1 / sqrt(2.5)), 1e-14, "p inside 3");
  near(stats_p_outside(mean, 1), 2 * tail_4(3 / sqrt(2.5)), 1e-14, "p outside 1");
  near(stats_p_outside(mean, 6), 1, 0, "p outside 6");
  double lower, upper;
  stats_interval(&lower, &upper, mean, 0.95);
  near(tail_4((upper - 4) / sqrt(2.5)), 0.025, 1e-12, "upper tail");
  near(tail_4((4 - lower) / sqrt(2.5)), 0.025, 1e-12, "lower tail");
}

/* Equal values have no error: the tests are comparisons then. */
Test(stats, equal_values_compare) {
  const double value[] = {0.1, 0.1, 0.1};
  const StatsMean mean = stats_mean(value, 3);
  near(mean.error, 0, 0, "error");
  near(stats_p_above(mean, 0.05), 0, 0, "p above less");
  near(stats_p_above(mean, 0.15), 1, 0, "p above more");
  near(stats_p_above(mean, 0.1), 0.5, 0, "p above itself");
  near(stats_p_inside(mean, 0.2), 0, 0, "p inside");
  near(stats_p_outside(mean, 0.2), 1, 0, "p outside");
}

Test(stats, no_number_proves_nothing) {
  const double value[] = {1, NAN, 2};
  const StatsMean mean = stats_mean(value, 3);
  cr_assert(isnan(stats_p_inside(mean, 1)) && isnan(stats_p_above(mean, 0)),
            "p-values %g and %g of a mean that is not a number, expected none",
            stats_p_inside(mean, 1), stats_p_above(mean, 0));
}

/* ---- curves ---- */

static const double grid[] = {2.1, 2.5, 2.8, 3.2, 3.5, 3.6};

/* Against GSL's own regressions. */
Test(stats, contrasts_are_least_squares) {
  double slope[6], end[6], square[6], y[6];
  stats_contrasts(slope, end, square, grid, 6);
  Rng rng = rng_open(3, STREAM_LEMMA, 0);
  rng_normals(y, 6, 1, &rng);
  double c0, c1, cov[3], chisq, got[3] = {0, 0, 0};
  gsl_fit_linear(grid, 1, y, 1, 6, &c0, &c1, &cov[0], &cov[1], &cov[2], &chisq);
  for (int i = 0; i < 6; i++) {
    got[0] += slope[i] * y[i];
    got[1] += end[i] * y[i];
    got[2] += square[i] * y[i];
  }
  near(got[0], c1, 1e-12, "slope");
  gsl_matrix *model = gsl_matrix_alloc(6, 3), *covariance = gsl_matrix_alloc(3, 3);
  gsl_vector *value = gsl_vector_alloc(6), *fit = gsl_vector_alloc(3);
  gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(6, 3);
  for (size_t i = 0; i < 6; i++) {
    gsl_vector_set(value, i, y[i]);
    for (size_t k = 0; k < 3; k++)
      gsl_matrix_set(model, i, k, pow(grid[i], (double)k));
  }
  gsl_multifit_linear(model, value, fit, covariance, &chisq, work);
  near(got[2], gsl_vector_get(fit, 2), 1e-10, "square");
  near(got[1], gsl_vector_get(fit, 1) + 2 * gsl_vector_get(fit, 2) * grid[5], 1e-10, "end slope");
  gsl_multifit_linear_free(work);
  gsl_matrix_free(model);
  gsl_matrix_free(covariance);
  gsl_vector_free(value);
  gsl_vector_free(fit);
}

/* y = 1 + 2 x + 0.1 (+1, -1) between two seeds, bent by b at the ends: sums of squares by hand. */
Test(stats, lack_of_fit_by_hand) {
  const double x[] = {-1, 0, 1};
  double y[6];
  for (int j = 0; j < 2; j++)
    for (int i = 0; i < 3; i++)
      y[3 * j + i] = 1 + 2 * x[i] + 0.3 * x[i] * x[i] + (j == 0 ? 0.1 : -0.1);
  const StatsFit fit = stats_fit(y, 2, x, 3);
  /* 0.3 x^2 leaves its best line (the constant 0.2) by 0.1, -0.2, 0.1: squares 0.06, twice. Within:
     6 * 0.01 over 3 degrees of freedom. */
  near(fit.largest, 0.2, 1e-14, "largest");
  near(fit.noise, sqrt(0.02), 1e-14, "noise");
  near(fit.p, gsl_cdf_fdist_Q(0.12 / 0.02, 1, 3), 1e-13, "p");
}

/* One wild run moves the line, not the robust one. */
Test(stats, robust_slope_withstands_an_outlier) {
  double y[30], slope, error;
  bool converged;
  Error err;
  Rng rng = rng_open(4, STREAM_LEMMA, 0);
  rng_normals(y, 30, 0.01, &rng);
  for (int k = 0; k < 30; k++)
    y[k] += 0.5 * grid[k % 6];
  y[5] += 3;
  support_ok(stats_robust_slope(&slope, &error, &converged, y, 5, grid, 6, &err), &err);
  cr_assert(converged, "robust regression did not settle: slope %g", slope);
  /* Noise 0.01 in 29 runs, sum of squares of x about 8: an error of 0.004. */
  near(slope, 0.5, 0.02, "robust slope");
  /* Its variance has a share p^2/(p^2 + n) = 4/34 of the line's own, whose noise is 3/sqrt(30) =
     0.55 with the outlier: an error of 0.55 sqrt(4/34)/sqrt(8) = 0.07. */
  cr_assert(error > 0 && error < 0.1, "error %g, expected in (0, 0.1)", error);
}

/* Values without any scatter are a line, and no reason to divide by nothing. */
Test(stats, robust_slope_of_an_exact_line) {
  double y[18], slope, error;
  bool converged;
  Error err;
  for (int k = 0; k < 18; k++)
    y[k] = 1 - 0.25 * grid[k % 6];
  support_ok(stats_robust_slope(&slope, &error, &converged, y, 3, grid, 6, &err), &err);
  near(slope, -0.25, 1e-12, "robust slope");
}

/* ---- Holm ---- */

Test(stats, holm_by_hand) {
  const double p[] = {0.04, 0.01, 0.03, 0.005, 0.8};
  const double expected[] = {0.09, 0.04, 0.09, 0.025, 0.8};
  double adjusted[5];
  stats_holm(adjusted, p, 5);
  for (int i = 0; i < 5; i++)
    near(adjusted[i], expected[i], 1e-15, "adjusted");
}

/* The definition, step by step, on random p-values with ties. */
Test(stats, holm_steps_down) {
  Rng rng = rng_open(5, STREAM_LEMMA, 0);
  for (int round = 0; round < 200; round++) {
    double p[7], adjusted[7];
    for (int i = 0; i < 7; i++)
      p[i] = floor(20 * rng_uniform(&rng)) / 400;
    stats_holm(adjusted, p, 7);
    bool done[7] = {false}, go_on = true;
    for (int step = 0; step < 7; step++) {
      int least = -1;
      for (int i = 0; i < 7; i++)
        if (!done[i] && (least < 0 || p[i] < p[least])) least = i;
      done[least] = true;
      go_on = go_on && (7 - step) * p[least] <= 0.05;
      cr_assert(go_on == (adjusted[least] <= 0.05 + 1e-15),
                "round %d, step %d: p = %g is %s, adjusted %g", round, step, p[least],
                go_on ? "rejected" : "kept", adjusted[least]);
    }
  }
}

/* ---- a probability, looked at after every sample ---- */

/* The integral by Simpson's rule: another road to the evidence. */
static double simpson(int64_t hits, int64_t samples, double least, double from, double to) {
  const int pieces = 20000;
  double sum = 0;
  for (int k = 0; k <= pieces; k++) {
    const double q = from + (to - from) * k / pieces, weight = k == 0 || k == pieces ? 1
                                                               : k % 2               ? 4
                                                                                     : 2;
    sum += weight * pow(q / least, (double)hits) *
           pow((1 - q) / (1 - least), (double)(samples - hits));
  }
  return sum / 3 / pieces;
}

Test(stats, evidence_is_its_integral) {
  static const int64_t table[][2] = {{0, 1}, {1, 1}, {5, 5}, {3, 7}, {0, 12}, {40, 41}, {18, 20}};
  static const double least[] = {0.5, 0.9, 0.25};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    for (size_t k = 0; k < 3; k++) {
      const int64_t h = table[i][0], n = table[i][1];
      const double above = exp(stats_log_evidence_above(h, n, least[k]));
      const double below = exp(stats_log_evidence_below(h, n, least[k]));
      const double exact[] = {simpson(h, n, least[k], least[k], 1),
                              simpson(h, n, least[k], 0, least[k])};
      near(above / exact[0], 1, 1e-8, "evidence above");
      near(below / exact[1], 1, 1e-8, "evidence below");
    }
}

/* At the edge of the null the evidence is a martingale: its mean after n samples is 1, exactly. */
Test(stats, evidence_is_a_martingale) {
  static const double least[] = {0.5, 0.9, 0.3};
  for (size_t k = 0; k < 3; k++)
    for (unsigned n = 1; n <= 64; n *= 2) {
      double above = 0, below = 0;
      for (unsigned h = 0; h <= n; h++) {
        const double chance = gsl_ran_binomial_pdf(h, least[k], n);
        above += chance * exp(stats_log_evidence_above(h, n, least[k]));
        below += chance * exp(stats_log_evidence_below(h, n, least[k]));
      }
      near(above, 1, 1e-10, "mean evidence above");
      near(below, 1, 1e-10, "mean evidence below");
    }
}

/* Inside the null it falls in the mean. */
Test(stats, evidence_is_a_supermartingale) {
  double above = 0;
  for (unsigned h = 0; h <= 30; h++)
    above += gsl_ran_binomial_pdf(h, 0.8, 30) * exp(stats_log_evidence_above(h, 30, 0.9));
  cr_assert(above < 1, "mean evidence for more than 0.9 at 0.8: %g, expected below 1", above);
}

/* The chance ever to stop with the wrong answer within n samples, exactly, by recursion over the
   number of hits: at the edge itself, where it is largest. */
static double wrong(double p, double least, double alpha, Sequential error, int samples) {
  double chance[1001] = {1}, stopped = 0;
  for (int n = 1; n <= samples; n++) {
    for (int h = n; h >= 0; h--)
      chance[h] = (h > 0 ? chance[h - 1] * p : 0) + (h < n ? chance[h] * (1 - p) : 0);
    for (int h = 0; h <= n; h++) {
      const Sequential now = stats_sequential(h, n, least, alpha);
      if (now == error) stopped += chance[h];
      if (now != SEQUENTIAL_OPEN) chance[h] = 0;
    }
  }
  return stopped;
}

Test(stats, stopping_early_does_not_inflate_the_error) {
  static const double least[] = {0.5, 0.9};
  for (size_t k = 0; k < 2; k++) {
    const double above = wrong(least[k], least[k], 0.05, SEQUENTIAL_ABOVE, 1000);
    const double below = wrong(least[k], least[k], 0.05, SEQUENTIAL_BELOW, 1000);
    cr_assert(above <= 0.05 && below <= 0.05,
              "p = %g: wrong with chance %g and %g within 1000 looks, at most 0.05", least[k],
              above, below);
    cr_assert(above > 0.005, "p = %g: chance %g, so small that the rule would never stop", least[k],
              above);
  }
  /* Looking again and again at a fixed test would: what the rule is for. */
  const double right = 1 - wrong(0.99, 0.9, 0.05, SEQUENTIAL_ABOVE, 300);
  cr_assert(right <= 0.1, "p = 0.99: open or wrong with chance %g after 300 samples, at most 0.1",
            right);
}
