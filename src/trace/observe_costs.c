/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the running system cost.  Items that tell no cost count with 0, and are counted. */
#include "math/interval.h"
#include "trace/costs.h"
#include "trace/tally_parts.h"

#include <math.h>

/* ---- counting --------------------------------------------------------------------------- */

static void add_stages(struct tally *t, const struct trace_log *log, const struct log_item *it,
                       double *here)
{
    const struct log_visit *begin = log->visits.at + it->first_visit;
    for (const struct log_visit *v = begin; v < begin + it->n_visits; v++) {
        double x = costs_of_visit(log, v);
        t->stages.at[v->stage].costed = t->stages.at[v->stage].costed || !isnan(x);
        here[v->stage] += isnan(x) ? 0 : x;
    }
    for (const struct log_visit *v = begin; v < begin + it->n_visits; v++) {
        struct tally_stage *s = &t->stages.at[v->stage];
        s->cost += here[v->stage];
        s->cost2 += here[v->stage] * here[v->stage];
        here[v->stage] = 0;
    }
}

void tally_costs_add(struct tally *t, const struct trace_log *log)
{
    if (!log->cost)
        return;
    double *here = mem_zero(log->stages.len + 1, sizeof *here); /* of the item at hand */
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (!isnan(it->cost)) {
            values_add(&t->costs.told, it->cost);
            t->costs.sum += it->cost;
            t->costs.squares += it->cost * it->cost;
            t->costs.of_correct += it->end == LOG_SHIPPED && it->shipped == LOG_GOOD ? it->cost : 0;
        }
        add_stages(t, log, it, here);
    }
    mem_free(here);
}

/* ---- telling ---------------------------------------------------------------------------- */

static void put_mean(struct metrics *m, double mean, double variance, uint64_t n, double level)
{
    struct interval t = {0, INFINITY};
    if (n > 1)
        t = interval_mean(mean, fmax(variance, 0), n, level);
    metrics_add(m, "cost_per_item", mean, fmax(t.low, 0), t.high, level, n, "$");
}

static void put_mean_of_items(const struct values *told, uint64_t n, double level,
                              struct metrics *m)
{
    double k = (double)values_n(told), mean, variance, all;
    values_moments(told, &mean, &variance);
    all = mean * k / (double)n;
    double apart =
        variance * (k - 1) + k * (mean - all) * (mean - all) + ((double)n - k) * all * all;
    put_mean(m, all, n > 1 ? apart / (double)(n - 1) : 0, n, level);
}

static void put_mean_of_stage(const struct tally_stage *s, uint64_t n, double level,
                              struct metrics *m)
{
    double mean = s->cost / (double)n;
    put_mean(m, mean, n > 1 ? (s->cost2 - s->cost * mean) / (double)(n - 1) : 0, n, level);
}

/* Rank r of all items, of which `zeros` tell no cost and come first. */
static double rank_of(const struct values *told, uint64_t zeros, uint64_t r, double *low,
                      double *high)
{
    *low = *high = 0;
    return r <= zeros ? 0 : values_rank(told, r - zeros, low, high);
}

static void put_quantile(struct metrics *m, const char *name, const struct values *told,
                         uint64_t zeros, double p, double level)
{
    uint64_t n = values_n(told) + zeros, low, high, rank = sample_rank(n, p);
    double from = 0, to = INFINITY, ignored;
    interval_quantile_ranks(n, p, level, &low, &high, NULL);
    if (low)
        (void)rank_of(told, zeros, low, &from, &ignored);
    if (high <= n)
        (void)rank_of(told, zeros, high, &ignored, &to);
    double low_at, high_at, at = rank_of(told, zeros, rank ? rank : 1, &low_at, &high_at);
    metrics_add(m, name, at, from, to, level, n, "$");
}

/* E[cost] / P(correct): of pairs where the truth is known of all that shipped, else its bounds. */
static void put_per_correct(const struct tally_costs *c, const struct tally_items *items,
                            double level, struct metrics *m)
{
    double n = (double)items->items, correct = (double)items->correct;
    double unknown = (double)items->unknown;
    if (unknown > 0) {
        metrics_add(m, "cost_per_correct", NAN, c->sum / (correct + unknown),
                    correct > 0 ? c->sum / correct : INFINITY, 0, items->items, "$");
    } else if (correct > 0 && n > 1) {
        double p = correct / n, mean = c->sum / n;
        struct interval i = interval_ratio(
            mean, p, fmax(c->squares - c->sum * mean, 0) / (n - 1), p * (1 - p) * n / (n - 1),
            (c->of_correct - c->sum * p) / (n - 1), items->items, level);
        metrics_add(m, "cost_per_correct", mean / p, i.low, i.high, level, items->items, "$");
    }
}

void observe_costs(const struct tally *t, double level, struct result *out)
{
    const struct tally_costs *c = &t->costs;
    uint64_t n = t->items.items, told = values_n(&c->told);
    if (!told)
        return;
    put_per_correct(c, &t->items, level, &out->metrics);
    put_mean_of_items(&c->told, n, level, &out->metrics);
    put_quantile(&out->metrics, "cost_p95", &c->told, n - told, 0.95, level);
    put_quantile(&out->metrics, "cost_p99", &c->told, n - told, 0.99, level);
    for (size_t s = 0; s < t->stages.len && s < out->stages.len; s++)
        if (t->stages.at[s].costed)
            put_mean_of_stage(&t->stages.at[s], n, level, &out->stages.at[s].metrics);
    result_assume(out, "a span that tells at least the cost of all spans below it has told their "
                       "sum; else its cost comes on top");
    if (told < n)
        result_warn(out, "%llu of %llu items tell no cost, and count as free",
                    (unsigned long long)(n - told), (unsigned long long)n);
}
