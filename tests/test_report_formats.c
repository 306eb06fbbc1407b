/* test_report_formats.c -- tests of what the reports say to programs: TAP and JSON. */
#include <jansson.h>

#include "tests/report_fixture.h"

/* ---- TAP ---- */

/* What a TAP consumer understands of one line. */
typedef struct {
  bool ok;
  int number;
  char description[1024], directive[1024]; /* unescaped; directive without '#' */
} TapTest;

/* Reads a test line as the TAP 13 specification has it; nothing of ours is used. */
static bool tap_parse(TapTest *out, const char *line) {
  *out = (TapTest){.ok = strncmp(line, "ok ", 3) == 0};
  if (!out->ok && strncmp(line, "not ok ", 7) != 0) return false;
  char *rest;
  out->number = (int)strtol(line + (out->ok ? 3 : 7), &rest, 10);
  if (strncmp(rest, " - ", 3) != 0) return false;
  char *to = out->description;
  for (rest += 3; *rest != '\0'; rest++) {
    if (*rest == '#' && to != out->directive) {
      *to = '\0';
      to = out->directive;
      rest += strspn(rest + 1, " ");
      continue;
    }
    if (*rest == '\\' && rest[1] != '\0') rest++;
    *to++ = *rest;
  }
  *to = '\0';
  return true;
}

/* The next test of a stream, whose other lines are those of YAML blocks. */
static bool tap_next(TapTest *out, char **text) {
  char *line;
  bool inside = false;
  while (report_line(&line, text)) {
    if (tap_parse(out, line)) {
      cr_assert(!inside, "test %d begins inside of a block: %s", out->number, line);
      return true;
    }
    cr_assert(strncmp(line, "  ", 2) == 0, "%zu bytes that are no TAP: %s", strlen(line), line);
    if (strcmp(line, "  ---") == 0) inside = true;
    if (strcmp(line, "  ...") == 0) inside = false;
  }
  cr_assert(!inside, "the last block is open, %d", inside);
  return false;
}

static int tap_plan(char **text) {
  char *line;
  int planned = -1;
  cr_assert(report_line(&line, text) && strcmp(line, "TAP version 13") == 0, "%zu bytes: %s",
            strlen(line), line);
  cr_assert(report_line(&line, text) && sscanf(line, "1..%d", &planned) == 1, "plan %d: %s",
            planned, line);
  return planned;
}

Test(tap, plan_and_numbers_match_the_tests) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  const int64_t none[2] = {0, 0};
  for (int k = 0; k < REPORT_WORDS; k++) {
    rows[k] = report_row(none, readings_all[0]);
    rows[k].verdict = report_word[k];
  }
  folder_open(folder);
  Store *store = report_store(folder, 4, &report_usual, rows, REPORT_WORDS);
  char *text = report_text(WRITE_TAP, store, NULL), *rest = text;
  const int planned = tap_plan(&rest);
  int count = 0;
  for (TapTest test; tap_next(&test, &rest);)
    cr_assert(test.number == ++count, "test %d has number %d", count, test.number);
  cr_assert(count == 4 * REPORT_WORDS && planned == count, "%d tests, %d planned, %d verdicts",
            count, planned, 4 * REPORT_WORDS);
  free(text);
  report_close(store, folder);
}

/* "not ok" without a directive is what fails a suite; the first letter of a directive, or 0. */
static void assert_test(const TapTest *test, const char *expected, const char *verdict) {
  const bool recorded = expected != NULL, same = recorded && strcmp(expected, verdict) == 0;
  const char v = verdict[0];
  const bool passes = !recorded ? strchr("HVU", v) != NULL : same;
  const char directive = recorded && !same ? 0 : v == 'F' || v == 'I' ? 'T' : v == 'H' ? 0 : 'S';
  const char want = recorded || v == 'V' || v == 'U' ? directive : 0;
  const bool ok = passes && want != 'T';
  cr_assert(test->ok == ok && test->directive[0] == want,
            "recorded %s, is %s: test %d is %s # %s; expected %s and directive '%c'",
            recorded ? expected : "nothing", verdict, test->number, test->ok ? "ok" : "not ok",
            test->directive, ok ? "ok" : "not ok", want == 0 ? '-' : want);
  const bool says = strstr(test->description, expected != NULL ? expected : "?") != NULL &&
                    strstr(test->description, verdict) != NULL;
  cr_assert(says == (recorded && !same), "recorded %s, is %s: test %d says '%s'",
            recorded ? expected : "nothing", verdict, test->number, test->description);
}

