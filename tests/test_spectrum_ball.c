/* test_spectrum_ball.c -- enclosed eigenvalues of matrices that are made from known ones, the top
 * of a spectrum, and the truncation experiment two ways.
 */
#include <acb.h>
#include <arb_mat.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "src/moment.h"
#include "src/spectrum_ball.h"
#include "src/trainer_internal.h"
#include "src/truncate.h"
#include "tests/support.h"

#define D_MAX 8
#define PREC 128

/* A := T D T^-1 for a unit triangular integer T and its product with a lower one: exact integers,
   with the spectrum of D. */
static void conjugate(arb_mat_t A, Chance *chance) {
  const slong d = arb_mat_nrows(A);
  for (int step = 0; step < 2 * d; step++) {
    /* A := E A E^-1, E = 1 + k e_i e_j': row i += k row j, then column j -= k column i */
    const slong i = (slong)chance_below(chance, d), j = (i + 1 + chance_below(chance, d - 1)) % d;
    const slong k = (slong)chance_below(chance, 3) - 1;
    for (slong c = 0; c < d; c++)
      arb_addmul_si(arb_mat_entry(A, i, c), arb_mat_entry(A, j, c), k, ARF_PREC_EXACT);
    for (slong r = 0; r < d; r++)
      arb_submul_si(arb_mat_entry(A, r, j), arb_mat_entry(A, r, i), k, ARF_PREC_EXACT);
  }
}

/* The eigenvalues put into the first rows and columns; what is not set is 0, d times. */
typedef struct {
  const char *name;
  int64_t d;
  double diagonal[D_MAX];
  double above[D_MAX]; /* entry (i, i + 1) */
  double below[D_MAX]; /* entry (i + 1, i) */
  double re[D_MAX], im[D_MAX];
  bool tight; /* balls are narrow */
} Case;

static const Case cases[] = {
    {"simple and real", 5, {9, -4, 3, 1, 0}, {0}, {0}, {9, -4, 3, 1, 0}, {0}, true},
    {"a rotation", 4, {2, 2, 7, -1}, {-3}, {3}, {2, 2, 7, -1}, {3, -3}, true},
    {"twice the same", 4, {5, 5, 2, 1}, {0}, {0}, {5, 5, 2, 1}, {0}, true},
    {"rank one", 6, {4}, {0}, {0}, {4}, {0}, true},
    {"all the same", 3, {7, 7, 7}, {0}, {0}, {7, 7, 7}, {0}, true},
    {"zero", 3, {0}, {0}, {0}, {0}, {0}, true},
    {"a Jordan block", 3, {2, 2, 2}, {1, 1}, {0}, {2, 2, 2}, {0}, false},
};

static void make_case(arb_mat_t A, const Case *c) {
  for (int64_t i = 0; i < c->d; i++) {
    arb_set_d(arb_mat_entry(A, i, i), c->diagonal[i]);
    if (i + 1 < c->d) {
      arb_set_d(arb_mat_entry(A, i, i + 1), c->above[i]);
      arb_set_d(arb_mat_entry(A, i + 1, i), c->below[i]);
    }
  }
}

/* Each known eigenvalue lies in at least as many balls as its multiplicity, balls are sorted, and
   their sum contains the trace. */
static void check_case(Worst *worst, const Case *c, acb_srcptr values, const arb_mat_t A) {
  acb_t known, sum;
  arb_t trace;
  acb_init(known);
  acb_init(sum);
  arb_init(trace);
  for (int64_t i = 0; i < c->d; i++) {
    int64_t holds = 0, multiple = 0;
    acb_set_d_d(known, c->re[i], c->im[i]);
    for (int64_t k = 0; k < c->d; k++) {
      holds += acb_contains(values + k, known) != 0;
      multiple += c->re[k] == c->re[i] && c->im[k] == c->im[i];
    }
    worst_require(worst, holds >= multiple && (!c->tight || holds == multiple),
                  "%s: %g + %g i is in %lld balls, expected %lld", c->name, c->re[i], c->im[i],
                  (long long)holds, (long long)multiple);
    const double radius = mag_get_d(arb_radref(acb_realref(values + i)));
    worst_require(worst, !c->tight || radius <= 1e-9, "%s: radius %.3g", c->name, radius);
    acb_add(sum, sum, values + i, PREC);
  }
  arb_mat_trace(trace, A, PREC);
  worst_require(worst, arb_contains(acb_realref(sum), trace) && arb_contains_zero(acb_imagref(sum)),
                "%s: the sum of the eigenvalues is the trace", c->name);
  acb_clear(known);
  acb_clear(sum);
  arb_clear(trace);
}

