#!/bin/sh
# test_cli_sweep.sh -- sweeps from outside: killed at any moment, in parts, under MPI, with cells that fail; speaks TAP
#
# TWOSTAGE=PROGRAM tests/test_cli_sweep.sh   The program is ./twostage by default; MPIRUN is the command that starts ranks, if
# the program can be one.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$work" || exit 99
problem_shows=$work/stderr

# run ARGUMENT...: status, stdout and stderr of the program.
run() {
  "$TWOSTAGE" "$@" >stdout 2>stderr
  status=$?
}

# same_store FOLDER: a word about what differs from the undisturbed sweep. The store is compared byte by byte, which is
# more than its content.
same_store() {
  cmp -s plain/run.db "$1/run.db" || echo "run.db differs from the undisturbed one;"
  cmp -s plain/results.json "$1/results.json" || echo "results.json differs;"
  [ ! -e "$1/cells" ] || echo "left behind: $(find "$1/cells" | head -3 | tr '\n' ' ');"
}

grid='--instance quick --set N=16 L=8 t2=6000 --along d=4,5,6 --seeds 2 --only T1 --only T3'

# ---- undisturbed ----

began=$(date +%s%N)
# shellcheck disable=SC2086
run sweep $grid --jobs 1 --out plain
took=$((($(date +%s%N) - began) / 1000000))
problem=
[ "$status" -eq 1 ] || [ "$status" -eq 0 ] || problem="status $status, expected 0 or 1;"
[ "$(grep -c 'trained' stderr)" -eq 6 ] || problem="$problem $(grep -c trained stderr) cells trained, expected 6;"
[ "$(grep -c '"cell": \[$' plain/results.json)" -eq 6 ] || problem="$problem not six runs with a cell in results.json;"
awk 'length($0) > 80 { exit 1 }' stdout || problem="$problem a line is longer than 80 columns;"
grep -Eq '^T1.w  *sourced [ .0-9]*  [HFIVU]{2} [HFIVU]{2} [HFIVU]{2}$' stdout || problem="$problem no letters of T1.w;"
[ ! -e plain/cells ] || problem="$problem cells are left;"
result "a sweep has a row for each claim and a letter for each cell" "$problem"

# shellcheck disable=SC2086
run sweep $grid --jobs 3 --out wide
result "the number of jobs does not matter" "$(same_store wide)"

# shellcheck disable=SC2086
run sweep $grid --jobs 2 --out wide
problem=$(same_store wide)
grep -q '6 of them finished before' stderr || problem="$problem the cells were not found in run.db;"
result "a finished sweep is not trained again" "$problem"

# shellcheck disable=SC2086
run sweep $grid --jobs 2 --out wide --plain all
problem=
grep -q '6 of them finished before' stderr || problem="the cells were not found in run.db;"
# shellcheck disable=SC2086
run sweep $grid --jobs 2 --out slowly --plain gates,flips,noise,tiles
[ "$(grep -c trained stderr)" -eq 6 ] || problem="$problem $(grep -c trained stderr) cells trained, expected 6;"
sed 's/ --plain [a-z,]*//' slowly/results.json | cmp -s plain/results.json - || problem="$problem results.json differs;"
result "a cell without fast paths is the same cell" "$problem"

# ---- killed ----

# Four times within what the whole takes, at random moments. awk's seed is the process, so each run of this test meets
# other moments.
for round in 1 2 3; do
  kills=0
  while [ $kills -lt 4 ]; do
    # shellcheck disable=SC2086
    "$TWOSTAGE" sweep $grid --jobs 2 --quiet --out killed >stdout 2>stderr &
    job=$!
    sleep "$(awk -v seed="$$$round$kills" -v took="$took" 'BEGIN { srand(seed); printf "%.3f", 0.25e-3 * took * rand() }')"
    if [ $kills -eq 3 ]; then kill -TERM $job 2>/dev/null; else kill -KILL $job 2>/dev/null; fi
    wait $job 2>/dev/null
    kills=$((kills + 1))
  done
  stores=$(find killed -name run.db 2>/dev/null | wc -l)
  # shellcheck disable=SC2086
  run sweep $grid --jobs 2 --out killed
  kept=$(sed -n 's/^6 cells, \([0-9]*\) of them.*/\1/p' stderr)
  problem=$(same_store killed)
  [ "${kept:-0}" -ge 1 ] || [ "$stores" -eq 0 ] || problem="$problem none of the $stores finished stores was kept;"
  result "killed four times, then the same store; $kept cells were kept (round $round)" "$problem"
  rm -rf killed
done

# ---- in parts, as an array of jobs would ----

