/* store_spectrum.c -- spectra, the truncation experiment and the moments of named steps, to and
 * from the run store. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/store_internal.h"

/* ---- spectra ---- */

StatusCode store_add_spectrum(Store *store, int64_t run, int64_t step, const char *name,
                              const char *kind, const double *re, const double *im, size_t count,
                              Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_SPECTRUM, err));
  int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, step) |
              store_bind_text(insert, 3, name) | store_bind_text(insert, 4, kind);
  for (size_t k = 0; k < count; k++) {
    bound |= sqlite3_bind_int64(insert, 5, (int64_t)k) | sqlite3_bind_double(insert, 6, re[k]) |
             (im != NULL ? sqlite3_bind_double(insert, 7, im[k]) : sqlite3_bind_null(insert, 7));
    bound |= sqlite3_bind_null(insert, 8) | sqlite3_bind_null(insert, 9);
    TRY(store_insert_row(store, insert, bound, "keep a spectrum", err));
  }
  return STATUS_OK;
}

/* The nearest double at index and the ball at index + 2. */
static int bind_enclosed(sqlite3_stmt *insert, int index, const arb_t x) {
  char *text = arb_dump_str(x);
  const int valid = ball_text_valid(text) ? SQLITE_OK : SQLITE_TOOBIG;
  return valid | sqlite3_bind_double(insert, index, arf_get_d(arb_midref(x), ARF_RND_NEAR)) |
         sqlite3_bind_text(insert, index + 2, text, -1, flint_free);
}

StatusCode store_add_eigenvalues(Store *store, int64_t run, int64_t step, const char *name,
                                 acb_srcptr values, size_t count, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_SPECTRUM, err));
  int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, step) |
              store_bind_text(insert, 3, name) | store_bind_text(insert, 4, "eigenvalue");
  for (size_t k = 0; k < count; k++) {
    bound |= sqlite3_bind_int64(insert, 5, (int64_t)k) |
             bind_enclosed(insert, 6, acb_realref(values + k)) |
             bind_enclosed(insert, 7, acb_imagref(values + k));
    TRY(store_insert_row(store, insert, bound, "keep a spectrum", err));
  }
  return STATUS_OK;
}

StatusCode store_get_spectrum(double *re, double *im, size_t count, Store *store, int64_t run,
                              int64_t step, const char *name, const char *kind, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare_at(&statement, store,
                       "SELECT k, re, im FROM spectrum WHERE run = ?1 AND step = ?2 AND name = ?3"
                       " AND kind = ?4 ORDER BY k",
                       run, step, name, err));
  size_t k = 0;
  bool row;
  StatusCode code = store_bind_text(statement, 4, kind) == SQLITE_OK
                        ? STATUS_OK
                        : store_fail(store, "read a spectrum", err);
  while (code == STATUS_OK && (code = store_step(&row, store, statement, err)) == STATUS_OK &&
         row) {
    bool fits = k < count;
    if (fits && sqlite3_column_int64(statement, 0) != (int64_t)k) break;
    if (fits) {
      re[k] = sqlite3_column_double(statement, 1);
      if (im != NULL)
        im[k] = sqlite3_column_double(statement, 2); /* NULL, of a singular value: 0 */
      if (!isfinite(re[k]) || (im != NULL && !isfinite(im[k]))) {
        code = store_not_finite(store, err, run, step, kind);
        break;
      }
    }
    k++;
    if (!fits) break;
  }
  sqlite3_finalize(statement);
  return code == STATUS_OK && k != count ? store_count_error(store, run, step, kind, k, count, err)
                                         : code;
}

StatusCode store_get_eigenvalues(acb_ptr values, size_t count, Store *store, int64_t run,
                                 int64_t step, const char *name, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare_at(&statement, store,
                       "SELECT k, re_ball, im_ball FROM spectrum WHERE run = ?1 AND step = ?2"
                       " AND name = ?3 AND kind = 'eigenvalue' ORDER BY k",
                       run, step, name, err));
  size_t k = 0;
  bool row;
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    if (k >= count || sqlite3_column_int64(statement, 0) != (int64_t)k) {
      k++;
      break;
    }
    code = store_column_ball(acb_realref(values + k), store, statement, 1, err);
    if (code == STATUS_OK)
      code = store_column_ball(acb_imagref(values + k), store, statement, 2, err);
    if (code != STATUS_OK) break;
    k++;
  }
  sqlite3_finalize(statement);
  return code == STATUS_OK && k != count
             ? store_count_error(store, run, step, "eigenvalue", k, count, err)
             : code;
}

/* ---- truncation ---- */

static const char *const part_name[2] = {"rest", "top"};

StatusCode store_add_truncations(Store *store, int64_t run, int64_t step, const Truncation *rows,
                                 size_t count, Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_TRUNCATION, err));
  int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, step);
  for (size_t k = 0; k < count; k++) {
    const Truncation *row = &rows[k];
    const double number[] = {row->loss[BLOCK_P], row->loss[BLOCK_Q], row->accuracy[BLOCK_P],
                             row->accuracy[BLOCK_Q]};
    bound |=
        sqlite3_bind_int64(insert, 3, row->rank) | store_bind_text(insert, 4, part_name[row->top]);
    for (int i = 0; i < 4; i++)
      bound |= sqlite3_bind_double(insert, 5 + i, number[i]);
    TRY(store_insert_row(store, insert, bound, "keep a truncation", err));
  }
  return STATUS_OK;
}

