#!/bin/sh
# test_forms.sh -- the forms of the report from outside: width and colour, the same bytes twice, LaTeX, schema, XML; speaks TAP
#
# TWOSTAGE=PROGRAM top_srcdir=DIR tests/test_forms.sh
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$work" || exit 99

# make_runs FOLDER: every kind of store: readings, what-ifs and lemmas; certified; a sweep with rates; a map. Claims may fail.
make_runs() {
  mkdir -p "$1"
  small='--instance quick --set N=32 L=16 --quiet'
  # shellcheck disable=SC2086 # several options
  {
    "$TWOSTAGE" verify $small --set t2=300 --reading all --what-if adam --what-if no-annealing --out "$1/verify"
    "$TWOSTAGE" verify $small --set t2=100 --certify --replay --only T1 --only T2 --out "$1/certified"
    "$TWOSTAGE" sweep $small --set t2=60 --along d=4,6,8 --along 'u=0.4,3/10' --seeds 2 --jobs 2 --out "$1/sweep"
    "$TWOSTAGE" map $small --set t2=60 --x d=4,6 --y u=0.4,0.6 --jobs 2 --out "$1/map"
  } >>"$1.out" 2>>"$1.err"
}

# ---- bytes ----

make_runs first
make_runs second
problem=$(cat first.err)
for run in verify certified sweep map; do
  for file in run.db report.html results.json verdicts.txt verdicts.tap verdicts.xml verdicts.tex numbers.tex; do
    [ -s first/$run/$file ] || problem="$problem no $run/$file;"
  done
done
result "every run has every form of the report" "$problem"
problem=$(diff -r first second 2>&1)
result "two runs give the same bytes, $(($(find first -type f | wc -l))) files, $(($(find first -name '*.pdf' | wc -l))) of them PDFs" "$problem"

# What a page shows of a figure's script is for its readers: no name of a variable or of another script.
problem=$(grep -ho '<figcaption>[^<]*`[^<]*' first/*/report.html)
for run in verify certified sweep map; do
  grep -q '^<p>The paper: .*arXiv 2502.20681' first/$run/report.html || problem="$problem $run: the paper is not named;"
done
result "the page names the paper, and captions are words" "$problem"

# ---- the terminal ----

"$TWOSTAGE" report --compare first/verify first/certified >compare.out
"$TWOSTAGE" report --compare first/sweep first/map >>compare.out
for command in list names 'show T2.b2' 'show T1.time.Q' 'show L5' 'show T2.w.prob'; do
  # shellcheck disable=SC2086 # several words
  "$TWOSTAGE" claims $command >>claims.out
done
"$TWOSTAGE" replay first/certified/replay/T2.w.shared-separate.replay >replay.out 2>&1
for printed in first.out compare.out claims.out replay.out; do
  problem=$(awk 'length > 80 { print FILENAME ":" FNR ": " length " columns: " $0 }' $printed)
  [ -s $printed ] || problem="$printed is empty"
  result "what is printed fits 80 columns: ${printed%.out}, $(($(wc -l <$printed))) lines" "$problem"
done

escape=$(printf '\033')
problem=
grep -q "$escape" first.out && problem="escapes in a pipe"
result "no colours in a pipe" "$problem"
again="'$TWOSTAGE' verify --instance quick --set N=16 L=8 t2=20 --engine double --only T2 --quiet --out again"
if [ "$(script -qec 'echo ok' /dev/null 2>/dev/null </dev/null | tr -d '\r')" = ok ]; then
  problem=
  TERM=xterm script -qec "$again" /dev/null >screen </dev/null
  grep -q "$escape\[3[123]m" screen || problem="no colours on a terminal;"
  NO_COLOR=1 TERM=xterm script -qec "$again" /dev/null >plain </dev/null
  grep -q "$escape\[[0-9;]*m" plain && problem="$problem colours in spite of NO_COLOR;"
  sed "s/$escape\[[0-9;]*m//g" screen | cmp -s - plain || problem="$problem the words differ;"
  result "colours on a terminal, the same words without them under NO_COLOR" "$problem"
else
  skip "colours on a terminal" "script(1) of util-linux makes no terminal here"
fi

# ---- LaTeX ----

problem=
for run in verify certified sweep map; do
  grep -v '^%' first/$run/numbers.tex | grep -vE '^\\newcommand\{\\TwoStage[A-Za-z]+\}\{.*\}$' >bad
  [ -s bad ] && problem="$problem $run: $(head -1 bad);"
  sed -n 's/^\\newcommand{\(\\[A-Za-z]*\)}.*/\1/p' first/$run/numbers.tex | sort | uniq -d >twice
  [ -s twice ] && problem="$problem $run: $(($(wc -l <twice))) commands are defined twice, as $(head -1 twice);"
done
grep -q '^\\newcommand{\\TwoStageKoneAtTone}' first/verify/numbers.tex || problem="$problem no TwoStageKoneAtTone;"
grep -q '^\\newcommand{\\TwoStageWhatIfAdamKtwoAtEnd}' first/verify/numbers.tex || problem="$problem no what-if;"
grep -q '^\\newcommand{\\TwoStageRate.*Slope}' first/sweep/numbers.tex || problem="$problem no rate;"
result "each number is one command with a name of letters" "$problem"

# Every command is used, so that each is set.
if command -v pdflatex >/dev/null && kpsewhich booktabs.sty >/dev/null; then
  for run in verify certified sweep map; do
    mkdir tex-$run && cp first/$run/*.tex tex-$run/
    {
      printf '%s\n' '\documentclass{article}' '\usepackage{booktabs}' '\input{numbers}' '\begin{document}' '\tiny\noindent'
      sed -n 's/^\\newcommand{\(\\[A-Za-z]*\)}.*/\1{} /p' first/$run/numbers.tex
      printf '%s\n' '' '\input{verdicts}' '\end{document}'
    } >tex-$run/sample.tex
    problem=
    (cd tex-$run && pdflatex -interaction=nonstopmode -halt-on-error sample.tex) >log 2>&1 || problem=$(grep -A3 '^!' log)
    [ -s tex-$run/sample.pdf ] || problem="$problem no sample.pdf"
    result "LaTeX sets the tables and $(($(grep -c newcommand first/$run/numbers.tex))) numbers: $run" "$problem"
  done
