/* test_formula_round.c -- floors and nearest doubles of formulas, decided or refused. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#include "src/formula.h"
#include "tests/support.h"

static const FormulaOrigin here = {"F", 3, 1};

static Formula *parse(const char *text) {
  Error err;
  Formula *f;
  support_ok(formula_parse(&f, text, here, &err), &err);
  return f;
}

static void assert_floor(const char *text, int64_t expected) {
  Formula *f = parse(text);
  Error err = {0};
  int64_t found = 0;
  StatusCode code = formula_eval_floor(&found, f, NULL, &err);
  cr_assert(code == STATUS_OK && found == expected,
            "floor of '%s' is %lld (status %d %s), expected %lld", text, (long long)found, code,
            err.message, (long long)expected);
  formula_free(f);
}

static void assert_double(const char *text, double expected) {
  Formula *f = parse(text);
  Error err = {0};
  double found = 0;
  StatusCode code = formula_eval_double(&found, f, NULL, &err);
  cr_assert(code == STATUS_OK && found == expected && signbit(found) == signbit(expected),
            "double of '%.60s' is %a (status %d %s), expected %a", text, found, code, err.message,
            expected);
  formula_free(f);
}

/* Is text refused by the one asked, with this line? */
static void assert_refused(const char *text, bool as_double, const char *expected) {
  Formula *f = parse(text);
  Error err = {0};
  double x = 17;
  int64_t n = 17;
  StatusCode code =
      as_double ? formula_eval_double(&x, f, NULL, &err) : formula_eval_floor(&n, f, NULL, &err);
  cr_assert(code == STATUS_DATA && x == 17 && n == 17,
            "'%.60s': status %d, result %g %lld; expected %d and nothing written", text, code, x,
            (long long)n, STATUS_DATA);
  cr_assert(strcmp(err.message, expected) == 0, "'%.60s' (status %d) says\n%s\nexpected\n%s", text,
            code, err.message, expected);
  formula_free(f);
}

/* ---- floors ---- */

Test(formula_eval_floor, exact_and_decided) {
  assert_floor("1/(4*1*(1/400))", 100);
  assert_floor("1/(4*1*0.0025)", 100);
  assert_floor("(1-1e-9999)*100", 99);
  assert_floor("-1/3", -1);
  assert_floor("-7", -7);
  assert_floor("2^63-1", INT64_MAX);
  assert_floor("-2^63", INT64_MIN);
  assert_floor("2^63-1/3", INT64_MAX);
  assert_floor("exp(40)", INT64_C(235385266837019985));
  assert_floor("-exp(1)", -3);
  assert_floor("sqrt(10^20+1)-10^10", 0);
  assert_floor("100+1/exp(10000)", 100); /* decided at 16384 bits */
  assert_floor("100-1/exp(10000)", 99);  /* the same from below */
  assert_floor("10^20*log(2)-floor(10^20*log(2))", 0);
}

/* out := d^2 (ln d)^2.5 / 4, every step rounded in the same direction; all of them grow. */
static void stage_one(mpfr_t out, long d, mpfr_rnd_t rnd) {
  mpfr_t root;
  mpfr_init2(root, 300);
  mpfr_log_ui(out, (unsigned long)d, rnd);
  mpfr_sqrt(root, out, rnd);
  mpfr_sqr(out, out, rnd);
  mpfr_mul(out, out, root, rnd);
  mpfr_mul_si(out, out, d * d, rnd);
  mpfr_div_ui(out, out, 4, rnd);
  mpfr_clear(root);
}

Test(formula_eval_floor, time_of_stage_one) {
  /* t1 = floor(d^2 (ln d)^2.5 / 4) between MPFR's bounds at 300 bits, whose floors agree; and the
     five sizes that the reference family is stated for. */
  static const int64_t stated[][2] = {{8, 99}, {12, 350}, {16, 819}, {24, 2592}, {32, 5724}};
  Worst worst = {0};
  mpfr_t low, high;
  mpfr_init2(low, 300);
  mpfr_init2(high, 300);
  for (long d = 2; d <= 1024; d += d < 40 ? 1 : 41) {
    char text[128];
    int64_t t1 = -1;
    Error err = {0};
    stage_one(low, d, MPFR_RNDD);
    stage_one(high, d, MPFR_RNDU);
    long below = mpfr_get_si(low, MPFR_RNDD), above = mpfr_get_si(high, MPFR_RNDD);
    snprintf(text, sizeof text, "1/(4*1*(1/(%ld^2*log(%ld)^2.5)))", d, d);
    Formula *f = parse(text);
    support_ok(formula_eval_floor(&t1, f, NULL, &err), &err);
    formula_free(f);
    worst_require(&worst, below == above && t1 == below, "d = %ld: %lld, MPFR %ld .. %ld", d,
                  (long long)t1, below, above);
    for (size_t i = 0; i < sizeof stated / sizeof *stated; i++)
      worst_require(&worst, stated[i][0] != d || stated[i][1] == t1, "d = %ld: %lld, stated %lld",
                    d, (long long)t1, (long long)stated[i][1]);
  }
  mpfr_clear(low);
  mpfr_clear(high);
  worst_assert(&worst, "steps of stage one");
}

