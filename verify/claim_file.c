/* claim_file.c -- claims from a file, from a text, or those that are shipped. */
#include <stdlib.h>
#include <string.h>

#include "src/builtin.h"
#include "src/cfg.h"
#include "verify/loader.h"
#include "verify/near.h"

/* set := the claims of a parsed file; the set keeps the name, since formulas point to it. */
static StatusCode load(ClaimSet *set, const config_t *cfg, const char *file, const ErrorSink *sink,
                       Error *err) {
  *set = (ClaimSet){0};
  set->file = array_alloc(1, sizeof *set->file);
  if (!set->file) return error_memory(err, "claims");
  set->file[0] = strdup(file);
  if (!set->file[0]) {
    claims_clear(set);
    return error_memory(err, "claims");
  }
  set->file_count = 1;
  Loader loader = {.file = set->file[0], .sink = sink};
  claims_read(set, &loader, cfg);
  const StatusCode code = loader_finish(&loader, err);
  if (code != STATUS_OK) claims_clear(set);
  return code;
}

/* libconfig's own errors are the first and last of their file. */
static StatusCode report(StatusCode code, const ErrorSink *sink, const Error *err) {
  if (code == STATUS_DATA && sink) sink->report(err, sink->context);
  return code;
}

StatusCode claims_load_text(ClaimSet *out, const char *file, const char *text,
                            const ErrorSink *sink, Error *err) {
  config_t cfg;
  TRY(report(cfg_read_text(&cfg, text, file, err), sink, err));
  const StatusCode code = load(out, &cfg, file, sink, err);
  config_destroy(&cfg);
  return code;
}

/* out := out and more, which becomes empty. There is room for one besides, for realloc to nothing
   would free, and look like a failure. */
static StatusCode append(ClaimSet *out, ClaimSet *more, Error *err) {
  Claim *claim = realloc(out->claim, (out->count + more->count + 1) * sizeof *claim);
  if (claim) out->claim = claim;
  char **file = realloc(out->file, (out->file_count + more->file_count + 1) * sizeof *file);
  if (file) out->file = file;
  if (!claim || !file) return error_memory(err, "claims");
  memcpy(out->claim + out->count, more->claim, more->count * sizeof *claim);
  memcpy(out->file + out->file_count, more->file, more->file_count * sizeof *file);
  out->count += more->count;
  out->file_count += more->file_count;
  free(more->claim);
  free(more->file);
  *more = (ClaimSet){0};
  return STATUS_OK;
}

static StatusCode load_shipped(ClaimSet *out, const ErrorSink *sink, Error *err) {
  *out = (ClaimSet){0};
  StatusCode code = STATUS_OK;
  for (const BuiltinFile *file = builtin_claims; file->name && code == STATUS_OK; file++) {
    ClaimSet more = {0};
    code = claims_load_text(&more, file->name, file->text, sink, err);
    if (code == STATUS_OK) code = append(out, &more, err);
    claims_clear(&more);
  }
  if (code != STATUS_OK) claims_clear(out);
  return code;
}

/* What a claim names as its explanation is in its own file or among the shipped claims. */
static void check_explanations(Loader *loader, const ClaimSet *set, const ClaimSet *shipped) {
  for (size_t i = 0; i < set->count; i++) {
    const Claim *claim = &set->claim[i];
    const char *fact = claim->explained_by;
    if (!fact || claims_find(set, fact) || claims_find(shipped, fact)) continue;
    char names[160];
    Near near = near_open(fact);
    for (size_t k = 0; k < shipped->count; k++)
      near_offer(&near, shipped->claim[k].id);
    near_text(names, sizeof names, &near);
    loader_complain(loader, (FormulaOrigin){loader->file, claim->line, 0},
                    "explained_by: expected the id of a claim, found '%.40s'%s%s", fact,
                    names[0] ? ", meant " : "", names);
  }
}

static StatusCode check_against_shipped(ClaimSet *set, const char *file, const ErrorSink *sink,
                                        Error *err) {
  ClaimSet shipped;
  StatusCode code = load_shipped(&shipped, NULL, err);
  if (code == STATUS_OK) {
    Loader loader = {.file = file, .sink = sink};
    check_explanations(&loader, set, &shipped);
    code = loader_finish(&loader, err);
    claims_clear(&shipped);
  }
  if (code != STATUS_OK) claims_clear(set);
  return code;
}

StatusCode claims_load(ClaimSet *out, const char *path, const ErrorSink *sink, Error *err) {
  if (!path) {
    TRY(load_shipped(out, sink, err));
    return check_against_shipped(out, "shipped claims", sink, err);
  }
  config_t cfg;
  char *source;
  TRY(report(cfg_read_file(&cfg, &source, path, err), sink, err));
  StatusCode code = load(out, &cfg, path, sink, err);
  config_destroy(&cfg);
  if (code == STATUS_OK)
    out->source_text = source;
  else
    free(source);
  return code == STATUS_OK ? check_against_shipped(out, path, sink, err) : code;
}
