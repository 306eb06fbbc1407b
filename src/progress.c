/* progress.c -- the progress bar, its estimate of the time left, and the signals that stop the
 * work. */
#include "src/progress.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define LOOK_SECONDS 1e-3
#define RECENT_SECONDS 4.0 /* over which a change of speed is followed */
#define BAR_WIDTH 20

/* The one thing a signal handler can write to. */
static volatile sig_atomic_t caught_signal;

static void note_signal(int number) {
  caught_signal = number;
}

void progress_catch_signals(void) {
  const int numbers[] = {SIGINT, SIGTERM};
  struct sigaction action = {.sa_handler = note_signal,
                             .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < 2; i++) {
    struct sigaction old;
    /* A signal ignored from outside (nohup, a background job) stays ignored. */
    if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  }
}

int progress_signal(void) {
  return caught_signal;
}

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

Meter progress_open(ProgressStyle style) {
  return (Meter){.style = style};
}

void progress_add(Meter *meter, const ProgressPhase *phase) {
  if (meter->count < PROGRESS_PHASES)
    meter->phase[meter->count++] = *phase; /* else the bar is wrong, the work is not */
}

/* Work from step `from` to the end of the phase. */
static double work_left(const ProgressPhase *phase, int64_t from) {
  const int64_t head = from < phase->head ? phase->head - from : 0;
  return (double)head * phase->head_cost + (double)(phase->steps - from - head);
}

/* Seconds a unit of work takes by measurement: of complete phases, or else of the current one,
   whose rest is taken to run as fast as its last seconds. NaN when the kind has not run yet. */
static double measured_seconds(const Meter *meter, int kind) {
  if (meter->kind_work[kind] > 0) return meter->kind_seconds[kind] / meter->kind_work[kind];
  if (meter->current == meter->count || meter->done == 0) return NAN;
  const ProgressPhase *phase = &meter->phase[meter->current];
  if (phase->kind != kind) return NAN;
  return (meter->last - meter->start + work_left(phase, meter->done) / meter->speed) /
         work_left(phase, 0);
}

/* The same, or guessed from a kind that is measured. */
static double unit_seconds(const Meter *meter, const ProgressPhase *phase) {
  double seconds = measured_seconds(meter, phase->kind);
  for (size_t i = 0; i < meter->count && isnan(seconds); i++)
    seconds = measured_seconds(meter, meter->phase[i].kind) * phase->cost / meter->phase[i].cost;
  return seconds;
}

double progress_seconds_left(const Meter *meter) {
  double left = 0;
  for (size_t i = meter->current; i < meter->count; i++) {
    const ProgressPhase *phase = &meter->phase[i];
    const bool running = i == meter->current && meter->done > 0;
    left += running ? work_left(phase, meter->done) / meter->speed
                    : work_left(phase, 0) * unit_seconds(meter, phase);
  }
  return left;
}

static void format_seconds(char *out, size_t size, double seconds) {
  const long whole = lround(seconds);
  if (whole >= 3600)
    snprintf(out, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    snprintf(out, size, "%ld:%02ld", whole / 60, whole % 60);
}

static void draw(Meter *meter) {
  const double left = progress_seconds_left(meter);
  double spent = meter->last - meter->start;
  for (int kind = 0; kind < PROGRESS_KINDS; kind++)
    spent += meter->kind_seconds[kind];
  if (spent > 0 && isfinite(left)) meter->shown = fmax(meter->shown, spent / (spent + left));
  char bar[BAR_WIDTH + 1], time_left[32] = "-:--";
  const int full = (int)(meter->shown * BAR_WIDTH);
  for (int i = 0; i < BAR_WIDTH; i++)
    bar[i] = i < full ? '#' : '.';
  bar[BAR_WIDTH] = '\0';
  if (isfinite(left)) format_seconds(time_left, sizeof time_left, left);
  fprintf(stderr, "\r[%s] %3d%%  %s left  %s\033[K", bar, (int)(100 * meter->shown), time_left,
          meter->phase[meter->current].name);
  fflush(stderr);
  meter->visible = true;
}

void progress_begin(Meter *meter) {
  meter->done = 0;
  meter->skip = 0;
  meter->speed = 0;
  meter->announced = false;
  meter->start = meter->last = seconds_now();
  if (meter->drawn == 0) meter->drawn = meter->start; /* nothing is known yet that could be drawn */
}

/* A phase is announced at its first tick, not at its beginning: one that is refused at once leaves
 * nothing but its error. */
static void announce(Meter *meter) {
  const ProgressPhase *phase = &meter->phase[meter->current];
  if (meter->style == PROGRESS_LINES)
    fprintf(stderr, "%s: %lld steps\n", phase->name, (long long)phase->steps);
  meter->announced = true;
}

static void look(Meter *meter, int64_t done) {
  const double now = seconds_now(), elapsed = now - meter->last;
  const int64_t steps = done - meter->done;
  const ProgressPhase *phase = &meter->phase[meter->current];
  const double work = work_left(phase, meter->done) - work_left(phase, done);
  /* The mean speed so far, and after some seconds the mean speed of about those last seconds. */
  const double weight = elapsed / fmin(RECENT_SECONDS, now - meter->start);
  if (elapsed > 0) meter->speed += fmin(weight, 1) * (work / elapsed - meter->speed);
  meter->done = done;
  meter->last = now;
  /* At most 1000 steps between two looks, so that a run that slows down is still watched. */
  const double next = elapsed > 0 ? LOOK_SECONDS * (double)steps / elapsed : 1;
  meter->skip = (int64_t)fmin(next, 1000);
  if (meter->style == PROGRESS_BAR && now - meter->drawn >= REDRAW_SECONDS) {
    draw(meter);
    meter->drawn = now;
  }
}

bool progress_tick(int64_t done, int64_t total, void *context) {
  Meter *meter = context;
  if (caught_signal) return false;
  if (--meter->skip > 0 && done < total) return true;
  if (!meter->announced) announce(meter);
  look(meter, done);
  return true;
}

void progress_end(Meter *meter) {
  const ProgressPhase *phase = &meter->phase[meter->current];
  const double seconds = seconds_now() - meter->start;
  if (meter->style == PROGRESS_LINES) fprintf(stderr, "%s: done in %.1f s\n", phase->name, seconds);
  meter->kind_seconds[phase->kind] += seconds;
  meter->kind_work[phase->kind] += work_left(phase, 0);
  meter->current++;
  meter->done = 0;
}

void progress_close(Meter *meter) {
  if (meter->visible) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
  meter->visible = false;
}
