/* audit.c -- one training step by the book, in doubles. */
#include "src/audit.h"

#include <arb_fpwrap.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/rng.h"

/* A score this small relative to |x|' |U| |x_q| is left undecided: more than the rounding of
   its 2 d^2 products for d <= 1024, and of the weights' own rounding to doubles. */
#define SCORE_DOUBT 1e-9

struct Audit {
  const Params *params;
  const Dataset *data;
  int64_t t;
  double *signal[BLOCK_COUNT], *noise[BLOCK_COUNT]; /* (d, d) before the step */
  double *expected, *after;                         /* (d, d) */
  double *gradient[BLOCK_COUNT];                    /* (d, d) */
  double *sum[BLOCK_COUNT];                         /* (d) m_n of the prompt at hand */
  double *reading[BLOCK_COUNT], *size[BLOCK_COUNT]; /* (d) U x_q of it, and |U||x_q| */
};

StatusCode audit_open(Audit **out, const Params *params, const Dataset *data, Error *err) {
  Audit *a = array_alloc(1, sizeof *a);
  *out = a;
  if (a == NULL) return error_memory(err, "audit");
  a->params = params;
  a->data = data;
  size_t d = (size_t)data->d;
  a->expected = array_alloc(d * d, sizeof(double));
  a->after = array_alloc(d * d, sizeof(double));
  bool failed = a->expected == NULL || a->after == NULL;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    a->signal[b] = array_alloc(d * d, sizeof(double));
    a->noise[b] = array_alloc(d * d, sizeof(double));
    a->gradient[b] = array_alloc(d * d, sizeof(double));
    a->sum[b] = array_alloc(d, sizeof(double));
    a->reading[b] = array_alloc(d, sizeof(double));
    a->size[b] = array_alloc(d, sizeof(double));
    failed = failed || a->reading[b] == NULL || a->size[b] == NULL || a->signal[b] == NULL ||
             a->noise[b] == NULL || a->gradient[b] == NULL || a->sum[b] == NULL;
  }
  return failed ? error_memory(err, "audit") : STATUS_OK;
}

void audit_close(Audit *a) {
  if (a == NULL) return;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    free(a->signal[b]);
    free(a->noise[b]);
    free(a->gradient[b]);
    free(a->sum[b]);
    free(a->reading[b]);
    free(a->size[b]);
  }
  free(a->expected);
  free(a->after);
  free(a);
}

void audit_before(Audit *a, const Trainer *trainer) {
  a->t = trainer_time(trainer);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_shadow(a->signal[b], trainer, (Block)b, WEIGHT_SIGNAL);
    trainer_shadow(a->noise[b], trainer, (Block)b, WEIGHT_NOISE);
  }
}

/* reading := U q and size := |U||q|, U = Ubar + Utilde, for the query of prompt n. */
static void read_query(Audit *a, int b, int64_t n) {
  int64_t d = a->data->d;
  const double *q = dataset_token(a->data, (Block)b, n, a->data->L);
  for (int64_t i = 0; i < d; i++) {
    a->reading[b][i] = a->size[b][i] = 0;
    for (int64_t j = 0; j < d; j++) {
      double term = (a->signal[b][i * d + j] + a->noise[b][i * d + j]) * q[j];
      a->reading[b][i] += term;
      a->size[b][i] += fabs(term);
    }
  }
}

/* x' U q; *size := |x|' |U||q|. */
static double score(double *size, const Audit *a, int b, const double *x) {
  double total = 0;
  *size = 0;
  for (int64_t i = 0; i < a->data->d; i++) {
    total += x[i] * a->reading[b][i];
    *size += fabs(x[i]) * a->size[b][i];
  }
  return total;
}

/* -y sigmoid(-y s) with a correctly rounded exponential. */
static double residual(double s, double y) {
  double e;
  if (FPWRAP_SUCCESS != arb_fpwrap_double_exp(&e, y * s, FPWRAP_CORRECT_ROUNDING))
    return -y * (y * s < 0);
  return -y / (1 + e);
}

