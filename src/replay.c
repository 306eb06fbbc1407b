/* replay.c -- training once more in plain balls: gates, steps, and what is measured. */
#include "src/replay.h"

#include <stdio.h>

#include "src/measure.h"
#include "src/rng.h"
#include "src/schedule.h"
#include "src/stop.h"

#define SQUARINGS 24 /* of U'U: its powers up to 2^24 tell singular values 1e-5 apart */

/* A block: X(name, rows, columns), matrices of balls that hold the exact trajectory's numbers. */
#define MATRIX_LIST(X)                                                                             \
  X(token, N *(L + 1), d) /* row n (L+1) + l: x_l of prompt n, the query x_n last */               \
  X(query, N, d)          /* row n: x_n */                                                         \
  X(query_square, N, 1)   /* norm(x_n)^2 */                                                        \
  X(feature, d, 1)        /* w* or z/u */                                                          \
  X(full, d, d)           /* U = Ubar + Utilde */                                                  \
  X(signal, d, d)         /* Ubar */                                                               \
  X(noise, d, d)          /* Utilde */                                                             \
  X(signal_at_t1, d, d)                                                                            \
  X(gradient, d, d)                                                                                \
  X(reading, N, d)  /* row n: A x_n, for the weight A in question */                               \
  X(score, N, L)    /* x_l' U x_n */                                                               \
  X(gate, N, L)     /* 1: open, 0: shut */                                                         \
  X(sum, N, d)      /* row n: y_n m_n */                                                           \
  X(output, N, 1)   /* y_n m_n' U x_n */                                                           \
  X(other, N, 1)    /* y_n m_n' A x_n for another A; or the sum of both blocks' outputs */         \
  X(weighted, d, N) /* column n: sigma(-y_n s_n) y_n m_n */                                        \
  X(top, d, d)      /* the part of U's largest singular value; then what that leaves */            \
  X(scratch, d, d)                                                                                 \
  X(column, d, 1)                                                                                  \
  X(number, 1, 1)                                                                                  \
  X(mean, 1, 1)                                                                                    \
  X(largest_B, 1, 1) /* over the steps so far */                                                   \
  X(largest_gradient, 1, 1)

typedef struct {
#define X(name, rows, columns) arb_mat_t name;
  MATRIX_LIST(X)
#undef X
  slong flips, agree; /* flips so far; gates that agree with the label */
} Side;

typedef struct {
  const Params *params;
  const Dataset *data;
  slong prec, d, N, L;
  int64_t t;
  Trace *out;
  Side side[BLOCK_COUNT];
  arb_t minus_eta, rho, elapsed; /* rho = 1 - eta lambda; sum of eta lambda over the steps so far */
} Replay;

/* ---- making ---- */

static void set_doubles(arb_mat_t out, const double *x) {
  for (slong i = 0; i < arb_mat_nrows(out) * arb_mat_ncols(out); i++)
    arb_set_d(out->entries + i, x[i]);
}

/* out := numbers from the stream of the present step. */
static void set_normals(arb_mat_t out, const Replay *r, Stream stream, double scale) {
  Rng rng = rng_open(r->params->seed, stream, (uint64_t)r->t);
  double x;
  for (slong i = 0; i < r->d * r->d; i++) {
    rng_normals(&x, 1, scale, &rng);
    arb_set_d(out->entries + i, x);
  }
}

static void dot(arb_t out, arb_srcptr x, arb_srcptr y, const Replay *r) {
  arb_dot(out, NULL, 0, x, 1, y, 1, r->d, r->prec);
}

static void replay_open(Replay *r) {
  const slong d = r->d = r->data->d, N = r->N = r->data->N, L = r->L = r->data->L;
  arb_init(r->minus_eta), arb_init(r->rho), arb_init(r->elapsed);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    Side *k = &r->side[b];
#define X(name, rows, columns) arb_mat_init(k->name, rows, columns);
    MATRIX_LIST(X)
#undef X
    set_doubles(k->token, r->data->x[b]);
    set_doubles(k->feature, b == BLOCK_P ? r->data->w_star : r->data->z);
    for (slong n = 0; n < N; n++) {
      _arb_vec_set(k->query->rows[n], k->token->rows[n * (L + 1) + L], d);
      dot(k->query_square->rows[n], k->query->rows[n], k->query->rows[n], r);
    }
  }
  Side *p = &r->side[BLOCK_P], *q = &r->side[BLOCK_Q];
  set_normals(p->noise, r, STREAM_INIT_W, r->params->tau0); /* all other weights are 0 */
  arb_mat_set(p->full, p->noise);
  arb_set_d(q->number->entries, r->params->u > 0 ? r->params->u : 1);
  arb_mat_scalar_div_arb(q->feature, q->feature, q->number->entries, r->prec);
}

