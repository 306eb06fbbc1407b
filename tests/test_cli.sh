#!/bin/sh
# test_cli.sh -- the command line from outside: every user error, help, the formats, what is left behind; speaks TAP
#
# TWOSTAGE=PROGRAM tests/test_cli.sh   The program is ./twostage by default.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
mkdir "$work/cwd" && cd "$work/cwd" || exit 99
out=$work/stdout err=$work/stderr problem_shows=$work/stderr

# run ARGUMENT...: status, $out and $err of the program in an empty folder.
run() {
  "$TWOSTAGE" "$@" >"$out" 2>"$err"
  status=$?
}

left_behind() {
  find . -mindepth 1 | head -3 | tr '\n' ' '
}

# refused STATUS PATTERN ARGUMENT...: the status, one line on stderr that matches, nothing on stdout, no file left.
refused() {
  want=$1 pattern=$2
  shift 2
  run "$@"
  problem=
  [ "$status" -eq "$want" ] || problem="status $status, expected $want;"
  lines=$(($(wc -l <"$err")))
  [ "$lines" -eq 1 ] || problem="$problem $lines lines on stderr, expected 1;"
  grep -Eq "^twostage: .*$pattern" "$err" || problem="$problem stderr does not match '$pattern';"
  [ -s "$out" ] && problem="$problem stdout has $(($(wc -c <"$out"))) bytes, expected 0;"
  [ -z "$(left_behind)" ] || problem="$problem left behind: $(left_behind)"
  find . -mindepth 1 -delete
  result "refused with $want: twostage $*" "$problem"
}

# json_paths <FILE: a JSON document as lines "path<TAB>value", or exit status 1. Strict: RFC 8259, nothing more.
json_paths() {
  awk '
    function bad(why) { print "JSON: " why " at character " at; failed = 1; exit 1 }
    function blanks() { while (substr(text, at, 1) ~ /[ \t\r\n]/ && at <= length(text)) at++ }
    function take(c) { blanks(); if (substr(text, at, 1) != c) bad("expected " c); at++ }
    function string(   rest) {
      rest = substr(text, at, 20000)
      if (!match(rest, /^"([^"\\\001-\037]|\\["\\\/bfnrt]|\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])*"/)) bad("expected a string")
      at += RLENGTH
      return substr(rest, 2, RLENGTH - 2)
    }
    function value(path,   c, rest, key, i) {
      blanks()
      c = substr(text, at, 1)
      if (c == "{") {
        at++; blanks()
        if (substr(text, at, 1) == "}") { at++; return }
        do {
          blanks(); key = string()
          if ((path, key) in seen) bad("key given twice: " key)
          seen[path, key] = 1
          take(":"); value(path "." key); blanks(); c = substr(text, at, 1); at++
        } while (c == ",")
        if (c != "}") bad("expected , or }")
      } else if (c == "[") {
        at++; blanks()
        if (substr(text, at, 1) == "]") { at++; return }
        i = 0
        do { value(path "[" i++ "]"); blanks(); c = substr(text, at, 1); at++ } while (c == ",")
        if (c != "]") bad("expected , or ]")
      } else if (c == "\"") {
        print path "\t" string()
      } else {
        rest = substr(text, at, 100)
        if (!match(rest, /^(true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)/)) bad("expected a value")
        print path "\t" substr(rest, 1, RLENGTH)
        at += RLENGTH
      }
    }
    { text = text $0 "\n" }
    END { if (failed) exit 1; at = 1; value(""); blanks(); if (at <= length(text)) bad("expected the end"); exit failed }
  '
}

# ---- usage errors ----

refused 64 'expected a command:.* verify train export sweep map claims replay report bench'
refused 64 "unknown command 'swep' \(known: verify train export sweep map claims replay report bench\)" swep
refused 64 "unknown command 'verif'" verif
refused 64 "unknown command ''" ''
refused 64 "unknown option '--frob' \(known: --help --version\)" --frob verify
refused 64 "verify: unknown option '--frob' \(known: --instance .*--version\)" verify --frob
refused 64 "verify: unknown option '--inst'" verify --inst quick
refused 64 "verify: unknown option '-q'" verify -q
refused 64 "claims: unknown option '--instance'" claims list --instance quick
refused 64 '--instance: expected an argument, NAME' verify --instance
refused 64 '--out: expected an argument, DIR' verify --out --quiet
refused 64 '--out: expected an argument, DIR' verify --out ''
refused 64 '--out: expected an argument, DIR' verify --out=
refused 64 '--quiet: expected no argument' verify --quiet=1
refused 64 '--seed: given twice' verify --seed 1 --seed 2
refused 64 'seed is set twice' verify --seed 1 --set seed=2
refused 64 'd is set twice' verify --set d=8 --set L=9 d=8
refused 64 "unexpected argument 'quick', expected options only" verify quick
refused 64 "--what-if: expected one of all no-stage-one .* softmax, found 'annealing'" verify --what-if annealing
refused 64 "attention = softmax: the mpfr engine has none, expected --engine double" verify --set attention=softmax
refused 65 "attention = relux: expected relu or softmax" verify --set attention=relux
refused 65 "balance = 2: expected a probability from 0 to 1" verify --set balance=2
refused 64 "unexpected argument '--quiet'" verify -- --quiet
for bits in 7 52 4097 128bits 1e2 ' 99' +99 99999999999999999999; do
  refused 64 "--precision: expected an integer from 53 to 4096, found '" verify --precision "$bits"
