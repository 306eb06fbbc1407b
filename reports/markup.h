/* markup.h -- texts and pictures inside HTML and XML. */
#ifndef REPORTS_MARKUP_H
#define REPORTS_MARKUP_H

#include <stdio.h>

#include "src/status.h"

/* Writes a clean text (text.h) so that it is text in an element and in a quoted attribute of HTML
   and of XML, whatever it holds. */
void markup_text(FILE *out, const char *text);

/* Writes format, each %s of it through markup_text; it has no other conversions. */
void markup_format(FILE *out, const char *format, ...);

/* Writes the file as a base64 data: address, without the quotes around it. STATUS_NOINPUT when
   there is no such file; STATUS_IO. */
MUST_CHECK StatusCode markup_data(FILE *out, const char *path, const char *type, Error *err);

#endif
