/* test_certificate.c -- the certificate against trainings that are more precise, against worst-case
 * rounding, and against kernels that round more than they may.
 *
 * The linker redirects engine_open to this file (--wrap), which hands out kernels that err as much
 * as they are allowed to, or more; the product knows nothing of it.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/certificate_internal.h"
#include "src/gate.h"
#include "src/trainer_internal.h"
#include "tests/oracle.h"
#include "tests/support.h"

/* ---- kernels that err ---- */

typedef enum {
  BEND_NONE,
  BEND_ALLOWED,  /* every step errs by nearly what the table in engine.h allows, always outwards */
  BEND_KERNELS,  /* so do residuals and gradients */
  BEND_DESCEND,  /* weights keep 44 bits */
  BEND_RESIDUAL, /* residuals keep 40 bits */
  BEND_BILINEAR, /* outputs keep 36 bits */
  BEND_GRADIENT, /* gradients keep 40 bits */
  BEND_RHO       /* the decay forgets its last 12 bits */
} Bend;
static Bend bend;

/* x rounded to so many bits, away from zero. */
static double coarse(double x, int bits) {
  int exponent;
  const double scaled = ldexp(frexp(x, &exponent), bits);
  return ldexp(scaled < 0 ? floor(scaled) : ceil(scaled), exponent - bits);
}

static void coarsen(Array *a, int bits) {
  double *x = a->data;
  for (int64_t i = 0; i < a->n; i++)
    x[i] = coarse(x[i], bits);
}

/* The largest double that is no further from zero than this. */
static double inwards(long double x) {
  const double nearest = (double)x;
  return fabsl((long double)nearest) > fabsl(x) ? nextafter(nearest, 0) : nearest;
}

/* The largest double whose distance from rho u - eta x, outwards, is within 2^-52 of it: what the
   two roundings RN(RN(rho u) - RN(eta x)) may do at most, where eta x is small. */
static void worst_descend(double *u, const double *x, double eta, double lambda, int64_t count) {
  const double rho = fma(-eta, lambda, 1.0);
  for (int64_t i = 0; i < count; i++) {
    const long double exact = (long double)rho * u[i] - (long double)eta * x[i];
    const long double limit = exact * (1 + 0x1p-52L);
    u[i] = inwards(limit);
  }
}

/* Pre-condition: y s is not large, so that long doubles err by far less than 2^-53. */
static void worst_residual(double *c, const double *s, const double *y, int64_t count) {
  for (int64_t n = 0; n < count; n++)
    c[n] = inwards(-y[n] / (1 + expl((long double)y[n] * s[n])) * (1 + 5 * 0x1p-53L));
}

/* Of one prompt, whose sum is its one term. */
static void worst_gradient(double *G, double c, const double *M, const double *X, const Engine *e) {
  for (int64_t ij = 0; ij < e->d * e->d; ij++)
    G[ij] = inwards((long double)c * M[ij / e->d] * X[ij % e->d] / e->L *
                    (1 + (long double)(e->N + 2) * 0x1p-53L));
}

static bool is_worst_descend(void) {
  return bend == BEND_ALLOWED || bend == BEND_KERNELS;
}

static void bent_descend_noise(Array *U, const double *xi, double eta, double lambda,
                               const Engine *e) {
  if (is_worst_descend())
    worst_descend(U->data, xi, eta, lambda, U->n);
  else
    engine_double_ops.descend_noise(U, xi, eta, lambda, e);
}

static void bent_descend(Array *U, const Array *G, double eta, double lambda, const Engine *e) {
  if (bend == BEND_RHO) lambda = coarse(lambda, 32);
  if (is_worst_descend())
    worst_descend(U->data, G->data, eta, lambda, U->n);
  else
    engine_double_ops.descend(U, G, eta, lambda, e);
  if (bend == BEND_DESCEND) coarsen(U, 44);
}

static void bent_residual(Array *c, const Array *s, const double *y, const Engine *e) {
  engine_double_ops.residual(c, s, y, e);
  if (bend == BEND_RESIDUAL) coarsen(c, 40);
  if (bend == BEND_KERNELS) worst_residual(c->data, s->data, y, c->n);
}

static void bent_bilinear(Array *h, const Array *U, const double *M, const double *X,
                          int64_t stride, int grid, const Engine *e) {
  engine_double_ops.bilinear(h, U, M, X, stride, grid, e);
  if (bend == BEND_BILINEAR) coarsen(h, 36);
}

