/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares between 1e-10 and 1e-6 that queues cause, by splitting, against closed forms: within five
 * of the standard errors that the intervals claim, under fixed seeds (a false alarm once in 1.7
 * million comparisons; Student's tails with 63 degrees: once in 200,000). */
#include "math/interval.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/queue.h"
#include "sim/queue/sim.h"
#include "sim/run.h"
#include "sim/split.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

struct ran {
    struct pipeline p;
    struct result r;
};

static void simulate(struct ran *x, const char *flow, uint64_t seed, uint32_t threads)
{
    struct error err = {0};
    const struct run_options how = {.seed = seed, .threads = threads, .level = 0.95};
    flow_read(flow, &x->p);
    result_init(&x->r, "simulate");
    ok(run_simulate(&x->p, &how, &x->r, &err), &err);
}

/* The same with a third of the usual effort. */
static void simulate_briefly(struct ran *x, const char *flow, uint64_t seed, uint32_t threads)
{
    struct error err = {0};
    const struct run_options how = {.seed = seed, .threads = threads, .level = 0.95};
    const struct split_effort brief = {2.5e6, 2.5e6};
    flow_read(flow, &x->p);
    result_init(&x->r, "simulate");
    ok(run_by(&queue_engine, &x->p, &how, &x->r, &err), &err);
    ok(split_improve(&x->p, &how, &brief, &x->r, &err), &err);
}

static void done(struct ran *x)
{
    result_release(&x->r);
    pipeline_release(&x->p);
}

static bool says(const struct result *r, const char *name, const char *words)
{
    for (size_t i = 0; i < r->assumptions.len; i++)
        if (strstr(r->assumptions.at[i], name) && strstr(r->assumptions.at[i], words))
            return true;
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], name) && strstr(r->warnings.at[i], words))
            return true;
    return false;
}

/* Five standard errors of a 95% interval that is not wider than `widest` of the value. */
static void share_is(double value, double low, double high, double exact, double widest)
{
    double half = (high - low) / 2;
    print_message("%.4g (%.3g to %.3g), exactly %.4g\n", value, low, high, exact);
    assert_true(half > 0);
    assert_true(half < widest * exact);
    within_sigma(value, exact, half / student_quantile(0.975, 63), 5);
}

static void is_about(const struct metrics *all, const char *name, double exact, double widest)
{
    const struct metric *m = metrics_find(all, name);
    assert_non_null(m);
    share_is(m->value, m->low, m->high, exact, widest);
}

#define DESK(rate, desk, length)                                                                   \
    "arrivals: {poisson: " rate "}\nhorizon: {warmup: 30s, length: " length ", replications: 4}\n" \
    "resources:\n  d: {" desk "}\n"                                                                \
    "flow:\n  - {stage: a, by: d, latency: {exponential: {mean: 100ms}}}\n"

/* Erlang's formula of the second kind for a finite room, by birth and death: p[n] of n inside. */
static double full(double load, uint32_t servers, uint32_t places)
{
    double weight = 1, sum = 1;
    for (uint32_t n = 1; n <= places; n++) {
        weight *= load / (n < servers ? n : servers);
        sum += weight;
    }
    return weight / sum;
}

static void a_room_of_one_server_is_full_five_times_in_ten_million(void **state)
{
    struct ran x;
    simulate_briefly(&x, DESK("5/s", "servers: 1, waiting_room: 19", "8000s"), 1, 2);
    double exact = full(0.5, 1, 20);
    is_about(&x.r.resources.at[0].metrics, "block_rate", exact, 0.2);
    is_about(&x.r.metrics, "share_rejected", exact, 0.2);
    is_about(&x.r.stages.at[0].metrics, "exit_reject", exact, 0.2);
    assert_true(says(&x.r, "share_rejected", "independent sightings"));
    assert_true(metrics_find(&x.r.metrics, "share_failed")->level == 0);
    done(&x);
}

/* As after a run that saw nothing. */
static struct metric improved(const struct pipeline *p, uint32_t threads, const atomic_bool *stop)
{
    const struct run_options how = {.seed = 8, .threads = threads, .level = 0.95, .stop = stop};
    const struct split_effort small = {1e6, 1e6};
    struct error err = {0};
    struct result r;
    result_init(&r, "simulate");
    struct row *row = result_add_row(&r, resources, "d");
    metrics_add(&row->metrics, "block_rate", 0, 0, 1e-4, 0.95, 40000, "1");
    r.run.trials = 4;
    ok(split_improve(p, &how, &small, &r, &err), &err);
    struct metric m = *metrics_find(&row->metrics, "block_rate");
    result_release(&r);
    return m;
}

