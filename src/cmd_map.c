/* cmd_map.c -- `twostage map`: where, on a plane of two parameters, the theorems hold. */
#include "src/plan_sweep.h"

static StatusCode map_run(int *exit_status, const CommandLine *line, Error *err) {
  if (!cli_given(line, OPTION_X) || !cli_given(line, OPTION_Y))
    return error_set(err, STATUS_USAGE, "map: expected --x KEY=V1,... and --y KEY=V1,...");
  return plan_sweep(exit_status, line, err);
}

const Command cmd_map = {
    .name = "map",
    .operands = "",
    .summary = "Train a plane of two parameters, judge every cell, draw where the theorems hold",
    .details =
        "Draws DIR/figures/map.svg, .pdf and .tex: a class of cells for each pattern of verdicts\n"
        "on the headline claims.\n" PLAN_SWEEP_DETAILS,
    .examples = {"map --instance quick --x N=32,64,128 --y L=16,32,64 --out map"},
    .options = PLAN_SWEEP_OPTIONS | OPTION_BIT(OPTION_X) | OPTION_BIT(OPTION_Y),
    .run = map_run,
};
