/* test_store_damage.c -- run stores that are absent, foreign, damaged or hostile: one line each,
 * and never a wrong number. */
#include "tests/corruption.h"
#include "tests/store_fixture.h"

static char folder[128], path[512];

static void setup(void) {
  folder_open(folder);
  path_in(path, folder, "run.db");
}

static void teardown(void) {
  folder_close(folder);
}

TestSuite(store_damage, .init = setup, .fini = teardown);

static void file_write(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(name, "wb");
  cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size, "cannot write %zu bytes to %s",
            size, name);
  fclose(file);
}

/* *size := the size of a file, whose bytes are returned; the caller frees. */
static unsigned char *file_read(size_t *size, const char *name) {
  struct stat info;
  cr_assert(stat(name, &info) == 0, "status %d of %s", -1, name);
  *size = (size_t)info.st_size;
  unsigned char *bytes = malloc(*size + 1);
  FILE *file = fopen(name, "rb");
  cr_assert(file != NULL && fread(bytes, 1, *size, file) == *size, "cannot read %zu bytes of %s",
            *size, name);
  fclose(file);
  return bytes;
}

static void run_sql(const char *name, const char *sql) {
  sqlite3 *db;
  int opened = sqlite3_open(name, &db);
  cr_assert(opened == SQLITE_OK, "SQLite error %d for %s", opened, name);
  int done = sqlite3_exec(db, sql, NULL, NULL, NULL);
  cr_assert(done == SQLITE_OK, "SQLite error %d (%s) for %s", done, sqlite3_errmsg(db), sql);
  sqlite3_close(db);
}

/* ---- not a run store ---- */

Test(store_damage, absent) {
  Error err;
  Store *store;
  REFUSED(store_open(&store, folder, &err), STATUS_NOINPUT, path);
  cr_assert(store == NULL, "a store at %s", path);
  file_write(path_in(path, folder, "plain"), "x", 1);
  REFUSED(store_open(&store, path, &err), STATUS_NOINPUT, "plain/run.db");
  REFUSED(store_open(&store, "no such folder", &err), STATUS_NOINPUT, "no such folder/run.db");
}

Test(store_damage, not_sqlite) {
  Error err;
  Store *store;
  char text[5000];
  memset(text, 'x', sizeof text);
  file_write(path, text, sizeof text);
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, path);
  file_write(path, text, 10);
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, path);
  file_write(path, text, 0);
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, "not a run store");
  unlink(path);
  cr_assert(mkdir(path, 0777) == 0, "cannot make %s", path);
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, "not a file");
  rmdir(path);
}

Test(store_damage, another_programs_database) {
  Error err;
  Store *store;
  run_sql(path, "CREATE TABLE run (id INTEGER PRIMARY KEY, engine TEXT)");
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, "not a run store");
  run_sql(path, "PRAGMA application_id = 1412584274; PRAGMA user_version = 5");
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, "not those of schema 5");
}

Test(store_damage, another_schema) {
  Error err;
  Store *store;
  fixture_store(folder, 1);
  run_sql(path, "PRAGMA user_version = 7");
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, "schema 7; this program reads schema 5");
}

Test(store_damage, tables_added_missing_or_changed) {
  static const char *const edits[] = {
      "DROP TABLE digits",
      "DROP VIEW trajectory",
      "DROP VIEW agreement",
      "CREATE TABLE more (x)",
      "CREATE TRIGGER t BEFORE INSERT ON fact BEGIN DELETE FROM record; END",
      "ALTER TABLE record ADD COLUMN note TEXT",
      "DROP VIEW verdicts; CREATE VIEW verdicts AS SELECT 1",
  };
  Error err;
  Store *store;
  for (size_t k = 0; k < sizeof edits / sizeof edits[0]; k++) {
    fixture_store(folder, 1);
    run_sql(path, edits[k]);
    REFUSED(store_open(&store, folder, &err), STATUS_DATA, "not those of schema 5");
  }
}

