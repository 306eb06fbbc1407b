# tap.sh -- what shell tests begin with: the program, a folder of one's own, and TAP lines; sourced, not run
# shellcheck shell=sh
#
# Afterwards TWOSTAGE (by default ./twostage) and top_srcdir are absolute, $work is an empty folder that goes with the test, and
# nothing of the caller's environment is left that the product listens to. A test says `result` for each of its results and ends
# with `plan`. Tests that set $problem_shows (a file) have its last lines shown behind every problem.
set -u
LC_ALL=C
export LC_ALL
unset SOURCE_DATE_EPOCH NO_COLOR COLUMNS
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
TWOSTAGE=${TWOSTAGE:-./twostage}
case $TWOSTAGE in
  /*) ;;
  *) TWOSTAGE=$PWD/$TWOSTAGE ;;
esac
[ -x "$TWOSTAGE" ] || {
  echo "Bail out! no program $TWOSTAGE"
  exit 99
}
work=$(mktemp -d "${TMPDIR:-/tmp}/twostage-test.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
number=0 failed=0

# result WORDS [PROBLEM]: a TAP line; a problem makes it "not ok" and is shown.
result() {
  number=$((number + 1))
  if [ -z "${2-}" ]; then
    echo "ok $number - $1"
    return
  fi
  failed=$((failed + 1))
  echo "not ok $number - $1"
  printf '%s\n' "$2" | head -20 | sed 's/^/#   /'
  [ -z "${problem_shows-}" ] || sed 's/^/#   stderr: /' "$problem_shows" 2>/dev/null | tail -5
}

# skip WORDS WHY: visible in the summary of "make check".
skip() {
  number=$((number + 1))
  echo "ok $number - $1 # SKIP $2"
}

# skip_all WHY: the whole test.
skip_all() {
  echo "1..0 # SKIP $1"
  exit 0
}

# plan: how many results there were; fails when one was a problem.
plan() {
  echo "1..$number"
  [ "$failed" -eq 0 ]
}
