/* rate_store.c -- the rates of a whole sweep: which runs belong together, what each entry is on
 * each of them, and the verdicts as rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/judge.h"
#include "verify/rate_internal.h"
#include "verify/scope.h"
#include "verify/stage.h"

#define EXPECTED_SEEDS 5 /* the record speaks of sweeps with at least so many */

/* ---- measuring: every entry on every run ---- */

/* What measuring and judging share; measured: (set->count, grid.count). */
typedef struct {
  Store *store;
  const RateSet *set;
  const ClaimSet *claims;
  Grid grid;
  Measured *measured;
  bool looked; /* the number of seeds was not fixed beforehand */
  Error *err;
} Job;

/* *out := a formula of the entry on a run, NaN when it has no value there. */
static StatusCode evaluate(double *out, const Formula *formula, Scope *scope, slong prec,
                           Error *err) {
  *out = NAN;
  if (formula == NULL) return STATUS_OK;
  FormulaValue value;
  formula_value_init(&value);
  const StatusCode code = formula_eval(&value, formula, &scope->formula_scope, prec, err);
  if (code == STATUS_OK) *out = arf_get_d(arb_midref(value.ball), ARF_RND_NEAR);
  formula_value_clear(&value);
  return code == STATUS_DATA ? STATUS_OK : code;
}

static StatusCode measure_formulas(Measured *out, const Rate *rate, Scope *scope, slong prec,
                                   Error *err) {
  TRY(evaluate(&out->rate, rate->claim->bound, scope, prec, err));
  TRY(evaluate(&out->low, rate->claim->low, scope, prec, err));
  TRY(evaluate(&out->high, rate->claim->high, scope, prec, err));
  TRY(evaluate(&out->baseline, rate->baseline, scope, prec, err));
  for (size_t k = 0; k < rate->alternative_count; k++)
    TRY(evaluate(&out->alternative[k], rate->alternative[k], scope, prec, err));
  if (rate->relation == RATE_UPPER) out->low = 0;
  return STATUS_OK;
}

static StatusCode measure_rate(Measured *out, const Rate *rate, const Trace *trace, Error *err) {
  Scope scope;
  StatusCode code = scope_open(&scope, rate->claim, trace, FORMULA_PRECISION, err);
  if (code == STATUS_OK) code = measure_formulas(out, rate, &scope, FORMULA_PRECISION, err);
  scope_close(&scope);
  if (code != STATUS_OK) return code;
  const Claim *observed = rate->of_id != NULL ? rate->of : rate->claim;
  out->observable = NAN;
  return observed != NULL ? stage_observable(&out->observable, observed, trace, err) : STATUS_OK;
}

/* The claim that an entry is about: the one it names, or the one whose id it has; NULL: none. */
static const Claim *claim_about(const Rate *rate, const ClaimSet *claims) {
  return rate->of_id != NULL ? rate->of : claims_find(claims, rate->claim->id);
}

static StatusCode measure_verdict(Measured *out, const Claim *claim, const Trace *trace,
                                  Error *err) {
  out->kind = VERDICT_INCONCLUSIVE;
  if (claim == NULL) return STATUS_OK;
  Verdict verdict;
  verdict_init(&verdict);
  const StatusCode code = claim_judge(&verdict, claim, trace, NULL, err);
  out->kind = verdict.kind;
  verdict_clear(&verdict);
  return code;
}

static StatusCode measure_trace(Job *job, size_t run, const Trace *trace) {
  StageTimes times;
  TRY(stage_times(&times, job->claims, trace, job->err));
  const StageRow row = {trace->info.id, times.scale, times.t_P, times.t_Q, times.t_X};
  TRY(store_add_stage(job->store, &row, job->err));
  for (size_t i = 0; i < job->set->count; i++) {
    const Rate *rate = &job->set->rate[i];
    Measured *out = &job->measured[i * job->grid.count + run];
    TRY(measure_verdict(out, claim_about(rate, job->claims), trace, job->err));
    if (!rate->probability) TRY(measure_rate(out, rate, trace, job->err));
  }
  return STATUS_OK;
}

static StatusCode measure_all(Job *job) {
  for (size_t run = 0; run < job->grid.count; run++) {
    Trace trace = {0};
    StatusCode code = trace_load(&trace, job->store, job->grid.run[run].id, job->err);
    if (code == STATUS_OK) code = measure_trace(job, run, &trace);
    trace_clear(&trace);
    TRY(code);
  }
  return STATUS_OK;
}

/* ---- series ---- */

