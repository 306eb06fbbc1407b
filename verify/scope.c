/* scope.c -- what the names in a claim's formulas mean on one run. */
#include "verify/scope.h"

#include <stdlib.h>
#include <string.h>

#include "src/observe.h"
#include "src/spectrum_ball.h"

/* --------------------------------------------------------------------- names, before any run */

typedef enum {
  WORD_SHARED,
  WORD_SPLIT,
  WORD_SEPARATE,
  WORD_JOINT,
  WORD_SGD,
  WORD_ADAM,
  WORD_RELU,
  WORD_SOFTMAX,
  WORD_COUNT
} ChoiceWord;
static const char *const choice_word[WORD_COUNT] = {"shared", "split", "separate", "joint",
                                                    "sgd",    "adam",  "relu",     "softmax"};

/* The word of that name, or WORD_COUNT. */
static ChoiceWord find_word(const char *name) {
  int word = 0;
  while (word < WORD_COUNT && strcmp(choice_word[word], name) != 0)
    word++;
  return (ChoiceWord)word;
}

/* Choices are words, not numbers: formulas use the words instead. */
static bool is_parameter(const char *name) {
  for (int id = 0; id < PARAM_COUNT; id++)
    if (strcmp(param_info[id].key, name) == 0) return param_info[id].kind != PARAM_KIND_CHOICE;
  return false;
}

static bool is_measure(const char *name) {
  return strcmp(name, "value") == 0 || strcmp(name, "bound") == 0;
}

bool scope_knows(const char *name, const Claim *claim, size_t constant_count, bool in_vacuous) {
  for (size_t i = 0; i < constant_count; i++)
    if (claim->constant[i].name && strcmp(claim->constant[i].name, name) == 0) return true;
  return is_parameter(name) || find_word(name) != WORD_COUNT || (in_vacuous && is_measure(name));
}

void scope_offer(Near *near, const Claim *claim, size_t constant_count) {
  for (int id = 0; id < PARAM_COUNT; id++)
    if (param_info[id].kind != PARAM_KIND_CHOICE) near_offer(near, param_info[id].key);
  for (int word = 0; word < WORD_COUNT; word++)
    near_offer(near, choice_word[word]);
  for (size_t i = 0; i < constant_count; i++)
    if (claim->constant[i].name) near_offer(near, claim->constant[i].name);
}

bool scope_reserves(const char *name) {
  size_t least, most;
  return is_parameter(name) || find_word(name) != WORD_COUNT || is_measure(name) ||
         !formula_arity(&least, &most, FORMULA_OBSERVABLE, name);
}

/* ----------------------------------------------------------------------------------- on a run */

static void set_value(FormulaValue *out, const FormulaValue *value) {
  arb_set(out->ball, value->ball);
  fmpq_set(out->exact, value->exact);
  out->is_exact = value->is_exact;
}

static bool word_applies(ChoiceWord word, const Params *params) {
  switch (word) {
  case WORD_SHARED:
    return params->reading.gate == GATE_SHARED;
  case WORD_SPLIT:
    return params->reading.gate == GATE_SPLIT;
  case WORD_SEPARATE:
    return params->reading.loss == LOSS_SEPARATE;
  case WORD_JOINT:
    return params->reading.loss == LOSS_JOINT;
  case WORD_SGD:
    return params->optimizer == OPTIMIZER_SGD;
  case WORD_ADAM:
    return params->optimizer == OPTIMIZER_ADAM;
  case WORD_RELU:
    return params->attention == ATTENTION_RELU;
  default:
    return params->attention == ATTENTION_SOFTMAX;
  }
}

static StatusCode name_value(FormulaValue *out, const char *name, slong prec, void *context,
                             Error *err) {
  const Scope *scope = context;
  (void)prec; /* parameters are exact, constants and measures have their precision */
  for (size_t i = 0; i < scope->constant_count; i++) {
    if (strcmp(scope->claim->constant[i].name, name) != 0) continue;
    set_value(out, &scope->constant[i]);
    return STATUS_OK;
  }
  if (scope->measured && is_measure(name)) {
    set_value(out, name[0] == 'v' ? &scope->value : &scope->bound);
    return STATUS_OK;
  }
  const ChoiceWord word = find_word(name);
  if (word != WORD_COUNT) {
    formula_value_set_si(out, word_applies(word, &scope->trace->info.params));
    return STATUS_OK;
  }
  if (params_value(out, &scope->trace->info.params, name)) return STATUS_OK;
  return error_set(err, STATUS_DATA, "'%.40s' has no value here", name);
}

