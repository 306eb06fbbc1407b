#!/bin/sh
# slow_valgrind.sh -- every kind of command, and some unit tests, under valgrind's memcheck, judged by its logs; speaks TAP
#
# VALGRIND: the program; VALGRIND_ITEMS (all): some lines of the lists below; VALGRIND_JOBS: so many at once, by default one a processor.
#
# Pre-conditions: valgrind finds the defects planted in a small program. Quantity: the log of each process, workers included, whatever
# status they end with. Bound: no log tells of an error: nothing read or written out of place, no decision by an undefined value,
# nothing lost for good. What is still reachable at the end is no error, and neither is what is reached by a pointer into its
# middle: SQLite's and FLINT's memory in a worker, which ends with _exit. valgrind knows nothing of AVX-512 and does not offer it, so
# other kernels run here than under the sanitizers.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
: "${top_builddir:?}"
valgrind=${VALGRIND:-valgrind}
jobs=${VALGRIND_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
cd "$work" || exit 99
mkdir logs base
options='--leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect --num-callers=20'

# problems NAME: what the logs of that name tell of. A log that ends after its heading is of a process that went on as another
# program: gnuplot, or what draws and packs the report. A worker that is killed shows in the status of its command.
problems() {
  for log in logs/"$1".*; do
    if [ ! -f "$log" ]; then
      echo 'no log at all'
    elif grep -q 'ERROR SUMMARY' "$log"; then
      grep -q 'ERROR SUMMARY: 0 errors' "$log" || sed 's/^==[0-9]*== //' "$log" | grep -vE '^(Memcheck|Copyright|Using|Parent PID|For lists|To see|Reachable)|^$'
    else
      sed '1,/Parent PID/d; s/^==[0-9]*== //; /^ *$/d' "$log"
    fi
  done
}

if ! command -v "$valgrind" >/dev/null; then
  skip_all 'valgrind is missing (Debian: valgrind)'
fi

problem=
if ${CC:-cc} -O0 -g "$top_srcdir/tests/planted.c" -o planted 2>why; then
  for defect in none leak leak-in-worker heap-overflow undefined-value; do
    # shellcheck disable=SC2086 # options are words
    "$valgrind" $options --log-file="logs/$defect.%p" ./planted $defect
    case $defect:$(problems $defect) in
      none: | leak*:*'definitely lost'* | heap-overflow:*'Invalid read'* | undefined-value:*'uninitialised value'*) ;;
      *) problem="$problem$defect: $(problems $defect | head -3)
" ;;
    esac
  done
else
  problem=$(head -3 why)
fi
result 'planted defects are found by valgrind: a leak, one in a worker, a heap overflow, an undefined value' "$problem"
rm -f logs/*

# What commands start from; made without valgrind.
small='--instance quick --set d=4 --set N=8 --set L=8 --set t1=10 --set t2=20 --quiet'
grid='--instance quick --set d=2 --set t1=2 --set t2=3 --quiet'
tiny="$grid --set N=2 --set L=2"
# shellcheck disable=SC2086 # options are words
"$TWOSTAGE" verify $tiny --engine double --certify --only T4.d1 --replay --what-if adam --out base/run >said 2>&1
replay=$(cd base && find run -name '*.replay' | sed 1q)
cp -r base/run base/damaged
printf 'X' | dd of=base/damaged/run.db bs=1 seek=5000 conv=notrunc 2>/dev/null
printf 'name = "x";\nparameters = { d = "1/0" ' >base/bad.cfg
[ -n "$replay" ] || { sed 's/^/# /' said && exit 99; }

# NAME, the status that it ends with (at most, where verdicts decide: 0 to 2), the command.
cat >items <<END
train-double 0 train $small --engine double --reading all --out out
train-mpfr 0 train $small --engine mpfr --precision 128 --out out
train-ball 0 train $tiny --engine ball --out out
train-adam 0 train $small --engine double --set optimizer=adam --set gate=split --out out
train-softmax 0 train $small --engine double --set attention=softmax --out out
train-checkpoints 0 train $small --engine mpfr --checkpoint 0 --out out
verify 2 verify $small --engine double --out out
verify-certified 2 verify $tiny --certify --only T2.b1 --only T4.d1 --replay --out out
verify-what-if 2 verify $tiny --engine double --only T2 --what-if adam --format json --out out
sweep 2 sweep $grid --set L=2 --engine double --along N=2,3 --seeds 2 --only T2 --out out
map 2 map $grid --engine double --x N=2,3 --y L=2,3 --only T2 --out out
export 0 export $tiny --engine double --at 0,t1,t1+t2 --out out
report 2 report --run run --to html,latex,junit,json,tap,figures
report-bundle 2 report --run run --to bundle
compare 2 report --compare run run
replay 2 replay $replay --quiet
claims 0 claims show T2.b1
help 0 verify --help
damaged-store 65 report --run damaged
damaged-instance 65 train --instance bad.cfg --out out
unknown-key 64 train --set dd=3 --out out
END
for test in audit cfg claim fixed formula html instance npy params products softmax tiles workers; do
  [ ! -x "$top_builddir/tests/test_$test" ] || echo "test_$test 0 unit"
done >>items

cat >item <<'END'
name=$1 most=$2
shift 2
cp -r base "item-$name"
if [ "$1" = unit ]; then
  TEST_UNDER="$valgrind --trace-children=yes $options --log-file=$work/logs/$name.%p" TEST_TIMEOUT=3000 \
    sh "$top_srcdir/tests/run-criterion" "$top_builddir/tests/$name" >"said-$name" 2>&1
  status=$(grep -c '^not ok' "said-$name")
else
  cd "item-$name" && "$valgrind" $options --log-file="$work/logs/$name.%p" "$TWOSTAGE" "$@" >"../said-$name" 2>&1
  status=$?
  cd ..
fi
[ $status -eq $most ] || { [ $status -lt $most ] && [ $most -le 2 ]; } || { echo "status $status"; tail -3 "said-$name"; } >"wrong-$name"
rm -rf "item-$name"
END
export TWOSTAGE top_srcdir top_builddir valgrind options work
began=$(date +%s) processes=0
[ -z "${VALGRIND_ITEMS-}" ] || {
  awk -v some=" $VALGRIND_ITEMS " 'index(some, " " $1 " ")' items >some && mv some items
}
xargs -P "$jobs" -L 1 sh item <items
while read -r name _ command; do
  count=$(find logs -name "$name.*" | wc -l)
  processes=$((processes + count))
  case $command in
    unit) words="$name, $(grep -c '^ok' "said-$name" 2>/dev/null) tests" ;;
    *) words="$name" ;;
  esac
  result "$words: $((count + 0)) processes without an error" "$(problems "$name")$(cat "wrong-$name" 2>/dev/null)"
done <items
echo "# $processes processes under valgrind in $((($(date +%s) - began + 30) / 60)) minutes"
plan
