/* test_adam.c -- Adam: the engines' kernel against the formula and against each other, the trainer
 * against a plain recursion fed with the oracle's gradients, and the audit of its steps. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/audit.h"
#include "tests/oracle.h"
#include "tests/support.h"

#define STEPS 40

static Params adam_params(void) {
  Params p = support_params(4, 7, 9);
  p.optimizer = OPTIMIZER_ADAM;
  p.lambda = 1.0 / 8;
  p.eta1 = 1.0 / 16;
  p.eta2 = 1.0 / 64;
  p.t1 = 25;
  p.t2 = 40;
  p.tau0 = 0.05;
  p.tau_xi = support_tau_xi(&p);
  return p;
}

/* ---- a plain recursion, one matrix, powers of b1 and b2 by mpfr_pow ---- */

#define PLAIN_BITS 1200

typedef struct {
  int64_t size, t;
  mpfr_t *U, *A, *S; /* (size) */
  mpfr_t one, a, b;
} Plain;

static mpfr_t *plain_zeros(int64_t n) {
  mpfr_t *x = malloc((size_t)n * sizeof *x);
  cr_assert(x != NULL, "no memory for %lld numbers", (long long)n);
  for (int64_t i = 0; i < n; i++) {
    mpfr_init2(x[i], PLAIN_BITS);
    mpfr_set_zero(x[i], 1);
  }
  return x;
}

static void plain_open(Plain *p, int64_t size) {
  *p =
      (Plain){.size = size, .U = plain_zeros(size), .A = plain_zeros(size), .S = plain_zeros(size)};
  mpfr_inits2(PLAIN_BITS, p->one, p->a, p->b, (mpfr_ptr)0);
  mpfr_set_ui(p->one, 1, MPFR_RNDN);
}

static void plain_close(Plain *p) {
  mpfr_t *all[] = {p->U, p->A, p->S};
  for (int k = 0; k < 3; k++) {
    for (int64_t i = 0; i < p->size; i++)
      mpfr_clear(all[k][i]);
    free(all[k]);
  }
  mpfr_clears(p->one, p->a, p->b, (mpfr_ptr)0);
}

/* x := b x + (1 - b) y */
static void plain_average(mpfr_t x, double b, const mpfr_t y, Plain *p) {
  mpfr_mul_d(x, x, b, MPFR_RNDN);
  mpfr_mul_d(p->b, y, 1 - b, MPFR_RNDN);
  mpfr_add(x, x, p->b, MPFR_RNDN);
}

/* out := x / (1 - b^t) */
static void plain_unbias(mpfr_t out, const mpfr_t x, double b, Plain *p) {
  mpfr_set_d(p->b, b, MPFR_RNDN);
  mpfr_pow_ui(p->b, p->b, (unsigned long)p->t, MPFR_RNDN);
  mpfr_sub(p->b, p->one, p->b, MPFR_RNDN);
  mpfr_div(out, x, p->b, MPFR_RNDN);
}

static void plain_step(Plain *p, const mpfr_t *G, double eta, double lambda) {
  p->t++;
  mpfr_t square;
  mpfr_init2(square, PLAIN_BITS);
  for (int64_t i = 0; i < p->size; i++) {
    plain_average(p->A[i], 0.9, G[i], p);
    mpfr_sqr(square, G[i], MPFR_RNDN);
    plain_average(p->S[i], 0.999, square, p);
    plain_unbias(p->a, p->S[i], 0.999, p);
    mpfr_sqrt(square, p->a, MPFR_RNDN);
    mpfr_add_d(square, square, 1e-8, MPFR_RNDN);
    plain_unbias(p->a, p->A[i], 0.9, p);
    mpfr_div(p->a, p->a, square, MPFR_RNDN);
    mpfr_mul_d(p->a, p->a, eta, MPFR_RNDN);
    mpfr_set_d(p->b, eta, MPFR_RNDN);
    mpfr_mul_d(p->b, p->b, lambda, MPFR_RNDN);
    mpfr_sub(p->b, p->one, p->b, MPFR_RNDN);
    mpfr_mul(p->U[i], p->U[i], p->b, MPFR_RNDN);
    mpfr_sub(p->U[i], p->U[i], p->a, MPFR_RNDN);
  }
  mpfr_clear(square);
}

/* |scalar i of a - x|. */
static double distance_to(const Array *a, int64_t i, const mpfr_t x, const Engine *e) {
  arf_t got, expected;
  arf_init(got);
  arf_init(expected);
  support_exact(got, a, i, e);
  arf_set_mpfr(expected, x);
  const double distance = support_distance(got, expected);
  arf_clear(got);
  arf_clear(expected);
  return distance;
}

