/* test_judge.c -- the five verdicts: each is reached, and none is reached wrongly. */
#include <math.h>

#include "src/builtin.h"
#include "tests/claim_fixture.h"

TestSuite(judge);

#define PLAIN "hypotheses = (); never_vacuous = \"n\"; "
#define K1_AT_MOST(bound) PLAIN "observable = \"K1(t1)\"; relation = \"<=\"; bound = \"" bound "\";"

/* ---- the comparison ---- */

typedef struct {
  const char *relation, *bound;
  double value; /* of K1(t1) */
  VerdictKind kind;
  const char *reason;
} Row;

Test(judge, each_relation_is_decided_on_both_sides_and_at_equality) {
  static const Row rows[] = {
      {"<", "3/4", 0.625, VERDICT_HOLDS, "K1(t1) = 0.625 < 0.75, slack 1.2"},
      {"<", "3/4", 0.75, VERDICT_FAILS, "K1(t1) = 0.75 is not < 0.75"},
      {"<", "3/4", 0.875, VERDICT_FAILS, "slack 0.857"},
      {"<=", "3/4", 0.625, VERDICT_HOLDS, "<= 0.75"},
      {"<=", "3/4", 0.75, VERDICT_HOLDS, "slack 1"},
      {"<=", "3/4", 0.875, VERDICT_FAILS, "is not <= 0.75"},
      {">", "3/4", 0.625, VERDICT_FAILS, "is not > 0.75"},
      {">", "3/4", 0.75, VERDICT_FAILS, "is not > 0.75"},
      {">", "3/4", 0.875, VERDICT_HOLDS, "> 0.75"},
      {">=", "3/4", 0.625, VERDICT_FAILS, "is not >= 0.75"},
      {">=", "3/4", 0.75, VERDICT_HOLDS, "slack 1"},
      {">=", "3/4", 0.875, VERDICT_HOLDS, "slack 1.17"},
      /* low = 1/2, high = 4 */
      {"within", "3/4", 0.3125, VERDICT_FAILS,
       "K1(t1) = 0.3125 is not within [0.375, 3], slack 0.833"},
      {"within", "3/4", 0.375, VERDICT_HOLDS, "within [0.375, 3], slack 1"},
      {"within", "3/4", 1.5, VERDICT_HOLDS, "slack 2"},
      {"within", "3/4", 3, VERDICT_HOLDS, "slack 1"},
      {"within", "3/4", 3.125, VERDICT_FAILS, "slack 0.96"},
      /* a bound without a finite decimal: no double is one third */
      {"<=", "1/3", 0x1.5555555555555p-2, VERDICT_HOLDS, ""},
      {">=", "1/3", 0x1.5555555555555p-2, VERDICT_FAILS, ""},
  };
  Trace trace;
  trace_make(&trace, "mpfr");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char settings[512];
    snprintf(settings, sizeof settings,
             PLAIN "observable = \"K1(t1)\"; relation = \"%s\"; bound = \"%s\"; %s",
             rows[i].relation, rows[i].bound,
             strcmp(rows[i].relation, "within") == 0 ? "low = \"1/2\"; high = 4;" : "");
    trace_set(&trace, OBS_K1, 10, rows[i].value);
    expect_verdict(settings, &trace, NULL, rows[i].kind, rows[i].reason);
  }
  trace_clear(&trace);
}

/* K1(t1) is the ball (middle +- radius)/1024, the bound is bound/1024. */
static VerdictKind judge_ball(const Claim *claim, Trace *trace, int64_t middle, int64_t radius) {
  Error err = {0};
  Verdict verdict;
  arb_ptr value = trace_at(trace, OBS_K1, 10);
  arb_set_si(value, middle);
  mag_set_ui(arb_radref(value), (ulong)radius);
  arb_mul_2exp_si(value, value, -10);
  verdict_init(&verdict);
  OK(claim_judge(&verdict, claim, trace, NULL, &err));
  const VerdictKind kind = verdict.kind;
  verdict_clear(&verdict);
  return kind;
}

