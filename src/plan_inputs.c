/* plan_inputs.c -- the files that a run is made from, kept with it. */
#include <stdlib.h>
#include <string.h>

#include "src/builtin.h"
#include "src/cfg.h"
#include "src/fileset.h"
#include "src/plan.h"
#include "verify/lemma.h"
#include "verify/rate.h"

static const OptionId file_option[] = {OPTION_INSTANCE, OPTION_CLAIMS, OPTION_LEMMAS, OPTION_RATES};
static const BuiltinFile *const built_in[] = {builtin_instances, builtin_claims, builtin_lemmas,
                                              builtin_rates};
#define FILE_OPTIONS (sizeof file_option / sizeof *file_option)

/* The path that an option gives, or NULL: an instance without an extension is a built-in one where
   there is one of that name. */
static const char *given_path(const CommandLine *line, OptionId id) {
  const char *value = line->value[id];
  for (size_t k = 0; value != NULL && id == OPTION_INSTANCE && builtin_instances[k].name; k++) {
    const size_t length = strcspn(builtin_instances[k].name, ".");
    if (strlen(value) == length && strncmp(value, builtin_instances[k].name, length) == 0)
      return NULL;
  }
  return value;
}

StatusCode plan_check_inputs(const CommandLine *line, Error *err) {
  for (size_t i = 0; i < FILE_OPTIONS; i++)
    for (size_t k = 0; k < i; k++) {
      const char *a = given_path(line, file_option[k]), *b = given_path(line, file_option[i]);
      if (a != NULL && b != NULL && strcmp(a, b) != 0 && strcmp(path_base(a), path_base(b)) == 0)
        return error_set(err, STATUS_USAGE,
                         "--%s and --%s: expected files of different names, found two called "
                         "'%.60s', which the record of the run could not tell apart",
                         option_info[file_option[k]].name, option_info[file_option[i]].name,
                         path_base(a));
    }
  return STATUS_OK;
}

static StatusCode add_given(Store *store, const char *kind, const char *path, Error *err) {
  char *text;
  TRY(cfg_read_source(&text, path, err));
  const InputRow row = {.kind = kind, .name = path_base(path), .text = text};
  const StatusCode code = store_add_input(store, &row, err);
  free(text);
  return code;
}

/* A given file takes the place of the built-in ones, but for an instance, which may inherit from
   them. */
StatusCode plan_add_inputs(Store *store, const Plan *plan, Error *err) {
  for (size_t i = 0; i < FILE_OPTIONS; i++) {
    const OptionId id = file_option[i];
    if (!(plan->line->command->options & OPTION_BIT(id))) continue;
    const char *path = given_path(plan->line, id), *kind = option_info[id].name;
    if (path != NULL) TRY(add_given(store, kind, path, err));
    for (const BuiltinFile *file = built_in[i];
         file->name != NULL && (path == NULL || id == OPTION_INSTANCE); file++) {
      const InputRow row = {.kind = kind, .name = file->name, .built_in = true, .text = file->text};
      if (path == NULL || strcmp(path_base(path), file->name) != 0)
        TRY(store_add_input(store, &row, err));
    }
  }
  return STATUS_OK;
}
