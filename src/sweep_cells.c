/* sweep_cells.c -- the cells of a sweep in their run stores: found, trained, collected. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "src/checkpoint.h"
#include "src/dataset.h"
#include "src/sweep.h"

#define WAIT_SECONDS 20 /* for a process that is about to give up a cell */

/* out := DIR/cells[/NAME][suffix]; cell = cell_count: DIR/cells itself. False: it is too long. */
static bool cell_path_in(char *out, size_t size, const Sweep *sweep, size_t cell,
                         const char *suffix) {
  char name[SWEEP_NAME_SIZE] = "";
  if (cell < sweep->cell_count) sweep_name(name, sweep, cell);
  const int length = snprintf(out, size, "%s/cells%s%s%s", sweep->folder,
                              name[0] != '\0' ? "/" : "", name, suffix);
  return length >= 0 && (size_t)length < size;
}

/* The same; malloc'ed. */
static StatusCode cell_path(char **out, const Sweep *sweep, size_t cell, const char *suffix,
                            Error *err) {
  const size_t size = strlen(sweep->folder) + SWEEP_NAME_SIZE + strlen(suffix) + 16;
  *out = array_alloc(size, 1);
  if (*out == NULL) return error_memory(err, "the folder of a cell");
  (void)cell_path_in(*out, size, sweep, cell, suffix); /* it is long enough */
  return STATUS_OK;
}

/* ---- finding ---- */

/* A store of ours that may hold finished cells; its runs by id. */
typedef struct {
  Store *store; /* NULL: nothing to be found here */
  RunInfo *run;
  size_t count;
  Error why; /* what prevented looking; STATUS_OK when there was nothing to be found */
} Source;

static void source_close(Source *source) {
  store_close(source->store);
  free(source->run);
  source->store = NULL;
  source->run = NULL;
  source->count = 0;
}

/* *same := the store was made by this program, on the schedule of sweeps. */
static StatusCode same_program(bool *same, Store *store, const Sweep *sweep, Error *err) {
  *same = true;
  for (size_t i = 0; i <= sweep->fact_count && *same; i++) {
    const SweepFact records = {"records", SWEEP_RECORDS};
    const SweepFact *fact = i < sweep->fact_count ? &sweep->fact[i] : &records;
    char *value;
    TRY(store_get_fact(&value, store, fact->key, err));
    *same = value != NULL && strcmp(value, fact->value) == 0;
    free(value);
  }
  return STATUS_OK;
}

/* *out := the store in a folder, if it is whole and this program's, or of any for NULL. A store
   that is missing, damaged or a stranger's is no error: what it should have held is trained. */
static void source_open(Source *out, const char *folder, const Sweep *sweep,
                        void (*tell)(const Error *damage)) {
  bool same = sweep == NULL;
  *out = (Source){.count = 0};
  StatusCode code = store_open(&out->store, folder, &out->why);
  if (code == STATUS_DATA && tell != NULL) tell(&out->why);
  if (code == STATUS_OK && sweep != NULL) code = same_program(&same, out->store, sweep, &out->why);
  if (code == STATUS_OK && same)
    code = store_list_runs(&out->run, &out->count, out->store, &out->why);
  if (code != STATUS_OK || !same) source_close(out);
}

static bool same_params(const Params *a, const Params *b) {
  char x[64], y[64];
  if (strcmp(a->instance, b->instance) != 0 || strcmp(a->family, b->family) != 0) return false;
  for (int id = 0; id < PARAM_COUNT; id++) {
    params_format(x, sizeof x, a, (ParamId)id);
    params_format(y, sizeof y, b, (ParamId)id);
    if (strcmp(x, y) != 0) return false;
  }
  return true;
}

/* The ball engine plans its own bits, up to what was asked for; that is a fact of its stores. */
static bool fits_precision(int64_t bits, const Sweep *sweep) {
  return sweep->engine == ENGINE_BALL ? bits <= sweep->precision : bits == sweep->precision;
}

/* *run := the run of a cell, 0 when there is none. */
static StatusCode source_find(int64_t *run, const Source *source, const Sweep *sweep, size_t cell,
                              Error *err) {
  *run = 0;
  for (size_t i = 0; i < source->count; i++) {
    const RunInfo *found = &source->run[i];
    bool same;
    if (strcmp(found->engine, engine_name(sweep->engine)) != 0 ||
        !fits_precision(found->precision, sweep) ||
        !same_params(&found->params, &sweep->cell[cell]))
      continue;
    TRY(sweep_set_cell(sweep, cell, err));
    const StatusCode code =
        store_same_formulas(&same, source->store, found->id, sweep->instance, err);
    if (code == STATUS_DATA) continue; /* then it is not believed either */
    TRY(code);
    if (!same) continue;
    *run = found->id;
    return STATUS_OK;
  }
  return STATUS_OK;
}

