/* test_formula_eval.c -- values of formulas against exact rationals and MPFR; their roundings. */
#include <criterion/criterion.h>

#include <math.h>
#include <mpfr.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/formula.h"
#include "tests/support.h"

/* gcc 12 takes a pointer to an fmpq_t for one to its first member, once both are used, and then
   warns that it is too short for functions that take an fmpq_t. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

static const FormulaOrigin here = {"F", 3, 1};

static Formula *parse(const char *text) {
  Error err;
  Formula *f;
  support_ok(formula_parse(&f, text, here, &err), &err);
  return f;
}

/* ---- the oracle: random formulas as text, and their values as rationals, made side by side ----
 */

typedef struct {
  char text[4096];
  fmpq_t value;
  bool defined; /* no division by 0 happened */
} Sample;

static void write_text(Sample *out, const char *format, ...) PRINTF_LIKE(2, 3);
static void write_text(Sample *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(out->text, sizeof out->text, format, args);
  va_end(args);
  cr_assert(n > 0 && n < (int)sizeof out->text, "a sample of %d characters, at most %zu fit", n,
            sizeof out->text - 1);
}

/* What the names of a sample mean: their value, known to the formula as a ball only. */
#define NAMES_MAX 512
typedef struct {
  fmpq_t value[NAMES_MAX];
  int count;
  Chance chance;
  bool used; /* numbers are written as names */
} Names;

static void random_number(Sample *out, Names *names, Chance *chance) {
  int64_t number = chance_below(chance, 2000), places = chance_below(chance, 4);
  int64_t scale = places == 0 ? 1 : places == 1 ? 10 : places == 2 ? 100 : 1000;
  if (chance_below(chance, 4) == 0) number = chance_below(chance, 3) * scale;
  fmpq_set_si(out->value, number, (ulong)scale);
  fmpq_canonicalise(out->value);
  out->defined = true;
  if (names->used && names->count < NAMES_MAX) {
    fmpq_set(names->value[names->count], out->value);
    write_text(out, "x%d", names->count++);
  } else if (chance_below(chance, 2) == 0) {
    write_text(out, "%lld.%0*lld", (long long)(number / scale), (int)places + 1,
               (long long)(10 * (number % scale)));
  } else {
    write_text(out, "%llde-%lld", (long long)number, (long long)places);
  }
}

static void random_sample(Sample *out, Names *names, Chance *chance, int depth);

static void random_call(Sample *out, Names *names, Chance *chance, const Sample *a,
                        const Sample *b) {
  bool defined = a->defined;
  fmpz_t floor_value;
  switch (chance_below(chance, names->used ? 4 : 6)) {
  case 0:
    write_text(out, "abs(%s)", a->text);
    fmpq_abs(out->value, a->value);
    break;
  case 1:
    write_text(out, "floor(%s)", a->text);
    fmpz_init(floor_value);
    fmpz_fdiv_q(floor_value, fmpq_numref(a->value), fmpq_denref(a->value));
    fmpq_set_fmpz(out->value, floor_value);
    fmpz_clear(floor_value);
    break;
  case 2:
    write_text(out, "min(%s, %s)", a->text, b->text);
    fmpq_set(out->value, fmpq_cmp(a->value, b->value) < 0 ? a->value : b->value);
    defined = a->defined && b->defined;
    break;
  case 3:
    write_text(out, "max(%s, 1, %s)", a->text, b->text);
    fmpq_set(out->value, fmpq_cmp(a->value, b->value) > 0 ? a->value : b->value);
    if (fmpq_cmp_si(out->value, 1) < 0) fmpq_one(out->value);
    defined = a->defined && b->defined;
    break;
  case 4:
    write_text(out, "sqrt((%s)^2)", a->text);
    fmpq_abs(out->value, a->value);
    break;
  default: /* the cube root of a cube, squared */
    write_text(out, "(abs(%s)^3)^(2/3)", a->text);
    fmpq_mul(out->value, a->value, a->value);
  }
  out->defined = defined;
}

