/* plan_replay.c -- the replay files of a store's verdicts. */
#include "src/plan_replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/fileset.h"
#include "verify/replay_file.h"

typedef struct {
  Store *store;
  const ClaimSet *claims;
  FileSet *files;
  Trace trace;
  char data[DIGEST_SIZE], weights[DIGEST_SIZE + 32];
  size_t count;
  FILE *left_out;
  bool *told; /* (claims->count) that the claim was left out */
  StatusCode code;
  Error *err;
} Writer;

/* out := the digest of the run's W and V at its end, as they are kept, and whose they are. */
static StatusCode name_weights(Writer *w, Error *err) {
  static const char *const name[] = {"W", "V"};
  const RunInfo *run = &w->trace.info;
  Digest digest;
  TRY(digest_open(&digest, err));
  arb_mat_t weight;
  arb_mat_init(weight, run->params.d, run->params.d);
  StatusCode code = STATUS_OK;
  for (int k = 0; k < 2 && code == STATUS_OK; k++) {
    code =
        store_get_weights(weight, w->store, run->id, run->params.t1 + run->params.t2, name[k], err);
    for (slong i = 0; i < run->params.d * run->params.d && code == STATUS_OK; i++) {
      char *text = arb_dump_str(weight->entries + i);
      digest_text(&digest, text, strlen(text));
      flint_free(text);
    }
  }
  char digits[DIGEST_SIZE];
  digest_close_text(digits, &digest);
  snprintf(w->weights, sizeof w->weights, "%s (%s, %lld bits)", digits, run->engine,
           (long long)run->precision);
  arb_mat_clear(weight);
  return code;
}

/* Makes the run of a verdict the one at hand. */
static StatusCode load_run(Writer *w, int64_t run, Error *err) {
  if (w->trace.count > 0 && w->trace.info.id == run) return STATUS_OK;
  Dataset data = {0};
  trace_clear(&w->trace);
  TRY(trace_load(&w->trace, w->store, run, err));
  TRY(dataset_generate(&data, &w->trace.info.params, err));
  const StatusCode code = replay_data_digest(w->data, &data, err);
  dataset_clear(&data);
  return code == STATUS_OK ? name_weights(w, err) : code;
}

static void leave_out(Writer *w, const Claim *claim, const char *why) {
  bool *told = &w->told[claim - w->claims->claim];
  if (!*told) fprintf(w->left_out, "%s%s (%s)", ftell(w->left_out) > 0 ? ", " : "", claim->id, why);
  *told = true;
}

static StatusCode write_one(Writer *w, const VerdictRow *row, Error *err) {
  const Claim *claim = claims_find(w->claims, row->claim);
  char name[96], why[REPLAY_WHY_SIZE];
  FILE *out;
  if (claim == NULL) return STATUS_OK;
  TRY(load_run(w, row->run, err));
  if (!replay_is_possible(why, claim, row, &w->trace)) {
    leave_out(w, claim, why);
    return STATUS_OK;
  }
  snprintf(name, sizeof name, "%s.%s.replay", row->claim, row->reading);
  for (char *p = name; *p; p++)
    if (*p == '/') *p = '-';
  TRY(fileset_add(&out, w->files, name, err));
  w->count++;
  return replay_write(out, claim, row, &w->trace, w->data, w->weights, err);
}

static bool visit(const VerdictRow *row, void *context) {
  Writer *w = context;
  VerdictKind kind;
  if (!verdict_parse(&kind, row->verdict)) return true;
  if (row->certified ? kind != VERDICT_INCONCLUSIVE : kind == VERDICT_FAILS)
    w->code = write_one(w, row, w->err);
  return w->code == STATUS_OK;
}

/* Writes the files into a folder. */
static StatusCode write_files(Writer *w, const char *folder, Error *err) {
  TRY(fileset_open(&w->files, folder, err));
  StatusCode code = store_each_verdict(w->store, visit, w, err);
  if (code == STATUS_OK) code = w->code;
  if (code == STATUS_OK) return fileset_commit(w->files, err);
  fileset_drop(w->files);
  return code;
}

StatusCode replay_write_all(size_t *count, char **left_out, const char *out, Store *store,
                            const ClaimSet *claims, Error *err) {
  const size_t size = strlen(out) + sizeof "/replay";
  size_t written = 0;
  char *folder = array_alloc(size, 1);
  *count = 0;
  *left_out = NULL;
  Writer w = {.store = store,
              .claims = claims,
              .left_out = open_memstream(left_out, &written),
              .told = array_alloc(claims->count, sizeof *w.told),
              .code = STATUS_OK,
              .err = err};
  StatusCode code = STATUS_OK;
  if (folder == NULL || w.left_out == NULL || w.told == NULL)
    code = error_memory(err, "replay files");
  if (code == STATUS_OK) {
    snprintf(folder, size, "%s/replay", out);
    code = write_files(&w, folder, err);
  }
  if (w.left_out != NULL && fclose(w.left_out) != 0 && code == STATUS_OK)
    code = error_memory(err, "replay files");
  if (code != STATUS_OK || written == 0) {
    free(*left_out);
    *left_out = NULL;
  }
  free(folder);
  free(w.told);
  trace_clear(&w.trace);
  *count = w.count;
  return code;
}
