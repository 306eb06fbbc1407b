/* test_gate_balls.c -- gates of weights that are known to a radius: decided only where all of them
 * agree. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "src/gate.h"
#include "src/trainer_internal.h"
#include "tests/support.h"

#define D 4
#define PREC 200

/* Weights within radius[b] of the doubles weight[b], and gates that follow them. */
typedef struct {
  Dataset data;
  GateKind kind;
  Gate *gate;
  double weight[BLOCK_COUNT][D * D], radius[BLOCK_COUNT];
  int64_t straddling;
  Worst flags, counts;
} Balls;

/* out += norm(x_l) norm(x_q) radius of block b, the largest of |x_l' E x_q| over norm(E) <= radius.
 */
static void add_reach(arb_t out, const Balls *balls, Block b, int64_t n, int64_t l) {
  arb_t x2, q2, factor;
  arb_init(x2);
  arb_init(q2);
  arb_init(factor);
  for (int64_t i = 0; i < D; i++) {
    arb_set_d(factor, dataset_token(&balls->data, b, n, l)[i]);
    arb_addmul(x2, factor, factor, PREC);
    arb_set_d(factor, dataset_token(&balls->data, b, n, balls->data.L)[i]);
    arb_addmul(q2, factor, factor, PREC);
  }
  arb_mul(x2, x2, q2, PREC);
  arb_sqrt(x2, x2, PREC);
  arb_set_d(factor, balls->radius[b]);
  arb_addmul(out, factor, x2, PREC);
  arb_clear(x2);
  arb_clear(q2);
  arb_clear(factor);
}

/* The sign of a score that all weights in the balls give, or GATE_SIGN_UNKNOWN. */
static int sign_in_balls(int64_t n, int64_t l, unsigned mask, void *context) {
  const Balls *balls = context;
  arb_t score, size, term, factor;
  arb_init(score);
  arb_init(size);
  arb_init(term);
  arb_init(factor);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(mask >> b & 1)) continue;
    add_reach(size, balls, (Block)b, n, l);
    for (int64_t ij = 0; ij < D * D; ij++) {
      arb_set_d(term, dataset_token(&balls->data, (Block)b, n, l)[ij / D]);
      arb_set_d(factor, balls->weight[b][ij]);
      arb_mul(term, term, factor, ARF_PREC_EXACT);
      arb_set_d(factor, dataset_token(&balls->data, (Block)b, n, balls->data.L)[ij % D]);
      arb_addmul(score, term, factor, ARF_PREC_EXACT);
    }
  }
  const int sign = arf_sgn(arb_midref(score));
  arb_abs(score, score);
  const bool certain = arb_gt(score, size) != 0;
  arb_clear(score);
  arb_clear(size);
  arb_clear(term);
  arb_clear(factor);
  return certain ? sign : GATE_SIGN_UNKNOWN;
}

/* One update, and what every gate should have come to: a gate that all weights in the balls agree
   on is theirs; the others, and no more, count as undecided. */
static void update_and_check(Balls *balls, int update, bool exact) {
  const unsigned families[BLOCK_COUNT] = {balls->kind == GATE_SHARED ? 3U : 1U, 2U};
  const int64_t before = gate_counts(balls->gate).undecided, L = balls->data.L;
  const GateWeights weights = {.shadow = {balls->weight[BLOCK_P], balls->weight[BLOCK_Q]},
                               .radius = {balls->radius[BLOCK_P], balls->radius[BLOCK_Q]},
                               .exact = exact};
  gate_update(balls->gate, &weights, sign_in_balls, balls);
  int64_t open = 0;
  for (int f = 0; f < (balls->kind == GATE_SHARED ? 1 : BLOCK_COUNT); f++)
    for (int64_t n = 0; n < balls->data.N; n++)
      for (int64_t l = 0; l < L; l++) {
        const int sign = sign_in_balls(n, l, families[f], balls);
        const bool is_open = gate_open_flags(balls->gate, (Block)f)[n * L + l];
        open += sign == GATE_SIGN_UNKNOWN;
        worst_require(&balls->flags, sign == GATE_SIGN_UNKNOWN || is_open == (sign > 0),
                      "update %d, family %d, prompt %lld, token %lld: open %d, sign %d", update, f,
                      (long long)n, (long long)l, is_open, sign);
      }
  const int64_t counted = gate_counts(balls->gate).undecided - before;
  worst_require(&balls->counts, counted == open,
                "update %d: %lld gates counted as undecided, %lld have both signs in the balls",
                update, (long long)counted, (long long)open);
  balls->straddling += open;
}

/* Weights that hardly move, in balls that grow and shrink: by the movement of their middles alone
   nothing would be looked at again. */
