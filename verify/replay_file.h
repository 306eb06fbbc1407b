/* replay_file.h -- replay files: a verdict with all that is needed to come to it again, as a small
 * text (verify/README.md, "Replay").
 */
#ifndef VERIFY_REPLAY_FILE_H
#define VERIFY_REPLAY_FILE_H

#include <stdio.h>

#include "src/dataset.h"
#include "src/digest.h"
#include "src/store.h"
#include "verify/claim.h"

/* Values at the end that a replay has to meet besides those of the claim. */
#define REPLAY_WITNESSES 6
extern const ObservableId replay_witness[REPLAY_WITNESSES];

#define REPLAY_PRECISION (-20) /* numbers are compared to 2^-20 */
#define REPLAY_WHY_SIZE 600

typedef struct {
  Params params;
  ClaimSet claims; /* one */
  VerdictKind verdict;
  bool certified;
  bool has_value, has_bound;
  arb_t value, bound;
  arb_struct witness[REPLAY_WITNESSES]; /* at t1 + t2 */
  char data[DIGEST_SIZE];               /* of the data set */
} ReplayFile;

/* out := the digest of labels, tokens and features. */
MUST_CHECK StatusCode replay_data_digest(char out[DIGEST_SIZE], const Dataset *data, Error *err);

/* Whether x says enough to be confirmed: a radius of at most 2^-20 max(1, |midpoint|), or an exact
   infinity (a first() that never comes). */
bool replay_is_number(const arb_t x);
bool replay_is_infinity(const arb_t x); /* an exact one */

/* Whether a replay can come to the verdict; if not, why := the reason. trace: of the verdict's run,
   with at least one record. */
bool replay_is_possible(char why[REPLAY_WHY_SIZE], const Claim *claim, const VerdictRow *verdict,
                        const Trace *trace);

/* Writes the file of a verdict on a run; weights is a text that names the run's final weights. */
MUST_CHECK StatusCode replay_write(FILE *out, const Claim *claim, const VerdictRow *verdict,
                                   const Trace *trace, const char *data, const char *weights,
                                   Error *err);

/* *out := a replay file; replay_clear releases it. STATUS_NOINPUT; STATUS_DATA when it is not one,
   does not have the digest it says it has, has a number that is none (replay_is_number), or a claim
   about what a replay has no number of its own for (claim_not_replayed). */
MUST_CHECK StatusCode replay_read(ReplayFile *out, const char *path, Error *err);
void replay_clear(ReplayFile *file); /* a zeroed one is allowed */

#endif
