/* tiles.h -- matrix products in binary64 with one order of operations, for several widths of
 * vector registers. */
#ifndef SRC_TILES_H
#define SRC_TILES_H

#include <stdbool.h>
#include <stdint.h>

#include "src/fast_path.h"

/* Rows of `right` and `out` are padded to a multiple of it. */
#define TILES_COLUMNS 8

/* One sum after another, by the definition; vector registers of 128, 256 and 512 bits. */
typedef enum { TILES_PLAIN, TILES_SSE2, TILES_AVX2, TILES_AVX512 } TilesWidth;
#define TILES_WIDTHS 4

/* Does this processor have it, and was it compiled? TILES_PLAIN and TILES_SSE2, for which plain C
   is enough, are always there. */
bool tiles_available(TilesWidth width);
TilesWidth tiles_widest(void);          /* the widest that is available */
TilesWidth tiles_width(PlainSet plain); /* that, or TILES_PLAIN without FAST_TILES */

/* out_ak := sum_{p < count} left_ap right_pk from the left, every + and * rounded, starting with
   +0; a < rows, k < stride. left_ap is left[a row_step + p step]; out: (rows, stride); right:
   (count, stride); stride is a multiple of TILES_COLUMNS and width is available. The same bits for
   every width. out overlaps neither operand. */
void tiles_multiply(double *out, const double *left, int64_t rows, int64_t row_step, int64_t step,
                    const double *right, int64_t stride, int64_t count, TilesWidth width);

/* out_n := sum_{i < d} a_ni b_ni from the left, every + and * rounded, starting with +0; n < rows.
   a_ni is a[n a_stride + i], likewise b; out: (rows). */
void tiles_dot(double *out, const double *a, int64_t a_stride, const double *b, int64_t b_stride,
               int64_t rows, int64_t d);

/* out_nj := factor_n row_nj for j < d, +0 for d <= j < stride; n < rows. row_nj is row[n row_step +
   j]; out: (rows, stride). */
void tiles_scale(double *out, int64_t stride, const double *factor, const double *row,
                 int64_t row_step, int64_t rows, int64_t d);

#endif
