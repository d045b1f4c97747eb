/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The continuous families.  Distribution functions, quantiles and moments are those of Johnson,
 * Kotz and Balakrishnan, Continuous Univariate Distributions (2nd ed., 1994); PERT is the beta of
 * Malcolm and others, "Application of a technique for research and development program
 * evaluation", Operations Research 7, 1959.
 *
 * Partial moments E[X^k; X <= t] of the gamma, weibull, lognormal and beta families are their own
 * distribution functions with moved parameters; those with piecewise polynomial densities are
 * integrated exactly by Gauss and Legendre. */
#include "dist_family.h"

#include "math/beta.h"
#include "math/gamma.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

/* Bounds that keep every quantile and moment inside the range of a double or plainly infinite. */
static const double SHAPE_MIN = 1e-3, SHAPE_MAX = 1e9, SCALE_MAX = 1e30;

static int in_range(const struct dist *d, const char *what, double x, double low, double high,
                    struct error *err)
{
    if (x >= low && x <= high)
        return 0;
    return error_set(err, ERR_INPUT, "%s: %s is %g, but must lie in %g to %g",
                     dist_family_name(d->family), what, x, low, high);
}

static int positive(const struct dist *d, const char *what, double x, struct error *err)
{
    if (x > 0 && x <= SCALE_MAX)
        return 0;
    return error_set(err, ERR_INPUT, "%s: %s is %g, but must be above 0",
                     dist_family_name(d->family), what, x);
}

/* The standard normal quantile. */
static double normal_score(double p, double q)
{
    return p < q ? gsl_cdf_ugaussian_Pinv(p) : gsl_cdf_ugaussian_Qinv(q);
}

/* -ln q: the standard exponential quantile. */
static double exponential_score(double p, double q)
{
    return p < q ? -log1p(-p) : -log(q);
}

/* Integral of f over [from, to] by the five-point rule, exact for degree 9. */
static double gauss5(double (*f)(const struct dist *, double, int), const struct dist *d, int k,
                     double from, double to)
{
    static const double node[] = {0, 0.53846931010568309, 0.90617984593866399};
    static const double weight[] = {0.56888888888888889, 0.47862867049936647, 0.23692688505618909};
    double half = (to - from) / 2, mid = (from + to) / 2, sum = weight[0] * f(d, mid, k);
    for (int i = 1; i < 3; i++)
        sum += weight[i] * (f(d, mid - half * node[i], k) + f(d, mid + half * node[i], k));
    return sum * half;
}

/* --- exponential: a = mean */

static int exponential_check(const struct dist *d, struct error *err)
{
    return positive(d, "the mean", d->a, err);
}

static double exponential_cdf(const struct dist *d, double x)
{
    return x > 0 ? -expm1(-x / d->a) : 0;
}

static double exponential_quantile(const struct dist *d, double p, double q)
{
    return d->a * exponential_score(p, q);
}

static double exponential_partial(const struct dist *d, double t, int k)
{
    double moment = k == 1 ? d->a : 2 * d->a * d->a;
    return isinf(t) ? moment : moment * gamma_lower(k + 1, t / d->a);
}

static double exponential_variance(const struct dist *d)
{
    return d->a * d->a;
}

/* --- lognormal: a = mu, b = sigma */

static int lognormal_check(const struct dist *d, struct error *err)
{
    if (in_range(d, "mu", d->a, -100, 100, err) != 0)
        return -1;
    if (!(d->b > 0))
        return positive(d, "sigma", d->b, err);
    return in_range(d, "sigma", d->b, 0, 10, err);
}

static double lognormal_cdf(const struct dist *d, double x)
{
    return x > 0 ? gsl_cdf_ugaussian_P((log(x) - d->a) / d->b) : 0;
}

static double lognormal_quantile(const struct dist *d, double p, double q)
{
    return exp(d->a + d->b * normal_score(p, q));
}

static double lognormal_partial(const struct dist *d, double t, int k)
{
    double moment = exp(k * d->a + 0.5 * k * k * d->b * d->b);
    if (isinf(t))
        return moment;
    return t > 0 ? moment * gsl_cdf_ugaussian_P((log(t) - d->a) / d->b - k * d->b) : 0;
}

static double lognormal_variance(const struct dist *d)
{
    double s2 = d->b * d->b;
    return expm1(s2) * exp(2 * d->a + s2);
}

/* --- gamma: a = shape, b = scale */

