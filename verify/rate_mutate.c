/* rate_mutate.c -- falsehoods planted in a rate: an exponent off by one half, a logarithm dropped.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/rate.h"

const char *const rate_mutant_name[RATE_MUTANT_COUNT] = {"exponent raised", "exponent lowered",
                                                         "log dropped"};

static bool has_log(const Formula *formula) {
  if (formula->kind == FORMULA_FUNCTION && strcmp(formula->text, "log") == 0) return true;
  for (size_t i = 0; i < formula->child_count; i++)
    if (has_log(formula->child[i])) return true;
  return false;
}

static StatusCode replace_logs(Formula **node, Error *err) {
  Formula *formula = *node;
  if (formula->kind != FORMULA_FUNCTION || strcmp(formula->text, "log") != 0) {
    for (size_t i = 0; i < formula->child_count; i++)
      TRY(replace_logs(&formula->child[i], err));
    return STATUS_OK;
  }
  Formula *one;
  TRY(formula_parse(&one, "1", formula->origin, err));
  formula_free(formula);
  *node = one;
  return STATUS_OK;
}

StatusCode rate_drop_logs(Formula **out, const Formula *rate, Error *err) {
  *out = NULL;
  if (!has_log(rate)) return STATUS_OK;
  TRY(formula_copy(out, rate, err));
  const StatusCode code = replace_logs(out, err);
  if (code == STATUS_OK) return STATUS_OK;
  formula_free(*out);
  *out = NULL;
  return code;
}

/* rate/curve->rate at point i, but for a factor. */
static double change(RateMutant mutant, const double *no_log, const RateCurve *curve, size_t i) {
  if (mutant == RATE_MUTANT_RAISED) return sqrt(curve->x[i]);
  if (mutant == RATE_MUTANT_LOWERED) return 1 / sqrt(curve->x[i]);
  return no_log[i] / curve->rate[i];
}

bool rate_mutate(double *rate, RateMutant mutant, const double *no_log, RateRelation relation,
                 const RateCurve *curve) {
  if (mutant == RATE_MUTANT_NO_LOG && no_log == NULL) return false;
  const size_t last = curve->points - 1;
  const double grows = change(mutant, no_log, curve, last) / change(mutant, no_log, curve, 0);
  if (relation == RATE_UPPER && grows >= 1) return false; /* O(rate) implies O of the larger one */
  double mean = 0;
  for (size_t i = 0; i < curve->points; i++)
    mean += log(change(mutant, no_log, curve, i)) / (double)curve->points;
  for (size_t i = 0; i < curve->points; i++)
    rate[i] = curve->rate[i] * change(mutant, no_log, curve, i) / exp(mean);
  return true;
}
