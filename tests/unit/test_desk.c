/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desk engine and the general one share no code of a visit and none of a line: what both run
 * must agree, metric by metric, in names and in values. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/desk.h"
#include "sim/engine.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void parse(const char *text, struct pipeline *p)
{
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    ok(scenario_parse("case.yaml", text, strlen(text), NULL, p, &faults, &err), &err);
    faults_release(&faults);
}

static void simulate(const struct engine_def *def, const struct pipeline *p, uint64_t trials,
                     uint64_t seed, uint32_t threads, struct result *out)
{
    const struct run_options options = {
        .trials = trials, .seed = seed, .threads = threads, .level = 0.95};
    struct error err = {0};
    result_init(out, "simulate");
    ok(run_by(def, p, &options, out, &err), &err);
    assert_string_equal(out->run.engine, def->name);
}

/* --- one against the other */

static bool is_quantile(const char *name)
{
    return strstr(name, "_p9") || strstr(name, "_p50");
}

/* Within five of the standard errors of both; exact ones are met by the other's.  Quantiles are
 * known to a cell of the sketch; those of steps are told as if visits were independent, which those
 * at desks are not. */
static uint32_t compare(const struct metrics *a, const struct metrics *b, const char *where,
                        bool step)
{
    uint32_t n = 0;
    assert_int_equal(a->list.len, b->list.len);
    for (size_t i = 0; i < a->list.len; i++) {
        const struct metric *x = &a->list.at[i], *y = &b->list.at[i];
        assert_string_equal(x->name, y->name);
        assert_string_equal(x->unit, y->unit);
        if (!isfinite(x->high) || !isfinite(y->high))
            continue;
        double sigma = hypot(x->high - x->low, y->high - y->low) / (2 * 1.96);
        double rough = is_quantile(x->name) ? (step ? 0.1 : 1e-3) * fabs(x->value) : 0;
        if (fabs(x->value - y->value) > 5 * sigma + 1e-6 * fabs(x->value) + rough)
            fail_msg("%s %s: %g by desks, %g event by event, sigma %g", where, x->name, x->value,
                     y->value, sigma);
        n++;
    }
    return n;
}

static uint32_t compare_all(const struct result *a, const struct result *b)
{
    uint32_t n = compare(&a->metrics, &b->metrics, "top", false);
#define ROWS(rows, step)                                                                           \
    assert_int_equal(a->rows.len, b->rows.len);                                                    \
    for (size_t i = 0; i < a->rows.len; i++) {                                                     \
        assert_string_equal(a->rows.at[i].id, b->rows.at[i].id);                                   \
        n += compare(&a->rows.at[i].metrics, &b->rows.at[i].metrics, a->rows.at[i].id, step);      \
    }
    ROWS(stages, true)
    ROWS(classes, false)
    ROWS(resources, false)
#undef ROWS
    assert_int_equal(a->edges.len, b->edges.len);
    for (size_t i = 0; i < a->edges.len; i++) {
        assert_string_equal(a->edges.at[i].from, b->edges.at[i].from);
        assert_string_equal(a->edges.at[i].to, b->edges.at[i].to);
        n += compare(&a->edges.at[i].metrics, &b->edges.at[i].metrics, a->edges.at[i].to, false);
    }
    return n;
}

/* Mean over the instants of each curve; of distributions, over the shares, of the times. */
static void compare_curves(const struct result *a, const struct result *b)
{
    assert_int_equal(a->curves.len, b->curves.len);
    for (size_t i = 0; i < a->curves.len; i++) {
        const struct curve *x = &a->curves.at[i], *y = &b->curves.at[i];
        double mean_x = 0, mean_y = 0;
        assert_string_equal(x->id, y->id);
        assert_int_equal(x->points.len, y->points.len);
        for (size_t k = 0; k < x->points.len; k++) {
            const struct point *at = &x->points.at[k], *to = &y->points.at[k];
            bool times = !strcmp(x->id, "latency_cdf");
            assert_true(times || at->x == to->x);
            assert_true(!times ||
                        (at->low <= at->y && at->y <= at->high && at->high - at->low < 1));
            mean_x += (times ? at->x : at->y) / (double)x->points.len;
            mean_y += (times ? to->x : to->y) / (double)x->points.len;
        }
        assert_true(fabs(mean_x - mean_y) <= 0.15 * (mean_x + mean_y) / 2 + 0.05);
    }
}

