/* rate.h -- rates as data: what a rates file says of a whole sweep, and how it is judged. The file
 * format, the tests with their derivations and what a verdict means stand in
 * verify/rates/README.md.
 *
 * A rate entry says: observable = Theta(rate) or O(rate) along a parameter. A probability entry
 * says: a claim of the claims file holds with a probability of at least so much.
 */
#ifndef VERIFY_RATE_H
#define VERIFY_RATE_H

#include "src/builtin.h"
#include "src/store.h"
#include "verify/claim.h"
#include "verify/stats.h"

/* The shipped rates; ends with {NULL, NULL}. */
extern const BuiltinFile builtin_rates[];

typedef enum {
  RATE_THETA, /* "Theta": bounded from both sides */
  RATE_UPPER  /* "O": bounded from above */
} RateRelation;

/* The recorded verdict for a sweep of a shipped instance over exactly this range. */
typedef struct {
  char *instance;
  int reading; /* index into readings_all, or EXPECTED_ALL_READINGS */
  double from, to;
  VerdictKind verdict;
  char *reason; /* NULL is allowed for HOLDS only */
} RateExpectation;

/* One entry of a rates file. All owned but claim and of. */
typedef struct {
  Claim *claim; /* id, title, statement, source, note, trust, line; observable, unless it is that of
                  another claim; bound: the rate; low, high: the band; allowed: mutants */
  char *of_id;  /* the claim whose observable is taken, or whose verdicts are counted; or NULL */
  const Claim *of;  /* of_id in the claims file; NULL when it is not there */
  bool probability; /* else a rate */
  ParamId along;
  RateRelation relation;
  double margin;         /* of the log-log slope of the ratio */
  Formula *baseline;     /* the observable when nothing is learned; NULL: never vacuous */
  Formula **alternative; /* other rates that the data should be able to refuse */
  size_t alternative_count;
  double least; /* probability */
  RateExpectation *expected;
  size_t expected_count;
} Rate;

#define RATE_ALTERNATIVES 6
#define RATES_MAX 100
typedef struct {
  Rate *rate;
  size_t count;
  ClaimSet claims;   /* one for each rate */
  char *file;        /* its name, which the origins of the formulas point to */
  char *source_text; /* owned; the file as it was read; NULL: the shipped ones, or given as text */
} RateSet;

/* *out := the rates of a file, or the shipped ones when path is NULL. claims must outlive it; an id
   that is not there is an error of a given file, and makes a shipped entry INCONCLUSIVE.
   STATUS_NOINPUT; STATUS_DATA: "FILE:LINE...", the first error. */
MUST_CHECK StatusCode rates_load(RateSet *out, const char *path, const ClaimSet *claims,
                                 Error *err);
/* The same from text; file is the name to show. */
MUST_CHECK StatusCode rates_load_text(RateSet *out, const char *file, const char *text,
                                      const ClaimSet *claims, Error *err);
void rates_clear(RateSet *set); /* a zeroed RateSet is allowed */

/* ---- a curve and the verdict on it ---- */

/* What an entry was measured to be over a range: all that judging needs. */
typedef struct {
  size_t points, seeds, alternatives;
  size_t unmet;        /* runs of which the claim does not speak: a hypothesis of it fails */
  double *x;           /* (points): values of the parameter, increasing */
  int64_t *seed;       /* (seeds) */
  double *observable;  /* (seeds, points) */
  double *rate;        /* (points) */
  double *low, *high;  /* (points): the band of observable/rate */
  double *baseline;    /* (points); NaN: none */
  double *alternative; /* (alternatives, points) */
} RateCurve;
/* *out := room for a curve, all 0. */
MUST_CHECK StatusCode rate_curve_open(RateCurve *out, size_t points, size_t seeds,
                                      size_t alternatives, Error *err);
void rate_curve_clear(RateCurve *curve); /* a zeroed one is allowed */

#define RATE_LEVEL 0.95  /* of intervals that are shown */
#define RATE_ERROR 0.005 /* chance of a false HOLDS, and of a false FAILS, of one entry */
/* Chance of any false verdict among all entries judged together. A union bound splits it: let A be
   "some rate has a false verdict" and B "some probability has". Holm's method keeps P(A) <=
   RATE_FAMILY_RATES whatever the dependence. Each of the N cells of all probability entries and
   series is judged with an error of at most RATE_FAMILY_PROBABILITIES/N, and a false verdict of an
   entry needs a false one of a cell, so P(B) <= RATE_FAMILY_PROBABILITIES. P(A or B) is at most
   P(A) + P(B) <= RATE_FAMILY. */
