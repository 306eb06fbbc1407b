/* test_claim.c -- claims files: what is read, and that every error gets one precise line. */
#include <unistd.h>

#include "src/builtin.h"
#include "src/observe.h"
#include "tests/claim_fixture.h"

TestSuite(claim);

/* ---- the shipped files ---- */

Test(claim, shipped_files_load_and_hold_every_claim) {
  static const char *const id[] = {
      "T1.time.P",  "T1.time.Q", "T1.a1",        "T1.a2",    "T2.b1",    "T2.b2",    "T3.c1",
      "T3.c2",      "T4.d1",     "T4.d2",        "T1.w",     "T2.w",     "T3.w",     "T4.w",
      "C.t1",       "C.t2",      "C.t1s",        "C.t2s",    "D.margin", "D.convex", "D.jensen.Q",
      "D.noise.V1", "D.norm.W1", "D.contract.1", "D.ratio.V"};
  Error err = {0};
  ClaimSet set;
  OK(claims_load(&set, NULL, NULL, &err));
  for (size_t i = 0; i < sizeof id / sizeof *id; i++)
    cr_assert(claims_find(&set, id[i]) != NULL, "%zu claims are shipped, but not %s", set.count,
              id[i]);
  for (size_t i = 0; i < set.count; i++)
    cr_assert(claims_find(&set, set.claim[i].id) == &set.claim[i], "id %s is shipped twice",
              set.claim[i].id);
  claims_clear(&set);
}

/* Every name is checked by the loader; what only a run can show is steps that are not recorded, and
 * values that are not finite. */
Test(claim, shipped_formulas_have_values) {
  Error err = {0};
  ClaimSet set;
  OK(claims_load(&set, NULL, NULL, &err));
  Trace trace;
  trace_make(&trace, "mpfr");
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    for (int i = 0; i < FIXTURE_RECORDS; i++)
      arb_set_d(trace.value[id] + i, 0.5 + 0.125 * i);
  for (int id = 0; id < MOMENT_COUNT; id++)
    for (int i = 0; i < FIXTURE_MOMENTS; i++)
      arb_set_d(trace.moment[id] + i, 0.5 + 0.125 * i);
  Verdict verdict;
  verdict_init(&verdict);
  for (size_t i = 0; i < set.count; i++) {
    OK(claim_judge(&verdict, &set.claim[i], &trace, NULL, &err));
    cr_assert(strstr(verdict.reason, ".cfg:") == NULL, "%s: %s", set.claim[i].id, verdict.reason);
    cr_assert(verdict.has_bound, "%s: no bound: %s", set.claim[i].id, verdict.reason);
  }
  verdict_clear(&verdict);
  trace_clear(&trace);
  claims_clear(&set);
}

/* ---- what is read ---- */

static const char *whole_claim =
    "claims = ( { id = \"A.1\"; title = \"T\"; statement = \"S\"; trust = \"reported\";\n"
    "  source = \"W\"; note = \"N\";\n"
    "  hypotheses = ( { words = \"small\"; condition = \"max(eta1, 2) >= c\"; } );\n"
    "  constants = { c = 0.1; half = \"c*5\"; };\n"
    "  observable = \"norm_W(t1 + t2)\"; relation = \"within\"; bound = \"d\";\n"
    "  low = \"half\"; high = 2;\n"
    "  vacuous = ( { words = \"empty\"; condition = \"bound <= value\"; } );\n"
    "  expected = ( { instance = \"quick\"; reading = \"split/joint\"; verdict = \"FAILS\";\n"
    "      reason = \"R\"; }, { instance = \"all\"; reading = \"shared/joint\"; verdict = "
    "\"HOLDS\"; } );\n"
    "} );\n";

static void expect_formula(const Formula *formula, const char *text) {
  Error err = {0};
  char *printed = NULL;
  OK(formula_print(&printed, formula, &err));
  cr_assert(strcmp(printed, text) == 0, "read '%s', expected '%s'", printed, text);
  free(printed);
}

