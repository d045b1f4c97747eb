/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fitted flows show what the log showed: random scenarios with ways, loops, retries, failures and
 * parallels leave a log; what is fitted to it leaves another one, and both are compared: edges,
 * visits of each step, ends, latencies; and the simulator's answer to the fit is that of the log.
 *
 * Each of SCENARIOS scenarios gives at most 60 comparisons at 5 standard errors (6e-7 each), so
 * that another seed would fail by chance with probability 1e-3 at most; the seed is fixed. */
#include "math/rng.h"
#include "math/sort.h"
#include "model/scenario.h"
#include "sim/run.h"
#include "tests/support/flow_log.h"
#include "tests/support/support.h"
#include "trace/estimate.h"
#include "trace/observe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SCENARIOS = 16, ITEMS = 600, AGAIN = 3000, TRIALS = 10000 };

/* --- random scenarios */

struct maker {
    struct rng_seq rng;
    struct buf text;
    uint32_t steps;
};

static uint32_t pick(struct maker *m, uint32_t n)
{
    return (uint32_t)rng_below(&m->rng, n);
}

static void put_stage(struct maker *m, const char *pad, const char *name, unsigned k, bool fails)
{
    static const char *const laws[] = {
        "{gamma: {shape: 2, scale: 400ms}}", "{lognormal: {p50: 500ms, sigma: 0.5}}",
        "{exponential: {mean: 1s}}", "{uniform: {from: 200ms, to: 900ms}}"};
    buf_printf(&m->text, "%s- stage: %s%u\n%s  latency: %s\n", pad, name, k, pad, laws[pick(m, 4)]);
    if (!fails || pick(m, 3))
        return;
    buf_printf(&m->text, "%s  error: %u%%\n", pad, 2 + pick(m, 12));
    if (pick(m, 2))
        buf_printf(&m->text, "%s  retry: {attempts: %u, backoff: {initial: 100ms}}\n", pad,
                   2 + pick(m, 2));
}

static void put_next(struct maker *m, unsigned k)
{
    unsigned left = 100;
    bool back = k > 0 && !pick(m, 3), skip = k + 2 < m->steps && !pick(m, 2);
    if (!back && !skip)
        return;
    buf_puts(&m->text, "    next:\n");
    if (back) {
        unsigned p = 10 + pick(m, 30);
        buf_printf(&m->text, "      - {to: s%u, at_most: %u, then: %s, probability: %u%%}\n",
                   pick(m, k + 1), 1 + pick(m, 3), "ship", p);
        left -= p;
    }
    if (skip) {
        unsigned p = 10 + pick(m, left - 20);
        buf_printf(&m->text, "      - {to: s%u, probability: %u%%}\n",
                   k + 2 + pick(m, m->steps - k - 2), p);
    }
    buf_printf(&m->text, "      - {to: s%u}\n", k + 1);
}

/* Its name stands where ways lead to: s<k>. */
static void put_parallel(struct maker *m, unsigned k)
{
    unsigned branches = 2 + pick(m, 2);
    bool any = !pick(m, 3);
    buf_printf(&m->text, "  - parallel: s%u\n    join: %s\n    branches:\n", k,
               any ? "any" : "all");
    for (unsigned b = 0; b < branches; b++) {
        char name[32];
        buf_puts(&m->text, "      -\n");
        for (unsigned j = 0; j < (any ? 1 : 1 + pick(m, 2)); j++) {
            snprintf(name, sizeof name, "b%u_%u_", k, b);
            put_stage(m, "        ", name, j, !any);
        }
    }
}

static void make(struct maker *m, uint64_t seed)
{
    bool before = false;
    m->rng = (struct rng_seq){rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    m->steps = 4 + pick(m, 4);
    buf_clear(&m->text);
    buf_puts(&m->text, "seam: 1\nflow:\n");
    for (unsigned k = 0; k < m->steps; k++) {
        bool parallel = !before && k > 0 && k + 1 < m->steps && !pick(m, 3);
        if (parallel)
            put_parallel(m, k);
        else
            put_stage(m, "  ", "s", k, true);
        before = parallel;
        if (k + 1 < m->steps && !parallel)
            put_next(m, k);
    }
}

/* --- logs compared */

struct seen {
    double n, visits, visits2, shipped, time, time2;
};

/* Visits of a step per item, and time of those shipped. */
static struct seen see(const struct trace_log *log, const char *id)
{
    struct seen s = {.n = (double)log->items.len};
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        double visits = 0, t = observe_span_s(it->start_ns, it->end_ns);
        for (uint32_t v = it->first_visit; id && v < it->first_visit + it->n_visits; v++)
            visits += !strcmp(log->stages.at[log->visits.at[v].stage].id, id);
        s.visits += visits;
        s.visits2 += visits * visits;
        if (it->end != LOG_SHIPPED)
            continue;
        s.shipped++;
        s.time += t;
        s.time2 += t * t;
    }
    return s;
}

