/* plan_sweep.c -- a grid of runs from a command line to a judged run store: progress, failures, and
 * what is said of them. */
#include "src/plan_sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/report.h"
#include "src/fileset.h"
#include "src/plan.h"
#include "src/progress.h"
#include "src/stop.h"
#include "src/sweep.h"
#include "src/sweep_mpi.h"
#include "verify/band.h"
#include "verify/judge.h"
#include "verify/rate.h"

static const char *const format_name[] = {"table", "tap", "json", NULL};

#define FACTS 16 /* of the program */

typedef struct {
  const CommandLine *line;
  Plan plan;
  Sweep sweep;
  SweepMpi mpi;
  SweepFact fact[FACTS];
  char most[24]; /* bits that a ball run may take; "" of another engine */
  size_t format; /* index of format_name */
  ClaimSet claims;
  RateSet rates;
  bool judge_rates;  /* who asks for some claims only does not ask for them */
  const char **only; /* (only_count) */
  size_t only_count;
  int64_t jobs, part, parts; /* part = 0: all of it */
  const char *until;         /* the probability entry that decides how many seeds; or NULL */
  /* Of each cell: (sweep.cell_count) */
  bool *mine;     /* is this call to train it? */
  bool *finished; /* its run is there */
  Error *failure; /* why it failed, code STATUS_OK when it did not */
  bool *tried;    /* it failed once */
  double *share;  /* of its work that is done, 0 to 1 */
  size_t mine_count, kept, ended;
  Meter meter;
  double work; /* of all cells that are to be trained */
} Grid;

/* ---- what is asked for ---- */

/* "I/N" with 1 <= I <= N. */
static StatusCode read_part(Grid *g, Error *err) {
  const char *text = g->line->value[OPTION_PART];
  char *end = NULL;
  if (text == NULL) return STATUS_OK;
  const bool digits = text[strspn(text, "0123456789/")] == '\0' && strlen(text) < 12;
  g->part = digits ? strtoll(text, &end, 10) : 0;
  if (digits && end != text && *end == '/') g->parts = strtoll(end + 1, &end, 10);
  if (g->part >= 1 && g->part <= g->parts && *end == '\0') return STATUS_OK;
  return error_set(err, STATUS_USAGE, "--part: expected I/N with I from 1 to N, found '%.60s'",
                   text);
}

static StatusCode read_claims(Grid *g, Error *err) {
  const CommandLine *line = g->line;
  g->only = array_alloc(line->repeated_count, sizeof *g->only);
  if (g->only == NULL) return error_memory(err, "the command line");
  for (size_t i = 0; i < line->repeated_count; i++)
    if (line->repeated[i] == OPTION_ONLY) g->only[g->only_count++] = line->repeated_value[i];
  TRY(plan_load_claims(&g->claims, line, err));
  TRY(rates_load(&g->rates, line->value[OPTION_RATES], &g->claims, err));
  g->until = line->value[OPTION_UNTIL_DECIDED];
  g->judge_rates = g->only_count == 0 || cli_given(line, OPTION_RATES) || g->until != NULL;
  bool *selected = array_alloc(g->claims.count, sizeof *selected);
  if (selected == NULL) return error_memory(err, "the claims");
  StatusCode code = STATUS_OK;
  for (size_t i = 0; i < g->only_count && code == STATUS_OK; i++)
    code = claims_select(selected, &g->claims, g->only[i], err);
  free(selected);
  return code;
}

/* --until-decided needs a probability to decide, and a last seed. */
static StatusCode check_until(const Grid *g, Error *err) {
  char known[160] = "";
  if (g->until == NULL) return STATUS_OK;
  for (size_t i = 0, used = 0; i < g->rates.count && used < sizeof known; i++) {
    const Rate *rate = &g->rates.rate[i];
    if (!rate->probability) continue;
    if (strcmp(rate->claim->id, g->until) == 0) {
      if (!cli_given(g->line, OPTION_SEEDS))
        return error_set(err, STATUS_USAGE,
                         "--until-decided: expected --seeds K, the most of them");
      if (g->part > 0 || g->mpi.ranks > 0)
        return error_set(err, STATUS_USAGE,
                         "--until-decided: expected neither --part nor MPI: seeds come in rounds");
      return STATUS_OK;
    }
    used += (size_t)snprintf(known + used, sizeof known - used, " %s", rate->claim->id);
  }
  return error_set(err, STATUS_USAGE, "--until-decided: expected one of%s; found '%.40s'", known,
                   g->until);
}

