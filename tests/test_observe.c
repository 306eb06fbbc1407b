/* test_observe.c -- every observable against its definition, worked out in long ball arithmetic
 * from the exported weights alone. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/trainer_internal.h"
#include "tests/oracle.h"
#include "tests/support.h"

#define PREC 600 /* of everything here: far beyond the engines' 53 and 128 bits */

/* ---- a trainer's state by definition ---- */

typedef struct {
  const Params *params;
  const Dataset *data;
  arb_mat_struct weight[BLOCK_COUNT][WEIGHT_KINDS], at_t1[BLOCK_COUNT];
  unsigned char *open[BLOCK_COUNT];
  arb_ptr output[BLOCK_COUNT][WEIGHT_KINDS]; /* (N) y_q times the output with that weight */
  double slack[BLOCK_COUNT][WEIGHT_KINDS];   /* bound of the engine's error in any of them */
} View;

static void view_open(View *v, const Training *training) {
  *v = (View){.params = &training->params, .data = &training->data};
  for (int b = 0; b < BLOCK_COUNT; b++) {
    v->open[b] = array_alloc((size_t)(v->data->N * v->data->L), 1);
    cr_assert(v->open[b] != NULL, "scratch of %lld gates", (long long)(v->data->N * v->data->L));
    arb_mat_init(&v->at_t1[b], v->data->d, v->data->d);
    for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
      arb_mat_init(&v->weight[b][kind], v->data->d, v->data->d);
      v->output[b][kind] = _arb_vec_init(v->data->N);
    }
  }
}

static void view_close(View *v) {
  for (int b = 0; b < BLOCK_COUNT; b++) {
    free(v->open[b]);
    arb_mat_clear(&v->at_t1[b]);
    for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
      arb_mat_clear(&v->weight[b][kind]);
      _arb_vec_clear(v->output[b][kind], v->data->N);
    }
  }
}

/* out := y_q (1/L) sum_l y_l a_l x_l' U x_q. */
static void view_output(arb_t out, const View *v, int b, int kind, int64_t n) {
  const Dataset *data = v->data;
  const double *q = dataset_token(data, (Block)b, n, data->L);
  arb_t term, factor;
  arb_init(term);
  arb_init(factor);
  arb_zero(out);
  for (int64_t l = 0; l < data->L; l++)
    for (int64_t ij = 0; v->open[b][n * data->L + l] && ij < data->d * data->d; ij++) {
      arb_set_d(factor,
                dataset_label(data, n, l) * dataset_token(data, (Block)b, n, l)[ij / data->d]);
      arb_mul(term, arb_mat_entry(&v->weight[b][kind], ij / data->d, ij % data->d), factor, PREC);
      arb_set_d(factor, q[ij % data->d]);
      arb_addmul(out, term, factor, PREC);
    }
  arb_div_si(out, out, (slong)data->L, PREC);
  arb_mul_si(out, out, (slong)dataset_label(data, n, data->L), PREC);
  arb_clear(term);
  arb_clear(factor);
}

/* The engine rounds an output to within `relative` norm(m_n) norm(U) norm(x_n); see
   test_products.c. */
static double output_slack(const View *v, int b, int kind, double relative) {
  const Dataset *data = v->data;
  arb_t norm;
  arb_init(norm);
  arb_mat_frobenius_norm(norm, &v->weight[b][kind], 64);
  double largest = 0, size = arf_get_d(arb_midref(norm), ARF_RND_UP);
  arb_clear(norm);
  for (int64_t n = 0; n < data->N; n++) {
    double square = 0;
    for (int64_t i = 0; i < data->d; i++) {
      double m = 0;
      for (int64_t l = 0; l < data->L; l++)
        if (v->open[b][n * data->L + l])
          m += dataset_label(data, n, l) * dataset_token(data, (Block)b, n, l)[i];
      square += m * m;
    }
    largest = fmax(largest, sqrt(square) / (double)data->L *
                                support_norm(dataset_token(data, (Block)b, n, data->L), data->d));
  }
  return 1.001 * relative * size * largest;
}

static void view_look(View *v, const Training *training, const EngineChoice *engine) {
  arb_mat_struct full[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++) {
    for (int kind = 0; kind < WEIGHT_KINDS; kind++)
      trainer_weight(&v->weight[b][kind], training->trainer, (Block)b, (WeightKind)kind);
    if (trainer_time(training->trainer) == v->params->t1)
      arb_mat_set(&v->at_t1[b], &v->weight[b][WEIGHT_SIGNAL]);
    full[b] = v->weight[b][WEIGHT_FULL];
  }
  support_gates(v->open, NULL, v->data, v->params->reading.gate, full);
  double u = ldexp(1, (int)-engine->precision);
  double relative = engine->kind == ENGINE_DOUBLE ? support_gamma(2 * v->data->d + 1) : 2.01 * u;
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int kind = 0; kind < WEIGHT_KINDS; kind += WEIGHT_FULL) { /* signal and full */
      for (int64_t n = 0; n < v->data->N; n++)
        view_output(&v->output[b][kind][n], v, b, kind, n);
      v->slack[b][kind] = output_slack(v, b, kind, relative);
    }
}

