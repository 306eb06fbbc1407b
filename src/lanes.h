/* lanes.h -- small sums in one fixed order that vectorises: lane k adds the entries k, k + 8, ...,
 * then the lanes pairwise. */
#ifndef SRC_LANES_H
#define SRC_LANES_H

#include <stdint.h>

#include "src/kernel.h"

#define LANES 8

KERNEL_INLINE double lanes_total(const double *lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* lane_k += the products a_i b_i that are its, i < count. */
KERNEL_INLINE void lanes_add(double *lane, const double *a, const double *b, int64_t count) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int k = 0; k < LANES; k++)
      lane[k] += a[i + k] * b[i + k];
  for (int k = 0; i < count; i++, k++)
    lane[k] += a[i] * b[i];
}

/* sum_i a_i b_i, i < count. */
KERNEL_INLINE double lanes_dot(const double *a, const double *b, int64_t count) {
  double lane[LANES] = {0};
  lanes_add(lane, a, b, count);
  return lanes_total(lane);
}

#endif
