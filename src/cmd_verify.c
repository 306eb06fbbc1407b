/* cmd_verify.c -- `twostage verify`: train, judge the claims, print the verdicts, write the report
 * folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/report.h"
#include "src/cli.h"
#include "src/plan.h"
#include "src/plan_replay.h"
#include "src/progress.h"
#include "verify/judge.h"
#include "verify/lemma.h"
#include "verify/what_if.h"

static const char *const format_name[] = {"table", "tap", "json", NULL};

typedef struct {
  size_t format; /* index of format_name */
  ClaimSet claims;
  LemmaSet lemmas;
  bool judge_lemmas; /* who asks for some claims only does not ask for them */
  const char **only; /* (only_count) */
  size_t only_count;
} Job;

static bool is_lemma(const Job *job, const char *id) {
  for (size_t i = 0; i < job->lemmas.count; i++)
    if (strcmp(job->lemmas.lemma[i].id, id) == 0) return true;
  return false;
}

/* The ids are looked up before anything is trained, so that a slip costs no minutes. */
static StatusCode check_only(const Job *job, Error *err) {
  bool *selected = array_alloc(job->claims.count, sizeof *selected);
  if (!selected) return error_memory(err, "the claims");
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < job->only_count && code == STATUS_OK; i++)
    code = is_lemma(job, job->only[i])
               ? error_set(err, STATUS_USAGE,
                           "--only: expected the id of a claim; %.24s is a lemma, and lemmas are "
                           "judged all together, without --only or with --lemmas",
                           job->only[i])
               : claims_select(selected, &job->claims, job->only[i], err);
  free(selected);
  return code;
}

static StatusCode read_job(Job *job, const CommandLine *line, Error *err) {
  TRY(cli_choice(&job->format, line, OPTION_FORMAT, format_name, err));
  job->only = array_alloc(line->repeated_count, sizeof *job->only);
  if (!job->only) return error_memory(err, "the command line");
  for (size_t i = 0; i < line->repeated_count; i++)
    if (line->repeated[i] == OPTION_ONLY) job->only[job->only_count++] = line->repeated_value[i];
  TRY(plan_load_claims(&job->claims, line, err));
  TRY(lemmas_load(&job->lemmas, line->value[OPTION_LEMMAS], err));
  job->judge_lemmas = job->only_count == 0 || cli_given(line, OPTION_LEMMAS);
  return check_only(job, err);
}

/* The certified verdicts of a reading that the arithmetic leaves open. */
typedef struct {
  const char *reading;
  int64_t run; /* they were judged on */
  size_t count;
  char first[32]; /* the first one's claim */
} OpenVerdicts;

/* A verdict with neither value nor bound has no formula to decide: a step was not recorded. */
static bool note_open(const VerdictRow *row, void *context) {
  OpenVerdicts *open = context;
  if (!row->certified || (!row->value && !row->bound)) return true;
  if (strcmp(row->verdict, verdict_text(VERDICT_INCONCLUSIVE)) != 0) return true;
  if (strcmp(row->reading, open->reading) != 0) return true;
  open->run = row->run;
  if (open->count++ == 0) snprintf(open->first, sizeof open->first, "%s", row->claim);
  return true;
}

/* *out := the engine and bits to try after `bits` bits did not do; false when there are none. Balls
   have twice as many, up to the cap; certificates 128, then 256. */
static bool more_bits(PlanEngine *out, const Plan *plan, bool balls, int64_t bits) {
  const int64_t cap =
      plan->engine[0].kind == ENGINE_BALL ? plan->engine[0].precision : PRECISION_MAX;
  if (balls) *out = (PlanEngine){ENGINE_BALL, cap, 2 * bits < cap ? 2 * bits : cap};
  if (balls) return bits < cap;
  *out = (PlanEngine){ENGINE_MPFR, bits < 128 ? 128 : 256, 0};
  return bits < out->precision;
}

