/* figure_map.c -- where the theorems hold on a plane of two parameters: cells in classes, one for
 * each frequent pattern of verdicts. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/figures.h"
#include "reports/text.h"

/* The claims of the paper by theorem: what stands before the dot of an id. */
#define THEOREMS 8
#define THEOREM_SIZE 16
/* Patterns that get a class of their own; the rest are "other". */
#define CLASSES 6

/* What the claims of a theorem come to on one run, worst first. A vacuous claim proves nothing, so
   it only decides when there is no other. */
typedef enum {
  OUTCOME_FAILS,        /* a claim fails */
  OUTCOME_INCONCLUSIVE, /* none fails, one cannot be told */
  OUTCOME_UNMET,        /* none of these, but a hypothesis of one is not met */
  OUTCOME_HOLDS,        /* one holds, the others hold or are vacuous */
  OUTCOME_VACUOUS,      /* all are vacuous */
  OUTCOMES
} Outcome;
static const char *const outcome_word[OUTCOMES] = {"fails", "inconclusive", "unmet", "holds",
                                                   "vacuous"};
static const char outcome_letter[OUTCOMES] = {'F', 'I', 'U', 'H', 'V'};

typedef struct {
  char pattern[THEOREMS + 1]; /* a letter for each theorem */
  size_t count;
} Class;

typedef struct {
  const View *view;
  Reading reading;
  char theorem[THEOREMS][THEOREM_SIZE];
  size_t theorem_count;
  const char **text[2]; /* the values on the axes, in order of appearance; (count[.]) each */
  double *value[2];
  size_t count[2];
  const char *key[2];
  Class *class; /* the most frequent first; (class_count) */
  size_t class_count;
} Map;

static bool has_axis(const View *view, int64_t run, const char *key) {
  size_t count;
  const ViewAxis *axis = view_axes(&count, view, run);
  for (size_t a = 0; a < count; a++)
    if (strcmp(axis[a].key, key) == 0) return true;
  return false;
}

/* Is this run on the map of a reading? Gates or losses that are an axis are all on it. */
static bool reading_fits(const View *view, const RunInfo *run, Reading reading) {
  return (run->params.reading.gate == reading.gate || has_axis(view, run->id, "gate")) &&
         (run->params.reading.loss == reading.loss || has_axis(view, run->id, "loss"));
}

static bool on_map(const Map *m, const RunInfo *run) {
  return reading_fits(m->view, run, m->reading);
}

/* ---- verdicts to patterns ---- */

/* out := the theorem of a claim, in letters that a script may hold. */
static void theorem_of(char out[THEOREM_SIZE], const VerdictRow *row) {
  const size_t length = strcspn(row->claim, ".");
  snprintf(out, THEOREM_SIZE, "%.*s", length < THEOREM_SIZE ? (int)length : THEOREM_SIZE - 1,
           row->claim);
  for (char *c = out; *c != '\0'; c++)
    if (!isalnum((unsigned char)*c)) *c = '-';
}

/* The facts we derived are no theorems of the paper. */
static bool is_paper(const VerdictRow *row) {
  return strcmp(row->trust, "derived") != 0;
}

static void find_theorems(Map *m) {
  for (size_t i = 0; i < m->view->verdict_count; i++) {
    char name[THEOREM_SIZE];
    size_t k = 0;
    if (!is_paper(&m->view->verdict[i])) continue;
    theorem_of(name, &m->view->verdict[i]);
    while (k < m->theorem_count && strcmp(m->theorem[k], name) != 0)
      k++;
    if (k == m->theorem_count && k < THEOREMS) strcpy(m->theorem[m->theorem_count++], name);
  }
}

static Outcome outcome_of(ViewVerdict verdict) {
  switch (verdict) {
  case VIEW_HOLDS:
    return OUTCOME_HOLDS;
  case VIEW_VACUOUS:
    return OUTCOME_VACUOUS;
  case VIEW_UNMET:
    return OUTCOME_UNMET;
  case VIEW_FAILS:
    return OUTCOME_FAILS;
  default:
    return OUTCOME_INCONCLUSIVE;
  }
}

