/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distributions that the observations behind a fitted one make plausible.
 *
 * Conjugate posteriors: Gelman and others, Bayesian Data Analysis (3rd ed., 2013), chapters 2-3.
 * Where there is none, the posterior is taken as normal in the logarithms of the parameters, with
 * the inverse of the Fisher information as its covariance (the same book, section 4.1).  No
 * parameter moves by more than a factor of 10. */
#include "dist_family.h"

#include "math/rng.h"
#include <gsl/gsl_sf_psi.h>
#include <math.h>

static const double STEP_MAX = 2.302585092994046; /* ln 10 */

static double bounded(double log_factor)
{
    return exp(fmin(fmax(log_factor, -STEP_MAX), STEP_MAX));
}

/* mu' and sigma' under Jeffreys' prior: sigma'^2 = (n - 1) s^2 / chi^2_{n-1},
 * mu' ~ N(mu, sigma'^2 / n). */
static void redraw_location_scale(struct dist *d, double n, struct rng_seq *rng)
{
    double nu = fmax(n - 1, 1), chi2 = 2 * rng_gamma(rng, nu / 2);
    d->b *= bounded(0.5 * log(nu / chi2));
    d->a += rng_normal(rng) * d->b / sqrt(n);
}

/* ln a, ln b moved by a bivariate normal with covariance [[vaa, vab], [vab, vbb]]. */
static void redraw_pair(struct dist *d, double vaa, double vab, double vbb, struct rng_seq *rng)
{
    double z1 = rng_normal(rng), z2 = rng_normal(rng), along = vab / sqrt(vaa);
    d->a *= bounded(sqrt(vaa) * z1);
    d->b *= bounded(along * z1 + sqrt(fmax(vbb - along * along, 0)) * z2);
}

/* Mean and shape of a gamma are orthogonal: n / shape^-1 for ln mean, n (psi'(k) - 1/k) for k. */
static void redraw_gamma(struct dist *d, double n, struct rng_seq *rng)
{
    double k = d->a, curvature = k * (k * gsl_sf_psi_1(k) - 1); /* of ln k; 1/2 for large k */
    if (k > 1e4)
        curvature = 0.5;
    double mean = d->a * d->b * bounded(rng_normal(rng) / sqrt(n * k));
    d->a *= bounded(rng_normal(rng) / sqrt(n * curvature));
    d->b = mean / d->a;
}

/* Shape k and scale of a weibull: n var(ln k) = 6 / pi^2, n k^2 var(ln scale) =
 * 1 + 6 (1 - gamma)^2 / pi^2, n k cov = 6 (1 - gamma) / pi^2, gamma being Euler's constant. */
static void redraw_weibull(struct dist *d, double n, struct rng_seq *rng)
{
    const double r = 6 / (M_PI * M_PI), g = 1 - 0.57721566490153286;
    redraw_pair(d, r / n, r * g / (d->a * n), (1 + r * g * g) / (d->a * d->a * n), rng);
}

static void redraw_beta(struct dist *d, double n, struct rng_seq *rng)
{
    double a = d->a, b = d->b, both = gsl_sf_psi_1(a + b);
    double iaa = n * a * a * (gsl_sf_psi_1(a) - both), ibb = n * b * b * (gsl_sf_psi_1(b) - both);
    double iab = -n * a * b * both, det = iaa * ibb - iab * iab;
    if (det > 0)
        redraw_pair(d, ibb / det, -iab / det, iaa / det, rng);
}

/* Weights of a Dirichlet with the old ones, times n, as parameters. */
static const double *redraw_weights(const struct dist *d, double n, struct rng_seq *rng,
                                    struct arena *arena)
{
    double *w = arena_alloc(arena, d->n * sizeof *w), sum = 0;
    for (size_t i = 0; i < d->n; i++) {
        double old = dist_weight(d, i);
        w[i] = old > 0 ? rng_gamma(rng, n * old) : 0;
        sum += w[i];
    }
    if (!(sum > 0))
        return d->weights;
    for (size_t i = 0; i < d->n; i++)
        w[i] /= sum;
    return w;
}

static void redraw_parts(struct dist *d, size_t n_parts, struct rng_seq *rng, struct arena *arena)
{
    struct dist *part = arena_alloc(arena, n_parts * sizeof *part);
    for (size_t i = 0; i < n_parts; i++)
        dist_redraw(&d->part[i], rng, arena, &part[i]);
    d->part = part;
}

static void redraw_family(struct dist *d, double n, struct rng_seq *rng, struct arena *arena)
{
    switch (d->family) {
    case DIST_EXPONENTIAL:
        d->a *= bounded(log(n / rng_gamma(rng, n)));
        break;
    case DIST_LOGNORMAL:
        redraw_location_scale(d, n, rng);
        break;
    case DIST_NORMAL:
        redraw_location_scale(d, n, rng);
        d->a = fmax(d->a, 0);
        break;
    case DIST_GAMMA:
        redraw_gamma(d, n, rng);
        break;
    case DIST_WEIBULL:
        redraw_weibull(d, n, rng);
        break;
    case DIST_PARETO:
        d->b *= bounded(log(rng_gamma(rng, n) / n));
        break;
    case DIST_BETA:
        redraw_beta(d, n, rng);
        break;
    case DIST_DISCRETE:
    case DIST_EMPIRICAL:
    case DIST_MIXTURE:
        d->weights = redraw_weights(d, n, rng, arena);
        break;
    default: /* known exactly, or made of a part that has its own evidence */
        break;
    }
}

void dist_redraw(const struct dist *d, struct rng_seq *rng, struct arena *arena, struct dist *out)
{
    struct error unused = {0};
    struct dist next = *d;
    if (d->evidence > 0)
        next.form = NULL;
    if (next.family == DIST_MIXTURE)
        redraw_parts(&next, next.n, rng, arena);
    if (next.family == DIST_SHIFTED || next.family == DIST_MAPPED)
        redraw_parts(&next, 1, rng, arena);
    if (d->evidence > 0)
        redraw_family(&next, (double)d->evidence, rng, arena);
    *out = dist_check(&next, &unused) == 0 ? next : *d; /* at the edge of a parameter's range */
}
