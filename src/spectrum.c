/* spectrum.c -- eigenvalues and singular values by GSL. */
#include "src/spectrum.h"

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

static int by_modulus(const void *a, const void *b) {
  const double *x = a, *y = b; /* (re, im) */
  double mx = hypot(x[0], x[1]), my = hypot(y[0], y[1]);
  if (mx != my) return mx > my ? -1 : 1;
  if (x[0] != y[0]) return x[0] > y[0] ? -1 : 1;
  return x[1] > y[1] ? -1 : x[1] < y[1];
}

static int eigenvalues(double *re, double *im, const double *matrix, size_t d) {
  gsl_matrix *copy = gsl_matrix_alloc(d, d);
  gsl_vector_complex *values = gsl_vector_complex_alloc(d);
  gsl_eigen_nonsymm_workspace *work = gsl_eigen_nonsymm_alloc(d);
  int status = GSL_ENOMEM;
  if (copy != NULL && values != NULL && work != NULL) {
    gsl_matrix_const_view view = gsl_matrix_const_view_array(matrix, d, d);
    gsl_matrix_memcpy(copy, &view.matrix);
    gsl_eigen_nonsymm_params(0, 1, work);
    status = gsl_eigen_nonsymm(copy, values, work);
  }
  if (status == GSL_SUCCESS) {
    qsort(values->data, d, 2 * sizeof(double), by_modulus);
    for (size_t i = 0; i < d; i++) {
      re[i] = values->data[2 * i];
      im[i] = values->data[2 * i + 1];
    }
  }
  if (copy != NULL) gsl_matrix_free(copy);
  if (values != NULL) gsl_vector_complex_free(values);
  if (work != NULL) gsl_eigen_nonsymm_free(work);
  return status;
}

/* matrix = left diag(singular) right'; left and right may be NULL. */
static int decompose(double *left, double *singular, double *right, const double *matrix,
                     size_t d) {
  gsl_matrix *u = gsl_matrix_alloc(d, d), *v = gsl_matrix_alloc(d, d);
  gsl_vector *s = gsl_vector_alloc(d);
  int status = GSL_ENOMEM;
  if (u != NULL && v != NULL && s != NULL) {
    gsl_matrix_const_view view = gsl_matrix_const_view_array(matrix, d, d);
    gsl_matrix_memcpy(u, &view.matrix);
    status = gsl_linalg_SV_decomp_jacobi(u, v, s);
  }
  for (size_t i = 0; status == GSL_SUCCESS && i < d; i++) {
    singular[i] = gsl_vector_get(s, i);
    for (size_t j = 0; j < d && left != NULL; j++)
      left[i * d + j] = gsl_matrix_get(u, i, j);
    for (size_t j = 0; j < d && right != NULL; j++)
      right[i * d + j] = gsl_matrix_get(v, i, j);
  }
  if (u != NULL) gsl_matrix_free(u);
  if (v != NULL) gsl_matrix_free(v);
  if (s != NULL) gsl_vector_free(s);
  return status;
}

static StatusCode settle(int status, int64_t d, Error *err) {
  if (status == GSL_SUCCESS) return STATUS_OK;
  return error_set(err, STATUS_INTERNAL, "spectrum of a %lld x %lld weight: %s", (long long)d,
                   (long long)d, gsl_strerror(status));
}

StatusCode spectrum_compute(double *re, double *im, double *singular, const double *matrix,
                            int64_t d, Error *err) {
  gsl_error_handler_t *before = gsl_set_error_handler_off(); /* statuses are checked here instead */
  int status = eigenvalues(re, im, matrix, (size_t)d);
  if (status == GSL_SUCCESS) status = decompose(NULL, singular, NULL, matrix, (size_t)d);
  gsl_set_error_handler(before);
  return settle(status, d, err);
}

StatusCode spectrum_decompose(double *left, double *singular, double *right, const double *matrix,
                              int64_t d, Error *err) {
  gsl_error_handler_t *before = gsl_set_error_handler_off();
  const int status = decompose(left, singular, right, matrix, (size_t)d);
  gsl_set_error_handler(before);
  return settle(status, d, err);
}
