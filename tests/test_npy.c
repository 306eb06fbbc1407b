/* test_npy.c -- NumPy files: every array comes back bit for bit, the bytes are those of the format,
 * and damaged or foreign files are refused with what is wrong with them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/npy.h"
#include "tests/support.h"

/* A file of the test's own, gone after the test. */
static char path[256];

static void path_open(void) {
  const char *parent = getenv("TMPDIR");
  snprintf(path, sizeof path, "%s/npy.XXXXXX", parent != NULL ? parent : "/tmp");
  const int file = mkstemp(path);
  cr_assert(file >= 0, "mkstemp gave %d for %s", file, path);
  close(file);
}

static void path_close(void) {
  unlink(path);
}

TestSuite(npy, .init = path_open, .fini = path_close);

static void write_file(const void *bytes, size_t size) {
  FILE *out = fopen(path, "wb");
  const size_t written = out != NULL ? fwrite(bytes, 1, size, out) : 0;
  const int closed = out != NULL ? fclose(out) : EOF;
  cr_assert(written == size && closed == 0, "wrote %zu of %zu bytes", written, size);
}

static void write_array(const double *x, const int64_t *shape, int ndim) {
  FILE *out = fopen(path, "wb");
  cr_assert(out != NULL, "cannot create %s", path);
  npy_write(out, NULL, x, shape, ndim);
  const int failed = ferror(out), closed = fclose(out);
  cr_assert(failed == 0 && closed == 0, "ferror %d, fclose %d", failed, closed);
}

/* *bytes := the file; returns its size. The caller frees. */
static size_t read_file(unsigned char **bytes) {
  FILE *in = fopen(path, "rb");
  cr_assert(in != NULL, "cannot open %s", path);
  *bytes = array_alloc(1 << 20, 1);
  const size_t size = fread(*bytes, 1, 1 << 20, in);
  fclose(in);
  return size;
}

static void check_refused(StatusCode expected, const char *part, const char *what) {
  NpyArray array;
  Error err = {.message = ""};
  const StatusCode code = npy_read(&array, path, &err);
  cr_assert(code == expected && strstr(err.message, path) == err.message &&
                strstr(err.message, part) != NULL && strchr(err.message, '\n') == NULL,
            "%s: status %d, '%s'; expected status %d and one line from the path to '%s'", what,
            (int)code, err.message, (int)expected, part);
  cr_assert(array.x == NULL && array.ndim == 0, "%s: an array of %d dimensions is left behind",
            what, array.ndim);
}

/* ---- what comes back ---- */

static void check_round_trip(const int64_t *shape, int ndim, Chance *chance) {
  int64_t count = 1;
  for (int k = 0; k < ndim; k++)
    count = shape[k] == 0 || count == 0 ? 0 : count * shape[k];
  double *x = array_alloc((size_t)count, sizeof *x);
  cr_assert(x != NULL, "no memory for %lld doubles", (long long)count);
  for (int64_t k = 0; k < count; k++) {
    const uint64_t bits = chance_bits(chance); /* any double, NaNs too */
    memcpy(x + k, &bits, sizeof bits);
  }
  write_array(x, shape, ndim);
  NpyArray back;
  Error err;
  support_ok(npy_read(&back, path, &err), &err);
  cr_assert(back.ndim == ndim && back.count == count,
            "%d dimensions, %lld values, expected %d, %lld", back.ndim, (long long)back.count, ndim,
            (long long)count);
  for (int k = 0; k < ndim; k++)
    cr_assert(back.shape[k] == shape[k], "extent %d: %lld, expected %lld", k,
              (long long)back.shape[k], (long long)shape[k]);
  const int differ = memcmp(back.x, x, (size_t)count * sizeof *x);
  cr_assert(differ == 0, "%lld values: memcmp %d, expected 0", (long long)count, differ);
  npy_clear(&back);
  free(x);
}

