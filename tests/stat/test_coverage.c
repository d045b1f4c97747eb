/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals hold the true value as often as they say, over RUNS independent runs.
 *
 * The count of runs that cover is binomial; at 95% its standard deviation over 400 runs is 4.4, at
 * 50% it is 10, and each check allows five of them (6e-7 by the normal law).  About 30 checks, so
 * that another set of seeds would fail by chance with probability 2e-5; the seeds are fixed.  The
 * checks at 50% have power: intervals wider or narrower by a third would fail them. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RUNS = 400, TRIALS = 4000 };

struct truth {
    const char *name; /* of a top metric, or "step/metric" */
    double value;
    bool coarse; /* the estimate moves in steps: covers at least as often as it says */
};

static const struct metric *find(const struct result *r, const char *name)
{
    char step[32];
    const char *slash = strchr(name, '/');
    if (!slash)
        return metrics_find(&r->metrics, name);
    snprintf(step, sizeof step, "%.*s", (int)(slash - name), name);
    return metrics_find(&result_stage(r, step)->metrics, slash + 1);
}

/* How many of RUNS runs cover each truth at `level`. */
static void count_covered(const struct pipeline *p, double level, const struct truth *truth,
                          size_t n, const struct run_options *base, uint32_t *covered)
{
    for (size_t i = 0; i < n; i++)
        covered[i] = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct error err = {0};
        struct result r;
        struct run_options options = *base;
        options.seed = seed;
        options.level = level;
        result_init(&r, "simulate");
        ok(run_simulate(p, &options, &r, &err), &err);
        for (size_t i = 0; i < n; i++) {
            const struct metric *m = find(&r, truth[i].name);
            if (!m)
                fail_msg("there is no %s", truth[i].name);
            covered[i] += m->low <= truth[i].value && truth[i].value <= m->high;
        }
        result_release(&r);
    }
}

static void check_level(const struct pipeline *p, double level, const struct truth *truth, size_t n)
{
    const struct run_options base = {.trials = TRIALS, .threads = 1};
    uint32_t covered[16];
    double want = RUNS * level, sd = sqrt(RUNS * level * (1 - level));
    count_covered(p, level, truth, n, &base, covered);
    for (size_t i = 0; i < n; i++) {
        double most = truth[i].coarse ? RUNS : want + 5 * sd;
        if (covered[i] < want - 5 * sd || covered[i] > most)
            fail_msg("%s at %g: %u of %d runs cover %.9g", truth[i].name, level, covered[i], RUNS,
                     truth[i].value);
    }
}

/* Retries with waits: latency quantiles from the mixture of Erlang laws, solved apart from this
 * program; the rest from the exact chain. */
static void shares_means_ratios_and_quantiles_cover_as_they_say(void **state)
{
    struct pipeline p;
    struct result exact;
    struct error err = {0};
    struct exact_options options = {.level = 0.95};
    bool complete;
    flow_read("flow:\n  - stage: a\n    error: 20%\n    latency: {exponential: {mean: 1s}}\n"
              "    cost: {per_call: $1}\n"
              "    retry: {attempts: 4, backoff: {initial: 0.5s, factor: 2}}\n",
              &p);
    result_init(&exact, "solve");
    ok(exact_solve(&p, &options, &exact, &complete, &err), &err);
    struct truth truth[] = {
        {"reliability",         0,                  true }, /* 6 failures in a run: a lattice */
        {"latency_mean",        0,                  false},
        {"latency_all_mean",    0,                  false},
        {"cost_per_item",       0,                  true }, /* whole dollars */
        {"cost_per_correct",    0,                  false},
        {"latency_sd",          0,                  false},
        {"cost_sd",             0,                  false},
        {"visits_mean",         1,                  true },
        {"a/error_rate",        0.2,                true },
        {"a/attempts_per_item", 1.248,              true },
        {"latency_p50",         0.9402466657037752, false},
        {"latency_p95",         4.284004832817367,  false},
        {"latency_p99",         6.802457756618616,  true },
    };
    for (int i = 0; i < 7; i++)
        truth[i].value = metrics_find(&exact.metrics, truth[i].name)->value;
    near(truth[1].value, 1.3942307692307694, 1e-12);
    check_level(&p, 0.95, truth, sizeof truth / sizeof *truth);
    check_level(&p, 0.5, truth, sizeof truth / sizeof *truth);
    result_release(&exact);
    pipeline_release(&p);
}

/* A stopping rule that looked without paying for it would cover too seldom. */
static void intervals_of_a_run_that_stopped_itself_still_cover(void **state)
{
    struct pipeline p;
    struct truth truth = {"reliability", 0.7, true};
    struct run_until until = {"reliability", 0.004};
    const struct run_options base = {.threads = 1, .until = &until, .n_until = 1};
    uint32_t covered;
    flow_read("flow:\n  - stage: a\n    error: 30%\n", &p);
    count_covered(&p, 0.95, &truth, 1, &base, &covered);
    within(covered, RUNS * 0.95 - 5 * sqrt(RUNS * 0.95 * 0.05), RUNS);
    pipeline_release(&p);
}

/* A log of 100 calls with k errors, then 1,000 new items: the interval made from the log holds what
 * the new items show.  Over errors at 5% the count of logs whose interval does is at least that of
 * the level, less what 100 calls and five standard deviations allow (Jeffreys' interval covers
 * between 93% and 97% for such n). */
static void intervals_from_evidence_hold_what_new_items_show(void **state)
{
    uint32_t held = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct pipeline log, fitted;
        struct result seen, now, predicted;
        struct error err = {0};
        char flow[128];
        struct run_options options = {.trials = 100, .seed = seed, .threads = 1, .level = 0.95};
        flow_read("flow:\n  - stage: a\n    error: 5%\n", &log);
        result_init(&seen, "simulate");
        result_init(&now, "simulate");
        result_init(&predicted, "simulate");
        ok(run_simulate(&log, &options, &seen, &err), &err);
        double share = metrics_find(&seen.metrics, "share_failed")->value;
        options.trials = 1000;
        options.seed = seed + RUNS;
        ok(run_simulate(&log, &options, &now, &err), &err);
        snprintf(flow, sizeof flow, "flow:\n  - stage: a\n    error: %d/100\n",
                 (int)rint(share * 100));
        flow_read(flow, &fitted);
        options.uncertainty = true;
        options.draws = 400;
        ok(run_simulate(&fitted, &options, &predicted, &err), &err);
        const struct metric *m = metrics_find(&predicted.metrics, "share_failed");
        double shown = metrics_find(&now.metrics, "share_failed")->value;
        held += m->low <= shown && shown <= m->high;
        result_release(&seen);
        result_release(&now);
        result_release(&predicted);
        pipeline_release(&log);
        pipeline_release(&fitted);
    }
    within(held, RUNS * 0.93 - 5 * sqrt(RUNS * 0.93 * 0.07), RUNS * 0.995);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_means_ratios_and_quantiles_cover_as_they_say),
        cmocka_unit_test(intervals_of_a_run_that_stopped_itself_still_cover),
        cmocka_unit_test(intervals_from_evidence_hold_what_new_items_show),
    };
    return cmocka_run_group_tests_name("coverage", tests, prepare, NULL);
}
