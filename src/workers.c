/* workers.c -- forked jobs that report over pipes. */
#include "src/workers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/stop.h"

#define POLL_MILLISECONDS 100
#define GRACE_MILLISECONDS 1000 /* from SIGTERM to SIGKILL */
#define GRACE_PAUSE_MILLISECONDS 5
#define TELL_NANOSECONDS 20000000 /* a worker tells its progress at most fifty times a second */

/* What goes through a pipe; smaller than PIPE_BUF, so each is written whole or not at all. */
typedef struct {
  bool ended;
  int64_t done, total; /* while running */
  Error error;         /* when ended; code STATUS_OK on success */
} Message;

typedef struct {
  pid_t pid;
  int pipe; /* reading end */
  size_t job;
  bool reported; /* an end message has come */
} Worker;

/* ---- in the worker ---- */

typedef struct {
  int pipe;
  struct timespec told;
} Teller;

static bool tell(const Teller *teller, const Message *message) {
  ssize_t wrote;
  do
    wrote = write(teller->pipe, message, sizeof *message);
  while (wrote < 0 && errno == EINTR);
  return wrote == (ssize_t)sizeof *message;
}

/* SIGTERM comes from the caller, or with its death: the worker ends at its next tick, so that it
   can keep what it has; a second one ends it at once. SIGINT comes to the caller, who passes it on.
 */
static void catch_stop(void) {
  stop_catch(SIGTERM, true);
  signal(SIGINT, SIG_IGN);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
}

static bool worker_tick(int64_t done, int64_t total, void *context) {
  Teller *teller = context;
  if (stop_signal() != 0) return false;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t elapsed = (int64_t)(now.tv_sec - teller->told.tv_sec) * 1000000000 +
                    (now.tv_nsec - teller->told.tv_nsec);
  if (elapsed < TELL_NANOSECONDS && done < total) return true;
  teller->told = now;
  const Message message = {.done = done, .total = total};
  return tell(teller, &message); /* nobody reads any more: stop */
}

static _Noreturn void worker_main(const WorkerPlan *plan, size_t job, int pipe) {
  catch_stop();
  signal(SIGPIPE, SIG_IGN);
  Teller teller = {.pipe = pipe};
  const Progress progress = {worker_tick, &teller};
  Message end = {.ended = true};
  end.error.code = plan->work(job, &progress, plan->context, &end.error);
  _exit(tell(&teller, &end) ? 0 : 1); /* not exit: the caller's buffers are the caller's to flush */
}

/* ---- in the caller ---- */

static StatusCode worker_start(Worker *out, const WorkerPlan *plan, size_t job, Error *err) {
  int ends[2];
  if (pipe(ends) != 0)
    return error_set(err, STATUS_INTERNAL, "cannot start a worker: %s", strerror(errno));
  fflush(NULL); /* nothing buffered may be written twice */
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    worker_main(plan, job, ends[1]);
  }
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return error_set(err, STATUS_INTERNAL, "cannot start a worker: %s", strerror(errno));
  }
  *out = (Worker){.pid = pid, .pipe = ends[0], .job = job};
  return STATUS_OK;
}

/* Waits for an ended worker; its end must have been reported. */
static StatusCode worker_end(Worker *worker, Error *err) {
  int status = 0;
  close(worker->pipe);
  while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (worker->reported) return STATUS_OK;
  if (WIFSIGNALED(status))
    return error_set(err, STATUS_INTERNAL, "worker of job %zu was killed by signal %d",
                     worker->job + 1, WTERMSIG(status));
  return error_set(err, STATUS_INTERNAL, "worker of job %zu ended without a result (status %d)",
                   worker->job + 1, WEXITSTATUS(status));
}

/* Reads one message; *ended when the worker is through. */
static StatusCode worker_listen(bool *ended, bool *go_on, Worker *worker, const WorkerPlan *plan,
                                Error *err) {
  Message message;
  ssize_t got = read(worker->pipe, &message, sizeof message);
  *ended = false;
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return STATUS_OK;
  if (got != (ssize_t)sizeof message) {
    *ended = true;
    return STATUS_OK; /* worker_end says what is missing */
  }
  if (!message.ended) {
    *go_on = plan->tick(worker->job, message.done, message.total, plan->context);
    return STATUS_OK;
  }
  *ended = worker->reported = true;
  if (message.error.code == STATUS_OK) return STATUS_OK;
  *err = message.error;
  return err->code;
}

