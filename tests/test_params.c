/* test_params.c -- instances and parameters: built-in values, files, ranges, cycles, errors. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/builtin.h"
#include "src/params.h"
#include "tests/support.h"

/* *out := built-in instance with NULL-terminated settings; the status of the first call that fails.
 */
static StatusCode resolve(Params *out, const char *name, const char *const *settings, Error *err) {
  Instance instance;
  StatusCode code = instance_load(&instance, name, err);
  if (code != STATUS_OK) return code;
  for (; *settings != NULL && code == STATUS_OK; settings++)
    code = instance_set(&instance, *settings, err);
  if (code == STATUS_OK) code = params_resolve(out, &instance, err);
  instance_clear(&instance);
  return code;
}

static Params resolved(const char *name, const char *const *settings) {
  Params params;
  Error err;
  support_ok(resolve(&params, name, settings, &err), &err);
  return params;
}
#define SET(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING ((const char *const[]){NULL})

/* ---- built-in instances ---- */

/* |found - expected| relative, in units of 2^-53 */
static void assert_real(const char *what, double found, double expected, double units) {
  double error = fabs(found - expected) / fabs(expected) / 0x1p-53;
  cr_assert(error <= units, "%s = %.17g, expected %.17g: off by %.3g u, at most %g", what, found,
            expected, error, units);
}

/* The reference family in binary64, by the formulas of the family and not of the files: a few
 * roundings off at most. */
static void assert_family(const Params *p, double d) {
  double lambda = 1 / (d * d * pow(log(d), 2.5)), u = sqrt(sqrt(12 * lambda));
  assert_real("lambda", p->lambda, lambda, 16);
  assert_real("u", p->u, u, 16);
  assert_real("r", p->r, u / 5, 16);
  assert_real("gamma0", p->gamma0, 1 / sqrt(d), 4);
  assert_real("s_e", p->s_e, 1 / sqrt(d), 4);
  assert_real("eps_W", p->eps_W, 1 / d, 1);
  assert_real("eps_V", p->eps_V, 1 / d, 1);
  /* tau0^2 = eta1^2 tau_xi^2 / (1 - (1 - eta1 lambda)^2), and 1 - (1 - x)^2 = x (2 - x) */
  assert_real("tau_xi", p->tau_xi,
              p->tau0 / p->eta1 * sqrt(p->eta1 * p->lambda * (2 - p->eta1 * p->lambda)), 16);
  cr_assert(p->N == 128 && p->L == 64 && p->seed == 1 && p->eta1 == 1,
            "N %" PRId64 " L %" PRId64 " seed %" PRId64 " eta1 %g", p->N, p->L, p->seed, p->eta1);
  cr_assert(strcmp(reading_name(p->reading), "shared/separate") == 0, "reading %s (%d)",
            reading_name(p->reading), p->reading.gate);
}

Test(instance, reference_and_quick) {
  Params p = resolved("reference", NOTHING), q = resolved("quick", NOTHING);
  assert_family(&p, 16);
  assert_family(&q, 8);
  cr_assert(p.d == 16 && p.t1 == 819 && p.tau0 == 1e-3 && p.eta2 == 0.25 && p.T2 == 4,
            "d %" PRId64 " t1 %" PRId64 " tau0 %g eta2 %g T2 %g", p.d, p.t1, p.tau0, p.eta2, p.T2);
  cr_assert(q.d == 8 && q.t1 == 99 && q.tau0 == 1e-3 && q.eta2 == 0.25 && q.T2 == 4,
            "d %" PRId64 " t1 %" PRId64 " tau0 %g eta2 %g T2 %g", q.d, q.t1, q.tau0, q.eta2, q.T2);
  /* t2 = 16/lambda = 64 t1 before rounding down: it lies between 64 t1 and 64 t1 + 63. */
  cr_assert(p.t2 == 52429 && p.t2 / 64 == p.t1 && q.t2 == 6385 && q.t2 / 64 == q.t1,
            "t2 %" PRId64 ", %" PRId64, p.t2, q.t2);
  cr_assert(strcmp(p.instance, "reference") == 0 && strcmp(p.family, "reference") == 0, "%s %s %zu",
            p.instance, p.family, strlen(p.family));
  cr_assert(strcmp(q.instance, "quick") == 0 && strcmp(q.family, "reference") == 0, "%s %s %zu",
            q.instance, q.family, strlen(q.family));
}

