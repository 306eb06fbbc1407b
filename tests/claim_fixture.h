/* claim_fixture.h -- runs made by hand and claims from a line of text, for the tests of claims and
 * verdicts. */
#ifndef TESTS_CLAIM_FIXTURE_H
#define TESTS_CLAIM_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"
#include "verify/judge.h"

/* Asserts that a call succeeds, with its own line when not. */
#define OK(call)                                                                                   \
  do {                                                                                             \
    StatusCode ok_code_ = (call);                                                                  \
    cr_assert(ok_code_ == STATUS_OK, "%s: status %d: %s", #call, ok_code_, err.message);           \
  } while (0)

/* A run of four records, at steps 0, 10 (= t1), 20 and 50 (= t1 + t2), with all observables 0, at
 * 128 bits; moments at 0, 10 and 50, 0 as well. */
#define FIXTURE_RECORDS 4
#define FIXTURE_MOMENTS 3
static inline void trace_make(Trace *out, const char *engine) {
  static const int64_t step[FIXTURE_RECORDS] = {0, 10, 20, 50},
                       named[FIXTURE_MOMENTS] = {0, 10, 50};
  *out = (Trace){.count = FIXTURE_RECORDS};
  snprintf(out->info.engine, sizeof out->info.engine, "%s", engine);
  out->info.precision = strcmp(engine, "double") == 0 ? 53 : 128;
  out->info.params = support_params(16, 128, 64);
  out->info.params.t1 = 10;
  out->info.params.t2 = 40;
  out->step = array_alloc(FIXTURE_RECORDS, sizeof *out->step);
  cr_assert(out->step != NULL, "out of memory");
  memcpy(out->step, step, sizeof step);
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    out->value[id] = _arb_vec_init(FIXTURE_RECORDS);
  out->moment_count = FIXTURE_MOMENTS;
  out->moment_step = array_alloc(FIXTURE_MOMENTS, sizeof *out->moment_step);
  cr_assert(out->moment_step != NULL, "out of memory");
  memcpy(out->moment_step, named, sizeof named);
  for (int id = 0; id < MOMENT_COUNT; id++)
    out->moment[id] = _arb_vec_init(FIXTURE_MOMENTS);
}

/* The record of a step. */
static inline arb_ptr trace_at(const Trace *trace, ObservableId id, int64_t step) {
  const int64_t at = trace_find(trace, step);
  cr_assert(at >= 0, "the fixture has no step %lld", (long long)step);
  return trace->value[id] + at;
}

static inline void trace_set(Trace *trace, ObservableId id, int64_t step, double value) {
  arb_set_d(trace_at(trace, id, step), value);
}

/* The value at all four steps. */
static inline void trace_set_all(Trace *trace, ObservableId id,
                                 const double value[FIXTURE_RECORDS]) {
  for (int i = 0; i < FIXTURE_RECORDS; i++)
    arb_set_d(trace->value[id] + i, value[i]);
}

/* One claim with the given settings behind the words that every claim needs. Later settings do not
   replace earlier ones: the keys observable, relation, bound and hypotheses are the caller's. */
#define CLAIM_WORDS                                                                                \
  "id = \"X\"; title = \"a title\"; statement = \"a statement\"; trust = \"derived\"; "            \
  "source = \"a source\"; "

/* set := the claim CLAIM_WORDS settings. */
static inline void claim_make(ClaimSet *set, const char *settings) {
  Error err = {0};
  const size_t size = strlen(settings) + strlen(CLAIM_WORDS) + 32;
  char *text = array_alloc(size, 1);
  cr_assert(text != NULL, "out of memory");
  snprintf(text, size, "claims = ( { %s%s } );", CLAIM_WORDS, settings);
  const StatusCode code = claims_load_text(set, "test.cfg", text, NULL, &err);
  cr_assert(code == STATUS_OK, "%s\nstatus %d: %s", text, code, err.message);
  free(text);
}

/* The verdict on a claim given by its settings; the caller clears it. */
static inline Verdict judge_text(const char *settings, const Trace *trace, const Trace *companion) {
  Error err = {0};
  ClaimSet set;
  Verdict verdict;
  claim_make(&set, settings);
  verdict_init(&verdict);
  OK(claim_judge(&verdict, &set.claim[0], trace, companion, &err));
  claims_clear(&set);
  return verdict;
}

/* Asserts the kind and a part of the reason of a verdict on a claim given by its settings. */
static inline void expect_verdict(const char *settings, const Trace *trace, const Trace *companion,
                                  VerdictKind kind, const char *reason) {
  Verdict verdict = judge_text(settings, trace, companion);
  cr_assert(verdict.kind == kind, "%s\ngave %s, expected %s: %s", settings,
            verdict_text(verdict.kind), verdict_text(kind), verdict.reason);
  cr_assert(strstr(verdict.reason, reason) != NULL && strpbrk(verdict.reason, "\n\r") == NULL,
            "%s\ngave the reason '%s', expected one line with '%s'", settings, verdict.reason,
            reason);
  verdict_clear(&verdict);
}

#endif
