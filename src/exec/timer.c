/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A 4-ary heap (LaMarca and Ladner, ACM JEA 1, 1996), with the place of each timer kept in it. */
#include "exec/timer.h"

void timers_release(struct timers *t)
{
    mem_free(t->heap);
    *t = (struct timers){0};
}

/* An answer that comes when a copy would begin is in time to do without it. */
static bool before(const struct timer *a, const struct timer *b)
{
    if (a->at_s != b->at_s)
        return a->at_s < b->at_s;
    bool a_path = a->kind == TIMER_PATH, b_path = b->kind == TIMER_PATH;
    return a_path != b_path ? b_path : a->order < b->order;
}

static void put(struct timers *t, uint32_t i, struct timer *timer)
{
    t->heap[i] = timer;
    timer->place = i + 1;
}

static void rise(struct timers *t, uint32_t i, struct timer *timer)
{
    for (; i > 0 && before(timer, t->heap[(i - 1) / 4]); i = (i - 1) / 4)
        put(t, i, t->heap[(i - 1) / 4]);
    put(t, i, timer);
}

static void sink(struct timers *t, uint32_t i, struct timer *timer)
{
    for (;;) {
        uint32_t first = 4 * i + 1, least = first;
        if (first >= t->n)
            break;
        for (uint32_t k = first + 1; k < first + 4 && k < t->n; k++)
            if (before(t->heap[k], t->heap[least]))
                least = k;
        if (!before(t->heap[least], timer))
            break;
        put(t, i, t->heap[least]);
        i = least;
    }
    put(t, i, timer);
}

void timer_set(struct timers *t, struct timer *timer, enum timer_kind kind, void *owner,
               double at_s)
{
    if (timer->place)
        BUG("a timer is set twice");
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 64;
        t->heap = mem_resize(t->heap, t->cap * sizeof(struct timer *));
    }
    *timer = (struct timer){.at_s = at_s, .order = t->set++, .kind = kind, .owner = owner};
    rise(t, t->n++, timer);
}

void timer_drop(struct timers *t, struct timer *timer)
{
    uint32_t i = timer->place;
    if (i == 0)
        return;
    timer->place = 0;
    struct timer *last = t->heap[--t->n];
    if (last == timer)
        return;
    if (i > 1 && before(last, t->heap[(i - 2) / 4]))
        rise(t, i - 1, last);
    else
        sink(t, i - 1, last);
}

struct timer *timers_next(const struct timers *t)
{
    return t->n ? t->heap[0] : NULL;
}
