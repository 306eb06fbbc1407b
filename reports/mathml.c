/* mathml.c -- from the tree of a formula to MathML: fractions, roots, indices, norms. */
#include "reports/mathml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "reports/markup.h"
#include "src/formula.h"

/* ---- names ---- */

static const char *greek(const char *name) {
  static const char *const known[][2] = {{"lambda", "λ"}, {"eta", "η"},      {"gamma", "γ"},
                                         {"tau", "τ"},    {"eps", "ε"},      {"xi", "ξ"},
                                         {"rho", "ρ"},    {"kappa", "κ"},    {"mean", "μ"},
                                         {"log", "log"},  {"variance", "σ²"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i][0], name) == 0) return known[i][1];
  return name;
}

/* A word without digits at its end: a letter with a bar or a tilde, a Greek letter, or itself. */
static void put_word(FILE *out, const char *word) {
  static const char *const accent[][2] = {{"bar", "¯"}, {"tilde", "~"}};
  for (size_t i = 0; i < 2; i++) {
    const size_t letters = strlen(word) - strlen(accent[i][0]);
    if (strlen(word) <= strlen(accent[i][0]) || strcmp(word + letters, accent[i][0]) != 0) continue;
    fputs("<mover accent=\"true\"><mi>", out);
    fprintf(out, "%.*s</mi><mo>%s</mo></mover>", (int)letters, word, accent[i][1]);
    return;
  }
  markup_format(out, "<mi>%s</mi>", greek(word));
}

/* eta1, K1_rest, eps_W, dWbar: what stands behind the first word are indices. */
static void put_name(FILE *out, const char *name) {
  char base[64];
  const size_t whole = strcspn(name, "_");
  size_t letters = whole;
  while (letters > 1 && isdigit((unsigned char)name[letters - 1]))
    letters--;
  snprintf(base, sizeof base, "%.*s", (int)(letters < 63 ? letters : 63), name);
  const bool change = base[0] == 'd' && (base[1] == 'W' || base[1] == 'V');
  const bool indexed = name[letters] != '\0';
  if (indexed) fputs("<msub>", out);
  if (change) fputs("<mrow><mi>Δ</mi>", out);
  put_word(out, base + change);
  if (change) fputs("</mrow>", out);
  if (!indexed) return;
  fputs("<mrow>", out);
  if (letters < whole) fprintf(out, "<mn>%.*s</mn>", (int)(whole - letters), name + letters);
  for (const char *part = name + whole; *part == '_'; part += strcspn(part, "_")) {
    part++;
    snprintf(base, sizeof base, "%.*s", (int)strcspn(part, "_"), part);
    if (part != name + whole + 1 || letters < whole) fputs("<mo>,</mo>", out);
    put_word(out, base);
  }
  fputs("</mrow></msub>", out);
}

/* ---- trees ---- */

static void put(FILE *out, const Formula *f);

static bool is_sum(const Formula *f) {
  return f->kind == FORMULA_ADD || f->kind == FORMULA_SUB || f->kind == FORMULA_NEG;
}

static void put_grouped(FILE *out, const Formula *f, bool group) {
  if (group) fputs("<mrow><mo>(</mo>", out);
  put(out, f);
  if (group) fputs("<mo>)</mo></mrow>", out);
}

static void put_arguments(FILE *out, const Formula *f, const char *open, const char *close) {
  fprintf(out, "<mrow><mo>%s</mo>", open);
  for (size_t i = 0; i < f->child_count; i++) {
    if (i > 0) fputs("<mo>,</mo>", out);
    put(out, f->child[i]);
  }
  fprintf(out, "<mo>%s</mo></mrow>", close);
}

static void put_function(FILE *out, const Formula *f) {
  if (strcmp(f->text, "sqrt") == 0) {
    fputs("<msqrt>", out);
    put(out, f->child[0]);
    fputs("</msqrt>", out);
  } else if (strcmp(f->text, "abs") == 0) {
    put_arguments(out, f, "|", "|");
  } else if (strcmp(f->text, "floor") == 0) {
    put_arguments(out, f, "⌊", "⌋");
  } else {
    markup_format(out, "<mrow><mi>%s</mi>", f->text);
    put_arguments(out, f, "(", ")");
    fputs("</mrow>", out);
  }
}

