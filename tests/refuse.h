/* refuse.h -- refuses a unit its memory, or its run store, at every place where it asks for it.
 *
 * A program that uses this is linked with $(refusing) of local.mk: the linker redirects the
 * requests to refuse.c. Only those of the program itself are, not those of the libraries.
 */
#ifndef TESTS_REFUSE_H
#define TESTS_REFUSE_H

#include "src/status.h"

typedef enum {
  REFUSE_MEMORY, /* malloc, calloc, realloc, strdup, strndup, open_memstream give NULL */
  REFUSE_STORE   /* statements are not prepared and not executed: the disk is full */
} Refusal;

/* What is done each time: it makes things and releases them again, whatever happens. */
typedef StatusCode (*RefusedWork)(void *context, Error *err);

/* Pre-condition: work succeeds undisturbed and asks each time in the same order. Runs it again once
   for every place that asks (another chain of six callers is another place), and refuses the
   request there. Asserts each time: the refusal was met; all memory that was asked for was
   released; the status is STATUS_INTERNAL for memory, STATUS_IO for the store, with one line. At
   most `without` of the places are done without: there the work succeeds all the same; none when it
   is 0, and one at least when it is not. It is a limit and no count, for how many places there are
   depends on what the compiler puts into its callers. */
void refuse_each(Refusal kind, const char *what, RefusedWork work, void *context, int without);
/* The same for large works: places are told apart by the six callers from the work on, so that
   what their parts do inside is not gone through again. */
void refuse_outer(Refusal kind, const char *what, RefusedWork work, void *context, int without);

#endif
