# stages.gp -- the two stages at a glance: losses and norms of the signal weights, and the share of prompts each block predicts rightly.
pixels = 640
rows = 3
top(row) = 0.955 - row * 0.285
eval canvas
set multiplot
set key at screen 0.13, screen 0.05 maxrows 1 width 0
array title_of[3] = ['loss', 'norm', 'accuracy']
array of_P[3] = ['K1', 'norm_Wbar', 'acc_P']
array of_Q[3] = ['K2', 'norm_Vbar', 'acc_Q']
array most[3]
do for [row = 1 : rows] {
  stats name . '.tsv' using (column(of_P[row]) > column(of_Q[row]) ? column(of_P[row]) : column(of_Q[row])) name 'seen' nooutput
  most[row] = seen_max
}
do for [row = 1 : rows] {
  set tmargin at screen top(row - 1)
  set bmargin at screen top(row - 1) - 0.245
  set ylabel title_of[row]
  if (row == 3) { set yrange [0 : 1.05] } else { set yrange [0 : *] }
  if (row > 1) { unset label 1; unset label 2 }
  if (most[row] > 0) { set ytics nice(most[row] / 4) } else { set ytics autofreq }
  bare = row < rows
  eval stage_tics
  if (bare) { unset key } else { set key }
  set xlabel bare ? ' ' : time_label
  plot name . '.tsv' using 'eta_lambda_time':of_P[row] with lines linestyle 1 title 'block P', \
       '' using 'eta_lambda_time':of_Q[row] with lines linestyle 2 title 'block Q', \
       '+' using (0):(1e-3) every ::::0 with lines notitle # not seen: norms may all be 0, which is no range
}
unset multiplot
unset output
