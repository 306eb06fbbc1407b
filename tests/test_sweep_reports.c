/* test_sweep_reports.c -- what writers make of the store of a sweep: letters and counts, axes,
 * failed cells, the map. */
#include "reports/draw.h"
#include "tests/report_fixture.h"

#define CELLS 8
#define CLAIMS 4
static const char *const claim[CLAIMS] = {"T1.a", "T1.b", "C.t", "D.x"};

/* The verdicts on each cell, a letter for each claim. By theorem (T1, then C): HH HF FV IH VH UH HH
   FF. D.x is derived, and counts for no theorem. */
static const char *const verdicts[CELLS] = {"HHHF", "VHFF", "FIVF", "UIHF",
                                            "VVHF", "UHHF", "HVHF", "FHFF"};
static const char *const pattern[CELLS] = {"HH", "HF", "FV", "IH", "VH", "UH", "HH", "FF"};
/* By frequency, then H and later letters first; the seventh pattern is no class of its own. */
static const char class[CELLS] = {'A', 'E', 'F', 'D', 'B', 'C', 'A', '*'};

static char folder[128];
static Store *store;

static const char *word_of(char letter) {
  for (int k = 0; k < REPORT_WORDS; k++)
    if (report_word[k][0] == letter) return report_word[k];
  return NULL;
}

static void add_cell(Store *to, int k) {
  static const char *const x[] = {"1e-3", "min(2e-3, 1)"}, *const y[] = {"0.3", "0.4", "0.5",
                                                                         "0.7"};
  static const double x_value[] = {1e-3, 2e-3}, y_value[] = {0.3, 0.4, 0.5, 0.7};
  Error err;
  RunInfo info = {.precision = 53, .params = report_params(&report_usual)};
  strcpy(info.engine, "double");
  OK(store_add_run(to, &info, NULL, &err));
  OK(store_add_cell(to, info.id, "lambda", x[k / 4], x_value[k / 4], &err));
  OK(store_add_cell(to, info.id, "u", y[k % 4], y_value[k % 4], &err));
  for (int c = 0; c < CLAIMS; c++) {
    const int64_t run[2] = {0, info.id};
    VerdictRow row = report_row(run, info.params.reading);
    row.claim = claim[c];
    row.verdict = word_of(verdicts[k][c]);
    row.trust = claim[c][0] == 'D' ? "derived" : "recalled";
    row.slack = k + 1;
    OK(store_add_verdict(to, &row, &err));
  }
}

static void setup(void) {
  Error err;
  folder_open(folder);
  OK(store_create(&store, folder, &err));
  for (int k = 0; k < CELLS; k++)
    add_cell(store, k);
  OK(store_set_fact(store, "failed cell lambda=3 u=0.3", "it " HOSTILE, &err));
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
}

static void teardown(void) {
  report_close(store, folder);
}

TestSuite(sweep_reports, .init = setup, .fini = teardown);

/* Asserts that a text has a whole line. */
static void assert_line(const char *text, const char *expected) {
  const size_t length = strlen(expected);
  for (const char *at = text; (at = strstr(at, expected)) != NULL; at++)
    if ((at == text || at[-1] == '\n') && at[length] == '\n') return;
  cr_assert_fail("no line '%s' among %zu bytes:\n%s", expected, strlen(text), text);
}

Test(sweep_reports, table_counts_and_spells_the_cells) {
  char *text = report_text(WRITE_TABLE, store, NULL);
  assert_line(text, "  lambda = 1e-3, min(2e-3, 1)");
  assert_line(text, "  u = 0.3, 0.4, 0.5, 0.7");
  assert_line(text, "claim        trust       H    F    I    V    U slack >=  cells");
  assert_line(text, "T1.a         recalled    2    2    .    2    2        1  HVFU VUHF");
  assert_line(text, "T1.b         recalled    4    .    2    2    .        1  HHII VHVH");
  assert_line(text, "D.x          derived     .    8    .    .    .        1  FFFF FFFF");
  assert_line(text, "cells that failed, and are not in this table:");
  cr_assert(strstr(text, "  lambda=3 u=0.3: it x'") != NULL, "no failed cell among %zu bytes",
            strlen(text));
  for (char *rest = text, *line; report_line(&line, &rest);)
    cr_assert(strlen(line) <= 80 && strchr(line, '\033') == NULL, "%zu columns: '%s'", strlen(line),
              line);
  free(text);
}

