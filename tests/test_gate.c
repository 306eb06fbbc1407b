/* test_gate.c -- gates against their definition in exact arithmetic, along walks of the weights
 * made to mislead the filter. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/gate.h"
#include "tests/support.h"

/* A gate module, the exact weights that it is to follow, and what it did so far. */
typedef struct {
  Dataset *data;
  GateKind kind;
  bool exact; /* the weights are doubles; otherwise they have WEIGHT_BITS bits */
  Gate *gate;
  arb_mat_struct weight[BLOCK_COUNT];
  double *shadow[BLOCK_COUNT];
  unsigned char *open[BLOCK_COUNT], *before[BLOCK_COUNT]; /* by definition, now and last time */
  bool unknown;                                           /* the arithmetic cannot tell any sign */
  int64_t asked, zeros, updates;
  GateCounts last;
  Worst flags, sums, counts;
} Walk;

#define WEIGHT_BITS 150

/* The sign by definition, for one score. */
static int walk_sign(int64_t n, int64_t l, unsigned mask, void *context) {
  Walk *w = context;
  w->asked++;
  if (w->unknown) return GATE_SIGN_UNKNOWN;
  arf_t score, term, factor;
  arf_init(score);
  arf_init(term);
  arf_init(factor);
  int64_t d = w->data->d;
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int64_t ij = 0; (mask >> b & 1) && ij < d * d; ij++) {
      arf_set_d(factor, dataset_token(w->data, (Block)b, n, l)[ij / d]);
      arf_mul(term, factor, arb_midref(arb_mat_entry(&w->weight[b], ij / d, ij % d)),
              ARF_PREC_EXACT, ARF_RND_DOWN);
      arf_set_d(factor, dataset_token(w->data, (Block)b, n, w->data->L)[ij % d]);
      arf_addmul(score, term, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
  int sign = arf_sgn(score);
  arf_clear(score);
  arf_clear(term);
  arf_clear(factor);
  return sign;
}

static void walk_open(Walk *w, Dataset *data, GateKind kind, bool exact) {
  Error err;
  *w = (Walk){.data = data, .kind = kind, .exact = exact};
  support_ok(gate_open(&w->gate, data, kind, 0, &err), &err);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_mat_init(&w->weight[b], data->d, data->d);
    w->shadow[b] = array_alloc((size_t)(data->d * data->d), sizeof(double));
    w->open[b] = array_alloc((size_t)(data->N * data->L), 1);
    w->before[b] = array_alloc((size_t)(data->N * data->L), 1);
    cr_assert(w->shadow[b] && w->open[b] && w->before[b], "scratch of %lld gates",
              (long long)(data->N * data->L));
  }
}

static void walk_close(Walk *w) {
  gate_close(w->gate);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_mat_clear(&w->weight[b]);
    free(w->shadow[b]);
    free(w->open[b]);
    free(w->before[b]);
  }
}

/* M_n = sum_l y_l a_l x_l, entry by entry, in exact arithmetic. */
static void check_sums(Walk *w, Block b) {
  const Dataset *data = w->data;
  const double *got = gate_sums(w->gate, b);
  arf_t sum, term;
  arf_init(sum);
  arf_init(term);
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t i = 0; i < data->d; i++) {
      arf_zero(sum);
      for (int64_t l = 0; l < data->L; l++) {
        if (!w->open[b][n * data->L + l]) continue;
        arf_set_d(term, dataset_label(data, n, l) * dataset_token(data, b, n, l)[i]);
        arf_add(sum, sum, term, ARF_PREC_EXACT, ARF_RND_DOWN);
      }
      arf_set_d(term, got[n * data->d + i]);
      worst_add(&w->sums, support_distance(sum, term), 0, "update %lld, block %d, M(%lld, %lld)",
                (long long)w->updates, (int)b, (long long)n, (long long)i);
    }
  arf_clear(sum);
  arf_clear(term);
}

