/* run_internal.h -- one attempt at a run, shared by plain runs (run.c) and those that may need
 * several (run_ball.c, run_certified.c). */
#ifndef SRC_RUN_INTERNAL_H
#define SRC_RUN_INTERNAL_H

#include "src/checkpoint.h"
#include "src/run.h"
#include "src/trainer.h"

typedef struct {
  int64_t steps;   /* done */
  double radius;   /* of the weights at the end (trainer_radius) */
  char ended[256]; /* why the attempt ended early; "" if it did not */
  CertificateSummary certificate;
} RunAttempt;

/* What an attempt's checkpoints are for. */
typedef struct {
  const RunRequest *request; /* the run's, not the attempt's */
  CheckpointHead head;       /* found: the attempt goes on from the checkpoint */
} RunRung;

/* Trains and stores as run_train says, with the engine and precision of `request`. A ball run ends
   before the first step at which it cannot tell a gate, or a value has become infinite: everything
   stored is an enclosure then, and *out says where it ended. */
MUST_CHECK StatusCode run_attempt(int64_t *run, RunAttempt *out, Store *store, const Dataset *data,
                                  const RunRequest *request, const RunRung *rung, Error *err);

/* run_train for the ball engine: plans the precision and repeats the run with more while it ends
   early or with too large a radius, up to request->precision. before: what its plan begins with, in
   words, or NULL. */
MUST_CHECK StatusCode run_train_ball(int64_t *run, Store *store, const Dataset *data,
                                     const RunRequest *request, const char *before, Error *err);

/* run_train with request->certify: double, mpfr with 128 and 256 bits, ball, starting from the
   engine asked for (run_certified.c). */
MUST_CHECK StatusCode run_train_certified(int64_t *run, Store *store, const Dataset *data,
                                          const RunRequest *request, Error *err);

#endif
