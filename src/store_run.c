/* store_run.c -- runs and their parameters, to and from the run store, bit for bit. */
#include <stdlib.h>
#include <string.h>

#include "src/fileset.h"
#include "src/store_internal.h"
#include "src/what_if.h"

/* Where a number lives in Params. A choice has none: it is kept as its word. */
typedef struct {
  const char *key;
  ParamKind kind;
  size_t offset;
} Field;

#define FIELD_COUNT(key) {#key, PARAM_KIND_COUNT, offsetof(Params, key)},
#define FIELD_STEPS(key) {#key, PARAM_KIND_STEPS, offsetof(Params, key)},
#define FIELD_SEED(key) {#key, PARAM_KIND_SEED, offsetof(Params, key)},
#define FIELD_REAL(key) {#key, PARAM_KIND_REAL, offsetof(Params, key)},
#define FIELD_CHOICE(key) {#key, PARAM_KIND_CHOICE, 0},
#define X(key, kind, doc) FIELD_##kind(key)
static const Field field[PARAM_COUNT] = {PARAM_LIST(X)};
#undef X

/* ---- numbers of Params as balls: exact, and the same in every locale ---- */

static void field_get(arb_t out, const Params *params, const Field *f) {
  const void *at = (const char *)params + f->offset;
  if (f->kind == PARAM_KIND_REAL)
    arb_set_d(out, *(const double *)at);
  else
    arb_set_si(out, *(const int64_t *)at);
}

/* Sets a field to an exact finite number of its kind and range; false when the ball is none. */
static bool field_set(Params *params, const Field *f, const arb_t value) {
  void *at = (char *)params + f->offset;
  arf_srcptr x = arb_midref(value);
  if (!arb_is_exact(value) || !arf_is_finite(x)) return false;
  if (f->kind == PARAM_KIND_REAL) {
    double real = arf_get_d(x, ARF_RND_NEAR);
    *(double *)at = real;
    return arf_equal_d(x, real);
  }
  if (!arf_is_int(x) || arf_cmpabs_2exp_si(x, 63) >= 0) return false;
  int64_t integer = arf_get_si(x, ARF_RND_DOWN);
  *(int64_t *)at = integer;
  return integer >= (f->kind == PARAM_KIND_COUNT ? 1 : 0) &&
         (f->offset != offsetof(Params, d) || integer <= STORE_DIMENSION_MAX);
}

/* ---- writing ---- */

/* Binds columns ball and value; what could not be read back is refused. */
static StatusCode bind_value(int *bound, Store *store, sqlite3_stmt *insert, const RunInfo *info,
                             const Field *f, Error *err) {
  Params back;
  arb_t value;
  arb_init(value);
  field_get(value, &info->params, f);
  bool fits = field_set(&back, f, value);
  if (fits) *bound |= store_bind_ball(insert, 4, value);
  arb_clear(value);
  if (fits) return STATUS_OK;
  store->failed = true;
  return error_set(err, STATUS_INTERNAL, "%s: cannot keep a run: parameter %s is out of range",
                   store_path(store), f->key);
}

static StatusCode add_parameter(Store *store, const RunInfo *info, const Instance *instance,
                                ParamId id, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_PARAMETER, err));
  char text[64];
  params_format(text, sizeof text, &info->params, id);
  int bound = sqlite3_clear_bindings(insert) | sqlite3_bind_int64(insert, 1, info->id) |
              store_bind_text(insert, 2, field[id].key) | store_bind_text(insert, 3, text);
  if (field[id].kind != PARAM_KIND_CHOICE)
    TRY(bind_value(&bound, store, insert, info, &field[id], err));
  const char *file = instance != NULL ? instance->file[id] : NULL;
  if (file != NULL) file = path_base(file); /* where its writer keeps it is no part of a run */
  if (instance != NULL)
    bound |= store_bind_text(insert, 6, instance->text[id]) | store_bind_text(insert, 7, file) |
             sqlite3_bind_int(insert, 8, instance->line[id]);
  return store_insert_row(store, insert, bound, "keep a parameter", err);
}

/* Three columns; SQL NULL in all of them when there is no certificate. */
static int bind_certificate(sqlite3_stmt *statement, int index, int64_t gates, double bound_W,
                            double bound_V) {
  if (gates == 0)
    return sqlite3_bind_null(statement, index) | sqlite3_bind_null(statement, index + 1) |
           sqlite3_bind_null(statement, index + 2);
  return sqlite3_bind_int64(statement, index, gates) |
         sqlite3_bind_double(statement, index + 1, bound_W) |
         sqlite3_bind_double(statement, index + 2, bound_V);
}

