/* test_ball.c -- the ball engine over whole runs: exact rationals and a second training lie in the
 * balls, radii are carried in full, more bits give smaller balls inside the old ones, the plan
 * keeps its word, and a gate that cannot be told never ends in a verdict.
 *
 * The product has no switch for unknown gates: the linker redirects gate_update to this file.
 */
#include <arb_mat.h>
#include <criterion/criterion.h>
#include <flint/fmpq.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/ball_plan.h"
#include "src/rng.h"
#include "src/run.h"
#include "src/trainer_internal.h"
#include "tests/oracle.h"
#include "tests/support.h"
#include "verify/judge.h"

/* ---- gates that cannot be told ---- */

static Chance unknown_chance;
static int unknown_share;  /* of 1000 signs that are asked for; 0: gates are as they are */
static int64_t unknown_at; /* this sign alone, counted from 1; 0: none */
static int64_t asked_for, unknown_given; /* signs, and answers that were "unknown" */

typedef struct {
  GateSign sign;
  void *context;
} Asked;

static int doubtful_sign(int64_t n, int64_t l, unsigned mask, void *context) {
  const Asked *asked = context;
  if (++asked_for != unknown_at && chance_below(&unknown_chance, 1000) >= unknown_share)
    return asked->sign(n, l, mask, asked->context);
  unknown_given++;
  return GATE_SIGN_UNKNOWN;
}

bool __real_gate_update(Gate *gate, const GateWeights *weights, GateSign sign, void *context);
bool __wrap_gate_update(Gate *gate, const GateWeights *weights, GateSign sign, void *context);
bool __wrap_gate_update(Gate *gate, const GateWeights *weights, GateSign sign, void *context) {
  if (unknown_share == 0 && unknown_at == 0)
    return __real_gate_update(gate, weights, sign, context);
  Asked asked = {sign, context};
  GateWeights wide = *weights; /* so wide that every sign has to be asked for */
  for (int b = 0; b < BLOCK_COUNT; b++)
    wide.radius[b] = 1e9;
  return __real_gate_update(gate, &wide, doubtful_sign, &asked);
}

/* ---- exact rationals ---- */

static Params tiny_params(int64_t d, int reading) {
  Params p = support_params(d, 2, 3);
  p.reading = support_reading[reading];
  p.lambda = 1.0 / 100;
  p.eta1 = 1.0 / 3;
  p.t1 = 30;
  p.t2 = 40;
  p.tau0 = 0.1;
  p.tau_xi = support_tau_xi(&p);
  p.seed = 40 + reading + 10 * d;
  return p;
}

static void rational_set(fmpq_t out, double x) {
  arf_t exact;
  arf_init(exact);
  arf_set_d(exact, x);
  arf_get_fmpq(out, exact);
  arf_clear(exact);
}

/* w := (1 - eta lambda) w - eta increment */
static void rational_descend(fmpq_t w, const fmpq_t increment, double eta, double lambda) {
  fmpq_t e, l;
  fmpq_init(e);
  fmpq_init(l);
  rational_set(e, eta);
  rational_set(l, lambda);
  fmpq_mul(l, l, w);
  fmpq_add(l, l, increment);
  fmpq_submul(w, e, l);
  fmpq_clear(e);
  fmpq_clear(l);
}

/* The noise weights know no exp: W_0 and the increments are doubles, so 25 steps are rational. */
Test(ball, noise_weights_contain_the_exact_rationals) {
  Worst worst = {0};
  for (int64_t d = 2; d <= 3; d++) {
    const Params p = tiny_params(d, 0);
    Training training;
    training_open(&training, p, ENGINE_BALL, 64);
    arb_mat_t now;
    arb_mat_init(now, d, d);
    fmpq_t w[BLOCK_COUNT][9], xi;
    double normals[9];
    fmpq_init(xi);
    Rng rng = rng_open(p.seed, STREAM_INIT_W, 0);
    rng_normals(normals, d * d, p.tau0, &rng);
    for (int64_t ij = 0; ij < d * d; ij++) {
      fmpq_init(w[BLOCK_P][ij]);
      fmpq_init(w[BLOCK_Q][ij]);
      rational_set(w[BLOCK_P][ij], normals[ij]);
    }
    for (int64_t t = 0; t < 25; t++) {
      training_run(&training, t + 1);
      for (int b = 0; b < BLOCK_COUNT; b++) {
        rng = rng_open(p.seed, b == BLOCK_P ? STREAM_NOISE_W : STREAM_NOISE_V, (uint64_t)t);
        rng_normals(normals, d * d, p.tau_xi, &rng);
        trainer_weight(now, training.trainer, (Block)b, WEIGHT_NOISE);
        for (int64_t ij = 0; ij < d * d; ij++) {
          rational_set(xi, normals[ij]);
          rational_descend(w[b][ij], xi, p.eta1, p.lambda);
          worst_require(&worst, arb_contains_fmpq(arb_mat_entry(now, ij / d, ij % d), w[b][ij]),
                        "d = %lld, step %lld, block %d, entry %lld", (long long)d, (long long)t + 1,
                        b, (long long)ij);
        }
      }
    }
    for (int64_t ij = 0; ij < d * d; ij++) {
      fmpq_clear(w[BLOCK_P][ij]);
      fmpq_clear(w[BLOCK_Q][ij]);
    }
    fmpq_clear(xi);
    arb_mat_clear(now);
    training_close(&training);
  }
  worst_assert(&worst, "noise weights at 64 bits contain the exact rationals");
}