/* out := mean of log(1 + exp(-s)). */
static void mean_loss(arb_t out, arb_srcptr s, int64_t N) {
  arb_t term;
  arb_init(term);
  arb_zero(out);
  for (int64_t n = 0; n < N; n++) {
    arb_neg(term, &s[n]);
    arb_exp(term, term, PREC);
    arb_add_ui(term, term, 1, PREC);
    arb_log(term, term, PREC);
    arb_add(out, out, term, PREC);
  }
  arb_div_si(out, out, (slong)N, PREC);
  arb_clear(term);
}

static void mean(arb_t out, arb_srcptr s, int64_t N) {
  arb_zero(out);
  for (int64_t n = 0; n < N; n++)
    arb_add(out, out, &s[n], PREC);
  arb_div_si(out, out, (slong)N, PREC);
}

static double share_positive(arb_srcptr s, int64_t N) {
  int64_t count = 0;
  for (int64_t n = 0; n < N; n++)
    count += arb_is_positive(&s[n]) != 0;
  return (double)count / (double)N;
}

/* v' U v / (scale^2 norm(U)). */
static void alignment(arb_t out, const arb_mat_t U, const double *v, double scale, int64_t d) {
  arb_t x, y;
  arb_init(x);
  arb_init(y);
  arb_zero(out);
  for (int64_t ij = 0; ij < d * d; ij++) {
    arb_set_d(x, v[ij / d]);
    arb_set_d(y, v[ij % d]);
    arb_mul(x, x, y, PREC);
    arb_addmul(out, x, arb_mat_entry(U, ij / d, ij % d), PREC);
  }
  arb_mat_frobenius_norm(x, U, PREC);
  if (arb_is_zero(x)) arb_one(x); /* then out = 0, by definition */
  arb_set_d(y, scale);
  arb_mul(y, y, y, PREC);
  arb_mul(x, x, y, PREC);
  arb_div(out, out, x, PREC);
  arb_clear(x);
  arb_clear(y);
}

/* ---- comparing ---- */

typedef struct {
  Worst worst;
  const Record *record;
  const char *name; /* of the run */
  double unit;      /* of values that are exact functions of the weights: 2^-(p + 20) relative */
} Check;

static void check(Check *c, ObservableId id, const arb_t expected, double slack) {
  arb_t difference;
  arb_init(difference);
  arb_sub(difference, &c->record->value[id], expected, PREC);
  double got = arf_get_d(arb_midref(&c->record->value[id]), ARF_RND_NEAR);
  double distance =
      fabs(arf_get_d(arb_midref(difference), ARF_RND_UP)) + mag_get_d(arb_radref(difference));
  worst_add(&c->worst, distance, slack + c->unit * fabs(got), "%s, step %lld: %s = %.17g", c->name,
            (long long)c->record->step, observable_name[id], got);
  arb_clear(difference);
}

static void check_d(Check *c, ObservableId id, double expected, double slack) {
  arb_t x;
  arb_init(x);
  arb_set_d(x, expected);
  check(c, id, x, slack);
  arb_clear(x);
}

typedef struct {
  ObservableId K, loss, accuracy, margin, norm[WEIGHT_KINDS], change, trace[WEIGHT_KINDS], align,
      gate, gradient, contraction;
} Names;

static const Names names[BLOCK_COUNT] = {{OBS_K1,
                                          OBS_loss_P,
                                          OBS_acc_P,
                                          OBS_margin_P,
                                          {OBS_norm_Wbar, OBS_norm_Wtilde, OBS_norm_W},
                                          OBS_norm_dWbar,
                                          {OBS_trace_Wbar, OBSERVABLE_COUNT, OBS_trace_W},
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
                                          {OBS_trace_Vbar, OBSERVABLE_COUNT, OBS_trace_V},
                                          OBS_align_V,
                                          OBS_gate_Q,
                                          OBS_grad_V,
                                          OBS_contract_Q}};

