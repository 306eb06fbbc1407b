/* replay_file.c -- writes and reads replay files. */
#include "verify/replay_file.h"

#include <stdlib.h>
#include <string.h>

#include "src/input.h"
#include "src/store_internal.h"
#include "verify/covered.h"
#include "verify/replay_claim.h"

#define FIRST_LINE "twostage replay 2"
#define FILE_MAX (CLAIMS_FILE_MAX + 65536)

const ObservableId replay_witness[REPLAY_WITNESSES] = {OBS_K1,     OBS_K2,      OBS_norm_W,
                                                       OBS_norm_V, OBS_trace_W, OBS_trace_V};

StatusCode replay_data_digest(char out[DIGEST_SIZE], const Dataset *data, Error *err) {
  Digest digest;
  TRY(digest_open(&digest, err));
  const size_t tokens = (size_t)(data->N * (data->L + 1)), d = (size_t)data->d;
  digest_doubles(&digest, data->y, tokens);
  for (int b = 0; b < BLOCK_COUNT; b++)
    digest_doubles(&digest, data->x[b], tokens * d);
  digest_doubles(&digest, data->w_star, d);
  digest_doubles(&digest, data->z, d);
  digest_close_text(out, &digest);
  return STATUS_OK;
}

/* out := the digest of a text, as sha256sum gives it. */
static StatusCode text_digest(char out[DIGEST_SIZE], const char *text, size_t size, Error *err) {
  Digest digest;
  TRY(digest_open(&digest, err));
  digest_bytes(&digest, text, size);
  digest_close_text(out, &digest);
  return STATUS_OK;
}

/* ---- what can be replayed ---- */

bool replay_is_infinity(const arb_t x) {
  return arb_is_exact(x) && !arb_is_finite(x) && !arf_is_nan(arb_midref(x));
}

bool replay_is_number(const arb_t x) {
  if (!arb_is_finite(x)) return replay_is_infinity(x);
  arf_t least;
  arf_init(least);
  arf_abs(least, arb_midref(x));
  if (arf_cmp_si(least, 1) < 0) arf_one(least);
  arf_mul_2exp_si(least, least, REPLAY_PRECISION);
  const bool precise = arf_cmpabs_mag(least, arb_radref(x)) >= 0;
  arf_clear(least);
  return precise;
}

/* Whether a number of a verdict may stand in a file; NULL (none) may. */
static bool text_is_number(const char *text) {
  arb_t x;
  arb_init(x);
  const bool good = text == NULL || (ball_load(x, text) && replay_is_number(x));
  arb_clear(x);
  return good;
}

bool replay_is_possible(char why[REPLAY_WHY_SIZE], const Claim *claim, const VerdictRow *verdict,
                        const Trace *trace) {
  const Params *params = &trace->info.params;
  const char *missed = claim_not_replayed(claim), *wide = NULL;
  for (int i = 0; i < REPLAY_WITNESSES; i++) {
    arb_srcptr x = trace->value[replay_witness[i]] + trace->count - 1;
    if (!arb_is_finite(x) || !replay_is_number(x)) wide = observable_name[replay_witness[i]];
  }
  if (!text_is_number(verdict->bound)) wide = "bound";
  if (!text_is_number(verdict->value)) wide = "value";
  *why = '\0';
  if (params->optimizer != OPTIMIZER_SGD || params->attention != ATTENTION_RELU)
    snprintf(why, REPLAY_WHY_SIZE, "not sgd with relu");
  else if (missed != NULL)
    snprintf(why, REPLAY_WHY_SIZE, "a replay has no %.40s of its own", missed);
  else if (wide != NULL)
    snprintf(why, REPLAY_WHY_SIZE, "%s is not known to 2^%d", wide, REPLAY_PRECISION);
  return *why == '\0';
}

/* ---- writing ---- */

static void put_ball(FILE *out, const char *key, const arb_t x) {
  char *text = arb_dump_str(x);
  fprintf(out, "%s %s\n", key, text);
  flint_free(text);
}

