/* rate_probability.c -- "with probability at least p": verdicts of a claim counted over seeds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/rate_internal.h"

/* Runs that differ in nothing but the seed. What is neither HOLDS nor FAILS counts against both: it
   may be either. */
typedef struct {
  char place[GRID_PLACE_SIZE];
  int64_t tries, holds, fails;
  double lower, upper;
  VerdictKind kind;
} Cell;

static void count_run(Cell *cells, size_t *count, const char *place, VerdictKind kind) {
  size_t k = 0;
  while (k < *count && strcmp(cells[k].place, place) != 0)
    k++;
  if (k == *count) {
    *count += 1;
    snprintf(cells[k].place, sizeof cells[k].place, "%s", place);
  }
  if (kind == VERDICT_UNMET) return; /* the claim does not speak of this run */
  cells[k].tries++;
  cells[k].holds += kind == VERDICT_HOLDS;
  cells[k].fails += kind == VERDICT_FAILS;
}

/* The lower limit that holds after every seed at once, at the confidence 1 - alpha/2: every p below
   it is refused by the evidence. That falls in p wherever it is above 1 and p < h/(n + 1): with
   A the mean of the likelihood L over (p, 1], E = A/L(p) and (log E)' = (1 - 1/E)/(1 - p) - h/p +
   (n - h)/(1 - p) < (n - h + 1)/(1 - p) - h/p <= 0. So there it crosses 2/alpha once at most. */
