/* claim_load.c -- a parsed claims file read into claims, key by key; every error is kept, not only
 * the first. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cfg.h"
#include "verify/loader.h"
#include "verify/mutate.h"
#include "verify/near.h"

#define ID_LENGTH_MAX 24 /* so that a table of claims fits a terminal */
#define ID_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* ---------------------------------------------------------------------------------- complaining */

static void complain_memory(Loader *loader) {
  Error error;
  if (error_memory(&error, "claims") != STATUS_OK) loader_pass(loader, &error);
}

/* Calls that return a status end here. */
static bool passed(Loader *loader, StatusCode code, const Error *error) {
  if (code != STATUS_OK) loader_pass(loader, error);
  return code == STATUS_OK;
}

static FormulaOrigin place(const Loader *loader, const config_setting_t *setting) {
  return cfg_origin(setting, loader->file);
}

/* --------------------------------------------------------------------------------------- values */

static const char *key_of(const config_setting_t *setting) {
  const char *name = config_setting_name(setting);
  return name ? name : "entry";
}

/* The text of a string, or NULL after a complaint. */
static const char *text_of(Loader *loader, const config_setting_t *setting) {
  const char *text = cfg_text(setting);
  if (!text || cfg_is_number(setting)) {
    loader_complain(loader, place(loader, setting), "%s: expected a text in quotes, found %s",
                    key_of(setting), cfg_kind(setting));
    return NULL;
  }
  if (text[strspn(text, " \t\r\n")] == '\0') {
    loader_complain(loader, place(loader, setting), "%s: expected a text, found an empty one",
                    key_of(setting));
    return NULL;
  }
  return text;
}

static void read_string(char **out, Loader *loader, const config_setting_t *setting) {
  const char *text = text_of(loader, setting);
  if (text && !(*out = strdup(text))) complain_memory(loader);
}

static void read_formula(Formula **out, Loader *loader, const config_setting_t *setting) {
  Error error;
  const char *text = cfg_text(setting);
  if (!text)
    loader_complain(loader, place(loader, setting), "%s: expected a formula in quotes, found %s",
                    key_of(setting), cfg_kind(setting));
  else if (!passed(loader, formula_parse(out, text, place(loader, setting), &error), &error))
    *out = NULL;
}

/* The first relation sign outside all parentheses, or NULL. */
static const char *find_relation(const char *text) {
  int depth = 0;
  for (; *text; text++) {
    depth += (*text == '(') - (*text == ')');
    if (depth == 0 && (*text == '<' || *text == '>')) return text;
  }
  return NULL;
}

static void read_condition(Condition *out, Loader *loader, const config_setting_t *setting) {
  const char *text = text_of(loader, setting);
  if (!text) return;
  FormulaOrigin origin = place(loader, setting);
  const char *sign = find_relation(text);
  if (!sign) {
    loader_complain(loader, origin,
                    "%s: expected a condition with one of < <= > >= in it, found '%.60s'",
                    key_of(setting), text);
    return;
  }
  const bool or_equal = sign[1] == '=';
  out->relation = *sign == '<' ? (or_equal ? RELATION_LE : RELATION_LT)
                               : (or_equal ? RELATION_GE : RELATION_GT);
  const char *right = sign + 1 + or_equal;
  char *left = strndup(text, (size_t)(sign - text));
  if (!left) {
    complain_memory(loader);
    return;
  }
  Error error;
  if (!passed(loader, formula_parse(&out->left, left, origin, &error), &error)) out->left = NULL;
  origin.column += (int)(right - text); /* formulas are ASCII: a byte is a column */
  if (!passed(loader, formula_parse(&out->right, right, origin, &error), &error)) out->right = NULL;
  free(left);
}

/* The place of the setting's text in a list of words, or count after a complaint. */
static size_t read_choice(Loader *loader, const config_setting_t *setting, size_t count,
                          const char *(*word)(size_t i)) {
  const char *text = text_of(loader, setting);
  if (!text) return count;
  char known[160] = "";
  for (size_t i = 0, used = 0; i < count && used < sizeof known; i++) {
    if (strcmp(text, word(i)) == 0) return i;
    used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", word(i));
  }
  loader_complain(loader, place(loader, setting), "%s: expected one of %s; found '%.40s'",
                  key_of(setting), known, text);
  return count;
}

