/* status.c -- errors as values, and the one checked allocator. */
#include "src/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

StatusCode error_set(Error *err, StatusCode code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  err->code = code;
  return code;
}

StatusCode error_memory(Error *err, const char *what) {
  return error_set(err, STATUS_INTERNAL, "out of memory (%s)", what);
}

void *array_alloc(size_t count, size_t size) {
  return calloc(count > 0 ? count : 1, size > 0 ? size : 1);
}
