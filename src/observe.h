/* observe.h -- what is measured along a run: the list of observables and the record that holds one
 * step's values. */
#ifndef SRC_OBSERVE_H
#define SRC_OBSERVE_H

#include <arb.h>
#include <stdint.h>

/* X(name, doc). Losses and norms of step t are functions of the weights U_t (before the update t ->
   t+1) with the gates of U_t. A name is what formulas, the run store, JSON and figures call it. */
#define OBSERVABLE_LIST(X)                                                                         \
  X(K1, "empirical logistic loss of block P at the signal weight Wbar")                            \
  X(K2, "empirical logistic loss of block Q at the signal weight Vbar")                            \
  X(loss_P, "the network's own loss l(y h) of block P")                                            \
  X(loss_Q, "the network's own loss l(y g) of block Q")                                            \
  X(loss_PQ, "the network's own joint loss l(y (h + g))")                                          \
  X(acc_P, "share of prompts with y h > 0")                                                        \
  X(acc_Q, "share of prompts with y g > 0")                                                        \
  X(acc_PQ, "share of prompts with y (h + g) > 0")                                                 \
  X(margin_P, "mean over prompts of y hbar, hbar with the signal weight Wbar")                     \
  X(margin_Q, "mean over prompts of y gbar, gbar with the signal weight Vbar")                     \
  X(norm_W, "Frobenius norm of W")                                                                 \
  X(norm_V, "Frobenius norm of V")                                                                 \
  X(norm_Wbar, "Frobenius norm of the signal weight Wbar")                                         \
  X(norm_Vbar, "Frobenius norm of the signal weight Vbar")                                         \
  X(norm_Wtilde, "Frobenius norm of the noise weight Wtilde")                                      \
  X(norm_Vtilde, "Frobenius norm of the noise weight Vtilde")                                      \
  X(norm_dWbar, "Frobenius norm of Wbar_t - Wbar_{t1}; 0 before t1")                               \
  X(norm_dVbar, "Frobenius norm of Vbar_t - Vbar_{t1}; 0 before t1")                               \
  X(trace_W, "trace of W")                                                                         \
  X(trace_V, "trace of V")                                                                         \
  X(trace_Wbar, "trace of Wbar")                                                                   \
  X(trace_Vbar, "trace of Vbar")                                                                   \
  X(align_W, "w*' W w* / norm(W): alignment with w* w*'; 0 when W = 0")                            \
  X(align_V, "z' V z / (u^2 norm(V)): alignment with z z'; 0 when V = 0")                          \
  X(gate_P,                                                                                        \
    "share of block P's gates that agree with the label: a = 1[y_l = y_q]; under softmax, mean "   \
    "share of the attention on y_l = y_q")                                                         \
  X(gate_Q, "share of block Q's gates that agree with the label (gate_P under shared gates)")      \
  X(flips, "gate flips so far")                                                                    \
  X(fallbacks, "gate signs so far that double precision could not tell")                           \
  X(undecided, "gate signs so far that stayed unknown")                                            \
  X(grad_W, "largest Frobenius norm of grad_W over the steps before t; 0 at t = 0")                \
  X(grad_V, "largest Frobenius norm of grad_V over the steps before t; 0 at t = 0")                \
  X(contract_P, "largest B = mean of norm(m_n)^2 norm(x_qn)^2 of block P over the steps so far;"   \
                " 0 under softmax")                                                                \
  X(contract_Q, "largest B of block Q over the steps so far")                                      \
  X(min_margin, "smallest <y w*, x^P> over all tokens; constant")                                  \
  X(audit_W,                                                                                       \
    "largest relative defect of the audited steps so far, block P (audit.h); 0 before the first")  \
  X(audit_V, "the same of block Q")                                                                \
  X(audited, "audited steps so far")                                                               \
  X(eta_lambda_time,                                                                               \
    "sum of eta lambda over the steps so far; double arithmetic, for axes of figures only")

typedef enum {
#define X(name, doc) OBS_##name,
  OBSERVABLE_LIST(X)
#undef X
      OBSERVABLE_COUNT
} ObservableId;

extern const char *const observable_name[OBSERVABLE_COUNT];
extern const char *const observable_doc[OBSERVABLE_COUNT];
/* The id of a name, or -1. */
int observable_find(const char *name);

/* One step's values. Owned arbs. */
typedef struct {
  int64_t step;
  arb_struct value[OBSERVABLE_COUNT];
} Record;
void record_init(Record *record);
void record_clear(Record *record);

#endif
