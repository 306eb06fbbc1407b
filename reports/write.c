/* write.c -- the report folder: every form of the report, from the store alone. */
#include "reports/report.h"
#include "src/fileset.h"

static StatusCode write_texts(FileSet *set, Store *store, Error *err) {
  FILE *out;
  TRY(fileset_add(&out, set, "verdicts.txt", err));
  TRY(report_table(out, store, NULL, err));
  TRY(fileset_add(&out, set, "verdicts.tap", err));
  TRY(report_tap(out, store, err));
  TRY(fileset_add(&out, set, "results.json", err));
  return report_json(out, store, err);
}

StatusCode report_write(ReportFigures *out, const char *folder, Store *store, const char *gnuplot,
                        Error *err) {
  FileSet *set;
  *out = (ReportFigures){.drawn = false};
  TRY(fileset_open(&set, folder, err));
  const StatusCode code = write_texts(set, store, err);
  if (code != STATUS_OK) {
    fileset_drop(set);
    return code;
  }
  TRY(fileset_commit(set, err));
  return report_figures(out, folder, store, gnuplot, err);
}
