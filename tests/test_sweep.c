/* test_sweep.c -- the grid of a sweep, what is recorded of its cells, and which finished cells are
 * believed. */
#include <math.h>

#include "src/schedule.h"
#include "src/sweep.h"
#include "tests/store_fixture.h"

static char folder[128];
static Instance instance;
static Sweep sweep;
static const SweepFact version[] = {{"twostage", "1.0"}};

static void setup(void) {
  Error err;
  folder_open(folder);
  OK(instance_load(&instance, "quick", &err));
  for (const char *const *set = (const char *const[]){"N=6", "L=3", "t1=4", "t2=6", NULL}; *set;
       set++)
    OK(instance_set(&instance, *set, &err));
  sweep = (Sweep){.instance = &instance,
                  .folder = folder,
                  .reading = {{GATE_SHARED, LOSS_SEPARATE}},
                  .reading_count = 1,
                  .engine = ENGINE_DOUBLE,
                  .precision = 53,
                  .fact = version,
                  .fact_count = 1};
}

static void teardown(void) {
  sweep_clear(&sweep);
  instance_clear(&instance);
  folder_close(folder);
}

TestSuite(sweep, .init = setup, .fini = teardown);

/* ---- the grid ---- */

static void assert_label(size_t cell, const char *expected) {
  char label[128];
  sweep_label(label, sizeof label, &sweep, cell);
  cr_assert(strcmp(label, expected) == 0, "cell %zu is '%s', expected '%s'", cell, label, expected);
}

Test(sweep, is_the_product_of_axes_seeds_and_readings) {
  Error err;
  sweep.reading_count = 2;
  sweep.reading[1] = (Reading){GATE_SPLIT, LOSS_JOINT};
  OK(sweep_add_axis(&sweep, "--along", "d=4,max(5,6),7", &err));
  OK(sweep_add_axis(&sweep, "--along", "lambda=1/100, 1/d^2", &err));
  OK(sweep_add_seeds(&sweep, 11, 2, &err));
  OK(sweep_resolve(&sweep, &err));
  cr_assert(sweep.cell_count == 24, "%zu cells, expected 3 x 2 x 2 x 2", sweep.cell_count);
  assert_label(0, "d=4 lambda=1/100 seed=11 shared/separate");
  assert_label(1, "d=4 lambda=1/100 seed=11 split/joint");
  assert_label(2, "d=4 lambda=1/100 seed=12 shared/separate");
  assert_label(4, "d=4 lambda= 1/d^2 seed=11 shared/separate");
  assert_label(23, "d=7 lambda= 1/d^2 seed=12 split/joint");
  const Params *p = &sweep.cell[14]; /* second d, second lambda, second seed, first reading */
  cr_assert(p->d == 6 && p->lambda == 1.0 / 36 && p->seed == 12 && p->reading.gate == GATE_SHARED,
            "cell 14 has d = %d, lambda = %a, seed = %d, expected 6, 1/36, 12", (int)p->d,
            p->lambda, (int)p->seed);
  for (size_t k = 0; k < 24; k++)
    cr_assert(sweep_index(&sweep, k, 0) == k / 8 && sweep_index(&sweep, k, 1) == k / 4 % 2 &&
                  sweep_index(&sweep, k, 2) == k / 2 % 2,
              "cell %zu is at %zu, %zu, %zu of the axes", k, sweep_index(&sweep, k, 0),
              sweep_index(&sweep, k, 1), sweep_index(&sweep, k, 2));
}

Test(sweep, gates_and_losses_can_be_axes) {
  Error err;
  OK(sweep_add_axis(&sweep, "--along", "gate=shared,split", &err));
  OK(sweep_resolve(&sweep, &err));
  cr_assert(sweep.cell[0].reading.gate == GATE_SHARED && sweep.cell[1].reading.gate == GATE_SPLIT,
            "gates %d and %d", sweep.cell[0].reading.gate, sweep.cell[1].reading.gate);
}