/* *run := the cell's run in its own folder, with *out open; 0, and nothing open, when there is
 * none. */
static StatusCode own_open(Source *out, int64_t *run, const Sweep *sweep, size_t cell,
                           void (*tell)(const Error *damage), Error *err) {
  char *folder;
  *out = (Source){.count = 0};
  *run = 0;
  TRY(cell_path(&folder, sweep, cell, "", err));
  source_open(out, folder, sweep, tell);
  free(folder);
  const StatusCode code = source_find(run, out, sweep, cell, err);
  if (code != STATUS_OK || *run == 0) source_close(out);
  return code;
}

static StatusCode is_finished(bool *out, const Source *earlier, const Sweep *sweep, size_t cell,
                              Error *err) {
  Source own;
  int64_t run;
  TRY(source_find(&run, earlier, sweep, cell, err));
  if (run == 0) {
    TRY(own_open(&own, &run, sweep, cell, sweep->tell, err));
    source_close(&own);
  }
  *out = run != 0;
  return STATUS_OK;
}

StatusCode sweep_find(bool *finished, const Sweep *sweep, Error *err) {
  Source earlier;
  source_open(&earlier, sweep->folder, sweep, sweep->tell);
  StatusCode code = STATUS_OK;
  for (size_t k = 0; k < sweep->cell_count && code == STATUS_OK; k++)
    code = is_finished(&finished[k], &earlier, sweep, k, err);
  source_close(&earlier);
  return code;
}

static int by_seed(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* Sorts seeds and drops what is there twice; returns how many are left. */
static size_t distinct(int64_t *seed, size_t count) {
  size_t kept = 0;
  qsort(seed, count, sizeof *seed, by_seed);
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || seed[i] != seed[kept - 1]) seed[kept++] = seed[i];
  return kept;
}

static StatusCode compare_seeds(size_t *before, size_t *now, bool *same, const Source *earlier,
                                const Sweep *sweep, Error *err) {
  int64_t run = 0;
  *before = *now = 0;
  *same = false;
  for (size_t k = 0; k < sweep->cell_count && run == 0; k++)
    TRY(source_find(&run, earlier, sweep, k, err));
  if (run == 0) return STATUS_OK;
  int64_t *seed = array_alloc(earlier->count + sweep->cell_count, sizeof *seed);
  if (seed == NULL) return error_memory(err, "seeds");
  int64_t *own = seed + earlier->count;
  for (size_t i = 0; i < earlier->count; i++)
    seed[i] = earlier->run[i].params.seed;
  for (size_t k = 0; k < sweep->cell_count; k++)
    own[k] = sweep->cell[k].seed;
  *before = distinct(seed, earlier->count);
  *now = distinct(own, sweep->cell_count);
  *same = *before == *now && memcmp(seed, own, *now * sizeof *own) == 0;
  free(seed);
  return STATUS_OK;
}

StatusCode sweep_seeds_before(size_t *before, size_t *now, bool *same, const Sweep *sweep,
                              Error *err) {
  Source earlier;
  source_open(&earlier, sweep->folder, NULL, NULL);
  const StatusCode code = compare_seeds(before, now, same, &earlier, sweep, err);
  source_close(&earlier);
  return code;
}

/* ---- training ---- */

static StatusCode add_facts(Store *store, const Sweep *sweep, Error *err) {
  for (size_t i = 0; i < sweep->fact_count; i++)
    TRY(store_set_fact(store, sweep->fact[i].key, sweep->fact[i].value, err));
  return store_set_fact(store, "records", SWEEP_RECORDS, err);
}

static StatusCode train_into(Store *store, const Sweep *sweep, size_t cell, const char *checkpoint,
                             const Progress *progress, Error *err) {
  Dataset data = {0};
  int64_t run;
  const RunRequest request = {.params = &sweep->cell[cell],
                              .instance = sweep->instance,
                              .engine = sweep->engine,
                              .precision = sweep->precision,
                              .plain = sweep->plain,
                              .sparse = true,
                              .checkpoint = {checkpoint, sweep->program, sweep->checkpoint_seconds},
                              .progress = *progress};
  TRY(add_facts(store, sweep, err));
  TRY(sweep_set_cell(sweep, cell, err));
  StatusCode code = dataset_generate(&data, &sweep->cell[cell], err);
  if (code == STATUS_OK) code = run_train(&run, store, &data, &request, err);
  dataset_clear(&data);
  return code;
}

/* A worker whose parent was killed gives up at its next step, and until then holds its cell; it may
 *even finish it. store := NULL: so it did. */