Test(store_damage, edited_by_hand) {
  static const char *const edits[] = {
      "UPDATE record SET ball = '3 0 0 0' WHERE run = 1 AND step = 5 AND observable = 3",
      "UPDATE record SET value = 0.25 WHERE run = 2 AND step = 5 AND observable = 3",
      "DELETE FROM verdict WHERE id = 2",
      "UPDATE run SET precision = 54 WHERE id = 1",
      "UPDATE fact SET value = value || ' '",
      "UPDATE input SET text = text || ' '",
      "DELETE FROM seal",
      "DELETE FROM spectrum",
      "DELETE FROM truncation",
      "UPDATE cloud SET label = -label WHERE k = 0",
      "UPDATE moment SET value = value + 1 WHERE name = 'top_W'",
      "UPDATE run SET plan = 'planned 1 bit' WHERE id = 1",
      "UPDATE cell SET value = value + 1 WHERE key = 'lambda'",
      "UPDATE rate SET verdict = 'HOLDS'",
      "UPDATE rate SET slope = 0",
      "UPDATE rate_point SET seed = 0",
      "UPDATE stage SET t_Q = 5",
      "UPDATE band SET seeds = 6",
      /* two numbers change places */
      "UPDATE digits SET digits = iif(digits > 1, 3e-5, 15.5) WHERE digits IS NOT NULL",
  };
  Error err;
  Store *store;
  for (size_t k = 0; k < sizeof edits / sizeof edits[0]; k++) {
    fixture_store(folder, 1);
    run_sql(path, edits[k]);
    REFUSED(store_open(&store, folder, &err), STATUS_DATA, "changed since it was stored");
  }
}

/* Damage between the rows: the second page says that it lacks one byte more than it does. */
Test(store_damage, broken_structure) {
  Error err;
  Store *store;
  size_t size;
  fixture_store(folder, 1);
  unsigned char *bytes = file_read(&size, path);
  bytes[4096 + 7]++;
  file_write(path, bytes, size);
  free(bytes);
  REFUSED(store_open(&store, folder, &err), STATUS_DATA, "Fragmentation");
}

/* Files that SQLite would take for the rest of an interrupted change are left alone, and none is
 * made. */
Test(store_damage, strange_journals) {
  static const char *const names[] = {"run.db-journal", "run.db-wal", "run.db-shm"};
  Error err;
  char *before, *after, text[2048], name[512];
  fixture_store(folder, 1);
  OK(content_of_folder(&before, folder, &err));
  cr_assert(folder_count(folder) == 1, "%d files after reading, expected 1", folder_count(folder));
  memset(text, 'x', sizeof text);
  for (int k = 0; k < 3; k++)
    file_write(path_in(name, folder, names[k]), text, sizeof text);
  OK(content_of_folder(&after, folder, &err));
  cr_assert(strcmp(before, after) == 0, "content of %zu bytes changed", strlen(before));
  cr_assert(folder_count(folder) == 4, "%d files after reading, expected 4", folder_count(folder));
  free(before);
  free(after);
}

/* A file that was only tidied up holds what it held, but nobody can tell that from its digest. */
Test(store_damage, tidied_up) {
  static const char *const edits[] = {"VACUUM", "PRAGMA page_size = 8192; VACUUM",
                                      "PRAGMA user_version = 5", "ANALYZE"};
  Error err;
  Store *store;
  for (size_t k = 0; k < sizeof edits / sizeof edits[0]; k++) {
    fixture_store(folder, 1);
    run_sql(path, edits[k]);
    const char *expected = k < 3 ? "changed since it was stored" : "not those of schema 5";
    REFUSED(store_open(&store, folder, &err), STATUS_DATA, expected);
  }
}

/* ---- hostile content under a valid seal ---- */

/* A store whose content was edited before it was sealed, checks of the tables set aside, is refused
 * with a line. */
static void assert_hostile(const char *edit, const char *text) {
  Error err = {0};
  Store *store;
  char *content, sql[512];
  snprintf(sql, sizeof sql, "PRAGMA ignore_check_constraints = on; PRAGMA foreign_keys = off; %s",
           edit);
  OK(store_create(&store, folder, &err));
  fixture_fill(store, 1);
  OK(store_execute(store, "COMMIT", &err));
  OK(store_execute(store, sql, &err));
  OK(store_execute(store, "BEGIN", &err));
  OK(store_finish(store, &err));
  StatusCode code = content_of_folder(&content, folder, &err);
  free(content);
  cr_assert(code == STATUS_DATA, "after %s: status %d, expected %d", edit, code, STATUS_DATA);
  cr_assert(strstr(err.message, text) != NULL && strpbrk(err.message, "\n\r\t") == NULL,
            "after %s: status %d, message '%s', expected '%s'", edit, code, err.message, text);
}

