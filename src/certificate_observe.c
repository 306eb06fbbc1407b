/* certificate_observe.c -- the radius that each observable gets from the certificate
 * (certificate.md, 10 to 12). */
#include <math.h>

#include "src/certificate_internal.h"
#include "src/measure.h"
#include "src/trainer_internal.h"

/* value := a ball that holds everything within the radius of it. */
static void widen(arb_t value, double radius) {
  mag_t up;
  mag_init(up);
  mag_set_d(up, radius);
  arb_add_error_mag(value, up);
  mag_clear(up);
}

static double size_up(const arb_t value) {
  mag_t size;
  mag_init(size);
  arb_get_mag(size, value);
  const double out = mag_get_d(size);
  mag_clear(size);
  return out;
}

void certificate_widen_weight(arb_mat_t weight, const Trainer *tr, Block b, WeightKind kind) {
  if (tr->certificate == NULL || tr->certificate->broken) return;
  const CertificateBlock *block = &tr->certificate->block[b];
  const double bound = kind == WEIGHT_FULL     ? certificate_distance(tr, b)
                       : kind == WEIGHT_SIGNAL ? certificate_signal(block)
                                               : block->noise;
  for (slong i = 0; i < arb_mat_nrows(weight); i++)
    for (slong j = 0; j < arb_mat_ncols(weight); j++)
      widen(arb_mat_entry(weight, i, j), bound);
}

/* [10] how far the computed output of prompt n of block b is from the exact one, with a weight of
   the given norm whose own distance is known. 0 only if both are exactly 0. */
static double output_error(const Certificate *c, Block b, int64_t n, double norm, double distance) {
  const CertificateBlock *block = &c->block[b];
  const double size = distance + c->bilinear * norm;
  return size > 0 && block->reach[n] > 0 ? block->reach[n] * size * SLACK + BOUND_FLOOR : 0;
}

/* [11] A prompt whose output may have either sign makes an interval of the share. */
static void share_right(arb_t share, Trainer *tr, const Array *s, const bool of_block[BLOCK_COUNT],
                        const double distance[BLOCK_COUNT]) {
  Certificate *c = tr->certificate;
  const Engine *e = &tr->engine;
  int64_t right = 0, unsure = 0;
  e->ops->array_shadow(c->scratch, s, e);
  for (int64_t n = 0; n < e->N; n++) {
    const double output = c->scratch[n];
    double error = 0;
    for (int b = 0; b < BLOCK_COUNT; b++)
      if (of_block[b])
        error += output_error(c, (Block)b, n, c->block[b].norm[WEIGHT_FULL], distance[b]);
    if (of_block[BLOCK_P] && of_block[BLOCK_Q]) error += c->unit * fabs(output); /* of h + g */
    if (error > 0 && !(fabs(output) > error * SLACK + 0x1p-52 * fabs(output)))
      unsure++;
    else
      right += tr->query_label[n] * output > 0;
  }
  arb_set_si(share, (slong)(2 * right + unsure));
  widen(share, (double)unsure);
  arb_div_si(share, share, 2 * (slong)e->N, (slong)e->precision + 30);
}

/* |v'Uv/norm(U) - v'U*v/norm(U*)| <= norm(v)^2 min(2, 2 norm(U - U*)/norm(U)) */
static void widen_alignment(arb_t value, Trainer *tr, Block b, const arb_t norm, double distance) {
  const double *feature = b == BLOCK_P ? tr->data->w_star : tr->data->z;
  const double length = b == BLOCK_P ? 1 : tr->params.u;
  if (!(length > 0) || distance == 0) return;
  arf_t low;
  arf_init(low);
  arb_get_abs_lbound_arf(low, norm, MAG_BITS);
  const double size = arf_get_d(low, ARF_RND_DOWN);
  arf_clear(low);
  double squares = 0;
  for (int64_t i = 0; i < tr->data->d; i++)
    squares += feature[i] * feature[i];
  const double most = (squares / length / length) * SLACK + BOUND_FLOOR;
  widen(value, most * fmin(2, 2 * distance / size * SLACK) * SLACK);
}