static void bent_gradient(Array *G, const Array *c, const double *M, const double *X,
                          int64_t stride, int grid, const Engine *e) {
  engine_double_ops.gradient(G, c, M, X, stride, grid, e);
  if (bend == BEND_GRADIENT) coarsen(G, 40);
  if (bend == BEND_KERNELS) worst_gradient(G->data, *(const double *)c->data, M, X, e);
}

StatusCode __real_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err);
StatusCode __wrap_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err);
StatusCode __wrap_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err) {
  static EngineOps ops;
  TRY(__real_engine_open(out, kind, precision, d, N, L, plain, err));
  if (bend == BEND_NONE || kind != ENGINE_DOUBLE) return STATUS_OK;
  ops = engine_double_ops;
  ops.descend = bent_descend;
  ops.descend_noise = bent_descend_noise;
  ops.residual = bent_residual;
  ops.bilinear = bent_bilinear;
  ops.gradient = bent_gradient;
  out->ops = &ops;
  return STATUS_OK;
}

/* ---- certified trainings ---- */

static void certified_open(Training *out, Params params, EngineKind engine, int64_t precision) {
  Error err;
  training_open(out, params, engine, precision);
  support_ok(trainer_certify(out->trainer, &err), &err);
}

static Params tiny_params(int reading, int64_t d, int64_t N, int64_t L) {
  Params p = support_params(d, N, L);
  p.reading = support_reading[reading];
  p.lambda = 1.0 / 160;
  p.t1 = 40;
  p.t2 = 60;
  p.tau0 = 0.05;
  p.tau_xi = support_tau_xi(&p);
  p.seed = 5 + reading;
  return p;
}

/* An upper bound of norm(weight of the trainer - U of the oracle), block b. */
static double distance_to_oracle(const Training *t, const Oracle *o, Block b, WeightKind kind) {
  const int64_t d = t->data.d;
  arb_mat_t weight;
  arb_mat_init(weight, d, d);
  trainer_weight(weight, t->trainer, b, kind);
  mpfr_t sum, term;
  mpfr_inits2(o->prec, sum, term, (mpfr_ptr)0);
  mpfr_set_zero(sum, 1);
  for (int64_t ij = 0; ij < d * d; ij++) {
    arf_get_mpfr(term, arb_midref(arb_mat_entry(weight, ij / d, ij % d)), MPFR_RNDN);
    mpfr_sub(term, term, o->U[b][ij], MPFR_RNDN);
    mpfr_sqr(term, term, MPFR_RNDN);
    mpfr_add(sum, sum, term, MPFR_RNDU);
  }
  mpfr_sqrt(sum, sum, MPFR_RNDU);
  const double distance = mpfr_get_d(sum, MPFR_RNDU);
  mpfr_clears(sum, term, (mpfr_ptr)0);
  arb_mat_clear(weight);
  return distance;
}

#define ORACLE_BITS 500

/* Follows the exact trajectory beside a certified run; *distances against their bounds, *gates
   against the definition. */
static void follow(Worst *distances, Worst *gates, double share[BLOCK_COUNT], Params params,
                   EngineKind engine, int64_t precision) {
  Training t;
  Oracle o;
  Error err;
  certified_open(&t, params, engine, precision);
  oracle_open(&o, &t.params, &t.data, ORACLE_BITS);
  for (int64_t step = 0;; step++) {
    const CertificateSummary c = trainer_certificate(t.trainer);
    if (!c.certified) break;
    for (int b = 0; b < BLOCK_COUNT; b++) {
      const double distance = distance_to_oracle(&t, &o, (Block)b, WEIGHT_FULL);
      worst_add(distances, distance, c.distance[b], "%s, %s %lld bits, step %lld, block %d",
                reading_name(params.reading), engine_name(engine), (long long)precision,
                (long long)step, b);
      share[b] = c.distance[b] > 0 ? distance / c.distance[b] : 0;
      const unsigned char *open = gate_open_flags(t.trainer->gate, (Block)b);
      worst_require(gates, memcmp(open, o.open[b], (size_t)(t.data.N * t.data.L)) == 0,
                    "%s, step %lld, block %d: gates differ", reading_name(params.reading),
                    (long long)step, b);
    }
    if (step == params.t1 + params.t2) break;
    support_ok(trainer_step(t.trainer, &err), &err);
    oracle_look(&o);
    oracle_step(&o);
  }
  oracle_close(&o);
  training_close(&t);
}

/* Pre-conditions: tiny instances, all readings, three engines; the exact trajectory in 500 bits, by
   loops of its own. Quantity: norm(U - U*) of a block. Bound: the certificate's. */
