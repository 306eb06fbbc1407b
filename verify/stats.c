/* stats.c -- statistics of finite samples. */
#include "verify/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* ---- a probability ---- */

/* P(B <= hits) and P(B >= hits) for B binomial: as functions of p the one falls and the other
   rises, both from one end of [0, 1] to the other. */
static double at_most(int64_t hits, int64_t samples, double p) {
  return gsl_cdf_beta_Q(p, (double)hits + 1, (double)(samples - hits));
}
static double at_least(int64_t hits, int64_t samples, double p) {
  return gsl_cdf_beta_P(p, (double)hits, (double)(samples - hits) + 1);
}

/* By bisection, since gsl_cdf_beta_Pinv ends the program when its Newton iteration does not
   converge. Of the last bracket the outer end is the limit. */
void stats_limits(double *lower, double *upper, int64_t hits, int64_t samples, double alpha) {
  double below = 0, above = (double)hits / (double)samples;
  while (hits > 0 && above - below > 0x1p-50 * above) {
    const double p = below + (above - below) / 2;
    if (at_least(hits, samples, p) < alpha / 2)
      below = p;
    else
      above = p;
  }
  *lower = hits > 0 ? below : 0;
  below = (double)hits / (double)samples;
  above = 1;
  while (hits < samples && above - below > 0x1p-50 * above) {
    const double p = below + (above - below) / 2;
    if (at_most(hits, samples, p) < alpha / 2)
      above = p;
    else
      below = p;
  }
  *upper = hits < samples ? above : 1;
}

size_t stats_median_interval(double *coverage, size_t count, double level) {
  size_t rank = 1;
  *coverage = 1 - 2 * gsl_cdf_binomial_P(0, 0.5, (unsigned)count);
  while (2 * (rank + 1) <= count) {
    const double next = 1 - 2 * gsl_cdf_binomial_P((unsigned)rank, 0.5, (unsigned)count);
    if (next < level) break;
    *coverage = next;
    rank++;
  }
  return rank;
}

/* The integral of q^h (1-q)^(n-h) over (p, 1] is the beta function B(h + 1, n - h + 1) times the
   upper tail of that beta distribution at p; uniform on (p, 1] divides it by 1 - p. */
double stats_log_evidence_above(int64_t hits, int64_t samples, double least) {
  const double a = (double)hits + 1, b = (double)(samples - hits) + 1;
  return gsl_sf_lnbeta(a, b) + log(gsl_cdf_beta_Q(least, a, b)) - log1p(-least) -
         (a - 1) * log(least) - (b - 1) * log1p(-least);
}

/* Misses are the hits of the probability 1 - p. */
double stats_log_evidence_below(int64_t hits, int64_t samples, double least) {
  const double a = (double)hits + 1, b = (double)(samples - hits) + 1;
  return gsl_sf_lnbeta(a, b) + log(gsl_cdf_beta_P(least, a, b)) - log(least) -
         (a - 1) * log(least) - (b - 1) * log1p(-least);
}

Sequential stats_sequential(int64_t hits, int64_t samples, double least, double alpha) {
  if (samples == 0) return SEQUENTIAL_OPEN;
  if (stats_log_evidence_above(hits, samples, least) >= -log(alpha)) return SEQUENTIAL_ABOVE;
  if (stats_log_evidence_below(hits, samples, least) >= -log(alpha)) return SEQUENTIAL_BELOW;
  return SEQUENTIAL_OPEN;
}

/* ---- a mean ---- */

StatsMean stats_mean(const double *value, size_t count) {
  const double n = (double)count;
  double sum = 0, squares = 0;
  bool equal = true;
  for (size_t i = 0; i < count; i++) {
    sum += value[i] - value[0];
    equal = equal && value[i] == value[0];
  }
  const double shift = sum / n; /* of the mean from the first value, so that equal ones have none */
  for (size_t i = 0; i < count; i++)
    squares += (value[i] - value[0] - shift) * (value[i] - value[0] - shift);
  return (StatsMean){value[0] + shift, equal ? 0 : sqrt(squares / (n - 1) / n), n - 1};
}

/* (mean - bound)/error, infinite or 0 when there is no error. */
static double statistic(StatsMean mean, double bound) {
  const double distance = mean.mean - bound;
  if (mean.error > 0 || isnan(distance)) return distance / mean.error;
  return distance > 0 ? INFINITY : distance < 0 ? -INFINITY : 0;
}

static double upper_tail(double t, double freedom) {
  if (isinf(t)) return t > 0 ? 0 : 1;
  return gsl_cdf_tdist_Q(t, freedom);
}

double stats_p_above(StatsMean mean, double bound) {
  return upper_tail(statistic(mean, bound), mean.freedom);
}

double stats_p_below(StatsMean mean, double bound) {
  return upper_tail(-statistic(mean, bound), mean.freedom);
}

double stats_p_inside(StatsMean mean, double margin) {
  return fmax(stats_p_above(mean, -margin), stats_p_below(mean, margin));
}

double stats_p_outside(StatsMean mean, double margin) {
  return fmin(1, 2 * fmin(stats_p_above(mean, margin), stats_p_below(mean, -margin)));
}

void stats_interval(double *lower, double *upper, StatsMean mean, double level) {
  const double reach = mean.error * gsl_cdf_tdist_Qinv((1 - level) / 2, mean.freedom);
  *lower = mean.mean - reach;
  *upper = mean.mean + reach;
}

/* ---- a curve ---- */