/* A key that is given a value elsewhere cannot be an axis. */
static StatusCode check_axes(const Grid *g, Error *err) {
  const CommandLine *line = g->line;
  for (size_t a = 0; a < g->sweep.axis_count; a++) {
    const SweepAxis *axis = &g->sweep.axis[a];
    const char *key = param_info[axis->id].key, *by = NULL;
    if (strncmp(axis->option, "--seeds", 7) == 0) continue; /* it starts from the seed given */
    if (plan_sets_key(line, key)) by = "--set";
    if (axis->id == PARAM_seed && cli_given(line, OPTION_SEED)) by = "--seed";
    if ((axis->id == PARAM_gate || axis->id == PARAM_loss) && cli_given(line, OPTION_READING))
      by = "--reading";
    if (by != NULL)
      return error_set(err, STATUS_USAGE, "%s: contradicts %s, expected one of the two",
                       axis->option, by);
  }
  return STATUS_OK;
}

static StatusCode read_axes(Grid *g, Error *err) {
  const CommandLine *line = g->line;
  int64_t seeds;
  TRY(cli_integer(&seeds, line, OPTION_SEEDS, 1, SWEEP_CELLS, 0, err));
  for (size_t i = 0; i < line->repeated_count; i++)
    if (line->repeated[i] == OPTION_ALONG)
      TRY(sweep_add_axis(&g->sweep, "--along", line->repeated_value[i], err));
  const OptionId pair[] = {OPTION_X, OPTION_Y};
  for (size_t i = 0; i < 2; i++)
    if (cli_given(line, pair[i]))
      TRY(sweep_add_axis(&g->sweep, i == 0 ? "--x" : "--y", line->value[pair[i]], err));
  if (seeds > 0 && g->plan.params.seed > INT64_MAX - seeds)
    return error_set(err, STATUS_USAGE, "--seeds: the last seed would be beyond 2^63-1");
  if (seeds > 0) TRY(sweep_add_seeds(&g->sweep, g->plan.params.seed, seeds, err));
  return check_axes(g, err);
}

/* ---- the program as a fact ---- */

static StatusCode note_fact(const char *key, const char *value, void *context, Error *err) {
  Grid *g = context;
  if (g->sweep.fact_count == FACTS) return error_set(err, STATUS_INTERNAL, "too many facts");
  g->fact[g->sweep.fact_count++] = (SweepFact){key, value};
  return STATUS_OK;
}

/* ---- the grid ---- */

static StatusCode allocate(Grid *g, Error *err) {
  const size_t count = g->sweep.cell_count;
  g->mine = array_alloc(count, sizeof *g->mine);
  g->finished = array_alloc(count, sizeof *g->finished);
  g->failure = array_alloc(count, sizeof *g->failure);
  g->tried = array_alloc(count, sizeof *g->tried);
  g->share = array_alloc(count, sizeof *g->share);
  if (g->mine == NULL || g->finished == NULL || g->failure == NULL || g->tried == NULL ||
      g->share == NULL)
    return error_memory(err, "cells");
  for (size_t k = 0; k < count; k++) {
    g->mine[k] = g->part == 0 || k % (size_t)g->parts == (size_t)g->part - 1;
    g->mine_count += g->mine[k];
  }
  return STATUS_OK;
}

