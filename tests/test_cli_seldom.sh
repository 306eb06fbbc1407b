#!/bin/sh
# test_cli_seldom.sh -- what the command line is seldom asked for, each once: a given date, going on aloud, a stopped sweep, names of choices in claims, eigenvalues beyond what is enclosed; speaks TAP
#
# TWOSTAGE=PROGRAM tests/test_cli_seldom.sh   The program is ./twostage by default.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
mkdir "$work/cwd" && cd "$work/cwd" || exit 99
out=$work/stdout err=$work/stderr problem_shows=$work/stderr
tiny='--instance quick --set L=2 --set d=2 --set t1=2 --set t2=3 --engine double'
default_signals='env --default-signal=INT,TERM'

# run ARGUMENT...: status, $out and $err of the program.
run() {
  "$TWOSTAGE" "$@" >"$out" 2>"$err"
  status=$?
}

# refused STATUS PATTERN ARGUMENT...: that status, and one line that matches.
refused() {
  want=$1 pattern=$2
  shift 2
  run "$@"
  problem=
  [ "$status" -eq "$want" ] || problem="status $status, expected $want; "
  grep -Eq "^twostage: $pattern" "$err" || problem="${problem}stderr does not match '$pattern'; "
  [ "$(grep -c . "$err")" -eq 1 ] || problem="${problem}$(grep -c . "$err") lines of error, expected 1; "
  result "refused with $want: twostage $*" "$problem"
}

# ---- a date ----

# 1700000000 s are 19675 days and 80000 s = 22:13:20; the 19675th day after 1970-01-01 is 2023-11-14.
# shellcheck disable=SC2086 # the words of a command
{
  SOURCE_DATE_EPOCH=1700000000 "$TWOSTAGE" verify $tiny --only D.start --quiet --out dated >"$out" 2>"$err"
  status=$?
  run report --run dated --to json --to html
  problem=
  grep -q '"2023-11-14T22:13:20Z"' dated/results.json || problem="the JSON does not have it: $(grep -i date dated/results.json); "
  grep -q '2023-11-14T22:13:20Z' dated/report.html || problem="${problem}the HTML does not have it"
  result "SOURCE_DATE_EPOCH=1700000000 is 2023-11-14T22:13:20Z" "$problem"
  for bad in yesterday -1 12x '' 99999999999999999999; do
    SOURCE_DATE_EPOCH=$bad
    export SOURCE_DATE_EPOCH
    refused 64 "SOURCE_DATE_EPOCH: expected seconds since 1970, found '$bad'" train $tiny --quiet --out undated
    unset SOURCE_DATE_EPOCH
  done
}
rm -rf dated undated

# ---- stopped, and gone on with aloud ----

# stop SIGNAL FILE ARGUMENT...: starts the program, waits for FILE, sends the signal; its status.
# shellcheck disable=SC2086 # a pattern
stop() {
  signal=$1 file=$2
  shift 2
  $default_signals "$TWOSTAGE" "$@" >"$out" 2>"$err" &
  job=$!
  tries=0
  while kill -0 $job 2>/dev/null && ! ls $file >/dev/null 2>&1 && [ $tries -lt 3000 ]; do
    sleep 0.01
    tries=$((tries + 1))
  done
  kill "-$signal" $job 2>/dev/null
  wait $job 2>/dev/null
  status=$?
}

