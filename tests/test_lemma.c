/* test_lemma.c -- the lemmas: samples against exact probabilities, confidence limits against
 * binomial tails, certificates, false bounds, and what reaches the store. */
#include <arb_hypgeom.h>
#include <gsl/gsl_cdf.h>

#include "tests/report_fixture.h"
#include "verify/judge.h"
#include "verify/lemma.h"
#include "verify/stats.h"

TestSuite(lemma);

/* ---- lemmas from a line of text ---- */

#define WORDS                                                                                      \
  "id = \"X\"; title = \"a title\"; statement = \"a statement\"; source = \"a source\"; "          \
  "trust = \"derived\"; "

/* set := one lemma with these settings behind the words that each needs. */
static void make(LemmaSet *set, const char *settings) {
  Error err = {0};
  char text[2048];
  snprintf(text, sizeof text, "lemmas = ( { %s%s } );", WORDS, settings);
  OK(lemmas_load_text(set, "F", text, &err));
}

/* The verdict at the first point. */
static LemmaVerdict judge(const char *settings) {
  Error err = {0};
  LemmaSet set;
  LemmaVerdict verdict;
  make(&set, settings);
  OK(lemma_judge_point(&verdict, &set.lemma[0], 0, &err));
  lemmas_clear(&set);
  return verdict;
}

static void expect(const char *settings, VerdictKind kind, const char *reason) {
  const LemmaVerdict verdict = judge(settings);
  cr_assert(verdict.kind == kind && strstr(verdict.reason, reason) != NULL,
            "%s\ngave %s (P in [%.6g, %.6g], bound %.6g: %s), expected %s with '%s'", settings,
            verdict_text(verdict.kind), verdict.lower, verdict.upper, verdict.bound, verdict.reason,
            verdict_text(kind), reason);
}

#define MONTE_CARLO(samples) "method = \"Monte Carlo\"; level = 0.999; samples = " #samples "; "
#define CERTIFIED(from, to)                                                                        \
  "method = \"certified\"; points = ( { from = " #from "; to = " #to "; } ); "

/* ---- limits ---- */

/* At the limits the binomial tails are alpha/2: the definition, by another road (tails of the
   binomial distribution instead of the beta distribution's). */
Test(lemma, limits_invert_binomial_tails) {
  static const int64_t table[][2] = {{0, 50},    {1, 50},      {25, 50},       {49, 50}, {50, 50},
                                     {3, 20000}, {700, 20000}, {19999, 20000}, {1, 1},   {0, 1}};
  static const double alpha[] = {0.1, 1e-3, 1e-5};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    for (size_t a = 0; a < 3; a++) {
      const unsigned k = (unsigned)table[i][0], n = (unsigned)table[i][1];
      double lower, upper;
      stats_limits(&lower, &upper, k, n, alpha[a]);
      const double half = alpha[a] / 2;
      const double above = k > 0 ? gsl_cdf_binomial_Q(k - 1, lower, n) : half;
      const double below = k < n ? gsl_cdf_binomial_P(k, upper, n) : half;
      /* The last bracket is 2^-50 wide at most, and no density of these is above n. */
      const double bound = 1e-8 + n * 0x1p-50 / half;
      cr_assert(fabs(above / half - 1) < bound && fabs(below / half - 1) < bound,
                "%u of %u, alpha %g: [%.17g, %.17g] has tails %.12g and %.12g, expected %g", k, n,
                alpha[a], lower, upper, above, below, half);
      cr_assert((lower == 0) == (k == 0) && (upper == 1) == (k == n) && lower < upper,
                "%u of %u, alpha %g: [%.17g, %.17g]", k, n, alpha[a], lower, upper);
    }
}

/* Without a hit the upper limit has a closed form. */
Test(lemma, limits_without_a_hit) {
  double lower, upper;
  stats_limits(&lower, &upper, 0, 1000, 1e-3);
  const double exact = -expm1(log(5e-4) / 1000);
  cr_assert(lower == 0 && fabs(upper / exact - 1) < 1e-12, "[%g, %.17g], expected [0, %.17g]",
            lower, upper, exact);
}

/* ---- samples ---- */

/* Asserts that the limits at a point hold the exact probability. Their error has a chance of 0.001,
   but the streams are fixed: what passes once passes always. */