Test(npy, arrays_come_back_bit_for_bit) {
  Chance chance = chance_open(1);
  const int64_t shape[][4] = {{1, 1, 1, 1}, {7, 1, 1, 1},    {1024, 1, 1, 1}, {1025, 1, 1, 1},
                              {0, 3, 5, 7}, {4096, 3, 1, 1}, {2, 3, 5, 7},    {3, 0, 1, 2}};
  for (size_t k = 0; k < sizeof shape / sizeof *shape; k++)
    for (int ndim = 0; ndim <= 4; ndim++)
      check_round_trip(shape[k], ndim, &chance);
}

Test(npy, as_many_dimensions_as_numpy_has) {
  int64_t shape[NPY_DIMENSIONS_MAX];
  for (int k = 0; k < NPY_DIMENSIONS_MAX; k++)
    shape[k] = k % 8 == 0 ? 2 : 1;
  Chance chance = chance_open(2);
  check_round_trip(shape, NPY_DIMENSIONS_MAX, &chance);
  /* The longest header there can be. */
  for (int k = 0; k < NPY_DIMENSIONS_MAX; k++)
    shape[k] = k == 0 ? 0 : INT64_MAX - 1;
  check_round_trip(shape, NPY_DIMENSIONS_MAX, &chance);
}

/* ---- the bytes ---- */

Test(npy, bytes_are_those_of_the_format) {
  const double x[] = {1.0, -0.0, 0x1.23456789abcdep-3};
  const int64_t shape[] = {3, 1};
  const struct {
    int ndim;
    const char *header;
    size_t values;
  } cases[] = {{0, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 1},
               {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", 3},
               {2, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1), }", 3}};
  /* 0x3ff0000000000000, 0x8000000000000000, 0x3fc23456789abcde, low byte first */
  const unsigned char values[24] = {0, 0, 0, 0,    0,    0,    0xf0, 0x3f, 0,    0,    0,    0,
                                    0, 0, 0, 0x80, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0xc2, 0x3f};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    write_array(x, shape, cases[k].ndim);
    unsigned char *bytes;
    const size_t size = read_file(&bytes), start = size - 8 * cases[k].values;
    cr_assert(start == 128, "%d dimensions: values start at %zu, expected 128", cases[k].ndim,
              start);
    const int magic = memcmp(bytes, "\x93NUMPY\x01\x00\x76\x00", 10); /* 118 = 128 - 10 */
    const int header = memcmp(bytes + 10, cases[k].header, strlen(cases[k].header));
    const int data = memcmp(bytes + start, values, 8 * cases[k].values);
    cr_assert(magic == 0 && header == 0 && data == 0,
              "%d dimensions: magic, header, values differ by %d, %d, %d", cases[k].ndim, magic,
              header, data);
    for (size_t i = 10 + strlen(cases[k].header); i < 127; i++)
      cr_assert(bytes[i] == ' ', "byte %zu is %02x, expected a blank", i, bytes[i]);
    cr_assert(bytes[127] == '\n', "byte 127 is %02x, expected a newline", bytes[127]);
    free(bytes);
  }
}

/* ---- what is refused ---- */

/* A file with any header of that length and count zero doubles behind it. */
static void write_with_bytes(const char *header, size_t length, int64_t count) {
  unsigned char bytes[4096] = "\x93NUMPY\x01\x00";
  bytes[8] = (unsigned char)length, bytes[9] = (unsigned char)(length >> 8);
  memcpy(bytes + 10, header, length);
  write_file(bytes, 10 + length + 8 * (size_t)count);
}

static void write_with_header(const char *header, int64_t count) {
  write_with_bytes(header, strlen(header), count);
}