/* A moment at a step where it was not measured may be known by an identity. */
static StatusCode identity_value(FormulaValue *out, const char *name, int64_t step,
                                 const Trace *trace, Error *err) {
  const int same = moment_identity((MomentId)moment_find(name));
  const int64_t at = trace_find(trace, step);
  if (same >= 0 && at >= 0) {
    formula_value_set_arb(out, trace->value[same] + at);
    return STATUS_OK;
  }
  if (same >= 0)
    return error_set(err, STATUS_DATA, "%.40s: step %lld was not recorded", name, (long long)step);
  if (trace->info.params.d > SPECTRUM_BALL_MAX)
    return error_set(err, STATUS_DATA, "%.40s is measured for d up to %d only, and d is %lld", name,
                     SPECTRUM_BALL_MAX, (long long)trace->info.params.d);
  return error_set(err, STATUS_DATA, "%.40s: step %lld is not a named one (0, t1, t1 + t2)", name,
                   (long long)step);
}

static StatusCode moment_value(FormulaValue *out, const char *name, int64_t step, Scope *scope,
                               Error *err) {
  const Trace *trace = scope->trace;
  const int id = moment_find(name);
  if (id < 0) return error_set(err, STATUS_DATA, "unknown observable '%.40s'", name);
  const int64_t at = trace->info.params.d > SPECTRUM_BALL_MAX ? -1 : trace_find_moment(trace, step);
  if (at < 0) return identity_value(out, name, step, trace, err);
  formula_value_set_arb(out, trace->moment[id] + at);
  if (!arb_is_finite(out->ball)) scope->top_unknown = true;
  return STATUS_OK;
}

static StatusCode observable_value(FormulaValue *out, const char *name, int64_t step, slong prec,
                                   void *context, Error *err) {
  Scope *scope = context;
  (void)prec; /* what was recorded has the precision it has */
  const int id = observable_find(name);
  if (id < 0) return moment_value(out, name, step, scope, err);
  const int64_t at = trace_find(scope->trace, step);
  if (at < 0)
    return error_set(err, STATUS_DATA, "%.40s: step %lld was not recorded", name, (long long)step);
  formula_value_set_arb(out, scope->trace->value[id] + at);
  return STATUS_OK;
}

static StatusCode recorded_steps(const int64_t **steps, size_t *count, void *context, Error *err) {
  const Scope *scope = context;
  (void)err; /* there is nothing to fail */
  *steps = scope->trace->step;
  *count = scope->trace->count;
  return STATUS_OK;
}

StatusCode scope_open(Scope *out, const Claim *claim, const Trace *trace, slong prec, Error *err) {
  *out = (Scope){.trace = trace, .claim = claim};
  out->formula_scope = (FormulaScope){name_value, observable_value, recorded_steps, out};
  formula_value_init(&out->value);
  formula_value_init(&out->bound);
  out->constant = array_alloc(claim->constant_count, sizeof *out->constant);
  if (!out->constant) return error_memory(err, "constants of a claim");
  for (size_t i = 0; i < claim->constant_count; i++) {
    /* Into a value of its own, which becomes visible to the next constants only when it is there.
     */
    formula_value_init(&out->constant[i]);
    const StatusCode code =
        formula_eval(&out->constant[i], claim->constant[i].value, &out->formula_scope, prec, err);
    if (code != STATUS_OK) {
      formula_value_clear(&out->constant[i]);
      return code;
    }
    out->constant_count = i + 1;
  }
  return STATUS_OK;
}

void scope_close(Scope *scope) {
  for (size_t i = 0; i < scope->constant_count; i++)
    formula_value_clear(&scope->constant[i]);
  free(scope->constant);
  formula_value_clear(&scope->value);
  formula_value_clear(&scope->bound);
}

StatusCode scope_measure(Scope *scope, slong prec, Error *err) {
  TRY(formula_eval(&scope->value, scope->claim->observable, &scope->formula_scope, prec, err));
  TRY(formula_eval(&scope->bound, scope->claim->bound, &scope->formula_scope, prec, err));
  scope->measured = true;
  return STATUS_OK;
}
