/* html_sweep.c -- a sweep on the HTML page: claims by verdicts in counts, and cell by cell. */
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"
#include "reports/markup.h"

static size_t cells_of(const View *view, const char *reading) {
  size_t count = 0;
  for (size_t i = 0; i < view->judged_count; i++)
    count += strcmp(view->judged[i].reading, reading) == 0;
  return count;
}

/* The claims that have this verdict in all cells (all), or in none (not all). */
static void put_claims(const HtmlPage *page, const char *reading, bool all, const char *words) {
  const View *view = page->view;
  const char *between = "";
  fprintf(page->out, "<dt>%s</dt><dd>", words);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    size_t count[VIEW_VERDICTS + 1];
    if (strcmp(row->reading, reading) != 0 || strcmp(row->trust, "derived") == 0 ||
        !view_is_first_of_reading(view, i))
      continue;
    view_count(count, view, row->claim, reading);
    if (count[VIEW_HOLDS] != (all ? cells_of(view, reading) : 0)) continue;
    markup_format(page->out, "%s<a href=\"#claim-%s\">%s</a>", between, row->claim, row->claim);
    between = ", ";
  }
  fputs(*between == '\0' ? "no statement of the paper</dd>\n" : "</dd>\n", page->out);
}

void html_sweep_headline(const HtmlPage *page) {
  const View *view = page->view;
  fputs("<h2 id=\"headline\">What holds where</h2>\n", page->out);
  for (size_t r = 0; r < sizeof readings_all / sizeof *readings_all; r++) {
    const char *reading = reading_name(readings_all[r]);
    if (cells_of(view, reading) == 0) continue;
    markup_format(page->out, "<h3>Reading %s</h3>\n<dl>\n", reading);
    fprintf(page->out, "<dt>cells</dt><dd>%zu, each judged by itself</dd>\n",
            cells_of(view, reading));
    put_claims(page, reading, true, "hold in every cell");
    put_claims(page, reading, false, "hold in no cell");
    fputs("</dl>\n", page->out);
  }
  if (view->run_count > 0) {
    markup_format(page->out, "<p><strong>How sure:</strong> trained by the %s engine",
                  view->run[0].engine);
    fprintf(page->out,
            " at %lld bits; each verdict says below whether it is computed or certified.</p>\n",
            (long long)view->run[0].precision);
  }
  if (view->failure_count == 0) return;
  fputs("<p>Cells that could not be trained:</p>\n<ul>\n", page->out);
  for (size_t i = 0; i < view->failure_count; i++)
    markup_format(page->out, "<li>%s: %s</li>\n", view->failure[i].cell, view->failure[i].why);
  fputs("</ul>\n", page->out);
}

/* ---- in counts ---- */

static void put_counts(const HtmlPage *page, const char *reading) {
  static const char *const heading[] = {"claim",        "in words", "trust", "HOLDS",       "FAILS",
                                        "INCONCLUSIVE", "VACUOUS",  "UNMET", "least slack", NULL};
  const View *view = page->view;
  FILE *out = page->out;
  html_open_table(out, "how many cells have which verdict; press a heading to sort", reading,
                  heading);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    size_t count[VIEW_VERDICTS + 1];
    if (strcmp(row->reading, reading) != 0 || !view_is_first_of_reading(view, i)) continue;
    const double slack = view_count(count, view, row->claim, reading);
    markup_format(out, "<tr><th scope=\"row\"><a href=\"#claim-%s\">%s</a></th>", row->claim,
                  row->claim);
    html_text_cell(out, row->title);
    html_text_cell(out, row->trust);
    for (int v = 0; v < VIEW_VERDICTS; v++)
      html_count_cell(out, count[v]);
    html_number_cell(out, slack);
    fputs("</tr>\n", out);
  }
  html_close_table(out);
}

/* ---- cell by cell ---- */

static StatusCode put_cells(const HtmlPage *page, const char *reading, Error *err) {
  const View *view = page->view;
  FILE *out = page->out;
  const char **heading = array_alloc(view->judged_count + 2, sizeof *heading);
  if (heading == NULL) return error_memory(err, "the HTML report");
  size_t columns = 0;
  heading[columns++] = "claim";
  for (size_t k = 0; k < view->judged_count; k++)
    if (strcmp(view->judged[k].reading, reading) == 0)
      heading[columns++] = view->judged[k].place + strlen(reading);
  fputs("<details><summary>Cell by cell</summary>\n", out);
  html_open_table(out, "H holds, F fails, I inconclusive, V vacuous, U unmet", reading, heading);
  free(heading);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (strcmp(row->reading, reading) != 0 || !view_is_first_of_reading(view, i)) continue;
    markup_format(out, "<tr><th scope=\"row\">%s</th>", row->claim);
    for (size_t k = 0; k < view->judged_count; k++) {
      if (strcmp(view->judged[k].reading, reading) != 0) continue;
      const VerdictRow *cell = view_find(view, row->claim, view->judged[k].run);
      const ViewVerdict verdict = cell != NULL ? view_verdict(cell) : VIEW_OTHER;
      if (verdict == VIEW_OTHER)
        fputs("<td>-</td>", out);
      else
        fprintf(out, "<td><span class=\"verdict %s\">%c</span></td>", view_verdict_word[verdict],
                view_verdict_word[verdict][0]);
    }
    fputs("</tr>\n", out);
  }
  html_close_table(out);
  fputs("</details>\n", out);
  return STATUS_OK;
}

StatusCode html_sweep_matrix(const HtmlPage *page, Error *err) {
  fputs("<h2 id=\"matrix\">Which statement is true where</h2>\n", page->out);
  for (size_t r = 0; r < sizeof readings_all / sizeof *readings_all; r++) {
    const char *reading = reading_name(readings_all[r]);
    if (cells_of(page->view, reading) == 0) continue;
    markup_format(page->out, "<h3>Reading %s</h3>\n", reading);
    put_counts(page, reading);
    TRY(put_cells(page, reading, err));
  }
  return STATUS_OK;
}
