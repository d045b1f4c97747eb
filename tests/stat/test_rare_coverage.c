/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 95% intervals of importance-sampled probabilities contain the exact value in about 95 of 100
 * runs under other seeds.  150 runs: an honest interval contains it less than 130 times with a
 * probability of 2e-5 (binomial). */
#include "model/scenario.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

static void holds(const char *flow, const char *name, double exact)
{
    enum { RUNS = 150, LEAST = 130 };
    struct error err = {0};
    struct pipeline p;
    int inside = 0;
    flow_read(flow, &p);
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        const struct run_options how = {.trials = 65536, .seed = seed, .threads = 2, .level = 0.95};
        struct result r;
        result_init(&r, "simulate");
        ok(run_simulate(&p, &how, &r, &err), &err);
        const struct metric *m = metrics_find(&r.metrics, name);
        inside += m->low <= exact && exact <= m->high;
        result_release(&r);
    }
    print_message("%s: %d of %d\n", name, inside, RUNS);
    assert_true(inside >= LEAST);
    pipeline_release(&p);
}

static void intervals_of_rare_failures_hold(void **state)
{
    /* 1 - (1 - 0.001^3)(1 - 0.002^3) */
    holds("flow:\n  - {stage: a, error: 0.1%, retry: {attempts: 3}}\n"
          "  - {stage: b, error: 0.2%, retry: {attempts: 3}}\n",
          "share_failed", 8.999999992e-09);
}

static void intervals_of_rare_defects_hold(void **state)
{
    /* wrong 0.1%, missed by 1% and by 0.1% */
    holds("flow:\n  - {stage: a, wrong: 0.1%}\n  - {check: c, sensitivity: 99%}\n"
          "  - {review: r, sensitivity: 99.9%}\n",
          "share_wrong", 1e-8);
}

static void intervals_of_a_far_deadline_hold(void **state)
{
    holds("deadline: 20s\nflow:\n  - {stage: a, latency: {exponential: {mean: 0.5s}}}\n"
          "  - {stage: b, latency: {exponential: {mean: 0.5s}}}\n"
          "  - {stage: c, latency: {exponential: {mean: 1s}}}\n",
          "share_abandoned", 8.244614310510294e-09);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_of_rare_failures_hold),
        cmocka_unit_test(intervals_of_rare_defects_hold),
        cmocka_unit_test(intervals_of_a_far_deadline_hold),
    };
    return cmocka_run_group_tests_name("rare coverage", tests, NULL, NULL);
}