/* With p(x) = x - mean(x) and s(x) = p(x)^2 - mean(p^2) - c p(x), c chosen so that the two are
   orthogonal over the points, the parabola is mean(y) + b p + a s with b = <p, y>/<p, p> (the
   line's slope) and a = <s, y>/<s, s>. Its derivative is b + a (2 p(x) - c). */
void stats_contrasts(double *slope, double *end_slope, double *square, const double *x,
                     size_t count) {
  double mean = 0, pp = 0, ppp = 0, ss = 0;
  for (size_t i = 0; i < count; i++)
    mean += x[i] / (double)count;
  for (size_t i = 0; i < count; i++) {
    const double p = x[i] - mean;
    pp += p * p;
    ppp += p * p * p;
  }
  const double c = ppp / pp;
  for (size_t i = 0; i < count; i++) {
    const double p = x[i] - mean;
    slope[i] = p / pp;
    square[i] = p * p - pp / (double)count - c * p;
    ss += square[i] * square[i];
  }
  const double end = 2 * (x[count - 1] - mean) - c;
  for (size_t i = 0; i < count; i++) {
    square[i] /= ss;
    end_slope[i] = slope[i] + end * square[i];
  }
}

/* *middle := the mean over the seeds at point i, *squares: sum of squares around it. */
static void at_point(double *middle, double *squares, const double *y, size_t seeds, size_t points,
                     size_t i) {
  *middle = *squares = 0;
  for (size_t j = 0; j < seeds; j++)
    *middle += y[j * points + i] / (double)seeds;
  for (size_t j = 0; j < seeds; j++)
    *squares += (y[j * points + i] - *middle) * (y[j * points + i] - *middle);
}

/* Pure error against lack of fit: with equal independent normal noise the two sums of squares are
   chi-squared and independent, points (seeds - 1) and points - 2 degrees of freedom. */
StatsFit stats_fit(const double *y, size_t seeds, const double *x, size_t points) {
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0, within = 0, off = 0, middle, squares;
  for (size_t i = 0; i < points; i++) {
    at_point(&middle, &squares, y, seeds, points, i);
    mean_x += x[i] / (double)points;
    mean_y += middle / (double)points;
    within += squares;
  }
  for (size_t i = 0; i < points; i++) {
    at_point(&middle, &squares, y, seeds, points, i);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (middle - mean_y);
  }
  StatsFit fit = {.largest = 0};
  for (size_t i = 0; i < points; i++) {
    at_point(&middle, &squares, y, seeds, points, i);
    const double distance = middle - mean_y - xy / xx * (x[i] - mean_x);
    fit.largest = fmax(fit.largest, fabs(distance));
    off += (double)seeds * distance * distance;
  }
  const double error = (double)(points * (seeds - 1)), lack = (double)(points - 2);
  fit.noise = sqrt(within / error);
  fit.p =
      within > 0 ? gsl_cdf_fdist_Q(off / lack / (within / error), lack, error) : (off > 0 ? 0 : 1);
  return fit;
}

static int fit_robust(double *slope, double *error, gsl_multifit_robust_workspace *work,
                      gsl_matrix *model, gsl_vector *value, gsl_vector *coefficient,
                      gsl_matrix *covariance) {
  const int status = gsl_multifit_robust(model, value, coefficient, covariance, work);
  *slope = gsl_vector_get(coefficient, 1);
  *error = sqrt(gsl_matrix_get(covariance, 1, 1));
  return status;
}

StatusCode stats_robust_slope(double *slope, double *error, bool *converged, const double *y,
                              size_t seeds, const double *x, size_t points, Error *err) {
  const size_t count = seeds * points;
  gsl_error_handler_t *before = gsl_set_error_handler_off(); /* statuses are checked here instead */
  gsl_multifit_robust_workspace *work =
      gsl_multifit_robust_alloc(gsl_multifit_robust_bisquare, count, 2);
  gsl_matrix *model = gsl_matrix_alloc(count, 2), *covariance = gsl_matrix_alloc(2, 2);
  gsl_vector *value = gsl_vector_alloc(count), *coefficient = gsl_vector_alloc(2);
  StatusCode code = STATUS_OK;
  if (!work || !model || !covariance || !value || !coefficient)
    code = error_memory(err, "robust regression");
  for (size_t k = 0; k < count && code == STATUS_OK; k++) {
    gsl_matrix_set(model, k, 0, 1);
    gsl_matrix_set(model, k, 1, x[k % points]);
    gsl_vector_set(value, k, y[k]);
  }
  if (code == STATUS_OK)
    *converged =
        fit_robust(slope, error, work, model, value, coefficient, covariance) == GSL_SUCCESS;
  if (work) gsl_multifit_robust_free(work);
  gsl_matrix_free(model); /* these three take NULL */
  gsl_matrix_free(covariance);
  gsl_vector_free(value);
  gsl_vector_free(coefficient);
  gsl_set_error_handler(before);
  return code;
}

/* ---- several tests ---- */

/* The k-th smallest p-value, k from 0, is taken times count - k, and never less than one before it.
   Equal p-values are adjusted alike, so their order does not matter. */
void stats_holm(double *adjusted, const double *p, size_t count) {
  for (size_t i = 0; i < count; i++) {
    adjusted[i] = 0;
    for (size_t j = 0; j < count; j++) {
      if (!(p[j] <= p[i])) continue; /* steps up to that of i */
      size_t smaller = 0;
      for (size_t k = 0; k < count; k++)
        smaller += p[k] < p[j];
      adjusted[i] = fmax(adjusted[i], (double)(count - smaller) * p[j]);
    }
    adjusted[i] = fmin(1, adjusted[i]);
  }
}
