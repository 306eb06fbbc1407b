/* ifma.c -- exact sums of products of 52-bit digits, eight side by side.
 *
 * Let V = sum_l v_l 2^(52 l), l < D, have a signed last digit, and K a token, |K| < 2^51. The
 * processor multiplies the lower 52 bits of both as unsigned numbers and adds the lower or the
 * upper half of the product to a 64-bit column, so with V = V' - 2^(52 D) [V < 0] and either
 *
 *     K = K' - 2^52 [K < 0]:  V K = V' K' - 2^(52 D) [V < 0] K' - 2^52 [K < 0] V     ("signed")
 *     K = K' - 2^51:          V K = V' K' - 2^(52 D) [V < 0] K' - 2^51 V             ("biased")
 *
 * where the last term of the second, summed, is a sum of V alone, made once for many sums. Columns
 * are signed. A product adds less than 2 2^52 to one or takes as much off, so columns hold PIECE
 * products and the digits they started with: 2^53 (PIECE + 1) < 2^63. Then carries are passed on,
 * to D + 1 digits whose last is read as signed: the sum modulo 2^(52 (D + 1)), which is the sum
 * itself when that is below 2^(52 (D + 1) - 1) in size. choose_digits sees to it.
 */
#include "src/ifma.h"

#include <stdlib.h>
#include <string.h>

#include "src/fixed.h"
#include "src/kernel.h"

#if KERNEL_TARGETS

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512dq,avx512ifma")))
#define INLINE TARGET static inline __attribute__((always_inline))

#define DIGIT 52
#define MASK ((UINT64_C(1) << DIGIT) - 1)
#define HALF (UINT64_C(1) << (DIGIT - 1)) /* the bias of a token */
#define LANES 8
#define PIECE 512
#define DIGITS_MAX 13 /* of a first-level result */
#define SPARE_BITS 90 /* room between exponents, beyond the precision, and for growth */

bool ifma_available(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512ifma");
}

/* ---- how many digits ---- */

/* The number of digits that there are loops for, at least as many as are needed; 0: too many. */
static int digits_at_least(int64_t needed) {
  static const int there[] = {2, 3, 4, 5, 6, 7, 8, 11, 12};
  for (size_t i = 0; i < sizeof there / sizeof *there; i++)
    if (there[i] >= needed) return there[i];
  return 0;
}

/* The bits of x, 0 for 0. */
static int bits_of(uint64_t x) {
  return x == 0 ? 0 : 64 - __builtin_clzll(x);
}

static uint64_t magnitude(uint64_t biased) {
  const int64_t token = (int64_t)biased - FIXED_BIAS;
  return (uint64_t)(token < 0 ? -token : token);
}

/* |K| < 2^bits for all of them. */
static int token_bits(const uint64_t *biased, int64_t count) {
  uint64_t all = 0;
  for (int64_t i = 0; i < count; i++)
    all |= magnitude(biased[i]);
  return bits_of(all);
}

static int64_t digits_for(int64_t bits) {
  return (bits + 1 + DIGIT - 1) / DIGIT; /* with the sign */
}

/* The values x as integers below 2^bits times 2^unit. */
typedef struct {
  long unit;
  int64_t bits;
} Span;

/* False when one is not finite. */
static bool span_of(Span *out, const mpfr_t *x, int64_t count, int64_t precision) {
  bool any = false;
  long top = 0, low = 0;
  for (int64_t i = 0; i < count; i++) {
    if (mpfr_zero_p(x[i])) continue;
    if (!mpfr_number_p(x[i])) return false;
    const long exponent = mpfr_get_exp(x[i]);
    top = !any || exponent > top ? exponent : top;
    low = !any || exponent < low ? exponent : low;
    any = true;
  }
  *out = (Span){any ? low - (long)precision : 0, any ? top - low + precision : 0};
  return true;
}

/* Digits D of a value, so that values fit D, first sums (of at most `first` products with tokens of
   first_bits) D + 1 and second sums (of at most `second` products with a token more of second_bits)
   D + 2, signs included; 0 when there is no room. */
static int choose_digits(const Span *span, int first_bits, int64_t first, int second_bits,
                         int64_t second, const Ifma *w) {
  if (first_bits >= DIGIT || second_bits >= DIGIT) return 0; /* |K| < 2^51 */
  const int64_t once = span->bits + first_bits + bits_of((uint64_t)first);
  const int64_t twice = span->bits + first_bits + second_bits + bits_of((uint64_t)second);
  int64_t digits = digits_for(span->bits);
  if (digits < digits_for(once) - 1) digits = digits_for(once) - 1;
  if (digits < digits_for(twice) - 2) digits = digits_for(twice) - 2;
  const int there = digits_at_least(digits);
  return there <= w->largest ? there : 0;
}

