# local.mk -- tests: what "make check" and "make check-slow" run, all of it speaking TAP

unit_tests = \
  tests/test_adam \
  tests/test_audit \
  tests/test_ball \
  tests/test_band \
  tests/test_bundle \
  tests/test_certificate \
  tests/test_cfg \
  tests/test_checkpoint \
  tests/test_claim \
  tests/test_curves \
  tests/test_dataset \
  tests/test_eigen \
  tests/test_prototype \
  tests/test_engine \
  tests/test_export \
  tests/test_facts \
  tests/test_fast_paths \
  tests/test_faults \
  tests/test_figures \
  tests/test_fixed \
  tests/test_formula \
  tests/test_formula_eval \
  tests/test_formula_round \
  tests/test_formula_trajectory \
  tests/test_gate \
  tests/test_gate_balls \
  tests/test_html \
  tests/test_instance \
  tests/test_judge \
  tests/test_judge_store \
  tests/test_kernels \
  tests/test_lemma \
  tests/test_logistic \
  tests/test_mutants \
  tests/test_not_finite \
  tests/test_npy \
  tests/test_observe \
  tests/test_params \
  tests/test_products \
  tests/test_rate \
  tests/test_recursion \
  tests/test_refused \
  tests/test_refused_commands \
  tests/test_refused_runs \
  tests/test_replay \
  tests/test_report_formats \
  tests/test_report_paper \
  tests/test_reports \
  tests/test_rng \
  tests/test_run \
  tests/test_softmax \
  tests/test_spectrum \
  tests/test_spectrum_ball \
  tests/test_stats \
  tests/test_store \
  tests/test_store_damage \
  tests/test_sweep \
  tests/test_sweep_reports \
  tests/test_tiles \
  tests/test_trainer \
  tests/test_what_if \
  tests/test_workers

shell_tests = \
  tests/lint.sh \
  tests/test_bits.sh \
  tests/test_rerun.sh \
  tests/test_browser.sh \
  tests/test_cli.sh \
  tests/test_cli_seldom.sh \
  tests/test_cli_sweep.sh \
  tests/test_latex_figures.sh \
  tests/test_commands.sh \
  tests/test_extremes.sh \
  tests/test_failing.sh \
  tests/test_forms.sh \
  tests/test_environment.sh \
  tests/test_golden.sh \
  tests/test_hostile.sh \
  tests/test_sanitize.sh \
  tests/static.sh \
  tests/test_full_disk.sh \
  tests/test_kill.sh \
  tests/test_stop.sh

# For "make check-mpi" only.
mpi_tests = tests/mpi_commands.sh

# For "make check-slow" only.
slow_tests = \
  tests/slow_bits.sh \
  tests/slow_certificate.sh \
  tests/slow_commands.sh \
  tests/slow_coverage.sh \
  tests/slow_curves.sh \
  tests/slow_fuzz.sh \
  tests/slow_static.sh \
  tests/slow_damage.sh \
  tests/slow_failing.sh \
  tests/slow_full_disk.sh \
  tests/slow_kill.sh \
  tests/slow_prototype.sh \
  tests/slow_sanitize.sh \
  tests/slow_valgrind.sh \
  tests/slow_ledger.sh

if HAVE_CRITERION
check_PROGRAMS += $(unit_tests)
suite = $(unit_tests) $(shell_tests)
else
suite = tests/without_criterion.sh $(shell_tests)
endif
TESTS = $(suite)

# A unit test is one source file of its own name, linked with all rooms and with what tests share.
check_LIBRARIES = tests/libsupport.a
tests_libsupport_a_SOURCES = \
  tests/claim_fixture.h \
  tests/corruption.c \
  tests/corruption.h \
  tests/curves.h \
  tests/fast_sigmoid.c \
  tests/fast_sigmoid.h \
  tests/oracle.c \
  tests/oracle.h \
  tests/rational.c \
  tests/rational.h \
  tests/refuse.c \
  tests/refuse.h \
  tests/report_fixture.h \
  tests/store_fixture.h \
  tests/support.c \
  tests/support.h \
  tests/trained.c \
  tests/trained.h

LDADD = tests/libsupport.a reports/libreports.a verify/libverify.a src/libtwostage.a $(TS_LIBS) $(CRITERION_LIBS)

# Faults are planted by redirecting functions of the trainer when this one program is linked; the product knows nothing of it.
tests_test_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=engine_open,--wrap=trainer_open,--wrap=gate_update,--wrap=gate_sums
tests_test_not_finite_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=engine_open,--wrap=rng_normals,--wrap=gate_sums,--wrap=audit_after -Wl,--wrap=spectrum_compute,--wrap=truncation_compute
tests_test_ball_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=gate_update

# Kernels that err as much as they may, or more.
tests_test_certificate_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=engine_open

# Workers end by _exit and stopped commands by raise, which would lose their counts.
if COVERAGE
AM_LDFLAGS = -Wl,--wrap=_exit,--wrap=raise
src_libtwostage_a_SOURCES += tests/coverage.c
endif

# Requests for memory and of the run store go by way of tests/refuse.c.
refusing = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup,--wrap=open_memstream,--wrap=free \
  -Wl,--wrap=sqlite3_prepare_v2,--wrap=sqlite3_prepare_v3,--wrap=sqlite3_exec,--wrap=sqlite3_step,--wrap=sqlite3_extended_errcode
