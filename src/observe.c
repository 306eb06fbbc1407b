/* observe.c -- the table of observables and the record of one step. */
#include "src/observe.h"

#include <string.h>

const char *const observable_name[OBSERVABLE_COUNT] = {
#define X(name, doc) #name,
    OBSERVABLE_LIST(X)
#undef X
};

const char *const observable_doc[OBSERVABLE_COUNT] = {
#define X(name, doc) doc,
    OBSERVABLE_LIST(X)
#undef X
};

int observable_find(const char *name) {
  for (int i = 0; i < OBSERVABLE_COUNT; i++)
    if (strcmp(observable_name[i], name) == 0) return i;
  return -1;
}

void record_init(Record *record) {
  record->step = 0;
  for (int i = 0; i < OBSERVABLE_COUNT; i++)
    arb_init(&record->value[i]);
}

void record_clear(Record *record) {
  for (int i = 0; i < OBSERVABLE_COUNT; i++)
    arb_clear(&record->value[i]);
}
