/* figures.c -- the figures of a run store: for each reading a script, its data, and what gnuplot
 * makes of them. Scripts get numbers and our own names only, never a text of the user's. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/draw.h"
#include "reports/figures.h"
#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"
#include "src/builtin.h"
#include "src/fileset.h"

/* One reading: the run that is drawn, and the digits it agrees in with another. */
typedef struct {
  const RunInfo *run;
  char suffix[32]; /* "" for the first reading, else "-split-joint" and so on */
  Trace trace;     /* of run */
  double *digits;  /* (trace.count, OBSERVABLE_COUNT), NaN where unknown; or NULL */
  bool has_digits[OBSERVABLE_COUNT]; /* the columns that hold something */
  int64_t bits;                      /* the smaller precision of the two */
} Drawn;

static double at(const Drawn *drawn, ObservableId id, size_t i) {
  return arf_get_d(arb_midref(&drawn->trace.value[id][i]), ARF_RND_NEAR);
}

/* The value at t1; 0 when that step was not recorded. */
static double at_t1(const Drawn *drawn, ObservableId id) {
  const int64_t i = trace_find(&drawn->trace, drawn->run->params.t1);
  return i >= 0 ? at(drawn, id, (size_t)i) : 0;
}

/* ---- scripts ---- */

/* Writes a number that gnuplot takes for a real, whose quotients are not truncated. */
static void put_real(FILE *out, const char *name, double x) {
  char number[TEXT_NUMBER_SIZE];
  text_number(number, x);
  fprintf(out, "%s = %s%s\n", name, isfinite(x) ? number : "NaN",
          isfinite(x) && strpbrk(number, ".e") == NULL ? ".0" : "");
}

static void numbers_losses(FILE *out, const Drawn *drawn) {
  fprintf(out, "seed = '%lld'\n", (long long)drawn->run->params.seed);
}

static void numbers_growth(FILE *out, const Drawn *drawn) {
  put_real(out, "d", (double)drawn->run->params.d);
  put_real(out, "eps_W", drawn->run->params.eps_W);
  put_real(out, "eps_V", drawn->run->params.eps_V);
  put_real(out, "norm_W1", at_t1(drawn, OBS_norm_Wbar));
  put_real(out, "norm_V1", at_t1(drawn, OBS_norm_Vbar));
  put_real(out, "norm_V_end", at(drawn, OBS_norm_Vbar, drawn->trace.count - 1));
}

/* The first record of stage two at which the trace of V has passed that of W, which must have been
   above it before; 0 when there is none. */
static void numbers_traces(FILE *out, const Drawn *drawn) {
  bool below = false;
  double crossing = 0, height = 0;
  for (size_t i = 0; i < drawn->trace.count && crossing == 0; i++) {
    const double v = at(drawn, OBS_trace_V, i), w = at(drawn, OBS_trace_W, i);
    if (drawn->trace.step[i] < drawn->run->params.t1) continue;
    if (below && v > w) {
      crossing = at(drawn, OBS_eta_lambda_time, i);
      height = v;
    }
    below = below || v <= w;
  }
  put_real(out, "crossing", crossing);
  put_real(out, "height", height);
}

static const ObservableId digit_column[] = {OBS_K1, OBS_K2, OBS_norm_Wbar, OBS_norm_Vbar};

static void numbers_digits(FILE *out, const Drawn *drawn) {
  fprintf(out, "bits = %lld\ncolumns = '", (long long)drawn->bits);
  for (size_t k = 0; k < sizeof digit_column / sizeof *digit_column; k++)
    if (drawn->has_digits[digit_column[k]]) fprintf(out, "%s ", observable_name[digit_column[k]]);
  fputs("'\n", out);
}

typedef struct {
  const char *name;
  ObservableId column[6];
  size_t columns;                                 /* 0: the digits */
  void (*numbers)(FILE *out, const Drawn *drawn); /* besides those of every figure; may be NULL */
} Figure;

static const Figure figure[] = {
    {.name = "losses", .column = {OBS_K1, OBS_K2}, .columns = 2, .numbers = numbers_losses},
    {.name = "stages",
     .column = {OBS_K1, OBS_K2, OBS_norm_Wbar, OBS_norm_Vbar, OBS_acc_P, OBS_acc_Q},
     .columns = 6},
    {.name = "growth",
     .column = {OBS_norm_Wbar, OBS_norm_Vbar},
     .columns = 2,
     .numbers = numbers_growth},
    {.name = "traces",
     .column = {OBS_trace_W, OBS_trace_V, OBS_trace_Wbar, OBS_trace_Vbar},
     .columns = 4,
     .numbers = numbers_traces},
    {.name = "digits", .columns = 0, .numbers = numbers_digits},
};
#define FIGURES (sizeof figure / sizeof *figure)