Test(gate_balls, a_decided_gate_is_that_of_all_weights_in_the_balls) {
  for (int k = 0; k < 4; k++) {
    Chance chance = chance_open(61 + k);
    Balls balls = {.kind = k % 2 ? GATE_SPLIT : GATE_SHARED};
    Params params = support_params(D, 6, 8);
    Error err;
    support_ok(dataset_generate(&balls.data, &params, &err), &err);
    support_ok(gate_open(&balls.gate, &balls.data, balls.kind, 0, &err), &err);
    for (int update = 0; update < 60; update++) {
      for (int b = 0; b < BLOCK_COUNT; b++) {
        for (int ij = 0; ij < D * D && update % 3 == 0; ij++)
          balls.weight[b][ij] += (update == 0 ? 1 : 1e-3) * chance_real(&chance);
        balls.radius[b] =
            ldexp(1 + fabs(chance_real(&chance)), -2 - (int)chance_below(&chance, 12));
      }
      update_and_check(&balls, update, k / 2 == 0);
    }
    cr_assert(balls.straddling > 60, "%lld gates with both signs: too few to show anything",
              (long long)balls.straddling);
    worst_assert(&balls.flags, "gates = the sign of all weights in the balls");
    worst_assert(&balls.counts, "undecided are those with both signs");
    gate_close(balls.gate);
    dataset_clear(&balls.data);
  }
}

/* 1 or -1 when the score has that sign at all points of the weights; 0 when it has both. */
static int sign_of_score(arb_mat_t weight[BLOCK_COUNT], unsigned mask, int64_t n, int64_t l,
                         const Dataset *data) {
  const int64_t d = data->d;
  arb_t score, term, factor;
  arb_init(score);
  arb_init(term);
  arb_init(factor);
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int64_t ij = 0; ij < d * d && (mask >> b & 1); ij++) {
      arb_set_d(term, dataset_token(data, (Block)b, n, l)[ij / d]);
      arb_set_d(factor, dataset_token(data, (Block)b, n, data->L)[ij % d]);
      arb_mul(term, term, factor, ARF_PREC_EXACT);
      arb_addmul(score, term, arb_mat_entry(weight[b], ij / d, ij % d), ARF_PREC_EXACT);
    }
  const int sign = arb_is_positive(score) - arb_is_negative(score);
  arb_clear(score);
  arb_clear(term);
  arb_clear(factor);
  return sign;
}

/* *straddling += scores of the trainer's gates with both signs; the others' gates are held against
   their signs. */
static void look_at_gates(int64_t *straddling, Worst *flags, const Training *training) {
  const Dataset *data = &training->data;
  const bool shared = training->params.reading.gate == GATE_SHARED;
  arb_mat_t weight[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_mat_init(weight[b], data->d, data->d);
    trainer_weight(weight[b], training->trainer, (Block)b, WEIGHT_FULL);
  }
  for (int f = 0; f < (shared ? 1 : BLOCK_COUNT); f++)
    for (int64_t n = 0; n < data->N; n++)
      for (int64_t l = 0; l < data->L; l++) {
        const int sign = sign_of_score(weight, shared ? 3U : 1U << f, n, l, data);
        const bool open = gate_open_flags(training->trainer->gate, (Block)f)[n * data->L + l];
        *straddling += sign == 0;
        worst_require(
            flags, sign == 0 || open == (sign > 0), "%s, prompt %lld, token %lld: open %d, sign %d",
            reading_name(training->params.reading), (long long)n, (long long)l, open, sign);
      }
  for (int b = 0; b < BLOCK_COUNT; b++)
    arb_mat_clear(weight[b]);
}

/* The trainer's own answer, which alone knows the weights' balls: a score that may have either sign
   is unknown, and so is counted. Pre-conditions: small runs in balls whose weights are widened by
   2^-1 to 2^-8, all readings. Quantity: gates counted as undecided after the next step. Bound: the
   scores with both signs, neither more nor fewer. */
Test(gate_balls, a_trainer_counts_every_score_that_has_both_signs) {
  Worst flags = {0}, counts = {0};
  int64_t all = 0;
  for (int k = 0; k < 32; k++) {
    Error err;
    Params p = support_params(D, 6, 8);
    p.reading = support_reading[k % 4];
    Training training;
    training_open(&training, p, ENGINE_BALL, 64);
    training_run(&training, 10);
    for (int b = 0; b < BLOCK_COUNT; b++) {
      const Array *noise = &training.trainer->block[b].weight[WEIGHT_NOISE];
      for (int64_t ij = 0; ij < noise->n; ij++)
        mag_set_ui_2exp_si(arb_radref((arb_ptr)noise->data + ij), 1, -1 - k / 4);
    }
    support_ok(trainer_step(training.trainer, &err), &err);
    int64_t straddling = 0;
    look_at_gates(&straddling, &flags, &training);
    const int64_t counted = trainer_gate_counts(training.trainer).undecided;
    worst_require(&counts, counted == straddling, "%s, 2^-%d: %lld undecided, %lld straddle",
                  reading_name(p.reading), 1 + k / 4, (long long)counted, (long long)straddling);
    all += straddling;
    training_close(&training);
  }
  worst_assert(&flags, "gates that are decided have the sign of all weights in the balls");
  worst_assert(&counts, "gates that are undecided have both");
  cr_assert(all > 60 && all < flags.count, "%lld of %lld scores straddle: too few or too many",
            (long long)all, (long long)flags.count);
}
