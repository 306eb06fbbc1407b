/* test_store.c -- the run store: what goes in comes out to the bit, and run.db is whole or not
 * there. */
#include <sys/wait.h>

#include "tests/store_fixture.h"

static char folder[128], path[512];

static void setup(void) {
  folder_open(folder);
}

static void teardown(void) {
  folder_close(folder);
}

TestSuite(store, .init = setup, .fini = teardown);

/* The content of FOLDER/run.db is the given text. */
static void assert_content(const char *expected) {
  Error err;
  char *found;
  OK(content_of_folder(&found, folder, &err));
  cr_assert(strcmp(found, expected) == 0, "content of %zu bytes differs from what was stored, %zu",
            strlen(found), strlen(expected));
  free(found);
}

/* ---- round trips ---- */

Test(store, keeps_every_ball_to_the_bit) {
  enum { COUNT = 200 };
  Error err;
  Store *store;
  flint_rand_t random;
  flint_randinit(random);
  Record *record = calloc(COUNT, sizeof *record);
  RunInfo run;
  fixture_run(&run, "mpfr", 128, 0, random);
  OK(store_create(&store, folder, &err));
  OK(store_add_run(store, &run, NULL, &err));
  for (int k = 0; k < COUNT; k++) {
    record_init(&record[k]);
    record[k].step = k * k;
    for (int id = 0; id < OBSERVABLE_COUNT; id++)
      fixture_finite(&record[k].value[id], random);
    OK(store_add_record(store, run.id, &record[k], &err));
  }
  OK(store_finish(store, &err));

  Trace trace;
  OK(store_open(&store, folder, &err));
  OK(trace_load(&trace, store, run.id, &err));
  cr_assert(trace.count == COUNT, "%zu records, expected %d", trace.count, COUNT);
  for (int k = 0; k < COUNT; k++) {
    int64_t at = trace_find(&trace, record[k].step);
    cr_assert(at == k, "step %" PRId64 " is at %" PRId64 ", expected %d", record[k].step, at, k);
    for (int id = 0; id < OBSERVABLE_COUNT; id++)
      cr_assert(arb_equal(&trace.value[id][k], &record[k].value[id]),
                "record %d, %s: another ball came back", k, observable_name[id]);
    record_clear(&record[k]);
  }
  cr_assert(trace_find(&trace, 2) == -1 && trace_find(&trace, COUNT * COUNT) == -1,
            "steps 2 and %d were not recorded, but found", COUNT * COUNT);
  trace_clear(&trace);
  store_close(store);
  free(record);
  flint_randclear(random);
}

Test(store, keeps_special_balls) {
  static const char *const special[] = {"0 0 0 0",  "0 -1 0 0",  "0 -2 0 0", "0 -3 0 -1",
                                        "0 0 0 -1", "-1 0 0 -1", "1 0 1 0"};
  arb_t made[7], read;
  arb_init(read);
  for (int k = 0; k < 7; k++)
    arb_init(made[k]);
  arb_pos_inf(made[1]);
  arb_neg_inf(made[2]);
  arb_indeterminate(made[3]);
  arb_zero_pm_inf(made[4]);
  arb_set_si(made[5], -1);
  mag_inf(arb_radref(made[5]));
  arb_set_si(made[6], 1);
  mag_one(arb_radref(made[6]));
  for (int k = 0; k < 7; k++) {
    char *text = arb_dump_str(made[k]);
    cr_assert(strcmp(text, special[k]) == 0, "ball %d is '%s', expected '%s'", k, text, special[k]);
    cr_assert(ball_load(read, text) && arb_equal(read, made[k]), "ball %d, '%s', is lost", k, text);
    flint_free(text);
    arb_clear(made[k]);
  }
  arb_clear(read);
}

Test(store, keeps_everything_of_a_run) {
  Error err;
  Store *store;
  char *before;
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 1);
  OK(content_of(&before, store, &err));
  OK(store_finish(store, &err));
  cr_assert(strlen(before) > 10000, "the content is only %zu bytes", strlen(before));
  assert_content(before);
  free(before);
}

