/* lemma_load.c -- a lemmas file read into lemmas; the first error ends the reading. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cfg.h"
#include "verify/lemma.h"

/* What the reading functions share. */
typedef struct {
  const char *file;
  Error *err;
} Reader;

static StatusCode refuse(const Reader *r, const config_setting_t *at, const char *expected) {
  const FormulaOrigin origin = cfg_origin(at, r->file);
  const char *name = config_setting_name(at), *text = cfg_text(at);
  return formula_error(r->err, STATUS_DATA, &origin, "%.40s%sexpected %s, found %.60s",
                       name != NULL ? name : "", name != NULL ? ": " : "", expected,
                       text != NULL ? text : cfg_kind(at));
}

/* ---- keys ---- */

static const char *const lemma_key[] = {"id",    "title",   "statement", "source",
                                        "trust", "method",  "bound",     "points",
                                        "note",  "samples", "level",     "threshold"};
#define LEMMA_KEYS (sizeof lemma_key / sizeof *lemma_key)

static StatusCode check_keys(const Reader *r, const config_setting_t *group) {
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
    size_t k = 0;
    while (k < LEMMA_KEYS && strcmp(lemma_key[k], config_setting_name(at)) != 0)
      k++;
    if (k == LEMMA_KEYS)
      return refuse(r, at,
                    "one of the keys id title statement source trust note method samples "
                    "level threshold bound points");
  }
  return STATUS_OK;
}

/* *out := the member, which is missing only where it may be. */
static StatusCode member(const config_setting_t **out, const Reader *r,
                         const config_setting_t *group, const char *key, bool required) {
  *out = config_setting_get_member(group, key);
  if (*out != NULL || !required) return STATUS_OK;
  const FormulaOrigin origin = cfg_origin(group, r->file);
  return formula_error(r->err, STATUS_DATA, &origin, "expected the key '%s', which is missing",
                       key);
}

static StatusCode read_text(char **out, const Reader *r, const config_setting_t *group,
                            const char *key, bool required) {
  const config_setting_t *at;
  TRY(member(&at, r, group, key, required));
  if (at == NULL) return STATUS_OK;
  const char *text = cfg_text(at);
  if (text == NULL || cfg_is_number(at) || *text == '\0') return refuse(r, at, "a text in quotes");
  *out = strdup(text);
  return *out != NULL ? STATUS_OK : error_memory(r->err, "lemmas");
}

static StatusCode read_formula(Formula **out, const Reader *r, const config_setting_t *at) {
  if (cfg_text(at) == NULL) return refuse(r, at, "a formula in quotes");
  const StatusCode code = formula_parse(out, cfg_text(at), cfg_origin(at, r->file), r->err);
  if (code != STATUS_OK) *out = NULL;
  return code;
}

/* ---- numbers of a point ---- */

/* What names mean at a point. */
typedef struct {
  const LemmaPoint *point;
  const arb_struct *x; /* NULL: there is none */
} PointScope;

static StatusCode unknown_name(const char *name, const LemmaPoint *point, const char *besides,
                               Error *err) {
  char known[256] = "";
  for (size_t i = 0, used = 0; i < point->number_count && used < sizeof known; i++)
    used += (size_t)snprintf(known + used, sizeof known - used, " %s", point->number[i].name);
  return error_set(err, STATUS_DATA, "unknown name '%.40s' (expected one of:%s%s)", name, known,
                   besides);
}

static StatusCode name_value(FormulaValue *out, const char *name, slong prec, void *context,
                             Error *err) {
  const PointScope *scope = context;
  const LemmaPoint *point = scope->point;
  for (size_t i = 0; i < point->number_count; i++)
    if (strcmp(point->number[i].name, name) == 0) {
      formula_value_set_d(out, point->number[i].value);
      return STATUS_OK;
    }
  if (scope->x != NULL && strcmp(name, "x") == 0) {
    formula_value_set_arb(out, scope->x);
    return STATUS_OK;
  }
  const bool has_mean = point->variable != NULL && point->variable->mean != NULL;
  if (has_mean && strcmp(name, "mean") == 0) {
    arb_t mean;
    arb_init(mean);
    point->variable->mean(mean, point->argument, prec);
    formula_value_set_arb(out, mean);
    arb_clear(mean);
    return STATUS_OK;
  }
  return unknown_name(name, point, scope->x != NULL ? " x" : has_mean ? " mean" : "", err);
}

