/* store_rate.c -- verdicts on a whole sweep: rates and probabilities, what each was made of, and
 * the stage times of its runs. */
#include <string.h>

#include "src/store_internal.h"

/* ---- the columns of a rate, in the order of the table behind its id ---- */

#define RATE_TEXTS 14
#define RATE_REQUIRED 12 /* the others may be NULL */
#define RATE_NUMBERS 18
static const char **rate_text(RateRow *row, int k) {
  const char **const text[RATE_TEXTS] = {
      &row->claim,   &row->kind,    &row->title,    &row->statement,      &row->trust,
      &row->source,  &row->formula, &row->along,    &row->place,          &row->reading,
      &row->verdict, &row->reason,  &row->expected, &row->expected_reason};
  return text[k];
}
static double *rate_number(RateRow *row, int k) {
  double *const number[RATE_NUMBERS] = {&row->from,           &row->to,
                                        &row->margin,         &row->ratio_low,
                                        &row->ratio_high,     &row->slope,
                                        &row->slope_low,      &row->slope_high,
                                        &row->end_slope,      &row->end_low,
                                        &row->end_high,       &row->lack_of_fit,
                                        &row->robust,         &row->robust_error,
                                        &row->p_holds,        &row->p_fails,
                                        &row->adjusted_holds, &row->adjusted_fails};
  return number[k];
}

StatusCode store_add_rate(Store *store, RateRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_RATE, err));
  int bound = SQLITE_OK, column = 1;
  for (int k = 0; k < RATE_TEXTS; k++)
    bound |= store_bind_text(insert, column++, *rate_text(row, k));
  bound |= sqlite3_bind_int64(insert, column++, row->points);
  bound |= sqlite3_bind_int64(insert, column++, row->seeds);
  for (int k = 0; k < RATE_NUMBERS; k++)
    bound |= sqlite3_bind_double(insert, column++, *rate_number(row, k));
  TRY(store_insert_row(store, insert, bound, "keep a rate", err));
  row->id = sqlite3_last_insert_rowid(store->db);
  return STATUS_OK;
}

StatusCode store_add_rate_point(Store *store, const RatePointRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_RATE_POINT, err));
  const int bound =
      sqlite3_bind_int64(insert, 1, row->rate) | store_bind_text(insert, 2, row->kind) |
      store_bind_text(insert, 3, row->name) | sqlite3_bind_double(insert, 4, row->x) |
      sqlite3_bind_int64(insert, 5, row->seed) | sqlite3_bind_double(insert, 6, row->value) |
      sqlite3_bind_double(insert, 7, row->lower) | sqlite3_bind_double(insert, 8, row->upper);
  return store_insert_row(store, insert, bound, "keep a point of a rate", err);
}

StatusCode store_add_stage(Store *store, const StageRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_STAGE, err));
  const int bound =
      sqlite3_bind_int64(insert, 1, row->run) | sqlite3_bind_double(insert, 2, row->scale) |
      sqlite3_bind_double(insert, 3, row->t_P) | sqlite3_bind_double(insert, 4, row->t_Q) |
      sqlite3_bind_double(insert, 5, row->t_X);
  return store_insert_row(store, insert, bound, "keep stage times", err);
}

StatusCode store_clear_rates(Store *store, Error *err) {
  TRY(store_check_writable(store, err));
  TRY(store_execute(store, "DELETE FROM rate_point", err));
  TRY(store_execute(store, "DELETE FROM rate", err));
  return store_execute(store, "DELETE FROM stage", err);
}

/* ---- reading ---- */

static StatusCode read_rate(RateRow *row, Store *store, sqlite3_stmt *statement, Error *err) {
  int column = 1;
  row->id = sqlite3_column_int64(statement, 0);
  for (int k = 0; k < RATE_TEXTS; k++)
    TRY(store_column_text(rate_text(row, k), store, statement, column++, k >= RATE_REQUIRED, err));
  row->points = sqlite3_column_int64(statement, column++);
  row->seeds = sqlite3_column_int64(statement, column++);
  for (int k = 0; k < RATE_NUMBERS; k++)
    *rate_number(row, k) = store_column_double(statement, column++);
  if (strcmp(row->kind, "rate") != 0 && strcmp(row->kind, "probability") != 0)
    return store_damaged(store, err, "rate %.64s is of kind '%.40s'", row->claim, row->kind);
  if (row->points < 0 || row->seeds < 0)
    return store_damaged(store, err, "rate %.64s: a count is negative", row->claim);
  return STATUS_OK;
}

static StatusCode read_point(RatePointRow *row, Store *store, sqlite3_stmt *statement, Error *err) {
  static const char *const kind[] = {"run", "mean", "band", "alternative", "against", "cell"};
  row->rate = sqlite3_column_int64(statement, 1);
  TRY(store_column_text(&row->kind, store, statement, 2, false, err));
  TRY(store_column_text(&row->name, store, statement, 3, false, err));
  row->x = store_column_double(statement, 4);
  row->seed = sqlite3_column_int64(statement, 5);
  row->value = store_column_double(statement, 6);
  row->lower = store_column_double(statement, 7);
  row->upper = store_column_double(statement, 8);
  for (size_t k = 0; k < sizeof kind / sizeof *kind; k++)
    if (strcmp(row->kind, kind[k]) == 0) return STATUS_OK;
  return store_damaged(store, err, "a point of rate %lld is of kind '%.40s'", (long long)row->rate,
                       row->kind);
}

StatusCode store_each_rate(Store *store, bool (*visit)(const RateRow *, void *), void *context,
                           Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM rate ORDER BY id", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    RateRow rate;
    code = read_rate(&rate, store, statement, err);
    if (code != STATUS_OK) break;
    more = visit(&rate, context);
  }
  sqlite3_finalize(statement);
  return code;
}

StatusCode store_each_rate_point(Store *store, bool (*visit)(const RatePointRow *, void *),
                                 void *context, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM rate_point ORDER BY rate, id", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    RatePointRow point;
    code = read_point(&point, store, statement, err);
    if (code != STATUS_OK) break;
    more = visit(&point, context);
  }
  sqlite3_finalize(statement);
  return code;
}

StatusCode store_each_stage(Store *store, bool (*visit)(const StageRow *, void *), void *context,
                            Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM stage ORDER BY run", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    const StageRow stage = {.run = sqlite3_column_int64(statement, 0),
                            .scale = store_column_double(statement, 1),
                            .t_P = store_column_double(statement, 2),
                            .t_Q = store_column_double(statement, 3),
                            .t_X = store_column_double(statement, 4)};
    more = visit(&stage, context);
  }
  sqlite3_finalize(statement);
  return code;
}
