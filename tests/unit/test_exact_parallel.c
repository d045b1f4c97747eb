/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallels solved exactly, against textbook values and closed forms.
 *
 * Values with many digits were computed apart from this program: binomial tails, harmonic numbers,
 * order statistics of exponentials (a mixture over the number of successes), and products of
 * distribution functions integrated numerically. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void solve(struct solved *s, const char *flow)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .values_only = true, .seed = 1};
    flow_read(flow, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

/* --- probabilities */

/* A branch of two visits beside one that may fail: how many are made before the join is cancelled
 * depends on times. */
static void a_join_that_cancels_visits_leaves_their_spread_out_too(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    branches:\n      - - {stage: a, error: 5%}\n"
              "      - - {stage: b, error: 5%}\n        - {stage: c, error: 5%}\n");
    assert_true(isnan(top(&s, "visits_mean")) && isnan(top(&s, "visits_sd")));
    near_rel(top(&s, "reliability"), 0.857375, 1e-12);
    done(&s);
}

/* A step that always fails has no cache that saves it: birnbaum is what the other branch lets
 * through. */
static void a_failing_step_of_a_branch_has_no_cache(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: all\n    branches:\n"
              "      - - {stage: a, wrong: 5%, cache: {hit: 20%}}\n"
              "      - - {stage: b, error: 20%}\n");
    near_rel(stage(&s, "a", "birnbaum"), 0.8, 1e-12);
    near_rel(stage(&s, "a", "improvement"), 0.8 * 0.8 * 0.05, 1e-12);
    near_rel(stage(&s, "b", "birnbaum"), 0.96, 1e-12);
    done(&s);
}

/* Three copies mend a bad item by half each, and two must have, or both of two.  What a
 * later step of the copies receives bad is not held. */
static void the_first_step_of_a_branch_escapes_what_the_parallel_does(void **state)
{
    struct solved s;
    solve(&s, "wrong: 20%\nflow:\n  - parallel: p\n    join: majority\n    copies: 3\n    branch:\n"
              "      - {stage: a, repair: 50%}\n      - {stage: b, repair: 0%}\n");
    near_rel(stage(&s, "p", "escape_rate"), 0.5, 1e-12);
    near_rel(stage(&s, "a", "escape_rate"), 0.5, 1e-12);
    assert_true(isnan(stage(&s, "b", "escape_rate")));
    bool named = false;
    for (size_t i = 0; i < s.r.warnings.len; i++)
        named = named || strstr(s.r.warnings.at[i], "b escape_rate: left out, as what comes bad");
    assert_true(named);
    done(&s);
    solve(&s, "wrong: 20%\nflow:\n  - parallel: p\n    join: all\n    branches:\n"
              "      - - {stage: a, repair: 50%}\n      - - {stage: b, repair: 20%}\n");
    near_rel(stage(&s, "a", "escape_rate"), 0.9, 1e-12);
    near_rel(stage(&s, "b", "escape_rate"), 0.9, 1e-12);
    done(&s);
}

static void any_of_three_alternatives_in_front_of_a_stage(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: one\n    join: any\n    branches:\n"
              "      - - {stage: a, error: 10%}\n      - - {stage: b, error: 20%}\n"
              "      - - {stage: c, error: 30%}\n  - {stage: two, error: 3%}\n");
    near_rel(stage(&s, "one", "success_rate"), 0.994, 1e-9);
    near_rel(top(&s, "reliability"), 0.96418, 1e-9);
    near_rel(top(&s, "visits_mean"), 4 + 0.994, 1e-12);
    assert_true(s.complete || s.r.warnings.len > 0);
    done(&s);
}

static double vote(const char *join, int copies, double wrong)
{
    struct solved s;
    char flow[300];
    snprintf(flow, sizeof flow,
             "flow:\n  - parallel: p\n    join: %s\n    copies: %d\n    branch:\n"
             "      - {stage: a, wrong: %g}\n",
             join, copies, wrong);
    solve(&s, flow);
    double r = top(&s, "reliability");
    assert_float_equal(top(&s, "completion"), 1, 1e-15);
    done(&s);
    return r;
}

static void votes_of_silent_voters(void **state)
{
    near_rel(vote("vote 3 of 5", 5, 0.15), 0.973388125, 1e-9);
    near_rel(vote("majority", 5, 0.15), 0.973388125, 1e-9);
    near_rel(vote("vote 4 of 5", 5, 0.15), 0.83521, 1e-9);
    near_rel(vote("vote 2 of 3", 3, 0.1), 0.972, 1e-9);
}

/* Three stages of three units in parallel, each failing with 1e-3: 1 - (1 - 1e-9)^3. */
static void a_failure_of_three_in_a_billion_keeps_its_digits(void **state)
{
    struct solved s;
    const char *unit =
        "    join: any\n    copies: 3\n    branch:\n      - {stage: %s, error: 0.001}\n";
    char flow[600], *at = flow;
    at += sprintf(at, "flow:\n");
    for (int i = 0; i < 3; i++) {
        char id[2] = {(char)('a' + i), 0};
        at += sprintf(at, "  - parallel: p%d\n", i);
        at += sprintf(at, unit, id);
    }
    solve(&s, flow);
    near_rel(top(&s, "share_failed"), 2.9999999970000004e-09, 1e-12);
    done(&s);
}

