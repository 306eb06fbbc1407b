/* tap.c -- the verdicts as tests, TAP version 13, judged against the recorded ones where there are
 * any (view.h, view_outcome): "ok" when passed, "ok # SKIP" when skipped, "not ok # TODO" when it
 * is a known failure, else "not ok".
 *
 * Then come the lemmas, one test each; they are theorems, so none but HOLDS is ok. Last come the
 * cells of a sweep that could not be trained, as tests that failed.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"

/* Writes text as part of a test line, where # begins a directive. */
static void put_escaped(FILE *out, const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '#' || *text == '\\') putc('\\', out);
    putc(*text, out);
  }
}

/* A clean text as a JSON string, which is a YAML string too. */
static StatusCode put_field(FILE *out, const char *key, const char *text, Error *err) {
  if (text == NULL || *text == '\0') return STATUS_OK;
  json_t *string = json_string(text);
  char *quoted = string != NULL ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
  json_decref(string);
  if (quoted == NULL) return error_memory(err, "TAP");
  fprintf(out, "  %s: %s\n", key, quoted);
  free(quoted);
  return STATUS_OK;
}

static void put_number(FILE *out, const char *key, double x) {
  char number[TEXT_NUMBER_SIZE];
  text_number(number, x);
  fprintf(out, "  %s: %s\n", key,
          isnan(x)   ? "null"
          : isinf(x) ? (x > 0 ? ".inf" : "-.inf")
                     : number);
}

static StatusCode put_diagnostics(FILE *out, const View *view, const VerdictRow *row, Error *err) {
  const RunInfo *run = view_run(view, row->run);
  fputs("  ---\n", out);
  TRY(put_field(out, "verdict", row->verdict, err));
  TRY(put_field(out, "recorded", row->expected, err));
  TRY(put_field(out, "trust", row->trust, err));
  TRY(put_field(out, "formula", row->formula, err));
  put_number(out, "value", row->value_double);
  put_number(out, "bound", row->bound_double);
  put_number(out, "ratio", row->ratio);
  put_number(out, "slack", row->slack);
  fprintf(out, "  certified: %s\n", row->certified ? "true" : "false");
  if (run != NULL) {
    TRY(put_field(out, "engine", run->engine, err));
    fprintf(out, "  precision: %lld\n", (long long)run->precision);
  }
  TRY(put_field(out, "reason", row->reason, err));
  fputs("  ...\n", out);
  return STATUS_OK;
}

/* The directive of an outcome; NULL for none. */
static const char *directive(const VerdictRow *row) {
  const ViewVerdict verdict = view_verdict(row);
  switch (view_outcome(row)) {
  case VIEW_SKIPPED:
    return verdict == VIEW_VACUOUS ? "# SKIP vacuous" : "# SKIP hypothesis unmet";
  case VIEW_KNOWN:
    return verdict == VIEW_FAILS ? "# TODO recorded as FAILS" : "# TODO recorded as INCONCLUSIVE";
  default:
    return NULL;
  }
}

static void put_test(FILE *out, size_t number, const View *view, const VerdictRow *row) {
  char cell[256];
  const bool differs = view_differs(row);
  const char *mark = directive(row);
  const ViewOutcome outcome = view_outcome(row);
  const bool ok = outcome == VIEW_PASSED || outcome == VIEW_SKIPPED;
  fprintf(out, "%sok %zu - ", ok ? "" : "not ", number);
  put_escaped(out, row->reading);
  putc(' ', out);
  view_cell(cell, sizeof cell, view, row->run, VIEW_ALL_AXES);
  if (cell[0] != '\0') {
    text_clean(cell); /* a cut may have gone through a character */
    put_escaped(out, cell);
    putc(' ', out);
  }
  put_escaped(out, row->claim);
  fputs(": ", out);
  put_escaped(out, row->title);
  if (differs) {
    fputs(" (recorded as ", out);
    put_escaped(out, row->expected);
    fputs(", but ", out);
    put_escaped(out, row->verdict);
    putc(')', out);
  }
  if (mark != NULL) {
    const char *why = row->expected_reason != NULL ? row->expected_reason : row->reason;
    fprintf(out, " %s%s", mark, *why != '\0' ? ": " : "");
    put_escaped(out, why);
  }
  putc('\n', out);
}