/* ---- the kernel ---- */

typedef struct {
  Engine e;
  Array U, mean, square, power, G;
} Kernel;

static void kernel_open(Kernel *k, EngineChoice choice, int64_t d) {
  Error err;
  support_ok(engine_open(&k->e, choice.kind, choice.precision, d, 3, 3, 0, &err), &err);
  k->U = support_array(d * d, &k->e);
  k->mean = support_array(d * d, &k->e);
  k->square = support_array(d * d, &k->e);
  k->power = support_array(2, &k->e);
  k->G = support_array(d * d, &k->e);
  k->e.ops->array_set(&k->power, (const double[]){1, 1}, &k->e);
}

static void kernel_close(Kernel *k) {
  Array *all[] = {&k->U, &k->mean, &k->square, &k->power, &k->G};
  for (int i = 0; i < 5; i++)
    k->e.ops->array_close(all[i], &k->e);
  engine_close(&k->e);
}

static void kernel_step(Kernel *k, const double *g, double eta, double lambda) {
  k->e.ops->array_set(&k->G, g, &k->e);
  k->e.ops->adam(&k->U, &k->mean, &k->square, &k->power, &k->G, eta, lambda, &k->e);
}

/* Gradients of sizes from 2^-20 to 1, away from 0. */
static void random_gradient(double *g, int64_t n, Chance *chance) {
  for (int64_t i = 0; i < n; i++) {
    const double x = chance_real(chance);
    g[i] = ldexp(x + copysign(0.5, x), -(int)(i % 21));
  }
}

Test(adam, the_kernel_takes_the_steps_of_the_formula) {
  /* Pre-conditions: gradients of one entry differ by at most a factor 3. Quantity: |U - formula's|
     after each step. Bound, u = 2^-p: a step's direction is at most 3, since the unbiased means lie
     between the smallest and the largest |G|. The moments carry 3 t roundings at most. P_i carries
     t, and 1 - P_i errs by t u b^t/(1 - b^t) <= u/(1 - b): 10 u for b1 and 1000 u for b2, halved by
     the root; ten more roundings follow. So a direction errs by less than 3 (3 t + 530) u, U by eta
     times that for each step, and by two roundings of |U| <= 3 eta t a step. */
  enum { d = 5 };
  Chance chance = chance_open(71);
  Worst worst = {0};
  for (int choice = 0; choice < ENGINE_CHOICES; choice++) {
    Kernel k;
    Plain plain;
    double g[d * d];
    mpfr_t *G = plain_zeros(d * d);
    kernel_open(&k, engine_choice[choice], d);
    plain_open(&plain, d * d);
    if (engine_has_adam(k.e.kind))
      for (int t = 1; t <= STEPS; t++) {
        random_gradient(g, d * d, &chance);
        for (int64_t i = 0; i < d * d; i++)
          mpfr_set_d(G[i], g[i], MPFR_RNDN);
        kernel_step(&k, g, 0.125, 0.3);
        plain_step(&plain, (const mpfr_t *)G, 0.125, 0.3);
        const double bound =
            0.125 * 3 * (5 * t + 530) * t * ldexp(1, -(int)engine_choice[choice].precision);
        for (int64_t i = 0; i < d * d; i++)
          worst_add(&worst, distance_to(&k.U, i, plain.U[i], &k.e), bound,
                    "%s engine, %lld bits, step %d, entry %lld", k.e.ops->name,
                    (long long)k.e.precision, t, (long long)i);
      }
    for (int64_t i = 0; i < d * d; i++)
      mpfr_clear(G[i]);
    free(G);
    plain_close(&plain);
    kernel_close(&k);
  }
  worst_assert(&worst, "distance from the formula");
}

Test(adam, mpfr_at_53_bits_is_double_to_the_bit) {
  /* Both round each operation of the same formula once: no bit may differ. */
  enum { d = 6 };
  Chance chance = chance_open(72);
  Worst worst = {0};
  Kernel a, b;
  double g[d * d], x[d * d], y[d * d];
  kernel_open(&a, (EngineChoice){ENGINE_DOUBLE, 53}, d);
  kernel_open(&b, (EngineChoice){ENGINE_MPFR, 53}, d);
  for (int t = 1; t <= 300; t++) {
    random_gradient(g, d * d, &chance);
    kernel_step(&a, g, 0.01, 0.25);
    kernel_step(&b, g, 0.01, 0.25);
    a.e.ops->array_shadow(x, &a.U, &a.e);
    b.e.ops->array_shadow(y, &b.U, &b.e);
    for (int64_t i = 0; i < d * d; i++)
      worst_add(&worst, fabs(x[i] - y[i]), 0, "step %d, entry %lld: %a and %a", t, (long long)i,
                x[i], y[i]);
  }
  kernel_close(&a);
  kernel_close(&b);
  worst_assert(&worst, "mpfr 53 against double");
}

