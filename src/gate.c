/* gate.c -- filtered gates with a budget of movement. */
#include "src/gate.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/lanes.h"
#include "src/tiles.h"

/* Covers the relative error of any sum of at most 2 d^2 + 8 <= 2^22 nonnegative doubles and a
 * square root: 2^22 2^-53 < 1e-9. */
#define SLACK (1 + 1e-9)
#define UNIT 0x1p-53
/* A square loses at most 2^-1075 by underflow, 2^21 of them 2^-1054; so a norm, as sqrt(a + b) <=
   sqrt(a) + sqrt(b), loses less than 2^-526. So do weights below the smallest doubles, when they
   are rounded to their shadows. */
#define NORM_FLOOR 0x1p-520
/* What underflows take from a score, in units of its reach, is below 2^-489 (certificate.md, 3). */
#define SCORE_FLOOR 0x1p-480
/* Rows whose readings are made together: those of one tile (tiles.c). */
#define ROWS 8

/* One family of gates: under shared gates one for both blocks, under split gates one a block. */
typedef struct {
  unsigned mask;       /* blocks in the score */
  unsigned char *open; /* (N, L) */
  double *reach;       /* (N, L), rounded up */
  double *expiry;      /* (N, L) travel at which the sign of a score is no longer certain */
  double *row_expiry;  /* (N) the smallest of a row */
  double travel;       /* upper bound of the path length of the weights in the mask so far */
  double distance;     /* upper bound of how far the exact weights are; 0 without a certificate */
} Family;

struct Gate {
  const Dataset *data;
  PlainSet plain;
  Family family[BLOCK_COUNT];
  int family_count;
  double *sums[BLOCK_COUNT];     /* (N, d) */
  double *previous[BLOCK_COUNT]; /* (d, d) shadow weights of the last update */
  double previous_radius[BLOCK_COUNT];
  int64_t stride;     /* d rounded up to a multiple of TILES_COLUMNS */
  double *transposed; /* (2, d, stride) the shadow weights' transposes, zero padded */
  double *query;      /* (ROWS, d) of the rows at hand */
  double *reading;    /* (2, ROWS, stride) their U x_q */
  int64_t *stale;     /* (ROWS, L) and their scores whose margin is used up */
  double *score;      /* (L) the scores of one of them */
  GateCounts counts;
  GateCertain certain; /* NULL: nothing is certified */
  GateBreak broken;
};

/* a'a, b'b and (a - b)'(a - b), each summed as lanes_dot does. */
typedef struct {
  double a, b, difference;
} Squares;

KERNEL_CLONES static Squares squares(const double *a, const double *b, int64_t count) {
  double of_a[LANES] = {0}, of_b[LANES] = {0}, of_difference[LANES] = {0};
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int k = 0; k < LANES; k++) {
      const double difference = a[i + k] - b[i + k];
      of_a[k] += a[i + k] * a[i + k];
      of_b[k] += b[i + k] * b[i + k];
      of_difference[k] += difference * difference;
    }
  for (int k = 0; i < count; i++, k++) {
    of_a[k] += a[i] * a[i];
    of_b[k] += b[i] * b[i];
    of_difference[k] += (a[i] - b[i]) * (a[i] - b[i]);
  }
  return (Squares){lanes_total(of_a), lanes_total(of_b), lanes_total(of_difference)};
}

/* ---- making ---- */

/* reach_l := sqrt(sum_b norm(x_l^b)^2 norm(x_q^b)^2), up. */
static void family_reach(Family *f, const Dataset *data) {
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t l = 0; l < data->L; l++) {
      double sum = 0;
      for (int b = 0; b < BLOCK_COUNT; b++) {
        if (!(f->mask >> b & 1)) continue;
        const double *x = dataset_token(data, (Block)b, n, l);
        const double *q = dataset_token(data, (Block)b, n, data->L);
        sum += lanes_dot(x, x, data->d) * lanes_dot(q, q, data->d);
      }
      f->reach[n * data->L + l] = sqrt(sum) * SLACK + DBL_MIN;
    }
}

static StatusCode family_open(Family *f, unsigned mask, const Dataset *data, Error *err) {
  size_t scores = (size_t)(data->N * data->L);
  f->mask = mask;
  f->open = array_alloc(scores, 1);
  f->reach = array_alloc(scores, sizeof(double));
  f->expiry = array_alloc(scores, sizeof(double)); /* 0: everything has to be looked at first */
  f->row_expiry = array_alloc((size_t)data->N, sizeof(double));
  if (f->open == NULL || f->reach == NULL || f->expiry == NULL || f->row_expiry == NULL)
    return error_memory(err, "gates");
  family_reach(f, data);
  return STATUS_OK;
}

