/* html.c -- the report as one HTML file that needs nothing but a browser: its style, its script and
 * its pictures are inside. */
#include "reports/html.h"

#include <stdlib.h>
#include <string.h>

#include "reports/markup.h"
#include "reports/text.h"
#include "src/builtin.h"
#include "src/observe.h"

/* ---- pieces ---- */

static StatusCode put_builtin(FILE *out, const char *name, Error *err) {
  for (const BuiltinFile *file = builtin_html; file->name != NULL; file++)
    if (strcmp(file->name, name) == 0) {
      fputs(file->text, out);
      return STATUS_OK;
    }
  return error_set(err, STATUS_INTERNAL, "no built-in file %s", name);
}

static void term(FILE *out, const char *label, const char *text) {
  markup_format(out, "<dt>%s</dt><dd>%s</dd>\n", label, text);
}

/* ---- the top ---- */

static void parameters(const HtmlPage *page, const Params *params) {
  fputs("<ul>\n", page->out);
  for (int id = 0; id < PARAM_COUNT; id++) {
    char text[64];
    params_format(text, sizeof text, params, (ParamId)id);
    markup_format(page->out, "<li><code>%s = %s</code>, %s</li>\n", param_info[id].key, text,
                  param_info[id].doc);
  }
  fputs("</ul>\n", page->out);
}

static void top(const HtmlPage *page) {
  const View *view = page->view;
  const Params *params = view->run_count > 0 ? &view->run[0].params : NULL;
  fputs("<h1>Two-stage training: what was claimed, what was run, what holds</h1>\n", page->out);
  if (params == NULL) {
    fputs("<p>The run store is empty.</p>\n", page->out);
    return;
  }
  fputs(
      "<p>The paper: Gong, Li, Liu, Teng, <cite>Disentangling Feature Structure: A Mathematically "
      "Provable Two-Stage Training Dynamics in Transformers</cite> (arXiv 2502.20681). One layer "
      "of attention is trained in two stages, the second at a lower learning rate. The paper "
      "claims that the first, of t<sub>1</sub> = 1/(4 η<sub>1</sub>λ) steps, learns the "
      "elementary, linearly separable feature P (weights W, loss K<sub>1</sub>) and not the "
      "specialised feature Q (weights V, loss K<sub>2</sub>), and that the second learns Q and "
      "keeps P.</p>\n",
      page->out);
  markup_format(page->out, "<p>Instance <strong>%s</strong>", params->instance);
  if (params->family[0] != '\0') markup_format(page->out, " of family %s", params->family);
  if (view_is_sweep(view)) {
    fprintf(page->out, ", a sweep of %zu runs.", view->run_count);
    fputs(" Every verdict below is about one run of it", page->out);
  } else {
    fprintf(page->out,
            ": d = %lld, N = %lld prompts, L = %lld context pairs, t<sub>1</sub> = %lld and "
            "t<sub>2</sub> = %lld steps, seed %lld.",
            (long long)params->d, (long long)params->N, (long long)params->L, (long long)params->t1,
            (long long)params->t2, (long long)params->seed);
    fputs(" Every verdict below is about this one instance and seed", page->out);
  }
  fputs(", and about a statement as it is recorded here: never about an asymptotic theorem.</p>\n",
        page->out);
  if (view_is_sweep(view))
    html_sweep_headline(page);
  else
    html_headline(page);
}

static void legend(const HtmlPage *page) {
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
        "<dt>reading</dt><dd>the paper leaves open whether the two blocks share one attention gate "
        "or have "
        "one each (<em>shared</em>, <em>split</em>), and whether each is trained on a loss of its "
        "own "
        "or both on that of their sum (<em>separate</em>, <em>joint</em>)</dd>"
        "<dt>trust</dt><dd><em>sourced</em>: stands in public sources; <em>reported</em>: restated "
        "by a referee; <em>recalled</em>: our recollection, constants may differ; "
        "<em>derived</em>: proved here for this model</dd></dl>\n",
        page->out);
  fputs("<details><summary>What the names in the formulas mean</summary>\n<dl>\n", page->out);
  for (int id = 0; id < OBSERVABLE_COUNT; id++)
    term(page->out, observable_name[id], observable_doc[id]);
  for (int id = 0; id < MOMENT_COUNT; id++)
    term(page->out, moment_name[id], moment_doc[id]);
  fputs("</dl></details>\n", page->out);
}

/* ---- lemmas ---- */