Test(claim, every_key_is_read) {
  Error err = {0};
  ClaimSet set;
  OK(claims_load_text(&set, "a.cfg", whole_claim, NULL, &err));
  cr_assert(set.count == 1, "%zu claims, expected 1", set.count);
  const Claim *claim = &set.claim[0];
  cr_assert(strcmp(claim->id, "A.1") == 0 && strcmp(claim->title, "T") == 0 &&
                strcmp(claim->statement, "S") == 0 && strcmp(claim->source, "W") == 0 &&
                strcmp(claim->note, "N") == 0 && claim->trust == TRUST_REPORTED,
            "words: %s %s %s %s %s %s", claim->id, claim->title, claim->statement, claim->source,
            claim->note, trust_text(claim->trust));
  cr_assert(claim->hypothesis_count == 1 && claim->vacuous_count == 1 &&
                claim->constant_count == 2 && claim->expected_count == 2,
            "%zu hypotheses, %zu vacuities, %zu constants, %zu records", claim->hypothesis_count,
            claim->vacuous_count, claim->constant_count, claim->expected_count);
  expect_formula(claim->hypothesis[0].left, "max(eta1, 2)");
  expect_formula(claim->hypothesis[0].right, "c");
  cr_assert(claim->hypothesis[0].relation == RELATION_GE, "relation %s",
            relation_text(claim->hypothesis[0].relation));
  expect_formula(claim->constant[0].value, "0.1");
  expect_formula(claim->constant[1].value, "c*5");
  expect_formula(claim->observable, "norm_W(t1 + t2)");
  cr_assert(claim->relation == CLAIM_WITHIN, "relation %s", claim_relation_text(claim->relation));
  expect_formula(claim->low, "half");
  expect_formula(claim->high, "2");
  claims_clear(&set);
}

/* c = 0.1 is exactly one tenth: no double is. */
Test(claim, constants_are_exact_decimals) {
  Trace trace;
  trace_make(&trace, "mpfr");
  const char *settings = "hypotheses = (); constants = { c = 0.1; }; observable = \"10*c\"; "
                         "relation = \">=\"; bound = 1; never_vacuous = \"n\";";
  expect_verdict(settings, &trace, NULL, VERDICT_HOLDS, "10*c = 1 >= 1");
  trace_clear(&trace);
}

Test(claim, recorded_verdicts_are_found_by_instance_and_reading) {
  Error err = {0};
  ClaimSet set;
  OK(claims_load_text(&set, "a.cfg", whole_claim, NULL, &err));
  const Reading split_joint = {GATE_SPLIT, LOSS_JOINT}, shared_joint = {GATE_SHARED, LOSS_JOINT};
  const Expectation *fails = claim_expected(&set.claim[0], "quick", split_joint);
  const Expectation *holds = claim_expected(&set.claim[0], "other", shared_joint);
  cr_assert(fails && fails->verdict == VERDICT_FAILS && strcmp(fails->reason, "R") == 0,
            "quick, split/joint: %s", fails ? verdict_text(fails->verdict) : "no record");
  cr_assert(holds && holds->verdict == VERDICT_HOLDS && !holds->reason, "other, shared/joint: %s",
            holds ? verdict_text(holds->verdict) : "no record");
  const Expectation *other = claim_expected(&set.claim[0], "other", split_joint);
  const Expectation *nameless = claim_expected(&set.claim[0], NULL, split_joint);
  cr_assert(!other, "other, split/joint: found %s, expected no record",
            other ? verdict_text(other->verdict) : "none");
  cr_assert(!nameless, "no instance, split/joint: found %s, expected no record",
            nameless ? verdict_text(nameless->verdict) : "none");
  nameless = claim_expected(&set.claim[0], NULL, shared_joint);
  cr_assert(nameless == holds, "no instance, shared/joint: found %s, expected the record of all",
            nameless ? verdict_text(nameless->verdict) : "none");
  claims_clear(&set);
}

/* ---- selecting ---- */

Test(claim, an_id_selects_itself_or_its_group) {
  Error err = {0};
  ClaimSet set;
  OK(claims_load(&set, NULL, NULL, &err));
  bool *selected = array_alloc(set.count, sizeof *selected);
  OK(claims_select(selected, &set, "T1.a1", &err));
  OK(claims_select(selected, &set, "T1.time", &err));
  for (size_t i = 0; i < set.count; i++) {
    const char *id = set.claim[i].id;
    const bool wanted =
        strcmp(id, "T1.a1") == 0 || strcmp(id, "T1.time.P") == 0 || strcmp(id, "T1.time.Q") == 0;
    cr_assert(selected[i] == wanted, "%s is %sselected", id, selected[i] ? "" : "not ");
  }
  StatusCode code = claims_select(selected, &set, "T1.t", &err);
  cr_assert(code == STATUS_USAGE, "half a name for a group: status %d, expected 64", code);
  code = claims_select(selected, &set, "t2.b3", &err);
  cr_assert(code == STATUS_USAGE && strstr(err.message, "T2.b1") && strstr(err.message, "T2.b2"),
            "status %d, expected 64 and the near ids: %s", code, err.message);
  free(selected);
  claims_clear(&set);
}

