/* test_curves.c -- do the tests of rates keep their promises? Simulated sweeps of known truth, as
 * many as CURVES says (300; the slow suite takes 4000).
 *
 * Pre-conditions: d = 8 to 32 at five points, five seeds, the margin 0.18 and the band of T2.b1;
 * noise of 5 %, which is what real sweeps show for losses (norms have 1 %). Quantities: how often
 * intervals hold the true slope; how often a false rate HOLDS, or a true one FAILS; how often a
 * true one HOLDS; how often a family of six has any false verdict. Bounds: 93 to 97 %; 1 %; 1 %; 95
 * %; 3 %, and 5 % with probabilities judged beside it. With fewer than 1000 curves each bound is
 * wider by what chance does to so few, 3.3 standard deviations. The numbers go to tests/curves.txt.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/curves.h"
#include "tests/trained.h"

#define MARGIN 0.18
#define FAMILY 6
#define CELLS 20 /* of probabilities, beside the six rates of a mixed family */
#define CELL_SEEDS 100

typedef struct {
  const char *name;
  CurveTruth truth;
  bool is_true; /* |slope| is inside the margin */
} Case;

static const Case cases[] = {
    {"the rate is right", {.level = 0.5, .noise = 0.05}, true},
    {"slope half the margin", {.level = 0.5, .slope = 0.09, .noise = 0.05}, true},
    {"slope on the margin", {.level = 0.5, .slope = 0.18, .noise = 0.05}, false},
    {"slope on the other margin", {.level = 0.5, .slope = -0.18, .noise = 0.05}, false},
    {"slope beyond the margin", {.level = 0.5, .slope = 0.2, .noise = 0.05}, false},
    {"just inside", {.level = 0.5, .slope = 0.179, .noise = 0.05}, true},
    {"a logarithm too many", {.level = 0.5, .slope = -0.369, .noise = 0.05}, false},
    {"seeds differ in level",
     {.level = 0.5, .slope = 0.18, .noise = 0.02, .seed_noise = 0.2},
     false},
    {"seeds differ in slope",
     {.level = 0.5, .slope = 0.18, .noise = 0.02, .slope_noise = 0.1},
     false},
    {"noise grows tenfold", {.level = 0.5, .slope = 0.18, .noise = 0.01, .growth = 10}, false},
    {"bent, right on the whole", {.level = 0.5, .bend = 0.05, .noise = 0.05}, true},
    {"below the band", {.level = 0.25, .noise = 0.05}, false},
};
#define CASES (sizeof cases / sizeof *cases)

static int64_t curves(void) {
  const char *text = getenv("CURVES");
  const long count = text != NULL ? strtol(text, NULL, 10) : 0;
  return count > 0 ? count : 300;
}

/* What chance may do to a share of so many. */
static double allowance(double share, int64_t count) {
  return count < 1000 ? 3.3 * sqrt(share * (1 - share) / (double)count) : 0;
}

static Rate make_rate(void) {
  static Formula *alternative[3];
  return (Rate){
      .relation = RATE_THETA, .margin = MARGIN, .alternative = alternative, .alternative_count = 3};
}

typedef struct {
  double covered, holds, fails, told_apart, bent;
} Shares;

static Shares run_case(const Case *at, uint64_t stream, int64_t count) {
  Error err;
  const Rate rate = make_rate();
  Rng rng = rng_open(7, STREAM_LEMMA, stream);
  Shares shares = {0};
  RateCurve curve;
  curve_open(&curve, 3);
  const double slope = curve_true_slope(&at->truth), one = 1 / (double)count;
  for (int64_t i = 0; i < count; i++) {
    RateVerdict v;
    curve_draw(&curve, &at->truth, &rng);
    support_ok(rate_measure(&v, &rate, &curve, &err), &err);
    support_ok(rate_decide(&v, 1, &err), &err);
    shares.covered += v.slope_low <= slope && slope <= v.slope_high ? one : 0;
    shares.holds += v.kind == VERDICT_HOLDS ? one : 0;
    shares.fails += v.kind == VERDICT_FAILS ? one : 0;
    shares.told_apart +=
        v.against[0].told_apart && v.against[1].told_apart && v.against[2].told_apart ? one : 0;
    shares.bent += v.fit.p <= 0.05 ? one : 0;
  }
  rate_curve_clear(&curve);
  return shares;
}

static void check_case(const Case *at, const Shares *s, int64_t count) {
  const double two = allowance(0.95, count), rare = allowance(0.01, count);
  cr_expect(s->covered >= 0.93 - two && s->covered <= 0.97 + two,
            "%s: %.2f %% of %lld intervals hold the true slope; bound 93 to 97 (+-%.2f)", at->name,
            100 * s->covered, (long long)count, 100 * two);
  const double wrong = at->is_true ? s->fails : s->holds;
  cr_expect(wrong <= 0.01 + rare, "%s: %.2f %% of %lld verdicts are false; bound 1 (+%.2f)",
            at->name, 100 * wrong, (long long)count, 100 * rare);
}

/* Does any of the family's probabilities, all exactly `least`, get a verdict that they are not? */
static bool any_cell_errs(Rng *rng) {
  for (int cell = 0; cell < CELLS; cell++) {
    double lower, upper;
    int64_t hits = 0;
    for (int seed = 0; seed < CELL_SEEDS; seed++)
      hits += rng_uniform(rng) < 0.9;
    stats_limits(&lower, &upper, hits, CELL_SEEDS, RATE_FAMILY_PROBABILITIES / CELLS);
    if (lower > 0.9 || upper < 0.9) return true;
  }
  return false;
}

