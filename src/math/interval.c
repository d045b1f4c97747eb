/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals.  Binomial ones by Wilson's score or by quantiles of the beta distribution (math/beta),
 * means by Student, ratios by the delta method, quantiles by order statistics (Hahn and Meeker
 * 1991, "Statistical intervals", 5.2), looks by a union bound over 1/(j (j + 1)), which adds up
 * to 1. */
#include "math/interval.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stddef.h>

/* The x with I_x(a, b) = 1 - d, without forming 1 - d. */
static double beta_upper_quantile(double d, double a, double b)
{
    return 1 / (1 + exp(beta_quantile_logit(d, b, a)));
}

double normal_quantile(double p)
{
    if (!(p > 0))
        return -INFINITY;
    if (!(p < 1))
        return INFINITY;
    return gsl_cdf_ugaussian_Pinv(p);
}

/* nu / (nu + T^2) is Beta(nu / 2, 1 / 2): Abramowitz and Stegun 26.7.1. */
double student_quantile(double p, double nu)
{
    if (p == 0.5)
        return 0;
    double tail = p < 0.5 ? p : 1 - p;
    double t = sqrt(nu) * exp(-beta_quantile_logit(2 * tail, nu / 2, 0.5) / 2);
    return p < 0.5 ? -t : t;
}

struct interval interval_wilson(uint64_t k, uint64_t n, double level)
{
    if (n == 0)
        return (struct interval){0, 1};
    double z = normal_quantile(0.5 + level / 2), z2 = z * z;
    double total = (double)n, share = (double)k / total;
    double middle = (share + z2 / (2 * total)) / (1 + z2 / total);
    double half =
        z / (1 + z2 / total) * sqrt(share * (1 - share) / total + z2 / (4 * total * total));
    return (struct interval){k == 0 ? 0 : fmax(middle - half, 0),
                             k == n ? 1 : fmin(middle + half, 1)};
}

struct interval interval_clopper_pearson(uint64_t k, uint64_t n, double level)
{
    if (n == 0)
        return (struct interval){0, 1};
    double tail = (1 - level) / 2, good = (double)k, bad = (double)(n - k);
    return (struct interval){k == 0 ? 0 : beta_quantile(tail, good, bad + 1),
                             k == n ? 1 : beta_upper_quantile(tail, good + 1, bad)};
}

struct interval interval_jeffreys(uint64_t k, uint64_t n, double level)
{
    if (n == 0)
        return (struct interval){0, 1};
    double tail = (1 - level) / 2, a = (double)k + 0.5, b = (double)(n - k) + 0.5;
    return (struct interval){k == 0 ? 0 : beta_quantile(tail, a, b),
                             k == n ? 1 : beta_upper_quantile(tail, a, b)};
}

double interval_upper(uint64_t k, uint64_t n, double d)
{
    return k >= n ? 1 : beta_upper_quantile(d, (double)k + 1, (double)(n - k));
}

/* P(Bin(n, p) <= k) = I_{1-p}(n - k, k + 1): Abramowitz and Stegun 26.5.24. */
static struct log_tails binomial_tails(uint64_t k, uint64_t n, double p)
{
    return beta_log_tails((double)(n - k), (double)k + 1, 1 - p, p);
}

double binomial_cdf(uint64_t k, uint64_t n, double p)
{
    return k >= n ? 1 : exp(binomial_tails(k, n, p).lower);
}

/* P(Bin(n, p) >= k). */
static double binomial_from(uint64_t k, uint64_t n, double p)
{
    return k == 0 ? 1 : k > n ? 0 : exp(binomial_tails(k - 1, n, p).upper);
}

struct interval interval_mean(double mean, double variance, uint64_t n, double level)
{
    if (n < 2)
        return (struct interval){-INFINITY, INFINITY};
    double half = variance > 0 ? student_quantile(0.5 + level / 2, (double)(n - 1)) *
                                     sqrt(variance / (double)n)
                               : 0;
    return (struct interval){mean - half, mean + half};
}

struct interval interval_ratio(double mean_y, double mean_x, double var_y, double var_x, double cov,
                               uint64_t n, double level)
{
    if (mean_x == 0)
        return (struct interval){-INFINITY, INFINITY};
    double ratio = mean_y / mean_x;
    double variance = (var_y - 2 * ratio * cov + ratio * ratio * var_x) / (mean_x * mean_x);
    return interval_mean(ratio, variance, n, level);
}

void interval_quantile_ranks(uint64_t n, double p, double level, uint64_t *l, uint64_t *u,
                             double *coverage)
{
    double tail = (1 - level) / 2;
    uint64_t low = 0, high = n; /* P(Bin <= low - 1) <= tail */
    while (low < high) {
        uint64_t middle = high - (high - low) / 2;
        if (binomial_cdf(middle - 1, n, p) <= tail)
            low = middle;
        else
            high = middle - 1;
    }
    *l = low;
    low = 1, high = n + 1; /* P(Bin >= high) <= tail */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (binomial_from(middle, n, p) <= tail)
            high = middle;
        else
            low = middle + 1;
    }
    *u = high;
    if (coverage)
        *coverage = 1 - (*l ? binomial_cdf(*l - 1, n, p) : 0) - binomial_from(*u, n, p);
}

double interval_look_level(double level, unsigned look)
{
    return 1 - (1 - level) / ((double)look * ((double)look + 1));
}

/* p * n is a whole number more often than its double is: 0.95 * 20 is 19. */
uint64_t sample_rank(uint64_t n, double p)
{
    double rank = ceil(p * (double)n - 1e-9);

    return rank < 1 ? 1 : rank > (double)n ? n : (uint64_t)rank;
}

double sample_quantile(const double *ascending, size_t n, double p)
{
    return ascending[sample_rank(n, p) - 1];
}

double sample_quantile_linear(const double *ascending, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t below = (size_t)floor(at);

    if (below + 1 >= n)
        return ascending[n - 1];
    return ascending[below] + (at - (double)below) * (ascending[below + 1] - ascending[below]);
}
