/* test_mutants.c -- planted falsehoods: every claim that holds is changed in every way of mutate.h,
 * and no change may hold.
 *
 * Pre-conditions: the reference instance under the reference reading, trained in double; the
 * shipped claims. Quantity: the number of mutants that still HOLD and are not allowed, with a
 * proof, by their claim's entry; bound: 0. The table of all kills goes to tests/mutants.txt.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support.h"
#include "tests/trained.h"
#include "verify/mutate.h"

#define LEAST_MUTANTS 60

typedef struct {
  int64_t mutants, killed, allowed, survived, kinds[VERDICT_KIND_COUNT];
} Audit;

static Trace trace;
static ClaimSet claims;

static void load(void) {
  Error err;
  trained_trace(&trace, "reference", readings_all[0], ENGINE_DOUBLE, 53);
  support_ok(claims_load(&claims, NULL, NULL, &err), &err);
}

static void unload(void) {
  trace_clear(&trace);
  claims_clear(&claims);
}

static void audit_mutant(Audit *audit, FILE *table, const Claim *claim, const Mutant *mutant) {
  Error err;
  Verdict verdict;
  verdict_init(&verdict);
  support_ok(claim_judge(&verdict, &mutant->claim, &trace, NULL, &err), &err);
  const char *proof = mutant_allowed(claim, mutant->kind);
  const bool holds = verdict.kind == VERDICT_HOLDS;
  audit->mutants++;
  audit->kinds[verdict.kind]++;
  audit->killed += !holds;
  audit->allowed += holds && proof != NULL;
  audit->survived += holds && proof == NULL;
  fprintf(table, "%-12s %-22s %-34s %s\n", claim->id, mutant->kind, mutant->detail,
          !holds          ? verdict_text(verdict.kind)
          : proof != NULL ? "holds, proved true"
                          : "SURVIVES");
  if (holds && proof == NULL)
    support_note("%s, %s (%s) survives: %s", claim->id, mutant->kind, mutant->detail,
                 verdict.reason);
  verdict_clear(&verdict);
}

/* An allowance that no mutant needs hides a hole. */
static int64_t idle_allowances(const Claim *claim, const MutantSet *set) {
  int64_t idle = 0;
  Error err;
  for (size_t i = 0; i < claim->allowed_count; i++) {
    bool needed = false;
    for (size_t k = 0; k < set->count; k++) {
      Verdict verdict;
      verdict_init(&verdict);
      if (strcmp(set->mutant[k].kind, claim->allowed[i].mutant) == 0) {
        support_ok(claim_judge(&verdict, &set->mutant[k].claim, &trace, NULL, &err), &err);
        needed = needed || verdict.kind == VERDICT_HOLDS;
      }
      verdict_clear(&verdict);
    }
    if (!needed) support_note("%s allows '%s' without need", claim->id, claim->allowed[i].mutant);
    idle += !needed;
  }
  return idle;
}

Test(mutants, none_survives, .init = load, .fini = unload, .timeout = 300) {
  Error err;
  Audit audit = {0};
  int64_t holding = 0, idle = 0;
  FILE *table = table_open("mutants.txt");
  fprintf(table,
          "planted falsehoods in the claims that hold (reference, shared/separate, double):\n");
  for (size_t i = 0; i < claims.count; i++) {
    const Claim *claim = &claims.claim[i];
    Verdict verdict;
    verdict_init(&verdict);
    support_ok(claim_judge(&verdict, claim, &trace, NULL, &err), &err);
    if (verdict.kind == VERDICT_HOLDS) {
      MutantSet set;
      holding++;
      support_ok(mutants_make(&set, &claims, claim, &verdict, &err), &err);
      for (size_t k = 0; k < set.count; k++)
        audit_mutant(&audit, table, claim, &set.mutant[k]);
      idle += idle_allowances(claim, &set);
      mutants_clear(&set);
    } else
      fprintf(table, "%-12s not changed: it is %s itself\n", claim->id, verdict_text(verdict.kind));
    verdict_clear(&verdict);
  }
  fprintf(table,
          "%lld claims hold; %lld mutants: %lld killed (%lld FAILS, %lld UNMET, %lld VACUOUS, %lld "
          "INCONCLUSIVE), %lld proved true, %lld survive\n",
          (long long)holding, (long long)audit.mutants, (long long)audit.killed,
          (long long)audit.kinds[VERDICT_FAILS], (long long)audit.kinds[VERDICT_UNMET],
          (long long)audit.kinds[VERDICT_VACUOUS], (long long)audit.kinds[VERDICT_INCONCLUSIVE],
          (long long)audit.allowed, (long long)audit.survived);
  fclose(table);
  cr_assert(audit.survived == 0, "of %lld mutants of %lld claims that hold, %lld survive; bound 0",
            (long long)audit.mutants, (long long)holding, (long long)audit.survived);
  cr_assert(audit.mutants >= LEAST_MUTANTS, "%lld mutants, expected at least %d",
            (long long)audit.mutants, LEAST_MUTANTS);
  cr_assert(idle == 0, "%lld allowances that no mutant needs; bound 0", (long long)idle);
}
