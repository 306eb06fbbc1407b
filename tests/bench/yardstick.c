/* yardstick.c -- the products of a step by plain loops, against the engines' kernels on the same
 * data.
 *
 *   yardstick [--json] [d [N [L]]]     reference family; 16 128 64 when not given
 *
 * Timed, in processor time: for both blocks, outputs h_n = M_n' U x_n and gradient G = sum_n c_n
 * M_n x_n', with the gated sums, weights and residuals of a run in that precision after STEPS
 * steps (weights that fill their precision: rounded to doubles they would be cheaper). A repetition
 * takes every way in turn, there and back, so that a slow spell of the machine hits all alike; a
 * number is the median over the repetitions, a ratio the median of the ratios within one.
 *
 * The plain loops are what one writes first: mpfr_mul and mpfr_add, arb_dot over rows and columns.
 * They find their operands converted, which the engines do not, and are checked against the mpfr
 * engine's results before anything is timed: a yardstick that computes something else measures
 * nothing. Nothing is released: the program ends.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/trainer_internal.h"

#define STEPS 60
#define REPETITIONS 7
#define PRECISIONS 4
static const int64_t precisions[PRECISIONS] = {64, 128, 256, 512};
#define CHECK_BITS                                                                                 \
  24 /* of the precision a plain loop may lose to its roundings and to cancellation */

/* The operands of the products, which belong to a trainer. */
typedef struct {
  int64_t d, N, stride;
  int grid[BLOCK_COUNT];
  const double *M[BLOCK_COUNT], *X[BLOCK_COUNT]; /* (N, d); N rows of d, stride apart */
  const Array *U[BLOCK_COUNT], *c;               /* (d, d); (N) */
  const Engine *engine;                          /* of U and c */
} Problem;

/* ---- the ways ---- */

typedef struct {
  Engine engine;
  Array U[BLOCK_COUNT], c, h[BLOCK_COUNT], G[BLOCK_COUNT];
} EngineWay; /* U and c: the problem's, or balls with their values */

typedef struct {
  int64_t d, N;
  mpfr_t *M[BLOCK_COUNT], *X[BLOCK_COUNT], *U[BLOCK_COUNT], *c, *h[BLOCK_COUNT], *G[BLOCK_COUNT];
  mpfr_t *scaled; /* (N, d) c_n x_n */
  mpfr_t product, row;
} MpfrWay;

typedef struct {
  int64_t d, N, precision;
  arb_ptr M[BLOCK_COUNT], X[BLOCK_COUNT], U[BLOCK_COUNT], c, h[BLOCK_COUNT], G[BLOCK_COUNT];
  arb_ptr scaled, row; /* (N, d) c_n x_n; (d) U x_n */
} ArbWay;

static void run_engine(void *context, const Problem *p) {
  EngineWay *w = context;
  const EngineOps *ops = w->engine.ops;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    ops->bilinear(&w->h[b], &w->U[b], p->M[b], p->X[b], p->stride, p->grid[b], &w->engine);
    ops->gradient(&w->G[b], &w->c, p->M[b], p->X[b], p->stride, p->grid[b], &w->engine);
  }
}

static void mpfr_outputs(MpfrWay *w, int b) {
  for (int64_t n = 0; n < w->N; n++) {
    mpfr_set_zero(w->h[b][n], 1);
    for (int64_t i = 0; i < w->d; i++) {
      mpfr_set_zero(w->row, 1);
      for (int64_t j = 0; j < w->d; j++) {
        mpfr_mul(w->product, w->U[b][i * w->d + j], w->X[b][n * w->d + j], MPFR_RNDN);
        mpfr_add(w->row, w->row, w->product, MPFR_RNDN);
      }
      mpfr_mul(w->product, w->row, w->M[b][n * w->d + i], MPFR_RNDN);
      mpfr_add(w->h[b][n], w->h[b][n], w->product, MPFR_RNDN);
    }
  }
}

