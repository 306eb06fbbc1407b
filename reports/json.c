/* json.c -- the verdicts for programs: one JSON document; its fields are described in README.md. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"

#define JSON_SCHEMA 1

/* ---- values; every one is checked where it is put into its object ---- */

/* null for what JSON has no number for. */
static json_t *real(double x) {
  return isfinite(x) ? json_real(x) : json_null();
}

static json_t *text_or_null(const char *text) {
  return text != NULL ? json_string(text) : json_null();
}

/* object[key] := value, which is taken over; *complete becomes false when memory is out. */
static void put(bool *complete, json_t *object, const char *key, json_t *value) {
  if (json_object_set_new(object, key, value) != 0) *complete = false;
}

static void append(bool *complete, json_t *array, json_t *value) {
  if (json_array_append_new(array, value) != 0) *complete = false;
}

/* ---- the parts of the document ---- */

static json_t *parameter(const Params *params, ParamId id) {
  char text[64];
  params_format(text, sizeof text, params, id);
  switch (param_info[id].kind) {
  case PARAM_KIND_CHOICE:
    return json_string(text);
  case PARAM_KIND_REAL:
    return real(strtod(text, NULL));
  default:
    return json_integer(strtoll(text, NULL, 10));
  }
}

static json_t *parameters(bool *complete, const Params *params) {
  json_t *object = json_object();
  put(complete, object, "instance", json_string(params->instance));
  put(complete, object, "family", json_string(params->family));
  for (int id = 0; id < PARAM_COUNT; id++)
    put(complete, object, param_info[id].key, parameter(params, (ParamId)id));
  return object;
}

/* What all runs have in common: a parameter in which they differ is null. */
static json_t *common_parameters(bool *complete, const View *view) {
  json_t *common = view->run_count > 0 ? parameters(complete, &view->run[0].params) : json_object();
  for (size_t i = 1; i < view->run_count; i++) {
    json_t *other = parameters(complete, &view->run[i].params);
    const char *key;
    json_t *value;
    json_object_foreach(common, key, value) {
      if (!json_equal(value, json_object_get(other, key))) put(complete, common, key, json_null());
    }
    json_decref(other);
  }
  return common;
}

/* What a sweep varied of a run. */
static json_t *cell(bool *complete, const View *view, int64_t run) {
  size_t count;
  const ViewAxis *axis = view_axes(&count, view, run);
  json_t *array = json_array();
  for (size_t a = 0; a < count; a++) {
    json_t *object = json_object();
    put(complete, object, "key", json_string(axis[a].key));
    put(complete, object, "text", json_string(axis[a].text));
    put(complete, object, "value", real(axis[a].value));
    append(complete, array, object);
  }
  return array;
}

static json_t *failed_cells(bool *complete, const View *view) {
  json_t *array = json_array();
  for (size_t i = 0; i < view->failure_count; i++) {
    json_t *object = json_object();
    put(complete, object, "cell", json_string(view->failure[i].cell));
    put(complete, object, "why", json_string(view->failure[i].why));
    append(complete, array, object);
  }
  return array;
}

static json_t *runs(bool *complete, const View *view) {
  json_t *array = json_array();
  for (size_t i = 0; i < view->run_count; i++) {
    const RunInfo *run = &view->run[i];
    json_t *object = json_object();
    put(complete, object, "id", json_integer(run->id));
    put(complete, object, "engine", json_string(run->engine));
    put(complete, object, "precision", json_integer(run->precision));
    put(complete, object, "plan", text_or_null(run->plan[0] != '\0' ? run->plan : NULL));
    put(complete, object, "ended", text_or_null(run->ended[0] != '\0' ? run->ended : NULL));
    put(complete, object, "gates", run->gates > 0 ? json_integer(run->gates) : json_null());
    put(complete, object, "bound_W", run->gates > 0 ? real(run->bound_W) : json_null());
    put(complete, object, "bound_V", run->gates > 0 ? real(run->bound_V) : json_null());
    put(complete, object, "reading", json_string(reading_name(run->params.reading)));
    put(complete, object, "parameters", parameters(complete, &run->params));
    put(complete, object, "cell", cell(complete, view, run->id));
    append(complete, array, object);
  }
  return array;
}

static json_t *agreements(bool *complete, const View *view) {
  json_t *array = json_array();
  for (size_t i = 0; i < view->agreement_count; i++) {
    const Agreement *agreement = &view->agreement[i];
    json_t *object = json_object();
    put(complete, object, "run_a", json_integer(agreement->run_a));
    put(complete, object, "run_b", json_integer(agreement->run_b));
    put(complete, object, "digits", real(agreement->digits));
    put(complete, object, "observable", json_string(agreement->observable));
    put(complete, object, "step", json_integer(agreement->step));
    append(complete, array, object);
  }
  return array;
}