static void figure_name(char out[REPORT_FIGURE_NAME_SIZE], const Figure *f, const char *suffix) {
  snprintf(out, REPORT_FIGURE_NAME_SIZE, "%s%s", f->name, suffix);
}

void figure_put_title(FILE *out, const char *name) {
  fprintf(
      out,
      "# %s.gp -- draws %s.svg, %s.pdf, and %s.tex with %s-inc.pdf from %s.tsv: gnuplot %s.gp\n",
      name, name, name, name, name, name, name);
}

StatusCode figure_put_builtin(FILE *out, const char *name, Error *err) {
  char file[REPORT_FIGURE_NAME_SIZE];
  snprintf(file, sizeof file, "%s.gp", name);
  for (const BuiltinFile *b = builtin_gnuplot; b->name != NULL; b++)
    if (strcmp(b->name, file) == 0) {
      fprintf(out, "\n%s", b->text);
      return STATUS_OK;
    }
  return error_set(err, STATUS_INTERNAL, "%s is not built in", file);
}

/* A script stands alone: numbers, style, plot. */
static StatusCode put_script(FILE *out, const Figure *f, const Drawn *drawn, Error *err) {
  char name[REPORT_FIGURE_NAME_SIZE];
  figure_name(name, f, drawn->suffix);
  const Params *params = &drawn->run->params;
  const double end = at(drawn, OBS_eta_lambda_time, drawn->trace.count - 1);
  figure_put_title(out, name);
  fprintf(out, "# Reading %s, %lld bits.\n", reading_name(params->reading),
          (long long)drawn->run->precision);
  fprintf(out, "name = '%s'\nt1 = %lld\nt2 = %lld\n", name, (long long)params->t1,
          (long long)params->t2);
  put_real(out, "x1", at_t1(drawn, OBS_eta_lambda_time));
  put_real(out, "x_end", end > 0 ? end : 1); /* a run of no steps still has an axis */
  if (f->numbers != NULL) f->numbers(out, drawn);
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, f->name, err);
}

/* ---- data ---- */

void figure_put_number(FILE *out, double x) {
  char number[TEXT_NUMBER_SIZE];
  text_number(number, x);
  fprintf(out, "\t%s", isfinite(x) ? number : "nan");
}

/* The value of a column: an observable, or the digits it agrees in. */
static double figure_value(const Figure *f, const Drawn *drawn, int id, size_t i) {
  return f->columns > 0 ? at(drawn, (ObservableId)id, i)
                        : drawn->digits[i * OBSERVABLE_COUNT + (size_t)id];
}

static bool figure_has(const Figure *f, const Drawn *drawn, int id) {
  if (f->columns == 0) return drawn->has_digits[id];
  for (size_t k = 0; k < f->columns; k++)
    if ((int)f->column[k] == id) return true;
  return false;
}

static void put_data(FILE *out, const Figure *f, const Drawn *drawn) {
  fprintf(out, "step\t%s", observable_name[OBS_eta_lambda_time]);
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    if (figure_has(f, drawn, id)) fprintf(out, "\t%s", observable_name[id]);
  putc('\n', out);
  for (size_t i = 0; i < drawn->trace.count; i++) {
    fprintf(out, "%lld", (long long)drawn->trace.step[i]);
    figure_put_number(out, at(drawn, OBS_eta_lambda_time, i));
    for (int id = 0; id < OBSERVABLE_COUNT; id++)
      if (figure_has(f, drawn, id)) figure_put_number(out, figure_value(f, drawn, id, i));
    putc('\n', out);
  }
}

/* ---- what is drawn ---- */

static bool visit_digits(int64_t step, const char *observable, double digits, void *context) {
  Drawn *drawn = context;
  const int64_t i = trace_find(&drawn->trace, step);
  const int id = observable_find(observable);
  if (i < 0 || id < 0) return true;
  drawn->digits[i * OBSERVABLE_COUNT + id] = digits;
  if (isfinite(digits)) drawn->has_digits[id] = true;
  return true;
}

