/* table_sweep.c -- the verdicts of a sweep: claims by cells, in counts and in letters. */
#include "reports/table_sweep.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "reports/text.h"
#include "src/params.h"

#define TRUST_COLUMNS 8
#define COUNT_COLUMNS 5
#define SLACK_COLUMNS 8
/* What stands left of the letters; the claim's id has 12. */
#define ID_COLUMNS 12
#define LEFT_COLUMNS                                                                               \
  (ID_COLUMNS + 1 + TRUST_COLUMNS + VIEW_VERDICTS * COUNT_COLUMNS + 1 + SLACK_COLUMNS)

typedef struct {
  FILE *out;
  const View *view;
  size_t width;
  bool color, letters; /* letters: the cells fit into a line */
} Table;

static void words(const Table *t, size_t indent, const char *format, ...) PRINTF_LIKE(3, 4);
static void words(const Table *t, size_t indent, const char *format, ...) {
  char text[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  text_clean(text); /* a cut may have gone through a character */
  text_wrap(t->out, text, indent, indent + 2, t->width);
}

static bool has_reading(const RunInfo *run, Reading reading) {
  return run->params.reading.gate == reading.gate && run->params.reading.loss == reading.loss;
}

/* Are all axes but the last the same in two runs? Then they stand in one group. */
static bool same_group(const View *view, int64_t a, int64_t b) {
  size_t count, other;
  const ViewAxis *x = view_axes(&count, view, a), *y = view_axes(&other, view, b);
  if (count != other) return false;
  for (size_t k = 0; k + 1 < count; k++)
    if (strcmp(x[k].text, y[k].text) != 0) return false;
  return true;
}

/* The run before this one under the same reading, or NULL. */
static const RunInfo *run_before(const View *view, size_t i, Reading reading) {
  while (i-- > 0)
    if (has_reading(&view->run[i], reading)) return &view->run[i];
  return NULL;
}

/* Does a new group of letters begin with run i? */
static bool begins_group(const View *view, size_t i, Reading reading) {
  const RunInfo *before = run_before(view, i, reading);
  return before != NULL && !same_group(view, before->id, view->run[i].id);
}

static size_t letter_columns(const View *view, Reading reading) {
  size_t columns = 0;
  for (size_t i = 0; i < view->run_count; i++)
    if (has_reading(&view->run[i], reading)) columns += 1 + begins_group(view, i, reading);
  return columns;
}

/* ---- header ---- */

/* "d = 8, 12, 16": the values of axis number a, in the order of their first run. */
static void axis_line(const Table *t, size_t a) {
  const View *view = t->view;
  char text[1024];
  size_t used = 0, count;
  for (size_t i = 0; i < view->run_count; i++) {
    const ViewAxis *axis = view_axes(&count, view, view->run[i].id);
    bool known = a >= count;
    for (size_t k = 0; k < i && !known; k++) {
      size_t other;
      const ViewAxis *earlier = view_axes(&other, view, view->run[k].id);
      known = a < other && strcmp(earlier[a].text, axis[a].text) == 0;
    }
    if (known || used >= sizeof text) continue;
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s",
                             used == 0 ? axis[a].key : "", used == 0 ? " = " : ", ", axis[a].text);
  }
  if (used > 0) words(t, 2, "%s", text);
}

static void header(const Table *t) {
  const View *view = t->view;
  size_t axes = 0;
  if (view->run_count > 0) {
    const RunInfo *run = &view->run[0];
    words(t, 0, "instance %s%s%s; %s, %lld bits; %zu runs", run->params.instance,
          run->params.family[0] != '\0' ? ", family " : "", run->params.family, run->engine,
          (long long)run->precision, view->run_count);
    view_axes(&axes, view, run->id);
  }
  for (size_t a = 0; a < axes; a++)
    axis_line(t, a);
  putc('\n', t->out);
}

/* ---- one reading ---- */

