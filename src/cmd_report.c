/* cmd_report.c -- `twostage report`: the report folder again from its run store, without training.
 */
#include <stdio.h>
#include <string.h>

#include "reports/report.h"
#include "src/cli.h"
#include "src/fileset.h"

static StatusCode write_table(FILE *out, Store *store, Error *err) {
  return report_table(out, store, NULL, err);
}

typedef struct {
  const char *name, *file;
  StatusCode (*write)(FILE *out, Store *store, Error *err); /* NULL: the folder of figures */
} Format;

static const Format format_table[] = {
    {"table", "verdicts.txt", write_table},
    {"tap", "verdicts.tap", report_tap},
    {"json", "results.json", report_json},
    {"figures", "figures", NULL},
};
#define FORMATS (sizeof format_table / sizeof *format_table)

static StatusCode unknown_format(const char *name, int length, Error *err) {
  char known[128];
  size_t used = 0;
  for (size_t i = 0; i < FORMATS && used < sizeof known; i++)
    used += (size_t)snprintf(known + used, sizeof known - used, " %s", format_table[i].name);
  return error_set(err, STATUS_USAGE, "--to: expected a list of%s, found '%.*s'", known,
                   length < 60 ? length : 60, name);
}

/* wanted[i] := whether the list names format i; all of them when there is no list. (FORMATS) */
static StatusCode read_formats(bool *wanted, const char *list, Error *err) {
  for (size_t i = 0; i < FORMATS; i++)
    wanted[i] = list == NULL;
  for (const char *name = list; name;) {
    const size_t length = strcspn(name, ",");
    size_t i = 0;
    while (i < FORMATS && (strlen(format_table[i].name) != length ||
                           strncmp(format_table[i].name, name, length) != 0))
      i++;
    if (i == FORMATS) return unknown_format(name, (int)length, err);
    wanted[i] = true;
    name = name[length] ? name + length + 1 : NULL;
  }
  return STATUS_OK;
}

static StatusCode add_files(FileSet *files, const bool *wanted, Store *store, Error *err) {
  for (size_t i = 0; i < FORMATS; i++) {
    FILE *out;
    if (!wanted[i] || !format_table[i].write) continue;
    TRY(fileset_add(&out, files, format_table[i].file, err));
    TRY(format_table[i].write(out, store, err));
  }
  return STATUS_OK;
}

static StatusCode write_files(const char *folder, const bool *wanted, Store *store, Error *err) {
  FileSet *files;
  TRY(fileset_open(&files, folder, err));
  StatusCode code = add_files(files, wanted, store, err);
  if (code == STATUS_OK) return fileset_commit(files, err);
  fileset_drop(files);
  return code;
}

/* What was written goes to stdout, a path a line. */
static StatusCode write_report(const char *folder, const bool *wanted, Store *store, Error *err) {
  ReportFigures figures = {.drawn = true};
  TRY(write_files(folder, wanted, store, err));
  for (size_t i = 0; i < FORMATS; i++)
    if (wanted[i] && !format_table[i].write)
      TRY(report_figures(&figures, folder, store, NULL, err));
  for (size_t i = 0; i < FORMATS; i++)
    if (wanted[i]) printf("%s/%s\n", folder, format_table[i].file);
  if (!figures.drawn) fprintf(stderr, "figures not drawn: %s\n", figures.why);
  return STATUS_OK;
}

static StatusCode report_run(int *exit_status, const CommandLine *line, Error *err) {
  bool wanted[FORMATS];
  Store *store;
  (void)exit_status;
  if (!cli_given(line, OPTION_RUN))
    return error_set(err, STATUS_USAGE, "report: --run: expected the folder of a run store");
  TRY(read_formats(wanted, line->value[OPTION_TO], err));
  TRY(store_open(&store, line->value[OPTION_RUN], err));
  StatusCode code = write_report(line->value[OPTION_RUN], wanted, store, err);
  store_close(store);
  return code;
}

const Command cmd_report = {
    .name = "report",
    .operands = "",
    .summary = "Write the report again from DIR/run.db, without training",
    .details = "Formats for --to: table, tap, json, figures. They are written into DIR; stdout "
               "names the files.",
    .example = "report --run twostage-out --to json,figures",
    .options = OPTION_BIT(OPTION_RUN) | OPTION_BIT(OPTION_TO),
    .run = report_run,
};
