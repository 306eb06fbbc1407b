#!/bin/sh
# test_failing.sh -- every allocation, write, creation and read of small commands fails in turn; speaks TAP
#
# Runs in the build folder, inside make check, which says TWOSTAGE and where fault.so is (tests/fault.c). FULL=1: all calls and
# not only one from each place in the program, and more commands.
#
# Pre-conditions: a folder with the finished store of another run (and whatever the command goes on from). Call n of a kind fails, for
# n in turn: memory is out, the disk is full, a folder may not be written to, a file cannot be read. Quantity: what the command
# says and leaves. Bound: it either fails with the exit status of that kind and one line on stderr, leaving the store as it
# was (or whole and new, when what failed came after it), or does without what failed and leaves what it always does, byte for byte;
# no signal, no half-written file. A kind of which no call was met was not tested, and fails, but for writes of replay, which makes
# none. Every tenth time the command is then run again undisturbed and leaves what it always does.
# KIND_FROM: calls of the program itself; those in SQLite apart.
set -u
: "${TWOSTAGE:?}" "${top_builddir:?}"
LC_ALL=C
export LC_ALL
full=${FULL:-0}
if [ "$full" = 1 ]; then commands=${COMMANDS:-train resume verify sweep export report replay}; else commands=${COMMANDS:-train report}; fi
fault=$top_builddir/tests/fault.so
if [ ! -f "$fault" ]; then
  echo "1..0 # SKIP no tests/fault.so: not glibc on Linux"
  exit 0
fi
if nm "$TWOSTAGE" 2>/dev/null | grep -q __asan_init; then
  echo "1..0 # SKIP the sanitizer has an allocator of its own"
  exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/failing.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
number=0 total=0 places=0

# Nearly all time would be gnuplot's, which is left alone: here nothing is drawn but the ends of files.
mkdir bin
cat >bin/gnuplot <<'EOT'
#!/bin/sh
for script; do :; done
name=${script%.gp}
printf '<svg></svg>\n\n' >"$name.svg.part"
printf '/CreationDate (D:20260101000000)\n%%%%EOF\n' >"$name.pdf.part"
printf '%%%%EOF\n' >"$name-inc.pdf"
printf '\\endgroup\n' >"$name-inc.tex"
EOT
chmod +x bin/gnuplot
PATH=$work/bin:$PATH
export PATH
tiny='--instance quick --set d=2 --set L=2 --set t1=2 --set t2=3 --quiet'
one="$tiny --set N=2 --engine double"

# What the commands start from, each in a folder of its own.
mkdir base base/train base/resume base/verify base/sweep base/report base/export base/replay
# shellcheck disable=SC2086 # the words of a command
{
  "$TWOSTAGE" train $one --set seed=9 --out base/train &&
    cp -r base/train base/verify/out && cp -r base/train base/sweep/out && cp -r base/train base/resume/out &&
    mkdir base/train/out && mv base/train/run.db base/train/out && cp -r base/train/out base/export/out &&
    "$TWOSTAGE" verify $one --certify --only T4.d1 --replay --out base/report/out
} >log 2>&1
[ $? -le 2 ] || { sed 's/^/# /' log; exit 99; }
cp -r base/report/out base/replay/out
replay=$(find base/replay -name '*.replay' | sed 's,base/replay/,,;1q')

# start COMMAND: in the folder now, with the environment of fault.so set.
start() {
  # shellcheck disable=SC2086 # the words of a command
  case $1 in
  train) set -- train $one ;;
  resume) set -- train $one --checkpoint 0 ;;
  verify) set -- verify $one --certify --only T2.b1 --only T4.d1 --replay ;;
  sweep) set -- sweep $tiny --engine double --along N=2,3 --jobs 1 --only T2 ;;
  export) set -- export $one --at 0,t1 ;;
  report) set -- report --run out --to html,latex,junit,json,tap ;;
  replay) set -- replay "$replay" --quiet ;;
  esac
  case $1 in
  report | replay) ;;
  *) set -- "$@" --out out ;;
  esac
  (cd now && LD_PRELOAD=$fault exec "$TWOSTAGE" "$@" >../stdout 2>../stderr)
}

