/* formula_parse.c -- from text to tree, and the life of trees. */
#include "src/formula.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NESTING_MAX 64
#define AGGREGATES_MAX 3 /* inside one another: each takes as many turns as there are steps */
#define LENGTH_MAX 4096
#define EXPONENT_MAX 9999
#define FILE_SHOWN 160 /* so that a long path leaves room for the message */

/* ---------------------------------------------------------------------------------- messages */

StatusCode formula_error(Error *err, StatusCode code, const FormulaOrigin *origin,
                         const char *format, ...) {
  char message[sizeof err->message];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  char place[64] = "";
  if (origin->line > 0 && origin->column > 0)
    snprintf(place, sizeof place, ":%d:%d", origin->line, origin->column);
  else if (origin->line > 0)
    snprintf(place, sizeof place, ":%d", origin->line);
  else if (origin->column > 0)
    snprintf(place, sizeof place, ": column %d", origin->column);
  const char *file = origin->file != NULL ? origin->file : "formula";
  size_t length = strlen(file);
  bool shorten = length > FILE_SHOWN;
  return error_set(err, code, "%s%s%s: %s", shorten ? "..." : "",
                   shorten ? file + length - FILE_SHOWN : file, place, message);
}

const char *relation_text(Relation relation) {
  static const char *const text[] = {
      [RELATION_LT] = "<", [RELATION_LE] = "<=", [RELATION_GT] = ">", [RELATION_GE] = ">="};
  return text[relation];
}

/* ---------------------------------------------------------------------- names that are taken */

static const struct {
  const char *name;
  FormulaKind kind;
  size_t least, most;
} functions[] = {
    {"log", FORMULA_FUNCTION, 1, 1},          {"exp", FORMULA_FUNCTION, 1, 1},
    {"sqrt", FORMULA_FUNCTION, 1, 1},         {"abs", FORMULA_FUNCTION, 1, 1},
    {"floor", FORMULA_FUNCTION, 1, 1},        {"min", FORMULA_FUNCTION, 2, LENGTH_MAX},
    {"max", FORMULA_FUNCTION, 2, LENGTH_MAX}, {"sup", FORMULA_AGGREGATE, 3, 3},
    {"inf", FORMULA_AGGREGATE, 3, 3},         {"first", FORMULA_AGGREGATE, 4, 4},
};
#define FUNCTION_COUNT (sizeof functions / sizeof *functions)

/* Index in functions[], or FUNCTION_COUNT. */
static size_t find_function(const char *name) {
  size_t i = 0;
  while (i < FUNCTION_COUNT && strcmp(functions[i].name, name) != 0)
    i++;
  return i;
}

bool formula_arity(size_t *least, size_t *most, FormulaKind kind, const char *name) {
  size_t i = find_function(name);
  bool observable = kind == FORMULA_OBSERVABLE;
  if (observable ? i < FUNCTION_COUNT : i == FUNCTION_COUNT || functions[i].kind != kind)
    return false;
  *least = observable ? 1 : functions[i].least;
  *most = observable ? 1 : functions[i].most;
  return true;
}

/* ------------------------------------------------------------------------------------- trees */

void formula_free(Formula *formula) {
  if (formula == NULL) return;
  for (size_t i = 0; i < formula->child_count; i++)
    formula_free(formula->child[i]);
  free(formula->child);
  free(formula->text);
  free(formula->variable);
  free(formula);
}

/* *out := the first length bytes of text. */
static StatusCode copy_text(char **out, const char *text, size_t length, Error *err) {
  *out = array_alloc(length + 1, 1);
  if (*out == NULL) return error_memory(err, "formula");
  memcpy(*out, text, length);
  return STATUS_OK;
}

/* *out := a node with count empty children and nothing else. */
static StatusCode new_node(Formula **out, FormulaKind kind, size_t count, FormulaOrigin origin,
                           Error *err) {
  Formula *node = array_alloc(1, sizeof *node);
  Formula **child = array_alloc(count, sizeof *child);
  if (node == NULL || child == NULL) {
    free(node);
    free(child);
    return error_memory(err, "formula");
  }
  *node = (Formula){.kind = kind, .child = child, .child_count = count, .origin = origin};
  *out = node;
  return STATUS_OK;
}

/* A new empty child behind the others, or NULL. */
static Formula **add_child(Formula *node) {
  Formula **child = realloc(node->child, (node->child_count + 1) * sizeof *child);
  if (child == NULL) return NULL;
  node->child = child;
  child[node->child_count] = NULL;
  return &child[node->child_count++];
}

