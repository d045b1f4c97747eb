/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which spans are the steps of the flow?
 *
 * Instrumentations wrap the steps in one root or in several (a server span, a workflow span, ...).
 * The steps are where a trace first branches; a trace that never branches, such as the rest of a
 * run that was resumed for its last step, follows the traces of the same root's name that do. */
#include "trace/assemble.h"

#include <string.h>

enum { LEVELS = BOOK_LEVELS };

/* Spans in the order of a walk, with their depth below where it began. */
struct walk {
    const struct tree *tree;
    VEC(uint32_t) stack;
    VEC(uint8_t) depth;
};

static bool is_hidden(const struct tree *t, uint32_t i)
{
    const struct span_set *s = t->spans;
    return strncmp(span_string(s, s->node[i]), "__", 2) == 0 ||
           strncmp(span_string(s, s->name[i]), "__", 2) == 0;
}

static size_t visible_children(const struct tree *t, uint32_t i, uint32_t *last)
{
    size_t n = 0;
    for (uint32_t c = t->child[i]; c != SPAN_NONE; c = t->sibling[c])
        if (!is_hidden(t, c)) {
            *last = c;
            n++;
        }
    return n;
}

/* How far below `root` its tree first branches; 0 when it never does.  *chain: how far it goes. */
static unsigned branches_at(const struct tree *t, uint32_t root, unsigned *chain)
{
    unsigned level = 0;
    for (uint32_t at = root;; level++) {
        uint32_t next = SPAN_NONE;
        size_t n = visible_children(t, at, &next);
        *chain = level;
        if (n != 1 || level == LEVELS - 2)
            return n > 1 ? level + 1 : 0;
        at = next;
    }
}

struct levels {
    uint32_t (*count)[LEVELS]; /* by name of root */
};

/* The level where most traces of this root's name branch; the one nearer the root among equals; 0
 * when none does. */
static unsigned usual_level(const struct levels *l, uint32_t name)
{
    unsigned best = 0;
    for (unsigned k = 1; k < LEVELS; k++)
        if (l->count[name][k] > (best ? l->count[name][best] : 0))
            best = k;
    return best;
}

static void push_children(struct walk *w, uint32_t i, uint8_t depth)
{
    size_t from = w->stack.len;
    for (uint32_t c = w->tree->child[i]; c != SPAN_NONE; c = w->tree->sibling[c])
        if (!is_hidden(w->tree, c)) {
            vec_push(&w->stack, c);
            vec_push(&w->depth, depth);
        }
    for (size_t a = from, b = w->stack.len; a + 1 < b; a++) { /* first child on top */
        uint32_t swap = w->stack.at[a];
        w->stack.at[a] = w->stack.at[--b];
        w->stack.at[b] = swap;
    }
}

struct found {
    VEC(uint32_t) spans;
};

/* All spans `level` below the root. */
static void take_level(struct walk *w, uint32_t root, unsigned level, struct found *out)
{
    if (level == 0) {
        vec_push(&out->spans, root);
        return;
    }
    push_children(w, root, 1);
    while (w->stack.len) {
        uint32_t i = w->stack.at[--w->stack.len];
        uint8_t depth = w->depth.at[--w->depth.len];
        if (depth == level)
            vec_push(&out->spans, i);
        else
            push_children(w, i, (uint8_t)(depth + 1));
    }
}

static void take_keyed(struct walk *w, uint32_t root, struct found *out)
{
    vec_push(&w->stack, root);
    vec_push(&w->depth, 0);
    while (w->stack.len) {
        uint32_t i = w->stack.at[--w->stack.len];
        w->depth.len--;
        if (w->tree->spans->stage_key[i] != SPAN_NONE)
            vec_push(&out->spans, i);
        else
            push_children(w, i, 0);
    }
}

/* The roots of a trace: those without a parent, or when there are none the orphans.  A trace of
 * several roots that are not runs of one thing is flat: each root is an operation itself. */
struct roots {
    VEC(uint32_t) at;
    bool flat;
};