/* The oracle works in whole numbers: a ball is the interval [middle - radius, middle + radius], and
   the relation is true of all of it, of none of it, or of a part. */
Test(judge, a_ball_that_straddles_its_bound_is_never_decided) {
  static const char *const relation[] = {"<", "<=", ">", ">="};
  Chance chance = chance_open(7);
  size_t seen[VERDICT_KIND_COUNT] = {0};
  Trace trace;
  trace_make(&trace, "ball");
  for (int round = 0; round < 4000; round++) {
    const int64_t bound = chance_below(&chance, 64) - 32, middle = chance_below(&chance, 64) - 32;
    const int64_t radius = chance_below(&chance, 2) * chance_below(&chance, 24);
    const int r = (int)chance_below(&chance, 4);
    const int64_t low = middle - radius, high = middle + radius;
    const bool all[] = {high<bound, high <= bound, low> bound, low >= bound};
    const bool none[] = {low >= bound, low > bound, high <= bound, high < bound};
    const VerdictKind expected = all[r]    ? VERDICT_HOLDS
                                 : none[r] ? VERDICT_FAILS
                                           : VERDICT_INCONCLUSIVE;
    char settings[256];
    snprintf(settings, sizeof settings,
             PLAIN "observable = \"K1(t1)\"; relation = \"%s\"; bound = \"%lld/1024\";",
             relation[r], (long long)bound);
    ClaimSet set;
    claim_make(&set, settings);
    const VerdictKind kind = judge_ball(&set.claim[0], &trace, middle, radius);
    cr_assert(kind == expected, "round %d: [%lld, %lld] %s %lld gave %s, expected %s", round,
              (long long)low, (long long)high, relation[r], (long long)bound, verdict_text(kind),
              verdict_text(expected));
    seen[kind]++;
    claims_clear(&set);
  }
  cr_assert(seen[VERDICT_HOLDS] > 500 && seen[VERDICT_FAILS] > 500 &&
                seen[VERDICT_INCONCLUSIVE] > 200,
            "%zu HOLDS, %zu FAILS, %zu INCONCLUSIVE in 4000 rounds", seen[VERDICT_HOLDS],
            seen[VERDICT_FAILS], seen[VERDICT_INCONCLUSIVE]);
  trace_clear(&trace);
}

/* ---- two engines ---- */

Test(judge, what_the_engines_disagree_in_is_not_known) {
  Chance chance = chance_open(8);
  size_t open = 0;
  Trace trace, companion;
  trace_make(&trace, "mpfr");
  trace_make(&companion, "double");
  ClaimSet set;
  claim_make(&set, K1_AT_MOST("1/2"));
  for (int round = 0; round < 1000; round++) {
    /* Whole multiples of 2^-10, so that every distance is exact. */
    const double value = ldexp((double)chance_below(&chance, 64) + 480, -10);
    const double other = ldexp((double)chance_below(&chance, 64) + 480, -10);
    const double distance = fabs(value - other);
    Error err = {0};
    Verdict verdict;
    verdict_init(&verdict);
    trace_set(&trace, OBS_K1, 10, value);
    trace_set(&companion, OBS_K1, 10, other);
    OK(claim_judge(&verdict, &set.claim[0], &trace, &companion, &err));
    /* A radius may be rounded up: the value is [value - distance, value + distance], a little
     * wider. */
    const VerdictKind expected = value + distance <= 0.5  ? VERDICT_HOLDS
                                 : value - distance > 0.5 ? VERDICT_FAILS
                                                          : VERDICT_INCONCLUSIVE;
    const bool touches = distance > 0 && fabs(fabs(value - 0.5) - distance) < 1e-6;
    cr_assert(verdict.kind == expected || (touches && verdict.kind == VERDICT_INCONCLUSIVE),
              "%.6f and %.6f against 0.5 gave %s, expected %s", value, other,
              verdict_text(verdict.kind), verdict_text(expected));
    cr_assert(!verdict.certified, "%.6f and %.6f are computed, but certified = %d, expected 0",
              value, other, verdict.certified);
    open += verdict.kind == VERDICT_INCONCLUSIVE;
    verdict_clear(&verdict);
  }
  cr_assert(open > 100 && open < 900, "%zu of 1000 verdicts are open", open);
  claims_clear(&set);
  trace_clear(&companion);
  trace_clear(&trace);
}

