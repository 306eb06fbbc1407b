# map.gp -- verdicts on a plane of two parameters: a cell for each run, a colour and a letter for each frequent pattern.
colours = '#56b4e9 #e69f00 #f0e442 #009e73 #cc79a7 #d55e00'
set xlabel safe(x_key) noenhanced offset 0, low
set lmargin at screen 0.09 + 0.017 * (y_width < 20 ? y_width : 20)
set ylabel safe(y_key) noenhanced offset 0.5, 0
set xrange [0.5 : columns + 0.5]
set yrange [0.5 : rows + 0.5]
# About 50 characters fit side by side; labels that need more are turned and need room below.
turned = columns * (x_width + 1) > 50
if (turned) {
  set xtics scale 0 noenhanced rotate by 45 right
} else {
  set xtics scale 0 noenhanced
}
room = turned ? 6 * (x_width < 20 ? x_width : 20) : 0
set ytics scale 0 noenhanced
unset border
# One line of the key for each class, above them what the letters stand for; the picture has the rest.
entries = classes + (others > 0) + (reference ne '')
lines = entries + 1
pixels = 300 + 21 * lines + room
set bmargin at screen (20.5 * lines + 58 + room) / pixels
set tmargin at screen 0.965
set key at screen 0.04, screen (20.5 * lines + 4) / pixels left top Left reverse noenhanced samplen (tex ? 2.2 : 1.2) spacing (tex ? 1.35 : 1.05) width width(-2) maxrows lines
is(i) = strcol('class') eq substr('ABCDEF', i, i)
# The instance that the runs started from: a frame around its cell, or a diamond where it lies between cells.
on_cell = reference_x == floor(reference_x) && reference_y == floor(reference_y)
entry_colour(i) = i <= classes ? word(colours, i) : i == classes + 1 && others > 0 ? '#c8c8c8' : 'black'
entry_type(i) = i <= classes + (others > 0) ? 5 : on_cell ? 4 : 12
entry_title(i) = i <= classes ? substr('ABCDEF', i, i) . '  ' . safe(words[i]) : \
                 i == classes + 1 && others > 0 ? sprintf('*  other patterns (%d)', others) : 'instance ' . safe(reference)
at_cell(wanted) = wanted ? column('x') : NaN
set style fill solid 1 border rgb 'white'
eval canvas
plot for [i = 1 : classes] name . '.tsv' using (at_cell(is(i))):(column('y')):(0.5):(0.5) \
       with boxxyerror fillcolor rgb word(colours, i) notitle, \
     name . '.tsv' using (at_cell(strcol('class') eq '*')):(column('y')):(0.5):(0.5) \
       with boxxyerror fillcolor rgb '#c8c8c8' notitle, \
     '' using (column('x')):(column('y')):(safe(stringcolumn('class'))) with labels noenhanced notitle, \
     '' using (column('x')):(NaN):xticlabels(safe(stringcolumn('x_text'))) with points notitle, \
     '' using (NaN):(column('y')):yticlabels(safe(stringcolumn('y_text'))) with points notitle, \
     '+' using (on_cell ? reference_x : NaN):(reference_y):(0.46):(0.46) every ::0::0 \
       with boxxyerror fillstyle empty linecolor rgb 'black' linewidth 2.2 notitle, \
     '' using (on_cell ? NaN : reference_x):(reference_y) every ::0::0 with points pointtype 13 pointsize 2 linecolor rgb 'white' notitle, \
     '' using (on_cell ? NaN : reference_x):(reference_y) every ::0::0 with points pointtype 12 pointsize 2 linewidth 2.2 linecolor rgb 'black' notitle, \
     keyentry with points pointtype 0 pointsize 0 linecolor rgb 'white' title 'the claims of each theorem, by class (number of cells):', \
     for [i = 1 : entries] keyentry with points pointtype entry_type(i) pointsize 1.6 linewidth 2 linecolor rgb entry_colour(i) title entry_title(i)
unset output