StatusCode lemma_evaluate(FormulaValue *out, const Formula *formula, const LemmaPoint *point,
                          const arb_t x, slong prec, Error *err) {
  PointScope context = {.point = point, .x = x};
  const FormulaScope scope = {.name = name_value, .context = &context};
  return formula_eval(out, formula, &scope, prec, err);
}

/* The number of a point: a formula in those before it, rounded to a double, which from then on is
   the number. */
static StatusCode read_number(LemmaPoint *point, const Reader *r, const config_setting_t *at) {
  const char *name = config_setting_name(at);
  if (point->number_count == LEMMA_NUMBERS) return refuse(r, at, "at most 6 numbers in a point");
  LemmaNumber number = {.value = 0};
  if (strlen(name) >= sizeof number.name) return refuse(r, at, "a name of at most 15 letters");
  strcpy(number.name, name);
  PointScope context = {.point = point};
  const FormulaScope scope = {.name = name_value, .context = &context};
  Formula *formula;
  TRY(read_formula(&formula, r, at));
  const StatusCode code = formula_eval_double(&number.value, formula, &scope, r->err);
  formula_free(formula);
  TRY(code);
  point->number[point->number_count++] = number;
  return STATUS_OK;
}

static const LemmaNumber *find_number(const LemmaPoint *point, const char *name) {
  for (size_t i = 0; i < point->number_count; i++)
    if (strcmp(point->number[i].name, name) == 0) return &point->number[i];
  return NULL;
}

static StatusCode read_variable(LemmaPoint *point, const Reader *r, const config_setting_t *at) {
  const char *text = cfg_text(at);
  char names[256], expected[300];
  point->variable = text != NULL ? lemma_variable(text) : NULL;
  if (point->variable != NULL) return STATUS_OK;
  lemma_variable_names(names, sizeof names);
  snprintf(expected, sizeof expected, "one of %s", names);
  return refuse(r, at, expected);
}

/* The variable's arguments are numbers of the point. */
static StatusCode read_arguments(LemmaPoint *point, const Reader *r, const config_setting_t *at) {
  const LemmaVariable *variable = point->variable;
  for (size_t i = 0; i < LEMMA_ARGUMENTS && variable->argument[i] != NULL; i++) {
    const LemmaNumber *number = find_number(point, variable->argument[i]);
    if (number == NULL) {
      const FormulaOrigin origin = cfg_origin(at, r->file);
      return formula_error(r->err, STATUS_DATA, &origin, "%s: expected the number '%s', missing",
                           variable->name, variable->argument[i]);
    }
    point->argument[i] = number->value;
  }
  const char *expected = variable->check(point->argument);
  return expected == NULL ? STATUS_OK : refuse(r, at, expected);
}

static StatusCode read_interval(const LemmaPoint *point, const Reader *r,
                                const config_setting_t *at) {
  const bool named = point->number_count >= 2 && strcmp(point->number[0].name, "from") == 0 &&
                     strcmp(point->number[1].name, "to") == 0;
  if (named && point->number[0].value < point->number[1].value &&
      fabs(point->number[0].value) <= 1000 && point->number[1].value <= 1000)
    return STATUS_OK;
  return refuse(r, at, "an interval, from and then to with from < to, of at most 1000 in size");
}

static StatusCode read_point(LemmaPoint *point, const Reader *r, const Lemma *lemma,
                             const config_setting_t *group) {
  if (!config_setting_is_group(group)) return refuse(r, group, "a point, which is a group {...}");
  point->line = cfg_origin(group, r->file).line;
  const config_setting_t *variable;
  const bool certified = lemma->method == LEMMA_CERTIFIED;
  TRY(member(&variable, r, group, "variable", !certified));
  if (variable != NULL && certified)
    return refuse(r, variable, "no variable: a certified tail is the standard normal's");
  if (variable != NULL) TRY(read_variable(point, r, variable));
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
    if (at != variable) TRY(read_number(point, r, at));
  }
  return certified ? read_interval(point, r, group) : read_arguments(point, r, group);
}

