/* plan.h -- what the run options of a command line mean: instance, readings, engines, folder; and
 * the training of all of them into one run store. */
#ifndef SRC_PLAN_H
#define SRC_PLAN_H

#include "src/cli.h"
#include "src/dataset.h"
#include "src/digest.h"
#include "src/engine.h"
#include "src/params.h"
#include "src/store.h"
#include "src/what_if.h"
#include "verify/claim.h"
#include "verify/lemma.h"
#include "verify/rate.h"

#define PLAN_READINGS 4
#define PLAN_RUNS (PLAN_READINGS * ENGINE_KIND_COUNT)

typedef struct {
  EngineKind kind;
  int64_t precision; /* of ball: the most it may take, */
  int64_t least;     /* and the least; 0 leaves that to its plan */
} PlanEngine;

/* A what-if of the plan: trained in double under the first reading. */
typedef struct {
  const WhatIf *what_if;
  Instance instance;
  Params params;
} PlanVariant;

typedef struct {
  const CommandLine *line; /* outlives the plan */
  Instance instance;
  Params params; /* of reading[0] */
  Reading reading[PLAN_READINGS];
  size_t reading_count;
  PlanEngine engine[ENGINE_KIND_COUNT]; /* verdicts come from the last one */
  size_t engine_count;
  const char *why;        /* the plan repeats runs: why, in words (run.h); or NULL */
  PlainSet plain;         /* fast paths to do without */
  const ClaimSet *claims; /* what is judged, or NULL: for the record of their files; */
  const LemmaSet *lemmas; /* they outlive the plan */
  const RateSet *rates;
  WhatIfSet what_ifs;
  PlanVariant *variant; /* those of --what-if, in the order of the file; (variant_count) */
  size_t variant_count;
  char program[DIGEST_SIZE]; /* SHA-256 of its file and its libraries' versions */
  double checkpoint_seconds;
  const char *out;    /* the folder that is written */
  size_t out_existed; /* the length of the part of `out` that was there before us */
} Plan;

typedef enum { PLAN_DOUBLE_ALONE, PLAN_BOTH_ENGINES } PlanDefault; /* when there is no --engine */

/* *out := the plan of a command line with the options OPTION_RUN_SET; plan_clear releases it.
 * Errors: STATUS_USAGE, and those of instance_load and params_resolve. */
MUST_CHECK StatusCode plan_make(Plan *out, const CommandLine *line, PlanDefault engines,
                                Error *err);
void plan_clear(Plan *plan); /* a zeroed Plan is allowed */

/* *out := a new run store in the plan's folder, with the provenance facts; plan_finish_store
 * releases it. */
MUST_CHECK StatusCode plan_create_store(Store **out, const Plan *plan, Error *err);
/* Ends a store whose work ended with `code`: completes it if that is STATUS_OK and no signal asks
   to stop, drops it otherwise. Completed, it needs the workers' stores and checkpoints no more, and
   they go; after an error or a signal the same command goes on from them. Empty folders that were
   made for it go too.
   Returns code, or why the store could not be completed. */
MUST_CHECK StatusCode plan_finish_store(Store *store, StatusCode code, const Plan *plan,
                                        Error *err);
/* Removes what workers leave: parts of files and empty folders; whole: and stores and checkpoints.
 */
void plan_remove_workers(const Plan *plan, bool whole);
/* Removes the folders that are empty and were not there before. */
void plan_remove_folders(const Plan *plan);

/* Does a --set of the command line name this key? */
bool plan_sets_key(const CommandLine *line, const char *key);

/* Keeps in the store the files that the plan was made from, given (as they were read) and built in
   (plan_inputs.c). */
MUST_CHECK StatusCode plan_add_inputs(Store *store, const Plan *plan, Error *err);
/* STATUS_USAGE when two different given files have one name, by which a record would confuse them.
 */
MUST_CHECK StatusCode plan_check_inputs(const CommandLine *line, Error *err);

/* What is kept besides the schedule: see RunRequest. */
typedef struct {
  int64_t record_every;
  const int64_t *at;
  size_t at_count;
} PlanRecords;

/* Makes instance and params those of the given reading. */
MUST_CHECK StatusCode plan_set_reading(Plan *plan, Reading reading, Error *err);

/* Trains every reading with every engine on one data set and compares the engines (plan_train.c).
   run[reading * engine_count + engine] := the run's id. As many runs are under way at once as there
   are processors; the store does not depend on it. The runs of the what-ifs, each on the data set
   of its own parameters, follow in the store. Progress on stderr. */
MUST_CHECK StatusCode plan_train(int64_t run[PLAN_RUNS], Store *store, Plan *plan,
                                 const Dataset *data, const PlanRecords *records, Error *err);

/* A line on stderr: a store is damaged, and is done without. */
void plan_tell_damage(const Error *damage);

/* *out := the claims of --claims, or the built-in ones. The errors of a file are written to stderr,
 * one line each: then err's message is empty. */
MUST_CHECK StatusCode plan_load_claims(ClaimSet *out, const CommandLine *line, Error *err);

#endif
