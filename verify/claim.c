/* claim.c -- claims in memory: their words, how they are found, and how they are released. */
#include "verify/claim.h"

#include <stdlib.h>
#include <string.h>

#include "verify/near.h"

static const char *const verdict_name[VERDICT_KIND_COUNT] = {
    [VERDICT_HOLDS] = "HOLDS",
    [VERDICT_FAILS] = "FAILS",
    [VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
    [VERDICT_VACUOUS] = "VACUOUS",
    [VERDICT_UNMET] = "UNMET",
};

const char *verdict_text(VerdictKind kind) {
  return verdict_name[kind];
}

bool verdict_parse(VerdictKind *out, const char *text) {
  for (int kind = 0; kind < VERDICT_KIND_COUNT; kind++) {
    if (strcmp(text, verdict_name[kind]) != 0) continue;
    *out = (VerdictKind)kind;
    return true;
  }
  return false;
}

const char *trust_text(Trust trust) {
  static const char *const name[TRUST_COUNT] = {
      [TRUST_SOURCED] = "sourced",
      [TRUST_REPORTED] = "reported",
      [TRUST_RECALLED] = "recalled",
      [TRUST_DERIVED] = "derived",
  };
  return name[trust];
}

const char *claim_relation_text(ClaimRelation relation) {
  static const char *const name[CLAIM_RELATION_COUNT] = {
      [CLAIM_LT] = "<",  [CLAIM_LE] = "<=",         [CLAIM_GT] = ">",
      [CLAIM_GE] = ">=", [CLAIM_WITHIN] = "within",
  };
  return name[relation];
}

static void conditions_clear(Condition *condition, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free(condition[i].words);
    formula_free(condition[i].left);
    formula_free(condition[i].right);
  }
  free(condition);
}

static void claim_clear(Claim *claim) {
  free(claim->id);
  free(claim->title);
  free(claim->statement);
  free(claim->source);
  free(claim->note);
  free(claim->never_vacuous);
  free(claim->explained_by);
  conditions_clear(claim->hypothesis, claim->hypothesis_count);
  conditions_clear(claim->vacuous, claim->vacuous_count);
  for (size_t i = 0; i < claim->constant_count; i++) {
    free(claim->constant[i].name);
    formula_free(claim->constant[i].value);
  }
  free(claim->constant);
  formula_free(claim->observable);
  formula_free(claim->bound);
  formula_free(claim->low);
  formula_free(claim->high);
  for (size_t i = 0; i < claim->expected_count; i++) {
    free(claim->expected[i].instance);
    free(claim->expected[i].reason);
  }
  free(claim->expected);
  for (size_t i = 0; i < claim->allowed_count; i++) {
    free(claim->allowed[i].mutant);
    free(claim->allowed[i].proof);
    free(claim->allowed[i].blind);
  }
  free(claim->allowed);
}

void claims_clear(ClaimSet *set) {
  for (size_t i = 0; i < set->count; i++)
    claim_clear(&set->claim[i]);
  free(set->claim);
  for (size_t i = 0; i < set->file_count; i++)
    free(set->file[i]);
  free(set->file);
  free(set->source_text);
  *set = (ClaimSet){0};
}

const Claim *claims_find(const ClaimSet *set, const char *id) {
  for (size_t i = 0; i < set->count; i++)
    if (strcmp(set->claim[i].id, id) == 0) return &set->claim[i];
  return NULL;
}

/* "T1.a1" belongs to the group "T1"; a group is named without its dot. */
static bool belongs_to(const char *id, const char *group) {
  const size_t length = strlen(group);
  return strncmp(id, group, length) == 0 && id[length] == '.';
}

StatusCode claims_select(bool *selected, const ClaimSet *set, const char *id, Error *err) {
  const Claim *exact = claims_find(set, id);
  bool found = false;
  for (size_t i = 0; i < set->count; i++) {
    if (exact ? &set->claim[i] != exact : !belongs_to(set->claim[i].id, id)) continue;
    selected[i] = found = true;
  }
  if (found) return STATUS_OK;
  char names[160];
  Near near = near_open(id);
  for (size_t i = 0; i < set->count; i++)
    near_offer(&near, set->claim[i].id);
  near_text(names, sizeof names, &near);
  return error_set(err, STATUS_USAGE, "no claim '%.60s'%s%s; claims list prints all ids", id,
                   names[0] ? ", near it: " : "", names);
}

const Expectation *claim_expected(const Claim *claim, const char *instance, Reading reading) {
  for (size_t i = 0; i < claim->expected_count; i++) {
    const Expectation *e = &claim->expected[i];
    if (strcmp(e->instance, "all") != 0 && (!instance || strcmp(e->instance, instance) != 0))
      continue;
    if (e->reading == EXPECTED_ALL_READINGS) return e;
    const Reading of = readings_all[e->reading];
    if (of.gate == reading.gate && of.loss == reading.loss) return e;
  }
  return NULL;
}
