/* lemma_certify.c -- the Gaussian tail held against a bound on a whole interval, by subdivision. */
#include <arb_hypgeom.h>
#include <math.h>
#include <stdio.h>

#include "verify/lemma.h"

#define PRECISION 128 /* bits; the width of a piece, not rounding, limits what can be told */
#define DEPTH_MAX 40  /* halvings of the interval */
#define PIECES_MAX 20000

/* P(Z >= x) for an exact x. */
static void tail_at(arb_t out, const arf_t x, slong prec) {
  arb_t root;
  arb_init(root);
  arb_sqrt_ui(root, 2, prec);
  arb_set_arf(out, x);
  arb_div(out, out, root, prec);
  arb_hypgeom_erfc(out, out, prec);
  arb_mul_2exp_si(out, out, -1);
  arb_clear(root);
}

/* The tail falls as x grows, so its values at the ends of the ball enclose those within: no width
   is lost to dependencies. */
void lemma_tail(arb_t out, const arb_t x, slong prec) {
  arf_t end;
  arb_t low;
  arf_init(end);
  arb_init(low);
  arb_get_ubound_arf(end, x, prec);
  tail_at(low, end, prec);
  arb_get_lbound_arf(end, x, prec);
  tail_at(out, end, prec);
  arb_union(out, out, low, prec);
  arf_clear(end);
  arb_clear(low);
}

/* What is still to be told: the intervals [from, to], the leftmost on top. Depth first, so there
   are never more than one for each depth. */
typedef struct {
  double from[DEPTH_MAX + 2], to[DEPTH_MAX + 2];
  int depth[DEPTH_MAX + 2];
  size_t count;
} Pieces;

static void push(Pieces *pieces, double from, double to, int depth) {
  pieces->from[pieces->count] = from;
  pieces->to[pieces->count] = to;
  pieces->depth[pieces->count++] = depth;
}

/* The lemma's bound and the tail on one piece. */
typedef struct {
  arb_t x, tail;
  FormulaValue bound;
} Piece;

static void piece_init(Piece *piece) {
  arb_init(piece->x);
  arb_init(piece->tail);
  formula_value_init(&piece->bound);
}

static void piece_clear(Piece *piece) {
  arb_clear(piece->x);
  arb_clear(piece->tail);
  formula_value_clear(&piece->bound);
}

static StatusCode piece_evaluate(Piece *piece, double from, double to, const Lemma *lemma,
                                 const LemmaPoint *point, Error *err) {
  arf_t a, b;
  arf_init(a);
  arf_init(b);
  arf_set_d(a, from);
  arf_set_d(b, to);
  arb_set_interval_arf(piece->x, a, b, PRECISION);
  arf_clear(a);
  arf_clear(b);
  lemma_tail(piece->tail, piece->x, PRECISION);
  return lemma_evaluate(&piece->bound, lemma->bound, point, piece->x, PRECISION, err);
}

static double end_of(const arb_t x, bool upper) {
  arf_t end;
  arf_init(end);
  if (upper)
    arb_get_ubound_arf(end, x, PRECISION);
  else
    arb_get_lbound_arf(end, x, PRECISION);
  const double value = arf_get_d(end, upper ? ARF_RND_CEIL : ARF_RND_FLOOR);
  arf_clear(end);
  return value;
}

/* The numbers at one x become those of the verdict, if it is closer to the bound than all before.
   They show how tight the bound is; what is certified does not depend on them. */
static StatusCode show(LemmaVerdict *out, Piece *piece, double x, const Lemma *lemma,
                       const LemmaPoint *point, Error *err) {
  TRY(piece_evaluate(piece, x, x, lemma, point, err));
  arb_t quotient;
  arb_init(quotient);
  arb_div(quotient, piece->tail, piece->bound.ball, PRECISION);
  const double ratio = arf_get_d(arb_midref(quotient), ARF_RND_NEAR);
  arb_clear(quotient);
  if (ratio <= out->ratio) return STATUS_OK;
  out->threshold = x;
  out->estimate = arf_get_d(arb_midref(piece->tail), ARF_RND_NEAR);
  out->lower = end_of(piece->tail, false);
  out->upper = end_of(piece->tail, true);
  out->bound = end_of(piece->bound.ball, false);
  out->ratio = ratio;
  return STATUS_OK;
}

/* The verdict's reason; undecided is an x near which nothing can be told, or NaN. */
static void explain(LemmaVerdict *out, const LemmaPoint *point, double undecided) {
  const double from = point->number[0].value, to = point->number[1].value;
  if (out->kind == VERDICT_FAILS)
    snprintf(out->reason, sizeof out->reason,
             "refuted at x = %.10g: P(Z >= x) is at least %.6g there, the bound less",
             out->threshold, out->lower);
  else if (isnan(undecided))
    snprintf(out->reason, sizeof out->reason,
             "certified for %.10g <= x <= %.10g, in %lld pieces; nothing is said outside", from, to,
             (long long)out->tries);
  else {
    out->kind = VERDICT_INCONCLUSIVE;
    snprintf(out->reason, sizeof out->reason,
             "%lld of %lld pieces certified; cannot tell near x = %.10g", (long long)out->hits,
             (long long)out->tries, undecided);
  }
}

StatusCode lemma_certify(LemmaVerdict *out, const Lemma *lemma, const LemmaPoint *point,
                         Error *err) {
  *out = (LemmaVerdict){.kind = VERDICT_HOLDS, .ratio = -1};
  const double first = point->number[0].value, last = point->number[1].value;
  double stuck = NAN;
  Pieces left = {.count = 0};
  Piece piece;
  piece_init(&piece);
  push(&left, first, last, 0);
  StatusCode code = STATUS_OK;
  while (code == STATUS_OK && left.count > 0 && out->kind != VERDICT_FAILS &&
         out->tries < PIECES_MAX) {
    const size_t top = --left.count;
    const double from = left.from[top], to = left.to[top], middle = from + (to - from) / 2;
    const int depth = left.depth[top];
    if ((code = piece_evaluate(&piece, from, to, lemma, point, err)) != STATUS_OK) break;
    const Truth truth = truth_compare(piece.tail, RELATION_LE, piece.bound.ball);
    if (truth == TRUTH_UNKNOWN && depth < DEPTH_MAX) {
      push(&left, middle, to, depth + 1);
      push(&left, from, middle, depth + 1);
      continue;
    }
    out->tries++;
    out->hits += truth == TRUTH_TRUE;
    if (truth == TRUTH_UNKNOWN && isnan(stuck)) stuck = middle;
    if (truth == TRUTH_FALSE) {
      out->kind = VERDICT_FAILS;
      out->ratio = -INFINITY; /* the counterexample is shown, whatever came closer before */
    }
    code = show(out, &piece, truth == TRUTH_FALSE ? middle : from, lemma, point, err);
    if (code == STATUS_OK && to >= last && truth == TRUTH_TRUE)
      code = show(out, &piece, last, lemma, point, err);
  }
  piece_clear(&piece);
  TRY(code);
  explain(out, point, left.count == 0 ? stuck : left.from[left.count - 1]);
  return STATUS_OK;
}