else
  skip "LaTeX sets tables and numbers" "pdflatex or booktabs.sty is not installed"
fi

# ---- for programs ----

"$TWOSTAGE" export --instance quick --set N=16 L=8 t2=20 --quiet --out exported >/dev/null
if python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
  problem=$(python3 "$top_srcdir/tests/validate.py" "$top_srcdir/reports/schema.json" first/*/results.json 2>&1)
  result "results.json fits its schema: readings, what-ifs, certificates, sweep, map" "$problem"
  problem=$(python3 "$top_srcdir/tests/validate.py" "$top_srcdir/reports/schema-manifest.json" exported/manifest.json 2>&1)
  result "manifest.json of export fits its schema" "$problem"
else
  skip "JSON fits its schemas" "python3-jsonschema is not installed"
fi
if command -v xmllint >/dev/null; then
  problem=$(xmllint --noout first/*/verdicts.xml 2>&1)
  for run in verify sweep; do
    want=$(xmllint --xpath 'sum(//testsuite/@tests)' first/$run/verdicts.xml)
    is=$(xmllint --xpath 'count(//testcase)' first/$run/verdicts.xml)
    [ "$want" = "$is" ] || problem="$problem $run: $is cases, $want announced;"
    want=$(xmllint --xpath 'sum(//testsuite/@skipped) + sum(//testsuite/@failures) + sum(//testsuite/@errors)' first/$run/verdicts.xml)
    is=$(xmllint --xpath 'count(//testcase/*[name() != "properties"])' first/$run/verdicts.xml)
    [ "$want" = "$is" ] || problem="$problem $run: $is cases that did not pass, $want announced;"
  done
  grep -q '<testsuite name="rates"' first/sweep/verdicts.xml || problem="$problem no rates;"
  grep -q '<testsuite name="what-ifs"' first/verify/verdicts.xml || problem="$problem no what-ifs;"
  result "verdicts.xml is XML, and its sums are right" "$problem"
else
  skip "verdicts.xml is XML" "xmllint is not installed"
fi

plan
