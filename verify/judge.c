/* judge.c -- one claim on one run: hypotheses first, then the comparison, then vacuity. */
#include "verify/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/formula_value.h"
#include "verify/covered.h"
#include "verify/scope.h"

/* Formulas are evaluated with GUARD_BITS more than the run has, so that their own rounding stays
   below its; a verdict that stays open is tried again with twice and four times as much before it
   is INCONCLUSIVE. */
#define GUARD_BITS 64
#define PRECISION_DOUBLINGS 2
#define EXPONENT_BITS 120 /* of a value's size; what is beyond is neither kept nor judged */

#define SHOWN_FORMULA 44    /* longer formulas are not repeated in a reason */
#define COMPARISON_SIZE 224 /* a formula, three numbers and the words between them */

/* A claim on a run, while it is judged. */
typedef struct {
  const Claim *claim;
  const Trace *trace, *companion; /* companion may be NULL */
  Scope scope, other;             /* other: on the companion */
  slong prec;
  double digits; /* to which the engines agree in value and bound; infinite when they are equal */
} Bench;

void verdict_init(Verdict *verdict) {
  *verdict = (Verdict){.kind = VERDICT_INCONCLUSIVE, .ratio = NAN, .slack = NAN};
  arb_init(verdict->value);
  arb_init(verdict->bound);
}

void verdict_clear(Verdict *verdict) {
  arb_clear(verdict->value);
  arb_clear(verdict->bound);
}

/* ------------------------------------------------------------------------- values and their balls
 */

static bool is_infinite(const arb_t x) {
  return arb_is_exact(x) && !arb_is_finite(x) && (arb_is_positive(x) || arb_is_negative(x));
}

/* Can a run store keep it? Of the exponents of an integer midpoint and radius it keeps 128 bits. */
static bool is_kept(const arb_t x) {
  return fmpz_bits(ARF_EXPREF(arb_midref(x))) <= EXPONENT_BITS &&
         fmpz_bits(MAG_EXPREF(arb_radref(x))) <= EXPONENT_BITS;
}

/* An infinite value is a value (a first() that never comes); an infinite radius and a NaN are not,
   nor is what no record could have. */
static bool is_value(const arb_t x) {
  return (arb_is_finite(x) && is_kept(x)) || is_infinite(x);
}

static bool same_point(const FormulaValue *a, const FormulaValue *b) {
  if (a->is_exact && b->is_exact) return fmpq_equal(a->exact, b->exact);
  return is_infinite(a->ball) && is_infinite(b->ball) && arb_equal(a->ball, b->ball);
}

/* The number of decimal digits in which two values agree. */
static double agreement(const arb_t a, const arb_t b) {
  if (arb_equal(a, b)) return INFINITY;
  const double x = arf_get_d(arb_midref(a), ARF_RND_NEAR);
  const double y = arf_get_d(arb_midref(b), ARF_RND_NEAR);
  const double scale = fmax(fabs(x), fabs(y));
  arf_t difference;
  arf_init(difference);
  arf_sub(difference, arb_midref(a), arb_midref(b), MAG_BITS, ARF_RND_UP);
  const double size = fabs(arf_get_d(difference, ARF_RND_UP));
  arf_clear(difference);
  if (size == 0) return INFINITY;
  return scale > 0 ? fmax(0, -log10(size / scale)) : 0;
}

/* value := a ball around it that holds the companion's value as well: what two engines disagree in
 * is not known. */
static void widen(FormulaValue *value, const FormulaValue *other, slong prec) {
  if (same_point(value, other)) return;
  arb_t difference;
  arb_init(difference);
  arb_sub(difference, value->ball, other->ball, prec);
  arb_add_error(value->ball, difference);
  arb_clear(difference);
  fmpq_zero(value->exact);
  value->is_exact = false;
}

/* *out := the formula's value on the run, as far as it is known. */
static StatusCode weigh(FormulaValue *out, const Formula *formula, const Bench *bench, Error *err) {
  TRY(formula_eval(out, formula, &bench->scope.formula_scope, bench->prec, err));
  if (!bench->companion) return STATUS_OK;
  FormulaValue other;
  formula_value_init(&other);
  const StatusCode code =
      formula_eval(&other, formula, &bench->other.formula_scope, bench->prec, err);
  if (code == STATUS_OK) widen(out, &other, bench->prec);
  formula_value_clear(&other);
  return code;
}

