/* store.h -- the run store: one SQLite file, run.db, per run folder. Everything that is reported is
 * read back from here.
 *
 * A store holds runs (one training run each: parameters, engine, precision, reading), and each run
 * its records, weights at named steps, spectra, and the verdicts on it; besides, the digits two
 * runs agree in. Balls are kept exactly, whatever they are (zero, infinite, NaN, any exponent up to
 * 128 bits): the text of arb_dump_str, and for the convenience of SQL the nearest double beside it.
 * What a run recorded is finite, though, or reading it is STATUS_DATA: no verdict, figure or table
 * is made of a number that is none.
 * Doubles are kept to the bit, but for NaN's payload and the sign of zero. `sqlite3 run.db .schema`
 * explains the tables; the views trajectory, verdicts and agreement are made for looking around.
 *
 * A store comes from a file that anybody may have written. What does not fit is STATUS_DATA, with
 * one line that says what and where; a store that fails to open or to be read is of no further use
 * but for store_close. A store whose writing failed cannot be finished.
 */
#ifndef SRC_STORE_H
#define SRC_STORE_H

#include <acb.h>
#include <arb_mat.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/cloud.h"
#include "src/moment.h"
#include "src/observe.h"
#include "src/params.h"
#include "src/status.h"
#include "src/truncate.h"

#define STORE_SCHEMA 5

typedef struct Store Store;

/* What names a run. */
typedef struct {
  int64_t id;        /* given by store_add_run */
  char engine[16];   /* "double", "mpfr", "ball" */
  int64_t precision; /* bits */
  Params params;     /* with the reading */
  char plan[256];    /* how the precision was chosen and what came of it; "" if it was given */
  char ended[256];   /* why the run ended before its last step; "" if it did not */
  int64_t gates;     /* gates certified to be the exact trajectory's; 0: no certificate */
  double bound_W, bound_V; /* on norm(W - W*), norm(V - V*) at the end; 0 without certificate */
  char what_if[24];        /* the name of the what-if (what_if.h) it was made for; "" for none */
} RunInfo;

/* *out := a new store at FOLDER/run.db; FOLDER is made when missing (parents too). An existing
   run.db is replaced only when the new one is complete: the store is written as FOLDER/run.db.part
   and renamed by store_finish. STATUS_CANTCREAT names the path. */
MUST_CHECK StatusCode store_create(Store **out, const char *folder, Error *err);
/* Keeps other programs from writing to a folder, which exists, until store_close: *out is a store
   without content. Errors: as those of store_create. */
MUST_CHECK StatusCode store_lock(Store **out, const char *folder, Error *err);
/* Whether one of them failed because another program is writing to the folder. */
bool store_is_taken(StatusCode code, const Error *err);
/* Seals (a digest of the content and one of the file), commits, closes, syncs and renames into
   place; frees the store even on failure, and then run.db is what it was before. */
MUST_CHECK StatusCode store_finish(Store *store, Error *err);
/* Drops an unfinished store and its .part file; NULL is allowed. For a store from store_open it
 * only closes. */
void store_close(Store *store);
/* *out := FOLDER/run.db, read only. STATUS_NOINPUT when there is none; STATUS_DATA when it is not a
   run store, of another schema, or damaged: not the structure, or not the SHA-256 of the file, that
   it had when it was stored. What that is worth is said in digest.h. */
MUST_CHECK StatusCode store_open(Store **out, const char *folder, Error *err);

/* *out := a store that holds what FOLDER/run.db holds and may be added to, for judging a finished
   run anew. It is a copy until store_finish puts it in place; store_close drops it. Errors of
   store_open and of store_create. */
MUST_CHECK StatusCode store_reopen(Store **out, const char *folder, Error *err);

/* store_mark remembers what the store holds; store_rewind makes it that again, store_keep does not.
   One of the two ends the mark, and there is one mark at a time. For attempts that may fail. */