/* ---- work space ---- */

/* count words at a multiple of 64 bytes. */
static uint64_t *words(void **memory, int64_t count) {
  *memory = array_alloc((size_t)count + LANES, sizeof(uint64_t));
  const uintptr_t at = (uintptr_t)*memory;
  return *memory == NULL ? NULL : (uint64_t *)((at + 63) / 64 * 64);
}

static int64_t registers(int64_t d) {
  return (d + LANES - 1) / LANES;
}

StatusCode ifma_open(Ifma *w, const Engine *e, Error *err) {
  *w = (Ifma){.largest = digits_at_least(digits_for(e->precision + SPARE_BITS))};
  const int64_t lanes = LANES * registers(e->d), largest = w->largest;
  const int64_t values = e->d * lanes > e->N ? e->d * lanes : e->N;
  const int64_t limbs = e->precision / 64 + 2, zeros = DIGITS_MAX;
  if (largest == 0) return STATUS_OK; /* never used */
  w->value = words(&w->memory[0], values * largest);
  w->middle = words(&w->memory[1], e->N * lanes * (largest + 1));
  w->total = words(&w->memory[2], lanes * (largest + 2));
  w->window = words(&w->memory[3], limbs + 2 * zeros + 2 * (DIGITS_MAX + 2));
  if (w->value == NULL || w->middle == NULL || w->total == NULL || w->window == NULL)
    return error_memory(err, "mpfr engine");
  w->result = w->window + limbs + 2 * zeros;
  w->scratch = w->result + DIGITS_MAX + 2;
  return STATUS_OK;
}

void ifma_close(Ifma *w) {
  for (int i = 0; i < 4; i++)
    free(w->memory[i]);
  *w = (Ifma){.largest = 0};
}

/* ---- numbers to digits and back ---- */

/* digit[l step] := the digits of x 2^-unit, l < D; no bit is lost. */
static void split(uint64_t *digit, int64_t step, int D, mpfr_srcptr x, long unit, Ifma *w) {
  const int limbs = (int)((mpfr_get_prec(x) + 63) / 64);
  if (mpfr_zero_p(x)) {
    for (int l = 0; l < D; l++)
      digit[l * step] = 0;
    return;
  }
  memcpy(w->window + DIGITS_MAX, mpfr_custom_get_significand(x), (size_t)limbs * sizeof(mp_limb_t));
  /* Bit b of x 2^-unit is bit b - shift of the significand, and bits below that are 0. */
  const long shift = mpfr_get_exp(x) - 64L * limbs - unit;
  const uint64_t negative = mpfr_signbit(x) != 0, flip = negative ? MASK : 0;
  uint64_t carry = negative, last = 0;
  for (int l = 0; l < D; l++) {
    const long bit = 64L * DIGITS_MAX + DIGIT * l - shift;
    const mp_limb_t *at = w->window + bit / 64;
    const int below = (int)(bit % 64);
    const uint64_t bits = (at[0] >> below | at[1] << 1 << (63 - below)) & MASK;
    const uint64_t t = (bits ^ flip) + carry;
    digit[l * step] = last = t & MASK;
    carry = t >> DIGIT;
  }
  digit[(D - 1) * step] = (last ^ HALF) - HALF; /* signed: bit 51 is the sign */
}

/* out := sum_l column_l 2^(52 l + unit) rounded, l < W; the last column fits its digit. */
KERNEL_INLINE void join(mpfr_t out, const int64_t *column, int64_t step, const int W, long unit,
                        Ifma *w) {
  const int k = (DIGIT * W + 63) / 64;
  unsigned __int128 held = 0; /* digits that do not yet fill a limb */
  int bits = 0, limb = 0;
  int64_t carry = 0;
  KERNEL_UNROLL
  for (int l = 0; l < W; l++) {
    const int64_t t = column[l * step] + carry;
    carry = t >> DIGIT;
    held |= (unsigned __int128)((uint64_t)t & MASK) << bits;
    bits += DIGIT;
    if (bits >= 64) {
      w->result[limb++] = (mp_limb_t)held;
      held >>= 64;
      bits -= 64;
    }
    if (l == W - 1 && bits > 0) { /* the sign fills the last limb */
      const uint64_t sign = (uint64_t)t >> (DIGIT - 1) & 1 ? ~UINT64_C(0) << bits : 0;
      w->result[limb++] = (mp_limb_t)held | sign;
    }
  }
  fixed_round(out, w->result, k, unit, w->scratch);
}

