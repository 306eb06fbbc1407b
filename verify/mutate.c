/* mutate.c -- planted falsehoods: claims changed by editing the trees of their formulas. */
#include "verify/mutate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_name[] = {
    "relation turned", "bound tightened", "exponent of d shifted", "log dropped",  "t1 doubled",
    "t1 halved",       "stages swapped",  "W and V swapped",       "sign changed",
};
typedef enum { TURNED, TIGHTENED, EXPONENT, LOG, DOUBLED, HALVED, STAGES, SWAPPED, SIGN } Kind;
#define KIND_COUNT (sizeof kind_name / sizeof kind_name[0])

bool mutant_name_known(const char *name) {
  for (size_t i = 0; i < KIND_COUNT; i++) {
    const size_t length = strlen(kind_name[i]);
    if (strncmp(name, kind_name[i], length) != 0) continue;
    if (name[length] == '\0' || (strncmp(name + length, ": ", 2) == 0 && name[length + 2] != '\0'))
      return true;
  }
  return false;
}

/* Is the name "KIND", or "KIND: DETAIL"? */
static bool has_name(const Mutant *mutant, const char *name) {
  const size_t length = strlen(mutant->kind);
  if (strncmp(name, mutant->kind, length) != 0) return false;
  return name[length] == '\0' ||
         (strncmp(name + length, ": ", 2) == 0 && strcmp(name + length + 2, mutant->detail) == 0);
}

const AllowedMutant *mutant_allowed(const Claim *claim, const Mutant *mutant) {
  for (size_t i = 0; i < claim->allowed_count; i++)
    if (has_name(mutant, claim->allowed[i].mutant)) return &claim->allowed[i];
  return NULL;
}

bool mutant_by_construction(const Mutant *mutant) {
  return mutant->kind == kind_name[TURNED] || mutant->kind == kind_name[TIGHTENED];
}

/* ---- copies ---- */

static StatusCode copy_formula(Formula **out, const Formula *formula, Error *err) {
  *out = NULL;
  return formula == NULL ? STATUS_OK : formula_copy(out, formula, err);
}

static StatusCode copy_conditions(Condition **out, const Condition *from, size_t count,
                                  Error *err) {
  *out = array_alloc(count, sizeof **out);
  if (*out == NULL) return error_memory(err, "mutants");
  for (size_t i = 0; i < count; i++) {
    (*out)[i].words = from[i].words;
    (*out)[i].relation = from[i].relation;
    TRY(copy_formula(&(*out)[i].left, from[i].left, err));
    TRY(copy_formula(&(*out)[i].right, from[i].right, err));
  }
  return STATUS_OK;
}

static StatusCode copy_constants(ClaimConstant **out, const Claim *from, Error *err) {
  *out = array_alloc(from->constant_count, sizeof **out);
  if (*out == NULL) return error_memory(err, "mutants");
  for (size_t i = 0; i < from->constant_count; i++) {
    (*out)[i].name = from->constant[i].name;
    TRY(copy_formula(&(*out)[i].value, from->constant[i].value, err));
  }
  return STATUS_OK;
}

static StatusCode copy_claim(Claim *out, const Claim *from, Error *err) {
  *out = *from;
  out->observable = out->bound = out->low = out->high = NULL;
  out->hypothesis = out->vacuous = NULL;
  out->constant = NULL;
  TRY(copy_formula(&out->observable, from->observable, err));
  TRY(copy_formula(&out->bound, from->bound, err));
  TRY(copy_formula(&out->low, from->low, err));
  TRY(copy_formula(&out->high, from->high, err));
  TRY(copy_conditions(&out->hypothesis, from->hypothesis, from->hypothesis_count, err));
  TRY(copy_conditions(&out->vacuous, from->vacuous, from->vacuous_count, err));
  return copy_constants(&out->constant, from, err);
}

static void free_conditions(Condition *condition, size_t count) {
  for (size_t i = 0; condition != NULL && i < count; i++) {
    formula_free(condition[i].left);
    formula_free(condition[i].right);
  }
  free(condition);
}

