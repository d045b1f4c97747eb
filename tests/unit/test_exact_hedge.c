/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hedged attempts solved exactly: against values computed apart from this program by numerical
 * integration of S(t) S(t - d), and against cases that can be done by hand. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void solve(struct solved *s, const char *stage)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .seed = 1};
    struct buf flow;
    buf_init(&flow);
    buf_printf(&flow, "flow:\n  - stage: a\n%s", stage);
    flow_read(buf_text(&flow), &s->p);
    buf_release(&flow);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static void a_second_copy_after_two_seconds(void **state)
{
    struct solved s;
    solve(&s, "    latency: {lognormal: {p50: 1s, sigma: 1}}\n    hedge: {after: 2s}\n");
    near_rel(top(&s, "latency_mean"), 1.318593800368674, 1e-8);
    near_rel(top(&s, "latency_p50"), 1, 1e-7);
    near_rel(top(&s, "latency_p95"), 3.235780831424773, 1e-7);
    near_rel(top(&s, "latency_p99"), 4.674951773073144, 1e-7);
    near_rel(stage(&s, "a", "visit_latency_p99"), 4.674951773073144, 1e-7);
    near_rel(stage(&s, "a", "attempts_per_item"), 1.2441085957855829, 1e-9);
    done(&s);
}

static void two_copies_at_once(void **state)
{
    struct solved s;
    solve(&s, "    latency: {lognormal: {p50: 1s, sigma: 1}}\n    hedge: {after: 0s}\n");
    near_rel(top(&s, "latency_mean"), 0.7905620507528528, 1e-8);
    near_rel(top(&s, "latency_p50"), 0.5798695377730536, 1e-7);
    near_rel(top(&s, "latency_p99"), 3.6022244792791556, 1e-7);
    near_rel(stage(&s, "a", "attempts_per_item"), 2, 1e-12);
    done(&s);
}

/* Calls take 1 s and fail in 50%: the copy, half a second later, answers where the first failed. */
static void a_copy_stands_in_for_a_call_that_fails(void **state)
{
    struct solved s;
    solve(&s,
          "    error: 50%\n    latency: 1s\n    hedge: {after: 500ms}\n    cost: {per_call: 2}\n");
    near_rel(top(&s, "reliability"), 0.75, 1e-12);
    near_rel(top(&s, "latency_all_mean"), 0.5 * 1 + 0.5 * 1.5, 1e-12);
    near_rel(top(&s, "latency_mean"), (0.5 * 1 + 0.25 * 1.5) / 0.75, 1e-12);
    near_rel(top(&s, "latency_p50"), 1, 1e-9);
    near_rel(top(&s, "latency_p95"), 1.5, 1e-9);
    near_rel(top(&s, "cost_per_item"), 4, 1e-12);
    done(&s);
}

/* One that has failed before the copy was due is over: no copy, and a second attempt. */
static void an_attempt_over_early_makes_no_copy(void **state)
{
    struct solved s;
    solve(&s,
          "    error: 50%\n    latency: 1s\n    hedge: {after: 2s}\n    retry: {attempts: 2}\n");
    near_rel(top(&s, "reliability"), 0.75, 1e-12);
    near_rel(stage(&s, "a", "attempts_per_item"), 1.5, 1e-12);
    near_rel(stage(&s, "a", "first_try_rate"), 0.5, 1e-12);
    near_rel(top(&s, "latency_all_mean"), 1.5, 1e-12);
    done(&s);
}

/* Exponentials of mean 1 with a copy after d = 1: the first call is alone for 1 s, in which it may
 * fail with the chance e (1 - exp(-1)); then two race at rate 2 until one is ok or both failed. */
static void exponential_calls_that_may_fail(void **state)
{
    struct solved s;
    const double e = 0.3, out = 1 - exp(-1);
    solve(&s, "    error: 30%\n    latency: {exponential: {mean: 1s}}\n    hedge: {after: 1s}\n");
    double both = 1 - e * e; /* of two in flight one is ok in the end */
    near_rel(top(&s, "reliability"), (1 - e) * out + (1 - out) * both, 1e-10);
    near_rel(stage(&s, "a", "attempts_per_item"), 1 + (1 - out), 1e-10);
    /* min(L, 1) has the mean 1 - exp(-1); two then take 1/2, and 1 more where the first failed */
    near_rel(top(&s, "latency_all_mean"), out + (1 - out) * (0.5 + e * 1), 1e-10);
    done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_copy_after_two_seconds),
        cmocka_unit_test(two_copies_at_once),
        cmocka_unit_test(a_copy_stands_in_for_a_call_that_fails),
        cmocka_unit_test(an_attempt_over_early_makes_no_copy),
        cmocka_unit_test(exponential_calls_that_may_fail),
    };
    math_init();
    return cmocka_run_group_tests_name("exact hedge", tests, NULL, NULL);
}
