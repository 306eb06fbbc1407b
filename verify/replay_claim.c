/* replay_claim.c -- the claim of a replay file: as text, and held against the shipped one. */
#include "verify/replay_claim.h"

#include <stdlib.h>
#include <string.h>

/* ---- parts of a claim, in the form of a claims file ---- */

static void put_string(FILE *out, const char *key, const char *text) {
  fprintf(out, "  %s = \"", key);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putc('\\', out);
    if (*text == '\n')
      fputs("\\n", out);
    else
      putc(*text, out);
  }
  fputs("\";\n", out);
}

static StatusCode put_formula(FILE *out, const char *key, const Formula *formula, Error *err) {
  char *text = NULL;
  if (formula == NULL) return STATUS_OK;
  TRY(formula_print(&text, formula, err));
  put_string(out, key, text);
  free(text);
  return STATUS_OK;
}

static StatusCode put_conditions(FILE *out, const char *key, const Condition *condition,
                                 size_t count, Error *err) {
  fprintf(out, "  %s = (", key);
  for (size_t i = 0; i < count; i++) {
    char *left = NULL, *right = NULL, *whole = NULL;
    StatusCode code = formula_print(&left, condition[i].left, err);
    if (code == STATUS_OK) code = formula_print(&right, condition[i].right, err);
    const size_t size = (left ? strlen(left) : 0) + (right ? strlen(right) : 0) + 8;
    if (code == STATUS_OK && (whole = array_alloc(size, 1)) == NULL)
      code = error_memory(err, "a condition");
    if (code == STATUS_OK) {
      snprintf(whole, size, "%s %s %s", left, relation_text(condition[i].relation), right);
      fputs(i > 0 ? ",\n  {\n" : "\n  {\n", out);
      put_string(out, "words", condition[i].words);
      put_string(out, "condition", whole);
      fputs("  }", out);
    }
    free(left);
    free(right);
    free(whole);
    TRY(code);
  }
  fputs(");\n", out);
  return STATUS_OK;
}

static StatusCode put_title(FILE *out, const Claim *claim, Error *err) {
  (void)err; /* texts cannot fail */
  put_string(out, "title", claim->title);
  return STATUS_OK;
}

static StatusCode put_statement(FILE *out, const Claim *claim, Error *err) {
  (void)err;
  put_string(out, "statement", claim->statement);
  return STATUS_OK;
}

static StatusCode put_source(FILE *out, const Claim *claim, Error *err) {
  (void)err;
  put_string(out, "trust", trust_text(claim->trust));
  put_string(out, "source", claim->source);
  return STATUS_OK;
}

static StatusCode put_hypotheses(FILE *out, const Claim *claim, Error *err) {
  return put_conditions(out, "hypotheses", claim->hypothesis, claim->hypothesis_count, err);
}

static StatusCode put_constants(FILE *out, const Claim *claim, Error *err) {
  if (claim->constant_count == 0) return STATUS_OK;
  fputs("  constants = {\n", out);
  for (size_t i = 0; i < claim->constant_count; i++)
    TRY(put_formula(out, claim->constant[i].name, claim->constant[i].value, err));
  fputs("  };\n", out);
  return STATUS_OK;
}

static StatusCode put_observable(FILE *out, const Claim *claim, Error *err) {
  return put_formula(out, "observable", claim->observable, err);
}

static StatusCode put_bound(FILE *out, const Claim *claim, Error *err) {
  put_string(out, "relation", claim_relation_text(claim->relation));
  TRY(put_formula(out, "bound", claim->bound, err));
  TRY(put_formula(out, "low", claim->low, err));
  return put_formula(out, "high", claim->high, err);
}

static StatusCode put_vacuous(FILE *out, const Claim *claim, Error *err) {
  if (claim->vacuous_count > 0)
    return put_conditions(out, "vacuous", claim->vacuous, claim->vacuous_count, err);
  put_string(out, "never_vacuous", claim->never_vacuous);
  return STATUS_OK;
}

typedef StatusCode (*Put)(FILE *out, const Claim *claim, Error *err);

static const struct {
  const char *name;
  Put put;
} part[] = {{"title", put_title},
            {"statement", put_statement},
            {"source", put_source},
            {"hypotheses", put_hypotheses},
            {"constants", put_constants},
            {"observable", put_observable},
            {"relation or bound", put_bound},
            {"what makes it vacuous", put_vacuous}};
#define PARTS (sizeof part / sizeof *part)

StatusCode replay_put_claim(FILE *out, const Claim *claim, Error *err) {
  fputs("claims = ( {\n", out);
  put_string(out, "id", claim->id);
  for (size_t i = 0; i < PARTS; i++)
    TRY(part[i].put(out, claim, err));
  fputs("} );\n", out);
  return STATUS_OK;
}

/* ---- against the shipped claim ---- */

/* *out := what put writes. */
static StatusCode in_memory(char **out, Put put, const Claim *claim, Error *err) {
  size_t size = 0;
  *out = NULL;
  FILE *stream = open_memstream(out, &size);
  if (stream == NULL) return error_memory(err, "a part of a claim");
  const StatusCode code = put(stream, claim, err);
  if (fclose(stream) != 0 && code == STATUS_OK) return error_memory(err, "a part of a claim");
  return code;
}

static StatusCode same_part(bool *same, Put put, const Claim *a, const Claim *b, Error *err) {
  char *left = NULL, *right = NULL;
  StatusCode code = in_memory(&left, put, a, err);
  if (code == STATUS_OK) code = in_memory(&right, put, b, err);
  if (code == STATUS_OK) *same = strcmp(left, right) == 0;
  free(left);
  free(right);
  return code;
}

StatusCode replay_claim_differs(char out[REPLAY_DIFFERS_SIZE], const Claim *claim,
                                const ClaimSet *shipped, Error *err) {
  const Claim *ours = claims_find(shipped, claim->id);
  *out = '\0';
  if (ours == NULL) {
    snprintf(out, REPLAY_DIFFERS_SIZE, "there is no shipped claim %.60s", claim->id);
    return STATUS_OK;
  }
  for (size_t i = 0; i < PARTS; i++) {
    const size_t used = strlen(out);
    bool same;
    TRY(same_part(&same, part[i].put, claim, ours, err));
    if (same) continue;
    if (used == 0)
      snprintf(out, REPLAY_DIFFERS_SIZE, "differs from the shipped claim %.60s: %s", claim->id,
               part[i].name);
    else
      snprintf(out + used, REPLAY_DIFFERS_SIZE - used, ", %s", part[i].name);
  }
  return STATUS_OK;
}
