/* test_judge_store.c -- the verdicts of a run store: which runs are judged, what the rows say, and
 * the exit status. */
#include <math.h>
#include <unistd.h>

#include "src/run.h"
#include "tests/claim_fixture.h"

TestSuite(judge_store);

/* ---- stores ---- */

typedef struct {
  char folder[64];
  Store *store;
} Folder;

static void folder_make(Folder *out) {
  Error err = {0};
  snprintf(out->folder, sizeof out->folder, "/tmp/judge.XXXXXX");
  cr_assert(mkdtemp(out->folder) != NULL, "cannot make %s", out->folder);
  OK(store_create(&out->store, out->folder, &err));
}

static void folder_drop(Folder *folder) {
  store_close(folder->store);
  cr_assert(rmdir(folder->folder) == 0, "%s was not left empty", folder->folder);
}

/* Adds a run with the fixture's steps, K1 = value throughout, and gives its id. */
static int64_t add_run(Store *store, const char *engine, int64_t precision, const Params *params,
                       double value) {
  Error err = {0};
  RunInfo info = {.precision = precision, .params = *params};
  snprintf(info.engine, sizeof info.engine, "%s", engine);
  OK(store_add_run(store, &info, NULL, &err));
  Trace trace;
  trace_make(&trace, engine);
  trace_set_all(&trace, OBS_K1, (double[]){value, value, value, value});
  for (size_t i = 0; i < trace.count; i++) {
    Record record;
    record_init(&record);
    record.step = trace.step[i];
    for (int id = 0; id < OBSERVABLE_COUNT; id++)
      arb_set(&record.value[id], trace.value[id] + i);
    OK(store_add_record(store, info.id, &record, &err));
    record_clear(&record);
  }
  trace_clear(&trace);
  return info.id;
}

/* ---- rows ---- */

#define ROWS_MAX 160
typedef struct {
  char claim[32], reading[32], verdict[16], expected[16], reason[512], blind[64], formula[128];
  int64_t run, companion;
  double value, bound, slack;
} Row;
typedef struct {
  size_t count;
  Row row[ROWS_MAX];
} Rows;

static bool keep_row(const VerdictRow *row, void *context) {
  Rows *rows = context;
  cr_assert(rows->count < ROWS_MAX, "more than %d rows", ROWS_MAX);
  Row *out = &rows->row[rows->count++];
  snprintf(out->claim, sizeof out->claim, "%s", row->claim);
  snprintf(out->reading, sizeof out->reading, "%s", row->reading);
  snprintf(out->verdict, sizeof out->verdict, "%s", row->verdict);
  snprintf(out->expected, sizeof out->expected, "%s", row->expected ? row->expected : "");
  snprintf(out->reason, sizeof out->reason, "%s", row->reason);
  snprintf(out->blind, sizeof out->blind, "%s", row->blind ? row->blind : "");
  snprintf(out->formula, sizeof out->formula, "%s", row->formula);
  out->run = row->run;
  out->companion = row->companion;
  out->value = row->value_double;
  out->bound = row->bound_double;
  out->slack = row->slack;
  return true;
}

static Rows judge_rows(Store *store, const ClaimSet *set, const char *const *only, size_t count) {
  Error err = {0};
  Rows rows = {0};
  OK(store_clear_verdicts(store, &err));
  OK(judge_store(store, set, only, count, &err));
  OK(store_each_verdict(store, keep_row, &rows, &err));
  return rows;
}

/* quick as it is shipped, perhaps with one --set. Its steps are not those of the fixture, but step
 * 0 is in both. */
static Params shipped_quick(const char *set) {
  Error err = {0};
  Instance instance;
  Params params;
  OK(instance_load(&instance, "quick", &err));
  if (set) OK(instance_set(&instance, set, &err));
  OK(params_resolve(&params, &instance, &err));
  instance_clear(&instance);
  return params;
}

/* K1 = 1/4: the fact holds, one claim fails and names it, and one holds though a changed copy of it
 * would, too. */
static const char *explained_claims =
    "claims = ( { id = \"F\"; title = \"a floor\"; statement = \"S\"; trust = \"derived\"; source "
    "= "
    "\"W\";\n"
    "  hypotheses = (); never_vacuous = \"n\"; observable = \"K1(0)\"; relation = \">=\"; bound = "
    "\"1/8\"; },\n"
    " { id = \"A\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = \"W\";\n"
    "  hypotheses = (); never_vacuous = \"n\"; observable = \"K1(0)\"; relation = \"<=\"; bound = "
    "\"1/16\"; explained_by = \"F\"; },\n"
    " { id = \"B\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = \"W\";\n"
    "  hypotheses = (); never_vacuous = \"n\"; observable = \"K1(0)\"; relation = \"<=\"; bound = "
    "\"d/2\"; explained_by = \"F\";\n"
    "  allowed_mutants = ( { mutant = \"t1 halved\"; proof = \"p\"; }, { mutant = \"W and V "
    "swapped\"; blind = \"b\"; },\n"
    "    { mutant = \"exponent of d shifted: bound / d\"; blind = \"b\"; } ); } );\n";

