/* store_read.c -- what comes out of a run store; nothing in it is believed before it is checked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/store_internal.h"

/* ---- columns ---- */

StatusCode store_column_text(const char **out, Store *store, sqlite3_stmt *statement, int column,
                             bool null_allowed, Error *err) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  const char *name = sqlite3_column_name(statement, column);
  *out = text;
  if (text == NULL) {
    if (sqlite3_column_type(statement, column) != SQLITE_NULL)
      return error_memory(err, "text of the run store");
    if (null_allowed) return STATUS_OK;
    return store_damaged(store, err, "there is no %s where one is expected", name);
  }
  if (strlen(text) != (size_t)sqlite3_column_bytes(statement, column))
    return store_damaged(store, err, "%s holds a zero byte", name);
  return STATUS_OK;
}

StatusCode store_column_ball(arb_t out, Store *store, sqlite3_stmt *statement, int column,
                             Error *err) {
  const char *text;
  TRY(store_column_text(&text, store, statement, column, false, err));
  if (!ball_load(out, text))
    return store_damaged(store, err, "'%.64s' is not the text of a ball", text);
  return STATUS_OK;
}

StatusCode store_not_finite(const Store *store, Error *err, int64_t run, int64_t step,
                            const char *name) {
  return store_damaged(store, err, "run %lld, step %lld: %s is not finite", (long long)run,
                       (long long)step, name);
}

double store_column_double(sqlite3_stmt *statement, int column) {
  if (sqlite3_column_type(statement, column) == SQLITE_NULL) return NAN;
  return sqlite3_column_double(statement, column);
}

/* ---- facts ---- */

StatusCode store_get_fact(char **out, Store *store, const char *key, Error *err) {
  *out = NULL;
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT value FROM fact WHERE key = ?1", err));
  bool row = false;
  StatusCode code = store_bind_text(statement, 1, key) == SQLITE_OK
                        ? store_step(&row, store, statement, err)
                        : store_fail(store, "read a fact", err);
  const char *text = NULL;
  if (code == STATUS_OK && row) code = store_column_text(&text, store, statement, 0, false, err);
  if (code == STATUS_OK && row) {
    *out = strdup(text);
    if (*out == NULL) code = error_memory(err, "fact");
  }
  sqlite3_finalize(statement);
  return code;
}

StatusCode store_each_fact(Store *store, bool (*visit)(const char *, const char *, void *),
                           void *context, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT key, value FROM fact ORDER BY key", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    const char *key, *value;
    code = store_column_text(&key, store, statement, 0, false, err);
    if (code == STATUS_OK) code = store_column_text(&value, store, statement, 1, false, err);
    if (code != STATUS_OK) break;
    more = visit(key, value, context);
  }
  sqlite3_finalize(statement);
  return code;
}

/* ---- weights and spectra ---- */

StatusCode store_prepare_at(sqlite3_stmt **out, Store *store, const char *sql, int64_t run,
                            int64_t step, const char *name, Error *err) {
  TRY(store_prepare(out, store, sql, err));
  if ((sqlite3_bind_int64(*out, 1, run) | sqlite3_bind_int64(*out, 2, step) |
       (name != NULL ? store_bind_text(*out, 3, name) : SQLITE_OK)) == SQLITE_OK)
    return STATUS_OK;
  sqlite3_finalize(*out);
  return store_fail(store, "read it", err);
}

StatusCode store_count_error(const Store *store, int64_t run, int64_t step, const char *name,
                             size_t found, size_t expected, Error *err) {
  if (found == 0)
    return error_set(err, STATUS_DATA, "%s: run %lld has no %s at step %lld", store_path(store),
                     (long long)run, name, (long long)step);
  return store_damaged(store, err, "run %lld has %s %zu values of %s at step %lld, expected %zu",
                       (long long)run, found > expected ? "more than" : "only",
                       found > expected ? expected : found, name, (long long)step, expected);
}

