/* rate_internal.h -- what the files that judge the rates of a store share; nobody else includes it.
 */
#ifndef VERIFY_RATE_INTERNAL_H
#define VERIFY_RATE_INTERNAL_H

#include "verify/grid.h"
#include "verify/rate.h"

#define FORMULA_PRECISION 128 /* bits, of rates and bands */

/* A text that grows until its room is full. */
typedef struct {
  char *text;
  size_t size, used;
} Words;
void rate_say(Words *words, const char *format, ...) PRINTF_LIKE(2, 3);

/* What one entry is on one run. */
typedef struct {
  double observable, rate, low, high, baseline; /* NaN: no value */
  double alternative[RATE_ALTERNATIVES];
  VerdictKind kind; /* of the claim on this run */
} Measured;

/* Runs that differ in the parameter `along` and the seed only. */
typedef struct {
  size_t *run; /* indices into the grid's runs; (count) */
  size_t count;
  char place[GRID_PLACE_SIZE];
  Reading reading;
} Series;

/* *out := the series of runs along a parameter that the sweep varied, or, for NULL, the whole sweep
   under each reading; (*count) of them, to be released by series_free. */
MUST_CHECK StatusCode series_find(Series **out, size_t *count, const Grid *grid, const char *along,
                                  Error *err);
void series_free(Series *series, size_t count);

/* How many cells, points with all their seeds, a series has. */
MUST_CHECK StatusCode probability_cells(size_t *count, const Grid *grid, const Series *series,
                                        Error *err);
/* Judges a probability entry on a series of all runs under a reading; measured: (grid->count), the
   entry on each run. family: cells of all entries and series judged together. sequential: the
   number of seeds was not fixed beforehand. */
MUST_CHECK StatusCode probability_judge(Store *store, const Rate *rate, const Grid *grid,
                                        const Series *series, const Measured *measured,
                                        size_t family, bool sequential, Error *err);

/* *expected := the recorded verdict of a series, or NULL. from, to: its range. */
MUST_CHECK StatusCode rate_expected(const RateExpectation **expected, const Rate *rate,
                                    const Grid *grid, const Series *series, double from, double to,
                                    Error *err);

#endif
