/* measure.h -- which observables belong to which block, by what they are rather than by name. */
#ifndef SRC_MEASURE_H
#define SRC_MEASURE_H

#include "src/trainer.h"

typedef struct {
  ObservableId K, loss, accuracy, margin, norm[WEIGHT_KINDS], change, trace, trace_signal, align,
      gate, gradient, contraction;
} BlockObservables;

extern const BlockObservables block_observables[BLOCK_COUNT];

#endif
