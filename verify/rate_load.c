/* rate_load.c -- a rates file read into rates; the first error ends the reading. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cfg.h"
#include "verify/loader.h"
#include "verify/near.h"
#include "verify/rate.h"

/* What the reading functions share. */
typedef struct {
  const char *file;
  const ClaimSet *claims;
  bool shipped; /* then a claim may be missing: the reader has edited the claims, not the rates */
  Error *err;
} Reader;

static StatusCode refuse(const Reader *r, const config_setting_t *at, const char *expected) {
  const FormulaOrigin origin = cfg_origin(at, r->file);
  const char *name = config_setting_name(at), *text = cfg_text(at);
  return formula_error(r->err, STATUS_DATA, &origin, "%.40s%sexpected %.200s, found %.60s",
                       name != NULL ? name : "", name != NULL ? ": " : "", expected,
                       text != NULL ? text : cfg_kind(at));
}

/* ---- keys ---- */

static const char *const rate_key[] = {"id",
                                       "kind",
                                       "title",
                                       "statement",
                                       "trust",
                                       "source",
                                       "note",
                                       "along",
                                       "observable",
                                       "of",
                                       "relation",
                                       "rate",
                                       "low",
                                       "high",
                                       "margin",
                                       "alternatives",
                                       "baseline",
                                       "never_vacuous",
                                       "allowed_mutants",
                                       "expected",
                                       NULL};
static const char *const probability_key[] = {"id",     "kind", "title", "statement", "trust",
                                              "source", "note", "of",    "least",     NULL};
static const char *const allowed_key[] = {"mutant", "proof", "blind", NULL};
static const char *const expected_key[] = {"instance", "reading", "from", "to",
                                           "verdict",  "reason",  NULL};

static StatusCode check_keys(const Reader *r, const config_setting_t *group,
                             const char *const *known) {
  if (!config_setting_is_group(group)) return refuse(r, group, "a group {...}");
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
    size_t k = 0;
    while (known[k] != NULL && strcmp(known[k], config_setting_name(at)) != 0)
      k++;
    if (known[k] != NULL) continue;
    char expected[256] = "one of the keys";
    for (size_t n = 0, used = strlen(expected); known[n] != NULL && used < sizeof expected; n++)
      used += (size_t)snprintf(expected + used, sizeof expected - used, " %s", known[n]);
    return refuse(r, at, expected);
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
  return *out != NULL ? STATUS_OK : error_memory(r->err, "rates");
}

static StatusCode parse(Formula **out, const Reader *r, const config_setting_t *at) {
  if (cfg_text(at) == NULL) return refuse(r, at, "a formula in quotes");
  const StatusCode code = formula_parse(out, cfg_text(at), cfg_origin(at, r->file), r->err);
  if (code != STATUS_OK) *out = NULL;
  return code;
}

static StatusCode read_formula(Formula **out, const Reader *r, const config_setting_t *group,
                               const char *key, bool required) {
  const config_setting_t *at;
  TRY(member(&at, r, group, key, required));
  return at != NULL ? parse(out, r, at) : STATUS_OK;
}

/* *out := a formula without names, from least on and below limit. */
static StatusCode read_number(double *out, const Reader *r, const config_setting_t *group,
                              const char *key, double least, double limit) {
  Formula *formula = NULL;
  char expected[64];
  TRY(read_formula(&formula, r, group, key, true));
  const StatusCode code = formula_eval_double(out, formula, NULL, r->err);
  formula_free(formula);
  TRY(code);
  if (*out >= least && *out < limit) return STATUS_OK;
  snprintf(expected, sizeof expected, "a number from %g on, below %g", least, limit);
  return refuse(r, config_setting_get_member(group, key), expected);
}