static StatusCode put_content(FILE *out, const Claim *claim, const VerdictRow *verdict,
                              const Trace *trace, const char *data, const char *weights,
                              Error *err) {
  char text[64];
  fprintf(out, "%s\nverdict %s\ncertainty %s\n", FIRST_LINE, verdict->verdict,
          verdict->certified ? "certified" : "computed");
  fprintf(out, "value %s\nbound %s\n", verdict->value ? verdict->value : "-",
          verdict->bound ? verdict->bound : "-");
  fprintf(out, "data %s\nweights %s\n", data, weights);
  for (int i = 0; i < REPLAY_WITNESSES; i++)
    put_ball(out, observable_name[replay_witness[i]],
             trace->value[replay_witness[i]] + trace->count - 1);
  for (int id = 0; id < PARAM_COUNT; id++) {
    params_format(text, sizeof text, &trace->info.params, (ParamId)id);
    fprintf(out, "%s=%s\n", param_info[id].key, text);
  }
  return replay_put_claim(out, claim, err);
}

StatusCode replay_write(FILE *out, const Claim *claim, const VerdictRow *verdict,
                        const Trace *trace, const char *data, const char *weights, Error *err) {
  char *text = NULL, digest[DIGEST_SIZE];
  size_t size = 0;
  FILE *memory = open_memstream(&text, &size);
  if (memory == NULL) return error_memory(err, "a replay file");
  StatusCode code = put_content(memory, claim, verdict, trace, data, weights, err);
  if (fclose(memory) != 0 && code == STATUS_OK) code = error_memory(err, "a replay file");
  if (code == STATUS_OK) code = text_digest(digest, text, size, err);
  if (code == STATUS_OK) fprintf(out, "%sdigest %s\n", text, digest);
  free(text);
  return code;
}

/* ---- reading ---- */

typedef struct {
  const char *path;
  char *next; /* the rest of the text */
  int line;
} Reader;

static StatusCode refuse(const Reader *r, const char *expected, Error *err) {
  return error_set(err, STATUS_DATA, "%s:%d: expected %s", r->path, r->line, expected);
}

/* *out := the next line, cut off. */
static StatusCode next_line(char **out, Reader *r, Error *err) {
  char *end = strchr(r->next, '\n');
  r->line++;
  if (end == NULL) return refuse(r, "another line", err);
  *end = '\0';
  *out = r->next;
  r->next = end + 1;
  return STATUS_OK;
}

/* *out := what stands behind KEY on the next line. */
static StatusCode next_value(char **out, Reader *r, const char *key, char separator, Error *err) {
  const size_t length = strlen(key);
  char *line = NULL, wanted[64];
  TRY(next_line(&line, r, err));
  snprintf(wanted, sizeof wanted, "'%s%cVALUE'", key, separator);
  if (strncmp(line, key, length) != 0 || line[length] != separator) return refuse(r, wanted, err);
  *out = line + length + 1;
  return STATUS_OK;
}

/* *has := whether there is a ball ("-": none). One that is not a number to a relative 2^-20 meets
   nearly every other: to confirm it would say nothing. */
static StatusCode next_ball(arb_t out, bool *has, Reader *r, const char *key, Error *err) {
  char *text = NULL;
  TRY(next_value(&text, r, key, ' ', err));
  *has = strcmp(text, "-") != 0;
  if (!*has) return STATUS_OK;
  if (!ball_load(out, text))
    return error_set(err, STATUS_DATA, "%s:%d: %s: expected the text of a ball", r->path, r->line,
                     key);
  if (replay_is_number(out)) return STATUS_OK;
  return error_set(err, STATUS_DATA,
                   "%s:%d: %s: expected a number with radius <= 2^%d max(1, size)", r->path,
                   r->line, key, REPLAY_PRECISION);
}

static StatusCode read_params(Params *out, Reader *r, Error *err) {
  Instance instance;
  TRY(instance_load(&instance, "quick", err)); /* every formula of which is replaced */
  StatusCode code = STATUS_OK;
  for (int id = 0; id < PARAM_COUNT && code == STATUS_OK; id++) {
    char *value = NULL;
    code = next_value(&value, r, param_info[id].key, '=', err);
    if (code == STATUS_OK) code = instance_assign(&instance, (ParamId)id, value, r->path, err);
  }
  if (code == STATUS_OK) code = params_resolve(out, &instance, err);
  instance_clear(&instance);
  return code == STATUS_USAGE ? STATUS_DATA : code;
}

