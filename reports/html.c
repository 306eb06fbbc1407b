/* html.c -- the report as one HTML file that needs nothing but a browser: its style, its script and
 * its pictures are inside. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/figures.h"
#include "reports/markup.h"
#include "reports/rates.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"
#include "reports/what_if.h"
#include "src/builtin.h"

typedef struct {
  FILE *out;
  const View *view;
  const WhatIfView *what_ifs;
  const RatesView *rates;
  const char *folder;
  char *command; /* of the run, from the provenance; NULL when unknown */
} Page;

/* ---- pieces ---- */

static StatusCode put_builtin(FILE *out, const char *name, Error *err) {
  for (const BuiltinFile *file = builtin_html; file->name != NULL; file++)
    if (strcmp(file->name, name) == 0) {
      fputs(file->text, out);
      return STATUS_OK;
    }
  return error_set(err, STATUS_INTERNAL, "no built-in file %s", name);
}

static void number_cell(FILE *out, double x) {
  char text[TEXT_NUMBER_SIZE];
  text_number_fit(text, x, 5, 12);
  fprintf(out, "<td class=\"number\">%s</td>", text);
}

/* The word and its colour: the colour says nothing that the word does not. */
static void verdict_span(FILE *out, const char *verdict) {
  const bool known = view_word(verdict) < VIEW_VERDICTS;
  markup_format(out, "<span class=\"verdict %s\">%s</span>", known ? verdict : "", verdict);
}

static const char *certainty(bool certified) {
  return certified ? "certified" : "computed";
}

static bool is_first(const View *view, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (strcmp(view->verdict[k].claim, view->verdict[i].claim) == 0) return false;
  return true;
}

/* A table that the script makes sortable; it scrolls by itself where the page is narrow. */
static void open_table(FILE *out, const char *caption, const char *const *heading) {
  markup_format(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
                "<table class=\"sortable\"><caption>%s</caption><thead><tr>",
                caption, caption);
  for (; *heading != NULL; heading++)
    markup_format(out, "<th scope=\"col\">%s</th>", *heading);
  fputs("</tr></thead><tbody>\n", out);
}

static void close_table(FILE *out) {
  fputs("</tbody></table></div>\n", out);
}

/* ---- the top ---- */

static void parameters(const Page *page, const Params *params) {
  fputs("<ul>\n", page->out);
  for (int id = 0; id < PARAM_COUNT; id++) {
    char text[64];
    params_format(text, sizeof text, params, (ParamId)id);
    markup_format(page->out, "<li><code>%s = %s</code>, %s</li>\n", param_info[id].key, text,
                  param_info[id].doc);
  }
  fputs("</ul>\n", page->out);
}

/* Counts of one reading's verdicts on the paper's statements, or on the derived facts. */
static void count_verdicts(size_t count[VIEW_VERDICTS + 1], const View *view, int64_t run,
                           bool derived) {
  memset(count, 0, (VIEW_VERDICTS + 1) * sizeof *count);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (row->run == run && (strcmp(row->trust, "derived") == 0) == derived)
      count[view_verdict(row)]++;
  }
}

static void headline_counts(FILE *out, const size_t count[VIEW_VERDICTS + 1], const char *what) {
  size_t all = 0;
  for (size_t v = 0; v <= VIEW_VERDICTS; v++)
    all += count[v];
  if (all == 0) return;
  fprintf(out, " Of %zu %s,", all, what);
  const char *between = " ";
  for (size_t v = 0; v < VIEW_VERDICTS; v++) {
    if (count[v] == 0) continue;
    fprintf(out, "%s%zu ", between, count[v]);
    verdict_span(out, view_verdict_word[v]);
    between = ", ";
  }
  fputs(".", out);
}

static void headline_names(const Page *page, int64_t run, ViewVerdict wanted, const char *words) {
  const View *view = page->view;
  const char *between = words;
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (row->run != run || view_verdict(row) != wanted) continue;
    fputs(between, page->out);
    markup_format(page->out, "<a href=\"#claim-%s\">%s</a>", row->claim, row->claim);
    between = ", ";
  }
  if (between != words) fputs(".", page->out);
}

