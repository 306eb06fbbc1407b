/* test_kernels.c -- the bulk products of the mpfr engine: fast, plain, and GMP integers rounded
 * once, bit for bit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "src/mpfr_kernels.h"
#include "tests/rational.h"
#include "tests/support.h"

#define TOKEN_MOST ((INT64_C(1) << 53) - 1)
#define TOKEN_DIGIT ((INT64_C(1) << 51) - 1) /* the largest of the path with 52-bit digits */
/* Queries lie further apart than d, so that a stride mistaken for d shows. */
#define STRIDE_EXTRA 3

/* Ways to fill weights and residuals. */
typedef enum {
  FILL_NARROW,  /* exponents within the block's width: the fast path must take them */
  FILL_WINDOW,  /* exponents around the edge of the block's width */
  FILL_WIDE,    /* exponents far apart */
  FILL_ZEROS,   /* most of them +0 or -0 */
  FILL_CANCEL,  /* pairs a, -a, one of them moved by its last bit now and then */
  FILL_TIE,     /* sums exactly half way between two p-bit numbers, or just beside */
  FILL_NEGATIVE /* all negative, all of the same exponent */
} Fill;
#define FILL_COUNT 7
/* Ways to fill tokens and gated sums, as integers K. */
typedef enum {
  TOKEN_RANDOM,
  TOKEN_SMALL,
  TOKEN_MAX,
  TOKEN_MIN,
  TOKEN_ONE,
  TOKEN_SIGNS,
  TOKEN_TYPICAL, /* of training */
  TOKEN_EDGE
} Token;
#define TOKEN_COUNT 8
static const char *const fill_name[FILL_COUNT] = {"narrow", "window", "wide",    "zeros",
                                                  "cancel", "tie",    "negative"};
static const char *const token_name[TOKEN_COUNT] = {"random", "small", "max",     "min",
                                                    "one",    "signs", "typical", "edge"};

typedef struct {
  Engine e; /* sizes and precision only */
  Fill fill;
  Token tokens;
  int grid;
  int64_t count; /* of weights or residuals */
  int64_t *K_m, *K_x;
  double *M, *X;
  mpfr_t *value;
  int64_t outputs;
  mpfr_t *plain, *fast, *expected;
} Case;

