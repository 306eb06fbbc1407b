/* test_recursion.c -- the trainer against a second training written from the formulas alone: the
 * gradient by differences of the loss, the whole recursion, and how far rounding may carry a run.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/rng.h"
#include "src/trainer_internal.h"
#include "tests/oracle.h"
#include "tests/support.h"

/* A small instance of the reference family with t1 = 100 and 200 steps of stage two. */
static Params small_params(int reading) {
  Params p = support_params(5, 10, 9);
  p.reading = support_reading[reading];
  p.lambda = 1.0 / 400;
  p.t1 = 100;
  p.t2 = 200;
  p.tau0 = 0.02;
  p.tau_xi = support_tau_xi(&p);
  p.seed = 17 + reading;
  return p;
}

/* ---- gradient ---- */

#define ORACLE_BITS 400
#define STEP_BITS 80 /* h = 2^-80 */

/* out := (loss(U + h E_ij) - loss(U - h E_ij)) / (2 h), gates frozen. */
static void centred_difference(mpfr_t out, Oracle *o, Block b, int64_t ij) {
  mpfr_t kept, h, below;
  mpfr_inits2(ORACLE_BITS, kept, h, below, (mpfr_ptr)0);
  mpfr_set(kept, o->U[b][ij], MPFR_RNDN);
  mpfr_set_ui_2exp(h, 1, -STEP_BITS, MPFR_RNDN);
  mpfr_add(o->U[b][ij], kept, h, MPFR_RNDN);
  oracle_loss(out, o, b);
  mpfr_sub(o->U[b][ij], kept, h, MPFR_RNDN);
  oracle_loss(below, o, b);
  mpfr_sub(out, out, below, MPFR_RNDN);
  mpfr_mul_2ui(out, out, STEP_BITS - 1, MPFR_RNDN);
  mpfr_set(o->U[b][ij], kept, MPFR_RNDN);
  mpfr_clears(kept, h, below, (mpfr_ptr)0);
}

/* out := the trainer's gradient by its own step, ((1 - eta lambda) Ubar_t - Ubar_{t+1}) / eta. */
static void trainer_gradient(arf_t out, const arb_mat_t before, const arb_mat_t after, int64_t ij,
                             int64_t d, double eta, double lambda) {
  arf_t keep;
  arf_init(keep);
  arf_set_d(out, eta);
  arf_set_d(keep, lambda);
  arf_mul(keep, keep, out, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_sub_si(keep, keep, 1, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_neg(keep, keep);
  arf_mul(keep, keep, arb_midref(arb_mat_entry(before, ij / d, ij % d)), ARF_PREC_EXACT,
          ARF_RND_DOWN);
  arf_sub(keep, keep, arb_midref(arb_mat_entry(after, ij / d, ij % d)), ARF_PREC_EXACT,
          ARF_RND_DOWN);
  arf_div(out, keep, out, ORACLE_BITS, ARF_RND_NEAR);
  arf_clear(keep);
}

/* The truncation of a centred difference is h^2/6 times the third derivative somewhere; l''' = s (1
   - s) (1 - 2 s) for a sigmoid s is at most 1/(6 sqrt 3) < 0.09623 in size, and the loss is a mean
   over prompts of l along m_i x_j. Rounding of the losses is below 2^-390, of the trainer's 256
   bits in the gradient below 2^-240: both less than 2^-235 after division by h and eta. */
static double difference_bound(const Oracle *o, Block b, int64_t ij) {
  int64_t d = o->data->d, L = o->data->L;
  double mean = 0;
  for (int64_t n = 0; n < o->data->N; n++) {
    double m = 0;
    for (int64_t l = 0; l < L; l++)
      if (o->open[b][n * L + l])
        m += dataset_label(o->data, n, l) * dataset_token(o->data, b, n, l)[ij / d] / (double)L;
    mean += pow(fabs(m * dataset_token(o->data, b, n, L)[ij % d]), 3) / (double)o->data->N;
  }
  return ldexp(0.09624 / 6 * mean, -2 * STEP_BITS) + 0x1p-235;
}

static void check_gradient(Worst *worst, double *largest, Training *training, const char *name) {
  Error err;
  const Params *p = &training->params;
  int64_t d = p->d, t = trainer_time(training->trainer);
  Oracle o;
  arb_mat_t before[BLOCK_COUNT], after;
  arf_t gradient, expected;
  mpfr_t difference;
  arb_mat_init(after, d, d);
  arf_init(gradient);
  arf_init(expected);
  mpfr_init2(difference, ORACLE_BITS);
  oracle_open(&o, p, &training->data, ORACLE_BITS);
  oracle_follow(&o, training->trainer);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_mat_init(before[b], d, d);
    trainer_weight(before[b], training->trainer, (Block)b, WEIGHT_SIGNAL);
  }
  support_ok(trainer_step(training->trainer, &err), &err);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_weight(after, training->trainer, (Block)b, WEIGHT_SIGNAL);
    for (int64_t ij = 0; ij < d * d; ij++) {
      trainer_gradient(gradient, before[b], after, ij, d, t < p->t1 ? p->eta1 : p->eta2, p->lambda);
      centred_difference(difference, &o, (Block)b, ij);
      arf_set_mpfr(expected, difference);
      worst_add(worst, support_distance(gradient, expected), difference_bound(&o, (Block)b, ij),
                "%s, step %lld, block %d, entry %lld", name, (long long)t, b, (long long)ij);
      *largest = fmax(*largest, support_size(expected));
    }
    arb_mat_clear(before[b]);
  }
  arb_mat_clear(after);
  arf_clear(gradient);
  arf_clear(expected);
  mpfr_clear(difference);
  oracle_close(&o);
}

