/* rates.c -- rates, probabilities and stage times for a person: a line for each, and why. */
#include "reports/rates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"
#include "reports/view.h"

/* ---- reading ---- */

#define RATE_TEXTS 14
static const char **rate_text(RateRow *row, size_t i) {
  const char **const text[RATE_TEXTS] = {
      &row->claim,   &row->kind,    &row->title,    &row->statement,      &row->trust,
      &row->source,  &row->formula, &row->along,    &row->place,          &row->reading,
      &row->verdict, &row->reason,  &row->expected, &row->expected_reason};
  return text[i];
}

/* The last two texts of a rate may be missing. */
static bool copy_text(const char **text) {
  if (*text == NULL) return true;
  char *copy = strdup(*text);
  if (copy != NULL) text_clean(copy);
  *text = copy; /* what is not copied belongs to the store */
  return copy != NULL;
}

typedef struct {
  RatesView *view;
  size_t room;
  bool failed;
} Filling;

/* list, or a longer one when it is full; NULL when memory is out, the list as before. */
static void *make_room(Filling *f, void *list, size_t count, size_t size) {
  if (count < f->room) return list;
  void *grown = realloc(list, (2 * f->room + 16) * size);
  f->failed = grown == NULL;
  if (grown != NULL) f->room = 2 * f->room + 16;
  return grown;
}

static bool add_rate(const RateRow *row, void *context) {
  Filling *f = context;
  RateRow *grown = make_room(f, f->view->row, f->view->count, sizeof *grown);
  if (grown == NULL) return false;
  f->view->row = grown;
  RateRow *copy = &grown[f->view->count++];
  *copy = *row;
  for (size_t i = 0; i < RATE_TEXTS; i++)
    f->failed = !copy_text(rate_text(copy, i)) || f->failed;
  return !f->failed;
}

static bool add_point(const RatePointRow *row, void *context) {
  Filling *f = context;
  RatePointRow *grown = make_room(f, f->view->point, f->view->point_count, sizeof *grown);
  if (grown == NULL) return false;
  f->view->point = grown;
  RatePointRow *copy = &grown[f->view->point_count++];
  *copy = *row;
  f->failed = !copy_text(&copy->kind);
  f->failed = !copy_text(&copy->name) || f->failed;
  return !f->failed;
}

static bool add_stage(const StageRow *row, void *context) {
  Filling *f = context;
  StageRow *grown = make_room(f, f->view->stage, f->view->stage_count, sizeof *grown);
  if (grown == NULL) return false;
  f->view->stage = grown;
  grown[f->view->stage_count++] = *row;
  return true;
}

StatusCode rates_view_load(RatesView *out, Store *store, Error *err) {
  *out = (RatesView){.count = 0};
  Filling rates = {.view = out}, points = {.view = out}, stages = {.view = out};
  TRY(store_each_rate(store, add_rate, &rates, err));
  TRY(store_each_rate_point(store, add_point, &points, err));
  TRY(store_each_stage(store, add_stage, &stages, err));
  return rates.failed || points.failed || stages.failed ? error_memory(err, "rates of a report")
                                                        : STATUS_OK;
}

void rates_view_clear(RatesView *view) {
  for (size_t k = 0; k < view->count; k++)
    for (size_t i = 0; i < RATE_TEXTS; i++)
      free((char *)*rate_text(&view->row[k], i));
  for (size_t k = 0; k < view->point_count; k++) {
    free((char *)view->point[k].kind);
    free((char *)view->point[k].name);
  }
  free(view->row);
  free(view->point);
  free(view->stage);
  *view = (RatesView){.count = 0};
}

/* ---- the table ---- */

#define ID_COLUMNS 17
#define VERDICT_COLUMNS 12
#define NUMBER_COLUMNS 7
#define INTERVAL_COLUMNS 16

static const char *const verdict_color[VIEW_VERDICTS] = {"32", "31", "33", "33", "33"};