/* *out := the place of the text in a list of count words. */
static StatusCode read_choice(int *out, const Reader *r, const config_setting_t *group,
                              const char *key, int count, const char *(*word)(int i)) {
  const config_setting_t *at;
  TRY(member(&at, r, group, key, true));
  const char *text = cfg_text(at);
  char expected[160] = "one of";
  size_t used = strlen(expected);
  for (*out = 0; *out < count; ++*out) {
    if (text != NULL && strcmp(text, word(*out)) == 0) return STATUS_OK;
    if (used < sizeof expected)
      used += (size_t)snprintf(expected + used, sizeof expected - used, " %s", word(*out));
  }
  return refuse(r, at, expected);
}

static const char *kind_word(int i) {
  return i == 0 ? "rate" : "probability";
}
static const char *relation_word(int i) {
  return i == RATE_THETA ? "Theta" : "O";
}
static const char *trust_word(int i) {
  return trust_text((Trust)i);
}
static const char *verdict_word(int i) {
  return verdict_text((VerdictKind)i);
}
static const char *reading_word(int i) {
  return i < 4 ? reading_name(readings_all[i]) : "all";
}
static const char *mutant_word(int i) {
  return rate_mutant_name[i];
}

/* ---- names in formulas ---- */

/* Every name means something; and a rate is known before anything is trained. */
static StatusCode check_names(const Reader *r, const Claim *claim, Formula *observable,
                              Formula *other) {
  Claim probe = {.id = claim->id, .observable = observable, .bound = other, .line = claim->line};
  Loader loader = {.file = r->file};
  claim_check(&loader, &probe);
  return loader_finish(&loader, r->err);
}

static const Formula *find_measured(const Formula *formula) {
  if (formula->kind == FORMULA_OBSERVABLE || formula->kind == FORMULA_AGGREGATE) return formula;
  for (size_t i = 0; i < formula->child_count; i++) {
    const Formula *found = find_measured(formula->child[i]);
    if (found != NULL) return found;
  }
  return NULL;
}

static StatusCode check_parameters(const Reader *r, const Claim *claim, Formula *formula) {
  if (formula == NULL) return STATUS_OK;
  const Formula *found = find_measured(formula);
  if (found != NULL)
    return formula_error(r->err, STATUS_DATA, &found->origin,
                         "expected a formula in parameters, found %.40s, which is measured",
                         found->text);
  return check_names(r, claim, NULL, formula);
}

/* ---- parts of an entry ---- */

static StatusCode read_words(Rate *rate, const Reader *r, const config_setting_t *group) {
  Claim *claim = rate->claim;
  const config_setting_t *id = config_setting_get_member(group, "id");
  int trust;
  TRY(read_text(&claim->id, r, group, "id", true));
  if (strlen(claim->id) > 24) return refuse(r, id, "an id of at most 24 letters");
  TRY(read_text(&claim->title, r, group, "title", true));
  TRY(read_text(&claim->statement, r, group, "statement", true));
  TRY(read_text(&claim->source, r, group, "source", true));
  TRY(read_text(&claim->note, r, group, "note", false));
  TRY(read_choice(&trust, r, group, "trust", TRUST_COUNT, trust_word));
  claim->trust = (Trust)trust;
  return STATUS_OK;
}

/* The claim that an entry takes its observable from, or counts the verdicts of. */
static StatusCode read_of(Rate *rate, const Reader *r, const config_setting_t *group,
                          bool required) {
  TRY(read_text(&rate->of_id, r, group, "of", required));
  if (rate->of_id == NULL) return STATUS_OK;
  rate->of = claims_find(r->claims, rate->of_id);
  if (rate->of != NULL || r->shipped) return STATUS_OK;
  Near near = near_open(rate->of_id);
  char names[160], expected[224];
  for (size_t i = 0; i < r->claims->count; i++)
    near_offer(&near, r->claims->claim[i].id);
  near_text(names, sizeof names, &near);
  snprintf(expected, sizeof expected, "the id of a claim%s%s", names[0] ? ", such as " : "", names);
  return refuse(r, config_setting_get_member(group, "of"), expected);
}

