/* draw.h -- gnuplot as a child process: a script in, an svg, a pdf and a tex out, or the reason why
 * not.
 */
#ifndef REPORTS_DRAW_H
#define REPORTS_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "src/status.h"

/* *out := the absolute path of a program: of `program` itself when it has a '/', else the first of
   that name in PATH; NULL when there is none that can be run. malloc'ed, the caller frees. */
MUST_CHECK StatusCode draw_find(char **out, const char *program, Error *err);

/* *drawn := whether FOLDER/NAME.svg, NAME.pdf, and NAME.tex with NAME-inc.pdf, which it includes,
   have been drawn by FOLDER/NAME.gp. When not, why holds one line (size >= 64), and all are absent.
   The script, run by gnuplot in that folder, writes NAME.svg and NAME.pdf with the value of `part`
   appended, and NAME-inc.tex and NAME-inc.pdf; they are renamed when complete (NAME-inc.tex: to
   NAME.tex), the pdfs without the time they were made at. Anything that gnuplot says on stderr is a
   failure: it warns, and exits with 0, where a curve is missing. */
MUST_CHECK StatusCode draw_figure(bool *drawn, char *why, size_t size, const char *gnuplot,
                                  const char *folder, const char *name, Error *err);

#endif