static void check_counts(Walk *w, bool flipped, int64_t changed, int64_t asked) {
  GateCounts now = gate_counts(w->gate);
  int64_t families = w->kind == GATE_SHARED ? 1 : 2, scores = families * w->data->N * w->data->L;
  int64_t scored = now.scored - w->last.scored, fallbacks = now.fallbacks - w->last.fallbacks;
  long long update = w->updates;
  worst_require(&w->counts, flipped == (changed > 0) && now.flips - w->last.flips == changed,
                "update %lld: %lld gates changed, %lld flips counted, told %d", update,
                (long long)changed, (long long)(now.flips - w->last.flips), flipped);
  worst_require(&w->counts, scored >= 0 && scored <= scores, "update %lld: %lld of %lld scored",
                update, (long long)scored, (long long)scores);
  worst_require(&w->counts, fallbacks == asked && fallbacks <= scored,
                "update %lld: %lld fall-backs counted, %lld asked, %lld scored", update,
                (long long)fallbacks, (long long)asked, (long long)scored);
  worst_require(&w->counts, now.undecided == 0, "update %lld: %lld undecided", update,
                (long long)now.undecided);
  w->last = now;
}

/* Not 0, and nothing of it left in doubles. */
static bool is_tiny(const Walk *w, Block b) {
  bool shown = false;
  for (int64_t ij = 0; ij < w->data->d * w->data->d; ij++)
    shown = shown || w->shadow[b][ij] != 0;
  return !shown && !arb_mat_is_zero(&w->weight[b]);
}

/* Brings the gates to the weights and compares everything with the definition. */
static void walk_update(Walk *w) {
  const Dataset *data = w->data;
  int64_t d = data->d, gates = data->N * data->L, zeros, asked = w->asked, changed = 0;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    for (int64_t ij = 0; ij < d * d; ij++)
      w->shadow[b][ij] =
          arf_get_d(arb_midref(arb_mat_entry(&w->weight[b], ij / d, ij % d)), ARF_RND_NEAR);
    memcpy(w->before[b], w->open[b], (size_t)gates);
  }
  const GateWeights weights = {.shadow = {w->shadow[BLOCK_P], w->shadow[BLOCK_Q]},
                               .exact = w->exact,
                               .tiny = {is_tiny(w, BLOCK_P), is_tiny(w, BLOCK_Q)}};
  bool flipped = gate_update(w->gate, &weights, walk_sign, w);
  support_gates(w->open, &zeros, data, w->kind, w->weight);
  w->zeros += zeros;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    const unsigned char *got = gate_open_flags(w->gate, (Block)b);
    for (int64_t i = 0; i < gates; i++) {
      worst_require(&w->flags, got[i] == w->open[b][i],
                    "update %lld, block %d, prompt %lld, token %lld: open %d, by definition %d",
                    (long long)w->updates, b, (long long)(i / data->L), (long long)(i % data->L),
                    got[i], w->open[b][i]);
      changed += (b == BLOCK_P || w->kind == GATE_SPLIT) && w->open[b][i] != w->before[b][i];
    }
    check_sums(w, (Block)b);
  }
  check_counts(w, flipped, changed, w->asked - asked);
  w->updates++;
}

static void walk_assert(const Walk *w, const char *what) {
  GateCounts c = gate_counts(w->gate);
  double all =
      (double)w->updates * (double)(w->data->N * w->data->L) * (w->kind == GATE_SHARED ? 1 : 2);
  support_note(
      "%s, %s gates, %s weights: %lld updates, %.3g %% of scores computed, %lld fall-backs, "
      "%lld flips, %lld exact zeros",
      what, w->kind == GATE_SHARED ? "shared" : "split", w->exact ? "double" : "longer",
      (long long)w->updates, 100 * (double)c.scored / all, (long long)c.fallbacks,
      (long long)c.flips, (long long)w->zeros);
  worst_assert(&w->flags, "%s: gates = signs in exact arithmetic", what);
  worst_assert(&w->sums, "%s: distance of M from the exact sums", what);
  worst_assert(&w->counts, "%s: counts", what);
}

