/* support.c -- what the tests of the core share. */
#include "tests/support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

double support_gamma(int64_t k) {
  return (double)k * UNIT / (1 - (double)k * UNIT);
}

/* ---- random test data ---- */

Chance chance_open(uint64_t seed) {
  const char *other = getenv("TEST_SEED");
  return (Chance){seed + (other == NULL ? 0 : strtoull(other, NULL, 10) * UINT64_C(0x9E3779B9))};
}

uint64_t chance_bits(Chance *chance) {
  uint64_t x = chance->state += UINT64_C(0x9E3779B97F4A7C15);
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
  return x ^ x >> 31;
}

int64_t chance_below(Chance *chance, int64_t below) {
  return (int64_t)(chance_bits(chance) % (uint64_t)below);
}

double chance_real(Chance *chance) {
  int64_t k = (int64_t)(chance_bits(chance) >> 11); /* < 2^53 */
  return ((double)k - 0x1p52) * 0x1p-52;
}

/* ---- many checks, one assertion ---- */

static void worst_keep(Worst *worst, double quantity, double bound, double ratio, const char *where,
                       va_list args) {
  if (worst->count++ > 0 && ratio <= worst->ratio) return;
  worst->quantity = quantity;
  worst->bound = bound;
  worst->ratio = ratio;
  vsnprintf(worst->where, sizeof worst->where, where, args);
}

void worst_add(Worst *worst, double quantity, double bound, const char *where, ...) {
  double ratio = quantity <= bound ? (quantity > 0 ? quantity / bound : 0) : INFINITY;
  if (isfinite(quantity / bound) && quantity > bound) ratio = quantity / bound;
  va_list args;
  va_start(args, where);
  worst_keep(worst, quantity, bound, ratio, where, args);
  va_end(args);
}

void worst_require(Worst *worst, bool holds, const char *where, ...) {
  va_list args;
  va_start(args, where);
  worst_keep(worst, holds ? 0 : 1, 0, holds ? 0 : INFINITY, where, args);
  va_end(args);
}

void worst_assert(const Worst *worst, const char *what, ...) {
  char text[512];
  va_list args;
  va_start(args, what);
  vsnprintf(text, sizeof text, what, args);
  va_end(args);
  if (worst->ratio > 0)
    support_note("%s: %lld checks, closest to its bound: %.6g, bound %.6g, ratio %.3g (%s)", text,
                 (long long)worst->count, worst->quantity, worst->bound, worst->ratio,
                 worst->where);
  else
    support_note("%s: %lld checks, all exact", text, (long long)worst->count);
  cr_assert(worst->count > 0, "%s: %lld checks were made", text, (long long)worst->count);
  cr_assert(worst->ratio <= 1, "%s: %.17g exceeds its bound %.17g (%s; worst of %lld checks)", text,
            worst->quantity, worst->bound, worst->where, (long long)worst->count);
}

