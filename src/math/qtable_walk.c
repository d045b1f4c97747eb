/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A quantile x as a function of its tail probability t obeys dx/dt = 1 / f(x) with f the density
 * (Steinbrecher and Shaw, "Quantile mechanics", European Journal of Applied Mathematics 19, 2008).
 * Over a step of width w, with s = (t - t0) / w, xi = x / x0 and y = d xi / ds = w / (x0 f(x)), the
 * gamma law (r = 0, m = x0) and the beta law (r = x0, m = (a + b - 2) x0) obey
 *
 *     (xi - r xi^2) y' = y^2 (m xi - (a - 1)),
 *
 * which gives the Taylor series of xi over s term by term.  The walk goes from the tail inwards: an
 * error then stays the same in t while t grows, so its share of t dies out.  Pert is walked as
 * beta, the upper tail of beta as the lower one of its reflection. */
#include "qtable_walk.h"

#include "dist_family.h"
#include "math/recalibrate.h"
#include <math.h>

/* Where a quantile falls as a higher power of t than this, six terms are too few. */
static const double POWER_MAX = 12, SHAPE_MAX = 1e6, X_MIN = 1e-290;

static void start_beta(struct walk *w, double a, double b, double t)
{
    w->is_beta = true;
    w->a = w->upper ? b : a;
    w->b = w->upper ? a : b;
    w->log_scale = lgamma(a + b) - lgamma(a) - lgamma(b);
    const struct dist beta = {.family = DIST_BETA, .a = w->a, .b = w->b};
    w->x = dist_quantile(&beta, t);
}

static void start_gamma(struct walk *w, double a, double t)
{
    w->a = a;
    w->log_scale = -lgamma(a);
    const struct dist gamma = {.family = DIST_GAMMA, .a = a, .b = 1};
    w->x = w->upper ? dist_quantile_upper(&gamma, t) : dist_quantile(&gamma, t);
}

bool walk_start(struct walk *w, const struct dist *d, bool upper, double t)
{
    const struct calibration_map *map = d->family == DIST_MAPPED ? d->map : NULL;
    d = map ? d->part : d;
    const double width = d->c - d->a;
    *w = (struct walk){.d = d, .map = map, .upper = upper};
    if (d->family == DIST_GAMMA)
        start_gamma(w, d->a, t);
    else if (d->family == DIST_BETA)
        start_beta(w, d->a, d->b, t);
    else if (d->family == DIST_PERT)
        start_beta(w, 1 + 4 * (d->b - d->a) / width, 1 + 4 * (d->c - d->b) / width, t);
    else
        return false;
    return w->a * POWER_MAX > 1 && w->a < SHAPE_MAX && w->b < SHAPE_MAX && w->x > X_MIN;
}

/* Term k of the product of two series; their newest terms come last, so that the rest need not wait
 * for them. */
static inline double product(const double *u, const double *v, int k)
{
    double sum = 0;
    for (int j = 1; j < k; j++)
        sum += u[j] * v[k - j];
    return k == 0 ? u[0] * v[0] : sum + (u[0] * v[k] + u[k] * v[0]);
}

void walk_step(struct walk *w, double width)
{
    enum { N = WALK_ORDER };
    static const double one_over[] = {0, 1, 1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5, 1.0 / 6};
    const double x0 = w->x, a = w->a, b = w->b;
    const double r = w->is_beta ? x0 : 0, m = w->is_beta ? (a + b - 2) * x0 : x0;
    double *xi = w->term, y[N], slope[N], square[N], left[N];
    const double inverse = 1 / (1 - r);
    double log_density = a * log(x0) + w->log_scale; /* of x0 f(x0) */

    log_density += w->is_beta ? (b - 1) * log1p(-x0) : -x0;
    xi[0] = 1;
    y[0] = width * exp(-log_density);
    if (w->upper && !w->is_beta)
        y[0] = -y[0];
    for (int k = 0; k < N - 1; k++) {
        xi[k + 1] = y[k] * one_over[k + 1];
        left[k] = xi[k] - r * product(xi, xi, k);
        square[k] = product(y, y, k);
        double before = 0;
        for (int j = k; j > 0; j--)
            before += left[j] * slope[k - j];
        slope[k] = (m * product(square, xi, k) - (a - 1) * square[k] - before) * inverse;
        y[k + 1] = slope[k] * one_over[k + 1];
    }
    xi[N] = y[N - 1] * one_over[N];
    for (int k = 0; k <= N; k++)
        xi[k] *= x0;
    w->x = 0;
    for (int k = N; k >= 0; k--)
        w->x += xi[k];
}

static double value_at(const struct walk *w, double s)
{
    const struct dist *d = w->d;
    double x = w->term[WALK_ORDER];
    for (int k = WALK_ORDER - 1; k >= 0; k--)
        x = x * s + w->term[k];
    if (d->family == DIST_BETA)
        return w->upper ? 1 - x : x;
    if (d->family == DIST_PERT)
        return w->upper ? d->c - (d->c - d->a) * x : d->a + (d->c - d->a) * x;
    return d->b * x;
}

double walk_value(const struct walk *w, double s)
{
    double x = value_at(w, s);
    return w->map ? calibration_map_at(w->map, fmin(fmax(x, 0), 1)) : x;
}
