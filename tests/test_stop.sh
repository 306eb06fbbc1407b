#!/bin/sh
# test_stop.sh -- SIGTERM ends what would take hours: evaluation, lemmas, replay, certificate, data, pipes without an end; speaks TAP
#
# Pre-conditions: a folder with the store of an earlier run; a command that would keep at one thing for hours is at it (it has told
# so, or has had a second to get there). Quantity: how it ends after SIGTERM, and what it leaves. Bound: it ends at all, within the
# minute that the test waits, by that signal (143), with one line; run.db is the earlier one, byte for byte, and nothing
# half-written is left. How long it took is printed, not judged: a second and the pauses of a busy machine.
set -u
: "${TWOSTAGE:?}"
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/stop.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
number=0
tiny='--instance quick --set d=2 --set L=2 --set t1=20'

# A claim that goes through the steps to the third power, three times; and one whose constants do.
for place in short claim constant; do
  long='sup(a, 0, t1 + t2, sup(b, 0, t1 + t2, sup(c, 0, t1 + t2, K1(a)*K1(b)*K1(c))))'
  case $place in
  short) observable='K1(t1)' constant=1 ;;
  claim) observable=$long constant=1 ;;
  constant) observable=c constant=$long ;;
  esac
  cat >$place.cfg <<EOT
claims = ( { id = "X"; title = "x"; statement = "x"; trust = "derived"; source = "none"; hypotheses = ();
  constants = { c = "$constant"; };
  observable = "$observable"; relation = "<="; bound = "1"; never_vacuous = "none"; } );
EOT
done
cat >lemmas.cfg <<'EOT'
lemmas = ( { id = "LONG"; title = "long"; statement = "long"; trust = "derived"; source = "none"; method = "Monte Carlo";
  samples = 10000000; level = 0.999; threshold = "t"; bound = "exp(-t^2/2)";
  points = ( { variable = "gaussian_matrix_norm"; m = 64; n = 64; t = 8; } ); } );
EOT

# stopped WORDS SIGN COMMAND...: SIGN: a line of stderr, or seconds.
stopped() {
  words=$1 sign=$2
  shift 2
  rm -rf out && cp -r earlier out
  : >stderr
  "$TWOSTAGE" "$@" >stdout 2>stderr &
  job=$!
  waited=0
  case $sign in
  [0-9]s) sleep "${sign%s}" ;;
  *)
    while ! grep -q "$sign" stderr && kill -0 $job 2>/dev/null && [ $waited -lt 600 ]; do
      sleep 0.1
      waited=$((waited + 1))
    done
    sleep 0.5
    ;;
  esac
  begin=$(date +%s%3N)
  problem=
  kill -TERM $job 2>/dev/null || problem="it had ended before: $(cat stderr); "
  waited=0
  while kill -0 $job 2>/dev/null && [ $waited -lt 6000 ]; do
    sleep 0.01
    waited=$((waited + 1))
  done
  took=$(($(date +%s%3N) - begin))
  if kill -0 $job 2>/dev/null; then
    problem="${problem}it is still at it after a minute; "
    kill -KILL $job
  fi
  wait $job
  status=$?
  [ $status -eq 143 ] || problem="${problem}status $status, expected 143; "
  [ "$(grep -c '^twostage:' stderr)" -eq 1 ] || problem="${problem}$(grep -c '^twostage:' stderr) lines of error, expected 1; "
  grep -q 'stopped by signal 15' stderr || problem="${problem}not told why; "
  cmp -s out/run.db earlier/run.db || problem="${problem}run.db is not the earlier one; "
  [ -z "$(find out -maxdepth 1 -name '*.part')" ] || problem="${problem}left $(find out -maxdepth 1 -name '*.part'); "
  number=$((number + 1))
  [ -z "$problem" ] || printf 'not '
  echo "ok $number - $words: stopped after $took ms"
  [ -z "$problem" ] || { echo "# $problem" && sed 's/^/#   /' stderr; }
}

# shellcheck disable=SC2086 # the words of a command
{
  "$TWOSTAGE" verify $tiny --set N=2 --set t2=20 --engine double --certify --claims short.cfg --replay --quiet --out earlier >log 2>&1
  [ $? -le 2 ] || { sed 's/^/# /' log && exit 99; }
  stopped "a claim of three aggregates" 'done in' verify $tiny --set N=2 --set t2=3000 --engine double --claims claim.cfg --out out
  stopped "constants of a claim" 'done in' verify $tiny --set N=2 --set t2=3000 --engine double --claims constant.cfg --out out
  stopped "a claim of a sweep" 'done in\|cells' sweep $tiny --set t2=3000 --engine double --claims claim.cfg --along N=2,3 --jobs 1 --out out
  stopped "samples of a lemma" 'done in' verify $tiny --set N=2 --set t2=30 --engine double --only T1.w --lemmas lemmas.cfg --out out
  stopped "a certificate" 1s verify --instance quick --set d=2 --set N=64 --set L=64 --set t1=20 --set t2=100000000 --certify --only T1.w --quiet --out out
  stopped "eigenvalues between two steps" 3s verify --instance quick --set N=2 --set L=2 --set t1=20 --set d=128 --set t2=30 --engine mpfr --precision 4096 --quiet --out out
  stopped "balls" 1s verify --instance quick --set d=2 --set N=64 --set L=64 --set t1=20 --set t2=100000000 --engine ball --only T1.w --quiet --out out
  stopped "data of a billion numbers" 1s train --instance quick --set d=4 --set N=1048576 --set L=200 --quiet --out out
}

# replay_file T2 OBSERVABLE: the earlier replay with another claim and length, and the digest that makes it whole.
replay_file() {
  sed -e '/^digest /d' -e "s/^t2=.*/t2=$1/" -e "s/^  observable = .*/  observable = \"$2\";/" earlier/replay/*.replay >long.replay
  printf 'digest %s\n' "$(sha256sum long.replay | cut -d ' ' -f 1)" >>long.replay
}
replay_file 100000000 'K1(t1)'
stopped "a replay's training" 1s replay long.replay --quiet
replay_file 3000 'sup(a, 0, t1 + t2, sup(b, 0, t1 + t2, sup(c, 0, t1 + t2, K1(a)*K1(b)*K1(c))))'
stopped "a replay's claim" 'done in' replay long.replay

# Pipes as input: one that nobody opens for writing, and one that stays open with half a file in it.
mkfifo silent half || exit 99
{ printf 'family = "reference"; name = "half' && exec sleep 600; } >half &
writer=$!
stopped "an instance nobody writes" 1s train --instance silent --quiet --out out
stopped "half an instance" 1s train --instance half --quiet --out out
stopped "claims nobody writes" 1s verify --instance quick --claims silent --quiet --out out
stopped "lemmas nobody writes" 1s verify --instance quick --lemmas silent --quiet --out out
stopped "a replay nobody writes" 1s replay silent --quiet
kill $writer
echo "1..$number"
