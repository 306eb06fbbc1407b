/* test_export.c -- files that appear together, and the export: what is written is what was there,
 * and the manifest says all of it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <mpfr.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "src/export.h"
#include "src/fileset.h"
#include "src/npy.h"
#include "tests/store_fixture.h"
#include "tests/support.h"

static char folder[128]; /* of the running test */

static void folder_init(void) {
  folder_open(folder);
}

static void folder_fini(void) {
  folder_close(folder);
}

TestSuite(fileset, .init = folder_init, .fini = folder_fini);
TestSuite(export, .init = folder_init, .fini = folder_fini);

static bool exists(const char *name) {
  char path[512];
  struct stat info;
  return stat(path_in(path, folder, name), &info) == 0;
}

/* The content of a file as text, "" when there is none; static. */
static const char *content(const char *name) {
  static char text[1 << 16];
  char path[512];
  FILE *in = fopen(path_in(path, folder, name), "rb");
  const size_t size = in != NULL ? fread(text, 1, sizeof text - 1, in) : 0;
  if (in != NULL) fclose(in);
  text[size] = '\0';
  return text;
}

/* ---- files that appear together ---- */

static void add_text(FileSet *set, const char *name, const char *text) {
  FILE *out;
  Error err;
  OK(fileset_add(&out, set, name, &err));
  fputs(text, out);
}

static void put_text(const char *name, const char *text) {
  FileSet *set;
  Error err;
  OK(fileset_open(&set, folder, &err));
  add_text(set, name, text);
  OK(fileset_commit(set, &err));
}

Test(fileset, files_appear_at_the_end_and_replace_older_ones) {
  put_text("a", "old");
  FileSet *set;
  Error err;
  OK(fileset_open(&set, folder, &err));
  char name[32];
  for (int k = 0; k < 40; k++) { /* more than the list has room for at first */
    snprintf(name, sizeof name, "%c%d", 'b', k);
    add_text(set, name, name);
  }
  add_text(set, "a", "new");
  cr_assert(strcmp(content("a"), "old") == 0 && !exists("b0") && exists("b0.part"),
            "before the end: a is '%s', b0 %d, b0.part %d", content("a"), exists("b0"),
            exists("b0.part"));
  OK(fileset_commit(set, &err));
  for (int k = 0; k < 40; k++) {
    snprintf(name, sizeof name, "%c%d", 'b', k);
    cr_assert(strcmp(content(name), name) == 0, "file %d holds '%s'", k, content(name));
  }
  cr_assert(strcmp(content("a"), "new") == 0 && folder_count(folder) == 41,
            "at the end: a is '%s', %d files, expected %d", content("a"), folder_count(folder), 41);
}

Test(fileset, a_dropped_set_leaves_nothing) {
  put_text("a", "old");
  FileSet *set;
  Error err;
  OK(fileset_open(&set, folder, &err));
  add_text(set, "a", "new");
  add_text(set, "b", "new");
  fileset_drop(set);
  fileset_drop(NULL);
  cr_assert(strcmp(content("a"), "old") == 0 && folder_count(folder) == 1,
            "a is '%s', %d files, expected %d", content("a"), folder_count(folder), 1);
}

Test(fileset, folders_are_made_with_their_parents) {
  char deep[512];
  Error err;
  FileSet *set;
  OK(folder_make(path_in(deep, folder, "x/y//z/"), &err));
  OK(folder_make(deep, &err));
  cr_assert(exists("x/y/z"), "%s: exists %d", deep, exists("x/y/z"));
  rmdir(path_in(deep, folder, "x/y/z")), rmdir(path_in(deep, folder, "x/y"));
  rmdir(path_in(deep, folder, "x"));

  put_text("file", "");
  path_in(deep, folder, "file/below");
  REFUSED(folder_make(deep, &err), STATUS_CANTCREAT, "/file");
  REFUSED(fileset_open(&set, deep, &err), STATUS_CANTCREAT, "/file");
  cr_assert(set == NULL, "a set at %p comes with the error", (void *)set);
  REFUSED(folder_make("", &err), STATUS_CANTCREAT, "without a name");
}