static void mpfr_gradients(MpfrWay *w, int b) {
  for (int64_t n = 0; n < w->N; n++)
    for (int64_t j = 0; j < w->d; j++)
      mpfr_mul(w->scaled[n * w->d + j], w->c[n], w->X[b][n * w->d + j], MPFR_RNDN);
  for (int64_t i = 0; i < w->d; i++)
    for (int64_t j = 0; j < w->d; j++) {
      mpfr_ptr sum = w->G[b][i * w->d + j];
      mpfr_set_zero(sum, 1);
      for (int64_t n = 0; n < w->N; n++) {
        mpfr_mul(w->product, w->M[b][n * w->d + i], w->scaled[n * w->d + j], MPFR_RNDN);
        mpfr_add(sum, sum, w->product, MPFR_RNDN);
      }
    }
}

static void run_mpfr(void *context, const Problem *p) {
  (void)p;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    mpfr_outputs(context, b);
    mpfr_gradients(context, b);
  }
}

static void run_arb(void *context, const Problem *p) {
  (void)p;
  ArbWay *w = context;
  const int64_t d = w->d;
  const slong prec = (slong)w->precision;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    for (int64_t n = 0; n < w->N; n++) {
      for (int64_t i = 0; i < d; i++)
        arb_dot(w->row + i, NULL, 0, w->U[b] + i * d, 1, w->X[b] + n * d, 1, d, prec);
      arb_dot(w->h[b] + n, NULL, 0, w->M[b] + n * d, 1, w->row, 1, d, prec);
      for (int64_t j = 0; j < d; j++)
        arb_mul(w->scaled + n * d + j, w->c + n, w->X[b] + n * d + j, prec);
    }
    for (int64_t i = 0; i < d; i++)
      for (int64_t j = 0; j < d; j++)
        arb_dot(w->G[b] + i * d + j, NULL, 0, w->M[b] + i, d, w->scaled + j, d, w->N, prec);
  }
}

/* ---- making them ---- */

static void fail(const char *what) {
  fprintf(stderr, "yardstick: %s\n", what);
  exit(1);
}

static void need(StatusCode code, const Error *err) {
  if (code != STATUS_OK) fail(err->message);
}

static void *need_array(int64_t count, size_t size) {
  void *x = array_alloc((size_t)count, size);
  if (x == NULL) fail("out of memory");
  return x;
}

static Array engine_array(int64_t n, const Engine *e) {
  Error err;
  Array out;
  need(e->ops->array_open(&out, n, e, &err), &err);
  return out;
}

static void engine_way(EngineWay *w, const Problem *p) {
  w->engine = *p->engine;
  w->c = *p->c;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    w->U[b] = *p->U[b];
    w->h[b] = engine_array(p->N, &w->engine);
    w->G[b] = engine_array(p->d * p->d, &w->engine);
  }
}

/* A ball array is a vector of arb_t. */
static Array ball_array(const Array *x, const Problem *p, const Engine *ball) {
  Array out = engine_array(x->n, ball);
  for (int64_t i = 0; i < x->n; i++)
    p->engine->ops->array_get((arb_ptr)out.data + i, x, i, p->engine);
  return out;
}

static void ball_way(EngineWay *w, const Problem *p) {
  Error err;
  const Engine *e = p->engine;
  need(engine_open(&w->engine, ENGINE_BALL, e->precision, e->d, e->N, e->L, 0, &err), &err);
  w->c = ball_array(p->c, p, &w->engine);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    w->U[b] = ball_array(p->U[b], p, &w->engine);
    w->h[b] = engine_array(p->N, &w->engine);
    w->G[b] = engine_array(p->d * p->d, &w->engine);
  }
}

static arb_ptr arb_values(const Array *x, const Problem *p) {
  arb_ptr out = _arb_vec_init(x->n);
  for (int64_t i = 0; i < x->n; i++)
    p->engine->ops->array_get(out + i, x, i, p->engine);
  return out;
}

/* N rows of d doubles, stride apart. */
static arb_ptr arb_rows(const double *x, int64_t stride, const Problem *p) {
  arb_ptr out = _arb_vec_init(p->N * p->d);
  for (int64_t i = 0; i < p->N * p->d; i++)
    arb_set_d(out + i, x[i / p->d * stride + i % p->d]);
  return out;
}