/* ---- the trainer ---- */

/* The signal weights of an mpfr run against the plain recursion, gradients by the oracle at the
   trainer's own weights. The gradients err by about 2^-120 relative; the smallest are 2^-20 of the
   largest, so 2^-80 leaves room for them. */
static void check_trainer(Worst *worst, Reading reading) {
  Training training;
  Params params = adam_params();
  Oracle oracle;
  Plain plain[BLOCK_COUNT];
  arb_mat_t weight;
  params.reading = reading;
  training_open(&training, params, ENGINE_MPFR, 160);
  oracle_open(&oracle, &training.params, &training.data, 400);
  arb_mat_init(weight, params.d, params.d);
  const int64_t size = params.d * params.d;
  for (int b = 0; b < BLOCK_COUNT; b++)
    plain_open(&plain[b], size);
  for (int64_t t = 0; t < params.t1 + 10; t++) {
    oracle_follow(&oracle, training.trainer);
    oracle_look(&oracle);
    training_run(&training, t + 1);
    for (int b = 0; b < BLOCK_COUNT; b++) {
      plain_step(&plain[b], (const mpfr_t *)oracle.gradient[b],
                 t < params.t1 ? params.eta1 : params.eta2, params.lambda);
      trainer_weight(weight, training.trainer, (Block)b, WEIGHT_SIGNAL);
      for (int64_t i = 0; i < size; i++) {
        arf_t expected;
        arf_init(expected);
        arf_set_mpfr(expected, plain[b].U[i]);
        worst_add(worst,
                  support_distance(arb_midref(arb_mat_entry(weight, i / params.d, i % params.d)),
                                   expected),
                  0x1p-80, "%s, step %lld, block %d, entry %lld", reading_name(reading),
                  (long long)t, b, (long long)i);
        arf_clear(expected);
      }
    }
  }
  for (int b = 0; b < BLOCK_COUNT; b++)
    plain_close(&plain[b]);
  arb_mat_clear(weight);
  oracle_close(&oracle);
  training_close(&training);
}

Test(adam, the_trainer_follows_a_plain_recursion) {
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++)
    check_trainer(&worst, readings_all[reading]);
  worst_assert(&worst, "signal weight against the plain recursion");
}

/* ---- the audit ---- */

/* The largest defect of an audit that believes in `params`, over the first steps of a run. */
static double largest_defect(Training *training, const Params *params) {
  Audit *audit;
  Error err;
  double largest = 0;
  support_ok(audit_open(&audit, params, &training->data, &err), &err);
  for (int t = 0; t < 30; t++) {
    double defect[BLOCK_COUNT] = {0};
    audit_before(audit, training->trainer);
    training_run(training, t + 1);
    if (!audit_after(defect, audit, training->trainer)) continue;
    for (int b = 0; b < BLOCK_COUNT; b++)
      largest = fmax(largest, defect[b]);
  }
  audit_close(audit);
  return largest;
}

Test(adam, the_audit_recomputes_its_steps_and_sees_a_wrong_one) {
  /* Bound of D.step for the right rule; an audit that expects another rate, decay or optimizer must
     find a defect that no rounding explains. */
  for (int wrong = 0; wrong < 4; wrong++) {
    Training training;
    training_open(&training, adam_params(), ENGINE_MPFR, 128);
    Params believed = training.params;
    if (wrong == 1) believed.eta1 *= 1.001;
    if (wrong == 2) believed.lambda *= 1.01;
    if (wrong == 3) believed.optimizer = OPTIMIZER_SGD;
    const double defect = largest_defect(&training, &believed);
    const double bound = 8 * (7 + 9 + 4 * 4 + 64) * UNIT;
    cr_assert(wrong == 0 ? defect > 0 && defect <= bound : defect > 1e-7,
              "case %d of eta1, lambda, optimizer (0: the right rule): defect %g, expected %s %g",
              wrong, defect, wrong == 0 ? "at most" : "more than", wrong == 0 ? bound : 1e-7);
    training_close(&training);
  }
}
