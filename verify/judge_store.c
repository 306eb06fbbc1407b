/* judge_store.c -- the verdicts of a whole run store: which runs are judged, what goes into a row,
 * and how it all comes out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/claim_text.h"
#include "verify/judge.h"
#include "verify/remark.h"

#define PARAM_TEXT_SIZE 32

/* --------------------------------------------------------------------------------- choice of runs
 */

static bool same_parameter(const Params *a, const Params *b, ParamId id) {
  char x[PARAM_TEXT_SIZE], y[PARAM_TEXT_SIZE];
  params_format(x, sizeof x, a, id);
  params_format(y, sizeof y, b, id);
  return strcmp(x, y) == 0;
}

bool judge_same_params(const Params *a, const Params *b, bool with_reading) {
  for (int id = 0; id < PARAM_COUNT; id++) {
    const bool counts = with_reading || (id != PARAM_gate && id != PARAM_loss);
    if (counts && !same_parameter(a, b, (ParamId)id)) return false;
  }
  return true;
}

static bool is_double(const RunInfo *run) {
  return strcmp(run->engine, "double") == 0;
}

/* Whether a is the better run to judge on: enclosures before computed numbers, anything before
 * double, then precision, then age. */
static bool better(const RunInfo *a, const RunInfo *b) {
  static const char *const order[] = {"ball", "mpfr"};
  if ((a->gates > 0) != (b->gates > 0)) return a->gates > 0;
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    const bool of_a = strcmp(a->engine, order[i]) == 0, of_b = strcmp(b->engine, order[i]) == 0;
    if (of_a != of_b) return of_a;
  }
  return a->precision != b->precision ? a->precision > b->precision : a->id < b->id;
}

/* What-ifs are judged apart: what_if.h. */
bool judge_is_judged(const RunInfo *run, const RunInfo *runs, size_t count) {
  if (run->what_if[0] != '\0') return false;
  for (size_t i = 0; i < count; i++)
    if (judge_same_params(&run->params, &runs[i].params, true) && better(&runs[i], run))
      return false;
  return true;
}

static const RunInfo *find_companion(const RunInfo *run, const RunInfo *runs, size_t count) {
  if (is_double(run) || run->gates > 0 || strcmp(run->engine, "ball") == 0)
    return NULL; /* what is certified needs none */
  for (size_t i = 0; i < count; i++)
    if (is_double(&runs[i]) && runs[i].what_if[0] == '\0' &&
        judge_same_params(&run->params, &runs[i].params, true))
      return &runs[i];
  return NULL;
}

/* *name := of the built-in instance whose parameters, reading apart, these are; NULL when there is
   none. The ledger speaks of the instances as they are shipped, so a run with --set d=24 has no
   record there. */
static StatusCode recorded_instance(const char **name, const Params *params, Error *err) {
  *name = NULL;
  for (const char *const *known = instance_builtin_names; *known; known++) {
    if (strcmp(*known, params->instance) != 0) continue;
    Instance instance;
    Params shipped;
    TRY(instance_load(&instance, *known, err));
    const StatusCode code = params_resolve(&shipped, &instance, err);
    instance_clear(&instance);
    if (code != STATUS_OK) return code;
    if (judge_same_params(&shipped, params, false)) *name = *known;
  }
  return STATUS_OK;
}

/* ----------------------------------------------------------------------------------------- the
 * rows */

static double shown(bool has, const arb_t x) {
  return has ? arf_get_d(arb_midref(x), ARF_RND_NEAR) : NAN;
}

/* The texts of a row that are made for it. */
typedef struct {
  char *formula, *hypotheses, *blind, *value, *bound;
} RowTexts;

static StatusCode make_texts(RowTexts *out, const Remarked *remarked, const Verdict *verdict,
                             Error *err) {
  TRY(claim_formula_text(&out->formula, remarked->claim, err));
  TRY(claim_hypotheses_text(&out->hypotheses, remarked->claim, err));
  TRY(remark_blind(&out->blind, remarked, verdict, err));
  if (verdict->has_value) out->value = arb_dump_str(verdict->value);
  if (verdict->has_bound) out->bound = arb_dump_str(verdict->bound);
  return STATUS_OK;
}

static void free_texts(RowTexts *texts) {
  free(texts->formula);
  free(texts->hypotheses);
  free(texts->blind);
  flint_free(texts->value);
  flint_free(texts->bound);
}

static StatusCode add_row(Store *store, const Remarked *remarked, const Verdict *verdict,
                          const char *instance, Error *err) {
  const Claim *claim = remarked->claim;
  const RunInfo *run = &remarked->trace->info;
  const Expectation *expected = claim_expected(claim, instance, run->params.reading);
  RowTexts texts = {.formula = NULL};
  StatusCode code = make_texts(&texts, remarked, verdict, err);
  const VerdictRow row = {
      .run = run->id,
      .companion = remarked->companion ? remarked->companion->info.id : 0,
      .claim = claim->id,
      .title = claim->title,
      .statement = claim->statement,
      .trust = trust_text(claim->trust),
      .source = claim->source,
      .formula = texts.formula,
      .hypotheses = texts.hypotheses,
      .reading = reading_name(run->params.reading),
      .verdict = verdict_text(verdict->kind),
      .expected = expected ? verdict_text(expected->verdict) : NULL,
      .expected_reason = expected ? expected->reason : NULL,
      .reason = verdict->reason,
      .blind = texts.blind,
      .certified = verdict->certified,
      .value = texts.value,
      .bound = texts.bound,
      .value_double = shown(verdict->has_value, verdict->value),
      .bound_double = shown(verdict->has_bound, verdict->bound),
      .ratio = verdict->ratio,
      .slack = verdict->slack,
  };
  if (code == STATUS_OK) code = store_add_verdict(store, &row, err);
  free_texts(&texts);
  return code;
}