Test(judge, the_reason_says_how_far_numbers_are_trusted) {
  Trace trace, companion, balls;
  trace_make(&trace, "mpfr");
  trace_make(&companion, "double");
  trace_make(&balls, "ball");
  trace_set(&trace, OBS_K1, 10, 1);
  trace_set(&companion, OBS_K1, 10, 1 + 0x1p-20); /* log10(2^20) = 6.02 */
  expect_verdict(K1_AT_MOST("2"), &trace, NULL, VERDICT_HOLDS, "single engine (mpfr)");
  expect_verdict(K1_AT_MOST("2"), &trace, &companion, VERDICT_HOLDS,
                 "double and mpfr agree to 6 digits");
  trace_set(&companion, OBS_K1, 10, 1);
  expect_verdict(K1_AT_MOST("2"), &trace, &companion, VERDICT_HOLDS, "; double and mpfr agree");
  expect_verdict(K1_AT_MOST("2"), &balls, NULL, VERDICT_HOLDS, "; certified");
  Verdict verdict = judge_text(K1_AT_MOST("2"), &balls, NULL);
  cr_assert(verdict.certified, "enclosures are certified, this says: %s", verdict.reason);
  verdict_clear(&verdict);
  trace_clear(&balls);
  trace_clear(&companion);
  trace_clear(&trace);
}

/* ---- hypotheses ---- */

#define HYPOTHESIS(words, condition) "{ words = \"" words "\"; condition = \"" condition "\"; }"
#define UNDER(list)                                                                                \
  "hypotheses = (" list                                                                            \
  "); never_vacuous = \"n\"; observable = \"K1(t1)\"; relation = \"<=\"; bound = 1;"

