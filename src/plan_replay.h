/* plan_replay.h -- the replay files of a store's verdicts, for `verify --replay`. */
#ifndef SRC_PLAN_REPLAY_H
#define SRC_PLAN_REPLAY_H

#include "src/store.h"
#include "verify/claim.h"

/* Writes OUT/replay/ID.GATE-LOSS.replay for every verdict that is certified and not open, and for
   every FAILS; not for optimizers and attentions that replay has no code for. *count := how many.
 */
MUST_CHECK StatusCode replay_write_all(size_t *count, const char *out, Store *store,
                                       const ClaimSet *claims, Error *err);

#endif