Test(certificate, holds_the_exact_trajectory) {
  Worst distances = {0}, gates = {0};
  double share[BLOCK_COUNT];
  const int64_t shape[][3] = {{2, 2, 3}, {3, 4, 5}, {5, 9, 7}};
  for (int reading = 0; reading < 4; reading++)
    for (size_t s = 0; s < 3; s++) {
      const Params p = tiny_params(reading, shape[s][0], shape[s][1], shape[s][2]);
      follow(&distances, &gates, share, p, ENGINE_DOUBLE, 53);
      if (s != 1) continue;
      follow(&distances, &gates, share, p, ENGINE_MPFR, 53);
      follow(&distances, &gates, share, p, ENGINE_MPFR, 130);
    }
  worst_assert(&distances, "norm(U - U*) against the certificate's bound");
  worst_assert(&gates, "gates of the run and of the exact trajectory");
  cr_assert(gates.count > 1000, "only %lld steps stayed certified, expected more than 1000",
            (long long)gates.count);
}

/* Rounding that errs as much as it may, always outwards, comes near the bound: so a bound of half
   the size would be wrong. Pre-conditions: small gradients, so that the weights' own rounding
   matters most. Quantity: norm(W - W*) at the end over its bound. Bounds: above 1/2, at most 1. */
Test(certificate, half_the_bound_would_be_too_small) {
  Worst distances = {0}, gates = {0};
  double share[BLOCK_COUNT];
  Params p = tiny_params(0, 2, 2, 3);
  p.tau0 = 4;
  p.tau_xi = 1e-9;
  p.gamma0 = p.s_e = p.u = 0.01;
  p.r = 0.002;
  bend = BEND_ALLOWED;
  follow(&distances, &gates, share, p, ENGINE_DOUBLE, 53);
  bend = BEND_NONE;
  worst_assert(&distances, "norm(U - U*) of the worst rounding that is allowed");
  cr_assert(share[BLOCK_P] > 0.5,
            "worst rounding: norm(W - W*) is %.3g of its bound, expected more than half",
            share[BLOCK_P]);
}

/* The same of what gradients round, which is most of the bound as long as weights are small: one
   prompt, two steps, every kernel outwards by all that it may. Pre-conditions: an initial weight of
   1e-30, so that Ubar is the weight itself. Quantities: norm(U - U*) and norm(Ubar - Ubar*) of P
   over their bounds. Bounds: above 1/2, at most 1. */
Test(certificate, half_the_bound_of_a_gradient_would_be_too_small) {
  Training t;
  Oracle o;
  Params p = tiny_params(0, 2, 1, 3);
  p.tau0 = 1e-30;
  p.tau_xi = 0;
  p.t1 = p.t2 = 1;
  bend = BEND_KERNELS;
  certified_open(&t, p, ENGINE_DOUBLE, 53);
  oracle_open(&o, &t.params, &t.data, ORACLE_BITS);
  for (int64_t step = 1; step <= 2; step++) {
    training_run(&t, step);
    oracle_look(&o);
    oracle_step(&o);
  }
  const CertificateSummary c = trainer_certificate(t.trainer);
  const double signal = certificate_signal(&t.trainer->certificate->block[BLOCK_P]);
  const double full_share = distance_to_oracle(&t, &o, BLOCK_P, WEIGHT_FULL) / c.distance[BLOCK_P];
  const double signal_share = distance_to_oracle(&t, &o, BLOCK_P, WEIGHT_SIGNAL) / signal;
  cr_assert(c.certified && full_share > 0.5 && full_share <= 1 && signal_share > 0.5 &&
                signal_share <= 1,
            "certified %d, norm(W - W*) is %.3g of its bound, norm(Wbar - Wbar*) %.3g of its: "
            "expected certified, and both from 1/2 to 1",
            c.certified, full_share, signal_share);
  bend = BEND_NONE;
  oracle_close(&o);
  training_close(&t);
}

/* ---- against more bits ---- */

/* The number of observables of the present step whose certified balls do not meet the others'. */
static int misses(Worst *worst, Training *certified, Training *precise) {
  Error err;
  Record a, b;
  int count = 0;
  record_init(&a);
  record_init(&b);
  support_ok(trainer_observe(&a, certified->trainer, &err), &err);
  support_ok(trainer_observe(&b, precise->trainer, &err), &err);
  for (int id = 0; id < OBSERVABLE_COUNT; id++) {
    if (!certificate_covers((ObservableId)id)) continue;
    const bool meets = arb_contains_arf(&a.value[id], arb_midref(&b.value[id]));
    count += !meets;
    if (worst != NULL)
      worst_require(
          worst, meets, "%s, step %lld: %s = %.17g, radius %.3g, in more bits %.17g",
          reading_name(certified->params.reading), (long long)trainer_time(certified->trainer),
          observable_name[id], arf_get_d(arb_midref(&a.value[id]), ARF_RND_NEAR),
          mag_get_d(arb_radref(&a.value[id])), arf_get_d(arb_midref(&b.value[id]), ARF_RND_NEAR));
  }
  record_clear(&a);
  record_clear(&b);
  return count;
}

