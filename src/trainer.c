/* trainer.c -- the two-stage training loop, one step at a time, for any engine. */
#include "src/trainer.h"

#include <math.h>
#include <stdlib.h>

#include "src/rng.h"
#include "src/trainer_internal.h"

const char *weight_name(Block b, WeightKind kind) {
  static const char *const name[BLOCK_COUNT][WEIGHT_KINDS] = {{"Wbar", "Wtilde", "W"},
                                                              {"Vbar", "Vtilde", "V"}};
  return name[b][kind];
}

/* ---- making ---- */

static StatusCode adam_open(BlockState *block, const Engine *e, Error *err) {
  TRY(e->ops->array_open(&block->mean, e->d * e->d, e, err));
  TRY(e->ops->array_open(&block->square, e->d * e->d, e, err));
  TRY(e->ops->array_open(&block->power, 2, e, err));
  e->ops->array_set(&block->power, (const double[]){1, 1}, e);
  return STATUS_OK;
}

static StatusCode block_open(BlockState *block, const Engine *e, Error *err) {
  for (int kind = 0; kind < WEIGHT_KINDS; kind++)
    TRY(e->ops->array_open(&block->weight[kind], e->d * e->d, e, err));
  TRY(e->ops->array_open(&block->at_t1, e->d * e->d, e, err));
  TRY(e->ops->array_open(&block->gradient, e->d * e->d, e, err));
  TRY(e->ops->array_open(&block->output, e->N, e, err));
  block->shadow = array_alloc((size_t)(e->d * e->d), sizeof(double));
  return block->shadow == NULL ? error_memory(err, "trainer") : STATUS_OK;
}

static void block_close(BlockState *block, const Engine *e) {
  for (int kind = 0; kind < WEIGHT_KINDS; kind++)
    e->ops->array_close(&block->weight[kind], e);
  e->ops->array_close(&block->at_t1, e);
  e->ops->array_close(&block->gradient, e);
  e->ops->array_close(&block->mean, e);
  e->ops->array_close(&block->square, e);
  e->ops->array_close(&block->power, e);
  e->ops->array_close(&block->output, e);
  arb_clear(block->largest_gradient);
  arb_clear(block->largest_contraction);
  free(block->shadow);
}

static StatusCode trainer_alloc(Trainer *tr, Error *err) {
  const Engine *e = &tr->engine;
  const Dataset *data = tr->data;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    TRY(block_open(&tr->block[b], e, err));
    if (tr->params.optimizer == OPTIMIZER_ADAM) TRY(adam_open(&tr->block[b], e, err));
  }
  TRY(e->ops->array_open(&tr->joint, e->N, e, err));
  TRY(e->ops->array_open(&tr->residual, e->N, e, err));
  TRY(e->ops->array_open(&tr->signal_output, e->N, e, err));
  TRY(gate_open(&tr->gate, data, tr->params.reading.gate, tr->engine.plain, err));
  if (tr->params.attention == ATTENTION_SOFTMAX)
    TRY(softmax_open(&tr->softmax, data, tr->params.reading.gate, err));
  tr->query_label = array_alloc((size_t)data->N, sizeof(double));
  tr->noise = array_alloc((size_t)(data->d * data->d), sizeof(double));
  if (tr->query_label == NULL || tr->noise == NULL) return error_memory(err, "trainer");
  return STATUS_OK;
}

static void refresh(Trainer *tr);

/* noise := the next d^2 normal deviates of a stream. */
static void draw_normals(Trainer *tr, double scale, Rng *rng) {
  const int64_t count = tr->data->d * tr->data->d;
  if (is_plain(tr->engine.plain, FAST_NOISE))
    rng_normals_plain(tr->noise, count, scale, rng);
  else
    rng_normals(tr->noise, count, scale, rng);
}

/* ---- numbers that are none ---- */

static bool are_finite(const double *x, int64_t count) {
  int64_t i = 0;
  while (i < count && isfinite(x[i]))
    i++;
  return i == count;
}