StatusCode store_add_run(Store *store, RunInfo *info, const Instance *instance, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_RUN, err));
  int bound = store_bind_text(insert, 1, info->engine) |
              sqlite3_bind_int64(insert, 2, info->precision) |
              store_bind_text(insert, 3, info->params.instance) |
              store_bind_text(insert, 4, info->params.family) |
              store_bind_text(insert, 5, reading_name(info->params.reading)) |
              store_bind_text(insert, 6, info->plan[0] ? info->plan : NULL) |
              store_bind_text(insert, 7, info->ended[0] ? info->ended : NULL) |
              bind_certificate(insert, 8, info->gates, info->bound_W, info->bound_V) |
              store_bind_text(insert, 11, info->what_if[0] ? info->what_if : NULL);
  TRY(store_insert_row(store, insert, bound, "keep a run", err));
  info->id = sqlite3_last_insert_rowid(store->db);
  for (int id = 0; id < PARAM_COUNT; id++)
    TRY(add_parameter(store, info, instance, (ParamId)id, err));
  return STATUS_OK;
}

StatusCode store_set_outcome(Store *store, int64_t run, const char *plan, const char *ended,
                             Error *err) {
  sqlite3_stmt *update;
  TRY(store_check_writable(store, err));
  TRY(store_prepare(&update, store, "UPDATE run SET plan = ?2, ended = ?3 WHERE id = ?1", err));
  const int bound = sqlite3_bind_int64(update, 1, run) | store_bind_text(update, 2, plan) |
                    store_bind_text(update, 3, ended);
  const StatusCode code = store_insert_row(store, update, bound, "keep how a run went", err);
  sqlite3_finalize(update);
  return code;
}

StatusCode store_set_certificate(Store *store, int64_t run, int64_t gates, double bound_W,
                                 double bound_V, Error *err) {
  sqlite3_stmt *update;
  TRY(store_check_writable(store, err));
  TRY(store_prepare(&update, store,
                    "UPDATE run SET gates = ?2, bound_W = ?3, bound_V = ?4 WHERE id = ?1", err));
  const int bound =
      sqlite3_bind_int64(update, 1, run) | bind_certificate(update, 2, gates, bound_W, bound_V);
  const StatusCode code = store_insert_row(store, update, bound, "keep a certificate", err);
  sqlite3_finalize(update);
  return code;
}

/* ---- reading ---- */

/* Copies a column into a zeroed text of fixed size; SQL NULL, where allowed, is "". */
static StatusCode read_text(char *out, size_t size, Store *store, sqlite3_stmt *statement,
                            int column, bool null_allowed, Error *err) {
  const char *text;
  TRY(store_column_text(&text, store, statement, column, null_allowed, err));
  if (text == NULL) return STATUS_OK; /* out is "" */
  if (strlen(text) >= size) return store_damaged(store, err, "'%.32s...' is too long a name", text);
  strcpy(out, text);
  return STATUS_OK;
}

/* One row of table run. */
static StatusCode read_run(RunInfo *out, Store *store, sqlite3_stmt *statement, Error *err) {
  Params *params = &out->params;
  char reading[32];
  Error unknown;
  out->id = sqlite3_column_int64(statement, 0);
  out->precision = sqlite3_column_int64(statement, 2);
  if (out->precision < 1)
    return store_damaged(store, err, "run %lld has a precision of %lld bits", (long long)out->id,
                         (long long)out->precision);
  TRY(read_text(out->engine, sizeof out->engine, store, statement, 1, false, err));
  TRY(read_text(params->instance, sizeof params->instance, store, statement, 3, false, err));
  TRY(read_text(params->family, sizeof params->family, store, statement, 4, false, err));
  TRY(read_text(reading, sizeof reading, store, statement, 5, false, err));
  TRY(read_text(out->plan, sizeof out->plan, store, statement, 6, true, err));
  TRY(read_text(out->ended, sizeof out->ended, store, statement, 7, true, err));
  out->gates = sqlite3_column_int64(statement, 8); /* NULL: 0 */
  if (out->gates != 0) {
    out->bound_W = store_column_double(statement, 9);
    out->bound_V = store_column_double(statement, 10);
  }
  if (out->gates < 0)
    return store_damaged(store, err, "run %lld has %lld certified gates", (long long)out->id,
                         (long long)out->gates);
  TRY(read_text(out->what_if, sizeof out->what_if, store, statement, 11, true, err));
  if (out->what_if[0] != '\0' && !what_if_name_valid(out->what_if))
    return store_damaged(store, err, "run %lld belongs to '%s', which is no name of a what-if",
                         (long long)out->id, out->what_if);
  if (reading_parse(&params->reading, reading, &unknown) != STATUS_OK)
    return store_damaged(store, err, "run %lld has reading '%s'", (long long)out->id, reading);
  return STATUS_OK;
}

