/* cmd_claims.c -- `twostage claims`: what is claimed, on what authority, and what is expected, for
 * a person. */
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"
#include "src/observe.h"
#include "src/plan.h"
#include "verify/claim.h"
#include "verify/lemma.h"
#include "verify/rate.h"

#define LINE_WIDTH 80
#define LABEL_WIDTH 14

/* *out := the text without what could steer a terminal: claims may be somebody else's file. The
 * caller frees. */
static StatusCode clean_copy(char **out, const char *text, Error *err) {
  const size_t size = strlen(text) + 1;
  *out = array_alloc(size, 1);
  if (!*out) return error_memory(err, "a text");
  memcpy(*out, text, size);
  text_clean(*out);
  return STATUS_OK;
}

/* "label   text", the text filled to the line's width and indented. An empty label continues the
 * one above. */
static StatusCode print_filled(const char *label, const char *words, Error *err) {
  char *clean;
  TRY(clean_copy(&clean, words, err));
  int column = printf("%-*s", LABEL_WIDTH, label);
  for (const char *text = clean + strspn(clean, " "); *text; text += strspn(text, " ")) {
    const int word = (int)strcspn(text, " ");
    if (column > LABEL_WIDTH && column + 1 + word > LINE_WIDTH)
      column = printf("\n%*s", LABEL_WIDTH, "") - 1;
    else if (column > LABEL_WIDTH)
      column += printf(" ");
    column += printf("%.*s", word, text);
    text += word;
  }
  putchar('\n');
  free(clean);
  return STATUS_OK;
}

/* "label   left middle right"; left and right may be NULL. */
static StatusCode show_formula(const char *label, const Formula *left, const char *middle,
                               const Formula *right, Error *err) {
  char *a = NULL, *b = NULL;
  StatusCode code = left ? formula_print(&a, left, err) : STATUS_OK;
  if (code == STATUS_OK && right) code = formula_print(&b, right, err);
  if (code == STATUS_OK) {
    const size_t size = (a ? strlen(a) : 0) + strlen(middle) + (b ? strlen(b) : 0) + 3;
    char *text = array_alloc(size, 1);
    if (text) {
      snprintf(text, size, "%s%s%s%s%s", a ? a : "", a ? " " : "", middle, b ? " " : "",
               b ? b : "");
      code = print_filled(label, text, err);
    } else {
      code = error_memory(err, "a formula");
    }
    free(text);
  }
  free(a);
  free(b);
  return code;
}

/* "observable within [low, high] times bound" */
static StatusCode show_within(const Claim *claim, Error *err) {
  char *low = NULL, *high = NULL, band[256];
  StatusCode code = formula_print(&low, claim->low, err);
  if (code == STATUS_OK) code = formula_print(&high, claim->high, err);
  if (code == STATUS_OK) {
    snprintf(band, sizeof band, "within [%.100s, %.100s] times", low, high);
    code = show_formula("formula", claim->observable, band, claim->bound, err);
  }
  free(low);
  free(high);
  return code;
}

static StatusCode show_statement(const Claim *claim, Error *err) {
  const char *relation = claim_relation_text(claim->relation);
  if (claim->relation == CLAIM_WITHIN)
    TRY(show_within(claim, err));
  else
    TRY(show_formula("formula", claim->observable, relation, claim->bound, err));
  for (size_t i = 0; i < claim->constant_count; i++) {
    char name[80];
    snprintf(name, sizeof name, "%.70s =", claim->constant[i].name);
    TRY(show_formula(i == 0 ? "where" : "", NULL, name, claim->constant[i].value, err));
  }
  return STATUS_OK;
}

static StatusCode show_conditions(const char *label, const Condition *condition, size_t count,
                                  Error *err) {
  for (size_t i = 0; i < count; i++) {
    TRY(print_filled(i == 0 ? label : "", condition[i].words, err));
    TRY(show_formula("", condition[i].left, relation_text(condition[i].relation),
                     condition[i].right, err));
  }
  return STATUS_OK;
}