Test(judge, a_false_hypothesis_is_named_and_an_open_one_stays_open) {
  Trace trace;
  trace_make(&trace, "mpfr");
  arb_set_d(trace_at(&trace, OBS_norm_V, 0), 1);
  mag_set_ui(arb_radref(trace_at(&trace, OBS_norm_V, 0)), 1); /* [0, 2] */
  const char *met = HYPOTHESIS("fine", "eta1 <= 1"), *open = HYPOTHESIS("open", "norm_V(0) <= 1"),
             *broken = HYPOTHESIS("broken", "eta1 > 1");
  const struct {
    const char *first, *second;
    VerdictKind kind;
    const char *reason;
  } rows[] = {
      {met, met, VERDICT_HOLDS, "<="},
      {met, broken, VERDICT_UNMET, "a hypothesis fails: broken (eta1 > 1: 1 against 1)"},
      {broken, met, VERDICT_UNMET, "broken"},
      {met, open, VERDICT_INCONCLUSIVE, "open (norm_V(0) <= 1"},
      {open, broken, VERDICT_UNMET, "broken"},
      {broken, open, VERDICT_UNMET, "broken"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char list[512], settings[1024];
    snprintf(list, sizeof list, "%s, %s", rows[i].first, rows[i].second);
    snprintf(settings, sizeof settings, UNDER("%s"), list);
    expect_verdict(settings, &trace, NULL, rows[i].kind, rows[i].reason);
  }
  trace_clear(&trace);
}

/* The relation of a condition is the one outside all parentheses. */
Test(judge, a_condition_may_ask_for_a_first_step) {
  Trace trace;
  trace_make(&trace, "mpfr");
  trace_set_all(&trace, OBS_K2, (double[]){1, 1, 0.25, 0.25});
  expect_verdict(
      "hypotheses = (" HYPOTHESIS("in time", "first(s, 0, 50, K2(s) < 1/2) <= 20") "," HYPOTHESIS(
          "too late",
          "(first(s, 0, 50, K2(s) < 1/2)) > 20") ");"
                                                 "never_vacuous = \"n\"; observable = \"K1(t1)\"; "
                                                 "relation = \"<=\"; bound = 1;",
      &trace, NULL, VERDICT_UNMET, "too late");
  trace_clear(&trace);
}

/* Whether a claim speaks of a run is asked before whether its observable was recorded. */
Test(judge, a_false_hypothesis_comes_before_a_missing_value) {
  Trace trace;
  trace_make(&trace, "mpfr");
  expect_verdict("hypotheses = (" HYPOTHESIS(
                     "broken", "split > 0") "); never_vacuous = \"n\";"
                                            "observable = \"K1(7)\"; relation = \"<=\"; bound = 1;",
                 &trace, NULL, VERDICT_UNMET, "broken");
  trace_clear(&trace);
}

Test(judge, readings_are_words_that_are_0_or_1) {
  Trace trace;
  trace_make(&trace, "mpfr");
  for (int i = 0; i < 4; i++) {
    trace.info.params.reading = readings_all[i];
    const bool split = readings_all[i].gate == GATE_SPLIT,
               joint = readings_all[i].loss == LOSS_JOINT;
    const double code = (split ? 1 : 0) + (joint ? 2 : 0);
    char settings[256];
    snprintf(settings, sizeof settings,
             PLAIN "observable = \"split + 2*joint + 4*(shared + split) + 4*(separate + joint)\"; "
                   "relation = \"within\"; low = 1; high = 1; bound = %g;",
             code + 8);
    expect_verdict(settings, &trace, NULL, VERDICT_HOLDS, "");
  }
  trace_clear(&trace);
}

/* ---- vacuity ---- */

#define EMPTY_IF(condition, bound)                                                                 \
  "hypotheses = (); vacuous = ( { words = \"says nothing\"; condition = \"K2(0) > 5\"; },"         \
  "{ words = \"as good as idle\"; condition = \"" condition "\"; } );"                             \
  "observable = \"K1(t1)\"; relation = \"<=\"; bound = \"" bound "\";"

Test(judge, only_a_claim_that_holds_can_be_vacuous) {
  Trace trace;
  trace_make(&trace, "mpfr");
  trace_set(&trace, OBS_K1, 10, 0.25);
  expect_verdict(EMPTY_IF("bound >= log(2)", "1/2"), &trace, NULL, VERDICT_HOLDS, "slack 2");
  expect_verdict(EMPTY_IF("bound >= log(2)", "1"), &trace, NULL, VERDICT_VACUOUS,
                 "K1(t1) = 0.25 <= 1, but that says nothing: as good as idle");
  expect_verdict(EMPTY_IF("value < bound", "1"), &trace, NULL, VERDICT_VACUOUS, "as good as idle");
  trace_set(&trace, OBS_K1, 10, 2);
  expect_verdict(EMPTY_IF("bound >= log(2)", "1"), &trace, NULL, VERDICT_FAILS, "is not <= 1");
  trace_clear(&trace);
}

Test(judge, vacuity_that_cannot_be_told_leaves_the_verdict_open) {
  Trace trace;
  trace_make(&trace, "mpfr");
  arb_set_d(trace_at(&trace, OBS_norm_V, 0), 1);
  mag_set_ui(arb_radref(trace_at(&trace, OBS_norm_V, 0)), 1);
  expect_verdict(EMPTY_IF("norm_V(0) > 1", "1"), &trace, NULL, VERDICT_INCONCLUSIVE,
                 "it cannot be told whether that says anything: as good as idle");
  trace_clear(&trace);
}

/* ---- values that are not there ---- */

Test(judge, what_has_no_value_is_inconclusive_and_says_what) {
  Trace trace;
  trace_make(&trace, "mpfr");
  expect_verdict(K1_AT_MOST("1/K2(0)"), &trace, NULL, VERDICT_INCONCLUSIVE,
                 "the bound is not finite");
  expect_verdict(PLAIN "observable = \"log(K1(0) - 1)\"; relation = \"<=\"; bound = 1;", &trace,
                 NULL, VERDICT_INCONCLUSIVE, "the measured value is not finite");
  expect_verdict(K1_AT_MOST("exp(-exp(exp(exp(2))))"), &trace, NULL, VERDICT_INCONCLUSIVE,
                 "the bound is too large or too small to be kept: bound 0");
  expect_verdict(PLAIN "observable = \"exp(-exp(exp(exp(2))))\"; relation = \"<=\"; bound = 1;",
                 &trace, NULL, VERDICT_INCONCLUSIVE,
                 "the measured value is too large or too small to be kept");
  expect_verdict(K1_AT_MOST("K2(15)"), &trace, NULL, VERDICT_INCONCLUSIVE,
                 "step 15 was not recorded");
  expect_verdict(
      PLAIN "constants = { c = \"K1(51)\"; }; observable = \"c\"; relation = \"<=\"; bound = 1;",
      &trace, NULL, VERDICT_INCONCLUSIVE, "step 51 was not recorded");
  trace_clear(&trace);
}

#define FIRST_LOW                                                                                  \
  PLAIN "observable = \"first(s, 0, t1 + t2, K1(s) <= 1/2)\"; bound = \"t1\"; relation = "

Test(judge, a_first_step_that_never_comes_is_later_than_any) {
  Trace trace;
  trace_make(&trace, "mpfr");
  trace_set_all(&trace, OBS_K1, (double[]){1, 1, 1, 1});
  expect_verdict(FIRST_LOW "\">\";", &trace, NULL, VERDICT_HOLDS, "inf > 10");
  expect_verdict(FIRST_LOW "\"<=\";", &trace, NULL, VERDICT_FAILS, "inf is not <= 10");
  Verdict agreed = judge_text(FIRST_LOW "\">\";", &trace, &trace);
  cr_assert(agreed.kind == VERDICT_HOLDS &&
                strstr(agreed.reason, "inf > 10; mpfr and mpfr agree") &&
                !strstr(agreed.reason, "digits"),
            "%s: %s", verdict_text(agreed.kind), agreed.reason);
  verdict_clear(&agreed);
  trace_set_all(&trace, OBS_K1, (double[]){1, 0.5, 1, 1});
  expect_verdict(FIRST_LOW "\"<=\";", &trace, NULL, VERDICT_HOLDS, "= 10 <= 10");
  expect_verdict(FIRST_LOW "\">\";", &trace, NULL, VERDICT_FAILS, "= 10 is not > 10");
  trace_clear(&trace);
}

/* ---- slack ---- */

/* Tightened by a little less than its slack a claim still holds, and by a little more it fails. */
Test(judge, slack_is_the_factor_that_turns_the_verdict) {
  static const char *const relation[] = {"<=", ">="};
  Chance chance = chance_open(9);
  Trace trace;
  trace_make(&trace, "mpfr");
  for (int round = 0; round < 200; round++) {
    const int r = round % 2;
    trace_set(&trace, OBS_K1, 10, 1.5 + chance_real(&chance));
    trace_set(&trace, OBS_K2, 10, 1.5 + chance_real(&chance));
    char settings[256];
    snprintf(settings, sizeof settings,
             PLAIN "observable = \"K1(t1)\"; relation = \"%s\"; bound = \"K2(t1)\";", relation[r]);
    Verdict verdict = judge_text(settings, &trace, NULL);
    const double slack = verdict.slack;
    cr_assert((slack >= 1) == (verdict.kind == VERDICT_HOLDS), "%s with slack %.17g: %s",
              verdict_text(verdict.kind), slack, verdict.reason);
    verdict_clear(&verdict);
    for (int side = 0; side < 2; side++) {
      const double factor = slack * (side == 0 ? 0.999 : 1.001);
      snprintf(settings, sizeof settings,
               PLAIN "observable = \"K1(t1)\"; relation = \"%s\"; bound = \"K2(t1)*%.17g\";",
               relation[r], r == 0 ? 1 / factor : factor);
      expect_verdict(settings, &trace, NULL, side == 0 ? VERDICT_HOLDS : VERDICT_FAILS, "");
    }
  }
  trace_clear(&trace);
}

/* Where no factor exists it is 1 + distance/size, which still is at least 1 exactly when the claim
 * holds. */
Test(judge, slack_across_zero_is_a_distance) {
  static const struct {
    double value, bound, at_most, at_least;
  } rows[] = {
      {-1, 2, 2.5, -0.5}, {2, -1, -0.5, 2.5}, {-2, -1, 1.5, 0.5},
      {0, 0, 1, 1},       {0, 3, 2, 0},       {3, 0, 0, 2},
  };
  Trace trace;
  trace_make(&trace, "mpfr");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    trace_set(&trace, OBS_K1, 10, rows[i].value);
    trace_set(&trace, OBS_K2, 10, rows[i].bound);
    Verdict most = judge_text(K1_AT_MOST("K2(t1)"), &trace, NULL);
    Verdict least = judge_text(
        PLAIN "observable = \"K1(t1)\"; relation = \">=\"; bound = \"K2(t1)\";", &trace, NULL);
    cr_assert(most.slack == rows[i].at_most && least.slack == rows[i].at_least,
              "%g against %g: slack %.17g and %.17g, expected %g and %g", rows[i].value,
              rows[i].bound, most.slack, least.slack, rows[i].at_most, rows[i].at_least);
    verdict_clear(&most);
    verdict_clear(&least);
  }
  trace_clear(&trace);
}

