/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probabilities between 1e-11 and 1e-6 by importance sampling against their exact values: within
 * five of the standard errors that the intervals claim, under fixed seeds (a false alarm once in
 * 1.7 million comparisons). */
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

struct ran {
    struct pipeline p;
    struct result r;
};

static void simulate(struct ran *x, const char *flow, uint64_t trials, uint32_t threads)
{
    struct error err = {0};
    const struct run_options how = {.trials = trials, .seed = 4, .threads = threads, .level = 0.95};
    flow_read(flow, &x->p);
    result_init(&x->r, "simulate");
    ok(run_simulate(&x->p, &how, &x->r, &err), &err);
}

static void done(struct ran *x)
{
    result_release(&x->r);
    pipeline_release(&x->p);
}

static bool says(const struct result *r, const char *name, const char *words)
{
    for (size_t i = 0; i < r->assumptions.len; i++)
        if (strstr(r->assumptions.at[i], name) == r->assumptions.at[i] &&
            strstr(r->assumptions.at[i], words))
            return true;
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], name) == r->warnings.at[i] &&
            strstr(r->warnings.at[i], words))
            return true;
    return false;
}

/* Five standard errors of a 95% interval, and not wider than `widest` of the value. */
static void is_about(const struct metrics *all, const char *name, double exact, double widest)
{
    const struct metric *m = metrics_find(all, name);
    assert_non_null(m);
    double half = (m->high - m->low) / 2;
    assert_true(half > 0);
    assert_true(half < widest * exact);
    within_sigma(m->value, exact, half / 1.96, 5);
}

static const char redundant[] = "flow:\n"
                                "  - {parallel: a, copies: 3, join: any, branch: [{stage: a1, "
                                "error: 0.1%}]}\n"
                                "  - {parallel: b, copies: 3, join: any, branch: [{stage: b1, "
                                "error: 0.1%}]}\n"
                                "  - {parallel: c, copies: 3, join: any, branch: [{stage: c1, "
                                "error: 0.1%}]}\n";

/* The run that several tests look at, by one thread and by three. */
struct twice {
    struct ran by_one, by_three;
};

static int prepare(void **state)
{
    static struct twice t;
    simulate(&t.by_one, redundant, 100000, 1);
    simulate(&t.by_three, redundant, 100000, 3);
    *state = &t;
    return 0;
}

static int clean_up(void **state)
{
    struct twice *t = *state;
    done(&t->by_one);
    done(&t->by_three);
    return 0;
}

/* 1 - (1 - 1e-9)^3 */
static void three_redundant_stages_fail_three_times_in_a_billion_G01(void **state)
{
    const struct twice *t = *state;
    is_about(&t->by_three.r.metrics, "share_failed", 2.9999999970000004e-09, 0.02);
    assert_true(says(&t->by_three.r, "share_failed", "effective sample size"));
}

static void stages_tell_where_the_rare_failures_end(void **state)
{
    const struct twice *t = *state;
    int compared = 0;
    for (size_t i = 0; i < t->by_one.r.stages.len; i++)
        if (!strcmp(t->by_one.r.stages.at[i].kind, "parallel")) {
            is_about(&t->by_one.r.stages.at[i].metrics, "exit_fail", 1e-9, 0.05);
            compared++;
        }
    assert_int_equal(compared, 3);
}

static void threads_change_no_bit(void **state)
{
    const struct twice *t = *state;
    const struct metric *one = metrics_find(&t->by_one.r.metrics, "share_failed");
    const struct metric *three = metrics_find(&t->by_three.r.metrics, "share_failed");
    assert_true(one->value == three->value && one->low == three->low && one->high == three->high);
}

/* Every share of the exact chain that is below 1e-6 and above 0. */
static void compare(const char *flow, int least)
{
    static const char *const names[] = {"share_wrong", "share_failed", "shipped_error",
                                        "auto_error", "share_rejected"};
    struct error err = {0};
    struct result exact;
    struct ran x;
    bool complete;
    int compared = 0;
    simulate(&x, flow, 150000, 2);
    result_init(&exact, "solve");
    ok(exact_solve(&x.p, &(struct exact_options){.level = 0.95, .values_only = true}, &exact,
                   &complete, &err),
       &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct metric *m = metrics_find(&exact.metrics, names[i]);
        double want = m ? m->value : 0;
        if (want <= 0 || want > 1e-6)
            continue;
        is_about(&x.r.metrics, names[i], want, 0.05);
        compared++;
    }
    assert_true(compared >= least);
    result_release(&exact);
    done(&x);
}

