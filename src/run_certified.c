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
} rung[] = {{ENGINE_DOUBLE, 53}, {ENGINE_MPFR, 128}, {ENGINE_MPFR, 256}};
#define RUNGS (sizeof rung / sizeof *rung)

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
static StatusCode resort_to_balls(int64_t *run, Store *store, const Dataset *data,
                                  const RunRequest *request, Error *err) {
  RunRequest used = *request;
  used.certify = false;
  used.engine = ENGINE_BALL;
  used.precision = PRECISION_MAX;
  return run_train_ball(run, store, data, &used, err);
}

StatusCode run_train_certified(int64_t *run, Store *store, const Dataset *data,
                               const RunRequest *request, Error *err) {
  Story story = {""};
  RunRequest used = *request;
  if (request->why != NULL) snprintf(story.text, sizeof story.text, "%s", request->why);
  for (size_t k = 0; k <= RUNGS; k++) {
    RunAttempt attempt;
    bool over;
    if (k > 0 && rung[k - 1].precision <= request->precision) continue;
    if (k > 0) {
      used.engine = rung[k - 1].engine;
      used.precision = rung[k - 1].precision;
    }
    TRY(store_mark(store, err));
    TRY(run_attempt(run, &attempt, store, data, &used, err));
    TRY(conclude(&over, &story, store, *run, &used, &attempt, err));
    if (over) return STATUS_OK;
  }
  return resort_to_balls(run, store, data, request, err);
}
