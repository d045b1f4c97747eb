/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A desk with hours, or with another order than first come first served.  The line is a list for
 * each rank of classes, or a heap by key.
 *
 * Where work is never interrupted, whoever is next begins when a server is free and the desk is
 * open, and who has come by then stands in the line: nothing but beginnings need to be followed,
 * one after the other in time.  Who comes as a server gets free comes after it (see desk_supports:
 * it matters nowhere else). */
#include "sim/desk.h"

#include <math.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { DESK_FEW = 16 }; /* servers whose times are kept in order, the others' in a heap */

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

/* How many times until which servers work are kept, those that are none with them. */
static uint32_t places_of(const struct desk_order *o)
{
    return (o->servers > DESK_FEW ? o->servers : DESK_FEW) + 1;
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
    o->breaks = r->discipline == DISCIPLINE_PREEMPTIVE ||
                (r->n_hours > 0 && r->at_close == CLOSE_INTERRUPT);
    o->free_at = mem_zero(places_of(o), sizeof *o->free_at);
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
    mem_free(o->free_at);
    mem_free(o->leaving);
    mem_free(o->running);
    mem_free(o->guest);
    mem_free(o);
}

void desk_order_clear(struct desk_order *o)
{
    calendar_start(&o->hours, o->resource, o->starts_s);
    o->turned_s = o->now_s = 0;
    for (uint32_t k = 0; k < places_of(o); k++)
        o->free_at[k] = k < o->servers ? 0 : INFINITY;
    o->busy = o->waiting = o->cohort = o->used = 0;
    o->first_free = NOBODY;
    o->joined = 0;
    for (uint32_t k = 0; k < o->n_ranks; k++)
        o->list[k] = (struct line_ends){NOBODY, NOBODY};
}

/* --- guests */

static uint32_t slot(struct desk_order *o)
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

