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
  double *mean[BLOCK_COUNT], *square[BLOCK_COUNT];  /* (d, d) Adam's moments before the step */
  double *new_mean, *new_square;                    /* (d, d) of one block after it */
  double *share[BLOCK_COUNT];                       /* (L) softmax of the prompt at hand */
  double weight_size[BLOCK_COUNT];                  /* sum over prompts of |c_n| |m_n| |x_qn| / N */
  double output_size;                               /* largest sum of sizes in an output */
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
  a->new_mean = array_alloc(d * d, sizeof(double));
  a->new_square = array_alloc(d * d, sizeof(double));
  bool failed =
      a->expected == NULL || a->after == NULL || a->new_mean == NULL || a->new_square == NULL;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    a->signal[b] = array_alloc(d * d, sizeof(double));
    a->noise[b] = array_alloc(d * d, sizeof(double));
    a->gradient[b] = array_alloc(d * d, sizeof(double));
    a->sum[b] = array_alloc(d, sizeof(double));
    a->reading[b] = array_alloc(d, sizeof(double));
    a->size[b] = array_alloc(d, sizeof(double));
    a->mean[b] = array_alloc(d * d, sizeof(double));
    a->square[b] = array_alloc(d * d, sizeof(double));
    a->share[b] = array_alloc((size_t)data->L, sizeof(double));
    failed = failed || a->mean[b] == NULL || a->square[b] == NULL || a->share[b] == NULL ||
             a->reading[b] == NULL || a->size[b] == NULL || a->signal[b] == NULL ||
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
    free(a->mean[b]);
    free(a->square[b]);
    free(a->share[b]);
  }
  free(a->expected);
  free(a->after);
  free(a->new_mean);
  free(a->new_square);
  free(a);
}

void audit_before(Audit *a, const Trainer *trainer) {
  a->t = trainer_time(trainer);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_shadow(a->signal[b], trainer, (Block)b, WEIGHT_SIGNAL);
    trainer_shadow(a->noise[b], trainer, (Block)b, WEIGHT_NOISE);
    trainer_moments(a->mean[b], a->square[b], trainer, (Block)b);
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

/* e^x, correctly rounded. */
static double exponential(double x) {
  double e;
  if (FPWRAP_SUCCESS == arb_fpwrap_double_exp(&e, x, FPWRAP_CORRECT_ROUNDING)) return e;
  return x < 0 ? 0 : INFINITY;
}

/* -y sigmoid(-y s) */
static double residual(double s, double y) {
  return -y / (1 + exponential(y * s));
}

static double norm(const double *x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++)
    sum += x[i] * x[i];
  return sqrt(sum);
}

static void note_size(Audit *a, double size) {
  if (size > a->output_size) a->output_size = size;
}

/* a->sum[b] and output[b] of prompt n by the definition of softmax attention (softmax.h): first the
   scores, then their exponentials, then the gradient of the mean of labels. */
static void read_softmax(double output[BLOCK_COUNT], Audit *a, int64_t n) {
  const Dataset *data = a->data;
  const int64_t d = data->d, L = data->L;
  for (int64_t l = 0; l < L; l++) {
    double size[BLOCK_COUNT];
    for (int b = 0; b < BLOCK_COUNT; b++)
      a->share[b][l] = score(&size[b], a, b, dataset_token(data, (Block)b, n, l));
    note_size(a, size[BLOCK_P] + size[BLOCK_Q]);
    if (a->params->reading.gate == GATE_SHARED)
      a->share[BLOCK_P][l] = a->share[BLOCK_Q][l] = a->share[BLOCK_P][l] + a->share[BLOCK_Q][l];
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    double *p = a->share[b], top = p[0], total = 0;
    for (int64_t l = 1; l < L; l++)
      top = fmax(top, p[l]);
    for (int64_t l = 0; l < L; l++)
      total += p[l] = exponential(p[l] - top);
    for (int64_t l = 0; l < L; l++)
      output[b] += dataset_label(data, n, l) * (p[l] /= total);
    for (int64_t l = 0; l < L; l++)
      for (int64_t i = 0; i < d; i++)
        a->sum[b][i] +=
            p[l] * (dataset_label(data, n, l) - output[b]) * dataset_token(data, (Block)b, n, l)[i];
  }
}

