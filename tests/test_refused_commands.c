/* test_refused_commands.c -- memory is refused to whole commands at every place that asks for it,
 * in the process that was started; their workers get what they ask for. */
#include <fcntl.h>
#include <unistd.h>

#include "src/cli.h"
#include "tests/refuse.h"
#include "tests/store_fixture.h"

const Command *const command_table[] = {&cmd_verify, &cmd_export, &cmd_sweep,
                                        &cmd_claims, &cmd_replay, NULL};

static char folder[128];

static void setup(void) {
  folder_open(folder);
  cr_assert(chdir(folder) == 0, "%s", folder);
  setenv("PATH", "", 1); /* figures are not drawn */
  const int null = open("/dev/null", O_WRONLY);
  cr_assert(null >= 0 && dup2(null, 1) == 1, "standard output goes nowhere: descriptor %d", null);
}

static void teardown(void) {
  static const char *const inner[] = {"out/figures", "out/replay", "out/cells", "out/export",
                                      "out"};
  char path[160];
  for (size_t k = 0; k < sizeof inner / sizeof *inner; k++) {
    snprintf(path, sizeof path, "%s/%s", folder, inner[k]);
    folder_close(path);
  }
  folder_close(folder);
}

TestSuite(refused_commands, .init = setup, .fini = teardown, .timeout = 300);

#define WORDS_MAX 40

/* context: the command line, words with blanks between them. */
static StatusCode command(void *context, Error *err) {
  char text[512], *word[WORDS_MAX], *rest = text;
  int count = 0, exit_status;
  CommandLine line;
  snprintf(text, sizeof text, "%s", (const char *)context);
  while (count < WORDS_MAX - 1 && (word[count] = strtok_r(rest, " ", &rest)) != NULL)
    count++;
  StatusCode code = cli_parse(&line, count, word, err);
  if (code == STATUS_OK) code = line.command->run(&exit_status, &line, err);
  cli_clear(&line);
  return code;
}

#define TINY                                                                                       \
  "--instance quick --set d=2 --set L=2 --set t1=2 --set t2=3 --engine double --quiet --out out"

static void refuse_command(const char *text, int without) {
  char copy[512];
  snprintf(copy, sizeof copy, "%s", text);
  refuse_outer(REFUSE_MEMORY, text, command, copy, without);
}

Test(refused_commands, claims) {
  refuse_command("twostage claims show T2.b1", 0);
  refuse_command("twostage claims show T2.w.prob", 0);
  refuse_command("twostage claims show L5", 0);
}

Test(refused_commands, verify) {
  refuse_command("twostage verify " TINY " --set N=2 --only T2.b1 --what-if adam --replay",
                 10); /* 1 with gcc 12 -O2 */
}

Test(refused_commands, export) {
  refuse_command("twostage export " TINY " --set N=2 --at 0,t1", 2); /* 1 */
}

Test(refused_commands, sweep) {
  refuse_command("twostage sweep " TINY " --along N=2,3 --jobs 1 --only T2.b1", 20); /* 10 */
}

Test(refused_commands, replay) {
  char text[512];
  snprintf(text, sizeof text, "twostage verify " TINY " --set N=2 --certify --only T4.d1 --replay");
  Error err = {STATUS_OK, ""};
  OK(command(text, &err));
  refuse_command("twostage replay --quiet out/replay/T4.d1.shared-separate.replay", 0);
}