void support_note(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

void support_ok(StatusCode code, const Error *err) {
  cr_assert(code == STATUS_OK, "status %d: %s", (int)code, code == STATUS_OK ? "" : err->message);
}

/* ---- exact numbers ---- */

void support_exact(arf_t out, const Array *a, int64_t i, const Engine *e) {
  arb_t ball;
  arb_init(ball);
  e->ops->array_get(ball, a, i, e);
  cr_assert(arb_is_exact(ball) || e->kind == ENGINE_BALL,
            "scalar %lld of %s comes out with radius %.3g, expected 0", (long long)i, e->ops->name,
            mag_get_d(arb_radref(ball)));
  arf_set(out, arb_midref(ball));
  arb_clear(ball);
}

void support_round(arf_t out, const arf_t x, int64_t prec) {
  arf_set_round(out, x, (slong)prec, ARF_RND_NEAR);
}

double support_size(const arf_t x) {
  return fabs(arf_get_d(x, ARF_RND_UP));
}

double support_distance(const arf_t a, const arf_t b) {
  arf_t difference;
  arf_init(difference);
  arf_sub(difference, a, b, ARF_PREC_EXACT, ARF_RND_DOWN);
  double distance = support_size(difference);
  arf_clear(difference);
  return distance;
}

bool support_same_bits(const mpfr_t a, const mpfr_t b) {
  return mpfr_equal_p(a, b) && mpfr_signbit(a) == mpfr_signbit(b) &&
         mpfr_get_prec(a) == mpfr_get_prec(b) &&
         (mpfr_zero_p(a) || mpfr_get_exp(a) == mpfr_get_exp(b));
}

/* ---- engines ---- */

const EngineChoice engine_choice[ENGINE_CHOICES] = {
    {ENGINE_DOUBLE, 53}, {ENGINE_MPFR, 53}, {ENGINE_MPFR, 64},  {ENGINE_MPFR, 128},
    {ENGINE_MPFR, 1000}, {ENGINE_BALL, 53}, {ENGINE_BALL, 128},
};

Array support_array(int64_t n, const Engine *e) {
  Error err;
  Array a;
  support_ok(e->ops->array_open(&a, n, e, &err), &err);
  return a;
}

void support_fill(Array *a, int exponent, Chance *chance, const Engine *e) {
  Array part = support_array(a->n, e);
  double *x = array_alloc((size_t)a->n, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld doubles", (long long)a->n);
  for (int64_t shift = 0; shift < e->precision; shift += 53) {
    for (int64_t i = 0; i < a->n; i++)
      x[i] = ldexp(chance_real(chance), exponent - (int)shift);
    e->ops->array_set(shift == 0 ? a : &part, x, e);
    if (shift > 0) e->ops->add(a, a, &part, e);
  }
  free(x);
  e->ops->array_close(&part, e);
}

bool support_same_scalars(const Array *a, const Array *b, const Engine *e) {
  arb_t x, y;
  arb_init(x);
  arb_init(y);
  bool same = a->n == b->n;
  for (int64_t i = 0; same && i < a->n; i++) {
    e->ops->array_get(x, a, i, e);
    e->ops->array_get(y, b, i, e);
    same = arb_equal(x, y);
  }
  arb_clear(x);
  arb_clear(y);
  return same;
}

bool support_contains(const Array *a, int64_t i, const arf_t x, const Engine *e) {
  arb_t ball;
  arb_init(ball);
  e->ops->array_get(ball, a, i, e);
  const bool contains = arb_contains_arf(ball, x);
  arb_clear(ball);
  return contains;
}

/* ---- small instances ---- */

const Reading support_reading[4] = {{GATE_SHARED, LOSS_SEPARATE},
                                    {GATE_SPLIT, LOSS_SEPARATE},
                                    {GATE_SHARED, LOSS_JOINT},
                                    {GATE_SPLIT, LOSS_JOINT}};
const char *const support_reading_name[4] = {"shared/separate", "split/separate", "shared/joint",
                                             "split/joint"};

double support_tau_xi(const Params *p) {
  double keep = 1 - p->eta1 * p->lambda;
  return p->tau0 * sqrt(1 - keep * keep) / p->eta1;
}

Params support_params(int64_t d, int64_t N, int64_t L) {
  double dd = (double)d;
  Params p = {.instance = "test", .d = d, .N = N, .L = L, .seed = 1, .reading = support_reading[0]};
  p.lambda = 1 / (dd * dd * pow(log(dd), 2.5));
  p.gamma0 = p.s_e = 1 / sqrt(dd);
  p.u = pow(12 * p.lambda, 0.25);
  p.r = p.u / 5;
  p.tau0 = 1e-3;
  p.eta1 = 1;
  p.eta2 = 0.25;
  p.T2 = 4;
  p.eps_W = p.eps_V = 1 / dd;
  p.balance = 0.5;
  p.tau_xi = support_tau_xi(&p);
  p.t1 = (int64_t)floor(1 / (4 * p.eta1 * p.lambda));
  p.t2 = (int64_t)floor(p.T2 / (p.eta2 * p.lambda));
  return p;
}

double support_decayed(const Params *p, int64_t t) {
  double kept = 1;
  for (int64_t s = 0; s < t; s++)
    kept *= 1 - (s < p->t1 ? p->eta1 : p->eta2) * p->lambda;
  return 1 - kept;
}

void training_open(Training *out, Params params, EngineKind engine, int64_t precision) {
  Error err;
  out->params = params;
  support_ok(dataset_generate(&out->data, &out->params, &err), &err);
  support_ok(trainer_open(&out->trainer, &out->params, &out->data, engine, precision, 0, &err),
             &err);
}

void training_close(Training *training) {
  trainer_close(training->trainer);
  dataset_clear(&training->data);
}

void training_run(Training *training, int64_t t) {
  Error err;
  while (trainer_time(training->trainer) < t)
    support_ok(trainer_step(training->trainer, &err), &err);
}

double training_norm(const Training *training, Block b, WeightKind kind) {
  int64_t size = training->data.d * training->data.d;
  double *x = array_alloc((size_t)size, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld doubles", (long long)size);
  trainer_shadow(x, training->trainer, b, kind);
  double norm = support_norm(x, size);
  free(x);
  return norm;
}

double support_norm(const double *x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++)
    sum += x[i] * x[i];
  return sqrt(sum);
}

/* ---- gates by definition ---- */

/* score += x_l' U x_q, exactly. */
static void add_score(arf_t score, const Dataset *data, Block b, int64_t n, int64_t l,
                      const arb_mat_t U) {
  const double *x = dataset_token(data, b, n, l), *q = dataset_token(data, b, n, data->L);
  arf_t factor, product;
  arf_init(factor);
  arf_init(product);
  for (int64_t i = 0; i < data->d; i++)
    for (int64_t j = 0; j < data->d; j++) {
      arf_set_d(factor, x[i]);
      arf_mul(product, arb_midref(arb_mat_entry(U, i, j)), factor, ARF_PREC_EXACT, ARF_RND_DOWN);
      arf_set_d(factor, q[j]);
      arf_addmul(score, product, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
  arf_clear(factor);
  arf_clear(product);
}

void support_gates(unsigned char *const open[BLOCK_COUNT], int64_t *zeros, const Dataset *data,
                   GateKind kind, const arb_mat_struct weight[BLOCK_COUNT]) {
  arf_t score[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++)
    arf_init(score[b]);
  if (zeros != NULL) *zeros = 0;
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t l = 0; l < data->L; l++) {
      for (int b = 0; b < BLOCK_COUNT; b++) {
        arf_zero(score[b]);
        add_score(score[b], data, (Block)b, n, l, &weight[b]);
      }
      if (kind == GATE_SHARED) {
        arf_add(score[BLOCK_P], score[BLOCK_P], score[BLOCK_Q], ARF_PREC_EXACT, ARF_RND_DOWN);
        arf_set(score[BLOCK_Q], score[BLOCK_P]);
      }
      for (int b = 0; b < BLOCK_COUNT; b++) {
        open[b][n * data->L + l] = arf_sgn(score[b]) > 0;
        if (zeros != NULL) *zeros += arf_is_zero(score[b]);
      }
    }
  for (int b = 0; b < BLOCK_COUNT; b++)
    arf_clear(score[b]);
}
