/* run.c -- trains and stores: the loop around the trainer. */
#include "src/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/audit.h"
#include "src/audit_ball.h"
#include "src/certificate.h"
#include "src/run_internal.h"
#include "src/schedule.h"
#include "src/spectrum.h"
#include "src/spectrum_ball.h"
#include "src/trainer.h"

typedef struct {
  Store *store;
  int64_t run;
  const RunRequest *request;
  const RunRung *rung;
  double saved; /* seconds: the last checkpoint */
  Trainer *trainer;
  Audit *audit;          /* or, for the ball engine, */
  AuditBall *audit_ball; /* this one */
  RunAttempt *attempt;
  Record record;
  arb_struct largest_defect[BLOCK_COUNT]; /* of the audited steps so far */
  int64_t audited;
  arb_mat_t weight;                  /* (d, d) */
  double *flat, *re, *im, *singular; /* (d, d), (d), (d), (d) */
  acb_ptr eigenvalue[BLOCK_COUNT];   /* (d) of W and V */
  acb_ptr signal_eigenvalue;         /* (d) */
  Truncation *truncation;            /* (2 (2 d + 1)) */
  arb_ptr moment;                    /* (MOMENT_COUNT) */
} Loop;

static bool is_named(const RunRequest *request, int64_t step) {
  const Params *p = request->params;
  if (step == 0 || step == p->t1 || step == p->t1 + p->t2) return true;
  for (size_t i = 0; i < request->at_count; i++)
    if (request->at[i] == step) return true;
  return false;
}

/* STATUS_DATA unless all of them are finite. */
static StatusCode check_doubles(const char *what, const double *x, int64_t count, const Loop *loop,
                                const char *of, Error *err) {
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(x[i]))
      return error_set(err, STATUS_DATA, "step %lld: %s %s is no finite double",
                       (long long)trainer_time(loop->trainer), what, of);
  return STATUS_OK;
}

/* Eigenvalues of the weight in loop->weight, enclosed where that is affordable; and the singular
   values of W and V. */
static StatusCode keep_spectrum(Loop *loop, Block b, WeightKind kind, Error *err) {
  const int64_t step = trainer_time(loop->trainer), d = loop->request->params->d;
  const char *name = weight_name(b, kind);
  if (d <= SPECTRUM_BALL_MAX) {
    acb_ptr values = kind == WEIGHT_FULL ? loop->eigenvalue[b] : loop->signal_eigenvalue;
    spectrum_enclose(values, loop->weight, (slong)loop->request->precision + 30);
    TRY(store_add_eigenvalues(loop->store, loop->run, step, name, values, (size_t)d, err));
    if (kind != WEIGHT_FULL) return STATUS_OK;
  }
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++)
      loop->flat[i * d + j] =
          arf_get_d(arb_midref(arb_mat_entry(loop->weight, i, j)), ARF_RND_NEAR);
  TRY(check_doubles("an entry of", loop->flat, d * d, loop, name, err));
  TRY(spectrum_compute(loop->re, loop->im, loop->singular, loop->flat, d, err));
  TRY(check_doubles("an eigenvalue of", loop->re, d, loop, name, err));
  TRY(check_doubles("an eigenvalue of", loop->im, d, loop, name, err));
  TRY(check_doubles("a singular value of", loop->singular, d, loop, name, err));
  if (d > SPECTRUM_BALL_MAX)
    TRY(store_add_spectrum(loop->store, loop->run, step, name, "eigenvalue", loop->re, loop->im,
                           (size_t)d, err));
  if (kind != WEIGHT_FULL) return STATUS_OK;
  return store_add_spectrum(loop->store, loop->run, step, name, "singular", loop->singular, NULL,
                            (size_t)d, err);
}

/* The truncation experiment in doubles, and its first rank enclosed. */
static StatusCode keep_truncation(Loop *loop, Error *err) {
  const int64_t step = trainer_time(loop->trainer);
  const int64_t rows = 2 * (2 * loop->request->params->d + 1);
  TRY(trainer_truncate(loop->truncation, loop->trainer, err));
  for (int64_t k = 0; k < rows; k++)
    TRY(check_doubles("a loss of", loop->truncation[k].loss, BLOCK_COUNT, loop,
                      "the truncated network", err));
  TRY(store_add_truncations(loop->store, loop->run, step, loop->truncation, (size_t)rows, err));
  const acb_srcptr eigenvalue[] = {loop->eigenvalue[BLOCK_P], loop->eigenvalue[BLOCK_Q]};
  moments_measure(loop->moment, eigenvalue, loop->trainer);
  return store_add_moments(loop->store, loop->run, step, loop->moment, err);
}

