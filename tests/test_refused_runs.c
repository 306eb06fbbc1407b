/* test_refused_runs.c -- memory and the run store are refused at every place that asks for them: in
 * training, judging and writing. */
#include <fcntl.h>

#include "reports/report.h"
#include "src/export.h"
#include "src/replay.h"
#include "src/sweep.h"
#include "src/what_if.h"
#include "tests/refuse.h"
#include "tests/store_fixture.h"
#include "verify/judge.h"
#include "verify/lemma.h"
#include "verify/rate_internal.h"
#include "verify/replay_file.h"
#include "verify/what_if.h"

static char folder[128];
static Instance instance;
static Params params;
static Dataset data;
static ClaimSet claims;
static const Progress unwatched; /* nobody is told */
static const char *const some[] = {"T2.b1", "T2.b2", "T1.w"};

/* A run of seven steps in two dimensions, which is enough for all that is recorded and judged. */
static void setup(void) {
  static const char *const set[] = {"d=2", "N=4", "L=2", "t1=3", "t2=4"};
  Error err;
  folder_open(folder);
  OK(instance_load(&instance, "quick", &err));
  for (size_t k = 0; k < sizeof set / sizeof *set; k++)
    OK(instance_set(&instance, set[k], &err));
  OK(params_resolve(&params, &instance, &err));
  OK(dataset_generate(&data, &params, &err));
  OK(claims_load(&claims, NULL, NULL, &err));
}

static void teardown(void) {
  claims_clear(&claims);
  dataset_clear(&data);
  instance_clear(&instance);
  folder_close(folder);
}

TestSuite(refused_runs, .init = setup, .fini = teardown, .timeout = 300);

static void refuse_both(const char *what, RefusedWork work, void *context, int without) {
  refuse_each(REFUSE_MEMORY, what, work, context, without);
  refuse_each(REFUSE_STORE, what, work, context, 0);
}

/* ---- training ---- */

static StatusCode train(void *context, Error *err) {
  Store *store;
  int64_t run;
  TRY(store_create(&store, folder, err));
  const StatusCode code = run_train(&run, store, &data, context, err);
  if (code == STATUS_OK) return store_finish(store, err);
  store_close(store);
  return code;
}

Test(refused_runs, training) {
  static const struct {
    const char *name;
    EngineKind engine;
    int64_t precision;
    bool certify;
    int without; /* groups of equal queries, which only save time */
  } row[] = {{"double", ENGINE_DOUBLE, 53, false, 0},
             {"mpfr", ENGINE_MPFR, 128, false, 1},
             {"ball", ENGINE_BALL, 128, false, 1},
             {"certified", ENGINE_DOUBLE, 53, true, 0}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    RunRequest request = {.params = &params,
                          .instance = &instance,
                          .engine = row[k].engine,
                          .precision = row[k].precision,
                          .certify = row[k].certify};
    refuse_both(row[k].name, train, &request, row[k].without);
  }
}

static StatusCode generate(void *context, Error *err) {
  Dataset again;
  TRY(dataset_generate(&again, context, err));
  dataset_clear(&again);
  return STATUS_OK;
}

static StatusCode redo(void *context, Error *err) {
  Trace trace;
  TRY(replay_train(&trace, context, &data, 128, &unwatched, err));
  trace_clear(&trace);
  return STATUS_OK;
}

Test(refused_runs, data_and_replays) {
  refuse_each(REFUSE_MEMORY, "a data set", generate, &params, 0);
  refuse_each(REFUSE_MEMORY, "a replay", redo, &params, 0);
}

/* ---- judging what is stored ---- */

static void store_runs(const char *const *what_if, size_t count) {
  Error err;
  Store *store;
  WhatIfSet set;
  OK(store_create(&store, folder, &err));
  OK(what_ifs_load(&set, params.family, &err));
  for (size_t k = 0; k < count; k++) {
    int64_t run;
    Instance changed;
    Params values = params;
    OK(instance_copy(&changed, &instance, &err));
    if (what_if[k] != NULL) {
      instance_clear(&changed);
      OK(what_if_apply(&changed, &values, what_ifs_find(&set, what_if[k]), &instance, &params,
                       &err));
    }
    const RunRequest request = {.params = &values,
                                .instance = &changed,
                                .engine = k == 1 ? ENGINE_MPFR : ENGINE_DOUBLE,
                                .precision = k == 1 ? 128 : 53,
                                .what_if = what_if[k]};
    OK(run_train(&run, store, &data, &request, &err));
    instance_clear(&changed);
  }
  what_ifs_clear(&set);
  OK(store_finish(store, &err));
}

