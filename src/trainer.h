/* trainer.h -- two-stage training (in words: export_words.c), written once against the engine
 * table: INITIALIZE, STEP, OBSERVE.
 *
 * State before step t: signal weights Wbar, Vbar, noise weights Wtilde, Vtilde, the weights U =
 * RN(Ubar + Utilde), and the gates of U. A step is h, g      := bilinear forms of U with the gated
 * sums M                 (network outputs per prompt) c         := residuals of the reading's loss
 *     Ubar      := (1 - eta lambda) Ubar - eta grad
 *     Utilde    := (1 - eta lambda) Utilde - eta xi_t
 *     U         := Ubar + Utilde, then the gates of the new U
 * with eta = eta1 while t < t1 and eta2 afterwards.
 *
 * Under optimizer adam the second line is, entry by entry and with A_0 = S_0 = 0, b1 = 0.9,
 * b2 = 0.999, e = 1e-8,
 *     A    := b1 A + (1 - b1) grad,   S := b2 S + (1 - b2) grad^2
 *     Ubar := (1 - eta lambda) Ubar - eta (A / (1 - b1^(t+1))) / (sqrt(S / (1 - b2^(t+1))) + e)
 * Decay stays outside the moments (decoupled), and the noise keeps its own recursion and does not
 * enter them: so U is the sum of what the gradients did and what the noise did, as under sgd.
 * Under attention softmax h, g and grad are those of softmax.h, and there are no gates.
 */
#ifndef SRC_TRAINER_H
#define SRC_TRAINER_H

#include <arb_mat.h>

#include "src/dataset.h"
#include "src/engine.h"
#include "src/gate.h"
#include "src/observe.h"
#include "src/params.h"
#include "src/state.h"
#include "src/truncate.h"

typedef struct Trainer Trainer;

/* The weights that can be looked at. Full = signal + noise. */
typedef enum { WEIGHT_SIGNAL, WEIGHT_NOISE, WEIGHT_FULL, WEIGHT_KINDS } WeightKind;
const char *weight_name(Block b, WeightKind kind); /* Wbar Wtilde W, Vbar Vtilde V */

/* Whether an engine can train these parameters: STATUS_DATA when nothing can ever train, as tau0 =
   tau_xi = 0 leaves every gate shut; STATUS_USAGE when the engine lacks the optimizer or the
   attention (softmax: double only). */
MUST_CHECK StatusCode trainer_check(const Params *params, EngineKind engine, Error *err);

/* *out := a trainer at step 0, without the fast paths in `plain`: none of its results depends on
   them. data and params must outlive it. Errors of trainer_check. */
MUST_CHECK StatusCode trainer_open(Trainer **out, const Params *params, const Dataset *data,
                                   EngineKind engine, int64_t precision, PlainSet plain,
                                   Error *err);
void trainer_close(Trainer *trainer); /* NULL is allowed */
/* Does without these fast paths from now on, and with all others. */
void trainer_set_plain(Trainer *trainer, PlainSet plain);

int64_t trainer_time(const Trainer *trainer); /* t: the number of steps done */

/* One step. STATUS_DATA naming step and quantity when a weight stops being finite. */
MUST_CHECK StatusCode trainer_step(Trainer *trainer, Error *err);

/* *record := the observables at the present step. record is initialised. Each value is the exact
   function of the engine's scalars (weights, and outputs h, hbar as the engine computes them) to
   about precision + 30 bits, but for gate_*, grad_*, contract_*, min_margin and eta_lambda_time:
   those are computed in doubles, to a relative 1e-12 (gate_* to 2^-53). With the ball engine all of
   them are enclosures of the exact trajectory's, and with a certificate those that
   certificate_covers. The audit's observables are not the trainer's: they are left alone.
   STATUS_DATA naming step and observable when one is not finite or its exponent has more than 100
   bits. */
MUST_CHECK StatusCode trainer_observe(Record *record, Trainer *trainer, Error *err);
/* The same check of all observables, once the audit's are there too. */
MUST_CHECK StatusCode trainer_check_record(const Record *record, const Trainer *trainer,
                                           Error *err);

/* out := a weight, exactly; out is initialised (d, d). */
void trainer_weight(arb_mat_t out, const Trainer *trainer, Block b, WeightKind kind);

/* out := a weight, each entry rounded to the nearest double; out: (d, d). */
void trainer_shadow(double *out, const Trainer *trainer, Block b, WeightKind kind);

/* rows := truncation_compute of W and V, rounded to doubles, with the present gates. */
MUST_CHECK StatusCode trainer_truncate(Truncation *rows, const Trainer *trainer, Error *err);

/* An upper bound of the radius (Frobenius norm) of W and of V, whichever is larger; 0 for an engine
   of numbers. */
double trainer_radius(const Trainer *trainer);

/* mean, square := the moments of Adam, rounded to doubles; each (d, d), 0 under sgd. */
void trainer_moments(double *mean, double *square, const Trainer *trainer, Block b);

/* Asks for a certificate (certificate.h) of the run from here on. At step 0 only. */
MUST_CHECK StatusCode trainer_certify(Trainer *trainer, Error *err);

/* What the certificate says at the present step. Once it breaks it stays broken; observables are
   enclosures of the exact trajectory's until then. */
typedef struct {
  bool asked, certified;
  bool applies;                 /* false: not to such a run, see reason */
  int64_t step;                 /* the last certified step, or the one that broke */
  int64_t gates;                /* gates shown to be those of the exact trajectory */
  double distance[BLOCK_COUNT]; /* bounds of norm(U - U*); infinite when broken */
  double noise[BLOCK_COUNT];    /* bounds of norm(Utilde - Utilde*) */
  char reason[200];             /* why it broke; empty otherwise */
} CertificateSummary;
CertificateSummary trainer_certificate(const Trainer *trainer);

/* Saves the trainer's whole state, or makes an opened one (of the same parameters, engine and
   precision, and with a certificate if the other had one) what it was: it goes on to the bit as if
   it had never stopped. */
void trainer_state(State *state, Trainer *trainer);

/* What the gates did so far, for benchmarks and tests. */
GateCounts trainer_gate_counts(const Trainer *trainer);

#endif
