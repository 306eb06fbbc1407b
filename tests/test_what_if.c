/* test_what_if.c -- what-ifs: the file and its errors, what one makes of an instance, the shipped
 * ones, their rows in the run store, and their verdicts. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/run.h"
#include "src/what_if.h"
#include "tests/support.h"
#include "verify/judge.h"
#include "verify/what_if.h"

static void load_instance(Instance *instance, Params *params, const char *name) {
  Error err;
  support_ok(instance_load(instance, name, &err), &err);
  support_ok(params_resolve(params, instance, &err), &err);
}

/* ---- the file ---- */

#define ENTRY(name, rest) "{ name = \"" name "\"; words = \"Why?\"; " rest " }"
#define LIST(entries) "what_ifs = (\n" entries "\n);"

Test(what_if, errors_of_a_file_name_their_place) {
  static const struct {
    const char *text, *message;
  } bad[] = {
      {"other = 1;", "F:1: expected what_ifs = ( {...}, ... ); and nothing else"},
      {LIST("7"), "expected a group {...}"},
      {LIST("{ words = \"w\"; set = ( \"d=4\" ); }"), "F:2: name is missing"},
      {LIST(ENTRY("all", "set = ( \"d=4\" );")), "neither \"all\" nor \"base\""},
      {LIST(ENTRY("a b", "set = ( \"d=4\" );")), "letters, digits and '-'"},
      {LIST(ENTRY("abcdefghijklmnopqrstuvwx", "set = ( \"d=4\" );")), "up to 23 letters"},
      {LIST(ENTRY("a", "set = ( \"d=4\" );") "," ENTRY("a", "set = ( \"d=4\" );")), "stands twice"},
      {LIST(ENTRY("a", "")), "words and set are both needed"},
      {LIST(ENTRY("a", "set = ( );")), "set: expected a list"},
      {LIST(ENTRY("a", "set = \"d=4\";")), "set: expected a list"},
      {LIST(ENTRY("a", "set = ( \"d\" );")), "expected KEY=VALUE, found 'd'"},
      {LIST(ENTRY("a", "set = ( \"D=4\" );")), "unknown parameter 'D', expected one of d N"},
      {LIST(ENTRY("a", "set = ( 4 );")), "expected a text in quotes"},
      {LIST(ENTRY("a", "set = ( \"d=4\" ); sett = 1;")), "expected name, words, set or families"},
      {LIST(ENTRY("a", "set = ( \"d=4\" ); families = ( { words = \"w\"; set = ( \"d=4\" ); } );")),
       "family is missing"},
      {LIST(ENTRY("a", "set = ( \"d=4\" ); families = ( { family = \"f\"; words = \"w\"; set = ( "
                       "\"e=4\" ); } );")),
       "unknown parameter 'e'"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    WhatIfSet set;
    Error err = {0};
    const StatusCode code = what_ifs_load_text(&set, "g", "F", bad[i].text, &err);
    cr_assert(code == STATUS_DATA && strncmp(err.message, "F:", 2) == 0 &&
                  strstr(err.message, bad[i].message) != NULL,
              "%s\ngives status %d, '%s'; expected %d, '%s'", bad[i].text, (int)code, err.message,
              (int)STATUS_DATA, bad[i].message);
    what_ifs_clear(&set);
  }
}

Test(what_if, a_family_has_its_own_words_and_changes) {
  static const char text[] = LIST(ENTRY(
      "a", "set = ( \"d=4\", \"N=5\" ); families = ( { family = \"f\"; words = \"How?\"; set = ( "
           "\"L = 6\" ); } );"));
  for (int own = 0; own < 2; own++) {
    WhatIfSet set;
    Error err;
    char *settings;
    support_ok(what_ifs_load_text(&set, own ? "f" : "g", "F", text, &err), &err);
    const WhatIf *w = what_ifs_find(&set, "a");
    support_ok(what_if_settings(&settings, w, &err), &err);
    cr_assert(set.count == 1 && strcmp(w->words, own ? "How?" : "Why?") == 0 &&
                  strcmp(settings, own ? "L = 6" : "d=4, N=5") == 0,
              "%zu what-ifs; family %d: '%s', '%s'", set.count, own, w->words, settings);
    free(settings);
    what_ifs_clear(&set);
  }
}

Test(what_if, braces_are_values_of_the_unchanged_instance) {
  /* eta2 and t2 change both; {eta1}, {eta2}, {t2} must be those of before. */
  static const char text[] =
      LIST(ENTRY("a", "set = ( \"eta1 = {eta2}\", \"eta2 = {eta1}*2\", \"t2 = {t2}*{eta2}\", "
                      "\"gate = {gate}\" );"));
  WhatIfSet set;
  Error err;
  Instance instance, changed;
  Params base, params;
  load_instance(&instance, &base, "quick");
  support_ok(what_ifs_load_text(&set, "", "F", text, &err), &err);
  support_ok(what_if_apply(&changed, &params, &set.what_if[0], &instance, &base, &err), &err);
  cr_assert(params.eta1 == base.eta2 && params.eta2 == 2 * base.eta1 &&
                params.t2 == (int64_t)((double)base.t2 * base.eta2) &&
                params.reading.gate == base.reading.gate && params.d == base.d,
            "eta1 %g, eta2 %g, t2 %lld from %g, %g, %lld", params.eta1, params.eta2,
            (long long)params.t2, base.eta1, base.eta2, (long long)base.t2);
  instance_clear(&changed);
  instance_clear(&instance);
  what_ifs_clear(&set);
}

Test(what_if, a_change_that_makes_no_sense_names_the_what_if) {
  static const char *const changes[] = {"\"d = 1\"", "\"d = {D}\"", "\"eta1 = 1/lambda\"",
                                        "\"gate = both\"", "\"d = {d\""};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    char text[256];
    WhatIfSet set;
    Error err;
    Instance instance, changed;
    Params base, params;
    snprintf(text, sizeof text, LIST(ENTRY("odd-one", "set = ( %s );")), changes[i]);
    load_instance(&instance, &base, "quick");
    support_ok(what_ifs_load_text(&set, "", "F", text, &err), &err);
    const StatusCode code =
        what_if_apply(&changed, &params, &set.what_if[0], &instance, &base, &err);
    cr_assert(code == STATUS_DATA && strncmp(err.message, "what-if odd-one: ", 17) == 0,
              "%s: status %d, '%s'", changes[i], (int)code, err.message);
    instance_clear(&changed);
    instance_clear(&instance);
    what_ifs_clear(&set);
  }
}