/* A strict relation fails at equality, where the factor would be 1. */
Test(judge, slack_of_a_failing_claim_is_below_1) {
  Trace trace;
  trace_make(&trace, "mpfr");
  trace_set(&trace, OBS_K1, 10, 0.5);
  Verdict verdict =
      judge_text(PLAIN "observable = \"K1(t1)\"; relation = \"<\"; bound = \"1/2\";", &trace, NULL);
  cr_assert(verdict.kind == VERDICT_FAILS && verdict.slack < 1, "%s with slack %.17g",
            verdict_text(verdict.kind), verdict.slack);
  cr_assert(verdict.ratio == 1, "ratio %.17g, expected 1", verdict.ratio);
  verdict_clear(&verdict);
  trace_clear(&trace);
}

/* ---- what must not matter, and what must ---- */

Test(judge, the_recorded_verdict_does_not_matter) {
  Trace trace;
  trace_make(&trace, "mpfr");
  snprintf(trace.info.params.instance, sizeof trace.info.params.instance, "quick");
  trace_set(&trace, OBS_K1, 10, 0.25);
  for (int kind = 0; kind < VERDICT_KIND_COUNT; kind++) {
    char settings[512];
    snprintf(settings, sizeof settings,
             "%s expected = ( { instance = \"all\"; reading = \"all\"; verdict = \"%s\"; reason = "
             "\"r\"; } );",
             K1_AT_MOST("1/2"), verdict_text((VerdictKind)kind));
    expect_verdict(settings, &trace, NULL, VERDICT_HOLDS, "K1(t1) = 0.25 <= 0.5");
    trace_set(&trace, OBS_K1, 10, 0.75);
    expect_verdict(settings, &trace, NULL, VERDICT_FAILS, "K1(t1) = 0.75 is not <= 0.5");
    trace_set(&trace, OBS_K1, 10, 0.25);
  }
  trace_clear(&trace);
}

