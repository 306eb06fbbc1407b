/* replay_observe.c -- the observables of a replay, from balls that hold the exact weights. */
#include "src/measure.h"
#include "src/replay_internal.h"

/* out := the weight x with the radius in every entry. */
static void with_radius(arb_ptr out, arb_srcptr x, const arb_t radius, const Replay *r) {
  for (slong i = 0; i < r->d * r->d; i++) {
    arb_set(out + i, x + i);
    arb_add_error(out + i, radius);
  }
}

void replay_signal(arb_ptr out, const Replay *r, int b) {
  _arb_vec_sub(out, r->U[b], r->noise[b], r->d * r->d, r->prec);
  for (slong i = 0; i < r->d * r->d; i++) {
    arb_add_error(out + i, &r->radius[b]);
    arb_add_error(out + i, &r->noise_radius[b]);
  }
}

/* s_n := m_n' U x_n for all prompts. */
static void outputs(arb_ptr s, arb_srcptr U, const Replay *r, int b) {
  const slong d = r->d;
  arb_ptr row = _arb_vec_init(d);
  for (slong n = 0; n < r->N; n++) {
    for (slong i = 0; i < d; i++)
      arb_dot(row + i, NULL, 0, U + i * d, 1, replay_token(r, b, n, r->L), 1, d, r->prec);
    arb_dot(s + n, NULL, 0, r->sum[b] + n * d, 1, row, 1, d, r->prec);
  }
  _arb_vec_clear(row, d);
}

/* Means of l(y s), y s and 1[y s > 0]; each may be NULL. */
static void means(arb_ptr loss, arb_ptr margin, arb_ptr share, arb_srcptr s, const Replay *r) {
  arb_t ys, term, losses, margins, half;
  slong right = 0, unsure = 0;
  arb_init(ys), arb_init(term), arb_init(losses), arb_init(margins), arb_init(half);
  for (slong n = 0; n < r->N; n++) {
    arb_set(ys, s + n);
    if (dataset_label(r->data, n, r->L) < 0) arb_neg(ys, ys);
    right += arb_is_positive(ys);
    unsure += !arb_is_positive(ys) && !arb_is_nonpositive(ys);
    arb_add(margins, margins, ys, r->prec);
    arb_neg(term, ys);
    arb_exp(term, term, r->prec);
    arb_log1p(term, term, r->prec);
    arb_add(losses, losses, term, r->prec);
  }
  if (loss != NULL) arb_div_si(loss, losses, (slong)r->N, r->prec);
  if (margin != NULL) arb_div_si(margin, margins, (slong)r->N, r->prec);
  if (share != NULL) {
    arb_set_si(share, 2 * right + unsure);
    arb_set_si(half, unsure);
    arb_add_error(share, half);
    arb_div_si(share, share, 2 * (slong)r->N, r->prec);
  }
  arb_clear(ys), arb_clear(term), arb_clear(losses), arb_clear(margins), arb_clear(half);
}

static void trace_of(arb_t out, arb_srcptr U, const Replay *r) {
  arb_zero(out);
  for (slong i = 0; i < r->d; i++)
    arb_add(out, out, U + i * (r->d + 1), r->prec);
}

/* out := v' U v / (length^2 norm); 0 for a weight that is 0, or no direction. */
static void alignment(arb_t out, arb_srcptr U, const arb_t norm, const double *v, double length,
                      const Replay *r) {
  const slong d = r->d;
  arb_zero(out);
  if (arb_is_zero(norm) || !(length > 0)) return;
  arb_ptr x = _arb_vec_init(d), Ux = _arb_vec_init(d);
  for (slong i = 0; i < d; i++)
    arb_set_d(x + i, v[i]);
  for (slong i = 0; i < d; i++)
    arb_dot(Ux + i, NULL, 0, U + i * d, 1, x, 1, d, r->prec);
  arb_dot(out, NULL, 0, x, 1, Ux, 1, d, r->prec);
  arb_div(out, out, norm, r->prec);
  arb_set_d(x, length);
  arb_div(out, out, x, r->prec);
  arb_div(out, out, x, r->prec);
  _arb_vec_clear(x, d);
  _arb_vec_clear(Ux, d);
}

static void agreement(arb_t out, const Replay *r, int b) {
  slong agree = 0;
  for (int64_t n = 0; n < r->N; n++)
    for (int64_t l = 0; l < r->L; l++)
      agree += r->open[b][n * r->L + l] ==
               (dataset_label(r->data, n, l) == dataset_label(r->data, n, r->L));
  arb_set_si(out, agree);
  arb_div_si(out, out, (slong)(r->N * r->L), r->prec);
}