/* ---- eight at a time ---- */

/* column_l, l <= D: += V K' for the lower 52 bits of V's digits and K', and - 2^(52 D) [V < 0] K'.
 */
INLINE void multiply_add(__m512i *column, const __m512i *value, const int D, __m512i token) {
  KERNEL_UNROLL
  for (int l = 0; l < D; l++) {
    column[l] = _mm512_madd52lo_epu64(column[l], value[l], token);
    column[l + 1] = _mm512_madd52hi_epu64(column[l + 1], value[l], token);
  }
  column[D] =
      _mm512_mask_sub_epi64(column[D], _mm512_movepi64_mask(value[D - 1]), column[D], token);
}

/* The same with K, signed. */
INLINE void multiply_add_signed(__m512i *column, const __m512i *value, const int D, __m512i token) {
  const __mmask8 negative = _mm512_movepi64_mask(token);
  multiply_add(column, value, D, _mm512_and_epi64(token, _mm512_set1_epi64((int64_t)MASK)));
  KERNEL_UNROLL
  for (int l = 0; l < D; l++)
    column[l + 1] = _mm512_mask_sub_epi64(column[l + 1], negative, column[l + 1], value[l]);
}

/* Passes carries on: all columns but the last in [0, 2^52), the last signed. */
INLINE void carry_on(__m512i *column, const int W) {
  KERNEL_UNROLL
  for (int l = 0; l < W - 1; l++) {
    column[l + 1] = _mm512_add_epi64(column[l + 1], _mm512_srai_epi64(column[l], DIGIT));
    column[l] = _mm512_and_epi64(column[l], _mm512_set1_epi64((int64_t)MASK));
  }
  column[W - 1] = _mm512_srai_epi64(_mm512_slli_epi64(column[W - 1], 64 - DIGIT), 64 - DIGIT);
}

INLINE void load(__m512i *out, const uint64_t *digits, const int D) {
  KERNEL_UNROLL
  for (int l = 0; l < D; l++)
    out[l] = _mm512_load_si512(digits + LANES * l);
}

INLINE void store(uint64_t *digits, const __m512i *column, const int W) {
  KERNEL_UNROLL
  for (int l = 0; l < W; l++)
    _mm512_store_si512(digits + LANES * l, column[l]);
}

INLINE void clear(__m512i *column, const int W) {
  KERNEL_UNROLL
  for (int l = 0; l < W; l++)
    column[l] = _mm512_setzero_si512();
}

/* A token in every lane, K + 2^51; signed, K. */
INLINE __m512i biased_token(uint64_t token) {
  return _mm512_set1_epi64((int64_t)token - FIXED_BIAS + (int64_t)HALF);
}

/* Tokens i ... of a row of d, 0 beyond. */
INLINE __m512i signed_tokens(const uint64_t *row, int64_t i, int64_t d) {
  const __mmask8 there = d - i >= LANES ? 0xFF : (__mmask8)((1 << (d - i)) - 1);
  return _mm512_maskz_sub_epi64(there, _mm512_maskz_loadu_epi64(there, row + i),
                                _mm512_set1_epi64(FIXED_BIAS));
}

/* total := - sum_p value_p, p < count, eight by eight: D + 1 digits. */
INLINE void minus_total(uint64_t *total, const uint64_t *value, int64_t step, int64_t count,
                        const int D) {
  __m512i column[DIGITS_MAX + 1];
  clear(column, D + 1);
  for (int64_t p0 = 0; p0 < count; p0 += PIECE) {
    for (int64_t p = p0; p < count && p < p0 + PIECE; p++)
      KERNEL_UNROLL
    for (int l = 0; l < D; l++)
      column[l] = _mm512_sub_epi64(column[l], _mm512_load_si512(value + p * step + LANES * l));
    carry_on(column, D + 1);
  }
  store(total, column, D + 1);
}

/* column := sum_p value_p K_p, p < count <= PIECE, on top of what it holds; tokens token_step
   apart. 2^51 times the total is to be taken off. */
INLINE void sum_biased(__m512i *column, const uint64_t *value, int64_t step, const uint64_t *token,
                       int64_t token_step, int64_t count, const int D) {
  for (int64_t p = 0; p < count; p++) {
    __m512i v[DIGITS_MAX];
    load(v, value + p * step, D);
    multiply_add(column, v, D, biased_token(token[p * token_step]));
  }
}

