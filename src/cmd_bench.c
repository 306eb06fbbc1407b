/* cmd_bench.c -- `twostage bench`: what one training step costs in each engine, in time and memory,
 * and how the cost grows.
 *
 * Time: the processor time of trainer_step (gates, outputs, residuals, gradient, both recursions,
 * noise) of the reference family, reading shared/separate, without recording. "early" are the first
 * steps, in which gates flip; "settled" are steps after SETTLED_STEP. A block of steps is timed for
 * each engine in turn (settled: each engine of each size) and this is repeated, so that a slow
 * spell of the machine hits all alike; the number is the median over the repetitions, the ratio is
 * the median of the ratios to the double engine within one repetition, and so is the exponent.
 * "certified" is the double engine with a certificate (certificate.h).
 *
 * Multiply-adds are counted by the definition of the step and not by what a kernel does: two
 * blocks, outputs and gradients, N d^2 each, so 4 N d^2. A kernel that finds a way round some of
 * them shows less time for each.
 *
 * Memory: the peak resident size of a child process that makes the data set and trains a few steps,
 * less that of a child that does so at the size TINY: the libraries, not the problem.
 *
 * Fast paths: each switched off in turn in one and the same settled training (fast_path.h), its
 * time over the time with all of them on within one repetition.
 *
 * Growth: the exponent q of microseconds ~ key^q, least squares of the logarithms over the three
 * values of one key, the other two being as in the middle size.
 */
#include <errno.h>
#include <gsl/gsl_fit.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "reports/report.h"
#include "src/cli.h"
#include "src/fileset.h"
#include "src/progress.h"
#include "src/trainer.h"

static const struct {
  EngineKind kind;
  int64_t precision;
  bool certify;
} bench_engine[] = {{ENGINE_DOUBLE, 53, false}, {ENGINE_DOUBLE, 53, true},
                    {ENGINE_MPFR, 64, false},   {ENGINE_MPFR, 128, false},
                    {ENGINE_MPFR, 256, false},  {ENGINE_MPFR, 512, false},
                    {ENGINE_BALL, 128, false}};
#define ENGINES 7

/* The first SIZES have rows of their own; the others are there for the growth. */
typedef struct {
  int64_t d, N, L;
} Size;
static const Size TINY = {8, 1, 1};
static const Size bench_size[] = {{8, 128, 64}, {16, 128, 64}, {32, 128, 64}, {16, 32, 64},
                                  {16, 64, 64}, {16, 128, 16}, {16, 128, 32}};
#define SIZES 3
#define POINTS 7
#define ALONG 3    /* keys: d, N, L */
#define ALONG_OF 3 /* sizes for each */
static const struct {
  const char *key;
  int size[ALONG_OF]; /* of bench_size */
} bench_along[ALONG] = {{"d", {0, 1, 2}}, {"N", {3, 4, 1}}, {"L", {5, 6, 1}}};

#define PHASES 2
#define REPETITIONS 9
#define BLOCK 6
#define SETTLED_STEP 200
#define MEMORY_STEPS 10

static const char *const phase_name[PHASES] = {"early", "settled"};

typedef struct {
  double microseconds, ratio; /* per step; to the double engine */
} Cost;
typedef struct {
  int64_t first_step[PHASES];
  Cost cost[PHASES][ENGINES];
  int64_t peak_kilobytes[ENGINES];
} Bench;
/* Engines whose fast paths are measured, at the size PATH_SIZE. */
#define PATH_ENGINES 2
#define PATH_SIZE 1
static const int path_engine[PATH_ENGINES] = {0, 3}; /* of bench_engine: double, mpfr 128 */

typedef struct {
  Bench bench[POINTS];
  int64_t tiny_kilobytes[ENGINES]; /* peak at size TINY */
  double exponent[ALONG][ENGINES];
  Cost path[PATH_ENGINES][FAST_COUNT]; /* without it; ratio to the time with all */
} Results;

/* ---- one size ---- */

static StatusCode set_count(Instance *instance, const char *key, int64_t value, Error *err) {
  char text[32];
  snprintf(text, sizeof text, "%s=%lld", key, (long long)value);
  return instance_set(instance, text, err);
}

static StatusCode family_params(Params *out, const Size *size, Error *err) {
  Instance instance;
  TRY(instance_load(&instance, "reference", err));
  StatusCode code = set_count(&instance, "d", size->d, err);
  if (code == STATUS_OK) code = set_count(&instance, "N", size->N, err);
  if (code == STATUS_OK) code = set_count(&instance, "L", size->L, err);
  if (code == STATUS_OK) code = params_resolve(out, &instance, err);
  instance_clear(&instance);
  return code;
}