/* ---- the shipped ones ---- */

static double rate_time(const Params *p) {
  return p->eta1 * (double)p->t1 + p->eta2 * (double)p->t2;
}

Test(what_if, the_shipped_ones_fit_every_built_in_instance) {
  /* Every question of the list is there, every variant resolves. Where rates change, eta times
     steps stays what it was, up to one step of the larger rate for each stage. */
  static const char *const needed[] = {
      "no-stage-one", "no-annealing", "short-one",   "long-one",    "short-two",
      "long-two",     "short-prompt", "long-prompt", "few-prompts", "many-prompts",
      "noise",        "wide-margin",  "unbalanced",  "adam",        "softmax"};
  for (const char *const *name = instance_builtin_names; *name != NULL; name++) {
    WhatIfSet set;
    Error err;
    Instance instance;
    Params base;
    load_instance(&instance, &base, *name);
    support_ok(what_ifs_load(&set, base.family, &err), &err);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
      cr_assert(what_ifs_find(&set, needed[i]) != NULL, "%s has no what-if %s among %zu", *name,
                needed[i], set.count);
    for (size_t i = 0; i < set.count; i++) {
      Instance changed;
      Params p;
      support_ok(what_if_apply(&changed, &p, &set.what_if[i], &instance, &base, &err), &err);
      const bool rates = i < 2;
      const double gap = fabs(rate_time(&p) - rate_time(&base)), bound = 2 * base.eta1;
      cr_assert(!rates || gap <= bound, "%s, %s: eta times steps %g, base %g, bound %g", *name,
                set.what_if[i].name, rate_time(&p), rate_time(&base), bound);
      instance_clear(&changed);
    }
    instance_clear(&instance);
    what_ifs_clear(&set);
  }
}

