/* store_write.c -- what goes into a run store. */
#include "src/store_internal.h"

/* ---- rows ---- */

static const char *const insert_sql[INSERT_COUNT] = {
    [INSERT_FACT] = "INSERT OR REPLACE INTO fact VALUES (?1, ?2)",
    [INSERT_RUN] = "INSERT INTO run VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [INSERT_PARAMETER] = "INSERT INTO parameter VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [INSERT_RECORD] = "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5)",
    [INSERT_WEIGHT] = "INSERT INTO weight VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INSERT_SPECTRUM] = "INSERT INTO spectrum VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [INSERT_TRUNCATION] = "INSERT INTO truncation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [INSERT_MOMENT] = "INSERT INTO moment VALUES (?1, ?2, ?3, ?4, ?5)",
    [INSERT_CLOUD] = "INSERT INTO cloud VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INSERT_DIGITS] = "INSERT INTO digits VALUES (?1, ?2, ?3, ?4, ?5)",
    [INSERT_VERDICT] = ("INSERT INTO verdict VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                        " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)"),
    [INSERT_LEMMA] = ("INSERT INTO lemma VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                      "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"),
    [INSERT_WHAT_IF] = ("INSERT INTO what_if VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                        "?10, ?11, ?12, ?13)"),
    [INSERT_WHAT_IF_VERDICT] = "INSERT INTO what_if_verdict VALUES (NULL, ?1, ?2, ?3, ?4, ?5)",
    [INSERT_RATE] = ("INSERT INTO rate VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                     "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, "
                     "?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34)"),
    [INSERT_RATE_POINT] = "INSERT INTO rate_point VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [INSERT_STAGE] = "INSERT INTO stage VALUES (?1, ?2, ?3, ?4, ?5)",
    [INSERT_CELL] = "INSERT INTO cell VALUES (?1, ?2, ?3, ?4, ?5)",
    [INSERT_INPUT] = "INSERT INTO input VALUES (?1, ?2, ?3, ?4)",
    [INSERT_BAND] = "INSERT INTO band VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [INSERT_STATE] = "INSERT INTO state VALUES (?1, ?2, ?3)",
};

StatusCode store_check_writable(const Store *store, Error *err) {
  if (store->part != NULL) return STATUS_OK;
  return error_set(err, STATUS_INTERNAL, "%s: was opened for reading only", store->path);
}

StatusCode store_insert_open(sqlite3_stmt **out, Store *store, StoreInsert insert, Error *err) {
  *out = NULL;
  TRY(store_check_writable(store, err));
  if (store->insert[insert] == NULL &&
      sqlite3_prepare_v3(store->db, insert_sql[insert], -1, SQLITE_PREPARE_PERSISTENT,
                         &store->insert[insert], NULL) != SQLITE_OK)
    return store_fail(store, "prepare it", err);
  *out = store->insert[insert];
  return STATUS_OK;
}

StatusCode store_insert_row(Store *store, sqlite3_stmt *statement, int bound, const char *doing,
                            Error *err) {
  StatusCode code = STATUS_OK;
  if (bound != SQLITE_OK) {
    store->failed = true;
    code = error_set(err, STATUS_INTERNAL,
                     "%s: cannot %s: too long a text or number, or out of memory",
                     store_path(store), doing);
  } else if (sqlite3_step(statement) != SQLITE_DONE)
    code = store_fail(store, doing, err);
  sqlite3_reset(statement);
  return code;
}

int store_bind_text(sqlite3_stmt *statement, int index, const char *text) {
  if (text == NULL) return sqlite3_bind_null(statement, index);
  return sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

int store_bind_ball(sqlite3_stmt *statement, int index, const arb_t x) {
  char *text = arb_dump_str(x);
  if (!ball_text_valid(text)) { /* an exponent beyond 128 bits could not be read back */
    flint_free(text);
    return SQLITE_TOOBIG;
  }
  int bound = sqlite3_bind_text(statement, index, text, -1, flint_free);
  bool has_double = !arf_is_nan(arb_midref(x)) && mag_is_finite(arb_radref(x));
  return bound | (has_double ? sqlite3_bind_double(statement, index + 1,
                                                   arf_get_d(arb_midref(x), ARF_RND_NEAR))
                             : sqlite3_bind_null(statement, index + 1));
}

/* ---- what is kept ---- */

/* A store that lacks something it was asked to hold may not be finished. */
static StatusCode refuse(Store *store, StatusCode code) {
  store->failed = true;
  return code;
}

StatusCode store_mark(Store *store, Error *err) {
  TRY(store_check_writable(store, err));
  return store_execute(store, "SAVEPOINT mark", err);
}

StatusCode store_rewind(Store *store, Error *err) {
  return store_execute(store, "ROLLBACK TO mark; RELEASE mark", err);
}

StatusCode store_keep(Store *store, Error *err) {
  return store_execute(store, "RELEASE mark", err);
}

StatusCode store_set_fact(Store *store, const char *key, const char *value, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_FACT, err));
  int bound = store_bind_text(insert, 1, key) | store_bind_text(insert, 2, value);
  return store_insert_row(store, insert, bound, "keep a fact", err);
}

