/* input.h -- the bytes of an input file, which may be a pipe. */
#ifndef SRC_INPUT_H
#define SRC_INPUT_H

#include <stddef.h>

#include "src/status.h"

/* bytes := the first of a file, at most `most`; *size := how many. A pipe is waited for, as long
 * as its writer takes to come and to go on, but no longer than until a signal asks to end
 * (stop.h). Errors: STATUS_NOINPUT (cannot be opened), STATUS_IO, STATUS_INTERNAL "interrupted",
 * each beginning with the path. */
MUST_CHECK StatusCode input_read(char *bytes, size_t *size, size_t most, const char *path,
                                 Error *err);

#endif