/* Adds prompt n's share to the gradients; false when a gate is in doubt. */
static bool add_prompt(Audit *a, int64_t n) {
  const Dataset *data = a->data;
  int64_t d = data->d, L = data->L;
  double output[BLOCK_COUNT] = {0}, y_q = dataset_label(data, n, L);
  for (int b = 0; b < BLOCK_COUNT; b++)
    memset(a->sum[b], 0, (size_t)d * sizeof(double));
  for (int b = 0; b < BLOCK_COUNT; b++)
    read_query(a, b, n);
  for (int64_t l = 0; l < L; l++) {
    double s[BLOCK_COUNT], size[BLOCK_COUNT], y = dataset_label(data, n, l);
    for (int b = 0; b < BLOCK_COUNT; b++)
      s[b] = score(&size[b], a, b, dataset_token(data, (Block)b, n, l));
    for (int b = 0; b < BLOCK_COUNT; b++) {
      bool shared = a->params->reading.gate == GATE_SHARED;
      double decisive = shared ? s[BLOCK_P] + s[BLOCK_Q] : s[b];
      double doubt = SCORE_DOUBT * (shared ? size[BLOCK_P] + size[BLOCK_Q] : size[b]);
      if (doubt > 0 && fabs(decisive) <= doubt) return false;
      if (!(decisive > 0)) continue;
      output[b] += y * s[b] / (double)L;
      for (int64_t i = 0; i < d; i++)
        a->sum[b][i] += y * dataset_token(data, (Block)b, n, l)[i] / (double)L;
    }
  }
  bool joint = a->params->reading.loss == LOSS_JOINT;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    double c = residual(joint ? output[BLOCK_P] + output[BLOCK_Q] : output[b], y_q);
    const double *q = dataset_token(data, (Block)b, n, L);
    for (int64_t i = 0; i < d; i++)
      for (int64_t j = 0; j < d; j++)
        a->gradient[b][i * d + j] += c * a->sum[b][i] * q[j] / (double)data->N;
  }
  return true;
}

static double norm(const double *x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++)
    sum += x[i] * x[i];
  return sqrt(sum);
}

/* norm(after - ((1 - eta lambda) before - eta increment)). */
static double defect_of(Audit *a, const double *before, const double *increment, double eta) {
  int64_t size = a->data->d * a->data->d;
  for (int64_t i = 0; i < size; i++)
    a->expected[i] = a->after[i] - ((1 - eta * a->params->lambda) * before[i] - eta * increment[i]);
  return norm(a->expected, size);
}

bool audit_after(double defect[BLOCK_COUNT], Audit *a, const Trainer *trainer) {
  const Params *p = a->params;
  int64_t size = a->data->d * a->data->d;
  double eta = a->t < p->t1 ? p->eta1 : p->eta2;
  for (int b = 0; b < BLOCK_COUNT; b++)
    memset(a->gradient[b], 0, (size_t)size * sizeof(double));
  for (int64_t n = 0; n < a->data->N; n++)
    if (!add_prompt(a, n)) return false;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_shadow(a->after, trainer, (Block)b, WEIGHT_SIGNAL);
    double signal = defect_of(a, a->signal[b], a->gradient[b], eta);
    double scale =
        norm(a->signal[b], size) + norm(a->noise[b], size) + eta * norm(a->gradient[b], size);
    Rng rng = rng_open(p->seed, b == BLOCK_P ? STREAM_NOISE_W : STREAM_NOISE_V, (uint64_t)a->t);
    rng_normals(a->gradient[b], size, p->tau_xi, &rng); /* the gradient has been used: now xi_t */
    trainer_shadow(a->after, trainer, (Block)b, WEIGHT_NOISE);
    double noise = defect_of(a, a->noise[b], a->gradient[b], eta);
    scale += eta * norm(a->gradient[b], size);
    defect[b] = scale > 0 ? (signal > noise ? signal : noise) / scale : 0;
  }
  return true;
}