Test(tap, ledger_decides_what_fails) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS * (REPORT_WORDS + 1)];
  const int64_t none[2] = {0, 0};
  size_t count = 0;
  for (int e = -1; e < REPORT_WORDS; e++)
    for (int v = 0; v < REPORT_WORDS; v++) {
      rows[count] = report_row(none, readings_all[0]);
      rows[count].verdict = report_word[v];
      rows[count].expected = e < 0 ? NULL : report_word[e];
      rows[count++].expected_reason = e < 0 ? NULL : "why # it is \\ so";
    }
  folder_open(folder);
  Store *store = report_store(folder, 1, &report_usual, rows, count);
  char *text = report_text(WRITE_TAP, store, NULL), *rest = text;
  tap_plan(&rest);
  for (size_t k = 0; k < count; k++) {
    TapTest test = {.number = -1};
    cr_assert(tap_next(&test, &rest), "test %zu is missing", k + 1);
    assert_test(&test, rows[k].expected, rows[k].verdict);
    if (test.directive[0] != '\0' && rows[k].expected != NULL)
      cr_assert(strstr(test.directive, "why # it is \\ so") != NULL,
                "test %zu gives as reason '%s'", k + 1, test.directive);
  }
  free(text);
  report_close(store, folder);
}

Test(tap, hostile_texts_stay_on_their_line) {
  char folder[128];
  const int64_t none[2] = {0, 0};
  VerdictRow row = report_row(none, readings_all[0]);
  row.title = "a title # TODO not a directive\nok 2 - not a test\\";
  row.reason = "a \"reason\"\n...\nBail out!";
  row.expected = "FAILS";
  row.verdict = "FAILS\n1..99";
  folder_open(folder);
  Store *store = report_store(folder, 1, &report_usual, &row, 1);
  char *text = report_text(WRITE_TAP, store, NULL), *rest = text;
  TapTest test, second;
  tap_plan(&rest);
  cr_assert(tap_next(&test, &rest) && !test.ok && test.directive[0] == '\0',
            "test %d: directive '%s'", test.number, test.directive);
  cr_assert(strstr(test.description, "title # TODO not a directive ok 2 - not a test\\") != NULL,
            "test %d: %s", test.number, test.description);
  cr_assert(!tap_next(&second, &rest), "there is a test %d", second.number);
  free(text);
  report_close(store, folder);
}

/* ---- JSON ---- */

/* A file of the source tree, where a test runs from, or as the build says. */
static char *source_file(const char *name) {
  size_t size;
  const char *top = getenv("top_srcdir");
  return report_file(&size, top != NULL ? top : ".", name);
}

static bool has_type(const json_t *value, const char *type) {
  return strcmp(type, "object") == 0    ? json_is_object(value)
         : strcmp(type, "array") == 0   ? json_is_array(value)
         : strcmp(type, "string") == 0  ? json_is_string(value)
         : strcmp(type, "integer") == 0 ? json_is_integer(value)
         : strcmp(type, "number") == 0  ? json_is_real(value)
         : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
                                        : strcmp(type, "null") == 0 && json_is_null(value);
}

/* Asserts what a schema of the few words that ours uses demands of a value. Reals must be written
   as reals, and an object has no members that its list of properties does not have. */
