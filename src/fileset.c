/* fileset.c -- files are written under temporary names and renamed when all of them are complete.
 */
#include "src/fileset.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *path, *part; /* owned; part is path with ".part" */
} File;

struct FileSet {
  char *folder;
  File *file; /* (count); the last one may be open */
  size_t count, room;
  FILE *stream; /* NULL, or of the last file */
};

static StatusCode make_one(const char *path, Error *err) {
  struct stat info;
  if (mkdir(path, 0777) == 0) return STATUS_OK;
  const int failed = errno;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return STATUS_OK;
  return error_set(err, STATUS_CANTCREAT, "%s: cannot make this folder: %s", path,
                   strerror(failed));
}

const char *path_base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

StatusCode folder_make(const char *folder, Error *err) {
  const size_t length = strlen(folder);
  if (length == 0)
    return error_set(err, STATUS_CANTCREAT, "'': cannot make a folder without a name");
  char *path = array_alloc(length + 1, 1);
  if (path == NULL) return error_memory(err, "path");
  StatusCode code = STATUS_OK;
  for (size_t k = 1; k <= length && code == STATUS_OK; k++)
    if (folder[k] == '/' || folder[k] == '\0') {
      memcpy(path, folder, k);
      code = make_one(path, err);
    }
  free(path);
  return code;
}

/* malloc'ed a b c; NULL when memory runs out. */
static char *join(const char *a, const char *b, const char *c) {
  const size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
  char *text = array_alloc(size, 1);
  if (text != NULL) snprintf(text, size, "%s%s%s", a, b, c);
  return text;
}

/* ---- what may stand in a folder that somebody else filled ---- */

#define OWN_DEPTH 3 /* cells/NAME/checkpoint */

static bool is_own(const char *name) {
  static const char *const own[] = {"figures", "replay", "checkpoint", "cells"};
  for (size_t k = 0; k < sizeof own / sizeof *own; k++)
    if (strcmp(name, own[k]) == 0) return true;
  return strncmp(name, "worker-", 7) == 0;
}

static StatusCode check_entries(const char *folder, int depth, Error *err);

/* What is not there, or cannot be looked at, is left to those who want something of it. */
static StatusCode check_entry(const char *path, int depth, Error *err) {
  struct stat info;
  if (lstat(path, &info) != 0) return STATUS_OK;
  if (S_ISDIR(info.st_mode)) return depth < OWN_DEPTH ? check_entries(path, depth, err) : STATUS_OK;
  if (S_ISREG(info.st_mode)) return STATUS_OK;
  return error_set(err, STATUS_CANTCREAT, "%s: %s, expected a plain file or folder", path,
                   S_ISLNK(info.st_mode) ? "a link" : "a pipe or device");
}

static StatusCode check_entries(const char *folder, int depth, Error *err) {
  DIR *entries = opendir(folder);
  StatusCode code = STATUS_OK;
  if (entries == NULL) return STATUS_OK;
  for (const struct dirent *e; code == STATUS_OK && (e = readdir(entries)) != NULL;) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    if (depth == 0 && !is_own(e->d_name)) continue;
    char *path = join(folder, "/", e->d_name);
    code = path != NULL ? check_entry(path, depth + 1, err) : error_memory(err, "path");
    free(path);
  }
  closedir(entries);
  return code;
}

StatusCode folder_check(const char *folder, Error *err) {
  return check_entries(folder, 0, err);
}

/* ---- sets ---- */

StatusCode fileset_open(FileSet **out, const char *folder, Error *err) {
  *out = NULL;
  TRY(folder_make(folder, err));
  FileSet *set = array_alloc(1, sizeof *set);
  if (set != NULL) set->folder = join(folder, "", "");
  if (set == NULL || set->folder == NULL) {
    fileset_drop(set);
    return error_memory(err, "output files");
  }
  *out = set;
  return STATUS_OK;
}

/* Closes the stream of the last file. What made an earlier write fail is no longer known; writing
   one byte more to a file that is going to be dropped anyway finds out. */
static StatusCode stream_close(FileSet *set, Error *err) {
  if (set->stream == NULL) return STATUS_OK;
  const bool earlier = ferror(set->stream) != 0;
  if (earlier) fputc(0, set->stream);
  int failed = earlier ? EIO : 0;
  if (fflush(set->stream) != 0) failed = errno;
  if (fclose(set->stream) != 0 && failed == 0) failed = errno;
  set->stream = NULL;
  if (failed == 0) return STATUS_OK;
  return error_set(err, STATUS_IO, "%s: writing failed: %s", set->file[set->count - 1].path,
                   strerror(failed));
}

static StatusCode make_room(FileSet *set, Error *err) {
  if (set->count < set->room) return STATUS_OK;
  const size_t room = set->room == 0 ? 16 : 2 * set->room;
  File *more = realloc(set->file, room * sizeof *more);
  if (more == NULL) return error_memory(err, "output files");
  set->file = more;
  set->room = room;
  return STATUS_OK;
}

StatusCode fileset_add(FILE **out, FileSet *set, const char *name, Error *err) {
  TRY(stream_close(set, err));
  TRY(make_room(set, err));
  File file = {.path = join(set->folder, "/", name)};
  if (file.path != NULL) file.part = join(file.path, ".part", "");
  if (file.part == NULL) {
    free(file.path);
    return error_memory(err, "output files");
  }
  /* Made anew: what a stranger put there may be a link to somewhere else. */
  unlink(file.part);
  *out = set->stream = fopen(file.part, "wbx");
  if (*out == NULL) {
    const StatusCode code =
        error_set(err, STATUS_CANTCREAT, "%s: cannot create: %s", file.part, strerror(errno));
    free(file.path), free(file.part);
    return code;
  }
  set->file[set->count++] = file;
  return STATUS_OK;
}

static StatusCode rename_all(FileSet *set, Error *err) {
  if (set->count == 0) return STATUS_OK;
  const File *seal = &set->file[set->count - 1];
  if (unlink(seal->path) != 0 && errno != ENOENT)
    return error_set(err, STATUS_CANTCREAT, "%s: cannot replace: %s", seal->path, strerror(errno));
  for (size_t k = 0; k < set->count; k++)
    if (rename(set->file[k].part, set->file[k].path) != 0)
      return error_set(err, STATUS_CANTCREAT, "%s: cannot put in place: %s", set->file[k].path,
                       strerror(errno));
  return STATUS_OK;
}

StatusCode fileset_commit(FileSet *set, Error *err) {
  StatusCode code = stream_close(set, err);
  if (code == STATUS_OK) code = rename_all(set, err);
  fileset_drop(set);
  return code;
}

/* After a rename there is no .part file of that name any more, and unlink does nothing. */
void fileset_drop(FileSet *set) {
  if (set == NULL) return;
  if (set->stream != NULL) fclose(set->stream);
  for (size_t k = 0; k < set->count; k++) {
    unlink(set->file[k].part);
    free(set->file[k].path), free(set->file[k].part);
  }
  free(set->file);
  free(set->folder);
  free(set);
}
