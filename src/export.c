/* export.c -- data set and weights as .npy files, and the manifest that explains them. */
#include "src/export.h"

#include <inttypes.h>
#include <jansson.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/digest.h"
#include "src/engine.h"
#include "src/export_words.h"
#include "src/fileset.h"
#include "src/npy.h"

typedef struct {
  const ExportRequest *request;
  FileSet *set;
  json_t *files; /* the manifest's list of files, owned */
  double *flat;  /* (d, d), the nearest doubles of a weight */
  arb_mat_t weight;
} Export;

/* json functions take over what they are given, and fail on NULL: so one check at the end of a
   chain of them does. */
static StatusCode check_json(int failed, Error *err) {
  return failed != 0 ? error_memory(err, "manifest") : STATUS_OK;
}

/* ---- arrays ---- */

/* Notes a file in the manifest; closes the digest of the bytes that were written to it. */
static StatusCode list_file(Export *ex, const char *name, const char *format, const int64_t *shape,
                            int ndim, const char *words, Digest *sum, Error *err) {
  json_t *extents = json_array(), *entry = json_object();
  char digits[DIGEST_SIZE];
  int failed = 0;
  digest_close_text(digits, sum);
  for (int k = 0; k < ndim; k++)
    failed |= json_array_append_new(extents, json_integer(shape[k]));
  failed |= json_object_set_new(entry, "name", json_string(name));
  failed |= json_object_set_new(entry, "format", json_string(format));
  failed |= json_object_set_new(entry, "shape", extents);
  failed |= json_object_set_new(entry, "content", json_string(words));
  failed |= json_object_set_new(entry, "sha256", json_string(digits));
  failed |= json_array_append_new(ex->files, entry);
  return check_json(failed, err);
}

static StatusCode write_array(Export *ex, const char *name, const double *x, const int64_t *shape,
                              int ndim, const char *words, Error *err) {
  FILE *out;
  Digest sum;
  TRY(fileset_add(&out, ex->set, name, err));
  TRY(digest_open(&sum, err));
  npy_write(out, &sum, x, shape, ndim);
  return list_file(ex, name, "npy", shape, ndim, words, &sum, err);
}

static StatusCode write_dataset(Export *ex, Error *err) {
  const Dataset *data = ex->request->data;
  const int64_t tokens[3] = {data->N, data->L + 1, data->d}, *labels = tokens, *vector = tokens + 2;
  TRY(write_array(ex, "X_P.npy", data->x[BLOCK_P], tokens, 3, "tokens of block P", err));
  TRY(write_array(ex, "X_Q.npy", data->x[BLOCK_Q], tokens, 3, "tokens of block Q", err));
  TRY(write_array(ex, "y.npy", data->y, labels, 2, "labels, +1 or -1", err));
  TRY(write_array(ex, "w_star.npy", data->w_star, vector, 1, "w*", err));
  TRY(write_array(ex, "z.npy", data->z, vector, 1, "z", err));
  return write_array(ex, "zeta.npy", data->zeta, vector, 1, "zeta", err);
}

/* x on a line of its own, in hexadecimal. */
static StatusCode print_number(FILE *out, Digest *sum, mpfr_t x, Error *err) {
  char *line;
  const int length = mpfr_asprintf(&line, "%Ra\n", x);
  if (length < 0) return error_memory(err, "export");
  fputs(line, out);
  digest_bytes(sum, line, (size_t)length);
  mpfr_free_str(line);
  return STATUS_OK;
}

/* One exact number a line. The precision is what the number needs. */
static StatusCode print_exactly(FILE *out, Digest *sum, const arb_mat_t weight, const char *name,
                                Error *err) {
  for (slong i = 0; i < arb_mat_nrows(weight); i++)
    for (slong j = 0; j < arb_mat_ncols(weight); j++) {
      const arb_struct *entry = arb_mat_entry(weight, i, j);
      if (!arb_is_exact(entry) || !arb_is_finite(entry))
        return error_set(err, STATUS_DATA, "weight %s[%ld, %ld] is not an exact number", name,
                         (long)i, (long)j);
      const slong bits = arf_bits(arb_midref(entry));
      mpfr_t x;
      mpfr_init2(x, bits > MPFR_PREC_MIN ? bits : MPFR_PREC_MIN);
      arf_get_mpfr(x, arb_midref(entry), MPFR_RNDN);
      const StatusCode code = print_number(out, sum, x, err);
      mpfr_clear(x);
      TRY(code);
    }
  return STATUS_OK;
}

static StatusCode write_weight(Export *ex, int64_t step, const char *weight, Error *err) {
  const int64_t d = ex->request->data->d, shape[2] = {d, d};
  char name[64], words[64];
  TRY(store_get_weights(ex->weight, ex->request->store, ex->request->run->id, step, weight, err));
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++)
      ex->flat[i * d + j] = arf_get_d(arb_midref(arb_mat_entry(ex->weight, i, j)), ARF_RND_NEAR);
  snprintf(name, sizeof name, "%s_t%06" PRId64 ".npy", weight, step);
  snprintf(words, sizeof words, "%s after %" PRId64 " steps", weight, step);
  TRY(write_array(ex, name, ex->flat, shape, 2, words, err));
  if (strcmp(ex->request->run->engine, engine_name(ENGINE_DOUBLE)) == 0) return STATUS_OK;

  FILE *out;
  Digest sum;
  snprintf(name, sizeof name, "%s_t%06" PRId64 ".txt", weight, step);
  TRY(fileset_add(&out, ex->set, name, err));
  TRY(digest_open(&sum, err));
  const StatusCode code = print_exactly(out, &sum, ex->weight, name, err);
  if (code == STATUS_OK) return list_file(ex, name, "hexadecimal text", shape, 2, words, &sum, err);
  digest_close(NULL, &sum);
  return code;
}

