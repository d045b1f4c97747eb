/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block engine against closed forms: total probability, absorbing chains, densities; five
 * standard errors of 2^16 to 2^18 items under a fixed seed. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/batch.h"
#include "tests/unit/batch_cases.h"

#include <math.h>

static void share_is(uint64_t k, uint64_t n, double p)
{
    within_sigma((double)k / (double)n, p, sqrt(p * (1 - p) / (double)n), 5);
}

/* A routing graph with cycles: P(done) = 15443/16500, visits 179/165, 40/33, 32/33, 2/11, 19/165,
 * latency 271/55 (fundamental matrix in exact rationals). */
static void ways_by_probability_are_an_absorbing_chain(void **state)
{
    static const double visits[] = {179.0 / 165, 40.0 / 33, 32.0 / 33, 2.0 / 11, 19.0 / 165};
    enum { BLOCKS = 256, N = BLOCKS * LANES };
    struct setup s;
    set_up(&s, "flow:\n"
               "  - stage: extract\n    latency: {exponential: {mean: 1s}}\n"
               "  - stage: validate\n    latency: {exponential: {mean: 0.5s}}\n"
               "    next: [{to: classify, probability: 80%}, {to: repair, probability: 15%}, "
               "{to: fail, probability: 5%}]\n"
               "  - stage: classify\n    latency: {exponential: {mean: 2s}}\n"
               "    next: [{to: ship, probability: 85%}, {to: extract, probability: 5%, at_most: "
               "unbounded}, {to: human, probability: 10%}]\n"
               "  - stage: repair\n    latency: {exponential: {mean: 0.8s}}\n"
               "    next: [{to: validate, probability: 70%, at_most: unbounded}, {to: extract, "
               "probability: 20%, at_most: unbounded}, {to: human, probability: 10%}]\n"
               "  - stage: human\n    latency: {exponential: {mean: 10s}}\n"
               "    next: [{to: ship, probability: 97%}, {to: fail, probability: 3%}]\n");
    run_blocks(&s, BLOCKS);
    share_is(s.t.class[0].correct, N, 15443.0 / 16500);
    for (int i = 0; i < 5; i++) {
        double mean = (double)s.t.step[i].visits / N;
        double squares = s.g.step[i].visit_row >= 0 ? (double)s.t.step[i].squares / N : mean;
        within_sigma(mean, visits[i], sqrt((squares - mean * mean) / N), 5);
    }
    struct moments time = s.t.class[0].shipped_time;
    moments_merge(&time, &s.t.class[0].unshipped_time);
    within_sigma(moments_mean(&time) / s.g.time_scale, 271.0 / 55,
                 sqrt(moments_variance(&time) / N) / s.g.time_scale, 5);
    tear_down(&s);
}

/* A cheap model, a strong one, a human, two gates in sequence (total probability over the betas).
 */
static void two_gates_in_sequence_part_items_as_total_probability_says(void **state)
{
    enum { BLOCKS = 256, N = BLOCKS * LANES };
    struct setup s;
    set_up(&s, "flow:\n"
               "  - stage: small\n    wrong: 15%\n    cost: {per_call: $1}\n"
               "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
               "  - gate: first\n    threshold: 80%\n    above: ship\n    below: large\n"
               "  - stage: large\n    wrong: 5%\n    repair: 100%\n    cost: {per_call: $10}\n"
               "    confidence: {good: {beta: {a: 9, b: 1.5}}, bad: {beta: {a: 3, b: 2}}}\n"
               "  - gate: second\n    threshold: 70%\n    above: ship\n    below: human\n"
               "  - stage: human\n    wrong: 3%\n    repair: 100%\n    cost: {per_call: $200}\n");
    run_blocks(&s, BLOCKS);
    share_is(s.t.step[1].ship, N, 0.4879115263999998);
    share_is(s.t.step[3].ship, N, 0.4534619418874753);
    share_is(s.t.step[4].items, N, 0.05862653171252495);
    share_is(s.t.class[0].wrong, N, 0.01936481671911975);
    within_sigma(moments_mean(&s.t.class[0].cost) / s.g.cost_scale, 17.846191078504994,
                 0.048387426726412865 * sqrt(1e6 / N), 5);
    tear_down(&s);
}

