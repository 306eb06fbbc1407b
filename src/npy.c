/* npy.c -- writes and reads NumPy's .npy files of doubles. */
#include "src/npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char npy_magic[8] = "\x93NUMPY\x01\x00"; /* and the version; no terminator */
#define NPY_PREFIX 10                                 /* magic, version, header length */
#define NPY_ALIGNMENT 64
#define NPY_HEADER_MAX 1024 /* 32 extents of at most 19 digits and the words around them fit */
#define NPY_BUFFER 1024     /* doubles */

/* Bytes and not a cast: the file is little-endian on every machine. */
static void double_to_bytes(unsigned char out[8], double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  for (int k = 0; k < 8; k++)
    out[k] = (unsigned char)(bits >> (8 * k));
}

static double double_from_bytes(const unsigned char in[8]) {
  uint64_t bits = 0;
  for (int k = 0; k < 8; k++)
    bits |= (uint64_t)in[k] << (8 * k);
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* header := the dictionary and its filling; returns its length. */
static size_t header_make(char header[NPY_HEADER_MAX], const int64_t *shape, int ndim) {
  int length =
      snprintf(header, NPY_HEADER_MAX, "{'descr': '<f8', 'fortran_order': False, 'shape': (");
  for (int k = 0; k < ndim; k++)
    length += snprintf(header + length, NPY_HEADER_MAX - (size_t)length, "%s%" PRId64,
                       k > 0 ? ", " : "", shape[k]);
  length +=
      snprintf(header + length, NPY_HEADER_MAX - (size_t)length, "%s), }", ndim == 1 ? "," : "");
  while ((NPY_PREFIX + length + 1) % NPY_ALIGNMENT != 0)
    header[length++] = ' ';
  header[length++] = '\n';
  return (size_t)length;
}

/* *count := product of the extents; false when it does not fit. An extent 0 makes the array empty
   whatever the others are. */
static bool count_values(int64_t *count, const int64_t *shape, int ndim) {
  *count = 0;
  for (int k = 0; k < ndim; k++)
    if (shape[k] == 0) return true;
  *count = 1;
  for (int k = 0; k < ndim; k++) {
    if (*count > INT64_MAX / 8 / shape[k]) return false;
    *count *= shape[k];
  }
  return true;
}

static void put(FILE *out, Digest *sum, const void *bytes, size_t count) {
  fwrite(bytes, 1, count, out);
  if (sum != NULL) digest_bytes(sum, bytes, count);
}

void npy_write(FILE *out, Digest *sum, const double *x, const int64_t *shape, int ndim) {
  char header[NPY_HEADER_MAX];
  const size_t length = header_make(header, shape, ndim);
  const unsigned char size[2] = {(unsigned char)length, (unsigned char)(length >> 8)};
  put(out, sum, npy_magic, sizeof npy_magic);
  put(out, sum, size, sizeof size);
  put(out, sum, header, length);

  int64_t count;
  (void)count_values(&count, shape, ndim); /* x exists, so it fits */
  unsigned char buffer[NPY_BUFFER][8];
  for (int64_t done = 0; done < count;) {
    const int64_t part = count - done < NPY_BUFFER ? count - done : NPY_BUFFER;
    for (int64_t k = 0; k < part; k++)
      double_to_bytes(buffer[k], x[done + k]);
    put(out, sum, buffer, (size_t)part * sizeof *buffer);
    done += part;
  }
}

/* ---- reading ---- */

/* Steps over a text that has to stand here. */
static bool skip_text(const char **at, const char *text) {
  const size_t length = strlen(text);
  if (strncmp(*at, text, length) != 0) return false;
  *at += length;
  return true;
}

/* One extent of the shape, in decimal without sign or leading zeros. */
static bool read_extent(int64_t *extent, const char **at) {
  const char *start = *at;
  *extent = 0;
  for (; **at >= '0' && **at <= '9'; (*at)++) {
    const int digit = **at - '0';
    if (*extent > (INT64_MAX - digit) / 10) return false;
    *extent = *extent * 10 + digit;
  }
  const size_t digits = (size_t)(*at - start);
  return digits == 1 || (digits > 1 && *start != '0');
}

/* The tuple after its opening parenthesis: (), (a,), (a, b) ... */
static bool read_shape(NpyArray *array, const char **at) {
  if (skip_text(at, ")")) return true;
  for (;;) {
    if (array->ndim == NPY_DIMENSIONS_MAX) return false;
    if (!read_extent(&array->shape[array->ndim++], at)) return false;
    if (array->ndim == 1 && skip_text(at, ",)")) return true;
    if (array->ndim > 1 && skip_text(at, ")")) return true;
    if (!skip_text(at, ", ")) return false;
  }
}

/* How much of a text can stand in a message of one line. */
static int printable(const char *text) {
  int length = 0;
  while (length < 80 && text[length] >= ' ' && text[length] <= '~')
    length++;
  return length;
}

static StatusCode header_parse(NpyArray *array, const char *header, size_t length, const char *path,
                               Error *err) {
  const char *at = header;
  if (!skip_text(&at, "{'descr': '<f8', 'fortran_order': False, 'shape': (") ||
      !read_shape(array, &at) || !skip_text(&at, ", }"))
    return error_set(err, STATUS_DATA,
                     "%s: header is \"%.*s\", expected {'descr': '<f8', 'fortran_order': False, "
                     "'shape': (...), }",
                     path, printable(header), header);
  at += strspn(at, " ");
  if (strcmp(at, "\n") != 0 || strlen(header) != length)
    return error_set(err, STATUS_DATA, "%s: header ends in \"%.*s\", expected blanks and a newline",
                     path, printable(at), at);
  if (!count_values(&array->count, array->shape, array->ndim))
    return error_set(err, STATUS_DATA, "%s: the shape holds more values than any memory", path);
  return STATUS_OK;
}

static StatusCode fail_short(FILE *in, const char *path, const char *what, Error *err) {
  if (ferror(in)) return error_set(err, STATUS_IO, "%s: cannot read: %s", path, strerror(errno));
  return error_set(err, STATUS_DATA, "%s: the file ends within its %s", path, what);
}

static StatusCode header_read(NpyArray *array, FILE *in, const char *path, Error *err) {
  unsigned char prefix[NPY_PREFIX];
  if (fread(prefix, 1, sizeof prefix, in) != sizeof prefix)
    return fail_short(in, path, "first 10 bytes, expected an .npy file", err);
  if (memcmp(prefix, npy_magic, sizeof npy_magic) != 0)
    return error_set(err, STATUS_DATA, "%s: expected an .npy file of format version 1.0", path);
  const size_t length = prefix[8] | (size_t)prefix[9] << 8;
  char header[UINT16_MAX + 1];
  if (fread(header, 1, length, in) != length) return fail_short(in, path, "header", err);
  header[length] = '\0';
  return header_parse(array, header, length, path, err);
}

/* The values are read in pieces, so that a header that lies about its shape does not make us ask
   for more memory than the file has bytes for. */
static StatusCode values_read(NpyArray *array, FILE *in, const char *path, Error *err) {
  int64_t room = NPY_BUFFER;
  array->x = array_alloc((size_t)room, sizeof *array->x);
  if (array->x == NULL) return error_memory(err, path);
  for (int64_t done = 0; done < array->count;) {
    unsigned char buffer[NPY_BUFFER][8];
    const int64_t part = array->count - done < NPY_BUFFER ? array->count - done : NPY_BUFFER;
    if (fread(buffer, sizeof *buffer, (size_t)part, in) != (size_t)part)
      return fail_short(in, path, "values", err);
    if (done + part > room) {
      room *= 2;
      double *more = realloc(array->x, (size_t)room * sizeof *more);
      if (more == NULL) return error_memory(err, path);
      array->x = more;
    }
    for (int64_t k = 0; k < part; k++)
      array->x[done + k] = double_from_bytes(buffer[k]);
    done += part;
  }
  if (fgetc(in) != EOF)
    return error_set(err, STATUS_DATA,
                     "%s: the file goes on after the %" PRId64 " values of its shape", path,
                     array->count);
  return ferror(in) ? fail_short(in, path, "values", err) : STATUS_OK;
}

StatusCode npy_read(NpyArray *out, const char *path, Error *err) {
  *out = (NpyArray){.ndim = 0};
  FILE *in = fopen(path, "rb");
  if (in == NULL)
    return error_set(err, STATUS_NOINPUT, "%s: cannot open: %s", path, strerror(errno));
  StatusCode code = header_read(out, in, path, err);
  if (code == STATUS_OK) code = values_read(out, in, path, err);
  fclose(in);
  if (code != STATUS_OK) npy_clear(out);
  return code;
}

void npy_clear(NpyArray *array) {
  free(array->x);
  *array = (NpyArray){.ndim = 0};
}
