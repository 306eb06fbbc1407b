/* compare.c -- what changed between two run stores: parameters, versions, verdicts, numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

/* ---- verdicts ---- */

/* What names a verdict in any store: claim, reading and cell. */
static bool same_place(const View *a, const VerdictRow *x, const View *b, const VerdictRow *y) {
  char cell_a[256], cell_b[256];
  if (strcmp(x->claim, y->claim) != 0 || strcmp(x->reading, y->reading) != 0) return false;
  view_cell(cell_a, sizeof cell_a, a, x->run, VIEW_ALL_AXES);
  view_cell(cell_b, sizeof cell_b, b, y->run, VIEW_ALL_AXES);
  return strcmp(cell_a, cell_b) == 0;
}

static const VerdictRow *find_verdict(const View *in, const View *of, const VerdictRow *row) {
  for (size_t i = 0; i < in->verdict_count; i++)
    if (same_place(of, row, in, &in->verdict[i])) return &in->verdict[i];
  return NULL;
}

static void put_place(FILE *out, const View *view, const VerdictRow *row) {
  char cell[256];
  view_cell(cell, sizeof cell, view, row->run, VIEW_ALL_AXES);
  text_clean(cell);
  fprintf(out, "%s [%s%s%s]", row->claim, row->reading, cell[0] != '\0' ? ", " : "", cell);
}

static bool same_number(double a, double b) {
  return a == b || (isnan(a) && isnan(b));
}

/* "measured 0.5 -> 0.25 (-50 %)"; nothing when they are the same. */
static bool put_number(FILE *out, const char *what, double a, double b) {
  char x[TEXT_NUMBER_SIZE], y[TEXT_NUMBER_SIZE];
  if (same_number(a, b)) return false;
  text_number(x, a);
  text_number(y, b);
  fprintf(out, "  %s %s -> %s", what, x, y);
  if (isfinite(a) && isfinite(b) && a != 0) fprintf(out, " (%+.3g %%)", 100 * (b - a) / fabs(a));
  fputs("\n", out);
  return true;
}

/* True when something differs. */
static bool compare_rows(FILE *out, const View *a, const VerdictRow *x, const VerdictRow *y) {
  const bool verdict = strcmp(x->verdict, y->verdict) != 0 || x->certified != y->certified;
  const bool formula = strcmp(x->formula, y->formula) != 0;
  const bool numbers = !same_number(x->value_double, y->value_double) ||
                       !same_number(x->bound_double, y->bound_double) ||
                       !same_number(x->slack, y->slack);
  if (!verdict && !formula && !numbers) return false;
  put_place(out, a, x);
  if (verdict)
    fprintf(out, ": %s %s -> %s %s\n", x->certified ? "certified" : "computed", x->verdict,
            y->certified ? "certified" : "computed", y->verdict);
  else
    fprintf(out, ": %s in both\n", x->verdict);
  if (formula) {
    fputs("  formula ", out);
    text_wrap_from(out, x->formula, 10, 10, REPORT_WIDTH);
    fputs("       -> ", out);
    text_wrap_from(out, y->formula, 10, 10, REPORT_WIDTH);
  }
  put_number(out, "measured", x->value_double, y->value_double);
  put_number(out, "bound", x->bound_double, y->bound_double);
  put_number(out, "slack", x->slack, y->slack);
  return true;
}

static size_t compare_verdicts(FILE *out, const View *a, const View *b) {
  size_t changes = 0;
  for (size_t i = 0; i < a->verdict_count; i++) {
    const VerdictRow *x = &a->verdict[i], *y = find_verdict(b, a, x);
    if (y != NULL) {
      changes += compare_rows(out, a, x, y);
      continue;
    }
    put_place(out, a, x);
    fprintf(out, ": %s -> not judged\n", x->verdict);
    changes++;
  }
  for (size_t i = 0; i < b->verdict_count; i++) {
    if (find_verdict(a, b, &b->verdict[i]) != NULL) continue;
    put_place(out, b, &b->verdict[i]);
    fprintf(out, ": not judged -> %s\n", b->verdict[i].verdict);
    changes++;
  }
  return changes;
}

/* ---- lemmas, and rates of a sweep ---- */

static const LemmaRow *find_lemma(const View *in, const LemmaRow *row) {
  for (size_t i = 0; i < in->lemma_count; i++)
    if (in->lemma[i].point == row->point && strcmp(in->lemma[i].claim, row->claim) == 0)
      return &in->lemma[i];
  return NULL;
}

static size_t compare_lemmas(FILE *out, const View *a, const View *b) {
  size_t changes = 0;
  for (size_t i = 0; i < a->lemma_count; i++) {
    const LemmaRow *x = &a->lemma[i], *y = find_lemma(b, x);
    if (y != NULL && strcmp(x->verdict, y->verdict) == 0 && same_number(x->ratio, y->ratio))
      continue;
    changes++;
    if (x->point != 0) continue; /* the lemma itself says so */
    fprintf(out, "lemma %s: %s -> %s\n", x->claim, x->verdict, y ? y->verdict : "not judged");
    if (y != NULL) put_number(out, "ratio", x->ratio, y->ratio);
  }
  for (size_t i = 0; i < b->lemma_count; i++) {
    if (find_lemma(a, &b->lemma[i]) != NULL) continue;
    changes++;
    if (b->lemma[i].point == 0)
      fprintf(out, "lemma %s: not judged -> %s\n", b->lemma[i].claim, b->lemma[i].verdict);
  }
  return changes;
}

static const RateRow *find_rate(const RatesView *in, const RateRow *row) {
  for (size_t i = 0; i < in->count; i++)
    if (strcmp(in->row[i].claim, row->claim) == 0 &&
        strcmp(in->row[i].reading, row->reading) == 0 && strcmp(in->row[i].place, row->place) == 0)
      return &in->row[i];
  return NULL;
}

