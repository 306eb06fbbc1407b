/* bundle.h -- inside of the audit bundle: the texts that are written for it alone. */
#ifndef REPORTS_BUNDLE_H
#define REPORTS_BUNDLE_H

#include <stdio.h>

#include "src/store.h"

#define BUNDLE_FOLDER "twostage-bundle" /* what the archive unpacks to */

/* Writes rerun.sh: runs the recorded command in inputs/ and compares. STATUS_DATA when the store
   has no command, or one that is not words of a shell without anything to expand. */
MUST_CHECK StatusCode bundle_rerun(FILE *out, Store *store, Error *err);
/* Writes VERSIONS: a line for each fact. */
MUST_CHECK StatusCode bundle_versions(FILE *out, Store *store, Error *err);
/* Writes ARTIFACT.md: what is claimed, how to repeat it, how long it takes, what to expect. */
MUST_CHECK StatusCode bundle_artifact(FILE *out, Store *store, Error *err);

#endif
