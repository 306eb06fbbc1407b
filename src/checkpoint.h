/* checkpoint.h -- what a stopped run goes on from: a run store with the run as far as it came, and
 * the complete state of its training (state.h).
 *
 * A checkpoint is written beside the run, whole, and renamed into place; so there is the last one
 * or the one before, and each is sealed like every run store. It belongs to a request: to
 * everything that decides what the run's records will be, and the version of the program.
 */
#ifndef SRC_CHECKPOINT_H
#define SRC_CHECKPOINT_H

#include "src/run.h"
#include "src/state.h"

/* How far a run had come that may take several attempts. */
typedef struct {
  bool found;
  int64_t attempt;   /* of run_certified.c or run_ball.c */
  int64_t precision; /* of that attempt */
  int64_t step;      /* the next to be done */
  char story[256];   /* of the attempts before it */
} CheckpointHead;

/* *out := what the request's folder has for it; out->found is false when there is no checkpoint, or
   one of another request. STATUS_DATA when it is damaged: nobody goes on from that, and it is the
   user who throws it away. */
MUST_CHECK StatusCode checkpoint_find(CheckpointHead *out, const RunRequest *request, Error *err);

typedef void (*CheckpointWalk)(State *state, void *context);

/* Writes the checkpoint: the run of a store, the head, and the state that walk goes through. */
MUST_CHECK StatusCode checkpoint_save(const RunRequest *request, const CheckpointHead *head,
                                      Store *store, int64_t run, CheckpointWalk walk, void *context,
                                      Error *err);

/* *run := the checkpoint's run, copied into the store, and the state walked through; the checkpoint
   was found before. */
MUST_CHECK StatusCode checkpoint_restore(int64_t *run, Store *store, const RunRequest *request,
                                         CheckpointWalk walk, void *context, Error *err);

/* Notes in a store that its one run is that of the request. */
MUST_CHECK StatusCode checkpoint_sign(Store *store, const RunRequest *request, Error *err);
/* *is := the folder has a finished store with that note. A store that is missing or damaged is not
   one: the run is trained again; what was wrong is in *damage, whose code is STATUS_OK otherwise.
 */
MUST_CHECK StatusCode checkpoint_is_finished(bool *is, Error *damage, const char *folder,
                                             const RunRequest *request, Error *err);

/* Removes a folder's checkpoint and the folder. */
void checkpoint_remove(const char *folder);

#endif
