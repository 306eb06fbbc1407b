/* test_replay.c -- replay: its own trajectory against the certified one, and files that are true,
 * altered or damaged. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/replay.h"
#include "src/run.h"
#include "tests/corruption.h"
#include "tests/support.h"
#include "verify/covered.h"
#include "verify/replay_check.h"
#include "verify/replay_claim.h"

static char folder[] = "/tmp/twostage-replay.XXXXXX";

/* A small instance, trained with a certificate and judged. */
typedef struct {
  Instance instance;
  Params params;
  Dataset data;
  ClaimSet claims;
  Trace trace;
  Verdict verdict;
  const Claim *claim;
} Case;

static void case_open(Case *c, Reading reading, const char *id) {
  static const char *const set[] = {"d=4", "N=12", "L=7", "t1=60", "t2=200", "lambda=1/240"};
  Error err;
  Store *store;
  int64_t run;
  char text[64], path[128];
  *c = (Case){.claim = NULL};
  support_ok(instance_load(&c->instance, "quick", &err), &err);
  for (size_t i = 0; i < sizeof set / sizeof *set; i++)
    support_ok(instance_set(&c->instance, set[i], &err), &err);
  snprintf(text, sizeof text, "gate=%s", reading.gate == GATE_SHARED ? "shared" : "split");
  support_ok(instance_set(&c->instance, text, &err), &err);
  snprintf(text, sizeof text, "loss=%s", reading.loss == LOSS_JOINT ? "joint" : "separate");
  support_ok(instance_set(&c->instance, text, &err), &err);
  support_ok(params_resolve(&c->params, &c->instance, &err), &err);
  support_ok(dataset_generate(&c->data, &c->params, &err), &err);
  strcpy(folder + strlen(folder) - 6, "XXXXXX");
  cr_assert(mkdtemp(folder) != NULL, "no folder %s for the store", folder);
  support_ok(store_create(&store, folder, &err), &err);
  const RunRequest request = {.params = &c->params,
                              .instance = &c->instance,
                              .engine = ENGINE_DOUBLE,
                              .precision = 53,
                              .certify = true};
  support_ok(run_train(&run, store, &c->data, &request, &err), &err);
  support_ok(store_finish(store, &err), &err);
  support_ok(store_open(&store, folder, &err), &err);
  support_ok(trace_load(&c->trace, store, run, &err), &err);
  store_close(store);
  snprintf(path, sizeof path, "%s/run.db", folder);
  unlink(path);
  support_ok(claims_load(&c->claims, NULL, NULL, &err), &err);
  c->claim = claims_find(&c->claims, id);
  verdict_init(&c->verdict);
  support_ok(claim_judge(&c->verdict, c->claim, &c->trace, NULL, &err), &err);
}

static void case_close(Case *c) {
  rmdir(folder);
  instance_clear(&c->instance);
  dataset_clear(&c->data);
  claims_clear(&c->claims);
  trace_clear(&c->trace);
  verdict_clear(&c->verdict);
}

/* *text := the replay file of the case; malloc'ed. */
static void write_text(char **text, const Case *c) {
  Error err;
  size_t size;
  char data[DIGEST_SIZE];
  FILE *out = open_memstream(text, &size);
  char *value = arb_dump_str(c->verdict.value), *bound = arb_dump_str(c->verdict.bound);
  const VerdictRow row = {.claim = c->claim->id,
                          .verdict = verdict_text(c->verdict.kind),
                          .certified = c->verdict.certified,
                          .value = c->verdict.has_value ? value : NULL,
                          .bound = c->verdict.has_bound ? bound : NULL};
  support_ok(replay_data_digest(data, &c->data, &err), &err);
  support_ok(replay_write(out, c->claim, &row, &c->trace, data, "-", &err), &err);
  fclose(out);
  flint_free(value);
  flint_free(bound);
}

/* Gives the text the digest of its content. */
static void seal(char *text) {
  char digits[DIGEST_SIZE];
  char *last = strstr(text, "\ndigest ") + 1;
  Error err;
  Digest digest;
  support_ok(digest_open(&digest, &err), &err);
  digest_bytes(&digest, text, (size_t)(last - text));
  digest_close_text(digits, &digest);
  memcpy(last + 7, digits, DIGEST_SIZE - 1);
}