static VerdictKind judge_shipped(const char *text, const char *id, const Trace *trace) {
  Error err = {0};
  ClaimSet set;
  Verdict verdict;
  OK(claims_load_text(&set, "copy.cfg", text, NULL, &err));
  const Claim *claim = claims_find(&set, id);
  cr_assert(claim != NULL, "the copy lost %s", id);
  verdict_init(&verdict);
  OK(claim_judge(&verdict, claim, trace, NULL, &err));
  const VerdictKind kind = verdict.kind;
  verdict_clear(&verdict);
  claims_clear(&set);
  return kind;
}

static const char *shipped_text(const char *name) {
  const BuiltinFile *file = builtin_claims;
  while (file->name && strcmp(file->name, name) != 0)
    file++;
  cr_assert(file->name != NULL, "%s is not shipped", name);
  return file->text;
}

/* What a reader with the paper does: copies the file, corrects an exponent, and judges again. */
Test(judge, an_exponent_edited_in_a_copy_changes_the_verdict) {
  static const char before[] = "bound = \"d*log(1/eps_W)\"",
                    after[] = "bound = \"d^3*log(1/eps_W)\"";
  Trace trace;
  trace_make(&trace, "mpfr");
  trace.info.params.lambda = 1.0 / 40; /* so that t1 = 10 is what the paper asks */
  trace_set(&trace, OBS_norm_Wbar, 10, 17.3);
  const char *text = shipped_text("paper.cfg"), *at = strstr(text, before);
  cr_assert(at && !strstr(at + 1, before), "'%s' stands %s in paper.cfg", before,
            at ? "twice" : "nowhere");
  char *copy = array_alloc(strlen(text) + sizeof after, 1);
  sprintf(copy, "%.*s%s%s", (int)(at - text), text, after, at + strlen(before));
  const VerdictKind shipped = judge_shipped(text, "T2.b1", &trace);
  const VerdictKind edited = judge_shipped(copy, "T2.b1", &trace);
  cr_assert(shipped == VERDICT_HOLDS && edited == VERDICT_FAILS, "%s as shipped, %s as edited",
            verdict_text(shipped), verdict_text(edited));
  free(copy);
  trace_clear(&trace);
}

