/* figure_clouds.c -- the figure of the data: tokens of both blocks in the planes of their features.
 */
#include <stdlib.h>

#include "reports/figures.h"

static bool put_point(const CloudPoint *point, void *context) {
  FILE *out = context;
  fprintf(out, "%d", point->label > 0 ? 1 : -1);
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int i = 0; i < 2; i++)
      figure_put_number(out, point->at[b][i]);
  putc('\n', out);
  return true;
}

static StatusCode put_script(FILE *out, const RunInfo *run, Error *err) {
  figure_put_title(out, FIGURE_CLOUDS);
  /* The style's axis of time is replaced. */
  fprintf(out, "name = '%s'\nx1 = 0.0\nx_end = 1.0\n", FIGURE_CLOUDS);
  fprintf(out, "# Seed %lld.\n", (long long)run->params.seed);
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_CLOUDS, err);
}

static bool see(const CloudPoint *point, void *context) {
  (void)point;
  *(bool *)context = true;
  return false;
}

StatusCode figure_clouds_possible(bool *possible, Store *store, const RunInfo *run, Error *err) {
  *possible = false;
  return store_each_cloud(store, run->id, see, possible, err);
}

StatusCode figure_clouds_write(FileSet *set, Store *store, const RunInfo *run, Error *err) {
  FILE *out;
  TRY(fileset_add(&out, set, FIGURE_CLOUDS ".gp", err));
  TRY(put_script(out, run, err));
  TRY(fileset_add(&out, set, FIGURE_CLOUDS ".tsv", err));
  fputs("label\tP_feature\tP_across\tQ_z\tQ_zeta\n", out);
  return store_each_cloud(store, run->id, put_point, out, err);
}
