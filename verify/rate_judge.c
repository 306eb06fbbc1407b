/* rate_judge.c -- verdicts on rates: the band of the ratio, its slope, the alternatives, and the
 * correction for judging several. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/rate_internal.h"

/* ---- curves ---- */

StatusCode rate_curve_open(RateCurve *out, size_t points, size_t seeds, size_t alternatives,
                           Error *err) {
  *out = (RateCurve){.points = points, .seeds = seeds, .alternatives = alternatives};
  out->x = array_alloc(points, sizeof *out->x);
  out->seed = array_alloc(seeds, sizeof *out->seed);
  out->observable = array_alloc(seeds * points, sizeof *out->observable);
  out->rate = array_alloc(points, sizeof *out->rate);
  out->low = array_alloc(points, sizeof *out->low);
  out->high = array_alloc(points, sizeof *out->high);
  out->baseline = array_alloc(points, sizeof *out->baseline);
  out->alternative = array_alloc(alternatives * points, sizeof *out->alternative);
  if (out->x && out->seed && out->observable && out->rate && out->low && out->high &&
      out->baseline && out->alternative)
    return STATUS_OK;
  rate_curve_clear(out);
  return error_memory(err, "a curve");
}

void rate_curve_clear(RateCurve *curve) {
  free(curve->x);
  free(curve->seed);
  free(curve->observable);
  free(curve->rate);
  free(curve->low);
  free(curve->high);
  free(curve->baseline);
  free(curve->alternative);
  *curve = (RateCurve){0};
}

/* ---- logarithms ---- */

/* What the tests work on: logarithms of the parameter and of the ratio, and contrasts. */
typedef struct {
  double *x;                          /* (points) */
  double *y;                          /* (seeds, points) */
  double *slope, *end_slope, *square; /* (points): weights */
  double *each;                       /* (seeds): room for one number a seed */
} Logs;

static bool usable(double x) {
  return isfinite(x) && x > 0;
}

/* Why the curve cannot be judged, or NULL. */
static const char *find_obstacle(const RateCurve *curve) {
  if (curve->unmet > 0) return "a hypothesis of the claim fails in some of the runs";
  if (curve->points < RATE_POINTS_LEAST) return "fewer than 3 values of the parameter";
  if (curve->seeds < RATE_SEEDS_LEAST) return "fewer than 3 seeds that have all of them";
  for (size_t i = 0; i < curve->points; i++)
    if (!usable(curve->x[i]) || (i > 0 && !(curve->x[i] > curve->x[i - 1])))
      return "the parameter is not positive everywhere";
  for (size_t i = 0; i < curve->points; i++)
    if (!usable(curve->rate[i]) || !isfinite(curve->low[i]) || !usable(curve->high[i]))
      return "the rate or its band is not a positive number everywhere";
  for (size_t k = 0; k < curve->seeds * curve->points; k++)
    if (!usable(curve->observable[k])) return "the observable is not a positive number in all runs";
  for (size_t k = 0; k < curve->alternatives * curve->points; k++)
    if (!usable(curve->alternative[k])) return "an alternative is not a positive number everywhere";
  return NULL;
}

static void logs_clear(Logs *logs) {
  free(logs->x);
  free(logs->y);
  free(logs->slope);
  free(logs->end_slope);
  free(logs->square);
  free(logs->each);
}

static StatusCode logs_open(Logs *out, const RateCurve *curve, Error *err) {
  const size_t points = curve->points, seeds = curve->seeds;
  *out = (Logs){.x = array_alloc(points, sizeof *out->x),
                .y = array_alloc(seeds * points, sizeof *out->y),
                .slope = array_alloc(points, sizeof *out->slope),
                .end_slope = array_alloc(points, sizeof *out->end_slope),
                .square = array_alloc(points, sizeof *out->square),
                .each = array_alloc(seeds, sizeof *out->each)};
  if (!out->x || !out->y || !out->slope || !out->end_slope || !out->square || !out->each) {
    logs_clear(out);
    return error_memory(err, "a curve");
  }
  for (size_t i = 0; i < points; i++)
    out->x[i] = log(curve->x[i]);
  for (size_t k = 0; k < seeds * points; k++)
    out->y[k] = log(curve->observable[k] / curve->rate[k % points]);
  stats_contrasts(out->slope, out->end_slope, out->square, out->x, points);
  return STATUS_OK;
}

/* The mean over the seeds of a linear function of each seed's curve. Seeds are the replicates: the
   values of one seed at several points may depend on each other in any way. */
