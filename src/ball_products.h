/* ball_products.h -- the two bulk products of the ball engine: of the midpoints as the mpfr engine
 * has them, of the radii in doubles. */
#ifndef SRC_BALL_PRODUCTS_H
#define SRC_BALL_PRODUCTS_H

#include <arb.h>

#include "src/engine.h"
#include "src/mpfr_kernels.h"

/* Scratch space for one engine's sizes and precision. */
typedef struct {
  MpfrKernels kernels;
  mpfr_t *value, *sum;   /* (max(d d, N)) midpoints of weights or residuals, and of results */
  int64_t count;         /* of each that is initialised */
  double *radius;        /* (max(d d, N)) */
  Engine doubles;        /* the radii's */
  Array weight, prompts; /* of that engine: (d, d), (N) */
  double *M, *X;         /* (N, d) sizes of gated sums and queries */
} BallProducts;

MUST_CHECK StatusCode ball_products_open(BallProducts *out, const Engine *e, Error *err);
void ball_products_close(BallProducts *work); /* a zeroed one is allowed */

/* Contain h_n = (1/L) M_n' U x_n, and G = (1/(N L)) sum_n c_n M_n x_n', for all points of their
   operands (engine.h: bilinear and gradient): the midpoint is the exact sum at the operands'
   midpoints, rounded to nearest and divided; the radius bounds those roundings, and the sum with
   radii and absolute values in the place of the balls and numbers. Midpoints of operands have at
   most e->precision bits. All of a result is indeterminate when an operand is not finite, or as
   large or small as 2^(+-2^29). */
void ball_bilinear(arb_ptr h, arb_srcptr U, const double *M, const double *X, int64_t x_stride,
                   int grid, BallProducts *work, const Engine *e);
void ball_gradient(arb_ptr G, arb_srcptr c, const double *M, const double *X, int64_t x_stride,
                   int grid, BallProducts *work, const Engine *e);

#endif
