/* test_rate.c -- rates: what a file may say, verdicts on curves of known truth, planted falsehoods,
 * and the way from a run store and back. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/curves.h"
#include "tests/store_fixture.h"
#include "tests/trained.h"
#include "verify/rate_internal.h"
#include "verify/scope.h"
#include "verify/stage.h"

TestSuite(rate);

static ClaimSet claims;

static void load_claims(void) {
  Error err;
  OK(claims_load(&claims, NULL, NULL, &err));
}
static void drop_claims(void) {
  claims_clear(&claims);
}

/* ---- the file ---- */

#define WORDS "id = \"X\"; title = \"a\"; statement = \"b\"; source = \"c\"; trust = \"derived\"; "
#define RATE                                                                                       \
  "kind = \"rate\"; along = \"d\"; observable = \"norm_W(t1)\"; relation = \"Theta\"; rate = "     \
  "\"d\"; low = 1; high = 2; margin = 0.25; alternatives = (\"d^2\"); never_vacuous = \"e\"; "

/* Asserts that the file is refused with these words. */
static void refused(const char *settings, const char *words) {
  Error err = {0};
  RateSet set;
  char text[2048];
  snprintf(text, sizeof text, "rates = (\n { " WORDS "%s } );", settings);
  const StatusCode code = rates_load_text(&set, "F", text, &claims, &err);
  cr_assert(code == STATUS_DATA && strstr(err.message, words) != NULL,
            "%s\ngave status %d and '%s', expected %d and '%s'", settings, code, err.message,
            STATUS_DATA, words);
}

Test(rate, errors_say_what_and_where, .init = load_claims, .fini = drop_claims) {
  static const struct {
    const char *old, *new, *words;
  } table[] = {
      {"along = \"d\"", "along = \"dd\"", "along: expected a parameter"},
      {"along = \"d\"", "along = \"gate\"", "along: expected a parameter"},
      {"rate = \"d\"", "rate = \"dd\"", "unknown name 'dd'"},
      {"rate = \"d\"", "rate = \"K1(t1)\"", "expected a formula in parameters, found K1"},
      {"rate = \"d\"", "rate = \"d*\"", "expected"},
      {"norm_W(t1)", "norm_X(t1)", "'norm_X', meant norm_W"},
      {"relation = \"Theta\"", "relation = \"theta\"", "expected one of Theta O, found theta"},
      {"relation = \"Theta\"", "relation = \"O\"", "low: expected no such key beside \"O\""},
      {"margin = 0.25", "margin = \"-1/4\"", "margin: expected a number from 0 on"},
      {"margin = 0.25", "marge = 0.25", "marge: expected one of the keys"},
      {"margin = 0.25; ", "", "expected the key 'margin', which is missing"},
      {"(\"d^2\")", "()", "alternatives: expected a list of 1 to 6"},
      {"(\"d^2\")", "(\"e^2\")", "unknown name 'e'"},
      {"never_vacuous = \"e\"; ", "", "'baseline' and 'never_vacuous', found neither"},
      {"never_vacuous", "baseline = \"log(2)\"; never_vacuous", "found both"},
      {"observable = \"norm_W(t1)\"; ", "", "'observable' and 'of', found neither"},
      {"observable = \"norm_W(t1)\"", "of = \"T2.b9\"",
       "of: expected the id of a claim, such as T2.b"},
      {"kind = \"rate\"", "kind = \"speed\"", "kind: expected one of rate probability"},
      {"low = 1", "low = 1; allowed_mutants = ({ mutant = \"x\"; proof = \"y\"; })",
       "mutant: expected one of exponent raised"},
      {"low = 1",
       "low = 1; expected = ({ instance = \"quick\"; reading = \"all\"; from = 1; to = 2; verdict "
       "= "
       "\"FAILS\"; })",
       "expected the key 'reason'"},
      {"low = 1", "low = 1; expected = 3", "expected: expected a list (...)"},
      {"low = 1", "low = 1; expected = (3)", "expected a group {...}"},
      {"low = 1", "low = 1; allowed_mutants = 3", "allowed_mutants: expected a list (...)"},
      {"low = 1", "low = 1; allowed_mutants = ({ mutant = \"exponent raised\"; })",
       "expected one of the keys 'proof' and 'blind'"},
      {"low = 1", "low = 1; note = \"\"", "note: expected a text in quotes"},
      {"low = 1", "low = 1; note = 3", "note: expected a text in quotes"},
      {"alternatives = (\"d^2\")", "alternatives = (())", "expected a formula in quotes"},
      {"alternatives = (\"d^2\")", "alternatives = \"d^2\"", "expected a list of 1 to 6"},
      {"along = \"d\"", "along = ()", "along: expected a parameter"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char text[1024];
    const char *at = strstr(RATE, table[i].old);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - RATE), RATE, table[i].new,
             at + strlen(table[i].old));
    refused(text, table[i].words);
    refused(text, "F:2"); /* its line */
  }
  refused("kind = \"probability\"; of = \"T2.w\"; least = 1;", "least: expected a number");
  refused("kind = \"probability\"; of = \"T2.w\";", "expected the key 'least'");
  refused("kind = \"probability\"; of = \"T2.w\"; least = 0.5; along = \"d\";",
          "along: expected one");
}

