/* plan_train.c -- trains all runs of a plan, several at once, into one store. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/checkpoint.h"
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
  static const double ball = 20;
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

/* ---- one run ---- */

/* *out := DIR/worker-K, the folder of job K's own store, with the suffix; malloc'ed. */
static StatusCode worker_path(char **out, const char *folder, size_t job, const char *suffix,
                              Error *err) {
  const size_t size = strlen(folder) + strlen(suffix) + 32;
  *out = array_alloc(size, 1);
  if (*out == NULL) return error_memory(err, "a worker's folder");
  snprintf(*out, size, "%s/worker-%zu%s", folder, job + 1, suffix);
  return STATUS_OK;
}

/* *out := what a job asks for, of a plan made that of its reading. The folder of its checkpoints is
   malloc'ed: request_clear. */
static StatusCode request_make(RunRequest *out, Training *t, size_t job, const Progress *progress,
                               Error *err) {
  const PlanEngine *engine = &t->plan->engine[t->job[job].engine];
  const PlanVariant *variant = t->job[job].variant;
  char *folder;
  if (!variant) TRY(plan_set_reading(t->plan, t->plan->reading[t->job[job].reading], err));
  TRY(worker_path(&folder, t->plan->out, job, "/checkpoint", err));
  *out = (RunRequest){
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
      .checkpoint = {folder, t->plan->program, t->plan->checkpoint_seconds},
  };
  if (progress) out->progress = *progress;
  if (!variant) return STATUS_OK;
  out->params = &variant->params;
  out->instance = &variant->instance;
  out->engine = variant_engine.kind;
  out->precision = variant_engine.precision;
  out->at = NULL;
  out->at_count = 0;
  out->certify = false;
  out->what_if = variant->what_if->name;
  return STATUS_OK;
}

static void request_clear(RunRequest *request) {
  free((char *)request->checkpoint.folder);
}

/* Trains a what-if, on data of its own. */
static StatusCode train_variant(int64_t *run, Store *store, const RunRequest *request, Error *err) {
  Dataset data;
  TRY(dataset_generate(&data, request->params, err));
  StatusCode code = run_train(run, store, &data, request, err);
  dataset_clear(&data);
  if (code != STATUS_DATA) return code;
  const Error inner = *err;
  return error_set(err, code, "what-if %s: %.440s", request->what_if, inner.message);
}

/* Trains a job into a store. */
static StatusCode train_job(int64_t *run, Store *store, Training *t, size_t job,
                            const RunRequest *request, Error *err) {
  if (t->job[job].variant) return train_variant(run, store, request, err);
  return run_train(run, store, t->data, request, err);
}

/* Trains a job into a store of its own, unless it is there from before. */
static StatusCode work_in(const char *folder, Training *t, size_t job, const RunRequest *request,
                          Error *err) {
  Store *store = NULL;
  int64_t run;
  bool finished;
  Error damage; /* has been told of (look_back) */
  TRY(checkpoint_is_finished(&finished, &damage, folder, request, err));
  if (finished) return STATUS_OK;
  TRY(store_create(&store, folder, err));
  StatusCode code = checkpoint_sign(store, request, err);
  if (code == STATUS_OK) code = train_job(&run, store, t, job, request, err);
  if (code == STATUS_OK) return store_finish(store, err);
  store_close(store);
  return code;
}

/* In a worker process. */
static StatusCode work(size_t job, const Progress *progress, void *context, Error *err) {
  Training *t = context;
  RunRequest request;
  char *folder;
  TRY(request_make(&request, t, job, progress, err));
  StatusCode code = worker_path(&folder, t->plan->out, job, "", err);
  if (code == STATUS_OK) {
    code = work_in(folder, t, job, &request, err);
    free(folder);
  }
  request_clear(&request);
  return code;
}

/* ---- all runs ---- */

/* How far a job came before: *finished, or *begun with a checkpoint. */
static StatusCode look_back(bool *finished, bool *begun, Training *t, size_t job, Error *err) {
  RunRequest request;
  CheckpointHead head = {.found = false};
  Error damage;
  char *folder;
  TRY(request_make(&request, t, job, NULL, err));
  StatusCode code = worker_path(&folder, t->plan->out, job, "", err);
  if (code == STATUS_OK) {
    code = checkpoint_is_finished(finished, &damage, folder, &request, err);
    if (code == STATUS_OK && damage.code != STATUS_OK) plan_tell_damage(&damage);
    if (code == STATUS_OK && !*finished) code = checkpoint_find(&head, &request, err);
    free(folder);
  }
  *begun = head.found;
  request_clear(&request);
  return code;
}

/* Says what an earlier, stopped command has left to go on from. */
static StatusCode note_earlier(Training *t, Error *err) {
  size_t all_finished = 0, all_begun = 0;
  for (size_t job = 0; job < t->job_count; job++) {
    bool finished, begun;
    TRY(look_back(&finished, &begun, t, job, err));
    all_finished += finished;
    all_begun += begun;
  }
  if (all_finished + all_begun > 0 && !cli_given(t->plan->line, OPTION_QUIET))
    fprintf(stderr, "going on in %s: of %zu runs %zu finished, %zu begun\n", t->plan->out,
            t->job_count, all_finished, all_begun);
  return STATUS_OK;
}

/* Takes the one run of a worker's store over. */
static StatusCode collect(int64_t *run, Store *store, const Training *t, size_t job, Error *err) {
  char *folder;
  Store *from;
  TRY(worker_path(&folder, t->plan->out, job, "", err));
  StatusCode code = store_open(&from, folder, err);
  free(folder);
  if (code != STATUS_OK) return code;
  code = store_copy_run(run, store, from, 1, err);
  store_close(from);
  return code;
}

/* Allocates nothing: tidies up when memory is out, too. */
static void remove_worker(const char *folder, size_t job, bool whole) {
  static const char *const place[] = {"/checkpoint", ""};
  static const char part[] = ".part";
  char path[PATH_MAX];
  for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
    const int length =
        snprintf(path, sizeof path, "%s/worker-%zu%s/run.db%s", folder, job + 1, place[i], part);
    if (length >= (int)sizeof path) return;
    unlink(path); /* it need not be there */
    path[(size_t)length - strlen(part)] = '\0';
    if (whole) unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path); /* if it is empty */
  }
}

void plan_remove_workers(const Plan *plan, bool whole) {
  for (size_t job = 0; job < JOBS_MAX; job++)
    remove_worker(plan->out, job, whole);
}

/* run[k] := id of job k's run, in the order of readings and engines, whatever order they are
 * trained in; then come the what-ifs. */
static StatusCode train_all(int64_t *run, Store *store, Training *t, Error *err) {
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
  return code;
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
  /* The slowest engine, which is the last, goes first, so that no long run is left over at the end.
   */
  for (size_t k = 0; k < count; k++)
    t.job[t.job_count++] = (Job){.reading = k % plan->reading_count,
                                 .engine = plan->engine_count - 1 - k / plan->reading_count};
  for (size_t k = 0; k < plan->variant_count; k++)
    t.job[t.job_count++] = (Job){.variant = &plan->variant[k]};
  for (size_t k = 0; k < all; k++) {
    const ProgressPhase phase = make_phase(&t, &t.job[k]);
    progress_add(&t.meter, &phase);
  }
  StatusCode code = note_earlier(&t, err);
  if (code == STATUS_OK) code = train_all(run, store, &t, err);
  progress_close(&t.meter);
  return code == STATUS_OK ? compare_engines(run, store, plan, err) : code;
}
