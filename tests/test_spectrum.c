/* test_spectrum.c -- eigenvalues and singular values of matrices that are made from known ones. */
#include <arb_mat.h>
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "src/spectrum.h"
#include "tests/support.h"

#define D_MAX 24

/* Both methods are backward stable: the values are those of a matrix that differs by a modest
   multiple of d DBL_EPSILON norm(A), for which we take 10. Singular values move by no more than
   that, and so do eigenvalues of normal matrices. */
static double backward_error(const double *A, int64_t d) {
  return 10 * (double)d * DBL_EPSILON * support_norm(A, d * d);
}

typedef struct {
  double re[D_MAX], im[D_MAX], singular[D_MAX];
} Spectrum;

static Spectrum spectrum_of(const double *A, int64_t d) {
  Error err;
  Spectrum s;
  support_ok(spectrum_compute(s.re, s.im, s.singular, A, d, &err), &err);
  return s;
}

static void check_values(const char *what, const Spectrum *s, const double *re, const double *im,
                         const double *singular, const double *A, int64_t d) {
  Worst worst = {0};
  for (int64_t i = 0; i < d; i++) {
    worst_add(&worst, hypot(s->re[i] - re[i], s->im[i] - im[i]), backward_error(A, d),
              "eigenvalue %lld is %.17g + %.17g i, expected %.17g + %.17g i", (long long)i,
              s->re[i], s->im[i], re[i], im[i]);
    worst_add(&worst, fabs(s->singular[i] - singular[i]), backward_error(A, d),
              "singular value %lld is %.17g, expected %.17g", (long long)i, s->singular[i],
              singular[i]);
  }
  worst_assert(&worst, "%s", what);
}

/* A := G' A G or A G, G the rotation of coordinates i and j: keeps the spectrum, or the singular
   values. */
static void rotate(double *A, int64_t d, int64_t i, int64_t j, double angle, bool similar) {
  double c = cos(angle), s = sin(angle);
  for (int64_t k = 0; k < d; k++) {
    double x = A[k * d + i], y = A[k * d + j];
    A[k * d + i] = c * x - s * y;
    A[k * d + j] = s * x + c * y;
  }
  for (int64_t k = 0; similar && k < d; k++) {
    double x = A[i * d + k], y = A[j * d + k];
    A[i * d + k] = c * x - s * y;
    A[j * d + k] = s * x + c * y;
  }
}

static void rotate_all(double *A, int64_t d, bool similar) {
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = i + 1; j < d; j++)
      rotate(A, d, i, j, 0.37 + 0.61 * (double)(i + 3 * j), similar);
}

Test(spectrum, diagonal) {
  const double A[16] = {[0] = 0.5, [5] = -3.25, [10] = 2, [15] = -0.125};
  const double re[] = {-3.25, 2, 0.5, -0.125}, im[4] = {0}, singular[] = {3.25, 2, 0.5, 0.125};
  Spectrum s = spectrum_of(A, 4);
  check_values("diagonal", &s, re, im, singular, A, 4);
}

Test(spectrum, symmetric_from_known_values) {
  enum { D = 9 };
  double A[D * D] = {0}, re[D], im[D] = {0}, singular[D];
  for (int i = 0; i < D; i++) {
    singular[i] = 7.3 / (1 + i * 1.13);
    re[i] = i % 2 ? -singular[i] : singular[i];
    A[i * D + i] = re[i];
  }
  rotate_all(A, D, true);
  Spectrum s = spectrum_of(A, D);
  check_values("symmetric", &s, re, im, singular, A, D);
}