static void retries_that_all_fail_are_found(void **state)
{
    compare("flow:\n"
            "  - {stage: a, error: 0.1%, retry: {attempts: 3}}\n"
            "  - {stage: b, error: 0.2%, wrong: 0.00005%, retry: {attempts: 3}}\n",
            4);
}

static void timeouts_far_in_the_tail_are_found(void **state)
{
    compare("flow:\n"
            "  - {stage: a, latency: {lognormal: {p50: 1s, sigma: 0.5}}, timeout: 10s, "
            "retry: {attempts: 2}}\n"
            "  - {stage: b, latency: {exponential: {mean: 1s}}, timeout: 8s, retry: {attempts: "
            "3}}\n",
            1);
}

static void defects_that_every_check_misses_are_found(void **state)
{
    compare("classes: {easy: {share: 90%}, hard: {share: 10%}}\n"
            "flow:\n"
            "  - {stage: a, wrong: {easy: 0.1%, hard: 2%}}\n"
            "  - {check: c1, sensitivity: 99%, specificity: 99.9%}\n"
            "  - {check: c2, sensitivity: 99.9%}\n"
            "  - {review: r, sensitivity: 99%, on_reject: {goto: a, at_most: 1, then: reject}}\n",
            2);
}

static void confident_mistakes_are_found(void **state)
{
    compare("flow:\n"
            "  - {stage: a, wrong: 0.1%, confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: "
            "2, b: 8}}}}\n"
            "  - {gate: g, threshold: 85%, below: r, above: ship}\n"
            "  - {review: r, sensitivity: 99.99%}\n",
            2);
}

/* Sixty ways to fail: shares learned from a few of them must not overlook the others. */
static void no_way_of_many_is_overlooked(void **state)
{
    struct buf flow;
    buf_init(&flow);
    buf_printf(&flow, "flow:\n");
    for (int i = 0; i < 60; i++)
        buf_printf(&flow, "  - {stage: s%d, error: 0.03%%, retry: {attempts: 3}}\n", i);
    compare(buf_text(&flow), 1);
    buf_release(&flow);
}

/* P(Erlang(2, mean 1 s) + Exp(1 s) > 20 s) = 8.2446e-9 by quadrature. */
static void a_deadline_far_in_the_tail_is_found(void **state)
{
    struct ran x;
    simulate(&x,
             "deadline: 20s\nflow:\n  - {stage: a, latency: {exponential: {mean: 0.5s}}}\n"
             "  - {stage: b, latency: {exponential: {mean: 0.5s}}}\n"
             "  - {stage: c, latency: {exponential: {mean: 1s}}}\n",
             200000, 2);
    is_about(&x.r.metrics, "share_abandoned", 8.244614310510294e-09, 0.1);
    done(&x);
}

static void what_is_common_keeps_its_plain_estimate(void **state)
{
    struct ran x;
    simulate(&x, "flow:\n  - {stage: a, error: 1%}\n", 100000, 1);
    assert_false(says(&x.r, "share_failed", "importance sampling"));
    assert_int_equal(metrics_find(&x.r.metrics, "share_failed")->n, 100000);
    done(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_redundant_stages_fail_three_times_in_a_billion_G01),
        cmocka_unit_test(stages_tell_where_the_rare_failures_end),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(retries_that_all_fail_are_found),
        cmocka_unit_test(timeouts_far_in_the_tail_are_found),
        cmocka_unit_test(defects_that_every_check_misses_are_found),
        cmocka_unit_test(confident_mistakes_are_found),
        cmocka_unit_test(no_way_of_many_is_overlooked),
        cmocka_unit_test(a_deadline_far_in_the_tail_is_found),
        cmocka_unit_test(what_is_common_keeps_its_plain_estimate),
    };
    return cmocka_run_group_tests_name("rare", tests, prepare, clean_up);
}