static bool is_alive(const Worker *worker) {
  siginfo_t info = {.si_pid = 0};
  return waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

/* Most end within milliseconds and keep what they have. Between two ticks there may be minutes (the
   eigenvalues of a large matrix are one call of a library): then the last checkpoint has to do. */
static void workers_stop(Worker *running, size_t count) {
  const struct timespec pause = {.tv_nsec = GRACE_PAUSE_MILLISECONDS * 1000000L};
  Error ignored;
  for (size_t i = 0; i < count; i++)
    kill(running[i].pid, SIGTERM);
  for (int waited = 0; waited < GRACE_MILLISECONDS; waited += GRACE_PAUSE_MILLISECONDS) {
    size_t alive = 0;
    for (size_t i = 0; i < count; i++)
      alive += is_alive(&running[i]);
    if (alive == 0) break;
    nanosleep(&pause, NULL);
  }
  for (size_t i = 0; i < count; i++) {
    kill(running[i].pid, SIGKILL);                                /* who has ended does not mind */
    if (worker_end(&running[i], &ignored) != STATUS_OK) continue; /* it was told to */
  }
}

/* A worker has failed and is gone: *again := its job is to be done once more. */
static StatusCode worker_failed(bool *again, const Worker *worker, const WorkerPlan *plan,
                                const Error *failure, Error *err) {
  const WorkersAnswer answer =
      plan->failed != NULL ? plan->failed(worker->job, failure, plan->context) : WORKERS_STOP;
  *again = answer == WORKERS_AGAIN;
  if (answer != WORKERS_STOP) return STATUS_OK;
  *err = *failure;
  return err->code;
}

/* Listens to all running workers once, and lets those go that are through. */
static StatusCode workers_listen(Worker *running, size_t *count, const WorkerPlan *plan,
                                 struct pollfd *watched, Error *err) {
  bool go_on = true;
  for (size_t i = 0; i < *count; i++)
    watched[i] = (struct pollfd){.fd = running[i].pipe, .events = POLLIN};
  if (poll(watched, (nfds_t)*count, POLL_MILLISECONDS) <= 0)
    go_on = plan->tick(WORKERS_NO_NEWS, 0, 0, plan->context);
  else
    for (size_t i = *count; i-- > 0;) {
      bool ended, again = false;
      Error failure = {STATUS_OK, ""}, ignored;
      if (watched[i].revents == 0) continue;
      StatusCode code = worker_listen(&ended, &go_on, &running[i], plan, &failure);
      if (!ended) continue;
      Worker through = running[i];
      running[i] = running[--*count];
      const StatusCode died = worker_end(&through, code == STATUS_OK ? &failure : &ignored);
      if (code == STATUS_OK) code = died;
      if (code != STATUS_OK) TRY(worker_failed(&again, &through, plan, &failure, err));
      if (!again) continue;
      TRY(worker_start(&running[*count], plan, through.job, err));
      ++*count;
    }
  return go_on ? STATUS_OK : error_set(err, STATUS_INTERNAL, "interrupted");
}

StatusCode workers_run(const WorkerPlan *plan, Error *err) {
  size_t workers = plan->workers < plan->job_count ? plan->workers : plan->job_count;
  Worker *running = array_alloc(workers, sizeof *running);
  struct pollfd *watched = array_alloc(workers, sizeof *watched);
  size_t count = 0, next = 0;
  StatusCode code = STATUS_OK;
  if (running == NULL || watched == NULL) code = error_memory(err, "workers");
  while (code == STATUS_OK && (count > 0 || next < plan->job_count)) {
    while (code == STATUS_OK && count < workers && next < plan->job_count) {
      code =
          worker_start(&running[count], plan, plan->order != NULL ? plan->order[next] : next, err);
      if (code == STATUS_OK) {
        count++;
        next++;
      }
    }
    if (code == STATUS_OK) code = workers_listen(running, &count, plan, watched, err);
  }
  if (count > 0) workers_stop(running, count);
  free(running);
  free(watched);
  return code;
}

size_t workers_online(void) {
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}
