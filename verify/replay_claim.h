/* replay_claim.h -- the claim of a replay file: as text, and held against the shipped one. */
#ifndef VERIFY_REPLAY_CLAIM_H
#define VERIFY_REPLAY_CLAIM_H

#include <stdio.h>

#include "verify/claim.h"

#define REPLAY_DIFFERS_SIZE 300

/* Writes the claim as the one entry of a claims file, without note, ledger and mutants. */
MUST_CHECK StatusCode replay_put_claim(FILE *out, const Claim *claim, Error *err);

/* out := which parts of the claim are not those of the shipped one of the same id, in words; ""
   when none. shipped: as claims_load gives it for no path. Formulas are compared as they are
   printed. STATUS_INTERNAL. */
MUST_CHECK StatusCode replay_claim_differs(char out[REPLAY_DIFFERS_SIZE], const Claim *claim,
                                           const ClaimSet *shipped, Error *err);

#endif
