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
    size_t n;
    const struct def_edge *e = definition_ways(w->d, node, &n);

    for (size_t i = 0; i < n; i++)
        if (e[i].to >= 0 && !row[e[i].to]) {
            row[e[i].to] = true;
            find_ways(w, from, e[i].to);
        }
}

/* Marks what `from` leads to without passing `but`. */
static void mark_without(const struct walk *w, int32_t from, int32_t but, bool *seen)
{
    size_t n;

    if (from < 0 || from == but || seen[from])
        return;
    seen[from] = true;
    const struct def_edge *e = definition_ways(w->d, from, &n);
    for (size_t i = 0; i < n; i++)
        mark_without(w, e[i].to, but, seen);
}

/* Of what the node starts side by side, does another lead into this one?  Then that is a loop back
 * into it, as the fork itself begins it; it is walked before. */
static void visit(struct walk *w, int32_t node);
static void visit_fed(struct walk *w, int32_t node, const struct def_edge *e, size_t n)
{
    bool *seen = mem_alloc(w->d->nodes.len + 1), *fed = mem_zero(n + 1, sizeof *fed);

    for (size_t k = 0; k < n; k++) {
        if (e[k].to < 0 || e[k].conditional || e[k].error)
            continue;
        memset(seen, 0, w->d->nodes.len + 1);
        mark_without(w, e[k].to, node, seen);
        for (size_t i = 0; i < n; i++)
            fed[i] = fed[i] || (i != k && e[i].to >= 0 && seen[e[i].to]);
    }
    for (size_t i = n; i-- > 0;)
        if (fed[i] && !e[i].conditional && !e[i].error && !w->state[e[i].to])
            visit(w, e[i].to);
    mem_free(fed);
    mem_free(seen);
}

/* The ways are walked last first, so that the first of them comes first in the order; those after
 * an error before all others, and then those that leave a loop. */
static void visit(struct walk *w, int32_t node)
{
    size_t n;
    const struct def_edge *e = definition_ways(w->d, node, &n);

    w->state[node] = 1;
    if (n > 1)
        visit_fed(w, node, e, n);
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = n; i-- > 0;) {
            if (e[i].to < 0 || w->state[e[i].to] || e[i].error != (pass == 0))
                continue;
            bool loops = w->leads[(size_t)e[i].to * w->d->nodes.len + (size_t)node];
            if (pass == 0 || loops == (pass == 2))
                visit(w, e[i].to);
        }
    w->state[node] = 2;
    w->post[w->n++] = node;
}

bool definition_leads_back(const struct def_order *o, const struct def_edge *e)
{
    return e->from >= 0 && e->to >= 0 && o->rank[e->to] <= o->rank[e->from];
}

size_t definition_abreast(const struct definition *d, const struct def_order *o, int32_t from,
                          int32_t to[DEFINITION_ABREAST_MAX])
{
    size_t n = 0, ways;
    const struct def_edge *e = definition_ways(d, from, &ways);

    for (size_t i = 0; i < ways; i++) {
        if (e[i].error)
            continue;
        if (e[i].conditional || definition_leads_back(o, &e[i]) || n == DEFINITION_ABREAST_MAX)
            return 0;
        to[n++] = e[i].to;
    }
    return n;
}

