/* junit.c -- the verdicts as JUnit XML, for machines that show test results: a suite for each
 * judged run, a case for each claim, judged by the ledger as TAP is (view.h, view_outcome). */
#include "reports/markup.h"
#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"

static const char *const outcome_element[] = {
    [VIEW_SKIPPED] = "skipped", [VIEW_KNOWN] = "skipped", [VIEW_BROKEN] = "failure"};

static void put_outcome(FILE *out, ViewOutcome outcome, const char *verdict, const char *reason) {
  if (outcome == VIEW_PASSED) return;
  markup_format(out,
                outcome == VIEW_KNOWN ? "      <%s message=\"known: %s: %s\"/>\n"
                                      : "      <%s message=\"%s: %s\"/>\n",
                outcome_element[outcome], verdict, reason);
}

static void put_numbers(FILE *out, const VerdictRow *row) {
  const struct {
    const char *name;
    double value;
  } number[] = {{"value", row->value_double},
                {"bound", row->bound_double},
                {"ratio", row->ratio},
                {"slack", row->slack}};
  fputs("      <properties>\n", out);
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
    char text[TEXT_NUMBER_SIZE];
    text_number(text, number[i].value);
    markup_format(out, "        <property name=\"%s\" value=\"%s\"/>\n", number[i].name, text);
  }
  markup_format(out, "        <property name=\"certified\" value=\"%s\"/>\n",
                row->certified ? "true" : "false");
  markup_format(out, "        <property name=\"trust\" value=\"%s\"/>\n      </properties>\n",
                row->trust);
}

static void put_case(FILE *out, const VerdictRow *row) {
  markup_format(out, "    <testcase classname=\"%s\" name=\"%s: %s\">\n", row->reading, row->claim,
                row->title);
  put_numbers(out, row);
  put_outcome(out, view_outcome(row), row->verdict, row->reason);
  fputs("    </testcase>\n", out);
}

static void count_outcomes(size_t count[VIEW_OUTCOMES], const View *view, int64_t run) {
  for (size_t i = 0; i < VIEW_OUTCOMES; i++)
    count[i] = 0;
  for (size_t i = 0; i < view->verdict_count; i++)
    if (view->verdict[i].run == run) count[view_outcome(&view->verdict[i])]++;
}

static void put_suite(FILE *out, const View *view, const Judged *judged) {
  size_t count[VIEW_OUTCOMES];
  char cell[256];
  count_outcomes(count, view, judged->run);
  view_cell(cell, sizeof cell, view, judged->run, VIEW_ALL_AXES);
  text_clean(cell); /* a cut may have gone through a character */
  markup_format(out, "  <testsuite name=\"%s%s%s\"", judged->reading, cell[0] != '\0' ? " " : "",
                cell);
  fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n",
          count[VIEW_PASSED] + count[VIEW_SKIPPED] + count[VIEW_KNOWN] + count[VIEW_BROKEN],
          count[VIEW_BROKEN], count[VIEW_SKIPPED] + count[VIEW_KNOWN]);
  for (size_t i = 0; i < view->verdict_count; i++)
    if (view->verdict[i].run == judged->run) put_case(out, &view->verdict[i]);
  fputs("  </testsuite>\n", out);
}

/* A lemma is a theorem: anything but HOLDS is a failure. */
static void put_lemmas(FILE *out, const View *view) {
  size_t tests = 0, failures = 0;
  for (size_t i = 0; i < view->lemma_count; i++) {
    if (view->lemma[i].point != 0) continue;
    tests++;
    failures += view_word(view->lemma[i].verdict) != VIEW_HOLDS;
  }
  if (tests == 0) return;
  fprintf(out,
          "  <testsuite name=\"lemmas\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
          "skipped=\"0\">\n",
          tests, failures);
  for (size_t i = 0; i < view->lemma_count; i++) {
    const LemmaRow *row = &view->lemma[i];
    if (row->point != 0) continue;
    markup_format(out, "    <testcase classname=\"lemmas\" name=\"%s: %s\">", row->claim,
                  row->title);
    if (view_word(row->verdict) != VIEW_HOLDS)
      markup_format(out, "<failure message=\"%s: %s\"/>", row->verdict, row->reason);
    fputs("</testcase>\n", out);
  }
  fputs("  </testsuite>\n", out);
}

