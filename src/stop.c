/* stop.c -- the signals that ask a process to end its work. */
#include "src/stop.h"

#include <signal.h>

/* The one thing a signal handler can write to. */
static volatile sig_atomic_t caught_signal;

static void note_signal(int number) {
  caught_signal = number;
}

void stop_catch(int number, bool even_ignored) {
  struct sigaction old,
      action = {.sa_handler = note_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
  sigemptyset(&action.sa_mask);
  if (even_ignored || (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN))
    sigaction(number, &action, NULL);
}

int stop_signal(void) {
  return caught_signal;
}

StatusCode stop_check(Error *err) {
  return caught_signal == 0 ? STATUS_OK : error_set(err, STATUS_INTERNAL, "interrupted");
}
