/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses against closed forms, against the sum over all coalitions, and against each other. */
#include "math/gsl_guard.h"
#include "math/interval.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/gap.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void solve_parsed(struct solved *s, bool uncertainty)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .uncertainty = uncertainty, .seed = 1};
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static void solve(struct solved *s, const char *flow)
{
    flow_read(flow, &s->p);
    solve_parsed(s, true);
}

static double reliability(const struct solved *s)
{
    return in(&s->r.metrics, "reliability");
}
static const struct metric *loss_of(const struct solved *s, const char *id)
{
    return metrics_find(&result_stage(&s->r, id)->metrics, "loss");
}
static double loss(const struct solved *s, const char *id)
{
    const struct metric *m = loss_of(s, id);
    return m ? m->value : NAN;
}
static double layer(const struct solved *s, const char *id, const char *name)
{
    for (size_t i = 0; i < s->r.layers.len; i++)
        if (!strcmp(s->r.layers.at[i].id, id))
            return in(&s->r.layers.at[i].metrics, name);
    return NAN;
}
static double all_losses(const struct solved *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->r.stages.len; i++)
        sum += in(&s->r.stages.at[i].metrics, "loss");
    return sum;
}
static double layer_losses(const struct solved *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->r.layers.len; i++)
        sum += in(&s->r.layers.at[i].metrics, "loss");
    return sum;
}

/* --- closed forms */

static void six_alike_steps_of_one_layer_lose_a_sixth_each(void **state)
{
    struct solved s;
    struct buf flow;
    buf_init(&flow);
    buf_puts(&flow, "flow:\n");
    for (int i = 1; i <= 6; i++)
        buf_printf(&flow, "  - stage: s%d\n    error: 3%%\n", i);
    solve(&s, buf_text(&flow));
    for (int i = 1; i <= 6; i++)
        near(loss(&s, arena_printf(&s.r.arena, "s%d", i)), 0.167027995071 / 6, 1e-15);
    near(layer(&s, "agent", "loss"), 0.167027995071, 1e-14);
    assert_true(s.complete);
    assert_int_equal(s.r.warnings.len, 0);
    buf_release(&flow);
    done(&s);
}

/* In a layer of two, between four layers of one: (1 - p^2)(1 + p + ... + p^4)/5, half each. */
static void layers_are_weighed_before_steps(void **state)
{
    struct solved s = {.complete = false};
    struct error err = {0};
    struct faults faults;
    double p = 0.97, ones = (1 + p + p * p + pow(p, 3) + pow(p, 4)) / 5;
    faults_init(&faults);
    ok(scenario_read("scenarios/six-step.yaml", NULL, &s.p, &faults, &err), &err);
    solve_parsed(&s, true);
    near(layer(&s, "agent", "loss"), (1 - p * p) * ones, 1e-15);
    near(loss(&s, "deliver"), (1 - p * p) * ones / 2, 1e-15);
    near(loss(&s, "orchestrate"), (1 - p * p) * ones / 2, 1e-15);
    near(layer(&s, "data", "loss"), (0.167027995071 - (1 - p * p) * ones) / 4, 1e-15);
    near(all_losses(&s), 1 - 0.832972004929, 1e-14);
    near(layer_losses(&s), 1 - 0.832972004929, 1e-14);
    faults_release(&faults);
    done(&s);
}

static void two_steps_in_series_have_the_textbook_value(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 10%\n  - stage: b\n    wrong: 30%\n");
    near(loss(&s, "a"), 0.1 * (1 + 0.7) / 2, 1e-15);
    near(loss(&s, "b"), 0.3 * (1 + 0.9) / 2, 1e-15);
    done(&s);
}