StatusCode gate_open(Gate **out, const Dataset *data, GateKind kind, PlainSet plain, Error *err) {
  Gate *g = array_alloc(1, sizeof *g);
  *out = g;
  if (g == NULL) return error_memory(err, "gates");
  g->data = data;
  g->plain = plain;
  size_t d = (size_t)data->d;
  g->stride = (data->d + TILES_COLUMNS - 1) / TILES_COLUMNS * TILES_COLUMNS;
  g->transposed = array_alloc(BLOCK_COUNT * d * (size_t)g->stride, sizeof(double));
  g->query = array_alloc(ROWS * d, sizeof(double));
  g->reading = array_alloc(BLOCK_COUNT * ROWS * (size_t)g->stride, sizeof(double));
  g->stale = array_alloc(ROWS * (size_t)data->L, sizeof *g->stale);
  g->score = array_alloc((size_t)data->L, sizeof(double));
  if (g->transposed == NULL || g->query == NULL || g->reading == NULL || g->stale == NULL ||
      g->score == NULL)
    return error_memory(err, "gates");
  for (int b = 0; b < BLOCK_COUNT; b++) {
    g->sums[b] = array_alloc((size_t)data->N * d, sizeof(double));
    g->previous[b] = array_alloc(d * d, sizeof(double));
    if (g->sums[b] == NULL || g->previous[b] == NULL) return error_memory(err, "gates");
  }
  g->family_count = kind == GATE_SHARED ? 1 : BLOCK_COUNT;
  for (int i = 0; i < g->family_count; i++)
    TRY(family_open(&g->family[i], kind == GATE_SHARED ? 3U : 1U << i, data, err));
  return STATUS_OK;
}

void gate_set_plain(Gate *g, PlainSet plain) {
  g->plain = plain;
}

void gate_close(Gate *g) {
  if (g == NULL) return;
  for (int i = 0; i < g->family_count; i++) {
    free(g->family[i].open);
    free(g->family[i].reach);
    free(g->family[i].expiry);
    free(g->family[i].row_expiry);
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    free(g->sums[b]);
    free(g->previous[b]);
  }
  free(g->transposed);
  free(g->query);
  free(g->reading);
  free(g->stale);
  free(g->score);
  free(g);
}

/* ---- updating ---- */

static void flip(Gate *g, Family *f, int64_t n, int64_t l) {
  int64_t d = g->data->d;
  unsigned char *open = &f->open[n * g->data->L + l];
  *open = !*open;
  g->counts.flips++;
  if (is_plain(g->plain, FAST_FLIPS)) return; /* sums_add_up comes */
  double sign = *open ? dataset_label(g->data, n, l) : -dataset_label(g->data, n, l);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(f->mask >> b & 1)) continue;
    const double *x = dataset_token(g->data, (Block)b, n, l);
    for (int64_t i = 0; i < d; i++)
      g->sums[b][n * d + i] += sign * x[i]; /* exact: on the grid */
  }
}

/* The sums by definition; exact too, and no sum of either kind is -0. */
static void sums_add_up(Gate *g, Block b) {
  const Dataset *data = g->data;
  const unsigned char *open = gate_open_flags(g, b);
  memset(g->sums[b], 0, (size_t)(data->N * data->d) * sizeof(double));
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t l = 0; l < data->L; l++)
      for (int64_t i = 0; i < data->d && open[n * data->L + l]; i++)
        g->sums[b][n * data->d + i] += dataset_label(data, n, l) * dataset_token(data, b, n, l)[i];
}

typedef struct {
  bool zero;          /* all weights in the mask are 0 */
  double uncertainty; /* |computed score - score| <= uncertainty * reach */
} Filter;

/* Also when weights beyond the doubles have made the travel infinite or NaN. */
KERNEL_INLINE bool used_up(double travel, double expiry) {
  return !(travel < expiry);
}

/* The margin of a score in units of travel, down; <= 0 when its sign is not certain. */
KERNEL_INLINE double score_margin(double score, double reach, const Filter *filter) {
  return (fabs(score) / reach) / SLACK - filter->uncertainty;
}

static void note_undecided(GateCounts *counts, int64_t n, int64_t l, unsigned mask) {
  if (counts->undecided++ > 0) return;
  counts->open_prompt = n;
  counts->open_token = l;
  counts->open_mask = mask;
}

