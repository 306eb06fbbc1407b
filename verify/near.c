/* near.c -- which of the known names was probably meant: edit distance, letter case for free. */
#include "verify/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LENGTH 40 /* longer names are compared by their beginning */

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static bool same_letter(char a, char b) {
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The least number of insertions, deletions and replacements that turn a into b (Wagner and Fischer
   1974), one row of the table at a time. */
static size_t edit_distance(const char *a, const char *b) {
  const size_t m = least(strlen(a), NAME_MAX_LENGTH), n = least(strlen(b), NAME_MAX_LENGTH);
  size_t row[NAME_MAX_LENGTH + 1];
  for (size_t j = 0; j <= n; j++)
    row[j] = j;
  for (size_t i = 1; i <= m; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      const size_t replaced = diagonal + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
    }
  }
  return row[n];
}

Near near_open(const char *wanted) {
  return (Near){.wanted = wanted};
}

void near_offer(Near *near, const char *name) {
  const size_t distance = edit_distance(near->wanted, name);
  if (2 * distance > least(strlen(name), NAME_MAX_LENGTH)) return;
  size_t at = near->count;
  while (at > 0 && distance < near->distance[at - 1])
    at--;
  if (at == NEAR_MAX) return;
  if (near->count < NEAR_MAX) near->count++;
  for (size_t i = near->count - 1; i > at; i--) {
    near->name[i] = near->name[i - 1];
    near->distance[i] = near->distance[i - 1];
  }
  near->name[at] = name;
  near->distance[at] = distance;
}

void near_text(char *out, size_t size, const Near *near) {
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < near->count && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", near->name[i]);
}
