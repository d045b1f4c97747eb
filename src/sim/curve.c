/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/curve.h"

#include "math/interval.h"
#include <math.h>

static const double LEAST = 0.001, MOST = 0.999;

uint32_t curve_grid(const struct sketch *s, double *x)
{
    const int steps = CURVE_POINTS - 2;
    uint32_t n = 0;
    for (int k = -1; k <= steps && s->n > 0; k++) {
        double at = sketch_quantile(s, k < 0 ? LEAST : k < steps ? (k + 0.5) / steps : MOST);
        if (n == 0 || at > x[n - 1])
            x[n++] = at;
    }
    return n;
}

void curve_latency(const struct sketch *s, double level, struct result *out)
{
    double x[CURVE_POINTS];
    uint32_t n = curve_grid(s, x);
    if (n == 0)
        return;
    struct curve *c = result_add_curve(out, "latency_cdf", "latency", "share");
    for (uint32_t i = 0; i < n; i++) {
        double y = sketch_cdf(s, x[i]);
        struct interval at = interval_wilson((uint64_t)rint(y * (double)s->n), s->n, level);
        vec_push(&c->points, ((struct point){.x = x[i], .y = y, .low = at.low, .high = at.high}));
    }
}