Test(spectrum, scaled_rotations_come_in_conjugate_pairs) {
  /* Blocks r (cos t, -sin t; sin t, cos t): eigenvalues r e^(it) and r e^(-it), the one above the
     axis first; singular values r twice. */
  enum { D = 6 };
  const double r[] = {2.5, 1.25, 0.3}, angle[] = {0.7, 2.9, 1.5};
  double A[D * D] = {0}, re[D], im[D], singular[D];
  for (int k = 0; k < 3; k++) {
    double c = r[k] * cos(angle[k]), s = r[k] * sin(angle[k]);
    A[2 * k * D + 2 * k] = A[(2 * k + 1) * D + 2 * k + 1] = c;
    A[2 * k * D + 2 * k + 1] = -s;
    A[(2 * k + 1) * D + 2 * k] = s;
    re[2 * k] = re[2 * k + 1] = c;
    im[2 * k] = s;
    im[2 * k + 1] = -s;
    singular[2 * k] = singular[2 * k + 1] = r[k];
  }
  rotate_all(A, D, true);
  Spectrum s = spectrum_of(A, D);
  check_values("rotations", &s, re, im, singular, A, D);
}

Test(spectrum, companion_has_the_roots) {
  /* (x - 3)(x + 2)(x - 1)(x^2 + 1/4). A root moves by about the backward error over the derivative
     there, which is at least 1 in size, times the norms of its vectors, below 1000 here. */
  static const double root[3] = {3, -2, 1};
  double p[6] = {0.25, 0, 1}; /* x^2 + 1/4, lowest power first */
  for (int k = 0; k < 3; k++)
    for (int i = 3 + k; i >= 0; i--)
      p[i] = (i > 0 ? p[i - 1] : 0) - root[k] * p[i];
  double A[25] = {0};
  for (int i = 0; i < 5; i++) {
    A[i * 5 + 4] = -p[i];
    if (i > 0) A[i * 5 + i - 1] = 1;
  }
  const double re[] = {3, -2, 1, 0, 0}, im[] = {0, 0, 0, 0.5, -0.5};
  Spectrum s = spectrum_of(A, 5);
  Worst worst = {0};
  for (int i = 0; i < 5; i++)
    worst_add(&worst, hypot(s.re[i] - re[i], s.im[i] - im[i]), 1000 * backward_error(A, 5),
              "root %d is %.17g + %.17g i, expected %g + %g i", i, s.re[i], s.im[i], re[i], im[i]);
  worst_assert(&worst, "companion matrix");
}

Test(spectrum, small_singular_values_are_accurate) {
  /* Orthogonal columns of lengths 1, 1e-5, 1e-10 ...: their lengths are the singular values, each
     accurate for itself, since one-sided rotations never mix a small column with a large one. */
  enum { D = 5 };
  double A[D * D] = {0}, B[D * D];
  for (int i = 0; i < D; i++)
    A[i * D + i] = 1;
  rotate_all(A, D, false);
  for (int i = 0; i < D; i++)
    for (int j = 0; j < D; j++)
      B[i * D + j] = A[i * D + j] * pow(10, -5 * j);
  Spectrum s = spectrum_of(B, D);
  Worst worst = {0};
  for (int i = 0; i < D; i++)
    worst_add(&worst, fabs(s.singular[i] / pow(10, -5 * i) - 1), 100 * D * DBL_EPSILON,
              "singular value %d is %.17g", i, s.singular[i]);
  worst_assert(&worst, "graded matrix: relative error of singular values from 1 to 1e-20");
}

Test(spectrum, singular_values_below_rounding_are_zero) {
  /* Orthogonal columns of lengths 1, t and t: below 10 d DBL_EPSILON = 6.7e-15 of the value before,
     a value is given as 0, and all after it. */
  const double t[] = {1e-13, 1e-14, 5e-15, 1e-18};
  for (int k = 0; k < 4; k++) {
    double A[9] = {[0] = 1, [4] = 1, [8] = 1};
    rotate_all(A, 3, false);
    for (int i = 0; i < 9; i++)
      A[i] *= i % 3 == 0 ? 1 : t[k];
    Spectrum s = spectrum_of(A, 3);
    double expected = t[k] < 30 * DBL_EPSILON ? 0 : t[k];
    cr_assert(fabs(s.singular[1] - expected) <= 1e-12 * t[k] &&
                  fabs(s.singular[2] - expected) <= 1e-12 * t[k],
              "columns of length 1, %g and %g: singular values %.17g, %.17g, %.17g, the last two "
              "expected %g",
              t[k], t[k], s.singular[0], s.singular[1], s.singular[2], expected);
  }
}

