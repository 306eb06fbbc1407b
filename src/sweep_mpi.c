/* sweep_mpi.c -- jobs done by the ranks of an MPI run. Nobody waits inside MPI, where waiting takes
 * a whole processor: everybody looks for messages and sleeps in between. */
#include "src/sweep_mpi.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_NANOSECONDS 2000000
#define LOOKS_PER_TICK 50          /* without news: 0.1 s */
#define TELL_NANOSECONDS 200000000 /* a rank tells its progress at most five times a second */

/* From rank 0: a job, or the end. */
#define TAG_JOB 1
#define TAG_STOP 2
/* To rank 0, in bytes: all ranks run the same program. */
#define TAG_NEWS 3
typedef struct {
  bool ended;
  size_t job;
  int64_t done, total; /* while running */
  Error error;         /* when ended; code STATUS_OK on success */
} News;

static void nap(void) {
  const struct timespec pause = {.tv_nsec = LOOK_NANOSECONDS};
  nanosleep(&pause, NULL);
}

/* MPI's own errors end the run (MPI_ERRORS_ARE_FATAL, its default): so its calls return nothing to
 * be checked. */
StatusCode sweep_mpi_begin(SweepMpi *out, Error *err) {
  static const char *const launched[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
  *out = (SweepMpi){.ranks = 0};
  bool found = false;
  for (size_t i = 0; i < sizeof launched / sizeof *launched; i++)
    found = found || getenv(launched[i]) != NULL;
  if (!found) return STATUS_OK;
  if (MPI_Init(NULL, NULL) != MPI_SUCCESS)
    return error_set(err, STATUS_INTERNAL, "cannot join the MPI run");
  MPI_Comm_rank(MPI_COMM_WORLD, &out->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &out->ranks);
  return STATUS_OK;
}

/* *rank, *tag := of a message that has come; false when there is none. */
static bool look(int *rank, int *tag) {
  int come = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &come, &status);
  if (come == 0) return false;
  *rank = status.MPI_SOURCE;
  *tag = status.MPI_TAG;
  return true;
}

/* ---- the ranks that do jobs ---- */

typedef struct {
  SweepMpi *mpi;
  const WorkerPlan *plan;
  size_t job;
  struct timespec told;
} Serving;

static void tell(const News *news) {
  MPI_Send(news, (int)sizeof *news, MPI_BYTE, 0, TAG_NEWS, MPI_COMM_WORLD);
}

