/* test_reports.c -- tests of what the reports say to a person: text, numbers, the table. */
#include "reports/text.h"
#include "reports/view.h"
#include "tests/report_fixture.h"
#include "tests/support.h"

/* ---- text and numbers ---- */

Test(text, shortest_numbers_read_back) {
  static const struct {
    double x;
    const char *text;
  } known[] = {{0.1, "0.1"},
               {1, "1"},
               {-2.5e-7, "-2.5e-07"},
               {1e23, "1e+23"},
               {1.0 / 3, "0.3333333333333333"},
               {0x1p-1074, "5e-324"},
               {NAN, "nan"},
               {-INFINITY, "-inf"}};
  char text[TEXT_NUMBER_SIZE];
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    text_number(text, known[k].x);
    cr_assert(strcmp(text, known[k].text) == 0, "%.17g is written '%s', expected '%s'", known[k].x,
              text, known[k].text);
  }
  Chance chance = chance_open(1);
  for (int k = 0; k < 20000; k++) {
    const uint64_t bits = chance_bits(&chance);
    double x;
    memcpy(&x, &bits, sizeof x);
    if (!isfinite(x)) continue;
    text_number(text, x);
    const double back = strtod(text, NULL);
    cr_assert(memcmp(&back, &x, sizeof x) == 0, "'%s' reads as %a, written for %a", text, back, x);
  }
}

Test(text, numbers_fit_their_column) {
  char text[TEXT_NUMBER_SIZE];
  for (int exponent = -320; exponent <= 308; exponent++)
    for (int sign = -1; sign <= 1; sign += 2)
      for (size_t columns = 7; columns <= 10; columns++) {
        const double x = sign * 9.8765 * pow(10, exponent - 1);
        text_number_fit(text, x, 4, columns);
        /* Pre-condition: 7 columns hold sign, digit, e, sign and three more digits. A digit is
           right to half of the next power of ten, and 9.8765 to one digit is 10: 2 % off. */
        const double back = strtod(text, NULL);
        cr_assert(strlen(text) <= columns &&
                      (x == 0 || fabs(back / x - 1) <= 0.06 || fabs(x) <= 1e-307),
                  "%g in %zu columns is '%s'", x, columns, text);
      }
}

Test(text, clean_texts_are_harmless) {
  static const char *const pair[][2] = {
      {"plain 'text' \"é\" \\ #", "plain 'text' \"é\" \\ #"},
      {"a\tb\nc\033[2Jd\177", "a b c [2Jd "},
      {"\302\233 c1", "   c1"},                   /* a control character of two bytes */
      {"\342\200\256right", "   right"},          /* right-to-left override */
      {"cut \342\200", "cut ??"},                 /* a character that ends too early */
      {"\300\257 \377 \355\240\200", "?? ? ???"}, /* overlong, no lead byte, surrogate */
      {"", ""}};
  for (size_t k = 0; k < sizeof pair / sizeof *pair; k++) {
    char text[64];
    strcpy(text, pair[k][0]);
    text_clean(text);
    cr_assert(strcmp(text, pair[k][1]) == 0, "case %zu: '%s', expected '%s'", k, text, pair[k][1]);
  }
}

/* Everything of a text but its blanks and line ends. */
static void letters_of(char *out, const char *text) {
  for (; *text != '\0'; text++)
    if (*text != ' ' && *text != '\n') *out++ = *text;
  *out = '\0';
}

Test(text, wrapping_keeps_every_letter_within_the_width) {
  static const char words[] =
      "Σ some words, averyveryverylongwordwithoutanyblankthatfitsnowhere and the 文字列 rest";
  for (size_t width = 6; width <= 120; width++) {
    char *text, *line, was[200], is[200];
    size_t size;
    FILE *out = open_memstream(&text, &size);
    text_wrap(out, words, 1, 3, width);
    fclose(out);
    letters_of(was, words);
    letters_of(is, text);
    cr_assert(strcmp(was, is) == 0, "width %zu: '%s' for '%s'", width, is, was);
    size_t pieces = 0, lines = 0;
    for (char *rest = text; report_line(&line, &rest); lines++) {
      cr_assert(text_columns(line) <= width, "width %zu: %zu columns in '%s'", width,
                text_columns(line), line);
      for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
        pieces++;
    }
    /* The longest of the 8 words has 51 columns, and 3 stand before it; all need 1 + 78 + 7. */
    cr_assert(width < 54 || pieces == 8, "width %zu: 8 words in %zu pieces", width, pieces);
    cr_assert(width < 86 || lines == 1, "width %zu: %zu lines", width, lines);
    free(text);
  }
}

