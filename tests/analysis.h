/* analysis.h -- what a program that reads one source at a time cannot know; static.sh includes it
 * before each of them. */
#ifndef TESTS_ANALYSIS_H
#define TESTS_ANALYSIS_H

#include "src/formula.h"

/* They return the code they are given, which is never that of success: no path leads on from a
   failure as if there had been none. */
#define failure_of(call)                                                                           \
  ({                                                                                               \
    const StatusCode failure_ = call;                                                              \
    if (failure_ == STATUS_OK) __builtin_unreachable();                                            \
    failure_;                                                                                      \
  })
#define error_set(...) failure_of((error_set)(__VA_ARGS__))
#define error_memory(...) failure_of((error_memory)(__VA_ARGS__))
#define formula_error(...) failure_of((formula_error)(__VA_ARGS__))

#endif
