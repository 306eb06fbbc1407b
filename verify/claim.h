/* claim.h -- claims as data: what a claims file says, parsed and checked, but not judged. */
#ifndef VERIFY_CLAIM_H
#define VERIFY_CLAIM_H

#include "src/formula.h"
#include "src/params.h"
#include "src/status.h"

typedef enum {
  VERDICT_HOLDS,
  VERDICT_FAILS,
  VERDICT_INCONCLUSIVE, /* the arithmetic or the sample cannot tell */
  VERDICT_VACUOUS,      /* the bound is attained by doing nothing */
  VERDICT_UNMET         /* a hypothesis fails */
} VerdictKind;
#define VERDICT_KIND_COUNT 5
const char *verdict_text(VerdictKind kind); /* "HOLDS" ... */
MUST_CHECK bool verdict_parse(VerdictKind *out, const char *text);

typedef enum { TRUST_SOURCED, TRUST_REPORTED, TRUST_RECALLED, TRUST_DERIVED } Trust;
const char *trust_text(Trust trust);

typedef enum {
  CLAIM_LT, CLAIM_LE, CLAIM_GT, CLAIM_GE, /* observable relation bound */
  CLAIM_WITHIN /* "within": low * bound <= observable <= high * bound; how a Theta() is judged at one instance */
} ClaimRelation;

/* A condition "left relation right" with the words that explain it. */
typedef struct {
  char *words;
  Formula *left, *right;
  Relation relation;
} Hypothesis;

/* One entry of a claims file. All owned. */
typedef struct {
  char *id, *title, *statement, *source, *note; /* note may be NULL */
  Trust trust;
  Hypothesis *hypothesis;
  size_t hypothesis_count;
  Formula *observable, *bound;
  ClaimRelation relation;
  Formula *low, *high;      /* within only */
  Formula *untrained;       /* the observable's value when nothing is trained, or NULL: then vacuity is not judged and `not_vacuous` says why */
  char *not_vacuous;        /* NULL when untrained is given */
  struct { char *name; Formula *value; } *constant; /* visible to this claim's formulas only */
  size_t constant_count;
  VerdictKind expected[4];  /* per readings_all */
  char *expected_reason[4]; /* NULL for an expected HOLDS */
  bool has_expected[4];     /* for this instance family; see ledger in verify/README.md */
  char *ledger_instance;    /* the instance the expectations are recorded for, for example "reference" */
} Claim;

typedef struct {
  Claim *claim;
  size_t count;
  char *file; /* origin of the texts; outlives the formulas */
} ClaimSet;

/* *out := the claims of a libconfig file, or the shipped ones when path is NULL. Errors: STATUS_NOINPUT; STATUS_DATA with FILE:LINE[:COLUMN]. */
MUST_CHECK StatusCode claims_load(ClaimSet *out, const char *path, Error *err);
void claims_clear(ClaimSet *set);
/* The claim of that id, or NULL. */
const Claim *claims_find(const ClaimSet *set, const char *id);

#endif