Test(instance, annealed) {
  Params p = resolved("annealed", NOTHING);
  assert_family(&p, 12);
  assert_real("tau0", p.tau0, 8.66 * log(12), 4);
  cr_assert(p.d == 12 && p.t1 == 350 && p.eta2 == 1.0 / 50 && p.T2 == 3,
            "d %" PRId64 " t1 %" PRId64 " eta2 %g T2 %g", p.d, p.t1, p.eta2, p.T2);
  cr_assert(p.t2 == (int64_t)(150 * (144 * pow(log(12), 2.5))),
            "t2 %" PRId64 ", expected floor(3*50/lambda) = %g", p.t2,
            floor(150 * (144 * pow(log(12), 2.5))));
  cr_assert(strcmp(p.instance, "annealed") == 0 && strcmp(p.family, "annealed") == 0, "%s %s %zu",
            p.instance, p.family, strlen(p.family));
}

Test(instance, names_and_files_agree) {
  int files = 0, names = 0;
  for (const BuiltinFile *b = builtin_instances; b->name != NULL; b++)
    files++;
  for (; instance_builtin_names[names] != NULL; names++) {
    Instance instance;
    Error err;
    support_ok(instance_load(&instance, instance_builtin_names[names], &err), &err);
    cr_assert(strcmp(instance.name, instance_builtin_names[names]) == 0, "%d: %s calls itself %s",
              names, instance_builtin_names[names], instance.name);
    instance_clear(&instance);
  }
  cr_assert(files == names, "%d files, %d names", files, names);
}

Test(params, time_of_stage_one) {
  static const int64_t table[][2] = {{8, 99}, {12, 350}, {16, 819}, {24, 2592}, {32, 5724}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char text[32];
    snprintf(text, sizeof text, "d=%" PRId64, table[i][0]);
    Params p = resolved("reference", SET(text));
    cr_assert(p.t1 == table[i][1], "d = %" PRId64 ": t1 = %" PRId64 ", expected %" PRId64, p.d,
              p.t1, table[i][1]);
  }
}

Test(params, exact_values_reach_the_floor) {
  /* No double is 1/400; its nearest one is above, and 1/(4 lambda) of that rounds down to 99. */
  static const char *const texts[] = {"lambda=1/400", "lambda=0.0025", " lambda = 2.5e-3 ",
                                      "lambda=T2/1600", "lambda=eta2/100"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    Params p = resolved("reference", SET(texts[i]));
    cr_assert(p.t1 == 100 && p.t2 == 6400 && p.lambda == 0.0025,
              "%s: t1 = %" PRId64 ", t2 = %" PRId64 ", lambda = %.17g; "
              "expected 100, 6400, 0.0025",
              texts[i], p.t1, p.t2, p.lambda);
  }
  /* Counts mean their whole number: d = 8.9 is 8 everywhere, and t1 = 99.77 is 99 in other
   * formulas. */
  Params p = resolved("reference", SET("d=8.9", "t2=100*t1", "N=d", "seed=t1*2"));
  cr_assert(p.d == 8 && p.t1 == 99 && p.t2 == 9900 && p.N == 8 && p.seed == 198,
            "d %" PRId64 " t1 %" PRId64 " t2 %" PRId64 " N %" PRId64 " seed %" PRId64
            ", expected 8 99 9900 8 198",
            p.d, p.t1, p.t2, p.N, p.seed);
  Params q = resolved("quick", NOTHING);
  cr_assert(p.lambda == q.lambda && p.r == q.r,
            "lambda %.17g, r %.17g; expected those of d = 8, %.17g, %.17g", p.lambda, p.r, q.lambda,
            q.r);
}

