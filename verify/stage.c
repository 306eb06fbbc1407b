/* stage.c -- when a run learned what. */
#include "verify/stage.h"

#include <math.h>

#include "verify/scope.h"

#define WINDOW 16 /* of t1: the window of the crossing is one part in so many */
#define EXTRA_BITS 64

static double number(const arb_t x) {
  return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* A formula that has no value on this run is no failure of ours. */
static StatusCode has_no_value(double *out, StatusCode code) {
  *out = NAN;
  return code == STATUS_DATA ? STATUS_OK : code;
}

StatusCode stage_observable(double *out, const Claim *claim, const Trace *trace, Error *err) {
  const slong prec = (slong)trace->info.precision + EXTRA_BITS;
  Scope scope;
  FormulaValue value;
  formula_value_init(&value);
  StatusCode code = scope_open(&scope, claim, trace, prec, err);
  if (code == STATUS_OK)
    code = formula_eval(&value, claim->observable, &scope.formula_scope, prec, err);
  if (code == STATUS_OK)
    *out = number(value.ball);
  else
    code = has_no_value(out, code);
  scope_close(&scope);
  formula_value_clear(&value);
  return code;
}

double stage_crossing(const Trace *trace) {
  const int64_t part = trace->info.params.t1 / WINDOW, window = part > 1 ? part : 1;
  size_t end = 0;
  for (size_t i = 0; i < trace->count; i++) {
    while (end < trace->count && trace->step[end] < trace->step[i] + window)
      end++;
    if (end == trace->count) break;
    const double fall_1 = number(trace->value[OBS_K1] + i) - number(trace->value[OBS_K1] + end);
    const double fall_2 = number(trace->value[OBS_K2] + i) - number(trace->value[OBS_K2] + end);
    if (fall_2 > fmax(fall_1, 0)) return (double)trace->step[i];
  }
  return INFINITY;
}

StatusCode stage_times(StageTimes *out, const ClaimSet *claims, const Trace *trace, Error *err) {
  const Params *params = &trace->info.params;
  const Claim *claim_P = claims_find(claims, "T1.time.P");
  const Claim *claim_Q = claims_find(claims, "T1.time.Q");
  *out = (StageTimes){.scale = 1 / (4 * params->eta1 * params->lambda),
                      .t_P = NAN,
                      .t_Q = NAN,
                      .t_X = stage_crossing(trace)};
  if (claim_P != NULL) TRY(stage_observable(&out->t_P, claim_P, trace, err));
  if (claim_Q != NULL) TRY(stage_observable(&out->t_Q, claim_Q, trace, err));
  return STATUS_OK;
}
