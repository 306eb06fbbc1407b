/* test_faults.c -- planted faults in the dynamics: the trainer is broken in many ways, and some
 * claim or derived fact must catch each.
 *
 * The product has no switch for this. The linker redirects engine_open, trainer_open, gate_update
 * and gate_sums to this file (--wrap), which hands out a faulty table of kernels, changed
 * parameters or stale gates. Pre-conditions: quick, shared/separate, double. Quantity: verdicts
 * that differ from the recorded ones; bound: at least 1 for each fault, 0 without a fault. The
 * table of all kills goes to tests/faults.txt.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/gate.h"
#include "src/trainer.h"
#include "tests/support.h"
#include "tests/trained.h"
#include "verify/judge.h"

/* X(name, what is wrong) */
#define FAULT_LIST(X)                                                                              \
  X(NONE, "nothing: the control")                                                                  \
  X(GRADIENT_SIGN, "the gradient's sign is wrong")                                                 \
  X(NO_L, "the gradient lacks 1/L")                                                                \
  X(NO_L_OUTPUT, "the network's output lacks 1/L")                                                 \
  X(WRONG_N, "the gradient is divided by N + 1")                                                   \
  X(TRANSPOSED, "the gradient is transposed")                                                      \
  X(NO_DECAY, "no weight decay")                                                                   \
  X(DOUBLE_DECAY, "weight decay applied twice")                                                    \
  X(DECAY_SIGNAL_ONLY, "no weight decay on the noise weight")                                      \
  X(ETA2_EARLY, "eta2 used in stage one")                                                          \
  X(ETA1_LATE, "eta1 kept in stage two")                                                           \
  X(NOISE_VARIANCE, "noise of twice the deviation")                                                \
  X(NOISE_FROZEN, "the same noise at every step")                                                  \
  X(NOISE_MISSING, "no gradient noise")                                                            \
  X(MIXED, "the gradient goes into the noise weight as well")                                      \
  X(RESIDUAL_SWAPPED, "W and V are updated with each other's residual")                            \
  X(RESIDUAL_LABEL, "the residual forgets the label")                                              \
  X(STALE_GATES, "gates are updated at every second step only")                                    \
  X(QUERY_LEAK, "the query's own label and token leak into the context")                           \
  X(GATES_FROZEN, "gates stay as they were at step 0")                                             \
  X(V0_NOT_ZERO, "V_0 is not zero")                                                                \
  X(T1_LATE, "stage one lasts a step too long")                                                    \
  X(T1_EARLY, "stage one ends a step too early")                                                   \
  X(LAMBDA_ROUNDED, "lambda is rounded to six bits")                                               \
  X(JOINT_LOSS, "the joint loss in the place of the separate one")                                 \
  X(SPLIT_GATES, "split gates in the place of shared ones")

typedef enum {
#define X(name, what) FAULT_##name,
  FAULT_LIST(X)
#undef X
      FAULT_COUNT
} Fault;

static const char *const fault_what[FAULT_COUNT] = {
#define X(name, what) what,
    FAULT_LIST(X)
#undef X
};

/* The state of the one fault that is planted; each test runs in a process of its own. */
static Fault planted;
static const Dataset *planted_data;
static Params planted_params;
static double eta1_of_run, eta2_of_run;
static int64_t arrays_opened, updates, weight_size;
static const Array
    *output_of_block[BLOCK_COUNT]; /* what the step's last two full outputs were written to */
static int outputs_seen, residuals_seen;
static double frozen_noise[4096];
static bool noise_is_frozen;
static Array *last_signal;
static double *leaky[BLOCK_COUNT];

/* ---- faulty kernels: the double engine's, bent ---- */

static EngineOps bent;

static StatusCode bent_array_open(Array *out, int64_t n, const Engine *e, Error *err) {
  TRY(engine_double_ops.array_open(out, n, e, err));
  weight_size = e->d * e->d;
  /* The trainer opens, for each block, signal, noise and full weight first: the eighth array is
   * Vtilde. */
  arrays_opened++;
  if (planted == FAULT_V0_NOT_ZERO && arrays_opened == 8)
    for (int64_t i = 0; i < n; i++)
      ((double *)out->data)[i] = 1e-3;
  return STATUS_OK;
}

static void bent_bilinear(Array *h, const Array *U, const double *M, const double *X,
                          int64_t stride, int grid, const Engine *e) {
  engine_double_ops.bilinear(h, U, M, X, stride, grid, e);
  output_of_block[outputs_seen++ % BLOCK_COUNT] = h;
  if (planted != FAULT_NO_L_OUTPUT) return;
  for (int64_t n = 0; n < h->n; n++)
    ((double *)h->data)[n] *= (double)e->L;
}

