/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Confidences after their correction: y = map(x) rises with x, so that P(Y <= y) is P(X <= the last
 * x that is corrected to at most y), and quantiles are corrected one by one. */
#include "dist_family.h"

#include "math/recalibrate.h"
#include <gsl/gsl_integration.h>

static int mapped_check(const struct dist *d, struct error *err)
{
    if (!d->part || !d->map)
        return error_set(err, ERR_INPUT, "mapped: it needs a distribution and a map");
    if (dist_check(d->part, err) != 0)
        return error_prefix(err, "mapped");
    if (dist_max(d->part) <= 1)
        return 0;
    return error_set(err, ERR_INPUT, "mapped: a confidence lies in 0 to 1, but it reaches %g",
                     dist_max(d->part));
}

static double mapped_cdf(const struct dist *d, double y)
{
    return dist_cdf(d->part, calibration_map_last(d->map, y));
}

static double mapped_below(const struct dist *d, double y)
{
    return dist_below(d->part, calibration_map_first(d->map, y));
}

static double mapped_quantile(const struct dist *d, double p, double q)
{
    return calibration_map_at(d->map, dist_ops_of(d->part)->quantile(d->part, p, q));
}

struct moment {
    const struct dist *d;
    double up_to; /* P(Y <= t) */
    int k;
};

static double falling(double y, void *arg)
{
    const struct moment *m = arg;
    return m->k * (m->k > 1 ? y : 1) * fmax(m->up_to - mapped_cdf(m->d, y), 0);
}

/* E[Y^k; Y <= t] is the integral of k y^(k-1) (F(t) - F(y)) over 0 to t. */
static double mapped_partial(const struct dist *d, double t, int k)
{
    struct moment m = {.d = d, .up_to = t >= 1 ? 1 : mapped_cdf(d, t), .k = k};
    gsl_function f = {falling, &m};
    gsl_integration_cquad_workspace *w = gsl_integration_cquad_workspace_alloc(200);
    double sum = 0;
    if (w)
        (void)gsl_integration_cquad(&f, 0, fmin(t, 1), 1e-13, 1e-12, w, &sum, NULL, NULL);
    gsl_integration_cquad_workspace_free(w);
    return sum;
}

const struct dist_ops dist_mapped_ops = {mapped_check,    mapped_cdf,     mapped_below,
                                         mapped_quantile, mapped_partial, NULL};

/* --- making them */

static void map_values(const struct dist *d, const struct calibration_map *m, struct arena *arena,
                       struct dist *out)
{
    double *values = arena_alloc(arena, d->n * sizeof *values);
    for (size_t i = 0; i < d->n; i++)
        values[i] = calibration_map_at(m, d->values[i]);
    out->values = values;
}

static void map_parts(const struct dist *d, const struct calibration_map *m, struct arena *arena,
                      struct dist *out)
{
    struct dist *part = arena_alloc(arena, d->n * sizeof *part);
    for (size_t i = 0; i < d->n; i++)
        dist_map(&d->part[i], m, arena, &part[i]);
    out->part = part;
}

void dist_map(const struct dist *d, const struct calibration_map *m, struct arena *arena,
              struct dist *out)
{
    struct dist next = *d;
    next.form = NULL;
    if (d->family == DIST_CONSTANT || calibration_map_is_level(m)) {
        next = dist_constant(calibration_map_at(m, d->family == DIST_CONSTANT ? d->a : 0.5));
    } else if (d->family == DIST_DISCRETE || d->family == DIST_EMPIRICAL) {
        map_values(d, m, arena, &next);
    } else if (d->family == DIST_MIXTURE) {
        map_parts(d, m, arena, &next);
    } else {
        struct dist *part = arena_alloc(arena, sizeof *part);
        *part = *d;
        next = (struct dist){
            .family = DIST_MAPPED, .n = 1, .part = part, .map = m, .evidence = d->evidence};
    }
    *out = next;
}
