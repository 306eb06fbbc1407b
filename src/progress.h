/* progress.h -- how far the work is, told to a person on stderr. */
#ifndef SRC_PROGRESS_H
#define SRC_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
  PROGRESS_NONE,
  PROGRESS_LINES, /* a line when a phase begins and when it ends: logs */
  PROGRESS_BAR    /* one line redrawn: terminals */
} ProgressStyle;
/* NONE when quiet, BAR when stderr is a terminal that can redraw a line, LINES otherwise. */
ProgressStyle progress_style(bool quiet);

/* One stretch of work: `steps` steps, the first `head` of which cost head_cost times as much as the
   others (they are recorded more densely). Phases of the same kind are taken to run at the same
   speed; `cost` is a guess of a later step's cost relative to the other kinds, used only until the
   kind has been measured. */
typedef struct {
  char name[80];
  int64_t steps, head;
  double head_cost; /* > 0 */
  int kind;         /* 0 .. PROGRESS_KINDS-1 */
  double cost;      /* > 0 */
  /* Kept by progress.c: */
  int64_t done;          /* steps */
  double start, seconds; /* when it began, and how long it has taken; start = 0 before */
} ProgressPhase;
#define PROGRESS_KINDS 4
#define PROGRESS_PHASES 64

/* Begin with progress_open and the phases added; then tell of each phase's steps, in any order and
 * mixture. */
typedef struct {
  ProgressStyle style;
  size_t workers; /* phases that run at once */
  ProgressPhase phase[PROGRESS_PHASES];
  size_t count;
  int64_t skip;        /* ticks until the next look at the clock */
  double begun, drawn; /* seconds: the first tick, the last redraw */
  double shown;        /* share on the bar, which never goes back */
  bool visible;
} Meter;

Meter progress_open(ProgressStyle style, size_t workers);
void progress_add(Meter *meter, const ProgressPhase *phase);
/* A phase has done so many of its steps; all of them end it. phase = count: no news. False once a
   signal has come. Looks at the clock and redraws at most ten times a second. */
bool progress_tell(Meter *meter, size_t phase, int64_t done);
void progress_close(Meter *meter); /* wipes the bar: nothing of it stays on the screen */

/* The expected seconds left of the whole plan; NaN before anything has been measured. */
double progress_seconds_left(const Meter *meter);

#endif
