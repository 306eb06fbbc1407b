/* report_fixture.h -- a run store with plausible curves and verdicts of every kind, and what the
 * writers make of it; for the tests of the reports. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include "reports/report.h"
#include "tests/store_fixture.h"

/* Texts that would do harm in a terminal, a TAP stream, JSON, a shell or gnuplot. */
#define HOSTILE "x'; system \"touch canary\"; print '`touch canary`\n\033[2J#\\\"$(touch canary)"

typedef struct {
  const char *instance;
  Reading reading;
  int64_t t1, t2;
} ReportRun;

/* Parameters that need not fit together: no writer computes with them. */
static inline Params report_params(const ReportRun *run) {
  Params p = {.d = 8, .N = 128, .L = 64, .t1 = run->t1, .t2 = run->t2, .seed = 7};
  snprintf(p.instance, sizeof p.instance, "%s", run->instance);
  snprintf(p.family, sizeof p.family, "reference");
  p.gamma0 = p.s_e = 0.1;
  p.u = 0.4, p.r = 0.08, p.tau0 = 1e-3, p.tau_xi = 1.0 / 3, p.lambda = 0.0025;
  p.eta1 = 1, p.eta2 = 0.25, p.T2 = 4, p.eps_W = p.eps_V = 0.125;
  p.balance = 0.5;
  p.reading = run->reading;
  return p;
}

/* Records at some twenty steps of each stage: losses fall, norms and traces grow, V's late. */
static inline void report_records(Store *store, const RunInfo *info) {
  Error err;
  const Params *p = &info->params;
  Record record;
  record_init(&record);
  const int64_t stride1 = p->t1 / 20 + 1, stride2 = p->t2 / 20 + 1;
  for (int64_t t = 0; t <= p->t1 + p->t2; t++) {
    if (t < p->t1 ? t % stride1 != 0 : t != p->t1 + p->t2 && (t - p->t1) % stride2 != 0) continue;
    const double x = (double)(t < p->t1 ? t : p->t1) * p->eta1 * p->lambda +
                     (double)(t < p->t1 ? 0 : t - p->t1) * p->eta2 * p->lambda;
    const double w = 20 * (1 - exp(-3 * x)), v = 30 * (1 - exp(-x));
    const double value[][2] = {{OBS_eta_lambda_time, x},   {OBS_K1, log(2) * exp(-4 * x)},
                               {OBS_K2, log(2) * exp(-x)}, {OBS_norm_Wbar, w},
                               {OBS_norm_Vbar, v},         {OBS_trace_W, w + 0.01},
                               {OBS_trace_V, v - 0.01},    {OBS_trace_Wbar, w},
                               {OBS_trace_Vbar, v}};
    record.step = t;
    for (size_t k = 0; k < sizeof value / sizeof *value; k++)
      arb_set_d(&record.value[(int)value[k][0]], value[k][1]);
    OK(store_add_record(store, info->id, &record, &err));
  }
  record_clear(&record);
}

/* Adds a double and an mpfr run that agree in about 13 digits; *out := the id of the mpfr run. */
static inline void report_add_runs(int64_t out[2], Store *store, const ReportRun *run) {
  Error err;
  for (int k = 0; k < 2; k++) {
    RunInfo info = {.precision = k == 0 ? 53 : 128, .params = report_params(run)};
    snprintf(info.engine, sizeof info.engine, "%s", k == 0 ? "double" : "mpfr");
    OK(store_add_run(store, &info, NULL, &err));
    report_records(store, &info);
    out[k] = info.id;
  }
  static const char *const observable[] = {"K1", "K2", "norm_Wbar", "norm_Vbar"};
  for (int64_t t = 0; t <= run->t1 + run->t2; t += run->t1 + run->t2 > 0 ? run->t1 + run->t2 : 1)
    for (int k = 0; k < 4; k++)
      OK(store_add_digits(store, out[0], out[1], t, observable[k],
                          t == 0 ? 53 * 0.30103 : 13.25 + k, &err));
}

/* One verdict of each kind and ledger: expected is NULL or one of the words. */
static const char *const report_word[] = {"HOLDS", "FAILS", "INCONCLUSIVE", "VACUOUS", "UNMET"};
#define REPORT_WORDS 5