static void validate(const json_t *value, const json_t *schema, const json_t *root,
                     const char *where) {
  const char *key;
  json_t *part, *member;
  size_t i;
  const char *reference = json_string_value(json_object_get(schema, "$ref"));
  if (reference != NULL) {
    const json_t *definitions = json_object_get(root, "$defs");
    schema = json_object_get(definitions, strrchr(reference, '/') + 1);
  }
  const json_t *type = json_object_get(schema, "type");
  bool fits = json_is_string(type) && has_type(value, json_string_value(type));
  json_array_foreach(type, i, part) fits = fits || has_type(value, json_string_value(part));
  cr_assert(fits, "%s is of jansson's type %d, expected %s", where, json_typeof(value),
            json_dumps(type, JSON_ENCODE_ANY));

  const json_t *choice = json_object_get(schema, "enum");
  bool chosen = choice == NULL;
  json_array_foreach(choice, i, part) chosen = chosen || json_equal(part, value);
  cr_assert(chosen, "%s is none of %zu values: %s", where, json_array_size(choice),
            json_dumps(value, JSON_ENCODE_ANY));

  json_array_foreach(json_object_get(schema, "required"), i, part)
      cr_assert(json_object_get(value, json_string_value(part)) != NULL,
                "%s: key %zu, %s, is missing", where, i, json_string_value(part));
  json_object_foreach((json_t *)value, key, member) {
    const json_t *property = json_object_get(json_object_get(schema, "properties"), key);
    if (property == NULL) property = json_object_get(schema, "additionalProperties");
    cr_assert(property != NULL, "%s.%s: is not one of the %zu documented keys", where, key,
              json_object_size(json_object_get(schema, "properties")));
    validate(member, property, root, key);
  }
  json_array_foreach(value, i, member)
      validate(member, json_object_get(schema, "items"), root, where);
}

static json_t *parse(const char *text) {
  json_error_t error;
  json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  cr_assert(document != NULL, "line %d: %s, in\n%s", error.line, error.text, text);
  return document;
}

/* Verdicts of every word, with numbers of every kind. */
static size_t odd_rows(VerdictRow rows[REPORT_WORDS]) {
  static const int64_t none[2] = {0, 0};
  static const double number[] = {0.1, -1.0 / 3, NAN, INFINITY, 3};
  for (int k = 0; k < REPORT_WORDS; k++) {
    rows[k] = report_row(none, readings_all[0]);
    rows[k].verdict = report_word[k];
    rows[k].value_double = rows[k].slack = number[k];
    rows[k].bound_double = rows[k].ratio = -number[k];
  }
  rows[1].expected = "FAILS";
  rows[1].expected_reason = HOSTILE;
  rows[2].value = rows[2].bound = NULL;
  rows[3].certified = true;
  rows[3].reason = HOSTILE;
  return REPORT_WORDS;
}

Test(json, fits_its_schema) {
  static const ReportRun hostile = {HOSTILE, {GATE_SHARED, LOSS_SEPARATE}, 100, 1600};
  char folder[128], *schema_text = source_file("reports/schema.json");
  VerdictRow rows[REPORT_WORDS];
  const size_t count = odd_rows(rows);
  json_t *schema = parse(schema_text);
  folder_open(folder);
  for (int readings = 0; readings <= 4; readings += 2) {
    if (readings == 0) continue; /* an empty store has no parameters */
    Store *store = report_store(folder, readings, &hostile, rows, count);
    char *text = report_text(WRITE_JSON, store, NULL);
    json_t *document = parse(text);
    validate(document, schema, schema, "document");
    cr_assert(json_array_size(json_object_get(document, "claims")) == (size_t)readings * count,
              "%zu claims for %d readings of %zu",
              json_array_size(json_object_get(document, "claims")), readings, count);
    json_decref(document);
    free(text);
    store_close(store);
  }
  json_decref(schema);
  free(schema_text);
  report_close(NULL, folder);
}

/* Asserts that the words of every key of the schema stand in the README. */
static void assert_documented(const json_t *schema, const char *readme) {
  const char *key;
  json_t *part;
  size_t i;
  char quoted[128];
  json_array_foreach(json_object_get(schema, "required"), i, part) {
    snprintf(quoted, sizeof quoted, "`%s`", json_string_value(part));
    cr_assert(strstr(readme, quoted) != NULL, "key %zu, %s, is not described", i, quoted);
  }
  if (json_is_object(schema))
    json_object_foreach((json_t *)schema, key, part) assert_documented(part, readme);
}

Test(json, every_key_is_described) {
  char *readme = source_file("reports/README.md"), *text = source_file("reports/schema.json");
  json_t *schema = parse(text);
  assert_documented(schema, readme);
  json_decref(schema);
  free(text);
  free(readme);
}