static void how_sure(const Page *page, const Judged *judged) {
  const RunInfo *run = view_run(page->view, judged->run);
  if (run == NULL) return;
  fprintf(page->out, " Judged on %s at %lld bits", run->engine, (long long)run->precision);
  for (size_t i = 0; i < page->view->agreement_count; i++) {
    const Agreement *a = &page->view->agreement[i];
    if (a->run_a != judged->run && a->run_b != judged->run) continue;
    fprintf(page->out, "; two engines agree to %.3g digits or more", a->digits);
    break;
  }
  fputs(".", page->out);
}

static void headline(const Page *page) {
  const View *view = page->view;
  fputs("<ul class=\"headline\">\n", page->out);
  for (size_t i = 0; i < view->judged_count; i++) {
    size_t count[VIEW_VERDICTS + 1];
    const Judged *judged = &view->judged[i];
    markup_format(page->out, "<li><strong>Reading %s.</strong>", judged->place);
    count_verdicts(count, view, judged->run, false);
    headline_counts(page->out, count, "statements of the paper");
    count_verdicts(count, view, judged->run, true);
    headline_counts(page->out, count, "facts proved for this model");
    headline_names(page, judged->run, VIEW_FAILS, " Refuted here: ");
    headline_names(page, judged->run, VIEW_INCONCLUSIVE, " Undecided: ");
    how_sure(page, judged);
    fputs("</li>\n", page->out);
  }
  fputs("</ul>\n", page->out);
}

static void top(const Page *page) {
  const View *view = page->view;
  const Params *params = view->run_count > 0 ? &view->run[0].params : NULL;
  fputs("<h1>Two-stage training: what was claimed, what was run, what holds</h1>\n", page->out);
  if (params == NULL) {
    fputs("<p>The run store is empty.</p>\n", page->out);
    return;
  }
  markup_format(page->out, "<p>Instance <strong>%s</strong>", params->instance);
  if (params->family[0] != '\0') markup_format(page->out, " of family %s", params->family);
  fprintf(page->out,
          ": d = %lld, N = %lld prompts, L = %lld context pairs, t<sub>1</sub> = %lld and "
          "t<sub>2</sub> = %lld steps, seed %lld.",
          (long long)params->d, (long long)params->N, (long long)params->L, (long long)params->t1,
          (long long)params->t2, (long long)params->seed);
  fputs(" Every verdict below is about this one instance and seed, and about a statement as it is "
        "recorded here.</p>\n",
        page->out);
  headline(page);
}

static void legend(const Page *page) {
  fputs("<h2 id=\"how\">How to read a verdict</h2>\n<dl>"
        "<dt>HOLDS</dt><dd>the relation is true for these parameters under this reading, and would "
        "not be had nothing been learned</dd>"
        "<dt>FAILS</dt><dd>it is refuted; for a <em>recalled</em> statement that says something "
        "about the statement as recorded, not about the paper</dd>"
        "<dt>INCONCLUSIVE</dt><dd>the arithmetic or the sample cannot tell</dd>"
        "<dt>VACUOUS</dt><dd>true, but would be as well if nothing had been learned: it proves "
        "nothing</dd>"
        "<dt>UNMET</dt><dd>a hypothesis of the statement is false here, so it says nothing about "
        "this run</dd>"
        "<dt>computed</dt><dd>by rounded arithmetic; what two engines disagree in counts as "
        "uncertainty</dd>"
        "<dt>certified</dt><dd>by rigorous enclosures: a theorem about this run</dd>"
        "<dt>slack</dt><dd>the factor by which the bound could be tightened before the verdict "
        "changes; below 1, by which it is missed</dd>"
        "<dt>trust</dt><dd><em>sourced</em>: stands in public sources; <em>reported</em>: restated "
        "by a referee; <em>recalled</em>: our recollection, constants may differ; "
        "<em>derived</em>: proved here for this model</dd></dl>\n",
        page->out);
}

/* ---- matrix ---- */

static const VerdictRow *find_verdict(const View *view, const char *claim, int64_t run) {
  for (size_t i = 0; i < view->verdict_count; i++)
    if (view->verdict[i].run == run && strcmp(view->verdict[i].claim, claim) == 0)
      return &view->verdict[i];
  return NULL;
}

