/* what_if.c -- what-ifs judged: which claims keep the verdict that they have on the base. */
#include "verify/what_if.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/judge.h"

/* A verdict on the base. */
typedef struct {
  char *claim, *verdict;
} BaseVerdict;

typedef struct {
  int64_t run; /* 0: none yet */
  BaseVerdict *verdict;
  size_t count, room;
  bool failed;
} Base;

static void base_clear(Base *base) {
  for (size_t i = 0; i < base->count; i++) {
    free(base->verdict[i].claim);
    free(base->verdict[i].verdict);
  }
  free(base->verdict);
}

/* Keeps the verdicts on the run of the first. */
static bool note_verdict(const VerdictRow *row, void *context) {
  Base *base = context;
  if (base->run == 0) base->run = row->run;
  if (row->run != base->run) return true;
  if (base->count == base->room) {
    const size_t room = 2 * base->room + 32;
    BaseVerdict *grown = realloc(base->verdict, room * sizeof *grown);
    if (grown == NULL) return !(base->failed = true);
    base->verdict = grown;
    base->room = room;
  }
  const BaseVerdict copy = {strdup(row->claim), strdup(row->verdict)};
  base->verdict[base->count++] = copy;
  base->failed = copy.claim == NULL || copy.verdict == NULL;
  return !base->failed;
}

/* ---- headline numbers ---- */

static double value_at(const Trace *trace, ObservableId id, int64_t step) {
  const int64_t at = trace_find(trace, step);
  return at < 0 ? NAN : arf_get_d(arb_midref(trace->value[id] + at), ARF_RND_NEAR);
}

/* log 2 rounded: the thresholds are no closer to any measured loss than a few digits. */
#define LOG_2 0.69314718055994531
static const char *learned(double K1, double K2) {
  static const char *const words[2][2] = {{"none", "Q"}, {"P", "P Q"}};
  return words[K1 <= LOG_2 / 2][K2 < 3 * LOG_2 / 4];
}

/* The row of a run, without verdicts and words. */
static WhatIfRow headline(const Trace *trace, int64_t base) {
  const int64_t t1 = trace->info.params.t1, end = t1 + trace->info.params.t2;
  WhatIfRow row = {
      .name = "base", .words = "", .settings = "", .run = trace->info.id, .base = base};
  row.K1_t1 = value_at(trace, OBS_K1, t1);
  row.K2_t1 = value_at(trace, OBS_K2, t1);
  row.K1_end = value_at(trace, OBS_K1, end);
  row.K2_end = value_at(trace, OBS_K2, end);
  row.learned_t1 = learned(row.K1_t1, row.K2_t1);
  row.learned_end = learned(row.K1_end, row.K2_end);
  return row;
}

/* ---- verdicts ---- */

/* Judges the base's claims on one run; *row counts them. */
static StatusCode judge_claims(WhatIfRow *row, Store *store, const ClaimSet *claims,
                               const Base *base, const Trace *trace, Error *err) {
  Verdict verdict;
  verdict_init(&verdict);
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < base->count && code == STATUS_OK; i++) {
    const BaseVerdict *known = &base->verdict[i];
    const Claim *claim = claims_find(claims, known->claim);
    if (claim == NULL) continue; /* not judged on single runs */
    code = claim_judge(&verdict, claim, trace, NULL, err);
    if (code != STATUS_OK) break;
    const WhatIfVerdictRow found = {.what_if = row->name,
                                    .claim = claim->id,
                                    .verdict = verdict_text(verdict.kind),
                                    .base = known->verdict,
                                    .reason = verdict.reason};
    row->judged++;
    row->kept += strcmp(found.verdict, found.base) == 0;
    code = store_add_what_if_verdict(store, &found, err);
  }
  verdict_clear(&verdict);
  return code;
}

static StatusCode judge_one(Store *store, const ClaimSet *claims, const WhatIf *what_if,
                            const Base *base, int64_t run, Error *err) {
  Trace trace = {0};
  char *settings = NULL;
  StatusCode code = what_if_settings(&settings, what_if, err);
  if (code == STATUS_OK) code = trace_load(&trace, store, run, err);
  if (code == STATUS_OK) {
    WhatIfRow row = headline(&trace, base->run);
    row.name = what_if->name;
    row.words = what_if->words;
    row.settings = settings;
    code = judge_claims(&row, store, claims, base, &trace, err);
    if (code == STATUS_OK) code = store_add_what_if(store, &row, err);
  }
  trace_clear(&trace);
  free(settings);
  return code;
}

/* The base's own row. */
static StatusCode judge_base(Store *store, const Base *base, Error *err) {
  Trace trace = {0};
  StatusCode code = trace_load(&trace, store, base->run, err);
  if (code == STATUS_OK) {
    WhatIfRow row = headline(&trace, base->run);
    row.kept = row.judged = (int64_t)base->count;
    code = store_add_what_if(store, &row, err);
  }
  trace_clear(&trace);
  return code;
}

static StatusCode judge_all(Store *store, const ClaimSet *claims, const WhatIfSet *what_ifs,
                            const Base *base, const RunInfo *runs, size_t count, Error *err) {
  bool any = false;
  for (size_t i = 0; i < count; i++) {
    if (runs[i].what_if[0] == '\0') continue;
    const WhatIf *what_if = what_ifs_find(what_ifs, runs[i].what_if);
    if (what_if == NULL)
      return error_set(err, STATUS_INTERNAL, "run %lld belongs to an unknown what-if '%s'",
                       (long long)runs[i].id, runs[i].what_if);
    if (!any) TRY(judge_base(store, base, err));
    any = true;
    TRY(judge_one(store, claims, what_if, base, runs[i].id, err));
  }
  return STATUS_OK;
}

StatusCode what_if_judge(Store *store, const ClaimSet *claims, const WhatIfSet *what_ifs,
                         Error *err) {
  Base base = {.run = 0};
  RunInfo *runs = NULL;
  size_t count = 0;
  StatusCode code = store_each_verdict(store, note_verdict, &base, err);
  if (code == STATUS_OK && base.failed) code = error_memory(err, "verdicts of a what-if");
  if (code == STATUS_OK && base.run != 0) code = store_list_runs(&runs, &count, store, err);
  if (code == STATUS_OK) code = judge_all(store, claims, what_ifs, &base, runs, count, err);
  free(runs);
  base_clear(&base);
  return code;
}