static bool same_reading(Reading a, Reading b) {
  return a.gate == b.gate && a.loss == b.loss;
}

static StatusCode join_series(Series *series, size_t *count, const Grid *grid, size_t run,
                              const char *place, Error *err) {
  const Reading reading = grid->run[run].params.reading;
  size_t k = 0;
  while (k < *count &&
         !(same_reading(series[k].reading, reading) && strcmp(series[k].place, place) == 0))
    k++;
  if (k == *count) {
    Series *new = &series[k];
    new->run = array_alloc(grid->count, sizeof *new->run);
    if (new->run == NULL) return error_memory(err, "series of runs");
    new->reading = reading;
    snprintf(new->place, sizeof new->place, "%s", place);
    *count += 1;
  }
  series[k].run[series[k].count++] = run;
  return STATUS_OK;
}

StatusCode series_find(Series **out, size_t *count, const Grid *grid, const char *along,
                       Error *err) {
  *count = 0;
  *out = array_alloc(grid->count, sizeof **out);
  if (*out == NULL) return error_memory(err, "series of runs");
  for (size_t run = 0; run < grid->count; run++) {
    char place[GRID_PLACE_SIZE] = "";
    if (along != NULL && grid_axis(grid, grid->run[run].id, along) == NULL) continue;
    if (along != NULL) grid_place(place, grid, grid->run[run].id, along);
    const StatusCode code = join_series(*out, count, grid, run, place, err);
    if (code == STATUS_OK) continue;
    series_free(*out, *count);
    return code;
  }
  return STATUS_OK;
}

void series_free(Series *series, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(series[i].run);
  free(series);
}

/* ---- curves ---- */

/* Inserts x into the increasing list unless it is there. */
static void insert(double *list, size_t *count, double x) {
  size_t at = 0;
  while (at < *count && list[at] < x)
    at++;
  if (at < *count && list[at] == x) return;
  memmove(list + at + 1, list + at, (*count - at) * sizeof *list);
  list[at] = x;
  *count += 1;
}

/* The run of a point and a seed, or none (count). */
static size_t find_run(const Job *job, const Series *series, const char *along, double x,
                       int64_t seed) {
  for (size_t i = 0; i < series->count; i++) {
    const RunInfo *run = &job->grid.run[series->run[i]];
    if (run->params.seed == seed && grid_axis(&job->grid, run->id, along)->value == x)
      return series->run[i];
  }
  return job->grid.count;
}

static void put_point(RateCurve *curve, size_t point, const Measured *m) {
  curve->rate[point] = m->rate;
  curve->low[point] = m->low;
  curve->high[point] = m->high;
  curve->baseline[point] = m->baseline;
  for (size_t k = 0; k < curve->alternatives; k++)
    curve->alternative[k * curve->points + point] = m->alternative[k];
}

/* Fills in the seeds that have a run at every point; *left_out := how many have not. */
static void fill_curve(RateCurve *curve, size_t *left_out, const Job *job, const Series *series,
                       const Measured *measured, const char *along, const double *seeds,
                       size_t seed_count) {
  *left_out = 0;
  curve->seeds = 0;
  curve->unmet = 0;
  for (size_t j = 0; j < seed_count; j++) {
    bool complete = true;
    for (size_t i = 0; i < curve->points && complete; i++)
      complete = find_run(job, series, along, curve->x[i], (int64_t)seeds[j]) < job->grid.count;
    *left_out += !complete;
    if (!complete) continue;
    curve->seed[curve->seeds] = (int64_t)seeds[j];
    for (size_t i = 0; i < curve->points; i++) {
      const size_t run = find_run(job, series, along, curve->x[i], (int64_t)seeds[j]);
      curve->observable[curve->seeds * curve->points + i] = measured[run].observable;
      curve->unmet += measured[run].kind == VERDICT_UNMET;
      put_point(curve, i, &measured[run]);
    }
    curve->seeds++;
  }
}

/* Seeds are whole numbers; as doubles they are told apart up to 2^53. */
static StatusCode make_curve(RateCurve *out, size_t *left_out, const Job *job, const Rate *rate,
                             const Series *series, const Measured *measured) {
  const char *along = param_info[rate->along].key;
  double *x = array_alloc(series->count + 1, sizeof *x);
  double *seeds = array_alloc(series->count + 1, sizeof *seeds);
  size_t points = 0, seed_count = 0;
  StatusCode code = x != NULL && seeds != NULL ? STATUS_OK : error_memory(job->err, "a curve");
  for (size_t i = 0; i < series->count && code == STATUS_OK; i++) {
    const RunInfo *run = &job->grid.run[series->run[i]];
    insert(x, &points, grid_axis(&job->grid, run->id, along)->value);
    insert(seeds, &seed_count, (double)run->params.seed);
  }
  if (code == STATUS_OK)
    code = rate_curve_open(out, points, seed_count, rate->alternative_count, job->err);
  if (code == STATUS_OK) {
    memcpy(out->x, x, points * sizeof *x);
    fill_curve(out, left_out, job, series, measured, along, seeds, seed_count);
  }
  free(x);
  free(seeds);
  return code;
}