static void put_rate(FILE *out, const RateRow *row, const char *from, const char *to) {
  char line[1024];
  snprintf(line, sizeof line, "%s %s [%s%s%s]: %s -> %s", row->kind, row->claim, row->reading,
           row->place[0] != '\0' ? "; " : "", row->place, from, to);
  text_clean(line); /* a cut may have gone through a character */
  text_wrap(out, line, 0, 4, REPORT_WIDTH);
}

static size_t compare_rates(FILE *out, const RatesView *a, const RatesView *b) {
  size_t changes = 0;
  for (size_t i = 0; i < a->count; i++) {
    const RateRow *x = &a->row[i], *y = find_rate(b, x);
    if (y != NULL && strcmp(x->verdict, y->verdict) == 0 && same_number(x->slope, y->slope) &&
        same_number(x->ratio_low, y->ratio_low) && same_number(x->ratio_high, y->ratio_high))
      continue;
    changes++;
    put_rate(out, x, x->verdict, y != NULL ? y->verdict : "not judged");
    if (y == NULL) continue;
    put_number(out, "slope", x->slope, y->slope);
    put_number(out, "least ratio", x->ratio_low, y->ratio_low);
    put_number(out, "largest ratio", x->ratio_high, y->ratio_high);
  }
  for (size_t i = 0; i < b->count; i++) {
    if (find_rate(a, &b->row[i]) != NULL) continue;
    changes++;
    put_rate(out, &b->row[i], "not judged", b->row[i].verdict);
  }
  return changes;
}

/* Rates are read here: only a sweep has them. */
static StatusCode compare_sweeps(size_t *changes, FILE *out, Store *a, Store *b, Error *err) {
  RatesView rates_a = {.count = 0}, rates_b = {.count = 0};
  StatusCode code = rates_view_load(&rates_a, a, err);
  if (code == STATUS_OK) code = rates_view_load(&rates_b, b, err);
  if (code == STATUS_OK) *changes = compare_rates(out, &rates_a, &rates_b);
  rates_view_clear(&rates_a);
  rates_view_clear(&rates_b);
  return code;
}

/* ---- what was run ---- */

static size_t compare_parameters(FILE *out, const View *a, const View *b) {
  size_t changes = 0;
  if (a->run_count == 0 || b->run_count == 0) return a->run_count != b->run_count;
  const Params *x = &a->run[0].params, *y = &b->run[0].params;
  for (int id = 0; id < PARAM_COUNT; id++) {
    char text_a[64], text_b[64];
    params_format(text_a, sizeof text_a, x, (ParamId)id);
    params_format(text_b, sizeof text_b, y, (ParamId)id);
    if (strcmp(text_a, text_b) == 0) continue;
    fprintf(out, "parameter %s: %s -> %s\n", param_info[id].key, text_a, text_b);
    changes++;
  }
  return changes;
}

typedef struct {
  FILE *out;
  Store *other;
  bool only_missing; /* the second way round */
  size_t changes;
  StatusCode code;
  Error *err;
} Facts;

static bool compare_fact(const char *key, const char *value, void *context) {
  Facts *facts = context;
  char *other = NULL;
  facts->code = store_get_fact(&other, facts->other, key, facts->err);
  if (facts->code != STATUS_OK) return false;
  if (other == NULL || (!facts->only_missing && strcmp(other, value) != 0)) {
    char line[2048];
    snprintf(line, sizeof line, "provenance %s: %s -> %s", key,
             facts->only_missing ? "none" : value,
             other != NULL         ? other
             : facts->only_missing ? value
                                   : "none");
    text_clean(line);
    text_wrap(facts->out, line, 0, 4, REPORT_WIDTH);
    facts->changes++;
  }
  free(other);
  return true;
}

static StatusCode compare_facts(size_t *changes, FILE *out, Store *a, Store *b, Error *err) {
  Facts facts = {.out = out, .other = b, .err = err};
  TRY(store_each_fact(a, compare_fact, &facts, err));
  TRY(facts.code);
  facts.other = a;
  facts.only_missing = true;
  TRY(store_each_fact(b, compare_fact, &facts, err));
  *changes = facts.changes;
  return facts.code;
}

/* ---- both ---- */

static StatusCode compare_views(bool *same, FILE *out, const View *a, const View *b, Store *store_a,
                                Store *store_b, Error *err) {
  size_t facts;
  TRY(compare_facts(&facts, out, store_a, store_b, err));
  const size_t parameters = compare_parameters(out, a, b);
  const size_t verdicts = compare_verdicts(out, a, b);
  const size_t lemmas = compare_lemmas(out, a, b);
  size_t rates;
  TRY(compare_sweeps(&rates, out, store_a, store_b, err));
  fprintf(out, "%zu and %zu verdicts: %zu differ; %zu parameters and %zu provenance facts differ\n",
          a->verdict_count, b->verdict_count, verdicts, parameters, facts);
  if (lemmas + rates > 0)
    fprintf(out, "lemmas, with their points: %zu differ; rates: %zu differ\n", lemmas, rates);
  *same = parameters + verdicts + lemmas + rates == 0;
  return text_flush(out, "the comparison", err);
}

StatusCode report_compare(bool *same, FILE *out, Store *a, Store *b, Error *err) {
  View view_a = {.run_count = 0}, view_b = {.run_count = 0};
  StatusCode code = view_load(&view_a, a, err);
  if (code == STATUS_OK) code = view_load(&view_b, b, err);
  if (code == STATUS_OK) code = compare_views(same, out, &view_a, &view_b, a, b, err);
  view_clear(&view_a);
  view_clear(&view_b);
  return code;
}
