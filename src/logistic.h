/* logistic.h -- the logistic loss's derivative in binary64, the same bits on every machine.
 *
 * libm's exp differs between processors, and a correctly rounded one costs more than the rest of a
 * step; this one is plain
 * + - * / in a fixed order, vectorises, and has a proved error.
 */
#ifndef SRC_LOGISTIC_H
#define SRC_LOGISTIC_H

#include <stdint.h>

/* e^x for x <= 0. Relative error at most 2^-52 for -708 <= x <= 0 (derivation in logistic.c); 0
 * below -746. */
double logistic_exp(double x);

/* c_n := -y_n sigmoid(-y_n s_n) for n < count, y_n = +1 or -1. Relative error at most 5 * 2^-53
 * while |s_n| <= 708. */
void logistic_residuals(double *c, const double *s, const double *y, int64_t count);

#endif
