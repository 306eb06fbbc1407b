/* test_figures.c -- tests of the figures: scripts, data and what gnuplot makes of them. */
#include <sys/wait.h>

#include "reports/draw.h"
#include "tests/report_fixture.h"

static const char *const suffix[] = {".gp", ".tsv", ".svg", ".pdf", ".tex", "-inc.pdf"};
#define SUFFIXES (int)(sizeof suffix / sizeof *suffix)
static const char *const kind[] = {"losses", "stages", "growth", "traces", "digits"};
#define KINDS (int)(sizeof kind / sizeof *kind)
#define SINGLE 1 /* slack, of all readings together */

/* Ends the test as skipped when there is no gnuplot to draw with. */
static void need_gnuplot(void) {
  Error err;
  char *program;
  OK(draw_find(&program, "gnuplot", &err));
  const bool missing = program == NULL;
  free(program);
  if (missing) cr_skip_test("gnuplot is not installed");
}

static ReportFigures draw(const char *folder, Store *store, const char *gnuplot) {
  Error err;
  ReportFigures figures;
  OK(report_figures(&figures, folder, store, gnuplot, &err));
  return figures;
}

static Store *store_of(const char *folder, int readings, const ReportRun *like) {
  const int64_t none[2] = {0, 0};
  const VerdictRow row = report_row(none, readings_all[0]);
  return report_store(folder, readings, like, &row, 1);
}

/* Asserts which of a figure's files are there. */
static void assert_files(const char *folder, const char *name, bool scripts, bool pictures) {
  for (int s = 0; s < SUFFIXES; s++) {
    char file[128];
    snprintf(file, sizeof file, "figures/%s%s", name, suffix[s]);
    cr_assert(report_exists(folder, file) == (s < 2 ? scripts : pictures), "%s: %s, file %d", file,
              report_exists(folder, file) ? "is there" : "is not there", s);
  }
}

Test(figures, two_runs_give_the_same_bytes) {
  need_gnuplot();
  char folder[2][128], inside[512];
  Store *store[2];
  for (int k = 0; k < 2; k++) {
    folder_open(folder[k]);
    store[k] = store_of(folder[k], 2, &report_usual);
    if (k == 1) {
      sleep(1); /* another second on the clock, in another zone and language */
      setenv("TZ", "Asia/Kolkata", 1);
      setenv("LC_ALL", "de_DE.UTF-8", 1);
    }
    const ReportFigures figures = draw(folder[k], store[k], NULL);
    cr_assert(figures.drawn && figures.count == 2 * KINDS + SINGLE, "%zu figures: %s",
              figures.count, figures.why);
  }
  const int files = folder_count(path_in(inside, folder[0], "figures"));
  cr_assert(files == (2 * KINDS + SINGLE) * SUFFIXES, "%d files for two readings", files);
  for (int k = 0; k < KINDS; k++)
    for (int s = 0; s < SUFFIXES; s++)
      for (int r = 0; r < 2; r++) {
        char name[128];
        size_t size[2];
        snprintf(name, sizeof name, "figures/%s%s%s", kind[k], r == 0 ? "" : "-shared-joint",
                 suffix[s]);
        if (r == 1 && !report_exists(folder[0], name))
          snprintf(name, sizeof name, "figures/%s-split-separate%s", kind[k], suffix[s]);
        char *a = report_file(&size[0], folder[0], name),
             *b = report_file(&size[1], folder[1], name);
        cr_assert(size[0] == size[1] && memcmp(a, b, size[0]) == 0,
                  "%s: %zu and %zu bytes that differ", name, size[0], size[1]);
        cr_assert(size[0] > 200, "%s: %zu bytes", name, size[0]);
        free(a);
        free(b);
      }
  for (int k = 0; k < 2; k++)
    report_close(store[k], folder[k]);
}

/* Asserts that the date of a pdf is the fixed one, and that its table of objects is where it says.
 */
static void assert_pdf(const char *folder, const char *name) {
  size_t size;
  char *pdf = report_file(&size, folder, name);
  /* strstr would stop at the first zero byte */
  size_t dates = 0, table = 0;
  for (size_t k = 0; k < size; k++) { /* zeros follow */
    if (memcmp(pdf + k, "/CreationDate (D:20000101000000", 31) == 0)
      dates++;
    else if (memcmp(pdf + k, "/CreationDate", 13) == 0)
      dates += 100;
    if (memcmp(pdf + k, "startxref", 9) == 0) table = strtoul(pdf + k + 9, NULL, 10);
  }
  cr_assert(dates == 1, "%s: %zu dates (100 for one that is not fixed)", name, dates);
  cr_assert(table > 0 && table < size && strncmp(pdf + table, "xref", 4) == 0,
            "%s: the table of objects is said to be at %zu of %zu", name, table, size);
  free(pdf);
}

