/* what_if.c -- the file of what-ifs, and what one makes of an instance. */
#include "src/what_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/builtin.h"
#include "src/cfg.h"

#define KEYS "expected name, words, set or families"
#define FAMILY_KEYS "expected family, words or set"

/* ------------------------------------------------------------------------------------ the file */

static StatusCode complain(Error *err, const config_setting_t *setting, const char *file,
                           const char *what) {
  FormulaOrigin origin = cfg_origin(setting, file);
  const char *name = config_setting_name(setting);
  if (origin.line < 1) origin.line = 1; /* the file as a whole has none */
  return formula_error(err, STATUS_DATA, &origin, "%s%s%s", name != NULL ? name : "",
                       name != NULL ? ": " : "", what);
}

static StatusCode copy_text(char **out, const config_setting_t *setting, const char *file,
                            Error *err) {
  const char *text = cfg_text(setting);
  if (text == NULL || cfg_is_number(setting) || *text == '\0')
    return complain(err, setting, file, "expected a text in quotes");
  free(*out);
  *out = strdup(text);
  return *out != NULL ? STATUS_OK : error_memory(err, "what-ifs");
}

static void clear_changes(WhatIf *w) {
  free(w->words);
  for (size_t i = 0; i < w->set_count; i++)
    free(w->set[i]);
  free(w->set);
  w->words = NULL;
  w->set = NULL;
  w->set_count = 0;
}

/* The key of "KEY=VALUE" must be a parameter: all else waits until there is an instance. */
static StatusCode check_change(const config_setting_t *setting, const char *file, const char *text,
                               Error *err) {
  char key[32] = "";
  const size_t length = strcspn(text, " =");
  if (length < sizeof key) snprintf(key, sizeof key, "%.*s", (int)length, text);
  const FormulaOrigin origin = cfg_origin(setting, file);
  if (strchr(text, '=') == NULL)
    return formula_error(err, STATUS_DATA, &origin, "expected KEY=VALUE, found '%.40s'", text);
  if (param_find(key) == PARAM_COUNT)
    return formula_error(err, STATUS_DATA, &origin, "unknown parameter '%.*s', expected one of%s",
                         length < 40 ? (int)length : 40, text, param_keys);
  return STATUS_OK;
}

static StatusCode read_set(WhatIf *w, const config_setting_t *list, const char *file, Error *err) {
  const int count = config_setting_length(list);
  if (!(config_setting_is_list(list) || config_setting_is_array(list)) || count == 0)
    return complain(err, list, file, "expected a list ( \"KEY=VALUE\", ... )");
  w->set = array_alloc((size_t)count, sizeof *w->set);
  if (w->set == NULL) return error_memory(err, "what-ifs");
  for (int i = 0; i < count; i++) {
    const config_setting_t *entry = config_setting_get_elem(list, (unsigned)i);
    w->set_count++;
    TRY(copy_text(&w->set[i], entry, file, err));
    TRY(check_change(entry, file, w->set[i], err));
  }
  return STATUS_OK;
}

/* words and set of a group, in the place of those that are there. */
static StatusCode read_changes(WhatIf *w, const config_setting_t *group, const char *file,
                               Error *err) {
  const config_setting_t *words = config_setting_get_member(group, "words"),
                         *set = config_setting_get_member(group, "set");
  if (words == NULL || set == NULL)
    return complain(err, group, file, "words and set are both needed");
  clear_changes(w);
  TRY(copy_text(&w->words, words, file, err));
  return read_set(w, set, file, err);
}

static StatusCode check_keys(const config_setting_t *group, const char *const *known,
                             const char *expected, const char *file, Error *err) {
  if (!config_setting_is_group(group)) return complain(err, group, file, "expected a group {...}");
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
    const char *const *k = known;
    while (*k != NULL && strcmp(*k, config_setting_name(setting)) != 0)
      k++;
    if (*k == NULL) return complain(err, setting, file, expected);
  }
  return STATUS_OK;
}

static StatusCode read_families(WhatIf *w, const config_setting_t *list, const char *family,
                                const char *file, Error *err) {
  static const char *const known[] = {"family", "words", "set", NULL};
  if (!config_setting_is_list(list))
    return complain(err, list, file, "expected a list ( {...}, ... )");
  for (int i = 0; i < config_setting_length(list); i++) {
    const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
    WhatIf other = {.set_count = 0}; /* so that every entry is checked, whatever the family */
    TRY(check_keys(group, known, FAMILY_KEYS, file, err));
    const config_setting_t *name = config_setting_get_member(group, "family");
    if (name == NULL || cfg_text(name) == NULL)
      return complain(err, group, file, "family is missing");
    const bool ours = strcmp(cfg_text(name), family) == 0;
    StatusCode code = read_changes(ours ? w : &other, group, file, err);
    clear_changes(&other);
    if (code != STATUS_OK) return code;
  }
  return STATUS_OK;
}

bool what_if_name_valid(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  const size_t length = strlen(name);
  return length > 0 && length < WHAT_IF_NAME_SIZE && strspn(name, letters) == length &&
         name[0] != '-' && strcmp(name, "all") != 0 && strcmp(name, "base") != 0;
}