/* V_0 = 0, so every output of Q is 0, its residual -y/2, and Vbar_1 = (eta/2) mean of y m x'
   without any exp. Gates are those of W_0, by definition. */
Test(ball, the_first_signal_step_contains_the_exact_rational) {
  Worst worst = {0};
  for (int64_t d = 2; d <= 3; d++) {
    const Params p = tiny_params(d, 0);
    Training training;
    training_open(&training, p, ENGINE_BALL, 53);
    const Dataset *data = &training.data;
    Oracle oracle;
    oracle_open(&oracle, &training.params, data, 200);
    training_run(&training, 1);
    arb_mat_t now;
    arb_mat_init(now, d, d);
    trainer_weight(now, training.trainer, BLOCK_Q, WEIGHT_SIGNAL);
    fmpq_t sum, x, q;
    fmpq_init(sum);
    fmpq_init(x);
    fmpq_init(q);
    for (int64_t ij = 0; ij < d * d; ij++) {
      fmpq_zero(sum);
      for (int64_t n = 0; n < data->N; n++)
        for (int64_t l = 0; l < data->L; l++) {
          if (!oracle.open[BLOCK_Q][n * data->L + l]) continue;
          const double sign = dataset_label(data, n, l) * dataset_label(data, n, data->L);
          rational_set(x, sign * dataset_token(data, BLOCK_Q, n, l)[ij / d]);
          rational_set(q, dataset_token(data, BLOCK_Q, n, data->L)[ij % d]);
          fmpq_addmul(sum, x, q);
        }
      rational_set(x, p.eta1);
      fmpq_mul(sum, sum, x);
      fmpq_div_2exp(sum, sum, 1);
      fmpq_set_si(x, 1, (ulong)(data->N * data->L));
      fmpq_mul(sum, sum, x);
      worst_require(&worst, arb_contains_fmpq(arb_mat_entry(now, ij / d, ij % d), sum),
                    "d = %lld, entry %lld", (long long)d, (long long)ij);
    }
    fmpq_clear(sum);
    fmpq_clear(x);
    fmpq_clear(q);
    arb_mat_clear(now);
    oracle_close(&oracle);
    training_close(&training);
  }
  worst_assert(&worst, "Vbar_1 at 53 bits contains (eta/2) mean of y m x'");
}

/* ---- a second training, with exp ---- */

#define ORACLE_BITS 500

/* Counts the entries of W and V that lie in their balls, and those that would not if all radii were
   half. */
static void compare_with_oracle(Worst *worst, int64_t *halved_misses, const Oracle *oracle,
                                const Training *training, int64_t precision) {
  const int64_t d = training->data.d;
  arb_mat_t now;
  arf_t exact;
  arb_mat_init(now, d, d);
  arf_init(exact);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_weight(now, training->trainer, (Block)b, WEIGHT_FULL);
    for (int64_t ij = 0; ij < d * d; ij++) {
      arb_struct *ball = arb_mat_entry(now, ij / d, ij % d);
      arf_set_mpfr(exact, oracle->U[b][ij]);
      worst_require(worst, arb_contains_arf(ball, exact),
                    "%lld bits, reading %s, d = %lld, step %lld, block %d, entry %lld",
                    (long long)precision, reading_name(training->params.reading), (long long)d,
                    (long long)oracle->t, b, (long long)ij);
      mag_mul_2exp_si(arb_radref(ball), arb_radref(ball), -1);
      *halved_misses += !arb_contains_arf(ball, exact);
    }
  }
  arb_mat_clear(now);
  arf_clear(exact);
}