Test(figures, a_pdf_has_a_fixed_date_and_true_offsets) {
  need_gnuplot();
  char folder[128];
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  const ReportFigures figures = draw(folder, store, NULL);
  cr_assert(figures.drawn, "%zu figures: %s", figures.count, figures.why);
  assert_pdf(folder, "figures/losses.pdf");
  assert_pdf(folder, "figures/losses-inc.pdf");
  report_close(store, folder);
}

Test(figures, a_tex_includes_its_own_pdf_at_column_width) {
  need_gnuplot();
  char folder[128];
  size_t size;
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  draw(folder, store, NULL);
  char *tex = report_file(&size, folder, "figures/losses.tex");
  /* 8.6 cm are 8.6 * 72 / 2.54 = 243.8 bp, of which gnuplot takes the whole ones */
  const char *at = strstr(tex, "\\includegraphics[width={");
  const double width = at != NULL ? strtod(at + 24, NULL) : 0;
  cr_assert(width >= 242.9 && width <= 243.78, "%zu bytes, %.9g bp wide, expected 243 of 243.8",
            size, width);
  cr_assert(strstr(at, "]{losses-inc}") != NULL, "%zu bytes: %.60s", size, at);
  cr_assert(strstr(tex, "$K^1$ (block P)") != NULL, "the key is not set by LaTeX in %zu bytes",
            size);
  free(tex);
  report_close(store, folder);
}

Test(figures, a_script_stands_alone) {
  need_gnuplot();
  char folder[128], command[1024], inside[200];
  size_t size[2];
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  draw(folder, store, NULL);
  snprintf(inside, sizeof inside, "%s/figures", folder);
  for (int k = 0; k < KINDS; k++) {
    static const char *const again[] = {".svg", ".tex"}; /* pdfs would differ in their dates */
    char name[2][64];
    char *before[2];
    for (int s = 0; s < 2; s++) {
      snprintf(name[s], sizeof name[s], "%s%s", kind[k], again[s]);
      before[s] = report_file(&size[s], inside, name[s]);
    }
    snprintf(command, sizeof command, "cd '%s' && rm %s %s && gnuplot %s.gp 2>/dev/null", inside,
             name[0], name[1], kind[k]);
    const int status = system(command);
    for (int s = 0; s < 2; s++) {
      size_t new_size;
      char *after = report_file(&new_size, inside, name[s]);
      cr_assert(status == 0 && size[s] == new_size && memcmp(before[s], after, new_size) == 0,
                "%s: status %d, %zu bytes drawn again as %zu", name[s], status, size[s], new_size);
      free(before[s]);
      free(after);
    }
  }
  report_close(store, folder);
}

Test(figures, no_stage_and_no_step_can_be_drawn) {
  need_gnuplot();
  static const int64_t steps[][2] = {{0, 0}, {0, 40}, {40, 0}, {1, 1}, {3, 1000000}};
  char folder[128];
  folder_open(folder);
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    const ReportRun run = {"x", readings_all[0], steps[k][0], steps[k][1]};
    Store *store = store_of(folder, 1, &run);
    const ReportFigures figures = draw(folder, store, NULL);
    cr_assert(figures.drawn && figures.count == KINDS + SINGLE,
              "t1 = %" PRId64 ", t2 = %" PRId64 ": %s", run.t1, run.t2, figures.why);
    store_close(store);
  }
  report_close(NULL, folder);
}

Test(figures, without_gnuplot_they_are_skipped_and_said_to_be) {
  char folder[128];
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  const ReportFigures figures = draw(folder, store, "/nowhere/gnuplot");
  cr_assert(!figures.drawn && strstr(figures.why, "gnuplot is not installed") != NULL,
            "%zu figures drawn: %s", figures.count, figures.why);
  for (int k = 0; k < KINDS; k++)
    assert_files(folder, kind[k], true, false);
  setenv("PATH", "/nowhere:/nowhere/else", 1);
  const ReportFigures again = draw(folder, store, NULL);
  cr_assert(!again.drawn, "%zu figures drawn: %s", again.count, again.why);
  report_close(store, folder);
}