/* column += 2^51 total, where total has D + 1 digits; modulo 2^(52 (D + 1)). */
INLINE void take_bias_off(__m512i *column, const uint64_t *total, const int D) {
  __m512i t[DIGITS_MAX + 1], extra[DIGITS_MAX + 2];
  load(t, total, D + 1);
  clear(extra, D + 2);
  multiply_add(extra, t, D + 1, _mm512_set1_epi64((int64_t)HALF));
  KERNEL_UNROLL
  for (int l = 0; l <= D; l++)
    column[l] = _mm512_add_epi64(column[l], extra[l]);
}

/* ---- the two kernels, for a number of digits known when compiled ---- */

/* h_n = sum_i M_ni (U x_g)_i for the prompts n of group g, whose U x_g is at hand. */
INLINE void finish_outputs(mpfr_t *h, const uint64_t *product, const uint64_t *m, const Queries *q,
                           int64_t g, long unit, Ifma *w, const int D) {
  const int64_t wide = registers(q->d);
  for (int64_t n = q->start[g]; n < q->start[g + 1]; n++) {
    __m512i column[DIGITS_MAX + 1];
    int64_t sum[DIGITS_MAX + 1];
    clear(column, D + 1);
    for (int64_t c = 0; c < wide; c++) {
      __m512i v[DIGITS_MAX];
      load(v, product + c * LANES * D, D);
      multiply_add_signed(column, v, D, signed_tokens(m + n * q->d, c * LANES, q->d));
    }
    KERNEL_UNROLL
    for (int l = 0; l <= D; l++)
      sum[l] = _mm512_reduce_add_epi64(column[l]);
    join(h[q->order[n]], sum, 1, D + 1, unit, w);
  }
}

INLINE void outputs(mpfr_t *h, const uint64_t *m, const Queries *q, long unit, Ifma *w,
                    const int D) {
  const int64_t d = q->d, wide = registers(d), step = wide * LANES * D;
  for (int64_t c = 0; c < wide; c++)
    minus_total(w->total + c * LANES * (D + 1), w->value + c * LANES * D, step, d, D);
  for (int64_t g = 0; g < q->count; g++) {
    for (int64_t c = 0; c < wide; c++) {
      __m512i column[DIGITS_MAX];
      clear(column, D + 1);
      sum_biased(column, w->value + c * LANES * D, step, q->token + g * d, 1, d, D);
      take_bias_off(column, w->total + c * LANES * (D + 1), D);
      carry_on(column, D + 1);
      store(w->middle + c * LANES * (D + 1), column, D + 1);
    }
    finish_outputs(h, w->middle, m, q, g, unit, w, D + 1);
  }
}

/* middle (groups, lanes, D + 1) := sum over the group of c_n M_n. */
INLINE void group_sums(const uint64_t *m, const Queries *q, Ifma *w, const int D) {
  const int64_t d = q->d, wide = registers(d);
  for (int64_t g = 0; g < q->count; g++)
    for (int64_t c = 0; c < wide; c++) {
      __m512i column[DIGITS_MAX];
      clear(column, D + 1);
      for (int64_t n = q->start[g]; n < q->start[g + 1]; n++) {
        __m512i v[DIGITS_MAX];
        if ((n - q->start[g]) % PIECE == PIECE - 1) carry_on(column, D + 1);
        KERNEL_UNROLL
        for (int l = 0; l < D; l++)
          v[l] = _mm512_set1_epi64((int64_t)w->value[n * D + l]);
        multiply_add_signed(column, v, D, signed_tokens(m + n * d, c * LANES, d));
      }
      carry_on(column, D + 1);
      store(w->middle + (g * wide + c) * LANES * (D + 1), column, D + 1);
    }
}

/* G_ij = sum_g middle_gi x_gj, D digits in the middle. */
INLINE void finish_gradient(mpfr_t *G, const Queries *q, long unit, Ifma *w, const int D) {
  const int64_t d = q->d, wide = registers(d), step = wide * LANES * D;
  for (int64_t c = 0; c < wide; c++) {
    const uint64_t *middle = w->middle + c * LANES * D;
    minus_total(w->total, middle, step, q->count, D);
    for (int64_t j = 0; j < d; j++) {
      __m512i column[DIGITS_MAX + 1];
      int64_t sum[LANES * (DIGITS_MAX + 1)];
      clear(column, D + 1);
      for (int64_t g = 0; g < q->count; g += PIECE) {
        const int64_t some = q->count - g < PIECE ? q->count - g : PIECE;
        sum_biased(column, middle + g * step, step, q->token + g * d + j, d, some, D);
        carry_on(column, D + 1);
      }
      take_bias_off(column, w->total, D);
      KERNEL_UNROLL
      for (int l = 0; l <= D; l++)
        _mm512_storeu_si512(sum + LANES * l, column[l]);
      for (int64_t i = c * LANES; i < d && i < (c + 1) * LANES; i++)
        join(G[i * d + j], sum + i % LANES, LANES, D + 1, unit, w);
    }
  }
}

