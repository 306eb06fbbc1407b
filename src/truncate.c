/* truncate.c -- outputs of the network, one singular value of U after the other. */
#include "src/truncate.h"

#include <arb_fpwrap.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/logistic.h"
#include "src/spectrum.h"

typedef struct {
  double *left, *singular, *right; /* (d, d), (d), (d, d) */
  double *kept, *all; /* (N) outputs h or g of what is kept so far, and of everything */
  double *rest;       /* (N) their difference */
  int64_t rank;       /* singular values kept so far */
} Part;

static StatusCode part_open(Part *p, const double *weight, const Dataset *data, Error *err) {
  const size_t d = (size_t)data->d, N = (size_t)data->N;
  p->left = array_alloc(d * d, sizeof(double));
  p->right = array_alloc(d * d, sizeof(double));
  p->singular = array_alloc(d, sizeof(double));
  p->kept = array_alloc(N, sizeof(double));
  p->all = array_alloc(N, sizeof(double));
  p->rest = array_alloc(N, sizeof(double));
  if (!p->left || !p->right || !p->singular || !p->kept || !p->all || !p->rest)
    return error_memory(err, "truncation");
  return spectrum_decompose(p->left, p->singular, p->right, weight, data->d, err);
}

static void part_close(Part *p) {
  free(p->left);
  free(p->right);
  free(p->singular);
  free(p->kept);
  free(p->all);
  free(p->rest);
}

/* out_n += (1/L) s_k (m_n' left_k) (right_k' x_n) */
static void add_rank(double *out, const Part *p, int64_t k, const double *sums, Block b,
                     const Dataset *data) {
  const int64_t d = data->d;
  for (int64_t n = 0; n < data->N; n++) {
    const double *x = dataset_token(data, b, n, data->L);
    double left = 0, right = 0;
    for (int64_t i = 0; i < d; i++) {
      left += sums[n * d + i] * p->left[i * d + k];
      right += p->right[i * d + k] * x[i];
    }
    out[n] += p->singular[k] * left * right / (double)data->L;
  }
}

/* log(1 + exp(-v)), the same bits on every machine. */
static double loss(double v) {
  double out;
  if (arb_fpwrap_double_log1p(&out, logistic_exp(-fabs(v)), FPWRAP_CORRECT_ROUNDING) !=
      FPWRAP_SUCCESS)
    return NAN;
  return v < 0 ? out - v : out;
}

static void measure(Truncation *row, Block b, const double *output, const Dataset *data) {
  double total = 0;
  int64_t right = 0;
  for (int64_t n = 0; n < data->N; n++) {
    const double v = dataset_label(data, n, data->L) * output[n];
    total += loss(v);
    right += v > 0;
  }
  row->loss[b] = total / (double)data->N;
  row->accuracy[b] = (double)right / (double)data->N;
}

/* The two rows of a rank. */
static void measure_rank(Truncation row[2], int64_t rank, Part part[BLOCK_COUNT],
                         const Dataset *data) {
  row[0] = (Truncation){.top = true, .rank = rank};
  row[1] = (Truncation){.rank = rank};
  for (int b = 0; b < BLOCK_COUNT; b++) {
    Part *p = &part[b];
    for (int64_t n = 0; n < data->N; n++)
      p->rest[n] = p->rank == data->d ? 0 : p->all[n] - p->kept[n]; /* exactly 0 of nothing */
    measure(&row[0], (Block)b, p->kept, data);
    measure(&row[1], (Block)b, p->rest, data);
  }
}

/* The block with the largest singular value that is not yet kept. */
static Block next_block(const Part part[BLOCK_COUNT], int64_t d) {
  const Part *P = &part[BLOCK_P], *Q = &part[BLOCK_Q];
  if (P->rank == d || Q->rank == d) return P->rank == d ? BLOCK_Q : BLOCK_P;
  return P->singular[P->rank] >= Q->singular[Q->rank] ? BLOCK_P : BLOCK_Q;
}

StatusCode truncation_compute(Truncation *rows, const double *const weight[BLOCK_COUNT],
                              const double *const sums[BLOCK_COUNT], const Dataset *data,
                              Error *err) {
  Part part[BLOCK_COUNT] = {0};
  StatusCode code = STATUS_OK;
  for (int b = 0; b < BLOCK_COUNT && code == STATUS_OK; b++) {
    code = part_open(&part[b], weight[b], data, err);
    for (int64_t k = 0; k < data->d && code == STATUS_OK; k++)
      add_rank(part[b].all, &part[b], k, sums[b], (Block)b, data);
  }
  for (int64_t rank = 0; rank <= 2 * data->d && code == STATUS_OK; rank++) {
    measure_rank(&rows[2 * rank], rank, part, data);
    if (rank == 2 * data->d) break;
    const Block b = next_block(part, data->d);
    add_rank(part[b].kept, &part[b], part[b].rank++, sums[b], b, data);
  }
  for (int b = 0; b < BLOCK_COUNT; b++)
    part_close(&part[b]);
  return code;
}
