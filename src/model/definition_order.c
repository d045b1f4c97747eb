/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the steps: reverse postorder of a depth-first walk from the start (Tarjan 1972), in
 * which every edge but those of loops leads forward; what leaves a loop is walked first, so that it
 * stands behind the loop.  A node with several unconditional ways on
 * starts them side by side; that is a `parallel` of the language when its branches share no node
 * and nothing leads into or out of them but at their ends. */
#include "model/definition.h"

#include <string.h>

struct walk {
    const struct definition *d;
    uint8_t *state; /* 0: not seen, 1: on the path, 2: done */
    int32_t *post;  /* nodes as they are done */
    size_t n;
    bool *leads; /* [nodes * nodes]: does a way lead from the one to the other? */
};

static void find_ways(struct walk *w, size_t from, int32_t node)
{
    bool *row = w->leads + from * w->d->nodes.len;

    for (size_t i = 0; i < w->d->edges.len; i++) {
        const struct def_edge *e = &w->d->edges.at[i];
        if (e->from == node && e->to >= 0 && !row[e->to]) {
            row[e->to] = true;
            find_ways(w, from, e->to);
        }
    }
}

/* The ways are walked last first, so that the first of them comes first in the order. */
static void visit(struct walk *w, int32_t node)
{
    int32_t after_error = w->d->nodes.at[node].on_error;

    w->state[node] = 1;
    if (after_error >= 0 && w->state[after_error] == 0)
        visit(w, after_error); /* first done, so that it stands behind the others */
    for (int back = 0; back < 2; back++)
        for (size_t i = w->d->edges.len; i-- > 0;) {
            const struct def_edge *e = &w->d->edges.at[i];
            if (e->from == node && e->to >= 0 && w->state[e->to] == 0 &&
                w->leads[(size_t)e->to * w->d->nodes.len + (size_t)node] == (back == 1))
                visit(w, e->to);
        }
    w->state[node] = 2;
    w->post[w->n++] = node;
}

bool definition_leads_back(const struct def_order *o, const struct def_edge *e)
{
    return e->from >= 0 && e->to >= 0 && o->rank[e->to] <= o->rank[e->from];
}

/* Unconditional ways forward from a node (or the start); 0 where there are also others. */
static size_t ways_side_by_side(const struct definition *d, const struct def_order *o, int32_t from,
                                int32_t *to, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < d->edges.len; i++) {
        const struct def_edge *e = &d->edges.at[i];
        if (e->from != from)
            continue;
        if (e->conditional || definition_leads_back(o, e) || n == most)
            return 0;
        to[n++] = e->to;
    }
    return n;
}

/* Marks what `from` leads to by edges forward, itself included. */
static void reach(const struct definition *d, const struct def_order *o, int32_t from, bool *seen)
{
    if (from < 0 || seen[from])
        return;
    seen[from] = true;
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from == from && !definition_leads_back(o, &d->edges.at[i]))
            reach(d, o, d->edges.at[i].to, seen);
}

/* The first node in order that all branches lead to; NODE_END when there is none. */
static int32_t common_join(const struct definition *d, const struct def_order *o,
                           const int32_t *begin, size_t n)
{
    bool *all = mem_zero(d->nodes.len, 1), *one = mem_zero(d->nodes.len, 1);
    int32_t join = NODE_END;

    memset(all, true, d->nodes.len);
    for (size_t b = 0; b < n; b++) {
        memset(one, 0, d->nodes.len);
        reach(d, o, begin[b], one);
        for (size_t i = 0; i < d->nodes.len; i++)
            all[i] = all[i] && one[i];
    }
    for (size_t r = 0; r < o->nodes.len && join == NODE_END; r++)
        if (all[o->nodes.at[r]])
            join = o->nodes.at[r];
    mem_free(all);
    mem_free(one);
    return join;
}

/* Adds the nodes from `node` up to the join to the branch; false when one is in another branch. */
static bool add_branch(const struct definition *d, const struct def_order *o, struct def_fork *f,
                       uint32_t *branch_of, uint32_t branch, int32_t node)
{
    if (node == f->join || node < 0)
        return node == f->join || f->join == NODE_END;
    if (branch_of[node])
        return branch_of[node] == branch;
    branch_of[node] = branch;
    vec_push(&f->nodes, node);
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from == node &&
            !add_branch(d, o, f, branch_of, branch, d->edges.at[i].to))
            return false;
    return true;
}

