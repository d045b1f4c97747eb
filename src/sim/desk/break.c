/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A desk where work may be interrupted, by the more urgent or by the end of its hours, as an event
 * loop of its own: who comes next is known, for customers come sorted; who leaves next is the first
 * of a heap; and the hours change at one instant.  At one and the same instant the hours change
 * first, then work that was begun before they did last ends, then somebody comes (see
 * desk_supports: others have no such coincidences).
 *
 * Whoever has been served without a break is counted with others in blocks; parts of a service one
 * by one. */
#include "sim/desk.h"

#include <math.h>

/* --- in service */

static uint32_t rank_of(const struct desk_order *o, const struct guest *g)
{
    return o->rank[kind_class(g->kind)];
}

static void sink(struct desk_order *o, uint32_t i, struct leaving x)
{
    struct leaving *h = o->leaving;
    for (uint32_t k = 2 * i + 1; k < o->busy; k = 2 * i + 1) {
        k += k + 1 < o->busy && h[k + 1].at < h[k].at;
        if (!(h[k].at < x.at))
            break;
        h[i] = h[k];
        i = k;
    }
    h[i] = x;
}

static void rise(struct desk_order *o, uint32_t i, struct leaving x)
{
    struct leaving *h = o->leaving;
    for (uint32_t up; i > 0 && x.at < h[up = (i - 1) / 2].at; i = up)
        h[i] = h[up];
    h[i] = x;
}

static struct leaving begin(struct desk_order *o, uint32_t who, double now, double limit)
{
    struct guest *g = &o->guest[who];
    double wait = now - g->since;
    g->begin = now;
    g->waited += wait;
    g->late = g->parted ? g->late : wait > limit + now * 1e-14;
    return (struct leaving){now + g->left, who};
}

static void serve(struct desk_order *o, uint32_t who, double now)
{
    struct leaving x = begin(o, who, now, o->resource->answer_within_s);
    o->guest[who].place = o->busy;
    o->running[o->busy] = who;
    rise(o, o->busy++, x);
}

/* He leaves his server, which is given to the last one's place in the list. */
static void stop(struct desk_order *o, uint32_t who)
{
    uint32_t last = o->running[--o->busy], place = o->guest[who].place;
    o->running[place] = last;
    o->guest[last].place = place;
}

static void drop_leaving(struct desk_order *o, uint32_t who)
{
    uint32_t i = 0;
    while (o->leaving[i].who != who)
        i++;
    struct leaving last = o->leaving[o->busy]; /* one less than before */
    if (last.who == who)
        return;
    if (i > 0 && last.at < o->leaving[(i - 1) / 2].at)
        rise(o, i, last);
    else
        sink(o, i, last);
}

static void interrupt(struct desk_sim *s, uint32_t desk, uint32_t who, double now)
{
    struct desk_order *o = s->line[desk].order;
    struct guest *g = &o->guest[who];
    stop(o, who);
    drop_leaving(o, who);
    desk_count_part(s, desk, g->since, g->begin, now);
    g->left = fmax(g->left - (now - g->begin), 0);
    g->since = now;
    g->parted = true;
    g->turn &= ~FRESH;
    if (o->resource->discipline == DISCIPLINE_SHORTEST)
        g->key = g->left;
    desk_order_wait(o, who);
}

static void pull(struct desk_order *o, double now)
{
    while (o->waiting > 0 && o->hours.open && o->busy < o->servers)
        serve(o, desk_order_next(o), now);
}

/* --- what happens */

/* The one that began last of the lowest rank, when that is lower; else NOBODY. */
static uint32_t victim(const struct desk_order *o, const struct guest *urgent)
{
    uint32_t lowest = NOBODY, rank = rank_of(o, urgent);
    for (uint32_t i = 0; i < o->busy; i++) {
        const struct guest *g = &o->guest[o->running[i]];
        uint32_t of = rank_of(o, g);
        bool lower =
            of > rank || (of == rank && lowest != NOBODY && g->begin >= o->guest[lowest].begin);
        lowest = lower ? o->running[i] : lowest;
        rank = lower ? of : rank;
    }
    return lowest;
}

