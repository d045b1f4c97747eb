/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A second simulation in the same state, for splitting: what is scheduled happens in both, what is
 * still to be drawn is drawn apart.
 *
 * Drawn apart are later arrivals and items, the weather to come, and what those inside will ask
 * for at steps still to come.  The next arrival of a Poisson process has no memory, and is drawn
 * again at once.  Desks that serve the shortest first know how long those who wait will take: there
 * the numbers of paths whose calls are out stay as they are. */
#include "sim/queue/sim.h"

#include <string.h>

/* Room for what the other one uses. */
static void *fit(void *own, uint32_t *cap, uint32_t needed, size_t size)
{
    if (*cap >= needed)
        return own;
    *cap = needed;
    return mem_resize(own, needed * size);
}

static void copy_pools(struct queue_sim *to, const struct queue_sim *from)
{
    uint32_t paths = to->path_cap;
    to->item = fit(to->item, &to->item_cap, from->item_cap, sizeof *to->item);
    to->path = fit(to->path, &to->path_cap, from->path_cap, sizeof *to->path);
    to->call = fit(to->call, &to->call_cap, from->call_cap, sizeof *to->call);
    if (to->path_cap > paths)
        to->blob = mem_resize(to->blob, to->path_cap * to->program->stride + 1);
    if (from->item_used)
        memcpy(to->item, from->item, from->item_used * sizeof *to->item);
    if (from->path_used) {
        memcpy(to->path, from->path, from->path_used * sizeof *to->path);
        memcpy(to->blob, from->blob, from->path_used * to->program->stride);
    }
    if (from->call_used)
        memcpy(to->call, from->call, from->call_used * sizeof *to->call);
}

static void copy_desk(struct desk *to, const struct desk *from)
{
    struct desk own = *to;
    *to = *from;
    to->running = own.running;
    memcpy(to->running, from->running, from->busy * sizeof *to->running);
    to->heap_cap = own.heap_cap;
    to->heap = fit(own.heap, &to->heap_cap, from->heap_cap, sizeof *to->heap);
    if (from->heap_cap)
        memcpy(to->heap, from->heap, from->waiting * sizeof *to->heap);
}

static void copy_instants(struct instants *to, const struct instants *from)
{
    to->at = fit(to->at, &to->cap, from->n, sizeof *to->at);
    to->n = from->n;
    if (from->n)
        memcpy(to->at, from->at, from->n * sizeof *to->at);
}

static void copy_breaker(struct breaker_state *to, const struct breaker_state *from)
{
    struct breaker_state own = *to;
    *to = *from;
    to->mark = own.mark;
    to->ok = own.ok;
    copy_instants(&to->ok, &from->ok);
    if (own.cap != from->cap) /* the ring is as long as the other */
        to->mark = mem_resize(own.mark, from->cap * sizeof *to->mark);
    if (from->cap)
        memcpy(to->mark, from->mark, from->cap * sizeof *to->mark);
}

static void copy_weather(struct environment_state *to, const struct environment_state *from)
{
    struct environment_state own = *to;
    *to = *from;
    to->spell = own.spell;
    if (own.cap != from->cap)
        to->spell = mem_resize(own.spell, from->cap * sizeof *to->spell);
    if (from->cap)
        memcpy(to->spell, from->spell, from->cap * sizeof *to->spell);
}

static void copy_shared(struct queue_sim *to, const struct queue_sim *from)
{
    const struct queue_program *g = to->program;
    const struct pipeline *p = g->pipeline;
    for (uint32_t r = 0; r < p->n_resources; r++)
        copy_desk(&to->desk[r], &from->desk[r]);
    for (uint32_t i = 0; i < g->n_steps; i++)
        copy_breaker(&to->breaker[i], &from->breaker[i]);
    for (size_t i = 0; i < (size_t)g->n_steps * g->n_classes; i++) {
        to->bucket[i].tokens = from->bucket[i].tokens;
        to->bucket[i].filled_s = from->bucket[i].filled_s;
        copy_instants(&to->bucket[i].earns, &from->bucket[i].earns);
    }
    for (uint32_t e = 0; e < p->n_environments; e++)
        copy_weather(&to->weather[e], &from->weather[e]);
}

static bool knows_lengths(const struct pipeline *p)
{
    for (uint32_t r = 0; r < p->n_resources; r++)
        if (p->resource[r].discipline == DISCIPLINE_SHORTEST)
            return true;
    return false;
}

static void draw_apart(struct queue_sim *s, uint64_t salt)
{
    const struct pipeline *p = s->program->pipeline;
    bool bound = knows_lengths(p);
    s->items_key = rng_mix(s->items_key ^ salt);
    s->arrivals.rng.key = rng_mix(s->arrivals.rng.key ^ salt);
    for (uint32_t e = 0; e < p->n_environments; e++)
        s->weather[e].rng.key = rng_mix(s->weather[e].rng.key ^ salt);
    for (uint32_t i = 0; i < s->path_used; i++)
        if (s->path[i].phase != PHASE_FREE && !(bound && s->path[i].n_calls > 0))
            s->path[i].key = rng_mix(s->path[i].key ^ salt);
    if (p->arrivals.kind != ARRIVALS_POISSON || !clock_drop_arrival(&s->clock))
        return;
    double next = arrivals_next(&s->arrivals, s->program, s->clock.now_s);
    if (next < 2 * s->end_s)
        clock_set(&s->clock, next, OWNER_OTHER, OTHER_ARRIVAL);
}

void queue_sim_copy(struct queue_sim *to, const struct queue_sim *from, uint64_t salt)
{
    struct queue_sim own;
    copy_pools(to, from);
    copy_shared(to, from);
    clock_copy(&to->clock, &from->clock);
    own = *to;
    *to = *from;
    to->clock = own.clock;
    to->item = own.item;
    to->path = own.path;
    to->call = own.call;
    to->blob = own.blob;
    to->item_cap = own.item_cap;
    to->path_cap = own.path_cap;
    to->call_cap = own.call_cap;
    to->desk = own.desk;
    to->breaker = own.breaker;
    to->bucket = own.bucket;
    to->weather = own.weather;
    draw_apart(to, salt);
}
