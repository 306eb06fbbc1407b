/* table.c -- the verdicts for a person at a terminal: tables, the matrix of readings, and words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/rates.h"
#include "reports/report.h"
#include "reports/table_sweep.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"

/* Columns of a row; the claim's id takes what is left. Together with a blank between each two, 68:
   an id has 12 columns on a terminal of 80. */
#define TRUST_COLUMNS 8
#define VERDICT_COLUMNS 12
#define CERTAINTY_COLUMNS 9
#define VALUE_COLUMNS 9
#define RATIO_COLUMNS 7
#define FIXED_COLUMNS                                                                              \
  (7 + TRUST_COLUMNS + VERDICT_COLUMNS + CERTAINTY_COLUMNS + 2 * VALUE_COLUMNS + 2 * RATIO_COLUMNS)

/* A column of the matrix: the longest verdict word and a mark, or the longest reading. */
#define CELL_COLUMNS 15
#define LETTER_COLUMNS 4

/* What every part of the table needs. */
typedef struct {
  FILE *out;
  const View *view;
  size_t width, id;
  bool color;
} Table;

static const char *const verdict_color[VIEW_VERDICTS] = {"32", "31", "33", "33", "33"};

static const char *const verdict_meaning[VIEW_VERDICTS] = {
    [VIEW_FAILS] = "the statement is refuted for these parameters under this reading.",
    [VIEW_INCONCLUSIVE] = "the arithmetic or the sample cannot tell; more --precision may.",
    [VIEW_VACUOUS] = "the statement is true, but would be as well if nothing had been learned: it "
                     "proves nothing and is not counted as holding.",
    [VIEW_UNMET] = "a hypothesis of the statement is false for these parameters: it says nothing "
                   "about this run.",
};

/* Writes the text between blanks as wide as asked, in the verdict's colour. */
static void put_verdict(const Table *t, ViewVerdict verdict, const char *text, size_t columns) {
  const bool colored = t->color && verdict < VIEW_VERDICTS;
  if (colored) fprintf(t->out, "\033[%sm", verdict_color[verdict]);
  text_put(t->out, text, columns);
  if (colored) fputs("\033[0m", t->out);
}

static void rule(const Table *t) {
  for (size_t i = 0; i < t->width; i++)
    putc('-', t->out);
  putc('\n', t->out);
}

/* Writes one line of words, wrapped; lines after the first are indented by four. */
static void words(const Table *t, size_t indent, const char *format, ...) PRINTF_LIKE(3, 4);
static void words(const Table *t, size_t indent, const char *format, ...) {
  char text[4096];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  text_clean(text); /* a cut may have gone through a character */
  text_wrap(t->out, text, indent, indent + 2, t->width);
}

/* ---- header ---- */

/* out := "key=value" with six digits, which is for the eye: the store has all of them. */
static void parameter(char *out, size_t size, const Params *params, ParamId id) {
  char exact[64], number[TEXT_NUMBER_SIZE];
  params_format(exact, sizeof exact, params, id);
  const bool real = param_info[id].kind == PARAM_KIND_REAL;
  if (real) text_number_fit(number, strtod(exact, NULL), 6, TEXT_NUMBER_SIZE - 1);
  snprintf(out, size, "%s=%s", param_info[id].key, real ? number : exact);
}

/* out := the parameters in which two runs differ, or all of them for other = NULL; the reading is
   named elsewhere. */
static void parameters(char *out, size_t size, const Params *params, const Params *other) {
  size_t used = 0;
  out[0] = '\0';
  for (int id = 0; id < PARAM_COUNT; id++) {
    char mine[96], theirs[96] = "";
    if (param_info[id].kind == PARAM_KIND_CHOICE) continue;
    parameter(mine, sizeof mine, params, (ParamId)id);
    if (other != NULL) parameter(theirs, sizeof theirs, other, (ParamId)id);
    if (strcmp(mine, theirs) == 0) continue;
    const int length = snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", mine);
    if (length > 0 && (size_t)length < size - used) used += (size_t)length;
  }
}

static void header(const Table *t) {
  const View *view = t->view;
  char list[2048];
  if (view->run_count == 0) {
    words(t, 0, "the run store is empty");
    return;
  }
  const Params *params = &view->run[0].params;
  words(t, 0, "instance %s%s%s", params->instance, params->family[0] != '\0' ? ", family " : "",
        params->family);
  parameters(list, sizeof list, params, NULL);
  words(t, 2, "%s", list);
}

static void engine_text(char *out, size_t size, const RunInfo *run) {
  if (run == NULL)
    snprintf(out, size, "a run that is not in the store");
  else
    snprintf(out, size, "%s, %lld bits", run->engine, (long long)run->precision);
}

