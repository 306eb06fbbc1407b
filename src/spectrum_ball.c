/* spectrum_ball.c -- rigorous eigenvalues by Arb, from an approximate QR iteration. */
#include "src/spectrum_ball.h"

#include <acb_mat.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define PRECISION_DOUBLINGS 2

/* values := each disc that is connected with others replaced by one ball around all of them. A
   merger makes one group of two, so there are fewer than d. */
static void join_discs(acb_ptr values, slong d, slong prec) {
  slong *group = flint_malloc((size_t)d * sizeof *group);
  for (slong i = 0; i < d; i++)
    group[i] = i;
  for (slong i = 0; i < d; i++)
    for (slong j = 0; j < d; j++) {
      if (group[i] == group[j] || !acb_overlaps(values + i, values + j)) continue;
      const slong joined = group[i], old = group[j];
      acb_union(values + i, values + i, values + j, prec);
      for (slong k = 0; k < d; k++) {
        if (group[k] == old) group[k] = joined;
        if (group[k] == joined) acb_set(values + k, values + i);
      }
      i = -1; /* the new ball may meet others: look at all pairs again */
      break;
    }
  flint_free(group);
}

/* nudged := the midpoints of A, each moved by up to 2^-bits norm(A), the same way every time. Its
   eigenvalues are simple, so it has a basis of eigenvectors, whatever A has. */