static void replay_close(Replay *r) {
  for (Side *k = r->side; k < r->side + BLOCK_COUNT; k++) {
#define X(name, rows, columns) arb_mat_clear(k->name);
    MATRIX_LIST(X)
#undef X
  }
  arb_clear(r->minus_eta), arb_clear(r->rho), arb_clear(r->elapsed);
}

/* ---- gates, gated sums, outputs ---- */

/* out := y_n m_n' A x_n for all prompts. */
static void find_outputs(arb_mat_t out, Side *k, const arb_mat_t A, const Replay *r) {
  arb_mat_transpose(k->scratch, A);
  arb_mat_mul(k->reading, k->query, k->scratch, r->prec);
  for (slong n = 0; n < r->N; n++)
    dot(out->rows[n], k->sum->rows[n], k->reading->rows[n], r);
}

/* Opens and shuts the gates by their scores; sum := the mean over L of the y_n y_l x_l that they
   let through. A score that may have either sign ends the replay. */
static void pass_gates(Side *k, Replay *r) {
  arb_mat_zero(k->sum);
  k->agree = 0;
  for (slong n = 0; n < r->N; n++)
    for (slong l = 0; l < r->L; l++) {
      arb_ptr score = arb_mat_entry(k->score, n, l), gate = arb_mat_entry(k->gate, n, l);
      arb_ptr sum = k->sum->rows[n], x = k->token->rows[n * (r->L + 1) + l];
      const bool same = dataset_label(r->data, n, l) == dataset_label(r->data, n, r->L);
      const bool open = arb_is_positive(score);
      if (!open && !arb_is_nonpositive(score) && r->out->info.ended[0] == '\0')
        snprintf(r->out->info.ended, sizeof r->out->info.ended,
                 "step %lld: cannot tell the gate of prompt %ld, token %ld at %ld bits",
                 (long long)r->t, (long)n, (long)l, (long)r->prec);
      k->flips += open != arb_is_one(gate);
      k->agree += open == same;
      arb_set_si(gate, open);
      if (open) (same ? _arb_vec_add : _arb_vec_sub)(sum, sum, x, r->d, r->prec);
    }
  arb_mat_scalar_div_si(k->sum, k->sum, r->L, r->prec);
}

/* largest_B := max(largest_B, mean of norm(m_n)^2 norm(x_n)^2) */
static void find_B(Side *k, const Replay *r) {
  arb_ptr square = k->number->entries, B = k->mean->entries, largest = k->largest_B->entries;
  arb_zero(B);
  for (slong n = 0; n < r->N; n++) {
    dot(square, k->sum->rows[n], k->sum->rows[n], r);
    arb_addmul(B, square, k->query_square->rows[n], r->prec);
  }
  arb_div_si(B, B, r->N, r->prec);
  arb_max(largest, largest, B, r->prec);
}

/* Scores, gates, sums and outputs of the present weights. */
static void look(Replay *r) {
  Side *p = &r->side[BLOCK_P], *q = &r->side[BLOCK_Q];
  for (Side *k = p; k <= q; k++) {
    arb_mat_transpose(k->scratch, k->full);
    arb_mat_mul(k->reading, k->query, k->scratch, r->prec);
    for (slong n = 0; n < r->N; n++)
      for (slong l = 0; l < r->L; l++)
        dot(arb_mat_entry(k->score, n, l), k->token->rows[n * (r->L + 1) + l], k->reading->rows[n],
            r);
  }
  if (r->params->reading.gate == GATE_SHARED) {
    arb_mat_add(p->score, p->score, q->score, r->prec);
    arb_mat_set(q->score, p->score);
  }
  for (Side *k = p; k <= q; k++) {
    pass_gates(k, r);
    find_outputs(k->output, k, k->full, r);
    find_B(k, r);
  }
}

/* ---- one step ---- */

