/* refuse.c -- requests for memory and of the run store, counted, refused and followed to their
 * release. */
#include "tests/refuse.h"

#include <criterion/criterion.h>
#include <execinfo.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLERS 6
#define FRAMES 64
#define PLACES_MAX 4096
#define BLOCKS_MAX (1 << 18) /* a power of two */

static pid_t process;   /* the one that is refused; its workers are not */
static bool watching;   /* requests are counted */
static Refusal watched; /* of this kind */
static long asked, at;  /* requests so far; the one to refuse, from 1 */
static bool met;        /* it was refused */
static bool listing;    /* places are noted */
static bool outer;      /* places are told apart by their outer callers */
static int under;       /* callers of the check itself */
static uint64_t place[PLACES_MAX];
static long request[PLACES_MAX]; /* the first from each place */
static int place_count;

/* ---- memory that was not released: a table of addresses, open addressing ---- */

static void *block[BLOCKS_MAX];
static long blocks;

static size_t slot_of(const void *address) {
  size_t k = ((uintptr_t)address >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40 & (BLOCKS_MAX - 1);
  while (block[k] != NULL && block[k] != address)
    k = (k + 1) & (BLOCKS_MAX - 1);
  return k;
}

static void block_add(void *address) {
  if (!watching || address == NULL) return;
  const size_t k = slot_of(address);
  if (block[k] == NULL) blocks++;
  if (blocks > BLOCKS_MAX / 2) abort();
  block[k] = address;
}

static void block_remove(const void *address) {
  if (!watching || address == NULL) return;
  size_t k = slot_of(address);
  if (block[k] == NULL) return;
  block[k] = NULL;
  blocks--;
  for (size_t next = (k + 1) & (BLOCKS_MAX - 1); block[next] != NULL;
       next = (next + 1) & (BLOCKS_MAX - 1)) {
    void *moved = block[next]; /* what was put aside because of it */
    block[next] = NULL;
    block[slot_of(moved)] = moved;
  }
}

/* ---- requests ---- */

/* The inner callers of a request, or the outer ones, from the work on. */
static void note_place(void) {
  void *frame[FRAMES];
  const int count = backtrace(frame, FRAMES);
  const int end = outer ? count - under : 2 + CALLERS;
  uint64_t hash = 1469598103934665603u;
  for (int k = outer && end - CALLERS > 2 ? end - CALLERS : 2; k < end && k < count; k++)
    hash = (hash ^ (uintptr_t)frame[k]) * 1099511628211u;
  for (int k = 0; k < place_count; k++)
    if (place[k] == hash) return;
  if (place_count == PLACES_MAX) abort();
  place[place_count] = hash;
  request[place_count++] = asked;
}

static bool refused(Refusal kind) {
  if (!watching || kind != watched || getpid() != process) return false;
  asked++;
  if (listing) {
    watching = false;
    note_place();
    watching = true;
  }
  if (asked != at) return false;
  met = true;
  return true;
}

#define WRAP(returns, name, parameters)                                                            \
  returns __real_##name parameters;                                                                \
  returns __wrap_##name parameters;                                                                \
  returns __wrap_##name parameters

WRAP(void *, malloc, (size_t size)) {
  void *out = refused(REFUSE_MEMORY) ? NULL : __real_malloc(size);
  block_add(out);
  return out;
}

WRAP(void *, calloc, (size_t count, size_t size)) {
  void *out = refused(REFUSE_MEMORY) ? NULL : __real_calloc(count, size);
  block_add(out);
  return out;
}

WRAP(void *, realloc, (void *old, size_t size)) {
  if (refused(REFUSE_MEMORY)) return NULL;
  block_remove(old);
  void *out = __real_realloc(old, size);
  block_add(out);
  return out;
}

WRAP(char *, strdup, (const char *text)) {
  char *out = refused(REFUSE_MEMORY) ? NULL : __real_strdup(text);
  block_add(out);
  return out;
}

WRAP(char *, strndup, (const char *text, size_t most)) {
  char *out = refused(REFUSE_MEMORY) ? NULL : __real_strndup(text, most);
  block_add(out);
  return out;
}

WRAP(FILE *, open_memstream, (char **text, size_t *size)) {
  return refused(REFUSE_MEMORY) ? NULL : __real_open_memstream(text, size);
}

WRAP(void, free, (void *address)) {
  block_remove(address);
  __real_free(address);
}

WRAP(int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *sql, int size, sqlite3_stmt **out, const char **tail)) {
  return refused(REFUSE_STORE) ? SQLITE_FULL : __real_sqlite3_prepare_v2(db, sql, size, out, tail);
}

