/* mathml.h -- formulas as MathML. */
#ifndef REPORTS_MATHML_H
#define REPORTS_MATHML_H

#include <stdbool.h>
#include <stdio.h>

#include "src/status.h"

/* Writes a statement of the form "FORMULA RELATION FORMULA" or "FORMULA within [FORMULA, FORMULA] *
   (FORMULA)" as a <math> element. *set := false, and nothing written, when it has another form:
   then the text itself must do. */
MUST_CHECK StatusCode mathml_statement(bool *set, FILE *out, const char *text, Error *err);

#endif
