/* sweep.c -- the grid: axes in, cells out. */
#include "src/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- axes ---- */

/* Cuts text at the commas outside of parentheses. out NULL: only counts. */
static size_t cut_values(const char **out, char *text) {
  size_t count = 1;
  int depth = 0;
  if (out != NULL) out[0] = text;
  for (char *c = text; *c != '\0'; c++) {
    depth += (*c == '(') - (*c == ')');
    if (*c != ',' || depth > 0) continue;
    if (out != NULL) {
      *c = '\0';
      out[count] = c + 1;
    }
    count++;
  }
  return count;
}

static bool is_blank(const char *text) {
  return text[strspn(text, " \t")] == '\0';
}

/* The next axis with its key; the key is what stands before '='. */
static StatusCode axis_begin(SweepAxis **out, Sweep *sweep, const char *option, const char *text,
                             Error *err) {
  char key[32];
  const size_t length = strcspn(text, "=");
  snprintf(key, sizeof key, "%.*s", length < sizeof key ? (int)length : (int)sizeof key - 1, text);
  const ParamId id = param_find(key);
  if (text[length] != '=')
    return error_set(err, STATUS_USAGE, "%s %.80s: expected KEY=V1,V2,...", option, text);
  if (id == PARAM_COUNT)
    return error_set(err, STATUS_USAGE, "%s %.80s: unknown parameter '%.30s', expected one of%s",
                     option, text, key, param_keys);
  for (size_t a = 0; a < sweep->axis_count; a++)
    if (sweep->axis[a].id == id)
      return error_set(err, STATUS_USAGE, "%s %.80s: %s is an axis already", option, text, key);
  if (sweep->axis_count == SWEEP_AXES)
    return error_set(err, STATUS_USAGE, "%s %.80s: expected at most %d axes", option, text,
                     SWEEP_AXES);
  *out = &sweep->axis[sweep->axis_count++];
  **out = (SweepAxis){.id = id};
  snprintf((*out)->option, sizeof(*out)->option, "%s %s", option, key);
  return STATUS_OK;
}

/* The values of an axis from their text, which is copied. */
static StatusCode axis_values(SweepAxis *axis, const char *text, Error *err) {
  axis->text = strdup(text);
  if (axis->text == NULL) return error_memory(err, "an axis");
  axis->value = array_alloc(cut_values(NULL, axis->text), sizeof *axis->value);
  if (axis->value == NULL) return error_memory(err, "an axis");
  axis->count = cut_values(axis->value, axis->text);
  for (size_t i = 0; i < axis->count; i++)
    if (is_blank(axis->value[i]))
      return error_set(err, STATUS_USAGE, "%s=%.80s: value %zu is empty, expected V1,V2,...",
                       axis->option, text, i + 1);
  return STATUS_OK;
}

StatusCode sweep_add_axis(Sweep *sweep, const char *option, const char *text, Error *err) {
  SweepAxis *axis;
  TRY(axis_begin(&axis, sweep, option, text, err));
  return axis_values(axis, strchr(text, '=') + 1, err);
}

StatusCode sweep_add_seeds(Sweep *sweep, int64_t first, int64_t count, Error *err) {
  SweepAxis *axis;
  char *text = NULL;
  size_t size = 0;
  TRY(axis_begin(&axis, sweep, "--seeds", "seed=", err));
  FILE *list = open_memstream(&text, &size);
  if (list == NULL) return error_memory(err, "seeds");
  for (int64_t i = 0; i < count; i++)
    fprintf(list, "%s%" PRId64, i > 0 ? "," : "", first + i);
  StatusCode code = fclose(list) == 0 ? axis_values(axis, text, err) : error_memory(err, "seeds");
  free(text);
  return code;
}

/* ---- cells ---- */

size_t sweep_index(const Sweep *sweep, size_t cell, size_t axis) {
  cell /= sweep->reading_count;
  for (size_t a = sweep->axis_count - 1; a > axis; a--)
    cell /= sweep->axis[a].count;
  return cell % sweep->axis[axis].count;
}

static Reading cell_reading(const Sweep *sweep, size_t cell) {
  return sweep->reading[cell % sweep->reading_count];
}

void sweep_label(char *out, size_t size, const Sweep *sweep, size_t cell) {
  size_t used = 0;
  out[0] = '\0';
  for (size_t a = 0; a < sweep->axis_count && used < size; a++)
    used += (size_t)snprintf(out + used, size - used, "%s%s=%s", a > 0 ? " " : "",
                             param_info[sweep->axis[a].id].key,
                             sweep->axis[a].value[sweep_index(sweep, cell, a)]);
  if (sweep->reading_count > 1 && used < size)
    snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "",
             reading_name(cell_reading(sweep, cell)));
}

/* The same formulas with the same origins whatever cell came before: every key that varies is set.
 */
