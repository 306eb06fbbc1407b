/* test_formula_trajectory.c -- names, observables and aggregates: formulas within a scope. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/formula.h"
#include "tests/support.h"

static const FormulaOrigin here = {"F", 3, 1};

/* ---- a trajectory ---- */

/* K falls, exactly known: 8, 7, 5, 5, 2, 1. N is known at step 5 up to 3 only. X is NaN at step 2.
 */
static const int64_t steps[] = {0, 1, 2, 5, 10, 20};
static const double K[] = {8, 7, 5, 5, 2, 1};
#define STEP_COUNT (sizeof steps / sizeof *steps)

static StatusCode get_name(FormulaValue *out, const char *name, slong prec, void *context,
                           Error *err) {
  (void)prec, (void)context;
  if (strcmp(name, "t1") == 0) {
    formula_value_set_si(out, 5);
  } else if (strcmp(name, "s") == 0) {
    formula_value_set_si(out, 1000);
  } else if (strcmp(name, "about5") == 0) {
    arb_set_si(out->ball, 5);
    formula_value_set_arb(out, out->ball);
  } else {
    return error_set(err, STATUS_DATA, "unknown name '%s', expected t1, s or about5", name);
  }
  return STATUS_OK;
}

static StatusCode get_observable(FormulaValue *out, const char *name, int64_t step, slong prec,
                                 void *context, Error *err) {
  (void)prec, (void)context;
  size_t i = 0;
  while (steps[i] != step)
    i++;
  if (strlen(name) != 1 || strchr("KNX", *name) == NULL)
    return error_set(err, STATUS_DATA, "unknown observable '%s', expected K, N or X", name);
  formula_value_set_d(out, *name == 'X' && i == 2 ? NAN : K[i]);
  if (*name == 'N' && i == 3) {
    arb_set_si(out->ball, 3);
    arb_add_error(out->ball, out->ball); /* 3 +- 3 */
  }
  formula_value_set_arb(out, out->ball);
  return STATUS_OK;
}

static StatusCode get_steps(const int64_t **out, size_t *count, void *context, Error *err) {
  (void)context, (void)err;
  *out = steps;
  *count = STEP_COUNT;
  return STATUS_OK;
}

static const FormulaScope run = {
    .name = get_name, .observable = get_observable, .steps = get_steps};

/* ---- what is asserted ---- */

typedef enum { IS_EXACT, IS_BALL, IS_NAN, IS_INFINITE } What;

static void assert_value(const char *text, What what, double expected) {
  Formula *f;
  FormulaValue value;
  Error err = {0};
  support_ok(formula_parse(&f, text, here, &err), &err);
  formula_value_init(&value);
  support_ok(formula_eval(&value, f, &run, 64, &err), &err);
  double middle = arf_get_d(arb_midref(value.ball), ARF_RND_NEAR),
         radius = mag_get_d(arb_radref(value.ball));
  bool good = what == IS_EXACT  ? value.is_exact && middle == expected
              : what == IS_BALL ? !value.is_exact && arb_is_finite(value.ball) && middle == expected
              : what == IS_NAN  ? !value.is_exact && isnan(middle)
                                : !value.is_exact && middle == INFINITY && radius == 0;
  cr_assert(good, "'%s' is %g +- %g (exact: %d), expected %s %g", text, middle, radius,
            value.is_exact,
            what == IS_EXACT  ? "exactly"
            : what == IS_BALL ? "a ball around"
            : what == IS_NAN  ? "NaN;"
                              : "+inf;",
            expected);
  formula_value_clear(&value);
  formula_free(f);
}

static void assert_refused_in(const FormulaScope *scope, const char *text, const char *expected) {
  Formula *f;
  FormulaValue value;
  Error err = {0};
  support_ok(formula_parse(&f, text, here, &err), &err);
  formula_value_init(&value);
  StatusCode code = formula_eval(&value, f, scope, 64, &err);
  cr_assert(code == STATUS_DATA && strcmp(err.message, expected) == 0,
            "'%s' gives status %d,\n%s\nexpected %d,\n%s", text, code, err.message, STATUS_DATA,
            expected);
  formula_value_clear(&value);
  formula_free(f);
}

/* ---- observables ---- */

