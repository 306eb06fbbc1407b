/* loader.h -- inside of loading claims: errors are collected one by one, so that one reading of a
 * file tells all of them. */
#ifndef VERIFY_LOADER_H
#define VERIFY_LOADER_H

#include "verify/claim.h"

typedef struct {
  const char *file;
  const ErrorSink *sink; /* may be NULL */
  Error *first;          /* the caller's error */
  size_t count;          /* errors so far */
} Loader;

/* Reports an error of the file at origin. */
void loader_complain(Loader *loader, FormulaOrigin origin, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Reports an error that already has its place; also out of memory, which takes precedence. */
void loader_pass(Loader *loader, const Error *error);

/* What can be checked of a claim only once all of it is read: that every name in its formulas means
   something, and that its recorded verdicts do not overlap and have their reasons. */
void claim_check(Loader *loader, const Claim *claim);

#endif