static inline VerdictRow report_row(const int64_t run[2], Reading reading) {
  return (VerdictRow){.run = run[1],
                      .companion = run[0],
                      .claim = "T1.a1",
                      .title = "a title",
                      .statement = "a statement",
                      .trust = "recalled",
                      .source = "a source",
                      .formula = "norm_Vbar(t1) <= 1/d",
                      .reading = reading_name(reading),
                      .verdict = "HOLDS",
                      .reason = "a reason",
                      .value = "1 -1 0 0",
                      .bound = "3 -1 0 0",
                      .value_double = 0.1,
                      .bound_double = 1.5,
                      .ratio = 0.1 / 1.5,
                      .slack = 15};
}

/* A finished store with runs of `readings` readings, opened for reading; each run has the rows. The
   claims of the rows are made different by a number. */
static inline Store *report_store(const char *folder, int readings, const ReportRun *like,
                                  const VerdictRow *rows, size_t count) {
  Error err;
  Store *store;
  OK(store_create(&store, folder, &err));
  OK(store_set_fact(store, "version", "0.1", &err));
  OK(store_set_fact(store, "command line", "twostage verify --set 'lambda=" HOSTILE "'", &err));
  for (int r = 0; r < readings; r++) {
    int64_t run[2];
    ReportRun this = *like;
    this.reading = readings_all[r % 4];
    report_add_runs(run, store, &this);
    for (size_t k = 0; k < count; k++) {
      const VerdictRow plain = report_row(run, this.reading);
      VerdictRow row = rows[k];
      row.run = plain.run, row.companion = plain.companion, row.reading = plain.reading;
      OK(store_add_verdict(store, &row, &err));
    }
  }
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  return store;
}

static const ReportRun report_usual = {"quick", {GATE_SHARED, LOSS_SEPARATE}, 100, 1600};

/* ---- what is written ---- */

typedef enum {
  WRITE_TABLE,
  WRITE_TAP,
  WRITE_JSON,
  WRITE_HTML,
  WRITE_JUNIT,
  WRITE_LATEX_TABLE,
  WRITE_LATEX_NUMBERS
} WriteForm;

/* What a writer writes; the caller frees it. */
static inline char *report_text(WriteForm form, Store *store, const ReportTableOptions *options) {
  Error err;
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  cr_assert(out != NULL, "cannot write to memory after %zu bytes", (size_t)0);
  if (form == WRITE_TABLE) OK(report_table(out, store, options, &err));
  if (form == WRITE_TAP) OK(report_tap(out, store, &err));
  if (form == WRITE_JSON) OK(report_json(out, store, &err));
  if (form == WRITE_JUNIT) OK(report_junit(out, store, &err));
  if (form == WRITE_LATEX_TABLE) OK(report_latex_table(out, store, &err));
  if (form == WRITE_LATEX_NUMBERS) OK(report_latex_numbers(out, store, &err));
  const ReportFigures none = {.count = 0};
  const ReportFolder nowhere = {.path = "/nowhere", .figures = &none};
  if (form == WRITE_HTML) OK(report_html(out, &nowhere, store, &err));
  fclose(out);
  cr_assert(strlen(text) == size, "%zu bytes are written, %zu before a zero byte", size,
            strlen(text));
  return text;
}

/* *line := the next line of *text, without its end, in place; false when there is none. */
static inline bool report_line(char **line, char **text) {
  if (**text == '\0') return false;
  *line = *text;
  char *end = strchr(*text, '\n');
  cr_assert(end != NULL, "the last %zu bytes are not a whole line", strlen(*text));
  *end = '\0';
  *text = end + 1;
  return true;
}

/* The whole file, size bytes and a zero; the caller frees it. */
static inline char *report_file(size_t *size, const char *folder, const char *name) {
  char path[512];
  FILE *file = fopen(path_in(path, folder, name), "rb");
  cr_assert(file != NULL, "%s: missing, in a folder of %d files", path, folder_count(folder));
  char *text = calloc(1 << 22, 1);
  *size = fread(text, 1, (1 << 22) - 1, file);
  cr_assert(feof(file), "%s: longer than %zu bytes", path, *size);
  fclose(file);
  return text;
}

static inline bool report_exists(const char *folder, const char *name) {
  char path[512];
  return access(path_in(path, folder, name), F_OK) == 0;
}

static inline void report_close(Store *store, const char *folder) {
  char figures[200];
  store_close(store);
  snprintf(figures, sizeof figures, "%.180s/figures", folder);
  folder_close(figures);
  folder_close(folder);
}

#endif