static void arb_way(ArbWay *w, const Problem *p) {
  const int64_t d = p->d, N = p->N;
  *w = (ArbWay){.d = d, .N = N, .precision = p->engine->precision};
  w->c = arb_values(p->c, p);
  w->scaled = _arb_vec_init(N * d);
  w->row = _arb_vec_init(d);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    w->M[b] = arb_rows(p->M[b], d, p);
    w->X[b] = arb_rows(p->X[b], p->stride, p);
    w->U[b] = arb_values(p->U[b], p);
    w->h[b] = _arb_vec_init(N);
    w->G[b] = _arb_vec_init(d * d);
  }
}

/* The same numbers: the midpoints of balls that are exact. NULL: zeros. */
static mpfr_t *mpfr_numbers(arb_srcptr x, int64_t count, int64_t precision) {
  mpfr_t *out = need_array(count, sizeof *out);
  for (int64_t i = 0; i < count; i++) {
    mpfr_init2(out[i], precision);
    mpfr_set_zero(out[i], 1);
    if (x != NULL) arf_get_mpfr(out[i], arb_midref(x + i), MPFR_RNDN);
  }
  return out;
}

static void mpfr_way(MpfrWay *w, const ArbWay *a) {
  const int64_t d = a->d, N = a->N, precision = a->precision;
  w->d = d;
  w->N = N;
  mpfr_init2(w->product, precision);
  mpfr_init2(w->row, precision);
  w->c = mpfr_numbers(a->c, N, precision);
  w->scaled = mpfr_numbers(NULL, N * d, precision);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    w->M[b] = mpfr_numbers(a->M[b], N * d, precision);
    w->X[b] = mpfr_numbers(a->X[b], N * d, precision);
    w->U[b] = mpfr_numbers(a->U[b], d * d, precision);
    w->h[b] = mpfr_numbers(NULL, N, precision);
    w->G[b] = mpfr_numbers(NULL, d * d, precision);
  }
}

/* ---- checking ---- */

/* |x - scale y| <= 2^(CHECK_BITS - precision) largest, where y is the engine's and has been divided
   by scale. */
static void check(const arb_t x, const arb_t y, double scale, double largest, int64_t precision,
                  const char *what) {
  arb_t gap;
  arf_t bound, size;
  arb_init(gap);
  arf_init(bound);
  arf_init(size);
  arb_set_d(gap, scale);
  arb_mul(gap, gap, y, 2 * (slong)precision);
  arb_sub(gap, x, gap, 2 * (slong)precision);
  arf_set_d(bound, largest * scale);
  arf_mul_2exp_si(bound, bound, CHECK_BITS - (slong)precision);
  arb_get_abs_lbound_arf(size, gap, (slong)precision);
  if (!(arf_cmp(size, bound) <= 0)) fail(what);
  arb_clear(gap);
  arf_clear(bound);
  arf_clear(size);
}

static double largest_of(const Array *a, const Engine *e) {
  double *x = need_array(a->n, sizeof *x), largest = 0;
  e->ops->array_shadow(x, a, e);
  for (int64_t i = 0; i < a->n; i++)
    largest = fmax(largest, fabs(x[i]));
  free(x);
  return largest;
}

/* Both plain loops against the mpfr engine, entry by entry. */
static void check_array(const Array *engine, const mpfr_t *plain, arb_srcptr ball, double scale,
                        const Engine *e) {
  const double largest = largest_of(engine, e);
  if (!(largest > 0)) fail("the engine's product is zero: nothing to compare with");
  arb_t x, y;
  arb_init(x);
  arb_init(y);
  for (int64_t i = 0; i < engine->n; i++) {
    e->ops->array_get(y, engine, i, e);
    arf_set_mpfr(arb_midref(x), plain[i]);
    mag_zero(arb_radref(x));
    check(x, y, scale, largest, e->precision, "the plain mpfr loop differs from the engine");
    check(ball + i, y, scale, largest, e->precision, "the arb_dot loop differs from the engine");
  }
  arb_clear(x);
  arb_clear(y);
}