Test(params, values_are_kept_not_recomputed) {
  /* Twelve formulas, each of two uses of the next, two of them transcendental, none dyadic: 2^12
     evaluations at every precision if each use were evaluated anew, and as many roundings if each
     were a double. */
  Params p = resolved("reference",
                      SET("u=r+r/3", "r=gamma0+gamma0/3", "gamma0=s_e+s_e/3", "s_e=tau0+tau0/3",
                          "tau0=tau_xi+tau_xi/3", "tau_xi=T2+T2/3", "T2=eps_W+eps_W/3",
                          "eps_W=eps_V*(3/4)+eps_V/4", "eps_V=exp(log(0.75))", "t2=0"));
  assert_real("u", p.u, pow(4.0 / 3, 6), 8);
  assert_real("tau_xi", p.tau_xi, 4.0 / 3, 8);
}

/* ---- refused values ---- */

static void assert_refused(const char *const *settings, StatusCode status, const char *expected) {
  Params params;
  Error err = {0};
  StatusCode code = resolve(&params, "reference", settings, &err);
  cr_assert(code == status && strcmp(err.message, expected) == 0,
            "%s ... gives status %d,\n%s\nexpected %d,\n%s", settings[0], code, err.message, status,
            expected);
}

Test(params, ranges) {
  static const char scale[] = "expected 0 or a number from 2^-150 to 2^150";
  static const char *const scales[] = {"gamma0", "s_e", "u", "r", "tau0", "tau_xi"};
  char setting[64], expected[256];
  assert_refused(SET("d=1"), STATUS_DATA,
                 "--set d: d = 1: expected 2 to 1024 (with d = 1 there are no two orthogonal "
                 "directions z and zeta)");
  assert_refused(SET("d=1025"), STATUS_DATA,
                 "--set d: d = 1025: expected 2 to 1024 (with d = 1 there are no two orthogonal "
                 "directions z and zeta)");
  assert_refused(SET("N=0.5"), STATUS_DATA, "--set N: N = 0.5 is 0: expected 1 to 1048576");
  assert_refused(SET("N=2^20+1"), STATUS_DATA,
                 "--set N: N = 2^20+1 is 1048577: expected 1 to 1048576");
  assert_refused(SET("L=0"), STATUS_DATA, "--set L: L = 0: expected 1 to 65536");
  assert_refused(SET("L=65537"), STATUS_DATA, "--set L: L = 65537: expected 1 to 65536");
  assert_refused(SET("N=2^20", "L=2^15"), STATUS_DATA,
                 "--set N: N*(L+1)*d = 1048576*32769*16: expected at most 2^31 numbers per block");
  assert_refused(SET("d=1024", "N=2^20", "L=2"), STATUS_DATA,
                 "--set N: N*(L+1)*d = 1048576*3*1024: expected at most 2^31 numbers per block");
  assert_refused(SET("t1=-1"), STATUS_DATA, "--set t1: t1 = -1: expected 0 to 10^12 steps");
  assert_refused(SET("t1=10^12+1"), STATUS_DATA,
                 "--set t1: t1 = 10^12+1 is 1000000000001: expected 0 to 10^12 steps");
  assert_refused(SET("t1=10^12", "t2=1"), STATUS_DATA,
                 "--set t2: t1 + t2 = 1000000000000 + 1: expected at most 10^12 steps");
  assert_refused(SET("seed=-1"), STATUS_DATA,
                 "--set seed: seed = -1: expected a whole number from 0 to 2^63-1");
  assert_refused(SET("seed=1/2"), STATUS_DATA,
                 "--set seed: column 1: expected a whole number from 0 to 2^63-1 (in seed = 1/2)");
  assert_refused(
      SET("seed=2^63"), STATUS_DATA,
      "--set seed: column 1: the value is too large: 9.2233720368547758e+18 (in seed = 2^63)");
  assert_refused(SET("eps_W=0"), STATUS_DATA,
                 "--set eps_W: eps_W = 0: expected a number in (0, 1]");
  assert_refused(SET("eps_V=1.5"), STATUS_DATA,
                 "--set eps_V: eps_V = 1.5: expected a number in (0, 1]");
  assert_refused(SET("lambda=-1"), STATUS_DATA,
                 "--set lambda: lambda = -1: expected a number >= 0");
  assert_refused(SET("T2=-1"), STATUS_DATA, "--set T2: T2 = -1: expected a number >= 0");
  assert_refused(SET("eta1=0"), STATUS_DATA,
                 "--set eta1: eta1 = 0: expected a number from 2^-100 to 2^32");
  assert_refused(SET("eta2=2^33"), STATUS_DATA,
                 "--set eta2: eta2 = 2^33 is 8589934592: expected a number from 2^-100 to 2^32");
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
    snprintf(setting, sizeof setting, "%s=-1", scales[i]);
    snprintf(expected, sizeof expected, "--set %s: %s = -1: %s", scales[i], scales[i], scale);
    assert_refused(SET(setting), STATUS_DATA, expected);
    snprintf(setting, sizeof setting, "%s=2^151", scales[i]);
    snprintf(expected, sizeof expected, "--set %s: %s = 2^151 is 2.8544953854119198e+45: %s",
             scales[i], scales[i], scale);
    assert_refused(SET(setting), STATUS_DATA, expected);
    snprintf(setting, sizeof setting, "%s=2^-151", scales[i]);
    snprintf(expected, sizeof expected, "--set %s: %s = 2^-151 is 3.5032461608120427e-46: %s",
             scales[i], scales[i], scale);
    assert_refused(SET(setting), STATUS_DATA, expected);
  }
}

