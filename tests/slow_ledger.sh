#!/bin/sh
# slow_ledger.sh -- every shipped instance under every reading against its recorded verdicts; speaks TAP
#
# Pre-conditions: a built-in instance as shipped, double engine. Quantity: verdicts that differ from the record. Bound: 0.
set -u
: "${TWOSTAGE:?}"
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/ledger.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
echo 1..3
number=0
for instance in quick reference annealed; do
  number=$((number + 1))
  "$TWOSTAGE" verify --instance $instance --reading all --engine double --ledger --quiet --out "$work/$instance" \
    >"$work/out" 2>"$work/err"
  status=$?
  line=$(grep '^ledger: ' "$work/out")
  case $status/$line in
    0/*', 0 differ from the record, 0 have none') echo "ok $number - $instance: $line" ;;
    *)
      echo "not ok $number - $instance: status $status, $line; expected status 0, 0 differ and 0 without a record"
      grep -B2 'NOT AS RECORDED' "$work/out" | sed 's/^/# /'
      sed 's/^/# /' "$work/err"
      ;;
  esac
done