/* The next order of rank 0: true with *job, false for the end. */
static bool next_order(size_t *job, SweepMpi *mpi) {
  int rank, tag;
  uint64_t number = 0;
  while (!look(&rank, &tag))
    nap();
  MPI_Recv(&number, (int)sizeof number, MPI_BYTE, 0, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  *job = (size_t)number;
  mpi->stopped = tag == TAG_STOP;
  return !mpi->stopped;
}

/* While a job runs, rank 0 sends nothing but the end. */
static bool serve_tick(int64_t done, int64_t total, void *context) {
  Serving *s = context;
  struct timespec now;
  size_t none;
  int rank, tag;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t elapsed =
      (int64_t)(now.tv_sec - s->told.tv_sec) * 1000000000 + (now.tv_nsec - s->told.tv_nsec);
  if (elapsed < TELL_NANOSECONDS && done < total) return true;
  s->told = now;
  const News news = {.job = s->job, .done = done, .total = total};
  tell(&news);
  if (look(&rank, &tag)) return next_order(&none, s->mpi);
  return s->plan->tick(s->job, done, total, s->plan->context);
}

void sweep_mpi_serve(SweepMpi *mpi, const WorkerPlan *plan, const Error *why) {
  Serving serving = {.mpi = mpi, .plan = plan};
  while (!mpi->stopped && next_order(&serving.job, mpi)) {
    const Progress progress = {serve_tick, &serving};
    News end = {.ended = true, .job = serving.job};
    if (plan == NULL)
      end.error = *why;
    else
      end.error.code = plan->work(serving.job, &progress, plan->context, &end.error);
    tell(&end);
  }
}

/* ---- rank 0 ---- */

typedef struct {
  SweepMpi *mpi;
  const WorkerPlan *plan;
  bool *busy;    /* (ranks) */
  size_t next;   /* job to be started */
  size_t *again; /* jobs to be done once more; (again_count) */
  size_t again_count, running;
} Leading;

/* *job := the next one; false when there is none to be started now. */
static bool next_job(size_t *job, Leading *l) {
  if (l->again_count > 0) {
    *job = l->again[--l->again_count];
    return true;
  }
  if (l->next == l->plan->job_count) return false;
  *job = l->plan->order != NULL ? l->plan->order[l->next] : l->next;
  l->next++;
  return true;
}

static StatusCode job_failed(Leading *l, size_t job, const Error *failure, Error *err) {
  const WorkersAnswer answer =
      l->plan->failed != NULL ? l->plan->failed(job, failure, l->plan->context) : WORKERS_STOP;
  if (answer == WORKERS_AGAIN) l->again[l->again_count++] = job;
  if (answer != WORKERS_STOP) return STATUS_OK;
  *err = *failure;
  return err->code;
}

static void hand_out(Leading *l) {
  size_t job;
  for (int rank = 1; rank < l->mpi->ranks; rank++) {
    if (l->busy[rank] || !next_job(&job, l)) continue;
    const uint64_t number = job;
    MPI_Send(&number, (int)sizeof number, MPI_BYTE, rank, TAG_JOB, MPI_COMM_WORLD);
    l->busy[rank] = true;
    l->running++;
  }
}

/* Takes one piece of news; *go_on as the tick says. */
static StatusCode take_news(bool *go_on, Leading *l, int rank, Error *err) {
  News news;
  MPI_Recv(&news, (int)sizeof news, MPI_BYTE, rank, TAG_NEWS, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  if (!news.ended) {
    *go_on = l->plan->tick(news.job, news.done, news.total, l->plan->context);
    return STATUS_OK;
  }
  l->busy[rank] = false;
  l->running--;
  return news.error.code == STATUS_OK ? STATUS_OK : job_failed(l, news.job, &news.error, err);
}

static StatusCode lead_others(Leading *l, Error *err) {
  bool go_on = true;
  int quiet = 0;
  while (go_on) {
    int rank, tag;
    hand_out(l);
    if (l->running == 0) return STATUS_OK;
    if (look(&rank, &tag)) {
      TRY(take_news(&go_on, l, rank, err));
      continue;
    }
    nap();
    quiet = (quiet + 1) % LOOKS_PER_TICK;
    if (quiet == 0) go_on = l->plan->tick(WORKERS_NO_NEWS, 0, 0, l->plan->context);
  }
  return error_set(err, STATUS_INTERNAL, "interrupted");
}

/* The tick of a job on rank 0 itself. */
typedef struct {
  const WorkerPlan *plan;
  size_t job;
} Here;

static bool tick_here(int64_t done, int64_t total, void *context) {
  const Here *here = context;
  return here->plan->tick(here->job, done, total, here->plan->context);
}

static StatusCode lead_nobody(Leading *l, Error *err) {
  Here here = {.plan = l->plan};
  while (next_job(&here.job, l)) {
    const Progress progress = {tick_here, &here};
    Error failure = {STATUS_OK, ""};
    const StatusCode code = l->plan->work(here.job, &progress, l->plan->context, &failure);
    if (code != STATUS_OK) TRY(job_failed(l, here.job, &failure, err));
  }
  return STATUS_OK;
}

/* Lets the others go, and hears them out: a rank that is amid a job says how it ended. */
static void dismiss(SweepMpi *mpi, size_t running) {
  const uint64_t none = 0;
  for (int other = 1; other < mpi->ranks; other++)
    MPI_Send(&none, (int)sizeof none, MPI_BYTE, other, TAG_STOP, MPI_COMM_WORLD);
  mpi->stopped = true;
  while (running > 0) {
    News news;
    MPI_Recv(&news, (int)sizeof news, MPI_BYTE, MPI_ANY_SOURCE, TAG_NEWS, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    running -= news.ended;
  }
}

StatusCode sweep_mpi_run(SweepMpi *mpi, const WorkerPlan *plan, Error *err) {
  Leading leading = {.mpi = mpi, .plan = plan};
  leading.busy = array_alloc((size_t)mpi->ranks, sizeof *leading.busy);
  leading.again = array_alloc(plan->job_count, sizeof *leading.again);
  StatusCode code =
      leading.busy != NULL && leading.again != NULL ? STATUS_OK : error_memory(err, "ranks");
  if (code == STATUS_OK)
    code = mpi->ranks > 1 ? lead_others(&leading, err) : lead_nobody(&leading, err);
  dismiss(mpi, leading.running);
  free(leading.busy);
  free(leading.again);
  return code;
}

void sweep_mpi_end(SweepMpi *mpi) {
  if (mpi->ranks == 0) return;
  if (mpi->rank == 0 && !mpi->stopped) dismiss(mpi, 0);
  MPI_Finalize();
}
