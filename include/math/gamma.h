/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regularised incomplete gamma functions and their inverse, for shapes from 1e-3 to 1e9. */
#ifndef SEAM_MATH_GAMMA_H
#define SEAM_MATH_GAMMA_H

/* P(a, x) and Q(a, x) = 1 - P(a, x), each exact where it is small. */
double gamma_lower(double a, double x);
/* Q(a, x), the upper one: 1 for x <= 0. */
double gamma_upper(double a, double x);
/* The x with P(a, x) = p, where q = 1 - p. */
double gamma_inverse(double a, double p, double q);

#endif