/* A program FOLDER/name that is the text, for the shell. */
static void make_program(char path[512], const char *folder, const char *name, const char *text) {
  FILE *file = fopen(path_in(path, folder, name), "w");
  cr_assert(file != NULL, "cannot make a program of %zu bytes", strlen(text));
  fprintf(file, "#!/bin/sh\n%s\n", text);
  fclose(file);
  cr_assert(chmod(path, 0700) == 0, "cannot make %s run, %d", path, 0);
}

Test(figures, a_gnuplot_that_fails_is_reported) {
  static const struct {
    const char *program, *said;
  } bad[] = {
      {"echo drawn >\"${4%.gp}.svg.part\"; echo 'a warning' >&2", "gnuplot, losses.gp: a warning"},
      {"echo 'Fontconfig error: no cache' >&2; exit 3", "failed without a word"},
      {"kill -9 $$", "ended by a signal"}};
  char folder[128], path[512];
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    make_program(path, folder, "program", bad[k].program);
    const ReportFigures figures = draw(folder, store, path);
    cr_assert(!figures.drawn && strstr(figures.why, bad[k].said) != NULL,
              "program %zu: drawn %d, '%s', expected '%s'", k, figures.drawn, figures.why,
              bad[k].said);
    assert_files(folder, "losses", true, false);
    cr_assert(!report_exists(folder, "figures/losses.svg.part"), "program %zu left its part", k);
  }
  report_close(store, folder);
}

/* Pre-conditions: a program that draws as gnuplot does, and ends well although one of the files
   lacks its last byte. Quantity: the code, and what is left of the figure. Bound: STATUS_IO with
   the file's name, nothing left; with no file cut, all four. */
Test(figures, a_picture_that_was_cut_short_is_refused) {
  static const char *const last[] = {"losses.svg.part", "losses.pdf.part", "losses-inc.pdf",
                                     "losses-inc.tex", "none"};
  static const char *const made[] = {"losses.svg", "losses.pdf", "losses-inc.pdf", "losses.tex"};
  const int parts = sizeof made / sizeof *made;
  char folder[128], path[512], text[1024], why[256];
  bool drawn;
  Error err;
  folder_open(folder);
  for (int cut = 0; cut <= parts; cut++) {
    snprintf(text, sizeof text,
             "put() { if [ \"$1\" = %s ]; then printf \"${2%%?}\"; else printf \"$2\\n\"; fi "
             ">\"$1\"; }\n"
             "put losses.svg.part '<svg></svg>\\n'\nput losses.pdf.part '%%%%%%%%EOF'\n"
             "put losses-inc.pdf '%%%%%%%%EOF'\nput losses-inc.tex '\\\\endgroup'",
             last[cut]);
    make_program(path, folder, "program", text);
    const StatusCode code = draw_figure(&drawn, why, sizeof why, path, folder, "losses", &err);
    const bool well = code == STATUS_OK && drawn;
    cr_assert(well == (cut == parts), "%s cut: status %d, drawn %d, '%s'", last[cut], (int)code,
              drawn, code == STATUS_OK ? why : err.message);
    if (cut < parts)
      cr_assert(code == STATUS_IO && strstr(err.message, last[cut]) != NULL,
                "%s cut: status %d, '%s', expected %d", last[cut], (int)code, err.message,
                (int)STATUS_IO);
    for (int k = 0; k < parts; k++)
      cr_assert(report_exists(folder, made[k]) == well, "%s cut: %s is there: %d", last[cut],
                made[k], !well);
  }
  folder_close(folder);
}

Test(figures, gnuplot_runs_without_input_in_a_fixed_locale) {
  char folder[128], path[512];
  size_t size;
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  setenv("LC_ALL", "de_DE.UTF-8", 1);
  make_program(path, folder, "program", "{ wc -c; echo $LC_ALL $TZ; echo \"$@\"; } >said; exit 1");
  draw(folder, store, path);
  char *said = report_file(&size, folder, "figures/said");
  cr_assert(strcmp(said, "0\nC.UTF-8 UTC0\n--default-settings -e part = '.part' slack.gp\n") == 0,
            "%zu bytes: %s", size, said);
  free(said);
  report_close(store, folder);
}

Test(figures, what_an_earlier_store_left_is_removed) {
  need_gnuplot();
  char folder[128];
  folder_open(folder);
  Store *store = store_of(folder, 4, &report_usual);
  ReportFigures figures = draw(folder, store, NULL);
  cr_assert(figures.drawn && figures.count == 4 * KINDS + SINGLE, "%zu figures: %s", figures.count,
            figures.why);
  assert_files(folder, "growth-split-joint", true, true);
  store_close(store);
  store = store_of(folder, 1, &report_usual);
  figures = draw(folder, store, "/nowhere/gnuplot");
  for (int k = 0; k < KINDS; k++)
    assert_files(folder, kind[k], true, false);
  assert_files(folder, "growth-split-joint", false, false);
  report_close(store, folder);
}

