/* replay_internal.h -- the state of a replay, shared by its loops (replay.c) and what is measured
 * on it (replay_observe.c). */
#ifndef SRC_REPLAY_INTERNAL_H
#define SRC_REPLAY_INTERNAL_H

#include "src/replay.h"

typedef struct {
  const Params *params;
  const Dataset *data;
  slong prec;
  int64_t t, d, N, L, flips;
  /* per block */
  arb_ptr token[BLOCK_COUNT], size[BLOCK_COUNT]; /* (N, L+1, d); (N, L+1) norms */
  mag_ptr most[BLOCK_COUNT];                     /* (N, L+1) at least the norms */
  arb_ptr U[BLOCK_COUNT], noise[BLOCK_COUNT]; /* (d, d) midpoints of W or V, of the noise weight */
  arb_ptr at_t1[BLOCK_COUNT];                 /* (d, d) the signal weight at t1, with radius */
  arb_ptr gradient[BLOCK_COUNT];              /* (d, d) */
  arb_ptr reading[BLOCK_COUNT], sum[BLOCK_COUNT]; /* (N, d) U x_q and m_n */
  arb_ptr output[BLOCK_COUNT];                    /* (N) */
  arb_ptr sign;                                   /* (L) y_l a_l of a prompt */
  arb_ptr slope, scratch;                         /* (N); (max(d^2, N d)) */
  unsigned char *open[BLOCK_COUNT];               /* (N, L) */
  arb_struct radius[BLOCK_COUNT];                 /* of U: norm(U - U*) <= radius */
  arb_struct noise_radius[BLOCK_COUNT];
  arb_struct B[BLOCK_COUNT], largest_B[BLOCK_COUNT], largest_gradient[BLOCK_COUNT];
  char ended[256];
} Replay;

/* Token l of prompt n: (d) exact balls. */
arb_ptr replay_token(const Replay *replay, int block, int64_t n, int64_t l);
/* norm := of the balls x, as they are. */
void replay_norm(arb_t norm, arb_srcptr x, slong count, slong prec);

/* out := the signal weight U - Utilde of a block, (d, d), with its radius. */
void replay_signal(arb_ptr out, const Replay *replay, int block);
/* Sets the values of record out->count. */
void replay_observe(Trace *out, const Replay *replay);

#endif
