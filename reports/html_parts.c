/* html_parts.c -- tables, cells, verdicts and formulas of the HTML page. */
#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/markup.h"
#include "reports/mathml.h"
#include "reports/text.h"

void html_open_table(FILE *out, const char *caption, const char *about,
                     const char *const *heading) {
  markup_format(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s%s%s\">"
                "<table class=\"sortable\"><caption>%s</caption><thead><tr>",
                caption, *about != '\0' ? ": " : "", about, caption);
  for (; *heading != NULL; heading++)
    markup_format(out, "<th scope=\"col\">%s</th>", *heading);
  fputs("</tr></thead><tbody>\n", out);
}

void html_close_table(FILE *out) {
  fputs("</tbody></table></div>\n", out);
}

void html_text_cell(FILE *out, const char *text) {
  markup_format(out, "<td>%s</td>", text);
}

void html_number_cell(FILE *out, double x) {
  char text[TEXT_NUMBER_SIZE];
  text_number_fit(text, x, 5, 12);
  fprintf(out, "<td class=\"number\">%s</td>", text);
}

void html_interval_cell(FILE *out, double low, double high) {
  char a[TEXT_NUMBER_SIZE], b[TEXT_NUMBER_SIZE];
  text_number_fit(a, low, 3, 10);
  text_number_fit(b, high, 3, 10);
  fprintf(out, "<td class=\"number\">%s", a);
  if (!isnan(low)) fprintf(out, " … %s", b);
  fputs("</td>", out);
}

void html_count_cell(FILE *out, size_t count) {
  fprintf(out, "<td class=\"number\">%zu</td>", count);
}

void html_verdict(FILE *out, const char *verdict) {
  const bool known = view_word(verdict) < VIEW_VERDICTS;
  markup_format(out, "<span class=\"verdict %s\">%s</span>", known ? verdict : "", verdict);
}

/* What is longer is wider than a page when set in one line; as text it is broken. */
#define SET_MAX 110

StatusCode html_formula(FILE *out, const char *name, const char *formula, Error *err) {
  bool set = false;
  markup_format(out,
                "<div class=\"scroll formula\" tabindex=\"0\" role=\"region\" "
                "aria-label=\"formula of %s\">",
                name);
  if (strlen(formula) <= SET_MAX) TRY(mathml_statement(&set, out, formula, err));
  markup_format(out, set ? "</div><code class=\"soft\">%s</code>" : "<code>%s</code></div>",
                formula);
  return STATUS_OK;
}
