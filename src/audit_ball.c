/* audit_ball.c -- one training step by the book, in balls. */
#include "src/audit_ball.h"

#include <stdlib.h>

#include "src/rng.h"

/* One block's share of a step. */
typedef struct {
  arb_mat_t signal, noise;  /* (d, d) before the step */
  arb_mat_t full, gradient; /* (d, d) U and grad */
  arb_mat_t increment;      /* (d, d) xi_t */
  arb_ptr token;            /* (N, L + 1, d) exactly */
  arb_ptr reading, sum;     /* (d) U x_q and m_n of the prompt at hand */
  arb_struct output, score; /* h or g of the prompt, a score */
} AuditBlock;

struct AuditBall {
  const Params *params;
  const Dataset *data;
  slong prec;
  int64_t t;
  AuditBlock block[BLOCK_COUNT];
  arb_mat_t expected, after; /* (d, d) */
  double *xi;                /* (d, d) */
};

static void block_open(AuditBlock *block, Block b, const Dataset *data) {
  const int64_t tokens = data->N * (data->L + 1) * data->d;
  arb_mat_init(block->signal, data->d, data->d);
  arb_mat_init(block->noise, data->d, data->d);
  arb_mat_init(block->full, data->d, data->d);
  arb_mat_init(block->gradient, data->d, data->d);
  arb_mat_init(block->increment, data->d, data->d);
  block->token = _arb_vec_init((slong)tokens);
  for (int64_t i = 0; i < tokens; i++)
    arb_set_d(block->token + i, data->x[b][i]);
  block->reading = _arb_vec_init((slong)data->d);
  block->sum = _arb_vec_init((slong)data->d);
  arb_init(&block->output);
  arb_init(&block->score);
}

static void block_close(AuditBlock *block, const Dataset *data) {
  arb_mat_clear(block->signal);
  arb_mat_clear(block->noise);
  arb_mat_clear(block->full);
  arb_mat_clear(block->gradient);
  arb_mat_clear(block->increment);
  _arb_vec_clear(block->token, (slong)(data->N * (data->L + 1) * data->d));
  _arb_vec_clear(block->reading, (slong)data->d);
  _arb_vec_clear(block->sum, (slong)data->d);
  arb_clear(&block->output);
  arb_clear(&block->score);
}

StatusCode audit_ball_open(AuditBall **out, const Params *params, const Dataset *data,
                           int64_t precision, Error *err) {
  *out = NULL;
  AuditBall *a = array_alloc(1, sizeof *a);
  if (a == NULL) return error_memory(err, "audit");
  a->xi = array_alloc((size_t)(data->d * data->d), sizeof(double));
  if (a->xi == NULL) {
    free(a);
    return error_memory(err, "audit");
  }
  a->params = params;
  a->data = data;
  a->prec = (slong)precision;
  for (int b = 0; b < BLOCK_COUNT; b++)
    block_open(&a->block[b], (Block)b, data);
  arb_mat_init(a->expected, data->d, data->d);
  arb_mat_init(a->after, data->d, data->d);
  *out = a;
  return STATUS_OK;
}

void audit_ball_close(AuditBall *a) {
  if (a == NULL) return;
  for (int b = 0; b < BLOCK_COUNT; b++)
    block_close(&a->block[b], a->data);
  arb_mat_clear(a->expected);
  arb_mat_clear(a->after);
  free(a->xi);
  free(a);
}

void audit_ball_before(AuditBall *a, const Trainer *trainer) {
  a->t = trainer_time(trainer);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    AuditBlock *block = &a->block[b];
    trainer_weight(block->signal, trainer, (Block)b, WEIGHT_SIGNAL);
    trainer_weight(block->noise, trainer, (Block)b, WEIGHT_NOISE);
    arb_mat_add(block->full, block->signal, block->noise, a->prec);
    arb_mat_zero(block->gradient);
  }
}

static arb_srcptr token(const AuditBall *a, int b, int64_t n, int64_t l) {
  return a->block[b].token + (n * (a->data->L + 1) + l) * a->data->d;
}

/* Adds y x_l to m_n and y (score) to the output, when the gate is open; false when that is not
   certain. shared: the score that decides is that of both blocks. */
static bool add_token(AuditBall *a, int64_t n, int64_t l) {
  const slong d = (slong)a->data->d, y = (slong)dataset_label(a->data, n, l);
  const bool shared = a->params->reading.gate == GATE_SHARED;
  bool certain = true;
  arb_t both;
  arb_init(both);
  for (int b = 0; b < BLOCK_COUNT; b++)
    arb_dot(&a->block[b].score, NULL, 0, token(a, b, n, l), 1, a->block[b].reading, 1, d, a->prec);
  arb_add(both, &a->block[BLOCK_P].score, &a->block[BLOCK_Q].score, a->prec);
  for (int b = 0; b < BLOCK_COUNT && certain; b++) {
    AuditBlock *block = &a->block[b];
    arb_srcptr decisive = shared ? both : &block->score;
    certain = arb_is_positive(decisive) || arb_is_nonpositive(decisive);
    if (!arb_is_positive(decisive)) continue;
    arb_addmul_si(&block->output, &block->score, y, a->prec);
    for (slong i = 0; i < d; i++)
      arb_addmul_si(block->sum + i, token(a, b, n, l) + i, y, a->prec);
  }
  arb_clear(both);
  return certain;
}