static const char *trust_word(size_t i) {
  return trust_text((Trust)i);
}
static const char *relation_word(size_t i) {
  return claim_relation_text((ClaimRelation)i);
}
static const char *verdict_word(size_t i) {
  return verdict_text((VerdictKind)i);
}
static const char *reading_word(size_t i) {
  return i < 4 ? reading_name(readings_all[i]) : "all";
}

/* ----------------------------------------------------------------------------------- dispatching
 */

/* One key of a group and how its value is read into target. */
typedef struct {
  const char *key;
  bool required;
  void (*read)(void *target, Loader *loader, const config_setting_t *setting);
} Field;

static const Field *find_field(const Field *fields, size_t count, Loader *loader,
                               const config_setting_t *setting) {
  const char *key = key_of(setting);
  Near near = near_open(key);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(fields[i].key, key) == 0) return &fields[i];
    near_offer(&near, fields[i].key);
  }
  char text[512], names[160];
  near_text(names, sizeof names, &near);
  size_t used = 0;
  for (size_t i = 0; i < count && used < sizeof text; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, " %s", fields[i].key);
  loader_complain(loader, place(loader, setting), "unknown key '%.40s'%s%s (expected:%s)", key,
                  names[0] ? ", meant " : "", names, text);
  return NULL;
}

/* Is the key missing because it stands in the group misspelt? Then that has been said already. */
static bool misspelt_in(const config_setting_t *group, const char *key, const Field *fields,
                        size_t count) {
  for (int i = 0; i < config_setting_length(group); i++) {
    const char *written = key_of(config_setting_get_elem(group, (unsigned)i));
    bool known = false;
    for (size_t k = 0; k < count; k++)
      known = known || strcmp(fields[k].key, written) == 0;
    char names[160];
    Near near = near_open(written);
    near_offer(&near, key);
    near_text(names, sizeof names, &near);
    if (!known && names[0] != '\0') return true;
  }
  return false;
}

/* target := what the group says; complains of unknown and missing keys. what: "claim" and the like.
 */
static void read_group(void *target, const Field *fields, size_t count, const char *what,
                       Loader *loader, const config_setting_t *group) {
  if (!config_setting_is_group(group)) {
    loader_complain(loader, place(loader, group), "expected a %s, which is a group {...}; found %s",
                    what, cfg_kind(group));
    return;
  }
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
    const Field *field = find_field(fields, count, loader, setting);
    if (field) field->read(target, loader, setting);
  }
  for (size_t i = 0; i < count; i++)
    if (fields[i].required && !config_setting_get_member(group, fields[i].key) &&
        !misspelt_in(group, fields[i].key, fields, count))
      loader_complain(loader, place(loader, group), "%s: expected the key '%s', which is missing",
                      what, fields[i].key);
}

/* *out := room for the elements of a list (of a group, when groups are wanted), *count of them.
 * False after a complaint. */
static bool open_list(void *out, size_t *count, size_t size, bool group, Loader *loader,
                      const config_setting_t *setting) {
  if (group ? !config_setting_is_group(setting) : !config_setting_is_list(setting)) {
    loader_complain(loader, place(loader, setting), "%s: expected %s, found %s", key_of(setting),
                    group ? "a group {...}" : "a list (...)", cfg_kind(setting));
    return false;
  }
  const size_t length = (size_t)config_setting_length(setting);
  void *items = array_alloc(length, size);
  if (!items) {
    complain_memory(loader);
    return false;
  }
  *(void **)out = items;
  *count = length;
  return true;
}

/* ------------------------------------------------------------------------------- parts of a claim
 */

static void condition_words(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Condition *)target)->words, loader, setting);
}
static void condition_condition(void *target, Loader *loader, const config_setting_t *setting) {
  read_condition(target, loader, setting);
}
static const Field condition_fields[] = {
    {"words", true, condition_words},
    {"condition", true, condition_condition},
};

static void read_conditions(Condition **out, size_t *count, const char *what, Loader *loader,
                            const config_setting_t *setting) {
  if (!open_list(out, count, sizeof **out, false, loader, setting)) return;
  for (size_t i = 0; i < *count; i++)
    read_group(&(*out)[i], condition_fields, 2, what, loader,
               config_setting_get_elem(setting, (unsigned)i));
}