/* What is wrong with a file as a whole. */
Test(rate, files_that_are_none, .init = load_claims, .fini = drop_claims) {
  static const struct {
    const char *text, *words;
  } table[] = {{"rate = ( );", "expected"},
               {"rates = 3;", "expected"},
               {"rates = ( );", "expected"},
               {"rates = ( 3 );", "expected a rate, which is a group {...}"},
               {"rates = ( { " WORDS RATE " } ); more = 1;", "expected"},
               {"rates = ( { " WORDS RATE " }, { " WORDS RATE " } );", "X"}};
  RateSet set;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    Error err = {0};
    const StatusCode code = rates_load_text(&set, "F", table[i].text, &claims, &err);
    cr_assert(code == STATUS_DATA && strncmp(err.message, "F:1", 3) == 0 &&
                  strstr(err.message, table[i].words) != NULL,
              "%s\ngave status %d and '%s', expected %d and F:1 with '%s'", table[i].text, code,
              err.message, STATUS_DATA, table[i].words);
  }
  Error err;
  REFUSED(rates_load(&set, "/nowhere/rates.cfg", &claims, &err), STATUS_NOINPUT, "rates.cfg");
}

Test(rate, shipped_file_is_read, .init = load_claims, .fini = drop_claims) {
  Error err;
  RateSet set;
  OK(rates_load(&set, NULL, &claims, &err));
  const char *const headline[] = {"T1.a1", "T2.b1", "T2.b2", "T3.c1", "T3.c2", "T4.d1"};
  for (size_t k = 0; k < sizeof headline / sizeof *headline; k++) {
    bool found = false;
    for (size_t i = 0; i < set.count; i++)
      found =
          found || (strcmp(set.rate[i].claim->id, headline[k]) == 0 && !set.rate[i].probability);
    cr_assert(found, "%s is not among the %zu rates", headline[k], set.count);
  }
  for (size_t i = 0; i < set.count; i++)
    cr_assert(set.rate[i].of_id == NULL || set.rate[i].of != NULL, "%s: there is no claim %s",
              set.rate[i].claim->id, set.rate[i].of_id);
  rates_clear(&set);
}

/* Who corrects the claims in a file of their own need not have all of them. */
Test(rate, shipped_rates_need_no_claim) {
  Error err;
  const ClaimSet none = {0};
  RateSet set;
  OK(rates_load(&set, NULL, &none, &err));
  cr_assert(set.count > 0 && set.rate[0].of == NULL, "%zu rates", set.count);
  rates_clear(&set);
}

/* ---- verdicts ---- */

static RateVerdict judge(const Rate *rate, const CurveTruth *truth, uint64_t stream) {
  Error err;
  RateVerdict v;
  RateCurve curve;
  Rng rng = rng_open(8, STREAM_LEMMA, stream);
  curve_open(&curve, rate->alternative_count);
  curve_draw(&curve, truth, &rng);
  if (rate->baseline != NULL)
    for (size_t i = 0; i < CURVE_POINTS; i++)
      curve.baseline[i] = 0.5 * curve.rate[i];
  OK(rate_measure(&v, rate, &curve, &err));
  OK(rate_decide(&v, 1, &err));
  rate_explain(&v, rate, &curve);
  rate_curve_clear(&curve);
  return v;
}

