/* lemma.h -- the probability lemmas L5 to L9 as data: what a lemmas file says, and how it is judged
 * without any training run. The file format, the statements and what a verdict means stand in
 * verify/lemmas/README.md.
 *
 * Every lemma says: P(X >= threshold) <= bound, for a variable X we know how to draw, at each point
 * of a list. Threshold and bound are formulas in the point's numbers.
 */
#ifndef VERIFY_LEMMA_H
#define VERIFY_LEMMA_H

#include "src/builtin.h"
#include "src/formula.h"
#include "src/rng.h"
#include "src/store.h"
#include "verify/claim.h"

/* The shipped lemmas; ends with {NULL, NULL}. */
extern const BuiltinFile builtin_lemmas[];

typedef enum {
  LEMMA_MONTE_CARLO, /* P is estimated from samples, with Clopper-Pearson limits */
  LEMMA_CERTIFIED    /* Z standard normal: P(Z >= x) is enclosed for all x of an interval */
} LemmaMethod;

/* ---- variables ---- */

#define LEMMA_ARGUMENTS 2
/* A random variable X with its arguments, such as n. */
typedef struct {
  const char *name;
  const char *argument[LEMMA_ARGUMENTS]; /* names; NULL ends them */
  /* NULL when the arguments are allowed, else what was expected. */
  const char *(*check)(const double *argument);
  /* Draws X once: is X >= threshold? work: as many doubles as `room` says. */
  bool (*reaches)(const double *argument, double threshold, double *work, Rng *rng);
  size_t (*room)(const double *argument);
  /* out := E X; NULL when it has no closed form here. */
  void (*mean)(arb_t out, const double *argument, slong prec);
} LemmaVariable;
/* The variable of that name, or NULL. */
const LemmaVariable *lemma_variable(const char *name);
/* out := the names of all of them. */
void lemma_variable_names(char *out, size_t size);

/* ---- lemmas ---- */

typedef struct {
  char name[16];
  double value;
} LemmaNumber;

#define LEMMA_NUMBERS 6
/* One point of the grid. Certified: the numbers are from and to. */
typedef struct {
  const LemmaVariable *variable; /* NULL when certified */
  double argument[LEMMA_ARGUMENTS];
  LemmaNumber number[LEMMA_NUMBERS]; /* in the order of the file */
  size_t number_count;
  int line;
} LemmaPoint;

#define LEMMA_SAMPLES_MAX 10000000
#define LEMMA_POINTS_MAX 200
typedef struct {
  char *id, *title, *statement, *source, *note; /* note may be NULL */
  Trust trust;
  LemmaMethod method;
  int64_t samples;    /* a point; 0 when certified */
  double level;       /* confidence of the whole lemma; 1 when certified */
  Formula *threshold; /* NULL when certified, where it is x itself */
  Formula *bound;
  LemmaPoint *point;
  size_t point_count;
  size_t first_point; /* points of the file before this lemma: tells random streams apart */
  int line;
} Lemma;

typedef struct {
  Lemma *lemma;
  size_t count;
  char *file;        /* its name, which the origins of the formulas point to */
  char *source_text; /* owned; the file as it was read; NULL: the shipped ones, or given as text */
} LemmaSet;

/* *out := the lemmas of a file, or the shipped ones when path is NULL. Every formula is evaluated
   at every point, so that a typo is found here. STATUS_NOINPUT; STATUS_DATA: "FILE:LINE...", the
   first error. */
MUST_CHECK StatusCode lemmas_load(LemmaSet *out, const char *path, Error *err);
/* The same from text; file is the name to show. */
MUST_CHECK StatusCode lemmas_load_text(LemmaSet *out, const char *file, const char *text,
                                       Error *err);
void lemmas_clear(LemmaSet *set); /* a zeroed LemmaSet is allowed */

/* *out := threshold or bound of a lemma at a point. x: the argument when certified, else NULL. */
MUST_CHECK StatusCode lemma_evaluate(FormulaValue *out, const Formula *formula,
                                     const LemmaPoint *point, const arb_t x, slong prec,
                                     Error *err);

/* ---- verdicts ---- */

typedef struct {
  VerdictKind kind;
  int64_t tries; /* samples, or pieces of the interval */
  int64_t hits;  /* samples with X >= threshold; pieces that were certified */
  double threshold;
  double estimate;     /* of P; certified: at x = threshold, which of the ends of all pieces has the
                          largest ratio */
  double lower, upper; /* limits of P */
  double bound;
  double ratio; /* estimate / bound: how tight the bound is; negative: none */
  char reason[256];
} LemmaVerdict;

/* *out := the verdict at one point. HOLDS: upper < bound (certified: P <= bound on the whole
   interval). FAILS: lower > bound. VACUOUS: the bound is 1 or more. INCONCLUSIVE otherwise. */
MUST_CHECK StatusCode lemma_judge_point(LemmaVerdict *out, const Lemma *lemma, size_t point,
                                        Error *err);

/* *summary := the verdict on the lemma: FAILS when some point FAILS, else INCONCLUSIVE when some
   point is, else VACUOUS when all points are, else HOLDS; its numbers are those of the point of the
   largest ratio. points: (lemma->point_count), the verdicts it was made of. */
MUST_CHECK StatusCode lemma_judge(LemmaVerdict *summary, LemmaVerdict *points, const Lemma *lemma,
                                  Error *err);

/* out := "n=16, t=4": what names a point, without its variable. */
void lemma_point_text(char *out, size_t size, const LemmaPoint *point);

/* Judges the lemmas of a set, and puts them into the store in the place of earlier ones. */
MUST_CHECK StatusCode lemma_judge_set(Store *store, const LemmaSet *set, Error *err);

/* ---- methods ---- */

/* out := an enclosure of P(Z >= x), Z standard normal, for all x of the ball. */
void lemma_tail(arb_t out, const arb_t x, slong prec);

/* Fills a verdict on a certified point: adaptive subdivision of [from, to]. */
MUST_CHECK StatusCode lemma_certify(LemmaVerdict *out, const Lemma *lemma, const LemmaPoint *point,
                                    Error *err);

#endif
