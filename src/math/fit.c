/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maximum likelihood with right-censoring: sum of ln f(x) over what was seen and of ln S(x) over
 * what was cut off.
 *
 * Values are divided by their geometric mean, which changes the scale alone.  Exponential, and
 * lognormal without censoring, are closed; weibull is the root of one falling function (Kalbfleisch
 * and Prentice 2002, 3.6); the others are maximised by Newton's method with central differences
 * over a location and the logarithm of a shape, in sums that do not grow with n. */
#include "math/fit.h"

#include "fit_sample.h"
#include "math/beta.h"
#include <gsl/gsl_sf_erf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

/* --- the sample */

struct fit_sample *fit_sample_new(size_t n)
{
    struct fit_sample *s = mem_zero(1, sizeof *s);
    s->row = mem_alloc((n + 1) * sizeof *s->row);
    s->ln = mem_alloc((n + 1) * sizeof *s->ln);
    return s;
}

void fit_sample_free(struct fit_sample *s)
{
    mem_free(s->row);
    mem_free(s->ln);
    mem_free(s);
}

static int compare_rows(const void *a, const void *b)
{
    const struct fit_row *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (int)p->censored - (int)q->censored;
}

static void gather_limits(struct fit_sample *s, size_t max_limits)
{
    size_t distinct = 0;
    double last = -1;
    for (size_t i = 0; i < s->n; i++) {
        distinct += s->row[i].censored && s->row[i].x != last;
        if (s->row[i].censored)
            last = s->row[i].x;
    }
    size_t seen = 0, group = SIZE_MAX;
    s->n_limits = 0;
    last = -1;
    for (size_t i = 0; i < s->n; i++) {
        if (!s->row[i].censored)
            continue;
        if (s->row[i].x != last) {
            last = s->row[i].x;
            size_t to = distinct > max_limits ? seen * max_limits / distinct : seen;
            seen++;
            if (to != group) {
                group = to;
                s->limit[s->n_limits] = s->weight[s->n_limits] = 0;
                s->n_limits++;
            }
        }
        s->limit[s->n_limits - 1] += s->ln[i];
        s->weight[s->n_limits - 1] += 1;
    }
    for (size_t i = 0; i < s->n_limits; i++)
        s->limit[i] = exp(s->limit[i] / s->weight[i]);
}

void fit_sample_prepare(struct fit_sample *s, size_t n, size_t max_limits)
{
    s->n = n;
    s->n_seen = 0;
    s->sum = s->sum_ln = s->sum_ln_centred2 = s->sum_ln_complement = 0;
    qsort(s->row, n, sizeof *s->row, compare_rows);
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        s->ln[i] = log(s->row[i].x);
        all += s->ln[i];
    }
    double centre = n ? all / (double)n : 0;
    s->scale = exp(centre);
    for (size_t i = 0; i < n; i++) {
        s->ln[i] -= centre;
        if (s->row[i].censored)
            continue;
        s->n_seen++;
        s->sum += s->row[i].x / s->scale;
        s->sum_ln += s->ln[i];
        s->sum_ln_complement += s->row[i].x < 1 ? log1p(-s->row[i].x) : -INFINITY;
    }
    s->mean_ln_seen = s->n_seen ? s->sum_ln / (double)s->n_seen : 0;
    for (size_t i = 0; i < n; i++)
        if (!s->row[i].censored)
            s->sum_ln_centred2 += (s->ln[i] - s->mean_ln_seen) * (s->ln[i] - s->mean_ln_seen);
    s->spread = s->n_seen ? sqrt(s->sum_ln_centred2 / (double)s->n_seen) : 0;
    gather_limits(s, max_limits);
}

/* --- log-likelihoods of x / scale */

/* ln P(N > z). */
static double log_normal_tail(double z)
{
    return gsl_sf_log_erfc(z * M_SQRT1_2) - M_LN2;
}

/* theta: mu over the spread of ln x, ln sigma. */
static double lognormal_likelihood(const struct fit_sample *s, const double theta[2])
{
    double mu = theta[0] * s->spread, sigma = exp(theta[1]);
    double n = (double)s->n_seen, off = s->mean_ln_seen - mu;
    double sum = -s->sum_ln - n * (theta[1] + 0.5 * log(2 * M_PI)) -
                 (s->sum_ln_centred2 + n * off * off) / (2 * sigma * sigma);
    for (size_t i = 0; i < s->n_limits; i++)
        sum += s->weight[i] * log_normal_tail((log(s->limit[i]) - mu) / sigma);
    return sum;
}

/* ln Q(a, x), with the first terms of its asymptotic series (Abramowitz and Stegun 6.5.32) where Q
 * itself is too small. */
