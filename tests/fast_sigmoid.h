/* fast_sigmoid.h -- the fast residual of the mpfr engine against its plain definition. */
#ifndef TESTS_FAST_SIGMOID_H
#define TESTS_FAST_SIGMOID_H

#include "tests/support.h"

void fast_sigmoid_check(Worst *worst, PlainSet plain, const char *path);

#endif
