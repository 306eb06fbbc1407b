/* plan_train.c -- trains all runs of a plan, several at once, into one store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/plan.h"
#include "src/progress.h"
#include "src/run.h"
#include "src/schedule.h"
#include "src/workers.h"

/* One run of the plan: of a reading with an engine, or of a what-if. */
typedef struct {
  size_t reading, engine;
  const PlanVariant *variant; /* or NULL */
} Job;

#define JOBS_MAX (PLAN_RUNS + WHAT_IFS_MAX)
_Static_assert(JOBS_MAX <= PROGRESS_PHASES, "every run has its phase");
static const PlanEngine variant_engine = {ENGINE_DOUBLE, 53, 0};
#define VARIANT_KIND (PROGRESS_KINDS - 1) /* of phases: their parameters set their speed */
_Static_assert(ENGINE_KIND_COUNT <= VARIANT_KIND, "engines and what-ifs are of different kinds");

typedef struct {
  Plan *plan;
  const Dataset *data;
  const PlanRecords *records;
  Meter meter; /* phase k is job k */
  Job job[JOBS_MAX];
  size_t job_count;
} Training;

/* ---- progress ---- */

/* Guesses for the bar's first seconds, in double steps: about what is measured at d = 16. */
#define RECORD_COST 30.0
static double step_cost(const PlanEngine *engine) {
  static const double ball = 60;
  if (engine->kind == ENGINE_BALL) return ball;
  return engine->kind == ENGINE_DOUBLE ? 1 : 8 + 0.06 * (double)engine->precision;
}

static ProgressPhase make_phase(const Training *t, const Job *job) {
  const PlanEngine *e = job->variant ? &variant_engine : &t->plan->engine[job->engine];
  const Params *p = job->variant ? &job->variant->params : &t->plan->params;
  const Schedule schedule = schedule_make(p->t1, p->t2, t->records->record_every);
  const double cost1 = step_cost(e) + RECORD_COST / (double)schedule.stride1;
  const double cost2 = step_cost(e) + RECORD_COST / (double)schedule.stride2;
  ProgressPhase phase = {.steps = p->t1 + p->t2,
                         .head = p->t1,
                         .head_cost = cost1 / cost2,
                         .kind = job->variant ? VARIANT_KIND : (int)job->engine,
                         .cost = cost2};
  char bits[24] = "";
  if (e->kind == ENGINE_MPFR) snprintf(bits, sizeof bits, " %lld", (long long)e->precision);
  snprintf(phase.name, sizeof phase.name, "%s%s, %s", engine_name(e->kind), bits,
           job->variant ? job->variant->what_if->name
                        : reading_name(t->plan->reading[job->reading]));
  return phase;
}

static bool tell(size_t job, int64_t done, int64_t total, void *context) {
  (void)total;
  Training *t = context;
  return progress_tell(&t->meter, job, done);
}

/* The tick of a run in this process. */
typedef struct {
  Training *training;
  size_t job;
} Here;

static bool tick_here(int64_t done, int64_t total, void *context) {
  const Here *here = context;
  return tell(here->job, done, total, here->training);
}

/* ---- one run ---- */

/* Trains a what-if, on data of its own. */
static StatusCode train_variant(int64_t *run, Store *store, const Training *t,
                                const PlanVariant *variant, const Progress *progress, Error *err) {
  const RunRequest request = {.params = &variant->params,
                              .instance = &variant->instance,
                              .engine = variant_engine.kind,
                              .precision = variant_engine.precision,
                              .record_every = t->records->record_every,
                              .plain = t->plan->plain,
                              .what_if = variant->what_if->name,
                              .progress = *progress};
  Dataset data;
  TRY(dataset_generate(&data, &variant->params, err));
  StatusCode code = run_train(run, store, &data, &request, err);
  dataset_clear(&data);
  if (code != STATUS_DATA) return code;
  const Error inner = *err;
  return error_set(err, code, "what-if %s: %.440s", variant->what_if->name, inner.message);
}

/* Trains a job into a store. */
static StatusCode train_job(int64_t *run, Store *store, Training *t, size_t job,
                            const Progress *progress, Error *err) {
  const PlanEngine *engine = &t->plan->engine[t->job[job].engine];
  const PlanVariant *variant = t->job[job].variant;
  if (variant) return train_variant(run, store, t, variant, progress, err);
  TRY(plan_set_reading(t->plan, t->plan->reading[t->job[job].reading], err));
  const RunRequest request = {
      .params = &t->plan->params,
      .instance = &t->plan->instance,
      .engine = engine->kind,
      .precision = engine->precision,
      .least = engine->least,
      .why = t->plan->why,
      .record_every = t->records->record_every,
      .at = t->records->at,
      .at_count = t->records->at_count,
      .plain = t->plan->plain,
      .certify = cli_given(t->plan->line, OPTION_CERTIFY) && engine->kind != ENGINE_BALL,
      .progress = *progress,
  };
  return run_train(run, store, t->data, &request, err);
}

