#!/bin/sh
# lint.sh -- house rules that a machine can check, one TAP line each; what breaks a rule is listed as file:line: text
#
# tests/lint.sh [TREE]   TREE is the source tree; the default is the one that this script stands in.
set -u
LC_ALL=C
export LC_ALL
tree=${1:-${top_srcdir:-$(dirname "$0")/..}}
cd "$tree" || exit 99
scratch=$(mktemp -d "${TMPDIR:-/tmp}/lint.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

# Rules run at the end of pipelines, in subshells, so the count is kept in a file.
next_number() {
  echo >>"$scratch/count"
  number=$(($(wc -l <"$scratch/count")))
}

# Reads what breaks the rule; nothing means that it is kept.
rule() {
  next_number
  sed 's/^/#   /' >"$scratch/broken"
  if [ -s "$scratch/broken" ]; then
    echo "not ok $number - $1"
    cat "$scratch/broken"
  else
    echo "ok $number - $1"
  fi
}

skip() {
  next_number
  echo "ok $number - $1 # SKIP $2"
}

# files FOLDER... -- NAME-PATTERN...: files of ours by that name, sorted; those made by the build are not ours.
files() {
  folders=
  while [ "$1" != -- ]; do
    folders="$folders $1"
    shift
  done
  shift
  for pattern in "$@"; do
    # shellcheck disable=SC2086 # our folders have no blanks in their names
    find $folders -type f -name "$pattern" ! -name 'builtin_*.c' 2>/dev/null
  done | sort
}

# code [strings=no] FILE...: prints file:line:text without comments, and without the insides of strings if so asked.
code() {
  strings=yes
  case ${1-} in
    strings=no)
      strings=no
      shift
      ;;
  esac
  [ $# -gt 0 ] || return 0
  awk -v strings=$strings '
    FNR == 1 { in_comment = 0 }
    {
      text = $0
      out = ""
      while (text != "") {
        if (in_comment) {
          if (!(at = index(text, "*/"))) break
          text = substr(text, at + 2)
          in_comment = 0
        } else if (match(text, /^"([^"\\]|\\.)*"/) || match(text, /^\047([^\047\\]|\\.)*\047/)) {
          out = out (strings == "yes" ? substr(text, 1, RLENGTH) : "\"\"")
          text = substr(text, RLENGTH + 1)
        } else if (substr(text, 1, 2) == "/*") {
          in_comment = 1
          text = substr(text, 3)
        } else if (substr(text, 1, 2) == "//") {
          break
        } else {
          out = out substr(text, 1, 1)
          text = substr(text, 2)
        }
      }
      if (out ~ /[^ \t]/) print FILENAME ":" FNR ":" out
    }' "$@"
}

# includes FILE...: the room-qualified includes among the code, as file:line:include.
includes() {
  code "$@" | sed -n 's/^\([^:]*:[0-9]*:\)[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1\2/p'
}

# assertions FILE...: every Criterion assertion on one line, whatever lines it spans.
assertions() {
  code "$@" | awk '
    {
      match($0, /^[^:]*:[0-9]*:/)
      place = substr($0, 1, RLENGTH)
      text = substr($0, RLENGTH + 1)
      if (!open && text ~ /cr_(assert|expect)[a-z_]*\(/) { open = 1; start = place; whole = "" }
      if (open) whole = whole " " text
      if (open && text ~ /;[ \t]*}?[ \t]*\\?$/) { open = 0; print start whole }
    }'
}

