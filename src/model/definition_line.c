/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What starts side by side and is no `parallel` of the language (inside a branch of another one,
 * with ways out of its middle, or with steps that two of its branches share) is put in line: one
 * branch after the other, up to where they come together.  All of them are still done and paid for,
 * and one that fails still fails the item; only their times add up, where the longest would count.
 * A choice among them, which the language could also say, would drop all but one. */
#include "model/definition.h"

#include <string.h>

/* Branches that start side by side at one node: what each leads to. */
struct abreast {
    struct definition *d;
    const struct def_order *o;
    int32_t at;
    size_t n;
    int32_t begin[DEFINITION_ABREAST_MAX];
    bool *reach; /* [n * nodes] */
};

static bool *row(const struct abreast *a, size_t i)
{
    return a->reach + i * a->d->nodes.len;
}

/* Marks what `from` leads to by ways forward, errors apart, but for `stop` and what is behind it.
 */
static void reach_until(const struct abreast *a, int32_t from, int32_t stop, bool *seen)
{
    size_t n;

    if (from < 0 || from == stop || seen[from])
        return;
    seen[from] = true;
    const struct def_edge *e = definition_ways(a->d, from, &n);
    for (size_t i = 0; i < n; i++)
        if (!e[i].error && !definition_leads_back(a->o, &e[i]))
            reach_until(a, e[i].to, stop, seen);
}

/* The first node in order that both branches lead to; NODE_END when there is none. */
static int32_t meeting(const struct abreast *a, size_t i, size_t k)
{
    for (size_t r = 0; r < a->o->nodes.len; r++)
        if (row(a, i)[a->o->nodes.at[r]] && row(a, k)[a->o->nodes.at[r]])
            return a->o->nodes.at[r];
    return NODE_END;
}

/* Does the edge end an item well? */
static bool ends_well(const struct def_edge *e)
{
    return e->to == NODE_END && !e->error && strcmp(definition_end(e->label), "ship") == 0;
}

static bool has_way_on(const struct definition *d, int32_t node)
{
    size_t n;
    const struct def_edge *e = definition_ways(d, node, &n);

    for (size_t i = 0; i < n; i++)
        if (!e[i].error)
            return true;
    return false;
}

/* Where does a branch that ends leave it: at its ends, else by the ways to `join`; false when it
 * never ends, as all its ways lead back. */
static bool leaves(const struct abreast *a, const bool *branch, int32_t join, bool *at_ends)
{
    bool joins = false;

    *at_ends = false;
    for (size_t i = 0; i < a->d->nodes.len; i++)
        *at_ends =
            *at_ends || (branch[i] && !a->d->nodes.at[i].fails && !has_way_on(a->d, (int32_t)i));
    for (size_t i = 0; i < a->d->edges.len; i++) {
        const struct def_edge *e = &a->d->edges.at[i];
        if (e->from < 0 || !branch[e->from])
            continue;
        *at_ends = *at_ends || ends_well(e);
        joins = joins || (e->to >= 0 && e->to == join);
    }
    return *at_ends || joins;
}

/* Drops the way from the fork to the branch that is not started there any more. */
static void drop_start(struct definition *d, int32_t at, int32_t to)
{
    size_t n = 0;

    for (size_t i = 0; i < d->edges.len; i++) {
        const struct def_edge *e = &d->edges.at[i];
        if (!(e->from == at && e->to == to && !e->error))
            d->edges.at[n++] = *e;
    }
    d->edges.len = n;
}

/* Ways of one node that have come to lead to the same place are one, which may be taken always. */
static void merge_ways(struct definition *d, int32_t to)
{
    size_t n = 0, same;

    for (size_t i = 0; i < d->edges.len; i++) {
        struct def_edge e = d->edges.at[i];
        for (same = 0; same < n && e.to == to; same++)
            if (d->edges.at[same].from == e.from && d->edges.at[same].to == to &&
                d->edges.at[same].error == e.error)
                break;
        if (e.to == to && same < n)
            d->edges.at[same].conditional = d->edges.at[same].conditional && e.conditional;
        else
            d->edges.at[n++] = e;
    }
    d->edges.len = n;
}

