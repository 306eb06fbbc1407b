/* npy.h -- NumPy's .npy files, format version 1.0, little-endian binary64, row-major; nothing else.
 *
 * A file is the magic string "\x93NUMPY", the version 1.0, the header's length (16 bits,
 * little-endian), the header -- the text of a Python dictionary, filled up with blanks and a
 * newline to a multiple of 64 bytes -- and the values.
 */
#ifndef SRC_NPY_H
#define SRC_NPY_H

#include <stdint.h>
#include <stdio.h>

#include "src/digest.h"
#include "src/status.h"

#define NPY_DIMENSIONS_MAX 32 /* as in NumPy */

/* Writes x, an array of the shape (shape[0], ..., shape[ndim-1]), row-major. ndim 0 is one number;
   any extent may be 0. The same bytes are added to sum, if it is not NULL. A write error stays with
   the stream, as ferror. */
void npy_write(FILE *out, Digest *sum, const double *x, const int64_t *shape, int ndim);

typedef struct {
  int ndim;
  int64_t shape[NPY_DIMENSIONS_MAX];
  int64_t count; /* product of the shape */
  double *x;     /* (count), owned */
} NpyArray;

/* *out := the array of a file; npy_clear releases it. Accepts what npy_write and NumPy's own save
   write for such arrays, and no file that is longer or shorter than its header says. Errors:
   STATUS_NOINPUT; STATUS_IO; STATUS_DATA, "FILE: not ..., expected ...". */
MUST_CHECK StatusCode npy_read(NpyArray *out, const char *path, Error *err);
void npy_clear(NpyArray *array); /* a zeroed NpyArray is allowed */

#endif