Test(params, ends_of_ranges_are_taken) {
  Params p = resolved("reference", SET("d=2", "N=2^20", "L=2^9", "gamma0=2^150", "s_e=2^-150",
                                       "u=0", "r=0", "tau0=0", "tau_xi=0", "t1=0", "t2=10^12",
                                       "eps_W=1", "seed=2^63-1", "eta2=2^-100", "T2=0"));
  cr_assert(p.d == 2 && p.N == 1048576 && p.L == 512 && p.gamma0 == 0x1p150 && p.s_e == 0x1p-150 &&
                p.u == 0 && p.t1 == 0 && p.t2 == INT64_C(1000000000000) && p.seed == INT64_MAX &&
                p.eta2 == 0x1p-100,
            "d %" PRId64 " gamma0 %g t2 %" PRId64 " seed %" PRId64, p.d, p.gamma0, p.t2, p.seed);
  p = resolved("reference", SET("d=1024", "N=2^20", "L=1"));
  cr_assert(p.N * (p.L + 1) * p.d == INT64_C(1) << 31, "N (L+1) d = %" PRId64 ", expected 2^31",
            p.N * (p.L + 1) * p.d);
  p = resolved("reference", SET("d=1024", "L=65536", "N=31", "lambda=0", "t1=10^12", "t2=0"));
  cr_assert(p.d == 1024 && p.L == 65536 && p.lambda == 0 && p.u == 0 && p.tau_xi == 0,
            "d %" PRId64 " lambda %g u %g tau_xi %g", p.d, p.lambda, p.u, p.tau_xi);
}

Test(params, decay) {
  assert_refused(SET("eta1=1000", "lambda=1/1000"), STATUS_DATA,
                 "--set eta1: eta1*lambda = 1000*0.001: expected less than 1, for from there on "
                 "weight decay overshoots 0 and the "
                 "weights oscillate or diverge");
  assert_refused(SET("eta2=4", "lambda=1/2"), STATUS_DATA,
                 "--set eta2: eta2*lambda = 4*0.5: expected less than 1, for from there on weight "
                 "decay overshoots 0 and the weights "
                 "oscillate or diverge");
  assert_refused(
      SET("lambda=0"), STATUS_DATA,
      "built-in reference.cfg:19:9: the value is not finite: it divides by 0, leaves the domain of "
      "log, sqrt or ^, or "
      "overflows (in t1 = 1/(4*eta1*lambda)); with lambda = 0, t1 and t2 must be given as numbers");
}