Test(sweep, refuses_axes_that_are_none) {
  static const struct {
    const char *text, *message;
  } bad[] = {{"d", "--along d: expected KEY=V1,V2,..."},
             {"lamda=1", "unknown parameter 'lamda'"},
             {"d=", "value 1 is empty"},
             {"L=4,,8", "value 2 is empty"},
             {"L=4, ", "value 2 is empty"},
             {"N=7", "N is an axis already"}};
  Error err;
  OK(sweep_add_axis(&sweep, "--along", "N=5", &err));
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    const size_t before = sweep.axis_count;
    REFUSED(sweep_add_axis(&sweep, "--along", bad[k].text, &err), STATUS_USAGE, bad[k].message);
    if (sweep.axis_count > before) { /* it has a key, but no values */
      free(sweep.axis[before].text);
      free(sweep.axis[before].value);
      sweep.axis_count = before;
    }
  }
}

Test(sweep, checks_every_cell_before_any_is_trained) {
  Error err;
  OK(sweep_add_axis(&sweep, "--along", "d=4,8", &err));
  OK(sweep_add_axis(&sweep, "--along", "lambda=1/100,d/5", &err));
  REFUSED(sweep_resolve(&sweep, &err), STATUS_DATA, "cell d=8 lambda=d/5: ");
}

Test(sweep, the_same_run_is_no_two_cells) {
  Error err;
  OK(sweep_add_axis(&sweep, "--along", "t1=4,4.5", &err));
  REFUSED(sweep_resolve(&sweep, &err), STATUS_USAGE, "cells t1=4 and t1=4.5 have the same");
}

Test(sweep, has_a_size_limit) {
  Error err;
  OK(sweep_add_seeds(&sweep, 1, SWEEP_CELLS, &err));
  OK(sweep_add_axis(&sweep, "--along", "d=4,5", &err));
  REFUSED(sweep_resolve(&sweep, &err), STATUS_USAGE, "more than 10000 cells");
}

/* ---- the sparse schedule ---- */

/* Pre-conditions: any stages. Quantity: steps from one record to the next. Bound: 1 % of max(t1,
   100) until that long after t1, by the schedule's unit; then twice as much at every doubling, so 2
   % of the time since t1. And about 500 records. */
Test(sweep, records_are_dense_enough_for_stage_times) {
  static const int64_t t1s[] = {0, 9, 99, 100, 819, 5724}, factors[] = {0, 1, 64, 600};
  for (size_t i = 0; i < 24; i++) {
    const int64_t t1 = t1s[i / 4], unit = t1 > 100 ? t1 : 100, t2 = factors[i % 4] * unit;
    const Schedule schedule = schedule_make_sparse(t1, t2);
    int64_t last = 0, count = 0;
    for (int64_t t = 0; t <= t1 + t2; t++) {
      if (!schedule_due(&schedule, t)) continue;
      const double gap = (double)(t - last), since = (double)(last - t1);
      const double bound = 0.01 * (double)unit + (since >= (double)unit ? 0.02 * since : 0);
      cr_assert(gap <= bound + 1e-9,
                "t1 = %d: %g steps from step %d to the next record, at most %g", (int)t1, gap,
                (int)last, bound);
      last = t;
      count++;
    }
    cr_assert(last == t1 + t2 && count <= 850, "t1 = %d, t2 = %d: %d records, the last at %d",
              (int)t1, (int)t2, (int)count, (int)last);
  }
}

/* ---- finished cells ---- */

static void make_grid(const char *axis) {
  Error err;
  OK(sweep_add_axis(&sweep, "--along", axis, &err));
  OK(sweep_resolve(&sweep, &err));
}

static void cell_folder(char out[512], size_t cell, const char *file) {
  char name[SWEEP_NAME_SIZE];
  sweep_name(name, &sweep, cell);
  snprintf(out, 512, "%s/cells/%s%s", folder, name, file);
}

static void train_cell(size_t cell) {
  Error err;
  const Progress progress = {NULL, NULL};
  OK(sweep_train(&sweep, cell, &progress, &err));
}

/* "101": which of the cells are found. */
static void assert_found(const char *expected, const char *why) {
  Error err;
  bool found[8];
  OK(sweep_find(found, &sweep, &err));
  for (size_t k = 0; k < sweep.cell_count; k++)
    cr_assert(found[k] == (expected[k] == '1'), "%s: cell %zu is found: %d, expected %s", why, k,
              found[k], expected);
}

