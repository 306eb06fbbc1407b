/* oracle.c -- training by plain loops, from the formulas alone. */
#include "tests/oracle.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "src/rng.h"
#include "tests/support.h"

static mpfr_t *numbers(int64_t count, mpfr_prec_t prec) {
  mpfr_t *x = array_alloc((size_t)count, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld numbers", (long long)count);
  for (int64_t i = 0; i < count; i++) {
    mpfr_init2(x[i], prec);
    mpfr_set_zero(x[i], 1);
  }
  return x;
}

static void numbers_free(mpfr_t *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    mpfr_clear(x[i]);
  free(x);
}

static void look_at_gates(Oracle *o);

void oracle_open(Oracle *o, const Params *params, const Dataset *data, mpfr_prec_t prec) {
  *o = (Oracle){.params = params, .data = data, .prec = prec};
  int64_t d = data->d;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    o->U[b] = numbers(d * d, prec);
    o->gradient[b] = numbers(d * d, prec);
    o->output[b] = numbers(data->N, prec);
    o->slope[b] = numbers(data->N, prec);
    o->open[b] = array_alloc((size_t)(data->N * data->L), 1);
    cr_assert(o->open[b] != NULL, "scratch of %lld gates", (long long)(data->N * data->L));
  }
  Rng rng = rng_open(params->seed, STREAM_INIT_W, 0);
  for (int64_t i = 0; i < d * d; i++)
    mpfr_set_d(o->U[BLOCK_P][i], params->tau0 * rng_normal(&rng), MPFR_RNDN);
  look_at_gates(o);
}

void oracle_close(Oracle *o) {
  int64_t d = o->data->d;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    numbers_free(o->U[b], d * d);
    numbers_free(o->gradient[b], d * d);
    numbers_free(o->output[b], o->data->N);
    numbers_free(o->slope[b], o->data->N);
    free(o->open[b]);
  }
}

/* reading := U x_q for the query of prompt n. */
static void read_query(mpfr_t *reading, const Oracle *o, Block b, int64_t n) {
  int64_t d = o->data->d;
  const double *q = dataset_token(o->data, b, n, o->data->L);
  mpfr_t term;
  mpfr_init2(term, o->prec);
  for (int64_t i = 0; i < d; i++) {
    mpfr_set_zero(reading[i], 1);
    for (int64_t j = 0; j < d; j++) {
      mpfr_mul_d(term, o->U[b][i * d + j], q[j], MPFR_RNDN);
      mpfr_add(reading[i], reading[i], term, MPFR_RNDN);
    }
  }
  mpfr_clear(term);
}

/* out := x_l' reading. */
static void score(mpfr_t out, const Oracle *o, Block b, int64_t n, int64_t l,
                  const mpfr_t *reading) {
  const double *x = dataset_token(o->data, b, n, l);
  mpfr_t term;
  mpfr_init2(term, o->prec);
  mpfr_set_zero(out, 1);
  for (int64_t i = 0; i < o->data->d; i++) {
    mpfr_mul_d(term, reading[i], x[i], MPFR_RNDN);
    mpfr_add(out, out, term, MPFR_RNDN);
  }
  mpfr_clear(term);
}

/* shared: a^P = a^Q = 1[x_l' U x_q > 0]; split: each block by its own score. */
static void look_at_gates(Oracle *o) {
  const Dataset *data = o->data;
  bool shared = o->params->reading.gate == GATE_SHARED;
  mpfr_t *reading[BLOCK_COUNT], s[BLOCK_COUNT], sum;
  mpfr_inits2(o->prec, s[BLOCK_P], s[BLOCK_Q], sum, (mpfr_ptr)0);
  for (int b = 0; b < BLOCK_COUNT; b++)
    reading[b] = numbers(data->d, o->prec);
  for (int64_t n = 0; n < data->N; n++) {
    for (int b = 0; b < BLOCK_COUNT; b++)
      read_query(reading[b], o, (Block)b, n);
    for (int64_t l = 0; l < data->L; l++) {
      for (int b = 0; b < BLOCK_COUNT; b++)
        score(s[b], o, (Block)b, n, l, (const mpfr_t *)reading[b]);
      mpfr_add(sum, s[BLOCK_P], s[BLOCK_Q], MPFR_RNDN);
      for (int b = 0; b < BLOCK_COUNT; b++)
        o->open[b][n * data->L + l] = mpfr_sgn(shared ? sum : s[b]) > 0;
    }
  }
  for (int b = 0; b < BLOCK_COUNT; b++)
    numbers_free(reading[b], data->d);
  mpfr_clears(s[BLOCK_P], s[BLOCK_Q], sum, (mpfr_ptr)0);
}