static const EngineChoice bits_256 = {ENGINE_MPFR, 256};

/* Runs both to t + every, again and again up to `end`, and compares the observables. Returns the
   sum of the misses. */
static int compare_runs(Worst *worst, Params p, EngineChoice precisely, Bend planted, int64_t end,
                        int64_t every) {
  Training t, precise;
  int count = 0;
  bend = planted;
  certified_open(&t, p, ENGINE_DOUBLE, 53);
  training_open(&precise, p, precisely.kind, precisely.precision);
  for (int64_t step = 0; step <= end; step += every) {
    training_run(&t, step);
    training_run(&precise, step);
    if (!trainer_certificate(t.trainer).certified) break;
    count += misses(worst, &t, &precise);
  }
  training_close(&t);
  training_close(&precise);
  bend = BEND_NONE;
  return count;
}

/* quick to its end under all readings, and reference up to a step, for "make check-slow". */
static void compare_whole_runs(Worst *worst, EngineChoice precisely, int64_t reference_end) {
  for (int reading = 0; reading < 4; reading++) {
    Params p = support_params(8, 128, 64);
    p.reading = support_reading[reading];
    compare_runs(worst, p, precisely, BEND_NONE, p.t1 + p.t2, 1 + p.t2 / 40);
  }
  compare_runs(worst, support_params(16, 128, 64), precisely, BEND_NONE, reference_end,
               1 + reference_end / 40);
}

/* Pre-conditions: quick's sizes, all readings, 400 steps. Quantity: certified observables of the
   double run that do not hold the values of 256 bits. Bound: 0. */
Test(certificate, observables_hold_those_of_more_bits) {
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++) {
    Params p = support_params(8, 64, 32);
    p.reading = support_reading[reading];
    compare_runs(&worst, p, bits_256, BEND_NONE, 400, 50);
  }
  const Params reference = support_params(16, 128, 64);
  if (getenv("CERTIFICATE_SLOW") != NULL)
    compare_whole_runs(&worst, bits_256, reference.t1 + reference.t2);
  worst_assert(&worst, "certified observables against 256 bits");
}

/* Pre-conditions: a small instance, all readings, to the end; quick's sizes for 60 steps. Quantity:
   certified observables of the double run that do not hold the ball engine's midpoints. Bound: 0.
 */
Test(certificate, observables_hold_the_ball_engines_midpoints) {
  static const EngineChoice balls = {ENGINE_BALL, 400};
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++)
    compare_runs(&worst, tiny_params(reading, 5, 9, 7), balls, BEND_NONE, 100, 20);
  compare_runs(&worst, support_params(8, 128, 64), balls, BEND_NONE, 60, 20);
  if (getenv("CERTIFICATE_SLOW") != NULL) compare_whole_runs(&worst, balls, 4096);
  worst_assert(&worst, "certified observables against the ball engine");
}

/* Pre-conditions: kernels that round more than engine.h allows. Quantity: observables that miss the
   values of 256 bits. Bound: at least 1 for each fault. */
Test(certificate, wrong_rounding_is_found_by_more_bits) {
  static const Bend faults[] = {BEND_DESCEND, BEND_RESIDUAL, BEND_BILINEAR, BEND_GRADIENT,
                                BEND_RHO};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    const int count = compare_runs(NULL, support_params(8, 64, 32), bits_256, faults[i], 200, 50);
    cr_assert(count >= 1, "fault %d: %d certified observables miss, expected 1 or more",
              (int)faults[i], count);
  }
}

/* ---- gates ---- */

typedef struct {
  const Dataset *data;
  const double *const *weight;
  int64_t asked;
} Exact;