static StatusCode read_text(ReplayFile *out, const char *text, Error *err) {
  char path[128];
  snprintf(path, sizeof path, "%s/claim.replay", folder);
  FILE *file = fopen(path, "w");
  cr_assert(file != NULL, "%s can be written", path);
  fputs(text, file);
  fclose(file);
  const StatusCode code = replay_read(out, path, err);
  unlink(path);
  return code;
}

/* Replays a text, which must be a whole file. */
static ReplayOutcome replay(char why[REPLAY_WHY_SIZE], const char *text) {
  Error err;
  ReplayFile file;
  Dataset data;
  Trace trace;
  Verdict verdict;
  const Progress none = {NULL, NULL};
  support_ok(read_text(&file, text, &err), &err);
  support_ok(dataset_generate(&data, &file.params, &err), &err);
  support_ok(replay_train(&trace, &file.params, &data, 128, &none, &err), &err);
  verdict_init(&verdict);
  support_ok(claim_judge(&verdict, &file.claims.claim[0], &trace, NULL, &err), &err);
  char digest[DIGEST_SIZE];
  support_ok(replay_data_digest(digest, &data, &err), &err);
  const ReplayOutcome outcome = replay_compare(why, &file, digest, &trace, &verdict);
  verdict_clear(&verdict);
  trace_clear(&trace);
  dataset_clear(&data);
  replay_clear(&file);
  return outcome;
}

/* Moments of the named steps, which the replay finds by powers of U'U, the run by eigenvectors. The
   powers may cost some bits. */
static void hold_moments(Worst *worst, const Trace *ours, const Trace *theirs) {
  const char *reading = reading_name(ours->info.params.reading);
  cr_assert(ours->moment_count == 3 && theirs->moment_count == 3,
            "%s: %zu and %zu named steps, expected 3", reading, ours->moment_count,
            theirs->moment_count);
  for (size_t k = 0; k < 3; k++)
    for (int id = 0; id < MOMENT_COUNT; id++) {
      arb_srcptr x = ours->moment[id] + k, y = theirs->moment[id] + k;
      worst_require(worst,
                    ours->moment_step[k] == theirs->moment_step[k] && arb_overlaps(x, y) &&
                        mag_cmp_2exp_si(arb_radref(x), -40) < 0 && arb_is_finite(y),
                    "%s, step %lld: %s = %.17g, replayed %.17g +- %.3g", reading,
                    (long long)ours->moment_step[k], moment_name[id],
                    arf_get_d(arb_midref(y), ARF_RND_NEAR), arf_get_d(arb_midref(x), ARF_RND_NEAR),
                    mag_get_d(arb_radref(x)));
    }
}

/* Pre-conditions: a small instance under all readings. Quantity: values at recorded steps, and
   moments, that the certified run encloses and the replay's enclosure does not meet. Bound: 0. */
Test(replay, comes_to_the_certified_values) {
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++) {
    Case c;
    Error err;
    Trace trace;
    const Progress none = {NULL, NULL};
    case_open(&c, readings_all[reading], "T1.w");
    cr_assert(c.trace.info.gates > 0, "%s: the run is certified",
              reading_name(readings_all[reading]));
    support_ok(replay_train(&trace, &c.params, &c.data, 128, &none, &err), &err);
    cr_assert(trace.count == c.trace.count && trace.info.ended[0] == '\0',
              "%s: %zu records, expected %zu; ended '%s'", reading_name(readings_all[reading]),
              trace.count, c.trace.count, trace.info.ended);
    for (size_t k = 0; k < trace.count; k++)
      for (int id = 0; id < OBSERVABLE_COUNT; id++) {
        arb_srcptr ours = trace.value[id] + k, theirs = c.trace.value[id] + k;
        worst_require(&worst, arb_is_finite(ours) == replay_measures((ObservableId)id),
                      "%s, step %lld: %s has %s value, against what replay_measures says",
                      reading_name(readings_all[reading]), (long long)trace.step[k],
                      observable_name[id], arb_is_finite(ours) ? "a" : "no");
        if (!arb_is_finite(ours)) continue; /* of the program's own work */
        worst_require(&worst, trace.step[k] == c.trace.step[k] && arb_overlaps(ours, theirs),
                      "%s, step %lld: %s = %.17g, replayed %.17g",
                      reading_name(readings_all[reading]), (long long)trace.step[k],
                      observable_name[id], arf_get_d(arb_midref(theirs), ARF_RND_NEAR),
                      arf_get_d(arb_midref(ours), ARF_RND_NEAR));
        worst_require(&worst, mag_cmp_2exp_si(arb_radref(ours), -60) < 0,
                      "%s, step %lld: radius of %s is %.3g", reading_name(readings_all[reading]),
                      (long long)trace.step[k], observable_name[id], mag_get_d(arb_radref(ours)));
      }
    hold_moments(&worst, &trace, &c.trace);
    trace_clear(&trace);
    case_close(&c);
  }
  worst_assert(&worst, "replayed values");
}

