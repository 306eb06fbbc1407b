# traces.gp -- traces of the weights and of their signal parts, and where Tr V passes Tr W in stage two.
# That is at `crossing`, as high as `height`.
set ylabel 'trace'
set yrange [* < 0 : *]
set autoscale yfixmin
if (crossing > 0) {
  set arrow 2 from first crossing, graph 0 to first crossing, first height nohead linestyle 9 back
  set label 3 small(say('Tr V > Tr W', '$\mathrm{Tr}\,V>\mathrm{Tr}\,W$')) at first crossing, graph 0.05 left offset 0.5, 0
}
plot name . '.tsv' using 'eta_lambda_time':'trace_W' with lines linestyle 1 title say('Tr W', '$\mathrm{Tr}\,W$'), \
     '' using 'eta_lambda_time':'trace_V' with lines linestyle 2 title say('Tr V', '$\mathrm{Tr}\,V$'), \
     '' using 'eta_lambda_time':'trace_Wbar' with linespoints linestyle 3 pointtype 4 pointsize 0.5 pointnumber 12 title say('Tr W̄, signal alone', '$\mathrm{Tr}\,\overline{W}$, signal alone'), \
     '' using 'eta_lambda_time':'trace_Vbar' with linespoints linestyle 4 pointtype 6 pointsize 0.5 pointnumber 12 title say('Tr V̄, signal alone', '$\mathrm{Tr}\,\overline{V}$, signal alone')
unset output
