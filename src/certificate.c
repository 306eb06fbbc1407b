/* certificate.c -- carries the bounds of certificate.md along a run. Numbers in brackets are its
 * statements. */
#include "src/certificate.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/certificate_internal.h"
#include "src/kernel.h"
#include "src/lanes.h"
#include "src/trainer_internal.h"

/* Upper bound of the norm of the reals whose nearest doubles are x. */
KERNEL_CLONES static double norm_up(const double *x, int64_t count) {
  const double sum = lanes_dot(x, x, count);
  if (sum > 0) return sqrt(sum) * SLACK + NORM_FLOOR;
  for (int64_t i = 0; i < count; i++)
    if (x[i] != 0) return NORM_FLOOR; /* every square underflowed */
  return 0;
}

static double up(double x) {
  return nextafter(x, INFINITY);
}

/* ---- making ---- */

/* [7] what a kernel rounds. */
static void set_arithmetic(Certificate *c, const Engine *e) {
  const bool is_double = e->kind == ENGINE_DOUBLE;
  c->unit = ldexp(1, -(int)e->precision);
  c->bilinear = (is_double ? (double)(2 * e->d + 1) : 2) * c->unit * SLACK;
  c->residual = (is_double ? 5 : 1) * c->unit * SLACK;
  c->gradient = (is_double ? (double)(e->N + 2) : 2) * c->unit * SLACK;
}

