/* lemma_sample.c -- the random variables of the lemmas: how each is drawn, and its exact mean. */
#include <acb_calc.h>
#include <acb_hypgeom.h>
#include <arb_hypgeom.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "verify/lemma.h"

#define COUNT_MAX 4096 /* terms of a sum, coordinates of a vector */
#define MATRIX_MAX 64  /* rows and columns */

static bool whole(double x, double most) {
  return x >= 1 && x <= most && x == floor(x);
}

static const char *check_count(const double *argument) {
  return whole(argument[0], COUNT_MAX) ? NULL : "a whole number n from 1 to 4096";
}

static size_t room_none(const double *argument) {
  (void)argument;
  return 0;
}

static void mean_zero(arb_t out, const double *argument, slong prec) {
  (void)argument;
  (void)prec;
  arb_zero(out);
}

/* ---- sums ---- */

static int ones(uint64_t bits) {
  int count = 0;
  for (; bits != 0; bits &= bits - 1)
    count++;
  return count;
}

/* X = s_1 + ... + s_n, each s_i -1 or +1: one random bit each. */
static bool reaches_rademacher(const double *argument, double threshold, double *work, Rng *rng) {
  (void)work;
  int64_t sum = 0, n = (int64_t)argument[0];
  for (int64_t left = n; left > 0; left -= 64) {
    uint64_t bits = rng_bits(rng);
    if (left < 64) bits &= (UINT64_C(1) << left) - 1;
    sum += ones(bits);
  }
  return (double)(2 * sum - n) >= threshold;
}

static const char *check_bernoulli(const double *argument) {
  if (check_count(argument) != NULL) return check_count(argument);
  return argument[1] > 0 && argument[1] < 1 ? NULL : "0 < p < 1";
}

/* X = b_1 + ... + b_n, each b_i 1 with probability p. rng_uniform is below p with a probability
   that differs from p by less than 2^-52, and not at all when p is a multiple of 2^-52. */
static bool reaches_bernoulli(const double *argument, double threshold, double *work, Rng *rng) {
  (void)work;
  int64_t sum = 0;
  for (int64_t i = 0; i < (int64_t)argument[0]; i++)
    sum += rng_uniform(rng) < argument[1];
  return (double)sum >= threshold;
}

static void mean_bernoulli(arb_t out, const double *argument, slong prec) {
  arb_set_d(out, argument[1]);
  arb_mul_si(out, out, (slong)argument[0], prec);
}

/* ---- Lipschitz functions of n independent standard normals, with constant 1 ---- */

/* X = (g_1 + ... + g_n)/sqrt(n), standard normal again: no other function's tail is as heavy. */
static bool reaches_linear(const double *argument, double threshold, double *work, Rng *rng) {
  (void)work;
  double sum = 0;
  for (int64_t i = 0; i < (int64_t)argument[0]; i++)
    sum += rng_normal(rng);
  return sum / sqrt(argument[0]) >= threshold;
}

/* X = the Euclidean norm. */
static bool reaches_norm(const double *argument, double threshold, double *work, Rng *rng) {
  (void)work;
  double sum = 0;
  for (int64_t i = 0; i < (int64_t)argument[0]; i++) {
    const double g = rng_normal(rng);
    sum += g * g;
  }
  return sqrt(sum) >= threshold;
}

/* E X = sqrt(2) Gamma((n+1)/2)/Gamma(n/2). */
static void mean_norm(arb_t out, const double *argument, slong prec) {
  arb_t half, gamma;
  arb_init(half);
  arb_init(gamma);
  arb_set_d(half, argument[0]);
  arb_mul_2exp_si(half, half, -1);
  arb_gamma(gamma, half, prec);
  arb_set_d(half, argument[0] + 1);
  arb_mul_2exp_si(half, half, -1);
  arb_gamma(out, half, prec);
  arb_div(out, out, gamma, prec);
  arb_sqrt_ui(half, 2, prec);
  arb_mul(out, out, half, prec);
  arb_clear(half);
  arb_clear(gamma);
}

/* X = the largest coordinate. */
static bool reaches_max(const double *argument, double threshold, double *work, Rng *rng) {
  (void)work;
  bool found = false;
  for (int64_t i = 0; i < (int64_t)argument[0]; i++)
    if (rng_normal(rng) >= threshold) found = true;
  return found;
}

/* out := Phi(x)^n = (erfc(-x/sqrt 2)/2)^n. */
static void power_of_phi(acb_t out, const acb_t x, ulong n, slong prec) {
  arb_t root;
  arb_init(root);
  arb_sqrt_ui(root, 2, prec);
  acb_div_arb(out, x, root, prec);
  acb_neg(out, out);
  acb_hypgeom_erfc(out, out, prec);
  acb_mul_2exp_si(out, out, -1);
  acb_pow_ui(out, out, n, prec);
  arb_clear(root);
}