Test(ball, weights_contain_a_second_training_in_every_reading) {
  static const int64_t precision[] = {53, 64, 128};
  Worst worst = {0};
  int64_t misses = 0;
  for (size_t k = 0; k < sizeof precision / sizeof *precision; k++)
    for (int reading = 0; reading < 4; reading++)
      for (int64_t d = 2; d <= 3; d++) {
        const Params p = tiny_params(d, reading);
        Training training;
        Oracle oracle;
        training_open(&training, p, ENGINE_BALL, precision[k]);
        oracle_open(&oracle, &training.params, &training.data, ORACLE_BITS);
        for (int64_t t = 0; t <= p.t1 + p.t2; t++) {
          training_run(&training, t);
          compare_with_oracle(&worst, &misses, &oracle, &training, precision[k]);
          oracle_look(&oracle);
          if (t < p.t1 + p.t2) oracle_step(&oracle);
        }
        const GateCounts counts = trainer_gate_counts(training.trainer);
        worst_require(&worst, counts.undecided == 0, "reading %d: %lld gates undecided", reading,
                      (long long)counts.undecided);
        oracle_close(&oracle);
        training_close(&training);
      }
  worst_assert(&worst, "weights contain those of the second training");
  cr_assert(misses > 20, "with half the radii %lld of %lld weights would be missed, expected > 20",
            (long long)misses, (long long)worst.count);
  support_note("with half the radii %lld of %lld weights would be missed", (long long)misses,
               (long long)worst.count);
}

/* ---- radii are carried in full ---- */

typedef enum { ADD, RESIDUAL, DESCEND, DESCEND_NOISE, BILINEAR, GRADIENT, KERNELS } Kernel;
static const char *const kernel_name[KERNELS] = {"add",           "residual", "descend",
                                                 "descend_noise", "bilinear", "gradient"};

#define RADIUS_BITS 20 /* radii of 2^-20: far above rounding */

typedef struct {
  Engine e;
  Array A, B, N1, N2, out; /* (d, d), (d, d), (N), (N), (d, d) or (N) */
  double *M, *X, *y, *xi;  /* (N, d), (N, d), (N), (d, d) */
} Bench;

static void bench_open(Bench *k, int64_t precision) {
  Error err;
  Chance chance = chance_open(91);
  support_ok(engine_open(&k->e, ENGINE_BALL, precision, 3, 5, 4, 0, &err), &err);
  k->A = support_array(9, &k->e);
  k->B = support_array(9, &k->e);
  k->N1 = support_array(5, &k->e);
  k->N2 = support_array(5, &k->e);
  k->M = array_alloc(15, sizeof(double));
  k->X = array_alloc(15, sizeof(double));
  k->y = array_alloc(5, sizeof(double));
  k->xi = array_alloc(9, sizeof(double));
  double a[9], b[9], c[5];
  for (int i = 0; i < 15; i++) {
    k->M[i] = ldexp(nearbyint(ldexp(chance_real(&chance), 52)), -52); /* the grid's */
    k->X[i] = ldexp(nearbyint(ldexp(chance_real(&chance), 52)), -52);
  }
  for (int i = 0; i < 9; i++) {
    a[i] = chance_real(&chance);
    b[i] = chance_real(&chance);
    k->xi[i] = chance_real(&chance);
  }
  for (int i = 0; i < 5; i++) {
    c[i] = chance_real(&chance);
    k->y[i] = i % 2 ? 1 : -1;
  }
  k->e.ops->array_set(&k->A, a, &k->e);
  k->e.ops->array_set(&k->B, b, &k->e);
  k->e.ops->array_set(&k->N1, c, &k->e);
}

static void bench_close(Bench *k) {
  k->e.ops->array_close(&k->A, &k->e);
  k->e.ops->array_close(&k->B, &k->e);
  k->e.ops->array_close(&k->N1, &k->e);
  k->e.ops->array_close(&k->N2, &k->e);
  free(k->M);
  free(k->X);
  free(k->y);
  free(k->xi);
  engine_close(&k->e);
}

