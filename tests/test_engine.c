/* test_engine.c -- one battery for every engine: what engine.h promises, against exact arithmetic.
 */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

/* ---- operands ---- */

static Engine open_engine(int choice, int64_t d, int64_t N, int64_t L) {
  Error err;
  Engine e;
  support_ok(engine_open(&e, engine_choice[choice].kind, engine_choice[choice].precision, d, N, L,
                         0, &err),
             &err);
  return e;
}

/* One check that scalar i of a is x, which is exact, rounded once; or contains x, for balls. */
static void check_rounded(Worst *worst, const Array *a, int64_t i, const arf_t x, const Engine *e,
                          const char *what) {
  if (e->kind == ENGINE_BALL) {
    worst_require(worst, support_contains(a, i, x, e), "ball engine, %lld bits, %s, scalar %lld",
                  (long long)e->precision, what, (long long)i);
    return;
  }
  arf_t got, expected;
  arf_init(got);
  arf_init(expected);
  support_exact(got, a, i, e);
  support_round(expected, x, e->precision);
  worst_add(worst, support_distance(got, expected), 0, "%s engine, %lld bits, %s, scalar %lld",
            e->ops->name, (long long)e->precision, what, (long long)i);
  arf_clear(got);
  arf_clear(expected);
}

#define FOR_EVERY_ENGINE(choice) for (int choice = 0; choice < ENGINE_CHOICES; choice++)

/* ---- arrays ---- */

Test(engine, arrays_keep_doubles_exactly) {
  const double x[] = {0.0,        -0.0,      1.0 / 3,  -DBL_MAX,
                      DBL_MIN,    0x1p-1074, -2.385e7, 0x1.fffffffffffffp-3,
                      -0x1p-1060, 7};
  enum { COUNT = sizeof x / sizeof *x };
  FOR_EVERY_ENGINE(choice) {
    Engine e = open_engine(choice, 2, 3, 4);
    Array a = support_array(COUNT, &e), b = support_array(COUNT, &e);
    arf_t got, expected;
    arf_init(got);
    arf_init(expected);
    for (int i = 0; i < COUNT; i++) {
      support_exact(got, &a, i, &e);
      cr_assert(arf_is_zero(got), "%s: new scalar %d is %g, expected 0", e.ops->name, i,
                arf_get_d(got, ARF_RND_NEAR));
    }
    e.ops->array_set(&a, x, &e);
    e.ops->array_copy(&b, &a, &e);
    double shadow[COUNT];
    e.ops->array_shadow(shadow, &b, &e);
    for (int i = 0; i < COUNT; i++) {
      support_exact(got, &b, i, &e);
      arf_set_d(expected, x[i]);
      cr_assert(arf_equal(got, expected), "%s, %lld bits: scalar %d is %a, expected %a",
                e.ops->name, (long long)e.precision, i, arf_get_d(got, ARF_RND_NEAR), x[i]);
      const bool signless = e.kind == ENGINE_BALL && x[i] == 0; /* Arb has one zero */
      cr_assert((signless && shadow[i] == 0) || memcmp(&shadow[i], &x[i], sizeof x[i]) == 0,
                "%s, %lld bits: shadow %d is %a, expected the bits of %a", e.ops->name,
                (long long)e.precision, i, shadow[i], x[i]);
    }
    const double other[COUNT] = {1};
    e.ops->array_set(&a, other, &e); /* b is no view of a */
    cr_assert(support_same_scalars(&a, &b, &e) == false,
              "%s: copy changed with its original (%d scalars)", e.ops->name, COUNT);
    arf_clear(got);
    arf_clear(expected);
    e.ops->array_close(&a, &e);
    e.ops->array_close(&b, &e);
    engine_close(&e);
  }
}