static StatusCode put_lemma(FILE *out, size_t number, const LemmaRow *row, Error *err) {
  fprintf(out, "%sok %zu - lemma ", view_word(row->verdict) == VIEW_HOLDS ? "" : "not ", number);
  put_escaped(out, row->claim);
  fputs(": ", out);
  put_escaped(out, row->title);
  fputs("\n  ---\n", out);
  TRY(put_field(out, "verdict", row->verdict, err));
  TRY(put_field(out, "trust", row->trust, err));
  TRY(put_field(out, "formula", row->formula, err));
  put_number(out, "ratio", row->ratio);
  fprintf(out, "  certified: %s\n", row->certified ? "true" : "false");
  TRY(put_field(out, "reason", row->reason, err));
  fputs("  ...\n", out);
  return STATUS_OK;
}

/* A cell of a sweep that is not there. */
static void put_failure(FILE *out, size_t number, const ViewFailure *failure) {
  fprintf(out, "not ok %zu - cell ", number);
  put_escaped(out, failure->cell);
  fputs(" failed: ", out);
  put_escaped(out, failure->why);
  putc('\n', out);
}

/* As a verdict on a claim: by the ledger where it has a record. */
static StatusCode put_rate(FILE *out, size_t number, const RateRow *row, Error *err) {
  const VerdictRow verdict = {.verdict = row->verdict, .expected = row->expected};
  const ViewOutcome outcome = view_outcome(&verdict);
  fprintf(out, "%sok %zu - ", outcome == VIEW_PASSED || outcome == VIEW_SKIPPED ? "" : "not ",
          number);
  put_escaped(out, row->reading);
  fprintf(out, " %s ", row->kind);
  put_escaped(out, row->claim);
  fputs(": ", out);
  put_escaped(out, row->title);
  if (outcome == VIEW_SKIPPED) fputs(" # SKIP vacuous or unmet", out);
  if (outcome == VIEW_KNOWN) fputs(" # TODO as recorded", out);
  fputs("\n  ---\n", out);
  TRY(put_field(out, "verdict", row->verdict, err));
  TRY(put_field(out, "trust", row->trust, err));
  TRY(put_field(out, "formula", row->formula, err));
  put_number(out, "slope", row->slope);
  put_number(out, "margin", row->margin);
  TRY(put_field(out, "reason", row->reason, err));
  fputs("  ...\n", out);
  return STATUS_OK;
}

static size_t count_lemmas(const View *view) {
  size_t count = 0;
  for (size_t i = 0; i < view->lemma_count; i++)
    count += view->lemma[i].point == 0;
  return count;
}

StatusCode report_tap(FILE *out, Store *store, Error *err) {
  View view;
  RatesView rates = {.count = 0};
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) code = rates_view_load(&rates, store, err);
  if (code == STATUS_OK) {
    const size_t tests =
        view.verdict_count + count_lemmas(&view) + rates.count + view.failure_count;
    size_t number = view.verdict_count;
    fprintf(out, "TAP version 13\n1..%zu%s\n", tests,
            tests == 0 ? " # SKIP no verdicts in the run store" : "");
    for (size_t i = 0; i < view.verdict_count && code == STATUS_OK; i++) {
      put_test(out, i + 1, &view, &view.verdict[i]);
      code = put_diagnostics(out, &view, &view.verdict[i], err);
    }
    for (size_t i = 0; i < view.lemma_count && code == STATUS_OK; i++)
      if (view.lemma[i].point == 0) code = put_lemma(out, ++number, &view.lemma[i], err);
    for (size_t i = 0; i < rates.count && code == STATUS_OK; i++)
      code = put_rate(out, ++number, &rates.row[i], err);
    for (size_t i = 0; i < view.failure_count; i++)
      put_failure(out, ++number, &view.failure[i]);
  }
  WhatIfView what_ifs = {.count = 0};
  if (code == STATUS_OK) code = what_if_view_load(&what_ifs, store, err);
  if (code == STATUS_OK) what_if_comments(out, &what_ifs);
  what_if_view_clear(&what_ifs);
  rates_view_clear(&rates);
  if (code == STATUS_OK) code = text_flush(out, "the TAP report", err);
  view_clear(&view);
  return code;
}