static json_t *claim(bool *complete, const View *view, const VerdictRow *row) {
  const RunInfo *run = view_run(view, row->run);
  json_t *object = json_object();
  put(complete, object, "id", json_string(row->claim));
  put(complete, object, "reading", json_string(row->reading));
  put(complete, object, "verdict", json_string(row->verdict));
  put(complete, object, "certified", json_boolean(row->certified));
  put(complete, object, "value", real(row->value_double));
  put(complete, object, "bound", real(row->bound_double));
  put(complete, object, "ratio", real(row->ratio));
  put(complete, object, "slack", real(row->slack));
  put(complete, object, "value_exact", text_or_null(row->value));
  put(complete, object, "bound_exact", text_or_null(row->bound));
  put(complete, object, "trust", json_string(row->trust));
  put(complete, object, "source", json_string(row->source));
  put(complete, object, "title", json_string(row->title));
  put(complete, object, "statement", json_string(row->statement));
  put(complete, object, "formula", json_string(row->formula));
  put(complete, object, "hypotheses", text_or_null(row->hypotheses));
  put(complete, object, "reason", json_string(row->reason));
  put(complete, object, "blind", text_or_null(row->blind));
  put(complete, object, "engine", text_or_null(run != NULL ? run->engine : NULL));
  put(complete, object, "precision", run != NULL ? json_integer(run->precision) : json_null());
  put(complete, object, "seed", run != NULL ? json_integer(run->params.seed) : json_null());
  put(complete, object, "run", json_integer(row->run));
  put(complete, object, "companion",
      row->companion != 0 ? json_integer(row->companion) : json_null());
  put(complete, object, "expected", text_or_null(row->expected));
  put(complete, object, "expected_reason", text_or_null(row->expected_reason));
  put(complete, object, "as_expected",
      row->expected != NULL ? json_boolean(!view_differs(row)) : json_null());
  return object;
}

static json_t *claims(bool *complete, const View *view) {
  json_t *array = json_array();
  for (size_t i = 0; i < view->verdict_count; i++)
    append(complete, array, claim(complete, view, &view->verdict[i]));
  return array;
}

/* What a lemma and each of its points have in common. */
static json_t *lemma_numbers(bool *complete, const LemmaRow *row) {
  json_t *object = json_object();
  put(complete, object, "parameters", json_string(row->parameters));
  put(complete, object, "verdict", json_string(row->verdict));
  put(complete, object, "estimate", real(row->estimate));
  put(complete, object, "lower", real(row->lower));
  put(complete, object, "upper", real(row->upper));
  put(complete, object, "bound", real(row->bound));
  put(complete, object, "ratio", real(row->ratio));
  put(complete, object, "tries", json_integer(row->tries));
  put(complete, object, "hits", json_integer(row->hits));
  put(complete, object, "reason", json_string(row->reason));
  return object;
}

static json_t *lemma(bool *complete, const LemmaRow *row) {
  json_t *object = lemma_numbers(complete, row);
  put(complete, object, "id", json_string(row->claim));
  put(complete, object, "certified", json_boolean(row->certified));
  put(complete, object, "trust", json_string(row->trust));
  put(complete, object, "source", json_string(row->source));
  put(complete, object, "title", json_string(row->title));
  put(complete, object, "statement", json_string(row->statement));
  put(complete, object, "formula", json_string(row->formula));
  put(complete, object, "points", json_array());
  return object;
}

/* A lemma's row comes before those of its points. */
static json_t *lemmas(bool *complete, const View *view) {
  json_t *array = json_array(), *points = NULL;
  for (size_t i = 0; i < view->lemma_count; i++) {
    const LemmaRow *row = &view->lemma[i];
    if (row->point > 0 && points != NULL) append(complete, points, lemma_numbers(complete, row));
    if (row->point > 0) continue;
    json_t *object = lemma(complete, row);
    points = json_object_get(object, "points");
    append(complete, array, object);
  }
  return array;
}

static json_t *what_if_claims(bool *complete, const WhatIfView *view, const char *name) {
  json_t *array = json_array();
  for (size_t i = 0; i < view->verdict_count; i++) {
    const WhatIfVerdictRow *row = &view->verdict[i];
    if (strcmp(row->what_if, name) != 0) continue;
    json_t *object = json_object();
    put(complete, object, "id", json_string(row->claim));
    put(complete, object, "verdict", json_string(row->verdict));
    put(complete, object, "base", json_string(row->base));
    put(complete, object, "changed", json_boolean(what_if_changed(row)));
    put(complete, object, "reason", json_string(row->reason));
    append(complete, array, object);
  }
  return array;
}

