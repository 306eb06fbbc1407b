/* digest.c -- a polynomial modulo a prime, word by word. */
#include "src/digest.h"

#include <flint/ulong_extras.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PRIME UINT64_C(0xffffffffffffffc5)
#define POINT                                                                                      \
  UINT64_C(0x9e3779b97f4a7c15) /* any residue of no special form: 2^64 over the golden ratio */
_Static_assert(FLINT_BITS == 64, "digests are computed in 64-bit limbs");

Digest digest_open(void) {
  return (Digest){.value = 1, .inverse = n_preinvert_limb(PRIME)};
}

void digest_word(Digest *digest, uint64_t word) {
  uint64_t product = n_mulmod2_preinv(digest->value, POINT, PRIME, digest->inverse);
  digest->value = n_addmod(product, word, PRIME);
}

void digest_bytes(Digest *digest, const unsigned char *p, size_t count) {
  digest_word(digest, count);
  while (count > 0) {
    uint64_t word = 0;
    size_t take = count < 7 ? count : 7;
    for (size_t k = 0; k < take; k++)
      word |= (uint64_t)p[k] << (8 * k);
    digest_word(digest, word);
    p += take;
    count -= take;
  }
}

void digest_bits(Digest *digest, uint64_t bits) {
  digest_word(digest, bits >> 32);
  digest_word(digest, bits & UINT32_MAX);
}

void digest_doubles(Digest *digest, const double *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    digest_bits(digest, bits);
  }
}

void digest_text(char out[DIGEST_SIZE], const Digest *digest) {
  snprintf(out, DIGEST_SIZE, "%016" PRIx64, digest->value);
}
