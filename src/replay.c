/* replay.c -- the exact trajectory in balls, by plain loops. */
#include "src/replay_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/rng.h"
#include "src/schedule.h"

static const slong low = 64; /* bits of bounds */

/* ---- making ---- */

static StatusCode replay_open(Replay *r, Error *err) {
  const Dataset *data = r->data;
  const slong d = r->d, N = r->N, tokens = N * (r->L + 1);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    r->token[b] = _arb_vec_init(tokens * d);
    r->size[b] = _arb_vec_init(tokens);
    r->most[b] = _mag_vec_init(tokens);
    r->U[b] = _arb_vec_init(d * d);
    r->noise[b] = _arb_vec_init(d * d);
    r->at_t1[b] = _arb_vec_init(d * d);
    r->gradient[b] = _arb_vec_init(d * d);
    r->reading[b] = _arb_vec_init(N * d);
    r->sum[b] = _arb_vec_init(N * d);
    r->output[b] = _arb_vec_init(N);
    arb_init(&r->radius[b]);
    arb_init(&r->noise_radius[b]);
    arb_init(&r->B[b]);
    arb_init(&r->largest_B[b]);
    arb_init(&r->largest_gradient[b]);
    for (slong i = 0; i < tokens * d; i++)
      arb_set_d(r->token[b] + i, data->x[b][i]);
    for (slong i = 0; i < tokens; i++) {
      arb_dot(r->size[b] + i, NULL, 0, r->token[b] + i * d, 1, r->token[b] + i * d, 1, d, low);
      arb_sqrt(r->size[b] + i, r->size[b] + i, low);
      arb_get_mag(r->most[b] + i, r->size[b] + i);
    }
    r->open[b] = array_alloc((size_t)(N * r->L), 1);
    if (r->open[b] == NULL) return error_memory(err, "replay");
  }
  r->sign = _arb_vec_init(r->L);
  r->slope = _arb_vec_init(N);
  r->scratch = _arb_vec_init(d > N ? d * d : N * d);
  double *initial = array_alloc((size_t)(d * d), sizeof *initial);
  if (initial == NULL) return error_memory(err, "replay");
  Rng rng = rng_open(r->params->seed, STREAM_INIT_W, 0);
  rng_normals(initial, d * d, r->params->tau0, &rng);
  for (slong i = 0; i < d * d; i++) {
    arb_set_d(r->noise[BLOCK_P] + i, initial[i]);
    arb_set_d(r->U[BLOCK_P] + i, initial[i]);
  }
  free(initial);
  return STATUS_OK;
}

static void replay_close(Replay *r) {
  const slong d = r->d, N = r->N, tokens = N * (r->L + 1);
  for (int b = 0; b < BLOCK_COUNT && r->token[b] != NULL; b++) {
    _arb_vec_clear(r->token[b], tokens * d);
    _arb_vec_clear(r->size[b], tokens);
    _mag_vec_clear(r->most[b], tokens);
    _arb_vec_clear(r->U[b], d * d);
    _arb_vec_clear(r->noise[b], d * d);
    _arb_vec_clear(r->at_t1[b], d * d);
    _arb_vec_clear(r->gradient[b], d * d);
    _arb_vec_clear(r->reading[b], N * d);
    _arb_vec_clear(r->sum[b], N * d);
    _arb_vec_clear(r->output[b], N);
    arb_clear(&r->radius[b]);
    arb_clear(&r->noise_radius[b]);
    arb_clear(&r->B[b]);
    arb_clear(&r->largest_B[b]);
    arb_clear(&r->largest_gradient[b]);
    free(r->open[b]);
  }
  if (r->sign == NULL) return;
  _arb_vec_clear(r->sign, r->L);
  _arb_vec_clear(r->slope, N);
  _arb_vec_clear(r->scratch, d > N ? d * d : N * d);
}

/* ---- gates, sums, outputs ---- */

arb_ptr replay_token(const Replay *r, int b, int64_t n, int64_t l) {
  return r->token[b] + (n * (r->L + 1) + l) * r->d;
}