/* norm_Wbar(t1) is the norm of Wbar at t1, trace_W(t1) the trace of W. */
static void put_observable(FILE *out, const Formula *f) {
  const bool norm = strncmp(f->text, "norm_", 5) == 0;
  const bool trace = strncmp(f->text, "trace_", 6) == 0;
  fputs("<mrow>", out);
  if (norm) fputs("<mo>‖</mo>", out);
  if (trace) fputs("<mi>tr</mi><mspace width=\"0.2em\"/>", out);
  put_name(out, f->text + (norm ? 5 : trace ? 6 : 0));
  put_arguments(out, f, "(", ")");
  fputs(norm ? "<mo>‖</mo></mrow>" : "</mrow>", out);
}

static const char *relation_sign(Relation relation) {
  static const char *const sign[] = {
      [RELATION_LT] = "&lt;", [RELATION_LE] = "≤", [RELATION_GT] = "&gt;", [RELATION_GE] = "≥"};
  return sign[relation];
}

/* from <= s <= to */
static void put_stretch(FILE *out, const Formula *f) {
  fputs("<mrow>", out);
  put(out, f->child[0]);
  fputs("<mo>≤</mo>", out);
  put_name(out, f->variable);
  fputs("<mo>≤</mo>", out);
  put(out, f->child[1]);
  fputs("</mrow>", out);
}

static void put_aggregate(FILE *out, const Formula *f) {
  const bool first = strcmp(f->text, "first") == 0;
  markup_format(out, "<mrow><munder><mi>%s</mi>", f->text);
  put_stretch(out, f);
  fputs("</munder>", out);
  if (first) fputs("<mo>{</mo>", out);
  put_grouped(out, f->child[2], !first && is_sum(f->child[2]));
  if (first) {
    fprintf(out, "<mo>%s</mo>", relation_sign(f->relation));
    put(out, f->child[3]);
    fputs("<mo>}</mo>", out);
  }
  fputs("</mrow>", out);
}

static void put_binary(FILE *out, const Formula *f, const char *sign) {
  const bool product = f->kind == FORMULA_MUL;
  fputs("<mrow>", out);
  put_grouped(out, f->child[0], product && is_sum(f->child[0]));
  fprintf(out, "<mo>%s</mo>", sign);
  put_grouped(out, f->child[1], is_sum(f->child[1]) && f->kind != FORMULA_ADD);
  fputs("</mrow>", out);
}

static void put_pair(FILE *out, const Formula *f, const char *element, bool group) {
  fprintf(out, "<%s>", element);
  put_grouped(out, f->child[0], group);
  put(out, f->child[1]);
  fprintf(out, "</%s>", element);
}

static void put(FILE *out, const Formula *f) {
  switch (f->kind) {
  case FORMULA_NUMBER:
    markup_format(out, "<mn>%s</mn>", f->text);
    break;
  case FORMULA_NAME:
    put_name(out, f->text);
    break;
  case FORMULA_ADD:
    put_binary(out, f, "+");
    break;
  case FORMULA_SUB:
    put_binary(out, f, "−");
    break;
  case FORMULA_MUL:
    put_binary(out, f, "⋅");
    break;
  case FORMULA_DIV:
    put_pair(out, f, "mfrac", false);
    break;
  case FORMULA_POW:
    put_pair(out, f, "msup", f->child[0]->kind >= FORMULA_ADD && f->child[0]->kind <= FORMULA_NEG);
    break;
  case FORMULA_NEG:
    fputs("<mrow><mo>−</mo>", out);
    put_grouped(out, f->child[0], is_sum(f->child[0]));
    fputs("</mrow>", out);
    break;
  case FORMULA_FUNCTION:
    put_function(out, f);
    break;
  case FORMULA_OBSERVABLE:
    put_observable(out, f);
    break;
  case FORMULA_AGGREGATE:
    put_aggregate(out, f);
    break;
  }
}