StatusCode store_add_record(Store *store, int64_t run, const Record *record, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_RECORD, err));
  int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, record->step);
  for (int k = 0; k < OBSERVABLE_COUNT; k++) {
    bound |= sqlite3_bind_int(insert, 3, k) | store_bind_ball(insert, 4, &record->value[k]);
    TRY(store_insert_row(store, insert, bound, "keep a record", err));
  }
  return STATUS_OK;
}

StatusCode store_add_weights(Store *store, int64_t run, int64_t step, const char *name,
                             const arb_mat_t weights, Error *err) {
  if (arb_mat_nrows(weights) > STORE_DIMENSION_MAX || arb_mat_ncols(weights) > STORE_DIMENSION_MAX)
    return refuse(store,
                  error_set(err, STATUS_INTERNAL,
                            "%s: weights %s are %ld by %ld, expected at most %d rows and columns",
                            store_path(store), name, (long)arb_mat_nrows(weights),
                            (long)arb_mat_ncols(weights), STORE_DIMENSION_MAX));
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_WEIGHT, err));
  int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, step) |
              store_bind_text(insert, 3, name);
  for (slong i = 0; i < arb_mat_nrows(weights); i++)
    for (slong j = 0; j < arb_mat_ncols(weights); j++) {
      bound |= sqlite3_bind_int64(insert, 4, i) | sqlite3_bind_int64(insert, 5, j) |
               store_bind_ball(insert, 6, arb_mat_entry(weights, i, j));
      TRY(store_insert_row(store, insert, bound, "keep weights", err));
    }
  return STATUS_OK;
}

StatusCode store_add_digits(Store *store, int64_t run_a, int64_t run_b, int64_t step,
                            const char *observable, double digits, Error *err) {
  int id = observable_find(observable);
  if (id < 0)
    return refuse(store, error_set(err, STATUS_INTERNAL, "%s: no observable is called '%s'",
                                   store_path(store), observable));
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_DIGITS, err));
  int bound = sqlite3_bind_int64(insert, 1, run_a) | sqlite3_bind_int64(insert, 2, run_b) |
              sqlite3_bind_int64(insert, 3, step) | sqlite3_bind_int(insert, 4, id) |
              sqlite3_bind_double(insert, 5, digits); /* SQLite keeps NaN as NULL */
  return store_insert_row(store, insert, bound, "keep agreeing digits", err);
}

static bool ball_text_or_null(const char *text) {
  return text == NULL || ball_text_valid(text);
}

StatusCode store_add_verdict(Store *store, const VerdictRow *v, Error *err) {
  if (!ball_text_or_null(v->value) || !ball_text_or_null(v->bound))
    return refuse(store, error_set(err, STATUS_INTERNAL,
                                   "%s: claim %s: value or bound is not the text of a ball",
                                   store_path(store), v->claim));
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_VERDICT, err));
  int bound = sqlite3_bind_int64(insert, 1, v->run) |
              (v->companion != 0 ? sqlite3_bind_int64(insert, 2, v->companion)
                                 : sqlite3_bind_null(insert, 2)) |
              sqlite3_bind_int(insert, 3, v->certified);
  const char *const text[] = {
      v->claim,           v->title,      v->statement, v->trust,   v->source,
      v->formula,         v->hypotheses, v->reading,   v->verdict, v->expected,
      v->expected_reason, v->reason,     v->blind,     v->value,   v->bound};
  const double number[] = {v->value_double, v->bound_double, v->ratio, v->slack};
  int column = 4;
  for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
    bound |= store_bind_text(insert, column++, text[k]);
  for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
    bound |= sqlite3_bind_double(insert, column++, number[k]);
  return store_insert_row(store, insert, bound, "keep a verdict", err);
}

StatusCode store_clear_verdicts(Store *store, Error *err) {
  TRY(store_check_writable(store, err));
  return store_execute(store, "DELETE FROM verdict", err);
}