/* ---- table ---- */

#define LONG "T1.a.very.long.identifier.that.fits.in.no.column"

/* A verdict of every word, with numbers that are hard to fit. */
static size_t all_words(VerdictRow rows[REPORT_WORDS]) {
  static const int64_t none[2] = {0, 0};
  static const char *const id[] = {LONG, "T2", "T3.文字列文字列文字列", "T4", "C.t1"};
  static const double number[] = {-1.23456e-300, -9.9999e100, NAN, INFINITY, 123456789};
  for (int k = 0; k < REPORT_WORDS; k++) {
    rows[k] = report_row(none, readings_all[0]);
    rows[k].claim = id[k];
    rows[k].verdict = report_word[k];
    rows[k].title = "a title that is rather long, to see whether it is wrapped: " LONG LONG LONG;
    rows[k].value_double = rows[k].ratio = number[k];
    rows[k].bound_double = rows[k].slack = -number[k];
  }
  return REPORT_WORDS;
}

static void assert_width(char *text, size_t width, const char *what) {
  char *line;
  while (report_line(&line, &text))
    cr_assert(text_columns(line) <= width, "%s: %zu columns, at most %zu: %s", what,
              text_columns(line), width, line);
}

Test(table, lines_stay_within_the_width) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  const size_t count = all_words(rows);
  folder_open(folder);
  static const ReportRun long_name = {LONG LONG, {GATE_SHARED, LOSS_SEPARATE}, 100, 1600};
  /* 4 readings are shown by words, 9 runs by letters */
  for (int readings = 1; readings <= 9; readings += readings == 1 ? 3 : 5) {
    Store *store = report_store(folder, readings, &long_name, rows, count);
    for (int width = REPORT_WIDTH_MIN; width <= 120; width += 8) {
      const ReportTableOptions options = {.width = width, .readings_matrix = true};
      char *text = report_text(WRITE_TABLE, store, &options);
      assert_width(text, (size_t)width, "table");
      free(text);
    }
    store_close(store);
  }
  report_close(NULL, folder);
}

static void assert_has(const char *text, const char *part) {
  cr_assert(strstr(text, part) != NULL, "'%s' is missing in %zu bytes:\n%s", part, strlen(text),
            text);
}

static void assert_lacks(const char *text, const char *part) {
  cr_assert(strstr(text, part) == NULL, "'%s' is there, in %zu bytes:\n%s", part, strlen(text),
            text);
}

Test(table, explains_the_words_that_occur) {
  static const char *const meaning[REPORT_WORDS] = {NULL, "is refuted for these parameters",
                                                    "cannot tell", "as if nothing", "a hypothesis"};
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  all_words(rows);
  folder_open(folder);
  for (int k = 0; k < REPORT_WORDS; k++) {
    rows[k].trust = "derived";
    Store *store = report_store(folder, 1, &report_usual, &rows[k], 1);
    char *text = report_text(WRITE_TABLE, store, NULL);
    for (int other = 1; other < REPORT_WORDS; other++) {
      const char *words = other == 3 ? "would be as well if nothing" : meaning[other];
      if (other == k)
        assert_has(text, words);
      else
        assert_lacks(text, words);
    }
    assert_lacks(text, "not about");
    free(text);
    store_close(store);
  }
  report_close(NULL, folder);
}

