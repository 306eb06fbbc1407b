# growth.gp -- norms of the signal weights, with the rates that the statements predict up to a constant.
# Under a constant drive a norm grows like (1 - exp(-eta lambda t)) / lambda, in either stage: drawn broad and grey behind the curves, scaled to meet
# them at t1; for Wbar in stage one only, where it bends away, for Vbar throughout.
set ylabel 'norm of the signal weight'
set yrange [0 : *]
set key width width(-9)
set samples 400
rate(x, norm, end) = x1 > 0 && x <= end ? norm * (1 - exp(-x)) / (1 - exp(-x1)) : NaN
plot rate(x, norm_V1, x_end) with lines linewidth 5 linecolor rgb '#bbbbbb' title say('∝ (1 − e^{−ηλt}) / λ', '$\propto(1-e^{-\eta\lambda t})/\lambda$'), \
     rate(x, norm_W1, x1) with lines linewidth 5 linecolor rgb '#bbbbbb' notitle, \
     name . '.tsv' using 'eta_lambda_time':'norm_Wbar' with lines linestyle 1 title say('‖W̄‖', '$\|\overline{W}\|$'), \
     '' using 'eta_lambda_time':'norm_Vbar' with lines linestyle 2 title say('‖V̄‖', '$\|\overline{V}\|$'), \
     '+' using (x1):(d * log(1.0 / eps_W)) every ::::0 with points linestyle 5 title say('d log(1/ε_W) at t_1', '$d\log(1/\varepsilon_W)$ at $t_1$'), \
     '+' using (x_end):(log(1.0 / eps_V) / eps_V) every ::::0 with points linestyle 6 title say('log(1/ε_V)/ε_V at the end', '$\log(1/\varepsilon_V)/\varepsilon_V$ at the end')
unset output
