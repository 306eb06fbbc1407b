/* test_run.c -- which steps a run records, what it stores, how it stops, and the digits two runs
 * agree in. */
#include <math.h>

#include "src/audit.h"
#include "src/run.h"
#include "src/schedule.h"
#include "src/spectrum.h"
#include "src/spectrum_ball.h"
#include "tests/store_fixture.h"
#include "tests/support.h"

/* ---- schedule ---- */

Test(schedule, named_steps_and_strides) {
  static const int64_t length[] = {0, 1, 2, 3, 10, 99, 513, 2047, 2048, 2049, 5000, 6385};
  enum { LENGTHS = sizeof length / sizeof *length };
  Worst worst = {0};
  for (int i = 0; i < LENGTHS * LENGTHS; i++)
    for (int64_t every = 0; every <= 7; every += 7) {
      int64_t t1 = length[i / LENGTHS], t2 = length[i % LENGTHS], count1 = 0, count2 = 0;
      Schedule s = schedule_make(t1, t2, every);
      for (int64_t t = 0; t <= t1 + t2; t++) {
        bool due = schedule_due(&s, t);
        bool named = t == 0 || t == t1 / 2 || t == t1 - 1 || t == t1 || t == 2 * t1 || t == t1 + t2;
        bool regular = every > 0 && (t < t1 ? t % every == 0 : (t - t1) % every == 0);
        worst_require(&worst, due || !(named || regular),
                      "t1 = %lld, t2 = %lld, step %lld is not due", (long long)t1, (long long)t2,
                      (long long)t);
        worst_require(&worst, due == (named || regular) || every == 0,
                      "t1 = %lld, t2 = %lld, step %lld is due", (long long)t1, (long long)t2,
                      (long long)t);
        if (t < t1)
          count1 += due;
        else
          count2 += due;
      }
      if (every > 0) continue;
      /* Every step when there is room; else at least half as many as there is room for; six named.
       */
      int64_t room1 = t1 < SCHEDULE_STAGE1 ? t1 : SCHEDULE_STAGE1;
      int64_t room2 = t2 < SCHEDULE_STAGE2 ? t2 : SCHEDULE_STAGE2;
      worst_require(&worst, t1 > SCHEDULE_STAGE1 || count1 == t1, "t1 = %lld: %lld records",
                    (long long)t1, (long long)count1);
      worst_require(&worst, t2 > SCHEDULE_STAGE2 || count2 == t2 + 1, "t2 = %lld: %lld records",
                    (long long)t2, (long long)count2);
      worst_require(&worst, 2 * count1 >= room1 && count1 <= room1 + 6, "t1 = %lld: %lld records",
                    (long long)t1, (long long)count1);
      worst_require(&worst, 2 * count2 >= room2 && count2 <= room2 + 7, "t2 = %lld: %lld records",
                    (long long)t2, (long long)count2);
    }
  worst_assert(&worst, "steps due");
}

/* ---- runs ---- */

/* A small instance with its formulas, a data set and a store in a folder of its own. */
typedef struct {
  char folder[128];
  Instance instance;
  Params params;
  Dataset data;
  Store *store;
} Scene;

static void scene_open(Scene *s, const char *const *settings) {
  Error err;
  static const char *const small[] = {"d=4", "N=8", "L=8", "t1=20", "t2=37", "tau0=0.05", NULL};
  folder_open(s->folder);
  OK(instance_load(&s->instance, "quick", &err));
  for (int i = 0; small[i] != NULL; i++)
    OK(instance_set(&s->instance, small[i], &err));
  for (int i = 0; settings != NULL && settings[i] != NULL; i++)
    OK(instance_set(&s->instance, settings[i], &err));
  OK(params_resolve(&s->params, &s->instance, &err));
  OK(dataset_generate(&s->data, &s->params, &err));
  OK(store_create(&s->store, s->folder, &err));
}

static void scene_close(Scene *s) {
  store_close(s->store);
  dataset_clear(&s->data);
  instance_clear(&s->instance);
  folder_close(s->folder);
}

static RunRequest scene_request(const Scene *s, EngineKind engine, int64_t precision) {
  return (RunRequest){
      .params = &s->params, .instance = &s->instance, .engine = engine, .precision = precision};
}

typedef struct {
  int64_t calls, last, total, stop_at;
} Ticks;