static void holds_exact(const char *variable, double exact) {
  char text[512];
  snprintf(text, sizeof text,
           MONTE_CARLO(20000) "threshold = \"s\"; bound = 1; points = ( { variable = %s } );",
           variable);
  const LemmaVerdict v = judge(text);
  cr_assert(v.lower <= exact && exact <= v.upper,
            "%s: %lld hits of %lld samples, P in [%.6g, %.6g], exactly %.6g", variable,
            (long long)v.hits, (long long)v.tries, v.lower, v.upper, exact);
}

Test(lemma, samples_meet_exact_probabilities) {
  holds_exact("\"rademacher_sum\"; n = 10; s = 4;", gsl_cdf_binomial_Q(6, 0.5, 10));
  holds_exact("\"rademacher_sum\"; n = 64; s = 8;", gsl_cdf_binomial_Q(35, 0.5, 64));
  holds_exact("\"rademacher_sum\"; n = 131; s = 13;", gsl_cdf_binomial_Q(71, 0.5, 131));
  holds_exact("\"bernoulli_sum\"; n = 20; p = \"1/8\"; s = 4;", gsl_cdf_binomial_Q(3, 0.125, 20));
  holds_exact("\"gaussian_linear\"; n = 7; s = 1.25;", gsl_cdf_ugaussian_Q(1.25));
  holds_exact("\"gaussian_norm\"; n = 5; s = 2.5;", gsl_cdf_chisq_Q(6.25, 5));
  holds_exact("\"gaussian_max\"; n = 6; s = 1.5;", 1 - pow(gsl_cdf_ugaussian_P(1.5), 6));
  holds_exact("\"gaussian_matrix_norm\"; m = 1; n = 5; s = 2.5;", gsl_cdf_chisq_Q(6.25, 5));
  holds_exact("\"gaussian_matrix_norm\"; m = 5; n = 1; s = 2.5;", gsl_cdf_chisq_Q(6.25, 5));
}

/* For a 2 by 2 matrix norm^2 = (F + sqrt(F^2 - 4 D^2))/2, F the sum of squares, D the determinant:
   the decision by Cholesky against the formula, sample by sample. */
Test(lemma, matrix_norm_meets_its_formula) {
  const LemmaVariable *variable = lemma_variable("gaussian_matrix_norm");
  const double argument[2] = {2, 2};
  int differ = 0, reached = 0;
  for (uint64_t i = 0; i < 2000; i++) {
    double a[4], work[8];
    Rng rng = rng_open(5, STREAM_LEMMA, i), again = rng;
    rng_normals(a, 4, 1.0, &rng);
    const double f = a[0] * a[0] + a[1] * a[1] + a[2] * a[2] + a[3] * a[3];
    const double det = a[0] * a[3] - a[1] * a[2];
    const double norm = sqrt((f + sqrt(f * f - 4 * det * det)) / 2);
    const bool found = variable->reaches(argument, 1.8, work, &again);
    reached += found;
    differ += found != (norm >= 1.8) && fabs(norm - 1.8) > 1e-9;
  }
  cr_assert(differ == 0 && reached > 500 && reached < 1500,
            "%d of 2000 decisions differ, %d reach 1.8", differ, reached);
}

static void mean_is(const char *name, double n, double p, double expected) {
  const LemmaVariable *variable = lemma_variable(name);
  const double argument[2] = {n, p};
  arb_t mean;
  arb_init(mean);
  variable->mean(mean, argument, 128);
  const double found = arf_get_d(arb_midref(mean), ARF_RND_NEAR);
  cr_assert(fabs(found - expected) <= 1e-15 * fabs(expected) + 1e-30 &&
                mag_get_d(arb_radref(mean)) < 1e-30,
            "%s of %g, %g: mean %.17g, expected %.17g, radius %g", name, n, p, found, expected,
            mag_get_d(arb_radref(mean)));
  arb_clear(mean);
}

/* Closed forms: chi with 1, 2 and 3 degrees of freedom; the largest of 1, 2 and 3 (David and
   Nagaraja, "Order Statistics", section 3.2). */
Test(lemma, means_are_exact) {
  const double pi = 3.14159265358979323846;
  mean_is("rademacher_sum", 9, 0, 0);
  mean_is("bernoulli_sum", 9, 0.25, 2.25);
  mean_is("gaussian_norm", 1, 0, sqrt(2 / pi));
  mean_is("gaussian_norm", 2, 0, sqrt(pi / 2));
  mean_is("gaussian_norm", 3, 0, 2 * sqrt(2 / pi));
  mean_is("gaussian_max", 1, 0, 0);
  mean_is("gaussian_max", 2, 0, 1 / sqrt(pi));
  mean_is("gaussian_max", 3, 0, 1.5 / sqrt(pi));
}