Test(formula_eval_floor, refused) {
  assert_refused(
      "exp(log(100))", false,
      "F:3:1: the value is so close to 100.00000000000000 that 65536 bits do not tell its floor");
  assert_refused(
      "2 + log(2)-log(2)", false,
      "F:3:1: the value is so close to 2.0000000000000000 that 65536 bits do not tell its floor");
  assert_refused("2^63", false, "F:3:1: the value is too large: 9.2233720368547758e+18");
  assert_refused("-2^63-1/2", false, "F:3:1: the value is too large: -9.2233720368547758e+18");
  assert_refused("exp(44)", false, "F:3:1: the value is too large: 1.2851600114359308e+19");
  assert_refused("-exp(44)", false, "F:3:1: the value is too large: -1.2851600114359308e+19");
  assert_refused(" 1/0", false,
                 "F:3:2: the value is not finite: it divides by 0, leaves the domain of log, sqrt "
                 "or ^, or overflows");
  assert_refused("9^9^9^9^9", false,
                 "F:3:1: the value is not finite: it divides by 0, leaves the domain of log, sqrt "
                 "or ^, or overflows");
}

/* ---- nearest doubles ---- */

Test(formula_eval_double, of_numbers) {
  assert_double("0.1", 0.1);
  assert_double("1/3", 1.0 / 3);
  assert_double("-0", 0.0);
  assert_double("-0.5*0", 0.0);
  assert_double("1e23", 1e23);
  assert_double("2^-1022", DBL_MIN);
  assert_double("(2-2^-52)*2^1023", DBL_MAX);
  assert_double("(2-2^-53)*2^1023 - 1e-300", DBL_MAX); /* just below the tie with overflow */
  assert_double("1+2^-53", 1.0);
  assert_double("1+3*2^-53", 1.0 + 0x1p-51);
  assert_double("1+2^-53+2^-90000", 1.0 + 0x1p-52);
  assert_double("1+3*2^-53-1e-9999", 1.0 + 0x1p-52);
  assert_double("exp(1)", 0x1.5bf0a8b145769p+1);
  assert_double("log(10)", 0x1.26bb1bbb55516p+1);
  assert_double("sqrt(2)", 0x1.6a09e667f3bcdp+0);
  assert_double("1/exp(700)", 0x1.14f2b0fb9307fp-1010);
  assert_double("1+2^-53+1/exp(10000)", 1.0 + 0x1p-52); /* a tie but for 2^-14427 */
  assert_double("1+2^-53-1/exp(10000)", 1.0);
}

Test(formula_eval_double, of_rationals_against_mpfr) {
  /* Pre-condition: rationals m/(2k+1) 2^e, half of them midpoints of two doubles or 1e-40 beside
     one. Oracle: MPFR's one rounding of the rational. Quantity: doubles that differ. */
  Chance chance = chance_open(7);
  Worst worst = {0};
  for (int i = 0; i < 3000; i++) {
    char text[160];
    int64_t m =
        (INT64_C(1) << 53) + 1 + 2 * chance_below(&chance, INT64_C(1) << 52); /* 54 bits, odd */
    int64_t e = chance_below(&chance, 1800) - 900,
            k = i % 2 ? 1 + 2 * chance_below(&chance, 1000) : 1;
    int side = (int)chance_below(&chance, 3) - 1;
    snprintf(text, sizeof text, "%lld/%lld*2^%lld*(1+%d*1e-40)", (long long)m, (long long)k,
             (long long)e, side);
    mpq_t q, beside;
    mpfr_t rounded;
    mpq_init(q);
    mpq_init(beside);
    mpfr_init2(rounded, 53);
    mpq_set_si(q, m, (unsigned long)k);
    mpq_canonicalize(q);
    if (e >= 0)
      mpq_mul_2exp(q, q, (mp_bitcnt_t)e);
    else
      mpq_div_2exp(q, q, (mp_bitcnt_t)-e);
    mpz_ui_pow_ui(mpq_denref(beside), 10, 40);
    mpz_add_ui(mpq_numref(beside), mpq_denref(beside), 1);
    if (side < 0) mpz_sub_ui(mpq_numref(beside), mpq_denref(beside), 1);
    if (side != 0) mpq_mul(q, q, beside);
    mpfr_set_q(rounded, q, MPFR_RNDN);
    double found = 0, expected = mpfr_get_d(rounded, MPFR_RNDN);
    Error err = {0};
    Formula *f = parse(text);
    support_ok(formula_eval_double(&found, f, NULL, &err), &err);
    worst_require(&worst, found == expected, "%s is %a, MPFR %a", text, found, expected);
    formula_free(f);
    mpfr_clear(rounded);
    mpq_clear(beside);
    mpq_clear(q);
  }
  worst_assert(&worst, "double nearest to a rational");
}

Test(formula_eval_double, refused) {
  assert_refused("2^1024", true, "F:3:1: the value is too large: 1.7976931348623159e+308");
  assert_refused("-(2-2^-53)*2^1023", true,
                 "F:3:1: the value is too large: -1.7976931348623158e+308"); /* tie: to even */
  assert_refused("exp(710)", true, "F:3:1: the value is too large: 2.2339947661617110e+308");
  assert_refused("2^-1022*0.9", true,
                 "F:3:1: the value is smaller in size than 2^-1022, and not 0");
  assert_refused("-1e-400", true, "F:3:1: the value is smaller in size than 2^-1022, and not 0");
  assert_refused("exp(-5000)", true, "F:3:1: the value is smaller in size than 2^-1022, and not 0");
  assert_refused("exp(log(1+2^-53))", true,
                 "F:3:1: the value is so close to 1.0000000000000001 that 65536 bits do not tell "
                 "its nearest double");
  assert_refused("log(0)", true,
                 "F:3:1: the value is not finite: it divides by 0, leaves the domain of log, sqrt "
                 "or ^, or overflows");
}