#define RATE_FAMILY 0.05
#define RATE_FAMILY_RATES 0.03
#define RATE_FAMILY_PROBABILITIES (RATE_FAMILY - RATE_FAMILY_RATES)
#define RATE_POINTS_LEAST 3 /* below these, nothing is judged */
#define RATE_SEEDS_LEAST 3

/* How an alternative stands against the data. */
typedef struct {
  double slope; /* that the ratio would have over this range if the alternative were true */
  double p; /* of "the alternative's own ratio has a slope within its margin": the entry's, or half
               of the distance to the alternative when that is less */
  bool told_apart; /* p is at most RATE_ERROR */
} RateAgainst;

typedef struct {
  VerdictKind kind;
  StatsMean slope,
      end_slope; /* of log(ratio) over log(x): of the line; of the parabola, at the end */
  double slope_low, slope_high, end_low, end_high; /* at RATE_LEVEL */
  double ratio_low, ratio_high;                    /* of all runs */
  double robust, robust_error; /* the slope by robust regression; NaN: did not converge */
  bool robust_differs;
  StatsFit fit;            /* of the line, in log(ratio) */
  double p_holds, p_fails; /* of the nulls "not so" and "so": small where HOLDS, FAILS is certain */
  double adjusted_holds, adjusted_fails; /* the same for the family; set by rate_decide */
  bool out_of_slope;                     /* the slope is what FAILS is about, else the band */
  bool in_band;                          /* every run is */
  bool curved_away;                      /* the slope at the end is certainly outside the margin */
  bool looked; /* set by the caller: the number of seeds was not fixed beforehand, so that no t test
                  keeps its level, and the kind is INCONCLUSIVE */
  bool unmet;  /* the curve has runs of which the claim does not speak: the kind is UNMET */
  bool empty;  /* what learns nothing would be in the band, with a slope within the margin */
  RateAgainst against[RATE_ALTERNATIVES];
  size_t against_count;
  const char *obstacle; /* why there is nothing to judge; NULL: there is */
  char reason[1024];
} RateVerdict;

/* *out := the numbers of a verdict; kind is INCONCLUSIVE until rate_decide. A curve that cannot be
   judged, or with a run of which the claim does not speak, has p-values 1 and an obstacle. */
MUST_CHECK StatusCode rate_measure(RateVerdict *out, const Rate *rate, const RateCurve *curve,
                                   Error *err);
/* Gives each verdict its kind, all of them being one family (Holm's correction). */
MUST_CHECK StatusCode rate_decide(RateVerdict *verdict, size_t count, Error *err);
/* Writes verdict->reason. */
void rate_explain(RateVerdict *verdict, const Rate *rate, const RateCurve *curve);

/* ---- planted falsehoods ---- */

typedef enum { RATE_MUTANT_RAISED, RATE_MUTANT_LOWERED, RATE_MUTANT_NO_LOG } RateMutant;
#define RATE_MUTANT_COUNT 3
extern const char *const rate_mutant_name[RATE_MUTANT_COUNT];
/* *out := the rate formula with every logarithm replaced by 1, or NULL when it has none. */
MUST_CHECK StatusCode rate_drop_logs(Formula **out, const Formula *rate, Error *err);
/* rate[i] := of the mutant: x^(1/2) or x^(-1/2) times the rate, or the rate without logarithms
   (no_log, NULL when there are none), scaled to have the same mean logarithm, so that only its
   course tells it from the rate. False when it is no falsehood: no logarithm to drop, or, for an
   upper bound, one that grows faster and so follows from the stated one. */
bool rate_mutate(double *rate, RateMutant mutant, const double *no_log, RateRelation relation,
                 const RateCurve *curve);

/* ---- the store ---- */

/* The fact that a sweep leaves when it added seeds until a probability was decided: the entry's id.
   Then probabilities are judged by evidence, not by limits. */
#define RATE_FACT_UNTIL "sweep until decided"
/* The fact that a sweep leaves when it changed the seeds of a sweep that had been judged: how many
   seeds there were at each look, "3, 6". It is judged as the one above. */
#define RATE_FACT_LOOKS "seeds added after a look"

/* Judges every entry of the set on every series of runs that differ in the entry's parameter and
   the seed only, and puts the verdicts into the store in the place of earlier ones; likewise the
   stage times of all runs of a sweep. A store without cells gets none. */
MUST_CHECK StatusCode rate_judge_store(Store *store, const RateSet *set, const ClaimSet *claims,
                                       Error *err);

#endif
