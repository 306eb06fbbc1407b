/* figure_bands.c -- the figure of a sweep's losses: median and band over the seeds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/figures.h"
#include "reports/text.h"

/* The bands of the store, K1 and K2 of a step one after the other. */
typedef struct {
  BandRow *row; /* (count); without observables, whose texts are the store's */
  size_t count, room;
  bool failed;
} Bands;

static bool add_band(const BandRow *row, void *context) {
  Bands *bands = context;
  if (bands->count == bands->room) {
    const size_t room = 2 * bands->room + 64;
    BandRow *grown = realloc(bands->row, room * sizeof *grown);
    if (grown == NULL) {
      bands->failed = true;
      return false;
    }
    bands->row = grown;
    bands->room = room;
  }
  const int id = observable_find(row->observable);
  if (id != OBS_K1 && id != OBS_K2) return true; /* there are no others so far */
  bands->row[bands->count] = *row;
  bands->row[bands->count++].observable = observable_name[id];
  return true;
}

static StatusCode bands_load(Bands *bands, Store *store, Error *err) {
  *bands = (Bands){.count = 0};
  TRY(store_each_band(store, add_band, bands, err));
  return bands->failed ? error_memory(err, "bands of a figure") : STATUS_OK;
}

static bool see(const BandRow *row, void *context) {
  (void)row;
  *(bool *)context = true;
  return false;
}

StatusCode figure_bands_possible(bool *possible, Store *store, Error *err) {
  *possible = false;
  return store_each_band(store, see, possible, err);
}

/* ---- a panel for each group of runs ---- */

typedef struct {
  FILE *data;
  const View *view;
  const Bands *bands;
  Store *store;
  size_t panels;
} Sheet;

/* What its runs have in common of the sweep's axes, "d=8 L=32", and the reading. */
static void put_place(FILE *out, const View *view, const RunInfo *run) {
  size_t count;
  const ViewAxis *axis = view_axes(&count, view, run->id);
  fprintf(out, "\t%s", reading_name(run->params.reading));
  for (size_t k = 0; k < count; k++)
    if (strcmp(axis[k].key, "seed") != 0) fprintf(out, " %s=%s", axis[k].key, axis[k].text);
}

static void put_rows(const Sheet *s, const RunInfo *run, const Trace *trace, size_t first,
                     size_t end) {
  for (size_t i = first; i + 1 < end; i += 2) {
    const BandRow *P = &s->bands->row[i], *Q = &s->bands->row[i + 1];
    const int64_t at = trace_find(trace, P->step);
    if (at < 0 || Q->step != P->step) continue;
    fprintf(s->data, "%zu\t%lld", s->panels, (long long)P->step);
    figure_put_number(s->data,
                      arf_get_d(arb_midref(&trace->value[OBS_eta_lambda_time][at]), ARF_RND_NEAR));
    put_place(s->data, s->view, run);
    fprintf(s->data, "\t%lld", (long long)P->seeds);
    figure_put_number(s->data, P->coverage);
    const double number[] = {P->lower, P->median, P->upper, Q->lower, Q->median, Q->upper};
    for (size_t k = 0; k < sizeof number / sizeof *number; k++)
      figure_put_number(s->data, number[k]);
    putc('\n', s->data);
  }
  putc('\n', s->data); /* curves do not run on from one panel into the other */
}

static StatusCode put_panel(Sheet *s, size_t first, size_t end, Error *err) {
  Trace trace = {.count = 0};
  const RunInfo *run = view_run(s->view, s->bands->row[first].run);
  if (run == NULL) return STATUS_OK;
  const StatusCode code = trace_load(&trace, s->store, run->id, err);
  if (code == STATUS_OK) {
    s->panels++;
    put_rows(s, run, &trace, first, end);
  }
  trace_clear(&trace);
  return code;
}

static StatusCode put_data(Sheet *s, Error *err) {
  fputs("panel\tstep\teta_lambda_time\tplace\tseeds\tcoverage\tK1_lower\tK1_median\tK1_upper\t"
        "K2_lower\tK2_median\tK2_upper\n",
        s->data);
  for (size_t i = 0, end; i < s->bands->count; i = end) {
    end = i;
    while (end < s->bands->count && s->bands->row[end].run == s->bands->row[i].run)
      end++;
    TRY(put_panel(s, i, end, err));
  }
  return STATUS_OK;
}

/* Where stage one ends, panel by panel, in steps; the script finds the rest in the data. */
static void put_t1(const Sheet *s, FILE *out) {
  fputs("t1_of = '", out);
  for (size_t i = 0; i < s->bands->count; i++) {
    const RunInfo *run = view_run(s->view, s->bands->row[i].run);
    if (run != NULL && (i == 0 || s->bands->row[i - 1].run != run->id))
      fprintf(out, "%lld ", (long long)run->params.t1);
  }
  fputs("'\n", out);
}

static StatusCode write_both(FileSet *set, Sheet *s, Error *err) {
  FILE *out;
  TRY(fileset_add(&s->data, set, FIGURE_BANDS ".tsv", err));
  TRY(put_data(s, err));
  TRY(fileset_add(&out, set, FIGURE_BANDS ".gp", err));
  figure_put_title(out, FIGURE_BANDS);
  /* The style's axis of time is set anew for each panel. */
  fprintf(out, "name = '%s'\nx1 = 0.0\nx_end = 1.0\npanels = %zu\n", FIGURE_BANDS, s->panels);
  put_t1(s, out);
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_BANDS, err);
}

StatusCode figure_bands_write(FileSet *set, const View *view, Store *store, Error *err) {
  Bands bands;
  StatusCode code = bands_load(&bands, store, err);
  Sheet sheet = {.view = view, .bands = &bands, .store = store};
  if (code == STATUS_OK) code = write_both(set, &sheet, err);
  free(bands.row);
  return code;
}