MUST_CHECK StatusCode store_mark(Store *store, Error *err);
MUST_CHECK StatusCode store_rewind(Store *store, Error *err);
MUST_CHECK StatusCode store_keep(Store *store, Error *err);

/* Facts about the store as a whole (program version, library versions, command line ...):
 * provenance. */
MUST_CHECK StatusCode store_set_fact(Store *store, const char *key, const char *value, Error *err);
/* *out := malloc'ed value, or NULL when there is none. */
MUST_CHECK StatusCode store_get_fact(char **out, Store *store, const char *key, Error *err);
/* Calls visit for each fact in order of key until it returns false. */
MUST_CHECK StatusCode store_each_fact(Store *store,
                                      bool (*visit)(const char *key, const char *value,
                                                    void *context),
                                      void *context, Error *err);

/* A file that the runs or their verdicts were made from, as it was; no text is NULL. */
typedef struct {
  const char *kind; /* the option that names it: instance, claims, lemmas, rates */
  const char *name; /* of the file, without its folder */
  bool built_in;    /* else it was given */
  const char *text;
} InputRow;
/* STATUS_INTERNAL when the kind has one of that name already. */
MUST_CHECK StatusCode store_add_input(Store *store, const InputRow *row, Error *err);
/* Calls visit in order of (kind, name); texts are valid during the call. */
MUST_CHECK StatusCode store_each_input(Store *store,
                                       bool (*visit)(const InputRow *row, void *context),
                                       void *context, Error *err);

/* Adds a run: info->id is set. The instance's formulas are kept beside the values (none for NULL).
 */
MUST_CHECK StatusCode store_add_run(Store *store, RunInfo *info, const Instance *instance,
                                    Error *err);
/* Keeps a run's plan and ended; NULL for "". */
MUST_CHECK StatusCode store_set_outcome(Store *store, int64_t run, const char *plan,
                                        const char *ended, Error *err);
/* Keeps a run's certificate; gates > 0. */
MUST_CHECK StatusCode store_set_certificate(Store *store, int64_t run, int64_t gates,
                                            double bound_W, double bound_V, Error *err);
/* *runs := all runs by id, *count of them; malloc'ed, the caller frees. */
MUST_CHECK StatusCode store_list_runs(RunInfo **runs, size_t *count, Store *store, Error *err);

/* *same := the formulas kept for a run, and the places they stand at, are those of the instance. */
MUST_CHECK StatusCode store_same_formulas(bool *same, Store *store, int64_t run,
                                          const Instance *instance, Error *err);

/* *run := a copy of run from_run of another store, with its records, weights and spectra, under a
 * new id. STATUS_DATA when that store has no such run, or a row that the schema does not allow. */
MUST_CHECK StatusCode store_copy_run(int64_t *run, Store *to, Store *from, int64_t from_run,
                                     Error *err);

MUST_CHECK StatusCode store_add_record(Store *store, int64_t run, const Record *record, Error *err);
/* Name is one of W V Wbar Vbar Wtilde Vtilde. */
MUST_CHECK StatusCode store_add_weights(Store *store, int64_t run, int64_t step, const char *name,
                                        const arb_mat_t weights, Error *err);
MUST_CHECK StatusCode store_get_weights(arb_mat_t out, Store *store, int64_t run, int64_t step,
                                        const char *name,
                                        Error *err); /* out is initialised (d, d) */
/* kind "eigenvalue" (re, im) or "singular" (im NULL); count values, in the order given; no NaN. */
MUST_CHECK StatusCode store_add_spectrum(Store *store, int64_t run, int64_t step, const char *name,
                                         const char *kind, const double *re, const double *im,
                                         size_t count, Error *err);
/* The same for eigenvalues that are enclosed: the balls are kept beside their nearest doubles. */
MUST_CHECK StatusCode store_add_eigenvalues(Store *store, int64_t run, int64_t step,
                                            const char *name, acb_srcptr values, size_t count,
                                            Error *err);
