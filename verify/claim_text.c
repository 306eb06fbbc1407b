/* claim_text.c -- the lines of claim_text.h, printed into memory. */
#include "verify/claim_text.h"

#include <stdio.h>
#include <stdlib.h>

static StatusCode put_formula(FILE *out, const Formula *formula, Error *err) {
  char *text = NULL;
  TRY(formula_print(&text, formula, err));
  fputs(text, out);
  free(text);
  return STATUS_OK;
}

static StatusCode put_claim(FILE *out, const Claim *claim, Error *err) {
  TRY(put_formula(out, claim->observable, err));
  if (claim->relation != CLAIM_WITHIN) {
    fprintf(out, " %s ", claim_relation_text(claim->relation));
    return put_formula(out, claim->bound, err);
  }
  fputs(" within [", out);
  TRY(put_formula(out, claim->low, err));
  fputs(", ", out);
  TRY(put_formula(out, claim->high, err));
  fputs("] * (", out);
  TRY(put_formula(out, claim->bound, err));
  fputs(")", out);
  return STATUS_OK;
}

static StatusCode put_hypotheses(FILE *out, const Claim *claim, Error *err) {
  for (size_t i = 0; i < claim->hypothesis_count; i++) {
    const Condition *condition = &claim->hypothesis[i];
    fprintf(out, "%s%s [", i > 0 ? "; " : "", condition->words);
    TRY(put_formula(out, condition->left, err));
    fprintf(out, " %s ", relation_text(condition->relation));
    TRY(put_formula(out, condition->right, err));
    fputs("]", out);
  }
  return STATUS_OK;
}

typedef StatusCode (*Put)(FILE *out, const Claim *claim, Error *err);

/* *out := what put writes; NULL when that is nothing. */
static StatusCode in_memory(char **out, Put put, const Claim *claim, Error *err) {
  size_t size = 0;
  *out = NULL;
  FILE *stream = open_memstream(out, &size);
  if (stream == NULL) return error_memory(err, "the text of a claim");
  StatusCode code = put(stream, claim, err);
  if (fclose(stream) != 0 && code == STATUS_OK) code = error_memory(err, "the text of a claim");
  if (code == STATUS_OK && size > 0) return STATUS_OK;
  free(*out);
  *out = NULL;
  return code;
}

StatusCode claim_formula_text(char **out, const Claim *claim, Error *err) {
  return in_memory(out, put_claim, claim, err);
}

StatusCode claim_hypotheses_text(char **out, const Claim *claim, Error *err) {
  return in_memory(out, put_hypotheses, claim, err);
}