static StatusCode read_one(WhatIfSet *set, const config_setting_t *group, const char *family,
                           const char *file, Error *err) {
  static const char *const known[] = {"name", "words", "set", "families", NULL};
  TRY(check_keys(group, known, KEYS, file, err));
  const config_setting_t *name = config_setting_get_member(group, "name"),
                         *families = config_setting_get_member(group, "families");
  if (name == NULL) return complain(err, group, file, "name is missing");
  if (cfg_text(name) == NULL || !what_if_name_valid(cfg_text(name)))
    return complain(err, name, file,
                    "expected up to 23 letters, digits and '-', neither \"all\" nor \"base\"");
  if (what_ifs_find(set, cfg_text(name)) != NULL)
    return complain(err, name, file, "this name stands twice");
  WhatIf *w = &set->what_if[set->count++];
  snprintf(w->name, sizeof w->name, "%s", cfg_text(name));
  TRY(read_changes(w, group, file, err));
  return families != NULL ? read_families(w, families, family, file, err) : STATUS_OK;
}

static StatusCode read_all(WhatIfSet *out, const config_t *config, const char *family,
                           const char *file, Error *err) {
  const config_setting_t *root = config_root_setting(config),
                         *list = config_setting_get_member(root, "what_ifs");
  const int count = list != NULL ? config_setting_length(list) : 0;
  if (list == NULL || !config_setting_is_list(list) || config_setting_length(root) != 1)
    return complain(err, root, file, "expected what_ifs = ( {...}, ... ); and nothing else");
  if (count > WHAT_IFS_MAX) return complain(err, list, file, "more than 32 entries");
  out->what_if = array_alloc((size_t)count, sizeof *out->what_if);
  if (out->what_if == NULL) return error_memory(err, "what-ifs");
  for (int i = 0; i < count; i++)
    TRY(read_one(out, config_setting_get_elem(list, (unsigned)i), family, file, err));
  return STATUS_OK;
}

StatusCode what_ifs_load_text(WhatIfSet *out, const char *family, const char *file,
                              const char *text, Error *err) {
  config_t config;
  *out = (WhatIfSet){.count = 0};
  TRY(cfg_read_text(&config, text, file, err));
  StatusCode code = read_all(out, &config, family, file, err);
  config_destroy(&config);
  return code;
}

StatusCode what_ifs_load(WhatIfSet *out, const char *family, Error *err) {
  return what_ifs_load_text(out, family, "built-in what_ifs.cfg", builtin_what_ifs[0].text, err);
}

void what_ifs_clear(WhatIfSet *set) {
  for (size_t i = 0; i < set->count; i++)
    clear_changes(&set->what_if[i]);
  free(set->what_if);
  *set = (WhatIfSet){.count = 0};
}

const WhatIf *what_ifs_find(const WhatIfSet *set, const char *name) {
  for (size_t i = 0; i < set->count; i++)
    if (strcmp(set->what_if[i].name, name) == 0) return &set->what_if[i];
  return NULL;
}

/* -------------------------------------------------------------------------------- the instance */

/* *out := text with every {KEY} replaced by the base's value; malloc'ed. */
static StatusCode expand(char **out, const char *text, const Params *base, Error *err) {
  size_t size = 0;
  FILE *stream = open_memstream(out, &size);
  if (stream == NULL) return error_memory(err, "a what-if");
  StatusCode code = STATUS_OK;
  while (*text != '\0' && code == STATUS_OK) {
    const size_t plain = strcspn(text, "{"), inner = strcspn(text + plain, "}");
    fwrite(text, 1, plain, stream);
    text += plain;
    if (*text == '\0') break;
    char key[32] = "", value[64];
    if (inner > 1 && inner <= sizeof key)
      snprintf(key, sizeof key, "%.*s", (int)inner - 1, text + 1);
    const ParamId id = param_find(key);
    if (id == PARAM_COUNT || text[inner] == '\0') {
      code = error_set(err, STATUS_DATA, "'%.40s': expected {KEY} with one of%s", text, param_keys);
      break;
    }
    params_format(value, sizeof value, base, id);
    fputs(value, stream);
    text += inner + 1;
  }
  if (fclose(stream) != 0 && code == STATUS_OK) code = error_memory(err, "a what-if");
  if (code == STATUS_OK) return code;
  free(*out);
  *out = NULL;
  return code;
}

static StatusCode change(Instance *instance, const WhatIf *w, const Params *base, Error *err) {
  for (size_t i = 0; i < w->set_count; i++) {
    char *text;
    TRY(expand(&text, w->set[i], base, err));
    StatusCode code = instance_set(instance, text, err);
    free(text);
    if (code != STATUS_OK) return code;
  }
  return STATUS_OK;
}

StatusCode what_if_apply(Instance *out, Params *params, const WhatIf *w, const Instance *instance,
                         const Params *base, Error *err) {
  *out = (Instance){0};
  TRY(instance_copy(out, instance, err));
  StatusCode code = change(out, w, base, err);
  if (code == STATUS_OK) code = params_resolve(params, out, err);
  if (code != STATUS_DATA && code != STATUS_USAGE) return code;
  const Error inner = *err;
  return error_set(err, STATUS_DATA, "what-if %s: %.440s", w->name, inner.message);
}

StatusCode what_if_settings(char **out, const WhatIf *w, Error *err) {
  size_t size = 0;
  FILE *stream = open_memstream(out, &size);
  if (stream == NULL) return error_memory(err, "a what-if");
  for (size_t i = 0; i < w->set_count; i++)
    fprintf(stream, "%s%s", i > 0 ? ", " : "", w->set[i]);
  return fclose(stream) == 0 ? STATUS_OK : error_memory(err, "a what-if");
}
