/* test_products.c -- the engines' two bulk products against exact arithmetic, their repeatability,
 * and how far one step of two engines may part. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

/* One problem: operands of both products, the queries a few doubles further apart than d. */
typedef struct {
  Engine e;
  int grid;
  int64_t x_stride;
  double *M, *X;            /* (N, d), (N, x_stride) */
  Array U, c, h, G, h2, G2; /* (d, d), (N), (N), (d, d), and a second pair */
} Problem;

static double *tokens(int64_t count, int grid, Chance *chance) {
  double *x = array_alloc((size_t)count, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld tokens", (long long)count);
  for (int64_t i = 0; i < count; i++)
    x[i] = ldexp(nearbyint(ldexp(chance_real(chance), 52)), grid);
  return x;
}

static void problem_open(Problem *p, int choice, int64_t d, int64_t N, int64_t L, Chance *chance) {
  Error err;
  support_ok(engine_open(&p->e, engine_choice[choice].kind, engine_choice[choice].precision, d, N,
                         L, 0, &err),
             &err);
  p->grid = (int)chance_below(chance, 100) - 80;
  p->x_stride = d + 5;
  p->M = tokens(N * d, p->grid, chance);
  p->X = tokens(N * p->x_stride, p->grid, chance);
  p->U = support_array(d * d, &p->e);
  p->c = support_array(N, &p->e);
  p->h = support_array(N, &p->e);
  p->G = support_array(d * d, &p->e);
  p->h2 = support_array(N, &p->e);
  p->G2 = support_array(d * d, &p->e);
  support_fill(&p->U, 0, chance, &p->e);
  support_fill(&p->c, 0, chance, &p->e);
}

static void problem_close(Problem *p) {
  Array *arrays[] = {&p->U, &p->c, &p->h, &p->G, &p->h2, &p->G2};
  for (int i = 0; i < 6; i++)
    p->e.ops->array_close(arrays[i], &p->e);
  free(p->M);
  free(p->X);
  engine_close(&p->e);
}

static void problem_run(Problem *p, Array *h, Array *G) {
  p->e.ops->bilinear(h, &p->U, p->M, p->X, p->x_stride, p->grid, &p->e);
  p->e.ops->gradient(G, &p->c, p->M, p->X, p->x_stride, p->grid, &p->e);
}

/* sum += w a b; size += |w a b|, roughly. */
static void add_product(arf_t sum, double *size, const arf_t w, double a, double b) {
  arf_t x, y;
  arf_init(x);
  arf_init(y);
  arf_set_d(x, a);
  arf_set_d(y, b);
  arf_mul(x, x, y, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_addmul(sum, x, w, ARF_PREC_EXACT, ARF_RND_DOWN);
  *size += fabs(arf_get_d(w, ARF_RND_NEAR) * a * b);
  arf_clear(x);
  arf_clear(y);
}

/* The exact sum of output i before the division, and the sum of the terms' sizes. */
static void exact_sum(arf_t sum, double *size, const Problem *p, bool gradient, int64_t i) {
  int64_t d = p->e.d;
  arf_t w;
  arf_init(w);
  arf_zero(sum);
  *size = 0;
  for (int64_t k = 0; k < (gradient ? p->e.N : d * d); k++) {
    support_exact(w, gradient ? &p->c : &p->U, k, &p->e);
    if (gradient)
      add_product(sum, size, w, p->M[k * d + i / d], p->X[k * p->x_stride + i % d]);
    else
      add_product(sum, size, w, p->M[i * d + k / d], p->X[i * p->x_stride + k % d]);
  }
  arf_clear(w);
}

/* double: rounding errors in a row, each at most u relative to the terms' sizes: d + d for the two
   matrix products of h and one for its division; 1 + N and one for G. mpfr: RN(RN(sum) / divisor),
   nothing else. */
static void check_output(Worst *worst, const Problem *p, bool gradient, int64_t i) {
  int64_t divisor = gradient ? p->e.N * p->e.L : p->e.L;
  const Array *out = gradient ? &p->G : &p->h;
  arf_t exact, got;
  arf_init(exact);
  arf_init(got);
  double size, bound = 0;
  exact_sum(exact, &size, p, gradient, i);
  if (p->e.kind == ENGINE_BALL) {
    arb_t ball;
    arb_init(ball);
    p->e.ops->array_get(ball, out, i, &p->e);
    arb_mul_si(ball, ball, (slong)divisor, ARF_PREC_EXACT); /* the quotient has no exact arf */
    worst_require(worst, arb_contains_arf(ball, exact), "ball engine, %lld bits, %s %lld",
                  (long long)p->e.precision, gradient ? "gradient" : "bilinear", (long long)i);
    arb_clear(ball);
    arf_clear(exact);
    arf_clear(got);
    return;
  }
  if (p->e.kind == ENGINE_MPFR) {
    support_round(exact, exact, p->e.precision);
    arf_div_si(exact, exact, (slong)divisor, (slong)p->e.precision, ARF_RND_NEAR);
  } else {
    bound = support_gamma(gradient ? p->e.N + 2 : 2 * p->e.d + 1) * size / (double)divisor;
    arf_div_si(exact, exact, (slong)divisor, 400, ARF_RND_NEAR);
  }
  support_exact(got, out, i, &p->e);
  worst_add(worst, support_distance(got, exact), bound,
            "%s engine, %lld bits, d = %lld, N = %lld, L = %lld, %s %lld", p->e.ops->name,
            (long long)p->e.precision, (long long)p->e.d, (long long)p->e.N, (long long)p->e.L,
            gradient ? "gradient" : "bilinear", (long long)i);
  arf_clear(exact);
  arf_clear(got);
}

/* {d, N, L}: remainders of every tile shape, N beyond one chunk of the fast path. */
static const int64_t size[][3] = {{2, 1, 1},  {3, 5, 7},   {4, 300, 3}, {7, 9, 11},
                                  {8, 4, 64}, {9, 33, 10}, {17, 3, 13}};
#define SIZES (sizeof size / sizeof *size)

Test(products, are_exact_up_to_the_stated_roundings) {
  Chance chance = chance_open(41);
  Worst rounded = {0}, bounded = {0};
  for (int choice = 0; choice < ENGINE_CHOICES; choice++)
    for (size_t k = 0; k < SIZES; k++) {
      Problem p;
      problem_open(&p, choice, size[k][0], size[k][1], size[k][2], &chance);
      problem_run(&p, &p.h, &p.G);
      Worst *worst = p.e.kind == ENGINE_DOUBLE ? &bounded : &rounded;
      for (int64_t i = 0; i < p.e.N; i++)
        check_output(worst, &p, false, i);
      for (int64_t i = 0; i < p.e.d * p.e.d; i++)
        check_output(worst, &p, true, i);
      problem_close(&p);
    }
  worst_assert(&rounded, "mpfr: distance from RN(RN(exact sum) / divisor); balls contain it");
  worst_assert(&bounded, "double: error, bound gamma_(2d+1) or gamma_(N+2) times the terms' sizes");
}

/* engine.h's table for double, read aloud: sums from the left, every + * / rounded. */
Test(products, of_doubles_have_the_bits_of_plain_loops) {
  Chance chance = chance_open(42);
  Worst worst = {0};
  for (size_t k = 0; k < SIZES; k++) {
    Problem p;
    problem_open(&p, 0, size[k][0], size[k][1], size[k][2], &chance);
    problem_run(&p, &p.h, &p.G);
    int64_t d = p.e.d, N = p.e.N;
    const double *U = p.U.data, *c = p.c.data, *h = p.h.data, *G = p.G.data;
    for (int64_t n = 0; n < N; n++) {
      double sum = 0;
      for (int64_t i = 0; i < d; i++) {
        double row = 0;
        for (int64_t j = 0; j < d; j++)
          row += U[i * d + j] * p.X[n * p.x_stride + j];
        sum += p.M[n * d + i] * row;
      }
      worst_add(&worst, fabs(h[n] - sum / (double)p.e.L), 0,
                "bilinear, d = %lld, N = %lld, n = %lld", (long long)d, (long long)N, (long long)n);
    }
    for (int64_t ij = 0; ij < d * d; ij++) {
      double sum = 0;
      for (int64_t n = 0; n < N; n++)
        sum += p.M[n * d + ij / d] * (c[n] * p.X[n * p.x_stride + ij % d]);
      worst_add(&worst, fabs(G[ij] - sum / (double)(N * p.e.L)), 0,
                "gradient, d = %lld, N = %lld, entry %lld", (long long)d, (long long)N,
                (long long)ij);
    }
    problem_close(&p);
  }
  worst_assert(&worst, "double: distance from plain loops");
}

Test(products, depend_on_their_operands_alone) {
  Chance chance = chance_open(43);
  int64_t compared = 0;
  for (int choice = 0; choice < ENGINE_CHOICES; choice++)
    for (size_t k = 0; k < SIZES; k++) {
      Chance other = chance_open(1000 + k);
      Problem p, q;
      problem_open(&p, choice, size[k][0], size[k][1], size[k][2], &chance);
      problem_open(&q, choice, size[k][0], size[k][1], size[k][2], &other);
      problem_run(&p, &p.h, &p.G);
      /* Another history: other operands through the same engine, then in an engine that has never
         seen any. */
      Problem mixed = q;
      mixed.e = p.e;
      problem_run(&mixed, &q.h, &q.G);
      problem_run(&p, &p.h2, &p.G2);
      bool repeated =
          support_same_scalars(&p.h, &p.h2, &p.e) && support_same_scalars(&p.G, &p.G2, &p.e);
      problem_run(&q, &q.h2, &q.G2);
      bool elsewhere =
          support_same_scalars(&q.h, &q.h2, &q.e) && support_same_scalars(&q.G, &q.G2, &q.e);
      bool apart = !support_same_scalars(&p.G, &q.G, &p.e);
      compared++;
      cr_assert(
          repeated && elsewhere && apart,
          "%s engine, %lld bits, d = %lld: same bits again %d, in another engine %d (expected 1, "
          "1); other operands differ %d",
          p.e.ops->name, (long long)p.e.precision, (long long)p.e.d, repeated, elsewhere, apart);
      problem_close(&p);
      problem_close(&q);
    }
  support_note("same operands, same bits: %lld problems, each twice", (long long)compared);
}

/* ---- one step of two engines at equal gates ---- */

/* A step by the engine's table from doubles: Ubar, Utilde and U afterwards, as doubles. */
typedef struct {
  double *signal, *noise, *full, *c, *G; /* (d, d) each, c: (N) */
} StepOut;

static void engine_step(StepOut *out, int choice, const Problem *p, const double *signal,
                        const double *noise, const double *xi, const double *y, double eta,
                        double lambda) {
  Error err;
  Engine e;
  int64_t d = p->e.d, size_ = d * d;
  support_ok(engine_open(&e, engine_choice[choice].kind, engine_choice[choice].precision, d, p->e.N,
                         p->e.L, 0, &err),
             &err);
  Array S = support_array(size_, &e), T = support_array(size_, &e), U = support_array(size_, &e);
  Array h = support_array(e.N, &e), c = support_array(e.N, &e), G = support_array(size_, &e);
  e.ops->array_set(&S, signal, &e);
  e.ops->array_set(&T, noise, &e);
  e.ops->add(&U, &S, &T, &e);
  e.ops->bilinear(&h, &U, p->M, p->X, p->x_stride, p->grid, &e);
  e.ops->residual(&c, &h, y, &e);
  e.ops->gradient(&G, &c, p->M, p->X, p->x_stride, p->grid, &e);
  e.ops->descend(&S, &G, eta, lambda, &e);
  e.ops->descend_noise(&T, xi, eta, lambda, &e);
  e.ops->add(&U, &S, &T, &e);
  double *target[] = {out->signal, out->noise, out->full, out->c, out->G};
  Array *source[] = {&S, &T, &U, &c, &G};
  for (int i = 0; i < 5; i++) {
    e.ops->array_shadow(target[i], source[i], &e); /* exact at 53 bits */
    e.ops->array_close(source[i], &e);
  }
  e.ops->array_close(&h, &e);
  engine_close(&e);
}

static StepOut step_out(int64_t d, int64_t N) {
  size_t n = (size_t)(d * d);
  StepOut out = {array_alloc(n, sizeof(double)), array_alloc(n, sizeof(double)),
                 array_alloc(n, sizeof(double)), array_alloc((size_t)N, sizeof(double)),
                 array_alloc(n, sizeof(double))};
  cr_assert(out.signal && out.noise && out.full && out.c && out.G, "scratch of %zu doubles", 4 * n);
  return out;
}

static void step_out_free(StepOut *out) {
  free(out->signal);
  free(out->noise);
  free(out->full);
  free(out->c);
  free(out->G);
}

/* Bound of |G_ij(double) - G_ij(mpfr at 53 bits)| for equal operands, u = 2^-53: the outputs differ
   by at most (gamma_(2d+1) + 2u) H_n, H_n = |M_n|'|U||x_n| / L; a residual is a function of slope
   <= 1/4, with errors 5u and u of its own; the sums err by gamma_(N+2) and 2u. */
static double gradient_gap(const Problem *p, const StepOut *s, const double *before, int64_t ij) {
  int64_t d = p->e.d, N = p->e.N;
  double total = 0;
  for (int64_t n = 0; n < N; n++) {
    double H = 0;
    for (int64_t k = 0; k < d * d; k++)
      H += fabs(p->M[n * d + k / d] * before[k] * p->X[n * p->x_stride + k % d]);
    double output = (support_gamma(2 * d + 1) + 2 * UNIT) * H / (double)p->e.L;
    double residual = output / 4 + 6 * UNIT * fabs(s->c[n]);
    total += fabs(p->M[n * d + ij / d] * p->X[n * p->x_stride + ij % d]) *
             (residual + (support_gamma(N + 2) + 2 * UNIT) * fabs(s->c[n]));
  }
  return 1.000001 * total / (double)(N * p->e.L);
}

static double ulp(double x) {
  return nextafter(fabs(x), INFINITY) - fabs(x);
}

/* At equal gates: one step of real training, done by both engines from the same doubles. */
static void check_step(Worst *worst, double *most_ulps, const Params *params, const Dataset *data,
                       Trainer *trainer, Block b) {
  int64_t d = data->d, N = data->N, size_ = d * d;
  Chance chance = chance_open(44);
  Problem p = {.e = {.d = d, .N = N, .L = data->L}, .grid = data->grid[b]};
  p.x_stride = (data->L + 1) * d;
  p.X = data->x[b] + data->L * d;
  p.M = array_alloc((size_t)(N * d), sizeof *p.M);
  double *signal = array_alloc((size_t)size_, sizeof *signal);
  double *noise = array_alloc((size_t)size_, sizeof *noise);
  double *before = array_alloc((size_t)size_, sizeof *before);
  double *xi = array_alloc((size_t)size_, sizeof *xi);
  double *y = array_alloc((size_t)N, sizeof *y);
  cr_assert(p.M && signal && noise && before && xi && y, "scratch of %lld doubles",
            (long long)size_);
  trainer_shadow(signal, trainer, b, WEIGHT_SIGNAL);
  trainer_shadow(noise, trainer, b, WEIGHT_NOISE);
  trainer_shadow(before, trainer, b, WEIGHT_FULL);
  for (int64_t n = 0; n < N; n++) {
    y[n] = dataset_label(data, n, data->L);
    for (int64_t l = 0; l < data->L; l++) /* gates that know the label, as late in training */
      for (int64_t i = 0; i < d && dataset_label(data, n, l) == y[n]; i++)
        p.M[n * d + i] += y[n] * dataset_token(data, b, n, l)[i];
  }
  for (int64_t i = 0; i < size_; i++)
    xi[i] = params->tau_xi * chance_real(&chance);
  StepOut one = step_out(d, N), two = step_out(d, N);
  engine_step(&one, 0, &p, signal, noise, xi, y, params->eta1, params->lambda);
  engine_step(&two, 1, &p, signal, noise, xi, y, params->eta1, params->lambda);
  double largest = 0;
  for (int64_t i = 0; i < size_; i++)
    largest = fmax(largest, fabs(one.full[i]));
  for (int64_t i = 0; i < size_; i++) {
    double gap = params->eta1 * (gradient_gap(&p, &one, before, i) + 2 * UNIT * fabs(one.G[i]));
    double rounding = 2 * UNIT * (fabs(one.signal[i]) + fabs(one.full[i]));
    double apart = fabs(one.full[i] - two.full[i]);
    worst_add(worst, apart, 1.000001 * (gap + rounding), "block %d, step %lld, entry %lld", (int)b,
              (long long)trainer_time(trainer), (long long)i);
    worst_require(worst, one.noise[i] == two.noise[i], "block %d, noise weight %lld", (int)b,
                  (long long)i);
    if (apart / ulp(largest) > *most_ulps) *most_ulps = apart / ulp(largest);
  }
  step_out_free(&one);
  step_out_free(&two);
  free(p.M);
  free(signal);
  free(noise);
  free(before);
  free(xi);
  free(y);
}

Test(products, one_step_of_double_and_of_mpfr_at_53_bits_agrees) {
  Error err;
  Params params = support_params(8, 32, 16);
  Dataset data;
  Trainer *trainer;
  Worst worst = {0};
  double most_ulps = 0;
  support_ok(dataset_generate(&data, &params, &err), &err);
  support_ok(trainer_open(&trainer, &params, &data, ENGINE_DOUBLE, 53, 0, &err), &err);
  for (int t = 0; t <= 400; t++) {
    if (t % 50 == 1)
      for (int b = 0; b < BLOCK_COUNT; b++)
        check_step(&worst, &most_ulps, &params, &data, trainer, (Block)b);
    support_ok(trainer_step(trainer, &err), &err);
  }
  trainer_close(trainer);
  dataset_clear(&data);
  support_note(
      "largest difference of a weight entry after one step: %.3g units in the last place of "
      "the largest entry",
      most_ulps);
  cr_assert(
      most_ulps <= 8,
      "equal gates and weights: entries differ by %.3g units in the last place of the largest "
      "after one step, expected a few (8)",
      most_ulps);
  worst_assert(&worst, "equal gates and weights: difference after one step");
}