/* ---- timing ---- */

typedef struct {
  const char *name;
  int64_t precision;
  int rounds; /* in one measurement, so that it is long enough for the clock */
  void (*run)(void *context, const Problem *p);
  void *context;
  const Problem *problem;
  double microseconds[REPETITIONS];
} Way;

#define WAYS_OF_ONE 4 /* precision */
#define WAYS (1 + WAYS_OF_ONE * PRECISIONS)

static double processor_microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

static void time_ways(Way way[WAYS]) {
  for (int k = 0; k < REPETITIONS; k++)
    for (int i = 0; i < WAYS; i++) {
      Way *w = &way[k % 2 ? WAYS - 1 - i : i];
      w->run(w->context, w->problem); /* its own data in the caches */
      const double start = processor_microseconds();
      for (int round = 0; round < w->rounds; round++)
        w->run(w->context, w->problem);
      w->microseconds[k] = (processor_microseconds() - start) / w->rounds;
    }
}

static int compare_doubles(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The median of a's times, divided by those of b in the same repetition if there is b. */
static double median(const Way *a, const Way *b) {
  double x[REPETITIONS];
  for (int k = 0; k < REPETITIONS; k++)
    x[k] = a->microseconds[k] / (b == NULL ? 1 : b->microseconds[k]);
  qsort(x, REPETITIONS, sizeof *x, compare_doubles);
  return x[REPETITIONS / 2];
}

/* ---- the problem ---- */

static void set_count(Instance *instance, const char *key, const char *value) {
  Error err;
  char text[64];
  snprintf(text, sizeof text, "%s=%s", key, value);
  need(instance_set(instance, text, &err), &err);
}

static Problem problem_of(const Trainer *tr) {
  Problem p = {.d = tr->data->d, .N = tr->data->N, .c = &tr->residual, .engine = &tr->engine};
  for (int b = 0; b < BLOCK_COUNT; b++) {
    p.X[b] = trainer_queries(tr, (Block)b, &p.stride);
    p.M[b] = trainer_sums(tr, (Block)b);
    p.U[b] = &tr->block[b].weight[WEIGHT_FULL];
    p.grid[b] = tr->data->grid[b];
  }
  return p;
}

static Problem make_problem(const Params *params, const Dataset *data, EngineKind kind,
                            int64_t precision) {
  Error err;
  Trainer *trainer;
  need(trainer_open(&trainer, params, data, kind, precision, 0, &err), &err);
  for (int i = 0; i < STEPS; i++)
    need(trainer_step(trainer, &err), &err);
  return problem_of(trainer);
}

/* The ways of one precision that are compared with one another, after a check that they agree. */
static void make_ways(Way way[WAYS_OF_ONE], const Problem *p) {
  EngineWay *engine = need_array(1, sizeof *engine), *ball = need_array(1, sizeof *ball);
  MpfrWay *plain = need_array(1, sizeof *plain);
  ArbWay *arb = need_array(1, sizeof *arb);
  engine_way(engine, p);
  ball_way(ball, p);
  arb_way(arb, p);
  mpfr_way(plain, arb);
  const int64_t precision = p->engine->precision;
  way[0] = (Way){"mpfr engine", precision, 4, run_engine, engine, p, {0}};
  way[1] = (Way){"ball engine", precision, 1, run_engine, ball, p, {0}};
  way[2] = (Way){"plain mpfr loop", precision, 1, run_mpfr, plain, p, {0}};
  way[3] = (Way){"arb_dot loop", precision, 1, run_arb, arb, p, {0}};
  for (int i = 0; i < WAYS_OF_ONE; i++)
    way[i].run(way[i].context, p);
  const Engine *e = &engine->engine;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    check_array(&engine->h[b], plain->h[b], arb->h[b], (double)e->L, e);
    check_array(&engine->G[b], plain->G[b], arb->G[b], (double)(e->N * e->L), e);
  }
}

/* ---- telling ---- */

