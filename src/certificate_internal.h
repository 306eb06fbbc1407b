/* certificate_internal.h -- the certificate's state, shared by carrying it (certificate.c) and by
 * widening observables with it (certificate_observe.c). */
#ifndef SRC_CERTIFICATE_INTERNAL_H
#define SRC_CERTIFICATE_INTERNAL_H

#include "src/certificate.h"

/* [2] Every formula of the bounds adds and multiplies at most 2^22 nonnegative doubles; their
   roundings are below 2^22 2^-53 < 1e-9 together. */
#define SLACK (1 + 1e-9)
/* [3] More than all underflows of a step can do to a weight, or to a score in units of its reach.
 */
#define BOUND_FLOOR 0x1p-440
/* Squares of entries below 2^-537 underflow: together below 2^-527 in a norm of 2^20 entries. */
#define NORM_FLOOR 0x1p-520
#define BOUND_MAX 0x1p400

/* Bounds are upper ones, norms are Frobenius norms. */
typedef struct {
  double *query;             /* (N) norm(x_qn) */
  double *reach;             /* (N) norm(m_n) norm(x_qn) */
  double mean_reach;         /* over the prompts */
  double curvature;          /* sqrt(B), B the mean of reach^2 */
  double norm[WEIGHT_KINDS]; /* of the computed weights */
  double gradient_norm;      /* of the last computed gradient */
  double gradient_error;     /* its distance from the exact gradient at Ubar + Utilde */
  double gradient_off;       /* largest distance so far from that of the exact trajectory */
  double local;              /* what the last step rounded */
  double total;              /* norm(Ubar + Utilde - U*), under joint loss of the pair */
  double noise;              /* norm(Utilde - Utilde*) */
  double signal_at_t1;       /* norm(Ubar - Ubar*) at t1 */
} CertificateBlock;

struct Certificate {
  CertificateBlock block[BLOCK_COUNT];
  double unit;                         /* 2^-p */
  double bilinear, residual, gradient; /* relative roundings of the kernels */
  double rho[2], rho_error[2];         /* of the stages */
  double margin_error;                 /* of min_margin */
  double *scratch;                     /* (max(N, d^2)) */
  bool joint;
  int families; /* of gates */
  bool applies, broken;
  int64_t step; /* the last certified step, or the one that broke */
  char reason[200];
};

/* norm(U - U*) of block b at the present step. */
double certificate_distance(const Trainer *trainer, Block b);

/* norm(Ubar - Ubar*): the difference of two differences. */
static inline double certificate_signal(const CertificateBlock *block) {
  return (block->total + block->noise) * SLACK;
}

#endif
