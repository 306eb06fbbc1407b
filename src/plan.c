/* plan.c -- run options turned into instance, readings and engines, and the training of all of
 * them. */
#include "src/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "src/fileset.h"
#include "src/stop.h"
#include "src/trainer.h"

#define DEFAULT_INSTANCE "reference"
#define DEFAULT_OUT "./twostage-out"
#define DEFAULT_PRECISION 128
#define DOUBLE_PRECISION 53
#define DEFAULT_CHECKPOINT_SECONDS 60
#define WAIT_SECONDS 20

bool plan_sets_key(const CommandLine *line, const char *key) {
  const size_t length = strlen(key);
  for (size_t i = 0; i < line->repeated_count; i++) {
    const char *text = line->repeated_value[i];
    if (line->repeated[i] == OPTION_SET && strncmp(text, key, length) == 0 && text[length] == '=')
      return true;
  }
  return false;
}

/* The same key twice, by --set or by an option of its own, is a contradiction or a slip: neither is
 * guessed about. */
static StatusCode refuse_double_keys(const CommandLine *line, Error *err) {
  for (size_t i = 0; i < line->repeated_count; i++) {
    const char *text = line->repeated_value[i];
    const size_t length = strcspn(text, "=") + 1;
    for (size_t j = 0; j < i; j++)
      if (line->repeated[i] == OPTION_SET && line->repeated[j] == OPTION_SET &&
          strncmp(text, line->repeated_value[j], length) == 0)
        return error_set(err, STATUS_USAGE, "--set: %.*s is set twice, expected once",
                         (int)length - 1, text);
  }
  if (cli_given(line, OPTION_SEED) && plan_sets_key(line, "seed"))
    return error_set(err, STATUS_USAGE,
                     "--set: seed is set twice, expected either --seed or --set seed");
  return STATUS_OK;
}

static StatusCode load_instance(Plan *plan, Error *err) {
  const CommandLine *line = plan->line;
  const char *name = line->value[OPTION_INSTANCE];
  int64_t seed;
  TRY(refuse_double_keys(line, err));
  TRY(cli_integer(&seed, line, OPTION_SEED, 0, INT64_MAX, 0, err));
  TRY(instance_load(&plan->instance, name ? name : DEFAULT_INSTANCE, err));
  for (size_t i = 0; i < line->repeated_count; i++)
    if (line->repeated[i] == OPTION_SET)
      TRY(instance_set(&plan->instance, line->repeated_value[i], err));
  if (cli_given(line, OPTION_SEED)) {
    char text[32];
    snprintf(text, sizeof text, "seed=%lld", (long long)seed);
    TRY(instance_set(&plan->instance, text, err));
  }
  return params_resolve(&plan->params, &plan->instance, err);
}

StatusCode plan_set_reading(Plan *plan, Reading reading, Error *err) {
  char text[32];
  const char *name = reading_name(reading);
  const size_t gate = strcspn(name, "/");
  if (plan->params.reading.gate == reading.gate && plan->params.reading.loss == reading.loss)
    return STATUS_OK;
  snprintf(text, sizeof text, "gate=%.*s", (int)gate, name);
  TRY(instance_set(&plan->instance, text, err));
  snprintf(text, sizeof text, "loss=%s", name + gate + 1);
  TRY(instance_set(&plan->instance, text, err));
  return params_resolve(&plan->params, &plan->instance, err);
}

static StatusCode parse_reading(Reading *out, const char *text, Error *err) {
  Error inner;
  if (reading_parse(out, text, &inner) == STATUS_OK) return STATUS_OK;
  return error_set(err, inner.code, "--reading: %.400s", inner.message);
}