Test(params, cycles) {
  assert_refused(SET("lambda=1/t1"), STATUS_DATA,
                 "--set lambda: lambda depends on itself: lambda -> t1 -> lambda");
  assert_refused(SET("u=u"), STATUS_DATA, "--set u: u depends on itself: u -> u");
  assert_refused(SET("u=r", "r=T2", "T2=r+u"), STATUS_DATA,
                 "--set r: r depends on itself: r -> T2 -> r");
  assert_refused(SET("eta2=T2", "T2=2*r", "r=eta2"), STATUS_DATA,
                 "--set eta2: eta2 depends on itself: eta2 -> T2 -> r -> eta2");
}

Test(params, formulas) {
  static const char keys[] = "d N L gamma0 s_e u r balance tau0 tau_xi lambda eta1 eta2 t1 t2 T2 "
                             "eps_W eps_V seed gate loss optimizer attention";
  char expected[512];
  assert_refused(
      SET("u=1 + (2*+)"), STATUS_DATA,
      "--set u: column 9: expected a number, a name or '(', found ')' (in u = 1 + (2*+))");
  snprintf(expected, sizeof expected,
           "--set u: column 3: unknown name 'x', expected one of %s (in u = 2*x)", keys);
  assert_refused(SET("u=2*x"), STATUS_DATA, expected);
  snprintf(expected, sizeof expected,
           "--set u: column 1: unknown name 'nan', expected one of %s (in u = nan)", keys);
  assert_refused(SET("u=nan"), STATUS_DATA, expected);
  assert_refused(
      SET("u=inf"), STATUS_DATA,
      "--set u: column 4: expected '(' behind the function's name, found the end (in u = inf)");
  assert_refused(SET("u=gate"), STATUS_DATA,
                 "--set u: column 1: gate is not a number (in u = gate)");
  assert_refused(SET("u=K1(t1)"), STATUS_DATA,
                 "--set u: column 1: unknown function 'K1': expected log, exp, sqrt, abs, floor, "
                 "min or max, for there are no "
                 "observables here (in u = K1(t1))");
  assert_refused(
      SET("u=1e400"), STATUS_DATA,
      "--set u: column 1: the value is too large: 1.0000000000000000e+400 (in u = 1e400)");
  assert_refused(
      SET("u=1e-400"), STATUS_DATA,
      "--set u: column 1: the value is smaller in size than 2^-1022, and not 0 (in u = 1e-400)");
  assert_refused(SET("lambda=exp(-log(400))"), STATUS_DATA,
                 "built-in reference.cfg:19:9: the value is so close to 100.00000000000000 that "
                 "65536 bits do not tell its floor (in "
                 "t1 = 1/(4*eta1*lambda))");
  assert_refused(SET("gate=both"), STATUS_DATA,
                 "--set gate: column 1: gate = both: expected shared or split");
  assert_refused(SET("loss=1"), STATUS_DATA,
                 "--set loss: column 1: loss = 1: expected separate or joint");
}

Test(instance_set, usage) {
  static const char keys[] = "d N L gamma0 s_e u r balance tau0 tau_xi lambda eta1 eta2 t1 t2 T2 "
                             "eps_W eps_V seed gate loss optimizer attention";
  static const char *const table[][2] = {
      {"lamda=1", "lamda"}, {"=1", ""}, {" D = 1", "D "}, {"d x=1", "d x"}, {"dd=1", "dd"}};
  char expected[512];
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    snprintf(expected, sizeof expected, "--set %s: unknown parameter '%s', expected one of %s",
             table[i][0], table[i][1], keys);
    assert_refused(SET(table[i][0]), STATUS_USAGE, expected);
  }
  assert_refused(SET("d"), STATUS_USAGE, "--set d: expected KEY=VALUE");
  assert_refused(SET(""), STATUS_USAGE, "--set : expected KEY=VALUE");
  assert_refused(SET("d="), STATUS_USAGE, "--set d=: expected a number or a formula behind '='");
  assert_refused(SET("d= \t"), STATUS_USAGE,
                 "--set d= \t: expected a number or a formula behind '='");
}