# Long enough to be stopped, and in the end not to be waited for: about a second.
long='--instance quick --set t1=20 --set t2=4000 --engine double'
# shellcheck disable=SC2086
{
  run train $long --quiet --out whole
  problem=
  [ "$status" -eq 0 ] || problem="the undisturbed run ended with $status; "
  stop TERM 'out/worker-1/checkpoint/run.db' train $long --checkpoint 0 --quiet --out out
  [ "$status" -eq 143 ] || problem="${problem}the stopped one ended with $status, expected 143; "
  run train $long --out out
  [ "$status" -eq 0 ] || problem="${problem}the last one ended with $status; "
  grep -q '^going on in out: of 1 runs 0 finished, 1 begun$' "$err" || problem="${problem}does not say that it goes on; "
  cmp -s out/run.db whole/run.db || problem="${problem}run.db differs from the undisturbed one"
  result "a stopped run says that it goes on, and ends in the bytes of an undisturbed one" "$problem"
  mv whole/run.db whole.db
  rm -rf whole out

  # Killed for want of memory, say: the worker alone. Then a disk that is full.
  $default_signals "$TWOSTAGE" train $long --checkpoint 0 --quiet --out out >"$out" 2>"$err" &
  job=$!
  tries=0
  while [ ! -f out/worker-1/checkpoint/run.db ] && [ $tries -lt 3000 ]; do
    sleep 0.01
    tries=$((tries + 1))
  done
  kill -KILL "$(ps -o pid= --ppid $job | tr -d " ")"
  wait $job
  status=$?
  problem=
  [ $status -eq 70 ] || problem="status $status without the worker, expected 70; "
  cp out/worker-1/checkpoint/run.db kept.db || problem="${problem}no checkpoint; "
  (ulimit -f 100 && "$TWOSTAGE" train $long --quiet --out out >"$out" 2>"$err")
  status=$?
  [ $status -eq 74 ] || problem="${problem}status $status on a full disk, expected 74; "
  cmp -s out/worker-1/checkpoint/run.db kept.db || problem="${problem}the checkpoint is not what it was; "
  printf damage | dd of=out/worker-1/checkpoint/run.db bs=1 seek=5000 conv=notrunc 2>"$err"
  cp out/worker-1/checkpoint/run.db damaged.db
  run train $long --quiet --out out
  [ "$status" -eq 65 ] || problem="${problem}status $status with a damaged one, expected 65; "
  cmp -s out/worker-1/checkpoint/run.db damaged.db || problem="${problem}the damaged one is not there any more; "
  cp kept.db out/worker-1/checkpoint/run.db
  run train $long --quiet --out out
  [ "$status" -eq 0 ] || problem="${problem}status $status at the end; "
  cmp -s out/run.db whole.db || problem="${problem}run.db differs from the undisturbed one; "
  [ "$(find out -type f | grep -v figures)" = out/run.db ] || problem="${problem}left: $(find out -type f | tr '\n' ' ')"
  result "a worker that is killed, a full disk and damage leave the last checkpoint" "$problem"
  rm -rf out kept.db damaged.db whole.db

  # Two cells one after another: the first is finished when there is a second.
  run sweep $long --along seed=1,2 --jobs 1 --only D.start --quiet --out whole
  problem=
  [ "$status" -le 2 ] || problem="the undisturbed sweep ended with $status; "
  stop TERM 'out/cells/*/run.db' sweep $long --along seed=1,2 --jobs 1 --only D.start --quiet --out out
  [ "$status" -eq 143 ] || problem="${problem}the stopped one ended with $status, expected 143; "
  grep -q '^twostage: .*stopped by signal 15' "$err" || problem="${problem}not told why; "
  [ "$(find out -name run.db ! -path '*checkpoint*' | grep -c cells)" -eq 1 ] || problem="${problem}finished: $(find out -name run.db | tr '\n' ' '); "
  run sweep $long --along seed=1,2 --jobs 1 --only D.start --quiet --out out
  [ "$status" -le 2 ] || problem="${problem}the last one ended with $status; "
  cmp -s out/run.db whole/run.db || problem="${problem}run.db differs from the undisturbed one"
  result "a stopped sweep keeps the finished cell, and ends in the bytes of an undisturbed one" "$problem"
  rm -rf whole out
}

# ---- sweeps ----

# shellcheck disable=SC2086
{
  run sweep $tiny --along N=2,3 --only D.start --only D.eigen --format tap --quiet --out out
  problem=
  [ "$status" -le 2 ] || problem="status $status; "
  lines=$(grep -cE '^(not )?ok ' "$out")
  planned=$(sed -n 's/^1\.\.//p' "$out")
  # Two claims on two cells.
  [ "${planned:-0}" -eq 4 ] && [ "$lines" -eq 4 ] || problem="$problem$lines results, $planned planned, expected 4"
  result "sweep --format tap has a result for each of 2 claims on 2 cells" "$problem"
  rm -rf out
  refused 64 "--until-decided: expected neither --part nor MPI" sweep $tiny --seeds 9 --until-decided T2.w.prob --part 1/2 --out out
  refused 64 "--seeds: the last seed would be beyond 2\^63-1" sweep $tiny --seed 9223372036854775807 --seeds 2 --out out
  refused 64 "--along .*: expected at most [0-9]+ axes" sweep $tiny --along N=2 --along L=2 --along d=2 --along tau0=0 --along tau_xi=0 \
    --along gamma0=1 --along r=1 --along u=9 --along eta1=1 --along eta2=1 --along lambda=1 --along s_e=0 --along t1=1 --along t2=1 --along balance=1 --along eps_W=1 --along eps_V=1 --out out
  for bad in -1 1e10 soon nan; do
    refused 64 "--checkpoint: expected a number of seconds, 0 or more, found '$bad'" train $tiny --checkpoint $bad --out out
  done
}