/* out := a letter for each theorem. (THEOREMS + 1) */
static void make_pattern(char *out, const Map *m, int64_t run) {
  Outcome worst[THEOREMS];
  for (size_t k = 0; k < m->theorem_count; k++)
    worst[k] = OUTCOME_VACUOUS;
  for (size_t i = 0; i < m->view->verdict_count; i++) {
    const VerdictRow *row = &m->view->verdict[i];
    char name[THEOREM_SIZE];
    if (row->run != run || !is_paper(row)) continue;
    theorem_of(name, row);
    for (size_t k = 0; k < m->theorem_count; k++)
      if (strcmp(m->theorem[k], name) == 0 && outcome_of(view_verdict(row)) < worst[k])
        worst[k] = outcome_of(view_verdict(row));
  }
  for (size_t k = 0; k < m->theorem_count; k++)
    out[k] = outcome_letter[worst[k]];
  out[m->theorem_count] = '\0';
}

/* The most frequent first; among equals the one with the letters that come later: H before F. */
static int by_count(const void *a, const void *b) {
  const Class *x = a, *y = b;
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  return strcmp(y->pattern, x->pattern);
}

static StatusCode find_classes(Map *m, Error *err) {
  m->class = array_alloc(m->view->run_count, sizeof *m->class);
  if (m->class == NULL) return error_memory(err, "classes of a map");
  for (size_t i = 0; i < m->view->run_count; i++) {
    char pattern[THEOREMS + 1];
    size_t k = 0;
    if (!on_map(m, &m->view->run[i])) continue;
    make_pattern(pattern, m, m->view->run[i].id);
    while (k < m->class_count && strcmp(m->class[k].pattern, pattern) != 0)
      k++;
    if (k == m->class_count) strcpy(m->class[m->class_count++].pattern, pattern);
    m->class[k].count++;
  }
  qsort(m->class, m->class_count, sizeof *m->class, by_count);
  return STATUS_OK;
}

/* Index of a run's class; CLASSES for "other". */
static size_t class_of(const Map *m, int64_t run) {
  char pattern[THEOREMS + 1];
  make_pattern(pattern, m, run);
  size_t k = 0;
  while (k < m->class_count && k < CLASSES && strcmp(m->class[k].pattern, pattern) != 0)
    k++;
  return k < m->class_count && k < CLASSES ? k : CLASSES;
}

/* ---- axes ---- */

static size_t index_of(const Map *m, int a, const char *text) {
  size_t k = 0;
  while (k < m->count[a] && strcmp(m->text[a][k], text) != 0)
    k++;
  return k;
}

static StatusCode find_axes(Map *m, Error *err) {
  for (int a = 0; a < 2; a++) {
    m->text[a] = array_alloc(m->view->run_count, sizeof *m->text[a]);
    m->value[a] = array_alloc(m->view->run_count, sizeof *m->value[a]);
    if (m->text[a] == NULL || m->value[a] == NULL) return error_memory(err, "axes of a map");
  }
  for (size_t i = 0; i < m->view->run_count; i++) {
    size_t count;
    const ViewAxis *axis = view_axes(&count, m->view, m->view->run[i].id);
    for (int a = 0; a < 2 && count == 2; a++) {
      const size_t k = index_of(m, a, axis[a].text);
      if (k < m->count[a]) continue;
      m->text[a][m->count[a]] = axis[a].text;
      m->value[a][m->count[a]++] = axis[a].value;
      m->key[a] = axis[a].key;
    }
  }
  return STATUS_OK;
}

/* The place of a number on an axis whose values stand at 1, 2, ...; between two of them in
 * proportion, NaN outside. */
static double place(const Map *m, int a, double x) {
  const double *v = m->value[a];
  for (size_t k = 0; k < m->count[a]; k++)
    if (v[k] == x) return (double)(k + 1);
  for (size_t k = 0; k + 1 < m->count[a]; k++)
    if ((v[k] < x && x < v[k + 1]) || (v[k + 1] < x && x < v[k]))
      return (double)(k + 1) + (x - v[k]) / (v[k + 1] - v[k]);
  return NAN;
}