Test(params, long_texts_fit_into_one_line) {
  char setting[5000] = "u=";
  memset(setting + 2, '1', 4090);
  strcpy(setting + 4092, "+q");
  Params params;
  Error err = {0};
  StatusCode code = resolve(&params, "reference", SET(setting), &err);
  cr_assert(code == STATUS_DATA && strlen(err.message) < sizeof err.message &&
                strstr(err.message, "unknown name 'q'") != NULL,
            "status %d: %s", code, err.message);
}

/* ---- readings, values, texts ---- */

Test(params, readings) {
  static const char *const names[] = {"shared/separate", "split/separate", "shared/joint",
                                      "split/joint"};
  Error err = {0};
  Reading reading;
  for (int i = 0; i < 4; i++) {
    support_ok(reading_parse(&reading, names[i], &err), &err);
    cr_assert(reading.gate == readings_all[i].gate && reading.loss == readings_all[i].loss &&
                  strcmp(reading_name(reading), names[i]) == 0,
              "%d: %s, expected %s", i, reading_name(reading), names[i]);
    char gate[32], loss[32];
    snprintf(gate, sizeof gate, "gate=%s", i % 2 ? "split" : "shared");
    snprintf(loss, sizeof loss, "loss=%s", i / 2 ? "joint" : "separate");
    Params p = resolved("quick", SET(gate, loss));
    cr_assert(strcmp(reading_name(p.reading), names[i]) == 0, "%d: %s, expected %s", i,
              reading_name(p.reading), names[i]);
  }
  StatusCode code = reading_parse(&reading, "shared", &err);
  cr_assert(code == STATUS_USAGE &&
                strcmp(err.message,
                       "unknown reading 'shared', expected one of shared/separate, split/separate, "
                       "shared/joint, split/joint") == 0,
            "status %d: %s", code, err.message);
}

Test(params, value_and_format) {
  /* Every number is found by name as the exact value of its field, and its text means that value
   * again. */
  Params p = resolved("annealed", SET("seed=2^63-1", "gamma0=1/3", "T2=1e-30", "gate=split"));
  FormulaValue value;
  char text[PARAM_COUNT][32];
  formula_value_init(&value);
  for (int id = 0; id < PARAM_COUNT; id++) {
    const char *key = param_info[id].key;
    params_format(text[id], sizeof text[id], &p, (ParamId)id);
    bool found = params_value(&value, &p, key);
    cr_assert(found == (param_info[id].kind != PARAM_KIND_CHOICE) && (int)param_find(key) == id,
              "%s (%d): found %d", key, param_find(key), found);
    if (!found) continue;
    Formula *f;
    Error err;
    support_ok(formula_parse(&f, text[id], (FormulaOrigin){key, 1, 1}, &err), &err);
    if (param_info[id].kind == PARAM_KIND_REAL) {
      double again = NAN, exact = arf_get_d(arb_midref(value.ball), ARF_RND_NEAR);
      support_ok(formula_eval_double(&again, f, NULL, &err), &err);
      cr_assert(value.is_exact && arb_is_exact(value.ball) && again == exact,
                "%s = %s is read as %a, not %a", key, text[id], again, exact);
    } else {
      int64_t again = -1;
      support_ok(formula_eval_floor(&again, f, NULL, &err), &err);
      cr_assert(value.is_exact && fmpq_cmp_si(value.exact, again) == 0,
                "%s = %s is read as %" PRId64, key, text[id], again);
    }
    formula_free(f);
  }
  cr_assert(strcmp(text[PARAM_gate], "split") == 0 && strcmp(text[PARAM_loss], "separate") == 0,
            "gate %s (%d), loss %s", text[PARAM_gate], PARAM_gate, text[PARAM_loss]);
  cr_assert(p.gamma0 == 1.0 / 3 && p.T2 == 1e-30 &&
                strcmp(text[PARAM_seed], "9223372036854775807") == 0,
            "gamma0 %.17g, seed %s", p.gamma0, text[PARAM_seed]);
  cr_assert(!params_value(&value, &p, "K1") && param_find("K1") == PARAM_COUNT,
            "K1 is no parameter: %d", param_find("K1"));
  formula_value_clear(&value);
}
