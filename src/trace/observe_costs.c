/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the running system cost.  Items that tell no cost count with 0, and are counted. */
#include "math/interval.h"
#include "math/sort.h"
#include "trace/costs.h"
#include "trace/observe.h"

#include <math.h>

/* Per stage, over items. */
struct stage_sum {
    double here; /* of the item at hand */
    double sum, squares;
    bool any;
};

static void put_mean(struct metrics *m, const struct stage_sum *s, size_t n, double level)
{
    double mean = s->sum / (double)n;
    double variance = n > 1 ? (s->squares - s->sum * mean) / (double)(n - 1) : 0;
    struct interval t = {0, INFINITY};
    if (n > 1)
        t = interval_mean(mean, fmax(variance, 0), n, level);
    metrics_add(m, "cost_per_item", mean, fmax(t.low, 0), t.high, level, n, "$");
}

static void put_stages(const struct trace_log *log, double level, struct result *out)
{
    struct stage_sum *of = mem_zero(log->stages.len + 1, sizeof *of);
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        const struct log_visit *begin = log->visits.at + it->first_visit;
        for (const struct log_visit *v = begin; v < begin + it->n_visits; v++) {
            double x = costs_of_visit(log, v);
            of[v->stage].any = of[v->stage].any || !isnan(x);
            of[v->stage].here += isnan(x) ? 0 : x;
        }
        for (const struct log_visit *v = begin; v < begin + it->n_visits; v++) {
            struct stage_sum *s = &of[v->stage];
            s->sum += s->here;
            s->squares += s->here * s->here;
            s->here = 0;
        }
    }
    for (size_t s = 0; s < log->stages.len && s < out->stages.len; s++)
        if (of[s].any)
            put_mean(&out->stages.at[s].metrics, &of[s], log->items.len, level);
    mem_free(of);
}

/* E[cost] / P(correct): of pairs where the truth is known of all that shipped, else its bounds. */
static void put_per_correct(const struct trace_log *log, const double *x, double level,
                            struct metrics *m)
{
    size_t n = log->items.len;
    double correct = 0, unknown = 0, cost = 0, joint = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        const struct log_item *it = &log->items.at[i];
        bool shipped = it->end == LOG_SHIPPED, good = shipped && it->shipped == LOG_GOOD;
        correct += good;
        unknown += shipped && it->shipped == LOG_UNKNOWN;
        cost += x[i];
        joint += good ? x[i] : 0;
        squares += x[i] * x[i];
    }
    if (unknown > 0) {
        metrics_add(m, "cost_per_correct", NAN, cost / (correct + unknown),
                    correct > 0 ? cost / correct : INFINITY, 0, n, "$");
    } else if (correct > 0 && n > 1) {
        double p = correct / (double)n, mean = cost / (double)n, unbias = (double)n - 1;
        struct interval i =
            interval_ratio(mean, p, fmax(squares - cost * mean, 0) / unbias,
                           p * (1 - p) * (double)n / unbias, (joint - cost * p) / unbias, n, level);
        metrics_add(m, "cost_per_correct", mean / p, i.low, i.high, level, n, "$");
    }
}

void observe_costs(const struct trace_log *log, double level, struct result *out)
{
    size_t n = log->items.len;
    if (!log->cost || n == 0)
        return;
    double *x = mem_alloc(n * sizeof *x);
    size_t silent = 0;
    for (size_t i = 0; i < n; i++) {
        silent += isnan(log->items.at[i].cost);
        x[i] = isnan(log->items.at[i].cost) ? 0 : log->items.at[i].cost;
    }
    put_per_correct(log, x, level, &out->metrics);
    sort_doubles(x, n);
    observe_mean(&out->metrics, "cost_per_item", x, n, n, level, "$");
    observe_quantile(&out->metrics, "cost_p95", x, n, 0.95, level, "$");
    observe_quantile(&out->metrics, "cost_p99", x, n, 0.99, level, "$");
    put_stages(log, level, out);
    result_assume(out, "a span that tells at least the cost of all spans below it has told their "
                       "sum; else its cost comes on top");
    if (silent)
        result_warn(out, "%zu of %zu items tell no cost, and count as free", silent, n);
    mem_free(x);
}
