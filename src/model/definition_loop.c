/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops of a definition.  A way back gets a bound and says where an item goes that has used it up:
 * by a way forward from the same step that leaves the loop (one that is called like giving up, else
 * one that needs no condition, else the first), else by the way out of the loop from where it
 * begins; not past a review or a check that did not pass it, though: there it is rejected.  Else it
 * fails, as frameworks do at their limits. */
#include "model/definition_writer.h"

#include <math.h>
#include <string.h>

enum { ASSUMED_BOUND = 2 };

/* Marks what `from` leads to by ways forward. */
static void reach_forward(const struct def_output *o, int32_t from, bool *seen)
{
    size_t n;

    if (from < 0 || seen[from])
        return;
    seen[from] = true;
    const struct def_edge *e = definition_ways(o->d, from, &n);
    for (size_t i = 0; i < n; i++)
        if (!e[i].error && !definition_leads_back(&o->order, &e[i]))
            reach_forward(o, e[i].to, seen);
}

/* May a text that stands at `from` send items to `to` without going back or into branches? */
static bool is_ahead(const struct def_output *o, int32_t from, int32_t to)
{
    if (to < 0 || o->d->nodes.at[to].fails)
        return true;
    if (o->fork)
        return to == o->fork->join;
    return !o->order.fork_of[to] && o->order.rank[to] > o->order.rank[from];
}

/* Marks what `from` leads to by ways of any direction that do not pass `but`. */
static void reach_past(const struct def_output *o, int32_t from, int32_t but, bool *seen)
{
    size_t n;

    if (from < 0 || from == but || seen[from])
        return;
    seen[from] = true;
    const struct def_edge *e = definition_ways(o->d, from, &n);
    for (size_t i = 0; i < n; i++)
        if (!e[i].error)
            reach_past(o, e[i].to, but, seen);
}

/* Does `from` lead to `to`, past `but`? */
static bool comes_to(const struct def_output *o, int32_t from, int32_t to, int32_t but)
{
    bool *seen = mem_zero(o->d->nodes.len + 1, 1);

    reach_past(o, from, but, seen);
    bool comes = to >= 0 && seen[to];
    mem_free(seen);
    return comes;
}

/* The way on from the head of a loop that does not come by `node` again before the head, at best
 * never; NULL. */
static const struct def_edge *loop_exit(const struct def_output *o, int32_t head, int32_t node)
{
    const struct def_edge *found = NULL;
    bool *seen = mem_alloc(o->d->nodes.len + 1);
    size_t n;
    const struct def_edge *e = definition_ways(o->d, head, &n);

    for (int pass = 0; pass < 2 && !found; pass++)
        for (size_t i = 0; i < n && !found; i++) {
            if (e[i].error || definition_leads_back(&o->order, &e[i]) ||
                !is_ahead(o, node, e[i].to) ||
                (pass == 0 && comes_to(o, e[i].to, head, NODE_START)))
                continue;
            memset(seen, 0, o->d->nodes.len + 1);
            reach_forward(o, e[i].to, seen);
            if (e[i].to < 0 || !seen[node])
                found = &e[i];
        }
    mem_free(seen);
    return found;
}

/* Where an item goes when it has been back as often as it may; NULL: the definition does not say.
 */
const char *def_way_out(const struct def_output *o, const struct def_exits *x,
                        const struct def_edge *back)
{
    static const char *const limit_words[] = {"give", "max", "limit", "exceed", "exhaust", NULL};
    enum { LEAVES = 2, LIMIT = 4 };
    const struct def_edge *ahead = NULL, *exit = NULL;
    int best = -1;

    for (size_t i = 0; i < x->n; i++) {
        const struct def_edge *e = x->at[i];
        int worth = !e->conditional;
        if (def_leads_back(o, e))
            continue;
        if (definition_label_has(e->label, limit_words))
            worth = LIMIT;
        else if (!comes_to(o, e->to, back->from, back->to))
            worth += LEAVES;
        if (worth > best) {
            best = worth;
            ahead = e;
        }
    }
    enum step_kind head = o->d->nodes.at[back->to].kind;
    if (best < LEAVES && (head == STEP_REVIEW || head == STEP_CHECK))
        return ahead ? def_edge_target(o, ahead) : "reject"; /* it was not passed there */
    if (best < LEAVES)
        exit = loop_exit(o, back->to, back->from);
    if (exit || ahead)
        return def_edge_target(o, exit ? exit : ahead);
    return NULL;
}

/* How often an item may go back: as said, or as the most of messages leaves room for; 0: neither.
 */
uint32_t def_bound(const struct def_output *o, const struct def_edge *e)
{
    double length = fmax((double)o->order.rank[e->from] - (double)o->order.rank[e->to], 0) + 1;

    if (e->at_most || !(o->d->messages > 0))
        return e->at_most;
    return (uint32_t)fmin(fmax(floor((o->d->messages - 1) / length), 1), 1e6);
}

/* The bound of a way back that the file does not state: a few times where there is a way on, as
 * often as the framework's own limit allows where that is all that ends it. */
uint32_t def_assumed_bound(const struct def_output *o, const struct def_edge *e, bool ends)
{
    double length = fmax((double)o->order.rank[e->from] - (double)o->order.rank[e->to], 0) + 1;

    if (ends || !(o->d->steps_limit > 0))
        return ASSUMED_BOUND;
    return (uint32_t)fmax(floor((o->d->steps_limit - 1) / length), 1);
}