/* score := x_l' U x_q of block b, with what the radius of U adds. */
static void score_block(arb_t score, const Replay *r, int b, int64_t n, int64_t l) {
  mag_t reach;
  mag_init(reach);
  arb_dot(score, NULL, 0, replay_token(r, b, n, l), 1, r->reading[b] + n * r->d, 1, r->d, r->prec);
  arb_get_mag(reach, &r->radius[b]);
  mag_mul(reach, reach, r->most[b] + n * (r->L + 1) + l);
  mag_mul(reach, reach, r->most[b] + n * (r->L + 1) + r->L);
  arb_add_error_mag(score, reach);
  mag_clear(reach);
}

static void set_gate(Replay *r, int b, int64_t n, int64_t l, const arb_t score, bool counts) {
  unsigned char *open = &r->open[b][n * r->L + l];
  const bool now = arb_is_positive(score);
  if (!now && !arb_is_nonpositive(score) && r->ended[0] == '\0')
    snprintf(r->ended, sizeof r->ended,
             "step %lld: cannot tell the gate of prompt %lld, token %lld at %ld bits",
             (long long)r->t, (long long)n, (long long)l, (long)r->prec);
  r->flips += counts && now != *open;
  *open = now;
}

static void find_gates(Replay *r, int64_t n) {
  arb_t score, other;
  arb_init(score);
  arb_init(other);
  for (int64_t l = 0; l < r->L; l++) {
    score_block(score, r, BLOCK_P, n, l);
    score_block(other, r, BLOCK_Q, n, l);
    const bool shared = r->params->reading.gate == GATE_SHARED;
    if (shared) {
      arb_add(score, score, other, r->prec);
      arb_set(other, score);
    }
    set_gate(r, BLOCK_P, n, l, score, true);
    set_gate(r, BLOCK_Q, n, l, other, !shared);
  }
  arb_clear(score);
  arb_clear(other);
}

/* Gates, m_n, outputs at the midpoint, B. */
static void look(Replay *r) {
  const slong d = r->d;
  arb_t size;
  arb_init(size);
  for (int64_t n = 0; n < r->N; n++) {
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (slong i = 0; i < d; i++)
        arb_dot(r->reading[b] + n * d + i, NULL, 0, r->U[b] + i * d, 1, replay_token(r, b, n, r->L),
                1, d, r->prec);
    find_gates(r, n);
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_zero(&r->B[b]);
    for (int64_t n = 0; n < r->N; n++) {
      arb_ptr m = r->sum[b] + n * d;
      for (int64_t l = 0; l < r->L; l++)
        arb_set_d(r->sign + l, r->open[b][n * r->L + l] ? dataset_label(r->data, n, l) : 0);
      for (slong i = 0; i < d; i++) {
        arb_dot(m + i, NULL, 0, r->sign, 1, replay_token(r, b, n, 0) + i, d, r->L, r->prec);
        arb_div_si(m + i, m + i, (slong)r->L, r->prec);
      }
      arb_dot(r->output[b] + n, NULL, 0, m, 1, r->reading[b] + n * d, 1, d, r->prec);
      arb_dot(size, NULL, 0, m, 1, m, 1, d, r->prec);
      arb_mul(size, size, r->size[b] + n * (r->L + 1) + r->L, r->prec);
      arb_addmul(&r->B[b], size, r->size[b] + n * (r->L + 1) + r->L, r->prec);
    }
    arb_div_si(&r->B[b], &r->B[b], (slong)r->N, r->prec);
    arb_max(&r->largest_B[b], &r->largest_B[b], &r->B[b], r->prec);
  }
  arb_clear(size);
}

/* ---- one step ---- */

/* norm := of a vector; its balls are taken as they are. */
void replay_norm(arb_t norm, arb_srcptr x, slong count, slong prec) {
  arb_dot(norm, NULL, 0, x, 1, x, 1, count, prec);
  arb_sqrtpos(norm, norm, prec);
}

/* x := its midpoints; lost := a bound of the norm of what that leaves out. */
static void take_midpoints(arb_t lost, arb_ptr x, slong count) {
  mag_t sum;
  mag_init(sum);
  for (slong i = 0; i < count; i++) {
    mag_addmul(sum, arb_radref(x + i), arb_radref(x + i));
    mag_zero(arb_radref(x + i));
  }
  mag_sqrt(sum, sum);
  arf_set_mag(arb_midref(lost), sum);
  mag_zero(arb_radref(lost));
  mag_clear(sum);
}

