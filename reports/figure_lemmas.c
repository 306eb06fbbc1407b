/* figure_lemmas.c -- the figure of the lemmas: probability over bound, point by point. */

#include "reports/figures.h"

static StatusCode put_script(FILE *out, size_t lemmas, Error *err) {
  figure_put_title(out, FIGURE_LEMMAS);
  /* The style's axis of time is replaced. */
  fprintf(out, "name = '%s'\nlemmas = %zu\nx1 = 0.0\nx_end = 1.0\n", FIGURE_LEMMAS, lemmas);
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_LEMMAS, err);
}

/* How many points follow the row of a lemma. */
static size_t points_of(const View *view, size_t row) {
  size_t count = 0;
  while (row + count + 1 < view->lemma_count && view->lemma[row + count + 1].point > 0)
    count++;
  return count;
}

/* A lemma has its whole number on the axis, its points stand side by side around it, in the order
 * of its file; what they are stands in the last column. */
static void put_data(FILE *out, const View *view) {
  size_t lemma = 0, points = 0;
  fputs("x\tlemma\tlabel\tpoint\tcertified\thits\tratio\tlower\tupper\tparameters\n", out);
  for (size_t i = 0; i < view->lemma_count; i++) {
    const LemmaRow *row = &view->lemma[i];
    if (row->point == 0) {
      lemma++;
      points = points_of(view, i);
      continue;
    }
    fprintf(out, "%.4f\t%zu\t%s\t%lld\t%d\t%lld",
            (double)lemma + 0.7 * ((double)row->point / (double)(points + 1) - 0.5), lemma,
            row->claim, (long long)row->point, row->certified, (long long)row->hits);
    figure_put_number(out, row->ratio);
    figure_put_number(out, row->lower / row->bound);
    figure_put_number(out, row->upper / row->bound);
    fprintf(out, "\t%s\n", row->parameters);
  }
}

StatusCode figure_lemmas_write(FileSet *set, const View *view, Error *err) {
  FILE *out;
  size_t lemmas = 0;
  for (size_t i = 0; i < view->lemma_count; i++)
    lemmas += view->lemma[i].point == 0;
  TRY(fileset_add(&out, set, FIGURE_LEMMAS ".gp", err));
  TRY(put_script(out, lemmas, err));
  TRY(fileset_add(&out, set, FIGURE_LEMMAS ".tsv", err));
  put_data(out, view);
  return STATUS_OK; /* the set reports what did not reach a file */
}