/* values: (count) initialised. STATUS_DATA when there are none or they are not enclosed. */
MUST_CHECK StatusCode store_get_eigenvalues(acb_ptr values, size_t count, Store *store, int64_t run,
                                            int64_t step, const char *name, Error *err);
/* im may be NULL; the imaginary part of a singular value is 0. */
MUST_CHECK StatusCode store_get_spectrum(double *re, double *im, size_t count, Store *store,
                                         int64_t run, int64_t step, const char *name,
                                         const char *kind, Error *err);

/* The truncation experiment at a step (truncate.h); (count) rows, no NaN. */
MUST_CHECK StatusCode store_add_truncations(Store *store, int64_t run, int64_t step,
                                            const Truncation *rows, size_t count, Error *err);
/* Calls visit by rank, the top before the rest. */
MUST_CHECK StatusCode store_each_truncation(Store *store, int64_t run, int64_t step,
                                            bool (*visit)(const Truncation *row, void *context),
                                            void *context, Error *err);
/* Keeps the tokens of the data that cloud.h shows. */
MUST_CHECK StatusCode store_add_cloud(Store *store, int64_t run, const Dataset *data, Error *err);
/* Calls visit for each of them, in their order; for none when none are kept. */
MUST_CHECK StatusCode store_each_cloud(Store *store, int64_t run,
                                       bool (*visit)(const CloudPoint *point, void *context),
                                       void *context, Error *err);
/* values: (MOMENT_COUNT); see moment.h. */
MUST_CHECK StatusCode store_add_moments(Store *store, int64_t run, int64_t step, arb_srcptr values,
                                        Error *err);

/* Keeps a piece of the state of an unfinished run (state.h): the text of part `part` of key. */
MUST_CHECK StatusCode store_add_state(Store *store, const char *key, int64_t part, const char *text,
                                      Error *err);
/* *out := that text, malloc'ed; STATUS_DATA when there is none. */
MUST_CHECK StatusCode store_get_state(char **out, Store *store, const char *key, int64_t part,
                                      Error *err);

/* The number of agreeing decimal digits of an observable between two runs at a step (src/digits.h
 * computes them). */
MUST_CHECK StatusCode store_add_digits(Store *store, int64_t run_a, int64_t run_b, int64_t step,
                                       const char *observable, double digits, Error *err);
/* Calls visit in order of (step, observable). */
MUST_CHECK StatusCode store_each_digits(Store *store, int64_t run_a, int64_t run_b,
                                        bool (*visit)(int64_t step, const char *observable,
                                                      double digits, void *context),
                                        void *context, Error *err);

/* A verdict as kept and reported: all text, so that the store knows no claim logic. NULL texts are
 * kept as SQL NULL. */
typedef struct {
  int64_t run;       /* judged on */
  int64_t companion; /* the other engine's run, or 0 */
  const char *claim, *title, *statement, *trust, *source,
      *formula,                             /* "observable relation bound" */
      *hypotheses;                          /* "WORDS [CONDITION]; ...", or NULL */
  const char *reading, *verdict, *expected; /* expected: the ledger's verdict, or NULL */
  const char *expected_reason;
  const char *reason; /* why this verdict, one line */
  const char *blind;  /* of a claim that holds: changes that would hold as well, or NULL */
  bool certified;
  const char *value, *bound;                       /* exact ball texts, or NULL */
  double value_double, bound_double, ratio, slack; /* NaN when there is none */
} VerdictRow;
MUST_CHECK StatusCode store_add_verdict(Store *store, const VerdictRow *verdict, Error *err);
/* Removes all verdicts (before judging anew). */
MUST_CHECK StatusCode store_clear_verdicts(Store *store, Error *err);
/* Calls visit in the order they were added; texts are valid during the call. */
MUST_CHECK StatusCode store_each_verdict(Store *store,
                                         bool (*visit)(const VerdictRow *verdict, void *context),
                                         void *context, Error *err);

/* What a sweep varied: one row for each axis of a run's cell. key is a parameter's, text its value
   as the user wrote it (a formula), value the number that it came to; NaN when it is none (gate and
   loss). STATUS_INTERNAL when the key is none or the run has it already. */