static Truth both(Truth a, Truth b) {
  if (a == TRUTH_FALSE || b == TRUTH_FALSE) return TRUTH_FALSE;
  return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

/* -------------------------------------------------------------------------------- numbers in words
 */

typedef struct {
  char text[48];
} Number;

/* The midpoint, and the radius where it shows. */
static Number number(const arb_t x) {
  Number out;
  const double middle = arf_get_d(arb_midref(x), ARF_RND_NEAR);
  const double radius = mag_get_d(arb_radref(x));
  if (radius > 5e-5 * fabs(middle))
    snprintf(out.text, sizeof out.text, "%.5g +/- %.2g", middle, radius);
  else
    snprintf(out.text, sizeof out.text, "%.5g", middle);
  return out;
}

/* out := the formula when it is short, else `instead`. */
static StatusCode show(char out[SHOWN_FORMULA + 1], const Formula *formula, const char *instead,
                       Error *err) {
  char *text = NULL;
  TRY(formula_print(&text, formula, err));
  snprintf(out, SHOWN_FORMULA + 1, "%s", strlen(text) <= SHOWN_FORMULA ? text : instead);
  free(text);
  return STATUS_OK;
}

/* ------------------------------------------------------------------------------------- conditions
 */

/* *truth := the condition's; text := "left relation right: 2 against 1". */
static StatusCode test_condition(Truth *truth, char *text, size_t size, const Condition *condition,
                                 const Bench *bench, Error *err) {
  char left_text[SHOWN_FORMULA + 1], right_text[SHOWN_FORMULA + 1];
  TRY(show(left_text, condition->left, "left side", err));
  TRY(show(right_text, condition->right, "right side", err));
  FormulaValue left, right;
  formula_value_init(&left);
  formula_value_init(&right);
  StatusCode code = weigh(&left, condition->left, bench, err);
  if (code == STATUS_OK) code = weigh(&right, condition->right, bench, err);
  if (code == STATUS_OK) {
    *truth = value_compare(&left, condition->relation, &right);
    snprintf(text, size, "%s %s %s: %s against %s", left_text, relation_text(condition->relation),
             right_text, number(left.ball).text, number(right.ball).text);
  }
  formula_value_clear(&left);
  formula_value_clear(&right);
  return code;
}

/* *truth := FALSE if some hypothesis certainly fails, else UNKNOWN if some is open, else TRUE; the
 * reason names the one. */
static StatusCode test_hypotheses(Truth *truth, Verdict *out, const Bench *bench, Error *err) {
  *truth = TRUTH_TRUE;
  for (size_t i = 0; i < bench->claim->hypothesis_count && *truth != TRUTH_FALSE; i++) {
    const Condition *hypothesis = &bench->claim->hypothesis[i];
    Truth met;
    char text[256];
    TRY(test_condition(&met, text, sizeof text, hypothesis, bench, err));
    if (met == TRUTH_TRUE || (met == TRUTH_UNKNOWN && *truth == TRUTH_UNKNOWN)) continue;
    *truth = met;
    snprintf(out->reason, sizeof out->reason, "%s: %s (%s)",
             met == TRUTH_FALSE ? "a hypothesis fails" : "cannot tell whether a hypothesis is met",
             hypothesis->words, text);
  }
  return STATUS_OK;
}

/* *truth := TRUE if some vacuity condition certainly applies, else UNKNOWN if some is open, else
 * FALSE; *words := of that one. */
static StatusCode test_vacuity(Truth *truth, const char **words, const Bench *bench, Error *err) {
  *truth = TRUTH_FALSE;
  for (size_t i = 0; i < bench->claim->vacuous_count && *truth != TRUTH_TRUE; i++) {
    const Condition *vacuous = &bench->claim->vacuous[i];
    Truth applies;
    char text[256];
    TRY(test_condition(&applies, text, sizeof text, vacuous, bench, err));
    if (applies == TRUTH_FALSE || (applies == TRUTH_UNKNOWN && *truth == TRUTH_UNKNOWN)) continue;
    *truth = applies;
    *words = vacuous->words;
  }
  return STATUS_OK;
}

/* -------------------------------------------------------------------------------------- comparison
 */

/* What is compared: edge[0] <= value <= edge[1] for "within", else value and edge[0]. */
typedef struct {
  FormulaValue value, bound, edge[2];
} Measured;

static void measured_init(Measured *m) {
  formula_value_init(&m->value);
  formula_value_init(&m->bound);
  formula_value_init(&m->edge[0]);
  formula_value_init(&m->edge[1]);
}

static void measured_clear(Measured *m) {
  formula_value_clear(&m->value);
  formula_value_clear(&m->bound);
  formula_value_clear(&m->edge[0]);
  formula_value_clear(&m->edge[1]);
}

static StatusCode measure(Measured *m, Bench *bench, Error *err) {
  const Claim *claim = bench->claim;
  TRY(scope_measure(&bench->scope, bench->prec, err));
  if (bench->companion) {
    TRY(scope_measure(&bench->other, bench->prec, err));
    bench->digits = fmin(agreement(bench->scope.value.ball, bench->other.value.ball),
                         agreement(bench->scope.bound.ball, bench->other.bound.ball));
  }
  TRY(weigh(&m->value, claim->observable, bench, err));
  TRY(weigh(&m->bound, claim->bound, bench, err));
  if (claim->relation != CLAIM_WITHIN) return STATUS_OK;
  TRY(weigh(&m->edge[0], claim->low, bench, err));
  TRY(weigh(&m->edge[1], claim->high, bench, err));
  value_mul(&m->edge[0], &m->bound, bench->prec);
  value_mul(&m->edge[1], &m->bound, bench->prec);
  return STATUS_OK;
}

static Relation plain_relation(ClaimRelation relation) {
  switch (relation) {
  case CLAIM_LT:
    return RELATION_LT;
  case CLAIM_LE:
    return RELATION_LE;
  case CLAIM_GT:
    return RELATION_GT;
  default:
    return RELATION_GE;
  }
}

static Truth test_relation(const Measured *m, ClaimRelation relation) {
  if (relation != CLAIM_WITHIN)
    return value_compare(&m->value, plain_relation(relation), &m->bound);
  return both(value_compare(&m->value, RELATION_GE, &m->edge[0]),
              value_compare(&m->value, RELATION_LE, &m->edge[1]));
}

static double middle(const FormulaValue *x) {
  return arf_get_d(arb_midref(x->ball), ARF_RND_NEAR);
}

/* How often the bound b could be tightened by itself before v would break it. Where a sign makes a
   factor meaningless: 1 + the distance to the bound in units of the larger of the two. At least 1
   exactly when v keeps to b. */
static double one_sided_slack(double v, bool upper, double b) {
  if (v > 0 && b > 0) return upper ? b / v : v / b;
  const double larger = fmax(fabs(v), fabs(b));
  return larger > 0 ? 1 + (upper ? b - v : v - b) / larger : 1;
}

static double find_slack(const Measured *m, ClaimRelation relation) {
  const double v = middle(&m->value);
  if (relation != CLAIM_WITHIN)
    return one_sided_slack(v, relation == CLAIM_LT || relation == CLAIM_LE, middle(&m->bound));
  return fmin(one_sided_slack(v, false, middle(&m->edge[0])),
              one_sided_slack(v, true, middle(&m->edge[1])));
}

/* Double rounding, and a strict relation at equality, may put the slack on the wrong side of 1. */
static double settle_slack(double slack, Truth truth) {
  if (truth == TRUTH_TRUE) return fmax(slack, 1);
  if (truth == TRUTH_FALSE) return fmin(slack, nextafter(1, 0));
  return slack;
}

static void keep_numbers(Verdict *out, const Measured *m, Truth truth, ClaimRelation relation) {
  arb_set(out->value, m->value.ball);
  arb_set(out->bound, m->bound.ball);
  out->has_value = is_value(out->value);
  out->has_bound = is_value(out->bound);
  if (!out->has_value || !out->has_bound) return;
  const double ratio = middle(&m->value) / middle(&m->bound);
  if (isfinite(ratio)) out->ratio = ratio;
  const double slack = find_slack(m, relation);
  if (!isnan(slack)) out->slack = settle_slack(slack, truth);
}

/* ------------------------------------------------------------------------------------- the verdict
 */

/* "double and mpfr agree to 15 digits" and the like. */
static void show_trust_in_numbers(char *out, size_t size, const Bench *bench, bool certified) {
  const char *engine = bench->trace->info.engine;
  if (certified)
    snprintf(out, size, "certified");
  else if (bench->trace->info.gates > 0)
    snprintf(out, size, "about the program's own steps, which no certificate covers");
  else if (!bench->companion)
    snprintf(out, size, "single engine (%s): rounding is not measured", engine);
  else if (isinf(bench->digits))
    snprintf(out, size, "%s and %s agree", bench->companion->info.engine, engine);
  else
    snprintf(out, size, "%s and %s agree to %.0f digits", bench->companion->info.engine, engine,
             floor(bench->digits));
}

/* out := "K1(t1) = 0.1845 <= 0.6006": what was compared, with the sign that came out. */
static StatusCode show_comparison(char *out, size_t size, const Bench *bench, const Measured *m,
                                  Truth truth, Error *err) {
  static const char *const negated[] = {"is not ", "", "may or may not be "};
  const ClaimRelation relation = bench->claim->relation;
  char name[SHOWN_FORMULA + 1];
  TRY(show(name, bench->claim->observable, "measured", err));
  const Number value = number(m->value.ball);
  if (relation == CLAIM_WITHIN)
    snprintf(out, size, "%s = %s %swithin [%s, %s]", name, value.text, negated[truth],
             number(m->edge[0].ball).text, number(m->edge[1].ball).text);
  else
    snprintf(out, size, "%s = %s %s%s %s", name, value.text, negated[truth],
             claim_relation_text(relation), number(m->bound.ball).text);
  return STATUS_OK;
}

static StatusCode explain_comparison(Verdict *out, const Bench *bench, const Measured *m,
                                     Truth truth, Error *err) {
  char comparison[COMPARISON_SIZE], engines[80], slack[40] = "";
  if (!out->has_value || !out->has_bound) {
    const arb_struct *missed = out->has_value ? m->bound.ball : m->value.ball;
    snprintf(out->reason, sizeof out->reason, "the %s is %s: %s %s%s",
             out->has_value ? "bound" : "measured value",
             arb_is_finite(missed) ? "too large or too small to be kept" : "not finite",
             out->has_value ? "bound" : "value", number(missed).text,
             bench->scope.top_unknown
                 ? ", as the largest singular value of U cannot be told from the next"
                 : "");
    return STATUS_OK;
  }
  TRY(show_comparison(comparison, sizeof comparison, bench, m, truth, err));
  show_trust_in_numbers(engines, sizeof engines, bench, out->certified);
  if (isfinite(out->slack)) snprintf(slack, sizeof slack, ", slack %.3g", out->slack);
  snprintf(out->reason, sizeof out->reason, "%s%s; %s", comparison, slack, engines);
  return STATUS_OK;
}

/* A claim that holds may still say nothing. */
static StatusCode judge_vacuity(Verdict *out, const Bench *bench, const Measured *m, Error *err) {
  Truth vacuous;
  const char *words = NULL;
  TRY(test_vacuity(&vacuous, &words, bench, err));
  out->kind = VERDICT_HOLDS;
  if (vacuous == TRUTH_FALSE) return STATUS_OK;
  char comparison[COMPARISON_SIZE];
  TRY(show_comparison(comparison, sizeof comparison, bench, m, TRUTH_TRUE, err));
  out->kind = vacuous == TRUTH_TRUE ? VERDICT_VACUOUS : VERDICT_INCONCLUSIVE;
  snprintf(out->reason, sizeof out->reason, "%s, %s: %s", comparison,
           vacuous == TRUTH_TRUE ? "but that says nothing"
                                 : "but it cannot be told whether that says anything",
           words);
  return STATUS_OK;
}

/* measured: whether value and bound could be evaluated; if not, *measuring says why. */
static StatusCode decide(Verdict *out, const Bench *bench, const Measured *m, bool measured,
                         const Error *measuring, Error *err) {
  Truth truth = TRUTH_UNKNOWN, met;
  out->kind = VERDICT_INCONCLUSIVE;
  if (measured) {
    truth = test_relation(m, bench->claim->relation);
    keep_numbers(out, m, truth, bench->claim->relation);
  }
  TRY(test_hypotheses(&met, out, bench, err));
  if (met != TRUTH_TRUE) {
    out->slack = NAN; /* the numbers may be shown, but they decided nothing */
    if (met == TRUTH_FALSE) out->kind = VERDICT_UNMET;
    return STATUS_OK;
  }
  if (!measured) {
    *err = *measuring;
    return err->code;
  }
  if (!out->has_value || !out->has_bound) truth = TRUTH_UNKNOWN;
  TRY(explain_comparison(out, bench, m, truth, err));
  if (truth == TRUTH_FALSE) out->kind = VERDICT_FAILS;
  return truth == TRUTH_TRUE ? judge_vacuity(out, bench, m, err) : STATUS_OK;
}

static StatusCode judge_open(Verdict *out, Bench *bench, Error *err) {
  TRY(scope_open(&bench->scope, bench->claim, bench->trace, bench->prec, err));
  if (bench->companion)
    TRY(scope_open(&bench->other, bench->claim, bench->companion, bench->prec, err));
  Measured m;
  measured_init(&m);
  Error measuring;
  StatusCode code = measure(&m, bench, &measuring);
  if (code == STATUS_OK || code == STATUS_DATA)
    code = decide(out, bench, &m, code == STATUS_OK, &measuring, err);
  else
    *err = measuring;
  measured_clear(&m);
  return code;
}

static void verdict_reset(Verdict *out) {
  verdict_clear(out);
  verdict_init(out);
}

/* Do the trace's numbers enclose those of the exact trajectory, to its end and with every gate
   certain? What ended early is no sample of the whole: an aggregate over it would say too much. */
static bool encloses_all(const Trace *trace) {
  const size_t last = trace->count - 1;
  return trace->info.ended[0] == '\0' && trace->count > 0 &&
         trace->step[last] == trace->info.params.t1 + trace->info.params.t2 &&
         arb_is_zero(&trace->value[OBS_undecided][last]);
}

static bool is_ball(const Trace *trace) {
  return strcmp(trace->info.engine, "ball") == 0;
}

/* A formula without a value on this run is not an error of the caller's: the sample cannot tell. */
static StatusCode judge_at(Verdict *out, Bench *bench, Error *err) {
  verdict_reset(out);
  out->certified =
      is_ball(bench->trace) || (bench->trace->info.gates > 0 && claim_is_covered(bench->claim));
  StatusCode code = judge_open(out, bench, err);
  scope_close(&bench->scope);
  scope_close(&bench->other);
  if (code != STATUS_DATA) return code;
  out->kind = VERDICT_INCONCLUSIVE;
  snprintf(out->reason, sizeof out->reason, "%s", err->message);
  return STATUS_OK;
}

StatusCode claim_judge(Verdict *out, const Claim *claim, const Trace *trace, const Trace *companion,
                       Error *err) {
  slong prec = (slong)trace->info.precision + GUARD_BITS;
  if (is_ball(trace) && !encloses_all(trace)) {
    verdict_reset(out);
    snprintf(out->reason, sizeof out->reason, "the run did not reach its end: %s",
             trace->info.ended[0] != '\0' ? trace->info.ended : "a gate is not certain");
    return STATUS_OK;
  }
  for (int doubling = 0;; doubling++, prec *= 2) {
    Bench bench = {
        .claim = claim, .trace = trace, .companion = companion, .prec = prec, .digits = INFINITY};
    TRY(judge_at(out, &bench, err));
    if (out->kind != VERDICT_INCONCLUSIVE || doubling == PRECISION_DOUBLINGS) return STATUS_OK;
  }
}