static void expect(const Rate *rate, CurveTruth truth, VerdictKind kind, const char *words) {
  const RateVerdict v = judge(rate, &truth, 1);
  cr_assert(v.kind == kind && strstr(v.reason, words) != NULL,
            "level %g, slope %g, bend %g, noise %g gave %s (%s), expected %s with '%s'",
            truth.level, truth.slope, truth.bend, truth.noise, verdict_text(v.kind), v.reason,
            verdict_text(kind), words);
}

Test(rate, theta_on_curves) {
  const Rate rate = {.relation = RATE_THETA, .margin = 0.18};
  expect(&rate, (CurveTruth){.level = 0.5, .noise = 0.02}, VERDICT_HOLDS,
         "robust regression agrees");
  expect(&rate, (CurveTruth){.level = 0.5, .slope = 0.369, .noise = 0.02}, VERDICT_FAILS,
         "certainly not");
  expect(&rate, (CurveTruth){.level = 0.5, .slope = -0.369, .noise = 0.02}, VERDICT_FAILS,
         "certainly not");
  expect(&rate, (CurveTruth){.level = 0.5, .slope = 0.16, .noise = 0.05}, VERDICT_INCONCLUSIVE,
         "nor certainly not");
  expect(&rate, (CurveTruth){.level = 0.5, .noise = 0.7}, VERDICT_INCONCLUSIVE,
         "nor certainly not");
  expect(&rate, (CurveTruth){.level = 0.2, .noise = 0.02}, VERDICT_FAILS, "out of its band");
  expect(&rate, (CurveTruth){.level = 2, .noise = 0.02}, VERDICT_FAILS, "out of its band");
  expect(&rate, (CurveTruth){.level = 0.3, .noise = 0.02}, VERDICT_INCONCLUSIVE, "in the band");
  expect(&rate, (CurveTruth){.level = 0.5, .bend = 0.3, .noise = 0.005}, VERDICT_INCONCLUSIVE,
         "bent: at the end");
}

/* An upper bound may be missed from below, and says nothing when doing nothing meets it. */
Test(rate, upper_bound_on_curves) {
  Rate rate = {.relation = RATE_UPPER, .margin = 0.18};
  expect(&rate, (CurveTruth){.level = 0.3, .slope = -1, .noise = 0.05}, VERDICT_HOLDS,
         "at most 0.18");
  expect(&rate, (CurveTruth){.level = 0.01, .noise = 0.05}, VERDICT_HOLDS, "at most 0.18");
  expect(&rate, (CurveTruth){.level = 0.5, .slope = 0.4, .noise = 0.05}, VERDICT_FAILS,
         "certainly not");
  expect(&rate, (CurveTruth){.level = 2, .slope = -1, .noise = 0.05}, VERDICT_FAILS,
         "out of its band");
  Formula baseline;
  rate.baseline = &baseline; /* its values are the curve's */
  expect(&rate, (CurveTruth){.level = 0.4, .noise = 0.05}, VERDICT_VACUOUS, "learns nothing");
  expect(&rate, (CurveTruth){.level = 2, .noise = 0.05}, VERDICT_FAILS, "out of its band");
}

/* Strictly falling: the margin 0. */
Test(rate, falling_on_curves) {
  const Rate rate = {.relation = RATE_UPPER, .margin = 0};
  expect(&rate, (CurveTruth){.level = 0.4, .slope = -0.2, .noise = 0.05}, VERDICT_HOLDS,
         "at most 0");
  expect(&rate, (CurveTruth){.level = 0.4, .noise = 0.05}, VERDICT_INCONCLUSIVE,
         "nor certainly not");
  expect(&rate, (CurveTruth){.level = 0.4, .slope = 0.2, .noise = 0.05}, VERDICT_FAILS,
         "certainly not");
}