Test(formula_scope, observables) {
  assert_value("K(0)", IS_BALL, 8);
  assert_value("K(t1) - K(2*t1)", IS_BALL, 3);
  assert_value("K(floor(t1*2.1))", IS_BALL, 2);
  assert_value("K(t1)*t1", IS_BALL, 25);
  assert_refused_in(&run, "1+K(3)",
                    "F:3:3: K: step 3 was not recorded (nearest: 2 before, 5 after)");
  assert_refused_in(&run, "K(21)",
                    "F:3:1: K: step 21 was not recorded (nearest: 20 before, none after)");
  assert_refused_in(&run, "K(-1)",
                    "F:3:1: K: step -1 was not recorded (nearest: none before, 0 after)");
  assert_refused_in(&run, "K(t1/2)", "F:3:3: expected a whole number of steps, found 5/2");
  assert_refused_in(&run, "K(about5)",
                    "F:3:3: expected a whole number of steps, found the inexact 5.000000000");
  assert_refused_in(
      &run, "K(10^30)",
      "F:3:3: expected a whole number of steps, found 1000000000000000000000000000000");
  assert_refused_in(&run, "1 + ln(5)", "F:3:5: unknown observable 'ln', expected K, N or X");
  assert_refused_in(&run, "1 + T1", "F:3:5: unknown name 'T1', expected t1, s or about5");
}

Test(formula_scope, nothing_known) {
  const FormulaScope nothing = {0};
  const char *const unknown = "F:3:1: unknown function 'ln': expected log, exp, sqrt, abs, floor, "
                              "min or max, for there are no "
                              "observables here";
  assert_refused_in(NULL, "2*x", "F:3:3: unknown name 'x': no names are known here");
  assert_refused_in(&nothing, "2*x", "F:3:3: unknown name 'x': no names are known here");
  assert_refused_in(NULL, "ln(2)", unknown);
  assert_refused_in(NULL, "sup(s, 0, 1, s)",
                    "F:3:1: sup needs a trajectory, and there is none here");
}

/* ---- aggregates ---- */

Test(formula_scope, sup_and_inf) {
  assert_value("sup(s, 0, 20, s)", IS_EXACT, 20);
  assert_value("inf(s, 1, 20, s)", IS_EXACT, 1);
  assert_value("sup(s, 3, 19, s)", IS_EXACT, 10); /* ends need not be recorded */
  assert_value("inf(s, 2.5, t1+0.5, s)", IS_EXACT, 5);
  assert_value("sup(s, 0, 20, K(s))", IS_BALL, 8);
  assert_value("inf(s, 0, 20, K(s))", IS_BALL, 1);
  assert_value("sup(s, 1, 20, s*K(s))", IS_BALL, 25);
  assert_value("sup(s, 0, 20, X(s))", IS_NAN, 0);
  assert_value("inf(s, 0, 20, X(s))", IS_NAN, 0);
  assert_value("inf(s, t1, 20, X(s))", IS_BALL, 1);
  assert_value("sup(s, 5, 5, N(s))", IS_BALL, 3);
  assert_value("sup(s, 0, 20, 7)", IS_EXACT, 7);
}

Test(formula_scope, first) {
  assert_value("first(s, 0, 20, K(s) < 6)", IS_EXACT, 2);
  assert_value("first(s, 0, 20, K(s) <= 7)", IS_EXACT, 1);
  assert_value("first(s, 0, 20, 6 > K(s))", IS_EXACT, 2);
  assert_value("first(s, 0, 20, 7 >= K(s))", IS_EXACT, 1);
  assert_value("first(s, 3, 20, K(s) < 6)", IS_EXACT, 5);
  assert_value("first(s, 0, 20, s > 1/3)", IS_EXACT, 1);
  assert_value("first(s, 0, 20, s >= 5)", IS_EXACT, 5);
  assert_value("first(s, 0, 20, 5 <= s)", IS_EXACT, 5);
  assert_value("first(s, 0, 20, s > 5)", IS_EXACT, 10);
  assert_value("first(s, 0, 20, 5 < s)", IS_EXACT, 10);
  assert_value("first(s, 0, 20, K(s) < 1)", IS_INFINITE, 0);
  assert_value("K(first(s, 0, 20, K(s) < 3))", IS_BALL, 2);
  /* N(5) is 3 +- 3: the first step below 4 may be 5 or 10, so nothing is claimed; below 7 it is 2
   * all the same. */
  assert_value("first(s, 0, 20, N(s) < 4)", IS_NAN, 0);
  assert_value("first(s, 0, 20, N(s) < 6)", IS_EXACT, 2);
  assert_value("first(s, 6, 20, N(s) < 4)", IS_EXACT, 10);
  assert_value("first(s, 0, 5, N(s) < 1)", IS_NAN, 0);
  assert_value("first(s, 0, 20, X(s) < 3)", IS_NAN, 0);
}