/* at := where the built-in instance that the runs started from lies; NaN when it is none, or not on
 * the map. */
static StatusCode reference_place(double at[2], const Map *m, Error *err) {
  at[0] = at[1] = NAN;
  for (const char *const *name = instance_builtin_names; *name != NULL; name++) {
    Instance instance;
    Params params;
    if (strcmp(*name, m->view->run[0].params.instance) != 0) continue;
    TRY(instance_load(&instance, *name, err));
    const StatusCode code = params_resolve(&params, &instance, err);
    instance_clear(&instance);
    TRY(code);
    for (int a = 0; a < 2; a++) {
      char number[64];
      const ParamId id = param_find(m->key[a]);
      params_format(number, sizeof number, &params, id);
      if (param_info[id].kind != PARAM_KIND_CHOICE) at[a] = place(m, a, strtod(number, NULL));
      if (param_info[id].kind == PARAM_KIND_CHOICE && index_of(m, a, number) < m->count[a])
        at[a] = (double)index_of(m, a, number) + 1;
    }
  }
  return STATUS_OK;
}

/* ---- the script ---- */

/* Writes "T3 fails, C unmet; the others hold" for a pattern. */
static void put_words(FILE *out, const Map *m, const char *pattern) {
  static const Outcome order[] = {OUTCOME_FAILS, OUTCOME_INCONCLUSIVE, OUTCOME_UNMET,
                                  OUTCOME_VACUOUS};
  const char *between = "";
  size_t held = 0;
  for (size_t k = 0; k < m->theorem_count; k++)
    held += pattern[k] == 'H';
  if (held == m->theorem_count) fputs("all hold", out);
  for (size_t o = 0; o < sizeof order / sizeof *order; o++) {
    size_t named = 0;
    for (size_t k = 0; k < m->theorem_count; k++)
      if (pattern[k] == outcome_letter[order[o]])
        fprintf(out, "%s%s", named++ > 0 ? " " : between, m->theorem[k]);
    if (named > 0) {
      fprintf(out, " %s", order[o] == OUTCOME_FAILS && named > 1 ? "fail" : outcome_word[order[o]]);
      between = ", ";
    }
  }
  if (held > 0 && held < m->theorem_count)
    fprintf(out, "; the other%s", held > 1 ? "s hold" : " holds");
}

static void put_number(FILE *out, const char *name, double x) {
  char number[TEXT_NUMBER_SIZE];
  text_number(number, x);
  fprintf(out, "%s = %s\n", name, isfinite(x) ? number : "NaN");
}

static bool is_reading_axis(const Map *m) {
  for (int a = 0; a < 2; a++)
    if (strcmp(m->key[a], "gate") == 0 || strcmp(m->key[a], "loss") == 0) return true;
  return false;
}

/* Columns of the longest value on an axis. */
static size_t widest(const Map *m, int a) {
  size_t most = 0;
  for (size_t k = 0; k < m->count[a]; k++)
    if (text_columns(m->text[a][k]) > most) most = text_columns(m->text[a][k]);
  return most;
}

static StatusCode put_script(FILE *out, const char *name, const Map *m, Error *err) {
  double at[2];
  size_t others = 0;
  const size_t classes = m->class_count < CLASSES ? m->class_count : CLASSES;
  TRY(reference_place(at, m, err));
  for (size_t k = classes; k < m->class_count; k++)
    others += m->class[k].count;
  figure_put_title(out, name);
  fprintf(out, "# Reading %s%s.\n", reading_name(m->reading),
          is_reading_axis(m) ? " and what the axes say" : "");
  fprintf(out, "name = '%s'\nx1 = 0.0\nx_end = 1.0\n", name);
  fprintf(out,
          "x_key = '%s'\ny_key = '%s'\ncolumns = %zu\nrows = %zu\nclasses = %zu\nothers = "
          "%zu\nx_width = %zu\ny_width = %zu\n",
          m->key[0], m->key[1], m->count[0], m->count[1], classes, others, widest(m, 0),
          widest(m, 1));
  put_number(out, "reference_x", at[0]);
  put_number(out, "reference_y", at[1]);
  fprintf(out, "reference = '%s'\narray words[%d]\n",
          isfinite(at[0]) && isfinite(at[1]) ? m->view->run[0].params.instance : "", CLASSES);
  for (size_t k = 0; k < classes; k++) {
    fprintf(out, "words[%zu] = '", k + 1);
    put_words(out, m, m->class[k].pattern);
    fprintf(out, " (%zu)'\n", m->class[k].count);
  }
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_MAP, err);
}

