/* test_cfg.c -- libconfig files: exact numbers, places, and what a stranger's file cannot do. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/builtin.h"
#include "src/cfg.h"
#include "tests/support.h"

static void assert_refused(const char *text, const char *expected) {
  config_t config;
  Error err = {0};
  StatusCode code = cfg_read_text(&config, text, "F", &err);
  cr_assert(code == STATUS_DATA && strcmp(err.message, expected) == 0,
            "'%.60s' gives status %d,\n%s\nexpected %d,\n%s", text, code, err.message, STATUS_DATA,
            expected);
}

/* ---- values and places ---- */

static void assert_setting(const config_t *config, const char *path, const char *text,
                           bool is_number, int line, int column) {
  const config_setting_t *setting = config_lookup(config, path);
  cr_assert(setting != NULL, "%s is there: expected 1 setting", path);
  const char *found = cfg_text(setting);
  FormulaOrigin origin = cfg_origin(setting, "F");
  cr_assert(found != NULL && strcmp(found, text) == 0, "%s is '%s', expected '%s'", path,
            found != NULL ? found : "(none)", text);
  cr_assert(cfg_is_number(setting) == is_number && origin.line == line && origin.column == column,
            "%s: number %d at %d:%d, expected %d at %d:%d", path, cfg_is_number(setting),
            origin.line, origin.column, is_number, line, column);
}

Test(cfg, values_and_places) {
  static const char text[] =
      "# \"no string\" = 1;\n"
      "a = 0.10000000000000000000001; b : -5, c = \"x + \\\"y\\\"\\\\\" /* 7 \" */\n"
      "group = { d = 1e-400; // 3 \"\n"
      "\te = \"\xc3\xa4\"; f = \"two\"\n"
      "    \" parts\"; };\r\n"
      "list = ( 12, \"text\", { g = .5; } ); h = \"over\n"
      "lines\"; i = true; j = 99999999999999999999999 # the end";
  config_t config;
  Error err;
  support_ok(cfg_read_text(&config, text, "F", &err), &err);
  assert_setting(&config, "a", "0.10000000000000000000001", true, 2, 5);
  assert_setting(&config, "b", "-5", true, 2, 36);
  assert_setting(&config, "c", "x + \"y\"\\", false, 2, 45);
  assert_setting(&config, "group.d", "1e-400", true, 3, 15);
  assert_setting(&config, "group.e", "\xc3\xa4", false, 4, 7);
  /* behind a character of two bytes */
  assert_setting(&config, "group.f", "two parts", false, 4, 16);
  assert_setting(&config, "list.[0]", "12", true, 6, 10);
  assert_setting(&config, "list.[1]", "text", false, 6, 15);
  assert_setting(&config, "list.[2].g", ".5", true, 6, 28);
  assert_setting(&config, "h", "over\nlines", false, 6, 42);
  assert_setting(&config, "j", "99999999999999999999999", true, 7, 23);
  const config_setting_t *flag = config_lookup(&config, "i"),
                         *group = config_lookup(&config, "group");
  cr_assert(cfg_text(flag) == NULL && strcmp(cfg_kind(flag), "true or false") == 0,
            "true is %s, %d", cfg_kind(flag), config_setting_type(flag));
  cr_assert(cfg_text(group) == NULL && cfg_origin(group, "F").line == 3 &&
                cfg_origin(group, "F").column == 0,
            "group at %d:%d, expected 3:0", cfg_origin(group, "F").line,
            cfg_origin(group, "F").column);
  config_destroy(&config);
}

Test(cfg, kinds) {
  static const char *const table[][2] = {{"1", "a number"},           {"\"1\"", "a string"},
                                         {"false", "true or false"},  {"{}", "a group {...}"},
                                         {"()", "a list (...)"},      {"[1, 2]", "an array [...]"},
                                         {"\"1\" \"2\"", "a string"}, {"\"2\\\\\"", "a string"}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char text[64];
    config_t config;
    Error err;
    snprintf(text, sizeof text, "x = %s;", table[i][0]);
    support_ok(cfg_read_text(&config, text, "F", &err), &err);
    const char *kind = cfg_kind(config_lookup(&config, "x"));
    cr_assert(strcmp(kind, table[i][1]) == 0, "%s (%zu) is %s, expected %s", text, i, kind,
              table[i][1]);
    config_destroy(&config);
  }
}