static void free_claim(Claim *claim) {
  formula_free(claim->observable);
  formula_free(claim->bound);
  formula_free(claim->low);
  formula_free(claim->high);
  free_conditions(claim->hypothesis, claim->hypothesis_count);
  free_conditions(claim->vacuous, claim->vacuous_count);
  for (size_t i = 0; claim->constant != NULL && i < claim->constant_count; i++)
    formula_free(claim->constant[i].value);
  free(claim->constant);
}

void mutants_clear(MutantSet *set) {
  for (size_t i = 0; i < set->count; i++)
    free_claim(&set->mutant[i].claim);
  free(set->mutant);
  *set = (MutantSet){0};
}

/* *out := a new member of the set, a copy of the claim so far. */
static StatusCode add_mutant(Mutant **out, MutantSet *set, const Claim *claim, Kind kind,
                             Error *err) {
  if (set->count == set->room) {
    size_t room = set->room > 0 ? 2 * set->room : 16;
    Mutant *more = realloc(set->mutant, room * sizeof *more);
    if (more == NULL) return error_memory(err, "mutants");
    set->mutant = more;
    set->room = room;
  }
  *out = &set->mutant[set->count];
  **out = (Mutant){.kind = kind_name[kind]};
  set->count++;
  return copy_claim(&(*out)->claim, claim, err);
}

/* ---- edits ---- */

/* Replaces a formula by the text in which %s is the formula itself, e.g. "(%s)/d". */
static StatusCode wrap(Formula **formula, const char *before, const char *after, Error *err) {
  char *text = NULL;
  TRY(formula_print(&text, *formula, err));
  const size_t size = strlen(before) + strlen(text) + strlen(after) + 3;
  char *wrapped = array_alloc(size, 1);
  StatusCode code = wrapped == NULL ? error_memory(err, "mutants") : STATUS_OK;
  Formula *edited = NULL;
  if (code == STATUS_OK) {
    snprintf(wrapped, size, "%s(%s)%s", before, text, after);
    code = formula_parse(&edited, wrapped, (*formula)->origin, err);
  }
  free(text);
  free(wrapped);
  if (code != STATUS_OK) return code;
  formula_free(*formula);
  *formula = edited;
  return STATUS_OK;
}

/* Puts the tree of a text in the place of a node. */
static StatusCode replace(Formula **node, const char *text, Error *err) {
  Formula *tree = NULL;
  TRY(formula_parse(&tree, text, (*node)->origin, err));
  formula_free(*node);
  *node = tree;
  return STATUS_OK;
}

/* A rule looks at a node and may replace it; *done says that the subtree is finished. */
typedef StatusCode (*Rule)(Formula **node, bool *done, Error *err);

static StatusCode rewrite(Formula **node, Rule rule, Error *err) {
  bool done = false;
  if (*node == NULL) return STATUS_OK;
  TRY(rule(node, &done, err));
  for (size_t i = 0; !done && i < (*node)->child_count; i++)
    TRY(rewrite(&(*node)->child[i], rule, err));
  return STATUS_OK;
}

/* The conclusion: hypotheses and vacuity conditions say of which runs the claim speaks, and a
 * mutant speaks of the same ones. */
static StatusCode rewrite_conclusion(Claim *claim, Rule rule, Error *err) {
  TRY(rewrite(&claim->observable, rule, err));
  TRY(rewrite(&claim->bound, rule, err));
  TRY(rewrite(&claim->low, rule, err));
  TRY(rewrite(&claim->high, rule, err));
  for (size_t i = 0; i < claim->constant_count; i++)
    TRY(rewrite(&claim->constant[i].value, rule, err));
  return STATUS_OK;
}

static bool is_name(const Formula *node, const char *name) {
  return node->kind == FORMULA_NAME && strcmp(node->text, name) == 0;
}

static bool mentions(const Formula *node, const char *name) {
  if (node == NULL) return false;
  if (is_name(node, name)) return true;
  for (size_t i = 0; i < node->child_count; i++)
    if (mentions(node->child[i], name)) return true;
  return false;
}

static bool mentions_d(const Formula *node) {
  return mentions(node, "d") || mentions(node, "eps_W") || mentions(node, "eps_V");
}

