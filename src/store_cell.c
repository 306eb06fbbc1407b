/* store_cell.c -- what a sweep varied: one row for each axis of each run. */
#include <string.h>

#include "src/store_internal.h"

/* *count := the axes that a run has; *twice := it has this key already. */
static StatusCode look_up(int64_t *count, bool *twice, Store *store, int64_t run, const char *key,
                          Error *err) {
  sqlite3_stmt *statement;
  *count = 0;
  *twice = false;
  TRY(store_prepare(&statement, store, "SELECT key FROM cell WHERE run = ?1", err));
  sqlite3_bind_int64(statement, 1, run);
  bool row;
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    const char *known;
    code = store_column_text(&known, store, statement, 0, false, err);
    if (code != STATUS_OK) break;
    *twice = *twice || strcmp(known, key) == 0;
    ++*count;
  }
  sqlite3_finalize(statement);
  return code;
}

StatusCode store_add_cell(Store *store, int64_t run, const char *key, const char *text,
                          double value, Error *err) {
  sqlite3_stmt *insert;
  int64_t axis;
  bool twice;
  TRY(store_insert_open(&insert, store, INSERT_CELL, err));
  TRY(look_up(&axis, &twice, store, run, key, err));
  if (twice || param_find(key) == PARAM_COUNT) {
    store->failed = true; /* a store that lacks something it was asked to hold is not finished */
    return error_set(err, STATUS_INTERNAL, "%s: run %lld cannot be varied along %s: %s",
                     store_path(store), (long long)run, key,
                     twice ? "it is already" : "no such parameter");
  }
  int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, axis) |
              store_bind_text(insert, 3, key) | store_bind_text(insert, 4, text) |
              sqlite3_bind_double(insert, 5, value); /* SQLite keeps NaN as NULL */
  return store_insert_row(store, insert, bound, "keep the cell of a run", err);
}

/* An axis as read; the texts are the statement's. */
typedef struct {
  int64_t run, axis;
  const char *key, *text;
  double value;
} Axis;

static StatusCode read_axis(Axis *out, Store *store, sqlite3_stmt *statement, Error *err) {
  out->run = sqlite3_column_int64(statement, 0);
  out->axis = sqlite3_column_int64(statement, 1);
  out->value = store_column_double(statement, 4);
  TRY(store_column_text(&out->key, store, statement, 2, false, err));
  TRY(store_column_text(&out->text, store, statement, 3, false, err));
  if (param_find(out->key) == PARAM_COUNT)
    return store_damaged(store, err, "run %lld is varied along '%.32s', which is no parameter",
                         (long long)out->run, out->key);
  return STATUS_OK;
}

StatusCode store_each_cell(Store *store,
                           bool (*visit)(int64_t, const char *, const char *, double, void *),
                           void *context, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM cell ORDER BY run, axis", err));
  int64_t run = 0, next = 0; /* the axis that has to follow */
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    Axis axis;
    code = read_axis(&axis, store, statement, err);
    if (code != STATUS_OK) break;
    if (axis.run != run) next = 0;
    run = axis.run;
    if (axis.axis != next++) {
      code = store_damaged(store, err, "run %lld has an axis %lld, expected %lld", (long long)run,
                           (long long)axis.axis, (long long)next - 1);
      break;
    }
    more = visit(axis.run, axis.key, axis.text, axis.value, context);
  }
  sqlite3_finalize(statement);
  return code;
}
