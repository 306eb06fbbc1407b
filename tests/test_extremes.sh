#!/bin/sh
# test_extremes.sh -- parameters at their ends: a right result, or one line that says why not; speaks TAP
#
# Pre-conditions: the quick instance with d = 4, N = L = 6, 20 + 30 steps, and what a line of the table says. Quantity: exit status and
# stderr; where the run ends well, the numbers of the last step by binary64 and by MPFR at 192 bits. Bound: status and words of
# the table, one line on stderr; all numbers finite, and the two within a relative 1e-9 of each other (two roundings a step, with the
# sums behind them, are a relative 1e-15 each; 50 steps of a map that contracts leave four decimal orders to spare).
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$work" || exit 99
base='--instance quick --set d=4 --set N=6 --set L=6 --set t1=20 --set t2=30'

# train OUT OPTION...: later settings take the place of base's.
train() {
  out=$1
  shift
  keys=
  for word in "$@"; do case $word in *=*) keys="$keys ${word%%=*}" ;; esac done
  options=
  for word in $base; do
    case $word in
    --set) ;;
    *=*)
      case " $keys " in *" ${word%%=*} "*) ;; *) options="$options --set $word" ;; esac
      ;;
    *) options="$options $word" ;;
    esac
  done
  # shellcheck disable=SC2086 # the words of a command
  "$TWOSTAGE" train $options "$@" --quiet --out out >"$out" 2>err
  status=$?
  rm -rf out
  return $status
}

# compare A B: what differs between the last columns of two tables; what audits measure is rounding itself, and is another in
# each arithmetic.
compare() {
  awk '
    NR == FNR { value[$1] = $NF; next }
    FNR > 1 && $1 in value && $1 !~ /^(fallbacks|undecided|flips|audit_.*)$/ {
      a = value[$1] + 0; b = $NF + 0; d = a - b; if (d < 0) d = -d
      size = (a < 0 ? -a : a) + (b < 0 ? -b : b)
      if (value[$1] ~ /[nN][aA][nN]|[iI][nN][fF]/ || $NF ~ /[nN][aA][nN]|[iI][nN][fF]/) print $1 ": " value[$1] " and " $NF
      else if (!(d <= 1e-9 * size)) print $1 ": " value[$1] " and " $NF
      seen++
    }
    END { if (seen < 10) print "only " seen + 0 " numbers to compare" }
  ' "$1" "$2"
}

# right OPTION...: the run ends well, and two arithmetics agree.
right() {
  train double "$@" --engine double || { result "$*: ends well" "double: $(cat err)" && return; }
  train mpfr "$@" --engine mpfr --precision 192 || { result "$*: ends well" "mpfr: $(cat err)" && return; }
  result "$*: right: double and mpfr agree, all numbers finite" "$(compare double mpfr)"
}

# refused STATUS WORDS OPTION...
refused() {
  wanted=$1 words=$2
  shift 2
  train table "$@"
  status=$?
  problem=
  [ $status -eq "$wanted" ] || problem="status $status, expected $wanted: "
  [ "$(wc -l <err)" -eq 1 ] || problem="$problem$(wc -l <err) lines on stderr, expected 1: "
  grep -qF -- "$words" err || problem="${problem}expected '$words': "
  [ -z "$problem" ] || problem="$problem$(cat err)"
  result "$*: refused: $(cut -c 1-200 err | head -1)" "$problem"
}

while IFS='|' read -r what options words; do
  # shellcheck disable=SC2086 # options are words
  case $what in
  right) right $options ;;
  6*) refused "$what" "$words" $options ;;
  esac
done <<'TABLE'
65|--set d=1|with d = 1 there are no two orthogonal directions
right|--set d=2|
right|--set N=1|
right|--set L=1|
right|--set N=1 --set L=1 --set d=2|
right|--set t1=0|
right|--set t2=0|
65|--set lambda=2|eta1*lambda = 1*2: expected less than 1
65|--set lambda=1e6|expected less than 1
right|--set lambda=0|
65|--set lambda=-1|lambda
65|--set tau0=0|nothing trains
right|--set tau0=0 --set tau_xi=1/100|
right|--set tau0=1/100 --set tau_xi=0|
right|--set tau0=2^10|
right|--set tau0=2^100|
right|--set tau_xi=2^100|
right|--set tau_xi=2^-150|
65|--set tau0=2^-150|expected 0 or a number from 2^-150
right|--set u=0 --set r=0|
right|--set u=2^20|
65|--set u=2^-150|expected 0 or a number from 2^-150
65|--set s_e=2^151|s_e
65|--set gamma0=2^150|step 0: loss_P is not 0, and below 2^-(2^100)
65|--set gamma0=2^150 --engine mpfr|step 0: loss_P is not 0, and below 2^-(2^100)
65|--set s_e=2^150|step 1: K1 is not 0, and below 2^-(2^100)
65|--set s_e=2^150 --engine mpfr|step 1: K1 is not 0, and below 2^-(2^100)
right|--set s_e=2^40 --set N=64|
right|--set gamma0=2^10|
right|--set s_e=2^10|
right|--set eta1=2^-98|
65|--set eta1=2^-101|expected a number from 2^-100
65|--set eta1=0|eta1 = 0
65|--set eta1=1/0|the value is not finite
65|--set eta1=log(-1)|the value is not finite
65|--set eta1=2^1100|the value is too large
65|--set lambda=2^-1100|smaller in size than 2^-1022
right|--set seed=0|
right|--set seed=2^63-1|
65|--set seed=2^63|seed
65|--set seed=-1|expected a whole number from 0 to 2^63-1
65|--set N=10^18|expected 1 to 1048576
65|--set L=10^12|expected 1 to 65536
65|--set d=1025|expected 2 to 1024
65|--set d=1024 --set N=1048576 --set L=65536|expected at most 2^31 numbers
65|--set t2=10^12|t2
65|--set t2=10^30|t2
right|--set t1=1/2|
right|--set eta1=1/2 --set eta2=1/4 --set lambda=1.999|
right|--set eta1=1/2 --set eta2=1/4 --set lambda=2-2^-52|
65|--set eta1=1/2 --set eta2=1/4 --set lambda=2|expected less than 1
65|--set eta1=1 --set lambda=1/2 --set eta2=4|expected less than 1
64|--engine double --precision 2|
64|--engine ball --precision 2|expected an integer
64|--engine ball --precision 100000|expected an integer
64|--engine mpfr --precision 2|expected an integer from 53 to 4096
64|--engine mpfr --precision 52|expected an integer from 53 to 4096
64|--engine mpfr --precision 100000|expected an integer from 53 to 4096
64|--engine mpfr --precision 10^3|expected an integer from 53 to 4096
TABLE

