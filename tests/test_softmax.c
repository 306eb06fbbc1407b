/* test_softmax.c -- softmax attention: outputs and gradients from the definition, what a block does
 * alone, the audit, and who refuses it. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/audit.h"
#include "src/softmax.h"
#include "tests/support.h"

enum { D = 3, N = 6, L = 5 };

typedef struct {
  Dataset data;
  double weight[BLOCK_COUNT][D * D];
} Case;

static void case_open(Case *c, uint64_t seed) {
  Error err;
  Params p = support_params(D, N, L);
  p.seed = (int64_t)seed;
  p.u = 1.2;
  p.r = 0.7;
  Chance chance = chance_open(seed);
  support_ok(dataset_generate(&c->data, &p, &err), &err);
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int i = 0; i < D * D; i++)
      c->weight[b][i] = 1.5 * chance_real(&chance);
}

static const double *const *weights(const double *pair[BLOCK_COUNT], const Case *c) {
  for (int b = 0; b < BLOCK_COUNT; b++)
    pair[b] = c->weight[b];
  return pair;
}

/* Score of token l of prompt n in block b, in long double from the formula. */
static long double plain_score(const Case *c, int b, int64_t n, int64_t l) {
  const double *x = dataset_token(&c->data, (Block)b, n, l),
               *q = dataset_token(&c->data, (Block)b, n, L);
  long double sum = 0;
  for (int i = 0; i < D; i++)
    for (int j = 0; j < D; j++)
      sum += (long double)x[i] * c->weight[b][i * D + j] * q[j];
  return sum;
}

/* sum_l y_l p_l; mask: the blocks whose scores count. */
static long double plain_output(const Case *c, int64_t n, unsigned mask) {
  long double above = 0, below = 0;
  for (int64_t l = 0; l < L; l++) {
    long double s = 0;
    for (int b = 0; b < BLOCK_COUNT; b++)
      if (mask >> b & 1) s += plain_score(c, b, n, l);
    above += dataset_label(&c->data, n, l) * expl(s);
    below += expl(s);
  }
  return above / below;
}

static unsigned mask_of(GateKind kind, int b) {
  return kind == GATE_SHARED ? 3U : 1U << b;
}

/* Mean of l(y_q h). */
static long double plain_loss(const Case *c, GateKind kind, int b) {
  long double sum = 0;
  for (int64_t n = 0; n < N; n++)
    sum += log1pl(expl(-dataset_label(&c->data, n, L) * plain_output(c, n, mask_of(kind, b))));
  return sum / N;
}

#define FOR_EVERY_CASE(kind, seed)                                                                 \
  for (int kind = 0; kind < 2; kind++)                                                             \
    for (uint64_t seed = 1; seed <= 5; seed++)

Test(softmax, outputs_are_the_mean_label_under_attention) {
  /* Quantity: |h - definition's|. Scores are sums of few terms below 10, and h is a mean of +-1
     with weights that err by about the scores' errors: 1e-13 is far above it. */
  Worst worst = {0};
  FOR_EVERY_CASE(kind, seed) {
    Case c;
    Softmax *s;
    Error err;
    const double *pair[BLOCK_COUNT];
    case_open(&c, seed);
    support_ok(softmax_open(&s, &c.data, (GateKind)kind, &err), &err);
    softmax_update(s, weights(pair, &c));
    double alone[N];
    for (int b = 0; b < BLOCK_COUNT; b++) {
      const double *output = softmax_outputs(s, (Block)b);
      for (int64_t n = 0; n < N; n++)
        worst_add(&worst, fabs(output[n] - (double)plain_output(&c, n, mask_of((GateKind)kind, b))),
                  1e-13, "gate %d, seed %d, block %d, prompt %d", kind, (int)seed, b, (int)n);
      softmax_alone(alone, s, (Block)b, c.weight[b]);
      for (int64_t n = 0; n < N; n++)
        worst_add(&worst, fabs(alone[n] - (double)plain_output(&c, n, 1U << b)), 1e-13,
                  "alone: gate %d, seed %d, block %d, prompt %d", kind, (int)seed, b, (int)n);
    }
    softmax_close(s);
    dataset_clear(&c.data);
  }
  worst_assert(&worst, "output against the definition");
}

