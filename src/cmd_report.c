/* cmd_report.c -- `twostage report`: the report folder again from its run store, without training.
 */
#include <stdio.h>
#include <string.h>

#include "reports/report.h"
#include "src/cli.h"
#include "src/fileset.h"

static StatusCode unknown_form(const char *name, int length, Error *err) {
  char known[128];
  size_t used = 0;
  for (const ReportForm *form = report_forms; form->name != NULL && used < sizeof known; form++)
    if (form == report_forms || strcmp(form->name, form[-1].name) != 0)
      used += (size_t)snprintf(known + used, sizeof known - used, " %s", form->name);
  return error_set(err, STATUS_USAGE, "--to: expected a list of%s, found '%.*s'", known,
                   length < 60 ? length : 60, name);
}

/* The bundle holds all forms; a page shows figures, which it has to see drawn. */
static bool needs(const ReportForm *form, const ReportForm *other) {
  return form->when == REPORT_BUNDLE ||
         (form->when == REPORT_AFTER_FIGURES && other->when == REPORT_FIGURES);
}

/* wanted[i] := whether the list names form i, or one that needs it; all of them but the bundle when
   there is no list. (REPORT_FORMS) */
static StatusCode read_forms(bool *wanted, const char *list, Error *err) {
  for (size_t i = 0; i < REPORT_FORMS; i++)
    wanted[i] = list == NULL && report_forms[i].when != REPORT_BUNDLE;
  for (const char *name = list; name;) {
    const size_t length = strcspn(name, ",");
    bool known = false;
    for (size_t i = 0; i < REPORT_FORMS; i++)
      if (strlen(report_forms[i].name) == length &&
          strncmp(report_forms[i].name, name, length) == 0)
        known = wanted[i] = true;
    if (!known) return unknown_form(name, (int)length, err);
    name = name[length] ? name + length + 1 : NULL;
  }
  for (size_t i = 0; i < REPORT_FORMS; i++)
    for (size_t k = 0; k < REPORT_FORMS; k++)
      wanted[k] = wanted[k] || (wanted[i] && needs(&report_forms[i], &report_forms[k]));
  return STATUS_OK;
}

/* What was written goes to stdout, a path a line. */
static StatusCode write_report(const char *folder, const bool *wanted, Store *store, Error *err) {
  ReportFigures figures;
  Store *lock;
  TRY(store_lock(&lock, folder, err));
  const StatusCode code = report_write(&figures, folder, store, wanted, NULL, err);
  store_close(lock);
  TRY(code);
  for (size_t i = 0; i < REPORT_FORMS; i++)
    if (wanted[i]) printf("%s/%s\n", folder, report_forms[i].file);
  if (!figures.drawn) fprintf(stderr, "figures not drawn: %s\n", figures.why);
  return STATUS_OK;
}

static StatusCode compare_stores(bool *same, const char *a, const char *b, Error *err) {
  Store *store_a, *store_b;
  TRY(store_open(&store_a, a, err));
  StatusCode code = store_open(&store_b, b, err);
  if (code == STATUS_OK) {
    code = report_compare(same, stdout, store_a, store_b, err);
    store_close(store_b);
  }
  store_close(store_a);
  return code;
}

static StatusCode compare_run(int *exit_status, const CommandLine *line, Error *err) {
  bool same;
  if (line->operand_count != 2 || cli_given(line, OPTION_RUN) || cli_given(line, OPTION_TO))
    return error_set(err, STATUS_USAGE,
                     "report --compare: expected the folders of two run stores and nothing else");
  TRY(compare_stores(&same, line->operand[0], line->operand[1], err));
  *exit_status = same ? 0 : 1;
  return STATUS_OK;
}

static StatusCode report_run(int *exit_status, const CommandLine *line, Error *err) {
  bool wanted[REPORT_FORMS];
  Store *store;
  if (cli_given(line, OPTION_COMPARE)) return compare_run(exit_status, line, err);
  if (line->operand_count > 0)
    return error_set(err, STATUS_USAGE, "report: unexpected argument '%.60s'", line->operand[0]);
  if (!cli_given(line, OPTION_RUN))
    return error_set(err, STATUS_USAGE, "report: --run: expected the folder of a run store");
  TRY(read_forms(wanted, line->value[OPTION_TO], err));
  TRY(folder_check(line->value[OPTION_RUN], err));
  TRY(store_open(&store, line->value[OPTION_RUN], err));
  StatusCode code = write_report(line->value[OPTION_RUN], wanted, store, err);
  store_close(store);
  return code;
}

const Command cmd_report = {
    .name = "report",
    .operands = "[--compare RUN_A RUN_B]",
    .operand_max = 2,
    .summary = "Write the report again from DIR/run.db, without training",
    .details =
        "Forms for --to: table, tap, json, junit, latex, figures, html. They are written into "
        "DIR;\nstdout names the files. html draws the figures too, and has no others inside. "
        "bundle: all of them,\nand one archive of the run, its input files and its report, with a "
        "script that runs it again and\ncompares.\n"
        "--compare prints what changed from one run store to another; exit status 1 when a "
        "verdict, number\nor parameter did.",
    .examples = {"report --run twostage-out --to json,figures",
                 "report --compare twostage-out run"},
    .options = OPTION_BIT(OPTION_RUN) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_COMPARE),
    .run = report_run,
};
