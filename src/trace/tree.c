/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans to trees.
 *
 * Spans are parted by trace, so that ids are looked up in small tables.  Cycles of parents are
 * found by walking up from each span and stopping at spans already settled, so that every span is
 * walked once: a cycle or chain of any length costs linear time and no recursion. */
#include "trace/tree.h"

#include "trace/assemble.h"

#include <string.h>

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* Spans of one trace by a hash, each once. */
struct table {
    uint32_t *slot; /* span + 1 */
    size_t mask, room;
};

/* Makes it empty, for n spans. */
static void table_clear(struct table *t, size_t n)
{
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    if (size > t->room) {
        mem_free(t->slot);
        t->slot = mem_alloc(size * sizeof *t->slot);
        t->room = size;
    }
    memset(t->slot, 0, size * sizeof *t->slot);
    t->mask = size - 1;
}

static bool same_span(const struct span_set *s, size_t a, size_t b)
{
    return s->id[a] == s->id[b] && s->name[a] == s->name[b] && s->start_ns[a] == s->start_ns[b];
}

/* All spans by their trace, and within it as they came: at[first[k] ... first[k + 1]). */
struct traces {
    uint32_t *at, *first;
    uint32_t n;
};

/* Counted, not compared: texts of traces are small numbers in order of first sight. */
static void part_traces(const struct span_set *s, struct traces *out)
{
    size_t texts = s->text.count;
    uint32_t *next = mem_zero(texts + 1, sizeof *next), at = 0;
    out->at = mem_alloc((s->len + 1) * sizeof *out->at);
    for (size_t i = 0; i < s->len; i++)
        next[s->trace[i]]++;
    for (size_t t = 0; t < texts; t++)
        out->n += next[t] > 0;
    out->first = mem_alloc((out->n + 1) * sizeof *out->first);
    out->n = 0;
    for (size_t t = 0; t < texts; t++) {
        uint32_t here = next[t];
        if (here)
            out->first[out->n++] = at;
        next[t] = at;
        at += here;
    }
    out->first[out->n] = at;
    for (size_t i = 0; i < s->len; i++)
        out->at[next[s->trace[i]]++] = (uint32_t)i;
    mem_free(next);
}

static void mark_in_trace(struct span_set *s, const uint32_t *at, size_t n, struct table *t)
{
    table_clear(t, n);
    for (size_t k = 0; k < n; k++) {
        uint32_t i = at[k];
        if (s->id[i] == 0)
            continue;
        size_t h = (mix(s->id[i] + (uint64_t)s->start_ns[i]) + s->name[i]) & t->mask;
        while (t->slot[h] && !same_span(s, t->slot[h] - 1, i))
            h = (h + 1) & t->mask;
        if (t->slot[h])
            s->flags[i] |= SPAN_DUPLICATE;
        else
            t->slot[h] = i + 1;
    }
}

static void mark_duplicates(struct span_set *s, const struct traces *traces, struct quality *q)
{
    struct table t = {0};
    for (uint32_t k = 0; k < traces->n; k++)
        mark_in_trace(s, traces->at + traces->first[k], traces->first[k + 1] - traces->first[k],
                      &t);
    for (size_t i = 0; i < s->len; i++)
        if (s->flags[i] & SPAN_DUPLICATE)
            quality_note(q, QUALITY_DUPLICATE, s->file[i], s->line[i]);
    mem_free(t.slot);
}

static void put_in_order(const struct span_set *s, const struct traces *traces, struct tree *t)
{
    t->order = mem_alloc((s->len + 1) * sizeof *t->order);
    t->first = mem_alloc((traces->n + 1) * sizeof *t->first);
    t->n_traces = traces->n;
    for (uint32_t k = 0; k < traces->n; k++) {
        t->first[k] = (uint32_t)t->n;
        for (uint32_t j = traces->first[k]; j < traces->first[k + 1]; j++)
            if (!(s->flags[traces->at[j]] & SPAN_DUPLICATE))
                t->order[t->n++] = traces->at[j];
        operations_sort(s, t->order + t->first[k], t->n - t->first[k]);
    }
    t->first[traces->n] = (uint32_t)t->n;
}

