/* cmd_train.c -- `twostage train`: train, keep everything in run.db, print where it ended. */
#include <arb.h>
#include <stdio.h>

#include "src/cli.h"
#include "src/dataset.h"
#include "src/plan.h"

/* The last record of every run, one column each. */
static void print_table(const Plan *plan, const Trace *trace) {
  printf("%-16s", "observable");
  for (size_t r = 0; r < plan->reading_count; r++)
    printf("  %16s", reading_name(plan->reading[r]));
  putchar('\n');
  printf("%-16s", "step");
  for (size_t r = 0; r < plan->reading_count; r++)
    printf("  %16lld", (long long)trace[r].step[trace[r].count - 1]);
  putchar('\n');
  for (int id = 0; id < OBSERVABLE_COUNT; id++) {
    printf("%-16s", observable_name[id]);
    for (size_t r = 0; r < plan->reading_count; r++)
      printf("  %16.10g",
             arf_get_d(arb_midref(trace[r].value[id] + trace[r].count - 1), ARF_RND_NEAR));
    putchar('\n');
  }
}

static StatusCode load_traces(Trace *trace, Store *store, const Plan *plan, const int64_t *run,
                              Error *err) {
  for (size_t r = 0; r < plan->reading_count; r++)
    TRY(trace_load(&trace[r], store, run[r], err));
  return STATUS_OK;
}

static StatusCode train_store(Trace *trace, Store *store, Plan *plan, int64_t every, Error *err) {
  Dataset data = {0};
  int64_t run[PLAN_RUNS];
  const PlanRecords records = {.record_every = every};
  StatusCode code = dataset_generate(&data, &plan->params, err);
  if (code == STATUS_OK) code = plan_train(run, store, plan, &data, &records, err);
  if (code == STATUS_OK) code = load_traces(trace, store, plan, run, err);
  dataset_clear(&data);
  return code;
}

static StatusCode train_run(int *exit_status, const CommandLine *line, Error *err) {
  (void)exit_status;
  Plan plan;
  Store *store = NULL;
  Trace trace[PLAN_READINGS] = {{.count = 0}};
  int64_t every;
  TRY(cli_integer(&every, line, OPTION_RECORD, 1, INT64_MAX, 0, err));
  StatusCode code = plan_make(&plan, line, PLAN_DOUBLE_ALONE, err);
  if (code == STATUS_OK) code = plan_create_store(&store, &plan, err);
  if (code == STATUS_OK) {
    code = train_store(trace, store, &plan, every, err);
    code = plan_finish_store(store, code, &plan, err);
  }
  if (code == STATUS_OK) print_table(&plan, trace);
  for (size_t r = 0; r < PLAN_READINGS; r++)
    trace_clear(&trace[r]);
  plan_clear(&plan);
  return code;
}

const Command cmd_train = {
    .name = "train",
    .operands = "",
    .summary = "Train the instance and keep the run in DIR/run.db",
    .details = "Trains in double unless --engine is given, and prints the observables of the "
               "last step.",
    .examples = {"train --instance quick --seed 3 --set t2=2000 --out run"},
    .options = OPTION_RUN_SET | OPTION_BIT(OPTION_RECORD),
    .run = train_run,
};
