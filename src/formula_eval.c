/* formula_eval.c -- values of formulas, and their roundings at whatever precision decides them. */
#include "src/formula.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/formula_value.h"
#include "src/stop.h"

#define PRECISION_LEAST 128  /* where formula_eval_floor and formula_eval_double begin, */
#define PRECISION_MOST 65536 /* and where they give up */

/* A step variable of an aggregate; the innermost comes first. */
typedef struct Binding {
  const char *name;
  int64_t step;
  const struct Binding *outer;
} Binding;

typedef struct {
  const FormulaScope *scope; /* never NULL */
  slong prec;
  const Binding *binding;
  Error *err;
} Evaluation;

static StatusCode evaluate(FormulaValue *out, const Formula *f, const Evaluation *e);

/* A failure of the scope gets the place it cannot know. */
static StatusCode place_error(StatusCode code, const Formula *f, const Evaluation *e) {
  if (code != STATUS_DATA) return code;
  const Error inner = *e->err;
  return formula_error(e->err, code, &f->origin, "%s", inner.message);
}

/* ------------------------------------------------------------------------- numbers and names */

/* At most 4096 digits and an exponent of 9999 make at most 50000 bits. */
static StatusCode eval_number(FormulaValue *out, const Formula *f, const Evaluation *e) {
  size_t length = strcspn(f->text, "eE"), n = 0;
  long exponent = f->text[length] != '\0' ? strtol(f->text + length + 1, NULL, 10) : 0;
  char *digits = array_alloc(length + 1, 1);
  if (digits == NULL) return error_memory(e->err, "number");
  const char *point = memchr(f->text, '.', length);
  if (point != NULL) exponent -= (long)(f->text + length - (point + 1));
  for (size_t i = 0; i < length; i++)
    if (f->text[i] != '.') digits[n++] = f->text[i];
  fmpz_t number, scale;
  fmpz_init(number);
  fmpz_init(scale);
  bool good = fmpz_set_str(number, digits, 10) == 0;
  fmpz_ui_pow_ui(scale, 10, (ulong)labs(exponent));
  if (exponent >= 0) {
    fmpz_mul(number, number, scale);
    fmpz_one(scale);
  }
  fmpq_set_fmpz_frac(out->exact, number, scale);
  value_settle(out, e->prec);
  fmpz_clear(scale);
  fmpz_clear(number);
  free(digits);
  if (good) return STATUS_OK;
  return formula_error(e->err, STATUS_DATA, &f->origin, "expected a number, found '%.40s'",
                       f->text);
}

static StatusCode eval_name(FormulaValue *out, const Formula *f, const Evaluation *e) {
  for (const Binding *b = e->binding; b != NULL; b = b->outer)
    if (strcmp(b->name, f->text) == 0) {
      formula_value_set_si(out, b->step);
      return STATUS_OK;
    }
  if (e->scope->name == NULL)
    return formula_error(e->err, STATUS_DATA, &f->origin,
                         "unknown name '%.40s': no names are known here", f->text);
  return place_error(e->scope->name(out, f->text, e->prec, e->scope->context, e->err), f, e);
}

/* ------------------------------------------------------------------- operators and functions */

static StatusCode eval_operator(FormulaValue *out, const Formula *f, const Evaluation *e) {
  static void (*const binary[])(FormulaValue *, const FormulaValue *,
                                slong) = {[FORMULA_ADD] = value_add,
                                          [FORMULA_SUB] = value_sub,
                                          [FORMULA_MUL] = value_mul,
                                          [FORMULA_DIV] = value_div,
                                          [FORMULA_POW] = value_pow};
  FormulaValue right;
  TRY(evaluate(out, f->child[0], e));
  formula_value_init(&right);
  StatusCode code = evaluate(&right, f->child[1], e);
  if (code == STATUS_OK) {
    binary[f->kind](out, &right, e->prec);
  }
  formula_value_clear(&right);
  return code;
}