/* weight += size * random entries, rounded to the walk's precision. */
static void walk_move(Walk *w, Block b, double size, Chance *chance) {
  arb_t step;
  arb_init(step);
  for (int64_t i = 0; i < w->data->d; i++)
    for (int64_t j = 0; j < w->data->d; j++) {
      arf_struct *u = arb_midref(arb_mat_entry(&w->weight[b], i, j));
      arf_set_d(arb_midref(step), size * chance_real(chance));
      arf_add(u, u, arb_midref(step), w->exact ? 53 : WEIGHT_BITS, ARF_RND_NEAR);
      if (w->exact) continue;
      arf_set_d(arb_midref(step), 0x1p-55 * size * chance_real(chance));
      arf_add(u, u, arb_midref(step), WEIGHT_BITS, ARF_RND_NEAR);
    }
  arb_clear(step);
}

static void walk_scale(Walk *w, int exponent) {
  for (int b = 0; b < BLOCK_COUNT; b++)
    arb_mat_scalar_mul_2exp_si(&w->weight[b], &w->weight[b], exponent);
}

/* Takes x_l' U x_q for one gate out of a block: U -= (x_l' U x_q) x_l x_q' / (norm(x_l)^2
   norm(x_q)^2), in doubles, so that what is left of the score is rounding. */
static void walk_aim(Walk *w, Block b, int64_t n, int64_t l) {
  int64_t d = w->data->d;
  const double *x = dataset_token(w->data, b, n, l), *q = dataset_token(w->data, b, n, w->data->L);
  double score = 0, size = 0;
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++) {
      score +=
          x[i] * q[j] * arf_get_d(arb_midref(arb_mat_entry(&w->weight[b], i, j)), ARF_RND_NEAR);
      size += x[i] * q[j] * x[i] * q[j];
    }
  arf_t change;
  arf_init(change);
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++) {
      arf_struct *u = arb_midref(arb_mat_entry(&w->weight[b], i, j));
      arf_set_d(change, score / size * x[i] * q[j]);
      arf_sub(u, u, change, w->exact ? 53 : WEIGHT_BITS, ARF_RND_NEAR);
    }
  arf_clear(change);
}

static Dataset make_data(int64_t d, int64_t N, int64_t L, int64_t seed) {
  Error err;
  Dataset data;
  Params params = support_params(d, N, L);
  params.seed = seed;
  support_ok(dataset_generate(&data, &params, &err), &err);
  return data;
}

/* Both gate kinds, weights that are doubles and weights that are not. */
#define FOR_EVERY_KIND(kind, exact)                                                                \
  for (int kind = 0, exact = 0; kind < 2; exact ? (kind++, exact = 0) : (exact = 1))

/* ---- walks ---- */

Test(gate, follows_a_random_walk) {
  FOR_EVERY_KIND(kind, exact) {
    Dataset data = make_data(kind ? 5 : 4, 7, 9, 3 + exact);
    Chance chance = chance_open(51);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, exact);
    walk_update(&w); /* U = 0 */
    for (int step = 0; step < 220; step++) {
      Block b = (Block)chance_below(&chance, 2);
      switch (chance_below(&chance, 10)) {
      case 0: /* a jump */
        walk_move(&w, b, 3, &chance);
        break;
      case 1: /* the same again */
        break;
      case 2: /* turned round */
        arb_mat_neg(&w.weight[b], &w.weight[b]);
        break;
      case 3: /* onto a gate, up to rounding */
        walk_aim(&w, b, chance_below(&chance, data.N), chance_below(&chance, data.L));
        break;
      case 4:
        walk_move(&w, b, 1e-13, &chance);
        break;
      case 5: /* less than the weights' last place */
        walk_move(&w, b, 1e-18, &chance);
        break;
      default:
        walk_move(&w, BLOCK_P, ldexp(1, -(int)chance_below(&chance, 14)), &chance);
        walk_move(&w, BLOCK_Q, ldexp(1, -(int)chance_below(&chance, 14)), &chance);
      }
      walk_update(&w);
    }
    cr_assert(w.last.flips > 100, "the walk made %lld flips, expected > 100",
              (long long)w.last.flips);
    walk_assert(&w, "random walk");
    walk_close(&w);
    dataset_clear(&data);
  }
}

