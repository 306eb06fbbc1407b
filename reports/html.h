/* html.h -- what the parts of the HTML page share. Texts are clean (text.h); whatever they hold,
 * they stay texts (markup.h). */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/rates.h"
#include "reports/report.h"
#include "reports/view.h"
#include "reports/what_if.h"

typedef struct {
  FILE *out;
  const View *view;
  const WhatIfView *what_ifs;
  const RatesView *rates;
  const ReportFolder *folder;
  char *command; /* of the run, from the provenance; NULL when unknown */
} HtmlPage;

/* A table that the script makes sortable; it scrolls by itself where the page is narrow. `about`
   ends its name, which no other table has; "" for none. heading ends with NULL. */
void html_open_table(FILE *out, const char *caption, const char *about, const char *const *heading);
void html_close_table(FILE *out);

/* Cells of a table. */
void html_text_cell(FILE *out, const char *text);
void html_number_cell(FILE *out, double x);
void html_interval_cell(FILE *out, double low, double high);
void html_count_cell(FILE *out, size_t count);

/* The word of a verdict, with a colour that says nothing that the word does not. */
void html_verdict(FILE *out, const char *verdict);

/* A formula, set where it can be, and as it is written. `name`: whose it is. */
MUST_CHECK StatusCode html_formula(FILE *out, const char *name, const char *formula, Error *err);

/* The parts of the page. */
void html_headline(const HtmlPage *page);
MUST_CHECK StatusCode html_matrix(const HtmlPage *page, Error *err);
MUST_CHECK StatusCode html_cards(const HtmlPage *page, Error *err);
void html_sweep_headline(const HtmlPage *page);
MUST_CHECK StatusCode html_sweep_matrix(const HtmlPage *page, Error *err);

#endif
