/* run.h -- one training run from parameters to records in the run store. */
#ifndef SRC_RUN_H
#define SRC_RUN_H

#include <signal.h>

#include "src/dataset.h"
#include "src/engine.h"
#include "src/store.h"

/* Told of every finished step and asked whether to go on; may be called often, so it must be cheap.
 */
typedef struct {
  bool (*tick)(int64_t steps_done, int64_t steps_total,
               void *context); /* false: stop, STATUS_INTERNAL "interrupted" */
  void *context;
} Progress;

/* Checkpoints of a run (checkpoint.h). */
typedef struct {
  const char *folder;  /* its run.db is the checkpoint; NULL: none are kept */
  const char *program; /* that writes them; another one does not go on from them */
  double seconds;      /* between two; 0: one after every step */
} Checkpoints;

typedef struct {
  const Params *params;
  const Instance *instance; /* the formulas, kept in the store */
  EngineKind engine;
  int64_t precision;    /* bits; 53 for the double engine; the most for the ball engine, */
  int64_t least;        /* and the least for it; 0 leaves that to its plan */
  int64_t record_every; /* 0: the default schedule of schedule.h */
  PlainSet plain;       /* fast paths to do without; nothing that is stored depends on them */
  bool certify;         /* carry a certificate; not with the ball engine */
  bool sparse;          /* its sparse schedule instead; record_every is 0 */
  const int64_t *at;    /* further steps at which records and weights are kept; (at_count) */
  size_t at_count;
  const char *what_if;    /* its name, or NULL */
  const char *why;        /* the run repeats another: why, in words before its plan; or NULL */
  Checkpoints checkpoint; /* where they are kept */
  Progress progress;      /* tick may be NULL */
} RunRequest;

/* Trains from step 0 to t1 + t2 and stores the run: records on the schedule, weights and spectra at
   0, t1, t1 + t2 and `at`. *run := its id. STATUS_DATA when nothing can train (tau0 = 0) or a value
   stops being finite: the line names step and quantity. The ball engine chooses its precision
   (ball_plan.h), and repeats the run with twice as much when a gate cannot be told; when that is so
   at request->precision as well, the run ends there, and the store says where and why. With
   `certify` the run is repeated with more bits, in the end with the ball engine, until its
   certificate holds to the end; the store keeps that run, and in its plan what came before.
   A run that finds a checkpoint of the same request goes on from it, and leaves the same in the
   store as one that was never stopped; one that is told to stop leaves a checkpoint. Checkpoints
   are the caller's to remove, when what came of the run is safe. */
MUST_CHECK StatusCode run_train(int64_t *run, Store *store, const Dataset *data,
                                const RunRequest *request, Error *err);

/* Compares two runs of the same data, step by step, and stores the agreeing digits of K1, K2 and
   the norms: -log10(|a - b| / max(|a|, |b|)), capped at the smaller precision; the cap when a = b.
 */
MUST_CHECK StatusCode run_compare(Store *store, int64_t run_a, int64_t run_b, Error *err);

#endif
