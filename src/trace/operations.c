/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which spans are the steps of the flow?
 *
 * Instrumentations wrap the steps in one root or in several (a server span, a workflow span, ...).
 * The steps are where a trace first branches; a trace that never branches, such as the rest of a
 * run that was resumed for its last step, follows the traces of the same root's name that do.
 *
 * Traces are looked at piece by piece, twice: where do they branch, and which are their steps? */
#include "trace/assemble.h"

#include "base/spread.h"

#include <string.h>

enum { LEVELS = BOOK_LEVELS, TRACES_EACH = 1024 };

/* Spans in the order of a walk, with their depth below where it began. */
struct walk {
    const struct tree *tree;
    VEC(uint32_t) stack;
    VEC(uint8_t) depth;
};

static bool is_hidden(const struct tree *t, uint32_t i)
{
    const struct span_set *s = t->spans;
    return strncmp(span_string(s, span_node(s, i)), "__", 2) == 0 ||
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

/* By name of root: traces that branch at each level. */
struct level_counts {
    uint32_t at[LEVELS];
};
struct levels {
    uint32_t *row; /* [texts] of a name in `counts`, + 1; 0: no root has it */
    VEC(struct level_counts) counts;
    VEC(uint32_t) names; /* of the rows */
};

static struct level_counts *counts_of(struct levels *l, uint32_t name)
{
    if (!l->row[name]) {
        vec_push(&l->counts, (struct level_counts){0});
        vec_push(&l->names, name);
        l->row[name] = (uint32_t)l->counts.len;
    }
    return &l->counts.at[l->row[name] - 1];
}

/* The level where most traces of this root's name branch; the one nearer the root among equals; 0
 * when none does. */
static unsigned usual_level(const struct levels *l, uint32_t name)
{
    unsigned best = 0;
    const uint32_t *count = l->row[name] ? l->counts.at[l->row[name] - 1].at : NULL;
    for (unsigned k = 1; count && k < LEVELS; k++)
        if (count[k] > (best ? count[best] : 0))
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
        if (span_stage_key(w->tree->spans, i) != SPAN_NONE)
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

/* What a thread looks with, and what it found. */
struct seeker {
    struct walk walk;
    struct roots roots;
    struct found found;
    struct levels levels;
};

struct search {
    const struct tree *tree;
    bool by_key;
    struct seeker *seekers; /* [0] has the levels of all behind the first look */
    struct turns turns;
    struct operations *out;
};

static void count_levels(void *arg, const struct spread_part *part)
{
    const struct search *all = arg;
    const struct tree *t = all->tree;
    struct seeker *s = &all->seekers[part->worker];
    for (uint32_t trace = (uint32_t)part->begin; trace < part->end; trace++) {
        find_roots(t, trace, &s->roots);
        for (size_t r = 0; !s->roots.flat && r < s->roots.at.len; r++) {
            unsigned chain;
            uint32_t root = s->roots.at.at[r];
            counts_of(&s->levels, t->spans->name[root])->at[branches_at(t, root, &chain)]++;
        }
    }
}

static void add_levels(struct levels *l, const struct levels *from)
{
    for (size_t i = 0; i < from->names.len; i++) {
        struct level_counts *to = counts_of(l, from->names.at[i]);
        for (unsigned k = 0; k < LEVELS; k++)
            to->at[k] += from->counts.at[i].at[k];
    }
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
        struct book_name *b = l->row[name] ? book_name(book, t->spans->text.of[name].at) : NULL;
        if (!b)
            continue;
        unsigned best = 0;
        struct level_counts *counts = counts_of(l, name);
        for (unsigned k = 0; k < LEVELS; k++)
            b->level[k] += counts->at[k];
        for (unsigned k = 1; k < LEVELS; k++)
            if (b->level[k] > (best ? b->level[best] : 0))
                best = k;
        b->decided_level = b->decided_level ? b->decided_level : best;
        b->other_level = best != b->decided_level;
        *counts = (struct level_counts){0};
        if (b->decided_level)
            counts->at[b->decided_level] = 1;
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

/* The operations of the traces of a piece go behind those of the pieces before. */
static void find_steps(void *arg, const struct spread_part *part)
{
    struct search *all = arg;
    struct seeker *s = &all->seekers[part->worker];
    struct operations *out = all->out;
    s->found.spans.len = 0;
    for (uint32_t trace = (uint32_t)part->begin; trace < part->end; trace++) {
        size_t from = s->found.spans.len;
        out->first[trace] = (uint32_t)from;
        find_roots(all->tree, trace, &s->roots);
        for (size_t r = 0; r < s->roots.at.len; r++)
            if (all->by_key)
                take_keyed(&s->walk, s->roots.at.at[r], &s->found);
            else if (s->roots.flat)
                vec_push(&s->found.spans, s->roots.at.at[r]);
            else
                take_root(&s->walk, &all->seekers[0].levels, s->roots.at.at[r], &s->found);
        operations_sort(all->tree->spans, s->found.spans.at + from, s->found.spans.len - from);
    }
    turns_wait(&all->turns, part->piece);
    size_t before = out->n;
    out->n += s->found.spans.len;
    turns_pass(&all->turns);
    if (s->found.spans.len)
        memcpy(out->span + before, s->found.spans.at, s->found.spans.len * sizeof *out->span);
    for (size_t trace = part->begin; trace < part->end; trace++)
        out->first[trace] += (uint32_t)before;
}

static struct seeker *new_seekers(const struct tree *tree, uint32_t n)
{
    struct seeker *s = mem_zero(n, sizeof *s);
    for (uint32_t i = 0; i < n; i++) {
        s[i].walk.tree = tree;
        s[i].levels.row = mem_zero((size_t)tree->spans->text.count + 1, sizeof *s[i].levels.row);
    }
    return s;
}

static void free_seekers(struct seeker *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        vec_release(&s[i].roots.at);
        vec_release(&s[i].walk.stack);
        vec_release(&s[i].walk.depth);
        vec_release(&s[i].found.spans);
        vec_release(&s[i].levels.counts);
        vec_release(&s[i].levels.names);
        mem_free(s[i].levels.row);
    }
    mem_free(s);
}

void operations_find(const struct tree *tree, bool by_key, struct log_book *book, uint32_t threads,
                     struct operations *out)
{
    struct search all = {.tree = tree, .by_key = by_key, .out = out};
    struct spread spread = {
        .n = tree->n_traces, .each = TRACES_EACH, .piece = count_levels, .arg = &all};
    threads = spread_threads(&spread, threads);
    all.seekers = new_seekers(tree, threads);
    *out = (struct operations){.span = mem_alloc((tree->n + 1) * sizeof *out->span),
                               .first = mem_alloc((tree->n_traces + 1) * sizeof *out->first)};
    turns_init(&all.turns);
    spread_run(&spread, threads);
    for (uint32_t i = 1; i < threads; i++)
        add_levels(&all.seekers[0].levels, &all.seekers[i].levels);
    if (book)
        keep_book(tree, book, &all.seekers[0].levels);
    spread.piece = find_steps;
    spread_run(&spread, threads);
    out->first[tree->n_traces] = (uint32_t)out->n;
    turns_release(&all.turns);
    free_seekers(all.seekers, threads);
}

void operations_release(struct operations *o)
{
    mem_free(o->span);
    mem_free(o->first);
    memset(o, 0, sizeof *o);
}
