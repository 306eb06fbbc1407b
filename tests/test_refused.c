/* test_refused.c -- memory is refused at every place that asks for it: in what is read, made of it
 * and judged. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/formula.h"
#include "src/run.h"
#include "src/sweep.h"
#include "src/what_if.h"
#include "tests/claim_fixture.h"
#include "tests/curves.h"
#include "tests/refuse.h"
#include "verify/claim_text.h"
#include "verify/lemma.h"
#include "verify/mutate.h"
#include "verify/rate_internal.h"
#include "verify/replay_claim.h"

TestSuite(refused);

/* ---- formulas and instances ---- */

static StatusCode print_formula(void *context, Error *err) {
  Formula *formula = NULL, *copy = NULL;
  char *text = NULL;
  StatusCode code = formula_parse(&formula, context, (FormulaOrigin){"F", 1, 1}, err);
  if (code == STATUS_OK) code = formula_copy(&copy, formula, err);
  if (code == STATUS_OK) code = formula_print(&text, copy, err);
  formula_free(formula);
  formula_free(copy);
  free(text);
  return code;
}

Test(refused, formulas) {
  static const char *const text[] = {
      "1/(d^2*log(d)^2.5)", "-(1 - (2 - x))^-2 + min(1, max(a, 3), 2)",
      "sup(t, 0, t1, abs(K1(t) - K2(t + 1)))", "first(t, 0, t1 + t2, K1(t) <= 1/2)"};
  for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text[k]);
    refuse_each(REFUSE_MEMORY, text[k], print_formula, copy, 0);
  }
}

static StatusCode read_instance(void *context, Error *err) {
  Instance instance, copy = {0};
  Params params;
  StatusCode code = instance_load(&instance, context, err);
  if (code != STATUS_OK) return code;
  code = instance_copy(&copy, &instance, err);
  if (code == STATUS_OK) code = instance_set(&copy, "lambda=1/d^2", err);
  if (code == STATUS_OK) code = instance_set(&copy, "gate=split", err);
  if (code == STATUS_OK) code = params_resolve(&params, &copy, err);
  instance_clear(&copy);
  instance_clear(&instance);
  return code;
}

Test(refused, instances) {
  char name[] = "annealed";
  refuse_each(REFUSE_MEMORY, "an instance", read_instance, name, 0);
}

static StatusCode make_grid(void *context, Error *err) {
  Sweep sweep = {.instance = context,
                 .folder = "nowhere",
                 .reading = {{GATE_SHARED, LOSS_SEPARATE}},
                 .reading_count = 1,
                 .engine = ENGINE_DOUBLE,
                 .precision = 53};
  StatusCode code = sweep_add_axis(&sweep, "--along", "d=4,max(5,6),7", err);
  if (code == STATUS_OK) code = sweep_add_axis(&sweep, "--along", "gate=shared,split", err);
  if (code == STATUS_OK) code = sweep_add_seeds(&sweep, 11, 2, err);
  if (code == STATUS_OK) code = sweep_resolve(&sweep, err);
  sweep_clear(&sweep);
  return code;
}

Test(refused, grids) {
  Error err;
  Instance instance;
  OK(instance_load(&instance, "quick", &err));
  refuse_each(REFUSE_MEMORY, "a grid", make_grid, &instance, 0);
  instance_clear(&instance);
}

/* ---- files of claims, lemmas, rates and what-ifs ---- */

static StatusCode read_claims(void *context, Error *err) {
  ClaimSet set;
  (void)context;
  StatusCode code = claims_load(&set, NULL, NULL, err);
  if (code != STATUS_OK) return code;
  for (size_t i = 0; i < set.count && code == STATUS_OK; i++) {
    char *formula = NULL, *hypotheses = NULL, *text = NULL;
    size_t size;
    code = claim_formula_text(&formula, &set.claim[i], err);
    if (code == STATUS_OK) code = claim_hypotheses_text(&hypotheses, &set.claim[i], err);
    FILE *out = open_memstream(&text, &size);
    if (out == NULL && code == STATUS_OK) code = error_memory(err, "test");
    if (code == STATUS_OK) code = replay_put_claim(out, &set.claim[i], err);
    if (out != NULL) fclose(out);
    free(formula);
    free(hypotheses);
    free(text);
  }
  claims_clear(&set);
  return code;
}

Test(refused, claims) {
  refuse_each(REFUSE_MEMORY, "the claims", read_claims, NULL, 0);
}

static StatusCode read_rates(void *context, Error *err) {
  RateSet set;
  const StatusCode code = rates_load(&set, NULL, context, err);
  if (code == STATUS_OK) rates_clear(&set);
  return code;
}

Test(refused, rates) {
  Error err;
  ClaimSet claims;
  OK(claims_load(&claims, NULL, NULL, &err));
  refuse_each(REFUSE_MEMORY, "the rates", read_rates, &claims, 0);
  claims_clear(&claims);
}

static StatusCode read_lemmas(void *context, Error *err) {
  LemmaSet set;
  (void)context;
  const StatusCode code = lemmas_load(&set, NULL, err);
  if (code == STATUS_OK) lemmas_clear(&set);
  return code;
}

Test(refused, lemmas) {
  refuse_each(REFUSE_MEMORY, "the lemmas", read_lemmas, NULL, 0);
}

static StatusCode read_what_ifs(void *context, Error *err) {
  const Instance *instance = context;
  WhatIfSet set;
  Params base;
  TRY(params_resolve(&base, instance, err));
  StatusCode code = what_ifs_load(&set, base.family, err);
  for (size_t i = 0; i < set.count && code == STATUS_OK; i++) {
    Instance changed;
    Params params;
    char *text = NULL;
    code = what_if_apply(&changed, &params, &set.what_if[i], instance, &base, err);
    instance_clear(&changed);
    if (code == STATUS_OK) code = what_if_settings(&text, &set.what_if[i], err);
    free(text);
  }
  what_ifs_clear(&set);
  return code;
}

Test(refused, what_ifs) {
  Error err;
  Instance instance;
  OK(instance_load(&instance, "quick", &err));
  refuse_each(REFUSE_MEMORY, "the what-ifs", read_what_ifs, &instance, 0);
  instance_clear(&instance);
}

/* ---- verdicts and mutants ---- */

typedef struct {
  ClaimSet claims;
  const Claim *claim;
  Trace trace;
} Case;

static StatusCode judge_claim(void *context, Error *err) {
  const Case *c = context;
  Verdict verdict;
  MutantSet mutants = {0};
  verdict_init(&verdict);
  StatusCode code = claim_judge(&verdict, c->claim, &c->trace, NULL, err);
  if (code == STATUS_OK) {
    code = mutants_make(&mutants, &c->claims, c->claim, &verdict, err);
    if (code == STATUS_OK) mutants_clear(&mutants);
  }
  verdict_clear(&verdict);
  return code;
}

Test(refused, verdicts_and_mutants) {
  Case c;
  Error err;
  OK(claims_load(&c.claims, NULL, NULL, &err));
  trace_make(&c.trace, "mpfr");
  for (size_t i = 0; i < c.claims.count; i++) {
    c.claim = &c.claims.claim[i];
    refuse_each(REFUSE_MEMORY, c.claim->id, judge_claim, &c, 0);
  }
  trace_clear(&c.trace);
  claims_clear(&c.claims);
}