/* What a step makes of a block, in the order in which one comes of the other. */
static StatusCode name_not_finite(int64_t step, const Trainer *tr, Block b, Error *err) {
  const Engine *e = &tr->engine;
  const BlockState *block = &tr->block[b];
  const bool is_adam = tr->params.optimizer == OPTIMIZER_ADAM;
  const struct {
    const char *what;
    const Array *array; /* or NULL: */
    const double *number;
    int64_t count;
    bool is_used;
  } made[] = {{"the gated sums", NULL, trainer_sums(tr, b), e->N * e->d, true},
              {"the outputs", &block->output, NULL, 0, true},
              {"the residuals", &tr->residual, NULL, 0, true},
              {"the gradient", &block->gradient, NULL, 0, true},
              {"Adam's mean", &block->mean, NULL, 0, is_adam},
              {"Adam's mean square", &block->square, NULL, 0, is_adam},
              {weight_name(b, WEIGHT_SIGNAL), &block->weight[WEIGHT_SIGNAL], NULL, 0, true},
              {"the noise", NULL, tr->noise, e->d * e->d, true},
              {weight_name(b, WEIGHT_NOISE), &block->weight[WEIGHT_NOISE], NULL, 0, true}};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
    if (!made[i].is_used) continue;
    if (made[i].array != NULL ? e->ops->array_finite(made[i].array, e)
                              : are_finite(made[i].number, made[i].count))
      continue;
    const bool is_weight = made[i].array == &block->weight[WEIGHT_SIGNAL] ||
                           made[i].array == &block->weight[WEIGHT_NOISE];
    return error_set(err, STATUS_DATA, "step %lld: %s%s%s: not finite (%s engine, %lld bits)",
                     (long long)step, made[i].what, is_weight ? "" : " of ",
                     is_weight ? "" : weight_name(b, WEIGHT_FULL), engine_name(e->kind),
                     (long long)e->precision);
  }
  return STATUS_OK;
}

/* Nothing that a step makes may be infinite or NaN: most would show in the weights, but a residual
   hides an output, and a mean square a gradient. */
static StatusCode check_finite(int64_t step, const Trainer *tr, Block b, Error *err) {
  const Engine *e = &tr->engine;
  const BlockState *block = &tr->block[b];
  const bool is_adam = tr->params.optimizer == OPTIMIZER_ADAM;
  if (e->ops->array_finite(&block->output, e) &&
      e->ops->array_finite(&block->weight[WEIGHT_SIGNAL], e) &&
      e->ops->array_finite(&block->weight[WEIGHT_NOISE], e) &&
      (!is_adam || e->ops->array_finite(&block->square, e)))
    return STATUS_OK;
  return name_not_finite(step, tr, b, err);
}

/* ---- opening and closing ---- */

StatusCode trainer_check(const Params *params, EngineKind engine, Error *err) {
  if (params->attention == ATTENTION_SOFTMAX && engine != ENGINE_DOUBLE)
    return error_set(err, STATUS_USAGE,
                     "attention = softmax: the %s engine has none, expected --engine double",
                     engine_name(engine));
  if (params->optimizer == OPTIMIZER_ADAM && !engine_has_adam(engine))
    return error_set(err, STATUS_USAGE,
                     "optimizer = adam: the %s engine has none, expected --engine double or mpfr",
                     engine_name(engine));
  if (params->attention == ATTENTION_RELU && params->tau0 == 0 && params->tau_xi == 0)
    return error_set(err, STATUS_DATA,
                     "tau0 = 0 and tau_xi = 0: all weights start at 0, so no score is ever "
                     "positive, every gate stays "
                     "shut and nothing trains; expected tau0 > 0 or tau_xi > 0");
  return STATUS_OK;
}

StatusCode trainer_open(Trainer **out, const Params *params, const Dataset *data, EngineKind engine,
                        int64_t precision, PlainSet plain, Error *err) {
  *out = NULL;
  TRY(trainer_check(params, engine, err));
  TRY(dataset_check(data, err));
  Trainer *tr = array_alloc(1, sizeof *tr);
  if (tr == NULL) return error_memory(err, "trainer");
  tr->params = *params;
  tr->data = data;
  arb_init(tr->min_margin);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_init(tr->block[b].largest_gradient);
    arb_init(tr->block[b].largest_contraction);
  }
  StatusCode code =
      engine_open(&tr->engine, engine, precision, data->d, data->N, data->L, plain, err);
  if (code == STATUS_OK) code = trainer_alloc(tr, err);
  if (code != STATUS_OK) {
    trainer_close(tr);
    return code;
  }
  for (int64_t n = 0; n < data->N; n++)
    tr->query_label[n] = dataset_label(data, n, data->L);
  measure_margin(tr->min_margin, tr);
  Rng rng = rng_open(params->seed, STREAM_INIT_W, 0);
  draw_normals(tr, params->tau0, &rng);
  tr->engine.ops->array_set(&tr->block[BLOCK_P].weight[WEIGHT_NOISE], tr->noise, &tr->engine);
  code = check_finite(0, tr, BLOCK_P, err);
  if (code != STATUS_OK) {
    trainer_close(tr);
    return code;
  }
  refresh(tr);
  *out = tr;
  return STATUS_OK;
}