static StatusCode show_expectations(const Claim *claim, Error *err) {
  for (size_t i = 0; i < claim->expected_count; i++) {
    const Expectation *expected = &claim->expected[i];
    const char *reading = expected->reading == EXPECTED_ALL_READINGS
                              ? "every reading"
                              : reading_name(readings_all[expected->reading]);
    char text[256];
    snprintf(text, sizeof text, "%s under %s, instance %s", verdict_text(expected->verdict),
             reading, expected->instance);
    TRY(print_filled(i == 0 ? "expected" : "", text, err));
    if (expected->reason) TRY(print_filled("", expected->reason, err));
  }
  return STATUS_OK;
}

/* Changed copies of the claim that hold too: what it implies, and what it cannot tell apart. */
static StatusCode show_allowed(const Claim *claim, Error *err) {
  for (size_t i = 0; i < claim->allowed_count; i++) {
    const AllowedMutant *allowed = &claim->allowed[i];
    char text[96];
    snprintf(text, sizeof text, "%s (%s)", allowed->mutant, allowed->proof ? "implied" : "blind");
    TRY(print_filled(i == 0 ? "holds with" : "", text, err));
    TRY(print_filled("", allowed->proof ? allowed->proof : allowed->blind, err));
  }
  return STATUS_OK;
}

static StatusCode show_claim(const Claim *claim, Error *err) {
  TRY(print_filled(claim->id, claim->title, err));
  TRY(print_filled("in words", claim->statement, err));
  TRY(show_statement(claim, err));
  TRY(print_filled("trust", trust_text(claim->trust), err));
  TRY(print_filled("source", claim->source, err));
  TRY(show_conditions("hypotheses", claim->hypothesis, claim->hypothesis_count, err));
  TRY(show_conditions("empty when", claim->vacuous, claim->vacuous_count, err));
  if (claim->never_vacuous) TRY(print_filled("never empty", claim->never_vacuous, err));
  TRY(show_expectations(claim, err));
  if (claim->explained_by) TRY(print_filled("explained by", claim->explained_by, err));
  TRY(show_allowed(claim, err));
  return claim->note ? print_filled("note", claim->note, err) : STATUS_OK;
}

static StatusCode show_claims(const ClaimSet *set, const bool *selected, Error *err) {
  bool first = true;
  for (size_t i = 0; i < set->count; i++) {
    if (!selected[i]) continue;
    if (!first) putchar('\n');
    first = false;
    TRY(show_claim(&set->claim[i], err));
  }
  return STATUS_OK;
}

/* ---- lemmas ---- */

static StatusCode show_points(const Lemma *lemma, Error *err) {
  for (size_t i = 0; i < lemma->point_count; i++) {
    char text[256];
    lemma_point_text(text, sizeof text, &lemma->point[i]);
    TRY(print_filled(i == 0 ? "points" : "", text, err));
  }
  return STATUS_OK;
}

static StatusCode show_lemma(const Lemma *lemma, Error *err) {
  char text[128];
  TRY(print_filled(lemma->id, lemma->title, err));
  TRY(print_filled("in words", lemma->statement, err));
  if (lemma->method == LEMMA_CERTIFIED) {
    TRY(show_formula("formula", NULL, "P(Z >= x) <=", lemma->bound, err));
    TRY(print_filled("judged", "certified by enclosures on each interval below", err));
  } else {
    TRY(show_formula("threshold", NULL, "t =", lemma->threshold, err));
    TRY(show_formula("formula", NULL, "P(X >= t) <=", lemma->bound, err));
    snprintf(text, sizeof text, "%lld samples at each point below; confidence %.6g in all",
             (long long)lemma->samples, lemma->level);
    TRY(print_filled("judged", text, err));
  }
  TRY(print_filled("trust", trust_text(lemma->trust), err));
  TRY(print_filled("source", lemma->source, err));
  TRY(show_points(lemma, err));
  return lemma->note ? print_filled("note", lemma->note, err) : STATUS_OK;
}