/* Scalar 0 of the kernel's result; the result lies in A or N2. */
static void run_kernel(arb_t out, Bench *k, Kernel kernel) {
  const EngineOps *ops = k->e.ops;
  const double eta = 0.75, lambda = 0.125;
  switch (kernel) {
  case ADD:
    ops->add(&k->A, &k->A, &k->B, &k->e);
    break;
  case RESIDUAL:
    ops->residual(&k->N2, &k->N1, k->y, &k->e);
    break;
  case DESCEND:
    ops->descend(&k->A, &k->B, eta, lambda, &k->e);
    break;
  case DESCEND_NOISE:
    ops->descend_noise(&k->A, k->xi, eta, lambda, &k->e);
    break;
  case BILINEAR:
    ops->bilinear(&k->N2, &k->A, k->M, k->X, 3, -52, &k->e);
    break;
  default:
    ops->gradient(&k->A, &k->N1, k->M, k->X, 3, -52, &k->e);
  }
  ops->array_get(out, kernel == RESIDUAL || kernel == BILINEAR ? &k->N2 : &k->A, 0, &k->e);
}

static double sign_of(double x) {
  return x < 0 ? -1 : 1;
}

/* Operands with radii (corner = 0), or exactly the corner of theirs at which scalar 0 of the result
   is largest (+1) or smallest (-1). All kernels are monotone in each operand. */
static void set_operands(Bench *k, Kernel kernel, int corner) {
  for (int i = 0; i < 9; i++) {
    const double of_A = kernel == BILINEAR ? sign_of(k->M[i / 3] * k->X[i % 3]) : 1;
    const double of_B = kernel == DESCEND ? -1 : 1;
    arb_struct *a = (arb_ptr)k->A.data + i, *b = (arb_ptr)k->B.data + i;
    mag_set_ui_2exp_si(arb_radref(a), corner == 0, -RADIUS_BITS);
    mag_set_ui_2exp_si(arb_radref(b), corner == 0, -RADIUS_BITS);
    arf_set_d(arb_midref(a),
              arf_get_d(arb_midref(a), ARF_RND_NEAR) + corner * of_A * ldexp(1, -RADIUS_BITS));
    arf_set_d(arb_midref(b),
              arf_get_d(arb_midref(b), ARF_RND_NEAR) + corner * of_B * ldexp(1, -RADIUS_BITS));
  }
  for (int i = 0; i < 5; i++) {
    const double of_c = kernel == GRADIENT ? sign_of(k->M[3 * i] * k->X[3 * i]) : 1;
    arb_struct *c = (arb_ptr)k->N1.data + i;
    mag_set_ui_2exp_si(arb_radref(c), corner == 0, -RADIUS_BITS);
    arf_set_d(arb_midref(c),
              arf_get_d(arb_midref(c), ARF_RND_NEAR) + corner * of_c * ldexp(1, -RADIUS_BITS));
  }
}

/* The image of a corner of the operands lies at the edge of the result: inside it, but outside it
   when its radius is halved. So no kernel loses a radius, nor a half of one. */
Test(ball, radii_are_carried_in_full) {
  for (int kernel = 0; kernel < KERNELS; kernel++)
    for (int corner = -1; corner <= 1; corner += 2) {
      arb_t ball, edge;
      arb_init(ball);
      arb_init(edge);
      Bench wide, point;
      bench_open(&wide, 64);
      bench_open(&point, 400);
      set_operands(&wide, (Kernel)kernel, 0);
      set_operands(&point, (Kernel)kernel, corner);
      run_kernel(ball, &wide, (Kernel)kernel);
      run_kernel(edge, &point, (Kernel)kernel);
      const int inside = arb_contains(ball, edge);
      mag_mul_2exp_si(arb_radref(ball), arb_radref(ball), -1);
      const int inside_half = arb_overlaps(ball, edge);
      cr_assert(inside && !inside_half,
                "%s, corner %+d: in the result %d, in the result with half its radius %d; expected "
                "1 and 0",
                kernel_name[kernel], corner, inside, inside_half);
      bench_close(&wide);
      bench_close(&point);
      arb_clear(ball);
      arb_clear(edge);
    }
}

/* ---- more bits ---- */

