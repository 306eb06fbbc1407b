/* what_if.h -- what-ifs: named changes of an instance that answer a reader's question, as data.
 *
 * The file (what_ifs.cfg, libconfig) is a list `what_ifs` of groups
 *
 *     { name = "no-annealing"; words = "..."; set = ( "eta2 = {eta1}", ... );
 *       families = ( { family = "annealed"; words = "..."; set = ( ... ); } ); }
 *
 * `words` is the question and what is changed; `set` the parameters that are replaced, as after
 * --set; {KEY} in a value stands for the value that KEY has in the unchanged instance. An entry of
 * `families` (optional) takes the place of words and set for instances of that family.
 */
#ifndef SRC_WHAT_IF_H
#define SRC_WHAT_IF_H

#include <stddef.h>

#include "src/params.h"
#include "src/status.h"

#define WHAT_IFS_MAX 32
#define WHAT_IF_NAME_SIZE 24

/* All owned. */
typedef struct {
  char name[WHAT_IF_NAME_SIZE]; /* letters, digits and '-'; "all" and "base" are taken */
  char *words;
  char **set; /* "KEY=VALUE", (set_count) */
  size_t set_count;
} WhatIf;

typedef struct {
  WhatIf *what_if; /* (count), in the order of the file */
  size_t count;
} WhatIfSet;

/* *out := the shipped what-ifs as they are for a family ("" for none). Errors: STATUS_DATA,
 * "FILE:LINE[:COLUMN]: ...". what_ifs_clear releases it, also after an error. */
MUST_CHECK StatusCode what_ifs_load(WhatIfSet *out, const char *family, Error *err);
/* The same from text; file is the name to show. */
MUST_CHECK StatusCode what_ifs_load_text(WhatIfSet *out, const char *family, const char *file,
                                         const char *text, Error *err);
void what_ifs_clear(WhatIfSet *set); /* a zeroed set is allowed */

/* The what-if of that name, or NULL. */
const WhatIf *what_ifs_find(const WhatIfSet *set, const char *name);

/* Whether a text can be the name of a what-if. */
MUST_CHECK bool what_if_name_valid(const char *name);

/* *out := a copy of the instance with the changes; *params := its values. base: the values of the
   unchanged instance. The caller clears *out, also after an error. STATUS_DATA names the what-if.
 */
MUST_CHECK StatusCode what_if_apply(Instance *out, Params *params, const WhatIf *what_if,
                                    const Instance *instance, const Params *base, Error *err);

/* *out := "KEY=VALUE, KEY=VALUE" as the file has it; malloc'ed. */
MUST_CHECK StatusCode what_if_settings(char **out, const WhatIf *what_if, Error *err);

#endif