Test(rate, what_cannot_be_judged) {
  Error err;
  const Rate rate = {.relation = RATE_THETA, .margin = 0.18};
  const CurveTruth truth = {.level = 0.5, .noise = 0.02};
  static const double bad[] = {0, -1, INFINITY, NAN};
  for (size_t k = 0; k < 4; k++) {
    RateCurve curve;
    RateVerdict v;
    Rng rng = rng_open(8, STREAM_LEMMA, 2);
    curve_open(&curve, 0);
    curve_draw(&curve, &truth, &rng);
    curve.observable[7] = bad[k];
    OK(rate_measure(&v, &rate, &curve, &err));
    OK(rate_decide(&v, 1, &err));
    cr_assert(v.kind == VERDICT_INCONCLUSIVE && v.obstacle != NULL,
              "an observable of %g gave %s, expected INCONCLUSIVE", bad[k], verdict_text(v.kind));
    curve.observable[7] = 10;
    curve.seeds = 2;
    OK(rate_measure(&v, &rate, &curve, &err));
    cr_assert(v.obstacle != NULL && v.p_holds == 1 && v.p_fails == 1,
              "two seeds gave p-values %g and %g, expected 1", v.p_holds, v.p_fails);
    curve.seeds = CURVE_SEEDS;
    rate_curve_clear(&curve);
  }
}

/* The factor of d log d, and an outlier that the line follows and the robust line does not. */
Test(rate, alternatives_and_second_opinion) {
  Error err;
  Formula *alternative[3];
  for (int k = 0; k < 3; k++)
    OK(formula_parse(&alternative[k],
                     k == 0   ? "d"
                     : k == 1 ? "d^2"
                              : "d*log(d)^2",
                     (FormulaOrigin){"F", 1, 1}, &err));
  const Rate rate = {
      .relation = RATE_THETA, .margin = 0.18, .alternative = alternative, .alternative_count = 3};
  const CurveTruth truth = {.level = 0.5, .noise = 0.01};
  const RateVerdict v = judge(&rate, &truth, 3);
  /* log log d over log d at d = 8 ... 32, by least squares: 0.369. */
  const double expected[] = {-0.369, 0.631, 0.369};
  for (int k = 0; k < 3; k++)
    cr_assert(fabs(v.against[k].slope - expected[k]) < 0.01 && v.against[k].told_apart,
              "alternative %d: slope %.4f (p = %g), expected %.3f and told apart", k,
              v.against[k].slope, v.against[k].p, expected[k]);
  const CurveTruth between = {.level = 0.5, .slope = 0.19, .noise = 0.03};
  const RateVerdict w = judge(&rate, &between, 3);
  cr_assert(!w.against[2].told_apart && strstr(w.reason, "NOT distinguishable") != NULL,
            "slope half-way to d log^2 d: p = %g, %s", w.against[2].p, w.reason);
  RateCurve curve;
  RateVerdict odd;
  Rng rng = rng_open(8, STREAM_LEMMA, 4);
  curve_open(&curve, 3);
  curve_draw(&curve, &truth, &rng);
  curve.observable[4] *= 8; /* seed 1 at the end of the range */
  OK(rate_measure(&odd, &rate, &curve, &err));
  cr_assert(odd.robust_differs && fabs(odd.robust) < 0.1 && odd.slope.mean > 0.1,
            "slope %.3f with an outlier, robust %.3f, differs: %d", odd.slope.mean, odd.robust,
            odd.robust_differs);
  rate_curve_clear(&curve);
  for (int k = 0; k < 3; k++)
    formula_free(alternative[k]);
}

/* ---- planted falsehoods ---- */

/* The curve of an entry over d = 8 to 32 (or powers of two of eta1 or lambda) that is true but for
   noise: parameters are those of the reference family. */
