/* replay.h -- training once more from nothing, by a second and deliberately simple code path: every
 * number is a ball of Arb, every step does all of its work over all prompts and tokens, in the
 * order of the formulas in trainer.h. No engines, no filters, nothing kept from one step to the
 * next but the weights (and the maxima, sums and counts that are asked for). For checking what the
 * program says by other code.
 *
 * What makes it a proof is that each operation on balls encloses, and that a gate counts only when
 * its score's ball says its sign. Nothing else is used: not D.contract, on which the certificate
 * rests (certificate.md), nor any theorem of the paper's or ours about training. The price are the
 * bits that balls lose: 31 of them over `quick`.
 *
 * Shared with the program: parameters, random streams (rng.h), the data set (dataset.h), which
 * steps are recorded (schedule.h), the names of what is measured (observe.h, moment.h, measure.h),
 * and Arb. Not shared: engines, gates, trainer, observables, spectra, the certificate, the store.
 */
#ifndef SRC_REPLAY_H
#define SRC_REPLAY_H

#include "src/dataset.h"
#include "src/run.h"
#include "src/store.h"

/* *out := the trace of the exact trajectory on the default schedule and at the named steps, every
   value an enclosure, at prec bits; out->info.ended says so when a gate could not be told, and then
   what is after it is NaN. Observables of the program's own work are NaN. trace_clear releases it.
   STATUS_DATA when the parameters are for another optimizer or attention than sgd and relu;
   STATUS_INTERNAL. */
MUST_CHECK StatusCode replay_train(Trace *out, const Params *params, const Dataset *data,
                                   slong prec, const Progress *progress, Error *err);

/* Whether replay_train gives this observable a value. It does not for what is measured on the
   program's own work (audits, undecided gates, ...). Moments (moment.h) it measures all. */
bool replay_measures(ObservableId id);

#endif