static json_t *what_ifs(bool *complete, const WhatIfView *view) {
  json_t *array = json_array();
  for (size_t k = 0; k < view->count; k++) {
    const WhatIfRow *row = &view->row[k];
    json_t *object = json_object();
    put(complete, object, "name", json_string(row->name));
    put(complete, object, "words", json_string(row->words));
    put(complete, object, "settings", json_string(row->settings));
    put(complete, object, "run", json_integer(row->run));
    put(complete, object, "base", json_integer(row->base));
    put(complete, object, "K1_t1", real(row->K1_t1));
    put(complete, object, "K2_t1", real(row->K2_t1));
    put(complete, object, "K1_end", real(row->K1_end));
    put(complete, object, "K2_end", real(row->K2_end));
    put(complete, object, "learned_t1", json_string(row->learned_t1));
    put(complete, object, "learned_end", json_string(row->learned_end));
    put(complete, object, "kept", json_integer(row->kept));
    put(complete, object, "judged", json_integer(row->judged));
    put(complete, object, "claims", what_if_claims(complete, view, row->name));
    append(complete, array, object);
  }
  return array;
}

/* What a rate was made of: its points, or the alternatives that it was held against. */
static json_t *rate_points(bool *complete, const RatesView *view, int64_t rate, bool against) {
  json_t *array = json_array();
  for (size_t i = 0; i < view->point_count; i++) {
    const RatePointRow *row = &view->point[i];
    if (row->rate != rate || (strcmp(row->kind, "against") == 0) != against) continue;
    json_t *object = json_object();
    if (!against) put(complete, object, "kind", json_string(row->kind));
    put(complete, object, "name", json_string(row->name));
    if (!against) put(complete, object, "x", real(row->x));
    put(complete, object, against ? "told_apart" : "seed",
        against ? json_boolean(row->seed != 0) : json_integer(row->seed));
    put(complete, object, against ? "slope" : "value", real(row->value));
    put(complete, object, against ? "p" : "lower", real(row->lower));
    if (!against) put(complete, object, "upper", real(row->upper));
    append(complete, array, object);
  }
  return array;
}

static json_t *rate(bool *complete, const RateRow *row) {
  const struct {
    const char *key, *text;
  } texts[] = {{"id", row->claim},        {"kind", row->kind},           {"reading", row->reading},
               {"verdict", row->verdict}, {"trust", row->trust},         {"source", row->source},
               {"title", row->title},     {"statement", row->statement}, {"formula", row->formula},
               {"along", row->along},     {"place", row->place},         {"reason", row->reason}};
  const struct {
    const char *key;
    double value;
  } reals[] = {{"from", row->from},
               {"to", row->to},
               {"margin", row->margin},
               {"ratio_low", row->ratio_low},
               {"ratio_high", row->ratio_high},
               {"slope", row->slope},
               {"slope_low", row->slope_low},
               {"slope_high", row->slope_high},
               {"end_slope", row->end_slope},
               {"end_low", row->end_low},
               {"end_high", row->end_high},
               {"lack_of_fit", row->lack_of_fit},
               {"robust", row->robust},
               {"robust_error", row->robust_error},
               {"p_holds", row->p_holds},
               {"p_fails", row->p_fails},
               {"adjusted_holds", row->adjusted_holds},
               {"adjusted_fails", row->adjusted_fails}};
  json_t *object = json_object();
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    put(complete, object, texts[i].key, json_string(texts[i].text));
  put(complete, object, "points", json_integer(row->points));
  put(complete, object, "seeds", json_integer(row->seeds));
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
    put(complete, object, reals[i].key, real(reals[i].value));
  put(complete, object, "expected",
      row->expected != NULL ? json_string(row->expected) : json_null());
  put(complete, object, "expected_reason",
      row->expected_reason != NULL ? json_string(row->expected_reason) : json_null());
  return object;
}

static json_t *rates(bool *complete, const RatesView *view) {
  json_t *array = json_array();
  for (size_t k = 0; k < view->count; k++) {
    json_t *object = rate(complete, &view->row[k]);
    put(complete, object, "alternatives", rate_points(complete, view, view->row[k].id, true));
    put(complete, object, "data", rate_points(complete, view, view->row[k].id, false));
    append(complete, array, object);
  }
  return array;
}

/* An infinite time, never, is null as well as one that is not known. */
static json_t *stages(bool *complete, const RatesView *view) {
  json_t *array = json_array();
  for (size_t k = 0; k < view->stage_count; k++) {
    const StageRow *row = &view->stage[k];
    json_t *object = json_object();
    put(complete, object, "run", json_integer(row->run));
    put(complete, object, "scale", real(row->scale));
    put(complete, object, "t_P", real(row->t_P));
    put(complete, object, "t_Q", real(row->t_Q));
    put(complete, object, "t_X", real(row->t_X));
    append(complete, array, object);
  }
  return array;
}

