/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening hours of a desk: instants are counted from the week's own table, so that they do not
 * drift.  Two openings that touch over the end of the week are one. */
#include "sim/calendar.h"

#include <math.h>

static double instant(const struct calendar *c, double of_week_s)
{
    return (double)c->week * WEEK_S + of_week_s - c->starts_s;
}

void calendar_start(struct calendar *c, const struct resource *r, double starts_s)
{
    *c = (struct calendar){.resource = r, .starts_s = starts_s, .open = true, .next_s = INFINITY};
    if (r->n_hours == 0)
        return;
    while (c->opening < r->n_hours && r->hours[c->opening].to_s <= starts_s)
        c->opening++;
    if (c->opening == r->n_hours) {
        c->opening = 0;
        c->week = 1;
    }
    const struct opening *o = &r->hours[c->opening], *last = &r->hours[r->n_hours - 1];
    c->open = c->week == 0 && o->from_s <= starts_s;
    c->opened_s = instant(c, o->from_s);
    if (c->opening == 0 && o->from_s == 0 && last->to_s == WEEK_S)
        c->opened_s = instant(c, last->from_s) - WEEK_S;
    c->next_s = instant(c, c->open ? o->to_s : o->from_s);
}

void calendar_turn(struct calendar *c)
{
    const struct resource *r = c->resource;
    if (!c->open) {
        c->open = true;
        c->opened_s = c->next_s;
        c->next_s = instant(c, r->hours[c->opening].to_s);
        return;
    }
    bool to_the_end = r->hours[c->opening].to_s == WEEK_S;
    if (++c->opening == r->n_hours) {
        c->opening = 0;
        c->week++;
    }
    if (to_the_end && r->hours[c->opening].from_s == 0 && c->opening == 0) {
        c->next_s = instant(c, r->hours[0].to_s);
        return;
    }
    c->open = false;
    c->next_s = instant(c, r->hours[c->opening].from_s);
}

bool calendar_tired(const struct calendar *c, double now_s, double after_s)
{
    return c->resource->n_hours > 0 && now_s - c->opened_s >= after_s;
}

double calendar_open_s(struct calendar *c, double from_s, double to_s)
{
    double open = 0;
    for (double at = from_s; at < to_s;) {
        double until = fmin(c->next_s, to_s);
        open += c->open && until > at ? until - at : 0;
        at = fmax(until, at);
        if (c->next_s <= at)
            calendar_turn(c);
    }
    return open;
}
