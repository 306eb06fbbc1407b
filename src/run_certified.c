/* run_certified.c -- a certified run: more bits, as long as a gate is too close for the
 * certificate.
 */
#include <stdio.h>
#include <string.h>

#include "src/run_internal.h"

/* What is tried, in this order, from the first at least as precise as what was asked for. */
static const struct {
  EngineKind engine;
  int64_t precision;
} ladder[] = {{ENGINE_DOUBLE, 53}, {ENGINE_MPFR, 128}, {ENGINE_MPFR, 256}};
#define RUNGS (sizeof ladder / sizeof *ladder)

/* How it went, in words: appended, as far as there is room. */
typedef struct {
  char text[256];
} Story;

static void tell_broken(Story *story, const RunRequest *used, const RunAttempt *attempt) {
  const size_t length = strlen(story->text);
  snprintf(story->text + length, sizeof story->text - length, "%s %lld broke at step %lld; ",
           engine_name(used->engine), (long long)used->precision, (long long)attempt->steps);
}

static void tell_certified(Story *story, const RunRequest *used, const CertificateSummary *c) {
  const size_t length = strlen(story->text);
  snprintf(story->text + length, sizeof story->text - length,
           "certified: %lld gates are the exact trajectory's (%s, %lld bits); at the end "
           "norm(W - W*) <= %.2g, norm(V - V*) <= %.2g",
           (long long)c->gates, engine_name(used->engine), (long long)used->precision,
           c->distance[BLOCK_P], c->distance[BLOCK_Q]);
}

/* Keeps what the attempt has to say; *over := nothing else needs to be tried. */
static StatusCode conclude(bool *over, Story *story, Store *store, int64_t run,
                           const RunRequest *used, const RunAttempt *attempt, Error *err) {
  const CertificateSummary *c = &attempt->certificate;
  *over = !c->applies || c->certified;
  if (!*over) {
    tell_broken(story, used, attempt);
    return store_rewind(store, err);
  }
  if (c->certified) {
    tell_certified(story, used, c);
    TRY(store_set_certificate(store, run, c->gates, c->distance[BLOCK_P], c->distance[BLOCK_Q],
                              err));
  } else {
    snprintf(story->text, sizeof story->text, "%s", c->reason);
  }
  TRY(store_set_outcome(store, run, story->text, NULL, err));
  return store_keep(store, err);
}

/* A gate that no certificate can tell may still be told by balls: of weights that are exactly 0,
   for one. */
static RunRequest request_of_balls(const RunRequest *request) {
  RunRequest out = *request;
  out.certify = false;
  out.engine = ENGINE_BALL;
  out.precision = PRECISION_MAX;
  return out;
}

/* *over := the attempt on rung k is the last one needed. */
static StatusCode try_rung(bool *over, int64_t *run, Story *story, size_t k, RunRung *rung,
                           Store *store, const Dataset *data, Error *err) {
  RunRequest used = *rung->request;
  RunAttempt attempt;
  if (k > 0) {
    used.engine = ladder[k - 1].engine;
    used.precision = ladder[k - 1].precision;
  }
  rung->head.attempt = (int64_t)k;
  snprintf(rung->head.story, sizeof rung->head.story, "%s", story->text);
  TRY(store_mark(store, err));
  TRY(run_attempt(run, &attempt, store, data, &used, rung, err));
  rung->head.found = false;
  return conclude(over, story, store, *run, &used, &attempt, err);
}

StatusCode run_train_certified(int64_t *run, Store *store, const Dataset *data,
                               const RunRequest *request, Error *err) {
  const RunRequest balls = request_of_balls(request);
  CheckpointHead by_balls;
  RunRung rung = {.request = request};
  TRY(checkpoint_find(&by_balls, &balls, err));
  if (by_balls.found) return run_train_ball(run, store, data, &balls, NULL, err);
  TRY(checkpoint_find(&rung.head, request, err));
  Story story = {""};
  if (request->why != NULL) snprintf(story.text, sizeof story.text, "%s", request->why);
  if (rung.head.found) memcpy(story.text, rung.head.story, sizeof story.text);
  for (size_t k = (size_t)rung.head.attempt; k <= RUNGS; k++) {
    bool over;
    if (k > 0 && ladder[k - 1].precision <= request->precision) continue;
    TRY(try_rung(&over, run, &story, k, &rung, store, data, err));
    if (over) return STATUS_OK;
  }
  return run_train_ball(run, store, data, &balls, story.text, err);
}
