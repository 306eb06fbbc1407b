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

typedef struct {
  int64_t t1, t2;
  int64_t stride1, stride2;
} Schedule;

/* every = 0: the default strides; otherwise both strides are `every`. */
Schedule schedule_make(int64_t t1, int64_t t2, int64_t every);
bool schedule_due(const Schedule *schedule, int64_t step);

#endif
