/* tiles.c -- a product is made of tiles of ROWS x one register of sums, which run over p from the
 * left. */
#include "src/tiles.h"

#include <string.h>

#include "src/kernel.h"

/* A sum's order is the same in every tile shape; rows beyond the matrix are computed on its last
   row and dropped. Eight sums that do not wait for one another keep both adders busy. */
#define ROWS 8

/* Several sums side by side. An operation on them is the operation on each, rounded as ever, so
   this is a notation for a loop; but left to loops, compilers keep the sums of a tile in memory and
   wait for them at every step, and so they do with registers wider than the processor's. */
typedef double Lane16 __attribute__((vector_size(16)));
typedef double Lane32 __attribute__((vector_size(32)));
typedef double Lane64 __attribute__((vector_size(64)));

/* out[a stride + k] := sum_p left[a][p step] right[p stride + k] from the left, p < count, k < the
   number of doubles in a Lane, a < rows <= ROWS. */
#define DEFINE_TILE(tile, Lane)                                                                    \
  KERNEL_INLINE void tile(double *out, const double *const left[ROWS], int64_t rows, int64_t step, \
                          const double *right, int64_t stride, int64_t count) {                    \
    Lane s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};           \
    const double *l0 = left[0], *l1 = left[1], *l2 = left[2], *l3 = left[3];                       \
    const double *l4 = left[4], *l5 = left[5], *l6 = left[6], *l7 = left[7];                       \
    for (int64_t p = 0; p < count; p++) {                                                          \
      const int64_t at = p * step;                                                                 \
      Lane x;                                                                                      \
      memcpy(&x, right + p * stride, sizeof x);                                                    \
      s0 += l0[at] * x;                                                                            \
      s1 += l1[at] * x;                                                                            \
      s2 += l2[at] * x;                                                                            \
      s3 += l3[at] * x;                                                                            \
      s4 += l4[at] * x;                                                                            \
      s5 += l5[at] * x;                                                                            \
      s6 += l6[at] * x;                                                                            \
      s7 += l7[at] * x;                                                                            \
    }                                                                                              \
    const Lane sum[ROWS] = {s0, s1, s2, s3, s4, s5, s6, s7};                                       \
    for (int64_t a = 0; a < rows; a++)                                                             \
      memcpy(out + a * stride, &sum[a], sizeof sum[a]);                                            \
  }
DEFINE_TILE(tile_16, Lane16)
DEFINE_TILE(tile_32, Lane32)
DEFINE_TILE(tile_64, Lane64)

/* tiles_multiply with registers of so many bytes, which is a constant where it is called. */
KERNEL_INLINE void multiply(double *out, const double *left, int64_t rows, int64_t row_step,
                            int64_t step, const double *right, int64_t stride, int64_t count,
                            int bytes) {
  for (int64_t a0 = 0; a0 < rows; a0 += ROWS) {
    const double *row[ROWS];
    const int64_t taken = rows - a0 < ROWS ? rows - a0 : ROWS;
    for (int64_t a = 0; a < ROWS; a++)
      row[a] = left + (a0 + (a < taken ? a : taken - 1)) * row_step;
    for (int64_t k = 0; k < stride; k += bytes / (int)sizeof(double)) {
      double *to = out + a0 * stride + k;
      if (bytes == 64)
        tile_64(to, row, taken, step, right + k, stride, count);
      else if (bytes == 32)
        tile_32(to, row, taken, step, right + k, stride, count);
      else
        tile_16(to, row, taken, step, right + k, stride, count);
    }
  }
}

static void multiply_plain(double *out, const double *left, int64_t rows, int64_t row_step,
                           int64_t step, const double *right, int64_t stride, int64_t count) {
  for (int64_t a = 0; a < rows; a++)
    for (int64_t k = 0; k < stride; k++) {
      double sum = 0;
      for (int64_t p = 0; p < count; p++)
        sum += left[a * row_step + p * step] * right[p * stride + k];
      out[a * stride + k] = sum;
    }
}

