/* test_workers.c -- jobs in worker processes: order, failures, second tries, deaths. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/workers.h"

/* What a test watches. Workers tell through a pipe, in letters. */
typedef struct {
  int pipe[2];
  WorkersAnswer answer[2]; /* to the first and the second failure of a job */
  int failures[8];
  char message[8][64];
} Watch;

static void tell_letter(const Watch *watch, size_t job) {
  const char letter = (char)('a' + (int)job);
  if (write(watch->pipe[1], &letter, 1) != 1) abort();
}

static StatusCode letter_job(size_t job, const Progress *progress, void *context, Error *err) {
  (void)err;
  tell_letter(context, job);
  return progress->tick(1, 1, progress->context) ? STATUS_OK : STATUS_INTERNAL;
}

/* Job 1 fails, job 2 dies. */
static StatusCode bad_job(size_t job, const Progress *progress, void *context, Error *err) {
  tell_letter(context, job);
  if (job == 1) return error_set(err, STATUS_DATA, "job one is no good");
  if (job == 2) raise(SIGKILL);
  return progress->tick(1, 1, progress->context) ? STATUS_OK : STATUS_INTERNAL;
}

static bool go_on(size_t job, int64_t done, int64_t total, void *context) {
  (void)context;
  return job != WORKERS_NO_NEWS || done <= total;
}

static WorkersAnswer answer(size_t job, const Error *error, void *context) {
  Watch *watch = context;
  snprintf(watch->message[job], sizeof watch->message[job], "%d %.50s", error->code,
           error->message);
  return watch->answer[watch->failures[job]++ > 0];
}

/* *status, *said := what becomes of the jobs; letters := who ran, in order. */
static StatusCode run_jobs(char letters[64], const WorkerPlan *plan, Error *err) {
  Watch *watch = plan->context;
  cr_assert(pipe(watch->pipe) == 0, "no pipe for %zu jobs", plan->job_count);
  const StatusCode code = workers_run(plan, err);
  close(watch->pipe[1]);
  const ssize_t got = read(watch->pipe[0], letters, 63);
  letters[got > 0 ? got : 0] = '\0';
  close(watch->pipe[0]);
  return code;
}

Test(workers, start_jobs_in_the_order_asked_for) {
  const size_t order[] = {3, 0, 5};
  Watch watch = {.failures = {0}};
  char letters[64];
  Error err = {STATUS_OK, ""};
  const WorkerPlan plan = {.job_count = 3,
                           .order = order,
                           .workers = 1,
                           .work = letter_job,
                           .tick = go_on,
                           .context = &watch};
  const StatusCode code = run_jobs(letters, &plan, &err);
  cr_assert(code == STATUS_OK && strcmp(letters, "daf") == 0,
            "status %d, jobs '%s', expected 'daf'", code, letters);
}

Test(workers, stop_at_the_first_failure_unless_told_otherwise) {
  Watch watch = {.failures = {0}};
  char letters[64];
  Error err = {STATUS_OK, ""};
  const WorkerPlan plan = {
      .job_count = 4, .workers = 1, .work = bad_job, .tick = go_on, .context = &watch};
  const StatusCode code = run_jobs(letters, &plan, &err);
  cr_assert(code == STATUS_DATA && strcmp(letters, "ab") == 0 &&
                strcmp(err.message, "job one is no good") == 0,
            "status %d, jobs '%s', message '%s'", code, letters, err.message);
}

/* A failure and a death each get a second try, and the others their turn. */
Test(workers, try_again_and_go_on) {
  Watch watch = {.answer = {WORKERS_AGAIN, WORKERS_GO_ON}};
  char letters[64];
  Error err = {STATUS_OK, ""};
  WorkerPlan plan = {.job_count = 4,
                     .workers = 1,
                     .work = bad_job,
                     .tick = go_on,
                     .failed = answer,
                     .context = &watch};
  StatusCode code = run_jobs(letters, &plan, &err);
  cr_assert(code == STATUS_OK && strcmp(letters, "abbccd") == 0,
            "status %d, jobs '%s', expected 'abbccd'", code, letters);
  cr_assert(strcmp(watch.message[1], "65 job one is no good") == 0 &&
                strstr(watch.message[2], "killed by signal 9") != NULL,
            "%d and %d failures: '%s', '%s'", watch.failures[1], watch.failures[2],
            watch.message[1], watch.message[2]);
  watch = (Watch){.answer = {WORKERS_GO_ON}};
  plan.workers = 3;
  code = run_jobs(letters, &plan, &err);
  cr_assert(code == STATUS_OK && strlen(letters) == 4 && watch.failures[1] == 1 &&
                watch.failures[2] == 1,
            "status %d, jobs '%s', %d and %d failures", code, letters, watch.failures[1],
            watch.failures[2]);
}
