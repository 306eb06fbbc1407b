/* plan_replay.h -- the replay files of a store's verdicts, for `verify --replay`. */
#ifndef SRC_PLAN_REPLAY_H
#define SRC_PLAN_REPLAY_H

#include "src/store.h"
#include "verify/claim.h"

/* Writes OUT/replay/ID.GATE-LOSS.replay for every verdict that is certified and not open, and for
   every FAILS, if a replay can come to it again (replay_is_possible). *count := how many; *left_out
   := the others as "ID (REASON), ...", each claim once, NULL when there are none; malloc'ed. */
MUST_CHECK StatusCode replay_write_all(size_t *count, char **left_out, const char *out,
                                       Store *store, const ClaimSet *claims, Error *err);

#endif