Test(figures, hostile_texts_do_not_reach_gnuplot) {
  need_gnuplot();
  static const ReportRun hostile = {HOSTILE, {GATE_SHARED, LOSS_SEPARATE}, 100, 1600};
  char parent[128], folder[240];
  folder_open(parent);
  cr_assert(chdir(parent) == 0, "cannot enter %s, %d", parent, 0);
  /* a folder name has no '/', and may have everything else */
  snprintf(folder, sizeof folder, "%s/%s", parent, HOSTILE);
  Store *store = store_of(folder, 1, &hostile);
  const ReportFigures figures = draw(folder, store, NULL);
  cr_assert(figures.drawn, "%zu figures: %s", figures.count, figures.why);
  for (int k = 0; k < KINDS; k++)
    for (int s = 0; s < SUFFIXES; s++) {
      char name[128];
      size_t size;
      snprintf(name, sizeof name, "figures/%s%s", kind[k], suffix[s]);
      char *text = report_file(&size, folder, name);
      size_t found = 0;
      for (size_t i = 0; i + 6 <= size; i++)
        found += memcmp(text + i, "canary", 6) == 0;
      cr_assert(found == 0, "%s: the instance's name is in it %zu times", name, found);
      free(text);
    }
  cr_assert(!report_exists(parent, "canary") && !report_exists(folder, "canary") &&
                !report_exists(folder, "figures/canary"),
            "a command was run, %d", 1);
  report_close(store, folder);
  folder_close(parent);
}

Test(figures, numbers_of_a_script_are_those_of_the_run) {
  char folder[128];
  size_t size;
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  draw(folder, store, "/nowhere/gnuplot");
  char *text = report_file(&size, folder, "figures/growth.gp");
  static const char *const line[] = {"\n# Reading shared/separate, 128 bits.\n",
                                     "\nname = 'growth'\n",
                                     "\nt1 = 100\n",
                                     "\nt2 = 1600\n",
                                     "\nx1 = 0.25\n",
                                     "\nx_end = 1.25\n",
                                     "\nd = 8.0\n",
                                     "\neps_W = 0.125\n"};
  for (size_t k = 0; k < sizeof line / sizeof *line; k++)
    cr_assert(strstr(text, line[k]) != NULL, "'%s' is not among %zu bytes:\n%.400s", line[k], size,
              text);
  free(text);
  /* V = 30 (1 - e^-x) - 0.01 and W = 20 (1 - e^-3x) + 0.01 meet where with q = e^-x
     30 (1 - q) = 20 (1 - q^3) + 0.02, at q = 0.3665..., x = 1.0037...; records are 81 steps apart,
     0.0506 in x, from 0.25 on: the first one behind it is at 0.25 + 15 * 0.050625 = 1.009375. */
  text = report_file(&size, folder, "figures/traces.gp");
  const char *at = strstr(text, "\ncrossing = ");
  const double crossing = at != NULL ? strtod(at + 12, NULL) : 0;
  cr_assert(fabs(crossing - 1.009375) <= 1e-9, "the traces cross at %.9g in %zu bytes", crossing,
            size);
  free(text);
  text = report_file(&size, folder, "figures/digits.tsv");
  cr_assert(strncmp(text, "step\teta_lambda_time\tK1\tK2\tnorm_Wbar\tnorm_Vbar\n0\t0\t", 50) == 0,
            "%zu bytes: %.80s", size, text);
  free(text);
  report_close(store, folder);
}

/* The line of a .tsv that begins with the text; fails when there is none. */
static const char *line_of(const char *text, const char *begin) {
  const char *at = strstr(text, begin);
  while (at != NULL && at != text && at[-1] != '\n')
    at = strstr(at + 1, begin);
  cr_assert(at != NULL, "no line '%s' in\n%.400s", begin, text);
  return at;
}

