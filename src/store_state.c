/* store_state.c -- pieces of the state of an unfinished run. */
#include <string.h>

#include "src/store_internal.h"

StatusCode store_add_state(Store *store, const char *key, int64_t part, const char *text,
                           Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_STATE, err));
  const int bound = store_bind_text(insert, 1, key) | sqlite3_bind_int64(insert, 2, part) |
                    store_bind_text(insert, 3, text);
  return store_insert_row(store, insert, bound, "keep the state of a run", err);
}

StatusCode store_get_state(char **out, Store *store, const char *key, int64_t part, Error *err) {
  sqlite3_stmt *statement;
  const char *text = NULL;
  bool row = false;
  *out = NULL;
  TRY(store_prepare(&statement, store, "SELECT text FROM state WHERE key = ?1 AND part = ?2", err));
  StatusCode code =
      (store_bind_text(statement, 1, key) | sqlite3_bind_int64(statement, 2, part)) == SQLITE_OK
          ? store_step(&row, store, statement, err)
          : store_fail(store, "read a state", err);
  if (code == STATUS_OK && !row)
    code = store_damaged(store, err, "the state has no part %lld of %.40s", (long long)part, key);
  if (code == STATUS_OK) code = store_column_text(&text, store, statement, 0, false, err);
  if (code == STATUS_OK) {
    *out = strdup(text);
    if (*out == NULL) code = error_memory(err, "state");
  }
  sqlite3_finalize(statement);
  return code;
}
