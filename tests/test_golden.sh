#!/bin/sh
# test_golden.sh -- the quick instance against numbers that other machines came to; speaks TAP
#
# TWOSTAGE=PROGRAM top_srcdir=DIR tests/test_golden.sh   WRITE=1 replaces the recorded numbers (make golden).
#
# Pre-conditions: `quick`, double and mpfr at 128 and 256 bits, reading shared/separate. Quantity: every weight at 0, t1 and
# t1 + t2, exactly, as one SHA-256 a matrix; and every observable at sixteen steps, the midpoint with all its digits. Bound: the
# recorded texts in tests/golden/. The first difference in time says which quantity moved first. Weights depend on the engines
# alone; observables are enclosures by Arb, and another release of it may round them elsewhere.
set -u
: "${TWOSTAGE:?}" "${top_srcdir:?}"
LC_ALL=C
export LC_ALL
golden=$top_srcdir/tests/golden
work=$(mktemp -d "${TMPDIR:-/tmp}/golden.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
number=0

# query SQL: of the run at hand, a row a line.
query() { sqlite3 -readonly -separator ' ' "$work/run/run.db" "$1"; }

# numbers: "STEP NAME TEXT", in order of time.
numbers() {
  for step in $(query 'SELECT DISTINCT step FROM weight ORDER BY step'); do
    for name in Wbar Vbar Wtilde Vtilde W V; do
      sum=$(query "SELECT i, j, ball FROM weight WHERE step = $step AND name = '$name' ORDER BY i, j" | sha256sum)
      echo "$step weight:$name ${sum%% *}"
    done
  done
  query "SELECT step, name, substr(ball, 1, instr(ball, ' ') + instr(substr(ball, instr(ball, ' ') + 1), ' ') - 1)
    FROM record JOIN observable ON observable.id = observable
    WHERE step IN (0, 1, 2, 3, 5, 11, 23, 47, 50, 99, 100, 101, 200) OR step = (SELECT max(step) FROM record)
      OR step IN (SELECT DISTINCT step FROM weight)"
}

if ! command -v sqlite3 >/dev/null 2>&1; then
  echo 'ok 1 - the recorded numbers # SKIP sqlite3 is missing'
  echo 1..1
  exit
fi
for engine in double mpfr-128 mpfr-256; do
  number=$((number + 1))
  rm -rf "$work/run"
  bits=
  [ $engine = double ] || bits="--precision ${engine#mpfr-}"
  # shellcheck disable=SC2086 # an option and its value
  if ! "$TWOSTAGE" train --instance quick --engine ${engine%-*} $bits --quiet --out "$work/run" >"$work/out" 2>&1; then
    echo "not ok $number - $engine: it did not run"
    sed 's/^/#   /' "$work/out"
    continue
  fi
  numbers | sort -k1,1n -k2,2r >"$work/numbers"
  if [ -n "${WRITE-}" ]; then
    mkdir -p "$golden" && cp "$work/numbers" "$golden/quick-$engine.txt" || exit 99
  fi
  same=$(wc -l <"$golden/quick-$engine.txt")
  : >"$work/diff"
  if [ "$same" -ge 400 ] && diff "$golden/quick-$engine.txt" "$work/numbers" >"$work/diff"; then
    echo "ok $number - $engine: $same of $same recorded numbers"
  else
    first=$(sed -n 's/^[<>] \([0-9]*\) \([^ ]*\) .*/\2 at step \1/p' "$work/diff" | head -1)
    echo "not ok $number - $engine: $(grep -c '^<' "$work/diff") of $same recorded numbers differ, the first is ${first:-missing}"
    sed -n '2,5s/^/#   /p' "$work/diff"
  fi
done
echo "1..$number"
