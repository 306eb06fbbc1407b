/* test_bundle.c -- tests of the audit bundle: records of a run that it must not take over. */
#include "tests/report_fixture.h"

/* A store with a command and an input file's name. */
static Store *store_with(const char *folder, const char *command, const char *name) {
  Error err;
  Store *store;
  RunInfo info = {.engine = "double", .precision = 53};
  const InputRow input = {.kind = "claims", .name = name, .text = "claims = ();\n"};
  strcpy(info.params.instance, "x");
  OK(store_create(&store, folder, &err));
  if (command != NULL) OK(store_set_fact(store, "command", command, &err));
  OK(store_add_input(store, &input, &err));
  OK(store_finish(store, &err));
  OK(store_open(&store, folder, &err));
  return store;
}

/* The bundle of that store, in a folder that has its other forms. */
static StatusCode make_bundle(const char *command, const char *name, Error *err) {
  char folder[128];
  bool wanted[REPORT_FORMS];
  ReportFigures figures;
  folder_open(folder);
  Store *store = store_with(folder, command, name);
  for (int k = 0; k < REPORT_FORMS; k++)
    wanted[k] = true;
  const StatusCode code = report_write(&figures, folder, store, wanted, "/nowhere/gnuplot", err);
  cr_assert(report_exists(folder, "bundle.tar.gz") == (code == STATUS_OK), "status %d, %s", code,
            "but the archive says otherwise");
  report_close(store, folder);
  return code;
}

Test(bundle, takes_what_the_program_records) {
  static const char *const command[] = {"twostage verify", "twostage map --x 'd=8,9' --y u=1/3",
                                        "twostage verify --claims 'it'\\''s.cfg'"};
  for (size_t k = 0; k < sizeof command / sizeof *command; k++) {
    Error err;
    const StatusCode code = make_bundle(command[k], "it's a.cfg", &err);
    cr_assert(code == STATUS_OK, "%s: status %d: %s", command[k], code, err.message);
  }
}

Test(bundle, runs_nothing_but_the_program) {
  static const char *const command[] = {NULL,
                                        "",
                                        "verify",
                                        "twostagex verify",
                                        "rm -rf x",
                                        "twostage verify; rm x",
                                        "twostage verify $(rm x)",
                                        "twostage verify `rm x`",
                                        "twostage verify > x",
                                        "twostage verify | x",
                                        "twostage verify & x",
                                        "twostage verify \"$HOME\"",
                                        "twostage verify\nrm x",
                                        "twostage verify 'x",
                                        "twostage verify x\\",
                                        "twostage verify ~ * ? [a] {b} #"};
  for (size_t k = 0; k < sizeof command / sizeof *command; k++) {
    Error err;
    const StatusCode code = make_bundle(command[k], "x.cfg", &err);
    cr_assert(code == STATUS_DATA && strstr(err.message, "its command line") != NULL,
              "%s: status %d, expected %d", command[k] != NULL ? command[k] : "none", code,
              STATUS_DATA);
  }
}

Test(bundle, names_no_place_outside_it) {
  static const char *const name[] = {"../x", "/etc/passwd", ".", "..",       ".profile",
                                     "a/b",  "a\\b",        "",  "a/../../b"};
  for (size_t k = 0; k < sizeof name / sizeof *name; k++) {
    Error err;
    const StatusCode code = make_bundle("twostage verify", name[k], &err);
    cr_assert(code == STATUS_DATA && strstr(err.message, "input file") != NULL,
              "input '%s': status %d, expected %d", name[k], code, STATUS_DATA);
  }
}
