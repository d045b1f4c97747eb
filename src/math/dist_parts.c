/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Families with atoms, and those made of other distributions.
 *
 * A discrete quantile is the smallest value with F(x) >= p; sums of weights are compared with a
 * slack of 1e-12, so that ten weights of 0.1 reach 0.7 at the seventh value. */
#include "dist_family.h"

#include <math.h>

static const double SLACK = 1e-12;

static int check_weights(const struct dist *d, struct error *err)
{
    double sum = 0;
    if (d->n == 0)
        return error_set(err, ERR_INPUT, "%s: there must be at least one %s",
                         dist_family_name(d->family), d->part ? "part" : "value");
    for (size_t i = 0; i < d->n; i++) {
        double w = dist_weight(d, i);
        if (!(w >= 0 && w <= 1))
            return error_set(err, ERR_INPUT, "%s: weight %zu is %g, but must lie in 0 to 1",
                             dist_family_name(d->family), i + 1, w);
        sum += w;
    }
    if (fabs(sum - 1) <= 1e-6)
        return 0;
    return error_set(err, ERR_INPUT, "%s: the weights add up to %.9g, but must add up to 1",
                     dist_family_name(d->family), sum);
}

/* --- constant: a */

static int constant_check(const struct dist *d, struct error *err)
{
    if (d->a >= 0 && isfinite(d->a))
        return 0;
    return error_set(err, ERR_INPUT, "constant: the value is %g, but must not be negative", d->a);
}

static double constant_cdf(const struct dist *d, double x)
{
    return x >= d->a;
}

static double constant_below(const struct dist *d, double x)
{
    return x > d->a;
}

static double constant_quantile(const struct dist *d, double p, double q)
{
    return d->a;
}

static double constant_partial(const struct dist *d, double t, int k)
{
    return t >= d->a ? pow(d->a, k) : 0;
}

static double constant_variance(const struct dist *d)
{
    return 0;
}

/* --- discrete and empirical: values[n], weights[n] or NULL */

static int values_check(const struct dist *d, struct error *err)
{
    const char *name = dist_family_name(d->family);
    if (check_weights(d, err) != 0)
        return -1;
    for (size_t i = 0; i < d->n; i++) {
        double x = d->values[i];
        if (!(x >= 0 && isfinite(x)))
            return error_set(err, ERR_INPUT, "%s: value %zu is %g, but must not be negative", name,
                             i + 1, x);
        if (i > 0 && !(x >= d->values[i - 1]))
            return error_set(err, ERR_INPUT, "%s: the values must rise, but %g follows %g", name, x,
                             d->values[i - 1]);
    }
    return 0;
}

/* How many of the values are < x, or <= x with `equal`. */
static size_t values_up_to(const struct dist *d, double x, bool equal)
{
    size_t from = 0, to = d->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (equal ? d->values[mid] <= x : d->values[mid] < x)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static double first_weights(const struct dist *d, size_t n)
{
    if (n == d->n)
        return 1;
    if (!d->weights)
        return (double)n / (double)d->n;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += d->weights[i];
    return sum;
}

static double values_cdf(const struct dist *d, double x)
{
    return first_weights(d, values_up_to(d, x, true));
}

static double values_below(const struct dist *d, double x)
{
    return first_weights(d, values_up_to(d, x, false));
}

static double values_quantile(const struct dist *d, double p, double q)
{
    size_t i = 0, last = d->n - 1;
    if (!d->weights) {
        double rank = ceil((p - SLACK) * (double)d->n);
        return d->values[rank < 1 ? 0 : rank > (double)last ? last : (size_t)rank - 1];
    }
    while (last > 0 && d->weights[last] == 0)
        last--;
    while (i < last && d->weights[i] == 0)
        i++;
    for (double sum = d->weights[i]; i < last && sum < p - SLACK; i++)
        sum += d->weights[i + 1];
    return d->values[i];
}

static double values_partial(const struct dist *d, double t, int k)
{
    size_t n = values_up_to(d, t, true);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += dist_weight(d, i) * pow(d->values[i], k);
    return sum;
}

static double values_variance(const struct dist *d)
{
    double mean = values_partial(d, INFINITY, 1), sum = 0;
    for (size_t i = 0; i < d->n; i++)
        sum += dist_weight(d, i) * (d->values[i] - mean) * (d->values[i] - mean);
    return sum;
}

/* --- mixture: part[n], weights[n] */

static int mixture_check(const struct dist *d, struct error *err)
{
    if (check_weights(d, err) != 0)
        return -1;
    for (size_t i = 0; i < d->n; i++)
        if (dist_check(&d->part[i], err) != 0)
            return error_prefix(err, "mixture: part %zu", i + 1);
    return 0;
}

static double mixture_cdf(const struct dist *d, double x)
{
    double sum = 0;
    for (size_t i = 0; i < d->n; i++)
        sum += dist_weight(d, i) * dist_cdf(&d->part[i], x);
    return fmin(sum, 1);
}

static double mixture_below(const struct dist *d, double x)
{
    double sum = 0;
    for (size_t i = 0; i < d->n; i++)
        sum += dist_weight(d, i) * dist_below(&d->part[i], x);
    return fmin(sum, 1);
}

/* The atom of any part that x misses by rounding only, else x. */
static double nearest_atom(const struct dist *d, double x)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct dist *part = &d->part[i];
        if (dist_weight(d, i) == 0 || dist_is_smooth(part))
            continue;
        double atom = dist_quantile(part, dist_cdf(part, x));
        if (fabs(atom - x) <= 1e-13 * x && dist_cdf(part, atom) > dist_below(part, atom))
            return atom;
    }
    return x;
}

