/* test_checkpoint.c -- runs that are stopped and go on: the store they leave is that of a run that
 * was never stopped. Two stores are compared by their seals, which are of all they hold.
 */
#include <math.h>

#include "src/checkpoint.h"
#include "src/gate.h"
#include "src/state.h"
#include "tests/corruption.h"
#include "tests/store_fixture.h"
#include "tests/support.h"

typedef struct {
  const char *words;
  EngineKind engine;
  int64_t precision;
  bool certify, sparse;
  const char *setting[4];
} Kind;

static const Kind kind[] = {
    {"double", ENGINE_DOUBLE, 53, false, false, {NULL}},
    {"double, split/joint", ENGINE_DOUBLE, 53, false, true, {"gate=split", "loss=joint", NULL}},
    {"double, adam", ENGINE_DOUBLE, 53, false, false, {"optimizer=adam", NULL}},
    {"double, softmax", ENGINE_DOUBLE, 53, false, false, {"attention=softmax", NULL}},
    {"double, certified", ENGINE_DOUBLE, 53, true, false, {NULL}},
    {"mpfr 128", ENGINE_MPFR, 128, false, false, {NULL}},
    {"mpfr 256, adam", ENGINE_MPFR, 256, false, false, {"optimizer=adam", NULL}},
    {"mpfr 64, split, without noise",
     ENGINE_MPFR,
     64,
     false,
     false,
     {"gate=split", "tau_xi=0", NULL}},
    {"ball", ENGINE_BALL, 512, false, false, {NULL}},
};
#define KINDS (sizeof kind / sizeof *kind)

typedef struct {
  char folder[128], checkpoint[160];
  Instance instance;
  Params params;
  Dataset data;
  RunRequest request;
  int64_t stop_at; /* -1: never */
} Scene;

static bool tick(int64_t done, int64_t total, void *context) {
  (void)total;
  return done != ((Scene *)context)->stop_at;
}

static void scene_open(Scene *s, const Kind *k) {
  Error err;
  static const char *const small[] = {"d=4", "N=8", "L=8", "t1=20", "t2=37", "tau0=0.05", NULL};
  *s = (Scene){.stop_at = -1};
  folder_open(s->folder);
  snprintf(s->checkpoint, sizeof s->checkpoint, "%s/checkpoint", s->folder);
  OK(instance_load(&s->instance, "quick", &err));
  for (int i = 0; small[i] != NULL; i++)
    OK(instance_set(&s->instance, small[i], &err));
  for (int i = 0; k->setting[i] != NULL; i++)
    OK(instance_set(&s->instance, k->setting[i], &err));
  OK(params_resolve(&s->params, &s->instance, &err));
  OK(dataset_generate(&s->data, &s->params, &err));
  s->request = (RunRequest){.params = &s->params,
                            .instance = &s->instance,
                            .engine = k->engine,
                            .precision = k->precision,
                            .certify = k->certify,
                            .sparse = k->sparse,
                            .progress = {tick, s}};
}

static void scene_close(Scene *s) {
  checkpoint_remove(s->checkpoint);
  dataset_clear(&s->data);
  instance_clear(&s->instance);
  folder_close(s->folder);
}

static void keep_checkpoints(Scene *s, double seconds) {
  s->request.checkpoint = (Checkpoints){s->checkpoint, "test", seconds};
}

/* Trains into a new store; a run that is stopped leaves none. */
static StatusCode train(Scene *s, Error *err) {
  Store *store;
  int64_t run;
  TRY(store_create(&store, s->folder, err));
  const StatusCode code = run_train(&run, store, &s->data, &s->request, err);
  if (code == STATUS_OK) return store_finish(store, err);
  store_close(store);
  return code;
}

