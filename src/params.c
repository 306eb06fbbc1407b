/* params.c -- from formulas to checked values. */
#include "src/params.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/engine.h"
#include "src/formula_value.h"

#define STEPS_MOST INT64_C(1000000000000)
#define DOUBLES_MOST (INT64_C(1) << 31)

/* ------------------------------------------------------------------------------------ tables */

const ParamInfo param_info[PARAM_COUNT] = {
#define X(key, kind, doc) {#key, PARAM_KIND_##kind, doc},
    PARAM_LIST(X)
#undef X
};

const char param_keys[] =
#define X(key, kind, doc) " " #key
    PARAM_LIST(X)
#undef X
    ;

ParamId param_find(const char *key) {
  int id = 0;
  while (id < PARAM_COUNT && strcmp(param_info[id].key, key) != 0)
    id++;
  return (ParamId)id;
}

const char *param_default(ParamId id) {
  switch (id) {
  case PARAM_balance:
    return "1/2";
  case PARAM_optimizer:
    return "sgd";
  case PARAM_attention:
    return "relu";
  default:
    return NULL;
  }
}

const Reading readings_all[4] = {{GATE_SHARED, LOSS_SEPARATE},
                                 {GATE_SPLIT, LOSS_SEPARATE},
                                 {GATE_SHARED, LOSS_JOINT},
                                 {GATE_SPLIT, LOSS_JOINT}};

/* The words of a choice, in the order of its enumeration; NULL for a key that is none. */
static const char *const *choice_words(ParamId id) {
  static const char *const gate[] = {[GATE_SHARED] = "shared", [GATE_SPLIT] = "split"};
  static const char *const loss[] = {[LOSS_SEPARATE] = "separate", [LOSS_JOINT] = "joint"};
  static const char *const optimizer[] = {[OPTIMIZER_SGD] = "sgd", [OPTIMIZER_ADAM] = "adam"};
  static const char *const attention[] = {
      [ATTENTION_RELU] = "relu", [ATTENTION_SOFTMAX] = "softmax"};
  switch (id) {
  case PARAM_gate:
    return gate;
  case PARAM_loss:
    return loss;
  case PARAM_optimizer:
    return optimizer;
  case PARAM_attention:
    return attention;
  default:
    return NULL;
  }
}

const char *reading_name(Reading reading) {
  static const char *const names[2][2] = {
      [GATE_SHARED] = {[LOSS_SEPARATE] = "shared/separate", [LOSS_JOINT] = "shared/joint"},
      [GATE_SPLIT] = {[LOSS_SEPARATE] = "split/separate", [LOSS_JOINT] = "split/joint"}};
  return names[reading.gate][reading.loss];
}

StatusCode reading_parse(Reading *out, const char *text, Error *err) {
  for (int i = 0; i < 4; i++)
    if (strcmp(reading_name(readings_all[i]), text) == 0) {
      *out = readings_all[i];
      return STATUS_OK;
    }
  return error_set(err, STATUS_USAGE, "unknown reading '%.80s', expected one of %s, %s, %s, %s",
                   text, reading_name(readings_all[0]), reading_name(readings_all[1]),
                   reading_name(readings_all[2]), reading_name(readings_all[3]));
}

/* What a number must be, besides what its kind says. expected is for the message. */
static const struct {
  double least, most;
  bool or_zero;
  const char *expected;
} ranges[PARAM_COUNT] = {
#define SCALE                                                                                      \
  { 0x1p-150, 0x1p150, true, "0 or a number from 2^-150 to 2^150" }
#define RATE                                                                                       \
  { 0x1p-100, 0x1p32, false, "a number from 2^-100 to 2^32" }
#define STEPS                                                                                      \
  { 0, (double)STEPS_MOST, true, "0 to 10^12 steps" }
#define ANY                                                                                        \
  { 0, HUGE_VAL, true, "a number >= 0" }
#define ACCURACY                                                                                   \
  { 0x1p-1022, 1, false, "a number in (0, 1]" }
    [PARAM_d] = {2, ENGINE_D_MAX, false,
                 "2 to 1024 (with d = 1 there are no two orthogonal directions z and zeta)"},
    [PARAM_N] = {1, ENGINE_N_MAX, false, "1 to 1048576"},
    [PARAM_L] = {1, 0x1p16, false, "1 to 65536"},
    [PARAM_gamma0] = SCALE,
    [PARAM_s_e] = SCALE,
    [PARAM_u] = SCALE,
    [PARAM_r] = SCALE,
    [PARAM_balance] = {0, 1, true, "a probability from 0 to 1"},
    [PARAM_tau0] = SCALE,
    [PARAM_tau_xi] = SCALE,
    [PARAM_lambda] = ANY,
    [PARAM_eta1] = RATE,
    [PARAM_eta2] = RATE,
    [PARAM_t1] = STEPS,
    [PARAM_t2] = STEPS,
    [PARAM_T2] = ANY,
    [PARAM_eps_W] = ACCURACY,
    [PARAM_eps_V] = ACCURACY,
    [PARAM_seed] = {0, HUGE_VAL, true, "a whole number from 0 to 2^63-1"},
};

