/* ball_plan.c -- the pilot and what follows from it. */
#include "src/ball_plan.h"

#include <math.h>

#define PILOT_WHOLE 32 /* a run this short is its own pilot */

double ball_log2(double radius) {
  int exponent;
  if (!(radius > 0)) return -(double)PRECISION_MAX;
  if (isinf(radius)) return PRECISION_MAX;
  const double fraction = frexp(radius, &exponent); /* in [1/2, 1), where log2 x is about 2 x - 2 */
  return exponent + 2 * fraction - 2;
}

double ball_rate_time(const Params *p, int64_t steps) {
  const int64_t first = steps < p->t1 ? steps : p->t1;
  return p->eta1 * (double)first + p->eta2 * (double)(steps - first);
}

/* All of stage one and a sixteenth of stage two, within a quarter of the run. */
static int64_t pilot_length(const Params *p) {
  const int64_t total = p->t1 + p->t2, asked = p->t1 + p->t2 / 16, most = total / 4;
  if (total <= PILOT_WHOLE) return total;
  const int64_t steps = asked < most ? asked : most;
  return steps < PILOT_WHOLE ? PILOT_WHOLE : steps;
}

/* Where the measuring of the rate begins: half-way through the stage that the pilot ends in. */
static int64_t pilot_middle(const Params *p, int64_t steps) {
  return steps > p->t1 ? p->t1 + (steps - p->t1) / 2 : steps / 2;
}

static double bits_lost(const Trainer *trainer) {
  const double lost = BALL_PILOT_BITS + ball_log2(trainer_radius(trainer));
  return lost > 0 ? lost : 0;
}

static StatusCode run_pilot(BallPlan *out, Trainer *trainer, const Params *p,
                            const Progress *progress, Error *err) {
  const int64_t steps = pilot_length(p), middle = pilot_middle(p, steps);
  double lost_middle = 0, time_middle = 0;
  int64_t t = 0;
  for (; t < steps && trainer_gate_counts(trainer).undecided == 0; t++) {
    if (t == middle) {
      lost_middle = bits_lost(trainer);
      time_middle = ball_rate_time(p, t);
    }
    TRY(trainer_step(trainer, err));
    if (progress->tick != NULL && !progress->tick(0, p->t1 + p->t2, progress->context))
      return error_set(err, STATUS_INTERNAL, "interrupted in the pilot of a ball run");
  }
  const double time = ball_rate_time(p, t);
  out->pilot_steps = t;
  out->pilot_lost = bits_lost(trainer);
  out->remaining = ball_rate_time(p, p->t1 + p->t2) - time;
  const double growth = out->pilot_lost - lost_middle;
  out->rate = growth > 0 && time > time_middle ? growth / (time - time_middle) : 0;
  return STATUS_OK;
}

StatusCode ball_plan(BallPlan *out, const Params *params, const Dataset *data, PlainSet plain,
                     const Progress *progress, Error *err) {
  Trainer *trainer;
  *out = (BallPlan){0};
  TRY(trainer_open(&trainer, params, data, ENGINE_BALL, BALL_PILOT_BITS, plain, err));
  const StatusCode code = run_pilot(out, trainer, params, progress, err);
  trainer_close(trainer);
  const double bits = BALL_BITS_WANTED + ceil(out->pilot_lost + out->rate * out->remaining);
  out->bits = bits < PRECISION_MAX ? (int64_t)bits : PRECISION_MAX;
  return code;
}
