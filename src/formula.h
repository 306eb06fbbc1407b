/* formula.h -- the small expression language of instance files and claim files, evaluated over
 * balls.
 *
 *   expr      := term (('+'|'-') term)*            left associative
 *   term      := unary (('*'|'/') unary)*          left associative
 *   unary     := ('-'|'+') unary | power
 *   power     := primary ['^' unary]               right associative, binds tighter than unary
 * minus primary   := NUMBER | NAME | NAME '(' args ')' | '(' expr ')' condition := expr
 * ('<'|'<='|'>'|'>=') expr     only as the last argument of first()
 *
 * A decimal NUMBER means its exact decimal value (0.1 is 1/10, never the double). NAME is
 * [A-Za-z_][A-Za-z0-9_]*. Functions: log exp sqrt abs floor (one argument), min max (two or more).
 * NAME(expr) for any other NAME is an observable at a step. Aggregates over the recorded steps
 * from..to bind a step variable s: sup(s, from, to, expr)   inf(s, from, to, expr)      largest /
 * smallest value first(s, from, to, condition)                        the first step where the
 * condition certainly holds, +inf if none
 */
#ifndef SRC_FORMULA_H
#define SRC_FORMULA_H

#include <arb.h>
#include <flint/fmpq.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/status.h"

typedef enum {
  FORMULA_NUMBER,
  FORMULA_NAME, /* text; no children */
  FORMULA_ADD,
  FORMULA_SUB,
  FORMULA_MUL,
  FORMULA_DIV,
  FORMULA_POW,        /* two children */
  FORMULA_NEG,        /* one child */
  FORMULA_FUNCTION,   /* text is one of the functions above; children are the arguments */
  FORMULA_OBSERVABLE, /* text(child[0]) */
  FORMULA_AGGREGATE,  /* text is sup, inf or first; variable is the bound name; children: from, to,
                         body (and, for first, rhs) */
} FormulaKind;

typedef enum { RELATION_LT, RELATION_LE, RELATION_GT, RELATION_GE } Relation;

/* Where a formula's text stands, for messages. column counts from 1 and is the column of its first
 * character. */
typedef struct {
  const char
      *file; /* a file name, or "--set lambda" and the like; not owned, must outlive the formula */
  int line, column;
} FormulaOrigin;

/* A node of the tree. Public, because claims are mutated by editing trees. Owned by its parent. */
typedef struct Formula Formula;
struct Formula {
  FormulaKind kind;
  char *text;        /* the number as written, the name, or the function; NULL for operators */
  char *variable;    /* aggregates only */
  Relation relation; /* first() only: body relation rhs */
  Formula **child;
  size_t child_count;
  FormulaOrigin origin; /* of this node, for evaluation errors */
};

/* *out := the tree of text. The caller frees with formula_free. On a syntax error: STATUS_DATA and
   "FILE:LINE:COLUMN: expected ..., found ...". Nesting deeper than 64 or text longer than 4096 is
   refused. */
MUST_CHECK StatusCode formula_parse(Formula **out, const char *text, FormulaOrigin origin,
                                    Error *err);
void formula_free(Formula *formula); /* NULL is allowed */
MUST_CHECK StatusCode formula_copy(Formula **out, const Formula *formula, Error *err);

/* *out := text that parses back to the same tree, with the fewest parentheses; malloc'ed, the
 * caller frees. */
MUST_CHECK StatusCode formula_print(char **out, const Formula *formula, Error *err);

/* A value is always a ball, and besides an exact rational when one is known: so that
   floor(1/(4*eta1*lambda)) can be decided when the quotient is an integer. Exact values survive + -
   * / , integer powers, abs, floor, min, max and square roots of squares. */
typedef struct {
  arb_t ball;
  fmpq_t exact;
  bool is_exact;
} FormulaValue;

void formula_value_init(FormulaValue *value);
void formula_value_clear(FormulaValue *value);
/* value := x exactly, as rational and as ball at the given precision. */
void formula_value_set_si(FormulaValue *value, int64_t x);
void formula_value_set_d(FormulaValue *value, double x);
void formula_value_set_arb(FormulaValue *value, const arb_t x); /* is_exact := false */

/* What names mean. Every member may be NULL: then the thing is refused with a clear message. */
typedef struct FormulaScope {
  /* *out := value of the name at the given precision. An unknown name: STATUS_DATA, message says
   * what is known. */
  StatusCode (*name)(FormulaValue *out, const char *name, slong prec, void *context, Error *err);
  /* *out := observable `name` at a recorded step. */
  StatusCode (*observable)(FormulaValue *out, const char *name, int64_t step, slong prec,
                           void *context, Error *err);
  /* *steps := the recorded steps, increasing; owned by the scope. */
  StatusCode (*steps)(const int64_t **steps, size_t *count, void *context, Error *err);
  void *context;
} FormulaScope;

/* *out := value of the formula. Division by a ball containing 0 and the like give a non-finite
   ball, not an error: errors (STATUS_DATA, with the node's file:line:column) are unknown names,
   wrong argument counts, steps that are not integers. */
MUST_CHECK StatusCode formula_eval(FormulaValue *out, const Formula *formula,
                                   const FormulaScope *scope, slong prec, Error *err);

/* *out := floor of the formula's value, decided exactly or by raising precision up to 65536 bits;
   STATUS_DATA when it stays undecided, is not finite, or does not fit. */
MUST_CHECK StatusCode formula_eval_floor(int64_t *out, const Formula *formula,
                                         const FormulaScope *scope, Error *err);

/* *out := the double nearest to the formula's value (ties to even), decided by raising precision;
 * errors as above. */
MUST_CHECK StatusCode formula_eval_double(double *out, const Formula *formula,
                                          const FormulaScope *scope, Error *err);

/* Is x relation y? Three-valued, as a predicate on balls must be. */
typedef enum { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN } Truth;
Truth truth_compare(const arb_t x, Relation relation, const arb_t y);

const char *relation_text(Relation relation); /* "<", "<=", ">", ">=" */

#endif
