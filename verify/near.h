/* near.h -- which of the known names was probably meant by a misspelt one. */
#ifndef VERIFY_NEAR_H
#define VERIFY_NEAR_H

#include <stddef.h>

#define NEAR_MAX 3 /* as many names are proposed */

/* The nearest names so far, best first. */
typedef struct {
  const char *wanted;
  const char *name[NEAR_MAX];
  size_t distance[NEAR_MAX];
  size_t count;
} Near;

Near near_open(const char *wanted);
/* Offers a candidate; name must outlive the Near. Names further away than half their letters are
 * not kept. */
void near_offer(Near *near, const char *name);
/* out := "a, b, c", or "" when nothing is near. */
void near_text(char *out, size_t size, const Near *near);

#endif