/* Confidence with density 2c on [0, 1] (beta(2, 1)), so P(c < x) = x^2. */
static void bands_and_audits_take_their_shares(void **state)
{
    enum { BLOCKS = 256, N = BLOCKS * LANES };
    struct setup s;
    set_up(&s, "flow:\n"
               "  - stage: a\n    confidence: {good: {beta: {a: 2, b: 1}}, bad: 0}\n"
               "  - gate: g\n    threshold: [50%, 80%]\n    above: ship\n    between: mid\n"
               "    below: low\n    audit: {share: 25%, by: desk}\n"
               "  - stage: low\n    next: [ship]\n  - stage: mid\n    next: [ship]\n"
               "  - review: desk\n    sensitivity: 100%\n");
    run_blocks(&s, BLOCKS);
    share_is(s.t.step[2].items, N, 0.25);
    share_is(s.t.step[3].items, N, 0.64 - 0.25);
    share_is(s.t.step[4].items, N, 0.36 / 4);
    share_is(s.t.step[1].ship, N, 0.36 * 3 / 4);
    tear_down(&s);
    /* near the threshold t = 1/2 at c: 2 s (1 - c) / (1 - t) = c' with s = 0.1;
     * integral of 0.4 (1 - c) 2c from 1/2 to 1 = 0.8 (1/6 - 1/12) = 1/15 */
    set_up(&s, "flow:\n"
               "  - stage: a\n    confidence: {good: {beta: {a: 2, b: 1}}, bad: 0}\n"
               "  - gate: g\n    threshold: 50%\n    above: ship\n    below: reject\n"
               "    audit: {share: 10%, by: desk, design: near_threshold}\n"
               "  - review: desk\n    sensitivity: 100%\n");
    run_blocks(&s, BLOCKS);
    share_is(s.t.step[2].items, N, 1.0 / 15);
    share_is(s.t.class[0].rejected, N, 0.25);
    tear_down(&s);
}

/* P(c >= T) for c beta(2, 1) and T uniform on [0, 1] is E[1 - T^2] = 2/3; an item that comes again
 * with another confidence meets the threshold it had: P(max(c1, c2) >= T) = E[1 - T^4] = 4/5. */
static void a_drawn_threshold_stays_with_the_item(void **state)
{
    enum { BLOCKS = 256, N = BLOCKS * LANES };
    struct setup s;
    set_up(&s, "flow:\n"
               "  - stage: a\n    confidence: {good: {beta: {a: 2, b: 1}}, bad: 0}\n"
               "  - gate: g\n    threshold: {uniform: {from: 0, to: 1}}\n    above: ship\n"
               "    below: {goto: a, at_most: 1, then: reject}\n");
    run_blocks(&s, BLOCKS);
    share_is(s.t.class[0].correct, N, 0.8);
    share_is(s.t.route[s.g.rules.exit[1][EXIT_BELOW]], N, 1.0 / 3);
    tear_down(&s);
}

/* A visit: hit with 1/4 at 1 s; else 2 s and an error with 1/2, once more after an error. */
static void a_cache_saves_attempts_time_and_cost(void **state)
{
    enum { BLOCKS = 64, N = BLOCKS * LANES };
    struct setup s;
    set_up(&s, "flow:\n"
               "  - stage: a\n    error: 50%\n    latency: 2s\n    cost: {per_call: $3}\n"
               "    retry: {attempts: 2}\n    cache: {hit: 25%, latency: 1s}\n");
    run_blocks(&s, BLOCKS);
    share_is(s.t.class[0].failed, N, 0.75 / 4);
    share_is(s.t.step[0].retried, N, 0.75 / 2);
    share_is(s.t.step[0].first_ok, N, 0.25 + 0.75 / 2);
    share_is(s.t.plan[0].attempts - s.t.step[0].retried, N, 0.75);
    const struct class_tally *c = &s.t.class[0];
    double time = (moments_mean(&c->shipped_time) * (double)c->shipped_time.n +
                   moments_mean(&c->unshipped_time) * (double)c->unshipped_time.n) /
                  N / s.g.time_scale;
    near(time,
         2.0 * (double)s.t.plan[0].attempts / N + 1 -
             (double)(s.t.plan[0].attempts - s.t.step[0].retried) / N,
         1e-9);
    near(moments_mean(&c->cost) / s.g.cost_scale, 3.0 * (double)s.t.plan[0].attempts / N, 1e-9);
    tear_down(&s);
}