/* Records apply to shipped instances only: of another name one would never be looked at. */
static void expected_instance(void *target, Loader *loader, const config_setting_t *setting) {
  Expectation *expected = target;
  read_string(&expected->instance, loader, setting);
  if (!expected->instance || strcmp(expected->instance, "all") == 0) return;
  char known[160] = "";
  for (size_t i = 0, used = 0; instance_builtin_names[i] && used < sizeof known; i++) {
    if (strcmp(expected->instance, instance_builtin_names[i]) == 0) return;
    used += (size_t)snprintf(known + used, sizeof known - used, ", %s", instance_builtin_names[i]);
  }
  loader_complain(loader, place(loader, setting), "instance: expected one of all%s; found '%.40s'",
                  known, expected->instance);
}
static void expected_reading(void *target, Loader *loader, const config_setting_t *setting) {
  const size_t i = read_choice(loader, setting, 5, reading_word);
  ((Expectation *)target)->reading = i < 4 ? (int)i : EXPECTED_ALL_READINGS;
}
static void expected_verdict(void *target, Loader *loader, const config_setting_t *setting) {
  const size_t i = read_choice(loader, setting, VERDICT_KIND_COUNT, verdict_word);
  if (i < VERDICT_KIND_COUNT) ((Expectation *)target)->verdict = (VerdictKind)i;
}
static void expected_reason(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Expectation *)target)->reason, loader, setting);
}
static const Field expected_fields[] = {
    {"instance", true, expected_instance},
    {"reading", true, expected_reading},
    {"verdict", true, expected_verdict},
    {"reason", false, expected_reason},
};

static void allowed_mutant(void *target, Loader *loader, const config_setting_t *setting) {
  AllowedMutant *allowed = target;
  read_string(&allowed->mutant, loader, setting);
  if (allowed->mutant && !mutant_name_known(allowed->mutant))
    loader_complain(loader, place(loader, setting),
                    "mutant: expected a kind of mutant (verify/mutate.h lists them), found '%.40s'",
                    allowed->mutant);
}
static void allowed_proof(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((AllowedMutant *)target)->proof, loader, setting);
}
static void allowed_blind(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((AllowedMutant *)target)->blind, loader, setting);
}
static const Field allowed_fields[] = {
    {"mutant", true, allowed_mutant},
    {"proof", false, allowed_proof},
    {"blind", false, allowed_blind},
};
#define ALLOWED_FIELD_COUNT (sizeof allowed_fields / sizeof allowed_fields[0])

static void read_allowed(AllowedMutant *out, Loader *loader, const config_setting_t *setting) {
  read_group(out, allowed_fields, ALLOWED_FIELD_COUNT, "allowed mutant", loader, setting);
  if (!config_setting_is_group(setting)) return;
  const bool proof = config_setting_get_member(setting, "proof") != NULL;
  if (proof == (config_setting_get_member(setting, "blind") != NULL))
    loader_complain(
        loader, place(loader, setting),
        "allowed mutant: expected either `proof`, why it must be true, or `blind`, what "
        "the claim cannot tell apart; found %s",
        proof ? "both" : "neither");
}

/* ----------------------------------------------------------------------------------------- claims
 */

