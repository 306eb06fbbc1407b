/* covered.h -- which claims a certificate of the trajectory can speak of, and a replay. */
#ifndef VERIFY_COVERED_H
#define VERIFY_COVERED_H

#include <stdbool.h>

#include "verify/claim.h"

/* Whether every observable in the claim's formulas is one that a certified run encloses
   (certificate_covers). */
bool claim_is_covered(const Claim *claim);

/* The name of the first observable in the claim's formulas that a replay does not measure
   (replay_measures), or NULL: then the claim can be replayed. The claim owns it. */
const char *claim_not_replayed(const Claim *claim);

#endif
