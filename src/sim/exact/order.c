/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts the states in topological order: Tarjan's strongly connected components (1972), which come
 * out in reverse order; those of more than one state, or with a hop to itself, become blocks. */
#include "sim/exact/chain.h"

#include <stdlib.h>

enum { UNSEEN = UINT32_MAX };

struct tarjan {
    const struct chain *c;
    uint32_t *index, *low, *stack, *call, *cursor; /* [n_states] */
    bool *on_stack;
    uint32_t seen, n_stack, n_call;
    uint32_t *rank; /* [n_states] place in the order: filled from the end */
    uint32_t unplaced;
    VEC(struct chain_block) blocks;
};

static void visit(struct tarjan *t, uint32_t s)
{
    t->index[s] = t->low[s] = t->seen++;
    t->cursor[s] = t->c->state[s].hop;
    t->stack[t->n_stack++] = s;
    t->on_stack[s] = true;
    t->call[t->n_call++] = s;
}

static bool leads_to_itself(const struct chain *c, uint32_t s)
{
    for (uint32_t h = c->state[s].hop; h < c->state[s + 1].hop; h++)
        if (c->hop[h].to == (int32_t)s)
            return true;
    return false;
}

static void close_component(struct tarjan *t, uint32_t root)
{
    uint32_t end = t->unplaced, s;
    do {
        s = t->stack[--t->n_stack];
        t->on_stack[s] = false;
        t->rank[s] = --t->unplaced;
    } while (s != root);
    if (end - t->unplaced > 1 || leads_to_itself(t->c, root))
        vec_push(&t->blocks, ((struct chain_block){t->unplaced, end}));
}

/* One step of the walk from the state on top of the calls. */
static void advance(struct tarjan *t)
{
    uint32_t s = t->call[t->n_call - 1];
    if (t->cursor[s] < t->c->state[s + 1].hop) {
        int32_t to = t->c->hop[t->cursor[s]++].to;
        if (to < 0)
            return;
        if (t->index[to] == UNSEEN)
            visit(t, (uint32_t)to);
        else if (t->on_stack[to] && t->index[to] < t->low[s])
            t->low[s] = t->index[to];
        return;
    }
    if (t->low[s] == t->index[s])
        close_component(t, s);
    t->n_call--;
    if (t->n_call) {
        uint32_t above = t->call[t->n_call - 1];
        if (t->low[s] < t->low[above])
            t->low[above] = t->low[s];
    }
}

static void renumber(struct chain *c, const uint32_t *rank)
{
    uint32_t n = c->n_states, used = 0;
    uint32_t *old = mem_zero(n, sizeof *old);
    struct chain_state *state = mem_zero((size_t)n + 1, sizeof *state);
    struct hop *hop = mem_zero((size_t)c->n_hops + 1, sizeof *hop);
    for (uint32_t s = 0; s < n; s++)
        old[rank[s]] = s;
    for (uint32_t i = 0; i < n; i++) {
        const struct chain_state *from = &c->state[old[i]];
        state[i] = *from;
        state[i].hop = used;
        for (uint32_t h = from->hop; h < from[1].hop; h++, used++) {
            hop[used] = c->hop[h];
            if (hop[used].to >= 0)
                hop[used].to = (int32_t)rank[hop[used].to];
        }
    }
    state[n].hop = used;
    for (int q = 0; q < 2; q++)
        if (c->start[q] >= 0)
            c->start[q] = rank[c->start[q]];
    mem_free(old);
    mem_free(c->state);
    mem_free(c->hop);
    c->state = state;
    c->hop = hop;
}

static int by_begin(const void *a, const void *b)
{
    const struct chain_block *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

void chain_order(struct chain *c)
{
    uint32_t n = c->n_states;
    uint32_t *room = mem_zero(6 * (size_t)n, sizeof *room);
    struct tarjan t = {.c = c,
                       .index = room,
                       .low = room + n,
                       .stack = room + 2 * (size_t)n,
                       .call = room + 3 * (size_t)n,
                       .cursor = room + 4 * (size_t)n,
                       .rank = room + 5 * (size_t)n,
                       .on_stack = mem_zero(n, sizeof(bool)),
                       .unplaced = n};
    for (uint32_t s = 0; s < n; s++)
        t.index[s] = UNSEEN;
    for (uint32_t s = 0; s < n; s++) {
        if (t.index[s] == UNSEEN)
            visit(&t, s);
        while (t.n_call)
            advance(&t);
    }
    renumber(c, t.rank);
    if (t.blocks.len)
        qsort(t.blocks.at, t.blocks.len, sizeof *t.blocks.at, by_begin);
    c->block = t.blocks.at;
    c->n_blocks = (uint32_t)t.blocks.len;
    mem_free(t.on_stack);
    mem_free(room);
}