static StatusCode matrix(const Page *page, Error *err) {
  const View *view = page->view;
  FILE *out = page->out;
  const char **heading = array_alloc(view->judged_count + 4, sizeof *heading);
  if (heading == NULL) return error_memory(err, "the HTML report");
  size_t columns = 0;
  heading[columns++] = "claim";
  heading[columns++] = "in words";
  heading[columns++] = "trust";
  for (size_t i = 0; i < view->judged_count; i++)
    heading[columns++] = view->judged[i].place;
  fputs("<h2 id=\"matrix\">Which statement is true under which reading</h2>\n", out);
  open_table(out, "claims by readings; press a heading to sort", heading);
  free(heading);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *row = &view->verdict[i];
    if (!is_first(view, i)) continue;
    markup_format(out,
                  "<tr><th scope=\"row\"><a href=\"#claim-%s\">%s</a></th><td>%s</td><td>%s</td>",
                  row->claim, row->claim, row->title, row->trust);
    for (size_t k = 0; k < view->judged_count; k++) {
      const VerdictRow *cell = find_verdict(view, row->claim, view->judged[k].run);
      fputs("<td>", out);
      if (cell != NULL) verdict_span(out, cell->verdict);
      fputs(cell == NULL ? "-</td>" : cell->certified ? " (certified)</td>" : "</td>", out);
    }
    fputs("</tr>\n", out);
  }
  close_table(out);
  return STATUS_OK;
}

/* ---- cards ---- */

static void term(FILE *out, const char *label, const char *text) {
  markup_format(out, "<dt>%s</dt><dd>%s</dd>\n", label, text);
}

static void why(const Page *page, const VerdictRow *row) {
  FILE *out = page->out;
  markup_format(out, "<li><strong>%s</strong>: %s.", view_place(page->view, row->run), row->reason);
  if (row->blind != NULL)
    markup_format(out, " It would hold as well with this changed: %s.", row->blind);
  if (row->expected != NULL)
    markup_format(out,
                  view_differs(row) ? " <strong>Not as recorded</strong>, which is %s."
                                    : " As recorded.",
                  row->expected);
  if (row->expected_reason != NULL) markup_format(out, " %s.", row->expected_reason);
  fputs("</li>\n", out);
}

static void measured(const Page *page, const VerdictRow *first) {
  static const char *const heading[] = {"reading", "verdict", "certainty", "measured",
                                        "bound",   "ratio",   "slack",     NULL};
  FILE *out = page->out;
  open_table(out, "what was measured", heading);
  for (size_t i = 0; i < page->view->verdict_count; i++) {
    const VerdictRow *row = &page->view->verdict[i];
    if (strcmp(row->claim, first->claim) != 0) continue;
    markup_format(out, "<tr><th scope=\"row\">%s</th><td>", view_place(page->view, row->run));
    verdict_span(out, row->verdict);
    fprintf(out, "</td><td>%s</td>", certainty(row->certified));
    number_cell(out, row->value_double);
    number_cell(out, row->bound_double);
    number_cell(out, row->ratio);
    number_cell(out, row->slack);
    fputs("</tr>\n", out);
  }
  close_table(out);
}

static void card(const Page *page, const VerdictRow *row) {
  FILE *out = page->out;
  markup_format(out,
                "<section class=\"card\" id=\"claim-%s\" aria-labelledby=\"title-%s\"><h3 "
                "id=\"title-%s\">%s: %s</h3>\n",
                row->claim, row->claim, row->claim, row->claim, row->title);
  fputs("<dl>\n", out);
  term(out, "in words", row->statement);
  markup_format(out, "<dt>formula</dt><dd><code>%s</code></dd>\n", row->formula);
  markup_format(out, "<dt>trust</dt><dd><span class=\"label\">%s</span> %s</dd>\n", row->trust,
                row->source);
  term(out, "hypotheses", row->hypotheses != NULL ? row->hypotheses : "none");
  fputs("</dl>\n", out);
  measured(page, row);
  fputs("<dl><dt>why</dt><dd><ul>\n", out);
  for (size_t i = 0; i < page->view->verdict_count; i++)
    if (strcmp(page->view->verdict[i].claim, row->claim) == 0) why(page, &page->view->verdict[i]);
  fputs("</ul></dd>\n", out);
  if (page->command != NULL)
    markup_format(out, "<dt>again</dt><dd><code>%s --only %s</code></dd>\n", page->command,
                  row->claim);
  fputs("</dl></section>\n", out);
}