# ---- claims ----

run claims show L9.half
problem=
[ "$status" -eq 0 ] || problem="status $status; "
grep -q '^formula .*P(Z >= x) <= exp(-x^2/2)/2$' "$out" || problem="${problem}no bound; "
grep -q '^judged .*certified by enclosures on each interval below$' "$out" || problem="${problem}not said how it is judged"
result "claims show of a certified lemma" "$problem"

# claim ID OBSERVABLE COMMA: OBSERVABLE <= 1, in a claims file.
claim() {
  printf '  { id = "X.%s"; title = "t"; statement = "s"; trust = "derived"; source = "s"; hypotheses = ();\n' "$1"
  printf '    observable = "%s"; relation = "<="; bound = "1"; never_vacuous = "w"; }%s\n' "$2" "$3"
}

# Names of choices are 1 where they are chosen, else 0.
{
  echo 'claims = ('
  claim sgd sgd ,
  claim adam adam ,
  claim relu relu ,
  claim softmax softmax ''
  echo ');'
} >choice.cfg
while read -r optimizer attention values; do
  # shellcheck disable=SC2086
  run verify $tiny --set optimizer=$optimizer --set attention=$attention --claims choice.cfg --quiet --out out
  found=$(awk '$1 ~ /^X[.]/ { print $5 }' "$out" | tr '\n' ' ')
  [ "$found" = "$values " ] && problem= || problem="$found, expected $values"
  result "optimizer=$optimizer, attention=$attention: sgd, adam, relu, softmax are $values" "$problem"
  rm -rf out
done <<'EOF'
sgd relu 1 0 1 0
adam relu 0 1 1 0
sgd softmax 1 0 0 1
EOF

# Numbers that no run store has room for end no run.
{
  echo 'claims = ('
  claim small 'exp(-exp(exp(exp(2))))' ,
  claim large 'exp(exp(exp(exp(2))))' ,
  claim step t1 ''
  echo ');'
} >size.cfg
for engine in double ball; do
  # shellcheck disable=SC2086
  run verify ${tiny%double}$engine --claims size.cfg --quiet --out out
  problem=
  for want in 'small INCONCLUSIVE' 'large INCONCLUSIVE' 'step FAILS'; do
    grep -Eq "^X[.]${want% *} +derived +${want#* } " "$out" || problem="$problem$(grep "^X[.]${want% *} " "$out"), expected $want; "
  done
  [ "$status" -eq 1 ] || problem="${problem}status $status, expected 1; "
  run report --run out --to json
  [ "$status" -eq 0 ] || problem="${problem}its report ended with $status"
  result "$engine: values with exponents of more than 128 bits are inconclusive" "$problem"
  rm -rf out
done

# A slip in the name of the claim that explains another.
printf 'claims = (\n%s\n);\n' "$(claim slip 'K1(t1)' '' | sed 's/ never_vacuous/ explained_by = "D.conve";&/')" >slip.cfg
refused 65 'slip[.]cfg:2: explained_by: expected the id of a claim, found .D[.]conve., meant D[.]convex' claims list --claims slip.cfg