/* One row of table parameter: the next key of PARAM_COUNT in the order of PARAM_LIST. */
static StatusCode read_parameter(Params *out, Store *store, sqlite3_stmt *statement, const Field *f,
                                 int64_t run, Error *err) {
  const char *word;
  if (f->kind == PARAM_KIND_CHOICE) {
    TRY(store_column_text(&word, store, statement, 1, false, err));
    if (params_set_choice(out, param_find(f->key), word)) return STATUS_OK;
    return store_damaged(store, err, "run %lld: %s is '%.40s'", (long long)run, f->key, word);
  }
  arb_t value;
  arb_init(value);
  StatusCode code = store_column_ball(value, store, statement, 0, err);
  if (code == STATUS_OK && !field_set(out, f, value))
    code =
        store_damaged(store, err, "run %lld: parameter %s is out of range", (long long)run, f->key);
  arb_clear(value);
  return code;
}

static StatusCode read_parameters(RunInfo *run, Store *store, sqlite3_stmt *statement, Error *err) {
  for (int id = 0; id < PARAM_COUNT; id++) {
    sqlite3_reset(statement);
    if ((sqlite3_bind_int64(statement, 1, run->id) |
         store_bind_text(statement, 2, field[id].key)) != SQLITE_OK)
      return store_fail(store, "read it", err);
    bool row;
    TRY(store_step(&row, store, statement, err));
    if (!row)
      return store_damaged(store, err, "run %lld has no parameter %s", (long long)run->id,
                           field[id].key);
    TRY(read_parameter(&run->params, store, statement, &field[id], run->id, err));
  }
  return STATUS_OK;
}

/* *count rows of table run; *runs is the caller's even on failure. */
static StatusCode read_runs(RunInfo **runs, size_t *count, Store *store, sqlite3_stmt *statement,
                            Error *err) {
  size_t room = 0;
  bool row;
  for (;;) {
    TRY(store_step(&row, store, statement, err));
    if (!row) return STATUS_OK;
    if (*count == room) {
      room = 2 * room + 8;
      RunInfo *grown = realloc(*runs, room * sizeof *grown);
      if (grown == NULL) return error_memory(err, "runs");
      *runs = grown;
    }
    memset(&(*runs)[*count], 0, sizeof **runs);
    TRY(read_run(&(*runs)[*count], store, statement, err));
    ++*count;
  }
}

StatusCode store_list_runs(RunInfo **runs, size_t *count, Store *store, Error *err) {
  sqlite3_stmt *run = NULL, *parameter = NULL;
  *count = 0;
  *runs = array_alloc(1, sizeof **runs);
  if (*runs == NULL) return error_memory(err, "runs");
  StatusCode code = store_prepare(&run, store, "SELECT * FROM run ORDER BY id", err);
  if (code == STATUS_OK) code = read_runs(runs, count, store, run, err);
  if (code == STATUS_OK)
    code = store_prepare(&parameter, store,
                         "SELECT ball, text FROM parameter WHERE run = ?1 AND key = ?2", err);
  for (size_t k = 0; k < *count && code == STATUS_OK; k++)
    code = read_parameters(&(*runs)[k], store, parameter, err);
  sqlite3_finalize(run);
  sqlite3_finalize(parameter);
  if (code == STATUS_OK) return code;
  free(*runs);
  *runs = NULL;
  *count = 0;
  return code;
}

/* Is the formula in a row (key, formula, file, line) of table parameter the instance's? */
static StatusCode same_formula(bool *same, Store *store, sqlite3_stmt *statement,
                               const Instance *instance, Error *err) {
  const char *key, *formula, *file;
  TRY(store_column_text(&key, store, statement, 0, false, err));
  TRY(store_column_text(&formula, store, statement, 1, true, err));
  TRY(store_column_text(&file, store, statement, 2, true, err));
  const ParamId id = param_find(key);
  *same = id != PARAM_COUNT && formula != NULL && file != NULL &&
          strcmp(formula, instance->text[id]) == 0 &&
          strcmp(file, path_base(instance->file[id])) == 0 &&
          sqlite3_column_int64(statement, 3) == instance->line[id];
  return STATUS_OK;
}

StatusCode store_same_formulas(bool *same, Store *store, int64_t run, const Instance *instance,
                               Error *err) {
  sqlite3_stmt *statement;
  int count = 0;
  *same = true;
  TRY(store_prepare(&statement, store,
                    "SELECT key, formula, file, line FROM parameter WHERE run = ?1", err));
  sqlite3_bind_int64(statement, 1, run);
  bool row;
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row && *same) {
    code = same_formula(same, store, statement, instance, err);
    if (code != STATUS_OK) break;
    count++;
  }
  sqlite3_finalize(statement);
  *same = *same && count == PARAM_COUNT;
  return code;
}
