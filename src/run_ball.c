/* run_ball.c -- a ball run: precision planned, then doubled until every gate is certain and the
 * radii are small, or the cap is reached. */
#include <stdio.h>

#include "src/ball_plan.h"
#include "src/run_internal.h"

/* "planned ... bits: ...; used ..." */
static void describe(char *out, size_t size, const char *why, const BallPlan *plan,
                     const RunAttempt *attempt, const RunRequest *used) {
  const double exponent = ball_log2(attempt->radius);
  const double lost = (double)used->precision + exponent;
  const double time = ball_rate_time(used->params, attempt->steps);
  snprintf(
      out, size,
      "%.100splanned %lld bits: %d wanted, %.0f to be lost after a pilot of %lld steps; used %lld: "
      "lost %.0f in eta t = %.4g (%.3g a unit), final radius 2^%.0f",
      why, (long long)plan->bits, BALL_BITS_WANTED, (double)(plan->bits - BALL_BITS_WANTED),
      (long long)plan->pilot_steps, (long long)used->precision, lost, time,
      time > 0 ? lost / time : 0, exponent);
}

StatusCode run_train_ball(int64_t *run, Store *store, const Dataset *data,
                          const RunRequest *request, const char *before, Error *err) {
  const int64_t cap = request->precision;
  BallPlan plan;
  TRY(ball_plan(&plan, request->params, data, request->plain, &request->progress, err));
  RunRequest used = *request;
  RunRung rung = {.request = request};
  TRY(checkpoint_find(&rung.head, request, err));
  used.precision = plan.bits > request->least ? plan.bits : request->least;
  if (used.precision > cap) used.precision = cap;
  if (rung.head.found)
    used.precision = rung.head.precision;
  else
    snprintf(rung.head.story, sizeof rung.head.story, "%s", before != NULL ? before : "");
  for (;;) {
    RunAttempt attempt;
    TRY(store_mark(store, err));
    TRY(run_attempt(run, &attempt, store, data, &used, &rung, err));
    rung.head.found = false;
    const bool enough = attempt.ended[0] == '\0' && attempt.radius <= BALL_RADIUS_ASKED;
    if (enough || used.precision >= cap) {
      char words[256];
      describe(words, sizeof words, rung.head.story, &plan, &attempt, &used);
      TRY(store_set_outcome(store, *run, words, attempt.ended[0] ? attempt.ended : NULL, err));
      return store_keep(store, err);
    }
    TRY(store_rewind(store, err));
    used.precision = 2 * used.precision < cap ? 2 * used.precision : cap;
  }
}
