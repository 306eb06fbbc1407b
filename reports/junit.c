/* junit.c -- the verdicts as JUnit XML, for machines that show test results: a suite for each
 * judged run, a case for each claim, judged by the ledger as TAP is (view.h, view_outcome). */
#include "reports/markup.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

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
  static const char *const element[] = {
      [VIEW_SKIPPED] = "skipped", [VIEW_KNOWN] = "skipped", [VIEW_BROKEN] = "failure"};
  const ViewOutcome outcome = view_outcome(row);
  markup_format(out, "    <testcase classname=\"%s\" name=\"%s: %s\">\n", row->reading, row->claim,
                row->title);
  put_numbers(out, row);
  if (outcome != VIEW_PASSED)
    markup_format(out,
                  outcome == VIEW_KNOWN ? "      <%s message=\"known: %s: %s\"/>\n"
                                        : "      <%s message=\"%s: %s\"/>\n",
                  element[outcome], row->verdict, row->reason);
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

StatusCode report_junit(FILE *out, Store *store, Error *err) {
  View view;
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"twostage\">\n", out);
    for (size_t i = 0; i < view.judged_count; i++)
      put_suite(out, &view, &view.judged[i]);
    put_lemmas(out, &view);
    fputs("</testsuites>\n", out);
    code = text_flush(out, "the JUnit report", err);
  }
  view_clear(&view);
  return code;
}
