/* fault.c -- makes the n-th call of a kind fail in a program that knows nothing of it (LD_PRELOAD).
 *
 * FAULT_KIND=alloc: calloc, malloc, realloc, strdup, strndup, open_memstream (NULL, ENOMEM);
 *            write: writes to files, fsync, ftruncate, rename (ENOSPC);
 *            create: opening a file for writing, mkdir (EACCES);
 *            read: reading files (EIO).
 * FAULT_FROM: the calls of the program itself ("program"), or of the library of that name.
 * FAULT_AT=N: call N fails, counted from 1 over all processes of the program; 0: none does.
 * FAULT_LOG=FILE: a line for each call counted, which names the place it came from.
 *
 * Streams that the program opens for writing (for FAULT_KIND=read: for reading) become streams of
 * this file, for the C library calls no function that could be redirected when it empties its own
 * buffers.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The C library's own, under names that need no look-up. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

typedef enum { KIND_NONE, KIND_ALLOC, KIND_WRITE, KIND_CREATE, KIND_READ } Kind;

static Kind kind;
static long at;
static const char *from = "program";
static int journal = -1;
static long *calls; /* shared by all processes */
static struct {
  uintptr_t begin, end;
} program, origin; /* where the program lies in memory, and what FAULT_FROM names */
static __thread bool busy;

static void *next(const char *name) {
  const bool was = busy;
  busy = true;
  void *found = dlsym(RTLD_NEXT, name);
  busy = was;
  return found;
}

/* Looking a place up by dladdr at every allocation took most of the time. */
static int find_places(struct dl_phdr_info *object, size_t size, void *context) {
  uintptr_t end = object->dlpi_addr;
  (void)size;
  (void)context;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    const uintptr_t last = object->dlpi_addr + part->p_vaddr + part->p_memsz;
    if (part->p_type == PT_LOAD && last > end) end = last;
  }
  const uintptr_t entry = getauxval(AT_ENTRY);
  const bool is_program = object->dlpi_addr <= entry && entry < end;
  if (is_program) program.begin = object->dlpi_addr, program.end = end;
  if (strcmp(from, "program") == 0 ? is_program : strstr(object->dlpi_name, from) != NULL)
    origin.begin = object->dlpi_addr, origin.end = end;
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  static const char *const name[] = {"", "alloc", "write", "create", "read"};
  const char *wanted = getenv("FAULT_KIND"), *number = getenv("FAULT_AT");
  const char *path = getenv("FAULT_LOG");
  void *warm[4];
  busy = true;
  backtrace(warm, 4); /* loads what it needs */
  if (path != NULL)
    journal =
        ((int (*)(const char *, int, ...))next("open"))(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (getenv("FAULT_FROM") != NULL) from = getenv("FAULT_FROM");
  if (number != NULL) at = atol(number);
  dl_iterate_phdr(find_places, NULL);
  calls = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int k = 1; k <= 4; k++)
    if (wanted != NULL && strcmp(wanted, name[k]) == 0 &&
        strcmp(program_invocation_short_name, "twostage") == 0)
      kind = (Kind)k; /* what the program starts is left alone */
  busy = false;
}

static bool is_from(const void *place) {
  return origin.begin <= (uintptr_t)place && (uintptr_t)place < origin.end;
}

/* The place as offsets of the three innermost callers in the program: the allocator's are others'.
 */
static void note(void) {
  void *frame[24];
  char line[160];
  int used = 0, shown = 0;
  const int count = backtrace(frame, 24);
  for (int k = 0; k < count && shown < 3; k++) {
    const uintptr_t place = (uintptr_t)frame[k];
    if (place < program.begin || place >= program.end) continue;
    used += snprintf(line + used, sizeof line - (size_t)used, "%lx ",
                     (unsigned long)(place - program.begin));
    shown++;
  }
  line[used] = '\n';
  ssize_t (*put)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))next("write");
  if (put(journal, line, (size_t)used + 1) < 0) abort();
}

/* Is this the call that fails? place: its return address; NULL: whoever calls. */
static bool fails(Kind of, const void *place, int error) {
  if (kind != of || busy) return false;
  busy = true;
  bool hit = false;
  if (place == NULL || is_from(place)) {
    hit = __atomic_add_fetch(calls, 1, __ATOMIC_SEQ_CST) == at;
    if (journal >= 0) note();
  }
  busy = false;
  if (hit) errno = error;
  return hit;
}

#define HERE __builtin_return_address(0)

/* Before a build that counts coverage writes its counts it asks where to: what follows is not the
   program's. */
char *getenv(const char *name) {
  if (strncmp(name, "GCOV_PREFIX", 11) == 0) kind = KIND_NONE;
  return ((char *(*)(const char *))next("getenv"))(name);
}

/* ---- memory ---- */

