/* test_facts.c -- facts proved for the model, on real runs: the noise's variance, norms, margins,
 * and Jensen's bound. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "src/rng.h"
#include "tests/support.h"

/* ---- D.noise ---- */

/* Sums over seeds and entries of Vtilde^2, (Wtilde - rho^t Wtilde_0)^2 and their product, at a
 * step. */
typedef struct {
  double V2, W2, VW, W0_2, V4;
  int64_t count;
} Moments;

static void add_moments(Moments *m, const Training *training, const double *W0) {
  const Params *p = &training->params;
  double V[64], W[64], kept = 1 - support_decayed(p, trainer_time(training->trainer));
  trainer_shadow(V, training->trainer, BLOCK_Q, WEIGHT_NOISE);
  trainer_shadow(W, training->trainer, BLOCK_P, WEIGHT_NOISE);
  for (int i = 0; i < 64; i++) {
    double w = W[i] - kept * W0[i];
    m->V2 += V[i] * V[i];
    m->W2 += w * w;
    m->VW += V[i] * w;
    m->W0_2 += W0[i] * W0[i];
    m->V4 += pow(V[i], 4);
    m->count++;
  }
}

/* Is sum / variance a chi-square deviate of that many degrees of freedom? Outside these limits once
   in a million on either side. */
static void check_variance(const char *what, double sum, double variance, int64_t count) {
  double ratio = sum / variance, freedom = (double)count;
  double low = gsl_cdf_chisq_Pinv(1e-6, freedom), high = gsl_cdf_chisq_Qinv(1e-6, freedom);
  support_note("%s: sum of squares over variance %.6g with %lld entries, limits %.6g and %.6g",
               what, ratio, (long long)count, low, high);
  cr_assert(
      ratio >= low && ratio <= high,
      "%s: sum of squares over stated variance %.6g with %lld independent entries, limits %.6g "
      "and %.6g",
      what, ratio, (long long)count, low, high);
}

Test(facts, noise_weights_have_the_stated_variance) {
  /* d = 8, t1 = 99: half-way through stage one, at its end, and 300 steps into stage two. */
  enum { SEEDS = 40, TIMES = 3 };
  Moments moments[TIMES] = {{0}};
  Params p = support_params(8, 2, 2);
  const int64_t at[TIMES] = {p.t1 / 2, p.t1, p.t1 + 300};
  for (int seed = 1; seed <= SEEDS; seed++) {
    p.seed = seed;
    Training training;
    double W0[64];
    training_open(&training, p, ENGINE_DOUBLE, 53);
    trainer_shadow(W0, training.trainer, BLOCK_P, WEIGHT_NOISE);
    for (int k = 0; k < TIMES; k++) {
      training_run(&training, at[k]);
      add_moments(&moments[k], &training, W0);
    }
    training_close(&training);
  }
  double rho1 = 1 - p.eta1 * p.lambda, rho2 = 1 - p.eta2 * p.lambda;
  double tau2 = p.tau0 * p.tau0, step2 = pow(p.eta2 * p.tau_xi, 2);
  double end1 = tau2 * (1 - pow(rho1, 2 * (double)p.t1));
  const double variance[TIMES] = {tau2 * (1 - pow(rho1, 2 * (double)at[0])), end1,
                                  end1 * pow(rho2, 600) +
                                      step2 * (1 - pow(rho2, 600)) / (1 - rho2 * rho2)};
  check_variance("W_0: tau0^2", moments[0].W0_2, tau2, moments[0].count);
  for (int k = 0; k < TIMES; k++) {
    const Moments *m = &moments[k];
    char what[80];
    snprintf(what, sizeof what, "Vtilde at step %lld", (long long)at[k]);
    check_variance(what, m->V2, variance[k], m->count);
    snprintf(what, sizeof what, "Wtilde less what is left of W_0 at step %lld", (long long)at[k]);
    check_variance(what, m->W2, variance[k], m->count);
    /* Independent blocks: a sum of products of deviation variance sqrt(count); normal entries: a
       mean fourth power of 3 variance^2 with deviation sqrt(96/count). 5 deviations. */
    double correlation = m->VW / (variance[k] * (double)m->count);
    double fourth = m->V4 / (variance[k] * variance[k] * (double)m->count);
    double root = sqrt((double)m->count);
    cr_assert(fabs(correlation) <= 5 / root,
              "step %lld: correlation of V's and W's noise %.3g, at most %.3g", (long long)at[k],
              correlation, 5 / root);
    cr_assert(fabs(fourth - 3) <= 5 * sqrt(96) / root,
              "step %lld: kurtosis %.3g, expected 3 within %.3g", (long long)at[k], fourth,
              5 * sqrt(96) / root);
  }
  /* The usual form of it: tau0^2 (1 - e^(-1/2) + O(eta1 lambda)) at t1. */
  double rough = tau2 * (1 - exp(-0.5));
  cr_assert(fabs(end1 / rough - 1) <= 2 * p.eta1 * p.lambda,
            "variance at t1 over tau0^2 (1 - e^-1/2): %.6g, expected 1 within 2 eta1 lambda = %.3g",
            end1 / rough, 2 * p.eta1 * p.lambda);
}

