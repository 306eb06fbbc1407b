/* figure_bench.c -- the figure of `twostage bench`: the cost of a step against d. */
#include <stdlib.h>

#include "reports/draw.h"
#include "reports/figures.h"
#include "reports/report.h"
#include "reports/text.h"

#define FIGURE_BENCH "bench" /* its name */

static StatusCode put_script(FILE *out, const BenchCurves *bench, Error *err) {
  figure_put_title(out, FIGURE_BENCH);
  /* The style's axis of time is replaced. */
  fprintf(out, "name = '%s'\ncurves = %zu\nleast = %lld.0\nmost = %lld.0\nx1 = 0.0\nx_end = 1.0\n",
          FIGURE_BENCH, bench->curves, (long long)bench->d[0],
          (long long)bench->d[bench->sizes - 1]);
  fputs("engines = '", out);
  for (size_t k = 0; k < bench->curves; k++)
    fprintf(out, "%s%s", k > 0 ? " " : "", bench->engine[k]);
  fputs("'\n", out);
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_BENCH, err);
}

static void put_data(FILE *out, const BenchCurves *bench) {
  char number[TEXT_NUMBER_SIZE];
  putc('d', out);
  for (size_t k = 0; k < bench->curves; k++)
    fprintf(out, "\t%s %lld", bench->engine[k], (long long)bench->precision[k]);
  putc('\n', out);
  for (size_t i = 0; i < bench->sizes; i++) {
    fprintf(out, "%lld", (long long)bench->d[i]);
    for (size_t k = 0; k < bench->curves; k++) {
      text_number(number, bench->microseconds[i * bench->curves + k]);
      fprintf(out, "\t%s", number);
    }
    putc('\n', out);
  }
}

static StatusCode write_parts(FileSet *set, const BenchCurves *bench, Error *err) {
  FILE *out;
  TRY(fileset_add(&out, set, FIGURE_BENCH ".gp", err));
  TRY(put_script(out, bench, err));
  TRY(fileset_add(&out, set, FIGURE_BENCH ".tsv", err));
  put_data(out, bench);
  return STATUS_OK; /* the set reports what did not reach a file */
}

StatusCode report_bench(char *why, size_t size, const char *folder, const BenchCurves *bench,
                        Error *err) {
  FileSet *set;
  char *gnuplot;
  bool drawn;
  why[0] = '\0';
  TRY(fileset_open(&set, folder, err));
  StatusCode code = write_parts(set, bench, err);
  if (code != STATUS_OK) {
    fileset_drop(set);
    return code;
  }
  TRY(fileset_commit(set, err));
  TRY(draw_find(&gnuplot, "gnuplot", err));
  if (gnuplot == NULL) {
    snprintf(why, size, "skipped, because gnuplot is not installed");
    return STATUS_OK;
  }
  code = draw_figure(&drawn, why, size, gnuplot, folder, FIGURE_BENCH, err);
  free(gnuplot);
  return code;
}