/* Keeps all weights of the present step, the spectra of full and signal weights, and what their
   largest parts know. */
static StatusCode keep_weights(Loop *loop, Error *err) {
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
      const char *name = weight_name((Block)b, (WeightKind)kind);
      trainer_weight(loop->weight, loop->trainer, (Block)b, (WeightKind)kind);
      TRY(store_add_weights(loop->store, loop->run, trainer_time(loop->trainer), name, loop->weight,
                            err));
      certificate_widen_weight(loop->weight, loop->trainer, (Block)b, (WeightKind)kind);
      if (kind != WEIGHT_NOISE) TRY(keep_spectrum(loop, (Block)b, (WeightKind)kind, err));
    }
  return keep_truncation(loop, err);
}

static bool is_ball(const Loop *loop) {
  return loop->request->engine == ENGINE_BALL;
}

/* What a run of numbers is stopped by, only ends an attempt of a ball run: more bits may help. */
static StatusCode end_or_fail(Loop *loop, StatusCode code, Error *err) {
  if (code != STATUS_DATA || !is_ball(loop)) return code;
  snprintf(loop->attempt->ended, sizeof loop->attempt->ended, "%.250s", err->message);
  return STATUS_OK;
}

static bool has_ended(const Loop *loop) {
  return loop->attempt->ended[0] != '\0';
}

/* Ends the attempt when its certificate broke: the next one has more bits. */
static void look_at_certificate(Loop *loop) {
  const CertificateSummary found = trainer_certificate(loop->trainer);
  if (found.asked && found.applies && !found.certified)
    snprintf(loop->attempt->ended, sizeof loop->attempt->ended, "%s", found.reason);
}

/* Ends the attempt when a gate of the present weights is not certain: then it may be wrong. */
static void look_at_gates(Loop *loop) {
  static const char *const blocks[] = {"", "of block P ", "of block Q ", ""};
  const GateCounts counts = trainer_gate_counts(loop->trainer);
  if (!is_ball(loop) || counts.undecided == 0) return;
  snprintf(loop->attempt->ended, sizeof loop->attempt->ended,
           "step %lld: cannot tell at %lld bits whether the gate %sof prompt %lld, token %lld "
           "(counted from 0) is open",
           (long long)trainer_time(loop->trainer), (long long)loop->request->precision,
           blocks[counts.open_mask], (long long)counts.open_prompt, (long long)counts.open_token);
}

static StatusCode record_step(Loop *loop, Error *err) {
  TRY(end_or_fail(loop, trainer_observe(&loop->record, loop->trainer, err), err));
  if (has_ended(loop)) return STATUS_OK;
  arb_set(&loop->record.value[OBS_audit_W], &loop->largest_defect[BLOCK_P]);
  arb_set(&loop->record.value[OBS_audit_V], &loop->largest_defect[BLOCK_Q]);
  arb_set_si(&loop->record.value[OBS_audited], (slong)loop->audited);
  TRY(trainer_check_record(&loop->record, loop->trainer, err));
  return store_add_record(loop->store, loop->run, &loop->record, err);
}

static void audit_before_step(Loop *loop) {
  if (is_ball(loop))
    audit_ball_before(loop->audit_ball, loop->trainer);
  else
    audit_before(loop->audit, loop->trainer);
}

static void audit_after_step(Loop *loop) {
  double number[BLOCK_COUNT];
  arb_struct defect[BLOCK_COUNT];
  bool audited;
  for (int b = 0; b < BLOCK_COUNT; b++)
    arb_init(&defect[b]);
  if (is_ball(loop)) {
    audited = audit_ball_after(defect, loop->audit_ball, loop->trainer);
  } else {
    audited = audit_after(number, loop->audit, loop->trainer);
    for (int b = 0; b < BLOCK_COUNT && audited; b++)
      arb_set_d(&defect[b], number[b]);
  }
  loop->audited += audited;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (audited)
      arb_max(&loop->largest_defect[b], &loop->largest_defect[b], &defect[b],
              (slong)loop->request->precision);
    arb_clear(&defect[b]);
  }
}

/* One step; recorded steps are audited too. */
static StatusCode step(Loop *loop, bool audited, Error *err) {
  if (audited) audit_before_step(loop);
  TRY(end_or_fail(loop, trainer_step(loop->trainer, err), err));
  look_at_gates(loop);
  if (loop->request->certify) look_at_certificate(loop);
  if (audited && !has_ended(loop)) audit_after_step(loop);
  return STATUS_OK;
}