WRAP(int, sqlite3_prepare_v3,
     (sqlite3 * db, const char *sql, int size, unsigned flags, sqlite3_stmt **out,
      const char **tail)) {
  return refused(REFUSE_STORE) ? SQLITE_FULL
                               : __real_sqlite3_prepare_v3(db, sql, size, flags, out, tail);
}

WRAP(int, sqlite3_exec,
     (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *context,
      char **why)) {
  return refused(REFUSE_STORE) ? SQLITE_FULL : __real_sqlite3_exec(db, sql, row, context, why);
}

WRAP(int, sqlite3_step, (sqlite3_stmt * statement)) {
  return refused(REFUSE_STORE) ? SQLITE_FULL : __real_sqlite3_step(statement);
}

/* The database was not asked, so it does not know. */
WRAP(int, sqlite3_extended_errcode, (sqlite3 * db)) {
  return met && watched == REFUSE_STORE ? SQLITE_FULL : __real_sqlite3_extended_errcode(db);
}

/* ---- the check ---- */

static StatusCode run(RefusedWork work, void *context, long refuse, Error *err) {
  *err = (Error){STATUS_OK, ""};
  asked = 0, at = refuse, met = false;
  watching = true;
  const StatusCode code = work(context, err);
  watching = false;
  return code;
}

static void check(Refusal kind, const char *what, RefusedWork work, void *context, int without) {
  const StatusCode expected = kind == REFUSE_MEMORY ? STATUS_INTERNAL : STATUS_IO;
  Error err;
  StatusCode code = STATUS_OK;
  int done_without = 0;
  long kept = 0;
  watched = kind;
  process = getpid();
  place_count = 0;
  void *frame[FRAMES];
  under = backtrace(frame, FRAMES);
  for (int time = 0; time < 2; time++) { /* what is made once and kept is made in the first */
    listing = time == 1;
    code = run(work, context, 0, &err);
    cr_assert(code == STATUS_OK, "%s, undisturbed: status %d: %s", what, code, err.message);
    cr_assert(time == 0 || blocks == kept, "%s, undisturbed: %ld blocks of memory not released",
              what, blocks - kept);
    kept = blocks;
  }
  listing = false;
  cr_assert(place_count > 0, "%s: asked for nothing", what);
  for (int k = 0; k < place_count; k++) {
    const long before = blocks;
    code = run(work, context, request[k], &err);
    cr_assert(met, "%s: request %ld of the first run was not met again", what, request[k]);
    cr_assert(blocks == before,
              "%s, request %ld refused: %ld blocks of memory not released, status %d: %s", what,
              request[k], blocks - before, code, err.message);
    if (code == STATUS_OK) {
      done_without++;
      continue;
    }
    cr_assert(code == expected && err.code == code && err.message[0] != '\0' &&
                  strpbrk(err.message, "\n\r") == NULL,
              "%s, request %ld refused: status %d (noted: %d) with '%s', expected %d with one line",
              what, request[k], code, err.code, err.message, expected);
  }
  cr_assert(done_without <= without, "%s: %d of %d refusals were done without, expected at most %d",
            what, done_without, place_count, without);
  cr_assert(done_without > 0 || without == 0,
            "%s: none of %d refusals was done without, expected 1 to %d", what, place_count,
            without);
  cr_log_info("%s: %d places refused, %d done without", what, place_count, done_without);
}

void refuse_each(Refusal kind, const char *what, RefusedWork work, void *context, int without) {
  outer = false;
  check(kind, what, work, context, without);
}

void refuse_outer(Refusal kind, const char *what, RefusedWork work, void *context, int without) {
  outer = true;
  check(kind, what, work, context, without);
}