static void read_seal(char out[80], const Scene *s) {
  Error err;
  Store *store;
  sqlite3_stmt *statement;
  bool row;
  OK(store_open(&store, s->folder, &err));
  OK(store_prepare(&statement, store, "SELECT digest FROM seal", &err));
  OK(store_step(&row, store, statement, &err));
  snprintf(out, 80, "%s", (const char *)sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  store_close(store);
}

static int64_t step_of_checkpoint(const Scene *s) {
  Error err;
  CheckpointHead head;
  OK(checkpoint_find(&head, &s->request, &err));
  return head.found ? head.step : -1;
}

Test(checkpoint, runs_go_on_as_if_never_stopped) {
  static const int64_t stop[] = {1, 19, 20, 21, 33, 56, 57};
  for (size_t k = 0; k < KINDS; k++) {
    Error err;
    Scene s;
    char whole[80], stopped[80];
    scene_open(&s, &kind[k]);
    OK(train(&s, &err));
    read_seal(whole, &s);
    keep_checkpoints(&s, 1e9);
    for (size_t i = 0; i < sizeof stop / sizeof *stop; i++) {
      s.stop_at = stop[i];
      REFUSED(train(&s, &err), STATUS_INTERNAL, "interrupted");
      const int64_t step = step_of_checkpoint(&s);
      cr_assert(step == stop[i], "%s: the checkpoint is of step %lld, stopped at %lld",
                kind[k].words, (long long)step, (long long)stop[i]);
    }
    s.stop_at = -1;
    OK(train(&s, &err));
    read_seal(stopped, &s);
    cr_assert(strcmp(whole, stopped) == 0, "%s, stopped at 7 steps of 57: seal %s, expected %s",
              kind[k].words, stopped, whole);
    scene_close(&s);
  }
}

/* V stays 0 without noise, of which no certificate can tell the gates: at step 1 double and both
   precisions of mpfr give up, and balls begin anew. A stop before them leaves no checkpoint. */
Test(checkpoint, certified_runs_that_resort_to_balls_go_on) {
  static const Kind resorting = {"certified", ENGINE_DOUBLE, 53,
                                 true,        false,         {"gate=split", "tau_xi=0", NULL}};
  static const int64_t stop[] = {1, 2, 20, 33, 57};
  Error err;
  Scene s;
  char whole[80], stopped[80];
  scene_open(&s, &resorting);
  OK(train(&s, &err));
  read_seal(whole, &s);
  keep_checkpoints(&s, 1e9);
  for (size_t i = 0; i < sizeof stop / sizeof *stop; i++) {
    s.stop_at = stop[i];
    REFUSED(train(&s, &err), STATUS_INTERNAL, "interrupted");
    RunRequest balls = s.request;
    CheckpointHead head;
    balls.certify = false;
    balls.engine = ENGINE_BALL;
    balls.precision = PRECISION_MAX;
    OK(checkpoint_find(&head, &balls, &err));
    cr_assert(head.found == (stop[i] > 1) && (!head.found || head.step == stop[i]),
              "stopped at step %lld: a checkpoint of balls is there %d, of step %lld; expected one "
              "of that step from step 2 on",
              (long long)stop[i], head.found, (long long)head.step);
  }
  s.stop_at = -1;
  OK(train(&s, &err));
  read_seal(stopped, &s);
  cr_assert(strcmp(whole, stopped) == 0, "stopped at 5 steps of 57: seal %s, expected %s", stopped,
            whole);
  scene_close(&s);
}

Test(checkpoint, is_written_at_intervals) {
  Error err;
  Scene s;
  scene_open(&s, &kind[0]);
  keep_checkpoints(&s, 0);
  OK(train(&s, &err));
  cr_assert(step_of_checkpoint(&s) == 57, "0 seconds: the last checkpoint is of step %lld of 57",
            (long long)step_of_checkpoint(&s));
  checkpoint_remove(s.checkpoint);
  keep_checkpoints(&s, 1e9);
  OK(train(&s, &err));
  cr_assert(step_of_checkpoint(&s) == -1, "10^9 seconds: there is a checkpoint, of step %lld",
            (long long)step_of_checkpoint(&s));
  scene_close(&s);
}

/* What differs in anything that decides the records does not go on from it. */
Test(checkpoint, is_of_one_request_only) {
  static const int64_t at[] = {7};
  Error err;
  Scene s;
  scene_open(&s, &kind[0]);
  keep_checkpoints(&s, 1e9);
  s.stop_at = 30;
  REFUSED(train(&s, &err), STATUS_INTERNAL, "interrupted");
  const RunRequest same = s.request;
  RunRequest other[6];
  Params params = s.params;
  params.seed++;
  for (int i = 0; i < 6; i++)
    other[i] = same;
  other[0].params = &params;
  other[1].engine = ENGINE_MPFR;
  other[2].certify = true;
  other[3].record_every = 5;
  other[4].at = at;
  other[4].at_count = 1;
  other[5].checkpoint.program = "another build";
  for (int i = 0; i < 6; i++) {
    s.request = other[i];
    const int64_t step = step_of_checkpoint(&s);
    cr_assert(step == -1, "change %d: found a checkpoint of step %lld, expected none", i,
              (long long)step);
  }
  s.request = same;
  cr_assert(step_of_checkpoint(&s) == 30, "the same request: step %lld, expected 30",
            (long long)step_of_checkpoint(&s));
  scene_close(&s);
}

static StatusCode find(void *context, Error *err) {
  CheckpointHead head;
  Scene *s = context;
  TRY(checkpoint_find(&head, &s->request, err));
  cr_assert(head.found && head.step == 30, "found %d, step %lld, expected step 30", head.found,
            (long long)head.step);
  return STATUS_OK;
}

/* Nobody goes on from a damaged one, and nothing is lost. */
Test(checkpoint, that_is_damaged_is_refused) {
  Error err;
  Scene s[2];
  char path[2][512];
  for (int i = 0; i < 2; i++) { /* the other: of MPFR */
    scene_open(&s[i], &kind[5 * i]);
    keep_checkpoints(&s[i], 1e9);
    s[i].stop_at = 30;
    REFUSED(train(&s[i], &err), STATUS_INTERNAL, "interrupted");
    snprintf(path[i], sizeof path[i], "%.159s/run.db", s[i].checkpoint);
  }
  corruption_assert(path[0], path[1], s[0].checkpoint, find, &s[0], "a checkpoint");
  scene_close(&s[0]);
  scene_close(&s[1]);
}

/* The store of a run that a command finished before it was stopped itself. A spoiled one is not
   taken for it, so it is trained again. */
static StatusCode find_finished(void *context, Error *err) {
  bool is;
  Scene *s = context;
  Error damage;
  TRY(checkpoint_is_finished(&is, &damage, s->folder, &s->request, err));
  if (is) return STATUS_OK;
  *err = damage;
  return damage.code != STATUS_OK ? damage.code : error_set(err, STATUS_DATA, "not finished");
}

Test(checkpoint, spoiled_store_of_a_worker_is_not_finished) {
  Error err;
  Store *store;
  Scene s[2];
  char path[2][512];
  for (int i = 0; i < 2; i++) {
    int64_t run;
    scene_open(&s[i], &kind[5 * i]);
    s[i].request.checkpoint.program = "test";
    OK(store_create(&store, s[i].folder, &err));
    OK(run_train(&run, store, &s[i].data, &s[i].request, &err));
    OK(checkpoint_sign(store, &s[i].request, &err));
    OK(store_finish(store, &err));
    snprintf(path[i], sizeof path[i], "%.127s/run.db", s[i].folder);
  }
  corruption_assert(path[0], path[1], s[0].folder, find_finished, &s[0], "the store of a worker");
  /* The whole of another's. */
  cr_assert(rename(path[1], path[0]) == 0, "%s: cannot be replaced", path[0]);
  REFUSED(find_finished(&s[0], &err), STATUS_DATA, "not finished");
  scene_close(&s[0]);
  scene_close(&s[1]);
}

/* Pre-conditions: the checkpoint of an earlier step in the place of the last one, and that of
   another request. Quantity: the store in the end. Bound: that of the run undisturbed. */
Test(checkpoint, older_or_of_another_run) {
  Error err;
  Scene s[2];
  char whole[80], found[80], path[2][512], kept[512];
  scene_open(&s[0], &kind[0]);
  scene_open(&s[1], &kind[5]);
  OK(train(&s[0], &err));
  read_seal(whole, &s[0]);
  for (int i = 0; i < 2; i++) {
    keep_checkpoints(&s[i], 1e9);
    snprintf(path[i], sizeof path[i], "%.159s/run.db", s[i].checkpoint);
  }
  s[0].stop_at = s[1].stop_at = 22;
  REFUSED(train(&s[0], &err), STATUS_INTERNAL, "interrupted");
  REFUSED(train(&s[1], &err), STATUS_INTERNAL, "interrupted");
  snprintf(kept, sizeof kept, "%.127s/kept", s[0].folder);
  cr_assert(link(path[0], kept) == 0, "%s: cannot be kept", path[0]);
  s[0].stop_at = 44;
  REFUSED(train(&s[0], &err), STATUS_INTERNAL, "interrupted");
  cr_assert(rename(kept, path[0]) == 0, "%s: cannot be replaced", path[0]);
  cr_assert(step_of_checkpoint(&s[0]) == 22, "step %lld, expected the older 22",
            (long long)step_of_checkpoint(&s[0]));
  s[0].stop_at = -1;
  OK(train(&s[0], &err));
  read_seal(found, &s[0]);
  cr_assert(strcmp(found, whole) == 0, "from step 22 again: seal %s, expected %s", found, whole);
  mkdir(s[0].checkpoint, 0777); /* a run that ends removes it */
  cr_assert(rename(path[1], path[0]) == 0, "%s: cannot be replaced", path[0]);
  OK(train(&s[0], &err));
  read_seal(found, &s[0]);
  cr_assert(strcmp(found, whole) == 0, "beside another's: seal %s, expected %s", found, whole);
  scene_close(&s[0]);
  scene_close(&s[1]);
}

/* ---- fields ---- */

static void walk_fields(State *state, double *x, unsigned char *flag, arb_t ball, char text[8]) {
  bool truth = flag[0] != 0;
  int64_t number = -7;
  state_doubles(state, "doubles", x, 1025);
  state_flags(state, "flags", flag, 9000);
  state_ball(state, "ball", ball);
  state_text(state, "text", text, 8);
  state_bool(state, "bool", &truth);
  state_integer(state, "integer", &number, -7, -7);
}

Test(state, comes_back_to_the_bit) {
  Error err;
  char folder[128], text[8] = "odd|'\"\n", found[8] = "";
  double x[1025], y[1025] = {0};
  unsigned char flag[9000], other[9000] = {0};
  arb_t ball, back;
  Store *store;
  folder_open(folder);
  arb_init(ball);
  arb_init(back);
  arb_const_pi(ball, 500);
  for (int i = 0; i < 1025; i++)
    x[i] = i % 5 == 0 ? -0.0 : i % 5 == 1 ? -INFINITY : ldexp(1 + i, -1074 + i);
  x[3] = NAN;
  for (int i = 0; i < 9000; i++)
    flag[i] = i % 7 == 2;
  OK(store_create(&store, folder, &err));
  State saving = state_open(store, false);
  walk_fields(&saving, x, flag, ball, text);
  OK(state_result(&saving, &err));
  State restoring = state_open(store, true);
  walk_fields(&restoring, y, other, back, found);
  OK(state_result(&restoring, &err));
  int lost = memcmp(x, y, sizeof x) != 0;
  cr_assert(lost == 0, "1025 doubles, NaN and minus zero among them: lost %d", lost);
  lost = memcmp(flag, other, sizeof flag) != 0;
  cr_assert(lost == 0, "9000 flags: lost %d", lost);
  lost = !arb_equal(ball, back);
  cr_assert(lost == 0, "a ball of 500 bits: lost %d", lost);
  cr_assert(strcmp(text, found) == 0, "text: '%s', expected '%s'", found, text);
  int64_t number = 0;
  state_integer(&restoring, "integer", &number, -6, 6);
  REFUSED(state_result(&restoring, &err), STATUS_DATA, "no valid integer");
  store_close(store);
  arb_clear(ball);
  arb_clear(back);
  folder_close(folder);
}

static int no_sign(int64_t n, int64_t l, unsigned mask, void *context) {
  (void)n, (void)l, (void)mask, (void)context;
  return GATE_SIGN_UNKNOWN;
}

/* The radius of the weights before is part of the way to those after. Quantity: scores that gates
   look at again when weights stay where they are and lose a radius of 1/2; gates that went on
   against gates that were restored. Bound: the same, and not 0. */
Test(state, gates_keep_the_radius_of_their_weights) {
  Error err;
  char folder[128];
  const Params p = support_params(3, 4, 5);
  Dataset data;
  Gate *gate[2];
  Store *store;
  int64_t scored[2];
  const double shadow[9] = {1, 0.5, -0.25, 0.75, -1, 0.5, 0.25, 1, -0.5};
  GateWeights weights = {.shadow = {shadow, shadow}, .radius = {0.5, 0.5}};
  folder_open(folder);
  OK(dataset_generate(&data, &p, &err));
  for (int k = 0; k < 2; k++)
    OK(gate_open(&gate[k], &data, GATE_SHARED, 0, &err));
  gate_update(gate[0], &weights, no_sign, NULL);
  OK(store_create(&store, folder, &err));
  State saving = state_open(store, false), restoring = state_open(store, true);
  gate_state(&saving, gate[0]);
  OK(state_result(&saving, &err));
  gate_state(&restoring, gate[1]);
  OK(state_result(&restoring, &err));
  weights.radius[BLOCK_P] = weights.radius[BLOCK_Q] = 0;
  for (int k = 0; k < 2; k++) {
    const int64_t before = gate_counts(gate[k]).scored;
    gate_update(gate[k], &weights, no_sign, NULL);
    scored[k] = gate_counts(gate[k]).scored - before;
    gate_close(gate[k]);
  }
  cr_assert(scored[0] == scored[1] && scored[0] > 0,
            "%lld scores looked at again, after restoring %lld; expected the same, and some",
            (long long)scored[0], (long long)scored[1]);
  store_close(store);
  dataset_clear(&data);
  folder_close(folder);
}

/* Quantity: the bits of each number, the sign of zeros among them, after saving and restoring over
   other numbers; those that MPFR's and the balls' scalars can have beyond doubles are in the runs
   above. Bound: none lost. */
Test(state, arrays_come_back_with_the_signs_of_zeros) {
  static const struct {
    EngineKind kind;
    int64_t precision;
  } engine[] = {{ENGINE_DOUBLE, 53}, {ENGINE_MPFR, 100}, {ENGINE_BALL, 100}};
  const double x[] = {0.0, -0.0, 1.5, -0x1p-1074, 0x1.fffffffffffffp1023, -1.0 / 3};
  const double other[] = {-0.0, 0.0, -1, 2, -0.0, 0.0};
  enum { COUNT = sizeof x / sizeof *x };
  for (size_t k = 0; k < sizeof engine / sizeof *engine; k++) {
    Error err;
    char folder[128];
    Engine e;
    Array a, b;
    Store *store;
    double before[COUNT], after[COUNT];
    folder_open(folder);
    OK(engine_open(&e, engine[k].kind, engine[k].precision, 1, COUNT, 1, 0, &err));
    OK(e.ops->array_open(&a, COUNT, &e, &err));
    OK(e.ops->array_open(&b, COUNT, &e, &err));
    e.ops->array_set(&a, x, &e);
    e.ops->array_set(&b, other, &e);
    e.ops->array_shadow(before, &a, &e);
    OK(store_create(&store, folder, &err));
    State saving = state_open(store, false), restoring = state_open(store, true);
    state_array(&saving, "array", &a, &e);
    OK(state_result(&saving, &err));
    state_array(&restoring, "array", &b, &e);
    OK(state_result(&restoring, &err));
    e.ops->array_shadow(after, &b, &e);
    int lost = 0;
    for (int i = 0; i < COUNT; i++)
      lost += memcmp(&before[i], &after[i], sizeof *before) != 0;
    cr_assert(lost == 0, "%s: of %d numbers %d lost; bound 0; minus zero came back as %g",
              engine_name(engine[k].kind), COUNT, lost, after[1]);
    cr_assert(signbit(after[1]) != 0 || engine[k].kind == ENGINE_BALL,
              "%s: the sign of zero is lost", engine_name(engine[k].kind));
    e.ops->array_close(&a, &e);
    e.ops->array_close(&b, &e);
    engine_close(&e);
    store_close(store);
    folder_close(folder);
  }
}

/* Restores one field from a text. */
static StatusCode restore_from(const char *field, const char *text, EngineKind engine,
                               Error *result) {
  Error err;
  char folder[128], words[4];
  Engine e;
  Array a;
  Store *store;
  int64_t number = 0;
  unsigned char flag[3];
  double x[2];
  arb_t ball;
  folder_open(folder);
  arb_init(ball);
  OK(engine_open(&e, engine, engine == ENGINE_DOUBLE ? 53 : 100, 1, 1, 1, 0, &err));
  OK(e.ops->array_open(&a, 1, &e, &err));
  OK(store_create(&store, folder, &err));
  OK(store_add_state(store, field, 0, text, &err));
  State state = state_open(store, true);
  if (strcmp(field, "text") == 0) state_text(&state, field, words, sizeof words);
  if (strcmp(field, "integer") == 0) state_integer(&state, field, &number, -9, 9);
  if (strcmp(field, "flags") == 0) state_flags(&state, field, flag, 3);
  if (strcmp(field, "doubles") == 0) state_doubles(&state, field, x, 2);
  if (strcmp(field, "ball") == 0) state_ball(&state, field, ball);
  if (strcmp(field, "array") == 0) state_array(&state, field, &a, &e);
  const StatusCode code = state_result(&state, result);
  e.ops->array_close(&a, &e);
  engine_close(&e);
  store_close(store);
  arb_clear(ball);
  folder_close(folder);
  return code;
}

/* Quantity: the status of restoring a field from a text; each field once from one of its form, and
   from those that miss it by little. */
Test(state, a_field_of_another_form_is_refused) {
  static const struct {
    const char *field, *text;
    EngineKind engine;
    bool valid;
  } row[] = {
      {"text", "abc", ENGINE_DOUBLE, true},
      {"text", "abcd", ENGINE_DOUBLE, false},
      {"integer", "-9", ENGINE_DOUBLE, true},
      {"integer", "", ENGINE_DOUBLE, false},
      {"integer", "4x", ENGINE_DOUBLE, false},
      {"integer", "10", ENGINE_DOUBLE, false},
      {"integer", "-10", ENGINE_DOUBLE, false},
      {"integer", "99999999999999999999", ENGINE_DOUBLE, false},
      {"flags", "010", ENGINE_DOUBLE, true},
      {"flags", "01", ENGINE_DOUBLE, false},
      {"flags", "0101", ENGINE_DOUBLE, false},
      {"flags", "012", ENGINE_DOUBLE, false},
      {"doubles", "3ff0000000000000bff0000000000000", ENGINE_DOUBLE, true},
      {"doubles", "3ff0000000000000bff000000000000", ENGINE_DOUBLE, false},
      {"doubles", "3ff0000000000000bff000000000000g", ENGINE_DOUBLE, false},
      {"ball", "1 0 0 0", ENGINE_DOUBLE, true},
      {"ball", "1 0 0", ENGINE_DOUBLE, false},
      {"ball", "a ball", ENGINE_DOUBLE, false},
      {"array", "-0", ENGINE_DOUBLE, true},
      {"array", "1 0 0 0", ENGINE_DOUBLE, true},
      {"array", "+0", ENGINE_DOUBLE, false},
      {"array", "20000000000001 0 0 0", ENGINE_DOUBLE, false}, /* 54 bits */
      {"array", "1 -433 0 0", ENGINE_DOUBLE, false},           /* 2^-1075 */
      {"array", "1 0 1 -20", ENGINE_DOUBLE, false},            /* a radius */
      {"array", "-0", ENGINE_MPFR, true},
      {"array", "20000000000001 0 0 0", ENGINE_MPFR, true},
      {"array", "20000000000000000000000001 0 0 0", ENGINE_MPFR, false}, /* 102 bits */
      {"array", "1 0 1 -20", ENGINE_MPFR, false},
      {"array", "-0", ENGINE_BALL, false},
      {"array", "1 0 1 -20", ENGINE_BALL, true},
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    Error err = {0};
    const StatusCode code = restore_from(row[i].field, row[i].text, row[i].engine, &err),
                     want = row[i].valid ? STATUS_OK : STATUS_DATA;
    cr_assert(code == want, "%s '%s' (%s): status %d, expected %d: %s", row[i].field, row[i].text,
              engine_name(row[i].engine), (int)code, (int)want, err.message);
    cr_assert(row[i].valid || strstr(err.message, row[i].field) != NULL, "'%s' does not name %s",
              err.message, row[i].field);
  }
}
