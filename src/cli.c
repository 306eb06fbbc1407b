/* cli.c -- the option table, the parser above it, and the help and quoting made from it. */
#include "src/cli.h"

#include <arb.h>
#include <errno.h>
#include <flint/flint.h>
#include <gmp.h>
#include <gsl/gsl_version.h>
#include <jansson.h>
#include <libconfig.h>
#include <mpfr.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"
#include "src/fast_path.h"
#include "src/fileset.h"
#include "src/params.h"

const OptionInfo option_info[OPTION_COUNT] = {
    [OPTION_INSTANCE] = {"instance", "NAME|FILE", false,
                         "what to train: a built-in instance or a file (reference)"},
    [OPTION_READING] = {"reading", "GATE/LOSS|all", false,
                        "shared or split gates, separate or joint losses (the instance's)"},
    [OPTION_ENGINE] = {"engine", "double|mpfr|ball", false, "arithmetic; ball certifies"},
    [OPTION_PRECISION] = {"precision", "BITS", false,
                          "of mpfr, 53 to 4096 (128); the most for ball (4096)"},
    [OPTION_SEED] = {"seed", "N", false, "seed of all random streams (the instance's)"},
    [OPTION_SET] = {"set", "KEY=VALUE ...", true,
                    "replace parameters of the instance by numbers or formulas"},
    [OPTION_PLAIN] = {"plain", "PATH,...|all", false,
                      "without these fast paths: the same results, slower"},
    [OPTION_ALONG] = {"along", "KEY=V1,V2,...", true, "vary a parameter; several make a grid"},
    [OPTION_X] = {"x", "KEY=V1,V2,...", false, "the parameter of the horizontal axis"},
    [OPTION_Y] = {"y", "KEY=V1,V2,...", false, "the parameter of the vertical axis"},
    [OPTION_SEEDS] = {"seeds", "K", false, "each cell with K seeds, from the first one on"},
    [OPTION_UNTIL_DECIDED] = {"until-decided", "ID", false,
                              "add seeds, at most K, until this probability is decided"},
    [OPTION_JOBS] = {"jobs", "J", false, "cells trained at once (the processors)"},
    [OPTION_PART] = {"part", "I/N", false,
                     "train only every N-th cell, from the I-th on, and collect nothing"},
    [OPTION_CLAIMS] = {"claims", "FILE", false,
                       "read the claims from FILE instead of the built-in ones"},
    [OPTION_LEMMAS] = {"lemmas", "FILE", false,
                       "read the lemmas from FILE instead of the built-in ones"},
    [OPTION_RATES] = {"rates", "FILE", false,
                      "read the rates from FILE instead of the built-in ones"},
    [OPTION_ONLY] = {"only", "ID", true, "this claim only; may be repeated"},
    [OPTION_WHAT_IF] = {"what-if", "NAME", true,
                        "train this change of the instance besides; may be repeated, or: all"},
    [OPTION_LEDGER] = {"ledger", NULL, false, "exit 0 when every verdict is the recorded one"},
    [OPTION_CERTIFY] = {"certify", NULL, false,
                        "bound the distance from the exact trajectory: certified verdicts"},
    [OPTION_REPLAY] = {"replay", NULL, false,
                       "write replay files of certified verdicts and of FAILS"},
    [OPTION_FORMAT] = {"format", "NAME", false, "what is printed (table)"},
    [OPTION_RECORD] = {"record", "EVERY", false,
                       "record every so many steps (stage one densely, stage two 512 times)"},
    [OPTION_AT] = {"at", "T,...", false,
                   "steps whose weights are written, numbers or formulas (0,t1,t1+t2)"},
    [OPTION_RUN] = {"run", "DIR", false, "the report folder that holds run.db"},
    [OPTION_TO] = {"to", "NAME,...", false, "what is written (everything)"},
    [OPTION_COMPARE] = {"compare", NULL, false, "what changed between the folders RUN_A and RUN_B"},
    [OPTION_CHECKPOINT] = {"checkpoint", "SECONDS", false,
                           "how often a run's state is kept, to go on from after a stop (60)"},
    [OPTION_OUT] = {"out", "DIR", false, "folder that is written (./twostage-out)"},
    [OPTION_QUIET] = {"quiet", NULL, false, "no progress"},
    [OPTION_HELP] = {"help", NULL, false, "print this help"},
    [OPTION_VERSION] = {"version", NULL, false, "print the version"},
};

static void print_names(FILE *out, uint64_t options) {
  for (int id = 0; id < OPTION_COUNT; id++)
    if (options & OPTION_BIT(id)) fprintf(out, " --%s", option_info[id].name);
}

