/* markup.c -- escaping, and pictures as addresses that carry them. */
#include "reports/markup.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void markup_text(FILE *out, const char *text) {
  for (; *text; text++)
    switch (*text) {
    case '&':
      fputs("&amp;", out);
      break;
    case '<':
      fputs("&lt;", out);
      break;
    case '>':
      fputs("&gt;", out);
      break;
    case '"':
      fputs("&quot;", out);
      break;
    case '\'':
      fputs("&#39;", out);
      break;
    default:
      putc(*text, out);
    }
}

void markup_format(FILE *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  for (const char *at; (at = strstr(format, "%s")) != NULL; format = at + 2) {
    fwrite(format, 1, (size_t)(at - format), out);
    markup_text(out, va_arg(args, const char *));
  }
  fputs(format, out);
  va_end(args);
}

/* Three bytes in four letters (RFC 4648); `count` of the three are there. */
static void put_four(FILE *out, const unsigned char *byte, size_t count) {
  static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned long bits =
      (unsigned long)byte[0] << 16 | (unsigned long)byte[1] << 8 | (unsigned long)byte[2];
  for (size_t i = 0; i < 4; i++)
    putc(i <= count ? letter[bits >> (18 - 6 * i) & 63] : '=', out);
}

StatusCode markup_data(FILE *out, const char *path, const char *type, Error *err) {
  FILE *in = fopen(path, "rb");
  if (in == NULL)
    return error_set(err, errno == ENOENT ? STATUS_NOINPUT : STATUS_IO, "%s: %s", path,
                     strerror(errno));
  fprintf(out, "data:%s;base64,", type);
  unsigned char byte[3] = {0, 0, 0};
  size_t count;
  while ((count = fread(byte, 1, 3, in)) > 0) {
    put_four(out, byte, count);
    memset(byte, 0, sizeof byte);
  }
  const int failed = ferror(in);
  fclose(in);
  return failed ? error_set(err, STATUS_IO, "%s: cannot be read", path) : STATUS_OK;
}
