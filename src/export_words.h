/* export_words.h -- the conventions in words, as the manifest of an export states them. */
#ifndef SRC_EXPORT_WORDS_H
#define SRC_EXPORT_WORDS_H

typedef struct {
  const char *about, *words;
} ExportWords;

extern const ExportWords export_words[]; /* ends with {NULL, NULL} */

#endif