static void agree(const char *text, uint64_t trials, uint32_t metrics)
{
    struct pipeline p;
    struct result desks, events;
    parse(text, &p);
    assert_true(engine_for(&p) == &desk_engine);
    simulate(&desk_engine, &p, trials, 5, 1, &desks);
    simulate(&queue_engine, &p, trials, 6, 1, &events);
    assert_in_range(compare_all(&desks, &events), metrics, 10000);
    compare_curves(&desks, &events);
    assert_int_equal(desks.warnings.len, events.warnings.len);
    result_release(&desks);
    result_release(&events);
    pipeline_release(&p);
}

static const char bare[] =
    "seam: 1\narrivals: {poisson: 3/s}\nhorizon: {warmup: 100s, length: 3000s}\n"
    "resources: {desk: {servers: 4, answer_within: 500ms, cost: $30/h}}\n"
    "objective: {deadline: 3s}\n"
    "flow:\n  - stage: serve\n    by: desk\n    latency: {exponential: {mean: 1s}}\n";

static const char gated[] =
    "seam: 1\narrivals: {poisson: 1/s}\nhorizon: {warmup: 500s, length: 8000s}\n"
    "resources: {editors: {servers: 3, answer_within: 10s}}\n"
    "objective: {deadline: 30s}\nworth: {correct: $1, wrong: $-2}\n"
    "flow:\n"
    "  - stage: get\n    error: 10%\n    latency: {lognormal: {mu: -0.5, sigma: 0.6}}\n"
    "    retry: {attempts: 3, backoff: {initial: 100ms}}\n    cost: {per_call: $0.01}\n"
    "    fallback: make\n    budget: 2s\n"
    "  - stage: make\n    wrong: 10%\n    latency: {gamma: {mean: 2s, sd: 1s}}\n"
    "    confidence: {good: {beta: {a: 10, b: 2}}, bad: {beta: {a: 4, b: 4}}}\n"
    "  - gate: sure\n    threshold: 0.68\n    above: ship\n    below: desk\n"
    "  - review: desk\n    by: editors\n    sensitivity: 85%\n    specificity: 97%\n"
    "    latency: {exponential: {mean: 9s}}\n    fixes: 30%\n    budget: 15s\n"
    "    cost: {per_call: $0.5}\n    on_reject: remake\n    next: [ship]\n"
    "  - stage: remake\n    wrong: 4%\n    latency: 4s\n";

static const char classes[] =
    "seam: 1\narrivals: {every: {gamma: {mean: 500ms, sd: 400ms}}, batch: {discrete: {values: [1, "
    "2, 3], weights: [0.5, 0.3, 0.2]}}}\n"
    "horizon: {warmup: 500s, length: 4000s}\n"
    "classes: {easy: {share: 70%}, hard: {share: 30%}}\n"
    "resources: {front: {servers: 2}, back: {servers: 20, cost: $20/h}}\n"
    "flow:\n"
    "  - stage: get\n    latency: {easy: {exponential: {mean: 300ms}}, hard: 2s}\n"
    "    cache: {hit: 30%, latency: 5ms}\n"
    "    next: [{to: slow, probability: {easy: 10%, hard: 40%}}, {to: out, probability: 50%}, "
    "quick]\n"
    "  - stage: quick\n    by: front\n    error: 5%\n    timeout: 2s\n"
    "    latency: {exponential: {mean: 900ms}}\n    fallback: out\n    next: [out]\n"
    "  - stage: slow\n    by: back\n    wrong: {easy: 2%, hard: 10%}\n"
    "    latency: {easy: {exponential: {mean: 9s}}, hard: {gamma: {mean: 25s, sd: 10s}}}\n"
    "  - check: out\n    sensitivity: 90%\n    specificity: 99%\n    latency: 1s\n";