/* ---- on the way of a real run, all readings ---- */

static double value(const Record *record, ObservableId id) {
  return arf_get_d(arb_midref(&record->value[id]), ARF_RND_NEAR);
}

/* D.norm: norm(Ubar_t) <= (1 - prod (1 - eta lambda)) / lambda max norm(grad). A step's rounding
   adds at most 4 units relative, and the tested side is below the bound by construction only if it
   is true. */
static void check_norms(Worst *worst, const Record *record, const Params *p) {
  static const ObservableId norm[] = {OBS_norm_Wbar, OBS_norm_Vbar},
                            grad[] = {OBS_grad_W, OBS_grad_V};
  double factor = support_decayed(p, record->step) / p->lambda;
  double rounding = 1 + 8 * UNIT * (double)(record->step + 1);
  for (int b = 0; b < BLOCK_COUNT; b++)
    worst_add(worst, value(record, norm[b]), factor * value(record, grad[b]) * rounding,
              "%s: step %lld, block %d", p->instance, (long long)record->step, b);
  if (record->step == p->t1)
    worst_add(worst, factor, 1 / (4 * p->eta1 * p->lambda), "%s: factor at t1", p->instance);
}

/* Jensen and tangent: with l convex and l(s) >= log 2 - s/2, K2 >= log 2 - mean(y g)/2, exactly;
   and so does every mean of l over prompts, K1 too. */
static void check_jensen(Worst *worst, const Record *record, const Params *p) {
  static const ObservableId loss[] = {OBS_K1, OBS_K2}, margin[] = {OBS_margin_P, OBS_margin_Q};
  arb_t least;
  arb_init(least);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_const_log2(least, 128);
    arb_mul_2exp_si(least, least, 1);
    arb_sub(least, least, &record->value[margin[b]], 128);
    arb_mul_2exp_si(least, least, -1);
    arb_sub(least, &record->value[loss[b]], least, 128);
    worst_require(worst, arb_is_nonnegative(least) || arb_contains_zero(least),
                  "%s: step %lld, block %d: loss lies %.3g under the bound", p->instance,
                  (long long)record->step, b, -arf_get_d(arb_midref(least), ARF_RND_NEAR));
  }
  arb_clear(least);
}

static void run_facts(int reading, EngineKind kind, int64_t precision) {
  Error err;
  Worst norms = {0}, jensen = {0};
  Params p = support_params(8, 32, 16);
  p.reading = support_reading[reading];
  snprintf(p.instance, sizeof p.instance, "%s", support_reading_name[reading]);
  p.t2 = 400;
  Training training;
  Record record;
  training_open(&training, p, kind, precision);
  record_init(&record);
  for (int64_t t = 0; t <= p.t1 + p.t2; t += t == p.t1 - 9 ? 9 : t < p.t1 ? 10 : 20) {
    training_run(&training, t);
    support_ok(trainer_observe(&record, training.trainer, &err), &err);
    check_norms(&norms, &record, &training.params);
    check_jensen(&jensen, &record, &training.params);
  }
  double K1 = value(&record, OBS_K1), moved = value(&record, OBS_norm_Wbar);
  cr_assert(K1 <= 0.5 && moved > 1,
            "%s: K1 = %.3g, norm(Wbar) = %.3g at the end: expected a run that "
            "trains (<= 0.5, > 1)",
            p.instance, K1, moved);
  worst_assert(&norms, "%s, %s: norm(Ubar), bound: decayed share / lambda times largest gradient",
               p.instance, engine_name(kind));
  worst_assert(&jensen, "%s, %s: K >= log 2 - mean(y s)/2", p.instance, engine_name(kind));
  record_clear(&record);
  training_close(&training);
}

Test(facts, norms_and_jensen_hold_in_every_reading) {
  for (int reading = 0; reading < 4; reading++)
    run_facts(reading, ENGINE_DOUBLE, 53);
}

Test(facts, norms_and_jensen_hold_in_mpfr) {
  run_facts(0, ENGINE_MPFR, 100);
}

/* D.jensen for the clusters themselves: the mean loss over a cluster is at least the loss of its
   mean output, by class weights of the sample. Works on queries' clusters z, z + zeta, z - zeta. */
