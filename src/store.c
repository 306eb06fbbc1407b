/* store.c -- the run store's life: made in private, renamed into place when complete, opened with
 * suspicion. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/fileset.h"
#include "src/store_internal.h"

/* ---- messages ---- */

const char *store_path(const Store *store) {
  return store->part != NULL ? store->part : store->path;
}

/* SQLite quotes what it finds in a file: a damaged one may hold anything, and a message is one
 * line. */
static void message_tidy(Error *err) {
  for (char *p = err->message; *p != '\0'; p++)
    if (iscntrl((unsigned char)*p)) *p = ' ';
}

static StatusCode status_of(int sqlite_code, bool reading) {
  switch (sqlite_code & 0xff) {
  case SQLITE_NOMEM:
    return STATUS_INTERNAL;
  case SQLITE_IOERR:
    return sqlite_code == SQLITE_IOERR_SHORT_READ || sqlite_code == SQLITE_IOERR_CORRUPTFS
               ? STATUS_DATA
               : STATUS_IO;
  case SQLITE_FULL:
    return STATUS_IO;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return STATUS_DATA;
  default: /* our statements are right, so when reading it is the file that does not fit them */
    return reading ? STATUS_DATA : STATUS_INTERNAL;
  }
}

StatusCode store_fail(Store *store, const char *doing, Error *err) {
  int sqlite_code = sqlite3_extended_errcode(store->db);
  bool reading = store->part == NULL;
  if (!reading) store->failed = true;
  StatusCode code = error_set(err, status_of(sqlite_code, reading), "%s: cannot %s: %s",
                              store_path(store), doing, sqlite3_errmsg(store->db));
  message_tidy(err);
  return code;
}

StatusCode store_damaged(const Store *store, Error *err, const char *what, ...) {
  char text[256];
  va_list args;
  va_start(args, what);
  vsnprintf(text, sizeof text, what, args);
  va_end(args);
  StatusCode code = error_set(err, STATUS_DATA, "%s: damaged: %s", store_path(store), text);
  message_tidy(err);
  return code;
}

/* ---- statements ---- */

StatusCode store_execute(Store *store, const char *sql, Error *err) {
  if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
    return store_fail(store, "set it up", err);
  return STATUS_OK;
}

StatusCode store_prepare(sqlite3_stmt **out, Store *store, const char *sql, Error *err) {
  if (sqlite3_prepare_v2(store->db, sql, -1, out, NULL) != SQLITE_OK)
    return store_fail(store, "read it", err);
  return STATUS_OK;
}

StatusCode store_step(bool *row, Store *store, sqlite3_stmt *statement, Error *err) {
  int result = sqlite3_step(statement);
  *row = result == SQLITE_ROW;
  return result == SQLITE_ROW || result == SQLITE_DONE ? STATUS_OK
                                                       : store_fail(store, "read it", err);
}

/* ---- connection ---- */

/* *out := the URI of a path, to be freed with sqlite3_free. Always a URI: a folder may be called
 * "file:x" or "a?b". */
static StatusCode uri_of(char **out, const char *path, const char *options, Error *err) {
  char *escaped = array_alloc(strlen(path), 3);
  if (escaped == NULL) return error_memory(err, "path");
  char *p = escaped;
  for (const unsigned char *c = (const unsigned char *)path; *c != '\0'; c++) {
    if (isalnum(*c) || strchr("/._-", *c) != NULL)
      *p++ = (char)*c;
    else {
      *p++ = '%';
      *p++ = "0123456789ABCDEF"[*c >> 4];
      *p++ = "0123456789ABCDEF"[*c & 15];
    }
  }
  int length = (int)(p - escaped);
  *out = sqlite3_mprintf("file:%s%.*s%s", path[0] == '/' ? "//" : "./", length, escaped, options);
  free(escaped);
  return *out != NULL ? STATUS_OK : error_memory(err, "path");
}

/* What SQLite's authors advise for files of unknown origin ("Defense Against The Dark Arts"); our
 * own need none of it. */
static void connection_harden(sqlite3 *db) {
  sqlite3_extended_result_codes(db, 1);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, STORE_TEXT_MAX);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