static const char overloaded[] =
    "seam: 1\narrivals: {poisson: 30/h}\nhorizon: {length: 2d, replications: 20}\n"
    "resources: {desk: {servers: 1}}\n"
    "flow:\n  - review: read\n    by: desk\n    latency: {exponential: {mean: 150s}}\n";

/* The same behind a stage, at a desk whose line another order or hours keep: who waits at the end
 * is served after it, though nobody comes any more. */
static const char overloaded_later[] =
    "seam: 1\narrivals: {poisson: 30/h}\nhorizon: {length: 2d, replications: 20}\n"
    "resources: {desk: {servers: 1, %s}}\n"
    "flow:\n  - stage: make\n    latency: 1s\n"
    "  - review: read\n    by: desk\n    latency: {exponential: {mean: 150s}}\n";

static const char waves[] =
    "seam: 1\narrivals: {daily: {mean: 30/h, amplitude: 20/h, peak: \"14:00\"}}\n"
    "horizon: {length: 7d}\nresources: {desk: {servers: 30}}\n"
    "flow:\n  - stage: make\n    latency: {lognormal: {p50: 1h, p95: 5h}}\n"
    "  - review: read\n    by: desk\n    latency: {exponential: {mean: 50m}}\n";

static const char weekly[] =
    "seam: 1\narrivals: {schedule: [{from: \"mon-fri 09:00\", to: \"17:00\", rate: 40/h}]}\n"
    "horizon: {length: 1w}\nresources: {desk: {servers: 2}}\n"
    "flow:\n  - review: read\n    by: desk\n    latency: {exponential: {mean: 2m}}\n";

/* Two ranks of classes at a desk with hours, at 90% of them; the rest to be filled in: its hours
 * and discipline. */
static const char office[] =
    "seam: 1\narrivals: {poisson: 40/h}\nhorizon: {warmup: 1d, length: 6d}\n"
    "classes: {urgent: {share: 20%%, priority: 1}, usual: {share: 50%%, priority: 2}, idle: "
    "{share: "
    "30%%}}\n"
    "resources: {desk: {servers: 4, answer_within: 10m, cost: $30/h, %s}}\n"
    "objective: {deadline: 20h}\nworth: {correct: $1, wrong: $-2}\n"
    "flow:\n"
    "  - stage: make\n    wrong: 10%%\n    latency: {lognormal: {p50: 2m, p95: 10m}}\n"
    "  - review: read\n    by: desk\n    sensitivity: 85%%\n    specificity: 97%%\n"
    "    latency: {urgent: {exponential: {mean: %gm}}, usual: {gamma: {mean: %gm, sd: 2m}}, idle: "
    "%gm}\n"
    "    fixes: 30%%\n    budget: 2h\n";

static const char days[] =
    "hours: [\"mon-fri 00:00-16:00\", \"sat 22:00-24:00\", \"sun 00:00-06:00\"], "
    "at_close: ";

static const char line[] =
    "seam: 1\narrivals: {poisson: 1/s}\nhorizon: {warmup: 100s, length: 4000s}\n"
    "resources: {desk: {servers: 2, discipline: %s}}\n"
    "flow:\n  - stage: serve\n    by: desk\n    latency: {exponential: {mean: 1.7s}}\n";

