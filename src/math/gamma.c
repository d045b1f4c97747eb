/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL's incomplete gamma functions lose digits, and sometimes everything, for shapes in the
 * thousands.  There the smaller tail is integrated over r = x / a, where the density is
 *
 *     sqrt(a / 2 pi) exp(-rest(a)) exp(-a (r - 1 - ln r)) / r,
 *
 * rest(a) being what Stirling's formula leaves out (Abramowitz and Stegun 6.1.40), by panels of the
 * five-point rule of Gauss and Legendre over the stretch that matters. */
#include "math/gamma.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdbool.h>

static const double LARGE = 300;

/* exp(-a (r - 1 - ln r)) / r at r = 1 + t. */
static double shape_at(double a, double t)
{
    return exp(-a * (t - log1p(t))) / (1 + t);
}

/* The integral of the density of x / a from 1 + t outwards, away from 1. */
static double tail_by_quadrature(double a, double t)
{
    static const double node[] = {-0.90617984593866399, -0.53846931010568309, 0,
                                  0.53846931010568309, 0.90617984593866399};
    static const double weight[] = {0.23692688505618909, 0.47862867049936647, 0.56888888888888889,
                                    0.47862867049936647, 0.23692688505618909};
    enum { PANELS = 32 };
    /* a (t - ln(1 + t)) grows faster than a quadratic below 1 and slower above */
    double z = fabs(t) * sqrt(a), reach = (sqrt(z * z + 90) - z) / sqrt(a) * (t < 0 ? -1 : 1.3);
    reach = fmax(reach, -0.999999 - t);
    double half = reach / PANELS / 2, sum = 0;
    for (int panel = 0; panel < PANELS; panel++)
        for (int i = 0; i < 5; i++)
            sum += weight[i] * shape_at(a, t + half * (2 * panel + 1 + node[i]));
    double rest = (1 / 12.0 - (1 / 360.0 - 1 / (1260 * a * a)) / (a * a)) / a;
    return fmin(sum * fabs(half) * sqrt(a / (2 * M_PI)) * exp(-rest), 1);
}

static double tail(double a, double x, bool lower)
{
    double t = (x - a) / a, outer = tail_by_quadrature(a, t < -0.9999 ? -0.9999 : t);
    return lower == (t < 0) ? outer : 1 - outer;
}

double gamma_lower(double a, double x)
{
    if (!(x > 0) || isinf(x))
        return x > 0;
    return a > LARGE ? tail(a, x, true) : gsl_cdf_gamma_P(x, a, 1);
}

double gamma_upper(double a, double x)
{
    if (!(x > 0) || isinf(x))
        return !(x > 0);
    return a > LARGE ? tail(a, x, false) : gsl_cdf_gamma_Q(x, a, 1);
}

/* x f(x) of the density f. */
static double density_of_log(double a, double x)
{
    if (a <= LARGE)
        return x * gsl_ran_gamma_pdf(x, a, 1);
    double t = (x - a) / a;
    return sqrt(a / (2 * M_PI)) * shape_at(a, t) * (1 + t);
}

/* Newton on the logarithm of the smaller tail over v = ln x.  The density of v is log-concave, so
 * both tails are too; the bracket is x^a / Gamma(a + 1) >= P(x) from below and, from above,
 * Q(a + sqrt(2 a L) + L) <= exp(-L) (Laurent and Massart 2000, lemma 1).  The start is Wilson and
 * Hilferty's. */
double gamma_inverse(double a, double p, double q)
{
    if (p <= 0)
        return 0;
    if (q <= 0)
        return INFINITY;
    const bool lower = p < q;
    const double want = lower ? log(p) : log(q), far = lower ? -log1p(-p) : -log(q);
    double low = (log(p) + lgamma(a + 1)) / a, high = log(a + sqrt(2 * a * far) + far);
    if (low < -300)
        return exp(low); /* P is that power there, to the last digit */
    double score = lower ? gsl_cdf_ugaussian_Pinv(p) : gsl_cdf_ugaussian_Qinv(q);
    double cube = 1 - 1 / (9 * a) + score / (3 * sqrt(a));
    double v = cube > 0.1 ? log(a) + 3 * log(cube) : lower ? low : high;
    v = fmin(fmax(v, low), high);
    for (int i = 0; i < 100; i++) {
        double x = exp(v), got = lower ? gamma_lower(a, x) : gamma_upper(a, x);
        double off = log(got) - want, slope = density_of_log(a, x) / got;
        if (lower == (off < 0))
            low = v;
        else
            high = v;
        double step = off / (lower ? slope : -slope), next = v - step;
        if (fabs(step) <= 1e-9 * (1 / a + fabs(v)) && i > 0)
            return exp(next); /* Newton squares the error */
        v = next > low && next < high ? next : (low + high) / 2;
    }
    return exp(v);
}
