/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block engine and the general one share no code of a visit: what both run must agree. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/queue.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static const char flow[] =
    "seam: 1\n"
    "classes: {easy: {share: 60%}, hard: {share: 40%}}\n"
    "flow:\n"
    "  - stage: get\n    error: 25%\n    latency: {exponential: {mean: 200ms}}\n"
    "    cache: {hit: {easy: 30%, hard: 10%}, latency: {exponential: {mean: 3ms}}}\n"
    "    retry: {attempts: {easy: 2, hard: 3}, backoff: {initial: 100ms}}\n"
    "    cost: {per_call: $0.01}\n    fallback: make\n"
    "    next: [{to: sure, probability: 10%}, make]\n"
    "  - stage: make\n    wrong: 10%\n    error: 10%\n    latency: {gamma: {mean: 2s, sd: 1s}}\n"
    "    hedge: {after: 1.5s, copies: 2}\n    cost: {per_call: $0.2}\n"
    "    confidence: {good: {beta: {a: 9, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "    given: {get.failed: {wrong: 40%}}\n"
    "    next: [{to: get, when: \"confidence < 0.5 and visits(make) < 3\", "
    "at_most: 2, then: desk}, sure]\n"
    "  - gate: sure\n    threshold: [55%, 80%]\n    above: ship\n    between: own\n    below: "
    "desk\n"
    "    audit: {share: 30%, by: desk, design: near_threshold}\n"
    "  - gate: own\n    threshold: {beta: {a: 8, b: 4}}\n    above: ship\n    below: desk\n"
    "  - review: desk\n    sensitivity: 90%\n    latency: {exponential: {mean: 60s}}\n"
    "    on_reject: {goto: make, at_most: 1, then: reject}\n";

/* Both values within five of their own standard errors; exact ones are met by the other's. */
static uint32_t compare(const struct metrics *a, const struct metrics *b, const char *where)
{
    uint32_t n = 0;
    for (size_t i = 0; i < a->list.len; i++) {
        const struct metric *x = &a->list.at[i], *y = metrics_find(b, x->name);
        if (!y || !isfinite(x->high) || !isfinite(y->high))
            continue;
        double sigma = hypot(x->high - x->low, y->high - y->low) / (2 * 1.96);
        if (fabs(x->value - y->value) > 5 * sigma + 1e-9 * fabs(x->value))
            fail_msg("%s %s: %g in blocks, %g event by event, sigma %g", where, x->name, x->value,
                     y->value, sigma);
        n++;
    }
    return n;
}

static void both_engines_agree_on_what_both_run(void **state)
{
    const struct run_options options = {.trials = 200000, .seed = 3, .threads = 1, .level = 0.95};
    struct pipeline p;
    struct faults faults;
    struct result blocks, events;
    struct error err = {0};
    faults_init(&faults);
    ok(scenario_parse("case.yaml", flow, strlen(flow), NULL, &p, &faults, &err), &err);
    result_init(&blocks, "simulate");
    result_init(&events, "simulate");
    ok(run_simulate(&p, &options, &blocks, &err), &err);
    ok(run_by(&queue_engine, &p, &options, &events, &err), &err);
    assert_string_equal(blocks.run.engine, "batch");
    assert_string_equal(events.run.engine, "queue");
    assert_true(compare(&blocks.metrics, &events.metrics, "top") > 20);
    assert_int_equal(blocks.stages.len, events.stages.len);
    for (size_t i = 0; i < blocks.stages.len; i++)
        assert_true(compare(&blocks.stages.at[i].metrics, &events.stages.at[i].metrics,
                            blocks.stages.at[i].id) > 8);
    result_release(&blocks);
    result_release(&events);
    faults_release(&faults);
    pipeline_release(&p);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_engines_agree_on_what_both_run),
    };
    return cmocka_run_group_tests_name("engines", tests, prepare, NULL);
}
