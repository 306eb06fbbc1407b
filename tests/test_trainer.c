/* test_trainer.c -- the trainer's own promises: what it refuses, what does not change its bits, how
 * noise decays, where it stops. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/trainer_internal.h"
#include "tests/support.h"

static Params small_params(void) {
  Params p = support_params(4, 7, 9);
  p.lambda = 1.0 / 80;
  p.t1 = 20;
  p.t2 = 40;
  p.tau0 = 0.05;
  p.tau_xi = support_tau_xi(&p);
  return p;
}

/* Are all six weights of two trainers the same exact numbers? */
static bool same_weights(const Trainer *a, const Trainer *b, int64_t d) {
  arb_mat_t x, y;
  arb_mat_init(x, d, d);
  arb_mat_init(y, d, d);
  bool same = true;
  for (int block = 0; block < BLOCK_COUNT; block++)
    for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
      trainer_weight(x, a, (Block)block, (WeightKind)kind);
      trainer_weight(y, b, (Block)block, (WeightKind)kind);
      same = same && arb_mat_equal(x, y);
    }
  arb_mat_clear(x);
  arb_mat_clear(y);
  return same;
}

/* ---- what is refused ---- */

Test(trainer, without_any_noise_nothing_trains) {
  Error err = {0};
  Dataset data;
  Params p = small_params();
  p.tau0 = p.tau_xi = 0;
  Trainer *trainer = (Trainer *)&p; /* must come back as NULL */
  support_ok(dataset_generate(&data, &p, &err), &err);
  StatusCode code = trainer_open(&trainer, &p, &data, ENGINE_DOUBLE, 53, 0, &err);
  cr_assert(code == STATUS_DATA && trainer == NULL && strstr(err.message, "tau0") != NULL &&
                strstr(err.message, "tau_xi") != NULL,
            "tau0 = tau_xi = 0: status %d, trainer %p, '%s'; expected %d, none, both names",
            (int)code, (void *)trainer, err.message, (int)STATUS_DATA);
  p.tau_xi = 1e-3; /* either of the two is enough */
  support_ok(trainer_open(&trainer, &p, &data, ENGINE_DOUBLE, 53, 0, &err), &err);
  trainer_close(trainer);
  p.tau_xi = 0;
  p.tau0 = 1e-3;
  support_ok(trainer_open(&trainer, &p, &data, ENGINE_DOUBLE, 53, 0, &err), &err);
  trainer_close(trainer);
  dataset_clear(&data);
}

Test(trainer, precision_out_of_range_leaves_nothing_behind) {
  Error err = {0};
  Dataset data;
  Params p = small_params();
  support_ok(dataset_generate(&data, &p, &err), &err);
  static const struct {
    EngineKind kind;
    int64_t precision;
  } bad[] = {{ENGINE_DOUBLE, 64}, {ENGINE_MPFR, 52}, {ENGINE_MPFR, 5000}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    Trainer *trainer = NULL;
    StatusCode code = trainer_open(&trainer, &p, &data, bad[i].kind, bad[i].precision, 0, &err);
    cr_assert(code == STATUS_USAGE && trainer == NULL, "%s at %lld bits: status %d, expected %d",
              engine_name(bad[i].kind), (long long)bad[i].precision, (int)code, (int)STATUS_USAGE);
  }
  dataset_clear(&data);
}

Test(trainer, a_run_that_overflows_says_where) {
  /* rho = 1 - eta lambda = -1.25e299: signal and noise leave the doubles within a few steps. */
  Error err = {0};
  Params p = small_params();
  p.eta1 = 1e301;
  Training training;
  training_open(&training, p, ENGINE_DOUBLE, 53);
  StatusCode code = STATUS_OK;
  while (code == STATUS_OK && trainer_time(training.trainer) < 10)
    code = trainer_step(training.trainer, &err);
  char step[32];
  snprintf(step, sizeof step, "step %lld", (long long)trainer_time(training.trainer));
  bool names = strstr(err.message, step) != NULL && strstr(err.message, "Wbar") != NULL;
  cr_assert(code == STATUS_DATA && names,
            "eta1 = 1e301: status %d, '%s'; expected %d, naming %s and Wbar", (int)code,
            err.message, (int)STATUS_DATA, step);
  training_close(&training);
}