static void multiply_sse2(double *out, const double *left, int64_t rows, int64_t row_step,
                          int64_t step, const double *right, int64_t stride, int64_t count) {
  multiply(out, left, rows, row_step, step, right, stride, count, 16);
}

#if KERNEL_TARGETS

__attribute__((target("avx2"))) static void multiply_avx2(double *out, const double *left,
                                                          int64_t rows, int64_t row_step,
                                                          int64_t step, const double *right,
                                                          int64_t stride, int64_t count) {
  multiply(out, left, rows, row_step, step, right, stride, count, 32);
}

__attribute__((target("avx512f"))) static void multiply_avx512(double *out, const double *left,
                                                               int64_t rows, int64_t row_step,
                                                               int64_t step, const double *right,
                                                               int64_t stride, int64_t count) {
  multiply(out, left, rows, row_step, step, right, stride, count, 64);
}

bool tiles_available(TilesWidth width) {
  return width <= TILES_SSE2 || (width == TILES_AVX2 && __builtin_cpu_supports("avx2")) ||
         (width == TILES_AVX512 && __builtin_cpu_supports("avx512f"));
}

#else

#define multiply_avx2 multiply_sse2
#define multiply_avx512 multiply_sse2

bool tiles_available(TilesWidth width) {
  return width <= TILES_SSE2;
}

#endif

TilesWidth tiles_widest(void) {
  return tiles_available(TILES_AVX512) ? TILES_AVX512
         : tiles_available(TILES_AVX2) ? TILES_AVX2
                                       : TILES_SSE2;
}

TilesWidth tiles_width(PlainSet plain) {
  return is_plain(plain, FAST_TILES) ? TILES_PLAIN : tiles_widest();
}

void tiles_multiply(double *out, const double *left, int64_t rows, int64_t row_step, int64_t step,
                    const double *right, int64_t stride, int64_t count, TilesWidth width) {
  if (width == TILES_AVX512)
    multiply_avx512(out, left, rows, row_step, step, right, stride, count);
  else if (width == TILES_AVX2)
    multiply_avx2(out, left, rows, row_step, step, right, stride, count);
  else if (width == TILES_SSE2)
    multiply_sse2(out, left, rows, row_step, step, right, stride, count);
  else
    multiply_plain(out, left, rows, row_step, step, right, stride, count);
}

/* The dots of ROWS rows side by side, so that their sums do not wait for one another. */
KERNEL_INLINE void dot_rows(double *out, const double *a, int64_t a_stride, const double *b,
                            int64_t b_stride, int64_t d) {
  double sum[ROWS] = {0};
  for (int64_t i = 0; i < d; i++)
    KERNEL_UNROLL
  for (int n = 0; n < ROWS; n++)
    sum[n] += a[n * a_stride + i] * b[n * b_stride + i];
  memcpy(out, sum, sizeof sum);
}

void tiles_dot(double *out, const double *a, int64_t a_stride, const double *b, int64_t b_stride,
               int64_t rows, int64_t d) {
  int64_t n = 0;
  for (; n + ROWS <= rows; n += ROWS)
    dot_rows(out + n, a + n * a_stride, a_stride, b + n * b_stride, b_stride, d);
  for (; n < rows; n++) {
    double sum = 0;
    for (int64_t i = 0; i < d; i++)
      sum += a[n * a_stride + i] * b[n * b_stride + i];
    out[n] = sum;
  }
}

KERNEL_CLONES void tiles_scale(double *out, int64_t stride, const double *factor, const double *row,
                               int64_t row_step, int64_t rows, int64_t d) {
  for (int64_t n = 0; n < rows; n++) {
    const double *from = row + n * row_step, by = factor[n];
    double *to = out + n * stride;
    int64_t j = 0;
    for (; j + TILES_COLUMNS <= d; j += TILES_COLUMNS)
      for (int k = 0; k < TILES_COLUMNS; k++)
        to[j + k] = by * from[j + k];
    for (; j < d; j++)
      to[j] = by * from[j];
    for (; j < stride; j++)
      to[j] = 0;
  }
}