static int gamma_check(const struct dist *d, struct error *err)
{
    if (in_range(d, "shape", d->a, SHAPE_MIN, SHAPE_MAX, err) != 0)
        return -1;
    return positive(d, "scale", d->b, err);
}

static double gamma_cdf(const struct dist *d, double x)
{
    return x > 0 ? gamma_lower(d->a, x / d->b) : 0;
}

static double gamma_quantile(const struct dist *d, double p, double q)
{
    return d->b * gamma_inverse(d->a, p, q);
}

static double gamma_partial(const struct dist *d, double t, int k)
{
    double moment = k == 1 ? d->a * d->b : d->a * (d->a + 1) * d->b * d->b;
    return isinf(t) ? moment : moment * gamma_lower(d->a + k, t / d->b);
}

static double gamma_variance(const struct dist *d)
{
    return d->a * d->b * d->b;
}

/* --- weibull: a = shape, b = scale */

static int weibull_check(const struct dist *d, struct error *err)
{
    if (in_range(d, "shape", d->a, 0.02, 1e6, err) != 0)
        return -1;
    return positive(d, "scale", d->b, err);
}

static double weibull_cdf(const struct dist *d, double x)
{
    return x > 0 ? -expm1(-pow(x / d->b, d->a)) : 0;
}

static double weibull_quantile(const struct dist *d, double p, double q)
{
    return d->b * pow(exponential_score(p, q), 1 / d->a);
}

static double weibull_partial(const struct dist *d, double t, int k)
{
    double c = 1 + k / d->a, moment = pow(d->b, k) * tgamma(c);
    return isinf(t) ? moment : moment * gamma_lower(c, pow(t / d->b, d->a));
}

/* Gamma(1 + 2s) - Gamma(1 + s)^2 by their logarithms, because the two nearly cancel for large
 * shapes. */
static double weibull_variance(const struct dist *d)
{
    double s = 1 / d->a, one = lgamma(1 + s), two = lgamma(1 + 2 * s);
    return d->b * d->b * exp(2 * one) * expm1(two - 2 * one);
}

/* --- normal, conditioned on being >= 0: a = mean, b = sd of the uncut law */

static int normal_check(const struct dist *d, struct error *err)
{
    if (in_range(d, "the mean", d->a, 0, SCALE_MAX, err) != 0)
        return -1;
    return positive(d, "the standard deviation", d->b, err);
}

static double normal_kept(const struct dist *d)
{
    return gsl_cdf_ugaussian_P(d->a / d->b);
}

static double normal_density(const struct dist *d, double x, int k)
{
    return pow(x, k) * gsl_ran_gaussian_pdf(x - d->a, d->b) / normal_kept(d);
}

static double normal_cdf(const struct dist *d, double x)
{
    if (!(x > 0))
        return 0;
    if (x < 0.25 * d->b)
        return gauss5(normal_density, d, 0, 0, x);
    double z = (x - d->a) / d->b, kept = normal_kept(d);
    if (z > 0)
        return 1 - gsl_cdf_ugaussian_Q(z) / kept;
    return (gsl_cdf_ugaussian_P(z) - gsl_cdf_ugaussian_P(-d->a / d->b)) / kept;
}

/* Near the cut the series of the quantile function at it, whose derivatives are those of the
 * normal's (Steinbrecher and Shaw, "Quantile mechanics", 2008): z' = 1/f, z'' = z/f^2,
 * z''' = (1 + 2 z^2)/f^3. */
static double normal_quantile(const struct dist *d, double p, double q)
{
    double cut = -d->a / d->b, kept = normal_kept(d);
    double y = p * kept / gsl_ran_ugaussian_pdf(cut);
    if (y * (1 + fabs(cut)) < 1e-4)
        return d->b * y * (1 + y * (cut / 2 + y * (1 + 2 * cut * cut) / 6));
    double z = p < q ? normal_score(gsl_cdf_ugaussian_P(cut) + p * kept, q * kept)
                     : gsl_cdf_ugaussian_Qinv(q * kept);
    return fmax(d->a + d->b * z, 0);
}

static double normal_partial(const struct dist *d, double t, int k)
{
    if (t < 0.25 * d->b)
        return gauss5(normal_density, d, k, 0, t);
    double m = d->a, s = d->b, low = -m / s, high = isinf(t) ? INFINITY : (t - m) / s;
    double f_low = gsl_ran_ugaussian_pdf(low), f_high = isinf(t) ? 0 : gsl_ran_ugaussian_pdf(high);
    double mass = isinf(t) ? normal_kept(d) : gsl_cdf_ugaussian_P(high) - gsl_cdf_ugaussian_P(low);
    double first = m * mass + s * (f_low - f_high);
    if (k == 1)
        return first / normal_kept(d);
    /* x^2 f integrates to m first + s^2 mass - s t f_high */
    double edge = isinf(t) ? 0 : s * t * f_high;
    return (m * first + s * s * mass - edge) / normal_kept(d);
}

