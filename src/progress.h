/* progress.h -- how far the work is, told to a person on stderr, and whether a signal asks to stop.
 */
#ifndef SRC_PROGRESS_H
#define SRC_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SIGINT and SIGTERM are noted from here on instead of ending the program, so that what is
 * half-written can be removed. A second signal does end it. */
void progress_catch_signals(void);
/* The signal that came, or 0. */
int progress_signal(void);

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
  char name[48];
  int64_t steps, head;
  double head_cost; /* > 0 */
  int kind;         /* 0 .. PROGRESS_KINDS-1 */
  double cost;      /* > 0 */
} ProgressPhase;
#define PROGRESS_KINDS 4
#define PROGRESS_PHASES 16

/* Begin with progress_open and the phases added in the order in which they will run; then for each
 * progress_begin, ticks, progress_end. */
typedef struct {
  ProgressStyle style;
  ProgressPhase phase[PROGRESS_PHASES];
  size_t count, current;
  int64_t done;              /* steps of the current phase at the last look at the clock */
  int64_t skip;              /* ticks until the next look */
  double start, last, drawn; /* seconds: of the phase, of the last look, of the last redraw */
  /* Work is counted in steps after the head. */
  double speed; /* work per second in the last seconds of the current phase */
  double kind_seconds[PROGRESS_KINDS], kind_work[PROGRESS_KINDS]; /* of complete phases */
  double shown; /* share on the bar, which never goes back */
  bool announced, visible;
} Meter;

Meter progress_open(ProgressStyle style);
void progress_add(Meter *meter, const ProgressPhase *phase);
void progress_begin(Meter *meter);
/* The tick of run.h: context is the Meter. False once a signal has come. Costs a few ns; looks at
   the clock about once in a millisecond and redraws at most ten times a second. */
bool progress_tick(int64_t done, int64_t total, void *context);
void progress_end(Meter *meter);   /* the phase is complete; the next one is current */
void progress_close(Meter *meter); /* wipes the bar: nothing of it stays on the screen */

/* The expected seconds left of the whole plan; NaN before anything has been measured. */
double progress_seconds_left(const Meter *meter);

#endif