done
refused 64 "--precision: the double engine always has 53 bits" train --precision 100
refused 64 "--precision: the double engine always has 53 bits" verify --engine double --precision 100
refused 64 "--engine: expected one of double mpfr ball, found 'quad'" verify --engine quad
refused 64 "--engine: exported weights are numbers, expected double or mpfr, found 'ball'" export --engine ball
for seed in -1 1.5 9223372036854775808 zero; do
  refused 64 "--seed: expected an integer from 0 to 9223372036854775807, found '$seed'" train --seed "$seed"
done
refused 64 "--reading: .*shared/separate.*split/joint" verify --reading shared
refused 64 "--reading: .*shared/separate.*split/joint" verify --reading split/both
refused 64 "--set gate: contradicts --reading split/joint" verify --reading split/joint --set gate=shared
refused 64 "--set loss: contradicts --reading all" verify --set loss=joint --reading all
refused 64 "--set lamda=1: .*'lamda'.* d N L " verify --set lamda=1
refused 64 "--set lambda: expected KEY=VALUE" verify --set lambda
refused 64 "--certify: --engine ball certifies by itself, expected double or mpfr" verify --certify --engine ball
refused 64 "replay: expected a FILE that verify --replay wrote" replay
refused 66 "nosuch.replay: cannot be opened: No such file" replay nosuch.replay
refused 64 "--format: expected one of table tap json, found 'xml'" verify --format xml
refused 64 "--format: expected one of table json, found 'tap'" bench --format tap
refused 64 "--record: expected an integer from 1 " train --record 0
refused 64 "NOSUCH" verify --only NOSUCH
refused 64 "claims: expected list, show ID or names" claims
refused 64 "claims: expected list, show ID or names, found 'frob'" claims frob
refused 64 "claims list: expected no further argument" claims list T1
refused 64 "claims show: expected one ID" claims show
refused 64 "NOSUCH" claims show NOSUCH
refused 64 "L5 is a lemma" verify --instance quick --only L5
refused 64 "claims: unexpected argument 'b'" claims show a b
refused 64 "--run: expected" report
refused 64 "--to: expected a list of table tap json junit latex figures html bundle, found 'docx'" report --run . --to docx
refused 64 "--at: .*" export --instance quick --at ''
refused 64 "--at: .*t9.*parameter" export --instance quick --at t9
refused 64 "--at: -1 is -1, expected a step from 0 to " export --instance quick --at 0,-1
refused 64 "--at: t1 \+ 1e9 is 1000000099, expected a step from 0 to " export --instance quick --at '0,t1 + 1e9'
refused 64 "--at: column 3: expected a number" export --instance quick --at 0,,t1

refused 64 'sweep: expected --along KEY=V1,V2,... or --seeds K' sweep --instance quick
refused 64 "--along lamda=1: unknown parameter 'lamda'" sweep --along lamda=1
refused 64 '--along d=4,: value 2 is empty' sweep --along d=4,
refused 64 '--along d: contradicts --set' sweep --along d=4,8 --set d=8
refused 64 '--along seed: contradicts --seed' sweep --along seed=1,2 --seed 3
refused 64 '--seeds seed=: seed is an axis already' sweep --along seed=1,2 --seeds 3
refused 64 '--along gate: contradicts --reading' sweep --along gate=shared,split --reading all
refused 64 'cells d=4 and d=8/2 have the same parameters' sweep --along d=4,8/2
refused 64 '--seeds: expected an integer from 1' sweep --seeds 0
refused 64 '--jobs: expected an integer from 1' sweep --seeds 2 --jobs 0
for part in 0/2 3/2 1 1/ /2 1/2/3 -1/2 a; do
  refused 64 "--part: expected I/N with I from 1 to N, found '$part'" sweep --seeds 2 --part "$part"
done
refused 64 'map: expected --x KEY=V1,... and --y' map --x d=4,8
refused 64 '--y d=4: d is an axis already' map --x d=4,8 --y d=4

for paths in gate "gates," gates,all; do
  refused 64 "--plain: expected names of gates .*, or all, found '" train --plain "$paths"
done

# ---- bad values and files ----

