/* html_claims.c -- the verdicts on the HTML page: headline, matrix of readings, a card per claim.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"
#include "reports/markup.h"
#include "reports/text.h"

/* ---- headline: which claims hold, how sure, how close ---- */

static bool is_derived(const VerdictRow *row) {
  return strcmp(row->trust, "derived") == 0;
}

/* One line of the headline: how many verdicts of this word, and on what. */
static void put_word(const HtmlPage *page, int64_t run, bool derived, ViewVerdict verdict) {
  const View *view = page->view;
  size_t count = 0;
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    count += row->run == run && is_derived(row) == derived && view_verdict(row) == verdict;
  }
  if (count == 0) return;
  fputs("<dt>", page->out);
  html_verdict(page->out, view_verdict_word[verdict]);
  fprintf(page->out, ": %zu</dt><dd>", count);
  const char *between = "";
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (row->run != run || is_derived(row) != derived || view_verdict(row) != verdict) continue;
    fputs(between, page->out);
    markup_format(page->out, "<a href=\"#claim-%s\">%s</a>", row->claim, row->claim);
    between = ", ";
  }
  fputs("</dd>\n", page->out);
}

static void put_words(const HtmlPage *page, int64_t run, bool derived, const char *what) {
  const View *view = page->view;
  size_t count = 0;
  for (size_t i = 0; i < view->verdict_count; i++)
    count += view->verdict[i].run == run && is_derived(&view->verdict[i]) == derived;
  if (count == 0) return;
  fprintf(page->out, "<p>Of %zu %s:</p>\n<dl>\n", count, what);
  for (int v = 0; v < VIEW_VERDICTS; v++)
    put_word(page, run, derived, (ViewVerdict)v);
  fputs("</dl>\n", page->out);
}

static void how_sure(const HtmlPage *page, const Judged *judged) {
  const View *view = page->view;
  const RunInfo *run = view_run(view, judged->run);
  size_t certified = 0, count = 0;
  if (run == NULL) return;
  for (size_t i = 0; i < view->verdict_count; i++) {
    count += view->verdict[i].run == judged->run;
    certified += view->verdict[i].run == judged->run && view->verdict[i].certified;
  }
  markup_format(page->out, "<p><strong>How sure:</strong> judged on %s", run->engine);
  fprintf(page->out, " at %lld bits; ", (long long)run->precision);
  if (certified == count)
    fputs("every verdict is certified by rigorous enclosures", page->out);
  else if (certified > 0)
    fprintf(page->out, "%zu of %zu verdicts are certified by rigorous enclosures", certified,
            count);
  else
    fputs("computed in rounded arithmetic, not proved", page->out);
  for (size_t i = 0; i < view->agreement_count; i++) {
    const Agreement *a = &view->agreement[i];
    if (a->run_a != judged->run && a->run_b != judged->run) continue;
    fprintf(page->out, "; two engines agree to %.3g decimal digits or more", a->digits);
    break;
  }
  fputs(".</p>\n", page->out);
}

/* The smallest slack among what holds, and the largest miss among what fails. */
static void how_close(const HtmlPage *page, int64_t run) {
  const View *view = page->view;
  const VerdictRow *holds = NULL, *fails = NULL;
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (row->run != run || is_derived(row) || isnan(row->slack)) continue;
    const ViewVerdict verdict = view_verdict(row);
    if (verdict == VIEW_HOLDS && (holds == NULL || row->slack < holds->slack)) holds = row;
    if (verdict == VIEW_FAILS && (fails == NULL || row->slack > fails->slack)) fails = row;
  }
  if (holds == NULL && fails == NULL) return;
  fputs("<p><strong>How close:</strong>", page->out);
  if (holds != NULL) {
    markup_format(page->out, " of the statements that hold, %s is the nearest to failing",
                  holds->claim);
    fprintf(page->out, " (slack %.3g)%s", holds->slack, fails != NULL ? ";" : "");
  }
  if (fails != NULL) {
    markup_format(page->out, " of those that fail, %s is the nearest to holding", fails->claim);
    fprintf(page->out, " (slack %.3g)", fails->slack);
  }
  fputs(".</p>\n", page->out);
}

