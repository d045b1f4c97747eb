/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A desk with hours, or with another order than first come first served, as an event loop of its
 * own: who comes next is known, for customers come sorted; who leaves next is the first of a heap;
 * and the hours change at one instant.  At one and the same instant the hours change first, then
 * work that was begun before they did last ends, then somebody comes (see desk_supports: others
 * have no such coincidences).
 *
 * The line is a list for each rank of classes, or a heap by key.  Whoever has been served without a
 * break is counted with others in blocks; parts of a service one by one. */
#include "sim/desk.h"

#include <math.h>
#include <string.h>

enum { NOBODY = UINT32_MAX };
static const uint64_t FRESH = UINT64_C(1) << 63;

/* --- life */

/* Classes in the order of their priority, equal ones together; how many there are. */
static uint32_t rank_classes(const struct pipeline *p, uint32_t *rank)
{
    uint32_t n = 0;
    for (uint32_t c = 0; c < p->n_classes; c++)
        rank[c] = UINT32_MAX;
    for (uint32_t ranked = 0; ranked < p->n_classes; n++) {
        uint32_t least = UINT32_MAX; /* 0, not stated, is last: as 0 - 1 */
        for (uint32_t c = 0; c < p->n_classes; c++)
            if (rank[c] == UINT32_MAX && p->class[c].priority - 1 < least)
                least = p->class[c].priority - 1;
        for (uint32_t c = 0; c < p->n_classes; c++) {
            bool now = rank[c] == UINT32_MAX && p->class[c].priority - 1 == least;
            rank[c] = now ? n : rank[c];
            ranked += now;
        }
    }
    return n;
}

static bool by_rank(const struct resource *r)
{
    return r->discipline == DISCIPLINE_PRIORITY || r->discipline == DISCIPLINE_PREEMPTIVE;
}

bool desk_has_order(const struct pipeline *p, uint32_t resource)
{
    const struct resource *r = &p->resource[resource];
    if (r->n_hours > 0 || r->discipline == DISCIPLINE_FIFO)
        return r->n_hours > 0;
    for (uint32_t c = 1; by_rank(r) && c < p->n_classes; c++)
        if (p->class[c].priority != p->class[0].priority)
            return true;
    return !by_rank(r);
}

struct desk_order *desk_order_new(const struct pipeline *p, uint32_t resource)
{
    const struct resource *r = &p->resource[resource];
    struct desk_order *o = mem_zero(1, sizeof *o);
    o->resource = r;
    o->starts_s = p->horizon.starts_s;
    o->servers = r->servers;
    o->overtakes = r->discipline != DISCIPLINE_FIFO && r->discipline != DISCIPLINE_DEADLINE;
    o->by_key = r->discipline == DISCIPLINE_DEADLINE || r->discipline == DISCIPLINE_SHORTEST;
    o->rank = mem_zero(p->n_classes, sizeof *o->rank);
    o->n_ranks = by_rank(r) ? rank_classes(p, o->rank) : 1;
    o->list = mem_zero(o->n_ranks, sizeof *o->list);
    o->leaving = mem_zero(o->servers, sizeof *o->leaving);
    o->running = mem_zero(o->servers, sizeof *o->running);
    return o;
}

void desk_order_free(struct desk_order *o)
{
    if (!o)
        return;
    mem_free(o->rank);
    mem_free(o->list);
    mem_free(o->heap);
    mem_free(o->leaving);
    mem_free(o->running);
    mem_free(o->guest);
    mem_free(o);
}

void desk_order_clear(struct desk_order *o)
{
    calendar_start(&o->hours, o->resource, o->starts_s);
    o->turned_s = 0;
    o->busy = o->waiting = o->cohort = o->used = 0;
    o->first_free = NOBODY;
    o->joined = 0;
    for (uint32_t k = 0; k < o->n_ranks; k++)
        o->list[k] = (struct line_ends){NOBODY, NOBODY};
}

/* --- guests */

static uint32_t take_in(struct desk_order *o)
{
    uint32_t i = o->first_free;
    if (i != NOBODY) {
        o->first_free = o->guest[i].next;
        return i;
    }
    if (o->used == o->cap) {
        o->cap = o->cap ? 2 * o->cap : 64;
        o->guest = mem_resize(o->guest, o->cap * sizeof *o->guest);
    }
    return o->used++;
}

static void let_go(struct desk_order *o, uint32_t i)
{
    o->guest[i].next = o->first_free;
    o->first_free = i;
}

static uint32_t rank_of(const struct desk_order *o, const struct guest *g)
{
    return o->rank[kind_class(g->kind)];
}

static double key_of(const struct desk_order *o, const struct guest *g)
{
    switch (o->resource->discipline) {
    case DISCIPLINE_DEADLINE:
        return g->arrive;
    case DISCIPLINE_SHORTEST:
        return (float)g->service; /* as it was drawn: equal ones are equal */
    default:
        return 0;
    }
}

/* --- the line */

static bool before(const struct guest *a, const struct guest *b)
{
    return a->key != b->key ? a->key < b->key : a->turn < b->turn;
}