static StatusCode read_along(Rate *rate, const Reader *r, const config_setting_t *group) {
  const config_setting_t *at;
  char expected[256];
  TRY(member(&at, r, group, "along", true));
  rate->along = cfg_text(at) != NULL ? param_find(cfg_text(at)) : PARAM_COUNT;
  if (rate->along != PARAM_COUNT && rate->along != PARAM_seed &&
      param_info[rate->along].kind != PARAM_KIND_CHOICE)
    return STATUS_OK;
  snprintf(expected, sizeof expected, "a parameter with numbers, not the seed, of %s", param_keys);
  return refuse(r, at, expected);
}

static StatusCode read_alternatives(Rate *rate, const Reader *r, const config_setting_t *group) {
  const config_setting_t *list;
  TRY(member(&list, r, group, "alternatives", true));
  const int count = config_setting_is_list(list) ? config_setting_length(list) : 0;
  if (count < 1 || count > RATE_ALTERNATIVES)
    return refuse(r, list, "a list of 1 to 6 other rates");
  rate->alternative = array_alloc((size_t)count, sizeof *rate->alternative);
  if (rate->alternative == NULL) return error_memory(r->err, "rates");
  for (; rate->alternative_count < (size_t)count; rate->alternative_count++) {
    Formula **out = &rate->alternative[rate->alternative_count];
    TRY(parse(out, r, config_setting_get_elem(list, (unsigned)rate->alternative_count)));
    const StatusCode code = check_parameters(r, rate->claim, *out);
    if (code != STATUS_OK) formula_free(*out);
    TRY(code);
  }
  return STATUS_OK;
}

/* Either what a network that learns nothing shows, or why it cannot be taken for a success. */
static StatusCode read_baseline(Rate *rate, const Reader *r, const config_setting_t *group) {
  TRY(read_formula(&rate->baseline, r, group, "baseline", false));
  TRY(read_text(&rate->claim->never_vacuous, r, group, "never_vacuous", false));
  if ((rate->baseline == NULL) != (rate->claim->never_vacuous == NULL))
    return check_parameters(r, rate->claim, rate->baseline);
  const FormulaOrigin origin = cfg_origin(group, r->file);
  return formula_error(r->err, STATUS_DATA, &origin,
                       "expected one of the keys 'baseline' and 'never_vacuous', found %s",
                       rate->baseline != NULL ? "both" : "neither");
}

static StatusCode read_allowed(Rate *rate, const Reader *r, const config_setting_t *group) {
  const config_setting_t *list;
  TRY(member(&list, r, group, "allowed_mutants", false));
  if (list == NULL) return STATUS_OK;
  if (!config_setting_is_list(list)) return refuse(r, list, "a list (...)");
  const size_t count = (size_t)config_setting_length(list);
  rate->claim->allowed = array_alloc(count, sizeof *rate->claim->allowed);
  if (rate->claim->allowed == NULL) return error_memory(r->err, "rates");
  while (rate->claim->allowed_count < count) {
    const size_t i = rate->claim->allowed_count++;
    const config_setting_t *at = config_setting_get_elem(list, (unsigned)i);
    int mutant;
    TRY(check_keys(r, at, allowed_key));
    TRY(read_choice(&mutant, r, at, "mutant", RATE_MUTANT_COUNT, mutant_word));
    TRY(read_text(&rate->claim->allowed[i].mutant, r, at, "mutant", true));
    TRY(read_text(&rate->claim->allowed[i].proof, r, at, "proof", false));
    TRY(read_text(&rate->claim->allowed[i].blind, r, at, "blind", false));
    if ((rate->claim->allowed[i].proof == NULL) == (rate->claim->allowed[i].blind == NULL))
      return refuse(r, at, "one of the keys 'proof' and 'blind' beside 'mutant'");
  }
  return STATUS_OK;
}