refused 65 "--set lambda" verify --set 'lambda=1/('
refused 65 "--set d" verify --set d=0
refused 65 "t1" verify --set eta1=t1
refused 65 "tau0" train --instance quick --quiet --set tau0=0 tau_xi=0
refused 65 "tau0" verify --instance quick --set tau0=0 tau_xi=0
refused 65 "cell d=4 lambda=d/2: .*eta1\*lambda" sweep --along d=4 --along lambda=1/100,d/2
refused 65 "cell gate=both: --along gate: .*expected shared or split" sweep --along gate=shared,both
refused 66 "reference, quick.*'nosuch'" verify --instance nosuch
refused 66 "nosuch.cfg" verify --claims "$work/nosuch.cfg"
refused 66 "nosuch" report --run "$work/nosuch"
printf 'd = "16"\nN = = 3\n' >"$work/broken.cfg"
refused 65 "broken.cfg:2" verify --instance "$work/broken.cfg"
mkdir "$work/damaged"
echo "this is no data base" >"$work/damaged/run.db"
refused 65 "damaged/run.db" report --run "$work/damaged"
: >"$work/file"
refused 73 "$work/file" train --instance quick --out "$work/file"
refused 73 "/dev/null: .*" verify --instance quick --out /dev/null/x
refused 73 "/dev/null: .*" export --instance quick --out /dev/null/x

cat >"$work/claims.cfg" <<'END'
claims = (
  { id = "A"; title = 7; },
  { id = "B"; trust = "certain"; }
);
END
run verify --claims "$work/claims.cfg"
problem=
[ "$status" -eq 65 ] || problem="status $status, expected 65;"
[ "$(grep -c "^twostage: $work/claims.cfg:2" "$err")" -ge 1 ] || problem="$problem no error of line 2;"
[ "$(grep -c "^twostage: $work/claims.cfg:3" "$err")" -ge 1 ] || problem="$problem no error of line 3;"
grep -qv '^twostage: ' "$err" && problem="$problem a line of another form;"
[ "$(sort "$err" | uniq -d | wc -l)" -eq 0 ] || problem="$problem an error is told twice;"
sed 's/.*claims.cfg:\([0-9]*\).*/\1/' "$err" | sort -nc 2>"$work/order" || problem="$problem not in the file's order;"
result "every error of a claims file gets a line" "$problem"

# ---- help and version ----

for command in '' verify train export sweep map claims replay report bench; do
  # shellcheck disable=SC2086 # no command is no argument
  run $command --help
  problem=
  [ "$status" -eq 0 ] || problem="status $status, expected 0;"
  [ -s "$err" ] && problem="$problem stderr is not empty;"
  grep -q "^Usage: twostage $command" "$out" || problem="$problem no usage line;"
  grep -q '^Examples:' "$out" || problem="$problem no example;"
  awk 'length($0) > 100 { exit 1 }' "$out" || problem="$problem a line is longer than 100 columns;"
  result "twostage $command --help" "$problem"
done
run train --out x -h
[ "$status" -eq 0 ] && [ -s "$out" ] && problem= || problem="status $status, expected 0 and a text"
result "-h after other options" "$problem"
run --version
[ "$status" -eq 0 ] && grep -q '^twostage [0-9]' "$out" && grep -q '^mpfr [0-9]' "$out" && problem= || problem="status $status, expected 0 and versions"
result "--version names program and libraries" "$problem"

# ---- what is made of the help ----

here=$(dirname "$TWOSTAGE")
problem=
for made in src/twostage.1 src/completions/twostage; do
  [ -s "$here/$made" ] || problem="$problem no $made;"
done
for command in verify train export sweep map claims replay report bench; do
  grep -q "^\.SS $command\$" "$here/src/twostage.1" || problem="$problem no $command in the manual page;"
  grep -q "^ *$command) words='.*--help" "$here/src/completions/twostage" || problem="$problem no $command in the completion;"