static double lower_after_looks(int64_t hits, int64_t tries, double alpha) {
  double low = 0, high = (double)hits / (double)(tries + 1);
  for (int i = 0; i < 60 && hits > 0; i++) {
    const double middle = (low + high) / 2;
    if (stats_log_evidence_above(hits, tries, middle) >= log(2 / alpha))
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* With Clopper-Pearson's limits the number of seeds must have been fixed beforehand; the evidence
   may be looked at after every seed. */
static void judge_cell(Cell *cell, double least, double alpha, bool sequential) {
  double unused;
  cell->kind = VERDICT_UNMET;
  cell->lower = 0;
  cell->upper = 1;
  if (cell->tries == 0) return;
  const int64_t not_fails = cell->tries - cell->fails;
  if (sequential) {
    cell->lower = lower_after_looks(cell->holds, cell->tries, alpha);
    cell->upper = 1 - lower_after_looks(cell->fails, cell->tries, alpha);
  } else {
    stats_limits(&cell->lower, &unused, cell->holds, cell->tries, alpha);
    stats_limits(&unused, &cell->upper, not_fails, cell->tries, alpha);
  }
  const bool above =
      sequential ? stats_sequential(cell->holds, cell->tries, least, alpha) == SEQUENTIAL_ABOVE
                 : cell->lower >= least;
  const bool below =
      sequential ? stats_sequential(not_fails, cell->tries, least, alpha) == SEQUENTIAL_BELOW
                 : cell->upper < least;
  cell->kind = above ? VERDICT_HOLDS : below ? VERDICT_FAILS : VERDICT_INCONCLUSIVE;
}

/* The cell that decides: FAILS before INCONCLUSIVE before HOLDS before UNMET, and of these the one
   with the fewest HOLDS. */
static const Cell *deciding(const Cell *cells, size_t count) {
  static const int weight[VERDICT_KIND_COUNT] = {
      [VERDICT_FAILS] = 3, [VERDICT_INCONCLUSIVE] = 2, [VERDICT_HOLDS] = 1};
  const Cell *worst = &cells[0];
  for (size_t k = 1; k < count; k++) {
    const int by = weight[cells[k].kind] - weight[worst->kind];
    if (by > 0 || (by == 0 && cells[k].lower < worst->lower)) worst = &cells[k];
  }
  return worst;
}

/* The fewest seeds that decide when the claim holds for all of them. */
static int64_t fewest(double least, double alpha, bool sequential) {
  int64_t n = 1;
  if (!sequential) return (int64_t)ceil(log(alpha / 2) / log(least));
  while (stats_sequential(n, n, least, alpha) != SEQUENTIAL_ABOVE)
    n++;
  return n;
}

static void explain(Words *words, const Cell *cell, size_t count, double least, double alpha,
                    bool sequential) {
  rate_say(words, "%zu cell%s; ", count, count > 1 ? "s" : "");
  if (count > 1) rate_say(words, "decided at %s: ", cell->place);
  rate_say(words, "holds for %lld of %lld seeds", (long long)cell->holds, (long long)cell->tries);
  if (cell->fails + cell->holds < cell->tries)
    rate_say(words, ", fails for %lld", (long long)cell->fails);
  rate_say(words,
           ": probability in [%.3f, %.3f] at %.6g %% confidence for all cells of all probabilities "
           "together; at least %g is claimed",
           cell->lower, cell->upper, 100 * (1 - RATE_FAMILY_PROBABILITIES), least);
  if (sequential && cell->tries > 0)
    rate_say(words,
             "; seeds were added after a look: judged by evidence, %.3g to 1 for, %.3g to 1 "
             "against, %.3g needed",
             exp(stats_log_evidence_above(cell->holds, cell->tries, least)),
             exp(stats_log_evidence_below(cell->tries - cell->fails, cell->tries, least)),
             1 / alpha);
  if (cell->kind == VERDICT_INCONCLUSIVE && cell->holds == cell->tries)
    rate_say(words, "; %lld seeds that all hold would decide",
             (long long)fewest(least, alpha, sequential));
}

static StatusCode keep(Store *store, const Rate *rate, const Series *series, const Cell *cells,
                       size_t count, double alpha, bool sequential, Error *err) {
  const Cell *worst = deciding(cells, count);
  int64_t tries = 0;
  char formula[128], reason[640];
  for (size_t k = 0; k < count; k++)
    tries += cells[k].tries;
  snprintf(formula, sizeof formula, "P(%s holds) >= %g", rate->of_id, rate->least);
  Words words = {reason, sizeof reason, 0};
  explain(&words, worst, count, rate->least, alpha, sequential);
  RateRow row = {.claim = rate->claim->id,
                 .kind = "probability",
                 .title = rate->claim->title,
                 .statement = rate->claim->statement,
                 .trust = trust_text(rate->claim->trust),
                 .source = rate->claim->source,
                 .formula = formula,
                 .along = "seed",
                 .place = series->place,
                 .reading = reading_name(series->reading),
                 .verdict = verdict_text(worst->kind),
                 .reason = rate->of != NULL ? reason : "the claims file has no such claim",
                 .points = (int64_t)count,
                 .seeds = tries,
                 .from = NAN,
                 .to = NAN,
                 .margin = rate->least,
                 .ratio_low = worst->lower,
                 .ratio_high = worst->upper,
                 .slope = NAN,
                 .slope_low = NAN,
                 .slope_high = NAN,
                 .end_slope = NAN,
                 .end_low = NAN,
                 .end_high = NAN,
                 .lack_of_fit = NAN,
                 .robust = NAN,
                 .robust_error = NAN,
                 .p_holds = NAN,
                 .p_fails = NAN,
                 .adjusted_holds = NAN,
                 .adjusted_fails = NAN};
  TRY(store_add_rate(store, &row, err));
  for (size_t k = 0; k < count; k++) {
    const RatePointRow point = {
        .rate = row.id,
        .kind = "cell",
        .name = cells[k].place,
        .x = (double)cells[k].holds,
        .seed = cells[k].tries,
        .value = cells[k].tries > 0 ? (double)cells[k].holds / (double)cells[k].tries : NAN,
        .lower = cells[k].lower,
        .upper = cells[k].upper};
    TRY(store_add_rate_point(store, &point, err));
  }
  return STATUS_OK;
}

StatusCode probability_cells(size_t *count, const Grid *grid, const Series *series, Error *err) {
  Cell *cells = array_alloc(series->count, sizeof *cells);
  *count = 0;
  if (cells == NULL) return error_memory(err, "the cells of a sweep");
  for (size_t i = 0; i < series->count; i++) {
    char place[GRID_PLACE_SIZE];
    grid_place(place, grid, grid->run[series->run[i]].id, "seed");
    count_run(cells, count, place, VERDICT_UNMET);
  }
  free(cells);
  return STATUS_OK;
}

StatusCode probability_judge(Store *store, const Rate *rate, const Grid *grid, const Series *series,
                             const Measured *measured, size_t family, bool sequential, Error *err) {
  const double alpha = RATE_FAMILY_PROBABILITIES / (double)family;
  Cell *cells = array_alloc(series->count, sizeof *cells);
  if (cells == NULL) return error_memory(err, "the cells of a sweep");
  size_t count = 0;
  for (size_t i = 0; i < series->count; i++) {
    char place[GRID_PLACE_SIZE];
    grid_place(place, grid, grid->run[series->run[i]].id, "seed");
    count_run(cells, &count, place, measured[series->run[i]].kind);
  }
  for (size_t k = 0; k < count; k++)
    judge_cell(&cells[k], rate->least, alpha, sequential);
  const StatusCode code = keep(store, rate, series, cells, count, alpha, sequential, err);
  free(cells);
  return code;
}