static void bent_gradient(Array *G, const Array *c, const double *M, const double *X,
                          int64_t stride, int grid, const Engine *e) {
  engine_double_ops.gradient(G, c, M, X, stride, grid, e);
  double *g = G->data;
  const double factor = planted == FAULT_GRADIENT_SIGN ? -1
                        : planted == FAULT_NO_L        ? (double)e->L
                        : planted == FAULT_WRONG_N     ? (double)e->N / (double)(e->N + 1)
                                                       : 1;
  for (int64_t i = 0; i < G->n; i++)
    g[i] *= factor;
  if (planted != FAULT_TRANSPOSED) return;
  for (int64_t i = 0; i < e->d; i++)
    for (int64_t j = 0; j < i; j++) {
      const double t = g[i * e->d + j];
      g[i * e->d + j] = g[j * e->d + i];
      g[j * e->d + i] = t;
    }
}

static void bent_residual(Array *c, const Array *s, const double *y, const Engine *e) {
  /* Residuals are asked for block P, then block Q; the two outputs before them are those of P and
   * Q. */
  const int block = residuals_seen++ % BLOCK_COUNT;
  if (planted == FAULT_RESIDUAL_SWAPPED) {
    const int last = outputs_seen % BLOCK_COUNT; /* the older of the two is P's */
    s = output_of_block[(last + 1 - block) % BLOCK_COUNT];
  }
  engine_double_ops.residual(c, s, y, e);
  if (planted == FAULT_RESIDUAL_LABEL)
    for (int64_t n = 0; n < c->n; n++)
      ((double *)c->data)[n] *= y[n];
}

static double bent_eta(double eta) {
  if (planted == FAULT_ETA2_EARLY) return eta2_of_run;
  if (planted == FAULT_ETA1_LATE) return eta1_of_run;
  return eta;
}

static double bent_lambda(double lambda) {
  if (planted == FAULT_NO_DECAY) return 0;
  if (planted == FAULT_DOUBLE_DECAY) return 2 * lambda;
  if (planted != FAULT_LAMBDA_ROUNDED) return lambda;
  int exponent;
  const double fraction = frexp(lambda, &exponent);
  return ldexp(rint(fraction * 64) / 64, exponent);
}

static void bent_descend(Array *U, const Array *G, double eta, double lambda, const Engine *e) {
  engine_double_ops.descend(U, G, bent_eta(eta), bent_lambda(lambda), e);
  last_signal = U;
}

static void bent_descend_noise(Array *U, const double *xi, double eta, double lambda,
                               const Engine *e) {
  double changed[4096];
  const double factor = planted == FAULT_NOISE_VARIANCE  ? 2
                        : planted == FAULT_NOISE_MISSING ? 0
                                                         : 1;
  if (planted == FAULT_NOISE_FROZEN && !noise_is_frozen)
    memcpy(frozen_noise, xi, (size_t)U->n * sizeof *xi);
  noise_is_frozen = true;
  for (int64_t i = 0; i < U->n; i++)
    changed[i] = planted == FAULT_NOISE_FROZEN ? frozen_noise[i] : factor * xi[i];
  engine_double_ops.descend_noise(U, changed, bent_eta(eta),
                                  planted == FAULT_DECAY_SIGNAL_ONLY ? 0 : bent_lambda(lambda), e);
  if (planted != FAULT_MIXED) return;
  for (int64_t i = 0; i < U->n; i++)
    ((double *)U->data)[i] += 1e-3 * ((double *)last_signal->data)[i];
}

/* ---- redirected functions ---- */

StatusCode __real_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err);
StatusCode __wrap_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err);
StatusCode __wrap_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err) {
  TRY(__real_engine_open(out, kind, precision, d, N, L, plain, err));
  bent = engine_double_ops;
  bent.array_open = bent_array_open;
  bent.bilinear = bent_bilinear;
  bent.gradient = bent_gradient;
  bent.residual = bent_residual;
  bent.descend = bent_descend;
  bent.descend_noise = bent_descend_noise;
  out->ops = &bent;
  return STATUS_OK;
}

StatusCode __real_trainer_open(Trainer **out, const Params *params, const Dataset *data,
                               EngineKind engine, int64_t precision, PlainSet plain, Error *err);
StatusCode __wrap_trainer_open(Trainer **out, const Params *params, const Dataset *data,
                               EngineKind engine, int64_t precision, PlainSet plain, Error *err);
