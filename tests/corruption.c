/* corruption.c -- spoils files. */
#include "tests/corruption.h"

#include <criterion/criterion.h>
#include <flint/flint.h>
#include <flint/ulong_extras.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

#define PAGE 4096

typedef struct {
  unsigned char *bytes;
  size_t size;
} Content;

static Content content_read(const char *path) {
  Content c = {.bytes = NULL};
  FILE *file = fopen(path, "rb");
  cr_assert(file != NULL, "%s: cannot be read", path);
  fseek(file, 0, SEEK_END);
  c.size = (size_t)ftell(file);
  rewind(file);
  c.bytes = malloc(c.size + PAGE);
  cr_assert(c.bytes != NULL && c.size > 0 && fread(c.bytes, 1, c.size, file) == c.size,
            "%s: %zu bytes cannot be read", path, c.size);
  fclose(file);
  return c;
}

static void content_write(const char *path, const Content *c) {
  FILE *file = fopen(path, "wb");
  cr_assert(file != NULL && fwrite(c->bytes, 1, c->size, file) == c->size && fclose(file) == 0,
            "%s: %zu bytes cannot be written", path, c->size);
}

/* X(name, words) */
#define SPOIL_LIST(X)                                                                              \
  X(BIT, "flipped bits")                                                                           \
  X(BYTES, "bytes written over")                                                                   \
  X(HEADER, "bytes of the first 100 written over")                                                 \
  X(ZEROS, "ranges zeroed")                                                                        \
  X(CUT, "ends cut off")                                                                           \
  X(ADDED, "bytes added at the end")                                                               \
  X(SWAPPED, "pages swapped")                                                                      \
  X(REPEATED, "pages repeated")                                                                    \
  X(FOREIGN, "pages of another file")
typedef enum {
#define X(name, words) SPOIL_##name,
  SPOIL_LIST(X)
#undef X
      SPOIL_COUNT
} Spoil;

static const char *const spoil_words[SPOIL_COUNT] = {
#define X(name, words) words,
    SPOIL_LIST(X)
#undef X
};

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static void write_over(Content *c, size_t within, flint_rand_t random) {
  const size_t at = n_randint(random, smaller(within, c->size));
  const size_t count = smaller(1 + n_randint(random, 16), c->size - at);
  for (size_t k = 0; k < count; k++)
    c->bytes[at + k] = (unsigned char)n_randint(random, 256);
}

/* A file of a page or less has pages of 16 bytes. */
static void move_pages(Content *c, const Content *other, Spoil spoil, flint_rand_t random) {
  unsigned char kept[PAGE];
  const size_t page = c->size >= 2 * PAGE ? PAGE : 16, pages = c->size / page;
  unsigned char *a = c->bytes + page * n_randint(random, pages);
  unsigned char *b = c->bytes + page * n_randint(random, pages);
  memcpy(kept, a, page);
  if (spoil == SPOIL_FOREIGN) {
    const size_t at = (size_t)(a - c->bytes);
    if (at + page <= other->size) memcpy(a, other->bytes + at, page);
  } else {
    memcpy(a, b, page);
    if (spoil == SPOIL_SWAPPED && a != b) memcpy(b, kept, page);
  }
}

/* *out := the content, spoiled; it has room for it, and for a page more. */
static void spoil_content(Content *out, const Content *whole, const Content *other, Spoil spoil,
                          flint_rand_t random) {
  memcpy(out->bytes, whole->bytes, whole->size);
  out->size = whole->size;
  const size_t at = n_randint(random, whole->size);
  switch (spoil) {
  case SPOIL_BIT:
    out->bytes[at] ^= (unsigned char)(1U << n_randint(random, 8));
    break;
  case SPOIL_BYTES:
    write_over(out, whole->size, random);
    break;
  case SPOIL_HEADER:
    write_over(out, 100, random);
    break;
  case SPOIL_ZEROS:
    memset(out->bytes + at, 0, smaller(1 + n_randint(random, PAGE), whole->size - at));
    break;
  case SPOIL_CUT:
    out->size = at;
    break;
  case SPOIL_ADDED:
    out->size += 1 + n_randint(random, PAGE);
    memset(out->bytes + whole->size, n_randint(random, 2) ? 0 : 'x', out->size - whole->size);
    break;
  default:
    move_pages(out, other, spoil, random);
  }
}

void corruption_assert(const char *path, const char *other_path, const char *named,
                       CorruptionRead read, void *context, const char *what) {
  const char *wanted = getenv("CORRUPTIONS");
  const int total = wanted != NULL ? atoi(wanted) : 300;
  int count[SPOIL_COUNT] = {0}, done = 0;
  Error err = {.message = ""};
  flint_rand_t random;
  flint_randinit(random);
  const Content whole = content_read(path), other = content_read(other_path);
  Content spoiled = {malloc(whole.size + 2 * PAGE), 0};
  cr_assert(spoiled.bytes != NULL, "room for %zu bytes", whole.size);
  for (int k = 0; done < total && k < 10 * total; k++) {
    const Spoil spoil = (Spoil)(k % SPOIL_COUNT);
    spoil_content(&spoiled, &whole, &other, spoil, random);
    if (spoiled.size == whole.size && memcmp(spoiled.bytes, whole.bytes, whole.size) == 0)
      continue; /* zeros zeroed, a page swapped with itself: nothing happened */
    content_write(path, &spoiled);
    const StatusCode code = read(context, &err);
    cr_assert(code == STATUS_DATA, "%s, %s, number %d: status %d (%s), expected %d", what,
              spoil_words[spoil], k, (int)code, code == STATUS_OK ? "" : err.message,
              (int)STATUS_DATA);
    cr_assert(strstr(err.message, named) != NULL && strpbrk(err.message, "\n\r\t") == NULL,
              "%s, %s, number %d: '%s', expected one line with '%s'", what, spoil_words[spoil], k,
              err.message, named);
    count[spoil]++;
    done++;
  }
  content_write(path, &whole);
  const StatusCode code = read(context, &err);
  cr_assert(code == STATUS_OK, "%s, put back: status %d (%s), expected 0", what, (int)code,
            code == STATUS_OK ? "" : err.message);
  cr_assert(done == total && total > 0, "%s: %d corruptions, expected %d", what, done, total);
  char text[400];
  size_t used = 0;
  for (int s = 0; s < SPOIL_COUNT; s++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%d %s", s > 0 ? ", " : "",
                             count[s], spoil_words[s]);
  support_note("%s (%zu bytes): %d corruptions, all refused by name: %s", what, whole.size, done,
               text);
  free(whole.bytes);
  free(other.bytes);
  free(spoiled.bytes);
  flint_randclear(random);
}
