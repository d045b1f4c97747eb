/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the running system did, over all items.
 *
 * Truth is known of labelled items and, by the reviewer's word, of decided ones; of the rest an OK
 * status says nothing, so shares that depend on it are bounds.  Quantiles: nearest rank, the
 * smallest value x with F(x) >= p (Hyndman and Fan 1996, type 1); their intervals are order
 * statistics (David and Nagaraja 2003, 7.1); the band of the distribution function is of Dvoretzky,
 * Kiefer and Wolfowitz with Massart's constant (1990). */
#include "trace/observe.h"

#include "math/interval.h"
#include "math/sort.h"
#include "trace/costs.h"
#include "trace/quality.h"

#include <math.h>

enum { CDF_POINTS = 200 };

double observe_span_s(int64_t start_ns, int64_t end_ns)
{
    return start_ns && end_ns >= start_ns ? (double)(end_ns - start_ns) * 1e-9 : NAN;
}

double observe_between_s(const struct trace_log *log, const struct log_item *it)
{
    int64_t rest_ns = it->end_ns - it->start_ns;
    if (isnan(observe_span_s(it->start_ns, it->end_ns)))
        return NAN;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        if (!isnan(observe_span_s(visit->start_ns, visit->end_ns)))
            rest_ns -= visit->end_ns - visit->start_ns;
    }
    return rest_ns > 0 ? (double)rest_ns * 1e-9 : 0;
}

void observe_share(struct metrics *m, const char *name, uint64_t k, uint64_t n, double level)
{
    if (n == 0)
        return;
    struct interval i = interval_wilson(k, n, level);
    metrics_add(m, name, (double)k / (double)n, i.low, i.high, level, n, "1");
}

void observe_mean(struct metrics *m, const char *name, const double *x, size_t k, size_t n,
                  double level, const char *unit)
{
    double mean = 0, ss = 0, zeros = (double)(n - k);
    if (n == 0)
        return;
    for (size_t i = 0; i < k; i++)
        mean += x[i];
    mean /= (double)n;
    for (size_t i = 0; i < k; i++)
        ss += (x[i] - mean) * (x[i] - mean);
    ss += zeros * mean * mean;
    struct interval t = {0, INFINITY};
    if (n > 1)
        t = interval_mean(mean, ss / (double)(n - 1), n, level);
    metrics_add(m, name, mean, fmax(t.low, 0), t.high, level, n, unit);
}

void observe_quantile(struct metrics *m, const char *name, const double *sorted, size_t n, double p,
                      double level, const char *unit)
{
    uint64_t low, high, rank = sample_rank(n, p);
    interval_quantile_ranks(n, p, level, &low, &high, NULL);
    metrics_add(m, name, sorted[(rank ? rank : 1) - 1], low ? sorted[low - 1] : 0,
                high <= n ? sorted[high - 1] : INFINITY, level, n, unit);
}

void observe_latency(struct metrics *m, const char *const names[5], double *x, size_t n,
                     double level)
{
    static const double p[] = {0.5, 0.9, 0.95, 0.99};
    if (n == 0)
        return;
    sort_doubles(x, n);
    observe_mean(m, names[0], x, n, n, level, "s");
    for (size_t k = 0; k < 4; k++)
        observe_quantile(m, names[k + 1], x, n, p[k], level, "s");
}

int32_t observe_draft_stage(const struct trace_log *log)
{
    int32_t end = log->gate >= 0     ? log->gate
                  : log->review >= 0 ? log->review
                                     : (int32_t)log->stages.len - 1;
    if (log->gate >= 0 && log->stages.at[log->gate].kind == STEP_STAGE)
        end++; /* the step before the review does work of its own */
    for (int32_t s = end - 1; s >= 0; s--)
        if (log->stages.at[s].layer == LAYER_MODEL && log->stages.at[s].kind == STEP_STAGE)
            return s;
    if (log->scorer >= 0 && log->stages.at[log->scorer].kind == STEP_STAGE)
        return log->scorer;
    for (int32_t s = end - 1; s >= 0; s--)
        if (log->stages.at[s].kind == STEP_STAGE)
            return s;
    return -1;
}

struct counts {
    uint64_t items, end[4], correct, wrong, unknown, reviewed, labelled;
    uint64_t auto_shipped, auto_wrong, auto_unknown, reviewed_known, reviewed_bad;
};

