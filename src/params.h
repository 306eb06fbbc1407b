/* params.h -- parameters of a run: the formulas a user wrote and the checked values they mean. */
#ifndef SRC_PARAMS_H
#define SRC_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "src/formula.h"
#include "src/status.h"

typedef enum { GATE_SHARED, GATE_SPLIT } GateKind;
typedef enum { LOSS_SEPARATE, LOSS_JOINT } LossKind;
typedef struct {
  GateKind gate;
  LossKind loss;
} Reading;
typedef enum { OPTIMIZER_SGD, OPTIMIZER_ADAM } OptimizerKind;
typedef enum { ATTENTION_RELU, ATTENTION_SOFTMAX } AttentionKind;

extern const Reading readings_all[4]; /* shared/separate (the reference reading) first */
/* "shared/separate" and so on; static text. */
const char *reading_name(Reading reading);
/* *out := reading of "GATE/LOSS"; STATUS_USAGE names the four on a bad text. */
MUST_CHECK StatusCode reading_parse(Reading *out, const char *text, Error *err);

/* Every key in one place: X(key, kind, doc). Kinds: COUNT (integer >= 1; formulas are rounded
   down), STEPS (integer >= 0, rounded down), SEED (a whole number, 0 .. 2^63-1), REAL (finite
   double nearest to the formula), CHOICE (one of two words). */
#define PARAM_LIST(X)                                                                              \
  X(d, COUNT, "dimension of each token block")                                                     \
  X(N, COUNT, "number of training prompts")                                                        \
  X(L, COUNT, "number of context pairs in a prompt")                                               \
  X(gamma0, REAL, "margin of the elementary feature")                                              \
  X(s_e, REAL, "standard deviation of the elementary feature's noise")                             \
  X(u, REAL, "norm of z, the centre of the specialised feature")                                   \
  X(r, REAL, "norm of zeta, the offset of the negative specialised clusters")                      \
  X(balance, REAL, "probability that a negative token has z - zeta and not z + zeta")              \
  X(tau0, REAL, "standard deviation of the initial noise weight of W")                             \
  X(tau_xi, REAL, "standard deviation of the gradient noise")                                      \
  X(lambda, REAL, "weight decay")                                                                  \
  X(eta1, REAL, "learning rate of the elementary stage")                                           \
  X(eta2, REAL, "learning rate of the specialised stage")                                          \
  X(t1, STEPS, "steps of the elementary stage")                                                    \
  X(t2, STEPS, "steps of the specialised stage")                                                   \
  X(T2, REAL, "length of the specialised stage in units of 1/(eta2 lambda)")                       \
  X(eps_W, REAL, "target accuracy of the elementary feature")                                      \
  X(eps_V, REAL, "target accuracy of the specialised feature")                                     \
  X(seed, SEED, "seed of all random streams")                                                      \
  X(gate, CHOICE, "shared or split")                                                               \
  X(loss, CHOICE, "separate or joint")                                                             \
  X(optimizer, CHOICE, "sgd or adam")                                                              \
  X(attention, CHOICE, "relu or softmax")

typedef enum {
#define X(key, kind, doc) PARAM_##key,
  PARAM_LIST(X)
#undef X
      PARAM_COUNT
} ParamId;

typedef enum {
  PARAM_KIND_COUNT,
  PARAM_KIND_STEPS,
  PARAM_KIND_SEED,
  PARAM_KIND_REAL,
  PARAM_KIND_CHOICE
} ParamKind;
typedef struct {
  const char *key;
  ParamKind kind;
  const char *doc;
} ParamInfo;
extern const ParamInfo param_info[PARAM_COUNT];
extern const char param_keys[]; /* all of them, separated by blanks; for messages */
/* The ParamId of a key, or PARAM_COUNT. */
ParamId param_find(const char *key);
/* The formula of a key that an instance need not give, or NULL when it must. */
const char *param_default(ParamId id);