static void lemmas(const HtmlPage *page) {
  static const char *const heading[] = {"lemma", "in words", "verdict", "certainty",
                                        "ratio", "why",      NULL};
  FILE *out = page->out;
  if (page->view->lemma_count == 0) return;
  fputs("<h2 id=\"lemmas\">Probability lemmas</h2>\n", out);
  html_open_table(out, "each lemma with the point of its grid where the bound is tightest", "",
                  heading);
  for (size_t i = 0; i < page->view->lemma_count; i++) {
    const LemmaRow *row = &page->view->lemma[i];
    if (row->point != 0) continue;
    markup_format(out, "<tr><th scope=\"row\">%s: %s</th><td>%s</td><td>", row->claim, row->title,
                  row->statement);
    html_verdict(out, row->verdict);
    fprintf(out, "</td><td>%s</td>", row->certified ? "certified" : "sampled");
    html_number_cell(out, row->ratio);
    markup_format(out, "<td>%s</td></tr>\n", row->reason);
  }
  html_close_table(out);
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

static StatusCode figure(const HtmlPage *page, const char *name, Error *err) {
  char words[512];
  const size_t size = strlen(page->folder->path) + strlen(name) + sizeof "/figures/.svg";
  char *path = array_alloc(size, 1);
  if (path == NULL) return error_memory(err, "the HTML report");
  snprintf(path, size, "%s/figures/%s.svg", page->folder->path, name);
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

/* Those that this report drew. Whatever else lies in the folder may be anybody's. */
static StatusCode figures(const HtmlPage *page, Error *err) {
  const ReportFigures *all = page->folder->figures;
  size_t drawn = 0;
  fputs("<h2 id=\"figures\">Figures</h2>\n<div class=\"figures\">\n", page->out);
  for (size_t i = 0; i < all->count; i++) {
    if (!all->figure[i].drawn) continue;
    drawn++;
    TRY(figure(page, all->figure[i].name, err));
  }
  fputs("</div>\n", page->out);
  if (all->count == 0)
    fputs("<p>No figures were drawn for this page.</p>\n", page->out);
  else if (drawn < all->count)
    fprintf(page->out,
            "<p>Drawn: %zu of %zu figures; for the others gnuplot was not there, or failed.</p>\n",
            drawn, all->count);
  return STATUS_OK;
}

/* ---- provenance ---- */

typedef struct {
  FILE *out;
  bool complete; /* no fact is missing for want of memory */
} Facts;

static bool put_fact(const char *key, const char *value, void *context) {
  Facts *facts = context;
  char *clean[2] = {strdup(key), strdup(value)};
  if (clean[0] != NULL && clean[1] != NULL) {
    text_clean(clean[0]);
    text_clean(clean[1]);
    term(facts->out, clean[0], clean[1]);
  }
  facts->complete = clean[0] != NULL && clean[1] != NULL;
  free(clean[0]);
  free(clean[1]);
  return facts->complete;
}

static void runs(const HtmlPage *page) {
  static const char *const heading[] = {"run", "engine", "bits", "reading", "precision plan", NULL};
  html_open_table(page->out, "training runs in the store", "", heading);
  for (size_t i = 0; i < page->view->run_count; i++) {
    const RunInfo *run = &page->view->run[i];
    fprintf(page->out, "<tr><th scope=\"row\">%lld</th>", (long long)run->id);
    markup_format(page->out, "<td>%s</td>", run->engine);
    fprintf(page->out, "<td class=\"number\">%lld</td>", (long long)run->precision);
    markup_format(page->out, "<td>%s</td><td>%s</td></tr>\n", reading_name(run->params.reading),
                  run->plan[0] != '\0' ? run->plan : "-");
  }
  html_close_table(page->out);
}

static StatusCode provenance(const HtmlPage *page, Store *store, Error *err) {
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
  Facts facts = {.out = page->out, .complete = true};
  TRY(store_each_fact(store, put_fact, &facts, err));
  if (!facts.complete) return error_memory(err, "facts");
  fputs("</dl>\n<p>Everything above was read from <code>run.db</code> beside this file; "
        "<code>twostage report --run DIR</code> writes it again without training.</p>\n",
        page->out);
  return STATUS_OK;
}

/* ---- the page ---- */

static StatusCode head(const HtmlPage *page, Error *err) {
  fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        "<title>twostage report</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n",
        page->out);
  TRY(put_builtin(page->out, "report.css", err));
  fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#claims\">Skip to the claims</a>\n",
        page->out);
  fputs("<nav aria-label=\"sections\"><a href=\"#headline\">What holds</a> · <a "
        "href=\"#matrix\">Matrix</a> · <a href=\"#how\">How to read</a> · <a "
        "href=\"#claims\">Claims</a> · ",
        page->out);
  if (page->what_ifs->count > 0) fputs("<a href=\"#what-ifs\">What if</a> · ", page->out);
  if (page->rates->count > 0) fputs("<a href=\"#rates\">Rates</a> · ", page->out);
  if (page->view->lemma_count > 0) fputs("<a href=\"#lemmas\">Lemmas</a> · ", page->out);
  fputs("<a href=\"#figures\">Figures</a> · <a href=\"#provenance\">Provenance</a></nav>\n"
        "<main>\n",
        page->out);
  return STATUS_OK;
}

static StatusCode body(const HtmlPage *page, Store *store, Error *err) {
  TRY(head(page, err));
  top(page);
  TRY(view_is_sweep(page->view) ? html_sweep_matrix(page, err) : html_matrix(page, err));
  legend(page);
  TRY(html_cards(page, err));
  TRY(what_if_html(page->out, page->what_ifs, err));
  rates_html(page->out, page->rates);
  lemmas(page);
  TRY(figures(page, err));
  TRY(provenance(page, store, err));
  fputs("</main>\n<script>\n", page->out);
  TRY(put_builtin(page->out, "report.js", err));
  fputs("</script>\n</body>\n</html>\n", page->out);
  return text_flush(page->out, "the HTML report", err);
}

StatusCode report_html(FILE *out, const ReportFolder *folder, Store *store, Error *err) {
  View view;
  WhatIfView what_ifs = {.count = 0};
  RatesView rates = {.count = 0};
  HtmlPage page = {
      .out = out, .view = &view, .what_ifs = &what_ifs, .rates = &rates, .folder = folder};
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
