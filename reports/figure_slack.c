/* figure_slack.c -- the figure of slacks: how close each claim came, the readings side by side. */
#include <math.h>
#include <string.h>

#include "reports/figures.h"
#include "reports/text.h"

/* The row of a claim: how many other claims came before it in the store. */
static size_t row_of(const View *view, const char *claim) {
  size_t row = 0;
  for (size_t i = 0; i < view->verdict_count; i++) {
    bool seen = false;
    if (strcmp(view->verdict[i].claim, claim) == 0) return row;
    for (size_t k = 0; k < i && !seen; k++)
      seen = strcmp(view->verdict[k].claim, view->verdict[i].claim) == 0;
    row += !seen;
  }
  return row;
}

/* The panel of a run: its place among those judged. */
static size_t panel_of(const View *view, int64_t run) {
  size_t panel = 0;
  while (panel < view->judged_count && view->judged[panel].run != run)
    panel++;
  return panel;
}

static size_t count_rows(const View *view) {
  size_t most = 0;
  for (size_t i = 0; i < view->verdict_count; i++) {
    const size_t row = row_of(view, view->verdict[i].claim);
    if (row + 1 > most) most = row + 1;
  }
  return most;
}

static StatusCode put_script(FILE *out, const View *view, Error *err) {
  figure_put_title(out, FIGURE_SLACK);
  /* The style's axis of time is replaced. */
  fprintf(out, "name = '%s'\nclaims = %zu\npanels = %zu\nx1 = 0.0\nx_end = 1.0\n", FIGURE_SLACK,
          count_rows(view), view->judged_count);
  TRY(figure_put_builtin(out, "style", err));
  return figure_put_builtin(out, FIGURE_SLACK, err);
}

static void put_data(FILE *out, const View *view) {
  char number[TEXT_NUMBER_SIZE];
  fputs("row\tpanel\tclaim\treading\tverdict\tslack\n", out);
  for (size_t i = 0; i < view->verdict_count; i++) {
    const VerdictRow *verdict = &view->verdict[i];
    text_number(number, verdict->slack);
    fprintf(out, "%zu\t%zu\t%s\t%s\t%s\t%s\n", row_of(view, verdict->claim),
            panel_of(view, verdict->run), verdict->claim, verdict->reading, verdict->verdict,
            isfinite(verdict->slack) ? number : "nan");
  }
}

bool figure_slack_possible(const View *view) {
  return !view_is_sweep(view) && view->verdict_count > 0;
}

StatusCode figure_slack_write(FileSet *set, const View *view, Error *err) {
  FILE *out;
  TRY(fileset_add(&out, set, FIGURE_SLACK ".gp", err));
  TRY(put_script(out, view, err));
  TRY(fileset_add(&out, set, FIGURE_SLACK ".tsv", err));
  put_data(out, view);
  return STATUS_OK; /* the set reports what did not reach a file */
}