done
result "manual page and completion have every command" "$problem"
if bash --version >/dev/null 2>&1; then
  # shellcheck disable=SC2016 # the inner shell's
  words=$(bash -c '. "$1"; COMP_WORDS=(twostage verify --in) COMP_CWORD=2; _twostage; echo "${COMPREPLY[*]}"
    COMP_WORDS=(twostage verify --instance q) COMP_CWORD=3; _twostage; echo "${COMPREPLY[*]}"' - "$here/src/completions/twostage" | tr '\n' ' ')
  [ "$words" = '--instance quick ' ] && problem= || problem="completed '$words', expected '--instance quick '"
  result "bash completes options and instances" "$problem"
else
  number=$((number + 1))
  echo "ok $number - bash completes options and instances # SKIP no bash"
fi

# ---- claims ----

run claims list
sed '/^$/,$d' "$out" >"$work/list" # the claims and lemmas; rates stand below a blank line
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
for id in T1.a2 T2.b2 T3.c2 T4.d1 C.t1 C.t2; do
  grep -q "^$id  *[a-z]*  *[^ ]" "$out" || problem="$problem no line of $id;"
done
result "claims list has every claim with its trust" "$problem"
run claims show T2.b2
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
for label in T2.b2 'in words' formula trust source hypotheses expected; do
  grep -q "^$label " "$out" || problem="$problem no '$label';"
done
result "claims show tells all of a claim" "$problem"
run claims names
problem=
for name in d lambda eps_W K1 norm_Vbar min_margin; do
  grep -q "^  $name  *[^ ]" "$out" || problem="$problem no line of $name;"
done
result "claims names has parameters and observables" "$problem"
run claims show T1.time.Q
problem=
grep -q '(implied)' "$out" && grep -q '(blind)' "$out" || problem="no changed copies that hold too"
result "claims show tells what a claim cannot tell apart" "$problem"
cat >"$work/lemmas.cfg" <<'END'
lemmas = ( { id = "M6"; title = "signs"; statement = "S"; trust = "sourced"; source = "W";
  method = "Monte Carlo"; samples = 1000; level = 0.99; threshold = "t"; bound = "exp(-t^2/(2*n))";
  points = ( { variable = "rademacher_sum"; n = 4; t = 2; } ); } );
END
run claims list --lemmas "$work/lemmas.cfg"
problem=
grep -q '^M6  *sourced  *[^ ]' "$out" || problem="no line of M6;"
grep -q '^L6 ' "$out" && problem="$problem L6 is still there;"
run claims show M6 --lemmas "$work/lemmas.cfg"
for label in M6 'in words' threshold formula judged trust source points; do
  grep -q "^$label " "$out" || problem="$problem no '$label' of M6;"
done
result "claims list and show take --lemmas" "$problem"
sed 's/threshold = "t"/threshold = "tt"/' "$work/lemmas.cfg" >"$work/wrong.cfg"
refused 65 "wrong.cfg:[0-9]*:[0-9]*: .*'tt'" claims list --lemmas "$work/wrong.cfg"

# ---- verify, end to end, with few steps ----

short="--instance quick --set t2=40 N=24 L=16"
# shellcheck disable=SC2086
{
  run verify $short --out first --format json --quiet
  first=$status
  cp "$out" "$work/first.json"
}
problem=
case $first in
  0 | 1 | 2) ;;
  *) problem="status $first, expected 0, 1 or 2;" ;;
esac
[ -s "$err" ] && problem="$problem stderr is not empty;"
for file in run.db results.json verdicts.tap verdicts.txt figures/losses.gp figures/losses.tsv figures/digits.tsv; do
  [ -s "first/$file" ] || problem="$problem no first/$file;"
done
[ -z "$(find . -name '*.part' -o -name '*.tmp')" ] || problem="$problem half-written files;"
result "verify writes the report folder" "$problem"

problem=
json_paths <"$work/first.json" >"$work/paths" || problem="$(tail -1 "$work/paths");"
for path in '.schema' '.parameters.d' '.claims[0].id' '.claims[0].reading' '.claims[0].verdict' '.claims[0].certified' \
  '.claims[0].value' '.claims[0].bound' '.claims[0].ratio' '.claims[0].trust'; do
  awk -F '\t' -v path="$path" '$1 == path { found = 1 } END { exit !found }' "$work/paths" || problem="$problem no $path;"
done
grep -q '^\.provenance\.' "$work/paths" || problem="$problem no provenance;"
result "verify --format json is a JSON document with the documented fields" "$problem"

# shellcheck disable=SC2086
run verify $short --quiet --out second --format json
problem=
cmp -s "$out" "$work/first.json" || problem="stdout differs;"
cmp -s first/results.json second/results.json || problem="$problem results.json differs;"
cmp -s first/run.db second/run.db || problem="$problem run.db differs;"
cmp -s first/results.json "$work/first.json" || problem="$problem results.json is not what --format json prints;"
result "the same command in another folder makes the same bytes" "$problem"

# ---- certified verdicts and their replay ----

# shellcheck disable=SC2086
run verify $short --certify --replay --quiet --only T4 --out proved --format json
problem=
json_paths <"$out" >"$work/paths" || problem="$(tail -1 "$work/paths");"
awk -F '\t' '$1 ~ /^\.claims\[[0-9]+\]\.certified$/ { n++; if ($2 == "true") yes++ } END { exit !(n > 0 && yes == n) }' \
  "$work/paths" || problem="$problem not all verdicts are certified;"
awk -F '\t' '$1 == ".runs[0].gates" && $2 > 0 { found = 1 } END { exit !found }' "$work/paths" ||
  problem="$problem no certified gates;"
file=proved/replay/T4.d1.shared-separate.replay
[ -s "$file" ] || problem="$problem no $file;"
result "verify --certify certifies, and --replay writes what can be replayed" "$problem"

run replay "$file" --quiet
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
grep -q '^T4.d1 \[shared/separate\] .* certified: confirmed$' "$out" || problem="$problem not confirmed;"
result "replay confirms it" "$problem"

sed 's/^seed=1$/seed=2/' "$file" >altered.replay
run replay altered.replay --quiet
problem=
[ "$status" -eq 65 ] || problem="status $status, expected 65;"
grep -q 'altered.replay: damaged: its content was changed' "$err" || problem="$problem it is not called damaged;"
result "an altered replay file is refused" "$problem"
rm -rf proved altered.replay

find second -mindepth 1 ! -name run.db -delete
run report --run second
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
diff -r first second >"$work/diff" || problem="$problem $(head -1 "$work/diff");"
result "report rebuilds the same bytes from run.db" "$problem"

