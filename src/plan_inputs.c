/* plan_inputs.c -- the files that a run is made from, kept with it. */
#include <string.h>

#include "src/builtin.h"
#include "src/fileset.h"
#include "src/plan.h"

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

/* What was read of the file that an option gives: the file itself may have changed since, or be a
   pipe. */
static const char *source_text(const Plan *plan, OptionId id) {
  if (id == OPTION_INSTANCE) return plan->instance.source_text;
  if (id == OPTION_CLAIMS && plan->claims != NULL) return plan->claims->source_text;
  if (id == OPTION_LEMMAS && plan->lemmas != NULL) return plan->lemmas->source_text;
  if (id == OPTION_RATES && plan->rates != NULL) return plan->rates->source_text;
  return NULL;
}

static StatusCode add_given(Store *store, const Plan *plan, OptionId id, const char *path,
                            Error *err) {
  const InputRow row = {
      .kind = option_info[id].name, .name = path_base(path), .text = source_text(plan, id)};
  if (row.text == NULL)
    return error_set(err, STATUS_INTERNAL, "--%s %.200s: not read", row.kind, path);
  return store_add_input(store, &row, err);
}

/* A given file takes the place of the built-in ones, but for an instance, which may inherit from
   them. */
StatusCode plan_add_inputs(Store *store, const Plan *plan, Error *err) {
  for (size_t i = 0; i < FILE_OPTIONS; i++) {
    const OptionId id = file_option[i];
    if (!(plan->line->command->options & OPTION_BIT(id))) continue;
    const char *path = given_path(plan->line, id), *kind = option_info[id].name;
    if (path != NULL) TRY(add_given(store, plan, id, path, err));
    for (const BuiltinFile *file = built_in[i];
         file->name != NULL && (path == NULL || id == OPTION_INSTANCE); file++) {
      const InputRow row = {.kind = kind, .name = file->name, .built_in = true, .text = file->text};
      if (path == NULL || strcmp(path_base(path), file->name) != 0)
        TRY(store_add_input(store, &row, err));
    }
  }
  return STATUS_OK;
}
