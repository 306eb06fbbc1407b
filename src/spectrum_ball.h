/* spectrum_ball.h -- eigenvalues and the largest singular value of a weight, enclosed.
 *
 * Every statement holds for every matrix in the ball matrix that is given: so for the exact
 * trajectory's weight if the ball contains it, and for an engine's own weight if it is exact.
 */
#ifndef SRC_SPECTRUM_BALL_H
#define SRC_SPECTRUM_BALL_H

#include <acb.h>
#include <arb_mat.h>
#include <stdbool.h>

/* Larger matrices are left to spectrum.h. The iteration costs some 10 d^3 operations on balls: at d
   = 128 and 83 bits 5 s for the eigenvalues of an exact matrix, 21 s when its entries are known to
   2^-33, 5 s for the largest singular value (0.7, 2.5 and 0.6 s at d = 64). */
#define SPECTRUM_BALL_MAX 128

/* values: (d) enclosures of the eigenvalues of A, by decreasing modulus, then real part, then
   imaginary part of their midpoints. Each ball that overlaps no other contains exactly one
   eigenvalue, and is real if that certainly is; k equal balls contain k, with multiplicity. If
   nothing better can be told (a defective matrix), every ball is the disc of radius norm(A).
   Source: Arb's acb_mat_eig_simple, and Gershgorin's theorem. */
void spectrum_enclose(acb_ptr values, const arb_mat_t A, slong prec);

/* singular := the largest singular value of A. projector := v v', v its right singular vector, so
   that A projector is A's part of rank one; false, and singular an enclosure from the norm, when it
   cannot be told from the others. projector: (d, d). */
bool spectrum_top(arb_t singular, arb_mat_t projector, const arb_mat_t A, slong prec);

#endif