Test(spectrum_ball, known_eigenvalues_lie_in_the_balls) {
  Chance chance = chance_open(81);
  Worst worst = {0};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
    for (int round = 0; round < 6; round++) {
      arb_mat_t A;
      arb_mat_init(A, cases[k].d, cases[k].d);
      acb_ptr values = _acb_vec_init(cases[k].d);
      make_case(A, &cases[k]);
      if (round > 0) conjugate(A, &chance);
      spectrum_enclose(values, A, PREC);
      check_case(&worst, &cases[k], values, A);
      _acb_vec_clear(values, cases[k].d);
      arb_mat_clear(A);
    }
  worst_assert(&worst, "eigenvalues enclosed");
}

/* Eigenvalues of every matrix in a ball matrix: of its midpoint, and of random points. */
Test(spectrum_ball, all_points_of_a_ball_are_covered) {
  Chance chance = chance_open(82);
  Worst worst = {0};
  for (int round = 0; round < 8; round++) {
    const slong d = 5;
    arb_mat_t wide, point;
    arb_mat_init(wide, d, d);
    arb_mat_init(point, d, d);
    acb_ptr of_wide = _acb_vec_init(d), of_point = _acb_vec_init(d);
    for (slong ij = 0; ij < d * d; ij++) {
      arb_struct *entry = arb_mat_entry(wide, ij / d, ij % d);
      arb_set_d(entry, chance_real(&chance));
      arb_set_d(arb_mat_entry(point, ij / d, ij % d),
                arf_get_d(arb_midref(entry), ARF_RND_NEAR) + ldexp(chance_real(&chance), -30));
      mag_set_ui_2exp_si(arb_radref(entry), 1, -30);
    }
    spectrum_enclose(of_wide, wide, PREC);
    spectrum_enclose(of_point, point, PREC);
    for (slong i = 0; i < d; i++) {
      bool covered = false;
      for (slong k = 0; k < d; k++)
        covered = covered || acb_contains(of_wide + k, of_point + i);
      worst_require(&worst, covered, "round %d, eigenvalue %ld", round, (long)i);
    }
    _acb_vec_clear(of_wide, d);
    _acb_vec_clear(of_point, d);
    arb_mat_clear(wide);
    arb_mat_clear(point);
  }
  worst_assert(&worst, "eigenvalues of a point lie in the balls of the ball matrix");
}

