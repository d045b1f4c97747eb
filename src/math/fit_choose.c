/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goodness of fit and the choice of a distribution.
 *
 * Distance: Kolmogorov and Smirnov's, against the estimate of Kaplan and Meier 1958 up to its last
 * step.  Its law with estimated parameters comes from a parametric bootstrap; censoring times are
 * drawn from Kaplan and Meier's estimate with the roles exchanged (Efron 1981, "Censored data and
 * the bootstrap"). */
#include "math/fit.h"

#include "fit_sample.h"
#include "math/rng.h"
#include <float.h>
#include <math.h>

enum { DRAWS = 199, TESTED_MAX = 2000, TESTED_LIMITS_MAX = 32, QUANTILES_MAX = 1000, SEEN_MIN = 5 };

/* --- Kaplan-Meier */

struct step {
    double x, survival; /* after x */
};

/* The estimate's steps, of the seen values or (exchanged) of the censored ones, which then end
 * after the seen ones at the same time.  *steps is from mem_alloc. */
static size_t kaplan_meier(const struct fit_sample *s, bool exchanged, struct step **steps)
{
    struct step *at = mem_alloc((s->n + 1) * sizeof *at);
    size_t len = 0;
    double survival = 1;
    for (size_t i = 0; i < s->n;) {
        size_t first = i, seen = 0;
        for (; i < s->n && s->row[i].x == s->row[first].x; i++)
            seen += !s->row[i].censored;
        size_t events = exchanged ? i - first - seen : seen;
        size_t at_risk = s->n - first - (exchanged ? seen : 0);
        if (events == 0)
            continue;
        survival *= 1 - (double)events / (double)at_risk;
        at[len++] = (struct step){s->row[first].x, events == at_risk ? 0 : survival};
    }
    *steps = at;
    return len;
}

/* The first step with a distribution function of at least p; len when there is none. */
static size_t find_step(const struct step *at, size_t len, double p)
{
    size_t low = 0, high = len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (1 - at[middle].survival >= p)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double fit_sample_distance(const struct fit_sample *s, const struct dist *d)
{
    struct step *at;
    size_t len = kaplan_meier(s, false, &at);
    double distance = 0, before = 0;
    for (size_t i = 0; i < len; i++) {
        double model = dist_cdf(d, at[i].x), after = 1 - at[i].survival;
        distance = fmax(distance, fmax(fabs(model - before), fabs(model - after)));
        before = after;
    }
    mem_free(at);
    return distance;
}

/* --- bootstrap */

static double draw(const struct dist *d, struct rng_seq *rng)
{
    switch (d->family) {
    case DIST_EXPONENTIAL:
        return -d->a * log(rng_unit(rng_next(rng)));
    case DIST_LOGNORMAL:
        return exp(d->a + d->b * rng_normal(rng));
    case DIST_GAMMA:
        return d->b * rng_gamma(rng, d->a);
    case DIST_WEIBULL:
        return d->b * pow(-log(rng_unit(rng_next(rng))), 1 / d->a);
    case DIST_BETA:
        return fmin(rng_beta(rng, d->a, d->b), 1 - DBL_EPSILON / 2);
    default:
        return dist_quantile(d, rng_unit(rng_next(rng)));
    }
}

/* Distance of one sample drawn from d, refitted; INFINITY where no fit is possible. */
static double redrawn_distance(const struct dist *d, const struct step *limit, size_t n_limits,
                               struct rng_seq *rng, struct fit_sample *work, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = fmax(draw(d, rng), DBL_MIN), cut = INFINITY;
        if (n_limits > 0) {
            size_t at = find_step(limit, n_limits, rng_unit(rng_next(rng)));
            cut = at < n_limits ? limit[at].x : INFINITY;
        }
        work->row[i] = (struct fit_row){fmin(x, cut), x > cut};
    }
    fit_sample_prepare(work, n, TESTED_LIMITS_MAX);
    struct fit fit;
    struct error ignored = {0};
    if (fit_sample_family(d->family, work, &fit, &ignored))
        return INFINITY;
    return fit_sample_distance(work, &fit.dist);
}

/* fit_goodness on a prepared sample. */
static double fit_sample_goodness(const struct fit_sample *s, enum dist_family family,
                                  uint64_t seed)
{
    size_t n = s->n < TESTED_MAX ? s->n : TESTED_MAX;
    struct fit_sample *thin = fit_sample_new(n), *work = fit_sample_new(n);
    for (size_t i = 0; i < n; i++)
        thin->row[i] = s->row[(2 * i + 1) * s->n / (2 * n)];
    fit_sample_prepare(thin, n, TESTED_LIMITS_MAX);
    struct step *limit;
    size_t n_limits = kaplan_meier(thin, true, &limit);
    struct fit fit;
    struct error ignored = {0};
    double p = NAN;
    if (fit_sample_family(family, thin, &fit, &ignored) == 0) {
        double distance = fit_sample_distance(thin, &fit.dist);
        struct rng_seq rng = {rng_key(seed, 0, 0, (uint32_t)family, RNG_PARAMETER), 0};
        int as_far = 1;
        for (int i = 0; i < DRAWS; i++)
            as_far += redrawn_distance(&fit.dist, limit, n_limits, &rng, work, n) >= distance;
        p = as_far / (DRAWS + 1.0);
    }
    mem_free(limit);
    fit_sample_free(thin);
    fit_sample_free(work);
    return p;
}

