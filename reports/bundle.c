/* bundle.c -- the audit bundle: one archive with a run, what it was made from, its report, and the
 * means to repeat it.
 *
 * Times, owners and the order of entries are fixed, so the same run folder gives the same bytes.
 * Every name in the archive is BUNDLE_FOLDER/... and is made of names of ours and of the base names
 * of input files, which may not be anything but a name. */
#include "reports/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/report.h"
#include "src/digest.h"
#include "src/fileset.h"

#define NAME_SIZE 320

typedef struct {
  struct archive *archive;
  FILE *sums; /* SHA256SUMS so far, in memory */
  const ReportFolder *folder;
  Store *store;
  StatusCode code; /* of what a visit did */
  Error *err;
} Bundle;

static StatusCode archive_fail(const Bundle *b, Error *err) {
  return error_set(err, STATUS_IO, "the bundle: %.300s", archive_error_string(b->archive));
}

/* ---- one entry ---- */

static StatusCode put_header(Bundle *b, const char *name, size_t size, bool program, Error *err) {
  char path[NAME_SIZE + sizeof BUNDLE_FOLDER + 1];
  struct archive_entry *entry = archive_entry_new();
  if (entry == NULL) return error_memory(err, "the bundle");
  snprintf(path, sizeof path, "%s/%s", BUNDLE_FOLDER, name);
  archive_entry_set_pathname(entry, path);
  archive_entry_set_size(entry, (la_int64_t)size);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, program ? 0755 : 0644);
  archive_entry_set_mtime(entry, 946684800, 0); /* 2000-01-01, as in the pdfs */
  const bool written = archive_write_header(b->archive, entry) == ARCHIVE_OK;
  archive_entry_free(entry);
  return written ? STATUS_OK : archive_fail(b, err);
}

/* A line as sha256sum --check reads it. */
static void put_sum(FILE *out, Digest *digest, const char *name) {
  char sum[DIGEST_SIZE];
  digest_close_text(sum, digest);
  fprintf(out, "%s  %s\n", sum, name);
}

static StatusCode put_text(Bundle *b, const char *name, const char *text, size_t size, bool program,
                           Error *err) {
  Digest sum;
  TRY(put_header(b, name, size, program, err));
  if (archive_write_data(b->archive, text, size) != (la_ssize_t)size) return archive_fail(b, err);
  TRY(digest_open(&sum, err));
  digest_bytes(&sum, text, size);
  put_sum(b->sums, &sum, name);
  return STATUS_OK;
}

/* The bytes of a file that is open, summed on their way into the archive. */
static StatusCode copy_bytes(Bundle *b, FILE *file, Digest *sum, size_t size, Error *err) {
  char bytes[65536];
  while (size > 0) {
    const size_t got = fread(bytes, 1, size < sizeof bytes ? size : sizeof bytes, file);
    if (got == 0) return error_set(err, STATUS_IO, "it became shorter while it was read");
    digest_bytes(sum, bytes, got);
    if (archive_write_data(b->archive, bytes, got) != (la_ssize_t)got) return archive_fail(b, err);
    size -= got;
  }
  return STATUS_OK;
}

static StatusCode put_stream(Bundle *b, const char *name, FILE *file, Error *err) {
  struct stat info;
  Digest sum;
  if (fstat(fileno(file), &info) != 0) return error_set(err, STATUS_IO, "%s", strerror(errno));
  TRY(put_header(b, name, (size_t)info.st_size, false, err));
  TRY(digest_open(&sum, err));
  const StatusCode code = copy_bytes(b, file, &sum, (size_t)info.st_size, err);
  if (code == STATUS_OK)
    put_sum(b->sums, &sum, name);
  else
    digest_close(NULL, &sum);
  return code;
}

/* The file FOLDER/FILE of the run as run/FILE. */
static StatusCode put_file(Bundle *b, const char *file, Error *err) {
  char name[NAME_SIZE];
  const size_t size = strlen(b->folder->path) + strlen(file) + 2;
  char *path = array_alloc(size, 1);
  if (path == NULL) return error_memory(err, "path");
  snprintf(path, size, "%s/%s", b->folder->path, file);
  snprintf(name, sizeof name, "run/%s", file);
  FILE *stream = fopen(path, "rb");
  StatusCode code = STATUS_OK;
  if (stream == NULL)
    code = error_set(err, STATUS_NOINPUT, "%s: %s", path, strerror(errno));
  else
    code = put_stream(b, name, stream, err);
  if (stream != NULL) fclose(stream);
  free(path);
  return code;
}