/* A = 3 u v' + w z' with u, w and v, z orthonormal rationals: (2, 1, 2)/3, (1, 2, -2)/3. */
Test(spectrum_ball, the_top_of_a_known_matrix) {
  static const int u[3] = {2, 1, 2}, w[3] = {1, 2, -2}, v[3] = {1, 2, -2}, z[3] = {2, -2, -1};
  arb_mat_t A, projector;
  arb_t singular, expected;
  arb_mat_init(A, 3, 3);
  arb_mat_init(projector, 3, 3);
  arb_init(singular);
  arb_init(expected);
  for (slong i = 0; i < 3; i++)
    for (slong j = 0; j < 3; j++) /* 9 A */
      arb_set_si(arb_mat_entry(A, i, j), 3 * u[i] * v[j] + w[i] * z[j]);
  const bool known = spectrum_top(singular, projector, A, PREC);
  arb_set_si(expected, 27);
  cr_assert(known && arb_contains(singular, expected) &&
                mag_cmp_2exp_si(arb_radref(singular), -90) < 0,
            "known %d, largest singular value %.17g, expected 27", known,
            arf_get_d(arb_midref(singular), ARF_RND_NEAR));
  for (slong i = 0; i < 3; i++)
    for (slong j = 0; j < 3; j++) {
      arb_set_si(expected, v[i] * v[j]);
      arb_div_si(expected, expected, 9, PREC + 60);
      cr_assert(arb_contains(arb_mat_entry(projector, i, j), expected),
                "projector[%ld, %ld] is %.17g, expected %d/9", (long)i, (long)j,
                arf_get_d(arb_midref(arb_mat_entry(projector, i, j)), ARF_RND_NEAR), v[i] * v[j]);
    }
  arb_mat_one(A); /* no singular value of the identity is the largest */
  const bool told = spectrum_top(singular, projector, A, PREC);
  cr_assert(told == false && arb_contains_si(singular, 1),
            "identity: told %d, singular %.17g; expected 0 and around 1", told,
            arf_get_d(arb_midref(singular), ARF_RND_NEAR));
  arb_mat_clear(A);
  arb_mat_clear(projector);
  arb_clear(singular);
  arb_clear(expected);
}

/* ---- on trained weights ---- */

static double mid(const arb_struct *moment, MomentId id) {
  return arf_get_d(arb_midref(moment + id), ARF_RND_NEAR);
}

/* As a run does. */
static void measure_moments(arb_ptr moment, const Trainer *trainer) {
  const int64_t d = trainer->data->d;
  const slong prec = (slong)trainer->engine.precision + 30;
  const acb_ptr value[] = {_acb_vec_init(d), _acb_vec_init(d)};
  arb_mat_t weight;
  arb_mat_init(weight, d, d);
  for (int b = 0; b < BLOCK_COUNT; b++) {
    trainer_weight(weight, trainer, (Block)b, WEIGHT_FULL);
    spectrum_enclose(value[b], weight, prec);
  }
  moments_measure(moment, (const acb_srcptr[]){value[0], value[1]}, trainer);
  arb_mat_clear(weight);
  for (int b = 0; b < BLOCK_COUNT; b++)
    _acb_vec_clear(value[b], d);
}

/* Enclosed moments against rank one of the truncation in doubles, whose ends are the empty and the
   whole network. Pre-condition: the two largest singular values differ by far more than rounding.
 */
Test(spectrum_ball, moments_are_rank_one_of_the_truncation) {
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++)
    for (int ball = 0; ball < 2; ball++) {
      Params p = support_params(4, 12, 10);
      p.reading = support_reading[reading];
      p.lambda = 1.0 / 200;
      p.t1 = 50;
      p.t2 = 400;
      p.tau_xi = support_tau_xi(&p);
      Training training;
      training_open(&training, p, ball ? ENGINE_BALL : ENGINE_DOUBLE, ball ? 128 : 53);
      Truncation rows[2 * (2 * 4 + 1)];
      arb_ptr moment = _arb_vec_init(MOMENT_COUNT);
      Record record;
      Error err;
      record_init(&record);
      const int64_t at[] = {p.t1, p.t1 + p.t2};
      for (int k = 0; k < 2; k++) {
        training_run(&training, at[k]);
        support_ok(trainer_truncate(rows, training.trainer, &err), &err);
        support_ok(trainer_observe(&record, training.trainer, &err), &err);
        measure_moments(moment, training.trainer);
        const double moments[2][4] = {
            {mid(moment, MOMENT_K1_top), mid(moment, MOMENT_K2_top), mid(moment, MOMENT_acc_P_top),
             mid(moment, MOMENT_acc_Q_top)},
            {mid(moment, MOMENT_K1_rest), mid(moment, MOMENT_K2_rest),
             mid(moment, MOMENT_acc_P_rest), mid(moment, MOMENT_acc_Q_rest)}};
        for (int rest = 0; rest < 2; rest++) {
          const Truncation *row = &rows[2 + rest], *whole = &rows[rest ? 0 + 1 : 16];
          const Truncation *empty = &rows[rest ? 17 : 0];
          const double of_row[4] = {row->loss[0], row->loss[1], row->accuracy[0], row->accuracy[1]};
          for (int i = 0; i < 4; i++)
            worst_add(&worst, fabs(moments[rest][i] - of_row[i]), 1e-12,
                      "reading %d, engine %d, step %lld, %s, value %d", reading, ball,
                      (long long)at[k], rest ? "rest" : "top", i);
          for (int b = 0; b < BLOCK_COUNT; b++) {
            const double loss = mid(record.value, (MomentId)(b ? OBS_loss_Q : OBS_loss_P));
            worst_add(&worst, fabs(whole->loss[b] - loss), 1e-12, "the whole, block %d", b);
            worst_add(&worst, fabs(empty->loss[b] - log(2)), 1e-15, "nothing, block %d", b);
          }
        }
      }
      record_clear(&record);
      _arb_vec_clear(moment, MOMENT_COUNT);
      training_close(&training);
    }
  worst_assert(&worst, "moments and truncation agree; rank 0 and 2 d are nothing and everything");
}

