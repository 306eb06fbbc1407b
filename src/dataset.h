/* dataset.h -- the prompts of one run (in words: export_words.c): labels, tokens of both blocks,
 * and the features behind them. */
#ifndef SRC_DATASET_H
#define SRC_DATASET_H

#include <stdint.h>

#include "src/params.h"
#include "src/status.h"

typedef enum { BLOCK_P, BLOCK_Q, BLOCK_COUNT } Block;

/* Tokens are doubles and exact. Besides, they lie on a grid: every entry of x[b] is an integer
   multiple of 2^grid[b], and any signed sum of at most max(L, DATASET_SUM_MIN) of them is an
   integer below 2^53 times 2^grid[b], hence exact in binary64 in whatever order it is formed. So
   sums of gated tokens are the same exact numbers in every engine.

   The grid depends on the scales and, for L <= DATASET_SUM_MIN, not on L: then a larger N or L adds
   prompts or context pairs and changes none that were there. Its spacing is at most about 2^-40 of
   the largest possible entry (L 2^-52 for longer prompts); snapping moves an entry by half of that,
   and this is all that the grid changes in the stated distribution. */
#define DATASET_SUM_MIN 4096

typedef struct {
  int64_t d, N, L;
  double *x[BLOCK_COUNT]; /* (N, L+1, d), the query last */
  double *y;              /* (N, L+1), +1 or -1 */
  signed char *cluster;   /* (N, L+1), 0: z, +1: z + zeta, -1: z - zeta */
  double *w_star;         /* (d), norm 1 up to rounding */
  double *z, *zeta;       /* (d), norms u and r, orthogonal up to rounding */
  int grid[BLOCK_COUNT];  /* exponents of the grids */
} Dataset;

/* *out := the data set of params (uses d N L gamma0 s_e u r balance seed, in the ranges that
   params_resolve grants). dataset_clear releases it.
   D.margin holds on every token up to rounding, as a statement about the exact doubles:
       <y w*, x^P> >= gamma0 - sqrt(d) (2^(grid[P] - 1) + (d + 8) 2^-53 (gamma0 + 13 s_e)).
   Errors: STATUS_INTERNAL (memory), STATUS_DATA (d = 1: nothing is orthogonal to z). */
MUST_CHECK StatusCode dataset_generate(Dataset *out, const Params *params, Error *err);
/* STATUS_DATA unless every entry of every token is finite: the line names prompt, token and block.
 */
MUST_CHECK StatusCode dataset_check(const Dataset *data, Error *err);
void dataset_clear(Dataset *data); /* a zeroed Dataset is allowed */

/* Token l of prompt n, block b: (d); l = L is the query. */
static inline const double *dataset_token(const Dataset *data, Block b, int64_t n, int64_t l) {
  return data->x[b] + (n * (data->L + 1) + l) * data->d;
}
static inline double dataset_label(const Dataset *data, int64_t n, int64_t l) {
  return data->y[n * (data->L + 1) + l];
}

#endif