static uint64_t options_of(const Command *command) {
  const uint64_t always = OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION);
  return command ? command->options | always : always;
}

static StatusCode unknown_option(const char *word, const Command *command, Error *err) {
  char *names = NULL;
  size_t size = 0;
  FILE *list = open_memstream(&names, &size);
  if (!list) return error_memory(err, "a message");
  print_names(list, options_of(command));
  if (fclose(list) != 0) {
    free(names);
    return error_memory(err, "a message");
  }
  StatusCode code = error_set(err, STATUS_USAGE, "%s%sunknown option '%.60s' (known:%s)",
                              command ? command->name : "", command ? ": " : "", word, names);
  free(names);
  return code;
}

static StatusCode unknown_command(const char *word, Error *err) {
  char names[128];
  size_t used = 0;
  for (const Command *const *c = command_table; *c && used < sizeof names; c++)
    used += (size_t)snprintf(names + used, sizeof names - used, " %s", (*c)->name);
  if (!word)
    return error_set(err, STATUS_USAGE, "expected a command:%s (twostage --help says more)", names);
  return error_set(err, STATUS_USAGE, "unknown command '%.60s' (known:%s)", word, names);
}

/* The option of a command whose name is the `length` characters at name, or OPTION_COUNT. */
static OptionId find_option(const char *name, size_t length, const Command *command) {
  for (int id = 0; id < OPTION_COUNT; id++)
    if ((options_of(command) & OPTION_BIT(id)) && strlen(option_info[id].name) == length &&
        strncmp(option_info[id].name, name, length) == 0)
      return (OptionId)id;
  return OPTION_COUNT;
}

static void keep_repeated(CommandLine *line, OptionId id, char *value) {
  line->repeated[line->repeated_count] = id;
  line->repeated_value[line->repeated_count++] = value;
}

/* Takes the option at argv[*i] and its arguments; *i is left on the last word used. */
static StatusCode take_option(CommandLine *line, int *i, int argc, char **argv, Error *err) {
  const char *name = argv[*i] + 2;
  const size_t length = strcspn(name, "=");
  const bool attached = name[length] == '=';
  const OptionId id = find_option(name, length, line->command);
  if (id == OPTION_COUNT) return unknown_option(argv[*i], line->command, err);
  const OptionInfo *info = &option_info[id];
  if (cli_given(line, id) && !info->repeatable)
    return error_set(err, STATUS_USAGE, "--%s: given twice, expected once", info->name);
  line->given |= OPTION_BIT(id);
  if (!info->argument) {
    if (attached)
      return error_set(err, STATUS_USAGE, "--%s: expected no argument, found '%.60s'", info->name,
                       name + length + 1);
    return STATUS_OK;
  }
  char *value = attached ? argv[*i] + 2 + length + 1 : NULL;
  /* "--out --quiet" is a forgotten argument; one that begins with two dashes can be attached with
   * '='. */
  if (!attached && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0) value = argv[++*i];
  if (!value || !*value)
    return error_set(err, STATUS_USAGE, "--%s: expected an argument, %s", info->name,
                     info->argument);
  if (!info->repeatable) {
    line->value[id] = value;
    return STATUS_OK;
  }
  keep_repeated(line, id, value);
  if (id == OPTION_SET) /* one --set may be followed by several KEY=VALUE */
    while (*i + 1 < argc && argv[*i + 1][0] != '-' && strchr(argv[*i + 1], '='))
      keep_repeated(line, id, argv[++*i]);
  return STATUS_OK;
}

static bool ends_parsing(const CommandLine *line) {
  return cli_given(line, OPTION_HELP) || cli_given(line, OPTION_VERSION);
}

static StatusCode take_word(CommandLine *line, char *word, Error *err) {
  if (!line->command) {
    for (const Command *const *c = command_table; *c; c++)
      if (strcmp((*c)->name, word) == 0) line->command = *c;
    return line->command ? STATUS_OK : unknown_command(word, err);
  }
  const Command *command = line->command;
  if (line->operand_count == command->operand_max)
    return error_set(err, STATUS_USAGE, "%s: unexpected argument '%.60s', expected %s%s",
                     command->name, word, command->operand_max ? "only " : "options only",
                     command->operands);
  line->operand[line->operand_count++] = word;
  return STATUS_OK;
}

