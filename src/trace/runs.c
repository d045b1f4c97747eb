/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instrumentations that keep their context in a global variable mix up runs that go on side by
 * side.  A span belongs to the session that it tells, or else to that of the nearest span above it
 * that tells one.  A session of which no root tells is that of a part of the run (an agent below
 * another one), and parts nothing. */
#include "trace/runs.h"

#include "trace/assemble.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_BACK = 16 };

struct parting {
    const struct tree *tree;
    struct span_set *spans;
    struct quality *quality;
    bool by_item;
    uint32_t *key;      /* [spans] of its run; SPAN_NONE */
    uint32_t *home;     /* [traces] the key of its first root that has one, or of its first span */
    uint32_t *trace_of; /* [spans] index of its trace in the tree */
    uint32_t *root;     /* roots with a key, by key, then start */
    uint32_t *first;    /* [texts + 1] into root */
    bool changed;
};

static bool is_root(const struct parting *p, uint32_t i)
{
    return p->tree->up[i] == SPAN_NONE && !p->tree->orphan[i];
}

/* What a span says itself of the run it is of. */
static uint32_t own_key(const struct parting *p, uint32_t i)
{
    return p->by_item ? span_item_key(p->spans, i) : p->spans->session[i];
}

/* Its own, or the nearest above; every span is walked over twice at most. */
static void find_keys(struct parting *p)
{
    const struct tree *t = p->tree;
    bool *known = mem_zero(p->spans->len + 1, sizeof *known);
    for (size_t k = 0; k < t->n; k++) {
        uint32_t i = t->order[k], at = i;
        while (at != SPAN_NONE && !known[at] && own_key(p, at) == SPAN_NONE)
            at = t->up[at];
        uint32_t key = at == SPAN_NONE ? SPAN_NONE : known[at] ? p->key[at] : own_key(p, at);
        for (at = i; at != SPAN_NONE && !known[at]; at = t->up[at]) {
            uint32_t own = own_key(p, at);
            p->key[at] = own != SPAN_NONE ? own : key;
            known[at] = true;
            if (own != SPAN_NONE)
                break;
        }
    }
    mem_free(known);
}

static void find_homes(struct parting *p)
{
    const struct tree *t = p->tree;
    for (uint32_t trace = 0; trace < t->n_traces; trace++) {
        uint32_t of_root = SPAN_NONE, of_any = SPAN_NONE;
        for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
            uint32_t i = t->order[k];
            p->trace_of[i] = trace;
            if (of_any == SPAN_NONE)
                of_any = p->key[i];
            if (of_root == SPAN_NONE && is_root(p, i))
                of_root = p->key[i];
        }
        p->home[trace] = of_root != SPAN_NONE ? of_root : of_any;
    }
}

static void find_roots(struct parting *p)
{
    const struct tree *t = p->tree;
    size_t texts = p->spans->text.count;
    uint32_t *by_start = mem_alloc((t->n + 1) * sizeof *by_start), n = 0;
    for (size_t k = 0; k < t->n; k++)
        if (is_root(p, t->order[k]) && p->key[t->order[k]] != SPAN_NONE)
            by_start[n++] = t->order[k];
    operations_sort(p->spans, by_start, n);
    p->root = mem_alloc(((size_t)n + 1) * sizeof *p->root);
    p->first = mem_zero(texts + 2, sizeof *p->first);
    for (uint32_t r = 0; r < n; r++)
        p->first[p->key[by_start[r]] + 2]++;
    for (size_t k = 2; k < texts + 2; k++)
        p->first[k] += p->first[k - 1];
    for (uint32_t r = 0; r < n; r++)
        p->root[p->first[p->key[by_start[r]] + 1]++] = by_start[r];
    mem_free(by_start);
}

/* The root of a run of this key that goes on when span i begins, in its own trace if there is one
 * of the latest; SPAN_NONE. */
