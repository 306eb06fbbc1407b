/* fileset.h -- output files of one folder that appear together or not at all. */
#ifndef SRC_FILESET_H
#define SRC_FILESET_H

#include <stdio.h>

#include "src/status.h"

/* The part of a path after its last '/'. */
const char *path_base(const char *path);

/* Makes a folder and its parents; fine when it is there already. STATUS_CANTCREAT. */
MUST_CHECK StatusCode folder_make(const char *folder, Error *err);

/* A folder that is going to be written to may come from a stranger. STATUS_CANTCREAT: in one of the
   folders that the program makes there (figures, replay, checkpoint, cells, worker-N), or in the
   place of one, is something that is neither a file nor a folder: a link leads out of it, a pipe
   never ends. */
MUST_CHECK StatusCode folder_check(const char *folder, Error *err);

typedef struct FileSet FileSet;

/* *out := an empty set of files for a folder, which is made when missing. */
MUST_CHECK StatusCode fileset_open(FileSet **out, const char *folder, Error *err);

/* *out := a stream that writes FOLDER/NAME, until the set is finished under the name
   FOLDER/NAME.part. The stream belongs to the set: it is closed by the next fileset_add or by
   fileset_commit, which also report, as STATUS_IO, what failed in writing to it. STATUS_CANTCREAT.
 */
MUST_CHECK StatusCode fileset_add(FILE **out, FileSet *set, const char *name, Error *err);

/* Puts all files in place, in the order they were added, and frees the set. The last one is the
   seal: one of that name that was there before is removed first, so that it never stands beside
   files that it does not belong to. On failure no .part file stays behind; the set is freed. */
MUST_CHECK StatusCode fileset_commit(FileSet *set, Error *err);

/* Frees the set and removes its .part files; NULL is allowed. */
void fileset_drop(FileSet *set);

#endif