/* Marks what `from` leads to by edges forward, itself included. */
static void reach(const struct definition *d, const struct def_order *o, int32_t from, bool *seen)
{
    size_t n;

    if (from < 0 || seen[from])
        return;
    seen[from] = true;
    const struct def_edge *e = definition_ways(d, from, &n);
    for (size_t i = 0; i < n; i++)
        if (!definition_leads_back(o, &e[i]) && !e[i].error)
            reach(d, o, e[i].to, seen);
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

/* A fork as it is tried: may a branch's error lead out of it? */
struct attempt {
    const struct definition *d;
    const struct def_order *o;
    struct def_fork *f;
    uint32_t *branch_of; /* [nodes]: 1 + the branch; 0: none */
    bool errors_leave;
};

/* Adds the nodes from `node` up to the join to the branch; false when one is in another branch. */
static bool add_branch(struct attempt *t, uint32_t branch, int32_t node)
{
    size_t n;

    if (node == t->f->join || node < 0)
        return node == t->f->join || t->f->join == NODE_END;
    if (t->branch_of[node])
        return t->branch_of[node] == branch;
    t->branch_of[node] = branch;
    vec_push(&t->f->nodes, node);
    const struct def_edge *e = definition_ways(t->d, node, &n);
    for (size_t i = 0; i < n; i++)
        if (!(e[i].error && t->errors_leave) && !add_branch(t, branch, e[i].to))
            return false;
    return true;
}

/* Do errors lead out of the branches to one place at most? */
static bool errors_agree(struct attempt *t)
{
    t->f->after_error = NODE_START;
    for (size_t i = 0; i < t->d->edges.len; i++) {
        const struct def_edge *e = &t->d->edges.at[i];
        if (!e->error || e->from < 0 || !t->branch_of[e->from] || e->to == t->f->join ||
            (e->to >= 0 && t->branch_of[e->to] == t->branch_of[e->from]))
            continue;
        if (e->to < 0 || t->branch_of[e->to] ||
            (t->f->after_error != NODE_START && t->f->after_error != e->to))
            return false;
        t->f->after_error = e->to;
    }
    return true;
}

/* Does nothing lead into the branches but from the fork to their first nodes? */
static bool is_closed(const struct attempt *t, const int32_t *begin)
{
    for (size_t i = 0; i < t->d->edges.len; i++) {
        const struct def_edge *e = &t->d->edges.at[i];
        if (e->to < 0 || !t->branch_of[e->to] ||
            (e->from >= 0 && t->o->rank[e->from] == UINT32_MAX))
            continue; /* what the start does not lead to leads nowhere */
        bool from_fork =
            e->from == t->f->at && begin[t->branch_of[e->to] - 1] == e->to && !e->error;
        if (!from_fork && (e->from < 0 || t->branch_of[e->from] != t->branch_of[e->to]))
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

/* Fills the fork with n branches; false when the language has no word for it. */
static bool try_fork(struct attempt *t, const int32_t *begin, size_t n)
{
    bool well = true;

    t->f->join = common_join(t->d, t->o, begin, n);
    for (size_t b = 0; b < n && well; b++) {
        vec_push(&t->f->first, (uint32_t)t->f->nodes.len);
        well = begin[b] >= 0 && begin[b] != t->f->join && add_branch(t, (uint32_t)b + 1, begin[b]);
    }
    vec_push(&t->f->first, (uint32_t)t->f->nodes.len);
    well = well && is_closed(t, begin) && errors_agree(t);
    for (size_t i = 0; i < t->f->nodes.len && well; i++)
        well = t->o->fork_of[t->f->nodes.at[i]] == 0 && /* no parallel inside another */
               !t->d->nodes.at[t->f->nodes.at[i]].fails;
    return well;
}

/* Errors of a branch stay in it where they can; else they are the parallel's. */
static void find_fork(const struct definition *d, struct def_order *o, int32_t at)
{
    int32_t begin[DEFINITION_ABREAST_MAX];
    size_t n = definition_abreast(d, o, at, begin);
    bool found = false;

    for (int leave = 0; leave < 2 && n >= 2 && !found; leave++) {
        struct def_fork f = {.at = at};
        struct attempt t = {d, o, &f, mem_zero(d->nodes.len, sizeof(uint32_t)), leave};
        found = try_fork(&t, begin, n);
        mem_free(t.branch_of);
        if (!found) {
            vec_release(&f.nodes);
            vec_release(&f.first);
            continue;
        }
        sort_branches(&f, o);
        vec_push(&o->forks, f);
        for (size_t i = 0; i < f.nodes.len; i++)
            o->fork_of[f.nodes.at[i]] = (uint32_t)o->forks.len;
    }
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
    size_t n;
    const struct def_edge *e = definition_ways(d, NODE_START, &n);
    for (size_t i = n; i-- > 0;)
        if (e[i].to >= 0 && w.state[e[i].to] == 0)
            visit(&w, e[i].to);
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
