/* progress.c -- the progress bar, and its estimate of the time left. */
#include "src/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "src/stop.h"

#define REDRAW_SECONDS 0.1
#define LOOK_SECONDS 1e-3
#define BAR_WIDTH 20

ProgressStyle progress_style(bool quiet) {
  const char *terminal = getenv("TERM");
  if (quiet) return PROGRESS_NONE;
  return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0 ? PROGRESS_BAR
                                                                            : PROGRESS_LINES;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

Meter progress_open(ProgressStyle style, size_t workers) {
  return (Meter){.style = style, .workers = workers};
}

void progress_add(Meter *meter, const ProgressPhase *phase) {
  if (meter->count == PROGRESS_PHASES) return; /* then the bar is wrong, the work is not */
  ProgressPhase *added = &meter->phase[meter->count++];
  *added = *phase;
  added->done = 0;
  added->start = added->seconds = 0;
}

/* Work is counted in steps after the head. */
static double work_left(const ProgressPhase *phase, int64_t from) {
  const int64_t head = from < phase->head ? phase->head - from : 0;
  return (double)head * phase->head_cost + (double)(phase->steps - from - head);
}

/* Seconds a unit of work of this kind takes by measurement; NaN when the kind has not run yet. */
static double measured_seconds(const Meter *meter, int kind) {
  double seconds = 0, work = 0;
  for (size_t i = 0; i < meter->count; i++) {
    const ProgressPhase *phase = &meter->phase[i];
    if (phase->kind != kind) continue;
    seconds += phase->seconds;
    work += work_left(phase, 0) - work_left(phase, phase->done);
  }
  return work > 0 ? seconds / work : NAN;
}

/* The same, or guessed from a kind that is measured. */
static double unit_seconds(const Meter *meter, const ProgressPhase *phase) {
  double seconds = measured_seconds(meter, phase->kind);
  for (size_t i = 0; i < meter->count && isnan(seconds); i++)
    seconds = measured_seconds(meter, meter->phase[i].kind) * phase->cost / meter->phase[i].cost;
  return seconds;
}

/* All that is left, shared by the workers; but no phase can be shared. */
double progress_seconds_left(const Meter *meter) {
  double total = 0, longest = 0;
  for (size_t i = 0; i < meter->count; i++) {
    const ProgressPhase *phase = &meter->phase[i];
    const double left = work_left(phase, phase->done) * unit_seconds(meter, phase);
    total += left;
    if (!(left <= longest)) longest = left;
  }
  return fmax(total / (double)meter->workers, longest) + 0 * total; /* NaN stays NaN */
}

static void format_seconds(char *out, size_t size, double seconds) {
  const long whole = lround(seconds);
  if (whole >= 3600)
    snprintf(out, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    snprintf(out, size, "%ld:%02ld", whole / 60, whole % 60);
}

static void draw(Meter *meter, double now, size_t current) {
  const double left = progress_seconds_left(meter), spent = now - meter->begun;
  if (spent > 0 && isfinite(left)) meter->shown = fmax(meter->shown, spent / (spent + left));
  char bar[BAR_WIDTH + 1], time_left[32] = "-:--";
  const int full = (int)(meter->shown * BAR_WIDTH);
  for (int i = 0; i < BAR_WIDTH; i++)
    bar[i] = i < full ? '#' : '.';
  bar[BAR_WIDTH] = '\0';
  if (isfinite(left)) format_seconds(time_left, sizeof time_left, left);
  fprintf(stderr, "\r[%s] %3d%%  %s left  %s\033[K", bar, (int)(100 * meter->shown), time_left,
          meter->phase[current].name);
  fflush(stderr);
  meter->drawn = now;
  meter->visible = true;
}

/* A phase is announced at its first news, not when it is planned: one that is refused at once
 * leaves nothing but its error. */
static void phase_news(Meter *meter, ProgressPhase *phase, int64_t done, double now) {
  const bool lines = meter->style == PROGRESS_LINES;
  if (phase->start == 0) {
    phase->start = now;
    if (meter->begun == 0) meter->begun = meter->drawn = now;
    if (lines) fprintf(stderr, "%s: %lld steps\n", phase->name, (long long)phase->steps);
  }
  phase->done = done;
  phase->seconds = now - phase->start;
  if (lines && done == phase->steps)
    fprintf(stderr, "%s: done in %.1f s\n", phase->name, phase->seconds);
}

bool progress_tell(Meter *meter, size_t phase, int64_t done) {
  if (stop_signal() != 0) return false;
  if (phase >= meter->count) return true;
  if (--meter->skip > 0 && done < meter->phase[phase].steps) return true;
  const double now = seconds_now();
  const int64_t before = meter->phase[phase].done;
  const double elapsed = now - meter->phase[phase].start - meter->phase[phase].seconds;
  phase_news(meter, &meter->phase[phase], done, now);
  /* About every LOOK_SECONDS, and at most 1000 news between two looks, so that a run that slows
   * down is still watched. */
  meter->skip = elapsed > 0 && meter->workers == 1
                    ? (int64_t)fmin(LOOK_SECONDS * (double)(done - before) / elapsed, 1000)
                    : 1;
  if (meter->style == PROGRESS_BAR && now - meter->drawn >= REDRAW_SECONDS) draw(meter, now, phase);
  return true;
}

void progress_close(Meter *meter) {
  if (meter->visible) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
  meter->visible = false;
}