Test(sweep_reports, tap_and_json_say_which_cell) {
  char *tap = report_text(WRITE_TAP, store, NULL), *json = report_text(WRITE_JSON, store, NULL);
  cr_assert(strncmp(tap, "TAP version 13\n1..33\n", 21) == 0, "of %zu bytes the first are %.25s",
            strlen(tap), tap);
  assert_line(tap, "ok 1 - shared/separate lambda=1e-3 u=0.3 T1.a: a title");
  cr_assert(strstr(tap, "\nnot ok 33 - cell lambda=3 u=0.3 failed: it ") != NULL,
            "no failed cell among %zu bytes", strlen(tap));
  cr_assert(strstr(json, "\"key\": \"lambda\",\n          \"text\": \"min(2e-3, 1)\",\n          "
                         "\"value\": 0.002") != NULL,
            "no axis among %zu bytes", strlen(json));
  cr_assert(strstr(json, "\"cell\": \"lambda=3 u=0.3\"") != NULL, "no failed cell among %zu bytes",
            strlen(json));
  free(tap);
  free(json);
}

/* The columns x, y, x_text, y_text, class and pattern of a row of map.tsv. */
Test(sweep_reports, map_has_a_class_for_each_frequent_pattern) {
  Error err;
  ReportFigures figures;
  size_t size;
  OK(report_figures(&figures, folder, store, NULL, &err));
  cr_assert(figures.count == 1, "%zu figures, expected the map: %s", figures.count, figures.why);
  char *data = report_file(&size, folder, "figures/map.tsv"), *rest = data, *line;
  static const char titles[] =
      "x\ty\tx_text\ty_text\tlambda\tu\tclass\tpattern\trun\tT1.a\tT1.a value\t";
  cr_assert(report_line(&line, &rest) && strncmp(line, titles, sizeof titles - 1) == 0,
            "of %zu bytes the first are '%s'", size, line);
  for (int k = 0; k < CELLS; k++) {
    int x, y, at = 0;
    char x_text[32], y_text[32], letter, found[8];
    cr_assert(report_line(&line, &rest), "%d rows, expected %d", k, CELLS);
    const int fields = sscanf(line, "%d\t%d\t%31[^\t]\t%31[^\t]\t%*s\t%*s\t%c\t%7s%n", &x, &y,
                              x_text, y_text, &letter, found, &at);
    cr_assert(fields == 6 && x == k / 4 + 1 && y == k % 4 + 1 && letter == class[k] &&
                  strcmp(found, pattern[k]) == 0,
              "cell %d: %d fields, at %d, %d, class %c, pattern %s; expected %c and %s", k, fields,
              x, y, letter, found, class[k], pattern[k]);
    cr_assert(strcmp(x_text, k < 4 ? "1e-3" : "min(2e-3, 1)") == 0, "cell %d is called '%s'", k,
              x_text);
  }
  free(data);
}

Test(sweep_reports, map_says_its_classes_in_words) {
  Error err;
  ReportFigures figures;
  size_t size;
  char *gnuplot;
  OK(report_figures(&figures, folder, store, NULL, &err));
  char *script = report_file(&size, folder, "figures/map.gp");
  assert_line(script, "words[1] = 'all hold (2)'");
  assert_line(script, "words[2] = 'T1 vacuous; the other holds (1)'");
  assert_line(script, "words[5] = 'C fails; the other holds (1)'");
  assert_line(script, "words[6] = 'T1 fails, C vacuous (1)'");
  assert_line(script, "others = 1");
  assert_line(script, "reference = ''"); /* lambda of the instance, 0.0025, is beyond the axis */
  free(script);
  OK(draw_find(&gnuplot, "gnuplot", &err));
  cr_assert(figures.drawn == (gnuplot != NULL), "%zu figures: %s", figures.count, figures.why);
  cr_assert(gnuplot == NULL || report_exists(folder, "figures/map.svg"),
            "no map.svg, though gnuplot is %s", gnuplot);
  free(gnuplot);
}
