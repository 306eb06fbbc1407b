/* stores.c -- run stores as targets: any bytes as the file, and good stores whose content was
 * edited and sealed again: read, reported in every form and compared with the good ones;
 * checkpoints are gone on from. The variable FUZZ_STORE names the folder of the good ones
 * (bases.sh). */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/report.h"
#include "src/digest.h"
#include "src/run.h"
#include "src/store_internal.h"
#include "tests/fuzz/fuzz.h"
#include "verify/grid.h"

/* ---- reading ---- */

/* Texts that are put into the store; what a form would have to write for the left one stands on the
 * right. */
#define MARK "<q9>'\"`\\q9{&"

typedef StatusCode (*Writer)(FILE *out, Store *store, Error *err);

static StatusCode write_table(FILE *out, Store *store, Error *err) {
  return report_table(out, store, NULL, err);
}
static StatusCode write_html(FILE *out, Store *store, Error *err) {
  const ReportFigures none = {.count = 0};
  const ReportFolder nowhere = {.path = "/nowhere", .figures = &none};
  return report_html(out, &nowhere, store, err);
}

/* write NULL: of no form. */
static void check_text(Writer write, const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    fuzz_promise((unsigned char)text[i] >= ' ' || text[i] == '\n' || text[i] == '\t',
                 "no control character is written");
  if (write == report_json) {
    json_error_t where;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    fuzz_promise(root != NULL, "what is written is JSON");
    json_decref(root);
  }
  if (write == report_junit || write == write_html)
    fuzz_promise(strstr(text, "<q9>") == NULL, "texts become no markup");
  if (write == report_latex_table || write == report_latex_numbers)
    fuzz_promise(strstr(text, "\\q9") == NULL, "texts become no LaTeX command");
}

static void report(Store *store) {
  static const Writer writers[] = {write_table,         report_tap, report_json,
                                   report_junit,        write_html, report_latex_table,
                                   report_latex_numbers};
  for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
    char *text = NULL;
    size_t size = 0;
    Error err = {0};
    FILE *out = open_memstream(&text, &size);
    fuzz_promise(out != NULL, "there is memory");
    const StatusCode code = writers[i](out, store, &err);
    fclose(out);
    fuzz_check(code, &err);
    if (code == STATUS_OK) check_text(writers[i], text, size);
    free(text);
  }
}

static void check_script(const char *folder, const char *name) {
  char path[512], text[1 << 16];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *in = fopen(path, "rb");
  fuzz_promise(in != NULL, "a figure can be read");
  const size_t size = fread(text, 1, sizeof text - 1, in);
  fclose(in);
  text[size] = '\0';
  fuzz_promise(strstr(text, "q9") == NULL, "texts become no part of a script");
}

/* Scripts and data; nothing is drawn. */
static void write_figures(Store *store) {
  char folder[256];
  ReportFigures figures;
  Error err = {0};
  const StatusCode code =
      report_figures(&figures, fuzz_folder(), store, "/nonexistent/gnuplot", &err);
  fuzz_check(code, &err);
  snprintf(folder, sizeof folder, "%s/figures", fuzz_folder());
  DIR *names = opendir(folder);
  if (names == NULL) return;
  for (const struct dirent *entry; (entry = readdir(names)) != NULL;) {
    const char *dot = strrchr(entry->d_name, '.');
    if (dot != NULL && strcmp(dot, ".gp") == 0) check_script(folder, entry->d_name);
  }
  closedir(names);
}

static void compare(Store *store, Store *good) {
  char *text = NULL;
  size_t size = 0;
  bool same;
  Error err = {0};
  FILE *out = open_memstream(&text, &size);
  fuzz_promise(out != NULL, "there is memory");
  const StatusCode code = report_compare(&same, out, good, store, &err);
  fclose(out);
  fuzz_check(code, &err);
  check_text(NULL, text, size);
  free(text);
}

