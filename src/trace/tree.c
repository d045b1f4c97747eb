/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans to trees.
 *
 * Spans are parted by trace; a trace is then made a tree by itself, its ids looked up in a small
 * table, by any thread.  Cycles of parents are found by walking up from each span and stopping at
 * spans already settled, so that every span is walked once: a cycle or chain of any length costs
 * linear time and no recursion.  What is counted over traces is whole numbers. */
#include "trace/tree.h"

#include "base/spread.h"
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

/* A span that follows its parent, and the nearest one around both. */
struct follower {
    uint32_t span, around;
};
struct follows {
    uint32_t all, followers;
};

enum { TRACES_EACH = 1024 };

/* What is found in a run of traces. */
struct chunk {
    struct quality faults;
    VEC(struct follower) followers;
    size_t left_out; /* duplicates */
};

struct worker {
    struct table table;
    struct follows *of; /* [texts] by name */
};

struct builder {
    struct log_book *book; /* NULL: none */
    struct span_set *s;
    struct tree *t;
    struct chunk *chunks;
    struct worker *workers;
};

/* ---- a trace by itself --------------------------------------------------------------------- */

/* Marks duplicates among the spans at[0 ... n) and moves them to the end; returns how many are
 * left. */
static size_t drop_duplicates(struct span_set *s, uint32_t *at, size_t n, struct table *t)
{
    size_t doubles = 0, kept = 0;
    table_clear(t, n);
    for (size_t k = 0; k < n; k++) {
        uint32_t i = at[k];
        if (s->id[i] != 0) {
            size_t h = (mix(s->id[i] + (uint64_t)s->start_ns[i]) + s->name[i]) & t->mask;
            while (t->slot[h] && !same_span(s, t->slot[h] - 1, i))
                h = (h + 1) & t->mask;
            if (t->slot[h])
                s->flags[i] |= SPAN_DUPLICATE;
            else
                t->slot[h] = i + 1;
        }
        doubles += (s->flags[i] & SPAN_DUPLICATE) != 0;
    }
    if (!doubles)
        return n;
    for (size_t k = 0; k < n; k++)
        if (!(s->flags[at[k]] & SPAN_DUPLICATE))
            at[kept++] = at[k];
    return kept;
}

/* Work that began before what called it: their clocks differ by more than a millisecond, to which
 * some round the starts alone. */
static bool is_early(const struct span_set *s, uint32_t i, uint32_t parent)
{
    enum { ROUNDED_NS = 1000000 };
    return s->start_ns[i] > 0 && s->start_ns[i] < s->start_ns[parent] - ROUNDED_NS;
}

static void find_parents(const struct span_set *s, const uint32_t *at, size_t n, struct tree *t,
                         struct table *ids, struct quality *faults)
{
    table_clear(ids, n);
    for (size_t k = 0; k < n; k++) {
        uint32_t i = at[k];
        size_t h = mix(s->id[i]) & ids->mask;
        while (ids->slot[h] && s->id[ids->slot[h] - 1] != s->id[i])
            h = (h + 1) & ids->mask;
        if (!ids->slot[h] && s->id[i])
            ids->slot[h] = i + 1;
    }
    for (size_t k = 0; k < n; k++) {
        uint32_t i = at[k];
        if (s->parent[i] == 0)
            continue;
        size_t h = mix(s->parent[i]) & ids->mask;
        while (ids->slot[h] && s->id[ids->slot[h] - 1] != s->parent[i])
            h = (h + 1) & ids->mask;
        t->orphan[i] = !ids->slot[h];
        if (t->orphan[i]) {
            quality_note(faults, QUALITY_ORPHAN, s->file[i], s->line[i]);
            continue;
        }
        t->up[i] = ids->slot[h] - 1;
        if (is_early(s, i, t->up[i]))
            quality_note(faults, QUALITY_EARLY, s->file[i], s->line[i]);
    }
}

/* Cuts each cycle of parents at the span where the walk first comes round.  `sibling` keeps the
 * walk that came by. */