/* Everything that the command line says, checked before anything is trained. */
static StatusCode grid_make(Grid *g, Error *err) {
  const CommandLine *line = g->line;
  TRY(cli_choice(&g->format, line, OPTION_FORMAT, format_name, err));
  TRY(cli_integer(&g->jobs, line, OPTION_JOBS, 1, 1024, (int64_t)workers_online(), err));
  TRY(read_part(g, err));
  TRY(read_claims(g, err));
  TRY(check_until(g, err));
  TRY(plan_make(&g->plan, line, PLAN_DOUBLE_ALONE, err));
  g->plan.claims = &g->claims;
  g->plan.rates = &g->rates;
  TRY(read_axes(g, err));
  if (g->plan.reading_count == 1) TRY(plan_set_reading(&g->plan, g->plan.reading[0], err));
  g->sweep.instance = &g->plan.instance;
  g->sweep.folder = g->plan.out;
  g->sweep.tell = plan_tell_damage;
  memcpy(g->sweep.reading, g->plan.reading, sizeof g->sweep.reading);
  g->sweep.reading_count = g->plan.reading_count;
  g->sweep.engine = g->plan.engine[0].kind;
  g->sweep.precision = g->plan.engine[0].precision;
  g->sweep.plain = g->plan.plain;
  g->sweep.fact = g->fact;
  g->sweep.program = g->plan.program;
  g->sweep.checkpoint_seconds = g->plan.checkpoint_seconds;
  TRY(note_fact("program", g->plan.program, g, err));
  if (g->sweep.engine == ENGINE_BALL) {
    snprintf(g->most, sizeof g->most, "%" PRId64, g->sweep.precision);
    TRY(note_fact("most bits", g->most, g, err));
  }
  TRY(cli_each_fact(note_fact, g, err));
  TRY(sweep_resolve(&g->sweep, err));
  return allocate(g, err);
}

static void grid_clear(Grid *g) {
  free(g->mine);
  free(g->finished);
  free(g->failure);
  free(g->tried);
  free(g->share);
  free(g->only);
  rates_clear(&g->rates);
  claims_clear(&g->claims);
  sweep_clear(&g->sweep);
  plan_clear(&g->plan);
}

/* ---- progress ---- */

#define METER_STEPS 1000000 /* the work of all cells in units of the bar */

/* A line for logs, or nothing: what has become of a cell. */
static void say(const Grid *g, size_t cell, const char *what) {
  char label[128];
  sweep_label(label, sizeof label, &g->sweep, cell);
  if (progress_style(cli_given(g->line, OPTION_QUIET)) == PROGRESS_LINES)
    fprintf(stderr, "%s: %s (%zu of %zu cells)\n", label, what, g->kept + g->ended, g->mine_count);
}

static void begin_progress(Grid *g) {
  const ProgressStyle style = progress_style(cli_given(g->line, OPTION_QUIET));
  /* Lines are written here, cell by cell. The meter sees one phase, whose pace is that of all
     workers; two workers, because it then looks at every piece of news. */
  g->meter = progress_open(style == PROGRESS_BAR ? PROGRESS_BAR : PROGRESS_NONE, 2);
  const ProgressPhase phase = {
      .name = "cells", .steps = METER_STEPS, .head_cost = 1, .kind = 0, .cost = 1};
  progress_add(&g->meter, &phase);
  if (style == PROGRESS_LINES)
    fprintf(stderr, "%zu cells, %zu of them finished before\n", g->mine_count, g->kept);
}

static bool tick(size_t cell, int64_t done, int64_t total, void *context) {
  Grid *g = context;
  if (cell == WORKERS_NO_NEWS) return progress_tell(&g->meter, cell, 0);
  g->share[cell] = total > 0 ? (double)done / (double)total : 1;
  if (done == total) {
    g->ended++;
    say(g, cell, "trained");
  }
  double sum = 0;
  for (size_t k = 0; k < g->sweep.cell_count; k++)
    if (g->share[k] > 0) sum += g->share[k] * sweep_work(&g->sweep, k);
  snprintf(g->meter.phase[0].name, sizeof g->meter.phase[0].name, "%zu of %zu cells",
           g->kept + g->ended, g->mine_count);
  const double units = METER_STEPS * sum / g->work;
  return progress_tell(&g->meter, 0, units < METER_STEPS ? (int64_t)units : METER_STEPS - 1);
}

/* ---- training ---- */

static StatusCode work(size_t cell, const Progress *progress, void *context, Error *err) {
  const Grid *g = context;
  return sweep_train(&g->sweep, cell, progress, err);
}

static WorkersAnswer failed(size_t cell, const Error *error, void *context) {
  Grid *g = context;
  const bool again = !g->tried[cell];
  char label[128];
  Error shown = {error->code, ""};
  if (stop_signal()) return WORKERS_STOP;
  /* A full disk or a closed folder will not do for the other cells either. */
  if (error->code == STATUS_CANTCREAT || error->code == STATUS_IO) return WORKERS_STOP;
  g->tried[cell] = true;
  g->share[cell] = 0;
  sweep_label(label, sizeof label, &g->sweep, cell);
  progress_close(&g->meter); /* the bar is drawn anew at the next tick */
  snprintf(shown.message, sizeof shown.message, "cell %s failed%s: %.350s", label,
           again ? ", is tried again" : " twice", error->message);
  cli_print_error(&shown);
  if (again) return WORKERS_AGAIN;
  g->failure[cell] = *error;
  return WORKERS_GO_ON;
}