Test(facts, jensen_holds_over_clusters) {
  Params p = support_params(8, 64, 32);
  p.t2 = 800;
  Training training;
  Error err;
  Record record;
  Worst worst = {0};
  training_open(&training, p, ENGINE_DOUBLE, 53);
  record_init(&record);
  const Dataset *data = &training.data;
  arb_mat_t V;
  arb_mat_init(V, p.d, p.d);
  unsigned char *open[BLOCK_COUNT];
  arb_mat_struct full[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++) {
    open[b] = array_alloc((size_t)(p.N * p.L), 1);
    cr_assert(open[b] != NULL, "scratch of %lld gates", (long long)(p.N * p.L));
    arb_mat_init(&full[b], p.d, p.d);
  }
  for (int64_t t = 0; t <= p.t1 + p.t2; t += 29) {
    training_run(&training, t);
    support_ok(trainer_observe(&record, training.trainer, &err), &err);
    trainer_weight(V, training.trainer, BLOCK_Q, WEIGHT_SIGNAL);
    for (int b = 0; b < BLOCK_COUNT; b++)
      trainer_weight(&full[b], training.trainer, (Block)b, WEIGHT_FULL);
    support_gates(open, NULL, data, GATE_SHARED, full);
    double total[3] = {0}, count[3] = {0}, bound = 0, tangent = 0;
    for (int64_t n = 0; n < p.N; n++) {
      const double *q = dataset_token(data, BLOCK_Q, n, p.L);
      double g = 0;
      for (int64_t l = 0; l < p.L; l++)
        for (int64_t ij = 0; open[BLOCK_Q][n * p.L + l] && ij < p.d * p.d; ij++)
          g += dataset_label(data, n, l) * dataset_token(data, BLOCK_Q, n, l)[ij / p.d] *
               arf_get_d(arb_midref(arb_mat_entry(V, ij / p.d, ij % p.d)), ARF_RND_NEAR) *
               q[ij % p.d] / (double)p.L;
      int cluster = data->cluster[n * (p.L + 1) + p.L] + 1;
      total[cluster] += g;
      count[cluster]++;
    }
    for (int k = 0; k < 3; k++) {
      double y = k == 1 ? 1 : -1, share = count[k] / (double)p.N;
      if (count[k] == 0) continue;
      bound += share * log1p(exp(-y * total[k] / count[k]));
      tangent += share * (log(2) - y * total[k] / count[k] / 2);
    }
    /* 1e-12: far above the rounding of these few thousand operations on numbers below 10. */
    worst_add(&worst, bound, value(&record, OBS_K2) + 1e-12, "step %lld: clusters", (long long)t);
    worst_add(&worst, tangent, bound + 1e-12, "step %lld: tangent", (long long)t);
  }
  worst_assert(&worst, "log 2 - mean/2 <= sum of l(cluster means) <= K2");
  for (int b = 0; b < BLOCK_COUNT; b++) {
    free(open[b]);
    arb_mat_clear(&full[b]);
  }
  arb_mat_clear(V);
  record_clear(&record);
  training_close(&training);
}

/* ---- D.margin ---- */

Test(facts, every_token_has_its_margin) {
  /* <y w*, x> >= gamma0 up to the rounding stated in dataset.h, on the exact doubles. */
  Worst worst = {0};
  for (int64_t d = 2; d <= 24; d += 11)
    for (int64_t seed = 1; seed <= 3; seed++) {
      Params p = support_params(d, 16, 32);
      p.seed = seed;
      Training training;
      Error err;
      Record record;
      training_open(&training, p, ENGINE_DOUBLE, 53);
      record_init(&record);
      support_ok(trainer_observe(&record, training.trainer, &err), &err);
      const Dataset *data = &training.data;
      double slack = sqrt((double)d) * (ldexp(1, data->grid[BLOCK_P] - 1) +
                                        (double)(d + 8) * UNIT * (p.gamma0 + 13 * p.s_e));
      arf_t sum, x, w;
      arf_init(sum);
      arf_init(x);
      arf_init(w);
      for (int64_t k = 0; k < data->N * (data->L + 1); k++) {
        arf_zero(sum);
        for (int64_t i = 0; i < d; i++) {
          arf_set_d(x, data->y[k] * data->x[BLOCK_P][k * d + i]);
          arf_set_d(w, data->w_star[i]);
          arf_addmul(sum, x, w, ARF_PREC_EXACT, ARF_RND_DOWN);
        }
        worst_add(&worst, p.gamma0 - slack, arf_get_d(sum, ARF_RND_DOWN),
                  "d = %lld, seed %lld, token %lld", (long long)d, (long long)seed, (long long)k);
      }
      worst_add(&worst, p.gamma0 - slack, value(&record, OBS_min_margin) * (1 + 1e-14),
                "d = %lld, seed %lld: min_margin", (long long)d, (long long)seed);
      arf_clear(sum);
      arf_clear(x);
      arf_clear(w);
      record_clear(&record);
      training_close(&training);
    }
  worst_assert(&worst, "gamma0 less rounding <= <y w*, x^P>");
}