Test(store_damage, hostile_values) {
  static const char *const edits[][2] = {
      {"UPDATE record SET ball = '0 7 0 0' WHERE run = 1 AND step = 5", "'0 7 0 0'"},
      {"UPDATE record SET ball = '' WHERE run = 2 AND observable = 30", "ball"},
      {"UPDATE record SET ball = '1 0 0 0' || char(0) WHERE run = 2 AND step = 7", "zero byte"},
      {"UPDATE record SET ball = char(10) || char(27) WHERE run = 2", "not the text of a ball"},
      {"UPDATE record SET ball = hex(zeroblob(500000)) WHERE run = 2 AND step = 0", "ball"},
      {"UPDATE record SET ball = CAST(x'fffe' AS TEXT) WHERE run = 2", "ball"},
      {"UPDATE record SET ball = '0 -3 0 -1' WHERE run = 2 AND step = 7 AND observable = 0",
       "run 2, step 7: K1 is not finite"},
      {"UPDATE record SET ball = '0 -1 0 0' WHERE run = 1 AND step = 5 AND observable = 1",
       "run 1, step 5: K2 is not finite"},
      {"UPDATE record SET ball = '0 -2 0 0' WHERE run = 1 AND step = 5", "K1 is not finite"},
      {"UPDATE record SET ball = '1 0 0 -1' WHERE run = 1 AND observable = 0",
       "run 1, step 0: K1 is not finite"},
      {"UPDATE moment SET ball = '0 -1 0 0' WHERE name = 'K1_top' AND step = 5",
       "step 5: K1_top is not finite"},
      {"UPDATE moment SET ball = '0 -3 0 0' WHERE name = 'K2_top' AND step = 0",
       "step 0: K2_top is not finite"},
      {"UPDATE spectrum SET re = 9e999 WHERE kind = 'singular' AND k = 1",
       "step 5: singular is not finite"},
      {"UPDATE spectrum SET im = -9e999 WHERE kind = 'eigenvalue' AND k = 1",
       "step 5: eigenvalue is not finite"},
      {"UPDATE truncation SET K2 = 9e999 WHERE rank = 1", "step 5: K2 is not finite"},
      {"UPDATE verdict SET value = '0 -3 0 -1'", "value or bound is not a number"},
      {"UPDATE verdict SET bound = '1 0 0 -1'", "value or bound is not a number"},
      {"DELETE FROM record WHERE run = 1 AND step = 5 AND observable = 3", "recorded values"},
      {"DELETE FROM record WHERE run = 1 AND observable = 3", "recorded values"},
      {"UPDATE record SET observable = 99 WHERE run = 1 AND step = 5 AND observable = 3", "step 5"},
      {"UPDATE record SET observable = -1 WHERE run = 1 AND step = 5 AND observable = 3", "step 5"},
      {"UPDATE record SET step = 6 WHERE run = 1 AND step = 5 AND observable = 3", "step 5"},
      {"UPDATE record SET step = 6 WHERE run = 1 AND step = 5 AND observable > 3", "step 5"},
      {"UPDATE record SET step = -1 WHERE run = 1 AND step = 0", "step -1"},
      {"UPDATE weight SET ball = 'W' WHERE name = 'Vbar'", "'W'"},
      {"DELETE FROM weight WHERE name = 'Vbar'", "no Vbar at step 5"},
      {"DELETE FROM weight WHERE name = 'Vbar' AND i = 1", "only 3 values"},
      {"UPDATE weight SET i = i + 1 WHERE name = 'Vbar' AND i = 2", "only 6 values"},
      {"INSERT INTO weight VALUES (1, 5, 'Vbar', 2, 3, '0 0 0 0', 0)", "more than 9 values"},
      {"INSERT INTO spectrum VALUES (1, 5, 'W', 'singular', 3, 1, NULL, NULL, NULL)",
       "more than 3 values"},
      {"DELETE FROM spectrum WHERE k = 0", "no eigenvalue at step 5"},
      {"UPDATE spectrum SET re_ball = '7' WHERE re_ball IS NOT NULL", "'7'"},
      {"UPDATE spectrum SET im_ball = NULL WHERE im_ball IS NOT NULL", "no im_ball"},
      {"UPDATE truncation SET part = 'middle' WHERE part = 'top'", "'middle'"},
      {"UPDATE moment SET name = 'K3_top' WHERE name = 'K1_top'", "'K3_top'"},
      {"UPDATE moment SET ball = '1 1' WHERE name = 'K1_top'", "'1 1'"},
      {"DELETE FROM moment WHERE name = 'K1_top' AND step = 5", "23 moments at 2 steps"},
      {"UPDATE moment SET step = 6 WHERE name = 'K1_top' AND step = 5", "moments"},
      {"UPDATE run SET ended = printf('%.*c', 256, 'e')", "too long"},
      {"UPDATE digits SET observable = 1000 WHERE step = 0", "1000"},
      {"UPDATE digits SET step = -7 WHERE step = 7", "-7"},
      {"UPDATE verdict SET value = '1 2 3'", "T2.b2"},
      {"UPDATE verdict SET bound = '0.5'", "T2.b2"},
      {"UPDATE verdict SET certified = 2", "certified"},
      {"UPDATE rate SET kind = 'speed'", "rate T2.b1 is of kind 'speed'"},
      {"UPDATE rate SET seeds = -1", "rate T2.b1: a count is negative"},
      {"UPDATE rate_point SET kind = 'dot'", "a point of rate 1 is of kind 'dot'"},
      {"UPDATE cell SET key = 'colour' WHERE run = 2", "'colour', which is no parameter"},
      {"UPDATE cell SET axis = 2 WHERE key = 'gate'", "axis 2, expected 1"},
      {"DELETE FROM cell WHERE key = 'lambda'", "axis 1, expected 0"},
      {"UPDATE run SET reading = 'both/neither'", "both/neither"},
      {"UPDATE run SET engine = 'a name longer than fifteen'", "too long a name"},
      {"UPDATE run SET family = printf('%.*c', 64, 'f')", "too long a name"},
      {"UPDATE run SET precision = -53", "-53 bits"},
      {"DELETE FROM parameter WHERE key = 'eps_V'", "no parameter eps_V"},
      {"UPDATE parameter SET ball = NULL WHERE key = 'lambda'", "no ball"},
      {"UPDATE parameter SET ball = '401 0 0 0' WHERE key = 'd'", "parameter d"},
      {"UPDATE parameter SET ball = '0 0 0 0' WHERE key = 'N'", "parameter N"},
      {"UPDATE parameter SET ball = '-1 0 0 0' WHERE key = 't1'", "parameter t1"},
      {"UPDATE parameter SET ball = '3 -1 0 0' WHERE key = 'L'", "parameter L"},
      {"UPDATE parameter SET ball = '1 3f 0 0' WHERE key = 'seed'", "parameter seed"},
      {"UPDATE parameter SET ball = '1 ffffffffffffffffffff 0 0' WHERE key = 'seed'", "seed"},
      {"UPDATE parameter SET ball = '1 400 0 0' WHERE key = 'eta1'", "parameter eta1"},
      {"UPDATE parameter SET ball = '1 0 1 0' WHERE key = 'eta1'", "parameter eta1"},
      {"UPDATE parameter SET ball = '0 -3 0 -1' WHERE key = 'eta1'", "parameter eta1"},
      {"UPDATE parameter SET ball = '40000000000001 0 0 0' WHERE key = 'eta1'", "parameter eta1"},
      {"UPDATE observable SET name = 'K3' WHERE name = 'K2'", "'K3', expected 'K2'"},
      {"DELETE FROM observable WHERE id = 30", "another version"},
      {"DELETE FROM observable WHERE id = (SELECT max(id) FROM observable)", "another version"},
      {"INSERT INTO observable VALUES (1000, 'more', '')", "another version"},
  };
  for (size_t k = 0; k < sizeof edits / sizeof edits[0]; k++)
    assert_hostile(edits[k][0], edits[k][1]);
}

