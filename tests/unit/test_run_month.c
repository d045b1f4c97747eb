/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run tells of its time and its models, worked by hand: growth, a month's money, curves, and
 * the gap with intervals by Wilson (8 of 10: 0.490162 to 0.943318; 6 of 8: 0.409275 to 0.928521;
 * 1 of 2: 0.094531 to 0.905469; 6 of 12: 0.253782 to 0.746218). */
#include "exec/tally.h"
#include "tests/support/executed.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"

#include <math.h>
#include <string.h>

#define MONEY                                                                                      \
    "seam: 1\narrivals: {every: 1s}\nworth: {correct: $5, wrong: $-1}\n"                           \
    "costs: {rent: $2592000/month}\n"

static void run(struct result *r, uint64_t items, const char *text)
{
    struct error err = {0};
    struct executed how = {.items = items, .seed = 7};
    result_init(r, "run");
    ok(execute_text(text, &how, r, &err), &err);
}

static double value(const struct metrics *m, const char *name)
{
    return metrics_find(m, name)->value;
}

/* Items come at 1, 2 and 3 s and take 3 s each of one server: until the last one comes two more are
 * inside than at first, and 3 s cost 3 x $1 of calls, 3 x $1 of rent and 3 x $0.01 of wages. */
static void money_and_growth_are_of_the_time_in_which_items_came(void **state)
{
    struct result r;
    run(&r, 3,
        MONEY "horizon: {length: 1h}\nresources: {desk: {servers: 1, cost: $36/h}}\n"
              "flow:\n  - stage: a\n    by: desk\n    latency: 3s\n    cost: {per_call: $1}\n");
    near(value(&r.resources.at[0].metrics, "backlog_growth"), 2 * 86400 / 3.0, 1e-6);
    near(value(&r.metrics, "cost_per_month"), 6.03 / 3 * 2592000, 1e-3);
    near(value(&r.metrics, "net_per_month"), (15 - 6.03) / 3 * 2592000, 1e-3);
    result_release(&r);
}

/* A horizon of 10 s after 5 s: ten items, each worked off before the next; what comes and is worked
 * before and after is not told of. */
static void a_horizon_is_told_of_alone(void **state)
{
    struct result r;
    run(&r, 0,
        MONEY "horizon: {warmup: 5500ms, length: 10s}\n"
              "resources: {desk: {servers: 2, cost: $36/h}}\n"
              "flow:\n  - stage: a\n    by: desk\n    latency: 600ms\n    cost: {per_call: $1}\n");
    near(value(&r.metrics, "cost_per_month"), (10 + 10 + 0.2) / 10 * 2592000, 1e-3);
    near(value(&r.metrics, "net_per_month"), (50 - 20.2) / 10 * 2592000, 1e-3);
    const struct metric *grew = metrics_find(&r.resources.at[0].metrics, "backlog_growth");
    assert_true(grew->low <= 0 && grew->high >= 0);
    result_release(&r);
}

/* How many are inside at an instant of the first scenario, and how many of them wait. */
static double inside_at(double x, bool waiting)
{
    double inside = (x > 1) + (x > 2) + (x > 3) - (x > 4) - (x > 7) - (x > 10);
    return waiting ? fmax(inside - 1, 0) : inside;
}

static void curves_show_the_line_and_all_who_are_inside(void **state)
{
    static const char *const ids[] = {"backlog", "in_system"};
    struct result r;
    run(&r, 3,
        "seam: 1\narrivals: {every: 1s}\nhorizon: {length: 1h}\n"
        "resources: {desk: {servers: 1}}\nflow:\n  - stage: a\n    by: desk\n    latency: 3s\n");
    for (int k = 0; k < 2; k++) {
        const struct curve *c = result_curve(&r, ids[k]);
        assert_non_null(c);
        assert_string_equal(c->resource, "desk");
        within((double)c->points.len, RUN_SEEN_MAX / 2.0, RUN_SEEN_MAX + 1);
        for (size_t i = 0; i < c->points.len; i++)
            near(c->points.at[i].y, inside_at(c->points.at[i].x, k == 0), 0);
        within(c->points.at[c->points.len - 1].x, 9.9, 10);
    }
    result_release(&r);
    run(&r, 0,
        "seam: 1\narrivals: {every: 7s}\nhorizon: {length: 200s, observe: 1s}\n"
        "resources: {desk: {servers: 1}}\nflow:\n  - stage: a\n    by: desk\n    latency: 3s\n");
    const struct curve *c = result_curve(&r, "in_system");
    assert_int_equal(c->points.len, 201);
    near(c->points.at[200].x, 200, 1e-9);
    near(c->points.at[8].y, 1, 0);
    near(c->points.at[11].y, 0, 0);
    result_release(&r);
}

/* --- the gap */