Test(gate, follows_weights_of_any_scale) {
  FOR_EVERY_KIND(kind, exact) {
    Dataset data = make_data(4, 6, 8, 5);
    Chance chance = chance_open(52);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, exact);
    for (int b = 0; b < BLOCK_COUNT; b++)
      walk_move(&w, (Block)b, 1, &chance);
    double scale = 1;
    for (int step = 0; step < 160; step++) {
      int exponent = step == 0 ? -27 : (int)chance_below(&chance, 13) - 6;
      if (scale * ldexp(1, exponent) > 1e8 || scale * ldexp(1, exponent) < 1e-8)
        exponent = -exponent;
      scale = ldexp(scale, exponent);
      walk_scale(&w, exponent);
      for (int b = 0; b < BLOCK_COUNT; b++)
        walk_move(&w, (Block)b, scale * ldexp(1, -(int)chance_below(&chance, 10)), &chance);
      walk_update(&w);
    }
    walk_assert(&w, "scales from 1e-8 to 1e8");
    walk_close(&w);
    dataset_clear(&data);
  }
}

/* Weights near 2^-600, whose squares are 0 in doubles: they move, and gates with them. */
Test(gate, moves_whose_squares_underflow_are_seen) {
  FOR_EVERY_KIND(kind, exact) {
    Chance chance = chance_open(51 + kind + 2 * exact);
    Dataset data = make_data(4, 6, 8, 3);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, exact);
    for (int update = 0; update < 30; update++) {
      for (int b = 0; b < BLOCK_COUNT; b++)
        walk_move(&w, (Block)b, 0.3, &chance);
      walk_scale(&w, -600);
      walk_update(&w);
      walk_scale(&w, 600);
    }
    const GateCounts counts = gate_counts(w.gate);
    cr_assert(counts.flips > 30, "%lld flips: too few to show anything", (long long)counts.flips);
    walk_assert(&w, "squares that underflow");
    walk_close(&w);
    dataset_clear(&data);
  }
}

/* Longer weights below the smallest double, whose shadows are 0: their gates are those of their own
   signs, and not shut. */
Test(gate, weights_below_the_doubles_are_not_0) {
  for (int kind = 0; kind < 2; kind++) {
    Chance chance = chance_open(55 + kind);
    Dataset data = make_data(4, 6, 8, 3);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, false);
    for (int update = 0; update < 30; update++) {
      for (int b = 0; b < BLOCK_COUNT; b++)
        if (update % 3 != b) walk_move(&w, (Block)b, 0.3, &chance); /* one may still be 0 */
      walk_scale(&w, -1200);
      walk_update(&w);
      walk_scale(&w, 1200);
    }
    const GateCounts counts = gate_counts(w.gate);
    cr_assert(counts.flips > 30, "%lld flips: too few to show anything", (long long)counts.flips);
    walk_assert(&w, "weights near 2^-1200");
    walk_close(&w);
    dataset_clear(&data);
  }
}

Test(gate, stays_at_a_gate_that_rounding_decides) {
  /* Scores of 1e-17 of their terms: the filter cannot tell, and says so. */
  FOR_EVERY_KIND(kind, exact) {
    Dataset data = make_data(4, 6, 8, 6);
    Chance chance = chance_open(53);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, exact);
    for (int step = 0; step < 120; step++) {
      int64_t n = chance_below(&chance, data.N), l = chance_below(&chance, data.L);
      if (step % 40 == 0)
        for (int b = 0; b < BLOCK_COUNT; b++)
          walk_move(&w, (Block)b, 1, &chance);
      for (int b = 0; b < BLOCK_COUNT; b++) {
        walk_aim(&w, (Block)b, n, l);
        walk_aim(&w, (Block)b, n, l); /* once more takes out what rounding left */
      }
      walk_update(&w);
    }
    cr_assert(w.last.fallbacks > 100,
              "%lld fall-backs in 120 updates aimed at gates, expected > 100",
              (long long)w.last.fallbacks);
    walk_assert(&w, "aimed walk");
    walk_close(&w);
    dataset_clear(&data);
  }
}

