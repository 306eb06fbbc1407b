/* covered.c -- the observables of a claim, held against what a certificate covers. */
#include "verify/covered.h"

#include "src/certificate.h"
#include "src/moment.h"
#include "src/observe.h"

static bool formula_is_covered(const Formula *formula) {
  if (formula == NULL) return true;
  if (formula->kind == FORMULA_OBSERVABLE) {
    const int id = observable_find(formula->text);
    if (id >= 0 ? !certificate_covers((ObservableId)id) : moment_find(formula->text) < 0)
      return false; /* moments are enclosed (moment.h) */
  }
  for (size_t i = 0; i < formula->child_count; i++)
    if (!formula_is_covered(formula->child[i])) return false;
  return true;
}

static bool conditions_are_covered(const Condition *condition, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!formula_is_covered(condition[i].left) || !formula_is_covered(condition[i].right))
      return false;
  return true;
}

bool claim_is_covered(const Claim *claim) {
  for (size_t i = 0; i < claim->constant_count; i++)
    if (!formula_is_covered(claim->constant[i].value)) return false;
  return formula_is_covered(claim->observable) && formula_is_covered(claim->bound) &&
         formula_is_covered(claim->low) && formula_is_covered(claim->high) &&
         conditions_are_covered(claim->hypothesis, claim->hypothesis_count) &&
         conditions_are_covered(claim->vacuous, claim->vacuous_count);
}
