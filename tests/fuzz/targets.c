/* targets.c -- the targets but those on run stores: formulas, the files of configuration, replay
 * files, .npy files and the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cfg.h"
#include "src/cli.h"
#include "src/digest.h"
#include "src/npy.h"
#include "src/params.h"
#include "src/what_if.h"
#include "tests/fuzz/fuzz.h"
#include "verify/lemma.h"
#include "verify/rate.h"
#include "verify/replay_file.h"

/* ---- formulas ---- */

static StatusCode name_value(FormulaValue *out, const char *name, slong prec, void *context,
                             Error *err) {
  (void)prec, (void)context;
  if (strcmp(name, "d") == 0)
    formula_value_set_si(out, 16);
  else if (strcmp(name, "lambda") == 0)
    formula_value_set_d(out, 0.0025);
  else
    return error_set(err, STATUS_DATA, "unknown name");
  return STATUS_OK;
}

static StatusCode observable_value(FormulaValue *out, const char *name, int64_t step, slong prec,
                                   void *context, Error *err) {
  (void)context, (void)err, (void)prec;
  formula_value_set_d(out, (double)strlen(name) / (double)(step + 1));
  return STATUS_OK;
}

static StatusCode recorded_steps(const int64_t **steps, size_t *count, void *context, Error *err) {
  static const int64_t step[] = {0, 1, 2, 5, 10};
  (void)context, (void)err;
  *steps = step;
  *count = sizeof step / sizeof *step;
  return STATUS_OK;
}

static void evaluate(const Formula *formula) {
  const FormulaScope scope = {name_value, observable_value, recorded_steps, NULL};
  FormulaValue value;
  Error err = {0};
  int64_t whole;
  double real;
  formula_value_init(&value);
  fuzz_check(formula_eval(&value, formula, &scope, 128, &err), &err);
  fuzz_check(formula_eval_floor(&whole, formula, &scope, &err), &err);
  fuzz_check(formula_eval_double(&real, formula, &scope, &err), &err);
  formula_value_clear(&value);
}

/* What is printed parses, to a tree that is printed alike. */
static void print_twice(const Formula *formula) {
  Error err = {0};
  char *once, *twice;
  Formula *again;
  fuzz_promise(formula_print(&once, formula, &err) == STATUS_OK, "a formula can be printed");
  const StatusCode code = formula_parse(&again, once, (FormulaOrigin){0}, &err);
  fuzz_check(code, &err); /* printed, it may be longer or deeper than is allowed */
  if (code == STATUS_OK) {
    fuzz_promise(formula_print(&twice, again, &err) == STATUS_OK, "a formula can be printed");
    fuzz_promise(strcmp(once, twice) == 0, "printing and parsing gives the same formula");
    free(twice);
    formula_free(again);
  }
  free(once);
}

static void fuzz_formula(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  Error err = {0};
  Formula *formula;
  const StatusCode code = formula_parse(&formula, text, (FormulaOrigin){"F", 1, 1}, &err);
  fuzz_check(code, &err);
  if (code == STATUS_OK) {
    print_twice(formula);
    evaluate(formula);
    formula_free(formula);
  }
  free(text);
}

/* ---- files of configuration ---- */

static void resolve(const Instance *instance) {
  Params params;
  Error err = {0};
  fuzz_check(params_resolve(&params, instance, &err), &err);
}

static void fuzz_instance(const uint8_t *bytes, size_t size) {
  Instance instance;
  Error err = {0};
  const StatusCode code = instance_load(&instance, fuzz_file("input", bytes, size), &err);
  fuzz_check(code, &err);
  if (code != STATUS_OK) return;
  resolve(&instance);
  instance_clear(&instance);
}

static void count_error(const Error *error, void *context) {
  ++*(size_t *)context;
  fuzz_check(error->code, error);
}

static void fuzz_claims(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  size_t errors = 0;
  const ErrorSink sink = {count_error, &errors};
  ClaimSet claims;
  Error err = {0};
  const StatusCode code = claims_load_text(&claims, "F", text, &sink, &err);
  fuzz_check(code, &err);
  fuzz_promise((code == STATUS_OK) == (errors == 0),
               "the sink is told of every error, and of nothing else");
  if (code == STATUS_OK) claims_clear(&claims);
  free(text);
}

static void fuzz_lemmas(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  LemmaSet lemmas;
  Error err = {0};
  const StatusCode code = lemmas_load_text(&lemmas, "F", text, &err);
  fuzz_check(code, &err);
  if (code == STATUS_OK) lemmas_clear(&lemmas);
  free(text);
}

static void fuzz_rates(const uint8_t *bytes, size_t size) {
  static ClaimSet claims;
  char *text = fuzz_text(bytes, size);
  RateSet rates;
  Error err = {0};
  if (claims.count == 0)
    fuzz_promise(claims_load(&claims, NULL, NULL, &err) == STATUS_OK, "shipped claims are read");
  const StatusCode code = rates_load_text(&rates, "F", text, &claims, &err);
  fuzz_check(code, &err);
  if (code == STATUS_OK) rates_clear(&rates);
  free(text);
}

