/* store_fixture.h -- a small run store full of odd numbers, and the whole content of a store as
 * text; for its tests. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/store_internal.h"

/* Asserts that a call succeeds, with its own line when not. */
#define OK(call)                                                                                   \
  do {                                                                                             \
    StatusCode ok_code_ = (call);                                                                  \
    cr_assert(ok_code_ == STATUS_OK, "%s: status %d: %s", #call, ok_code_, err.message);           \
  } while (0)

/* Asserts that a call fails with a status and one line that holds a text. */
#define REFUSED(call, status, text)                                                                \
  do {                                                                                             \
    StatusCode refused_code_ = (call);                                                             \
    cr_assert(refused_code_ == (status), "%s: status %d, expected %d: %s", #call, refused_code_,   \
              (status), refused_code_ == STATUS_OK ? "" : err.message);                            \
    cr_assert(strstr(err.message, text) != NULL && strpbrk(err.message, "\n\r\t") == NULL,         \
              "%s: status %d, message '%s', expected one line with '%s'", #call, refused_code_,    \
              err.message, (const char *)(text));                                                  \
  } while (0)

static inline char *path_in(char out[512], const char *folder, const char *name) {
  snprintf(out, 512, "%s/%s", folder, name);
  return out;
}

static inline void folder_open(char out[128]) {
  const char *parent = getenv("TMPDIR");
  snprintf(out, 128, "%s/store.XXXXXX", parent != NULL ? parent : "/tmp");
  cr_assert(mkdtemp(out) != NULL, "cannot make %s", out);
}

/* Removes a folder with the plain files in it. */
static inline void folder_close(const char *folder) {
  DIR *entries = opendir(folder);
  char path[512];
  for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
    if (entry->d_name[0] != '.') unlink(path_in(path, folder, entry->d_name));
  if (entries != NULL) closedir(entries);
  rmdir(folder);
}

/* The number of entries of a folder besides . and .. */
static inline int folder_count(const char *folder) {
  DIR *entries = opendir(folder);
  int count = 0;
  while (entries != NULL && readdir(entries) != NULL)
    count++;
  if (entries != NULL) closedir(entries);
  return count - 2;
}

/* ---- content ---- */

#define FIXTURE_D 3
#define FIXTURE_STEPS 12
static const int64_t fixture_step[FIXTURE_STEPS] = {0,  1,  2,   5,    7,       11,
                                                    13, 97, 819, 2592, 1 << 20, INT64_MAX};

/* Any ball: zero, infinite, NaN, with and without radius, exponents of up to 100 bits. */
static inline void fixture_ball(arb_t out, flint_rand_t random) {
  static const slong bits[] = {2, 53, 128, 500, 4096};
  arb_randtest_special(out, random, bits[n_randint(random, 5)], 2 + (slong)n_randint(random, 99));
}

/* One that a run may record. */
static inline void fixture_finite(arb_t out, flint_rand_t random) {
  do
    fixture_ball(out, random);
  while (!arb_is_finite(out));
}

/* Any finite double of a sign that a parameter may have, subnormal ones too. */
static inline double fixture_double(flint_rand_t random) {
  return ldexp((double)(n_randlimb(random) >> 11) + 1, (int)n_randint(random, 2000) - 1100);
}

static inline void fixture_run(RunInfo *out, const char *engine, int64_t precision, int reading,
                               flint_rand_t random) {
  memset(out, 0, sizeof *out); /* padding too: runs are compared as bytes */
  Params *p = &out->params;
  snprintf(out->engine, sizeof out->engine, "%s", engine);
  out->precision = precision;
  strcpy(p->instance, "odd \"one\" 'é'");
  p->d = FIXTURE_D;
  p->N = 1 + (int64_t)n_randint(random, 1000);
  p->L = INT64_C(1) << 40;
  p->t1 = 0;
  p->t2 = (int64_t)(n_randlimb(random) >> 1);
  p->seed = INT64_MAX;
  double *real[] = {&p->gamma0, &p->s_e,  &p->u,  &p->r,     &p->tau0,  &p->tau_xi,
                    &p->lambda, &p->eta1, &p->T2, &p->eps_W, &p->eps_V, &p->balance};
  for (size_t k = 0; k < sizeof real / sizeof real[0]; k++)
    *real[k] = fixture_double(random);
  p->eta2 = 0.1;
  p->tau_xi = 0;
  p->reading = readings_all[reading];
  p->optimizer = reading % 2 == 0 ? OPTIMIZER_ADAM : OPTIMIZER_SGD;
  p->attention = reading < 2 ? ATTENTION_SOFTMAX : ATTENTION_RELU;
}

static inline void fixture_instance(Instance *out) {
  static char formula[] = "1/(d^2*log(d)^2.5)", file[] = "my instance.cfg";
  memset(out, 0, sizeof *out);
  for (int k = 1; k < PARAM_COUNT; k++) {
    out->text[k] = formula;
    out->file[k] = file;
    out->line[k] = k;
  }
}

static inline void fixture_records(Store *store, int64_t run, flint_rand_t random, Error *err) {
  Record record;
  record_init(&record);
  StatusCode code = STATUS_OK;
  for (int k = 0; k < FIXTURE_STEPS && code == STATUS_OK; k++) {
    record.step = fixture_step[k];
    for (int id = 0; id < OBSERVABLE_COUNT; id++)
      fixture_finite(&record.value[id], random);
    code = store_add_record(store, run, &record, err);
  }
  record_clear(&record);
  cr_assert(code == STATUS_OK, "status %d: %s", code, err->message);
}

static inline StatusCode fixture_enclosed(Store *store, int64_t run, const char *name,
                                          flint_rand_t random, Error *err) {
  acb_ptr values = _acb_vec_init(FIXTURE_D);
  for (int i = 0; i < FIXTURE_D; i++) {
    arb_set_d(acb_realref(values + i), fixture_double(random));
    arb_set_d(acb_imagref(values + i), fixture_double(random));
    mag_set_ui_2exp_si(arb_radref(acb_imagref(values + i)), 3, -90 - i);
  }
  const StatusCode code = store_add_eigenvalues(store, run, 5, name, values, FIXTURE_D, err);
  _acb_vec_clear(values, FIXTURE_D);
  return code;
}

static inline void fixture_truncation(Store *store, int64_t run, flint_rand_t random, Error *err) {
  Truncation rows[4];
  for (int k = 0; k < 4; k++)
    rows[k] = (Truncation){.top = k % 2 == 0,
                           .rank = k / 2,
                           .loss = {fixture_double(random), 0.5 + k},
                           .accuracy = {k / 4.0, fixture_double(random)}};
  arb_ptr values = _arb_vec_init(MOMENT_COUNT);
  StatusCode code = store_add_truncations(store, run, 5, rows, 4, err);
  for (int64_t step = 0; step <= 5 && code == STATUS_OK; step += 5) {
    for (int id = 0; id < MOMENT_COUNT; id++) {
      fixture_ball(values + id, random);
      if (!arb_is_finite(values + id)) arb_indeterminate(values + id); /* could not be told */
    }
    code = store_add_moments(store, run, step, values, err);
  }
  _arb_vec_clear(values, MOMENT_COUNT);
  cr_assert(code == STATUS_OK, "status %d: %s", code, err->message);
}

static inline void fixture_weights(Store *store, int64_t run, flint_rand_t random, Error *err) {
  static const char *const name[] = {"W", "V", "Wbar", "Vbar", "Wtilde", "Vtilde"};
  double re[FIXTURE_D], im[FIXTURE_D];
  arb_mat_t weights;
  arb_mat_init(weights, FIXTURE_D, FIXTURE_D);
  StatusCode code = STATUS_OK;
  for (int k = 0; k < 6 && code == STATUS_OK; k++) {
    for (int i = 0; i < FIXTURE_D; i++) {
      re[i] = -fixture_double(random);
      im[i] = fixture_double(random);
      for (int j = 0; j < FIXTURE_D; j++)
        fixture_ball(arb_mat_entry(weights, i, j), random);
    }
    code = store_add_weights(store, run, 5, name[k], weights, err);
    if (code == STATUS_OK && k % 2 == 0)
      code = store_add_spectrum(store, run, 5, name[k], "eigenvalue", re, im, FIXTURE_D, err);
    if (code == STATUS_OK && k % 2 == 1) code = fixture_enclosed(store, run, name[k], random, err);
    if (code == STATUS_OK)
      code = store_add_spectrum(store, run, 5, name[k], "singular", re, NULL, FIXTURE_D, err);
  }
  arb_mat_clear(weights);
  cr_assert(code == STATUS_OK, "status %d: %s", code, err->message);
}

static const VerdictRow fixture_verdict = {.run = 2,
                                           .companion = 1,
                                           .claim = "T2.b2",
                                           .title = "learns P",
                                           .statement = "K1 <= \"eps\"",
                                           .trust = "reported",
                                           .source = "a referee",
                                           .formula = "K1(t1) <= eps_W",
                                           .hypotheses = "small [eps_W < 1]",
                                           .reading = "split/joint",
                                           .verdict = "FAILS",
                                           .expected = "HOLDS",
                                           .expected_reason = "because",
                                           .reason = "0.3 > 0.2",
                                           .blind = "t1 halved",
                                           .certified = true,
                                           .value = "-ccccccccccccd -37 1 -40",
                                           .bound = "1 -1 0 0",
                                           .value_double = -0.1,
                                           .bound_double = 0.5,
                                           .ratio = INFINITY,
                                           .slack = 1e-320};

/* A rate with points of its own, and stage times. */
static inline void fixture_rates(Store *store) {
  Error err;
  RateRow rate = {.claim = "T2.b1",
                  .kind = "rate",
                  .title = "grows",
                  .statement = "norm = Theta(d)",
                  .trust = "recalled",
                  .source = "a friend",
                  .formula = "norm_W(t1) = Theta(d)",
                  .along = "d",
                  .place = "lambda=0.1",
                  .reading = "split/joint",
                  .verdict = "FAILS",
                  .reason = "slope 0.5",
                  .expected = "HOLDS",
                  .points = 3,
                  .seeds = 4,
                  .from = 8,
                  .to = 32,
                  .margin = 0.25,
                  .ratio_low = 0.5,
                  .ratio_high = INFINITY,
                  .slope = -0.5,
                  .slope_low = -0.6,
                  .slope_high = -0.4,
                  .end_slope = NAN,
                  .end_low = NAN,
                  .end_high = NAN,
                  .lack_of_fit = 1e-5,
                  .robust = -0.51,
                  .robust_error = 0.01,
                  .p_holds = 1,
                  .p_fails = 1e-9,
                  .adjusted_holds = 1,
                  .adjusted_fails = 1e-8};
  OK(store_add_rate(store, &rate, &err));
  OK(store_add_rate_point(
      store, &(RatePointRow){rate.id, "against", "d^2", NAN, 1, 0.75, 1e-3, NAN}, &err));
  OK(store_add_stage(store, &(StageRow){2, 99.75, 10, INFINITY, NAN}, &err));
  const BandRow band = {.run = 1,
                        .step = 5,
                        .observable = "K1",
                        .seeds = 5,
                        .rank = 1,
                        .coverage = 0.9375,
                        .lower = 0.25,
                        .median = 0.5,
                        .upper = NAN};
  OK(store_add_band(store, &band, &err));
}

/* Fills a new store: two runs, facts, cells, rates, records, weights, spectra, digits and verdicts.
 */
/* One prompt of one context token and a query, in three dimensions; w*, z and zeta are basis
 * vectors. */
static inline void fixture_cloud(Store *store, int64_t run) {
  Error err;
  double x[2][6] = {{0.5, -1, 0, -2, 0.25, 1}, {0, 3, 4, 0, 3, -4}}, y[2] = {1, -1};
  double w_star[3] = {1, 0, 0}, z[3] = {0, 2, 0}, zeta[3] = {0, 0, 0.5};
  const Dataset data = {
      .d = 3, .N = 1, .L = 1, .x = {x[0], x[1]}, .y = y, .w_star = w_star, .z = z, .zeta = zeta};
  OK(store_add_cloud(store, run, &data, &err));
}

static inline void fixture_fill(Store *store, ulong seed) {
  Error err;
  flint_rand_t random;
  flint_randinit(random);
  for (ulong k = 0; k < seed; k++)
    n_randlimb(random);
  OK(store_set_fact(store, "version", "0.1", &err));
  char long_text[3000]; /* fills most of a page */
  memset(long_text, '#', sizeof long_text);
  long_text[sizeof long_text - 1] = '\0';
  const InputRow given = {.kind = "claims", .name = "a b.cfg", .text = long_text},
                 own = {"instance", "quick.cfg", true, ""};
  OK(store_add_input(store, &own, &err));
  OK(store_add_input(store, &given, &err));
  OK(store_set_fact(store, "command line", "twostage verify\n--out 'é'", &err));
  for (int k = 0; k < 2; k++) {
    RunInfo run;
    Instance instance;
    fixture_instance(&instance);
    fixture_run(&run, k == 0 ? "double" : "mpfr", k == 0 ? 53 : 4096, k, random);
    OK(store_add_run(store, &run, k == 0 ? &instance : NULL, &err));
    fixture_records(store, run.id, random, &err);
    fixture_weights(store, run.id, random, &err);
    fixture_truncation(store, run.id, random, &err);
    fixture_cloud(store, run.id);
  }
  OK(store_add_digits(store, 1, 2, 7, "K2", 15.5, &err));
  OK(store_add_digits(store, 1, 2, 7, "K1", NAN, &err));
  OK(store_add_digits(store, 1, 2, 0, "norm_V", 3e-5, &err));
  OK(store_add_cell(store, 2, "seed", "2^53+1", 0x1p53, &err));
  OK(store_add_cell(store, 1, "lambda", "1/\n(d^2)", 0.1, &err));
  OK(store_add_cell(store, 1, "gate", "split", NAN, &err));
  OK(store_add_verdict(store, &fixture_verdict, &err));
  VerdictRow bare = {
      .run = 1, .claim = "A", .value_double = NAN, .bound_double = NAN, .ratio = NAN, .slack = NAN};
  OK(store_add_verdict(store, &bare, &err));
  fixture_rates(store);
  flint_randclear(random);
}

/* Makes a finished store. */
static inline void fixture_store(const char *folder, ulong seed) {
  Error err;
  Store *store;
  OK(store_create(&store, folder, &err));
  fixture_fill(store, seed);
  OK(store_finish(store, &err));
}

/* ---- the whole content as text ---- */

static inline bool print_input(const InputRow *row, void *out) {
  fprintf(out, "input %s %s %d=%s\n", row->kind, row->name, row->built_in, row->text);
  return true;
}

static inline bool print_fact(const char *key, const char *value, void *out) {
  fprintf(out, "fact %s=%s\n", key, value);
  return true;
}

static inline bool print_digits(int64_t step, const char *observable, double digits, void *out) {
  fprintf(out, "digits %" PRId64 " %s %a\n", step, observable, digits);
  return true;
}

static inline bool print_verdict(const VerdictRow *v, void *out) {
  const char *text[] = {v->claim,           v->title,      v->statement, v->trust,   v->source,
                        v->formula,         v->hypotheses, v->reading,   v->verdict, v->expected,
                        v->expected_reason, v->reason,     v->blind,     v->value,   v->bound};
  fprintf(out, "verdict %" PRId64 " %" PRId64 " %d", v->run, v->companion, v->certified);
  for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
    fprintf(out, "|%s", text[k] != NULL ? text[k] : "NULL");
  fprintf(out, "|%a %a %a %a\n", v->value_double, v->bound_double, v->ratio, v->slack);
  return true;
}

static inline bool print_cell(int64_t run, const char *key, const char *text, double value,
                              void *out) {
  fprintf(out, "cell %" PRId64 " %s=%s %a\n", run, key, text, value);
  return true;
}

static inline bool print_rate(const RateRow *r, void *out) {
  const char *text[] = {r->claim,   r->kind,    r->title,    r->statement,      r->trust,
                        r->source,  r->formula, r->along,    r->place,          r->reading,
                        r->verdict, r->reason,  r->expected, r->expected_reason};
  fprintf(out, "rate %" PRId64 " %" PRId64 " %" PRId64, r->id, r->points, r->seeds);
  for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
    fprintf(out, "|%s", text[k] != NULL ? text[k] : "NULL");
  fprintf(out, "|%a %a %a %a %a %a %a %a", r->from, r->to, r->margin, r->ratio_low, r->ratio_high,
          r->slope, r->slope_low, r->slope_high);
  fprintf(out, " %a %a %a %a %a %a %a %a %a %a\n", r->end_slope, r->end_low, r->end_high,
          r->lack_of_fit, r->robust, r->robust_error, r->p_holds, r->p_fails, r->adjusted_holds,
          r->adjusted_fails);
  return true;
}

static inline bool print_rate_point(const RatePointRow *r, void *out) {
  fprintf(out, "point %" PRId64 " %s %s %a %" PRId64 " %a %a %a\n", r->rate, r->kind, r->name, r->x,
          r->seed, r->value, r->lower, r->upper);
  return true;
}

static inline bool print_stage(const StageRow *r, void *out) {
  fprintf(out, "stage %" PRId64 " %a %a %a %a\n", r->run, r->scale, r->t_P, r->t_Q, r->t_X);
  return true;
}

static inline bool print_band(const BandRow *r, void *out) {
  fprintf(out, "band %" PRId64 " %" PRId64 " %s %" PRId64 " %" PRId64 " %a %a %a %a\n", r->run,
          r->step, r->observable, r->seeds, r->rank, r->coverage, r->lower, r->median, r->upper);
  return true;
}

static inline void print_ball(FILE *out, const arb_t x) {
  char *text = arb_dump_str(x);
  fprintf(out, " %s\n", text);
  flint_free(text);
}

static inline void print_params(FILE *out, const RunInfo *run) {
  const Params *p = &run->params;
  fprintf(out, "run %" PRId64 " %s %" PRId64 " %s %s %s", run->id, run->engine, run->precision,
          p->instance, p->family, reading_name(p->reading));
  fprintf(out, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, p->d, p->N,
          p->L, p->t1, p->t2, p->seed);
  fprintf(out, " %a %a %a %a %a %a %a %a %a %a %a %a\n", p->gamma0, p->s_e, p->u, p->r, p->tau0,
          p->tau_xi, p->lambda, p->eta1, p->eta2, p->T2, p->eps_W, p->eps_V);
}

static inline bool print_truncation(const Truncation *row, void *context) {
  fprintf(context, "%d %lld %a %a %a %a\n", row->top, (long long)row->rank, row->loss[BLOCK_P],
          row->loss[BLOCK_Q], row->accuracy[BLOCK_P], row->accuracy[BLOCK_Q]);
  return true;
}

static inline bool print_cloud(const CloudPoint *point, void *context) {
  fprintf(context, "token %a %a %a %a %a\n", point->label, point->at[BLOCK_P][0],
          point->at[BLOCK_P][1], point->at[BLOCK_Q][0], point->at[BLOCK_Q][1]);
  return true;
}

static inline void print_moments(FILE *out, const Trace *trace) {
  for (size_t i = 0; i < trace->moment_count; i++) {
    fprintf(out, "moments of step %lld\n", (long long)trace->moment_step[i]);
    for (int id = 0; id < MOMENT_COUNT; id++)
      print_ball(out, trace->moment[id] + i);
  }
}

static inline StatusCode print_weights(FILE *out, Store *store, int64_t run, Error *err) {
  static const char *const name[] = {"W", "V", "Wbar", "Vbar", "Wtilde", "Vtilde"};
  double re[FIXTURE_D], im[FIXTURE_D], singular[FIXTURE_D];
  arb_mat_t weights;
  arb_mat_init(weights, FIXTURE_D, FIXTURE_D);
  StatusCode code = STATUS_OK;
  for (int k = 0; k < 6 && code == STATUS_OK; k++) {
    code = store_get_weights(weights, store, run, 5, name[k], err);
    if (code == STATUS_OK)
      code = store_get_spectrum(re, im, FIXTURE_D, store, run, 5, name[k], "eigenvalue", err);
    if (code == STATUS_OK)
      code = store_get_spectrum(singular, NULL, FIXTURE_D, store, run, 5, name[k], "singular", err);
    for (int i = 0; i < FIXTURE_D && code == STATUS_OK; i++) {
      fprintf(out, "%s %a %a %a\n", name[k], re[i], im[i], singular[i]);
      for (int j = 0; j < FIXTURE_D; j++)
        print_ball(out, arb_mat_entry(weights, i, j));
    }
  }
  acb_ptr values = _acb_vec_init(FIXTURE_D);
  for (int k = 1; k < 6 && code == STATUS_OK; k += 2) { /* fixture_enclosed */
    code = store_get_eigenvalues(values, FIXTURE_D, store, run, 5, name[k], err);
    for (int i = 0; i < FIXTURE_D && code == STATUS_OK; i++) {
      print_ball(out, acb_realref(values + i));
      print_ball(out, acb_imagref(values + i));
    }
  }
  _acb_vec_clear(values, FIXTURE_D);
  arb_mat_clear(weights);
  if (code == STATUS_OK) code = store_each_cloud(store, run, print_cloud, out, err);
  return code == STATUS_OK ? store_each_truncation(store, run, 5, print_truncation, out, err)
                           : code;
}

static inline StatusCode print_trace(FILE *out, Store *store, int64_t run, Error *err) {
  Trace trace;
  TRY(trace_load(&trace, store, run, err));
  for (size_t k = 0; k < trace.count; k++) {
    fprintf(out, "step %" PRId64 "\n", trace.step[k]);
    for (int id = 0; id < OBSERVABLE_COUNT; id++)
      print_ball(out, &trace.value[id][k]);
  }
  print_moments(out, &trace);
  trace_clear(&trace);
  return STATUS_OK;
}

static inline StatusCode print_store(FILE *out, Store *store, Error *err) {
  RunInfo *runs;
  size_t count;
  TRY(store_each_fact(store, print_fact, out, err));
  TRY(store_each_input(store, print_input, out, err));
  TRY(store_list_runs(&runs, &count, store, err));
  StatusCode code = STATUS_OK;
  for (size_t k = 0; k < count && code == STATUS_OK; k++) {
    print_params(out, &runs[k]);
    code = print_trace(out, store, runs[k].id, err);
    if (code == STATUS_OK) code = print_weights(out, store, runs[k].id, err);
  }
  free(runs);
  if (code == STATUS_OK) code = store_each_cell(store, print_cell, out, err);
  if (code == STATUS_OK) code = store_each_rate(store, print_rate, out, err);
  if (code == STATUS_OK) code = store_each_rate_point(store, print_rate_point, out, err);
  if (code == STATUS_OK) code = store_each_stage(store, print_stage, out, err);
  if (code == STATUS_OK) code = store_each_band(store, print_band, out, err);
  if (code == STATUS_OK) code = store_each_digits(store, 1, 2, print_digits, out, err);
  if (code == STATUS_OK) code = store_each_verdict(store, print_verdict, out, err);
  return code;
}

/* *out := everything that can be read back; the caller frees it, also when reading fails half-way.
 */
static inline StatusCode content_of(char **out, Store *store, Error *err) {
  size_t size;
  FILE *text = open_memstream(out, &size);
  cr_assert(text != NULL, "cannot write to memory after %zu bytes", (size_t)0);
  StatusCode code = print_store(text, store, err);
  fclose(text);
  return code;
}

/* *out := the content of FOLDER/run.db. */
static inline StatusCode content_of_folder(char **out, const char *folder, Error *err) {
  Store *store;
  *out = NULL;
  TRY(store_open(&store, folder, err));
  StatusCode code = content_of(out, store, err);
  store_close(store);
  return code;
}

#endif