StatusCode cli_parse(CommandLine *out, int argc, char **argv, Error *err) {
  *out = (CommandLine){0};
  const size_t most = argc > 0 ? (size_t)argc : 0;
  out->repeated = array_alloc(most, sizeof *out->repeated);
  out->repeated_value = array_alloc(most, sizeof *out->repeated_value);
  out->operand = array_alloc(most, sizeof *out->operand);
  if (!out->repeated || !out->repeated_value || !out->operand)
    return error_memory(err, "the command line");
  bool only_operands = false;
  for (int i = 1; i < argc && !ends_parsing(out); i++) {
    char *word = argv[i];
    if (only_operands || word[0] != '-' || !word[1]) {
      TRY(take_word(out, word, err));
    } else if (strcmp(word, "--") == 0) {
      only_operands = true;
    } else if (strcmp(word, "-h") == 0) {
      out->given |= OPTION_BIT(OPTION_HELP);
    } else if (word[1] == '-') {
      TRY(take_option(out, &i, argc, argv, err));
    } else {
      return unknown_option(word, out->command, err);
    }
  }
  if (!out->command && !ends_parsing(out)) return unknown_command(NULL, err);
  return STATUS_OK;
}

void cli_clear(CommandLine *line) {
  free(line->repeated);
  free(line->repeated_value);
  free(line->operand);
  *line = (CommandLine){0};
}

StatusCode cli_integer(int64_t *out, const CommandLine *line, OptionId id, int64_t min, int64_t max,
                       int64_t otherwise, Error *err) {
  const char *text = line->value[id];
  *out = otherwise;
  if (!text) return STATUS_OK;
  char *end = NULL;
  errno = 0;
  const long long value = strtoll(text, &end, 10);
  const bool digits =
      text[strspn(text, "-0123456789")] == '\0'; /* strtoll would take blanks and a plus */
  if (!digits || end == text || *end || errno == ERANGE || value < min || value > max)
    return error_set(err, STATUS_USAGE,
                     "--%s: expected an integer from %lld to %lld, found '%.60s'",
                     option_info[id].name, (long long)min, (long long)max, text);
  *out = value;
  return STATUS_OK;
}

StatusCode cli_choice(size_t *out, const CommandLine *line, OptionId id, const char *const *choices,
                      Error *err) {
  const char *text = line->value[id];
  *out = 0;
  if (!text) return STATUS_OK;
  char names[256] = "";
  size_t used = 0;
  for (size_t i = 0; choices[i]; i++) {
    if (strcmp(choices[i], text) == 0) {
      *out = i;
      return STATUS_OK;
    }
    if (used < sizeof names)
      used += (size_t)snprintf(names + used, sizeof names - used, " %s", choices[i]);
  }
  return error_set(err, STATUS_USAGE, "--%s: expected one of%s, found '%.60s'",
                   option_info[id].name, names, text);
}

void cli_print_error(const Error *err) {
  if (!*err->message) return;
  Error shown = *err;
  text_clean(shown.message);
  fprintf(stderr, "twostage: %s\n", shown.message);
}

