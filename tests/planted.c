/* planted.c -- a program with the defect it is asked for: the gates of the sanitizers and of
 * valgrind have to find each */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept;

static void leak(void) {
  kept = malloc(10);
  kept = NULL;
}

/* As the workers of the product do: they end without exit. */
static int leak_in_worker(void) {
  const pid_t pid = fork();
  if (pid == 0) {
    leak();
    _exit(0);
  }
  return pid < 0 || waitpid(pid, NULL, 0) != pid;
}

static int overflow_heap(void) {
  volatile size_t size = 8;
  char *bytes = calloc(size, 1);
  if (bytes == NULL) return 1;
  const int beyond = ((volatile char *)bytes)[size];
  free(bytes);
  return beyond == 77;
}

static int overflow_signed(int one) {
  volatile int most = INT_MAX;
  most = most + one;
  return most == 77;
}

static int use_undefined(void) {
  volatile int *number = malloc(sizeof *number);
  if (number == NULL) return 1;
  if (*number == 77) leak();
  free((void *)number);
  return 0;
}

int main(int count, char **word) {
  const char *defect = count == 2 ? word[1] : "";
  if (strcmp(defect, "none") == 0) return 0;
  if (strcmp(defect, "leak") == 0) return leak(), 0;
  if (strcmp(defect, "leak-in-worker") == 0) return leak_in_worker();
  if (strcmp(defect, "heap-overflow") == 0) return overflow_heap();
  if (strcmp(defect, "signed-overflow") == 0) return overflow_signed(count - 1);
  if (strcmp(defect, "undefined-value") == 0) return use_undefined();
  return 64;
}