void trainer_set_plain(Trainer *tr, PlainSet plain) {
  tr->engine.plain = plain;
  gate_set_plain(tr->gate, plain);
}

void trainer_close(Trainer *tr) {
  if (tr == NULL) return;
  const Engine *e = &tr->engine;
  for (int b = 0; b < BLOCK_COUNT; b++)
    block_close(&tr->block[b], e);
  arb_clear(tr->min_margin);
  e->ops->array_close(&tr->joint, e);
  e->ops->array_close(&tr->residual, e);
  e->ops->array_close(&tr->signal_output, e);
  gate_close(tr->gate);
  softmax_close(tr->softmax);
  certificate_close(tr->certificate);
  free(tr->query_label);
  free(tr->noise);
  engine_close(&tr->engine);
  free(tr);
}

/* ---- weights to gates ---- */

/* sum := sum_b x_l' U_b x_q from the engine's own weights, in exact arithmetic. */
static void exact_score(arb_t sum, const Trainer *tr, int64_t n, int64_t l, unsigned mask) {
  const Dataset *data = tr->data;
  arb_t weight, factor;
  arb_init(weight);
  arb_init(factor);
  arb_zero(sum);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(mask >> b & 1)) continue;
    const double *x = dataset_token(data, (Block)b, n, l);
    const double *q = dataset_token(data, (Block)b, n, data->L);
    for (int64_t i = 0; i < data->d; i++)
      for (int64_t j = 0; j < data->d; j++) {
        tr->engine.ops->array_get(weight, &tr->block[b].weight[WEIGHT_FULL], i * data->d + j,
                                  &tr->engine);
        arb_set_d(factor, x[i]);
        arb_mul(weight, weight, factor, ARF_PREC_EXACT);
        arb_set_d(factor, q[j]);
        arb_addmul(sum, weight, factor, ARF_PREC_EXACT);
      }
  }
  arb_clear(weight);
  arb_clear(factor);
}

/* The sign of a score; of balls, the sign that all points of them have, if there is one. */
static int exact_sign(int64_t n, int64_t l, unsigned mask, void *context) {
  arb_t score;
  arb_init(score);
  exact_score(score, context, n, l, mask);
  int sign = arb_is_positive(score)   ? 1
             : arb_is_negative(score) ? -1
             : arb_is_zero(score)     ? 0
                                      : GATE_SIGN_UNKNOWN;
  arb_clear(score);
  return sign;
}

/* out += x'x exactly. */
static void add_square(arb_t out, const double *x, int64_t d) {
  arb_t entry;
  arb_init(entry);
  for (int64_t i = 0; i < d; i++) {
    arb_set_d(entry, x[i]);
    arb_addmul(out, entry, entry, ARF_PREC_EXACT);
  }
  arb_clear(entry);
}

bool trainer_gate_is_certain(int64_t n, int64_t l, unsigned mask, double distance, void *context) {
  const Trainer *tr = context;
  const Dataset *data = tr->data;
  arb_t score, reach, token, query;
  arb_init(score);
  arb_init(reach);
  arb_init(token);
  arb_init(query);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(mask >> b & 1)) continue;
    arb_zero(token);
    arb_zero(query);
    add_square(token, dataset_token(data, (Block)b, n, l), data->d);
    add_square(query, dataset_token(data, (Block)b, n, data->L), data->d);
    arb_addmul(reach, token, query, ARF_PREC_EXACT);
  }
  bool certain = arb_is_zero(reach); /* then the score is 0 for all weights */
  if (!certain) {
    exact_score(score, tr, n, l, mask);
    arb_abs(score, score);
    arb_sqrt(reach, reach, MAG_BITS * 2);
    arb_set_d(token, distance);
    arb_mul(reach, reach, token, MAG_BITS * 2);
    certain = arb_gt(score, reach);
  }
  arb_clear(score);
  arb_clear(reach);
  arb_clear(token);
  arb_clear(query);
  return certain;
}