static StatusCode find_run(RunInfo *out, Store *store, int64_t id, Error *err) {
  RunInfo *runs = NULL;
  size_t count = 0;
  TRY(store_list_runs(&runs, &count, store, err));
  for (size_t i = 0; i < count; i++)
    if (runs[i].id == id) *out = runs[i];
  free(runs);
  return STATUS_OK;
}

/* Trains a reading anew, with more bits, as long as a verdict on it is open and there are more; all
   is judged anew each time. The runs before stay in the store. */
static StatusCode decide_reading(Store *store, Plan *plan, Reading reading, const Job *job,
                                 const Dataset *data, Error *err) {
  const PlanRecords records = {0};
  for (int64_t asked = 0;;) {
    OpenVerdicts open = {.reading = reading_name(reading)};
    RunInfo judged = {.id = 0};
    PlanEngine next;
    int64_t run[PLAN_RUNS];
    char why[128], others[32] = "";
    TRY(store_each_verdict(store, note_open, &open, err));
    if (open.count == 0) return STATUS_OK;
    TRY(find_run(&judged, store, open.run, err));
    if (asked < judged.precision) asked = judged.precision;
    if (!more_bits(&next, plan, strcmp(judged.engine, "ball") == 0, asked)) return STATUS_OK;
    if (open.count > 1) snprintf(others, sizeof others, " and %zu more", open.count - 1);
    snprintf(why, sizeof why, "again, as %s%s stayed open at %lld bits: ", open.first, others,
             (long long)asked);
    asked = next.least > 0 ? next.least : next.precision;
    Plan again = *plan;
    again.variant_count = 0; /* what-ifs are not certified */
    again.reading_count = 1;
    again.reading[0] = reading;
    again.engine[0] = next;
    again.why = why;
    const StatusCode code = plan_train(run, store, &again, data, &records, err);
    plan->instance = again.instance; /* whose texts were replaced */
    plan->params = again.params;
    TRY(code);
    TRY(store_clear_verdicts(store, err));
    TRY(judge_store(store, &job->claims, job->only, job->only_count, err));
  }
}

/* Where verdicts are certified, they may be open because radii are too large. */
static StatusCode decide_open(Store *store, Plan *plan, const Job *job, const Dataset *data,
                              Error *err) {
  if (!cli_given(plan->line, OPTION_CERTIFY) && plan->engine[0].kind != ENGINE_BALL)
    return STATUS_OK;
  for (size_t r = 0; r < plan->reading_count; r++)
    TRY(decide_reading(store, plan, plan->reading[r], job, data, err));
  return STATUS_OK;
}

static StatusCode train_and_judge(Store *store, Plan *plan, const Job *job, Error *err) {
  Dataset data = {0};
  int64_t run[PLAN_RUNS];
  const PlanRecords records = {0};
  StatusCode code = dataset_generate(&data, &plan->params, err);
  if (code == STATUS_OK) code = plan_train(run, store, plan, &data, &records, err);
  if (code == STATUS_OK) code = judge_store(store, &job->claims, job->only, job->only_count, err);
  if (code == STATUS_OK) code = decide_open(store, plan, job, &data, err);
  if (code == STATUS_OK) code = what_if_judge(store, &job->claims, &plan->what_ifs, err);
  if (code == STATUS_OK && job->judge_lemmas) code = lemma_judge_set(store, &job->lemmas, err);
  dataset_clear(&data);
  return code;
}

static StatusCode print_verdicts(Store *store, const Job *job, Error *err) {
  const ReportTableOptions table = {.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
                                    .readings_matrix = true};
  switch (job->format) {
  case 1:
    return report_tap(stdout, store, err);
  case 2:
    return report_json(stdout, store, err);
  default:
    return report_table(stdout, store, &table, err);
  }
}

static StatusCode write_replays(const Plan *plan, Store *store, const Job *job, Error *err) {
  size_t count;
  char *left_out;
  TRY(replay_write_all(&count, &left_out, plan->out, store, &job->claims, err));
  if (!cli_given(plan->line, OPTION_QUIET))
    fprintf(stderr, "%zu replay files in %s/replay%s%s\n", count, plan->out,
            left_out ? "; without one, since no replay can redo it: " : "",
            left_out ? left_out : "");
  free(left_out);
  return STATUS_OK;
}

