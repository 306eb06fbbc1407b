/* instance.c -- instances: the formulas of a run as a file and --set state them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/builtin.h"
#include "src/cfg.h"
#include "src/params.h"

const char *const instance_builtin_names[] = {"reference", "quick", "annealed", NULL};

#define SUFFIX ".cfg"
#define BLANKS " \t"

void instance_clear(Instance *instance) {
  for (int id = 0; id < PARAM_COUNT; id++) {
    free(instance->text[id]);
    free(instance->file[id]);
  }
  free(instance->source_text);
  *instance = (Instance){0};
}

/* -------------------------------------------------------------------------------------- keys */

/* out := the names of the built-in instances, separated by commas. */
static void list_builtins(char out[128]) {
  int n = 0;
  for (const char *const *name = instance_builtin_names; *name != NULL && n < 128; name++)
    n += snprintf(out + n, 128 - (size_t)n, "%s%s", n > 0 ? ", " : "", *name);
}

/* out := the keys without a formula, separated by blanks. */
static void list_missing(char out[256], const Instance *instance) {
  int n = 0;
  *out = '\0';
  for (int id = 0; id < PARAM_COUNT && n < 256; id++)
    if (instance->text[id] == NULL)
      n += snprintf(out + n, 256 - (size_t)n, " %s", param_info[id].key);
}

/* Replaces one formula; the texts are copied. */
static StatusCode set_text(Instance *instance, ParamId id, const char *text, FormulaOrigin origin,
                           Error *err) {
  char *text_copy = array_alloc(strlen(text) + 1, 1),
       *file_copy = array_alloc(strlen(origin.file) + 1, 1);
  if (text_copy == NULL || file_copy == NULL) {
    free(text_copy);
    free(file_copy);
    return error_memory(err, "instance");
  }
  free(instance->text[id]);
  free(instance->file[id]);
  instance->text[id] = strcpy(text_copy, text);
  instance->file[id] = strcpy(file_copy, origin.file);
  instance->line[id] = origin.line;
  instance->column[id] = origin.column;
  return STATUS_OK;
}

StatusCode instance_copy(Instance *out, const Instance *from, Error *err) {
  *out = (Instance){0};
  memcpy(out->name, from->name, sizeof out->name);
  memcpy(out->family, from->family, sizeof out->family);
  for (int id = 0; id < PARAM_COUNT; id++) {
    const FormulaOrigin origin = {from->file[id], from->line[id], from->column[id]};
    TRY(set_text(out, (ParamId)id, from->text[id], origin, err));
  }
  return STATUS_OK;
}

StatusCode instance_set(Instance *instance, const char *key_value, Error *err) {
  char key[64], file[80];
  const char *start = key_value + strspn(key_value, BLANKS), *equals = strchr(key_value, '=');
  if (equals == NULL)
    return error_set(err, STATUS_USAGE, "--set %.80s: expected KEY=VALUE", key_value);
  size_t length = strcspn(start, BLANKS "=");
  snprintf(key, sizeof key, "%.*s", length < sizeof key ? (int)length : (int)sizeof key - 1, start);
  ParamId id = param_find(key);
  if (id == PARAM_COUNT || start + length + strspn(start + length, BLANKS) != equals)
    return error_set(err, STATUS_USAGE, "--set %.80s: unknown parameter '%.*s', expected one of%s",
                     key_value, equals - start < 40 ? (int)(equals - start) : 40, start,
                     param_keys);
  if (equals[1 + strspn(equals + 1, BLANKS)] == '\0')
    return error_set(err, STATUS_USAGE, "--set %.80s: expected a number or a formula behind '='",
                     key_value);
  snprintf(file, sizeof file, "--set %s", key);
  return set_text(instance, id, equals + 1, (FormulaOrigin){file, 0, 1}, err);
}

/* Gives the keys that may be left out, and were, the formulas that then hold. */
static StatusCode set_defaults(Instance *instance, Error *err) {
  for (int id = 0; id < PARAM_COUNT; id++) {
    const char *text = param_default((ParamId)id);
    if (text != NULL && instance->text[id] == NULL)
      TRY(set_text(instance, (ParamId)id, text, (FormulaOrigin){"default", 0, 1}, err));
  }
  return STATUS_OK;
}

StatusCode instance_assign(Instance *instance, ParamId id, const char *text, const char *origin,
                           Error *err) {
  return set_text(instance, id, text, (FormulaOrigin){origin, 0, 1}, err);
}

/* ------------------------------------------------------------------------------------- files */

static StatusCode load_builtin(Instance *out, const BuiltinFile *builtin, int depth, Error *err);

static const BuiltinFile *find_builtin(const char *name) {
  size_t n = strlen(name);
  for (const BuiltinFile *b = builtin_instances; b->name != NULL; b++)
    if (strlen(b->name) == n + strlen(SUFFIX) && strncmp(b->name, name, n) == 0) return b;
  return NULL;
}

/* A top-level text setting: *out := its text. */
static StatusCode get_string(const char **out, const config_setting_t *setting, const char *file,
                             Error *err) {
  const FormulaOrigin origin = cfg_origin(setting, file);
  *out = cfg_text(setting);
  if (*out != NULL && !cfg_is_number(setting)) return STATUS_OK;
  return formula_error(err, STATUS_DATA, &origin, "%s: expected a text in quotes, found %s",
                       config_setting_name(setting), cfg_kind(setting));
}