static StatusCode read_truncation(Truncation *out, Store *store, sqlite3_stmt *statement,
                                  int64_t run, int64_t step, Error *err) {
  const char *part;
  TRY(store_column_text(&part, store, statement, 1, false, err));
  if (strcmp(part, part_name[0]) != 0 && strcmp(part, part_name[1]) != 0)
    return store_damaged(store, err, "'%.32s' is no part of a spectrum", part);
  *out = (Truncation){
      .top = strcmp(part, part_name[1]) == 0,
      .rank = sqlite3_column_int64(statement, 0),
      .loss = {sqlite3_column_double(statement, 2), sqlite3_column_double(statement, 3)},
      .accuracy = {sqlite3_column_double(statement, 4), sqlite3_column_double(statement, 5)}};
  for (int column = 2; column <= 5; column++)
    if (!isfinite(sqlite3_column_double(statement, column)))
      return store_not_finite(store, err, run, step, sqlite3_column_name(statement, column));
  return STATUS_OK;
}

StatusCode store_each_truncation(Store *store, int64_t run, int64_t step,
                                 bool (*visit)(const Truncation *, void *), void *context,
                                 Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare_at(&statement, store,
                       "SELECT rank, part, K1, K2, acc_P, acc_Q FROM truncation"
                       " WHERE run = ?1 AND step = ?2 ORDER BY rank, part DESC",
                       run, step, NULL, err));
  bool row, more = true;
  StatusCode code;
  while (more && (code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    Truncation truncation;
    code = read_truncation(&truncation, store, statement, run, step, err);
    if (code != STATUS_OK) break;
    more = visit(&truncation, context);
  }
  sqlite3_finalize(statement);
  return code;
}

/* ---- moments ---- */

StatusCode store_add_moments(Store *store, int64_t run, int64_t step, arb_srcptr values,
                             Error *err) {
  sqlite3_stmt *insert;
  TRY(store_insert_open(&insert, store, INSERT_MOMENT, err));
  int bound = sqlite3_bind_int64(insert, 1, run) | sqlite3_bind_int64(insert, 2, step);
  for (int id = 0; id < MOMENT_COUNT; id++) {
    bound |= store_bind_text(insert, 3, moment_name[id]) | store_bind_ball(insert, 4, values + id);
    TRY(store_insert_row(store, insert, bound, "keep a moment", err));
  }
  return STATUS_OK;
}

/* *count := the named steps at which moments of the run were kept. */
static StatusCode count_steps(size_t *count, Store *store, int64_t run, Error *err) {
  sqlite3_stmt *statement;
  bool row;
  *count = 0;
  TRY(store_prepare_at(&statement, store,
                       "SELECT DISTINCT step FROM moment WHERE run = ?1 AND step >= ?2", run, 0,
                       NULL, err));
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row)
    ++*count;
  sqlite3_finalize(statement);
  return code;
}

/* Row k of the run's moments, by step. */
static StatusCode read_moment(Trace *out, Store *store, sqlite3_stmt *statement, size_t k,
                              Error *err) {
  const char *name;
  const int64_t step = sqlite3_column_int64(statement, 0);
  const size_t at = k / MOMENT_COUNT;
  TRY(store_column_text(&name, store, statement, 1, false, err));
  const int id = moment_find(name);
  if (id < 0)
    return error_set(err, STATUS_DATA, "%s: has a moment '%.32s': stored by another version",
                     store_path(store), name);
  if (at >= out->moment_count || (k % MOMENT_COUNT > 0 && step != out->moment_step[at]))
    return store_damaged(store, err, "run %lld: the moments of step %lld are not %d",
                         (long long)out->info.id, (long long)step, MOMENT_COUNT);
  out->moment_step[at] = step;
  arb_ptr value = &out->moment[id][at];
  TRY(store_column_ball(value, store, statement, 2, err));
  /* What could not be told is NaN with an infinite radius: no relation is true or false of it. */
  if (!arb_is_finite(value) && mag_is_finite(arb_radref(value)))
    return store_not_finite(store, err, out->info.id, step, moment_name[id]);
  return STATUS_OK;
}

StatusCode store_load_moments(Trace *out, Store *store, Error *err) {
  sqlite3_stmt *statement;
  bool row;
  size_t k = 0;
  TRY(count_steps(&out->moment_count, store, out->info.id, err));
  out->moment_step = array_alloc(out->moment_count, sizeof *out->moment_step);
  if (out->moment_step == NULL) return error_memory(err, "named steps of a run");
  for (int id = 0; id < MOMENT_COUNT; id++)
    out->moment[id] = _arb_vec_init((slong)out->moment_count);
  TRY(store_prepare_at(&statement, store,
                       "SELECT step, name, ball FROM moment WHERE run = ?1 AND step >= ?2"
                       " ORDER BY step, name",
                       out->info.id, 0, NULL, err));
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row &&
         (code = read_moment(out, store, statement, k, err)) == STATUS_OK)
    k++;
  sqlite3_finalize(statement);
  if (code == STATUS_OK && k != out->moment_count * MOMENT_COUNT)
    code = store_damaged(store, err, "run %lld has %zu moments at %zu steps, expected %d at each",
                         (long long)out->info.id, k, out->moment_count, MOMENT_COUNT);
  return code;
}

int64_t trace_find_moment(const Trace *trace, int64_t step) {
  for (size_t i = 0; i < trace->moment_count; i++)
    if (trace->moment_step[i] == step) return (int64_t)i;
  return -1;
}