static void cards(const Page *page) {
  fputs("<h2 id=\"claims\">Claim by claim</h2>\n", page->out);
  for (size_t i = 0; i < page->view->verdict_count; i++)
    if (is_first(page->view, i)) card(page, &page->view->verdict[i]);
}

/* ---- lemmas ---- */

static void lemmas(const Page *page) {
  static const char *const heading[] = {"lemma", "in words", "verdict", "certainty",
                                        "ratio", "why",      NULL};
  FILE *out = page->out;
  if (page->view->lemma_count == 0) return;
  fputs("<h2 id=\"lemmas\">Probability lemmas</h2>\n", out);
  open_table(out, "each lemma with the point of its grid where the bound is tightest", heading);
  for (size_t i = 0; i < page->view->lemma_count; i++) {
    const LemmaRow *row = &page->view->lemma[i];
    if (row->point != 0) continue;
    markup_format(out, "<tr><th scope=\"row\">%s: %s</th><td>%s</td><td>", row->claim, row->title,
                  row->statement);
    verdict_span(out, row->verdict);
    fprintf(out, "</td><td>%s</td>", row->certified ? "certified" : "sampled");
    number_cell(out, row->ratio);
    markup_format(out, "<td>%s</td></tr>\n", row->reason);
  }
  close_table(out);
}

/* ---- figures ---- */

/* The words behind " -- " in the first line of the script that draws NAME or NAME-READING. */
static void caption(char *out, size_t size, const char *name) {
  size_t best = 0;
  snprintf(out, size, "%s", name);
  for (const BuiltinFile *file = builtin_gnuplot; file->name != NULL; file++) {
    const size_t stem = strcspn(file->name, ".");
    const char *words = strstr(file->text, " -- ");
    if (stem <= best || strncmp(file->name, name, stem) != 0 || words == NULL ||
        (name[stem] != '\0' && name[stem] != '-'))
      continue;
    best = stem;
    snprintf(out, size, "%.*s%s%s", (int)strcspn(words + 4, "\n"), words + 4,
             name[stem] == '-' ? " Reading: " : "", name[stem] == '-' ? name + stem + 1 : "");
  }
}

static int is_svg(const struct dirent *entry) {
  const char *end = strrchr(entry->d_name, '.');
  return end != NULL && strcmp(end, ".svg") == 0;
}

static StatusCode figure(const Page *page, const char *file, Error *err) {
  char name[128], words[512];
  const size_t size = strlen(page->folder) + strlen(file) + 16;
  char *path = array_alloc(size, 1);
  if (path == NULL) return error_memory(err, "the HTML report");
  snprintf(path, size, "%s/figures/%s", page->folder, file);
  snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
  caption(words, sizeof words, name);
  fputs("<figure><img src=\"", page->out);
  const StatusCode code = markup_data(page->out, path, "image/svg+xml", err);
  markup_format(page->out,
                "\" alt=\"%s\"><figcaption>%s (<code>figures/%s.gp</code>, <code>.tsv</code>)"
                "</figcaption></figure>\n",
                words, words, name);
  free(path);
  return code;
}

static StatusCode figures(const Page *page, Error *err) {
  const size_t size = strlen(page->folder) + 16;
  char *folder = array_alloc(size, 1);
  if (folder == NULL) return error_memory(err, "the HTML report");
  snprintf(folder, size, "%s/figures", page->folder);
  struct dirent **entry = NULL;
  const int count = scandir(folder, &entry, is_svg, alphasort);
  free(folder);
  fputs("<h2 id=\"figures\">Figures</h2>\n", page->out);
  if (count <= 0)
    fputs("<p>No figures were drawn: gnuplot was not there, or failed.</p>\n", page->out);
  fputs("<div class=\"figures\">\n", page->out);
  StatusCode code = STATUS_OK;
  for (int i = 0; i < count; i++) {
    if (code == STATUS_OK) code = figure(page, entry[i]->d_name, err);
    free(entry[i]);
  }
  free(entry);
  fputs("</div>\n", page->out);
  return code;
}