static void simulate(RateCurve *curve, double *no_log, bool *has_no_log, const Rate *rate) {
  Error err;
  Formula *dropped;
  Rng rng = rng_open(9, STREAM_LEMMA, (uint64_t)rate->along);
  OK(rate_drop_logs(&dropped, rate->claim->bound, &err));
  *has_no_log = dropped != NULL;
  for (size_t i = 0; i < CURVE_POINTS; i++) {
    Instance instance;
    Trace trace = {0};
    Scope scope;
    FormulaValue value;
    char text[64];
    snprintf(text, sizeof text, "%s=%g", param_info[rate->along].key,
             rate->along == PARAM_d      ? curve_d[i]
             : rate->along == PARAM_eta1 ? curve_d[i] / 16
                                         : curve_d[i] / 20000);
    OK(instance_load(&instance, "reference", &err));
    OK(instance_set(&instance, text, &err));
    OK(params_resolve(&trace.info.params, &instance, &err));
    OK(scope_open(&scope, rate->claim, &trace, 128, &err));
    formula_value_init(&value);
    const Formula *const formula[] = {rate->claim->bound, rate->claim->low, rate->claim->high,
                                      dropped};
    double *const out[] = {&curve->rate[i], &curve->low[i], &curve->high[i], &no_log[i]};
    for (int k = 0; k < 4; k++)
      if (formula[k] != NULL) {
        OK(formula_eval(&value, formula[k], &scope.formula_scope, 128, &err));
        *out[k] = arf_get_d(arb_midref(value.ball), ARF_RND_NEAR);
      }
    curve->x[i] = strtod(strchr(text, '=') + 1, NULL);
    curve->baseline[i] = NAN;
    const double low = rate->relation == RATE_THETA ? curve->low[i] : curve->high[i] / 4;
    for (size_t j = 0; j < CURVE_SEEDS; j++)
      curve->observable[j * CURVE_POINTS + i] =
          curve->rate[i] * sqrt(low * curve->high[i]) *
          exp(0.02 * rng_normal(&rng) - (rate->margin == 0 ? 0.3 * log(curve->x[i] / 16) : 0));
    formula_value_clear(&value);
    scope_close(&scope);
    instance_clear(&instance);
  }
  formula_free(dropped);
}

static VerdictKind verdict_on(const Rate *rate, const RateCurve *curve) {
  Error err;
  RateVerdict v;
  RateCurve bare = *curve;
  bare.alternatives = 0;
  OK(rate_measure(&v, rate, &bare, &err));
  OK(rate_decide(&v, 1, &err));
  return v.kind;
}

/* Pre-conditions: each shipped rate on a simulated curve on which it HOLDS (2 % noise, five points
   and seeds). Quantity: mutants, scaled to the same mean so that only their course is wrong, that
   HOLD and are not declared; bound: 0. The table goes to tests/rate_mutants.txt. */
Test(rate, no_mutant_survives, .init = load_claims, .fini = drop_claims) {
  Error err;
  RateSet set;
  int holding = 0, mutants = 0, killed = 0, declared = 0, survive = 0;
  FILE *table = table_open("rate_mutants.txt");
  OK(rates_load(&set, NULL, &claims, &err));
  fprintf(table, "planted falsehoods in the rates, on simulated curves on which they hold:\n");
  for (size_t i = 0; i < set.count; i++) {
    const Rate *rate = &set.rate[i];
    double no_log[CURVE_POINTS], mutated[CURVE_POINTS];
    bool has_no_log;
    RateCurve curve;
    if (rate->probability) continue;
    curve_open(&curve, 0);
    simulate(&curve, no_log, &has_no_log, rate);
    const VerdictKind kind = verdict_on(rate, &curve);
    cr_assert(kind == VERDICT_HOLDS, "%s: %s on a curve that was made for it", rate->claim->id,
              verdict_text(kind));
    holding++;
    for (int m = 0; m < RATE_MUTANT_COUNT; m++) {
      if (!rate_mutate(mutated, (RateMutant)m, has_no_log ? no_log : NULL, rate->relation, &curve))
        continue;
      RateCurve copy = curve;
      copy.rate = mutated;
      const bool holds = verdict_on(rate, &copy) == VERDICT_HOLDS;
      bool allowed = false;
      for (size_t k = 0; k < rate->claim->allowed_count; k++)
        allowed = allowed || strcmp(rate->claim->allowed[k].mutant, rate_mutant_name[m]) == 0;
      mutants++;
      killed += !holds;
      declared += holds && allowed;
      survive += holds && !allowed;
      fprintf(table, "%-18s %-18s %s\n", rate->claim->id, rate_mutant_name[m],
              !holds    ? verdict_text(verdict_on(rate, &copy))
              : allowed ? "holds, declared"
                        : "SURVIVES");
      if (holds && !allowed) support_note("%s, %s survives", rate->claim->id, rate_mutant_name[m]);
    }
    rate_curve_clear(&curve);
  }
  fprintf(table, "%d rates hold; %d mutants: %d killed, %d declared, %d survive\n", holding,
          mutants, killed, declared, survive);
  fclose(table);
  rates_clear(&set);
  cr_assert(survive == 0, "of %d mutants of %d rates, %d survive; bound 0", mutants, holding,
            survive);
  cr_assert(mutants >= 19, "%d mutants, expected at least 19", mutants);
}