static StatusCode connection_open(Store *store, const char *path, int flags, const char *options,
                                  Error *err) {
  char *uri;
  TRY(uri_of(&uri, path, options, err));
  int result =
      sqlite3_open_v2(uri, &store->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
  sqlite3_free(uri);
  if (store->db == NULL) return error_memory(err, "run store");
  if (result != SQLITE_OK) return store_fail(store, "open it", err);
  connection_harden(store->db);
  return store_execute(store, "PRAGMA cell_size_check = on; PRAGMA mmap_size = 0;", err);
}

static StatusCode connection_close(Store *store, Error *err) {
  for (int k = 0; k < INSERT_COUNT; k++) {
    sqlite3_finalize(store->insert[k]);
    store->insert[k] = NULL;
  }
  if (sqlite3_close(store->db) != SQLITE_OK) return store_fail(store, "close it", err);
  store->db = NULL;
  return STATUS_OK;
}

static StatusCode store_alloc(Store **out, const char *folder, bool writing, Error *err) {
  *out = NULL;
  Store *store = array_alloc(1, sizeof *store);
  if (store == NULL) return error_memory(err, "run store");
  store->lock = -1;
  store->path = sqlite3_mprintf("%s/run.db", folder);
  store->part = writing ? sqlite3_mprintf("%s/run.db.part", folder) : NULL;
  if (store->path == NULL || (writing && store->part == NULL)) {
    store_close(store);
    return error_memory(err, "run store");
  }
  *out = store;
  return STATUS_OK;
}

void store_close(Store *store) {
  if (store == NULL) return;
  Error ignored;
  if (connection_close(store, &ignored) != STATUS_OK)
    sqlite3_close_v2(store->db); /* a visit under way: SQLite frees it with the last statement */
  if (store->lock >= 0) {
    unlink(store->part); /* under the lock: it is ours */
    close(store->lock);
  }
  sqlite3_free(store->path);
  sqlite3_free(store->part);
  free(store);
}

/* ---- writing ---- */

#define TAKEN "another program is writing to this folder"

/* Is the file behind a descriptor still the one of that path, and of no other? */
static bool same_file(int descriptor, const char *path) {
  struct stat here, there;
  return fstat(descriptor, &here) == 0 && lstat(path, &there) == 0 && here.st_dev == there.st_dev &&
         here.st_ino == there.st_ino && S_ISREG(here.st_mode) && here.st_nlink == 1;
}

/* Makes an empty .part file that is ours alone. A file that a crashed program left is not locked,
   and is taken over; between our open and our lock its writer may have renamed it into place, then
   it is not ours to empty: try again. flock, because it is independent of the locks of SQLite and
   holds between two stores of one process too. */
static StatusCode part_lock(Store *store, Error *err) {
  for (int attempt = 0; attempt < 16; attempt++) {
    int part = open(store->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (part < 0)
      return error_set(err, STATUS_CANTCREAT, "%s: cannot create: %s", store->part,
                       strerror(errno));
    if (flock(part, LOCK_EX | LOCK_NB) != 0) {
      close(part);
      return error_set(err, STATUS_CANTCREAT, "%s: " TAKEN, store->part);
    }
    if (same_file(part, store->part) && ftruncate(part, 0) == 0) {
      store->lock = part;
      return STATUS_OK;
    }
    close(part);
  }
  return error_set(err, STATUS_CANTCREAT, "%s: cannot create: not a plain file", store->part);
}

/* Opens an empty .part file. Nobody else reads it, and it is thrown away unless everything
   succeeds: so neither a journal on disk nor a sync on the way would protect anything. store_finish
   syncs once, before the file gets its name. */
static StatusCode part_open(Store *store, const char *folder, Error *err) {
  TRY(folder_make(folder, err));
  TRY(part_lock(store, err));
  TRY(connection_open(store, store->part, SQLITE_OPEN_READWRITE, "", err));
  if (sqlite3_db_readonly(store->db, "main") !=
      0) /* what SQLite makes of a file it may not write */
    return error_set(err, STATUS_CANTCREAT, "%s: cannot create: not writable", store->part);
  TRY(file_reserve(store, err));
  return store_execute(store,
                       "PRAGMA locking_mode = exclusive; PRAGMA journal_mode = memory;"
                       "PRAGMA synchronous = off; PRAGMA temp_store = memory;"
                       "PRAGMA foreign_keys = on;",
                       err);
}

static StatusCode part_start(Store *store, Error *err) {
  char sql[128];
  snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN;",
           STORE_APPLICATION_ID, STORE_SCHEMA);
  TRY(store_execute(store, sql, err));
  return schema_create(store, err);
}

bool store_is_taken(StatusCode code, const Error *err) {
  return code == STATUS_CANTCREAT && strstr(err->message, TAKEN) != NULL;
}

StatusCode store_create(Store **out, const char *folder, Error *err) {
  *out = NULL;
  Store *store;
  TRY(store_alloc(&store, folder, true, err));
  StatusCode code = part_open(store, folder, err);
  if (code == STATUS_OK) code = part_start(store, err);
  if (code == STATUS_OK)
    *out = store;
  else
    store_close(store);
  return code;
}

StatusCode store_lock(Store **out, const char *folder, Error *err) {
  TRY(store_alloc(out, folder, true, err));
  const StatusCode code = part_lock(*out, err);
  if (code == STATUS_OK) return code;
  store_close(*out);
  *out = NULL;
  return code;
}

/* Copies all pages of a finished store into an empty .part file. */
static StatusCode part_copy(Store *store, Store *source, Error *err) {
  sqlite3_backup *backup = sqlite3_backup_init(store->db, "main", source->db, "main");
  if (backup == NULL) return store_fail(store, "copy the store", err);
  int stepped = sqlite3_backup_step(backup, -1);
  int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE || finished != SQLITE_OK)
    return store_fail(store, "copy the store", err);
  return store_execute(store, "BEGIN", err);
}