static void read_runs(Store *store) {
  RunInfo *runs;
  size_t count;
  Grid grid = {0};
  Error err = {0};
  const StatusCode code = store_list_runs(&runs, &count, store, &err);
  fuzz_check(code, &err);
  if (code != STATUS_OK) return;
  for (size_t i = 0; i < count; i++) {
    Trace trace;
    const StatusCode loaded = trace_load(&trace, store, runs[i].id, &err);
    fuzz_check(loaded, &err);
    if (loaded == STATUS_OK) trace_clear(&trace);
  }
  free(runs);
  fuzz_check(grid_load(&grid, store, &err), &err);
  grid_clear(&grid);
}

/* good: what it is compared with, or NULL. */
static StatusCode open_store(Store *good) {
  Store *store;
  Error err = {0};
  const StatusCode code = store_open(&store, fuzz_folder(), &err);
  fuzz_check(code, &err);
  if (code != STATUS_OK) return code;
  read_runs(store);
  report(store);
  write_figures(store);
  if (good != NULL) compare(store, good);
  store_close(store);
  return code;
}

/* Any bytes, with the digest that a store of them would have: or nothing behind that check would be
   reached. */
void fuzz_store_file(const uint8_t *bytes, size_t size) {
  enum { PAGE = 4096, AT = PAGE - DIGEST_BYTES };
  Digest digest;
  Error err = {0};
  uint8_t *file = malloc(size + 1);
  fuzz_promise(file != NULL, "there is memory");
  memcpy(file, bytes, size);
  if (size >= PAGE) {
    fuzz_promise(digest_open(&digest, &err) == STATUS_OK, "there is a digest");
    digest_bytes(&digest, file, AT);
    digest_bytes(&digest, file + PAGE, size - PAGE);
    digest_close(file + AT, &digest);
  }
  fuzz_file("run.db", file, size);
  free(file);
  open_store(NULL);
}

/* ---- edits ---- */

typedef struct {
  const uint8_t *at;
  size_t left;
} Bytes;

static uint8_t next(Bytes *bytes) {
  if (bytes->left == 0) return 0;
  bytes->left--;
  return *bytes->at++;
}

static uint64_t next_word(Bytes *bytes) {
  uint64_t word = 0;
  for (int i = 0; i < 8; i++)
    word = word << 8 | next(bytes);
  return word;
}

/* The value of the first row of a question, as text: "" when there is none. */
static void ask(char out[128], sqlite3 *db, const char *format, const char *table, int number) {
  sqlite3_stmt *statement;
  char *sql = sqlite3_mprintf(format, table, number);
  out[0] = '\0';
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    snprintf(out, 128, "%s", (const char *)sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  sqlite3_free(sql);
}

static void bind(sqlite3_stmt *statement, Bytes *bytes) {
  double real;
  uint64_t word;
  const uint8_t kind = next(bytes) % 6;
  const size_t length = kind >= 4 ? next(bytes) : 0,
               taken = length < bytes->left ? length : bytes->left;
  switch (kind) {
  case 0:
    sqlite3_bind_null(statement, 1);
    break;
  case 1:
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)next_word(bytes));
    break;
  case 2:
    word = next_word(bytes);
    memcpy(&real, &word, sizeof real);
    sqlite3_bind_double(statement, 1, real);
    break;
  case 3:
    sqlite3_bind_text(statement, 1, MARK, -1, SQLITE_STATIC);
    break;
  default:
    if (kind == 4)
      sqlite3_bind_text(statement, 1, (const char *)bytes->at, (int)taken, SQLITE_TRANSIENT);
    else
      sqlite3_bind_blob(statement, 1, bytes->at, (int)taken, SQLITE_TRANSIENT);
    bytes->at += taken;
    bytes->left -= taken;
  }
}

/* Table, column and row by their number, then the value; the row 255 means all. False when the
 * bytes are used up. */