static void visits(struct run_tally *t, uint32_t step, uint32_t class, uint32_t right, uint32_t of)
{
    for (uint32_t k = 0; k < of; k++)
        run_tally_note(t, &(struct run_event){.kind = RUN_VISIT_ENDED,
                                              .counts = true,
                                              .class = class,
                                              .step = step,
                                              .attempts = 1,
                                              .confidence = NAN,
                                              .quality = RUN_GOOD,
                                              .exit = EXIT_PASS,
                                              .to = TO_SHIP,
                                              .left = k < right ? RUN_GOOD : RUN_BAD});
}

static void items(struct run_tally *t, uint32_t class, uint32_t right, uint32_t of)
{
    static const signed char reached[] = {RUN_GOOD, RUN_GOOD};
    for (uint32_t k = 0; k < of; k++)
        run_tally_note(t, &(struct run_event){.kind = RUN_ITEM_ENDED,
                                              .counts = true,
                                              .class = class,
                                              .end = RUN_END_SHIPPED,
                                              .quality = k < right ? RUN_GOOD : RUN_BAD,
                                              .reached = reached});
}

static void metric_is(const struct metrics *m, const char *name, double want, double low,
                      double high)
{
    const struct metric *got = metrics_find(m, name);
    assert_non_null(got);
    near(got->value, want, 1e-6);
    near(got->low, low, 1e-6);
    near(got->high, high, 1e-6);
}

static void what_models_can_do_is_the_product_of_their_stages(void **state)
{
    struct run_tally t;
    struct pipeline p;
    struct result r;
    flow_read("flow:\n  - {stage: a, layer: model}\n  - {stage: b, layer: model}\n", &p);
    run_tally_init(&t, &p);
    result_init(&r, "run");
    visits(&t, 0, 0, 8, 10);
    visits(&t, 1, 0, 6, 8);
    items(&t, 0, 6, 12);
    /* what was wrong before says nothing of what they can do, and a failure does */
    run_tally_note(&t, &(struct run_event){.kind = RUN_VISIT_ENDED,
                                           .counts = true,
                                           .step = 1,
                                           .attempts = 1,
                                           .confidence = NAN,
                                           .quality = RUN_BAD,
                                           .exit = EXIT_PASS,
                                           .to = TO_SHIP,
                                           .left = RUN_BAD});
    run_measure(&t, 0.95, &r);
    metric_is(&r.metrics, "capability", 0.6, 0.241811, 0.778747);
    near(value(&r.metrics, "gap"), 0.1, 1e-12);
    result_release(&r);
    run_tally_note(&t, &(struct run_event){.kind = RUN_VISIT_ENDED,
                                           .counts = true,
                                           .step = 1,
                                           .attempts = 2,
                                           .confidence = NAN,
                                           .quality = RUN_GOOD,
                                           .exit = EXIT_FAIL,
                                           .to = TO_FAIL,
                                           .left = RUN_GOOD});
    result_init(&r, "run");
    run_measure(&t, 0.95, &r);
    near(value(&r.metrics, "capability"), 0.8 * 6 / 9, 1e-12);
    result_release(&r);
    run_tally_release(&t);
    pipeline_release(&p);
}

static void classes_count_by_their_items(void **state)
{
    struct run_tally t;
    struct pipeline p;
    struct result r;
    flow_read("classes: {x: {share: 60%}, y: {share: 40%}}\nflow:\n  - {stage: a, layer: model}\n",
              &p);
    run_tally_init(&t, &p);
    result_init(&r, "run");
    visits(&t, 0, 0, 8, 10);
    visits(&t, 0, 1, 1, 2);
    items(&t, 0, 5, 10);
    items(&t, 1, 1, 2);
    run_measure(&t, 0.95, &r);
    metric_is(&r.metrics, "capability", 0.75, 0.483105, 0.887225);
    metric_is(&r.metrics, "gap", 0.25, -0.113120, 0.531876);
    metric_is(&r.classes.at[1].metrics, "capability", 0.5, 0.094531, 0.905469);
    result_release(&r);
    run_tally_release(&t);
    pipeline_release(&p);
}

static void a_stated_capability_is_taken_as_it_is(void **state)
{
    struct run_tally t;
    struct pipeline p;
    struct result r;
    flow_read("capability: 97%\nflow:\n  - {stage: a, layer: tool}\n", &p);
    run_tally_init(&t, &p);
    result_init(&r, "run");
    items(&t, 0, 6, 12);
    run_measure(&t, 0.95, &r);
    metric_is(&r.metrics, "capability", 0.97, 0.97, 0.97);
    metric_is(&r.metrics, "gap", 0.47, 0.97 - 0.746218, 0.97 - 0.253782);
    result_release(&r);
    run_tally_release(&t);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_and_growth_are_of_the_time_in_which_items_came),
        cmocka_unit_test(a_horizon_is_told_of_alone),
        cmocka_unit_test(curves_show_the_line_and_all_who_are_inside),
        cmocka_unit_test(what_models_can_do_is_the_product_of_their_stages),
        cmocka_unit_test(classes_count_by_their_items),
        cmocka_unit_test(a_stated_capability_is_taken_as_it_is),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
