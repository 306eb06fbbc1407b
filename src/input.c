/* input.c -- reading of files that may be pipes: a signal ends the waiting. */
#include "src/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "src/stop.h"

#define POLL_MILLISECONDS 100 /* a signal that comes just before the waiting is seen after it */

/* Signals that are noted do not end an open() or read() that waits (SA_RESTART), and could not if
   they came just before it. So nothing but poll() waits here. */
static StatusCode wait_for_bytes(int file, const char *path, Error *err) {
  struct pollfd watched = {.fd = file, .events = POLLIN};
  int ready = 0;
  while (ready == 0 && stop_signal() == 0) {
    ready = poll(&watched, 1, POLL_MILLISECONDS);
    if (ready < 0 && errno == EINTR) ready = 0;
  }
  if (ready > 0) return STATUS_OK;
  return ready == 0
             ? error_set(err, STATUS_INTERNAL, "%.300s: interrupted while it was read", path)
             : error_set(err, STATUS_IO, "%.300s: reading failed: %s", path, strerror(errno));
}

static StatusCode read_all(char *bytes, size_t *size, size_t most, int file, const char *path,
                           Error *err) {
  while (*size < most) {
    TRY(wait_for_bytes(file, path, err));
    const ssize_t got = read(file, bytes + *size, most - *size);
    if (got == 0) break;
    if (got > 0)
      *size += (size_t)got;
    else if (errno != EINTR && errno != EAGAIN)
      return error_set(err, STATUS_IO, "%.300s: reading failed: %s", path, strerror(errno));
  }
  return STATUS_OK;
}

StatusCode input_read(char *bytes, size_t *size, size_t most, const char *path, Error *err) {
  *size = 0;
  const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0)
    return error_set(err, STATUS_NOINPUT, "%.300s: cannot be opened: %s", path, strerror(errno));
  const StatusCode code = read_all(bytes, size, most, file, path, err);
  close(file);
  return code;
}