/* --- times */

static void all_of_five_exponentials(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: all\n    copies: 5\n    branch:\n"
              "      - {stage: a, latency: {exponential: {mean: 1s}}}\n");
    near_rel(top(&s, "latency_mean"), 137.0 / 60, 1e-9);
    near_rel(top(&s, "latency_p99"), 6.2105920044473075, 1e-7);
    near_rel(stage(&s, "p", "visit_latency_p99"), 6.2105920044473075, 1e-7);
    near_rel(top(&s, "latency_sd"), sqrt(1 + 1 / 4.0 + 1 / 9.0 + 1 / 16.0 + 1 / 25.0), 1e-9);
    done(&s);
}

static void the_third_of_five(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: 3 of 5\n    copies: 5\n    branch:\n"
              "      - {stage: a, latency: {exponential: {mean: 1s}}}\n");
    near_rel(top(&s, "latency_mean"), 47.0 / 60, 1e-9);
    near_rel(top(&s, "latency_p95"), 1.6646579726018376, 1e-7);
    done(&s);
    solve(&s, "flow:\n  - parallel: p\n    join: 3 of 5\n    copies: 5\n    branch:\n"
              "      - {stage: a, error: 10%, latency: {exponential: {mean: 1s}}}\n");
    near_rel(stage(&s, "p", "success_rate"), 0.99144, 1e-9);
    near_rel(top(&s, "latency_mean"), 0.9598039215686275, 1e-9);
    near_rel(top(&s, "latency_p95"), 2.194470807446974, 1e-7);
    done(&s);
}

static void the_longest_of_three_laws(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: all\n    branches:\n"
              "      - - {stage: a, latency: {lognormal: {p50: 1s, sigma: 0.5}}}\n"
              "      - - {stage: b, latency: {exponential: {mean: 1s}}}\n"
              "      - - {stage: c, latency: {gamma: {shape: 3, scale: 400ms}}}\n");
    near_rel(top(&s, "latency_mean"), 1.7766152941547433, 1e-8);
    near_rel(top(&s, "latency_p50"), 1.5955590727379863, 1e-7);
    near_rel(top(&s, "latency_p95"), 3.3876842020115787, 1e-7);
    near_rel(top(&s, "latency_p99"), 4.762146694228379, 1e-7);
    done(&s);
}

/* Two copies sent at once, the first answer wins. */
static void the_shorter_of_two_lognormals(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: any\n    copies: 2\n    branch:\n"
              "      - {stage: a, latency: {lognormal: {p50: 1s, sigma: 1}}}\n");
    near_rel(top(&s, "latency_mean"), 0.7905620507528528, 1e-8);
    near_rel(top(&s, "latency_p50"), 0.5798695377730536, 1e-7);
    near_rel(top(&s, "latency_p95"), 2.1384228581489504, 1e-7);
    near_rel(top(&s, "latency_p99"), 3.6022244792791556, 1e-7);
    done(&s);
}

/* Branches of two steps: the sum of two exponentials is gamma, whose maximum is known. */
static void branches_of_several_steps(void **state)
{
    struct solved two, one;
    solve(&two, "flow:\n  - parallel: p\n    join: all\n    copies: 3\n    branch:\n"
                "      - {stage: a, latency: {exponential: {mean: 1s}}, cost: 1}\n"
                "      - {stage: b, latency: {exponential: {mean: 1s}}, cost: 2}\n");
    solve(&one, "flow:\n  - parallel: p\n    join: all\n    copies: 3\n    branch:\n"
                "      - {stage: a, latency: {gamma: {shape: 2, scale: 1s}}}\n");
    static const char *const name[] = {"latency_mean", "latency_sd",  "latency_p50",
                                       "latency_p95",  "latency_p99", "latency_p999"};
    for (int k = 0; k < 6; k++)
        near_rel(top(&two, name[k]), top(&one, name[k]), 1e-7);
    near_rel(top(&two, "cost_per_item"), 9, 1e-12);
    near_rel(top(&two, "visits_mean"), 7, 1e-12);
    done(&two);
    done(&one);
}

/* Two constants race: 1 s silently wrong in 40%, visibly failed in 10%, against 3 s. */
static void constants_race_by_their_times(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: any\n    branches:\n"
              "      - - {stage: a, error: 10%, wrong: 40%, latency: 1s}\n"
              "      - - {stage: b, error: 20%, latency: 3s}\n"
              "  - {stage: c, latency: 1s}\n");
    near_rel(top(&s, "share_wrong"), 0.4, 1e-12);
    near_rel(top(&s, "reliability"), 0.5 + 0.1 * 0.8, 1e-12);
    near_rel(top(&s, "share_failed"), 0.02, 1e-12);
    near_rel(top(&s, "latency_mean"), (2 * 0.9 + 4 * 0.08) / 0.98, 1e-12);
    near_rel(top(&s, "latency_p50"), 2, 1e-9);
    near_rel(top(&s, "latency_p95"), 4, 1e-9);
    done(&s);
}

