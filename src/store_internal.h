/* store_internal.h -- what the files of the run store share, and its tests; nobody else includes
 * it. */
#ifndef SRC_STORE_INTERNAL_H
#define SRC_STORE_INTERNAL_H

#include <arb.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/store.h"

#define STORE_APPLICATION_ID 0x54325352 /* "T2SR" in the file's header */
#define STORE_TEXT_MAX (1 << 20)        /* bytes in one text or row; SQLite itself holds to it */
#define STORE_DIMENSION_MAX 1024        /* of a weight matrix */

/* Inserts are prepared once, at first use, and live as long as the store. */
typedef enum {
  INSERT_FACT,
  INSERT_RUN,
  INSERT_PARAMETER,
  INSERT_RECORD,
  INSERT_WEIGHT,
  INSERT_SPECTRUM,
  INSERT_TRUNCATION,
  INSERT_MOMENT,
  INSERT_CLOUD,
  INSERT_DIGITS,
  INSERT_VERDICT,
  INSERT_LEMMA,
  INSERT_WHAT_IF,
  INSERT_WHAT_IF_VERDICT,
  INSERT_RATE,
  INSERT_RATE_POINT,
  INSERT_STAGE,
  INSERT_CELL,
  INSERT_INPUT,
  INSERT_BAND,
  INSERT_STATE,
  INSERT_COUNT
} StoreInsert;

/* A store being written works on FOLDER/run.db.part, alone in one transaction; a finished one is
   never written again, so reading needs no lock and sees no change. */
struct Store {
  sqlite3 *db;
  char *path;  /* FOLDER/run.db */
  char *part;  /* FOLDER/run.db.part; NULL when reading */
  int lock;    /* descriptor of part, locked: one writer for a folder; -1 when reading */
  bool failed; /* a write failed: what the file holds is not what was asked for, it may not be
                  finished */
  sqlite3_stmt *insert[INSERT_COUNT];
};

/* ---- store.c: the connection ---- */

/* The path that messages name. */
const char *store_path(const Store *store);
/* Sets *err from the connection's last error: "PATH: cannot DOING: why" in one line. The code tells
   apart damage (STATUS_DATA), the disk (STATUS_IO) and our own mistakes (STATUS_INTERNAL). Notes
   the failure of a store being written. */
MUST_CHECK StatusCode store_fail(Store *store, const char *doing, Error *err);
/* "PATH: damaged: WHAT": STATUS_DATA. */
MUST_CHECK StatusCode store_damaged(const Store *store, Error *err, const char *what, ...)
    PRINTF_LIKE(3, 4);
/* The same of a number of that name, which no run can have recorded: runs end where a number is not
   finite. */
MUST_CHECK StatusCode store_not_finite(const Store *store, Error *err, int64_t run, int64_t step,
                                       const char *name);
MUST_CHECK StatusCode store_execute(Store *store, const char *sql, Error *err);
/* *out := a statement; the caller finalizes it. */
MUST_CHECK StatusCode store_prepare(sqlite3_stmt **out, Store *store, const char *sql, Error *err);
/* *row := whether the statement came to a row. */
MUST_CHECK StatusCode store_step(bool *row, Store *store, sqlite3_stmt *statement, Error *err);

/* ---- store_schema.c: what the file holds, and whether it holds it unharmed ---- */

/* Makes the tables, the views and the list of observables in an empty file. */
MUST_CHECK StatusCode schema_create(Store *store, Error *err);
/* Application id, schema, structure, list of observables and the file's digest; STATUS_DATA says
 * which is not as it should be. */
MUST_CHECK StatusCode schema_check(Store *store, Error *err);
/* Writes the digest of the content. */
MUST_CHECK StatusCode schema_seal(Store *store, Error *err);

/* ---- store_file.c: the digest of every byte of the file ---- */

/* Leaves room for it in a file that is still empty. */
MUST_CHECK StatusCode file_reserve(Store *store, Error *err);
/* Writes it into a file that is complete; nothing is written through SQLite after that. */
MUST_CHECK StatusCode file_seal(Store *store, Error *err);
/* STATUS_DATA: it is not the file's. */
MUST_CHECK StatusCode file_check(Store *store, Error *err);

/* ---- store_write.c ---- */

/* *out := the cached insert statement, ready to be bound. */
MUST_CHECK StatusCode store_insert_open(sqlite3_stmt **out, Store *store, StoreInsert insert,
                                        Error *err);
/* Inserts what is bound and makes the statement ready for the next row. `bound` is the | of the
 * bind calls' results. */
MUST_CHECK StatusCode store_insert_row(Store *store, sqlite3_stmt *statement, int bound,
                                       const char *doing, Error *err);
/* Binds a text, or SQL NULL for NULL; the text must outlive the row. */
int store_bind_text(sqlite3_stmt *statement, int index, const char *text);
/* Binds x exactly as text at index and its nearest double at index + 1 (NULL when there is none:
 * NaN, infinite radius). */
int store_bind_ball(sqlite3_stmt *statement, int index, const arb_t x);
/* STATUS_INTERNAL when the store is read only. */
MUST_CHECK StatusCode store_check_writable(const Store *store, Error *err);

/* ---- store_read.c ---- */

/* *out := the text of a column, valid until the statement moves on; SQL NULL gives NULL when
 * allowed. */
MUST_CHECK StatusCode store_column_text(const char **out, Store *store, sqlite3_stmt *statement,
                                        int column, bool null_allowed, Error *err);
/* out := the ball of a text column. */
MUST_CHECK StatusCode store_column_ball(arb_t out, Store *store, sqlite3_stmt *statement,
                                        int column, Error *err);
/* *out := a statement with run, step and, if not NULL, name bound as ?1, ?2 and ?3. */
MUST_CHECK StatusCode store_prepare_at(sqlite3_stmt **out, Store *store, const char *sql,
                                       int64_t run, int64_t step, const char *name, Error *err);
/* "run 1 has no / only 3 / more than 4 values of W at step 5": STATUS_DATA, the count is not what
   the parameters of the run say. */
MUST_CHECK StatusCode store_count_error(const Store *store, int64_t run, int64_t step,
                                        const char *name, size_t found, size_t expected,
                                        Error *err);
/* The double of a column, NaN for SQL NULL. */
double store_column_double(sqlite3_stmt *statement, int column);

/* ---- store_spectrum.c ---- */

/* Reads the moments of the run out->info.id into a trace. */
MUST_CHECK StatusCode store_load_moments(Trace *out, Store *store, Error *err);

/* ---- store_ball.c ---- */

/* out := the ball that arb_dump_str wrote as text. False, out untouched, when it cannot have
   written that: arb_load_str alone may abort the program then. */
MUST_CHECK bool ball_load(arb_t out, const char *text);
bool ball_text_valid(const char *text);

#endif
