/* main.c -- feeds the targets files of a corpus, or, with libFuzzer, what that makes up.
 *
 * fuzz TARGET FILE...   TARGET runs on each file. With libFuzzer the variable FUZZ_TARGET names it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

static char folder[128] = "";

/* Scratch files, in folders of one level. */
static void remove_all(const char *path) {
  char inside[512];
  DIR *names = opendir(path);
  if (names == NULL) return;
  for (const struct dirent *entry; (entry = readdir(names)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(inside, sizeof inside, "%.200s/%.250s", path, entry->d_name);
    if (unlink(inside) != 0) remove_all(inside);
  }
  closedir(names);
  rmdir(path);
}

static void remove_folder(void) {
  remove_all(folder);
}

const char *fuzz_folder(void) {
  if (folder[0] != '\0') return folder;
  const char *parent = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%.100s/fuzz.XXXXXX", parent != NULL ? parent : "/tmp");
  fuzz_promise(mkdtemp(folder) != NULL, "there is a folder for scratch files");
  atexit(remove_folder);
  return folder;
}

void fuzz_promise(int kept, const char *what) {
  if (kept) return;
  fprintf(stderr, "promise broken: %s\n", what);
  abort();
}

void fuzz_check(StatusCode code, const Error *err) {
  if (code == STATUS_OK) return;
  static const StatusCode allowed[] = {STATUS_USAGE, STATUS_DATA, STATUS_NOINPUT};
  int found = 0;
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
    found += code == allowed[i];
  if (!found) fprintf(stderr, "status %d: %s\n", (int)code, err->message);
  fuzz_promise(found, "a bad input is called that");
  fuzz_promise(err->code == code, "the status is that of the message");
  fuzz_promise(err->message[0] != '\0', "a failure says why");
}

char *fuzz_text(const uint8_t *bytes, size_t size) {
  char *text = malloc(size + 1);
  fuzz_promise(text != NULL, "there is memory");
  memcpy(text, bytes, size);
  text[size] = '\0';
  return text;
}

const char *fuzz_file(const char *name, const uint8_t *bytes, size_t size) {
  static char path[192];
  snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
  FILE *out = fopen(path, "wb");
  fuzz_promise(out != NULL && fwrite(bytes, 1, size, out) == size && fclose(out) == 0,
               "a scratch file is written");
  return path;
}

static const FuzzTarget *find_target(const char *name) {
  const FuzzTarget *target = fuzz_targets;
  while (target->name != NULL && (name == NULL || strcmp(target->name, name) != 0))
    target++;
  if (target->name == NULL) fprintf(stderr, "no target '%s'\n", name != NULL ? name : "");
  return target->name != NULL ? target : NULL;
}

#ifdef FUZZ_LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static const FuzzTarget *target;
  if (target == NULL) target = find_target(getenv("FUZZ_TARGET"));
  if (target == NULL) abort();
  target->run(bytes, size);
  return 0;
}
#else
#define BYTES_MAX (1 << 22)

int main(int argc, char **argv) {
  const FuzzTarget *target = find_target(argc > 1 ? argv[1] : NULL);
  uint8_t *bytes = malloc(BYTES_MAX);
  if (target == NULL || bytes == NULL) return 64;
  for (int i = 2; i < argc; i++) {
    FILE *in = fopen(argv[i], "rb");
    if (in == NULL) return 66;
    const size_t size = fread(bytes, 1, BYTES_MAX, in);
    fclose(in);
    fprintf(stderr, "%s\n", argv[i]); /* the last one named is the one that broke it */
    target->run(bytes, size);
  }
  free(bytes);
  printf("%d\n", argc - 2); /* how many were run: a program that ends early has not said it */
  return 0;
}
#endif