Test(replay, confirms_a_true_file) {
  static const char *const id[] = {"T4.d1", "C.spec.drop", "C.spec.keep"};
  for (int i = 0; i < 6; i++) {
    Case c;
    char *text, why[REPLAY_WHY_SIZE];
    case_open(&c, readings_all[i < 3 ? 0 : 3], id[i % 3]);
    write_text(&text, &c);
    const ReplayOutcome outcome = replay(why, text);
    cr_assert(c.verdict.certified && outcome == REPLAY_CONFIRMED,
              "true file of %s: %s, certified %d, outcome %d (%s), expected confirmed", id[i % 3],
              verdict_text(c.verdict.kind), c.verdict.certified, (int)outcome, why);
    free(text);
    case_close(&c);
  }
}

/* Every alteration with a new digest is contradicted, and without one refused. */
Test(replay, contradicts_altered_files) {
  static const struct {
    const char *line; /* the character at `offset` behind it is changed */
    size_t offset;
  } altered[] = {{"\nvalue ", 2}, {"\nbound ", 2}, {"\ndata ", 3}, {"\nK2 ", 2}, {"\nseed=", 0}};
  Case c;
  char *text;
  case_open(&c, readings_all[0], "T4.d1");
  write_text(&text, &c);
  for (size_t i = 0; i < sizeof altered / sizeof *altered; i++) {
    char *copy = strdup(text), why[REPLAY_WHY_SIZE];
    char *at = strstr(copy, altered[i].line) + strlen(altered[i].line) + altered[i].offset;
    Error err;
    ReplayFile file;
    *at = *at == '3' ? '5' : '3';
    const StatusCode code = read_text(&file, copy, &err);
    replay_clear(&file);
    cr_assert(code == STATUS_DATA, "altered '%s' without a new digest: status %d, expected %d",
              altered[i].line + 1, (int)code, (int)STATUS_DATA);
    seal(copy);
    const ReplayOutcome outcome = replay(why, copy);
    cr_assert(outcome == REPLAY_CONTRADICTED && *why != '\0',
              "altered '%s' with a new digest: outcome %d (%s), expected contradicted",
              altered[i].line + 1, (int)outcome, why);
    free(copy);
  }
  free(text);
  case_close(&c);
}

static StatusCode read_and_clear(void *context, Error *err) {
  ReplayFile file;
  const StatusCode code = replay_read(&file, context, err);
  replay_clear(&file);
  return code;
}

Test(replay, spoiled_files_are_refused) {
  char path[2][128], *text;
  for (int i = 0; i < 2; i++) {
    Case c;
    case_open(&c, readings_all[i == 0 ? 0 : 3], "T4.d1");
    write_text(&text, &c);
    case_close(&c);
    snprintf(path[i], sizeof path[i], "%s-%d.replay", folder, i);
    FILE *out = fopen(path[i], "w");
    cr_assert(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0, "%s: cannot be written",
              path[i]);
    free(text);
  }
  corruption_assert(path[0], path[1], path[0], read_and_clear, path[0], "a replay file");
  unlink(path[0]);
  unlink(path[1]);
}