/* gradient := -(1/N) sum_n sigma(-y_n s_n) y_n m_n x_n', s_n the output that drives the block. */
static void find_gradient(Side *k, const Replay *r) {
  arb_ptr number = k->number->entries, largest = k->largest_gradient->entries;
  arb_mat_set(k->other, k->output);
  if (r->params->reading.loss == LOSS_JOINT)
    arb_mat_add(k->other, r->side[BLOCK_P].output, r->side[BLOCK_Q].output, r->prec);
  for (slong n = 0; n < r->N; n++) { /* sigma(-ys) = 1/(1 + exp(ys)) */
    arb_exp(number, k->other->rows[n], r->prec);
    arb_add_ui(number, number, 1, r->prec);
    for (slong i = 0; i < r->d; i++)
      arb_div(arb_mat_entry(k->weighted, i, n), arb_mat_entry(k->sum, n, i), number, r->prec);
  }
  arb_mat_mul(k->gradient, k->weighted, k->query, r->prec);
  arb_mat_scalar_div_si(k->gradient, k->gradient, -r->N, r->prec);
  arb_mat_frobenius_norm(number, k->gradient, r->prec);
  arb_max(largest, largest, number, r->prec);
}

/* Ubar := rho Ubar - eta gradient, Utilde := rho Utilde - eta xi, U := Ubar + Utilde. */
static void step(Replay *r) {
  const Params *p = r->params;
  arb_set_d(r->minus_eta, r->t < p->t1 ? -p->eta1 : -p->eta2);
  arb_set_d(r->rho, p->lambda);
  arb_mul(r->rho, r->rho, r->minus_eta, r->prec);
  arb_sub(r->elapsed, r->elapsed, r->rho, r->prec);
  arb_add_ui(r->rho, r->rho, 1, r->prec);
  for (Side *k = r->side; k < r->side + BLOCK_COUNT; k++) {
    find_gradient(k, r);
    set_normals(k->scratch, r, k == r->side ? STREAM_NOISE_W : STREAM_NOISE_V, p->tau_xi);
    arb_mat_scalar_mul_arb(k->signal, k->signal, r->rho, r->prec);
    arb_mat_scalar_addmul_arb(k->signal, k->gradient, r->minus_eta, r->prec);
    arb_mat_scalar_mul_arb(k->noise, k->noise, r->rho, r->prec);
    arb_mat_scalar_addmul_arb(k->noise, k->scratch, r->minus_eta, r->prec);
    arb_mat_add(k->full, k->signal, k->noise, r->prec);
  }
  r->t++;
}

/* ---- what is measured ---- */

/* Means over outputs ys of log(1 + exp(-ys)), ys, and whether ys > 0. */
static void find_means(arb_t loss, arb_t margin, arb_t share, const arb_mat_t ys, Side *k,
                       const Replay *r) {
  arb_ptr x = k->number->entries;
  arb_zero(loss), arb_zero(margin), arb_zero(share);
  for (slong n = 0; n < r->N; n++) {
    arb_add(margin, margin, ys->rows[n], r->prec);
    arb_unit_interval(x); /* the sign is not known */
    if (arb_is_positive(ys->rows[n])) arb_one(x);
    if (arb_is_nonpositive(ys->rows[n])) arb_zero(x);
    arb_add(share, share, x, r->prec);
    arb_neg(x, ys->rows[n]);
    arb_exp(x, x, r->prec);
    arb_log1p(x, x, r->prec);
    arb_add(loss, loss, x, r->prec);
  }
  arb_div_si(loss, loss, r->N, r->prec);
  arb_div_si(margin, margin, r->N, r->prec);
  arb_div_si(share, share, r->N, r->prec);
}

/* out := smallest <y w*, x^P> of all tokens. */
static void smallest_margin(arb_t out, const Replay *r) {
  arb_ptr margin = r->side[BLOCK_P].number->entries;
  arb_pos_inf(out);
  for (slong i = 0; i < r->N * (r->L + 1); i++) {
    dot(margin, r->side[BLOCK_P].feature->entries, r->side[BLOCK_P].token->rows[i], r);
    if (r->data->y[i] < 0) arb_neg(margin, margin);
    arb_min(out, out, margin, r->prec);
  }
}