static void same(double a, double var_a, double b, double var_b, const char *what,
                 const struct maker *m, const char *fitted)
{
    double se = sqrt(var_a + var_b) + 1e-9;
    if (fabs(a - b) <= 5 * se)
        return;
    fputs(buf_text(&m->text), stderr);
    fputs(fitted, stderr);
    fail_msg("%s: %g in the log, %g by the fit (%.1f standard errors)", what, a, b,
             fabs(a - b) / se);
}

/* Of a share; never 0, for what was never seen may be. */
static double variance_of_share(double p, double n)
{
    return p * (1 - p) / n + 1 / (n * n);
}

static double variance(double sum, double sum2, double n)
{
    return n > 1 ? fmax(sum2 - sum * sum / n, 0) / (n - 1) / n : 0;
}

static void same_means(const struct trace_log *a, const struct trace_log *b, const struct maker *m,
                       const char *fitted)
{
    for (size_t k = 0; k < a->stages.len; k++) {
        struct seen x = see(a, a->stages.at[k].id), y = see(b, a->stages.at[k].id);
        same(x.visits / x.n, variance(x.visits, x.visits2, x.n), y.visits / y.n,
             variance(y.visits, y.visits2, y.n), a->stages.at[k].id, m, fitted);
    }
    struct seen x = see(a, NULL), y = see(b, NULL);
    double p = x.shipped / x.n, q = y.shipped / y.n;
    same(p, variance_of_share(p, x.n), q, variance_of_share(q, y.n), "completion", m, fitted);
    same(x.time / x.shipped, variance(x.time, x.time2, x.shipped), y.time / y.shipped,
         variance(y.time, y.time2, y.shipped), "latency_mean", m, fitted);
}

static double edge_share(const struct trace_log *log, const char *from, const char *to, int32_t out,
                         double *n)
{
    double k = 0;
    *n = 0;
    for (size_t i = 0; i < log->edges.len; i++) {
        const struct log_edge *e = &log->edges.at[i];
        const char *f = e->from < 0 ? "" : log->stages.at[e->from].id;
        if (strcmp(f, from))
            continue;
        *n += (double)e->count;
        bool hit = e->to < 0 ? !to && e->to == out : to && !strcmp(log->stages.at[e->to].id, to);
        k += hit ? (double)e->count : 0;
    }
    return *n > 0 ? k / *n : 0;
}

static void same_edges(const struct trace_log *a, const struct trace_log *b, const struct maker *m,
                       const char *fitted)
{
    for (size_t i = 0; i < a->edges.len; i++) {
        const struct log_edge *e = &a->edges.at[i];
        const char *from = e->from < 0 ? "" : a->stages.at[e->from].id;
        const char *to = e->to < 0 ? NULL : a->stages.at[e->to].id;
        char what[80];
        double n, m2, p = edge_share(a, from, to, e->to, &n),
                      q = edge_share(b, from, to, e->to, &m2);
        double v = (p * n + q * m2) / (n + m2);
        snprintf(what, sizeof what, "share of %s to %s", from, to ? to : "an end");
        same(p, variance_of_share(v, n), q, variance_of_share(v, fmax(m2, 1)), what, m, fitted);
    }
}

/* --- round trip */

static void read_scenario(const char *text, struct pipeline *p)
{
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    if (scenario_parse("made", text, strlen(text), NULL, p, &faults, &err))
        fail_msg("%s\n%s", err.text, text);
    faults_release(&faults);
}

static const struct metric *metric(const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    assert_non_null(m);
    return m;
}

