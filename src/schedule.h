/* schedule.h -- which steps of a run are recorded. */
#ifndef SRC_SCHEDULE_H
#define SRC_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* Stage one is recorded at every step as long as it has at most SCHEDULE_STAGE1 of them, so that
   "the first step with ..." is exact where the claim about t1 needs it; stage two, some sixty times
   longer, at SCHEDULE_STAGE2 equal intervals. 0, t1/2, t1 - 1, t1, 2 t1 (when
   there is such a step) and t1 + t2 are always recorded: claims are judged at some of them, and
   falsified copies of claims at the others. */
#define SCHEDULE_STAGE1 2048
#define SCHEDULE_STAGE2 512

/* The sparse schedule, for runs of which there are many: up to 2 t1 a record at every
   SCHEDULE_SPARSE-th part of t1; from there on twice as far apart each time that the distance from
   t1 has doubled, which is SCHEDULE_SPARSE/2 of them to each doubling. So the first recorded step
   with ... comes late by at most 1 % of t1 until 2 t1, and by at most 2 % of the time since t1
   after it; a reference run of any d has about 500 records instead of up to 2560. Steps fewer than
   SCHEDULE_SPARSE count as that many. */
#define SCHEDULE_SPARSE 100

typedef struct {
  int64_t t1, t2;
  int64_t stride1, stride2;
  int64_t unit; /* of the sparse schedule: max(t1, SCHEDULE_SPARSE); 0: strides */
} Schedule;

/* every = 0: the default strides; otherwise both strides are `every`. */
Schedule schedule_make(int64_t t1, int64_t t2, int64_t every);
Schedule schedule_make_sparse(int64_t t1, int64_t t2);
bool schedule_due(const Schedule *schedule, int64_t step);

#endif
