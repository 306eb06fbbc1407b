# bench.gp -- what a settled training step costs in each engine, against d.
set logscale xy
set xrange [least / 1.15 : most * 1.15]
set xtics (say('8', '$8$') 8, say('16', '$16$') 16, say('32', '$32$') 32)
set xlabel say('d', '$d$') offset 0, low
set ylabel say('microseconds a step', 'microseconds a step') offset 0.5, 0
set yrange [* : *]
set format y say('10^{%T}', '$10^{%T}$')
set grid ytics linetype 1 linecolor rgb '#e4e4e4' linewidth 0.6
set key maxrows 3 width width(-1)
eval canvas
# A curve for each column behind the first: a point type of its own, a dash pattern and a colour for each kind of engine.
kind(k) = word(engines, k - 1) eq 'mpfr' ? 2 : word(engines, k - 1) eq 'ball' ? 3 : 1
dash(k) = kind(k) == 3 ? 4 : kind(k)
colour(k) = word('#303030 #0072b2 #d55e00', kind(k))
mark(k) = word('7 6 4 5 8 9 12 13', k - 1) + 0
plot for [k = 2 : curves + 1] name . '.tsv' using 1:k with linespoints \
  linewidth 1.3 dashtype dash(k) linecolor rgb colour(k) pointtype mark(k) pointsize 0.6 title columnheader(k)
unset output