/* By bisection between the least and the greatest quantile of the parts. */
static double mixture_quantile(const struct dist *d, double p, double q)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < d->n; i++) {
        if (dist_weight(d, i) == 0)
            continue;
        double x = dist_ops_of(&d->part[i])->quantile(&d->part[i], p, q);
        low = fmin(low, x);
        high = fmax(high, x);
    }
    if (p <= 0 || q <= 0 || low == high)
        return p <= 0 ? low : high;
    if (mixture_cdf(d, low) >= p - SLACK * fmin(p, q))
        return low;
    for (int i = 0; i < 200 && high - low > 4e-16 * high; i++) {
        double mid = low > 0 && high > 4 * low ? sqrt(low * high) : low + (high - low) / 2;
        if (mixture_cdf(d, mid) >= p - SLACK * fmin(p, q))
            high = mid;
        else
            low = mid;
    }
    return nearest_atom(d, high);
}

static double mixture_partial(const struct dist *d, double t, int k)
{
    double sum = 0;
    for (size_t i = 0; i < d->n; i++)
        if (dist_weight(d, i) > 0)
            sum += dist_weight(d, i) * dist_partial_moment(&d->part[i], t, k);
    return sum;
}

static double mixture_variance(const struct dist *d)
{
    double mean = mixture_partial(d, INFINITY, 1), sum = 0;
    if (isinf(mean))
        return INFINITY;
    for (size_t i = 0; i < d->n; i++) {
        if (dist_weight(d, i) == 0)
            continue;
        double off = dist_mean(&d->part[i]) - mean;
        sum += dist_weight(d, i) * (dist_variance(&d->part[i]) + off * off);
    }
    return sum;
}

/* --- shifted: part[0] moved by a */

static int shifted_check(const struct dist *d, struct error *err)
{
    if (!d->part || !isfinite(d->a))
        return error_set(err, ERR_INPUT, "shifted: it needs a distribution and a finite shift");
    if (dist_check(d->part, err) != 0)
        return error_prefix(err, "shifted");
    if (dist_min(d->part) + d->a >= 0)
        return 0;
    return error_set(err, ERR_INPUT, "shifted: by %g it can become negative: %g", d->a,
                     dist_min(d->part) + d->a);
}

static double shifted_cdf(const struct dist *d, double x)
{
    return dist_cdf(d->part, dist_moved_back(d, x, 1));
}

static double shifted_below(const struct dist *d, double x)
{
    return dist_below(d->part, dist_moved_back(d, x, -1));
}

static double shifted_quantile(const struct dist *d, double p, double q)
{
    return fmax(dist_ops_of(d->part)->quantile(d->part, p, q) + d->a, 0);
}

static double shifted_partial(const struct dist *d, double t, int k)
{
    double back = dist_moved_back(d, t, 1), mass = isinf(t) ? 1 : dist_cdf(d->part, back);
    double one = dist_partial_moment(d->part, back, 1);
    if (k == 1)
        return one + d->a * mass;
    return dist_partial_moment(d->part, back, 2) + 2 * d->a * one + d->a * d->a * mass;
}

static double shifted_variance(const struct dist *d)
{
    return dist_variance(d->part);
}

const struct dist_ops dist_parts_ops[] = {
#define ROW(name)                                                                                  \
    {                                                                                              \
        name##_check, name##_cdf, name##_below, name##_quantile, name##_partial, name##_variance   \
    }
    [DIST_CONSTANT] = ROW(constant), [DIST_DISCRETE] = ROW(values), [DIST_EMPIRICAL] = ROW(values),
    [DIST_MIXTURE] = ROW(mixture),   [DIST_SHIFTED] = ROW(shifted),
#undef ROW
};