/* ---- from a run store and back ---- */

/* A store with d = 8, 10, 12, 16 and seeds 1, 2, 3, whose norms are 0.5 d log d but for 1 %, and
   whose losses fall linearly, K2 later than K1. left_out: a run that is not there. short_run: one
   whose stage two is cut short. */
static Store *make_sweep(const char *folder, int left_out, int short_run) {
  static const int d[] = {8, 10, 12, 16};
  Error err;
  Store *store;
  Record record;
  Rng rng = rng_open(10, STREAM_LEMMA, 0);
  int cell = 0;
  record_init(&record);
  OK(store_create(&store, folder, &err));
  for (int i = 0; i < 4; i++)
    for (int seed = 1; seed <= 3; seed++, cell++) {
      Instance instance;
      RunInfo run = {.engine = "double", .precision = 53};
      char d_text[16], seed_text[16], text[64];
      snprintf(d_text, sizeof d_text, "%d", d[i]);
      snprintf(seed_text, sizeof seed_text, "%d", seed);
      OK(instance_load(&instance, "reference", &err));
      snprintf(text, sizeof text, "d=%s", d_text);
      OK(instance_set(&instance, text, &err));
      snprintf(text, sizeof text, "seed=%s", seed_text);
      OK(instance_set(&instance, text, &err));
      if (cell == short_run) OK(instance_set(&instance, "t2=2*t1", &err));
      OK(params_resolve(&run.params, &instance, &err));
      const double norm = 0.5 * d[i] * log(d[i]) * exp(0.01 * rng_normal(&rng));
      if (cell != left_out) {
        OK(store_add_run(store, &run, &instance, &err));
        OK(store_add_cell(store, run.id, "d", d_text, d[i], &err));
        OK(store_add_cell(store, run.id, "seed", seed_text, seed, &err));
        const int64_t t1 = run.params.t1, end = t1 + run.params.t2,
                      step[] = {0, t1 / 2, t1, 2 * t1, end};
        const double K1[] = {0.69, 0.3, 0.2, 0.19, 0.1}, K2[] = {0.69, 0.68, 0.6, 0.4, 0.3};
        for (int k = 0; k < 5; k++) {
          record.step = step[k];
          for (int id = 0; id < OBSERVABLE_COUNT; id++)
            arb_set_d(&record.value[id], 0.1);
          arb_set_d(&record.value[OBS_K1], K1[k]);
          arb_set_d(&record.value[OBS_K2], K2[k]);
          arb_set_d(&record.value[OBS_norm_Wbar], k > 0 ? norm : 0);
          arb_set_d(&record.value[OBS_norm_V], 0);
          OK(store_add_record(store, run.id, &record, &err));
        }
      }
      instance_clear(&instance);
    }
  record_clear(&record);
  return store;
}

typedef struct {
  const char *claim; /* that is wanted */
  RateRow row;
  char verdict[32], reason[1024], formula[512];
  int rows, points, stages;
  StageRow stage;
} Found;

