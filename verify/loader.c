/* loader.c -- the errors of a file, collected while it is read and told in its order. */
#include "verify/loader.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct LoaderError {
  Error error;
  int line, column;
  size_t order; /* of the complaint: of equals the earlier one comes first */
};

/* The place that the message starts with, "FILE:LINE[:COLUMN]:"; 0 where it has none. */
static void read_place(LoaderError *out, const char *file) {
  const size_t length = strlen(file);
  out->line = out->column = 0;
  if (strncmp(out->error.message, file, length) == 0)
    (void)sscanf(out->error.message + length, ":%d:%d", &out->line, &out->column);
}

void loader_pass(Loader *loader, const Error *error) {
  if (loader->count == loader->room) {
    const size_t room = loader->room > 0 ? 2 * loader->room : 16;
    LoaderError *more = realloc(loader->error, room * sizeof *more);
    if (more == NULL) { /* then the file's errors are no longer of interest */
      loader->out_of_memory = true;
      return;
    }
    loader->error = more;
    loader->room = room;
  }
  LoaderError *out = &loader->error[loader->count];
  *out = (LoaderError){.error = *error, .order = loader->count};
  for (char *c = out->error.message; *c; c++)
    if (iscntrl((unsigned char)*c)) *c = ' '; /* the file's own texts may be quoted in it */
  read_place(out, loader->file);
  loader->count++;
  if (error->code != STATUS_DATA) loader->out_of_memory = true;
}

void loader_complain(Loader *loader, FormulaOrigin origin, const char *format, ...) {
  Error error;
  char text[sizeof error.message];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (formula_error(&error, STATUS_DATA, &origin, "%s", text) != STATUS_OK)
    loader_pass(loader, &error);
}

static int by_place(const void *a, const void *b) {
  const LoaderError *x = a, *y = b;
  if (x->line != y->line) return x->line < y->line ? -1 : 1;
  if (x->column != y->column) return x->column < y->column ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

StatusCode loader_finish(Loader *loader, Error *err) {
  StatusCode code = STATUS_OK;
  if (loader->out_of_memory)
    code = error_memory(err, loader->file);
  else if (loader->count > 0) {
    qsort(loader->error, loader->count, sizeof *loader->error, by_place);
    for (size_t i = 0; i < loader->count && loader->sink != NULL; i++)
      loader->sink->report(&loader->error[i].error, loader->sink->context);
    *err = loader->error[0].error;
    code = err->code;
  }
  free(loader->error);
  *loader = (Loader){.file = loader->file, .sink = loader->sink};
  return code;
}
