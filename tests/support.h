/* support.h -- what the tests of the core share: a random source, the worst of many checks, exact
 * numbers, small instances. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <arb_mat.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/dataset.h"
#include "src/engine.h"
#include "src/params.h"
#include "src/trainer.h"

#define UNIT 0x1p-53 /* u: the relative error of one binary64 operation */

/* gamma_k = k u / (1 - k u): k roundings in a row (Higham, "Accuracy and Stability", lemma 3.1). */
double support_gamma(int64_t k);

/* ---- random test data ---- */

/* A test's own random source (SplitMix64), so that no test stands on the streams that the product
   uses. The environment variable TEST_SEED, an integer, changes every sequence. */
typedef struct {
  uint64_t state;
} Chance;
Chance chance_open(uint64_t seed);
uint64_t chance_bits(Chance *chance);
/* Uniform on {0, ..., below - 1}; below >= 1. */
int64_t chance_below(Chance *chance, int64_t below);
/* Uniform on (-1, 1). */
double chance_real(Chance *chance);

/* ---- many checks, one assertion ---- */

/* The check among many that came closest to its bound, or passed it. */
typedef struct {
  int64_t count;
  double quantity, bound, ratio; /* ratio = quantity / bound */
  char where[192];
} Worst;
/* One check quantity <= bound, at a place. A quantity or bound that is NaN breaks any bound. */
void worst_add(Worst *worst, double quantity, double bound, const char *where, ...)
    PRINTF_LIKE(4, 5);
/* One check that something holds. */
void worst_require(Worst *worst, bool holds, const char *where, ...) PRINTF_LIKE(3, 4);
/* Asserts that there were checks and that all of them held, and notes the numbers in the log. */
void worst_assert(const Worst *worst, const char *what, ...) PRINTF_LIKE(2, 3);

/* Says something in the test's log. */
void support_note(const char *format, ...) PRINTF_LIKE(1, 2);

/* Asserts that a call succeeded; its message otherwise. */
void support_ok(StatusCode code, const Error *err);

/* ---- exact numbers ---- */

/* out := the exact value of scalar i, or the midpoint of a ball. */
void support_exact(arf_t out, const Array *a, int64_t i, const Engine *e);
/* Does scalar i of a ball engine contain x? */
bool support_contains(const Array *a, int64_t i, const arf_t x, const Engine *e);
/* out := x rounded once, to nearest-even in prec bits. */
void support_round(arf_t out, const arf_t x, int64_t prec);
/* |a - b|, up. */
double support_distance(const arf_t a, const arf_t b);
/* |x|, up. */
double support_size(const arf_t x);
/* Are all bits of a and b the same (value, sign of zero, exponent)? */
bool support_same_bits(const mpfr_t a, const mpfr_t b);

/* ---- engines ---- */

typedef struct {
  EngineKind kind;
  int64_t precision;
} EngineChoice;
/* double; mpfr at 53, 64, 128 and 1000 bits; ball at 53 and 128 bits */
#define ENGINE_CHOICES 7
extern const EngineChoice engine_choice[ENGINE_CHOICES];

/* An array of n zeros. */
Array support_array(int64_t n, const Engine *e);
/* a := random scalars of about 2^exponent that use all bits of the engine. */
void support_fill(Array *a, int exponent, Chance *chance, const Engine *e);
/* Are all scalars of a and b equal, radii included? */
bool support_same_scalars(const Array *a, const Array *b, const Engine *e);

/* ---- small instances ---- */

extern const Reading support_reading[4];
extern const char *const support_reading_name[4];

/* The formulas of the reference family, evaluated in double here; seed 1,
   reading shared/separate. */
Params support_params(int64_t d, int64_t N, int64_t L);
/* tau_xi for tau0 to be the stationary deviation at eta1 and lambda. */
double support_tau_xi(const Params *params);
/* 1 - prod_s (1 - eta_s lambda) over the first t steps of the schedule, in double. */
double support_decayed(const Params *params, int64_t t);

/* A data set and a trainer on it; not to be moved while open. */
typedef struct {
  Params params;
  Dataset data;
  Trainer *trainer;
} Training;
void training_open(Training *out, Params params, EngineKind engine, int64_t precision);
void training_close(Training *training);
/* Steps until t. */
void training_run(Training *training, int64_t t);
/* Norm of a weight, up to rounding. */
double training_norm(const Training *training, Block b, WeightKind kind);

/* Frobenius norm of count doubles. */
double support_norm(const double *x, int64_t count);

/* Open gates of a weight pair by definition, in exact arithmetic: open[b]: (N, L).
   weight[b]: (d, d). zeros := how many scores were exactly 0 (NULL is allowed). */
void support_gates(unsigned char *const open[BLOCK_COUNT], int64_t *zeros, const Dataset *data,
                   GateKind kind, const arb_mat_struct weight[BLOCK_COUNT]);

#endif