static void three_steps_in_series_have_the_textbook_value(void **state)
{
    struct solved s;
    double a = 0.99, b = 0.95, c = 0.9;
    solve(&s, "flow:\n  - stage: a\n    layer: data\n    error: 1%\n"
              "  - stage: b\n    layer: tool\n    wrong: 5%\n"
              "  - stage: c\n    layer: model\n    error: 4%\n    wrong: 6%\n");
    near(loss(&s, "a"), (1 - a) * (b * c / 3 + (b + c) / 6 + 1.0 / 3), 1e-15);
    near(loss(&s, "b"), (1 - b) * (a * c / 3 + (a + c) / 6 + 1.0 / 3), 1e-15);
    near(loss(&s, "c"), (1 - c) * (a * b / 3 + (a + b) / 6 + 1.0 / 3), 1e-15);
    done(&s);
}

/* R = (1 - w) t; model perfect: t; review perfect: 1 - w; both: 1. */
static void a_review_loses_what_it_throws_away(void **state)
{
    struct solved s;
    double w = 0.1, t = 0.98;
    solve(&s, "flow:\n  - stage: draft\n    layer: model\n    wrong: 10%\n"
              "  - review: desk\n    layer: human\n    sensitivity: 90%\n    specificity: 98%\n");
    near(layer(&s, "model", "loss"), w * (1 + t) / 2, 1e-15);
    near(layer(&s, "human", "loss"), (1 - t) * (2 - w) / 2, 1e-15);
    near(all_losses(&s), 1 - reliability(&s), 1e-15);
    done(&s);
}

static void a_retried_step_is_perfect_as_a_whole(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 20%\n    retry: {attempts: 3}\n"
              "    latency: {exponential: {mean: 1s}}\n    timeout: 2s\n"
              "  - stage: b\n    malformed: 4%\n    validation: 75%\n");
    double late = exp(-2), ok_once = 0.8 * (1 - late), a = 1 - pow(1 - ok_once, 3), b = 0.96;
    near(reliability(&s), a * b, 1e-14);
    near(loss(&s, "a"), (1 - a) * (1 + b) / 2, 1e-14);
    near(loss(&s, "b"), (1 - b) * (1 + a) / 2, 1e-14);
    done(&s);
}

static void many_steps_of_one_layer_are_weighed_exactly(void **state)
{
    struct solved s;
    struct buf flow;
    buf_init(&flow);
    buf_puts(&flow, "flow:\n");
    for (int i = 1; i <= 60; i++)
        buf_printf(&flow, "  - stage: s%d\n    wrong: %s\n", i, i <= 40 ? "2%" : "1%");
    solve(&s, buf_text(&flow));
    double r = pow(0.98, 40) * pow(0.99, 20), first = loss(&s, "s1"), last = loss(&s, "s60");
    near(40 * first + 20 * last, 1 - r, 1e-12);
    near(loss(&s, "s40"), first, 1e-14);
    /* the integral of 0.02 (1 - 0.02 (1 - s))^39 (1 - 0.01 (1 - s))^20, by Simpson's rule */
    double sum = 0;
    for (int k = 0; k <= 2000; k++) {
        double u = 1 - k / 2000.0, weight = k == 0 || k == 2000 ? 1 : k % 2 ? 4 : 2;
        sum += weight * 0.02 * pow(1 - 0.02 * u, 39) * pow(1 - 0.01 * u, 20);
    }
    near(first, sum / 6000, 1e-13);
    assert_true(s.complete);
    buf_release(&flow);
    done(&s);
}

static void what_enters_bad_is_nobodys_loss(void **state)
{
    struct solved s;
    solve(&s, "wrong: 4%\nflow:\n  - stage: a\n    wrong: 5%\n");
    near(loss(&s, "a"), 0.96 - reliability(&s), 1e-15);
    near(loss(&s, "a"), 0.96 * 0.05, 1e-15);
    done(&s);
}

/* --- a rich pipeline: loops, a gate, repair, retries, classes */

