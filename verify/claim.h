/* claim.h -- claims as data: what a claims file says, parsed and checked, but not judged.
   The file format and the language of its formulas are described in verify/README.md. */
#ifndef VERIFY_CLAIM_H
#define VERIFY_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include "src/formula.h"
#include "src/params.h"
#include "src/status.h"

typedef enum {
  VERDICT_HOLDS,
  VERDICT_FAILS,
  VERDICT_INCONCLUSIVE, /* the arithmetic or the sample cannot tell */
  VERDICT_VACUOUS,      /* it holds, but would as well if nothing had been learned */
  VERDICT_UNMET         /* a hypothesis fails */
} VerdictKind;
#define VERDICT_KIND_COUNT 5
const char *verdict_text(VerdictKind kind); /* "HOLDS" ... */
MUST_CHECK bool verdict_parse(VerdictKind *out, const char *text);

typedef enum { TRUST_SOURCED, TRUST_REPORTED, TRUST_RECALLED, TRUST_DERIVED } Trust;
#define TRUST_COUNT 4
const char *trust_text(Trust trust);

typedef enum {
  CLAIM_LT,
  CLAIM_LE,
  CLAIM_GT,
  CLAIM_GE,    /* observable relation bound */
  CLAIM_WITHIN /* "within": low * bound <= observable <= high * bound; how a Theta() is judged at
                  one instance, and at one instance it means no more than that */
} ClaimRelation;
#define CLAIM_RELATION_COUNT 5
const char *claim_relation_text(ClaimRelation relation); /* "<" ... ">=", "within" */

/* "left relation right" with the words that explain it. */
typedef struct {
  char *words;
  Formula *left, *right;
  Relation relation;
} Condition;

/* A name for a value, visible to the formulas of its claim that come after it. */
typedef struct {
  char *name;
  Formula *value;
} ClaimConstant;

/* The recorded verdict for one instance and reading (the ledger). It never influences a verdict. */
#define EXPECTED_ALL_READINGS (-1)
typedef struct {
  char *instance; /* a name, or "all" */
  int reading;    /* index into readings_all, or EXPECTED_ALL_READINGS */
  VerdictKind verdict;
  char *reason; /* NULL is allowed for HOLDS only */
} Expectation;

/* A planted falsehood (mutate.h) that states something true: either provably so, or as it happens,
 * and then the claim is blind to this change. */
typedef struct {
  char *mutant; /* its kind, or "KIND: DETAIL" */
  char *proof;  /* why it must be true; or NULL, and then */
  char *blind;  /* what the claim cannot tell apart, with the measured numbers */
} AllowedMutant;

/* One entry of a claims file. All owned. */
typedef struct {
  char *id, *title, *statement, *source, *note; /* note may be NULL */
  Trust trust;
  Condition *hypothesis;
  size_t hypothesis_count;
  ClaimConstant *constant;
  size_t constant_count;
  Formula *observable, *bound;
  ClaimRelation relation;
  Formula *low, *high; /* within only */
  Condition *vacuous;  /* any of them, if true, empties a claim that holds; they may use `value` and
                          `bound` */
  size_t vacuous_count;
  char *never_vacuous; /* why the claim cannot be empty; given exactly when vacuous_count = 0 */
  Expectation *expected;
  size_t expected_count;
  char *explained_by; /* id of the fact that explains why the claim can fail or be empty, or NULL */
  AllowedMutant *allowed;
  size_t allowed_count;
  int line; /* of the entry in its file */
} Claim;

typedef struct {
  Claim *claim;
  size_t count;
  char **file; /* names of the files, which the origins of the formulas point to */
  size_t file_count;
  char *source_text; /* owned; the file as it was read; NULL: the shipped ones, or given as text */
} ClaimSet;

#define CLAIMS_MAX 500 /* entries of a file; src/cfg.h limits keys and values besides */
#define CLAIMS_FILE_MAX (1024 * 1024) /* bytes of a file */

/* Told of every error of a file; err->message is "FILE:LINE[:COLUMN]:
 * ...". */
typedef struct {
  void (*report)(const Error *error, void *context);
  void *context;
} ErrorSink;

/* *out := the claims of a libconfig file, or the shipped ones when path is NULL. Every name of
   every formula is checked, so that a typo is found without a run. Errors: STATUS_NOINPUT;
   STATUS_DATA when the file has errors: each is reported to sink (NULL is allowed), and *err is the
   first of them. */
MUST_CHECK StatusCode claims_load(ClaimSet *out, const char *path, const ErrorSink *sink,
                                  Error *err);
/* The same from text; file is the name to show. */
MUST_CHECK StatusCode claims_load_text(ClaimSet *out, const char *file, const char *text,
                                       const ErrorSink *sink, Error *err);
void claims_clear(ClaimSet *set); /* a zeroed ClaimSet is allowed */

/* The claim of that id, or NULL. */
const Claim *claims_find(const ClaimSet *set, const char *id);
/* selected[i] := true for the claim of that id, or, when there is none, for all claims ID.something
   (T1 means T1.time.P, T1.a1 ...). (set->count). STATUS_USAGE when there are none either; the line
   lists the nearest ids. */
MUST_CHECK StatusCode claims_select(bool *selected, const ClaimSet *set, const char *id,
                                    Error *err);

/* The recorded verdict of an instance and reading, or NULL. */
const Expectation *claim_expected(const Claim *claim, const char *instance, Reading reading);

#endif