typedef struct {
  double work;
  size_t cell;
} Weighed;

/* The long ones first, so that no long one is left over at the end. */
static int by_work(const void *a, const void *b) {
  const Weighed *x = a, *y = b;
  if (x->work != y->work) return x->work > y->work ? -1 : 1;
  return x->cell < y->cell ? -1 : 1;
}

/* order := the cells that are to be trained; returns how many. */
static size_t make_order(size_t *order, Weighed *weighed, Grid *g) {
  size_t count = 0;
  for (size_t k = 0; k < g->sweep.cell_count; k++)
    if (g->mine[k] && !g->finished[k] && g->failure[k].code == STATUS_OK)
      weighed[count++] = (Weighed){sweep_work(&g->sweep, k), k};
  qsort(weighed, count, sizeof *weighed, by_work);
  g->work = 0;
  g->ended = 0;
  for (size_t i = 0; i < count; i++) {
    order[i] = weighed[i].cell;
    g->work += weighed[i].work;
  }
  g->kept = g->mine_count - count;
  return count;
}

static StatusCode run_jobs(Grid *g, const size_t *order, size_t count, Error *err) {
  const WorkerPlan plan = {.job_count = count,
                           .order = order,
                           .workers = (size_t)g->jobs,
                           .work = work,
                           .tick = tick,
                           .failed = failed,
                           .context = g};
  begin_progress(g);
  const StatusCode code =
      g->mpi.ranks > 0 ? sweep_mpi_run(&g->mpi, &plan, err) : workers_run(&plan, err);
  progress_close(&g->meter);
  if (code == STATUS_OK || stop_signal() == 0) return code;
  bool *unfinished = array_alloc(g->sweep.cell_count, sizeof *unfinished);
  for (size_t i = 0; unfinished != NULL && i < count; i++)
    unfinished[order[i]] = true;
  if (unfinished != NULL) sweep_remove(&g->sweep, unfinished, true);
  free(unfinished);
  return code;
}

/* Damage is told of once, not in each round. */
static StatusCode find_finished(Grid *g, Error *err) {
  const StatusCode code = sweep_find(g->finished, &g->sweep, err);
  g->sweep.tell = NULL;
  return code;
}

static StatusCode train(Grid *g, Error *err) {
  const size_t cells = g->sweep.cell_count;
  TRY(find_finished(g, err));
  memset(g->share, 0, cells * sizeof *g->share);
  size_t *order = array_alloc(cells, sizeof *order);
  Weighed *weighed = array_alloc(cells, sizeof *weighed);
  StatusCode code =
      order != NULL && weighed != NULL ? STATUS_OK : error_memory(err, "the order of cells");
  if (code == STATUS_OK) code = run_jobs(g, order, make_order(order, weighed, g), err);
  for (size_t k = 0; k < cells; k++)
    g->finished[k] = g->mine[k] && (g->finished[k] || g->failure[k].code == STATUS_OK);
  free(order);
  free(weighed);
  return code;
}

/* ---- the run store and its report ---- */

static StatusCode add_failures(Store *store, const Grid *g, Error *err) {
  for (size_t k = 0; k < g->sweep.cell_count; k++) {
    char label[128], key[160];
    if (g->failure[k].code == STATUS_OK) continue;
    sweep_label(label, sizeof label, &g->sweep, k);
    snprintf(key, sizeof key, "failed cell %s", label);
    TRY(store_set_fact(store, key, g->failure[k].message, err));
  }
  return STATUS_OK;
}

/* *looks, *until := facts of the sweep that was collected here before, or NULL. */
static StatusCode earlier_facts(char **looks, char **until, const Grid *g, Error *err) {
  Store *earlier;
  *looks = *until = NULL;
  TRY(store_open(&earlier, g->plan.out, err));
  StatusCode code = store_get_fact(looks, earlier, RATE_FACT_LOOKS, err);
  if (code == STATUS_OK) code = store_get_fact(until, earlier, RATE_FACT_UNTIL, err);
  store_close(earlier);
  return code;
}