static void random_operation(Sample *out, Names *names, Chance *chance, const Sample *a,
                             const Sample *b) {
  static const char *const powers[] = {"0", "1", "2", "3", "-1", "-2"};
  static const int power[] = {0, 1, 2, 3, -1, -2};
  static const char signs[] = "+-*/";
  int64_t which = chance_below(chance, 7);
  out->defined = a->defined && (b->defined || which >= 5);
  if (which < 4) write_text(out, "(%s)%c(%s)", a->text, signs[which], b->text);
  if (which == 0) fmpq_add(out->value, a->value, b->value);
  if (which == 1) fmpq_sub(out->value, a->value, b->value);
  if (which == 2) fmpq_mul(out->value, a->value, b->value);
  if (which == 3) {
    out->defined = out->defined && !fmpq_is_zero(b->value);
    if (out->defined) fmpq_div(out->value, a->value, b->value);
  } else if (which == 4) {
    random_call(out, names, chance, a, b);
  } else if (which == 5) {
    write_text(out, "-(%s)", a->text);
    fmpq_neg(out->value, a->value);
  } else if (which == 6) {
    int64_t n = chance_below(chance, 6);
    write_text(out, "(%s)^%s", a->text, powers[n]);
    out->defined = out->defined && (power[n] >= 0 || !fmpq_is_zero(a->value));
    if (out->defined) fmpq_pow_si(out->value, a->value, power[n]);
  }
}

static void random_sample(Sample *out, Names *names, Chance *chance, int depth) {
  if (depth == 0 || chance_below(chance, 5) == 0) {
    random_number(out, names, chance);
    return;
  }
  Sample a, b;
  fmpq_init(a.value);
  fmpq_init(b.value);
  random_sample(&a, names, chance, depth - 1);
  random_sample(&b, names, chance, depth - 1);
  random_operation(out, names, chance, &a, &b);
  fmpq_clear(a.value);
  fmpq_clear(b.value);
}

/* FormulaScope.name for Names: a ball of random width around a place off the value. */
static StatusCode fuzzy_name(FormulaValue *out, const char *name, slong prec, void *context,
                             Error *err) {
  Names *names = context;
  arf_t width;
  (void)err;
  arb_set_fmpq(out->ball, names->value[atoi(name + 1)], prec);
  arf_init(width);
  arf_set_d(width, ldexp(chance_real(&names->chance), -(int)chance_below(&names->chance, 40)));
  arf_add(arb_midref(out->ball), arb_midref(out->ball), width, ARF_PREC_EXACT, ARF_RND_DOWN);
  arb_add_error_arf(out->ball, width);
  arf_clear(width);
  formula_value_set_arb(out, out->ball);
  return STATUS_OK;
}

/* ball radius as a multiple of 2^-prec |x| */
static double relative_radius(const arb_t ball, slong prec) {
  arf_t radius, middle;
  arf_init(radius);
  arf_init(middle);
  arf_set_mag(radius, arb_radref(ball));
  arf_abs(middle, arb_midref(ball));
  arf_mul_2exp_si(radius, radius, prec);
  arf_div(radius, radius, middle, 53, ARF_RND_UP);
  double ratio = arf_is_zero(middle) ? 0 : arf_get_d(radius, ARF_RND_UP);
  arf_clear(radius);
  arf_clear(middle);
  return ratio;
}

Test(formula_eval, exact_against_rationals) {
  /* Pre-condition: random formulas of rational operations. Quantities: formulas whose exact value
     differs from the oracle's, whose ball does not contain it, or whose ball is wider than one
     rounding, 2^(1-prec) relative (at most doubled by the 30-bit radius); undefined ones that are
     not NaN. */
  Chance chance = chance_open(4);
  Names names = {0};
  Worst exact = {0}, ball = {0}, width = {0}, undefined = {0};
  static const slong precs[] = {2, 10, 53, 128, 300};
  for (int i = 0; i < 4000; i++) {
    Sample sample;
    FormulaValue value;
    Error err;
    slong prec = precs[i % 5];
    fmpq_init(sample.value);
    formula_value_init(&value);
    random_sample(&sample, &names, &chance, i % 5);
    Formula *f = parse(sample.text);
    support_ok(formula_eval(&value, f, NULL, prec, &err), &err);
    if (sample.defined) {
      worst_require(&exact, value.is_exact && fmpq_equal(value.exact, sample.value), "%.150s",
                    sample.text);
      worst_require(&ball, arb_contains_fmpq(value.ball, sample.value), "%.150s", sample.text);
      worst_add(&width, relative_radius(value.ball, prec), 4, "%.150s", sample.text);
    } else {
      worst_require(&undefined, !value.is_exact && !arb_is_finite(value.ball), "%.150s",
                    sample.text);
    }
    formula_free(f);
    formula_value_clear(&value);
    fmpq_clear(sample.value);
  }
  worst_assert(&exact, "exact value is the oracle's");
  worst_assert(&ball, "ball contains the exact value");
  worst_assert(&width, "ball is one rounding wide");
  worst_assert(&undefined, "division by 0 gives NaN");
}

