/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an attempt costs on average.  Items that pass a step by make an attempt in no time there
 * (estimate_stage.c), and items that come back make one for all their visits: their costs are
 * shared out over these, so that the cost of an item is on average the one observed. */
#include "trace/costs.h"
#include "trace/estimate_parts.h"

#include <math.h>

static void put(struct estimate *e, uint32_t part, double sum, uint64_t n)
{
    if (n == 0 || !(sum > 0))
        return;
    e->out->step[part].numbers->cost_call = estimate_rounded(sum / (double)n, 6);
}

void estimate_cost(struct estimate *e, uint32_t part, uint64_t attempts)
{
    const struct trace_log *log = e->log;
    double sum = 0;
    if (!log->cost)
        return;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            double x = (int32_t)log->visits.at[v].stage == e->part[part].stage
                           ? costs_of_visit(log, &log->visits.at[v])
                           : NAN;
            sum += isnan(x) ? 0 : x;
        }
    }
    put(e, part, sum, attempts);
}

void estimate_cost_between(struct estimate *e, uint32_t part)
{
    double sum = 0;
    for (size_t i = 0; e->log->cost && i < e->log->items.len; i++)
        sum += costs_between(e->log, &e->log->items.at[i]);
    put(e, part, sum, e->log->items.len);
}
