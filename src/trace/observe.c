/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the running system did, over all items.
 *
 * Truth is known of labelled items and, by the reviewer's word, of decided ones; of the rest an OK
 * status says nothing, so shares that depend on it are bounds.  Quantiles: nearest rank, the
 * smallest value x with F(x) >= p (Hyndman and Fan 1996, type 1); their intervals are order
 * statistics (David and Nagaraja 2003, 7.1); the band of the distribution function is of Dvoretzky,
 * Kiefer and Wolfowitz with Massart's constant (1990). */
#include "trace/tally_parts.h"

#include "math/interval.h"
#include "math/sort.h"
#include "trace/quality.h"
#include "trace/stream.h"

#include <math.h>

enum { CDF_POINTS = 200 };

double observe_span_s(int64_t start_ns, int64_t end_ns)
{
    return start_ns && end_ns >= start_ns ? (double)(end_ns - start_ns) * 1e-9 : NAN;
}

double observe_between_s(const struct trace_log *log, const struct log_item *it)
{
    int64_t rest_ns = it->end_ns - it->start_ns, until_ns = it->start_ns;
    if (isnan(observe_span_s(it->start_ns, it->end_ns)))
        return NAN;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        bool outlasts = visit->end_ns > it->end_ns; /* nobody waited for it */
        if (isnan(observe_span_s(visit->start_ns, visit->end_ns)) || visit->end_ns <= until_ns ||
            outlasts)
            continue;
        rest_ns -= visit->end_ns - (visit->start_ns > until_ns ? visit->start_ns : until_ns);
        until_ns = visit->end_ns;
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

void observe_sums(struct metrics *m, const char *name, const struct tally_sums *s, uint64_t n,
                  double level)
{
    if (n == 0)
        return;
    unsigned __int128 apart = n * s->squares - (unsigned __int128)s->sum * s->sum;
    double mean = (double)s->sum / (double)n;
    struct interval t = {0, INFINITY};
    if (n > 1)
        t = interval_mean(mean, (double)apart / (double)n / (double)(n - 1), n, level);
    metrics_add(m, name, mean, fmax(t.low, 0), t.high, level, n, "1");
}

static const double latency_p[] = {0.5, 0.9, 0.95, 0.99};

void observe_values(struct metrics *m, const char *const names[5], const struct values *v,
                    double level)
{
    uint64_t n = values_n(v);
    if (n == 0)
        return;
    double mean, variance, lowest = 0, highest = 0;
    values_moments(v, &mean, &variance);
    struct interval t = {0, INFINITY};
    if (n > 1)
        t = interval_mean(mean, variance, n, level);
    metrics_add(m, names[0], mean, fmax(t.low, 0), t.high, level, n, "s");
    for (size_t k = 0; k < 4; k++) {
        uint64_t low, high, rank = sample_rank(n, latency_p[k]);
        interval_quantile_ranks(n, latency_p[k], level, &low, &high, NULL);
        if (low)
            values_rank(v, low, &lowest, NULL);
        if (high <= n)
            values_rank(v, high, NULL, &highest);
        metrics_add(m, names[k + 1], values_rank(v, rank ? rank : 1, NULL, NULL), low ? lowest : 0,
                    high <= n ? highest : INFINITY, level, n, "s");
    }
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
    if (end == (int32_t)log->stages.len - 1 && log->stages.len &&
        (end == 0 || log->stages.at[end].layer == LAYER_MODEL) && log->gate < 0 && log->review < 0)
        end++; /* the last step drafts */
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

static void put_shares(const struct tally_items *c, double level, struct result *out)
{
    struct metrics *m = &out->metrics;
    uint64_t n = c->items, shipped = c->end[LOG_SHIPPED];
    put_bounded(m, "reliability", c->correct, c->unknown, n, level);
    put_bounded(m, "share_wrong", c->wrong, c->unknown, n, level);
    observe_share(m, "share_rejected", c->end[LOG_REJECTED], n, level);
    observe_share(m, "share_failed", c->end[LOG_FAILED], n, level);
    if (c->end[LOG_ABANDONED])
        observe_share(m, "share_abandoned", c->end[LOG_ABANDONED], n, level);
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

static void put_cdf(const struct values *v, double level, struct result *out)
{
    uint64_t n = values_n(v);
    if (n == 0)
        return;
    struct curve *c = result_add_curve(out, "latency_cdf", "latency", "share");
    double band = sqrt(log(2 / (1 - level)) / (2 * (double)n));
    uint64_t points = n < CDF_POINTS ? n : CDF_POINTS;
    for (uint64_t k = 1; k <= points; k++) {
        uint64_t rank = k * n / points;
        double f = (double)rank / (double)n;
        struct point at = {.x = values_rank(v, rank, NULL, NULL),
                           .y = f,
                           .low = fmax(f - band, 0),
                           .high = fmin(f + band, 1)};
        vec_push(&c->points, at);
    }
}

static void put_latency(const struct tally_items *c, double level, struct result *out)
{
    static const char *const shipped_names[] = {"latency_mean", "latency_p50", "latency_p90",
                                                "latency_p95", "latency_p99"};
    static const char *const all_names[] = {"latency_all_mean", "latency_all_p50",
                                            "latency_all_p90", "latency_all_p95",
                                            "latency_all_p99"};
    observe_values(&out->metrics, shipped_names, &c->shipped_s, level);
    put_cdf(&c->shipped_s, level, out);
    observe_values(&out->metrics, all_names, &c->all_s, level);
}

static void put_edges(const struct tally *t, const struct trace_log *log, double level,
                      struct result *out)
{
    static const char *const targets[] = {"", "ship", "reject", "fail"};
    for (size_t k = 0; k < t->edges.len; k++) {
        const struct log_edge *e = &t->edges.at[k];
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
static void tell_flow(const struct tally *t, const struct trace_log *log, struct result *out)
{
    for (size_t i = 0; i < t->pairs.len; i++) {
        const struct log_pair *p = &t->pairs.at[i];
        if (2 * p->together >= p->both)
            result_assume(out, "`%s` and `%s` ran side by side in %llu of %llu items",
                          log->stages.at[p->a].id, log->stages.at[p->b].id,
                          (unsigned long long)p->together, (unsigned long long)p->both);
    }
    for (size_t k = 0; k < t->edges.len; k++) {
        const struct log_edge *e = &t->edges.at[k];
        if (e->from >= 0 && e->to >= 0 && e->to <= e->from)
            result_assume(out, "a loop leads from `%s` back to `%s` (%llu times)",
                          log->stages.at[e->from].id, log->stages.at[e->to].id,
                          (unsigned long long)e->count);
    }
}

/* Several steps, and none of them ever followed another: the log does not tell what belongs
 * together (instrumentations that give each span a trace of its own write such logs). */
static void tell_scattered(const struct tally *t, const struct trace_log *log, struct result *out)
{
    enum { ITEMS_LEAST = 20 };
    size_t steps = 0;
    for (size_t s = 0; s < t->stages.len; s++)
        steps += t->stages.at[s].visits > 0;
    for (size_t k = 0; k < t->edges.len; k++)
        if (t->edges.at[k].from >= 0 && t->edges.at[k].to >= 0)
            return;
    if (steps < 2 || t->items.items < ITEMS_LEAST)
        return;
    result_warn(out,
                "no step ever follows another: each of the %llu traces holds one step of %zu, so "
                "an item here is a step and no run; --item-by ATTRIBUTE (or "
                "attribute:/json/pointer) names what the steps of a run share",
                (unsigned long long)log->quality.traces, steps);
}

static void warn(const struct tally *t, const struct trace_log *log, struct result *out)
{
    const struct tally_items *c = &t->items;
    uint64_t n = c->items, known = n - c->unknown;
    bool reviewed_only = c->auto_shipped && c->auto_unknown == c->auto_shipped;
    if (c->unknown)
        result_warn(out,
                    "reliability is known for %s of %s items: of the others an OK status says "
                    "nothing, so it is given as bounds; a label file (--labels) would narrow them",
                    result_count(out, known), result_count(out, n));
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
    tell_flow(t, log, out);
    tell_scattered(t, log, out);
    if (c->end[LOG_UNFINISHED])
        result_warn(out, "%llu items wait for a person at the end of the log, or were cut off",
                    (unsigned long long)c->end[LOG_UNFINISHED]);
    result_assume(out, "a trace is an item; one resumed after an interrupt is joined by its "
                       "session, thread or conversation id");
    result_assume(out, "spans of one step that follow a failed or interrupted one are further "
                       "attempts of the same visit");
}

void observe_steps(struct tally *t, const struct trace_log *log, double level, struct result *out)
{
    tally_sort(t);
    observe_stages(t, log, level, out);
    observe_names(t, out);
}

void observe_tally(struct tally *t, const struct trace_log *log, double level, struct result *out)
{
    out->run.present = true;
    out->run.method = "log";
    out->run.covers = "sampling";
    out->run.trials = t->items.items;
    tally_sort(t);
    put_shares(&t->items, level, out);
    observe_sums(&out->metrics, "reviews_per_item", &t->items.reviews, t->items.items, level);
    observe_sums(&out->metrics, "visits_mean", &t->items.visits, t->items.items, level);
    put_latency(&t->items, level, out);
    observe_stages(t, log, level, out);
    put_edges(t, log, level, out);
    observe_costs(t, level, out);
    observe_flow(t, log, level, out);
    observe_confidence(t, log, level, out);
    observe_names(t, out);
    quality_report(log, out);
    quality_tell_unknown(log, out);
    out->data.percentiles = tally_exact(t) ? "exact" : "sketch (0.8%)";
    warn(t, log, out);
    stream_report(log, out);
    folded_report(&log->folded, out);
    observe_tasks(t, level, out);
    observe_reviewers(t, level, out);
}

void log_observe(const struct trace_log *log, double level, struct result *out)
{
    struct tally *t = tally_new(0);
    tally_add(t, log);
    observe_tally(t, log, level, out);
    tally_free(t);
}
