/* stats.h -- statistics of finite samples: limits of a probability, tests of a mean, contrasts of a
 * curve, Holm's correction, and a test that may be looked at after every sample. What they are
 * used for, and why these, stands in verify/rates/README.md. Nothing here draws random numbers.
 */
#ifndef VERIFY_STATS_H
#define VERIFY_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/status.h"

/* ---- a probability ---- */

/* *lower, *upper: Clopper-Pearson limits of p for `hits` of `samples`: p < *lower has a chance of
   at most alpha/2, and so has p > *upper. Rounded outwards by bisection to 2^-50 of themselves. */
void stats_limits(double *lower, double *upper, int64_t hits, int64_t samples, double alpha);

/* The logarithm of the evidence, an e-process, that the probability of a hit is above (below)
   `least`, after `hits` of `samples`:

       E = integral over q of (q/p)^hits ((1 - q)/(1 - p))^(samples - hits), p = least,

   q uniform on (p, 1], or on [0, p) for below. When the probability is at most p (at least p), E is
   a nonnegative supermartingale that starts at 1, so the chance that it ever reaches 1/alpha,
   however often one looks, is at most alpha (Ville's inequality; derivation in rates/README.md).
   0 < least < 1. */
double stats_log_evidence_above(int64_t hits, int64_t samples, double least);
double stats_log_evidence_below(int64_t hits, int64_t samples, double least);

typedef enum { SEQUENTIAL_OPEN, SEQUENTIAL_ABOVE, SEQUENTIAL_BELOW } Sequential;
/* Whether sampling may stop: one of the two has reached 1/alpha. They contradict each other, so the
   chance ever to stop with the wrong one is at most alpha. */
Sequential stats_sequential(int64_t hits, int64_t samples, double least, double alpha);

/* ---- a median ---- */

/* The rank k of an interval for the median m of a distribution: from the k-th smallest to the k-th
   largest of count >= 2 independent samples. *coverage := the chance that it holds m,

       1 - 2 P(B < k),   B binomial of count samples and probability 1/2,

   exactly so when the distribution has no atom at m, and at least that in any case: m lies below
   the k-th smallest when fewer than k samples are at most m, and each of them is with a chance of
   at least 1/2; above, likewise. k is the largest with a coverage of at least level, and 1 when
   none has it: then the coverage says how little the samples can. */
size_t stats_median_interval(double *coverage, size_t count, double level);

/* ---- a mean ---- */

/* The mean of independent normal values whose variance is not known. */
typedef struct {
  double mean;
  double error;   /* standard error of the mean; 0 when all values are equal */
  double freedom; /* degrees of freedom */
} StatsMean;

/* Of count values, count >= 2. */
StatsMean stats_mean(const double *value, size_t count);
/* The p-value of "the true mean is at most bound" (Student's t): small when it is above. And of "at
   least bound". With error 0 it is 0 or 1. */
double stats_p_above(StatsMean mean, double bound);
double stats_p_below(StatsMean mean, double bound);
/* Two one-sided tests: the p-value of "the true mean is not inside (-margin, margin)". */
double stats_p_inside(StatsMean mean, double margin);
/* The p-value of "the true mean is inside [-margin, margin]": twice the smaller of the one-sided
   ones. */
double stats_p_outside(StatsMean mean, double margin);
/* Limits that hold the true mean with probability `level`. */
void stats_interval(double *lower, double *upper, StatsMean mean, double level);

/* ---- a curve y over x, measured at count points ---- */

/* Weights of linear functions of y (each (count), sum over i of weight[i] y[i]): the least-squares
   slope; and, of the least-squares parabola, the slope at the last x and the coefficient of the
   square. x increases strictly; count >= 3. */
void stats_contrasts(double *slope, double *end_slope, double *square, const double *x,
                     size_t count);

/* How far the means at the points leave their line. */
typedef struct {
  double largest; /* distance of a mean from the line */
  double noise;   /* standard deviation within the points, pooled */
  double p;       /* of "a line with equal noise at all points": F test, small: it is curved */
} StatsFit;
/* y: (seeds, points), seeds >= 2, points >= 3. */
StatsFit stats_fit(const double *y, size_t seeds, const double *x, size_t points);

/* *slope := by robust regression (bisquare weights) of all values of y, (seeds, points), on x;
   *error: its standard error. STATUS_INTERNAL when memory runs out. *converged says whether the
   weights settled. */
MUST_CHECK StatusCode stats_robust_slope(double *slope, double *error, bool *converged,
                                         const double *y, size_t seeds, const double *x,
                                         size_t points, Error *err);

/* ---- several tests ---- */

/* adjusted[i] := Holm's adjusted p-value: rejecting where it is at most alpha has a chance of at
   most alpha for any false rejection at all, however the tests depend on each other. */
void stats_holm(double *adjusted, const double *p, size_t count);

#endif
