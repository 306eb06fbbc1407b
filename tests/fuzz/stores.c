/* stores.c -- run stores as targets: any bytes as the file, and a good store whose content was
 * edited and sealed again, read and reported in every form. The variable FUZZ_STORE names the
 * folder of the good one. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "src/store_internal.h"
#include "tests/fuzz/fuzz.h"

/* ---- reading ---- */

/* Texts that are put into the store; what a form would have to write for the left one stands on the
 * right. */
#define MARK "<q9>'\"`\\q9{&"

typedef StatusCode (*Writer)(FILE *out, Store *store, Error *err);

static StatusCode write_table(FILE *out, Store *store, Error *err) {
  return report_table(out, store, NULL, err);
}
static StatusCode write_html(FILE *out, Store *store, Error *err) {
  return report_html(out, "/nowhere", store, err);
}

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

static void read_store(Store *store) {
  RunInfo *runs;
  size_t count;
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
  report(store);
}

static void open_store(void) {
  Store *store;
  Error err = {0};
  const StatusCode code = store_open(&store, fuzz_folder(), &err);
  fuzz_check(code, &err);
  if (code == STATUS_OK) read_store(store);
  store_close(store);
}

void fuzz_store_file(const uint8_t *bytes, size_t size) {
  fuzz_file("run.db", bytes, size);
  open_store();
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

/* The good store's bytes, read once. */
static const uint8_t *good_store(size_t *size) {
  static uint8_t *bytes;
  static size_t length;
  if (bytes == NULL) {
    const char *folder = getenv("FUZZ_STORE");
    char path[512];
    snprintf(path, sizeof path, "%s/run.db", folder != NULL ? folder : ".");
    FILE *in = fopen(path, "rb");
    fuzz_promise(in != NULL, "FUZZ_STORE names the folder of a run store");
    bytes = malloc(1 << 24);
    fuzz_promise(bytes != NULL, "there is memory");
    length = fread(bytes, 1, 1 << 24, in);
    fclose(in);
  }
  *size = length;
  return bytes;
}

#define EDITS_MAX 8

void fuzz_store(const uint8_t *bytes, size_t size) {
  size_t length;
  const uint8_t *good = good_store(&length);
  char path[512];
  Bytes rest = {bytes, size};
  Error err = {0};
  snprintf(path, sizeof path, "%s", fuzz_file("run.db", good, length));
  Store store = {.path = path, .part = path, .lock = -1};
  fuzz_promise(sqlite3_open(path, &store.db) == SQLITE_OK, "the good store is one");
  sqlite3_exec(
      store.db,
      "PRAGMA ignore_check_constraints = on; PRAGMA foreign_keys = off; PRAGMA journal_mode = off;"
      "PRAGMA synchronous = off; BEGIN",
      NULL, NULL, NULL);
  for (int i = 0; i < EDITS_MAX && edit(store.db, &rest); i++)
    continue;
  const StatusCode sealed =
      schema_seal(&store, &err); /* what it cannot read is refused when it is opened, too */
  fuzz_promise(sealed == STATUS_OK || sealed == STATUS_DATA || sealed == STATUS_INTERNAL,
               "sealing ends");
  sqlite3_exec(store.db, "COMMIT", NULL, NULL, NULL);
  for (int i = 0; i < INSERT_COUNT; i++)
    sqlite3_finalize(store.insert[i]);
  sqlite3_close(store.db);
  open_store();
}
