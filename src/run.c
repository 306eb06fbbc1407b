/* run.c -- trains and stores: the loop around the trainer. */
#include "src/run.h"

#include <stdlib.h>
#include <string.h>

#include "src/audit.h"
#include "src/schedule.h"
#include "src/spectrum.h"
#include "src/trainer.h"

typedef struct {
  Store *store;
  int64_t run;
  const RunRequest *request;
  Trainer *trainer;
  Audit *audit;
  Record record;
  double largest_defect[BLOCK_COUNT]; /* of the audited steps so far */
  int64_t audited;
  arb_mat_t weight;                  /* (d, d) */
  double *flat, *re, *im, *singular; /* (d, d), (d), (d), (d) */
} Loop;

static bool is_named(const RunRequest *request, int64_t step) {
  const Params *p = request->params;
  if (step == 0 || step == p->t1 || step == p->t1 + p->t2) return true;
  for (size_t i = 0; i < request->at_count; i++)
    if (request->at[i] == step) return true;
  return false;
}

/* Keeps all weights of the present step, and the spectra of W and V. */
static StatusCode keep_weights(Loop *loop, Error *err) {
  int64_t step = trainer_time(loop->trainer), d = loop->request->params->d;
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
      const char *name = weight_name((Block)b, (WeightKind)kind);
      trainer_weight(loop->weight, loop->trainer, (Block)b, (WeightKind)kind);
      TRY(store_add_weights(loop->store, loop->run, step, name, loop->weight, err));
      if (kind != WEIGHT_FULL) continue;
      for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j < d; j++)
          loop->flat[i * d + j] =
              arf_get_d(arb_midref(arb_mat_entry(loop->weight, i, j)), ARF_RND_NEAR);
      TRY(spectrum_compute(loop->re, loop->im, loop->singular, loop->flat, d, err));
      TRY(store_add_spectrum(loop->store, loop->run, step, name, "eigenvalue", loop->re, loop->im,
                             (size_t)d, err));
      TRY(store_add_spectrum(loop->store, loop->run, step, name, "singular", loop->singular, NULL,
                             (size_t)d, err));
    }
  return STATUS_OK;
}

static StatusCode record_step(Loop *loop, Error *err) {
  TRY(trainer_observe(&loop->record, loop->trainer, err));
  arb_set_d(&loop->record.value[OBS_audit_W], loop->largest_defect[BLOCK_P]);
  arb_set_d(&loop->record.value[OBS_audit_V], loop->largest_defect[BLOCK_Q]);
  arb_set_si(&loop->record.value[OBS_audited], (slong)loop->audited);
  return store_add_record(loop->store, loop->run, &loop->record, err);
}

/* One step; recorded steps are audited too. */
static StatusCode step(Loop *loop, bool audited, Error *err) {
  if (!audited) return trainer_step(loop->trainer, err);
  double defect[BLOCK_COUNT];
  audit_before(loop->audit, loop->trainer);
  TRY(trainer_step(loop->trainer, err));
  if (!audit_after(defect, loop->audit, loop->trainer)) return STATUS_OK;
  loop->audited++;
  for (int b = 0; b < BLOCK_COUNT; b++)
    if (!(defect[b] <= loop->largest_defect[b])) loop->largest_defect[b] = defect[b];
  return STATUS_OK;
}

static StatusCode train_all(Loop *loop, Error *err) {
  const RunRequest *request = loop->request;
  const Params *p = request->params;
  int64_t total = p->t1 + p->t2;
  Schedule schedule = schedule_make(p->t1, p->t2, request->record_every);
  for (int64_t t = 0;; t++) {
    bool named = is_named(request, t);
    bool recorded = named || schedule_due(&schedule, t);
    if (recorded) TRY(record_step(loop, err));
    if (named) TRY(keep_weights(loop, err));
    if (t == total) return STATUS_OK;
    TRY(step(loop, recorded, err));
    if (request->progress.tick != NULL &&
        !request->progress.tick(t + 1, total, request->progress.context))
      return error_set(err, STATUS_INTERNAL, "interrupted at step %lld of %lld", (long long)(t + 1),
                       (long long)total);
  }
}

StatusCode run_train(int64_t *run, Store *store, const Dataset *data, const RunRequest *request,
                     Error *err) {
  const Params *p = request->params;
  size_t d = (size_t)p->d;
  Loop loop = {.store = store, .request = request};
  record_init(&loop.record);
  arb_mat_init(loop.weight, p->d, p->d);
  loop.flat = array_alloc(d * d, sizeof(double));
  loop.re = array_alloc(d, sizeof(double));
  loop.im = array_alloc(d, sizeof(double));
  loop.singular = array_alloc(d, sizeof(double));
  StatusCode code = STATUS_OK;
  if (loop.flat == NULL || loop.re == NULL || loop.im == NULL || loop.singular == NULL)
    code = error_memory(err, "run");
  if (code == STATUS_OK)
    code = trainer_open(&loop.trainer, p, data, request->engine, request->precision, err);
  if (code == STATUS_OK) code = audit_open(&loop.audit, p, data, err);
  RunInfo info = {.precision = request->precision, .params = *p};
  strncpy(info.engine, engine_name(request->engine), sizeof info.engine - 1);
  if (code == STATUS_OK) code = store_add_run(store, &info, request->instance, err);
  if (code == STATUS_OK) {
    loop.run = *run = info.id;
    code = train_all(&loop, err);
  }
  audit_close(loop.audit);
  trainer_close(loop.trainer);
  record_clear(&loop.record);
  arb_mat_clear(loop.weight);
  free(loop.flat);
  free(loop.re);
  free(loop.im);
  free(loop.singular);
  return code;
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
