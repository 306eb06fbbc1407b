/* what_if.c -- what-ifs for a person: numbers, verdicts beside the base's, and the questions. */
#include "reports/what_if.h"

#include <stdlib.h>
#include <string.h>

#include "reports/text.h"
#include "reports/view.h"

/* ---- reading ---- */

static const char **row_text(WhatIfRow *row, size_t i) {
  const char **const text[] = {&row->name, &row->words, &row->settings, &row->learned_t1,
                               &row->learned_end};
  return i < sizeof text / sizeof *text ? text[i] : NULL;
}

static const char **verdict_text_of(WhatIfVerdictRow *row, size_t i) {
  const char **const text[] = {&row->what_if, &row->claim, &row->verdict, &row->base, &row->reason};
  return i < sizeof text / sizeof *text ? text[i] : NULL;
}

static char *clean_copy(const char *text) {
  char *copy = strdup(text);
  if (copy != NULL) text_clean(copy);
  return copy;
}

typedef struct {
  WhatIfView *view;
  size_t room;
  bool failed;
} Filling;

/* list, or a longer one when it is full; NULL when memory is out, the list as before. */
static void *make_room(void *list, size_t count, size_t *room, size_t size) {
  if (count < *room) return list;
  void *grown = realloc(list, (2 * *room + 16) * size);
  if (grown != NULL) *room = 2 * *room + 16;
  return grown;
}

static bool add_row(const WhatIfRow *row, void *context) {
  Filling *f = context;
  WhatIfRow *grown = make_room(f->view->row, f->view->count, &f->room, sizeof *grown);
  f->failed = grown == NULL;
  if (f->failed) return false;
  f->view->row = grown;
  WhatIfRow *copy = &grown[f->view->count++];
  *copy = *row;
  for (size_t i = 0; row_text(copy, i) != NULL; i++) {
    *row_text(copy, i) = clean_copy(*row_text(copy, i));
    f->failed = f->failed || *row_text(copy, i) == NULL;
  }
  return !f->failed;
}

static bool add_verdict(const WhatIfVerdictRow *row, void *context) {
  Filling *f = context;
  WhatIfVerdictRow *grown =
      make_room(f->view->verdict, f->view->verdict_count, &f->room, sizeof *grown);
  f->failed = grown == NULL;
  if (f->failed) return false;
  f->view->verdict = grown;
  WhatIfVerdictRow *copy = &grown[f->view->verdict_count++];
  *copy = *row;
  for (size_t i = 0; verdict_text_of(copy, i) != NULL; i++) {
    *verdict_text_of(copy, i) = clean_copy(*verdict_text_of(copy, i));
    f->failed = f->failed || *verdict_text_of(copy, i) == NULL;
  }
  return !f->failed;
}

StatusCode what_if_view_load(WhatIfView *out, Store *store, Error *err) {
  *out = (WhatIfView){.count = 0};
  Filling rows = {.view = out}, verdicts = {.view = out};
  TRY(store_each_what_if(store, add_row, &rows, err));
  if (!rows.failed) TRY(store_each_what_if_verdict(store, add_verdict, &verdicts, err));
  return rows.failed || verdicts.failed ? error_memory(err, "what-ifs of a report") : STATUS_OK;
}

void what_if_view_clear(WhatIfView *view) {
  for (size_t k = 0; k < view->count; k++)
    for (size_t i = 0; row_text(&view->row[k], i) != NULL; i++)
      free((char *)*row_text(&view->row[k], i));
  for (size_t k = 0; k < view->verdict_count; k++)
    for (size_t i = 0; verdict_text_of(&view->verdict[k], i) != NULL; i++)
      free((char *)*verdict_text_of(&view->verdict[k], i));
  free(view->row);
  free(view->verdict);
  *view = (WhatIfView){.count = 0};
}

bool what_if_changed(const WhatIfVerdictRow *row) {
  return strcmp(row->verdict, row->base) != 0;
}

/* ---- the table ---- */