Test(recursion, gradient_is_the_centred_difference_of_the_loss) {
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++) {
    static const int64_t at[] = {0, 1, 40, 99, 100, 130};
    double largest = 0;
    Training training;
    training_open(&training, small_params(reading), ENGINE_MPFR, 256);
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
      training_run(&training, at[k]);
      check_gradient(&worst, &largest, &training, support_reading_name[reading]);
    }
    cr_assert(largest > 0.01, "%s: largest gradient entry %.3g, expected > 0.01 to mean something",
              support_reading_name[reading], largest);
    training_close(&training);
  }
  worst_assert(&worst, "frozen gates: gradient of the trainer at 256 bits against centred "
                       "differences with h = 2^-80");
}

/* ---- the whole recursion ---- */

/* How much one step of an engine may differ from the exact step at its own weights. Relative
   errors: output: of h_n, relative to norm(m_n) norm(U) norm(x_n); residual: of c_n itself;
   gradient: relative to mean |c_n| norm(m_n) norm(x_n). See test_products.c for the counts. */
typedef struct {
  double unit, output, residual, gradient;
} EngineErrors;

static EngineErrors engine_errors(const Training *training, EngineKind kind, int64_t precision) {
  double u = ldexp(1, (int)-precision);
  if (kind == ENGINE_MPFR) return (EngineErrors){u, 2.01 * u, u, 2.01 * u};
  return (EngineErrors){u, support_gamma(2 * training->params.d + 1), 5 * u,
                        support_gamma(training->params.N + 2)};
}

static double query_norm(const Dataset *data, Block b, int64_t n) {
  return support_norm(dataset_token(data, b, n, data->L), data->d);
}

/* B = mean norm(m_n)^2 norm(x_n)^2, both blocks together: the joint loss couples them. */
static double contraction(const Oracle *o) {
  double B = 0;
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int64_t n = 0; n < o->data->N; n++)
      B += pow(oracle_sum_norm(o, (Block)b, n) * query_norm(o->data, (Block)b, n), 2) /
           (double)o->data->N;
  return B;
}

/* Norms of the parts of a step, both blocks together: Ubar, Utilde, and what changes them. */
typedef struct {
  double signal, noise, gradient, xi;
} Sizes;

static Sizes step_sizes(const Training *training, const Oracle *o) {
  Sizes s = {0};
  int64_t size = o->data->d * o->data->d;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    double gradient = 0;
    for (int64_t ij = 0; ij < size; ij++)
      gradient += pow(mpfr_get_d(o->gradient[b][ij], MPFR_RNDN), 2);
    s.signal += training_norm(training, (Block)b, WEIGHT_SIGNAL);
    s.noise += training_norm(training, (Block)b, WEIGHT_NOISE);
    s.gradient += sqrt(gradient);
    s.xi += training->params.tau_xi * (double)o->data->d * RNG_NORMAL_MAX;
  }
  return s;
}