static StatusCode choose_readings(Plan *plan, Error *err) {
  const char *text = plan->line->value[OPTION_READING];
  const bool all = text && strcmp(text, "all") == 0;
  plan->reading[0] = plan->params.reading;
  plan->reading_count = all ? PLAN_READINGS : 1;
  if (!text) return STATUS_OK;
  if (all)
    memcpy(plan->reading, readings_all, sizeof plan->reading);
  else
    TRY(parse_reading(&plan->reading[0], text, err));
  const Reading now = plan->params.reading;
  const bool other_gate =
      plan_sets_key(plan->line, "gate") && (all || now.gate != plan->reading[0].gate);
  const bool other_loss =
      plan_sets_key(plan->line, "loss") && (all || now.loss != plan->reading[0].loss);
  if (other_gate || other_loss)
    return error_set(err, STATUS_USAGE,
                     "--set %s: contradicts --reading %s, expected one of the two",
                     other_gate ? "gate" : "loss", text);
  return plan_set_reading(plan, plan->reading[0], err);
}

static StatusCode choose_engines(Plan *plan, PlanDefault engines, Error *err) {
  const char *text = plan->line->value[OPTION_ENGINE];
  int64_t precision;
  TRY(cli_integer(&precision, plan->line, OPTION_PRECISION, PRECISION_MIN, PRECISION_MAX,
                  DEFAULT_PRECISION, err));
  const PlanEngine both[] = {{ENGINE_DOUBLE, DOUBLE_PRECISION, 0}, {ENGINE_MPFR, precision, 0}};
  EngineKind alone = ENGINE_DOUBLE;
  if (text && !engine_parse(&alone, text))
    return error_set(err, STATUS_USAGE, "--engine: expected one of double mpfr ball, found '%.60s'",
                     text);
  const bool certify = cli_given(plan->line, OPTION_CERTIFY);
  if (certify && alone == ENGINE_BALL)
    return error_set(err, STATUS_USAGE,
                     "--certify: --engine ball certifies by itself, expected double or mpfr");
  if (!text && engines == PLAN_BOTH_ENGINES && !certify) {
    memcpy(plan->engine, both, sizeof both);
    plan->engine_count = 2;
    return STATUS_OK;
  }
  if (alone == ENGINE_DOUBLE && cli_given(plan->line, OPTION_PRECISION))
    return error_set(err, STATUS_USAGE,
                     "--precision: the double engine always has %d bits, expected --engine mpfr "
                     "or --engine ball",
                     DOUBLE_PRECISION);
  const int64_t most = cli_given(plan->line, OPTION_PRECISION) ? precision : PRECISION_MAX;
  const PlanEngine choice[] = {
      [ENGINE_DOUBLE] = both[0], [ENGINE_MPFR] = both[1], [ENGINE_BALL] = {ENGINE_BALL, most, 0}};
  plan->engine[0] = choice[alone];
  plan->engine_count = 1;
  return STATUS_OK;
}

/* The length of the longest part of path, ending before a '/' or at its end, that exists. */
static size_t existing_length(const char *path) {
  char *part = array_alloc(strlen(path) + 1, 1);
  size_t length = strlen(path);
  if (!part) return length; /* then nothing is removed */
  memcpy(part, path, length + 1);
  struct stat status;
  while (length > 0 && stat(part, &status) != 0) {
    while (length > 0 && part[length - 1] == '/')
      length--;
    while (length > 0 && part[length - 1] != '/')
      length--;
    part[length] = '\0';
  }
  free(part);
  return length;
}

static bool asks_for(const CommandLine *line, const char *name) {
  for (size_t i = 0; i < line->repeated_count; i++)
    if (line->repeated[i] == OPTION_WHAT_IF &&
        (strcmp(line->repeated_value[i], name) == 0 || strcmp(line->repeated_value[i], "all") == 0))
      return true;
  return false;
}

static StatusCode check_what_if_names(const Plan *plan, Error *err) {
  const CommandLine *line = plan->line;
  char names[WHAT_IFS_MAX * WHAT_IF_NAME_SIZE + 8] = "all";
  for (size_t i = 0; i < plan->what_ifs.count; i++)
    strcat(strcat(names, " "), plan->what_ifs.what_if[i].name);
  for (size_t i = 0; i < line->repeated_count; i++) {
    const char *name = line->repeated_value[i];
    if (line->repeated[i] == OPTION_WHAT_IF && strcmp(name, "all") != 0 &&
        what_ifs_find(&plan->what_ifs, name) == NULL)
      return error_set(err, STATUS_USAGE, "--what-if: expected one of %s, found '%.40s'", names,
                       name);
  }
  return STATUS_OK;
}