find second -mindepth 1 ! -name run.db -delete
run report --run second --to tap,json
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
[ "$(find second -mindepth 1 | sort | tr '\n' ' ')" = 'second/results.json second/run.db second/verdicts.tap ' ] ||
  problem="$problem the folder has $(find second -mindepth 1 | tr '\n' ' ');"
cmp -s first/results.json second/results.json || problem="$problem results.json differs;"
result "report --to writes what it is asked for" "$problem"

# A report that gnuplot keeps waiting.
mkdir both bin
cp second/run.db both
cat >bin/gnuplot <<EOT
#!/bin/sh
: >$work/drawing
while [ ! -e $work/go ]; do sleep 0.1; done
exit 3
EOT
chmod +x bin/gnuplot
PATH=$PWD/bin:$PATH "$TWOSTAGE" report --run both >"$work/waiting" 2>&1 &
pid=$!
for _ in $(seq 600); do [ -e "$work/drawing" ] || sleep 0.1; done
run report --run both --to json
problem=
[ "$status" -eq 73 ] || problem="status $status, expected 73;"
grep -q 'both/run.db.part: another program is writing to this folder$' "$err" || problem="$problem not said that the folder is taken: $(cat "$err");"
: >"$work/go"
wait $pid || problem="$problem the first one: status $?: $(cat "$work/waiting");"
run report --run both --to json
[ "$status" -eq 0 ] || problem="$problem after the first one: status $status;"
[ -z "$(find both -name '*.part')" ] || problem="$problem left $(find both -name '*.part');"
result "one report at a time in a folder" "$problem"
rm -rf both bin "$work/go" "$work/drawing"

# shellcheck disable=SC2086
run verify $short --quiet --out second --format tap --reading all --engine double --only T2 --only C.t1
problem=
[ "$(head -1 "$out")" = 'TAP version 13' ] || problem="the first line is not 'TAP version 13';"
tests=$(grep -Ec '^(not )?ok [0-9]+ ' "$out") claims=$(grep -Ec '^(T2\.|C\.t1 )' "$work/list")
[ "$tests" -eq $((4 * claims)) ] || problem="$problem $tests tests, expected 4 x $claims;"
cmp -s "$out" second/verdicts.tap || problem="$problem verdicts.tap is not what --format tap prints;"
result "verify --reading all --only judges these claims under each reading" "$problem"

# shellcheck disable=SC2086
run verify $short --quiet --out second --format tap --engine ball --only T1 --only C
problem=
grep -q 'certified: false' "$out" && problem="a verdict is not certified;"
[ "$(grep -c 'certified: true' "$out")" -ge 8 ] || problem="$problem fewer than 8 certified verdicts;"
grep -q 'planned [0-9]* bits: 64 wanted' second/verdicts.txt || problem="$problem no plan of the precision;"
result "verify --engine ball certifies every verdict and tells its plan" "$problem"

# K1(0) is log 2 exactly, so each of these holds, and shows only in more bits than a first run has
for near in ball:160: certify:140: cap:1000:--precision=120; do
  kind=${near%%:*} bits=${near#*:} bits=${bits%%:*} option=${near##*:} engine='--engine ball'
  [ "$kind" = certify ] && engine=--certify
  cat >"$work/near.cfg" <<END
claims = ( { id = "NEAR"; title = "near"; statement = "S"; trust = "derived"; source = "W"; hypotheses = ();
  observable = "K1(0)"; relation = "<"; bound = "log(2) + 2^(-$bits)"; never_vacuous = "a test"; } );
END
  # shellcheck disable=SC2086
  run verify $short --quiet --out near --claims "$work/near.cfg" $engine $option
  problem=
  runs=$(grep -o '"engine": ' near/results.json | wc -l)
  if [ "$kind" = cap ]; then
    [ "$status" -eq 2 ] && grep -q '^NEAR .* INCONCLUSIVE ' near/verdicts.txt || problem="status $status, expected 2 and INCONCLUSIVE;"
    grep -q 'used 120: ' near/verdicts.txt || problem="$problem the cap was not reached;"
  else
    [ "$status" -eq 0 ] && grep -q '^NEAR .* HOLDS ' near/verdicts.txt || problem="status $status, expected 0 and HOLDS;"
    tr -s ' \n' ' ' <near/verdicts.txt | grep -q 'again, as NEAR stayed open at [0-9]* bits: ' || problem="$problem no word of what was tried;"
    [ "$runs" -ge 2 ] || problem="$problem $runs runs in the store, expected those that were too coarse too;"
  fi
  result "precision is raised while a verdict is open ($kind)" "$problem"
done

# V stays exactly 0: no distance is small enough for its gates, but balls without radius tell them
# shellcheck disable=SC2086
run verify $short --quiet --out zero --set tau_xi=0 --reading split/separate --certify --only T1.a1 --only D.start --format json
problem=
json_paths <"$out" >"$work/paths" || problem="$(tail -1 "$work/paths");"
awk -F '\t' '$1 ~ /^\.claims\[[0-9]+\]\.certified$/ { n++; if ($2 == "true") yes++ } END { exit !(n == 2 && yes == n) }' \
  "$work/paths" || problem="$problem not both verdicts are certified;"
tr -s ' \n' ' ' <zero/verdicts.txt | grep -q 'mpfr 256 broke at step [0-9]*; planned [0-9]* bits' ||
  problem="$problem no word of the certificates that broke before balls were taken;"
result "a weight that stays 0 is certified by balls" "$problem"

# shellcheck disable=SC2086
run verify $short --quiet --out second --engine mpfr --precision 64 --seed 3 --set eta2=eta1/8
problem=
case $status in
  0 | 1 | 2) ;;
  *) problem="status $status, expected 0, 1 or 2;" ;;