/* Everything hangs on *out at once, so that the caller can free what there is of it on failure. */
static StatusCode copy_into(Formula **out, const Formula *from, Error *err) {
  TRY(new_node(out, from->kind, from->child_count, from->origin, err));
  (*out)->relation = from->relation;
  if (from->text != NULL) TRY(copy_text(&(*out)->text, from->text, strlen(from->text), err));
  if (from->variable != NULL)
    TRY(copy_text(&(*out)->variable, from->variable, strlen(from->variable), err));
  for (size_t i = 0; i < from->child_count; i++)
    TRY(copy_into(&(*out)->child[i], from->child[i], err));
  return STATUS_OK;
}

StatusCode formula_copy(Formula **out, const Formula *formula, Error *err) {
  *out = NULL;
  StatusCode code = copy_into(out, formula, err);
  if (code == STATUS_OK) return STATUS_OK;
  formula_free(*out);
  *out = NULL;
  return code;
}

/* ------------------------------------------------------------------------------------ tokens */

typedef enum { TOKEN_END, TOKEN_NUMBER, TOKEN_NAME, TOKEN_RELATION, TOKEN_OTHER } TokenKind;

typedef struct {
  TokenKind kind;
  const char *start;
  size_t length;
  FormulaOrigin origin;
  Relation relation;
} Token;

