# clouds.gp -- the data: tokens of block P along w* and across it, which one line separates by label; tokens of block Q along z and zeta, which no line separates.
# Block Q has three places alone, so its points may be larger.
positive(panel) = sprintf("pointtype 7 pointsize %g linecolor rgb '#0072b2'", panel == 1 ? 0.35 : 0.8)
negative(panel) = sprintf("pointtype 6 pointsize %g linewidth 1.1 linecolor rgb '#d55e00'", panel == 1 ? 0.55 : 1)
of(label, value) = column('label') == label ? value : NaN
array x_of[2] = ['P_feature', 'Q_z']
array y_of[2] = ['P_across', 'Q_zeta']
array x_label[2] = [say('P, along w*', '$P$, along $w^*$'), say('Q, along z', '$Q$, along $z$')]
array y_label[2] = ['across it', say('along ζ', 'along $\zeta$')]
set xrange [* : *]
set yrange [* : *]
set offsets 0, 0, graph 0.1, graph 0.1
set key at screen 0.13, screen 0.1 maxrows 1 width 1
array least[2]
array most[2]
array tic[2]
array tic_y[2]
do for [panel = 1 : 2] {
  stats name . '.tsv' using (column(x_of[panel])):(column(y_of[panel])) name 'seen' nooutput
  # The clusters of Q have one place along z but for the rounding of tokens, so their axis begins at 0.
  least[panel] = panel == 1 || seen_min_x < 0 ? seen_min_x : 0
  most[panel] = seen_max_x > least[panel] ? seen_max_x : least[panel] + 1
  tic[panel] = nice((most[panel] - least[panel]) / 3.0)
  tic_y[panel] = seen_max_y > seen_min_y ? nice((seen_max_y - seen_min_y) / 4.0) : 1
}
set multiplot
do for [panel = 1 : 2] {
  set lmargin at screen panel == 1 ? 0.15 : 0.655
  set rmargin at screen panel == 1 ? 0.475 : 0.965
  set bmargin at screen 0.3
  room = 0.08 * (most[panel] - least[panel])
  set xrange [least[panel] - (least[panel] < 0 ? room : 0) : most[panel] + room]
  set xtics tic[panel]
  set ytics tic_y[panel]
  set xlabel x_label[panel]
  set ylabel y_label[panel] offset (tex ? 0 : 0.8), 0
  if (panel == 2) { unset key }
  eval "plot name . '.tsv' using (of(1, column(x_of[panel]))):(column(y_of[panel])) with points " . positive(panel) . " title 'label +1'," . \
       "'' using (of(-1, column(x_of[panel]))):(column(y_of[panel])) with points " . negative(panel) . " title say('label −1', 'label $-1$')"
}
unset multiplot
unset output
