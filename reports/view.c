/* view.c -- what the writers read of a run store, in memory, its texts made harmless. */
#include "reports/view.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"

const char *const view_verdict_word[VIEW_VERDICTS] = {"HOLDS", "FAILS", "INCONCLUSIVE", "VACUOUS",
                                                      "UNMET"};

ViewVerdict view_word(const char *verdict) {
  int v = 0;
  while (v < VIEW_VERDICTS && strcmp(verdict, view_verdict_word[v]) != 0)
    v++;
  return (ViewVerdict)v;
}

ViewVerdict view_verdict(const VerdictRow *row) {
  return view_word(row->verdict);
}

bool view_differs(const VerdictRow *row) {
  return row->expected != NULL && strcmp(row->expected, row->verdict) != 0;
}

ViewOutcome view_outcome(const VerdictRow *row) {
  const ViewVerdict verdict = view_verdict(row);
  if (view_differs(row)) return VIEW_BROKEN;
  if (verdict == VIEW_HOLDS) return VIEW_PASSED;
  if (verdict == VIEW_VACUOUS || verdict == VIEW_UNMET) return VIEW_SKIPPED;
  return row->expected != NULL ? VIEW_KNOWN : VIEW_BROKEN;
}

/* The texts of a row. Those that a reader prints without asking are "" when the store has none. */
typedef struct {
  size_t offset;
  bool optional;
} RowText;
#define TEXT(field, optional)                                                                      \
  { offsetof(VerdictRow, field), optional }
static const RowText row_text[] = {
    TEXT(claim, false),  TEXT(title, false),   TEXT(statement, false), TEXT(trust, false),
    TEXT(source, false), TEXT(formula, false), TEXT(reading, false),   TEXT(verdict, false),
    TEXT(reason, false), TEXT(expected, true), TEXT(value, true),      TEXT(expected_reason, true),
    TEXT(bound, true),   TEXT(blind, true),    TEXT(hypotheses, true),
};
#undef TEXT
#define ROW_TEXTS (sizeof row_text / sizeof *row_text)

static const char **row_field(const VerdictRow *row, size_t i) {
  return (const char **)((char *)row + row_text[i].offset);
}

static char *clean_copy(const char *text) {
  char *copy = array_alloc(strlen(text) + 1, 1);
  if (copy == NULL) return NULL;
  strcpy(copy, text);
  text_clean(copy);
  return copy;
}

/* A list that a visitor fills. */
typedef struct {
  View *view;
  size_t room;
  Agreement *agreement; /* being found, or NULL */
  Error *err;
  StatusCode code;
} Filling;

/* list with room for one more object, NULL when memory is out: then the list is as before. */
static void *grow(void *list, size_t count, size_t *room, size_t size) {
  if (count < *room) return list;
  const size_t more = *room == 0 ? 16 : 2 * *room;
  void *grown = array_alloc(more, size);
  if (grown == NULL) return NULL;
  if (count > 0) memcpy(grown, list, count * size);
  free(list);
  *room = more;
  return grown;
}

/* The texts of *copy, a copy of *row, become copies too; false when memory is out. */
static bool copy_texts(VerdictRow *copy, const VerdictRow *row) {
  for (size_t i = 0; i < ROW_TEXTS; i++)
    *row_field(copy, i) = NULL; /* what is not copied belongs to the store */
  for (size_t i = 0; i < ROW_TEXTS; i++) {
    const char *text = *row_field(row, i);
    if (text == NULL && row_text[i].optional) continue;
    *row_field(copy, i) = clean_copy(text != NULL ? text : "");
    if (*row_field(copy, i) == NULL) return false;
  }
  return true;
}

static bool add_verdict(const VerdictRow *row, void *context) {
  Filling *filling = context;
  View *view = filling->view;
  VerdictRow *grown = grow(view->verdict, view->verdict_count, &filling->room, sizeof *grown);
  if (grown != NULL) {
    view->verdict = grown;
    VerdictRow *copy = &grown[view->verdict_count++];
    *copy = *row;
    if (copy_texts(copy, row)) return true;
  }
  filling->code = error_memory(filling->err, "verdicts of a report");
  return false;
}

/* The texts of a lemma's row. */
#define LEMMA_TEXTS 9
static const char **lemma_text(LemmaRow *row, size_t i) {
  const char **const text[LEMMA_TEXTS] = {&row->claim,      &row->title,   &row->statement,
                                          &row->trust,      &row->source,  &row->formula,
                                          &row->parameters, &row->verdict, &row->reason};
  return text[i];
}

static bool add_lemma(const LemmaRow *row, void *context) {
  Filling *filling = context;
  View *view = filling->view;
  LemmaRow *grown = grow(view->lemma, view->lemma_count, &filling->room, sizeof *grown);
  bool copied = grown != NULL;
  if (copied) {
    view->lemma = grown;
    LemmaRow *copy = &grown[view->lemma_count++];
    *copy = *row;
    for (size_t i = 0; i < LEMMA_TEXTS; i++) {
      const char **text = lemma_text(copy, i);
      *text = clean_copy(*text); /* what is not copied belongs to the store */
      copied = copied && *text != NULL;
    }
  }
  if (!copied) filling->code = error_memory(filling->err, "lemmas of a report");
  return copied;
}