/* The gate has to be that of all weights within the distance (certificate.md, 13): either the
   margin says so, or exact arithmetic does, or the certificate breaks here. */
static void certify(Gate *g, const Family *f, int64_t n, int64_t l, double margin, void *context) {
  if (g->certain == NULL || g->broken.broken || f->distance == 0 || margin > f->distance) return;
  if (g->certain(n, l, f->mask, f->distance, context)) return;
  g->broken = (GateBreak){true, n, l, f->mask, f->distance, margin};
}

/* The next double below. */
KERNEL_INLINE double below(double x) {
  if (!(x > 0)) return nextafter(x, -INFINITY);
  int64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits--;
  memcpy(&x, &bits, sizeof x);
  return x;
}

KERNEL_INLINE bool is_due(const Family *f, int64_t at) {
  return used_up(f->travel + f->distance, f->expiry[at]);
}

/* stale[0..] := the scores of row n whose margin is used up, or all of them without the budget;
   returns how many. Without a branch on what no processor can predict. Their tokens lie all over
   the data set, so they are sent for. */
static int64_t find_stale(int64_t *stale, const Gate *g, const Family *f, int64_t n) {
  const Dataset *data = g->data;
  const bool all = is_plain(g->plain, FAST_GATES);
  int64_t count = 0;
  for (int64_t l = 0; l < data->L; l++) {
    stale[count] = l;
    count += all || is_due(f, n * data->L + l);
  }
  for (int64_t k = 0; k < count; k++)
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (int64_t i = 0; i < data->d && (f->mask >> b & 1); i += 8) /* 64 bytes */
        __builtin_prefetch(dataset_token(data, (Block)b, n, stale[k]) + i);
  return count;
}

KERNEL_CLONES static double smallest(const double *x, int64_t count) {
  double lane[LANES], least = INFINITY;
  int64_t i = 0;
  for (int k = 0; k < LANES; k++)
    lane[k] = INFINITY;
  for (; i + LANES <= count; i += LANES)
    for (int k = 0; k < LANES; k++)
      lane[k] = x[i + k] < lane[k] ? x[i + k] : lane[k];
  for (; i < count; i++)
    least = x[i] < least ? x[i] : least;
  for (int k = 0; k < LANES; k++)
    least = lane[k] < least ? lane[k] : least;
  return least;
}

/* score[k] := the score of row n with token stale[k]; reading: (2, ROWS, stride), at its row. */
KERNEL_CLONES static void make_scores(double *score, const int64_t *stale, int64_t count,
                                      const Gate *g, const Family *f, int64_t n,
                                      const double *reading) {
  for (int64_t k = 0; k < count; k++) {
    double lane[LANES] = {0};
    for (int b = 0; b < BLOCK_COUNT; b++)
      if (f->mask >> b & 1)
        lanes_add(lane, dataset_token(g->data, (Block)b, n, stale[k]),
                  reading + b * ROWS * g->stride, g->data->d);
    score[k] = lanes_total(lane);
  }
}

/* What a score says of its gate, and for how long. Without the budget scores that are not due are
   looked at as well, but not counted, and their margins stay: so the counts are the same. */
static void update_gate(Gate *g, Family *f, int64_t n, int64_t l, double score,
                        const Filter *filter, GateSign sign, void *context) {
  const int64_t at = n * g->data->L + l;
  double margin = score_margin(score, f->reach[at], filter);
  int s = score > 0 ? 1 : -1;
  const bool told = margin > 0; /* not when it is NaN */
  if (is_plain(g->plain, FAST_FILTER) || !(told || filter->zero))
    s = sign(n, l, f->mask, context);
  else if (!told)
    s = 0;
  if (!told) margin = 0;
  g->counts.scored++;
  if (is_due(f, at)) {
    f->expiry[at] = below(f->travel + margin);
    if (!told && !filter->zero) g->counts.fallbacks++;
  }
  if (s == GATE_SIGN_UNKNOWN)
    note_undecided(&g->counts, n, l, f->mask);
  else if ((s > 0) != f->open[at])
    flip(g, f, n, l);
  certify(g, f, n, l, margin, context);
}

