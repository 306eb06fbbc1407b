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

typedef struct {
  size_t job_count;
  size_t workers; /* how many at once; at least 1 */
  /* In the worker: does job number `job`, telling progress (never NULL in its tick). */
  StatusCode (*work)(size_t job, const Progress *progress, void *context, Error *err);
  /* In the caller: a job is at this step; false stops all jobs. Called at least every 0.1 s while
     any job runs, with job = job_count when there is no news. */
  bool (*tick)(size_t job, int64_t done, int64_t total, void *context);
  void *context;
} WorkerPlan;

/* Runs all jobs, starting them in order. On the first failure, or when tick says to stop
   (STATUS_INTERNAL "interrupted"), the others are ended with SIGTERM and waited for, and *err is
   the failure. A worker that dies names its job and signal: STATUS_INTERNAL. Workers get default
   signal handling; what they leave half-done is the caller's to remove. */
MUST_CHECK StatusCode workers_run(const WorkerPlan *plan, Error *err);

/* Processors that are online, at least 1. */
size_t workers_online(void);

#endif