Test(figures, slacks_stand_by_claim_and_reading) {
  char folder[128];
  Error err;
  size_t size;
  Store *store;
  folder_open(folder);
  OK(store_create(&store, folder, &err));
  for (int r = 0; r < 2; r++) {
    int64_t run[2];
    ReportRun usual = report_usual;
    usual.reading = readings_all[r];
    report_add_runs(run, store, &usual);
    for (int k = r; k < 3; k++) { /* the second reading lacks the first claim */
      static const char *const claim[] = {"A.1", "A.2", "B.1"};
      VerdictRow row = report_row(run, usual.reading);
      row.claim = (char *)claim[k];
      row.slack = k == 2 ? NAN : r + 1.5;
      row.verdict = k == 2 ? "UNMET" : "HOLDS";
      OK(store_add_verdict(store, &row, &err));
    }
  }
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  draw(folder, store, "/nowhere/gnuplot");
  char *text = report_file(&size, folder, "figures/slack.tsv"), line[5][80];
  const int at[5][3] = {{0, 0, 1}, {1, 0, 1}, {2, 0, 0}, {1, 1, 1}, {2, 1, 0}};
  for (int i = 0; i < 5; i++) {
    snprintf(line[i], sizeof line[i], "%d\t%d\t%s\t%s\t%s\t%s\n", at[i][0], at[i][1],
             at[i][0] == 0   ? "A.1"
             : at[i][0] == 1 ? "A.2"
                             : "B.1",
             reading_name(readings_all[at[i][1]]), at[i][2] ? "HOLDS" : "UNMET",
             !at[i][2]       ? "nan"
             : at[i][1] == 0 ? "1.5"
                             : "2.5");
    line_of(text, line[i]);
  }
  free(text);
  text = report_file(&size, folder, "figures/slack.gp");
  line_of(text, "claims = 3\npanels = 2\n");
  free(text);
  report_close(store, folder);
}

/* Keeps, at a step, what the figures of the weights need: W and V with the value k + 1 + shift, and
   one row of the truncation experiment. */
static void keep_spectra(Store *store, int64_t run, int64_t step, double shift) {
  Error err;
  double re[8], im[8];
  const Truncation row[2] = {{.rank = 0, .top = true}, {.rank = 0}};
  for (int k = 0; k < 8; k++) {
    re[k] = 8 - k + shift;
    im[k] = -k;
  }
  for (int b = 0; b < 2; b++) {
    const char *name = b == 0 ? "W" : "V";
    OK(store_add_spectrum(store, run, step, name, "singular", re, NULL, 8, &err));
    OK(store_add_spectrum(store, run, step, name, "eigenvalue", im, re, 8, &err));
  }
  OK(store_add_truncations(store, run, step, row, 2, &err));
}

/* Two tokens in three dimensions: w*, z and zeta are along the first, second and third axis, so
   across w* is along the second. */
Test(figures, clouds_are_tokens_in_the_planes_of_their_features) {
  char folder[128];
  size_t size;
  Error err;
  Store *store;
  int64_t run[2];
  folder_open(folder);
  OK(store_create(&store, folder, &err));
  report_add_runs(run, store, &report_usual);
  fixture_cloud(store, run[0]);
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  const ReportFigures figures = draw(folder, store, NULL);
  char *text = report_file(&size, folder, "figures/clouds.tsv");
  cr_assert(strcmp(text, "label\tP_feature\tP_across\tQ_z\tQ_zeta\n1\t0.5\t-1\t3\t4\n"
                         "-1\t-2\t0.25\t3\t-4\n") == 0,
            "%zu bytes:\n%s", size, text);
  free(text);
  if (figures.drawn) assert_files(folder, "clouds", true, true);
  report_close(store, folder);
}

Test(figures, spectra_are_those_of_the_named_steps) {
  char folder[128];
  Error err;
  size_t size;
  Store *store;
  int64_t run[2];
  folder_open(folder);
  OK(store_create(&store, folder, &err));
  report_add_runs(run, store, &report_usual);
  for (int k = 0; k < 2; k++) { /* the run of more bits is the one that is drawn */
    keep_spectra(store, run[k], 0, k);
    keep_spectra(store, run[k], 100, 10 + k);
    keep_spectra(store, run[k], 1700, 20 + k);
  }
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  draw(folder, store, "/nowhere/gnuplot");
  char *text = report_file(&size, folder, "figures/spectra.tsv");
  line_of(text, "0\t0\t1\t9\t0\t9\t9\t0\t9\n");
  line_of(text, "100\t1\t3\t17\t-2\t17\t17\t-2\t17\n");
  line_of(text, "1700\t2\t8\t22\t-7\t22\t22\t-7\t22\n");
  free(text);
  report_close(store, folder);
}

