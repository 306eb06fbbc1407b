/* checkpoint.c -- writes checkpoints and finds them again. */
#include "src/checkpoint.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_FACT "request"

/* ---- whose it is ---- */

static void put_formulas(FILE *out, const Instance *instance, ParamId id) {
  fprintf(out, "  %s (%s:%d:%d)", instance->text[id], instance->file[id], instance->line[id],
          instance->column[id]);
}

static void put_request(FILE *out, const RunRequest *r) {
  const Params *p = r->params;
  char value[64];
  fprintf(out, "program %s, schema %d\n", r->checkpoint.program, STORE_SCHEMA);
  fprintf(out, "engine %s, %" PRId64 " bits, at least %" PRId64 ", certify %d\n",
          engine_name(r->engine), r->precision, r->least, r->certify);
  fprintf(out, "why %s\n", r->why != NULL ? r->why : "");
  fprintf(out, "record every %" PRId64 ", sparse %d, at", r->record_every, r->sparse);
  for (size_t i = 0; i < r->at_count; i++)
    fprintf(out, " %" PRId64, r->at[i]);
  fprintf(out, "\nwhat-if %s\ninstance %s of %s\n", r->what_if != NULL ? r->what_if : "none",
          p->instance, p->family);
  for (int id = 0; id < PARAM_COUNT; id++) {
    params_format(value, sizeof value, p, (ParamId)id);
    fprintf(out, "%s = %s", param_info[id].key, value);
    if (r->instance != NULL) put_formulas(out, r->instance, (ParamId)id);
    putc('\n', out);
  }
}

static StatusCode request_text(char **out, const RunRequest *request, Error *err) {
  size_t size;
  *out = NULL;
  FILE *stream = open_memstream(out, &size);
  if (stream == NULL) return error_memory(err, "a request");
  put_request(stream, request);
  if (fclose(stream) == 0) return STATUS_OK;
  free(*out);
  *out = NULL;
  return error_memory(err, "a request");
}

/* ---- its files ---- */

/* By way of the folder: so nothing is allocated, and both can be relied on when memory is out. */

static bool exists(const char *folder) {
  const int place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (place < 0) return false;
  const bool is = faccessat(place, "run.db", F_OK, 0) == 0;
  close(place);
  return is;
}

void checkpoint_remove(const char *folder) {
  const int place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (place < 0) return;
  unlinkat(place, "run.db", 0);
  unlinkat(place, "run.db.part", 0);
  close(place);
  rmdir(folder);
}

/* ---- finding ---- */

static void head_state(State *state, CheckpointHead *head, const RunRequest *request) {
  state_integer(state, "attempt", &head->attempt, 0, 100);
  state_integer(state, "precision", &head->precision, 1, PRECISION_MAX);
  state_integer(state, "next step", &head->step, 0, request->params->t1 + request->params->t2);
  state_text(state, "story", head->story, sizeof head->story);
}

/* *is := the store in a folder is one of this request. */
static StatusCode is_of_request(bool *is, Store *store, const RunRequest *request, Error *err) {
  char *wanted, *found = NULL;
  TRY(request_text(&wanted, request, err));
  const StatusCode code = store_get_fact(&found, store, REQUEST_FACT, err);
  *is = code == STATUS_OK && found != NULL && strcmp(found, wanted) == 0;
  free(wanted);
  free(found);
  return code;
}

static StatusCode explain_damage(const RunRequest *request, StatusCode code, Error *err) {
  if (code != STATUS_DATA) return code;
  const Error inner = *err;
  return error_set(err, code, "%.300s; expected a checkpoint: remove %.120s to start from step 0",
                   inner.message, request->checkpoint.folder);
}

static StatusCode read_head(CheckpointHead *out, Store *store, const RunRequest *request,
                            Error *err) {
  State state = state_open(store, true);
  TRY(is_of_request(&out->found, store, request, err));
  if (!out->found) return STATUS_OK;
  head_state(&state, out, request);
  return state_result(&state, err);
}

StatusCode checkpoint_find(CheckpointHead *out, const RunRequest *request, Error *err) {
  const char *folder = request->checkpoint.folder;
  Store *store;
  *out = (CheckpointHead){.found = false};
  if (folder == NULL || !exists(folder)) return STATUS_OK;
  StatusCode code = store_open(&store, folder, err);
  if (code == STATUS_OK) {
    code = read_head(out, store, request, err);
    store_close(store);
  }
  return explain_damage(request, code, err);
}

/* ---- finished runs ---- */

StatusCode checkpoint_sign(Store *store, const RunRequest *request, Error *err) {
  char *text;
  TRY(request_text(&text, request, err));
  const StatusCode code = store_set_fact(store, REQUEST_FACT, text, err);
  free(text);
  return code;
}

StatusCode checkpoint_is_finished(bool *is, Error *damage, const char *folder,
                                  const RunRequest *request, Error *err) {
  Store *store;
  *is = false;
  *damage = (Error){.code = STATUS_OK};
  StatusCode code = store_open(&store, folder, err);
  if (code == STATUS_DATA) *damage = *err;
  if (code == STATUS_DATA || code == STATUS_NOINPUT) return STATUS_OK;
  if (code != STATUS_OK) return code; /* nothing is known */
  code = is_of_request(is, store, request, err);
  store_close(store);
  return code;
}

/* ---- saving and restoring ---- */

static StatusCode fill(Store *to, const RunRequest *request, const CheckpointHead *head,
                       Store *store, int64_t run, CheckpointWalk walk, void *context, Error *err) {
  State state = state_open(to, false);
  CheckpointHead kept = *head;
  int64_t copied;
  TRY(checkpoint_sign(to, request, err));
  TRY(store_copy_run(&copied, to, store, run, err));
  head_state(&state, &kept, request);
  walk(&state, context);
  return state_result(&state, err);
}

StatusCode checkpoint_save(const RunRequest *request, const CheckpointHead *head, Store *store,
                           int64_t run, CheckpointWalk walk, void *context, Error *err) {
  Store *to;
  TRY(store_create(&to, request->checkpoint.folder, err));
  const StatusCode code = fill(to, request, head, store, run, walk, context, err);
  if (code == STATUS_OK) return store_finish(to, err);
  store_close(to);
  return code;
}

StatusCode checkpoint_restore(int64_t *run, Store *store, const RunRequest *request,
                              CheckpointWalk walk, void *context, Error *err) {
  Store *from;
  StatusCode code = store_open(&from, request->checkpoint.folder, err);
  if (code == STATUS_OK) {
    State state = state_open(from, true);
    code = store_copy_run(run, store, from, 1, err);
    if (code == STATUS_OK) {
      walk(&state, context);
      code = state_result(&state, err);
    }
    store_close(from);
  }
  return explain_damage(request, code, err);
}