/* All are resolved here, so that a mistake costs no training. */
static StatusCode choose_what_ifs(Plan *plan, Error *err) {
  if (!cli_given(plan->line, OPTION_WHAT_IF)) return STATUS_OK;
  TRY(what_ifs_load(&plan->what_ifs, plan->params.family, err));
  TRY(check_what_if_names(plan, err));
  plan->variant = array_alloc(plan->what_ifs.count, sizeof *plan->variant);
  if (plan->variant == NULL) return error_memory(err, "what-ifs");
  for (size_t i = 0; i < plan->what_ifs.count; i++) {
    const WhatIf *what_if = &plan->what_ifs.what_if[i];
    if (!asks_for(plan->line, what_if->name)) continue;
    PlanVariant *variant = &plan->variant[plan->variant_count++];
    variant->what_if = what_if;
    TRY(what_if_apply(&variant->instance, &variant->params, what_if, &plan->instance, &plan->params,
                      err));
    TRY(trainer_check(&variant->params, ENGINE_DOUBLE, err));
  }
  return STATUS_OK;
}

/* Seconds between checkpoints. */
static StatusCode read_checkpoint_seconds(double *out, const CommandLine *line, Error *err) {
  const char *text = line->value[OPTION_CHECKPOINT];
  char *end;
  *out = DEFAULT_CHECKPOINT_SECONDS;
  if (!text) return STATUS_OK;
  *out = strtod(text, &end);
  if (end == text || *end || !(*out >= 0 && *out <= 1e9))
    return error_set(err, STATUS_USAGE,
                     "--checkpoint: expected a number of seconds, 0 or more, found '%.40s'", text);
  return STATUS_OK;
}

static StatusCode digest_fact(const char *key, const char *value, void *digest, Error *err) {
  (void)err;
  digest_bytes(digest, key, strlen(key) + 1);
  digest_bytes(digest, value, strlen(value) + 1);
  return STATUS_OK;
}

/* out := SHA-256 of the program file and of the versions of its libraries, so that what another
   build has trained is not taken for this one's; where there is no such file (not on Linux) the
   versions must do. */
static StatusCode program_digest(char out[DIGEST_SIZE], Error *err) {
  Digest digest;
  TRY(digest_open(&digest, err));
  FILE *self = fopen("/proc/self/exe", "rb");
  unsigned char bytes[65536];
  size_t got;
  while (self != NULL && (got = fread(bytes, 1, sizeof bytes, self)) > 0)
    digest_bytes(&digest, bytes, got);
  StatusCode code = STATUS_OK;
  if (self != NULL && ferror(self))
    code =
        error_set(err, STATUS_IO, "/proc/self/exe: cannot read the program: %s", strerror(errno));
  if (self != NULL) fclose(self);
  if (code == STATUS_OK) code = cli_each_fact(digest_fact, &digest, err);
  digest_close_text(out, &digest);
  return code;
}

StatusCode plan_make(Plan *out, const CommandLine *line, PlanDefault engines, Error *err) {
  *out = (Plan){.line = line};
  out->out = cli_given(line, OPTION_OUT) ? line->value[OPTION_OUT] : DEFAULT_OUT;
  out->out_existed = existing_length(out->out);
  TRY(folder_check(out->out, err));
  TRY(plan_check_inputs(line, err));
  TRY(program_digest(out->program, err));
  TRY(read_checkpoint_seconds(&out->checkpoint_seconds, line, err));
  TRY(choose_engines(out, engines, err)); /* before the instance: cheap mistakes first */
  TRY(fast_paths_parse(&out->plain, line->value[OPTION_PLAIN], err));
  TRY(load_instance(out, err));
  TRY(choose_readings(out, err));
  for (size_t e = 0; e < out->engine_count; e++)
    TRY(trainer_check(&out->params, out->engine[e].kind, err));
  return choose_what_ifs(out, err);
}

