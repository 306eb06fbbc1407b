/* queries.c -- grouping equal rows by sorting them. */
#include "src/queries.h"

#include <stdlib.h>
#include <string.h>

#include "src/fixed.h"

/* What qsort compares; a row's length travels with it. */
typedef struct {
  const double *row;
  int64_t d, n;
} Key;

static int compare_rows(const Key *a, const Key *b) {
  return memcmp(a->row, b->row, (size_t)a->d * sizeof *a->row);
}

static int compare_keys(const void *a, const void *b) {
  const Key *x = a, *y = b;
  const int rows = compare_rows(x, y);
  return rows != 0 ? rows : (x->n > y->n) - (x->n < y->n);
}

StatusCode queries_open(Queries *out, int64_t N, int64_t d, Error *err) {
  *out = (Queries){.N = N, .d = d};
  out->row = array_alloc((size_t)(N * d), sizeof *out->row);
  out->order = array_alloc((size_t)N, sizeof *out->order);
  out->start = array_alloc((size_t)N + 1, sizeof *out->start);
  out->token = array_alloc((size_t)(N * d), sizeof *out->token);
  return out->row == NULL || out->order == NULL || out->start == NULL || out->token == NULL
             ? error_memory(err, "queries")
             : STATUS_OK;
}

void queries_close(Queries *q) {
  free(q->row);
  free(q->order);
  free(q->start);
  free(q->token);
  *q = (Queries){0};
}

bool queries_match(const Queries *q, const double *X, int64_t x_stride, int grid, int64_t largest) {
  if (!q->known || q->grid != grid || q->largest != largest) return false;
  const size_t size = (size_t)q->d * sizeof *X;
  for (int64_t k = 0; k < q->N; k++)
    if (memcmp(q->row + k * q->d, X + q->order[k] * x_stride, size) != 0) return false;
  return true;
}

StatusCode queries_group(Queries *q, const double *X, int64_t x_stride, int grid, int64_t largest,
                         Error *err) {
  Key *key = array_alloc((size_t)q->N, sizeof *key);
  if (key == NULL) return error_memory(err, "queries");
  for (int64_t n = 0; n < q->N; n++)
    key[n] = (Key){X + n * x_stride, q->d, n};
  qsort(key, (size_t)q->N, sizeof *key, compare_keys);
  q->count = 0;
  bool fit = true;
  for (int64_t k = 0; k < q->N; k++) {
    const bool more =
        k > 0 && k - q->start[q->count - 1] < largest && compare_rows(&key[k - 1], &key[k]) == 0;
    if (!more) {
      fit = fixed_tokens(q->token + q->count * q->d, key[k].row, q->d, grid) && fit;
      q->start[q->count++] = k;
    }
    q->order[k] = key[k].n;
    memcpy(q->row + k * q->d, key[k].row, (size_t)q->d * sizeof *q->row);
  }
  q->start[q->count] = q->N;
  q->grid = grid;
  q->largest = largest;
  q->known = fit;
  free(key);
  return fit ? STATUS_OK
             : error_set(err, STATUS_DATA, "queries: expected multiples of 2^%d below 2^%d", grid,
                         53 + grid);
}