sources=$(files src verify reports tests -- '*.c' '*.h')
unit_tests=$(files tests -- '*.c' | grep -vE '^tests/(bench/|planted\.c)')
below=$(files src -- '*.c' '*.h' | grep -vE '^src/(main|cli|cmd_[a-z_]*|plan[a-z_]*|progress)\.[ch]$')
# shellcheck disable=SC2046,SC2086 # lists of file names without blanks
{
  assertions $unit_tests | grep -E '[^A-Za-z0-9_](gt|ge)[[:space:]]*\(' |
    rule 'no tagged gt or ge: Criterion lets them pass on equality and on NaN'

  # A negated comparison is true of NaN. An arrow is not a comparison.
  assertions $unit_tests | sed 's/->/./g; s/"\([^"\\]\|\\.\)*"/""/g' |
    grep -E 'cr_(assert|expect)_not[[:space:]]*\([^;]*[<>]|cr_(assert|expect)[[:space:]]*\([^,;]*![[:space:]]*\([^,;]*[<>]|[^A-Za-z_]not[[:space:]]*\([[:space:]]*(lt|le)[[:space:]]*\(' |
    rule 'no negated comparison in an assertion: it would hold for NaN'

  assertions $unit_tests | grep -vE '"[^"]*%' |
    rule 'every assertion has a message with numbers: nothing else is printed in TAP'

  code $unit_tests | grep -E '[^A-Za-z0-9_](_?exit|_Exit|quick_exit)[[:space:]]*\(' |
    rule 'no exit in a unit test: Criterion would call it passed'

  for file in $sources; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || echo "$file:$((lines + 0)): lines, at most 600"
  done | rule 'no source file is longer than 600 lines'

  includes $below | grep -E ':(verify|reports|tests)/|:src/(cli|cmd_[a-z_]*|plan[a-z_]*|progress)\.h$' |
    rule 'src below the command line includes nothing of verify, reports, tests or the command line'

  includes $(files verify -- '*.c' '*.h') |
    grep -E ':(reports|tests)/|:src/(trainer|engine[a-z_]*|run|gate|schedule|cli|cmd_[a-z_]*|plan[a-z_]*|progress)\.h$' |
    rule 'verify does not train or print: nothing of the trainer, the engines, the reports or the command line'

  includes $(files reports -- '*.c' '*.h') |
    grep -vE ':reports/|:src/(builtin|digest|fileset|formula|observe|params|status|stop|store)\.h$' |
    rule 'reports read the run store, write files and compute nothing: only the headers for that'

  includes $(files src verify reports tests -- '*.c' '*.h') | grep -vE ':(src|verify|reports|tests)/' |
    rule 'our own includes name their room'

  code strings=no $below $(files verify reports -- '*.c' '*.h') |
    grep -E '[^A-Za-z0-9_](v?printf|puts|putchar|perror)[[:space:]]*\(|[^A-Za-z0-9_](stdout|stderr)[^A-Za-z0-9_]' |
    rule 'nothing is printed below the command line'

  for file in $sources $(files src verify reports tests m4 -- '*.mk' '*.m4' '*.awk' '*.gp' '*.cfg' '*.sh' 'run-*') \
    configure.ac Makefile.am bootstrap .ci/run; do
    name=$(basename "$file")
    case $file in
      *.[ch]) opening="/* $name -- " ;;
      *) opening="# $name -- " ;;
    esac
    sed -n '1{/^#!/n
p
}' "$file" | sed 's|^// |# |' | grep -qF -e "$opening" || echo "$file:1: does not open with '$opening'"
  done | rule 'every file opens by saying what it is'

  # The product itself prints "# T[O]DO", which is TAP for an expected failure.
  grep -nE '(^|[^A-Za-z])(T[O]DO|FIX[M]E|X[X]X)([^A-Za-z]|$)' /dev/null $sources configure.ac Makefile.am bootstrap \
    $(files src verify reports tests m4 -- '*.mk' '*.m4' '*.awk' '*.gp' '*.cfg' '*.sh' 'run-*' '*.md') |
    grep -v '# T[O]DO' | rule 'nothing is left unfinished in words'

  grep -nE -e '-O[f]ast|-f[f]ast-math|-funsafe-[m]ath|-fassociative-[m]ath|pragma +(GCC|clang) +(optimize|fp)|pragma +STDC +FP_[C]ONTRACT|[(]optimize *[(]' \
    /dev/null $sources configure.ac Makefile.am bootstrap $(files src verify reports tests -- '*.mk' '*.sh') |
    grep -v ts_flags | rule 'no flag or pragma that relaxes IEEE arithmetic'

  for file in $(files src verify reports -- '*.[ch]' '*.cfg' '*.gp' '*.json' '*.md') $(files tests -- '*.[ch]' '*.sh'); do
    name=$file
    case $file in
      tests/test_*.c) name=${file%.c} ;; # the program stands for its one source
    esac
    grep -qE "(^|[[:space:]])$name([[:space:]]|$)" "${file%%/*}/local.mk" ||
      echo "$file: is not in ${file%%/*}/local.mk"
  done | rule 'every file is listed in the local.mk of its room'

  # The harness calls the log of test_x.sh and of test_x alike, and would run one of them alone.
  sed -n 's|^  \(tests/[a-z_]*\)\(\.sh\)\{0,1\} .*|\1|p' tests/local.mk | sort | uniq -d |
    rule 'no two tests have one name'

  for room in src verify reports tests m4; do
    [ -s "$room/README.md" ] || echo "$room/README.md is missing"
  done | rule 'every room has a README.md'

  if [ -n "${CLANG_FORMAT-$(command -v clang-format)}" ]; then
    for file in $sources; do
      "${CLANG_FORMAT:-clang-format}" --style=file --dry-run -Werror "$file" >/dev/null 2>&1 ||
        echo "$file: clang-format -i would change it"
    done | rule 'sources are formatted'
  else
    skip 'sources are formatted' 'clang-format is missing'
  fi
}
echo "1..$(($(wc -l <"$scratch/count")))"
