/* trained.h -- a trained instance for tests that judge claims, and the tables of what was caught.
 */
#ifndef TESTS_TRAINED_H
#define TESTS_TRAINED_H

#include "src/engine.h"
#include "src/store.h"

/* *out := what one run of a built-in instance recorded, trained and stored as `twostage verify`
 * does it. The caller clears it. */
void trained_trace(Trace *out, const char *instance, Reading reading, EngineKind engine,
                   int64_t precision);

/* A table that the test run leaves in the build folder, which "make check" prints: FILE
 *table_open("mutants.txt"), in folder tests/ of the build. */
#include <stdio.h>
FILE *table_open(const char *name);

#endif