static void observe_block(Record *record, Trainer *tr, Block b) {
  const Certificate *c = tr->certificate;
  const CertificateBlock *block = &c->block[b];
  const BlockObservables *id = &block_observables[b];
  const int64_t d = tr->data->d;
  arb_ptr value = record->value;
  const double full = certificate_distance(tr, b), signal = certificate_signal(block);
  const double *norm = block->norm;
  const double outputs = block->mean_reach * (full + c->bilinear * norm[WEIGHT_FULL]) * SLACK;
  const double signal_outputs =
      block->mean_reach * (signal + c->bilinear * norm[WEIGHT_SIGNAL]) * SLACK;
  const double underflow = tr->t > 0 ? BOUND_FLOOR : 0;

  widen(&value[id->K], signal_outputs + underflow);
  widen(&value[id->margin], signal_outputs + underflow);
  widen(&value[id->loss], outputs + underflow);
  const double distance[BLOCK_COUNT] = {full, full};
  share_right(&value[id->accuracy], tr, &tr->block[b].output,
              (const bool[]){b == BLOCK_P, b == BLOCK_Q}, distance);

  widen_alignment(&value[id->align], tr, b, &value[id->norm[WEIGHT_FULL]], full);
  widen(&value[id->norm[WEIGHT_SIGNAL]], signal);
  widen(&value[id->norm[WEIGHT_NOISE]], block->noise);
  widen(&value[id->norm[WEIGHT_FULL]], full);
  if (tr->t > tr->params.t1) widen(&value[id->change], (signal + block->signal_at_t1) * SLACK);
  const double root = sqrt((double)d) * SLACK; /* |tr E| <= sqrt(d) norm(E) */
  widen(&value[id->trace], root * full * SLACK);
  widen(&value[id->trace_signal], root * signal * SLACK);

  /* What is computed in doubles: a quotient; a maximum of norms of d^2 entries, off by no more than
     the largest of them is; B, a mean over N prompts of products of two norms squared of d entries:
     d roundings for each factor, one for their product, N for the sum, one for the quotient (N L^2
     is exact, below 2^53), so less than 2 d + N + 16. */
  widen(&value[id->gate], 0x1p-53);
  widen(&value[id->gradient],
        (size_up(&value[id->gradient]) * (double)(d * d + 8) * 0x1p-53 + block->gradient_off) *
            SLACK);
  widen(&value[id->contraction],
        size_up(&value[id->contraction]) * (double)(2 * d + tr->data->N + 16) * 0x1p-53 * SLACK);
}

/* A list of what is derived, so that a new observable is not covered until it is. */
bool certificate_covers(ObservableId id) {
  static const ObservableId of_both[] = {OBS_loss_PQ, OBS_acc_PQ, OBS_flips, OBS_min_margin,
                                         OBS_eta_lambda_time};
  for (size_t i = 0; i < sizeof of_both / sizeof *of_both; i++)
    if (of_both[i] == id) return true;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    const BlockObservables *of = &block_observables[b];
    const ObservableId covered[] = {of->K,
                                    of->loss,
                                    of->accuracy,
                                    of->margin,
                                    of->norm[WEIGHT_SIGNAL],
                                    of->norm[WEIGHT_NOISE],
                                    of->norm[WEIGHT_FULL],
                                    of->change,
                                    of->trace,
                                    of->trace_signal,
                                    of->align,
                                    of->gate,
                                    of->gradient,
                                    of->contraction};
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++)
      if (covered[i] == id) return true;
  }
  return false;
}

void certificate_observe(Record *record, Trainer *tr) {
  if (tr->certificate == NULL || tr->certificate->broken) return;
  const Certificate *c = tr->certificate;
  double distance[BLOCK_COUNT], outputs = 0;
  arb_ptr value = record->value;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    observe_block(record, tr, (Block)b);
    const CertificateBlock *block = &c->block[b];
    distance[b] = certificate_distance(tr, (Block)b);
    outputs += block->mean_reach *
               (distance[b] + (c->bilinear + 2 * c->unit) * block->norm[WEIGHT_FULL]) * SLACK;
  }
  widen(&value[OBS_loss_PQ], outputs * SLACK + (tr->t > 0 ? BOUND_FLOOR : 0));
  share_right(&value[OBS_acc_PQ], tr, &tr->joint, (const bool[]){true, true}, distance);
  widen(&value[OBS_min_margin], c->margin_error);
  widen(&value[OBS_eta_lambda_time],
        size_up(&value[OBS_eta_lambda_time]) * (double)(tr->t + 2) * 0x1p-53 * SLACK);
}
