/* store_lemma.c -- verdicts on lemmas, which need no run: one row for each lemma and for each of
 * its points. */
#include "src/store_internal.h"

static StatusCode bad_row(const LemmaRow *row, Store *store, Error *err) {
  return store_damaged(store, err,
                       "lemma %.64s: point or count is negative, or neither certified "
                       "nor not",
                       row->claim != NULL ? row->claim : "without a name");
}

StatusCode store_add_lemma(Store *store, const LemmaRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_LEMMA, err));
  const char *const text[] = {row->title,   row->statement,  row->trust,   row->source,
                              row->formula, row->parameters, row->verdict, row->reason};
  const double number[] = {row->estimate, row->lower, row->upper, row->bound, row->ratio};
  int bound = store_bind_text(insert, 1, row->claim) | sqlite3_bind_int64(insert, 2, row->point) |
              sqlite3_bind_int(insert, 3, row->certified) |
              sqlite3_bind_int64(insert, 4, row->tries) | sqlite3_bind_int64(insert, 5, row->hits);
  int column = 6;
  for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
    bound |= store_bind_text(insert, column++, text[k]);
  for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
    bound |= sqlite3_bind_double(insert, column++, number[k]);
  return store_insert_row(store, insert, bound, "keep a lemma", err);
}

StatusCode store_clear_lemmas(Store *store, Error *err) {
  TRY(store_check_writable(store, err));
  return store_execute(store, "DELETE FROM lemma", err);
}

/* One row of table lemma; the texts are the statement's. */
static StatusCode read_lemma(LemmaRow *row, Store *store, sqlite3_stmt *statement, Error *err) {
  const char **const text[] = {&row->title,   &row->statement,  &row->trust,   &row->source,
                               &row->formula, &row->parameters, &row->verdict, &row->reason};
  double *const number[] = {&row->estimate, &row->lower, &row->upper, &row->bound, &row->ratio};
  TRY(store_column_text(&row->claim, store, statement, 1, false, err));
  row->point = sqlite3_column_int64(statement, 2);
  const int64_t certified = sqlite3_column_int64(statement, 3);
  row->certified = certified == 1;
  row->tries = sqlite3_column_int64(statement, 4);
  row->hits = sqlite3_column_int64(statement, 5);
  int column = 6;
  for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
    TRY(store_column_text(text[k], store, statement, column++, false, err));
  for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
    *number[k] = store_column_double(statement, column++);
  if (row->point < 0 || row->tries < 0 || row->hits < 0 || certified < 0 || certified > 1)
    return bad_row(row, store, err);
  return STATUS_OK;
}

StatusCode store_each_lemma(Store *store, bool (*visit)(const LemmaRow *, void *), void *context,
                            Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM lemma ORDER BY id", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    LemmaRow lemma;
    code = read_lemma(&lemma, store, statement, err);
    if (code != STATUS_OK) break;
    more = visit(&lemma, context);
  }
  sqlite3_finalize(statement);
  return code;
}
