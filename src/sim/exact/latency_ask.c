/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which window for which question: one that ends just behind the longest time asked for, with as
 * many points as the accuracy takes; what it cannot tell well because it is much shorter goes to a
 * window of its own. */
#include "sim/exact/latency.h"

#include <math.h>

enum { POINTS_FIRST = 512, POINTS_MAX = 1 << 15, SEARCHES = 60, WINDOWS_MAX = 100 };
static const double NOISE = 1e-12; /* of F, as parts of its mass */

struct asking {
    const struct latency_source *source;
    struct ask *ask;
    size_t n;
    bool *done;
    double least_kink;
    struct window window;
    struct total *total; /* [n_laws] NULL: no window */
};

static void close_window(struct asking *q)
{
    for (uint32_t k = 0; k < q->source->n_laws && q->total; k++)
        total_release(&q->total[k]);
    mem_free(q->total);
    q->total = NULL;
}

static void open_window(struct asking *q, double t_max, uint32_t points)
{
    close_window(q);
    window_set(&q->window, t_max, points, q->least_kink);
    q->total = mem_zero(q->source->n_laws, sizeof *q->total);
    for (uint32_t k = 0; k < q->source->n_laws; k++) {
        q->total[k].mass = q->source->mass[k];
        q->total[k].wave = mem_zero(window_waves(&q->window), sizeof(struct wave));
    }
    q->source->fill(q->source->arg, &q->window, q->total);
    for (uint32_t k = 0; k < q->source->n_laws; k++)
        total_ready(&q->total[k], &q->window);
}

/* |F(x) - F(x)| by all points and by half of them, and some room for rounding. */
static double doubt(const struct asking *q, const struct total *t, double x)
{
    double off = total_cdf(t, &q->window, x, false, NULL) - total_cdf(t, &q->window, x, true, NULL);
    return fabs(off) + NOISE * t->mass;
}

/* How far the quantile moves when F is off by as much as we doubt it.  Where F is level there, the
 * quantile is the near end of the level: it is the smallest x, as far as can be told. */
static void settle(const struct asking *q, const struct total *t, struct ask *a)
{
    double off = doubt(q, t, a->x), x = a->x, slope;
    if (!total_quantile(t, &q->window, a->p * t->mass - off, &x))
        return;
    a->error = (a->x - x) / a->x;
    if (a->x == x || kinks_atom(&t->kinks, x) > 4 * off) {
        a->error = 0;
        return;
    }
    total_cdf(t, &q->window, x * (1 - 1e-6), false, &slope);
    double at_edge = off / (fmax(slope, 0) * x);
    if (at_edge < 0.1 * a->error) {
        a->x = x;
        a->error = at_edge;
    }
}

/* False when the answer lies beyond the window. */
static bool try_one(const struct asking *q, struct ask *a)
{
    const struct total *t = &q->total[a->law];
    if (!a->share) {
        if (!total_quantile(t, &q->window, a->p * t->mass, &a->x))
            return false;
        a->error = INFINITY;
        settle(q, t, a);
        return true;
    }
    if (a->x > q->window.t_max)
        return false;
    a->p = total_cdf(t, &q->window, a->x, false, NULL);
    a->error = doubt(q, t, a->x);
    return true;
}

/* The highest quantile asked of its law? */
static bool is_longest(const struct asking *q, size_t i)
{
    const struct ask *a = &q->ask[i];
    for (size_t k = 0; k < q->n; k++)
        if (q->ask[k].law == a->law && !q->ask[k].share &&
            (q->ask[k].p > a->p || (q->ask[k].p == a->p && k < i)))
            return false;
    return !a->share && !q->done[i];
}

/* A first window that holds all quantiles asked for, and is not much too long. */
static double find_scale(struct asking *q)
{
    double t_max = q->source->scale_s > 0 ? q->source->scale_s : 1;
    for (int round = 0; round < SEARCHES; round++) {
        double longest = 0;
        bool all = true;
        open_window(q, t_max, POINTS_FIRST);
        for (size_t i = 0; i < q->n && all; i++)
            if (is_longest(q, i)) {
                all = try_one(q, &q->ask[i]);
                longest = fmax(longest, q->ask[i].x);
            }
        if (all && (longest > t_max / 3 || !(longest > 0)))
            break;
        t_max = all ? 1.2 * longest : 3 * t_max;
    }
    return t_max;
}

/* Takes what this window tells well enough; the longest time that remains, 0 for none. */
static double take(struct asking *q, bool last_try)
{
    double longest = 0, t_max = q->window.t_max;
    for (size_t i = 0; i < q->n; i++) {
        struct ask *a = &q->ask[i];
        if (q->done[i])
            continue;
        if (i > 0 && !a->share && a->law == a[-1].law && a->p > a[-1].p && a[-1].error < 0.01)
            a->x = a[-1].x;
        if (!try_one(q, a)) {
            longest = fmax(longest, fmax(a->x, 1.5 * t_max));
            continue;
        }
        q->done[i] = a->error <= a->tolerance || (last_try && a->x > t_max / 4);
        if (!q->done[i])
            longest = fmax(longest, a->x);
    }
    return longest;
}

/* Nobody is done before the least time. */
static void take_shift(struct asking *q, size_t i)
{
    struct ask *a = &q->ask[i];
    a->x -= q->source->shift_s[a->law];
    if (a->x >= 0)
        return;
    a->p = a->error = 0;
    q->done[i] = true;
}

/* Errors of quantiles are relative to the whole time. */
static void put_shift_back(struct ask *a, double shift_s)
{
    double x = a->x;
    a->x += shift_s;
    if (!a->share && a->error > 0 && a->x > 0)
        a->error *= x / a->x;
}

void latency_answer(const struct latency_source *s, double points_max, double least_kink,
                    struct ask *ask, size_t n)
{
    struct asking q = {.source = s, .ask = ask, .n = n, .least_kink = least_kink};
    q.done = mem_zero(n + 1, sizeof *q.done);
    for (size_t i = 0; i < n; i++) {
        ask[i].error = NAN;
        q.done[i] = !(s->mass[ask[i].law] > 0);
        if (ask[i].share && s->shift_s && !q.done[i])
            take_shift(&q, i);
    }
    points_max = fmin(POINTS_MAX, points_max);
    double t_max = find_scale(&q);
    for (int round = 0; round < WINDOWS_MAX; round++) {
        bool last_try = 4.0 * q.window.n > points_max;
        double longest = take(&q, last_try);
        uint32_t points = 4 * q.window.n;
        if (!(longest > 0))
            break;
        if (1.15 * longest < t_max / 1.5 || longest > t_max) {
            t_max = 1.15 * longest;
            points = POINTS_FIRST;
        } else if (last_try) {
            break;
        }
        open_window(&q, t_max, points);
    }
    close_window(&q);
    for (size_t i = 0; i < n && s->shift_s; i++)
        if (s->mass[ask[i].law] > 0)
            put_shift_back(&ask[i], s->shift_s[ask[i].law]);
    mem_free(q.done);
}