static const char rich[] =
    "wrong: {easy: 1%, hard: 3%}\n"
    "classes: {easy: {share: 70%}, hard: {share: 30%}}\n"
    "flow:\n"
    "  - stage: brief\n    layer: human\n    wrong: 2%\n"
    "  - stage: retrieve\n    layer: data\n    error: 5%\n    malformed: 2%\n    validation: 60%\n"
    "    retry: {attempts: 2}\n    fallback: skip\n"
    "  - stage: draft\n    layer: model\n    wrong: {easy: 10%, hard: 30%}\n    repair: 20%\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - stage: polish\n    layer: model\n    error: 1%\n    wrong: 1%\n"
    "    latency: {exponential: {mean: 1s}}\n    timeout: 3s\n"
    "  - check: critic\n    layer: agent\n    sensitivity: 80%\n    specificity: 90%\n"
    "    on_reject: {goto: draft, at_most: 2, then: desk}\n"
    "  - gate: confident\n    layer: agent\n    of: draft\n    threshold: 75%\n"
    "    above: deliver\n    below: desk\n"
    "  - review: desk\n    layer: human\n    sensitivity: 90%\n    specificity: 97%\n"
    "    fixes: 60%\n    spoils: 10%\n    on_reject: {goto: polish, at_most: 1, then: reject}\n"
    "  - stage: deliver\n    layer: tool\n    error: 2%\n    wrong: 1%\n";

static int by_chain(const struct pipeline *p, void *arg, double *out, struct error *err)
{
    struct exact_point point;
    uint64_t *calls = arg;
    if (exact_point(p, &point, err))
        return -1;
    *out = point.correct;
    if (calls)
        ++*calls;
    return 0;
}

static void the_chain_gives_what_all_coalitions_give(void **state)
{
    struct solved s;
    struct gap gap;
    struct error err = {0};
    uint64_t calls = 0;
    solve(&s, rich);
    ok(gap_of_pipeline(&s.p, by_chain, &calls, &(struct gap_options){.level = 0.95}, &gap, &err),
       &err);
    for (uint32_t i = 0; i < s.p.n_steps; i++)
        near(loss(&s, s.p.step[i].id), gap.value[GAP_STEP + i], 1e-12);
    for (enum layer l = 0; l < LAYER_COUNT; l++)
        if (gap_has_layer(&s.p, l)) {
            near(layer(&s, layer_name(l), "loss"), gap.value[GAP_LAYER + l], 1e-12);
            near(layer(&s, layer_name(l), "closes"), gap.value[GAP_CLOSES + l], 1e-12);
        }
    near(gap.value[GAP_NONE], reliability(&s), 1e-14);
    near(all_losses(&s), gap.value[GAP_ALL] - reliability(&s), 1e-12);
    near(layer_losses(&s), gap.value[GAP_ALL] - reliability(&s), 1e-12);
    assert_int_equal(gap.orders, 0);
    /* 2^5 sets of layers; two layers of two steps that can lose, 16 sets beside each; five to
     * skip */
    assert_int_equal(calls, 32 + 2 * 16 * 2 + 5);
    gap_release(&gap);
    done(&s);
}

static void a_step_that_cannot_fail_loses_nothing(void **state)
{
    struct solved s;
    solve(&s, rich);
    near(loss(&s, "confident"), 0, 0);
    done(&s);
}

/* One step is late with probability exp(-2), the other errs with 10%: v of neither, of the second,
 * of the first, of both are 0.9 (1 - exp(-2)), 1 - exp(-2), the same as of neither, and 1, as
 * nobody leaves when all that can lose are perfect.  The gate has no part in it. */
static void a_gate_loses_nothing_where_items_leave(void **state)
{
    struct solved s;
    solve(&s, "deadline: 2s\nflow:\n"
              "  - stage: slow\n    latency: {exponential: {mean: 1s}}\n"
              "    confidence: {good: {beta: {a: 4, b: 2}}, bad: {beta: {a: 2, b: 4}}}\n"
              "  - gate: sure\n    threshold: 50%\n    above: errs\n    below: errs\n"
              "  - stage: errs\n    error: 10%\n");
    double late = exp(-2), none = 0.9 * (1 - late);
    near(loss(&s, "sure"), 0, 0);
    near(loss(&s, "slow"), late / 2, 1e-9);
    near(loss(&s, "errs"), (1 - late - none + 1 - none) / 2, 1e-9);
    done(&s);
}