fresh() {
  rm -rf now
  cp -r "base/$1" now
}

# same FOLDER WHOLE: they hold the same files with the same bytes; but for figures, which a report does without when gnuplot fails.
same() {
  ! diff -rq "$1" "$2" 2>&1 | grep -qv "^Only in $2/out/figures"
}

# judge COMMAND KIND STATUS: says what is wrong with what a command with a failed call left.
judge() {
  if [ "$3" -le 2 ]; then
    same now "whole/$1" && cmp -s stdout "whole/$1.stdout" || echo "status $3, but it left something else"
    return
  fi
  case $2:$3 in
  alloc:70 | write:7[34] | create:73 | read:65 | read:66 | read:74) ;;
  *) echo "status $3" ;;
  esac
  [ "$(wc -l <stderr)" -eq 1 ] || echo "$(wc -l <stderr) lines on stderr, expected 1"
  cmp -s now/out/run.db "base/$1/out/run.db" || cmp -s now/out/run.db "whole/$1/out/run.db" || echo "run.db is neither the old nor the new one"
  [ -z "$(find now -name '*.part')" ] || echo "left $(find now -name '*.part')"
}

# each COMMAND KIND FROM STEP: call n for one n of every place, and for every STEP-th n.
each() {
  command=$1 kind=$2 done_calls=0 wrong=0 without=0
  fresh "$command"
  rm -f log
  FAULT_KIND=$kind FAULT_FROM=$3 FAULT_LOG=$work/log FAULT_AT=0 start "$command"
  awk -v step="$4" '!seen[$0]++ || NR % step == 0 { print NR }' log >chosen
  own=$(sort -u log | wc -l)
  while read -r n; do
    fresh "$command"
    FAULT_KIND=$kind FAULT_FROM=$3 FAULT_AT=$n start "$command"
    status=$?
    [ $status -gt 2 ] || without=$((without + 1))
    judge "$command" "$kind" $status >problem
    if [ ! -s problem ] && [ $((done_calls % 10)) -eq 0 ]; then
      FAULT_KIND=none start "$command"
      same now "whole/$command" || echo "run again, it left something else" >problem
    fi
    done_calls=$((done_calls + 1))
    if [ -s problem ]; then
      wrong=$((wrong + 1))
      [ $wrong -gt 5 ] || { echo "# $command, $kind $n of $3 ($(sed -n "${n}p" log)): $(head -3 problem | tr '\n' ';')" && head -3 stderr | sed 's/^/#   /'; }
    fi
  done <chosen
  number=$((number + 1)) total=$((total + done_calls)) places=$((places + own))
  expected=some found=some
  case $command:$kind in replay:write | replay:create) expected=none ;; esac # it only reads, and prints
  [ $done_calls -gt 0 ] || found=none
  [ $wrong -eq 0 ] && [ $found = $expected ] || printf 'not '
  echo "ok $number - $command, $kind in the $3: $done_calls of $(wc -l <log) calls failed, from all $own places; $without were done without, $wrong wrong"
}

mkdir whole
for command in train resume verify sweep export report replay; do
  fresh $command
  FAULT_KIND=none start $command
  status=$?
  [ $status -le 2 ] || { sed 's/^/# /' stderr && exit 99; }
  mv now whole/$command
  cp stdout whole/$command.stdout
done

every=1000000
for command in $commands; do
  for kind in ${KINDS:-alloc write create read}; do
    if [ "$full" = 1 ]; then
      every=1
      case $command:$kind in verify:alloc | sweep:alloc | replay:alloc) every=97 ;; esac
    fi
    each "$command" "$kind" program $every
  done
done
[ "$full" = 0 ] || each train alloc libsqlite3 53

number=$((number + 1))
[ $total -gt 0 ] || printf 'not '
echo "ok $number - $total failed calls from $places places in all"
echo "1..$number"
