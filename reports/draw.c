/* draw.c -- gnuplot as a child process. No shell is involved, and no text of the user's is in its
   arguments: the folder is entered, not named. */
#include "reports/draw.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/text.h"
#include "src/stop.h"

#define PART ".part"

extern char **environ;

/* malloc'ed FOLDER/NAME SUFFIX MORE; NULL when memory is out. */
static char *join(const char *folder, const char *name, const char *suffix, const char *more) {
  const size_t size = strlen(folder) + strlen(name) + strlen(suffix) + strlen(more) + 2;
  char *path = array_alloc(size, 1);
  if (path != NULL) snprintf(path, size, "%s/%s%s%s", folder, name, suffix, more);
  return path;
}

/* ---- the program ---- */

static bool runnable(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* path as it is called after a change of folder. path is taken over. */
static StatusCode absolute(char **out, char *path, Error *err) {
  char folder[4096];
  *out = path;
  if (path != NULL && path[0] != '/') {
    *out = getcwd(folder, sizeof folder) != NULL ? join(folder, path, "", "") : NULL;
    free(path);
  }
  return *out != NULL ? STATUS_OK : error_memory(err, "path of gnuplot");
}

StatusCode draw_find(char **out, const char *program, Error *err) {
  *out = NULL;
  if (strchr(program, '/') != NULL)
    return runnable(program) ? absolute(out, strdup(program), err) : STATUS_OK;
  const char *list = getenv("PATH");
  while (list != NULL && *list != '\0') {
    const size_t length = strcspn(list, ":");
    char *folder = strndup(length > 0 ? list : ".", length > 0 ? length : 1);
    char *path = folder != NULL ? join(folder, program, "", "") : NULL;
    free(folder);
    if (path == NULL) return error_memory(err, "path of gnuplot");
    if (runnable(path)) return absolute(out, path, err);
    free(path);
    list += length;
    list += *list == ':';
  }
  return STATUS_OK;
}

/* ---- the child ---- */

/* *out := our environment but for what would change the bytes that are drawn: the locale, and the
   time zone, which decides how long the date in a pdf is. The texts are environ's. */
static StatusCode make_environment(char ***out, Error *err) {
  static char locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC0";
  size_t count = 0, kept = 0;
  while (environ != NULL && environ[count] != NULL)
    count++;
  *out = array_alloc(count + 3, sizeof **out);
  if (*out == NULL) return error_memory(err, "environment of gnuplot");
  for (size_t i = 0; i < count; i++)
    if (strncmp(environ[i], "LC_ALL=", 7) != 0 && strncmp(environ[i], "TZ=", 3) != 0)
      (*out)[kept++] = environ[i];
  (*out)[kept++] = locale;
  (*out)[kept] = zone;
  return STATUS_OK;
}

/* In the child, where only what is safe after fork may be called. Does not return. */
static void become_gnuplot(const char *gnuplot, const char *folder, char *const *arguments,
                           char *const *environment, int complaints) {
  const int null = open("/dev/null", O_RDWR);
  if (null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(complaints, 2) >= 0 &&
      chdir(folder) == 0)
    execve(gnuplot, arguments, environment);
  static const char failed[] = "cannot be started\n";
  const ssize_t ignored = write(complaints, failed, sizeof failed - 1);
  (void)ignored; /* the exit status says it too */
  _exit(127);
}

/* text := the beginning of what can be read, to the end of the file. */
static void read_all(char *text, size_t size, int fd) {
  size_t used = 0;
  char rest[512];
  for (;;) {
    const bool room = used + 1 < size;
    const ssize_t got = read(fd, room ? text + used : rest, room ? size - 1 - used : sizeof rest);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (room) used += (size_t)got;
  }
  text[used] = '\0';
}

/* Removes the lines that do not speak of the figure: fontconfig tells where it cannot keep its
   cache, for example when there is no home folder; and where the C library has no C.UTF-8, gnuplot
   misses a degree sign, which no figure has. */
static void drop_harmless(char *text) {
  static const char *const harmless[] = {"Fontconfig ", "iconv failed to convert degree sign"};
  char *to = text;
  for (char *line = text, *next; *line != '\0'; line = next) {
    const size_t length = strcspn(line, "\n");
    next = line + length + (line[length] == '\n');
    line[length] = '\0';
    if (strstr(line, harmless[0]) != NULL || strstr(line, harmless[1]) != NULL) continue;
    memmove(to, line, length);
    to += length;
    *to++ = ' ';
  }
  *to = '\0';
}

/* Runs the child and waits for it. *status is that of waitpid; complaints as read_all. */
static StatusCode run(int *status, char *complaints, size_t size, const char *gnuplot,
                      const char *folder, char *const *arguments, char *const *environment,
                      Error *err) {
  int ends[2];
  if (pipe(ends) != 0) return error_set(err, STATUS_IO, "cannot make a pipe: %s", strerror(errno));
  for (int i = 0; i < 2; i++)
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  const pid_t child = fork();
  if (child == 0) become_gnuplot(gnuplot, folder, arguments, environment, ends[1]);
  close(ends[1]);
  if (child > 0) read_all(complaints, size, ends[0]);
  close(ends[0]);
  if (child < 0) return error_set(err, STATUS_IO, "cannot start %s: %s", gnuplot, strerror(errno));
  while (waitpid(child, status, 0) < 0)
    if (errno != EINTR)
      return error_set(err, STATUS_IO, "lost sight of %s: %s", gnuplot, strerror(errno));
  return STATUS_OK;
}

/* *drawn := gnuplot was content with FOLDER/NAME.gp. */
static StatusCode run_script(bool *drawn, char *why, size_t size, const char *gnuplot,
                             const char *folder, const char *name, Error *err) {
  static char self[] = "gnuplot", defaults[] = "--default-settings", evaluate[] = "-e",
              part[] = "part = '" PART "'";
  char complaints[2048], script[256];
  char *arguments[] = {self, defaults, evaluate, part, script, NULL};
  char **environment;
  int status = 0;
  snprintf(script, sizeof script, "%s.gp", name);
  TRY(make_environment(&environment, err));
  StatusCode code =
      run(&status, complaints, sizeof complaints, gnuplot, folder, arguments, environment, err);
  free(environment);
  TRY(code);
  drop_harmless(complaints);
  text_clean(complaints);
  const char *said = complaints + strspn(complaints, " ");
  *drawn = WIFEXITED(status) && WEXITSTATUS(status) == 0 && *said == '\0';
  if (*drawn) return STATUS_OK;
  if (*said == '\0')
    said = WIFEXITED(status) ? "it failed without a word" : "it was ended by a signal";
  snprintf(why, size, "gnuplot, %s: %s", script, said);
  text_clean(why); /* the cut may have gone through a character */
  return STATUS_OK;
}

/* ---- what it has drawn ---- */

/* The offset of the 14 digits of a pdf's creation date; 0 when there is none. */
static long find_date(FILE *pdf) {
  static const char field[] = "/CreationDate (D:";
  size_t matched = 0;
  int c;
  while (matched < sizeof field - 1 && (c = getc(pdf)) != EOF)
    matched = c == field[matched] ? matched + 1 : c == field[0];
  return matched == sizeof field - 1 ? ftell(pdf) : 0;
}

/* Sets the creation date to one that is always the same, in place, because the table at the end of
   a pdf holds the offsets of what is in it. */
static StatusCode fix_date(const char *path, Error *err) {
  static const char date[] = "20000101000000";
  FILE *pdf = fopen(path, "r+b");
  if (pdf == NULL) return error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
  const long at = find_date(pdf);
  const bool fixed =
      (at <= 0 && !ferror(pdf)) || (at > 0 && fseek(pdf, at, SEEK_SET) == 0 &&
                                    fwrite(date, 1, sizeof date - 1, pdf) == sizeof date - 1);
  if (fclose(pdf) == 0 && fixed) return STATUS_OK;
  return error_set(err, STATUS_IO, "%s: cannot set its date: %s", path, strerror(errno));
}

/* The files of a picture, and the names that gnuplot draws them under. What LaTeX puts under its
   texts is called by the name it was drawn under, so it has no other; it comes before the texts,
   which stand for both. */
typedef struct {
  const char *suffix, *drawn;
  bool dated;
  const char *ending; /* of the whole file */
} Part;
static const Part part[] = {{".svg", ".svg" PART, false, "</svg>\n\n"},
                            {".pdf", ".pdf" PART, true, "%%EOF\n"},
                            {"-inc.pdf", "-inc.pdf", true, "%%EOF\n"},
                            {".tex", "-inc.tex", false, "\\endgroup\n"}};
#define PARTS (sizeof part / sizeof *part)

/* gnuplot is content when it could not write all it drew. */
static StatusCode check_ending(const char *path, const char *ending, Error *err) {
  char found[16] = "";
  const size_t length = strlen(ending);
  FILE *file = fopen(path, "rb");
  if (file == NULL) return error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
  const bool read = fseek(file, -(long)length, SEEK_END) == 0 &&
                    fread(found, 1, length, file) == length && memcmp(found, ending, length) == 0;
  fclose(file);
  if (read) return STATUS_OK;
  return error_set(err, STATUS_IO, "%s: gnuplot did not write it to its end: is the disk full?",
                   path);
}

/* Where one file is to be, and where it is drawn. False: no file has so long a path. */
static bool part_paths(char path[PATH_MAX], char drawn[PATH_MAX], const char *folder,
                       const char *name, const Part *p) {
  return snprintf(path, PATH_MAX, "%s/%s%s", folder, name, p->suffix) < PATH_MAX &&
         snprintf(drawn, PATH_MAX, "%s/%s%s", folder, name, p->drawn) < PATH_MAX;
}

/* Puts one file in place. */
static StatusCode settle(const char *folder, const char *name, const Part *p, Error *err) {
  char path[PATH_MAX], drawn[PATH_MAX];
  if (!part_paths(path, drawn, folder, name, p))
    return error_set(err, STATUS_CANTCREAT, "%.200s: the path is too long", folder);
  TRY(check_ending(drawn, p->ending, err));
  if (p->dated) TRY(fix_date(drawn, err));
  if (rename(drawn, path) == 0) return STATUS_OK;
  return error_set(err, STATUS_CANTCREAT, "%s: cannot put in place: %s", path, strerror(errno));
}

/* Removes one file, and what was there before. Allocates nothing: when memory is out, too. */
static void discard(const char *folder, const char *name, const Part *p) {
  char path[PATH_MAX], drawn[PATH_MAX];
  if (!part_paths(path, drawn, folder, name, p)) return;
  unlink(drawn);
  unlink(path);
}

/* What stands under the names that gnuplot draws under: a link would be drawn through. */
static StatusCode clear_the_way(const char *folder, const char *name, Error *err) {
  for (size_t i = 0; i < PARTS; i++) {
    char *drawn = join(folder, name, part[i].drawn, "");
    if (drawn == NULL) return error_memory(err, "path");
    unlink(drawn);
    free(drawn);
  }
  return STATUS_OK;
}

StatusCode draw_figure(bool *drawn, char *why, size_t size, const char *gnuplot, const char *folder,
                       const char *name, Error *err) {
  *drawn = false;
  TRY(stop_check(err));
  /* Until NAME.tex is back, NAME-inc.pdf may be incomplete. */
  char *tex = join(folder, name, ".tex", "");
  if (tex == NULL) return error_memory(err, "path");
  unlink(tex);
  free(tex);
  TRY(clear_the_way(folder, name, err));
  StatusCode code = run_script(drawn, why, size, gnuplot, folder, name, err);
  *drawn = *drawn && code == STATUS_OK;
  for (size_t i = 0; i < PARTS && *drawn; i++) {
    code = settle(folder, name, &part[i], err);
    *drawn = code == STATUS_OK;
  }
  for (size_t i = 0; i < PARTS && !*drawn; i++)
    discard(folder, name, &part[i]);
  return code;
}
