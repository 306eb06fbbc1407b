/* state.c -- saves and restores the fields of a state. */
#include "src/state.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/store_internal.h"

/* A row of the store holds so many doubles or flags: few rows, and none of them large. */
#define DOUBLES_A_ROW 512
#define FLAGS_A_ROW 8192
#define DOUBLE_DIGITS 16

State state_open(Store *store, bool restoring) {
  return (State){.store = store, .restoring = restoring, .code = STATUS_OK};
}

StatusCode state_result(const State *state, Error *err) {
  if (state->code != STATUS_OK) *err = state->error;
  return state->code;
}

StateKey state_key(const char *format, ...) {
  StateKey key;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(key.text, sizeof key.text, format, arguments);
  va_end(arguments);
  return key;
}

void state_refuse(State *state, const char *key) {
  if (state->code == STATUS_OK)
    state->code = store_damaged(state->store, &state->error, "the state has no valid %.40s", key);
}

/* ---- one text ---- */

static void put(State *state, const char *key, int64_t part, const char *text) {
  state->code = store_add_state(state->store, key, part, text, &state->error);
}

/* The text, malloc'ed, or NULL after an error. */
static char *get(State *state, const char *key, int64_t part) {
  char *text = NULL;
  state->code = store_get_state(&text, state->store, key, part, &state->error);
  return text;
}

void state_text(State *state, const char *key, char *text, size_t size) {
  if (state->code != STATUS_OK) return;
  if (!state->restoring) {
    put(state, key, 0, text);
    return;
  }
  char *found = get(state, key, 0);
  if (found == NULL) return;
  if (strlen(found) < size)
    memcpy(text, found, strlen(found) + 1);
  else
    state_refuse(state, key);
  free(found);
}

void state_integer(State *state, const char *key, int64_t *x, int64_t least, int64_t most) {
  char text[32], *end;
  snprintf(text, sizeof text, "%" PRId64, *x);
  state_text(state, key, text, sizeof text);
  if (state->code != STATUS_OK || !state->restoring) return;
  const long long found = strtoll(text, &end, 10);
  if (end == text || *end != '\0' || found < least || found > most)
    state_refuse(state, key);
  else
    *x = found;
}

void state_bool(State *state, const char *key, bool *x) {
  int64_t number = *x;
  state_integer(state, key, &number, 0, 1);
  *x = number != 0;
}

/* ---- rows of many ---- */

static void flags_row(State *state, const char *key, int64_t part, unsigned char *flag,
                      int64_t count) {
  char text[FLAGS_A_ROW + 1];
  for (int64_t i = 0; i < count; i++)
    text[i] = flag[i] ? '1' : '0';
  text[count] = '\0';
  if (!state->restoring) {
    put(state, key, part, text);
    return;
  }
  char *found = get(state, key, part);
  if (found == NULL) return;
  if ((int64_t)strlen(found) != count || (int64_t)strspn(found, "01") != count)
    state_refuse(state, key);
  for (int64_t i = 0; i < count && state->code == STATUS_OK; i++)
    flag[i] = found[i] == '1';
  free(found);
}

void state_flags(State *state, const char *key, unsigned char *flag, int64_t count) {
  for (int64_t i = 0; i < count && state->code == STATUS_OK; i += FLAGS_A_ROW)
    flags_row(state, key, i / FLAGS_A_ROW, flag + i,
              count - i < FLAGS_A_ROW ? count - i : FLAGS_A_ROW);
}

static void print_bits(char *text, double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  snprintf(text, DOUBLE_DIGITS + 1, "%016" PRIx64, bits);
}

static double parse_bits(const char *text) {
  char digits[DOUBLE_DIGITS + 1];
  memcpy(digits, text, DOUBLE_DIGITS);
  digits[DOUBLE_DIGITS] = '\0';
  const uint64_t bits = strtoull(digits, NULL, 16);
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static void doubles_row(State *state, const char *key, int64_t part, double *x, int64_t count) {
  char text[DOUBLES_A_ROW * DOUBLE_DIGITS + 1] = "";
  for (int64_t i = 0; i < count; i++)
    print_bits(text + i * DOUBLE_DIGITS, x[i]);
  if (!state->restoring) {
    put(state, key, part, text);
    return;
  }
  char *found = get(state, key, part);
  if (found == NULL) return;
  const size_t digits = (size_t)count * DOUBLE_DIGITS;
  if (strlen(found) != digits || strspn(found, "0123456789abcdef") != digits)
    state_refuse(state, key);
  for (int64_t i = 0; i < count && state->code == STATUS_OK; i++)
    x[i] = parse_bits(found + i * DOUBLE_DIGITS);
  free(found);
}

void state_doubles(State *state, const char *key, double *x, int64_t count) {
  for (int64_t i = 0; i < count && state->code == STATUS_OK; i += DOUBLES_A_ROW)
    doubles_row(state, key, i / DOUBLES_A_ROW, x + i,
                count - i < DOUBLES_A_ROW ? count - i : DOUBLES_A_ROW);
}

/* ---- numbers of any precision ---- */

void state_ball(State *state, const char *key, arb_t x) {
  if (state->code != STATUS_OK) return;
  char *text = state->restoring ? get(state, key, 0) : arb_dump_str(x);
  if (text == NULL) return;
  if (!state->restoring)
    put(state, key, 0, text);
  else if (!ball_load(x, text))
    state_refuse(state, key);
  if (state->restoring)
    free(text);
  else
    flint_free(text);
}

#define MINUS_ZERO "-0" /* balls have no sign of zero */

/* Scalar i as text; malloc'ed by FLINT. minus: whether it is minus zero, if it is zero. */
static void put_scalar(State *state, const char *key, const Array *a, int64_t i, bool minus,
                       const Engine *e) {
  arb_t x;
  arb_init(x);
  e->ops->array_get(x, a, i, e);
  char *text = arb_dump_str(x);
  put(state, key, i, minus && arb_is_zero(x) ? MINUS_ZERO : text);
  flint_free(text);
  arb_clear(x);
}

static void get_scalar(State *state, const char *key, Array *a, int64_t i, const Engine *e) {
  char *text = get(state, key, i);
  if (text == NULL) return;
  arb_t x;
  arb_init(x);
  const bool minus = strcmp(text, MINUS_ZERO) == 0;
  if (!(minus || ball_load(x, text)) || !e->ops->array_put(a, i, x, minus, e))
    state_refuse(state, key);
  arb_clear(x);
  free(text);
}

void state_array(State *state, const char *key, Array *a, const Engine *e) {
  double *shadow = array_alloc((size_t)a->n, sizeof *shadow); /* for the signs of zeros */
  if (shadow == NULL && state->code == STATUS_OK)
    state->code = error_memory(&state->error, "state");
  if (state->code == STATUS_OK) e->ops->array_shadow(shadow, a, e);
  for (int64_t i = 0; i < a->n && state->code == STATUS_OK; i++)
    if (state->restoring)
      get_scalar(state, key, a, i, e);
    else
      put_scalar(state, key, a, i, signbit(shadow[i]) != 0, e);
  free(shadow);
}
