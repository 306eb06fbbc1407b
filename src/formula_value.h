/* formula_value.h -- arithmetic on the values of formulas; part of formula_eval.c's inside.
 *
 * Each operation replaces value by the result. The operands are different objects, so Arb takes
 * them as two unknowns, which is what two operands are. Outside its domain an operation gives an
 * indeterminate ball (NaN).
 */
#ifndef SRC_FORMULA_VALUE_H
#define SRC_FORMULA_VALUE_H

#include "src/formula.h"

void value_add(FormulaValue *value, const FormulaValue *right, slong prec);
void value_sub(FormulaValue *value, const FormulaValue *right, slong prec);
void value_mul(FormulaValue *value, const FormulaValue *right, slong prec);
void value_div(FormulaValue *value, const FormulaValue *right, slong prec);
/* x^0 = 1 for every finite x, 0^y = 0 for y > 0. Of a negative number only integer powers exist. */
void value_pow(FormulaValue *value, const FormulaValue *exponent, slong prec);
/* value := the larger (smaller) of the two; *other is changed. */
void value_max(FormulaValue *value, FormulaValue *other, slong prec);
void value_min(FormulaValue *value, FormulaValue *other, slong prec);

void value_neg(FormulaValue *value, slong prec);
void value_log(FormulaValue *value, slong prec);
void value_exp(FormulaValue *value, slong prec);
void value_sqrt(FormulaValue *value, slong prec);
void value_abs(FormulaValue *value, slong prec);
void value_floor(FormulaValue *value, slong prec);

void value_swap(FormulaValue *a, FormulaValue *b);
void value_set_indeterminate(FormulaValue *value);
/* value := value->exact, whose ball has not been computed yet. */
void value_settle(FormulaValue *value, slong prec);
/* x relation y, by the exact values if both are known. */
Truth value_compare(const FormulaValue *x, Relation relation, const FormulaValue *y);
/* *out := the value if it is known to be a whole number of 64 bits. */
MUST_CHECK bool value_get_si(int64_t *out, const FormulaValue *value);

#endif
