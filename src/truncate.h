/* truncate.h -- the truncation experiment: what the two blocks still know when of U's spectrum only
 * the top is kept, or the top is dropped.
 *
 * U = diag(W, V) is block-diagonal, so its singular values are those of W and V together, and its
 * best approximation of rank k (Eckart and Young) keeps the k largest of them, whichever block they
 * belong to. Singular values and not eigenvalues, since they give such an approximation for every
 * real matrix; W and V need not be normal. The gates stay those of the untruncated U, as K1 and K2
 * have it: the question is what the weights know, not what they let through. Computed in doubles.
 */
#ifndef SRC_TRUNCATE_H
#define SRC_TRUNCATE_H

#include <stdbool.h>

#include "src/dataset.h"

/* The network with part of U's spectrum. */
typedef struct {
  bool top;                     /* kept are the `rank` largest singular values; or all but these */
  int64_t rank;                 /* 0 .. 2 d */
  double loss[BLOCK_COUNT];     /* mean of l(y h) and of l(y g) */
  double accuracy[BLOCK_COUNT]; /* share of prompts with y h > 0, y g > 0 */
} Truncation;

/* rows: (2 (2 d + 1)), for each rank 0 .. 2 d the top and then the rest. weight[b]: (d, d) W and V;
   sums[b]: (N, d) gated sums (gate_sums). STATUS_INTERNAL. */
MUST_CHECK StatusCode truncation_compute(Truncation *rows, const double *const weight[BLOCK_COUNT],
                                         const double *const sums[BLOCK_COUNT], const Dataset *data,
                                         Error *err);

#endif
