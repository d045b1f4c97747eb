/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans to trees.
 *
 * Ids are looked up in one open-addressing table keyed by (trace, id).  Cycles of parents are
 * found by walking up from each span and stopping at spans already settled, so that every span is
 * walked once: a cycle or chain of any length costs linear time and no recursion. */
#include "trace/tree.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

struct table {
    uint32_t *slot; /* span + 1 */
    size_t mask;
};

static struct table table_new(size_t n)
{
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    return (struct table){mem_zero(size, sizeof(uint32_t)), size - 1};
}

static uint64_t hash_id(uint32_t trace, uint64_t id)
{
    return mix(id ^ mix(trace + 0x9e3779b97f4a7c15));
}

static bool same_span(const struct span_set *s, size_t a, size_t b)
{
    return s->trace[a] == s->trace[b] && s->id[a] == s->id[b] && s->name[a] == s->name[b] &&
           s->start_ns[a] == s->start_ns[b];
}

static void mark_duplicates(struct span_set *s, struct quality *q)
{
    struct table t = table_new(s->len);
    for (size_t i = 0; i < s->len; i++) {
        if (s->id[i] == 0)
            continue;
        uint64_t h = mix(hash_id(s->trace[i], s->id[i]) + (uint64_t)s->start_ns[i]) + s->name[i];
        size_t at = h & t.mask;
        while (t.slot[at] && !same_span(s, t.slot[at] - 1, i))
            at = (at + 1) & t.mask;
        if (t.slot[at]) {
            s->flags[i] |= SPAN_DUPLICATE;
            quality_note(q, QUALITY_DUPLICATE, s->file[i], s->line[i]);
        } else {
            t.slot[at] = (uint32_t)i + 1;
        }
    }
    mem_free(t.slot);
}

struct place {
    int64_t start;
    uint32_t trace, span;
};

static int by_trace_and_start(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->trace != y->trace)
        return x->trace < y->trace ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->span < y->span ? -1 : x->span > y->span;
}

static void put_in_order(const struct span_set *s, struct tree *t)
{
    struct place *p = mem_alloc(s->len * sizeof *p);
    for (size_t i = 0; i < s->len; i++)
        if (!(s->flags[i] & SPAN_DUPLICATE))
            p[t->n++] = (struct place){s->start_ns[i], s->trace[i], (uint32_t)i};
    qsort(p, t->n, sizeof *p, by_trace_and_start);
    t->order = mem_alloc(t->n * sizeof *t->order);
    t->first = mem_alloc((t->n + 1) * sizeof *t->first);
    for (size_t i = 0; i < t->n; i++) {
        t->order[i] = p[i].span;
        if (i == 0 || p[i].trace != p[i - 1].trace)
            t->first[t->n_traces++] = (uint32_t)i;
    }
    t->first[t->n_traces] = (uint32_t)t->n;
    mem_free(p);
}

static void find_parents(const struct span_set *s, struct quality *q, struct tree *t)
{
    struct table ids = table_new(t->n);
    for (size_t k = 0; k < t->n; k++) {
        uint32_t i = t->order[k];
        size_t at = hash_id(s->trace[i], s->id[i]) & ids.mask;
        if (s->id[i] == 0)
            continue;
        while (ids.slot[at] &&
               (s->trace[ids.slot[at] - 1] != s->trace[i] || s->id[ids.slot[at] - 1] != s->id[i]))
            at = (at + 1) & ids.mask;
        if (!ids.slot[at])
            ids.slot[at] = i + 1;
    }
    for (size_t k = 0; k < t->n; k++) {
        uint32_t i = t->order[k];
        if (s->parent[i] == 0)
            continue;
        size_t at = hash_id(s->trace[i], s->parent[i]) & ids.mask;
        while (ids.slot[at] && (s->trace[ids.slot[at] - 1] != s->trace[i] ||
                                s->id[ids.slot[at] - 1] != s->parent[i]))
            at = (at + 1) & ids.mask;
        t->orphan[i] = !ids.slot[at];
        if (t->orphan[i])
            quality_note(q, QUALITY_ORPHAN, s->file[i], s->line[i]);
        else
            t->up[i] = ids.slot[at] - 1;
    }
    mem_free(ids.slot);
}

/* Cuts each cycle of parents at the span where the walk first comes round. */
static void cut_cycles(const struct span_set *s, struct quality *q, struct tree *t)
{
    uint32_t *seen = mem_zero(s->len, sizeof *seen); /* 1 + the walk that came by */
    for (size_t k = 0; k < t->n; k++) {
        uint32_t walk = (uint32_t)k + 1, i = t->order[k];
        while (!seen[i] && t->up[i] != SPAN_NONE) {
            seen[i] = walk;
            i = t->up[i];
        }
        if (seen[i] == walk) {
            t->up[i] = SPAN_NONE;
            quality_note(q, QUALITY_CYCLE, s->file[i], s->line[i]);
        }
        seen[i] = walk;
    }
    mem_free(seen);
}

static void link_children(struct tree *t)
{
    for (size_t k = t->n; k-- > 0;) {
        uint32_t i = t->order[k];
        if (t->up[i] == SPAN_NONE)
            continue;
        t->sibling[i] = t->child[t->up[i]];
        t->child[t->up[i]] = i;
    }
}

void tree_build(struct span_set *spans, struct quality *quality, struct tree *out)
{
    size_t bytes = spans->len * sizeof(uint32_t);
    memset(out, 0, sizeof *out);
    out->spans = spans;
    mark_duplicates(spans, quality);
    put_in_order(spans, out);
    out->up = memset(mem_alloc(bytes), 0xff, bytes);
    out->child = memset(mem_alloc(bytes), 0xff, bytes);
    out->sibling = memset(mem_alloc(bytes), 0xff, bytes);
    out->orphan = mem_zero(spans->len, sizeof *out->orphan);
    find_parents(spans, quality, out);
    cut_cycles(spans, quality, out);
    link_children(out);
}

void tree_release(struct tree *t)
{
    mem_free(t->order);
    mem_free(t->first);
    mem_free(t->up);
    mem_free(t->child);
    mem_free(t->sibling);
    mem_free(t->orphan);
    memset(t, 0, sizeof *t);
}
