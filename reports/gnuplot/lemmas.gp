# lemmas.gp -- how tight the bound of each lemma is: probability over bound at each point, with confidence limits; 1 is the bound.
set xlabel 'lemma, its points from left to right' offset 0, low
set ylabel 'probability / bound'
set xrange [0.5 : lemmas + 0.5]
set xtics scale 0
set logscale y
set yrange [1e-4 < * : 2 < *] # lower limits of rare events would take most of the picture
set format y '%g'
set key maxrows 4
at_point(wanted, value) = wanted ? value : NaN
sampled(value) = at_point(column('certified') == 0 && column('hits') > 0, value)
plot name . '.tsv' using (sampled(column('x'))):(column('ratio')):(column('lower')):(column('upper')) \
       with yerrorbars linestyle 5 title 'estimate, confidence limits', \
     '' using (at_point(column('certified') == 0 && column('hits') == 0, column('x'))):(column('upper')) \
       with points linestyle 6 pointtype 10 title 'no sample reached the threshold: upper limit', \
     '' using (at_point(column('certified') == 1, column('x'))):(column('ratio')) \
       with points linestyle 6 title 'certified: largest value found in an interval', \
     '' using (column('lemma')):(NaN):xticlabels(safe(stringcolumn('label'))) with points notitle, \
     1 with lines linestyle 8 title 'the bound'
unset output
