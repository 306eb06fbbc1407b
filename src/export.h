/* export.h -- a data set and the weights trained on it as NumPy files, with a manifest from which
 * anybody can redo the training in another language and compare digit by digit. */
#ifndef SRC_EXPORT_H
#define SRC_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#include "src/dataset.h"
#include "src/params.h"
#include "src/store.h"

#define EXPORT_SCHEMA 1

typedef struct {
  const char *program; /* who writes, as in "twostage 1.0" */
  const Params *params;
  const Instance *instance; /* the formulas behind params */
  const Dataset *data;
  Store *store;       /* where the weights are; NULL: the data set alone */
  const RunInfo *run; /* of that store; not used without a store */
  const int64_t *at;  /* steps whose weights are written; (at_count), increasing */
  size_t at_count;
} ExportRequest;

/* Writes into the folder, which is made when missing:
       X_P.npy, X_Q.npy (N, L+1, d), the query last; y.npy (N, L+1); w_star.npy, z.npy, zeta.npy
   (d); for each step t in `at` W_t000819.npy and the same for V Wbar Vbar Wtilde Vtilde, (d, d),
   the nearest doubles; when the engine is not double also W_t000819.txt, the exact values, a C99
       hexadecimal floating-point number a line, row by row;
       manifest.json (schema EXPORT_SCHEMA): parameters with their formulas, reading, engine,
       precision, the files with their shapes and the SHA-256 of their bytes, and the conventions
       in words.
   All of them appear together when everything is written, the manifest last. Errors:
   STATUS_CANTCREAT and STATUS_IO, naming the path; those of store_get_weights; STATUS_INTERNAL
   (memory). */
MUST_CHECK StatusCode export_write(const char *folder, const ExportRequest *request, Error *err);

#endif
