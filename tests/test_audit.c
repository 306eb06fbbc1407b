/* test_audit.c -- the audit of single steps: silent on right ones, loud on every kind of wrong one.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "src/audit.h"
#include "src/trainer_internal.h"
#include "tests/support.h"

static Params small_params(int reading) {
  Params p = support_params(4, 7, 9);
  p.reading = support_reading[reading];
  p.lambda = 1.0 / 80;
  p.t1 = 20;
  p.t2 = 40;
  p.tau0 = 0.05;
  p.tau_xi = support_tau_xi(&p);
  return p;
}

/* The largest defect of either block over some steps, when the trainer obeys `truth` and the audit
   believes in `belief`; *undecided counts steps that it could not judge. */
static double largest_defect(const Params *truth, const Params *belief, EngineKind engine,
                             int64_t precision, int *undecided) {
  Error err;
  Training training;
  Audit *audit;
  double largest = 0;
  training_open(&training, *truth, engine, precision);
  support_ok(audit_open(&audit, belief, &training.data, &err), &err);
  *undecided = 0;
  for (int t = 0; t < 50; t++) {
    double defect[BLOCK_COUNT];
    audit_before(audit, training.trainer);
    support_ok(trainer_step(training.trainer, &err), &err);
    if (!audit_after(defect, audit, training.trainer)) {
      ++*undecided;
      continue;
    }
    largest = fmax(largest, fmax(defect[BLOCK_P], defect[BLOCK_Q]));
  }
  audit_close(audit);
  training_close(&training);
  return largest;
}

/* Both sides are computed in doubles from weights rounded to doubles: relative to the sizes of the
   parts a step has 3 roundings, its gradient a sum of N L d^2 products, at most N L + 2 d + 10
   roundings deep, its slopes 2 d + 10 more through outputs of size norm(m) norm(U) norm(x), below
   10 here. */
Test(audit, a_right_step_has_a_defect_of_rounding) {
  Worst worst = {0};
  for (int reading = 0; reading < 4; reading++)
    for (int choice = 0; choice < ENGINE_CHOICES; choice++) {
      Params p = small_params(reading);
      int undecided;
      double defect = largest_defect(&p, &p, engine_choice[choice].kind,
                                     engine_choice[choice].precision, &undecided);
      worst_add(&worst, defect, 10 * support_gamma(p.N * p.L + 4 * p.d + 20), "%s, engine %d",
                support_reading_name[reading], choice);
      worst_require(&worst, undecided <= 1, "%s, engine %d: %d of 50 steps undecided",
                    support_reading_name[reading], choice, undecided);
    }
  worst_assert(&worst, "largest defect of 50 steps");
}

/* The trainer and the audit differ by one parameter, or reading: what a wrong trainer would look
 * like. */
Test(audit, a_wrong_step_is_seen) {
  static const char *const what[] = {"eta1", "eta2", "lambda", "tau_xi", "t1",  "t1 by one",
                                     "gate", "loss", "noise",  "labels", "none"};
  enum { FAULTS = sizeof what / sizeof *what };
  for (int fault = 0; fault < FAULTS; fault++) {
    Params truth = small_params(0), belief = truth;
    int undecided;
    switch (fault) {
    case 0:
      truth.eta1 *= 1.001;
      break;
    case 1:
      truth.eta2 *= 1.001;
      break;
    case 2:
      truth.lambda *= 1.001;
      break;
    case 3:
      truth.tau_xi *= 1.001;
      break;
    case 4:
      truth.t1 = 100; /* eta1 throughout */
      break;
    case 5:
      truth.t1 += 1;
      break;
    case 6:
      truth.reading.gate = GATE_SPLIT;
      break;
    case 7:
      truth.reading.loss = LOSS_JOINT;
      break;
    case 8:
      belief.seed += 1; /* other increments; the data are the trainer's */
      break;
    case 9:
      belief.reading = support_reading[3];
      break;
    }
    double defect = largest_defect(&truth, &belief, ENGINE_DOUBLE, 53, &undecided);
    if (fault == FAULTS - 1)
      cr_assert(defect <= 1e-13, "nothing wrong: largest defect %.3g, expected rounding", defect);
    else
      cr_assert(defect > 1e-7, "wrong %s: largest defect %.3g of 50 steps, expected > 1e-7",
                what[fault], defect);
    support_note("wrong %s: largest defect %.3g", what[fault], defect);
  }
}

/* One entry of a weight changed after the step, by hand. */
Test(audit, a_changed_weight_is_seen) {
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int kind = 0; kind < WEIGHT_FULL; kind++) {
      Error err;
      Params p = small_params(0);
      Training training;
      Audit *audit;
      double x[16], defect[BLOCK_COUNT] = {0};
      training_open(&training, p, ENGINE_DOUBLE, 53);
      support_ok(audit_open(&audit, &training.params, &training.data, &err), &err);
      training_run(&training, 10);
      audit_before(audit, training.trainer);
      support_ok(trainer_step(training.trainer, &err), &err);
      trainer_shadow(x, training.trainer, (Block)b, (WeightKind)kind);
      x[6] += 1e-9;
      Trainer *tr = training.trainer;
      tr->engine.ops->array_set(&tr->block[b].weight[kind], x, &tr->engine);
      bool judged = audit_after(defect, audit, tr);
      cr_assert(
          judged && defect[b] > 1e-11 && defect[1 - b] <= 1e-14,
          "%s changed by 1e-9: judged %d, defects %.3g and %.3g, expected > 1e-11 in block %d only",
          weight_name((Block)b, (WeightKind)kind), judged, defect[0], defect[1], b);
      audit_close(audit);
      training_close(&training);
    }
}