Test(engine, shadow_is_the_nearest_double) {
  enum { COUNT = 64 };
  Chance chance = chance_open(31);
  Worst worst = {0};
  FOR_EVERY_ENGINE(choice) {
    Engine e = open_engine(choice, 2, 3, 4);
    Array a = support_array(COUNT, &e), b = support_array(COUNT, &e);
    support_fill(&a, 0, &chance, &e);
    /* The last four: ties, to even below and above, and just beside them. */
    double big[COUNT] = {0}, small[COUNT] = {0};
    const double tie[4] = {1, 1 + 0x1p-52, 1, 1},
                 rest[4] = {0x1p-53, 0x1p-53, 0x1.1p-53, 0x1.fp-54};
    for (int i = 0; i < 4; i++) {
      big[COUNT - 4 + i] = tie[i];
      small[COUNT - 4 + i] = rest[i];
    }
    if (e.precision > 60) {
      e.ops->array_set(&a, big, &e);
      e.ops->array_set(&b, small, &e);
      e.ops->add(&a, &a, &b, &e);
    }
    double shadow[COUNT];
    e.ops->array_shadow(shadow, &a, &e);
    arf_t exact;
    arf_init(exact);
    for (int i = 0; i < COUNT; i++) {
      support_exact(exact, &a, i, &e);
      worst_require(&worst, shadow[i] == arf_get_d(exact, ARF_RND_NEAR),
                    "%s, %lld bits, scalar %d: shadow %a", e.ops->name, (long long)e.precision, i,
                    shadow[i]);
    }
    arf_clear(exact);
    e.ops->array_close(&a, &e);
    e.ops->array_close(&b, &e);
    engine_close(&e);
  }
  worst_assert(&worst, "shadow = scalar rounded to nearest-even");
}

Test(engine, what_is_not_finite_is_seen_anywhere) {
  enum { COUNT = 9 };
  const double bad[] = {NAN, INFINITY, -INFINITY};
  FOR_EVERY_ENGINE(choice) {
    Engine e = open_engine(choice, 3, 3, 4);
    Array a = support_array(COUNT, &e);
    double x[COUNT];
    for (int i = 0; i < COUNT; i++)
      x[i] = i % 2 ? DBL_MAX : 0;
    e.ops->array_set(&a, x, &e);
    cr_assert(e.ops->array_finite(&a, &e) == true,
              "%s: %d finite scalars up to %g, found not finite", e.ops->name, COUNT, DBL_MAX);
    for (int at = 0; at < COUNT; at++)
      for (int kind = 0; kind < 3; kind++) {
        double kept = x[at];
        x[at] = bad[kind];
        e.ops->array_set(&a, x, &e);
        x[at] = kept;
        cr_assert(e.ops->array_finite(&a, &e) == false, "%s: scalar %d is %g, found finite",
                  e.ops->name, at, bad[kind]);
      }
    e.ops->array_close(&a, &e);
    engine_close(&e);
  }
}

/* ---- entry by entry ---- */

Test(engine, add_rounds_the_sum_once) {
  enum { COUNT = 400 };
  Chance chance = chance_open(32);
  Worst worst = {0};
  FOR_EVERY_ENGINE(choice) {
    Engine e = open_engine(choice, 2, 3, 4);
    Array a = support_array(COUNT, &e), b = support_array(COUNT, &e),
          sum = support_array(COUNT, &e);
    arf_t x, y;
    arf_init(x);
    arf_init(y);
    for (int round = 0; round < 12; round++) {
      int gap[] = {0, 0, 1, -1, 20, -20, 53, -53, 64, -64, 130, -1001};
      support_fill(&a, 0, &chance, &e);
      support_fill(&b, gap[round], &chance, &e);
      e.ops->add(&sum, &a, &b, &e);
      for (int i = 0; i < COUNT; i++) {
        support_exact(x, &a, i, &e);
        support_exact(y, &b, i, &e);
        arf_add(x, x, y, ARF_PREC_EXACT, ARF_RND_DOWN);
        check_rounded(&worst, &sum, i, x, &e, "sum");
      }
    }
    arf_clear(x);
    arf_clear(y);
    e.ops->array_close(&a, &e);
    e.ops->array_close(&b, &e);
    e.ops->array_close(&sum, &e);
    engine_close(&e);
  }
  worst_assert(&worst, "distance of A + B from RN(A + B); balls contain it");
}

/* Enough for products of a few scalars to be exact. */
#define EXACT_BITS 8000