static int edit(sqlite3 *db, Bytes *bytes) {
  char table[128], column[128];
  sqlite3_stmt *statement;
  if (bytes->left == 0) return 0;
  ask(table, db,
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> %Q ORDER BY name LIMIT 1 "
      "OFFSET %d",
      "seal", next(bytes) % 32);
  ask(column, db, "SELECT name FROM pragma_table_info(%Q) LIMIT 1 OFFSET %d", table,
      next(bytes) % 32);
  const int row = next(bytes);
  char *sql = sqlite3_mprintf(
      row == 255 ? "UPDATE \"%w\" SET \"%w\" = ?1"
                 : "UPDATE \"%w\" SET \"%w\" = ?1 WHERE rowid = (SELECT rowid FROM \"%w\" "
                   "LIMIT 1 OFFSET %d)",
      table, column, table, row);
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK) {
    bind(statement, bytes);
    sqlite3_step(statement); /* may fail: two rows of one key are no store either */
  }
  sqlite3_finalize(statement);
  sqlite3_free(sql);
  return 1;
}

#define EDITS_MAX 8

/* Writes the scratch file NAME: a good store, edited and sealed again. */
static void write_edited(const char *name, const uint8_t *good, size_t length, Bytes *rest) {
  char path[512];
  Error err = {0};
  snprintf(path, sizeof path, "%s", fuzz_file(name, good, length));
  Store store = {.path = path, .part = path, .lock = -1};
  fuzz_promise(sqlite3_open(path, &store.db) == SQLITE_OK, "the good store is one");
  sqlite3_exec(
      store.db,
      "PRAGMA ignore_check_constraints = on; PRAGMA foreign_keys = off; PRAGMA journal_mode = off;"
      "PRAGMA synchronous = off; BEGIN",
      NULL, NULL, NULL);
  for (int i = 0; i < EDITS_MAX && edit(store.db, rest); i++)
    continue;
  const StatusCode sealed =
      schema_seal(&store, &err); /* what it cannot read is refused when it is opened, too */
  fuzz_promise(sealed == STATUS_OK || sealed == STATUS_DATA || sealed == STATUS_INTERNAL,
               "sealing ends");
  sqlite3_exec(store.db, "COMMIT", NULL, NULL, NULL);
  fuzz_promise(file_seal(&store, &err) == STATUS_OK, "the file is sealed");
  for (int i = 0; i < INSERT_COUNT; i++)
    sqlite3_finalize(store.insert[i]);
  sqlite3_close(store.db);
}

/* ---- good stores ---- */

typedef struct {
  uint8_t *bytes;
  size_t length;
  Store *store; /* open */
} Base;

static void base_read(Base *base, const char *folder) {
  enum { ROOM = 1 << 23 };
  char path[512];
  snprintf(path, sizeof path, "%s/run.db", folder);
  FILE *in = fopen(path, "rb");
  fuzz_promise(in != NULL, "a good store can be read: FUZZ_STORE names the folder of them");
  base->bytes = malloc(ROOM);
  fuzz_promise(base->bytes != NULL, "there is memory");
  base->length = fread(base->bytes, 1, ROOM, in);
  fuzz_promise(base->length < ROOM, "a good store is small");
  fclose(in);
}

#define BASES 3
static const char *const base_name[BASES] = {"verify", "sweep", "certified"};

/* Edits reach every table but that of unfinished runs (below): some base has rows of it. */
static void check_bases(const Base base[BASES]) {
  char table[128], row[128];
  for (int k = 0;; k++) {
    bool found = false;
    ask(table, base[0].store->db,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> %Q LIMIT 1 OFFSET %d",
        "state", k);
    if (table[0] == '\0') break;
    for (int i = 0; i < BASES; i++) {
      ask(row, base[i].store->db, "SELECT 'is' FROM \"%w\" LIMIT 1 OFFSET %d", table, 0);
      found |= row[0] != '\0';
    }
    if (!found) fprintf(stderr, "no rows: %s\n", table);
    fuzz_promise(found, "every table has rows in one of the good stores");
  }
}