problem=
for part in 1 2 3 4; do
  # shellcheck disable=SC2086
  run sweep $grid --jobs 1 --part $part/4 --out parts
  [ "$status" -eq 0 ] || problem="$problem part $part: status $status;"
  [ ! -e parts/run.db ] || problem="$problem part $part has collected;"
done
# shellcheck disable=SC2086
run sweep $grid --out parts
grep -q '6 of them finished before' stderr || problem="$problem not all cells were found;"
result "parts one after another, then a call that collects" "$problem$(same_store parts)"

# ---- damaged stores are named, and what they held is trained again ----

# shellcheck disable=SC2086
run sweep $grid --jobs 1 --part 1/3 --out damaged
damaged=$(find damaged/cells -name run.db | sort | head -1)
printf x | dd of="$damaged" bs=1 seek=5000 conv=notrunc 2>/dev/null
cp plain/run.db damaged/run.db
printf x >>damaged/run.db
# shellcheck disable=SC2086
run sweep $grid --jobs 1 --out damaged
problem=$(same_store damaged)
for file in "$damaged" damaged/run.db; do
  [ "$(grep -c "^twostage: $file: .*; what it held is trained again$" stderr)" -eq 1 ] || problem="$problem $file is not named once;"
done
grep -q '6 cells, 1 of them finished before' stderr || problem="$problem not one cell was kept;"
result "a sweep names the damaged stores that it does without" "$problem"

mkdir -p worker/worker-1
cp plain/run.db worker/worker-1/run.db
printf x >>worker/worker-1/run.db
run train --instance quick --set N=4 L=4 d=3 t1=2 t2=2 --quiet --out worker
problem=
[ "$status" -eq 0 ] || problem="status $status;"
grep -q '^twostage: worker/worker-1/run.db: .*; what it held is trained again$' stderr || problem="$problem worker-1/run.db is not named;"
result "a run names the damaged store of a worker" "$problem"

# ---- cells that fail ----

run sweep --instance quick --set N=16 L=8 t2=40 tau_xi=0 --along tau0=1e-3,0,2e-3 --only T1.w --format json --out failing
problem=
[ "$status" -eq 65 ] || problem="status $status, expected 65;"
[ "$(grep -c 'cell tau0=0 failed, is tried again: .*tau0' stderr)" -eq 1 ] || problem="$problem no word of the first failure;"
[ "$(grep -c 'cell tau0=0 failed twice' stderr)" -eq 1 ] || problem="$problem no word of the second failure;"
[ "$(tail -1 stderr | grep -c '^twostage: 1 of 3 cells failed: tau0=0: ')" -eq 1 ] || problem="$problem the last line does not name it;"
[ "$(grep -c '"verdict":' stdout)" -eq 2 ] || problem="$problem $(grep -c '"verdict":' stdout) verdicts, expected 2;"
grep -A1 '"cell": "tau0=0"' stdout | grep -q '"why": ' || problem="$problem the failed cell is not in the JSON;"
grep -q '^not ok 3 - cell tau0=0 failed' failing/verdicts.tap || problem="$problem nor in the TAP;"
grep -q '^  tau0=0: ' failing/verdicts.txt || problem="$problem nor in the table;"
result "a cell that fails twice is named, and the others are judged" "$problem"

run sweep --instance quick --set N=16 L=8 t2=40 tau_xi=0 --along tau0=0 --only T1.w --out failing
problem=
[ "$status" -eq 65 ] || problem="status $status, expected 65;"
grep -q '^  tau0=0: ' stdout || problem="$problem the table does not name it;"
result "a sweep all of whose cells fail ends with that" "$problem"

# ---- other engines ----

for axis in d=4,5 d=4,5,6; do
  run sweep --engine ball --instance quick --set N=8 L=4 t1=20 t2=20 --only T1.w --along $axis --out balls
done
problem=
grep -q '^3 cells, 2 of them finished before' stderr || problem="the cells were not found;"
[ "$(grep -c '"engine": "ball"' balls/results.json)" -ge 3 ] || problem="$problem not three runs in balls;"
result "a sweep in balls, made longer" "$problem"

# ---- seeds until decided ----

few='--instance quick --set d=4 N=16 L=8 t2=40 --quiet'
# shellcheck disable=SC2086
for folder in until again; do
  run sweep $few --seeds 30 --until-decided T2.w.prob --out $folder
