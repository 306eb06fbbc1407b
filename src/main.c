/* main.c -- the table of commands, and what surrounds each: streams, signals, the one error line,
 * the exit status. */
#include <errno.h>
#include <fcntl.h>
#include <flint/flint.h>
#include <mpfr.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/cli.h"
#include "src/stop.h"

const Command *const command_table[] = {&cmd_verify, &cmd_train,  &cmd_export, &cmd_sweep, &cmd_map,
                                        &cmd_claims, &cmd_replay, &cmd_report, &cmd_bench, NULL};

/* A closed standard stream would lend its number to the next file that is opened, and what is
   printed would end up in the run store. Opened the wrong way round, the stand-in makes writing
   fail, as it should. */
static void keep_stream_numbers(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
        open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      _exit(STATUS_IO);
}

static StatusCode flush_output(Error *err) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return STATUS_OK;
  return error_set(err, STATUS_IO, "standard output: %s", errno ? strerror(errno) : "write error");
}

static StatusCode run(int *exit_status, int argc, char **argv, Error *err) {
  CommandLine line;
  StatusCode code = cli_parse(&line, argc, argv, err);
  if (code == STATUS_OK) {
    if (cli_given(&line, OPTION_HELP))
      cli_help(stdout, line.command);
    else if (cli_given(&line, OPTION_VERSION))
      cli_version(stdout);
    else
      code = line.command->run(exit_status, &line, err);
  }
  cli_clear(&line);
  if (code == STATUS_OK) code = flush_output(err);
  return code;
}

int main(int argc, char **argv) {
  int exit_status = 0;
  Error err = {STATUS_OK, ""};
  keep_stream_numbers();
  signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other */
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is one, too */
  stop_catch(SIGINT, false);
  stop_catch(SIGTERM, false);
  const StatusCode code = run(&exit_status, argc, argv, &err);
  mpfr_free_cache();
  flint_cleanup();
  const int number = stop_signal();
  if (code != STATUS_OK && number != 0) {
    fprintf(stderr, "twostage: stopped by signal %d: %s\n", number, err.message);
    signal(number, SIG_DFL); /* so that the caller sees how it ended */
    raise(number);
  }
  if (code != STATUS_OK) cli_print_error(&err);
  return code != STATUS_OK ? (int)code : exit_status;
}
