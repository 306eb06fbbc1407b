/* schedule.c -- which steps of a run are recorded. */
#include "src/schedule.h"

static int64_t stride(int64_t steps, int64_t records) {
  return steps <= records ? 1 : (steps + records - 1) / records;
}

Schedule schedule_make(int64_t t1, int64_t t2, int64_t every) {
  return (Schedule){.t1 = t1,
                    .t2 = t2,
                    .stride1 = every > 0 ? every : stride(t1, SCHEDULE_STAGE1),
                    .stride2 = every > 0 ? every : stride(t2, SCHEDULE_STAGE2)};
}

Schedule schedule_make_sparse(int64_t t1, int64_t t2) {
  return (Schedule){
      .t1 = t1, .t2 = t2, .unit = t1 > SCHEDULE_SPARSE ? t1 : (int64_t)SCHEDULE_SPARSE};
}

/* Steps between records at this step, which is not before t1. */
static int64_t sparse_stride(const Schedule *s, int64_t step) {
  int64_t reach = s->unit, stride = s->unit / SCHEDULE_SPARSE;
  while (step - s->t1 >= reach) { /* the first doubling halves the density, the others keep it */
    reach *= 2;
    stride *= 2;
  }
  return stride;
}

bool schedule_due(const Schedule *s, int64_t step) {
  if (step == 0 || step == s->t1 / 2 || step == s->t1 - 1 || step == s->t1 || step == 2 * s->t1 ||
      step == s->t1 + s->t2)
    return true;
  if (s->unit > 0)
    return step < s->t1 ? step % (s->unit / SCHEDULE_SPARSE) == 0
                        : (step - s->t1) % sparse_stride(s, step) == 0;
  return step < s->t1 ? step % s->stride1 == 0 : (step - s->t1) % s->stride2 == 0;
}
