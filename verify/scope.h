/* scope.h -- what the names in a claim's formulas mean on one run. */
/* clang-format off */
/*   d, N, eta1, t1 ...            the parameters of the run (exact)
 *   shared split separate joint   1 when the run's reading has that gate or loss, else 0
 *   sgd adam relu softmax         1 when the run's optimizer or attention is that, else 0
 *   a constant's name             its value
 *   value bound                   of the claim, in `vacuous` conditions only
 *   K1(t1), norm_V(0) ...         observables, at recorded steps
 *   top_W(t1), eigensum_V(0) ...  moments, at named steps; where they were not measured (another
 *                                 step, d too large), what an identity gives
 *                                 (moment_identity)
 */
/* clang-format on */
#ifndef VERIFY_SCOPE_H
#define VERIFY_SCOPE_H

#include "src/formula.h"
#include "src/store.h"
#include "verify/claim.h"
#include "verify/near.h"

/* A Scope points into itself, so it may not be moved. */
typedef struct {
  const Trace *trace;
  const Claim *claim;
  FormulaValue *constant; /* (claim->constant_count) */
  size_t constant_count;  /* those that have a value so far */
  FormulaValue value, bound;
  bool measured;    /* value and bound are set */
  bool top_unknown; /* some moment had no value: the top of U's spectrum could not be told */
  FormulaScope formula_scope;
} Scope;

/* Makes the scope of a claim on a run and evaluates the claim's constants, in order. trace and
   claim must outlive it. STATUS_DATA when a constant has no value on this run. scope_close releases
   it, also after a failure. */
MUST_CHECK StatusCode scope_open(Scope *out, const Claim *claim, const Trace *trace, slong prec,
                                 Error *err);
void scope_close(Scope *scope);

/* Evaluates value and bound, and makes them known. */
MUST_CHECK StatusCode scope_measure(Scope *scope, slong prec, Error *err);

/* Whether a name means something to a formula that stands behind the first constant_count constants
   of the claim: this is known before any run is. */
bool scope_knows(const char *name, const Claim *claim, size_t constant_count, bool in_vacuous);
/* Offers those names. */
void scope_offer(Near *near, const Claim *claim, size_t constant_count);
/* Whether a constant may not have the name, since it already means something. */
bool scope_reserves(const char *name);

#endif
