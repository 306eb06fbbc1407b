/* store_input.c -- the files that a run was made from, as they were. */
#include "src/store_internal.h"

StatusCode store_add_input(Store *store, const InputRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_INPUT, err));
  const int bound = store_bind_text(insert, 1, row->kind) | store_bind_text(insert, 2, row->name) |
                    sqlite3_bind_int(insert, 3, row->built_in) |
                    store_bind_text(insert, 4, row->text);
  return store_insert_row(store, insert, bound, "keep an input", err);
}

StatusCode store_each_input(Store *store, bool (*visit)(const InputRow *, void *), void *context,
                            Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM input ORDER BY kind, name", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    InputRow input = {.built_in = sqlite3_column_int(statement, 2) != 0};
    code = store_column_text(&input.kind, store, statement, 0, false, err);
    if (code == STATUS_OK) code = store_column_text(&input.name, store, statement, 1, false, err);
    if (code == STATUS_OK) code = store_column_text(&input.text, store, statement, 3, false, err);
    if (code != STATUS_OK) break;
    more = visit(&input, context);
  }
  sqlite3_finalize(statement);
  return code;
}
