/* ball_plan.h -- how many bits a ball run needs: planned from a short pilot of the same run.
 *
 * The radius of a ball run starts at rounding size, 2^-p, and grows (engine_ball.c). "Bits lost" at
 * a step is p + log2(radius), the radius being the larger Frobenius norm of those of W and V: it
 * hardly depends on p. It grows fast at first and ever more slowly in units of eta t, so that a
 * rate measured over the second half of a pilot's last stage, carried on to the end, is rather too
 * large than too small.
 */
#ifndef SRC_BALL_PLAN_H
#define SRC_BALL_PLAN_H

#include "src/run.h"
#include "src/trainer.h"

/* Wanted at the end: radii of 2^-64. A verdict asks for 2^-30; the rest is room for gates whose
   scores come as close to 0 as 2^-60, and for claims that compare with 2^-53 (D.step). */
#define BALL_BITS_WANTED 64
/* A run that ends with a larger radius is repeated with more bits, up to the cap. */
#define BALL_RADIUS_ASKED 0x1p-30
#define BALL_PILOT_BITS 128

typedef struct {
  int64_t pilot_steps;
  double pilot_lost; /* bits, at the pilot's end */
  double rate;       /* bits lost per unit of eta t, measured over the pilot's second half */
  double remaining;  /* eta t from the pilot's end to the run's */
  int64_t bits;      /* BALL_BITS_WANTED + pilot_lost + rate remaining, rounded up */
} BallPlan;

/* *out := the plan of a run, from a pilot of at most a quarter of its steps (all of it when it has
   at most 32). bits is within the engine's range, whatever the pilot says. Told of progress with
   0 steps done: false stops it. Errors: those of trainer_open and trainer_step. */
MUST_CHECK StatusCode ball_plan(BallPlan *out, const Params *params, const Dataset *data,
                                PlainSet plain, const Progress *progress, Error *err);

/* log2 of a radius, to within 0.09 and the same on every machine; BALL_PILOT_BITS below 0 for 0. */
double ball_log2(double radius);

/* eta t after so many steps. */
double ball_rate_time(const Params *params, int64_t steps);

#endif
