/* remark.c -- the remarks of remark.h, judged on the run that the verdict is about. */
#include "verify/remark.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/mutate.h"

/* ---- what a verdict does not show ---- */

static StatusCode mutant_holds(bool *out, const Mutant *mutant, const Remarked *remarked,
                               Error *err) {
  Verdict verdict;
  verdict_init(&verdict);
  const StatusCode code =
      claim_judge(&verdict, &mutant->claim, remarked->trace, remarked->companion, err);
  *out = code == STATUS_OK && verdict.kind == VERDICT_HOLDS;
  verdict_clear(&verdict);
  return code;
}

/* Appends the name of each declaration that some mutant needs here. */
static StatusCode list_blind(FILE *out, const MutantSet *mutants, const Remarked *remarked,
                             Error *err) {
  const Claim *claim = remarked->claim;
  const char *between = "";
  for (size_t i = 0; i < claim->allowed_count; i++) {
    bool holds = false;
    for (size_t k = 0; k < mutants->count && claim->allowed[i].blind != NULL && !holds; k++)
      if (mutant_allowed(claim, &mutants->mutant[k]) == &claim->allowed[i])
        TRY(mutant_holds(&holds, &mutants->mutant[k], remarked, err));
    if (!holds) continue;
    fprintf(out, "%s%s", between, claim->allowed[i].mutant);
    between = ", ";
  }
  return STATUS_OK;
}

static StatusCode blind_in_memory(char **out, const MutantSet *mutants, const Remarked *remarked,
                                  Error *err) {
  size_t size = 0;
  FILE *stream = open_memstream(out, &size);
  if (stream == NULL) return error_memory(err, "a remark");
  StatusCode code = list_blind(stream, mutants, remarked, err);
  if (fclose(stream) != 0 && code == STATUS_OK) code = error_memory(err, "a remark");
  if (code == STATUS_OK && size > 0) return STATUS_OK;
  free(*out);
  *out = NULL;
  return code;
}

StatusCode remark_blind(char **out, const Remarked *remarked, const Verdict *verdict, Error *err) {
  MutantSet mutants;
  *out = NULL;
  if (verdict->kind != VERDICT_HOLDS || remarked->claim->allowed_count == 0) return STATUS_OK;
  TRY(mutants_make(&mutants, remarked->set, remarked->claim, verdict, err));
  const StatusCode code = blind_in_memory(out, &mutants, remarked, err);
  mutants_clear(&mutants);
  return code;
}

/* ---- what explains a verdict ---- */

/* Appends to the reason, as far as there is room. */
static void add(Verdict *verdict, const char *format, ...) PRINTF_LIKE(2, 3);
static void add(Verdict *verdict, const char *format, ...) {
  const size_t used = strlen(verdict->reason);
  va_list args;
  va_start(args, format);
  vsnprintf(verdict->reason + used, sizeof verdict->reason - used, format, args);
  va_end(args);
}

static bool is_upper(ClaimRelation relation) {
  return relation == CLAIM_LT || relation == CLAIM_LE;
}
static bool is_lower(ClaimRelation relation) {
  return relation == CLAIM_GT || relation == CLAIM_GE;
}

static void cite(Verdict *verdict, const Claim *claim, const Claim *fact, const Verdict *of_fact) {
  add(verdict, "; %s holds here, %.5g %s %.5g: %s", fact->id,
      arf_get_d(arb_midref(of_fact->value), ARF_RND_NEAR), claim_relation_text(fact->relation),
      arf_get_d(arb_midref(of_fact->bound), ARF_RND_NEAR), fact->title);
  if (!is_upper(claim->relation) || !is_lower(fact->relation) || !verdict->has_bound) return;
  if (arb_lt(of_fact->bound, verdict->bound))
    add(verdict, " (this floor is below the bound)");
  else if (arb_gt(of_fact->bound, verdict->bound))
    add(verdict, " (this floor is above the bound)");
}

StatusCode remark_explained(Verdict *verdict, const Remarked *remarked, Error *err) {
  const Claim *claim = remarked->claim, *fact = NULL;
  if (verdict->kind != VERDICT_FAILS && verdict->kind != VERDICT_VACUOUS) return STATUS_OK;
  if (claim->explained_by) fact = claims_find(remarked->set, claim->explained_by);
  if (claim->explained_by && !fact) fact = claims_find(remarked->facts, claim->explained_by);
  if (!fact) return STATUS_OK;
  Verdict of_fact;
  verdict_init(&of_fact);
  const StatusCode code = claim_judge(&of_fact, fact, remarked->trace, remarked->companion, err);
  if (code == STATUS_OK && of_fact.kind == VERDICT_HOLDS && of_fact.has_value && of_fact.has_bound)
    cite(verdict, claim, fact, &of_fact);
  verdict_clear(&of_fact);
  return code;
}
