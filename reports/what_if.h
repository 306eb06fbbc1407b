/* what_if.h -- the what-ifs of a run store as the writers show them. */
#ifndef REPORTS_WHAT_IF_H
#define REPORTS_WHAT_IF_H

#include <stdbool.h>
#include <stdio.h>

#include "src/store.h"

/* Texts owned and clean. */
typedef struct {
  WhatIfRow *row; /* the base first; (count) */
  size_t count;
  WhatIfVerdictRow *verdict; /* by what-if, in the order of judging; (verdict_count) */
  size_t verdict_count;
} WhatIfView;

/* *out := all of it; what_if_view_clear releases it, also after an error. */
MUST_CHECK StatusCode what_if_view_load(WhatIfView *out, Store *store, Error *err);
void what_if_view_clear(WhatIfView *view); /* a zeroed one is allowed */

/* Has the what-if another verdict on a claim than the base? */
bool what_if_changed(const WhatIfVerdictRow *row);

/* Writes headline numbers, claims x what-ifs, and what each of them is; nothing when there are
   none. No line is longer than width, at least REPORT_WIDTH_MIN. */
void what_if_table(FILE *out, const WhatIfView *view, size_t width, bool color);

/* The same as a part of an HTML page. */
MUST_CHECK StatusCode what_if_html(FILE *out, const WhatIfView *view, Error *err);

/* Writes one TAP comment a what-if: they are no tests, since nothing is expected of them. */
void what_if_comments(FILE *out, const WhatIfView *view);

#endif