Test(gate, computes_few_scores_when_weights_move_little) {
  FOR_EVERY_KIND(kind, exact) {
    Dataset data = make_data(8, 12, 16, 7);
    Chance chance = chance_open(54);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, exact);
    for (int b = 0; b < BLOCK_COUNT; b++)
      walk_move(&w, (Block)b, 1, &chance);
    enum { STEPS = 150 };
    for (int step = 0; step < STEPS; step++) {
      for (int b = 0; b < BLOCK_COUNT; b++)
        walk_move(&w, (Block)b, 1e-4, &chance);
      walk_update(&w);
    }
    double all = (double)STEPS * (double)(data.N * data.L) * (kind ? 2 : 1);
    double share = (double)w.last.scored / all;
    cr_assert(share <= 0.1, "weights move by 1e-4 a step: %.3g of all scores computed, at most 0.1",
              share);
    walk_assert(&w, "small steps");
    walk_close(&w);
    dataset_clear(&data);
  }
}

/* ---- by construction ---- */

/* One prompt of three tokens (1, 2, 3), (3, -1, 2), (-1, -2, -3), labels +, +, -, and the query (1,
   1, -1); block Q the same. */
static void make_integers(Dataset *data, double *storage) {
  static const double token[4][3] = {{1, 2, 3}, {3, -1, 2}, {-1, -2, -3}, {1, 1, -1}};
  static double label[4] = {1, 1, -1, 1};
  *data = (Dataset){.d = 3, .N = 1, .L = 3, .y = label};
  for (int b = 0; b < BLOCK_COUNT; b++) {
    data->x[b] = storage + 12 * b;
    memcpy(data->x[b], token, sizeof token);
  }
}

/* weight := a b', plus extra in the first entry. */
static void set_product(Walk *w, Block block, const double a[3], const double b[3], double extra) {
  arf_t part;
  arf_init(part);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      arb_set_d(arb_mat_entry(&w->weight[block], i, j), a[i] * b[j]);
  arf_struct *first = arb_midref(arb_mat_entry(&w->weight[block], 0, 0));
  arf_set_d(part, extra);
  arf_add(first, first, part, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_clear(part);
}

Test(gate, zero_is_shut_and_the_smallest_excess_opens) {
  /* (2, -1, 0) is orthogonal to (1, 2, 3): two of the scores are 0 exactly, in both blocks. An
     excess of 2^-200 changes no shadow, and decides. */
  const double a[3] = {2, -1, 0}, b[3] = {0.7, 0.1, 0.3};
  const double excess[] = {0, 0x1p-200, -0x1p-200, 0, 0x1p-90, 0x1p-52, -0x1p-30, 0};
  for (int kind = 0; kind < 2; kind++) {
    double storage[24];
    Dataset data;
    make_integers(&data, storage);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, false);
    for (int step = 0; step < 16; step++) {
      set_product(&w, BLOCK_P, a, b, excess[step % 8]);
      set_product(&w, BLOCK_Q, a, b, excess[step / 2 % 8]);
      walk_update(&w);
    }
    cr_assert(w.zeros > 10 && w.last.fallbacks > 10,
              "%lld scores were exactly 0 and %lld fell back, expected > 10 each",
              (long long)w.zeros, (long long)w.last.fallbacks);
    walk_assert(&w, "exact zeros");
    walk_close(&w);
  }
}

Test(gate, without_weights_all_is_shut_at_no_cost) {
  /* The start: V = 0 exactly, W not; shared gates see W alone, split gates of Q see nothing. */
  FOR_EVERY_KIND(kind, exact) {
    Dataset data = make_data(4, 6, 8, 8);
    Chance chance = chance_open(55);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, exact);
    walk_update(&w);
    walk_update(&w);
    cr_assert(w.asked == 0, "U = 0: the exact sign was asked for %lld times, expected 0",
              (long long)w.asked);
    walk_move(&w, BLOCK_P, 1, &chance);
    for (int step = 0; step < 10; step++) {
      walk_move(&w, BLOCK_P, 1e-3, &chance);
      walk_update(&w);
    }
    walk_move(&w, BLOCK_Q, 1e-9, &chance);
    walk_update(&w);
    walk_assert(&w, "V = 0");
    walk_close(&w);
    dataset_clear(&data);
  }
}