/* The same through the claim's constants. */
static bool bound_mentions_d(const Claim *claim) {
  if (mentions_d(claim->bound)) return true;
  for (size_t i = 0; i < claim->constant_count; i++)
    if (mentions(claim->bound, claim->constant[i].name) && mentions_d(claim->constant[i].value))
      return true;
  return false;
}

/* t1 + t2, the end of training. */
static bool is_end(const Formula *f) {
  return f->kind == FORMULA_ADD && is_name(f->child[0], "t1") && is_name(f->child[1], "t2");
}

/* Another time for t1; the end of training stays where it is. */
static StatusCode move_t1(Formula **node, bool *done, const char *time, Error *err) {
  *done = is_end(*node) || is_name(*node, "t1");
  return is_name(*node, "t1") ? replace(node, time, err) : STATUS_OK;
}

static StatusCode rule_double(Formula **node, bool *done, Error *err) {
  return move_t1(node, done, "2*t1", err);
}

static StatusCode rule_halve(Formula **node, bool *done, Error *err) {
  return move_t1(node, done, "floor(t1/2)", err);
}

static StatusCode rule_stages(Formula **node, bool *done, Error *err) {
  const Formula *f = *node;
  const char *text = is_end(f)            ? "t1"
                     : is_name(f, "t1")   ? "t1 + t2"
                     : is_name(f, "eta1") ? "eta2"
                     : is_name(f, "eta2") ? "eta1"
                                          : NULL;
  *done = text != NULL;
  return *done ? replace(node, text, err) : STATUS_OK;
}

static StatusCode rule_swap(Formula **node, bool *done, Error *err) {
  static const char *const pair[][2] = {
      {"K1", "K2"},
      {"loss_P", "loss_Q"},
      {"acc_P", "acc_Q"},
      {"margin_P", "margin_Q"},
      {"norm_W", "norm_V"},
      {"norm_Wbar", "norm_Vbar"},
      {"norm_Wtilde", "norm_Vtilde"},
      {"norm_dWbar", "norm_dVbar"},
      {"trace_W", "trace_V"},
      {"trace_Wbar", "trace_Vbar"},
      {"align_W", "align_V"},
      {"gate_P", "gate_Q"},
      {"grad_W", "grad_V"},
      {"contract_P", "contract_Q"},
      {"audit_W", "audit_V"},
      {"eps_W", "eps_V"},
      {"eigensum_W", "eigensum_V"},
      {"top_W", "top_V"},
      {"K1_top", "K2_top"},
      {"K1_rest", "K2_rest"},
      {"acc_P_top", "acc_Q_top"},
      {"acc_P_rest", "acc_Q_rest"},
  };
  (void)done;
  Formula *f = *node;
  if (f->kind != FORMULA_NAME && f->kind != FORMULA_OBSERVABLE) return STATUS_OK;
  for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++)
    for (int side = 0; side < 2; side++) {
      if (strcmp(f->text, pair[i][side]) != 0) continue;
      char *other = strdup(pair[i][1 - side]);
      if (other == NULL) return error_memory(err, "mutants");
      free(f->text);
      f->text = other;
      return STATUS_OK;
    }
  return STATUS_OK;
}

static StatusCode rule_drop_log(Formula **node, bool *done, Error *err) {
  const Formula *f = *node;
  if (f->kind != FORMULA_FUNCTION || strcmp(f->text, "log") != 0 || !mentions_d(f))
    return STATUS_OK;
  *done = true;
  return replace(node, "1", err);
}

/* ---- kinds ---- */

static bool upper(ClaimRelation relation) {
  return relation == CLAIM_LT || relation == CLAIM_LE;
}

