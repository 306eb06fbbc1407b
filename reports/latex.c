/* latex.c -- the verdicts for a paper: booktabs tables. */
#include "reports/latex.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"

/* ---- texts, names, numbers ---- */

void latex_text(FILE *out, const char *text) {
  for (; *text; text++) {
    if (strchr("&%$#_{}", *text) != NULL)
      fprintf(out, "\\%c", *text);
    else if (strchr("~^\\<>|\"", *text) != NULL) /* as \char, whatever the font encoding */
      fprintf(out, "{\\char`\\%c}", *text);
    else
      putc(*text, out);
  }
}

void latex_name(FILE *out, const char *name, bool capital) {
  static const char *const digit[] = {"zero", "one", "two",   "three", "four",
                                      "five", "six", "seven", "eight", "nine"};
  for (; *name; name++) {
    const unsigned char c = (unsigned char)*name;
    if (isdigit(c))
      fputs(digit[c - '0'], out);
    else if (isalpha(c))
      putc(capital ? toupper(c) : c, out);
    capital = !isalnum(c);
  }
}

void latex_number(FILE *out, double x) {
  char text[TEXT_NUMBER_SIZE];
  if (isnan(x)) {
    fputs("\\mbox{--}", out);
    return;
  }
  if (isinf(x)) {
    fputs(x > 0 ? "\\infty" : "-\\infty", out);
    return;
  }
  text_number_fit(text, x, 5, TEXT_NUMBER_SIZE - 1);
  char *exponent = strchr(text, 'e');
  if (exponent == NULL) {
    fputs(text, out);
    return;
  }
  *exponent = '\0';
  fprintf(out, "%s\\cdot 10^{%d}", text, atoi(exponent + 1));
}

/* ---- claims by readings ---- */

/* The columns: at most four runs, which is what fits a page. */
#define COLUMNS_MAX 4
static size_t columns(const View *view) {
  return view->judged_count < COLUMNS_MAX ? view->judged_count : COLUMNS_MAX;
}

static void put_row(FILE *out, const View *view, const VerdictRow *first) {
  latex_text(out, first->claim);
  fputs(" & ", out);
  latex_text(out, first->title);
  fputs(" & ", out);
  latex_text(out, first->trust);
  for (size_t k = 0; k < columns(view); k++) {
    const VerdictRow *row = view_find(view, first->claim, view->judged[k].run);
    fputs(" & ", out);
    if (row == NULL) {
      fputs("--", out);
      continue;
    }
    latex_text(out, row->verdict);
    if (row->certified) fputs("$^{*}$", out);
    fputs(" & $", out);
    latex_number(out, row->slack);
    fputs("$", out);
  }
  fputs(" \\\\\n", out);
}

static void put_table(FILE *out, const View *view) {
  if (view->judged_count > COLUMNS_MAX)
    fprintf(out, "%% The first %d of %zu judged runs.\n", COLUMNS_MAX, view->judged_count);
  fputs("\\begin{tabular}{lll", out);
  for (size_t k = 0; k < columns(view); k++)
    fputs("lr", out);
  fputs("}\n\\toprule\nclaim & in words & trust", out);
  for (size_t k = 0; k < columns(view); k++) {
    fputs(" & ", out);
    latex_text(out, view->judged[k].reading);
    fputs(" & slack", out);
  }
  fputs(" \\\\\n\\midrule\n", out);
  for (size_t i = 0; i < view->verdict_count; i++)
    if (view_is_first(view, i)) put_row(out, view, &view->verdict[i]);
  fputs("\\bottomrule\n\\end{tabular}\n\n", out);
}

/* ---- a sweep: claims by verdicts, in counts ---- */

static void put_counts(FILE *out, const View *view, const VerdictRow *first) {
  size_t count[VIEW_VERDICTS + 1];
  const double slack = view_count(count, view, first->claim, first->reading);
  latex_text(out, first->claim);
  fputs(" & ", out);
  latex_text(out, first->title);
  fputs(" & ", out);
  latex_text(out, first->trust);
  for (size_t v = 0; v < VIEW_VERDICTS; v++)
    fprintf(out, " & %zu", count[v]);
  fputs(" & $", out);
  latex_number(out, slack);
  fputs("$ \\\\\n", out);
}

