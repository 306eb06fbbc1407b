/* latex.h -- texts, names and numbers as LaTeX takes them. */
#ifndef REPORTS_LATEX_H
#define REPORTS_LATEX_H

#include <stdbool.h>
#include <stdio.h>

/* Writes a clean text (text.h) so that LaTeX sets it as it stands. */
void latex_text(FILE *out, const char *text);

/* Writes a name as part of a command, which has letters only: the words behind the first begin with
   a capital, the first one if asked, and digits become words. */
void latex_name(FILE *out, const char *name, bool capital);

/* Writes a number with up to five digits, for mathematics; a dash for NaN. */
void latex_number(FILE *out, double x);

#endif