static double log_gamma_tail(double a, double x)
{
    gsl_sf_result q;
    if (gsl_sf_gamma_inc_Q_e(a, x, &q) == 0 && q.val > 1e-290)
        return log(q.val);
    return (a - 1) * log(x) - x - gsl_sf_lngamma(a) + log1p((a - 1) / (x - a + 2));
}

/* theta: ln mean over the spread of ln x, ln shape: nearly independent of each other.  With
 * ln G(a) = (a - 1/2) ln a - a + ln(2 pi) / 2 + ln G*(a) nothing large is left to cancel. */
static double gamma_likelihood(const struct fit_sample *s, const double theta[2])
{
    double ln_mean = theta[0] * s->spread, mean = exp(ln_mean), shape = exp(theta[1]);
    double n = (double)s->n_seen;
    gsl_sf_result star;
    if (gsl_sf_gammastar_e(shape, &star))
        return -INFINITY;
    double sum = n * (0.5 * (theta[1] - log(2 * M_PI)) - log(star.val)) - s->sum_ln +
                 shape * (s->sum_ln - n * ln_mean - (s->sum / mean - n));
    for (size_t i = 0; i < s->n_limits; i++)
        sum += s->weight[i] * log_gamma_tail(shape, s->limit[i] * shape / mean);
    return sum;
}

/* Conditioned on being positive.  theta: ln mean, ln sd. */
static double normal_likelihood(const struct fit_sample *s, const double theta[2])
{
    double mean = exp(theta[0]), sd = exp(theta[1]), n = (double)s->n_seen, squares = 0;
    for (size_t i = 0; i < s->n; i++) {
        double off = s->row[i].x / s->scale - mean;
        squares += s->row[i].censored ? 0 : off * off;
    }
    double sum = -n * (theta[1] + 0.5 * log(2 * M_PI)) - squares / (2 * sd * sd) -
                 (double)s->n * log_normal_tail(-mean / sd);
    for (size_t i = 0; i < s->n_limits; i++)
        sum += s->weight[i] * log_normal_tail((s->limit[i] - mean) / sd);
    return sum;
}

/* Of x, not of x / scale.  theta: ln(a / b), ln(a + b). */
static double beta_likelihood(const struct fit_sample *s, const double theta[2])
{
    double a = exp(theta[1]) / (1 + exp(-theta[0])), b = exp(theta[1]) / (1 + exp(theta[0]));
    double n = (double)s->n_seen;
    double sum_ln = s->sum_ln + n * log(s->scale);
    double log_beta = gsl_sf_lngamma(a) + gsl_sf_lngamma(b) - gsl_sf_lngamma(a + b);
    double sum = (a - 1) * sum_ln + (b - 1) * s->sum_ln_complement - n * log_beta;
    for (size_t i = 0; i < s->n_limits; i++) {
        double x = s->limit[i] * s->scale;
        sum += s->weight[i] * beta_log_tails(a, b, x, 1 - x).upper;
    }
    return sum;
}

/* --- Newton */

typedef double likelihood(const struct fit_sample *s, const double theta[2]);

/* Step of Newton's method, or uphill where the surface is not a cap. */
static void newton_step(likelihood *f, const struct fit_sample *s, const double at[2], double here,
                        double step[2])
{
    const double h = 1e-4;
    double value[3][3];
    for (int i = -1; i <= 1; i++) {
        for (int j = -1; j <= 1; j++) {
            const double near[2] = {at[0] + i * h, at[1] + j * h};
            value[i + 1][j + 1] = i || j ? f(s, near) : here;
        }
    }
    double g0 = (value[2][1] - value[0][1]) / (2 * h), g1 = (value[1][2] - value[1][0]) / (2 * h);
    double h00 = (value[2][1] - 2 * here + value[0][1]) / (h * h);
    double h11 = (value[1][2] - 2 * here + value[1][0]) / (h * h);
    double h01 = (value[2][2] - value[2][0] - value[0][2] + value[0][0]) / (4 * h * h);
    double det = h00 * h11 - h01 * h01;
    if (h00 < 0 && det > 0) {
        step[0] = -(h11 * g0 - h01 * g1) / det;
        step[1] = -(h00 * g1 - h01 * g0) / det;
    } else {
        double size = hypot(g0, g1);
        step[0] = g0 / size / 4;
        step[1] = g1 / size / 4;
    }
    double longest = fmax(fabs(step[0]), fabs(step[1]));
    if (longest > 2) {
        step[0] *= 2 / longest;
        step[1] *= 2 / longest;
    }
}

