/* covered.h -- which claims a certificate of the trajectory can speak of. */
#ifndef VERIFY_COVERED_H
#define VERIFY_COVERED_H

#include <stdbool.h>

#include "verify/claim.h"

/* Whether every observable in the claim's formulas is one that a certified run encloses
   (certificate_covers). */
bool claim_is_covered(const Claim *claim);

#endif