/* ------------------------------------------------------------------------------------------
 * judging */

/* The claims to judge: selected[i] says whether claim i is. */
typedef struct {
  const ClaimSet *set;
  const ClaimSet *facts; /* the shipped claims, which a stranger's may refer to */
  bool *selected;
} Selection;

static StatusCode judge_traces(Store *store, const Selection *selection, const Trace *trace,
                               const Trace *companion, Error *err) {
  const char *instance;
  TRY(recorded_instance(&instance, &trace->info.params, err));
  Verdict verdict;
  verdict_init(&verdict);
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < selection->set->count && code == STATUS_OK; i++) {
    const Claim *claim = &selection->set->claim[i];
    if (!selection->selected[i]) continue;
    const Remarked remarked = {selection->set, selection->facts, claim, trace, companion};
    code = claim_judge(&verdict, claim, trace, companion, err);
    if (code == STATUS_OK) code = remark_explained(&verdict, &remarked, err);
    if (code == STATUS_OK) code = add_row(store, &remarked, &verdict, instance, err);
  }
  verdict_clear(&verdict);
  return code;
}

static StatusCode judge_run(Store *store, const Selection *selection, const RunInfo *run,
                            const RunInfo *other, Error *err) {
  Trace trace = {0}, companion = {0};
  StatusCode code = trace_load(&trace, store, run->id, err);
  if (code == STATUS_OK && other) code = trace_load(&companion, store, other->id, err);
  if (code == STATUS_OK)
    code = judge_traces(store, selection, &trace, other ? &companion : NULL, err);
  trace_clear(&trace);
  trace_clear(&companion);
  return code;
}

static StatusCode judge_runs(Store *store, const Selection *selection, Error *err) {
  RunInfo *runs = NULL;
  size_t count = 0;
  TRY(store_list_runs(&runs, &count, store, err));
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < count && code == STATUS_OK; i++)
    if (judge_is_judged(&runs[i], runs, count))
      code = judge_run(store, selection, &runs[i], find_companion(&runs[i], runs, count), err);
  free(runs);
  return code;
}

StatusCode judge_store(Store *store, const ClaimSet *set, const char *const *only_ids,
                       size_t only_count, Error *err) {
  ClaimSet facts;
  TRY(claims_load(&facts, NULL, NULL, err));
  Selection selection = {set, &facts, array_alloc(set->count, sizeof *selection.selected)};
  StatusCode code = selection.selected ? STATUS_OK : error_memory(err, "a selection of claims");
  for (size_t i = 0; i < set->count && code == STATUS_OK; i++)
    selection.selected[i] = only_count == 0;
  for (size_t i = 0; i < only_count && code == STATUS_OK; i++)
    code = claims_select(selection.selected, set, only_ids[i], err);
  if (code == STATUS_OK) code = judge_runs(store, &selection, err);
  free(selection.selected);
  claims_clear(&facts);
  return code;
}

/* ---------------------------------------------------------------------------------------- outcome
 */

static bool tally_row(const VerdictRow *row, void *context) {
  Tally *tally = context;
  VerdictKind kind;
  if (!verdict_parse(&kind, row->verdict)) return true;
  tally->verdicts[kind]++;
  if (!row->expected) return true;
  tally->recorded++;
  if (strcmp(row->expected, row->verdict) != 0) tally->differing++;
  return true;
}

/* A lemma is a theorem: the verdict on record is HOLDS. */
static bool tally_lemma(const LemmaRow *row, void *context) {
  Tally *tally = context;
  VerdictKind kind;
  if (row->point > 0 || !verdict_parse(&kind, row->verdict)) return true;
  tally->verdicts[kind]++;
  tally->recorded++;
  if (kind != VERDICT_HOLDS) tally->differing++;
  return true;
}

static bool tally_rate(const RateRow *row, void *context) {
  Tally *tally = context;
  VerdictKind kind;
  if (!verdict_parse(&kind, row->verdict)) return true;
  tally->verdicts[kind]++;
  if (!row->expected) return true;
  tally->recorded++;
  if (strcmp(row->expected, row->verdict) != 0) tally->differing++;
  return true;
}

StatusCode tally_store(Tally *out, Store *store, Error *err) {
  *out = (Tally){0};
  TRY(store_each_verdict(store, tally_row, out, err));
  TRY(store_each_lemma(store, tally_lemma, out, err));
  return store_each_rate(store, tally_rate, out, err);
}

int tally_exit(const Tally *tally) {
  if (tally->verdicts[VERDICT_FAILS] > 0) return 1;
  return tally->verdicts[VERDICT_INCONCLUSIVE] > 0 ? 2 : 0;
}

int tally_exit_ledger(const Tally *tally) {
  return tally->differing > 0 ? 1 : 0;
}
