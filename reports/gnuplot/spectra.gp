# spectra.gp -- the largest singular values and moduli of eigenvalues of W and V, at the beginning and at the ends of both stages; zeros are not shown.
pitch = shown + 1.5
set xlabel 'number of the value, from the largest' offset 0, low
set ylabel say('singular value, |eigenvalue|', 'singular value, $|$eigenvalue$|$') offset (tex ? -1 : 0.5), 0
set xrange [0.2 : 2 * pitch + shown + 0.8]
set logscale y
set yrange [* : *]
set offsets 0, 0, graph 0.04, graph 0.04
set format y say('10^{%T}', '$10^{%T}$')
set key maxrows 2
set xtics ('1' 1)
step = shown > 8 ? 5 : 3
do for [panel = 0 : 2] {
  set xtics add ('1' panel * pitch + 1)
  set for [k = 1 + step : shown : step] xtics add (sprintf('%d', k) panel * pitch + k)
  set label 1 + panel small(panel == 0 ? 'at the beginning' : panel == 1 ? say('at t_1', 'at $t_1$') : say('at t_1 + t_2', 'at $t_1+t_2$')) \
      at first panel * pitch + (shown + 1) / 2.0, graph 1.05 center
  if (panel > 0) { set arrow panel from first panel * pitch - 0.25, graph 0 to first panel * pitch - 0.25, graph 1 nohead linestyle 9 back }
}
x(k) = column('panel') * pitch + k
modulus(re, im) = (m = sqrt(re ** 2 + im ** 2), m > 0 ? m : NaN)
positive(value) = value > 0 ? value : NaN
plot name . '.tsv' using (x(column('k'))):(positive(column('singular_W'))) with linespoints linestyle 1 pointtype 5 pointsize 0.5 linewidth 1.2 title say('W, singular', '$W$, singular'), \
     '' using (x(column('k'))):(positive(column('singular_V'))) with linespoints linestyle 2 pointtype 7 pointsize 0.5 linewidth 1.2 title say('V, singular', '$V$, singular'), \
     '' using (x(column('k'))):(modulus(column('re_W'), column('im_W'))) with points linestyle 5 pointsize 0.85 title say('W, eigenvalues', '$W$, eigenvalues'), \
     '' using (x(column('k'))):(modulus(column('re_V'), column('im_V'))) with points linestyle 6 pointsize 0.85 title say('V, eigenvalues', '$V$, eigenvalues')
unset output