/* The store is opened to be added to, judged, and what was added dropped again. */
static StatusCode judge(void *context, Error *err) {
  Store *store;
  WhatIfSet what_ifs = {0};
  RunInfo *runs = NULL;
  size_t count = 0;
  Tally tally;
  (void)context;
  TRY(store_reopen(&store, folder, err));
  StatusCode code = store_clear_verdicts(store, err);
  if (code == STATUS_OK) code = store_list_runs(&runs, &count, store, err);
  if (code == STATUS_OK) code = run_compare(store, runs[1].id, runs[0].id, err);
  free(runs);
  if (code == STATUS_OK) code = judge_store(store, &claims, some, 3, err);
  if (code == STATUS_OK) code = what_ifs_load(&what_ifs, params.family, err);
  if (code == STATUS_OK) code = what_if_judge(store, &claims, &what_ifs, err);
  what_ifs_clear(&what_ifs);
  if (code == STATUS_OK) code = tally_store(&tally, store, err);
  store_close(store);
  return code;
}

Test(refused_runs, verdicts) {
  static const char *const what_if[] = {NULL, NULL, "adam"};
  store_runs(what_if, 3);
  refuse_both("judging", judge, NULL, 0);
}

static StatusCode judge_lemmas(void *context, Error *err) {
  Store *store;
  TRY(store_create(&store, folder, err));
  StatusCode code = lemma_judge_set(store, context, err);
  if (code == STATUS_OK) code = store_clear_lemmas(store, err);
  store_close(store);
  return code;
}

/* One is sampled, one is proved. */
Test(refused_runs, lemmas) {
  static const char text[] =
      "lemmas = ( { id = \"X\"; title = \"a\"; statement = \"b\"; source = \"c\"; trust = "
      "\"derived\"; "
      "method = \"Monte Carlo\"; level = 0.999; samples = 100; threshold = \"s\"; bound = \"1\"; "
      "points = ( { variable = \"rademacher_sum\"; n = 10; s = 4; } ); }, "
      "{ id = \"Y\"; title = \"a\"; statement = \"b\"; source = \"c\"; trust = \"derived\"; "
      "method = \"certified\"; bound = \"exp(-x^2/2)\"; points = ( { from = 0; to = 1; } ); } );";
  Error err;
  LemmaSet set;
  OK(lemmas_load_text(&set, "F", text, &err));
  refuse_both("lemmas", judge_lemmas, &set, 0);
  lemmas_clear(&set);
}

/* ---- sweeps ---- */

static void sweep_init(Sweep *out) {
  static const SweepFact fact[] = {{"twostage", "1.0"}};
  *out = (Sweep){.instance = &instance,
                 .folder = folder,
                 .reading = {{GATE_SHARED, LOSS_SEPARATE}},
                 .reading_count = 1,
                 .engine = ENGINE_DOUBLE,
                 .precision = 53,
                 .fact = fact,
                 .fact_count = 1};
}

/* *out := a store with all cells of the sweep, which are trained where they are not there yet. */
static StatusCode sweep_all(Store **out, const Sweep *sweep, Error *err) {
  bool finished[8] = {false}, same;
  size_t before, now;
  TRY(sweep_find(finished, sweep, err));
  TRY(sweep_seeds_before(&before, &now, &same, sweep, err));
  for (size_t k = 0; k < sweep->cell_count; k++)
    if (!finished[k]) TRY(sweep_train(sweep, k, &unwatched, err));
  for (size_t k = 0; k < sweep->cell_count; k++)
    finished[k] = true;
  TRY(store_create(out, folder, err));
  return sweep_collect(*out, sweep, finished, err);
}