Test(table, a_recalled_failure_speaks_of_the_record_not_of_the_paper) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  const size_t count = all_words(rows); /* all recalled, one of them FAILS */
  rows[1].expected = "FAILS";
  rows[1].expected_reason = "for a known cause";
  rows[4].expected = "HOLDS";
  folder_open(folder);
  Store *store = report_store(folder, 1, &report_usual, rows, count);
  char *text = report_text(WRITE_TABLE, store, &(ReportTableOptions){.width = 1000});
  assert_has(text, "this says something about the statement as recorded here, not about the paper");
  assert_has(text, "as recorded: for a known cause");
  assert_has(text, "NOT AS RECORDED, which is HOLDS");
  assert_has(text, "5 verdicts: 1 HOLDS, 1 FAILS, 1 INCONCLUSIVE, 1 VACUOUS, 1 UNMET");
  assert_has(text, "ledger: 2 recorded, 1 differ from the record, ");
  assert_has(text, "reading shared/separate; judged on mpfr, 128 bits, beside double, 53 bits");
  assert_has(text, "13.2 decimal digits or more (fewest: K1 at step 1700)");
  assert_has(text, "tau_xi=0.333333, lambda=0.0025");
  free(text);
  report_close(store, folder);
}

Test(table, colour_adds_nothing_but_colour) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  const size_t count = all_words(rows);
  folder_open(folder);
  Store *store = report_store(folder, 4, &report_usual, rows, count);
  char *plain = report_text(WRITE_TABLE, store, NULL);
  const ReportTableOptions options = {.color = true, .readings_matrix = true};
  char *colored = report_text(WRITE_TABLE, store, &options), *to = colored;
  size_t escapes = 0;
  for (char *from = colored; *from != '\0'; from++)
    if (*from == '\033') {
      from = strchr(from, 'm');
      escapes++;
    } else
      *to++ = *from;
  *to = '\0';
  cr_assert(strcmp(plain, colored) == 0, "without its %zu escapes the table is another:\n%s",
            escapes, colored);
  /* a colour and its end for each verdict of 4 tables and of the matrix */
  cr_assert(escapes == 2 * 2 * 4 * count, "%zu escapes, expected %zu", escapes, 2 * 2 * 4 * count);
  assert_lacks(plain, "\033");
  free(plain);
  free(colored);
  report_close(store, folder);
}

Test(table, the_matrix_has_a_column_for_each_reading) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  const size_t count = all_words(rows);
  rows[1].expected = "HOLDS";
  folder_open(folder);
  Store *store = report_store(folder, 4, &report_usual, rows, count);
  char *text = report_text(WRITE_TABLE, store, NULL);
  char heading[100] = "";
  for (int r = 0; r < 4; r++) /* cells of 15, and a blank before each */
    snprintf(heading + 16 * r, sizeof heading - 16 * (size_t)r, r < 3 ? " %-15s" : " %s\n",
             reading_name(readings_all[r]));
  assert_has(text, heading);
  assert_has(text, "FAILS !         FAILS !         FAILS !         FAILS !\n");
  assert_has(text, "VACUOUS         VACUOUS         VACUOUS         VACUOUS\n");
  free(text);
  text = report_text(WRITE_TABLE, store, &(ReportTableOptions){.readings_matrix = false});
  assert_lacks(text, "claims by reading");
  free(text);
  report_close(store, folder);
}

Test(table, an_empty_store_is_said_to_be_empty) {
  char folder[128];
  folder_open(folder);
  Store *store = report_store(folder, 0, &report_usual, NULL, 0);
  char *text = report_text(WRITE_TABLE, store, NULL);
  assert_has(text, "the run store is empty");
  assert_has(text, "0 verdicts:");
  free(text);
  text = report_text(WRITE_TAP, store, NULL);
  assert_has(text, "TAP version 13\n1..0 # SKIP");
  free(text);
  report_close(store, folder);
}

/* 2026-11-22: found by clang's sanitizer, an offset to no array at all. */
Test(view, a_run_of_no_sweep_has_no_axes) {
  char folder[128];
  folder_open(folder);
  Store *store = report_store(folder, 1, &report_usual, NULL, 0);
  View view = {0};
  Error err;
  size_t count = 7;
  OK(view_load(&view, store, &err));
  const ViewAxis *axis = view_axes(&count, &view, view.run[0].id);
  cr_assert(axis == NULL && count == 0, "a run outside a sweep: %zu axes at %p, expected none",
            count, (const void *)axis);
  view_clear(&view);
  report_close(store, folder);
}
