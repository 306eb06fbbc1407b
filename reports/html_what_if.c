/* html_what_if.c -- the what-ifs on the page: headline numbers, and claims by what-ifs. */
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"
#include "reports/markup.h"

static void headlines(FILE *out, const WhatIfView *view) {
  static const char *const heading[] = {"what-if",        "K1(t1)",  "K2(t1)",
                                        "K1(end)",        "K2(end)", "learned by t1",
                                        "learned by end", "kept",    NULL};
  html_open_table(out, "what is learned, and how many claims keep the base's verdict", "", heading);
  for (size_t k = 0; k < view->count; k++) {
    const WhatIfRow *row = &view->row[k];
    markup_format(out, "<tr><th scope=\"row\">%s</th>", row->name);
    html_number_cell(out, row->K1_t1);
    html_number_cell(out, row->K2_t1);
    html_number_cell(out, row->K1_end);
    html_number_cell(out, row->K2_end);
    markup_format(out, "<td>%s</td><td>%s</td>", row->learned_t1, row->learned_end);
    fprintf(out, "<td class=\"number\">%lld of %lld</td></tr>\n", (long long)row->kept,
            (long long)row->judged);
  }
  html_close_table(out);
}

static void verdict(FILE *out, const char *word, bool changed) {
  fputs("<td>", out);
  html_verdict(out, word);
  fputs(changed ? " *</td>" : "</td>", out);
}

/* A row for each claim; its verdicts stand in the order of the what-ifs. */
static StatusCode matrix(FILE *out, const WhatIfView *view, Error *err) {
  const char **heading = array_alloc(view->count + 2, sizeof *heading);
  if (heading == NULL) return error_memory(err, "the HTML report");
  heading[0] = "claim";
  for (size_t k = 0; k < view->count; k++)
    heading[k + 1] = view->row[k].name;
  html_open_table(out, "the claims beside the base; *: not the base's verdict", "", heading);
  free(heading);
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
  html_close_table(out);
  return STATUS_OK;
}

StatusCode what_if_html(FILE *out, const WhatIfView *view, Error *err) {
  if (view->count == 0) return STATUS_OK;
  fputs(
      "<h2 id=\"what-ifs\">What if</h2>\n<p>P counts as learned when K1 is at most half of log 2, "
      "Q when K2 is below three quarters of it. What-ifs are trained in double, on the data set "
      "of their own parameters, and count neither in the tally nor in the exit status. In "
      "brackets what is set, {KEY} being the base's value of KEY.</p>\n",
      out);
  headlines(out, view);
  TRY(matrix(out, view, err));
  fputs("<dl>\n", out);
  for (size_t k = 1; k < view->count; k++)
    markup_format(out, "<dt>%s</dt><dd>%s [<code>%s</code>]</dd>\n", view->row[k].name,
                  view->row[k].words, view->row[k].settings);
  fputs("</dl>\n", out);
  return STATUS_OK;
}