static StatusCode sweep_anew(void *context, Error *err) {
  Sweep sweep;
  Store *store = NULL;
  bool cells[8] = {true, true};
  (void)context;
  sweep_init(&sweep);
  StatusCode code = sweep_add_seeds(&sweep, 1, 2, err);
  if (code == STATUS_OK) code = sweep_resolve(&sweep, err);
  if (code == STATUS_OK) {
    sweep_remove(&sweep, cells, false); /* what an earlier refusal left */
    code = sweep_all(&store, &sweep, err);
    store_close(store);
  }
  sweep_clear(&sweep);
  return code;
}

Test(refused_runs, sweeps) {
  /* A cell that cannot be read is trained again, and one that cannot be removed is found the next
   * time. Five places with gcc 12 -O2. */
  refuse_both("a sweep", sweep_anew, NULL, 12);
}

static StatusCode judge_rates(void *context, Error *err) {
  Store *store;
  TRY(store_reopen(&store, folder, err));
  const StatusCode code = rate_judge_store(store, context, &claims, err);
  store_close(store);
  return code;
}

Test(refused_runs, rates) {
  Error err;
  Sweep sweep;
  Store *store;
  RateSet rates;
  bool cells[8];
  memset(cells, true, sizeof cells);
  sweep_init(&sweep);
  OK(sweep_add_axis(&sweep, "--along", "d=2,3,4", &err));
  OK(sweep_add_seeds(&sweep, 1, 2, &err));
  OK(sweep_resolve(&sweep, &err));
  OK(sweep_all(&store, &sweep, &err));
  OK(store_finish(store, &err));
  sweep_remove(&sweep, cells, false);
  sweep_clear(&sweep);
  OK(rates_load(&rates, NULL, &claims, &err));
  refuse_both("rates", judge_rates, &rates, 0);
  rates_clear(&rates);
}

/* ---- files that are written and read ---- */

static StatusCode export_run(void *context, Error *err) {
  static const int64_t at[] = {0, 3};
  char to[160];
  Store *store;
  RunInfo *runs = NULL;
  size_t count;
  (void)context;
  snprintf(to, sizeof to, "%s/export", folder);
  TRY(store_open(&store, folder, err));
  StatusCode code = store_list_runs(&runs, &count, store, err);
  if (code == STATUS_OK) {
    const ExportRequest request = {.program = "twostage",
                                   .params = &params,
                                   .instance = &instance,
                                   .data = &data,
                                   .store = store,
                                   .run = &runs[1],
                                   .at = at,
                                   .at_count = 2};
    code = export_write(to, &request, err);
  }
  free(runs);
  store_close(store);
  return code;
}

Test(refused_runs, exports) {
  static const char *const base[] = {NULL, NULL};
  store_runs(base, 2);
  refuse_both("an export", export_run, NULL, 0);
  char to[160];
  snprintf(to, sizeof to, "%s/export", folder);
  folder_close(to);
}

/* Writes every form but the figures of a judged store into memory. */
static StatusCode write_forms(void *context, Error *err) {
  Store *store;
  const ReportFigures none = {.count = 0};
  const ReportFolder place = {.path = folder, .figures = &none};
  (void)context;
  TRY(store_open(&store, folder, err));
  StatusCode code = STATUS_OK;
  for (const ReportForm *form = report_forms; form->name != NULL && code == STATUS_OK; form++) {
    char *text = NULL;
    size_t size;
    if (form->write == NULL || form->when == REPORT_BUNDLE) continue;
    FILE *out = open_memstream(&text, &size);
    code = out != NULL ? form->write(out, &place, store, err) : error_memory(err, "test");
    if (out != NULL) fclose(out);
    free(text);
  }
  store_close(store);
  return code;
}

Test(refused_runs, reports) {
  static const char *const what_if[] = {NULL, NULL, "adam"};
  Error err;
  Store *store;
  WhatIfSet what_ifs;
  store_runs(what_if, 3);
  OK(store_reopen(&store, folder, &err));
  OK(judge_store(store, &claims, some, 3, &err));
  OK(what_ifs_load(&what_ifs, params.family, &err));
  OK(what_if_judge(store, &claims, &what_ifs, &err));
  OK(store_finish(store, &err));
  what_ifs_clear(&what_ifs);
  refuse_both("the forms of a report", write_forms, NULL, 0);
}
