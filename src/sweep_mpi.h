/* sweep_mpi.h -- jobs done by the ranks of an MPI run: rank 0 hands them out, the others do them.
 * Without --with-mpi, or when the program was not started by mpirun or the like, there are no
 * ranks, and workers.h is for the same plans. */
#ifndef SRC_SWEEP_MPI_H
#define SRC_SWEEP_MPI_H

#include "src/workers.h"

typedef struct {
  int rank, ranks; /* ranks = 0: no MPI run */
  bool stopped;    /* rank 0: has told the others to end; another: was told so */
} SweepMpi;

/* Does this process only do jobs for another? */
static inline bool sweep_mpi_serves(const SweepMpi *mpi) {
  return mpi->ranks > 0 && mpi->rank > 0;
}

#ifdef TWOSTAGE_MPI

/* *out := this process's part in an MPI run; joins it when the environment says that there is one.
 */
MUST_CHECK StatusCode sweep_mpi_begin(SweepMpi *out, Error *err);
/* On rank 0, as workers_run: jobs go to ranks 1, 2, ..., or are done here when there is no other
   rank. A rank that dies ends the whole MPI run: what it has finished is found again. */
MUST_CHECK StatusCode sweep_mpi_run(SweepMpi *mpi, const WorkerPlan *plan, Error *err);
/* On the others: does jobs until rank 0 says that there are no more. plan NULL: answers all of them
 * with *why. */
void sweep_mpi_serve(SweepMpi *mpi, const WorkerPlan *plan, const Error *why);
/* Leaves the MPI run; rank 0 lets the others go, too. */
void sweep_mpi_end(SweepMpi *mpi);

#else

static inline StatusCode sweep_mpi_begin(SweepMpi *out, Error *err) {
  (void)err;
  *out = (SweepMpi){.ranks = 0};
  return STATUS_OK;
}
static inline StatusCode sweep_mpi_run(SweepMpi *mpi, const WorkerPlan *plan, Error *err) {
  (void)mpi;
  (void)plan;
  return error_set(err, STATUS_INTERNAL, "built without MPI");
}
static inline void sweep_mpi_serve(SweepMpi *mpi, const WorkerPlan *plan, const Error *why) {
  (void)mpi;
  (void)plan;
  (void)why;
}
static inline void sweep_mpi_end(SweepMpi *mpi) {
  (void)mpi;
}

#endif

#endif
