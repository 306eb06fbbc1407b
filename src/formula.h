/* formula.h -- the small expression language of instance files and claim files, over balls. */
/* clang-format off */
/*   expr      := term (('+'|'-') term)*            left associative
 *   term      := unary (('*'|'/') unary)*          left associative
 *   unary     := ('-'|'+') unary | power
 *   power     := primary ['^' unary]               right associative; binds tighter than unary minus
 *   primary   := NUMBER | NAME | NAME '(' args ')' | '(' expr ')'
 *   condition := expr ('<'|'<='|'>'|'>=') expr     only as the last argument of first()
 *
 * NUMBER is digits[.digits][e[+-]digits] or .digits[e[+-]digits], the exponent at most 9999 in size, and means its
 * exact decimal value (0.1 is 1/10, never the double). NAME is [A-Za-z_][A-Za-z0-9_]*.
 * Functions: log exp sqrt abs floor (one argument), min max (two or more). NAME(expr) for any other
 * NAME is an observable at a step; the step must be an exact whole number that was recorded.
 * Aggregates over the recorded steps with from <= step <= to bind a step variable s; from and to must be exact:
 *   sup(s, from, to, expr)   inf(s, from, to, expr)      largest / smallest value
 *   first(s, from, to, condition)                        the first step where the condition certainly holds;
 *                                                        +inf if it certainly holds at none; an indeterminate ball (NaN) if at
 *                                                        some earlier step the balls cannot tell
 * A range without a recorded step is an error: nothing was seen there. The innermost binding of a name wins.
 */
/* clang-format on */
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
  FORMULA_AGGREGATE   /* text is sup, inf or first; variable is the bound name; children: from, to,
                         body (and, for first, rhs) */
} FormulaKind;

typedef enum { RELATION_LT, RELATION_LE, RELATION_GT, RELATION_GE } Relation;

/* Where a formula's text stands, for messages. Lines and columns (characters, not bytes) count from
   1, and column is that of its first character; 0 means there is none to tell, as for the lines of
   a command-line argument. */
typedef struct {
  const char *file; /* or "--set lambda" and the like; not owned, must outlive the formula */
  int line, column;
} FormulaOrigin;

/* Sets *err to "FILE:LINE:COLUMN: " and the formatted message, leaving out what origin has not got
   ("FILE: column COLUMN: " without a line), and of a long file name all but the end. */
MUST_CHECK StatusCode formula_error(Error *err, StatusCode code, const FormulaOrigin *origin,
                                    const char *format, ...) PRINTF_LIKE(4, 5);

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
   "FILE:LINE:COLUMN: expected ..., found ...". Nesting deeper than 64 (parentheses, calls, signs
   and exponents), more than 4096 characters, blanks not counted, and more than three of sup, inf
   and first inside one another, which would take the steps to the fourth power, are refused. */
MUST_CHECK StatusCode formula_parse(Formula **out, const char *text, FormulaOrigin origin,
                                    Error *err);
void formula_free(Formula *formula); /* NULL is allowed */
MUST_CHECK StatusCode formula_copy(Formula **out, const Formula *formula, Error *err);

/* The least and most children of a node of kind FUNCTION, OBSERVABLE or AGGREGATE of that name;
   false when there is no such function or aggregate, or the name is not free for an observable. */
MUST_CHECK bool formula_arity(size_t *least, size_t *most, FormulaKind kind, const char *name);

/* *out := text that parses back to the same tree, with the fewest parentheses; malloc'ed, the
   caller frees. */
MUST_CHECK StatusCode formula_print(char **out, const Formula *formula, Error *err);

/* A value is always a ball, and besides an exact rational when one is known: so that
   floor(1/(4*eta1*lambda)) can be decided when the quotient is an integer. Exact values survive
   + - * / abs floor min max, integer powers and rational powers that are rational (so square roots
   of squares), log(1) and exp(0), as long as numerator and denominator stay below 100000 bits.
   Invariant: a known exact value lies in the ball. */
typedef struct {
  arb_t ball;
  fmpq_t exact;
  bool is_exact;
} FormulaValue;

void formula_value_init(FormulaValue *value);
void formula_value_clear(FormulaValue *value);
/* value := x exactly, as rational and as ball; a double that is not finite gives its ball only. */
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

/* *out := value of the formula; scope may be NULL. Division by a ball containing 0 and the like
   give a non-finite ball, not an error: errors (STATUS_DATA, with the node's file:line:column) are
   unknown names, wrong argument counts, steps that are not whole numbers or were not recorded,
   empty ranges. Two uses of one name are two unknowns here: x - x is a ball around 0. */
MUST_CHECK StatusCode formula_eval(FormulaValue *out, const Formula *formula,
                                   const FormulaScope *scope, slong prec, Error *err);

/* *out := floor of the formula's value, decided exactly or by raising precision up to 65536 bits;
   STATUS_DATA when it stays undecided, is not finite, or does not fit. Of an integer-valued ball
   that is not known exactly the floor cannot be decided. */
MUST_CHECK StatusCode formula_eval_floor(int64_t *out, const Formula *formula,
                                         const FormulaScope *scope, Error *err);

/* *out := the double nearest to the formula's value (ties to even), decided by raising precision;
   errors as above, and a value other than 0 below 2^-1022 is refused. */
MUST_CHECK StatusCode formula_eval_double(double *out, const Formula *formula,
                                          const FormulaScope *scope, Error *err);

/* Is x relation y? Three-valued, as a predicate on balls must be; with a NaN always unknown. */
typedef enum { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN } Truth;
Truth truth_compare(const arb_t x, Relation relation, const arb_t y);

const char *relation_text(Relation relation); /* "<", "<=", ">", ">=" */

#endif