static void push_heap(struct desk_order *o, uint32_t who)
{
    uint32_t i = o->waiting;
    if (i == o->heap_cap) {
        o->heap_cap = o->heap_cap ? 2 * o->heap_cap : 64;
        o->heap = mem_resize(o->heap, o->heap_cap * sizeof *o->heap);
    }
    for (uint32_t up; i > 0; i = up) {
        up = (i - 1) / 2;
        if (!before(&o->guest[who], &o->guest[o->heap[up]]))
            break;
        o->heap[i] = o->heap[up];
    }
    o->heap[i] = who;
}

/* After `waiting` was lessened by the one who is taken. */
static uint32_t pop_heap(struct desk_order *o)
{
    uint32_t first = o->heap[0], last = o->heap[o->waiting], i = 0;
    for (uint32_t k = 1; k < o->waiting; k = 2 * i + 1) {
        k += k + 1 < o->waiting && before(&o->guest[o->heap[k + 1]], &o->guest[o->heap[k]]);
        if (!before(&o->guest[o->heap[k]], &o->guest[last]))
            break;
        o->heap[i] = o->heap[k];
        i = k;
    }
    o->heap[i] = last;
    return first;
}

static void push_front(struct desk_order *o, struct line_ends *l, uint32_t who)
{
    o->guest[who].next = l->first;
    l->first = who;
    l->last = l->last == NOBODY ? who : l->last;
}

static void push_back(struct desk_order *o, struct line_ends *l, uint32_t who)
{
    o->guest[who].next = NOBODY;
    if (l->last == NOBODY)
        l->first = who;
    else
        o->guest[l->last].next = who;
    l->last = who;
}

/* Interrupted work of a rank: before what is fresh, in the order of coming. */
static void push_interrupted(struct desk_order *o, struct line_ends *l, uint32_t who)
{
    uint32_t after = NOBODY;
    for (uint32_t i = l->first; i != NOBODY && o->guest[i].turn < o->guest[who].turn;
         i = o->guest[i].next)
        after = i;
    if (after == NOBODY) {
        push_front(o, l, who);
        return;
    }
    o->guest[who].next = o->guest[after].next;
    o->guest[after].next = who;
    l->last = l->last == after ? who : l->last;
}

static void line_up(struct desk_order *o, uint32_t who)
{
    bool fresh = o->guest[who].turn & FRESH;
    struct line_ends *l = &o->list[rank_of(o, &o->guest[who])];
    if (o->by_key)
        push_heap(o, who);
    else if (!fresh && o->n_ranks > 1)
        push_interrupted(o, l, who);
    else if (!fresh || o->resource->discipline == DISCIPLINE_LIFO)
        push_front(o, l, who);
    else
        push_back(o, l, who);
    o->waiting++;
}

static uint32_t next_in_line(struct desk_order *o)
{
    struct line_ends *l = o->list;
    o->waiting--;
    if (o->by_key)
        return pop_heap(o);
    while (l->first == NOBODY)
        l++;
    uint32_t who = l->first;
    l->first = o->guest[who].next;
    l->last = l->first == NOBODY ? NOBODY : l->last;
    return who;
}

/* --- in service */

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
    line_up(o, who);
}

static void pull(struct desk_order *o, double now)
{
    while (o->waiting > 0 && o->hours.open && o->busy < o->servers)
        serve(o, next_in_line(o), now);
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
    uint32_t who = take_in(o), lower;
    struct guest *g = &o->guest[who];
    *g = (struct guest){.reach = now,
                        .service = c->service[i],
                        .arrive = c->arrive[i],
                        .took = c->took[i],
                        .kind = c->kind ? c->kind[i] : c->same,
                        .since = now,
                        .left = c->service[i],
                        .turn = o->joined++ | FRESH};
    g->key = o->by_key ? key_of(o, g) : 0;
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
    line_up(o, who);
}

static void count_those_who_left(struct desk_sim *s, uint32_t desk)
{
    if (s->left_desk.n > 0)
        desk_count_left(s, desk, &s->left_desk, s->begin);
    s->left_desk.n = 0;
}

/* Work of one who is in service while the desk is closed, from when it closed. */
static void count_closed(struct desk_sim *s, uint32_t desk, double now)
{
    desk_count_closed(s, desk, s->line[desk].order->turned_s, now);
}

static void count_guest(struct desk_sim *s, uint32_t desk, const struct guest *g, double now)
{
    struct customers *to = &s->left_desk;
    if (g->parted) {
        desk_count_part(s, desk, g->since, g->begin, now);
        desk_count_parted(s, desk, g, now);
        return;
    }
    to->reach[to->n] = g->reach;
    to->service[to->n] = g->service;
    to->arrive[to->n] = g->arrive;
    to->took[to->n] = g->took;
    to->kind[to->n] = g->kind;
    s->begin[to->n++] = g->begin;
    if (to->n == LANES)
        count_those_who_left(s, desk);
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
    let_go(o, x.who);
    stop(o, x.who);
    if (o->waiting > 0 && o->hours.open) { /* the next one at once */
        uint32_t who = next_in_line(o);
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

void desk_order_serve(struct desk_sim *s, uint32_t desk, const struct customers *c, double upto)
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
    count_those_who_left(s, desk);
}
