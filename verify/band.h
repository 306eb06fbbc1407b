/* band.h -- bands over the seeds of a sweep. */
#ifndef VERIFY_BAND_H
#define VERIFY_BAND_H

#include "src/store.h"

#define BAND_LEVEL 0.9 /* that a band has where there are seeds enough, five of them */
#define BAND_GROUPS 6  /* of runs that differ in their seed alone: more than a figure can show */

/* Puts into the store, in the place of earlier ones, the bands of K1 and K2 at every recorded step
   over the first BAND_GROUPS groups of at least two runs of a sweep: order statistics around the
   median (stats_median_interval). A group whose runs were not recorded at the same steps has none.
 */
MUST_CHECK StatusCode bands_store(Store *store, Error *err);

#endif
