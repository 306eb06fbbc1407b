/* test_fast_paths.c -- every fast path against the plain definition that --plain puts in its place,
 * bit for bit: on inputs made to tell them apart, and over whole runs. The table of paths
 * (fast_path.h) is what is gone through, so a path without a test of its own fails here. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/gate.h"
#include "src/rng.h"
#include "tests/fast_sigmoid.h"
#include "tests/support.h"

/* Equal bits; a NaN's sign and payload are the processor's affair. */
static bool same_bits(double a, double b) {
  return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static int64_t count_different(const double *a, const double *b, int64_t count) {
  int64_t different = 0;
  for (int64_t i = 0; i < count; i++)
    different += !same_bits(a[i], b[i]);
  return different;
}

static double *need_doubles(int64_t count) {
  double *x = array_alloc((size_t)count, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld doubles", (long long)count);
  return x;
}

/* Ways to fill weights. */
typedef enum {
  FILL_REAL,
  FILL_WINDOW, /* exponents around the width of a fixed-point block */
  FILL_WIDE,   /* exponents from one end of the doubles to the other */
  FILL_CANCEL, /* neighbours that nearly or entirely cancel */
  FILL_ZEROS,  /* most of them +0 or -0 */
  FILL_TINY,   /* subnormal */
  FILL_TIE,    /* one number, half a unit in its last place, and specks */
  FILL_COUNT
} Fill;
static const char *const fill_name[FILL_COUNT] = {"real",  "window", "wide", "cancel",
                                                  "zeros", "tiny",   "tie"};

static void fill_doubles(double *x, int64_t count, Fill fill, int64_t precision, Chance *chance) {
  for (int64_t i = 0; i < count; i++) {
    const double real = chance_real(chance);
    x[i] = real;
    if (fill == FILL_WINDOW) x[i] = ldexp(real, -(int)chance_below(chance, 130));
    if (fill == FILL_WIDE) x[i] = ldexp(real, (int)chance_below(chance, 2000) - 1000);
    if (fill == FILL_CANCEL && i % 2)
      x[i] = -x[i - 1] * (chance_below(chance, 2) ? 1 : 1 + 0x1p-52);
    if (fill == FILL_ZEROS && chance_below(chance, 4)) x[i] = real < 0 ? -0.0 : 0.0;
    if (fill == FILL_TINY) x[i] = ldexp(real, -1022 - (int)chance_below(chance, 50));
    if (fill == FILL_TIE) x[i] = chance_below(chance, 3) ? 0 : ldexp(real, -(int)precision - 60);
  }
  if (fill == FILL_TIE && count > 1) {
    x[0] = 1;
    x[1] = (chance_below(chance, 2) ? 1 : -1) *
           ldexp(1, -(int)precision - (int)chance_below(chance, 2));
  }
}

/* ---- products ---- */

/* One engine that has all fast paths and one without some, on the same operands. */
typedef struct {
  Engine e[2];
  Array U[2], c[2], h[2], G[2];
  double *M, *X, *scratch[2];
  int64_t stride;
  int grid;
} Products;

static void products_open(Products *p, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                          PlainSet plain) {
  Error err;
  for (int k = 0; k < 2; k++) {
    support_ok(engine_open(&p->e[k], kind, precision, d, N, 1, k == 0 ? 0 : plain, &err), &err);
    p->U[k] = support_array(d * d, &p->e[k]);
    p->G[k] = support_array(d * d, &p->e[k]);
    p->c[k] = support_array(N, &p->e[k]);
    p->h[k] = support_array(N, &p->e[k]);
    p->scratch[k] = need_doubles(d * d > N ? d * d : N);
  }
  p->stride = d + 3;
  p->M = need_doubles(N * d);
  p->X = need_doubles(N * p->stride);
}

static void products_close(Products *p) {
  for (int k = 0; k < 2; k++) {
    Array *const all[] = {&p->U[k], &p->G[k], &p->c[k], &p->h[k]};
    for (int i = 0; i < 4; i++)
      p->e[k].ops->array_close(all[i], &p->e[k]);
    engine_close(&p->e[k]);
    free(p->scratch[k]);
  }
  free(p->M);
  free(p->X);
}

/* A token K, |K| < 2^53; kind 0: any; 1: small; 2: the largest, either sign; 3: 1;
 * 4, 5: likewise 0 and 2, |K| < 2^51, which 52-bit digits hold. */
static double draw_token(int64_t kind, Chance *chance) {
  const int64_t most = (INT64_C(1) << (kind < 4 ? 53 : 51)) - 1;
  if (kind >= 4) kind = 2 * (kind - 4);
  return kind == 0   ? (double)(chance_below(chance, 2 * most + 1) - most)
         : kind == 1 ? (double)(chance_below(chance, 7) - 3)
         : kind == 2 ? (double)(chance_below(chance, 2) ? most : -most)
                     : 1;
}

/* Tokens on a grid; no more than `queries` different ones are asked for. */
static void draw_tokens(Products *p, int64_t queries, Chance *chance) {
  const int64_t d = p->e[0].d, N = p->e[0].N, kind = chance_below(chance, 6);
  p->grid = (int)chance_below(chance, 120) - 60;
  for (int64_t i = 0; i < N * d; i++)
    p->M[i] = ldexp(draw_token(kind, chance), p->grid);
  for (int64_t n = 0; n < N; n++) {
    const int64_t from = n < queries ? n : chance_below(chance, queries);
    for (int64_t j = 0; j < p->stride; j++)
      p->X[n * p->stride + j] = n < queries || j >= d ? ldexp(draw_token(kind, chance), p->grid)
                                                      : p->X[from * p->stride + j];
  }
}

/* The same numbers for both; beyond 53 bits there is a second part below the first. */
static void set_both(Array a[2], Fill fill, const Products *p, Chance *chance) {
  const int64_t count = a[0].n, precision = p->e[0].precision;
  double *x = need_doubles(2 * count);
  fill_doubles(x, count, fill, precision, chance);
  for (int64_t i = 0; i < count; i++)
    x[count + i] = fill == FILL_TIE ? 0 : ldexp(chance_real(chance) * x[i], -60);
  for (int k = 0; k < 2; k++) {
    const Engine *e = &p->e[k];
    Array low = support_array(count, e);
    e->ops->array_set(&a[k], x, e);
    e->ops->array_set(&low, x + count, e);
    if (fill != FILL_ZEROS) e->ops->add(&a[k], &a[k], &low, e);
    e->ops->array_close(&low, e);
  }
  free(x);
}

/* Scalars and, since those know no sign of zero, shadows. */
static bool same_arrays(const Array a[2], const Products *p) {
  for (int k = 0; k < 2; k++)
    p->e[k].ops->array_shadow(p->scratch[k], &a[k], &p->e[k]);
  if (count_different(p->scratch[0], p->scratch[1], a[0].n) > 0) return false;
  return !p->e[0].ops->array_finite(&a[0], &p->e[0]) ||
         support_same_scalars(&a[0], &a[1], &p->e[0]);
}

static void compare_products(Worst *worst, Products *p, Fill fill, const char *path) {
  for (int k = 0; k < 2; k++) {
    const EngineOps *ops = p->e[k].ops;
    ops->bilinear(&p->h[k], &p->U[k], p->M, p->X, p->stride, p->grid, &p->e[k]);
    ops->gradient(&p->G[k], &p->c[k], p->M, p->X, p->stride, p->grid, &p->e[k]);
  }
  const long long bits = p->e[0].precision, d = p->e[0].d, N = p->e[0].N;
  worst_require(worst, same_arrays(p->h, p), "%s, %s weights, %lld bits, d = %lld, N = %lld: h",
                path, fill_name[fill], bits, d, N);
  worst_require(worst, same_arrays(p->G, p), "%s, %s residuals, %lld bits, d = %lld, N = %lld: G",
                path, fill_name[fill], bits, d, N);
}

/* Several operands for one pair of engines, so that what is left from one could spoil the next. */
static void check_products(Worst *worst, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                           PlainSet plain, const char *path, Chance *chance) {
  Products p;
  products_open(&p, kind, precision, d, N, plain);
  for (int fill = 0; fill < FILL_COUNT; fill++)
    for (int trial = 0; trial < 6; trial++) {
      if (trial % 2 == 0) draw_tokens(&p, trial == 0 ? 1 : trial == 2 ? (N + 2) / 3 : N, chance);
      set_both(p.U, (Fill)fill, &p, chance);
      set_both(p.c, (Fill)fill, &p, chance);
      compare_products(worst, &p, (Fill)fill, path);
    }
  products_close(&p);
}

static void check_ball_products(Worst *worst, PlainSet plain, const char *path, Chance *chance) {
  for (int64_t trial = 0; trial < 8; trial++)
    check_products(worst, ENGINE_BALL, trial % 2 ? 64 : 200, 1 + chance_below(chance, 6),
                   1 + chance_below(chance, 20), plain, path, chance);
}

static void check_double_products(Worst *worst, PlainSet plain, const char *path) {
  Chance chance = chance_open(31);
  for (int64_t trial = 0; trial < 30; trial++)
    check_products(worst, ENGINE_DOUBLE, 53, 1 + chance_below(&chance, 20),
                   1 + chance_below(&chance, 40), plain, path, &chance);
  check_ball_products(worst, plain, path, &chance);
}

static void check_mpfr_products(Worst *worst, PlainSet plain, const char *path) {
  static const int64_t precision[] = {53, 64, 65, 128, 256, 333, 512, 1024};
  static const int64_t size[][2] = {{2, 1}, {3, 17}, {6, 9}};
  Chance chance = chance_open(32);
  for (size_t i = 0; i < sizeof precision / sizeof *precision; i++)
    for (size_t k = 0; k < sizeof size / sizeof *size; k++)
      check_products(worst, ENGINE_MPFR, precision[i], size[k][0], size[k][1], plain, path,
                     &chance);
  check_products(worst, ENGINE_MPFR, 128, 2, 1030, plain, path, &chance); /* a group is full */
  check_ball_products(worst, plain, path, &chance);
}

/* ---- gates ---- */

/* A gate module with all fast paths and one without some, on one walk of the weights. */
typedef struct {
  Dataset data;
  Gate *gate[2];
  double *weight[BLOCK_COUNT];
} Walk;

/* score := sum over the blocks of x_l' U_b x_q, exactly; reach2 := the square of its reach. */
static void exact_score(arf_t score, arf_t reach2, const Walk *w, int64_t n, int64_t l,
                        unsigned mask) {
  const int64_t d = w->data.d;
  arf_t term, factor, token, query;
  arf_init(term), arf_init(factor), arf_init(token), arf_init(query);
  arf_zero(score);
  arf_zero(reach2);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(mask >> b & 1)) continue;
    const double *x = dataset_token(&w->data, (Block)b, n, l);
    const double *q = dataset_token(&w->data, (Block)b, n, w->data.L);
    arf_zero(token);
    arf_zero(query);
    for (int64_t i = 0; i < d; i++) {
      for (int64_t j = 0; j < d; j++) {
        arf_set_d(term, w->weight[b][i * d + j]);
        arf_set_d(factor, x[i]);
        arf_mul(term, term, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
        arf_set_d(factor, q[j]);
        arf_addmul(score, term, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
      }
      arf_set_d(factor, x[i]);
      arf_addmul(token, factor, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
      arf_set_d(factor, q[i]);
      arf_addmul(query, factor, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
    arf_addmul(reach2, token, query, ARF_PREC_EXACT, ARF_RND_DOWN);
  }
  arf_clear(term), arf_clear(factor), arf_clear(token), arf_clear(query);
}

static int walk_sign(int64_t n, int64_t l, unsigned mask, void *context) {
  arf_t score, reach2;
  arf_init(score), arf_init(reach2);
  exact_score(score, reach2, context, n, l, mask);
  const int sign = arf_sgn(score);
  arf_clear(score), arf_clear(reach2);
  return sign;
}

static bool walk_certain(int64_t n, int64_t l, unsigned mask, double distance, void *context) {
  arf_t score, reach2, factor;
  arf_init(score), arf_init(reach2), arf_init(factor);
  exact_score(score, reach2, context, n, l, mask);
  arf_mul(score, score, score, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_set_d(factor, distance);
  arf_mul(reach2, reach2, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_mul(reach2, reach2, factor, ARF_PREC_EXACT, ARF_RND_DOWN);
  const bool certain = arf_cmp(score, reach2) > 0;
  arf_clear(score), arf_clear(reach2), arf_clear(factor);
  return certain;
}

static void walk_open(Walk *w, GateKind kind, PlainSet plain, int64_t seed) {
  Error err;
  Params params = support_params(4, 6, 8);
  params.seed = seed;
  support_ok(dataset_generate(&w->data, &params, &err), &err);
  for (int k = 0; k < 2; k++)
    support_ok(gate_open(&w->gate[k], &w->data, kind, k == 0 ? 0 : plain, &err), &err);
  for (int b = 0; b < BLOCK_COUNT; b++)
    w->weight[b] = need_doubles(w->data.d * w->data.d);
}

static void walk_close(Walk *w) {
  for (int k = 0; k < 2; k++)
    gate_close(w->gate[k]);
  for (int b = 0; b < BLOCK_COUNT; b++)
    free(w->weight[b]);
  dataset_clear(&w->data);
}

/* U := (x_1, -x_0, 0, ...)' b of a context token x, b powers of two: its score is exactly 0, and
   then, now and then, off by one last place. */
static void walk_tie(Walk *w, Chance *chance) {
  const int64_t d = w->data.d, n = chance_below(chance, w->data.N),
                l = chance_below(chance, w->data.L);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    const double *x = dataset_token(&w->data, (Block)b, n, l);
    for (int64_t i = 2 * d; i < d * d; i++)
      w->weight[b][i] = chance_below(chance, 2) ? 0.0 : -0.0;
    for (int64_t j = 0; j < d; j++) {
      const double power = ldexp(1, (int)chance_below(chance, 9) - 4);
      w->weight[b][j] = x[1] * power;
      w->weight[b][d + j] = -x[0] * power;
    }
    if (chance_below(chance, 2)) w->weight[b][0] = nextafter(w->weight[b][0], INFINITY);
  }
}

/* A small move, a tie, or another filling altogether. */
static void walk_move(Walk *w, Chance *chance) {
  const int64_t size = w->data.d * w->data.d, kind = chance_below(chance, 12);
  if (kind < 7) {
    const double step = ldexp(1, -(int)chance_below(chance, 60));
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (int64_t i = 0; i < size; i++)
        w->weight[b][i] += step * chance_real(chance);
  } else if (kind < 9) {
    walk_tie(w, chance);
  } else if (kind < 11) {
    for (int b = 0; b < BLOCK_COUNT; b++)
      fill_doubles(w->weight[b], size, (Fill)chance_below(chance, FILL_COUNT), 53, chance);
  } /* or none at all */
}

static bool same_counts(const GateCounts *a, const GateCounts *b) {
  return a->flips == b->flips && a->fallbacks == b->fallbacks && a->undecided == b->undecided;
}

static bool same_break(const GateBreak *a, const GateBreak *b) {
  return a->broken == b->broken && a->n == b->n && a->l == b->l && a->mask == b->mask &&
         same_bits(a->needed, b->needed) && same_bits(a->available, b->available);
}

/* Brings both modules to the weights. */
static void walk_update(Worst *worst, Walk *w, double distance, int64_t step, const char *path) {
  const Dataset *data = &w->data;
  const GateWeights weights = {.shadow = {w->weight[BLOCK_P], w->weight[BLOCK_Q]}, .exact = true};
  const double distances[BLOCK_COUNT] = {distance, 2 * distance};
  bool flipped[2];
  GateCounts counts[2];
  GateBreak broken[2];
  for (int k = 0; k < 2; k++) {
    gate_certify(w->gate[k], distances, distance > 0 ? walk_certain : NULL);
    flipped[k] = gate_update(w->gate[k], &weights, walk_sign, w);
    counts[k] = gate_counts(w->gate[k]);
    broken[k] = gate_break(w->gate[k]);
  }
  const long long at = step;
  worst_require(worst, flipped[0] == flipped[1] && same_counts(&counts[0], &counts[1]),
                "%s, update %lld: %lld and %lld flips, %lld and %lld fall-backs", path, at,
                (long long)counts[0].flips, (long long)counts[1].flips,
                (long long)counts[0].fallbacks, (long long)counts[1].fallbacks);
  worst_require(worst, same_break(&broken[0], &broken[1]), "%s, update %lld: certificate", path,
                at);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    const bool flags =
        memcmp(gate_open_flags(w->gate[0], (Block)b), gate_open_flags(w->gate[1], (Block)b),
               (size_t)(data->N * data->L)) == 0;
    const int64_t different = count_different(gate_sums(w->gate[0], (Block)b),
                                              gate_sums(w->gate[1], (Block)b), data->N * data->d);
    worst_require(worst, flags && different == 0, "%s, update %lld, block %d: gates %s, %lld sums",
                  path, at, b, flags ? "equal" : "differ", (long long)different);
  }
}

static void check_gates(Worst *worst, PlainSet plain, const char *path) {
  Chance chance = chance_open(33);
  int64_t flips = 0, fallbacks = 0, breaks = 0;
  for (int walk = 0; walk < 40; walk++) {
    Walk w;
    walk_open(&w, walk % 2 ? GATE_SPLIT : GATE_SHARED, plain, 1 + walk);
    const int64_t certified = 5 + chance_below(&chance, 60); /* from then on */
    for (int64_t step = 0; step < 60; step++) {
      walk_move(&w, &chance);
      const double distance = ldexp(1, -20 - (int)chance_below(&chance, 40));
      walk_update(worst, &w, step < certified ? 0 : distance, step, path);
    }
    const GateCounts counts = gate_counts(w.gate[0]);
    flips += counts.flips;
    fallbacks += counts.fallbacks;
    breaks += gate_break(w.gate[0]).broken;
    walk_close(&w);
  }
  cr_assert(flips > 1000 && fallbacks > 1000 && breaks > 10,
            "the walks made %lld flips, %lld fall-backs and %lld breaks of certificates, expected "
            "> 1000, > 1000 and > 10",
            (long long)flips, (long long)fallbacks, (long long)breaks);
}

/* ---- noise ---- */

static void check_noise(Worst *worst, PlainSet plain, const char *path) {
  static const double scales[] = {1, 0, -0.0, 0x1p-1060, 0x1p1018, 1e-3};
  Chance chance = chance_open(34);
  double fast[300], one[300];
  (void)plain;
  for (int trial = 0; trial < 120; trial++) {
    const int64_t count = chance_below(&chance, 300), seed = chance_below(&chance, INT64_MAX);
    const double scale = scales[chance_below(&chance, 6)];
    Rng a = rng_open(seed, STREAM_NOISE_W, chance_bits(&chance)), b = a;
    rng_normals(fast, count, scale, &a);
    rng_normals_plain(one, count, scale, &b);
    worst_require(worst, count_different(fast, one, count) == 0 && rng_bits(&a) == rng_bits(&b),
                  "%s, seed %lld: %lld deviates times %g, and the bits after them", path,
                  (long long)seed, (long long)count, scale);
  }
}

/* ---- every path ---- */

static void (*const check_path[FAST_COUNT])(Worst *worst, PlainSet plain, const char *path) = {
    [FAST_GATES] = check_gates,           [FAST_FILTER] = check_gates,
    [FAST_FLIPS] = check_gates,           [FAST_NOISE] = check_noise,
    [FAST_TILES] = check_double_products, [FAST_FIXED] = check_mpfr_products,
    [FAST_IFMA] = check_mpfr_products,    [FAST_QUERIES] = check_mpfr_products,
    [FAST_SIGMOID] = fast_sigmoid_check,
};

/* Pre-conditions: numbers of any exponent, cancelling, zeros of both signs, subnormal, ties; each
   path off, and all. Quantity: results that differ from those with all paths on. Bound: none. */
Test(fast_paths, every_path_gives_the_bits_of_its_plain_definition) {
  for (int path = 0; path < FAST_COUNT; path++) {
    const char *name = fast_path_info[path].name;
    Worst worst = {0};
    cr_assert(check_path[path] != NULL, "the path %s has a test", name);
    check_path[path](&worst, PLAIN_BIT(path), name);
    check_path[path](&worst, PLAIN_ALL, name);
    worst_assert(&worst, "%s: results that are those without it, bit for bit", name);
  }
}

/* ---- whole runs ---- */

typedef struct {
  EngineKind kind;
  int64_t precision;
  bool certify;
} RunKind;

static void run_open(Training *out, const RunKind *kind, Reading reading, PlainSet plain) {
  Error err;
  out->params = support_params(5, 10, 8);
  out->params.reading = reading;
  out->params.t1 = 40;
  out->params.t2 = 30;
  out->params.tau0 = 0.3; /* so that gates flip all along */
  out->params.tau_xi = support_tau_xi(&out->params);
  support_ok(dataset_generate(&out->data, &out->params, &err), &err);
  support_ok(trainer_open(&out->trainer, &out->params, &out->data, kind->kind, kind->precision,
                          plain, &err),
             &err);
  if (kind->certify) support_ok(trainer_certify(out->trainer, &err), &err);
}

static void compare_records(Worst *worst, const Training run[2], Record record[2],
                            const char *where) {
  Error err;
  for (int k = 0; k < 2; k++)
    support_ok(trainer_observe(&record[k], run[k].trainer, &err), &err);
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    worst_require(worst, arb_equal(&record[0].value[id], &record[1].value[id]), "%s, step %lld: %s",
                  where, (long long)record[0].step, observable_name[id]);
}

static void compare_weights(Worst *worst, const Training run[2], const char *where) {
  arb_mat_t weight[2];
  for (int k = 0; k < 2; k++)
    arb_mat_init(weight[k], run[k].params.d, run[k].params.d);
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
      for (int k = 0; k < 2; k++)
        trainer_weight(weight[k], run[k].trainer, (Block)b, (WeightKind)kind);
      worst_require(worst, arb_mat_equal(weight[0], weight[1]), "%s: %s at the end", where,
                    weight_name((Block)b, (WeightKind)kind));
    }
  for (int k = 0; k < 2; k++)
    arb_mat_clear(weight[k]);
}

static void compare_certificates(Worst *worst, const Training run[2], const char *where) {
  const CertificateSummary a = trainer_certificate(run[0].trainer);
  const CertificateSummary b = trainer_certificate(run[1].trainer);
  worst_require(worst,
                a.certified == b.certified && a.step == b.step && a.gates == b.gates &&
                    strcmp(a.reason, b.reason) == 0 &&
                    count_different(a.distance, b.distance, BLOCK_COUNT) == 0 &&
                    count_different(a.noise, b.noise, BLOCK_COUNT) == 0,
                "%s: certificates to steps %lld and %lld", where, (long long)a.step,
                (long long)b.step);
}

/* With `chance`, other paths are off every five steps. Returns the flips of the run. */
static int64_t compare_runs(Worst *worst, const RunKind *kind, int reading, PlainSet plain,
                            const char *path, Chance *chance) {
  Training run[2];
  Record record[2];
  char where[128];
  snprintf(where, sizeof where, "without %s, %s %lld%s, %s", path, engine_name(kind->kind),
           (long long)kind->precision, kind->certify ? " certified" : "",
           support_reading_name[reading]);
  for (int k = 0; k < 2; k++) {
    run_open(&run[k], kind, support_reading[reading], k == 0 ? 0 : plain);
    record_init(&record[k]);
  }
  for (int64_t t = 0; t <= run[0].params.t1 + run[0].params.t2; t += 5) {
    training_run(&run[0], t);
    training_run(&run[1], t);
    if (chance != NULL)
      trainer_set_plain(run[1].trainer, (PlainSet)chance_bits(chance) & PLAIN_ALL);
    compare_records(worst, run, record, where);
  }
  compare_weights(worst, run, where);
  compare_certificates(worst, run, where);
  const int64_t flips = trainer_gate_counts(run[0].trainer).flips;
  for (int k = 0; k < 2; k++) {
    record_clear(&record[k]);
    training_close(&run[k]);
  }
  return flips;
}

/* The residual of an output -2^k takes 2^k bits, so a run on wrong products may never end. They are
   looked at first, and what is wrong with them ends the test. */
static void need_products(void) {
  Worst worst = {0};
  check_double_products(&worst, PLAIN_ALL, "products before runs");
  check_mpfr_products(&worst, PLAIN_ALL, "products before runs");
  worst_assert(&worst, "products that runs are made of, bit for bit");
}

/* Pre-conditions: 70 steps in all readings, gates flipping; double and mpfr with a certificate,
   ball; each path off, all, and one set after another. Quantity: observables, weights and
   certificates that differ from those of the run with all paths on. Bound: none. */
Test(fast_paths, whole_runs_have_the_same_bits_without) {
  need_products();
  static const RunKind kinds[] = {{ENGINE_DOUBLE, 53, true},
                                  {ENGINE_MPFR, 128, true},
                                  {ENGINE_MPFR, 256, true},
                                  {ENGINE_BALL, 128, false}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    Worst worst = {0};
    Chance chance = chance_open(35);
    int64_t flips = 0;
    for (int path = 0; path <= FAST_COUNT; path++)
      for (int reading = 0; reading < 4; reading++)
        flips += compare_runs(&worst, &kinds[i], reading,
                              path < FAST_COUNT ? PLAIN_BIT(path) : PLAIN_ALL,
                              path < FAST_COUNT ? fast_path_info[path].name : "all", NULL);
    for (int reading = 0; reading < 4; reading++)
      flips += compare_runs(&worst, &kinds[i], reading, 0, "one set after another", &chance);
    cr_assert(flips > 1000, "%lld flips in all runs, expected > 1000", (long long)flips);
    worst_assert(&worst, "%s %lld: runs without fast paths", engine_name(kinds[i].kind),
                 (long long)kinds[i].precision);
  }
}

/* ---- names ---- */

Test(fast_paths, names_are_read_from_the_command_line) {
  Error err;
  PlainSet plain = 0;
  for (int path = 0; path < FAST_COUNT; path++) {
    const char *name = fast_path_info[path].name;
    support_ok(fast_paths_parse(&plain, name, &err), &err);
    cr_assert(plain == PLAIN_BIT(path) && is_plain(plain, (FastPath)path),
              "'%s' is read as the set %x, expected %x", name, plain, PLAIN_BIT(path));
  }
  support_ok(fast_paths_parse(&plain, "tiles,gates,tiles", &err), &err);
  cr_assert(plain == (PLAIN_BIT(FAST_TILES) | PLAIN_BIT(FAST_GATES)), "tiles,gates is %x", plain);
  support_ok(fast_paths_parse(&plain, "all", &err), &err);
  cr_assert(plain == PLAIN_ALL, "all is %x, expected %x", plain, PLAIN_ALL);
  support_ok(fast_paths_parse(&plain, NULL, &err), &err);
  cr_assert(plain == 0, "none is %x", plain);
  static const char *const bad[] = {"", "gate", "gatess", "gates,", ",gates", "gates,all", "Gates"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const StatusCode code = fast_paths_parse(&plain, bad[i], &err);
    cr_assert(code == STATUS_USAGE, "'%s': status %d, expected %d", bad[i], (int)code,
              (int)STATUS_USAGE);
  }
}