static void claim_id(void *target, Loader *loader, const config_setting_t *setting) {
  Claim *claim = target;
  read_string(&claim->id, loader, setting);
  if (!claim->id) return;
  const size_t length = strlen(claim->id);
  if (strspn(claim->id, ID_LETTERS) == length && length <= ID_LENGTH_MAX &&
      isalpha((unsigned char)claim->id[0]))
    return;
  loader_complain(loader, place(loader, setting),
                  "id: expected a letter, then letters, digits and any of . _ - (at most %d), "
                  "found '%.40s'",
                  ID_LENGTH_MAX, claim->id);
}
static void claim_title(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Claim *)target)->title, loader, setting);
}
static void claim_statement(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Claim *)target)->statement, loader, setting);
}
static void claim_trust(void *target, Loader *loader, const config_setting_t *setting) {
  const size_t i = read_choice(loader, setting, TRUST_COUNT, trust_word);
  if (i < TRUST_COUNT) ((Claim *)target)->trust = (Trust)i;
}
static void claim_source(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Claim *)target)->source, loader, setting);
}
static void claim_note(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Claim *)target)->note, loader, setting);
}
static void claim_hypotheses(void *target, Loader *loader, const config_setting_t *setting) {
  Claim *claim = target;
  read_conditions(&claim->hypothesis, &claim->hypothesis_count, "hypothesis", loader, setting);
}
static void claim_constants(void *target, Loader *loader, const config_setting_t *setting) {
  Claim *claim = target;
  if (!open_list(&claim->constant, &claim->constant_count, sizeof *claim->constant, true, loader,
                 setting))
    return;
  for (size_t i = 0; i < claim->constant_count; i++) {
    const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
    if (!(claim->constant[i].name = strdup(config_setting_name(item)))) complain_memory(loader);
    read_formula(&claim->constant[i].value, loader, item);
  }
}
static void claim_observable(void *target, Loader *loader, const config_setting_t *setting) {
  read_formula(&((Claim *)target)->observable, loader, setting);
}
static void claim_relation(void *target, Loader *loader, const config_setting_t *setting) {
  const size_t i = read_choice(loader, setting, CLAIM_RELATION_COUNT, relation_word);
  if (i < CLAIM_RELATION_COUNT) ((Claim *)target)->relation = (ClaimRelation)i;
}
static void claim_bound(void *target, Loader *loader, const config_setting_t *setting) {
  read_formula(&((Claim *)target)->bound, loader, setting);
}
static void claim_low(void *target, Loader *loader, const config_setting_t *setting) {
  read_formula(&((Claim *)target)->low, loader, setting);
}
static void claim_high(void *target, Loader *loader, const config_setting_t *setting) {
  read_formula(&((Claim *)target)->high, loader, setting);
}
static void claim_vacuous(void *target, Loader *loader, const config_setting_t *setting) {
  Claim *claim = target;
  read_conditions(&claim->vacuous, &claim->vacuous_count, "vacuity", loader, setting);
}
static void claim_never_vacuous(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Claim *)target)->never_vacuous, loader, setting);
}
static void claim_expectations(void *target, Loader *loader, const config_setting_t *setting) {
  Claim *claim = target;
  if (!open_list(&claim->expected, &claim->expected_count, sizeof *claim->expected, false, loader,
                 setting))
    return;
  for (size_t i = 0; i < claim->expected_count; i++)
    read_group(&claim->expected[i], expected_fields, 4, "recorded verdict", loader,
               config_setting_get_elem(setting, (unsigned)i));
}

static void claim_explained_by(void *target, Loader *loader, const config_setting_t *setting) {
  read_string(&((Claim *)target)->explained_by, loader, setting);
}

static void claim_allowed(void *target, Loader *loader, const config_setting_t *setting) {
  Claim *claim = target;
  if (!open_list(&claim->allowed, &claim->allowed_count, sizeof *claim->allowed, false, loader,
                 setting))
    return;
  for (size_t i = 0; i < claim->allowed_count; i++)
    read_allowed(&claim->allowed[i], loader, config_setting_get_elem(setting, (unsigned)i));
}

static const Field claim_fields[] = {
    {"id", true, claim_id},
    {"title", true, claim_title},
    {"statement", true, claim_statement},
    {"trust", true, claim_trust},
    {"source", true, claim_source},
    {"note", false, claim_note},
    {"hypotheses", true, claim_hypotheses},
    {"constants", false, claim_constants},
    {"observable", true, claim_observable},
    {"relation", true, claim_relation},
    {"bound", true, claim_bound},
    {"low", false, claim_low},
    {"high", false, claim_high},
    {"vacuous", false, claim_vacuous},
    {"never_vacuous", false, claim_never_vacuous},
    {"expected", false, claim_expectations},
    {"explained_by", false, claim_explained_by},
    {"allowed_mutants", false, claim_allowed},
};
#define CLAIM_FIELD_COUNT (sizeof claim_fields / sizeof claim_fields[0])

/* --------------------------------------------------------------------------------- a whole file
 */

static bool misspelt_key(const config_setting_t *entry, const char *key) {
  return misspelt_in(entry, key, claim_fields, CLAIM_FIELD_COUNT);
}