/* ---- Monte Carlo verdicts ---- */

#define SIGNS MONTE_CARLO(4000) "points = ( { variable = \"rademacher_sum\"; n = 16; t = 8; } ); "
#define LINEAR MONTE_CARLO(4000) "points = ( { variable = \"gaussian_linear\"; n = 2; t = 1; } ); "
#define MATRIX                                                                                     \
  MONTE_CARLO(1000) "points = ( { variable = \"gaussian_matrix_norm\"; m = 8; n = 8; t = 1; } ); "
#define RARE                                                                                       \
  MONTE_CARLO(4000)                                                                                \
  "points = ( { variable = \"bernoulli_sum\"; n = 64; p = \"1/64\"; t = 3; } ); "

Test(lemma, true_bounds_hold) {
  expect(SIGNS "threshold = \"t\"; bound = \"exp(-t^2/(2*n))\";", VERDICT_HOLDS, "of 4000 samples");
  expect(LINEAR "threshold = \"mean + t\"; bound = \"exp(-t^2/2)\";", VERDICT_HOLDS, "below");
  expect(MATRIX "threshold = \"sqrt(m) + sqrt(n) + t\"; bound = \"exp(-t^2/2)\";", VERDICT_HOLDS,
         "below");
}

/* A constant, an exponent or a term that is wrong. */
Test(lemma, false_bounds_fail) {
  expect(SIGNS "threshold = \"t\"; bound = \"exp(-t^2/n)\";", VERDICT_FAILS, "P is above");
  expect(SIGNS "threshold = \"t\"; bound = \"exp(-t^3/(2*n))\";", VERDICT_FAILS, "P is above");
  expect(LINEAR "threshold = \"mean + t\"; bound = \"exp(-3*t^2)\";", VERDICT_FAILS, "above");
  expect(MATRIX "threshold = \"(sqrt(m) + sqrt(n))/2 + t\"; bound = \"exp(-t^2/2)\";",
         VERDICT_FAILS, "above");
  /* Bernstein without the term of M is false for rare events. */
  expect(RARE "threshold = \"mean + t\"; bound = \"exp(-t^2/(2*n*p*(1-p)))\";", VERDICT_FAILS,
         "above");
}

Test(lemma, what_cannot_be_told) {
  expect(SIGNS "threshold = \"t\"; bound = 0.0384;", VERDICT_INCONCLUSIVE, "between");
  expect(SIGNS "threshold = \"3*t\"; bound = 1e-6;", VERDICT_INCONCLUSIVE, "cannot tell so small");
  expect(SIGNS "threshold = \"t\"; bound = \"1/(n - 16)\";", VERDICT_INCONCLUSIVE, "not finite");
  expect(SIGNS "threshold = \"t\"; bound = \"exp(t - 8)\";", VERDICT_VACUOUS, "1 or more");
}

/* The worst point decides, and the summary names it. */
Test(lemma, one_false_point_fails_a_lemma) {
  Error err = {0};
  LemmaSet set;
  LemmaVerdict summary, points[3];
  make(&set, MONTE_CARLO(2000) "threshold = \"t\"; bound = \"b\"; points = ("
                               "{ variable = \"rademacher_sum\"; n = 4; t = 2; b = 0.6; },"
                               "{ variable = \"rademacher_sum\"; n = 4; t = 2; b = 0.2; },"
                               "{ variable = \"rademacher_sum\"; n = 4; t = 2; b = 1; } );");
  OK(lemma_judge(&summary, points, &set.lemma[0], &err));
  cr_assert(points[0].kind == VERDICT_HOLDS && points[1].kind == VERDICT_FAILS &&
                points[2].kind == VERDICT_VACUOUS && summary.kind == VERDICT_FAILS &&
                strstr(summary.reason, "1 of 3 points, first at n=4, t=2, b=0.2") != NULL,
            "verdicts %d %d %d, together %d: %s", points[0].kind, points[1].kind, points[2].kind,
            summary.kind, summary.reason);
  /* Each point has samples of its own. */
  cr_assert(points[0].hits != points[1].hits || points[1].hits != points[2].hits,
            "the same %lld hits three times", (long long)points[0].hits);
  lemmas_clear(&set);
}

/* ---- certificates ---- */

