/* formula_print.c -- from tree to text, with the fewest parentheses. */
#include "src/formula.h"

#include <stdlib.h>
#include <string.h>

/* How tightly a node holds together: where the grammar wants one level, a node of a lower one needs
 * parentheses. */
typedef enum { LEVEL_EXPR, LEVEL_TERM, LEVEL_UNARY, LEVEL_POWER, LEVEL_PRIMARY } Level;

typedef struct {
  char *text;
  size_t length, size;
  Error *err;
} Printer;

static StatusCode put(Printer *p, const char *text) {
  size_t n = strlen(text);
  if (p->length + n + 1 > p->size) {
    size_t size = 2 * p->size + n + 64;
    char *grown = realloc(p->text, size);
    if (grown == NULL) return error_memory(p->err, "formula");
    p->text = grown;
    p->size = size;
  }
  memcpy(p->text + p->length, text, n + 1);
  p->length += n;
  return STATUS_OK;
}

static Level level_of(const Formula *f) {
  switch (f->kind) {
  case FORMULA_ADD:
  case FORMULA_SUB:
    return LEVEL_EXPR;
  case FORMULA_MUL:
  case FORMULA_DIV:
    return LEVEL_TERM;
  case FORMULA_NEG:
    return LEVEL_UNARY;
  case FORMULA_POW:
    return LEVEL_POWER;
  default:
    return LEVEL_PRIMARY;
  }
}

static StatusCode print(Printer *p, const Formula *f, Level least);

static StatusCode print_binary(Printer *p, const Formula *f, Level left, const char *sign,
                               Level right) {
  TRY(print(p, f->child[0], left));
  TRY(put(p, sign));
  return print(p, f->child[1], right);
}

static StatusCode print_call(Printer *p, const Formula *f) {
  TRY(put(p, f->text));
  TRY(put(p, "("));
  if (f->kind == FORMULA_AGGREGATE) {
    TRY(put(p, f->variable));
    TRY(put(p, ", "));
  }
  for (size_t i = 0; i < f->child_count; i++) {
    bool is_rhs = f->kind == FORMULA_AGGREGATE && i == 3;
    if (is_rhs) TRY(put(p, " "));
    if (i > 0) TRY(put(p, is_rhs ? relation_text(f->relation) : ","));
    if (i > 0) TRY(put(p, " "));
    TRY(print(p, f->child[i], LEVEL_EXPR));
  }
  return put(p, ")");
}

static StatusCode print_bare(Printer *p, const Formula *f) {
  switch (f->kind) {
  case FORMULA_ADD:
    return print_binary(p, f, LEVEL_EXPR, " + ", LEVEL_TERM);
  case FORMULA_SUB:
    return print_binary(p, f, LEVEL_EXPR, " - ", LEVEL_TERM);
  case FORMULA_MUL:
    return print_binary(p, f, LEVEL_TERM, "*", LEVEL_UNARY);
  case FORMULA_DIV:
    return print_binary(p, f, LEVEL_TERM, "/", LEVEL_UNARY);
  case FORMULA_POW:
    return print_binary(p, f, LEVEL_PRIMARY, "^", LEVEL_UNARY);
  case FORMULA_NEG:
    TRY(put(p, "-"));
    return print(p, f->child[0], LEVEL_UNARY);
  case FORMULA_NUMBER:
  case FORMULA_NAME:
    return put(p, f->text);
  default:
    return print_call(p, f);
  }
}

/* Prints f where the grammar wants something of at least this level. */
static StatusCode print(Printer *p, const Formula *f, Level least) {
  if (level_of(f) >= least) return print_bare(p, f);
  TRY(put(p, "("));
  TRY(print_bare(p, f));
  return put(p, ")");
}

StatusCode formula_print(char **out, const Formula *formula, Error *err) {
  Printer p = {.err = err};
  StatusCode code = print(&p, formula, LEVEL_EXPR);
  if (code != STATUS_OK) {
    free(p.text);
    p.text = NULL;
  }
  *out = p.text;
  return code;
}