static StatsMean contrast(const Logs *logs, const RateCurve *curve, const double *weight) {
  for (size_t j = 0; j < curve->seeds; j++) {
    logs->each[j] = 0;
    for (size_t i = 0; i < curve->points; i++)
      logs->each[j] += weight[i] * logs->y[j * curve->points + i];
  }
  return stats_mean(logs->each, curve->seeds);
}

static StatsMean mean_at(const Logs *logs, const RateCurve *curve, size_t point) {
  for (size_t j = 0; j < curve->seeds; j++)
    logs->each[j] = logs->y[j * curve->points + point];
  return stats_mean(logs->each, curve->seeds);
}

/* The slope of log(numerator/denominator), two curves without noise. */
static double exact_slope(const Logs *logs, size_t points, const double *numerator,
                          const double *denominator) {
  double slope = 0;
  for (size_t i = 0; i < points; i++)
    slope += logs->slope[i] * log(numerator[i] / denominator[i]);
  return slope;
}

/* ---- tests ---- */

/* log(low), which a band without a lower end does not have. */
static double lower_end(RateRelation relation, double low) {
  return relation == RATE_THETA && low > 0 ? log(low) : -INFINITY;
}

/* p-values of "the slope is not within the margin" and of "it is". */
static void test_slope(double *p_holds, double *p_fails, StatsMean slope, const Rate *rate,
                       double margin) {
  const bool both = rate->relation == RATE_THETA;
  *p_holds = both ? stats_p_inside(slope, margin) : stats_p_below(slope, margin);
  *p_fails = both ? stats_p_outside(slope, margin) : stats_p_above(slope, margin);
}

/* The same of "the mean ratio is in the band at every point". To refuse a union of nulls each has
   to be refused: the largest p-value. To refuse an intersection one is enough: the smallest, times
   their number. */
static void test_band(double *p_holds, double *p_fails, const Logs *logs, const RateCurve *curve,
                      const Rate *rate) {
  size_t sides = 0;
  *p_holds = 0;
  *p_fails = 1;
  for (size_t i = 0; i < curve->points; i++) {
    const StatsMean mean = mean_at(logs, curve, i);
    const double low = lower_end(rate->relation, curve->low[i]), high = log(curve->high[i]);
    *p_holds = fmax(*p_holds, stats_p_below(mean, high));
    *p_fails = fmin(*p_fails, stats_p_above(mean, high));
    sides++;
    if (isinf(low)) continue;
    *p_holds = fmax(*p_holds, stats_p_above(mean, low));
    *p_fails = fmin(*p_fails, stats_p_below(mean, low));
    sides++;
  }
  *p_fails = fmin(1, (double)sides * *p_fails);
}

static void measure_ratio(RateVerdict *out, const Logs *logs, const RateCurve *curve,
                          const Rate *rate) {
  out->ratio_low = INFINITY;
  out->ratio_high = 0;
  out->in_band = true;
  for (size_t k = 0; k < curve->seeds * curve->points; k++) {
    const size_t i = k % curve->points;
    const double ratio = curve->observable[k] / curve->rate[i];
    out->ratio_low = fmin(out->ratio_low, ratio);
    out->ratio_high = fmax(out->ratio_high, ratio);
    out->in_band = out->in_band && ratio <= curve->high[i] &&
                   logs->y[k] >= lower_end(rate->relation, curve->low[i]);
  }
}

/* Would a network that learns nothing be in the band, with a slope within the margin? */
static bool is_empty(const Logs *logs, const RateCurve *curve, const Rate *rate) {
  if (rate->baseline == NULL) return false;
  for (size_t i = 0; i < curve->points; i++) {
    if (!usable(curve->baseline[i])) return false;
    const double ratio = curve->baseline[i] / curve->rate[i];
    if (!(ratio <= curve->high[i]) || !(log(ratio) >= lower_end(rate->relation, curve->low[i])))
      return false;
  }
  const double slope = exact_slope(logs, curve->points, curve->baseline, curve->rate);
  return slope <= rate->margin && (rate->relation == RATE_UPPER || slope >= -rate->margin);
}

/* An alternative is tested as the rate is: the ratio to it has the slope of the ratio to the rate
   less the slope of alternative/rate, which is a number without error. */
static void measure_against(RateVerdict *out, const Logs *logs, const RateCurve *curve,
                            const Rate *rate) {
  out->against_count = curve->alternatives;
  for (size_t k = 0; k < curve->alternatives; k++) {
    RateAgainst *against = &out->against[k];
    double p_holds;
    against->slope =
        exact_slope(logs, curve->points, curve->alternative + k * curve->points, curve->rate);
    StatsMean slope = out->slope;
    slope.mean -= against->slope;
    const double margin =
        rate->relation == RATE_THETA ? fmin(rate->margin, fabs(against->slope) / 2) : rate->margin;
    test_slope(&p_holds, &against->p, slope, rate, margin);
    against->told_apart = against->p <= RATE_ERROR;
  }
}