static const char *reading_words(Reading reading) {
  const bool shared = reading.gate == GATE_SHARED, separate = reading.loss == LOSS_SEPARATE;
  return shared     ? separate ? "one gate for both blocks, a loss for each; the reference reading"
                               : "one gate for both blocks, one loss for their sum"
         : separate ? "a gate for each block, a loss for each"
                    : "a gate for each block, one loss for their sum";
}

void html_headline(const HtmlPage *page) {
  const View *view = page->view;
  fputs("<h2 id=\"headline\">What holds</h2>\n", page->out);
  for (size_t i = 0; i < view->judged_count; i++) {
    const Judged *judged = &view->judged[i];
    const RunInfo *run = view_run(view, judged->run);
    markup_format(page->out, "<h3>Reading %s</h3>\n<p class=\"soft\">%s</p>\n", judged->place,
                  run != NULL ? reading_words(run->params.reading) : "");
    put_words(page, judged->run, false, "statements of the paper");
    put_words(page, judged->run, true, "facts proved for this model");
    how_sure(page, judged);
    how_close(page, judged->run);
  }
}

/* ---- matrix ---- */

StatusCode html_matrix(const HtmlPage *page, Error *err) {
  const View *view = page->view;
  FILE *out = page->out;
  const char **heading = array_alloc(view->judged_count + 4, sizeof *heading);
  if (heading == NULL) return error_memory(err, "the HTML report");
  heading[0] = "claim";
  heading[1] = "in words";
  heading[2] = "trust";
  for (size_t i = 0; i < view->judged_count; i++)
    heading[3 + i] = view->judged[i].place;
  fputs("<h2 id=\"matrix\">Which statement is true under which reading</h2>\n", out);
  html_open_table(out, "claims by readings; press a heading to sort", "", heading);
  free(heading);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (!view_is_first(view, i)) continue;
    markup_format(out, "<tr><th scope=\"row\"><a href=\"#claim-%s\">%s</a></th>", row->claim,
                  row->claim);
    html_text_cell(out, row->title);
    html_text_cell(out, row->trust);
    for (size_t k = 0; k < view->judged_count; k++) {
      const VerdictRow *cell = view_find(view, row->claim, view->judged[k].run);
      fputs("<td>", out);
      if (cell != NULL) html_verdict(out, cell->verdict);
      fputs(cell == NULL ? "-</td>" : cell->certified ? " (certified)</td>" : "</td>", out);
    }
    fputs("</tr>\n", out);
  }
  html_close_table(out);
  return STATUS_OK;
}

/* ---- cards ---- */

/* "WORDS [CONDITION]; WORDS [CONDITION]" as a list. */
static void hypotheses(FILE *out, const char *text) {
  if (text == NULL) {
    fputs("<dt>hypotheses</dt><dd>none</dd>\n", out);
    return;
  }
  fputs("<dt>hypotheses</dt><dd><ul>\n", out);
  while (*text != '\0') {
    const char *end = strstr(text, "]; ");
    const size_t length = end != NULL ? (size_t)(end - text) + 1 : strlen(text);
    char item[1024];
    snprintf(item, sizeof item, "%.*s", (int)(length < 1023 ? length : 1023), text);
    text_clean(item); /* a cut may have gone through a character */
    markup_format(out, "<li>%s</li>\n", item);
    text += length + (end != NULL ? 2 : 0);
  }
  fputs("</ul></dd>\n", out);
}

static void put_why(FILE *out, const VerdictRow *row) {
  markup_format(out, "%s.", row->reason);
  if (row->blind != NULL)
    markup_format(out, " It would hold as well with this changed: %s.", row->blind);
  if (row->expected != NULL)
    markup_format(out,
                  view_differs(row) ? " <strong>Not as recorded</strong>, which is %s."
                                    : " As recorded.",
                  row->expected);
  if (row->expected_reason != NULL) markup_format(out, " %s.", row->expected_reason);
}