/* Classes that differ in their turn alone, straight to a desk with hours. */
static const char straight[] =
    "seam: 1\narrivals: {schedule: [{from: \"mon-fri 09:00\", to: \"17:00\", rate: 100/h}]}\n"
    "classes: {urgent: {share: 30%, priority: 1}, plain: {share: 70%}}\n"
    "horizon: {warmup: 1d, length: 1w}\n"
    "resources: {desk: {servers: 18, hours: \"mon-fri 09:00-18:00\", discipline: priority}}\n"
    "objective: {deadline: 30m}\n"
    "flow:\n  - review: read\n    by: desk\n    latency: {exponential: {mean: 10m}}\n";

static void a_bare_desk_agrees_with_events(void **state)
{
    agree(bare, 20, 40);
}

static void a_desk_in_a_flow_agrees_with_events(void **state)
{
    agree(gated, 12, 90);
}

static void classes_batches_and_two_desks_agree_with_events(void **state)
{
    agree(classes, 12, 120);
}

static void waves_and_weeks_of_arrivals_agree_with_events(void **state)
{
    agree(waves, 12, 60);
    agree(weekly, 12, 40);
}

static void agree_in_office(const char *desk, bool closes)
{
    char text[2048];
    double mean = closes ? 2.8 : 5.4; /* min, at 40/h for four */
    snprintf(text, sizeof text, office, desk, mean, mean, mean);
    agree(text, 12, 120);
}

static void hours_agree_with_events(void **state)
{
    static const char *const at_close[] = {"finish", "interrupt"};
    for (int k = 0; k < 2; k++) {
        char desk[256];
        snprintf(desk, sizeof desk, "%s%s", days, at_close[k]);
        agree_in_office(desk, true);
    }
}

static void orders_of_service_agree_with_events(void **state)
{
    static const char *const order[] = {"lifo", "priority", "preemptive", "deadline", "shortest"};
    for (int k = 0; k < 5; k++) {
        char desk[64], text[1024];
        snprintf(desk, sizeof desk, "discipline: %s", order[k]);
        agree_in_office(desk, false);
        snprintf(text, sizeof text, line, order[k]);
        agree(text, 12, 40);
    }
}

static void orders_of_service_with_hours_agree_with_events(void **state)
{
    static const char *const how[] = {"finish, discipline: priority", "interrupt, discipline: lifo",
                                      "interrupt, discipline: shortest",
                                      "interrupt, discipline: preemptive"};
    for (int k = 0; k < 4; k++) {
        char desk[256];
        snprintf(desk, sizeof desk, "%s%s", days, how[k]);
        agree_in_office(desk, true);
    }
    agree(straight, 12, 60);
}

static void one_horizon_in_parts_agrees_with_events(void **state)
{
    agree(gated, 1, 90);
}

static void overload_is_named_alike(void **state)
{
    struct pipeline p;
    struct result out;
    agree(overloaded, 20, 40);
    parse(overloaded, &p);
    simulate(&desk_engine, &p, 20, 1, 1, &out);
    assert_int_equal(out.warnings.len, 1);
    assert_non_null(strstr(out.warnings.at[0], "is overloaded"));
    result_release(&out);
    pipeline_release(&p);
}

static void who_waits_when_the_horizon_ends_is_counted(void **state)
{
    static const char *const how[] = {"hours: \"mon-sun 00:00-23:00\"", "discipline: lifo",
                                      "hours: \"mon-sun 00:00-23:00\", at_close: interrupt"};
    for (int k = 0; k < 3; k++) {
        char text[1024];
        snprintf(text, sizeof text, overloaded_later, how[k]);
        agree(text, 20, 40);
    }
}

/* --- the same bits */

static void same(const struct metrics *a, const struct metrics *b)
{
    assert_int_equal(a->list.len, b->list.len);
    for (size_t i = 0; i < a->list.len; i++) {
        const struct metric *x = &a->list.at[i], *y = &b->list.at[i];
        assert_string_equal(x->name, y->name);
        assert_memory_equal(&x->value, &y->value, sizeof x->value);
        assert_memory_equal(&x->low, &y->low, sizeof x->low);
        assert_memory_equal(&x->high, &y->high, sizeof x->high);
    }
}

