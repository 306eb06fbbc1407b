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

/* Which readings have a certified verdict that more bits may decide. */
typedef struct {
  const Plan *plan;
  bool open[PLAN_READINGS];
  bool any;
} OpenReadings;

static bool note_open(const VerdictRow *row, void *context) {
  OpenReadings *open = context;
  if (!row->certified || !row->value || !row->bound) return true;
  if (strcmp(row->verdict, verdict_text(VERDICT_INCONCLUSIVE)) != 0) return true;
  for (size_t r = 0; r < open->plan->reading_count; r++)
    if (strcmp(row->reading, reading_name(open->plan->reading[r])) == 0)
      open->any = open->open[r] = true;
  return true;
}

/* A certified run may leave a verdict open because its radii are too large. Then those readings are
   trained with more bits, and all is judged anew. */
static StatusCode decide_open(Store *store, Plan *plan, const Job *job, const Dataset *data,
                              Error *err) {
  static const int64_t more[] = {128, 256};
  const PlanRecords records = {0};
  for (size_t k = 0; k < sizeof more / sizeof *more; k++) {
    OpenReadings found = {.plan = plan};
    TRY(store_each_verdict(store, note_open, &found, err));
    if (!found.any) return STATUS_OK;
    if (plan->engine[0].precision >= more[k]) continue;
    Plan again = *plan;
    int64_t run[PLAN_RUNS];
    again.variant_count = 0; /* what-ifs are not certified */
    again.reading_count = 0;
    for (size_t r = 0; r < plan->reading_count; r++)
      if (found.open[r]) again.reading[again.reading_count++] = plan->reading[r];
    again.engine[0] = (PlanEngine){ENGINE_MPFR, more[k]};
    const StatusCode code = plan_train(run, store, &again, data, &records, err);
    plan->instance = again.instance; /* whose texts were replaced */
    plan->params = again.params;
    TRY(code);
    TRY(store_clear_verdicts(store, err));
    TRY(judge_store(store, &job->claims, job->only, job->only_count, err));
  }
  return STATUS_OK;
}

static StatusCode train_and_judge(Store *store, Plan *plan, const Job *job, Error *err) {
  Dataset data = {0};
  int64_t run[PLAN_RUNS];
  const PlanRecords records = {0};
  StatusCode code = dataset_generate(&data, &plan->params, err);
  if (code == STATUS_OK) code = plan_train(run, store, plan, &data, &records, err);
  if (code == STATUS_OK) code = judge_store(store, &job->claims, job->only, job->only_count, err);
  if (code == STATUS_OK && cli_given(plan->line, OPTION_CERTIFY))
    code = decide_open(store, plan, job, &data, err);
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
               "--engine ball certifies them: precision is planned, and raised while a gate cannot "
               "be told.\n"
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
