/* measure.c -- the observables of a trainer, in ball arithmetic from the engine's scalars. */
#include "src/measure.h"

#include <math.h>

#include "src/certificate.h"
#include "src/trainer_internal.h"

#define EXPONENT_BITS 100 /* of an observable */
#define FAR (1 << 20)     /* exp of it is far beyond any precision, and far from any limit */

const BlockObservables block_observables[BLOCK_COUNT] = {
    {OBS_K1,
     OBS_loss_P,
     OBS_acc_P,
     OBS_margin_P,
     {OBS_norm_Wbar, OBS_norm_Wtilde, OBS_norm_W},
     OBS_norm_dWbar,
     OBS_trace_W,
     OBS_trace_Wbar,
     OBS_align_W,
     OBS_gate_P,
     OBS_grad_W,
     OBS_contract_P},
    {OBS_K2,
     OBS_loss_Q,
     OBS_acc_Q,
     OBS_margin_Q,
     {OBS_norm_Vbar, OBS_norm_Vtilde, OBS_norm_V},
     OBS_norm_dVbar,
     OBS_trace_V,
     OBS_trace_Vbar,
     OBS_align_V,
     OBS_gate_Q,
     OBS_grad_V,
     OBS_contract_Q},
};

void measure_share_add(MeasuredShare *share, const arb_t x) {
  share->right += arb_is_positive(x);
  share->open += !arb_is_positive(x) && !arb_is_nonpositive(x);
}

/* From right / N to (right + open) / N. */
void measure_share(arb_t out, const MeasuredShare *share, int64_t N, slong prec) {
  arb_set_si(out, (slong)(2 * share->right + share->open));
  mag_set_ui(arb_radref(out), (ulong)share->open);
  arb_div_si(out, out, (slong)(2 * N), prec);
}

/* log(1 + exp(-ys)) = -ys + log(1 + exp(ys)): where exp(-ys) would be beyond all numbers, exp(ys)
   is next to nothing. */
void measure_loss(arb_t out, const arb_t ys, slong prec) {
  const bool is_far = arf_cmp_si(arb_midref(ys), -FAR) < 0;
  arb_t x;
  arb_init(x);
  arb_set(x, ys);
  if (!is_far) arb_neg(x, x);
  arb_exp(x, x, prec);
  arb_log1p(x, x, prec);
  if (is_far)
    arb_sub(out, x, ys, prec);
  else
    arb_set(out, x);
  arb_clear(x);
}

/* Means over prompts of l(y s), y s and 1[y s > 0]; each output may be NULL. */
static void output_means(arb_t loss, arb_t margin, arb_t accuracy, const Array *s,
                         const Trainer *tr, slong prec) {
  const Engine *e = &tr->engine;
  arb_t ys, term, loss_sum, margin_sum;
  arb_init(ys);
  arb_init(term);
  arb_init(loss_sum);
  arb_init(margin_sum);
  MeasuredShare right = {0};
  for (int64_t n = 0; n < e->N; n++) {
    e->ops->array_get(ys, s, n, e);
    if (tr->query_label[n] < 0) arb_neg(ys, ys);
    measure_share_add(&right, ys);
    arb_add(margin_sum, margin_sum, ys, prec);
    if (loss == NULL) continue;
    measure_loss(term, ys, prec);
    arb_add(loss_sum, loss_sum, term, prec);
  }
  if (loss != NULL) arb_div_si(loss, loss_sum, (slong)e->N, prec);
  if (margin != NULL) arb_div_si(margin, margin_sum, (slong)e->N, prec);
  if (accuracy != NULL) measure_share(accuracy, &right, e->N, prec);
  arb_clear(ys);
  arb_clear(term);
  arb_clear(loss_sum);
  arb_clear(margin_sum);
}

/* out := norm(a - b), or norm(a) when b is NULL; trace likewise of a alone and may be NULL. */
static void norm_and_trace(arb_t norm, arb_t trace, const Array *a, const Array *b, const Engine *e,
                           slong prec) {
  arb_t x, y, sum, diagonal;
  arb_init(x);
  arb_init(y);
  arb_init(sum);
  arb_init(diagonal);
  for (int64_t i = 0; i < a->n; i++) {
    e->ops->array_get(x, a, i, e);
    if (i % (e->d + 1) == 0) arb_add(diagonal, diagonal, x, prec);
    if (b != NULL) {
      e->ops->array_get(y, b, i, e);
      arb_sub(x, x, y, prec);
    }
    arb_addmul(sum, x, x, prec);
  }
  arb_sqrtpos(norm, sum, prec); /* a ball around a small sum of squares may reach below 0 */
  if (trace != NULL) arb_set(trace, diagonal);
  arb_clear(x);
  arb_clear(y);
  arb_clear(sum);
  arb_clear(diagonal);
}