Test(lemma, tail_is_enclosed) {
  arb_t x, tail;
  arb_init(x);
  arb_init(tail);
  arb_set_d(x, 2.5);
  arb_add_error_2exp_si(x, -1); /* [2, 3] */
  lemma_tail(tail, x, 128);
  const double low = gsl_cdf_ugaussian_Q(3), high = gsl_cdf_ugaussian_Q(2);
  const double width = 2 * mag_get_d(arb_radref(tail)),
               middle = arf_get_d(arb_midref(tail), ARF_RND_NEAR);
  cr_assert(fabs(width - (high - low)) < 1e-9 && fabs(middle - (high + low) / 2) < 1e-9,
            "P(Z >= [2, 3]) is %.12g +- %.12g, expected %.12g +- %.12g", middle, width / 2,
            (high + low) / 2, (high - low) / 2);
  arb_clear(x);
  arb_clear(tail);
}

Test(lemma, certificate_of_the_tail) {
  expect(CERTIFIED(0, 38) "bound = \"exp(-x^2/2)\";", VERDICT_HOLDS, "0 <= x <= 38");
  expect(CERTIFIED(1, 38) "bound = \"exp(-x^2/2)/2\";", VERDICT_HOLDS, "1 <= x <= 38");
  expect(CERTIFIED(0, 8) "bound = \"exp(-x^2)\";", VERDICT_FAILS, "refuted");
  expect(CERTIFIED(0, 8) "bound = \"exp(-x^2/2)/4\";", VERDICT_FAILS, "refuted");
  expect(CERTIFIED(-1, 8) "bound = \"exp(-x^2/2)\";", VERDICT_FAILS, "refuted");
}

/* Equality at 0 cannot be told by enclosures, and is not claimed. */
Test(lemma, certificate_refuses_what_it_cannot_tell) {
  expect(CERTIFIED(0, 1) "bound = \"exp(-x^2/2)/2\";", VERDICT_INCONCLUSIVE,
         "cannot tell near x = ");
  expect(CERTIFIED(0, 1) "bound = \"1/(x - x)\";", VERDICT_INCONCLUSIVE, "cannot tell");
}

/* A bound that is right but for a notch of width 10^-6 about 5: bound(5) is 0.9 of the tail. */
Test(lemma, certificate_sees_a_notch) {
  const char *notch = "bound = \"exp(-x^2/2) - 4*max(1e-6 - abs(x - 5.0000003), 0)\";";
  char text[256];
  snprintf(text, sizeof text, CERTIFIED(0, 38) "%s", notch);
  const LemmaVerdict v = judge(text);
  cr_assert(v.kind == VERDICT_FAILS && fabs(v.threshold - 5) < 2e-6, "%s at x = %.12g: %s",
            verdict_text(v.kind), v.threshold, v.reason);
  cr_assert(v.lower > v.bound, "tail %.6g, bound %.6g", v.lower, v.bound);
}

/* ---- the shipped lemmas ---- */

typedef struct {
  size_t lemmas, points, hold;
  char dump[32768];
  size_t used;
} Seen;

static bool see(const LemmaRow *row, void *context) {
  Seen *seen = context;
  seen->lemmas += row->point == 0;
  seen->points += row->point > 0;
  seen->hold += strcmp(row->verdict, "HOLDS") == 0;
  const int length = snprintf(seen->dump + seen->used, sizeof seen->dump - seen->used,
                              "%s %lld %s [%s] %s %lld/%lld %a %a %a %a %a %s\n", row->claim,
                              (long long)row->point, row->parameters, row->formula, row->verdict,
                              (long long)row->hits, (long long)row->tries, row->estimate,
                              row->lower, row->upper, row->bound, row->ratio, row->reason);
  cr_assert(length > 0 && (size_t)length < sizeof seen->dump - seen->used, "%zu bytes are few",
            sizeof seen->dump);
  seen->used += (size_t)length;
  return true;
}

/* Judges the shipped lemmas, twice over, into a store. */
static void judged(Seen *out, const char *folder) {
  Error err = {0};
  Store *store;
  LemmaSet set;
  *out = (Seen){0};
  OK(lemmas_load(&set, NULL, &err));
  OK(store_create(&store, folder, &err));
  OK(lemma_judge_set(store, &set, &err));
  OK(lemma_judge_set(store, &set, &err));
  lemmas_clear(&set);
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  OK(store_each_lemma(store, see, out, &err));
  store_close(store);
}