/* The second opinion differs when it is on the other side of the margin, or off by half of it. */
static StatusCode measure_robust(RateVerdict *out, const Logs *logs, const RateCurve *curve,
                                 const Rate *rate, Error *err) {
  bool converged;
  TRY(stats_robust_slope(&out->robust, &out->robust_error, &converged, logs->y, curve->seeds,
                         logs->x, curve->points, err));
  if (!converged) out->robust = out->robust_error = NAN;
  const bool both = rate->relation == RATE_THETA;
  const double line = both ? fabs(out->slope.mean) : out->slope.mean;
  const double robust = both ? fabs(out->robust) : out->robust;
  const bool near = fabs(out->robust - out->slope.mean) <= fmax(rate->margin / 2, 0.05);
  out->robust_differs = !near || (line <= rate->margin) != (robust <= rate->margin);
  return STATUS_OK;
}

static StatusCode measure(RateVerdict *out, const Logs *logs, const RateCurve *curve,
                          const Rate *rate, Error *err) {
  double slope_holds, slope_fails, band_holds, band_fails, end_holds, end_fails;
  out->slope = contrast(logs, curve, logs->slope);
  out->end_slope = contrast(logs, curve, logs->end_slope);
  stats_interval(&out->slope_low, &out->slope_high, out->slope, RATE_LEVEL);
  stats_interval(&out->end_low, &out->end_high, out->end_slope, RATE_LEVEL);
  test_slope(&slope_holds, &slope_fails, out->slope, rate, rate->margin);
  test_slope(&end_holds, &end_fails, out->end_slope, rate, rate->margin);
  test_band(&band_holds, &band_fails, logs, curve, rate);
  out->p_holds = fmax(slope_holds, band_holds);
  out->p_fails = fmin(1, 2 * fmin(slope_fails, band_fails));
  out->out_of_slope = slope_fails <= band_fails;
  out->curved_away = end_fails <= RATE_ERROR;
  out->fit = stats_fit(logs->y, curve->seeds, logs->x, curve->points);
  out->empty = is_empty(logs, curve, rate);
  measure_ratio(out, logs, curve, rate);
  measure_against(out, logs, curve, rate);
  return measure_robust(out, logs, curve, rate, err);
}

StatusCode rate_measure(RateVerdict *out, const Rate *rate, const RateCurve *curve, Error *err) {
  const StatsMean none = {NAN, NAN, 0};
  *out = (RateVerdict){.kind = VERDICT_INCONCLUSIVE,
                       .slope = none,
                       .end_slope = none,
                       .slope_low = NAN,
                       .slope_high = NAN,
                       .end_low = NAN,
                       .end_high = NAN,
                       .ratio_low = NAN,
                       .ratio_high = NAN,
                       .robust = NAN,
                       .robust_error = NAN,
                       .fit = {NAN, NAN, NAN},
                       .p_holds = 1,
                       .p_fails = 1,
                       .adjusted_holds = 1,
                       .adjusted_fails = 1,
                       .unmet = curve->unmet > 0,
                       .obstacle = find_obstacle(curve)};
  if (out->obstacle != NULL) return STATUS_OK;
  Logs logs;
  TRY(logs_open(&logs, curve, err));
  const StatusCode code = measure(out, &logs, curve, rate, err);
  logs_clear(&logs);
  return code;
}

/* ---- the family ---- */

static VerdictKind kind_of(const RateVerdict *v) {
  if (v->unmet) return VERDICT_UNMET;
  if (v->looked) return VERDICT_INCONCLUSIVE;
  if (v->p_fails <= RATE_ERROR && v->adjusted_fails <= RATE_FAMILY_RATES) return VERDICT_FAILS;
  const bool certain = v->p_holds <= RATE_ERROR && v->adjusted_holds <= RATE_FAMILY_RATES;
  if (!certain || !v->in_band || v->curved_away) return VERDICT_INCONCLUSIVE;
  return v->empty ? VERDICT_VACUOUS : VERDICT_HOLDS;
}

/* HOLDS and FAILS are two families, each corrected by Holm's method to half of the rates' share of
   the error; that is shown as twice the adjusted p-value. */
