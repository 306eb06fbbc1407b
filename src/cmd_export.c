/* cmd_export.c -- `twostage export`: the data set and the trained weights as NumPy files. */
#include "src/export.h"

#include <stdlib.h>
#include <string.h>

#include "src/cli.h"
#include "src/plan.h"
#include "src/stop.h"

#define DEFAULT_AT "0,t1,t1+t2"

typedef struct {
  int64_t *step; /* (count), increasing */
  size_t count;
} Steps;

/* FormulaScope.name: the numbers among the parameters. */
static StatusCode name_value(FormulaValue *out, const char *name, slong prec, void *context,
                             Error *err) {
  (void)prec;
  if (params_value(out, context, name)) return STATUS_OK;
  return error_set(err, STATUS_DATA, "unknown name '%.40s', expected a parameter such as t1 or t2",
                   name);
}

/* The length of the first formula in a list: up to a comma outside parentheses. */
static size_t first_length(const char *list) {
  int depth = 0;
  size_t length = 0;
  for (; list[length] && (list[length] != ',' || depth > 0); length++) {
    if (list[length] == '(') depth++;
    if (list[length] == ')') depth--;
  }
  return length;
}

/* *step := the value of a formula, rounded down as t1 and t2 are. */
static StatusCode eval_step(int64_t *step, const char *text, int column, const Params *params,
                            Error *err) {
  Formula *formula;
  Params names = *params; /* a scope's context may be written to; this one is not */
  const FormulaScope scope = {.name = name_value, .context = &names};
  const FormulaOrigin origin = {.file = "--at", .line = 0, .column = column};
  TRY(formula_parse(&formula, text, origin, err));
  StatusCode code = formula_eval_floor(step, formula, &scope, err);
  formula_free(formula);
  if (code != STATUS_OK) return code;
  const int64_t last = params->t1 + params->t2;
  if (*step >= 0 && *step <= last) return STATUS_OK;
  return error_set(err, STATUS_USAGE,
                   "--at: %.60s is %lld, expected a step from 0 to t1 + t2 = %lld", text,
                   (long long)*step, (long long)last);
}

/* Keeps the steps increasing, each once. */
static void insert_step(Steps *steps, int64_t step) {
  size_t i = 0;
  while (i < steps->count && steps->step[i] < step)
    i++;
  if (i < steps->count && steps->step[i] == step) return;
  memmove(steps->step + i + 1, steps->step + i, (steps->count - i) * sizeof *steps->step);
  steps->step[i] = step;
  steps->count++;
}

/* Splits `list`, which is overwritten, and evaluates its formulas. */
static StatusCode eval_list(Steps *out, char *list, const Params *params, Error *err) {
  for (size_t start = 0;;) {
    const size_t end = start + first_length(list + start);
    const bool more = list[end] == ',';
    int64_t step;
    list[end] = '\0';
    TRY(eval_step(&step, list + start, (int)start + 1, params, err));
    insert_step(out, step);
    if (!more) return STATUS_OK;
    start = end + 1;
  }
}

/* *out := the steps of --at; the caller frees out->step. */
static StatusCode read_steps(Steps *out, const CommandLine *line, const Params *params,
                             Error *err) {
  const char *text = cli_given(line, OPTION_AT) ? line->value[OPTION_AT] : DEFAULT_AT;
  const size_t size = strlen(text) + 1;
  char *list = array_alloc(size, 1);
  out->step = array_alloc(size, sizeof *out->step); /* more than there can be commas */
  StatusCode code = list && out->step ? STATUS_OK : error_memory(err, "the steps");
  if (code == STATUS_OK) {
    memcpy(list, text, size);
    code = eval_list(out, list, params, err);
    /* Whatever is wrong with it, it is wrong on the command line. */
    if (code == STATUS_DATA) code = err->code = STATUS_USAGE;
  }
  free(list);
  return code;
}

static StatusCode write_files(Store *store, const Plan *plan, const Dataset *data, const Steps *at,
                              Error *err) {
  RunInfo *runs;
  size_t count;
  TRY(store_list_runs(&runs, &count, store, err));
  const ExportRequest request = {
      .program = "twostage " TWOSTAGE_VERSION,
      .params = &plan->params,
      .instance = &plan->instance,
      .data = data,
      .store = store,
      .run = &runs[0],
      .at = at->step,
      .at_count = at->count,
  };
  StatusCode code = count == 1
                        ? export_write(plan->out, &request, err)
                        : error_set(err, STATUS_INTERNAL, "export: %zu runs, expected 1", count);
  free(runs);
  return code;
}

/* The weights pass through a run store that is dropped afterwards: the folder holds the export
 * alone. */
static StatusCode train_and_write(Store *store, Plan *plan, const Steps *at, Error *err) {
  Dataset data = {0};
  int64_t run[PLAN_RUNS];
  const PlanRecords records = {
      .record_every = plan->params.t1 + plan->params.t2 + 1, /* the weights alone */
      .at = at->step,
      .at_count = at->count,
  };
  StatusCode code = dataset_generate(&data, &plan->params, err);
  if (code == STATUS_OK) code = plan_train(run, store, plan, &data, &records, err);
  if (code == STATUS_OK) code = write_files(store, plan, &data, at, err);
  dataset_clear(&data);
  return code;
}

static StatusCode export_plan(Plan *plan, Error *err) {
  Steps at = {NULL, 0};
  Store *store;
  if (plan->reading_count > 1)
    return error_set(
        err, STATUS_USAGE,
        "--reading: one reading is exported at a time, expected GATE/LOSS, found 'all'");
  StatusCode code = read_steps(&at, plan->line, &plan->params, err);
  if (code == STATUS_OK) code = plan_create_store(&store, plan, err);
  if (code == STATUS_OK) {
    code = train_and_write(store, plan, &at, err);
    store_close(store);
    if (!stop_signal()) plan_remove_workers(plan, code == STATUS_OK);
    if (code != STATUS_OK) plan_remove_folders(plan);
  }
  free(at.step);
  return code;
}

static StatusCode export_run(int *exit_status, const CommandLine *line, Error *err) {
  (void)exit_status;
  Plan plan;
  StatusCode code = plan_make(&plan, line, PLAN_DOUBLE_ALONE, err);
  if (code == STATUS_OK && plan.engine[0].kind == ENGINE_BALL)
    code =
        error_set(err, STATUS_USAGE,
                  "--engine: exported weights are numbers, expected double or mpfr, found 'ball'");
  if (code == STATUS_OK) code = export_plan(&plan, err);
  plan_clear(&plan);
  return code;
}

const Command cmd_export = {
    .name = "export",
    .operands = "",
    .summary = "Write the data set and the trained weights as NumPy files with a manifest",
    .details =
        "Trains in double unless --engine mpfr. DIR gets X_P X_Q y w_star z zeta, the weights at "
        "the steps\n"
        "of --at, all as .npy, and manifest.json, from which the training can be redone elsewhere\n"
        "and which has the SHA-256 of each file.",
    .examples = {"export --instance quick --set tau_xi=0 --at '0,t1/2,t1,t1+t2' --out data"},
    .options = OPTION_RUN_SET | OPTION_BIT(OPTION_AT),
    .run = export_run,
};