/* ---- store and verdicts ---- */

typedef struct {
  char folder[64];
  Store *store;
} Place;

static void place_open(Place *p) {
  Error err;
  strcpy(p->folder, "/tmp/what-if-XXXXXX");
  cr_assert(mkdtemp(p->folder) != NULL, "no folder %s", p->folder);
  support_ok(store_create(&p->store, p->folder, &err), &err);
}

static void place_close(Place *p) {
  char path[96];
  store_close(p->store);
  snprintf(path, sizeof path, "%s/run.db", p->folder);
  unlink(path);
  rmdir(p->folder);
}

/* Trains one run of a small instance into the store. */
static void train(Store *store, const Instance *instance, const Params *params,
                  const char *what_if) {
  Error err;
  Dataset data;
  int64_t run;
  const RunRequest request = {.params = params,
                              .instance = instance,
                              .engine = ENGINE_DOUBLE,
                              .precision = 53,
                              .what_if = what_if};
  support_ok(dataset_generate(&data, params, &err), &err);
  support_ok(run_train(&run, store, &data, &request, &err), &err);
  dataset_clear(&data);
}

typedef struct {
  size_t count, changed;
  int64_t kept[3], judged[3];
  char name[3][24];
} Seen;

static bool see_row(const WhatIfRow *row, void *context) {
  Seen *seen = context;
  const size_t k = seen->count++;
  if (k >= 3) return true;
  snprintf(seen->name[k], sizeof seen->name[k], "%s", row->name);
  seen->kept[k] = row->kept;
  seen->judged[k] = row->judged;
  return true;
}

static bool see_verdict(const WhatIfVerdictRow *row, void *context) {
  Seen *seen = context;
  seen->changed += strcmp(row->verdict, row->base) != 0;
  return true;
}

Test(what_if, verdicts_of_a_what_if_stand_apart_from_those_of_the_base) {
  /* A base and two what-ifs: one that changes nothing keeps every verdict, Adam loses those that
     need sgd. The tally is that of the base alone, before and after. */
  static const char text[] = LIST(ENTRY("same", "set = ( \"seed = {seed}\" );") "," ENTRY(
      "adam", "set = ( \"optimizer = adam\" );"));
  static const char *const sets[] = {"d=3", "N=20", "L=6", "lambda=1/40", "T2=1"};
  Error err;
  Instance instance, changed;
  Params base, params;
  WhatIfSet set;
  ClaimSet claims;
  Place place;
  Tally before, after;
  Seen seen = {.count = 0};
  support_ok(instance_load(&instance, "quick", &err), &err);
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
    support_ok(instance_set(&instance, sets[i], &err), &err);
  support_ok(params_resolve(&base, &instance, &err), &err);
  support_ok(what_ifs_load_text(&set, "", "F", text, &err), &err);
  support_ok(claims_load(&claims, NULL, NULL, &err), &err);
  place_open(&place);
  train(place.store, &instance, &base, NULL);
  support_ok(judge_store(place.store, &claims, NULL, 0, &err), &err);
  support_ok(tally_store(&before, place.store, &err), &err);
  support_ok(store_clear_verdicts(place.store, &err), &err);
  for (size_t i = 0; i < set.count; i++) {
    support_ok(what_if_apply(&changed, &params, &set.what_if[i], &instance, &base, &err), &err);
    train(place.store, &changed, &params, set.what_if[i].name);
    instance_clear(&changed);
  }
  support_ok(judge_store(place.store, &claims, NULL, 0, &err), &err);
  support_ok(what_if_judge(place.store, &claims, &set, &err), &err);
  support_ok(tally_store(&after, place.store, &err), &err);
  support_ok(store_each_what_if(place.store, see_row, &seen, &err), &err);
  support_ok(store_each_what_if_verdict(place.store, see_verdict, &seen, &err), &err);
  cr_assert(memcmp(&before, &after, sizeof before) == 0,
            "the tally changes: %zu HOLDS without, %zu with what-ifs",
            before.verdicts[VERDICT_HOLDS], after.verdicts[VERDICT_HOLDS]);
  cr_assert(seen.count == 3 && strcmp(seen.name[0], "base") == 0 &&
                strcmp(seen.name[1], "same") == 0 && strcmp(seen.name[2], "adam") == 0,
            "%zu rows: %s, %s, %s", seen.count, seen.name[0], seen.name[1], seen.name[2]);
  cr_assert(seen.kept[1] == seen.judged[1] && seen.judged[1] == seen.judged[0] &&
                seen.judged[1] > 20,
            "without a change %lld of %lld verdicts stay, of %lld", (long long)seen.kept[1],
            (long long)seen.judged[1], (long long)seen.judged[0]);
  cr_assert(seen.judged[2] - seen.kept[2] == (int64_t)seen.changed && seen.changed >= 8,
            "under Adam %lld of %lld stay, %zu rows are changed, expected at least 8",
            (long long)seen.kept[2], (long long)seen.judged[2], seen.changed);
  claims_clear(&claims);
  what_ifs_clear(&set);
  instance_clear(&instance);
  place_close(&place);
}