/* h_n = (1/L) sum_l y_l a_l x_l' U x_q; the query's label does not enter. */
static void look_at_outputs(Oracle *o, Block b) {
  int64_t L = o->data->L;
  mpfr_t s, *reading = numbers(o->data->d, o->prec);
  mpfr_init2(s, o->prec);
  for (int64_t n = 0; n < o->data->N; n++) {
    read_query(reading, o, b, n);
    mpfr_set_zero(o->output[b][n], 1);
    for (int64_t l = 0; l < L; l++) {
      if (!o->open[b][n * L + l]) continue;
      score(s, o, b, n, l, (const mpfr_t *)reading);
      mpfr_mul_d(s, s, dataset_label(o->data, n, l), MPFR_RNDN);
      mpfr_add(o->output[b][n], o->output[b][n], s, MPFR_RNDN);
    }
    mpfr_div_si(o->output[b][n], o->output[b][n], (long)L, MPFR_RNDN);
  }
  mpfr_clear(s);
  numbers_free(reading, o->data->d);
}

/* out := y_q s_n: separate: s is the block's own output; joint: h + g. */
static void signed_output(mpfr_t out, const Oracle *o, Block b, int64_t n) {
  if (o->params->reading.loss == LOSS_JOINT)
    mpfr_add(out, o->output[BLOCK_P][n], o->output[BLOCK_Q][n], MPFR_RNDN);
  else
    mpfr_set(out, o->output[b][n], MPFR_RNDN);
  mpfr_mul_d(out, out, dataset_label(o->data, n, o->data->L), MPFR_RNDN);
}

/* l(y s) = log(1 + exp(-y s)) has the slope -y / (1 + exp(y s)) in s. */
static void look_at_slopes(Oracle *o, Block b) {
  for (int64_t n = 0; n < o->data->N; n++) {
    mpfr_ptr c = o->slope[b][n];
    signed_output(c, o, b, n);
    mpfr_exp(c, c, MPFR_RNDN);
    mpfr_add_ui(c, c, 1, MPFR_RNDN);
    mpfr_d_div(c, -dataset_label(o->data, n, o->data->L), c, MPFR_RNDN);
  }
}

/* grad_ij = (1/N) sum_n slope_n (1/L) sum_l y_l a_l x_li x_qj. */
static void look_at_gradient(Oracle *o, Block b) {
  int64_t d = o->data->d, N = o->data->N, L = o->data->L;
  mpfr_t factor, term;
  mpfr_inits2(o->prec, factor, term, (mpfr_ptr)0);
  for (int64_t ij = 0; ij < d * d; ij++)
    mpfr_set_zero(o->gradient[b][ij], 1);
  for (int64_t n = 0; n < N; n++)
    for (int64_t l = 0; l < L; l++)
      for (int64_t i = 0; o->open[b][n * L + l] && i < d; i++) {
        mpfr_mul_d(factor, o->slope[b][n], dataset_label(o->data, n, l), MPFR_RNDN);
        mpfr_mul_d(factor, factor, dataset_token(o->data, b, n, l)[i], MPFR_RNDN);
        for (int64_t j = 0; j < d; j++) {
          mpfr_mul_d(term, factor, dataset_token(o->data, b, n, L)[j], MPFR_RNDN);
          mpfr_add(o->gradient[b][i * d + j], o->gradient[b][i * d + j], term, MPFR_RNDN);
        }
      }
  for (int64_t ij = 0; ij < d * d; ij++) {
    mpfr_div_si(o->gradient[b][ij], o->gradient[b][ij], (long)N, MPFR_RNDN);
    mpfr_div_si(o->gradient[b][ij], o->gradient[b][ij], (long)L, MPFR_RNDN);
  }
  mpfr_clears(factor, term, (mpfr_ptr)0);
}

void oracle_look(Oracle *o) {
  for (int b = 0; b < BLOCK_COUNT; b++)
    look_at_outputs(o, (Block)b);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    look_at_slopes(o, (Block)b);
    look_at_gradient(o, (Block)b);
  }
}