/* Every name of threshold and bound means something at every point. */
static StatusCode check_point(const LemmaPoint *point, const Reader *r, const Lemma *lemma) {
  FormulaValue value;
  arb_t x;
  arb_init(x);
  formula_value_init(&value);
  if (point->variable == NULL) arb_set_d(x, point->number[0].value);
  StatusCode code =
      lemma_evaluate(&value, lemma->bound, point, point->variable ? NULL : x, 64, r->err);
  if (code == STATUS_OK && lemma->threshold != NULL)
    code = lemma_evaluate(&value, lemma->threshold, point, NULL, 64, r->err);
  formula_value_clear(&value);
  arb_clear(x);
  return code;
}

/* ---- lemmas ---- */

static StatusCode read_words(Lemma *lemma, const Reader *r, const config_setting_t *group) {
  char *trust = NULL, *method = NULL;
  TRY(read_text(&lemma->id, r, group, "id", true));
  TRY(read_text(&lemma->title, r, group, "title", true));
  TRY(read_text(&lemma->statement, r, group, "statement", true));
  TRY(read_text(&lemma->source, r, group, "source", true));
  TRY(read_text(&lemma->note, r, group, "note", false));
  StatusCode code = read_text(&trust, r, group, "trust", true);
  if (code == STATUS_OK) code = read_text(&method, r, group, "method", true);
  int t = 0;
  while (code == STATUS_OK && t < TRUST_COUNT && strcmp(trust_text((Trust)t), trust) != 0)
    t++;
  lemma->trust = (Trust)t;
  if (code == STATUS_OK && t == TRUST_COUNT)
    code = refuse(r, config_setting_get_member(group, "trust"),
                  "one of sourced, reported, recalled, derived");
  if (code == STATUS_OK) {
    lemma->method = strcmp(method, "certified") == 0 ? LEMMA_CERTIFIED : LEMMA_MONTE_CARLO;
    if (lemma->method == LEMMA_MONTE_CARLO && strcmp(method, "Monte Carlo") != 0)
      code =
          refuse(r, config_setting_get_member(group, "method"), "\"Monte Carlo\" or \"certified\"");
  }
  free(trust);
  free(method);
  return code;
}

/* Sample size, level and threshold, which a certified lemma has not got. */
static StatusCode read_sampling(Lemma *lemma, const Reader *r, const config_setting_t *group) {
  static const char *const key[] = {"samples", "level", "threshold"};
  const config_setting_t *at[3];
  const bool sampled = lemma->method == LEMMA_MONTE_CARLO;
  for (int i = 0; i < 3; i++) {
    TRY(member(&at[i], r, group, key[i], sampled));
    if (at[i] != NULL && !sampled) return refuse(r, at[i], "no such key beside \"certified\"");
  }
  lemma->level = 1;
  if (!sampled) return STATUS_OK;
  const char *samples = cfg_text(at[0]), *level = cfg_text(at[1]);
  const double count = samples != NULL ? strtod(samples, NULL) : 0;
  lemma->level = level != NULL ? strtod(level, NULL) : 0;
  if (!(count >= 1 && count <= LEMMA_SAMPLES_MAX && count == floor(count)))
    return refuse(r, at[0], "a whole number from 1 to 10000000");
  if (!(lemma->level > 0 && lemma->level < 1)) return refuse(r, at[1], "a number between 0 and 1");
  lemma->samples = (int64_t)count;
  return read_formula(&lemma->threshold, r, at[2]);
}

