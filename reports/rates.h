/* rates.h -- the rates, probabilities and stage times of a run store as the writers show them. */
#ifndef REPORTS_RATES_H
#define REPORTS_RATES_H

#include <stdbool.h>
#include <stdio.h>

#include "src/fileset.h"
#include "src/store.h"

/* Texts owned and clean. */
typedef struct {
  RateRow *row; /* (count) */
  size_t count;
  RatePointRow *point; /* by rate; (point_count) */
  size_t point_count;
  StageRow *stage; /* by run; (stage_count) */
  size_t stage_count;
} RatesView;

/* *out := all of it; rates_view_clear releases it, also after an error. */
MUST_CHECK StatusCode rates_view_load(RatesView *out, Store *store, Error *err);
void rates_view_clear(RatesView *view); /* a zeroed one is allowed */

/* Writes a line for each, and why; nothing when there are none. No line is longer than width, at
   least REPORT_WIDTH_MIN. */
void rates_table(FILE *out, const RatesView *view, size_t width, bool color);

/* Writes them as a section of the HTML page; nothing when there are none. */
void rates_html(FILE *out, const RatesView *view);

#define FIGURE_RATES "rates"
#define FIGURE_STAGE_TIMES "stage-times"
/* Adds NAME.gp and NAME.tsv. The view has rates with points; or stage times. */
MUST_CHECK StatusCode figure_rates_write(FileSet *set, const RatesView *view, Error *err);
MUST_CHECK StatusCode figure_stage_times_write(FileSet *set, const RatesView *view, Error *err);
/* Are there rates with points to draw? */
bool figure_rates_possible(const RatesView *view);

#endif