/* rho := RN(1 - eta lambda) up, error := |rho - (1 - eta lambda)| up. */
static void set_decay(Certificate *c, int stage, double eta, double lambda, int64_t precision) {
  arf_t exact, rounded, product;
  arf_init(exact);
  arf_init(rounded);
  arf_init(product);
  arf_set_d(exact, eta);
  arf_set_d(product, lambda);
  arf_mul(product, exact, product, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_neg(product, product);
  arf_add_ui(exact, product, 1, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_set_round(rounded, exact, (slong)precision, ARF_RND_NEAR);
  c->rho[stage] = arf_get_d(rounded, ARF_RND_UP);
  arf_sub(exact, exact, rounded, MAG_BITS, ARF_RND_UP);
  c->rho_error[stage] = fabs(arf_get_d(exact, ARF_RND_UP));
  arf_clear(exact);
  arf_clear(rounded);
  arf_clear(product);
}

static StatusCode certificate_alloc(Certificate *c, const Dataset *data, Error *err) {
  const size_t N = (size_t)data->N, d = (size_t)data->d;
  c->scratch = array_alloc(N > d * d ? N : d * d, sizeof(double));
  if (c->scratch == NULL) return error_memory(err, "certificate");
  for (int b = 0; b < BLOCK_COUNT; b++) {
    c->block[b].query = array_alloc(N, sizeof(double));
    c->block[b].reach = array_alloc(N, sizeof(double));
    if (c->block[b].query == NULL || c->block[b].reach == NULL)
      return error_memory(err, "certificate");
    for (int64_t n = 0; n < data->N; n++)
      c->block[b].query[n] = norm_up(dataset_token(data, (Block)b, n, data->L), data->d);
  }
  return STATUS_OK;
}

/* [12] the sum <w*, x> of d products errs by gamma_d |w*|'|x|. */
static double margin_error(const Dataset *data) {
  double largest = 0;
  for (int64_t k = 0; k < data->N * (data->L + 1); k++)
    largest = fmax(largest, norm_up(data->x[BLOCK_P] + k * data->d, data->d));
  return (double)(data->d + 1) * 0x1p-53 * largest * norm_up(data->w_star, data->d) * SLACK +
         BOUND_FLOOR;
}

/* Norms of the weights as they are. */
static void measure_weights(Trainer *tr, Block b) {
  CertificateBlock *block = &tr->certificate->block[b];
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    trainer_shadow(tr->certificate->scratch, tr, b, (WeightKind)kind);
    block->norm[kind] = norm_up(tr->certificate->scratch, tr->data->d * tr->data->d);
  }
}

/* reach_n := norm(m_n) norm(x_qn), their mean and B, up; after flips. */
static void measure_reach(Trainer *tr, Block b) {
  const Dataset *data = tr->data;
  CertificateBlock *block = &tr->certificate->block[b];
  const double *sums = gate_sums(tr->gate, b);
  double total = 0, squares = 0;
  for (int64_t n = 0; n < data->N; n++) {
    const double reach =
        norm_up(sums + n * data->d, data->d) * block->query[n] / (double)data->L * SLACK;
    block->reach[n] = reach;
    total += reach;
    squares += reach * reach;
  }
  block->mean_reach = total / (double)data->N * SLACK;
  block->curvature = sqrt(squares / (double)data->N) * SLACK;
}

/* Ends the certificate here. */
static void set_break(const Trainer *tr, const char *why) {
  Certificate *c = tr->certificate;
  static const double nothing[BLOCK_COUNT] = {0};
  c->broken = true;
  c->step = tr->t;
  gate_certify(tr->gate, nothing, NULL);
  snprintf(c->reason, sizeof c->reason, "%s", why);
}

/* Why there is no certificate for such a run at all; NULL if there is. */
static const char *why_not(const Trainer *tr) {
  if (tr->engine.kind == ENGINE_BALL)
    return "the ball engine encloses the exact trajectory by itself and needs no certificate";
  if (tr->params.optimizer != OPTIMIZER_SGD)
    return "the certificate does not apply: a step of Adam is no contraction";
  if (tr->params.attention != ATTENTION_RELU)
    return "the certificate does not apply: under softmax attention the loss is not convex";
  return NULL;
}

StatusCode trainer_certify(Trainer *tr, Error *err) {
  Certificate *c = array_alloc(1, sizeof *c);
  if (c == NULL) return error_memory(err, "certificate");
  tr->certificate = c;
  TRY(certificate_alloc(c, tr->data, err));
  set_arithmetic(c, &tr->engine);
  set_decay(c, 0, tr->params.eta1, tr->params.lambda, tr->engine.precision);
  set_decay(c, 1, tr->params.eta2, tr->params.lambda, tr->engine.precision);
  c->joint = tr->params.reading.loss == LOSS_JOINT;
  c->margin_error = margin_error(tr->data);
  c->families = tr->params.reading.gate == GATE_SHARED ? 1 : BLOCK_COUNT;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    measure_weights(tr, (Block)b);
    measure_reach(tr, (Block)b);
  }
  c->applies = why_not(tr) == NULL;
  if (!c->applies) set_break(tr, why_not(tr));
  return STATUS_OK;
}

void certificate_close(Certificate *c) {
  if (c == NULL) return;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    free(c->block[b].query);
    free(c->block[b].reach);
  }
  free(c->scratch);
  free(c);
}

/* ---- one step ---- */

static bool is_active(const Trainer *tr) {
  return tr->certificate != NULL && !tr->certificate->broken;
}

/* curvature_b sum_b' curvature_b' size_b' over the blocks whose outputs drive block b: at most this
   many times the derivative of the loss's slope, 1/4, a gradient moves with weights that move by
   `size` [4]. */
static double coupled(const Certificate *c, Block b, const double size[BLOCK_COUNT]) {
  double sum = 0;
  for (int other = 0; other < BLOCK_COUNT; other++)
    if (c->joint || other == (int)b) sum += c->block[other].curvature * size[other];
  return c->block[b].curvature * sum * SLACK;
}

/* [8] gradient_error := bound of norm(G - grad(X)), G as computed at U, X = Ubar + Utilde exactly.
 */