/* Up to ROWS rows that have scores whose margin is used up. */
static void update_rows(Gate *g, Family *f, const int64_t *row, int64_t rows, const Filter *filter,
                        GateSign sign, void *context) {
  const Dataset *data = g->data;
  const int64_t d = data->d, L = data->L;
  int64_t count[ROWS];
  for (int64_t r = 0; r < rows; r++)
    count[r] = find_stale(g->stale + r * L, g, f, row[r]);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(f->mask >> b & 1)) continue;
    for (int64_t r = 0; r < rows; r++)
      memcpy(g->query + r * d, dataset_token(data, (Block)b, row[r], L),
             (size_t)d * sizeof(double));
    tiles_multiply(g->reading + b * ROWS * g->stride, g->query, rows, d, 1,
                   g->transposed + b * d * g->stride, g->stride, d, tiles_width(g->plain));
  }
  for (int64_t r = 0; r < rows; r++) {
    const int64_t n = row[r], *stale = g->stale + r * L;
    make_scores(g->score, stale, count[r], g, f, n, g->reading + r * g->stride);
    for (int64_t k = 0; k < count[r]; k++)
      update_gate(g, f, n, stale[k], g->score[k], filter, sign, context);
    f->row_expiry[n] = smallest(f->expiry + n * L, L);
  }
}

/* Are all entries 0? A sum of squares that is 0 may have underflowed. */
static bool all_zero(const double *x, int64_t count) {
  int64_t i = 0;
  while (i < count && x[i] == 0)
    i++;
  return i == count;
}

/* Adds an upper bound of norm(U_now - U_before) to the family's travel, rounding up, and sets the
   filter for the new weights. Derived in gate.h; the matrices within whose radius the weights lie
   differ from their shadows by at most UNIT relative, entry by entry (0 if exact), and the radii of
   several blocks together are at most their sum. */
static void family_move(Filter *filter, Family *f, const Gate *g, const GateWeights *weights) {
  const int64_t size = g->data->d * g->data->d;
  double moved = 0, before = 0, now = 0, radius = 0, radius_before = 0;
  bool still = weights->exact;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(f->mask >> b & 1)) continue;
    const Squares square = squares(weights->shadow[b], g->previous[b], size);
    moved += square.difference;
    before += square.b;
    now += square.a;
    still = still && moved == 0 &&
            memcmp(weights->shadow[b], g->previous[b], (size_t)size * sizeof(double)) == 0;
    radius += weights->radius[b];
    radius_before += g->previous_radius[b];
  }
  double rounding = weights->exact ? 0 : UNIT * (sqrt(before) + sqrt(now));
  double step = (sqrt(moved) + rounding + radius + radius_before) * SLACK * SLACK;
  if (!still) step += NORM_FLOOR;
  f->travel = nextafter(f->travel + step, INFINITY);
  double norm = sqrt(now) * SLACK + NORM_FLOOR;
  filter->zero = now == 0 && radius == 0;
  for (int b = 0; b < BLOCK_COUNT && filter->zero; b++)
    filter->zero = !(f->mask >> b & 1) || (!weights->tiny[b] && all_zero(weights->shadow[b], size));
  /* U x_q errs by gamma_d |U||x_q|, the dot with x_l by gamma_2d |x_l||U x_q|, the shadow by UNIT:
     together below (3 d + 3) UNIT (1 + small) sum_b |x_l|'|U_b||x_q| <= (4 d + 16) UNIT norm(U)
     reach, for any order of the sums; and the weights themselves by their radius. */
  filter->uncertainty = (double)(4 * g->data->d + 16) * UNIT * norm + radius * SLACK + SCORE_FLOOR;
}

static void transpose(Gate *g, const double *const shadow[BLOCK_COUNT]) {
  const int64_t d = g->data->d;
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int64_t i = 0; i < d; i++)
      for (int64_t j = 0; j < d; j++)
        g->transposed[(b * d + j) * g->stride + i] = shadow[b][i * d + j];
}

bool gate_update(Gate *g, const GateWeights *weights, GateSign sign, void *context) {
  const int64_t flips = g->counts.flips, size = g->data->d * g->data->d;
  bool transposed = false;
  for (int i = 0; i < g->family_count; i++) {
    Family *f = &g->family[i];
    Filter filter;
    int64_t row[ROWS], rows = 0;
    family_move(&filter, f, g, weights);
    for (int64_t n = 0; n < g->data->N; n++) {
      if (is_plain(g->plain, FAST_GATES) || used_up(f->travel + f->distance, f->row_expiry[n]))
        row[rows++] = n;
      if (rows < ROWS && (rows == 0 || n < g->data->N - 1)) continue;
      if (!transposed) transpose(g, weights->shadow);
      transposed = true;
      update_rows(g, f, row, rows, &filter, sign, context);
      rows = 0;
    }
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (is_plain(g->plain, FAST_FLIPS)) sums_add_up(g, (Block)b);
    memcpy(g->previous[b], weights->shadow[b], (size_t)size * sizeof(double));
    g->previous_radius[b] = weights->radius[b];
  }
  return g->counts.flips != flips;
}