static StatusCode make_turned(MutantSet *set, const Claim *claim, Error *err) {
  static const ClaimRelation turned[CLAIM_RELATION_COUNT] = {[CLAIM_LT] = CLAIM_GT,
                                                             [CLAIM_LE] = CLAIM_GE,
                                                             [CLAIM_GT] = CLAIM_LT,
                                                             [CLAIM_GE] = CLAIM_LE,
                                                             [CLAIM_WITHIN] = CLAIM_LT};
  Mutant *m;
  TRY(add_mutant(&m, set, claim, TURNED, err));
  m->claim.relation = turned[claim->relation];
  snprintf(m->detail, sizeof m->detail, "%s for %s", claim_relation_text(m->claim.relation),
           claim_relation_text(claim->relation));
  if (claim->relation != CLAIM_WITHIN) return STATUS_OK;
  Formula *low = m->claim.low; /* bound := low * bound */
  char *text = NULL;
  TRY(formula_print(&text, low, err));
  const size_t size = strlen(text) + 8;
  char *factor = array_alloc(size, 1);
  StatusCode code = factor == NULL ? error_memory(err, "mutants") : STATUS_OK;
  if (code == STATUS_OK) {
    snprintf(factor, size, "(%s)*", text);
    code = wrap(&m->claim.bound, factor, "", err);
  }
  free(text);
  free(factor);
  return code;
}

/* The bound times a factor (if positive), or shifted, so that it is past the value. */
static StatusCode make_tight_bound(MutantSet *set, const Claim *claim, double factor, double shift,
                                   Error *err) {
  Mutant *m;
  char after[64];
  TRY(add_mutant(&m, set, claim, TIGHTENED, err));
  if (factor > 0)
    snprintf(after, sizeof after, "*%.17g", factor);
  else
    snprintf(after, sizeof after, " %c %.17g", shift < 0 ? '-' : '+', fabs(shift));
  snprintf(m->detail, sizeof m->detail, "bound%s", after);
  return wrap(&m->claim.bound, "", after, err);
}

#define PAST 1.001 /* how far past the slack */

static StatusCode make_tightened(MutantSet *set, const Claim *claim, const Verdict *v, Error *err) {
  const double value = arf_get_d(arb_midref(v->value), ARF_RND_NEAR);
  const double bound = arf_get_d(arb_midref(v->bound), ARF_RND_NEAR);
  if (!isfinite(value) || !isfinite(bound)) return STATUS_OK; /* no bound is tight to infinity */
  if (claim->relation == CLAIM_WITHIN) {
    /* low becomes ratio PAST and high ratio / PAST, whatever they were */
    Mutant *m;
    for (int side = 0; side < 2; side++) {
      char text[40];
      TRY(add_mutant(&m, set, claim, TIGHTENED, err));
      snprintf(text, sizeof text, "%.17g", side ? v->ratio / PAST : v->ratio * PAST);
      snprintf(m->detail, sizeof m->detail, "%s = %s", side ? "high" : "low", text);
      TRY(replace(side ? &m->claim.high : &m->claim.low, text, err));
    }
    return STATUS_OK;
  }
  const bool up = upper(claim->relation);
  if (value > 0 && bound > 0)
    return make_tight_bound(set, claim, up ? value / bound / PAST : value / bound * PAST, 0, err);
  const double larger = fmax(fabs(value), fabs(bound));
  const double past = larger > 0 ? (PAST - 1) * larger : PAST - 1;
  return make_tight_bound(set, claim, 0, value - bound + (up ? -past : past), err);
}

static StatusCode make_exponent(MutantSet *set, const Claim *claim, Error *err) {
  if (!bound_mentions_d(claim)) return STATUS_OK;
  for (int side = 0; side < 2; side++) {
    if (claim->relation != CLAIM_WITHIN && (side == 0) != upper(claim->relation)) continue;
    Mutant *m;
    TRY(add_mutant(&m, set, claim, EXPONENT, err));
    snprintf(m->detail, sizeof m->detail, "bound %c d", side ? '*' : '/');
    TRY(wrap(&m->claim.bound, "", side ? "*d" : "/d", err));
  }
  return STATUS_OK;
}

/* A number without names in it. */
static bool is_plain_number(const Formula *f) {
  if (f->kind == FORMULA_NAME || f->kind == FORMULA_OBSERVABLE || f->kind == FORMULA_AGGREGATE)
    return false;
  for (size_t i = 0; i < f->child_count; i++)
    if (!is_plain_number(f->child[i])) return false;
  return true;
}

static StatusCode make_signs(MutantSet *set, const Claim *claim, Error *err) {
  for (size_t i = 0; i < claim->constant_count; i++) {
    if (!is_plain_number(claim->constant[i].value)) continue;
    Mutant *m;
    TRY(add_mutant(&m, set, claim, SIGN, err));
    snprintf(m->detail, sizeof m->detail, "-%s", claim->constant[i].name);
    TRY(wrap(&m->claim.constant[i].value, "-", "", err));
  }
  return STATUS_OK;
}

