/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares between 1e-9 and 1e-6 that queues cause, by splitting, against closed forms: within five
 * of the standard errors that the intervals claim, under fixed seeds (Student's tails with 63
 * degrees: a false alarm once in 200,000 comparisons); and 95% intervals contain the exact value in
 * about 95 of 100 runs: of 40, less than 31 do with a probability of 2e-5 (binomial). */
#include "math/interval.h"
#include "model/scenario.h"
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

static void done(struct ran *x)
{
    result_release(&x->r);
    pipeline_release(&x->p);
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

static void a_room_of_three_servers_is_full_once_in_a_billion(void **state)
{
    struct ran x;
    simulate(&x, DESK("12/s", "servers: 3, waiting_room: 20", "4000s"), 2, 2);
    is_about(&x.r.resources.at[0].metrics, "block_rate", full(1.2, 3, 23), 0.5);
    done(&x);
}

/* M/M/1+D (Barrer, Operations Research 5, 1957): (1 - rho) rho e / (1 - rho^2 e) with
 * e = exp(-(mu - lambda) patience). */
static void fixed_patience_ends_as_rarely_as_Barrer_says(void **state)
{
    struct ran x;
    simulate(&x, DESK("5/s", "servers: 1, patience: 3s", "8000s"), 4, 2);
    double e = exp(-5.0 * 3), exact = 0.25 * e / (1 - 0.25 * e);
    is_about(&x.r.resources.at[0].metrics, "abandon_rate", exact, 0.4);
    is_about(&x.r.metrics, "share_abandoned", exact, 0.4);
    done(&x);
}

/* M/M/1: P(wait > x) = rho exp(-(mu - lambda) x). */
static void late_answers_are_as_rare_as_the_tail_of_the_wait(void **state)
{
    struct ran x;
    simulate(&x, DESK("5/s", "servers: 1, answer_within: 3s", "8000s"), 5, 2);
    const struct metric *m = metrics_find(&x.r.resources.at[0].metrics, "service_level");
    share_is(1 - m->value, 1 - m->high, 1 - m->low, 0.5 * exp(-5.0 * 3), 0.4);
    done(&x);
}

/* M/M/c+M with servers to spare, by birth and death: the rate of those who give up over that of
 * those who come. */
static void rare_waits_and_impatience_agree_with_birth_and_death(void **state)
{
    struct ran x;
    double weight = 1, sum = 1, waits = 0, gone = 0, lambda = 10, mu = 10, theta = 5;
    simulate(&x, DESK("10/s", "servers: 10, patience: {exponential: {mean: 200ms}}", "8000s"), 6,
             2);
    for (int n = 1; n < 60; n++) {
        weight *= lambda / (mu * fmin(n, 10) + theta * fmax(n - 10, 0));
        sum += weight;
        waits += n >= 10 ? weight : 0;
        gone += theta * fmax(n - 10, 0) * weight;
    }
    is_about(&x.r.resources.at[0].metrics, "p_wait", waits / sum, 0.3);
    is_about(&x.r.resources.at[0].metrics, "abandon_rate", gone / lambda / sum, 0.4);
    done(&x);
}

static void each_of_two_desks_leads_to_its_own_full_room(void **state)
{
    struct ran x;
    simulate(&x,
             "arrivals: {poisson: 5/s}\nhorizon: {warmup: 30s, length: 4000s, replications: 8}\n"
             "resources:\n  d: {servers: 1, waiting_room: 19}\n  e: {servers: 6, waiting_room: 0}\n"
             "flow:\n  - {stage: a, by: d, latency: {exponential: {mean: 100ms}}}\n"
             "  - {stage: b, by: e, latency: {exponential: {mean: 50ms}}}\n",
             7, 2);
    /* what leaves the first desk is Poisson (Burke 1956), but for a room full so rarely */
    double first = full(0.5, 1, 20), second = full(0.25, 6, 6);
    is_about(&x.r.resources.at[0].metrics, "block_rate", first, 0.5);
    is_about(&x.r.resources.at[1].metrics, "block_rate", second, 0.5);
    is_about(&x.r.metrics, "share_rejected", first + second, 0.5);
    done(&x);
}

static void a_loss_system_loses_once_in_ten_million(void **state)
{
    struct ran x;
    simulate(&x, DESK("10/s", "servers: 10, waiting_room: 0", "8000s"), 3, 2);
    is_about(&x.r.resources.at[0].metrics, "block_rate", full(1, 10, 10), 0.3);
    done(&x);
}

static void intervals_hold(const char *flow, double exact)
{
    enum { RUNS = 40, LEAST = 31 };
    const struct split_effort small = {1e6, 1e6};
    struct error err = {0};
    struct pipeline p;
    int inside = 0, improved = 0;
    flow_read(flow, &p);
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        const struct run_options how = {
            .seed = seed, .threads = 2, .level = 0.95, .means_only = true};
        struct result r;
        result_init(&r, "simulate");
        struct row *row = result_add_row(&r, resources, "d");
        metrics_add(&row->metrics, "block_rate", 0, 0, 1e-4, 0.95, 40000, "1");
        r.run.trials = 4;
        ok(split_improve(&p, &how, &small, &r, &err), &err);
        const struct metric *m = metrics_find(&row->metrics, "block_rate");
        improved += m->value > 0;
        inside += m->low <= exact && exact <= m->high;
        result_release(&r);
    }
    print_message("%d of %d, %d improved\n", inside, RUNS, improved);
    assert_true(inside >= LEAST);
    assert_true(improved >= RUNS - 10);
    pipeline_release(&p);
}

static void intervals_of_a_full_room_hold(void **state)
{
    intervals_hold(DESK("5/s", "servers: 1, waiting_room: 15", "400s"), full(0.5, 1, 16));
}

static void intervals_of_a_loss_system_hold(void **state)
{
    intervals_hold(DESK("10/s", "servers: 8, waiting_room: 0", "400s"), full(1, 8, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_of_three_servers_is_full_once_in_a_billion),
        cmocka_unit_test(fixed_patience_ends_as_rarely_as_Barrer_says),
        cmocka_unit_test(late_answers_are_as_rare_as_the_tail_of_the_wait),
        cmocka_unit_test(rare_waits_and_impatience_agree_with_birth_and_death),
        cmocka_unit_test(each_of_two_desks_leads_to_its_own_full_room),
        cmocka_unit_test(a_loss_system_loses_once_in_ten_million),
        cmocka_unit_test(intervals_of_a_full_room_hold),
        cmocka_unit_test(intervals_of_a_loss_system_hold),
    };
    return cmocka_run_group_tests_name("split coverage", tests, NULL, NULL);
}