void guest_free(struct desk_order *o, uint32_t who)
{
    o->guest[who].next = o->first_free;
    o->first_free = who;
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

uint32_t guest_new(struct desk_order *o, const struct customers *c, uint32_t i)
{
    uint32_t who = slot(o);
    struct guest *g = &o->guest[who];
    g->reach = g->since = c->reach[i];
    g->service = g->left = c->service[i];
    g->arrive = c->arrive[i];
    g->took = c->took[i];
    g->kind = c->kind ? c->kind[i] : c->same;
    g->waited = 0;
    g->turn = o->joined++ | FRESH;
    g->parted = g->late = false;
    g->key = o->by_key ? key_of(o, g) : 0;
    return who;
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

void desk_order_wait(struct desk_order *o, uint32_t who)
{
    bool fresh = o->guest[who].turn & FRESH;
    struct line_ends *l = &o->list[o->rank[kind_class(o->guest[who].kind)]];
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

uint32_t desk_order_next(struct desk_order *o)
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

/* --- counting */

void desk_order_count(struct desk_sim *s, uint32_t desk)
{
    if (s->left_desk.n > 0)
        desk_count_left(s, desk, &s->left_desk, s->begin);
    s->left_desk.n = 0;
}

void desk_order_note(struct desk_sim *s, uint32_t desk, const struct guest *g, double begin)
{
    struct customers *to = &s->left_desk;
    to->reach[to->n] = g->reach;
    to->service[to->n] = g->service;
    to->arrive[to->n] = g->arrive;
    to->took[to->n] = g->took;
    to->kind[to->n] = g->kind;
    s->begin[to->n++] = begin;
    if (to->n == LANES)
        desk_order_count(s, desk);
}

/* --- beginnings */

/* The first instant from `at` on when the desk is open; never less than the last time. */
static double open_from(struct desk_order *o, double at)
{
    while (at >= o->hours.next_s)
        calendar_turn(&o->hours);
    return o->hours.open ? at : o->hours.next_s;
}

/* Work until `end` of one who begins before the next change of hours. */
static void count_overtime(struct desk_sim *s, uint32_t desk, double end)
{
    struct calendar h = s->line[desk].order->hours;
    while (h.next_s < end) {
        double from = h.next_s;
        calendar_turn(&h);
        if (!h.open)
            desk_count_closed(s, desk, from, h.next_s < end ? h.next_s : end);
    }
}

/* Few servers: `f` ascending, INFINITY after the last; its first gives way to `end`, which takes
 * its place among the others.  Without a branch, as which place that is nobody can guess. */
static inline void put_in_order(double *f, double end)
{
#ifdef __SSE2__
    const __m128d x = _mm_set1_pd(end), none = _mm_set_sd(-INFINITY);
    __m128d at = _mm_move_sd(_mm_loadu_pd(f), none);
    _mm_storeu_pd(f, _mm_max_pd(at, _mm_min_pd(x, _mm_loadu_pd(f + 1))));
    for (uint32_t k = 2; k < DESK_FEW; k += 2)
        _mm_storeu_pd(f + k,
                      _mm_max_pd(_mm_loadu_pd(f + k), _mm_min_pd(x, _mm_loadu_pd(f + k + 1))));
#else
    f[0] = -INFINITY;
    for (uint32_t k = 0; k < DESK_FEW; k++) {
        double least = end < f[k + 1] ? end : f[k + 1];
        f[k] = f[k] > least ? f[k] : least;
    }
#endif
}

/* The server that is free first works until `end`. */
static inline void occupy(struct desk_order *o, double end)
{
    double *f = o->free_at;
    uint32_t i = 0;
    if (o->servers <= DESK_FEW) {
        put_in_order(f, end);
        return;
    }
    for (uint32_t k = 1; k < o->servers; k = 2 * i + 1) {
        k += f[k + 1] < f[k];
        if (!(f[k] < end))
            break;
        f[i] = f[k];
        i = k;
    }
    f[i] = end;
}

static void begin(struct desk_sim *s, uint32_t desk, const struct guest *g, double at)
{
    struct desk_order *o = s->line[desk].order;
    double end = at + g->service;
    if (end > o->hours.next_s)
        count_overtime(s, desk, end);
    occupy(o, end);
    desk_order_note(s, desk, g, at);
}

/* One who comes to an empty line.  False: he must wait. */
static bool begin_at_once(struct desk_sim *s, uint32_t desk, const struct customers *c, uint32_t i)
{
    struct desk_order *o = s->line[desk].order;
    double reach = c->reach[i], at = o->free_at[0] > reach ? o->free_at[0] : reach;
    at = open_from(o, at);
    if (at > reach)
        return false;
    struct guest g = {.reach = reach,
                      .service = c->service[i],
                      .arrive = c->arrive[i],
                      .took = c->took[i],
                      .kind = c->kind ? c->kind[i] : c->same};
    begin(s, desk, &g, at);
    o->now_s = at;
    return true;
}

static void join(struct desk_sim *s, struct desk_order *o, const struct customers *c, uint32_t i)
{
    uint32_t who = guest_new(o, c, i);
    o->cohort += kind_unit(o->guest[who].kind) < s->tally->n_units;
    desk_order_wait(o, who);
}

static void begin_next(struct desk_sim *s, uint32_t desk, double at)
{
    struct desk_order *o = s->line[desk].order;
    uint32_t who = desk_order_next(o);
    begin(s, desk, &o->guest[who], at);
    o->cohort -= kind_unit(o->guest[who].kind) < s->tally->n_units;
    o->now_s = at;
    guest_free(o, who);
}

void desk_order_serve(struct desk_sim *s, uint32_t desk, const struct customers *c, double upto)
{
    struct desk_order *o = s->line[desk].order;
    uint32_t i = 0;
    if (o->breaks) {
        desk_break_serve(s, desk, c, upto);
        return;
    }
    for (;;) {
        if (o->waiting == 0) {
            if (i == c->n)
                break;
            if (!begin_at_once(s, desk, c, i)) {
                o->now_s = c->reach[i];
                join(s, o, c, i);
            }
            i++;
            continue;
        }
        double at = open_from(o, o->free_at[0] > o->now_s ? o->free_at[0] : o->now_s);
        while (i < c->n && c->reach[i] < at)
            join(s, o, c, i++);
        if (at > upto)
            break;
        begin_next(s, desk, at);
    }
    desk_order_count(s, desk);
}