Test(fileset, what_cannot_be_created_or_replaced_is_named) {
  char path[512];
  Error err;
  FileSet *set;
  FILE *out;
  mkdir(path_in(path, folder, "a.part"), 0777);
  OK(fileset_open(&set, folder, &err));
  add_text(set, "b", "new");
  REFUSED(fileset_add(&out, set, "a", &err), STATUS_CANTCREAT, "/a.part: cannot create");
  fileset_drop(set);
  rmdir(path);
  cr_assert(folder_count(folder) == 0, "%d files, expected %d", folder_count(folder), 0);

  /* A folder in the way of a rename. The seal, last, must not survive from before. */
  put_text("seal", "old");
  mkdir(path_in(path, folder, "a"), 0777);
  OK(fileset_open(&set, folder, &err));
  add_text(set, "a", "new");
  add_text(set, "seal", "new");
  REFUSED(fileset_commit(set, &err), STATUS_CANTCREAT, "/a: cannot put in place");
  rmdir(path);
  cr_assert(folder_count(folder) == 0, "%d files, expected %d", folder_count(folder), 0);
}

/* What stands under the name of a .part file is left alone, if it has another name too. */
Test(fileset, files_are_made_anew) {
  char path[512], other[512];
  Error err;
  FileSet *set;
  for (int hard = 0; hard < 2; hard++) {
    put_text("other", "old");
    path_in(other, folder, "other"), path_in(path, folder, "a.part");
    const int linked = hard ? link(other, path) : symlink("other", path);
    cr_assert(linked == 0, "%s: linked %d, expected 0", path, linked);
    OK(fileset_open(&set, folder, &err));
    add_text(set, "a", "new");
    OK(fileset_commit(set, &err));
    cr_assert(strcmp(content("a"), "new") == 0, "hard %d: a is '%s', expected 'new'", hard,
              content("a"));
    cr_assert(strcmp(content("other"), "old") == 0, "hard %d: other is '%s', expected 'old'", hard,
              content("other"));
    unlink(path_in(path, folder, "a"));
  }
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

/* A set whose file "a" met the end of the disk, which then has room again if `room`. */
static FileSet *open_full(bool room) {
  FileSet *set;
  Error err;
  FILE *out;
  char much[100001];
  memset(much, 'x', sizeof much - 1);
  much[sizeof much - 1] = '\0';
  OK(fileset_open(&set, folder, &err));
  add_text(set, "b", "fits");
  OK(fileset_add(&out, set, "a", &err));
  limit_files(50000);
  fputs(much, out);
  if (room) limit_files(RLIM_INFINITY);
  return set;
}

static void check_old_alone(void) {
  limit_files(RLIM_INFINITY);
  cr_assert(strcmp(content("a"), "old") == 0 && folder_count(folder) == 1,
            "a is '%.10s', %d files, expected %d", content("a"), folder_count(folder), 1);
}

Test(fileset, a_full_disk_leaves_what_was_there) {
  Error err;
  FILE *out;
  put_text("a", "old");
  signal(SIGXFSZ, SIG_IGN);
  FileSet *set = open_full(false);
  REFUSED(fileset_commit(set, &err), STATUS_IO, strerror(EFBIG));
  check_old_alone();

  set = open_full(false);
  REFUSED(fileset_add(&out, set, "c", &err), STATUS_IO, "/a: writing failed");
  fileset_drop(set);
  check_old_alone();

  set = open_full(true); /* what was lost stays lost */
  REFUSED(fileset_commit(set, &err), STATUS_IO, "/a: writing failed");
  check_old_alone();
}

/* ---- the export ---- */

#define D 3
#define STEPS 2
static const int64_t steps[STEPS] = {0, 1234567};
static const char *const weights[6] = {"W", "V", "Wbar", "Vbar", "Wtilde", "Vtilde"};

/* A run with random weights of `bits` bits, in a store of its own, and what an export needs. */
typedef struct {
  Params params;
  Instance instance;
  Dataset data;
  Store *store;
  char store_folder[128];
  RunInfo run;
  arb_mat_t weight[STEPS][6];
  ExportRequest request;
} Scene;

static void random_weight(arb_mat_t weight, int64_t bits, Chance *chance) {
  arb_t more;
  arb_init(more);
  for (int i = 0; i < D; i++)
    for (int j = 0; j < D; j++) {
      arb_struct *entry = arb_mat_entry(weight, i, j);
      arb_zero(entry);
      for (int64_t k = 0; k < bits; k += 53) {
        arb_set_d(more, chance_real(chance));
        arb_mul_2exp_si(more, more, -k);
        arb_add(entry, entry, more, ARF_PREC_EXACT);
      }
      arf_set_round(arb_midref(entry), arb_midref(entry), bits, ARF_RND_NEAR);
      arb_mul_2exp_si(entry, entry, i - 9);
    }
  arb_zero(arb_mat_entry(weight, 1, 2));
  arb_clear(more);
}

static void scene_open(Scene *s, const char *engine, int64_t bits) {
  Error err;
  Chance chance = chance_open(40);
  memset(s, 0, sizeof *s);
  OK(instance_load(&s->instance, "quick", &err));
  OK(instance_set(&s->instance, "d=3", &err));
  OK(instance_set(&s->instance, "N=5", &err));
  OK(instance_set(&s->instance, "L=4", &err));
  OK(instance_set(&s->instance, "seed=9223372036854775807", &err));
  OK(params_resolve(&s->params, &s->instance, &err));
  OK(dataset_generate(&s->data, &s->params, &err));
  folder_open(s->store_folder);
  OK(store_create(&s->store, s->store_folder, &err));
  snprintf(s->run.engine, sizeof s->run.engine, "%s", engine);
  s->run.precision = bits;
  s->run.params = s->params;
  OK(store_add_run(s->store, &s->run, &s->instance, &err));
  for (int k = 0; k < STEPS; k++)
    for (int w = 0; w < 6; w++) {
      arb_mat_init(s->weight[k][w], D, D);
      random_weight(s->weight[k][w], bits, &chance);
      OK(store_add_weights(s->store, s->run.id, steps[k], weights[w], s->weight[k][w], &err));
    }
  s->request = (ExportRequest){.program = "twostage test",
                               .params = &s->params,
                               .instance = &s->instance,
                               .data = &s->data,
                               .store = s->store,
                               .run = &s->run,
                               .at = steps,
                               .at_count = STEPS};
}

static void scene_close(Scene *s) {
  for (int k = 0; k < STEPS; k++)
    for (int w = 0; w < 6; w++)
      arb_mat_clear(s->weight[k][w]);
  store_close(s->store);
  folder_close(s->store_folder);
  dataset_clear(&s->data);
  instance_clear(&s->instance);
}

/* The file holds x, of that shape; and the manifest lists it so. */
static void check_file(const json_t *files, const char *name, const double *x, int ndim,
                       const int64_t *shape) {
  char path[512];
  NpyArray array;
  Error err;
  OK(npy_read(&array, path_in(path, folder, name), &err));
  cr_assert(array.ndim == ndim, "%s: %d dimensions, expected %d", name, array.ndim, ndim);
  for (int k = 0; k < ndim; k++)
    cr_assert(array.shape[k] == shape[k], "%s: extent %d is %lld, expected %lld", name, k,
              (long long)array.shape[k], (long long)shape[k]);
  const int differ = memcmp(array.x, x, (size_t)array.count * sizeof *x);
  cr_assert(differ == 0, "%s: memcmp %d, expected 0", name, differ);
  npy_clear(&array);

  size_t k;
  const json_t *entry, *found = NULL;
  json_array_foreach(files, k, entry) {
    if (strcmp(json_string_value(json_object_get(entry, "name")), name) == 0) found = entry;
  }
  const json_t *extents = json_object_get(found, "shape");
  cr_assert((int)json_array_size(extents) == ndim, "%s: manifest has %zu extents, expected %d",
            name, json_array_size(extents), ndim);
  for (int i = 0; i < ndim; i++)
    cr_assert(json_integer_value(json_array_get(extents, (size_t)i)) == shape[i],
              "%s: manifest's extent %d is %lld", name, i,
              (long long)json_integer_value(json_array_get(extents, (size_t)i)));
}

static json_t *manifest(void) {
  json_error_t error;
  json_t *root = json_loads(content("manifest.json"), JSON_REJECT_DUPLICATES, &error);
  cr_assert(root != NULL, "manifest, line %d: %s", error.line, error.text);
  return root;
}

static void check_dataset(const json_t *files, const Dataset *data) {
  const int64_t shape[3] = {data->N, data->L + 1, data->d};
  check_file(files, "X_P.npy", data->x[BLOCK_P], 3, shape);
  check_file(files, "X_Q.npy", data->x[BLOCK_Q], 3, shape);
  check_file(files, "y.npy", data->y, 2, shape);
  check_file(files, "w_star.npy", data->w_star, 1, shape + 2);
  check_file(files, "z.npy", data->z, 1, shape + 2);
  check_file(files, "zeta.npy", data->zeta, 1, shape + 2);
}

/* The text file reads back to the exact weight; within half an ulp the .npy file did. */
static void check_text(const char *name, const arb_mat_t weight) {
  const char *at = content(name);
  mpfr_t x;
  arf_t read;
  mpfr_init2(x, 5000);
  arf_init(read);
  for (int i = 0; i < D; i++)
    for (int j = 0; j < D; j++) {
      char *end;
      mpfr_strtofr(x, at, &end, 0, MPFR_RNDN);
      arf_set_mpfr(read, x);
      cr_assert(end > at && *end == '\n' &&
                    (strncmp(at, "0x", 2) == 0 || strncmp(at, "-0x", 3) == 0),
                "%s[%d, %d]: '%.20s' is not a hexadecimal line", name, i, j, at);
      cr_assert(arf_equal(read, arb_midref(arb_mat_entry(weight, i, j))),
                "%s[%d, %d]: %.17g is not the exact %.17g", name, i, j,
                arf_get_d(read, ARF_RND_NEAR),
                arf_get_d(arb_midref(arb_mat_entry(weight, i, j)), ARF_RND_NEAR));
      at = end + 1;
    }
  cr_assert(*at == '\0', "%s: goes on with '%.20s' after %d numbers", name, at, D * D);
  mpfr_clear(x);
  arf_clear(read);
}

static void check_weights(const json_t *files, const Scene *s, bool with_text) {
  const int64_t shape[2] = {D, D};
  for (int k = 0; k < STEPS; k++)
    for (int w = 0; w < 6; w++) {
      double nearest[D * D];
      char name[64];
      for (int i = 0; i < D * D; i++)
        nearest[i] =
            arf_get_d(arb_midref(arb_mat_entry(s->weight[k][w], i / D, i % D)), ARF_RND_NEAR);
      snprintf(name, sizeof name, "%s_t%06d.npy", weights[w], (int)steps[k]);
      check_file(files, name, nearest, 2, shape);
      snprintf(name, sizeof name, "%s_t%06d.txt", weights[w], (int)steps[k]);
      cr_assert(exists(name) == with_text, "%s: exists %d, expected %d", name, exists(name),
                with_text);
      if (with_text) check_text(name, s->weight[k][w]);
    }
}

Test(export, double_run) {
  Scene s;
  Error err;
  scene_open(&s, "double", 53);
  OK(export_write(folder, &s.request, &err));
  json_t *root = manifest();
  const json_t *files = json_object_get(root, "files");
  check_dataset(files, &s.data);
  check_weights(files, &s, false);
  cr_assert(json_array_size(files) == 18 && folder_count(folder) == 19,
            "%zu files listed, %d there, expected %d and the manifest", json_array_size(files),
            folder_count(folder), 18);
  json_decref(root);
  scene_close(&s);
}

Test(export, mpfr_run_has_exact_weights_too) {
  const int64_t bits[] = {53, 128, 1000, 4096};
  for (int k = 0; k < 4; k++) {
    Scene s;
    Error err;
    scene_open(&s, "mpfr", bits[k]);
    OK(export_write(folder, &s.request, &err));
    json_t *root = manifest();
    check_weights(json_object_get(root, "files"), &s, true);
    cr_assert(json_array_size(json_object_get(root, "files")) == 30 && folder_count(folder) == 31,
              "%zu files listed, %d there, expected %d and the manifest",
              json_array_size(json_object_get(root, "files")), folder_count(folder), 30);
    json_decref(root);
    scene_close(&s);
  }
}

Test(export, manifest_gives_every_parameter_back) {
  Scene s;
  Error err;
  scene_open(&s, "mpfr", 128);
  OK(export_write(folder, &s.request, &err));
  json_t *root = manifest();
  const json_t *all = json_object_get(root, "parameters");
  cr_assert(json_object_size(all) == PARAM_COUNT, "%zu parameters, expected %d",
            json_object_size(all), PARAM_COUNT);
  for (int id = 0; id < PARAM_COUNT; id++) {
    const json_t *one = json_object_get(all, param_info[id].key),
                 *value = json_object_get(one, "value");
    const char *formula = json_string_value(json_object_get(one, "formula"));
    cr_assert(formula != NULL && strcmp(formula, s.instance.text[id]) == 0, "%s: formula '%s'",
              param_info[id].key, formula != NULL ? formula : "");
    FormulaValue expected;
    formula_value_init(&expected);
    if (params_value(&expected, &s.params, param_info[id].key)) {
      arf_t read;
      arf_init(read);
      if (json_is_integer(value))
        arf_set_si(read, json_integer_value(value));
      else
        arf_set_d(read, json_real_value(value));
      cr_assert(arf_equal(read, arb_midref(expected.ball)), "%s: %.17g, expected %.17g",
                param_info[id].key, arf_get_d(read, ARF_RND_NEAR),
                arf_get_d(arb_midref(expected.ball), ARF_RND_NEAR));
      arf_clear(read);
    }
    formula_value_clear(&expected);
  }
  json_t *choice = json_object_get(json_object_get(all, "gate"), "value");
  cr_assert(json_is_string(choice) && strcmp(json_string_value(choice), "shared") == 0,
            "gate: '%s'", json_is_string(choice) ? json_string_value(choice) : "");

  const char *engine = json_string_value(json_object_get(root, "engine"));
  const char *reading = json_string_value(json_object_get(root, "reading"));
  cr_assert(strcmp(engine, "mpfr") == 0 && strcmp(reading, "shared/separate") == 0 &&
                json_integer_value(json_object_get(root, "precision")) == 128 &&
                json_integer_value(json_object_get(root, "schema")) == EXPORT_SCHEMA,
            "engine '%s', reading '%s', precision %lld", engine, reading,
            (long long)json_integer_value(json_object_get(root, "precision")));
  const json_t *listed = json_object_get(root, "steps");
  for (size_t k = 0; k < STEPS; k++)
    cr_assert(json_integer_value(json_array_get(listed, k)) == steps[k], "step %zu is %lld", k,
              (long long)json_integer_value(json_array_get(listed, k)));
  const json_t *grid = json_object_get(root, "grid");
  cr_assert(json_integer_value(json_object_get(grid, "P")) == s.data.grid[BLOCK_P] &&
                json_integer_value(json_object_get(grid, "Q")) == s.data.grid[BLOCK_Q],
            "grids %lld and %lld, expected %d and %d",
            (long long)json_integer_value(json_object_get(grid, "P")),
            (long long)json_integer_value(json_object_get(grid, "Q")), s.data.grid[BLOCK_P],
            s.data.grid[BLOCK_Q]);
  json_decref(root);
  scene_close(&s);
}

Test(export, data_set_alone) {
  Scene s;
  Error err;
  scene_open(&s, "double", 53);
  s.request.store = NULL;
  s.request.run = NULL;
  OK(export_write(folder, &s.request, &err));
  json_t *root = manifest();
  check_dataset(json_object_get(root, "files"), &s.data);
  cr_assert(folder_count(folder) == 7 && json_object_get(root, "engine") == NULL,
            "%d files, expected %d, and no engine", folder_count(folder), 7);
  json_decref(root);
  scene_close(&s);
}

Test(export, same_run_same_bytes) {
  Scene s;
  Error err;
  scene_open(&s, "mpfr", 128);
  OK(export_write(folder, &s.request, &err));
  char *first = strdup(content("manifest.json"));
  OK(export_write(folder, &s.request, &err));
  cr_assert(first != NULL && strcmp(first, content("manifest.json")) == 0,
            "manifests of %zu and %zu bytes differ", strlen(first),
            strlen(content("manifest.json")));
  free(first);
  scene_close(&s);
}

Test(export, a_failed_export_leaves_the_one_before) {
  Scene s;
  Error err;
  scene_open(&s, "mpfr", 128);
  OK(export_write(folder, &s.request, &err));
  const int before = folder_count(folder);
  char *text = strdup(content("manifest.json"));

  const int64_t missing[] = {0, 7};
  s.request.at = missing;
  const StatusCode code = export_write(folder, &s.request, &err);
  cr_assert(code != STATUS_OK, "a step without weights: status %d", (int)code);
  cr_assert(folder_count(folder) == before && strcmp(text, content("manifest.json")) == 0,
            "%d files, expected %d and the same manifest", folder_count(folder), before);

  /* A weight that is a ball and no number. */
  mag_set_d(arb_radref(arb_mat_entry(s.weight[0][0], 2, 1)), 1e-30);
  OK(store_add_weights(s.store, s.run.id, 99, "W", s.weight[0][0], &err));
  const int64_t inexact[] = {99};
  s.request.at = inexact, s.request.at_count = 1;
  REFUSED(export_write(folder, &s.request, &err), STATUS_DATA, "W_t000099.txt[2, 1]");
  cr_assert(folder_count(folder) == before && strcmp(text, content("manifest.json")) == 0,
            "%d files, expected %d and the same manifest", folder_count(folder), before);
  free(text);
  scene_close(&s);
}
