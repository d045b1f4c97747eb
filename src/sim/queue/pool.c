/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slots for items, paths and calls; a slot given back is the next to be used. */
#include "sim/queue/sim.h"

static void *grow(void *at, uint32_t *cap, size_t size)
{
    *cap = *cap ? 2 * *cap : 16;
    return mem_resize(at, *cap * size);
}

uint32_t item_new(struct queue_sim *s)
{
    uint32_t i = s->free_item;
    if (i != NONE) {
        s->free_item = s->item[i].next_free;
    } else {
        if (s->item_used == s->item_cap)
            s->item = grow(s->item, &s->item_cap, sizeof *s->item);
        i = s->item_used++;
    }
    s->item[i] = (struct item){.path = NONE, .live = true};
    return i;
}

void item_free(struct queue_sim *s, uint32_t item)
{
    s->item[item].live = false;
    s->item[item].next_free = s->free_item;
    s->free_item = item;
}

uint32_t path_new(struct queue_sim *s)
{
    uint32_t i = s->free_path;
    if (i != NONE) {
        s->free_path = s->path[i].next;
    } else {
        if (s->path_used == s->path_cap) {
            s->path = grow(s->path, &s->path_cap, sizeof *s->path);
            s->blob = mem_resize(s->blob, s->path_cap * s->program->stride + 1);
        }
        i = s->path_used++;
    }
    struct path *p = &s->path[i]; /* the rest by visit_begin, join_fork and path_make_ready */
    p->parent = p->calls = p->children = p->sibling = NONE;
    p->step = p->copy = p->n_calls = p->copies = 0;
    p->plan = NULL;
    p->phase = PHASE_BUSY;
    p->outcome = OUTCOME_OK;
    p->awaits = AWAITS_NOTHING;
    p->ok = p->ready = p->tired = false;
    return i;
}

void path_free(struct queue_sim *s, uint32_t path)
{
    s->path[path].phase = PHASE_FREE;
    s->path[path].next = s->free_path;
    s->free_path = path;
}

uint32_t call_new(struct queue_sim *s)
{
    uint32_t i = s->free_call;
    if (i != NONE) {
        s->free_call = s->call[i].next_free;
    } else {
        if (s->call_used == s->call_cap)
            s->call = grow(s->call, &s->call_cap, sizeof *s->call);
        i = s->call_used++;
    }
    struct call *c = &s->call[i]; /* the rest by desk_ask, call_draw and call_begin */
    c->previous = c->next = c->before = c->after = NONE;
    c->interrupted = c->tired = c->probe = c->started = c->in_time = c->patient = false;
    c->waited_s = 0;
    return i;
}

void call_free(struct queue_sim *s, uint32_t call)
{
    s->call[call].state = CALL_FREE;
    s->call[call].next_free = s->free_call;
    s->free_call = call;
}
