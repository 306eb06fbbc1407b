/* workers.h -- independent jobs in worker processes, a few at a time.
 *
 * A job is a function that runs in a process of its own and leaves its results in files; nothing
 * else comes back but progress and, on failure, the error. So jobs cannot disturb one another, and
 * results cannot depend on how many run at once.
 */
#ifndef SRC_WORKERS_H
#define SRC_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/run.h"

/* What is to become of a job that failed. */
typedef enum {
  WORKERS_STOP,  /* all jobs end, with its error */
  WORKERS_AGAIN, /* it is done once more, at once */
  WORKERS_GO_ON  /* without it */
} WorkersAnswer;

#define WORKERS_NO_NEWS SIZE_MAX

typedef struct {
  size_t job_count;
  const size_t *order; /* the numbers of the jobs in the order they are started; (job_count); NULL:
                          0, 1, ... */
  size_t workers;      /* how many at once; at least 1 */
  /* In the worker: does job number `job`, telling progress (never NULL in its tick). */
  StatusCode (*work)(size_t job, const Progress *progress, void *context, Error *err);
  /* In the caller: a job is at this step; false stops all jobs. Called at least every 0.1 s while
     any job runs, with job = WORKERS_NO_NEWS when there is none. */
  bool (*tick)(size_t job, int64_t done, int64_t total, void *context);
  /* In the caller: a job failed, or its worker died. NULL: WORKERS_STOP. */
  WorkersAnswer (*failed)(size_t job, const Error *error, void *context);
  void *context;
} WorkerPlan;

/* Runs all jobs, starting them in order. On a failure to stop at, or when tick says to stop
   (STATUS_INTERNAL "interrupted"), the others are ended with SIGTERM (and a second later with
   SIGKILL) and waited for, and *err is the failure. A worker that dies names its job and signal:
   STATUS_INTERNAL. A worker told to end, or whose caller has died, is stopped by its tick; what it
   leaves half-done is the caller's to remove. */
MUST_CHECK StatusCode workers_run(const WorkerPlan *plan, Error *err);

/* Processors that are online, at least 1. */
size_t workers_online(void);

#endif
