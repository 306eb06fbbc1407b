/* test_mutants.c -- planted falsehoods: every claim that holds is changed in every way of mutate.h,
 * and no change may hold unless the claim's entry says so and why.
 *
 * Pre-conditions: the reference instance under shared/separate and split/separate, trained in
 * double; the shipped claims, each changed under the first of the two readings where it holds.
 * Quantity: the number of mutants that still HOLD and are not allowed; bound: 0. The table of all
 * kills goes to tests/mutants.txt.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support.h"
#include "tests/trained.h"
#include "verify/mutate.h"

#define LEAST_MUTANTS 60
#define RUNS 2

typedef enum { KILLED, PROVED, BLIND, SURVIVED, FATES } Fate;

typedef struct {
  int64_t mutants, fate[FATES], kinds[VERDICT_KIND_COUNT];
  int64_t by_construction; /* killed relations turned and bounds tightened: they cannot but die */
  int64_t idle;
  int64_t changed; /* claims */
} Audit;

static const Reading reading[RUNS] = {{GATE_SHARED, LOSS_SEPARATE}, {GATE_SPLIT, LOSS_SEPARATE}};
static Trace trace[RUNS];
static ClaimSet claims;

static void load(void) {
  Error err;
  for (int r = 0; r < RUNS; r++)
    trained_trace(&trace[r], "reference", reading[r], ENGINE_DOUBLE, 53);
  support_ok(claims_load(&claims, NULL, NULL, &err), &err);
}

static void unload(void) {
  for (int r = 0; r < RUNS; r++)
    trace_clear(&trace[r]);
  claims_clear(&claims);
}

static Fate audit_mutant(Audit *audit, FILE *table, const Claim *claim, const Mutant *mutant,
                         const Trace *run) {
  static const char *const word[FATES] = {NULL, "holds, proved true", "holds, declared blind",
                                          "SURVIVES"};
  Error err;
  Verdict verdict;
  verdict_init(&verdict);
  support_ok(claim_judge(&verdict, &mutant->claim, run, NULL, &err), &err);
  const AllowedMutant *allowed = mutant_allowed(claim, mutant);
  const Fate fate = verdict.kind != VERDICT_HOLDS ? KILLED
                    : allowed == NULL             ? SURVIVED
                    : allowed->proof != NULL      ? PROVED
                                                  : BLIND;
  audit->mutants++;
  audit->kinds[verdict.kind]++;
  audit->fate[fate]++;
  audit->by_construction += fate == KILLED && mutant_by_construction(mutant);
  fprintf(table, "%-12s %-22s %-34s %s\n", claim->id, mutant->kind, mutant->detail,
          fate == KILLED ? verdict_text(verdict.kind) : word[fate]);
  if (fate == SURVIVED)
    support_note("%s, %s (%s) survives: %s", claim->id, mutant->kind, mutant->detail,
                 verdict.reason);
  verdict_clear(&verdict);
  return fate;
}

/* An allowance that no mutant needs hides a hole. */
static int64_t idle_allowances(const Claim *claim, const MutantSet *set, const Fate *fate) {
  int64_t idle = 0;
  for (size_t i = 0; i < claim->allowed_count; i++) {
    bool needed = false;
    for (size_t k = 0; k < set->count; k++)
      needed = needed ||
               (fate[k] != KILLED && mutant_allowed(claim, &set->mutant[k]) == &claim->allowed[i]);
    if (!needed) support_note("%s allows '%s' without need", claim->id, claim->allowed[i].mutant);
    idle += !needed;
  }
  return idle;
}

static void audit_claim(Audit *audit, FILE *table, const Claim *claim, const Verdict *verdict,
                        const Trace *run) {
  Error err;
  MutantSet set;
  support_ok(mutants_make(&set, &claims, claim, verdict, &err), &err);
  Fate *fate = array_alloc(set.count, sizeof *fate);
  cr_assert(fate != NULL, "no memory for %zu mutants", set.count);
  audit->changed++;
  for (size_t k = 0; k < set.count; k++)
    fate[k] = audit_mutant(audit, table, claim, &set.mutant[k], run);
  audit->idle += idle_allowances(claim, &set, fate);
  free(fate);
  mutants_clear(&set);
}

/* Under the first reading where the claim holds, if there is one. */
static void audit_where_it_holds(Audit *audit, FILE *table, const Claim *claim) {
  Error err;
  Verdict verdict;
  bool holds = false;
  for (int r = 0; r < RUNS && !holds; r++) {
    verdict_init(&verdict);
    support_ok(claim_judge(&verdict, claim, &trace[r], NULL, &err), &err);
    holds = verdict.kind == VERDICT_HOLDS;
    if (holds && r > 0) fprintf(table, "%-12s under %s:\n", claim->id, reading_name(reading[r]));
    if (holds) audit_claim(audit, table, claim, &verdict, &trace[r]);
    if (!holds && r == RUNS - 1)
      fprintf(table,
              "%-12s not changed: it holds under neither reading, and is %s under the last\n",
              claim->id, verdict_text(verdict.kind));
    verdict_clear(&verdict);
  }
}

static void print_sums(FILE *table, const Audit *audit) {
  fprintf(table,
          "%lld claims hold; %lld mutants: %lld killed, %lld hold and are proved true, %lld hold "
          "and are declared blind, %lld survive\n",
          (long long)audit->changed, (long long)audit->mutants, (long long)audit->fate[KILLED],
          (long long)audit->fate[PROVED], (long long)audit->fate[BLIND],
          (long long)audit->fate[SURVIVED]);
  fprintf(table,
          "killed: %lld by construction (relation turned, bound tightened), %lld by what was "
          "measured, %lld because nothing has a value (the logarithm of a negative number); as "
          "FAILS %lld, VACUOUS %lld, UNMET %lld, INCONCLUSIVE %lld\n",
          (long long)audit->by_construction,
          (long long)(audit->fate[KILLED] - audit->by_construction -
                      audit->kinds[VERDICT_INCONCLUSIVE]),
          (long long)audit->kinds[VERDICT_INCONCLUSIVE], (long long)audit->kinds[VERDICT_FAILS],
          (long long)audit->kinds[VERDICT_VACUOUS], (long long)audit->kinds[VERDICT_UNMET],
          (long long)audit->kinds[VERDICT_INCONCLUSIVE]);
}

Test(mutants, none_survives, .init = load, .fini = unload) {
  Audit audit = {0};
  FILE *table = table_open("mutants.txt");
  fprintf(table,
          "planted falsehoods in the claims that hold (reference, double; under %s unless "
          "another reading is named):\n",
          reading_name(reading[0]));
  for (size_t i = 0; i < claims.count; i++)
    audit_where_it_holds(&audit, table, &claims.claim[i]);
  print_sums(table, &audit);
  fclose(table);
  cr_assert(audit.fate[SURVIVED] == 0,
            "of %lld mutants of %lld claims that hold, %lld survive; bound 0",
            (long long)audit.mutants, (long long)audit.changed, (long long)audit.fate[SURVIVED]);
  cr_assert(audit.mutants >= LEAST_MUTANTS, "%lld mutants, expected at least %d",
            (long long)audit.mutants, LEAST_MUTANTS);
  cr_assert(audit.idle == 0, "%lld allowances that no mutant needs; bound 0",
            (long long)audit.idle);
  cr_assert(audit.kinds[VERDICT_UNMET] == 0,
            "%lld mutants are UNMET, killed by a hypothesis and not by a number; bound 0",
            (long long)audit.kinds[VERDICT_UNMET]);
}