static void simulated_alike(const struct trace_log *log, const struct pipeline *p,
                            const struct maker *m, const char *fitted)
{
    struct run_options options = {
        .trials = TRIALS, .seed = 3, .threads = 1, .level = 0.95, .means_only = false};
    struct result r;
    struct error err = {0};
    struct seen x = see(log, NULL);
    double q = x.shipped / x.n;
    result_init(&r, "simulate");
    ok(run_simulate(p, &options, &r, &err), &err);
    const struct metric *c = metric(&r, "completion"), *t = metric(&r, "latency_mean");
    double half = (c->high - c->low) / 2 / 1.96, half_t = (t->high - t->low) / 2 / 1.96;
    same(q, variance_of_share(q, x.n), c->value, half * half, "simulated completion", m, fitted);
    same(x.time / x.shipped, variance(x.time, x.time2, x.shipped), t->value, half_t * half_t,
         "simulated latency_mean", m, fitted);
    result_release(&r);
}

/* Of the made ones: s1, b1_0_0. */
static bool is_no_step(const char *id)
{
    return !(*id == 's' || *id == 'b') || strlen(id) > 8 || strstr(id, "-") || id[1] > '9';
}

/* The log of m's scenario, the fit to it, and the fit's log. */
static void round_trip(const struct maker *m, uint64_t seed, bool simulate)
{
    struct flow_log_options options = {.seed = seed, .items = ITEMS, .run_on = seed % 2};
    struct pipeline made, fit, again;
    struct trace_log log, log2;
    struct result info;
    struct buf text;
    const char **notes;
    struct error err = {0};
    read_scenario(buf_text(&m->text), &made);
    flow_log(&made, &options, &log);
    pipeline_init(&fit);
    result_init(&info, "fit");
    buf_init(&text);
    ok(log_fit(&log, &(struct fit_options){1}, &fit, &notes, &info, &err), &err);
    scenario_write(&fit, NULL, notes, &text);
    for (size_t i = 0; i < info.warnings.len; i++)
        if (strstr(info.warnings.at[i], "no flow of steps"))
            fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, info.warnings.at[i],
                     buf_text(&m->text));
    read_scenario(buf_text(&text), &again); /* what is written is read and checked */
    again.arrivals = (struct arrivals){.kind = ARRIVALS_NONE};
    again.horizon = (struct horizon){0};
    options = (struct flow_log_options){
        .seed = seed + 1000, .items = AGAIN, .run_on = seed % 2, .hidden = is_no_step};
    flow_log(&again, &options, &log2);
    same_means(&log, &log2, m, buf_text(&text));
    same_edges(&log, &log2, m, buf_text(&text));
    if (simulate)
        simulated_alike(&log, &again, m, buf_text(&text));
    log_release(&log);
    log_release(&log2);
    pipeline_release(&made);
    pipeline_release(&fit);
    pipeline_release(&again);
    result_release(&info);
    buf_release(&text);
}

static void fitted_flows_show_what_the_log_showed(void **state)
{
    for (uint64_t seed = 1; seed <= SCENARIOS; seed++) {
        struct maker m = {.steps = 0};
        make(&m, seed);
        round_trip(&m, seed, seed % 4 == 0);
        buf_release(&m.text);
    }
}

/* Two people in turn: the first sends drafts back or stops them, the second stops some. */
static void people_who_send_back_and_stop_are_fitted(void **state)
{
    static const char flow[] =
        "seam: 1\nflow:\n  - stage: s0\n    wrong: 30%\n    latency: {exponential: {mean: 1s}}\n"
        "  - review: s1\n    sensitivity: 90%\n    specificity: 95%\n    fixes: 30%\n"
        "    latency: {exponential: {mean: 9s}}\n"
        "    on_reject: {goto: s0, at_most: 2, then: reject}\n"
        "  - stage: s2\n    latency: {exponential: {mean: 1s}}\n"
        "    next: [{to: s3, probability: 40%}, {to: s4}]\n"
        "  - review: s3\n    sensitivity: 80%\n    specificity: 85%\n"
        "    latency: {exponential: {mean: 5s}}\n"
        "    on_reject: {goto: s2, at_most: 1, then: s4}\n"
        "  - stage: s4\n    latency: {exponential: {mean: 1s}}\n";
    struct maker m = {.steps = 5};
    buf_puts(&m.text, flow);
    round_trip(&m, 7, true);
    buf_release(&m.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fitted_flows_show_what_the_log_showed),
        cmocka_unit_test(people_who_send_back_and_stop_are_fitted),
    };
    return cmocka_run_group_tests_name("fit_flow", tests, NULL, NULL);
}