/* *out := DIR/worker-K, the folder of job K's own store, with the suffix; malloc'ed. */
static StatusCode worker_path(char **out, const Training *t, size_t job, const char *suffix,
                              Error *err) {
  const size_t size = strlen(t->plan->out) + strlen(suffix) + 32;
  *out = array_alloc(size, 1);
  if (*out == NULL) return error_memory(err, "a worker's folder");
  snprintf(*out, size, "%s/worker-%zu%s", t->plan->out, job + 1, suffix);
  return STATUS_OK;
}

/* In a worker process: the job goes into a store of its own. */
static StatusCode work(size_t job, const Progress *progress, void *context, Error *err) {
  Training *t = context;
  char *folder;
  Store *store = NULL;
  int64_t run;
  TRY(worker_path(&folder, t, job, "", err));
  StatusCode code = store_create(&store, folder, err);
  free(folder);
  if (code != STATUS_OK) return code;
  code = train_job(&run, store, t, job, progress, err);
  if (code == STATUS_OK) return store_finish(store, err);
  store_close(store);
  return code;
}

/* ---- all runs ---- */

/* Takes the one run of a worker's store over. */
static StatusCode collect(int64_t *run, Store *store, const Training *t, size_t job, Error *err) {
  char *folder;
  Store *from;
  TRY(worker_path(&folder, t, job, "", err));
  StatusCode code = store_open(&from, folder, err);
  free(folder);
  if (code != STATUS_OK) return code;
  code = store_copy_run(run, store, from, 1, err);
  store_close(from);
  return code;
}

/* Removes what workers leave, whether they ended well or not. */
static void remove_workers(const Training *t) {
  static const char *const files[] = {"/run.db", "/run.db.part"};
  Error ignored;
  for (size_t job = 0; job < t->job_count; job++) {
    char *path;
    for (size_t i = 0; i < 2; i++)
      if (worker_path(&path, t, job, files[i], &ignored) == STATUS_OK) {
        unlink(path);
        free(path);
      }
    if (worker_path(&path, t, job, "", &ignored) == STATUS_OK) {
      rmdir(path);
      free(path);
    }
  }
}

/* run[k] := id of job k's run, in the order of readings and engines, whatever order they are
 * trained in; then come the what-ifs. */
static StatusCode train_apart(int64_t *run, Store *store, Training *t, Error *err) {
  const WorkerPlan workers = {.job_count = t->job_count,
                              .workers = t->meter.workers,
                              .work = work,
                              .tick = tell,
                              .context = t};
  StatusCode code = workers_run(&workers, err);
  for (size_t r = 0; r < t->plan->reading_count; r++)
    for (size_t e = 0; e < t->plan->engine_count; e++)
      for (size_t job = 0; job < t->job_count && code == STATUS_OK; job++)
        if (!t->job[job].variant && t->job[job].reading == r && t->job[job].engine == e)
          code = collect(&run[r * t->plan->engine_count + e], store, t, job, err);
  int64_t ignored;
  for (size_t job = 0; job < t->job_count && code == STATUS_OK; job++)
    if (t->job[job].variant) code = collect(&ignored, store, t, job, err);
  remove_workers(t);
  return code;
}

static StatusCode train_here(int64_t *run, Store *store, Training *t, Error *err) {
  for (size_t job = 0; job < t->job_count; job++) {
    Here here = {t, job};
    const Progress progress = {tick_here, &here};
    int64_t ignored;
    TRY(train_job(t->job[job].variant ? &ignored : &run[job], store, t, job, &progress, err));
  }
  return STATUS_OK;
}

static StatusCode compare_engines(const int64_t *run, Store *store, const Plan *plan, Error *err) {
  for (size_t r = 0; r < plan->reading_count && plan->engine_count == 2; r++)
    TRY(run_compare(store, run[2 * r], run[2 * r + 1], err));
  return STATUS_OK;
}

StatusCode plan_train(int64_t run[PLAN_RUNS], Store *store, Plan *plan, const Dataset *data,
                      const PlanRecords *records, Error *err) {
  Training t = {.plan = plan, .data = data, .records = records};
  const size_t count = plan->reading_count * plan->engine_count, online = workers_online();
  const size_t all = count + plan->variant_count, workers = all < online ? all : online;
  t.meter = progress_open(progress_style(cli_given(plan->line, OPTION_QUIET)), workers);
  /* Several at once: the slowest engine, which is the last, goes first, so that no long run is left
     over at the end. One after the other: in the order of the store. */
  for (size_t k = 0; k < count; k++)
    t.job[t.job_count++] =
        workers > 1 ? (Job){.reading = k % plan->reading_count,
                            .engine = plan->engine_count - 1 - k / plan->reading_count}
                    : (Job){.reading = k / plan->engine_count, .engine = k % plan->engine_count};
  for (size_t k = 0; k < plan->variant_count; k++)
    t.job[t.job_count++] = (Job){.variant = &plan->variant[k]};
  for (size_t k = 0; k < all; k++) {
    const ProgressPhase phase = make_phase(&t, &t.job[k]);
    progress_add(&t.meter, &phase);
  }
  StatusCode code =
      workers > 1 ? train_apart(run, store, &t, err) : train_here(run, store, &t, err);
  progress_close(&t.meter);
  return code == STATUS_OK ? compare_engines(run, store, plan, err) : code;
}