INLINE void gradients(mpfr_t *G, const uint64_t *m, const Queries *q, long unit, Ifma *w,
                      const int D) {
  group_sums(m, q, w, D);
  finish_gradient(G, q, unit, w, D + 1);
}

/* Calls a body that takes the digits as its compile-time argument; those of digits_at_least. */
#define FOR_DIGITS(D, body)                                                                        \
  switch (D) {                                                                                     \
  case 2:                                                                                          \
    body(2);                                                                                       \
    break;                                                                                         \
  case 3:                                                                                          \
    body(3);                                                                                       \
    break;                                                                                         \
  case 4:                                                                                          \
    body(4);                                                                                       \
    break;                                                                                         \
  case 5:                                                                                          \
    body(5);                                                                                       \
    break;                                                                                         \
  case 6:                                                                                          \
    body(6);                                                                                       \
    break;                                                                                         \
  case 7:                                                                                          \
    body(7);                                                                                       \
    break;                                                                                         \
  case 8:                                                                                          \
    body(8);                                                                                       \
    break;                                                                                         \
  case 11:                                                                                         \
    body(11);                                                                                      \
    break;                                                                                         \
  default:                                                                                         \
    body(12);                                                                                      \
    break;                                                                                         \
  }

TARGET static void outputs_of(mpfr_t *h, const uint64_t *m, const Queries *q, long unit, Ifma *w,
                              int D){
#define BODY(digits) outputs(h, m, q, unit, w, digits)
    FOR_DIGITS(D, BODY)
#undef BODY
}

TARGET static void gradients_of(mpfr_t *G, const uint64_t *m, const Queries *q, long unit, Ifma *w,
                                int D) {
#define BODY(digits) gradients(G, m, q, unit, w, digits)
  FOR_DIGITS(D, BODY)
#undef BODY
}

bool ifma_bilinear(mpfr_t *h, const mpfr_t *U, const uint64_t *m, const Queries *q, Ifma *w,
                   const Engine *e) {
  const int64_t d = q->d, lanes = LANES * registers(d);
  Span span;
  if (d > PIECE || !span_of(&span, U, d * d, e->precision)) return false;
  const int D = choose_digits(&span, token_bits(q->token, q->count * d), d, token_bits(m, q->N * d),
                              d * d, w);
  if (D == 0) return false;
  memset(w->value, 0, (size_t)(d * lanes * D) * sizeof *w->value); /* lanes beyond d */
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++)
      split(w->value + (j * lanes + i / LANES * LANES) * D + i % LANES, LANES, D, U[i * d + j],
            span.unit, w);
  outputs_of(h, m, q, span.unit + 2L * q->grid, w, D);
  return true;
}

bool ifma_gradient(mpfr_t *G, const mpfr_t *c, const uint64_t *m, const Queries *q, Ifma *w,
                   const Engine *e) {
  Span span;
  if (!span_of(&span, c, q->N, e->precision)) return false;
  const int D = choose_digits(&span, token_bits(m, q->N * q->d), QUERY_GROUP_MAX,
                              token_bits(q->token, q->count * q->d), q->N, w);
  if (D == 0) return false;
  for (int64_t n = 0; n < q->N; n++)
    split(w->value + n * D, 1, D, c[q->order[n]], span.unit, w);
  gradients_of(G, m, q, span.unit + 2L * q->grid, w, D);
  return true;
}

#else

bool ifma_available(void) {
  return false;
}

StatusCode ifma_open(Ifma *w, const Engine *e, Error *err) {
  (void)e;
  (void)err;
  *w = (Ifma){.largest = 0};
  return STATUS_OK;
}

void ifma_close(Ifma *w) {
  (void)w;
}

bool ifma_bilinear(mpfr_t *h, const mpfr_t *U, const uint64_t *m, const Queries *q, Ifma *w,
                   const Engine *e) {
  (void)h, (void)U, (void)m, (void)q, (void)w, (void)e;
  return false;
}

bool ifma_gradient(mpfr_t *G, const mpfr_t *c, const uint64_t *m, const Queries *q, Ifma *w,
                   const Engine *e) {
  (void)G, (void)c, (void)m, (void)q, (void)w, (void)e;
  return false;
}

#endif