static void put_verdict(FILE *out, const RateRow *row, bool color) {
  const ViewVerdict verdict = view_word(row->verdict);
  const bool colored = color && verdict < VIEW_VERDICTS;
  if (colored) fprintf(out, "\033[%sm", verdict_color[verdict]);
  text_put(out, row->verdict, VERDICT_COLUMNS);
  if (colored) fputs("\033[0m", out);
}

static void put_number(FILE *out, double x, int digits) {
  char number[TEXT_NUMBER_SIZE];
  text_number_fit(number, x, digits, NUMBER_COLUMNS);
  putc(' ', out);
  text_put_right(out, number, NUMBER_COLUMNS);
}

static void put_interval(FILE *out, double lower, double upper) {
  char from[TEXT_NUMBER_SIZE], to[TEXT_NUMBER_SIZE], text[2 * TEXT_NUMBER_SIZE + 8] = "-";
  text_number_fit(from, lower, 3, NUMBER_COLUMNS);
  text_number_fit(to, upper, 3, NUMBER_COLUMNS);
  if (!isnan(lower)) snprintf(text, sizeof text, "%s..%s", from, to);
  putc(' ', out);
  text_put_right(out, text, INTERVAL_COLUMNS);
}

static void put_row(FILE *out, const RateRow *row, bool color) {
  const bool fails = view_word(row->verdict) == VIEW_FAILS;
  text_put(out, row->claim, ID_COLUMNS);
  putc(' ', out);
  put_verdict(out, row, color);
  put_interval(out, row->ratio_low, row->ratio_high);
  put_number(out, row->slope, 3);
  put_number(out, row->margin, 3);
  put_number(out, fails ? row->adjusted_fails : row->adjusted_holds, 2);
  putc('\n', out);
}

static void put_reason(FILE *out, const RateRow *row, size_t width) {
  char text[2048];
  snprintf(text, sizeof text, "%s [%s%s%s] %s: %s", row->claim, row->reading,
           row->place[0] ? "; " : "", row->place, row->verdict, row->title);
  text_clean(text); /* a cut may have gone through a character */
  text_wrap(out, text, 0, 4, width);
  text_wrap(out, row->formula, 2, 4, width);
  text_wrap(out, row->reason, 2, 4, width);
  if (row->expected == NULL) return;
  const bool differs = strcmp(row->expected, row->verdict) != 0;
  snprintf(text, sizeof text, "%s%s%s%s", differs ? "NOT AS RECORDED, which is " : "as recorded",
           differs ? row->expected : "", row->expected_reason != NULL ? ": " : "",
           row->expected_reason != NULL ? row->expected_reason : "");
  text_clean(text);
  text_wrap(out, text, 2, 4, width);
}

void rates_table(FILE *out, const RatesView *view, size_t width, bool color) {
  if (view->count == 0) return;
  text_wrap(out, "rates and probabilities, judged on the sweep as a whole", 0, 2, width);
  text_put(out, "rate", ID_COLUMNS);
  fprintf(out, " %-*s %*s %*s %*s %*s\n", VERDICT_COLUMNS, "verdict", INTERVAL_COLUMNS, "ratio",
          NUMBER_COLUMNS, "slope", NUMBER_COLUMNS, "margin", NUMBER_COLUMNS, "p");
  for (size_t i = 0; i < width; i++)
    putc('-', out);
  putc('\n', out);
  for (size_t k = 0; k < view->count; k++)
    put_row(out, &view->row[k], color);
  text_wrap(out,
            "ratio: observable/rate of all runs. slope: of its logarithm over that of the "
            "parameter. p: Holm's adjusted p-value for all rates together, to be held against "
            "0.03, of not holding (FAILS: of holding). Probabilities: ratio is the limits, margin "
            "what is claimed at least. All of it speaks of the range that was run.",
            2, 2, width);
  putc('\n', out);
  for (size_t k = 0; k < view->count; k++)
    put_reason(out, &view->row[k], width);
  putc('\n', out);
}
