/* digest.c -- libgcrypt's SHA-256, fed in pieces. */
#include "src/digest.h"

#include <gcrypt.h>
#include <stdio.h>
#include <string.h>

/* The library wants to be asked for its version before anything else, once. */
static StatusCode library_open(Error *err) {
  if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return STATUS_OK;
  if (gcry_check_version(GCRYPT_VERSION) == NULL)
    return error_set(err, STATUS_INTERNAL, "libgcrypt is older than its header, %s",
                     GCRYPT_VERSION);
  gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
  gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
  return STATUS_OK;
}

StatusCode digest_open(Digest *out, Error *err) {
  gcry_md_hd_t state;
  out->used = 0;
  TRY(library_open(err));
  if (gcry_md_open(&state, GCRY_MD_SHA256, 0) != 0) return error_memory(err, "a digest");
  out->state = state;
  return STATUS_OK;
}

static void flush(Digest *digest) {
  gcry_md_write((gcry_md_hd_t)digest->state, digest->piece, digest->used);
  digest->used = 0;
}

void digest_bytes(Digest *digest, const void *bytes, size_t count) {
  if (count > sizeof digest->piece - digest->used) flush(digest);
  if (count > sizeof digest->piece) {
    gcry_md_write((gcry_md_hd_t)digest->state, bytes, count);
  } else if (count > 0) {
    memcpy(digest->piece + digest->used, bytes, count);
    digest->used += count;
  }
}

void digest_word(Digest *digest, uint64_t word) {
  unsigned char bytes[8];
  for (int k = 0; k < 8; k++)
    bytes[k] = (unsigned char)(word >> (8 * k));
  digest_bytes(digest, bytes, sizeof bytes);
}

void digest_text(Digest *digest, const void *text, size_t length) {
  digest_word(digest, length);
  digest_bytes(digest, text, length);
}

void digest_doubles(Digest *digest, const double *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    digest_word(digest, bits);
  }
}

void digest_close(unsigned char *out, Digest *digest) {
  flush(digest);
  if (out != NULL)
    memcpy(out, gcry_md_read((gcry_md_hd_t)digest->state, GCRY_MD_SHA256), DIGEST_BYTES);
  gcry_md_close((gcry_md_hd_t)digest->state);
}

void digest_close_text(char out[DIGEST_SIZE], Digest *digest) {
  unsigned char bytes[DIGEST_BYTES];
  digest_close(bytes, digest);
  for (size_t k = 0; k < DIGEST_BYTES; k++)
    snprintf(out + 2 * k, 3, "%02x", bytes[k]);
}