static const char *bench_name(int e) {
  return bench_engine[e].certify ? "certified" : engine_name(bench_engine[e].kind);
}

static StatusCode open_trainer(Trainer **out, int e, const Params *params, const Dataset *data,
                               Error *err) {
  TRY(trainer_open(out, params, data, bench_engine[e].kind, bench_engine[e].precision, 0, err));
  return bench_engine[e].certify ? trainer_certify(*out, err) : STATUS_OK;
}

/* ---- memory ---- */

/* In the child: makes the data set and trains. */
static StatusCode use_memory(const Size *size, int e, Error *err) {
  Params params;
  Dataset data = {0};
  Trainer *trainer = NULL;
  TRY(family_params(&params, size, err));
  TRY(dataset_generate(&data, &params, err));
  StatusCode code = open_trainer(&trainer, e, &params, &data, err);
  for (int i = 0; i < MEMORY_STEPS && code == STATUS_OK; i++)
    code = trainer_step(trainer, err);
  trainer_close(trainer);
  dataset_clear(&data);
  return code;
}

typedef struct {
  Error error;
  int64_t kilobytes;
} MemoryMessage;

static _Noreturn void memory_child(int pipe, const Size *size, int e) {
  MemoryMessage message = {.kilobytes = 0};
  struct rusage usage;
  StatusCode code = use_memory(size, e, &message.error);
  if (code == STATUS_OK && getrusage(RUSAGE_SELF, &usage) != 0)
    code = error_set(&message.error, STATUS_INTERNAL, "peak memory: %s", strerror(errno));
  if (code == STATUS_OK) {
    message.error.code = STATUS_OK;
    message.kilobytes = usage.ru_maxrss;
  }
  _exit(write(pipe, &message, sizeof message) == (ssize_t)sizeof message ? 0 : 1);
}

/* *kilobytes := peak resident size of a child that trains. A child starts with the pages of its
   parent, so this comes before the parent has made any data. */
static StatusCode measure_memory(int64_t *kilobytes, const Size *size, int e, Error *err) {
  int ends[2];
  if (pipe(ends) != 0)
    return error_set(err, STATUS_INTERNAL, "peak memory: pipe: %s", strerror(errno));
  pid_t pid = fork();
  if (pid == 0) memory_child(ends[1], size, e);
  const int fork_error = errno;
  close(ends[1]);
  MemoryMessage message;
  ssize_t got = 0;
  if (pid > 0) {
    do
      got = read(ends[0], &message, sizeof message);
    while (got < 0 && errno == EINTR);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
      ;
  }
  close(ends[0]);
  if (pid < 0)
    return error_set(err, STATUS_INTERNAL, "peak memory: fork: %s", strerror(fork_error));
  if (got != (ssize_t)sizeof message)
    return error_set(err, STATUS_INTERNAL, "peak memory: the child process died");
  *kilobytes = message.kilobytes;
  *err = message.error;
  return message.error.code;
}

static StatusCode measure_memories(Results *results, Error *err) {
  for (int e = 0; e < ENGINES; e++) {
    TRY(measure_memory(&results->tiny_kilobytes[e], &TINY, e, err));
    for (int i = 0; i < SIZES; i++)
      TRY(measure_memory(&results->bench[i].peak_kilobytes[e], &bench_size[i], e, err));
  }
  return STATUS_OK;
}

/* ---- time ---- */

static double processor_microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts x. */
static double median(double *x, size_t count) {
  qsort(x, count, sizeof *x, compare_doubles);
  return count % 2 ? x[count / 2] : 0.5 * (x[count / 2 - 1] + x[count / 2]);
}

/* The trainers of one size, and how far they are. */
typedef struct {
  Params params;
  Dataset data;
  Trainer *trainer[ENGINES];
  Meter *meter;
  size_t size; /* of bench_size, and the meter's phase */
  int64_t done;
} Race;

#define RACE_STEPS (ENGINES * (SETTLED_STEP + REPETITIONS * (BLOCK + 1)))
#define PATH_STEPS (PATH_ENGINES * REPETITIONS * (FAST_COUNT + 1) * (BLOCK + 1))