#define ID_COLUMNS 12
#define NAME_COLUMNS 16
#define LOSS_COLUMNS 7
#define WORD_COLUMNS 6
#define CELL_COLUMNS 3 /* a letter and a mark, or a number; a blank before it */

typedef struct {
  FILE *out;
  const WhatIfView *view;
  size_t width;
  bool color;
} Page;

static void rule(const Page *p) {
  for (size_t i = 0; i < p->width; i++)
    putc('-', p->out);
  putc('\n', p->out);
}

static void put_loss(const Page *p, double x) {
  char number[TEXT_NUMBER_SIZE];
  text_number_fit(number, x, 4, LOSS_COLUMNS);
  putc(' ', p->out);
  text_put_right(p->out, number, LOSS_COLUMNS);
}

static void put_title(const Page *p, const char *title, size_t columns) {
  putc(' ', p->out);
  text_put_right(p->out, title, columns);
}

static bool lost_hypothesis(const WhatIfVerdictRow *row, const char *what_if) {
  return strcmp(row->what_if, what_if) == 0 && what_if_changed(row) &&
         view_word(row->verdict) == VIEW_UNMET;
}

static size_t count_unmet(const WhatIfView *view, const char *what_if) {
  size_t count = 0;
  for (size_t i = 0; i < view->verdict_count; i++)
    count += lost_hypothesis(&view->verdict[i], what_if);
  return count;
}

static void put_headlines(const Page *p) {
  static const char *const losses[] = {"K1(t1)", "K2(t1)", "K1(end)", "K2(end)"};
  text_wrap(p->out,
            "what-ifs: losses; what is learned (P: K1 <= 1/2 log 2, Q: K2 < 3/4 log 2); of the "
            "claims, how many keep the base's verdict and how many lose a hypothesis",
            0, 2, p->width);
  text_put(p->out, "what-if", 4 + NAME_COLUMNS);
  for (int i = 0; i < 4; i++)
    put_title(p, losses[i], LOSS_COLUMNS);
  put_title(p, "by t1", WORD_COLUMNS);
  put_title(p, "by end", WORD_COLUMNS);
  put_title(p, "kept", WORD_COLUMNS);
  put_title(p, "unmet", WORD_COLUMNS);
  putc('\n', p->out);
  rule(p);
  for (size_t k = 0; k < p->view->count; k++) {
    const WhatIfRow *row = &p->view->row[k];
    char kept[32], unmet[32];
    fprintf(p->out, "%3zu ", k);
    text_put(p->out, row->name, NAME_COLUMNS);
    put_loss(p, row->K1_t1);
    put_loss(p, row->K2_t1);
    put_loss(p, row->K1_end);
    put_loss(p, row->K2_end);
    put_title(p, row->learned_t1, WORD_COLUMNS);
    put_title(p, row->learned_end, WORD_COLUMNS);
    snprintf(kept, sizeof kept, "%lld/%lld", (long long)row->kept, (long long)row->judged);
    snprintf(unmet, sizeof unmet, "%zu", count_unmet(p->view, row->name));
    put_title(p, kept, WORD_COLUMNS);
    put_title(p, unmet, WORD_COLUMNS);
    putc('\n', p->out);
  }
  putc('\n', p->out);
}

/* The verdict of a what-if on a claim, or NULL. */
static const WhatIfVerdictRow *find_verdict(const WhatIfView *view, const char *what_if,
                                            const char *claim) {
  for (size_t i = 0; i < view->verdict_count; i++)
    if (strcmp(view->verdict[i].what_if, what_if) == 0 &&
        strcmp(view->verdict[i].claim, claim) == 0)
      return &view->verdict[i];
  return NULL;
}

static void put_cell(const Page *p, const char *verdict, bool changed) {
  static const char *const color[VIEW_VERDICTS] = {"32", "31", "33", "33", "33"};
  const ViewVerdict v = view_word(verdict);
  const bool colored = p->color && v < VIEW_VERDICTS;
  fputs("  ", p->out);
  if (colored) fprintf(p->out, "\033[%sm", color[v]);
  fprintf(p->out, "%.1s%c", verdict, changed ? '*' : ' ');
  if (colored) fputs("\033[0m", p->out);
}

