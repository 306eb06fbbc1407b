/* formula_value.c -- a ball, and the exact rational as long as it is known. */
#include "src/formula_value.h"

/* gcc 12 takes a pointer to an fmpq_t for one to its first member, once both are used, and then
   warns that it is too short for functions that take an fmpq_t. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

#define EXACT_BITS 100000 /* larger numerators and denominators are forgotten */
#define ROOT_MOST 64      /* roots of a higher degree are not tried for rationality */

/* ------------------------------------------------------------------------------------ values */

void formula_value_init(FormulaValue *value) {
  arb_init(value->ball);
  fmpq_init(value->exact);
  value->is_exact = true; /* both are 0 */
}

void formula_value_clear(FormulaValue *value) {
  arb_clear(value->ball);
  fmpq_clear(value->exact);
}

/* After value->ball was computed from something that is not known exactly. */
static void forget(FormulaValue *value) {
  fmpq_zero(value->exact);
  value->is_exact = false;
}

/* Bits of the larger of numerator and denominator. */
static flint_bitcnt_t exact_bits(const FormulaValue *value) {
  flint_bitcnt_t above = fmpz_bits(fmpq_numref(value->exact)),
                 below = fmpz_bits(fmpq_denref(value->exact));
  return above > below ? above : below;
}

void value_settle(FormulaValue *value, slong prec) {
  arb_set_fmpq(value->ball, value->exact, prec);
  value->is_exact = exact_bits(value) <= EXACT_BITS;
  if (!value->is_exact) forget(value);
}

/* Is x small enough in every way to become a rational? Asked before one of gigabytes is made. */
static bool is_moderate(const arf_t x) {
  return arf_is_zero(x) || (arf_is_finite(x) && arf_cmpabs_2exp_si(x, EXACT_BITS) < 0 &&
                            arf_cmpabs_2exp_si(x, -EXACT_BITS) > 0);
}

/* If the ball is a point of moderate size, then that is the exact value. */
static void recognise_point(FormulaValue *value) {
  if (!arb_is_exact(value->ball) || !is_moderate(arb_midref(value->ball))) {
    forget(value);
    return;
  }
  arf_get_fmpq(value->exact, arb_midref(value->ball));
  value->is_exact = exact_bits(value) <= EXACT_BITS;
  if (!value->is_exact) forget(value);
}

void formula_value_set_si(FormulaValue *value, int64_t x) {
  arb_set_si(value->ball, x);
  fmpq_set_si(value->exact, x, 1);
  value->is_exact = true;
}

void formula_value_set_d(FormulaValue *value, double x) {
  arb_set_d(value->ball, x);
  recognise_point(value);
}

void formula_value_set_arb(FormulaValue *value, const arb_t x) {
  arb_set(value->ball, x);
  forget(value);
}

void value_set_indeterminate(FormulaValue *value) {
  arb_indeterminate(value->ball);
  forget(value);
}

void value_swap(FormulaValue *a, FormulaValue *b) {
  bool is_exact = a->is_exact;
  arb_swap(a->ball, b->ball);
  fmpq_swap(a->exact, b->exact);
  a->is_exact = b->is_exact;
  b->is_exact = is_exact;
}

bool value_get_si(int64_t *out, const FormulaValue *value) {
  if (!value->is_exact || !fmpz_is_one(fmpq_denref(value->exact)) ||
      !fmpz_fits_si(fmpq_numref(value->exact)))
    return false;
  *out = fmpz_get_si(fmpq_numref(value->exact));
  return true;
}

/* -------------------------------------------------------------------------------- comparison */

/* The negated predicate must be asked for: that arb_lt does not hold certainly says nothing. */
Truth truth_compare(const arb_t x, Relation relation, const arb_t y) {
  switch (relation) {
  case RELATION_LT:
    return arb_lt(x, y) ? TRUTH_TRUE : arb_ge(x, y) ? TRUTH_FALSE : TRUTH_UNKNOWN;
  case RELATION_LE:
    return arb_le(x, y) ? TRUTH_TRUE : arb_gt(x, y) ? TRUTH_FALSE : TRUTH_UNKNOWN;
  case RELATION_GT:
    return arb_gt(x, y) ? TRUTH_TRUE : arb_le(x, y) ? TRUTH_FALSE : TRUTH_UNKNOWN;
  case RELATION_GE:
    return arb_ge(x, y) ? TRUTH_TRUE : arb_lt(x, y) ? TRUTH_FALSE : TRUTH_UNKNOWN;
  }
  return TRUTH_UNKNOWN;
}

