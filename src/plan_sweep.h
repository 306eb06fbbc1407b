/* plan_sweep.h -- a grid of runs from a command line to a judged run store: what sweep and map have
 * in common. */
#ifndef SRC_PLAN_SWEEP_H
#define SRC_PLAN_SWEEP_H

#include "src/cli.h"

#define PLAN_SWEEP_OPTIONS                                                                         \
  (OPTION_RUN_SET | OPTION_BIT(OPTION_JOBS) | OPTION_BIT(OPTION_PART) |                            \
   OPTION_BIT(OPTION_CLAIMS) | OPTION_BIT(OPTION_RATES) | OPTION_BIT(OPTION_ONLY) |                \
   OPTION_BIT(OPTION_FORMAT))

/* Words for the details of both commands. */
#define PLAN_SWEEP_DETAILS                                                                         \
  "Every cell is trained in a process of its own (in double unless --engine is given) into\n"      \
  "DIR/cells, and all of them are collected in DIR/run.db, judged one by one, with the\n"          \
  "report files of verify beside it. Started again, with the same command line or a larger\n"      \
  "grid, it keeps the cells that are finished, whatever ended it. Seeds that are added to a\n"     \
  "sweep that was judged were not fixed beforehand: run.db says so, no rate is decided then,\n"    \
  "and probabilities are judged by evidence (verify/rates/README.md). A cell that fails is\n"      \
  "tried once more; if it fails again, the others go on, the end names it, and the status\n"       \
  "is its.\n"                                                                                      \
  "Recorded of a cell: 100 steps in each t1 until 2 t1, then 50 while the time since t1\n"         \
  "doubles. So the first step with some property is late by at most 1 % of t1 until 2 t1,\n"       \
  "and by at most 2 % of the time since t1 after it.\n"                                            \
  "Formats: table, tap, json."

/* Trains the grid of the axes --along (and --seeds), or --x and --y; collects, judges, reports. */
MUST_CHECK StatusCode plan_sweep(int *exit_status, const CommandLine *line, Error *err);

#endif
