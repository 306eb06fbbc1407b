/* replay_check.c -- a replayed verdict held against that of a replay file. */
#include "verify/replay_check.h"

#include <stdio.h>
#include <string.h>

/* A computed verdict has no radius of its own: its value has to be met to this relative distance.
 */
#define COMPUTED_TOLERANCE (-20) /* 2^-20 */

/* Do two values agree? Both are enclosures of one number, or the file's was only computed. */
static bool agrees(const arb_t ours, const arb_t files, bool certified) {
  arb_t widened;
  arb_init(widened);
  arb_set(widened, files);
  if (!certified && arb_is_finite(files)) {
    mag_t size;
    mag_init(size);
    arb_get_mag(size, files);
    mag_mul_2exp_si(size, size, COMPUTED_TOLERANCE);
    arb_add_error_mag(widened, size);
    mag_clear(size);
  }
  const bool same = arb_overlaps(ours, widened);
  arb_clear(widened);
  return same;
}

ReplayOutcome replay_compare(char why[REPLAY_WHY_SIZE], const ReplayFile *file, const Dataset *data,
                             const Trace *trace, const Verdict *found) {
  const size_t size = REPLAY_WHY_SIZE;
  const char *ours = verdict_text(found->kind), *theirs = verdict_text(file->verdict);
  char digest[DIGEST_SIZE];
  snprintf(why, size, "%s", "");
  replay_data_digest(digest, data);
  if (strcmp(digest, file->data) != 0) {
    snprintf(why, size, "the data set has digest %s, the file says %s", digest, file->data);
    return REPLAY_CONTRADICTED;
  }
  if (trace->info.ended[0] != '\0') {
    snprintf(why, size, "%s", trace->info.ended);
    return REPLAY_OPEN;
  }
  if (found->kind == VERDICT_INCONCLUSIVE && file->verdict != VERDICT_INCONCLUSIVE) {
    snprintf(why, size, "%s", found->reason);
    return REPLAY_OPEN;
  }
  if (found->kind != file->verdict) {
    snprintf(why, size, "the verdict is %s, the file says %s", ours, theirs);
    return REPLAY_CONTRADICTED;
  }
  if (file->has_value && !agrees(found->value, file->value, file->certified))
    snprintf(why, size, "the value is not that of the file");
  else if (file->has_bound && !agrees(found->bound, file->bound, file->certified))
    snprintf(why, size, "the bound is not that of the file");
  for (int i = 0; i < REPLAY_WITNESSES && *why == '\0'; i++)
    if (!agrees(trace->value[replay_witness[i]] + trace->count - 1, &file->witness[i],
                file->certified))
      snprintf(why, size, "%s at the end is not that of the file",
               observable_name[replay_witness[i]]);
  return *why == '\0' ? REPLAY_CONFIRMED : REPLAY_CONTRADICTED;
}
