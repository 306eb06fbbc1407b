/* queries.h -- prompts grouped by equal query tokens: the specialised block has three different
 * queries however many prompts there are, so what depends on the query alone is computed once a
 * group. */
#ifndef SRC_QUERIES_H
#define SRC_QUERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "src/status.h"

/* No group is larger, so that sums over one have a known size; more equal queries make further
 * groups. */
#define QUERY_GROUP_MAX 1024

typedef struct {
  int64_t N, d;
  int64_t largest; /* no group is larger */
  double *row;     /* (N, d) the queries grouped */
  int64_t *order;  /* (N) prompts in groups */
  int64_t *start;  /* (count + 1) group g is order[start[g]] ... order[start[g + 1] - 1] */
  int64_t count;
  uint64_t *token; /* (count, d) a query of each group, biased (fixed.h) */
  int grid;
  bool known;
} Queries;

/* *out := room for N queries of dimension d. queries_close releases it; a zeroed one is allowed. */
MUST_CHECK StatusCode queries_open(Queries *out, int64_t N, int64_t d, Error *err);
void queries_close(Queries *queries);

/* Whether the groups are those of these queries, row n at X + n x_stride, in groups of at most
   `largest`, 1 to QUERY_GROUP_MAX. */
bool queries_match(const Queries *queries, const double *X, int64_t x_stride, int grid,
                   int64_t largest);
/* queries := those groups. STATUS_INTERNAL when out of memory; STATUS_DATA when a number is none
   that fixed_tokens takes. */
MUST_CHECK StatusCode queries_group(Queries *queries, const double *X, int64_t x_stride, int grid,
                                    int64_t largest, Error *err);

#endif