Test(formula_eval, balls_against_rationals) {
  /* The same with names in the place of numbers, each known as a ball of width 2^-40 .. 1 only.
     Quantity: formulas whose finite ball does not contain the value, or that claim to know it
     exactly while it is another. */
  Chance chance = chance_open(5);
  Worst worst = {0};
  int finite = 0;
  for (int i = 0; i < 4000; i++) {
    Sample sample;
    FormulaValue value;
    Error err;
    Names names = {.chance = chance_open((uint64_t)i), .used = true};
    for (int k = 0; k < NAMES_MAX; k++)
      fmpq_init(names.value[k]);
    const FormulaScope scope = {.name = fuzzy_name, .context = &names};
    fmpq_init(sample.value);
    formula_value_init(&value);
    random_sample(&sample, &names, &chance, i % 5);
    Formula *f = parse(sample.text);
    support_ok(formula_eval(&value, f, &scope, 64, &err), &err);
    finite += arb_is_finite(value.ball);
    if (sample.defined && arb_is_finite(value.ball)) {
      worst_require(&worst, arb_contains_fmpq(value.ball, sample.value), "%.150s", sample.text);
      worst_require(&worst, !value.is_exact || fmpq_equal(value.exact, sample.value), "%.150s",
                    sample.text);
    }
    formula_free(f);
    formula_value_clear(&value);
    fmpq_clear(sample.value);
    for (int k = 0; k < NAMES_MAX; k++)
      fmpq_clear(names.value[k]);
  }
  worst_require(&worst, finite >= 2000, "%d of 4000 balls are finite, at least 2000 wanted",
                finite);
  worst_assert(&worst, "ball contains the value of every choice within its operands");
}

/* ---- precedence and small values ---- */

static void assert_exact(const char *text, slong num, ulong den) {
  Formula *f = parse(text);
  FormulaValue value;
  Error err;
  fmpq_t expected;
  fmpq_init(expected);
  fmpq_set_si(expected, num, den);
  fmpq_canonicalise(expected);
  formula_value_init(&value);
  support_ok(formula_eval(&value, f, NULL, 64, &err), &err);
  char *found = fmpq_get_str(NULL, 10, value.exact);
  cr_assert(value.is_exact && fmpq_equal(value.exact, expected),
            "'%s' is %s (exact: %d), expected %ld/%lu", text, found, value.is_exact, num, den);
  flint_free(found);
  formula_value_clear(&value);
  fmpq_clear(expected);
  formula_free(f);
}

Test(formula_eval, precedence) {
  assert_exact("-2^2", -4, 1);
  assert_exact("(-2)^2", 4, 1);
  assert_exact("2^-1", 1, 2);
  assert_exact("2^3^2", 512, 1);
  assert_exact("(2^3)^2", 64, 1);
  assert_exact("2^-2^2", 1, 16);
  assert_exact("8-3-2", 3, 1);
  assert_exact("8/4/2", 1, 1);
  assert_exact("8/4*2", 4, 1);
  assert_exact("2+3*4", 14, 1);
  assert_exact("-2*3", -6, 1);
  assert_exact("2*-3", -6, 1);
  assert_exact("--2", 2, 1);
  assert_exact("2-+3", -1, 1);
  assert_exact("2--3^2", 11, 1);
  assert_exact(" 1\t+\n1 ", 2, 1);
}

