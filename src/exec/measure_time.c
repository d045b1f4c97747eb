/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a timed run shows of what its items share: resources, environments, money by the month, and
 * the curves.  Growth and money are of the time in which the run's items arrived: what is worked
 * off afterwards neither undoes a backlog nor makes a month cheaper. */
#include "exec/measure_parts.h"

#include <math.h>

static const double MONTH_S = 30.0 * DAY_S;

/* --- what is shared */

/* Of what is inside, in items a day. */
static void put_growth(const struct run_filling *f, uint32_t k)
{
    double days[RUN_UNITS];
    for (uint32_t u = 0; u < RUN_UNITS; u++)
        days[u] = f->tally->span_s[u] / DAY_S;
    run_put_over_time(f, "backlog_growth", run_column_of_desk(f, k, RUN_DESK_GROWTH),
                      (struct run_column){days, 1}, "1", -INFINITY, INFINITY);
}

static void put_resource(const struct run_filling *f, uint32_t k)
{
    static const struct run_quantile p95[] = {
        {"queue_wait_p95", 0.95}
    };
    struct values *v = &f->tally->desk[k].waits_s;
    struct run_column joined = run_column_of_desk(f, k, RUN_DESK_JOINED),
                      asked = run_column_of_desk(f, k, RUN_DESK_ASKED),
                      span = run_column_of_desk(f, k, RUN_DESK_SPAN),
                      wait = run_column_of_desk(f, k, RUN_DESK_WAIT);
    run_put_over_time(f, "utilisation", run_column_of_desk(f, k, RUN_DESK_BUSY),
                      run_column_of_desk(f, k, RUN_DESK_OPEN), "1", 0, 1);
    run_put_ratio(f, "queue_wait_mean", wait, joined, "s", 0);
    run_put_ratio(f, "queue_wait_served_mean", run_column_of_desk(f, k, RUN_DESK_WAIT_SERVED),
                  run_column_of_desk(f, k, RUN_DESK_SERVED), "s", 0);
    run_put_quantiles(f, v, p95, 1, run_excess_of(f, v, wait, joined), "s");
    run_put_share(f, "p_wait", run_column_of_desk(f, k, RUN_DESK_WAITED), joined);
    if (isfinite(f->tally->pipeline->resource[k].answer_within_s))
        run_put_share(f, "service_level", run_column_of_desk(f, k, RUN_DESK_IN_TIME), joined);
    run_put_over_time(f, "queue_length_mean", run_column_of_desk(f, k, RUN_DESK_WAITING), span, "1",
                      0, INFINITY);
    run_put_over_time(f, "in_system_mean", run_column_of_desk(f, k, RUN_DESK_SYSTEM), span, "1", 0,
                      INFINITY);
    run_put_share(f, "block_rate", run_column_of_desk(f, k, RUN_DESK_BLOCKED), asked);
    run_put_share(f, "abandon_rate", run_column_of_desk(f, k, RUN_DESK_ABANDONED), asked);
    put_growth(f, k);
}

/* How many waited or were inside at instants, from this one run. */
static void put_curve(const struct run_filling *f, uint32_t k, bool inside, struct result *out)
{
    const struct run_desk_tally *d = &f->tally->desk[k];
    const char *id = inside ? "in_system" : "backlog";
    struct curve *c = result_add_curve(out, id, "time", id);
    c->resource = result_text(out, "%s", f->tally->pipeline->resource[k].id);
    for (size_t i = 0; i < d->seen.len; i++) {
        const struct run_seen *s = &d->seen.at[i];
        struct point at = {.x = (double)i * d->seen_each_s,
                           .y = inside ? s->inside : s->waiting,
                           .low = NAN,
                           .high = NAN};
        vec_push(&c->points, at);
    }
}

static void put_shared(struct run_filling *f, struct result *out)
{
    const struct pipeline *p = f->tally->pipeline;
    for (uint32_t k = 0; k < p->n_resources; k++) {
        if (run_column_total(run_column_of_desk(f, k, RUN_DESK_ASKED)) == 0)
            continue;
        f->to = &result_add_row(out, resources, p->resource[k].id)->metrics;
        put_resource(f, k);
        put_curve(f, k, false, out);
        put_curve(f, k, true, out);
    }
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct run_weather_time *w = f->tally->weather[e];
        struct run_column span = {&w->span_s, 2};
        if (!(run_column_total(span) > 0))
            continue;
        f->to = &result_add_row(out, environments, p->environment[e].id)->metrics;
        run_put_over_time(f, "availability", (struct run_column){&w->calm_s, 2}, span, "1", 0, 1);
    }
}

/* --- a month's money */

/* A second's wages and fixed prices in a unit: of servers by how many were on duty. */
static double spent_per_s(const struct run_filling *f, uint32_t u)
{
    const struct pipeline *p = f->tally->pipeline;
    double per_s = 0;
    for (uint32_t k = 0; k < p->n_resources; k++) {
        const double *d = f->tally->desk[k].unit[u];
        if (d[RUN_DESK_SPAN] > 0)
            per_s += p->resource[k].cost_per_s * d[RUN_DESK_OPEN] / d[RUN_DESK_SPAN];
    }
    for (uint32_t k = 0; k < p->n_costs; k++)
        per_s += p->cost[k].per_s;
    return per_s;
}

static void put_month(const struct run_filling *f)
{
    const struct pipeline *p = f->tally->pipeline;
    double spent[RUN_UNITS], net[RUN_UNITS], months[RUN_UNITS];
    struct run_column cost = run_column_of_class(f, p->n_classes, RUN_COST),
                      worth = run_column_of_class(f, p->n_classes, RUN_WORTH);
    bool costs = false;
    for (uint32_t u = 0; u < RUN_UNITS; u++) {
        double shared = spent_per_s(f, u) * f->tally->span_s[u];
        spent[u] = run_column_at(cost, u) + shared;
        net[u] = run_column_at(worth, u) - shared;
        months[u] = f->tally->span_s[u] / MONTH_S;
        costs |= spent[u] != 0;
    }
    if (costs)
        run_put_over_time(f, "cost_per_month", (struct run_column){spent, 1},
                          (struct run_column){months, 1}, f->money, 0, INFINITY);
    if (isfinite(p->worth_correct) &&
        run_column_total(run_column_of_class(f, p->n_classes, RUN_UNKNOWN_SHIPPED)) == 0)
        run_put_over_time(f, "net_per_month", (struct run_column){net, 1},
                          (struct run_column){months, 1}, f->money, -INFINITY, INFINITY);
}

void run_put_timed(struct run_filling *f, struct result *out)
{
    f->to = &out->metrics;
    put_month(f);
    put_shared(f, out);
}
