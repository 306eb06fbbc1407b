/* report.h -- the writers: a terminal table, TAP, JSON, HTML and figures, all of it read from a run
 * store.
 *
 * Writers lay out and compute nothing. Every text of the store passes through text_clean before it
 * is shown, so that a claims file or an instance name can neither steer a terminal nor break a
 * line; what the formats promise stands in reports/README.md. */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "src/status.h"
#include "src/store.h"

/* Columns of a table: at least REPORT_WIDTH_MIN; 0 stands for the default. */
#define REPORT_WIDTH 80
#define REPORT_WIDTH_MIN 72

typedef struct {
  int width;
  bool color;           /* verdict words only; they say the same without it */
  bool readings_matrix; /* with several readings in the store: claims x readings besides */
} ReportTableOptions;

/* Writes one row per verdict, by reading, then what needs words. options NULL: the defaults, no
   colour and a matrix. Errors: those of the store; STATUS_IO. */
MUST_CHECK StatusCode report_table(FILE *out, Store *store, const ReportTableOptions *options,
                                   Error *err);

/* Writes TAP version 13, a test per verdict. */
MUST_CHECK StatusCode report_tap(FILE *out, Store *store, Error *err);

/* Writes one JSON document as reports/README.md describes it, the same bytes for the same store. */
MUST_CHECK StatusCode report_json(FILE *out, Store *store, Error *err);

/* Writes JUnit XML: a suite for each judged run, known failures are skipped cases. */
MUST_CHECK StatusCode report_junit(FILE *out, Store *store, Error *err);

/* Write a booktabs table of the verdicts, and a file of macros with every measured number. */
MUST_CHECK StatusCode report_latex_table(FILE *out, Store *store, Error *err);
MUST_CHECK StatusCode report_latex_numbers(FILE *out, Store *store, Error *err);

/* What became of the figures: at most the 8 kinds that each of the four readings has, and 6 that
   belong to none. */
#define REPORT_FIGURE_MAX (8 * 4 + 6)
#define REPORT_FIGURE_NAME_SIZE 64
typedef struct {
  char name[REPORT_FIGURE_NAME_SIZE];
  bool drawn; /* svg, pdf and tex are there; script and data always are */
} ReportFigure;
typedef struct {
  ReportFigure figure[REPORT_FIGURE_MAX]; /* (count), in the order they are shown in */
  size_t count;
  bool drawn;    /* all of them */
  char why[256]; /* when not drawn: one line */
} ReportFigures;

/* The folder that a report is written into. */
typedef struct {
  const char *path;
  const ReportFigures *figures; /* what the same report drew there; any other picture is not ours */
} ReportFolder;

/* Writes FOLDER/figures/NAME.gp and NAME.tsv for each figure, and draws NAME.svg, NAME.pdf and
   NAME.tex (with NAME-inc.pdf) with the program gnuplot (a path, or NULL: the one in PATH). When
   there is no gnuplot, or it fails or writes anything to its stderr, the result says so and is
   STATUS_OK all the same: verdicts do not depend on pictures. Figures of an earlier store that this
   one does not have are removed. Errors: those of the store; STATUS_CANTCREAT, STATUS_IO. */
MUST_CHECK StatusCode report_figures(ReportFigures *out, const char *folder, Store *store,
                                     const char *gnuplot, Error *err);

/* Writes one HTML page that needs no other file: PATH/figures/NAME.svg are inside it, of the
   figures that were drawn, and no other picture that is there. */
MUST_CHECK StatusCode report_html(FILE *out, const ReportFolder *folder, Store *store, Error *err);

/* Writes the audit bundle (bundle.c), a tar.gz of PATH/run.db, its input files, the other forms,
   which have to be there, the figures and no other file beside them, and what repeats and compares
   it. The same bytes for the same folder. Errors besides: STATUS_DATA when the store's record of
   its command or inputs cannot be used. */
MUST_CHECK StatusCode report_bundle(FILE *out, const ReportFolder *folder, Store *store,
                                    Error *err);

/* Writes what changed from store a to store b, a line for each verdict, number and parameter that
   differs, and a sum. *same: no verdict, number, lemma, rate or parameter does (versions and
   command lines may).
 */
MUST_CHECK StatusCode report_compare(bool *same, FILE *out, Store *a, Store *b, Error *err);

/* The forms of a report. */
typedef enum {
  REPORT_BEFORE_FIGURES,
  REPORT_FIGURES,
  REPORT_AFTER_FIGURES, /* shows those that are drawn in the same call */
  REPORT_BUNDLE         /* when asked for by name alone; needs all others */
} ReportWhen;
typedef struct {
  const char *name, *file; /* as --to calls it, which may mean several; in the folder */
  StatusCode (*write)(FILE *out, const ReportFolder *folder, Store *store,
                      Error *err); /* NULL: figures */
  ReportWhen when;
} ReportForm;
#define REPORT_FORMS 9
extern const ReportForm report_forms[]; /* ends with a name NULL; (REPORT_FORMS + 1) */

/* Writes the forms i with wanted[i] (NULL: all of them but the bundle) into the folder, which
   exists, each file complete or not at all. Errors as above; the files before the failing one stay.
 */
MUST_CHECK StatusCode report_write(ReportFigures *out, const char *folder, Store *store,
                                   const bool *wanted, const char *gnuplot, Error *err);

/* What a training step costs: microseconds[i curves + k] at size d[i] in engine k. */
typedef struct {
  size_t sizes, curves;
  const int64_t *d;           /* (sizes), growing */
  const char *const *engine;  /* (curves) */
  const int64_t *precision;   /* (curves) bits */
  const double *microseconds; /* (sizes, curves) */
} BenchCurves;

/* Writes FOLDER/bench.gp and .tsv, and draws them as report_figures does. why: one line when they
   could not be drawn (size >= 64), else empty. */
MUST_CHECK StatusCode report_bench(char *why, size_t size, const char *folder,
                                   const BenchCurves *bench, Error *err);

#endif