Test(what_if, a_stored_name_is_checked) {
  Place place;
  Error err;
  Instance instance;
  RunInfo info = {.engine = "double", .precision = 53, .what_if = "no good"};
  RunInfo *runs = NULL;
  size_t count = 0;
  place_open(&place);
  load_instance(&instance, &info.params, "quick");
  support_ok(store_add_run(place.store, &info, &instance, &err), &err);
  StatusCode code = store_list_runs(&runs, &count, place.store, &err);
  cr_assert(code == STATUS_DATA && strstr(err.message, "'no good'") != NULL,
            "a run of the what-if 'no good': status %d, '%s'", (int)code, err.message);
  free(runs);
  instance_clear(&instance);
  place_close(&place);
}

/* ---- a known answer ---- */

Test(what_if, without_annealing_the_annealed_family_does_not_learn_Q) {
  /* Pre-condition: the annealed family at d = 8, its shipped what-if no-annealing. Quantity: K2 at
     the end. An independent prototype has .60 to .71 over three seeds, and .47 to .51 with
     annealing; the bound 0.55 lies between. */
  for (int64_t seed = 1; seed <= 3; seed++) {
    WhatIfSet set;
    Error err;
    Instance instance, changed;
    Params base, params;
    Training training;
    Record record;
    char text[32];
    snprintf(text, sizeof text, "seed=%lld", (long long)seed);
    support_ok(instance_load(&instance, "annealed", &err), &err);
    support_ok(instance_set(&instance, "d=8", &err), &err);
    support_ok(instance_set(&instance, text, &err), &err);
    support_ok(params_resolve(&base, &instance, &err), &err);
    support_ok(what_ifs_load(&set, base.family, &err), &err);
    support_ok(what_if_apply(&changed, &params, what_ifs_find(&set, "no-annealing"), &instance,
                             &base, &err),
               &err);
    training_open(&training, params, ENGINE_DOUBLE, 53);
    training_run(&training, params.t1 + params.t2);
    record_init(&record);
    support_ok(trainer_observe(&record, training.trainer, &err), &err);
    const double K2 = arf_get_d(arb_midref(&record.value[OBS_K2]), ARF_RND_NEAR);
    cr_assert(K2 > 0.55 && params.t1 + params.t2 < 2000,
              "seed %lld: K2 = %g after %lld steps, expected more than 0.55", (long long)seed, K2,
              (long long)(params.t1 + params.t2));
    record_clear(&record);
    training_close(&training);
    instance_clear(&changed);
    instance_clear(&instance);
    what_ifs_clear(&set);
  }
}