Test(trainer, every_weight_is_watched) {
  /* A value that stops being finite in each of the weights in turn. */
  Error err = {0};
  for (int choice = 0; choice < 2; choice++)
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (int kind = 0; kind < WEIGHT_FULL; kind++) {
        Training training;
        training_open(&training, small_params(), engine_choice[choice].kind, 53);
        training_run(&training, 3);
        Trainer *tr = training.trainer;
        const Engine *e = &tr->engine;
        double x[16] = {[7] = INFINITY};
        e->ops->array_set(&tr->block[b].weight[kind], x, e);
        StatusCode code = trainer_step(tr, &err);
        const char *name = weight_name((Block)b, (WeightKind)kind);
        cr_assert(code == STATUS_DATA && strstr(err.message, name) != NULL &&
                      strstr(err.message, "step 4") != NULL,
                  "%s engine, infinite %s after step 3: status %d, '%s'; expected %d, its name and "
                  "step 4",
                  e->ops->name, name, (int)code, err.message, (int)STATUS_DATA);
        training_close(&training);
      }
}

/* ---- what does not change the bits ---- */

Test(trainer, looking_does_not_change_the_run) {
  for (int choice = 0; choice < ENGINE_CHOICES; choice++)
    for (int reading = 0; reading < 4; reading++) {
      Error err;
      Params p = small_params();
      p.reading = support_reading[reading];
      Training seen, unseen;
      training_open(&seen, p, engine_choice[choice].kind, engine_choice[choice].precision);
      training_open(&unseen, p, engine_choice[choice].kind, engine_choice[choice].precision);
      Record record;
      record_init(&record);
      for (int64_t t = 0; t < 30; t++) {
        support_ok(trainer_observe(&record, seen.trainer, &err), &err);
        training_run(&seen, t + 1);
      }
      training_run(&unseen, 30);
      bool same = same_weights(seen.trainer, unseen.trainer, p.d);
      cr_assert(same,
                "%s engine, %lld bits, %s: weights after 30 observed and unobserved steps: same "
                "%d, expected 1",
                engine_name(engine_choice[choice].kind), (long long)engine_choice[choice].precision,
                support_reading_name[reading], same);
      record_clear(&record);
      training_close(&seen);
      training_close(&unseen);
    }
}

Test(trainer, another_seed_makes_another_run) {
  Params p = small_params(), q = small_params();
  q.seed = p.seed + 1;
  Training a, b;
  training_open(&a, p, ENGINE_DOUBLE, 53);
  training_open(&b, q, ENGINE_DOUBLE, 53);
  training_run(&a, 10);
  training_run(&b, 10);
  bool same = same_weights(a.trainer, b.trainer, p.d);
  cr_assert(same == false, "seeds %lld and %lld: the same weights after 10 steps (%d)",
            (long long)p.seed, (long long)q.seed, same);
  training_close(&a);
  training_close(&b);
}

Test(trainer, the_start_is_the_noise_stream_and_zeros) {
  for (int choice = 0; choice < ENGINE_CHOICES; choice++) {
    Training training;
    training_open(&training, small_params(), engine_choice[choice].kind,
                  engine_choice[choice].precision);
    double W[16], full[16];
    trainer_shadow(W, training.trainer, BLOCK_P, WEIGHT_NOISE);
    trainer_shadow(full, training.trainer, BLOCK_P, WEIGHT_FULL);
    bool same = memcmp(W, full, sizeof W) == 0;
    double zeros = training_norm(&training, BLOCK_P, WEIGHT_SIGNAL);
    for (int kind = 0; kind < WEIGHT_KINDS; kind++)
      zeros += training_norm(&training, BLOCK_Q, (WeightKind)kind);
    double deviation = support_norm(W, 16) / 4; /* of 16 draws of N(0, tau0^2) */
    cr_assert(same && zeros == 0 && trainer_time(training.trainer) == 0,
              "step %lld: W is Wtilde %d, norms of what starts at 0: %g; expected 0, 1, 0",
              (long long)trainer_time(training.trainer), same, zeros);
    cr_assert(fabs(deviation / training.params.tau0 - 1) <= 0.9,
              "deviation of W_0 %.3g, expected about tau0 = %.3g", deviation, training.params.tau0);
    training_close(&training);
  }
}

/* ---- the parts of a weight ---- */