static void sampled_orders_hold_the_exact_values(void **state)
{
    struct pipeline p;
    struct gap exact, some, again;
    struct error err = {0};
    struct gap_options few = {.most = 90, .seed = 7, .level = 0.9999}; /* all sets: 96 */
    flow_read(rich, &p);
    ok(gap_of_pipeline(&p, by_chain, NULL, &(struct gap_options){.level = 0.95}, &exact, &err),
       &err);
    ok(gap_of_pipeline(&p, by_chain, NULL, &few, &some, &err), &err);
    ok(gap_of_pipeline(&p, by_chain, NULL, &few, &again, &err), &err);
    double sum = 0;
    for (uint32_t i = 0; i < p.n_steps; i++) {
        size_t at = GAP_STEP + i;
        within(exact.value[at], some.low[at] - 1e-15, some.high[at] + 1e-15);
        near(again.value[at], some.value[at], 0);
        sum += some.value[at];
    }
    near(sum, exact.value[GAP_ALL] - exact.value[GAP_NONE], 1e-13);
    assert_true(some.orders >= 40);
    gap_release(&exact);
    gap_release(&some);
    gap_release(&again);
    pipeline_release(&p);
}

static void too_many_looped_steps_are_an_estimate_and_say_so(void **state)
{
    struct solved s;
    struct buf flow;
    bool said = false;
    buf_init(&flow);
    buf_puts(&flow, "flow:\n");
    for (int i = 1; i <= 20; i++)
        buf_printf(&flow, "  - stage: s%d\n    wrong: 1%%\n", i);
    buf_puts(&flow, "  - check: c\n    sensitivity: 80%\n    specificity: 99%\n"
                    "    on_reject: {goto: s1, at_most: 1}\n");
    solve(&s, buf_text(&flow));
    for (size_t i = 0; i < s.r.warnings.len; i++)
        said = said || strstr(s.r.warnings.at[i], "estimate");
    assert_true(said);
    assert_false(s.complete);
    const struct metric *m = loss_of(&s, "s3");
    assert_true(m->low < m->value && m->value < m->high);
    near(m->level, 0.95, 0);
    near(all_losses(&s), 1 - reliability(&s), 1e-12);
    within(loss(&s, "s3"), loss_of(&s, "s11")->low, loss_of(&s, "s11")->high);
    buf_release(&flow);
    done(&s);
}

/* --- closes */

static void a_critic_is_worth_what_it_catches(void **state)
{
    struct solved s = {.complete = false};
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    ok(scenario_read("scenarios/draft-critic.yaml", NULL, &s.p, &faults, &err), &err);
    solve_parsed(&s, true);
    near(layer(&s, "agent", "closes"), 0.90461133 - 0.7, 1e-12);
    /* nothing is wrong, and one right draft in 10^4 is caught four times */
    near(layer(&s, "model", "closes"), 0.90461133 - 0.9999, 1e-12);
    faults_release(&faults);
    done(&s);
}

static void a_skipped_gate_goes_above_and_a_skipped_scorer_below(void **state)
{
    struct solved s = {.complete = false};
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    ok(scenario_read("scenarios/gate-review.yaml", NULL, &s.p, &faults, &err), &err);
    solve_parsed(&s, true);
    double r = reliability(&s);
    near(layer(&s, "agent", "closes"), r - 0.9, 1e-14);  /* all ship as drafted */
    near(layer(&s, "human", "closes"), r - 0.9, 1e-14);  /* the desk lets all through */
    near(layer(&s, "model", "closes"), r - 0.98, 1e-14); /* right, unsure: all to the desk */
    faults_release(&faults);
    done(&s);
}