/* Any false verdict in a family: truths alternate between the margin's edge, which may not hold,
   and just inside it, which may not fail; or all of them lie on the edge. */
static double run_families(bool all_on_edge, bool mixed, uint64_t stream, int64_t count) {
  Error err;
  const Rate rate = make_rate();
  Rng rng = rng_open(7, STREAM_LEMMA, stream);
  RateCurve curve;
  RateVerdict v[FAMILY];
  int64_t wrong = 0;
  curve_open(&curve, 0);
  for (int64_t i = 0; i < count; i++) {
    bool any = mixed && any_cell_errs(&rng);
    for (size_t k = 0; k < FAMILY; k++) {
      curve_draw(&curve, &cases[all_on_edge || k % 2 ? 2 : 5].truth, &rng);
      support_ok(rate_measure(&v[k], &rate, &curve, &err), &err);
    }
    support_ok(rate_decide(v, FAMILY, &err), &err);
    for (size_t k = 0; k < FAMILY; k++)
      any = any || v[k].kind == (all_on_edge || k % 2 ? VERDICT_HOLDS : VERDICT_FAILS);
    wrong += any;
  }
  rate_curve_clear(&curve);
  return (double)wrong / (double)count;
}

/* Clopper-Pearson limits and the sequential rule, by simulation. */
static void run_probability(double *covered, double *stopped_wrong, double *samples,
                            int64_t count) {
  Rng rng = rng_open(7, STREAM_LEMMA, 900);
  *covered = *stopped_wrong = *samples = 0;
  for (int64_t i = 0; i < count; i++) {
    int64_t hits = 0, n;
    double lower, upper;
    Sequential now = SEQUENTIAL_OPEN;
    for (n = 0; n < 400 && now == SEQUENTIAL_OPEN;) {
      hits += rng_uniform(&rng) < 0.9;
      n++;
      if (n == 25) {
        stats_limits(&lower, &upper, hits, n, 0.05);
        *covered += lower <= 0.9 && 0.9 <= upper;
      }
      /* The limits are looked at when there are 25, whether or not the rule has stopped. */
      if (n >= 25) now = stats_sequential(hits, n, 0.9, 0.05);
    }
    *stopped_wrong += now == SEQUENTIAL_ABOVE;
    *samples += (double)n;
  }
  *covered /= (double)count;
  *stopped_wrong /= (double)count;
  *samples /= (double)count;
}

Test(curves, promises_are_kept, .timeout = 900) {
  const int64_t count = curves();
  FILE *table = table_open("curves.txt");
  fprintf(table,
          "%lld simulated sweeps for each truth, d = 8 ... 32, 5 seeds, margin 0.18; in %%\n"
          "%-26s %8s %8s %8s %8s %8s\n",
          (long long)count, "truth", "covered", "HOLDS", "FAILS", "apart", "bent");
  for (size_t i = 0; i < CASES; i++) {
    const Shares s = run_case(&cases[i], i, count);
    fprintf(table, "%-26s %8.2f %8.2f %8.2f %8.2f %8.2f\n", cases[i].name, 100 * s.covered,
            100 * s.holds, 100 * s.fails, 100 * s.told_apart, 100 * s.bent);
    check_case(&cases[i], &s, count);
    if (i == 0)
      cr_expect(s.holds >= 0.95 - allowance(0.95, count),
                "power: %.2f %% of true rates HOLD; bound 95 (-%.2f)", 100 * s.holds,
                100 * allowance(0.95, count));
  }
  static const char *const family[] = {"on and just inside the margin", "all on the margin",
                                       "all on the margin, and 20 cells of probabilities on 0.9"};
  for (int k = 0; k < 3; k++) {
    const double wrong = run_families(k > 0, k == 2, 800 + (uint64_t)k, count);
    const double bound = k == 2 ? RATE_FAMILY : RATE_FAMILY_RATES;
    fprintf(table, "six rates, %s: %.2f %% of families have a false verdict\n", family[k],
            100 * wrong);
    cr_expect(wrong <= bound + allowance(bound, count),
              "%s: %.2f %% of %lld families have a false verdict; bound %g (+%.2f)", family[k],
              100 * wrong, (long long)count, 100 * bound, 100 * allowance(bound, count));
  }
  double covered, wrong, samples;
  run_probability(&covered, &wrong, &samples, count);
  fprintf(
      table,
      "probability 0.9: Clopper-Pearson limits at 95 %% hold it for %.2f %% of samples of 25;\n"
      "looked at after every further one up to 400, the sequential rule says 'more' for %.2f %%\n",
      100 * covered, 100 * wrong);
  fclose(table);
  cr_expect(covered >= 0.95 - allowance(0.95, count),
            "limits hold the probability for %.2f %%; bound 95 (-%.2f)", 100 * covered,
            100 * allowance(0.95, count));
  cr_expect(wrong <= 0.05 + allowance(0.05, count),
            "the sequential rule errs for %.2f %%; bound 5 (+%.2f)", 100 * wrong,
            100 * allowance(0.05, count));
}