# Beyond d = 128 eigenvalues are not enclosed: their sum is still known, as the trace; the largest is not.
{
  echo 'claims = ('
  claim sum 'abs(eigensum_W(t1) - trace_W(t1))' ,
  claim top 'top_W(t1)' ,
  claim other 'eigensum_W(t1 + 1) - trace_W(t1 + 1)' ,
  claim early 'top_W(t1 + 1)' ''
  echo ');'
} >moment.cfg
# moments D VERDICTS REASON: the verdicts on the four, and why the last one is open.
moments() {
  d=$1 want=$2 why=$3
  run verify --instance quick --set N=2 --set L=2 --set t1=2 --set t2=3 --engine double --set "d=$d" --claims moment.cfg --quiet --out out
  problem=
  for id in sum top other early; do
    verdict=${want%%,*} want=${want#*,}
    grep -Eq "^X[.]$id +derived +$verdict " "$out" || problem="$problem$(grep "^X[.]$id " "$out"), expected $verdict; "
  done
  grep -qF "$why" "$out" || problem="${problem}the reason is not: $why"
  result "d=$d: the sum of eigenvalues is known; $why" "$problem"
  rm -rf out
}
moments 16 HOLDS,HOLDS,HOLDS,INCONCLUSIVE, 'top_W: step 3 is not a named one'
moments 129 HOLDS,INCONCLUSIVE,HOLDS,INCONCLUSIVE, 'top_W is measured for d up to 128 only, and d is 129'

# ---- inputs that can be read but once ----

# recorded KIND FILE: what the run store in out has of the file that --KIND gave, in a bundle of its inputs.
recorded() {
  "$TWOSTAGE" report --run out --to bundle >/dev/null 2>>"$err" && (cd out && mkdir -p taken && tar -xzf bundle.tar.gz -C taken)
  cmp "$(find out/taken -path "*/inputs/pipe.$1")" "$2" 2>&1
}
# pipe KIND TEXT COMMAND...: the text, through a pipe with one writer, is judged, and recorded as it was.
pipe() {
  kind=$1 text=$2
  shift 2
  mkfifo "pipe.$kind"
  cat "$text" >"pipe.$kind" &
  run "$@" "--$kind" "pipe.$kind" --quiet --out out
  wait $!
  rm "pipe.$kind"
  problem=
  [ "$status" -le 2 ] || problem="status $status; "
  problem="$problem$(recorded "$kind" "$text")"
  result "--$kind from a pipe is kept as it was read, $(wc -c <"$text") bytes" "$problem"
  rm -rf out
}
cp "$top_srcdir/verify/claims/derived.cfg" claims.cfg
# shellcheck disable=SC2086
{
  pipe instance "$top_srcdir/src/instances/quick.cfg" verify --set N=2 --set L=2 --set d=2 --set t1=2 --set t2=3 --engine double --only D.start
  pipe claims claims.cfg verify $tiny --set N=2 --only D.start
  pipe lemmas "$top_srcdir/verify/lemmas/lemmas.cfg" verify $tiny --set N=2 --only D.start
  pipe rates "$top_srcdir/verify/rates/rates.cfg" sweep $tiny --along N=2,3 --only D.start
}

# ---- engines ----

# The update rule recomputed beside the balls, under the joint loss too: the residual is then that of both blocks.
# shellcheck disable=SC2086
for reading in shared/joint split/joint; do
  run verify $tiny --set N=4 --set t1=20 --set t2=40 --reading $reading --engine ball --only D.step.W --only D.step.V --quiet --out out
  problem=
  [ "$(grep -Ec '^D[.]step[.][WV] +derived +HOLDS ' "$out")" -eq 2 ] || problem="$(grep '^D[.]' "$out")"
  result "$reading in balls takes the steps of the update rule" "$problem"
  rm -rf out
done

# shellcheck disable=SC2086
{
  run verify $tiny --set attention=softmax --certify --only D.start --quiet --out out
  why='the certificate does not apply: under softmax attention the loss is not convex'
  tr '\n' ' ' <"$out" | tr -s ' ' | grep -q "$why" && problem= || problem="not said: $why"
  grep -q '^D[.]start .*computed' "$out" || problem="$problem; $(grep '^D[.]start' "$out"), expected computed"
  result "a certificate under softmax attention: it does not apply, and the verdict says computed" "$problem"
  rm -rf out
}

# ---- exports ----

# shellcheck disable=SC2086
{
  refused 64 "--reading: one reading is exported at a time" export $tiny --reading all --out out
  run export $tiny --at 't1,min(t1 + t2, 0),t1,0' --quiet --out out
  problem=
  [ "$status" -eq 0 ] || problem="status $status; "
  found=$(tr -d ' \n' <out/manifest.json | sed -n 's/.*"steps":\[\([^]]*\)\].*/\1/p')
  [ "$found" = 0,2 ] || problem="${problem}steps $found, expected 0,2: $(head -c 900 out/manifest.json)"
  result "export --at 't1,min(t1 + t2, 0),t1,0' exports steps 0 and 2, each once" "$problem"
  rm -rf out
}

# ---- no gnuplot ----

why='figures not drawn: skipped, because gnuplot is not installed'
# without_gnuplot FOLDER ARGUMENT...: the command does its work, and says what it leaves out.
without_gnuplot() {
  folder=$1
  shift
  PATH=/nonexistent "$TWOSTAGE" "$@" >"$out" 2>"$err"
  status=$?
  problem=
  [ "$status" -eq 0 ] || problem="status $status, expected 0; "
  grep -q "$why\$" "$err" || problem="${problem}not said: $why; "
  [ -z "$(find "$folder" -name '*.svg' -o -name '*.pdf' -o -name '*.png')" ] || problem="${problem}there are pictures"
  result "without gnuplot: twostage $*" "$problem"
}
# shellcheck disable=SC2086
{
  without_gnuplot out verify $tiny --only D.start --out out
  without_gnuplot out report --run out --to figures
  without_gnuplot sweep sweep $tiny --along N=2,3 --only D.start --out sweep
}

plan
