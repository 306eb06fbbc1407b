/* lemma.c -- verdicts on the lemmas: limits of a probability against its bound, point by point. */
#include "verify/lemma.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/stop.h"
#include "verify/stats.h"

#define PRECISION 128 /* bits, of bounds and thresholds */
#define SEED 1        /* of the streams: verdicts on lemmas do not depend on a run */

/* ---- a point ---- */

/* *hits := in how many of the samples X reaches the threshold. Sample i of point k of the file is
   drawn from stream index k 2^32 + i. */
static StatusCode draw(int64_t *hits, const Lemma *lemma, size_t point, double threshold,
                       Error *err) {
  const LemmaPoint *at = &lemma->point[point];
  double *work = array_alloc(at->variable->room(at->argument), sizeof *work);
  if (work == NULL) return error_memory(err, "samples");
  const uint64_t first = (uint64_t)(lemma->first_point + point) << 32;
  StatusCode code = STATUS_OK;
  *hits = 0;
  for (int64_t i = 0; i < lemma->samples && code == STATUS_OK; i++) {
    Rng rng = rng_open(SEED, STREAM_LEMMA, first + (uint64_t)i);
    *hits += at->variable->reaches(at->argument, threshold, work, &rng);
    code = stop_check(err);
  }
  free(work);
  return code;
}