/* ---- the data ---- */

static void put_titles(FILE *out, const Map *m, int64_t run) {
  fprintf(out, "x\ty\tx_text\ty_text\t%s\t%s\tclass\tpattern\trun", m->key[0], m->key[1]);
  for (size_t i = 0; i < m->view->verdict_count; i++)
    if (m->view->verdict[i].run == run)
      fprintf(out, "\t%s\t%s value\t%s bound\t%s slack", m->view->verdict[i].claim,
              m->view->verdict[i].claim, m->view->verdict[i].claim, m->view->verdict[i].claim);
  putc('\n', out);
}

static void put_real(FILE *out, double x) {
  char number[TEXT_NUMBER_SIZE];
  text_number(number, x);
  fprintf(out, "\t%s", isnan(x) ? "nan" : number);
}

static void put_cell(FILE *out, const Map *m, const RunInfo *run) {
  size_t count;
  const ViewAxis *axis = view_axes(&count, m->view, run->id);
  char pattern[THEOREMS + 1];
  const size_t class = class_of(m, run->id);
  if (count != 2) return;
  make_pattern(pattern, m, run->id);
  fprintf(out, "%zu\t%zu\t%s\t%s", index_of(m, 0, axis[0].text) + 1,
          index_of(m, 1, axis[1].text) + 1, axis[0].text, axis[1].text);
  put_real(out, axis[0].value);
  put_real(out, axis[1].value);
  fprintf(out, "\t%c\t%s\t%lld", class < CLASSES ? (char)('A' + (int)class) : '*', pattern,
          (long long)run->id);
  for (size_t i = 0; i < m->view->verdict_count; i++) {
    const VerdictRow *row = &m->view->verdict[i];
    if (row->run != run->id) continue;
    fprintf(out, "\t%s", row->verdict);
    put_real(out, row->value_double);
    put_real(out, row->bound_double);
    put_real(out, row->slack);
  }
  putc('\n', out);
}

static void put_data(FILE *out, const Map *m) {
  bool titled = false;
  for (size_t i = 0; i < m->view->run_count; i++) {
    if (!on_map(m, &m->view->run[i])) continue;
    if (!titled) put_titles(out, m, m->view->run[i].id);
    titled = true;
    put_cell(out, m, &m->view->run[i]);
  }
}

bool figure_map_possible(const View *view, Reading reading) {
  for (size_t i = 0; i < view->run_count; i++) {
    size_t count;
    const Reading first = view->run[i].params.reading;
    if (!reading_fits(view, &view->run[i], reading)) continue;
    view_axes(&count, view, view->run[i].id);
    return count == 2 && view->verdict_count > 0 && first.gate == reading.gate &&
           first.loss == reading.loss;
  }
  return false;
}

StatusCode figure_map_write(FileSet *set, const char *name, const View *view, Reading reading,
                            Error *err) {
  Map m = {.view = view, .reading = reading};
  FILE *out;
  char file[96];
  find_theorems(&m);
  StatusCode code = find_axes(&m, err);
  if (code == STATUS_OK) code = find_classes(&m, err);
  snprintf(file, sizeof file, "%s.gp", name);
  if (code == STATUS_OK) code = fileset_add(&out, set, file, err);
  if (code == STATUS_OK) code = put_script(out, name, &m, err);
  snprintf(file, sizeof file, "%s.tsv", name);
  if (code == STATUS_OK) code = fileset_add(&out, set, file, err);
  if (code == STATUS_OK) put_data(out, &m);
  for (int a = 0; a < 2; a++) {
    free(m.text[a]);
    free(m.value[a]);
  }
  free(m.class);
  return code; /* the set reports what did not reach a file */
}