/* C.t1 and C.t2 speak of traces: the recorded ones lie in the sums of the enclosed eigenvalues, of
   the full weights (the moments) and of the signal weights. */
Test(spectrum_ball, eigenvalues_of_trained_weights_sum_to_the_recorded_traces) {
  static const ObservableId trace[BLOCK_COUNT] = {OBS_trace_W, OBS_trace_V};
  static const ObservableId signal[BLOCK_COUNT] = {OBS_trace_Wbar, OBS_trace_Vbar};
  static const MomentId moment[BLOCK_COUNT] = {MOMENT_eigensum_W, MOMENT_eigensum_V};
  Worst worst = {0};
  for (int ball = 0; ball < 2; ball++) {
    Training training;
    Error err;
    Record record;
    training_open(&training, support_params(6, 10, 9), ball ? ENGINE_BALL : ENGINE_DOUBLE,
                  ball ? 128 : 53);
    const int64_t d = 6;
    arb_mat_t weight;
    arb_mat_init(weight, d, d);
    acb_ptr values = _acb_vec_init(d);
    arb_ptr sums = _arb_vec_init(MOMENT_COUNT);
    acb_t sum;
    acb_init(sum);
    record_init(&record);
    for (int64_t t = 0; t <= 60; t += 30) {
      training_run(&training, t);
      support_ok(trainer_observe(&record, training.trainer, &err), &err);
      measure_moments(sums, training.trainer);
      for (int b = 0; b < BLOCK_COUNT; b++) {
        const arb_struct *full = sums + moment[b];
        worst_require(&worst,
                      arb_contains(full, &record.value[trace[b]]) ||
                          (ball && arb_overlaps(full, &record.value[trace[b]])),
                      "step %lld, %s is not in the sum", (long long)t, observable_name[trace[b]]);
        worst_require(&worst, mag_get_d(arb_radref(full)) < 1e-9, "step %lld, %s: radius %.3g",
                      (long long)t, moment_name[moment[b]], mag_get_d(arb_radref(full)));
        trainer_weight(weight, training.trainer, (Block)b, WEIGHT_SIGNAL);
        spectrum_enclose(values, weight, 158);
        acb_zero(sum);
        for (int64_t i = 0; i < d; i++)
          acb_add(sum, sum, values + i, 158);
        worst_require(&worst,
                      arb_overlaps(acb_realref(sum), &record.value[signal[b]]) &&
                          mag_get_d(arb_radref(acb_realref(sum))) < 1e-9,
                      "step %lld, %s", (long long)t, observable_name[signal[b]]);
      }
    }
    record_clear(&record);
    acb_clear(sum);
    _acb_vec_clear(values, d);
    _arb_vec_clear(sums, MOMENT_COUNT);
    arb_mat_clear(weight);
    training_close(&training);
  }
  worst_assert(&worst, "traces lie in the sums of eigenvalues");
}