static void all_the_same(const struct result *a, const struct result *b)
{
    same(&a->metrics, &b->metrics);
    for (size_t i = 0; i < a->stages.len; i++)
        same(&a->stages.at[i].metrics, &b->stages.at[i].metrics);
    for (size_t i = 0; i < a->resources.len; i++)
        same(&a->resources.at[i].metrics, &b->resources.at[i].metrics);
}

static void any_count_of_threads_gives_the_same_bits(void **state)
{
    char breaks[2048];
    const char *const texts[] = {bare, gated, classes, straight, breaks};
    snprintf(breaks, sizeof breaks, office,
             "hours: \"mon-sun 08:00-18:00\", at_close: interrupt, discipline: preemptive", 2.4,
             2.4, 2.4);
    for (int k = 0; k < 5; k++) {
        struct pipeline p;
        struct result one, many;
        parse(texts[k], &p);
        simulate(&desk_engine, &p, 9, 7, 1, &one);
        for (uint32_t threads = 2; threads <= 8; threads *= 4) {
            simulate(&desk_engine, &p, 9, 7, threads, &many);
            all_the_same(&one, &many);
            result_release(&many);
        }
        result_release(&one);
        pipeline_release(&p);
    }
}

/* A backlog of years: the general engine says who is unfinished, and this one asks it. */
static void who_is_still_inside_at_the_guard_is_left_to_events(void **state)
{
    static const char text[] = "seam: 1\narrivals: {poisson: 10/h}\nhorizon: {length: 1d}\n"
                               "resources: {desk: {servers: 1}}\n"
                               "flow:\n  - stage: serve\n    by: desk\n    latency: 2000h\n";
    struct pipeline p;
    struct result desks, events;
    parse(text, &p);
    assert_true(engine_for(&p) == &queue_engine);
    simulate(&desk_engine, &p, 3, 5, 1, &desks);
    simulate(&queue_engine, &p, 3, 5, 1, &events);
    assert_true(metrics_find(&desks.metrics, "share_unfinished")->value > 0.9);
    all_the_same(&desks, &events);
    result_release(&desks);
    result_release(&events);
    pipeline_release(&p);
}

static void a_horizon_broken_off_leaves_nothing_behind(void **state)
{
    atomic_bool stop = true;
    const struct engine_options how = {.trials = 2, .seed = 5, .threads = 1, .stop = &stop};
    const struct metrics_options options = {.level = 0.95};
    struct pipeline p;
    struct engine e;
    struct error err = {0};
    struct result again, fresh;
    parse(gated, &p);
    ok(engine_open(&e, &desk_engine, &p, &how, &err), &err);
    assert_false(desk_engine.unit(&e, 0, 0, 1));
    desk_engine.merge(&e);
    assert_int_equal(desk_engine.count(&e), 0);
    atomic_store(&stop, false);
    assert_true(desk_engine.unit(&e, 0, 0, 1));
    assert_true(desk_engine.unit(&e, 0, 1, 1));
    desk_engine.merge(&e);
    result_init(&again, "simulate");
    desk_engine.fill(&e, &options, &again);
    simulate(&desk_engine, &p, 2, 5, 1, &fresh);
    all_the_same(&again, &fresh);
    result_release(&again);
    result_release(&fresh);
    desk_engine.close(&e);
    pipeline_release(&p);
}

/* --- what it leaves to others */

