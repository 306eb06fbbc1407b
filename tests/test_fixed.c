/* test_fixed.c -- block fixed point against integers of GMP: placing, sums, one rounding. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/fixed.h"
#include "src/status.h"
#include "tests/rational.h"
#include "tests/support.h"

#define K_MAX 70

/* out := k limbs of two's complement, as an integer. */
static void from_limbs(mpz_t out, const mp_limb_t *limbs, int k) {
  mpz_import(out, (size_t)k, -1, sizeof *limbs, 0, 0, limbs);
  if (limbs[k - 1] >> 63) {
    mpz_t wrap;
    mpz_init(wrap);
    mpz_ui_pow_ui(wrap, 2, 64 * (unsigned long)k);
    mpz_sub(out, out, wrap);
    mpz_clear(wrap);
  }
}

/* Limbs with long runs of equal bits, and the extreme values. */
static void fill_limbs(mp_limb_t *out, int k, Chance *chance) {
  int64_t kind = chance_below(chance, 6);
  for (int i = 0; i < k; i++)
    switch (kind) {
    case 0: /* -1 */
      out[i] = ~(mp_limb_t)0;
      break;
    case 1: /* most negative */
      out[i] = i == k - 1 ? (mp_limb_t)1 << 63 : 0;
      break;
    case 2: /* largest */
      out[i] = i == k - 1 ? ~(mp_limb_t)0 >> 1 : ~(mp_limb_t)0;
      break;
    case 3:
      out[i] = chance_below(chance, 2) ? ~(mp_limb_t)0 : 0;
      break;
    default:
      out[i] = chance_bits(chance);
    }
}

static const int64_t precision[] = {53, 64, 65, 100, 128, 192, 256, 333, 1024, 4096};
#define PRECISIONS ((int)(sizeof precision / sizeof *precision))

Test(fixed, placing_is_exact_or_refused) {
  enum { COUNT = 7 };
  Chance chance = chance_open(11);
  Worst worst = {0};
  mpz_t got, expected;
  mpz_inits(got, expected, (mpz_ptr)0);
  int64_t refused = 0, placed = 0;
  for (int round = 0; round < 4000; round++) {
    int64_t p = precision[round % PRECISIONS];
    int k = fixed_limbs(p);
    long spread = 1 + (long)chance_below(&chance, 300);
    mpfr_t x[COUNT];
    mp_limb_t limbs[COUNT * K_MAX];
    for (int i = 0; i < COUNT; i++) {
      mpfr_init2(x[i], p);
      rational_random(x[i], -spread, spread, &chance);
      if (chance_below(&chance, 8) == 0) mpfr_set_zero(x[i], chance_below(&chance, 2) ? 1 : -1);
    }
    long unit;
    bool fits = fixed_set(limbs, &unit, (const mpfr_t *)x, NULL, COUNT, k);
    long span = rational_span((const mpfr_t *)x, COUNT);
    /* Sign and 64 k - 1 bits of size are all that there is. */
    worst_require(&worst, fits == (span <= 64L * k - 1),
                  "p = %lld, k = %d: bits from the highest to the lowest %ld, placed %d",
                  (long long)p, k, span, fits);
    if (fits)
      placed++;
    else
      refused++;
    for (int i = 0; i < COUNT && fits; i++) {
      from_limbs(got, limbs + i * k, k);
      rational_scaled(expected, x[i], unit);
      worst_require(&worst, mpz_cmp(got, expected) == 0,
                    "p = %lld, value %d, unit 2^%ld: limbs and value differ", (long long)p, i,
                    unit);
    }
    for (int i = 0; i < COUNT; i++)
      mpfr_clear(x[i]);
  }
  mpz_clears(got, expected, (mpz_ptr)0);
  cr_assert(placed > 500 && refused > 500, "%lld blocks placed, %lld refused, expected > 500 each",
            (long long)placed, (long long)refused);
  worst_assert(&worst, "limbs times 2^unit are the values, or the block does not fit");
}

Test(fixed, what_is_not_finite_is_refused) {
  mpfr_t x[3];
  mp_limb_t limbs[3 * 2];
  long unit;
  for (int i = 0; i < 3; i++)
    mpfr_init2(x[i], 53);
  for (int at = 0; at < 3; at++)
    for (int kind = 0; kind < 3; kind++) {
      for (int i = 0; i < 3; i++)
        mpfr_set_si(x[i], i + 1, MPFR_RNDN);
      if (kind == 0)
        mpfr_set_nan(x[at]);
      else
        mpfr_set_inf(x[at], kind == 1 ? 1 : -1);
      bool fits = fixed_set(limbs, &unit, (const mpfr_t *)x, NULL, 3, 2);
      cr_assert(fits == false, "value %d of 3 is not finite (kind %d): placed %d, expected 0", at,
                kind, fits);
    }
  for (int i = 0; i < 3; i++)
    mpfr_clear(x[i]);
}

