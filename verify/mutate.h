/* mutate.h -- falsehoods planted in a claim: a claim that holds should stop holding when its
 * statement is changed. */
/* clang-format off */
/*   kind                   what becomes of the claim (whole: formulas, constants, hypotheses and vacuity conditions alike)
 *   relation turned        < and >, <= and >= exchange; "within" becomes observable < low * bound
 *   bound tightened        the bound, or either edge of the band, moved just past the slack the claim had
 *   exponent of d shifted  the bound times 1/d (upper), times d (lower), both for "within"; where d or an eps is in it
 *   log dropped            a logarithm of d or of an eps in the bound becomes 1
 *   t1 doubled, t1 halved  whole: 2 t1, floor(t1/2) for t1; only of claims that state t1 = 1/(4 eta1 lambda)
 *   stages swapped         whole: t1 and t1 + t2 exchange, and eta1 and eta2; only of the same claims
 *   W and V swapped        whole: every observable of one block becomes that of the other, and eps_W eps_V
 *   sign changed           a constant that is a plain number becomes its negative
 *
 * Derived facts hold at every step, so other times make true statements of them: that is why the
 * time mutants need a claim about t1. A swapped claim that is another claim of the set word for word
 * is no falsehood and is not made.
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

/* The proof, from the claims file, that a mutant of this kind states something true; NULL when none
 * is given. */
const char *mutant_allowed(const Claim *claim, const char *kind);
/* Whether a text is one of the kinds. */
bool mutant_kind_known(const char *kind);

#endif