static void what_is_more_than_a_first_come_desk_goes_event_by_event(void **state)
{
    static const char *const desk[] = {
        "servers: 2, waiting_room: 3",
        "servers: 2, patience: 1h",
        "rate: 1/s",
    };
    static const char *const step[] = {
        "    timeout: 30s\n    retry: {attempts: 2}\n",
        "    fallback: {goto: make, at_most: 2}\n    timeout: 5s\n",
        "    on_reject: {goto: make, at_most: 1}\n",
        "    next: [{to: ship, when: \"age < 60s\"}, again]\n",
        "    next: [again]\n  - review: again\n    by: desk\n    latency: 1s\n",
    };
    for (int k = 0; k < 8; k++) {
        char text[1024];
        struct pipeline p;
        snprintf(text, sizeof text,
                 "seam: 1\narrivals: {poisson: 60/h}\nhorizon: {length: 1h}\n"
                 "resources: {desk: {%s}}\nflow:\n  - stage: make\n    latency: 1s\n"
                 "  - review: read\n    by: desk\n    latency: 10s\n%s%s",
                 k < 3 ? desk[k] : "servers: 2", k < 3 ? "" : step[k - 3],
                 k == 6 ? "  - stage: again\n    latency: 1s\n" : "");
        parse(text, &p);
        if (engine_for(&p) != &queue_engine)
            fail_msg("%s is run by %s", k < 3 ? desk[k] : step[k - 3], engine_for(&p)->name);
        pipeline_release(&p);
    }
}

/* Who is first when two things happen at once is for the general engine to say. */
static void coincidences_go_event_by_event(void **state)
{
    static const struct {
        const char *arrivals, *desk, *latency;
        bool together;
    } row[] = {
        {"every: 1m",                              "hours: \"mon-fri 09:00-17:00\"", "{exponential: {mean: 9s}}", true },
        {"every: 1m",                              "discipline: lifo",               "{exponential: {mean: 9s}}", true },
        {"every: {uniform: {from: 30s, to: 90s}}", "discipline: lifo",               "9s",                        false},
        {"poisson: 60/h, batch: 2",                "discipline: lifo",               "9s",                        true },
        {"poisson: 60/h, batch: 2",                "discipline: lifo",               "{exponential: {mean: 9s}}", false},
        {"poisson: 60/h, batch: 2",                "hours: \"mon-fri 09:00-17:00\"", "9s",                        false},
        {"every: 1m",                              "answer_within: 1s",              "9s",                        false},
    };
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        char text[512];
        struct pipeline p;
        snprintf(text, sizeof text,
                 "seam: 1\narrivals: {%s}\nhorizon: {length: 1h}\n"
                 "resources: {desk: {servers: 2, %s}}\n"
                 "flow:\n  - review: read\n    by: desk\n    latency: %s\n",
                 row[k].arrivals, row[k].desk, row[k].latency);
        parse(text, &p);
        if ((engine_for(&p) == &queue_engine) != row[k].together)
            fail_msg("row %zu is run by %s", k, engine_for(&p)->name);
        pipeline_release(&p);
    }
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_desk_agrees_with_events),
        cmocka_unit_test(a_desk_in_a_flow_agrees_with_events),
        cmocka_unit_test(classes_batches_and_two_desks_agree_with_events),
        cmocka_unit_test(waves_and_weeks_of_arrivals_agree_with_events),
        cmocka_unit_test(hours_agree_with_events),
        cmocka_unit_test(orders_of_service_agree_with_events),
        cmocka_unit_test(orders_of_service_with_hours_agree_with_events),
        cmocka_unit_test(one_horizon_in_parts_agrees_with_events),
        cmocka_unit_test(overload_is_named_alike),
        cmocka_unit_test(who_waits_when_the_horizon_ends_is_counted),
        cmocka_unit_test(any_count_of_threads_gives_the_same_bits),
        cmocka_unit_test(who_is_still_inside_at_the_guard_is_left_to_events),
        cmocka_unit_test(a_horizon_broken_off_leaves_nothing_behind),
        cmocka_unit_test(coincidences_go_event_by_event),
        cmocka_unit_test(what_is_more_than_a_first_come_desk_goes_event_by_event),
    };
    return cmocka_run_group_tests_name("desk", tests, prepare, NULL);
}
