/* cmd_replay.c -- `twostage replay FILE`: comes to a verdict again by other code, and says whether
 * it is the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "reports/text.h"
#include "src/cli.h"
#include "src/progress.h"
#include "src/replay.h"
#include "src/schedule.h"
#include "verify/claim_text.h"
#include "verify/judge.h"
#include "verify/replay_check.h"
#include "verify/replay_claim.h"

/* A gate that 128 bits cannot tell is tried with more. */
static const slong precisions[] = {128, 256, 512};
#define PRECISIONS (sizeof precisions / sizeof *precisions)

typedef struct {
  ReplayFile file;
  Dataset data;
  Trace trace;
  Verdict verdict;
  Meter meter;
} Job;

static bool tick(int64_t done, int64_t total, void *context) {
  (void)total;
  return progress_tell(context, 0, done);
}

static StatusCode train(Job *job, const CommandLine *line, Error *err) {
  const Params *p = &job->file.params;
  const Schedule schedule = schedule_make(p->t1, p->t2, 0);
  const ProgressPhase phase = {.name = "replay",
                               .steps = p->t1 + p->t2,
                               .head = p->t1,
                               .head_cost = 1 + 1 / (double)schedule.stride1,
                               .cost = 1};
  const Progress progress = {tick, &job->meter};
  for (size_t k = 0; k < PRECISIONS; k++) {
    trace_clear(&job->trace);
    job->meter = progress_open(progress_style(cli_given(line, OPTION_QUIET)), 1);
    progress_add(&job->meter, &phase);
    const StatusCode code = replay_train(&job->trace, p, &job->data, precisions[k], &progress, err);
    progress_close(&job->meter);
    if (code != STATUS_OK || job->trace.info.ended[0] == '\0') return code;
  }
  return STATUS_OK;
}

/* "  label words", wrapped; the words may be somebody else's. */
static StatusCode print_words(const char *label, const char *words, Error *err) {
  char *clean = strdup(words);
  if (clean == NULL) return error_memory(err, "a text");
  text_clean(clean);
  const int column = printf("  %s", label);
  text_wrap_from(stdout, clean, (size_t)column, 4, REPORT_WIDTH);
  free(clean);
  return STATUS_OK;
}

static StatusCode print_params(const Params *params, Error *err) {
  char text[64 * PARAM_COUNT];
  size_t used = 0;
  for (int id = 0; id < PARAM_COUNT; id++) {
    char value[64];
    params_format(value, sizeof value, params, (ParamId)id);
    used += (size_t)snprintf(text + used, sizeof text - used, " %s=%s", param_info[id].key, value);
    if (used >= sizeof text) break;
  }
  return print_words("at ", text, err);
}

/* What is judged. The file is free to put any claim under a shipped id: what it says is shown, and
   held against the shipped one. */
static StatusCode describe(const ReplayFile *file, Error *err) {
  const Claim *claim = &file->claims.claim[0];
  ClaimSet shipped = {0};
  char differs[REPLAY_DIFFERS_SIZE], *formula = NULL, *hypotheses = NULL;
  StatusCode code = claims_load(&shipped, NULL, NULL, err);
  if (code == STATUS_OK) code = replay_claim_differs(differs, claim, &shipped, err);
  if (code == STATUS_OK) code = claim_formula_text(&formula, claim, err);
  if (code == STATUS_OK) code = claim_hypotheses_text(&hypotheses, claim, err);
  if (code == STATUS_OK) {
    if (*differs) code = print_words("", differs, err);
    if (code == STATUS_OK) code = print_words("statement: ", claim->statement, err);
    if (code == STATUS_OK) code = print_words("judged: ", formula, err);
    if (code == STATUS_OK && hypotheses != NULL) code = print_words("if: ", hypotheses, err);
  }
  for (size_t i = 0; i < claim->constant_count && code == STATUS_OK; i++) {
    char *value = NULL;
    code = formula_print(&value, claim->constant[i].value, err);
    if (code == STATUS_OK) {
      char label[80];
      snprintf(label, sizeof label, "where %.60s = ", claim->constant[i].name);
      code = print_words(label, value, err);
    }
    free(value);
  }
  if (code == STATUS_OK) code = print_params(&file->params, err);
  free(formula);
  free(hypotheses);
  claims_clear(&shipped);
  return code;
}

static void print_ball(const char *name, bool has, const arb_t x) {
  if (!has) return;
  printf("  %s ", name);
  arb_printn(x, 30, 0);
  putchar('\n');
}

static StatusCode report(int *exit_status, const Job *job, Error *err) {
  static const char *const word[] = {"confirmed", "contradicted", "cannot tell"};
  const Claim *claim = &job->file.claims.claim[0];
  char why[REPLAY_WHY_SIZE];
  char data[DIGEST_SIZE];
  TRY(replay_data_digest(data, &job->data, err));
  const ReplayOutcome outcome = replay_compare(why, &job->file, data, &job->trace, &job->verdict);
  const int column =
      printf("%s [%s] %s, %s: %s%s", claim->id, reading_name(job->file.params.reading),
             verdict_text(job->file.verdict), job->file.certified ? "certified" : "computed",
             word[outcome], *why ? ": " : "");
  text_wrap_from(stdout, why, (size_t)column, 2, REPORT_WIDTH);
  TRY(describe(&job->file, err));
  print_ball("value", job->verdict.has_value, job->verdict.value);
  print_ball("bound", job->verdict.has_bound, job->verdict.bound);
  if (outcome == REPLAY_CONFIRMED)
    printf("  %lld steps, %lld gates decided, at %lld bits\n",
           (long long)(job->file.params.t1 + job->file.params.t2), (long long)job->trace.info.gates,
           (long long)job->trace.info.precision);
  *exit_status = (int)outcome;
  return STATUS_OK;
}

static StatusCode replay_run(int *exit_status, const CommandLine *line, Error *err) {
  Job job = {.trace = {.count = 0}};
  if (line->operand_count != 1)
    return error_set(err, STATUS_USAGE, "replay: expected a FILE that verify --replay wrote");
  verdict_init(&job.verdict);
  StatusCode code = replay_read(&job.file, line->operand[0], err);
  if (code == STATUS_OK) code = dataset_generate(&job.data, &job.file.params, err);
  if (code == STATUS_OK) code = train(&job, line, err);
  if (code == STATUS_OK && job.trace.info.ended[0] == '\0')
    code = claim_judge(&job.verdict, &job.file.claims.claim[0], &job.trace, NULL, err);
  if (code == STATUS_OK) code = report(exit_status, &job, err);
  verdict_clear(&job.verdict);
  trace_clear(&job.trace);
  dataset_clear(&job.data);
  replay_clear(&job.file);
  return code;
}

const Command cmd_replay = {
    .name = "replay",
    .operands = "FILE",
    .operand_max = 1,
    .summary = "Come to a verdict again from nothing, by a second and plainer code path",
    .details =
        "FILE is one that verify --replay wrote. Exit status: 0 confirmed, 1 contradicted, "
        "2 cannot tell;\na damaged or altered file is refused (65). What is judged is the claim as "
        "the file has it;\nit is shown, and where it differs from the shipped one is said.\n"
        "Processor time: about 75 s for quick, some 20 minutes for reference.",
    .examples = {"replay twostage-out/replay/T1.w.shared-separate.replay"},
    .options = OPTION_BIT(OPTION_QUIET),
    .run = replay_run,
};