static StatusCode read_expectation(RateExpectation *out, const Reader *r,
                                   const config_setting_t *group) {
  int verdict;
  TRY(check_keys(r, group, expected_key));
  TRY(read_text(&out->instance, r, group, "instance", true));
  TRY(read_choice(&out->reading, r, group, "reading", 5, reading_word));
  if (out->reading == 4) out->reading = EXPECTED_ALL_READINGS;
  TRY(read_number(&out->from, r, group, "from", 0, INFINITY));
  TRY(read_number(&out->to, r, group, "to", out->from, INFINITY));
  TRY(read_choice(&verdict, r, group, "verdict", VERDICT_KIND_COUNT, verdict_word));
  out->verdict = (VerdictKind)verdict;
  return read_text(&out->reason, r, group, "reason", out->verdict != VERDICT_HOLDS);
}

static StatusCode read_expected(Rate *rate, const Reader *r, const config_setting_t *group) {
  const config_setting_t *list;
  TRY(member(&list, r, group, "expected", false));
  if (list == NULL) return STATUS_OK;
  if (!config_setting_is_list(list)) return refuse(r, list, "a list (...)");
  const size_t count = (size_t)config_setting_length(list);
  rate->expected = array_alloc(count, sizeof *rate->expected);
  if (rate->expected == NULL) return error_memory(r->err, "rates");
  while (rate->expected_count < count) {
    const size_t i = rate->expected_count++;
    TRY(read_expectation(&rate->expected[i], r, config_setting_get_elem(list, (unsigned)i)));
  }
  return STATUS_OK;
}

static StatusCode read_observable(Rate *rate, const Reader *r, const config_setting_t *group) {
  TRY(read_formula(&rate->claim->observable, r, group, "observable", false));
  TRY(read_of(rate, r, group, false));
  if ((rate->claim->observable == NULL) != (rate->of_id == NULL))
    return check_names(r, rate->claim, rate->claim->observable, NULL);
  const FormulaOrigin origin = cfg_origin(group, r->file);
  return formula_error(r->err, STATUS_DATA, &origin,
                       "expected one of the keys 'observable' and 'of', found %s",
                       rate->of_id != NULL ? "both" : "neither");
}

static StatusCode read_rate(Rate *rate, const Reader *r, const config_setting_t *group) {
  Claim *claim = rate->claim;
  int relation;
  TRY(check_keys(r, group, rate_key));
  TRY(read_along(rate, r, group));
  TRY(read_observable(rate, r, group));
  TRY(read_choice(&relation, r, group, "relation", 2, relation_word));
  rate->relation = (RateRelation)relation;
  TRY(read_formula(&claim->bound, r, group, "rate", true));
  TRY(check_parameters(r, claim, claim->bound));
  TRY(read_formula(&claim->low, r, group, "low", rate->relation == RATE_THETA));
  if (claim->low != NULL && rate->relation == RATE_UPPER)
    return refuse(r, config_setting_get_member(group, "low"), "no such key beside \"O\"");
  TRY(check_parameters(r, claim, claim->low));
  TRY(read_formula(&claim->high, r, group, "high", true));
  TRY(check_parameters(r, claim, claim->high));
  /* A margin of a whole exponent would hold every rate there is, so that only statements about a
     range of exponents have one. */
  TRY(read_number(&rate->margin, r, group, "margin", 0, 10));
  TRY(read_alternatives(rate, r, group));
  TRY(read_baseline(rate, r, group));
  TRY(read_allowed(rate, r, group));
  return read_expected(rate, r, group);
}

static StatusCode read_probability(Rate *rate, const Reader *r, const config_setting_t *group) {
  TRY(check_keys(r, group, probability_key));
  TRY(read_of(rate, r, group, true));
  TRY(read_number(&rate->least, r, group, "least", 0, 1));
  if (rate->least > 0) return STATUS_OK;
  return refuse(r, config_setting_get_member(group, "least"), "a number above 0");
}

static StatusCode read_entry(Rate *rate, const Reader *r, const config_setting_t *group) {
  int kind;
  if (!config_setting_is_group(group)) return refuse(r, group, "a rate, which is a group {...}");
  rate->claim->line = cfg_origin(group, r->file).line;
  TRY(read_choice(&kind, r, group, "kind", 2, kind_word));
  rate->probability = kind == 1;
  TRY(read_words(rate, r, group));
  return rate->probability ? read_probability(rate, r, group) : read_rate(rate, r, group);
}