static void perfect_and_skipped_steps_are_so_whatever_overrides_say(void **state)
{
    struct pipeline p, better, rest;
    flow_read(
        "flow:\n  - stage: a\n    error: 10%\n    timeout: 1s\n    latency: 1s\n"
        "    cost: $1\n    retry: {attempts: 3}\n  - stage: b\n    layer: data\n    wrong: 5%\n",
        &p);
    struct numbers worse = p.step[0].numbers[0];
    worse.wrong.value = 0.3;
    struct given given = {
        .kind = GIVEN_BAD, .override = {.set = 1u << NUMBERS_WRONG, .numbers = &worse}
    };
    p.step[0].given = &given;
    p.step[0].n_given = 1;
    gap_perfect(&p, (bool[]){true, false}, &better);
    near(better.step[0].numbers[0].error.value, 0, 0);
    near(better.step[0].given[0].override.numbers[0].wrong.value, 0, 0);
    assert_true(isinf(better.step[0].numbers[0].timeout_s));
    near(better.step[0].numbers[0].latency.a, 1, 0); /* a latency stays */
    near(better.step[1].numbers[0].wrong.value, 0.05, 0);
    near(p.step[0].given[0].override.numbers[0].wrong.value, 0.3, 0);
    gap_skip(&p, LAYER_AGENT, &rest);
    near(rest.step[0].numbers[0].cost_call, 0, 0);
    near(rest.step[0].numbers[0].latency.a, 0, 0);
    assert_int_equal(rest.step[0].n_given, 0);
    assert_int_equal(rest.step[0].retry.attempts, 1);
    near(rest.step[1].numbers[0].wrong.value, 0.05, 0);
    pipeline_release(&better);
    pipeline_release(&rest);
    pipeline_release(&p);
}

static void what_is_given_for_a_skipped_step_holds_without_its_layer(void **state)
{
    struct solved s;

    solve(&s, "flow:\n  - stage: a\n    layer: data\n    wrong: 4%\n"
              "  - stage: b\n    layer: model\n    wrong: 10%\n"
              "    given: {bad: {repair: 0%}, a.skipped: {wrong: 30%}}\n");
    near(layer(&s, "data", "closes"), 0.96 * 0.9 - 0.7, 1e-14);
    done(&s);
}

static void a_layer_without_which_items_never_end_has_no_worth(void **state)
{
    struct solved s;
    bool said = false;
    solve(&s, "flow:\n  - stage: a\n    layer: model\n    wrong: 10%\n"
              "    confidence: {good: 0.9, bad: 0.1}\n"
              "  - gate: g\n    layer: agent\n    threshold: 50%\n    above: ship\n"
              "    below: {goto: a, at_most: unbounded}\n");
    assert_true(isnan(layer(&s, "model", "closes"))); /* no confidence: round and round */
    near(layer(&s, "agent", "closes"), 1 - 0.9, 1e-14);
    for (size_t i = 0; i < s.r.assumptions.len; i++)
        said = said || strstr(s.r.assumptions.at[i], "never end");
    assert_true(said);
    done(&s);
}

/* --- evidence, repetitions */

static void losses_are_posterior_means_that_add_up(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    layer: data\n    error: 3/100\n"
              "  - stage: b\n    layer: model\n    wrong: 10/80\n");
    double a = 3.5 / 101, b = 10.5 / 81; /* independent: means of products */
    near(loss(&s, "a"), a * (2 - b) / 2, 1e-12);
    near(loss(&s, "b"), b * (2 - a) / 2, 1e-12);
    near(all_losses(&s), 1 - reliability(&s), 1e-12);
    near(layer(&s, "data", "closes"), (1 - a) * (1 - b) - (1 - b), 1e-12);
    const struct metric *m = loss_of(&s, "a");
    near(m->level, 0.95, 0);
    within(m->low, 0.0055, 0.0105); /* the 2.5% point of Beta(3.5, 97.5) is 0.0085, times 0.93 */
    within(m->high, 0.06, 0.085);   /* the 97.5% point is 0.0777 */
    done(&s);
}