StatusCode sweep_set_cell(const Sweep *sweep, size_t cell, Error *err) {
  for (size_t a = 0; a < sweep->axis_count; a++) {
    const SweepAxis *axis = &sweep->axis[a];
    TRY(instance_assign(sweep->instance, axis->id, axis->value[sweep_index(sweep, cell, a)],
                        axis->option, err));
  }
  if (sweep->reading_count < 2) return STATUS_OK;
  char gate[32];
  const char *name = reading_name(cell_reading(sweep, cell)), *slash = strchr(name, '/');
  snprintf(gate, sizeof gate, "%.*s", (int)(slash - name), name);
  TRY(instance_assign(sweep->instance, PARAM_gate, gate, "--reading", err));
  return instance_assign(sweep->instance, PARAM_loss, slash + 1, "--reading", err);
}

/* Microseconds a step of the double engine, up to a factor: the measured ones in src/README.md go
   like d (d + 10) for fixed N and L. */
double sweep_work(const Sweep *sweep, size_t cell) {
  const Params *p = &sweep->cell[cell];
  const double step = (double)p->N * (double)p->d * (double)(p->d + 10);
  return (double)(p->t1 + p->t2 + 1) * step;
}

/* The FNV-1a checksum of a text and its closing zero. */
static uint64_t checksum(uint64_t state, const char *text) {
  do {
    state = (state ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  } while (*text++ != '\0');
  return state;
}

void sweep_name(char *out, const Sweep *sweep, size_t cell) {
  const Params *p = &sweep->cell[cell];
  char text[64];
  uint64_t sum = checksum(UINT64_C(0xcbf29ce484222325), engine_name(sweep->engine));
  snprintf(text, sizeof text, "%" PRId64, sweep->precision);
  sum = checksum(checksum(checksum(sum, text), p->instance), p->family);
  for (int id = 0; id < PARAM_COUNT; id++) {
    params_format(text, sizeof text, p, (ParamId)id);
    sum = checksum(sum, text);
  }
  snprintf(out, SWEEP_NAME_SIZE, "%016" PRIx64, sum);
}

/* ---- all of them ---- */

typedef struct {
  char name[SWEEP_NAME_SIZE];
  size_t cell;
} Named;

static int by_name(const void *a, const void *b) {
  return strcmp(((const Named *)a)->name, ((const Named *)b)->name);
}

/* Two cells of one name would be one run, which cannot be in two places of a grid. */
static StatusCode check_different(const Sweep *sweep, Error *err) {
  Named *named = array_alloc(sweep->cell_count, sizeof *named);
  if (named == NULL) return error_memory(err, "cells");
  for (size_t k = 0; k < sweep->cell_count; k++) {
    named[k].cell = k;
    sweep_name(named[k].name, sweep, k);
  }
  qsort(named, sweep->cell_count, sizeof *named, by_name);
  StatusCode code = STATUS_OK;
  for (size_t k = 1; k < sweep->cell_count && code == STATUS_OK; k++) {
    char one[128], other[128];
    if (by_name(&named[k - 1], &named[k]) != 0) continue;
    sweep_label(one, sizeof one, sweep, named[k - 1].cell);
    sweep_label(other, sizeof other, sweep, named[k].cell);
    code =
        error_set(err, STATUS_USAGE,
                  "cells %s and %s have the same parameters, expected different ones", one, other);
  }
  free(named);
  return code;
}

static StatusCode resolve_cell(Sweep *sweep, size_t cell, Error *err) {
  TRY(sweep_set_cell(sweep, cell, err));
  const StatusCode code = params_resolve(&sweep->cell[cell], sweep->instance, err);
  if (code != STATUS_DATA || sweep->cell_count < 2) return code;
  const Error inner = *err;
  char label[128];
  sweep_label(label, sizeof label, sweep, cell);
  return error_set(err, code, "cell %s: %.360s", label, inner.message);
}

StatusCode sweep_resolve(Sweep *sweep, Error *err) {
  size_t count = sweep->reading_count;
  for (size_t a = 0; a < sweep->axis_count; a++) {
    if (sweep->axis[a].count > SWEEP_CELLS / count)
      return error_set(err, STATUS_USAGE, "%s: the grid has more than %d cells",
                       sweep->axis[a].option, SWEEP_CELLS);
    count *= sweep->axis[a].count;
  }
  sweep->cell_count = count;
  sweep->cell = array_alloc(count, sizeof *sweep->cell);
  if (sweep->cell == NULL) return error_memory(err, "cells");
  for (size_t k = 0; k < count; k++)
    TRY(resolve_cell(sweep, k, err));
  return check_different(sweep, err);
}

void sweep_clear(Sweep *sweep) {
  for (size_t a = 0; a < sweep->axis_count; a++) {
    free(sweep->axis[a].text);
    free(sweep->axis[a].value);
  }
  free(sweep->cell);
  *sweep = (Sweep){.cell_count = 0};
}