Test(store, keeps_parameters_to_the_bit) {
  enum { COUNT = 50 };
  Error err;
  Store *store;
  RunInfo run[COUNT], *found;
  size_t count;
  flint_rand_t random;
  flint_randinit(random);
  OK(store_create(&store, folder, &err));
  for (int k = 0; k < COUNT; k++) {
    fixture_run(&run[k], k % 2 == 0 ? "double" : "mpfr", 53 + k, k % 4, random);
    OK(store_add_run(store, &run[k], NULL, &err));
    cr_assert(run[k].id == k + 1, "run %d has id %" PRId64, k + 1, run[k].id);
  }
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  OK(store_list_runs(&found, &count, store, &err));
  cr_assert(count == COUNT, "%zu runs, expected %d", count, COUNT);
  for (int k = 0; k < COUNT; k++)
    cr_assert(memcmp(&found[k], &run[k], sizeof run[k]) == 0,
              "run %d came back differently: lambda %a, was %a", k, found[k].params.lambda,
              run[k].params.lambda);
  free(found);
  store_close(store);
  flint_randclear(random);
}

Test(store, weights_stand_where_they_were) {
  Error err;
  Store *store;
  RunInfo run;
  flint_rand_t random;
  arb_mat_t weights, found;
  flint_randinit(random);
  arb_mat_init(weights, 2, 3);
  arb_mat_init(found, 2, 3);
  for (int k = 0; k < 6; k++)
    arb_set_si(arb_mat_entry(weights, k / 3, k % 3), 7 + k * k);
  OK(store_create(&store, folder, &err));
  fixture_run(&run, "double", 53, 0, random);
  OK(store_add_run(store, &run, NULL, &err));
  OK(store_add_weights(store, run.id, 4, "Vbar", weights, &err));
  OK(store_get_weights(found, store, run.id, 4, "Vbar", &err));
  for (int k = 0; k < 6; k++)
    cr_assert(arb_equal_si(arb_mat_entry(found, k / 3, k % 3), 7 + k * k), "entry %d is not %d", k,
              7 + k * k);
  store_close(store);
  arb_mat_clear(weights);
  arb_mat_clear(found);
  flint_randclear(random);
}

/* ---- order, and ends of visits ---- */

typedef struct {
  char seen[256];
  int left; /* visits until the visitor has enough */
} Visits;

static bool visit_fact(const char *key, const char *value, void *context) {
  Visits *visits = context;
  strcat(strcat(strcat(strcat(visits->seen, key), "="), value), ";");
  return --visits->left > 0;
}

static bool visit_digits(int64_t step, const char *observable, double digits, void *context) {
  Visits *visits = context;
  size_t length = strlen(visits->seen);
  snprintf(visits->seen + length, sizeof visits->seen - length, "%d %s %g;", (int)step, observable,
           digits);
  return --visits->left > 0;
}

static bool visit_verdict(const VerdictRow *verdict, void *context) {
  Visits *visits = context;
  strcat(strcat(visits->seen, verdict->claim), ";");
  return --visits->left > 0;
}

/* Visits saw the expected text. */
static void assert_seen(Visits *visits, const char *expected) {
  cr_assert(strcmp(visits->seen, expected) == 0, "with %d left: saw '%s', expected '%s'",
            visits->left, visits->seen, expected);
  *visits = (Visits){.left = 99};
}

Test(store, facts_come_in_order_of_key) {
  Error err;
  Store *store;
  char *value;
  Visits visits = {.left = 99};
  OK(store_create(&store, folder, &err));
  OK(store_set_fact(store, "b", "old", &err));
  OK(store_set_fact(store, "c", "", &err));
  OK(store_set_fact(store, "a", "1", &err));
  OK(store_set_fact(store, "b", "2", &err));
  OK(store_each_fact(store, visit_fact, &visits, &err));
  assert_seen(&visits, "a=1;b=2;c=;");
  visits.left = 2;
  OK(store_each_fact(store, visit_fact, &visits, &err));
  assert_seen(&visits, "a=1;b=2;");
  OK(store_get_fact(&value, store, "b", &err));
  cr_assert(value != NULL && strcmp(value, "2") == 0, "fact b is '%s'", value);
  free(value);
  OK(store_get_fact(&value, store, "d", &err));
  cr_assert(value == NULL, "fact d is '%s', expected none", value);
  store_close(store);
}

Test(store, digits_and_verdicts_come_in_order) {
  Error err;
  Store *store;
  Visits visits = {.left = 99};
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 2);
  OK(store_each_digits(store, 1, 2, visit_digits, &visits, &err));
  assert_seen(&visits, "0 norm_V 3e-05;7 K1 nan;7 K2 15.5;");
  visits.left = 1;
  OK(store_each_digits(store, 1, 2, visit_digits, &visits, &err));
  assert_seen(&visits, "0 norm_V 3e-05;");
  OK(store_each_digits(store, 2, 1, visit_digits, &visits, &err));
  assert_seen(&visits, "");
  OK(store_each_verdict(store, visit_verdict, &visits, &err));
  assert_seen(&visits, "T2.b2;A;");
  visits.left = 1;
  OK(store_each_verdict(store, visit_verdict, &visits, &err));
  assert_seen(&visits, "T2.b2;");
  OK(store_clear_verdicts(store, &err));
  OK(store_each_verdict(store, visit_verdict, &visits, &err));
  assert_seen(&visits, "");
  store_close(store);
}