/* Keys that go together, or do not. */
static void check_keys(Loader *loader, const config_setting_t *entry) {
  const config_setting_t *vacuous = config_setting_get_member(entry, "vacuous");
  const bool never = config_setting_get_member(entry, "never_vacuous") != NULL;
  if (!vacuous == !never && !misspelt_key(entry, "vacuous") &&
      !misspelt_key(entry, "never_vacuous"))
    loader_complain(loader, place(loader, entry),
                    "expected either `vacuous`, the conditions under which the claim says nothing, "
                    "or `never_vacuous`, the reason why there are none; found %s",
                    never ? "both" : "neither");
  if (vacuous && config_setting_is_list(vacuous) && config_setting_length(vacuous) == 0)
    loader_complain(loader, place(loader, vacuous),
                    "vacuous: expected a condition; when there is none, never_vacuous says why");
  const config_setting_t *relation = config_setting_get_member(entry, "relation");
  const char *text = relation ? cfg_text(relation) : NULL;
  const bool within = text && strcmp(text, claim_relation_text(CLAIM_WITHIN)) == 0;
  const int edges = (config_setting_get_member(entry, "low") != NULL) +
                    (config_setting_get_member(entry, "high") != NULL);
  if (edges != (within ? 2 : 0) && !misspelt_key(entry, "low") && !misspelt_key(entry, "high") &&
      !misspelt_key(entry, "relation"))
    loader_complain(loader, place(loader, entry),
                    "relation: expected low and high beside \"within\" and nowhere else; found %s "
                    "beside \"%.20s\"",
                    edges == 0   ? "neither"
                    : edges == 1 ? "one of them"
                                 : "both",
                    text ? text : "");
}

static void read_claims(ClaimSet *set, Loader *loader, const config_setting_t *root) {
  const config_setting_t *list = NULL;
  for (int i = 0; i < config_setting_length(root); i++) {
    const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
    if (strcmp(key_of(setting), "claims") == 0)
      list = setting;
    else
      loader_complain(loader, place(loader, setting), "unknown key '%.40s' (expected: claims)",
                      key_of(setting));
  }
  const FormulaOrigin whole = {loader->file, 1, 0};
  if (!list) {
    loader_complain(loader, whole,
                    "expected a list of claims, claims = ( {...}, ... ); found none");
    return;
  }
  size_t count = 0;
  Claim *claim = NULL;
  if (!open_list(&claim, &count, sizeof *claim, false, loader, list)) return;
  if (count == 0 || count > CLAIMS_MAX)
    loader_complain(loader, place(loader, list), "expected 1 to %d claims, found %zu", CLAIMS_MAX,
                    count);
  for (size_t i = 0; i < count && count <= CLAIMS_MAX; i++) {
    const config_setting_t *entry = config_setting_get_elem(list, (unsigned)i);
    claim[i].line = place(loader, entry).line;
    read_group(&claim[i], claim_fields, CLAIM_FIELD_COUNT, "claim", loader, entry);
    if (config_setting_is_group(entry)) check_keys(loader, entry);
  }
  set->claim = claim;
  set->count = count;
}

/* An earlier claim of the same id, or NULL. An id that could not be read is NULL. */
static const Claim *namesake(const ClaimSet *set, const Claim *claim) {
  for (const Claim *other = set->claim; claim->id && other < claim; other++)
    if (other->id && strcmp(other->id, claim->id) == 0) return other;
  return NULL;
}

static void check_claims(Loader *loader, const ClaimSet *set, const config_setting_t *list) {
  for (size_t i = 0; i < set->count; i++) {
    const Claim *claim = &set->claim[i], *earlier = namesake(set, claim);
    if (earlier)
      loader_complain(loader, (FormulaOrigin){loader->file, claim->line, 0},
                      "id: expected each id once, but '%s' is also that of line %d", claim->id,
                      earlier->line);
    /* Without its constants every name that they define would be an error too. */
    const config_setting_t *entry = config_setting_get_elem(list, (unsigned)i);
    if (!config_setting_is_group(entry) || !misspelt_key(entry, "constants"))
      claim_check(loader, claim);
  }
}

void claims_read(ClaimSet *set, Loader *loader, const config_t *cfg) {
  read_claims(set, loader, config_root_setting(cfg));
  check_claims(loader, set, config_lookup(cfg, "claims"));
}