/* ---- errors ---- */

Test(cfg, refused) {
  static const char *const table[][2] = {
      {"a = 1;\nb = ;\n", "F:2: syntax error: expected settings of the form key = value;"},
      {"a = 1;\na = 2;\n", "F:2: duplicate setting name"},
      {"a = 0x10;", "F:1:5: expected a decimal number or a formula in quotes, found 0x10"},
      {"a = 100L;", "F:1:5: expected a decimal number or a formula in quotes, found 100L"},
      {"a = 1+1;", "F:1:5: expected a decimal number or a formula in quotes, found 1+1"},
      {"a = 1.5.2;", "F:1:5: expected a decimal number or a formula in quotes, found 1.5.2"},
      {"a = 1e;", "F:1:5: expected a decimal number or a formula in quotes, found 1e"},
      {"a = .;", "F:1:5: expected a decimal number or a formula in quotes, found ."},
      {"a = 2d;", "F:1:5: expected a decimal number or a formula in quotes, found 2d"},
      {"a = 1;\n  b = \"x\n", "F:2:7: this string has no closing quote"},
      {"a = 1;\n /* b\n", "F:2:2: this comment has no closing */"},
      {"a = 1;\n@include \"/etc/passwd\"\n",
       "F:2:1: files are not included into one another: copy the settings here"},
      {"  @include \"x\"",
       "F:1:3: files are not included into one another: copy the settings here"},
      {"a = \"\\x01s1:1\\x02\";", "F:1: expected text, found the escape \\x01"},
      {"\na = \"\x01\";", "F:2: expected text, found the byte 0x01"},
      {"\x7f", "F:1: expected text, found the byte 0x7f"},
      {"a = [1, true];", "F:1: mismatched element type in array"},
      {"a = 1 2;", "F:1:7: expected a separator, found another value"},
      {"a = 1 \"2\";", "F:1:7: expected a separator, found another value"},
      {"a = \"1\" 2;", "F:1:9: expected a separator, found another value"},
      {"a = (1 2);", "F:1:8: expected a separator, found another value"},
      {"a = 1; 2;", "F:1:8: expected a key, found a value"},
      {"a = 1, \"2\";", "F:1:8: expected a key, found a value"},
      {"g = { a = 1, 2; };", "F:1:14: expected a key, found a value"},
      {"a = (1); b = 2, 3;", "F:1:17: expected a key, found a value"},
      {"a = true \"2\";", "F:1:10: expected a key, found a value"},
      {"\"a\" = 2;", "F:1:1: expected a key, found a value"},
      {"a = ) \"2\";", "F:1:7: expected a key, found a value"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    assert_refused(table[i][0], table[i][1]);
}

/* text := prefix, count times piece, suffix */
static char *repeated(const char *prefix, const char *piece, int count, const char *suffix) {
  char *text = array_alloc(strlen(prefix) + (size_t)count * strlen(piece) + strlen(suffix) + 1, 1),
       *at = stpcpy(text, prefix);
  for (int i = 0; i < count; i++)
    at = stpcpy(at, piece);
  strcpy(at, suffix);
  return text;
}

Test(cfg, limits) {
  config_t config;
  Error err;
  char *deep = repeated("a = ", "(", 33, ""), *wide = repeated("a = (", "1,", 16384, "1);");
  assert_refused(deep, "F:1:37: nested deeper than 32 levels");
  assert_refused(wide, "F:1:32772: expected at most 16384 keys and values");
  free(deep);
  free(wide);
  deep = repeated("a = ", "(", 32, "))))))))))))))))))))))))))))))));");
  wide = repeated("a = (", "1,", 16382, "1);");
  support_ok(cfg_read_text(&config, deep, "F", &err), &err);
  config_destroy(&config);
  support_ok(cfg_read_text(&config, wide, "F", &err), &err);
  int length = config_setting_length(config_lookup(&config, "a"));
  cr_assert(length == 16383, "%d values, expected 16383", length);
  config_destroy(&config);
  free(deep);
  free(wide);
}

/* ---- files ---- */

/* path := a new file with these bytes; the caller unlinks it. */
static void write_file(char path[64], const char *bytes, size_t size) {
  strcpy(path, "/tmp/test_cfg.XXXXXX");
  int descriptor = mkstemp(path);
  FILE *stream = fdopen(descriptor, "w");
  size_t written = fwrite(bytes, 1, size, stream);
  cr_assert(fclose(stream) == 0 && written == size, "%s: %zu of %zu bytes written", path, written,
            size);
}

Test(cfg, files) {
  char path[64], expected[128], *text;
  config_t config;
  Error err;
  write_file(path, "a = 1;\nb = 2.50;\n", 17);
  support_ok(cfg_read_file(&config, &text, path, &err), &err);
  assert_setting(&config, "b", "2.50", true, 2, 5);
  cr_assert(strcmp(text, "a = 1;\nb = 2.50;\n") == 0, "the text is '%s'", text);
  free(text);
  config_destroy(&config);
  unlink(path);
  StatusCode code = cfg_read_file(&config, &text, path, &err);
  snprintf(expected, sizeof expected, "%s: cannot be opened: No such file or directory", path);
  cr_assert(code == STATUS_NOINPUT && strcmp(err.message, expected) == 0, "status %d: %s", code,
            err.message);

  write_file(path, "a = 1;\n\0b = 2;\n", 15);
  code = cfg_read_file(&config, &text, path, &err);
  snprintf(expected, sizeof expected, "%s: expected text, found a zero byte", path);
  cr_assert(code == STATUS_DATA && text == NULL && strcmp(err.message, expected) == 0,
            "status %d: %s", code, err.message);
  unlink(path);

  code = cfg_read_file(&config, &text, "/", &err);
  cr_assert(code == STATUS_IO && strncmp(err.message, "/: reading failed: ", 19) == 0,
            "status %d: %s", code, err.message);
}

Test(cfg, file_size) {
  /* 2^20 bytes are read, one more is refused. */
  size_t size = (size_t)1 << 20;
  char *bytes = array_alloc(size + 1, 1), *text, path[64], expected[128];
  config_t config;
  Error err;
  memset(bytes, ' ', size + 1);
  memcpy(bytes, "a = 1;", 6);
  write_file(path, bytes, size);
  support_ok(cfg_read_file(&config, &text, path, &err), &err);
  cr_assert(strlen(text) == size, "%zu bytes read of %zu", strlen(text), size);
  free(text);
  config_destroy(&config);
  unlink(path);
  write_file(path, bytes, size + 1);
  StatusCode code = cfg_read_file(&config, &text, path, &err);
  snprintf(expected, sizeof expected, "%s: expected at most 1048576 bytes", path);
  cr_assert(code == STATUS_DATA && strcmp(err.message, expected) == 0, "status %d: %s", code,
            err.message);
  unlink(path);
  free(bytes);
}

Test(cfg, damaged_files) {
  /* The shipped files with bytes changed, dropped or doubled: read or refused in one line with its
   * place, never a crash. */
  Chance chance = chance_open(8);
  Worst worst = {0};
  static const char bytes[] = "\"\\{}()[]=;:,#/*@\n 0.e-+ax\xc3";
  int refused = 0;
  for (int i = 0; i < 6000; i++) {
    const BuiltinFile *file = &builtin_instances[i % 3];
    size_t length = strlen(file->text);
    char *text = array_alloc(length + 1, 1);
    strcpy(text, file->text);
    for (int64_t edits = chance_below(&chance, 4); edits >= 0; edits--) {
      size_t at = (size_t)chance_below(&chance, (int64_t)length);
      char c = bytes[chance_below(&chance, sizeof bytes - 1)];
      if (chance_below(&chance, 3) == 0)
        text[at] = '\0'; /* cut off */
      else
        text[at] = c;
    }
    config_t config;
    Error err = {0};
    StatusCode code = cfg_read_text(&config, text, "F", &err);
    if (code == STATUS_OK) {
      config_destroy(&config);
    } else {
      refused++;
      worst_require(&worst,
                    code == STATUS_DATA && strncmp(err.message, "F:", 2) == 0 &&
                        strchr(err.message, '\n') == NULL,
                    "%d %.150s", code, err.message);
    }
    free(text);
  }
  worst_require(&worst, refused >= 3000 && refused < 6000, "%d of 6000 damaged files are refused",
                refused);
  worst_assert(&worst, "damaged files are refused in one line");
}