Test(trainer, full_is_signal_plus_noise_rounded_once) {
  Worst worst = {0};
  for (int choice = 0; choice < ENGINE_CHOICES; choice++) {
    Training training;
    training_open(&training, small_params(), engine_choice[choice].kind,
                  engine_choice[choice].precision);
    arb_mat_t part[WEIGHT_KINDS];
    for (int kind = 0; kind < WEIGHT_KINDS; kind++)
      arb_mat_init(part[kind], 4, 4);
    for (int64_t t = 0; t <= 30; t += 3) {
      training_run(&training, t);
      for (int b = 0; b < BLOCK_COUNT; b++) {
        for (int kind = 0; kind < WEIGHT_KINDS; kind++)
          trainer_weight(part[kind], training.trainer, (Block)b, (WeightKind)kind);
        for (int ij = 0; ij < 16; ij++) {
          arf_struct *sum = arb_midref(arb_mat_entry(part[WEIGHT_SIGNAL], ij / 4, ij % 4));
          arf_add(sum, sum, arb_midref(arb_mat_entry(part[WEIGHT_NOISE], ij / 4, ij % 4)),
                  ARF_PREC_EXACT, ARF_RND_DOWN);
          const arb_struct *full = arb_mat_entry(part[WEIGHT_FULL], ij / 4, ij % 4);
          if (engine_choice[choice].kind == ENGINE_BALL) {
            worst_require(&worst, arb_contains_arf(full, sum),
                          "ball, step %lld, block %d, entry %d", (long long)t, b, ij);
            continue;
          }
          support_round(sum, sum, engine_choice[choice].precision);
          worst_add(&worst, support_distance(sum, arb_midref(full)), 0,
                    "engine %d, step %lld, block %d, entry %d", choice, (long long)t, b, ij);
        }
      }
    }
    for (int kind = 0; kind < WEIGHT_KINDS; kind++)
      arb_mat_clear(part[kind]);
    training_close(&training);
  }
  worst_assert(&worst, "distance of U from RN(Ubar + Utilde); a ball contains the sum");
}

/* Without increments, Wtilde_{t+1} = RN(rho Wtilde_t) with rho = RN(1 - eta lambda), bit for bit (a
   ball contains rho Wtilde_t),
   and so (1 - eta lambda)^t Wtilde_0 up to 2 t roundings. */
Test(trainer, without_increments_noise_decays_geometrically) {
  Worst exact = {0}, close = {0};
  for (int choice = 0; choice < ENGINE_CHOICES; choice++) {
    int64_t p = engine_choice[choice].precision;
    Params params = small_params();
    params.tau_xi = 0;
    Training training;
    training_open(&training, params, engine_choice[choice].kind, p);
    arb_mat_t first, now, last;
    arb_mat_init(first, 4, 4);
    arb_mat_init(now, 4, 4);
    arb_mat_init(last, 4, 4);
    trainer_weight(first, training.trainer, BLOCK_P, WEIGHT_NOISE);
    arb_mat_set(last, first);
    arf_t keep, rho, power, expected;
    arf_init(keep);
    arf_init(rho);
    arf_init(power);
    arf_init(expected);
    arf_one(power);
    for (int64_t t = 0; t < params.t1 + params.t2; t++) {
      arf_set_d(keep, t < params.t1 ? params.eta1 : params.eta2);
      arf_set_d(rho, params.lambda);
      arf_mul(keep, keep, rho, ARF_PREC_EXACT, ARF_RND_DOWN);
      arf_sub_si(keep, keep, 1, ARF_PREC_EXACT, ARF_RND_DOWN);
      arf_neg(keep, keep);
      const bool ball = engine_choice[choice].kind == ENGINE_BALL; /* then nothing is rounded */
      support_round(rho, keep, ball ? 1000 : p);
      arf_mul(power, power, keep, 3 * p, ARF_RND_NEAR);
      training_run(&training, t + 1);
      trainer_weight(now, training.trainer, BLOCK_P, WEIGHT_NOISE);
      for (int ij = 0; ij < 16; ij++) {
        arf_struct *got = arb_midref(arb_mat_entry(now, ij / 4, ij % 4));
        arf_mul(expected, rho, arb_midref(arb_mat_entry(last, ij / 4, ij % 4)), ARF_PREC_EXACT,
                ARF_RND_DOWN);
        support_round(expected, expected, ball ? 2000 : p);
        if (ball)
          worst_require(&exact, arb_contains_arf(arb_mat_entry(now, ij / 4, ij % 4), expected),
                        "ball, step %lld, entry %d", (long long)t, ij);
        else
          worst_add(&exact, support_distance(got, expected), 0, "engine %d, step %lld, entry %d",
                    choice, (long long)t, ij);
        arf_mul(expected, power, arb_midref(arb_mat_entry(first, ij / 4, ij % 4)), 3 * p,
                ARF_RND_NEAR);
        if (ball)
          worst_require(&close, arb_contains_arf(arb_mat_entry(now, ij / 4, ij % 4), expected),
                        "ball, step %lld, entry %d", (long long)t, ij);
        else
          worst_add(&close, support_distance(got, expected),
                    ldexp(2.02 * (double)(t + 1), (int)-p) * support_size(expected),
                    "engine %d, step %lld, entry %d", choice, (long long)t, ij);
      }
      arb_mat_set(last, now);
      worst_require(&exact, training_norm(&training, BLOCK_Q, WEIGHT_NOISE) == 0,
                    "engine %d, step %lld: Vtilde is not 0", choice, (long long)t);
    }
    arf_clear(keep);
    arf_clear(rho);
    arf_clear(power);
    arf_clear(expected);
    arb_mat_clear(first);
    arb_mat_clear(now);
    arb_mat_clear(last);
    training_close(&training);
  }
  worst_assert(&exact, "tau_xi = 0: distance of Wtilde from RN(rho Wtilde), and Vtilde from 0");
  worst_assert(&close, "tau_xi = 0: distance of Wtilde from (1 - eta lambda)^t Wtilde_0, bound 2 t "
                       "roundings");
}

