/* text.h -- texts and numbers as a report shows them. Columns are those of a terminal, not bytes.
 */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "src/status.h"

/* Makes a text harmless in place: afterwards it is valid UTF-8 on one line, without control
   characters (they become blanks) and without marks that reorder a line; bytes that are not UTF-8
   become '?'. It never grows. */
void text_clean(char *text);

/* Columns that a clean text takes. */
size_t text_columns(const char *text);

#define TEXT_NUMBER_SIZE 32
/* out := the shortest decimal that reads back as x, with '.' in every locale; nan, inf, -inf.
   (TEXT_NUMBER_SIZE) */
void text_number(char *out, double x);
/* out := x with up to `digits` significant digits, fewer when it would take more than `columns`
   (at least 7); "-" for NaN. (TEXT_NUMBER_SIZE) */
void text_number_fit(char *out, double x, int digits, size_t columns);

/* Writes text in exactly that many columns: padded on the right, or cut and closed with '~'. */
void text_put(FILE *out, const char *text, size_t columns);
/* The same with padding on the left. */
void text_put_right(FILE *out, const char *text, size_t columns);

/* Writes words wrapped at `width` columns, lines after the first indented, and a newline. The first
   line is indented by `first`. Words that are too long are broken. */
void text_wrap(FILE *out, const char *text, size_t first, size_t indent, size_t width);

/* The same behind what stands on the line already, `column` columns of it. */
void text_wrap_from(FILE *out, const char *text, size_t column, size_t indent, size_t width);

/* STATUS_IO when something did not reach the stream; what names it. */
MUST_CHECK StatusCode text_flush(FILE *out, const char *what, Error *err);

#endif
