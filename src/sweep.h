/* sweep.h -- a grid of training runs: which cells it has, each cell in a run store of its own, and
 * all of them together in one.
 *
 * A cell is one training run. It is trained into DIR/cells/NAME/run.db, a finished and sealed store
 * or none, where NAME is a checksum of the cell's parameters and engine: so whoever comes later,
 * after a crash or with a longer grid, finds it again. What is found is believed only when its
 * content says the same: parameters to the bit, the formulas they came from, engine, precision, and
 * the facts about the program that made it. Finished cells are found in DIR/run.db as well, where
 * an earlier sweep has collected them.
 *
 * Begin with a zeroed Sweep whose first fields are set, add axes, resolve; sweep_clear releases it.
 */
#ifndef SRC_SWEEP_H
#define SRC_SWEEP_H

#include "src/engine.h"
#include "src/params.h"
#include "src/run.h"
#include "src/store.h"

#define SWEEP_AXES 8
#define SWEEP_CELLS 10000 /* most cells of a grid */
#define SWEEP_RECORDS                                                                              \
  "sparse" /* the schedule of cells (schedule.h), kept as the fact "records"                       \
            */

typedef struct {
  ParamId id;
  char option[48];    /* what messages call the place of its values: "--along d" */
  char *text;         /* owned; the values stand in it */
  const char **value; /* (count) formulas */
  size_t count;
} SweepAxis;

/* A fact about the program; cells of programs that differ in one are not the same. */
typedef struct {
  const char *key, *value;
} SweepFact;

typedef struct {
  /* Set by the caller, who owns what they point to: */
  Instance *instance; /* made into that of one cell after another */
  const char *folder; /* DIR */
  Reading reading[4]; /* more than one: an axis of its own, the fastest */
  size_t reading_count;
  EngineKind engine;
  int64_t precision;
  PlainSet plain;        /* fast paths to do without; a cell is the same cell */
  const SweepFact *fact; /* (fact_count) */
  size_t fact_count;
  const char *program;       /* what checkpoints of cells are signed with */
  double checkpoint_seconds; /* between them */
  /* sweep_find tells of each store that is there but damaged or another version's, and does without
     it. NULL: nobody wants to know. */
  void (*tell)(const Error *damage);
  /* Kept by sweep.c: */
  SweepAxis axis[SWEEP_AXES]; /* the first one varies slowest */
  size_t axis_count;
  Params *cell; /* (cell_count) */
  size_t cell_count;
} Sweep;

/* Adds the axis "KEY=V1,V2,..."; option is "--along" and the like. A comma in parentheses separates
   no values. STATUS_USAGE: no such key, no values, an empty one, a key that is an axis already, too
   many axes. */
MUST_CHECK StatusCode sweep_add_axis(Sweep *sweep, const char *option, const char *text,
                                     Error *err);
/* Adds the axis seed = first, first + 1, ... (count). */
MUST_CHECK StatusCode sweep_add_seeds(Sweep *sweep, int64_t first, int64_t count, Error *err);

/* Evaluates the parameters of all cells: product of the axes and the readings. Errors: those of
   params_resolve with the cell's name before them; STATUS_USAGE when there are more than
   SWEEP_CELLS, or two of them are the same run. */
MUST_CHECK StatusCode sweep_resolve(Sweep *sweep, Error *err);
void sweep_clear(Sweep *sweep);

/* out := "d=8 seed=2 split/joint": the values of a cell as they were written. */
void sweep_label(char *out, size_t size, const Sweep *sweep, size_t cell);
/* Index of a cell's value on an axis. */
size_t sweep_index(const Sweep *sweep, size_t cell, size_t axis);
/* Makes the instance that of a cell. */
MUST_CHECK StatusCode sweep_set_cell(const Sweep *sweep, size_t cell, Error *err);
/* How much work a cell is, in units that are the same for all cells of a sweep. */
double sweep_work(const Sweep *sweep, size_t cell);
/* out := NAME, the folder of a cell inside DIR/cells. (SWEEP_NAME_SIZE) */
#define SWEEP_NAME_SIZE 17
void sweep_name(char *out, const Sweep *sweep, size_t cell);

/* ---- sweep_cells.c: the run stores ---- */

/* finished[k] := there is a finished run of cell k. (cell_count) A store that is damaged, or not
 * this cell's, holds none. */
MUST_CHECK StatusCode sweep_find(bool *finished, const Sweep *sweep, Error *err);
/* *before := how many seeds the sweep has that was collected in DIR/run.db, by whatever program; 0
   when there is none that shares a cell with this one. *now := how many this one has. *same := they
   are the same seeds. */
MUST_CHECK StatusCode sweep_seeds_before(size_t *before, size_t *now, bool *same,
                                         const Sweep *sweep, Error *err);
/* Trains a cell into its store, unless it is there already. Waits a while for another process that
   is about to end its work on it. Errors: those of run_train and of the store. */
MUST_CHECK StatusCode sweep_train(const Sweep *sweep, size_t cell, const Progress *progress,
                                  Error *err);
/* Copies the finished cells that are wanted into a store, in the order of the grid, with their axes
   and the fact "records". STATUS_INTERNAL when one is not there. */
MUST_CHECK StatusCode sweep_collect(Store *to, const Sweep *sweep, const bool *wanted, Error *err);
/* Removes of the given cells their stores, or only what is unfinished of them. Empty folders go
 * too. */
void sweep_remove(const Sweep *sweep, const bool *cells, bool only_unfinished);

#endif