esac
cmp -s "$out" second/verdicts.txt || problem="$problem verdicts.txt is not what is printed;"
result "verify prints the table by default" "$problem"

# What-ifs beside the base: the same claims, tally and status, and a table of their own in 80 columns.
# shellcheck disable=SC2086
{
  tiny="$short --set d=4 --engine double --only T1 --only T3 --only C --only D"
  run verify $tiny --quiet --out second --format json
  want=$status
  json_paths <"$out" | grep -E '^\.(claims|tally|parameters)' >"$work/without"
  run verify $tiny --quiet --out second --format json --what-if adam --what-if softmax --what-if no-annealing
}
problem=
[ "$status" -eq "$want" ] || problem="status $status, without what-ifs $want;"
json_paths <"$out" | grep -E '^\.(claims|tally|parameters)' | diff "$work/without" - >"$work/diff" ||
  problem="$problem claims, tally or parameters differ: $(sed -n 2p "$work/diff");"
names=$(json_paths <"$out" | awk -F '\t' '$1 ~ /^\.what_ifs\[[0-9]*\]\.name$/ { printf "%s ", $2 }' | tr -d '"')
[ "$names" = 'base no-annealing adam softmax ' ] || problem="$problem what_ifs are '$names';"
result "what-ifs leave the base's verdicts and status alone" "$problem"

problem=
for words in '^  2 adam ' '^claim  *base   1   2   3$' '^D.norm.W1 .* U[*]' 'the optimizer is sgd'; do
  grep -q -- "$words" second/verdicts.txt || problem="$problem no line '$words' in verdicts.txt;"
done
[ -z "$(awk 'length > 80' second/verdicts.txt)" ] || problem="$problem a line is longer than 80;"
grep -q '^# what-if softmax: ' second/verdicts.tap || problem="$problem no comment in verdicts.tap;"
result "what-ifs have a table: numbers, verdicts beside the base's, words" "$problem"

cat >"$work/ledger.cfg" <<'END'
claims = (
  { id = "X.wrong"; title = "seeds"; statement = "the run has no prompts"; trust = "derived"; source = "none";
    hypotheses = ();
    observable = "N"; relation = "<"; bound = "1"; never_vacuous = "it is false";
    expected = ( { instance = "all"; reading = "all"; verdict = "RECORDED"; reason = "there are prompts"; } ); }
);
END
for recorded in FAILS HOLDS; do
  sed "s/RECORDED/$recorded/" "$work/ledger.cfg" >"$work/$recorded.cfg"
  # shellcheck disable=SC2086
  for mode in '' --ledger; do
    run verify $short --quiet --out second --engine double --claims "$work/$recorded.cfg" $mode
    want=1
    [ "$recorded$mode" = FAILS--ledger ] && want=0
    [ "$status" -eq "$want" ] && problem= || problem="status $status, expected $want"
    result "a claim that fails, recorded as $recorded, verify $mode" "$problem"
  done
done

problem=
grep -q 'X.wrong' second/run.db || problem="the store does not have the claims file;"
[ "$(grep -c -- "$work" second/run.db second/results.json second/report.html | grep -vc ':0$')" -eq 0 ] || problem="$problem it names the folder of a file;"
grep -q -- '--claims ./HOLDS.cfg' second/run.db || problem="$problem the command does not have the file's name;"
result "a store has its input files, and names no folder of theirs" "$problem"
run verify --instance "$work/elsewhere/HOLDS.cfg" --claims "$work/HOLDS.cfg"
problem=
[ "$status" -eq 64 ] && grep -q "two called 'HOLDS.cfg'" "$err" || problem="status $status, expected 64"
result "two input files of one name are refused" "$problem"

# ---- train and export ----

# shellcheck disable=SC2086
run train $short --out trained --record 10
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
grep -Eq '^K1 +0\.[0-9]+$' "$out" || problem="$problem no line of K1;"
[ "$(ls trained)" = run.db ] || problem="$problem the folder has $(ls trained);"
[ "$(($(wc -l <"$err")))" -eq 2 ] || problem="$problem $(($(wc -l <"$err"))) lines of progress, expected 2;"
result "train keeps the run and tells where it ended" "$problem"