static void put_letter(const Table *t, const VerdictRow *row) {
  static const char *const color[VIEW_VERDICTS] = {"32", "31", "33", "33", "33"};
  const ViewVerdict verdict = row != NULL ? view_verdict(row) : VIEW_OTHER;
  const bool colored = t->color && verdict < VIEW_VERDICTS;
  if (colored) fprintf(t->out, "\033[%sm", color[verdict]);
  putc(verdict < VIEW_VERDICTS ? view_verdict_word[verdict][0] : '-', t->out);
  if (colored) fputs("\033[0m", t->out);
}

static void put_counts(const Table *t, const size_t *count, double slack) {
  char number[TEXT_NUMBER_SIZE];
  for (int v = 0; v < VIEW_VERDICTS; v++) {
    snprintf(number, sizeof number, "%zu", count[v]);
    text_put_right(t->out, count[v] > 0 ? number : ".", COUNT_COLUMNS);
  }
  text_number_fit(number, slack, 3, SLACK_COLUMNS);
  putc(' ', t->out);
  text_put_right(t->out, number, SLACK_COLUMNS);
}

static void put_claim(const Table *t, const VerdictRow *first, Reading reading) {
  const View *view = t->view;
  size_t count[VIEW_VERDICTS + 1];
  const double slack = view_count(count, view, first->claim, first->reading);
  text_put(t->out, first->claim, ID_COLUMNS);
  putc(' ', t->out);
  text_put(t->out, first->trust, TRUST_COLUMNS);
  put_counts(t, count, slack);
  if (t->letters) fputs("  ", t->out);
  for (size_t i = 0; i < view->run_count && t->letters; i++) {
    if (!has_reading(&view->run[i], reading)) continue;
    if (begins_group(view, i, reading)) putc(' ', t->out);
    put_letter(t, view_find(view, first->claim, view->run[i].id));
  }
  putc('\n', t->out);
}

static void put_reading(Table *t, Reading reading) {
  const View *view = t->view;
  const char *name = reading_name(reading);
  t->letters = LEFT_COLUMNS + 2 + letter_columns(view, reading) <= t->width;
  words(t, 0, "reading %s", name);
  fprintf(t->out, "%-*s %-*s", ID_COLUMNS, "claim", TRUST_COLUMNS, "trust");
  for (int v = 0; v < VIEW_VERDICTS; v++)
    fprintf(t->out, "%*c", COUNT_COLUMNS, view_verdict_word[v][0]);
  fprintf(t->out, " %*s%s\n", SLACK_COLUMNS, "slack >=", t->letters ? "  cells" : "");
  for (size_t i = 0; i < t->width; i++)
    putc('-', t->out);
  putc('\n', t->out);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (strcmp(row->reading, name) == 0 && view_is_first_of_reading(view, i))
      put_claim(t, row, reading);
  }
  putc('\n', t->out);
}

/* ---- words ---- */

static void footer(const Table *t) {
  const View *view = t->view;
  size_t axes = 0;
  if (view->run_count > 0) view_axes(&axes, view, view->run[0].id);
  words(t, 0,
        "H holds, F fails, I inconclusive, V vacuous, U unmet: how many cells, each judged by "
        "itself. slack >=: the least of them; below 1, by which factor a bound is missed.");
  if (axes > 1)
    words(t, 0,
          "cells: in the order of the axes above, the last one fastest, a blank where another "
          "changes");
  words(t, 0, "Value, bound and reason of each cell stand in results.json.");
  if (view->failure_count > 0) fputs("\ncells that failed, and are not in this table:\n", t->out);
  for (size_t i = 0; i < view->failure_count; i++)
    words(t, 2, "%s: %s", view->failure[i].cell, view->failure[i].why);
}

void table_sweep(FILE *out, const View *view, size_t width, bool color) {
  Table t = {.out = out, .view = view, .width = width, .color = color};
  header(&t);
  for (size_t r = 0; r < sizeof readings_all / sizeof *readings_all; r++)
    if (letter_columns(view, readings_all[r]) > 0) put_reading(&t, readings_all[r]);
  footer(&t);
}