static void count_items(const struct trace_log *log, struct counts *c)
{
    c->items = log->items.len;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        bool shipped = it->end == LOG_SHIPPED;
        c->end[it->end]++;
        c->reviewed += it->reviewed;
        c->correct += shipped && it->shipped == LOG_GOOD;
        c->wrong += shipped && it->shipped == LOG_BAD;
        c->unknown += shipped && it->shipped == LOG_UNKNOWN;
        c->labelled += shipped ? it->shipped != LOG_UNKNOWN : it->draft != LOG_UNKNOWN;
        if (shipped && !it->reviewed) {
            c->auto_shipped++;
            c->auto_wrong += it->shipped == LOG_BAD;
            c->auto_unknown += it->shipped == LOG_UNKNOWN;
        }
        c->reviewed_known += it->reviewed && it->draft != LOG_UNKNOWN;
        c->reviewed_bad += it->reviewed && it->draft == LOG_BAD;
    }
}

/* k of n known, and `unknown` more that may be. */
static void put_bounded(struct metrics *m, const char *name, uint64_t k, uint64_t unknown,
                        uint64_t n, double level)
{
    if (unknown == 0)
        observe_share(m, name, k, n, level);
    else
        metrics_add(m, name, NAN, (double)k / (double)n, (double)(k + unknown) / (double)n, 0, n,
                    "1");
}

static void put_shares(const struct counts *c, double level, struct result *out)
{
    struct metrics *m = &out->metrics;
    uint64_t n = c->items, shipped = c->end[LOG_SHIPPED];
    put_bounded(m, "reliability", c->correct, c->unknown, n, level);
    put_bounded(m, "share_wrong", c->wrong, c->unknown, n, level);
    observe_share(m, "share_rejected", c->end[LOG_REJECTED], n, level);
    observe_share(m, "share_failed", c->end[LOG_FAILED], n, level);
    observe_share(m, "share_unfinished", c->end[LOG_UNFINISHED], n, level);
    observe_share(m, "completion", shipped, n, level);
    if (c->unknown == 0)
        observe_share(m, "shipped_error", c->wrong, shipped, level);
    if (c->auto_unknown == 0)
        observe_share(m, "auto_error", c->auto_wrong, c->auto_shipped, level);
    observe_share(m, "review_load", c->reviewed, n, level);
    observe_share(m, "label_coverage", c->labelled, n, level);
    observe_share(m, "review_precision", c->reviewed_bad, c->reviewed_known, level);
    metrics_add_exact(m, "items", (double)n, "count");
}

static void put_visits(const struct trace_log *log, double level, struct result *out)
{
    size_t n = log->items.len;
    double *visits = mem_zero(n, sizeof *visits), *reviews = mem_zero(n, sizeof *reviews);
    for (size_t i = 0; i < n; i++) {
        const struct log_item *it = &log->items.at[i];
        visits[i] = it->n_visits;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
            reviews[i] += (int32_t)log->visits.at[v].stage == log->review;
    }
    observe_mean(&out->metrics, "reviews_per_item", reviews, n, n, level, "1");
    observe_mean(&out->metrics, "visits_mean", visits, n, n, level, "1");
    mem_free(visits);
    mem_free(reviews);
}

static void put_cdf(const double *sorted, size_t n, double level, struct result *out)
{
    if (n == 0)
        return;
    struct curve *c = result_add_curve(out, "latency_cdf", "latency", "share");
    double band = sqrt(log(2 / (1 - level)) / (2 * (double)n));
    size_t points = n < CDF_POINTS ? n : CDF_POINTS;
    for (size_t k = 1; k <= points; k++) {
        size_t rank = k * n / points;
        double f = (double)rank / (double)n;
        struct point at = {
            .x = sorted[rank - 1], .y = f, .low = fmax(f - band, 0), .high = fmin(f + band, 1)};
        vec_push(&c->points, at);
    }
}

