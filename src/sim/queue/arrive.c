/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals.  A weekly schedule by inversion of its cumulative rate (Cinlar, "Introduction to
 * Stochastic Processes", 1975, 4.7); a daily wave by thinning (Lewis and Shedler, Naval Research
 * Logistics 26, 1979). */
#include "sim/queue/arrive.h"

#include <math.h>

void arrivals_start(struct arrival_walk *w, const struct queue_program *g, uint64_t seed,
                    uint64_t replication)
{
    const struct pipeline *p = g->pipeline;
    *w = (struct arrival_walk){
        .rng = {rng_key(seed, replication, 0, UINT32_MAX - 2, RNG_ATTEMPT), 0}
    };
    for (uint32_t i = 0; i < p->arrivals.n_schedule; i++)
        if (p->arrivals.schedule[i].to_s <= p->horizon.starts_s)
            w->row = i + 1;
}

static double exponential(struct arrival_walk *w)
{
    return -log(rng_unit(rng_next(&w->rng)));
}

/* base_s: how far the walk has come; rows of the week one after the other. */
double arrivals_by_schedule(struct arrival_walk *w, const struct queue_program *g, double left)
{
    const struct pipeline *p = g->pipeline;
    const struct arrivals *a = &p->arrivals;
    for (;;) {
        if (w->row == a->n_schedule) {
            w->row = 0;
            w->week++;
        }
        const struct rate_interval *row = &a->schedule[w->row];
        double week = (double)w->week * WEEK_S - p->horizon.starts_s;
        double from = week + row->from_s, to = week + row->to_s;
        from = from > w->base_s ? from : w->base_s;
        double holds = from < to ? (to - from) * row->rate_per_s : 0;
        if (left < holds)
            return w->base_s = from + left / row->rate_per_s;
        left -= holds;
        w->base_s = to > w->base_s ? to : w->base_s;
        w->row++;
    }
}

static double next_by_day(struct arrival_walk *w, const struct pipeline *p, double now_s)
{
    const struct arrivals *a = &p->arrivals;
    const double most = a->mean_per_s + a->amplitude_per_s, pi2 = 6.283185307179586;
    double t = now_s;
    for (;;) {
        t += exponential(w) / most;
        double angle = pi2 * (t + p->horizon.starts_s - a->peak_s) / DAY_S;
        double rate = a->mean_per_s + a->amplitude_per_s * cos(angle);
        if (rng_unit(rng_next(&w->rng)) * most < rate)
            return t;
    }
}

double arrivals_next(struct arrival_walk *w, const struct queue_program *g, double now_s)
{
    const struct arrivals *a = &g->pipeline->arrivals;
    switch (a->kind) {
    case ARRIVALS_POISSON:
        return now_s + exponential(w) / a->rate_per_s;
    case ARRIVALS_EVERY:
        return now_s + law_draw(&g->every, rng_next(&w->rng));
    case ARRIVALS_SCHEDULE:
        return arrivals_by_schedule(w, g, exponential(w));
    case ARRIVALS_DAILY:
        return next_by_day(w, g->pipeline, now_s);
    case ARRIVALS_FILE:
        return w->instant < a->n_instants ? a->instants[w->instant++] : INFINITY;
    default:
        return INFINITY;
    }
}

uint32_t arrivals_batch(struct arrival_walk *w, const struct queue_program *g)
{
    if (!g->pipeline->arrivals.has_batch)
        return 1;
    double n = rint(law_draw(&g->batch, rng_next(&w->rng)));
    return n < 1 ? 1 : n > 1e9 ? 1000000000 : (uint32_t)n;
}
