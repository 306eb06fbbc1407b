/* test_not_finite.c -- NaN and infinity planted wherever a number is made: a run ends there, and
 * says which number of which step it was.
 *
 * The product has no switch for this. The linker redirects what makes numbers to this file
 * (--wrap), which spoils one of them at a chosen step. Pre-conditions: quick with d = 3, N = L = 4,
 * 6 + 6 steps. Quantity: how the run ends. Bound: STATUS_DATA, the number and the step in one line,
 * for NaN and for infinity, in double and in mpfr; without a fault the run ends well.
 */
#include <math.h>

#include "src/audit.h"
#include "src/gate.h"
#include "src/rng.h"
#include "src/run.h"
#include "src/spectrum.h"
#include "src/truncate.h"
#include "tests/store_fixture.h"
#include "tests/support.h"

/* X(name, what is said of it); STEP steps are done before it is planted, and step STEP is not
   recorded. */
#define STEP 4
#define SQUARE 9 /* d^2, and no other draw has so many */
#define PLACE_LIST(X)                                                                              \
  X(NOTHING, "")                                                                                   \
  X(TOKEN, "data: prompt 0, token 0 (counted from 0), block P: not finite")                        \
  X(START, "step 0: the noise of W: not finite")                                                   \
  X(SUMS, "step 5: the gated sums of W: not finite")                                               \
  X(OUTPUT, "step 5: the outputs of W: not finite")                                                \
  X(RESIDUAL, "step 5: the residuals of W: not finite")                                            \
  X(GRADIENT, "step 5: the gradient of W: not finite")                                             \
  X(SIGNAL, "step 5: Wbar: not finite")                                                            \
  X(NOISE, "step 5: the noise of W: not finite")                                                   \
  X(NOISE_WEIGHT, "step 5: Wtilde: not finite")                                                    \
  X(MEAN_SQUARE, "step 5: Adam's mean square of W: not finite")                                    \
  X(LOSS, "step 5: K1 is not finite")                                                              \
  X(AUDIT_NOISE, "step 6: audit_W is not finite")                                                  \
  X(DEFECT, "step 6: audit_W is not finite")                                                       \
  X(EIGENVALUE, "step 0: an eigenvalue of W is no finite double")                                  \
  X(SINGULAR, "step 0: a singular value of W is no finite double")                                 \
  X(TRUNCATED, "step 0: a loss of the truncated network is no finite double")

typedef enum {
#define X(name, said) PLACE_##name,
  PLACE_LIST(X)
#undef X
      PLACE_COUNT
} Place;

static const char *const said[PLACE_COUNT] = {
#define X(name, said) said,
    PLACE_LIST(X)
#undef X
};

/* The one number that is spoiled; each test runs in a process of its own. */
static Place planted;
static double poison;
static int descents, draws; /* calls so far: two descents a step */
static bool done, auditing;
static EngineOps real, bent;

static int steps_done(void) {
  return descents / BLOCK_COUNT;
}

/* Once, at the chosen place. */
static bool is_due(Place place, int step) {
  if (planted != place || done || steps_done() < step) return false;
  return done = true;
}

static void spoil(Array *a, const Engine *e) {
  double *x = array_alloc((size_t)a->n, sizeof *x);
  cr_assert(x != NULL, "scratch of %lld doubles", (long long)a->n);
  e->ops->array_shadow(x, a, e);
  x[0] = poison;
  real.array_set(a, x, e);
  free(x);
}

static void bent_bilinear(Array *h, const Array *U, const double *M, const double *X,
                          int64_t stride, int grid, const Engine *e) {
  real.bilinear(h, U, M, X, stride, grid, e);
  /* Observing a step begins with the outputs at Ubar, a step with those at U. */
  if (is_due(PLACE_LOSS, STEP + 1)) spoil(h, e);
}

static void bent_residual(Array *c, const Array *s, const double *y, const Engine *e) {
  Array *output = (Array *)(uintptr_t)s; /* an output as the step uses it */
  if (is_due(PLACE_OUTPUT, STEP)) spoil(output, e);
  real.residual(c, s, y, e);
  if (is_due(PLACE_RESIDUAL, STEP)) spoil(c, e);
}

static void bent_gradient(Array *G, const Array *c, const double *M, const double *X,
                          int64_t stride, int grid, const Engine *e) {
  real.gradient(G, c, M, X, stride, grid, e);
  if (is_due(PLACE_GRADIENT, STEP)) spoil(G, e);
}

static void bent_descend(Array *U, const Array *G, double eta, double lambda, const Engine *e) {
  real.descend(U, G, eta, lambda, e);
  if (is_due(PLACE_SIGNAL, STEP)) spoil(U, e);
}

static void bent_descend_noise(Array *U, const double *xi, double eta, double lambda,
                               const Engine *e) {
  real.descend_noise(U, xi, eta, lambda, e);
  if (is_due(PLACE_NOISE_WEIGHT, STEP)) spoil(U, e);
  descents++;
}

static void bent_adam(Array *U, Array *mean, Array *square, Array *power, const Array *G,
                      double eta, double lambda, const Engine *e) {
  real.adam(U, mean, square, power, G, eta, lambda, e);
  if (is_due(PLACE_MEAN_SQUARE, STEP)) spoil(square, e);
}

StatusCode __real_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err);
StatusCode __wrap_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err);
StatusCode __wrap_engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                              int64_t L, PlainSet plain, Error *err) {
  TRY(__real_engine_open(out, kind, precision, d, N, L, plain, err));
  real = bent = *out->ops;
  bent.bilinear = bent_bilinear;
  bent.residual = bent_residual;
  bent.gradient = bent_gradient;
  bent.descend = bent_descend;
  bent.descend_noise = bent_descend_noise;
  bent.adam = bent_adam;
  out->ops = &bent;
  return STATUS_OK;
}

