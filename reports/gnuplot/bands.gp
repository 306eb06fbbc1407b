# bands.gp -- the losses of both blocks over the seeds of a sweep: a panel for each group of runs that differ in their seed alone.
# The line is the median of the seeds. The band goes from one order statistic to the opposite one; at each single step it holds the median of the
# distribution over seeds with the chance that stands above the panel (five seeds: from the smallest to the largest, 93.75 %), whatever that distribution is.
# That is said of one step, not of the whole curve at once.
across = panels < 3 ? panels : 3
down = (panels + across - 1) / across
wide = panels > 1
pixels = 80 + down * (panels == 1 ? 340 : 260)
foot = 80.0 / pixels
eval canvas
set multiplot
set key at screen (wide ? 0.06 : 0.13), screen 58.0 / pixels maxrows (wide ? 1 : 3) width width(wide ? 1 : -1) samplen 2.2
set ytics 0.2
do for [panel = 1 : panels] {
  column_of = (panel - 1) % across
  row_of = (panel - 1) / across
  set lmargin at screen wide ? 0.08 + column_of * 0.925 / across : 0.165
  set rmargin at screen wide ? (column_of + 1) * 0.925 / across + 0.045 : 0.965
  high = (1 - foot) / down
  set tmargin at screen 1 - row_of * high - 44.0 / pixels
  set bmargin at screen 1 - (row_of + 1) * high + 48.0 / pixels
  t1 = int(word(t1_of, panel))
  x1 = 0.0
  most = 0
  stats name . '.tsv' using (here = column('panel') == panel, here && column('step') == t1 ? (x1 = column('eta_lambda_time')) : 0, \
    place = here ? strcol('place') : exists('place') ? place : '', seeds = here ? column('seeds') : exists('seeds') ? seeds : 0, \
    coverage = here ? column('coverage') : exists('coverage') ? coverage : 0, here ? column('eta_lambda_time') : NaN) name 'time' nooutput
  x_end = time_max > 0 ? time_max : 1
  two_stages = x1 > 0 && x_end > x1
  if (two_stages) { set nonlinear x via forth(x) inverse back(x) } else { unset nonlinear x }
  set xrange [0 : x_end]
  tic1 = nice(x1 / 2)
  tic2 = nice((x_end - x1) / 3)
  if (two_stages) {
    set xtics ('0' 0, say('t_1', '$t_1$') x1)
    set for [i = 1 : floor(0.8 * x1 / tic1)] xtics add (sprintf('%g', i * tic1) i * tic1)
    set for [i = ceil((x1 + 0.15 * (x_end - x1)) / tic2) : floor(x_end / tic2)] xtics add (sprintf('%g', i * tic2) i * tic2)
  }
  set yrange [0 : 0.75 < *]
  set label 1 small(safe(place)) at graph 0.5, graph (panels == 1 ? 1.11 : 1.16) center noenhanced
  set label 2 small(sprintf(say('%d seeds: %.4g %% at each step', '%d seeds: %.4g\%% at each step'), seeds, 100 * coverage)) at graph 0.5, graph 1.05 center
  if (!tex) { set label 1 place font ',' . (form eq 'pdf' ? '4.8' : '12') }
  set arrow 1 from first x1, graph 0 to first x1, graph 1 nohead linestyle 9 back
  if (column_of == 0) { set ylabel 'loss at the signal weights'; set format y '% h' } else { unset ylabel; set format y '' } # one scale for all panels
  in(value) = column('panel') == panel ? value : NaN
  plot name . '.tsv' using (in(column('eta_lambda_time'))):(column('K1_lower')):(column('K1_upper')) with filledcurves fillcolor rgb '#b8d4e8' title (panel == 1 ? say('band of K^1', 'band of $K^1$') : ''), \
       '' using (in(column('eta_lambda_time'))):(column('K2_lower')):(column('K2_upper')) with filledcurves fillcolor rgb '#f3cdb5' title (panel == 1 ? say('band of K^2', 'band of $K^2$') : ''), \
       '' using (in(column('eta_lambda_time'))):(column('K1_median')) with lines linestyle 1 linewidth 1.4 title (panel == 1 ? say('K^1, median', '$K^1$, median') : ''), \
       '' using (in(column('eta_lambda_time'))):(column('K2_median')) with lines linestyle 2 linewidth 1.4 title (panel == 1 ? say('K^2, median', '$K^2$, median') : ''), \
       log(2) with lines linestyle 8 title (panel == 1 ? say('log 2', '$\log 2$') : '')
}
unset multiplot
unset output
