/* state.h -- the complete state of a computation, walked through field by field: into a run store,
 * or out of it again.
 *
 * Who has state gives one function that names its fields, and the same function saves and restores:
 * so no field can be written and forgotten in reading. What was saved comes back to the bit.
 *
 * An error ends the walk: what follows does nothing, and state_result says what it was. Restoring
 * believes nothing it has not checked; a text that is not of its field's form is STATUS_DATA.
 */
#ifndef SRC_STATE_H
#define SRC_STATE_H

#include "src/engine.h"
#include "src/status.h"

typedef struct Store Store; /* store.h, which knows of trainers and so of states */

typedef struct {
  Store *store;
  bool restoring; /* else saving */
  StatusCode code;
  Error error;
} State;

State state_open(Store *store, bool restoring);
MUST_CHECK StatusCode state_result(const State *state, Error *err);

/* A key names a field: another for each. state_key makes one with a number in it. */
typedef struct {
  char text[48];
} StateKey;
StateKey state_key(const char *format, ...) PRINTF_LIKE(1, 2);

void state_integer(State *state, const char *key, int64_t *x, int64_t least, int64_t most);
void state_bool(State *state, const char *key, bool *x);
void state_flags(State *state, const char *key, unsigned char *flag, int64_t count); /* 0 or 1 */
void state_doubles(State *state, const char *key, double *x, int64_t count); /* every bit of them */
void state_ball(State *state, const char *key, arb_t x);
/* text: (size), zero-terminated. */
void state_text(State *state, const char *key, char *text, size_t size);
/* All scalars of an array, the sign of zeros too. */
void state_array(State *state, const char *key, Array *a, const Engine *e);

/* "PATH: damaged: the state has no valid KEY": for what a caller checks. */
void state_refuse(State *state, const char *key);

#endif
