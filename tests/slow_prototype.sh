#!/bin/sh
# slow_prototype.sh -- the reference family at d = 8, 12, 16, 24 against an independent prototype; speaks TAP
#
# Pre-conditions: instance `reference` with only d and seed changed, double engine, seeds 1 to 3. Quantity: each value of the
# table below, the last record of a run that ends at t1 (t2 = 0) or of a whole run, as the mean over the seeds. Bound: 5 % of
# the middle of the prototype's range over three seeds of its own. A single seed proves nothing here: three seeds scatter by 7 %
# in K1, and ours share their labels between all d. The prototype has L - 1 context tokens over the normaliser 1/L; trained so,
# our data give a K1 higher by 2 % (1.5 to 2.3 % over d = 8, 16 and three seeds), which is taken off its K1 before comparing.
set -u
: "${TWOSTAGE:?}" "${top_builddir:?}"
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/prototype.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

#      d observable at  low  high   (at: t1 or end)
cat >"$work/shared" <<'EOF'
8  K1      t1  0.279 0.299
8  K2      t1  0.558 0.560
8  norm_W  t1  5.6   5.7
8  norm_V  t1  3.4   3.4
8  K1      end 0.143 0.154
8  K2      end 0.367 0.373
8  trace_W end 9.4   9.6
8  trace_V end 9.9   9.9
12 K1      t1  0.216 0.229
12 K2      t1  0.555 0.558
12 norm_W  t1  11.2  11.2
12 norm_V  t1  6.5   6.5
12 K1      end 0.117 0.121
12 K2      end 0.357 0.362
12 trace_W end 16.0  17.6
12 trace_V end 18.7  18.8
16 K1      t1  0.182 0.188
16 K2      t1  0.554 0.561
16 norm_W  t1  17.3  17.4
16 norm_V  t1  9.7   10.0
16 K1      end 0.099 0.102
16 K2      end 0.353 0.362
16 trace_W end 24.3  25.2
16 trace_V end 28.6  28.8
24 K1      t1  0.131 0.145
24 K2      t1  0.554 0.558
24 norm_W  t1  30.3  30.8
24 norm_V  t1  17.5  17.8
24 K1      end 0.074 0.081
24 K2      end 0.351 0.359
24 trace_W end 37.8  43.0
24 trace_V end 51.0  51.4
EOF

# train D SEED READING AT: the table of last values, as "name value" lines.
train() {
  stop=
  [ "$4" = end ] || stop='--set t2=0'
  rm -rf "$work/run"
  # shellcheck disable=SC2086 # an option and its value
  "$TWOSTAGE" train --instance reference --engine double --reading "$3" --set d="$1" --seed "$2" $stop --quiet \
    --out "$work/run" 2>&1
}

{
  for d in 8 12 16 24; do
    for at in t1 end; do
      for seed in 1 2 3; do
        train $d $seed shared/separate $at
      done >"$work/table"
      awk -v d=$d -v at=$at '
        NR == FNR { sum[$1] += $2; seen[$1] += $2 ~ /^[0-9.]+(e-?[0-9]+)?$/; next }
        $1 == d && $3 == at {
          mean = sum[$2] / 3
          middle = ($4 + $5) / 2 * ($2 == "K1" ? 0.98 : 1)
          off = 100 * (mean / middle - 1)
          ok = seen[$2] == 3 && -5 <= off && off <= 5
          printf "%s - %s(%s) at d = %d: mean %.4g of %d seeds, %+.1f %% from %.4g, at most 5 %%\n",
            ok ? "ok" : "not ok", $2, at, d, mean, seen[$2], off, middle
        }' "$work/table" "$work/shared"
    done
  done
  # Under split gates V is driven by chance alone: k zz'/u^2 grows with c = mean of y_q times the mean context label, whose
  # standard deviation is 1/sqrt(N L). With u^4 = 12 lambda, k tends to c u^2/(2 lambda) and K2 to log 2 - c k u^2/2 = log 2 -
  # 3 c^2. Four standard deviations of c make that 48/(N L) = 48/8192. The claim under test was a K2 near .36.
  for d in 8 16; do
    for at in t1 end; do
      train $d 1 split/separate $at >"$work/table"
      awk -v d=$d -v at=$at '
        $1 == "K2" { x = $2 }
        END {
          off = x - log(2)
          if (off < 0) off = -off
          ok = x ~ /^[0-9.]/ && off <= 48 / 8192
          printf "%s - K2(%s) stays at log 2 under split gates, d = %d: %s is off by %.2g, at most %.2g\n", ok ? "ok" : "not ok", at, d, x, off,
            48 / 8192
        }' "$work/table"
    done
  done
} | awk '{ print } /^(not )?ok / { ++count } END { print "1.." count + 0 }'