void oracle_step(Oracle *o) {
  const Params *p = o->params;
  int64_t d = o->data->d;
  double eta = o->t < p->t1 ? p->eta1 : p->eta2; /* eta1 for t1 steps, then eta2 */
  mpfr_t keep;
  mpfr_init2(keep, o->prec);
  mpfr_set_d(keep, eta, MPFR_RNDN);
  mpfr_mul_d(keep, keep, p->lambda, MPFR_RNDN);
  mpfr_ui_sub(keep, 1, keep, MPFR_RNDN);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    Rng rng = rng_open(p->seed, b == BLOCK_P ? STREAM_NOISE_W : STREAM_NOISE_V, (uint64_t)o->t);
    for (int64_t ij = 0; ij < d * d; ij++) {
      mpfr_ptr u = o->U[b][ij], g = o->gradient[b][ij];
      mpfr_add_d(g, g, p->tau_xi * rng_normal(&rng), MPFR_RNDN);
      mpfr_mul_d(g, g, eta, MPFR_RNDN);
      mpfr_mul(u, u, keep, MPFR_RNDN);
      mpfr_sub(u, u, g, MPFR_RNDN);
    }
  }
  mpfr_clear(keep);
  o->t++;
  look_at_gates(o);
}

void oracle_follow(Oracle *o, const Trainer *trainer) {
  int64_t d = o->data->d;
  arb_mat_t weight;
  arb_mat_init(weight, d, d);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_weight(weight, trainer, (Block)b, WEIGHT_FULL);
    for (int64_t ij = 0; ij < d * d; ij++)
      arf_get_mpfr(o->U[b][ij], arb_midref(arb_mat_entry(weight, ij / d, ij % d)), MPFR_RNDN);
  }
  arb_mat_clear(weight);
  o->t = trainer_time(trainer);
  look_at_gates(o);
}

void oracle_loss(mpfr_t out, Oracle *o, Block b) {
  mpfr_t s;
  mpfr_init2(s, o->prec);
  for (int block = 0; block < BLOCK_COUNT; block++)
    look_at_outputs(o, (Block)block);
  mpfr_set_zero(out, 1);
  for (int64_t n = 0; n < o->data->N; n++) {
    signed_output(s, o, b, n);
    mpfr_neg(s, s, MPFR_RNDN);
    mpfr_exp(s, s, MPFR_RNDN);
    mpfr_log1p(s, s, MPFR_RNDN);
    mpfr_add(out, out, s, MPFR_RNDN);
  }
  mpfr_div_si(out, out, (long)o->data->N, MPFR_RNDN);
  mpfr_clear(s);
}

double oracle_distance(const Oracle *o, const Trainer *trainer) {
  int64_t d = o->data->d;
  arb_mat_t part[2];
  for (int k = 0; k < 2; k++)
    arb_mat_init(part[k], d, d);
  mpfr_t sum, term;
  mpfr_inits2(o->prec + 128, sum, term, (mpfr_ptr)0);
  mpfr_set_zero(sum, 1);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_weight(part[0], trainer, (Block)b, WEIGHT_SIGNAL);
    trainer_weight(part[1], trainer, (Block)b, WEIGHT_NOISE);
    arb_mat_add(part[0], part[0], part[1], ARF_PREC_EXACT);
    for (int64_t ij = 0; ij < d * d; ij++) {
      arf_get_mpfr(term, arb_midref(arb_mat_entry(part[0], ij / d, ij % d)), MPFR_RNDN);
      mpfr_sub(term, term, o->U[b][ij], MPFR_RNDN);
      mpfr_sqr(term, term, MPFR_RNDN);
      mpfr_add(sum, sum, term, MPFR_RNDN);
    }
  }
  mpfr_sqrt(sum, sum, MPFR_RNDU);
  double distance = mpfr_get_d(sum, MPFR_RNDU);
  mpfr_clears(sum, term, (mpfr_ptr)0);
  for (int k = 0; k < 2; k++)
    arb_mat_clear(part[k]);
  return distance;
}

double oracle_sum_norm(const Oracle *o, Block b, int64_t n) {
  int64_t d = o->data->d, L = o->data->L;
  double square = 0;
  for (int64_t i = 0; i < d; i++) {
    double m = 0;
    for (int64_t l = 0; l < L; l++)
      if (o->open[b][n * L + l])
        m += dataset_label(o->data, n, l) * dataset_token(o->data, b, n, l)[i] / (double)L;
    square += m * m;
  }
  return sqrt(square);
}
