/* cmd_bench.c -- `twostage bench`: what one training step costs in each engine.
 *
 * Measured: the processor time of trainer_step (gates, outputs, residuals, gradient, both
 * recursions, noise) of the reference family, reading shared/separate, without recording. "early"
 * are the first steps, in which gates flip; "settled" are steps after SETTLED_STEP. A block of
 * steps is timed for each engine in turn and this is repeated, so that a slow spell of the machine
 * hits all engines alike; the number is the median over the repetitions, and the ratio is the
 * median of the ratios to the double engine within one repetition. "certified" is the double engine
 * with a certificate (certificate.h).
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/cli.h"
#include "src/progress.h"
#include "src/trainer.h"

static const struct {
  EngineKind kind;
  int64_t precision;
  bool certify;
} bench_engine[] = {{ENGINE_DOUBLE, 53, false},
                    {ENGINE_DOUBLE, 53, true},
                    {ENGINE_MPFR, 64, false},
                    {ENGINE_MPFR, 128, false},
                    {ENGINE_MPFR, 256, false}};
static const int64_t bench_d[] = {8, 16, 32};

#define BENCH_N 128
#define BENCH_L 64
#define ENGINES 5
#define SIZES 3
#define PHASES 2
#define REPETITIONS 15
#define BLOCK 12 /* steps timed at a time; a multiple of nothing special */
#define SETTLED_STEP 300

static const char *const phase_name[PHASES] = {"early", "settled"};

typedef struct {
  double microseconds, ratio; /* per step; to the double engine */
} Cost;
typedef struct {
  int64_t d, first_step[PHASES];
  Cost cost[PHASES][ENGINES];
} Bench;

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

static StatusCode step_many(Trainer *trainer, int64_t steps, Error *err) {
  for (int64_t i = 0; i < steps; i++) {
    if (progress_signal()) return error_set(err, STATUS_INTERNAL, "interrupted");
    TRY(trainer_step(trainer, err));
  }
  return STATUS_OK;
}

/* Blocks of steps, the engines in turn. */
static StatusCode time_phase(Cost cost[ENGINES], Trainer *trainer[ENGINES], Error *err) {
  double time[ENGINES][REPETITIONS], ratio[ENGINES][REPETITIONS];
  for (int k = 0; k < REPETITIONS; k++)
    for (int e = 0; e < ENGINES; e++) {
      TRY(step_many(trainer[e], 1, err)); /* its own data in the caches */
      const double start = processor_microseconds();
      TRY(step_many(trainer[e], BLOCK, err));
      time[e][k] = (processor_microseconds() - start) / BLOCK;
      ratio[e][k] = time[e][k] / time[0][k];
    }
  for (int e = 0; e < ENGINES; e++)
    cost[e] = (Cost){median(time[e], REPETITIONS), median(ratio[e], REPETITIONS)};
  return STATUS_OK;
}

static const char *bench_name(int e) {
  return bench_engine[e].certify ? "certified" : engine_name(bench_engine[e].kind);
}

static StatusCode time_trainers(Bench *bench, Trainer *trainer[ENGINES], const Params *params,
                                const Dataset *data, Error *err) {
  for (int e = 0; e < ENGINES; e++) {
    TRY(trainer_open(&trainer[e], params, data, bench_engine[e].kind, bench_engine[e].precision,
                     err));
    if (bench_engine[e].certify) TRY(trainer_certify(trainer[e], err));
  }
  for (int p = 0; p < PHASES; p++) {
    for (int e = 0; p == 1 && e < ENGINES; e++)
      TRY(step_many(trainer[e], SETTLED_STEP - trainer_time(trainer[e]), err));
    bench->first_step[p] = trainer_time(trainer[0]);
    TRY(time_phase(bench->cost[p], trainer, err));
  }
  return STATUS_OK;
}

static StatusCode set_count(Instance *instance, const char *key, int64_t value, Error *err) {
  char text[32];
  snprintf(text, sizeof text, "%s=%lld", key, (long long)value);
  return instance_set(instance, text, err);
}

