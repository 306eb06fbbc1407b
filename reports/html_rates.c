/* html_rates.c -- rates and probabilities on the HTML page: a table, and why. */
#include "reports/html.h"
#include "reports/markup.h"

static void put_rate(FILE *out, const RateRow *row) {
  markup_format(out, "<tr><th scope=\"row\">%s</th><td>%s", row->claim, row->title);
  if (row->place[0] != '\0') markup_format(out, " (%s)", row->place);
  markup_format(out, "</td><td>%s</td>", row->reading);
  fputs("<td>", out);
  html_verdict(out, row->verdict);
  markup_format(out, "</td><td>%s</td>", row->trust);
  html_interval_cell(out, row->ratio_low, row->ratio_high);
  html_number_cell(out, row->slope);
  html_interval_cell(out, row->slope_low, row->slope_high);
  html_number_cell(out, row->margin);
  fputs("</tr>\n", out);
}

static void put_why(FILE *out, const RateRow *row) {
  markup_format(out, "<dt>%s: %s</dt><dd>%s. <code>%s</code><br>%s.", row->claim, row->verdict,
                row->statement, row->formula, row->reason);
  if (row->expected != NULL)
    markup_format(out, " On record: %s, %s.", row->expected,
                  row->expected_reason != NULL ? row->expected_reason : "without a reason");
  fputs("</dd>\n", out);
}

void rates_html(FILE *out, const RatesView *view) {
  static const char *const heading[] = {"rate",  "in words", "reading",    "verdict", "trust",
                                        "ratio", "slope",    "its limits", "margin",  NULL};
  if (view->count == 0) return;
  fputs("<h2 id=\"rates\">Rates and probabilities, judged on the sweep as a whole</h2>\n", out);
  html_open_table(out,
                  "ratio: observable/rate of all runs; slope: of its logarithm over that of the "
                  "parameter. Of a probability, ratio is the limits and margin what is claimed at "
                  "least. All of it speaks of the range that was run",
                  "", heading);
  for (size_t i = 0; i < view->count; i++)
    put_rate(out, &view->row[i]);
  html_close_table(out);
  fputs("<dl>\n", out);
  for (size_t i = 0; i < view->count; i++)
    put_why(out, &view->row[i]);
  fputs("</dl>\n", out);
}
