/* moment.c -- sums of eigenvalues; the top of U's spectrum, and the two blocks with and without it.
 */
#include "src/moment.h"

#include <string.h>

#include "src/certificate.h"
#include "src/measure.h"
#include "src/spectrum_ball.h"
#include "src/trainer_internal.h"

const char *const moment_name[MOMENT_COUNT] = {
#define X(name, doc) #name,
    MOMENT_LIST(X)
#undef X
};

const char *const moment_doc[MOMENT_COUNT] = {
#define X(name, doc) doc,
    MOMENT_LIST(X)
#undef X
};

int moment_find(const char *name) {
  for (int i = 0; i < MOMENT_COUNT; i++)
    if (strcmp(moment_name[i], name) == 0) return i;
  return -1;
}

typedef struct {
  MomentId sum, top, loss[2], accuracy[2]; /* [0]: with the top alone, [1]: with the rest */
} BlockMoments;

static const BlockMoments of_block[BLOCK_COUNT] = {
    {MOMENT_eigensum_W,
     MOMENT_top_W,
     {MOMENT_K1_top, MOMENT_K1_rest},
     {MOMENT_acc_P_top, MOMENT_acc_P_rest}},
    {MOMENT_eigensum_V,
     MOMENT_top_V,
     {MOMENT_K2_top, MOMENT_K2_rest},
     {MOMENT_acc_Q_top, MOMENT_acc_Q_rest}},
};

int moment_identity(MomentId id) {
  for (int b = 0; b < BLOCK_COUNT; b++)
    if (id == of_block[b].sum) return (int)block_observables[b].trace;
  return -1;
}

/* The eigenvalues of a real matrix that are not real come in conjugate pairs: their sum is the sum
   of their real parts. */
static void sum_real_parts(arb_t out, acb_srcptr eigenvalue, int64_t d, slong prec) {
  arb_zero(out);
  for (int64_t k = 0; k < d; k++)
    arb_add(out, out, acb_realref(eigenvalue + k), prec);
}

/* y h (or y g) of prompt n with a weight in the place of the trained one. */
static void signed_output(arb_t out, const arb_mat_t weight, const Trainer *tr, Block b, int64_t n,
                          slong prec) {
  const int64_t d = tr->data->d;
  const double *m = trainer_sums(tr, b) + n * d, *x = dataset_token(tr->data, b, n, tr->data->L);
  arb_t row, factor;
  arb_init(row);
  arb_init(factor);
  arb_zero(out);
  for (int64_t i = 0; i < d; i++) {
    arb_zero(row);
    for (int64_t j = 0; j < d; j++) {
      arb_set_d(factor, x[j]);
      arb_addmul(row, arb_mat_entry(weight, i, j), factor, prec);
    }
    arb_set_d(factor, m[i]);
    arb_addmul(out, row, factor, prec);
  }
  arb_div_si(out, out, (slong)tr->data->L, prec);
  if (tr->query_label[n] < 0) arb_neg(out, out);
  arb_clear(row);
  arb_clear(factor);
}

/* Mean loss and accuracy of a block with that weight. */
static void block_with(arb_t loss, arb_t accuracy, const arb_mat_t weight, const Trainer *tr,
                       Block b, slong prec) {
  const int64_t N = tr->data->N;
  arb_t ys;
  arb_init(ys);
  arb_zero(loss);
  MeasuredShare right = {0};
  for (int64_t n = 0; n < N; n++) {
    signed_output(ys, weight, tr, b, n, prec);
    measure_share_add(&right, ys);
    measure_loss(ys, ys, prec);
    arb_add(loss, loss, ys, prec);
  }
  arb_div_si(loss, loss, (slong)N, prec);
  measure_share(accuracy, &right, N, prec);
  arb_clear(ys);
}

/* The block that the largest singular value of U lies in, by balls; BLOCK_COUNT when they cannot
 * tell. */
static Block find_top(const arb_struct *singular, const bool known[BLOCK_COUNT]) {
  if (known[BLOCK_P] && arb_gt(&singular[BLOCK_P], &singular[BLOCK_Q])) return BLOCK_P;
  if (known[BLOCK_Q] && arb_gt(&singular[BLOCK_Q], &singular[BLOCK_P])) return BLOCK_Q;
  return BLOCK_COUNT;
}

static void measure_top(arb_ptr out, const Trainer *tr, slong prec) {
  const int64_t d = tr->data->d;
  arb_mat_t weight[BLOCK_COUNT], projector[BLOCK_COUNT], part;
  arb_struct singular[BLOCK_COUNT];
  bool known[BLOCK_COUNT];
  arb_mat_init(part, d, d);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_mat_init(weight[b], d, d);
    arb_mat_init(projector[b], d, d);
    arb_init(&singular[b]);
    trainer_weight(weight[b], tr, (Block)b, WEIGHT_FULL);
    certificate_widen_weight(weight[b], tr, (Block)b, WEIGHT_FULL);
    known[b] = spectrum_top(&singular[b], projector[b], weight[b], prec);
    arb_set(&out[of_block[b].top], &singular[b]);
  }
  const Block top = find_top(singular, known);
  for (int b = 0; b < BLOCK_COUNT && top != BLOCK_COUNT; b++) {
    arb_mat_zero(part);
    if (b == (int)top) arb_mat_mul(part, weight[b], projector[b], prec);
    for (int rest = 0; rest < 2; rest++) {
      if (rest) arb_mat_sub(part, weight[b], part, prec);
      block_with(&out[of_block[b].loss[rest]], &out[of_block[b].accuracy[rest]], part, tr, (Block)b,
                 prec);
    }
  }
  for (int b = 0; b < BLOCK_COUNT; b++) {
    arb_mat_clear(weight[b]);
    arb_mat_clear(projector[b]);
    arb_clear(&singular[b]);
  }
  arb_mat_clear(part);
}

void moments_measure(arb_ptr out, const acb_srcptr eigenvalue[BLOCK_COUNT], const Trainer *tr) {
  const slong prec = (slong)tr->engine.precision + 30;
  for (int id = 0; id < MOMENT_COUNT; id++)
    arb_indeterminate(out + id);
  if (tr->data->d > SPECTRUM_BALL_MAX) return;
  for (int b = 0; b < BLOCK_COUNT; b++)
    sum_real_parts(&out[of_block[b].sum], eigenvalue[b], tr->data->d, prec);
  measure_top(out, tr, prec);
}
