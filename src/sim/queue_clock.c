/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A heap of four children a node, whose owners know their places, so that an event can be dropped
 * the moment it is no longer wanted: the heap holds what is going to happen and nothing else. */
#include "sim/queue_sim.h"

#include <string.h>

enum { WIDTH = 4 };

void clock_release(struct clock *c)
{
    mem_free(c->heap);
    mem_free(c->place);
    *c = (struct clock){0};
}

void clock_clear(struct clock *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        c->place[c->heap[i].owner] = 0;
    c->n = 0;
    c->set = 0;
    c->now_s = 0;
}

static inline bool sooner(const struct event *a, const struct event *b)
{
    return a->at_s < b->at_s || (a->at_s == b->at_s && a->order < b->order);
}

static inline void put(struct clock *c, uint32_t i, struct event e)
{
    c->heap[i] = e;
    c->place[e.owner] = i + 1;
}

static void rise(struct clock *c, uint32_t i, struct event e)
{
    while (i > 0) {
        uint32_t parent = (i - 1) / WIDTH;
        if (!sooner(&e, &c->heap[parent]))
            break;
        put(c, i, c->heap[parent]);
        i = parent;
    }
    put(c, i, e);
}

static void sink(struct clock *c, uint32_t i, struct event e)
{
    for (;;) {
        uint32_t first = i * WIDTH + 1, last = first + WIDTH, least = first;
        if (first >= c->n)
            break;
        last = last < c->n ? last : c->n;
        for (uint32_t k = first + 1; k < last; k++)
            least = sooner(&c->heap[k], &c->heap[least]) ? k : least;
        if (!sooner(&c->heap[least], &e))
            break;
        put(c, i, c->heap[least]);
        i = least;
    }
    put(c, i, e);
}

static void grow(struct clock *c, uint32_t owner)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->heap = mem_resize(c->heap, c->cap * sizeof *c->heap);
    }
    if (owner >= c->owners) {
        uint32_t owners = owner < 128 ? 256 : 2 * owner;
        c->place = mem_resize(c->place, owners * sizeof *c->place);
        memset(c->place + c->owners, 0, (owners - c->owners) * sizeof *c->place);
        c->owners = owners;
    }
}

void clock_set(struct clock *c, double at_s, enum owner kind, uint32_t index)
{
    uint32_t owner = index * OWNER_KINDS + kind;
    if (c->n == c->cap || owner >= c->owners)
        grow(c, owner);
    if (c->place[owner] || !(at_s >= c->now_s))
        BUG("event of owner %u at %g s, now %g s", owner, at_s, c->now_s);
    rise(c, c->n++, (struct event){at_s, c->set++, owner});
}

static void take_out(struct clock *c, uint32_t i)
{
    struct event last = c->heap[--c->n];
    c->place[c->heap[i].owner] = 0;
    if (i == c->n)
        return;
    if (i > 0 && sooner(&last, &c->heap[(i - 1) / WIDTH]))
        rise(c, i, last);
    else
        sink(c, i, last);
}

void clock_drop(struct clock *c, enum owner kind, uint32_t index)
{
    uint32_t owner = index * OWNER_KINDS + kind;
    if (owner < c->owners && c->place[owner])
        take_out(c, c->place[owner] - 1);
}

uint32_t clock_next(struct clock *c)
{
    if (c->n == 0)
        return NONE;
    uint32_t owner = c->heap[0].owner;
    c->now_s = c->heap[0].at_s;
    take_out(c, 0);
    return owner;
}