/* ---- provenance ---- */

static bool put_fact(const char *key, const char *value, void *context) {
  const Page *page = context;
  char *clean[2] = {strdup(key), strdup(value)};
  if (clean[0] != NULL && clean[1] != NULL) {
    text_clean(clean[0]);
    text_clean(clean[1]);
    term(page->out, clean[0], clean[1]);
  }
  const bool complete = clean[0] != NULL && clean[1] != NULL;
  free(clean[0]);
  free(clean[1]);
  return complete;
}

static void runs(const Page *page) {
  static const char *const heading[] = {"run", "engine", "bits", "reading", "precision plan", NULL};
  open_table(page->out, "training runs in the store", heading);
  for (size_t i = 0; i < page->view->run_count; i++) {
    const RunInfo *run = &page->view->run[i];
    fprintf(page->out, "<tr><th scope=\"row\">%lld</th>", (long long)run->id);
    markup_format(page->out, "<td>%s</td>", run->engine);
    fprintf(page->out, "<td class=\"number\">%lld</td>", (long long)run->precision);
    markup_format(page->out, "<td>%s</td><td>%s</td></tr>\n", reading_name(run->params.reading),
                  run->plan[0] != '\0' ? run->plan : "-");
  }
  close_table(page->out);
}

static StatusCode provenance(const Page *page, Store *store, Error *err) {
  fputs("<h2 id=\"provenance\">What was run, with what, and how to repeat it</h2>\n", page->out);
  runs(page);
  if (page->view->run_count > 0) {
    fputs("<details><summary>Parameters of the first run; the others differ from it in their "
          "reading or in what a sweep varied</summary>\n",
          page->out);
    parameters(page, &page->view->run[0].params);
    fputs("</details>\n", page->out);
  }
  fputs("<dl>\n", page->out);
  TRY(store_each_fact(store, put_fact, (void *)page, err));
  fputs("</dl>\n<p>Everything above was read from <code>run.db</code> beside this file; "
        "<code>twostage report --run DIR</code> writes it again without training.</p>\n",
        page->out);
  return STATUS_OK;
}

/* ---- the page ---- */

static StatusCode head(const Page *page, Error *err) {
  fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>twostage report</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n",
        page->out);
  TRY(put_builtin(page->out, "report.css", err));
  fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#claims\">Skip to the claims</a>\n",
        page->out);
  fputs("<nav aria-label=\"sections\"><a href=\"#matrix\">Matrix</a> · <a "
        "href=\"#how\">How to read</a> · <a href=\"#claims\">Claims</a> · <a "
        "href=\"#figures\">Figures</a> · <a href=\"#provenance\">Provenance</a></nav>\n<main>\n",
        page->out);
  return STATUS_OK;
}

static StatusCode body(const Page *page, Store *store, Error *err) {
  TRY(head(page, err));
  top(page);
  TRY(matrix(page, err));
  legend(page);
  cards(page);
  what_if_html(page->out, page->what_ifs);
  rates_html(page->out, page->rates);
  lemmas(page);
  TRY(figures(page, err));
  TRY(provenance(page, store, err));
  fputs("</main>\n<script>\n", page->out);
  TRY(put_builtin(page->out, "report.js", err));
  fputs("</script>\n</body>\n</html>\n", page->out);
  return text_flush(page->out, "the HTML report", err);
}

StatusCode report_html(FILE *out, const char *folder, Store *store, Error *err) {
  View view;
  WhatIfView what_ifs = {.count = 0};
  RatesView rates = {.count = 0};
  Page page = {.out = out, .view = &view, .what_ifs = &what_ifs, .rates = &rates, .folder = folder};
  StatusCode code = view_load(&view, store, err);
  if (code == STATUS_OK) code = what_if_view_load(&what_ifs, store, err);
  if (code == STATUS_OK) code = rates_view_load(&rates, store, err);
  if (code == STATUS_OK) code = store_get_fact(&page.command, store, "command", err);
  if (code == STATUS_OK && page.command != NULL) text_clean(page.command);
  if (code == STATUS_OK) code = body(&page, store, err);
  free(page.command);
  rates_view_clear(&rates);
  what_if_view_clear(&what_ifs);
  view_clear(&view);
  return code;
}