/* Any matrix: trace = sum of eigenvalues, |det| = product of singular values = |product of
   eigenvalues|, sum of squares of singular values = norm^2, order, conjugates. */
static void check_invariants(Worst *worst, const double *A, int64_t d, int round) {
  Spectrum s = spectrum_of(A, d);
  double trace = 0, re = 0, im = 0, squares = 0, log_singular = 0, log_eigen = 0, sensitivity = 0;
  for (int64_t i = 0; i < d; i++) {
    trace += A[i * d + i];
    re += s.re[i];
    im += s.im[i];
    squares += s.singular[i] * s.singular[i];
    log_singular += log(s.singular[i]);
    log_eigen += log(hypot(s.re[i], s.im[i]));
    sensitivity += 1 / s.singular[i]; /* of log |det| to a change of A */
    if (i == 0) continue;
    worst_require(worst, s.singular[i] <= s.singular[i - 1], "round %d: singular value %lld", round,
                  (long long)i);
    worst_require(worst, hypot(s.re[i], s.im[i]) <= hypot(s.re[i - 1], s.im[i - 1]),
                  "round %d: modulus of eigenvalue %lld", round, (long long)i);
  }
  double error = backward_error(A, d), norm = support_norm(A, d * d);
  worst_add(worst, fabs(trace - re), (double)d * error, "round %d, d = %lld: trace", round,
            (long long)d);
  worst_add(worst, fabs(im), (double)d * error, "round %d, d = %lld: sum of imaginary parts", round,
            (long long)d);
  worst_add(worst, fabs(sqrt(squares) - norm), error, "round %d, d = %lld: norm", round,
            (long long)d);
  arb_mat_t M;
  arb_t det;
  arb_mat_init(M, d, d);
  arb_init(det);
  for (int64_t ij = 0; ij < d * d; ij++)
    arb_set_d(arb_mat_entry(M, ij / d, ij % d), A[ij]);
  arb_mat_det(det, M, 500);
  arb_abs(det, det);
  arb_log(det, det, 100);
  double expected = arf_get_d(arb_midref(det), ARF_RND_NEAR);
  worst_add(worst, fabs(log_singular - expected), 2 * error * sensitivity,
            "round %d, d = %lld: log product of singular values", round, (long long)d);
  worst_add(worst, fabs(log_eigen - expected), 2 * error * sensitivity,
            "round %d, d = %lld: log product of eigenvalues", round, (long long)d);
  arb_mat_clear(M);
  arb_clear(det);
}

Test(spectrum, invariants_of_random_matrices) {
  Chance chance = chance_open(61);
  Worst worst = {0};
  for (int round = 0; round < 120; round++) {
    int64_t d = 1 + round % D_MAX;
    double A[D_MAX * D_MAX];
    for (int64_t i = 0; i < d * d; i++)
      A[i] = ldexp(chance_real(&chance), round % 7 - 3);
    check_invariants(&worst, A, d, round);
  }
  worst_assert(&worst, "trace, determinant, norm and order");
}

Test(spectrum, zero_and_rank_one) {
  double A[9] = {0};
  const double zeros[3] = {0};
  Spectrum s = spectrum_of(A, 3);
  check_values("zero", &s, zeros, zeros, zeros, A, 3);
  const double a[3] = {1, -2, 0.5}, b[3] = {0.25, 1, 3};
  for (int i = 0; i < 9; i++)
    A[i] = a[i / 3] * b[i % 3];
  const double re[3] = {0.25 - 2 + 1.5}, singular[3] = {sqrt(5.25 * 10.0625)};
  s = spectrum_of(A, 3);
  check_values("rank one", &s, re, zeros, singular, A, 3);
}

Test(spectrum, what_is_not_finite_is_refused) {
  Error err = {0};
  double A[9] = {1, 2, 3, 4, NAN, 6, 7, 8, 9}, re[3], im[3], singular[3];
  StatusCode code = spectrum_compute(re, im, singular, A, 3, &err);
  cr_assert(code == STATUS_INTERNAL && err.message[0] != 0,
            "a matrix with NaN: status %d, '%s'; expected %d and a reason", (int)code, err.message,
            (int)STATUS_INTERNAL);
}