done
problem=
[ "$(grep -c '"until' stdout)" -eq 0 ] || problem="words of another kind;"
trained=$(grep -o '"seed": [1-9][0-9]*' until/results.json | sort -u | wc -l)
grep -q '^T2.w.prob  *FAILS' until/verdicts.txt || problem="$problem T2.w.prob is not decided;"
[ "$trained" -eq 5 ] || problem="$problem $trained seeds were trained, expected 5;"
grep -q 'judged by evidence' until/verdicts.txt || problem="$problem not judged by evidence;"
cmp -s until/run.db again/run.db || problem="$problem twice is not the same;"
result "seeds are added until a probability is decided" "$problem"
# shellcheck disable=SC2086
run sweep $few --seeds 7 --until-decided NOSUCH
[ "$status" -eq 64 ] && grep -q "expected one of .*T2.w.prob.*'NOSUCH'" stderr && problem= || problem="status $status, expected 64"
result "what is no probability is refused" "$problem"
# shellcheck disable=SC2086
run sweep $few --along r=0.1,0.2 --until-decided T2.w.prob
[ "$status" -eq 64 ] && grep -q "expected --seeds" stderr && problem= || problem="status $status, expected 64"
result "--until-decided needs --seeds" "$problem"

# ---- seeds added after a look ----

few='--instance quick --set N=16 L=8 --along d=4,5,6 --quiet'
key='seeds added after a look'
problem=
for seeds in 3 4 4; do
  # shellcheck disable=SC2086
  run sweep $few --seeds $seeds --out looked
  grep -q "$key" looked/results.json && said=yes || said=no
  case $seeds$said in
    3no | 4yes) ;;
    *) problem="$problem $seeds seeds: said $said;" ;;
  esac
done
grep -q "$key.*3, 4" looked/results.json || problem="$problem not which;"
grep -Eq '(HOLDS|FAILS|VACUOUS).*slope' looked/verdicts.txt && problem="$problem a rate is decided;"
tr -s ' \n' ' ' <looked/verdicts.txt | grep -q "level is not kept" || problem="$problem no word beside the rates;"
tr -s ' \n' ' ' <looked/verdicts.txt | grep -q "judged by evidence" || problem="$problem probabilities not by evidence;"
# shellcheck disable=SC2086
run sweep $few --seeds 4 --out fresh
grep -q "$key" fresh/results.json && problem="$problem said of a fresh sweep;"
result "seeds that were added after a look are said, and no rate is decided" "$problem"

# ---- maps ----

run map --instance quick --set N=16 L=8 t2=40 --x 'lambda=1e-3,max(2e-3,1/d^3)' --y u=0.3,0.5,0.7 --out map --quiet
problem=
[ "$(wc -l <map/figures/map.tsv)" -eq 7 ] || problem="$(wc -l <map/figures/map.tsv) lines of map.tsv, expected 7;"
[ -s map/figures/map.gp ] || problem="$problem no map.gp;"
cut -f3 map/figures/map.tsv | grep -Fq 'max(2e-3,1/d^3)' || problem="$problem a value is not called as it was given;"
result "a map writes its figure" "$problem"

# ---- MPI ----

if [ -n "${MPIRUN-}" ]; then
  # More ranks than processors; and continuous integration is root in a container.
  OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export OMPI_MCA_rmaps_base_oversubscribe OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
  for ranks in 1 2 3; do
    # shellcheck disable=SC2086
    $MPIRUN -n $ranks "$TWOSTAGE" sweep $grid --out mpi$ranks >stdout 2>stderr
    problem=$(same_store mpi$ranks)
    [ "$(grep -c 'trained' stderr)" -eq 6 ] || problem="$problem $(grep -c trained stderr) cells trained, expected 6;"
    result "the same store from MPI, $ranks ranks" "$problem"
  done
  $MPIRUN -n 2 "$TWOSTAGE" sweep --instance quick --set N=16 L=8 t2=40 tau_xi=0 --along tau0=1e-3,0 --only T1.w --out mpifail >stdout 2>stderr
  problem=
  [ "$(grep -c 'cell tau0=0 failed twice' stderr)" -eq 1 ] || problem="no word of the second failure;"
  [ "$(grep -c '^twostage: 1 of 2 cells failed: tau0=0: ' stderr)" -eq 1 ] || problem="$problem no last word;"
  result "a failing cell under MPI" "$problem"
  $MPIRUN -n 2 "$TWOSTAGE" sweep --along nosuch=1 >stdout 2>stderr
  problem=
  [ "$(grep -c "^twostage: --along nosuch=1: unknown parameter" stderr)" -eq 1 ] || problem="not said once"
  result "an error of the command line is said by one rank" "$problem"
else
  number=$((number + 1))
  echo "ok $number - MPI # SKIP configured without --with-mpi"
fi

plan
