/* store_copy.c -- a run taken over from another store, row by row: how the work of several
 * processes comes together. */
#include "src/store_internal.h"

/* The tables that belong to a run, with `run` as their first column. digits and verdicts speak of
 * pairs of runs and are made anew; what was varied is a matter of the store as a whole. */
static const struct {
  const char *select;
  StoreInsert insert;
} copied[] = {
    {"SELECT * FROM parameter WHERE run = ?1 ORDER BY key", INSERT_PARAMETER},
    {"SELECT * FROM record WHERE run = ?1 ORDER BY step, observable", INSERT_RECORD},
    {"SELECT * FROM weight WHERE run = ?1 ORDER BY step, name, i, j", INSERT_WEIGHT},
    {"SELECT * FROM spectrum WHERE run = ?1 ORDER BY step, name, kind, k", INSERT_SPECTRUM},
    {"SELECT * FROM truncation WHERE run = ?1 ORDER BY step, rank, part", INSERT_TRUNCATION},
    {"SELECT * FROM moment WHERE run = ?1 ORDER BY step, name", INSERT_MOMENT},
    {"SELECT * FROM cloud WHERE run = ?1 ORDER BY k", INSERT_CLOUD},
};

/* The insert of a row of `from`. What both stores are asked to keep to is the same, so a row that
   is refused is none that this program wrote. */
static StatusCode copy_row(Store *to, Store *from, sqlite3_stmt *insert, int bound, Error *err) {
  const StatusCode code = store_insert_row(to, insert, bound, "take over a run", err);
  if (code == STATUS_OK || (sqlite3_extended_errcode(to->db) & 0xff) != SQLITE_CONSTRAINT)
    return code;
  return store_damaged(from, err, "a row that no run has: %s", sqlite3_errmsg(to->db));
}

/* Copies the rows of a statement; column `run` becomes the new id. */
static StatusCode copy_rows(Store *to, StoreInsert into, int64_t run, Store *from,
                            sqlite3_stmt *rows, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, to, into, err));
  for (bool row = true;;) {
    TRY(store_step(&row, from, rows, err));
    if (!row) return STATUS_OK;
    int bound = sqlite3_bind_int64(insert, 1, run);
    for (int column = 1; column < sqlite3_column_count(rows); column++)
      bound |= sqlite3_bind_value(insert, column + 1, sqlite3_column_value(rows, column));
    TRY(copy_row(to, from, insert, bound, err));
  }
}

static StatusCode copy_table(Store *to, int64_t run, Store *from, int64_t from_run, size_t table,
                             Error *err) {
  sqlite3_stmt *rows;
  TRY(store_prepare(&rows, from, copied[table].select, err));
  sqlite3_bind_int64(rows, 1, from_run);
  StatusCode code = copy_rows(to, copied[table].insert, run, from, rows, err);
  sqlite3_finalize(rows);
  return code;
}

/* Inserts the row of table run itself; *run := its new id, 0 when there is no such run. */
static StatusCode copy_head(int64_t *run, Store *to, Store *from, int64_t from_run, Error *err) {
  sqlite3_stmt *head, *insert;
  bool row = false;
  *run = 0;
  TRY(store_insert_open(&insert, to, INSERT_RUN, err));
  TRY(store_prepare(&head, from,
                    "SELECT engine, precision, instance, family, reading, plan, ended, gates, "
                    "bound_W, bound_V, what_if FROM run WHERE id = ?1",
                    err));
  sqlite3_bind_int64(head, 1, from_run);
  StatusCode code = store_step(&row, from, head, err);
  if (code == STATUS_OK && row) {
    int bound = SQLITE_OK;
    for (int column = 0; column < sqlite3_column_count(head); column++)
      bound |= sqlite3_bind_value(insert, column + 1, sqlite3_column_value(head, column));
    code = copy_row(to, from, insert, bound, err);
    *run = sqlite3_last_insert_rowid(to->db);
  }
  sqlite3_finalize(head);
  return code;
}

StatusCode store_copy_run(int64_t *run, Store *to, Store *from, int64_t from_run, Error *err) {
  TRY(copy_head(run, to, from, from_run, err));
  if (*run == 0)
    return error_set(err, STATUS_DATA, "%s: has no run %lld", store_path(from),
                     (long long)from_run);
  for (size_t table = 0; table < sizeof copied / sizeof copied[0]; table++)
    TRY(copy_table(to, *run, from, from_run, table, err));
  return STATUS_OK;
}