static StatusCode read_lemma(Lemma *lemma, const Reader *r, const config_setting_t *group) {
  if (!config_setting_is_group(group)) return refuse(r, group, "a lemma, which is a group {...}");
  lemma->line = cfg_origin(group, r->file).line;
  const config_setting_t *bound, *points;
  TRY(check_keys(r, group));
  TRY(read_words(lemma, r, group));
  TRY(read_sampling(lemma, r, group));
  TRY(member(&bound, r, group, "bound", true));
  TRY(read_formula(&lemma->bound, r, bound));
  TRY(member(&points, r, group, "points", true));
  const int count = config_setting_is_list(points) ? config_setting_length(points) : 0;
  if (count < 1 || count > LEMMA_POINTS_MAX) return refuse(r, points, "a list of 1 to 200 points");
  lemma->point = array_alloc((size_t)count, sizeof *lemma->point);
  if (lemma->point == NULL) return error_memory(r->err, "lemmas");
  lemma->point_count = (size_t)count;
  for (size_t i = 0; i < lemma->point_count; i++) {
    TRY(read_point(&lemma->point[i], r, lemma, config_setting_get_elem(points, (unsigned)i)));
    TRY(check_point(&lemma->point[i], r, lemma));
  }
  return STATUS_OK;
}

static StatusCode check_ids(const LemmaSet *set, const Reader *r) {
  for (size_t i = 0; i < set->count; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(set->lemma[i].id, set->lemma[k].id) == 0) {
        const FormulaOrigin origin = {r->file, set->lemma[i].line, 0};
        return formula_error(r->err, STATUS_DATA, &origin,
                             "id: expected each id once, but '%.40s' is also that of line %d",
                             set->lemma[i].id, set->lemma[k].line);
      }
  return STATUS_OK;
}

static StatusCode read_lemmas(LemmaSet *set, const Reader *r, const config_setting_t *root) {
  const config_setting_t *list = config_setting_get_member(root, "lemmas");
  if (list == NULL || config_setting_length(root) != 1 || !config_setting_is_list(list) ||
      config_setting_length(list) < 1 || config_setting_length(list) > CLAIMS_MAX) {
    const FormulaOrigin whole = {r->file, 1, 0};
    return formula_error(r->err, STATUS_DATA, &whole,
                         "expected lemmas = ( {...}, ... ); with 1 to %d lemmas, and no other key",
                         CLAIMS_MAX);
  }
  const size_t count = (size_t)config_setting_length(list);
  set->lemma = array_alloc(count, sizeof *set->lemma);
  if (set->lemma == NULL) return error_memory(r->err, "lemmas");
  size_t points = 0;
  for (set->count = 0; set->count < count;) {
    Lemma *lemma = &set->lemma[set->count];
    lemma->first_point = points;
    const config_setting_t *group = config_setting_get_elem(list, (unsigned)set->count++);
    TRY(read_lemma(lemma, r, group));
    points += lemma->point_count;
  }
  return check_ids(set, r);
}

static StatusCode load(LemmaSet *out, const config_t *cfg, const char *file, Error *err) {
  *out = (LemmaSet){.file = strdup(file)};
  if (out->file == NULL) return error_memory(err, "lemmas");
  const Reader reader = {.file = out->file, .err = err};
  const StatusCode code = read_lemmas(out, &reader, config_root_setting(cfg));
  if (code != STATUS_OK) lemmas_clear(out);
  return code;
}

StatusCode lemmas_load_text(LemmaSet *out, const char *file, const char *text, Error *err) {
  config_t cfg;
  TRY(cfg_read_text(&cfg, text, file, err));
  const StatusCode code = load(out, &cfg, file, err);
  config_destroy(&cfg);
  return code;
}

StatusCode lemmas_load(LemmaSet *out, const char *path, Error *err) {
  if (path == NULL) return lemmas_load_text(out, builtin_lemmas->name, builtin_lemmas->text, err);
  config_t cfg;
  char *source;
  TRY(cfg_read_file(&cfg, &source, path, err));
  const StatusCode code = load(out, &cfg, path, err);
  config_destroy(&cfg);
  if (code == STATUS_OK)
    out->source_text = source;
  else
    free(source);
  return code;
}

void lemmas_clear(LemmaSet *set) {
  for (size_t i = 0; i < set->count; i++) {
    Lemma *lemma = &set->lemma[i];
    free(lemma->id);
    free(lemma->title);
    free(lemma->statement);
    free(lemma->source);
    free(lemma->note);
    formula_free(lemma->threshold);
    formula_free(lemma->bound);
    free(lemma->point);
  }
  free(set->lemma);
  free(set->file);
  free(set->source_text);
  *set = (LemmaSet){0};
}