/* Claims by the what-ifs from..to-1, the base beside them. */
static void put_matrix(const Page *p, size_t from, size_t to) {
  const WhatIfView *view = p->view;
  text_put(p->out, "claim", ID_COLUMNS);
  fputs(" base", p->out);
  for (size_t k = from; k < to; k++)
    fprintf(p->out, " %*zu", CELL_COLUMNS, k);
  putc('\n', p->out);
  rule(p);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const WhatIfVerdictRow *row = &view->verdict[i];
    if (strcmp(row->what_if, view->verdict[0].what_if) != 0) continue; /* each claim once */
    text_put(p->out, row->claim, ID_COLUMNS);
    putc(' ', p->out);
    put_cell(p, row->base, false);
    for (size_t k = from; k < to; k++) {
      const WhatIfVerdictRow *found = find_verdict(view, view->row[k].name, row->claim);
      put_cell(p, found != NULL ? found->verdict : "-", found != NULL && what_if_changed(found));
    }
    putc('\n', p->out);
  }
}

/* Which hypotheses a what-if takes away, each once, with the first claim that needs it. */
static void put_lost(const Page *p, const char *what_if) {
  const WhatIfView *view = p->view;
  for (size_t i = 0; i < view->verdict_count; i++) {
    const WhatIfVerdictRow *row = &view->verdict[i];
    if (!lost_hypothesis(row, what_if)) continue;
    bool known = false;
    for (size_t k = 0; k < i; k++)
      known = known || (lost_hypothesis(&view->verdict[k], what_if) &&
                        strcmp(view->verdict[k].reason, row->reason) == 0);
    if (known) continue;
    char text[1024];
    snprintf(text, sizeof text, "%s unmet, %s", row->claim, row->reason);
    text_clean(text); /* a cut may have gone through a character */
    text_wrap(p->out, text, 4, 6, p->width);
  }
}

static void put_words(const Page *p) {
  text_wrap(p->out,
            "H holds, F fails, I inconclusive, V vacuous, U unmet; *: not the base's verdict. "
            "What-ifs are trained in double, on the data set of their own parameters; they count "
            "neither in the tally nor in the exit status. In brackets what is set, {KEY} being the "
            "base's value of KEY.",
            2, 4, p->width);
  for (size_t k = 1; k < p->view->count; k++) {
    const WhatIfRow *row = &p->view->row[k];
    char text[4096];
    snprintf(text, sizeof text, "%zu %s: %s [%s]", k, row->name, row->words, row->settings);
    text_clean(text); /* a cut may have gone through a character */
    text_wrap(p->out, text, 2, 4, p->width);
    put_lost(p, row->name);
  }
  putc('\n', p->out);
}

void what_if_table(FILE *out, const WhatIfView *view, size_t width, bool color) {
  const Page p = {.out = out, .view = view, .width = width, .color = color};
  const size_t most = (width - ID_COLUMNS - 5) / (CELL_COLUMNS + 1);
  if (view->count == 0) return;
  put_headlines(&p);
  for (size_t from = 1; from < view->count; from += most)
    put_matrix(&p, from, view->count - from < most ? view->count : from + most);
  put_words(&p);
}

void what_if_comments(FILE *out, const WhatIfView *view) {
  for (size_t k = 1; k < view->count; k++) {
    const WhatIfRow *row = &view->row[k];
    fprintf(out,
            "# what-if %s: %lld of %lld claims keep the base's verdict; learned by the end: %s\n",
            row->name, (long long)row->kept, (long long)row->judged, row->learned_end);
    for (size_t i = 0; i < view->verdict_count; i++)
      if (strcmp(view->verdict[i].what_if, row->name) == 0 && what_if_changed(&view->verdict[i]))
        fprintf(out, "#   %s: %s, not %s\n", view->verdict[i].claim, view->verdict[i].verdict,
                view->verdict[i].base);
  }
}