const double *trainer_queries(const Trainer *tr, Block b, int64_t *stride) {
  *stride = (tr->data->L + 1) * tr->data->d;
  return dataset_token(tr->data, b, 0, tr->data->L);
}

static void keep_largest(arb_t largest, const arb_t x, const Engine *e) {
  if (!arb_le(x, largest)) arb_max(largest, largest, x, (slong)e->precision + 30);
}

/* B of D.contract, whenever gates have flipped; keeps the largest. */
static void contraction_update(Trainer *tr) {
  arb_t B;
  arb_init(B);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    measure_contraction(B, tr, (Block)b);
    keep_largest(tr->block[b].largest_contraction, B, &tr->engine);
  }
  arb_clear(B);
}

/* Is the shadow 0, and the weight not? */
static bool is_tiny(const Array *weight, const double *shadow, const Engine *e) {
  const int64_t count = e->d * e->d;
  int64_t i = 0;
  while (i < count && shadow[i] == 0)
    i++;
  if (i < count) return false;
  arb_t entry;
  arb_init(entry);
  for (i = 0; i < count && arb_is_zero(entry); i++)
    e->ops->array_get(entry, weight, i, e);
  const bool tiny = !arb_is_zero(entry);
  arb_clear(entry);
  return tiny;
}

/* U := Ubar + Utilde, its shadow and its gates. */
static void refresh(Trainer *tr) {
  const Engine *e = &tr->engine;
  GateWeights weights = {.exact = e->kind == ENGINE_DOUBLE};
  for (int b = 0; b < BLOCK_COUNT; b++) {
    BlockState *block = &tr->block[b];
    e->ops->add(&block->weight[WEIGHT_FULL], &block->weight[WEIGHT_SIGNAL],
                &block->weight[WEIGHT_NOISE], e);
    e->ops->array_shadow(block->shadow, &block->weight[WEIGHT_FULL], e);
    weights.shadow[b] = block->shadow;
    weights.radius[b] = e->ops->array_radius(&block->weight[WEIGHT_FULL], e);
    weights.tiny[b] = is_tiny(&block->weight[WEIGHT_FULL], block->shadow, e);
  }
  if (tr->softmax != NULL) {
    softmax_update(tr->softmax, weights.shadow);
    return;
  }
  certificate_before_gates(tr);
  bool flipped = gate_update(tr->gate, &weights, exact_sign, tr);
  if (flipped) contraction_update(tr);
  certificate_after_gates(tr, flipped);
}

const double *trainer_sums(const Trainer *tr, Block b) {
  return tr->softmax != NULL ? softmax_sums(tr->softmax, b) : gate_sums(tr->gate, b);
}

/* ---- one step ---- */

/* trainer_output under softmax attention, which only the double engine has. */
static void softmax_output(Array *out, const Trainer *tr, Block b, WeightKind kind) {
  double *output = out->data;
  if (kind == WEIGHT_FULL)
    tr->engine.ops->array_set(out, softmax_outputs(tr->softmax, b), &tr->engine);
  else
    softmax_alone(output, tr->softmax, b, tr->block[b].weight[kind].data);
}

void trainer_output(Array *out, const Trainer *tr, Block b, WeightKind kind) {
  int64_t stride;
  if (tr->softmax != NULL) {
    softmax_output(out, tr, b, kind);
    return;
  }
  const double *queries = trainer_queries(tr, b, &stride);
  tr->engine.ops->bilinear(out, &tr->block[b].weight[kind], gate_sums(tr->gate, b), queries, stride,
                           tr->data->grid[b], &tr->engine);
}

/* block->gradient := gradient of the reading's loss by the weight of block b. */
static void gradient(Trainer *tr, Block b) {
  const Engine *e = &tr->engine;
  BlockState *block = &tr->block[b];
  bool joint = tr->params.reading.loss == LOSS_JOINT;
  e->ops->residual(&tr->residual, joint ? &tr->joint : &block->output, tr->query_label, e);
  int64_t stride;
  const double *queries = trainer_queries(tr, b, &stride);
  e->ops->gradient(&block->gradient, &tr->residual, trainer_sums(tr, b), queries, stride,
                   tr->data->grid[b], e);
  arb_t norm;
  arb_init(norm);
  measure_gradient(norm, tr, b);
  keep_largest(block->largest_gradient, norm, e);
  arb_clear(norm);
  certificate_gradient(tr, b);
}