# shellcheck disable=SC2086
run export $short --out exported --quiet --at 0,7,t1+t2
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
json_paths <exported/manifest.json >"$work/paths" || problem="$problem $(tail -1 "$work/paths");"
for file in X_P X_Q y w_star z zeta; do
  [ "$(head -c 6 exported/$file.npy | tr -d '\223')" = NUMPY ] || problem="$problem $file.npy is no NumPy file;"
done
[ -z "$(find exported -name '*.part')" ] || problem="$problem half-written files;"
result "export writes NumPy files and a manifest" "$problem"

# shellcheck disable=SC2086
run export $short --out exact --quiet --at 0,7 --engine mpfr --precision 64
problem=
for folder in exported exact; do
  json_paths <$folder/manifest.json | awk -F '\t' '
    /^\.files\[[0-9]*\]\.name\t/ { name = $2 }
    /^\.files\[[0-9]*\]\.sha256\t/ { print $2 "  " name }' >"$work/sums"
  listed=$(($(wc -l <"$work/sums"))) there=$(find $folder -type f ! -name manifest.json | wc -l)
  [ "$listed" -eq "$there" ] && [ "$there" -ge 24 ] || problem="$problem $folder: $listed sums for $there files;"
  (cd $folder && sha256sum --check --quiet "$work/sums") >"$work/said" 2>&1 || problem="$problem $folder: $(head -1 "$work/said");"
done
result "sha256sum agrees with the manifest of an export" "$problem"
rm -rf exact

problem=
for paths in all gates,tiles; do
  # shellcheck disable=SC2086
  run export $short --out plain --quiet --at 0,7,t1+t2 --plain $paths
  diff -r exported plain >"$work/differ" 2>&1 || problem="$problem $paths: $(head -2 "$work/differ");"
