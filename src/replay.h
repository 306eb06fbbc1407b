/* replay.h -- training once more from nothing, by a second and deliberately simple code path: its
 * own loops in ball arithmetic over prompts, tokens and entries, no engines, no filters, no gated
 * sums kept from step to step. For checking what the program says by other code.
 *
 * Shared with the program: parameters, random streams (rng.h), the data set (dataset.h), which
 * steps are recorded (schedule.h), and Arb. Not shared: engines, gates, trainer, observables, the
 * certificate, the store. One theorem is used, D.contract (certificate.md, 5 and 6): a step with
 * certain gates multiplies the distance of two points by at most kappa. So the weights are kept as
 * a midpoint with one radius, and what a step rounds is what Arb says it does.
 */
#ifndef SRC_REPLAY_H
#define SRC_REPLAY_H

#include "src/dataset.h"
#include "src/run.h"
#include "src/store.h"

/* *out := the trace of the exact trajectory on the default schedule, every value an enclosure, at
   prec bits; out->info.ended says so when a gate could not be told, and then what is after it is
   missing. Observables of the program's own work are NaN. trace_clear releases it. STATUS_DATA when
   the parameters are for another optimizer or attention than sgd and relu; STATUS_INTERNAL. */
MUST_CHECK StatusCode replay_train(Trace *out, const Params *params, const Dataset *data,
                                   slong prec, const Progress *progress, Error *err);

/* Whether replay_train gives this observable a value. It does not for what is measured on the
   program's own work (audits, undecided gates, ...); moments (moment.h) it never measures. */
bool replay_measures(ObservableId id);

#endif