/* 1 - Phi(x)^n - Phi(-x)^n, an entire function. */
static int max_integrand(acb_ptr out, const acb_t x, void *count, slong order, slong prec) {
  (void)order; /* it is holomorphic everywhere */
  const ulong n = *(const ulong *)count;
  acb_t minus, power;
  acb_init(minus);
  acb_init(power);
  acb_neg(minus, x);
  power_of_phi(power, minus, n, prec);
  power_of_phi(out, x, n, prec);
  acb_add(out, out, power, prec);
  acb_sub_ui(out, out, 1, prec);
  acb_neg(out, out);
  acb_clear(minus);
  acb_clear(power);
  return 0;
}

/* E X = integral over x > 0 of P(X > x) - P(X < -x) = 1 - Phi(x)^n - Phi(-x)^n. Beyond 32 it is
   between -P(Z > 32) and n P(Z > 32), and P(Z > x) <= exp(-x^2/2)/(2.5 x) integrates to less than
   exp(-512) < 2^-738: with n <= 2^12 the rest is below 2^-720. */
static void mean_max(arb_t out, const double *argument, slong prec) {
  ulong n = (ulong)argument[0];
  acb_t from, to, integral;
  mag_t tolerance;
  acb_init(from);
  acb_init(to);
  acb_init(integral);
  mag_init(tolerance);
  acb_set_ui(to, 32);
  mag_set_ui_2exp_si(tolerance, 1, -prec);
  acb_calc_integrate(integral, max_integrand, &n, from, to, prec, tolerance, NULL, prec);
  arb_set(out, acb_realref(integral));
  arb_add_error_2exp_si(out, -720);
  acb_clear(from);
  acb_clear(to);
  acb_clear(integral);
  mag_clear(tolerance);
}

/* ---- the spectral norm of an m by n matrix of independent standard normals ---- */

static const char *check_matrix(const double *argument) {
  return whole(argument[0], MATRIX_MAX) && whole(argument[1], MATRIX_MAX)
             ? NULL
             : "whole numbers m and n from 1 to 64";
}

static size_t room_matrix(const double *argument) {
  const size_t m = (size_t)argument[0], n = (size_t)argument[1], k = m < n ? m : n;
  return m * n + k * k;
}

/* Is the symmetric matrix s (k by k, lower triangle) positive definite? Cholesky's factor takes its
   place. */
static bool positive_definite(double *s, size_t k) {
  for (size_t j = 0; j < k; j++)
    for (size_t i = j; i < k; i++) {
      double entry = s[i * k + j];
      for (size_t l = 0; l < j; l++)
        entry -= s[i * k + l] * s[j * k + l];
      if (i == j && !(entry > 0)) return false;
      s[i * k + j] = i == j ? sqrt(entry) : entry / s[j * k + j];
    }
  return true;
}

/* norm(A) < s exactly when s^2 I - A A' is positive definite, which takes k^3/6 multiplications and
   no iteration. Rounding errs by about 1e-13 s, and falls between norm and threshold as rarely. */
static bool reaches_matrix_norm(const double *argument, double threshold, double *work, Rng *rng) {
  const size_t m = (size_t)argument[0], n = (size_t)argument[1];
  const size_t k = m < n ? m : n, length = m < n ? n : m;
  double *row = work, *s = work + m * n;
  rng_normals(row, (int64_t)(m * n), 1.0, rng);
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j <= i; j++) {
      double dot = i == j ? -threshold * threshold : 0;
      for (size_t l = 0; l < length; l++)
        dot += row[i * length + l] * row[j * length + l];
      s[i * k + j] = -dot;
    }
  return threshold <= 0 || !positive_definite(s, k);
}

/* ---- all of them ---- */

static const LemmaVariable variable[] = {
    {"rademacher_sum", {"n"}, check_count, reaches_rademacher, room_none, mean_zero},
    {"bernoulli_sum", {"n", "p"}, check_bernoulli, reaches_bernoulli, room_none, mean_bernoulli},
    {"gaussian_matrix_norm", {"m", "n"}, check_matrix, reaches_matrix_norm, room_matrix, NULL},
    {"gaussian_linear", {"n"}, check_count, reaches_linear, room_none, mean_zero},
    {"gaussian_norm", {"n"}, check_count, reaches_norm, room_none, mean_norm},
    {"gaussian_max", {"n"}, check_count, reaches_max, room_none, mean_max},
};
#define VARIABLES (sizeof variable / sizeof *variable)

const LemmaVariable *lemma_variable(const char *name) {
  for (size_t i = 0; i < VARIABLES; i++)
    if (strcmp(variable[i].name, name) == 0) return &variable[i];
  return NULL;
}

void lemma_variable_names(char *out, size_t size) {
  out[0] = '\0';
  for (size_t i = 0, used = 0; i < VARIABLES && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", variable[i].name);
}
