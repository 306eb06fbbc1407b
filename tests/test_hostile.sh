#!/bin/sh
# test_hostile.sh -- files of strangers: the corpus of every fuzz target without libFuzzer, and texts that would like to be commands
#
# Findings stand in the corpus with their date, so they are looked for here again. Runs inside make check.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
: "${top_builddir:?}"
fuzz=$top_builddir/tests/fuzz/fuzz
corpus=$(cd "$top_srcdir/tests/fuzz/corpus" && pwd) || exit 99
cd "$work" || exit 99

# Claims and an instance whose names and texts are commands of all that may read them.
# shellcheck disable=SC2016 # nothing is expanded: that is the test
evil='$(touch C1)`touch C2`; system \"touch C3\" # <script>alert(1)</script> & ]]> @x \\\\input{/etc/passwd} %s %n ~ ^ {'"' touch C4 '"
sed "s|^name = .*|name = \"it's a\\\\\"; @{<b>\";|" "$top_srcdir/src/instances/quick.cfg" >mine.cfg
cat >evil.cfg <<END
claims = ( { id = "X.one"; title = "$evil"; statement = "$evil"; trust = "derived"; source = "$evil"; hypotheses = ();
  observable = "K1(t1+t2)"; relation = ">="; bound = "-1000"; never_vacuous = "$evil"; } );
END
mkdir out
"$TWOSTAGE" verify --instance mine.cfg --set d=4 --set N=8 --set L=8 --set t1=20 --set t2=40 --claims evil.cfg --engine double \
  --quiet --out out/run >table 2>stderr
status=$?
problem=
[ $status -eq 0 ] || problem="status $status: $(cat stderr);"
[ -s out/run/run.db ] || problem="$problem no run.db;"
result 'a claims file full of commands is judged' "$problem"

problem=$(find . -name 'C[1-4]*' -print)
result 'none of them was carried out, by the figures neither' "$problem"

problem=$(find . -type f ! -path './out/run/*' ! -name mine.cfg ! -name evil.cfg ! -name table ! -name stderr -print)
result 'nothing is written beside --out' "$problem"

problem=
grep -l '<script>alert' out/run/report.html out/run/verdicts.xml >hits && problem="markup in $(tr '\n' ' ' <hits);"
grep -q 'script&gt;alert\|&lt;script' out/run/report.html || problem="$problem the text is not in report.html at all;"
grep -qF '\input{/etc' out/run/verdicts.tex && problem="$problem a LaTeX command in verdicts.tex;"
if command -v xmllint >/dev/null; then
  xmllint --noout out/run/verdicts.xml 2>xml || problem="$problem $(head -1 xml);"
fi
result 'texts are escaped in HTML, XML and LaTeX' "$problem"