typedef struct {
  const char *at; /* behind the token */
  FormulaOrigin origin;
  Token token; /* the one to be looked at */
  int nesting, aggregates;
  Error *err;
} Parser;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_name_char(char c) {
  return is_digit(c) || c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void skip(Parser *p, size_t n) {
  for (; n > 0; n--, p->at++) {
    if (*p->at == '\n' && p->origin.line > 0) {
      p->origin.line++;
      p->origin.column = 1;
    } else if (((unsigned char)*p->at & 0xC0) != 0x80) { /* not inside a UTF-8 character */
      p->origin.column++;
    }
  }
}

/* "expected WHAT, found ..." at a place that starts with text[0..length). */
static StatusCode expected_at(const Parser *p, const FormulaOrigin *origin, const char *what,
                              const char *text, size_t length) {
  unsigned char c = (unsigned char)*text;
  if (length == 0)
    return formula_error(p->err, STATUS_DATA, origin, "expected %s, found the end", what);
  if (c < ' ' || c == 127)
    return formula_error(p->err, STATUS_DATA, origin, "expected %s, found the byte 0x%02x", what,
                         c);
  return formula_error(p->err, STATUS_DATA, origin, "expected %s, found '%.*s%s'", what,
                       length < 40 ? (int)length : 40, text, length < 40 ? "" : "...");
}

static StatusCode expected(const Parser *p, const char *what) {
  if (p->token.kind == TOKEN_RELATION)
    return formula_error(
        p->err, STATUS_DATA, &p->token.origin,
        "expected %s, found '%s': a comparison stands only as the last argument of "
        "first()",
        what, relation_text(p->token.relation));
  return expected_at(p, &p->token.origin, what, p->token.start, p->token.length);
}

/* How far the first character of text reaches: all bytes of a UTF-8 character. */
static size_t character_length(const char *text) {
  size_t n = *text != '\0';
  while (((unsigned char)text[n] & 0xC0) == 0x80)
    n++;
  return n;
}

/* Digits at p->at + n are wanted: n moves behind them. */
static StatusCode digits(const Parser *p, size_t *n, const char *what) {
  FormulaOrigin origin = p->origin;
  origin.column += (int)*n; /* a number is ASCII */
  if (!is_digit(p->at[*n]))
    return expected_at(p, &origin, what, p->at + *n, character_length(p->at + *n));
  while (is_digit(p->at[*n]))
    (*n)++;
  return STATUS_OK;
}

/* *length := that of the number at p->at. */
static StatusCode number_length(size_t *length, const Parser *p) {
  size_t n = 0;
  if (is_digit(p->at[0])) TRY(digits(p, &n, "a digit"));
  if (p->at[n] == '.') {
    n++;
    TRY(digits(p, &n, "a digit after the decimal point"));
  }
  if (p->at[n] == 'e' || p->at[n] == 'E') {
    n++;
    if (p->at[n] == '+' || p->at[n] == '-') n++;
    size_t start = n;
    TRY(digits(p, &n, "a digit of the exponent"));
    while (p->at[start] == '0')
      start++;
    if (n - start > 4) /* no more digits than EXPONENT_MAX has */
      return formula_error(p->err, STATUS_DATA, &p->origin,
                           "expected an exponent of at most %d, found '%.*s'", EXPONENT_MAX,
                           n < 40 ? (int)n : 40, p->at);
  }
  *length = n;
  return STATUS_OK;
}

/* p->token := the next one. */
static StatusCode advance(Parser *p) {
  while (is_blank(*p->at))
    skip(p, 1);
  Token *t = &p->token;
  *t = (Token){
      .kind = TOKEN_OTHER, .start = p->at, .length = character_length(p->at), .origin = p->origin};
  char c = *p->at;
  if (c == '\0') {
    t->kind = TOKEN_END;
  } else if (is_digit(c) || c == '.') {
    t->kind = TOKEN_NUMBER;
    TRY(number_length(&t->length, p));
  } else if (is_name_char(c)) {
    t->kind = TOKEN_NAME;
    while (is_name_char(p->at[t->length]))
      t->length++;
  } else if (c == '<' || c == '>') {
    bool equal = p->at[1] == '=';
    t->kind = TOKEN_RELATION;
    t->length += equal;
    t->relation =
        c == '<' ? (equal ? RELATION_LE : RELATION_LT) : (equal ? RELATION_GE : RELATION_GT);
  }
  skip(p, t->length);
  return STATUS_OK;
}

static bool is_sign(const Parser *p, char c) {
  return p->token.kind == TOKEN_OTHER && *p->token.start == c;
}

/* ----------------------------------------------------------------------------------- grammar */

static StatusCode parse_expr(Parser *p, Formula **out);

/* The sign c must come; `what` names everything that could have come instead. */
static StatusCode take_sign(Parser *p, char c, const char *what) {
  if (!is_sign(p, c)) return expected(p, what);
  return advance(p);
}

static StatusCode take_text(Parser *p, char **out) {
  TRY(copy_text(out, p->token.start, p->token.length, p->err));
  return advance(p);
}

static StatusCode parse_argument(Parser *p, Formula *node) {
  Formula **slot = add_child(node);
  return slot != NULL ? parse_expr(p, slot) : error_memory(p->err, "formula");
}

/* args of a function or an observable: '(' has been read. */
static StatusCode parse_arguments(Parser *p, Formula *node, size_t least, size_t most) {
  TRY(parse_argument(p, node));
  while (is_sign(p, ',')) {
    if (node->child_count == most)
      return formula_error(p->err, STATUS_DATA, &p->token.origin,
                           "expected ')': %s takes %zu argument%s", node->text, most,
                           most == 1 ? "" : "s");
    TRY(advance(p));
    TRY(parse_argument(p, node));
  }
  if (is_sign(p, ')') && node->child_count < least)
    return formula_error(p->err, STATUS_DATA, &p->token.origin,
                         "expected ',': %s takes at least %zu arguments", node->text, least);
  return take_sign(p, ')',
                   node->child_count < most ? "an operator, ',' or ')'" : "an operator or ')'");
}

/* (s, from, to, body) or (s, from, to, body relation rhs): '(' has been read. */
static StatusCode parse_aggregate(Parser *p, Formula *node) {
  if (++p->aggregates > AGGREGATES_MAX)
    return formula_error(p->err, STATUS_DATA, &node->origin,
                         "expected at most %d of sup, inf and first inside one another",
                         AGGREGATES_MAX);
  if (p->token.kind != TOKEN_NAME) return expected(p, "a name for the step");
  Token name = p->token;
  TRY(take_text(p, &node->variable));
  if (find_function(node->variable) < FUNCTION_COUNT)
    return formula_error(p->err, STATUS_DATA, &name.origin,
                         "expected a name for the step, found the function %s", node->variable);
  TRY(take_sign(p, ',', "','"));
  for (int end = 0; end < 2; end++) {
    TRY(parse_argument(p, node));
    TRY(take_sign(p, ',', "an operator or ','"));
  }
  TRY(parse_argument(p, node));
  if (strcmp(node->text, "first") == 0) {
    if (p->token.kind != TOKEN_RELATION) return expected(p, "an operator, '<', '<=', '>' or '>='");
    node->relation = p->token.relation;
    TRY(advance(p));
    TRY(parse_argument(p, node));
  }
  p->aggregates--;
  return take_sign(p, ')', "an operator or ')'");
}

static StatusCode parse_name(Parser *p, Formula **out) {
  Token name = p->token;
  TRY(new_node(out, FORMULA_NAME, 0, name.origin, p->err));
  Formula *node = *out;
  TRY(take_text(p, &node->text));
  size_t i = find_function(node->text);
  bool known = i < FUNCTION_COUNT;
  if (!is_sign(p, '(')) return known ? expected(p, "'(' behind the function's name") : STATUS_OK;
  TRY(advance(p));
  node->kind = known ? functions[i].kind : FORMULA_OBSERVABLE;
  if (node->kind == FORMULA_AGGREGATE) return parse_aggregate(p, node);
  return parse_arguments(p, node, known ? functions[i].least : 1, known ? functions[i].most : 1);
}

static StatusCode parse_primary(Parser *p, Formula **out) {
  if (p->token.kind == TOKEN_NUMBER) {
    TRY(new_node(out, FORMULA_NUMBER, 0, p->token.origin, p->err));
    return take_text(p, &(*out)->text);
  }
  if (p->token.kind == TOKEN_NAME) return parse_name(p, out);
  if (!is_sign(p, '(')) return expected(p, "a number, a name or '('");
  TRY(advance(p));
  TRY(parse_expr(p, out));
  return take_sign(p, ')', "an operator or ')'");
}

/* Every way down passes here, so here depth is counted. */
static StatusCode parse_unary(Parser *p, Formula **out) {
  if (p->nesting > NESTING_MAX)
    return formula_error(p->err, STATUS_DATA, &p->token.origin,
                         "expected at most %d levels of nesting", NESTING_MAX);
  p->nesting++;
  FormulaOrigin origin = p->token.origin;
  if (is_sign(p, '-')) {
    TRY(new_node(out, FORMULA_NEG, 1, origin, p->err));
    TRY(advance(p));
    TRY(parse_unary(p, &(*out)->child[0]));
  } else if (is_sign(p, '+')) {
    TRY(advance(p));
    TRY(parse_unary(p, out));
  } else {
    TRY(parse_primary(p, out));
    if (is_sign(p, '^')) {
      Formula *base = *out;
      TRY(new_node(out, FORMULA_POW, 2, base->origin, p->err));
      (*out)->child[0] = base;
      TRY(advance(p));
      TRY(parse_unary(p, &(*out)->child[1]));
    }
  }
  p->nesting--;
  return STATUS_OK;
}

/* operand (sign operand)*, for two signs with their kinds of node. */
static StatusCode parse_chain(Parser *p, Formula **out, StatusCode (*operand)(Parser *, Formula **),
                              const char signs[2], const FormulaKind kinds[2]) {
  TRY(operand(p, out));
  while (is_sign(p, signs[0]) || is_sign(p, signs[1])) {
    Formula *left = *out;
    TRY(new_node(out, kinds[is_sign(p, signs[1])], 2, left->origin, p->err));
    (*out)->child[0] = left;
    TRY(advance(p));
    TRY(operand(p, &(*out)->child[1]));
  }
  return STATUS_OK;
}

static StatusCode parse_term(Parser *p, Formula **out) {
  static const FormulaKind kinds[2] = {FORMULA_MUL, FORMULA_DIV};
  return parse_chain(p, out, parse_unary, "*/", kinds);
}

static StatusCode parse_expr(Parser *p, Formula **out) {
  static const FormulaKind kinds[2] = {FORMULA_ADD, FORMULA_SUB};
  return parse_chain(p, out, parse_term, "+-", kinds);
}

static StatusCode check_length(const char *text, const FormulaOrigin *origin, Error *err) {
  size_t n = 0;
  for (const char *c = text; *c != '\0'; c++)
    n += !is_blank(*c);
  if (n <= LENGTH_MAX) return STATUS_OK;
  return formula_error(err, STATUS_DATA, origin,
                       "expected a formula of at most %d characters, found %zu", LENGTH_MAX, n);
}

StatusCode formula_parse(Formula **out, const char *text, FormulaOrigin origin, Error *err) {
  *out = NULL;
  TRY(check_length(text, &origin, err));
  Parser p = {.at = text, .origin = origin, .err = err};
  StatusCode code = advance(&p);
  if (code == STATUS_OK) code = parse_expr(&p, out);
  if (code == STATUS_OK && p.token.kind != TOKEN_END) code = expected(&p, "an operator or the end");
  if (code == STATUS_OK) return STATUS_OK;
  formula_free(*out);
  *out = NULL;
  return code;
}