static bool find_rate(const RateRow *row, void *context) {
  Found *found = context;
  if (strcmp(row->claim, found->claim) != 0) return true;
  found->row = *row;
  found->rows++;
  snprintf(found->verdict, sizeof found->verdict, "%s", row->verdict);
  snprintf(found->reason, sizeof found->reason, "%s", row->reason);
  snprintf(found->formula, sizeof found->formula, "%s", row->formula);
  return true;
}
static bool count_point(const RatePointRow *row, void *context) {
  Found *found = context;
  found->points += row->rate == found->row.id;
  return true;
}
static bool count_stage(const StageRow *row, void *context) {
  Found *found = context;
  found->stages++;
  found->stage = *row;
  return true;
}

/* fact: that the number of seeds was not fixed beforehand; or NULL. */
static Found judge_sweep(const char *claim, int left_out, int short_run, const char *fact) {
  Error err;
  RateSet set;
  char folder[] = "/tmp/twostage-rate.XXXXXX", path[64];
  Found found = {.claim = claim};
  cr_assert(mkdtemp(folder) != NULL, "no folder %s", folder);
  Store *store = make_sweep(folder, left_out, short_run);
  OK(rates_load(&set, NULL, &claims, &err));
  if (fact != NULL) OK(store_set_fact(store, fact, "2, 3", &err));
  OK(rate_judge_store(store, &set, &claims, &err));
  OK(rate_judge_store(store, &set, &claims, &err)); /* takes the place of the first */
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  OK(store_each_rate(store, find_rate, &found, &err));
  OK(store_each_rate_point(store, count_point, &found, &err));
  OK(store_each_stage(store, count_stage, &found, &err));
  store_close(store);
  rates_clear(&set);
  snprintf(path, sizeof path, "%s/run.db", folder);
  remove(path);
  remove(folder);
  return found;
}

Test(rate, a_store_is_judged, .init = load_claims, .fini = drop_claims) {
  const Found f = judge_sweep("T2.b1", -1, -1, NULL);
  cr_assert(f.rows == 1 && strcmp(f.verdict, "HOLDS") == 0, "%d rows, %s: %s", f.rows, f.verdict,
            f.reason);
  cr_assert(f.row.points == 4 && f.row.seeds == 3 && f.row.from == 8 && f.row.to == 16,
            "%lld points and %lld seeds from %g to %g", (long long)f.row.points,
            (long long)f.row.seeds, f.row.from, f.row.to);
  cr_assert(fabs(f.row.slope) < 0.05 && f.row.ratio_low > 0.45 && f.row.ratio_high < 0.55,
            "slope %g, ratios %g to %g", f.row.slope, f.row.ratio_low, f.row.ratio_high);
  cr_assert(strstr(f.formula, "norm_Wbar(t1) = Theta(d*log(1/eps_W)) along d") != NULL, "%s",
            f.formula);
  /* For each point three runs, a mean and a band; three alternatives with four points and a row. */
  cr_assert(f.points == 4 * 5 + 3 * 5, "%d points, expected 35", f.points);
  cr_assert(f.stages == 12, "%d stage times, expected 12", f.stages);
}

Test(rate, stage_times_of_a_run, .init = load_claims, .fini = drop_claims) {
  const Found f = judge_sweep("T1.time.P.prob", -1, -1, NULL);
  /* The last run is d = 16: t1 = 819. K1 is half-way, 0.395, at t1/2; K2, 0.495, at 2 t1. From t1
     on K2 falls by more than K1 (0.2 against 0.01), before by less. */
  cr_assert(f.stage.t_P == 409 && f.stage.t_Q == 1638 && f.stage.t_X == 819,
            "t_P = %g, t_Q = %g, t_X = %g, expected 409, 1638, 819", f.stage.t_P, f.stage.t_Q,
            f.stage.t_X);
  cr_assert(fabs(f.stage.scale - 819.4) < 1, "scale %g, expected near 819", f.stage.scale);
  /* Three seeds in each of four cells: nothing is decided at 9/10. */
  cr_assert(f.rows == 1 && strcmp(f.verdict, "INCONCLUSIVE") == 0 &&
                strstr(f.reason, "seeds that all hold would decide") != NULL,
            "%d rows, %s: %s", f.rows, f.verdict, f.reason);
  cr_assert(f.points == 4 && f.row.seeds == 12, "%d cells, %lld runs", f.points,
            (long long)f.row.seeds);
}

