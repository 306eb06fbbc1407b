/* digest.h -- SHA-256 of content and of files.
 *
 * What it is worth: content that was changed by accident (a disk, a copy, an editor, another
 * version of a file) has another digest, but for a chance of 2^-256 for each; and nobody knows how
 * to make other content with a given digest. But where the digest stands beside the content, who
 * changes both is not found out: it is no signature.
 */
#ifndef SRC_DIGEST_H
#define SRC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "src/status.h"

#define DIGEST_BYTES 32
#define DIGEST_SIZE 65 /* 64 hexadecimal digits */

/* A digest under way. Short pieces are gathered: the library takes long ones faster. */
typedef struct {
  void *state; /* libgcrypt's */
  size_t used;
  unsigned char piece[512];
} Digest;

/* Every digest that was opened is closed once. STATUS_INTERNAL: no memory, no library. */
MUST_CHECK StatusCode digest_open(Digest *out, Error *err);
/* The bytes as they are: of a file's, digest_close gives what sha256sum does. */
void digest_bytes(Digest *digest, const void *bytes, size_t count);
/* Eight bytes, the lowest first. */
void digest_word(Digest *digest, uint64_t word);
/* Its length as a word, then its bytes: so that different texts in a row are different bytes. */
void digest_text(Digest *digest, const void *text, size_t length);
/* The bits of count doubles as words. */
void digest_doubles(Digest *digest, const double *x, size_t count);
/* out := the digest, if out is not NULL; frees. */
void digest_close(unsigned char *out, Digest *digest);
/* The same in hexadecimal digits. */
void digest_close_text(char out[DIGEST_SIZE], Digest *digest);

#endif
