/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals: binomial, means, ratios, quantiles, and looks at a growing sample.
 *
 * `level` is the two-sided confidence, such as 0.95, unless a comment says one-sided. */
#ifndef SEAM_MATH_INTERVAL_H
#define SEAM_MATH_INTERVAL_H

#include "base/error.h"
#include "math/beta.h"
#include <stddef.h>
#include <stdint.h>

struct interval {
    double low, high;
};

/* k successes in n.  n = 0 gives [0, 1]. */
struct interval interval_wilson(uint64_t k, uint64_t n, double level);          /* Wilson 1927 */
struct interval interval_clopper_pearson(uint64_t k, uint64_t n, double level); /* 1934 */
/* Brown, Cai and DasGupta 2001. */
struct interval interval_jeffreys(uint64_t k, uint64_t n, double level);
/* One-sided upper bound of a proportion: Beta^-1(1 - d; k + 1, n - k); 1 for k = n. */
double interval_upper(uint64_t k, uint64_t n, double d);
/* log-free exact tail P(Bin(n, p) <= k). */
double binomial_cdf(uint64_t k, uint64_t n, double p);
/* Mean +- t * sqrt(variance / n), Student with n - 1 degrees. */
struct interval interval_mean(double mean, double variance, uint64_t n, double level);
/* Ratio E[y]/E[x] by the delta method, from means, variances and covariance of the pairs. */
struct interval interval_ratio(double mean_y, double mean_x, double var_y, double var_x, double cov,
                               uint64_t n, double level);
/* Ranks l <= u whose order statistics bracket quantile p of n iid values:
 * l the largest with P(Bin(n,p) <= l-1) <= (1-level)/2 (0: no lower limit), u the smallest with
 * P(Bin(n,p) >= u) <= (1-level)/2 (n+1: none).  *coverage may be NULL. */
void interval_quantile_ranks(uint64_t n, double p, double level, uint64_t *l, uint64_t *u,
                             double *coverage);
/* The level to use at look j = 1, 2, ... so that all looks together keep `level`:
 * the error is shared out as 1 / (j (j + 1)). */
double interval_look_level(double level, unsigned look);
/* Standard normal; -INFINITY for p <= 0, INFINITY for p >= 1. */
double normal_quantile(double p);
/* Student with nu > 0 degrees of freedom. */
double student_quantile(double p, double nu);

/* Rank of the p-quantile of n sorted values, 1 <= rank <= n: the smallest value x with F_n(x) >= p
 * (nearest rank, type 1 of Hyndman and Fan 1996).  n >= 1. */
uint64_t sample_rank(uint64_t n, double p);
/* The p-quantile of n >= 1 ascending values by nearest rank, and by linear interpolation between
 * ranks (type 7). */
double sample_quantile(const double *ascending, size_t n, double p);
/* By linear interpolation, for p from 0 to 1. */
double sample_quantile_linear(const double *ascending, size_t n, double p);

#endif