Test(trainer, names_say_block_and_part) {
  static const char *const expected[BLOCK_COUNT][WEIGHT_KINDS] = {{"Wbar", "Wtilde", "W"},
                                                                  {"Vbar", "Vtilde", "V"}};
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int kind = 0; kind < WEIGHT_KINDS; kind++) {
      const char *name = weight_name((Block)b, (WeightKind)kind);
      cr_assert(strcmp(name, expected[b][kind]) == 0, "block %d, part %d: '%s', expected '%s'", b,
                kind, name, expected[b][kind]);
    }
}

/* ---- two engines along the whole of a real run ---- */

/* -log10 of the relative difference; 17 when there is none. */
static double digits(double a, double b) {
  return a == b ? 17 : -log10(fabs(a - b) / fmax(fabs(a), fabs(b)));
}

/* d = 8, N = 128, L = 64: at equal gates the double engine drifts by at most the sum of its
   rounding errors (test_recursion.c), about 1e-15 a step and in fact less; K1 and K2 follow with a
   slope of norm(m) norm(x), about 1. Over both stages that leaves 12 digits. */
Test(trainer, double_and_mpfr_agree_along_a_real_run) {
  Error err;
  Params p = support_params(8, 128, 64);
  Training a, b;
  training_open(&a, p, ENGINE_DOUBLE, 53);
  training_open(&b, p, ENGINE_MPFR, 128);
  Record ra, rb;
  record_init(&ra);
  record_init(&rb);
  double fewest = 17;
  int64_t at = 0, compared = 0;
  for (int64_t t = 0; t <= p.t1 + p.t2; t += 40) {
    training_run(&a, t);
    training_run(&b, t);
    support_ok(trainer_observe(&ra, a.trainer, &err), &err);
    support_ok(trainer_observe(&rb, b.trainer, &err), &err);
    for (int k = 0; k < 2; k++) {
      ObservableId id = k == 0 ? OBS_K1 : OBS_K2;
      double x = arf_get_d(arb_midref(&ra.value[id]), ARF_RND_NEAR);
      double y = arf_get_d(arb_midref(&rb.value[id]), ARF_RND_NEAR);
      compared++;
      if (digits(x, y) >= fewest) continue;
      fewest = digits(x, y);
      at = t;
    }
  }
  support_note(
      "double and mpfr at 128 bits, d = 8, %lld steps: at least %.2f digits of K1 and K2 agree "
      "(step %lld)",
      (long long)(p.t1 + p.t2), fewest, (long long)at);
  cr_assert(fewest >= 12 && compared > 100,
            "d = 8, %lld steps: %.2f digits of K1 and K2 agree at step %lld, expected at least 12",
            (long long)(p.t1 + p.t2), fewest, (long long)at);
  record_clear(&ra);
  record_clear(&rb);
  training_close(&a);
  training_close(&b);
}