/* The first node of the branch in order. */
static int32_t branch_begin(const struct abreast *a, const bool *branch)
{
    for (size_t r = 0; r < a->o->nodes.len; r++)
        if (branch[a->o->nodes.at[r]])
            return a->o->nodes.at[r];
    return a->at;
}

/* The second branch begins where the first one ends, but for what it leads to itself. */
static void chain(struct abreast *a, const bool *branch, int32_t join, bool at_ends, int32_t next)
{
    struct definition *d = a->d;
    size_t edges = d->edges.len;
    bool *behind = mem_zero(d->nodes.len + 1, 1);

    if (a->o->rank[next] > a->o->rank[branch_begin(a, branch)])
        reach_until(a, next, NODE_END, behind);
    for (size_t i = 0; i < edges; i++) {
        struct def_edge *e = &d->edges.at[i];
        if (e->from >= 0 && branch[e->from] && !behind[e->from] &&
            (at_ends ? ends_well(e) : e->to >= 0 && e->to == join))
            e->to = next;
    }
    for (size_t i = 0; i < d->nodes.len && at_ends; i++)
        if (branch[i] && !behind[i] && !d->nodes.at[i].fails && !has_way_on(d, (int32_t)i)) {
            struct def_edge e = {.from = (int32_t)i, .to = next};
            vec_push(&d->edges, e);
        }
    mem_free(behind);
    drop_start(d, a->at, next);
    merge_ways(d, next);
}

/* Puts branch i before branch k; false when i never ends. */
static bool put_in_line(struct abreast *a, size_t i, size_t k)
{
    int32_t join = meeting(a, i, k);
    bool *branch = mem_zero(a->d->nodes.len + 1, 1), at_ends;

    if (join == a->begin[i] || (join >= 0 && a->d->nodes.at[join].join)) {
        /* it stands behind the other, or not all of them need to be done */
        mem_free(branch);
        return false;
    }
    reach_until(a, a->begin[i], join, branch);
    bool ends = leaves(a, branch, join, &at_ends);
    bool follows = join == a->begin[k];
    if (ends || follows)
        chain(a, branch, follows ? NODE_END : join, at_ends, a->begin[k]);
    mem_free(branch);
    return ends || follows;
}

/* What the node tells of it, in the order in which they are done. */
static void remember(struct definition *d, int32_t at, int32_t first, int32_t next)
{
    const char *a = d->nodes.at[first].title, *b = d->nodes.at[next].title;

    if (at < 0) {
        definition_note(d, "%.100s and %.100s start side by side; they stand in line.", a, b);
        return;
    }
    struct def_node *n = &d->nodes.at[at];
    n->in_line = n->in_line ? arena_printf(&d->arena, "%.300s, %.100s", n->in_line, b)
                            : arena_printf(&d->arena, "%.100s, %.100s", a, b);
}

/* Leads a branch back to before the fork?  Then it is best put last. */
static bool loops_out(const struct abreast *a, size_t i)
{
    for (size_t k = 0; k < a->d->edges.len; k++) {
        const struct def_edge *e = &a->d->edges.at[k];
        if (e->from >= 0 && row(a, i)[e->from] && definition_leads_back(a->o, e) &&
            !row(a, i)[e->to])
            return true;
    }
    return false;
}

static bool try_pair(struct abreast *a, size_t i, size_t k)
{
    bool later = loops_out(a, i) && !loops_out(a, k);
    size_t first = later ? k : i, next = later ? i : k;

    if (!put_in_line(a, first, next)) {
        size_t swapped = first;
        first = next;
        next = swapped;
        if (!put_in_line(a, first, next))
            return false;
    }
    remember(a->d, a->at, a->begin[first], a->begin[next]);
    return true;
}

/* Puts two of the branches in line: two that share steps that not all share, else the first two
 * that can be. */
