/* curves.h -- simulated sweeps whose truth is known: the ratio's slope, its bend, its noise. */
#ifndef TESTS_CURVES_H
#define TESTS_CURVES_H

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "src/rng.h"
#include "tests/support.h"
#include "verify/rate.h"

#define CURVE_POINTS 5
#define CURVE_SEEDS 5
static const double curve_d[CURVE_POINTS] = {8, 12, 16, 24, 32};

/* log(ratio) = log(level) + slope x + noise, x the logarithm of d less its mean. */
typedef struct {
  double level, slope, bend; /* bend: coefficient of x^2 */
  double noise;              /* standard deviation of one run */
  double seed_noise;         /* of what all runs of a seed share: their level */
  double slope_noise;        /* and their slope */
  double growth;             /* noise is growth times as large at the last point as at the first */
} CurveTruth;

static inline double curve_x(size_t i) {
  double mean = 0;
  for (size_t k = 0; k < CURVE_POINTS; k++)
    mean += log(curve_d[k]) / CURVE_POINTS;
  return log(curve_d[i]) - mean;
}

/* Fills an open curve of d log d; alternatives d, d^2, d log^2 d, as many as it has room for. */
static inline void curve_draw(RateCurve *curve, const CurveTruth *truth, Rng *rng) {
  for (size_t i = 0; i < CURVE_POINTS; i++) {
    const double d = curve_d[i], ln = log(d), other[3] = {d, d * d, d * ln * ln};
    curve->x[i] = d;
    curve->rate[i] = d * ln;
    curve->low[i] = 0.3;
    curve->high[i] = 1;
    curve->baseline[i] = NAN;
    for (size_t k = 0; k < curve->alternatives; k++)
      curve->alternative[k * CURVE_POINTS + i] = other[k];
  }
  for (size_t j = 0; j < curve->seeds; j++) {
    const double level = truth->seed_noise * rng_normal(rng);
    const double slope = truth->slope + truth->slope_noise * rng_normal(rng);
    curve->seed[j] = (int64_t)j + 1;
    for (size_t i = 0; i < CURVE_POINTS; i++) {
      const double x = curve_x(i), part = (double)i / (CURVE_POINTS - 1);
      const double noise = truth->noise * (truth->growth > 0 ? pow(truth->growth, part) : 1);
      curve->observable[j * CURVE_POINTS + i] =
          curve->rate[i] * truth->level *
          exp(level + slope * x + truth->bend * x * x + noise * rng_normal(rng));
    }
  }
}

/* The slope of the best line, which is what the interval is for. */
static inline double curve_true_slope(const CurveTruth *truth) {
  double xx = 0, xxx = 0;
  for (size_t i = 0; i < CURVE_POINTS; i++) {
    xx += curve_x(i) * curve_x(i);
    xxx += curve_x(i) * curve_x(i) * curve_x(i);
  }
  return truth->slope + truth->bend * xxx / xx;
}

static inline void curve_open(RateCurve *curve, size_t alternatives) {
  Error err;
  support_ok(rate_curve_open(curve, CURVE_POINTS, CURVE_SEEDS, alternatives, &err), &err);
}

#endif