Test(formula_eval, numbers_and_points) {
  assert_exact("0.1", 1, 10);
  assert_exact(".5e1", 5, 1);
  assert_exact("1.25E-1", 1, 8);
  assert_exact("007", 7, 1);
  assert_exact("1e0000000000000000005", 100000, 1);
  assert_exact("1e9999/1e9998", 10, 1);
  assert_exact("1e-9999*1e+9998", 1, 10);
  assert_exact("log(1)", 0, 1);
  assert_exact("exp(0)", 1, 1);
  assert_exact("sqrt(4/9)", 2, 3);
  assert_exact("sqrt(0)", 0, 1);
  assert_exact("16^(3/4)", 8, 1);
  assert_exact("(4/9)^-0.5", 3, 2);
  assert_exact("0^0", 1, 1);
  assert_exact("0^3.5", 0, 1);
  assert_exact("0^sqrt(2)", 0, 1);
  assert_exact("(-1)^(10^300)", 1, 1);
  assert_exact("(-1)^(10^300+1)", -1, 1);
  assert_exact("1^(10^300)", 1, 1);
  assert_exact("(-2)^3", -8, 1);
  assert_exact("floor(-1/2)", -1, 1);
  assert_exact("floor(10*sqrt(2))", 14, 1);
  assert_exact("floor(-10*sqrt(2))", -15, 1);
  assert_exact("max(1, sqrt(2), 3/2)", 3, 2);
  assert_exact("min(2, sqrt(2), 7/5)", 7, 5);
  assert_exact("abs(-7)", 7, 1);
}

Test(formula_eval, large_rationals_are_forgotten) {
  /* 100000 bits are kept, 100001 are not; the ball of 2^n has no radius either way. */
  static const struct {
    const char *text;
    bool is_exact;
    slong log2;
  } table[] = {{"2^99999", true, 99999},      {"2^100000", false, 100000},
               {"2*2^99999", false, 100000},  {"2^-99999", true, -99999},
               {"2^-100000", false, -100000}, {"1e9999^100/5^999900", false, 999900}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    Formula *f = parse(table[i].text);
    FormulaValue value;
    Error err;
    arf_t expected;
    arf_init(expected);
    arf_one(expected);
    arf_mul_2exp_si(expected, expected, table[i].log2);
    formula_value_init(&value);
    support_ok(formula_eval(&value, f, NULL, 64, &err), &err);
    cr_assert(value.is_exact == table[i].is_exact && arb_contains_arf(value.ball, expected),
              "'%s': exact %d, expected %d and a ball that contains 2^%ld", table[i].text,
              value.is_exact, table[i].is_exact, (long)table[i].log2);
    formula_value_clear(&value);
    arf_clear(expected);
    formula_free(f);
  }
}

Test(formula_eval, long_sums) {
  /* The longest sum that parses is a tree 2048 deep to the left: its walk must not need much stack.
   */
  char text[4096] = "1";
  for (char *at = text + 1; at < text + 4095; at += 2)
    strcpy(at, "+1");
  assert_exact(text, 2048, 1);
}

/* Is the value a ball without a finite middle or radius? */
static void assert_not_finite(const char *text) {
  Formula *f = parse(text);
  FormulaValue value;
  Error err;
  formula_value_init(&value);
  support_ok(formula_eval(&value, f, NULL, 128, &err), &err);
  cr_assert(!value.is_exact && !arb_is_finite(value.ball),
            "'%s': exact %d, finite %d, expected neither", text, value.is_exact,
            arb_is_finite(value.ball));
  formula_value_clear(&value);
  formula_free(f);
}