static bool line_up(struct abreast *a)
{
    bool *all = mem_alloc(a->d->nodes.len + 1);
    bool done = false;

    memset(all, true, a->d->nodes.len + 1);
    for (size_t i = 0; i < a->n; i++)
        for (size_t v = 0; v < a->d->nodes.len; v++)
            all[v] = all[v] && row(a, i)[v];
    for (int pass = 0; pass < 2 && !done; pass++)
        for (size_t i = 0; i < a->n && !done; i++)
            for (size_t k = i + 1; k < a->n && !done; k++) {
                int32_t join = meeting(a, i, k);
                bool shares =
                    join >= 0 && (!all[join] || join == a->begin[i] || join == a->begin[k]);
                if (pass == 1 || shares)
                    done = try_pair(a, i, k);
            }
    mem_free(all);
    return done;
}

/* Does one of several branches that never come together start others in its turn? */
static bool starts_more(const struct definition *d, const struct def_order *o,
                        const struct def_fork *f)
{
    int32_t to[DEFINITION_ABREAST_MAX];

    for (size_t i = 0; i < f->nodes.len && f->join == NODE_END; i++)
        if (definition_abreast(d, o, f->nodes.at[i], to) > 1)
            return true;
    return false;
}

/* Is what starts at the node written as a parallel? */
static bool is_parallel(const struct definition *d, const struct def_order *o, int32_t at)
{
    for (size_t i = 0; i < o->forks.len; i++)
        if (o->forks.at[i].at == at)
            return !starts_more(d, o, &o->forks.at[i]);
    return false;
}

/* Of several ways on that are always taken, one to the end tells nothing. */
static bool drop_ends(struct abreast *a)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++)
        if (a->begin[i] < 0)
            n++;
        else
            a->begin[i - n] = a->begin[i];
    a->n -= n;
    if (n)
        drop_start(a->d, a->at, NODE_END);
    return n > 0;
}

/* A way back beside a branch: the branch is done first, and goes back where it ends. */
static bool line_up_back(struct definition *d, const struct def_order *o, int32_t at)
{
    struct abreast a = {.d = d, .o = o, .at = at, .n = 1};
    int32_t back = NODE_START, ahead = NODE_START;
    size_t n, backs = 0;
    const struct def_edge *e = definition_ways(d, at, &n);
    bool at_ends, done = false;

    for (size_t i = 0; i < n; i++) {
        if (e[i].error)
            continue;
        if (e[i].conditional)
            return false;
        bool leads_back = definition_leads_back(o, &e[i]);
        backs += leads_back;
        back = leads_back ? e[i].to : back;
        ahead = !leads_back && e[i].to >= 0 && ahead < 0 ? e[i].to : ahead;
    }
    if (backs != 1 || ahead < 0)
        return false;
    bool *branch = mem_zero(d->nodes.len + 1, 1);
    reach_until(&a, ahead, NODE_END, branch);
    if (leaves(&a, branch, NODE_END, &at_ends) && at_ends) {
        chain(&a, branch, NODE_END, true, back);
        remember(d, at, ahead, back);
        done = true;
    }
    mem_free(branch);
    return done;
}

/* Changes the edges of one place where branches start; false when there is nothing to do. */
static bool line_up_at(struct definition *d, const struct def_order *o, int32_t at)
{
    struct abreast a = {.d = d, .o = o, .at = at};
    bool done;

    a.n = definition_abreast(d, o, at, a.begin);
    if (a.n < 2)
        return at >= 0 && line_up_back(d, o, at);
    if (drop_ends(&a))
        return true;
    for (size_t i = 0; i < a.n; i++)
        if (d->nodes.at[a.begin[i]].join) /* of which not all need to be done */
            return false;
    if (is_parallel(d, o, at))
        return false;
    a.reach = mem_zero(a.n * d->nodes.len + 1, sizeof *a.reach);
    for (size_t i = 0; i < a.n; i++)
        reach_until(&a, a.begin[i], NODE_END, row(&a, i));
    done = line_up(&a);
    mem_free(a.reach);
    return done;
}

bool definition_line_up(struct definition *d)
{
    struct def_order o;
    bool done;

    definition_order(d, &o);
    done = line_up_at(d, &o, NODE_START);
    for (size_t r = 0; r < o.nodes.len && !done; r++)
        done = line_up_at(d, &o, o.nodes.at[r]);
    def_order_release(&o);
    return done;
}
