/* builtin.h -- text files compiled into the program, so that it runs from anywhere: see embed.awk.
 */
#ifndef SRC_BUILTIN_H
#define SRC_BUILTIN_H

typedef struct {
  const char *name; /* file name without folder */
  const char *text;
} BuiltinFile;

/* Each ends with {NULL, NULL}. */
extern const BuiltinFile builtin_instances[], builtin_claims[], builtin_gnuplot[],
    builtin_what_ifs[], builtin_html[];

#endif