/* ---- errors ---- */

/* The good claim that each row below spoils; its parts stand on lines 1 to 6. */
#define WORDS                                                                                      \
  "claims = ( { id = \"A\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = "      \
  "\"W\";\n"
#define HYPOTHESES "hypotheses = ( { words = \"h\"; condition = \"eta1 <= 1\"; } );\n"
#define CONSTANTS "constants = { c = 1; };\n"
#define COMPARED "observable = \"K1(t1)\"; relation = \"<=\"; bound = \"c*eps_W\";\n"
#define VACUOUS "vacuous = ( { words = \"v\"; condition = \"bound >= 1\"; } );\n"
#define EXPECTED                                                                                   \
  "expected = ( { instance = \"quick\"; reading = \"all\"; verdict = \"HOLDS\"; } ); } );\n"

typedef struct {
  const char *text;
  const char *place;   /* "a.cfg:LINE[:COLUMN]: ", how the message begins */
  const char *message; /* what it holds besides */
} Bad;

static const Bad bad[] = {
    /* libconfig's */
    {"claims = (", "a.cfg:", "syntax"},
    {"claims = ( { id = \"A\"; id = \"B\"; } );", "a.cfg:1: ", "duplicate"},
    {"@include \"other.cfg\"\n", "a.cfg:1:1: ", "included"},
    {WORDS "  @include \"other.cfg\"\n } );", "a.cfg:2:3: ", "included"},
    /* the list */
    {"", "a.cfg:1: ", "claims"},
    {"claims = ();", "a.cfg:1: ", "1 to 500"},
    {"claims = { };", "a.cfg:1: ", "a list"},
    {"claims = ( 1 );", "a.cfg:1:12: ", "a group"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS EXPECTED "claim = 1;", "a.cfg:7:9: ", "'claim'"},
    /* keys */
    {WORDS "hypothesis = ();\n" HYPOTHESES CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:2: ", "'hypothesis', meant hypotheses"},
    {WORDS CONSTANTS COMPARED VACUOUS EXPECTED, "a.cfg:1: ", "'hypotheses'"},
    {"claims = ( { title = \"T\"; statement = \"S\"; trust = \"derived\"; source = "
     "\"W\";\n" HYPOTHESES CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:1: ", "'id'"},
    {WORDS HYPOTHESES CONSTANTS COMPARED EXPECTED, "a.cfg:1: ", "neither"},
    {WORDS HYPOTHESES CONSTANTS COMPARED "vacuous = ();\n" EXPECTED, "a.cfg:5: ", "never_vacuous"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS "never_vacuous = \"n\";\n" EXPECTED,
     "a.cfg:1: ", "found both"},
    /* words */
    {"claims = ( {\nid = \"1A\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = "
     "\"W\";\n" HYPOTHESES CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:2:7: ", "a letter"},
    {"claims = ( { id = \"A\";\ntitle = 7; statement = \"S\"; trust = \"derived\"; source = "
     "\"W\";\n" HYPOTHESES CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:2:9: ", "found a number"},
    {"claims = ( { id = \"A\";\ntitle = \" \"; statement = \"S\"; trust = \"derived\"; source = "
     "\"W\";\n" HYPOTHESES CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:2:10: ", "empty"},
    {"claims = ( { id = \"A\"; title = \"T\"; statement = \"S\";\ntrust = \"certain\"; source = "
     "\"W\";\n" HYPOTHESES CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:2:10: ", "sourced, reported, recalled, derived"},
    /* conditions */
    {WORDS "hypotheses = ( { words = \"h\"; condition = \"eta1\"; } );\n" CONSTANTS COMPARED VACUOUS
         EXPECTED,
     "a.cfg:2:44: ", "< <= > >="},
    {WORDS "hypotheses = ( { words = \"h\"; condition = \"eta1 <= \"; } );\n" CONSTANTS COMPARED
         VACUOUS EXPECTED,
     "a.cfg:2:", "expected"},
    {WORDS
     "hypotheses = ( { words = \"h\"; condition = \"eta1 <= etta2\"; } );\n" CONSTANTS COMPARED
         VACUOUS EXPECTED,
     "a.cfg:2:52: ", "'etta2', meant eta2"},
    {WORDS "hypotheses = ( { condition = \"eta1 <= 1\"; } );\n" CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:2: ", "'words'"},
    {WORDS "hypotheses = \"eta1 <= 1\";\n" CONSTANTS COMPARED VACUOUS EXPECTED,
     "a.cfg:2:15: ", "a list"},
    {WORDS "hypotheses = ( { words = \"h\"; condition = \"bound <= 1\"; } );\n" CONSTANTS COMPARED
         VACUOUS EXPECTED,
     "a.cfg:2:44: ", "'bound'"},
    /* constants */
    {WORDS HYPOTHESES "constants = { c = true; };\n" COMPARED VACUOUS EXPECTED,
     "a.cfg:3: ", "true or false"},
    {WORDS HYPOTHESES "constants = { c = 1; eta1 = 2; };\n" COMPARED VACUOUS EXPECTED,
     "a.cfg:3: ", "'eta1' already"},
    {WORDS HYPOTHESES "constants = { c = 1; log = 2; };\n" COMPARED VACUOUS EXPECTED,
     "a.cfg:3: ", "'log' already"},
    {WORDS HYPOTHESES "constants = { a = \"c\"; c = 1; };\n" COMPARED VACUOUS EXPECTED,
     "a.cfg:3:20: ", "'c'"},
    {WORDS HYPOTHESES "constants = { c = \"c + 1\"; };\n" COMPARED VACUOUS EXPECTED,
     "a.cfg:3:20: ", "'c'"},
    /* formulas */
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(t1)\"; relation = \"<=\"; bound = \"c*eps_X\";\n" VACUOUS EXPECTED,
     "a.cfg:4:52: ", "'eps_X', meant"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K3(t1)\"; relation = \"<=\"; bound = \"c\";\n" VACUOUS EXPECTED,
     "a.cfg:4:15: ", "'K3', meant K1"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"2*K1\"; relation = \"<=\"; bound = \"c\";\n" VACUOUS EXPECTED,
     "a.cfg:4:17: ", "K1(t1)"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(t1, t2)\"; relation = \"<=\"; bound = \"c\";\n" VACUOUS EXPECTED,
     "a.cfg:4:", "argument"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(gate)\"; relation = \"<=\"; bound = \"c\";\n" VACUOUS EXPECTED,
     "a.cfg:4:18: ", "'gate'"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"sup(s, 0, s, K1(s))\"; relation = \"<=\"; bound = \"c\";\n" VACUOUS EXPECTED,
     "a.cfg:4:25: ", "'s'"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(t1)\"; relation = \"<=\"; bound = \"1 +\";\n" VACUOUS EXPECTED,
     "a.cfg:4:", "expected"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(t1)\"; relation = \"<=\"; bound = [1, 2];\n" VACUOUS EXPECTED,
     "a.cfg:4: ", "an array"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(t1)\"; relation = \"=\"; bound = 1;\n" VACUOUS EXPECTED,
     "a.cfg:4:36: ", "<, <=, >, >=, within"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(t1)\"; relation = \"within\"; bound = 1; low = 1;\n" VACUOUS EXPECTED,
     "a.cfg:1: ", "low and high"},
    {WORDS HYPOTHESES CONSTANTS
     "observable = \"K1(t1)\"; relation = \"<\"; bound = 1; low = 1;\n" VACUOUS EXPECTED,
     "a.cfg:1: ", "within"},
    /* the ledger */
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "expected = ( { instance = \"quick\"; reading = \"shared\"; verdict = \"HOLDS\"; } ); } );\n",
     "a.cfg:6:47: ", "shared/separate"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "expected = ( { instance = \"quick\"; reading = \"all\"; verdict = \"TRUE\"; } ); } );\n",
     "a.cfg:6:64: ", "HOLDS, FAILS"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "expected = ( { instance = \"quick\"; reading = \"all\"; verdict = \"HO\nLDS\"; } ); } );\n",
     "a.cfg:6:64: ", "HO LDS"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "expected = ( { instance = \"quick\"; reading = \"all\"; verdict = \"FAILS\"; } ); } );\n",
     "a.cfg:1: ", "needs a reason"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "expected = ( { instance = \"quick\"; reading = \"all\"; verdict = \"HOLDS\"; },\n"
     "{ instance = \"quick\"; reading = \"split/joint\"; verdict = \"HOLDS\"; } ); } );\n",
     "a.cfg:1: ", "numbers 1 and 2"},
    /* a misspelt key is one error, and not a missing one besides */
    {WORDS HYPOTHESES CONSTANTS
     "observabel = \"K1(t1)\"; relation = \"<\"; bound = 1;\n" VACUOUS EXPECTED,
     "a.cfg:4:15: ", "'observabel', meant observable"},
    {WORDS HYPOTHESES "constant = { c = 1; };\n" COMPARED VACUOUS EXPECTED,
     "a.cfg:3: ", "'constant', meant constants"},
    /* changed copies that hold too */
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "allowed_mutants = ( { mutant = \"t1 trebled\"; blind = \"b\"; } );\n" EXPECTED,
     "a.cfg:6:33: ", "'t1 trebled'"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "allowed_mutants = ( { mutant = \"t1 halved\"; } );\n" EXPECTED,
     "a.cfg:6: ", "either `proof`"},
    {WORDS HYPOTHESES CONSTANTS COMPARED VACUOUS
     "allowed_mutants = ( { mutant = \"t1 halved\"; proof = \"p\"; blind = \"b\"; } );\n" EXPECTED,
     "a.cfg:6: ", "found both"},
};

/* Counts the errors, and keeps the first. */
typedef struct {
  size_t count;
  Error error[8];
} Seen;

static void see(const Error *error, void *context) {
  Seen *seen = context;
  if (seen->count < sizeof seen->error / sizeof *seen->error) seen->error[seen->count] = *error;
  seen->count++;
}

Test(claim, each_error_gives_one_line_with_its_place) {
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    Error err = {0};
    ClaimSet set;
    Seen seen = {0};
    const ErrorSink sink = {see, &seen};
    const StatusCode code = claims_load_text(&set, "a.cfg", bad[i].text, &sink, &err);
    cr_assert(code == STATUS_DATA, "status %d, expected 65, for\n%s", code, bad[i].text);
    cr_assert(seen.count == 1, "%zu errors, expected 1: '%s' and '%s' for\n%s", seen.count,
              seen.error[0].message, seen.error[1].message, bad[i].text);
    cr_assert(strcmp(seen.error[0].message, err.message) == 0, "'%s' was reported, '%s' returned",
              seen.error[0].message, err.message);
    cr_assert(strncmp(err.message, bad[i].place, strlen(bad[i].place)) == 0 &&
                  strstr(err.message, bad[i].message) && !strpbrk(err.message, "\n\r"),
              "'%s', expected one line that begins '%s' and holds '%s', for\n%s", err.message,
              bad[i].place, bad[i].message, bad[i].text);
  }
}

Test(claim, all_errors_of_a_file_are_told_from_its_top_to_its_end) {
  const char *text =
      "claims = (\n"
      " { id = \"A\"; title = \"T\"; statement = \"S\"; trust = \"sure\"; source = \"W\";\n"
      "   hypotheses = (); observable = \"K9(t1)\"; relation = \"<\";\n"
      "   bound = \"eta1*lambada\"; never_vacuous = \"n\"; },\n"
      " { id = \"A\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = \"W\";\n"
      "   hypotheses = (); observable = \"1 + \"; relation = \"<\"; bound = 1; "
      "never_vacuous = \"n\"; } );\n";
  static const char *const place[] = {"a.cfg:2:", "a.cfg:3:", "a.cfg:4:", "a.cfg:5:", "a.cfg:6:"};
  Error err = {0};
  ClaimSet set;
  Seen seen = {0};
  const ErrorSink sink = {see, &seen};
  const StatusCode code = claims_load_text(&set, "a.cfg", text, &sink, &err);
  cr_assert(code == STATUS_DATA && seen.count == 5, "status %d and %zu errors, expected 65 and 5",
            code, seen.count);
  for (size_t i = 0; i < 5; i++)
    cr_assert(strncmp(seen.error[i].message, place[i], strlen(place[i])) == 0,
              "error %zu is '%s', expected at %s", i, seen.error[i].message, place[i]);
}

/* ---- files ---- */

static void expect_file(const char *path, StatusCode status, const char *message) {
  Error err = {0};
  ClaimSet set;
  const StatusCode code = claims_load(&set, path, NULL, &err);
  cr_assert(code == status, "%s: status %d, expected %d: %s", path, code, status,
            code == STATUS_OK ? "" : err.message);
  if (code == STATUS_OK)
    claims_clear(&set);
  else
    cr_assert(strstr(err.message, message) && strstr(err.message, path),
              "'%s', expected the path and '%s'", err.message, message);
}

static void write_file(const char *path, const char *text, size_t length) {
  FILE *file = fopen(path, "wb");
  cr_assert(file && fwrite(text, 1, length, file) == length && fclose(file) == 0, "cannot write %s",
            path);
}

Test(claim, files_that_are_missing_or_no_text_are_refused) {
  char path[] = "/tmp/claims.XXXXXX";
  const int descriptor = mkstemp(path);
  cr_assert(descriptor >= 0, "cannot make %s", path);
  close(descriptor);
  write_file(path, whole_claim, strlen(whole_claim));
  expect_file(path, STATUS_OK, "");
  write_file(path, "claims\0= ();", 12);
  expect_file(path, STATUS_DATA, "byte");
  const size_t large = CLAIMS_FILE_MAX + 1;
  char *blanks = array_alloc(large, 1);
  memset(blanks, ' ', large);
  write_file(path, blanks, large);
  expect_file(path, STATUS_DATA, "bytes");
  free(blanks);
  unlink(path);
  expect_file(path, STATUS_NOINPUT, "");
}

Test(claim, more_than_500_claims_are_refused) {
  const char *entry =
      "{ id = \"A%d\"; title = \"T\"; statement = \"S\"; trust = \"derived\"; source = \"W\";"
      " hypotheses = (); observable = 1; relation = \"<\"; bound = 2; never_vacuous = \"n\"; }%s\n";
  for (int count = CLAIMS_MAX; count <= CLAIMS_MAX + 1; count++) {
    char *text = array_alloc((size_t)count * 200 + 64, 1), *end = text;
    end += sprintf(end, "claims = (");
    for (int i = 1; i <= count; i++)
      end += sprintf(end, entry, i, i < count ? "," : ");");
    Error err = {0};
    ClaimSet set = {0};
    const StatusCode code = claims_load_text(&set, "a.cfg", text, NULL, &err);
    cr_assert(code == (count <= CLAIMS_MAX ? STATUS_OK : STATUS_DATA), "%d claims: status %d: %s",
              count, code, code == STATUS_OK ? "" : err.message);
    claims_clear(&set);
    free(text);
  }
}

/* Whatever is done to a file, it loads or is refused with one line. */
Test(claim, damaged_files_never_do_worse_than_be_refused) {
  const BuiltinFile *file = builtin_claims;
  Chance chance = chance_open(31);
  size_t refused = 0;
  for (int round = 0; round < 200; round++) {
    char *text = strdup(file[round % 2].text);
    const int64_t length = (int64_t)strlen(text);
    for (int64_t edits = 1 + chance_below(&chance, 4); edits > 0; edits--)
      text[chance_below(&chance, length)] = "\";(){}=,<'0xz \n"[chance_below(&chance, 16)];
    if (chance_below(&chance, 4) == 0) text[chance_below(&chance, length)] = '\0';
    Error err = {0};
    ClaimSet set = {0};
    const StatusCode code = claims_load_text(&set, "a.cfg", text, NULL, &err);
    cr_assert(code == STATUS_OK || (code == STATUS_DATA && strncmp(err.message, "a.cfg:", 6) == 0 &&
                                    !strpbrk(err.message, "\n\r")),
              "round %d: status %d: '%s'", round, code, err.message);
    refused += code != STATUS_OK;
    claims_clear(&set);
    free(text);
  }
  cr_assert(refused > 50 && refused < 200, "%zu of 200 damaged files were refused", refused);
}