/* ---- statements ---- */

/* Where `sign` stands in the text outside of all brackets, or NULL. */
static const char *find_outside(const char *text, const char *sign) {
  int depth = 0;
  for (; *text != '\0'; text++) {
    if (depth == 0 && strncmp(text, sign, strlen(sign)) == 0) return text;
    depth += (*text == '(' || *text == '[') - (*text == ')' || *text == ']');
  }
  return NULL;
}

/* A statement taken apart: the parts that its form does not have are NULL. */
typedef struct {
  Formula *left, *low, *high, *right;
  const char *sign;
  StatusCode code; /* not OK: for want of memory the parts are not known */
  Error *err;
} Statement;

/* The tree of the characters from text up to end, or NULL when they are none. */
static Formula *parse(Statement *s, const char *text, const char *end) {
  Formula *tree = NULL;
  Error err;
  char *copy = strndup(text, (size_t)(end - text));
  const StatusCode code =
      copy == NULL ? error_memory(&err, "a formula")
                   : formula_parse(&tree, copy, (FormulaOrigin){.file = "a report"}, &err);
  free(copy);
  if (code == STATUS_INTERNAL) {
    s->code = code;
    *s->err = err;
  }
  return code == STATUS_OK ? tree : NULL;
}

static void split_band(Statement *s, const char *text, const char *within) {
  const char *low = within + strlen(" within ["), *comma = find_outside(low, ", ");
  const char *close = comma != NULL ? find_outside(comma, "] * (") : NULL;
  const size_t length = strlen(text);
  /* The bracket that opens before `low` is not counted, so the one that closes is outside. */
  if (close == NULL || text[length - 1] != ')') return;
  s->left = parse(s, text, within);
  s->low = parse(s, low, comma);
  s->high = parse(s, comma + 2, close);
  s->right = parse(s, close + strlen("] * ("), text + length - 1);
  s->sign = "∈";
}

static void split(Statement *s, const char *text) {
  static const char *const known[][2] = {
      {" <= ", "≤"}, {" >= ", "≥"}, {" < ", "&lt;"}, {" > ", "&gt;"}};
  const char *within = find_outside(text, " within [");
  if (within != NULL) {
    split_band(s, text, within);
    return;
  }
  for (size_t i = 0; i < sizeof known / sizeof *known && s->sign == NULL; i++) {
    const char *at = find_outside(text, known[i][0]);
    if (at == NULL) continue;
    s->sign = known[i][1];
    s->left = parse(s, text, at);
    s->right = parse(s, at + strlen(known[i][0]), text + strlen(text));
  }
}

static void put_statement(FILE *out, const Statement *s) {
  fputs("<math displaystyle=\"true\"><mrow>", out);
  put(out, s->left);
  fprintf(out, "<mo>%s</mo>", s->sign);
  if (s->low != NULL) {
    fputs("<mrow><mo>[</mo>", out);
    put(out, s->low);
    fputs("<mo>,</mo>", out);
    put(out, s->high);
    fputs("<mo>]</mo></mrow><mo>⋅</mo>", out);
  }
  put_grouped(out, s->right, s->low != NULL && is_sum(s->right));
  fputs("</mrow></math>", out);
}

StatusCode mathml_statement(bool *set, FILE *out, const char *text, Error *err) {
  Statement s = {.sign = NULL, .code = STATUS_OK, .err = err};
  split(&s, text);
  const bool complete = s.code == STATUS_OK && s.left != NULL && s.right != NULL &&
                        (s.low == NULL) == (s.high == NULL) &&
                        (strcmp(s.sign, "∈") != 0 || s.low != NULL);
  if (complete) put_statement(out, &s);
  formula_free(s.left);
  formula_free(s.low);
  formula_free(s.high);
  formula_free(s.right);
  *set = complete;
  return s.code;
}
