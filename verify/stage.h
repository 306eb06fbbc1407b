/* stage.h -- when a run learned what. */
#ifndef VERIFY_STAGE_H
#define VERIFY_STAGE_H

#include "src/store.h"
#include "verify/claim.h"

/* Steps; infinite: never, NaN: not known. */
typedef struct {
  double scale; /* 1/(4 eta1 lambda), which the paper computes t1 as */
  double t_P;   /* K1 has fallen half-way: the observable of the claim T1.time.P */
  double t_Q;   /* K2 has: that of T1.time.Q */
  double t_X;   /* the rates of descent cross, see stage_crossing */
} StageTimes;

/* *out := the stage times of a run. The half-way times are those that the claims file defines;
   a file without these claims leaves them unknown. STATUS_INTERNAL only. */
MUST_CHECK StatusCode stage_times(StageTimes *out, const ClaimSet *claims, const Trace *trace,
                                  Error *err);

/* The first recorded step s from which on, over a window, K2 falls by more than K1: K2(s) - K2(s')
   > max(K1(s) - K1(s'), 0), s' the first recorded step that is at least max(1, t1/16) later. The
   window is there so that the noise of single steps does not decide. Infinite: at no step. In
   doubles: it is a figure, not a verdict. */
double stage_crossing(const Trace *trace);

/* *out := the observable of a claim on a run, as a double; NaN when it has none there. */
MUST_CHECK StatusCode stage_observable(double *out, const Claim *claim, const Trace *trace,
                                       Error *err);

#endif