Test(ball, twice_the_precision_lies_in_the_balls_of_the_lower) {
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++) {
    const Params p = tiny_params(3, reading);
    Training low, high;
    training_open(&low, p, ENGINE_BALL, 64);
    training_open(&high, p, ENGINE_BALL, 128);
    Record coarse, fine;
    record_init(&coarse);
    record_init(&fine);
    Error err;
    for (int64_t t = 0; t <= p.t1 + p.t2; t += 7) {
      training_run(&low, t);
      training_run(&high, t);
      support_ok(trainer_observe(&coarse, low.trainer, &err), &err);
      support_ok(trainer_observe(&fine, high.trainer, &err), &err);
      for (int id = 0; id < OBSERVABLE_COUNT; id++) {
        worst_require(&worst,
                      id == OBS_fallbacks || arb_contains(&coarse.value[id], &fine.value[id]),
                      "reading %d, step %lld: %s", reading, (long long)t, observable_name[id]);
        const double radius = mag_get_d(arb_radref(&coarse.value[id]));
        worst_require(&worst, radius <= 1e-9, "reading %d, step %lld: %s has radius %.2g", reading,
                      (long long)t, observable_name[id], radius);
      }
    }
    record_clear(&coarse);
    record_clear(&fine);
    training_close(&low);
    training_close(&high);
  }
  worst_assert(&worst, "observables at 128 bits lie in those at 64 bits, which are narrow");
}

/* ---- whole runs ---- */

static void small_instance(Instance *instance, Params *params, const char *reading) {
  static const char *const set[] = {"d=3", "N=4", "L=5", "t1=40", "t2=160", "lambda=1/100"};
  Error err;
  support_ok(instance_load(instance, "quick", &err), &err);
  for (size_t i = 0; i < sizeof set / sizeof *set; i++)
    support_ok(instance_set(instance, set[i], &err), &err);
  if (strcmp(reading, "split") == 0) support_ok(instance_set(instance, "gate=split", &err), &err);
  support_ok(params_resolve(params, instance, &err), &err);
}

/* *trace := a stored ball run of the small instance. */
static void run_small(Trace *trace, const char *reading, int64_t cap) {
  Error err;
  Instance instance;
  Params params;
  Dataset data;
  Store *store;
  int64_t run;
  char folder[] = "/tmp/twostage-ball.XXXXXX", path[64];
  cr_assert(mkdtemp(folder) != NULL, "no folder %s", folder);
  snprintf(path, sizeof path, "%s/run.db", folder);
  small_instance(&instance, &params, reading);
  support_ok(dataset_generate(&data, &params, &err), &err);
  support_ok(store_create(&store, folder, &err), &err);
  const RunRequest request = {
      .params = &params, .instance = &instance, .engine = ENGINE_BALL, .precision = cap};
  support_ok(run_train(&run, store, &data, &request, &err), &err);
  support_ok(store_finish(store, &err), &err);
  support_ok(store_open(&store, folder, &err), &err);
  support_ok(trace_load(trace, store, run, &err), &err);
  store_close(store);
  unlink(path);
  rmdir(folder);
  dataset_clear(&data);
  instance_clear(&instance);
}

/* Verdicts on a trace: how many of each kind, and how many that are certified. */
static void judge_all(size_t count[VERDICT_KIND_COUNT], size_t *certified, const Trace *trace) {
  Error err;
  ClaimSet set;
  Verdict verdict;
  support_ok(claims_load(&set, NULL, NULL, &err), &err);
  verdict_init(&verdict);
  for (size_t i = 0; i < set.count; i++) {
    support_ok(claim_judge(&verdict, &set.claim[i], trace, NULL, &err), &err);
    count[verdict.kind]++;
    *certified += verdict.certified;
  }
  verdict_clear(&verdict);
  claims_clear(&set);
}

Test(ball, a_run_that_is_certain_to_its_end_is_certified) {
  Trace trace;
  size_t count[VERDICT_KIND_COUNT] = {0}, certified = 0, all = 0;
  run_small(&trace, "shared", PRECISION_MAX);
  judge_all(count, &certified, &trace);
  for (int kind = 0; kind < VERDICT_KIND_COUNT; kind++)
    all += count[kind];
  cr_assert(certified == all && count[VERDICT_INCONCLUSIVE] == 0 && count[VERDICT_HOLDS] > 0,
            "%zu of %zu verdicts certified, %zu INCONCLUSIVE, %zu HOLDS; expected all, 0, some",
            certified, all, count[VERDICT_INCONCLUSIVE], count[VERDICT_HOLDS]);
  cr_assert(trace.info.ended[0] == '\0' && strncmp(trace.info.plan, "planned ", 8) == 0,
            "ended '%s', plan '%s'", trace.info.ended, trace.info.plan);
  trace_clear(&trace);
}