static void put_sweep(FILE *out, const View *view, const char *reading) {
  bool begun = false;
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (strcmp(row->reading, reading) != 0 || !view_is_first_of_reading(view, i)) continue;
    if (!begun)
      fprintf(out,
              "%% Cells of the sweep by verdict, reading %s.\n\\begin{tabular}{lllrrrrrr}\n"
              "\\toprule\nclaim & in words & trust & H & F & I & V & U & least slack \\\\\n"
              "\\midrule\n",
              reading);
    begun = true;
    put_counts(out, view, row);
  }
  if (begun) fputs("\\bottomrule\n\\end{tabular}\n\n", out);
}

/* ---- rates, what-ifs ---- */

static void put_interval(FILE *out, double low, double high) {
  fputs(" & $", out);
  latex_number(out, low);
  fputs("$ & $", out);
  latex_number(out, high);
  fputs("$", out);
}

static void put_rates(FILE *out, const RatesView *rates) {
  if (rates->count == 0) return;
  fputs(
      "% Rates and probabilities of the sweep as a whole: ratio to the rate (of a probability its "
      "limits), log-log slope.\n"
      "\\begin{tabular}{lllrrrrrr}\n\\toprule\nrate & reading & verdict & "
      "\\multicolumn{2}{c}{ratio} & slope & \\multicolumn{2}{c}{its limits} & margin \\\\\n"
      "\\midrule\n",
      out);
  for (size_t i = 0; i < rates->count; i++) {
    const RateRow *row = &rates->row[i];
    latex_text(out, row->claim);
    if (row->place[0] != '\0') fputs(" (", out);
    latex_text(out, row->place);
    fputs(row->place[0] != '\0' ? ") & " : " & ", out);
    latex_text(out, row->reading);
    fputs(" & ", out);
    latex_text(out, row->verdict);
    put_interval(out, row->ratio_low, row->ratio_high);
    fputs(" & $", out);
    latex_number(out, row->slope);
    fputs("$", out);
    put_interval(out, row->slope_low, row->slope_high);
    fputs(" & $", out);
    latex_number(out, row->margin);
    fputs("$ \\\\\n", out);
  }
  fputs("\\bottomrule\n\\end{tabular}\n\n", out);
}

static void put_what_ifs(FILE *out, const WhatIfView *view) {
  if (view->count == 0) return;
  fputs("% What-ifs: losses, what is learned, and how many claims keep the base's verdict.\n"
        "\\begin{tabular}{lrrrrllr}\n\\toprule\nwhat if & $K_1(t_1)$ & $K_2(t_1)$ & "
        "$K_1(t_1+t_2)$ & $K_2(t_1+t_2)$ & by $t_1$ & by $t_1+t_2$ & kept \\\\\n\\midrule\n",
        out);
  for (size_t k = 0; k < view->count; k++) {
    const WhatIfRow *row = &view->row[k];
    latex_text(out, row->name);
    put_interval(out, row->K1_t1, row->K2_t1);
    put_interval(out, row->K1_end, row->K2_end);
    fputs(" & ", out);
    latex_text(out, row->learned_t1);
    fputs(" & ", out);
    latex_text(out, row->learned_end);
    fprintf(out, " & %lld/%lld \\\\\n", (long long)row->kept, (long long)row->judged);
  }
  fputs("\\bottomrule\n\\end{tabular}\n\n", out);
}

/* ---- the file ---- */

static void put_tables(FILE *out, const View *view, const RatesView *rates,
                       const WhatIfView *what_ifs) {
  fputs("% The verdicts as tables: \\usepackage{booktabs}, then \\input{verdicts}.\n", out);
  if (!view_is_sweep(view)) put_table(out, view);
  for (size_t r = 0; r < sizeof readings_all / sizeof *readings_all && view_is_sweep(view); r++)
    put_sweep(out, view, reading_name(readings_all[r]));
  put_rates(out, rates);
  put_what_ifs(out, what_ifs);
}

StatusCode report_latex_table(FILE *out, Store *store, Error *err) {
  View view;
  RatesView rates = {.count = 0};
  WhatIfView what_ifs = {.count = 0};
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) code = rates_view_load(&rates, store, err);
  if (code == STATUS_OK) code = what_if_view_load(&what_ifs, store, err);
  if (code == STATUS_OK) {
    put_tables(out, &view, &rates, &what_ifs);
    code = text_flush(out, "the LaTeX tables", err);
  }
  what_if_view_clear(&what_ifs);
  rates_view_clear(&rates);
  view_clear(&view);
  return code;
}