/* With l = f(cut) / kept: s^2 (1 - l (l + m / s)). */
static double normal_variance(const struct dist *d)
{
    double r = d->a / d->b, l = gsl_ran_ugaussian_pdf(r) / normal_kept(d);
    return d->b * d->b * (1 - l * (l + r));
}

/* --- uniform: a = from, b = to */

static int uniform_check(const struct dist *d, struct error *err)
{
    if (in_range(d, "from", d->a, 0, SCALE_MAX, err) != 0)
        return -1;
    if (d->b > d->a && d->b <= SCALE_MAX)
        return 0;
    return error_set(err, ERR_INPUT, "uniform: to (%g) must be above from (%g)", d->b, d->a);
}

static double uniform_cdf(const struct dist *d, double x)
{
    return fmin(fmax((x - d->a) / (d->b - d->a), 0), 1);
}

static double uniform_quantile(const struct dist *d, double p, double q)
{
    return p < q ? d->a + p * (d->b - d->a) : d->b - q * (d->b - d->a);
}

static double uniform_density(const struct dist *d, double x, int k)
{
    return pow(x, k) / (d->b - d->a);
}

static double uniform_partial(const struct dist *d, double t, int k)
{
    return gauss5(uniform_density, d, k, d->a, fmin(t, d->b));
}

static double uniform_variance(const struct dist *d)
{
    return (d->b - d->a) * (d->b - d->a) / 12;
}

/* --- triangular and pert: a = min, b = mode, c = max */

static int three_point_check(const struct dist *d, struct error *err)
{
    if (in_range(d, "min", d->a, 0, SCALE_MAX, err) != 0)
        return -1;
    if (d->a <= d->b && d->b <= d->c && d->a < d->c && d->c <= SCALE_MAX)
        return 0;
    return error_set(err, ERR_INPUT, "%s: min (%g), mode (%g) and max (%g) must rise",
                     dist_family_name(d->family), d->a, d->b, d->c);
}

static double triangular_cdf(const struct dist *d, double x)
{
    double width = d->c - d->a;
    if (x <= d->a)
        return 0;
    if (x >= d->c)
        return 1;
    if (x <= d->b)
        return (x - d->a) * (x - d->a) / (width * (d->b - d->a));
    return 1 - (d->c - x) * (d->c - x) / (width * (d->c - d->b));
}

static double triangular_quantile(const struct dist *d, double p, double q)
{
    double width = d->c - d->a;
    if (p * width <= d->b - d->a)
        return d->a + sqrt(p * width * (d->b - d->a));
    return d->c - sqrt(q * width * (d->c - d->b));
}

static double triangular_density(const struct dist *d, double x, int k)
{
    double slope = x < d->b ? (x - d->a) / (d->b - d->a) : (d->c - x) / (d->c - d->b);
    return pow(x, k) * 2 * slope / (d->c - d->a);
}

static double triangular_partial(const struct dist *d, double t, int k)
{
    double sum = 0;
    t = fmin(t, d->c);
    if (d->b > d->a)
        sum += gauss5(triangular_density, d, k, d->a, fmin(t, d->b));
    if (d->c > d->b && t > d->b)
        sum += gauss5(triangular_density, d, k, d->b, t);
    return sum;
}

static double triangular_variance(const struct dist *d)
{
    double l = d->b - d->a, r = d->c - d->b;
    return (l * l + l * r + r * r) / 18;
}

/* --- beta: a, b */

static int beta_check(const struct dist *d, struct error *err)
{
    if (in_range(d, "a", d->a, SHAPE_MIN, SHAPE_MAX, err) != 0)
        return -1;
    return in_range(d, "b", d->b, SHAPE_MIN, SHAPE_MAX, err);
}

static double beta_share(double a, double b, double x)
{
    return x <= 0 ? 0 : x >= 1 ? 1 : exp(beta_log_tails(a, b, x, 1 - x).lower);
}

static double beta_cdf(const struct dist *d, double x)
{
    return beta_share(d->a, d->b, x);
}