/* ------------------------------------------------------------------------------------ fields */

static int64_t *integer_field(Params *params, ParamId id) {
  switch (id) {
  case PARAM_d:
    return &params->d;
  case PARAM_N:
    return &params->N;
  case PARAM_L:
    return &params->L;
  case PARAM_t1:
    return &params->t1;
  case PARAM_t2:
    return &params->t2;
  case PARAM_seed:
    return &params->seed;
  default:
    return NULL;
  }
}

static double *real_field(Params *params, ParamId id) {
  switch (id) {
#define REAL_FIELD(key)                                                                            \
  case PARAM_##key:                                                                                \
    return &params->key;
    REAL_FIELD(gamma0)
    REAL_FIELD(s_e)
    REAL_FIELD(u)
    REAL_FIELD(r)
    REAL_FIELD(balance)
    REAL_FIELD(tau0)
    REAL_FIELD(tau_xi)
    REAL_FIELD(lambda)
    REAL_FIELD(eta1)
    REAL_FIELD(eta2)
    REAL_FIELD(T2)
    REAL_FIELD(eps_W)
    REAL_FIELD(eps_V)
#undef REAL_FIELD
  default:
    return NULL;
  }
}

static int get_choice(const Params *params, ParamId id) {
  switch (id) {
  case PARAM_gate:
    return (int)params->reading.gate;
  case PARAM_loss:
    return (int)params->reading.loss;
  case PARAM_optimizer:
    return (int)params->optimizer;
  default:
    return (int)params->attention;
  }
}

bool params_set_choice(Params *params, ParamId id, const char *word) {
  const char *const *words = choice_words(id);
  int choice = 0;
  while (choice < 2 && strcmp(words[choice], word) != 0)
    choice++;
  if (choice == 2) return false;
  switch (id) {
  case PARAM_gate:
    params->reading.gate = (GateKind)choice;
    break;
  case PARAM_loss:
    params->reading.loss = (LossKind)choice;
    break;
  case PARAM_optimizer:
    params->optimizer = (OptimizerKind)choice;
    break;
  default:
    params->attention = (AttentionKind)choice;
  }
  return true;
}

bool params_value(FormulaValue *value, const Params *params, const char *name) {
  Params copy = *params; /* the field functions give writable pointers */
  ParamId id = param_find(name);
  const int64_t *integer = integer_field(&copy, id);
  const double *real = real_field(&copy, id);
  if (integer != NULL) formula_value_set_si(value, *integer);
  if (real != NULL) formula_value_set_d(value, *real);
  return integer != NULL || real != NULL;
}

void params_format(char *out, size_t size, const Params *params, ParamId id) {
  Params copy = *params;
  const int64_t *integer = integer_field(&copy, id);
  const double *real = real_field(&copy, id);
  if (integer != NULL)
    snprintf(out, size, "%" PRId64, *integer);
  else if (real != NULL)
    snprintf(out, size, "%.17g", *real);
  else
    snprintf(out, size, "%s", choice_words(id)[get_choice(params, id)]);
}

/* --------------------------------------------------------------------------------- resolving */

typedef enum { STATE_NEW, STATE_ACTIVE, STATE_DONE } State;

/* Keys are resolved in the order of their use. A formula is evaluated anew at every precision asked
   for, but once only: each value is kept with its precision, since formulas that use others twice
   would otherwise double the work at each level. */
typedef struct {
  const Instance *instance;
  Params *params;
  Formula *formula[PARAM_COUNT];
  State state[PARAM_COUNT];
  ParamId path[PARAM_COUNT], order[PARAM_COUNT]; /* keys that are active; reals that are done */
  int path_length, order_length;
  FormulaValue value[PARAM_COUNT]; /* of reals, at precision prec */
  slong prec;
} Resolver;

static FormulaOrigin origin_of(const Instance *instance, ParamId id, bool with_column) {
  return (FormulaOrigin){instance->file[id], instance->line[id],
                         with_column ? instance->column[id] : 0};
}

/* A formula's own error says where; this adds whose it is. */
static StatusCode name_error(StatusCode code, const Resolver *r, ParamId id, const char *hint,
                             Error *err) {
  if (code != STATUS_DATA) return code;
  const Error inner = *err;
  return error_set(err, code, "%.340s (in %s = %.70s)%s", inner.message, param_info[id].key,
                   r->instance->text[id], hint);
}

static StatusCode resolve_name(FormulaValue *out, const char *name, slong prec, void *context,
                               Error *err);