/* Half-way times: the falls of K1 and K2 in the fixture's four records 0, t1, 20, 50. */
Test(judge, the_stages_are_told_apart_by_half_way_times) {
  static const struct {
    double K1[FIXTURE_RECORDS], K2[FIXTURE_RECORDS];
    VerdictKind P, Q;
  } rows[] = {
      {{0.69, 0.2, 0.1, 0.1}, {0.69, 0.6, 0.3, 0.3}, VERDICT_HOLDS, VERDICT_HOLDS},
      {{0.69, 0.6, 0.3, 0.3}, {0.69, 0.2, 0.1, 0.1}, VERDICT_FAILS, VERDICT_FAILS},
      {{0.69, 0.2, 0.1, 0.1}, {0.69, 0.69, 0.69, 0.68}, VERDICT_HOLDS, VERDICT_HOLDS}, /* Q never */
      {{0.69, 0.69, 0.69, 0.68},
       {0.69, 0.69, 0.3, 0.3},
       VERDICT_FAILS,
       VERDICT_VACUOUS}, /* P never */
  };
  Trace trace;
  trace_make(&trace, "mpfr");
  trace.info.params.lambda = 1.0 / 40;
  trace.info.params.eta2 = 1; /* stage two runs its course: t2 = 40 = 1/(eta2 lambda) */
  const char *text = shipped_text("paper.cfg");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    trace_set_all(&trace, OBS_K1, rows[i].K1);
    trace_set_all(&trace, OBS_K2, rows[i].K2);
    const VerdictKind P = judge_shipped(text, "T1.time.P", &trace);
    const VerdictKind Q = judge_shipped(text, "T1.time.Q", &trace);
    cr_assert(P == rows[i].P && Q == rows[i].Q, "row %zu: P %s, Q %s, expected %s and %s", i,
              verdict_text(P), verdict_text(Q), verdict_text(rows[i].P), verdict_text(rows[i].Q));
  }
  /* Half of the whole fall is known only when the fall is whole. */
  trace.info.params.eta2 = 0.9;
  const VerdictKind P = judge_shipped(text, "T1.time.P", &trace);
  const VerdictKind Q = judge_shipped(text, "T1.time.Q", &trace);
  cr_assert(P == VERDICT_UNMET && Q == VERDICT_UNMET, "stage two cut short: P %s, Q %s",
            verdict_text(P), verdict_text(Q));
  trace_clear(&trace);
}