static bool tick(int64_t done, int64_t total, void *context) {
  Ticks *t = context;
  t->calls++;
  t->last = done;
  t->total = total;
  return done != t->stop_at;
}

/* Everything in the trace is what a trainer of its own gives at that step. */
static void check_trace(const Trace *trace, const Scene *s, EngineKind engine, int64_t precision,
                        const int64_t *at, size_t at_count) {
  Error err;
  Worst worst = {0};
  Training training;
  Record record;
  Schedule schedule = schedule_make(s->params.t1, s->params.t2, 5);
  training_open(&training, s->params, engine, precision);
  record_init(&record);
  size_t next = 0;
  for (int64_t t = 0; t <= s->params.t1 + s->params.t2; t++) {
    bool due = schedule_due(&schedule, t);
    for (size_t i = 0; i < at_count; i++)
      due = due || at[i] == t;
    int64_t found = trace_find(trace, t);
    worst_require(&worst, due == (found >= 0), "step %lld: due %d, recorded %d", (long long)t, due,
                  found >= 0);
    if (!due || found < 0) continue;
    worst_require(&worst, found == (int64_t)next++, "step %lld is record %lld", (long long)t,
                  (long long)found);
    training_run(&training, t);
    support_ok(trainer_observe(&record, training.trainer, &err), &err);
    for (int id = 0; id < OBSERVABLE_COUNT; id++) {
      if (id == OBS_audit_W || id == OBS_audit_V || id == OBS_audited) continue;
      worst_require(&worst, arb_equal(&trace->value[id][found], &record.value[id]) != 0,
                    "step %lld: %s", (long long)t, observable_name[id]);
    }
  }
  worst_require(&worst, next == trace->count, "%zu of %zu records are due", next, trace->count);
  record_clear(&record);
  training_close(&training);
  worst_assert(&worst, "%s at %lld bits: records of a run", engine_name(engine),
               (long long)precision);
}

/* Are the stored eigenvalues those that are enclosed anew? */
static bool same_eigenvalues(const arb_mat_t weight, Store *store, int64_t run, int64_t t,
                             const char *name, int64_t prec) {
  Error err;
  const slong d = arb_mat_nrows(weight);
  acb_ptr values = _acb_vec_init(d), stored = _acb_vec_init(d);
  spectrum_enclose(values, weight, (slong)prec);
  OK(store_get_eigenvalues(stored, (size_t)d, store, run, t, name, &err));
  bool same = true;
  for (slong i = 0; i < d; i++)
    same = same && acb_equal(values + i, stored + i);
  _acb_vec_clear(values, d);
  _acb_vec_clear(stored, d);
  return same;
}

/* Weights and spectra stand at the named steps, and only there. */
static void check_weights(Scene *s, int64_t run, EngineKind engine, int64_t precision,
                          const int64_t *at, size_t at_count) {
  Error err;
  Worst worst = {0};
  Training training;
  arb_mat_t kept, own;
  int64_t d = s->params.d;
  arb_mat_init(kept, d, d);
  arb_mat_init(own, d, d);
  training_open(&training, s->params, engine, precision);
  for (int64_t t = 0; t <= s->params.t1 + s->params.t2; t++) {
    bool named = t == 0 || t == s->params.t1 || t == s->params.t1 + s->params.t2;
    for (size_t i = 0; i < at_count; i++)
      named = named || at[i] == t;
    training_run(&training, t);
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
        const char *name = weight_name((Block)b, (WeightKind)kind);
        StatusCode code = store_get_weights(kept, s->store, run, t, name, &err);
        worst_require(&worst, (code == STATUS_OK) == named, "step %lld: %s, status %d",
                      (long long)t, name, (int)code);
        if (code != STATUS_OK) continue;
        trainer_weight(own, training.trainer, (Block)b, (WeightKind)kind);
        worst_require(&worst, arb_mat_equal(kept, own) != 0, "step %lld: %s", (long long)t, name);
        if (kind == WEIGHT_NOISE) continue;
        bool same = same_eigenvalues(own, s->store, run, t, name, precision + 30);
        double A[16], re[4], im[4], singular[4], got[4];
        trainer_shadow(A, training.trainer, (Block)b, WEIGHT_FULL);
        OK(spectrum_compute(re, im, singular, A, d, &err));
        if (kind == WEIGHT_FULL) {
          OK(store_get_spectrum(got, NULL, 4, s->store, run, t, name, "singular", &err));
          same = same && memcmp(singular, got, sizeof got) == 0;
        }
        worst_require(&worst, same, "step %lld: spectra of %s", (long long)t, name);
      }
  }
  arb_mat_clear(kept);
  arb_mat_clear(own);
  training_close(&training);
  worst_assert(&worst, "%s at %lld bits: weights and spectra of a run", engine_name(engine),
               (long long)precision);
}

