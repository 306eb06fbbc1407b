# losses.gp -- the losses of both blocks at the signal weights, over both stages, of one run; a sweep over seeds has bands.
set ylabel 'loss at the signal weights'
set key maxrows 2 width width(-2)
set yrange [0 : *]
set label 3 small(sprintf('one run, of seed %s: no band', seed)) at screen 0.565, screen 0.06 center
plot name . '.tsv' using 'eta_lambda_time':'K1' with lines linestyle 1 title say('K^1  (block P)', '$K^1$ (block P)'), \
     '' using 'eta_lambda_time':'K2' with lines linestyle 2 title say('K^2  (block Q)', '$K^2$ (block Q)'), \
     log(2) with lines linestyle 8 title say('log 2', '$\log 2$')
unset output