static void put_latency(const struct trace_log *log, double level, struct result *out)
{
    static const char *const shipped_names[] = {"latency_mean", "latency_p50", "latency_p90",
                                                "latency_p95", "latency_p99"};
    static const char *const all_names[] = {"latency_all_mean", "latency_all_p50",
                                            "latency_all_p90", "latency_all_p95",
                                            "latency_all_p99"};
    double *x = mem_alloc(log->items.len * sizeof *x);
    for (int all = 0; all < 2; all++) {
        size_t n = 0;
        for (size_t i = 0; i < log->items.len; i++) {
            const struct log_item *it = &log->items.at[i];
            double s = observe_span_s(it->start_ns, it->end_ns);
            if (!isnan(s) && (all ? it->end != LOG_UNFINISHED : it->end == LOG_SHIPPED))
                x[n++] = s;
        }
        observe_latency(&out->metrics, all ? all_names : shipped_names, x, n, level);
        if (!all)
            put_cdf(x, n, level, out);
    }
    mem_free(x);
}

static void put_edges(const struct trace_log *log, double level, struct result *out)
{
    static const char *const targets[] = {"", "ship", "reject", "fail"};
    for (size_t k = 0; k < log->edges.len; k++) {
        const struct log_edge *e = &log->edges.at[k];
        if (e->from < 0)
            continue;
        const struct log_stage *from = &log->stages.at[e->from];
        struct edge_row row = {.from = arena_strdup(&out->arena, from->id),
                               .to = e->to >= 0
                                         ? arena_strdup(&out->arena, log->stages.at[e->to].id)
                                         : targets[-e->to],
                               .count = e->count};
        observe_share(&row.metrics, "share", e->count, from->visits, level);
        vec_push(&out->edges, row);
    }
}

/* Branches and loops, which the table of edges shows and does not name. */
static void tell_flow(const struct trace_log *log, struct result *out)
{
    for (size_t i = 0; i < log->pairs.len; i++) {
        const struct log_pair *p = &log->pairs.at[i];
        if (2 * p->together >= p->both)
            result_assume(out, "`%s` and `%s` ran side by side in %llu of %llu items",
                          log->stages.at[p->a].id, log->stages.at[p->b].id,
                          (unsigned long long)p->together, (unsigned long long)p->both);
    }
    for (size_t k = 0; k < log->edges.len; k++) {
        const struct log_edge *e = &log->edges.at[k];
        if (e->from >= 0 && e->to >= 0 && e->to <= e->from)
            result_assume(out, "a loop leads from `%s` back to `%s` (%llu times)",
                          log->stages.at[e->from].id, log->stages.at[e->to].id,
                          (unsigned long long)e->count);
    }
}

static void warn(const struct trace_log *log, const struct counts *c, struct result *out)
{
    unsigned long long n = c->items, known = n - c->unknown;
    bool reviewed_only = c->auto_shipped && c->auto_unknown == c->auto_shipped;
    if (c->unknown)
        result_warn(out,
                    "reliability is known for %llu of %llu items: of the others an OK status says "
                    "nothing, so it is given as bounds; a label file (--labels) would narrow them",
                    known, n);
    if (log->annotated)
        result_assume(out, "%llu annotations by people of drafts and runs are taken as true",
                      (unsigned long long)log->annotated);
    if (c->reviewed_known && !log->labelled)
        result_warn(out, "what is known of reviewed items is the reviewer's word, taken as true");
    if (reviewed_only && log->labelled)
        result_warn(out, "no item that shipped without a review is labelled: what they hide cannot "
                         "be known from the reviewed ones; audit a share of them");
    if (log->gate >= 0 && log->gate_mixed)
        result_warn(out, "%llu items went the other way than the threshold %g says",
                    (unsigned long long)log->gate_mixed, log->threshold);
    tell_flow(log, out);
    if (c->end[LOG_UNFINISHED])
        result_warn(out, "%llu items wait for a person at the end of the log, or were cut off",
                    (unsigned long long)c->end[LOG_UNFINISHED]);
    result_assume(out, "a trace is an item; one resumed after an interrupt is joined by its "
                       "session, thread or conversation id");
    result_assume(out, "spans of one step that follow a failed or interrupted one are further "
                       "attempts of the same visit");
}

void log_observe(const struct trace_log *log, double level, struct result *out)
{
    struct counts c = {0};
    out->run.present = true;
    out->run.method = "log";
    out->run.covers = "sampling";
    out->run.trials = log->items.len;
    count_items(log, &c);
    put_shares(&c, level, out);
    put_visits(log, level, out);
    put_latency(log, level, out);
    observe_stages(log, level, out);
    put_edges(log, level, out);
    observe_costs(log, level, out);
    observe_flow(log, level, out);
    observe_confidence(log, level, out);
    observe_names(log, out);
    quality_report(log, out);
    warn(log, &c, out);
}