static void put_numbers(const HtmlPage *page, const VerdictRow *row) {
  FILE *out = page->out;
  markup_format(out, "<tr><th scope=\"row\">%s</th><td>", view_place(page->view, row->run));
  html_verdict(out, row->verdict);
  fprintf(out, "</td><td>%s</td>", row->certified ? "certified" : "computed");
  html_number_cell(out, row->value_double);
  html_number_cell(out, row->bound_double);
  html_number_cell(out, row->ratio);
  html_number_cell(out, row->slack);
}

/* A row for each reading; of a sweep one for each cell, with its reason, folded away. */
static void measured(const HtmlPage *page, const char *claim) {
  static const char *const heading[] = {"reading", "verdict", "certainty", "measured", "bound",
                                        "ratio",   "slack",   "why",       NULL};
  static const char *const short_heading[] = {"reading", "verdict", "certainty", "measured",
                                              "bound",   "ratio",   "slack",     NULL};
  FILE *out = page->out;
  const bool sweep = view_is_sweep(page->view);
  if (sweep) fputs("<details><summary>Cell by cell</summary>\n", out);
  html_open_table(out, "what was measured", claim, sweep ? heading : short_heading);
  for (size_t i = 0; i < page->view->verdict_count; i++) {
    const VerdictRow *row = &page->view->verdict[i];
    if (strcmp(row->claim, claim) != 0) continue;
    put_numbers(page, row);
    if (sweep) {
      fputs("<td class=\"why\">", out);
      put_why(out, row);
      fputs("</td>", out);
    }
    fputs("</tr>\n", out);
  }
  html_close_table(out);
  fputs(sweep ? "</details>\n" : "", out);
}

static void why(const HtmlPage *page, const char *claim) {
  FILE *out = page->out;
  fputs("<dl><dt>why</dt><dd><ul>\n", out);
  for (size_t i = 0; i < page->view->verdict_count; i++) {
    const VerdictRow *row = &page->view->verdict[i];
    if (strcmp(row->claim, claim) != 0) continue;
    markup_format(out, "<li><strong>%s</strong>: ", view_place(page->view, row->run));
    put_why(out, row);
    fputs("</li>\n", out);
  }
  fputs("</ul></dd></dl>\n", out);
}

static StatusCode card(const HtmlPage *page, const VerdictRow *row, Error *err) {
  FILE *out = page->out;
  markup_format(out,
                "<section class=\"card\" id=\"claim-%s\" aria-labelledby=\"title-%s\"><h3 "
                "id=\"title-%s\">%s: %s</h3>\n<dl>\n",
                row->claim, row->claim, row->claim, row->claim, row->title);
  markup_format(out, "<dt>in words</dt><dd>%s</dd>\n<dt>formula</dt><dd>", row->statement);
  TRY(html_formula(out, row->claim, row->formula, err));
  markup_format(out, "</dd>\n<dt>trust</dt><dd><span class=\"label\">%s</span> %s</dd>\n",
                row->trust, row->source);
  hypotheses(out, row->hypotheses);
  fputs("</dl>\n", out);
  measured(page, row->claim);
  if (!view_is_sweep(page->view)) why(page, row->claim);
  if (page->command != NULL)
    markup_format(out, "<dl><dt>again</dt><dd><code>%s --only %s</code></dd></dl>\n", page->command,
                  row->claim);
  fputs("</section>\n", out);
  return STATUS_OK;
}

StatusCode html_cards(const HtmlPage *page, Error *err) {
  fputs("<h2 id=\"claims\">Claim by claim</h2>\n", page->out);
  for (size_t i = 0; i < page->view->verdict_count; i++)
    if (view_is_first(page->view, i)) TRY(card(page, &page->view->verdict[i], err));
  return STATUS_OK;
}
