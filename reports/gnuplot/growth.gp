# growth.gp -- norms of the signal weights; the levels that the statements predict up to a constant, each with the constant fitted to the run; and in grey the growth under a constant drive, fitted at t1.
# Under a constant drive a norm grows like (1 - exp(-eta lambda t)) / lambda, in either stage: drawn broad and grey behind the curves, scaled to meet
# them at t1; for Wbar in stage one only, where it bends away, for Vbar throughout.
set ylabel 'norm of the signal weight'
set yrange [0 : *]
set key width width(-9)
set samples 400
rate(x, norm, end) = x1 > 0 && x <= end ? norm * (1 - exp(-x)) / (1 - exp(-x1)) : NaN
fitted(norm, level) = small(sprintf(say('× %.2g', '$\times\,%.2g$'), norm / level)) # the constant of Theta
plot rate(x, norm_V1, x_end) with lines linewidth 5 linecolor rgb '#bbbbbb' title say('∝ 1 − e^{−ηλt}, fitted', '$\propto1-e^{-\eta\lambda t}$, fitted'), \
     rate(x, norm_W1, x1) with lines linewidth 5 linecolor rgb '#bbbbbb' notitle, \
     name . '.tsv' using 'eta_lambda_time':'norm_Wbar' with lines linestyle 1 title say('‖W̄‖', '$\|\overline{W}\|$'), \
     '' using 'eta_lambda_time':'norm_Vbar' with lines linestyle 2 title say('‖V̄‖', '$\|\overline{V}\|$'), \
     '+' using (x1):(d * log(1.0 / eps_W)) every ::::0 with points linestyle 5 title say('d log(1/ε_W) at t_1', '$d\log(1/\varepsilon_W)$ at $t_1$'), \
     '+' using (x_end):(log(1.0 / eps_V) / eps_V) every ::::0 with points linestyle 6 title say('log(1/ε_V)/ε_V at the end', '$\log(1/\varepsilon_V)/\varepsilon_V$ at the end'), \
     '+' using (x1):(d * log(1.0 / eps_W)):(fitted(norm_W1, d * log(1.0 / eps_W))) every ::::0 with labels right offset -0.8, 0 notitle, \
     '+' using (x_end):(log(1.0 / eps_V) / eps_V):(fitted(norm_V_end, log(1.0 / eps_V) / eps_V)) every ::::0 with labels right offset -0.8, 0 notitle
unset output