Test(fixed, tokens_are_exact_on_their_grid) {
  Chance chance = chance_open(12);
  Worst worst = {0};
  const int64_t most = (INT64_C(1) << 53) - 1;
  for (int grid = -1022; grid <= 970; grid += 12) { /* params.h's ranges lie within +-250 */
    double x[6];
    int64_t K[6] = {most, -most, 0, 1, -1, 0};
    K[5] = chance_below(&chance, most) - most / 2;
    uint64_t biased[6];
    for (int i = 0; i < 6; i++)
      x[i] = ldexp((double)K[i], grid);
    worst_require(&worst, fixed_tokens(biased, x, 6, grid), "grid %d: refused", grid);
    for (int i = 0; i < 6; i++)
      worst_require(&worst, biased[i] == (uint64_t)(K[i] + FIXED_BIAS),
                    "grid %d, K = %lld: biased token %llu", grid, (long long)K[i],
                    (unsigned long long)biased[i]);
  }
  worst_assert(&worst, "K + 2^53 from K 2^grid");
}

Test(fixed, what_is_no_token_is_refused) {
  const double no_token[] = {NAN, INFINITY, -INFINITY, 0x1p53, -0x1p53, 0x1p1000};
  for (size_t k = 0; k < sizeof no_token / sizeof *no_token; k++)
    for (int at = 0; at < 9; at++) {
      double x[9] = {0};
      uint64_t biased[9];
      x[at] = no_token[k];
      const bool taken = fixed_tokens(biased, x, 9, 0);
      cr_assert(!taken, "%g at place %d: taken, expected a refusal", no_token[k], at);
    }
}

Test(fixed, totals_and_dots_are_exact) {
  Chance chance = chance_open(13);
  Worst worst = {0};
  const int64_t counts[] = {1, 2, 3, 255, 256, 257, 512, 513, 1024}; /* 256 products a chunk */
  const int64_t most = (INT64_C(1) << 53) - 1;
  mpz_t got, sum, dot, value;
  mpz_inits(got, sum, dot, value, (mpz_ptr)0);
  mp_limb_t *a = array_alloc(1024 * (K_MAX + 3), sizeof *a);
  uint64_t *biased = array_alloc(1024 * 3, sizeof *biased);
  cr_assert(a != NULL && biased != NULL, "scratch of %d limbs", 1024 * (K_MAX + 3));
  const int widths[] = {2, 3, 4, 5, 6, 7, 8, 9, 17, 66};
  for (int round = 0; round < 600; round++) {
    int k = widths[round % 10];
    int64_t count = counts[round % 9], a_step = k + chance_below(&chance, 4);
    int64_t token_step = 1 + chance_below(&chance, 3), extreme = chance_below(&chance, 4);
    mpz_set_ui(sum, 0);
    mpz_set_ui(dot, 0);
    for (int64_t i = 0; i < count; i++) {
      int64_t K = extreme == 0   ? most
                  : extreme == 1 ? -most
                                 : chance_below(&chance, 2 * most + 1) - most;
      biased[i * token_step] = (uint64_t)(K + FIXED_BIAS);
      if (i == 0 || extreme > 1)
        fill_limbs(a + i * a_step, k, &chance);
      else /* all alike, so that sums grow as far as they can */
        memcpy(a + i * a_step, a, (size_t)k * sizeof *a);
      from_limbs(value, a + i * a_step, k);
      mpz_add(sum, sum, value);
      mpz_set_si(got, K);
      mpz_addmul(dot, value, got);
    }
    mp_limb_t total[K_MAX + 4], out[K_MAX + 4];
    fixed_total(total, a, a_step, k, count);
    from_limbs(got, total, k + 1);
    worst_require(&worst, mpz_cmp(got, sum) == 0, "k = %d, count %lld: total", k, (long long)count);
    fixed_dot(out, a, a_step, k, biased, token_step, count, total);
    from_limbs(got, out, k + 1);
    worst_require(&worst, mpz_cmp(got, dot) == 0, "k = %d, count %lld, tokens %s: dot product", k,
                  (long long)count, extreme < 2 ? "extreme" : "random");
  }
  free(a);
  free(biased);
  mpz_clears(got, sum, dot, value, (mpz_ptr)0);
  worst_assert(&worst, "sums and dot products of limbs equal those of integers");
}