train double --engine double
train fine --engine mpfr --precision 4096
result "--engine mpfr --precision 4096: right: double agrees" "$(compare double fine)"

# Millions of steps. Pre-conditions: one prompt of one token, no noise but that of the start, eta*lambda = 2^-17 exactly, 3*10^6 steps.
# Quantity: two things that are known without training. The noise weight has shrunk by (1 - 2^-17)^t; its bound: two roundings a
# step, t*2^-52 = 7e-10, and half a unit of the tenth printed digit, 5e-10, twice. And the signal weight stands still, so with the
# loss K = log(1 + exp(-m)) of margin m it has lambda*|U|^2 = m*(1 - exp(-K)); its bound: what is left of the way, exp(-t*2^-17) =
# 1e-10, twice as |U| is squared, steps that round to none, 2^-53/eta = 7e-12, and printed digits, 5e-10 for K and twice that for
# |U|: below 2e-9. Of all steps about 500 are kept: the store stays below 4 MiB, where all would take gigabytes.
long='--instance quick --set d=2 --set N=1 --set L=1 --set lambda=1/2 --set eta1=2^-16 --set eta2=2^-16 --set tau_xi=0 --engine double'
# shellcheck disable=SC2086 # options are words
{
  "$TWOSTAGE" train $long --set t1=0 --set t2=0 --quiet --out start >first 2>err
  "$TWOSTAGE" train $long --set t1=10 --set t2=3*10^6-10 --quiet --out millions >last 2>>err
}
found=$(awk -v kib="$(du -k millions/run.db | cut -f 1)" '
  function far(a, b) { return a == b ? 0 : a > b ? a / b - 1 : b / a - 1 }
  function check(what, quantity, bound) {
    if (quantity <= bound) said = said sprintf("%s %.2g of at most %.2g; ", what, quantity, bound)
    else print "BAD " what ": " quantity ", expected at most " bound
  }
  function stands(block, K, size) {
    check(block " stands still to", far(size * size / 2, -log(exp(K) - 1) * (1 - exp(-K))), 2e-9)
  }
  NR == FNR { start[$1] = $NF; next }
  { end[$1] = $NF }
  END {
    t = 3e6
    x = 2^-17
    if (end["step"] != t) print "BAD step " end["step"] ", expected " t
    check("noise weight off by", far(end["norm_Wtilde"], start["norm_Wtilde"] * exp(-t * (x + x^2 / 2 + x^3 / 3))), 2e-9)
    stands("W", end["K1"], end["norm_Wbar"])
    stands("V", end["K2"], end["norm_Vbar"])
    check("KiB of store", kib > 0 ? kib : 1e9, 4096)
    print said
  }
' first last 2>&1)
result "3000000 steps: right: $(echo "$found" | grep -v '^BAD')" "$(echo "$found" | grep '^BAD' | cat - err)"

# As many steps as may be, and more than 32 bits count: said, begun, and one signal ends it.
for steps in 1000000000000 4294967297; do
  # shellcheck disable=SC2086 # options are words
  "$TWOSTAGE" train $long --set t1=1 --set t2=$steps-1 --out endless >table 2>err &
  job=$!
  waited=0
  # Told when the worker is on its way.
  while ! { [ -d endless/worker-1 ] && grep -q ' steps$' err; } && [ $waited -lt 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
  done
  kill -TERM $job
  wait $job
  status=$?
  problem=
  [ $status -eq 143 ] || problem="status $status, expected 143: "
  grep -q "^double, shared/separate: $steps steps\$" err || problem="${problem}the plan is not told: "
  [ "$(grep -c '^twostage: ' err)" -eq 1 ] || problem="${problem}expected one line of error: "
  [ -z "$problem" ] || problem="$problem$(cat err)"
  result "$steps steps: told beforehand, and ended by a signal" "$problem"
  rm -rf endless
done

plan