/* A text that one of the writers makes. */
static StatusCode put_made(Bundle *b, const char *name, bool program,
                           StatusCode (*write)(FILE *out, Store *store, Error *err), Error *err) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) return error_memory(err, "the bundle");
  StatusCode code = write(out, b->store, err);
  if (fclose(out) != 0 && code == STATUS_OK) code = error_memory(err, "the bundle");
  if (code == STATUS_OK) code = put_text(b, name, text, size, program, err);
  free(text);
  return code;
}

/* ---- all of them ---- */

/* Is it a name that means a file in the folder it is unpacked to, everywhere? */
static bool is_bare_name(const char *name) {
  return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL &&
         strchr(name, '\\') == NULL && strlen(name) < 80;
}

static bool put_input(const InputRow *row, void *context) {
  Bundle *b = context;
  char name[NAME_SIZE];
  if (!is_bare_name(row->name)) {
    b->code = error_set(b->err, STATUS_DATA,
                        "the bundle: expected an input file whose name does not begin with a dot, "
                        "with at most 79 bytes and no backslash; found '%.80s'",
                        row->name);
    return false;
  }
  snprintf(name, sizeof name, "inputs/%s%s", row->built_in ? "built-in/" : "", row->name);
  b->code = put_text(b, name, row->text, strlen(row->text), false, b->err);
  return b->code == STATUS_OK;
}

/* Those that this report wrote. Whatever else lies in the folder may be anybody's. */
static StatusCode put_figures(Bundle *b, Error *err) {
  static const char *const suffix[] = {".gp", ".tsv", ".svg", ".pdf", ".tex", "-inc.pdf"};
  const ReportFigures *all = b->folder->figures;
  for (size_t i = 0; i < all->count; i++)
    for (size_t k = 0; k < (all->figure[i].drawn ? 6 : 2); k++) {
      char file[NAME_SIZE];
      snprintf(file, sizeof file, "figures/%s%s", all->figure[i].name, suffix[k]);
      TRY(put_file(b, file, err));
    }
  return STATUS_OK;
}

static StatusCode put_all(Bundle *b, Error *err) {
  TRY(put_made(b, "ARTIFACT.md", false, bundle_artifact, err));
  TRY(put_made(b, "VERSIONS", false, bundle_versions, err));
  b->err = err;
  TRY(store_each_input(b->store, put_input, b, err));
  TRY(b->code);
  TRY(put_made(b, "rerun.sh", true, bundle_rerun, err));
  TRY(put_file(b, "run.db", err));
  for (const ReportForm *form = report_forms; form->name != NULL; form++)
    if (form->when != REPORT_BUNDLE && form->write != NULL) TRY(put_file(b, form->file, err));
  return put_figures(b, err);
}

/* The sums of all entries before it. */
static StatusCode put_sums(Bundle *b, const char *sums, size_t size, Error *err) {
  TRY(put_header(b, "SHA256SUMS", size, false, err));
  if (archive_write_data(b->archive, sums, size) != (la_ssize_t)size) return archive_fail(b, err);
  return archive_write_close(b->archive) == ARCHIVE_OK ? STATUS_OK : archive_fail(b, err);
}

static StatusCode write_archive(Bundle *b, FILE *out, Error *err) {
  char *sums = NULL;
  size_t size;
  struct archive *a = b->archive;
  /* No time in gzip's header; the last block is not filled up. */
  if (archive_write_set_format_ustar(a) != ARCHIVE_OK ||
      archive_write_add_filter_gzip(a) != ARCHIVE_OK ||
      archive_write_set_filter_option(a, "gzip", "timestamp", NULL) != ARCHIVE_OK ||
      archive_write_set_filter_option(a, "gzip", "compression-level", "9") != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
      archive_write_open_FILE(a, out) != ARCHIVE_OK)
    return archive_fail(b, err);
  b->sums = open_memstream(&sums, &size);
  if (b->sums == NULL) return error_memory(err, "the bundle");
  StatusCode code = put_all(b, err);
  if (fclose(b->sums) != 0 && code == STATUS_OK) code = error_memory(err, "the bundle");
  if (code == STATUS_OK) code = put_sums(b, sums, size, err);
  free(sums);
  return code;
}

StatusCode report_bundle(FILE *out, const ReportFolder *folder, Store *store, Error *err) {
  Bundle b = {.archive = archive_write_new(), .folder = folder, .store = store};
  if (b.archive == NULL) return error_memory(err, "the bundle");
  const StatusCode code = write_archive(&b, out, err);
  archive_write_free(b.archive);
  return code;
}
