/* table_sweep.h -- the verdicts of a sweep for a person at a terminal. */
#ifndef REPORTS_TABLE_SWEEP_H
#define REPORTS_TABLE_SWEEP_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/view.h"

/* Writes, for each reading, a row per claim: how many cells have each verdict, the least slack, and
   the cells one by one as letters where they fit; then the cells that failed. */
void table_sweep(FILE *out, const View *view, size_t width, bool color);

#endif