StatusCode __wrap_trainer_open(Trainer **out, const Params *params, const Dataset *data,
                               EngineKind engine, int64_t precision, PlainSet plain, Error *err) {
  planted_params = *params;
  planted_data = data;
  eta1_of_run = params->eta1;
  eta2_of_run = params->eta2;
  if (planted == FAULT_T1_LATE) planted_params.t1++;
  if (planted == FAULT_T1_EARLY) planted_params.t1--;
  if (planted == FAULT_JOINT_LOSS) planted_params.reading.loss = LOSS_JOINT;
  if (planted == FAULT_SPLIT_GATES) planted_params.reading.gate = GATE_SPLIT;
  return __real_trainer_open(out, &planted_params, data, engine, precision, plain, err);
}

bool __real_gate_update(Gate *gate, const GateWeights *weights, GateSign sign, void *context);
bool __wrap_gate_update(Gate *gate, const GateWeights *weights, GateSign sign, void *context);
bool __wrap_gate_update(Gate *gate, const GateWeights *weights, GateSign sign, void *context) {
  const int64_t update = updates++;
  if (planted == FAULT_STALE_GATES && update % 2 == 1) return false;
  if (planted == FAULT_GATES_FROZEN && update > 0) return false;
  return __real_gate_update(gate, weights, sign, context);
}

const double *__real_gate_sums(const Gate *gate, Block b);
const double *__wrap_gate_sums(const Gate *gate, Block b);
const double *__wrap_gate_sums(const Gate *gate, Block b) {
  const double *sums = __real_gate_sums(gate, b);
  if (planted != FAULT_QUERY_LEAK) return sums;
  const Dataset *data = planted_data;
  if (leaky[b] == NULL) leaky[b] = malloc((size_t)(data->N * data->d) * sizeof(double));
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t i = 0; i < data->d; i++)
      leaky[b][n * data->d + i] = sums[n * data->d + i] + dataset_label(data, n, data->L) *
                                                              dataset_token(data, b, n, data->L)[i];
  return leaky[b];
}

/* ---- the table ---- */

static void plant(Fault fault) {
  planted = fault;
  arrays_opened = updates = 0;
  outputs_seen = residuals_seen = 0;
  noise_is_frozen = false;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    free(leaky[b]);
    leaky[b] = NULL;
  }
}

/* Verdicts that differ from the ledger; their ids go into caught. */
static int count_caught(char *caught, size_t size, const ClaimSet *claims, const Trace *trace) {
  int count = 0;
  size_t used = 0;
  caught[0] = '\0';
  for (size_t i = 0; i < claims->count; i++) {
    Error err;
    Verdict verdict;
    const Expectation *expected = claim_expected(&claims->claim[i], "quick", readings_all[0]);
    verdict_init(&verdict);
    support_ok(claim_judge(&verdict, &claims->claim[i], trace, NULL, &err), &err);
    if (expected != NULL && verdict.kind != expected->verdict) {
      count++;
      if (used + 40 < size)
        used += (size_t)snprintf(caught + used, size - used, " %s %s", claims->claim[i].id,
                                 verdict_text(verdict.kind));
    }
    verdict_clear(&verdict);
  }
  return count;
}

Test(faults, each_is_caught) {
  Error err;
  ClaimSet claims;
  support_ok(claims_load(&claims, NULL, NULL, &err), &err);
  FILE *table = table_open("faults.txt");
  fprintf(table, "planted faults in the dynamics, and the verdicts that give them away (quick, "
                 "shared/separate, double):\n");
  int uncaught = 0, false_alarms = 0;
  for (int fault = 0; fault < FAULT_COUNT; fault++) {
    char caught[160];
    Trace trace;
    plant((Fault)fault);
    trained_trace(&trace, "quick", readings_all[0], ENGINE_DOUBLE, 53);
    const int count = count_caught(caught, sizeof caught, &claims, &trace);
    fprintf(table, "%-62s %2d%s\n", fault_what[fault], count, caught);
    if (fault == FAULT_NONE)
      false_alarms = count;
    else
      uncaught += count == 0;
    if (fault != FAULT_NONE && count == 0) support_note("not caught: %s", fault_what[fault]);
    trace_clear(&trace);
  }
  plant(FAULT_NONE);
  fprintf(table, "%d faults, %d not caught; %d false alarms without a fault\n", FAULT_COUNT - 1,
          uncaught, false_alarms);
  fclose(table);
  claims_clear(&claims);
  cr_assert(false_alarms == 0, "without a fault %d verdicts differ from the recorded ones; bound 0",
            false_alarms);
  cr_assert(uncaught == 0, "of %d planted faults, %d are not caught; bound 0", FAULT_COUNT - 1,
            uncaught);
}