static StatusCode write_weights(Export *ex, Error *err) {
  static const char *const weight[] = {"W", "V", "Wbar", "Vbar", "Wtilde", "Vtilde"};
  for (size_t k = 0; k < ex->request->at_count; k++)
    for (size_t w = 0; w < sizeof weight / sizeof *weight; w++)
      TRY(write_weight(ex, ex->request->at[k], weight[w], err));
  return STATUS_OK;
}

/* ---- the manifest ---- */

/* A number where the parameter is one: 17 significant digits read back to the same double. */
static json_t *parameter_value(const Params *params, ParamId id) {
  char text[64];
  params_format(text, sizeof text, params, id);
  switch (param_info[id].kind) {
  case PARAM_KIND_COUNT:
  case PARAM_KIND_STEPS:
  case PARAM_KIND_SEED:
    return json_integer(strtoll(text, NULL, 10));
  case PARAM_KIND_REAL:
    return json_real(strtod(text, NULL));
  case PARAM_KIND_CHOICE:
    break;
  }
  return json_string(text);
}

static json_t *parameters(const ExportRequest *request) {
  json_t *all = json_object();
  int failed = 0;
  for (int id = 0; id < PARAM_COUNT; id++) {
    json_t *one = json_object();
    failed |= json_object_set_new(one, "value", parameter_value(request->params, (ParamId)id));
    failed |= json_object_set_new(one, "formula", json_string(request->instance->text[id]));
    failed |= json_object_set_new(one, "meaning", json_string(param_info[id].doc));
    failed |= json_object_set_new(all, param_info[id].key, one);
  }
  if (failed == 0) return all;
  json_decref(all);
  return NULL;
}

static json_t *conventions(void) {
  json_t *all = json_object();
  int failed = 0;
  for (const ExportWords *w = export_words; w->about != NULL; w++)
    failed |= json_object_set_new(all, w->about, json_string(w->words));
  if (failed == 0) return all;
  json_decref(all);
  return NULL;
}

static json_t *steps(const ExportRequest *request) {
  json_t *all = json_array();
  for (size_t k = 0; k < request->at_count; k++)
    if (json_array_append_new(all, json_integer(request->at[k])) != 0) {
      json_decref(all);
      return NULL;
    }
  return all;
}

static StatusCode fill_manifest(json_t *root, const Export *ex, Error *err) {
  const ExportRequest *request = ex->request;
  const int *grid = request->data->grid;
  int failed = 0;
  failed |= json_object_set_new(root, "schema", json_integer(EXPORT_SCHEMA));
  failed |= json_object_set_new(root, "program", json_string(request->program));
  failed |= json_object_set_new(root, "instance", json_string(request->params->instance));
  failed |= json_object_set_new(root, "family", json_string(request->params->family));
  if (request->store != NULL) {
    failed |=
        json_object_set_new(root, "reading", json_string(reading_name(request->params->reading)));
    failed |= json_object_set_new(root, "engine", json_string(request->run->engine));
    failed |= json_object_set_new(root, "precision", json_integer(request->run->precision));
    failed |= json_object_set_new(root, "steps", steps(request));
  }
  failed |= json_object_set_new(root, "parameters", parameters(request));
  failed |= json_object_set_new(root, "grid",
                                json_pack("{s:i, s:i}", "P", grid[BLOCK_P], "Q", grid[BLOCK_Q]));
  failed |= json_object_set_new(root, "conventions", conventions());
  failed |= json_object_set(root, "files", ex->files);
  return check_json(failed, err);
}

static StatusCode write_manifest(Export *ex, Error *err) {
  FILE *out;
  TRY(fileset_add(&out, ex->set, "manifest.json", err));
  json_t *root = json_object();
  StatusCode code = fill_manifest(root, ex, err);
  /* A write error stays with the stream, where fileset_commit finds it. */
  if (code == STATUS_OK && json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) != 0 &&
      !ferror(out))
    code = error_memory(err, "manifest");
  fputc('\n', out);
  json_decref(root);
  return code;
}

StatusCode export_write(const char *folder, const ExportRequest *request, Error *err) {
  const int64_t d = request->data->d;
  Export ex = {.request = request};
  TRY(fileset_open(&ex.set, folder, err));
  ex.files = json_array();
  ex.flat = array_alloc((size_t)(d * d), sizeof *ex.flat);
  arb_mat_init(ex.weight, d, d);
  StatusCode code = ex.flat == NULL || ex.files == NULL ? error_memory(err, "export") : STATUS_OK;
  if (code == STATUS_OK) code = write_dataset(&ex, err);
  if (code == STATUS_OK && request->store != NULL) code = write_weights(&ex, err);
  if (code == STATUS_OK) code = write_manifest(&ex, err);
  if (code == STATUS_OK)
    code = fileset_commit(ex.set, err);
  else
    fileset_drop(ex.set);
  json_decref(ex.files);
  free(ex.flat);
  arb_mat_clear(ex.weight);
  return code;
}
