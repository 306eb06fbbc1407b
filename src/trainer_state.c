/* trainer_state.c -- a trainer's state: saved, and restored into another. */
#include "src/trainer_internal.h"

static void block_state(State *state, Trainer *tr, Block b) {
  const Engine *e = &tr->engine;
  BlockState *block = &tr->block[b];
  state_array(state, state_key("signal weight %d", b).text, &block->weight[WEIGHT_SIGNAL], e);
  state_array(state, state_key("noise weight %d", b).text, &block->weight[WEIGHT_NOISE], e);
  state_array(state, state_key("signal weight %d at t1", b).text, &block->at_t1, e);
  state_ball(state, state_key("largest gradient %d", b).text, block->largest_gradient);
  state_ball(state, state_key("largest contraction %d", b).text, block->largest_contraction);
  if (tr->params.optimizer != OPTIMIZER_ADAM) return;
  state_array(state, state_key("adam mean %d", b).text, &block->mean, e);
  state_array(state, state_key("adam square %d", b).text, &block->square, e);
  state_array(state, state_key("adam power %d", b).text, &block->power, e);
}

/* What follows from the weights: U and its shadow, and the attention where it is no gate's. */
static void derive(Trainer *tr) {
  const Engine *e = &tr->engine;
  const double *shadow[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++) {
    BlockState *block = &tr->block[b];
    e->ops->add(&block->weight[WEIGHT_FULL], &block->weight[WEIGHT_SIGNAL],
                &block->weight[WEIGHT_NOISE], e);
    e->ops->array_shadow(block->shadow, &block->weight[WEIGHT_FULL], e);
    shadow[b] = block->shadow;
  }
  if (tr->softmax != NULL) softmax_update(tr->softmax, shadow);
}

void trainer_state(State *state, Trainer *tr) {
  state_integer(state, "step", &tr->t, 0, tr->params.t1 + tr->params.t2);
  state_doubles(state, "eta lambda time", &tr->eta_lambda_time, 1);
  for (int b = 0; b < BLOCK_COUNT; b++)
    block_state(state, tr, (Block)b);
  gate_state(state, tr->gate);
  if (tr->certificate != NULL) certificate_state(state, tr);
  if (state->restoring && state->code == STATUS_OK) derive(tr);
}