static void come(struct desk_sim *s, uint32_t desk, const struct customers *c, uint32_t i)
{
    struct desk_order *o = s->line[desk].order;
    double now = c->reach[i];
    uint32_t who = guest_new(o, c, i), lower;
    struct guest *g = &o->guest[who];
    o->cohort += kind_unit(g->kind) < s->tally->n_units;
    if (o->waiting == 0 && o->hours.open && o->busy < o->servers) {
        serve(o, who, now);
        return;
    }
    if (o->resource->discipline == DISCIPLINE_PREEMPTIVE && o->hours.open &&
        (lower = victim(o, g)) != NOBODY) {
        interrupt(s, desk, lower, now);
        serve(o, who, now);
        return;
    }
    desk_order_wait(o, who);
}

/* Work of one who is in service while the desk is closed, from when it closed. */
static void count_closed(struct desk_sim *s, uint32_t desk, double now)
{
    desk_count_closed(s, desk, s->line[desk].order->turned_s, now);
}

static void count_guest(struct desk_sim *s, uint32_t desk, const struct guest *g, double now)
{
    if (!g->parted) {
        desk_order_note(s, desk, g, g->begin);
        return;
    }
    desk_count_part(s, desk, g->since, g->begin, now);
    desk_count_parted(s, desk, g, now);
}

static void leave(struct desk_sim *s, uint32_t desk)
{
    struct desk_order *o = s->line[desk].order;
    struct leaving x = o->leaving[0];
    const struct guest *g = &o->guest[x.who];
    if (!o->hours.open)
        count_closed(s, desk, x.at);
    o->cohort -= kind_unit(g->kind) < s->tally->n_units;
    count_guest(s, desk, g, x.at);
    guest_free(o, x.who);
    stop(o, x.who);
    if (o->waiting > 0 && o->hours.open) { /* the next one at once */
        uint32_t who = desk_order_next(o);
        o->guest[who].place = o->busy;
        o->running[o->busy++] = who;
        sink(o, 0, begin(o, who, x.at, o->resource->answer_within_s));
    } else if (o->busy > 0) {
        sink(o, 0, o->leaving[o->busy]);
    }
}

static void turn(struct desk_sim *s, uint32_t desk)
{
    struct desk_order *o = s->line[desk].order;
    double now = o->hours.next_s;
    bool was_open = o->hours.open;
    for (uint32_t i = 0; !was_open && i < o->busy; i++)
        count_closed(s, desk, now);
    calendar_turn(&o->hours);
    o->turned_s = now;
    if (o->hours.open) {
        pull(o, now);
        return;
    }
    while (o->resource->at_close == CLOSE_INTERRUPT && o->busy > 0) {
        uint32_t latest = o->running[0]; /* the first to come ends up at the front */
        for (uint32_t i = 1; i < o->busy; i++)
            if ((o->guest[o->running[i]].turn & ~FRESH) > (o->guest[latest].turn & ~FRESH))
                latest = o->running[i];
        interrupt(s, desk, latest, now);
    }
}

void desk_break_serve(struct desk_sim *s, uint32_t desk, const struct customers *c, double upto)
{
    struct desk_order *o = s->line[desk].order;
    uint32_t i = 0;
    for (;;) {
        double comes = i < c->n ? c->reach[i] : INFINITY;
        double leaves = o->busy > 0 ? o->leaving[0].at : INFINITY, turns = o->hours.next_s;
        double next = comes < leaves ? comes : leaves;
        if (turns <= next && (i < c->n || o->busy + o->waiting > 0)) {
            bool older = turns == leaves && o->guest[o->leaving[0].who].begin < o->turned_s;
            if (turns > upto)
                break;
            if (older)
                leave(s, desk);
            else
                turn(s, desk);
        } else if (!(next <= upto) || next == INFINITY) {
            break;
        } else if (leaves <= comes) {
            leave(s, desk);
        } else {
            come(s, desk, c, i++);
        }
    }
    desk_order_count(s, desk);
}