/* ---- which kinds make sense ---- */

static StatusCode same_formula(bool *same, const Formula *a, const Formula *b, Error *err) {
  char *x = NULL, *y = NULL;
  *same = a == NULL && b == NULL;
  if (a == NULL || b == NULL) return STATUS_OK;
  StatusCode code = formula_print(&x, a, err);
  if (code == STATUS_OK) code = formula_print(&y, b, err);
  if (code == STATUS_OK) *same = strcmp(x, y) == 0;
  free(x);
  free(y);
  return code;
}

/* Drops the last mutant when it is the original or another claim of the set, formula for formula.
 */
static StatusCode drop_twin(MutantSet *set, const ClaimSet *claims, Error *err) {
  const Claim *mutant = &set->mutant[set->count - 1].claim;
  for (size_t i = 0; i < claims->count; i++) {
    const Claim *other = &claims->claim[i];
    bool same[4];
    if (other->relation != mutant->relation || other->constant_count != mutant->constant_count)
      continue;
    TRY(same_formula(&same[0], mutant->observable, other->observable, err));
    TRY(same_formula(&same[1], mutant->bound, other->bound, err));
    TRY(same_formula(&same[2], mutant->low, other->low, err));
    TRY(same_formula(&same[3], mutant->high, other->high, err));
    bool twin = same[0] && same[1] && same[2] && same[3];
    for (size_t k = 0; twin && k < mutant->constant_count; k++)
      TRY(same_formula(&twin, mutant->constant[k].value, other->constant[k].value, err));
    if (!twin) continue;
    free_claim(&set->mutant[--set->count].claim);
    return STATUS_OK;
  }
  return STATUS_OK;
}

/* A rule applied to the conclusion, or to the bound alone. A mutant that is the original or another
 * claim of the set is dropped. */
static StatusCode make_by_rule(MutantSet *set, const ClaimSet *claims, const Claim *claim,
                               Kind kind, Rule rule, const char *detail, bool bound_only,
                               Error *err) {
  Mutant *m;
  TRY(add_mutant(&m, set, claim, kind, err));
  snprintf(m->detail, sizeof m->detail, "%s", detail);
  TRY(bound_only ? rewrite(&m->claim.bound, rule, err) : rewrite_conclusion(&m->claim, rule, err));
  return drop_twin(set, claims, err);
}

/* Does a hypothesis tie t1 to lambda? */
static bool states_t1(const Claim *claim) {
  for (size_t i = 0; i < claim->hypothesis_count; i++) {
    const Condition *h = &claim->hypothesis[i];
    if (mentions(h->left, "t1") && mentions(h->left, "lambda")) return true;
  }
  return false;
}

static StatusCode make_all(MutantSet *set, const ClaimSet *claims, const Claim *claim,
                           const Verdict *verdict, Error *err) {
  TRY(make_turned(set, claim, err));
  TRY(make_tightened(set, claim, verdict, err));
  TRY(make_exponent(set, claim, err));
  TRY(make_by_rule(set, claims, claim, LOG, rule_drop_log, "1 for log", true, err));
  TRY(make_by_rule(set, claims, claim, SWAPPED, rule_swap, "W <-> V", false, err));
  TRY(make_signs(set, claim, err));
  if (!states_t1(claim)) return STATUS_OK;
  TRY(make_by_rule(set, claims, claim, DOUBLED, rule_double, "2 t1 for t1", false, err));
  TRY(make_by_rule(set, claims, claim, HALVED, rule_halve, "t1/2 for t1", false, err));
  return make_by_rule(set, claims, claim, STAGES, rule_stages, "t1 <-> t1 + t2", false, err);
}

StatusCode mutants_make(MutantSet *out, const ClaimSet *set, const Claim *claim,
                        const Verdict *verdict, Error *err) {
  *out = (MutantSet){0};
  const StatusCode code = make_all(out, set, claim, verdict, err);
  if (code != STATUS_OK) mutants_clear(out);
  return code;
}
