#!/bin/sh
# slow_sanitize.sh -- make check in a build with the address, leak and undefined-behaviour sanitizers, judged by their logs; speaks TAP
#
# Builds in check-sanitize/ of the build folder. SANITIZE_CC: the compiler, by default clang, else gcc; SANITIZE_TESTS (all): some of
# the tests; SANITIZE_JOBS: so many at once, by default one a processor.
#
# Pre-conditions: planted defects are found with the same compiler and options, so that no log means no finding (sanitizers.sh).
# Quantity: the logs of all instrumented processes, whatever status they end with, and the results of all tests. Bound: no log, no
# failed test.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
: "${top_builddir:?}" "${suite:?}"
folder=$top_builddir/check-sanitize logs=$top_builddir/check-sanitize/logs
rm -rf "$logs"
# shellcheck source=tests/sanitizers.sh
. "$(dirname "$0")/sanitizers.sh"
TEST_TIMEOUT=${TEST_TIMEOUT:-3000}
export TEST_TIMEOUT
jobs=${SANITIZE_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
# What is asked of the make around this is not asked of the one inside.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL TESTS top_builddir

# Tests in which nothing that was instrumented would run, or could.
left_out() {
  case $1 in
    tests/lint.sh | tests/static.sh) echo 'reads the sources, runs nothing of them' ;;
    tests/test_bits.sh) echo 'compares programs that it builds itself, without sanitizers' ;;
    tests/test_failing.sh) echo 'an allocation cannot fail from outside: the sanitizer has an allocator of its own' ;;
  esac
}

sanitizer_choose -O1 -g
[ -n "$compiler" ] || {
  plan
  exit
}

began=$(date +%s)
cd "$folder" || exit 99
if [ ! -f Makefile ] || [ "$(cat compiler 2>/dev/null)" != "$compiler" ]; then
  rm -rf src verify reports tests Makefile
  "$top_srcdir/configure" -q --enable-asan --enable-ubsan CC="$compiler" CFLAGS='-O1 -g' >messages 2>&1 && echo "$compiler" >compiler
fi
"$compiler" -O1 -g -c -o leak_check.o "$top_srcdir/tests/leak_check.c" >>messages 2>&1 &&
  make -s -k -j"$jobs" twostage LDFLAGS="$(sanitizer_links "$compiler") -Wl,--wrap=_exit" LIBS="$folder/leak_check.o" >>messages 2>&1 &&
  make -s -k -j"$jobs" all check TESTS= LDFLAGS="$(sanitizer_links "$compiler")" >>messages 2>&1
status=$?
if [ $status -ne 0 ]; then
  result 'the instrumented build' "$(grep -iE 'error|warning' messages | head -20)
status $status: $folder/messages"
  plan
  exit
fi
built=$(date +%s)

tests=
for test in $suite; do
  case " ${SANITIZE_TESTS-$suite} " in *" $test "*) ;; *) continue ;; esac
  reason=$(left_out "$test")
  if [ -n "$reason" ]; then
    skip "$test under sanitizers" "$reason"
  else
    tests="$tests $test"
    stem=${test%.sh}
    rm -f "$stem.log" "$stem.trs"
  fi
done
# shellcheck disable=SC2086 # a list of tests
make -s -k -j"$jobs" check TESTS="${tests# }" LDFLAGS="$(sanitizer_links "$compiler")" >results 2>&1
ended=$(date +%s)

# The harness tells each result in a line. A test without any has not run.
problem=$(grep -E '^(FAIL|XPASS|ERROR): ' results)
[ -n "$tests" ] || problem="no test of that name: ${SANITIZE_TESTS-}"
for test in $tests; do
  grep -q '^:test-result: ' "${test%.sh}.trs" 2>/dev/null || problem="$problem
$test has no result"
done
sed -n 's/^SKIP: /# skipped: /p' results
result "$(grep -cE '^X?(PASS|FAIL): ' results) results of $(echo "$tests" | wc -w) tests under both sanitizers, none failed; built in \
$(((built - began + 30) / 60)) minutes, run in $(((ended - built + 30) / 60)); what was left out is named above" "$problem"

sanitizer_tell
plan
