/* stop.h -- whether a signal asks this process to end its work. */
#ifndef SRC_STOP_H
#define SRC_STOP_H

#include <stdbool.h>

#include "src/status.h"

/* The signal is noted from here on instead of ending the process, so that what is half-written can
 * be removed; when it comes a second time it does end it. One that was ignored from outside (nohup,
 * a background job) stays so, unless even_ignored. */
void stop_catch(int number, bool even_ignored);
/* The signal that came, or 0. */
int stop_signal(void);
/* STATUS_INTERNAL "interrupted" once a signal has come: for loops that may take long and tell
 * nobody of their progress. As cheap as a look at a variable. */
MUST_CHECK StatusCode stop_check(Error *err);

#endif
