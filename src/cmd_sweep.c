/* cmd_sweep.c -- `twostage sweep`: the claims on a grid of parameters and seeds. */
#include "src/plan_sweep.h"

static StatusCode sweep_run(int *exit_status, const CommandLine *line, Error *err) {
  if (!cli_given(line, OPTION_ALONG) && !cli_given(line, OPTION_SEEDS))
    return error_set(err, STATUS_USAGE, "sweep: expected --along KEY=V1,V2,... or --seeds K");
  return plan_sweep(exit_status, line, err);
}

const Command cmd_sweep = {
    .name = "sweep",
    .operands = "",
    .summary = "Train a grid of parameters and seeds, judge the claims on every cell",
    .details = PLAN_SWEEP_DETAILS,
    .examples = {"sweep --instance quick --along d=4,8 --along \"lambda=1/d^3,1e-3\" "
                 "--seeds 2 --out sweep"},
    .options = PLAN_SWEEP_OPTIONS | OPTION_BIT(OPTION_ALONG) | OPTION_BIT(OPTION_SEEDS) |
               OPTION_BIT(OPTION_UNTIL_DECIDED),
    .run = sweep_run,
};
