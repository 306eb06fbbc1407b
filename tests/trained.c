/* trained.c -- trains built-in instances into throw-away stores. */
#include "tests/trained.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/run.h"
#include "tests/support.h"

static void load_params(Instance *instance, Params *params, const char *name, Reading reading) {
  Error err;
  char gate[32], loss[32];
  const char *text = reading_name(reading);
  snprintf(gate, sizeof gate, "gate=%.*s", (int)strcspn(text, "/"), text);
  snprintf(loss, sizeof loss, "loss=%s", strchr(text, '/') + 1);
  support_ok(instance_load(instance, name, &err), &err);
  support_ok(instance_set(instance, gate, &err), &err);
  support_ok(instance_set(instance, loss, &err), &err);
  support_ok(params_resolve(params, instance, &err), &err);
}

void trained_trace(Trace *out, const char *name, Reading reading, EngineKind engine,
                   int64_t precision) {
  Error err;
  Instance instance;
  Params params;
  Dataset data;
  Store *store;
  int64_t run;
  char folder[] = "/tmp/twostage-trained.XXXXXX", path[64];
  if (mkdtemp(folder) == NULL) abort();
  snprintf(path, sizeof path, "%s/run.db", folder);
  load_params(&instance, &params, name, reading);
  support_ok(dataset_generate(&data, &params, &err), &err);
  support_ok(store_create(&store, folder, &err), &err);
  const RunRequest request = {
      .params = &params, .instance = &instance, .engine = engine, .precision = precision};
  support_ok(run_train(&run, store, &data, &request, &err), &err);
  support_ok(store_finish(store, &err), &err);
  support_ok(store_open(&store, folder, &err), &err);
  support_ok(trace_load(out, store, run, &err), &err);
  store_close(store);
  unlink(path);
  rmdir(folder);
  dataset_clear(&data);
  instance_clear(&instance);
}

FILE *table_open(const char *name) {
  const char *build = getenv("top_builddir");
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/%s", build != NULL ? build : ".", name);
  FILE *table = fopen(path, "w");
  if (table == NULL) abort();
  return table;
}
