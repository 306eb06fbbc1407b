# growth.gp -- norms of the signal weights, with the rates that the statements predict up to a constant.
# Under a constant drive a norm grows like (1 - exp(-eta lambda t)) / lambda: drawn scaled to meet Vbar at t1.
set ylabel 'norm of the signal weight'
set yrange [0 : *]
set key width -9
set samples 400
rate(x) = x1 > 0 && x <= x1 ? norm_V1 * (1 - exp(-x)) / (1 - exp(-x1)) : NaN
plot name . '.tsv' using 'eta_lambda_time':'norm_Wbar' with lines linestyle 1 title '‖W̄‖', \
     '' using 'eta_lambda_time':'norm_Vbar' with lines linestyle 2 title '‖V̄‖', \
     rate(x) with lines linestyle 8 title '∝ (1 − e^{−ηλt}) / λ', \
     '+' using (x1):(d * log(1.0 / eps_W)) every ::::0 with points linestyle 5 title 'd log(1/ε_W) at t_1', \
     '+' using (x_end):(log(1.0 / eps_V) / eps_V) every ::::0 with points linestyle 6 title 'log(1/ε_V)/ε_V at the end'
eval finish