/* A copy of the text in which LINE has another value, with its digest. */
static char *with_line(const char *text, const char *line, const char *value) {
  const char *at = strstr(text, line) + strlen(line), *rest = strchr(at, '\n');
  const size_t size = strlen(text) + strlen(value) + 1;
  char *copy = malloc(size);
  cr_assert(copy != NULL, "room for %zu bytes", size);
  snprintf(copy, size, "%.*s%s%s", (int)(at - text), text, value, rest);
  seal(copy);
  return copy;
}

/* Pre-conditions: a true file in which one number was replaced by one that any would meet, with its
   digest. Quantity: whether it is refused at that field, or contradicted. Bound: always. */
Test(replay, numbers_that_say_nothing_are_not_confirmed) {
  static const struct {
    const char *line, *value, *field; /* field: named by the refusal; NULL: contradicted */
  } altered[] = {{"\nvalue ", "0 0 0 -1", "value"},  {"\nvalue ", "0 -3 0 0", "value"},
                 {"\nvalue ", "0 0 1 10", "value"},  {"\nvalue ", "-", NULL},
                 {"\nvalue ", "0 -1 0 0", NULL},     {"\nbound ", "0 0 0 -1", "bound"},
                 {"\nbound ", "0 0 1 0", "bound"},   {"\nbound ", "-", NULL},
                 {"\nK1 ", "0 -3 0 0", "K1"},        {"\nK2 ", "0 0 0 -1", "K2"},
                 {"\nnorm_W ", "1 0 1 0", "norm_W"}, {"\ntrace_V ", "-", "trace_V"}};
  Case c;
  char *text;
  case_open(&c, readings_all[0], "T4.d1");
  write_text(&text, &c);
  for (size_t i = 0; i < sizeof altered / sizeof *altered; i++) {
    char why[REPLAY_WHY_SIZE], wanted[64];
    char *copy = with_line(text, altered[i].line, altered[i].value);
    Error err = {.message = ""};
    ReplayFile file;
    const StatusCode code = read_text(&file, copy, &err);
    replay_clear(&file);
    if (code == STATUS_OK) {
      const ReplayOutcome outcome = replay(why, copy);
      cr_assert(altered[i].field == NULL && outcome == REPLAY_CONTRADICTED,
                "%s%s: outcome %d (%s), expected %s", altered[i].line + 1, altered[i].value,
                (int)outcome, why, altered[i].field ? "a refusal" : "contradicted");
    } else {
      snprintf(wanted, sizeof wanted, ": %s: expected",
               altered[i].field ? altered[i].field : "nothing");
      cr_assert(code == STATUS_DATA && altered[i].field && strstr(err.message, wanted) != NULL,
                "%s%s: status %d (%s), expected %d with '%s'", altered[i].line + 1,
                altered[i].value, (int)code, err.message, (int)STATUS_DATA, wanted);
    }
    free(copy);
  }
  free(text);
  case_close(&c);
}

/* Pre-conditions: the true file of a claim about moments, FAILS with a value of about 0. Quantity:
   what comes of it with another verdict, value or bound. Bound: contradicted. */
Test(replay, contradicts_what_is_said_of_moments) {
  static const char *const altered[][2] = {
      {"\nverdict ", "HOLDS"}, {"\nvalue ", "1 -3 0 0"}, {"\nbound ", "1 -1 0 0"}};
  Case c;
  char *text;
  case_open(&c, readings_all[0], "C.spec.drop");
  write_text(&text, &c);
  for (int i = 0; i < 3; i++) {
    char *copy = with_line(text, altered[i][0], altered[i][1]), why[REPLAY_WHY_SIZE];
    const ReplayOutcome outcome = replay(why, copy);
    cr_assert(outcome == REPLAY_CONTRADICTED, "%s%s instead of %s: outcome %d (%s), expected %d",
              altered[i][0] + 1, altered[i][1], verdict_text(c.verdict.kind), (int)outcome, why,
              (int)REPLAY_CONTRADICTED);
    free(copy);
  }
  free(text);
  case_close(&c);
}

/* A computed verdict has no radius: its numbers have to be met to 2^-20, and an infinity by none.
 */