/* Who has seen verdicts and then changes the number of seeds has not fixed it beforehand. A sweep
   that was interrupted has shown none; one with the same seeds as before repeats its verdicts. */
static StatusCode note_looks(Store *store, const Grid *g, Error *err) {
  size_t before, now;
  bool same;
  char *looks, *until, first[24];
  TRY(sweep_seeds_before(&before, &now, &same, &g->sweep, err));
  if (before == 0) return STATUS_OK;
  StatusCode code = earlier_facts(&looks, &until, g, err);
  snprintf(first, sizeof first, "%zu", before);
  const char *said = looks != NULL ? looks : first;
  const size_t size = strlen(said) + sizeof first + 3;
  char *text = array_alloc(size, 1);
  if (code == STATUS_OK && text == NULL) code = error_memory(err, "a fact");
  if (code == STATUS_OK && (!same || looks != NULL || until != NULL)) {
    snprintf(text, size, "%s", said);
    if (!same) snprintf(text, size, "%s, %zu", said, now);
    code = store_set_fact(store, RATE_FACT_LOOKS, text, err);
  }
  free(text);
  free(looks);
  free(until);
  return code;
}

static StatusCode fill(Store *store, const Grid *g, Error *err) {
  TRY(store_set_fact(store, "program", g->plan.program, err));
  if (g->most[0] != '\0') TRY(store_set_fact(store, "most bits", g->most, err));
  if (g->until != NULL) TRY(store_set_fact(store, RATE_FACT_UNTIL, g->until, err));
  if (g->until == NULL) TRY(note_looks(store, g, err));
  TRY(sweep_collect(store, &g->sweep, g->finished, err));
  TRY(add_failures(store, g, err));
  TRY(judge_store(store, &g->claims, g->only, g->only_count, err));
  TRY(bands_store(store, err));
  return g->judge_rates ? rate_judge_store(store, &g->rates, &g->claims, err) : STATUS_OK;
}

