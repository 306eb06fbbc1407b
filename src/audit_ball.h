/* audit_ball.h -- the audit of single steps for the ball engine: the same plain recomputation in
 * Arb, so that the defect of the exact trajectory is enclosed, not estimated. */
#ifndef SRC_AUDIT_BALL_H
#define SRC_AUDIT_BALL_H

#include "src/dataset.h"
#include "src/params.h"
#include "src/status.h"
#include "src/trainer.h"

typedef struct AuditBall AuditBall;

/* precision: bits of its arithmetic. */
MUST_CHECK StatusCode audit_ball_open(AuditBall **out, const Params *params, const Dataset *data,
                                      int64_t precision, Error *err);
void audit_ball_close(AuditBall *audit); /* NULL is allowed */

/* As audit_before and audit_after, with defect[b] a ball that contains the exact trajectory's
   defect, which is 0 if the step is right. Returns false, leaving defect alone, when some gate is
   not certain. */
void audit_ball_before(AuditBall *audit, const Trainer *trainer);
MUST_CHECK bool audit_ball_after(arb_struct defect[BLOCK_COUNT], AuditBall *audit,
                                 const Trainer *trainer);

#endif
