/* oracle.h -- the training of the model (README of src) once more, in plain MPFR loops over
 * prompts, tokens and entries: one recursion for the whole weight, gates by definition, no gated
 * sums, no engines. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <mpfr.h>

#include "src/dataset.h"
#include "src/params.h"
#include "src/trainer.h"

typedef struct {
  const Params *params;
  const Dataset *data;
  int64_t t;
  mpfr_prec_t prec;
  /* per block, W or V and what belongs to it */
  mpfr_t *U[BLOCK_COUNT];           /* (d, d) */
  mpfr_t *gradient[BLOCK_COUNT];    /* (d, d), of the last oracle_look */
  mpfr_t *output[BLOCK_COUNT];      /* (N) h or g, likewise */
  mpfr_t *slope[BLOCK_COUNT];       /* (N) derivative of l(y_q s) by s, at the reading's s */
  unsigned char *open[BLOCK_COUNT]; /* (N, L) gates of U */
} Oracle;

/* *out := the oracle at step 0: W = W_0, V = 0, and their gates. */
void oracle_open(Oracle *out, const Params *params, const Dataset *data, mpfr_prec_t prec);
void oracle_close(Oracle *oracle);

/* Outputs, slopes and gradients at U with the gates as they are. */
void oracle_look(Oracle *oracle);
/* U_{t+1} = (1 - eta lambda) U_t - eta (grad + xi_t) with the gradient of the look before, and the
   new gates. */
void oracle_step(Oracle *oracle);
/* U := the full weights of a trainer, t its time, and their gates. */
void oracle_follow(Oracle *oracle, const Trainer *trainer);
/* out := the loss that block b is trained by, at U, gates as they are. */
void oracle_loss(mpfr_t out, Oracle *oracle, Block b);

/* Sizes for error bounds, in doubles that err by little: */
/* sqrt of sum over both blocks of norm(Ubar + Utilde - U)^2, the trainer's weights taken exactly.
 */
double oracle_distance(const Oracle *oracle, const Trainer *trainer);
/* norm(m_n) of block b. */
double oracle_sum_norm(const Oracle *oracle, Block b, int64_t n);

#endif