/* Bound of what rounding adds in one step. A change of the outputs moves c_n by a quarter of it
   (l'' <= 1/4), and in joint loss each block's c_n hears of both outputs, one addition more. */
static double step_error(const Training *training, const Oracle *o, const EngineErrors *e,
                         double eta) {
  const Dataset *data = o->data;
  double change = 0, u = e->unit;
  for (int64_t n = 0; n < data->N; n++) {
    double moved = 0, size[BLOCK_COUNT];
    for (int b = 0; b < BLOCK_COUNT; b++) {
      size[b] = oracle_sum_norm(o, (Block)b, n) * query_norm(data, (Block)b, n);
      moved += (e->output + u) * size[b] * training_norm(training, (Block)b, WEIGHT_FULL);
    }
    for (int b = 0; b < BLOCK_COUNT; b++) {
      double c = fabs(mpfr_get_d(o->slope[b][n], MPFR_RNDN));
      change += size[b] * (moved / 4 + (e->residual + e->gradient) * c) / (double)data->N;
    }
  }
  Sizes s = step_sizes(training, o);
  /* rho, rho U, eta G and the difference: each rounded once, for the signal and for the noise
     weight; U = RN(Ubar + Utilde) is u norm(U) off, which the gradient feels by at most B/4 of it.
   */
  double rounded = u * (3.1 * (s.signal + s.noise) + 2.1 * eta * (s.gradient + s.xi));
  double shifted = u * eta * contraction(o) / 4 * (s.signal + s.noise);
  return 1.001 * (eta * change + rounded + shifted);
}

static void check_same_gates(Worst *worst, const Training *training, const Oracle *o) {
  size_t gates = (size_t)(o->data->N * o->data->L);
  for (int b = 0; b < BLOCK_COUNT; b++)
    worst_require(
        worst, memcmp(gate_open_flags(training->trainer->gate, (Block)b), o->open[b], gates) == 0,
        "step %lld, block %d: the gates differ", (long long)o->t, b);
}

/* Runs an engine and the oracle side by side over both stages. D.contract: at equal gates a step
   does not expand distances while eta (lambda + B/4) <= 2, so errors add up and do not multiply. */
static void check_params(Params params, int reading, EngineKind kind, int64_t precision) {
  Error err;
  Worst distance = {0}, gates = {0}, condition = {0};
  Training training;
  Oracle o;
  training_open(&training, params, kind, precision);
  const Params *p = &training.params;
  oracle_open(&o, p, &training.data, (mpfr_prec_t)precision + 60);
  EngineErrors errors = engine_errors(&training, kind, precision);
  double bound = 0;
  int64_t flips = 0;
  check_same_gates(&gates, &training, &o);
  while (o.t < p->t1 + p->t2) {
    double eta = o.t < p->t1 ? p->eta1 : p->eta2;
    oracle_look(&o);
    bound += step_error(&training, &o, &errors, eta);
    worst_add(&condition, eta * (p->lambda + contraction(&o) / 4), 2, "step %lld", (long long)o.t);
    oracle_step(&o);
    support_ok(trainer_step(training.trainer, &err), &err);
    worst_add(&distance, oracle_distance(&o, training.trainer), bound, "step %lld", (long long)o.t);
    check_same_gates(&gates, &training, &o);
  }
  flips = trainer_gate_counts(training.trainer).flips;
  cr_assert(flips > 20 && training_norm(&training, BLOCK_P, WEIGHT_SIGNAL) > 0.5,
            "%lld flips, norm(Wbar) = %.3g: expected a run in which something happens",
            (long long)flips, training_norm(&training, BLOCK_P, WEIGHT_SIGNAL));
  worst_assert(&gates, "%s, %s at %lld bits: gates as in the second training",
               support_reading_name[reading], engine_name(kind), (long long)precision);
  worst_assert(&condition, "%s: eta (lambda + B/4)", support_reading_name[reading]);
  worst_assert(&distance,
               "%s, %s at %lld bits, %lld steps: norm(Ubar + Utilde - U), bound: sum of "
               "rounding errors",
               support_reading_name[reading], engine_name(kind), (long long)precision,
               (long long)o.t);
  oracle_close(&o);
  training_close(&training);
}