/* The reading, the engines, and what the runs agree in. */
static void judged_header(const Table *t, const Judged *judged) {
  const RunInfo *run = view_run(t->view, judged->run);
  const RunInfo *companion = view_run(t->view, judged->companion);
  char engine[64], other[64], list[2048] = "";
  engine_text(engine, sizeof engine, run);
  engine_text(other, sizeof other, companion);
  if (run != NULL) parameters(list, sizeof list, &run->params, &t->view->run[0].params);
  words(t, 0, "reading %s; judged on %s%s%s%s%s", judged->reading, engine,
        judged->companion != 0 ? ", beside " : "", judged->companion != 0 ? other : "",
        list[0] != '\0' ? "; " : "", list);
  if (run != NULL && run->plan[0] != '\0') words(t, 2, "%s", run->plan);
  if (run != NULL && run->ended[0] != '\0') words(t, 2, "ended early: %s", run->ended);
  for (size_t i = 0; i < t->view->agreement_count; i++) {
    const Agreement *a = &t->view->agreement[i];
    if (a->run_a != judged->run && a->run_b != judged->run) continue;
    words(t, 2, "the engines agree in %.1f decimal digits or more (fewest: %s at step %lld)",
          a->digits, a->observable, (long long)a->step);
  }
}

/* ---- rows ---- */

static void put_number(const Table *t, double x, int digits, size_t columns) {
  char number[TEXT_NUMBER_SIZE];
  text_number_fit(number, x, digits, columns);
  putc(' ', t->out);
  text_put_right(t->out, number, columns);
}

static void put_row(const Table *t, const VerdictRow *row) {
  text_put(t->out, row->claim, t->id);
  putc(' ', t->out);
  text_put(t->out, row->trust, TRUST_COLUMNS);
  putc(' ', t->out);
  put_verdict(t, view_verdict(row), row->verdict, VERDICT_COLUMNS);
  putc(' ', t->out);
  text_put(t->out, row->certified ? "certified" : "computed", CERTAINTY_COLUMNS);
  put_number(t, row->value_double, 4, VALUE_COLUMNS);
  put_number(t, row->bound_double, 4, VALUE_COLUMNS);
  put_number(t, row->ratio, 3, RATIO_COLUMNS);
  put_number(t, row->slack, 3, RATIO_COLUMNS);
  putc('\n', t->out);
}

static void put_titles(const Table *t) {
  text_put(t->out, "claim", t->id);
  fprintf(t->out, " %-*s %-*s %-*s %*s %*s %*s %*s\n", TRUST_COLUMNS, "trust", VERDICT_COLUMNS,
          "verdict", CERTAINTY_COLUMNS, "certainty", VALUE_COLUMNS, "value", VALUE_COLUMNS, "bound",
          RATIO_COLUMNS, "ratio", RATIO_COLUMNS, "slack");
}

/* ---- reasons ---- */

/* Why a verdict is not HOLDS, or not the recorded one. */
static void put_reason(const Table *t, const VerdictRow *row) {
  words(t, 0, "%s [%s] %s: %s", row->claim, row->reading, row->verdict, row->title);
  if (row->reason[0] != '\0') words(t, 2, "%s", row->reason);
  if (row->expected != NULL)
    words(t, 2, "%s%s%s%s", view_differs(row) ? "NOT AS RECORDED, which is " : "as recorded",
          view_differs(row) ? row->expected : "", row->expected_reason != NULL ? ": " : "",
          row->expected_reason != NULL ? row->expected_reason : "");
  if (view_verdict(row) == VIEW_FAILS && strcmp(row->trust, "recalled") == 0)
    words(t, 2,
          "recalled: this says something about the statement as recorded here, not about the "
          "paper");
}

static bool needs_reason(const VerdictRow *row) {
  return view_verdict(row) != VIEW_HOLDS || view_differs(row);
}

/* Is this the first verdict on its claim? */
static bool first_of_claim(const View *view, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (strcmp(view->verdict[k].claim, view->verdict[i].claim) == 0) return false;
  return true;
}

/* Claim by claim, whatever the reading. */
static void reasons(const Table *t) {
  const View *view = t->view;
  bool any = false;
  for (size_t i = 0; i < view->verdict_count; i++) {
    if (!first_of_claim(view, i)) continue;
    for (size_t k = i; k < view->verdict_count; k++) {
      const VerdictRow *row = &view->verdict[k];
      if (strcmp(row->claim, view->verdict[i].claim) != 0 || !needs_reason(row)) continue;
      if (!any) fputs("what does not simply hold:\n", t->out);
      any = true;
      put_reason(t, row);
    }
  }
  if (any) putc('\n', t->out);
}

/* Claim by claim: what a HOLDS does not show. It is a property of the claim, the same in every
 * reading. */
