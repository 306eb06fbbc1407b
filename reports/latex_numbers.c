/* latex_numbers.c -- every measured number for a paper: a macro each. */
#include <arf.h>
#include <stdlib.h>
#include <string.h>

#include "reports/latex.h"
#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"

/* A macro's name is \TwoStage, a place, and a name. The place of a judged run: nothing for the
 * first one and the reading for another; in a sweep, where many have one reading, its number. */
#define PLACE_SIZE 64
static void place_of(char out[PLACE_SIZE], const View *view, size_t column) {
  out[0] = '\0';
  if (view_is_sweep(view))
    snprintf(out, PLACE_SIZE, "Cell%zu", column + 1);
  else if (column > 0)
    snprintf(out, PLACE_SIZE, "%s", view->judged[column].reading);
}

static void open_macro(FILE *out, const char *place, const char *name, const char *what) {
  fputs("\\newcommand{\\TwoStage", out);
  latex_name(out, place, true);
  latex_name(out, name, true);
  fprintf(out, "%s}{", what);
}

static void number_macro(FILE *out, const char *place, const char *name, const char *what,
                         double x) {
  open_macro(out, place, name, what);
  fputs("\\ensuremath{", out);
  latex_number(out, x);
  fputs("}}\n", out);
}

static void text_macro(FILE *out, const char *place, const char *name, const char *what,
                       const char *text) {
  open_macro(out, place, name, what);
  latex_text(out, text);
  fputs("}\n", out);
}

static void verdict_macros(FILE *out, const View *view, size_t column, const char *place) {
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (row->run != view->judged[column].run) continue;
    number_macro(out, place, row->claim, "Value", row->value_double);
    number_macro(out, place, row->claim, "Bound", row->bound_double);
    number_macro(out, place, row->claim, "Slack", row->slack);
    text_macro(out, place, row->claim, "Verdict", row->verdict);
  }
}

/* Observables at 0, t1 and the end. */
static StatusCode observable_macros(FILE *out, Store *store, int64_t run, const char *place,
                                    Error *err) {
  Trace trace;
  TRY(trace_load(&trace, store, run, err));
  const Params *params = &trace.info.params;
  const struct {
    const char *name;
    int64_t step;
  } at[] = {{"AtZero", 0}, {"AtTone", params->t1}, {"AtEnd", params->t1 + params->t2}};
  for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
    const int64_t i = trace_find(&trace, at[k].step);
    for (int id = 0; id < OBSERVABLE_COUNT && i >= 0; id++)
      number_macro(out, place, observable_name[id], at[k].name,
                   arf_get_d(arb_midref(trace.value[id] + i), ARF_RND_NEAR));
  }
  trace_clear(&trace);
  return STATUS_OK;
}

static StatusCode run_macros(FILE *out, const View *view, Store *store, Error *err) {
  for (size_t k = 0; k < view->judged_count; k++) {
    char place[PLACE_SIZE];
    place_of(place, view, k);
    if (place[0] != '\0') {
      fputs("% ", out);
      latex_name(out, place, true);
      fputs(": ", out);
      latex_text(out, view->judged[k].place);
      putc('\n', out);
    }
    verdict_macros(out, view, k, place);
    TRY(observable_macros(out, store, view->judged[k].run, place, err));
  }
  return STATUS_OK;
}

static void parameter_macros(FILE *out, const Params *params) {
  for (int id = 0; id < PARAM_COUNT; id++) {
    char text[64];
    if (param_info[id].kind == PARAM_KIND_CHOICE) continue;
    params_format(text, sizeof text, params, (ParamId)id);
    fputs("\\newcommand{\\TwoStageParameter", out);
    latex_name(out, param_info[id].key, false); /* t2 is not T2 */
    fputs("}{\\ensuremath{", out);
    if (param_info[id].kind == PARAM_KIND_REAL)
      latex_number(out, strtod(text, NULL));
    else
      fputs(text, out);
    fputs("}}\n", out);
  }
}

/* Several verdicts on one rate, of other readings or places, are told apart by a number. */
static void rate_macros(FILE *out, const RatesView *rates) {
  for (size_t i = 0; i < rates->count; i++) {
    const RateRow *row = &rates->row[i];
    char name[128];
    size_t same = 1;
    for (size_t k = 0; k < i; k++)
      same += strcmp(rates->row[k].claim, row->claim) == 0;
    snprintf(name, sizeof name, same == 1 ? "%s" : "%s-Case%zu", row->claim, same);
    fputs("% Rate", out);
    latex_name(out, name, true);
    fputs(": ", out);
    latex_text(out, row->reading);
    putc(' ', out);
    latex_text(out, row->place);
    putc('\n', out);
    const struct {
      const char *what;
      double value;
    } number[] = {{"RatioLow", row->ratio_low},   {"RatioHigh", row->ratio_high},
                  {"Slope", row->slope},          {"SlopeLow", row->slope_low},
                  {"SlopeHigh", row->slope_high}, {"Margin", row->margin}};
    for (size_t k = 0; k < sizeof number / sizeof *number; k++)
      number_macro(out, "Rate", name, number[k].what, number[k].value);
    text_macro(out, "Rate", name, "Verdict", row->verdict);
  }
}

static void what_if_macros(FILE *out, const WhatIfView *view) {
  for (size_t k = 0; k < view->count; k++) {
    const WhatIfRow *row = &view->row[k];
    number_macro(out, "WhatIf", row->name, "KoneAtTone", row->K1_t1);
    number_macro(out, "WhatIf", row->name, "KtwoAtTone", row->K2_t1);
    number_macro(out, "WhatIf", row->name, "KoneAtEnd", row->K1_end);
    number_macro(out, "WhatIf", row->name, "KtwoAtEnd", row->K2_end);
    number_macro(out, "WhatIf", row->name, "Kept", (double)row->kept);
    number_macro(out, "WhatIf", row->name, "Judged", (double)row->judged);
    text_macro(out, "WhatIf", row->name, "Learned", row->learned_end);
  }
}

static StatusCode put_macros(FILE *out, const View *view, Store *store, Error *err) {
  RatesView rates = {.count = 0};
  WhatIfView what_ifs = {.count = 0};
  fputs("% Every measured number as a command: \\input{numbers}, then \\TwoStageKoneAtTone.\n"
        "% \\TwoStage[PLACE]OBSERVABLEAtZero|AtTone|AtEnd, "
        "\\TwoStage[PLACE]CLAIMValue|Bound|Slack|Verdict,\n"
        "% \\TwoStageParameterKEY, "
        "\\TwoStageRateIDRatioLow|RatioHigh|Slope|SlopeLow|SlopeHigh|Margin|Verdict,\n"
        "% \\TwoStageWhatIfNAMEKoneAtTone|KtwoAtTone|KoneAtEnd|KtwoAtEnd|Kept|Judged|Learned.\n"
        "% Digits are words. PLACE: the reading, none for the first one; of a sweep its cells.\n",
        out);
  if (view->run_count > 0) parameter_macros(out, &view->run[0].params);
  TRY(run_macros(out, view, store, err));
  StatusCode code = rates_view_load(&rates, store, err);
  if (code == STATUS_OK) code = what_if_view_load(&what_ifs, store, err);
  if (code == STATUS_OK) {
    rate_macros(out, &rates);
    what_if_macros(out, &what_ifs);
  }
  what_if_view_clear(&what_ifs);
  rates_view_clear(&rates);
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