/* Values of all reals done so far at a precision. */
static StatusCode refresh(Resolver *r, slong prec, Error *err) {
  const FormulaScope scope = {.name = resolve_name, .context = r};
  r->prec = prec;
  for (int i = 0; i < r->order_length; i++)
    TRY(formula_eval(&r->value[r->order[i]], r->formula[r->order[i]], &scope, prec, err));
  return STATUS_OK;
}

/* FormulaScope.name; whatever the formula uses is done by now. */
static StatusCode resolve_name(FormulaValue *out, const char *name, slong prec, void *context,
                               Error *err) {
  Resolver *r = context;
  ParamId id = param_find(name);
  if (id == PARAM_COUNT)
    return error_set(err, STATUS_DATA, "unknown name '%.40s', expected one of%s", name, param_keys);
  if (param_info[id].kind == PARAM_KIND_CHOICE)
    return error_set(err, STATUS_DATA, "%s is not a number", name);
  const int64_t *integer = integer_field(r->params, id);
  if (integer != NULL) {
    formula_value_set_si(out, *integer);
    return STATUS_OK;
  }
  if (r->prec != prec) TRY(refresh(r, prec, err));
  arb_set(out->ball, r->value[id].ball);
  fmpq_set(out->exact, r->value[id].exact);
  out->is_exact = r->value[id].is_exact;
  return STATUS_OK;
}

/* "key = formula is value: expected ..." */
static StatusCode out_of_range(const Resolver *r, ParamId id, const char *expected, Error *err) {
  char value[32];
  const FormulaOrigin origin = origin_of(r->instance, id, false);
  params_format(value, sizeof value, r->params, id);
  const char *text = r->instance->text[id], *key = param_info[id].key;
  if (strcmp(text, value) == 0)
    return formula_error(err, STATUS_DATA, &origin, "%s = %s: expected %s", key, value, expected);
  return formula_error(err, STATUS_DATA, &origin, "%s = %.80s is %s: expected %s", key, text, value,
                       expected);
}

static StatusCode check_range(const Resolver *r, ParamId id, Error *err) {
  const int64_t *integer = integer_field(r->params, id);
  const double *real = real_field(r->params, id);
  double x = integer != NULL ? (double)*integer : *real; /* bounds of integers are far below 2^53 */
  if ((x >= ranges[id].least && x <= ranges[id].most) || (x == 0 && ranges[id].or_zero))
    return STATUS_OK;
  return out_of_range(r, id, ranges[id].expected, err);
}

static StatusCode cycle_error(const Resolver *r, ParamId id, Error *err) {
  char path[256];
  size_t n = 0;
  int i = 0;
  while (r->path[i] != id)
    i++;
  for (; i < r->path_length; i++)
    n += (size_t)snprintf(path + n, sizeof path - n, "%s -> ", param_info[r->path[i]].key);
  const FormulaOrigin origin = origin_of(r->instance, id, false);
  return formula_error(err, STATUS_DATA, &origin, "%s depends on itself: %s%s", param_info[id].key,
                       path, param_info[id].key);
}

static StatusCode resolve(Resolver *r, ParamId id, Error *err);

/* Resolves every key that the formula uses. */
static StatusCode resolve_names(Resolver *r, const Formula *f, Error *err) {
  if (f->kind == FORMULA_NAME) {
    ParamId id = param_find(f->text);
    if (id != PARAM_COUNT && param_info[id].kind != PARAM_KIND_CHOICE) return resolve(r, id, err);
  }
  for (size_t i = 0; i < f->child_count; i++)
    TRY(resolve_names(r, f->child[i], err));
  return STATUS_OK;
}

static StatusCode resolve_integer(Resolver *r, ParamId id, Error *err) {
  const FormulaScope scope = {.name = resolve_name, .context = r};
  int64_t *field = integer_field(r->params, id), whole;
  TRY(formula_eval_floor(field, r->formula[id], &scope, err));
  if (param_info[id].kind != PARAM_KIND_SEED) return STATUS_OK;
  FormulaValue value;
  formula_value_init(&value);
  StatusCode code = formula_eval(&value, r->formula[id], &scope, 128, err);
  if (code == STATUS_OK && !value_get_si(&whole, &value))
    code = formula_error(err, STATUS_DATA, &r->formula[id]->origin, "expected %s",
                         ranges[id].expected);
  formula_value_clear(&value);
  return code;
}

static StatusCode resolve_real(Resolver *r, ParamId id, Error *err) {
  const FormulaScope scope = {.name = resolve_name, .context = r};
  TRY(formula_eval_double(real_field(r->params, id), r->formula[id], &scope, err));
  r->order[r->order_length++] = id;
  r->prec = 0; /* the new one has no value yet */
  return STATUS_OK;
}