double fit_goodness(const struct fit *fit, const double *value, const bool *censored, size_t n,
                    uint64_t seed)
{
    struct fit_sample *s = fit_sample_new(n);
    for (size_t i = 0; i < n; i++)
        s->row[i] = (struct fit_row){value[i], censored && censored[i]};
    fit_sample_prepare(s, n, FIT_LIMITS_MAX);
    double p = fit_sample_goodness(s, fit->dist.family, seed);
    fit_sample_free(s);
    return p;
}

/* --- choice */

static struct fit plain(struct dist d, size_t n)
{
    d.evidence = n;
    return (struct fit){.dist = d, .log_likelihood = NAN, .aic = NAN, .ks = NAN, .p = NAN};
}

/* At most QUANTILES_MAX evenly spaced quantiles of the Kaplan-Meier estimate. */
static struct fit empirical(const struct fit_sample *s, struct arena *arena)
{
    size_t n = s->n < QUANTILES_MAX ? s->n : QUANTILES_MAX;
    double *value = arena_alloc(arena, n * sizeof *value);
    struct step *at;
    size_t len = kaplan_meier(s, false, &at);
    for (size_t i = 0; i < n; i++) {
        size_t step = find_step(at, len, ((double)i + 0.5) / (double)n);
        value[i] = step < len ? at[step].x : s->row[s->n - 1].x;
    }
    mem_free(at);
    struct dist d = {.family = DIST_EMPIRICAL, .n = n, .values = value};
    return plain(d, s->n);
}

/* The finite values, those below 0 as 0.  Returns how many are 0. */
static size_t copy_finite(const double *value, const bool *censored, size_t n, struct fit_sample *s)
{
    size_t zeros = 0;
    s->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(value[i]))
            continue;
        s->row[s->n++] = (struct fit_row){fmax(value[i], 0), censored && censored[i]};
        zeros += !(value[i] > 0);
    }
    return zeros;
}

static void lift_zeros(struct fit_sample *s)
{
    double smallest = INFINITY;
    for (size_t i = 0; i < s->n; i++)
        if (s->row[i].x > 0)
            smallest = fmin(smallest, s->row[i].x);
    for (size_t i = 0; i < s->n; i++)
        if (s->row[i].x == 0)
            s->row[i].x = fmax(smallest / 2, DBL_MIN);
}

/* The best by AIC of the families whose p is at least 0.05. */
static bool choose_family(const struct fit_sample *s, const enum dist_family *family, size_t n,
                          uint64_t seed, struct fit *out)
{
    struct fit fit[4];
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        struct error ignored = {0};
        if (fit_sample_family(family[i], s, &fit[left], &ignored) == 0 &&
            dist_check(&fit[left].dist, &ignored) == 0)
            left++;
    }
    while (left > 0) {
        size_t best = 0;
        for (size_t i = 1; i < left; i++)
            if (fit[i].aic < fit[best].aic)
                best = i;
        *out = fit[best];
        out->p = fit_sample_goodness(s, out->dist.family, seed);
        if (out->p >= 0.05) {
            out->ks = fit_sample_distance(s, &out->dist);
            return true;
        }
        fit[best] = fit[--left];
    }
    return false;
}

static void choose(struct fit_sample *s, bool can_fit, const enum dist_family *family, size_t n,
                   uint64_t seed, struct arena *arena, struct fit *out)
{
    fit_sample_prepare(s, s->n, FIT_LIMITS_MAX);
    if (s->n == 0 || s->row[0].x == s->row[s->n - 1].x)
        *out = plain(dist_constant(s->n ? s->row[0].x : 0), s->n);
    else if (!can_fit || s->n_seen < SEEN_MIN || !choose_family(s, family, n, seed, out))
        *out = empirical(s, arena);
}

void fit_choose(const double *value, const bool *censored, size_t n, uint64_t seed,
                struct arena *arena, struct fit *out)
{
    static const enum dist_family family[] = {DIST_LOGNORMAL, DIST_GAMMA, DIST_WEIBULL,
                                              DIST_EXPONENTIAL};
    struct fit_sample *s = fit_sample_new(n);
    size_t zeros = copy_finite(value, censored, n, s);
    bool few_zeros = zeros * 100 <= s->n;
    if (few_zeros && zeros > 0)
        lift_zeros(s);
    choose(s, few_zeros, family, 4, seed, arena, out);
    fit_sample_free(s);
}

void fit_choose_confidence(const double *value, size_t n, uint64_t seed, struct arena *arena,
                           struct fit *out)
{
    static const enum dist_family family[] = {DIST_BETA};
    struct fit_sample *s = fit_sample_new(n);
    bool inside = copy_finite(value, NULL, n, s) == 0;
    for (size_t i = 0; i < s->n; i++) {
        s->row[i].x = fmin(s->row[i].x, 1);
        inside = inside && s->row[i].x < 1;
    }
    choose(s, inside, family, 1, seed, arena, out);
    fit_sample_free(s);
}
