/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Costs are added up the trees of spans.
 *
 * Some writers tell the cost of each call alone (OpenInference, Langfuse), others that of a run
 * with all runs below it (LangSmith).  So a span that tells at least what those below it add up to
 * has told that sum already; else its own comes on top.  A hundredth is left for rounding. */
#include "trace/costs.h"

#include "base/spread.h"

#include <math.h>

enum { TRACES_EACH = 1024 };

static const double rounding = 0.99;

/* The cost of a span that tells `own`, with `below` told by those below it; either may be NaN. */
static double joined(double own, double below)
{
    if (isnan(own) || isnan(below))
        return isnan(own) ? below : own;
    return own >= rounding * below ? own : own + below;
}

struct adding {
    const struct tree *tree;
    double *cost;
    uint32_t *open; /* [spans] children that are not added yet */
};

/* Children before their parents, trace by trace: a span is done once all its children are. */
static void add_up(void *arg, const struct spread_part *part)
{
    const struct adding *a = arg;
    const struct tree *t = a->tree;
    const struct span_set *s = t->spans;
    double *cost = a->cost;
    size_t begin = t->first[part->begin], end = t->first[part->end];
    for (size_t k = begin; k < end; k++)
        if (t->up[t->order[k]] != SPAN_NONE)
            a->open[t->up[t->order[k]]]++;
    for (size_t k = begin; k < end; k++) {
        uint32_t i = t->order[k];
        /* up the branch, as long as this was the last child that was missing */
        for (bool leaf = t->child[i] == SPAN_NONE; leaf;) {
            uint32_t up = t->up[i];
            cost[i] = joined(span_cost(s, i), cost[i]);
            if (up == SPAN_NONE)
                break;
            if (!isnan(cost[i]))
                cost[up] = isnan(cost[up]) ? cost[i] : cost[up] + cost[i];
            leaf = --a->open[up] == 0;
            i = up;
        }
    }
}

void costs_add_up(struct trace_log *log, const struct tree *tree)
{
    const struct span_set *s = &log->spans;
    struct adding a = {.tree = tree};
    struct spread spread = {.n = tree->n_traces, .each = TRACES_EACH, .piece = add_up, .arg = &a};
    bool any = false;
    for (size_t i = 0; i < s->len && !any; i++)
        any = !isnan(span_cost(s, i));
    if (!any)
        return;
    log->cost = mem_alloc((s->len + 1) * sizeof *log->cost);
    for (size_t i = 0; i < s->len; i++)
        log->cost[i] = NAN;
    a.cost = log->cost;
    a.open = mem_zero(s->len + 1, sizeof *a.open);
    spread_run(&spread, spread_threads(&spread, log->threads));
    mem_free(a.open);
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