Test(replay, a_computed_file_is_met_to_a_relative_distance) {
  Case c;
  char *text, why[REPLAY_WHY_SIZE];
  case_open(&c, readings_all[0], "T4.d1");
  write_text(&text, &c);
  char *computed = with_line(text, "\ncertainty ", "computed");
  arb_t shifted;
  arb_init(shifted);
  for (int i = 0; i < 3; i++) { /* times 1 + 2^-22, 1 + 2^-18; infinite */
    arb_set_d(shifted, i == 0 ? 0x1p-22 : 0x1p-18);
    arb_add_ui(shifted, shifted, 1, 128);
    arb_mul(shifted, shifted, c.verdict.value, 128);
    if (i == 2) arb_pos_inf(shifted);
    char *value = arb_dump_str(shifted), *copy = with_line(computed, "\nvalue ", value);
    const ReplayOutcome outcome = replay(why, copy);
    cr_assert(outcome == (i == 0 ? REPLAY_CONFIRMED : REPLAY_CONTRADICTED),
              "computed value %s: outcome %d (%s), expected %s", value, (int)outcome, why,
              i == 0 ? "confirmed" : "contradicted");
    flint_free(value);
    free(copy);
  }
  arb_clear(shifted);
  free(computed);
  free(text);
  case_close(&c);
}

/* What a replay does not measure: no file for a true verdict, and refused when there is one. */
Test(replay, refuses_claims_it_cannot_redo) {
  static const struct {
    const char *id, *missed; /* NULL: can be replayed */
  } claim[] = {{"D.step.W", "audit_W"}, {"D.step.V", "audit_V"}, {"C.spec.drop", NULL},
               {"C.spec.keep", NULL},   {"T1.w", NULL},          {"T4.d1", NULL}};
  Case c;
  case_open(&c, readings_all[0], "T4.d1");
  for (size_t i = 0; i < sizeof claim / sizeof *claim; i++) {
    Error err = {.message = ""};
    ReplayFile file;
    char *text, why[REPLAY_WHY_SIZE];
    c.claim = claims_find(&c.claims, claim[i].id);
    const VerdictRow row = {.claim = claim[i].id, .verdict = "HOLDS", .certified = true};
    const bool possible = replay_is_possible(why, c.claim, &row, &c.trace);
    cr_assert(possible == (claim[i].missed == NULL) &&
                  (possible || strstr(why, claim[i].missed) != NULL),
              "%s: possible %d (%s), expected %s", claim[i].id, (int)possible, why,
              claim[i].missed ? claim[i].missed : "possible");
    write_text(&text, &c);
    const StatusCode code = read_text(&file, text, &err);
    replay_clear(&file);
    cr_assert(claim[i].missed == NULL
                  ? code == STATUS_OK
                  : code == STATUS_DATA && strstr(err.message, claim[i].missed) != NULL,
              "%s: status %d (%s), expected a refusal that names %s", claim[i].id, (int)code,
              err.message, claim[i].missed ? claim[i].missed : "nothing");
    free(text);
  }
  case_close(&c);
}

Test(replay, a_verdict_whose_number_is_wide_gets_no_file) {
  Case c;
  case_open(&c, readings_all[0], "T4.d1");
  static const char *const value[] = {"1 0 1 -14",
                                      "1 0 1 -13"}; /* hexadecimal: 1 +- 2^-20, 2^-19 */
  for (int i = 0; i < 2; i++) {
    char why[REPLAY_WHY_SIZE];
    const VerdictRow row = {.claim = "T4.d1", .verdict = "HOLDS", .value = (char *)value[i]};
    const bool possible = replay_is_possible(why, c.claim, &row, &c.trace);
    cr_assert(possible == (i == 0), "value %s: possible %d (%s), expected %d", value[i],
              (int)possible, why, i == 0);
  }
  case_close(&c);
}

/* Pre-conditions: every shipped claim, through a file and back. Quantity: parts that differ from
   the shipped one. Bound: none; and exactly the altered ones, when some are. */
