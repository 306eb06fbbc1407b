/* digest.h -- a checksum of content, against accidents.
 *
 * The content, read in a fixed order as words w_1 ... w_n below 2^56, is taken as the polynomial
 * x^n + w_1 x^(n-1) + ... + w_n modulo the prime p = 2^64 - 59, at a fixed x. Two contents that
 * differ in one word have different digests, always (the difference is c x^k with 0 < |c| < p);
 * otherwise they agree with a chance of about 2^-64. Lengths are words too, so different content
 * means different words. It is no signature: who wants to forge a file can compute it.
 */
#ifndef SRC_DIGEST_H
#define SRC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint64_t value, inverse;
} Digest;

Digest digest_open(void);
void digest_word(Digest *digest, uint64_t word); /* below 2^56 */
void digest_bits(Digest *digest, uint64_t bits); /* any 64 */
void digest_bytes(Digest *digest, const unsigned char *p, size_t count);
/* The bits of count doubles. */
void digest_doubles(Digest *digest, const double *x, size_t count);

#define DIGEST_SIZE 17 /* 16 hexadecimal digits */
void digest_text(char out[DIGEST_SIZE], const Digest *digest);

#endif
