/* mutate.h -- falsehoods planted in a claim: a claim that holds should stop holding when its
 * statement is changed. */
/* clang-format off */
/*   kind                   what becomes of the conclusion: observable, bound, band and constants
 *   relation turned        < and >, <= and >= exchange; "within" becomes observable < low * bound
 *   bound tightened        the bound, or either edge of the band, moved just past the slack the claim had
 *   exponent of d shifted  the bound times 1/d (upper), times d (lower), both for "within"; where d or an eps is in it
 *   log dropped            a logarithm of d or of an eps in the bound becomes 1
 *   t1 doubled, t1 halved  2 t1, floor(t1/2) for t1, but not in t1 + t2; only of claims that state t1 = 1/(4 eta1 lambda)
 *   stages swapped         t1 and t1 + t2 exchange, and eta1 and eta2; only of the same claims
 *   W and V swapped        every observable of one block becomes that of the other, and eps_W eps_V
 *   sign changed           a constant that is a plain number becomes its negative
 *
 * Hypotheses and vacuity conditions stay: they say of which runs the claim speaks, and were they changed too, a mutant
 * could die of them without anything being shown of the conclusion. The first two kinds die by construction: they
 * show that the machinery can tell true from false.
 *
 * Derived facts hold at every step, so other times make true statements of them: that is why the
 * time mutants need a claim about t1. A mutant that is the original or another claim of the set,
 * formula for formula, is no falsehood and is not made.
 */
/* clang-format on */
#ifndef VERIFY_MUTATE_H
#define VERIFY_MUTATE_H

#include "verify/judge.h"

typedef struct {
  const char *kind; /* one of the above; static */
  char detail[96];  /* what exactly was changed */
  Claim claim; /* formulas, conditions and constants are its own, texts are those of the original */
} Mutant;

typedef struct {
  Mutant *mutant;
  size_t count, room;
} MutantSet;

/* *out := the mutants of a claim of the set, given its verdict (for the slack). The set must
 * outlive them. */
MUST_CHECK StatusCode mutants_make(MutantSet *out, const ClaimSet *set, const Claim *claim,
                                   const Verdict *verdict, Error *err);
void mutants_clear(MutantSet *set); /* a zeroed set is allowed */

/* What the claims file says of a mutant that states something true; else NULL. */
const AllowedMutant *mutant_allowed(const Claim *claim, const Mutant *mutant);
/* Whether a mutant dies whatever the claim says: a relation turned or a bound tightened. */
bool mutant_by_construction(const Mutant *mutant);
/* Whether a text is one of the kinds, or one of them with a detail: "KIND: DETAIL". */
bool mutant_name_known(const char *name);

#endif
