/* softmax.c -- softmax attention: weights of tokens, outputs, and what the gradient needs. */
#include "src/softmax.h"

#include <stdlib.h>

#include "src/lanes.h"
#include "src/logistic.h"

struct Softmax {
  const Dataset *data;
  GateKind kind;
  double *weight[BLOCK_COUNT]; /* (N, L) p_l */
  double *output[BLOCK_COUNT]; /* (N) */
  double *sums[BLOCK_COUNT];   /* (N, d) */
  double *score[BLOCK_COUNT];  /* (L) of the prompt at hand */
  double *reading;             /* (d) U x_q of it */
};

static StatusCode softmax_alloc(Softmax *s, Error *err) {
  const size_t d = (size_t)s->data->d, N = (size_t)s->data->N, L = (size_t)s->data->L;
  s->reading = array_alloc(d, sizeof(double));
  bool failed = s->reading == NULL;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    s->weight[b] = array_alloc(N * L, sizeof(double));
    s->output[b] = array_alloc(N, sizeof(double));
    s->sums[b] = array_alloc(N * d, sizeof(double));
    s->score[b] = array_alloc(L, sizeof(double));
    failed = failed || s->weight[b] == NULL || s->output[b] == NULL || s->sums[b] == NULL ||
             s->score[b] == NULL;
  }
  return failed ? error_memory(err, "softmax attention") : STATUS_OK;
}

StatusCode softmax_open(Softmax **out, const Dataset *data, GateKind kind, Error *err) {
  Softmax *s = array_alloc(1, sizeof *s);
  *out = s;
  if (s == NULL) return error_memory(err, "softmax attention");
  s->data = data;
  s->kind = kind;
  TRY(softmax_alloc(s, err));
  double *zero = array_alloc((size_t)(data->d * data->d), sizeof *zero);
  if (zero == NULL) return error_memory(err, "softmax attention");
  softmax_update(s, (const double *const[BLOCK_COUNT]){zero, zero});
  free(zero);
  return STATUS_OK;
}

void softmax_close(Softmax *s) {
  if (s == NULL) return;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    free(s->weight[b]);
    free(s->output[b]);
    free(s->sums[b]);
    free(s->score[b]);
  }
  free(s->reading);
  free(s);
}

/* s->score[b] := scores of block b in prompt n. */
KERNEL_CLONES
static void read_scores(Softmax *s, Block b, const double *weight, int64_t n) {
  const Dataset *data = s->data;
  const int64_t d = data->d;
  const double *query = dataset_token(data, b, n, data->L);
  for (int64_t i = 0; i < d; i++)
    s->reading[i] = lanes_dot(weight + i * d, query, d);
  for (int64_t l = 0; l < data->L; l++)
    s->score[b][l] = lanes_dot(dataset_token(data, b, n, l), s->reading, d);
}

/* p := softmax of the scores, shifted so that the largest is 0; returns sum_l y_l p_l. */
static double attend(double *p, const double *score, const Dataset *data, int64_t n) {
  double top = score[0], total = 0, output = 0;
  for (int64_t l = 1; l < data->L; l++)
    if (score[l] > top) top = score[l];
  for (int64_t l = 0; l < data->L; l++) {
    p[l] = logistic_exp(score[l] - top);
    total += p[l]; /* at least 1 */
  }
  for (int64_t l = 0; l < data->L; l++) {
    p[l] /= total;
    output += dataset_label(data, n, l) * p[l];
  }
  return output;
}

/* M_n := L sum_l p_l (y_l - h_n) x_l */
KERNEL_CLONES
static void add_up(Softmax *s, Block b, int64_t n) {
  const Dataset *data = s->data;
  const int64_t d = data->d, L = data->L;
  double *sums = s->sums[b] + n * d;
  for (int64_t i = 0; i < d; i++)
    sums[i] = 0;
  for (int64_t l = 0; l < L; l++) {
    const double *x = dataset_token(data, b, n, l);
    const double share =
        (double)L * s->weight[b][n * L + l] * (dataset_label(data, n, l) - s->output[b][n]);
    for (int64_t i = 0; i < d; i++)
      sums[i] += share * x[i];
  }
}

void softmax_update(Softmax *s, const double *const weight[BLOCK_COUNT]) {
  const int64_t L = s->data->L;
  for (int64_t n = 0; n < s->data->N; n++) {
    for (int b = 0; b < BLOCK_COUNT; b++)
      read_scores(s, (Block)b, weight[b], n);
    if (s->kind == GATE_SHARED)
      for (int64_t l = 0; l < L; l++)
        s->score[BLOCK_Q][l] = s->score[BLOCK_P][l] += s->score[BLOCK_Q][l];
    for (int b = 0; b < BLOCK_COUNT; b++) {
      s->output[b][n] = attend(s->weight[b] + n * L, s->score[b], s->data, n);
      add_up(s, (Block)b, n);
    }
  }
}

const double *softmax_outputs(const Softmax *s, Block b) {
  return s->output[b];
}

const double *softmax_sums(const Softmax *s, Block b) {
  return s->sums[b];
}

double softmax_agreement(const Softmax *s, Block b) {
  const Dataset *data = s->data;
  double total = 0;
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t l = 0; l < data->L; l++)
      if (dataset_label(data, n, l) == dataset_label(data, n, data->L))
        total += s->weight[b][n * data->L + l];
  return total / (double)data->N;
}

void softmax_alone(double *out, Softmax *s, Block b, const double *weight) {
  const Dataset *data = s->data;
  /* Both score arrays are scratch: the other block's holds the weights of tokens. */
  double *p = s->score[b == BLOCK_P ? BLOCK_Q : BLOCK_P];
  for (int64_t n = 0; n < data->N; n++) {
    read_scores(s, b, weight, n);
    out[n] = attend(p, s->score[b], data, n);
  }
}
