# stage-times.gp -- when the runs of a sweep learned what, against the time that the paper computes.
set xlabel '1/(4 {/Symbol h}_1 {/Symbol l}), steps' offset 0, 0.4
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
set key maxrows 2
set label 1 'K_2 falls faster than K_1 from t_X on' at graph 0, graph 1.05 left
plot name . '.tsv' using (column('scale')):(column('t_P')) with points linestyle 5 title 't_P: P is learned', \
     '' using (column('scale')):(column('t_Q')) with points linestyle 6 title 't_Q: Q is learned', \
     '' using (column('scale')):(column('t_X')) with points linestyle 3 pointtype 2 pointsize 0.7 title 't_X: rates cross', \
     '' using (column('scale')):(column('scale')) with lines linestyle 8 title 't_1 = 1/(4 {/Symbol h}_1 {/Symbol l})'
eval finish
