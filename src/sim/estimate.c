/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals by math/interval; for the standard deviation s of n values the delta method on the
 * variance, whose own variance is (m4 - s^4 (n - 3)/(n - 1)) / n (Cramer 1946, 27.4). */
#include "sim/estimate.h"

#include "math/interval.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void put(const struct writer *w, const char *name, double value, struct interval at,
                uint64_t n, const char *unit)
{
    metrics_add(w->to, name, value, at.low, at.high, w->options->level, n, unit);
}

static struct interval around(double value, double error)
{
    return (struct interval){value - error, value + error};
}

void put_exact(const struct writer *w, const char *name, double value, const char *unit)
{
    metrics_add_exact(w->to, name, value, unit);
}

void put_share_if(const struct writer *w, const char *name, bool possible, uint64_t k, uint64_t n)
{
    if (possible || k > 0)
        put_share(w, name, k, n);
    else if (n > 0)
        put_exact(w, name, 0, "1");
}

void put_share(const struct writer *w, const char *name, uint64_t k, uint64_t n)
{
    if (n == 0)
        return;
    double share = (double)k / (double)n;
    struct interval at = w->options->brief ? around(share, sqrt(share * (1 - share) / (double)n))
                                           : interval_wilson(k, n, w->options->level);
    put(w, name, share, at, n, "1");
}

struct interval allow_unseen(const struct writer *w, struct interval at, double value, uint64_t n,
                             double most)
{
    static const double HANDFUL = 2;
    double share = fmin(-log((1 - w->options->level) / 2) / (double)n, 1);
    if (w->options->brief || !((at.high - at.low) / 2 < HANDFUL * share * most))
        return at;
    at.low = fmax(at.low - share * most, fmin(0, value));
    at.high += share * most;
    return at;
}

void put_mean(const struct writer *w, const char *name, double mean, double variance, uint64_t n,
              const char *unit, double most)
{
    if (n == 0 || !isfinite(mean))
        return;
    struct interval at = variance == 0 && (n > 1 || most == 0) ? (struct interval){mean, mean}
                         : w->options->brief ? around(mean, sqrt(variance / (double)n))
                                             : interval_mean(mean, variance, n, w->options->level);
    put(w, name, mean, allow_unseen(w, at, mean, n, most), n, unit);
}

void put_ratio(const struct writer *w, const char *name, const struct pair_moments *p,
               const char *unit, double most)
{
    if (p->n == 0 || p->mean_x == 0)
        return;
    double r = p->mean_y / p->mean_x;
    double variance = (p->var_y - 2 * r * p->cov + r * r * p->var_x) / (p->mean_x * p->mean_x);
    struct interval at = w->options->brief
                             ? around(r, sqrt(fmax(variance, 0) / (double)p->n))
                             : interval_ratio(p->mean_y, p->mean_x, p->var_y, p->var_x, p->cov,
                                              p->n, w->options->level);
    put(w, name, r, allow_unseen(w, at, r, p->n, most), p->n, unit);
}

/* Few values, or a few among many that make up most of the spread, say nothing of what is above:
 * where the deviation is known to worse than a third of itself, it is open there. */
void put_deviation(const struct writer *w, const char *name, double variance, double fourth,
                   uint64_t n, const char *unit, double most)
{
    if (n == 0 || !isfinite(variance))
        return;
    static const double WORST = 1.0 / 3;
    double s = sqrt(variance), count = (double)n;
    struct interval at = {s, s}, none = {0, INFINITY};
    if (s == 0 && most == 0) {
        put(w, name, s, at, n, unit);
        return;
    }
    if (n < 4) {
        put(w, name, s, none, n, unit);
        return;
    }
    double own = (fourth - variance * variance * (count - 3) / (count - 1)) / count;
    double z = w->options->brief ? 1 : normal_quantile(0.5 + w->options->level / 2);
    double error = s > 0 ? z * sqrt(fmax(own, 0)) / (2 * s) : 0;
    at = around(s, error);
    if (s == 0)
        at.high = sqrt(fmax(allow_unseen(w, at, 0, n, most * most).high, 0));
    at.low = fmax(at.low, 0);
    if (error > s * WORST && !w->options->brief)
        at.high = INFINITY;
    put(w, name, s, at, n, unit);
}

/* A rank `times` as far from n p. */
static uint64_t stretched(uint64_t rank, double middle, double times, double n)
{
    double x = middle + times * ((double)rank - middle);
    return times == 1 ? rank : x <= 0 ? 0 : x > n ? (uint64_t)n + 1 : (uint64_t)rint(x);
}

static struct interval quantile_limits(const struct writer *w, const struct sketch *s, double p,
                                       double excess)
{
    uint64_t low, high;
    double n = (double)s->n;
    if (w->options->brief) {
        double half = sqrt(n * p * (1 - p));
        low = (uint64_t)fmax(n * p - half, 1);
        high = (uint64_t)fmin(n * p + half + 1, n);
    } else {
        interval_quantile_ranks(s->n, p, w->options->level, &low, &high, NULL);
    }
    low = stretched(low, n * p, sqrt(excess), n);
    high = stretched(high, n * p, sqrt(excess), n);
    struct interval at = {0, INFINITY};
    if (low > 0)
        sketch_rank_within(s, low, &at.low, &(double){0});
    if (high <= s->n)
        sketch_rank_within(s, high, &(double){0}, &at.high);
    return at;
}

/* The sketch keeps floats; 0.0404f is meant as 0.0404 when its 7 digits read back as the same
 * float. */
static double written(double x)
{
    char text[32];
    if ((double)(float)x != x || !isfinite(x))
        return x;
    snprintf(text, sizeof text, "%.7g", x);
    double back = strtod(text, NULL);
    return (float)back == (float)x ? back : x;
}

void put_quantile(const struct writer *w, const char *name, const struct sketch *s, double p,
                  const char *unit)
{
    put_quantile_of_clusters(w, name, s, p, 1, unit);
}

void put_quantile_of_clusters(const struct writer *w, const char *name, const struct sketch *s,
                              double p, double excess, const char *unit)
{
    if (s->n == 0)
        return;
    double value = written(sketch_quantile(s, p));
    struct interval at = w->alike && s->min == s->max ? (struct interval){value, value}
                                                      : quantile_limits(w, s, p, excess);
    at.low = fmin(written(at.low), value);
    at.high = fmax(written(at.high), value);
    put(w, name, value, at, s->n, unit);
}

/* The mean of (x - about)^power. */
static double sketch_moment(const struct sketch *s, double about, int power)
{
    double sum = 0;
    if (s->n == 0)
        return 0;
    for (size_t i = sketch_cell_of(s->min), last = sketch_cell_of(s->max); i <= last; i++) {
        struct sketch_cell c = sketch_cell_at(s, i);
        if (c.n == 0)
            continue;
        double low = fmax(sketch_edge(i), s->min), high = fmin(sketch_edge(i + 1), s->max);
        double d = (low + high) / 2 - about;
        sum += (double)c.n * (power == 1 ? d : power == 2 ? d * d : (d * d) * (d * d));
    }
    return sum / (double)s->n;
}

double sketch_variance(const struct sketch *s)
{
    return sketch_moment(s, sketch_moment(s, 0, 1), 2);
}

double sketch_fourth(const struct sketch *s, double mean)
{
    return sketch_moment(s, mean, 4);
}

void say_hedged(struct result *out)
{
    result_assume(out, "attempt_latency of steps with hedges is of the calls that answered before "
                       "their attempt was over: those that were cancelled have no time of their "
                       "own");
}
