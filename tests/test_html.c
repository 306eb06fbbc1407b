/* test_html.c -- the HTML report: well-formed whatever the texts are, and complete. */
#include "reports/markup.h"
#include "reports/mathml.h"
#include "tests/report_fixture.h"

TestSuite(html);

/* ---- a small reader of markup ---- */

typedef struct {
  char name[64][16]; /* open elements, outermost first */
  size_t depth;
  size_t elements, scripts;
} Reader;

static bool is_void(const char *name) {
  static const char *const known[] = {"!DOCTYPE", "meta", "link", "img", "br"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(name, known[i]) == 0) return true;
  return false;
}

/* The end of a tag: the first '>' outside of quotes. */
static const char *tag_end(const char *at) {
  char quote = '\0';
  for (; *at != '\0' && (quote != '\0' || *at != '>'); at++)
    if (quote != '\0' ? *at == quote : *at == '"') quote = quote != '\0' ? '\0' : *at;
  return at;
}

/* Opens or closes an element; what is not balanced fails the test. */
static const char *read_tag(Reader *reader, const char *at) {
  const bool closes = at[1] == '/';
  char name[16] = "";
  const char *start = at + 1 + closes, *end = tag_end(at);
  const size_t length = strcspn(start, " >\n");
  cr_assert(length > 0 && length < sizeof name && *end == '>', "no tag: %.40s", at);
  memcpy(name, start, length);
  if (is_void(name)) return end + 1;
  if (closes) {
    cr_assert(reader->depth > 0 && strcmp(reader->name[reader->depth - 1], name) == 0,
              "</%s> closes <%s> at depth %zu", name,
              reader->depth > 0 ? reader->name[reader->depth - 1] : "nothing", reader->depth);
    reader->depth--;
    return end + 1;
  }
  cr_assert(reader->depth < 64, "%zu elements are open", reader->depth);
  memcpy(reader->name[reader->depth++], name, sizeof name);
  reader->elements++;
  reader->scripts += strcmp(name, "script") == 0;
  if (strcmp(name, "script") != 0 && strcmp(name, "style") != 0) return end + 1;
  const char *closing = strstr(end, strcmp(name, "script") == 0 ? "</script>" : "</style>");
  cr_assert(closing != NULL, "<%s> is never closed, after %zu elements", name, reader->elements);
  return closing;
}

static Reader read_page(const char *text) {
  Reader reader = {.depth = 0};
  while ((text = strchr(text, '<')) != NULL)
    text = read_tag(&reader, text);
  cr_assert(reader.depth == 0, "%zu elements stay open, bound 0: %s", reader.depth,
            reader.depth > 0 ? reader.name[reader.depth - 1] : "");
  return reader;
}

static size_t count_of(const char *text, const char *what) {
  size_t count = 0;
  for (; (text = strstr(text, what)) != NULL; text += strlen(what))
    count++;
  return count;
}

/* ---- pages ---- */

static char *page_of(const char *words) {
  char folder[128];
  VerdictRow rows[2];
  const int64_t run[2] = {1, 2};
  folder_open(folder);
  for (int k = 0; k < 2; k++) {
    rows[k] = report_row(run, readings_all[0]);
    rows[k].claim = k == 0 ? "T1.a1" : "D.x";
    rows[k].title = rows[k].statement = rows[k].reason = rows[k].source = words;
    rows[k].hypotheses = rows[k].blind = rows[k].expected_reason = words;
  }
  Store *store = report_store(folder, 2, &report_usual, rows, 2);
  char *text = report_text(WRITE_HTML, store, NULL);
  store_close(store);
  folder_close(folder);
  return text;
}

Test(html, is_balanced_and_has_every_claim) {
  char *text = page_of("plain words");
  const Reader reader = read_page(text);
  cr_assert(reader.elements > 100 && reader.scripts == 1, "%zu elements, %zu scripts; expected 1",
            reader.elements, reader.scripts);
  cr_assert(count_of(text, "<section class=\"card\"") == 2, "%zu cards, expected 2",
            count_of(text, "<section class=\"card\""));
  static const char *const part[] = {
      "id=\"claim-T1.a1\"", "id=\"claim-D.x\"",  "href=\"#claim-D.x\"",  "id=\"matrix\"",
      "id=\"figures\"",     "id=\"provenance\"", "No figures were drawn"};
  for (size_t i = 0; i < sizeof part / sizeof *part; i++)
    cr_assert(strstr(text, part[i]) != NULL, "part %zu is missing: %s", i, part[i]);
  cr_assert(strstr(text, "://") == NULL, "the page asks for something outside: %.60s",
            strstr(text, "://"));
  free(text);
}

