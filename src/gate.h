/* gate.h -- gates: which context tokens a query attends to, decided exactly and recomputed only
 * where a sign can have changed.
 *
 * A gate a_l = 1[x_l' U x_q > 0] is the sign of an exact bilinear form of the engine's current
 * weights. It is decided in binary64 from the shadow weights (each weight rounded to the nearest
 * double) with a rigorous error bound; where the bound cannot tell, the caller's exact evaluation
 * decides. A decided score stays decided until the weights have travelled as far, in Frobenius
 * norm, as its margin:
 *
 *     |x_l' dU x_q| <= norm(dU) reach,   reach = sqrt(sum_b norm(x_l^b)^2 norm(x_q^b)^2)
 * (Cauchy-Schwarz, block-diagonal U)
 *
 * When the weights are balls, a decided sign holds for every weight in them, and so for the exact
 * trajectory's, U. Neither the midpoint nor the shadow is U: both the score that is computed from
 * the shadow and the travel that is read off the shadows carry the radius R of the ball as a
 * possible error,
 *     |x_l' (U - shadow) x_q|  <= (UNIT norm(shadow) + R) reach
 *     norm(U_now - U_before)   <= norm(shadow_now - shadow_before)
 *                                 + UNIT (norm(shadow_now) + norm(shadow_before)) + R_now +
 * R_before (UNIT = 2^-53 for the rounding of the shadow; R = 0 for an engine of numbers). The
 * budget sums the second over the updates, so it pays for each radius twice. Underflows are paid
 * for by floors (gate.c): 2^-520 of travel with every move, 2^-480 reach of a score.
 *
 * Every bound below is rounded so that it can only make a score be looked at again too early, never
 * too late.
 */
#ifndef SRC_GATE_H
#define SRC_GATE_H

#include <stdint.h>

#include "src/dataset.h"
#include "src/fast_path.h"
#include "src/params.h"
#include "src/state.h"

/* The sign (-1, 0, +1) of sum over the blocks of the mask of x_l' U_b x_q for prompt n, from the
   engine's own weights; GATE_SIGN_UNKNOWN when the arithmetic cannot tell. */
#define GATE_SIGN_UNKNOWN 2
typedef int (*GateSign)(int64_t n, int64_t l, unsigned block_mask, void *context);

typedef struct Gate Gate;

/* *out := gates of a data set, all shut, no score known. data must outlive it. */
MUST_CHECK StatusCode gate_open(Gate **out, const Dataset *data, GateKind kind, PlainSet plain,
                                Error *err);
void gate_close(Gate *gate); /* NULL is allowed */
/* Does without these fast paths from now on. */
void gate_set_plain(Gate *gate, PlainSet plain);

/* The weights that gates are brought to: any within `radius` (Frobenius norm) of a matrix whose
   nearest doubles are the shadow. An engine of numbers has radius 0. */
typedef struct {
  const double *shadow[BLOCK_COUNT]; /* (d, d) */
  double radius[BLOCK_COUNT];
  bool exact;             /* the shadow is not rounded */
  bool tiny[BLOCK_COUNT]; /* the shadow is 0, the weights are not: all are below 2^-1074 */
} GateWeights;

/* Brings the gates to new weights. Returns true when some gate flipped. An unknown sign counts as
   undecided and leaves the gate as it was. */
bool gate_update(Gate *gate, const GateWeights *weights, GateSign sign, void *context);

/* Is |sum over the blocks of the mask of x_l' U_b x_q| > distance reach, in exact arithmetic from
   the engine's own weights (or reach = 0)? */
typedef bool (*GateCertain)(int64_t n, int64_t l, unsigned block_mask, double distance,
                            void *context);

/* From now on updates certify as well: every gate is shown to be that of all weights U* with
   norm(U_b - U*_b) <= distance[b] <= 2^500 (0 or at least 2^-500), or the first that cannot is
   kept. To be told again before each update; certain gets the context of gate_update. NULL: no
   more. */
void gate_certify(Gate *gate, const double distance[BLOCK_COUNT], GateCertain certain);

/* The first gate that could not be certified. */
typedef struct {
  bool broken;
  int64_t n, l;
  unsigned mask;
  double needed, available; /* |score| / reach: the distance, and what the filter was sure of */
} GateBreak;
GateBreak gate_break(const Gate *gate);

/* M_n^b = sum_l y_l a^b_l x_l^b: (N, d), exact (see the grid in dataset.h). Owned by the gate,
 * valid until the next update. */
const double *gate_sums(const Gate *gate, Block b);
/* Gates of block b: (N, L), 0 or 1. */
const unsigned char *gate_open_flags(const Gate *gate, Block b);
/* The number of gates of block b with a_l = 1[y_l = y_q], and their share. */
int64_t gate_agreeing(const Gate *gate, Block b);
double gate_agreement(const Gate *gate, Block b);

typedef struct {
  int64_t scored;    /* scores computed in double */
  int64_t fallbacks; /* scores whose sign double could not tell, of those that were due */
  int64_t flips;
  int64_t undecided;
  int64_t open_prompt, open_token; /* of the first undecided score, */
  unsigned open_mask;              /* and its blocks */
} GateCounts;
GateCounts gate_counts(const Gate *gate);

/* Saves or restores the gates, but for a certificate that broke: such a run has ended. */
void gate_state(State *state, Gate *gate);

#endif