/* Exponential calls of mean 1, a second one after d = 1/2: the first answer comes by t with
 * 1 - e^-t before d, 1 - e^(-t - (t - d)) after; its mean is 1 - e^-d + e^-d / 2.  A call that
 * fails before d ends the attempt: with a fault of 1/2 the visit fails when the first call fails by
 * d, or both do. */
static void a_hedge_takes_the_first_good_answer(void **state)
{
    enum { BLOCKS = 256, N = BLOCKS * LANES };
    const double e = exp(-0.5);
    struct setup s;
    set_up(&s, "flow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n"
               "    hedge: {after: 500ms}\n    cost: {per_call: $1}\n");
    run_blocks(&s, BLOCKS);
    const struct class_tally *c = &s.t.class[0];
    within_sigma(moments_mean(&c->shipped_time) / s.g.time_scale, 1 - e / 2,
                 sqrt(moments_variance(&c->shipped_time) / N) / s.g.time_scale, 5);
    share_is(s.t.plan[0].attempts - N, N, e);
    share_is(s.t.plan[0].end[TRY_OK], N, 1);
    near(moments_mean(&c->cost) / s.g.cost_scale, (double)s.t.plan[0].attempts / N, 1e-9);
    tear_down(&s);
    set_up(&s, "flow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n    error: 50%\n"
               "    hedge: {after: 500ms}\n");
    run_blocks(&s, BLOCKS);
    share_is(s.t.class[0].failed, N, (1 - e) / 2 + e / 4);
    tear_down(&s);
}

/* What holds at the start of a visit decides its numbers; the first in order wins. */
static void given_parts_items_by_what_became_of_a_step(void **state)
{
    enum { BLOCKS = 64, N = BLOCKS * LANES };
    struct setup s;
    set_up(&s, "flow:\n"
               "  - stage: a\n    error: 20%\n    wrong: 10%\n    fallback: b\n"
               "  - stage: b\n    given:\n"
               "      a.failed: {error: 100%}\n      a.wrong: {repair: 100%}\n"
               "      bad: {error: 100%}\n    fallback: {goto: reject}\n"
               "  - stage: c\n    given: {a.failed: {wrong: 100%}}\n");
    run_blocks(&s, BLOCKS);
    const struct class_tally *c = &s.t.class[0];
    assert_int_equal(c->rejected, s.t.plan[0].end[TRY_ERROR]);
    assert_int_equal(c->correct, N - c->rejected);
    share_is(c->rejected, N, 0.2);
    assert_int_equal(s.t.plan[s.g.step[1].first_plan + 2].end[TRY_REPAIRED],
                     s.t.plan[0].end[TRY_WRONG]);
    tear_down(&s);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_by_probability_are_an_absorbing_chain),
        cmocka_unit_test(two_gates_in_sequence_part_items_as_total_probability_says),
        cmocka_unit_test(bands_and_audits_take_their_shares),
        cmocka_unit_test(a_drawn_threshold_stays_with_the_item),
        cmocka_unit_test(a_cache_saves_attempts_time_and_cost),
        cmocka_unit_test(a_hedge_takes_the_first_good_answer),
        cmocka_unit_test(given_parts_items_by_what_became_of_a_step),
    };
    return cmocka_run_group_tests_name("batch laws", tests, prepare, NULL);
}