/* score / reach in 200 bits, exact enough for random weights. */
static double exact_margin(const Exact *exact, int64_t n, int64_t l, unsigned mask) {
  const int64_t d = exact->data->d;
  arb_t score, reach, x, q, term;
  arb_init(score), arb_init(reach), arb_init(x), arb_init(q), arb_init(term);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(mask >> b & 1)) continue;
    const double *token = dataset_token(exact->data, (Block)b, n, l);
    const double *query = dataset_token(exact->data, (Block)b, n, exact->data->L);
    arb_zero(x), arb_zero(q);
    for (int64_t i = 0; i < d; i++) {
      arb_set_d(term, token[i]);
      arb_addmul(x, term, term, 200);
      arb_set_d(term, query[i]);
      arb_addmul(q, term, term, 200);
      for (int64_t j = 0; j < d; j++) {
        arb_set_d(term, token[i]);
        arb_t factor;
        arb_init(factor);
        arb_set_d(factor, exact->weight[b][i * d + j]);
        arb_mul(term, term, factor, ARF_PREC_EXACT);
        arb_set_d(factor, query[j]);
        arb_addmul(score, term, factor, 400);
        arb_clear(factor);
      }
    }
    arb_addmul(reach, x, q, 200);
  }
  arb_sqrt(reach, reach, 200);
  arb_div(score, score, reach, 200);
  const double margin = fabs(arf_get_d(arb_midref(score), ARF_RND_NEAR));
  arb_clear(score), arb_clear(reach), arb_clear(x), arb_clear(q), arb_clear(term);
  return margin;
}

static bool is_certain(int64_t n, int64_t l, unsigned mask, double distance, void *context) {
  Exact *exact = context;
  exact->asked++;
  return exact_margin(exact, n, l, mask) > distance;
}

static int no_sign(int64_t n, int64_t l, unsigned mask, void *context) {
  (void)n, (void)l, (void)mask, (void)context;
  return GATE_SIGN_UNKNOWN;
}

/* A walk of the weights with a distance: the certificate breaks at the first update at which the
   smallest margin, by definition, is not above the distance, and at no other. */
static int64_t walk_until_break(double distance, GateKind kind, Chance *chance) {
  Error err;
  Params p = support_params(3, 4, 6);
  Dataset data;
  Gate *gate;
  double weight[BLOCK_COUNT][9];
  support_ok(dataset_generate(&data, &p, &err), &err);
  support_ok(gate_open(&gate, &data, kind, 0, &err), &err);
  const GateWeights weights = {.shadow = {weight[0], weight[1]}, .exact = true};
  Exact exact = {&data, weights.shadow, 0};
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int i = 0; i < 9; i++)
      weight[b][i] = chance_real(chance);
  const double each[BLOCK_COUNT] = {distance, kind == GATE_SHARED ? 0 : distance};
  int64_t update = 0;
  for (;; update++) {
    double smallest = INFINITY;
    for (int64_t n = 0; n < data.N; n++)
      for (int64_t l = 0; l < data.L; l++)
        for (unsigned mask = 1; mask <= 3; mask++)
          if (kind == GATE_SHARED ? mask == 3 : mask != 3)
            smallest = fmin(smallest, exact_margin(&exact, n, l, mask));
    gate_certify(gate, each, is_certain);
    gate_update(gate, &weights, no_sign, &exact);
    const bool broken = gate_break(gate).broken;
    cr_assert(broken == (smallest <= distance),
              "distance %.3g, update %lld: smallest margin %.17g, broken %d, expected %d", distance,
              (long long)update, smallest, broken, smallest <= distance);
    if (broken || update == 400) break;
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (int i = 0; i < 9; i++)
        weight[b][i] += 2e-3 * chance_real(chance);
  }
  gate_close(gate);
  dataset_clear(&data);
  return update;
}

Test(certificate, breaks_exactly_when_a_gate_is_too_close) {
  Chance chance = chance_open(11);
  int64_t updates = 0, breaks = 0;
  for (int k = 0; k < 40; k++) {
    const double distance = ldexp(1, -(k % 20) - 3);
    const int64_t update = walk_until_break(distance, k % 2 ? GATE_SPLIT : GATE_SHARED, &chance);
    updates += update;
    breaks += update < 400;
  }
  support_note("%lld updates, %lld breaks", (long long)updates, (long long)breaks);
  cr_assert(breaks >= 5 && updates >= 200, "%lld breaks in %lld updates: too few to show anything",
            (long long)breaks, (long long)updates);
}

/* ---- what it does not apply to ---- */

Test(certificate, says_when_it_does_not_apply) {
  Error err;
  Training t;
  Params p = tiny_params(0, 3, 4, 5);
  p.optimizer = OPTIMIZER_ADAM;
  certified_open(&t, p, ENGINE_DOUBLE, 53);
  support_ok(trainer_step(t.trainer, &err), &err);
  const CertificateSummary c = trainer_certificate(t.trainer);
  cr_assert(c.asked && !c.applies && !c.certified && strstr(c.reason, "Adam") != NULL,
            "under Adam: applies %d, certified %d, '%s'; expected neither, and why", c.applies,
            c.certified, c.reason);
  training_close(&t);
}
