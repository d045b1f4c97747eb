/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parameter sets under which people write distributions, and their way to canonical ones.
 *
 * Sets that name p50 and p95 are solved exactly: with z the normal score of 0.95, lognormal and
 * normal are linear in it; a weibull's ln x is linear in ln(-ln q); a gamma's shape is the root of
 * a ratio that falls with it. */
#include "math/dist.h"

#include <math.h>

static const double Z95 = 1.6448536269514722; /* standard normal quantile of 0.95 */

static int finish(struct dist *out, enum dist_family family, double a, double b, double c,
                  struct error *err)
{
    struct dist d = {.family = family, .a = a, .b = b, .c = c};
    if (dist_check(&d, err) != 0)
        return -1;
    *out = d;
    return 0;
}

/* 1 when the two percentiles are a constant (then in *out), 0 when they rise, else -1. */
static int percentiles(const char *word, const double *p, struct dist *out, struct error *err)
{
    if (!(p[0] > 0) || !(p[1] >= p[0]) || !isfinite(p[1]))
        return error_set(err, ERR_INPUT,
                         "%s: p50 (%g) must be above 0 and p95 (%g) must not be below it", word,
                         p[0], p[1]);
    if (p[1] > p[0])
        return 0;
    *out = dist_constant(p[0]);
    return 1;
}

static int mean_and_sd(const char *word, const double *p, struct dist *out, struct error *err)
{
    if (!(p[0] > 0) || !(p[1] >= 0) || !isfinite(p[0]) || !isfinite(p[1]))
        return error_set(err, ERR_INPUT, "%s: mean (%g) must be above 0 and sd (%g) not below",
                         word, p[0], p[1]);
    if (p[1] > 0)
        return 0;
    *out = dist_constant(p[0]);
    return 1;
}

static int exponential_by_mean(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_EXPONENTIAL, p[0], 0, 0, err);
}

static int exponential_by_rate(const double *p, struct dist *out, struct error *err)
{
    if (!(p[0] > 0))
        return error_set(err, ERR_INPUT, "exponential: the rate is %g, but must be above 0", p[0]);
    return finish(out, DIST_EXPONENTIAL, 1 / p[0], 0, 0, err);
}

static int lognormal_by_mu(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_LOGNORMAL, p[0], p[1], 0, err);
}

static int lognormal_by_p50_sigma(const double *p, struct dist *out, struct error *err)
{
    if (!(p[0] > 0))
        return error_set(err, ERR_INPUT, "lognormal: p50 is %g, but must be above 0", p[0]);
    return finish(out, DIST_LOGNORMAL, log(p[0]), p[1], 0, err);
}

