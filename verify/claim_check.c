/* claim_check.c -- what can be checked of a claim only as a whole, above all that every name means
 * something. */
#include <string.h>

#include "src/moment.h"
#include "src/observe.h"
#include "verify/loader.h"
#include "verify/near.h"
#include "verify/scope.h"

/* The step variables of the aggregates around a node, the innermost first. */
typedef struct Binding {
  const char *name;
  const struct Binding *outer;
} Binding;

/* Which names the formulas of a claim may use. */
typedef struct {
  Loader *loader;
  const Claim *claim;
  size_t constant_count; /* of the claim's constants, those that come before */
  bool in_vacuous;
} Checker;

static bool is_bound(const Binding *binding, const char *name) {
  for (; binding; binding = binding->outer)
    if (strcmp(binding->name, name) == 0) return true;
  return false;
}

static void check_name(const Checker *checker, const Formula *node, const Binding *binding) {
  const Claim *claim = checker->claim;
  const char *name = node->text;
  if (is_bound(binding, name) ||
      scope_knows(name, claim, checker->constant_count, checker->in_vacuous))
    return;
  if (observable_find(name) >= 0 || moment_find(name) >= 0) {
    loader_complain(checker->loader, node->origin,
                    "expected %s at a step, such as %s(t1), found %s alone", name, name, name);
    return;
  }
  char names[160];
  Near near = near_open(name);
  scope_offer(&near, claim, checker->constant_count);
  for (; binding; binding = binding->outer)
    near_offer(&near, binding->name);
  near_text(names, sizeof names, &near);
  loader_complain(checker->loader, node->origin,
                  "unknown name '%.40s'%s%s; expected a parameter, a reading (shared, split, "
                  "separate, joint) or a constant that is defined before",
                  name, names[0] ? ", meant " : "", names);
}

/* Numbers of arguments, and the names of functions, are the parser's to check. */
static void check_observable(const Checker *checker, const Formula *node) {
  if (observable_find(node->text) >= 0 || moment_find(node->text) >= 0) return;
  char names[160];
  Near near = near_open(node->text);
  for (int i = 0; i < OBSERVABLE_COUNT; i++)
    near_offer(&near, observable_name[i]);
  for (int i = 0; i < MOMENT_COUNT; i++)
    near_offer(&near, moment_name[i]);
  near_text(names, sizeof names, &near);
  loader_complain(checker->loader, node->origin, "unknown observable or function '%.40s'%s%s",
                  node->text, names[0] ? ", meant " : "", names);
}

/* Depth is bounded by the parser's limit on nesting, except along chains of + and *: left children.
 */
static void check_formula(const Checker *checker, const Formula *node, const Binding *binding) {
  if (!node) return;
  if (node->kind == FORMULA_NAME) check_name(checker, node, binding);
  if (node->kind == FORMULA_OBSERVABLE) check_observable(checker, node);
  const Binding inner = {node->variable, binding};
  for (size_t i = 0; i < node->child_count; i++) {
    /* An aggregate binds its variable in its body only: from and to are outside. */
    const bool bound = node->kind == FORMULA_AGGREGATE && i >= 2;
    check_formula(checker, node->child[i], bound ? &inner : binding);
  }
}

static void check_conditions(const Checker *checker, const Condition *condition, size_t count) {
  for (size_t i = 0; i < count; i++) {
    check_formula(checker, condition[i].left, NULL);
    check_formula(checker, condition[i].right, NULL);
  }
}

static void check_names(Loader *loader, const Claim *claim) {
  Checker checker = {.loader = loader, .claim = claim};
  for (size_t i = 0; i < claim->constant_count; i++) {
    const ClaimConstant *constant = &claim->constant[i];
    if (constant->value && constant->name && scope_reserves(constant->name))
      loader_complain(loader, (FormulaOrigin){loader->file, constant->value->origin.line, 0},
                      "constants: '%.40s' already has a meaning; expected a new name",
                      constant->name);
    checker.constant_count = i;
    check_formula(&checker, constant->value, NULL);
  }
  checker.constant_count = claim->constant_count;
  check_conditions(&checker, claim->hypothesis, claim->hypothesis_count);
  check_formula(&checker, claim->observable, NULL);
  check_formula(&checker, claim->bound, NULL);
  check_formula(&checker, claim->low, NULL);
  check_formula(&checker, claim->high, NULL);
  checker.in_vacuous = true;
  check_conditions(&checker, claim->vacuous, claim->vacuous_count);
}

static bool overlap(const Expectation *a, const Expectation *b) {
  const bool instance = strcmp(a->instance, b->instance) == 0 || strcmp(a->instance, "all") == 0 ||
                        strcmp(b->instance, "all") == 0;
  const bool reading = a->reading == b->reading || a->reading == EXPECTED_ALL_READINGS ||
                       b->reading == EXPECTED_ALL_READINGS;
  return instance && reading;
}

static void check_expectations(Loader *loader, const Claim *claim, FormulaOrigin origin) {
  for (size_t i = 0; i < claim->expected_count; i++) {
    const Expectation *e = &claim->expected[i];
    if (e->verdict != VERDICT_HOLDS && !e->reason)
      loader_complain(loader, origin, "expected: number %zu says %s and needs a reason", i + 1,
                      verdict_text(e->verdict));
    for (size_t j = 0; j < i; j++) {
      const Expectation *before = &claim->expected[j];
      if (e->instance && before->instance && overlap(e, before))
        loader_complain(loader, origin,
                        "expected: numbers %zu and %zu both speak of instance %.40s", j + 1, i + 1,
                        strcmp(e->instance, "all") == 0 ? before->instance : e->instance);
    }
  }
}

void claim_check(Loader *loader, const Claim *claim) {
  check_names(loader, claim);
  check_expectations(loader, claim, (FormulaOrigin){loader->file, claim->line, 0});
}
