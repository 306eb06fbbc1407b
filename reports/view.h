/* view.h -- what the writers read of a run store, in memory, its texts made harmless. */
#ifndef REPORTS_VIEW_H
#define REPORTS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/status.h"
#include "src/store.h"

/* The words of a verdict's field. A word that is none of them is shown as it stands, and a test of
   it fails. */
typedef enum {
  VIEW_HOLDS,
  VIEW_FAILS,
  VIEW_INCONCLUSIVE,
  VIEW_VACUOUS,
  VIEW_UNMET,
  VIEW_OTHER
} ViewVerdict;
#define VIEW_VERDICTS VIEW_OTHER /* how many are known */
extern const char *const view_verdict_word[VIEW_VERDICTS];
ViewVerdict view_verdict(const VerdictRow *row);
ViewVerdict view_word(const char *verdict);

/* Does the ledger have another verdict than this? False when it has none. */
bool view_differs(const VerdictRow *row);

/* How a verdict comes out as a test, by the ledger where it has a record:
 *
 *     recorded        verdict              outcome
 *     the same, none  HOLDS                passed
 *     the same, none  VACUOUS, UNMET       skipped
 *     the same        FAILS, INCONCLUSIVE  known: does not fail the suite
 *     none            FAILS, INCONCLUSIVE  broken
 *     another         any                  broken: also when a refuted claim suddenly holds */
typedef enum { VIEW_PASSED, VIEW_SKIPPED, VIEW_KNOWN, VIEW_BROKEN } ViewOutcome;
#define VIEW_OUTCOMES 4
ViewOutcome view_outcome(const VerdictRow *row);

/* What two runs under one reading agree in. */
typedef struct {
  int64_t run_a, run_b;
  double digits; /* the fewest over all steps and observables; not above what binary64 can tell */
  char *observable;
  int64_t step;
} Agreement;

/* The verdicts on one run are one table of a report and one column of the matrix. */
typedef struct {
  int64_t run, companion; /* ids; companion 0: none */
  const char *reading;
  char *place; /* the reading and, in a sweep, the cell: "shared/separate d=8 seed=2"; owned */
} Judged;

/* One axis of a run's cell of a sweep. */
typedef struct {
  int64_t run;
  char *key, *text; /* the parameter, and its value as the user wrote it */
  double value;     /* NaN when it is no number */
} ViewAxis;

/* A cell of a sweep that could not be trained. */
typedef struct {
  char *cell, *why;
} ViewFailure;

typedef struct {
  RunInfo *run; /* by id, those of what-ifs left out; (run_count) */
  size_t run_count;
  VerdictRow *verdict; /* texts owned, none NULL but expected, expected_reason, blind,
 hypotheses, value and bound */
  size_t verdict_count;
  Judged *judged; /* in order of their first verdicts; (judged_count) */
  size_t judged_count;
  LemmaRow *lemma; /* each lemma, followed by its points; texts owned; (lemma_count) */
  size_t lemma_count;
  Agreement *agreement; /* (agreement_count) */
  size_t agreement_count;
  ViewAxis *axis; /* by run, those of one in their order; none of a store that is no sweep's */
  size_t axis_count;
  ViewFailure *failure;
  size_t failure_count;
} View;

/* *out := all of it; view_clear releases it, also after an error. */
MUST_CHECK StatusCode view_load(View *out, Store *store, Error *err);
void view_clear(View *view); /* a zeroed View is allowed */

/* The run of that id, or NULL. */
const RunInfo *view_run(const View *view, int64_t id);

/* The place of a run that is judged, or "". */
const char *view_place(const View *view, int64_t run);

/* Is row i the first on its claim; the first on it under its reading? */
bool view_is_first(const View *view, size_t i);
bool view_is_first_of_reading(const View *view, size_t i);
/* The verdict on a claim of a run, or NULL. */
const VerdictRow *view_find(const View *view, const char *claim, int64_t run);
/* count := how many verdicts of each word a claim has under a reading, over the cells of a sweep.
   Returns the least slack among them, NaN without one. (VIEW_VERDICTS + 1) */
double view_count(size_t *count, const View *view, const char *claim, const char *reading);

/* Is this the store of a sweep? */
bool view_is_sweep(const View *view);
/* The axes of a run, *count of them; NULL without any. */
const ViewAxis *view_axes(size_t *count, const View *view, int64_t run);
/* out := "d=8 seed=2", the first `axes` of a run's axes; "" when it has none. */
void view_cell(char *out, size_t size, const View *view, int64_t run, size_t axes);
#define VIEW_ALL_AXES SIZE_MAX

#endif
