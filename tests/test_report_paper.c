/* test_report_paper.c -- tests of the reports for a paper and for machines that show tests: LaTeX
 * and JUnit. */
#include <ctype.h>

#include "reports/view.h"
#include "tests/report_fixture.h"

TestSuite(latex);
TestSuite(junit);

/* A store of one row for each outcome, in this order, under one reading. */
static const struct {
  const char *claim, *verdict, *expected;
  ViewOutcome outcome;
} outcomes[] = {
    {"T1.a1", "HOLDS", "HOLDS", VIEW_PASSED},  {"T1.a2", "HOLDS", NULL, VIEW_PASSED},
    {"T2.b1", "VACUOUS", NULL, VIEW_SKIPPED},  {"T2.b2", "UNMET", "UNMET", VIEW_SKIPPED},
    {"T3.c1", "FAILS", "FAILS", VIEW_KNOWN},   {"T3.c2", "FAILS", NULL, VIEW_BROKEN},
    {"T4.d1", "HOLDS", "FAILS", VIEW_BROKEN},  {"T4.d2", "INCONCLUSIVE", NULL, VIEW_BROKEN},
    {"T4.w", "VACUOUS", "HOLDS", VIEW_BROKEN},
};
#define ROWS (sizeof outcomes / sizeof *outcomes)

static char *text_of(WriteForm form, const char *words) {
  char folder[128];
  VerdictRow rows[ROWS];
  const int64_t run[2] = {1, 2};
  folder_open(folder);
  for (size_t k = 0; k < ROWS; k++) {
    rows[k] = report_row(run, readings_all[0]);
    rows[k].claim = outcomes[k].claim;
    rows[k].verdict = outcomes[k].verdict;
    rows[k].expected = outcomes[k].expected;
    rows[k].title = rows[k].reason = words;
  }
  Store *store = report_store(folder, 1, &report_usual, rows, ROWS);
  char *text = report_text(form, store, NULL);
  store_close(store);
  folder_close(folder);
  return text;
}

static size_t count_of(const char *text, const char *what) {
  size_t count = 0;
  for (; (text = strstr(text, what)) != NULL; text += strlen(what))
    count++;
  return count;
}

/* ---- JUnit ---- */

Test(junit, cases_come_out_as_the_ledger_says) {
  size_t expected[VIEW_OUTCOMES] = {0};
  for (size_t k = 0; k < ROWS; k++)
    expected[outcomes[k].outcome]++;
  char *text = text_of(WRITE_JUNIT, "words"), header[128];
  snprintf(header, sizeof header, "tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"",
           ROWS, expected[VIEW_BROKEN], expected[VIEW_SKIPPED] + expected[VIEW_KNOWN]);
  cr_assert(strstr(text, header) != NULL, "no suite with %s in %zu bytes", header, strlen(text));
  cr_assert(count_of(text, "<testcase ") == ROWS && count_of(text, "</testcase>") == ROWS,
            "%zu cases, expected %zu", count_of(text, "<testcase "), ROWS);
  cr_assert(count_of(text, "<failure ") == expected[VIEW_BROKEN], "%zu failures, expected %zu",
            count_of(text, "<failure "), expected[VIEW_BROKEN]);
  cr_assert(count_of(text, "<skipped ") == expected[VIEW_SKIPPED] + expected[VIEW_KNOWN] &&
                count_of(text, "\"known: ") == expected[VIEW_KNOWN],
            "%zu skipped, %zu of them known; expected %zu and %zu", count_of(text, "<skipped "),
            count_of(text, "\"known: "), expected[VIEW_SKIPPED] + expected[VIEW_KNOWN],
            expected[VIEW_KNOWN]);
  free(text);
}

Test(junit, texts_cannot_become_markup) {
  char *text = text_of(WRITE_JUNIT, "\"/><failure message='x'/>&<");
  cr_assert(count_of(text, "<failure ") == 4 && count_of(text, "<testcase ") == ROWS,
            "%zu failures, expected 4; %zu cases", count_of(text, "<failure "),
            count_of(text, "<testcase "));
  cr_assert(strstr(text, "&quot;/&gt;&lt;failure message=&#39;x&#39;/&gt;&amp;&lt;") != NULL,
            "the words are missing in %zu bytes", strlen(text));
  free(text);
}

/* ---- LaTeX ---- */

/* A command has letters only, is defined once, and its braces are balanced. */
Test(latex, macros_are_commands_and_defined_once) {
  char *text = text_of(WRITE_LATEX_NUMBERS, "words"), *rest = text, *line;
  char(*seen)[64] = calloc(4096, sizeof *seen);
  size_t count = 0;
  while (report_line(&line, &rest)) {
    static const char define[] = "\\newcommand{\\TwoStage";
    if (*line == '%') continue;
    cr_assert(strncmp(line, define, sizeof define - 1) == 0, "line %zu is no command: %s", count,
              line);
    const char *name = line + strlen("\\newcommand{\\");
    size_t length = 0;
    while (isalpha((unsigned char)name[length]))
      length++;
    cr_assert(name[length] == '}' && length < 64, "%zu letters, then '%c': %s", length,
              name[length], line);
    snprintf(seen[count], sizeof *seen, "%.*s", (int)length, name);
    for (size_t k = 0; k < count; k++)
      cr_assert(strcmp(seen[k], seen[count]) != 0, "command %zu is number %zu: %s", count, k,
                seen[count]);
    int depth = 0;
    for (const char *c = line; *c; c++)
      depth += (*c == '{') - (*c == '}');
    cr_assert(depth == 0, "%d braces are open: %s", depth, line);
    count++;
  }
  cr_assert(count > 3 * OBSERVABLE_COUNT, "%zu commands, expected more than %d", count,
            3 * OBSERVABLE_COUNT);
  free(seen);
  free(text);
}

Test(latex, texts_are_set_as_they_stand) {
  char *text = text_of(WRITE_LATEX_TABLE, "50% of $x_1$ & {y} \\input{/etc/passwd} ~^#");
  const char *set = "50\\% of \\$x\\_1\\$ \\& \\{y\\} {\\char`\\\\}input\\{/etc/passwd\\} "
                    "{\\char`\\~}{\\char`\\^}\\#";
  cr_assert(count_of(text, set) == ROWS, "%zu rows with '%s', expected %zu", count_of(text, set),
            set, ROWS);
  cr_assert(count_of(text, "\\input{") == 1 /* in the comment at the top */, "%zu files are read",
            count_of(text, "\\input{"));
  free(text);
}
