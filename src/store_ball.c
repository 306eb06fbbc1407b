/* store_ball.c -- balls as text, safe to read from a file of unknown origin. */
#include <string.h>

#include "src/store_internal.h"

/* Digits of an exponent: 128 bits, far beyond any computed number. */
#define EXPONENT_DIGITS 32

/* A hexadecimal integer as fmpz_get_str writes it: lower case, no leading zeros, no "-0". */
typedef struct {
  const char *digit;
  size_t count;
  bool negative;
} Hex;

/* *out := the integer at *text, which moves behind it. */
static bool hex_read(Hex *out, const char **text) {
  const char *p = *text;
  out->negative = *p == '-';
  if (out->negative) p++;
  out->digit = p;
  out->count = strspn(p, "0123456789abcdef");
  *text = p + out->count;
  if (out->count == 0) return false;
  return *p != '0' || (out->count == 1 && !out->negative);
}

static bool hex_is_zero(const Hex *x) {
  return *x->digit == '0';
}

static bool space_read(const char **text) {
  if (**text != ' ') return false;
  ++*text;
  return true;
}

/* Is this the special value of zero mantissa: "0 0" zero, "0 -1" ... "0 -last" infinities and NaN?
   Any other exponent is fatal to arb_load_str. */
static bool special_valid(const Hex *exponent, char last) {
  if (hex_is_zero(exponent)) return true;
  return exponent->negative && exponent->count == 1 && exponent->digit[0] <= last;
}

/* A midpoint: mantissa and exponent. */
static bool midpoint_read(const char **text) {
  Hex mantissa, exponent;
  if (!hex_read(&mantissa, text) || !space_read(text) || !hex_read(&exponent, text)) return false;
  if (hex_is_zero(&mantissa)) return special_valid(&exponent, '3');
  return exponent.count <= EXPONENT_DIGITS;
}

/* A radius: not negative, a mantissa of at most 30 bits, so that reading it rounds nothing. */
static bool radius_read(const char **text) {
  Hex mantissa, exponent;
  if (!hex_read(&mantissa, text) || !space_read(text) || !hex_read(&exponent, text)) return false;
  if (mantissa.negative) return false;
  if (hex_is_zero(&mantissa)) return special_valid(&exponent, '1');
  if (mantissa.count > 8 || (mantissa.count == 8 && mantissa.digit[0] > '3')) return false;
  return exponent.count <= EXPONENT_DIGITS;
}

bool ball_text_valid(const char *text) {
  const char *p = text;
  return midpoint_read(&p) && space_read(&p) && radius_read(&p) && *p == '\0';
}

bool ball_load(arb_t out, const char *text) {
  return ball_text_valid(text) && arb_load_str(out, text) == 0;
}