static StatusCode load_digits(Drawn *drawn, const View *view, Store *store, Error *err) {
  const Agreement *agreement = NULL;
  for (size_t k = 0; k < view->agreement_count && agreement == NULL; k++)
    if (view->agreement[k].run_a == drawn->run->id || view->agreement[k].run_b == drawn->run->id)
      agreement = &view->agreement[k];
  if (agreement == NULL) return STATUS_OK;
  const size_t count = drawn->trace.count * OBSERVABLE_COUNT;
  drawn->digits = array_alloc(count, sizeof *drawn->digits);
  if (drawn->digits == NULL) return error_memory(err, "digits of a figure");
  for (size_t k = 0; k < count; k++)
    drawn->digits[k] = NAN;
  const RunInfo *a = view_run(view, agreement->run_a), *b = view_run(view, agreement->run_b);
  drawn->bits = a->precision < b->precision ? a->precision : b->precision;
  return store_each_digits(store, a->id, b->id, visit_digits, drawn, err);
}

static StatusCode drawn_load(Drawn *drawn, const View *view, Store *store, Error *err) {
  TRY(trace_load(&drawn->trace, store, drawn->run->id, err));
  return load_digits(drawn, view, store, err);
}

static void drawn_clear(Drawn *drawn) {
  trace_clear(&drawn->trace);
  free(drawn->digits);
}

static bool figure_possible(const Figure *f, const Drawn *drawn) {
  if (drawn->trace.count == 0) return false;
  if (f->columns > 0) return true;
  for (size_t k = 0; k < sizeof digit_column / sizeof *digit_column; k++)
    if (drawn->has_digits[digit_column[k]]) return true;
  return false;
}

/* The suffix of a reading: none for the first one of the store. */
static void make_suffix(Drawn *drawn, bool first) {
  snprintf(drawn->suffix, sizeof drawn->suffix, "%s%s", first ? "" : "-",
           first ? "" : reading_name(drawn->run->params.reading));
  for (char *c = drawn->suffix; *c != '\0'; c++)
    if (*c == '/') *c = '-';
}

/* ---- the folder ---- */

/* The figures of a store: at most one of each kind, a rank preservation, spectra and a map for each
   reading, those of the lemmas, of the slacks and of the data, and three of a sweep. */
static const char *const per_reading[] = {FIGURE_MAP, FIGURE_RANK, FIGURE_SPECTRA};
#define PER_READING (sizeof per_reading / sizeof *per_reading)
#define READINGS (sizeof readings_all / sizeof *readings_all)
_Static_assert((FIGURES + PER_READING) * READINGS + 6 == REPORT_FIGURE_MAX, "room for all of them");

static bool figures_have(const ReportFigures *figures, const char *name) {
  for (size_t i = 0; i < figures->count; i++)
    if (strcmp(figures->figure[i].name, name) == 0) return true;
  return false;
}

/* The run of a reading that is drawn: the one of the highest precision; NULL when there is none. */
static const RunInfo *best_run(const View *view, Reading reading) {
  const RunInfo *best = NULL;
  for (size_t i = 0; i < view->run_count; i++) {
    const RunInfo *run = &view->run[i];
    if (run->params.reading.gate == reading.gate && run->params.reading.loss == reading.loss &&
        (best == NULL || run->precision > best->precision))
      best = run;
  }
  return best;
}

static StatusCode write_figure(FileSet *set, ReportFigures *figures, const Figure *f,
                               const Drawn *drawn, Error *err) {
  FILE *out;
  char *name = figures->figure[figures->count++].name, file[REPORT_FIGURE_NAME_SIZE + 8];
  figure_name(name, f, drawn->suffix);
  snprintf(file, sizeof file, "%s.gp", name);
  TRY(fileset_add(&out, set, file, err));
  TRY(put_script(out, f, drawn, err));
  snprintf(file, sizeof file, "%s.tsv", name);
  TRY(fileset_add(&out, set, file, err));
  put_data(out, f, drawn);
  return STATUS_OK; /* the set reports what did not reach a file */
}

/* What the weights at the named steps show. */
static StatusCode write_weights(FileSet *set, ReportFigures *figures, const Drawn *drawn,
                                Store *store, Error *err) {
  bool possible;
  TRY(figure_rank_possible(&possible, store, drawn->run, err));
  if (!possible) return STATUS_OK;
  char *name = figures->figure[figures->count++].name;
  snprintf(name, REPORT_FIGURE_NAME_SIZE, "%s%s", FIGURE_RANK, drawn->suffix);
  TRY(figure_rank_write(set, name, store, drawn->run, err));
  name = figures->figure[figures->count++].name;
  snprintf(name, REPORT_FIGURE_NAME_SIZE, "%s%s", FIGURE_SPECTRA, drawn->suffix);
  return figure_spectra_write(set, name, store, drawn->run, err);
}

