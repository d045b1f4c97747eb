/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Upper tails by their own formulas, so that P(X > x) = 1e-12 keeps its digits where 1 - F(x)
 * would have four of them left. */
#include "dist_family.h"

#include "math/beta.h"
#include "math/gamma.h"
#include "math/recalibrate.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static double beta_tail(double a, double b, double x)
{
    if (x <= 0)
        return 1;
    return x >= 1 ? 0 : exp(beta_log_tails(a, b, x, 1 - x).upper);
}

static double triangular_tail(const struct dist *d, double x)
{
    double from = d->a, mode = d->b, to = d->c;
    if (x <= from)
        return 1;
    if (x >= to)
        return 0;
    if (x >= mode)
        return (to - x) * (to - x) / ((to - from) * (to - mode));
    return 1 - (x - from) * (x - from) / ((to - from) * (mode - from));
}

/* Beta of weight 4 on [min, max] (Malcolm et al. 1959). */
static double pert_tail(const struct dist *d, double x)
{
    double width = d->c - d->a;
    return beta_tail(1 + 4 * (d->b - d->a) / width, 1 + 4 * (d->c - d->b) / width,
                     (x - d->a) / width);
}

/* Weights of the values above x, or from x on. */
static double values_tail(const struct dist *d, double x, bool with_x)
{
    double sum = 0;
    size_t i = d->n;
    for (; i > 0 && (d->values[i - 1] > x || (with_x && d->values[i - 1] == x)); i--)
        sum += dist_weight(d, i - 1);
    return i == 0 ? 1 : sum;
}

static double tail(const struct dist *d, double x, bool with_x)
{
    switch (d->family) {
    case DIST_CONSTANT:
        return d->a > x || (with_x && d->a == x);
    case DIST_EXPONENTIAL:
        return x <= 0 ? 1 : exp(-x / d->a);
    case DIST_LOGNORMAL:
        return x <= 0 ? 1 : gsl_cdf_ugaussian_Q((log(x) - d->a) / d->b);
    case DIST_GAMMA:
        return gamma_upper(d->a, x / d->b);
    case DIST_WEIBULL:
        return x <= 0 ? 1 : exp(-pow(x / d->b, d->a));
    case DIST_NORMAL:
        return x <= 0 ? 1
                      : gsl_cdf_ugaussian_Q((x - d->a) / d->b) / gsl_cdf_ugaussian_P(d->a / d->b);
    case DIST_UNIFORM:
        return x <= d->a ? 1 : x >= d->b ? 0 : (d->b - x) / (d->b - d->a);
    case DIST_TRIANGULAR:
        return triangular_tail(d, x);
    case DIST_PERT:
        return pert_tail(d, x);
    case DIST_PARETO:
        return x <= d->a ? 1 : pow(d->a / x, d->b);
    case DIST_BETA:
        return beta_tail(d->a, d->b, x);
    case DIST_DISCRETE:
    case DIST_EMPIRICAL:
        return values_tail(d, x, with_x);
    case DIST_SHIFTED:
        return tail(d->part, dist_moved_back(d, x, with_x ? -1 : 1), with_x);
    case DIST_MAPPED:
        return with_x ? tail(d->part, calibration_map_first(d->map, x), true)
                      : tail(d->part, calibration_map_last(d->map, x), false);
    case DIST_MIXTURE: {
        double sum = 0;
        for (size_t i = 0; i < d->n; i++)
            sum += dist_weight(d, i) * tail(&d->part[i], x, with_x);
        return sum;
    }
    default:
        return 1 - (with_x ? dist_below(d, x) : dist_cdf(d, x));
    }
}

double dist_above(const struct dist *d, double x)
{
    return tail(d, x, false);
}

double dist_from(const struct dist *d, double x)
{
    return tail(d, x, true);
}