/* The formulas of an instance: what a file and --set say, before evaluation. */
typedef struct {
  char name[64];           /* of the instance */
  char family[64];         /* "reference", "annealed", or the file's own; "" if none */
  char *text[PARAM_COUNT]; /* owned; never NULL after instance_load */
  /* Where the text stands, as in FormulaOrigin: a file's name, or "--set KEY" without line. */
  char *file[PARAM_COUNT]; /* owned */
  int line[PARAM_COUNT], column[PARAM_COUNT];
  char *source_text; /* owned; the file as it was read; NULL: a built-in one, or a copy */
} Instance;

/* *out := the built-in instance of that name, or else the file of that name (libconfig; see
   src/instances/README.md for the form). Errors: STATUS_NOINPUT (no such built-in and no such file;
   the message lists the built-ins), STATUS_DATA (FILE:LINE: ...). */
MUST_CHECK StatusCode instance_load(Instance *out, const char *name_or_file, Error *err);
void instance_clear(Instance *instance);
/* *out := a copy; instance_clear releases it, also after an error. */
MUST_CHECK StatusCode instance_copy(Instance *out, const Instance *from, Error *err);
/* Replaces one formula; key_value is "KEY=VALUE". STATUS_USAGE on an unknown key (the message lists
 * the keys) or a missing '='. */
MUST_CHECK StatusCode instance_set(Instance *instance, const char *key_value, Error *err);
/* Replaces the formula of one key; origin is what messages call its place, as in "--along d". */
MUST_CHECK StatusCode instance_assign(Instance *instance, ParamId id, const char *text,
                                      const char *origin, Error *err);
/* Names of the built-in instances, NULL-terminated. */
extern const char *const instance_builtin_names[];

/* The checked values. Reals are doubles, and from here on these doubles are the exact parameters of
 * the run. */
typedef struct {
  char instance[64], family[64];
  int64_t d, N, L, t1, t2, seed;
  double gamma0, s_e, u, r, tau0, tau_xi, lambda, eta1, eta2, T2, eps_W, eps_V;
  double balance;
  Reading reading;
  OptimizerKind optimizer;
  AttentionKind attention;
} Params;

/* *out := the values of the instance's formulas. A formula may use any other key and never itself,
   directly or not. Within formulas the key of a real means the exact value of its formula, and that
   of a count, of steps or of the seed the whole number; counts and steps are floors of the exact
   value (so t1 = "1/(4*eta1*lambda)" with lambda = 1/400 gives 100 although no double is 1/400).
   Errors: STATUS_DATA, one line with key, place, value and what was expected. Ranges:
    - d 2 .. 1024, N 1 .. 2^20, L 1 .. 2^16, N (L+1) d at most 2^31;
    - t1, t2 and t1 + t2 at most 10^12; lambda, T2 >= 0; eps_W, eps_V in (0, 1]; balance in [0, 1];
    - gamma0, s_e, u, r, tau0, tau_xi 0 or 2^-150 .. 2^150; eta1, eta2 2^-100 .. 2^32;
    - eta1 lambda < 1 and eta2 lambda < 1.

   No engine overflows within them: tokens have norm at most 2^9 2^150 (13 standard deviations in
   1024 dimensions), so a gradient has 2^318; 10^12 < 2^40 steps at rate 2^32 make weights of at
   most 2^390, noise at most 2^(150 + 14 + 72); norms squared and x' U x stay below 2^800. */
MUST_CHECK StatusCode params_resolve(Params *out, const Instance *instance, Error *err);

/* value := parameter `name` of the run (numbers only: a choice has none). False when there is no
 * such number. */
bool params_value(FormulaValue *value, const Params *params, const char *name);

/* The value as text that reads back to it: integers in decimal, reals with 17 significant digits,
   choices by name. size >= 32. */
void params_format(char *out, size_t size, const Params *params, ParamId id);

/* Sets a choice by its word; false, params untouched, when that is none of the choice's words. */
MUST_CHECK bool params_set_choice(Params *params, ParamId id, const char *word);

#endif