/* out := v' U v / (length^2 norm(U)) with norm given; 0 when U = 0. */
static void alignment(arb_t out, const Array *U, const double *v, double length, const arb_t norm,
                      const Engine *e, slong prec) {
  if (arb_is_zero(norm)) {
    arb_zero(out);
    return;
  }
  arb_t x, vi, row;
  arb_init(x);
  arb_init(vi);
  arb_init(row);
  arb_zero(out);
  for (int64_t i = 0; i < e->d; i++) {
    arb_zero(row);
    for (int64_t j = 0; j < e->d; j++) {
      e->ops->array_get(x, U, i * e->d + j, e);
      arb_set_d(vi, v[j]);
      arb_addmul(row, x, vi, prec);
    }
    arb_set_d(vi, v[i]);
    arb_addmul(out, row, vi, prec);
  }
  arb_div(out, out, norm, prec);
  arb_set_d(vi, length);
  arb_div(out, out, vi, prec);
  arb_div(out, out, vi, prec);
  arb_clear(x);
  arb_clear(vi);
  arb_clear(row);
}

/* out := share of the gates that agree with the label. */
static void agreement(arb_t out, const Trainer *tr, Block b, slong prec) {
  if (tr->engine.kind != ENGINE_BALL) {
    arb_set_d(out, gate_agreement(tr->gate, b));
    return;
  }
  arb_set_si(out, (slong)gate_agreeing(tr->gate, b));
  arb_div_si(out, out, (slong)(tr->data->N * tr->data->L), prec);
}

/* out := sum of eta lambda over the steps so far. */
static void rate_time(arb_t out, const Trainer *tr, slong prec) {
  if (tr->engine.kind != ENGINE_BALL) {
    arb_set_d(out, tr->eta_lambda_time);
    return;
  }
  const int64_t first = tr->t < tr->params.t1 ? tr->t : tr->params.t1;
  arb_t factor;
  arb_init(factor);
  arb_set_d(out, tr->params.eta1);
  arb_mul_si(out, out, (slong)first, prec);
  arb_set_d(factor, tr->params.eta2);
  arb_mul_si(factor, factor, (slong)(tr->t - first), prec);
  arb_add(out, out, factor, prec);
  arb_set_d(factor, tr->params.lambda);
  arb_mul(out, out, factor, prec);
  arb_clear(factor);
}

static void observe_block(Record *record, Trainer *tr, Block b, slong prec) {
  const Engine *e = &tr->engine;
  const BlockObservables *id = &block_observables[b];
  const BlockState *block = &tr->block[b];
  arb_ptr value = record->value;

  trainer_output(&tr->signal_output, tr, b, WEIGHT_SIGNAL);
  output_means(&value[id->K], &value[id->margin], NULL, &tr->signal_output, tr, prec);
  trainer_output(&tr->block[b].output, tr, b, WEIGHT_FULL);
  output_means(&value[id->loss], NULL, &value[id->accuracy], &block->output, tr, prec);

  norm_and_trace(&value[id->norm[WEIGHT_SIGNAL]], &value[id->trace_signal],
                 &block->weight[WEIGHT_SIGNAL], NULL, e, prec);
  norm_and_trace(&value[id->norm[WEIGHT_NOISE]], NULL, &block->weight[WEIGHT_NOISE], NULL, e, prec);
  norm_and_trace(&value[id->norm[WEIGHT_FULL]], &value[id->trace], &block->weight[WEIGHT_FULL],
                 NULL, e, prec);
  if (tr->t > tr->params.t1)
    norm_and_trace(&value[id->change], NULL, &block->weight[WEIGHT_SIGNAL], &block->at_t1, e, prec);
  else
    arb_zero(&value[id->change]);

  const double *feature = b == BLOCK_P ? tr->data->w_star : tr->data->z;
  double length = b == BLOCK_P ? 1 : tr->params.u;
  if (length > 0)
    alignment(&value[id->align], &block->weight[WEIGHT_FULL], feature, length,
              &value[id->norm[WEIGHT_FULL]], e, prec);
  else
    arb_zero(&value[id->align]);
  if (tr->softmax != NULL)
    arb_set_d(&value[id->gate], softmax_agreement(tr->softmax, b));
  else
    agreement(&value[id->gate], tr, b, prec);
  arb_set(&value[id->gradient], block->largest_gradient);
  arb_set(&value[id->contraction], block->largest_contraction);
}

/* ---- followed at every step ---- */

static double norm_squared(const double *x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++)
    sum += x[i] * x[i];
  return sum;
}

void measure_gradient(arb_t out, Trainer *tr, Block b) {
  const Engine *e = &tr->engine;
  if (e->kind == ENGINE_BALL) {
    norm_and_trace(out, NULL, &tr->block[b].gradient, NULL, e, (slong)e->precision + 30);
    return;
  }
  e->ops->array_shadow(tr->noise, &tr->block[b].gradient, e);
  arb_set_d(out, sqrt(norm_squared(tr->noise, e->d * e->d)));
}