static bool visit_cell(int64_t run, const char *key, const char *text, double value,
                       void *context) {
  Visits *visits = context;
  size_t length = strlen(visits->seen);
  snprintf(visits->seen + length, sizeof visits->seen - length, "%d %s=%s %g;", (int)run, key, text,
           value);
  return --visits->left > 0;
}

/* Not by key, nor by when the runs came: an axis is what the user named first. */
Test(store, cells_come_by_run_and_axis) {
  Error err;
  Store *store;
  Visits visits = {.left = 99};
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 2);
  OK(store_each_cell(store, visit_cell, &visits, &err));
  assert_seen(&visits, "1 lambda=1/\n(d^2) 0.1;1 gate=split nan;2 seed=2^53+1 9.0072e+15;");
  visits.left = 2;
  OK(store_each_cell(store, visit_cell, &visits, &err));
  assert_seen(&visits, "1 lambda=1/\n(d^2) 0.1;1 gate=split nan;");
  REFUSED(store_add_cell(store, 1, "gate", "shared", NAN, &err), STATUS_INTERNAL, "it is already");
  REFUSED(store_finish(store, &err), STATUS_INTERNAL, "not kept");
}

Test(store, cells_have_runs_and_parameters) {
  Error err;
  Store *store;
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 2);
  REFUSED(store_add_cell(store, 1, "colour", "red", 1, &err), STATUS_INTERNAL, "no such parameter");
  REFUSED(store_add_cell(store, 3, "d", "8", 8, &err), STATUS_INTERNAL, "FOREIGN KEY");
  store_close(store);
}

/* ---- people with sqlite3 ---- */

static double sql_double(Store *store, const char *sql) {
  Error err;
  sqlite3_stmt *statement;
  bool row;
  OK(store_prepare(&statement, store, sql, &err));
  OK(store_step(&row, store, statement, &err));
  double value = row ? store_column_double(statement, 0) : -1;
  sqlite3_finalize(statement);
  return value;
}

Test(store, views_show_values_by_name) {
  Error err;
  Store *store;
  Trace trace;
  fixture_store(folder, 3);
  OK(store_open(&store, folder, &err));
  OK(trace_load(&trace, store, 2, &err));
  for (size_t k = 0; k < trace.count; k++) {
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT value FROM trajectory WHERE engine = 'mpfr' AND reading = 'split/separate'"
             " AND step = %" PRId64 " AND name = 'trace_V'",
             trace.step[k]);
    arb_srcptr ball = &trace.value[OBS_trace_V][k];
    double found = sql_double(store, sql), expected = arf_get_d(arb_midref(ball), ARF_RND_NEAR);
    if (isnan(expected) || !mag_is_finite(arb_radref(ball))) expected = NAN;
    cr_assert(found == expected || (isnan(found) && isnan(expected)), "step %zu: %a, expected %a",
              k, found, expected);
  }
  trace_clear(&trace);
  double count = sql_double(store, "SELECT count(*) FROM trajectory");
  cr_assert(count == 2 * FIXTURE_STEPS * OBSERVABLE_COUNT, "%g rows of trajectory", count);
  double bound = sql_double(store, "SELECT bound FROM verdicts WHERE claim = 'T2.b2'");
  cr_assert(bound == 0.5, "bound %g, expected 0.5", bound);
  double digits = sql_double(store, "SELECT digits FROM agreement WHERE name = 'K2'");
  cr_assert(digits == 15.5, "digits %g, expected 15.5", digits);
  store_close(store);
}

/* ---- whole or not there ---- */

Test(store, unfinished_leaves_nothing) {
  Error err;
  Store *store;
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 4);
  cr_assert(folder_count(folder) == 1, "%d files while writing, expected 1", folder_count(folder));
  store_close(store);
  cr_assert(folder_count(folder) == 0, "%d files are left, expected none", folder_count(folder));
}