tests_test_refused_LDFLAGS = $(AM_LDFLAGS) $(refusing)
tests_test_refused_runs_LDFLAGS = $(AM_LDFLAGS) $(refusing)
tests_test_refused_commands_SOURCES = tests/test_refused_commands.c $(command_sources)
tests_test_refused_commands_CPPFLAGS = $(twostage_CPPFLAGS)
tests_test_refused_commands_LDADD = $(LDADD) $(MPI_LIBS)
tests_test_refused_commands_LDFLAGS = $(AM_LDFLAGS) $(refusing)

# Makes calls of the product fail from outside (tests/test_failing.sh); only glibc on Linux lets it, so it may be missing.
check_DATA += tests/fault.so
tests/fault.so: $(top_srcdir)/tests/fault.c
	@mkdir -p tests
	-$(AM_V_CCLD)$(CC) -std=c11 -D_GNU_SOURCE -O1 -g -shared -fPIC -o $@ '$(top_srcdir)/tests/fault.c' -ldl
CLEANFILES += tests/fault.so
EXTRA_DIST += tests/fault.c tests/processor.c

# What was planted and what caught it, for the reader of "make check".
check-local: check-TESTS
	@for table in tests/mutants.txt tests/faults.txt tests/curves.txt tests/rate_mutants.txt; do test ! -f $$table || cat $$table; done
CLEANFILES += tests/mutants.txt tests/faults.txt tests/curves.txt tests/rate_mutants.txt

# Parsers as targets for hostile bytes: fed the corpus by test_hostile.sh, and what libFuzzer makes up by slow_fuzz.sh.
check_PROGRAMS += tests/fuzz/fuzz
tests_fuzz_fuzz_SOURCES = \
  src/cli.c \
  tests/fuzz/fuzz.h \
  tests/fuzz/main.c \
  tests/fuzz/stores.c \
  tests/fuzz/targets.c
tests_fuzz_fuzz_LDADD = reports/libreports.a verify/libverify.a src/libtwostage.a $(TS_LIBS)
EXTRA_DIST += tests/fuzz/bases.sh tests/fuzz/small.cfg tests/fuzz/corpus tests/analysis.h tests/static.supp .clang-tidy

# Plain loops beside the engines, for "make bench": neither installed nor run by a test.
EXTRA_PROGRAMS = tests/bench/yardstick
tests_bench_yardstick_LDADD = src/libtwostage.a $(TS_LIBS)
tests_bench_yardstick_SOURCES = tests/bench/yardstick.c
CLEANFILES += $(EXTRA_PROGRAMS)

clean-local:
	rm -rf tests/fuzz-objects tests/fuzz-findings check-sanitize

tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) '$(top_srcdir)/build-aux/tap-driver.sh'
TEST_EXTENSIONS = .sh
LOG_DRIVER = $(tap_driver)
LOG_COMPILER = $(SHELL) '$(top_srcdir)/tests/run-criterion'
SH_LOG_DRIVER = $(tap_driver)

# What the shell tests may use; every path is absolute.
AM_TESTS_ENVIRONMENT = \
  TWOSTAGE='$(abs_top_builddir)/twostage$(EXEEXT)'; export TWOSTAGE; \
  top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
  top_builddir='$(abs_top_builddir)'; export top_builddir; \
  TS_CPPFLAGS='$(TS_CPPFLAGS)'; export TS_CPPFLAGS; \
  TS_LIBS='$(TS_LIBS)'; export TS_LIBS; \
  TS_LINK='$(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS)'; export TS_LINK; \
  MPIRUN='$(MPIRUN)'; export MPIRUN; \
  suite='$(suite)'; export suite; \
  CLANG_FORMAT='$(CLANG_FORMAT)'; export CLANG_FORMAT; \
  LC_ALL=C; export LC_ALL;

# What an MPI build is for: sweeps over ranks.
check-mpi: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='tests/test_cli_sweep.sh $(mpi_tests)'

# Records what tests/test_golden.sh compares with: after a change that is meant to move numbers.
golden: all
	WRITE=1 TWOSTAGE='$(abs_top_builddir)/twostage$(EXEEXT)' top_srcdir='$(abs_top_srcdir)' $(SHELL) '$(top_srcdir)/tests/test_golden.sh'
.PHONY: golden

# Each parser for FUZZ_SECONDS; what make check does not look for in the sources, and all that reads them.
fuzz: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=tests/slow_fuzz.sh VERBOSE=1
analyze: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=tests/slow_static.sh
static: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='tests/static.sh tests/slow_static.sh' VERBOSE=1
.PHONY: fuzz analyze static

# The suite once more in a build with sanitizers; small commands and some unit tests under valgrind. Both are judged by their logs.
check-sanitize: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=tests/slow_sanitize.sh VERBOSE=1
check-valgrind: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=tests/slow_valgrind.sh VERBOSE=1
.PHONY: check-sanitize check-valgrind
EXTRA_DIST += tests/leak_check.c tests/planted.c tests/sanitizers.sh

check-slow: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(slow_tests)'

EXTRA_DIST += tests/golden/quick-double.txt tests/golden/quick-mpfr-128.txt tests/golden/quick-mpfr-256.txt
EXTRA_DIST += tests/README.md tests/tap.sh tests/browser.js tests/validate.py tests/run-criterion tests/run-coverage tests/without_criterion.sh $(shell_tests) $(mpi_tests) $(slow_tests)
