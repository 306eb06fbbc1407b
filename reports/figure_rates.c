/* figure_rates.c -- the figures of a sweep as a whole: ratios to the rates, and stage times. */
#include <math.h>
#include <string.h>

#include "reports/figures.h"
#include "reports/rates.h"

static StatusCode put_script(FILE *out, const char *name, size_t count, Error *err) {
  figure_put_title(out, name);
  /* The style's axis of time is replaced. */
  fprintf(out, "name = '%s'\nslots = %zu\nx1 = 0.0\nx_end = 1.0\n", name, count);
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, name, err);
}

/* ---- rates ---- */

/* Has the rate points, and so a place in the figure? */
static bool is_drawn(const RateRow *row) {
  return strcmp(row->kind, "rate") == 0 && isfinite(row->slope) && row->from > 0;
}

bool figure_rates_possible(const RatesView *view) {
  for (size_t k = 0; k < view->count; k++)
    if (is_drawn(&view->row[k])) return true;
  return false;
}

/* A rate and its slot on the axis, which its range fills. */
typedef struct {
  FILE *out;
  const RatesView *view;
  const RateRow *row;
  size_t slot;
  double level; /* the geometric mean of the means, which all ratios are shown over */
} Panel;

static double place(const Panel *p, double x) {
  const double part = log(x / p->row->from) / log(p->row->to / p->row->from);
  return (double)p->slot + 0.8 * (part - 0.5);
}

/* One line of data, of a point or of a line. */
static void put(const Panel *p, const char *kind, double x, double y, double lower, double upper) {
  fprintf(p->out, "%.4f\t%zu\t%s\t%s", place(p, x), p->slot, p->row->claim, kind);
  figure_put_number(p->out, y / p->level);
  figure_put_number(p->out, lower / p->level);
  figure_put_number(p->out, upper / p->level);
  putc('\n', p->out);
}

static bool is_kind(const Panel *p, const RatePointRow *point, const char *kind) {
  return point->rate == p->row->id && strcmp(point->kind, kind) == 0;
}

static void put_kind(const Panel *p, const char *kind) {
  const char *name = "";
  for (size_t i = 0; i < p->view->point_count; i++) {
    const RatePointRow *point = &p->view->point[i];
    if (!is_kind(p, point, kind)) continue;
    if (strcmp(point->name, name) != 0)
      putc('\n', p->out); /* ends the line of the alternative before */
    name = point->name;
    put(p, kind, point->x, point->value, point->lower, point->upper);
  }
  putc('\n', p->out);
}

/* The steepest lines within the margin, through the mean at the middle of the range. An upper bound
   has no lower one: its band has no lower end. */
static void put_margin(const Panel *p) {
  bool both = false;
  for (size_t i = 0; i < p->view->point_count; i++)
    both = both || (is_kind(p, &p->view->point[i], "band") && p->view->point[i].lower > 0);
  const double half = log(p->row->to / p->row->from) / 2;
  for (int side = 1; side >= (both ? -1 : 1); side -= 2) {
    const double end = exp(side * p->row->margin * half);
    put(p, "margin", p->row->from, p->level / end, NAN, NAN);
    put(p, "margin", p->row->to, p->level * end, NAN, NAN);
    putc('\n', p->out);
  }
}

/* The fitted power law, through the mean at the middle of the range, and its exponent with limits.
 */
static void put_fit(Panel *p) {
  const RateRow *row = p->row;
  const double end = exp(row->slope * log(row->to / row->from) / 2);
  put(p, "fit", row->from, p->level / end, NAN, NAN);
  put(p, "fit", row->to, p->level * end, NAN, NAN);
  putc('\n', p->out);
  p->level = 1; /* what follows is no ratio */
  put(p, "slope", sqrt(row->from * row->to), row->slope, row->slope_low, row->slope_high);
  putc('\n', p->out);
}

static void put_panel(Panel *p) {
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < p->view->point_count; i++)
    if (is_kind(p, &p->view->point[i], "mean")) {
      sum += log(p->view->point[i].value);
      count++;
    }
  p->level = exp(sum / (double)(count > 0 ? count : 1));
  put_kind(p, "run");
  put_kind(p, "mean");
  put_kind(p, "alternative");
  put_margin(p);
  put_fit(p);
}

StatusCode figure_rates_write(FileSet *set, const RatesView *view, Error *err) {
  FILE *out;
  size_t slots = 0;
  for (size_t k = 0; k < view->count; k++)
    slots += is_drawn(&view->row[k]);
  TRY(fileset_add(&out, set, FIGURE_RATES ".gp", err));
  TRY(put_script(out, FIGURE_RATES, slots, err));
  TRY(fileset_add(&out, set, FIGURE_RATES ".tsv", err));
  fputs("x\tslot\tlabel\tkind\tratio\tlower\tupper\n", out);
  Panel panel = {.out = out, .view = view};
  for (size_t k = 0; k < view->count; k++) {
    panel.row = &view->row[k];
    if (!is_drawn(panel.row)) continue;
    panel.slot++;
    put_panel(&panel);
  }
  return STATUS_OK; /* the set reports what did not reach a file */
}

/* ---- stage times ---- */

StatusCode figure_stage_times_write(FileSet *set, const RatesView *view, Error *err) {
  FILE *out;
  TRY(fileset_add(&out, set, FIGURE_STAGE_TIMES ".gp", err));
  TRY(put_script(out, FIGURE_STAGE_TIMES, view->stage_count, err));
  TRY(fileset_add(&out, set, FIGURE_STAGE_TIMES ".tsv", err));
  fputs("run\tscale\tt_P\tt_Q\tt_X\n", out);
  for (size_t k = 0; k < view->stage_count; k++) {
    const StageRow *row = &view->stage[k];
    fprintf(out, "%lld", (long long)row->run);
    figure_put_number(out, row->scale);
    figure_put_number(out, row->t_P);
    figure_put_number(out, row->t_Q);
    figure_put_number(out, row->t_X);
    putc('\n', out);
  }
  return STATUS_OK;
}