/* ---- checkpoints ---- */

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* All that training and recording go on from, besides what the store holds. */
static void walk_state(State *state, void *context) {
  Loop *loop = context;
  trainer_state(state, loop->trainer);
  for (int b = 0; b < BLOCK_COUNT; b++)
    state_ball(state, state_key("largest defect %d", b).text, &loop->largest_defect[b]);
  state_integer(state, "audited", &loop->audited, 0, INT64_MAX);
}

/* After a step: a checkpoint when it is time, or when the work is to stop. */
static StatusCode look_at_checkpoint(Loop *loop, bool stopping, Error *err) {
  const Checkpoints *plan = &loop->request->checkpoint;
  if (plan->folder == NULL || has_ended(loop)) return STATUS_OK;
  if (!stopping && seconds_now() - loop->saved < plan->seconds) return STATUS_OK;
  CheckpointHead head = loop->rung->head;
  head.precision = loop->request->precision;
  head.step = trainer_time(loop->trainer);
  TRY(checkpoint_save(loop->rung->request, &head, loop->store, loop->run, walk_state, loop, err));
  loop->saved = seconds_now();
  return STATUS_OK;
}

/* The step is done: tells of it, and stops when told to. */
static StatusCode finish_step(Loop *loop, int64_t total, Error *err) {
  const Progress *progress = &loop->request->progress;
  const int64_t t = trainer_time(loop->trainer);
  const bool stop = progress->tick != NULL && !progress->tick(t, total, progress->context);
  TRY(look_at_checkpoint(loop, stop, err));
  if (!stop) return STATUS_OK;
  return error_set(err, STATUS_INTERNAL, "interrupted at step %lld of %lld", (long long)t,
                   (long long)total);
}

static StatusCode train_all(Loop *loop, Error *err) {
  const RunRequest *request = loop->request;
  const Params *p = request->params;
  int64_t total = p->t1 + p->t2;
  Schedule schedule = request->sparse ? schedule_make_sparse(p->t1, p->t2)
                                      : schedule_make(p->t1, p->t2, request->record_every);
  look_at_gates(loop);
  for (int64_t t = trainer_time(loop->trainer); !has_ended(loop); t++) {
    bool named = is_named(request, t);
    bool recorded = named || schedule_due(&schedule, t);
    if (recorded) TRY(record_step(loop, err));
    if (has_ended(loop)) return STATUS_OK;
    if (named) TRY(keep_weights(loop, err));
    if (t == total) return STATUS_OK;
    TRY(step(loop, recorded, err));
    TRY(finish_step(loop, total, err));
  }
  return STATUS_OK;
}

/* The run as it begins, or as the checkpoint has it. */
static StatusCode begin(Loop *loop, const Dataset *data, Error *err) {
  const RunRequest *request = loop->request;
  RunInfo info = {.precision = request->precision, .params = *request->params};
  loop->saved = seconds_now();
  if (loop->rung->head.found)
    return checkpoint_restore(&loop->run, loop->store, loop->rung->request, walk_state, loop, err);
  strncpy(info.engine, engine_name(request->engine), sizeof info.engine - 1);
  if (request->what_if != NULL) strncpy(info.what_if, request->what_if, sizeof info.what_if - 1);
  TRY(store_add_run(loop->store, &info, request->instance, err));
  loop->run = info.id;
  return request->sparse ? STATUS_OK : store_add_cloud(loop->store, info.id, data, err);
}