Test(store, unfinished_replacement_keeps_the_old) {
  Error err;
  Store *store;
  char *before;
  fixture_store(folder, 5);
  OK(content_of_folder(&before, folder, &err));
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 6);
  store_close(store);
  assert_content(before);
  cr_assert(folder_count(folder) == 1, "%d files, expected 1", folder_count(folder));

  fixture_store(folder, 6);
  char *after;
  OK(content_of_folder(&after, folder, &err));
  cr_assert(strcmp(before, after) != 0, "the finished store of %zu bytes is the old one",
            strlen(after));
  cr_assert(folder_count(folder) == 1, "%d files, expected 1", folder_count(folder));
  free(before);
  free(after);
}

Test(store, failed_write_cannot_be_finished) {
  Error err;
  Store *store;
  Record record;
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 7);
  record_init(&record);
  REFUSED(store_add_record(store, 1, &record, &err), STATUS_INTERNAL, "run.db.part");
  record_clear(&record);
  REFUSED(store_finish(store, &err), STATUS_INTERNAL, "run.db.part: not kept");
  cr_assert(folder_count(folder) == 0, "%d files are left, expected none", folder_count(folder));
}

Test(store, refuses_what_could_not_be_read_back) {
  Error err;
  Store *store;
  arb_mat_t weights;
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 8);
  VerdictRow verdict = fixture_verdict;
  verdict.value = "0.5";
  REFUSED(store_add_verdict(store, &verdict, &err), STATUS_INTERNAL, "T2.b2");
  verdict = fixture_verdict;
  verdict.run = 3;
  REFUSED(store_add_verdict(store, &verdict, &err), STATUS_INTERNAL, "verdict");
  REFUSED(store_add_digits(store, 1, 2, 3, "K9", 1, &err), STATUS_INTERNAL, "K9");
  REFUSED(store_add_digits(store, 1, 2, -3, "K1", 1, &err), STATUS_INTERNAL, "step >= 0");
  arb_mat_init(weights, 1, 1);
  REFUSED(store_add_weights(store, 1, 9, "U", weights, &err), STATUS_INTERNAL, "weights");
  fmpz_t huge;
  fmpz_init(huge);
  fmpz_setbit(huge, 200);
  arb_one(arb_mat_entry(weights, 0, 0));
  arb_mul_2exp_fmpz(arb_mat_entry(weights, 0, 0), arb_mat_entry(weights, 0, 0), huge);
  REFUSED(store_add_weights(store, 1, 9, "W", weights, &err), STATUS_INTERNAL, "weights");
  fmpz_clear(huge);
  arb_mat_clear(weights);
  arb_mat_init(weights, STORE_DIMENSION_MAX + 1, 1);
  REFUSED(store_add_weights(store, 1, 9, "W", weights, &err), STATUS_INTERNAL, "1025 by 1");
  arb_mat_clear(weights);
  RunInfo *runs;
  size_t count;
  OK(store_list_runs(&runs, &count, store, &err));
  runs[0].params.N = 0;
  REFUSED(store_add_run(store, &runs[0], NULL, &err), STATUS_INTERNAL, "parameter N");
  runs[1].params.lambda = NAN;
  REFUSED(store_add_run(store, &runs[1], NULL, &err), STATUS_INTERNAL, "parameter lambda");
  free(runs);
  store_close(store);
}

Test(store, one_writer_for_a_folder) {
  Error err;
  Store *store, *other;
  OK(store_create(&store, folder, &err));
  REFUSED(store_create(&other, folder, &err), STATUS_CANTCREAT, "another program");
  fixture_fill(store, 9);
  OK(store_finish(store, &err));
  OK(store_create(&store, folder, &err));
  store_close(store);
}

Test(store, takes_over_what_a_crash_left) {
  Error err;
  FILE *left = fopen(path_in(path, folder, "run.db.part"), "w");
  cr_assert(left != NULL, "cannot make %s", path);
  for (int k = 0; k < 100000; k++)
    fputs("SQLite format 3", left);
  fclose(left);
  fixture_store(folder, 10);
  char *content;
  OK(content_of_folder(&content, folder, &err));
  free(content);
}

/* Makes a small store as soon as no other program is at it; false when something else is wrong. */
static bool make_small(void) {
  Error err = {0};
  Store *store = NULL;
  while (store_create(&store, folder, &err) == STATUS_CANTCREAT &&
         strstr(err.message, "another program") != NULL)
    continue;
  return store != NULL && store_set_fact(store, "a", "b", &err) == STATUS_OK &&
         store_finish(store, &err) == STATUS_OK;
}

