#!/bin/sh
# test_kill.sh -- runs and sweeps killed at random moments go on to the same bytes; speaks TAP
#
# TWOSTAGE=PROGRAM tests/test_kill.sh   KILLS=N: as many kills, by default 200; SEED=N: other moments.
#
# Pre-conditions: checkpoints every 0.01 s. Each command is started again and again in one folder, and killed with SIGKILL at
# a moment that is uniform over the time it takes undisturbed: all its processes, or (every other time) the first one alone, so
# that workers outlive it. Quantity: run.db when a start ends by itself. Bound: byte by byte that of the command undisturbed,
# and nothing but the report beside it.
set -u
: "${TWOSTAGE:?}"
LC_ALL=C
export LC_ALL
kills=${KILLS:-200} seed=${SEED:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/kill.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

tiny='--instance quick --set d=4 --set N=8 --set L=8 --set t1=20'
cat >commands <<EOF
train $tiny --set t2=300
train $tiny --set t2=60 --reading all
train $tiny --set t2=60 --engine mpfr --precision 256
train $tiny --set t2=30 --engine ball
train $tiny --set t2=300 --set optimizer=adam --set gate=split
sweep --instance quick --set d=4 --set L=8 --set t1=20 --set t2=100 --along N=8,16 --seeds 2 --only T2
EOF

# now: milliseconds
now() { date +%s%3N; }

# start FOLDER COMMAND...: in a process group of its own; its number in $started.
start() {
  folder=$1
  shift
  setsid "$TWOSTAGE" "$@" --checkpoint 0.01 --quiet --out "$folder" >out 2>err &
  started=$!
}

number=0 done_kills=0 lines=$(wc -l <commands)
line=0
while read -r command; do
  line=$((line + 1))
  rm -rf whole killed
  begin=$(now)
  # shellcheck disable=SC2086 # the words of a command
  "$TWOSTAGE" $command --checkpoint 0.01 --quiet --out whole >out 2>err
  [ $? -le 2 ] || sed 's/^/# /' err
  long=$(($(now) - begin))
  share=$(((kills * line) / lines - (kills * (line - 1)) / lines)) own=0 ended=0 differ=0 stray=0 failed=0
  while [ $own -lt $share ] || [ $ended -eq 0 ]; do
    # shellcheck disable=SC2086
    start killed $command
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    # shellcheck disable=SC2017 # the low bits are the poorer ones
    moment=$((seed / 65536 * long / 32768))
    [ $own -lt $share ] || moment=600000
    # Waits for the moment, or for the end.
    waited=$(now)
    while kill -0 $started 2>/dev/null && [ $(($(now) - waited)) -lt $moment ]; do sleep 0.005; done
    if kill -0 $started 2>/dev/null && [ $own -lt $share ]; then
      if [ $((own % 2)) -eq 0 ]; then kill -KILL -$started; else kill -KILL $started; fi
      own=$((own + 1))
      wait $started 2>/dev/null
      continue
    fi
    wait $started
    status=$?
    ended=$((ended + 1))
    if [ $status -gt 2 ]; then
      failed=$((failed + 1))
      sed 's/^/# /' err
    fi
    cmp -s whole/run.db killed/run.db || differ=$((differ + 1))
    [ -z "$(find killed -name 'worker-*' -o -name cells -o -name '*.part' -o -name checkpoint)" ] || stray=$((stray + 1))
    rm -rf killed
  done
  done_kills=$((done_kills + own))
  number=$((number + 1))
  [ $((differ + stray + failed)) -eq 0 ] || printf 'not '
  echo "ok $number - $command: $own kills, $ended ends: $differ differ, $stray leave files, $failed fail; none may"
done <commands
number=$((number + 1))
[ $done_kills -ge "$kills" ] || printf 'not '
echo "ok $number - $done_kills kills in all, at least $kills"
echo "1..$number"
