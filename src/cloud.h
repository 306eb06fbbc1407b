/* cloud.h -- what the data look like: the first tokens of a data set, each block in the plane of
 * its features. */
#ifndef SRC_CLOUD_H
#define SRC_CLOUD_H

#include "src/dataset.h"

/* A token in coordinates of both planes, as doubles (computed, not certified). P: along w*, and
   along the part orthogonal to it of the basis vector that has the smallest share in w* (the first
   of those). Q: along z and along zeta, in their directions of norm 1; 0 along a feature that is 0.
 */
typedef struct {
  double label; /* +1 or -1 */
  double at[BLOCK_COUNT][2];
} CloudPoint;

#define CLOUD_MAX 400 /* what one can see apart in a picture */

/* How many tokens are shown: all, contexts and queries, up to CLOUD_MAX. */
int64_t cloud_count(const Dataset *data);
/* *out := token k of the data set, counted through its prompts, 0 <= k < cloud_count. across: what
   cloud_across gives. */
void cloud_point(CloudPoint *out, const Dataset *data, const double *across, int64_t k);
/* across: (d) := the second direction of P, of norm 1. */
void cloud_across(double *across, const Dataset *data);

#endif
