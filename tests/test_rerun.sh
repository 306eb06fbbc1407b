#!/bin/sh
# test_rerun.sh -- the audit bundle from outside: made twice, unpacked, checked, run again, altered; speaks TAP
#
# TWOSTAGE=PROGRAM tests/test_rerun.sh   The program is ./twostage by default.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$work" || exit 99

# Two runs of files that lie elsewhere.
mkdir owner
cat >owner/mine.cfg <<'END'
name = "mine";
inherits = "quick";
parameters = { N = "24"; L = "16"; t2 = "200"; };
END
cat >"owner/it's one.cfg" <<'END'
claims = (
  { id = "X.one"; title = "prompts | one"; statement = "the run has prompts"; trust = "derived"; source = "none";
    hypotheses = ();
    observable = "norm_Wbar(t1)"; relation = ">"; bound = "1"; never_vacuous = "it was 0 before"; }
);
END
for run in one two; do
  "$TWOSTAGE" verify --instance "$work/owner/mine.cfg" --claims "$work/owner/it's one.cfg" --engine double --quiet --out $run >/dev/null 2>stderr
  status=$?
  [ $status -eq 0 ] && "$TWOSTAGE" report --run $run --to bundle >$run.list 2>stderr
  status=$?
done
problem=
[ "$status" -eq 0 ] || problem="status $status: $(cat stderr);"
grep -q 'one/bundle.tar.gz' one.list || problem="$problem not named on stdout;"
cmp -s one/bundle.tar.gz two/bundle.tar.gz || problem="$problem two runs give different bytes;"
"$TWOSTAGE" report --run one >/dev/null 2>&1
[ -e one/bundle.tar.gz ] || problem="$problem a report without it removed it;"
result "two runs give the same bundle" "$problem"

tar --numeric-owner -tvzf one/bundle.tar.gz >listing 2>stderr || cat stderr
problem=$(grep -v '^-rw[x-]r-[x-]r-[x-] 0/0  *[0-9]* 2000-01-01 00:00 twostage-bundle/[^/]' listing)
grep -q '\.\./\|/\.' listing && problem="$problem a name leads elsewhere;"
[ "$(wc -l <listing)" -gt 30 ] || problem="$problem $(wc -l <listing) files;"
result "each entry is a file of the one folder, without owner and time" "$problem"

tar xzf one/bundle.tar.gz && cd twostage-bundle || exit 99
problem=$(grep -rl -- "$work" . | head -5)
result "no file names a folder of the writer's" "$problem"

problem=
for file in ARTIFACT.md VERSIONS SHA256SUMS rerun.sh inputs/mine.cfg "inputs/it's one.cfg" inputs/built-in/quick.cfg run/run.db run/report.html \
  run/results.json run/figures/losses.gp run/figures/losses.tsv; do
  [ -s "$file" ] || problem="$problem no $file;"
done
for given in mine.cfg "it's one.cfg"; do
  cmp -s "../owner/$given" "inputs/$given" || problem="$problem $given differs;"
done
cmp -s ../one/run.db run/run.db || problem="$problem run.db differs;"
# shellcheck disable=SC2016 # the text of a shell command
grep -qF '| X.one | prompts \| one | `$R --only X.one` | 1 | `X.one ' ARTIFACT.md || problem="$problem no row of the claim;"
[ "$(find . -type f ! -name SHA256SUMS | wc -l)" -eq "$(wc -l <SHA256SUMS)" ] || problem="$problem a file without a sum;"
result "inputs, store, report, figures, sums and the map of claims are there" "$problem"

problem=
sha256sum --check --quiet SHA256SUMS >../sums 2>&1 || problem=$(cat ../sums)
result "sha256sum agrees with the sums" "$problem"

# rerun WANT WORDS: the status of rerun.sh, and its last line.
rerun() {
  rm -rf rerun
  TWOSTAGE=$TWOSTAGE sh rerun.sh >../output 2>&1
  status=$?
  problem=
  [ $status -eq "$1" ] && [ "$(tail -1 ../output | cut -d: -f1)" = "$2" ] || problem="status $status, expected $1 and '$2': $(cat ../output)"
}
rerun 0 same
grep -q 'run.db: the same bytes' ../output || problem="$problem not the same bytes"
result "run again, it is the same" "$problem"

# A run that says otherwise, packed as if it were this one: one number differs.
"$TWOSTAGE" verify --instance "$work/owner/mine.cfg" --claims "$work/owner/it's one.cfg" --set tau0=1.1e-3 --engine double --quiet --out ../three >/dev/null 2>&1
cp ../three/run.db run/run.db
rerun 1 different
grep -q 'run/run.db: FAILED' ../output || problem="$problem the file is not named: $(cat ../output)"
result "a changed file is named by its sum" "$problem"
sha256sum run/run.db >sum
grep -v ' run/run.db$' SHA256SUMS >>sum
mv sum SHA256SUMS
rerun 1 different
grep -q 'X.one \[shared/separate\]: HOLDS in both' ../output && grep -q '  measured [0-9.]* -> [0-9.]* (' ../output &&
  grep -q 'parameter tau0: 0.0011[0-9]* -> 0.001' ../output || problem="$problem not all that differs is named: $(cat ../output)"
result "numbers that differ are named" "$problem"

problem=
TWOSTAGE=/nowhere/twostage sh rerun.sh >../output 2>&1
status=$?
[ $status -eq 2 ] || problem="without a program status $status, expected 2;"
TWOSTAGE=$TWOSTAGE sh rerun.sh >../output 2>&1
status=$?
[ $status -eq 2 ] && grep -q 'rerun/ is there already' ../output || problem="$problem over an earlier one status $status, expected 2"
result "what cannot be run is no difference" "$problem"

plan
