/* covered.c -- the observables of a claim, held against what a certificate covers, and a replay. */
#include "verify/covered.h"

#include "src/certificate.h"
#include "src/moment.h"
#include "src/observe.h"
#include "src/replay.h"

typedef bool (*Accepts)(const char *observable);

static bool certificate_accepts(const char *name) {
  const int id = observable_find(name); /* moments are enclosed (moment.h) */
  return id >= 0 ? certificate_covers((ObservableId)id) : moment_find(name) >= 0;
}

static bool replay_accepts(const char *name) {
  const int id = observable_find(name);
  return id >= 0 ? replay_measures((ObservableId)id) : moment_find(name) >= 0;
}

static bool is_no_eigensum(const char *name) {
  const int id = moment_find(name);
  return id < 0 || moment_identity((MomentId)id) < 0;
}

static bool is_no_trace(const char *name) {
  const int id = observable_find(name);
  return id != OBS_trace_W && id != OBS_trace_V;
}

/* The first observable of a formula that is not accepted, or NULL. */
static const char *formula_misses(const Formula *formula, Accepts accepts) {
  if (formula == NULL) return NULL;
  if (formula->kind == FORMULA_OBSERVABLE && !accepts(formula->text)) return formula->text;
  const char *missed = NULL;
  for (size_t i = 0; i < formula->child_count && missed == NULL; i++)
    missed = formula_misses(formula->child[i], accepts);
  return missed;
}

static const char *conditions_miss(const Condition *condition, size_t count, Accepts accepts) {
  const char *missed = NULL;
  for (size_t i = 0; i < count && missed == NULL; i++) {
    missed = formula_misses(condition[i].left, accepts);
    if (missed == NULL) missed = formula_misses(condition[i].right, accepts);
  }
  return missed;
}

static const char *claim_misses(const Claim *claim, Accepts accepts) {
  const Formula *formula[] = {claim->observable, claim->bound, claim->low, claim->high};
  const char *missed = NULL;
  for (size_t i = 0; i < sizeof formula / sizeof *formula && missed == NULL; i++)
    missed = formula_misses(formula[i], accepts);
  for (size_t i = 0; i < claim->constant_count && missed == NULL; i++)
    missed = formula_misses(claim->constant[i].value, accepts);
  if (missed == NULL) missed = conditions_miss(claim->hypothesis, claim->hypothesis_count, accepts);
  return missed != NULL ? missed : conditions_miss(claim->vacuous, claim->vacuous_count, accepts);
}

bool claim_is_covered(const Claim *claim) {
  return claim_misses(claim, certificate_accepts) == NULL;
}

/* D.eigen is of the identity that a replay uses: there it has nothing to say. */
const char *claim_not_replayed(const Claim *claim) {
  const bool of_traces = claim_misses(claim, is_no_trace) != NULL;
  const char *missed = claim_misses(claim, replay_accepts);
  return missed == NULL && of_traces ? claim_misses(claim, is_no_eigensum) : missed;
}
