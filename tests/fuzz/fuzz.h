/* fuzz.h -- parsers as targets for hostile bytes: each takes any bytes, and ends the program when
 * what comes of them breaks a promise. main.c feeds them files; with -DFUZZ_LIBFUZZER, libFuzzer
 * makes up the bytes. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "src/status.h"

typedef struct {
  const char *name; /* of its folder in the corpus, too */
  void (*run)(const uint8_t *bytes, size_t size);
} FuzzTarget;

extern const FuzzTarget fuzz_targets[]; /* ends with a name NULL */

/* Ends the program, after a line on what is wrong, unless the promise is kept. */
void fuzz_promise(int kept, const char *what);
/* A failure says what is wrong in one line without control characters, by a status that is one;
 * nothing is our own fault. */
void fuzz_check(StatusCode code, const Error *err);
/* The bytes as a text, to the first zero byte; the caller frees. */
char *fuzz_text(const uint8_t *bytes, size_t size);
/* The path of a scratch file NAME that holds the bytes; one at a time. */
const char *fuzz_file(const char *name, const uint8_t *bytes, size_t size);
/* The folder of scratch files. */
const char *fuzz_folder(void);
#define FUZZ_CHECKPOINT "checkpoint" /* of a checkpoint in it */

void fuzz_store(const uint8_t *bytes, size_t size);
void fuzz_store_file(const uint8_t *bytes, size_t size);
void fuzz_checkpoint(const uint8_t *bytes, size_t size);

#endif
