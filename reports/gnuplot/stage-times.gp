# stage-times.gp -- when the runs of a sweep learned what, against the time that the paper computes.
set xlabel say('1/(4 {/Symbol h}_1 {/Symbol l}), steps', '$1/(4\eta_1\lambda)$, steps') offset 0, low
set ylabel 'steps'
stats name . '.tsv' using (column('scale')) name 'scale' nooutput
set logscale xy
if (scale_max > scale_min) {
  set xrange [* : *]
  set autoscale xfix
  set offsets graph 0.06, graph 0.06, 0, 0
} else { # a sweep over seeds alone
  set xrange [scale_min / 2 : scale_max * 2]
}
set yrange [* : *]
set format xy '%g'
if (scale_max < 100 * scale_min) { # less than two decades would have a number or two
  set xtics (10 10)
  do for [e = 0 : 9] { set for [m in '1 2 5'] xtics add (sprintf('%g', m * 10 ** e) m * 10 ** e) }
}
set key maxrows 2
set label 1 say('K^2 falls faster than K^1 from t_X on', '$K^2$ falls faster than $K^1$ from $t_X$ on') at graph 0, graph 1.05 left
plot name . '.tsv' using (column('scale')):(column('t_P')) with points linestyle 5 title say('t_P: P is learned', '$t_P$: P is learned'), \
     '' using (column('scale')):(column('t_Q')) with points linestyle 6 title say('t_Q: Q is learned', '$t_Q$: Q is learned'), \
     '' using (column('scale')):(column('t_X')) with points linestyle 3 pointtype 2 pointsize 0.7 title say('t_X: rates cross', '$t_X$: rates cross'), \
     '' using (column('scale')):(column('scale')) with lines linestyle 8 title say('t_1 = 1/(4 {/Symbol h}_1 {/Symbol l})', '$t_1=1/(4\eta_1\lambda)$')
unset output
