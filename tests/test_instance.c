/* test_instance.c -- instance files: what is taken, what is refused and where. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/params.h"
#include "tests/support.h"

/* path := a new file with this text; the caller unlinks it. */
static void write_file(char path[64], const char *text) {
  strcpy(path, "/tmp/test_instance.XXXXXX");
  FILE *stream = fdopen(mkstemp(path), "w");
  int written = fputs(text, stream);
  cr_assert(fclose(stream) == 0 && written >= 0, "%s: written with status %d", path, written);
}

/* Loads text as a file, resolves it when both are wanted, and gives the status; the message has
 * FILE for the path. */
static StatusCode load_text(Params *params, const char *text, char message[1024]) {
  char path[64];
  Instance instance;
  Error err = {0};
  write_file(path, text);
  StatusCode code = instance_load(&instance, path, &err);
  if (code == STATUS_OK) {
    code = params_resolve(params, &instance, &err);
    instance_clear(&instance);
  }
  unlink(path);
  bool named = strncmp(err.message, path, strlen(path)) == 0;
  snprintf(message, 1024, "%s%s", named ? "FILE" : "", err.message + (named ? strlen(path) : 0));
  return code;
}

static void assert_refused(const char *text, const char *expected) {
  Params params;
  char message[1024];
  StatusCode code = load_text(&params, text, message);
  cr_assert(code == STATUS_DATA && strcmp(message, expected) == 0,
            "%s\ngives status %d,\n%s\nexpected %d,\n%s", text, code, message, STATUS_DATA,
            expected);
}

#define WHOLE                                                                                      \
  "name = \"mine\";\nparameters = { d = 4; N = 10; L = 5; gamma0 = 0.1; s_e = \"1/d\"; u = 1; r "  \
  "= 2;\n"                                                                                         \
  "tau0 = 1e-3; tau_xi = 0; lambda = .0025; eta1 = 1; eta2 = \"eta1/3\"; t1 = "                    \
  "\"1/(4*eta1*lambda)\"; t2 = 7;\n"                                                               \
  "T2 = 1; eps_W = 0.5; eps_V = 1; seed = 12345678901234567; gate = \"split\"; loss = \"joint\"; " \
  "};\n"

Test(instance_file, whole) {
  Params p;
  char message[1024];
  StatusCode code = load_text(&p, WHOLE, message);
  cr_assert(code == STATUS_OK, "status %d: %s", code, message);
  cr_assert(strcmp(p.instance, "mine") == 0 && p.family[0] == '\0',
            "instance '%s', family '%s', %d", p.instance, p.family, code);
  cr_assert(p.d == 4 && p.N == 10 && p.L == 5 && p.gamma0 == 0.1 && p.s_e == 0.25 && p.u == 1 &&
                p.r == 2 && p.tau0 == 1e-3,
            "d %" PRId64 " N %" PRId64 " L %" PRId64 " gamma0 %g", p.d, p.N, p.L, p.gamma0);
  cr_assert(p.lambda == 0.0025 && p.t1 == 100 && p.eta2 == 1.0 / 3 && p.t2 == 7 &&
                p.seed == INT64_C(12345678901234567),
            "t1 %" PRId64 " (100 is exact), eta2 %.17g, seed %" PRId64, p.t1, p.eta2, p.seed);
  cr_assert(strcmp(reading_name(p.reading), "split/joint") == 0, "reading %s, %d",
            reading_name(p.reading), code);
}

Test(instance_file, inherits) {
  /* Only what is given changes; names are not inherited; inherits may stand anywhere. */
  Params p, reference;
  char message[1024];
  StatusCode code = load_text(&p,
                              "parameters = { d = 24; tau_xi = 0; };\nname = \"mine\"; doc = "
                              "\"x\"\ninherits = \"reference\";",
                              message);
  cr_assert(code == STATUS_OK, "status %d: %s", code, message);
  cr_assert(p.d == 24 && p.t1 == 2592 && p.N == 128 && p.tau_xi == 0 &&
                strcmp(p.instance, "mine") == 0 && p.family[0] == '\0',
            "d %" PRId64 " t1 %" PRId64 " N %" PRId64 " instance %s family '%s'", p.d, p.t1, p.N,
            p.instance, p.family);
  code = load_text(&reference, "name = \"r\"; family = \"own\"; inherits = \"annealed\";", message);
  cr_assert(code == STATUS_OK && reference.d == 12 && strcmp(reference.family, "own") == 0,
            "status %d %s d %" PRId64 " family %s", code, message, reference.d, reference.family);
}