Test(store_damage, what_is_not_there) {
  Error err;
  Store *store;
  Trace trace;
  arb_mat_t weights;
  double re[4];
  fixture_store(folder, 1);
  OK(store_open(&store, folder, &err));
  REFUSED(trace_load(&trace, store, 3, &err), STATUS_DATA, "no run 3");
  cr_assert(trace.count == 0, "%zu records of no run", trace.count);
  arb_mat_init(weights, FIXTURE_D + 1, FIXTURE_D + 1);
  REFUSED(store_get_weights(weights, store, 1, 5, "W", &err), STATUS_DATA, "expected 16");
  REFUSED(store_get_weights(weights, store, 1, 6, "W", &err), STATUS_DATA, "no W at step 6");
  REFUSED(store_get_spectrum(re, NULL, 4, store, 1, 5, "W", "singular", &err), STATUS_DATA,
          "only 3 values");
  arb_mat_clear(weights);
  store_close(store);
}

/* ---- ball texts ---- */

/* What is no text of a ball is refused and leaves the ball alone. */
Test(store_damage, texts_that_are_no_balls) {
  static const char *const texts[] = {"",
                                      " ",
                                      "1",
                                      "1 0",
                                      "1 0 0",
                                      "1 0 0 0 ",
                                      " 1 0 0 0",
                                      "1  0 0 0",
                                      "1 0 0 0 0",
                                      "-0 0 0 0",
                                      "01 0 0 0",
                                      "1 00 0 0",
                                      "1 -0 0 0",
                                      "+1 0 0 0",
                                      "1 0 -1 0",
                                      "1 0 40000000 0",
                                      "1 0 100000000 0",
                                      "A 0 0 0",
                                      "0x1 0 0 0",
                                      "0 1 0 0",
                                      "0 -4 0 0",
                                      "0 -10 0 0",
                                      "0 0 0 -2",
                                      "0 0 0 1",
                                      "0 0 0 7",
                                      "1 0 0 -3",
                                      "nan 0 0 0",
                                      "--1 0 0 0",
                                      "1\t0 0 0",
                                      "1 0 0 0\n",
                                      "1 100000000000000000000000000000000 0 0",
                                      "1 0 1 100000000000000000000000000000000"};
  arb_t x;
  arb_init(x);
  arb_set_si(x, 17);
  for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
    cr_assert(!ball_load(x, texts[k]) && arb_equal_si(x, 17), "text %zu, '%s', was read", k,
              texts[k]);
  arb_clear(x);
}