/* Does nothing lead into the branches but from the fork to their first nodes? */
static bool is_closed(const struct definition *d, const struct def_fork *f,
                      const uint32_t *branch_of, const int32_t *begin)
{
    for (size_t i = 0; i < d->edges.len; i++) {
        const struct def_edge *e = &d->edges.at[i];
        if (e->to < 0 || !branch_of[e->to])
            continue;
        bool from_fork = e->from == f->at && begin[branch_of[e->to] - 1] == e->to;
        if (!from_fork && (e->from < 0 || branch_of[e->from] != branch_of[e->to]))
            return false;
    }
    return true;
}

/* Sorts each branch by rank: its first node is the one with the lowest. */
static void sort_branches(struct def_fork *f, const struct def_order *o)
{
    for (size_t b = 0; b + 1 < f->first.len; b++)
        for (uint32_t i = f->first.at[b] + 1; i < f->first.at[b + 1]; i++)
            for (uint32_t k = i;
                 k > f->first.at[b] && o->rank[f->nodes.at[k]] < o->rank[f->nodes.at[k - 1]]; k--) {
                int32_t moved = f->nodes.at[k];
                f->nodes.at[k] = f->nodes.at[k - 1];
                f->nodes.at[k - 1] = moved;
            }
}

static void find_fork(const struct definition *d, struct def_order *o, int32_t at)
{
    int32_t begin[64];
    size_t n = ways_side_by_side(d, o, at, begin, 64);
    struct def_fork f = {.at = at};
    uint32_t *branch_of;
    bool ok = n >= 2;

    if (!ok)
        return;
    branch_of = mem_zero(d->nodes.len, sizeof *branch_of);
    f.join = common_join(d, o, begin, n);
    for (size_t b = 0; b < n && ok; b++) {
        vec_push(&f.first, (uint32_t)f.nodes.len);
        ok = begin[b] >= 0 && begin[b] != f.join &&
             add_branch(d, o, &f, branch_of, (uint32_t)b + 1, begin[b]);
    }
    vec_push(&f.first, (uint32_t)f.nodes.len);
    ok = ok && is_closed(d, &f, branch_of, begin);
    for (size_t i = 0; i < f.nodes.len && ok; i++)
        ok = o->fork_of[f.nodes.at[i]] == 0 && /* no parallel inside another */
             !d->nodes.at[f.nodes.at[i]].fails;
    if (ok) {
        sort_branches(&f, o);
        vec_push(&o->forks, f);
        for (size_t i = 0; i < f.nodes.len; i++)
            o->fork_of[f.nodes.at[i]] = (uint32_t)o->forks.len;
    } else {
        vec_release(&f.nodes);
        vec_release(&f.first);
    }
    mem_free(branch_of);
}

void definition_order(const struct definition *d, struct def_order *out)
{
    struct walk w = {.d = d};

    *out = (struct def_order){0};
    out->rank = mem_alloc((d->nodes.len + 1) * sizeof *out->rank);
    out->fork_of = mem_zero(d->nodes.len + 1, sizeof *out->fork_of);
    memset(out->rank, 0xff, (d->nodes.len + 1) * sizeof *out->rank);
    w.state = mem_zero(d->nodes.len + 1, 1);
    w.post = mem_alloc((d->nodes.len + 1) * sizeof *w.post);
    w.leads = mem_zero(d->nodes.len * d->nodes.len + 1, sizeof *w.leads);
    for (size_t i = 0; i < d->nodes.len; i++)
        find_ways(&w, i, (int32_t)i);
    for (size_t i = d->edges.len; i-- > 0;) {
        const struct def_edge *e = &d->edges.at[i];
        if (e->from == NODE_START && e->to >= 0 && w.state[e->to] == 0)
            visit(&w, e->to);
    }
    for (size_t i = w.n; i-- > 0;) {
        out->rank[w.post[i]] = (uint32_t)out->nodes.len;
        vec_push(&out->nodes, w.post[i]);
    }
    mem_free(w.state);
    mem_free(w.post);
    mem_free(w.leads);
    find_fork(d, out, NODE_START);
    for (size_t r = 0; r < out->nodes.len; r++)
        if (out->fork_of[out->nodes.at[r]] == 0)
            find_fork(d, out, out->nodes.at[r]);
}

void def_order_release(struct def_order *o)
{
    for (size_t i = 0; i < o->forks.len; i++) {
        vec_release(&o->forks.at[i].nodes);
        vec_release(&o->forks.at[i].first);
    }
    vec_release(&o->forks);
    vec_release(&o->nodes);
    mem_free(o->rank);
    mem_free(o->fork_of);
    *o = (struct def_order){0};
}
