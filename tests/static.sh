#!/bin/sh
# static.sh -- what programs that read the sources find in them, a TAP line each: nothing, or the findings
#
# tests/static.sh [shellcheck|cppcheck|clang-tidy|gcc-analyzer]...   The default is the first two, which take seconds;
# slow_static.sh runs the others, which follow every path and take minutes. A finding that is none stands with its reason in
# static.supp, and an entry there that no longer says anything is a finding itself. What the tools look for stands in .clang-tidy
# and below. STATIC_ALL=yes: a tool that is missing is a failure.
set -u
LC_ALL=C
export LC_ALL
tree=${top_srcdir:-$(dirname "$0")/..}
cd "$tree" || exit 99
scratch=$(mktemp -d "${TMPDIR:-/tmp}/static.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
[ $# -gt 0 ] || set -- shellcheck cppcheck
number=0 jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

sources=$(find src verify reports -name '*.c' ! -name 'builtin_*' ! -name 'sweep_mpi.c' | sort)
scripts="bootstrap .ci/run tests/run-coverage tests/run-criterion $(find src tests -name '*.sh' | sort)"
flags="-std=c11 -ffp-contract=off -D_POSIX_C_SOURCE=200809L -I. -DTWOSTAGE_VERSION=\\\"0\\\" ${TS_CPPFLAGS-}"

# Each tool prints FILE:LINE:COLUMN: words [CHECK]; what else it says is dropped.
# shellcheck disable=SC2086 # lists of file names
run_shellcheck() {
  shellcheck -x -f gcc $scripts
}

# shellcheck disable=SC2086 # lists of file names
run_cppcheck() {
  cppcheck -q -j "$jobs" --std=c11 --language=c -I. --library=posix --enable=warning,performance,portability \
    --suppress=missingIncludeSystem --template='{file}:{line}:{column}: {message} [{id}]' $sources 2>&1
}

# on_each WORDS: runs them for each source, which they call $1, as many at once as there are processors. analysis.h cannot stand
# before the definitions of the functions that it speaks of.
on_each() {
  # shellcheck disable=SC2016 # for the inner shell
  printf '%s\n' "$sources" | xargs -P "$jobs" -n 1 sh -c '
    known="-include tests/analysis.h"
    case $1 in src/status.c | src/formula_parse.c) known= ;; esac
    '"$1"' || echo "$1:1: could not be compiled [unread]"' on_each 2>/dev/null
}

# With clang's analyzer, as .clang-tidy says.
run_clang_tidy() {
  on_each "clang-tidy --quiet \"\$1\" -- \$known $flags"
}

run_gcc_analyzer() {
  on_each "gcc \$known $flags -O1 -fanalyzer -fdiagnostics-plain-output -c -o /dev/null \"\$1\" 2>&1"
}

# without_known TOOL: leaves out the findings that static.supp explains, and adds its entries that explain nothing.
without_known() {
  awk -v tool="$1" '
    FNR == NR {
      if ($0 !~ /^#/ && NF > 0 && $1 == tool) { key = $2 " " $3; known[key] = FNR; if (NF < 4) print "tests/static.supp:" FNR ": no reason" }
      next
    }
    !match($0, /\[[A-Za-z0-9_.=,-]+\]$/) { next }
    {
      check = substr($0, RSTART + 1, RLENGTH - 2)
      sub(/^-W/, "", check)
      sub(/^.*\/(src|verify|reports|tests)\//, "&", $0)
      file = $0
      sub(/:.*/, "", file)
      key = file " " check
      if (key in known) seen[key] = 1
      else print
    }
    END {
      for (key in known)
        if (!(key in seen)) print "tests/static.supp:" known[key] ": explains what " tool " does not find: " key
    }' tests/static.supp -
}

for tool in "$@"; do
  number=$((number + 1))
  case $tool in
    shellcheck | cppcheck | clang-tidy) program=$tool ;;
    gcc-analyzer) program=gcc ;;
    *)
      echo "not ok $number - unknown tool '$tool'"
      continue
      ;;
  esac
  if ! command -v "$program" >/dev/null; then
    missing="$program is missing: nothing was looked at"
    echo "static.sh: $missing" >&2
    if [ -n "${STATIC_ALL-}" ]; then
      echo "not ok $number - $tool finds nothing, for $missing"
    else
      echo "ok $number - $tool finds nothing # SKIP $missing"
    fi
    continue
  fi
  "run_$(echo "$tool" | tr - _)" >"$scratch/said"
  grep ': ' "$scratch/said" | sed "s|^$PWD/||" | without_known "$tool" | sort -u >"$scratch/findings"
  if [ -s "$scratch/findings" ]; then
    echo "not ok $number - $tool finds nothing, but for $(($(wc -l <"$scratch/findings"))) things"
    sed 's/^/#   /' "$scratch/findings"
  else
    echo "ok $number - $tool finds nothing ($(grep -c "^$tool " tests/static.supp) findings explained)"
  fi
done
echo "1..$number"
