/* export_words.c -- what somebody must know to redo a run from its export. engine.h, trainer.h and
 * streams.md say the same at greater length; a change there is a change here. */
#include "src/export_words.h"

#include <stddef.h>

const ExportWords export_words[] = {
    {"parameters",
     "value is what the run used: reals are doubles, written so that they read back to the same "
     "double; formula is what the value was computed from."},
    {"arrays",
     "NumPy format 1.0, little-endian float64, row-major. X_P[n, l], X_Q[n, l] and y[n, l] are "
     "token l of prompt n: l = 0 .. L-1 are the context, l = L is the query. Every token entry is "
     "an integer times 2^grid, and a signed sum of at most L of them is exact in float64."},
    {"files",
     "sha256 is that of all bytes of the file, as sha256sum prints it: of what was to be written, "
     "so it differs when the disk or a copy changed something."},
    {"label",
     "The query's own label is masked: it is what has to be predicted. It enters the loss and "
     "never a sum over the context."},
    {"data",
     "x^P = y (gamma0 w* + e), e ~ N(0, s_e^2 I) given <w*, e> >= 0; x^Q = z for y = +1, z + zeta "
     "or z - zeta for y = -1, the latter with probability balance."},
    {"model",
     "x' U x is sum_ij x_i U_ij x_j, U = diag(W, V). With x_l a context token and x_q the query, "
     "h = (1/L) sum_{l < L} y_l a^P_l x_l^P' W x_q^P, g = (1/L) sum_{l < L} y_l a^Q_l x_l^Q' V "
     "x_q^Q, f = h + g. Gate shared: a^P_l = a^Q_l = 1[x_l^P' W x_q^P + x_l^Q' V x_q^Q > 0]. Gate "
     "split: a^P_l = 1[x_l^P' W x_q^P > 0], a^Q_l = 1[x_l^Q' V x_q^Q > 0]. Signs are those of the "
     "exact sums over the weights as stored; 0 shuts the gate. All "
     "this for attention relu. Attention softmax: h = sum_l y_l p^P_l, g = sum_l y_l p^Q_l, f = h "
     "+ g, p = softmax over the context of the block's scores (gate split) or of the sums of both "
     "blocks' scores (gate shared)."},
    {"loss",
     "l(s) = log(1 + exp(-s)), mean over the N prompts. Loss separate: the gradient of W is that "
     "of l(y_q h), of V that of l(y_q g). Loss joint: both are those of l(y_q f). Gates are held "
     "fixed: with m_n = sum_{l < L} y_l a_l x_l and c_n = -y_q sigmoid(-y_q s_n), s_n being h_n, "
     "g_n or f_n, the gradient is G = (1/(N L)) sum_n c_n m_n x_qn', for each block. Under "
     "attention softmax m_n "
     "= L sum_l p_l (y_l - s_n) x_l with s_n = h_n or g_n of the block."},
    {"training",
     "Step t = 0, 1, ... takes everything from the weights and gates of time t: Ubar := rho Ubar - "
     "eta G, Utilde := rho Utilde - eta xi_t, U := Ubar + Utilde, for U = W and U = V, where rho = "
     "1 - eta lambda, eta = eta1 for t < t1 and eta2 for t1 <= t < t1 + t2. At time 0 Wbar, Vbar "
     "and Vtilde are 0 and Wtilde is tau0 times standard normals. xi_t is tau_xi times standard "
     "normals; tau_xi = 0 switches this noise off and leaves Wtilde_0 as it is. Optimizer adam, "
     "entry by "
     "entry: A := 0.9 A + 0.1 G, S := 0.999 S + 0.001 G^2, Ubar := rho Ubar - eta (A / (1 - "
     "0.9^(t+1))) / (sqrt(S / (1 - 0.999^(t+1))) + 1e-8), A and S being 0 at time 0; the noise "
     "enters neither. The decimals stand for the nearest doubles, and 1 - 0.9 is exact."},
    {"weights",
     "NAME_tSTEP holds the weight at time STEP, that is after STEP steps: W, V, the signal weights "
     "Wbar, Vbar and the noise weights Wtilde, Vtilde, W = Wbar + Wtilde. In .npy: the nearest "
     "doubles. In .txt, for engines with more than doubles: the exact values, a C99 hexadecimal "
     "floating-point number a line, row by row."},
    {"engine double",
     "IEEE 754 binary64, every operation rounded to nearest-even, nothing fused, sums from the "
     "left: q_i = sum_j U_ij x_j, h = (sum_i m_i q_i) / L; G_ij = (sum_n m_ni (c_n x_nj)) / (N L); "
     "Ubar := (rho Ubar) - (eta G), rho being 1 - eta lambda rounded once. m_n is exact. c_n is "
     "within a relative 5 2^-53 of its true value."},
    {"engine mpfr",
     "RN is rounding to nearest-even at the run's precision; sums are rounded once, as a whole: h "
     "= RN(RN(sum_ij m_i U_ij x_j) / L), f = RN(h + g), c = RN(-y / (1 + exp(y s))), G_ij = "
     "RN(RN(sum_n c_n m_ni x_nj) / (N L)), Ubar := RN(RN(rho Ubar) - RN(eta G)), rho = RN(1 - eta "
     "lambda), U = RN(Ubar + Utilde). Every weight is determined to the last bit."},
    {"random streams",
     "Philox4x32-10. Stream (seed, purpose, index) is the sequence of blocks b = 0, 1, ... of four "
     "32-bit words w0..w3, key = (seed mod 2^32, floor(seed / 2^32)), counter = (b, purpose, index "
     "mod 2^32, floor(index / 2^32)). A block gives the 64-bit integers w0 + 2^32 w1 and w2 + 2^32 "
     "w3; an integer gives the uniform (floor(integer / 2^12) + 1/2) 2^-52. Standard normals: each "
     "block is a candidate (u, u'), v = 1.7156 (u' - 1/2) in binary64, accepted if v^2 <= -4 u^2 "
     "ln u, and then v / u in binary64 is the next normal; arrays are filled row by row and then "
     "multiplied by their scale in binary64. Purposes: 1 w*, 2 z, 3 zeta (index 0); 4 labels, 5 "
     "tokens P, 6 tokens Q (index 2^32 n + l, the query having l = 2^32 - 1); 7 Wtilde_0 (index "
     "0); 8 xi_t of W, 9 xi_t of V (index t)."},
    {NULL, NULL},
};
