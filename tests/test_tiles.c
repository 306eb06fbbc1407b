/* test_tiles.c -- products by tiles against the plain triple loop, bit for bit, for every vector
 * width of this processor. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/tiles.h"
#include "tests/support.h"

typedef enum { FILL_REAL, FILL_WIDE, FILL_CANCEL, FILL_ZEROS, FILL_SPECIAL, FILL_COUNT } Fill;
static const char *const fill_name[FILL_COUNT] = {"real", "wide", "cancel", "zeros", "special"};

static double draw(Fill fill, int64_t i, Chance *chance) {
  static const double special[] = {INFINITY, -INFINITY, 0x1p-1074, -0x1p-1022, 0x1.fffp1023, -0.0};
  const double x = chance_real(chance);
  switch (fill) {
  case FILL_WIDE: /* products overflow, underflow and lie far apart */
    return ldexp(x, (int)chance_below(chance, 1600) - 800);
  case FILL_CANCEL: /* large neighbours that nearly cancel */
    return (i % 2 ? 1 : -1) * (0x1p40 + x);
  case FILL_ZEROS:
    return chance_below(chance, 4) ? (x < 0 ? -0.0 : 0.0) : x;
  case FILL_SPECIAL:
    return chance_below(chance, 8) ? x : special[chance_below(chance, 6)];
  default:
    return x;
  }
}

typedef struct {
  int64_t rows, row_step, step, stride, count, left_count;
  double *left, *right, *expected, *out;
} Case;

static double *numbers(int64_t count, Fill fill, Chance *chance) {
  double *x = array_alloc((size_t)count, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld numbers", (long long)count);
  for (int64_t i = 0; i < count; i++)
    x[i] = draw(fill, i, chance);
  return x;
}

/* By rows or by columns, with something between the rows that must not be read as one of them. */
static Case case_open(Fill fill, Chance *chance) {
  const int64_t rows = 1 + chance_below(chance, 20), count = chance_below(chance, 40);
  const int64_t stride = TILES_COLUMNS * (1 + chance_below(chance, 4));
  const int64_t extra = chance_below(chance, 3);
  Case c = {.rows = rows, .stride = stride, .count = count};
  c.row_step = chance_below(chance, 2) ? count + extra : 1;
  c.step = c.row_step == 1 ? rows + extra : 1;
  c.left = numbers((rows + extra) * (count + extra) + 1, fill, chance);
  c.right = numbers(count * stride, fill, chance);
  c.expected = numbers(rows * stride, FILL_REAL, chance);
  c.out = numbers(rows * stride, FILL_REAL, chance);
  for (int64_t a = 0; a < rows; a++)
    for (int64_t k = 0; k < stride; k++) {
      volatile double sum = 0; /* no vectors, no other order */
      for (int64_t p = 0; p < count; p++)
        sum = sum + c.left[a * c.row_step + p * c.step] * c.right[p * stride + k];
      c.expected[a * stride + k] = sum;
    }
  return c;
}

static void case_close(Case *c) {
  free(c->left);
  free(c->right);
  free(c->expected);
  free(c->out);
}

/* Equal bits; a NaN's sign and payload are the processor's affair. */
static bool same(double a, double b) {
  return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* Pre-conditions: any doubles, 1 to 20 rows, 0 to 39 products in a sum, 8 to 32 columns. Quantity:
   entries that differ from the loop's. Bound: none, by the contract. */
Test(tiles, every_width_gives_the_bits_of_the_plain_loop) {
  Worst worst = {.count = 0};
  Chance chance = chance_open(20261122);
  for (int fill = 0; fill < FILL_COUNT; fill++)
    for (int trial = 0; trial < 200; trial++) {
      Case c = case_open((Fill)fill, &chance);
      for (int width = 0; width < TILES_WIDTHS; width++) {
        if (!tiles_available((TilesWidth)width)) continue;
        for (int64_t i = 0; i < c.rows * c.stride; i++)
          c.out[i] = -1;
        tiles_multiply(c.out, c.left, c.rows, c.row_step, c.step, c.right, c.stride, c.count,
                       (TilesWidth)width);
        int64_t differ = 0;
        for (int64_t i = 0; i < c.rows * c.stride; i++)
          differ += !same(c.out[i], c.expected[i]);
        worst_require(&worst, differ == 0, "width %d, %s, trial %d: %lld of %lld x %lld entries",
                      width, fill_name[fill], trial, (long long)differ, (long long)c.rows,
                      (long long)c.stride);
      }
      case_close(&c);
    }
  worst_assert(&worst, "entries that differ from the plain loop's");
}

/* Pre-conditions: any doubles, 1 to 20 rows of 1 to 40 entries that lie further apart. Quantity:
   results that differ from plain loops'. Bound: none. */
Test(tiles, dots_and_scaled_rows_have_the_bits_of_plain_loops) {
  Worst worst = {.count = 0};
  Chance chance = chance_open(20261123);
  for (int trial = 0; trial < 1000; trial++) {
    const Fill fill = (Fill)(trial % FILL_COUNT);
    const int64_t rows = 1 + chance_below(&chance, 20), d = 1 + chance_below(&chance, 40);
    const int64_t stride = (d + TILES_COLUMNS - 1) / TILES_COLUMNS * TILES_COLUMNS;
    const int64_t step = d + chance_below(&chance, 3);
    double *a = numbers(rows * step, fill, &chance), *b = numbers(rows * stride, fill, &chance);
    double *dot = numbers(rows, FILL_REAL, &chance);
    double *scaled = numbers(rows * stride, FILL_REAL, &chance);
    tiles_dot(dot, a, step, b, stride, rows, d);
    tiles_scale(scaled, stride, b, a, step, rows, d);
    int64_t differ = 0;
    for (int64_t n = 0; n < rows; n++) {
      volatile double sum = 0;
      for (int64_t i = 0; i < d; i++)
        sum = sum + a[n * step + i] * b[n * stride + i];
      differ += !same(dot[n], sum);
      for (int64_t j = 0; j < stride; j++)
        differ += !same(scaled[n * stride + j], j < d ? b[n] * a[n * step + j] : 0);
    }
    worst_require(&worst, differ == 0, "%s, trial %d: %lld of %lld rows of %lld", fill_name[fill],
                  trial, (long long)differ, (long long)rows, (long long)d);
    free(a);
    free(b);
    free(dot);
    free(scaled);
  }
  worst_assert(&worst, "dots and scaled rows that differ from plain loops'");
}

/* Pre-condition: none. Quantity: the widths that are said to be there. Bound: the narrowest is, and
   the widest is one of them. */
Test(tiles, the_widest_is_available) {
  const TilesWidth widest = tiles_widest();
  cr_assert(tiles_available(TILES_SSE2) && tiles_available(widest), "widest %d", (int)widest);
  int widths = 0;
  for (int width = 0; width < TILES_WIDTHS; width++)
    widths += tiles_available((TilesWidth)width);
  support_note("%d of %d widths are there", widths, TILES_WIDTHS);
}