static mpfr_t *mpfr_array(int64_t count, int64_t precision) {
  mpfr_t *x = array_alloc((size_t)count, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld numbers", (long long)count);
  for (int64_t i = 0; i < count; i++)
    mpfr_init2(x[i], precision);
  return x;
}

static void mpfr_array_free(mpfr_t *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    mpfr_clear(x[i]);
  free(x);
}

static int64_t draw_token(Token kind, Chance *chance) {
  switch (kind) {
  case TOKEN_RANDOM:
    return chance_below(chance, 2 * TOKEN_MOST + 1) - TOKEN_MOST;
  case TOKEN_SMALL:
    return chance_below(chance, 7) - 3;
  case TOKEN_MAX:
    return TOKEN_MOST;
  case TOKEN_MIN:
    return -TOKEN_MOST;
  case TOKEN_ONE:
    return 1;
  case TOKEN_TYPICAL:
    return chance_below(chance, INT64_C(1) << 42) - (INT64_C(1) << 41);
  case TOKEN_EDGE:
    return chance_below(chance, 2) ? TOKEN_DIGIT : -TOKEN_DIGIT;
  default:
    return chance_below(chance, 2) ? TOKEN_MOST : -TOKEN_MOST;
  }
}

/* A, half a unit in A's last place with either sign, then specks far below or nothing. */
static void fill_tie(mpfr_t *x, int64_t count, int64_t p, Chance *chance) {
  rational_random(x[0], 0, 0, chance); /* last bit 2^-p */
  if (chance_below(chance, 2)) mpfr_nextabove(x[0]);
  mpfr_set_ui_2exp(x[1], 1, -p - 1, MPFR_RNDN);
  if (chance_below(chance, 2)) mpfr_neg(x[1], x[1], MPFR_RNDN);
  for (int64_t i = 2; i < count; i++)
    mpfr_set_zero(x[i], 1);
  if (count > 2 && chance_below(chance, 3)) {
    mpfr_set_ui_2exp(x[2], 1, -p - 1 - chance_below(chance, 60), MPFR_RNDN);
    if (chance_below(chance, 2)) mpfr_neg(x[2], x[2], MPFR_RNDN);
  }
}

static void fill_values(mpfr_t *x, int64_t count, Fill kind, int64_t p, Chance *chance) {
  if (kind == FILL_TIE && count > 1) {
    fill_tie(x, count, p, chance);
    return;
  }
  long spread = kind == FILL_WINDOW ? 64 * fixed_limbs(p) - (long)p : kind == FILL_WIDE ? 5000 : 60;
  for (int64_t i = 0; i < count; i++) {
    rational_random(x[i], 0, spread, chance);
    if (kind == FILL_ZEROS && chance_below(chance, 5))
      mpfr_set_zero(x[i], chance_below(chance, 2) ? 1 : -1);
    if (kind == FILL_NEGATIVE) {
      mpfr_set_exp(x[i], 3);
      mpfr_setsign(x[i], x[i], 1, MPFR_RNDN);
    }
    if (kind == FILL_CANCEL && i % 2) {
      mpfr_neg(x[i], x[i - 1], MPFR_RNDN);
      if (chance_below(chance, 3) == 0) mpfr_nextabove(x[i]);
    }
  }
}

static void case_open(Case *c, bool gradient, int64_t p, int64_t d, int64_t N, Fill fill,
                      Token tokens, Chance *chance) {
  *c = (Case){.e = {.precision = p, .d = d, .N = N, .L = 1}, .fill = fill, .tokens = tokens};
  c->grid = (int)chance_below(chance, 400) - 200;
  c->count = gradient ? N : d * d;
  c->outputs = gradient ? d * d : N;
  int64_t stride = d + STRIDE_EXTRA;
  c->K_m = array_alloc((size_t)(N * d), sizeof *c->K_m);
  c->K_x = array_alloc((size_t)(N * stride), sizeof *c->K_x);
  c->M = array_alloc((size_t)(N * d), sizeof *c->M);
  c->X = array_alloc((size_t)(N * stride), sizeof *c->X);
  cr_assert(c->K_m && c->K_x && c->M && c->X, "scratch of %lld tokens", (long long)(N * d));
  for (int64_t i = 0; i < N * stride; i++) {
    c->K_x[i] = draw_token(tokens, chance);
    c->X[i] = ldexp((double)c->K_x[i], c->grid);
  }
  for (int64_t i = 0; i < N * d; i++) {
    c->K_m[i] = draw_token(tokens, chance);
    c->M[i] = ldexp((double)c->K_m[i], c->grid);
  }
  c->value = mpfr_array(c->count, p);
  c->plain = mpfr_array(c->outputs, p);
  c->fast = mpfr_array(c->outputs, p);
  c->expected = mpfr_array(c->outputs, p);
  fill_values(c->value, c->count, fill, p, chance);
}

static void case_close(Case *c) {
  free(c->K_m);
  free(c->K_x);
  free(c->M);
  free(c->X);
  mpfr_array_free(c->value, c->count);
  mpfr_array_free(c->plain, c->outputs);
  mpfr_array_free(c->fast, c->outputs);
  mpfr_array_free(c->expected, c->outputs);
}

/* expected := the exact sums, rounded once. Returns the number of ties. */
static int64_t case_expect(const Case *c, bool gradient) {
  int64_t d = c->e.d, N = c->e.N, stride = d + STRIDE_EXTRA, ties = 0;
  Rational sum;
  rational_init(&sum);
  for (int64_t out = 0; out < c->outputs; out++) {
    mpz_set_ui(sum.z, 0);
    if (gradient)
      for (int64_t n = 0; n < N; n++)
        rational_addmul(&sum, c->value[n], c->K_m[n * d + out / d], c->K_x[n * stride + out % d],
                        2L * c->grid);
    else
      for (int64_t ij = 0; ij < d * d; ij++)
        rational_addmul(&sum, c->value[ij], c->K_m[out * d + ij / d], c->K_x[out * stride + ij % d],
                        2L * c->grid);
    ties += rational_round(c->expected[out], sum.z, sum.exponent);
  }
  rational_clear(&sum);
  return ties;
}

typedef struct {
  Worst worst;
  int64_t cases, taken, refused, ties, zeros;
} Tally;

/* plain and expected are made by the first way, and stay for the second. */
static void case_check(Tally *tally, const Case *c, bool gradient, MpfrKernels *work, int way) {
  int64_t stride = c->e.d + STRIDE_EXTRA;
  for (int64_t i = 0; i < c->outputs; i++)
    mpfr_set_nan(c->fast[i]);
  bool taken =
      gradient ? mpfr_gradient_fast(c->fast, c->value, c->M, c->X, stride, c->grid, work, &c->e)
               : mpfr_bilinear_fast(c->fast, c->value, c->M, c->X, stride, c->grid, work, &c->e);
  if (way == 0 && gradient)
    mpfr_gradient_plain(c->plain, c->value, c->M, c->X, stride, work, &c->e);
  else if (way == 0)
    mpfr_bilinear_plain(c->plain, c->value, c->M, c->X, stride, work, &c->e);
  tally->cases++;
  tally->taken += taken;
  tally->refused += !taken;
  if (way == 0) tally->ties += case_expect(c, gradient);
  const char *fill = fill_name[c->fill], *tokens = token_name[c->tokens];
  bool must_take = c->fill != FILL_WIDE && c->fill != FILL_WINDOW && c->fill != FILL_TIE;
  worst_require(&tally->worst, taken || !must_take,
                "p = %lld, d = %lld, N = %lld, %s values: left to the plain path",
                (long long)c->e.precision, (long long)c->e.d, (long long)c->e.N, fill);
  for (int64_t i = 0; i < c->outputs; i++) {
    tally->zeros += mpfr_zero_p(c->expected[i]) != 0;
    worst_require(&tally->worst, support_same_bits(c->plain[i], c->expected[i]),
                  "plain, p = %lld, d = %lld, N = %lld, %s values, %s tokens, output %lld",
                  (long long)c->e.precision, (long long)c->e.d, (long long)c->e.N, fill, tokens,
                  (long long)i);
    worst_require(&tally->worst,
                  taken ? support_same_bits(c->fast[i], c->expected[i])
                        : mpfr_nan_p(c->fast[i]) != 0,
                  "fast (%s), p = %lld, d = %lld, N = %lld, %s values, %s tokens, output %lld",
                  taken ? "taken" : "refused", (long long)c->e.precision, (long long)c->e.d,
                  (long long)c->e.N, fill, tokens, (long long)i);
  }
}

/* With 52-bit digits where the processor has them, and without. */
static void check_cases(Tally *tally, bool gradient, int64_t p, int64_t d, int64_t N,
                        Chance *chance) {
  Error err;
  MpfrKernels work;
  Engine e = {.precision = p, .d = d, .N = N, .L = 1};
  support_ok(mpfr_kernels_open(&work, &e, &err), &err);
  /* One work space for all of them, so that what is left from one case could spoil the next. */
  for (int fill = 0; fill < FILL_COUNT; fill++)
    for (int tokens = 0; tokens < TOKEN_COUNT; tokens++) {
      Case c;
      case_open(&c, gradient, p, d, N, (Fill)fill, (Token)tokens, chance);
      for (int way = 0; way < 2; way++) {
        c.e.plain = way == 0 ? 0 : PLAIN_BIT(FAST_IFMA);
        case_check(tally, &c, gradient, &work, way);
      }
      case_close(&c);
    }
  mpfr_kernels_close(&work);
}

static const int64_t precision[] = {53, 64, 65, 100, 128, 192, 256, 333, 1024};
#define PRECISIONS (sizeof precision / sizeof *precision)
/* {d, N}; 300 and 257 go beyond one chunk of 256 products. */
static const int64_t size[][2] = {{2, 1}, {2, 5}, {3, 1}, {3, 300}, {7, 11}, {13, 3}};
#define SIZES (sizeof size / sizeof *size)

static void tally_assert(const Tally *t, const char *what) {
  support_note("%s: %lld cases, fast path taken %lld times and left %lld times, %lld exact ties, "
               "%lld zeros",
               what, (long long)t->cases, (long long)t->taken, (long long)t->refused,
               (long long)t->ties, (long long)t->zeros);
  cr_assert(t->taken > t->cases / 2 && t->refused > t->cases / 20,
            "%s: fast path taken %lld, left %lld of %lld cases: expected both to be tried", what,
            (long long)t->taken, (long long)t->refused, (long long)t->cases);
  cr_assert(t->ties > 100 && t->zeros > 100, "%s: %lld ties and %lld zeros, expected > 100 each",
            what, (long long)t->ties, (long long)t->zeros);
  worst_assert(&t->worst, "%s: fast = plain = integers rounded once, bit for bit", what);
}

Test(kernels, bilinear_fast_plain_and_integers_agree) {
  Tally tally = {0};
  Chance chance = chance_open(21);
  for (size_t i = 0; i < PRECISIONS; i++)
    for (size_t k = 0; k < SIZES; k++)
      check_cases(&tally, false, precision[i], size[k][0], size[k][1], &chance);
  check_cases(&tally, false, 128, 257, 1, &chance);
  tally_assert(&tally, "bilinear");
}

Test(kernels, gradient_fast_plain_and_integers_agree) {
  Tally tally = {0};
  Chance chance = chance_open(22);
  for (size_t i = 0; i < PRECISIONS; i++)
    for (size_t k = 0; k < SIZES; k++)
      check_cases(&tally, true, precision[i], size[k][0], size[k][1], &chance);
  check_cases(&tally, true, 128, 2, 1030, &chance);
  tally_assert(&tally, "gradient");
}

/* Pre-conditions: numbers and tokens as training has them. Quantity: whether the path with 52-bit
   digits takes them. Bound: it does where the processor has it, so that the tests above are of it.
 */
Test(kernels, digits_take_what_training_has) {
  const int64_t sizes[][2] = {{8, 128}, {16, 128}, {64, 200}, {16, 1500}};
  const int64_t bits[] = {64, 128, 256, 512};
  Chance chance = chance_open(23);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 4; k++)
      for (int gradient = 0; gradient < 2; gradient++) {
        Case c;
        Error err;
        Queries q;
        Ifma work;
        const int64_t d = sizes[i][0], N = sizes[i][1];
        case_open(&c, gradient, bits[k], d, N, FILL_NARROW, TOKEN_TYPICAL, &chance);
        uint64_t *m = array_alloc((size_t)(N * d), sizeof *m);
        cr_assert(m != NULL, "scratch of %lld sums", (long long)(N * d));
        support_ok(queries_open(&q, N, d, &err), &err);
        support_ok(queries_group(&q, c.X, d + STRIDE_EXTRA, c.grid, QUERY_GROUP_MAX, &err), &err);
        support_ok(ifma_open(&work, &c.e, &err), &err);
        for (int64_t n = 0; n < N; n++)
          cr_assert(fixed_tokens(m + n * d, c.M + q.order[n] * d, d, c.grid),
                    "the sums of prompt %lld are no tokens", (long long)q.order[n]);
        const bool taken =
            ifma_available() && (gradient ? ifma_gradient(c.fast, c.value, m, &q, &work, &c.e)
                                          : ifma_bilinear(c.fast, c.value, m, &q, &work, &c.e));
        cr_assert(taken == ifma_available(), "d = %lld, N = %lld, %lld bits, %s: taken %d",
                  (long long)d, (long long)N, (long long)bits[k],
                  gradient ? "gradient" : "bilinear", taken);
        free(m);
        queries_close(&q);
        ifma_close(&work);
        case_close(&c);
      }
  support_note("52-bit digits: %s", ifma_available() ? "taken" : "not in this processor");
}