/* out := sum of x_i y_i, i < count. */
static void dot(arb_t out, const double *x, const double *y, int64_t count, slong prec) {
  arb_t a, b;
  arb_init(a);
  arb_init(b);
  arb_zero(out);
  for (int64_t i = 0; i < count; i++) {
    arb_set_d(a, x[i]);
    arb_set_d(b, y[i]);
    arb_addmul(out, a, b, prec);
  }
  arb_clear(a);
  arb_clear(b);
}

static void enclose_contraction(arb_t out, const Trainer *tr, Block b) {
  const Dataset *data = tr->data;
  const slong prec = (slong)tr->engine.precision + 30;
  const double *sums = gate_sums(tr->gate, b);
  arb_t m, x;
  arb_init(m);
  arb_init(x);
  arb_zero(out);
  for (int64_t n = 0; n < data->N; n++) {
    const double *q = dataset_token(data, b, n, data->L);
    dot(m, sums + n * data->d, sums + n * data->d, data->d, prec);
    dot(x, q, q, data->d, prec);
    arb_addmul(out, m, x, prec);
  }
  arb_div_si(out, out, (slong)data->N, prec);
  arb_div_si(out, out, (slong)data->L, prec);
  arb_div_si(out, out, (slong)data->L, prec);
  arb_clear(m);
  arb_clear(x);
}

void measure_contraction(arb_t out, const Trainer *tr, Block b) {
  const Dataset *data = tr->data;
  if (tr->engine.kind == ENGINE_BALL) {
    enclose_contraction(out, tr, b);
    return;
  }
  const double *sums = gate_sums(tr->gate, b);
  double total = 0;
  for (int64_t n = 0; n < data->N; n++)
    total += norm_squared(sums + n * data->d, data->d) *
             norm_squared(dataset_token(data, b, n, data->L), data->d);
  arb_set_d(out, total / ((double)data->N * (double)data->L * (double)data->L));
}

static double margin_double(const double *w, const double *x, double y, int64_t d) {
  double margin = 0;
  for (int64_t i = 0; i < d; i++)
    margin += w[i] * x[i];
  return margin * y;
}

void measure_margin(arb_t out, const Trainer *tr) {
  const Dataset *data = tr->data;
  const slong prec = (slong)tr->engine.precision + 30;
  arb_t margin;
  arb_init(margin);
  arb_pos_inf(out);
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t l = 0; l <= data->L; l++) {
      const double *x = dataset_token(data, BLOCK_P, n, l), y = dataset_label(data, n, l);
      if (tr->engine.kind == ENGINE_BALL) {
        dot(margin, data->w_star, x, data->d, prec);
        if (y < 0) arb_neg(margin, margin);
      } else {
        arb_set_d(margin, margin_double(data->w_star, x, y, data->d));
      }
      arb_min(out, out, margin, prec);
    }
  arb_clear(margin);
}

/* ---- all together ---- */

/* Finite, and with exponents that can be kept: losses of runaway weights, exp(-1e50) and the like,
   are finite balls with exponents of hundreds of bits. */
static bool is_in_range(const arb_t value) {
  return arb_is_finite(value) && fmpz_bits(ARF_EXPREF(arb_midref(value))) <= EXPONENT_BITS &&
         fmpz_bits(MAG_EXPREF(arb_radref(value))) <= EXPONENT_BITS;
}

static const char *explain_range(const arb_t value) {
  if (!arb_is_finite(value)) return "not finite";
  return arf_cmpabs_2exp_si(arb_midref(value), 0) > 0 ? "beyond 2^(2^100)"
                                                      : "not 0, and below 2^-(2^100)";
}

StatusCode trainer_check_record(const Record *record, const Trainer *tr, Error *err) {
  for (int i = 0; i < OBSERVABLE_COUNT; i++)
    if (!is_in_range(&record->value[i]))
      return error_set(err, STATUS_DATA, "step %lld: %s is %s (%s engine, %lld bits)",
                       (long long)tr->t, observable_name[i], explain_range(&record->value[i]),
                       engine_name(tr->engine.kind), (long long)tr->engine.precision);
  return STATUS_OK;
}

StatusCode trainer_observe(Record *record, Trainer *tr, Error *err) {
  const Engine *e = &tr->engine;
  slong prec = (slong)e->precision + 30;
  arb_ptr value = record->value;
  record->step = tr->t;
  for (int b = 0; b < BLOCK_COUNT; b++)
    observe_block(record, tr, (Block)b, prec);
  e->ops->add(&tr->joint, &tr->block[BLOCK_P].output, &tr->block[BLOCK_Q].output, e);
  output_means(&value[OBS_loss_PQ], NULL, &value[OBS_acc_PQ], &tr->joint, tr, prec);
  GateCounts counts = gate_counts(tr->gate);
  arb_set_si(&value[OBS_flips], (slong)counts.flips);
  arb_set_si(&value[OBS_fallbacks], (slong)counts.fallbacks);
  arb_set_si(&value[OBS_undecided], (slong)counts.undecided);
  arb_set(&value[OBS_min_margin], tr->min_margin);
  rate_time(&value[OBS_eta_lambda_time], tr, prec);
  certificate_observe(record, tr);
  return trainer_check_record(record, tr, err);
}