Test(instance_file, origins) {
  /* Where a formula stands survives: messages point into the file, also from a formula that was
   * inherited. */
  assert_refused("name = \"m\"; inherits = \"reference\";\nparameters = {\n  u = \"1 + (2*+)\"; };",
                 "FILE:3:16: expected a number, a name or '(', found ')' (in u = 1 + (2*+))");
  assert_refused("name = \"m\"; inherits = \"reference\";\nparameters = {\n  d = 1; };",
                 "FILE:3: d = 1: expected 2 to 1024 (with d = 1 there are no two orthogonal "
                 "directions z and zeta)");
  assert_refused("name = \"m\"; inherits = \"reference\";\nparameters = {\n  lambda = \"t1*2\"; };",
                 "FILE:3: lambda depends on itself: lambda -> t1 -> lambda");
  assert_refused("name = \"m\"; inherits = \"reference\";\nparameters = {\n  gate = 1; };",
                 "FILE:3:10: gate = 1: expected shared or split");
  assert_refused(
      "name = \"m\"; inherits = \"reference\";\nparameters = {\n  lambda = 0; };",
      "built-in reference.cfg:19:9: the value is not finite: it divides by 0, leaves the domain of "
      "log, sqrt or ^, or "
      "overflows (in t1 = 1/(4*eta1*lambda)); with lambda = 0, t1 and t2 must be given as numbers");
}

Test(instance_file, refused) {
  static const char keys[] = "d N L gamma0 s_e u r balance tau0 tau_xi lambda eta1 eta2 t1 t2 T2 "
                             "eps_W eps_V seed gate loss optimizer attention";
  char expected[512];
  assert_refused("", "FILE:1: name is missing");
  assert_refused("name = \"m\";", "FILE:1: parameters are missing: d N L gamma0 s_e u r tau0 "
                                  "tau_xi lambda eta1 eta2 t1 t2 T2 eps_W "
                                  "eps_V seed gate loss (inherits = \"reference\" gives defaults)");
  assert_refused(
      "name = \"m\";\n\nparameters = { d = 4; N = 1; L = 1; gamma0 = 1; s_e = 1; u = 1; r = 1; "
      "tau0 = 1; eta1 = 1;\n"
      "eta2 = 1; t1 = 1; t2 = 1; T2 = 1; eps_W = 1; eps_V = 1; seed = 1; gate = \"split\"; };",
      "FILE:3: parameters are missing: tau_xi lambda loss (inherits = \"reference\" gives "
      "defaults)");
  snprintf(expected, sizeof expected, "FILE:2: unknown parameter 'lamda', expected one of %s",
           keys);
  assert_refused("name = \"m\"; inherits = \"quick\"; parameters = {\nlamda = 1; };", expected);
  assert_refused(
      "name = \"m\";\nlambda = 1;",
      "FILE:2: unknown key 'lambda', expected name, family, doc, inherits or parameters");
  assert_refused("name = \"m\"; inherits = \"quick\";\nparameters = { d = 4; d = 5; };",
                 "FILE:2: duplicate setting name");
  assert_refused("name = 5;", "FILE:1:8: name: expected a text in quotes, found a number");
  assert_refused("name = \"\";", "FILE:1:9: name: expected 1 to 63 bytes, found 0");
  assert_refused("name = \"0123456789012345678901234567890123456789012345678901234567890123\";",
                 "FILE:1:9: name: expected 1 to 63 bytes, found 64");
  assert_refused("family = { };", "FILE:1: family: expected a text in quotes, found a group {...}");
  assert_refused("doc = true;", "FILE:1: doc: expected a text in quotes, found true or false");
  assert_refused("name = \"m\";\ninherits = \"mine\";",
                 "FILE:2:13: inherits: expected a built-in instance (reference, quick, annealed), "
                 "found \"mine\"");
  assert_refused("name = \"m\";\ninherits = 1;",
                 "FILE:2:12: inherits: expected a text in quotes, found a number");
  assert_refused("name = \"m\";\nparameters = 1;",
                 "FILE:2:14: parameters: expected a group {...}, found a number");
  assert_refused("name = \"m\"; parameters = {\nd = (1, 2); };",
                 "FILE:2: d: expected a number or a formula in quotes, found a list (...)");
  assert_refused("name = \"m\"; parameters = {\nd = true; };",
                 "FILE:2: d: expected a number or a formula in quotes, found true or false");
  assert_refused("name = \"m\"; parameters = {\nd = 0x10; };",
                 "FILE:2:5: expected a decimal number or a formula in quotes, found 0x10");
  assert_refused("name = \"m\";\n@include \"/etc/passwd\"\n",
                 "FILE:2:1: files are not included into one another: copy the settings here");
}

Test(instance_file, missing) {
  Instance instance;
  Error err = {0};
  StatusCode code = instance_load(&instance, "no_such_instance", &err);
  cr_assert(code == STATUS_NOINPUT &&
                strcmp(err.message,
                       "no built-in instance (reference, quick, annealed) and no file is called "
                       "'no_such_instance'") == 0,
            "status %d: %s", code, err.message);
  code = instance_load(&instance, "reference.cfg",
                       &err); /* the name of a built-in is without suffix */
  cr_assert(code == STATUS_NOINPUT, "status %d: %s", code, err.message);
}
