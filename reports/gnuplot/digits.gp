# digits.gp -- how many decimal digits two engines agree in; there cannot be more than the smaller precision holds.
# `columns` lists the quantities, `bits` is that precision.
set ylabel 'agreeing decimal digits'
label(column) = column eq 'K1' ? say('K^1', '$K^1$') : column eq 'K2' ? say('K^2', '$K^2$') : \
                column eq 'norm_Wbar' ? say('‖W̄‖', '$\|\overline{W}\|$') : column eq 'norm_Vbar' ? say('‖V̄‖', '$\|\overline{V}\|$') : safe(column)
set style line 11 linecolor rgb '#0072b2' linewidth 1.4 dashtype solid pointtype 4 pointsize 0.6
set style line 12 linecolor rgb '#d55e00' linewidth 1.4 dashtype (10,3) pointtype 6 pointsize 0.6
set style line 13 linecolor rgb '#56b4e9' linewidth 1.4 dashtype (3,3) pointtype 8 pointsize 0.6
set style line 14 linecolor rgb '#e69f00' linewidth 1.4 dashtype (9,3,2,3) pointtype 2 pointsize 0.6
plot for [i = 1 : words(columns)] name . '.tsv' using 'eta_lambda_time':word(columns, i) with linespoints linestyle 10 + i pointnumber 9 \
       title label(word(columns, i)), \
     bits * log10(2) with lines linestyle 8 title sprintf('%d bits', bits)
unset output