static void observe_block(arb_ptr value[], size_t at, Side *k, const Replay *r, Block b) {
  const BlockObservables *id = &block_observables[b];
  arb_ptr norm = value[id->norm[WEIGHT_FULL]] + at, align = value[id->align] + at;
  arb_ptr agree = value[id->gate] + at, unused = k->mean->entries;
  arb_mat_frobenius_norm(norm, k->full, r->prec);
  arb_mat_frobenius_norm(value[id->norm[WEIGHT_SIGNAL]] + at, k->signal, r->prec);
  arb_mat_frobenius_norm(value[id->norm[WEIGHT_NOISE]] + at, k->noise, r->prec);
  arb_mat_trace(value[id->trace] + at, k->full, r->prec);
  arb_mat_trace(value[id->trace_signal] + at, k->signal, r->prec);
  arb_mat_mul(k->column, k->full, k->feature, r->prec); /* align := v' U v / norm(U) */
  dot(align, k->feature->entries, k->column->entries, r);
  if (!arb_is_zero(norm)) arb_div(align, align, norm, r->prec);
  arb_set_si(agree, k->agree);
  arb_div_si(agree, agree, r->N * r->L, r->prec);
  arb_set(value[id->gradient] + at, k->largest_gradient->entries);
  arb_set(value[id->contraction] + at, k->largest_B->entries);
  find_means(value[id->loss] + at, unused, value[id->accuracy] + at, k->output, k, r);
  find_outputs(k->other, k, k->signal, r);
  find_means(value[id->K] + at, value[id->margin] + at, unused, k->other, k, r);
  if (r->t <= r->params->t1) arb_mat_set(k->signal_at_t1, k->signal);
  arb_mat_sub(k->scratch, k->signal, k->signal_at_t1, r->prec);
  arb_mat_frobenius_norm(value[id->change] + at, k->scratch, r->prec);
}

static void observe(arb_ptr value[], size_t at, Replay *r) {
  const bool shared = r->params->reading.gate == GATE_SHARED; /* every flip is of both blocks */
  Side *p = &r->side[BLOCK_P], *q = &r->side[BLOCK_Q];
  observe_block(value, at, p, r, BLOCK_P);
  observe_block(value, at, q, r, BLOCK_Q);
  arb_mat_add(p->other, p->output, q->output, r->prec); /* y_n (h_n + g_n) */
  find_means(value[OBS_loss_PQ] + at, p->mean->entries, value[OBS_acc_PQ] + at, p->other, p, r);
  smallest_margin(value[OBS_min_margin] + at, r);
  arb_set_si(value[OBS_flips] + at, shared ? p->flips : p->flips + q->flips);
  arb_set(value[OBS_eta_lambda_time] + at, r->elapsed);
}

/* top := U P, P = v v' with v U's right singular vector of the largest singular value, norm(U P).
   With s_1 >= s_2 >= ... the eigenvalues of U'U and v_i its eigenvectors, its normalised power is
   S = (U'U)^m / tr (U'U)^m = sum w_i v_i v_i', where w_i = s_i^m / sum_j s_j^m. As norm(S)^2 =
   sum w_i^2 <= w_1 sum w_i = w_1, and norm(S - P)^2 = (1 - w_1)^2 + sum_(i>1) w_i^2
   <= 2 (1 - w_1)^2, each entry of P is within 2 (1 - norm(S)^2) of that of S. */
static void find_top(arb_t singular, Side *k, slong prec) {
  arb_ptr x = k->number->entries;
  mag_t error;
  mag_init(error);
  arb_mat_transpose(k->scratch, k->full);
  arb_mat_mul(k->top, k->scratch, k->full, prec);
  for (int squarings = 0; !arb_mat_is_zero(k->top); squarings++) {
    arb_mat_trace(x, k->top, prec);
    arb_mat_scalar_div_arb(k->top, k->top, x, prec);
    arb_mat_frobenius_norm(x, k->top, prec);
    arb_sqr(x, x, prec);
    arb_sub_ui(x, x, 1, prec);
    arb_get_mag(error, x);
    if (squarings == SQUARINGS || !arb_is_negative(x)) break; /* no more is to be had */
    arb_mat_sqr(k->top, k->top, prec);
  }
  mag_mul_2exp_si(error, error, 1);
  arb_mat_add_error_mag(k->top, error);
  arb_mat_mul(k->top, k->full, k->top, prec);
  arb_mat_frobenius_norm(singular, k->top, prec);
  mag_clear(error);
}