void *malloc(size_t size) {
  return fails(KIND_ALLOC, HERE, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  return fails(KIND_ALLOC, HERE, ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  return fails(KIND_ALLOC, HERE, ENOMEM) ? NULL : __libc_realloc(old, size);
}

char *strdup(const char *text) {
  if (fails(KIND_ALLOC, HERE, ENOMEM)) return NULL;
  char *copy = __libc_malloc(strlen(text) + 1);
  return copy == NULL ? NULL : strcpy(copy, text);
}

char *strndup(const char *text, size_t most) {
  if (fails(KIND_ALLOC, HERE, ENOMEM)) return NULL;
  const size_t length = strnlen(text, most);
  char *copy = __libc_calloc(length + 1, 1);
  return copy == NULL ? NULL : memcpy(copy, text, length);
}

FILE *open_memstream(char **text, size_t *size) {
  if (fails(KIND_ALLOC, HERE, ENOMEM)) return NULL;
  return ((FILE * (*)(char **, size_t *)) next("open_memstream"))(text, size);
}

/* ---- files ---- */

/* Pipes and terminals are nobody's lasting state. */
static bool is_file(int descriptor) {
  struct stat info;
  return kind != KIND_NONE && !busy && fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

#define REDIRECT(returns, name, kind_, error, arguments, descriptor, ...)                          \
  returns name arguments {                                                                         \
    if (kind == (kind_) && is_file(descriptor) && fails(kind_, NULL, error)) return -1;            \
    return ((returns(*) arguments)next(#name))(__VA_ARGS__);                                       \
  }

REDIRECT(ssize_t, write, KIND_WRITE, ENOSPC, (int fd, const void *p, size_t n), fd, fd, p, n)
REDIRECT(ssize_t, pwrite, KIND_WRITE, ENOSPC, (int fd, const void *p, size_t n, off_t o), fd, fd, p,
         n, o)
REDIRECT(ssize_t, pwrite64, KIND_WRITE, ENOSPC, (int fd, const void *p, size_t n, off_t o), fd, fd,
         p, n, o)
REDIRECT(int, fsync, KIND_WRITE, EIO, (int fd), fd, fd)
REDIRECT(int, fdatasync, KIND_WRITE, EIO, (int fd), fd, fd)
REDIRECT(int, ftruncate, KIND_WRITE, ENOSPC, (int fd, off_t n), fd, fd, n)
REDIRECT(int, ftruncate64, KIND_WRITE, ENOSPC, (int fd, off_t n), fd, fd, n)
REDIRECT(ssize_t, read, KIND_READ, EIO, (int fd, void *p, size_t n), fd, fd, p, n)
REDIRECT(ssize_t, pread, KIND_READ, EIO, (int fd, void *p, size_t n, off_t o), fd, fd, p, n, o)
REDIRECT(ssize_t, pread64, KIND_READ, EIO, (int fd, void *p, size_t n, off_t o), fd, fd, p, n, o)

int rename(const char *old, const char *new) {
  if (fails(KIND_WRITE, NULL, ENOSPC)) return -1;
  return ((int (*)(const char *, const char *))next("rename"))(old, new);
}

int mkdir(const char *path, mode_t mode) {
  if (fails(KIND_CREATE, NULL, EACCES)) return -1;
  return ((int (*)(const char *, mode_t))next("mkdir"))(path, mode);
}

#define OPEN(name)                                                                                 \
  int name(const char *path, int flags, ...) {                                                     \
    va_list arguments;                                                                             \
    va_start(arguments, flags);                                                                    \
    const int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;                                 \
    va_end(arguments);                                                                             \
    if ((flags & O_ACCMODE) != O_RDONLY && strncmp(path, "/dev/", 5) != 0 &&                       \
        fails(KIND_CREATE, NULL, EACCES))                                                          \
      return -1;                                                                                   \
    return ((int (*)(const char *, int, ...))next(#name))(path, flags, mode);                      \
  }
OPEN(open)
OPEN(open64)

/* ---- streams ---- */

static ssize_t stream_write(void *cookie, const char *bytes, size_t count) {
  return fails(KIND_WRITE, NULL, ENOSPC)                                   ? 0
         : fwrite(bytes, 1, count, cookie) == count && fflush(cookie) == 0 ? (ssize_t)count
                                                                           : 0;
}

static ssize_t stream_read(void *cookie, char *bytes, size_t count) {
  return fails(KIND_READ, NULL, EIO) ? -1 : (ssize_t)fread(bytes, 1, count, cookie);
}

static int stream_seek(void *cookie, off64_t *offset, int whence) {
  if (fseeko(cookie, *offset, whence) != 0) return -1;
  *offset = ftello(cookie);
  return 0;
}

static int stream_close(void *cookie) {
  return fclose(cookie);
}

FILE *fopen(const char *path, const char *mode) {
  const bool ours = kind != KIND_NONE && !busy && is_from(HERE) && strncmp(path, "/proc/", 6) != 0;
  const bool writing = mode[0] != 'r';
  if (ours && writing && fails(KIND_CREATE, NULL, EACCES)) return NULL;
  FILE *file = ((FILE * (*)(const char *, const char *)) next("fopen"))(path, mode);
  if (file == NULL || !ours || kind != (writing ? KIND_WRITE : KIND_READ)) return file;
  const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
  busy = true;
  FILE *stream = fopencookie(file, mode, functions);
  busy = false;
  return stream;
}