static StatusCode race_open(Race *race, size_t size, Meter *meter, Error *err) {
  race->size = size;
  race->meter = meter;
  TRY(family_params(&race->params, &bench_size[size], err));
  TRY(dataset_generate(&race->data, &race->params, err));
  for (int e = 0; e < ENGINES; e++)
    TRY(open_trainer(&race->trainer[e], e, &race->params, &race->data, err));
  return STATUS_OK;
}

static void race_close(Race *race) {
  for (int e = 0; e < ENGINES; e++)
    trainer_close(race->trainer[e]);
  dataset_clear(&race->data);
}

static StatusCode step_many(Race *race, int e, int64_t steps, Error *err) {
  for (int64_t i = 0; i < steps; i++) {
    TRY(trainer_step(race->trainer[e], err));
    if (!progress_tell(race->meter, race->size, ++race->done))
      return error_set(err, STATUS_INTERNAL, "interrupted");
  }
  return STATUS_OK;
}

/* Times of one phase: of every repetition, and of every engine in turn. */
typedef double Times[REPETITIONS][ENGINES];

/* There and back, for an engine finds the shared data in the caches as the one before it left them.
 */
static StatusCode time_repetition(double microseconds[ENGINES], int repetition, Race *race,
                                  Error *err) {
  for (int i = 0; i < ENGINES; i++) {
    const int e = repetition % 2 ? ENGINES - 1 - i : i;
    TRY(step_many(race, e, 1, err)); /* its own data in the caches */
    const double start = processor_microseconds();
    TRY(step_many(race, e, BLOCK, err));
    microseconds[e] = (processor_microseconds() - start) / BLOCK;
  }
  return STATUS_OK;
}

static void cost_set(Cost cost[ENGINES], Times times) {
  double time[REPETITIONS], ratio[REPETITIONS];
  for (int e = 0; e < ENGINES; e++) {
    for (int k = 0; k < REPETITIONS; k++) {
      time[k] = times[k][e];
      ratio[k] = times[k][e] / times[k][0];
    }
    cost[e] = (Cost){median(time, REPETITIONS), median(ratio, REPETITIONS)};
  }
}

/* The first steps of a size with rows of its own, then untimed steps until it has settled. */
static StatusCode measure_early(Bench *bench, Race *race, Error *err) {
  Times times;
  if (race->size < SIZES) {
    bench->first_step[0] = trainer_time(race->trainer[0]);
    for (int k = 0; k < REPETITIONS; k++)
      TRY(time_repetition(times[k], k, race, err));
    cost_set(bench->cost[0], times);
  }
  for (int e = 0; e < ENGINES; e++)
    TRY(step_many(race, e, SETTLED_STEP - trainer_time(race->trainer[e]), err));
  bench->first_step[1] = trainer_time(race->trainer[0]);
  return STATUS_OK;
}

static int64_t along_value(int along, int k) {
  const Size *size = &bench_size[bench_along[along].size[k]];
  return along == 0 ? size->d : along == 1 ? size->N : size->L;
}

/* The exponent of one engine along one key, in one repetition. */
static double fit_exponent(Times *times, int a, int e, int repetition) {
  double x[ALONG_OF], y[ALONG_OF], intercept, slope, cov00, cov01, cov11, sumsq;
  for (int k = 0; k < ALONG_OF; k++) {
    x[k] = log((double)along_value(a, k));
    y[k] = log(times[bench_along[a].size[k]][repetition][e]);
  }
  gsl_fit_linear(x, 1, y, 1, ALONG_OF, &intercept, &slope, &cov00, &cov01, &cov11, &sumsq);
  return slope;
}

static StatusCode measure_settled(Results *results, Race race[POINTS], Error *err) {
  Times times[POINTS];
  for (int k = 0; k < REPETITIONS; k++)
    for (int i = 0; i < POINTS; i++)
      TRY(time_repetition(times[i][k], k, &race[i], err));
  for (int i = 0; i < POINTS; i++)
    cost_set(results->bench[i].cost[1], times[i]);
  for (int a = 0; a < ALONG; a++)
    for (int e = 0; e < ENGINES; e++) {
      double exponent[REPETITIONS];
      for (int k = 0; k < REPETITIONS; k++)
        exponent[k] = fit_exponent(times, a, e, k);
      results->exponent[a][e] = median(exponent, REPETITIONS);
    }
  return STATUS_OK;
}