static void print_ways(const Way way[WAYS], double multiply_adds) {
  puts("way              bits  us/products  ns/madd  / double");
  for (int i = 0; i < WAYS; i++)
    printf("%-15s  %4lld  %11.1f  %7.2f  %8.1f\n", way[i].name, (long long)way[i].precision,
           median(&way[i], NULL), 1e3 * median(&way[i], NULL) / multiply_adds,
           median(&way[i], &way[0]));
  puts("\n      plain mpfr loop          arb_dot loop\n"
       "bits  / mpfr engine  / ball   / mpfr engine  / ball");
  for (int k = 0; k < PRECISIONS; k++) {
    const Way *w = way + 1 + WAYS_OF_ONE * k;
    printf("%4lld  %13.1f  %6.2f  %14.2f  %6.2f\n", (long long)w->precision, median(&w[2], &w[0]),
           median(&w[2], &w[1]), median(&w[3], &w[0]), median(&w[3], &w[1]));
  }
}

/* The same as JSON: a row for each way, its time over the double engine's, and over the mpfr and
   the ball engine's of the same precision. */
static void print_json(const Way way[WAYS], const Problem *p, int64_t L) {
  const double multiply_adds = 4.0 * (double)(p->N * p->d * p->d);
  printf("{\n  \"schema\": 1, \"d\": %lld, \"N\": %lld, \"L\": %lld, \"repetitions\": %d,\n  "
         "\"rows\": [",
         (long long)p->d, (long long)p->N, (long long)L, REPETITIONS);
  for (int i = 0; i < WAYS; i++) {
    const Way *first = i == 0 ? NULL : &way[1 + (i - 1) / WAYS_OF_ONE * WAYS_OF_ONE];
    printf("%s\n    {\"way\": \"%s\", \"precision\": %lld, \"microseconds\": %.17g, "
           "\"nanoseconds_per_multiply_add\": %.17g, \"ratio_to_double\": %.17g",
           i == 0 ? "" : ",", way[i].name, (long long)way[i].precision, median(&way[i], NULL),
           1e3 * median(&way[i], NULL) / multiply_adds, median(&way[i], &way[0]));
    if (first != NULL)
      printf(", \"ratio_to_mpfr_engine\": %.17g, \"ratio_to_ball_engine\": %.17g",
             median(&way[i], &first[0]), median(&way[i], &first[1]));
    putchar('}');
  }
  puts("\n  ]\n}");
}

int main(int argc, char **argv) {
  static const char *const key[] = {"d", "N", "L"}, *const value[] = {"16", "128", "64"};
  Error err;
  Instance instance;
  Params params;
  Dataset data;
  Way way[WAYS];
  Problem problem[1 + PRECISIONS];
  const bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
  argc -= json;
  argv += json;
  if (argc > 4) fail("usage: yardstick [--json] [d [N [L]]]");
  need(instance_load(&instance, "reference", &err), &err);
  for (int i = 0; i < 3; i++)
    set_count(&instance, key[i], argc > i + 1 ? argv[i + 1] : value[i]);
  need(params_resolve(&params, &instance, &err), &err);
  need(dataset_generate(&data, &params, &err), &err);

  EngineWay number;
  problem[0] = make_problem(&params, &data, ENGINE_DOUBLE, 53);
  engine_way(&number, &problem[0]);
  way[0] = (Way){"double engine", 53, 40, run_engine, &number, &problem[0], {0}};
  for (int k = 0; k < PRECISIONS; k++) {
    problem[k + 1] = make_problem(&params, &data, ENGINE_MPFR, precisions[k]);
    make_ways(way + 1 + WAYS_OF_ONE * k, &problem[k + 1]);
  }
  time_ways(way);
  if (json) {
    print_json(way, &problem[0], data.L);
    return 0;
  }
  printf(
      "Both products of a step, two blocks: reference family, d = %lld, N = %lld, L = %lld, after "
      "%d steps.\nProcessor time, median of %d repetitions; ns/madd: for each of the 4 N d^2 "
      "multiply-adds.\n\n",
      (long long)data.d, (long long)data.N, (long long)data.L, STEPS, REPETITIONS);
  print_ways(way, 4.0 * (double)(data.N * data.d * data.d));
  return 0;
}
