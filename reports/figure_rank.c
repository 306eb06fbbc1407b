/* figure_rank.c -- the figure of the truncation experiment: losses of both blocks against the
 * number of singular values of U that are kept, or dropped. */
#include <stdlib.h>

#include "reports/figures.h"

#define RANK_SHOWN 8 /* what comes after is the same to the eye: W and V are nearly of rank one */

/* The experiment at t1 and at the end, side by side. */
typedef struct {
  FILE *out;
  const char *when;
  double shift; /* of the abscissa */
} Panel;

/* The top of a rank comes first and starts a line, the rest ends it. */
static bool put_row(const Truncation *row, void *context) {
  const Panel *panel = context;
  if (row->rank > RANK_SHOWN) return false;
  if (row->top) {
    fprintf(panel->out, "%s\t%lld", panel->when, (long long)row->rank);
    figure_put_number(panel->out, panel->shift + (double)row->rank);
  }
  figure_put_number(panel->out, row->loss[BLOCK_P]);
  figure_put_number(panel->out, row->loss[BLOCK_Q]);
  figure_put_number(panel->out, row->accuracy[BLOCK_P]);
  figure_put_number(panel->out, row->accuracy[BLOCK_Q]);
  if (!row->top) putc('\n', panel->out);
  return true;
}

/* A gap of one rank between the panels. */
static double shift_of_end(int64_t ranks) {
  return (double)(ranks < RANK_SHOWN ? ranks : RANK_SHOWN) + 1.5;
}

static StatusCode put_data(FILE *out, Store *store, const RunInfo *run, Error *err) {
  const Params *p = &run->params;
  Panel first = {out, "t1", 0}, last = {out, "t1+t2", shift_of_end(2 * p->d)};
  fputs("time\trank\tx\tK1_top\tK2_top\tacc_P_top\tacc_Q_top\tK1_rest\tK2_rest\tacc_P_rest\t"
        "acc_Q_rest\n",
        out);
  TRY(store_each_truncation(store, run->id, p->t1, put_row, &first, err));
  fputs("\n", out); /* curves do not run on from one panel into the other */
  return store_each_truncation(store, run->id, p->t1 + p->t2, put_row, &last, err);
}

static StatusCode put_script(FILE *out, const char *name, const RunInfo *run, Error *err) {
  const int64_t ranks = 2 * run->params.d;
  figure_put_title(out, name);
  fprintf(out, "# Reading %s, %lld bits; truncated in doubles, gates of the whole U.\n",
          reading_name(run->params.reading), (long long)run->precision);
  /* The style's axis of time is replaced. */
  fprintf(out, "name = '%s'\nx1 = 0.0\nx_end = 1.0\nranks = %lld\nshift = %.1f\n", name,
          (long long)(ranks < RANK_SHOWN ? ranks : RANK_SHOWN), shift_of_end(ranks));
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_RANK, err);
}

static bool see(const Truncation *row, void *context) {
  (void)row;
  *(bool *)context = true;
  return false;
}

StatusCode figure_rank_possible(bool *possible, Store *store, const RunInfo *run, Error *err) {
  bool end = false;
  *possible = false;
  TRY(store_each_truncation(store, run->id, run->params.t1, see, possible, err));
  TRY(store_each_truncation(store, run->id, run->params.t1 + run->params.t2, see, &end, err));
  *possible = *possible && end;
  return STATUS_OK;
}

StatusCode figure_rank_write(FileSet *set, const char *name, Store *store, const RunInfo *run,
                             Error *err) {
  FILE *out;
  char file[96];
  snprintf(file, sizeof file, "%s.gp", name);
  TRY(fileset_add(&out, set, file, err));
  TRY(put_script(out, name, run, err));
  snprintf(file, sizeof file, "%s.tsv", name);
  TRY(fileset_add(&out, set, file, err));
  return put_data(out, store, run, err); /* the set reports what did not reach a file */
}