static void cut_cycles(const struct span_set *s, const uint32_t *at, size_t n, struct tree *t,
                       struct quality *faults)
{
    uint32_t *seen = t->sibling;
    for (size_t k = 0; k < n; k++) {
        uint32_t walk = (uint32_t)k, i = at[k];
        while (seen[i] == SPAN_NONE && t->up[i] != SPAN_NONE) {
            seen[i] = walk;
            i = t->up[i];
        }
        if (seen[i] == walk) {
            t->up[i] = SPAN_NONE;
            quality_note(faults, QUALITY_CYCLE, s->file[i], s->line[i]);
        }
        seen[i] = walk;
    }
    for (size_t k = 0; k < n; k++)
        seen[at[k]] = SPAN_NONE;
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

static void find_followers(const struct span_set *s, const uint32_t *at, size_t n,
                           const struct tree *t, struct follows *of, struct chunk *chunk)
{
    for (size_t k = 0; k < n; k++) {
        uint32_t i = at[k];
        if (s->name[i] == SPAN_NONE || t->up[i] == SPAN_NONE)
            continue;
        uint32_t around = span_around(s, t, i);
        of[s->name[i]].all++;
        of[s->name[i]].followers += around != SPAN_NONE;
        if (around != SPAN_NONE)
            vec_push(&chunk->followers, ((struct follower){i, around}));
    }
}

static void link_children(const uint32_t *at, size_t n, struct tree *t)
{
    for (size_t k = n; k-- > 0;) {
        uint32_t i = at[k];
        if (t->up[i] == SPAN_NONE)
            continue;
        t->sibling[i] = t->child[t->up[i]];
        t->child[t->up[i]] = i;
    }
}

/* Until all traces are built, first[k + 1] of the tree is where the spans of trace k end, with
 * those that are left out; these lie last. */
static void build_trace(struct builder *b, struct worker *w, struct chunk *chunk, uint32_t trace)
{
    struct tree *t = b->t;
    uint32_t *at = t->order + t->first[trace];
    size_t all = t->first[trace + 1] - t->first[trace];
    for (size_t k = 0; k < all; k++) {
        t->up[at[k]] = t->child[at[k]] = t->sibling[at[k]] = SPAN_NONE;
        t->orphan[at[k]] = false;
    }
    size_t n = drop_duplicates(b->s, at, all, &w->table);
    for (size_t k = n; k < all; k++)
        at[k] = SPAN_NONE;
    chunk->left_out += all - n;
    operations_sort(b->s, at, n);
    find_parents(b->s, at, n, t, &w->table, &chunk->faults);
    cut_cycles(b->s, at, n, t, &chunk->faults);
    find_followers(b->s, at, n, t, w->of, chunk);
    link_children(at, n, t);
}

static void build_chunk(void *arg, const struct spread_part *part)
{
    struct builder *b = arg;
    for (uint32_t trace = (uint32_t)part->begin; trace < part->end; trace++)
        build_trace(b, &b->workers[part->worker], &b->chunks[part->piece], trace);
}

/* ---- all traces ---------------------------------------------------------------------------- */

/* Closes the gaps that duplicates left in the order. */
static void close_gaps(struct tree *t)
{
    uint32_t kept = 0;
    for (uint32_t trace = 0, next = 0; trace < t->n_traces; trace++) {
        uint32_t begin = next, end = next = t->first[trace + 1];
        t->first[trace] = kept;
        for (uint32_t k = begin; k < end; k++)
            if (t->order[k] != SPAN_NONE)
                t->order[kept++] = t->order[k];
    }
    t->first[t->n_traces] = kept;
    t->n = kept;
}

static void note_duplicates(const struct span_set *s, struct quality *q)
{
    for (size_t i = 0; i < s->len; i++)
        if (s->flags[i] & SPAN_DUPLICATE)
            quality_note(q, QUALITY_DUPLICATE, s->file[i], s->line[i]);
}

static bool nearly_all(uint64_t followers, uint64_t all)
{
    return (double)followers > 0.9 * (double)all;
}

/* Of names that the book knows, what it says; the others by this batch. */
static void keep_book(const struct span_set *s, struct log_book *book, struct follows *of)
{
    for (uint32_t name = 0; name < s->text.count; name++) {
        struct book_name *b = of[name].all ? book_name(book, s->text.of[name].at) : NULL;
        if (!b)
            continue;
        b->all += of[name].all;
        b->followers += of[name].followers;
        if (!b->decided_follows)
            b->follows = nearly_all(b->followers, b->all);
        b->decided_follows = true;
        b->other_follows = nearly_all(b->followers, b->all) != b->follows;
        of[name] = (struct follows){1, b->follows};
    }
}

/* Instrumentations that keep the last span as the context hang the next step below the one before
 * it.  Where nearly all spans of a name follow their parents, they go to the span around both; a
 * few are work that was given up (a server that begins when its client has timed out). */
static void lift_followers(const struct builder *b, size_t n_chunks, const struct follows *of)
{
    const struct span_set *s = b->s;
    struct tree *t = b->t;
    bool lifted = false;
    for (size_t c = 0; c < n_chunks; c++)
        for (size_t k = 0; k < b->chunks[c].followers.len; k++) {
            struct follower f = b->chunks[c].followers.at[k];
            const struct follows *name = &of[s->name[f.span]];
            if (!nearly_all(name->followers, name->all))
                continue;
            t->up[f.span] = f.around;
            lifted = true;
        }
    if (!lifted)
        return;
    memset(t->child, 0xff, s->len * sizeof *t->child);
    memset(t->sibling, 0xff, s->len * sizeof *t->sibling);
    link_children(t->order, t->n, t);
}

static void gather(struct builder *b, size_t n_chunks, uint32_t threads, struct quality *quality)
{
    size_t left_out = 0, texts = b->s->text.count;
    struct follows *of = b->workers[0].of;
    for (size_t c = 0; c < n_chunks; c++) {
        quality_merge(quality, &b->chunks[c].faults, 0);
        left_out += b->chunks[c].left_out;
    }
    if (left_out) {
        note_duplicates(b->s, quality);
        close_gaps(b->t);
    }
    for (uint32_t w = 1; w < threads; w++)
        for (size_t name = 0; name < texts; name++) {
            of[name].all += b->workers[w].of[name].all;
            of[name].followers += b->workers[w].of[name].followers;
        }
    if (b->book)
        keep_book(b->s, b->book, of);
    lift_followers(b, n_chunks, of);
}

void tree_build(struct span_set *spans, struct quality *quality, struct log_book *book,
                uint32_t threads, struct tree *out)
{
    size_t bytes = spans->len * sizeof(uint32_t);
    struct traces traces = {0};
    part_traces(spans, &traces);
    *out = (struct tree){.spans = spans,
                         .order = traces.at,
                         .n = spans->len,
                         .first = traces.first,
                         .n_traces = traces.n,
                         .up = mem_alloc(bytes),
                         .child = mem_alloc(bytes),
                         .sibling = mem_alloc(bytes),
                         .orphan = mem_alloc(spans->len * sizeof *out->orphan)};
    struct builder b;
    struct spread spread = {.n = traces.n, .each = TRACES_EACH, .piece = build_chunk, .arg = &b};
    size_t n_chunks = (size_t)spread_pieces(&spread);
    threads = spread_threads(&spread, threads);
    b = (struct builder){.s = spans,
                         .book = book,
                         .t = out,
                         .chunks = mem_zero(n_chunks, sizeof *b.chunks),
                         .workers = mem_zero(threads, sizeof *b.workers)};
    for (uint32_t w = 0; w < threads; w++)
        b.workers[w].of = mem_zero((size_t)spans->text.count + 1, sizeof *b.workers[w].of);
    spread_run(&spread, threads);
    gather(&b, n_chunks, threads, quality);
    for (uint32_t w = 0; w < threads; w++) {
        mem_free(b.workers[w].table.slot);
        mem_free(b.workers[w].of);
    }
    for (size_t c = 0; c < n_chunks; c++)
        vec_release(&b.chunks[c].followers);
    mem_free(b.chunks);
    mem_free(b.workers);
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