static StatusCode write_reading(FileSet *set, ReportFigures *figures, const RunInfo *run,
                                const View *view, Store *store, Error *err) {
  Drawn drawn = {.run = run};
  make_suffix(&drawn, figures->count == 0);
  StatusCode code = drawn_load(&drawn, view, store, err);
  for (size_t k = 0; k < FIGURES && code == STATUS_OK; k++)
    if (figure_possible(&figure[k], &drawn))
      code = write_figure(set, figures, &figure[k], &drawn, err);
  if (code == STATUS_OK) code = write_weights(set, figures, &drawn, store, err);
  drawn_clear(&drawn);
  return code;
}

/* The map of a sweep, under a reading of which this is a run. */
static StatusCode write_map(FileSet *set, ReportFigures *figures, const RunInfo *run,
                            const View *view, Error *err) {
  Drawn drawn = {.run = run};
  const Reading reading = run->params.reading;
  if (!figure_map_possible(view, reading)) return STATUS_OK;
  make_suffix(&drawn, figures->count == 0);
  char *name = figures->figure[figures->count++].name;
  snprintf(name, REPORT_FIGURE_NAME_SIZE, "%s%s", FIGURE_MAP, drawn.suffix);
  return figure_map_write(set, name, view, reading, err);
}

static StatusCode write_lemmas(FileSet *set, ReportFigures *figures, const View *view, Error *err) {
  snprintf(figures->figure[figures->count++].name, REPORT_FIGURE_NAME_SIZE, "%s", FIGURE_LEMMAS);
  return figure_lemmas_write(set, view, err);
}

/* Readings share their data, so those of the first run are shown. */
static StatusCode write_clouds(FileSet *set, ReportFigures *figures, const View *view, Store *store,
                               Error *err) {
  bool possible = false;
  if (view->run_count == 0 || view_is_sweep(view)) return STATUS_OK;
  TRY(figure_clouds_possible(&possible, store, &view->run[0], err));
  if (!possible) return STATUS_OK;
  snprintf(figures->figure[figures->count++].name, REPORT_FIGURE_NAME_SIZE, "%s", FIGURE_CLOUDS);
  return figure_clouds_write(set, store, &view->run[0], err);
}

static StatusCode write_bands(FileSet *set, ReportFigures *figures, const View *view, Store *store,
                              Error *err) {
  bool possible;
  TRY(figure_bands_possible(&possible, store, err));
  if (!possible) return STATUS_OK;
  snprintf(figures->figure[figures->count++].name, REPORT_FIGURE_NAME_SIZE, "%s", FIGURE_BANDS);
  return figure_bands_write(set, view, store, err);
}

static StatusCode write_slack(FileSet *set, ReportFigures *figures, const View *view, Error *err) {
  snprintf(figures->figure[figures->count++].name, REPORT_FIGURE_NAME_SIZE, "%s", FIGURE_SLACK);
  return figure_slack_write(set, view, err);
}

static StatusCode write_rates(FileSet *set, ReportFigures *figures, Store *store, Error *err) {
  RatesView view;
  StatusCode code = rates_view_load(&view, store, err);
  if (code == STATUS_OK && figure_rates_possible(&view)) {
    snprintf(figures->figure[figures->count++].name, REPORT_FIGURE_NAME_SIZE, "%s", FIGURE_RATES);
    code = figure_rates_write(set, &view, err);
  }
  if (code == STATUS_OK && view.stage_count > 0) {
    snprintf(figures->figure[figures->count++].name, REPORT_FIGURE_NAME_SIZE, "%s",
             FIGURE_STAGE_TIMES);
    code = figure_stage_times_write(set, &view, err);
  }
  rates_view_clear(&view);
  return code;
}

static StatusCode write_all(ReportFigures *figures, const char *folder, Store *store, Error *err) {
  View view;
  FileSet *set = NULL;
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) code = fileset_open(&set, folder, err);
  for (size_t r = 0; r < READINGS && code == STATUS_OK; r++) {
    const RunInfo *run = best_run(&view, readings_all[r]);
    if (run == NULL) continue;
    /* The curves of one run out of many would say nothing of the sweep. */
    code = view_is_sweep(&view) ? write_map(set, figures, run, &view, err)
                                : write_reading(set, figures, run, &view, store, err);
  }
  if (code == STATUS_OK && view.lemma_count > 0) code = write_lemmas(set, figures, &view, err);
  if (code == STATUS_OK) code = write_clouds(set, figures, &view, store, err);
  if (code == STATUS_OK && figure_slack_possible(&view))
    code = write_slack(set, figures, &view, err);
  if (code == STATUS_OK) code = write_bands(set, figures, &view, store, err);
  if (code == STATUS_OK) code = write_rates(set, figures, store, err);
  if (code == STATUS_OK) {
    code = fileset_commit(set, err);
    set = NULL;
  }
  fileset_drop(set);
  view_clear(&view);
  return code;
}