/* Steps of one trainer with all fast paths, then without each in turn. */
static StatusCode time_paths(double microseconds[FAST_COUNT + 1], Race *race, int e, Error *err) {
  for (int path = 0; path <= FAST_COUNT; path++) {
    trainer_set_plain(race->trainer[e], path < FAST_COUNT ? PLAIN_BIT(path) : 0);
    TRY(step_many(race, e, 1, err));
    const double start = processor_microseconds();
    TRY(step_many(race, e, BLOCK, err));
    microseconds[path] = (processor_microseconds() - start) / BLOCK;
  }
  return STATUS_OK;
}

static StatusCode measure_paths(Results *results, Race *race, Error *err) {
  double times[REPETITIONS][FAST_COUNT + 1], time[REPETITIONS], ratio[REPETITIONS];
  for (int i = 0; i < PATH_ENGINES; i++) {
    for (int k = 0; k < REPETITIONS; k++)
      TRY(time_paths(times[k], race, path_engine[i], err));
    for (int path = 0; path < FAST_COUNT; path++) {
      for (int k = 0; k < REPETITIONS; k++) {
        time[k] = times[k][path];
        ratio[k] = times[k][path] / times[k][FAST_COUNT];
      }
      results->path[i][path] = (Cost){median(time, REPETITIONS), median(ratio, REPETITIONS)};
    }
  }
  return STATUS_OK;
}

static Meter open_meter(void) {
  Meter meter = progress_open(progress_style(false), POINTS);
  for (int i = 0; i < POINTS; i++) {
    const Size *size = &bench_size[i];
    ProgressPhase phase = {.steps = RACE_STEPS + (i == PATH_SIZE ? PATH_STEPS : 0),
                           .head_cost = 1,
                           .kind = i < SIZES ? i : SIZES,
                           .cost = (double)(size->d * size->d * size->N)};
    snprintf(phase.name, sizeof phase.name, "d = %lld, N = %lld, L = %lld", (long long)size->d,
             (long long)size->N, (long long)size->L);
    progress_add(&meter, &phase);
  }
  return meter;
}

static StatusCode measure(Results *results, Error *err) {
  TRY(measure_memories(results, err));
  Meter meter = open_meter();
  Race race[POINTS] = {{.done = 0}};
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < POINTS && code == STATUS_OK; i++) {
    code = race_open(&race[i], i, &meter, err);
    if (code == STATUS_OK) code = measure_early(&results->bench[i], &race[i], err);
  }
  if (code == STATUS_OK) code = measure_settled(results, race, err);
  if (code == STATUS_OK) code = measure_paths(results, &race[PATH_SIZE], err);
  for (int i = 0; i < POINTS; i++)
    race_close(&race[i]);
  progress_close(&meter);
  return code;
}

/* ---- telling ---- */

static double multiply_adds(const Size *size) {
  return 4.0 * (double)(size->N * size->d * size->d);
}

/* The tokens of both blocks. */
static double data_kilobytes(const Size *size) {
  return (double)(BLOCK_COUNT * size->N * (size->L + 1) * size->d * (int64_t)sizeof(double)) / 1024;
}

static double memory_kilobytes(const Results *results, int i, int e) {
  return (double)(results->bench[i].peak_kilobytes[e] - results->tiny_kilobytes[e]);
}

static void print_growth(const Results *results) {
  puts("\nGrowth of a settled step: q in us/step ~ key^q, fitted over three values, the\n"
       "other two keys as at d = 16.\n");
  fputs("engine     bits", stdout);
  for (int a = 0; a < ALONG; a++)
    printf("  %s = %lld,%lld,%lld", bench_along[a].key, (long long)along_value(a, 0),
           (long long)along_value(a, 1), (long long)along_value(a, 2));
  putchar('\n');
  for (int e = 0; e < ENGINES; e++)
    printf("%-9s  %4lld  %10.2f  %13.2f  %12.2f\n", bench_name(e),
           (long long)bench_engine[e].precision, results->exponent[0][e], results->exponent[1][e],
           results->exponent[2][e]);
}

static void print_paths(const Results *results) {
  printf(
      "\nA settled step at d = %lld without one fast path (--plain), over the step with\nall: the "
      "same bits.\n\nwithout ",
      (long long)bench_size[PATH_SIZE].d);
  for (int i = 0; i < PATH_ENGINES; i++)
    printf("  %6s %4lld", bench_name(path_engine[i]),
           (long long)bench_engine[path_engine[i]].precision);
  putchar('\n');
  for (int path = 0; path < FAST_COUNT; path++) {
    printf("%-8s", fast_path_info[path].name);
    for (int i = 0; i < PATH_ENGINES; i++)
      printf("  %11.2f", results->path[i][path].ratio);
    printf("  %s\n", fast_path_info[path].plain);
  }
}