Test(lemma, shipped_lemmas_hold_with_the_same_bytes) {
  static Seen first, second;
  char folder[128];
  folder_open(folder);
  judged(&first, folder);
  judged(&second, folder);
  folder_close(folder);
  cr_assert(first.lemmas == 6 && first.points == 56 && first.hold == first.lemmas + first.points,
            "%zu lemmas, %zu points, %zu hold:\n%s", first.lemmas, first.points, first.hold,
            first.dump);
  cr_assert(strcmp(first.dump, second.dump) == 0, "differ, %zu and %zu bytes:\n%s\n%s", first.used,
            second.used, first.dump, second.dump);
}

/* The store's seal covers the lemmas. */
Test(lemma, changed_lemmas_are_found_out) {
  Error err = {0};
  char folder[128], path[512];
  Store *store;
  folder_open(folder);
  OK(store_create(&store, folder, &err));
  const LemmaRow row = {"L", 0,     "t", "s", "derived", "src", "f", "1 points", "FAILS",
                        "r", false, 10,  2,   0.2,       0.1,   0.3, 0.5,        0.4};
  OK(store_add_lemma(store, &row, &err));
  OK(store_finish(store, &err));
  sqlite3 *db;
  cr_assert(sqlite3_open(path_in(path, folder, "run.db"), &db) == SQLITE_OK, "cannot open %s",
            path);
  const int code = sqlite3_exec(db, "UPDATE lemma SET verdict = 'HOLDS'", NULL, NULL, NULL);
  sqlite3_close(db);
  cr_assert(code == SQLITE_OK, "update: %d", code);
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, "changed since it was stored");
  folder_close(folder);
}

/* What a text must have in it. */
static void says(WriteForm form, Store *store, const char *const *parts, size_t count) {
  char *text = report_text(form, store, NULL);
  for (size_t i = 0; i < count; i++)
    cr_assert(strstr(text, parts[i]) != NULL, "form %d, part %zu, '%s', is not in\n%s", (int)form,
              i, parts[i], text);
  free(text);
}

/* A lemma that holds and one that fails, in every report and in the exit status. */
Test(lemma, reports_tell_verdicts) {
  static const char *const table[] = {"X1           HOLDS        Monte Carlo      1",
                                      "X2           FAILS        certified        1",
                                      "X2 FAILS: at 1 of 1 points"};
  static const char *const tap[] = {"1..2\n", "\nok 1 - lemma X1: one\n",
                                    "\nnot ok 2 - lemma X2: two\n"};
  static const char *const json[] = {"\"lemmas\": [", "\"id\": \"X2\"",
                                     "\"parameters\": \"rademacher_sum: n=4, t=4\""};
  static const char text[] =
      "lemmas = ( { id = \"X1\"; title = \"one\"; statement = \"s\"; source = \"s\"; trust = "
      "\"derived\";" MONTE_CARLO(500) "threshold = \"t\"; bound = 0.5; points = ( { variable = "
                                      "\"rademacher_sum\"; n = 4; t = 4; } ); }, { id = \"X2\"; "
                                      "title = \"two\"; statement = \"s\"; "
                                      "source = \"s\"; trust = \"derived\"; " CERTIFIED(
                                          0, 1) "bound = \"exp(-x)/3\"; } );";
  Error err = {0};
  LemmaSet set;
  Store *store;
  Tally tally;
  char folder[128];
  folder_open(folder);
  OK(lemmas_load_text(&set, "F", text, &err));
  OK(store_create(&store, folder, &err));
  OK(lemma_judge_set(store, &set, &err));
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  says(WRITE_TABLE, store, table, 3);
  says(WRITE_TAP, store, tap, 3);
  says(WRITE_JSON, store, json, 3);
  OK(tally_store(&tally, store, &err));
  cr_assert(tally_exit(&tally) == 1 && tally_exit_ledger(&tally) == 1 && tally.recorded == 2,
            "exits %d and %d, %zu recorded", tally_exit(&tally), tally_exit_ledger(&tally),
            tally.recorded);
  store_close(store);
  lemmas_clear(&set);
  folder_close(folder);
}

/* ---- files ---- */

static void refused(const char *settings, const char *message) {
  Error err = {0};
  LemmaSet set;
  char text[1024];
  snprintf(text, sizeof text, "lemmas = (\n{ %s%s\n} );", WORDS, settings);
  REFUSED(lemmas_load_text(&set, "F", text, &err), STATUS_DATA, message);
}

#define POINT "points = ( { variable = \"gaussian_norm\"; n = 4; t = 1; } ); "
#define BOUND "threshold = \"t\"; bound = \"exp(-t)\"; "