static double middle(const arb_t x) {
  return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* *threshold := the nearest double, *bound := the ball. */
static StatusCode evaluate(double *threshold, arb_t bound, const Lemma *lemma,
                           const LemmaPoint *point, Error *err) {
  FormulaValue value;
  formula_value_init(&value);
  StatusCode code = lemma_evaluate(&value, lemma->threshold, point, NULL, PRECISION, err);
  *threshold = middle(value.ball);
  if (code == STATUS_OK) code = lemma_evaluate(&value, lemma->bound, point, NULL, PRECISION, err);
  arb_set(bound, value.ball);
  formula_value_clear(&value);
  return code;
}

/* The verdict that limits and bound give, with its reason. */
static void decide(LemmaVerdict *out, const Lemma *lemma, const arb_t bound) {
  arb_t lower, upper, one;
  arb_init(lower);
  arb_init(upper);
  arb_init(one);
  arb_set_d(lower, out->lower);
  arb_set_d(upper, out->upper);
  arb_one(one);
  const long long hits = out->hits, samples = out->tries;
  const double alpha = (1 - lemma->level) / (double)lemma->point_count;
  const double finest = -expm1(log(alpha / 2) / (double)samples);
  if (!arb_is_finite(bound) || !isfinite(out->threshold)) {
    out->kind = VERDICT_INCONCLUSIVE;
    snprintf(out->reason, sizeof out->reason, "threshold or bound is not finite");
  } else if (truth_compare(bound, RELATION_GE, one) == TRUTH_TRUE) {
    out->kind = VERDICT_VACUOUS;
    snprintf(out->reason, sizeof out->reason, "the bound is 1 or more, as every probability is");
  } else if (truth_compare(upper, RELATION_LT, bound) == TRUTH_TRUE) {
    out->kind = VERDICT_HOLDS;
    snprintf(out->reason, sizeof out->reason, "%lld of %lld samples, P is below %.6g", hits,
             samples, out->upper);
  } else if (truth_compare(lower, RELATION_GT, bound) == TRUTH_TRUE) {
    out->kind = VERDICT_FAILS;
    snprintf(out->reason, sizeof out->reason, "%lld of %lld samples, P is above %.6g", hits,
             samples, out->lower);
  } else {
    out->kind = VERDICT_INCONCLUSIVE;
    snprintf(out->reason, sizeof out->reason, "%lld of %lld samples, P is between %.6g and %.6g%s",
             hits, samples, out->lower, out->upper,
             out->bound <= finest ? ": so few samples cannot tell so small a bound" : "");
  }
  arb_clear(lower);
  arb_clear(upper);
  arb_clear(one);
}

StatusCode lemma_judge_point(LemmaVerdict *out, const Lemma *lemma, size_t point, Error *err) {
  if (lemma->method == LEMMA_CERTIFIED) return lemma_certify(out, lemma, &lemma->point[point], err);
  *out = (LemmaVerdict){.tries = lemma->samples};
  arb_t bound;
  arb_init(bound);
  StatusCode code = evaluate(&out->threshold, bound, lemma, &lemma->point[point], err);
  if (code == STATUS_OK) code = draw(&out->hits, lemma, point, out->threshold, err);
  if (code == STATUS_OK) {
    out->bound = middle(bound);
    out->estimate = (double)out->hits / (double)out->tries;
    out->ratio = out->estimate / out->bound;
    stats_limits(&out->lower, &out->upper, out->hits, out->tries,
                 (1 - lemma->level) / (double)lemma->point_count);
    decide(out, lemma, bound);
  }
  arb_clear(bound);
  return code;
}

/* ---- a lemma ---- */

/* FAILS before INCONCLUSIVE before HOLDS before VACUOUS. */
static int weight(VerdictKind kind) {
  return kind == VERDICT_FAILS          ? 3
         : kind == VERDICT_INCONCLUSIVE ? 2
         : kind == VERDICT_HOLDS        ? 1
                                        : 0;
}

static void summarize(LemmaVerdict *summary, const LemmaVerdict *points, const Lemma *lemma) {
  size_t worst = 0, decisive = 0, same = 0;
  for (size_t i = 1; i < lemma->point_count; i++) {
    if (points[i].ratio > points[worst].ratio) worst = i;
    if (weight(points[i].kind) > weight(points[decisive].kind)) decisive = i;
  }
  *summary = points[worst];
  summary->kind = points[decisive].kind;
  summary->tries = summary->hits = 0;
  for (size_t i = 0; i < lemma->point_count; i++) {
    summary->tries += points[i].tries;
    summary->hits += points[i].hits;
    same += points[i].kind == summary->kind;
  }
  char place[96];
  lemma_point_text(place, sizeof place,
                   &lemma->point[summary->kind == VERDICT_HOLDS ? worst : decisive]);
  if (summary->kind == VERDICT_HOLDS && lemma->method == LEMMA_CERTIFIED)
    snprintf(summary->reason, sizeof summary->reason,
             "certified in %lld pieces on %zu interval%s; closest at x = %.6g",
             (long long)summary->tries, lemma->point_count, lemma->point_count > 1 ? "s" : "",
             points[worst].threshold);
  else if (summary->kind == VERDICT_HOLDS)
    snprintf(summary->reason, sizeof summary->reason,
             "at %zu of %zu points, at %.6g %% confidence for all together; closest at %s", same,
             lemma->point_count, 100 * lemma->level, place);
  else
    snprintf(summary->reason, sizeof summary->reason, "at %zu of %zu points, first at %s: %.120s",
             same, lemma->point_count, place, points[decisive].reason);
}

StatusCode lemma_judge(LemmaVerdict *summary, LemmaVerdict *points, const Lemma *lemma,
                       Error *err) {
  for (size_t i = 0; i < lemma->point_count; i++)
    TRY(lemma_judge_point(&points[i], lemma, i, err));
  summarize(summary, points, lemma);
  return STATUS_OK;
}

void lemma_point_text(char *out, size_t size, const LemmaPoint *point) {
  out[0] = '\0';
  for (size_t i = 0, used = 0; i < point->number_count && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s=%.6g", i > 0 ? ", " : "",
                             point->number[i].name, point->number[i].value);
}

/* ---- the store ---- */

/* *out := "P(X >= threshold) <= bound" in formulas; malloc'ed. */
static StatusCode formula_text(char **out, const Lemma *lemma, Error *err) {
  char *threshold = NULL, *bound = NULL;
  *out = NULL;
  StatusCode code = formula_print(&bound, lemma->bound, err);
  if (code == STATUS_OK && lemma->threshold != NULL)
    code = formula_print(&threshold, lemma->threshold, err);
  if (code == STATUS_OK) {
    const char *left = threshold != NULL ? threshold : "x";
    const size_t size = strlen(left) + strlen(bound) + 32;
    *out = array_alloc(size, 1);
    if (*out != NULL)
      snprintf(*out, size, "P(%s >= %s) <= %s", threshold != NULL ? "X" : "Z", left, bound);
    else
      code = error_memory(err, "lemmas");
  }
  free(threshold);
  free(bound);
  return code;
}

static StatusCode keep(Store *store, const Lemma *lemma, const char *formula, size_t point,
                       const char *parameters, const LemmaVerdict *verdict, Error *err) {
  const LemmaRow row = {.claim = lemma->id,
                        .point = (int64_t)point,
                        .title = lemma->title,
                        .statement = lemma->statement,
                        .trust = trust_text(lemma->trust),
                        .source = lemma->source,
                        .formula = formula,
                        .parameters = parameters,
                        .verdict = verdict_text(verdict->kind),
                        .reason = verdict->reason,
                        .certified = lemma->method == LEMMA_CERTIFIED,
                        .tries = verdict->tries,
                        .hits = verdict->hits,
                        .estimate = verdict->estimate,
                        .lower = verdict->lower,
                        .upper = verdict->upper,
                        .bound = verdict->bound,
                        .ratio = verdict->ratio};
  return store_add_lemma(store, &row, err);
}

static StatusCode judge_into(Store *store, const Lemma *lemma, const char *formula, Error *err) {
  LemmaVerdict summary, *points = array_alloc(lemma->point_count, sizeof *points);
  if (points == NULL) return error_memory(err, "lemmas");
  char text[160];
  StatusCode code = lemma_judge(&summary, points, lemma, err);
  if (code == STATUS_OK) {
    snprintf(text, sizeof text, "%zu points", lemma->point_count);
    code = keep(store, lemma, formula, 0, text, &summary, err);
  }
  for (size_t i = 0; i < lemma->point_count && code == STATUS_OK; i++) {
    const LemmaVariable *variable = lemma->point[i].variable;
    char numbers[112];
    lemma_point_text(numbers, sizeof numbers, &lemma->point[i]);
    snprintf(text, sizeof text, "%s%s%s", variable != NULL ? variable->name : "",
             variable != NULL ? ": " : "", numbers);
    code = keep(store, lemma, formula, i + 1, text, &points[i], err);
  }
  free(points);
  return code;
}

StatusCode lemma_judge_set(Store *store, const LemmaSet *set, Error *err) {
  TRY(store_clear_lemmas(store, err));
  for (size_t i = 0; i < set->count; i++) {
    char *formula;
    StatusCode code = formula_text(&formula, &set->lemma[i], err);
    if (code == STATUS_OK) code = judge_into(store, &set->lemma[i], formula, err);
    free(formula);
    TRY(code);
  }
  return STATUS_OK;
}