static void print_row(const Results *results, int i, int p, int e) {
  const Size *size = &bench_size[i];
  const Cost *cost = &results->bench[i].cost[p][e];
  const double memory = memory_kilobytes(results, i, e);
  printf("%3lld  %-7s  %-9s %4lld  %7.1f  %7.0f  %7.2f  %7.2f  %6.2f  %6.2f\n", (long long)size->d,
         phase_name[p], bench_name(e), (long long)bench_engine[e].precision, cost->microseconds,
         1e6 / cost->microseconds, 1e3 * cost->microseconds / multiply_adds(size), cost->ratio,
         memory / 1024, memory / data_kilobytes(size));
}

static void print_table(const Results *results) {
  printf("One training step, reference family, N = %lld, L = %lld, reading\nshared/separate, one "
         "thread.\n",
         (long long)bench_size[0].N, (long long)bench_size[0].L);
  printf("Processor time, median of %d blocks of %d steps; early: from step 0, settled:\nfrom step "
         "%d. ns/madd: for each of the step's 4 N d^2 multiply-adds.\nMB: memory, peak beyond that "
         "of the same at d = %lld, N = %lld, L = %lld\n(double: %.1f MB).\n\n",
         REPETITIONS, BLOCK, SETTLED_STEP, (long long)TINY.d, (long long)TINY.N, (long long)TINY.L,
         (double)results->tiny_kilobytes[0] / 1024);
  puts("  d  steps    engine    bits  us/step  steps/s  ns/madd  /double      MB   /data");
  for (int i = 0; i < SIZES; i++)
    for (int p = 0; p < PHASES; p++)
      for (int e = 0; e < ENGINES; e++)
        print_row(results, i, p, e);
  print_growth(results);
  print_paths(results);
}

static json_t *json_row(const Results *results, int i, int p, int e) {
  const Size *size = &bench_size[i];
  const Bench *bench = &results->bench[i];
  const Cost *cost = &bench->cost[p][e];
  return json_pack("{s:I, s:s, s:I, s:s, s:I, s:f, s:f, s:f, s:f, s:I, s:f, s:f}", "d",
                   (json_int_t)size->d, "phase", phase_name[p], "first_step",
                   (json_int_t)bench->first_step[p], "engine", bench_name(e), "precision",
                   (json_int_t)bench_engine[e].precision, "microseconds_per_step",
                   cost->microseconds, "ratio_to_double", cost->ratio, "steps_per_second",
                   1e6 / cost->microseconds, "nanoseconds_per_multiply_add",
                   1e3 * cost->microseconds / multiply_adds(size), "peak_kilobytes",
                   (json_int_t)bench->peak_kilobytes[e], "memory_kilobytes",
                   memory_kilobytes(results, i, e), "data_kilobytes", data_kilobytes(size));
}

static json_t *json_growth(const Results *results, int a, int e) {
  return json_pack("{s:s, s:s, s:I, s:[I,I,I], s:s, s:f}", "along", bench_along[a].key, "engine",
                   bench_name(e), "precision", (json_int_t)bench_engine[e].precision, "values",
                   (json_int_t)along_value(a, 0), (json_int_t)along_value(a, 1),
                   (json_int_t)along_value(a, 2), "phase", phase_name[1], "exponent",
                   results->exponent[a][e]);
}

static json_t *json_path(const Results *results, int i, int path) {
  const int e = path_engine[i];
  const Cost *cost = &results->path[i][path];
  return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:f, s:f}", "without", fast_path_info[path].name,
                   "definition", fast_path_info[path].plain, "engine", bench_name(e), "precision",
                   (json_int_t)bench_engine[e].precision, "d", (json_int_t)bench_size[PATH_SIZE].d,
                   "phase", phase_name[1], "microseconds_per_step", cost->microseconds,
                   "ratio_to_all_fast", cost->ratio);
}