/* Pre-conditions: a run whose K1 is NaN, or infinite, from its first step on, in a store that is
 * otherwise whole. Quantity: what comes of judging it by a claim that NaN cannot break and infinity
 * would keep to, K1(0) >= 1/8, and by one that it would break. Bound: STATUS_DATA with the number
 * and the step, and no verdict. */
Test(judge_store, no_verdict_is_made_of_what_is_not_finite) {
  static const double poison[] = {NAN, INFINITY, -INFINITY};
  static const char *const only[] = {"F", "A"};
  const char *expected = "run 1, step 0: K1 is not finite";
  for (size_t k = 0; k < sizeof poison / sizeof *poison; k++) {
    Error err = {0};
    Folder folder;
    ClaimSet set;
    Rows rows = {0};
    folder_make(&folder);
    OK(claims_load_text(&set, "a.cfg", explained_claims, NULL, &err));
    const Params params = shipped_quick(NULL);
    add_run(folder.store, "double", 53, &params, poison[k]);
    const StatusCode code = judge_store(folder.store, &set, only, 2, &err);
    cr_assert(code == STATUS_DATA && strstr(err.message, expected) != NULL,
              "K1 = %g: status %d, '%s'; expected %d with '%s'", poison[k], code, err.message,
              STATUS_DATA, expected);
    OK(store_each_verdict(folder.store, keep_row, &rows, &err));
    cr_assert(rows.count == 0, "K1 = %g: %zu verdicts, the first %s; expected none", poison[k],
              rows.count, rows.row[0].verdict);
    claims_clear(&set);
    folder_drop(&folder);
  }
}

Test(judge_store, a_failing_claim_cites_what_explains_it_and_a_blind_one_says_so) {
  Error err = {0};
  Folder folder;
  ClaimSet set;
  static const char *const only[] = {"A", "B"};
  folder_make(&folder);
  OK(claims_load_text(&set, "a.cfg", explained_claims, NULL, &err));
  const Params params = shipped_quick(NULL);
  add_run(folder.store, "double", 53, &params, 0.25);
  const Rows rows = judge_rows(folder.store, &set, only, 2);
  cr_assert(rows.count == 2, "%zu rows, expected 2", rows.count);
  const char *cited = "; F holds here, 0.25 >= 0.125: a floor";
  cr_assert(strcmp(rows.row[0].verdict, "FAILS") == 0 && strstr(rows.row[0].reason, cited),
            "A: %s, '%s'; expected FAILS with '%s'", rows.row[0].verdict, rows.row[0].reason,
            cited);
  /* K1 = 1/4 is below d/2 and below 1/2; K2 = 0, swapped in, too.. */
  const char *shifted = "W and V swapped, exponent of d shifted: bound / d";
  cr_assert(rows.row[0].blind[0] == '\0', "A fails, and yet: '%s'", rows.row[0].blind);
  cr_assert(strcmp(rows.row[1].verdict, "HOLDS") == 0 && strcmp(rows.row[1].blind, shifted) == 0,
            "B: %s, blind to '%s'; expected HOLDS and '%s'", rows.row[1].verdict, rows.row[1].blind,
            shifted);
  claims_clear(&set);
  folder_drop(&folder);
}

static const char *two_claims =
    "claims = ( { id = \"G.most\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = "
    "\"W\";\n"
    "  hypotheses = (); never_vacuous = \"n\"; observable = \"K1(0)\"; relation = \"<=\"; bound = "
    "\"1/2\";\n"
    "  expected = ( { instance = \"quick\"; reading = \"all\"; verdict = \"FAILS\"; reason = "
    "\"r\"; } ); },\n"
    " { id = \"G.band\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = \"W\";\n"
    "  hypotheses = (); never_vacuous = \"n\"; observable = \"K1(0)\"; relation = \"within\"; "
    "bound = \"1/2\";\n"
    "  low = \"1/4\"; high = 4; } );\n";

