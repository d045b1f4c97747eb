/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening hours of a desk: instants are counted from the week's own table, so that they do not
 * drift.  Two openings that touch over the end of the week are one. */
#include "sim/queue_sim.h"

#include <math.h>

static double instant(const struct queue_sim *s, const struct desk *d, double of_week_s)
{
    return (double)d->week * WEEK_S + of_week_s - s->program->pipeline->horizon.starts_s;
}

void calendar_start(struct queue_sim *s, struct desk *d)
{
    const struct resource *r = d->resource;
    double clock = s->program->pipeline->horizon.starts_s;
    d->open = true;
    d->opened_s = 0;
    d->next_s = INFINITY;
    d->week = 0;
    d->opening = 0;
    if (r->n_hours == 0)
        return;
    while (d->opening < r->n_hours && r->hours[d->opening].to_s <= clock)
        d->opening++;
    if (d->opening == r->n_hours) {
        d->opening = 0;
        d->week = 1;
    }
    const struct opening *o = &r->hours[d->opening], *last = &r->hours[r->n_hours - 1];
    d->open = d->week == 0 && o->from_s <= clock;
    d->opened_s = instant(s, d, o->from_s);
    if (d->opening == 0 && o->from_s == 0 && last->to_s == WEEK_S)
        d->opened_s = instant(s, d, last->from_s) - WEEK_S;
    d->next_s = instant(s, d, d->open ? o->to_s : o->from_s);
}

void calendar_turn(struct queue_sim *s, struct desk *d)
{
    const struct resource *r = d->resource;
    if (!d->open) {
        d->open = true;
        d->opened_s = d->next_s;
        d->next_s = instant(s, d, r->hours[d->opening].to_s);
        return;
    }
    bool to_the_end = r->hours[d->opening].to_s == WEEK_S;
    if (++d->opening == r->n_hours) {
        d->opening = 0;
        d->week++;
    }
    if (to_the_end && r->hours[d->opening].from_s == 0 && d->opening == 0) {
        d->next_s = instant(s, d, r->hours[0].to_s);
        return;
    }
    d->open = false;
    d->next_s = instant(s, d, r->hours[d->opening].from_s);
}

bool calendar_tired(const struct queue_sim *s, const struct desk *d, double after_s)
{
    return d->resource->n_hours > 0 && s->clock.now_s - d->opened_s >= after_s;
}