problem=$(grep -n 'touch C\|/etc\|<b>\|alert' out/run/figures/*.gp)
result 'no text of a file stands in a figure script' "$problem"

# Folders of a store are given by --run and --out alone: a name with a way in it is no way.
sed 's|^name = .*|name = "../../escaped";|' "$top_srcdir/src/instances/quick.cfg" >way.cfg
"$TWOSTAGE" train --instance way.cfg --set d=4 --set N=8 --set L=8 --set t1=2 --set t2=2 --quiet --out out/way >/dev/null 2>stderr
"$TWOSTAGE" report --run out/way >/dev/null 2>>stderr
problem=$(find . .. -maxdepth 1 -name 'escaped*' -print)
[ -f out/way/run.db ] || problem="$problem no run: $(cat stderr)"
result 'the name of an instance leads nowhere' "$problem"

# A run folder from a stranger, with links out of it: by the names that files are written under, and by those of its folders.
"$TWOSTAGE" train --instance mine.cfg --set d=3 --set N=4 --set L=4 --set t1=2 --set t2=2 --quiet --out out/links >/dev/null 2>&1
mkdir beside out/links/figures
echo kept >beside/file
ln -s ../../beside/file out/links/verdicts.txt.part
ln beside/file out/links/figures/growth.svg.part
"$TWOSTAGE" report --run out/links --to table,figures >/dev/null 2>stderr
status=$? problem=
[ $status -eq 0 ] || problem="status $status: $(cat stderr);"
[ -f out/links/verdicts.txt ] && [ ! -h out/links/verdicts.txt ] || problem="$problem verdicts.txt is not a file of its own;"
[ "$(cat beside/file)" = kept ] || problem="$problem a file outside was written over"
result 'files are not written through links' "$problem"

# What was begun under that name is emptied; this is the run store itself.
ln out/links/run.db out/links/run.db.part
sum=$(sha256sum <out/links/run.db) problem=
for command in 'report --run' 'train --set d=3 --set N=4 --set L=4 --set t1=2 --set t2=2 --instance mine.cfg --quiet --out'; do
  # shellcheck disable=SC2086 # the words of a command
  "$TWOSTAGE" $command out/links >/dev/null 2>stderr
  status=$?
  [ $status -eq 73 ] && grep -q 'run.db.part: cannot create: not a plain file$' stderr || problem="$problem $command: status $status: $(cat stderr);"
done
[ "$(sha256sum <out/links/run.db)" = "$sum" ] || problem="$problem run.db was changed"
rm -f out/links/run.db.part
result 'a file that has a second name is not emptied' "$problem"

problem=
for name in figures replay checkpoint cells worker-1; do
  rm -rf out/links/figures
  ln -s ../../beside "out/links/$name"
  for command in 'report --run' 'train --set d=3 --set N=4 --set L=4 --set t1=2 --set t2=2 --instance mine.cfg --quiet --out' 'bench --out'; do
    # shellcheck disable=SC2086 # the words of a command
    "$TWOSTAGE" $command out/links >/dev/null 2>stderr
    status=$?
    [ $status -eq 73 ] && grep -q "links/$name: a link, expected a plain file or folder" stderr || problem="$problem $command, $name: status $status: $(cat stderr);"
  done
  rm "out/links/$name"
done
mkdir out/links/figures
ln -s /etc/passwd out/links/figures/growth.svg
"$TWOSTAGE" report --run out/links --to html >/dev/null 2>stderr
[ $? -eq 73 ] || problem="$problem a picture that is a link: $(cat stderr);"
rm out/links/figures/growth.svg
mkfifo out/links/figures/growth.svg
timeout 60 "$TWOSTAGE" report --run out/links --to html >/dev/null 2>stderr
[ $? -eq 73 ] || problem="$problem a picture that is a pipe: $(cat stderr);"
[ "$(ls beside)" = file ] || problem="$problem beside the folder: $(ls beside)"
result 'folders of a run that are links, and pictures that are no files, are refused' "$problem"

# Pictures of strangers, also in the place of one of ours, in the folder of a run that somebody else made.
"$TWOSTAGE" train --instance mine.cfg --set d=3 --set N=4 --set L=4 --set t1=2 --set t2=2 --quiet --out out/pictures >/dev/null 2>&1
mkdir out/pictures/figures bin
stranger='<svg>of a stranger</svg>'
problem=
for path in "$work/bin" "$PATH"; do
  for name in evil bench growth; do echo "$stranger" >out/pictures/figures/$name.svg; done
  PATH=$path "$TWOSTAGE" report --run out/pictures --to html >/dev/null 2>stderr || problem="$problem status $?: $(cat stderr);"
  own=$(find out/pictures/figures -name '*.svg' ! -name evil.svg ! -name bench.svg | wc -l)
  shown=$(grep -o '<img ' out/pictures/report.html | wc -l)
  [ "$shown" -eq "$own" ] || problem="$problem $shown pictures shown, $own drawn;"
  [ "$own" -gt 0 ] || grep -q '<p>Drawn: 0 of [1-9][0-9]* figures' out/pictures/report.html || problem="$problem not said that none was drawn;"
  grep -qF "$(echo "$stranger" | base64)" out/pictures/report.html && problem="$problem a stranger's picture is shown;"
done
[ "$own" -gt 0 ] || ! command -v gnuplot >/dev/null || problem="$problem nothing was drawn: $(cat stderr);"
"$TWOSTAGE" report --run out/pictures --to bundle >/dev/null 2>stderr || problem="$problem no bundle: $(cat stderr);"
tar -tzf out/pictures/bundle.tar.gz >listing
grep -q 'run/figures/growth\.gp' listing || problem="$problem the bundle is without figures;"
grep -e evil -e bench listing && problem="$problem the bundle has a stranger's picture;"
result 'pictures of strangers are neither shown nor passed on' "$problem"

# The stores that edits are made to.
FUZZ_STORE=$work/stores
export FUZZ_STORE
result 'run stores with rows of every table are made' "$(cd "$top_srcdir" && sh tests/fuzz/bases.sh "$FUZZ_STORE" 2>&1)"
if [ -x "$fuzz" ]; then
  for folder in "$corpus"/*/; do
    target=$(basename "$folder")
    count=$(find "$folder" -type f | wc -l)
    # SIGKILL: a formula that never ends does not heed the others.
    find "$folder" -type f -print | sort | TMPDIR=$work xargs timeout -s KILL 120 "$fuzz" "$target" >said 2>stderr
    status=$?
    problem=
    [ $status -eq 0 ] && [ "$(cat said)" -eq "$count" ] || problem="status $status; $(tail -3 stderr)"
    result "$target: the corpus of $((count + 0)) inputs" "$problem"
  done
else
  result 'the corpus of hostile inputs' "$fuzz was not built"
fi
plan