/* From theta to the maximum; -1 when there is none within e^+-60. */
static int maximise(likelihood *f, const struct fit_sample *s, double theta[2], double *at_maximum)
{
    double here = f(s, theta);
    for (int i = 0; i < 200 && isfinite(here); i++) {
        double step[2], there = -INFINITY, next[2];
        newton_step(f, s, theta, here, step);
        if (!(isfinite(step[0]) && isfinite(step[1])))
            return -1;
        double size = fmax(fabs(step[0]), fabs(step[1]));
        for (int halvings = 0; halvings < 40; halvings++) {
            next[0] = theta[0] + step[0];
            next[1] = theta[1] + step[1];
            there = f(s, next);
            if (there >= here || size < 1e-7)
                break;
            step[0] /= 2;
            step[1] /= 2;
            size /= 2;
        }
        if (there >= here || size < 1e-7) {
            theta[0] = next[0];
            theta[1] = next[1];
            here = there;
        }
        if (fabs(theta[0]) > 60 || fabs(theta[1]) > 60)
            return -1;
        if (size < 1e-7) {
            *at_maximum = here;
            return 0;
        }
    }
    return -1;
}

/* --- families */

static int refuse(struct error *err, enum dist_family family, const char *why)
{
    return error_set(err, ERR_NUMERIC, "%s: %s", dist_family_name(family), why);
}

static void finish(const struct fit_sample *s, struct dist d, double likelihood_scaled,
                   int parameters, struct fit *out)
{
    d.evidence = s->n;
    double logged = likelihood_scaled - (double)s->n_seen * log(s->scale);
    *out = (struct fit){.dist = d,
                        .log_likelihood = logged,
                        .aic = 2 * parameters - 2 * logged,
                        .ks = NAN,
                        .p = NAN};
}

static void fit_exponential(const struct fit_sample *s, struct fit *out)
{
    double total = s->sum, n = (double)s->n_seen;
    for (size_t i = 0; i < s->n_limits; i++)
        total += s->weight[i] * s->limit[i];
    double mean = total / n;
    finish(s, (struct dist){.family = DIST_EXPONENTIAL, .a = mean * s->scale}, -n * (log(mean) + 1),
           1, out);
}

/* Sums of x^k, x^k ln x and x^k ln^2 x over all, x over the largest. */
static void power_sums(const struct fit_sample *s, double k, double sum[3])
{
    sum[0] = sum[1] = sum[2] = 0;
    double top = s->ln[s->n - 1];
    for (size_t i = 0; i < s->n; i++) {
        double ln = s->ln[i] - top, w = exp(k * ln);
        sum[0] += w;
        sum[1] += w * ln;
        sum[2] += w * ln * ln;
    }
}

/* Root of 1/k + mean ln x (seen) - sum x^k ln x / sum x^k, which falls in k. */
static int fit_weibull(const struct fit_sample *s, struct fit *out, struct error *err)
{
    double n = (double)s->n_seen, top = s->ln[s->n - 1], mean = s->mean_ln_seen - top;
    double k = M_PI / sqrt(6) / s->spread, low = 0, high = INFINITY, sum[3];
    for (int i = 0; i < 200; i++) {
        power_sums(s, k, sum);
        double average = sum[1] / sum[0], g = 1 / k + mean - average;
        double slope = -1 / (k * k) - (sum[2] / sum[0] - average * average);
        *(g > 0 ? &low : &high) = k;
        double next = k - g / slope;
        if (!(next > low && next < high))
            next = isinf(high) ? 2 * k : low / 2 + high / 2;
        bool still = fabs(next - k) <= 1e-13 * k;
        k = next;
        if (still)
            break;
        if (!(k < 1e9))
            return refuse(err, DIST_WEIBULL, "the values are too near each other for a shape");
    }
    power_sums(s, k, sum);
    double ln_scale = top + log(sum[0] / n) / k;
    /* the sum of (x / scale)^k is n_seen at the maximum */
    double logged = n * (log(k) - k * ln_scale) + (k - 1) * s->sum_ln - n;
    finish(s, (struct dist){.family = DIST_WEIBULL, .a = k, .b = s->scale * exp(ln_scale)}, logged,
           2, out);
    return 0;
}

static int fit_lognormal(const struct fit_sample *s, struct fit *out, struct error *err)
{
    double theta[2] = {s->mean_ln_seen / s->spread, log(s->spread)};
    double top = lognormal_likelihood(s, theta);
    if (s->n_limits > 0 && maximise(lognormal_likelihood, s, theta, &top))
        return refuse(err, DIST_LOGNORMAL, "the likelihood has no maximum");
    double mu = theta[0] * s->spread + log(s->scale);
    finish(s, (struct dist){.family = DIST_LOGNORMAL, .a = mu, .b = exp(theta[1])}, top, 2, out);
    return 0;
}

static int fit_gamma(const struct fit_sample *s, struct fit *out, struct error *err)
{
    /* Var ln X is about 1 / (shape - 1/2) (trigamma, large shapes) */
    double shape = 1 / (s->spread * s->spread) + 0.5, top;
    double theta[2] = {log(s->sum / (double)s->n_seen) / s->spread, log(shape)};
    if (maximise(gamma_likelihood, s, theta, &top))
        return refuse(err, DIST_GAMMA, "the likelihood has no maximum");
    double mean = s->scale * exp(theta[0] * s->spread);
    shape = exp(theta[1]);
    finish(s, (struct dist){.family = DIST_GAMMA, .a = shape, .b = mean / shape}, top, 2, out);
    return 0;
}