/* gradient of block b at the midpoint, and the largest norm it had. */
static void find_gradient(Replay *r, int b) {
  const slong d = r->d, N = r->N;
  const bool joint = r->params->reading.loss == LOSS_JOINT;
  arb_t s, norm;
  arb_init(s);
  arb_init(norm);
  for (slong n = 0; n < N; n++) {
    const double y = dataset_label(r->data, n, r->L);
    arb_set(s, r->output[b] + n);
    if (joint) arb_add(s, r->output[BLOCK_P] + n, r->output[BLOCK_Q] + n, r->prec);
    if (y < 0) arb_neg(s, s);
    arb_exp(s, s, r->prec);
    arb_add_ui(s, s, 1, r->prec);
    arb_inv(s, s, r->prec);
    if (y > 0) arb_neg(s, s);
    _arb_vec_scalar_mul(r->scratch + n * d, r->sum[b] + n * d, d, s, r->prec); /* c_n m_n */
  }
  for (slong i = 0; i < d; i++)
    for (slong j = 0; j < d; j++) {
      arb_ptr g = r->gradient[b] + i * d + j;
      arb_dot(g, NULL, 0, r->scratch + i, d, replay_token(r, b, 0, r->L) + j, (r->L + 1) * d, N,
              r->prec);
      arb_div_si(g, g, N, r->prec);
    }
  /* The exact gradient is that of U*, within (1/4) B radius of this one (certificate.md, 4). */
  replay_norm(norm, r->gradient[b], d * d, r->prec);
  arb_add(s, &r->B[BLOCK_P], &r->B[BLOCK_Q], low);
  arb_mul(s, joint ? s : &r->B[b], &r->radius[b], low);
  arb_add_error(norm, s);
  arb_max(&r->largest_gradient[b], &r->largest_gradient[b], norm, r->prec);
  arb_clear(s);
  arb_clear(norm);
}

/* x := rho x - eta g for all entries. */
static void descend(arb_ptr x, arb_srcptr g, const arb_t rho, const arb_t eta, const Replay *r) {
  for (slong i = 0; i < r->d * r->d; i++) {
    arb_mul(x + i, x + i, rho, r->prec);
    arb_submul(x + i, eta, g + i, r->prec);
  }
}

/* radius := factor radius + lost, up. */
static void grow(arb_t radius, const arb_t factor, const arb_t lost) {
  arb_mul(radius, radius, factor, low);
  arb_add(radius, radius, lost, low);
  arb_get_ubound_arf(arb_midref(radius), radius, low);
  mag_zero(arb_radref(radius));
}

/* The weights of step t + 1 and their radii. */
static StatusCode step(Replay *r, Error *err) {
  const Params *p = r->params;
  const slong size = r->d * r->d;
  const double rate = r->t < p->t1 ? p->eta1 : p->eta2;
  arb_t eta, lambda, rho, kappa, B;
  arb_struct lost[BLOCK_COUNT];
  double *xi = array_alloc((size_t)size, sizeof *xi);
  if (xi == NULL) return error_memory(err, "replay");
  arb_init(eta), arb_init(lambda), arb_init(rho), arb_init(kappa), arb_init(B);
  arb_set_d(eta, rate);
  arb_set_d(lambda, p->lambda);
  arb_mul(rho, eta, lambda, ARF_PREC_EXACT);
  arb_sub_ui(rho, rho, 1, ARF_PREC_EXACT);
  arb_neg(rho, rho);
  for (int b = 0; b < BLOCK_COUNT; b++)
    find_gradient(r, b);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_init(&lost[b]);
    Rng rng = rng_open(p->seed, b == BLOCK_P ? STREAM_NOISE_W : STREAM_NOISE_V, (uint64_t)r->t);
    rng_normals(xi, size, p->tau_xi, &rng);
    for (slong i = 0; i < size; i++)
      arb_set_d(r->scratch + i, xi[i]);
    _arb_vec_add(r->gradient[b], r->gradient[b], r->scratch, size, r->prec);
    descend(r->U[b], r->gradient[b], rho, eta, r);
    descend(r->noise[b], r->scratch, rho, eta, r);
    take_midpoints(kappa, r->noise[b], size);
    grow(&r->noise_radius[b], rho, kappa);
    take_midpoints(&lost[b], r->U[b], size);
  }
  const bool joint = p->reading.loss == LOSS_JOINT;
  if (joint) { /* one radius for the pair */
    arb_add(&lost[BLOCK_P], &lost[BLOCK_P], &lost[BLOCK_Q], low);
    arb_set(&lost[BLOCK_Q], &lost[BLOCK_P]);
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_set(B, &r->B[b]);
    if (joint) arb_add(B, &r->B[BLOCK_P], &r->B[BLOCK_Q], low);
    arb_mul_2exp_si(B, B, -2);
    arb_add(B, B, lambda, low);
    arb_mul(B, B, eta, low);
    arb_sub_ui(B, B, 1, low);
    arb_max(kappa, rho, B, low);
    grow(&r->radius[b], kappa, &lost[b]);
    arb_clear(&lost[b]);
  }
  arb_clear(eta), arb_clear(lambda), arb_clear(rho), arb_clear(kappa), arb_clear(B);
  free(xi);
  r->t++;
  return STATUS_OK;
}

