#!/bin/sh
# slow_curves.sh -- the promises of the tests on rates, on 4000 simulated sweeps for each truth (test_curves.c); speaks TAP
set -u
: "${top_builddir:?}"
echo "1..1"
if CURVES=4000 "$top_builddir/tests/test_curves" >"$top_builddir/tests/slow_curves.out" 2>&1; then
  echo "ok 1 - promises are kept on 4000 curves"
else
  echo "not ok 1 - promises are kept on 4000 curves"
  sed 's/^/# /' "$top_builddir/tests/slow_curves.out"
fi
rm -f "$top_builddir/tests/slow_curves.out"
sed 's/^/# /' "$top_builddir/tests/curves.txt"
