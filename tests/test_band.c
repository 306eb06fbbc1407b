/* test_band.c -- tests of bands over seeds: order statistics of runs that differ in nothing else.
 */
#include <math.h>

#include "tests/store_fixture.h"
#include "verify/band.h"

/* Adds a run of the seed whose K1 at step t is K1 + t, and K2 twice that. */
static void add_run(Store *store, int64_t seed, int64_t d, double K1, int64_t steps) {
  Error err;
  RunInfo info = {.engine = "double", .precision = 53};
  Record record;
  strcpy(info.params.instance, "x");
  info.params.seed = (uint64_t)seed;
  info.params.d = d;
  info.params.N = info.params.L = 2;
  OK(store_add_run(store, &info, NULL, &err));
  record_init(&record);
  for (record.step = 0; record.step < steps; record.step++) {
    arb_set_d(&record.value[OBS_K1], K1 + (double)record.step);
    arb_set_d(&record.value[OBS_K2], 2 * (K1 + (double)record.step));
    OK(store_add_record(store, info.id, &record, &err));
  }
  record_clear(&record);
}

typedef struct {
  int64_t run, rank;
  double coverage, lower, median, upper;
  size_t rows;
} Expected;

static bool check(const BandRow *row, void *context) {
  Expected *e = context;
  const double scale = strcmp(row->observable, "K2") == 0 ? 2 : 1, t = (double)row->step;
  e->rows++;
  cr_assert(row->run == e->run && row->rank == e->rank &&
                fabs(row->coverage - e->coverage) <= 1e-14,
            "run %" PRId64 ", rank %" PRId64 ", coverage %g; expected %" PRId64 ", %" PRId64 ", %g",
            row->run, row->rank, row->coverage, e->run, e->rank, e->coverage);
  cr_assert(row->lower == scale * (e->lower + t) && row->median == scale * (e->median + t) &&
                row->upper == scale * (e->upper + t),
            "%s at step %" PRId64 ": %g, %g, %g", row->observable, row->step, row->lower,
            row->median, row->upper);
  return true;
}

/* Fills a store with runs, one seed a value; the bands have to be those. */
static void assert_bands(const double *value, size_t count, Expected expected) {
  Error err;
  char folder[128];
  Store *store;
  folder_open(folder);
  OK(store_create(&store, folder, &err));
  add_run(store, 1, 9, 7, 3); /* of another d, alone: no band */
  for (size_t k = 0; k < count; k++)
    add_run(store, 10 + (int64_t)k, 8, value[k], 3);
  for (int again = 0; again < 2; again++)
    OK(bands_store(store, &err));
  OK(store_each_band(store, check, &expected, &err));
  cr_assert(expected.rows == 6, "%zu rows, expected 2 observables at 3 steps", expected.rows);
  store_close(store);
  folder_close(folder);
}

Test(band, goes_from_one_order_statistic_to_its_opposite) {
  const double three[] = {5, -1, 3}, five[] = {5, 4, 1, 2, 3}, eight[] = {8, 1, 7, 2, 6, 3, 5, 4};
  assert_bands(three, 3, (Expected){2, 1, 0.75, -1, 3, 5, 0});
  assert_bands(five, 5, (Expected){2, 1, 0.9375, 1, 3, 5, 0});
  /* 1 - 2 (1 + 8)/256 */
  assert_bands(eight, 8, (Expected){2, 2, 0.9296875, 2, 4.5, 7, 0});
}

Test(band, is_not_of_different_steps) {
  Error err;
  char folder[128];
  Store *store;
  Expected none = {0};
  folder_open(folder);
  OK(store_create(&store, folder, &err));
  add_run(store, 1, 8, 1, 3);
  add_run(store, 2, 8, 2, 4);
  OK(bands_store(store, &err));
  OK(store_each_band(store, check, &none, &err));
  cr_assert(none.rows == 0, "%zu rows, expected %d", none.rows, 0);
  store_close(store);
  folder_close(folder);
}
