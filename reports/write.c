/* write.c -- the report folder: every form of the report, from the store alone. */
#include <string.h>

#include "reports/report.h"
#include "src/fileset.h"

static StatusCode write_table(FILE *out, const ReportFolder *folder, Store *store, Error *err) {
  (void)folder;
  return report_table(out, store, NULL, err);
}

static StatusCode write_tap(FILE *out, const ReportFolder *folder, Store *store, Error *err) {
  (void)folder;
  return report_tap(out, store, err);
}

static StatusCode write_json(FILE *out, const ReportFolder *folder, Store *store, Error *err) {
  (void)folder;
  return report_json(out, store, err);
}

static StatusCode write_junit(FILE *out, const ReportFolder *folder, Store *store, Error *err) {
  (void)folder;
  return report_junit(out, store, err);
}

static StatusCode write_latex_table(FILE *out, const ReportFolder *folder, Store *store,
                                    Error *err) {
  (void)folder;
  return report_latex_table(out, store, err);
}

static StatusCode write_latex_numbers(FILE *out, const ReportFolder *folder, Store *store,
                                      Error *err) {
  (void)folder;
  return report_latex_numbers(out, store, err);
}

/* The page has the figures inside, so they are drawn between it and the other files. */
const ReportForm report_forms[] = {
    {"table", "verdicts.txt", write_table, REPORT_BEFORE_FIGURES},
    {"tap", "verdicts.tap", write_tap, REPORT_BEFORE_FIGURES},
    {"json", "results.json", write_json, REPORT_BEFORE_FIGURES},
    {"junit", "verdicts.xml", write_junit, REPORT_BEFORE_FIGURES},
    {"latex", "verdicts.tex", write_latex_table, REPORT_BEFORE_FIGURES},
    {"latex", "numbers.tex", write_latex_numbers, REPORT_BEFORE_FIGURES},
    {"figures", "figures", NULL, REPORT_FIGURES},
    {"html", "report.html", report_html, REPORT_AFTER_FIGURES},
    {"bundle", "bundle.tar.gz", report_bundle, REPORT_BUNDLE},
    {NULL, NULL, NULL, REPORT_BUNDLE},
};

/* A writer knows no name of what it writes to. */
static StatusCode write_form(const ReportForm *form, FILE *out, const ReportFolder *folder,
                             Store *store, Error *err) {
  const StatusCode code = form->write(out, folder, store, err);
  if (code != STATUS_IO) return code;
  const Error inner = *err;
  return error_set(err, code, "%.200s/%s: %.200s", folder->path, form->file, inner.message);
}

static StatusCode add_files(FileSet *set, const ReportFolder *folder, Store *store,
                            const bool *wanted, ReportWhen when, Error *err) {
  for (size_t i = 0; report_forms[i].name != NULL; i++) {
    FILE *out;
    if (report_forms[i].when != when || (wanted != NULL && !wanted[i])) continue;
    TRY(fileset_add(&out, set, report_forms[i].file, err));
    TRY(write_form(&report_forms[i], out, folder, store, err));
  }
  return STATUS_OK;
}

static StatusCode write_files(const ReportFolder *folder, Store *store, const bool *wanted,
                              ReportWhen when, Error *err) {
  FileSet *set;
  TRY(fileset_open(&set, folder->path, err));
  const StatusCode code = add_files(set, folder, store, wanted, when, err);
  if (code == STATUS_OK) return fileset_commit(set, err);
  fileset_drop(set);
  return code;
}

StatusCode report_write(ReportFigures *out, const char *folder, Store *store, const bool *wanted,
                        const char *gnuplot, Error *err) {
  const ReportFolder where = {.path = folder, .figures = out};
  *out = (ReportFigures){.drawn = true};
  TRY(write_files(&where, store, wanted, REPORT_BEFORE_FIGURES, err));
  for (size_t i = 0; report_forms[i].name != NULL; i++)
    if (report_forms[i].when == REPORT_FIGURES && (wanted == NULL || wanted[i]))
      TRY(report_figures(out, folder, store, gnuplot, err));
  TRY(write_files(&where, store, wanted, REPORT_AFTER_FIGURES, err));
  return wanted != NULL ? write_files(&where, store, wanted, REPORT_BUNDLE, err) : STATUS_OK;
}