/* out := RN(RN(rho u) - RN(eta g)), rho = RN(1 - eta lambda): engine.h's table, every RN once. */
static void descend_exactly(arf_t out, const arf_t u, const arf_t g, double eta, double lambda,
                            int64_t prec) {
  arf_t rho, step;
  arf_init(rho);
  arf_init(step);
  arf_set_d(rho, eta);
  arf_set_d(step, lambda);
  arf_mul(rho, rho, step, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_sub_si(rho, rho, 1, ARF_PREC_EXACT, ARF_RND_DOWN);
  arf_neg(rho, rho);
  support_round(rho, rho, prec);
  arf_mul(rho, rho, u, ARF_PREC_EXACT, ARF_RND_DOWN);
  support_round(rho, rho, prec);
  arf_set_d(step, eta);
  arf_mul(step, step, g, ARF_PREC_EXACT, ARF_RND_DOWN);
  support_round(step, step, prec);
  arf_sub(out, rho, step, ARF_PREC_EXACT, ARF_RND_DOWN);
  support_round(out, out, prec);
  arf_clear(rho);
  arf_clear(step);
}

Test(engine, descend_rounds_where_the_table_says) {
  enum { COUNT = 300 };
  Chance chance = chance_open(33);
  Worst worst = {0};
  int64_t fused = 0;
  FOR_EVERY_ENGINE(choice) {
    Engine e = open_engine(choice, 2, 3, 4);
    Array before = support_array(COUNT, &e), U = support_array(COUNT, &e),
          G = support_array(COUNT, &e);
    double xi[COUNT];
    arf_t u, g;
    arf_init(u);
    arf_init(g);
    for (int round = 0; round < 24; round++) {
      /* Near 1, so that 1 - eta lambda cancels and shows a product that was rounded first. */
      double eta = round == 0 ? 1 : 1 - fabs(chance_real(&chance)) / 4;
      double lambda = round == 1 ? 0 : (1 - fabs(chance_real(&chance)) / 4) / (round % 3 ? 1 : 300);
      fused += 1 - eta * lambda != fma(-eta, lambda, 1);
      support_fill(&before, 0, &chance, &e);
      support_fill(&G, -round, &chance, &e);
      for (int i = 0; i < COUNT; i++)
        xi[i] = ldexp(chance_real(&chance), -round);
      for (int noise = 0; noise < 2; noise++) {
        e.ops->array_copy(&U, &before, &e);
        if (noise)
          e.ops->descend_noise(&U, xi, eta, lambda, &e);
        else
          e.ops->descend(&U, &G, eta, lambda, &e);
        for (int i = 0; i < COUNT; i++) {
          support_exact(u, &before, i, &e);
          support_exact(g, &G, i, &e);
          if (noise) arf_set_d(g, xi[i]);
          descend_exactly(u, u, g, eta, lambda, e.kind == ENGINE_BALL ? EXACT_BITS : e.precision);
          check_rounded(&worst, &U, i, u, &e, noise ? "descend_noise" : "descend");
        }
      }
    }
    arf_clear(u);
    arf_clear(g);
    e.ops->array_close(&before, &e);
    e.ops->array_close(&U, &e);
    e.ops->array_close(&G, &e);
    engine_close(&e);
  }
  cr_assert(fused > 20,
            "rounding eta lambda first would change rho in %lld of 168 rounds, expected > 20",
            (long long)fused);
  worst_assert(&worst, "distance of U from RN(RN(rho U) - RN(eta G)); balls contain rho U - eta G");
}

/* exact := -y / (1 + exp(y s)) to many more bits than any half-way case needs: for s = 2^-p the
   value is within 2^(-3p-6) of one. */
static void residual_exactly(arf_t exact, const arf_t s, double y, int64_t prec) {
  mpfr_t x;
  mpfr_init2(x, 4 * prec + 400);
  arf_get_mpfr(x, s, MPFR_RNDN);
  mpfr_mul_d(x, x, y, MPFR_RNDN);
  mpfr_exp(x, x, MPFR_RNDN);
  mpfr_add_ui(x, x, 1, MPFR_RNDN);
  mpfr_d_div(x, -y, x, MPFR_RNDN);
  arf_set_mpfr(exact, x);
  mpfr_clear(x);
}

Test(engine, residuals_are_rounded_correctly_or_within_five_units) {
  enum { COUNT = 260 };
  Chance chance = chance_open(34);
  Worst rounded = {0}, bounded = {0};
  FOR_EVERY_ENGINE(choice) {
    Engine e = open_engine(choice, 2, COUNT, 4);
    Array s = support_array(COUNT, &e), add = support_array(COUNT, &e),
          c = support_array(COUNT, &e);
    double x[COUNT], y[COUNT], more[COUNT] = {0};
    support_fill(&add, -2, &chance, &e);
    /* c = -y/2 + s/4 - s^3/48 + ...: for s = k 2^-p it is just beside the middle of two p-bit
       numbers, on the side of the odd one for some k. */
    for (int i = 0; i < COUNT; i++) {
      int p = (int)e.precision;
      y[i] = chance_bits(&chance) & 1 ? 1 : -1;
      x[i] = i < 4     ? (i % 2 ? -0.0 : 0.0)
             : i < 60  ? ldexp((i % 2 ? 1 : -1) * (1 + 2 * (i / 2 % 4)), -(p + 16 - i / 2))
             : i < 100 ? ldexp(chance_real(&chance), -i)
             : i < 120 ? 700 * chance_real(&chance)
                       : 8 * chance_real(&chance);
      if (e.kind == ENGINE_MPFR && i >= 120 && i < 124) x[i] = 1e5 * chance_real(&chance);
      more[i] = 0;
    }
    e.ops->array_set(&s, x, &e);
    if (e.kind == ENGINE_MPFR) { /* full precision in the second half */
      double *low = more;
      e.ops->array_shadow(low, &add, &e);
      for (int i = 0; i < COUNT / 2; i++)
        low[i] = 0;
      for (int i = COUNT / 2; i < COUNT; i++)
        low[i] = ldexp(low[i], -50);
      e.ops->array_set(&add, low, &e);
      e.ops->add(&s, &s, &add, &e);
    }
    e.ops->residual(&c, &s, y, &e);
    arf_t at, exact, got;
    arf_init(at);
    arf_init(exact);
    arf_init(got);
    for (int i = 0; i < COUNT; i++) {
      support_exact(at, &s, i, &e);
      residual_exactly(exact, at, y[i], e.precision);
      support_exact(got, &c, i, &e);
      if (e.kind != ENGINE_DOUBLE)
        check_rounded(&rounded, &c, i, exact, &e, "residual");
      else
        worst_add(&bounded, support_distance(got, exact), 5 * UNIT * support_size(exact),
                  "s = %a, y = %g", x[i], y[i]);
      if (arf_is_zero(at))
        worst_require(&bounded, arf_get_d(got, ARF_RND_NEAR) == -y[i] / 2,
                      "%s: s = 0, y = %g: %g, expected -y/2", e.ops->name, y[i],
                      arf_get_d(got, ARF_RND_NEAR));
    }
    arf_clear(at);
    arf_clear(exact);
    arf_clear(got);
    e.ops->array_close(&s, &e);
    e.ops->array_close(&add, &e);
    e.ops->array_close(&c, &e);
    engine_close(&e);
  }
  worst_assert(&rounded, "mpfr: distance of c from RN(-y / (1 + exp(y s))); ball: c contains it");
  worst_assert(&bounded, "double: error of c, bound 5 units; and c = -y/2 at s = 0");
}

/* ---- opening ---- */

Test(engine, precision_out_of_range_is_a_usage_error) {
  static const struct {
    EngineKind kind;
    int64_t precision;
  } bad[] = {{ENGINE_MPFR, 52},   {ENGINE_MPFR, 4097},  {ENGINE_MPFR, 0},  {ENGINE_MPFR, -128},
             {ENGINE_DOUBLE, 54}, {ENGINE_DOUBLE, 128}, {ENGINE_BALL, 52}, {ENGINE_BALL, 4097}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    Error err = {0};
    Engine e;
    StatusCode code = engine_open(&e, bad[i].kind, bad[i].precision, 2, 2, 2, 0, &err);
    cr_assert(code == STATUS_USAGE && strstr(err.message, "--precision") != NULL,
              "%s engine at %lld bits: status %d, '%s', expected %d naming --precision",
              engine_name(bad[i].kind), (long long)bad[i].precision, (int)code, err.message,
              (int)STATUS_USAGE);
    engine_close(&e);
  }
}

/* Sums longer than those that were counted on would overflow without a word. */
Test(engine, sizes_beyond_the_room_of_the_sums_are_refused) {
  static const int64_t bad[][2] = {{0, 1}, {ENGINE_D_MAX + 1, 1}, {2, 0}, {2, ENGINE_N_MAX + 1}};
  for (int kind = 0; kind < ENGINE_KIND_COUNT; kind++)
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
      Error err = {0};
      Engine e;
      StatusCode code = engine_open(&e, (EngineKind)kind, 53, bad[i][0], bad[i][1], 1, 0, &err);
      cr_assert(code == STATUS_INTERNAL, "%s engine, d = %lld, N = %lld: status %d, expected %d",
                engine_name((EngineKind)kind), (long long)bad[i][0], (long long)bad[i][1],
                (int)code, (int)STATUS_INTERNAL);
      engine_close(&e);
    }
}

Test(engine, names_and_kinds_go_both_ways) {
  for (int kind = 0; kind < ENGINE_KIND_COUNT; kind++) {
    EngineKind found = ENGINE_KIND_COUNT;
    bool known = engine_parse(&found, engine_name((EngineKind)kind));
    cr_assert(known && (int)found == kind, "engine %d is named %s, parsed as %d (known: %d)", kind,
              engine_name((EngineKind)kind), (int)found, known);
  }
  EngineKind none = ENGINE_DOUBLE;
  bool known = engine_parse(&none, "quadruple");
  cr_assert(known == false, "'quadruple' parsed as engine %d, expected no engine", (int)none);
}