/* Parsed formulas have the right counts; edited ones may not. */
static StatusCode check_arity(const Formula *f, const Evaluation *e) {
  size_t least, most;
  if (!formula_arity(&least, &most, f->kind, f->text))
    return formula_error(e->err, STATUS_DATA, &f->origin, "unknown function '%.40s'", f->text);
  if (f->child_count >= least && f->child_count <= most) return STATUS_OK;
  return formula_error(
      e->err, STATUS_DATA, &f->origin, "expected %s%zu argument%s of %.40s, found %zu",
      least < most ? "at least " : "", least, least == 1 ? "" : "s", f->text, f->child_count);
}

static StatusCode eval_extreme(FormulaValue *out, const Formula *f, const Evaluation *e) {
  void (*choose)(FormulaValue *, FormulaValue *, slong) =
      strcmp(f->text, "max") == 0 ? value_max : value_min;
  FormulaValue other;
  TRY(evaluate(out, f->child[0], e));
  formula_value_init(&other);
  StatusCode code = STATUS_OK;
  for (size_t i = 1; i < f->child_count && code == STATUS_OK; i++) {
    code = evaluate(&other, f->child[i], e);
    if (code == STATUS_OK) choose(out, &other, e->prec);
  }
  formula_value_clear(&other);
  return code;
}

static StatusCode eval_function(FormulaValue *out, const Formula *f, const Evaluation *e) {
  static const struct {
    const char *name;
    void (*apply)(FormulaValue *, slong);
  } unary[] = {{"log", value_log},
               {"exp", value_exp},
               {"sqrt", value_sqrt},
               {"abs", value_abs},
               {"floor", value_floor}};
  TRY(check_arity(f, e));
  for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
    if (strcmp(unary[i].name, f->text) == 0) {
      TRY(evaluate(out, f->child[0], e));
      unary[i].apply(out, e->prec);
      return STATUS_OK;
    }
  return eval_extreme(out, f, e);
}

/* ---------------------------------------------------------------------------- the trajectory */

/* "found ..." for a value that cannot be what it should. */
static StatusCode wrong_value(const Formula *f, const FormulaValue *value, const char *wanted,
                              const Evaluation *e) {
  char *text =
      value->is_exact ? fmpq_get_str(NULL, 10, value->exact) : arb_get_str(value->ball, 10, 0);
  StatusCode code = formula_error(e->err, STATUS_DATA, &f->origin, "expected %s, found %s%.40s",
                                  wanted, value->is_exact ? "" : "the inexact ", text);
  flint_free(text);
  return code;
}

/* *steps, *count := the recorded steps. */
static StatusCode get_steps(const int64_t **steps, size_t *count, const Formula *f,
                            const Evaluation *e) {
  if (e->scope->steps != NULL)
    return place_error(e->scope->steps(steps, count, e->scope->context, e->err), f, e);
  return formula_error(e->err, STATUS_DATA, &f->origin,
                       "%.40s needs a trajectory, and there is none here", f->text);
}

/* Index of the first of the steps that is >= step; count if none is. */
static size_t lower_bound(const int64_t *steps, size_t count, int64_t step) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (steps[middle] < step)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static StatusCode check_recorded(const Formula *f, int64_t step, const Evaluation *e) {
  const int64_t *steps;
  size_t count;
  if (e->scope->steps == NULL) return STATUS_OK;
  TRY(get_steps(&steps, &count, f, e));
  size_t i = lower_bound(steps, count, step);
  if (i < count && steps[i] == step) return STATUS_OK;
  char before[32] = "none before", behind[32] = "none after";
  if (i > 0) snprintf(before, sizeof before, "%lld before", (long long)steps[i - 1]);
  if (i < count) snprintf(behind, sizeof behind, "%lld after", (long long)steps[i]);
  return formula_error(e->err, STATUS_DATA, &f->origin,
                       "%.40s: step %lld was not recorded (nearest: %s, %s)", f->text,
                       (long long)step, before, behind);
}