static StatusCode make_json(json_t **out, const Results *results, Error *err) {
  json_t *rows = json_array(), *growth = json_array(), *paths = json_array();
  for (int i = 0; i < SIZES; i++)
    for (int p = 0; p < PHASES; p++)
      for (int e = 0; e < ENGINES; e++)
        json_array_append_new(rows, json_row(results, i, p, e));
  for (int a = 0; a < ALONG; a++)
    for (int e = 0; e < ENGINES; e++)
      json_array_append_new(growth, json_growth(results, a, e));
  for (int i = 0; i < PATH_ENGINES; i++)
    for (int path = 0; path < FAST_COUNT; path++)
      json_array_append_new(paths, json_path(results, i, path));
  const bool filled = json_array_size(rows) == (size_t)SIZES * PHASES * ENGINES &&
                      json_array_size(growth) == (size_t)ALONG * ENGINES &&
                      json_array_size(paths) == (size_t)PATH_ENGINES * FAST_COUNT;
  *out = json_pack("{s:i, s:s, s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "schema", 1, "family",
                   "reference", "reading", "shared/separate", "N", (int)bench_size[0].N, "L",
                   (int)bench_size[0].L, "repetitions", REPETITIONS, "steps_per_repetition", BLOCK,
                   "rows", rows, "growth", growth, "fast_paths", paths);
  return *out != NULL && filled ? STATUS_OK : error_memory(err, "the table");
}

static StatusCode put_json(FILE *out, const Results *results, Error *err) {
  json_t *all;
  StatusCode code = make_json(&all, results, err);
  if (code == STATUS_OK && json_dumpf(all, out, JSON_INDENT(2)) != 0 && !ferror(out))
    code = error_memory(err, "the table");
  if (code == STATUS_OK) putc('\n', out); /* write errors are seen when it is closed */
  json_decref(all);
  return code;
}

/* FOLDER/bench.json, which is out and the set's, and FOLDER/figures/bench.* with the curves of the
   settled steps. */
static StatusCode write_folder(FileSet *set, FILE *out, const char *folder, const Results *results,
                               Error *err) {
  double microseconds[SIZES * ENGINES];
  int64_t d[SIZES], precision[ENGINES];
  const char *engine[ENGINES];
  char path[4096], why[256];
  for (int i = 0; i < SIZES; i++) {
    d[i] = bench_size[i].d;
    for (int e = 0; e < ENGINES; e++)
      microseconds[i * ENGINES + e] = results->bench[i].cost[1][e].microseconds;
  }
  for (int e = 0; e < ENGINES; e++) {
    engine[e] = bench_name(e);
    precision[e] = bench_engine[e].precision;
  }
  const StatusCode code = put_json(out, results, err);
  if (code != STATUS_OK) {
    fileset_drop(set);
    return code;
  }
  TRY(fileset_commit(set, err));
  snprintf(path, sizeof path, "%s/figures", folder);
  TRY(report_bench(why, sizeof why, path,
                   &(BenchCurves){SIZES, ENGINES, d, engine, precision, microseconds}, err));
  if (why[0] != '\0') fprintf(stderr, "figures: %s\n", why);
  return STATUS_OK;
}

static StatusCode bench_run(int *exit_status, const CommandLine *line, Error *err) {
  static const char *const formats[] = {"table", "json", NULL};
  (void)exit_status;
  size_t format;
  Results results = {.tiny_kilobytes = {0}};
  TRY(cli_choice(&format, line, OPTION_FORMAT, formats, err));
  const char *folder = line->value[OPTION_OUT];
  FileSet *set = NULL;
  FILE *out = NULL;
  StatusCode code = STATUS_OK;
  if (folder != NULL) { /* one that cannot be written to is told before the work */
    TRY(folder_check(folder, err));
    TRY(fileset_open(&set, folder, err));
    code = fileset_add(&out, set, "bench.json", err);
  }
  if (code == STATUS_OK) code = measure(&results, err);
  if (code != STATUS_OK) {
    fileset_drop(set);
    return code;
  }
  if (folder != NULL) TRY(write_folder(set, out, folder, &results, err));
  if (format == 1) return put_json(stdout, &results, err);
  print_table(&results);
  return STATUS_OK;
}

const Command cmd_bench = {
    .name = "bench",
    .operands = "",
    .summary = "Measure the cost of a training step in each engine",
    .details =
        "Prints time, steps a second, time for each multiply-add, ratio to the double engine\n"
        "and peak memory, how the time grows with d, N and L, and what each fast path "
        "gains.\nFormats: table, json. With --out also DIR/bench.json and DIR/figures/bench.svg, "
        ".pdf and .tex.\n"
        "Takes some thirty seconds; an otherwise idle machine gives the best\nnumbers.",
    .examples = {"bench --format json"},
    .options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_OUT),
    .run = bench_run,
};