Test(npy, other_headers_are_refused) {
  const struct {
    const char *header, *part;
  } cases[] = {
      {"{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }\n", "expected {'descr': '<f8'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "expected {'descr': '<f8'"},
      {"{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }\n", "expected {'descr': '<f8'"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2), }\n", "'shape': (...)"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1,), }\n", "'shape': (...)"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }\n", "'shape': (...)"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (02,), }\n", "'shape': (...)"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775808,), }\n",
       "'shape': (...)"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n",
       "more values than any memory"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
       "expected blanks and a newline"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } x\n",
       "expected blanks and a newline"},
      {"", "expected {'descr': '<f8'"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    write_with_header(cases[k].header, 2);
    check_refused(STATUS_DATA, cases[k].part, cases[k].header);
  }
  const char hidden[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n\0 (3,), }\n";
  write_with_bytes(hidden, sizeof hidden - 1, 2);
  check_refused(STATUS_DATA, "expected blanks and a newline", "a zero byte in the header");
  char many[1024] = "{'descr': '<f8', 'fortran_order': False, 'shape': (1";
  for (int k = 0; k < NPY_DIMENSIONS_MAX; k++)
    strcat(many, ", 1");
  write_with_header(strcat(many, "), }\n"), 1);
  check_refused(STATUS_DATA, "'shape': (...)", "33 dimensions");
}

Test(npy, any_filling_is_read) {
  /* Older and newer NumPy align to 16 bytes, or leave room for a larger shape. */
  char header[512];
  for (int blanks = 0; blanks < 300; blanks += 7) {
    snprintf(header, sizeof header,
             "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }%*s\n", blanks, "");
    write_with_header(header, 2);
    NpyArray array;
    Error err;
    support_ok(npy_read(&array, path, &err), &err);
    cr_assert(array.count == 2, "%d blanks: %lld values, expected 2", blanks,
              (long long)array.count);
    npy_clear(&array);
  }
}

Test(npy, every_damage_of_length_is_refused) {
  const double x[5] = {1, 2, 3, 4, 5};
  write_array(x, (const int64_t[]){5}, 1);
  unsigned char *bytes;
  const size_t size = read_file(&bytes);
  for (size_t cut = 0; cut < size; cut++) {
    write_file(bytes, cut);
    check_refused(STATUS_DATA, "the file ends within its", "cut");
  }
  write_file(bytes, size + 1); /* a zero more */
  check_refused(STATUS_DATA, "the file goes on after the 5 values", "a byte more");
  free(bytes);
}

static void change_byte(long at, unsigned char byte) {
  FILE *file = fopen(path, "r+b");
  cr_assert(file != NULL, "cannot open %s", path);
  const int failed = fseek(file, at, SEEK_SET), put = fputc(byte, file), closed = fclose(file);
  cr_assert(failed == 0 && put == byte && closed == 0, "byte %ld: fseek %d, fputc %d, fclose %d",
            at, failed, put, closed);
}

Test(npy, every_changed_bit_before_the_values_is_refused) {
  const double x[5] = {1, 2, 3, 4, 5};
  write_array(x, (const int64_t[]){5}, 1);
  unsigned char *bytes;
  read_file(&bytes);
  for (int at = 0; at < 128; at++) {
    for (unsigned change = 1; change < 256; change *= 2) {
      change_byte(at, bytes[at] ^ (unsigned char)change);
      NpyArray array;
      Error err = {.message = ""};
      const StatusCode code = npy_read(&array, path, &err);
      cr_assert(code == STATUS_DATA, "byte %d changed by %02x: status %d, expected %d", at, change,
                (int)code, STATUS_DATA);
    }
    change_byte(at, bytes[at]);
  }
  free(bytes);
}

Test(npy, a_lying_shape_costs_no_memory) {
  write_with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846975,), }\n",
                    2);
  check_refused(STATUS_DATA, "the file ends within its values", "2^60 - 1 values promised");
}

Test(npy, missing_files_and_folders) {
  unlink(path);
  check_refused(STATUS_NOINPUT, "cannot open", "missing file");
  strcpy(path, "/");
  check_refused(STATUS_IO, "cannot read", "a folder");
}
