/* figures.h -- inside of the figures: what those of runs, of sweeps and of the lemmas share. */
#ifndef REPORTS_FIGURES_H
#define REPORTS_FIGURES_H

#include <stdio.h>

#include "reports/view.h"
#include "src/fileset.h"

/* Writes the comment that a script begins with. */
void figure_put_title(FILE *out, const char *name);
/* Writes the built-in script NAME.gp behind what is there already. */
MUST_CHECK StatusCode figure_put_builtin(FILE *out, const char *name, Error *err);

/* Writes a tab and the shortest decimal of x; nan when it is not finite. */
void figure_put_number(FILE *out, double x);

#define FIGURE_BANDS "bands" /* its name */

/* *possible := whether the store has bands over seeds. */
MUST_CHECK StatusCode figure_bands_possible(bool *possible, Store *store, Error *err);
/* Adds FIGURE_BANDS.gp and .tsv: median and band of both losses, a panel for each group of runs. */
MUST_CHECK StatusCode figure_bands_write(FileSet *set, const View *view, Store *store, Error *err);

#define FIGURE_LEMMAS "lemmas" /* its name */

/* Adds FIGURE_LEMMAS.gp and .tsv: how tight the bound of each lemma is at each of its points. The
   view has lemmas. */
MUST_CHECK StatusCode figure_lemmas_write(FileSet *set, const View *view, Error *err);

#define FIGURE_RANK "rank-preservation" /* its name, with the suffix of a reading */

/* *possible := whether the truncation experiment of the run is kept, at t1 and at the end. */
MUST_CHECK StatusCode figure_rank_possible(bool *possible, Store *store, const RunInfo *run,
                                           Error *err);
/* Adds NAME.gp and NAME.tsv: the losses of both blocks with part of U's spectrum. */
MUST_CHECK StatusCode figure_rank_write(FileSet *set, const char *name, Store *store,
                                        const RunInfo *run, Error *err);

#define FIGURE_SPECTRA "spectra" /* its name, with the suffix of a reading */

/* Adds NAME.gp and NAME.tsv: singular values and eigenvalues of W and V of a run whose truncation
   experiment is possible, so that its spectra are kept. */
MUST_CHECK StatusCode figure_spectra_write(FileSet *set, const char *name, Store *store,
                                           const RunInfo *run, Error *err);

#define FIGURE_CLOUDS "clouds" /* its name */

/* *possible := whether tokens of this run's data are kept. */
MUST_CHECK StatusCode figure_clouds_possible(bool *possible, Store *store, const RunInfo *run,
                                             Error *err);
/* Adds FIGURE_CLOUDS.gp and .tsv: tokens of both blocks in the planes of their features. */
MUST_CHECK StatusCode figure_clouds_write(FileSet *set, Store *store, const RunInfo *run,
                                          Error *err);

#define FIGURE_SLACK "slack" /* its name */

/* Is this the store of runs that were judged, and of no sweep? */
bool figure_slack_possible(const View *view);
/* Adds FIGURE_SLACK.gp and .tsv: the slack of each claim under each reading. */
MUST_CHECK StatusCode figure_slack_write(FileSet *set, const View *view, Error *err);

#define FIGURE_MAP "map" /* its name, with the suffix of a reading */

/* Is this the store of a sweep along two axes, with verdicts, and the reading that its map (or the
   map of this reading) has the name of? */
bool figure_map_possible(const View *view, Reading reading);
/* Adds NAME.gp and NAME.tsv: the verdicts on the plane of the two axes. Theorems are what stands
   before the dot of a claim's id; claims that we derived are left out. */
MUST_CHECK StatusCode figure_map_write(FileSet *set, const char *name, const View *view,
                                       Reading reading, Error *err);

#endif