MUST_CHECK StatusCode store_add_cell(Store *store, int64_t run, const char *key, const char *text,
                                     double value, Error *err);
/* Calls visit in order of run, and of the axes of a run in the order they were added. */
MUST_CHECK StatusCode store_each_cell(Store *store,
                                      bool (*visit)(int64_t run, const char *key, const char *text,
                                                    double value, void *context),
                                      void *context, Error *err);

/* A verdict on a lemma, which needs no run; no text is NULL. */
typedef struct {
  const char *claim; /* its id */
  int64_t point;     /* of its grid, from 1; 0: the lemma as a whole */
  const char *title, *statement, *trust, *source, *formula; /* formula: probability <= bound */
  const char *parameters;                                   /* of the point */
  const char *verdict, *reason;
  bool certified;      /* proved by enclosures, not estimated from samples */
  int64_t tries, hits; /* samples and those that count; or pieces, and those that were certified */
  double estimate, lower, upper; /* of the probability; NaN when there is none, as below */
  double bound, ratio;
} LemmaRow;
MUST_CHECK StatusCode store_add_lemma(Store *store, const LemmaRow *row, Error *err);
/* Removes all of them. */
MUST_CHECK StatusCode store_clear_lemmas(Store *store, Error *err);
/* As store_each_verdict. */
MUST_CHECK StatusCode store_each_lemma(Store *store,
                                       bool (*visit)(const LemmaRow *row, void *context),
                                       void *context, Error *err);

/* A what-if and how it came out; no text is NULL. */
typedef struct {
  const char *name;                     /* "base" for the run that the others are held against */
  const char *words;                    /* what is asked and changed */
  const char *settings;                 /* the changed parameters */
  int64_t run, base;                    /* judged on; the base's */
  int64_t kept, judged;                 /* claims whose verdict is the base's; claims */
  const char *learned_t1, *learned_end; /* what is learned by then: "P", "Q", "P Q" or "none" */
  double K1_t1, K2_t1, K1_end, K2_end;  /* NaN when not recorded */
} WhatIfRow;
MUST_CHECK StatusCode store_add_what_if(Store *store, const WhatIfRow *row, Error *err);

/* A verdict on the run of a what-if, and the base's; no text is NULL. These verdicts stand apart
   from the others: they are no part of a tally. */
typedef struct {
  const char *what_if, *claim, *verdict, *base, *reason;
} WhatIfVerdictRow;
MUST_CHECK StatusCode store_add_what_if_verdict(Store *store, const WhatIfVerdictRow *row,
                                                Error *err);
/* As store_each_verdict. */
MUST_CHECK StatusCode store_each_what_if(Store *store,
                                         bool (*visit)(const WhatIfRow *row, void *context),
                                         void *context, Error *err);
MUST_CHECK StatusCode store_each_what_if_verdict(Store *store,
                                                 bool (*visit)(const WhatIfVerdictRow *row,
                                                               void *context),
                                                 void *context, Error *err);

/* A verdict on a sweep as a whole: on a rate, or on a probability. Only expected and
 * expected_reason may be NULL. NaN: there is none, or it is not known. */
typedef struct {
  int64_t id;               /* given by store_add_rate; each of its points has it */
  const char *claim, *kind; /* its id; "rate" or "probability" */
  const char *title, *statement, *trust, *source, *formula;
  const char *along; /* the parameter; "seed" for a probability */
  const char *place; /* what the sweep varied besides: "lambda=0.01, L=32"; or "" */
  const char *reading, *verdict, *reason;
  const char *expected, *expected_reason;
  int64_t points, seeds;               /* probability: cells, and runs of all of them */
  double from, to;                     /* of the parameter */
  double margin;                       /* of the slope; probability: the least that is claimed */
  double ratio_low, ratio_high;        /* of all runs; probability: limits where it is decided */
  double slope, slope_low, slope_high; /* log-log, with limits */
  double end_slope, end_low, end_high; /* at the end of the range */
  double lack_of_fit;                  /* p-value of a straight line */
  double robust, robust_error;         /* the slope by robust regression, its standard error */
  double p_holds, p_fails, adjusted_holds, adjusted_fails;
} RateRow;
/* row->id is set. */
MUST_CHECK StatusCode store_add_rate(Store *store, RateRow *row, Error *err);

