/* store_file.c -- the digest of a whole run store, kept in the file itself.
 *
 * SQLite leaves the last bytes of each page to others when it is asked to, and never looks at them.
 * Those of the first page hold SHA-256 of all the file but themselves: so of every byte, of those
 * too that hold nothing, and of the file's length.
 */
#include <string.h>

#include "src/digest.h"
#include "src/store_internal.h"

#define PAGE 4096
#define AT (PAGE - DIGEST_BYTES)
#define RESERVED_FIELD 20 /* of SQLite's header: how many bytes of each page are reserved */

StatusCode file_reserve(Store *store, Error *err) {
  int bytes = DIGEST_BYTES;
  if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes) != SQLITE_OK)
    return store_fail(store, "set it up", err);
  return store_execute(store, "PRAGMA page_size = 4096;", err);
}

/* *out := the connection's file. */
static StatusCode file_of(sqlite3_file **out, Store *store, Error *err) {
  if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, out) == SQLITE_OK &&
      (*out)->pMethods != NULL)
    return STATUS_OK;
  return store_fail(store, "reach its file", err);
}

static StatusCode file_fail(Store *store, int result, const char *doing, Error *err) {
  const bool short_read = result == SQLITE_IOERR_SHORT_READ;
  if (store->part != NULL) store->failed = true;
  return error_set(err, short_read ? STATUS_DATA : STATUS_IO, "%s: cannot %s: %s",
                   store_path(store), doing, sqlite3_errstr(result));
}

/* Adds the bytes from..to - 1 of a file. */
static int add_bytes(Digest *digest, sqlite3_file *file, sqlite3_int64 from, sqlite3_int64 to) {
  unsigned char bytes[16 * PAGE];
  int result = SQLITE_OK;
  while (from < to && result == SQLITE_OK) {
    const int count = to - from < (int)sizeof bytes ? (int)(to - from) : (int)sizeof bytes;
    result = file->pMethods->xRead(file, bytes, count, from);
    digest_bytes(digest, bytes, (size_t)count);
    from += count;
  }
  return result;
}

static StatusCode compute(unsigned char out[DIGEST_BYTES], Store *store, sqlite3_file *file,
                          Error *err) {
  Digest digest;
  sqlite3_int64 size = 0;
  int result = file->pMethods->xFileSize(file, &size);
  if (result != SQLITE_OK) return file_fail(store, result, "read it", err);
  TRY(digest_open(&digest, err));
  result = add_bytes(&digest, file, 0, AT);
  if (result == SQLITE_OK) result = add_bytes(&digest, file, PAGE, size);
  digest_close(out, &digest);
  return result == SQLITE_OK ? STATUS_OK : file_fail(store, result, "read it", err);
}

StatusCode file_seal(Store *store, Error *err) {
  unsigned char digest[DIGEST_BYTES], reserved = 0;
  sqlite3_file *file = NULL;
  TRY(file_of(&file, store, err));
  int result = file->pMethods->xRead(file, &reserved, 1, RESERVED_FIELD);
  if (result != SQLITE_OK) return file_fail(store, result, "read it", err);
  if (reserved != DIGEST_BYTES)
    return error_set(err, STATUS_INTERNAL, "%s: SQLite reserved %d bytes a page, expected %d",
                     store_path(store), reserved, DIGEST_BYTES);
  TRY(compute(digest, store, file, err));
  result = file->pMethods->xWrite(file, digest, DIGEST_BYTES, AT);
  return result == SQLITE_OK ? STATUS_OK : file_fail(store, result, "write it", err);
}

StatusCode file_check(Store *store, Error *err) {
  unsigned char found[DIGEST_BYTES], expected[DIGEST_BYTES];
  sqlite3_file *file = NULL;
  TRY(file_of(&file, store, err));
  const int result = file->pMethods->xRead(file, found, DIGEST_BYTES, AT);
  if (result != SQLITE_OK) return file_fail(store, result, "read it", err);
  TRY(compute(expected, store, file, err));
  if (memcmp(found, expected, DIGEST_BYTES) == 0) return STATUS_OK;
  return store_damaged(store, err, "it was changed since it was stored (SHA-256)");
}
