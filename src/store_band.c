/* store_band.c -- bands over the seeds of a sweep. */
#include "src/store_internal.h"

StatusCode store_add_band(Store *store, const BandRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_BAND, err));
  const int bound =
      sqlite3_bind_int64(insert, 1, row->run) | sqlite3_bind_int64(insert, 2, row->step) |
      store_bind_text(insert, 3, row->observable) | sqlite3_bind_int64(insert, 4, row->seeds) |
      sqlite3_bind_int64(insert, 5, row->rank) | sqlite3_bind_double(insert, 6, row->coverage) |
      sqlite3_bind_double(insert, 7, row->lower) | sqlite3_bind_double(insert, 8, row->median) |
      sqlite3_bind_double(insert, 9, row->upper);
  return store_insert_row(store, insert, bound, "keep a band over seeds", err);
}

StatusCode store_clear_bands(Store *store, Error *err) {
  TRY(store_check_writable(store, err));
  return store_execute(store, "DELETE FROM band", err);
}

StatusCode store_each_band(Store *store, bool (*visit)(const BandRow *, void *), void *context,
                           Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM band ORDER BY run, step, observable", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    BandRow band = {.run = sqlite3_column_int64(statement, 0),
                    .step = sqlite3_column_int64(statement, 1),
                    .seeds = sqlite3_column_int64(statement, 3),
                    .rank = sqlite3_column_int64(statement, 4),
                    .coverage = store_column_double(statement, 5),
                    .lower = store_column_double(statement, 6),
                    .median = store_column_double(statement, 7),
                    .upper = store_column_double(statement, 8)};
    code = store_column_text(&band.observable, store, statement, 2, false, err);
    if (code != STATUS_OK) break;
    more = visit(&band, context);
  }
  sqlite3_finalize(statement);
  return code;
}
