/* status.h -- errors as values: a code that is also the exit status, and one line for the user. */
#ifndef SRC_STATUS_H
#define SRC_STATUS_H

#include <stddef.h>

/* The codes are sysexits numbers, so that the command line can exit with them unchanged. */
typedef enum {
  STATUS_OK = 0,
  STATUS_USAGE = 64,     /* the command line is wrong */
  STATUS_DATA = 65,      /* an input file or value is wrong */
  STATUS_NOINPUT = 66,   /* an input file is missing */
  STATUS_INTERNAL = 70,  /* out of memory, or a broken invariant of ours */
  STATUS_CANTCREAT = 73, /* an output cannot be created */
  STATUS_IO = 74         /* reading or writing failed half-way */
} StatusCode;

/* The line that explains a failure: what, where, what was expected. No trailing newline. */
typedef struct {
  StatusCode code;
  char message[512];
} Error;

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Sets *err to {code, formatted message} and returns code. err may not be NULL. */
MUST_CHECK StatusCode error_set(Error *err, StatusCode code, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Sets *err to STATUS_INTERNAL, "out of memory (what)". */
MUST_CHECK StatusCode error_memory(Error *err, const char *what);

/* Returns the code of a failed call to the caller; for functions that hold nothing to release. */
#define TRY(call)                                                                                  \
  do {                                                                                             \
    StatusCode try_code_ = (call);                                                                 \
    if (try_code_ != STATUS_OK) return try_code_;                                                  \
  } while (0)

/* Allocates count zeroed objects of the given size; NULL on overflow or exhaustion (and, so that
   NULL always means failure, a valid pointer for count 0). The caller frees. */
MUST_CHECK void *array_alloc(size_t count, size_t size);

#endif