/* The first draws are those of the features, then come the tokens, the start, the noise. */
void __real_rng_normals(double *out, int64_t count, double scale, Rng *rng);
void __wrap_rng_normals(double *out, int64_t count, double scale, Rng *rng);
void __wrap_rng_normals(double *out, int64_t count, double scale, Rng *rng) {
  static const int features = 3;
  __real_rng_normals(out, count, scale, rng);
  if (draws++ == features && is_due(PLACE_TOKEN, 0)) out[0] = poison;
  if (count != SQUARE) return;
  if (auditing ? is_due(PLACE_AUDIT_NOISE, STEP + 1)
               : is_due(PLACE_START, 0) || is_due(PLACE_NOISE, STEP))
    out[0] = poison;
}

const double *__real_gate_sums(const Gate *gate, Block b);
const double *__wrap_gate_sums(const Gate *gate, Block b);
const double *__wrap_gate_sums(const Gate *gate, Block b) {
  const double *sums = __real_gate_sums(gate, b);
  if (is_due(PLACE_SUMS, STEP)) ((double *)(uintptr_t)sums)[0] = poison;
  return sums;
}

bool __real_audit_after(double defect[BLOCK_COUNT], Audit *audit, const Trainer *trainer);
bool __wrap_audit_after(double defect[BLOCK_COUNT], Audit *audit, const Trainer *trainer);
bool __wrap_audit_after(double defect[BLOCK_COUNT], Audit *audit, const Trainer *trainer) {
  auditing = true;
  const bool audited = __real_audit_after(defect, audit, trainer);
  auditing = false;
  if (is_due(PLACE_DEFECT, STEP + 1)) defect[0] = poison;
  return audited;
}

StatusCode __real_spectrum_compute(double *re, double *im, double *singular, const double *matrix,
                                   int64_t d, Error *err);
StatusCode __wrap_spectrum_compute(double *re, double *im, double *singular, const double *matrix,
                                   int64_t d, Error *err);
StatusCode __wrap_spectrum_compute(double *re, double *im, double *singular, const double *matrix,
                                   int64_t d, Error *err) {
  TRY(__real_spectrum_compute(re, im, singular, matrix, d, err));
  if (is_due(PLACE_EIGENVALUE, 0)) im[d - 1] = poison;
  if (is_due(PLACE_SINGULAR, 0)) singular[d - 1] = poison;
  return STATUS_OK;
}

StatusCode __real_truncation_compute(Truncation *rows, const double *const weight[BLOCK_COUNT],
                                     const double *const sums[BLOCK_COUNT], const Dataset *data,
                                     Error *err);
StatusCode __wrap_truncation_compute(Truncation *rows, const double *const weight[BLOCK_COUNT],
                                     const double *const sums[BLOCK_COUNT], const Dataset *data,
                                     Error *err);
StatusCode __wrap_truncation_compute(Truncation *rows, const double *const weight[BLOCK_COUNT],
                                     const double *const sums[BLOCK_COUNT], const Dataset *data,
                                     Error *err) {
  TRY(__real_truncation_compute(rows, weight, sums, data, err));
  if (is_due(PLACE_TRUNCATED, 0)) rows[3].loss[BLOCK_Q] = poison;
  return STATUS_OK;
}

/* ---- runs ---- */

/* How a run ends with that number spoiled. */
static StatusCode run_with(Place place, double number, EngineKind engine, Error *err) {
  static const char *const settings[] = {"d=3", "N=4", "L=4", "t1=6", "t2=6", "tau0=0.05"};
  char folder[128];
  Instance instance;
  Params params;
  Dataset data = {0};
  Store *store;
  int64_t run;
  planted = PLACE_NOTHING;
  folder_open(folder);
  support_ok(instance_load(&instance, "quick", err), err);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    support_ok(instance_set(&instance, settings[i], err), err);
  if (place == PLACE_MEAN_SQUARE) support_ok(instance_set(&instance, "optimizer=adam", err), err);
  support_ok(params_resolve(&params, &instance, err), err);
  support_ok(store_create(&store, folder, err), err);
  planted = place;
  poison = number;
  descents = draws = 0;
  done = false;
  StatusCode code = dataset_generate(&data, &params, err);
  const RunRequest request = {.params = &params,
                              .instance = &instance,
                              .engine = engine,
                              .precision = engine == ENGINE_DOUBLE ? 53 : 128,
                              .record_every = 7};
  if (code == STATUS_OK) code = run_train(&run, store, &data, &request, err);
  store_close(store);
  dataset_clear(&data);
  instance_clear(&instance);
  folder_close(folder);
  return code;
}

Test(not_finite, is_named_where_it_arises) {
  static const struct {
    const char *name;
    double number;
  } kind[] = {{"NaN", NAN}, {"infinity", INFINITY}};
  static const EngineKind engine[] = {ENGINE_DOUBLE, ENGINE_MPFR};
  Worst worst = {0};
  for (int place = 0; place < PLACE_COUNT; place++)
    for (int k = 0; k < 2; k++)
      for (int e = 0; e < 2; e++) {
        Error err = {STATUS_OK, "it ended well"};
        const StatusCode code = run_with((Place)place, kind[k].number, engine[e], &err);
        const StatusCode wanted = place == PLACE_NOTHING ? STATUS_OK : STATUS_DATA;
        worst_require(&worst,
                      code == wanted && (wanted == STATUS_OK || strstr(err.message, said[place])),
                      "%s, %s: status %d '%s', expected %d '%s'", kind[k].name,
                      engine_name(engine[e]), code, err.message, wanted, said[place]);
      }
  worst_assert(&worst, "runs that end where a number is not finite");
}
