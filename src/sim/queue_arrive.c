/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals.  A weekly schedule by inversion of its cumulative rate (Cinlar, "Introduction to
 * Stochastic Processes", 1975, 4.7); a daily wave by thinning (Lewis and Shedler, Naval Research
 * Logistics 26, 1979). */
#include "sim/queue_sim.h"

#include <math.h>

void arrivals_start(struct queue_sim *s)
{
    const struct pipeline *p = s->program->pipeline;
    s->arrivals =
        (struct rng_seq){rng_key(s->seed, s->replication, 0, UINT32_MAX - 2, RNG_ATTEMPT), 0};
    s->arrived = s->instant = 0;
    s->arrival_base_s = 0;
    s->arrival_week = 0;
    s->arrival_row = 0;
    for (uint32_t i = 0; i < p->arrivals.n_schedule; i++)
        if (p->arrivals.schedule[i].to_s <= p->horizon.starts_s)
            s->arrival_row = i + 1;
}

static double exponential(struct queue_sim *s)
{
    return -log(rng_unit(rng_next(&s->arrivals)));
}

/* base_s: how far the walk has come; rows of the week one after the other. */
static double next_by_schedule(struct queue_sim *s)
{
    const struct pipeline *p = s->program->pipeline;
    const struct arrivals *a = &p->arrivals;
    double left = exponential(s);
    for (;;) {
        if (s->arrival_row == a->n_schedule) {
            s->arrival_row = 0;
            s->arrival_week++;
        }
        const struct rate_interval *row = &a->schedule[s->arrival_row];
        double week = (double)s->arrival_week * WEEK_S - p->horizon.starts_s;
        double from = fmax(s->arrival_base_s, week + row->from_s), to = week + row->to_s;
        double holds = fmax(to - from, 0) * row->rate_per_s;
        if (left < holds)
            return s->arrival_base_s = from + left / row->rate_per_s;
        left -= holds;
        s->arrival_base_s = fmax(s->arrival_base_s, to);
        s->arrival_row++;
    }
}

static double next_by_day(struct queue_sim *s)
{
    const struct pipeline *p = s->program->pipeline;
    const struct arrivals *a = &p->arrivals;
    const double most = a->mean_per_s + a->amplitude_per_s, pi2 = 6.283185307179586;
    double t = s->clock.now_s;
    for (;;) {
        t += exponential(s) / most;
        double angle = pi2 * (t + p->horizon.starts_s - a->peak_s) / DAY_S;
        double rate = a->mean_per_s + a->amplitude_per_s * cos(angle);
        if (rng_unit(rng_next(&s->arrivals)) * most < rate)
            return t;
    }
}

double arrivals_next(struct queue_sim *s)
{
    const struct arrivals *a = &s->program->pipeline->arrivals;
    switch (a->kind) {
    case ARRIVALS_POISSON:
        return s->clock.now_s + exponential(s) / a->rate_per_s;
    case ARRIVALS_EVERY:
        return s->clock.now_s + law_draw(&s->program->every, rng_next(&s->arrivals));
    case ARRIVALS_SCHEDULE:
        return next_by_schedule(s);
    case ARRIVALS_DAILY:
        return next_by_day(s);
    case ARRIVALS_FILE:
        return s->instant < a->n_instants ? a->instants[s->instant++] : INFINITY;
    default:
        return INFINITY;
    }
}

uint32_t arrivals_batch(struct queue_sim *s)
{
    if (!s->program->pipeline->arrivals.has_batch)
        return 1;
    double n = rint(law_draw(&s->program->batch, rng_next(&s->arrivals)));
    return n < 1 ? 1 : n > 1e9 ? 1000000000 : (uint32_t)n;
}