/* grad += (c / (N L)) m_n x_q', m_n still without its 1/L; c = -y sigmoid(-y s). */
static void add_gradient(AuditBall *a, int b, const arb_t s, int64_t n) {
  const Dataset *data = a->data;
  const slong d = (slong)data->d, y = (slong)dataset_label(data, n, data->L);
  AuditBlock *block = &a->block[b];
  arb_t c, row;
  arb_init(c);
  arb_init(row);
  arb_mul_si(c, s, y, a->prec);
  arb_exp(c, c, a->prec);
  arb_add_ui(c, c, 1, a->prec);
  arb_mul_si(c, c, -y * (slong)(data->N * data->L), a->prec);
  arb_inv(c, c, a->prec);
  for (slong i = 0; i < d; i++) {
    arb_mul(row, c, block->sum + i, a->prec);
    for (slong j = 0; j < d; j++)
      arb_addmul(arb_mat_entry(block->gradient, i, j), row, token(a, b, n, data->L) + j, a->prec);
  }
  arb_clear(c);
  arb_clear(row);
}

/* Adds prompt n's share to the gradients; false when a gate is not certain. */
static bool add_prompt(AuditBall *a, int64_t n) {
  const slong d = (slong)a->data->d, L = (slong)a->data->L;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    AuditBlock *block = &a->block[b];
    for (slong i = 0; i < d; i++)
      arb_dot(block->reading + i, NULL, 0, block->full->rows[i], 1, token(a, b, n, L), 1, d,
              a->prec);
    _arb_vec_zero(block->sum, d);
    arb_zero(&block->output);
  }
  for (int64_t l = 0; l < L; l++)
    if (!add_token(a, n, l)) return false;
  arb_struct *h = &a->block[BLOCK_P].output, *g = &a->block[BLOCK_Q].output;
  arb_div_si(h, h, L, a->prec);
  arb_div_si(g, g, L, a->prec);
  if (a->params->reading.loss == LOSS_JOINT) {
    arb_add(h, h, g, a->prec);
    arb_set(g, h);
  }
  for (int b = 0; b < BLOCK_COUNT; b++)
    add_gradient(a, b, &a->block[b].output, n);
  return true;
}

/* out := norm(after - (rho before - eta increment)); scale += norm(before) + eta norm(increment).
 */
static void defect_of(arb_t out, arb_t scale, AuditBall *a, const arb_mat_t before,
                      const arb_mat_t increment, double eta) {
  arb_t rate, factor;
  arb_init(rate);
  arb_init(factor);
  arb_set_d(rate, eta);
  arb_set_d(factor, -a->params->lambda);
  arb_mul(factor, factor, rate, ARF_PREC_EXACT);
  arb_add_ui(factor, factor, 1, a->prec);
  arb_mat_scalar_mul_arb(a->expected, before, factor, a->prec);
  arb_mat_sub(a->expected, a->after, a->expected, a->prec);
  arb_mat_scalar_addmul_arb(a->expected, increment, rate, a->prec);
  arb_mat_frobenius_norm(out, a->expected, a->prec);
  arb_mat_frobenius_norm(factor, before, a->prec);
  arb_add(scale, scale, factor, a->prec);
  arb_mat_frobenius_norm(factor, increment, a->prec);
  arb_addmul(scale, rate, factor, a->prec);
  arb_clear(rate);
  arb_clear(factor);
}

static void draw_increment(AuditBall *a, int b) {
  const int64_t d = a->data->d;
  Rng rng =
      rng_open(a->params->seed, b == BLOCK_P ? STREAM_NOISE_W : STREAM_NOISE_V, (uint64_t)a->t);
  rng_normals(a->xi, d * d, a->params->tau_xi, &rng);
  for (int64_t ij = 0; ij < d * d; ij++)
    arb_set_d(arb_mat_entry(a->block[b].increment, ij / d, ij % d), a->xi[ij]);
}

bool audit_ball_after(arb_struct defect[BLOCK_COUNT], AuditBall *a, const Trainer *trainer) {
  const double eta = a->t < a->params->t1 ? a->params->eta1 : a->params->eta2;
  for (int64_t n = 0; n < a->data->N; n++)
    if (!add_prompt(a, n)) return false;
  arb_t noise, scale;
  arb_init(noise);
  arb_init(scale);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    AuditBlock *block = &a->block[b];
    arb_zero(scale);
    trainer_weight(a->after, trainer, (Block)b, WEIGHT_SIGNAL);
    defect_of(&defect[b], scale, a, block->signal, block->gradient, eta);
    draw_increment(a, b);
    trainer_weight(a->after, trainer, (Block)b, WEIGHT_NOISE);
    defect_of(noise, scale, a, block->noise, block->increment, eta);
    arb_max(&defect[b], &defect[b], noise, a->prec);
    if (arb_is_zero(scale))
      arb_zero(&defect[b]);
    else
      arb_div(&defect[b], &defect[b], scale, a->prec);
  }
  arb_clear(noise);
  arb_clear(scale);
  return true;
}