static double number_of(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  cr_assert(json_is_real(value) || json_is_null(value), "%s is of jansson's type %d", key,
            json_typeof(value));
  return json_is_null(value) ? NAN : json_real_value(value);
}

Test(json, numbers_are_exact_and_short) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  const size_t count = odd_rows(rows);
  folder_open(folder);
  Store *store = report_store(folder, 1, &report_usual, rows, count);
  char *text = report_text(WRITE_JSON, store, NULL);
  json_t *document = parse(text), *claims = json_object_get(document, "claims");
  for (size_t k = 0; k < count; k++) {
    const double is = number_of(json_array_get(claims, k), "value"), was = rows[k].value_double;
    cr_assert(is == was || (isnan(is) && (isnan(was) || isinf(was))), "claim %zu: %.17g for %.17g",
              k, is, was);
  }
  const json_t *parameters = json_object_get(document, "parameters");
  cr_assert(number_of(parameters, "tau_xi") == 1.0 / 3, "tau_xi is %.17g",
            number_of(parameters, "tau_xi"));
  cr_assert(strstr(text, "\"value\": 0.1,\n") != NULL && strstr(text, "\"value\": 3.0,\n") != NULL,
            "0.1 or 3.0 is missing in %zu bytes:\n%s", strlen(text), text);
  json_decref(document);
  free(text);
  report_close(store, folder);
}

Test(json, parameters_in_which_runs_differ_are_null) {
  char folder[128];
  VerdictRow rows[REPORT_WORDS];
  const size_t count = odd_rows(rows);
  folder_open(folder);
  /* readings_all begins with shared/separate and has every pair */
  Store *store = report_store(folder, 4, &report_usual, rows, count);
  char *text = report_text(WRITE_JSON, store, NULL);
  json_t *document = parse(text);
  const json_t *common = json_object_get(document, "parameters");
  const json_t *first = json_array_get(json_object_get(document, "runs"), 0);
  cr_assert(json_is_null(json_object_get(common, "gate")) &&
                json_is_null(json_object_get(common, "loss")) &&
                json_integer_value(json_object_get(common, "t2")) == 1600,
            "gate, loss, t2 = %" JSON_INTEGER_FORMAT,
            json_integer_value(json_object_get(common, "t2")));
  const char *gate =
      json_string_value(json_object_get(json_object_get(first, "parameters"), "gate"));
  cr_assert(gate != NULL && strcmp(gate, "shared") == 0, "gate of run %d: %s", 0,
            gate != NULL ? gate : "null");
  json_decref(document);
  free(text);
  report_close(store, folder);
}

Test(json, hostile_texts_come_back_as_text) {
  char folder[128], expected[] = HOSTILE;
  VerdictRow rows[REPORT_WORDS];
  const size_t count = odd_rows(rows);
  folder_open(folder);
  Store *store = report_store(folder, 1, &report_usual, rows, count);
  char *text = report_text(WRITE_JSON, store, NULL);
  json_t *document = parse(text);
  const json_t *claim = json_array_get(json_object_get(document, "claims"), 3);
  const char *reason = json_string_value(json_object_get(claim, "reason"));
  for (char *c = expected; *c != '\0'; c++)
    if (*c == '\n' || *c == '\033') *c = ' ';
  cr_assert(reason != NULL && strcmp(reason, expected) == 0, "%zu bytes: '%s', expected '%s'",
            strlen(reason), reason, expected);
  json_decref(document);
  free(text);
  report_close(store, folder);
}

Test(json, same_store_same_bytes) {
  char folder[2][128], *text[2];
  VerdictRow rows[REPORT_WORDS];
  const size_t count = odd_rows(rows);
  for (int k = 0; k < 2; k++) {
    folder_open(folder[k]);
    Store *store = report_store(folder[k], 2, &report_usual, rows, count);
    text[k] = report_text(WRITE_JSON, store, NULL);
    report_close(store, folder[k]);
  }
  cr_assert(strcmp(text[0], text[1]) == 0, "%zu and %zu bytes differ", strlen(text[0]),
            strlen(text[1]));
  free(text[0]);
  free(text[1]);
}