Test(run, stores_records_and_weights_of_the_right_steps) {
  static const int64_t at[] = {7, 33, 33, 20};
  for (int k = 0; k < 2; k++) {
    Error err;
    Scene s;
    Trace trace;
    Ticks ticks = {.stop_at = -1};
    EngineKind engine = k ? ENGINE_MPFR : ENGINE_DOUBLE;
    int64_t precision = k ? 128 : 53, run = 0;
    scene_open(&s, NULL);
    RunRequest request = scene_request(&s, engine, precision);
    request.record_every = 5;
    request.at = at;
    request.at_count = 4;
    request.progress = (Progress){tick, &ticks};
    OK(run_train(&run, s.store, &s.data, &request, &err));
    cr_assert(ticks.calls == 57 && ticks.last == 57 && ticks.total == 57,
              "progress was told %lld times, last of step %lld of %lld; expected 57, 57, 57",
              (long long)ticks.calls, (long long)ticks.last, (long long)ticks.total);
    OK(store_finish(s.store, &err));
    OK(store_open(&s.store, s.folder, &err));
    OK(trace_load(&trace, s.store, run, &err));
    cr_assert(trace.info.precision == precision &&
                  strcmp(trace.info.engine, engine_name(engine)) == 0,
              "run %lld is of engine '%s' at %lld bits, expected '%s' at %lld", (long long)run,
              trace.info.engine, (long long)trace.info.precision, engine_name(engine),
              (long long)precision);
    check_trace(&trace, &s, engine, precision, at, 4);
    check_weights(&s, run, engine, precision, at, 4);
    trace_clear(&trace);
    scene_close(&s);
  }
}

/* trace := the run's, from an unfinished store. */
static double last_value(Scene *s, int64_t run, ObservableId id) {
  Error err;
  Trace trace;
  OK(store_finish(s->store, &err));
  OK(store_open(&s->store, s->folder, &err));
  OK(trace_load(&trace, s->store, run, &err));
  double x = arf_get_d(arb_midref(&trace.value[id][trace.count - 1]), ARF_RND_NEAR);
  trace_clear(&trace);
  return x;
}

Test(run, recorded_steps_are_audited) {
  Error err;
  Scene s;
  int64_t run = 0;
  scene_open(&s, NULL);
  RunRequest request = scene_request(&s, ENGINE_DOUBLE, 53);
  OK(run_train(&run, s.store, &s.data, &request, &err));
  double audited = last_value(&s, run, OBS_audited);
  cr_assert(audited == 57, "%g of 57 recorded steps were audited", audited);
  scene_close(&s);
}

Test(run, stops_when_asked) {
  Error err = {0};
  Scene s;
  Ticks ticks = {.stop_at = 13};
  int64_t run = 0;
  scene_open(&s, NULL);
  RunRequest request = scene_request(&s, ENGINE_DOUBLE, 53);
  request.progress = (Progress){tick, &ticks};
  REFUSED(run_train(&run, s.store, &s.data, &request, &err), STATUS_INTERNAL,
          "interrupted at step 13 of 57");
  cr_assert(ticks.calls == 13, "progress was told %lld times, expected 13", (long long)ticks.calls);
  scene_close(&s);
}

Test(run, without_noise_is_refused) {
  static const char *const settings[] = {"tau0=0", "tau_xi=0", NULL};
  Error err = {0};
  Scene s;
  int64_t run = 0;
  scene_open(&s, settings);
  RunRequest request = scene_request(&s, ENGINE_DOUBLE, 53);
  REFUSED(run_train(&run, s.store, &s.data, &request, &err), STATUS_DATA, "tau0");
  scene_close(&s);
}

