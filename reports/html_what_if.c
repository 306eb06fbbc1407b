/* html_what_if.c -- the what-ifs on the page: headline numbers, and claims by what-ifs. */
#include <string.h>

#include "reports/markup.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"

static void open_table(FILE *out, const char *caption) {
  markup_format(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
                "<table><caption>%s</caption><thead><tr>",
                caption, caption);
}

static void heading(FILE *out, const char *text) {
  markup_format(out, "<th scope=\"col\">%s</th>", text);
}

static void number_cell(FILE *out, double x) {
  char text[TEXT_NUMBER_SIZE];
  text_number_fit(text, x, 4, 12);
  fprintf(out, "<td class=\"number\">%s</td>", text);
}

static void headlines(FILE *out, const WhatIfView *view) {
  static const char *const titles[] = {"what-if", "K1(t1)",        "K2(t1)",         "K1(end)",
                                       "K2(end)", "learned by t1", "learned by end", "kept"};
  open_table(out, "what is learned, and how many claims keep the base's verdict");
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    heading(out, titles[i]);
  fputs("</tr></thead><tbody>\n", out);
  for (size_t k = 0; k < view->count; k++) {
    const WhatIfRow *row = &view->row[k];
    markup_format(out, "<tr><th scope=\"row\">%s</th>", row->name);
    number_cell(out, row->K1_t1);
    number_cell(out, row->K2_t1);
    number_cell(out, row->K1_end);
    number_cell(out, row->K2_end);
    markup_format(out, "<td>%s</td><td>%s</td>", row->learned_t1, row->learned_end);
    fprintf(out, "<td class=\"number\">%lld of %lld</td></tr>\n", (long long)row->kept,
            (long long)row->judged);
  }
  fputs("</tbody></table></div>\n", out);
}

static void verdict(FILE *out, const char *word, bool changed) {
  const bool known = view_word(word) < VIEW_VERDICTS;
  markup_format(out, "<td><span class=\"verdict %s\">%s</span>%s</td>", known ? word : "", word,
                changed ? " *" : "");
}

/* A row for each claim; its verdicts stand in the order of the what-ifs. */
static void matrix(FILE *out, const WhatIfView *view) {
  open_table(out, "the claims beside the base; *: not the base's verdict");
  heading(out, "claim");
  for (size_t k = 0; k < view->count; k++)
    heading(out, view->row[k].name);
  fputs("</tr></thead><tbody>\n", out);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const WhatIfVerdictRow *row = &view->verdict[i];
    if (strcmp(row->what_if, view->verdict[0].what_if) != 0) continue; /* each claim once */
    markup_format(out, "<tr><th scope=\"row\">%s</th>", row->claim);
    verdict(out, row->base, false);
    for (size_t k = i; k < view->verdict_count; k++)
      if (strcmp(view->verdict[k].claim, row->claim) == 0)
        verdict(out, view->verdict[k].verdict, what_if_changed(&view->verdict[k]));
    fputs("</tr>\n", out);
  }
  fputs("</tbody></table></div>\n", out);
}

void what_if_html(FILE *out, const WhatIfView *view) {
  if (view->count == 0) return;
  fputs(
      "<h2 id=\"what-ifs\">What if</h2>\n<p>P counts as learned when K1 is at most half of log 2, "
      "Q when K2 is below three quarters of it. What-ifs are trained in double, on the data set "
      "of their own parameters, and count neither in the tally nor in the exit status. In "
      "brackets what is set, {KEY} being the base's value of KEY.</p>\n",
      out);
  headlines(out, view);
  matrix(out, view);
  fputs("<dl>\n", out);
  for (size_t k = 1; k < view->count; k++)
    markup_format(out, "<dt>%s</dt><dd>%s [<code>%s</code>]</dd>\n", view->row[k].name,
                  view->row[k].words, view->row[k].settings);
  fputs("</dl>\n", out);
}
