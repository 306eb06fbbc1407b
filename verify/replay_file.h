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
void replay_data_digest(char out[DIGEST_SIZE], const Dataset *data);

/* Writes the file of a verdict on a run; weights is a text that names the run's final weights. */
MUST_CHECK StatusCode replay_write(FILE *out, const Claim *claim, const VerdictRow *verdict,
                                   const Trace *trace, const char *data, const char *weights,
                                   Error *err);

/* *out := a replay file; replay_clear releases it. STATUS_NOINPUT; STATUS_DATA when it is not one,
   or does not have the digest it says it has. */
MUST_CHECK StatusCode replay_read(ReplayFile *out, const char *path, Error *err);
void replay_clear(ReplayFile *file); /* a zeroed one is allowed */

#endif
