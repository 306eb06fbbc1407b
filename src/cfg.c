/* cfg.c -- libconfig files with places and exact numbers: each value is marked beforehand. */
#include "src/cfg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/input.h"

#define FILE_SIZE_MAX (1 << 20)
#define WORDS_MAX 16384 /* for libconfig compares each key with all others */
#define NESTING_MAX 32

/* libconfig keeps a setting's line, not its column, and of a number only the nearest double. So the
   text is rewritten first: each number becomes a string, and each string starts with a mark
   MARK_OPEN ('n' or 's') LINE ':' COLUMN MARK_CLOSE, which is taken off again once the tree stands.
   Lines stay as they are, so libconfig's own messages keep their place. */
#define MARK_OPEN '\001'
#define MARK_CLOSE '\002'

typedef struct {
  int line, column;
  bool is_number;
} Place; /* hangs on a setting's hook */

typedef struct {
  const char *at;         /* what is left of the text */
  FormulaOrigin place;    /* of *at */
  char *out;              /* end of the rewritten text */
  size_t words;           /* keys and values so far */
  char open[NESTING_MAX]; /* the brackets around *at */
  int nesting;
  char previous; /* what came before *at: a sign, or one of the two below */
  Error *err;
} Marker;
#define AFTER_NUMBER '0'
#define AFTER_STRING '"'

/* ----------------------------------------------------------------------------------- marking */