static void find_in_trace(const struct span_set *s, struct quality *q, struct tree *t,
                          uint32_t trace, struct table *ids)
{
    uint32_t begin = t->first[trace], end = t->first[trace + 1];
    table_clear(ids, end - begin);
    for (uint32_t k = begin; k < end; k++) {
        uint32_t i = t->order[k];
        size_t h = mix(s->id[i]) & ids->mask;
        while (ids->slot[h] && s->id[ids->slot[h] - 1] != s->id[i])
            h = (h + 1) & ids->mask;
        if (!ids->slot[h] && s->id[i])
            ids->slot[h] = i + 1;
    }
    for (uint32_t k = begin; k < end; k++) {
        uint32_t i = t->order[k];
        if (s->parent[i] == 0)
            continue;
        size_t h = mix(s->parent[i]) & ids->mask;
        while (ids->slot[h] && s->id[ids->slot[h] - 1] != s->parent[i])
            h = (h + 1) & ids->mask;
        t->orphan[i] = !ids->slot[h];
        if (t->orphan[i])
            quality_note(q, QUALITY_ORPHAN, s->file[i], s->line[i]);
        else
            t->up[i] = ids->slot[h] - 1;
    }
}

static void find_parents(const struct span_set *s, struct quality *q, struct tree *t)
{
    struct table ids = {0};
    for (uint32_t trace = 0; trace < t->n_traces; trace++)
        find_in_trace(s, q, t, trace, &ids);
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

/* Of work begun when its parent had ended, which is no part of the parent: the nearest span around
 * both; SPAN_NONE of any other.  Judges stay with what they judge. */
static uint32_t span_around(const struct span_set *s, const struct tree *t, uint32_t i)
{
    enum { UP_MAX = 64 };
    uint32_t at = t->up[i];
    bool works = s->kind[i] == SPAN_MODEL || s->kind[i] == SPAN_TOOL || s->kind[i] == SPAN_DATA ||
                 s->kind[i] == SPAN_HUMAN;
    if (!works || at == SPAN_NONE || s->end_ns[at] <= s->start_ns[at] ||
        s->start_ns[i] < s->end_ns[at])
        return SPAN_NONE;
    for (int k = 0; k < UP_MAX && at != SPAN_NONE && s->end_ns[at] < s->end_ns[i]; k++)
        at = t->up[at];
    return at != SPAN_NONE && s->end_ns[at] >= s->end_ns[i] ? at : SPAN_NONE;
}

/* Instrumentations that keep the last span as the context hang the next step below the one before
 * it.  Where nearly all spans of a name follow their parents, they go to the span around both; a
 * few are work that was given up (a server that begins when its client has timed out). */
static void lift_followers(const struct span_set *s, struct tree *t)
{
    struct {
        uint32_t all, followers;
    } *of = mem_zero((size_t)s->text.count + 1, sizeof *of); /* by name */
    uint32_t *around = mem_alloc((t->n + 1) * sizeof *around);
    for (size_t k = 0; k < t->n; k++) {
        uint32_t i = t->order[k];
        around[k] = s->name[i] == SPAN_NONE ? SPAN_NONE : span_around(s, t, i);
        if (s->name[i] == SPAN_NONE || t->up[i] == SPAN_NONE)
            continue;
        of[s->name[i]].all++;
        of[s->name[i]].followers += around[k] != SPAN_NONE;
    }
    for (size_t k = 0; k < t->n; k++) {
        uint32_t i = t->order[k];
        if (around[k] != SPAN_NONE && of[s->name[i]].followers > 0.9 * of[s->name[i]].all)
            t->up[i] = around[k];
    }
    mem_free(around);
    mem_free(of);
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
    struct traces traces = {0};
    part_traces(spans, &traces);
    mark_duplicates(spans, &traces, quality);
    put_in_order(spans, &traces, out);
    mem_free(traces.at);
    mem_free(traces.first);
    out->up = memset(mem_alloc(bytes), 0xff, bytes);
    out->child = memset(mem_alloc(bytes), 0xff, bytes);
    out->sibling = memset(mem_alloc(bytes), 0xff, bytes);
    out->orphan = mem_zero(spans->len, sizeof *out->orphan);
    find_parents(spans, quality, out);
    cut_cycles(spans, quality, out);
    lift_followers(spans, out);
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
