/* scope.h -- what the names in a claim's formulas mean on one run.
 *
 *   d, N, eta1, t1 ...            the parameters of the run (exact)
 *   shared split separate joint   1 when the run's reading has that gate or loss, else 0
 *   a constant's name             its value
 *   value bound                   of the claim, in `vacuous` conditions only
 *   K1(t1), norm_V(0) ...         observables, at recorded steps
 */
#ifndef VERIFY_SCOPE_H
#define VERIFY_SCOPE_H

#include "src/formula.h"
#include "src/store.h"
#include "verify/claim.h"

typedef struct {
  const Trace *trace;
  const Claim *claim;
  FormulaValue *constant; /* (claim->constant_count), those evaluated so far */
  size_t constant_count;
  FormulaValue value, bound; /* once measured */
  bool measured;
  FormulaScope
      formula_scope; /* to evaluate with; its context is this Scope, so a Scope may not be moved */
} Scope;

/* Makes the scope of a claim on a run and evaluates the claim's constants. trace and claim must
   outlive it. STATUS_DATA when a constant has no value on this run. scope_close releases it, also
   after a failure. */
MUST_CHECK StatusCode scope_open(Scope *out, const Claim *claim, const Trace *trace, slong prec,
                                 Error *err);
void scope_close(Scope *scope);

/* Whether a name means something before any run is known: what the loader checks. constants: those
   defined so far. */
bool scope_knows(const char *name, const ClaimConstant *constants, size_t constant_count,
                 bool in_vacuous);
/* A name that a constant may not have: a parameter, a reading, value or bound. */
bool scope_reserves(const char *name);

#endif
