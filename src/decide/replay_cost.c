/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What items cost under another policy.
 *
 * A logged attempt costs what the log says, by the factor that the policy changes its step's cost;
 * one that nobody made costs what the scenario says, and for the bounds as little or as much as
 * any of the step in the log.  The upper bound has every visit with an unseen attempt use up its
 * retries. */
#include "decide/replay_parts.h"
#include "trace/costs.h"

#include <math.h>

/* What the policy makes of a cost that the log has. */
static double repriced(const struct replay *r, uint32_t step, double seen)
{
    double now = r->policy->step[step].numbers->cost_call;
    double was = r->base_step[step] >= 0 ? r->base->step[r->base_step[step]].numbers->cost_call : 0;
    if (now == was)
        return isnan(seen) ? 0 : seen;
    return was > 0 ? (isnan(seen) ? 0 : seen) * now / was : now;
}

static double cost_of_span(const struct trace_log *log, uint32_t span)
{
    return log->cost ? log->cost[span] : NAN;
}

void replay_prices(struct replay *r)
{
    r->price = mem_zero(r->policy->n_steps + 1, sizeof *r->price);
    for (uint32_t i = 0; i < r->policy->n_steps; i++) {
        struct replay_price *p = &r->price[i];
        p->low = p->high = r->policy->step[i].numbers->cost_call;
        for (size_t k = 0; k < r->spans[i].n; k++) {
            double x = repriced(r, i, cost_of_span(r->log, r->spans[i].at[k]));
            p->low = fmin(p->low, x);
            p->high = fmax(p->high, x);
        }
    }
    for (size_t i = 0; i < r->log->items.len; i++)
        r->cost_between += costs_between(r->log, &r->log->items.at[i]);
}

static void pay(struct replay_pass *pass, double x)
{
    pass->cost += x;
    pass->cost_low += x;
    pass->cost_high += x;
}

void replay_pay_logged(struct replay_pass *pass, const struct passage *w, uint32_t span)
{
    pay(pass, repriced(pass->replay, (uint32_t)w->at, cost_of_span(pass->replay->log, span)));
}

void replay_pay_visit(struct replay_pass *pass, const struct passage *w, uint32_t visit)
{
    const struct log_visit *v = &pass->replay->log->visits.at[visit];
    for (uint32_t k = 0; k < v->n_attempts; k++)
        replay_pay_logged(pass, w, pass->replay->log->attempts.at[v->first_attempt + k]);
}

void replay_pay_unseen(struct replay_pass *pass, const struct passage *w, uint32_t most)
{
    const struct replay_price *p = &pass->replay->price[w->at];
    pass->cost += pass->p->step[w->at].numbers->cost_call;
    pass->cost_low += p->low;
    pass->cost_high += most * p->high;
}
