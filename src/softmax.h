/* softmax.h -- softmax attention, for the question what happens when it stands in the place of the
 * normalised ReLU attention. In binary64: the double engine's weights are its shadows.
 *
 * Score of token l under weights U: s^b_l = x_l^b' U_b x_q^b in block b. A block's attention is
 *
 *     p_l = exp(s_l) / sum_k exp(s_k),   s = s^b under split gates, s = s^P + s^Q under shared
 * ones,
 *
 * and its output h_n (or g_n) = sum_l y_l p_l, in [-1, 1]. So under shared gates there is one
 * attention and h = g; f = h + g under both. With dp_l/ds_k = p_l (1[l = k] - p_k),
 *
 *     dh_n/ds_k = p_k (y_k - h_n),   grad_U_b = (1/N) sum_n c_n m_n x_qn',
 *     m_n = sum_l p_l (y_l - h_n) x_l^b
 *
 * which has the form of the ReLU gradient: M_n = L m_n stands where the gated sums stood, L p_l
 * where a gate stood (1 for each token when the attention is uniform).
 *
 * K1 and K2 look at a block alone: p is the softmax of the block's own scores under the signal
 * weight. Under split gates this is the network's own output at that weight; under shared ones it
 * leaves the other block's scores out, since with them a block would be credited with what the
 * other has learned. There are no gates to freeze, and weights 0 give uniform attention, so the
 * loss is log 2 up to the imbalance of the context's labels, as before.
 */
#ifndef SRC_SOFTMAX_H
#define SRC_SOFTMAX_H

#include "src/dataset.h"

typedef struct Softmax Softmax;

/* *out := the attention of a data set, as under weights 0. data must outlive it. */
MUST_CHECK StatusCode softmax_open(Softmax **out, const Dataset *data, GateKind kind, Error *err);
void softmax_close(Softmax *softmax); /* NULL is allowed */

/* Brings attention, outputs and sums to new weights, each (d, d). */
void softmax_update(Softmax *softmax, const double *const weight[BLOCK_COUNT]);

/* Of the last update, owned by the softmax: h or g, (N); M, (N, d). */
const double *softmax_outputs(const Softmax *softmax, Block b);
const double *softmax_sums(const Softmax *softmax, Block b);
/* Mean over prompts of the attention that falls on tokens with y_l = y_q. */
double softmax_agreement(const Softmax *softmax, Block b);

/* out_n := output of block b alone under a weight (d, d); out: (N). */
void softmax_alone(double *out, Softmax *softmax, Block b, const double *weight);

#endif
