/* text.c -- texts and numbers as a report shows them. */
#include "reports/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* *code := the character at text and returns its length in bytes; 0 when the bytes are not UTF-8
   (overlong forms and surrogates are not). text is not empty. */
static size_t decode(uint32_t *code, const char *text) {
  const unsigned char *s = (const unsigned char *)text;
  static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
  const size_t length = s[0] < 0x80   ? 1
                        : s[0] < 0xc0 ? 0
                        : s[0] < 0xe0 ? 2
                        : s[0] < 0xf0 ? 3
                        : s[0] < 0xf8 ? 4
                                      : 0;
  if (length <= 1) {
    *code = s[0];
    return length;
  }
  uint32_t c = s[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0; /* the terminating NUL stops here too */
    c = c << 6 | (s[i] & 0x3f);
  }
  if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
  *code = c;
  return length;
}

typedef struct {
  uint32_t first, last;
} Range;

static bool in_ranges(uint32_t code, const Range *range, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (code >= range[i].first && code <= range[i].last) return true;
  return false;
}
#define IN_RANGES(code, ranges) in_ranges(code, ranges, sizeof(ranges) / sizeof *(ranges))

/* Control characters (C1 as well: some terminals obey them), line separators, and the marks that
   reorder a line. */
static const Range harmful[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x2028, 0x202e},
                                {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}};
/* What takes no column, and what takes two; the blocks that matter for names. */
static const Range narrow[] = {{0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}};
static const Range wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                             {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                             {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

void text_clean(char *text) {
  while (*text != '\0') {
    uint32_t code;
    size_t length = decode(&code, text);
    if (length == 0) *text++ = '?';
    while (length > 0 && IN_RANGES(code, harmful)) {
      *text++ = ' ';
      if (--length == 0) break;
    }
    text += length;
  }
}

/* Length in bytes of the first character; its columns are added. Bytes that are not UTF-8 count as
   one each. */
static size_t advance(size_t *columns, const char *text) {
  uint32_t code;
  const size_t length = decode(&code, text);
  if (length == 0) {
    ++*columns;
    return 1;
  }
  *columns += IN_RANGES(code, narrow) ? 0 : IN_RANGES(code, wide) ? 2 : 1;
  return length;
}

size_t text_columns(const char *text) {
  size_t columns = 0;
  while (*text != '\0')
    text += advance(&columns, text);
  return columns;
}

/* The bytes of the longest beginning of text that takes no more than `most` columns, which are
   counted in *columns. */
static size_t fitting(size_t *columns, const char *text, size_t most) {
  size_t bytes = 0;
  *columns = 0;
  while (text[bytes] != '\0') {
    size_t now = *columns;
    const size_t length = advance(&now, text + bytes);
    if (now > most) break;
    *columns = now;
    bytes += length;
  }
  return bytes;
}

/* The C library writes the locale's decimal point, which data files and JSON do not know. */
static void format(char *out, int digits, double x) {
  snprintf(out, TEXT_NUMBER_SIZE, "%.*g", digits, x);
  const char *point = localeconv()->decimal_point;
  char *at = strcmp(point, ".") != 0 && *point != '\0' ? strstr(out, point) : NULL;
  if (at == NULL) return;
  *at = '.';
  memmove(at + 1, at + strlen(point), strlen(at + strlen(point)) + 1);
}

void text_number(char *out, double x) {
  if (!isfinite(x)) {
    snprintf(out, TEXT_NUMBER_SIZE, "%s", isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
    return;
  }
  char text[TEXT_NUMBER_SIZE];
  int digits = 1;
  for (; digits < 17; digits++) { /* 17 always read back */
    snprintf(text, sizeof text, "%.*g", digits, x);
    if (strtod(text, NULL) == x) break;
  }
  format(out, digits, x);
}

void text_number_fit(char *out, double x, int digits, size_t columns) {
  if (!isfinite(x)) {
    snprintf(out, TEXT_NUMBER_SIZE, "%s", isnan(x) ? "-" : x > 0 ? "inf" : "-inf");
    return;
  }
  for (; digits > 0; digits--) {
    format(out, digits, x);
    char *exponent = strchr(out, 'e'); /* e-05 is e-5, e+05 is e5 */
    if (exponent != NULL) {
      char *to = exponent + 1 + (exponent[1] == '-'), *from = exponent + 2;
      from += strspn(from, "0");
      memmove(to, from, strlen(from) + 1);
    }
    if (strlen(out) <= columns) return;
  }
}

static void blanks(FILE *out, size_t count) {
  fprintf(out, "%*s", (int)count, "");
}

/* Writes as much of the text as fits, with its mark when cut, and returns the columns taken. */
static size_t put_cut(FILE *out, const char *text, size_t columns) {
  size_t taken;
  const size_t bytes = fitting(&taken, text, columns);
  if (text[bytes] == '\0' || columns == 0) {
    fwrite(text, 1, bytes, out);
    return taken;
  }
  fwrite(text, 1, fitting(&taken, text, columns - 1), out);
  putc('~', out);
  return taken + 1;
}

void text_put(FILE *out, const char *text, size_t columns) {
  const size_t taken = put_cut(out, text, columns);
  blanks(out, columns - taken);
}

void text_put_right(FILE *out, const char *text, size_t columns) {
  const size_t needed = text_columns(text);
  if (needed < columns) blanks(out, columns - needed);
  put_cut(out, text, columns);
}

void text_wrap_from(FILE *out, const char *text, size_t column, size_t indent, size_t width) {
  bool fresh = true; /* no word on this line yet */
  for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
    const size_t word = strcspn(text, " ");
    size_t columns = 0, bytes = 0;
    while (bytes < word)
      bytes += advance(&columns, text + bytes);
    if (!fresh && column + 1 + columns > width) {
      putc('\n', out);
      blanks(out, indent);
      column = indent;
      fresh = true;
    }
    if (!fresh) putc(' ', out);
    column += !fresh;
    if (column + columns > width) { /* longer than a line: what fits, and at least one character */
      bytes = fitting(&columns, text, width > column ? width - column : 0);
      if (bytes == 0) bytes = advance(&columns, text);
    }
    fwrite(text, 1, bytes, out);
    column += columns;
    text += bytes;
    fresh = false;
  }
  putc('\n', out);
}

void text_wrap(FILE *out, const char *text, size_t first, size_t indent, size_t width) {
  blanks(out, first);
  text_wrap_from(out, text, first, indent, width);
}

StatusCode text_flush(FILE *out, const char *what, Error *err) {
  if (fflush(out) == 0 && !ferror(out)) return STATUS_OK;
  return error_set(err, STATUS_IO, "cannot write %s: %s", what, strerror(errno));
}
