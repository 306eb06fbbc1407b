# rates.gp -- each rate in a slot of its own, its parameter from left to right on a logarithmic scale: observable/rate over its mean.
# A right rate is flat; the alternatives are the courses it would have if they were true. Below each stands the fitted exponent of the ratio, with its limits.
set xlabel 'rate, with the range of its parameter from left to right' offset 0, low
set ylabel 'observable / rate, over its mean'
set xrange [0.5 : slots + 0.5]
set xtics scale 0
set logscale y 2
set yrange [0.125 : 4]
set format y '%g'
wide = slots > 3
if (wide) { pixels = 380 }
set lmargin at screen wide ? 0.08 : 0.165
if (wide) { set key at screen 0.08, screen 0.205 maxrows 2 } else { set key maxrows 3 }
eval canvas
exponent(slope, low, high) = sprintf(say('%+.2f', '$%+.2f$'), slope) . "\n" . sprintf(say('[%+.2f, %+.2f]', '$[%+.2f, %+.2f]$'), low, high)
of(kind, value) = stringcolumn('kind') eq kind ? value : NaN
plot name . '.tsv' using (of('alternative', column('x'))):(column('ratio')) with lines linestyle 2 title 'if an alternative were true', \
     '' using (of('margin', column('x'))):(column('ratio')) with lines linestyle 8 title 'steepest within the margin', \
     '' using (of('fit', column('x'))):(column('ratio')) with lines linestyle 4 linewidth 1.4 title 'fitted power law', \
     '' using (of('run', column('x'))):(column('ratio')) with points linestyle 5 title 'runs', \
     '' using (of('mean', column('x'))):(column('ratio')) with lines linestyle 1 title 'their mean', \
     '' using (of('slope', column('x'))):(0.19):(exponent(column('ratio'), column('lower'), column('upper'))) with labels notitle, \
     '' using (column('slot')):(NaN):xticlabels(safe(stringcolumn('label'))) with points notitle
unset output