static StatusCode read_name(char out[64], const config_setting_t *setting, const char *file,
                            Error *err) {
  const char *text;
  const FormulaOrigin origin = cfg_origin(setting, file);
  TRY(get_string(&text, setting, file, err));
  if (strlen(text) == 0 || strlen(text) > 63)
    return formula_error(err, STATUS_DATA, &origin, "%s: expected 1 to 63 bytes, found %zu",
                         config_setting_name(setting), strlen(text));
  snprintf(out, 64, "%s", text);
  return STATUS_OK;
}

static StatusCode read_parameter(Instance *out, const config_setting_t *setting, const char *file,
                                 Error *err) {
  const char *key = config_setting_name(setting);
  const FormulaOrigin origin = cfg_origin(setting, file);
  ParamId id = param_find(key);
  if (id == PARAM_COUNT)
    return formula_error(err, STATUS_DATA,
                         &(FormulaOrigin){file, (int)config_setting_source_line(setting), 0},
                         "unknown parameter '%.40s', expected one of%s", key, param_keys);
  if (cfg_text(setting) == NULL)
    return formula_error(err, STATUS_DATA, &origin,
                         "%s: expected a number or a formula in quotes, found %s", key,
                         cfg_kind(setting));
  return set_text(out, id, cfg_text(setting), origin, err);
}

static StatusCode read_parameters(Instance *out, const config_setting_t *group, const char *file,
                                  Error *err) {
  const FormulaOrigin origin = cfg_origin(group, file);
  if (!config_setting_is_group(group))
    return formula_error(err, STATUS_DATA, &origin, "parameters: expected a group {...}, found %s",
                         cfg_kind(group));
  for (int i = 0; i < config_setting_length(group); i++)
    TRY(read_parameter(out, config_setting_get_elem(group, (unsigned)i), file, err));
  return STATUS_OK;
}

/* The formulas of the built-in instance that this file starts from. */
static StatusCode read_inherits(Instance *out, const config_setting_t *setting, const char *file,
                                int depth, Error *err) {
  const char *text;
  const FormulaOrigin origin = cfg_origin(setting, file);
  TRY(get_string(&text, setting, file, err));
  const BuiltinFile *builtin = find_builtin(text);
  char names[128];
  list_builtins(names);
  if (builtin == NULL)
    return formula_error(err, STATUS_DATA, &origin,
                         "inherits: expected a built-in instance (%s), found \"%.40s\"", names,
                         text);
  return load_builtin(out, builtin, depth + 1, err);
}

/* Only inherits comes first, whatever its place in the file. */
static StatusCode read_settings(Instance *out, const config_t *config, const char *file, int depth,
                                Error *err) {
  const config_setting_t *root = config_root_setting(config);
  const config_setting_t *inherits = config_setting_get_member(root, "inherits");
  if (inherits != NULL) TRY(read_inherits(out, inherits, file, depth, err));
  out->name[0] = out->family[0] = '\0'; /* formulas are inherited, names are not */
  int line = 1;
  for (int i = 0; i < config_setting_length(root); i++) {
    const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
    const char *key = config_setting_name(setting), *text;
    if (strcmp(key, "name") == 0) {
      TRY(read_name(out->name, setting, file, err));
    } else if (strcmp(key, "family") == 0) {
      TRY(read_name(out->family, setting, file, err));
    } else if (strcmp(key, "doc") == 0) {
      TRY(get_string(&text, setting, file, err));
    } else if (strcmp(key, "parameters") == 0) {
      line = (int)config_setting_source_line(setting);
      TRY(read_parameters(out, setting, file, err));
    } else if (strcmp(key, "inherits") != 0) {
      return formula_error(
          err, STATUS_DATA, &(FormulaOrigin){file, (int)config_setting_source_line(setting), 0},
          "unknown key '%.40s', expected name, family, doc, inherits or parameters", key);
    }
  }
  char missing[256];
  TRY(set_defaults(out, err));
  list_missing(missing, out);
  const FormulaOrigin origin = {file, line, 0};
  if (out->name[0] == '\0')
    return formula_error(err, STATUS_DATA, &(FormulaOrigin){file, 1, 0}, "name is missing");
  if (missing[0] == '\0') return STATUS_OK;
  return formula_error(err, STATUS_DATA, &origin,
                       "parameters are missing:%s (inherits = \"reference\" gives defaults)",
                       missing);
}

static StatusCode load_builtin(Instance *out, const BuiltinFile *builtin, int depth, Error *err) {
  config_t config;
  char file[96];
  snprintf(file, sizeof file, "built-in %s", builtin->name);
  if (depth > 8) return error_set(err, STATUS_INTERNAL, "%s inherits from itself", file);
  TRY(cfg_read_text(&config, builtin->text, file, err));
  StatusCode code = read_settings(out, &config, file, depth, err);
  config_destroy(&config);
  return code;
}

static StatusCode load_file(Instance *out, const char *path, Error *err) {
  config_t config;
  char names[128];
  list_builtins(names);
  if (access(path, F_OK) != 0 && errno == ENOENT)
    return error_set(err, STATUS_NOINPUT,
                     "no built-in instance (%s) and no file is called '%.200s'", names, path);
  TRY(cfg_read_file(&config, &out->source_text, path, err));
  StatusCode code = read_settings(out, &config, path, 0, err);
  config_destroy(&config);
  return code;
}

StatusCode instance_load(Instance *out, const char *name_or_file, Error *err) {
  *out = (Instance){0};
  const BuiltinFile *builtin = find_builtin(name_or_file);
  StatusCode code =
      builtin != NULL ? load_builtin(out, builtin, 0, err) : load_file(out, name_or_file, err);
  if (code != STATUS_OK) instance_clear(out);
  return code;
}
