/* latex.c -- the verdicts for a paper: a booktabs table, and a macro for every measured number. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

/* ---- texts and names ---- */

/* Writes a clean text so that LaTeX sets it as it stands. */
static void put_text(FILE *out, const char *text) {
  for (; *text; text++) {
    if (strchr("&%$#_{}", *text) != NULL)
      fprintf(out, "\\%c", *text);
    else if (strchr("~^\\<>|\"", *text) != NULL) /* as \char, whatever the font encoding */
      fprintf(out, "{\\char`\\%c}", *text);
    else
      putc(*text, out);
  }
}

/* Writes a name as part of a command, which has letters only: the words behind the first begin with
 * a capital, the first one if asked, and digits become words. */
static void put_name(FILE *out, const char *name, bool capital) {
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

/* Five digits, as mathematics. */
static void put_number(FILE *out, double x) {
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

/* ---- the table ---- */

static bool is_first(const View *view, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (strcmp(view->verdict[k].claim, view->verdict[i].claim) == 0) return false;
  return true;
}

static const VerdictRow *find_verdict(const View *view, const char *claim, int64_t run) {
  for (size_t i = 0; i < view->verdict_count; i++)
    if (view->verdict[i].run == run && strcmp(view->verdict[i].claim, claim) == 0)
      return &view->verdict[i];
  return NULL;
}

/* The columns: at most four runs, which is what fits a page. */
#define COLUMNS_MAX 4
static size_t columns(const View *view) {
  return view->judged_count < COLUMNS_MAX ? view->judged_count : COLUMNS_MAX;
}

static void put_row(FILE *out, const View *view, const VerdictRow *first) {
  put_text(out, first->claim);
  fputs(" & ", out);
  put_text(out, first->title);
  fprintf(out, " & %s", first->trust);
  for (size_t k = 0; k < columns(view); k++) {
    const VerdictRow *row = find_verdict(view, first->claim, view->judged[k].run);
    fputs(" & ", out);
    if (row == NULL) {
      fputs("--", out);
      continue;
    }
    put_text(out, row->verdict);
    if (row->certified) fputs("$^{*}$", out);
    fputs(" & $", out);
    put_number(out, row->slack);
    fputs("$", out);
  }
  fputs(" \\\\\n", out);
}

static void put_table(FILE *out, const View *view) {
  fputs("% The verdicts as a table: \\usepackage{booktabs}, then \\input{verdicts}.\n", out);
  if (view->judged_count > COLUMNS_MAX)
    fprintf(out, "%% The first %d of %zu judged runs.\n", COLUMNS_MAX, view->judged_count);
  fputs("\\begin{tabular}{lll", out);
  for (size_t k = 0; k < columns(view); k++)
    fputs("lr", out);
  fputs("}\n\\toprule\nclaim & in words & trust", out);
  for (size_t k = 0; k < columns(view); k++) {
    fputs(" & ", out);
    put_text(out, view->judged[k].reading);
    fputs(" & slack", out);
  }
  fputs(" \\\\\n\\midrule\n", out);
  for (size_t i = 0; i < view->verdict_count; i++)
    if (is_first(view, i)) put_row(out, view, &view->verdict[i]);
  fputs("\\bottomrule\n\\end{tabular}\n", out);
}

/* ---- the macros ---- */

/* "\newcommand{\TwoStage" and the reading, unless it is the first. */
static void open_macro(FILE *out, const View *view, size_t column) {
  fputs("\\newcommand{\\TwoStage", out);
  if (column > 0) put_name(out, view->judged[column].reading, true);
}

static void number_macro(FILE *out, const View *view, size_t column, const char *name,
                         const char *what, double x) {
  open_macro(out, view, column);
  put_name(out, name, true);
  fprintf(out, "%s}{\\ensuremath{", what);
  put_number(out, x);
  fputs("}}\n", out);
}

static void verdict_macros(FILE *out, const View *view, size_t column) {
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (row->run != view->judged[column].run) continue;
    number_macro(out, view, column, row->claim, "Value", row->value_double);
    number_macro(out, view, column, row->claim, "Bound", row->bound_double);
    number_macro(out, view, column, row->claim, "Slack", row->slack);
    open_macro(out, view, column);
    put_name(out, row->claim, true);
    fputs("Verdict}{", out);
    put_text(out, row->verdict);
    fputs("}\n", out);
  }
}

/* Observables at 0, t1 and the end. */
static StatusCode observable_macros(FILE *out, const View *view, Store *store, size_t column,
                                    Error *err) {
  Trace trace;
  TRY(trace_load(&trace, store, view->judged[column].run, err));
  const Params *params = &trace.info.params;
  const struct {
    const char *name;
    int64_t step;
  } at[] = {{"AtZero", 0}, {"AtTone", params->t1}, {"AtEnd", params->t1 + params->t2}};
  for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
    const int64_t i = trace_find(&trace, at[k].step);
    for (int id = 0; id < OBSERVABLE_COUNT && i >= 0; id++)
      number_macro(out, view, column, observable_name[id], at[k].name,
                   arf_get_d(arb_midref(trace.value[id] + i), ARF_RND_NEAR));
  }
  trace_clear(&trace);
  return STATUS_OK;
}

static void parameter_macros(FILE *out, const Params *params) {
  for (int id = 0; id < PARAM_COUNT; id++) {
    char text[64];
    if (param_info[id].kind == PARAM_KIND_CHOICE) continue;
    params_format(text, sizeof text, params, (ParamId)id);
    fputs("\\newcommand{\\TwoStageParameter", out);
    put_name(out, param_info[id].key, false); /* t2 is not T2 */
    fputs("}{\\ensuremath{", out);
    if (param_info[id].kind == PARAM_KIND_REAL)
      put_number(out, strtod(text, NULL));
    else
      fputs(text, out);
    fputs("}}\n", out);
  }
}

static StatusCode put_macros(FILE *out, const View *view, Store *store, Error *err) {
  fputs("% Every measured number as a command: \\input{numbers}, then \\TwoStageKoneAtTone.\n"
        "% \\TwoStage[READING]OBSERVABLEAtZero|AtTone|AtEnd, "
        "\\TwoStage[READING]CLAIMValue|Bound|Slack|Verdict,\n"
        "% \\TwoStageParameterKEY; no READING for the first one; digits are words.\n",
        out);
  if (view->run_count > 0) parameter_macros(out, &view->run[0].params);
  for (size_t k = 0; k < columns(view); k++) {
    verdict_macros(out, view, k);
    TRY(observable_macros(out, view, store, k, err));
  }
  return STATUS_OK;
}

/* ---- the two files ---- */

StatusCode report_latex_table(FILE *out, Store *store, Error *err) {
  View view;
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) {
    put_table(out, &view);
    code = text_flush(out, "the LaTeX table", err);
  }
  view_clear(&view);
  return code;
}

StatusCode report_latex_numbers(FILE *out, Store *store, Error *err) {
  View view;
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) code = put_macros(out, &view, store, err);
  if (code == STATUS_OK) code = text_flush(out, "the LaTeX macros", err);
  view_clear(&view);
  return code;
}