done
result "without fast paths export writes the same bytes" "$problem"
rm -rf ./*

# ---- progress and bench ----

if [ "$(script -qec 'echo ok' /dev/null 2>/dev/null </dev/null | tr -d '\r')" = ok ]; then
  began=$(date +%s)
  TERM=xterm script -qec "'$TWOSTAGE' train --instance quick --out bar" /dev/null >"$work/screen" </dev/null
  took=$(($(date +%s) - began + 1))
  tr '\r' '\n' <"$work/screen" >"$work/redraws"
  drawn=$(grep -c '^\[[#.]*\]  *[0-9]*%  [-0-9:]* left  double' "$work/redraws")
  problem=
  [ "$drawn" -ge 1 ] || problem="the bar was not drawn;"
  [ "$drawn" -le $((10 * took)) ] || problem="$problem drawn $drawn times in $took s, expected at most 10 a second;"
  awk '/^\[/ { gsub(/[^0-9%]*%.*|.*\]/, ""); if ($1 + 0 < last) exit 1; last = $1 + 0 }' "$work/redraws" || problem="$problem the bar goes back;"
  awk '/^\[/ { bar = NR } { text[NR] = $0 } END { exit !(text[bar + 1] == "\033[K" || text[bar + 1] ~ /^\033\[K/) }' "$work/redraws" ||
    problem="$problem the bar is not wiped;"
  result "a bar on a terminal" "$problem"
else
  number=$((number + 1))
  echo "ok $number - a bar on a terminal # SKIP script(1) of util-linux makes no terminal here"
fi

run bench --format json --out measured
problem=
[ "$status" -eq 0 ] || problem="status $status, expected 0;"
cmp measured/bench.json "$out" >/dev/null 2>&1 || problem="$problem bench.json is not what was printed;"
[ "$(cut -f1 measured/figures/bench.tsv | tr '\n' ' ')" = 'd 8 16 32 ' ] || problem="$problem the figure's data;"
! command -v gnuplot >/dev/null || [ -s measured/figures/bench.svg ] || problem="$problem no picture: $(cat "$err");"
json_paths <"$out" >"$work/paths" || problem="$problem $(tail -1 "$work/paths");"
rows=$(grep -c '^\.rows\[[0-9]*\]\.microseconds_per_step' "$work/paths")
[ "$rows" -eq 42 ] || problem="$problem $rows rows, expected 42: 3 sizes, 2 phases, 7 engines;"
grown=$(grep -c '^\.growth\[[0-9]*\]\.exponent	' "$work/paths")
[ "$grown" -eq 21 ] || problem="$problem $grown exponents, expected 21: 3 keys, 7 engines;"
paths=$(grep -c '^\.fast_paths\[[0-9]*\]\.ratio_to_all_fast	' "$work/paths")
named=$("$TWOSTAGE" train --help | sed -n '/^Fast paths/,/^$/p' | grep -c '^  [a-z]')
[ "$paths" -eq $((2 * named)) ] || problem="$problem $paths fast paths, expected $named in 2 engines;"
awk -F '\t' '/_per_|ratio_to_double|_kilobytes/ && !($2 > 0) { exit 1 }' "$work/paths" || problem="$problem a number is not positive;"
[ "$(grep -A5 'engine	double' "$work/paths" | grep 'ratio_to_double' | cut -f2 | sort -u)" = 1.0 ] || problem="$problem double differs from itself;"
if [ -n "${top_srcdir-}" ] && python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
  problem="$problem$(python3 "$top_srcdir/tests/validate.py" "$top_srcdir/reports/schema-bench.json" "$out" 2>&1)"
fi
result "bench --format json" "$problem"
rm -rf ./*

# ---- output that cannot be written ----

if [ -w /dev/full ]; then
  for command in 'claims list' --help --version 'verify --help' "verify $short --quiet --engine double --out full"; do
    # shellcheck disable=SC2086
    "$TWOSTAGE" $command >/dev/full 2>"$err"
    status=$?
    problem=
    [ "$status" -eq 74 ] || problem="status $status, expected 74;"
    [ "$(($(wc -l <"$err")))" -eq 1 ] || problem="$problem $(($(wc -l <"$err"))) lines on stderr, expected 1;"
    result "a full disk under stdout: twostage $command" "$problem"
  done
  rm -rf ./*
fi
"$TWOSTAGE" claims list >&- 2>"$err"
status=$?
[ "$status" -eq 74 ] && problem= || problem="status $status, expected 74"
result "a closed stdout" "$problem"
# The first file that is opened must not take the place of stdout.
# shellcheck disable=SC2086
"$TWOSTAGE" verify $short --quiet --format json --out closed >&- 2>"$err"
status=$?
problem=
[ "$status" -eq 74 ] || problem="status $status, expected 74;"
run report --run closed
[ "$status" -eq 0 ] || problem="$problem run.db is damaged;"
cmp -s closed/results.json "$work/first.json" || problem="$problem results.json is not what it is with a stdout;"
result "a closed stdout while files are written" "$problem"
rm -rf ./*
{
  sleep 1
  "$TWOSTAGE" claims list 2>"$err"
  echo $? >"$work/status"
} | :
status=$(cat "$work/status")
[ "$status" -eq 74 ] && problem= || problem="status $status, expected 74"
result "a closed pipe under stdout" "$problem"

# ---- signals ----

# The shell lets its background jobs ignore SIGINT; the program leaves an ignored signal ignored, so it is given back.
default_signals=
env --default-signal=INT true 2>/dev/null && default_signals='env --default-signal=INT,TERM'
for signal in INT TERM; do
  [ $signal = INT ] && [ -z "$default_signals" ] && continue
  $default_signals "$TWOSTAGE" verify --instance quick --set t2=1000000000 --quiet --out stopped/here >"$out" 2>"$err" &
  job=$!
  tries=0
  while [ ! -e stopped/here/run.db.part ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  problem=
  [ -e stopped/here/run.db.part ] || problem="no run.db.part after 10 s;"
  sleep 0.3
  kill -$signal $job
  tries=0
  while kill -0 $job 2>/dev/null && [ $tries -lt 200 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -KILL $job 2>/dev/null && problem="$problem still there after 20 s;"
  wait $job 2>/dev/null
  status=$?
  case $signal in
    INT) want=130 ;;
    TERM) want=143 ;;
  esac
  [ "$status" -eq "$want" ] || problem="$problem status $status, expected $want;"
  [ "$(grep -c . "$err")" -eq 1 ] || problem="$problem $(grep -c . "$err") lines on stderr, expected 1;"
  grep -q "goes on" "$err" || problem="$problem stderr does not say how to go on;"
  [ -f stopped/here/worker-1/checkpoint/run.db ] || problem="$problem no checkpoint;"
  files=$(find stopped -type f ! -path '*/checkpoint/run.db')
  [ -z "$files" ] || problem="$problem besides checkpoints: $files"
  rm -rf ./*
  result "SIG$signal stops cleanly, with checkpoints" "$problem"
done

# ---- comparing two reports ----

for seed in 1 2; do
  # shellcheck disable=SC2086
  run verify $short --engine double --seed $seed --only T1 --quiet --out seed$seed
done
run report --compare seed1 seed1
[ "$status" -eq 0 ] && grep -q ': 0 differ; 0 parameters' "$out" && problem= || problem="status $status, expected 0 and no difference"
result "report --compare finds a report the same as itself" "$problem"
run report --compare seed1 seed2
problem=
[ "$status" -eq 1 ] || problem="status $status, expected 1;"
grep -q '^parameter seed: 1 -> 2$' "$out" || problem="$problem the seed is not named;"
grep -q '^  measured [0-9.]* -> [0-9.]* (' "$out" || problem="$problem no number differs;"
result "report --compare names what differs" "$problem"
rm -rf ./*
refused 64 "report --compare: expected the folders of two" report --compare one
refused 64 "report: unexpected argument 'one'" report one
refused 66 "nosuch" report --compare nosuch other

mkdir kept && echo mine >kept/note
run train --instance quick --quiet --set tau0=0 tau_xi=0 --out kept
problem=
[ "$(cat kept/* 2>/dev/null)" = mine ] || problem="the folder has $(ls kept)"
result "a folder that was there before stays as it was" "$problem"

plan