static bool add_axis(int64_t run, const char *key, const char *text, double value, void *context) {
  Filling *filling = context;
  View *view = filling->view;
  ViewAxis *grown = grow(view->axis, view->axis_count, &filling->room, sizeof *grown);
  if (grown != NULL) {
    view->axis = grown;
    ViewAxis *axis = &grown[view->axis_count++];
    *axis = (ViewAxis){run, clean_copy(key), clean_copy(text), value};
    if (axis->key != NULL && axis->text != NULL) return true;
  }
  filling->code = error_memory(filling->err, "cells of a report");
  return false;
}

/* A sweep notes its failures as facts. */
static bool add_failure(const char *key, const char *value, void *context) {
  static const char prefix[] = "failed cell ";
  Filling *filling = context;
  View *view = filling->view;
  if (strncmp(key, prefix, sizeof prefix - 1) != 0) return true;
  ViewFailure *grown = grow(view->failure, view->failure_count, &filling->room, sizeof *grown);
  if (grown != NULL) {
    view->failure = grown;
    ViewFailure *failure = &grown[view->failure_count++];
    *failure = (ViewFailure){clean_copy(key + sizeof prefix - 1), clean_copy(value)};
    if (failure->cell != NULL && failure->why != NULL) return true;
  }
  filling->code = error_memory(filling->err, "cells of a report");
  return false;
}

static StatusCode load_cells(View *view, Store *store, Error *err) {
  Filling axes = {.view = view, .err = err, .code = STATUS_OK}, failures = axes;
  TRY(store_each_cell(store, add_axis, &axes, err));
  TRY(axes.code);
  TRY(store_each_fact(store, add_failure, &failures, err));
  return failures.code;
}

static StatusCode make_place(Judged *judged, const View *view, Error *err) {
  char cell[256];
  view_cell(cell, sizeof cell, view, judged->run, VIEW_ALL_AXES);
  text_clean(cell); /* a cut may have gone through a character */
  const size_t size = strlen(judged->reading) + strlen(cell) + 2;
  judged->place = array_alloc(size, 1);
  if (judged->place == NULL) return error_memory(err, "runs of a report");
  snprintf(judged->place, size, "%s%s%s", judged->reading, cell[0] != '\0' ? " " : "", cell);
  return STATUS_OK;
}

static StatusCode find_judged(View *view, Error *err) {
  view->judged = array_alloc(view->verdict_count, sizeof *view->judged);
  if (view->judged == NULL) return error_memory(err, "runs of a report");
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    size_t j = 0;
    while (j < view->judged_count && view->judged[j].run != row->run)
      j++;
    if (j < view->judged_count) continue;
    view->judged[view->judged_count] = (Judged){row->run, row->companion, row->reading, NULL};
    TRY(make_place(&view->judged[view->judged_count++], view, err));
  }
  return STATUS_OK;
}

static bool note_digits(int64_t step, const char *observable, double digits, void *context) {
  Filling *filling = context;
  Agreement *least = filling->agreement;
  if (least->observable != NULL && digits >= least->digits) return true;
  free(least->observable);
  least->digits = digits;
  least->step = step;
  least->observable = clean_copy(observable);
  if (least->observable != NULL) return true;
  filling->code = error_memory(filling->err, "digits of a report");
  return false;
}

static bool same_reading(const RunInfo *a, const RunInfo *b) {
  return a->params.reading.gate == b->params.reading.gate &&
         a->params.reading.loss == b->params.reading.loss;
}

/* Adds what the two runs agree in, when they were compared. */
static StatusCode add_agreement(View *view, size_t *room, Store *store, int64_t run_a,
                                int64_t run_b, Error *err) {
  Agreement found = {.run_a = run_a, .run_b = run_b};
  Filling filling = {.view = view, .agreement = &found, .err = err, .code = STATUS_OK};
  StatusCode code = store_each_digits(store, run_a, run_b, note_digits, &filling, err);
  if (code == STATUS_OK) code = filling.code;
  if (code == STATUS_OK && found.observable == NULL) return STATUS_OK;
  Agreement *grown = NULL;
  if (code == STATUS_OK) grown = grow(view->agreement, view->agreement_count, room, sizeof *grown);
  if (grown != NULL) {
    view->agreement = grown;
    grown[view->agreement_count++] = found;
    return STATUS_OK;
  }
  free(found.observable);
  return code != STATUS_OK ? code : error_memory(err, "digits of a report");
}

static StatusCode find_agreements(View *view, Store *store, Error *err) {
  size_t room = 0;
  for (size_t a = 0; a < view->run_count; a++)
    for (size_t b = 0; b < view->run_count; b++)
      if (a != b && same_reading(&view->run[a], &view->run[b]))
        TRY(add_agreement(view, &room, store, view->run[a].id, view->run[b].id, err));
  return STATUS_OK;
}

