/* engine.h -- the arithmetic seam: one table of bulk kernels per engine; the trainer is written
 * once, above it. */
/* clang-format off */
/* What every engine guarantees:
 *  - arrays hold the engine's scalars; scalars leave only through array_get (balls), array_shadow and array_radius (doubles);
 *  - tokens X, gated sums M and noise increments are doubles and enter exactly;
 *  - the result of a kernel depends on its operands alone: not on thread, machine, compiler, optimisation or history;
 *  - in double and mpfr, what is rounded, and when, is the table below; RN is rounding to nearest-even in the engine's
 *    precision p, and nothing else is rounded;
 *  - in ball, no kernel rounds: its result contains every exact value of the formula on the left of the table, rho being 1 - eta
 *    lambda itself, at all points of its operands. So when the weights contain those of the exact trajectory and the gates
 *    are certain, the weights after the step contain those of the exact trajectory again.
 *
 *     kernel     double (p = 53)                                mpfr (53 <= p <= 4096)
 *     bilinear   h = (M_n' (U x_n)) / L, sums from the left,    RN(RN(sum_ij M_ni U_ij x_nj) / L): the dot product
 *                every + * / rounded                            is correctly rounded as a whole
 *     gradient   G_ij = (sum_n M_ni (c_n x_nj)) / (N L),        RN(RN(sum_n c_n M_ni x_nj) / (N L))
 *                sums from the left
 *     residual   -y sigmoid(-y s), relative error at most       RN(-y / (1 + exp(y s)))
 *                5 2^-53 (logistic.h)                      and 0 where y s >= 2^61
 *     descend    RN(RN(rho U) - RN(eta G))                      the same
 *     add        RN(A + B)                                      the same
 *     adam       each + - * / and square root of its formula    the same
 *                rounded, in the order of the parentheses
 *
 * with rho = RN(1 - eta lambda). Exponents do not overflow for parameters within params.h's ranges; a non-finite value
 * is reported by array_finite and stops the run.
 */
/* clang-format on */
#ifndef SRC_ENGINE_H
#define SRC_ENGINE_H

#include <arb.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/fast_path.h"

typedef enum { ENGINE_DOUBLE, ENGINE_MPFR, ENGINE_BALL } EngineKind;
#define ENGINE_KIND_COUNT 3
#define PRECISION_MIN 53
#define PRECISION_MAX 4096
/* Sizes that exact sums (mpfr_kernels.c) and bounds of radii (ball_products.c) count on. */
#define ENGINE_D_MAX 1024
#define ENGINE_N_MAX (INT64_C(1) << 20)
const char *engine_name(EngineKind kind); /* "double", "mpfr", "ball" */
MUST_CHECK bool engine_parse(EngineKind *out, const char *name);

/* n scalars of one engine. A weight is d x d, row-major: U_ij is scalar i d + j. */
typedef struct {
  int64_t n;
  void *data;
} Array;

typedef struct Engine Engine;

typedef struct {
  const char *name;
  MUST_CHECK StatusCode (*open)(Engine *e, Error *err); /* makes e->work */
  void (*close)(Engine *e);

  MUST_CHECK StatusCode (*array_open)(Array *out, int64_t n, const Engine *e,
                                      Error *err); /* zeros */
  void (*array_close)(Array *a, const Engine *e);
  void (*array_set)(Array *out, const double *x, const Engine *e); /* exact */
  void (*array_copy)(Array *out, const Array *a, const Engine *e);
  void (*array_shadow)(
      double *out, const Array *a,
      const Engine *e); /* each scalar (a ball's midpoint) rounded to the nearest double */
  /* An upper bound of the Frobenius norm of the radii; 0 where scalars are numbers. */
  double (*array_radius)(const Array *a, const Engine *e);
  void (*array_get)(arb_t out, const Array *a, int64_t i, const Engine *e); /* exact */
  /* a_i := x, of which array_get would give x again; with minus, x being 0, minus zero. False, a
     untouched, when no scalar of the engine is x. */
  MUST_CHECK bool (*array_put)(Array *a, int64_t i, const arb_t x, bool minus, const Engine *e);
  bool (*array_finite)(const Array *a, const Engine *e);

  /* h_n := (1/L) M_n' U x_n, n < N. h: (N); U: (d, d); M, X: (N, d) doubles with row strides d and
     x_stride, all of them integers below 2^53 times 2^grid. */
  void (*bilinear)(Array *h, const Array *U, const double *M, const double *X, int64_t x_stride,
                   int grid, const Engine *e);
  /* G := (1/(N L)) sum_n c_n M_n x_n'. G: (d, d); c: (N). */
  void (*gradient)(Array *G, const Array *c, const double *M, const double *X, int64_t x_stride,
                   int grid, const Engine *e);
  /* c_n := -y_n sigmoid(-y_n s_n), the derivative of l(y s) by s. */
  void (*residual)(Array *c, const Array *s, const double *y, const Engine *e);
  void (*add)(Array *out, const Array *a, const Array *b, const Engine *e);
  /* U := rho U - eta G, rho = RN(1 - eta lambda). */
  void (*descend)(Array *U, const Array *G, double eta, double lambda, const Engine *e);
  /* The same with doubles (the noise increment) in the place of G. */
  void (*descend_noise)(Array *U, const double *xi, double eta, double lambda, const Engine *e);
  /* One step of Adam (Kingma and Ba 2015) with decoupled decay, i over all entries:
         P1 := P1 b1,   P2 := P2 b2                     power: (2), 1 before the first step
         A_i := (b1 A_i) + ((1 - b1) G_i)               mean: (d, d), 0 before the first step
         S_i := (b2 S_i) + ((1 - b2) (G_i G_i))         square: (d, d), likewise
         U_i := (rho U_i) - (eta ((A_i / (1 - P1)) / (sqrt(S_i / (1 - P2)) + e)))
     b1, b2, e are the doubles ADAM_MEAN, ADAM_SQUARE, ADAM_FLOOR; 1 - b1 and 1 - b2 are exact. NULL
     in an engine without it. */
  void (*adam)(Array *U, Array *mean, Array *square, Array *power, const Array *G, double eta,
               double lambda, const Engine *e);
} EngineOps;

#define ADAM_MEAN 0.9
#define ADAM_SQUARE 0.999
#define ADAM_FLOOR 1e-8

/* Sizes are fixed for the life of an engine, so that kernels own their scratch space. */
struct Engine {
  const EngineOps *ops;
  EngineKind kind;
  int64_t precision; /* bits */
  int64_t d, N, L;
  PlainSet plain; /* no result depends on it */

  void *work;
};

bool engine_has_adam(EngineKind kind);

extern const EngineOps engine_double_ops, engine_mpfr_ops, engine_ball_ops;

/* *out := an engine; engine_close releases it. */
MUST_CHECK StatusCode engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d,
                                  int64_t N, int64_t L, PlainSet plain, Error *err);
void engine_close(Engine *e);

#endif