static void find_roots(const struct tree *t, uint32_t trace, struct roots *out)
{
    bool orphans = true;
    out->at.len = 0;
    out->flat = false;
    for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++)
        if (t->up[t->order[k]] == SPAN_NONE && !t->orphan[t->order[k]])
            orphans = false;
    for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
        uint32_t i = t->order[k];
        if (t->up[i] == SPAN_NONE && t->orphan[i] == orphans && !is_hidden(t, i))
            vec_push(&out->at, i);
    }
    for (size_t r = 0; r < out->at.len; r++)
        out->flat =
            out->flat || orphans ||
            (out->at.len > 1 && (t->child[out->at.at[r]] == SPAN_NONE ||
                                 t->spans->name[out->at.at[r]] != t->spans->name[out->at.at[0]]));
}

static void count_levels(const struct tree *t, struct levels *l)
{
    struct roots roots = {0};
    for (uint32_t trace = 0; trace < t->n_traces; trace++) {
        find_roots(t, trace, &roots);
        for (size_t r = 0; !roots.flat && r < roots.at.len; r++) {
            unsigned chain;
            l->count[t->spans->name[roots.at.at[r]]][branches_at(t, roots.at.at[r], &chain)]++;
        }
    }
    vec_release(&roots.at);
}

static void take_root(struct walk *w, const struct levels *l, uint32_t root, struct found *out)
{
    unsigned chain, level = branches_at(w->tree, root, &chain);
    unsigned usual = usual_level(l, w->tree->spans->name[root]);
    if (usual)
        level = usual;
    else
        level = chain ? 1 : 0;
    take_level(w, root, level, out);
}

/* Of names that the book knows, its level alone; the others by this batch. */
static void keep_book(const struct tree *t, struct log_book *book, struct levels *l)
{
    for (uint32_t name = 0; name < t->spans->text.count; name++) {
        uint64_t traces = 0;
        for (unsigned k = 0; k < LEVELS; k++)
            traces += l->count[name][k];
        struct book_name *b = traces ? book_name(book, t->spans->text.of[name].at) : NULL;
        if (!b)
            continue;
        unsigned best = 0;
        for (unsigned k = 0; k < LEVELS; k++)
            b->level[k] += l->count[name][k];
        for (unsigned k = 1; k < LEVELS; k++)
            if (b->level[k] > (best ? b->level[best] : 0))
                best = k;
        b->decided_level = b->decided_level ? b->decided_level : best;
        b->other_level = best != b->decided_level;
        memset(l->count[name], 0, sizeof l->count[name]);
        if (b->decided_level)
            l->count[name][b->decided_level] = 1;
    }
}

/* Merge sort, stable. */
void operations_sort(const struct span_set *s, uint32_t *at, size_t n)
{
    if (n < 2)
        return;
    size_t half = n / 2;
    operations_sort(s, at, half);
    operations_sort(s, at + half, n - half);
    if (s->start_ns[at[half - 1]] <= s->start_ns[at[half]])
        return;
    uint32_t *left = mem_alloc(half * sizeof *left);
    memcpy(left, at, half * sizeof *left);
    size_t a = 0, b = half, k = 0;
    while (a < half)
        at[k++] = b < n && s->start_ns[at[b]] < s->start_ns[left[a]] ? at[b++] : left[a++];
    mem_free(left);
}

void operations_find(const struct tree *tree, bool by_key, struct log_book *book,
                     struct operations *out)
{
    struct levels l = {mem_zero(tree->spans->text.count, sizeof *l.count)};
    struct walk w = {.tree = tree};
    struct roots roots = {0};
    struct found found = {0};
    out->first = mem_alloc((tree->n_traces + 1) * sizeof *out->first);
    count_levels(tree, &l);
    if (book)
        keep_book(tree, book, &l);
    for (uint32_t trace = 0; trace < tree->n_traces; trace++) {
        size_t from = found.spans.len;
        out->first[trace] = (uint32_t)from;
        find_roots(tree, trace, &roots);
        for (size_t r = 0; r < roots.at.len; r++)
            if (by_key)
                take_keyed(&w, roots.at.at[r], &found);
            else if (roots.flat)
                vec_push(&found.spans, roots.at.at[r]);
            else
                take_root(&w, &l, roots.at.at[r], &found);
        operations_sort(tree->spans, found.spans.at + from, found.spans.len - from);
    }
    out->first[tree->n_traces] = (uint32_t)found.spans.len;
    out->span = found.spans.at;
    out->n = found.spans.len;
    vec_release(&roots.at);
    vec_release(&w.stack);
    vec_release(&w.depth);
    mem_free(l.count);
}

void operations_release(struct operations *o)
{
    mem_free(o->span);
    mem_free(o->first);
    memset(o, 0, sizeof *o);
}