Test(formula_eval, outside_domains) {
  static const char *const texts[] = {"1/0",
                                      "0/0",
                                      "0^-1",
                                      "log(0)",
                                      "log(-1)",
                                      "sqrt(-1)",
                                      "(-8)^(1/3)",
                                      "(-1)^sqrt(2)",
                                      "log(1/0)",
                                      "exp(1/0)",
                                      "(1/0)^0",
                                      "max(1, 1/0)",
                                      "min(1/0, 1)",
                                      "floor(1/0)",
                                      "abs(1/0)",
                                      "0*(1/0)",
                                      "1/(exp(1)-exp(1))",
                                      "0^(exp(1)-exp(1))",
                                      "log(exp(1)-exp(1))",
                                      "9^9^9^9^9",
                                      "(-9)^9^9^9^9"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_not_finite(texts[i]);
}

/* FormulaScope.name: anything from -1 to 1. */
static StatusCode unit_name(FormulaValue *out, const char *name, slong prec, void *context,
                            Error *err) {
  (void)name, (void)prec, (void)context, (void)err;
  arb_zero(out->ball);
  mag_one(arb_radref(out->ball));
  formula_value_set_arb(out, out->ball);
  return STATUS_OK;
}

Test(formula_eval, two_uses_are_two_unknowns) {
  /* With x in [-1, 1] as a ball, two uses of x are two unknowns: the result contains all that both
   * may be. */
  static const struct {
    const char *text;
    double low, high;
  } table[] = {{"x*x", -1, 1},     {"x-x", -2, 2},   {"max(x, x)", -1, 1},
               {"x/(x+2)", -1, 1}, {"abs(x)", 0, 1}, {"floor(x)", -1, 1}};
  const FormulaScope scope = {.name = unit_name};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    Formula *f = parse(table[i].text);
    FormulaValue value;
    Error err;
    arf_t low, high;
    formula_value_init(&value);
    arf_init(low);
    arf_init(high);
    support_ok(formula_eval(&value, f, &scope, 64, &err), &err);
    arf_set_d(low, table[i].low);
    arf_set_d(high, table[i].high);
    cr_assert(arb_contains_arf(value.ball, low) && arb_contains_arf(value.ball, high) &&
                  !value.is_exact,
              "'%s' with x = 0 +- 1 is %.17g +- %.3g (exact: %d), which must contain %g and %g",
              table[i].text, arf_get_d(arb_midref(value.ball), ARF_RND_NEAR),
              mag_get_d(arb_radref(value.ball)), value.is_exact, table[i].low, table[i].high);
    formula_value_clear(&value);
    arf_clear(low);
    arf_clear(high);
    formula_free(f);
  }
}

/* ---- functions against MPFR ---- */

typedef int Mpfr1(mpfr_t, const mpfr_t, mpfr_rnd_t);

/* low <= function(x) <= high, for a function that grows. */
static void bracket(arb_t out, Mpfr1 *function, const fmpq_t x) {
  mpfr_t low, high;
  mpq_t q;
  mpq_init(q);
  mpfr_init2(low, 2000);
  mpfr_init2(high, 2000);
  fmpq_get_mpq(q, x);
  mpfr_set_q(low, q, MPFR_RNDD);
  mpfr_set_q(high, q, MPFR_RNDU);
  function(low, low, MPFR_RNDD);
  function(high, high, MPFR_RNDU);
  arb_set_interval_mpfr(out, low, high, 2100);
  mpfr_clear(low);
  mpfr_clear(high);
  mpq_clear(q);
}

Test(formula_eval, functions_against_mpfr) {
  /* Pre-condition: rational arguments x in (0, 20), 0 < y < 4. Quantities: balls that miss MPFR's
     bracket at 2000 bits, and the ball's radius in units of 2^-prec times max(|value|, condition),
     condition being how much the value moves for one rounding of the argument: 1 for log, x e^x for
     exp, sqrt x / 2; at most 8 (three roundings, two operands). */
  static const struct {
    const char *before, *behind;
    Mpfr1 *function;
  } table[] = {{"log(", ")", mpfr_log},
               {"exp(", ")", mpfr_exp},
               {"sqrt(", ")", mpfr_sqrt},
               {"(", ")^0.5", mpfr_sqrt},
               {"(", ")^(1/3)", mpfr_cbrt}};
  Chance chance = chance_open(6);
  Worst inside = {0}, radius = {0};
  for (int i = 0; i < 1000; i++) {
    long num = 1 + (long)chance_below(&chance, 2000), den = 100 + (long)chance_below(&chance, 1000);
    slong prec = 60 + 200 * (i % 4);
    char text[64];
    size_t k = (size_t)i % (sizeof table / sizeof *table);
    snprintf(text, sizeof text, "%s%ld/%ld%s", table[k].before, num, den, table[k].behind);
    Formula *f = parse(text);
    FormulaValue value;
    Error err;
    arb_t expected;
    fmpq_t x;
    arb_init(expected);
    fmpq_init(x);
    fmpq_set_si(x, num, (ulong)den);
    fmpq_canonicalise(x);
    formula_value_init(&value);
    support_ok(formula_eval(&value, f, NULL, prec, &err), &err);
    bracket(expected, table[k].function, x);
    worst_require(&inside, arb_contains(value.ball, expected) || arb_overlaps(value.ball, expected),
                  "%s", text);
    double size = fabs(arf_get_d(arb_midref(value.ball), ARF_RND_NEAR));
    double condition = k == 0 ? 1 : k == 1 ? size * (double)num / (double)den : size;
    worst_add(&radius, ldexp(mag_get_d(arb_radref(value.ball)), (int)prec) / fmax(size, condition),
              8, "%s at %ld bits", text, (long)prec);
    arb_clear(expected);
    fmpq_clear(x);
    formula_value_clear(&value);
    formula_free(f);
  }
  worst_assert(&inside, "ball meets MPFR's bracket");
  worst_assert(&radius, "radius of a function's ball");
}