static StatusCode remove_file(const char *folder, const char *name, const char *suffix,
                              Error *err) {
  const size_t size = strlen(folder) + strlen(name) + strlen(suffix) + 2;
  char *path = array_alloc(size, 1);
  if (path == NULL) return error_memory(err, "path");
  snprintf(path, size, "%s/%s%s", folder, name, suffix);
  StatusCode code = STATUS_OK;
  if (unlink(path) != 0 && errno != ENOENT)
    code = error_set(err, STATUS_CANTCREAT, "%s: cannot remove: %s", path, strerror(errno));
  free(path);
  return code;
}

/* Removes of one figure what does not belong to this store: all of it, or, when nothing is going to
   be drawn, its pictures. */
static StatusCode remove_one(const char *name, const ReportFigures *figures, bool drawing,
                             const char *folder, Error *err) {
  static const char *const suffix[] = {".svg", ".pdf", ".tex", "-inc.pdf", ".gp", ".tsv"};
  const bool have = figures_have(figures, name);
  for (size_t s = 0; s < 6; s++)
    if (!have || (!drawing && s < 4)) TRY(remove_file(folder, name, suffix[s], err));
  return STATUS_OK;
}

/* Removes what is left of an earlier store: figures that this one does not have, and pictures that
   no longer belong to their data. */
static StatusCode remove_stale(const ReportFigures *figures, bool drawing, const char *folder,
                               Error *err) {
  static const char *const single[] = {FIGURE_BANDS, FIGURE_CLOUDS, FIGURE_LEMMAS,
                                       FIGURE_SLACK, FIGURE_RATES,  FIGURE_STAGE_TIMES};
  for (size_t k = 0; k < sizeof single / sizeof *single; k++)
    TRY(remove_one(single[k], figures, drawing, folder, err));
  for (size_t r = 0; r <= READINGS; r++) {
    const RunInfo run = {.params.reading = readings_all[r < READINGS ? r : 0]};
    Drawn drawn = {.run = &run};
    make_suffix(&drawn, r == READINGS);
    for (size_t k = 0; k < FIGURES + PER_READING; k++) {
      char name[REPORT_FIGURE_NAME_SIZE];
      if (k < FIGURES)
        figure_name(name, &figure[k], drawn.suffix);
      else
        snprintf(name, sizeof name, "%s%s", per_reading[k - FIGURES], drawn.suffix);
      TRY(remove_one(name, figures, drawing, folder, err));
    }
  }
  return STATUS_OK;
}

static StatusCode draw_all(ReportFigures *out, const char *folder, const char *gnuplot,
                           Error *err) {
  char *program;
  TRY(draw_find(&program, gnuplot != NULL ? gnuplot : "gnuplot", err));
  StatusCode code = remove_stale(out, program != NULL, folder, err);
  out->drawn = program != NULL;
  if (program == NULL)
    snprintf(out->why, sizeof out->why, "skipped, because gnuplot is not installed");
  for (size_t i = 0; program != NULL && i < out->count && code == STATUS_OK; i++) {
    ReportFigure *one = &out->figure[i];
    char why[sizeof out->why];
    code = draw_figure(&one->drawn, why, sizeof why, program, folder, one->name, err);
    if (code == STATUS_OK && !one->drawn && out->drawn) memcpy(out->why, why, sizeof why);
    out->drawn = out->drawn && one->drawn;
  }
  free(program);
  return code;
}

StatusCode report_figures(ReportFigures *out, const char *folder, Store *store, const char *gnuplot,
                          Error *err) {
  static const char inside[] = "/figures";
  *out = (ReportFigures){.drawn = false};
  char *path = array_alloc(strlen(folder) + sizeof inside, 1);
  if (path == NULL) return error_memory(err, "figures");
  strcpy(path, folder);
  strcat(path, inside);
  StatusCode code = write_all(out, path, store, err);
  if (code == STATUS_OK) code = draw_all(out, path, gnuplot, err);
  free(path);
  return code;
}