static uint32_t root_around(const struct parting *p, uint32_t i, uint32_t key)
{
    const struct span_set *s = p->spans;
    uint32_t low = p->first[key], high = p->first[key + 1], found = SPAN_NONE;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (s->start_ns[p->root[mid]] <= s->start_ns[i])
            low = mid + 1;
        else
            high = mid;
    }
    for (int k = 0; k < LOOK_BACK && low > p->first[key]; k++) {
        uint32_t r = p->root[--low];
        if (s->end_ns[r] < s->start_ns[i])
            continue;
        if (p->trace_of[r] == p->trace_of[i])
            return r;
        found = found == SPAN_NONE ? r : found;
    }
    return found;
}

/* "TRACE/KEY": a trace for a run that lies in that of another one. */
static uint32_t own_trace(struct parting *p, uint32_t trace, const char *key)
{
    struct buf name = {0};
    buf_printf(&name, "%s/%s", span_string(p->spans, trace), key);
    uint32_t text = span_text(p->spans, name.data, name.len);
    buf_release(&name);
    return text;
}

static uint32_t trace_of_run(struct parting *p, uint32_t root)
{
    uint32_t key = p->key[root];
    return p->home[p->trace_of[root]] == key
               ? p->spans->trace[root]
               : own_trace(p, p->spans->trace[root], span_string(p->spans, key));
}

/* Where a span of another run belongs. */
struct place {
    uint32_t trace; /* SPAN_NONE: it stays */
    uint64_t parent;
};

static struct place place_of(struct parting *p, uint32_t i)
{
    const struct tree *t = p->tree;
    uint32_t key = p->key[i], root = SPAN_NONE;
    struct place to = {SPAN_NONE, p->spans->parent[i]};
    if (key == SPAN_NONE || key == p->home[p->trace_of[i]])
        return to;
    bool alone = t->up[i] == SPAN_NONE || p->key[t->up[i]] != key;
    if (p->by_item) {
        to.trace = own_trace(p, p->spans->trace[i], span_string(p->spans, key));
    } else {
        root = is_root(p, i) ? i : root_around(p, i, key);
        if (root == SPAN_NONE)
            return to;
        to.trace = trace_of_run(p, root);
    }
    if (alone)
        to.parent = root == SPAN_NONE || root == i ? 0 : p->spans->id[root];
    return to;
}

static void part_by_key(struct parting *p)
{
    const struct tree *t = p->tree;
    struct place *to = mem_alloc((p->spans->len + 1) * sizeof *to);
    find_keys(p);
    find_homes(p);
    find_roots(p);
    for (size_t k = 0; k < t->n; k++)
        to[t->order[k]] = place_of(p, t->order[k]);
    for (uint32_t trace = 0; trace < t->n_traces; trace++) {
        bool noted = p->by_item;
        for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
            uint32_t i = t->order[k];
            if (to[i].trace == SPAN_NONE)
                continue;
            if (!noted)
                quality_note(p->quality, QUALITY_MIXED, p->spans->file[i], p->spans->line[i]);
            noted = p->changed = true;
            p->spans->trace[i] = to[i].trace;
            p->spans->parent[i] = to[i].parent;
        }
    }
    mem_free(to);
}

/* ---- by roots ---------------------------------------------------------------------------- */

/* Of the roots of a name: traces that have one, and that have more which overlap. */
struct alone {
    uint64_t one, more;
};

/* Is this a root of a run, with steps below it? */
static bool is_run(const struct parting *p, uint32_t i)
{
    return is_root(p, i) && p->tree->child[i] != SPAN_NONE &&
           p->spans->end_ns[i] > p->spans->start_ns[i];
}

/* The first root of a trace, and how many more of its name begin before it ends, or one of them. */
static uint32_t overlapping(const struct parting *p, uint32_t trace, uint32_t *first)
{
    const struct tree *t = p->tree;
    const struct span_set *s = p->spans;
    uint32_t n = 0;
    *first = SPAN_NONE;
    for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
        uint32_t i = t->order[k];
        if (!is_run(p, i))
            continue;
        if (*first == SPAN_NONE)
            *first = i;
        else if (s->name[i] == s->name[*first] && s->start_ns[i] < s->end_ns[*first])
            n++;
    }
    return n;
}

