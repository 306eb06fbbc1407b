/* test_formula.c -- the formula language: grammar, printing, places of errors. Values:
 * test_value.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "src/formula.h"
#include "tests/support.h"

static const FormulaOrigin here = {"F", 3, 1};

static Formula *parse(const char *text) {
  Error err;
  Formula *f;
  StatusCode code = formula_parse(&f, text, here, &err);
  cr_assert(code == STATUS_OK, "'%s' must parse, but: %s", text, err.message);
  return f;
}

/* ---- trees ---- */

static bool same_text(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same(const Formula *a, const Formula *b) {
  if (a->kind != b->kind || a->child_count != b->child_count || !same_text(a->text, b->text) ||
      !same_text(a->variable, b->variable) || a->relation != b->relation)
    return false;
  for (size_t i = 0; i < a->child_count; i++)
    if (!same(a->child[i], b->child[i])) return false;
  return true;
}

static char *copy_string(const char *text) {
  char *copy = array_alloc(strlen(text) + 1, 1);
  return strcpy(copy, text);
}

static Formula *node(FormulaKind kind, const char *text, size_t count) {
  Formula *f = array_alloc(1, sizeof *f);
  f->kind = kind;
  f->text = text != NULL ? copy_string(text) : NULL;
  f->child = array_alloc(count, sizeof *f->child);
  f->child_count = count;
  return f;
}

static Formula *random_tree(Chance *chance, int depth);

static Formula *random_call(Chance *chance, int depth) {
  static const char *const functions[] = {"log", "exp", "sqrt", "abs", "floor", "min", "max"};
  static const char *const aggregates[] = {"sup", "inf", "first"};
  int64_t which = chance_below(chance, 11);
  Formula *f;
  if (which < 7) {
    f = node(FORMULA_FUNCTION, functions[which],
             which < 5 ? 1 : 2 + (size_t)chance_below(chance, 3));
  } else if (which < 8) {
    f = node(FORMULA_OBSERVABLE, "K1", 1);
  } else {
    f = node(FORMULA_AGGREGATE, aggregates[which - 8], which == 10 ? 4 : 3);
    f->variable = copy_string("s");
    if (which == 10) f->relation = (Relation)chance_below(chance, 4);
  }
  for (size_t i = 0; i < f->child_count; i++)
    f->child[i] = random_tree(chance, depth - 1);
  return f;
}

static Formula *random_tree(Chance *chance, int depth) {
  static const char *const leaves[] = {"7", "0.5", "1e-3", ".25", "12E+2", "x", "eta1", "_a1"};
  static const FormulaKind operators[] = {FORMULA_ADD, FORMULA_SUB, FORMULA_MUL,
                                          FORMULA_DIV, FORMULA_POW, FORMULA_NEG};
  int64_t which = depth == 0 ? 0 : chance_below(chance, 10);
  if (which < 2) {
    int64_t leaf = chance_below(chance, 8);
    return node(leaf < 5 ? FORMULA_NUMBER : FORMULA_NAME, leaves[leaf], 0);
  }
  if (which == 2) return random_call(chance, depth);
  FormulaKind kind = operators[chance_below(chance, 6)];
  Formula *f = node(kind, NULL, kind == FORMULA_NEG ? 1 : 2);
  for (size_t i = 0; i < f->child_count; i++)
    f->child[i] = random_tree(chance, depth - 1);
  return f;
}

/* ---- printing ---- */

/* Is there a pair of parentheses, not a call's, that could go without changing the tree? */
static bool has_spare_parentheses(const char *text, const Formula *tree) {
  size_t n = strlen(text);
  char *shorter = array_alloc(n + 1, 1);
  bool spare = false;
  for (size_t open = 0; open < n && !spare; open++) {
    if (text[open] != '(' || (open > 0 && (strchr("_", text[open - 1]) != NULL ||
                                           (text[open - 1] >= '0' && text[open - 1] <= '9') ||
                                           (text[open - 1] >= 'a' && text[open - 1] <= 'z'))))
      continue;
    size_t close = open, nesting = 0;
    do {
      nesting += (text[close] == '(') - (text[close] == ')');
    } while (nesting > 0 && ++close < n);
    memcpy(shorter, text, n + 1);
    shorter[open] = shorter[close] = ' ';
    Formula *f;
    Error err;
    if (formula_parse(&f, shorter, here, &err) != STATUS_OK) continue;
    spare = same(f, tree);
    formula_free(f);
  }
  free(shorter);
  return spare;
}

Test(formula_print, round_trip) {
  /* Pre-condition: random trees over all kinds of node. Quantity: trees whose text parses to
     another tree, or keeps its tree without some pair of parentheses. Bound: none. */
  Chance chance = chance_open(1);
  Worst trees = {0}, pairs = {0};
  for (int i = 0; i < 4000; i++) {
    Formula *f = random_tree(&chance, 1 + i % 6);
    char *text;
    Error err;
    support_ok(formula_print(&text, f, &err), &err);
    Formula *again = parse(text);
    worst_require(&trees, same(f, again), "%.150s", text);
    worst_require(&pairs, !has_spare_parentheses(text, f), "%.150s", text);
    formula_free(again);
    formula_free(f);
    free(text);
  }
  worst_assert(&trees, "text of a tree parses to the same tree");
  worst_assert(&pairs, "no pair of parentheses is spare");
}

Test(formula_print, text) {
  static const char *const table[][2] = {
      {"1/(4*eta1*lambda)", "1/(4*eta1*lambda)"},
      {"((a+b))*-(c)^(-2)", "(a + b)*-c^-2"},
      {"(-2)^2-(3-4)-(5)", "(-2)^2 - (3 - 4) - 5"},
      {"2^(3^2)+(2^3)^2", "2^3^2 + (2^3)^2"},
      {"-(a*b)", "-(a*b)"},
      {"(-a)*b", "-a*b"},
      {"+ +a", "a"},
      {"first( s,0 , t1,K1(s)<=(log(2)/2) )", "first(s, 0, t1, K1(s) <= log(2)/2)"},
      {"sup(s,0,t1+t2,max(K1(s),K2(s),0))", "sup(s, 0, t1 + t2, max(K1(s), K2(s), 0))"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    Formula *f = parse(table[i][0]);
    char *text;
    Error err;
    support_ok(formula_print(&text, f, &err), &err);
    cr_assert(strcmp(text, table[i][1]) == 0, "'%s' prints as '%s', expected '%s'", table[i][0],
              text, table[i][1]);
    free(text);
    formula_free(f);
  }
}

Test(formula_copy, equal_and_separate) {
  Chance chance = chance_open(2);
  Worst equal = {0};
  for (int i = 0; i < 200; i++) {
    Formula *f = random_tree(&chance, 5), *copy;
    Error err;
    char *before, *after;
    support_ok(formula_copy(&copy, f, &err), &err);
    support_ok(formula_print(&before, f, &err), &err);
    worst_require(&equal, same(f, copy), "%.150s", before);
    formula_free(f); /* what the copy shared would now be gone */
    support_ok(formula_print(&after, copy, &err), &err);
    worst_require(&equal, strcmp(before, after) == 0, "%.90s / %.90s", before, after);
    formula_free(copy);
    free(before);
    free(after);
  }
  worst_assert(&equal, "a copy is equal and outlives the original");
}

/* ---- errors ---- */

static void assert_refused(const char *text, FormulaOrigin origin, const char *expected) {
  Formula *f;
  Error err = {0};
  StatusCode code = formula_parse(&f, text, origin, &err);
  cr_assert(code == STATUS_DATA && f == NULL, "'%.60s': status %d, expected %d and no tree", text,
            code, STATUS_DATA);
  cr_assert(err.code == STATUS_DATA && strcmp(err.message, expected) == 0,
            "'%.60s' (status %d) says\n%s\nexpected\n%s", text, err.code, err.message, expected);
}

Test(formula_parse, places_of_errors) {
  static const char *const table[][2] = {
      {"", "F:3:1: expected a number, a name or '(', found the end"},
      {"1 + ", "F:3:5: expected a number, a name or '(', found the end"},
      {"1 + + * 2", "F:3:7: expected a number, a name or '(', found '*'"},
      {"2 d", "F:3:3: expected an operator or the end, found 'd'"},
      {"2d", "F:3:2: expected an operator or the end, found 'd'"},
      {"(1 + 2", "F:3:7: expected an operator or ')', found the end"},
      {"(1 + 2))", "F:3:8: expected an operator or the end, found ')'"},
      {"log", "F:3:4: expected '(' behind the function's name, found the end"},
      {"log + 1", "F:3:5: expected '(' behind the function's name, found '+'"},
      {"log()", "F:3:5: expected a number, a name or '(', found ')'"},
      {"log(1, 2)", "F:3:6: expected ')': log takes 1 argument"},
      {"max(1)", "F:3:6: expected ',': max takes at least 2 arguments"},
      {"max(1, 2", "F:3:9: expected an operator, ',' or ')', found the end"},
      {"K1(1, 2)", "F:3:5: expected ')': K1 takes 1 argument"},
      {"1.", "F:3:3: expected a digit after the decimal point, found the end"},
      {".", "F:3:2: expected a digit after the decimal point, found the end"},
      {".e1", "F:3:2: expected a digit after the decimal point, found 'e'"},
      {"1.5.2", "F:3:4: expected an operator or the end, found '.2'"},
      {"2e", "F:3:3: expected a digit of the exponent, found the end"},
      {"2e+x", "F:3:4: expected a digit of the exponent, found 'x'"},
      {"1+2e10000", "F:3:3: expected an exponent of at most 9999, found '2e10000'"},
      {"2e-99999999999999999999",
       "F:3:1: expected an exponent of at most 9999, found '2e-99999999999999999999'"},
      {"0x10", "F:3:2: expected an operator or the end, found 'x10'"},
      {"a <= b", "F:3:3: expected an operator or the end, found '<=': a comparison stands only as "
                 "the last argument of first()"},
      {"a = b", "F:3:3: expected an operator or the end, found '='"},
      {"sup(s, 0, 1, s < 2)", "F:3:16: expected an operator or ')', found '<': a comparison stands "
                              "only as the last argument of first()"},
      {"first(s, 0, 1, s)", "F:3:17: expected an operator, '<', '<=', '>' or '>=', found ')'"},
      {"first(s, 0, 1, s < 2 < 3)", "F:3:22: expected an operator or ')', found '<': a comparison "
                                    "stands only as the last argument of first()"},
      {"first(1, 0, 1, s < 2)", "F:3:7: expected a name for the step, found '1'"},
      {"sup(log, 0, 1, 2)", "F:3:5: expected a name for the step, found the function log"},
      {"sup(s, 0, 1)", "F:3:12: expected an operator or ',', found ')'"},
      {"sup(s 0, 1)", "F:3:7: expected ',', found '0'"},
      {"inf", "F:3:4: expected '(' behind the function's name, found the end"},
      {"1 \xe2\x88\x92 2", "F:3:3: expected an operator or the end, found '\xe2\x88\x92'"},
      {"\xc3\xa4 + $", "F:3:1: expected a number, a name or '(', found '\xc3\xa4'"},
      {"1 + \x01", "F:3:5: expected a number, a name or '(', found the byte 0x01"},
      {"1 +\n  2 +\n)", "F:5:1: expected a number, a name or '(', found ')'"},
      {"1 + a_very_long_name_that_does_not_end_at_all_where_it_should 2",
       "F:3:63: expected an operator or the end, found '2'"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    assert_refused(table[i][0], here, table[i][1]);
}

Test(formula_parse, places_without_line_and_long_names) {
  char path[1001], expected[512];
  memset(path, 'p', 1000);
  path[1000] = '\0';
  memcpy(path + 996, "cfg!", 4);
  assert_refused("1+", (FormulaOrigin){"--set u", 0, 1},
                 "--set u: column 3: expected a number, a name or '(', found the end");
  assert_refused("1+", (FormulaOrigin){"my.cfg", 7, 10},
                 "my.cfg:7:12: expected a number, a name or '(', found the end");
  assert_refused("1+\n+", (FormulaOrigin){"--set u", 0, 1},
                 "--set u: column 5: expected a number, a name or '(', found the end");
  snprintf(expected, sizeof expected, "...%s:7:3: expected a number, a name or '(', found the end",
           path + 840);
  assert_refused("1+", (FormulaOrigin){path, 7, 1}, expected);
}

/* opening repeated, "1", closing repeated */
static char *repeated(const char *opening, int count, const char *closing) {
  char *text = array_alloc((size_t)count * (strlen(opening) + strlen(closing)) + 2, 1), *at = text;
  for (int i = 0; i < count; i++)
    at = stpcpy(at, opening);
  at = stpcpy(at, "1");
  for (int i = 0; i < count; i++)
    at = stpcpy(at, closing);
  return text;
}

Test(formula_parse, limits) {
  /* 64 levels of any kind are taken, 65 are refused where the 65th opens, and so far more than
   * that. */
  static const char *const levels[][2] = {{"(", ")"},    {"-", ""},    {"2^", ""},
                                          {"log(", ")"}, {"1+(", ")"}, {"+", ""}};
  Worst worst = {0};
  Error err;
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
    for (int count = 63; count <= 500; count += count < 66 ? 1 : 434) {
      char *text = repeated(levels[i][0], count, levels[i][1]);
      Formula *f;
      StatusCode code = formula_parse(&f, text, here, &err);
      worst_require(&worst, code == (count <= 64 ? STATUS_OK : STATUS_DATA), "%d times '%s'", count,
                    levels[i][0]);
      worst_require(&worst,
                    code == STATUS_OK ||
                        strstr(err.message, "expected at most 64 levels of nesting") != NULL,
                    "%s", err.message);
      formula_free(f);
      free(text);
    }
  /* Three aggregates inside one another are taken, beside others; a fourth is refused. */
  static const struct {
    const char *text;
    bool taken;
  } depths[] = {
      {"sup(a,0,9,inf(b,0,9,first(c,0,9,K1(a)<K1(c)))) + sup(a,0,9,inf(b,0,9,K1(b)))", true},
      {"sup(a,0,9,inf(b,0,9,first(c,0,9,K1(a)<sup(e,0,9,K1(e)))))", false}};
  for (size_t i = 0; i < 2; i++) {
    Formula *f;
    const StatusCode code = formula_parse(&f, depths[i].text, here, &err);
    worst_require(&worst, code == (depths[i].taken ? STATUS_OK : STATUS_DATA), "status %d of %s",
                  (int)code, depths[i].text);
    worst_require(&worst, code == STATUS_OK || strstr(err.message, "at most 3 of sup") != NULL,
                  "%s", err.message);
    formula_free(f);
  }
  /* 4096 characters are taken, however many blanks stand between them; a sum is no nesting. */
  char *sum = repeated("1+", 2047, ""), *longer = repeated("1+", 2048, ""),
       *blanks = repeated("1 +\n", 2047, "");
  Formula *f = parse(sum);
  formula_free(f);
  f = parse(blanks);
  formula_free(f);
  worst_require(&worst,
                formula_parse(&f, longer, here, &err) == STATUS_DATA &&
                    strcmp(err.message,
                           "F:3:1: expected a formula of at most 4096 characters, found 4097") == 0,
                "4097 characters");
  free(sum);
  free(longer);
  free(blanks);
  worst_assert(&worst, "limits of nesting and length");
}

Test(formula_parse, origins_of_nodes) {
  /* Columns are those of the node's first character. */
  Formula *f = parse("(a + bb)*\n log(c)");
  const Formula *sum = f->child[0], *call = f->child[1];
  cr_assert(f->origin.line == 3 && f->origin.column == 2, "product at %d:%d, expected 3:2",
            f->origin.line, f->origin.column);
  cr_assert(sum->child[1]->origin.column == 6, "bb at column %d, expected 6",
            sum->child[1]->origin.column);
  cr_assert(call->origin.line == 4 && call->origin.column == 2, "log at %d:%d, expected 4:2",
            call->origin.line, call->origin.column);
  cr_assert(call->child[0]->origin.column == 6, "c at column %d, expected 6",
            call->child[0]->origin.column);
  formula_free(f);
}

Test(formula_parse, garbage) {
  /* Random strings over the language's characters, and pieces of valid text: no crash, and either a
     tree whose print parses to it again or one line that starts with the place. */
  static const char *const pieces[] = {
      "1",  "2.5", "e9", "x", "s", "log", "sup", "first", "K1", "(", ")",        ",",    "<",
      "<=", "+",   "-",  "*", "/", "^",   " ",   "\n",    ".",  "=", "\xc3\xa4", "\x7f", "(s,0,1,"};
  Chance chance = chance_open(3);
  Worst worst = {0};
  int parsed = 0;
  for (int i = 0; i < 20000; i++) {
    char text[128] = "";
    for (int64_t n = chance_below(&chance, 12); n >= 0; n--)
      strcat(text, pieces[chance_below(&chance, (int64_t)(sizeof pieces / sizeof *pieces))]);
    Formula *f;
    Error err = {0};
    if (formula_parse(&f, text, here, &err) != STATUS_OK) {
      worst_require(&worst,
                    f == NULL && strncmp(err.message, "F:", 2) == 0 &&
                        strstr(err.message, "expected") != NULL,
                    "'%s' says '%.100s'", text, err.message);
      continue;
    }
    parsed++;
    char *printed;
    support_ok(formula_print(&printed, f, &err), &err);
    Formula *again = parse(printed);
    worst_require(&worst, same(f, again), "'%s' prints as '%s'", text, printed);
    free(printed);
    formula_free(again);
    formula_free(f);
  }
  worst_require(&worst, parsed >= 200, "%d of 20000 random texts parse, at least 200 wanted",
                parsed);
  worst_assert(&worst, "random text is parsed or refused with its place");
}
