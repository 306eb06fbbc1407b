/* bundle_texts.c -- the texts of the audit bundle: the script that repeats the run, the versions,
 * and ARTIFACT.md in the form that artifact-evaluation committees ask for. */
#include <stdlib.h>
#include <string.h>

#include "reports/bundle.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

/* ---- the command ---- */

/* Does the text consist of words that a shell takes as they stand: without quotes nothing but
   letters, digits and the marks of cli_quote, else in single quotes, or \'? */
static bool is_harmless(const char *text) {
  static const char plain[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%^ ";
  while (*text != '\0') {
    text += strspn(text, plain);
    if (*text == '\'') {
      text = strchr(text + 1, '\'');
      if (text == NULL) return false;
      text++;
    } else if (text[0] == '\\' && text[1] == '\'') {
      text += 2;
    } else if (*text != '\0') {
      return false;
    }
  }
  return true;
}

/* *out := the recorded command line behind "twostage "; the caller frees *fact, which it is in. */
static StatusCode get_command(char **fact, const char **out, Store *store, Error *err) {
  static const char program[] = "twostage ";
  TRY(store_get_fact(fact, store, "command", err));
  if (*fact != NULL && strncmp(*fact, program, sizeof program - 1) == 0 && is_harmless(*fact)) {
    *out = *fact + sizeof program - 1;
    return STATUS_OK;
  }
  free(*fact);
  *fact = NULL;
  return error_set(err, STATUS_DATA,
                   "the bundle: expected the run store to have its command line, \"twostage "
                   "verify ...\"");
}

StatusCode bundle_rerun(FILE *out, Store *store, Error *err) {
  char *fact;
  const char *command;
  TRY(get_command(&fact, &command, store, err));
  fputs("#!/bin/sh\n"
        "# rerun.sh -- runs again what is in this folder, into rerun/, and compares\n"
        "#\n"
        "# TWOSTAGE=PROGRAM ./rerun.sh   The program is twostage by default. Exit status 0: the "
        "same; 1: different; 2: it could not be run.\n"
        "set -u\n"
        "program=${TWOSTAGE:-twostage}\n"
        "case $program in\n"
        "  /*) ;;\n"
        "  */*) program=$PWD/$program ;;\n"
        "esac\n"
        "cd -- \"$(dirname -- \"$0\")\" || exit 2\n"
        "give_up() {\n"
        "  printf 'rerun.sh: %s\\n' \"$1\" >&2\n"
        "  exit 2\n"
        "}\n"
        "command -v \"$program\" >/dev/null || give_up \"no program '$program'; say "
        "TWOSTAGE=/path/to/twostage\"\n"
        "[ ! -e rerun ] || give_up 'rerun/ is there already; remove it first'\n"
        "if command -v sha256sum >/dev/null; then\n"
        "  sum='sha256sum'\n"
        "else\n"
        "  sum='shasum -a 256'\n"
        "fi\n"
        "if ! $sum --check --quiet SHA256SUMS; then\n"
        "  echo 'different: the files are not those that were packed'\n"
        "  exit 1\n"
        "fi\n"
        "began=$(date +%s)\n"
        "(cd inputs && \"$program\" ",
        out);
  fputs(command, out);
  fputs(" --out ../rerun --quiet) >rerun.log 2>&1\n"
        "status=$?\n"
        "# 0, 1 and 2 are results: claims hold, some fail, some cannot be told.\n"
        "if [ $status -gt 2 ]; then\n"
        "  cat rerun.log >&2\n"
        "  give_up \"the run ended with status $status\"\n"
        "fi\n"
        "echo \"ran for $(($(date +%s) - began)) s\"\n"
        "cmp -s run/run.db rerun/run.db && echo 'run.db: the same bytes'\n"
        "\"$program\" report --compare run rerun\n"
        "case $? in\n"
        "  0) echo same ;;\n"
        "  1)\n"
        "    echo different\n"
        "    exit 1\n"
        "    ;;\n"
        "  *) give_up 'the run stores could not be compared' ;;\n"
        "esac\n",
        out);
  free(fact);
  return STATUS_OK; /* the caller sees what did not reach the stream */
}

/* ---- versions ---- */

static bool put_fact(const char *key, const char *value, void *out) {
  char line[1024];
  snprintf(line, sizeof line, "%s %s", key, value);
  text_clean(line);
  fprintf(out, "%s\n", line);
  return true;
}

StatusCode bundle_versions(FILE *out, Store *store, Error *err) {
  return store_each_fact(store, put_fact, out, err);
}

/* ---- how long it takes ---- */

/* Seconds of one processor for training and judging a run: 1.2 for its records, and for each token
   of each step d (d + 10) multiply-adds of so many ns; measured on a Xeon of 2 GHz for the shipped
   instances, of which it is within a factor of two. */
static double seconds_of(const RunInfo *run) {
  const Params *p = &run->params;
  const double work = (double)(p->t1 + p->t2 + 1) * (double)(p->N * p->d) * (double)(p->d + 10);
  const double ns = strcmp(run->engine, "double") == 0 ? 2
                    : strcmp(run->engine, "mpfr") == 0 ? 25
                                                       : 120;
  return 1.2 + 1e-9 * ns * work;
}

static long minutes_of(const View *view) {
  double seconds = 20; /* lemmas, report and figures */
  for (size_t i = 0; i < view->run_count; i++)
    seconds += seconds_of(&view->run[i]);
  return 1 + (long)(seconds / 60);
}

/* ---- ARTIFACT.md ---- */

typedef struct {
  FILE *out;
  const View *view;
  const char *command; /* behind "twostage " */
  long minutes;
  bool selectable; /* may --only be added to the command? */
} Artifact;

static void put_start(const Artifact *a) {
  fputs("# Artifact: a run of twostage, and how to repeat it\n\n"
        "This folder holds a run, what it was made from, and its report. `twostage` trains the "
        "model of the paper and judges each statement of it on the run; `run/report.html` "
        "explains the verdicts and opens in any browser.\n\n"
        "## Getting started\n\n"
        "Requirements: one x86-64 processor and 1 GB of memory; `twostage` of the version in "
        "`VERSIONS`, built from its source on Debian 12 by `./bootstrap` (which installs what it "
        "needs). No network, no graphics card, no data beside this folder.\n\n"
        "    sha256sum --check SHA256SUMS          # every line ends with OK; 1 second\n"
        "    TWOSTAGE=/path/to/twostage ./rerun.sh # the last line is `same`",
        a->out);
  fprintf(a->out, "; %s %ld minute%s\n\n", a->minutes > 1 ? "about" : "less than", a->minutes,
          a->minutes > 1 ? "s" : "");
  fputs("## Step by step\n\n"
        "1. `SHA256SUMS` shows that the files are those that were packed.\n"
        "2. `rerun.sh` runs, with the files in `inputs/`, the recorded command\n\n",
        a->out);
  char *shown = strdup(a->command);
  if (shown != NULL) text_clean(shown);
  fprintf(a->out, "       twostage %s\n\n", shown != NULL ? shown : "");
  free(shown);
  fputs("   into `rerun/` and compares the two run stores, verdict by verdict and number by "
        "number. What differs is named, a line each; then the last line is `different` and the "
        "exit status 1. The arithmetic does not depend on the machine, so with the same version of "
        "the program and of the libraries every number is the same to the bit, and so is "
        "`run.db`.\n"
        "3. `run/` has the report: `verdicts.txt` (the table), `report.html`, `results.json`, "
        "`verdicts.tap`, `verdicts.xml`, `verdicts.tex`, `numbers.tex`, and in `figures/` each "
        "figure with its data and script, which `gnuplot NAME.gp` draws again. "
        "`twostage report --run run` writes them anew from `run/run.db`, without training.\n"
        "4. `inputs/` has the files that were given, `inputs/built-in/` those of the program.\n\n"
        "Minutes are those of one processor of 2 GHz, estimated from the number of operations, "
        "within a factor of two; `rerun.sh` prints the seconds that it took.\n\n",
        a->out);
}

/* The claim that a line of the table is about, or NULL. */
static const VerdictRow *claim_of(const View *view, const char *line) {
  const size_t length = strcspn(line, " ");
  for (size_t i = 0; i < view->verdict_count; i++)
    if (strlen(view->verdict[i].claim) == length &&
        strncmp(view->verdict[i].claim, line, length) == 0)
      return &view->verdict[i];
  return NULL;
}

static void put_cell_text(FILE *out, const char *text) {
  for (; *text != '\0'; text++)
    fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
}

static void put_row(const Artifact *a, const VerdictRow *row, const char *line) {
  fputs("| ", a->out);
  fprintf(a->out, "%s | ", row->claim);
  put_cell_text(a->out, row->title);
  fprintf(a->out, " | `$R%s%s` | %ld | `", a->selectable ? " --only " : "",
          a->selectable ? row->claim : "", a->minutes);
  put_cell_text(a->out, line);
  fputs("` |\n", a->out);
}

/* What is printed on claims stands in the table of the report: from a line that says the reading to
   the next empty one. */
static void put_table(const Artifact *a, char *table) {
  bool inside = false;
  for (char *line = table, *next; line != NULL; line = next) {
    next = strchr(line, '\n');
    if (next != NULL) *next++ = '\0';
    if (strncmp(line, "reading ", 8) == 0) {
      fprintf(a->out,
              "\n### In %s\n\n| claim | in words | command | minutes | expected line |\n"
              "|---|---|---|---|---|\n",
              line);
      inside = true;
    }
    if (line[0] == '\0') inside = false;
    const VerdictRow *row = inside ? claim_of(a->view, line) : NULL;
    if (row != NULL) put_row(a, row, line);
  }
}

static StatusCode put_claims(const Artifact *a, Store *store, Error *err) {
  char *table = NULL;
  size_t size;
  FILE *memory = open_memstream(&table, &size);
  if (memory == NULL) return error_memory(err, "the bundle");
  StatusCode code = report_table(memory, store, NULL, err);
  if (fclose(memory) != 0 && code == STATUS_OK) code = error_memory(err, "the bundle");
  fputs("## Which claim is reproduced by which command\n\n"
        "`$R` is the recorded command above, run in `inputs/`. It prints the expected line below "
        "its heading, where columns are named: for one run the trust label, the verdict, the "
        "measured value, the bound, their ratio and the slack; for a sweep how many cells hold "
        "(H), fail (F), are inconclusive (I), vacuous (V) or unmet (U), and each cell's. A "
        "statement whose label is `recalled` is our recollection of the paper, so a failure says "
        "something about the statement as recorded.\n",
        a->out);
  if (code == STATUS_OK) put_table(a, table);
  free(table);
  return code;
}

StatusCode bundle_artifact(FILE *out, Store *store, Error *err) {
  View view;
  Artifact a = {.out = out, .view = &view};
  char *fact;
  TRY(get_command(&fact, &a.command, store, err));
  StatusCode code = view_load(&view, store, err);
  a.minutes = code == STATUS_OK ? minutes_of(&view) : 0;
  a.selectable = strncmp(a.command, "train", 5) != 0 && strstr(a.command, " --only") == NULL;
  if (code == STATUS_OK) {
    put_start(&a);
    code = put_claims(&a, store, err);
  }
  view_clear(&view);
  free(fact);
  return code;
}