static void print_quoted(FILE *out, const char *word) {
  static const char plain[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%^";
  putc(' ', out);
  if (*word && word[strspn(word, plain)] == '\0') {
    fputs(word, out);
    return;
  }
  putc('\'', out);
  for (; *word; word++) {
    if (*word == '\'')
      fputs("'\\''", out);
    else
      putc(*word, out);
  }
  putc('\'', out);
}

/* Does the option name a file? */
static bool is_file(OptionId id) {
  return id == OPTION_INSTANCE || id == OPTION_CLAIMS || id == OPTION_LEMMAS || id == OPTION_RATES;
}

/* A file that was not named by its path keeps its name, since ./quick and quick are not the same.
 */
static void print_file(FILE *out, const char *path) {
  char name[4096];
  snprintf(name, sizeof name, "%s%s", strchr(path, '/') != NULL ? "./" : "", path_base(path));
  print_quoted(out, name);
}

static void print_option(FILE *out, const CommandLine *line, OptionId id) {
  const OptionInfo *info = &option_info[id];
  if (!info->argument || line->value[id]) fprintf(out, " --%s", info->name);
  if (line->value[id] && is_file(id))
    print_file(out, line->value[id]);
  else if (line->value[id])
    print_quoted(out, line->value[id]);
  for (size_t i = 0; i < line->repeated_count; i++)
    if (line->repeated[i] == id) {
      fprintf(out, " --%s", info->name);
      print_quoted(out, line->repeated_value[i]);
    }
}

StatusCode cli_quote(char **out, const CommandLine *line, Error *err) {
  size_t size = 0;
  *out = NULL;
  FILE *text = open_memstream(out, &size);
  if (!text) return error_memory(err, "the command line");
  fprintf(text, "twostage %s", line->command ? line->command->name : "");
  for (size_t i = 0; i < line->operand_count; i++)
    print_quoted(text, line->operand[i]);
  for (int id = 0; id < OPTION_COUNT; id++)
    if (cli_given(line, (OptionId)id) && id != OPTION_OUT && id != OPTION_QUIET &&
        id != OPTION_CHECKPOINT && id != OPTION_JOBS && id != OPTION_PART)
      print_option(text, line, (OptionId)id);
  if (fclose(text) == 0) return STATUS_OK;
  free(*out);
  *out = NULL;
  return error_memory(err, "the command line");
}

static void help_options(FILE *out, uint64_t options) {
  fputs("\nOptions (defaults in parentheses):\n", out);
  for (int id = 0; id < OPTION_COUNT; id++)
    if (options & OPTION_BIT(id)) {
      char left[40];
      const OptionInfo *info = &option_info[id];
      snprintf(left, sizeof left, "--%s%s%s", info->name, info->argument ? " " : "",
               info->argument ? info->argument : "");
      fprintf(out, "  %-25s %s\n", left, info->help);
    }
}

static void help_program(FILE *out) {
  fputs("Usage: twostage COMMAND [OPTION]...\n"
        "Checks theorems about two-stage training dynamics by running the dynamics.\n\nCommands:\n",
        out);
  for (const Command *const *c = command_table; *c; c++)
    fprintf(out, "  %-9s %s\n", (*c)->name, (*c)->summary);
  help_options(out, options_of(NULL));
  fputs("\nExit status: 0 every judged claim holds; 1 some claim fails; 2 none fails, some cannot "
        "be told;\n"
        "64 usage; 65 bad input file or value; 66 missing input; 70 internal; 73 cannot create; 74 "
        "I/O error.\n"
        "\nExamples:\n  twostage verify --help\n",
        out);
}

void cli_help(FILE *out, const Command *command) {
  if (!command) {
    help_program(out);
    return;
  }
  fprintf(out, "Usage: twostage %s%s%s [OPTION]...\n%s.\n", command->name,
          *command->operands ? " " : "", command->operands, command->summary);
  if (command->details) fprintf(out, "%s\n", command->details);
  help_options(out, options_of(command));
  if (command->options & OPTION_BIT(OPTION_SET)) {
    fputs("\nKeys for --set:\n", out);
    for (int id = 0; id < PARAM_COUNT; id++)
      fprintf(out, "  %-9s %s\n", param_info[id].key, param_info[id].doc);
    fputs("\nBuilt-in instances:", out);
    for (size_t i = 0; instance_builtin_names[i]; i++)
      fprintf(out, " %s", instance_builtin_names[i]);
    putc('\n', out);
  }
  if (command->options & OPTION_BIT(OPTION_PLAIN)) {
    fputs("\nFast paths for --plain, and what is done without them:\n", out);
    for (int path = 0; path < FAST_COUNT; path++)
      fprintf(out, "  %-8s %s; %s\n", fast_path_info[path].name, fast_path_info[path].fast,
              fast_path_info[path].plain);
  }
  fputs("\nExamples:\n", out);
  for (const char *const *example = command->examples; *example; example++)
    fprintf(out, "  twostage %s\n", *example);
}

#define STRING(x) #x
#define STRING_OF(x) STRING(x)

#if __FLINT_RELEASE >= 30000 /* FLINT 3 contains Arb */
#define ARB_VERSION_TEXT FLINT_VERSION
#else
#define ARB_VERSION_TEXT arb_version
#endif

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

#define CONFIG_VERSION                                                                             \
  STRING_OF(LIBCONFIG_VER_MAJOR)                                                                   \
  "." STRING_OF(LIBCONFIG_VER_MINOR) "." STRING_OF(LIBCONFIG_VER_REVISION)

StatusCode cli_each_fact(CliFactVisit visit, void *context, Error *err) {
  const struct {
    const char *key, *value;
  } fact[] = {
      {"twostage", TWOSTAGE_VERSION},   {"compiler", COMPILER},        {"arb", ARB_VERSION_TEXT},
      {"flint", FLINT_VERSION},         {"gmp", gmp_version},          {"gsl", gsl_version},
      {"jansson", JANSSON_VERSION},     {"libconfig", CONFIG_VERSION}, {"mpfr", mpfr_get_version()},
      {"sqlite", sqlite3_libversion()},
  };
  for (size_t i = 0; i < sizeof fact / sizeof *fact; i++)
    TRY(visit(fact[i].key, fact[i].value, context, err));
  return STATUS_OK;
}

static StatusCode print_fact(const char *key, const char *value, void *context, Error *err) {
  (void)err;
  fprintf(context, "%s %s\n", key, value);
  return STATUS_OK;
}

void cli_version(FILE *out) {
  Error err;
  StatusCode code = cli_each_fact(print_fact, out, &err);
  (void)code; /* print_fact never fails; stdout is checked at exit */
}
