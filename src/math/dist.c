/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front of the table of distributions: every question goes to its family's row. */
#include "math/dist.h"

#include "dist_family.h"
#include "math/recalibrate.h"
#include <math.h>

const struct dist_ops *dist_ops_of(const struct dist *d)
{
    bool smooth = d->family >= DIST_EXPONENTIAL && d->family <= DIST_BETA;
    if (d->family == DIST_MAPPED)
        return &dist_mapped_ops;
    return (smooth ? dist_smooth_ops : dist_parts_ops) + d->family;
}

bool dist_same(const struct dist *a, const struct dist *b)
{
    return a->family == b->family && a->a == b->a && a->b == b->b && a->c == b->c && a->n == b->n &&
           a->values == b->values && a->weights == b->weights && a->part == b->part &&
           a->map == b->map;
}

bool dist_is_smooth(const struct dist *d)
{
    if (d->family == DIST_MAPPED)
        return d->map->n == 0 && dist_is_smooth(d->part);
    if (d->family == DIST_SHIFTED)
        return dist_is_smooth(d->part);
    return d->family >= DIST_EXPONENTIAL && d->family <= DIST_BETA;
}

const char *dist_family_name(enum dist_family f)
{
    static const char *const names[] = {
#define X(name, word) word,
        DIST_TABLE(X)
#undef X
    };
    return f < DIST_FAMILY_COUNT ? names[f] : "unknown";
}

struct dist dist_constant(double value)
{
    return (struct dist){.family = DIST_CONSTANT, .a = value};
}

int dist_check(const struct dist *d, struct error *err)
{
    if (d->family >= DIST_FAMILY_COUNT)
        return error_set(err, ERR_INPUT, "%u is not a family of distributions",
                         (unsigned)d->family);
    return dist_ops_of(d)->check(d, err);
}

double dist_cdf(const struct dist *d, double x)
{
    return dist_ops_of(d)->cdf(d, x);
}

double dist_below(const struct dist *d, double x)
{
    const struct dist_ops *ops = dist_ops_of(d);
    return ops->below ? ops->below(d, x) : ops->cdf(d, x);
}

double dist_quantile(const struct dist *d, double p)
{
    p = fmin(fmax(p, 0), 1);
    return dist_ops_of(d)->quantile(d, p, 1 - p);
}

double dist_quantile_upper(const struct dist *d, double q)
{
    q = fmin(fmax(q, 0), 1);
    return dist_ops_of(d)->quantile(d, 1 - q, q);
}

double dist_min(const struct dist *d)
{
    return dist_quantile(d, 0);
}

double dist_max(const struct dist *d)
{
    return dist_quantile(d, 1);
}

double dist_partial_moment(const struct dist *d, double t, int k)
{
    return t < dist_min(d) ? 0 : dist_ops_of(d)->partial(d, t, k);
}

double dist_capped_moment(const struct dist *d, double t, int k)
{
    double below = dist_partial_moment(d, t, k);
    return isinf(t) ? below : below + pow(t, k) * dist_above(d, t);
}

double dist_mean(const struct dist *d)
{
    return dist_partial_moment(d, INFINITY, 1);
}

double dist_variance(const struct dist *d)
{
    const struct dist_ops *ops = dist_ops_of(d);
    if (ops->variance)
        return ops->variance(d);
    double mean = dist_mean(d), square = dist_partial_moment(d, INFINITY, 2);
    return isinf(square) ? INFINITY : fmax(square - mean * mean, 0);
}