/* A share of all signs asked for is answered "unknown", from one in 1000 to all. Whatever comes
   out, a run in which that happened at the cap has no verdict but INCONCLUSIVE; and one that was
   repeated until it did not happen has those of the plain run. */
Test(ball, unknown_gates_never_turn_into_a_verdict) {
  static const int share[] = {1, 1000};
  for (size_t k = 0; k < sizeof share / sizeof *share; k++) {
    Trace trace;
    size_t count[VERDICT_KIND_COUNT] = {0}, certified = 0;
    unknown_chance = chance_open(71);
    unknown_share = share[k];
    unknown_given = 0;
    run_small(&trace, k % 2 ? "split" : "shared", 256);
    unknown_share = 0;
    judge_all(count, &certified, &trace);
    cr_assert(unknown_given > 0 && trace.info.ended[0] != '\0',
              "%d in 1000 unknown: %lld answers unknown, ended '%s'; expected some, and a reason",
              share[k], (long long)unknown_given, trace.info.ended);
    cr_assert(count[VERDICT_HOLDS] + count[VERDICT_FAILS] + count[VERDICT_VACUOUS] +
                          count[VERDICT_UNMET] ==
                      0 &&
                  certified == 0 && count[VERDICT_INCONCLUSIVE] > 0,
              "%d in 1000 unknown: HOLDS %zu, FAILS %zu, VACUOUS %zu, UNMET %zu, certified %zu; "
              "expected 0 each",
              share[k], count[VERDICT_HOLDS], count[VERDICT_FAILS], count[VERDICT_VACUOUS],
              count[VERDICT_UNMET], certified);
    cr_assert(strstr(trace.info.ended, "prompt ") != NULL &&
                  strncmp(trace.info.ended, "step ", 5) == 0,
              "'%s' names step and gate", trace.info.ended);
    trace_clear(&trace);
  }
}

/* The run is repeated with twice the bits when a gate is unknown: here one of the first attempt's,
   which comes after the pilot's 50 steps of 20 gates. */
Test(ball, more_bits_are_taken_when_a_gate_is_unknown) {
  Trace plain, raised;
  size_t of_plain[VERDICT_KIND_COUNT] = {0}, of_raised[VERDICT_KIND_COUNT] = {0}, certified = 0;
  run_small(&plain, "shared", PRECISION_MAX);
  unknown_at = 2500;
  run_small(&raised, "shared", PRECISION_MAX);
  unknown_at = 0;
  cr_assert(unknown_given == 1 && raised.info.ended[0] == '\0' &&
                raised.info.precision == 2 * plain.info.precision,
            "%lld gates unknown, ended '%s', %lld bits; expected 1, '', twice %lld",
            (long long)unknown_given, raised.info.ended, (long long)raised.info.precision,
            (long long)plain.info.precision);
  judge_all(of_plain, &certified, &plain);
  judge_all(of_raised, &certified, &raised);
  cr_assert(memcmp(of_plain, of_raised, sizeof of_plain) == 0,
            "verdicts HOLDS %zu and %zu, expected the same", of_plain[VERDICT_HOLDS],
            of_raised[VERDICT_HOLDS]);
  trace_clear(&plain);
  trace_clear(&raised);
}

/* Pre-condition: no gate is close. Planned bits against what the run then needed: wanted + lost. */
Test(ball, the_plan_is_within_a_factor_of_two) {
  static const char *const readings[] = {"shared", "split"};
  for (size_t k = 0; k < 2; k++) {
    Error err;
    Instance instance;
    Params params;
    BallPlan plan;
    const Progress none = {NULL, NULL};
    small_instance(&instance, &params, readings[k]);
    Training training;
    training_open(&training, params, ENGINE_BALL, 256);
    support_ok(ball_plan(&plan, &params, &training.data, 0, &none, &err), &err);
    training_run(&training, params.t1 + params.t2);
    const double lost = 256 + ball_log2(trainer_radius(training.trainer));
    const double needed = BALL_BITS_WANTED + lost;
    cr_assert((double)plan.bits >= needed && (double)plan.bits <= 2 * needed,
              "%s: planned %lld bits, needed %.1f; expected between once and twice that",
              readings[k], (long long)plan.bits, needed);
    support_note("%s: planned %lld bits, needed %.1f", readings[k], (long long)plan.bits, needed);
    training_close(&training);
    instance_clear(&instance);
  }
}
