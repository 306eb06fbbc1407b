/* test_prototype.c -- the reference family at d = 8 against the numbers of an independent
 * prototype.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "tests/support.h"

/* The prototype's ranges over its own three seeds. Its random streams are not ours, it used L - 1
   context tokens and eta2 = 1, hence 5 % on either side. From seed to seed K1(t1) varies by 4 %
   (standard deviation), so the mean over some seeds is judged. */
typedef struct {
  ObservableId id;
  bool at_end; /* t1 + t2 rather than t1 */
  double low, high;
} Row;

static const Row row[] = {
    {OBS_K1, false, 0.279, 0.299}, {OBS_K2, false, 0.558, 0.560}, {OBS_norm_W, false, 5.6, 5.7},
    {OBS_norm_V, false, 3.4, 3.4}, {OBS_K1, true, 0.143, 0.154},  {OBS_K2, true, 0.367, 0.373},
    {OBS_trace_W, true, 9.4, 9.6}, {OBS_trace_V, true, 9.9, 9.9},
};
#define ROWS (sizeof row / sizeof *row)

static double value(const Record *record, ObservableId id) {
  return arf_get_d(arb_midref(&record->value[id]), ARF_RND_NEAR);
}

/* *at_t1 and *at_end := the records of one run in double. */
static void run(Record *at_t1, Record *at_end, const Params *params) {
  Error err;
  Training training;
  training_open(&training, *params, ENGINE_DOUBLE, 53);
  training_run(&training, params->t1);
  support_ok(trainer_observe(at_t1, training.trainer, &err), &err);
  training_run(&training, params->t1 + params->t2);
  support_ok(trainer_observe(at_end, training.trainer, &err), &err);
  training_close(&training);
}

#define SEEDS 4

Test(prototype, shared_separate_at_d_8) {
  Params p = support_params(8, 128, 64);
  double mean[ROWS] = {0};
  cr_assert(p.t1 == 99 && p.t2 == 6385, "t1 = %lld, t2 = %lld, expected 99 and 6385",
            (long long)p.t1, (long long)p.t2);
  for (p.seed = 1; p.seed <= SEEDS; p.seed++) {
    Record at_t1, at_end;
    record_init(&at_t1);
    record_init(&at_end);
    run(&at_t1, &at_end, &p);
    for (size_t i = 0; i < ROWS; i++)
      mean[i] += value(row[i].at_end ? &at_end : &at_t1, row[i].id) / SEEDS;
    double t1_W = value(&at_t1, OBS_trace_W), t1_V = value(&at_t1, OBS_trace_V);
    double end_W = value(&at_end, OBS_trace_W), end_V = value(&at_end, OBS_trace_V);
    cr_assert(
        t1_W > t1_V && end_W < end_V,
        "seed %lld: traces of W and V: %.4g and %.4g at t1, %.4g and %.4g at the end; expected "
        "W ahead, then V",
        (long long)p.seed, t1_W, t1_V, end_W, end_V);
    record_clear(&at_t1);
    record_clear(&at_end);
  }
  for (size_t i = 0; i < ROWS; i++) {
    const char *name = observable_name[row[i].id], *at = row[i].at_end ? "t1+t2" : "t1";
    double low = 0.95 * row[i].low, high = 1.05 * row[i].high;
    support_note("d = 8, mean of %d seeds: %s(%s) = %.5g, expected %g to %g and 5 %%", SEEDS, name,
                 at, mean[i], row[i].low, row[i].high);
    cr_assert(mean[i] >= low && mean[i] <= high,
              "d = 8, mean of %d seeds: %s(%s) = %.6g, expected %.5g to %.5g (%g to %g and 5 %%)",
              SEEDS, name, at, mean[i], low, high, row[i].low, row[i].high);
  }
}

/* Under split gates V follows c z z'/u^2, c = mean of y_q times the mean label of a context:
   without structure, 0 but for the chance of a finite sample, of deviation 1/sqrt(N L). The limit
   of its factor k is c u^2/(2 lambda) = c sqrt(3/lambda), as u^4 = 12 lambda, and K2 tends to log 2
   - c k u^2/2 = log 2
   - 3 c^2. Both are judged at c of 4 deviations; that K2 is within 1e-3 needs one of 1.7. */
Test(prototype, split_separate_never_learns_Q_at_d_8) {
  Params p = support_params(8, 128, 64);
  double chance = 4 / sqrt((double)(p.N * p.L)), V_most = chance * sqrt(3 / p.lambda);
  int close = 0;
  p.reading = support_reading[1];
  for (p.seed = 1; p.seed <= 2; p.seed++) {
    Record at[2];
    record_init(&at[0]);
    record_init(&at[1]);
    run(&at[0], &at[1], &p);
    for (int end = 0; end < 2; end++) {
      double off = fabs(value(&at[end], OBS_K2) - log(2));
      double Vbar = value(&at[end], OBS_norm_Vbar);
      support_note(
          "split/separate, d = 8, seed %lld, step %lld: |K2 - log 2| = %.3g, norm(Vbar) = %.3g",
          (long long)p.seed, (long long)at[end].step, off, Vbar);
      cr_assert(off <= 3 * chance * chance && Vbar <= V_most,
                "split/separate, d = 8, seed %lld, step %lld: |K2 - log 2| = %.3g, at most %.3g; "
                "norm(Vbar) = %.3g, at most %.3g",
                (long long)p.seed, (long long)at[end].step, off, 3 * chance * chance, Vbar, V_most);
      close += off <= 1e-3;
    }
    double K1 = value(&at[1], OBS_K1);
    cr_assert(K1 <= 0.2,
              "split/separate, d = 8, seed %lld: K1 = %.4g at the end, expected P learned "
              "(<= 0.2)",
              (long long)p.seed, K1);
    record_clear(&at[0]);
    record_clear(&at[1]);
  }
  cr_assert(close >= 3,
            "split/separate, d = 8: K2 within 1e-3 of log 2 in %d of 4 cases, expected 3", close);
}