Test(lemma, bad_files_are_refused) {
  Error err = {0};
  LemmaSet set;
  REFUSED(lemmas_load_text(&set, "F", "claims = ();", &err), STATUS_DATA, "F:1: expected lemmas");
  REFUSED(lemmas_load(&set, "/nonexistent/lemmas.cfg", &err), STATUS_NOINPUT, "nonexistent");
  refused(MONTE_CARLO(10) POINT "threshold = \"t\";", "F:2: expected the key 'bound'");
  refused(MONTE_CARLO(10) POINT BOUND "extra = 1;", "F:2:");
  refused(MONTE_CARLO(1.5) POINT BOUND, "samples: expected a whole number from 1 to 10000000");
  refused("method = \"Monte Carlo\"; samples = 9; level = 1; " POINT BOUND, "level: expected");
  refused("method = \"guess\"; " POINT BOUND, "method: expected \"Monte Carlo\" or \"certified\"");
  refused(MONTE_CARLO(10) POINT "threshold = \"t\"; bound = \"exp(-q)\";", "unknown name 'q'");
  refused(MONTE_CARLO(10) BOUND "points = ();", "points: expected a list of 1 to 200 points");
  refused(MONTE_CARLO(10) BOUND "points = ( { variable = \"gaussian\"; n = 4; t = 1; } );",
          "variable: expected one of rademacher_sum");
  refused(MONTE_CARLO(10) BOUND "points = ( { variable = \"gaussian_norm\"; t = 1; } );",
          "gaussian_norm: expected the number 'n'");
  refused(MONTE_CARLO(10) BOUND "points = ( { variable = \"gaussian_norm\"; n = 4097; t = 1; } );",
          "n from 1 to 4096");
  refused(CERTIFIED(0, 1) "threshold = \"x\"; bound = \"x\";", "no such key beside \"certified\"");
  refused(CERTIFIED(1, 1) "bound = \"x\";", "from < to");
  refused(CERTIFIED(0, 1) "bound = \"exp(-y)\";", "unknown name 'y' (expected one of: from to x)");
  refused(CERTIFIED(0, 1001) "bound = \"x\";", "from < to");
  refused("method = \"certified\"; points = ( { to = 1; from = 0; } ); bound = \"x\";", "from");
  refused(MONTE_CARLO(10) BOUND "points = ( 3 );", "a point, which is a group {...}");
  refused(MONTE_CARLO(10) BOUND "points = 3;", "points: expected a list of 1 to 200 points");
  refused(MONTE_CARLO(10) BOUND "points = ( { variable = 3; t = 1; } );", "variable: expected one");
  refused(MONTE_CARLO(10) BOUND
          "points = ( { variable = \"gaussian_norm\"; a = 1; b = 1; c = 1; e = 1; f = 1; g = 1; "
          "h = 1; } );",
          "at most 6 numbers in a point");
  refused(MONTE_CARLO(10) BOUND
          "points = ( { variable = \"gaussian_norm\"; abcdefghijklmnop = 1; } );",
          "a name of at most 15 letters");
  refused("method = \"certified\"; bound = \"x\"; "
          "points = ( { variable = \"gaussian_norm\"; from = 0; to = 1; } );",
          "no variable: a certified tail is the standard normal's");
  refused(MONTE_CARLO(10) POINT "threshold = \"t\"; bound = ();", "a formula in quotes");
  refused(MONTE_CARLO(10) POINT BOUND "note = 3;", "a text in quotes");
  refused(MONTE_CARLO(10) POINT BOUND "note = \"\";", "a text in quotes");
  REFUSED(lemmas_load_text(&set, "F", "lemmas = ( 3 );", &err), STATUS_DATA,
          "a lemma, which is a group {...}");
  REFUSED(lemmas_load_text(&set, "F", "lemmas = 3;", &err), STATUS_DATA, "F:1: expected lemmas");
  REFUSED(lemmas_load_text(&set, "F", "lemmas = ( );", &err), STATUS_DATA, "F:1: expected lemmas");
}

Test(lemma, an_id_stands_once) {
  static const char one[] = "{ " WORDS "method = \"certified\"; bound = \"1\"; "
                            "points = ( { from = 0; to = 1; } ); }";
  Error err = {0};
  LemmaSet set;
  char text[1024];
  snprintf(text, sizeof text, "lemmas = ( %s,\n%s );", one, one);
  REFUSED(lemmas_load_text(&set, "F", text, &err), STATUS_DATA, "F:2: ");
}