/* Rates and probabilities of a sweep, by the ledger as claims are. */
static ViewOutcome rate_outcome(const RateRow *row) {
  const VerdictRow verdict = {.verdict = row->verdict, .expected = row->expected};
  return view_outcome(&verdict);
}

static void put_rates(FILE *out, const RatesView *rates) {
  size_t count[VIEW_OUTCOMES] = {0};
  if (rates->count == 0) return;
  for (size_t i = 0; i < rates->count; i++)
    count[rate_outcome(&rates->row[i])]++;
  fprintf(out,
          "  <testsuite name=\"rates\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
          "skipped=\"%zu\">\n",
          rates->count, count[VIEW_BROKEN], count[VIEW_SKIPPED] + count[VIEW_KNOWN]);
  for (size_t i = 0; i < rates->count; i++) {
    const RateRow *row = &rates->row[i];
    markup_format(out, "    <testcase classname=\"%s\" name=\"%s: %s%s%s\">\n", row->reading,
                  row->claim, row->title, row->place[0] != '\0' ? "; " : "", row->place);
    put_outcome(out, rate_outcome(row), row->verdict, row->reason);
    fputs("    </testcase>\n", out);
  }
  fputs("  </testsuite>\n", out);
}

/* Nothing is expected of a what-if: each is a skipped case that says how it came out. */
static void put_what_ifs(FILE *out, const WhatIfView *view) {
  if (view->count < 2) return; /* the base alone */
  fprintf(out,
          "  <testsuite name=\"what-ifs\" tests=\"%zu\" failures=\"0\" errors=\"0\" "
          "skipped=\"%zu\">\n",
          view->count - 1, view->count - 1);
  for (size_t k = 1; k < view->count; k++) {
    const WhatIfRow *row = &view->row[k];
    markup_format(out, "    <testcase classname=\"what-ifs\" name=\"%s: %s\">\n", row->name,
                  row->words);
    fprintf(out, "      <skipped message=\"%lld of %lld claims keep the base's verdict; ",
            (long long)row->kept, (long long)row->judged);
    markup_format(out, "learned by the end: %s\"/>\n    </testcase>\n", row->learned_end);
  }
  fputs("  </testsuite>\n", out);
}

/* Cells of a sweep that could not be trained. */
static void put_failures(FILE *out, const View *view) {
  if (view->failure_count == 0) return;
  fprintf(out,
          "  <testsuite name=\"failed cells\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" "
          "skipped=\"0\">\n",
          view->failure_count, view->failure_count);
  for (size_t i = 0; i < view->failure_count; i++)
    markup_format(out,
                  "    <testcase classname=\"cells\" name=\"%s\"><error message=\"%s\"/>"
                  "</testcase>\n",
                  view->failure[i].cell, view->failure[i].why);
  fputs("  </testsuite>\n", out);
}

static StatusCode put_others(FILE *out, const View *view, Store *store, Error *err) {
  RatesView rates = {.count = 0};
  WhatIfView what_ifs = {.count = 0};
  StatusCode code = rates_view_load(&rates, store, err);
  if (code == STATUS_OK) code = what_if_view_load(&what_ifs, store, err);
  if (code == STATUS_OK) {
    put_lemmas(out, view);
    put_rates(out, &rates);
    put_what_ifs(out, &what_ifs);
    put_failures(out, view);
  }
  what_if_view_clear(&what_ifs);
  rates_view_clear(&rates);
  return code;
}

StatusCode report_junit(FILE *out, Store *store, Error *err) {
  View view;
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"twostage\">\n", out);
    for (size_t i = 0; i < view.judged_count; i++)
      put_suite(out, &view, &view.judged[i]);
    code = put_others(out, &view, store, err);
    fputs("</testsuites>\n", out);
    if (code == STATUS_OK) code = text_flush(out, "the JUnit report", err);
  }
  view_clear(&view);
  return code;
}