static void clean_up(void) {
  const bool all[8] = {true, true, true, true, true, true, true, true};
  char path[512];
  sweep_remove(&sweep, all, false);
  cr_assert(access(path_in(path, folder, "cells"), F_OK) != 0, "%s is still there, after %zu cells",
            path, sweep.cell_count);
}

/* By content: another place in a larger grid does not matter; parameters, engine, formulas and
 * program do. */
Test(sweep, finds_its_cells_by_their_content) {
  static const SweepFact other[] = {{"twostage", "1.1"}};
  Error err;
  make_grid("d=4,5");
  assert_found("00", "nothing is trained");
  train_cell(1);
  assert_found("01", "one is trained");
  sweep.fact = other;
  assert_found("00", "another program");
  sweep.fact = version;
  OK(instance_set(&instance, "L=6/2", &err));
  assert_found("00", "another formula of the same value");
  OK(instance_set(&instance, "L=3", &err));
  assert_found("01", "the same again");
  clean_up();
}

Test(sweep, believes_no_damaged_cell) {
  char path[512], from[512];
  make_grid("d=4,5");
  train_cell(0);
  cell_folder(path, 0, "/run.db");
  cr_assert(truncate(path, 30000) == 0, "cannot damage %s", path);
  assert_found("00", "damaged");
  train_cell(0);
  assert_found("10", "trained over");
  /* under the name of another cell: the name is not believed */
  cell_folder(path, 1, "");
  cr_assert(mkdir(path, 0777) == 0, "cannot make %s", path);
  cell_folder(path, 1, "/run.db");
  cell_folder(from, 0, "/run.db");
  cr_assert(rename(from, path) == 0, "cannot rename %s", from);
  assert_found("00", "misnamed");
  clean_up();
}

static bool print_axis(int64_t run, const char *key, const char *text, double value, void *out) {
  fprintf(out, "%d:%s=%s(%g) ", (int)run, key, text, value);
  return true;
}

/* Trained backwards, collected forwards, and found again in what they were collected in. */
Test(sweep, collects_in_the_order_of_the_grid) {
  Error err;
  Store *store;
  char *axes = NULL;
  size_t size, count;
  RunInfo *runs;
  const bool wanted[] = {true, false, true};
  make_grid("d=4,5,3+3");
  train_cell(2);
  train_cell(0);
  OK(store_create(&store, folder, &err));
  OK(store_set_fact(store, "twostage", "1.0", &err));
  OK(sweep_collect(store, &sweep, wanted, &err));
  FILE *out = open_memstream(&axes, &size);
  OK(store_each_cell(store, print_axis, out, &err));
  fclose(out);
  cr_assert(strcmp(axes, "1:d=4(4) 2:d=3+3(6) ") == 0, "%zu characters: '%s'", size, axes);
  free(axes);
  OK(store_list_runs(&runs, &count, store, &err));
  cr_assert(count == 2 && runs[0].params.d == 4 && runs[1].params.d == 6, "%zu runs, d = %d first",
            count, (int)runs[0].params.d);
  free(runs);
  OK(store_finish(store, &err));
  clean_up();
  assert_found("101", "collected before");
  const bool more[] = {true, true, false};
  train_cell(1);
  OK(store_create(&store, folder, &err));
  OK(sweep_collect(store, &sweep, more, &err));
  OK(store_list_runs(&runs, &count, store, &err));
  cr_assert(count == 2 && runs[0].params.d == 4 && runs[1].params.d == 5, "%zu runs, d = %d first",
            count, (int)runs[0].params.d);
  free(runs);
  store_close(store);
  clean_up();
}

Test(sweep, a_cell_that_cannot_train_leaves_nothing) {
  Error err;
  const Progress progress = {NULL, NULL};
  char path[512];
  OK(instance_set(&instance, "tau_xi=0", &err));
  make_grid("tau0=0,1e-3");
  REFUSED(sweep_train(&sweep, 0, &progress, &err), STATUS_DATA, "tau0");
  cell_folder(path, 0, "/run.db.part");
  cr_assert(access(path, F_OK) != 0, "%s is there, status %d", path, err.code);
  assert_found("00", "it failed");
  clean_up();
}