static double beta_family_quantile(const struct dist *d, double p, double q)
{
    if (p < q)
        return beta_quantile(p, d->a, d->b);
    double w = beta_quantile_logit(q, d->b, d->a);
    return w > 0 ? exp(-w) / (1 + exp(-w)) : 1 / (1 + exp(w));
}

static double beta_partial(const struct dist *d, double t, int k)
{
    double n = d->a + d->b, moment = d->a / n;
    if (k == 2)
        moment *= (d->a + 1) / (n + 1);
    return moment * beta_share(d->a + k, d->b, t);
}

static double beta_variance(const struct dist *d)
{
    double n = d->a + d->b;
    return d->a / n * (d->b / n) / (n + 1);
}

/* --- pert: min + (max - min) beta(1 + 4 (mode - min) / (max - min), 1 + 4 (max - mode) / ...) */

static struct dist pert_beta(const struct dist *d)
{
    double width = d->c - d->a;
    return (struct dist){.family = DIST_BETA,
                         .a = 1 + 4 * (d->b - d->a) / width,
                         .b = 1 + 4 * (d->c - d->b) / width};
}

static double pert_cdf(const struct dist *d, double x)
{
    struct dist b = pert_beta(d);
    return beta_cdf(&b, (x - d->a) / (d->c - d->a));
}

static double pert_quantile(const struct dist *d, double p, double q)
{
    struct dist b = pert_beta(d);
    if (p < q)
        return d->a + (d->c - d->a) * beta_quantile(p, b.a, b.b);
    return d->c - (d->c - d->a) * beta_quantile(q, b.b, b.a);
}

static double pert_partial(const struct dist *d, double t, int k)
{
    struct dist b = pert_beta(d);
    double w = d->c - d->a, y = (t - d->a) / w, f = beta_cdf(&b, y), one = beta_partial(&b, y, 1);
    if (k == 1)
        return d->a * f + w * one;
    return d->a * d->a * f + 2 * d->a * w * one + w * w * beta_partial(&b, y, 2);
}

static double pert_variance(const struct dist *d)
{
    struct dist b = pert_beta(d);
    return (d->c - d->a) * (d->c - d->a) * beta_variance(&b);
}

/* --- pareto: a = min, b = shape */

static int pareto_check(const struct dist *d, struct error *err)
{
    if (positive(d, "min", d->a, err) != 0)
        return -1;
    return in_range(d, "shape", d->b, 0.05, 1e6, err);
}

static double pareto_cdf(const struct dist *d, double x)
{
    return x > d->a ? -expm1(d->b * log(d->a / x)) : 0;
}

static double pareto_quantile(const struct dist *d, double p, double q)
{
    return d->a * exp(exponential_score(p, q) / d->b);
}

/* Integral of shape min^shape x^(k - shape - 1), written with r = k - shape and L = ln(t / min). */
static double pareto_partial(const struct dist *d, double t, int k)
{
    double r = k - d->b, scale = d->b * pow(d->a, k);
    if (isinf(t))
        return r < 0 ? -scale / r : INFINITY;
    double l = log(t / d->a);
    return r == 0 ? scale * l : scale * expm1(r * l) / r;
}

static double pareto_variance(const struct dist *d)
{
    double b = d->b;
    return b > 2 ? d->a * d->a * b / ((b - 1) * (b - 1) * (b - 2)) : INFINITY;
}

const struct dist_ops dist_smooth_ops[] = {
#define ROW(FAMILY, name, cdf, quantile, check)                                                    \
    [DIST_##FAMILY] = {check, cdf, NULL, quantile, name##_partial, name##_variance}
    ROW(EXPONENTIAL, exponential, exponential_cdf, exponential_quantile, exponential_check),
    ROW(LOGNORMAL, lognormal, lognormal_cdf, lognormal_quantile, lognormal_check),
    ROW(GAMMA, gamma, gamma_cdf, gamma_quantile, gamma_check),
    ROW(WEIBULL, weibull, weibull_cdf, weibull_quantile, weibull_check),
    ROW(NORMAL, normal, normal_cdf, normal_quantile, normal_check),
    ROW(UNIFORM, uniform, uniform_cdf, uniform_quantile, uniform_check),
    ROW(TRIANGULAR, triangular, triangular_cdf, triangular_quantile, three_point_check),
    ROW(PERT, pert, pert_cdf, pert_quantile, three_point_check),
    ROW(PARETO, pareto, pareto_cdf, pareto_quantile, pareto_check),
    ROW(BETA, beta, beta_cdf, beta_family_quantile, beta_check),
#undef ROW
};