Test(replay, says_where_a_claim_differs_from_the_shipped_one) {
  Error err;
  ClaimSet shipped;
  char differs[REPLAY_DIFFERS_SIZE];
  support_ok(claims_load(&shipped, NULL, NULL, &err), &err);
  for (size_t i = 0; i < shipped.count; i++) {
    char *text;
    size_t size;
    ClaimSet copy;
    FILE *out = open_memstream(&text, &size);
    support_ok(replay_put_claim(out, &shipped.claim[i], &err), &err);
    fclose(out);
    support_ok(claims_load_text(&copy, "copy", text, NULL, &err), &err);
    support_ok(replay_claim_differs(differs, &copy.claim[0], &shipped, &err), &err);
    cr_assert(*differs == '\0', "%s, written and read: '%s', expected no difference",
              shipped.claim[i].id, differs);
    char *const statement = copy.claim[0].statement;
    copy.claim[0].statement = (char *)"something else";
    copy.claim[0].relation = copy.claim[0].relation == CLAIM_LT ? CLAIM_LE : CLAIM_LT;
    support_ok(replay_claim_differs(differs, &copy.claim[0], &shipped, &err), &err);
    char wanted[REPLAY_DIFFERS_SIZE];
    snprintf(wanted, sizeof wanted,
             "differs from the shipped claim %s: statement, relation or bound",
             shipped.claim[i].id);
    cr_assert(strcmp(differs, wanted) == 0, "altered: '%s', expected '%s'", differs, wanted);
    copy.claim[0].statement = statement;
    claims_clear(&copy);
    free(text);
  }
  claims_clear(&shipped);
}

Test(replay, refuses_damaged_files) {
  Case c;
  char *text;
  case_open(&c, readings_all[0], "T1.w");
  write_text(&text, &c);
  const size_t size = strlen(text);
  for (size_t k = 0; k <= 40; k++) { /* cut off at forty places, and one bit flipped at each */
    Error err;
    ReplayFile file;
    const size_t at = k * (size - 1) / 40;
    char *copy = strdup(text);
    copy[at] ^= 4;
    StatusCode code = read_text(&file, copy, &err);
    replay_clear(&file);
    cr_assert(code == STATUS_DATA, "a bit flipped at byte %zu of %zu: status %d, expected %d", at,
              size, (int)code, (int)STATUS_DATA);
    strcpy(copy, text);
    copy[at] = '\0';
    code = read_text(&file, copy, &err);
    replay_clear(&file);
    cr_assert(code == STATUS_DATA, "cut off at byte %zu of %zu: status %d, expected %d", at, size,
              (int)code, (int)STATUS_DATA);
    free(copy);
  }
  free(text);
  case_close(&c);
}

/* With the right digest, but with a line that says something else than it should. */
Test(replay, refuses_lines_that_say_nothing) {
  static const struct {
    const char *line, *value, *words;
  } table[] = {{"\nverdict ", "MAYBE", ":2: expected a verdict"},
               {"\ncertainty ", "sure", ":3: expected certified or computed"},
               {"\nvalue ", "x", ":4: value: expected the text of a ball"},
               {"\ndata ", "0", ":6: expected 64 digits"},
               {"\nK1 ", "-", ": K1: expected a finite number"},
               {"\nd=", "1/0", "in d = 1/0"},
               {"\nverdict ", "HOLDS\ncertainty", ":3: expected 'certainty VALUE'"},
               {"\nverdict ", "HOLDS\nnext line", ":3: expected 'certainty VALUE'"}};
  Case c;
  char *text;
  case_open(&c, readings_all[0], "T1.w");
  write_text(&text, &c);
  for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
    Error err = {STATUS_OK, ""};
    ReplayFile file;
    char *copy = with_line(text, table[k].line, table[k].value);
    const StatusCode code = read_text(&file, copy, &err);
    replay_clear(&file);
    cr_assert(code == STATUS_DATA && strstr(err.message, table[k].words) != NULL,
              "%s%s: status %d and '%s', expected %d and '%s'", table[k].line + 1, table[k].value,
              (int)code, err.message, (int)STATUS_DATA, table[k].words);
    free(copy);
  }
  free(text);
  case_close(&c);
}
