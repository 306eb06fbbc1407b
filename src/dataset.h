/* dataset.h -- the prompts of one run (dossier section 1): labels, tokens of both blocks, and the
 * features behind them. */
#ifndef SRC_DATASET_H
#define SRC_DATASET_H

#include <stdint.h>

#include "src/params.h"
#include "src/status.h"

typedef enum { BLOCK_P, BLOCK_Q, BLOCK_COUNT } Block;

/* Tokens are doubles and exact. Besides, they lie on a grid: every entry of x[b] is an integer
   multiple of 2^grid[b] and any signed sum of at most L of them is exact in binary64. So sums of
   gated tokens are the same exact numbers in every engine. The grid is finer than 2^-(52 -
   ceil(log2 L)) of the largest possible entry, which changes the stated distribution by less than
   that. */
typedef struct {
  int64_t d, N, L;
  double *x[BLOCK_COUNT]; /* (N, L+1, d), the query last */
  double *y;              /* (N, L+1), +1 or -1 */
  signed char *cluster;   /* (N, L+1), 0: z, +1: z + zeta, -1: z - zeta */
  double *w_star;         /* (d), norm 1 up to rounding */
  double *z, *zeta;       /* (d), norms u and r, orthogonal up to rounding */
  int grid[BLOCK_COUNT];  /* exponents of the grids */
} Dataset;

/* *out := the data set of params (uses d N L gamma0 s_e u r seed). dataset_clear releases it.
 * Errors: STATUS_INTERNAL (memory). */
MUST_CHECK StatusCode dataset_generate(Dataset *out, const Params *params, Error *err);
void dataset_clear(Dataset *data); /* a zeroed Dataset is allowed */

/* Token l of prompt n, block b: (d); l = L is the query. */
static inline const double *dataset_token(const Dataset *data, Block b, int64_t n, int64_t l) {
  return data->x[b] + (n * (data->L + 1) + l) * data->d;
}
static inline double dataset_label(const Dataset *data, int64_t n, int64_t l) {
  return data->y[n * (data->L + 1) + l];
}

#endif