StatusCode store_reopen(Store **out, const char *folder, Error *err) {
  *out = NULL;
  Store *source, *store;
  TRY(store_open(&source, folder, err));
  StatusCode code = store_alloc(&store, folder, true, err);
  if (code == STATUS_OK) {
    code = part_open(store, folder, err);
    if (code == STATUS_OK) code = part_copy(store, source, err);
    if (code == STATUS_OK)
      *out = store;
    else
      store_close(store);
  }
  store_close(source);
  return code;
}

/* The name onto the disk: what is removed next, such as the checkpoints behind it, must not be gone
   before. A file system that has nothing to do for a folder says EINVAL. */
static StatusCode folder_sync(const char *path, Error *err) {
  char *folder = sqlite3_mprintf("%.*s", (int)(path_base(path) - path), path);
  if (folder == NULL) return error_memory(err, "path");
  const int place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  sqlite3_free(folder);
  if (place < 0) return STATUS_OK; /* one may write to it, but not list it */
  const int failed = fsync(place) != 0 && errno != EINVAL ? errno : 0;
  close(place);
  if (failed == 0) return STATUS_OK;
  return error_set(err, STATUS_IO, "%s: cannot write its name: %s", path, strerror(failed));
}

/* The .part file is complete and closed: onto the disk, then into place, so that the name run.db
   never stands for a file that a power failure can leave half-written. */
static StatusCode part_publish(Store *store, Error *err) {
  if (fsync(store->lock) != 0)
    return error_set(err, STATUS_IO, "%s: cannot write: %s", store->part, strerror(errno));
  if (rename(store->part, store->path) != 0)
    return error_set(err, STATUS_CANTCREAT, "%s: cannot create: %s", store->path, strerror(errno));
  close(store->lock); /* published: nothing is left for store_close to drop */
  store->lock = -1;
  return folder_sync(store->path, err);
}

StatusCode store_finish(Store *store, Error *err) {
  StatusCode code = store_check_writable(store, err);
  if (code == STATUS_OK && store->failed)
    code = error_set(err, STATUS_INTERNAL, "%s: not kept, because writing to it failed before",
                     store->part);
  if (code == STATUS_OK) code = schema_seal(store, err);
  if (code == STATUS_OK) code = store_execute(store, "COMMIT", err);
  if (code == STATUS_OK) code = file_seal(store, err);
  if (code == STATUS_OK) code = connection_close(store, err);
  if (code == STATUS_OK) code = part_publish(store, err);
  store_close(store);
  return code;
}

/* ---- reading ---- */

/* "immutable": finished stores change by rename alone. It takes no lock, makes no file beside
   run.db (so folders may be read-only) and heeds no journal somebody put there. */
static StatusCode finished_open(Store *store, Error *err) {
  struct stat info;
  if (stat(store->path, &info) != 0)
    return error_set(err, STATUS_NOINPUT, "%s: no run store here: %s", store->path,
                     strerror(errno));
  if (!S_ISREG(info.st_mode))
    return error_set(err, STATUS_DATA, "%s: not a file, expected a run store", store->path);
  if (access(store->path, R_OK) != 0)
    return error_set(err, STATUS_NOINPUT, "%s: cannot read: %s", store->path, strerror(errno));
  TRY(connection_open(store, store->path, SQLITE_OPEN_READONLY, "?immutable=1", err));
  return schema_check(store, err);
}

StatusCode store_open(Store **out, const char *folder, Error *err) {
  *out = NULL;
  Store *store;
  TRY(store_alloc(&store, folder, false, err));
  StatusCode code = finished_open(store, err);
  if (code == STATUS_OK)
    *out = store;
  else
    store_close(store);
  return code;
}