Test(figures, traces_that_never_change_places_do_not_cross) {
  /* At the first of these t1, x = 1.25 and V is above W already. */
  static const int64_t steps[][2] = {{500, 100}, {100, 100}};
  char folder[128];
  folder_open(folder);
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    size_t size;
    const ReportRun run = {"x", readings_all[0], steps[k][0], steps[k][1]};
    Store *store = store_of(folder, 1, &run);
    draw(folder, store, "/nowhere/gnuplot");
    char *text = report_file(&size, folder, "figures/traces.gp");
    cr_assert(strstr(text, "\ncrossing = 0.0\n") != NULL, "t1 = %" PRId64 ": they cross:\n%.300s",
              run.t1, text);
    free(text);
    store_close(store);
  }
  report_close(NULL, folder);
}

Test(report, the_folder_is_complete_and_nothing_is_left_over) {
  char folder[128], inside[200];
  Error err;
  ReportFigures figures;
  folder_open(folder);
  snprintf(inside, sizeof inside, "%s/figures", folder);
  Store *store = store_of(folder, 1, &report_usual);
  OK(report_write(&figures, folder, store, NULL, "/nowhere/gnuplot", &err));
  static const char *const file[] = {"run.db",       "numbers.tex",  "report.html",
                                     "results.json", "verdicts.tap", "verdicts.tex",
                                     "verdicts.txt", "verdicts.xml"};
  for (size_t k = 0; k < sizeof file / sizeof *file; k++)
    cr_assert(report_exists(folder, file[k]), "%s is missing among %d", file[k],
              folder_count(folder));
  /* with figures/ */
  const int entries = (int)(sizeof file / sizeof *file) + 1;
  cr_assert(folder_count(folder) == entries, "%d entries, expected %d", folder_count(folder),
            entries);
  cr_assert(folder_count(inside) == 2 * (KINDS + SINGLE), "%d figure files", folder_count(inside));
  report_close(store, folder);
}

/* Asserts how many pictures the page of a folder shows, and what it says of them. */
static void assert_page(const char *folder, int pictures, const char *said) {
  size_t size;
  int shown = 0;
  char *text = report_file(&size, folder, "report.html");
  for (const char *at = text; (at = strstr(at, "<img src=\"data:image/svg+xml")) != NULL; at++)
    shown++;
  cr_assert(shown == pictures, "%d pictures in %zu bytes, expected %d", shown, size, pictures);
  cr_assert(strstr(text, said) != NULL, "%zu bytes without '%s'", size, said);
  free(text);
}

/* Pre-conditions: pictures of this store in the folder, and another; a program that draws one
   figure alone. Quantity: what the page shows. Bound: that one, and of a report that draws nothing,
   none. */
Test(report, the_page_shows_what_the_same_report_drew) {
  char folder[128], path[512], said[128];
  Error err;
  ReportFigures figures;
  bool wanted[REPORT_FORMS];
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  make_program(path, folder, "program",
               "for script; do :; done\n[ $script = losses.gp ] || exit 3\n"
               "printf '<svg></svg>\\n\\n' >losses.svg.part\n"
               "printf '%%%%%%%%EOF\\n' | tee losses.pdf.part >losses-inc.pdf\n"
               "printf '\\\\endgroup\\n' >losses-inc.tex");
  OK(report_write(&figures, folder, store, NULL, path, &err));
  cr_assert(!figures.drawn && report_exists(folder, "figures/losses.svg"), "%zu figures: %s",
            figures.count, figures.why);
  char other[512];
  make_program(other, folder, "figures/other.svg", "");
  OK(report_write(&figures, folder, store, NULL, path, &err));
  snprintf(said, sizeof said, "Drawn: 1 of %d figures", KINDS + SINGLE);
  assert_page(folder, 1, said);
  for (int k = 0; k < REPORT_FORMS; k++)
    wanted[k] = report_forms[k].when == REPORT_AFTER_FIGURES;
  OK(report_write(&figures, folder, store, wanted, path, &err));
  assert_page(folder, 0, "No figures were drawn for this page");
  unlink(other);
  unlink(path);
  report_close(store, folder);
}

Test(report, a_folder_that_cannot_be_written_is_named) {
  char folder[128], path[512];
  Error err;
  ReportFigures figures;
  folder_open(folder);
  Store *store = store_of(folder, 1, &report_usual);
  /* a file stands where the folder of the figures should be */
  make_program(path, folder, "figures", "");
  REFUSED(report_write(&figures, folder, store, NULL, NULL, &err), STATUS_CANTCREAT, path);
  unlink(path);
  report_close(store, folder);
}
