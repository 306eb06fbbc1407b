#!/bin/sh
# test_latex_figures.sh -- every figure drawn again by its script alone, and set by LaTeX; speaks TAP
#
# TWOSTAGE=PROGRAM tests/test_latex_figures.sh   The program is ./twostage by default.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
if ! command -v gnuplot >/dev/null; then
  skip_all 'gnuplot is not installed'
fi
cd "$work" || exit 99

# One of each figure that there is. Claims may fail: these are small runs.
small='--instance quick --set N=32 --set L=16 --set t2=400 --quiet'
# shellcheck disable=SC2086 # several options
{
  "$TWOSTAGE" verify $small --out run
  "$TWOSTAGE" sweep $small --along d=6,7,8 --seeds 3 --out sweep
  "$TWOSTAGE" map $small --x d=6,8 --y u=0.3,0.6 --out map
} >/dev/null 2>stderr
problem=
for name in run/figures/losses run/figures/clouds run/figures/slack sweep/figures/rates sweep/figures/bands map/figures/map; do
  [ -s $name.tex ] || problem="$problem no $name.tex;"
done
[ -z "$problem" ] || problem="$problem $(cat stderr)"
result "runs, a sweep and a map have their figures" "$problem"

# Script and data alone, in another language, zone and second of the clock.
for run in run sweep map; do
  mkdir -p alone/$run && cp $run/figures/*.gp $run/figures/*.tsv alone/$run/
  problem=$(cd alone/$run && for script in *.gp; do TZ=Asia/Kolkata gnuplot "$script" 2>&1; done)
  count=0
  for picture in "$run"/figures/*.svg "$run"/figures/*.pdf "$run"/figures/*.tex; do
    count=$((count + 1))
    cmp -s "$picture" "alone/$run/${picture##*/}" || problem="$problem $picture is drawn otherwise;"
  done
  left=$(($(find "alone/$run" -type f | wc -l) - $(find "$run/figures" -type f | wc -l)))
  [ $left -eq 0 ] || problem="$problem $left files more than the program leaves;"
  [ $count -ge 4 ] || problem="$problem $count pictures, expected one at least;"
  result "each script of a $run draws the same bytes alone ($count files)" "$problem"
done

# In a column of 8.6 cm or across two, 17.8 cm: complete, and not wider than that.
if command -v pdflatex >/dev/null; then
  {
    printf '%s\n' '\documentclass{article}' '\usepackage{graphicx,color,amsmath}' \
      '\usepackage[paperwidth=20cm,paperheight=40cm,margin=1cm]{geometry}' '\parindent=0pt' '\begin{document}'
    for picture in run/figures/*.tex sweep/figures/*.tex map/figures/*.tex; do
      width=8.6
      grep -q '^wide = [sp]' "${picture%.tex}.gp" && width=17.8
      printf '\\graphicspath{{%s/}}\\hbox to %scm{\\vbox{\\hsize=%scm \\input{%s}}}\\par\\clearpage\n' \
        "${picture%/*}" $width $width "${picture%.tex}"
    done
    printf '%s\n' '\end{document}'
  } >all.tex
  problem=
  pdflatex -interaction=nonstopmode -halt-on-error all.tex >log 2>&1 || problem=$(grep -A2 '^!' log)
  wide=$(grep -c '^Overfull .hbox' log)
  [ "$wide" -eq 0 ] || problem="$problem $wide too wide: $(grep '^Overfull .hbox' log | head -3)"
  pages=$(sed -n 's/.*all.pdf (\([0-9]*\) pages.*/\1/p' log)
  count=$(grep -c graphicspath all.tex)
  [ "${pages:-0}" -eq "$count" ] || problem="$problem ${pages:-no} pages for $count figures"
  result "LaTeX sets each figure within its column ($count figures)" "$problem"
else
  number=$((number + 1))
  echo "ok $number - LaTeX sets each figure # SKIP pdflatex is not installed"
fi

plan