void certificate_gradient(Trainer *tr, Block b) {
  if (!is_active(tr)) return;
  Certificate *c = tr->certificate;
  CertificateBlock *block = &c->block[b];
  const Engine *e = &tr->engine;
  double full[BLOCK_COUNT], distance[BLOCK_COUNT], slopes;
  e->ops->array_shadow(c->scratch, &tr->block[b].gradient, e);
  block->gradient_norm = norm_up(c->scratch, e->d * e->d);
  e->ops->array_shadow(c->scratch, &tr->residual, e);
  for (int64_t n = 0; n < e->N; n++)
    c->scratch[n] = fabs(c->scratch[n]);
  slopes = lanes_dot(c->scratch, block->reach, e->N) / (double)e->N * SLACK;
  for (int k = 0; k < BLOCK_COUNT; k++) {
    full[k] = c->block[k].norm[WEIGHT_FULL];
    distance[k] = certificate_distance(tr, (Block)k);
  }
  const double kernels = (c->gradient + c->residual) * slopes +
                         0.25 * (c->bilinear + c->unit) * coupled(c, b, full) + BOUND_FLOOR;
  if (tr->t == tr->params.t1) block->signal_at_t1 = certificate_signal(block);
  block->gradient_error = (kernels + 0.25 * c->unit * coupled(c, b, full)) * SLACK;
  const double off = (kernels + 0.25 * coupled(c, b, distance)) * SLACK; /* [12] */
  if (off > block->gradient_off) block->gradient_off = off;
}

/* [9] local_b, and the noise weight's own bound. */
void certificate_descent(Trainer *tr, Block b, double eta) {
  if (!is_active(tr)) return;
  Certificate *c = tr->certificate;
  CertificateBlock *block = &c->block[b];
  const int stage = tr->t < tr->params.t1 ? 0 : 1;
  const int64_t size = tr->data->d * tr->data->d;
  const double decay = c->rho_error[stage] + c->unit * c->rho[stage];
  const double xi = norm_up(tr->noise, size);
  const double signal = block->norm[WEIGHT_SIGNAL], noise = block->norm[WEIGHT_NOISE];
  for (int kind = 0; kind < WEIGHT_FULL; kind++) {
    trainer_shadow(c->scratch, tr, b, (WeightKind)kind);
    block->norm[kind] = norm_up(c->scratch, size);
  }
  const double noise_local =
      decay * noise + c->unit * (eta * xi + block->norm[WEIGHT_NOISE]) + BOUND_FLOOR;
  const double signal_local = decay * signal +
                              c->unit * (eta * block->gradient_norm + block->norm[WEIGHT_SIGNAL]) +
                              eta * block->gradient_error + BOUND_FLOOR;
  block->local = (noise_local + signal_local) * SLACK;
  block->noise = up(up(c->rho[stage] + c->rho_error[stage]) * block->noise);
  block->noise = up(block->noise + noise_local * SLACK);
}

/* [5] the contraction factor for the given sum of B. */
static double factor(const Certificate *c, int stage, double eta, double lambda, double B) {
  const double shrink = up(c->rho[stage] + c->rho_error[stage]);
  const double turn = up(eta * (lambda + B / 4) * SLACK - 1);
  return turn > shrink ? turn : shrink;
}

/* [6] */
void certificate_step(Trainer *tr, double eta) {
  if (!is_active(tr)) return;
  Certificate *c = tr->certificate;
  const int stage = tr->t < tr->params.t1 ? 0 : 1;
  double B[BLOCK_COUNT], local[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++) {
    B[b] = c->block[b].curvature * c->block[b].curvature * SLACK;
    local[b] = c->block[b].local;
  }
  if (c->joint) {
    B[BLOCK_P] = B[BLOCK_Q] = (B[BLOCK_P] + B[BLOCK_Q]) * SLACK;
    local[BLOCK_P] = local[BLOCK_Q] =
        sqrt(local[BLOCK_P] * local[BLOCK_P] + local[BLOCK_Q] * local[BLOCK_Q]) * SLACK;
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    CertificateBlock *block = &c->block[b];
    block->total = up(up(factor(c, stage, eta, tr->params.lambda, B[b]) * block->total) + local[b]);
  }
}