static void check_losses(Check *c, const View *v, int b) {
  int64_t N = v->data->N;
  double signal = v->slack[b][WEIGHT_SIGNAL], full = v->slack[b][WEIGHT_FULL];
  arb_t x;
  arb_init(x);
  /* l has slope <= 1, so a mean of losses errs by no more than an output. */
  mean_loss(x, v->output[b][WEIGHT_SIGNAL], N);
  check(c, names[b].K, x, signal);
  mean(x, v->output[b][WEIGHT_SIGNAL], N);
  check(c, names[b].margin, x, signal);
  mean_loss(x, v->output[b][WEIGHT_FULL], N);
  check(c, names[b].loss, x, full);
  check_d(c, names[b].accuracy, share_positive(v->output[b][WEIGHT_FULL], N), UNIT);
  for (int64_t n = 0; n < N; n++) { /* or else the count above would be luck */
    double s = fabs(arf_get_d(arb_midref(&v->output[b][WEIGHT_FULL][n]), ARF_RND_DOWN));
    worst_require(&c->worst, s == 0 || s > full, "%s: output %.3g is rounding", c->name, s);
  }
  arb_clear(x);
}

static void check_joint(Check *c, const View *v, double u) {
  int64_t N = v->data->N;
  arb_ptr sum = _arb_vec_init(N);
  arb_t x;
  arb_init(x);
  _arb_vec_add(sum, v->output[BLOCK_P][WEIGHT_FULL], v->output[BLOCK_Q][WEIGHT_FULL], N, PREC);
  double largest = 0;
  for (int64_t n = 0; n < N; n++)
    largest = fmax(largest, fabs(arf_get_d(arb_midref(&sum[n]), ARF_RND_UP)));
  mean_loss(x, sum, N);
  check(c, OBS_loss_PQ, x,
        v->slack[BLOCK_P][WEIGHT_FULL] + v->slack[BLOCK_Q][WEIGHT_FULL] + u * largest);
  check_d(c, OBS_acc_PQ, share_positive(sum, N), UNIT);
  arb_clear(x);
  _arb_vec_clear(sum, N);
}

static void check_weights(Check *c, const View *v, int b) {
  const Params *p = v->params;
  arb_t x;
  arb_mat_t change;
  arb_init(x);
  arb_mat_init(change, p->d, p->d);
  for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
    arb_mat_frobenius_norm(x, &v->weight[b][kind], PREC);
    check(c, names[b].norm[kind], x, 0);
    arb_mat_trace(x, &v->weight[b][kind], PREC);
    if (kind != WEIGHT_NOISE) check(c, names[b].trace[kind], x, 0);
  }
  if (c->record->step >= p->t1)
    arb_mat_sub(change, &v->weight[b][WEIGHT_SIGNAL], &v->at_t1[b], PREC);
  arb_mat_frobenius_norm(x, change, PREC);
  check(c, names[b].change, x, 0);
  alignment(x, &v->weight[b][WEIGHT_FULL], b == BLOCK_P ? v->data->w_star : v->data->z,
            b == BLOCK_P ? 1 : p->u, p->d);
  check(c, names[b].align, x, 0);
  arb_mat_clear(change);
  arb_clear(x);
}

/* What accumulates over the steps so far. */
typedef struct {
  double gradient[BLOCK_COUNT], contraction[BLOCK_COUNT], time;
  int64_t flips;
} Past;

/* Adds what the present state contributes: its gates' flips and B at once, its gradient to the
   steps after. */
static void past_arrive(Past *past, const View *v, unsigned char *const before[BLOCK_COUNT]) {
  const Dataset *data = v->data;
  int families = v->params->reading.gate == GATE_SHARED ? 1 : 2;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    for (int64_t i = 0; i < data->N * data->L; i++) {
      past->flips += b < families && v->open[b][i] != before[b][i];
      before[b][i] = v->open[b][i];
    }
    double B = 0;
    for (int64_t n = 0; n < data->N; n++) {
      double m[16] = {0};
      for (int64_t l = 0; l < data->L; l++)
        for (int64_t i = 0; v->open[b][n * data->L + l] && i < data->d; i++)
          m[i] += dataset_label(data, n, l) * dataset_token(data, (Block)b, n, l)[i];
      double size = support_norm(m, data->d) / (double)data->L *
                    support_norm(dataset_token(data, (Block)b, n, data->L), data->d);
      B += size * size / (double)data->N;
    }
    past->contraction[b] = fmax(past->contraction[b], B);
  }
}

static void past_leave(Past *past, Oracle *o, const Training *training) {
  const Params *p = &training->params;
  oracle_follow(o, training->trainer);
  oracle_look(o);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    double square = 0;
    for (int64_t ij = 0; ij < p->d * p->d; ij++)
      square += pow(mpfr_get_d(o->gradient[b][ij], MPFR_RNDN), 2);
    past->gradient[b] = fmax(past->gradient[b], sqrt(square));
  }
  past->time += (o->t < p->t1 ? p->eta1 : p->eta2) * p->lambda;
}

