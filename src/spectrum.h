/* spectrum.h -- eigenvalues and singular values of a weight, in double precision by GSL (computed,
 * not certified). */
#ifndef SRC_SPECTRUM_H
#define SRC_SPECTRUM_H

#include <stdint.h>

#include "src/status.h"

/* re, im: (d) the eigenvalues of the d x d row-major matrix, by decreasing modulus, then real part,
   then imaginary part. singular: (d) its singular values, decreasing. Source: GSL's balanced
   Francis QR (gsl_eigen_nonsymm) and one-sided Jacobi SVD, which is accurate also for small
   singular values; but one below 10 d DBL_EPSILON times the one before is given as 0, and so are
   all after it. STATUS_INTERNAL when memory or the QR iteration fails. */
MUST_CHECK StatusCode spectrum_compute(double *re, double *im, double *singular,
                                       const double *matrix, int64_t d, Error *err);

/* matrix = sum_k singular_k left_k right_k', columns k of left and right: (d, d) row-major;
   singular: (d) as above. Source and errors: as above. */
MUST_CHECK StatusCode spectrum_decompose(double *left, double *singular, double *right,
                                         const double *matrix, int64_t d, Error *err);

#endif