/* Sums of eigenvalues, by traces; and what the blocks know with U's top, and without it. */
static void measure_moments(arb_ptr moment[], size_t at, Replay *r) {
  static const struct {
    MomentId loss[2], accuracy[2]; /* [1]: without it */
  } of_block[BLOCK_COUNT] = {
      {{MOMENT_K1_top, MOMENT_K1_rest}, {MOMENT_acc_P_top, MOMENT_acc_P_rest}},
      {{MOMENT_K2_top, MOMENT_K2_rest}, {MOMENT_acc_Q_top, MOMENT_acc_Q_rest}}};
  arb_ptr top[BLOCK_COUNT] = {moment[MOMENT_top_W] + at, moment[MOMENT_top_V] + at};
  arb_mat_trace(moment[MOMENT_eigensum_W] + at, r->side[BLOCK_P].full, r->prec);
  arb_mat_trace(moment[MOMENT_eigensum_V] + at, r->side[BLOCK_Q].full, r->prec);
  for (int b = 0; b < BLOCK_COUNT; b++)
    find_top(top[b], &r->side[b], r->prec);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    Side *k = &r->side[b];
    if (!arb_gt(top[b], top[!b])) /* U's is in the other block, or it is not known where */
      (arb_lt(top[b], top[!b]) ? arb_mat_zero : arb_mat_indeterminate)(k->top);
    for (int rest = 0; rest < 2; rest++) {
      if (rest) arb_mat_sub(k->top, k->full, k->top, r->prec);
      find_outputs(k->other, k, k->top, r);
      find_means(moment[of_block[b].loss[rest]] + at, k->mean->entries,
                 moment[of_block[b].accuracy[rest]] + at, k->other, k, r);
    }
  }
}

bool replay_measures(ObservableId id) {
  return id < OBSERVABLE_COUNT && id != OBS_fallbacks && id != OBS_undecided && id != OBS_audit_W &&
         id != OBS_audit_V && id != OBS_audited;
}

/* ---- the whole trajectory ---- */

static arb_ptr unknown(size_t count) {
  arb_ptr out = _arb_vec_init((slong)count);
  _arb_vec_indeterminate(out, (slong)count);
  return out;
}

/* out->count := the steps of the default schedule, kept when there is room for them. */
static StatusCode find_steps(Trace *out, const Params *p, Error *err) {
  const Schedule schedule = schedule_make(p->t1, p->t2, 0);
  out->count = 0;
  for (int64_t t = 0; t <= p->t1 + p->t2; t++) {
    TRY(stop_check(err)); /* there may be billions */
    if (!schedule_due(&schedule, t)) continue;
    if (out->step != NULL) out->step[out->count] = t;
    out->count++;
  }
  return STATUS_OK;
}

/* Room for records at the default schedule's steps and for moments at the named ones. */
static StatusCode trace_open(Trace *out, const Params *p, slong prec, Error *err) {
  const int64_t named[] = {0, p->t1, p->t1 + p->t2};
  *out = (Trace){.info = {.engine = "replay", .precision = prec, .params = *p}};
  TRY(find_steps(out, p, err));
  out->step = array_alloc(out->count, sizeof *out->step);
  out->moment_step = array_alloc(3, sizeof *out->moment_step);
  if (out->step == NULL || out->moment_step == NULL) return error_memory(err, "replay");
  TRY(find_steps(out, p, err));
  for (int i = 0; i < 3; i++)
    if (i == 0 || named[i] > named[i - 1]) out->moment_step[out->moment_count++] = named[i];
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    out->value[id] = unknown(out->count);
  for (int id = 0; id < MOMENT_COUNT; id++)
    out->moment[id] = unknown(out->moment_count);
  return STATUS_OK;
}

/* Steps from 0 to t1 + t2, or to a gate that cannot be told. */
static StatusCode train(Replay *r, const Progress *progress, Error *err) {
  const int64_t last = r->params->t1 + r->params->t2;
  for (;; step(r)) {
    look(r);
    if (r->out->info.ended[0] != '\0') return STATUS_OK;
    const int64_t at = trace_find(r->out, r->t), named = trace_find_moment(r->out, r->t);
    if (at >= 0) observe(r->out->value, (size_t)at, r);
    if (named >= 0) measure_moments(r->out->moment, (size_t)named, r);
    if (progress->tick != NULL && !progress->tick(r->t, last, progress->context))
      return error_set(err, STATUS_INTERNAL, "interrupted at step %lld of %lld", (long long)r->t,
                       (long long)last);
    if (r->t == last) break;
  }
  r->out->info.gates = (last + 1) * r->N * r->L;
  return STATUS_OK;
}

StatusCode replay_train(Trace *out, const Params *p, const Dataset *data, slong prec,
                        const Progress *progress, Error *err) {
  *out = (Trace){0};
  if (p->optimizer != OPTIMIZER_SGD || p->attention != ATTENTION_RELU)
    return error_set(err, STATUS_DATA, "replay: expected optimizer sgd and attention relu");
  Replay r = {.params = p, .data = data, .out = out, .prec = prec};
  StatusCode code = trace_open(out, p, prec, err);
  replay_open(&r);
  if (code == STATUS_OK) code = train(&r, progress, err);
  replay_close(&r);
  if (code != STATUS_OK) trace_clear(out);
  return code;
}