/* The same for gates; false when one is in doubt. */
static bool read_gates(double output[BLOCK_COUNT], Audit *a, int64_t n) {
  const Dataset *data = a->data;
  int64_t d = data->d, L = data->L;
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
      note_size(a, size[b]);
      for (int64_t i = 0; i < d; i++)
        a->sum[b][i] += y * dataset_token(data, (Block)b, n, l)[i] / (double)L;
    }
  }
  return true;
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
  if (a->params->attention == ATTENTION_SOFTMAX)
    read_softmax(output, a, n);
  else if (!read_gates(output, a, n))
    return false;
  bool joint = a->params->reading.loss == LOSS_JOINT;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    double c = residual(joint ? output[BLOCK_P] + output[BLOCK_Q] : output[b], y_q);
    const double *q = dataset_token(data, (Block)b, n, L);
    for (int64_t i = 0; i < d; i++)
      for (int64_t j = 0; j < d; j++)
        a->gradient[b][i * d + j] += c * a->sum[b][i] * q[j] / (double)data->N;
    a->weight_size[b] += fabs(c) * norm(a->sum[b], d) * norm(q, d) / (double)data->N;
  }
  return true;
}

/* Of what is not a number nothing is known: it is the larger one, and stays what it is. */
static double larger(double a, double b) {
  return a > b || isnan(a) ? a : b;
}

static double relative(double part, double whole) {
  return part == 0 && whole == 0 ? 0 : part / whole;
}

/* norm(after - ((1 - eta lambda) before - eta increment)). */
static double defect_of(Audit *a, const double *before, const double *increment, double eta) {
  int64_t size = a->data->d * a->data->d;
  for (int64_t i = 0; i < size; i++)
    a->expected[i] = a->after[i] - ((1 - eta * a->params->lambda) * before[i] - eta * increment[i]);
  return norm(a->expected, size);
}

/* b^k by repeated squaring: log2(k) roundings, each of a factor. */
static double power(double b, int64_t k) {
  double result = 1;
  for (; k > 0; k /= 2, b *= b)
    if (k % 2 == 1) result *= b;
  return result;
}

/* norm(after - (b before + (1 - b) increment)), increment_i = g_i or g_i^2. */
static double moment_defect(Audit *a, const double *after, const double *before, double b,
                            const double *g, bool squared) {
  int64_t size = a->data->d * a->data->d;
  for (int64_t i = 0; i < size; i++)
    a->expected[i] = after[i] - (b * before[i] + (1 - b) * (squared ? g[i] * g[i] : g[i]));
  return norm(a->expected, size);
}

/* The defect of Adam's moments in block b; then a->gradient[b] := the direction that they give. */
static double audit_adam(Audit *a, int b, const Trainer *trainer) {
  int64_t size = a->data->d * a->data->d;
  double *g = a->gradient[b];
  trainer_moments(a->new_mean, a->new_square, trainer, (Block)b);
  /* A score of size s errs by so many 2^-53 s, and the residual and the softmax pass it on. */
  double scale = a->weight_size[b] * (1 + a->output_size);
  double first = moment_defect(a, a->new_mean, a->mean[b], ADAM_MEAN, g, false);
  double second = moment_defect(a, a->new_square, a->square[b], ADAM_SQUARE, g, true);
  double first_scale = norm(a->mean[b], size) + scale;
  double second_scale = norm(a->square[b], size) + scale * scale;
  double mean_bias = 1 - power(ADAM_MEAN, a->t + 1), square_bias = 1 - power(ADAM_SQUARE, a->t + 1);
  for (int64_t i = 0; i < size; i++)
    g[i] = a->new_mean[i] / mean_bias / (sqrt(a->new_square[i] / square_bias) + ADAM_FLOOR);
  return larger(relative(first, first_scale), relative(second, second_scale));
}

bool audit_after(double defect[BLOCK_COUNT], Audit *a, const Trainer *trainer) {
  const Params *p = a->params;
  int64_t size = a->data->d * a->data->d;
  double eta = a->t < p->t1 ? p->eta1 : p->eta2;
  a->output_size = 0;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    memset(a->gradient[b], 0, (size_t)size * sizeof(double));
    a->weight_size[b] = 0;
  }
  for (int64_t n = 0; n < a->data->N; n++)
    if (!add_prompt(a, n)) return false;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    double moments = p->optimizer == OPTIMIZER_ADAM ? audit_adam(a, b, trainer) : 0;
    trainer_shadow(a->after, trainer, (Block)b, WEIGHT_SIGNAL);
    double signal = defect_of(a, a->signal[b], a->gradient[b], eta);
    double scale =
        norm(a->signal[b], size) + norm(a->noise[b], size) + eta * norm(a->gradient[b], size);
    Rng rng = rng_open(p->seed, b == BLOCK_P ? STREAM_NOISE_W : STREAM_NOISE_V, (uint64_t)a->t);
    rng_normals(a->gradient[b], size, p->tau_xi, &rng); /* the gradient has been used: now xi_t */
    trainer_shadow(a->after, trainer, (Block)b, WEIGHT_NOISE);
    double noise = defect_of(a, a->noise[b], a->gradient[b], eta);
    scale += eta * norm(a->gradient[b], size);
    defect[b] = larger(relative(larger(signal, noise), scale), moments);
  }
  return true;
}