Test(judge_store, the_best_run_of_each_reading_is_judged_beside_its_double) {
  Error err = {0};
  Folder folder;
  ClaimSet set;
  folder_make(&folder);
  OK(claims_load_text(&set, "two.cfg", two_claims, NULL, &err));
  Params a = support_params(16, 128, 64), b = a;
  a.t1 = b.t1 = 10;
  a.t2 = b.t2 = 40;
  b.reading = readings_all[1];
  const int64_t a_double = add_run(folder.store, "double", 53, &a, 0.25);
  add_run(folder.store, "mpfr", 128, &a, 0.75);
  const int64_t a_mpfr = add_run(folder.store, "mpfr", 256, &a, 0.375);
  const int64_t b_double = add_run(folder.store, "double", 53, &b, 0.75);
  const Rows rows = judge_rows(folder.store, &set, NULL, 0);
  const struct {
    const char *claim, *verdict;
    int64_t run, companion;
  } expected[] = {
      {"G.most", "INCONCLUSIVE", a_mpfr, a_double}, /* 0.375 +- 0.125 touches 1/2 */
      {"G.band", "HOLDS", a_mpfr, a_double},
      {"G.most", "FAILS", b_double, 0},
      {"G.band", "HOLDS", b_double, 0},
  };
  cr_assert(rows.count == 4, "%zu rows, expected 4", rows.count);
  for (size_t i = 0; i < 4; i++) {
    const Row *row = &rows.row[i];
    cr_assert(strcmp(row->claim, expected[i].claim) == 0 && row->run == expected[i].run &&
                  row->companion == expected[i].companion,
              "row %zu: %s on run %lld beside %lld, expected %s on %lld beside %lld", i, row->claim,
              (long long)row->run, (long long)row->companion, expected[i].claim,
              (long long)expected[i].run, (long long)expected[i].companion);
    cr_assert(strcmp(row->verdict, expected[i].verdict) == 0, "row %zu: %s, expected %s: %s", i,
              row->verdict, expected[i].verdict, row->reason);
    cr_assert(strcmp(row->reading, reading_name(readings_all[i / 2])) == 0, "row %zu: reading %s",
              i, row->reading);
    cr_assert(row->value == (i < 2 ? 0.375 : 0.75) && row->bound == 0.5, "row %zu: %g against %g",
              i, row->value, row->bound);
  }
  cr_assert(strcmp(rows.row[0].formula, "K1(0) <= 1/2") == 0 &&
                strcmp(rows.row[1].formula, "K1(0) within [1/4, 4] * (1/2)") == 0,
            "formulas '%s' and '%s'", rows.row[0].formula, rows.row[1].formula);
  claims_clear(&set);
  folder_drop(&folder);
}

Test(judge_store, only_the_asked_claims_are_judged) {
  Error err = {0};
  Folder folder;
  ClaimSet set;
  folder_make(&folder);
  OK(claims_load_text(&set, "two.cfg", two_claims, NULL, &err));
  Params params = support_params(16, 128, 64);
  params.t1 = 10;
  params.t2 = 40;
  add_run(folder.store, "double", 53, &params, 0.25);
  const char *one[] = {"G.band"}, *group[] = {"G"}, *wrong[] = {"G.band", "G.bend"};
  const size_t of_one = judge_rows(folder.store, &set, one, 1).count;
  const size_t of_group = judge_rows(folder.store, &set, group, 1).count;
  cr_assert(of_one == 1 && of_group == 2, "%zu and %zu rows, expected 1 and 2", of_one, of_group);
  const StatusCode code = judge_store(folder.store, &set, wrong, 2, &err);
  cr_assert(code == STATUS_USAGE && strstr(err.message, "'G.bend', near it: G.band"),
            "status %d, expected 64 with the near id: %s", code, err.message);
  claims_clear(&set);
  folder_drop(&folder);
}

/* The ledger speaks of the instances as shipped: another d, or another seed, has no record. */
Test(judge_store, changed_parameters_have_no_record) {
  static const struct {
    const char *set, *expected;
  } rows[] = {{NULL, "FAILS"}, {"gate=split", "FAILS"}, {"seed=7", ""}, {"d=9", ""}};
  Error err = {0};
  ClaimSet set;
  OK(claims_load_text(&set, "two.cfg", two_claims, NULL, &err));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    Folder folder;
    folder_make(&folder);
    const Params params = shipped_quick(rows[i].set);
    add_run(folder.store, "double", 53, &params, 0.75);
    const char *only[] = {"G.most"};
    const Rows judged = judge_rows(folder.store, &set, only, 1);
    cr_assert(judged.count == 1 && strcmp(judged.row[0].expected, rows[i].expected) == 0,
              "--set %s: recorded '%s', expected '%s'", rows[i].set ? rows[i].set : "nothing",
              judged.row[0].expected, rows[i].expected);
    folder_drop(&folder);
  }
  claims_clear(&set);
}

