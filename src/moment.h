/* moment.h -- what is measured at named steps only: sums of eigenvalues, the top of U's spectrum,
 * and what the network knows with that alone or without it.
 */
#ifndef SRC_MOMENT_H
#define SRC_MOMENT_H

#include <acb.h>

#include "src/observe.h"
#include "src/status.h"
#include "src/trainer.h"

/* X(name, doc). "The top" of U = diag(W, V) is its largest singular value, in the sense of
   truncate.h: U's part of rank one that is nearest to it. It lies in one of the blocks, and then
   the other block is 0 in the top and whole in the rest. Gates stay those of U. */
#define MOMENT_LIST(X)                                                                             \
  X(eigensum_W, "sum of the eigenvalues of W, each enclosed")                                      \
  X(eigensum_V, "sum of the eigenvalues of V, each enclosed")                                      \
  X(top_W, "largest singular value of W")                                                          \
  X(top_V, "largest singular value of V")                                                          \
  X(K1_top, "loss of block P when all of U but its largest singular value is dropped")             \
  X(K2_top, "loss of block Q when all of U but its largest singular value is dropped")             \
  X(K1_rest, "loss of block P when U's largest singular value is dropped")                         \
  X(K2_rest, "loss of block Q when U's largest singular value is dropped")                         \
  X(acc_P_top, "share of prompts with y h > 0 when all but the largest singular value is dropped") \
  X(acc_Q_top, "share of prompts with y g > 0 when all but the largest singular value is dropped") \
  X(acc_P_rest, "share of prompts with y h > 0 when the largest singular value is dropped")        \
  X(acc_Q_rest, "share of prompts with y g > 0 when the largest singular value is dropped")

typedef enum {
#define X(name, doc) MOMENT_##name,
  MOMENT_LIST(X)
#undef X
      MOMENT_COUNT
} MomentId;

extern const char *const moment_name[MOMENT_COUNT];
extern const char *const moment_doc[MOMENT_COUNT];
/* The id of a name, or -1. */
int moment_find(const char *name);

/* The observable that is the same number by an identity of matrices, or -1: the sum of a matrix's
   eigenvalues is its trace. */
int moment_identity(MomentId id);

/* out[id] := its value at the present step, an enclosure of the exact function of the engine's
   weights and gates (with a certificate: of the exact trajectory's); a ball that is no number (NaN)
   when the largest singular value cannot be told from the next, or d is beyond SPECTRUM_BALL_MAX.
   out: (MOMENT_COUNT); eigenvalue[b]: (d) those of W and V (spectrum_enclose), unused beyond
   SPECTRUM_BALL_MAX. */
void moments_measure(arb_ptr out, const acb_srcptr eigenvalue[BLOCK_COUNT], const Trainer *trainer);

#endif