Test(softmax, the_gradient_is_that_of_the_loss) {
  /* Quantity: |(1/(N L)) sum_n c_n M_n x_qn' - centred difference of the loss|. The difference errs
     by h^2/6 times a third derivative, below 100 here (tokens and weights are of order one), and by
     2^-63/h: 1e-7 for h = 1e-5 is above both. */
  const double h = 1e-5;
  Worst worst = {0};
  FOR_EVERY_CASE(kind, seed) {
    Case c;
    Softmax *s;
    Error err;
    const double *pair[BLOCK_COUNT];
    case_open(&c, seed);
    support_ok(softmax_open(&s, &c.data, (GateKind)kind, &err), &err);
    softmax_update(s, weights(pair, &c));
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (int ij = 0; ij < D * D; ij++) {
        double gradient = 0;
        for (int64_t n = 0; n < N; n++) {
          const double y = dataset_label(&c.data, n, L), out = softmax_outputs(s, (Block)b)[n];
          gradient += -y / (1 + exp(y * out)) * softmax_sums(s, (Block)b)[n * D + ij / D] *
                      dataset_token(&c.data, (Block)b, n, L)[ij % D] / (N * L);
        }
        const double kept = c.weight[b][ij];
        c.weight[b][ij] = kept + h;
        const long double above = plain_loss(&c, (GateKind)kind, b);
        c.weight[b][ij] = kept - h;
        const long double below = plain_loss(&c, (GateKind)kind, b);
        c.weight[b][ij] = kept;
        worst_add(&worst, fabs(gradient - (double)((above - below) / (2 * h))), 1e-7,
                  "gate %d, seed %d, block %d, entry %d: gradient %g", kind, (int)seed, b, ij,
                  gradient);
      }
    softmax_close(s);
    dataset_clear(&c.data);
  }
  worst_assert(&worst, "gradient against differences of the loss");
}

Test(softmax, without_weights_attention_is_uniform) {
  Case c;
  Softmax *s;
  Error err;
  case_open(&c, 9);
  support_ok(softmax_open(&s, &c.data, GATE_SHARED, &err), &err);
  double agree = 0;
  for (int64_t n = 0; n < N; n++)
    for (int64_t l = 0; l < L; l++)
      agree += dataset_label(&c.data, n, l) == dataset_label(&c.data, n, L);
  agree /= N * L;
  const double found = softmax_agreement(s, BLOCK_Q);
  cr_assert(fabs(found - agree) < 1e-14, "attention on y_l = y_q: %.17g, by counting %.17g", found,
            agree);
  softmax_close(s);
  dataset_clear(&c.data);
}

static Params training_params(void) {
  Params p = support_params(4, 7, 9);
  p.attention = ATTENTION_SOFTMAX;
  p.lambda = 1.0 / 80;
  p.t1 = 20;
  p.t2 = 40;
  p.tau0 = 0.05;
  p.tau_xi = support_tau_xi(&p);
  return p;
}

Test(softmax, the_audit_recomputes_its_steps_and_sees_a_wrong_one) {
  for (int wrong = 0; wrong < 3; wrong++) {
    Training training;
    Audit *audit;
    Error err;
    double largest = 0;
    training_open(&training, training_params(), ENGINE_DOUBLE, 53);
    Params believed = training.params;
    if (wrong == 1) believed.attention = ATTENTION_RELU;
    if (wrong == 2) believed.reading.gate = GATE_SPLIT;
    support_ok(audit_open(&audit, &believed, &training.data, &err), &err);
    for (int t = 0; t < 30; t++) {
      double defect[BLOCK_COUNT] = {0};
      audit_before(audit, training.trainer);
      training_run(&training, t + 1);
      if (audit_after(defect, audit, training.trainer))
        largest = fmax(largest, fmax(defect[BLOCK_P], defect[BLOCK_Q]));
    }
    const double bound = 8 * (7 + 9 + 4 * 4 + 64) * UNIT;
    cr_assert(wrong == 0 ? largest > 0 && largest <= bound : largest > 1e-7,
              "case %d of attention, gate (0: the right rule): defect %g, expected %s %g", wrong,
              largest, wrong == 0 ? "at most" : "more than", wrong == 0 ? bound : 1e-7);
    audit_close(audit);
    training_close(&training);
  }
}

Test(softmax, only_double_has_it_and_it_needs_no_noise) {
  Error err = {0};
  Dataset data;
  Params p = training_params();
  Trainer *trainer;
  support_ok(dataset_generate(&data, &p, &err), &err);
  StatusCode code = trainer_open(&trainer, &p, &data, ENGINE_MPFR, 128, 0, &err);
  cr_assert(code == STATUS_USAGE && trainer == NULL && strstr(err.message, "--engine double"),
            "mpfr: status %d, '%s'", (int)code, err.message);
  p.tau0 = p.tau_xi = 0;
  support_ok(trainer_open(&trainer, &p, &data, ENGINE_DOUBLE, 53, 0, &err), &err);
  support_ok(trainer_step(trainer, &err), &err);
  double w[16];
  trainer_shadow(w, trainer, BLOCK_P, WEIGHT_SIGNAL);
  cr_assert(support_norm(w, 16) > 0, "the first step from weights 0 has norm %g",
            support_norm(w, 16));
  trainer_close(trainer);
  dataset_clear(&data);
}