static StatusCode evaluate(Resolver *r, ParamId id, Error *err) {
  StatusCode code =
      integer_field(r->params, id) != NULL ? resolve_integer(r, id, err) : resolve_real(r, id, err);
  bool divides = (id == PARAM_t1 || id == PARAM_t2) && r->state[PARAM_lambda] == STATE_DONE &&
                 r->params->lambda == 0;
  return name_error(code, r, id,
                    divides ? "; with lambda = 0, t1 and t2 must be given as numbers" : "", err);
}

static StatusCode resolve(Resolver *r, ParamId id, Error *err) {
  if (r->state[id] == STATE_DONE) return STATUS_OK;
  if (r->state[id] == STATE_ACTIVE) return cycle_error(r, id, err);
  r->state[id] = STATE_ACTIVE;
  r->path[r->path_length++] = id;
  TRY(name_error(
      formula_parse(&r->formula[id], r->instance->text[id], origin_of(r->instance, id, true), err),
      r, id, "", err));
  TRY(resolve_names(r, r->formula[id], err));
  TRY(evaluate(r, id, err));
  TRY(check_range(r, id, err));
  r->path_length--;
  r->state[id] = STATE_DONE;
  return STATUS_OK;
}

static StatusCode resolve_choice(Resolver *r, ParamId id, Error *err) {
  const FormulaOrigin origin = origin_of(r->instance, id, true);
  const char *word = r->instance->text[id], *const *words = choice_words(id);
  if (params_set_choice(r->params, id, word + strspn(word, " \t"))) return STATUS_OK;
  return formula_error(err, STATUS_DATA, &origin, "%s = %.40s: expected %s or %s",
                       param_info[id].key, word, words[0], words[1]);
}

/* ------------------------------------------------------------------ what only holds together */

static StatusCode check_decay(const Resolver *r, ParamId eta_id, double eta, Error *err) {
  const FormulaOrigin origin = origin_of(r->instance, eta_id, false);
  if (eta * r->params->lambda < 1) return STATUS_OK;
  return formula_error(err, STATUS_DATA, &origin,
                       "%s*lambda = %.6g*%.6g: expected less than 1, for from there on weight "
                       "decay overshoots 0 and the "
                       "weights oscillate or diverge",
                       param_info[eta_id].key, eta, r->params->lambda);
}

static StatusCode check_together(const Resolver *r, Error *err) {
  const Params *p = r->params;
  const FormulaOrigin t2 = origin_of(r->instance, PARAM_t2, false),
                      N = origin_of(r->instance, PARAM_N, false);
  if (p->t1 + p->t2 > STEPS_MOST)
    return formula_error(err, STATUS_DATA, &t2,
                         "t1 + t2 = %" PRId64 " + %" PRId64 ": expected at most 10^12 steps", p->t1,
                         p->t2);
  if (p->N * (p->L + 1) * p->d > DOUBLES_MOST)
    return formula_error(err, STATUS_DATA, &N,
                         "N*(L+1)*d = %" PRId64 "*%" PRId64 "*%" PRId64
                         ": expected at most 2^31 numbers per block",
                         p->N, p->L + 1, p->d);
  return STATUS_OK;
}

/* Decay is checked before any formula meets a rate that is out of place and, say, takes the root of
   a negative number. */
static StatusCode resolve_rates(Resolver *r, Error *err) {
  TRY(resolve(r, PARAM_d, err)); /* the key most often changed, and the one most others use */
  TRY(resolve(r, PARAM_lambda, err));
  TRY(resolve(r, PARAM_eta1, err));
  TRY(check_decay(r, PARAM_eta1, r->params->eta1, err));
  TRY(resolve(r, PARAM_eta2, err));
  return check_decay(r, PARAM_eta2, r->params->eta2, err);
}

static StatusCode resolve_all(Resolver *r, Error *err) {
  TRY(resolve_rates(r, err));
  for (int id = 0; id < PARAM_COUNT; id++)
    if (param_info[id].kind != PARAM_KIND_CHOICE) TRY(resolve(r, (ParamId)id, err));
  for (int id = 0; id < PARAM_COUNT; id++)
    if (param_info[id].kind == PARAM_KIND_CHOICE) TRY(resolve_choice(r, (ParamId)id, err));
  return check_together(r, err);
}

StatusCode params_resolve(Params *out, const Instance *instance, Error *err) {
  Params params = {0};
  Resolver r = {.instance = instance, .params = &params};
  memcpy(params.instance, instance->name, sizeof params.instance);
  memcpy(params.family, instance->family, sizeof params.family);
  for (int id = 0; id < PARAM_COUNT; id++)
    formula_value_init(&r.value[id]);
  StatusCode code = resolve_all(&r, err);
  for (int id = 0; id < PARAM_COUNT; id++) {
    formula_value_clear(&r.value[id]);
    formula_free(r.formula[id]);
  }
  if (code == STATUS_OK) *out = params;
  return code;
}
