/* corruption.h -- files as disks, copies and people spoil them, for tests of what is read back. */
#ifndef TESTS_CORRUPTION_H
#define TESTS_CORRUPTION_H

#include <stddef.h>

#include "src/status.h"

/* What a test does with a spoiled file: reads it, and gives the status and the line of that. */
typedef StatusCode (*CorruptionRead)(void *context, Error *err);

/* Spoils the file in many ways, each by itself, has it read, and puts it back: bits flipped, bytes
   written over, ranges zeroed, ends cut off and added, pages swapped, repeated, and taken from
   another file of the same kind (of other_path). As many times as the environment's CORRUPTIONS
   says, by default 300. Asserts that each is refused with STATUS_DATA and one line that holds
   `named`, and that the file itself is read; notes the counts in one line. */
void corruption_assert(const char *path, const char *other_path, const char *named,
                       CorruptionRead read, void *context, const char *what);

#endif