static StatusCode print_verdicts(Store *store, const Grid *g, Error *err) {
  const ReportTableOptions table = {.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
  switch (g->format) {
  case 1:
    return report_tap(stdout, store, err);
  case 2:
    return report_json(stdout, store, err);
  default:
    return report_table(stdout, store, &table, err);
  }
}

/* Everything that is shown is read back from the finished store. */
static StatusCode report(int *exit_status, const Grid *g, Error *err) {
  Store *store;
  Tally tally;
  ReportFigures figures;
  TRY(store_open(&store, g->plan.out, err));
  StatusCode code = report_write(&figures, g->plan.out, store, NULL, NULL, err);
  if (code == STATUS_OK) code = print_verdicts(store, g, err);
  if (code == STATUS_OK) code = tally_store(&tally, store, err);
  store_close(store);
  if (code != STATUS_OK) return code;
  *exit_status = tally_exit(&tally);
  if (!cli_given(g->line, OPTION_QUIET))
    fprintf(stderr, "report in %s%s%s\n", g->plan.out,
            figures.drawn ? "" : "; figures not drawn: ", figures.drawn ? "" : figures.why);
  return STATUS_OK;
}

/* The last word on cells that failed: the status is that of the first one. */
static StatusCode failures(const Grid *g, Error *err) {
  size_t count = 0, first = 0;
  for (size_t k = g->sweep.cell_count; k-- > 0;)
    if (g->failure[k].code != STATUS_OK) {
      count++;
      first = k;
    }
  if (count == 0) return STATUS_OK;
  char label[128];
  sweep_label(label, sizeof label, &g->sweep, first);
  return error_set(err, g->failure[first].code, "%zu of %zu cells failed%s %s: %.300s", count,
                   g->mine_count, count > 1 ? ", the first one is" : ":", label,
                   g->failure[first].message);
}

static StatusCode collect(const Grid *g, Error *err) {
  Store *store;
  TRY(plan_create_store(&store, &g->plan, err));
  const StatusCode code = fill(store, g, err);
  TRY(plan_finish_store(store, code, &g->plan, err));
  sweep_remove(&g->sweep, g->mine, false);
  return STATUS_OK;
}

/* ---- seeds until decided ---- */

#define ROUND_SEEDS 5 /* seeds that are added before it is looked at again */

/* Only the first `seeds` seeds are to be trained; the seed is the last axis. */
static void take_seeds(Grid *g, size_t seeds) {
  g->mine_count = 0;
  for (size_t k = 0; k < g->sweep.cell_count; k++) {
    g->mine[k] = sweep_index(&g->sweep, k, g->sweep.axis_count - 1) < seeds;
    g->mine_count += g->mine[k];
  }
}

/* *seeds := how many seeds are finished in all cells, a whole number of rounds: an earlier call was
 * that far. */
static StatusCode seeds_finished(size_t *seeds, Grid *g, size_t most, Error *err) {
  TRY(find_finished(g, err));
  *seeds = most;
  for (size_t k = 0; k < g->sweep.cell_count; k++) {
    const size_t index = sweep_index(&g->sweep, k, g->sweep.axis_count - 1);
    if (!g->finished[k] && index < *seeds) *seeds = index;
  }
  *seeds -= *seeds % ROUND_SEEDS;
  return STATUS_OK;
}

typedef struct {
  const char *id;
  size_t rows, open;
} Undecided;

static bool count_open(const RateRow *row, void *context) {
  Undecided *undecided = context;
  if (strcmp(row->claim, undecided->id) != 0) return true;
  undecided->rows++;
  undecided->open += strcmp(row->verdict, verdict_text(VERDICT_INCONCLUSIVE)) == 0;
  return true;
}

static StatusCode is_decided(bool *decided, const Grid *g, Error *err) {
  Store *store;
  Undecided undecided = {.id = g->until};
  TRY(store_open(&store, g->plan.out, err));
  const StatusCode code = store_each_rate(store, count_open, &undecided, err);
  store_close(store);
  *decided = undecided.rows > 0 && undecided.open == 0;
  return code;
}

/* Rounds of seeds, each judged with all before it, until the probability is decided or the seeds
 * are used up. */
static StatusCode train_rounds(Grid *g, Error *err) {
  const size_t most = g->sweep.axis[g->sweep.axis_count - 1].count;
  bool decided = false;
  size_t seeds;
  TRY(seeds_finished(&seeds, g, most, err));
  if (seeds < ROUND_SEEDS) seeds = ROUND_SEEDS;
  for (;; seeds += ROUND_SEEDS) {
    take_seeds(g, seeds < most ? seeds : most);
    TRY(train(g, err));
    TRY(collect(g, err));
    TRY(is_decided(&decided, g, err));
    if (decided || seeds >= most) return STATUS_OK;
  }
}

static StatusCode lead(int *exit_status, Grid *g, Error *err) {
  const StatusCode code = g->until != NULL ? train_rounds(g, err) : train(g, err);
  if (code != STATUS_OK) {
    plan_remove_folders(&g->plan);
    return code;
  }
  if (g->part == 0) {
    if (g->until == NULL) TRY(collect(g, err));
    TRY(report(exit_status, g, err));
  } else {
    printf("part %lld of %lld: %zu of %zu cells\n", (long long)g->part, (long long)g->parts,
           g->mine_count, g->sweep.cell_count);
  }
  return failures(g, err);
}

static bool serve_tick(size_t cell, int64_t done, int64_t total, void *context) {
  (void)cell;
  (void)done;
  (void)total;
  (void)context;
  return stop_signal() == 0;
}

StatusCode plan_sweep(int *exit_status, const CommandLine *line, Error *err) {
  Grid *g = array_alloc(1, sizeof *g);
  if (g == NULL) return error_memory(err, "a sweep");
  g->line = line;
  g->plan.line = line;
  StatusCode code = sweep_mpi_begin(&g->mpi, err);
  if (code == STATUS_OK) code = grid_make(g, err);
  if (sweep_mpi_serves(&g->mpi)) {
    const WorkerPlan plan = {.work = work, .tick = serve_tick, .context = g};
    sweep_mpi_serve(&g->mpi, code == STATUS_OK ? &plan : NULL, err);
    err->message[0] = '\0'; /* rank 0 says it */
  } else if (code == STATUS_OK) {
    code = lead(exit_status, g, err);
  }
  sweep_mpi_end(&g->mpi);
  grid_clear(g);
  free(g);
  return code;
}