/* ---- the file ---- */

static StatusCode check_ids(const RateSet *set, const Reader *r) {
  for (size_t i = 0; i < set->count; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(set->rate[i].claim->id, set->rate[k].claim->id) == 0) {
        const FormulaOrigin origin = {r->file, set->rate[i].claim->line, 0};
        return formula_error(r->err, STATUS_DATA, &origin,
                             "id: expected each id once, but '%.40s' is also that of line %d",
                             set->rate[i].claim->id, set->rate[k].claim->line);
      }
  return STATUS_OK;
}

static StatusCode read_rates(RateSet *set, const Reader *r, const config_setting_t *root) {
  const config_setting_t *list = config_setting_get_member(root, "rates");
  if (list == NULL || config_setting_length(root) != 1 || !config_setting_is_list(list) ||
      config_setting_length(list) < 1 || config_setting_length(list) > RATES_MAX) {
    const FormulaOrigin whole = {r->file, 1, 0};
    return formula_error(r->err, STATUS_DATA, &whole,
                         "expected rates = ( {...}, ... ); with 1 to %d rates, and no other key",
                         RATES_MAX);
  }
  const size_t count = (size_t)config_setting_length(list);
  set->rate = array_alloc(count, sizeof *set->rate);
  set->claims.claim = array_alloc(count, sizeof *set->claims.claim);
  if (set->rate == NULL || set->claims.claim == NULL) return error_memory(r->err, "rates");
  set->claims.count = count;
  while (set->count < count) {
    Rate *rate = &set->rate[set->count];
    rate->claim = &set->claims.claim[set->count];
    TRY(read_entry(rate, r, config_setting_get_elem(list, (unsigned)set->count++)));
  }
  return check_ids(set, r);
}

static StatusCode load(RateSet *out, const config_t *cfg, const char *file, const ClaimSet *claims,
                       bool shipped, Error *err) {
  *out = (RateSet){.file = strdup(file)};
  if (out->file == NULL) return error_memory(err, "rates");
  const Reader reader = {.file = out->file, .claims = claims, .shipped = shipped, .err = err};
  const StatusCode code = read_rates(out, &reader, config_root_setting(cfg));
  if (code != STATUS_OK) rates_clear(out);
  return code;
}

static StatusCode load_text(RateSet *out, const char *file, const char *text,
                            const ClaimSet *claims, bool shipped, Error *err) {
  config_t cfg;
  TRY(cfg_read_text(&cfg, text, file, err));
  const StatusCode code = load(out, &cfg, file, claims, shipped, err);
  config_destroy(&cfg);
  return code;
}

StatusCode rates_load_text(RateSet *out, const char *file, const char *text, const ClaimSet *claims,
                           Error *err) {
  return load_text(out, file, text, claims, false, err);
}

StatusCode rates_load(RateSet *out, const char *path, const ClaimSet *claims, Error *err) {
  if (path == NULL)
    return load_text(out, builtin_rates->name, builtin_rates->text, claims, true, err);
  config_t cfg;
  char *source;
  TRY(cfg_read_file(&cfg, &source, path, err));
  const StatusCode code = load(out, &cfg, path, claims, false, err);
  config_destroy(&cfg);
  if (code == STATUS_OK)
    out->source_text = source;
  else
    free(source);
  return code;
}

void rates_clear(RateSet *set) {
  for (size_t i = 0; i < set->count; i++) {
    Rate *rate = &set->rate[i];
    free(rate->of_id);
    formula_free(rate->baseline);
    for (size_t k = 0; k < rate->alternative_count; k++)
      formula_free(rate->alternative[k]);
    free(rate->alternative);
    for (size_t k = 0; k < rate->expected_count; k++) {
      free(rate->expected[k].instance);
      free(rate->expected[k].reason);
    }
    free(rate->expected);
  }
  free(set->rate);
  claims_clear(&set->claims);
  free(set->file);
  free(set->source_text);
  *set = (RateSet){0};
}