Truth value_compare(const FormulaValue *x, Relation relation, const FormulaValue *y) {
  if (!x->is_exact || !y->is_exact) return truth_compare(x->ball, relation, y->ball);
  int sign = fmpq_cmp(x->exact, y->exact);
  bool holds = relation == RELATION_LT   ? sign < 0
               : relation == RELATION_LE ? sign <= 0
               : relation == RELATION_GT ? sign > 0
                                         : sign >= 0;
  return holds ? TRUTH_TRUE : TRUTH_FALSE;
}

/* value := other if other relation value; keeps what is known exactly when the balls can tell. */
static void choose(FormulaValue *value, Relation relation, FormulaValue *other, slong prec) {
  switch (value_compare(other, relation, value)) {
  case TRUTH_TRUE:
    value_swap(value, other);
    break;
  case TRUTH_UNKNOWN:
    (relation == RELATION_GT ? arb_max : arb_min)(value->ball, value->ball, other->ball, prec);
    forget(value);
    break;
  case TRUTH_FALSE:
    break;
  }
}

void value_max(FormulaValue *value, FormulaValue *other, slong prec) {
  choose(value, RELATION_GT, other, prec);
}

void value_min(FormulaValue *value, FormulaValue *other, slong prec) {
  choose(value, RELATION_LT, other, prec);
}

/* -------------------------------------------------------------------------------- arithmetic */

void value_add(FormulaValue *value, const FormulaValue *right, slong prec) {
  if (value->is_exact && right->is_exact) {
    fmpq_add(value->exact, value->exact, right->exact);
    value_settle(value, prec);
  } else {
    arb_add(value->ball, value->ball, right->ball, prec);
    forget(value);
  }
}

void value_sub(FormulaValue *value, const FormulaValue *right, slong prec) {
  if (value->is_exact && right->is_exact) {
    fmpq_sub(value->exact, value->exact, right->exact);
    value_settle(value, prec);
  } else {
    arb_sub(value->ball, value->ball, right->ball, prec);
    forget(value);
  }
}

void value_mul(FormulaValue *value, const FormulaValue *right, slong prec) {
  if (value->is_exact && right->is_exact) {
    fmpq_mul(value->exact, value->exact, right->exact);
    value_settle(value, prec);
  } else {
    arb_mul(value->ball, value->ball, right->ball, prec);
    forget(value);
  }
}

void value_div(FormulaValue *value, const FormulaValue *right, slong prec) {
  if (right->is_exact && fmpq_is_zero(right->exact)) {
    value_set_indeterminate(value);
  } else if (value->is_exact && right->is_exact) {
    fmpq_div(value->exact, value->exact, right->exact);
    value_settle(value, prec);
  } else {
    arb_div(value->ball, value->ball, right->ball, prec);
    forget(value);
  }
}

void value_neg(FormulaValue *value, slong prec) {
  if (value->is_exact) {
    fmpq_neg(value->exact, value->exact);
    value_settle(value, prec);
  } else {
    arb_neg(value->ball, value->ball);
  }
}

/* ------------------------------------------------------------------------------------ powers */

/* value := its k-th root if that is rational; if not, false, and value as it was. value is exact
   and >= 0. */
static bool exact_root(FormulaValue *value, slong k, slong prec) {
  fmpq_t root;
  fmpq_init(root);
  bool found = fmpz_root(fmpq_numref(root), fmpq_numref(value->exact), k) &&
               fmpz_root(fmpq_denref(root), fmpq_denref(value->exact), k);
  if (found) {
    fmpq_swap(value->exact, root);
    value_settle(value, prec);
  }
  fmpq_clear(root);
  return found;
}

/* value := value^n, unless that certainly is too large to be kept: then false, and value as it was.
   value is exact, and not 0 when n < 0. */
static bool exact_power(FormulaValue *value, const fmpz_t n, slong prec) {
  flint_bitcnt_t bits = exact_bits(value);
  if (bits <= 1) { /* -1, 0 or 1, which n only changes by being 0 or even */
    if (fmpz_is_zero(n) || (fmpq_sgn(value->exact) < 0 && fmpz_is_even(n))) fmpq_one(value->exact);
  } else { /* x has 2^(bits-1) or more above or below the bar, so x^n (bits-1) |n| bits */
    if (fmpz_bits(n) > 20 || (bits - 1) * (flint_bitcnt_t)FLINT_ABS(fmpz_get_si(n)) > EXACT_BITS)
      return false;
    fmpq_pow_si(value->exact, value->exact, fmpz_get_si(n));
  }
  value_settle(value, prec);
  return true;
}