static StatusCode wait_create(Store **store, const char *folder, const Sweep *sweep, size_t cell,
                              Error *err) {
  const struct timespec pause = {.tv_nsec = 50000000};
  StatusCode code = STATUS_OK;
  for (int i = 0; i < 20 * WAIT_SECONDS; i++) {
    Source own;
    int64_t run;
    *store = NULL;
    TRY(own_open(&own, &run, sweep, cell, NULL, err));
    source_close(&own);
    if (run != 0) return STATUS_OK;
    code = store_create(store, folder, err);
    if (!store_is_taken(code, err)) return code;
    nanosleep(&pause, NULL);
  }
  return code;
}

StatusCode sweep_train(const Sweep *sweep, size_t cell, const Progress *progress, Error *err) {
  char *folder;
  Store *store;
  TRY(cell_path(&folder, sweep, cell, "", err));
  StatusCode code = wait_create(&store, folder, sweep, cell, err);
  free(folder);
  if (code != STATUS_OK || store == NULL) return code;
  code = cell_path(&folder, sweep, cell, "/checkpoint", err);
  if (code == STATUS_OK) code = train_into(store, sweep, cell, folder, progress, err);
  if (code == STATUS_OK)
    code = store_finish(store, err);
  else
    store_close(store);
  if (code == STATUS_OK) checkpoint_remove(folder);
  free(folder);
  return code;
}

/* ---- collecting ---- */

/* What the axes of a run are, beside it. */
static StatusCode add_axes(Store *to, int64_t run, const Sweep *sweep, size_t cell, Error *err) {
  for (size_t a = 0; a < sweep->axis_count; a++) {
    const SweepAxis *axis = &sweep->axis[a];
    char number[64];
    params_format(number, sizeof number, &sweep->cell[cell], axis->id);
    const bool is_number = param_info[axis->id].kind != PARAM_KIND_CHOICE;
    TRY(store_add_cell(to, run, param_info[axis->id].key, axis->value[sweep_index(sweep, cell, a)],
                       is_number ? strtod(number, NULL) : NAN, err));
  }
  return STATUS_OK;
}

/* A finished cell was not found: could one of its places not be looked at, or is it gone? */
static StatusCode lost(const Source *own, const Source *earlier, const char *label, Error *err) {
  const Source *place[] = {own, earlier};
  for (int i = 0; i < 2; i++)
    if (place[i]->why.code != STATUS_OK && place[i]->why.code != STATUS_NOINPUT)
      return error_set(err, place[i]->why.code, "%s", place[i]->why.message);
  return error_set(err, STATUS_INTERNAL, "cell %s was finished, but is not there any more", label);
}

static StatusCode collect_cell(Store *to, const Source *earlier, const Sweep *sweep, size_t cell,
                               Error *err) {
  Source own = {.count = 0};
  int64_t from, run;
  char label[128];
  TRY(source_find(&from, earlier, sweep, cell, err));
  const bool is_earlier = from != 0;
  if (!is_earlier) TRY(own_open(&own, &from, sweep, cell, NULL, err));
  sweep_label(label, sizeof label, sweep, cell);
  StatusCode code =
      from != 0 ? store_copy_run(&run, to, is_earlier ? earlier->store : own.store, from, err)
                : lost(&own, earlier, label, err);
  if (code == STATUS_OK) code = add_axes(to, run, sweep, cell, err);
  source_close(&own);
  return code;
}

StatusCode sweep_collect(Store *to, const Sweep *sweep, const bool *wanted, Error *err) {
  Source earlier;
  TRY(store_set_fact(to, "records", SWEEP_RECORDS, err));
  source_open(&earlier, sweep->folder, sweep, NULL);
  StatusCode code = STATUS_OK;
  for (size_t k = 0; k < sweep->cell_count && code == STATUS_OK; k++)
    if (wanted[k]) code = collect_cell(to, &earlier, sweep, k, err);
  source_close(&earlier);
  return code;
}

/* Without an allocation: what is to go goes when memory is out, too. */
static void remove_at(const Sweep *sweep, size_t cell, const char *suffix,
                      void (*remover)(const char *path)) {
  char path[PATH_MAX];
  if (cell_path_in(path, sizeof path, sweep, cell, suffix)) remover(path);
}

static void remove_file(const char *path) {
  unlink(path);
}

static void remove_folder(const char *path) {
  rmdir(path);
}

void sweep_remove(const Sweep *sweep, const bool *cells, bool only_unfinished) {
  for (size_t k = 0; k < sweep->cell_count; k++) {
    if (!cells[k]) continue;
    remove_at(sweep, k, "/run.db.part", remove_file);
    if (!only_unfinished) {
      remove_at(sweep, k, "/run.db", remove_file);
      remove_at(sweep, k, "/checkpoint", checkpoint_remove);
    }
    remove_at(sweep, k, "", remove_folder);
  }
  remove_at(sweep, sweep->cell_count, "", remove_folder);
}