static void a_fitted_confidence_is_redrawn(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    layer: model\n    wrong: 10%\n    confidence:\n"
              "      good: {beta: {a: 8, b: 2}, evidence: 50}\n"
              "      bad: {beta: {a: 3, b: 3}, evidence: 20}\n"
              "  - gate: g\n    threshold: 80%\n    above: ship\n    below: d\n"
              "  - review: d\n    layer: human\n    sensitivity: 90%\n    specificity: 98%\n");
    const struct metric *m = loss_of(&s, "d");
    assert_true(m->low < m->value - 1e-4 && m->value + 1e-4 < m->high);
    near(all_losses(&s), 1 - reliability(&s), 1e-9);
    done(&s);
}

static void repetitions_pool_to_students_interval(void **state)
{
    struct gap each[4], pooled;
    double loss_of_each[4] = {0.1, 0.12, 0.11, 0.15};
    for (int k = 0; k < 4; k++) {
        gap_init(&each[k], 1);
        each[k].value[GAP_STEP] = loss_of_each[k];
        each[k].value[GAP_CLOSES] = NAN;
    }
    gap_pool(each, 4, 0.95, &pooled);
    /* mean 0.12, sd 0.0216024690, t(0.975; 3) = 3.1824463053 */
    near(pooled.value[GAP_STEP], 0.12, 1e-15);
    near(pooled.high[GAP_STEP], 0.12 + 3.1824463052842624 * 0.021602468994692867 / 2, 1e-9);
    near(pooled.low[GAP_STEP], 0.12 - 3.1824463052842624 * 0.021602468994692867 / 2, 1e-9);
    assert_true(isnan(pooled.value[GAP_CLOSES]));
    for (int k = 0; k < 4; k++)
        gap_release(&each[k]);
    gap_release(&pooled);
}

static int refuses(const struct pipeline *p, void *arg, double *out, struct error *err)
{
    return error_set(err, ERR_NUMERIC, "no value");
}

static void an_engine_that_fails_is_heard(void **state)
{
    struct pipeline p;
    struct gap gap;
    struct error err = {0};
    flow_read("flow:\n  - stage: a\n    error: 10%\n", &p);
    assert_int_equal(
        gap_of_pipeline(&p, refuses, NULL, &(struct gap_options){.level = 0.95}, &gap, &err), -1);
    error_is(&err, ERR_NUMERIC, "no value");
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_alike_steps_of_one_layer_lose_a_sixth_each),
        cmocka_unit_test(layers_are_weighed_before_steps),
        cmocka_unit_test(two_steps_in_series_have_the_textbook_value),
        cmocka_unit_test(three_steps_in_series_have_the_textbook_value),
        cmocka_unit_test(a_review_loses_what_it_throws_away),
        cmocka_unit_test(a_retried_step_is_perfect_as_a_whole),
        cmocka_unit_test(many_steps_of_one_layer_are_weighed_exactly),
        cmocka_unit_test(what_enters_bad_is_nobodys_loss),
        cmocka_unit_test(the_chain_gives_what_all_coalitions_give),
        cmocka_unit_test(a_step_that_cannot_fail_loses_nothing),
        cmocka_unit_test(a_gate_loses_nothing_where_items_leave),
        cmocka_unit_test(sampled_orders_hold_the_exact_values),
        cmocka_unit_test(too_many_looped_steps_are_an_estimate_and_say_so),
        cmocka_unit_test(a_critic_is_worth_what_it_catches),
        cmocka_unit_test(a_skipped_gate_goes_above_and_a_skipped_scorer_below),
        cmocka_unit_test(perfect_and_skipped_steps_are_so_whatever_overrides_say),
        cmocka_unit_test(what_is_given_for_a_skipped_step_holds_without_its_layer),
        cmocka_unit_test(a_layer_without_which_items_never_end_has_no_worth),
        cmocka_unit_test(losses_are_posterior_means_that_add_up),
        cmocka_unit_test(a_fitted_confidence_is_redrawn),
        cmocka_unit_test(repetitions_pool_to_students_interval),
        cmocka_unit_test(an_engine_that_fails_is_heard),
    };
    math_init();
    return cmocka_run_group_tests_name("gap", tests, NULL, NULL);
}
