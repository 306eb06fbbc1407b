/* certificate.h -- a rigorous bound on how far the computed trajectory is from the exact one,
 * carried along a run in double or MPFR. The mathematics is in certificate.md, whose numbered
 * statements the code cites.
 *
 * The exact trajectory U*, Utilde* is the one that training (trainer.h) defines with exact real
 * arithmetic from the same doubles: tokens, initial weights, noise increments, eta, lambda.
 */
#ifndef SRC_CERTIFICATE_H
#define SRC_CERTIFICATE_H

#include "src/trainer.h"

typedef struct Certificate Certificate;

/* The trainer's hooks; each does nothing for a trainer without a certificate. */

/* After residual and gradient of block b. */
void certificate_gradient(Trainer *trainer, Block b);
/* After both recursions of block b, while trainer->noise holds xi_t. */
void certificate_descent(Trainer *trainer, Block b, double eta);
/* After the step of both blocks, before U is formed and t counted up. */
void certificate_step(Trainer *trainer, double eta);
/* Between U := Ubar + Utilde and the update of the gates; and after it. */
void certificate_before_gates(Trainer *trainer);
void certificate_after_gates(Trainer *trainer, bool flipped);

/* Widens the observables of the present step so that they hold those of the exact trajectory. */
void certificate_observe(Record *record, Trainer *trainer);
/* Which they are: not those that speak of the program's own work (fall-backs, audits), with which
   nothing exact could be compared. */
bool certificate_covers(ObservableId id);

/* Widens a weight of the present step so that it holds the exact trajectory's: a bound on a norm
   bounds every entry. Does nothing without a certificate. */
void certificate_widen_weight(arb_mat_t weight, const Trainer *trainer, Block b, WeightKind kind);

/* Saves or restores the bounds. */
void certificate_state(State *state, Trainer *trainer);

void certificate_close(Certificate *certificate); /* NULL is allowed */

#endif
