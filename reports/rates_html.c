/* rates_html.c -- rates and probabilities on the HTML page: a table, and why. */
#include "reports/markup.h"
#include "reports/rates.h"
#include "reports/text.h"
#include "reports/view.h"

static void number_cell(FILE *out, double x) {
  char text[TEXT_NUMBER_SIZE];
  text_number_fit(text, x, 4, 12);
  fprintf(out, "<td class=\"number\">%s</td>", text);
}

static void interval_cell(FILE *out, double low, double high) {
  char a[TEXT_NUMBER_SIZE], b[TEXT_NUMBER_SIZE];
  text_number_fit(a, low, 3, 10);
  text_number_fit(b, high, 3, 10);
  fprintf(out, "<td class=\"number\">%s … %s</td>", a, b);
}

static void put_rate(FILE *out, const RateRow *row) {
  const bool known = view_word(row->verdict) < VIEW_VERDICTS;
  markup_format(out, "<tr><th scope=\"row\">%s</th><td>%s", row->claim, row->title);
  if (row->place[0] != '\0') markup_format(out, " (%s)", row->place);
  markup_format(out, "</td><td>%s</td>", row->reading);
  markup_format(out, "<td><span class=\"verdict %s\">%s</span></td><td>%s</td>",
                known ? row->verdict : "", row->verdict, row->trust);
  interval_cell(out, row->ratio_low, row->ratio_high);
  number_cell(out, row->slope);
  interval_cell(out, row->slope_low, row->slope_high);
  number_cell(out, row->margin);
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
                                        "ratio", "slope",    "its limits", "margin"};
  if (view->count == 0) return;
  fputs("<h2 id=\"rates\">Rates and probabilities, judged on the sweep as a whole</h2>\n<div "
        "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"rates\"><table "
        "class=\"sortable\"><caption>ratio: observable/rate of all runs; slope: of its logarithm "
        "over that of the parameter. Of a probability, ratio is the limits and margin what is "
        "claimed at least. All of it speaks of the range that was run.</caption><thead><tr>",
        out);
  for (size_t i = 0; i < sizeof heading / sizeof *heading; i++)
    markup_format(out, "<th scope=\"col\">%s</th>", heading[i]);
  fputs("</tr></thead><tbody>\n", out);
  for (size_t i = 0; i < view->count; i++)
    put_rate(out, &view->row[i]);
  fputs("</tbody></table></div>\n<dl>\n", out);
  for (size_t i = 0; i < view->count; i++)
    put_why(out, &view->row[i]);
  fputs("</dl>\n", out);
}