/* ---- rates ---- */

static StatusCode show_rate(const Rate *rate, Error *err) {
  const Claim *claim = rate->claim;
  char text[160];
  TRY(print_filled(claim->id, claim->title, err));
  TRY(print_filled("in words", claim->statement, err));
  if (rate->probability) {
    snprintf(text, sizeof text, "P(%s holds) >= %.6g, over the seeds of a sweep", rate->of_id,
             rate->least);
    TRY(print_filled("formula", text, err));
  } else {
    const Formula *observable = rate->of_id && rate->of ? rate->of->observable : claim->observable;
    if (observable)
      TRY(show_formula("formula", observable,
                       rate->relation == RATE_THETA ? "~ Theta of" : "~ O of", claim->bound, err));
    snprintf(text, sizeof text, "along %s; slope of the ratio within +-%.6g",
             param_info[rate->along].key, rate->margin);
    TRY(print_filled("judged", text, err));
    for (size_t i = 0; i < rate->alternative_count; i++)
      TRY(show_formula(i == 0 ? "alternatives" : "", NULL, "", rate->alternative[i], err));
  }
  TRY(print_filled("trust", trust_text(claim->trust), err));
  TRY(print_filled("source", claim->source, err));
  for (size_t i = 0; i < rate->expected_count; i++) {
    const RateExpectation *expected = &rate->expected[i];
    snprintf(text, sizeof text, "%s over %.6g to %.6g, instance %s",
             verdict_text(expected->verdict), expected->from, expected->to, expected->instance);
    TRY(print_filled(i == 0 ? "expected" : "", text, err));
    if (expected->reason) TRY(print_filled("", expected->reason, err));
  }
  return claim->note ? print_filled("note", claim->note, err) : STATUS_OK;
}

/* ---- the command ---- */

/* What --claims, --lemmas and --rates name, or what is shipped. */
typedef struct {
  ClaimSet claims;
  LemmaSet lemmas;
  RateSet rates;
} Entries;

static StatusCode list_entry(const char *id, Trust trust, const char *title, int width,
                             Error *err) {
  char *clean;
  TRY(clean_copy(&clean, title, err));
  printf("%-*s  %-8s  %s\n", width, id, trust_text(trust), clean);
  free(clean);
  return STATUS_OK;
}

static StatusCode list_entries(const Entries *entries, Error *err) {
  const ClaimSet *claims = &entries->claims;
  const LemmaSet *lemmas = &entries->lemmas;
  size_t width = 0;
  for (size_t i = 0; i < claims->count; i++)
    if (strlen(claims->claim[i].id) > width) width = strlen(claims->claim[i].id);
  for (size_t i = 0; i < lemmas->count; i++)
    if (strlen(lemmas->lemma[i].id) > width) width = strlen(lemmas->lemma[i].id);
  for (size_t i = 0; i < claims->count; i++)
    TRY(list_entry(claims->claim[i].id, claims->claim[i].trust, claims->claim[i].title, (int)width,
                   err));
  for (size_t i = 0; i < lemmas->count; i++)
    TRY(list_entry(lemmas->lemma[i].id, lemmas->lemma[i].trust, lemmas->lemma[i].title, (int)width,
                   err));
  printf("\njudged on a sweep:\n");
  for (size_t i = 0; i < entries->rates.count; i++) {
    const Claim *claim = entries->rates.rate[i].claim;
    TRY(list_entry(claim->id, claim->trust, claim->title, (int)width, err));
  }
  return STATUS_OK;
}

/* A name and what it means, which may take several lines. */
static void list_name(const char *name, const char *words) {
  printf("  ");
  text_put(stdout, name, LABEL_WIDTH);
  printf("  ");
  text_wrap_from(stdout, words, LABEL_WIDTH + 4, LABEL_WIDTH + 4, LINE_WIDTH);
}