/* ---- verdicts ---- */

/* A rate on a series, until all of them are decided together. */
typedef struct {
  const Rate *rate;
  RateCurve curve;
  size_t left_out;
  const RateExpectation *expected;
  char place[GRID_PLACE_SIZE];
  Reading reading;
} Judgement;

StatusCode rate_expected(const RateExpectation **expected, const Rate *rate, const Grid *grid,
                         const Series *series, double from, double to, Error *err) {
  *expected = NULL;
  const RunInfo *first = &grid->run[series->run[0]];
  for (size_t i = 0; i < rate->expected_count; i++) {
    const RateExpectation *e = &rate->expected[i];
    const bool reading = e->reading == EXPECTED_ALL_READINGS ||
                         same_reading(readings_all[e->reading], series->reading);
    if (!reading || e->from != from || e->to != to || series->place[0] != '\0' ||
        strcmp(e->instance, first->params.instance) != 0)
      continue;
    bool shipped = true;
    for (size_t k = 0; k < series->count && shipped; k++)
      TRY(grid_is_shipped(&shipped, grid, &grid->run[series->run[k]], err));
    if (shipped) *expected = e;
  }
  return STATUS_OK;
}

static StatusCode measure_series(Judgement *out, RateVerdict *verdict, const Job *job,
                                 const Rate *rate, const Series *series) {
  const Measured *measured = job->measured + (size_t)(rate - job->set->rate) * job->grid.count;
  out->rate = rate;
  out->reading = series->reading;
  snprintf(out->place, sizeof out->place, "%s", series->place);
  TRY(make_curve(&out->curve, &out->left_out, job, rate, series, measured));
  TRY(rate_measure(verdict, rate, &out->curve, job->err));
  verdict->looked = job->looked;
  if (out->curve.seeds < EXPECTED_SEEDS || job->looked) return STATUS_OK;
  return rate_expected(&out->expected, rate, &job->grid, series, out->curve.x[0],
                       out->curve.x[out->curve.points - 1], job->err);
}

static StatusCode formula_line(char *out, size_t size, const Rate *rate, Error *err) {
  const Formula *const part[] = {rate->of_id == NULL ? rate->claim->observable
                                 : rate->of != NULL  ? rate->of->observable
                                                     : NULL,
                                 rate->claim->bound, rate->claim->low, rate->claim->high};
  char *text[4] = {NULL, NULL, NULL, NULL};
  StatusCode code = STATUS_OK;
  for (int k = 0; k < 4 && code == STATUS_OK; k++)
    if (part[k] != NULL) code = formula_print(&text[k], part[k], err);
  if (code == STATUS_OK)
    snprintf(out, size, "%s = %s(%s) along %s, ratio %s%s%s%s", text[0] ? text[0] : rate->of_id,
             rate->relation == RATE_THETA ? "Theta" : "O", text[1], param_info[rate->along].key,
             text[2] ? "within [" : "at most ", text[2] ? text[2] : "", text[2] ? ", " : "",
             text[3]);
  if (code == STATUS_OK && text[2] && strlen(out) + 1 < size) strcat(out, "]");
  for (int k = 0; k < 4; k++)
    free(text[k]);
  return code;
}

static RatePointRow no_point(int64_t rate, const char *kind) {
  return (RatePointRow){
      .rate = rate, .kind = kind, .name = "", .x = NAN, .value = NAN, .lower = NAN, .upper = NAN};
}

