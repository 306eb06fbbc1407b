# style.gp -- the look shared by all figures: one or two paper columns wide, legible in black and white.
# Above it stand the numbers of the run: name, t1, t2, and x1, x_end: the eta lambda time at t1 and at the end.

# The script runs once for each form of the picture. NAME.tex is for LaTeX, which sets its texts; what it draws under them is NAME-inc.pdf.
part = exists('part') ? part : '' # the program draws under another name and renames what is complete
if (!exists('form') && part ne '') {
  do for [form in 'svg pdf tex'] { load name . '.gp' }
  exit
}
if (!exists('form')) { # by hand: the same bytes as the program's, in any language and time zone, on any day
  do for [each in 'svg pdf tex'] { system("LC_ALL=C.UTF-8 TZ=UTC0 gnuplot --default-settings -e 'form = \"" . each . "\"' " . name . '.gp') }
  do for [pdf in name . '.pdf ' . name . '-inc.pdf'] {
    system("LC_ALL=C sed 's|/CreationDate (D:[0-9]*|/CreationDate (D:20000101000000|' " . pdf . ' >' . pdf . '.new && mv ' . pdf . '.new ' . pdf)
  }
  system('mv ' . name . '-inc.tex ' . name . '.tex')
  exit
}
reset
tex = form eq 'tex'
say(plain, latex) = tex ? latex : plain
small(text) = tex ? '{\fontsize{6}{7}\selectfont ' . text . '}' : '{/*0.85 ' . text . '}'
# A text that is not ours, such as a value as the user wrote it, with the characters that mean something to LaTeX escaped.
width(columns) = tex ? 1 : columns # of a key: what gnuplot takes a text of LaTeX's for is about right
safe_one(c) = strstrt('#$%&_{}', c) > 0 ? '\' . c : c eq '\' ? '\textbackslash{}' : c eq '^' ? '\textasciicircum{}' : c eq '~' ? '\textasciitilde{}' : c
safe(text) = !tex || strlen(text) == 0 ? text : strlen(text) == 1 ? safe_one(text) : \
             safe(text[1 : strlen(text) / 2]) . safe(text[strlen(text) / 2 + 1 : strlen(text)])

set encoding utf8
set datafile separator tab
set datafile missing 'nan'

# Colour is never the only channel: every curve has a dash pattern of its own, every level a point type.
set colorsequence podo
set style line 1 linecolor rgb '#0072b2' linewidth 2.2 dashtype solid       # block P
set style line 2 linecolor rgb '#d55e00' linewidth 2.2 dashtype (12,4)      # block Q
set style line 3 linecolor rgb 'black' linewidth 0.9 dashtype (2,4)       # on top of a curve of block P
set style line 4 linecolor rgb 'black' linewidth 0.9 dashtype (8,3,2,3)   # on top of a curve of block Q
set style line 5 linecolor rgb '#0072b2' linewidth 1.3 pointtype 4 pointsize 0.7 # block P, a level
set style line 6 linecolor rgb '#d55e00' linewidth 1.3 pointtype 6 pointsize 0.7 # block Q, a level
set style line 8 linecolor rgb 'black' linewidth 1.1 dashtype (1,3)    # a level or rate to compare with
set style line 9 linecolor rgb '#909090' linewidth 0.8 dashtype solid  # a moment

set border 3 linewidth 0.8 linecolor rgb '#303030'
set tics nomirror out scale 0.6
# The key stands below the picture: where the curves run is not known beforehand.
set key at screen 0.13, screen 0.205 left top Left reverse samplen 2.6 spacing (tex ? 1.3 : 1.1) width width(-4) maxrows 3
low = tex ? 0.1 : 0.4 # of the text below an axis
time_label = say('Σ ηλ  over the steps so far', '$\sum\eta\lambda$ over the steps so far')
set xlabel time_label offset 0, low
set ylabel offset 0.5, 0
set lmargin at screen 0.165
set rmargin at screen 0.965
set tmargin at screen 0.93
set bmargin at screen 0.345

# Stage two is far longer than stage one, so each gets a scale of its own: stage one two fifths of the width.
share = 0.4
two_stages = x1 > 0 && x_end > x1
forth(x) = x <= x1 ? share * x / x1 : share + (1 - share) * (x - x1) / (x_end - x1)
back(w) = w <= share ? x1 * w / share : x1 + (w - share) * (x_end - x1) / (1 - share)
nice(v) = (e = 10 ** floor(log10(v)), v < 1.5 * e ? e : v < 3.5 * e ? 2 * e : v < 7.5 * e ? 5 * e : 10 * e)
bare = 0 # 1: an axis without numbers, of a panel that stands on another
tic(text) = bare ? '' : text
# No number within a tenth of a stage from t_1, whose own it would touch.
stage_tics = two_stages ? "tic1 = nice(x1 / 3); tic2 = nice((x_end - x1) / 4); set xtics (tic('0') 0, tic(say('t_1', '$t_1$')) x1);" . \
  "set for [i = 1 : floor(0.9 * x1 / tic1)] xtics add (tic(sprintf('%g', i * tic1)) i * tic1);" . \
  "set for [i = ceil((x1 + 0.1 * (x_end - x1)) / tic2) : floor(x_end / tic2)] xtics add (tic(sprintf('%g', i * tic2)) i * tic2)" : \
  "set format x tic('% h')"
eval stage_tics
if (two_stages) {
  set nonlinear x via forth(x) inverse back(x)
  set arrow 1 from first x1, graph 0 to first x1, graph 1 nohead linestyle 9 back
  set label 1 small(sprintf('elementary: %d steps', t1)) at graph share / 2, graph 1.05 center
  set label 2 small(sprintf('specialised: %d steps', t2)) at graph (1 + share) / 2, graph 1.05 center
}
set xrange [0 : x_end]

# A picture of another size sets pixels or wide and says `eval canvas` again. Widths are one and two columns of a paper; gnuplot takes the whole points
# of them, so no picture is wider than its column.
pixels = 420 # its height, where one column is 510 wide
wide = 0     # 1: two columns
cm = 8.6
width_cm(wide) = wide ? 17.8 : cm
canvas_svg = "set terminal svg enhanced size (510 * width_cm(wide) / cm),pixels fixed font 'sans-serif,14' name 'twostage' linewidth 1.2 dashlength 1.0; set output name . '.svg' . part"
canvas_pdf = "set terminal pdfcairo enhanced color size (width_cm(wide))cm,(cm * pixels / 510)cm font 'sans-serif,5.5' fontscale 1 linewidth 1 dashlength 0.6; set output name . '.pdf' . part"
canvas_tex = "set terminal cairolatex pdf input color size (width_cm(wide))cm,(cm * pixels / 510)cm header '\\fontsize{7}{8.4}\\selectfont' font ',7' linewidth 1.7 dashlength 0.6; set output name . '-inc.tex'"
canvas = form eq 'svg' ? canvas_svg : tex ? canvas_tex : canvas_pdf
eval canvas
