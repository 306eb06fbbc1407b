/* replay_check.c -- a replayed verdict held against that of a replay file. */
#include "verify/replay_check.h"

#include <stdio.h>
#include <string.h>

/* Do two numbers agree? Both are enclosures of one, or the file's was only computed: then it has no
   radius of its own, and has to be met to a relative distance. */
static bool agrees(const arb_t ours, const arb_t files, bool certified) {
  if (replay_is_infinity(ours) || replay_is_infinity(files)) return arb_equal(ours, files);
  arb_t widened;
  arb_init(widened);
  arb_set(widened, files);
  if (!certified) {
    mag_t size;
    mag_init(size);
    arb_get_mag(size, files);
    mag_mul_2exp_si(size, size, REPLAY_PRECISION);
    arb_add_error_mag(widened, size);
    mag_clear(size);
  }
  const bool same = arb_overlaps(ours, widened);
  arb_clear(widened);
  return same;
}

typedef struct {
  ReplayOutcome outcome;
  char *why;
  bool certified;
} Finding;

/* Holds a number against that of the file (NULL: none). A contradiction outweighs what is open. */
static void hold(Finding *f, const char *name, arb_srcptr ours, arb_srcptr files) {
  if (f->outcome == REPLAY_CONTRADICTED || (ours == NULL && files == NULL)) return;
  if (files == NULL ||
      (ours != NULL && replay_is_number(ours) && !agrees(ours, files, f->certified))) {
    f->outcome = REPLAY_CONTRADICTED;
    if (files == NULL)
      snprintf(f->why, REPLAY_WHY_SIZE, "the file has no %s, the replay has", name);
    else
      snprintf(f->why, REPLAY_WHY_SIZE, "the %s is not that of the file", name);
  } else if (f->outcome == REPLAY_CONFIRMED && (ours == NULL || !replay_is_number(ours))) {
    f->outcome = REPLAY_OPEN;
    snprintf(f->why, REPLAY_WHY_SIZE, "the replay does not know the %s to 2^%d", name,
             REPLAY_PRECISION);
  }
}

ReplayOutcome replay_compare(char why[REPLAY_WHY_SIZE], const ReplayFile *file, const char *data,
                             const Trace *trace, const Verdict *found) {
  const size_t size = REPLAY_WHY_SIZE;
  const char *ours = verdict_text(found->kind), *theirs = verdict_text(file->verdict);
  snprintf(why, size, "%s", "");
  if (strcmp(data, file->data) != 0) {
    snprintf(why, size, "the data set has digest %s, the file says %s", data, file->data);
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
  Finding finding = {REPLAY_CONFIRMED, why, file->certified};
  hold(&finding, "value", found->has_value ? found->value : NULL,
       file->has_value ? file->value : NULL);
  hold(&finding, "bound", found->has_bound ? found->bound : NULL,
       file->has_bound ? file->bound : NULL);
  for (int i = 0; i < REPLAY_WITNESSES; i++) {
    char name[80];
    snprintf(name, sizeof name, "final %s", observable_name[replay_witness[i]]);
    hold(&finding, name, trace->value[replay_witness[i]] + trace->count - 1, &file->witness[i]);
  }
  return finding.outcome;
}