StatusCode rate_decide(RateVerdict *verdict, size_t count, Error *err) {
  double *p = array_alloc(4 * count, sizeof *p);
  if (p == NULL) return error_memory(err, "rates");
  for (size_t i = 0; i < count; i++) {
    p[i] = verdict[i].p_holds;
    p[count + i] = verdict[i].p_fails;
  }
  stats_holm(p + 2 * count, p, count);
  stats_holm(p + 3 * count, p + count, count);
  for (size_t i = 0; i < count; i++) {
    verdict[i].adjusted_holds = fmin(1, 2 * p[2 * count + i]);
    verdict[i].adjusted_fails = fmin(1, 2 * p[3 * count + i]);
    verdict[i].kind = kind_of(&verdict[i]);
  }
  free(p);
  return STATUS_OK;
}

/* ---- words ---- */

void rate_say(Words *words, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(words->text + words->used, words->size - words->used, format, args);
  va_end(args);
  if (length > 0)
    words->used =
        words->used + (size_t)length < words->size ? words->used + (size_t)length : words->size - 1;
}

static const char *within(const Rate *rate) {
  return rate->relation == RATE_THETA ? "within +-" : "at most ";
}

/* Why not HOLDS, in the order in which kind_of asks. */
static void say_why(Words *words, const RateVerdict *v, const Rate *rate) {
  if (v->kind == VERDICT_VACUOUS)
    rate_say(words, "; but a network that learns nothing would hold as well");
  if (v->kind == VERDICT_FAILS)
    rate_say(words, "; %s",
             v->out_of_slope ? "certainly not" : "the ratio is certainly out of its band");
  if (v->kind != VERDICT_INCONCLUSIVE) return;
  if (v->looked)
    rate_say(words, "; seeds were added after a look: the t tests' level is not kept");
  else if (v->p_holds <= RATE_ERROR && v->adjusted_holds > RATE_FAMILY_RATES)
    rate_say(words, "; not certain enough beside the other rates of this file");
  else if (v->p_holds > RATE_ERROR)
    rate_say(words, "; not certainly %s%g and in the band, nor certainly not", within(rate),
             rate->margin);
  else if (!v->in_band)
    rate_say(words, "; some runs are out of the band");
  else
    rate_say(words, "; but bent: at the end the slope is certainly not %s%g", within(rate),
             rate->margin);
}

static void say_against(Words *words, const RateVerdict *v, const Rate *rate) {
  for (size_t k = 0; k < v->against_count; k++) {
    char *text = NULL;
    Error ignored; /* without its formula an alternative is still numbered */
    if (formula_print(&text, rate->alternative[k], &ignored) != STATUS_OK) text = NULL;
    rate_say(words, "; %s would have slope %.3f: %s", text != NULL ? text : "an alternative",
             v->against[k].slope,
             v->against[k].told_apart       ? "refused"
             : rate->relation == RATE_UPPER ? "not refused, the bound may not be tight"
                                            : "NOT distinguishable on this range");
    free(text);
  }
}

void rate_explain(RateVerdict *verdict, const Rate *rate, const RateCurve *curve) {
  Words words = {verdict->reason, sizeof verdict->reason, 0};
  const char *along = param_info[rate->along].key;
  if (curve->points > 0)
    rate_say(&words, "%s = %.6g ... %.6g, %zu points, %zu seeds", along, curve->x[0],
             curve->x[curve->points - 1], curve->points, curve->seeds);
  if (verdict->obstacle != NULL) {
    rate_say(&words, "%s%s", curve->points > 0 ? ": " : "", verdict->obstacle);
    return;
  }
  rate_say(&words, ": ratio %.3g ... %.3g; slope %.3f [%.3f, %.3f], margin %s%g",
           verdict->ratio_low, verdict->ratio_high, verdict->slope.mean, verdict->slope_low,
           verdict->slope_high, within(rate), rate->margin);
  say_why(&words, verdict, rate);
  if (!(verdict->slope.error > 0)) rate_say(&words, "; no spread between the seeds");
  say_against(&words, verdict, rate);
  rate_say(&words,
           "; means leave the line by up to %.2g %% (lack of fit p = %.2g), slope at the end %.3f "
           "[%.3f, %.3f]",
           100 * expm1(verdict->fit.largest), verdict->fit.p, verdict->end_slope.mean,
           verdict->end_low, verdict->end_high);
  if (isnan(verdict->robust))
    rate_say(&words, "; robust regression did not settle");
  else
    rate_say(&words, "; robust regression %s: %.3f",
             verdict->robust_differs ? "DISAGREES" : "agrees", verdict->robust);
}
