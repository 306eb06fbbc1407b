/* grid.h -- the runs of a sweep, with what the sweep varied. */
#ifndef VERIFY_GRID_H
#define VERIFY_GRID_H

#include "src/store.h"

/* One axis of a run's cell. */
typedef struct {
  int64_t run;
  char *key, *text; /* parameter, and its value as the user wrote it */
  double value;     /* NaN for gate and loss */
} GridAxis;

/* The runs of a store that have a cell and are judged (judge.h), in order of their ids. */
typedef struct {
  RunInfo *run;
  size_t count;
  GridAxis *axis;
  size_t axis_count;
} Grid;

MUST_CHECK StatusCode grid_load(Grid *out, Store *store, Error *err);
void grid_clear(Grid *grid); /* a zeroed Grid is allowed */

/* The axis of a run, or NULL when the sweep did not vary that parameter. */
const GridAxis *grid_axis(const Grid *grid, int64_t run, const char *key);

#define GRID_PLACE_SIZE 256
/* out := "lambda=0.01, L=32": the axes of a run but for one parameter, the seed, gate and loss.
   Runs under one reading with equal places differ in that parameter and the seed only. */
void grid_place(char out[GRID_PLACE_SIZE], const Grid *grid, int64_t run, const char *without);

/* *out := whether the run is what its instance, as shipped under this name, comes to with the
   values of its cell and its reading: then nothing else was set. */
MUST_CHECK StatusCode grid_is_shipped(bool *out, const Grid *grid, const RunInfo *run, Error *err);

#endif
