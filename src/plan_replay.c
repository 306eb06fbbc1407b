/* plan_replay.c -- the replay files of a store's verdicts. */
#include "src/plan_replay.h"

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
  StatusCode code;
  Error *err;
} Writer;

/* out := the digest of the run's W and V at its end, as they are kept, and whose they are. */
static StatusCode name_weights(Writer *w, Error *err) {
  static const char *const name[] = {"W", "V"};
  const RunInfo *run = &w->trace.info;
  Digest digest = digest_open();
  arb_mat_t weight;
  arb_mat_init(weight, run->params.d, run->params.d);
  StatusCode code = STATUS_OK;
  for (int k = 0; k < 2 && code == STATUS_OK; k++) {
    code =
        store_get_weights(weight, w->store, run->id, run->params.t1 + run->params.t2, name[k], err);
    for (slong i = 0; i < run->params.d * run->params.d && code == STATUS_OK; i++) {
      char *text = arb_dump_str(weight->entries + i);
      digest_bytes(&digest, (const unsigned char *)text, strlen(text));
      flint_free(text);
    }
  }
  char digits[DIGEST_SIZE];
  digest_text(digits, &digest);
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
  replay_data_digest(w->data, &data);
  dataset_clear(&data);
  return name_weights(w, err);
}

static StatusCode write_one(Writer *w, const VerdictRow *row, Error *err) {
  const Claim *claim = claims_find(w->claims, row->claim);
  char name[96];
  FILE *out;
  if (claim == NULL) return STATUS_OK;
  TRY(load_run(w, row->run, err));
  if (w->trace.info.params.optimizer != OPTIMIZER_SGD ||
      w->trace.info.params.attention != ATTENTION_RELU)
    return STATUS_OK;
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

StatusCode replay_write_all(size_t *count, const char *out, Store *store, const ClaimSet *claims,
                            Error *err) {
  const size_t size = strlen(out) + sizeof "/replay";
  char *folder = array_alloc(size, 1);
  Writer w = {.store = store, .claims = claims, .code = STATUS_OK, .err = err};
  *count = 0;
  if (folder == NULL) return error_memory(err, "a folder's name");
  snprintf(folder, size, "%s/replay", out);
  StatusCode code = fileset_open(&w.files, folder, err);
  free(folder);
  if (code == STATUS_OK) code = store_each_verdict(store, visit, &w, err);
  if (code == STATUS_OK) code = w.code;
  trace_clear(&w.trace);
  *count = w.count;
  if (code == STATUS_OK) return fileset_commit(w.files, err);
  fileset_drop(w.files);
  return code;
}