Test(run, that_overflows_names_step_and_quantity) {
  Error err = {0};
  Scene s;
  int64_t run = 0;
  scene_open(&s, NULL);
  s.params.eta1 = 1e200; /* beyond what parameters allow */
  RunRequest request = scene_request(&s, ENGINE_DOUBLE, 53);
  REFUSED(run_train(&run, s.store, &s.data, &request, &err), STATUS_DATA, "step ");
  bool named = strstr(err.message, "bar") != NULL || strstr(err.message, "tilde") != NULL ||
               strstr(err.message, "K1 is not 0, and below 2^-(2^100)") != NULL;
  cr_assert(named, "eta1 = %g: '%s', expected the quantity's name", s.params.eta1, err.message);
  scene_close(&s);
}

/* ---- digits ---- */

typedef struct {
  const Trace *a, *b;
  Worst worst;
  int64_t count;
} Digits;

static bool check_digits(int64_t step, const char *observable, double digits, void *context) {
  Digits *c = context;
  int id = observable_find(observable);
  int64_t i = trace_find(c->a, step), j = trace_find(c->b, step);
  worst_require(&c->worst, id >= 0 && i >= 0 && j >= 0, "step %lld: %s", (long long)step,
                observable);
  c->count++;
  if (id < 0 || i < 0 || j < 0) return false;
  mpfr_t x, y, difference; /* by MPFR, where the product uses balls */
  mpfr_inits2(1000, x, y, difference, (mpfr_ptr)0);
  arf_get_mpfr(x, arb_midref(&c->a->value[id][i]), MPFR_RNDN);
  arf_get_mpfr(y, arb_midref(&c->b->value[id][j]), MPFR_RNDN);
  mpfr_sub(difference, x, y, MPFR_RNDN);
  mpfr_abs(x, x, MPFR_RNDN);
  mpfr_abs(y, y, MPFR_RNDN);
  mpfr_max(x, x, y, MPFR_RNDN);
  double cap = 53 * 0.30103, expected = cap;
  if (!mpfr_zero_p(difference)) {
    mpfr_div(difference, difference, x, MPFR_RNDN);
    mpfr_abs(difference, difference, MPFR_RNDN);
    mpfr_log10(difference, difference, MPFR_RNDN);
    expected = fmin(cap, fmax(0, -mpfr_get_d(difference, MPFR_RNDN)));
  }
  worst_add(&c->worst, fabs(digits - expected), 1e-12, "step %lld: %s, %.6g digits, expected %.6g",
            (long long)step, observable, digits, expected);
  mpfr_clears(x, y, difference, (mpfr_ptr)0);
  return true;
}

/* Runs of three rates: the first two are the same in all but precision, the third has little to do
   with them. */
Test(run, two_runs_are_compared_step_by_step) {
  Error err;
  Scene s;
  int64_t run[3] = {0};
  Trace trace[3];
  scene_open(&s, NULL);
  Params faster = s.params;
  faster.eta1 *= 1.5;
  RunRequest request = scene_request(&s, ENGINE_DOUBLE, 53);
  OK(run_train(&run[0], s.store, &s.data, &request, &err));
  request = scene_request(&s, ENGINE_MPFR, 128);
  request.record_every = 3; /* fewer steps in common */
  OK(run_train(&run[1], s.store, &s.data, &request, &err));
  request.params = &faster;
  OK(run_train(&run[2], s.store, &s.data, &request, &err));
  for (int k = 1; k < 3; k++)
    OK(run_compare(s.store, run[0], run[k], &err));
  OK(store_finish(s.store, &err));
  OK(store_open(&s.store, s.folder, &err));
  for (int k = 0; k < 3; k++)
    OK(trace_load(&trace[k], s.store, run[k], &err));
  for (int k = 1; k < 3; k++) {
    Digits digits = {.a = &trace[0], .b = &trace[k]};
    OK(store_each_digits(s.store, run[0], run[k], check_digits, &digits, &err));
    cr_assert(trace[k].count < trace[0].count && digits.count >= 6 * (int64_t)trace[k].count,
              "%zu and %zu records, %lld compared values, expected at least %zu", trace[0].count,
              trace[k].count, (long long)digits.count, 6 * trace[k].count);
    worst_assert(&digits.worst, "digits that runs 1 and %d agree in", k + 1);
  }
  for (int k = 0; k < 3; k++)
    trace_clear(&trace[k]);
  scene_close(&s);
}