static StatusCode family_params(Params *out, int64_t d, Error *err) {
  Instance instance;
  TRY(instance_load(&instance, "reference", err));
  StatusCode code = set_count(&instance, "d", d, err);
  if (code == STATUS_OK) code = set_count(&instance, "N", BENCH_N, err);
  if (code == STATUS_OK) code = set_count(&instance, "L", BENCH_L, err);
  if (code == STATUS_OK) code = params_resolve(out, &instance, err);
  instance_clear(&instance);
  return code;
}

static StatusCode measure(Bench *bench, int64_t d, Error *err) {
  Params params;
  Dataset data = {0};
  Trainer *trainer[ENGINES] = {NULL};
  bench->d = d;
  TRY(family_params(&params, d, err));
  StatusCode code = dataset_generate(&data, &params, err);
  if (code == STATUS_OK) code = time_trainers(bench, trainer, &params, &data, err);
  for (int e = 0; e < ENGINES; e++)
    trainer_close(trainer[e]);
  dataset_clear(&data);
  return code;
}

static void print_table(const Bench bench[SIZES]) {
  puts("Processor time of one training step, reference family, N = 128, L = 64, reading "
       "shared/separate, one thread.");
  printf("Median of %d blocks of %d steps; early: from step 0, settled: from step %d.\n\n",
         REPETITIONS, BLOCK, SETTLED_STEP);
  puts("  d  steps    engine     bits  us/step  / double");
  for (int i = 0; i < SIZES; i++)
    for (int p = 0; p < PHASES; p++)
      for (int e = 0; e < ENGINES; e++)
        printf("%3lld  %-7s  %-9s  %4lld  %7.1f  %8.2f\n", (long long)bench[i].d, phase_name[p],
               bench_name(e), (long long)bench_engine[e].precision,
               bench[i].cost[p][e].microseconds, bench[i].cost[p][e].ratio);
}

static StatusCode print_json(const Bench bench[SIZES], Error *err) {
  json_t *rows = json_array();
  for (int i = 0; i < SIZES; i++)
    for (int p = 0; p < PHASES; p++)
      for (int e = 0; e < ENGINES; e++)
        json_array_append_new(
            rows,
            json_pack("{s:I, s:s, s:I, s:s, s:I, s:f, s:f}", "d", (json_int_t)bench[i].d, "phase",
                      phase_name[p], "first_step", (json_int_t)bench[i].first_step[p], "engine",
                      bench_name(e), "precision", (json_int_t)bench_engine[e].precision,
                      "microseconds_per_step", bench[i].cost[p][e].microseconds, "ratio_to_double",
                      bench[i].cost[p][e].ratio));
  json_t *all = json_pack("{s:i, s:s, s:s, s:i, s:i, s:i, s:i, s:o}", "schema", 1, "family",
                          "reference", "reading", "shared/separate", "N", BENCH_N, "L", BENCH_L,
                          "repetitions", REPETITIONS, "steps_per_repetition", BLOCK, "rows", rows);
  const bool whole = all && json_array_size(rows) == SIZES * PHASES * ENGINES;
  if (whole && json_dumpf(all, stdout, JSON_INDENT(2)) == 0)
    putchar('\n'); /* write errors are seen at exit */
  json_decref(all);
  return whole ? STATUS_OK : error_memory(err, "the table");
}

static StatusCode bench_run(int *exit_status, const CommandLine *line, Error *err) {
  static const char *const formats[] = {"table", "json", NULL};
  (void)exit_status;
  size_t format;
  Bench bench[SIZES] = {{.d = 0}};
  TRY(cli_choice(&format, line, OPTION_FORMAT, formats, err));
  for (int i = 0; i < SIZES; i++)
    TRY(measure(&bench[i], bench_d[i], err));
  if (format == 1) return print_json(bench, err);
  print_table(bench);
  return STATUS_OK;
}

const Command cmd_bench = {
    .name = "bench",
    .operands = "",
    .summary = "Measure the cost of a training step in each engine",
    .details = "Formats: table, json. Takes some ten seconds; an otherwise idle machine gives the "
               "best numbers.",
    .example = "bench --format json",
    .options = OPTION_BIT(OPTION_FORMAT),
    .run = bench_run,
};