Test(fixed, products_are_exact) {
  Chance chance = chance_open(15);
  Worst worst = {0};
  const int64_t most = (INT64_C(1) << 53) - 1, edge[] = {most, -most, 0, 1, -1};
  mpz_t got, product;
  mpz_inits(got, product, (mpz_ptr)0);
  for (int round = 0; round < 6000; round++) {
    int k = fixed_limbs(precision[round % PRECISIONS]);
    int64_t pick = chance_below(&chance, 10);
    int64_t K = pick < 5 ? edge[pick] : chance_below(&chance, 2 * most + 1) - most;
    mp_limb_t a[K_MAX], out[K_MAX + 1];
    fill_limbs(a, k, &chance);
    fixed_scale(out, a, k, (uint64_t)(K + FIXED_BIAS));
    from_limbs(product, a, k);
    mpz_mul_si(product, product, K);
    from_limbs(got, out, k + 1);
    worst_require(&worst, mpz_cmp(got, product) == 0, "k = %d, K = %lld", k, (long long)K);
  }
  mpz_clears(got, product, (mpz_ptr)0);
  worst_assert(&worst, "limbs times a token equal the integer's product");
}

/* limbs := an integer whose rounding to p bits is a tie, or just beside one. */
static void fill_tie(mp_limb_t *limbs, int k, int64_t p, Chance *chance) {
  int64_t bits = 64 * k - 1, length = p + 1 + chance_below(chance, bits - p);
  memset(limbs, 0, (size_t)k * sizeof *limbs);
  for (int64_t i = 0; i < length; i++) {
    int64_t from_top = length - 1 - i; /* 0: the leading bit, p: the first one dropped */
    bool one = from_top == 0 || from_top == p || (from_top < p && chance_below(chance, 2));
    if (one) limbs[i / 64] |= (mp_limb_t)1 << i % 64;
  }
  int64_t beside = chance_below(chance, 3);
  if (beside == 1) mpn_add_1(limbs, limbs, k, 1);
  if (beside == 2) mpn_sub_1(limbs, limbs, k, 1);
}

Test(fixed, rounding_is_to_nearest_and_ties_to_even) {
  Chance chance = chance_open(14);
  Worst worst = {0};
  mpz_t exact;
  mpz_init(exact);
  int64_t ties = 0;
  for (int round = 0; round < 30000; round++) {
    int64_t p = precision[round % PRECISIONS];
    int k = fixed_limbs(p) + (int)chance_below(&chance, 3);
    mp_limb_t limbs[K_MAX], scratch[K_MAX];
    if (round % 3 == 0)
      fill_limbs(limbs, k, &chance);
    else
      fill_tie(limbs, k, p, &chance);
    if (round % 2 && limbs[k - 1] >> 63 == 0) mpn_neg(limbs, limbs, k);
    long unit = (long)chance_below(&chance, 4000) - 2000;
    mpfr_t got, expected;
    mpfr_inits2(p, got, expected, (mpfr_ptr)0);
    fixed_round(got, limbs, k, unit, scratch);
    from_limbs(exact, limbs, k);
    ties += rational_round(expected, exact, unit);
    worst_require(&worst, support_same_bits(got, expected), "p = %lld, k = %d, unit 2^%ld",
                  (long long)p, k, unit);
    mpfr_clears(got, expected, (mpfr_ptr)0);
  }
  mpz_clear(exact);
  cr_assert(ties > 3000, "%lld exact ties among 30000, expected > 3000", (long long)ties);
  worst_assert(&worst, "limbs rounded once have the bits of the integer rounded once");
}

Test(fixed, zero_is_positive) {
  mp_limb_t limbs[3] = {0}, scratch[3];
  mpfr_t out;
  mpfr_init2(out, 100);
  mpfr_set_si(out, -1, MPFR_RNDN);
  fixed_round(out, limbs, 3, 17, scratch);
  bool plus = mpfr_zero_p(out) && !mpfr_signbit(out);
  cr_assert(plus, "zero limbs round to %g, sign bit %d, expected +0", mpfr_get_d(out, MPFR_RNDN),
            mpfr_signbit(out) != 0);
  mpfr_clear(out);
}