static void check_run(int reading, EngineKind kind, int64_t precision) {
  check_params(small_params(reading), reading, kind, precision);
}

Test(recursion, signal_and_noise_add_up_in_shared_separate) {
  check_run(0, ENGINE_MPFR, 256);
}

Test(recursion, signal_and_noise_add_up_in_split_separate) {
  check_run(1, ENGINE_MPFR, 256);
}

Test(recursion, signal_and_noise_add_up_in_shared_joint) {
  check_run(2, ENGINE_MPFR, 256);
}

Test(recursion, signal_and_noise_add_up_in_split_joint) {
  check_run(3, ENGINE_MPFR, 256);
}

Test(recursion, rounding_adds_up_at_every_precision) {
  for (int reading = 0; reading < 4; reading += 2) {
    check_run(reading, ENGINE_DOUBLE, 53);
    check_run(reading, ENGINE_MPFR, 53);
    check_run(reading, ENGINE_MPFR, 64);
    check_run(reading, ENGINE_MPFR, 100);
  }
}

Test(recursion, either_stage_may_be_empty) {
  Params first = small_params(0), second = first;
  first.t2 = 0;
  second.t1 = 0;
  check_params(first, 0, ENGINE_MPFR, 80);
  check_params(second, 0, ENGINE_MPFR, 80);
}

/* Two runs of the product alone: they part by no more than both bounds together. */
Test(recursion, two_precisions_do_not_drift_apart) {
  Error err;
  Training low, high;
  Oracle o;
  Worst worst = {0};
  training_open(&low, small_params(0), ENGINE_MPFR, 64);
  training_open(&high, small_params(0), ENGINE_MPFR, 192);
  oracle_open(&o, &low.params, &low.data, 64);
  EngineErrors coarse = engine_errors(&low, ENGINE_MPFR, 64);
  EngineErrors fine = engine_errors(&high, ENGINE_MPFR, 192);
  double bound = 0;
  const Params *p = &low.params;
  int64_t d = p->d;
  arb_mat_t a, b;
  arb_t square, sum;
  arb_mat_init(a, d, d);
  arb_mat_init(b, d, d);
  arb_init(square);
  arb_init(sum);
  for (int64_t t = 0; t < p->t1 + p->t2; t++) {
    double eta = t < p->t1 ? p->eta1 : p->eta2;
    oracle_follow(&o, high.trainer); /* for sizes and gates only */
    oracle_look(&o);
    bound += step_error(&low, &o, &coarse, eta) + step_error(&high, &o, &fine, eta);
    support_ok(trainer_step(low.trainer, &err), &err);
    support_ok(trainer_step(high.trainer, &err), &err);
    arb_zero(sum);
    for (int block = 0; block < BLOCK_COUNT; block++) {
      bool same =
          memcmp(gate_open_flags(low.trainer->gate, (Block)block),
                 gate_open_flags(high.trainer->gate, (Block)block), (size_t)(p->N * p->L)) == 0;
      worst_require(&worst, same, "step %lld: the gates differ", (long long)t);
      trainer_weight(a, low.trainer, (Block)block, WEIGHT_FULL);
      trainer_weight(b, high.trainer, (Block)block, WEIGHT_FULL);
      arb_mat_sub(a, a, b, 300);
      arb_mat_frobenius_norm(square, a, 64);
      arb_addmul(sum, square, square, 64);
    }
    arb_sqrt(sum, sum, 64);
    double u_full = 0x1p-64 * (training_norm(&low, BLOCK_P, WEIGHT_FULL) +
                               training_norm(&low, BLOCK_Q, WEIGHT_FULL)); /* U = RN(...) */
    worst_add(&worst, arf_get_d(arb_midref(sum), ARF_RND_UP), bound + 2 * u_full, "step %lld",
              (long long)t);
  }
  worst_assert(&worst, "equal gates, 64 and 192 bits: distance of the weights, bound: sum of "
                       "rounding errors");
  arb_mat_clear(a);
  arb_mat_clear(b);
  arb_clear(square);
  arb_clear(sum);
  oracle_close(&o);
  training_close(&low);
  training_close(&high);
}