/* Texts of a stranger's claims file add no element, whatever they are. */
Test(html, texts_cannot_become_markup) {
  char *plain = page_of("plain words");
  char *evil = page_of("</script><script>alert(1)</script><img src=x onerror='a'> \" ' & <b");
  const Reader expected = read_page(plain), reader = read_page(evil);
  cr_assert(reader.elements == expected.elements && reader.scripts == expected.scripts,
            "%zu elements and %zu scripts, expected %zu and %zu", reader.elements, reader.scripts,
            expected.elements, expected.scripts);
  cr_assert(strstr(evil, "&lt;/script&gt;&lt;script&gt;alert(1)") != NULL,
            "the words are missing in %zu bytes", strlen(evil));
  free(plain);
  free(evil);
}

/* ---- pieces ---- */

static char *data_of(const char *bytes, size_t size) {
  Error err;
  char folder[128], path[512], *text;
  size_t length;
  folder_open(folder);
  snprintf(path, sizeof path, "%s/x", folder);
  FILE *file = fopen(path, "wb");
  cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0,
            "cannot write %zu bytes", size);
  FILE *out = open_memstream(&text, &length);
  cr_assert(out != NULL, "no memory for %zu bytes", size);
  OK(markup_data(out, path, "t/x", &err));
  fclose(out);
  folder_close(folder);
  return text;
}

/* The test vectors of RFC 4648, section 10. */
Test(markup, data_is_base64) {
  static const char *const vector[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
  static const char *const expected[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                         "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
    char *text = data_of(vector[i], strlen(vector[i]));
    cr_assert(strncmp(text, "data:t/x;base64,", 16) == 0 && strcmp(text + 16, expected[i]) == 0,
              "%zu bytes: '%s', expected '%s'", strlen(vector[i]), text, expected[i]);
    free(text);
  }
}

/* ---- formulas ---- */

TestSuite(mathml);

/* What is written, or NULL when it is refused; then nothing may be written. The caller frees. */
static char *math_of(const char *statement) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  cr_assert(out != NULL, "no memory for %zu bytes", strlen(statement));
  Error err;
  bool set;
  OK(mathml_statement(&set, out, statement, &err));
  fclose(out);
  cr_assert(set || size == 0, "%zu bytes of a refused statement: %s", size, text);
  if (set) return text;
  free(text);
  return NULL;
}

Test(mathml, sets_fractions_indices_norms_and_bands) {
  static const char *const expected[][2] = {
      {"K1(t1) <= 1/2", "<msub><mi>K</mi><mrow><mn>1</mn></mrow></msub>"},
      {"K1(t1) <= 1/2", "<mo>≤</mo><mfrac><mn>1</mn><mn>2</mn></mfrac>"},
      {"a - (b + c) > 0", "<mo>−</mo><mrow><mo>(</mo><mrow><mi>b</mi><mo>+</mo><mi>c</mi></mrow>"},
      {"norm_Wbar(t1) within [3/10, 1] * (d)", "<mo>‖</mo><mover accent=\"true\"><mi>W</mi>"},
      {"norm_Wbar(t1) within [3/10, 1] * (d)", "<mo>]</mo></mrow><mo>⋅</mo><mi>d</mi>"},
      {"(a + b)^2 < eps_W", "<msup><mrow><mo>(</mo>"},
      {"(a + b)^2 < eps_W", "<mo>&lt;</mo><msub><mi>ε</mi><mrow><mi>W</mi>"},
  };
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    char *text = math_of(expected[i][0]);
    cr_assert(text != NULL && strstr(text, expected[i][1]) != NULL, "statement %zu, %s: %s", i,
              expected[i][0], text != NULL ? text : "refused");
    read_page(text);
    free(text);
  }
}

/* Two relations, no relation, what is no formula: the text has to do. */
Test(mathml, refuses_what_it_cannot_set) {
  static const char *const statement[] = {"P(Z >= x) <= 1", "K1(t1)",          "",
                                          "<b> <= 1",       "a within [1, 2]", "a within [1] * (2)",
                                          "1 <= (2"};
  for (size_t i = 0; i < sizeof statement / sizeof *statement; i++) {
    char *text = math_of(statement[i]);
    cr_assert(text == NULL, "statement %zu, %s, is set as %s", i, statement[i],
              text != NULL ? text : "");
  }
}
