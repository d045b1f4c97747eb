/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regularised incomplete beta function and its inverse, for parameters up to 1e12 and beyond.
 *
 * x and y = 1 - x come in together, so that nothing is lost near either end. */
#ifndef SEAM_MATH_BETA_H
#define SEAM_MATH_BETA_H

/* Natural logarithms of a distribution function and of its complement; -INFINITY for zero. */
struct log_tails {
    double lower, upper;
};

/* ln I_x(a, b) and ln I_y(b, a); a, b > 0, x + y = 1. */
struct log_tails beta_log_tails(double a, double b, double x, double y);
/* The x with I_x(a, b) = p, p in [0, 1]. */
double beta_quantile(double p, double a, double b);
/* The same as ln(x / (1 - x)), where x is too near 0 or 1 to be told from them. */
double beta_quantile_logit(double p, double a, double b);

#endif
