/* figure_spectra.c -- the figure of spectra: singular values and eigenvalues of both weights at the
 * beginning and at the ends of the stages. */
#include <stdlib.h>

#include "reports/figures.h"

#define SPECTRA_SHOWN 12 /* of each; the others are noise of the same size */

/* The columns of one weight: its singular values, and real and imaginary parts of its eigenvalues;
   each (d). */
typedef struct {
  double *singular, *re, *im;
} Spectrum;

static void spectrum_clear(Spectrum *s) {
  free(s->singular);
  free(s->re);
  free(s->im);
}

static StatusCode spectrum_load(Spectrum *out, const char *name, Store *store, const RunInfo *run,
                                int64_t step, Error *err) {
  const size_t d = (size_t)run->params.d;
  out->singular = array_alloc(d, sizeof *out->singular);
  out->re = array_alloc(d, sizeof *out->re);
  out->im = array_alloc(d, sizeof *out->im);
  if (out->singular == NULL || out->re == NULL || out->im == NULL)
    return error_memory(err, "spectra of a figure");
  TRY(store_get_spectrum(out->singular, NULL, d, store, run->id, step, name, "singular", err));
  return store_get_spectrum(out->re, out->im, d, store, run->id, step, name, "eigenvalue", err);
}

static void put_rows(FILE *out, int64_t step, int panel, const Spectrum weight[2], size_t count) {
  for (size_t k = 0; k < count; k++) {
    fprintf(out, "%lld\t%d\t%zu", (long long)step, panel, k + 1);
    for (int b = 0; b < 2; b++) {
      figure_put_number(out, weight[b].singular[k]);
      figure_put_number(out, weight[b].re[k]);
      figure_put_number(out, weight[b].im[k]);
    }
    putc('\n', out);
  }
  putc('\n', out); /* curves do not run on from one panel into the other */
}

static size_t count_shown(const RunInfo *run) {
  return run->params.d < SPECTRA_SHOWN ? (size_t)run->params.d : SPECTRA_SHOWN;
}

static StatusCode put_panel(FILE *out, int panel, int64_t step, Store *store, const RunInfo *run,
                            Error *err) {
  Spectrum weight[2] = {{NULL, NULL, NULL}, {NULL, NULL, NULL}};
  StatusCode code = spectrum_load(&weight[0], "W", store, run, step, err);
  if (code == STATUS_OK) code = spectrum_load(&weight[1], "V", store, run, step, err);
  if (code == STATUS_OK) put_rows(out, step, panel, weight, count_shown(run));
  for (int b = 0; b < 2; b++)
    spectrum_clear(&weight[b]);
  return code;
}

static StatusCode put_data(FILE *out, Store *store, const RunInfo *run, Error *err) {
  const Params *p = &run->params;
  const int64_t step[] = {0, p->t1, p->t1 + p->t2};
  fputs("step\tpanel\tk\tsingular_W\tre_W\tim_W\tsingular_V\tre_V\tim_V\n", out);
  for (int i = 0; i < 3; i++)
    TRY(put_panel(out, i, step[i], store, run, err));
  return STATUS_OK;
}

static StatusCode put_script(FILE *out, const char *name, const RunInfo *run, Error *err) {
  figure_put_title(out, name);
  fprintf(out, "# Reading %s, %lld bits; singular values computed in doubles.\n",
          reading_name(run->params.reading), (long long)run->precision);
  /* The style's axis of time is replaced. */
  fprintf(out, "name = '%s'\nx1 = 0.0\nx_end = 1.0\nshown = %zu\n", name, count_shown(run));
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_SPECTRA, err);
}

StatusCode figure_spectra_write(FileSet *set, const char *name, Store *store, const RunInfo *run,
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