/* Two programs that take turns find run.db whole at every moment. */
Test(store, two_writers_take_turns) {
  enum { TURNS = 60 };
  Error err;
  Store *store;
  fixture_store(folder, 14);
  pid_t other = fork();
  cr_assert(other >= 0, "fork gives %d", (int)other);
  int made = 0, read = 0;
  for (int k = 0; k < TURNS; k++) {
    if (make_small()) made++;
    if (store_open(&store, folder, &err) == STATUS_OK) {
      read++;
      store_close(store);
    }
  }
  if (other == 0)
    execl("/bin/sh", "sh", "-c", made + read == 2 * TURNS ? "exit 0" : "exit 1", NULL);
  int status = -1;
  waitpid(other, &status, 0);
  cr_assert(made == TURNS && read == TURNS && status == 0,
            "made %d and read %d of %d, the other's status %d: %s", made, read, TURNS, status,
            err.message);
}

/* ---- judging anew ---- */

Test(store, reopened_is_the_old_until_finished) {
  Error err;
  Store *store;
  char *before, *during;
  fixture_store(folder, 11);
  OK(content_of_folder(&before, folder, &err));
  OK(store_reopen(&store, folder, &err));
  OK(content_of(&during, store, &err));
  cr_assert(strcmp(before, during) == 0, "the copy of %zu bytes differs", strlen(during));
  free(during);
  VerdictRow verdict = fixture_verdict;
  verdict.claim = "new";
  OK(store_clear_verdicts(store, &err));
  OK(store_add_verdict(store, &verdict, &err));
  assert_content(before);
  store_close(store);
  assert_content(before);

  OK(store_reopen(&store, folder, &err));
  OK(store_clear_verdicts(store, &err));
  OK(store_add_verdict(store, &verdict, &err));
  OK(content_of(&during, store, &err));
  OK(store_finish(store, &err));
  assert_content(during);
  cr_assert(strstr(before, "verdict 2 1 1|new|") == NULL &&
                strstr(during, "verdict 2 1 1|new|") != NULL,
            "the new verdict is not among %zu bytes", strlen(during));
  free(before);
  free(during);
}

Test(store, opened_for_reading_takes_no_writing) {
  Error err;
  Store *store;
  fixture_store(folder, 12);
  OK(store_open(&store, folder, &err));
  REFUSED(store_set_fact(store, "a", "b", &err), STATUS_INTERNAL, "reading only");
  REFUSED(store_clear_verdicts(store, &err), STATUS_INTERNAL, "reading only");
  REFUSED(store_finish(store, &err), STATUS_INTERNAL, "reading only");
  REFUSED(store_reopen(&store, "no such folder", &err), STATUS_NOINPUT, "no such folder/run.db");
}

/* ---- paths ---- */

Test(store, folder_names_are_taken_literally) {
  static const char *const names[] = {"file:x?mode=memory", "a#b%41 c", "über/deep/", ":memory:"};
  Error err;
  cr_assert(chdir(folder) == 0, "cannot go to %s", folder);
  for (int k = 0; k < 4; k++) {
    char *content;
    fixture_store(names[k], 13);
    snprintf(path, sizeof path, "%s/run.db", names[k]);
    cr_assert(access(path, R_OK) == 0, "name %d: there is no %s", k, path);
    OK(content_of_folder(&content, names[k], &err));
    free(content);
    unlink(path);
    rmdir(names[k]);
  }
  rmdir("über");
}

Test(store, folder_that_cannot_be_made) {
  Error err;
  Store *store;
  fclose(fopen(path_in(path, folder, "plain"), "w"));
  REFUSED(store_create(&store, path, &err), STATUS_CANTCREAT, path);
  cr_assert(store == NULL, "a store at %s", path);
  strcat(path, "/below/it");
  REFUSED(store_create(&store, path, &err), STATUS_CANTCREAT, "plain: cannot make this folder");
  REFUSED(store_create(&store, "", &err), STATUS_CANTCREAT, "folder");
}

Test(store, file_that_cannot_be_made) {
  Error err;
  Store *store;
  cr_assert(mkdir(path_in(path, folder, "run.db.part"), 0777) == 0, "cannot make %s", path);
  REFUSED(store_create(&store, folder, &err), STATUS_CANTCREAT, path);
  rmdir(path);
  cr_assert(mkdir(path_in(path, folder, "run.db"), 0777) == 0, "cannot make %s", path);
  OK(store_create(&store, folder, &err));
  REFUSED(store_finish(store, &err), STATUS_CANTCREAT, path);
  cr_assert(folder_count(folder) == 1, "%d files are left, expected the folder alone",
            folder_count(folder));
  rmdir(path);
}
