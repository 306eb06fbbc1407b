/* replay_check.h -- whether a replay came to what its file says. */
#ifndef VERIFY_REPLAY_CHECK_H
#define VERIFY_REPLAY_CHECK_H

#include "verify/judge.h"
#include "verify/replay_file.h"

/* The numbers are the exit statuses of `twostage replay`. */
typedef enum { REPLAY_CONFIRMED = 0, REPLAY_CONTRADICTED = 1, REPLAY_OPEN = 2 } ReplayOutcome;

/* CONFIRMED when data set, verdict, value, bound and witnesses are those of the file: for a
   certified file enclosures that meet, for a computed one numbers within 2^-20 of each other;
   infinities, and no number at all, are met by the same only. OPEN when the replay could not tell,
   or has a number that says too little (replay_is_number). data: the digest of the
   replay's data set; trace: its trajectory; found: the verdict on it. why := in words what differs,
   "" when nothing does. */
ReplayOutcome replay_compare(char why[REPLAY_WHY_SIZE], const ReplayFile *file, const char *data,
                             const Trace *trace, const Verdict *found);

#endif