StatusCode store_get_weights(arb_mat_t out, Store *store, int64_t run, int64_t step,
                             const char *name, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare_at(&statement, store,
                       "SELECT i, j, ball FROM weight WHERE run = ?1 AND step = ?2 AND name = ?3"
                       " ORDER BY i, j",
                       run, step, name, err));
  size_t columns = (size_t)arb_mat_ncols(out), count = (size_t)arb_mat_nrows(out) * columns, k = 0;
  bool row;
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    int64_t i = sqlite3_column_int64(statement, 0), j = sqlite3_column_int64(statement, 1);
    if (k >= count) {
      k++;
      break;
    }
    if (i != (int64_t)(k / columns) || j != (int64_t)(k % columns)) break;
    code = store_column_ball(arb_mat_entry(out, i, j), store, statement, 2, err);
    if (code != STATUS_OK) break;
    k++;
  }
  sqlite3_finalize(statement);
  return code == STATUS_OK && k != count ? store_count_error(store, run, step, name, k, count, err)
                                         : code;
}

/* ---- digits ---- */

StatusCode store_each_digits(Store *store, int64_t run_a, int64_t run_b,
                             bool (*visit)(int64_t, const char *, double, void *), void *context,
                             Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store,
                    "SELECT step, observable, digits FROM digits WHERE run_a = ?1 AND run_b = ?2"
                    " ORDER BY step, observable",
                    err));
  bool row, more = true;
  StatusCode code = STATUS_OK;
  if ((sqlite3_bind_int64(statement, 1, run_a) | sqlite3_bind_int64(statement, 2, run_b)) !=
      SQLITE_OK)
    code = store_fail(store, "read agreeing digits", err);
  while (more && code == STATUS_OK &&
         (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    int64_t step = sqlite3_column_int64(statement, 0), id = sqlite3_column_int64(statement, 1);
    if (id < 0 || id >= OBSERVABLE_COUNT || step < 0)
      code = store_damaged(store, err, "digits of observable %lld at step %lld", (long long)id,
                           (long long)step);
    else
      more = visit(step, observable_name[id], store_column_double(statement, 2), context);
  }
  sqlite3_finalize(statement);
  return code;
}

/* ---- verdicts ---- */

/* Is it a number, if it is there at all? One that is infinite (a first() that never comes) is, NaN
   and an infinite radius are not. */
static bool is_number(const char *text) {
  arb_t x;
  arb_init(x);
  const bool is = text == NULL || (ball_load(x, text) && !arf_is_nan(arb_midref(x)) &&
                                   mag_is_finite(arb_radref(x)));
  arb_clear(x);
  return is;
}

/* One row of table verdict; the texts are the statement's. */
static StatusCode read_verdict(VerdictRow *v, Store *store, sqlite3_stmt *statement, Error *err) {
  const char **const text[] = {
      &v->claim,           &v->title,      &v->statement, &v->trust,   &v->source,
      &v->formula,         &v->hypotheses, &v->reading,   &v->verdict, &v->expected,
      &v->expected_reason, &v->reason,     &v->blind,     &v->value,   &v->bound};
  double *const number[] = {&v->value_double, &v->bound_double, &v->ratio, &v->slack};
  v->run = sqlite3_column_int64(statement, 1);
  v->companion = sqlite3_column_int64(statement, 2); /* NULL: 0 */
  int64_t certified = sqlite3_column_int64(statement, 3);
  v->certified = certified == 1;
  int column = 4;
  for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
    TRY(store_column_text(text[k], store, statement, column++, true, err));
  for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
    *number[k] = store_column_double(statement, column++);
  if (certified != 0 && certified != 1)
    return store_damaged(store, err, "verdict on %.64s: neither certified nor not",
                         v->claim != NULL ? v->claim : "an unnamed claim");
  if ((v->value != NULL && !ball_text_valid(v->value)) ||
      (v->bound != NULL && !ball_text_valid(v->bound)))
    return store_damaged(store, err, "verdict on %.64s: value or bound is not the text of a ball",
                         v->claim != NULL ? v->claim : "an unnamed claim");
  if (!is_number(v->value) || !is_number(v->bound))
    return store_damaged(store, err, "verdict on %.64s: value or bound is not a number",
                         v->claim != NULL ? v->claim : "an unnamed claim");
  return STATUS_OK;
}

StatusCode store_each_verdict(Store *store, bool (*visit)(const VerdictRow *, void *),
                              void *context, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM verdict ORDER BY id", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    VerdictRow verdict;
    code = read_verdict(&verdict, store, statement, err);
    if (code != STATUS_OK) break;
    more = visit(&verdict, context);
  }
  sqlite3_finalize(statement);
  return code;
}
