/* remark.h -- what is said beside a verdict: what it does not show, and what explains it. */
#ifndef VERIFY_REMARK_H
#define VERIFY_REMARK_H

#include "verify/judge.h"

/* A claim with the runs it is judged on. companion may be NULL. */
typedef struct {
  const ClaimSet *set;   /* of the claim */
  const ClaimSet *facts; /* where a fact is looked up that the set does not have */
  const Claim *claim;
  const Trace *trace, *companion;
} Remarked;

/* *out := the changes the claim declares itself blind to which hold on this very run as well,
 * "NAME, NAME"; NULL when the verdict is not HOLDS or there are none. malloc'ed, the caller frees.
 */
MUST_CHECK StatusCode remark_blind(char **out, const Remarked *remarked, const Verdict *verdict,
                                   Error *err);

/* Adds to the reason of a verdict FAILS or VACUOUS the fact that the claim names under
 * explained_by, with both its sides, when it holds on the same run; for two bounds of one kind also
 * on which side of the claim's bound the fact's lies. */
MUST_CHECK StatusCode remark_explained(Verdict *verdict, const Remarked *remarked, Error *err);

#endif
