/* trace.c -- everything recorded of one run, in memory. */
#include <stdlib.h>

#include "src/store_internal.h"

/* *info := the run of that id. */
static StatusCode find_run(RunInfo *info, Store *store, int64_t run, Error *err) {
  RunInfo *runs;
  size_t count, k = 0;
  TRY(store_list_runs(&runs, &count, store, err));
  while (k < count && runs[k].id != run)
    k++;
  if (k < count) *info = runs[k];
  free(runs);
  if (k < count) return STATUS_OK;
  return error_set(err, STATUS_DATA, "%s: there is no run %lld", store_path(store), (long long)run);
}

/* *out := the number of values recorded of a run. */
static StatusCode count_values(size_t *out, Store *store, int64_t run, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT count(*) FROM record WHERE run = ?1", err));
  bool row = false;
  StatusCode code = sqlite3_bind_int64(statement, 1, run) == SQLITE_OK
                        ? store_step(&row, store, statement, err)
                        : store_fail(store, "read it", err);
  *out = row ? (size_t)sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  return code;
}

/* Value number k of the run: observable k mod OBSERVABLE_COUNT of record k div OBSERVABLE_COUNT, or
 * something is missing. */
static StatusCode read_value(Trace *out, Store *store, sqlite3_stmt *statement, size_t k,
                             Error *err) {
  size_t at = k / OBSERVABLE_COUNT, id = k % OBSERVABLE_COUNT;
  int64_t step = sqlite3_column_int64(statement, 0);
  if (at >= out->count || sqlite3_column_int64(statement, 1) != (int64_t)id ||
      (id > 0 && step != out->step[at]) || step < 0)
    return store_damaged(
        store, err, "run %lld: the record of step %lld lacks %s, or is out of order",
        (long long)out->info.id, (long long)(id > 0 ? out->step[at] : step), observable_name[id]);
  out->step[at] = step;
  TRY(store_column_ball(&out->value[id][at], store, statement, 2, err));
  if (!arb_is_finite(&out->value[id][at]))
    return store_not_finite(store, err, out->info.id, step, observable_name[id]);
  return STATUS_OK;
}

static StatusCode read_values(Trace *out, Store *store, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store,
                    "SELECT step, observable, ball FROM record WHERE run = ?1"
                    " ORDER BY step, observable",
                    err));
  bool row;
  size_t k = 0;
  StatusCode code = sqlite3_bind_int64(statement, 1, out->info.id) == SQLITE_OK
                        ? STATUS_OK
                        : store_fail(store, "read it", err);
  while (code == STATUS_OK && (code = store_step(&row, store, statement, err)) == STATUS_OK && row)
    code = read_value(out, store, statement, k++, err);
  sqlite3_finalize(statement);
  return code;
}

static StatusCode trace_fill(Trace *out, Store *store, int64_t run, Error *err) {
  TRY(find_run(&out->info, store, run, err));
  size_t values;
  TRY(count_values(&values, store, run, err));
  if (values % OBSERVABLE_COUNT != 0)
    return store_damaged(store, err, "run %lld has %zu recorded values, expected a multiple of %d",
                         (long long)run, values, OBSERVABLE_COUNT);
  size_t count = values / OBSERVABLE_COUNT;
  out->step = array_alloc(count, sizeof *out->step);
  if (out->step == NULL) return error_memory(err, "steps of a run");
  out->count = count;
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    out->value[id] = _arb_vec_init((slong)count);
  TRY(read_values(out, store, err));
  return store_load_moments(out, store, err);
}

StatusCode trace_load(Trace *out, Store *store, int64_t run, Error *err) {
  *out = (Trace){0};
  StatusCode code = trace_fill(out, store, run, err);
  if (code != STATUS_OK) trace_clear(out);
  return code;
}

void trace_clear(Trace *trace) {
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    if (trace->value[id] != NULL) _arb_vec_clear(trace->value[id], (slong)trace->count);
  for (int id = 0; id < MOMENT_COUNT; id++)
    if (trace->moment[id] != NULL) _arb_vec_clear(trace->moment[id], (slong)trace->moment_count);
  free(trace->moment_step);
  free(trace->step);
  *trace = (Trace){0};
}

int64_t trace_find(const Trace *trace, int64_t step) {
  size_t low = 0, high = trace->count; /* the step is in [low, high) if anywhere */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (trace->step[middle] == step) return (int64_t)middle;
    if (trace->step[middle] < step)
      low = middle + 1;
    else
      high = middle;
  }
  return -1;
}
