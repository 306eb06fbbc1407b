/* test_eigen.c -- C.t1, C.t2 and D.eigen on runs made by hand: what decides them, and what is said
 * where eigenvalues were not enclosed. */
#include "src/spectrum_ball.h"
#include "tests/claim_fixture.h"
#include "verify/covered.h"

TestSuite(eigen);

/* A run on which every hypothesis of C.t1 and C.t2 is met, W's eigenvalues lead at t1 and V's at
   t1 + t2, and the traces are the same numbers. */
static void make_run(Trace *trace, int64_t d) {
  static const double sum[BLOCK_COUNT][FIXTURE_MOMENTS] = {{0.01, 12, 20}, {0, 5, 30}};
  static const MomentId moment[BLOCK_COUNT] = {MOMENT_eigensum_W, MOMENT_eigensum_V};
  static const ObservableId observable[BLOCK_COUNT] = {OBS_trace_W, OBS_trace_V};
  trace_make(trace, "ball");
  Params *p = &trace->info.params;
  p->d = d;
  p->eta1 = 1;
  p->eta2 = 0.25;
  p->lambda = 1. / 40; /* t1 = 1/(4 eta1 lambda) = 10 */
  trace->info.params.t2 = 160;
  trace->step[3] = trace->moment_step[2] = 170;
  for (int b = 0; b < BLOCK_COUNT; b++)
    for (int k = 0; k < FIXTURE_MOMENTS; k++) {
      arb_set_d(trace->moment[moment[b]] + k, sum[b][k]);
      trace_set(trace, observable[b], trace->moment_step[k], sum[b][k]);
    }
}

/* The verdict on a shipped claim; `text` gets its reason. */
static VerdictKind judge(char text[512], const char *id, const Trace *trace) {
  Error err = {0};
  ClaimSet set;
  OK(claims_load(&set, NULL, NULL, &err));
  const Claim *claim = claims_find(&set, id);
  cr_assert(claim != NULL, "%s is not shipped", id);
  Verdict verdict;
  verdict_init(&verdict);
  OK(claim_judge(&verdict, claim, trace, NULL, &err));
  const VerdictKind kind = verdict.kind;
  snprintf(text, 512, "%s", verdict.reason);
  verdict_clear(&verdict);
  claims_clear(&set);
  return kind;
}

static void expect(const char *id, const Trace *trace, VerdictKind expected, const char *words) {
  char reason[512];
  const VerdictKind kind = judge(reason, id, trace);
  cr_assert(kind == expected && strstr(reason, words) != NULL, "%s: %s, expected %s with '%s': %s",
            id, verdict_text(kind), verdict_text(expected), words, reason);
}

Test(eigen, the_sums_decide_and_not_the_traces) {
  Trace trace;
  make_run(&trace, 16);
  expect("C.t1", &trace, VERDICT_HOLDS, "eigensum_W");
  expect("C.t2", &trace, VERDICT_HOLDS, "eigensum_W");
  trace_set(&trace, OBS_trace_W, 10, 1);
  trace_set(&trace, OBS_trace_W, 170, 40);
  expect("C.t1", &trace, VERDICT_HOLDS, "eigensum_W");
  expect("C.t2", &trace, VERDICT_HOLDS, "eigensum_W");
  arb_set_d(trace.moment[MOMENT_eigensum_W] + 1, 4);
  arb_set_d(trace.moment[MOMENT_eigensum_W] + 2, 31);
  expect("C.t1", &trace, VERDICT_FAILS, "eigensum_W");
  expect("C.t2", &trace, VERDICT_FAILS, "eigensum_W");
  trace_clear(&trace);
}