static StatusCode eval_observable(FormulaValue *out, const Formula *f, const Evaluation *e) {
  int64_t step;
  TRY(check_arity(f, e));
  if (e->scope->observable == NULL)
    return formula_error(e->err, STATUS_DATA, &f->origin,
                         "unknown function '%.40s': expected log, exp, sqrt, abs, floor, min or "
                         "max, for there are no observables here",
                         f->text);
  TRY(evaluate(out, f->child[0], e));
  if (!value_get_si(&step, out)) return wrong_value(f->child[0], out, "a whole number of steps", e);
  TRY(check_recorded(f, step, e));
  return place_error(e->scope->observable(out, f->text, step, e->prec, e->scope->context, e->err),
                     f, e);
}

/* *out := an end of a range, exactly. */
static StatusCode eval_end(fmpq_t out, const Formula *f, const Evaluation *e) {
  FormulaValue value;
  formula_value_init(&value);
  StatusCode code = evaluate(&value, f, e);
  if (code == STATUS_OK && !value.is_exact)
    code = wrong_value(f, &value, "an exact end of the range (floor() makes one)", e);
  if (code == STATUS_OK) fmpq_set(out, value.exact);
  formula_value_clear(&value);
  return code;
}

/* steps[*begin] .. steps[*end - 1] := the recorded steps from child 0 to child 1; at least one. */
static StatusCode eval_range(size_t *begin, size_t *end, const int64_t *steps, size_t count,
                             const Formula *f, const Evaluation *e) {
  fmpq_t from, to;
  fmpq_init(from);
  fmpq_init(to);
  StatusCode code = eval_end(from, f->child[0], e);
  if (code == STATUS_OK) code = eval_end(to, f->child[1], e);
  *begin = 0;
  while (*begin < count && fmpq_cmp_si(from, steps[*begin]) > 0)
    ++*begin;
  *end = *begin;
  while (*end < count && fmpq_cmp_si(to, steps[*end]) >= 0)
    ++*end;
  if (code == STATUS_OK && *begin == *end) {
    char *a = fmpq_get_str(NULL, 10, from), *b = fmpq_get_str(NULL, 10, to);
    code = formula_error(e->err, STATUS_DATA, &f->origin,
                         "%s: no step from %.40s to %.40s was recorded", f->text, a, b);
    flint_free(a);
    flint_free(b);
  }
  fmpq_clear(from);
  fmpq_clear(to);
  return code;
}

/* out := the largest (smallest) value of the body over the steps. */
static StatusCode eval_bound(FormulaValue *out, const Formula *f, const int64_t *steps,
                             size_t count, Evaluation inner, Binding *binding) {
  void (*choose)(FormulaValue *, FormulaValue *, slong) =
      strcmp(f->text, "sup") == 0 ? value_max : value_min;
  FormulaValue value;
  formula_value_init(&value);
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < count && code == STATUS_OK; i++) {
    binding->step = steps[i];
    code = evaluate(i == 0 ? out : &value, f->child[2], &inner);
    if (code == STATUS_OK && i > 0) choose(out, &value, inner.prec);
  }
  formula_value_clear(&value);
  return code;
}

/* out := the first step where the condition holds. Where the balls cannot tell, a later step must
   not pass for the first one. */
static StatusCode eval_first(FormulaValue *out, const Formula *f, const int64_t *steps,
                             size_t count, Evaluation inner, Binding *binding) {
  FormulaValue right;
  formula_value_init(&right);
  StatusCode code = STATUS_OK;
  Truth truth = TRUTH_FALSE;
  for (size_t i = 0; i < count && truth == TRUTH_FALSE && code == STATUS_OK; i++) {
    binding->step = steps[i];
    code = evaluate(out, f->child[2], &inner);
    if (code == STATUS_OK) code = evaluate(&right, f->child[3], &inner);
    if (code == STATUS_OK) truth = value_compare(out, f->relation, &right);
  }
  formula_value_clear(&right);
  if (code != STATUS_OK) return code;
  value_set_indeterminate(out);
  if (truth == TRUTH_TRUE) formula_value_set_si(out, binding->step);
  if (truth == TRUTH_FALSE) arb_pos_inf(out->ball);
  return STATUS_OK;
}

