#!/bin/sh
# slow_sanitize.sh -- make check in a build with the address, leak and undefined-behaviour sanitizers, judged by their logs; speaks TAP
#
# Builds in check-sanitize/ of the build folder. SANITIZE_CC: the compiler, by default clang, else gcc; SANITIZE_TESTS (all): some of
# the tests; SANITIZE_JOBS: so many at once, by default one a processor.
#
# Pre-conditions: defects planted in a small program are found by the same compiler, flags and options, so that no log means no finding.
# Quantity: the logs of all instrumented processes, whatever status they end with, and the results of all tests. Bound: no log,
# no failed test.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
: "${top_builddir:?}" "${suite:?}"
folder=$top_builddir/check-sanitize logs=$top_builddir/check-sanitize/logs
jobs=${SANITIZE_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
flags='-O1 -g'
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

# Beside ASan, gcc's UBSan obeys log_path only where both are linked statically, and so share one log.
links() {
  ! "$1" -v 2>&1 | grep -q '^gcc version' || echo '-static-libasan -static-libubsan'
}

# probe CC: what of the planted defects leaves no log, or of a sound program leaves one.
probe() {
  # shellcheck disable=SC2046,SC2086 # flags are words
  "$1" $flags -fsanitize=address,undefined -fno-sanitize-recover=undefined "$top_srcdir/tests/planted.c" "$top_srcdir/tests/leak_check.c" \
    -o "$folder/planted" $(links "$1") -Wl,--wrap=_exit 2>"$folder/why" || { head -3 "$folder/why" && return; }
  for defect in none leak leak-in-worker heap-overflow signed-overflow; do
    rm -f "$logs"/*
    "$folder/planted" $defect >"$folder/said" 2>&1
    case $defect:$(cat "$logs"/* 2>/dev/null) in
      none:) ;;
      leak*:*' leaked in '* | heap-overflow:*heap-buffer-overflow* | heap-overflow:*'insufficient space'* | signed-overflow:*'signed integer overflow'*) ;;
      *) echo "$defect: $(cat "$logs"/* "$folder/said" 2>/dev/null | head -3)" ;;
    esac
  done
}

mkdir -p "$folder" && rm -rf "$logs" && mkdir "$logs" || exit 99
# A refused allocation is the product's to handle; 99 is no exit status of its own.
ASAN_OPTIONS=log_path=$logs/log:log_exe_name=1:detect_leaks=1:exitcode=99:allocator_may_return_null=1:strict_string_checks=1
UBSAN_OPTIONS=log_path=$logs/log:log_exe_name=1:print_stacktrace=1:exitcode=99
SANITIZER_LOGS=$logs TEST_TIMEOUT=${TEST_TIMEOUT:-3000}
export ASAN_OPTIONS UBSAN_OPTIONS SANITIZER_LOGS TEST_TIMEOUT

compiler='' why=
for candidate in ${SANITIZE_CC:-clang gcc}; do
  problem=$(probe "$candidate")
  [ -n "$problem" ] || { compiler=$candidate && break; }
  why="$why$candidate: $problem
"
done
if [ -z "$compiler" ] && [ -z "${SANITIZE_CC-}" ]; then
  skip_all 'no compiler here finds the planted defects (Debian: clang, libclang-rt-14-dev)'
fi
[ -z "$compiler" ] || why=
result "planted defects are found under ${compiler:-$SANITIZE_CC}: a leak, one in a worker, a heap overflow, a signed overflow" "$why"
[ -n "$compiler" ] || {
  plan
  exit
}
rm -f "$logs"/*

began=$(date +%s)
cd "$folder" || exit 99
if [ ! -f Makefile ] || [ "$(cat compiler 2>/dev/null)" != "$compiler" ]; then
  rm -rf src verify reports tests Makefile
  "$top_srcdir/configure" -q --enable-asan --enable-ubsan CC="$compiler" CFLAGS="$flags" >messages 2>&1 && echo "$compiler" >compiler
fi
# shellcheck disable=SC2086 # flags are words
"$compiler" $flags -c -o leak_check.o "$top_srcdir/tests/leak_check.c" >>messages 2>&1 &&
  make -s -k -j"$jobs" twostage LDFLAGS="$(links "$compiler") -Wl,--wrap=_exit" LIBS="$folder/leak_check.o" >>messages 2>&1 &&
  make -s -k -j"$jobs" all check TESTS= LDFLAGS="$(links "$compiler")" >>messages 2>&1
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
make -s -k -j"$jobs" check TESTS="${tests# }" LDFLAGS="$(links "$compiler")" >results 2>&1
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

found=$(find "$logs" -type f | sort)
count=$(printf '%s' "$found" | grep -c .)
# shellcheck disable=SC2086 # names without blanks
result "$count sanitizer logs" "$([ -z "$found" ] || { grep -hE 'ERROR: |runtime error: |SUMMARY: ' $found | sort | uniq -c | sort -rn | head -40; echo "all of it: $logs"; })"
plan