/* The runs of each point, their mean with its limits, and the band. */
static StatusCode add_points(Store *store, int64_t rate, const RateCurve *curve, Error *err) {
  double *logs = array_alloc(curve->seeds, sizeof *logs);
  if (logs == NULL) return error_memory(err, "points of a rate");
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < curve->points && code == STATUS_OK; i++) {
    for (size_t j = 0; j < curve->seeds && code == STATUS_OK; j++) {
      RatePointRow run = no_point(rate, "run");
      run.x = curve->x[i];
      run.seed = curve->seed[j];
      run.value = curve->observable[j * curve->points + i] / curve->rate[i];
      logs[j] = log(run.value);
      code = store_add_rate_point(store, &run, err);
    }
    RatePointRow mean = no_point(rate, "mean"), band = no_point(rate, "band");
    const StatsMean of_logs = stats_mean(logs, curve->seeds);
    stats_interval(&mean.lower, &mean.upper, of_logs, RATE_LEVEL);
    mean.x = band.x = curve->x[i];
    mean.value = exp(of_logs.mean);
    mean.lower = exp(mean.lower);
    mean.upper = exp(mean.upper);
    band.lower = curve->low[i];
    band.upper = curve->high[i];
    if (code == STATUS_OK) code = store_add_rate_point(store, &mean, err);
    if (code == STATUS_OK) code = store_add_rate_point(store, &band, err);
  }
  free(logs);
  return code;
}

/* The course that the ratio would have if an alternative were true: through the mean of all. */
static StatusCode add_alternative(Store *store, int64_t rate, const RateCurve *curve,
                                  const RateVerdict *verdict, size_t k, const char *name,
                                  Error *err) {
  const double *alternative = curve->alternative + k * curve->points;
  double shift = 0;
  for (size_t i = 0; i < curve->points; i++) {
    shift -= log(alternative[i] / curve->rate[i]) / (double)curve->points;
    for (size_t j = 0; j < curve->seeds; j++)
      shift += log(curve->observable[j * curve->points + i] / curve->rate[i]) /
               (double)(curve->points * curve->seeds);
  }
  for (size_t i = 0; i < curve->points; i++) {
    RatePointRow row = no_point(rate, "alternative");
    row.name = name;
    row.x = curve->x[i];
    row.value = alternative[i] / curve->rate[i] * exp(shift);
    TRY(store_add_rate_point(store, &row, err));
  }
  RatePointRow against = no_point(rate, "against");
  against.name = name;
  against.value = verdict->against[k].slope;
  against.lower = verdict->against[k].p;
  against.seed = verdict->against[k].told_apart;
  return store_add_rate_point(store, &against, err);
}

static StatusCode add_alternatives(Store *store, int64_t id, const Judgement *judgement,
                                   const RateVerdict *verdict, Error *err) {
  for (size_t k = 0; k < verdict->against_count; k++) {
    char *name;
    TRY(formula_print(&name, judgement->rate->alternative[k], err));
    const StatusCode code = add_alternative(store, id, &judgement->curve, verdict, k, name, err);
    free(name);
    TRY(code);
  }
  return STATUS_OK;
}

static StatusCode keep(Job *job, const Judgement *judgement, RateVerdict *v) {
  const Rate *rate = judgement->rate;
  const RateCurve *curve = &judgement->curve;
  char formula[512];
  TRY(formula_line(formula, sizeof formula, rate, job->err));
  rate_explain(v, rate, curve);
  Words words = {v->reason, sizeof v->reason, strlen(v->reason)};
  if (v->unmet) rate_say(&words, ": %zu of %zu", curve->unmet, curve->points * curve->seeds);
  if (judgement->left_out > 0)
    rate_say(&words, "; %zu seeds left out, which lack runs", judgement->left_out);
  if (rate->of_id != NULL && rate->of == NULL)
    rate_say(&words, "; the claims file has no claim %s", rate->of_id);
  RateRow row = {
      .claim = rate->claim->id,
      .kind = "rate",
      .title = rate->claim->title,
      .statement = rate->claim->statement,
      .trust = trust_text(rate->claim->trust),
      .source = rate->claim->source,
      .formula = formula,
      .along = param_info[rate->along].key,
      .place = judgement->place,
      .reading = reading_name(judgement->reading),
      .verdict = verdict_text(v->kind),
      .reason = v->reason,
      .expected = judgement->expected ? verdict_text(judgement->expected->verdict) : NULL,
      .expected_reason = judgement->expected ? judgement->expected->reason : NULL,
      .points = (int64_t)curve->points,
      .seeds = (int64_t)curve->seeds,
      .from = curve->x[0],
      .to = curve->x[curve->points - 1],
      .margin = rate->margin,
      .ratio_low = v->ratio_low,
      .ratio_high = v->ratio_high,
      .slope = v->slope.mean,
      .slope_low = v->slope_low,
      .slope_high = v->slope_high,
      .end_slope = v->end_slope.mean,
      .end_low = v->end_low,
      .end_high = v->end_high,
      .lack_of_fit = v->fit.p,
      .robust = v->robust,
      .robust_error = v->robust_error,
      .p_holds = v->p_holds,
      .p_fails = v->p_fails,
      .adjusted_holds = v->adjusted_holds,
      .adjusted_fails = v->adjusted_fails,
  };
  TRY(store_add_rate(job->store, &row, job->err));
  if (v->obstacle != NULL) return STATUS_OK;
  TRY(add_points(job->store, row.id, curve, job->err));
  return add_alternatives(job->store, row.id, judgement, v, job->err);
}

