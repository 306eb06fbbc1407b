/* figures.h -- inside of the figures: what those of runs and that of the lemmas share. */
#ifndef REPORTS_FIGURES_H
#define REPORTS_FIGURES_H

#include <stdio.h>

#include "reports/view.h"
#include "src/fileset.h"

/* Writes the built-in script NAME.gp behind what is there already. */
MUST_CHECK StatusCode figure_put_builtin(FILE *out, const char *name, Error *err);

#define FIGURE_LEMMAS "lemmas" /* its name */

/* Adds FIGURE_LEMMAS.gp and .tsv: how tight the bound of each lemma is at each of its points. The
   view has lemmas. */
MUST_CHECK StatusCode figure_lemmas_write(FileSet *set, const View *view, Error *err);

#endif