/* Exponentials race at rates 1 and 1/3: the quality is that of the winner. */
static void the_first_answer_decides_the_quality(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: any\n    branches:\n"
              "      - - {stage: a, wrong: 40%, latency: {exponential: {mean: 1s}}}\n"
              "      - - {stage: b, wrong: 10%, latency: {exponential: {mean: 3s}}}\n");
    near_rel(top(&s, "share_wrong"), 0.75 * 0.4 + 0.25 * 0.1, 1e-10);
    near_rel(top(&s, "latency_mean"), 0.75, 1e-9);
    done(&s);
}

/* --- confidences */

/* The better of two: uniform confidences when wrong, the square root law (density 2 c) when right;
 * P(right wins of one each) = 2/3; the gate passes c >= 1/2. */
static void best_takes_the_highest_confidence(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: best\n    copies: 2\n    branch:\n"
              "      - {stage: a, wrong: 50%, confidence: {good: {beta: {a: 2, b: 1}}, "
              "bad: {beta: {a: 1, b: 1}}}}\n"
              "  - {gate: g, threshold: 50%, above: ship, below: reject}\n");
    /* with G = c^2, B = c: P(wins good, c >= t) = int_t^1 2 (1/2) 2c (c^2 + c) / 2 dc */
    double good = (1 - 1 / 16.0) / 4 + (1 - 1 / 8.0) / 3;
    double bad = ((1 - 1 / 8.0) / 3 + (1 - 1 / 4.0) / 2) / 2;
    near_rel(top(&s, "reliability"), good, 1e-10);
    near_rel(top(&s, "share_wrong"), bad, 1e-10);
    done(&s);
}

/* All: the lowest of three confidences must reach the gate. */
static void all_carries_the_lowest_confidence(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - parallel: p\n    join: all\n    copies: 3\n    branch:\n"
              "      - {stage: a, confidence: {good: {beta: {a: 2, b: 1}}, "
              "bad: {beta: {a: 1, b: 1}}}}\n"
              "  - {gate: g, threshold: 50%, above: ship, below: reject}\n");
    near_rel(top(&s, "completion"), 0.75 * 0.75 * 0.75, 1e-12);
    done(&s);
}

static void steps_inside_know_what_failed_before(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - {stage: r, error: 20%, fallback: p}\n"
              "  - parallel: p\n    join: vote 2 of 2\n    copies: 2\n    branch:\n"
              "      - {stage: a, wrong: 10%, given: {r.failed: {wrong: 50%}}}\n");
    near_rel(top(&s, "reliability"), 0.8 * 0.81 + 0.2 * 0.25, 1e-12);
    near_rel(stage(&s, "a", "visits_per_item"), 2, 1e-12);
    near_rel(stage(&s, "a", "wrong_rate"), 0.8 * 0.1 + 0.2 * 0.5, 1e-12);
    done(&s);
}

/* --- refusals */

static void what_cannot_be_had_is_refused_by_name(void **state)
{
    struct pipeline p;
    struct result r;
    struct error err = {0};
    struct exact_options options = {.level = 0.95};
    bool complete;
    flow_read("flow:\n  - parallel: p\n    join: all\n    copies: 2\n    branch:\n"
              "      - {review: a, sensitivity: 90%, specificity: 90%}\n",
              &p);
    result_init(&r, "solve");
    assert_int_equal(exact_solve(&p, &options, &r, &complete, &err), -1);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "review inside"));
    result_release(&r);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_join_that_cancels_visits_leaves_their_spread_out_too),
        cmocka_unit_test(the_first_step_of_a_branch_escapes_what_the_parallel_does),
        cmocka_unit_test(a_failing_step_of_a_branch_has_no_cache),
        cmocka_unit_test(any_of_three_alternatives_in_front_of_a_stage),
        cmocka_unit_test(votes_of_silent_voters),
        cmocka_unit_test(a_failure_of_three_in_a_billion_keeps_its_digits),
        cmocka_unit_test(all_of_five_exponentials),
        cmocka_unit_test(the_third_of_five),
        cmocka_unit_test(the_longest_of_three_laws),
        cmocka_unit_test(the_shorter_of_two_lognormals),
        cmocka_unit_test(branches_of_several_steps),
        cmocka_unit_test(constants_race_by_their_times),
        cmocka_unit_test(the_first_answer_decides_the_quality),
        cmocka_unit_test(best_takes_the_highest_confidence),
        cmocka_unit_test(all_carries_the_lowest_confidence),
        cmocka_unit_test(steps_inside_know_what_failed_before),
        cmocka_unit_test(what_cannot_be_had_is_refused_by_name),
    };
    math_init();
    return cmocka_run_group_tests_name("exact parallel", tests, NULL, NULL);
}