static void apply_all(const WhatIfSet *set) {
  Instance instance;
  Params base;
  Error err = {0};
  fuzz_promise(instance_load(&instance, "quick", &err) == STATUS_OK, "a shipped instance is read");
  fuzz_promise(params_resolve(&base, &instance, &err) == STATUS_OK, "and means something");
  for (size_t i = 0; i < set->count; i++) {
    Instance changed;
    Params params;
    fuzz_check(what_if_apply(&changed, &params, &set->what_if[i], &instance, &base, &err), &err);
    instance_clear(&changed);
  }
  instance_clear(&instance);
}

static void fuzz_what_ifs(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  WhatIfSet set;
  Error err = {0};
  const StatusCode code = what_ifs_load_text(&set, "annealed", "F", text, &err);
  fuzz_check(code, &err);
  if (code == STATUS_OK) apply_all(&set);
  what_ifs_clear(&set);
  free(text);
}

/* ---- other files ---- */

/* The bytes, with a last line that has their digest: or nothing behind that check would be reached.
 */
static void fuzz_replay(const uint8_t *bytes, size_t size) {
  const size_t room = DIGEST_SIZE + 16;
  uint8_t *whole = malloc(size + room);
  char text[DIGEST_SIZE];
  Digest digest;
  ReplayFile file;
  Error err = {0};
  fuzz_promise(whole != NULL, "there is memory");
  fuzz_promise(digest_open(&digest, &err) == STATUS_OK, "there is a digest");
  memcpy(whole, bytes, size);
  digest_bytes(&digest, bytes, size);
  digest_close_text(text, &digest);
  const int tail = snprintf((char *)whole + size, room, "digest %s\n", text);
  fuzz_check(replay_read(&file, fuzz_file("input", whole, size + (size_t)tail), &err), &err);
  replay_clear(&file);
  free(whole);
}

static void fuzz_npy(const uint8_t *bytes, size_t size) {
  NpyArray array;
  Error err = {0};
  const StatusCode code = npy_read(&array, fuzz_file("input", bytes, size), &err);
  fuzz_check(code, &err);
  if (code != STATUS_OK) return;
  fuzz_promise((size_t)array.count <= size / sizeof *array.x,
               "an array is no longer than its file");
  npy_clear(&array);
}

/* ---- the command line ---- */

static StatusCode run_nothing(int *exit_status, const CommandLine *line, Error *err) {
  (void)line, (void)err;
  *exit_status = 0;
  return STATUS_OK;
}

/* A command that takes every option. */
static const Command anything = {.name = "verify",
                                 .operands = "",
                                 .operand_max = 3,
                                 .summary = "",
                                 .options = UINT64_MAX,
                                 .run = run_nothing};
const Command *const command_table[] = {&anything, NULL};

static void read_values(const CommandLine *line) {
  Error err = {0};
  int64_t whole;
  Reading reading;
  Instance instance;
  for (int id = 0; id < OPTION_COUNT; id++)
    if (!option_info[id].repeatable && option_info[id].argument != NULL)
      fuzz_check(cli_integer(&whole, line, (OptionId)id, 0, INT64_MAX, 0, &err), &err);
  fuzz_promise(instance_load(&instance, "quick", &err) == STATUS_OK, "a shipped instance is read");
  for (size_t i = 0; i < line->repeated_count; i++) {
    fuzz_check(instance_set(&instance, line->repeated_value[i], &err), &err);
    fuzz_check(reading_parse(&reading, line->repeated_value[i], &err), &err);
  }
  resolve(&instance);
  instance_clear(&instance);
  char *quoted;
  fuzz_promise(cli_quote(&quoted, line, &err) == STATUS_OK, "a command line can be quoted");
  free(quoted);
}

#define WORDS_MAX 64

/* A word a line. */
static void fuzz_arguments(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size), name[] = "twostage", command[] = "verify";
  char *argv[WORDS_MAX + 3] = {name, command};
  int argc = 2;
  for (char *word = text, *end; argc < WORDS_MAX + 2 && (end = strchr(word, '\n')) != NULL;
       word = end + 1) {
    *end = '\0';
    argv[argc++] = word;
  }
  CommandLine line;
  Error err = {0};
  const StatusCode code = cli_parse(&line, argc, argv, &err);
  fuzz_check(code, &err);
  if (code == STATUS_OK) read_values(&line);
  cli_clear(&line);
  free(text);
}

const FuzzTarget fuzz_targets[] = {{"formula", fuzz_formula},
                                   {"instance", fuzz_instance},
                                   {"claims", fuzz_claims},
                                   {"lemmas", fuzz_lemmas},
                                   {"rates", fuzz_rates},
                                   {"what_ifs", fuzz_what_ifs},
                                   {"replay", fuzz_replay},
                                   {"npy", fuzz_npy},
                                   {"arguments", fuzz_arguments},
                                   {"store", fuzz_store},
                                   {"store_file", fuzz_store_file},
                                   {"checkpoint", fuzz_checkpoint},
                                   {NULL, NULL}};