static json_t *tally(bool *complete, const View *view) {
  json_t *object = json_object();
  for (int v = 0; v < VIEW_VERDICTS; v++) {
    json_int_t count = 0;
    for (size_t i = 0; i < view->verdict_count; i++)
      count += (int)view_verdict(&view->verdict[i]) == v;
    put(complete, object, view_verdict_word[v], json_integer(count));
  }
  return object;
}

typedef struct {
  json_t *object;
  bool complete;
} Facts;

static bool add_fact(const char *key, const char *value, void *context) {
  Facts *facts = context;
  const char *const text[2] = {key, value};
  char *clean[2] = {NULL, NULL};
  for (int i = 0; i < 2; i++) {
    clean[i] = array_alloc(strlen(text[i]) + 1, 1);
    if (clean[i] == NULL)
      facts->complete = false;
    else
      text_clean(strcpy(clean[i], text[i]));
  }
  if (facts->complete) put(&facts->complete, facts->object, clean[0], json_string(clean[1]));
  free(clean[0]);
  free(clean[1]);
  return facts->complete;
}

/* ---- the text: jansson prints 17 digits of every real, and we want 0.1 to be 0.1 ---- */

static bool print(FILE *out, json_t *value, int indent);

static void new_line(FILE *out, int indent) {
  fprintf(out, "\n%*s", indent, "");
}

static bool print_object(FILE *out, json_t *object, int indent) {
  const char *key, *between = "";
  json_t *value;
  putc('{', out);
  json_object_foreach(object, key, value) {
    json_t *name = json_string(key);
    fputs(between, out);
    new_line(out, indent + 2);
    bool printed = name != NULL && print(out, name, 0);
    json_decref(name);
    fputs(": ", out);
    printed = printed && print(out, value, indent + 2);
    if (!printed) return false;
    between = ",";
  }
  if (json_object_size(object) > 0) new_line(out, indent);
  putc('}', out);
  return true;
}

static bool print_array(FILE *out, json_t *array, int indent) {
  const char *between = "";
  size_t i;
  json_t *value;
  putc('[', out);
  json_array_foreach(array, i, value) {
    fputs(between, out);
    new_line(out, indent + 2);
    if (!print(out, value, indent + 2)) return false;
    between = ",";
  }
  if (json_array_size(array) > 0) new_line(out, indent);
  putc(']', out);
  return true;
}

/* False when memory is out; the stream's own errors wait for text_flush. */
static bool print(FILE *out, json_t *value, int indent) {
  if (json_is_object(value)) return print_object(out, value, indent);
  if (json_is_array(value)) return print_array(out, value, indent);
  if (!json_is_real(value)) return json_dumpf(value, out, JSON_ENCODE_ANY) == 0 || ferror(out);
  char number[TEXT_NUMBER_SIZE];
  text_number(number, json_real_value(value));
  /* A real is seen to be one: 1.0, not 1. */
  fprintf(out, "%s%s", number, strpbrk(number, ".e") == NULL ? ".0" : "");
  return true;
}

StatusCode report_json(FILE *out, Store *store, Error *err) {
  View view;
  WhatIfView what_if_view = {.count = 0};
  RatesView rates_view = {.count = 0};
  Facts facts = {.object = json_object(), .complete = true};
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) code = what_if_view_load(&what_if_view, store, err);
  if (code == STATUS_OK) code = rates_view_load(&rates_view, store, err);
  if (code == STATUS_OK) code = store_each_fact(store, add_fact, &facts, err);
  if (code == STATUS_OK) {
    bool complete = facts.complete;
    json_t *document = json_object();
    put(&complete, document, "schema", json_integer(JSON_SCHEMA));
    put(&complete, document, "parameters", common_parameters(&complete, &view));
    put(&complete, document, "claims", claims(&complete, &view));
    put(&complete, document, "lemmas", lemmas(&complete, &view));
    put(&complete, document, "what_ifs", what_ifs(&complete, &what_if_view));
    put(&complete, document, "rates", rates(&complete, &rates_view));
    put(&complete, document, "stages", stages(&complete, &rates_view));
    put(&complete, document, "tally", tally(&complete, &view));
    put(&complete, document, "runs", runs(&complete, &view));
    put(&complete, document, "failed_cells", failed_cells(&complete, &view));
    put(&complete, document, "agreement", agreements(&complete, &view));
    put(&complete, document, "provenance", json_incref(facts.object));
    complete = complete && print(out, document, 0);
    putc('\n', out);
    json_decref(document);
    code = complete ? text_flush(out, "the JSON report", err) : error_memory(err, "JSON");
  }
  json_decref(facts.object);
  what_if_view_clear(&what_if_view);
  rates_view_clear(&rates_view);
  view_clear(&view);
  return code;
}