Test(kernels, what_is_not_finite_is_left_to_the_plain_path) {
  Error err;
  MpfrKernels work;
  Engine e = {.precision = 128, .d = 2, .N = 1, .L = 1};
  const double M[2] = {1, 2}, X[2] = {3, 4};
  support_ok(mpfr_kernels_open(&work, &e, &err), &err);
  mpfr_t *U = mpfr_array(4, 128), *h = mpfr_array(1, 128);
  for (int at = 0; at < 4; at++)
    for (int kind = 0; kind < 2; kind++) {
      for (int i = 0; i < 4; i++)
        mpfr_set_si(U[i], i - 1, MPFR_RNDN);
      if (kind == 0)
        mpfr_set_nan(U[at]);
      else
        mpfr_set_inf(U[at], 1);
      bool taken = mpfr_bilinear_fast(h, (const mpfr_t *)U, M, X, 2, 0, &work, &e);
      cr_assert(taken == false, "weight %d of kind %d: fast path taken %d, expected 0", at, kind,
                taken);
      mpfr_bilinear_plain(h, (const mpfr_t *)U, M, X, 2, &work, &e);
      cr_assert(mpfr_number_p(h[0]) == 0,
                "weight %d of kind %d: plain result %g, expected not finite", at, kind,
                mpfr_get_d(h[0], MPFR_RNDN));
    }
  mpfr_array_free(U, 4);
  mpfr_array_free(h, 1);
  mpfr_kernels_close(&work);
}
