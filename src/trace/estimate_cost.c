/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an attempt costs on average, and the evidence for it.  Items that pass a step by make an
 * attempt in no time there (estimate_stage.c), and items that come back make one for all their
 * visits: their costs are shared out over these, so that the cost of an item is on average the one
 * observed.  Attempts that tell no cost count as free, as they do in the observation. */
#include "trace/costs.h"
#include "trace/estimate_parts.h"

#include <math.h>

/* Sums over n amounts, those of 0 included. */
struct amounts {
    double sum, squares;
};

static void add(struct amounts *a, double x)
{
    if (isnan(x))
        return;
    a->sum += x;
    a->squares += x * x;
}

static void put(struct estimate *e, uint32_t part, const struct amounts *a, uint64_t n)
{
    struct step *s = &e->out->step[part];
    if (n == 0 || !(a->sum > 0))
        return;
    double mean = a->sum / (double)n;
    s->numbers->cost_call = estimate_rounded(mean, 6);
    s->cost_seen.n = n;
    if (n > 1)
        s->cost_seen.sd =
            estimate_rounded(sqrt(fmax(a->squares - a->sum * mean, 0) / (double)(n - 1)), 3);
    else
        s->cost_seen.sd = s->numbers->cost_call; /* one amount tells no spread */
}

/* `attempts` are either those of the log or, where an item's visits are taken together, items. */
void estimate_cost(struct estimate *e, uint32_t part, uint64_t attempts, bool by_item)
{
    const struct trace_log *log = e->log;
    struct amounts all = {0};
    if (!log->cost)
        return;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        double together = 0;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            if ((int32_t)visit->stage != e->part[part].stage)
                continue;
            double cost = costs_of_visit(log, visit);
            together += isnan(cost) ? 0 : cost;
            for (uint32_t k = 0; !by_item && k < visit->n_attempts; k++)
                add(&all, log->cost[log->attempts.at[visit->first_attempt + k]]);
        }
        if (by_item)
            add(&all, together);
    }
    put(e, part, &all, attempts);
}

void estimate_cost_between(struct estimate *e, uint32_t part)
{
    struct amounts all = {0};
    for (size_t i = 0; e->log->cost && i < e->log->items.len; i++)
        add(&all, costs_between(e->log, &e->log->items.at[i]));
    put(e, part, &all, e->log->items.len);
}
