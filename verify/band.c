/* band.c -- bands over the seeds of a sweep: order statistics, step by step. */
#include "verify/band.h"

#include <gsl/gsl_sort_double.h>
#include <stdlib.h>
#include <string.h>

#include "verify/stats.h"

/* Runs that differ in their seed alone, as indices of the list of runs. */
typedef struct {
  const RunInfo *run; /* all of them, (count) */
  size_t count;
  size_t *member; /* (size) */
  size_t size;
  Trace *trace; /* of each member, (size) */
} Group;

static bool differ_in_seed_alone(const RunInfo *a, const RunInfo *b) {
  if (strcmp(a->engine, b->engine) != 0 || a->precision != b->precision) return false;
  for (int id = 0; id < PARAM_COUNT; id++) {
    char x[64], y[64];
    params_format(x, sizeof x, &a->params, (ParamId)id);
    params_format(y, sizeof y, &b->params, (ParamId)id);
    if ((strcmp(x, y) == 0) == (id == PARAM_seed)) return false;
  }
  return true;
}

/* Fills the group of the run `first`; its size stays 0 when an earlier run has it. */
static void find_members(Group *g, size_t first) {
  g->size = 0;
  for (size_t i = 0; i < first; i++)
    if (differ_in_seed_alone(&g->run[i], &g->run[first])) return;
  g->member[g->size++] = first;
  for (size_t i = first + 1; i < g->count; i++)
    if (differ_in_seed_alone(&g->run[i], &g->run[first])) g->member[g->size++] = i;
}

static bool same_steps(const Group *g) {
  for (size_t m = 1; m < g->size; m++)
    if (g->trace[m].count != g->trace[0].count ||
        memcmp(g->trace[m].step, g->trace[0].step, g->trace[0].count * sizeof *g->trace[0].step) !=
            0)
      return false;
  return true;
}

/* Order statistics rank, the middle ones and size + 1 - rank of one observable at one step. */
static StatusCode add_band(Store *store, const Group *g, size_t i, ObservableId id, BandRow *row,
                           double *value, Error *err) {
  const size_t n = g->size;
  for (size_t m = 0; m < n; m++)
    value[m] = arf_get_d(arb_midref(&g->trace[m].value[id][i]), ARF_RND_NEAR);
  gsl_sort(value, 1, n);
  row->step = g->trace[0].step[i];
  row->observable = observable_name[id];
  row->lower = value[row->rank - 1];
  row->median = (value[(n - 1) / 2] + value[n / 2]) / 2;
  row->upper = value[n - (size_t)row->rank];
  return store_add_band(store, row, err);
}

static StatusCode add_group(Store *store, const Group *g, double *value, Error *err) {
  static const ObservableId banded[] = {OBS_K1, OBS_K2};
  BandRow row = {.run = g->run[g->member[0]].id, .seeds = (int64_t)g->size};
  row.rank = (int64_t)stats_median_interval(&row.coverage, g->size, BAND_LEVEL);
  for (size_t i = 0; i < g->trace[0].count; i++)
    for (size_t k = 0; k < sizeof banded / sizeof *banded; k++)
      TRY(add_band(store, g, i, banded[k], &row, value, err));
  return STATUS_OK;
}

static StatusCode band_group(bool *done, Store *store, Group *g, double *value, Error *err) {
  StatusCode code = STATUS_OK;
  for (size_t m = 0; m < g->size && code == STATUS_OK; m++)
    code = trace_load(&g->trace[m], store, g->run[g->member[m]].id, err);
  *done = code == STATUS_OK && same_steps(g);
  if (*done) code = add_group(store, g, value, err);
  for (size_t m = 0; m < g->size; m++)
    trace_clear(&g->trace[m]);
  memset(g->trace, 0, g->size * sizeof *g->trace);
  return code;
}

StatusCode bands_store(Store *store, Error *err) {
  RunInfo *runs;
  Group g = {.size = 0};
  TRY(store_clear_bands(store, err));
  TRY(store_list_runs(&runs, &g.count, store, err));
  g.run = runs;
  g.member = array_alloc(g.count, sizeof *g.member);
  g.trace = array_alloc(g.count, sizeof *g.trace);
  double *value = array_alloc(g.count, sizeof *value);
  StatusCode code =
      g.member && g.trace && value ? STATUS_OK : error_memory(err, "bands over seeds");
  size_t groups = 0;
  for (size_t i = 0; i < g.count && groups < BAND_GROUPS && code == STATUS_OK; i++) {
    bool done = false;
    find_members(&g, i);
    if (g.size >= 2) code = band_group(&done, store, &g, value, err);
    groups += done;
  }
  free(value);
  free(g.trace);
  free(g.member);
  free(runs);
  return code;
}
