/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Costs are added up the trees of spans.
 *
 * Some writers tell the cost of each call alone (OpenInference, Langfuse), others that of a run
 * with all runs below it (LangSmith).  So a span that tells at least what those below it add up to
 * has told that sum already; else its own comes on top.  A hundredth is left for rounding. */
#include "trace/costs.h"

#include <math.h>

static const double rounding = 0.99;

/* The cost of a span that tells `own`, with `below` told by those below it; either may be NaN. */
static double joined(double own, double below)
{
    if (isnan(own) || isnan(below))
        return isnan(own) ? below : own;
    return own >= rounding * below ? own : own + below;
}

/* Children before their parents: a span is done once all its children are. */
static void add_up(const struct tree *t, double *cost)
{
    const struct span_set *s = t->spans;
    uint32_t *open = mem_zero(s->len + 1, sizeof *open);
    for (size_t k = 0; k < t->n; k++)
        if (t->up[t->order[k]] != SPAN_NONE)
            open[t->up[t->order[k]]]++;
    for (size_t k = 0; k < t->n; k++) {
        uint32_t i = t->order[k];
        /* up the branch, as long as this was the last child that was missing */
        for (bool leaf = t->child[i] == SPAN_NONE; leaf;) {
            uint32_t up = t->up[i];
            cost[i] = joined(s->cost[i], cost[i]);
            if (up == SPAN_NONE)
                break;
            if (!isnan(cost[i]))
                cost[up] = isnan(cost[up]) ? cost[i] : cost[up] + cost[i];
            leaf = --open[up] == 0;
            i = up;
        }
    }
    mem_free(open);
}

void costs_sum(struct trace_log *log, const struct tree *tree)
{
    const struct span_set *s = &log->spans;
    bool any = false;
    for (size_t i = 0; i < s->len && !any; i++)
        any = !isnan(s->cost[i]);
    log->costed = 0;
    if (!any)
        return;
    log->cost = mem_alloc((s->len + 1) * sizeof *log->cost);
    for (size_t i = 0; i < s->len; i++)
        log->cost[i] = NAN;
    add_up(tree, log->cost);
    for (size_t k = 0; k < tree->n; k++) {
        uint32_t i = tree->order[k];
        struct log_item *it = &log->items.at[log->span_item[i]];
        if (tree->up[i] != SPAN_NONE || isnan(log->cost[i]))
            continue;
        log->costed += isnan(it->cost);
        it->cost = isnan(it->cost) ? log->cost[i] : it->cost + log->cost[i];
    }
}

double costs_of_visit(const struct trace_log *log, const struct log_visit *v)
{
    double sum = NAN;
    for (uint32_t k = 0; log->cost && k < v->n_attempts; k++) {
        double x = log->cost[log->attempts.at[v->first_attempt + k]];
        if (!isnan(x))
            sum = isnan(sum) ? x : sum + x;
    }
    return sum;
}

double costs_between(const struct trace_log *log, const struct log_item *it)
{
    double rest = it->cost;
    if (isnan(rest))
        return 0;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
        double x = costs_of_visit(log, &log->visits.at[v]);
        rest -= isnan(x) ? 0 : x;
    }
    return rest > 1e-9 * it->cost ? rest : 0; /* not what adding up in another order leaves */
}
