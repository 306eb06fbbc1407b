/* cli.h -- the command line: one table of options, one table of commands, and the parser above
 * them. Help, usage errors and the recorded command line are all made from the two tables. */
#ifndef SRC_CLI_H
#define SRC_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "src/status.h"

typedef enum {
  OPTION_INSTANCE,
  OPTION_READING,
  OPTION_ENGINE,
  OPTION_PRECISION,
  OPTION_SEED,
  OPTION_SET,
  OPTION_PLAIN,
  OPTION_ALONG,
  OPTION_X,
  OPTION_Y,
  OPTION_SEEDS,
  OPTION_UNTIL_DECIDED,
  OPTION_JOBS,
  OPTION_PART,
  OPTION_CLAIMS,
  OPTION_LEMMAS,
  OPTION_RATES,
  OPTION_ONLY,
  OPTION_WHAT_IF,
  OPTION_LEDGER,
  OPTION_CERTIFY,
  OPTION_REPLAY,
  OPTION_FORMAT,
  OPTION_RECORD,
  OPTION_AT,
  OPTION_RUN,
  OPTION_TO,
  OPTION_COMPARE,
  OPTION_CHECKPOINT,
  OPTION_OUT,
  OPTION_QUIET,
  OPTION_HELP,
  OPTION_VERSION,
  OPTION_COUNT
} OptionId;

typedef struct {
  const char *name;     /* without the two dashes */
  const char *argument; /* what help calls it; NULL for a switch */
  bool repeatable;
  const char *help;
} OptionInfo;
extern const OptionInfo option_info[OPTION_COUNT];

/* Sets of options are bit sets. */
#define OPTION_BIT(id) (UINT64_C(1) << (id))
#define OPTION_RUN_SET                                                                             \
  (OPTION_BIT(OPTION_INSTANCE) | OPTION_BIT(OPTION_READING) | OPTION_BIT(OPTION_ENGINE) |          \
   OPTION_BIT(OPTION_PRECISION) | OPTION_BIT(OPTION_SEED) | OPTION_BIT(OPTION_SET) |               \
   OPTION_BIT(OPTION_PLAIN) | OPTION_BIT(OPTION_CHECKPOINT) | OPTION_BIT(OPTION_OUT) |             \
   OPTION_BIT(OPTION_QUIET))

typedef struct Command Command;

/* A parsed command line. The texts belong to argv. */
typedef struct {
  const Command *command;    /* NULL: --help or --version for the program itself */
  uint64_t given;            /* the options that are present */
  char *value[OPTION_COUNT]; /* the argument of an option that is not repeatable, or NULL */
  OptionId *repeated;        /* repeatable options in the order given: which ... */
  char **repeated_value;     /* ... and its argument; (repeated_count) each */
  size_t repeated_count;
  char **operand; /* (operand_count) */
  size_t operand_count;
} CommandLine;

/* A command: each src/cmd_*.c ends with one. */
struct Command {
  const char *name;
  const char *operands; /* as in "list | show ID"; "" if none */
  size_t operand_max;
  const char *summary; /* one line */
  const char *details; /* defaults and what is written where; may be NULL */
  /* Command lines that work, without "twostage "; in the order of the commands, one may read what
   * another has written. Ends with NULL. A test runs them. */
  const char *const examples[4];
  uint64_t options;
  /* Does the work. *exit_status is what the program exits with when STATUS_OK is returned; it is 0
   * on entry. */
  StatusCode (*run)(int *exit_status, const CommandLine *line, Error *err);
};
extern const Command cmd_verify, cmd_train, cmd_export, cmd_sweep, cmd_map, cmd_claims, cmd_report,
    cmd_replay, cmd_bench;
extern const Command *const command_table[]; /* ends with NULL */

/* *out := argv parsed; cli_clear releases it. Options may follow operands, "--" ends them, names
   are matched exactly (an abbreviation that works today would break when an option is added).
   --help and --version end the parsing where they stand. Errors: STATUS_USAGE. */
MUST_CHECK StatusCode cli_parse(CommandLine *out, int argc, char **argv, Error *err);
void cli_clear(CommandLine *line); /* a zeroed CommandLine is allowed */

static inline bool cli_given(const CommandLine *line, OptionId id) {
  return (line->given & OPTION_BIT(id)) != 0;
}

/* *out := the argument of a single option as a decimal integer in min..max, or `otherwise` when the
 * option is not given. STATUS_USAGE. */
MUST_CHECK StatusCode cli_integer(int64_t *out, const CommandLine *line, OptionId id, int64_t min,
                                  int64_t max, int64_t otherwise, Error *err);

/* *out := the index of the option's argument among the choices (NULL-terminated), 0 when the option
 * is not given. STATUS_USAGE lists the choices. */
MUST_CHECK StatusCode cli_choice(size_t *out, const CommandLine *line, OptionId id,
                                 const char *const *choices, Error *err);

/* *out := the command line as a shell would take it, options in the order of the table, without
   --out, --quiet, --checkpoint, --jobs and --part, which decide nothing that is computed, and with
   ./NAME for a file FOLDER/NAME: so the record of a run has the same bytes wherever it is written,
   and names no place of its writer's. malloc'ed, the caller frees. */
MUST_CHECK StatusCode cli_quote(char **out, const CommandLine *line, Error *err);

/* Writes "twostage: MESSAGE" to stderr: one line, whatever stands in the texts that the user gave
   us. An empty message means that everything has been said already: nothing is written. */
void cli_print_error(const Error *err);

/* Help of one command, or of the program when command is NULL; the version with those of the
 * libraries. */
void cli_help(FILE *out, const Command *command);
void cli_version(FILE *out);

/* Calls visit for each piece of provenance that is known before anything is run: program, compiler
 * and library versions. */
typedef StatusCode (*CliFactVisit)(const char *key, const char *value, void *context, Error *err);
MUST_CHECK StatusCode cli_each_fact(CliFactVisit visit, void *context, Error *err);

#endif