/* value := value^n; value is not exactly 0 when n < 0. */
static void integer_power(FormulaValue *value, const fmpz_t n, slong prec) {
  if (value->is_exact && exact_power(value, n, prec)) return;
  forget(value);
  if (!arb_is_finite(value->ball)) {
    value_set_indeterminate(value); /* NaN^0 is not 1 here: nothing is known about it */
  } else if (fmpz_bits(n) <= 62) {
    arb_pow_fmpz(value->ball, value->ball, n, prec);
  } else if (arb_is_positive(
                 value->ball)) { /* one squaring for each of thousands of bits is too slow */
    arb_t exponent;
    arb_init(exponent);
    arb_set_round_fmpz(exponent, n, prec);
    arb_pow(value->ball, value->ball, exponent, prec);
    arb_clear(exponent);
  } else {
    value_set_indeterminate(value);
  }
}

/* value := value^exponent for an exponent that is not known to be an integer. */
static void real_power(FormulaValue *value, const FormulaValue *exponent, slong prec) {
  const fmpz *q = fmpq_denref(exponent->exact);
  if (!arb_is_positive(value->ball)) {
    value_set_indeterminate(value);
  } else if (!exponent->is_exact || fmpz_cmp_ui(q, ROOT_MOST) > 0) {
    arb_pow(value->ball, value->ball, exponent->ball, prec);
    forget(value);
  } else {
    if (!value->is_exact || !exact_root(value, fmpz_get_si(q), prec)) {
      arb_root_ui(value->ball, value->ball, fmpz_get_ui(q), prec);
      forget(value);
    }
    integer_power(value, fmpq_numref(exponent->exact), prec);
  }
}

void value_pow(FormulaValue *value, const FormulaValue *exponent, slong prec) {
  if (value->is_exact && fmpq_is_zero(value->exact)) {
    if (arb_is_positive(exponent->ball)) return;
    if (!exponent->is_exact || !fmpq_is_zero(exponent->exact)) {
      value_set_indeterminate(value);
      return;
    }
  }
  if (exponent->is_exact && fmpz_is_one(fmpq_denref(exponent->exact)))
    integer_power(value, fmpq_numref(exponent->exact), prec);
  else
    real_power(value, exponent, prec);
}

/* --------------------------------------------------------------------------------- functions */

void value_log(FormulaValue *value, slong prec) {
  if (value->is_exact && fmpq_is_one(value->exact)) {
    fmpq_zero(value->exact);
    value_settle(value, prec);
  } else if (value->is_exact && fmpq_sgn(value->exact) <= 0) {
    value_set_indeterminate(value);
  } else {
    arb_log(value->ball, value->ball, prec);
    forget(value);
  }
}

void value_exp(FormulaValue *value, slong prec) {
  if (value->is_exact && fmpq_is_zero(value->exact)) {
    fmpq_one(value->exact);
    value_settle(value, prec);
  } else {
    arb_exp(value->ball, value->ball, prec);
    forget(value);
  }
}

void value_sqrt(FormulaValue *value, slong prec) {
  if (value->is_exact && fmpq_sgn(value->exact) < 0) {
    value_set_indeterminate(value);
  } else if (!value->is_exact || !exact_root(value, 2, prec)) {
    arb_sqrt(value->ball, value->ball, prec);
    forget(value);
  }
}

void value_abs(FormulaValue *value, slong prec) {
  if (value->is_exact && fmpq_sgn(value->exact) < 0) {
    value_neg(value, prec);
  } else if (!value->is_exact) {
    if (arb_is_negative(value->ball))
      arb_neg(value->ball, value->ball);
    else
      arb_abs(value->ball, value->ball);
  }
}

void value_floor(FormulaValue *value, slong prec) {
  if (value->is_exact) {
    fmpz_fdiv_q(fmpq_numref(value->exact), fmpq_numref(value->exact), fmpq_denref(value->exact));
    fmpz_one(fmpq_denref(value->exact));
    value_settle(value, prec);
  } else {
    arb_floor(value->ball, value->ball, prec);
    recognise_point(value); /* both ends have the same floor: then it is that one */
  }
}
