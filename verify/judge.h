/* judge.h -- verdicts: a claim and a recorded run in, one of five verdicts with its numbers out.
   The rules are stated, with their reasons, in verify/README.md. */
#ifndef VERIFY_JUDGE_H
#define VERIFY_JUDGE_H

#include "src/store.h"
#include "verify/claim.h"

typedef struct {
  VerdictKind kind;
  bool certified; /* the numbers are enclosures of the exact ones, not merely computed */
  bool has_value, has_bound;
  arb_t value, bound; /* with the disagreement of the companion in the radius */
  double ratio;       /* value / bound; NaN when there is none */
  double slack; /* >= 1 when the claim HOLDS (or is VACUOUS), < 1 when it FAILS; infinite when no
                   tightening matters, NaN when there is none */
  char reason[512];
} Verdict;

void verdict_init(Verdict *verdict);
void verdict_clear(Verdict *verdict);

/* *out := the verdict on one run. out is initialised. companion: the run of another engine with the
   same parameters, or NULL; what the two disagree in counts as uncertainty. Errors: STATUS_INTERNAL
   only; a formula that has no value on this run (a step that was not recorded) makes the verdict
   INCONCLUSIVE. */
MUST_CHECK StatusCode claim_judge(Verdict *out, const Claim *claim, const Trace *trace,
                                  const Trace *companion, Error *err);

/* Judges every run of the store that is not merely the companion of another, and adds a row per
   claim, in claim order. For each set of parameters (with the reading) the MPFR run of the highest
   precision is judged and a double run is its companion; without an MPFR run the double run is
   judged alone. only_ids: as claims_select takes them; all claims when only_count is 0. Earlier
   verdicts stay: see store_clear_verdicts. STATUS_USAGE on an unknown id. */
MUST_CHECK StatusCode judge_store(Store *store, const ClaimSet *set, const char *const *only_ids,
                                  size_t only_count, Error *err);

/* Whether judge_store judges this run of the list, or takes another of the same parameters. */
bool judge_is_judged(const RunInfo *run, const RunInfo *runs, size_t count);
/* Are all parameters the same numbers? */
bool judge_same_params(const Params *a, const Params *b, bool with_reading);

/* How the verdicts of a store come out, those on lemmas and rates included. */
typedef struct {
  size_t verdicts[VERDICT_KIND_COUNT];
  size_t recorded;  /* of these, how many have a recorded verdict */
  size_t differing; /* how many differ from it */
} Tally;
MUST_CHECK StatusCode tally_store(Tally *out, Store *store, Error *err);

/* The exit status by the verdicts: 1 when some claim FAILS, else 2 when some is INCONCLUSIVE, else
   0. VACUOUS and UNMET claims prove nothing and refute nothing: they do not count. */
int tally_exit(const Tally *tally);
/* The exit status by the ledger: 0 when no verdict differs from its recorded one, else 1. A verdict
 * without a record does not count. */
int tally_exit_ledger(const Tally *tally);

#endif
