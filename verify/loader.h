/* loader.h -- inside of loading claims: errors are collected one by one, so that one reading of a
 * file tells all of them, from its top to its end. */
#ifndef VERIFY_LOADER_H
#define VERIFY_LOADER_H

#include <libconfig.h>

#include "verify/claim.h"

typedef struct LoaderError LoaderError;

/* Starts as {.file = NAME, .sink = SINK}; loader_finish ends it. */
typedef struct {
  const char *file;
  const ErrorSink *sink; /* may be NULL */
  LoaderError *error;
  size_t count, room; /* errors so far */
  bool out_of_memory;
} Loader;

/* Keeps an error of the file at origin. */
void loader_complain(Loader *loader, FormulaOrigin origin, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Keeps an error that already has its place. Any code but STATUS_DATA counts as out of memory. */
void loader_pass(Loader *loader, const Error *error);
/* Reports the errors to the sink in order of line and column; *err := the first of them, whose code
 * is returned, or STATUS_OK when there is none. When memory ran out that is the only error. */
MUST_CHECK StatusCode loader_finish(Loader *loader, Error *err);

/* set := the claims of a parsed file, as far as they can be read. */
void claims_read(ClaimSet *set, Loader *loader, const config_t *cfg);

/* What can be checked of a claim only once all of it is read: that every name in its formulas means
   something, and that its recorded verdicts do not overlap and have their reasons. */
void claim_check(Loader *loader, const Claim *claim);

#endif