/* What a rate's verdict was made of, for figures:
     kind         name           x            seed        value          lower, upper
     run                         parameter    the run's   ratio
     mean                        parameter                mean ratio     its limits
     band                        parameter                               the band
     alternative  its formula    parameter                alternative/rate, scaled
     against      its formula                 told apart  slope          p-value
     cell         its axes       hits         tries       estimate       limits
   No text is NULL; what is not listed is "", 0 or NaN. */
typedef struct {
  int64_t rate; /* id of its RateRow */
  const char *kind, *name;
  double x;
  int64_t seed;
  double value, lower, upper;
} RatePointRow;
MUST_CHECK StatusCode store_add_rate_point(Store *store, const RatePointRow *row, Error *err);

/* When a run learned what; infinite: never, NaN: not known. */
typedef struct {
  int64_t run;
  double scale;         /* 1/(4 eta1 lambda) */
  double t_P, t_Q, t_X; /* steps; t_X: the rates of descent cross */
} StageRow;
MUST_CHECK StatusCode store_add_stage(Store *store, const StageRow *row, Error *err);

/* Removes all rates with their points, and all stage times. */
MUST_CHECK StatusCode store_clear_rates(Store *store, Error *err);
/* As store_each_verdict; points in order of their rate. */
MUST_CHECK StatusCode store_each_rate(Store *store,
                                      bool (*visit)(const RateRow *row, void *context),
                                      void *context, Error *err);
MUST_CHECK StatusCode store_each_rate_point(Store *store,
                                            bool (*visit)(const RatePointRow *row, void *context),
                                            void *context, Error *err);
MUST_CHECK StatusCode store_each_stage(Store *store,
                                       bool (*visit)(const StageRow *row, void *context),
                                       void *context, Error *err);

/* An observable over the seeds of a sweep at one step; no text is NULL. */
typedef struct {
  int64_t run, step;      /* run: the first of those that differ in their seed alone */
  const char *observable; /* its name */
  int64_t seeds, rank;    /* of so many runs; lower is the rank-th smallest, upper the largest */
  double coverage;        /* chance that the band holds the median over seeds, at this step */
  double lower, median, upper;
} BandRow;
/* STATUS_INTERNAL when the run has one of that observable and step already. */
MUST_CHECK StatusCode store_add_band(Store *store, const BandRow *row, Error *err);
/* Removes all of them. */
MUST_CHECK StatusCode store_clear_bands(Store *store, Error *err);
/* Calls visit in order of (run, step, observable); texts are valid during the call. */
MUST_CHECK StatusCode store_each_band(Store *store,
                                      bool (*visit)(const BandRow *row, void *context),
                                      void *context, Error *err);

/* Everything recorded of one run, in memory: what claims are judged on and figures drawn from. */
typedef struct {
  RunInfo info;
  size_t count;
  int64_t *step;                   /* (count), increasing */
  arb_ptr value[OBSERVABLE_COUNT]; /* each (count) */
  size_t moment_count;             /* named steps */
  int64_t *moment_step;            /* (moment_count), increasing */
  arb_ptr moment[MOMENT_COUNT];    /* each (moment_count) */
} Trace;
MUST_CHECK StatusCode trace_load(Trace *out, Store *store, int64_t run, Error *err);
void trace_clear(Trace *trace); /* a zeroed Trace is allowed */
/* Index of a step, or -1 when it was not recorded. */
int64_t trace_find(const Trace *trace, int64_t step);
/* The same among the named steps, at which moments were measured. */
int64_t trace_find_moment(const Trace *trace, int64_t step);

#endif