static StatusCode eval_aggregate(FormulaValue *out, const Formula *f, const Evaluation *e) {
  const int64_t *steps;
  size_t count, begin, end;
  TRY(check_arity(f, e));
  TRY(get_steps(&steps, &count, f, e));
  TRY(eval_range(&begin, &end, steps, count, f, e));
  Binding binding = {.name = f->variable, .outer = e->binding};
  Evaluation inner = *e;
  inner.binding = &binding;
  return (strcmp(f->text, "first") == 0 ? eval_first : eval_bound)(out, f, steps + begin,
                                                                   end - begin, inner, &binding);
}

/* --------------------------------------------------------------------------------- the whole */

static StatusCode evaluate(FormulaValue *out, const Formula *f, const Evaluation *e) {
  TRY(stop_check(e->err)); /* three aggregates inside one another may take hours */
  switch (f->kind) {
  case FORMULA_NUMBER:
    return eval_number(out, f, e);
  case FORMULA_NAME:
    return eval_name(out, f, e);
  case FORMULA_NEG:
    TRY(evaluate(out, f->child[0], e));
    value_neg(out, e->prec);
    return STATUS_OK;
  case FORMULA_FUNCTION:
    return eval_function(out, f, e);
  case FORMULA_OBSERVABLE:
    return eval_observable(out, f, e);
  case FORMULA_AGGREGATE:
    return eval_aggregate(out, f, e);
  default:
    return eval_operator(out, f, e);
  }
}

StatusCode formula_eval(FormulaValue *out, const Formula *formula, const FormulaScope *scope,
                        slong prec, Error *err) {
  static const FormulaScope nothing = {0};
  const Evaluation e = {.scope = scope != NULL ? scope : &nothing, .prec = prec, .err = err};
  return evaluate(out, formula, &e);
}

/* ------------------------------------------------------------------------- decided roundings */

typedef enum { ROUND_DECIDED, ROUND_OPEN, ROUND_TOO_LARGE, ROUND_TOO_SMALL } Rounding;

/* *out := value rounded, if what is known of it allows for one result only. */
typedef Rounding Round(void *out, const FormulaValue *value, slong prec);

/* low <= ball <= high, with 64 bits more than the ball has and so hardly wider. */
static void get_ends(arf_t low, arf_t high, const arb_t ball, slong prec) {
  arb_get_lbound_arf(low, ball, prec + 64);
  arb_get_ubound_arf(high, ball, prec + 64);
}

static Rounding floor_exact(int64_t *out, const fmpq_t value) {
  fmpz_t n;
  fmpz_init(n);
  fmpz_fdiv_q(n, fmpq_numref(value), fmpq_denref(value));
  bool fits = fmpz_fits_si(n);
  if (fits) *out = fmpz_get_si(n);
  fmpz_clear(n);
  return fits ? ROUND_DECIDED : ROUND_TOO_LARGE;
}

static Rounding floor_between(int64_t *out, const arf_t low, const arf_t high) {
  if (arf_cmp_d(low, 0x1p63) >= 0 || arf_cmp_d(high, -0x1p63) < 0) return ROUND_TOO_LARGE;
  if (arf_cmpabs_2exp_si(low, 63) >= 0 || arf_cmpabs_2exp_si(high, 63) >= 0) return ROUND_OPEN;
  *out = arf_get_si(low, ARF_RND_FLOOR);
  return *out == arf_get_si(high, ARF_RND_FLOOR) ? ROUND_DECIDED : ROUND_OPEN;
}

static Rounding round_floor(void *out, const FormulaValue *value, slong prec) {
  if (value->is_exact) return floor_exact(out, value->exact);
  if (!arb_is_finite(value->ball)) return ROUND_OPEN;
  arf_t low, high;
  arf_init(low);
  arf_init(high);
  get_ends(low, high, value->ball, prec);
  Rounding rounding = floor_between(out, low, high);
  arf_clear(high);
  arf_clear(low);
  return rounding;
}