static void move_below(struct parting *p, uint32_t root, uint32_t trace)
{
    const struct tree *t = p->tree;
    p->spans->trace[root] = trace;
    for (uint32_t at = t->child[root]; at != SPAN_NONE;) {
        p->spans->trace[at] = trace;
        if (t->child[at] != SPAN_NONE) {
            at = t->child[at];
            continue;
        }
        while (at != root && t->sibling[at] == SPAN_NONE)
            at = t->up[at];
        at = at == root ? SPAN_NONE : t->sibling[at];
    }
    p->changed = true;
}

/* Each further root of the trace that overlaps the first gets a trace of its own. */
static void part_trace(struct parting *p, uint32_t trace)
{
    const struct tree *t = p->tree;
    uint32_t first, n = 1;
    bool noted = false;
    if (!overlapping(p, trace, &first))
        return;
    uint32_t whole = p->spans->trace[first];
    for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
        uint32_t i = t->order[k];
        char number[16];
        if (i == first || !is_run(p, i) || p->spans->name[i] != p->spans->name[first] ||
            p->spans->start_ns[i] >= p->spans->end_ns[first] || p->spans->trace[i] != whole)
            continue;
        if (!noted)
            quality_note(p->quality, QUALITY_MIXED, p->spans->file[i], p->spans->line[i]);
        noted = true;
        snprintf(number, sizeof number, "%u", ++n);
        move_below(p, i, own_trace(p, whole, number));
    }
}

static void part_by_roots(struct parting *p)
{
    const struct tree *t = p->tree;
    struct alone *of = mem_zero((size_t)p->spans->text.count + 1, sizeof *of);
    uint32_t *name = mem_alloc(((size_t)t->n_traces + 1) * sizeof *name);
    for (uint32_t trace = 0; trace < t->n_traces; trace++) {
        uint32_t first, more = overlapping(p, trace, &first);
        name[trace] = first == SPAN_NONE ? SPAN_NONE : p->spans->name[first];
        if (name[trace] == SPAN_NONE)
            continue;
        of[name[trace]].one += more == 0;
        of[name[trace]].more += more > 0;
    }
    for (uint32_t trace = 0; trace < t->n_traces; trace++)
        if (name[trace] != SPAN_NONE && of[name[trace]].one >= 9 * of[name[trace]].more)
            part_trace(p, trace);
    mem_free(name);
    mem_free(of);
}

/* Is there anything that could tell runs apart: two keys, or two roots of a trace? */
static bool is_worth(const struct parting *p)
{
    const struct tree *t = p->tree;
    for (uint32_t trace = 0; trace < t->n_traces; trace++) {
        uint32_t key = SPAN_NONE, roots = 0;
        for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
            uint32_t i = t->order[k], own = own_key(p, i);
            roots += is_root(p, i);
            if (roots > 1 || (own != SPAN_NONE && key != SPAN_NONE && own != key))
                return true;
            key = own != SPAN_NONE ? own : key;
        }
    }
    return false;
}

bool runs_part(const struct tree *tree, bool by_item, struct span_set *spans,
               struct quality *quality)
{
    struct parting p = {.tree = tree, .spans = spans, .quality = quality, .by_item = by_item};
    size_t n = spans->len + 1;
    if (!is_worth(&p))
        return false;
    p.key = memset(mem_alloc(n * sizeof *p.key), 0xff, n * sizeof *p.key);
    p.home = mem_alloc(((size_t)tree->n_traces + 1) * sizeof *p.home);
    p.trace_of = mem_zero(n, sizeof *p.trace_of);
    part_by_key(&p);
    if (!by_item)
        part_by_roots(&p);
    mem_free(p.key);
    mem_free(p.home);
    mem_free(p.trace_of);
    mem_free(p.root);
    mem_free(p.first);
    return p.changed;
}