/* ---- all of it ---- */

/* All rates of the sweep are one family, so they are measured first, then decided, then kept. */
typedef struct {
  Judgement *judgement;
  RateVerdict *verdict;
  size_t count, room;
} Family;

static StatusCode measure_entry(Family *family, Job *job, const Rate *rate) {
  Series *series;
  size_t count;
  TRY(series_find(&series, &count, &job->grid, param_info[rate->along].key, job->err));
  StatusCode code = STATUS_OK;
  for (size_t k = 0; k < count && code == STATUS_OK; k++) {
    const size_t at = family->count++;
    code = measure_series(&family->judgement[at], &family->verdict[at], job, rate, &series[k]);
  }
  series_free(series, count);
  return code;
}

static StatusCode judge_rates(Family *family, Job *job) {
  family->room = job->set->count * job->grid.count; /* no more series than runs */
  family->judgement = array_alloc(family->room, sizeof *family->judgement);
  family->verdict = array_alloc(family->room, sizeof *family->verdict);
  if (family->judgement == NULL || family->verdict == NULL) return error_memory(job->err, "rates");
  for (size_t i = 0; i < job->set->count; i++)
    if (!job->set->rate[i].probability) TRY(measure_entry(family, job, &job->set->rate[i]));
  TRY(rate_decide(family->verdict, family->count, job->err));
  for (size_t i = 0; i < family->count; i++)
    TRY(keep(job, &family->judgement[i], &family->verdict[i]));
  return STATUS_OK;
}

/* *family := cells of all probability entries on all series: they share one error. */
static StatusCode count_cells(size_t *family, const Job *job, const Series *series, size_t count) {
  size_t entries = 0, cells;
  *family = 0;
  for (size_t i = 0; i < job->set->count; i++)
    entries += job->set->rate[i].probability;
  for (size_t k = 0; k < count; k++) {
    TRY(probability_cells(&cells, &job->grid, &series[k], job->err));
    *family += entries * cells;
  }
  return STATUS_OK;
}

static StatusCode judge_probabilities(Job *job) {
  Series *series;
  size_t count, family;
  TRY(series_find(&series, &count, &job->grid, NULL, job->err));
  StatusCode code = count_cells(&family, job, series, count);
  for (size_t i = 0; i < job->set->count; i++)
    for (size_t k = 0; k < count && code == STATUS_OK && job->set->rate[i].probability; k++)
      code = probability_judge(job->store, &job->set->rate[i], &job->grid, &series[k],
                               job->measured + i * job->grid.count, family, job->looked, job->err);
  series_free(series, count);
  return code;
}

static StatusCode find_looks(Job *job) {
  static const char *const key[] = {RATE_FACT_UNTIL, RATE_FACT_LOOKS};
  for (size_t k = 0; k < 2; k++) {
    char *value = NULL;
    TRY(store_get_fact(&value, job->store, key[k], job->err));
    job->looked = job->looked || value != NULL;
    free(value);
  }
  return STATUS_OK;
}

static StatusCode judge(Job *job) {
  job->measured = array_alloc(job->set->count * job->grid.count, sizeof *job->measured);
  if (job->measured == NULL) return error_memory(job->err, "rates");
  Family family = {0};
  StatusCode code = find_looks(job);
  if (code == STATUS_OK) code = measure_all(job);
  if (code == STATUS_OK) code = judge_rates(&family, job);
  if (code == STATUS_OK) code = judge_probabilities(job);
  for (size_t i = 0; i < family.count; i++)
    rate_curve_clear(&family.judgement[i].curve);
  free(family.judgement);
  free(family.verdict);
  free(job->measured);
  return code;
}

StatusCode rate_judge_store(Store *store, const RateSet *set, const ClaimSet *claims, Error *err) {
  Job job = {.store = store, .set = set, .claims = claims, .err = err};
  TRY(store_clear_rates(store, err));
  TRY(grid_load(&job.grid, store, err));
  const StatusCode code = job.grid.count > 0 ? judge(&job) : STATUS_OK;
  grid_clear(&job.grid);
  return code;
}
