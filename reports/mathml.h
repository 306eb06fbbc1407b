/* mathml.h -- formulas as MathML. */
#ifndef REPORTS_MATHML_H
#define REPORTS_MATHML_H

#include <stdbool.h>
#include <stdio.h>

/* Writes a statement of the form "FORMULA RELATION FORMULA" or "FORMULA within [FORMULA, FORMULA] *
   (FORMULA)" as a <math> element. False, and nothing written, when it has another form: then the
   text itself must do. */
bool mathml_statement(FILE *out, const char *text);

#endif
