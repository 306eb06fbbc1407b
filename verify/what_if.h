/* what_if.h -- the verdicts of what-ifs: every claim judged on the run of each, beside the base. */
#ifndef VERIFY_WHAT_IF_H
#define VERIFY_WHAT_IF_H

#include "src/store.h"
#include "src/what_if.h"
#include "verify/claim.h"

/* Judges, on each run of the store that was made for a what-if, the claims that have a verdict on
   the base, and adds their rows and one for each what-if, after one for the base. The base is the
   run of the store's first verdict. Q counts as learned when K2 < 3/4 log 2, the contrary of T1.w,
   P when K1 <= 1/2 log 2, which is T2.w; these are words of ours for headlines and no verdicts.
   what_ifs gives words and settings. Does nothing when there are no such runs or no verdict.
   Errors: those of the store and of claim_judge; STATUS_INTERNAL when a run's what-if is not in
   what_ifs. */
MUST_CHECK StatusCode what_if_judge(Store *store, const ClaimSet *claims, const WhatIfSet *what_ifs,
                                    Error *err);

#endif
