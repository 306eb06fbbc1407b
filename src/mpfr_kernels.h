/* mpfr_kernels.h -- the two bulk products of the mpfr engine, each in its plain definition and in
 * its fast form. */
#ifndef SRC_MPFR_KERNELS_H
#define SRC_MPFR_KERNELS_H

#include "src/engine.h"
#include "src/fixed.h"
#include "src/ifma.h"
#include "src/queries.h"

/* Scratch space for one engine's sizes and precision. */
typedef struct {
  int k;                   /* limbs of a fixed-point value (fixed_limbs) */
  mp_limb_t *value;        /* (max(d d, N), k) the weights or residuals */
  mp_limb_t *total;        /* (max(d, N), k + 1) sums of rows of value */
  mp_limb_t *middle;       /* (N d, k + 1) first-level results: U x of a group, or
                              sums of c_n M_n over groups */
  mp_limb_t *middle_total; /* (max(N, d), k + 2) their sums */
  mp_limb_t *result;       /* (k + 2) */
  mp_limb_t *scratch;      /* (k + 2) */
  uint64_t *m;             /* (N, d) biased gated sums, by groups of queries */
  Queries queries[2];      /* of the two blocks, recognised by their content */
  int last_queries;        /* the one used last */
  mpfr_t *pair;            /* (max(d d, N)) exact products of two tokens, for the plain path */
  int64_t pair_count;
  mpfr_ptr *left, *right; /* (max(d d, N)) operands of mpfr_dot */
  Ifma ifma;              /* where the processor has it */
} MpfrKernels;

MUST_CHECK StatusCode mpfr_kernels_open(MpfrKernels *out, const Engine *e, Error *err);
void mpfr_kernels_close(MpfrKernels *work);

/* h_n := RN(sum_ij M_ni U_ij x_nj), n < N: the kernel `bilinear` before its division by L. Plain:
   one mpfr_dot a prompt. Fast: the same bits through fixed point; false when the weights' exponents
   lie too far apart for it (or memory is short), with h untouched. A zero result is +0. */
void mpfr_bilinear_plain(mpfr_t *h, const mpfr_t *U, const double *M, const double *X,
                         int64_t x_stride, MpfrKernels *work, const Engine *e);
bool mpfr_bilinear_fast(mpfr_t *h, const mpfr_t *U, const double *M, const double *X,
                        int64_t x_stride, int grid, MpfrKernels *work, const Engine *e);

/* G_ij := RN(sum_n c_n M_ni x_nj): the kernel `gradient` before its division by N L; likewise. */
void mpfr_gradient_plain(mpfr_t *G, const mpfr_t *c, const double *M, const double *X,
                         int64_t x_stride, MpfrKernels *work, const Engine *e);
bool mpfr_gradient_fast(mpfr_t *G, const mpfr_t *c, const double *M, const double *X,
                        int64_t x_stride, int grid, MpfrKernels *work, const Engine *e);

/* The fast ones, the plain ones where those leave off, or without FAST_FIXED. */
void mpfr_bilinear(mpfr_t *h, const mpfr_t *U, const double *M, const double *X, int64_t x_stride,
                   int grid, MpfrKernels *work, const Engine *e);
void mpfr_gradient(mpfr_t *G, const mpfr_t *c, const double *M, const double *X, int64_t x_stride,
                   int grid, MpfrKernels *work, const Engine *e);

#endif