static int lognormal_by_percentiles(const double *p, struct dist *out, struct error *err)
{
    int status = percentiles("lognormal", p, out, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    return finish(out, DIST_LOGNORMAL, log(p[0]), log(p[1] / p[0]) / Z95, 0, err);
}

static int lognormal_by_moments(const double *p, struct dist *out, struct error *err)
{
    int status = mean_and_sd("lognormal", p, out, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    double cv = p[1] / p[0], s2 = log1p(cv * cv);
    return finish(out, DIST_LOGNORMAL, log(p[0]) - s2 / 2, sqrt(s2), 0, err);
}

static int gamma_by_shape(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_GAMMA, p[0], p[1], 0, err);
}

static int gamma_by_moments(const double *p, struct dist *out, struct error *err)
{
    int status = mean_and_sd("gamma", p, out, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    return finish(out, DIST_GAMMA, p[0] / p[1] * (p[0] / p[1]), p[1] * p[1] / p[0], 0, err);
}

static double gamma_ratio(double log_shape)
{
    struct dist d = {.family = DIST_GAMMA, .a = exp(log_shape), .b = 1};
    return log(dist_quantile(&d, 0.95) / dist_quantile(&d, 0.5));
}

static int gamma_by_percentiles(const double *p, struct dist *out, struct error *err)
{
    int status = percentiles("gamma", p, out, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    double want = log(p[1] / p[0]), low = log(0.02), high = log(1e9);
    if (want > gamma_ratio(low) || want < gamma_ratio(high))
        return error_set(err, ERR_INPUT, "gamma: no shape has p95 / p50 = %g", p[1] / p[0]);
    for (int i = 0; i < 60; i++) {
        double mid = (low + high) / 2;
        if (gamma_ratio(mid) > want)
            low = mid;
        else
            high = mid;
    }
    struct dist d = {.family = DIST_GAMMA, .a = exp((low + high) / 2), .b = 1};
    return finish(out, DIST_GAMMA, d.a, p[0] / dist_quantile(&d, 0.5), 0, err);
}

static int erlang_by_mean(const double *p, struct dist *out, struct error *err)
{
    if (!(p[0] >= 1 && p[0] == floor(p[0])))
        return error_set(err, ERR_INPUT, "erlang: k is %g, but must be 1, 2, 3, ...", p[0]);
    return finish(out, DIST_GAMMA, p[0], p[1] / p[0], 0, err);
}

static int weibull_by_shape(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_WEIBULL, p[0], p[1], 0, err);
}

static int weibull_by_percentiles(const double *p, struct dist *out, struct error *err)
{
    int status = percentiles("weibull", p, out, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    double shape = log(log(20) / M_LN2) / log(p[1] / p[0]);
    return finish(out, DIST_WEIBULL, shape, p[0] / pow(M_LN2, 1 / shape), 0, err);
}

static int normal_by_moments(const double *p, struct dist *out, struct error *err)
{
    int status = p[0] == 0 ? 0 : mean_and_sd("normal", p, out, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    return finish(out, DIST_NORMAL, p[0], p[1], 0, err);
}

static int normal_by_percentiles(const double *p, struct dist *out, struct error *err)
{
    int status = percentiles("normal", p, out, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    return finish(out, DIST_NORMAL, p[0], (p[1] - p[0]) / Z95, 0, err);
}

static int uniform_by_ends(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_UNIFORM, p[0], p[1], 0, err);
}

static int triangular_by_points(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_TRIANGULAR, p[0], p[1], p[2], err);
}

static int pert_by_points(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_PERT, p[0], p[1], p[2], err);
}

static int pareto_by_shape(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_PARETO, p[0], p[1], 0, err);
}

static int beta_by_shapes(const double *p, struct dist *out, struct error *err)
{
    return finish(out, DIST_BETA, p[0], p[1], 0, err);
}

static int beta_by_mean(const double *p, struct dist *out, struct error *err)
{
    if (!(p[0] > 0 && p[0] < 1 && p[1] > 0))
        return error_set(err, ERR_INPUT,
                         "beta: mean (%g) must lie between 0 and 1, and n (%g) above 0", p[0],
                         p[1]);
    return finish(out, DIST_BETA, p[0] * p[1], (1 - p[0]) * p[1], 0, err);
}

#define V DIST_VALUE
#define P DIST_PLAIN
const struct dist_form dist_forms[] = {
    {"exponential", {"mean"},               {V},         1, exponential_by_mean     },
    {"exponential", {"rate"},               {DIST_RATE}, 1, exponential_by_rate     },
    {"lognormal",   {"mu", "sigma"},        {P, P},      2, lognormal_by_mu         },
    {"lognormal",   {"p50", "sigma"},       {V, P},      2, lognormal_by_p50_sigma  },
    {"lognormal",   {"p50", "p95"},         {V, V},      2, lognormal_by_percentiles},
    {"lognormal",   {"mean", "sd"},         {V, V},      2, lognormal_by_moments    },
    {"gamma",       {"shape", "scale"},     {P, V},      2, gamma_by_shape          },
    {"gamma",       {"mean", "sd"},         {V, V},      2, gamma_by_moments        },
    {"gamma",       {"p50", "p95"},         {V, V},      2, gamma_by_percentiles    },
    {"erlang",      {"k", "mean"},          {P, V},      2, erlang_by_mean          },
    {"weibull",     {"shape", "scale"},     {P, V},      2, weibull_by_shape        },
    {"weibull",     {"p50", "p95"},         {V, V},      2, weibull_by_percentiles  },
    {"normal",      {"mean", "sd"},         {V, V},      2, normal_by_moments       },
    {"normal",      {"p50", "p95"},         {V, V},      2, normal_by_percentiles   },
    {"uniform",     {"from", "to"},         {V, V},      2, uniform_by_ends         },
    {"triangular",  {"min", "mode", "max"}, {V, V, V},   3, triangular_by_points    },
    {"pert",        {"min", "mode", "max"}, {V, V, V},   3, pert_by_points          },
    {"pareto",      {"min", "shape"},       {V, P},      2, pareto_by_shape         },
    {"beta",        {"a", "b"},             {P, P},      2, beta_by_shapes          },
    {"beta",        {"mean", "n"},          {V, P},      2, beta_by_mean            },
};
const size_t dist_forms_count = sizeof dist_forms / sizeof dist_forms[0];