static void threads_change_no_bit(void **state)
{
    struct pipeline p;
    flow_read(DESK("10/s", "servers: 8, waiting_room: 0", "400s"), &p);
    struct metric a = improved(&p, 1, NULL), b = improved(&p, 3, NULL);
    assert_true(a.value > 0 && a.value == b.value && a.low == b.low && a.high == b.high);
    pipeline_release(&p);
}

static void what_was_stopped_stays_as_it_was(void **state)
{
    struct pipeline p;
    atomic_bool stop = true;
    flow_read(DESK("10/s", "servers: 8, waiting_room: 0", "400s"), &p);
    struct metric m = improved(&p, 2, &stop);
    assert_true(m.value == 0 && m.high == 1e-4);
    pipeline_release(&p);
}

/* 0.1% * 0.1%: nothing that queues do. */
static void failures_of_steps_alone_are_sampled_by_importance(void **state)
{
    struct ran x;
    simulate(&x,
             "arrivals: {poisson: 5/s}\nhorizon: {length: 8000s, replications: 2}\n"
             "resources:\n  d: {servers: 1}\n"
             "flow:\n  - {stage: a, by: d, latency: {exponential: {mean: 100ms}}, error: 0.1%, "
             "retry: {attempts: 2}}\n",
             9, 2);
    is_about(&x.r.metrics, "share_failed", 1e-6, 0.1);
    assert_true(says(&x.r, "share_failed", "importance sampling"));
    done(&x);
}

static void what_steps_and_rooms_may_cause_is_left_with_a_warning(void **state)
{
    struct ran x;
    simulate(&x,
             "arrivals: {poisson: 5/s}\nhorizon: {length: 8000s, replications: 2}\n"
             "resources:\n  d: {servers: 1, waiting_room: 19, when_full: fail}\n"
             "flow:\n  - {stage: a, by: d, latency: {exponential: {mean: 100ms}}, error: 0.1%, "
             "retry: {attempts: 3}}\n",
             10, 2);
    assert_true(says(&x.r, "share_failed", "more replications"));
    assert_false(says(&x.r, "share_failed", "sightings"));
    is_about(&x.r.resources.at[0].metrics, "block_rate", full(0.5, 1, 20), 0.12);
    done(&x);
}

static void a_copy_goes_on_as_the_other_would_but_for_its_numbers(void **state)
{
    struct ran x;
    struct error err = {0};
    struct queue_program g;
    struct queue_tally t;
    flow_read(
        DESK("8/s", "servers: 1, waiting_room: 19, patience: {exponential: {mean: 9s}}", "100s"),
        &x.p);
    ok(queue_program_init(&g, &x.p, &err), &err);
    queue_tally_init(&t, &g, 1);
    struct queue_sim *a = queue_sim_new(&g), *b = queue_sim_new(&g);
    queue_sim_begin(a, 1, 0, &t);
    for (int i = 0; i < 500; i++)
        assert_true(queue_sim_step(a));
    queue_sim_copy(b, a, 77);
    queue_sim_copy(b, a, 78); /* over what was there */
    assert_true(a->clock.now_s == b->clock.now_s && a->items_inside == b->items_inside);
    assert_true(a->desk[0].waiting == b->desk[0].waiting && a->desk[0].busy == b->desk[0].busy);
    uint32_t differ = 0;
    for (int i = 0; i < 200; i++) {
        double then = b->clock.now_s;
        assert_true(queue_sim_step(a) && queue_sim_step(b));
        assert_true(b->clock.now_s >= then);
        differ += a->clock.now_s != b->clock.now_s;
    }
    assert_true(differ > 150);
    while (queue_sim_step(b))
        continue;
    while (queue_sim_step(a))
        continue;
    assert_true(a->cohort_inside == 0 && b->cohort_inside == 0);
    queue_sim_free(a);
    queue_sim_free(b);
    queue_tally_release(&t);
    queue_program_release(&g);
    pipeline_release(&x.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_of_one_server_is_full_five_times_in_ten_million),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(what_was_stopped_stays_as_it_was),
        cmocka_unit_test(failures_of_steps_alone_are_sampled_by_importance),
        cmocka_unit_test(what_steps_and_rooms_may_cause_is_left_with_a_warning),
        cmocka_unit_test(a_copy_goes_on_as_the_other_would_but_for_its_numbers),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