/* Everything that is shown is read back from the finished store, as `twostage report` would. */
static StatusCode report_run(int *exit_status, const Plan *plan, const Job *job, Error *err) {
  Store *store;
  Tally tally;
  ReportFigures figures;
  TRY(store_open(&store, plan->out, err));
  StatusCode code = report_write(&figures, plan->out, store, NULL, NULL, err);
  if (code == STATUS_OK && cli_given(plan->line, OPTION_REPLAY))
    code = write_replays(plan, store, job, err);
  if (code == STATUS_OK) code = print_verdicts(store, job, err);
  if (code == STATUS_OK) code = tally_store(&tally, store, err);
  store_close(store);
  if (code != STATUS_OK) return code;
  *exit_status =
      cli_given(plan->line, OPTION_LEDGER) ? tally_exit_ledger(&tally) : tally_exit(&tally);
  if (cli_given(plan->line, OPTION_QUIET)) return STATUS_OK;
  fprintf(stderr, "report in %s%s%s\n", plan->out,
          figures.drawn ? "" : "; figures not drawn: ", figures.drawn ? "" : figures.why);
  return STATUS_OK;
}

static StatusCode verify_plan(int *exit_status, Plan *plan, const Job *job, Error *err) {
  Store *store;
  TRY(plan_create_store(&store, plan, err));
  StatusCode code = train_and_judge(store, plan, job, err);
  TRY(plan_finish_store(store, code, plan, err));
  return report_run(exit_status, plan, job, err);
}

static StatusCode verify_run(int *exit_status, const CommandLine *line, Error *err) {
  Plan plan = {.line = line};
  Job job = {.format = 0};
  StatusCode code = read_job(&job, line, err);
  if (code == STATUS_OK) code = plan_make(&plan, line, PLAN_BOTH_ENGINES, err);
  plan.claims = &job.claims;
  plan.lemmas = &job.lemmas;
  if (code == STATUS_OK) code = verify_plan(exit_status, &plan, &job, err);
  plan_clear(&plan);
  claims_clear(&job.claims);
  lemmas_clear(&job.lemmas);
  free(job.only);
  return code;
}

const Command cmd_verify = {
    .name = "verify",
    .operands = "",
    .summary = "Train the instance, judge the claims, print the verdicts and write a report",
    .details = "Trains in double and in mpfr side by side, unless --engine names one; verdicts "
               "come from mpfr.\n"
               "--certify proves how far that is from exact arithmetic, in double, and where a "
               "gate is too "
               "close\nin mpfr and ball; then verdicts are certified.\n"
               "--engine ball certifies them: precision is planned, and raised while a gate or a "
               "verdict\ncannot be told, up to --precision.\n"
               "Formats: table, tap, json. DIR gets run.db, results.json, verdicts.tap, "
               "verdicts.txt, figures/.\n"
               "What-ifs are trained in double under the first reading and judged beside the "
               "base,\nwithout a say in the exit status: no-stage-one no-annealing short-one "
               "long-one short-two\nlong-two short-prompt long-prompt few-prompts many-prompts "
               "noise wide-margin unbalanced\nadam softmax, or all.",
    .examples = {"verify --instance quick --set t2=200 --certify --replay",
                 "verify --reading all --only T2 --out readings"},
    .options = OPTION_RUN_SET | OPTION_BIT(OPTION_CLAIMS) | OPTION_BIT(OPTION_LEMMAS) |
               OPTION_BIT(OPTION_ONLY) | OPTION_BIT(OPTION_WHAT_IF) | OPTION_BIT(OPTION_LEDGER) |
               OPTION_BIT(OPTION_CERTIFY) | OPTION_BIT(OPTION_REPLAY) | OPTION_BIT(OPTION_FORMAT),
    .run = verify_run,
};
