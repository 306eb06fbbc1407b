/* tiles.h -- matrix products in binary64 with one order of operations, for several widths of
 * vector registers. */
#ifndef SRC_TILES_H
#define SRC_TILES_H

#include <stdbool.h>
#include <stdint.h>

/* Rows of `right` and `out` are padded to a multiple of it. */
#define TILES_COLUMNS 8

/* One sum after another, by the definition; vector registers of 128, 256 and 512 bits. */
typedef enum { TILES_PLAIN, TILES_SSE2, TILES_AVX2, TILES_AVX512 } TilesWidth;
#define TILES_WIDTHS 4

/* Does this processor have it, and was it compiled? TILES_PLAIN and TILES_SSE2, for which plain C
   is enough, are always there. */
bool tiles_available(TilesWidth width);
TilesWidth tiles_widest(void); /* the widest that is available */

/* out_ak := sum_{p < count} left_ap right_pk from the left, every + and * rounded, starting with
   +0; a < rows, k < stride. left_ap is left[a row_step + p step]; out: (rows, stride); right:
   (count, stride); stride is a multiple of TILES_COLUMNS and width is available. The same bits for
   every width. out overlaps neither operand. */
void tiles_multiply(double *out, const double *left, int64_t rows, int64_t row_step, int64_t step,
                    const double *right, int64_t stride, int64_t count, TilesWidth width);

#endif
