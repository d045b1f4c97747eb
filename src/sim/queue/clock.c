/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A heap of four children a node, whose owners know their places, so that an event can be dropped
 * the moment it is no longer wanted: the heap holds what is going to happen and nothing else.
 *
 * An event is one number of 128 bits, its time before its order, so that the least of four is found
 * without a jump; empty places hold the greatest number, so that there always are four.  The first
 * place stays empty while its event happens: what that sets next goes down from there. */
#include "sim/queue/sim.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 4, PADDING = WIDTH };
static const unsigned __int128 NEVER = ~(unsigned __int128)0;
static const uint32_t ARRIVAL = OTHER_ARRIVAL * OWNER_KINDS + OWNER_OTHER;

static inline uint32_t owner_of(unsigned __int128 event)
{
    return (uint32_t)event;
}

void clock_release(struct clock *c)
{
    mem_free(c->heap);
    mem_free(c->place);
    *c = (struct clock){0};
}

static void grow_heap(struct clock *c)
{
    uint32_t cap = c->cap ? 2 * c->cap : 64;
    c->heap = mem_resize(c->heap, (cap + PADDING) * sizeof *c->heap);
    for (uint32_t i = c->n; i < cap + PADDING; i++)
        c->heap[i] = NEVER;
    c->cap = cap;
}

static void grow_places(struct clock *c, uint32_t owner)
{
    uint32_t owners = owner < 128 ? 256 : 2 * owner;
    c->place = mem_resize(c->place, owners * sizeof *c->place);
    memset(c->place + c->owners, 0, (owners - c->owners) * sizeof *c->place);
    c->owners = owners;
}

void clock_clear(struct clock *c)
{
    if (c->cap == 0)
        grow_heap(c);
    for (uint32_t i = 0; i < c->n; i++) {
        if (i > 0 || !c->hole)
            c->place[owner_of(c->heap[i])] = 0;
        c->heap[i] = NEVER;
    }
    c->arrival = NEVER;
    c->hole = false;
    c->n = c->set = 0;
    c->now_s = c->event_s = 0;
}

void clock_copy(struct clock *to, const struct clock *from)
{
    struct clock own = *to;
    *to = *from;
    to->heap = own.heap;
    to->place = own.place;
    if (own.cap < from->cap)
        to->heap = mem_resize(own.heap, (from->cap + PADDING) * sizeof *to->heap);
    else
        to->cap = own.cap;
    memcpy(to->heap, from->heap, from->n * sizeof *to->heap);
    /* the places behind: those of `own` hold the greatest number already, but for its events */
    uint32_t upto = own.cap < from->cap ? to->cap + PADDING : own.n;
    for (uint32_t i = from->n; i < upto; i++)
        to->heap[i] = NEVER;
    if (own.owners < from->owners)
        to->place = mem_resize(own.place, from->owners * sizeof *to->place);
    else
        to->owners = own.owners;
    memcpy(to->place, from->place, from->owners * sizeof *to->place);
    if (to->owners > from->owners)
        memset(to->place + from->owners, 0, (to->owners - from->owners) * sizeof *to->place);
}

bool clock_drop_arrival(struct clock *c)
{
    bool was_set = c->arrival != NEVER;
    c->arrival = NEVER;
    return was_set;
}

static inline void put(struct clock *c, uint32_t i, unsigned __int128 e)
{
    c->heap[i] = e;
    c->place[owner_of(e)] = i + 1;
}

static void rise(struct clock *c, uint32_t i, unsigned __int128 e)
{
    while (i > 0) {
        uint32_t parent = (i - 1) / WIDTH;
        if (e >= c->heap[parent])
            break;
        put(c, i, c->heap[parent]);
        i = parent;
    }
    put(c, i, e);
}

static void sink(struct clock *c, uint32_t i, unsigned __int128 e)
{
    for (uint32_t first = i * WIDTH + 1; first < c->n; first = i * WIDTH + 1) {
        const unsigned __int128 *child = &c->heap[first];
        uint32_t low = (child[1] < child[0]), high = 2 + (child[3] < child[2]);
        uint32_t least = child[high] < child[low] ? high : low;
        if (child[least] >= e)
            break;
        put(c, i, child[least]);
        i = first + least;
    }
    put(c, i, e);
}

/* --- numbering anew, before the orders run out */

static int by_order(const void *a, const void *b)
{
    uint64_t x = (uint64_t) * *(unsigned __int128 *const *)a;
    uint64_t y = (uint64_t) * *(unsigned __int128 *const *)b;
    return (x > y) - (x < y);
}

static void renumber(struct clock *c)
{
    unsigned __int128 **all = mem_zero(c->n + 1, sizeof(unsigned __int128 *));
    uint32_t n = 0;
    for (uint32_t i = c->hole; i < c->n; i++)
        all[n++] = &c->heap[i];
    if (c->arrival != NEVER)
        all[n++] = &c->arrival;
    qsort(all, n, sizeof *all, by_order);
    for (uint32_t i = 0; i < n; i++)
        *all[i] = *all[i] >> 64 << 64 | (uint64_t)i << 32 | owner_of(*all[i]);
    c->set = n;
    mem_free(all);
}

/* --- setting, dropping, taking */

void clock_set(struct clock *c, double at_s, enum owner kind, uint32_t index)
{
    uint32_t owner = index * OWNER_KINDS + kind;
    uint64_t bits;
    if (c->set == UINT32_MAX)
        renumber(c);
    at_s += 0.0; /* no -0 */
    memcpy(&bits, &at_s, sizeof bits);
    unsigned __int128 e = (unsigned __int128)bits << 64 | (uint64_t)c->set++ << 32 | owner;
    if (owner >= c->owners)
        grow_places(c, owner);
    if (c->place[owner] || !(at_s >= c->now_s))
        BUG("event of owner %u at %g s, now %g s", owner, at_s, c->now_s);
    if (owner == ARRIVAL) {
        c->arrival = e;
    } else if (c->hole) {
        c->hole = false;
        sink(c, 0, e);
    } else {
        if (c->n == c->cap)
            grow_heap(c);
        rise(c, c->n++, e);
    }
}

static void take_out(struct clock *c, uint32_t i)
{
    unsigned __int128 last = c->heap[--c->n];
    c->heap[c->n] = NEVER;
    if (i == c->n)
        return;
    if (i > 0 && last < c->heap[(i - 1) / WIDTH])
        rise(c, i, last);
    else
        sink(c, i, last);
}

static void close_hole(struct clock *c)
{
    c->hole = false;
    take_out(c, 0);
}

void clock_drop(struct clock *c, enum owner kind, uint32_t index)
{
    uint32_t owner = index * OWNER_KINDS + kind;
    if (owner >= c->owners || !c->place[owner])
        return;
    if (c->hole)
        close_hole(c);
    uint32_t i = c->place[owner] - 1;
    c->place[owner] = 0;
    take_out(c, i);
}

uint32_t clock_next(struct clock *c)
{
    if (c->hole)
        close_hole(c);
    unsigned __int128 e = c->heap[0];
    if (c->arrival < e) {
        e = c->arrival;
        c->arrival = NEVER;
    } else if (c->n == 0) {
        return NONE;
    } else {
        c->hole = true;
        c->place[owner_of(e)] = 0;
    }
    uint64_t bits = (uint64_t)(e >> 64);
    memcpy(&c->now_s, &bits, sizeof bits);
    c->event_s = c->now_s;
    return owner_of(e);
}