/* The same sweep, whose rate would hold, is not judged by tests for a fixed number of seeds. */
Test(rate, seeds_added_after_a_look, .init = load_claims, .fini = drop_claims) {
  static const char *const fact[] = {RATE_FACT_LOOKS, RATE_FACT_UNTIL};
  for (int k = 0; k < 2; k++) {
    const Found f = judge_sweep("T2.b1", -1, -1, fact[k]);
    cr_assert(strcmp(f.verdict, "INCONCLUSIVE") == 0 &&
                  strstr(f.reason, "the t tests' level is not kept") != NULL,
              "%s: %s: %s", fact[k], f.verdict, f.reason);
    const Found p = judge_sweep("T1.time.P.prob", -1, -1, fact[k]);
    cr_assert(strstr(p.reason, "judged by evidence") != NULL, "%s: %s", fact[k], p.reason);
    /* Three of three: E = (1 - q^4)/(4 (1 - q) q^3), which at the lower limit is 2/alpha. */
    const double q = p.row.ratio_low, E = (1 - pow(q, 4)) / (4 * (1 - q) * pow(q, 3));
    cr_assert(fabs(E * 0.02 / 16 / 2 - 1) < 1e-6, "%s: lower limit %g, E = %g, expected %g",
              fact[k], q, E, 2 * 16 / 0.02);
  }
}

/* The error of all probabilities together is divided by their cells: four entries, four cells of
   three seeds that all hold. Clopper-Pearson: lower = (alpha/2)^(1/3), alpha = 0.02/16, and 9/10
   needs n with 0.9^n <= alpha/2: 71. */
Test(rate, probabilities_share_an_error, .init = load_claims, .fini = drop_claims) {
  const Found f = judge_sweep("T1.time.P.prob", -1, -1, NULL);
  const double lower = cbrt(0.01 / 16);
  cr_assert(fabs(f.row.ratio_low - lower) < 1e-6, "lower limit %.9f, expected %.9f",
            f.row.ratio_low, lower);
  cr_assert(strstr(f.reason, "at 98 % confidence") != NULL &&
                strstr(f.reason, "; 71 seeds") != NULL,
            "%s", f.reason);
}

/* A seed that lacks a run is left out, and that is said; two seeds are too few then. */
Test(rate, an_incomplete_seed_is_said, .init = load_claims, .fini = drop_claims) {
  const Found f = judge_sweep("T2.b1", 5, -1, NULL);
  cr_assert(f.rows == 1 && strcmp(f.verdict, "INCONCLUSIVE") == 0 &&
                strstr(f.reason, "1 seeds left out") != NULL && f.row.seeds == 2,
            "%d rows, %s, %lld seeds: %s", f.rows, f.verdict, (long long)f.row.seeds, f.reason);
}

/* A rate does not speak of runs that a hypothesis of its claim leaves out: not HOLDS, and not FAILS
   either. Theorems on stage one are not concerned by the length of stage two. */
Test(rate, a_failing_hypothesis_leaves_the_range_open, .init = load_claims, .fini = drop_claims) {
  const Found whole = judge_sweep("T3.c1", -1, -1, NULL), cut = judge_sweep("T3.c1", -1, 7, NULL),
              first = judge_sweep("T2.b1", -1, 7, NULL);
  cr_assert(strcmp(whole.verdict, "FAILS") == 0, "all runs whole: %s: %s", whole.verdict,
            whole.reason);
  cr_assert(strcmp(cut.verdict, "UNMET") == 0 && cut.points == 0 && isnan(cut.row.slope) &&
                strstr(cut.reason, "a hypothesis of the claim fails in some of the runs: 1 of 12"),
            "one stage two cut short: %s, %d points, slope %g: %s", cut.verdict, cut.points,
            cut.row.slope, cut.reason);
  cr_assert(strcmp(first.verdict, "HOLDS") == 0, "T2.b1 beside it: %s: %s", first.verdict,
            first.reason);
}