static StatusCode read_content(ReplayFile *out, Reader *r, Error *err) {
  char *text = NULL;
  bool has;
  TRY(next_line(&text, r, err));
  if (strcmp(text, FIRST_LINE) != 0) return refuse(r, "'" FIRST_LINE "'", err);
  TRY(next_value(&text, r, "verdict", ' ', err));
  if (!verdict_parse(&out->verdict, text)) return refuse(r, "a verdict", err);
  TRY(next_value(&text, r, "certainty", ' ', err));
  out->certified = strcmp(text, "certified") == 0;
  if (!out->certified && strcmp(text, "computed") != 0)
    return refuse(r, "certified or computed", err);
  TRY(next_ball(out->value, &out->has_value, r, "value", err));
  TRY(next_ball(out->bound, &out->has_bound, r, "bound", err));
  TRY(next_value(&text, r, "data", ' ', err));
  if (strlen(text) + 1 != sizeof out->data) return refuse(r, "64 digits", err);
  memcpy(out->data, text, sizeof out->data);
  TRY(next_value(&text, r, "weights", ' ', err)); /* for people */
  for (int i = 0; i < REPLAY_WITNESSES; i++) {
    TRY(next_ball(&out->witness[i], &has, r, observable_name[replay_witness[i]], err));
    if (!has || !arb_is_finite(&out->witness[i]))
      return error_set(err, STATUS_DATA, "%s:%d: %s: expected a finite number", r->path, r->line,
                       observable_name[replay_witness[i]]);
  }
  TRY(read_params(&out->params, r, err));
  TRY(claims_load_text(&out->claims, r->path, r->next, NULL, err));
  if (out->claims.count != 1)
    return error_set(err, STATUS_DATA, "%s: has %zu claims, expected 1", r->path,
                     out->claims.count);
  const char *missed = claim_not_replayed(&out->claims.claim[0]);
  if (missed == NULL) return STATUS_OK;
  return error_set(err, STATUS_DATA, "%s: claim %.60s uses %.40s, and a replay has none of its own",
                   r->path, out->claims.claim[0].id, missed);
}

/* Cuts the last line off, which has to be the digest of what is before it. */
static StatusCode check_digest(char *text, size_t size, const char *path, Error *err) {
  char found[DIGEST_SIZE];
  const size_t tail = strlen("digest ") + DIGEST_SIZE; /* with its newline */
  if (size < tail || strlen(text) != size || text[size - 1] != '\n' ||
      strncmp(text + size - tail, "digest ", 7) != 0 ||
      strspn(text + size - DIGEST_SIZE, "0123456789abcdef") != DIGEST_SIZE - 1)
    return error_set(err, STATUS_DATA, "%s: damaged: does not end with the digest of its content",
                     path);
  TRY(text_digest(found, text, size - tail, err));
  if (strncmp(text + size - DIGEST_SIZE, found, DIGEST_SIZE - 1) != 0)
    return error_set(err, STATUS_DATA,
                     "%s: damaged: its content was changed since it was written (its digest is %s, "
                     "it says %.64s)",
                     path, found, text + size - DIGEST_SIZE);
  text[size - tail] = '\0';
  return STATUS_OK;
}

StatusCode replay_read(ReplayFile *out, const char *path, Error *err) {
  *out = (ReplayFile){.verdict = VERDICT_INCONCLUSIVE};
  arb_init(out->value);
  arb_init(out->bound);
  for (int i = 0; i < REPLAY_WITNESSES; i++)
    arb_init(&out->witness[i]);
  size_t size = 0;
  char *text = array_alloc(FILE_MAX + 1, 1);
  StatusCode code = text == NULL ? error_memory(err, "a replay file")
                                 : input_read(text, &size, FILE_MAX, path, err);
  if (code == STATUS_OK) code = check_digest(text, size, path, err);
  Reader reader = {.path = path, .next = text};
  if (code == STATUS_OK) code = read_content(out, &reader, err);
  free(text);
  return code;
}

void replay_clear(ReplayFile *file) {
  arb_clear(file->value);
  arb_clear(file->bound);
  for (int i = 0; i < REPLAY_WITNESSES; i++)
    arb_clear(&file->witness[i]);
  claims_clear(&file->claims);
}