/* What a formula of a claim may name. */
static void list_names(void) {
  printf("parameters\n");
  for (int id = 0; id < PARAM_COUNT; id++)
    if (param_info[id].kind != PARAM_KIND_CHOICE) list_name(param_info[id].key, param_info[id].doc);
  printf("observables, at a step: K1(t1)\n");
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    list_name(observable_name[id], observable_doc[id]);
  printf("moments, at 0, t1 and t1 + t2 only: K2_rest(t1 + t2)\n");
  for (int id = 0; id < MOMENT_COUNT; id++)
    list_name(moment_name[id], moment_doc[id]);
}

static bool has_rate(const Entries *entries, const char *id) {
  for (size_t i = 0; i < entries->rates.count; i++)
    if (strcmp(entries->rates.rate[i].claim->id, id) == 0) return true;
  return false;
}

/* The rates of that id, which may be that of a claim as well. */
static StatusCode show_rates(const Entries *entries, const char *id, Error *err) {
  for (size_t i = 0; i < entries->rates.count; i++) {
    const Rate *rate = &entries->rates.rate[i];
    if (strcmp(rate->claim->id, id) != 0) continue;
    printf("\njudged on a sweep:\n");
    TRY(show_rate(rate, err));
  }
  return STATUS_OK;
}

static StatusCode show_selected(const Entries *entries, const char *id, bool optional, Error *err) {
  bool *selected = array_alloc(entries->claims.count, sizeof *selected);
  if (!selected) return error_memory(err, "the claims");
  StatusCode code = claims_select(selected, &entries->claims, id, err);
  if (code == STATUS_OK) code = show_claims(&entries->claims, selected, err);
  free(selected);
  return optional && code == STATUS_USAGE ? STATUS_OK : code;
}

static StatusCode show_entries(const Entries *entries, const char *id, Error *err) {
  for (size_t i = 0; i < entries->lemmas.count; i++)
    if (strcmp(entries->lemmas.lemma[i].id, id) == 0)
      return show_lemma(&entries->lemmas.lemma[i], err);
  TRY(show_selected(entries, id, has_rate(entries, id), err));
  return show_rates(entries, id, err);
}

static StatusCode claims_run(int *exit_status, const CommandLine *line, Error *err) {
  (void)exit_status;
  const char *what = line->operand_count > 0 ? line->operand[0] : "";
  const bool list = strcmp(what, "list") == 0, show = strcmp(what, "show") == 0;
  const bool names = strcmp(what, "names") == 0;
  if (!list && !show && !names)
    return error_set(err, STATUS_USAGE, "claims: expected list, show ID or names, found '%.60s'",
                     what);
  if (line->operand_count != (show ? 2 : 1))
    return error_set(err, STATUS_USAGE, "claims %s: expected %s", what,
                     show ? "one ID (claims list prints them)" : "no further argument");
  if (names) {
    list_names();
    return STATUS_OK;
  }
  Entries entries = {.claims = {0}};
  StatusCode code = plan_load_claims(&entries.claims, line, err);
  if (code == STATUS_OK) code = lemmas_load(&entries.lemmas, line->value[OPTION_LEMMAS], err);
  if (code == STATUS_OK)
    code = rates_load(&entries.rates, line->value[OPTION_RATES], &entries.claims, err);
  if (code == STATUS_OK)
    code = list ? list_entries(&entries, err) : show_entries(&entries, line->operand[1], err);
  rates_clear(&entries.rates);
  claims_clear(&entries.claims);
  lemmas_clear(&entries.lemmas);
  return code;
}

const Command cmd_claims = {
    .name = "claims",
    .operands = "list | show ID | names",
    .details = "names prints the parameters and observables that formulas may use.",
    .operand_max = 2,
    .summary =
        "Print claims, lemmas and rates: words, formula, trust, source, hypotheses, expectations",
    .examples = {"claims show T2.b2"},
    .options = OPTION_BIT(OPTION_CLAIMS) | OPTION_BIT(OPTION_LEMMAS) | OPTION_BIT(OPTION_RATES),
    .run = claims_run,
};