static void blind_spots(const Table *t) {
  const View *view = t->view;
  bool any = false;
  for (size_t i = 0; i < view->verdict_count; i++) {
    size_t k = i;
    if (!first_of_claim(view, i)) continue;
    while (k < view->verdict_count &&
           (strcmp(view->verdict[k].claim, view->verdict[i].claim) != 0 ||
            view->verdict[k].blind == NULL))
      k++;
    if (k == view->verdict_count) continue;
    if (!any)
      fputs("what holds, but would as well with this changed (claims show ID says why):\n", t->out);
    any = true;
    words(t, 0, "%s: %s", view->verdict[k].claim, view->verdict[k].blind);
  }
  if (any) putc('\n', t->out);
}

/* ---- matrix ---- */

/* The verdict on a claim in one column, or NULL. */
static const VerdictRow *cell(const View *view, const char *claim, int64_t run) {
  for (size_t i = 0; i < view->verdict_count; i++)
    if (view->verdict[i].run == run && strcmp(view->verdict[i].claim, claim) == 0)
      return &view->verdict[i];
  return NULL;
}

/* The columns of a cell; the last one of a line is not padded. */
static size_t cell_columns(const char *text, bool letters, bool last) {
  const size_t all = letters ? LETTER_COLUMNS : CELL_COLUMNS, needed = text_columns(text);
  return last && needed < all ? needed : all;
}

static void put_cell(const Table *t, const VerdictRow *row, bool letters, bool last) {
  char text[64] = "-";
  putc(' ', t->out);
  if (row != NULL)
    snprintf(text, sizeof text, letters ? "%.1s%s" : "%.40s%s", row->verdict,
             view_differs(row) ? (letters ? "!" : " !") : "");
  put_verdict(t, row != NULL ? view_verdict(row) : VIEW_OTHER, text,
              cell_columns(text, letters, last));
}

static void matrix_legend(const Table *t, bool letters) {
  for (size_t j = 0; letters && j < t->view->judged_count; j++)
    words(t, 2, "[%zu] %s, run %lld", j + 1, t->view->judged[j].reading,
          (long long)t->view->judged[j].run);
  if (letters) words(t, 2, "H holds, F fails, I inconclusive, V vacuous, U unmet");
  words(t, 2, "-: not judged; !: not the recorded verdict");
}

static void matrix(const Table *t) {
  const View *view = t->view;
  const size_t columns = view->judged_count;
  const bool letters = 12 + columns * (CELL_COLUMNS + 1) > t->width;
  const size_t cells = columns * (size_t)((letters ? LETTER_COLUMNS : CELL_COLUMNS) + 1);
  const size_t id = t->width > cells + 8 ? t->width - cells : 8;
  fputs("claims by reading:\n", t->out);
  text_put(t->out, "claim", id);
  for (size_t j = 0; j < columns; j++) {
    char number[32];
    snprintf(number, sizeof number, "[%zu]", j + 1);
    putc(' ', t->out);
    const char *heading = letters ? number : view->judged[j].reading;
    text_put(t->out, heading, cell_columns(heading, letters, j + 1 == columns));
  }
  putc('\n', t->out);
  rule(t);
  for (size_t i = 0; i < view->verdict_count; i++) {
    if (!first_of_claim(view, i)) continue;
    text_put(t->out, view->verdict[i].claim, id);
    for (size_t j = 0; j < columns; j++)
      put_cell(t, cell(view, view->verdict[i].claim, view->judged[j].run), letters,
               j + 1 == columns);
    putc('\n', t->out);
  }
  matrix_legend(t, letters);
  putc('\n', t->out);
}

/* ---- lemmas ---- */

#define METHOD_COLUMNS 11 /* Monte Carlo */
#define POINTS_COLUMNS 6

/* How many points follow the row of a lemma. */
static size_t points_of(const View *view, size_t row) {
  size_t count = 0;
  while (row + count + 1 < view->lemma_count && view->lemma[row + count + 1].point > 0)
    count++;
  return count;
}

static void put_lemma(const Table *t, const LemmaRow *row, size_t points) {
  char count[32];
  const size_t fixed = t->id + VERDICT_COLUMNS + METHOD_COLUMNS + POINTS_COLUMNS + RATIO_COLUMNS;
  snprintf(count, sizeof count, "%zu", points);
  text_put(t->out, row->claim, t->id);
  putc(' ', t->out);
  put_verdict(t, view_word(row->verdict), row->verdict, VERDICT_COLUMNS);
  putc(' ', t->out);
  text_put(t->out, row->certified ? "certified" : "Monte Carlo", METHOD_COLUMNS);
  putc(' ', t->out);
  text_put_right(t->out, count, POINTS_COLUMNS);
  put_number(t, row->ratio, 3, RATIO_COLUMNS);
  putc(' ', t->out);
  const size_t left = t->width - fixed - 5, needed = text_columns(row->title);
  text_put(t->out, row->title, needed < left ? needed : left);
  putc('\n', t->out);
}

