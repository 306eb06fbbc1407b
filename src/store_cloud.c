/* store_cloud.c -- the tokens that are shown, to and from the run store. */
#include <stdlib.h>

#include "src/cloud.h"
#include "src/store_internal.h"

StatusCode store_add_cloud(Store *store, int64_t run, const Dataset *data, Error *err) {
  sqlite3_stmt *insert;
  double *across = array_alloc((size_t)data->d, sizeof *across);
  if (across == NULL) return error_memory(err, "tokens to be shown");
  cloud_across(across, data);
  StatusCode code = store_insert_open(&insert, store, INSERT_CLOUD, err);
  for (int64_t k = 0; k < cloud_count(data) && code == STATUS_OK; k++) {
    CloudPoint point;
    cloud_point(&point, data, across, k);
    int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, k) |
                sqlite3_bind_int(insert, 3, point.label > 0 ? 1 : -1);
    for (int i = 0; i < 4; i++)
      bound |= sqlite3_bind_double(insert, 4 + i, point.at[i / 2][i % 2]);
    code = store_insert_row(store, insert, bound, "keep a token", err);
  }
  free(across);
  return code;
}

StatusCode store_each_cloud(Store *store, int64_t run,
                            bool (*visit)(const CloudPoint *point, void *context), void *context,
                            Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare_at(&statement, store,
                       "SELECT label, P_feature, P_across, Q_z, Q_zeta FROM cloud"
                       " WHERE run = ?1 AND k >= ?2 ORDER BY k",
                       run, 0, NULL, err));
  bool row, more = true;
  StatusCode code = STATUS_OK;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    CloudPoint point = {.label = sqlite3_column_double(statement, 0)};
    for (int i = 0; i < 4; i++)
      point.at[i / 2][i % 2] = sqlite3_column_double(statement, 1 + i);
    more = visit(&point, context);
  }
  sqlite3_finalize(statement);
  return code;
}
