/* fast_path.h -- the fast paths of training, one table: what each does, and the plain definition
 * that it stands for. Each can be switched off, and every result has the same bits then: that is
 * what tests/test_fast_paths.c shows, path by path. */
#ifndef SRC_FAST_PATH_H
#define SRC_FAST_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "src/status.h"

typedef enum {
  FAST_GATES,
  FAST_FILTER,
  FAST_FLIPS,
  FAST_NOISE,
  FAST_TILES,
  FAST_FIXED,
  FAST_IFMA,
  FAST_QUERIES,
  FAST_SIGMOID,
  FAST_COUNT
} FastPath;

typedef struct {
  const char *name;
  const char *fast, *plain; /* what it does; what is done without it */
} FastPathInfo;
extern const FastPathInfo fast_path_info[FAST_COUNT];

/* The paths that are switched off: a bit set, 0 by default. A path that an engine does not have
   changes nothing there. */
typedef uint32_t PlainSet;
#define PLAIN_BIT(path) (UINT32_C(1) << (path))
#define PLAIN_ALL (PLAIN_BIT(FAST_COUNT) - 1)

static inline bool is_plain(PlainSet plain, FastPath path) {
  return (plain & PLAIN_BIT(path)) != 0;
}

/* *out := the paths of "NAME,NAME,..." or "all"; text may be NULL: none. STATUS_USAGE lists the
   names. */
MUST_CHECK StatusCode fast_paths_parse(PlainSet *out, const char *text, Error *err);

#endif