/* Counts, and what is computed in doubles: to a relative 1e-12. */
static void check_rest(Check *c, const View *v, const Past *past, const Training *training) {
  const Dataset *data = v->data;
  GateCounts counts = trainer_gate_counts(training->trainer);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    int64_t right = 0;
    for (int64_t i = 0; i < data->N * data->L; i++)
      right += (v->open[b][i] != 0) == (dataset_label(data, i / data->L, i % data->L) ==
                                        dataset_label(data, i / data->L, data->L));
    check_d(c, names[b].gate, (double)right / (double)(data->N * data->L), UNIT);
    check_d(c, names[b].gradient, past->gradient[b], 1e-12 * past->gradient[b]);
    check_d(c, names[b].contraction, past->contraction[b], 1e-12 * past->contraction[b]);
  }
  double margin = INFINITY;
  for (int64_t k = 0; k < data->N * (data->L + 1); k++) {
    double sum = 0;
    for (int64_t i = 0; i < data->d; i++)
      sum += data->w_star[i] * data->x[BLOCK_P][k * data->d + i];
    margin = fmin(margin, data->y[k] * sum);
  }
  check_d(c, OBS_min_margin, margin, 1e-14);
  check_d(c, OBS_eta_lambda_time, past->time, 1e-12);
  check_d(c, OBS_flips, (double)past->flips, 0);
  check_d(c, OBS_fallbacks, (double)counts.fallbacks, 0);
  check_d(c, OBS_undecided, 0, 0);
}

static void check_run(int reading, const EngineChoice *engine) {
  static const int64_t at[] = {0, 1, 7, 24, 25, 26, 40, 60};
  Error err;
  Training training;
  View view;
  Oracle oracle;
  Past past = {0};
  Record record;
  Params p = support_params(4, 6, 7);
  p.reading = support_reading[reading];
  p.lambda = 1.0 / 100;
  p.t1 = 25;
  p.t2 = 35;
  p.tau0 = 0.03;
  p.tau_xi = support_tau_xi(&p);
  unsigned char *before[BLOCK_COUNT];
  for (int b = 0; b < BLOCK_COUNT; b++) {
    before[b] = array_alloc((size_t)(p.N * p.L), 1);
    cr_assert(before[b] != NULL, "scratch of %lld gates", (long long)(p.N * p.L));
  }
  training_open(&training, p, engine->kind, engine->precision);
  view_open(&view, &training);
  oracle_open(&oracle, &training.params, &training.data, (mpfr_prec_t)engine->precision + 60);
  record_init(&record);
  Check c = {.record = &record,
             .name = support_reading_name[reading],
             .unit = ldexp(1, -20 - (int)engine->precision)};
  static const ObservableId not_ours[] = {OBS_audit_W, OBS_audit_V, OBS_audited};
  for (int i = 0; i < 3; i++)
    arb_set_si(&record.value[not_ours[i]], 7 + i);
  for (int64_t t = 0; t <= p.t1 + p.t2; t++) {
    training_run(&training, t);
    view_look(&view, &training, engine);
    past_arrive(&past, &view, before);
    bool due = false;
    for (size_t k = 0; k < sizeof at / sizeof *at; k++)
      due = due || at[k] == t;
    if (due) {
      support_ok(trainer_observe(&record, training.trainer, &err), &err);
      worst_require(&c.worst, record.step == t, "record of step %lld says %lld", (long long)t,
                    (long long)record.step);
      for (int b = 0; b < BLOCK_COUNT; b++) {
        check_losses(&c, &view, b);
        check_weights(&c, &view, b);
      }
      check_joint(&c, &view, ldexp(1, (int)-engine->precision));
      check_rest(&c, &view, &past, &training);
      for (int i = 0; i < 3; i++)
        check_d(&c, not_ours[i], 7 + i, 0);
    }
    past_leave(&past, &oracle, &training);
  }
  worst_assert(&c.worst, "%s, %s at %lld bits: observables by definition",
               support_reading_name[reading], engine_name(engine->kind),
               (long long)engine->precision);
  for (int b = 0; b < BLOCK_COUNT; b++)
    free(before[b]);
  record_clear(&record);
  oracle_close(&oracle);
  view_close(&view);
  training_close(&training);
}

Test(observe, every_observable_is_its_definition_in_double) {
  for (int reading = 0; reading < 4; reading++)
    check_run(reading, &engine_choice[0]);
}

Test(observe, every_observable_is_its_definition_in_mpfr) {
  for (int reading = 0; reading < 4; reading++)
    check_run(reading, &engine_choice[3]);
}

Test(observe, names_are_found_and_unique) {
  for (int id = 0; id < OBSERVABLE_COUNT; id++) {
    int found = observable_find(observable_name[id]);
    cr_assert(found == id && observable_doc[id][0] != 0, "observable %d, %s: found as %d, doc '%s'",
              id, observable_name[id], found, observable_doc[id]);
  }
  cr_assert(observable_find("K3") == -1, "'K3' found as %d, expected -1", observable_find("K3"));
}