static bool is_number_start(char c) {
  return (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-';
}

static bool is_word(char c) {
  return is_number_start(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == '*';
}

/* Moves n bytes from the text to the rewritten one. */
static void copy(Marker *m, size_t n) {
  for (; n > 0; n--, m->at++) {
    if (*m->at == '\n') {
      m->place.line++;
      m->place.column = 1;
    } else if (((unsigned char)*m->at & 0xC0) != 0x80) { /* not inside a UTF-8 character */
      m->place.column++;
    }
    *m->out++ = *m->at;
  }
}

static StatusCode count_word(Marker *m) {
  if (++m->words <= WORDS_MAX) return STATUS_OK;
  return formula_error(m->err, STATUS_DATA, &m->place, "expected at most %d keys and values",
                       WORDS_MAX);
}

static void mark(Marker *m, char kind, int column) {
  m->out += sprintf(m->out, "%c%c%d:%d%c", MARK_OPEN, kind, m->place.line, column, MARK_CLOSE);
}

/* [+-] digits [. digits] [e [+-] digits], with digits before or after the point. */
static bool is_decimal(const char *s, size_t n) {
  const char *end = s + n;
  size_t digits = 0;
  if (s < end && (*s == '+' || *s == '-')) s++;
  for (; s < end && *s >= '0' && *s <= '9'; s++)
    digits++;
  if (s < end && *s == '.')
    for (s++; s < end && *s >= '0' && *s <= '9'; s++)
      digits++;
  if (digits > 0 && s < end && (*s == 'e' || *s == 'E')) {
    s++;
    if (s < end && (*s == '+' || *s == '-')) s++;
    for (digits = 0; s < end && *s >= '0' && *s <= '9'; s++)
      digits++;
  }
  return digits > 0 && s == end;
}

/* May a value stand here? libconfig would join a number that has become a string to its neighbour,
   and of a string in the wrong place it would lose the memory. */
static StatusCode check_place(Marker *m, bool is_string) {
  bool in_list = m->nesting > 0 && m->open[m->nesting - 1] != '{';
  bool is_start = m->previous != '\0' &&
                  (strchr("=:([", m->previous) != NULL || (m->previous == ',' && in_list));
  bool goes_on = is_string && m->previous == AFTER_STRING;
  if (is_start || goes_on) return count_word(m);
  bool second = m->previous == AFTER_NUMBER || m->previous == AFTER_STRING;
  return formula_error(m->err, STATUS_DATA, &m->place, "expected %s, found %s",
                       second ? "a separator" : "a key", second ? "another value" : "a value");
}

static StatusCode mark_number(Marker *m, size_t n) {
  TRY(check_place(m, false));
  if (!is_decimal(m->at, n))
    return formula_error(m->err, STATUS_DATA, &m->place,
                         "expected a decimal number or a formula in quotes, found %.*s",
                         n < 40 ? (int)n : 40, m->at);
  *m->out++ = '"';
  mark(m, 'n', m->place.column);
  copy(m, n);
  *m->out++ = '"';
  m->previous = AFTER_NUMBER;
  return STATUS_OK;
}

static StatusCode mark_string(Marker *m) {
  FormulaOrigin start = m->place;
  TRY(check_place(m, true));
  copy(m, 1);
  mark(m, 's', m->place.column);
  while (*m->at != '"') {
    if (*m->at == '\0')
      return formula_error(m->err, STATUS_DATA, &start, "this string has no closing quote");
    copy(m, *m->at == '\\' && (m->at[1] == '"' || m->at[1] == '\\') ? 2 : 1);
  }
  copy(m, 1);
  m->previous = AFTER_STRING;
  return STATUS_OK;
}

static StatusCode mark_comment(Marker *m) {
  FormulaOrigin start = m->place;
  if (m->at[1] != '*') {
    copy(m, strcspn(m->at, "\n"));
    return STATUS_OK;
  }
  const char *end = strstr(m->at + 2, "*/");
  if (end == NULL)
    return formula_error(m->err, STATUS_DATA, &start, "this comment has no closing */");
  copy(m, (size_t)(end + 2 - m->at));
  return STATUS_OK;
}

/* A sign of libconfig's, or something that it will refuse. */
static StatusCode mark_sign(Marker *m) {
  char c = *m->at;
  if (strchr("([{", c) != NULL) {
    if (m->nesting == NESTING_MAX)
      return formula_error(m->err, STATUS_DATA, &m->place, "nested deeper than %d levels",
                           NESTING_MAX);
    m->open[m->nesting++] = c;
  }
  if (strchr(")]}", c) != NULL && m->nesting > 0) m->nesting--;
  if (strchr(" \t\r\n\f", c) == NULL) m->previous = c;
  copy(m, 1);
  return STATUS_OK;
}

static StatusCode mark_next(Marker *m) {
  char c = *m->at;
  if (c == '"') return mark_string(m);
  if (c == '#' || (c == '/' && (m->at[1] == '/' || m->at[1] == '*'))) return mark_comment(m);
  if (c == '@')
    return formula_error(m->err, STATUS_DATA, &m->place,
                         "files are not included into one another: copy the settings here");
  if (!is_word(c)) return mark_sign(m);
  size_t n = 1;
  while (is_word(m->at[n]))
    n++;
  if (is_number_start(c)) return mark_number(m, n);
  TRY(count_word(m));
  m->previous = c;
  copy(m, n);
  return STATUS_OK;
}

/* *out := the marked text; the caller frees. */
static StatusCode mark_all(char **out, const char *text, const char *file, Error *err) {
  /* Each number or string gains at most two quotes and a mark of 2 + 10 + 1 + 10 + 1 bytes. */
  *out = array_alloc(strlen(text) + WORDS_MAX * (size_t)32 + 2, 1);
  if (*out == NULL) return error_memory(err, "marking a configuration file");
  Marker m = {.at = text, .place = {file, 1, 1}, .out = *out, .err = err};
  StatusCode code = STATUS_OK;
  while (*m.at != '\0' && code == STATUS_OK)
    code = mark_next(&m);
  *m.out++ = '\n'; /* libconfig wants one behind a comment */
  *m.out = '\0';
  if (code != STATUS_OK) free(*out);
  return code;
}

/* --------------------------------------------------------------------------------- unmarking */

/* Takes the marks out of text, in place; *first := the first one. Strings that stand side by side
   are joined by libconfig, so there may be more. */
static void strip_marks(char *text, Place *first) {
  char *out = text;
  bool seen = false;
  while (*text != '\0') {
    if (*text != MARK_OPEN) {
      *out++ = *text++;
      continue;
    }
    char kind = text[1], *end;
    int line = (int)strtol(text + 2, &end, 10), column = (int)strtol(end + 1, &end, 10);
    if (!seen) *first = (Place){line, column, kind == 'n'};
    seen = true;
    text = end + 1;
  }
  *out = '\0';
}

/* Replaces the marks of setting and everything in it by hooks. */
static StatusCode unmark(config_setting_t *setting, Error *err) {
  if (config_setting_is_aggregate(setting)) {
    for (int i = 0; i < config_setting_length(setting); i++)
      TRY(unmark(config_setting_get_elem(setting, (unsigned)i), err));
    return STATUS_OK;
  }
  const char *marked = config_setting_get_string(setting);
  if (marked == NULL) return STATUS_OK;
  size_t size = strlen(marked) + 1;
  Place *place = array_alloc(1, sizeof *place);
  char *text = array_alloc(size, 1);
  if (place != NULL && text != NULL) {
    memcpy(text, marked, size);
    strip_marks(text, place);
    config_setting_set_hook(setting, place);
    config_setting_set_string(setting, text);
    free(text);
    return STATUS_OK;
  }
  free(place);
  free(text);
  return error_memory(err, "reading a configuration file");
}

/* ----------------------------------------------------------------------------------- reading */

/* Marks are told from text by control characters, which therefore no text may contain, not even as
   an escape: \x01 would start a mark. */
static StatusCode refuse_control(const char *text, const char *file, Error *err) {
  FormulaOrigin place = {file, 1, 0};
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    place.line += c == '\n';
    if ((c < ' ' && strchr("\t\n\r\f", c) == NULL) || c == 127)
      return formula_error(err, STATUS_DATA, &place, "expected text, found the byte 0x%02x", c);
    if (c == '\\' && (text[1] == 'x' || text[1] == 'X') && text[2] >= '0' && text[2] <= '1')
      return formula_error(err, STATUS_DATA, &place, "expected text, found the escape %.4s", text);
  }
  return STATUS_OK;
}

StatusCode cfg_read_text(config_t *out, const char *text, const char *file, Error *err) {
  char *marked;
  TRY(refuse_control(text, file, err));
  TRY(mark_all(&marked, text, file, err));
  config_init(out);
  config_set_destructor(out, free);
  StatusCode code = STATUS_OK;
  if (config_read_string(out, marked) == CONFIG_TRUE) {
    code = unmark(config_root_setting(out), err);
  } else {
    const FormulaOrigin place = {file, config_error_line(out), 0};
    const char *what = config_error_text(out);
    code = formula_error(
        err, STATUS_DATA, &place, "%s%s", what,
        strcmp(what, "syntax error") == 0 ? ": expected settings of the form key = value;" : "");
  }
  free(marked);
  if (code != STATUS_OK) config_destroy(out);
  return code;
}

/* *out := the text of a file; the caller frees. */
static StatusCode read_source(char **out, const char *path, Error *err) {
  const FormulaOrigin place = {path, 0, 0};
  size_t n;
  *out = array_alloc(FILE_SIZE_MAX + 2,
                     1); /* one byte too many tells that there is more; then the end */
  if (*out == NULL) return error_memory(err, "reading a configuration file");
  StatusCode code = input_read(*out, &n, FILE_SIZE_MAX + 1, path, err);
  if (code == STATUS_OK && n > FILE_SIZE_MAX)
    code = formula_error(err, STATUS_DATA, &place, "expected at most %d bytes", FILE_SIZE_MAX);
  else if (code == STATUS_OK && memchr(*out, 0, n) != NULL)
    code = formula_error(err, STATUS_DATA, &place, "expected text, found a zero byte");
  if (code != STATUS_OK) free(*out);
  return code;
}

StatusCode cfg_read_file(config_t *out, char **source, const char *path, Error *err) {
  *source = NULL;
  char *text;
  TRY(read_source(&text, path, err));
  const StatusCode code = cfg_read_text(out, text, path, err);
  if (code == STATUS_OK)
    *source = text;
  else
    free(text);
  return code;
}

/* ------------------------------------------------------------------------------------ asking */

const char *cfg_text(const config_setting_t *setting) {
  return config_setting_get_string(setting);
}

bool cfg_is_number(const config_setting_t *setting) {
  const Place *place = config_setting_get_hook(setting);
  return place != NULL && place->is_number;
}

FormulaOrigin cfg_origin(const config_setting_t *setting, const char *file) {
  const Place *place = config_setting_get_hook(setting);
  if (place != NULL) return (FormulaOrigin){file, place->line, place->column};
  return (FormulaOrigin){file, (int)config_setting_source_line(setting), 0};
}

const char *cfg_kind(const config_setting_t *setting) {
  switch (config_setting_type(setting)) {
  case CONFIG_TYPE_GROUP:
    return "a group {...}";
  case CONFIG_TYPE_ARRAY:
    return "an array [...]";
  case CONFIG_TYPE_LIST:
    return "a list (...)";
  case CONFIG_TYPE_BOOL:
    return "true or false";
  default:
    return cfg_is_number(setting) ? "a number" : "a string";
  }
}