static void nudge(acb_mat_t nudged, const acb_mat_t A, slong bits) {
  const slong d = acb_mat_nrows(A);
  uint64_t state = 1;
  mag_t norm;
  arf_t move;
  mag_init(norm);
  arf_init(move);
  acb_mat_bound_frobenius_norm(norm, A);
  acb_mat_get_mid(nudged, A);
  for (slong i = 0; i < d; i++)
    for (slong j = 0; j < d; j++) {
      arf_struct *entry = arb_midref(acb_realref(acb_mat_entry(nudged, i, j)));
      state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth */
      arf_set_mag(move, norm);
      arf_mul_si(move, move, (slong)(state >> 34) - (1L << 29), ARF_PREC_EXACT, ARF_RND_DOWN);
      arf_mul_2exp_si(move, move, -29 - bits);
      arf_add(entry, entry, move, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
  mag_clear(norm);
  arf_clear(move);
}

/* With R near the eigenvectors, B = R^-1 A R is near a diagonal matrix and has the spectrum of A.
   By Gershgorin's theorem the eigenvalues lie in the discs around B_kk with radius sum_j |B_kj|, j
   != k, and k discs that meet no other hold exactly k. This decides clusters, and matrices known to
   fewer bits than Arb 2.23's acb_mat_eig_simple wants. R: of a matrix nudged by 2^-bits, with twice
   the bits to make up for a basis that is nearly none. The solver preconditions: plain elimination
   would multiply the radii of A by 2^d. */
static bool enclose_by_discs(acb_ptr values, const acb_mat_t A, slong bits) {
  const slong d = acb_mat_nrows(A), prec = 2 * bits;
  acb_mat_t B, product, exact_R;
  mag_t radius, size;
  acb_mat_init(B, d, d);
  acb_mat_init(product, d, d);
  acb_mat_init(exact_R, d, d);
  mag_init(radius);
  mag_init(size);
  nudge(product, A, bits);
  acb_mat_approx_eig_qr(values, NULL, exact_R, product, NULL, 0, prec);
  acb_mat_get_mid(exact_R, exact_R);
  acb_mat_mul(product, A, exact_R, prec);
  bool certain = acb_mat_solve_precond(B, exact_R, product, prec) != 0;
  for (slong k = 0; k < d && certain; k++) {
    mag_zero(radius);
    for (slong j = 0; j < d; j++) {
      acb_get_mag(size, acb_mat_entry(B, k, j));
      if (j != k) mag_add(radius, radius, size);
    }
    acb_set(values + k, acb_mat_entry(B, k, k));
    acb_add_error_mag(values + k, radius);
    certain = acb_is_finite(values + k);
  }
  if (certain) join_discs(values, d, prec);
  acb_mat_clear(B);
  acb_mat_clear(product);
  acb_mat_clear(exact_R);
  mag_clear(radius);
  mag_clear(size);
  return certain;
}

/* Simple eigenvalues, with right eigenvectors in R if it is not NULL; or, for R = NULL, any. */
static bool certify(acb_ptr values, acb_mat_t R, const acb_mat_t A, slong prec) {
  const slong d = acb_mat_nrows(A);
  acb_ptr guess = _acb_vec_init(d);
  acb_mat_t vectors;
  acb_mat_init(vectors, d, d);
  acb_mat_approx_eig_qr(guess, NULL, vectors, A, NULL, 0, prec); /* a bad guess is found out */
  bool certain = acb_mat_eig_simple(values, NULL, R, A, guess, vectors, prec);
  if (!certain && R == NULL) certain = enclose_by_discs(values, A, prec);
  _acb_vec_clear(guess, d);
  acb_mat_clear(vectors);
  return certain;
}

/* More bits help when A is known to more than prec, or when eigenvalues are close. */
static bool certify_harder(acb_ptr values, acb_mat_t R, const arb_mat_t A, slong prec) {
  acb_mat_t complex_A;
  acb_mat_init(complex_A, arb_mat_nrows(A), arb_mat_ncols(A));
  acb_mat_set_arb_mat(complex_A, A);
  bool certain = false;
  for (int doubling = 0; doubling <= PRECISION_DOUBLINGS && !certain; doubling++, prec *= 2)
    certain = certify(values, R, complex_A, prec);
  acb_mat_clear(complex_A);
  return certain;
}

/* A is real, so the conjugate of an eigenvalue is one too. If the conjugate of a ball meets no
   other ball, the conjugate of the one eigenvalue in it can only be itself. */
static void make_real(acb_ptr values, slong d) {
  acb_t conjugate;
  acb_init(conjugate);
  for (slong i = 0; i < d; i++) {
    bool alone = true;
    acb_conj(conjugate, values + i);
    for (slong j = 0; j < d && alone; j++)
      alone =
          j == i || !(acb_overlaps(conjugate, values + j) || acb_overlaps(values + i, values + j));
    if (alone) arb_zero(acb_imagref(values + i));
  }
  acb_clear(conjugate);
}

typedef struct {
  double modulus, re, im;
  slong at;
} SortKey;

static int by_modulus(const void *a, const void *b) {
  const SortKey *x = a, *y = b;
  if (x->modulus != y->modulus) return x->modulus > y->modulus ? -1 : 1;
  if (x->re != y->re) return x->re > y->re ? -1 : 1;
  if (x->im != y->im) return x->im > y->im ? -1 : 1;
  return x->at < y->at ? -1 : x->at > y->at;
}

static void sort(acb_ptr values, slong d) {
  SortKey *key = flint_malloc((size_t)d * sizeof *key);
  acb_ptr sorted = _acb_vec_init(d);
  for (slong i = 0; i < d; i++) {
    const double re = arf_get_d(arb_midref(acb_realref(values + i)), ARF_RND_NEAR);
    const double im = arf_get_d(arb_midref(acb_imagref(values + i)), ARF_RND_NEAR);
    key[i] = (SortKey){sqrt(re * re + im * im), re, im, i};
  }
  qsort(key, (size_t)d, sizeof *key, by_modulus);
  for (slong i = 0; i < d; i++)
    acb_swap(sorted + i, values + key[i].at);
  _acb_vec_swap(values, sorted, d);
  _acb_vec_clear(sorted, d);
  flint_free(key);
}

void spectrum_enclose(acb_ptr values, const arb_mat_t A, slong prec) {
  const slong d = arb_mat_nrows(A);
  if (arb_mat_is_zero(A)) {
    _acb_vec_zero(values, d);
    return;
  }
  if (certify_harder(values, NULL, A, prec)) {
    make_real(values, d);
    sort(values, d);
    return;
  }
  mag_t norm; /* |lambda| <= norm(A) */
  mag_init(norm);
  arb_mat_bound_frobenius_norm(norm, A);
  _acb_vec_zero(values, d);
  for (slong i = 0; i < d; i++) {
    arb_add_error_mag(acb_realref(values + i), norm);
    arb_add_error_mag(acb_imagref(values + i), norm);
  }
  mag_clear(norm);
}

/* The index of the value that is certainly the largest, or -1. */
static slong find_largest(acb_srcptr values, slong d) {
  slong largest = 0;
  for (slong i = 1; i < d; i++)
    if (arf_cmp(arb_midref(acb_realref(values + i)), arb_midref(acb_realref(values + largest))) > 0)
      largest = i;
  for (slong i = 0; i < d; i++)
    if (i != largest && !arb_gt(acb_realref(values + largest), acb_realref(values + i))) return -1;
  return largest;
}

/* projector := v v* / (v* v): the same whatever factor v is known up to,
   and real, since the eigenvalue is simple and the matrix real and symmetric. */
static void make_projector(arb_mat_t projector, const acb_mat_t vector, slong prec) {
  const slong d = arb_mat_nrows(projector);
  acb_t entry;
  arb_t size, square;
  acb_init(entry);
  arb_init(size);
  arb_init(square);
  for (slong i = 0; i < d; i++) {
    acb_srcptr v = acb_mat_entry(vector, i, 0);
    arb_sqr(square, acb_realref(v), prec);
    arb_add(size, size, square, prec);
    arb_sqr(square, acb_imagref(v), prec);
    arb_add(size, size, square, prec);
  }
  for (slong i = 0; i < d; i++)
    for (slong j = 0; j < d; j++) {
      acb_conj(entry, acb_mat_entry(vector, j, 0));
      acb_mul(entry, entry, acb_mat_entry(vector, i, 0), prec);
      arb_div(arb_mat_entry(projector, i, j), acb_realref(entry), size, prec);
    }
  acb_clear(entry);
  arb_clear(size);
  arb_clear(square);
}

/* singular := [0, norm(A)] */
static void bound_by_norm(arb_t singular, const arb_mat_t A, slong prec) {
  mag_t norm;
  arf_t low, high;
  mag_init(norm);
  arf_init(low);
  arf_init(high);
  arb_mat_bound_frobenius_norm(norm, A);
  arf_set_mag(high, norm);
  arb_set_interval_arf(singular, low, high, prec);
  mag_clear(norm);
  arf_clear(low);
  arf_clear(high);
}

/* The largest eigenvalue of the symmetric, positive semidefinite gram and its eigenvector, by one
   eigenpair alone: a pair that Rump's method encloses has the largest value if that is above the
   sum of all others, trace - value. So nothing is asked of the small ones, which may be as close as
   they like. */
static bool certify_dominant(acb_t value, acb_mat_t vector, const arb_mat_t gram, slong prec) {
  const slong d = arb_mat_nrows(gram);
  acb_mat_t complex_gram, vectors;
  acb_ptr guess = _acb_vec_init(d);
  arb_t others;
  slong largest = 0;
  acb_mat_init(complex_gram, d, d);
  acb_mat_init(vectors, d, d);
  arb_init(others);
  acb_mat_set_arb_mat(complex_gram, gram);
  acb_mat_approx_eig_qr(guess, NULL, vectors, complex_gram, NULL, 0, prec);
  for (slong i = 1; i < d; i++)
    if (arf_cmp(arb_midref(acb_realref(guess + i)), arb_midref(acb_realref(guess + largest))) > 0)
      largest = i;
  for (slong i = 0; i < d; i++)
    acb_set(acb_mat_entry(vector, i, 0), acb_mat_entry(vectors, i, largest));
  acb_mat_eig_enclosure_rump(value, NULL, vector, complex_gram, guess + largest, vector, prec);
  arb_mat_trace(others, gram, prec);
  arb_sub(others, others, acb_realref(value), prec);
  const bool certain = acb_is_finite(value) && arb_gt(acb_realref(value), others);
  acb_mat_clear(complex_gram);
  acb_mat_clear(vectors);
  _acb_vec_clear(guess, d);
  arb_clear(others);
  return certain;
}

/* The same by all eigenpairs, when several are large. */
static bool certify_largest(acb_t value, acb_mat_t vector, const arb_mat_t gram, slong prec) {
  const slong d = arb_mat_nrows(gram);
  acb_mat_t vectors;
  acb_ptr values = _acb_vec_init(d);
  acb_mat_init(vectors, d, d);
  const slong largest = certify_harder(values, vectors, gram, prec) ? find_largest(values, d) : -1;
  for (slong i = 0; i < d && largest >= 0; i++)
    acb_set(acb_mat_entry(vector, i, 0), acb_mat_entry(vectors, i, largest));
  if (largest >= 0) acb_set(value, values + largest);
  _acb_vec_clear(values, d);
  acb_mat_clear(vectors);
  return largest >= 0;
}

/* The singular values of A are the square roots of the eigenvalues of A'A, and the right singular
   vectors its eigenvectors. */
bool spectrum_top(arb_t singular, arb_mat_t projector, const arb_mat_t A, slong prec) {
  const slong d = arb_mat_nrows(A);
  arb_mat_t gram;
  acb_mat_t vector;
  acb_t value;
  arb_mat_init(gram, d, d);
  acb_mat_init(vector, d, 1);
  acb_init(value);
  arb_mat_transpose(projector, A);
  arb_mat_mul(gram, projector, A, 2 * prec); /* small singular values are squared */
  arb_mat_zero(projector);
  bound_by_norm(singular, A, prec);
  const bool known = !arb_mat_is_zero(A) && (certify_dominant(value, vector, gram, 2 * prec) ||
                                             certify_largest(value, vector, gram, 2 * prec));
  if (known) {
    arb_sqrtpos(singular, acb_realref(value), prec);
    make_projector(projector, vector, prec);
  }
  arb_mat_clear(gram);
  acb_mat_clear(vector);
  acb_clear(value);
  return known;
}
