/* claim_text.h -- what a claim says, as one line of text each. */
#ifndef VERIFY_CLAIM_TEXT_H
#define VERIFY_CLAIM_TEXT_H

#include "verify/claim.h"

/* *out := malloc'ed text, the caller frees. */

/* "observable relation bound", or "observable within [low, high] * (bound)". */
MUST_CHECK StatusCode claim_formula_text(char **out, const Claim *claim, Error *err);
/* "WORDS [CONDITION]; WORDS [CONDITION]"; NULL when there is no hypothesis. */
MUST_CHECK StatusCode claim_hypotheses_text(char **out, const Claim *claim, Error *err);

#endif