Test(gate, weights_beyond_doubles_are_decided_exactly) {
  /* Weights of an engine with larger exponents: their shadows, or the squares of them, are
   * infinite. */
  for (int kind = 0; kind < 2; kind++) {
    Dataset data = make_data(3, 4, 6, 9);
    Chance chance = chance_open(56);
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, false);
    for (int b = 0; b < BLOCK_COUNT; b++)
      walk_move(&w, (Block)b, 1, &chance);
    for (int step = 0; step < 30; step++) {
      walk_scale(&w, step < 15 ? 100 : -100);
      for (int b = 0; b < BLOCK_COUNT; b++) {
        walk_move(&w, (Block)b, 1e100, &chance);
        if (step % 2) arb_mat_neg(&w.weight[b], &w.weight[b]);
      }
      walk_update(&w);
    }
    cr_assert(w.last.flips > 100, "the walk made %lld flips, expected > 100",
              (long long)w.last.flips);
    walk_assert(&w, "weights up to 2^1500");
    walk_close(&w);
    dataset_clear(&data);
  }
}

Test(gate, unknown_signs_are_counted_and_leave_gates_alone) {
  double storage[24];
  Dataset data;
  const double a[3] = {2, -1, 0}, b[3] = {0.7, 0.1, 0.3};
  make_integers(&data, storage);
  Walk w;
  walk_open(&w, &data, GATE_SHARED, false);
  set_product(&w, BLOCK_P, a, b, 0x1p-200);
  walk_update(&w); /* token 0 or 2 is open by 2^-200 */
  int opened = gate_open_flags(w.gate, BLOCK_P)[0], other = gate_open_flags(w.gate, BLOCK_P)[2];
  cr_assert(opened == 1 && other == 0, "gates of the tokens at 0: %d and %d, expected 1 and 0",
            opened, other);
  set_product(&w, BLOCK_P, a, b, -0x1p-200);
  w.unknown = true;
  const GateWeights weights = {.shadow = {w.shadow[BLOCK_P], w.shadow[BLOCK_Q]}};
  bool flipped = gate_update(w.gate, &weights, walk_sign, &w);
  GateCounts c = gate_counts(w.gate);
  opened = gate_open_flags(w.gate, BLOCK_P)[0], other = gate_open_flags(w.gate, BLOCK_P)[2];
  cr_assert(
      flipped == false && c.undecided == 2 && opened == 1 && other == 0,
      "two unknown signs: told of a flip %d, %lld undecided, gates %d and %d; expected 0, 2, 1, 0",
      flipped, (long long)c.undecided, opened, other);
  w.unknown = false;
  flipped = gate_update(w.gate, &weights, walk_sign, &w);
  opened = gate_open_flags(w.gate, BLOCK_P)[0], other = gate_open_flags(w.gate, BLOCK_P)[2];
  cr_assert(flipped == true && opened == 0 && other == 1,
            "known again: told of a flip %d, gates %d and %d; expected 1, 0, 1", flipped, opened,
            other);
  walk_close(&w);
}

Test(gate, agreement_is_the_share_of_right_gates) {
  Dataset data = make_data(4, 6, 8, 10);
  Chance chance = chance_open(57);
  Worst worst = {0};
  for (int kind = 0; kind < 2; kind++) {
    Walk w;
    walk_open(&w, &data, kind ? GATE_SPLIT : GATE_SHARED, true);
    for (int step = 0; step < 20; step++) {
      for (int b = 0; b < BLOCK_COUNT; b++)
        walk_move(&w, (Block)b, 1, &chance);
      walk_update(&w);
      for (int b = 0; b < BLOCK_COUNT; b++) {
        int64_t right = 0;
        for (int64_t i = 0; i < data.N * data.L; i++) {
          bool same = dataset_label(&data, i / data.L, i % data.L) ==
                      dataset_label(&data, i / data.L, data.L);
          right += same == (w.open[b][i] != 0);
        }
        double share = (double)right / (double)(data.N * data.L);
        worst_add(&worst, fabs(gate_agreement(w.gate, (Block)b) - share), 0, "step %d, block %d",
                  step, b);
      }
    }
    walk_close(&w);
  }
  dataset_clear(&data);
  worst_assert(&worst, "gate_agreement against a count");
}