/* ---- gates ---- */

double certificate_distance(const Trainer *tr, Block b) {
  const CertificateBlock *block = &tr->certificate->block[b];
  if (tr->t == 0) return 0; /* U_0 = Utilde_0 is given */
  return up(block->total + tr->certificate->unit * block->norm[WEIGHT_FULL] * SLACK);
}

void certificate_before_gates(Trainer *tr) {
  if (!is_active(tr)) return;
  double distance[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++) {
    CertificateBlock *block = &tr->certificate->block[b];
    block->norm[WEIGHT_FULL] = norm_up(tr->block[b].shadow, tr->data->d * tr->data->d);
    distance[b] = certificate_distance(tr, (Block)b);
  }
  gate_certify(tr->gate, distance, trainer_gate_is_certain);
}

void certificate_after_gates(Trainer *tr, bool flipped) {
  if (!is_active(tr)) return;
  Certificate *c = tr->certificate;
  const GateBreak found = gate_break(tr->gate);
  char why[sizeof c->reason];
  if (found.broken) {
    static const char *const family[] = {"", "P", "Q", "P and Q"};
    snprintf(why, sizeof why,
             "step %lld: a gate of %s (prompt %lld, token %lld) is not certain: its score needs "
             "%.3g in units of norm(x_l) norm(x_q), %.3g is sure",
             (long long)tr->t, family[found.mask], (long long)found.n, (long long)found.l,
             found.needed, found.available);
    set_break(tr, why);
    return;
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (flipped) measure_reach(tr, (Block)b);
    if (c->block[b].total <= BOUND_MAX && c->block[b].noise <= BOUND_MAX) continue;
    snprintf(why, sizeof why, "step %lld: the bound of block %s has grown beyond all use",
             (long long)tr->t, b == BLOCK_P ? "P" : "Q");
    set_break(tr, why);
    return;
  }
  c->step = tr->t;
}

/* ---- keeping ---- */

static void block_state(State *state, CertificateBlock *block, int b, int64_t N) {
  double *const number[] = {&block->mean_reach,     &block->curvature,    &block->gradient_norm,
                            &block->gradient_error, &block->gradient_off, &block->local,
                            &block->total,          &block->noise,        &block->signal_at_t1};
  state_doubles(state, state_key("certificate %d reach", b).text, block->reach, N);
  state_doubles(state, state_key("certificate %d norms", b).text, block->norm, WEIGHT_KINDS);
  for (size_t i = 0; i < sizeof number / sizeof *number; i++)
    state_doubles(state, state_key("certificate %d bound %zu", b, i).text, number[i], 1);
}

void certificate_state(State *state, Trainer *tr) {
  Certificate *c = tr->certificate;
  for (int b = 0; b < BLOCK_COUNT; b++)
    block_state(state, &c->block[b], b, tr->data->N);
  state_bool(state, "certificate broken", &c->broken);
  state_integer(state, "certificate step", &c->step, 0, tr->params.t1 + tr->params.t2);
  state_text(state, "certificate reason", c->reason, sizeof c->reason);
}

/* ---- outcome ---- */

CertificateSummary trainer_certificate(const Trainer *tr) {
  CertificateSummary out = {.asked = tr->certificate != NULL};
  if (!out.asked) return out;
  const Certificate *c = tr->certificate;
  out.certified = !c->broken;
  out.applies = c->applies;
  out.step = c->step;
  out.gates = c->families * tr->data->N * tr->data->L * (c->broken ? c->step : c->step + 1);
  snprintf(out.reason, sizeof out.reason, "%s", c->reason);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    out.distance[b] = c->broken ? INFINITY : certificate_distance(tr, (Block)b);
    out.noise[b] = c->broken ? INFINITY : c->block[b].noise;
  }
  return out;
}