Test(judge_store, verdicts_are_counted_against_their_records) {
  Error err = {0};
  ClaimSet set;
  OK(claims_load_text(&set, "two.cfg", two_claims, NULL, &err));
  for (int differs = 0; differs < 2; differs++) {
    Folder folder;
    Tally tally;
    folder_make(&folder);
    const Params params = shipped_quick(NULL);
    add_run(folder.store, "double", 53, &params, differs ? 0.25 : 0.75); /* recorded is FAILS */
    judge_rows(folder.store, &set, NULL, 0);
    OK(tally_store(&tally, folder.store, &err));
    cr_assert(tally.recorded == 1 && tally.differing == (size_t)differs &&
                  tally.verdicts[VERDICT_FAILS] == (differs ? 0 : 1) &&
                  tally.verdicts[VERDICT_HOLDS] == (differs ? 2 : 1),
              "%zu recorded, %zu differing, %zu FAILS, %zu HOLDS", tally.recorded, tally.differing,
              tally.verdicts[VERDICT_FAILS], tally.verdicts[VERDICT_HOLDS]);
    folder_drop(&folder);
  }
  claims_clear(&set);
}

/* ---- exit status ---- */

Test(judge_store, the_exit_status_counts_failures_then_open_verdicts) {
  static const struct {
    size_t verdicts[VERDICT_KIND_COUNT]; /* HOLDS FAILS INCONCLUSIVE VACUOUS UNMET */
    size_t recorded, differing;
    int status, ledger;
  } rows[] = {
      {{5, 0, 0, 0, 0}, 5, 0, 0, 0}, {{5, 0, 0, 3, 2}, 0, 0, 0, 0}, {{5, 0, 1, 3, 2}, 9, 1, 2, 1},
      {{5, 1, 0, 0, 0}, 6, 0, 1, 0}, {{5, 1, 1, 0, 0}, 7, 2, 1, 1}, {{0, 0, 0, 0, 0}, 0, 0, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    Tally tally = {.recorded = rows[i].recorded, .differing = rows[i].differing};
    memcpy(tally.verdicts, rows[i].verdicts, sizeof tally.verdicts);
    cr_assert(tally_exit(&tally) == rows[i].status && tally_exit_ledger(&tally) == rows[i].ledger,
              "row %zu: exit %d and %d, expected %d and %d", i, tally_exit(&tally),
              tally_exit_ledger(&tally), rows[i].status, rows[i].ledger);
  }
}

/* ---- the shipped ledger ---- */

static void train(Store *store, const char *reading) {
  Error err = {0};
  Instance instance;
  Params params;
  Dataset data;
  Reading wanted;
  int64_t run;
  OK(reading_parse(&wanted, reading, &err));
  OK(instance_load(&instance, "quick", &err));
  OK(params_resolve(&params, &instance, &err));
  params.reading = wanted;
  OK(dataset_generate(&data, &params, &err));
  const RunRequest request = {
      .params = &params, .instance = &instance, .engine = ENGINE_DOUBLE, .precision = 53};
  OK(run_train(&run, store, &data, &request, &err));
  dataset_clear(&data);
  instance_clear(&instance);
}

/* Trains the smallest instance under all readings and asks for every verdict that the shipped files
 * record. */
Test(judge_store, the_ledger_of_the_smallest_instance_comes_true) {
  Error err = {0};
  Folder folder;
  ClaimSet set;
  folder_make(&folder);
  OK(claims_load(&set, NULL, NULL, &err));
  for (int i = 0; i < 4; i++)
    train(folder.store, reading_name(readings_all[i]));
  const Rows rows = judge_rows(folder.store, &set, NULL, 0);
  Tally tally;
  OK(tally_store(&tally, folder.store, &err));
  for (size_t i = 0; i < rows.count; i++)
    cr_assert(strcmp(rows.row[i].verdict, rows.row[i].expected) == 0,
              "%s under %s: %s, recorded is '%s': %s", rows.row[i].claim, rows.row[i].reading,
              rows.row[i].verdict, rows.row[i].expected, rows.row[i].reason);
  cr_assert(rows.count == 4 * set.count && tally.recorded == rows.count && tally.differing == 0,
            "%zu rows of %zu claims, %zu recorded, %zu differing", rows.count, set.count,
            tally.recorded, tally.differing);
  claims_clear(&set);
  folder_drop(&folder);
}
