/* audit.h -- a second, plain look at single training steps: the recursions recomputed with
 * nested loops, without engines or gates' shortcuts.
 *
 * The trainer is fast and therefore intricate; the audit is slow and obvious, shares no code with
 * it but the random streams, and so turns "the recorded trajectory obeys the update rule" into a
 * number that a claim (D.step) can judge.
 */
#ifndef SRC_AUDIT_H
#define SRC_AUDIT_H

#include "src/dataset.h"
#include "src/params.h"
#include "src/status.h"
#include "src/trainer.h"

typedef struct Audit Audit;

MUST_CHECK StatusCode audit_open(Audit **out, const Params *params, const Dataset *data,
                                 Error *err);
void audit_close(Audit *audit); /* NULL is allowed */

/* Takes the weights before a step; then, after the step, defect[b] := the larger of norm(Ubar_{t+1}
   - expected) and norm(Utilde_{t+1} - expected), relative to norm(Ubar_t) + norm(Utilde_t) + eta
   (norm(grad) + norm(xi)), where expected is the right-hand side of the recursions of
   training (words: export_words.c) at the weights before. Under adam there are two recursions
   more, of the moments: their defects count too, relative to norm(A) + g and norm(S) + g^2, where g
   is what the gradient can be as a sum of sizes; the right-hand side of Ubar's then takes the
   moments as they are after the step, since dividing by a small square root would blow the moments'
   rounding up. Both weights are read rounded to doubles
   and the right-hand side is computed in doubles, so a correct step gives a defect of rounding size
   (see audit.c), not 0. Returns false, leaving defect alone, when some gate's score is too close to
   0 for doubles to decide it. */
void audit_before(Audit *audit, const Trainer *trainer);
MUST_CHECK bool audit_after(double defect[BLOCK_COUNT], Audit *audit, const Trainer *trainer);

#endif