StatusCode run_attempt(int64_t *run, RunAttempt *out, Store *store, const Dataset *data,
                       const RunRequest *request, const RunRung *rung, Error *err) {
  const Params *p = request->params;
  size_t d = (size_t)p->d;
  Loop loop = {.store = store, .request = request, .rung = rung, .attempt = out};
  *out = (RunAttempt){0};
  for (int b = 0; b < BLOCK_COUNT; b++)
    arb_init(&loop.largest_defect[b]);
  record_init(&loop.record);
  arb_mat_init(loop.weight, p->d, p->d);
  loop.flat = array_alloc(d * d, sizeof(double));
  loop.re = array_alloc(d, sizeof(double));
  loop.im = array_alloc(d, sizeof(double));
  loop.singular = array_alloc(d, sizeof(double));
  loop.truncation = array_alloc(2 * (2 * d + 1), sizeof *loop.truncation);
  for (int b = 0; b < BLOCK_COUNT; b++)
    loop.eigenvalue[b] = _acb_vec_init(p->d);
  loop.signal_eigenvalue = _acb_vec_init(p->d);
  loop.moment = _arb_vec_init(MOMENT_COUNT);
  StatusCode code = STATUS_OK;
  if (loop.flat == NULL || loop.re == NULL || loop.im == NULL || loop.singular == NULL ||
      loop.truncation == NULL)
    code = error_memory(err, "run");
  if (code == STATUS_OK)
    code = trainer_open(&loop.trainer, p, data, request->engine, request->precision, request->plain,
                        err);
  if (code == STATUS_OK && request->certify) code = trainer_certify(loop.trainer, err);
  if (code == STATUS_OK)
    code = is_ball(&loop) ? audit_ball_open(&loop.audit_ball, p, data, request->precision, err)
                          : audit_open(&loop.audit, p, data, err);
  if (code == STATUS_OK) code = begin(&loop, data, err);
  if (code == STATUS_OK) {
    *run = loop.run;
    code = train_all(&loop, err);
    out->steps = trainer_time(loop.trainer);
    out->radius = trainer_radius(loop.trainer);
    out->certificate = trainer_certificate(loop.trainer);
  }
  for (int b = 0; b < BLOCK_COUNT; b++)
    arb_clear(&loop.largest_defect[b]);
  audit_close(loop.audit);
  audit_ball_close(loop.audit_ball);
  trainer_close(loop.trainer);
  record_clear(&loop.record);
  arb_mat_clear(loop.weight);
  free(loop.flat);
  free(loop.re);
  free(loop.im);
  free(loop.singular);
  free(loop.truncation);
  for (int b = 0; b < BLOCK_COUNT; b++)
    _acb_vec_clear(loop.eigenvalue[b], p->d);
  _acb_vec_clear(loop.signal_eigenvalue, p->d);
  _arb_vec_clear(loop.moment, MOMENT_COUNT);
  return code;
}

StatusCode run_train(int64_t *run, Store *store, const Dataset *data, const RunRequest *request,
                     Error *err) {
  RunAttempt whole;
  RunRung only = {.request = request};
  if (request->certify) return run_train_certified(run, store, data, request, err);
  if (request->engine == ENGINE_BALL)
    return run_train_ball(run, store, data, request, request->why, err);
  TRY(checkpoint_find(&only.head, request, err));
  return run_attempt(run, &whole, store, data, request, &only, err);
}

/* ---- agreement between two runs ---- */

#define COMPARE_PRECISION 64
static const ObservableId compared[] = {OBS_K1,        OBS_K2,        OBS_loss_P, OBS_loss_Q,
                                        OBS_norm_Wbar, OBS_norm_Vbar, OBS_norm_W, OBS_norm_V,
                                        OBS_trace_W,   OBS_trace_V};

/* -log10(|a - b| / max(|a|, |b|)) of the midpoints, at least 0 and at most cap; cap when they are
   equal. By balls, not by libm, whose last bit depends on the machine. */
static double agreeing_digits(const arb_t a, const arb_t b, double cap) {
  arb_t difference, size, other;
  arb_init(difference);
  arb_init(size);
  arb_init(other);
  arb_get_mid_arb(size, a);
  arb_get_mid_arb(other, b);
  arb_sub(difference, size, other, COMPARE_PRECISION);
  arb_abs(difference, difference);
  arb_abs(size, size);
  arb_abs(other, other);
  arb_max(size, size, other, COMPARE_PRECISION);
  double digits = cap;
  if (!arb_is_zero(difference)) {
    arb_div(difference, size, difference, COMPARE_PRECISION);
    arb_log_base_ui(difference, difference, 10, COMPARE_PRECISION);
    digits = arf_get_d(arb_midref(difference), ARF_RND_NEAR);
  }
  arb_clear(difference);
  arb_clear(size);
  arb_clear(other);
  return digits < 0 ? 0 : digits > cap ? cap : digits;
}

static StatusCode compare_traces(Store *store, const Trace *a, const Trace *b, Error *err) {
  int64_t bits = a->info.precision < b->info.precision ? a->info.precision : b->info.precision;
  double cap = (double)bits * 0.30103; /* log10(2) */
  for (size_t i = 0; i < a->count; i++) {
    int64_t j = trace_find(b, a->step[i]);
    if (j < 0) continue;
    for (size_t k = 0; k < sizeof compared / sizeof *compared; k++)
      TRY(store_add_digits(
          store, a->info.id, b->info.id, a->step[i], observable_name[compared[k]],
          agreeing_digits(&a->value[compared[k]][i], &b->value[compared[k]][j], cap), err));
  }
  return STATUS_OK;
}

StatusCode run_compare(Store *store, int64_t run_a, int64_t run_b, Error *err) {
  Trace a = {0}, b = {0};
  StatusCode code = trace_load(&a, store, run_a, err);
  if (code == STATUS_OK) code = trace_load(&b, store, run_b, err);
  if (code == STATUS_OK) code = compare_traces(store, &a, &b, err);
  trace_clear(&a);
  trace_clear(&b);
  return code;
}