/* full := the outputs with the full weight, (N). */
static void observe_block(arb_ptr *value, size_t at, arb_ptr full, const Replay *r, int b) {
  const BlockObservables *id = &block_observables[b];
  const slong size = r->d * r->d;
  arb_ptr U = _arb_vec_init(size), s = _arb_vec_init(r->N);
  replay_signal(U, r, b);
  outputs(s, U, r, b);
  means(value[id->K] + at, value[id->margin] + at, NULL, s, r);
  replay_norm(value[id->norm[WEIGHT_SIGNAL]] + at, U, size, r->prec);
  trace_of(value[id->trace_signal] + at, U, r);
  arb_zero(value[id->change] + at);
  if (r->t > r->params->t1) {
    _arb_vec_sub(U, U, r->at_t1[b], size, r->prec);
    replay_norm(value[id->change] + at, U, size, r->prec);
  }
  with_radius(U, r->noise[b], &r->noise_radius[b], r);
  replay_norm(value[id->norm[WEIGHT_NOISE]] + at, U, size, r->prec);
  with_radius(U, r->U[b], &r->radius[b], r);
  outputs(full, U, r, b);
  means(value[id->loss] + at, NULL, value[id->accuracy] + at, full, r);
  replay_norm(value[id->norm[WEIGHT_FULL]] + at, U, size, r->prec);
  trace_of(value[id->trace] + at, U, r);
  alignment(value[id->align] + at, U, value[id->norm[WEIGHT_FULL]] + at,
            b == BLOCK_P ? r->data->w_star : r->data->z, b == BLOCK_P ? 1 : r->params->u, r);
  agreement(value[id->gate] + at, r, b);
  arb_set(value[id->gradient] + at, &r->largest_gradient[b]);
  arb_set(value[id->contraction] + at, &r->largest_B[b]);
  _arb_vec_clear(U, size);
  _arb_vec_clear(s, r->N);
}

/* out := smallest <y w*, x^P> */
static void smallest_margin(arb_t out, const Replay *r) {
  arb_ptr w = _arb_vec_init(r->d);
  arb_t margin;
  arb_init(margin);
  arb_pos_inf(out);
  for (slong i = 0; i < r->d; i++)
    arb_set_d(w + i, r->data->w_star[i]);
  for (int64_t n = 0; n < r->N; n++)
    for (int64_t l = 0; l <= r->L; l++) {
      arb_dot(margin, NULL, 0, w, 1, replay_token(r, BLOCK_P, n, l), 1, r->d, r->prec);
      if (dataset_label(r->data, n, l) < 0) arb_neg(margin, margin);
      arb_min(out, out, margin, r->prec);
    }
  arb_clear(margin);
  _arb_vec_clear(w, r->d);
}

/* out := lambda (eta1 min(t, t1) + eta2 max(t - t1, 0)) */
static void rate_time(arb_t out, const Replay *r) {
  const int64_t first = r->t < r->params->t1 ? r->t : r->params->t1;
  arb_t term;
  arb_init(term);
  arb_set_d(out, r->params->eta1);
  arb_mul_si(out, out, (slong)first, r->prec);
  arb_set_d(term, r->params->eta2);
  arb_mul_si(term, term, (slong)(r->t - first), r->prec);
  arb_add(out, out, term, r->prec);
  arb_set_d(term, r->params->lambda);
  arb_mul(out, out, term, r->prec);
  arb_clear(term);
}

void replay_observe(Trace *out, const Replay *r) {
  const size_t at = out->count;
  arb_ptr full[BLOCK_COUNT];
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    arb_indeterminate(out->value[id] + at); /* what is not measured here is not known */
  for (int b = 0; b < BLOCK_COUNT; b++) {
    full[b] = _arb_vec_init(r->N);
    observe_block(out->value, at, full[b], r, b);
  }
  _arb_vec_add(full[BLOCK_P], full[BLOCK_P], full[BLOCK_Q], r->N, r->prec);
  means(out->value[OBS_loss_PQ] + at, NULL, out->value[OBS_acc_PQ] + at, full[BLOCK_P], r);
  arb_set_si(out->value[OBS_flips] + at, (slong)r->flips);
  smallest_margin(out->value[OBS_min_margin] + at, r);
  rate_time(out->value[OBS_eta_lambda_time] + at, r);
  for (int b = 0; b < BLOCK_COUNT; b++)
    _arb_vec_clear(full[b], r->N);
}

bool replay_measures(ObservableId id) {
  switch (id) {
  case OBS_fallbacks:
  case OBS_undecided:
  case OBS_audit_W:
  case OBS_audit_V:
  case OBS_audited:
    return false;
  default:
    return id < OBSERVABLE_COUNT;
  }
}
