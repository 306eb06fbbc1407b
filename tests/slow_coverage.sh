#!/bin/sh
# slow_coverage.sh -- make coverage in a build of its own: lines and branches of src and verify beside what we aim at; speaks TAP
#
# Builds in check-coverage/ of the build folder, which has the table (table) and what was not reached (coverage.txt) afterwards.
#
# Pre-conditions: a build with --enable-coverage at -O1, in which every test has run. Quantity: the shares of the lines executed
# and of the branches taken at least once (run-coverage). Bound: 95 % and 90 %, and no failed test.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
: "${top_builddir:?}"
folder=$top_builddir/check-coverage
TEST_TIMEOUT=${TEST_TIMEOUT:-3000}
export TEST_TIMEOUT
# What is asked of the make around this is not asked of the one inside.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL TESTS top_builddir

mkdir -p "$folder" && cd "$folder" || exit 99
[ -f Makefile ] || "$top_srcdir/configure" -q --enable-coverage CFLAGS=-O1 >log 2>&1 || {
  tail -3 log | sed 's/^/# /'
  skip 'make coverage' 'configure --enable-coverage fails: gcov is missing?'
  plan
  exit
}
make -s coverage >log 2>&1
grep -E '^ .* of .* (src|verify|reports)' log >table
for what in lines branches; do
  line=$(grep "^$what of src and verify" log)
  problem=
  case $line in *': met') ;; *) problem="missed, or not measured: $(tail -3 log)" ;; esac
  result "${line:-$what of src and verify}" "$problem"
done
result "every test passes in that build" "$(grep -E '^(FAIL|ERROR): ' log)"
plan