/* ---- the whole trajectory ---- */

static StatusCode train(Trace *out, Replay *r, const Progress *progress, Error *err) {
  const int64_t total = r->params->t1 + r->params->t2;
  const Schedule schedule = schedule_make(r->params->t1, r->params->t2, 0);
  for (;;) {
    look(r);
    if (r->t == r->params->t1)
      for (int b = 0; b < BLOCK_COUNT; b++)
        replay_signal(r->at_t1[b], r, b);
    if (r->ended[0] != '\0') return STATUS_OK;
    if (schedule_due(&schedule, r->t)) {
      out->step[out->count] = r->t;
      replay_observe(out, r);
      out->count++;
    }
    if (progress->tick != NULL && !progress->tick(r->t, total, progress->context))
      return error_set(err, STATUS_INTERNAL, "interrupted at step %lld of %lld", (long long)r->t,
                       (long long)total);
    if (r->t == total) return STATUS_OK;
    TRY(step(r, err));
  }
}

/* Room for every step that may be recorded. */
static StatusCode trace_open(Trace *out, const Params *params, size_t *room, Error *err) {
  const Schedule schedule = schedule_make(params->t1, params->t2, 0);
  *out = (Trace){.info = {.engine = "replay", .params = *params}};
  *room = 0;
  for (int64_t t = 0; t <= params->t1 + params->t2; t++)
    *room += schedule_due(&schedule, t);
  out->step = array_alloc(*room, sizeof *out->step);
  if (out->step == NULL) return error_memory(err, "replay");
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    out->value[id] = _arb_vec_init((slong)*room);
  return STATUS_OK;
}

StatusCode replay_train(Trace *out, const Params *params, const Dataset *data, slong prec,
                        const Progress *progress, Error *err) {
  *out = (Trace){0};
  if (params->optimizer != OPTIMIZER_SGD || params->attention != ATTENTION_RELU)
    return error_set(err, STATUS_DATA,
                     "replay: there is no second code path for this optimizer or attention, "
                     "expected sgd and relu");
  Replay r = {
      .params = params, .data = data, .prec = prec, .d = data->d, .N = data->N, .L = data->L};
  size_t room;
  StatusCode code = trace_open(out, params, &room, err);
  if (code == STATUS_OK) code = replay_open(&r, err);
  if (code == STATUS_OK) code = train(out, &r, progress, err);
  const size_t count = out->count;
  out->info.precision = prec;
  out->info.gates = count == room ? (r.t + 1) * r.N * r.L : 0;
  memcpy(out->info.ended, r.ended, sizeof out->info.ended);
  for (size_t k = count; k < room; k++) /* what trace_clear will not see */
    for (int id = 0; id < OBSERVABLE_COUNT; id++)
      arb_clear(out->value[id] + k);
  replay_close(&r);
  if (code != STATUS_OK) trace_clear(out);
  return code;
}
