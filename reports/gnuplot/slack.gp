# slack.gp -- how close each claim came: slack, by verdict; right of 1 the bound could be tightened, left of it it is missed, by that factor. A panel for each reading.
# Panels stand side by side on one axis, each in decades from `least` to `most`; what lies beyond stands at its edge, what has no slack left of it.
least = -1.3
most = 2.3
broad = most - least + 1.7
at(panel, decades) = panel * broad + (decades < least ? least : decades > most ? most : decades)
of(word) = stringcolumn('verdict') eq word
place(word) = !of(word) ? NaN : column('slack') > 0 ? at(column('panel'), log10(column('slack'))) : column('panel') * broad + least - 0.7
half(reading, part) = part eq 'gate' ? reading[1 : strstrt(reading, '/') - 1] : reading[strstrt(reading, '/') + 1 : *]
line = 17 # pixels of a row
pixels = 150 + line * (claims + 2)
set lmargin at screen 0.21
set tmargin at screen 1 - 8.0 / pixels
set bmargin at screen 1 - (8.0 + line * (claims + 2)) / pixels
set key at screen 0.03, screen 72.0 / pixels maxrows 3 width width(-2)
set xrange [least - 1.2 : (panels - 1) * broad + most + 0.3]
set yrange [claims - 0.4 : -2.6] # above the first claim the names of the readings, in two lines
set xlabel 'slack (–: none)' offset 0, low
if (tex) { set xlabel 'slack (--: none)' offset 0, low }
few = panels <= 2 # else only some of the tics have room for a number
set xtics ('1' 0)
do for [p = 0 : panels - 1] {
  set xtics add (say('–', '--') p * broad + least - 0.7, few ? '.1' : '' p * broad - 1, '1' p * broad, few ? '10' : '' p * broad + 1, '100' p * broad + 2)
  set arrow 10 + 2 * p from first p * broad, graph 0 to first p * broad, first -0.6 nohead linestyle 8 back
  if (p > 0) { set arrow 11 + 2 * p from first p * broad + least - 1.2, graph 0 to first p * broad + least - 1.2, graph 1 nohead linestyle 9 back }
}
set ytics scale 0 noenhanced
set grid ytics linetype 1 linecolor rgb '#e4e4e4' linewidth 0.6
eval canvas
plot name . '.tsv' using (NaN):(column('row')):yticlabels(safe(stringcolumn('claim'))) with points notitle, \
     for [half_of in 'gate loss'] '' using (column('row') == 0 ? column('panel') * broad + (least + most) / 2 - 0.5 : NaN):(half_of eq 'gate' ? -1.9 : -1.0):(half(stringcolumn('reading'), half_of)) \
       with labels notitle, \
     '' using (place('HOLDS')):(column('row')) with points pointtype 7 pointsize 0.55 linecolor rgb '#0072b2' title 'holds', \
     '' using (place('VACUOUS')):(column('row')) with points pointtype 6 pointsize 0.55 linewidth 1.3 linecolor rgb '#0072b2' title 'vacuous', \
     '' using (place('FAILS')):(column('row')) with points pointtype 5 pointsize 0.6 linecolor rgb '#d55e00' title 'fails', \
     '' using (place('INCONCLUSIVE')):(column('row')) with points pointtype 12 pointsize 0.7 linewidth 1.3 linecolor rgb '#d55e00' title 'inconclusive', \
     '' using (place('UNMET')):(column('row')) with points pointtype 2 pointsize 0.5 linewidth 1.3 linecolor rgb '#303030' title 'hypothesis unmet'
unset output