/* travel + distance is rounded to nearest, and so below an expiry only if the sum is: an expiry is
   a double, and rounding is monotone. */
void gate_certify(Gate *g, const double distance[BLOCK_COUNT], GateCertain certain) {
  g->certain = certain;
  for (int i = 0; i < g->family_count; i++) {
    Family *f = &g->family[i];
    double sum = 0;
    for (int b = 0; b < BLOCK_COUNT; b++)
      if (f->mask >> b & 1) sum += distance[b] * distance[b];
    f->distance = certain == NULL ? 0 : sqrt(sum) * SLACK;
  }
}

GateBreak gate_break(const Gate *g) {
  return g->broken;
}

/* ---- looking ---- */

const double *gate_sums(const Gate *g, Block b) {
  return g->sums[b];
}

const unsigned char *gate_open_flags(const Gate *g, Block b) {
  return g->family[g->family_count == 1 ? 0 : b].open;
}

int64_t gate_agreeing(const Gate *g, Block b) {
  const Dataset *data = g->data;
  const unsigned char *open = gate_open_flags(g, b);
  int64_t agree = 0;
  for (int64_t n = 0; n < data->N; n++)
    for (int64_t l = 0; l < data->L; l++)
      agree +=
          open[n * data->L + l] == (dataset_label(data, n, l) == dataset_label(data, n, data->L));
  return agree;
}

double gate_agreement(const Gate *g, Block b) {
  return (double)gate_agreeing(g, b) / (double)(g->data->N * g->data->L);
}

GateCounts gate_counts(const Gate *g) {
  return g->counts;
}

/* ---- keeping ---- */

static void family_state(State *state, Family *f, int i, const Dataset *data) {
  const int64_t N = data->N, scores = N * data->L;
  state_flags(state, state_key("gate %d open", i).text, f->open, scores);
  state_doubles(state, state_key("gate %d expiry", i).text, f->expiry, scores);
  state_doubles(state, state_key("gate %d row expiry", i).text, f->row_expiry, N);
  state_doubles(state, state_key("gate %d travel", i).text, &f->travel, 1);
  state_doubles(state, state_key("gate %d distance", i).text, &f->distance, 1);
}

/* M_n from the open gates: the sums of a walk over flips are exact, so these are the same. */
static void sum_again(Gate *g, const Family *f) {
  const Dataset *data = g->data;
  for (int b = 0; b < BLOCK_COUNT; b++) {
    if (!(f->mask >> b & 1)) continue;
    for (int64_t k = 0; k < data->N * data->d; k++)
      g->sums[b][k] = 0;
    for (int64_t n = 0; n < data->N; n++)
      for (int64_t l = 0; l < data->L; l++)
        if (f->open[n * data->L + l])
          for (int64_t i = 0; i < data->d; i++)
            g->sums[b][n * data->d + i] +=
                dataset_label(data, n, l) * dataset_token(data, (Block)b, n, l)[i];
  }
}

static void counts_state(State *state, Gate *g) {
  GateCounts *c = &g->counts;
  int64_t mask = c->open_mask;
  state_integer(state, "gates scored", &c->scored, 0, INT64_MAX);
  state_integer(state, "gates fallbacks", &c->fallbacks, 0, INT64_MAX);
  state_integer(state, "gates flips", &c->flips, 0, INT64_MAX);
  state_integer(state, "gates undecided", &c->undecided, 0, INT64_MAX);
  state_integer(state, "gates open prompt", &c->open_prompt, 0, g->data->N - 1);
  state_integer(state, "gates open token", &c->open_token, 0, g->data->L - 1);
  state_integer(state, "gates open mask", &mask, 0, 3);
  c->open_mask = (unsigned)mask;
}

void gate_state(State *state, Gate *g) {
  const int64_t size = g->data->d * g->data->d;
  for (int i = 0; i < g->family_count; i++)
    family_state(state, &g->family[i], i, g->data);
  for (int b = 0; b < BLOCK_COUNT; b++)
    state_doubles(state, state_key("gates previous %d", b).text, g->previous[b], size);
  state_doubles(state, "gates previous radius", g->previous_radius, BLOCK_COUNT);
  counts_state(state, g);
  for (int i = 0; i < g->family_count && state->restoring; i++)
    sum_again(g, &g->family[i]);
}
