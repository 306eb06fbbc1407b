/* grid.c -- the runs of a sweep, with what the sweep varied. */
#include "verify/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/judge.h"

typedef struct {
  Grid *grid;
  size_t room;
  bool failed; /* out of memory */
} Filling;

static bool make_room(Filling *filling) {
  Grid *grid = filling->grid;
  if (grid->axis_count < filling->room) return true;
  const size_t room = filling->room > 0 ? 2 * filling->room : 64;
  GridAxis *axis = array_alloc(room, sizeof *axis);
  if (axis == NULL) return false;
  if (grid->axis_count > 0) memcpy(axis, grid->axis, grid->axis_count * sizeof *axis);
  free(grid->axis);
  grid->axis = axis;
  filling->room = room;
  return true;
}

static bool add_axis(int64_t run, const char *key, const char *text, double value, void *context) {
  Filling *filling = context;
  Grid *grid = filling->grid;
  filling->failed = !make_room(filling);
  if (filling->failed) return false;
  GridAxis *axis = &grid->axis[grid->axis_count++];
  *axis = (GridAxis){run, strdup(key), strdup(text), value};
  filling->failed = axis->key == NULL || axis->text == NULL;
  return !filling->failed;
}

static bool has_axes(const Grid *grid, int64_t run) {
  for (size_t i = 0; i < grid->axis_count; i++)
    if (grid->axis[i].run == run) return true;
  return false;
}

/* Of all runs, those that are wanted move to the front, in order. */
static void keep_judged(Grid *grid, const RunInfo *all, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (has_axes(grid, all[i].id) && judge_is_judged(&all[i], all, count))
      grid->run[grid->count++] = all[i];
}

StatusCode grid_load(Grid *out, Store *store, Error *err) {
  *out = (Grid){0};
  Filling filling = {.grid = out};
  RunInfo *all = NULL;
  size_t count = 0;
  StatusCode code = store_each_cell(store, add_axis, &filling, err);
  if (code == STATUS_OK && filling.failed) code = error_memory(err, "the cells of a sweep");
  if (code == STATUS_OK) code = store_list_runs(&all, &count, store, err);
  if (code == STATUS_OK && !(out->run = array_alloc(count, sizeof *out->run)))
    code = error_memory(err, "the runs of a sweep");
  if (code == STATUS_OK) keep_judged(out, all, count);
  free(all);
  if (code != STATUS_OK) grid_clear(out);
  return code;
}

void grid_clear(Grid *grid) {
  for (size_t i = 0; i < grid->axis_count; i++) {
    free(grid->axis[i].key);
    free(grid->axis[i].text);
  }
  free(grid->axis);
  free(grid->run);
  *grid = (Grid){0};
}

const GridAxis *grid_axis(const Grid *grid, int64_t run, const char *key) {
  for (size_t i = 0; i < grid->axis_count; i++)
    if (grid->axis[i].run == run && strcmp(grid->axis[i].key, key) == 0) return &grid->axis[i];
  return NULL;
}

void grid_place(char out[GRID_PLACE_SIZE], const Grid *grid, int64_t run, const char *without) {
  static const char *const never[] = {"seed", "gate", "loss"};
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < grid->axis_count && used < GRID_PLACE_SIZE; i++) {
    const GridAxis *axis = &grid->axis[i];
    bool shown = axis->run == run && strcmp(axis->key, without) != 0;
    for (size_t k = 0; k < sizeof never / sizeof *never; k++)
      shown = shown && strcmp(axis->key, never[k]) != 0;
    if (shown)
      used += (size_t)snprintf(out + used, GRID_PLACE_SIZE - used, "%s%s=%.60s",
                               used > 0 ? ", " : "", axis->key, axis->text);
  }
}

static StatusCode resolve(Params *out, Instance *instance, const Grid *grid, const RunInfo *run,
                          Error *err) {
  char setting[1024];
  for (size_t i = 0; i < grid->axis_count; i++) {
    const GridAxis *axis = &grid->axis[i];
    if (axis->run != run->id) continue;
    snprintf(setting, sizeof setting, "%s=%s", axis->key, axis->text);
    TRY(instance_set(instance, setting, err));
  }
  return params_resolve(out, instance, err);
}

StatusCode grid_is_shipped(bool *out, const Grid *grid, const RunInfo *run, Error *err) {
  *out = false;
  bool known = false;
  for (const char *const *name = instance_builtin_names; *name; name++)
    known = known || strcmp(*name, run->params.instance) == 0;
  if (!known) return STATUS_OK;
  Instance instance;
  Params params;
  TRY(instance_load(&instance, run->params.instance, err));
  const StatusCode code = resolve(&params, &instance, grid, run, err);
  instance_clear(&instance);
  if (code == STATUS_DATA || code == STATUS_USAGE) return STATUS_OK; /* not as shipped, then */
  if (code == STATUS_OK) *out = judge_same_params(&params, &run->params, false);
  return code;
}
