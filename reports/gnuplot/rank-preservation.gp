# rank-preservation.gp -- what the blocks know with the top of U's spectrum alone, and without it.
# `ranks` are shown, the end begins at `shift`.
unset label 1
unset label 2
unset arrow 1
unset nonlinear x
set xlabel say('singular values of U, from the largest, kept or dropped', 'singular values of $U$, from the largest, kept or dropped') offset 0, low
set ylabel say('loss, gates of the whole U', 'loss, gates of the whole $U$')
set xrange [-0.4 : shift + ranks + 0.4]
set yrange [0 : *]
set xtics ('0' 0)
set for [k = 1 : ranks] xtics add (sprintf('%d', k) k)
set for [k = 0 : ranks] xtics add (sprintf('%d', k) shift + k)
set label 1 small('after the elementary stage') at first ranks / 2.0, graph 1.05 center
set label 2 small('after the specialised stage') at first shift + ranks / 2.0, graph 1.05 center
set arrow 1 from first shift - 0.75, graph 0 to first shift - 0.75, graph 1 nohead linestyle 9 back
set key maxrows 2
plot name . '.tsv' using 'x':'K1_top' with linespoints linestyle 1 pointtype 5 pointsize 0.55 title 'P, these alone', \
     '' using 'x':'K2_top' with linespoints linestyle 2 pointtype 7 pointsize 0.55 title 'Q, these alone', \
     '' using 'x':'K1_rest' with linespoints linestyle 3 linecolor rgb '#0072b2' pointtype 4 pointsize 0.7 title 'P, without these', \
     '' using 'x':'K2_rest' with linespoints linestyle 4 linecolor rgb '#d55e00' pointtype 6 pointsize 0.7 title 'Q, without these'
unset output