/* The runs of what-ifs have tables of their own: what_if.h. */
static void drop_what_ifs(View *view) {
  size_t kept = 0;
  for (size_t i = 0; i < view->run_count; i++)
    if (view->run[i].what_if[0] == '\0') view->run[kept++] = view->run[i];
  view->run_count = kept;
}

StatusCode view_load(View *out, Store *store, Error *err) {
  *out = (View){.run_count = 0};
  TRY(store_list_runs(&out->run, &out->run_count, store, err));
  drop_what_ifs(out);
  for (size_t i = 0; i < out->run_count; i++) {
    text_clean(out->run[i].engine);
    text_clean(out->run[i].plan);
    text_clean(out->run[i].ended);
    text_clean(out->run[i].params.instance);
    text_clean(out->run[i].params.family);
  }
  Filling filling = {.view = out, .err = err, .code = STATUS_OK};
  TRY(store_each_verdict(store, add_verdict, &filling, err));
  TRY(filling.code);
  Filling lemmas = {.view = out, .err = err, .code = STATUS_OK};
  TRY(store_each_lemma(store, add_lemma, &lemmas, err));
  TRY(lemmas.code);
  TRY(load_cells(out, store, err));
  TRY(find_judged(out, err));
  if (view_is_sweep(out)) return STATUS_OK; /* its runs are of one engine */
  return find_agreements(out, store, err);
}

void view_clear(View *view) {
  for (size_t i = 0; i < view->verdict_count; i++)
    for (size_t t = 0; t < ROW_TEXTS; t++)
      free((char *)*row_field(&view->verdict[i], t));
  for (size_t i = 0; i < view->agreement_count; i++)
    free(view->agreement[i].observable);
  for (size_t i = 0; i < view->lemma_count; i++)
    for (size_t t = 0; t < LEMMA_TEXTS; t++)
      free((char *)*lemma_text(&view->lemma[i], t));
  for (size_t i = 0; i < view->axis_count; i++) {
    free(view->axis[i].key);
    free(view->axis[i].text);
  }
  for (size_t i = 0; i < view->failure_count; i++) {
    free(view->failure[i].cell);
    free(view->failure[i].why);
  }
  free(view->axis);
  free(view->failure);
  free(view->lemma);
  free(view->run);
  free(view->verdict);
  for (size_t i = 0; i < view->judged_count; i++)
    free(view->judged[i].place);
  free(view->judged);
  free(view->agreement);
  *view = (View){.run_count = 0};
}

const RunInfo *view_run(const View *view, int64_t id) {
  for (size_t i = 0; i < view->run_count; i++)
    if (view->run[i].id == id) return &view->run[i];
  return NULL;
}

const char *view_place(const View *view, int64_t run) {
  for (size_t i = 0; i < view->judged_count; i++)
    if (view->judged[i].run == run) return view->judged[i].place;
  return "";
}

bool view_is_sweep(const View *view) {
  return view->axis_count > 0 || view->failure_count > 0;
}

const ViewAxis *view_axes(size_t *count, const View *view, int64_t run) {
  size_t first = 0;
  *count = 0;
  while (first < view->axis_count && view->axis[first].run != run)
    first++;
  while (first + *count < view->axis_count && view->axis[first + *count].run == run)
    ++*count;
  return *count > 0 ? view->axis + first : NULL;
}

void view_cell(char *out, size_t size, const View *view, int64_t run, size_t axes) {
  size_t count, used = 0;
  const ViewAxis *axis = view_axes(&count, view, run);
  out[0] = '\0';
  for (size_t a = 0; a < count && a < axes && used < size; a++)
    used += (size_t)snprintf(out + used, size - used, "%s%s=%s", a > 0 ? " " : "", axis[a].key,
                             axis[a].text);
}

/* ---- looking up ---- */

bool view_is_first(const View *view, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (strcmp(view->verdict[k].claim, view->verdict[i].claim) == 0) return false;
  return true;
}

bool view_is_first_of_reading(const View *view, size_t i) {
  const VerdictRow *row = &view->verdict[i];
  for (size_t k = 0; k < i; k++)
    if (strcmp(view->verdict[k].claim, row->claim) == 0 &&
        strcmp(view->verdict[k].reading, row->reading) == 0)
      return false;
  return true;
}

const VerdictRow *view_find(const View *view, const char *claim, int64_t run) {
  for (size_t i = 0; i < view->verdict_count; i++)
    if (view->verdict[i].run == run && strcmp(view->verdict[i].claim, claim) == 0)
      return &view->verdict[i];
  return NULL;
}

double view_count(size_t *count, const View *view, const char *claim, const char *reading) {
  double slack = NAN;
  memset(count, 0, (VIEW_VERDICTS + 1) * sizeof *count);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (strcmp(row->claim, claim) != 0 || strcmp(row->reading, reading) != 0) continue;
    count[view_verdict(row)]++;
    if (!isnan(row->slack) && !(slack <= row->slack)) slack = row->slack;
  }
  return slack;
}