/* Random edits of texts never crash, and what is read says what it was read from. */
Test(store_damage, mangled_ball_texts) {
  flint_rand_t random;
  flint_randinit(random);
  arb_t x, y;
  arb_init(x);
  arb_init(y);
  int read = 0;
  for (int k = 0; k < 20000; k++) {
    fixture_ball(x, random);
    char *text = arb_dump_str(x);
    size_t length = strlen(text);
    for (ulong edits = 1 + n_randint(random, 2); edits > 0; edits--)
      text[n_randint(random, length)] = "0123456789abcdef -+xg\n"[n_randint(random, 22)];
    if (ball_load(y, text)) {
      read++;
      char *again = arb_dump_str(y);
      cr_assert(ball_load(x, again) && arb_equal(x, y), "text %d, '%s', reads as '%s'", k, text,
                again);
      flint_free(again);
    }
    flint_free(text);
  }
  cr_assert(read > 100, "only %d edits gave a ball: the test tests nothing", read);
  arb_clear(x);
  arb_clear(y);
  flint_randclear(random);
}

/* ---- damage to the file ---- */

/* Puts bytes in the place of run.db: true when it is refused with one line, false when it reads as
 * before. */
static bool refused(const unsigned char *bytes, size_t size, const char *expected, const char *what,
                    size_t where) {
  Error err = {0};
  char *content;
  file_write(path, bytes, size);
  StatusCode code = content_of_folder(&content, folder, &err);
  cr_assert(code == STATUS_DATA || code == STATUS_OK, "%s %zu: status %d: %s", what, where, code,
            err.message);
  if (code == STATUS_OK)
    cr_assert(strcmp(content, expected) == 0, "%s %zu: other values, unnoticed", what, where);
  else
    cr_assert(strpbrk(err.message, "\n\r\t") == NULL && err.message[0] != '\0',
              "%s %zu: not one line: '%s'", what, where, err.message);
  free(content);
  return code == STATUS_DATA;
}

Test(store_damage, truncated_anywhere) {
  Error err;
  char *expected;
  size_t size;
  fixture_store(folder, 1);
  OK(content_of_folder(&expected, folder, &err));
  unsigned char *bytes = file_read(&size, path);
  for (size_t length = 0; length < size; length += 1024)
    cr_assert(refused(bytes, length, expected, "length", length),
              "truncated to %zu of %zu bytes: read all the same", length, size);
  cr_assert(!refused(bytes, size, expected, "length", size), "the whole of %zu bytes is refused",
            size);
  free(bytes);
  free(expected);
}

static StatusCode open_and_close(void *context, Error *err) {
  Store *store;
  TRY(store_open(&store, context, err));
  store_close(store);
  return STATUS_OK;
}

/* Every byte counts: those too that SQLite has no use for. */
Test(store_damage, spoiled) {
  char other[128], other_path[512];
  folder_open(other);
  fixture_store(other, 2);
  fixture_store(folder, 1);
  corruption_assert(path, path_in(other_path, other, "run.db"), path, open_and_close, folder,
                    "run.db");
  folder_close(other);
}