static const Base *good_stores(void) {
  static Base base[BASES];
  const char *folder = getenv("FUZZ_STORE");
  Error err = {0};
  if (base[0].bytes != NULL) return base;
  for (int i = 0; i < BASES; i++) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : ".", base_name[i]);
    base_read(&base[i], path);
    fuzz_promise(store_open(&base[i].store, path, &err) == STATUS_OK, "the good stores open");
  }
  check_bases(base);
  return base;
}

/* Which store, then the edits. */
void fuzz_store(const uint8_t *bytes, size_t size) {
  Bytes rest = {bytes, size};
  const Base *good = &good_stores()[next(&rest) % BASES];
  write_edited("run.db", good->bytes, good->length, &rest);
  const StatusCode code = open_store(good->store);
  fuzz_promise(size > 1 || code == STATUS_OK, "a good store, sealed again, is a good store");
}

/* ---- checkpoints ---- */

/* Runs of a few steps, one for each kind of state, that are stopped after some of them. */
typedef struct {
  RunRequest request;
  const char *setting[3];
  Instance instance;
  Params params;
  Dataset data;
  Base base; /* the checkpoint */
} Stopped;

static bool stop_early(int64_t done, int64_t total, void *context) {
  (void)context;
  return done != total - 2;
}

static StatusCode train(Stopped *s, Error *err) {
  Store *store;
  int64_t run;
  fuzz_promise(store_create(&store, fuzz_folder(), err) == STATUS_OK, "a store is created");
  const StatusCode code = run_train(&run, store, &s->data, &s->request, err);
  store_close(store); /* not kept */
  return code;
}

static void stopped_open(Stopped *s, const char *folder) {
  static const char *const small[] = {"d=3", "N=4", "L=4", "t1=3", "t2=3", "tau0=0.05"};
  Error err = {0};
  fuzz_promise(instance_load(&s->instance, "quick", &err) == STATUS_OK, "an instance is read");
  for (size_t i = 0; i < sizeof small / sizeof *small; i++)
    fuzz_promise(instance_set(&s->instance, small[i], &err) == STATUS_OK, "and made small");
  for (size_t i = 0; s->setting[i] != NULL; i++)
    fuzz_promise(instance_set(&s->instance, s->setting[i], &err) == STATUS_OK, "and changed");
  fuzz_promise(params_resolve(&s->params, &s->instance, &err) == STATUS_OK, "it means something");
  fuzz_promise(dataset_generate(&s->data, &s->params, &err) == STATUS_OK, "it has data");
  s->request.params = &s->params;
  s->request.instance = &s->instance;
  s->request.checkpoint = (Checkpoints){folder, "fuzz", 1e9};
  s->request.progress = (Progress){stop_early, NULL};
  fuzz_promise(train(s, &err) == STATUS_INTERNAL, "a run is stopped");
  base_read(&s->base, folder);
  s->request.progress = (Progress){NULL, NULL};
}

/* Which run, then the edits of its checkpoint. */
void fuzz_checkpoint(const uint8_t *bytes, size_t size) {
  static Stopped stopped[] = {
      {.request = {.engine = ENGINE_DOUBLE, .precision = 53, .certify = true}},
      {.request = {.engine = ENGINE_MPFR, .precision = 64}, .setting = {"optimizer=adam"}},
      {.request = {.engine = ENGINE_BALL, .precision = 256}},
      {.request = {.engine = ENGINE_DOUBLE, .precision = 53, .sparse = true},
       .setting = {"gate=split", "attention=softmax"}},
  };
  static char folder[256];
  Bytes rest = {bytes, size};
  Error err = {0};
  Stopped *s = &stopped[next(&rest) % (sizeof stopped / sizeof *stopped)];
  snprintf(folder, sizeof folder, "%s/" FUZZ_CHECKPOINT, fuzz_folder());
  if (s->base.bytes == NULL) stopped_open(s, folder);
  mkdir(folder, 0700);
  write_edited(FUZZ_CHECKPOINT "/run.db", s->base.bytes, s->base.length, &rest);
  const StatusCode code = train(s, &err);
  fuzz_check(code, &err);
  fuzz_promise(size > 1 || code == STATUS_OK, "a run goes on from its checkpoint");
}