static int fit_normal(const struct fit_sample *s, struct fit *out, struct error *err)
{
    double n = (double)s->n_seen, mean = s->sum / n, squares = 0, top;
    for (size_t i = 0; i < s->n; i++) {
        double off = s->row[i].x / s->scale - mean;
        squares += s->row[i].censored ? 0 : off * off;
    }
    double theta[2] = {log(mean), 0.5 * log(squares / n)};
    if (maximise(normal_likelihood, s, theta, &top))
        return refuse(err, DIST_NORMAL, "the likelihood has no maximum");
    double ratio = exp(theta[0] - theta[1]); /* the mean ran down to its limit, 0 */
    finish(s,
           (struct dist){.family = DIST_NORMAL,
                         .a = ratio < 1e-3 ? 0 : s->scale * exp(theta[0]),
                         .b = s->scale * exp(theta[1])},
           top, 2, out);
    return 0;
}

static int fit_beta(const struct fit_sample *s, struct fit *out, struct error *err)
{
    if (!(s->row[s->n - 1].x < 1))
        return refuse(err, DIST_BETA, "the values must be between 0 and 1, without the ends");
    double n = (double)s->n_seen, mean = s->sum * s->scale / n, squares = 0, top;
    for (size_t i = 0; i < s->n; i++)
        squares += s->row[i].censored ? 0 : (s->row[i].x - mean) * (s->row[i].x - mean);
    double size = fmax(mean * (1 - mean) / (squares / n) - 1, 0.1); /* a + b by moments */
    double theta[2] = {log(mean / (1 - mean)), log(size)};
    if (maximise(beta_likelihood, s, theta, &top))
        return refuse(err, DIST_BETA, "the likelihood has no maximum");
    finish(s,
           (struct dist){.family = DIST_BETA,
                         .a = exp(theta[1]) / (1 + exp(-theta[0])),
                         .b = exp(theta[1]) / (1 + exp(theta[0]))},
           top + n * log(s->scale), 2, out);
    return 0;
}

static int check_sample(enum dist_family family, const struct fit_sample *s, struct error *err)
{
    if (s->n_seen == 0)
        return refuse(err, family, s->n ? "all values are censored" : "there are no values");
    if (!(s->row[0].x > 0 && s->row[s->n - 1].x < INFINITY))
        return refuse(err, family, "the values must be above 0 and finite");
    if (family == DIST_EXPONENTIAL)
        return 0;
    double first = NAN;
    for (size_t i = 0; i < s->n; i++) {
        if (s->row[i].censored)
            continue;
        if (isnan(first))
            first = s->row[i].x;
        else if (s->row[i].x != first)
            return 0;
    }
    return refuse(err, family, "two different uncensored values are needed");
}

int fit_sample_family(enum dist_family family, const struct fit_sample *s, struct fit *out,
                      struct error *err)
{
    if (check_sample(family, s, err))
        return -1;
    switch (family) {
    case DIST_EXPONENTIAL:
        fit_exponential(s, out);
        return 0;
    case DIST_LOGNORMAL:
        return fit_lognormal(s, out, err);
    case DIST_GAMMA:
        return fit_gamma(s, out, err);
    case DIST_WEIBULL:
        return fit_weibull(s, out, err);
    case DIST_NORMAL:
        return fit_normal(s, out, err);
    case DIST_BETA:
        return fit_beta(s, out, err);
    default:
        return refuse(err, family, "there is no fit for this family");
    }
}

int fit_family(enum dist_family family, const double *value, const bool *censored, size_t n,
               struct fit *out, struct error *err)
{
    struct fit_sample *s = fit_sample_new(n);
    bool ordered = true;
    for (size_t i = 0; i < n; i++) {
        s->row[i] = (struct fit_row){value[i], censored && censored[i]};
        ordered = ordered && !isnan(value[i]);
    }
    int status = -1;
    if (!ordered) {
        refuse(err, family, "a value is not a number");
        goto out;
    }
    fit_sample_prepare(s, n, FIT_LIMITS_MAX);
    struct error bad = {0};
    struct fit fit;
    if (fit_sample_family(family, s, &fit, err))
        goto out;
    if (dist_check(&fit.dist, &bad)) {
        error_set(err, ERR_NUMERIC, "%s", bad.text);
        goto out;
    }
    fit.ks = fit_sample_distance(s, &fit.dist);
    *out = fit;
    status = 0;
out:
    fit_sample_free(s);
    return status;
}