static void lemmas(const Table *t) {
  const View *view = t->view;
  if (view->lemma_count == 0) return;
  words(t, 0, "lemmas, judged without a run; ratio: probability / bound where it is largest");
  text_put(t->out, "lemma", t->id);
  fprintf(t->out, " %-*s %-*s %*s %*s title\n", VERDICT_COLUMNS, "verdict", METHOD_COLUMNS, "how",
          POINTS_COLUMNS, "points", RATIO_COLUMNS, "ratio");
  rule(t);
  for (size_t i = 0; i < view->lemma_count; i++)
    if (view->lemma[i].point == 0) put_lemma(t, &view->lemma[i], points_of(view, i));
  for (size_t i = 0; i < view->lemma_count; i++)
    if (view->lemma[i].point == 0 && view_word(view->lemma[i].verdict) != VIEW_HOLDS)
      words(t, 0, "%s %s: %s", view->lemma[i].claim, view->lemma[i].verdict, view->lemma[i].reason);
  putc('\n', t->out);
}

/* ---- footer ---- */

static void footer(const Table *t) {
  const View *view = t->view;
  size_t count[VIEW_OTHER + 1] = {0}, recorded = 0, differing = 0, computed = 0;
  for (size_t i = 0; i < view->verdict_count; i++) {
    count[view_verdict(&view->verdict[i])]++;
    recorded += view->verdict[i].expected != NULL;
    differing += view_differs(&view->verdict[i]);
    computed += !view->verdict[i].certified;
  }
  char text[256];
  size_t used = (size_t)snprintf(text, sizeof text, "%zu verdicts:", view->verdict_count);
  for (int v = 0; v < VIEW_VERDICTS; v++)
    used += (size_t)snprintf(text + used, sizeof text - used, " %zu %s%s", count[v],
                             view_verdict_word[v], v + 1 < VIEW_VERDICTS ? "," : "");
  words(t, 0, "%s", text);
  words(t, 0, "ledger: %zu recorded, %zu differ from the record, %zu have none", recorded,
        differing, view->verdict_count - recorded);
  for (int v = 0; v < VIEW_VERDICTS; v++)
    if (count[v] > 0 && verdict_meaning[v] != NULL)
      words(t, 2, "%s: %s", view_verdict_word[v], verdict_meaning[v]);
  if (computed > 0)
    words(t, 2,
          "computed: by rounded arithmetic; what two engines disagree in counts as "
          "uncertainty.");
  if (computed < view->verdict_count) words(t, 2, "certified: by rigorous enclosures.");
  if (view->verdict_count > 0)
    words(t, 2,
          "ratio: value / bound. slack: by which factor the bound could be tightened before "
          "the verdict changes; below 1 by which it is missed.");
}

StatusCode report_table(FILE *out, Store *store, const ReportTableOptions *options, Error *err) {
  const ReportTableOptions defaults = {.readings_matrix = true};
  if (options == NULL) options = &defaults;
  const int width = options->width == 0                 ? REPORT_WIDTH
                    : options->width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN
                                                        : options->width;
  View view;
  WhatIfView what_ifs = {.count = 0};
  RatesView rates = {.count = 0};
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) code = what_if_view_load(&what_ifs, store, err);
  if (code == STATUS_OK) code = rates_view_load(&rates, store, err);
  const Table t = {.out = out,
                   .view = &view,
                   .width = (size_t)width,
                   .id = (size_t)width - FIXED_COLUMNS,
                   .color = options->color};
  if (code == STATUS_OK && view_is_sweep(&view)) {
    table_sweep(out, &view, (size_t)width, options->color);
    rates_table(out, &rates, (size_t)width, options->color);
    code = text_flush(out, "the table", err);
  } else if (code == STATUS_OK) {
    header(&t);
    putc('\n', out);
    for (size_t j = 0; j < view.judged_count; j++) {
      judged_header(&t, &view.judged[j]);
      put_titles(&t);
      rule(&t);
      for (size_t i = 0; i < view.verdict_count; i++)
        if (view.verdict[i].run == view.judged[j].run) put_row(&t, &view.verdict[i]);
      putc('\n', out);
    }
    if (options->readings_matrix && view.judged_count > 1) matrix(&t);
    what_if_table(out, &what_ifs, t.width, t.color);
    lemmas(&t);
    reasons(&t);
    blind_spots(&t);
    footer(&t);
    code = text_flush(out, "the table", err);
  }
  what_if_view_clear(&what_ifs);
  rates_view_clear(&rates);
  view_clear(&view);
  return code;
}