Test(formula_scope, ranges) {
  assert_refused_in(&run, "1+sup(s, 6, 9, K(s))", "F:3:3: sup: no step from 6 to 9 was recorded");
  assert_refused_in(&run, "inf(s, 2, 1, K(s))", "F:3:1: inf: no step from 2 to 1 was recorded");
  assert_refused_in(&run, "first(s, 41/2, 30, s > 0)",
                    "F:3:1: first: no step from 41/2 to 30 was recorded");
  assert_refused_in(&run, "sup(s, 0, about5, K(s))",
                    "F:3:11: expected an exact end of the range (floor() makes one), found the "
                    "inexact 5.000000000");
  assert_refused_in(&run, "sup(s, 0, 20, K(s+1))",
                    "F:3:15: K: step 3 was not recorded (nearest: 2 before, 5 after)");
}

Test(formula_scope, bindings) {
  /* Outside, s is 1000; the innermost binding wins and ends with its aggregate; ends are evaluated
   * outside of it. */
  assert_value("s + sup(s, 0, 5, s) + s", IS_EXACT, 2005);
  assert_value("sup(s, 0, 5, s + inf(s, 10, 20, s))", IS_EXACT, 15);
  assert_value("sup(s, 0, 5, inf(r, s, 20, r) + s)", IS_EXACT, 10);
  assert_value("sup(s, 0, 5, inf(r, 10, 20, r + s))", IS_EXACT, 15);
  assert_value("sup(t1, 0, 20, t1)", IS_EXACT, 20);
  assert_value("sup(K, 0, 2, K(K))", IS_BALL, 8); /* names of observables are their own */
  assert_value("sup(s, 0, 5, inf(s, s, s, 10*s))", IS_EXACT, 50);
  assert_refused_in(&run, "sup(s, s, 1, 1)", "F:3:1: sup: no step from 1000 to 1 was recorded");
}

/* ---- edited trees ---- */

static void set_text(Formula *f, const char *text) {
  free(f->text);
  f->text = array_alloc(strlen(text) + 1, 1);
  strcpy(f->text, text);
}

static void assert_edited(const char *text, const char *function, size_t dropped,
                          const char *expected) {
  Formula *f;
  FormulaValue value;
  Error err = {0};
  support_ok(formula_parse(&f, text, here, &err), &err);
  formula_value_init(&value);
  set_text(f, function);
  for (; dropped > 0; dropped--)
    formula_free(f->child[--f->child_count]);
  StatusCode code = formula_eval(&value, f, &run, 64, &err);
  cr_assert(code == STATUS_DATA && strcmp(err.message, expected) == 0,
            "%s for %s gives status %d,\n%s\nexpected %d,\n%s", function, text, code, err.message,
            STATUS_DATA, expected);
  formula_value_clear(&value);
  formula_free(f);
}

Test(formula_scope, edited_trees) {
  assert_edited("log(2)", "max", 0, "F:3:1: expected at least 2 arguments of max, found 1");
  assert_edited("max(1, 2)", "sqrt", 0, "F:3:1: expected 1 argument of sqrt, found 2");
  assert_edited("max(1, 2)", "ln", 0, "F:3:1: unknown function 'ln'");
  assert_edited("log(2)", "sup", 0, "F:3:1: unknown function 'sup'");
  assert_edited("sup(s, 0, 1, s)", "first", 0, "F:3:1: expected 4 arguments of first, found 3");
  assert_edited("first(s, 0, 1, s < 2)", "inf", 0, "F:3:1: expected 3 arguments of inf, found 4");
  assert_edited("sup(s, 0, 1, s)", "max", 0, "F:3:1: unknown function 'max'");
  assert_edited("K(0)", "K", 1, "F:3:1: expected 1 argument of K, found 0");
  assert_edited("K(0)", "log", 0, "F:3:1: unknown function 'log'");
  assert_edited("12", "1x2", 0, "F:3:1: expected a number, found '1x2'");
}
