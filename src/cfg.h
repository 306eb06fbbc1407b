/* cfg.h -- libconfig files with what libconfig drops: places of values and digits of numbers.
 *
 * A file may come from a stranger, so it cannot make the program read another one (@include is
 * refused) nor exhaust memory or stack: at most 1 MiB, 16384 keys and values, 32 levels. Numbers
 * are decimal and come as the text that was written, so 0.0025 means 1/400 and not the double near
 * it; hence libconfig's own numeric getters are of no use here.
 */
#ifndef SRC_CFG_H
#define SRC_CFG_H

#include <libconfig.h>
#include <stdbool.h>

#include "src/formula.h"
#include "src/status.h"

/* *out := the settings of a file or of a text; the caller releases them with config_destroy. Every
   string and number is a string setting. *source := the file's text, malloc'ed, the caller frees: a
   file is read once, for it may be a pipe, or change. file names the text in messages. Errors:
   STATUS_NOINPUT (no such file), STATUS_IO, STATUS_DATA ("FILE:LINE[:COLUMN]: ..."); *out is then
   released, *source NULL. */
MUST_CHECK StatusCode cfg_read_file(config_t *out, char **source, const char *path, Error *err);
MUST_CHECK StatusCode cfg_read_text(config_t *out, const char *text, const char *file, Error *err);

/* Text of a string or number, as long as the config_t lives; NULL for a setting of any other type.
 */
const char *cfg_text(const config_setting_t *setting);
/* Was it written as a number, without quotes? */
bool cfg_is_number(const config_setting_t *setting);
/* Where the text of a string or number starts (behind the quote); of any other setting, its line.
 */
FormulaOrigin cfg_origin(const config_setting_t *setting, const char *file);
/* "a number", "a string", "true or false", "a group {...}", "a list (...)" or "an array [...]". */
const char *cfg_kind(const config_setting_t *setting);

#endif