void plan_clear(Plan *plan) {
  instance_clear(&plan->instance);
  for (size_t i = 0; i < plan->variant_count; i++)
    instance_clear(&plan->variant[i].instance);
  free(plan->variant);
  what_ifs_clear(&plan->what_ifs);
  *plan = (Plan){0};
}

static StatusCode add_fact(const char *key, const char *value, void *context, Error *err) {
  return store_set_fact(context, key, value, err);
}

/* The same command makes the same bytes, so there is no time in the store unless the user gives
 * one, by the convention of reproducible builds. */
static StatusCode add_date(Store *store, Error *err) {
  const char *text = getenv("SOURCE_DATE_EPOCH");
  if (text == NULL) return STATUS_OK;
  char *end;
  errno = 0;
  const long long seconds = strtoll(text, &end, 10);
  const time_t time = (time_t)seconds;
  struct tm utc;
  char date[64];
  if (end == text || *end || seconds < 0 || errno != 0 || gmtime_r(&time, &utc) == NULL ||
      strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
    return error_set(err, STATUS_USAGE,
                     "SOURCE_DATE_EPOCH: expected seconds since 1970, found '%.40s'", text);
  return store_set_fact(store, "date", date, err);
}

static StatusCode add_facts(Store *store, const Plan *plan, Error *err) {
  char *command;
  TRY(cli_each_fact(add_fact, store, err));
  TRY(add_date(store, err));
  TRY(plan_add_inputs(store, plan, err));
  TRY(cli_quote(&command, plan->line, err));
  StatusCode code = store_set_fact(store, "command", command, err);
  free(command);
  return code;
}

/* The workers of a program that was killed end at their next step, and until then they hold its
   folder. */
static StatusCode wait_create(Store **out, const char *folder, Error *err) {
  const struct timespec pause = {.tv_nsec = 50000000};
  StatusCode code = store_create(out, folder, err);
  for (int i = 0; i < 20 * WAIT_SECONDS && store_is_taken(code, err) && !stop_signal(); i++) {
    nanosleep(&pause, NULL);
    code = store_create(out, folder, err);
  }
  return code;
}

StatusCode plan_create_store(Store **out, const Plan *plan, Error *err) {
  Store *store = NULL;
  *out = NULL;
  StatusCode code = wait_create(&store, plan->out, err);
  if (code == STATUS_OK) code = add_facts(store, plan, err);
  if (code != STATUS_OK) {
    store_close(store);
    plan_remove_folders(plan);
    return code;
  }
  *out = store;
  return STATUS_OK;
}

StatusCode plan_finish_store(Store *store, StatusCode code, const Plan *plan, Error *err) {
  if (stop_signal())
    code = error_set(err, STATUS_INTERNAL, "interrupted; the same command goes on from here");
  if (code == STATUS_OK)
    code = store_finish(store, err);
  else
    store_close(store);
  if (!stop_signal()) plan_remove_workers(plan, code == STATUS_OK);
  if (code != STATUS_OK) plan_remove_folders(plan);
  return code;
}

void plan_remove_folders(const Plan *plan) {
  size_t length = strlen(plan->out);
  char *path = array_alloc(length + 1, 1);
  if (!path) return;
  memcpy(path, plan->out, length + 1);
  while (length > plan->out_existed && rmdir(path) == 0) {
    while (length > 0 && path[length - 1] == '/')
      length--;
    while (length > 0 && path[length - 1] != '/')
      length--;
    path[length] = '\0';
  }
  free(path);
}

static void print_claim_error(const Error *error, void *context) {
  size_t *count = context;
  cli_print_error(error);
  ++*count;
}

void plan_tell_damage(const Error *damage) {
  Error told = *damage;
  snprintf(told.message, sizeof told.message, "%.440s; what it held is trained again",
           damage->message);
  cli_print_error(&told);
}

StatusCode plan_load_claims(ClaimSet *out, const CommandLine *line, Error *err) {
  size_t printed = 0;
  const ErrorSink sink = {print_claim_error, &printed};
  StatusCode code = claims_load(out, line->value[OPTION_CLAIMS], &sink, err);
  if (code != STATUS_OK && printed > 0) err->message[0] = '\0';
  return code;
}