/* ---- values ---- */

Test(formula_value, set) {
  FormulaValue value;
  formula_value_init(&value);
  cr_assert(value.is_exact && fmpq_is_zero(value.exact),
            "a new value: exact %d, expected 0 exactly", value.is_exact);
  formula_value_set_d(&value, 0.1);
  double middle = arf_get_d(arb_midref(value.ball), ARF_RND_NEAR);
  cr_assert(value.is_exact && arb_is_exact(value.ball) && middle == 0.1,
            "the double 0.1: exact %d, ball %.17g +- %.3g", value.is_exact, middle,
            mag_get_d(arb_radref(value.ball)));
  formula_value_set_si(&value, INT64_MIN);
  cr_assert(value.is_exact && fmpq_cmp_si(value.exact, INT64_MIN) == 0, "INT64_MIN: exact %d",
            value.is_exact);
  formula_value_set_d(&value, NAN);
  cr_assert(!value.is_exact && !arb_is_finite(value.ball), "NaN: exact %d", value.is_exact);
  formula_value_set_d(&value, -INFINITY);
  cr_assert(!value.is_exact && arb_is_negative(value.ball), "-inf: exact %d", value.is_exact);
  formula_value_set_si(&value, 7);
  formula_value_set_arb(&value, value.ball);
  cr_assert(!value.is_exact && arb_equal_si(value.ball, 7),
            "a ball of radius 0: exact %d, expected not", value.is_exact);
  formula_value_clear(&value);
}

Test(formula_value, compare_is_three_valued) {
  /* low +- radius against 0, all four relations; the table is written out by hand. */
  static const struct {
    double middle, radius;
    Truth truth[4]; /* < <= > >= */
  } table[] = {{-2, 1, {TRUTH_TRUE, TRUTH_TRUE, TRUTH_FALSE, TRUTH_FALSE}},
               {2, 1, {TRUTH_FALSE, TRUTH_FALSE, TRUTH_TRUE, TRUTH_TRUE}},
               {-1, 1, {TRUTH_UNKNOWN, TRUTH_TRUE, TRUTH_FALSE, TRUTH_UNKNOWN}},
               {1, 1, {TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_TRUE}},
               {0, 1, {TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_UNKNOWN}},
               {0, 0, {TRUTH_FALSE, TRUTH_TRUE, TRUTH_FALSE, TRUTH_TRUE}},
               {NAN, 0, {TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_UNKNOWN}},
               {INFINITY, 0, {TRUTH_FALSE, TRUTH_FALSE, TRUTH_TRUE, TRUTH_TRUE}}};
  arb_t x, zero;
  arb_init(x);
  arb_init(zero);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    for (int relation = 0; relation < 4; relation++) {
      arb_set_d(x, table[i].middle);
      if (table[i].radius == 1) mag_one(arb_radref(x)); /* mag_set_d would round up */
      Truth truth = truth_compare(x, (Relation)relation, zero);
      cr_assert(truth == table[i].truth[relation], "%g +- %g %s 0 is %d, expected %d",
                table[i].middle, table[i].radius, relation_text((Relation)relation), truth,
                table[i].truth[relation]);
    }
  arb_clear(x);
  arb_clear(zero);
}