/* 2^-14 max(1, norm): of a norm of 64 that is 2^-8. */
Test(eigen, a_sum_that_is_not_the_trace_is_found) {
  static const struct {
    double off;
    int radius; /* 2^radius */
    VerdictKind verdict;
  } cases[] = {{0, -40, VERDICT_HOLDS},       {0x1p-9, -40, VERDICT_HOLDS},
               {-0x1p-9, -40, VERDICT_HOLDS}, {0x1p-7, -40, VERDICT_FAILS},
               {-0x1p-7, -40, VERDICT_FAILS}, {0, -7, VERDICT_INCONCLUSIVE}};
  static const MomentId moment[BLOCK_COUNT] = {MOMENT_eigensum_W, MOMENT_eigensum_V};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int b = 0; b < BLOCK_COUNT; b++)
      for (int k = b; k < FIXTURE_MOMENTS; k++) { /* V_0 = 0 is D.start's */
        Trace trace;
        char reason[512];
        make_run(&trace, 16);
        for (int r = 0; r < FIXTURE_RECORDS; r++) {
          arb_set_d(trace.value[OBS_norm_W] + r, 64);
          arb_set_d(trace.value[OBS_norm_V] + r, 64);
        }
        arb_ptr sum = trace.moment[moment[b]] + k;
        arb_set_d(sum, arf_get_d(arb_midref(sum), ARF_RND_NEAR) + cases[i].off);
        mag_set_ui_2exp_si(arb_radref(sum), 1, cases[i].radius);
        const VerdictKind kind = judge(reason, "D.eigen", &trace);
        cr_assert(kind == cases[i].verdict,
                  "block %d, step %d, off by %g +/- 2^%d: %s, expected %s", b, k, cases[i].off,
                  cases[i].radius, verdict_text(kind), verdict_text(cases[i].verdict));
        trace_clear(&trace);
      }
}

Test(eigen, beyond_the_largest_size_the_trace_is_taken_and_the_top_has_no_value) {
  Trace trace;
  char words[64];
  make_run(&trace, SPECTRUM_BALL_MAX + 1);
  for (int id = 0; id < MOMENT_COUNT; id++)
    for (int k = 0; k < FIXTURE_MOMENTS; k++)
      arb_indeterminate(trace.moment[id] + k);
  arb_set_d(trace_at(&trace, OBS_loss_P, 170), 0.1);
  arb_set_d(trace_at(&trace, OBS_loss_Q, 170), 0.3);
  expect("C.t1", &trace, VERDICT_HOLDS, "12 > 5");
  expect("C.t2", &trace, VERDICT_HOLDS, "20 < 30");
  expect("D.eigen", &trace, VERDICT_UNMET, "d at most 128");
  snprintf(words, sizeof words, "for d up to %d only, and d is %d", SPECTRUM_BALL_MAX,
           SPECTRUM_BALL_MAX + 1);
  expect("C.spec.drop", &trace, VERDICT_INCONCLUSIVE, words);
  trace_clear(&trace);
}

Test(eigen, a_top_that_cannot_be_told_is_named) {
  Trace trace;
  make_run(&trace, 16);
  arb_set_d(trace_at(&trace, OBS_loss_P, 170), 0.1);
  arb_set_d(trace_at(&trace, OBS_loss_Q, 170), 0.3);
  arb_indeterminate(trace.moment[MOMENT_K2_rest] + 2);
  expect("C.spec.drop", &trace, VERDICT_INCONCLUSIVE, "cannot be told from the next");
  trace_clear(&trace);
}

/* A replay takes the trace for the sum, but not where that is what is claimed; nor is there another
   number when moments were not measured. */
Test(eigen, a_replay_takes_the_trace_except_for_the_identity_itself) {
  Error err = {0};
  ClaimSet set;
  Trace trace;
  OK(claims_load(&set, NULL, NULL, &err));
  const char *const missed[] = {claim_not_replayed(claims_find(&set, "C.t1")),
                                claim_not_replayed(claims_find(&set, "C.t2")),
                                claim_not_replayed(claims_find(&set, "D.eigen"))};
  cr_assert(missed[0] == NULL && missed[1] == NULL && missed[2] != NULL,
            "not replayed: %s, %s, %s; expected none, none, a sum", missed[0], missed[1],
            missed[2]);
  make_run(&trace, 16);
  trace.moment_count = 0;
  expect("C.t1", &trace, VERDICT_HOLDS, "12 > 5");
  trace.moment_count = FIXTURE_MOMENTS; /* as trace_clear frees them */
  trace_clear(&trace);
  claims_clear(&set);
}
