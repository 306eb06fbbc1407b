/* fast_path.c -- the table of fast paths, and their names on the command line. */
#include "src/fast_path.h"

#include <stdio.h>
#include <string.h>

const FastPathInfo fast_path_info[FAST_COUNT] = {
    [FAST_GATES] = {"gates", "a score waits until the weights have travelled its margin",
                    "every score at every step"},
    [FAST_FILTER] = {"filter", "double precision decides the signs that it can tell",
                     "every sign by exact arithmetic"},
    [FAST_FLIPS] = {"flips", "a gate that flips moves its gated sum",
                    "each sum from all its tokens"},
    [FAST_NOISE] = {"noise", "normal deviates in batches, most accepted by ellipses",
                    "one by one, each accepted in balls"},
    [FAST_TILES] = {"tiles", "products in doubles by tiles in vector registers",
                    "one sum after another"},
    [FAST_FIXED] = {"fixed", "mpfr, ball: exact products in fixed point", "one mpfr_dot a result"},
    [FAST_IFMA] = {"ifma", "with fixed: eight sums at a time, where the processor can",
                   "one at a time"},
    [FAST_QUERIES] = {"queries", "with fixed: equal queries share their sums",
                      "each query for itself"},
    [FAST_SIGMOID] = {"sigmoid", "mpfr: residuals in fixed point, from tables and a series",
                      "Arb's exponential and inverse"},
};

/* The path whose name is the `length` characters at name, or FAST_COUNT. */
static FastPath find_path(const char *name, size_t length) {
  int path = 0;
  while (path < FAST_COUNT && (strlen(fast_path_info[path].name) != length ||
                               strncmp(fast_path_info[path].name, name, length) != 0))
    path++;
  return (FastPath)path;
}

StatusCode fast_paths_parse(PlainSet *out, const char *text, Error *err) {
  *out = 0;
  if (text == NULL) return STATUS_OK;
  if (strcmp(text, "all") == 0) {
    *out = PLAIN_ALL;
    return STATUS_OK;
  }
  for (const char *name = text;; name++) {
    const size_t length = strcspn(name, ",");
    const FastPath path = find_path(name, length);
    if (path == FAST_COUNT) {
      char names[160] = "";
      for (int i = 0; i < FAST_COUNT; i++)
        strcat(strcat(names, " "), fast_path_info[i].name);
      return error_set(err, STATUS_USAGE, "--plain: expected names of%s, or all, found '%.*s'",
                       names, length < 40 ? (int)length : 40, name);
    }
    *out |= PLAIN_BIT(path);
    name += length;
    if (*name == '\0') return STATUS_OK;
  }
}
