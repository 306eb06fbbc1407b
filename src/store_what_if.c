/* store_what_if.c -- what-ifs in the run store: one row for each, and its verdicts beside the
 * base's. */
#include <string.h>

#include "src/store_internal.h"
#include "src/what_if.h"

StatusCode store_add_what_if(Store *store, const WhatIfRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_WHAT_IF, err));
  const double number[] = {row->K1_t1, row->K2_t1, row->K1_end, row->K2_end};
  int bound = store_bind_text(insert, 1, row->name) | store_bind_text(insert, 2, row->words) |
              store_bind_text(insert, 3, row->settings) | sqlite3_bind_int64(insert, 4, row->run) |
              sqlite3_bind_int64(insert, 5, row->base) | sqlite3_bind_int64(insert, 6, row->kept) |
              sqlite3_bind_int64(insert, 7, row->judged) |
              store_bind_text(insert, 8, row->learned_t1) |
              store_bind_text(insert, 9, row->learned_end);
  for (int k = 0; k < 4; k++)
    bound |= sqlite3_bind_double(insert, 10 + k, number[k]);
  return store_insert_row(store, insert, bound, "keep a what-if", err);
}

StatusCode store_add_what_if_verdict(Store *store, const WhatIfVerdictRow *row, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_WHAT_IF_VERDICT, err));
  const int bound = store_bind_text(insert, 1, row->what_if) |
                    store_bind_text(insert, 2, row->claim) |
                    store_bind_text(insert, 3, row->verdict) |
                    store_bind_text(insert, 4, row->base) | store_bind_text(insert, 5, row->reason);
  return store_insert_row(store, insert, bound, "keep a verdict on a what-if", err);
}

/* One row of table what_if; the texts are the statement's. */
static StatusCode read_what_if(WhatIfRow *row, Store *store, sqlite3_stmt *statement, Error *err) {
  const struct {
    const char **text;
    int column;
  } text[] = {{&row->name, 1},
              {&row->words, 2},
              {&row->settings, 3},
              {&row->learned_t1, 8},
              {&row->learned_end, 9}};
  for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
    TRY(store_column_text(text[k].text, store, statement, text[k].column, false, err));
  row->run = sqlite3_column_int64(statement, 4);
  row->base = sqlite3_column_int64(statement, 5);
  row->kept = sqlite3_column_int64(statement, 6);
  row->judged = sqlite3_column_int64(statement, 7);
  row->K1_t1 = store_column_double(statement, 10);
  row->K2_t1 = store_column_double(statement, 11);
  row->K1_end = store_column_double(statement, 12);
  row->K2_end = store_column_double(statement, 13);
  if (row->kept >= 0 && row->kept <= row->judged &&
      (strcmp(row->name, "base") == 0 || what_if_name_valid(row->name)))
    return STATUS_OK;
  return store_damaged(store, err, "what-if '%.32s' keeps %lld of %lld verdicts, or is no name",
                       row->name, (long long)row->kept, (long long)row->judged);
}

StatusCode store_each_what_if(Store *store, bool (*visit)(const WhatIfRow *, void *), void *context,
                              Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM what_if ORDER BY id", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    WhatIfRow found;
    code = read_what_if(&found, store, statement, err);
    if (code != STATUS_OK) break;
    more = visit(&found, context);
  }
  sqlite3_finalize(statement);
  return code;
}

StatusCode store_each_what_if_verdict(Store *store, bool (*visit)(const WhatIfVerdictRow *, void *),
                                      void *context, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT * FROM what_if_verdict ORDER BY id", err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    WhatIfVerdictRow found = {0};
    const char **const text[] = {&found.what_if, &found.claim, &found.verdict, &found.base,
                                 &found.reason};
    for (int k = 0; k < 5 && code == STATUS_OK; k++)
      code = store_column_text(text[k], store, statement, k + 1, false, err);
    if (code != STATUS_OK) break;
    more = visit(&found, context);
  }
  sqlite3_finalize(statement);
  return code;
}