static Rounding double_between(double *out, const arb_t ball, slong prec) {
  arf_t low, high;
  arf_init(low);
  arf_init(high);
  get_ends(low, high, ball, prec);
  double a = arf_get_d(low, ARF_RND_NEAR), b = arf_get_d(high, ARF_RND_NEAR);
  arf_clear(high);
  arf_clear(low);
  *out = a;
  if (a != b) return ROUND_OPEN;
  if (isinf(a)) return ROUND_TOO_LARGE;
  return fabs(a) < DBL_MIN && !arb_is_zero(ball) ? ROUND_TOO_SMALL : ROUND_DECIDED;
}

/* One precision B decides every rational p/q. Rounding to a double turns at midpoints of doubles,
   which are multiples of 2^-1075. If p/q is none of them, it is off by at least 2^-1075/q >=
   2^(-1075 - bits(q)). Both ends of the ball at B bits are off p/q by less than 2^(3 - B) |p/q| <
   2^(4 - B + bits(p) - bits(q)): the midpoint's error below an ulp, the radius not above two. That
   is less for B = bits(p) + 1200. If p/q is a midpoint, then q is a power of 2, so that B bits hold
   it and the ball has no radius. */
static Rounding double_exact(double *out, const fmpq_t value) {
  slong prec = (slong)fmpz_bits(fmpq_numref(value)) + 1200;
  arb_t ball;
  arb_init(ball);
  arb_set_fmpq(ball, value, prec);
  Rounding rounding = double_between(out, ball, prec);
  arb_clear(ball);
  return rounding;
}

static Rounding round_double(void *out, const FormulaValue *value, slong prec) {
  if (value->is_exact) return double_exact(out, value->exact);
  return arb_is_finite(value->ball) ? double_between(out, value->ball, prec) : ROUND_OPEN;
}

static StatusCode explain(const FormulaValue *value, Rounding rounding, const Formula *f,
                          const char *what, Error *err) {
  if (!arb_is_finite(value->ball))
    return formula_error(err, STATUS_DATA, &f->origin,
                         "the value is not finite: it divides by 0, leaves the domain of log, "
                         "sqrt or ^, or overflows");
  if (rounding == ROUND_TOO_SMALL)
    return formula_error(err, STATUS_DATA, &f->origin,
                         "the value is smaller in size than 2^-1022, and not 0");
  char *text = arb_get_str(value->ball, 17, ARB_STR_NO_RADIUS);
  StatusCode code =
      rounding == ROUND_TOO_LARGE
          ? formula_error(err, STATUS_DATA, &f->origin, "the value is too large: %.40s", text)
          : formula_error(err, STATUS_DATA, &f->origin,
                          "the value is so close to %.40s that %d bits do not tell its %s", text,
                          PRECISION_MOST, what);
  flint_free(text);
  return code;
}

/* *out := the formula's value rounded, at the least precision of a doubling sequence that decides
 * it. */
static StatusCode eval_rounded(void *out, Round *round, const char *what, const Formula *f,
                               const FormulaScope *scope, Error *err) {
  FormulaValue value;
  formula_value_init(&value);
  StatusCode code = STATUS_OK;
  Rounding rounding = ROUND_OPEN;
  for (slong prec = PRECISION_LEAST;
       prec <= PRECISION_MOST && rounding == ROUND_OPEN && code == STATUS_OK; prec *= 2) {
    code = formula_eval(&value, f, scope, prec, err);
    if (code == STATUS_OK) rounding = round(out, &value, prec);
  }
  if (code == STATUS_OK && rounding != ROUND_DECIDED)
    code = explain(&value, rounding, f, what, err);
  formula_value_clear(&value);
  return code;
}

StatusCode formula_eval_floor(int64_t *out, const Formula *formula, const FormulaScope *scope,
                              Error *err) {
  int64_t floor_value = 0; /* *out stays untouched on failure */
  TRY(eval_rounded(&floor_value, round_floor, "floor", formula, scope, err));
  *out = floor_value;
  return STATUS_OK;
}

StatusCode formula_eval_double(double *out, const Formula *formula, const FormulaScope *scope,
                               Error *err) {
  double nearest = 0;
  TRY(eval_rounded(&nearest, round_double, "nearest double", formula, scope, err));
  *out = nearest;
  return STATUS_OK;
}