static void descend(Trainer *tr, Block b, double eta) {
  const Engine *e = &tr->engine;
  BlockState *block = &tr->block[b];
  double lambda = tr->params.lambda;
  Array *signal = &block->weight[WEIGHT_SIGNAL];
  if (tr->params.optimizer == OPTIMIZER_ADAM)
    e->ops->adam(signal, &block->mean, &block->square, &block->power, &block->gradient, eta, lambda,
                 e);
  else
    e->ops->descend(signal, &block->gradient, eta, lambda, e);
  Rng rng =
      rng_open(tr->params.seed, b == BLOCK_P ? STREAM_NOISE_W : STREAM_NOISE_V, (uint64_t)tr->t);
  draw_normals(tr, tr->params.tau_xi, &rng);
  e->ops->descend_noise(&block->weight[WEIGHT_NOISE], tr->noise, eta, lambda, e);
  certificate_descent(tr, b, eta);
}

StatusCode trainer_step(Trainer *tr, Error *err) {
  const Engine *e = &tr->engine;
  StatusCode code = STATUS_OK;
  double eta = tr->t < tr->params.t1 ? tr->params.eta1 : tr->params.eta2;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (tr->t == tr->params.t1)
      e->ops->array_copy(&tr->block[b].at_t1, &tr->block[b].weight[WEIGHT_SIGNAL], e);
    trainer_output(&tr->block[b].output, tr, (Block)b, WEIGHT_FULL);
  }
  if (tr->params.reading.loss == LOSS_JOINT)
    e->ops->add(&tr->joint, &tr->block[BLOCK_P].output, &tr->block[BLOCK_Q].output, e);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    gradient(tr, (Block)b);
    descend(tr, (Block)b, eta);
    if (code == STATUS_OK) code = check_finite(tr->t + 1, tr, (Block)b, err);
  }
  certificate_step(tr, eta);
  tr->t++;
  tr->eta_lambda_time += eta * tr->params.lambda;
  TRY(code);
  refresh(tr);
  return STATUS_OK;
}

/* ---- looking ---- */

int64_t trainer_time(const Trainer *tr) {
  return tr->t;
}

void trainer_weight(arb_mat_t out, const Trainer *tr, Block b, WeightKind kind) {
  int64_t d = tr->data->d;
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++)
      tr->engine.ops->array_get(arb_mat_entry(out, i, j), &tr->block[b].weight[kind], i * d + j,
                                &tr->engine);
}

void trainer_shadow(double *out, const Trainer *tr, Block b, WeightKind kind) {
  tr->engine.ops->array_shadow(out, &tr->block[b].weight[kind], &tr->engine);
}

StatusCode trainer_truncate(Truncation *rows, const Trainer *tr, Error *err) {
  const double *const weight[] = {tr->block[BLOCK_P].shadow, tr->block[BLOCK_Q].shadow};
  const double *const sums[] = {trainer_sums(tr, BLOCK_P), trainer_sums(tr, BLOCK_Q)};
  return truncation_compute(rows, weight, sums, tr->data, err);
}

double trainer_radius(const Trainer *tr) {
  double radius[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++)
    radius[b] = tr->engine.ops->array_radius(&tr->block[b].weight[WEIGHT_FULL], &tr->engine);
  return radius[BLOCK_P] < radius[BLOCK_Q] ? radius[BLOCK_Q] : radius[BLOCK_P];
}

void trainer_moments(double *mean, double *square, const Trainer *tr, Block b) {
  const BlockState *block = &tr->block[b];
  if (tr->params.optimizer == OPTIMIZER_ADAM) {
    tr->engine.ops->array_shadow(mean, &block->mean, &tr->engine);
    tr->engine.ops->array_shadow(square, &block->square, &tr->engine);
    return;
  }
  for (int64_t i = 0; i < tr->data->d * tr->data->d; i++)
    mean[i] = square[i] = 0;
}

GateCounts trainer_gate_counts(const Trainer *tr) {
  return gate_counts(tr->gate);
}
