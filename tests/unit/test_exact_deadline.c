/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that leave at their deadline, against closed forms: exponential and Erlang times, renewal
 * of failed attempts, constants, and the limit of a deadline that nothing reaches. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double CLOSE = 1e-9;

static void parse(const char *text, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    ok(scenario_parse("case.yaml", text, strlen(text), NULL, p, &faults, &err), &err);
    faults_release(&faults);
}

static void solve_with(struct solved *s, const char *text, bool values_only)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .seed = 1, .values_only = values_only};
    parse(text, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static void solve(struct solved *s, const char *text)
{
    solve_with(s, text, true);
}

static void refused(const char *text, const char *part)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95};
    struct pipeline p;
    struct result r;
    bool complete;
    parse(text, &p);
    result_init(&r, "solve");
    assert_int_equal(exact_solve(&p, &options, &r, &complete, &err), -1);
    error_is(&err, ERR_UNSUPPORTED, part);
    result_release(&r);
    pipeline_release(&p);
}

#define MODEL(name, rest) "  - stage: " name "\n    layer: model\n" rest

static void an_exponential_step_ends_before_the_deadline_or_leaves_at_it(void **state)
{
    struct solved s;
    solve_with(&s,
               "seam: 1\ndeadline: 1.5s\nobjective: {deadline: 700ms}\nflow:\n" MODEL(
                   "s", "    latency: {exponential: {mean: 1s}}\n    wrong: 20%\n    cost: 3\n"),
               false);
    double d = 1.5, in_time = -expm1(-d), mean = (1 - (1 + d) * exp(-d)) / in_time;
    double square = (2 - (d * d + 2 * d + 2) * exp(-d)) / in_time;
    near_rel(top(&s, "reliability"), 0.8 * in_time, CLOSE);
    near_rel(top(&s, "share_wrong"), 0.2 * in_time, CLOSE);
    near_rel(top(&s, "share_abandoned"), exp(-d), CLOSE);
    near_rel(top(&s, "latency_mean"), mean, CLOSE);
    near_rel(top(&s, "latency_sd"), sqrt(square - mean * mean), 1e-8);
    near_rel(top(&s, "latency_p50"), -log1p(-in_time / 2), 1e-6);
    near_rel(top(&s, "latency_all_mean"), in_time, CLOSE);
    near_rel(top(&s, "latency_all_p50"), log(2), 1e-6);
    near_rel(top(&s, "latency_all_p90"), d, CLOSE);
    near_rel(top(&s, "slo_attainment"), -0.8 * expm1(-0.7), CLOSE);
    near_rel(top(&s, "cost_per_item"), 3, CLOSE);
    near_rel(top(&s, "cost_per_correct"), 3 / (0.8 * in_time), CLOSE);
    near_rel(stage(&s, "s", "exit_abandon"), exp(-d), CLOSE);
    near_rel(stage(&s, "s", "exit_ship"), in_time, CLOSE);
    near_rel(stage(&s, "s", "improvement"), 1 - 0.8 * in_time, 1e-8); /* then nobody leaves */
    near_rel(stage(&s, "s", "birnbaum"), 1, 1e-8);
    done(&s);
}

static void steps_in_a_row_are_begun_as_far_as_an_erlang_time_lets_them(void **state)
{
    static const char *const name[] = {"a", "b", "c"};
    struct solved s;
    solve(&s, "seam: 1\ndeadline: 2s\nflow:\n" MODEL(
                  "a", "    latency: {exponential: {mean: 1s}}\n    cost: 1\n")
                  MODEL("b", "    latency: {exponential: {mean: 1s}}\n    cost: 10\n")
                      MODEL("c", "    latency: {exponential: {mean: 1s}}\n    cost: 100\n"));
    double cost = 0, visits = 0, begun = 1;
    for (int k = 0; k < 3; k++) {
        double ended = gsl_cdf_gamma_P(2, k + 1, 1);
        near_rel(stage(&s, name[k], "visits_per_item"), begun, CLOSE);
        near_rel(stage(&s, name[k], "exit_abandon"), begun - ended, CLOSE);
        cost += pow(10, k) * begun;
        visits += begun;
        begun = ended;
    }
    near_rel(top(&s, "reliability"), begun, CLOSE);
    near_rel(top(&s, "cost_per_item"), cost, CLOSE);
    near_rel(top(&s, "visits_mean"), visits, CLOSE);
    done(&s);
}

/* Attempts that last 1 s on the average and fail with chance e make a time to success that is
 * exponential of rate 1 - e, and failures come at rate e until then or the deadline. */
static void attempts_before_the_deadline_are_a_renewal_process(void **state)
{
    struct solved s;
    double e = 0.4, d = 3, rate = 1 - e, until = -expm1(-rate * d) / rate;
    solve(&s, "seam: 1\ndeadline: 3s\nflow:\n" MODEL(
                  "s", "    latency: {exponential: {mean: 1s}}\n    error: 40%\n"
                       "    cost: 0.5\n    retry: {attempts: 90}\n"));
    near_rel(top(&s, "reliability"), -expm1(-rate * d), CLOSE);
    near_rel(stage(&s, "s", "attempts_per_item"), 1 + e * until, CLOSE);
    near_rel(stage(&s, "s", "cost_per_item"), 0.5 * (1 + e * until), CLOSE);
    near_rel(stage(&s, "s", "error_rate"), e, CLOSE);
    near_rel(stage(&s, "s", "success_rate"), 1, CLOSE);
    near_rel(stage(&s, "s", "first_try_rate"), rate * -expm1(-d) / -expm1(-rate * d), CLOSE);
    done(&s);
}

static void a_timeout_that_the_deadline_cuts_off_is_none(void **state)
{
    struct solved s;
    solve(&s, "seam: 1\ndeadline: 2.5s\nflow:\n" MODEL(
                  "s", "    latency: 10s\n    timeout: 1s\n    cost: 1\n"
                       "    retry: {attempts: 5, backoff: {initial: 250ms, factor: 1}}\n"));
    near_rel(top(&s, "share_abandoned"), 1, CLOSE);
    near_rel(stage(&s, "s", "attempts_per_item"), 2, CLOSE); /* at 0 and 1.25, not 2.5 */
    done(&s);
}

/* 1 s or 2 s, twice: 2 s with 1/4, 3 s with 1/2, 4 s with 1/4. */
static void who_takes_the_deadline_itself_leaves(void **state)
{
    static const char *const text = "seam: 1\ndeadline: %gs\nflow:\n" MODEL(
        "a", "    latency: {discrete: {values: [1s, 2s], weights: [0.5, 0.5]}}\n")
        MODEL("b", "    latency: {discrete: {values: [1s, 2s], weights: [0.5, 0.5]}}\n");
    static const double at[][2] = {
        {1,   0   },
        {2,   0   },
        {2.1, 0.25},
        {3,   0.25},
        {3.1, 0.75},
        {4,   0.75},
        {4.1, 1   }
    };
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct solved s;
        char full[500];
        snprintf(full, sizeof full, text, at[i][0]);
        solve(&s, full);
        near(top(&s, "reliability"), at[i][1], 1e-9);
        near(top(&s, "share_abandoned"), 1 - at[i][1], 1e-9);
        done(&s);
    }
}

static void a_deadline_that_nothing_reaches_changes_nothing(void **state)
{
    static const char *const flow =
        "flow:\n" MODEL("a", "    latency: {gamma: {shape: 2, scale: 100ms}}\n    error: 10%%\n"
                             "    wrong: 5%%\n    retry: {attempts: 3, backoff: {initial: 1s}}\n"
                             "    cost: 2\n")
            MODEL("b", "    latency: {lognormal: {p50: 200ms, sigma: 0.5}}\n    malformed: "
                       "7%%\n") "  - check: c\n    sensitivity: 90%%\n    specificity: 95%%\n"
                                "    on_reject: {goto: b, at_most: 1, then: reject}\n";
    static const char *const metrics[] = {"reliability",      "share_wrong",   "share_rejected",
                                          "share_failed",     "latency_mean",  "latency_sd",
                                          "latency_all_mean", "latency_p95",   "latency_all_p999",
                                          "visits_mean",      "cost_per_item", "completion"};
    static const char *const of[] = {"visits_per_item", "attempts_per_item", "error_rate",
                                     "success_rate",    "first_try_rate",    "retry_success_rate",
                                     "exit_fail",       "cost_per_item"};
    struct solved with, without;
    struct buf text = {0};
    buf_printf(&text, "seam: 1\ndeadline: 60s\n");
    buf_printf(&text, flow);
    solve(&with, buf_text(&text));
    text.len = 0;
    buf_printf(&text, "seam: 1\n");
    buf_printf(&text, flow);
    solve(&without, buf_text(&text));
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        near_rel(top(&with, metrics[i]), top(&without, metrics[i]), 1e-7);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        near_rel(stage(&with, "a", of[i]), stage(&without, "a", of[i]), 1e-8);
    near(top(&with, "share_abandoned"), 0, 1e-9);
    near_rel(stage(&with, "c", "caught_rate"), stage(&without, "c", "caught_rate"), 1e-8);
    buf_release(&text);
    done(&with);
    done(&without);
}

static void each_class_has_its_own_deadline(void **state)
{
    struct solved s;
    solve(&s, "seam: 1\nclasses: {x: {share: 25%}, y: {share: 75%}}\n"
              "deadline: {x: 1s, y: 2s}\nflow:\n" MODEL(
                  "s", "    latency: {exponential: {mean: 1s}}\n"));
    near_rel(top(&s, "reliability"), -0.25 * expm1(-1) - 0.75 * expm1(-2), CLOSE);
    near_rel(top(&s, "share_abandoned"), 0.25 * exp(-1) + 0.75 * exp(-2), CLOSE);
    near_rel(top(&s, "latency_all_mean"), -0.25 * expm1(-1) - 0.75 * expm1(-2), CLOSE);
    assert_null(metrics_find(&s.r.metrics, "latency_p95"));
    done(&s);
}

/* Rounds of 1 s on the average, each the last with chance 1/3. */
static void a_loop_without_a_bound_goes_round_until_the_deadline(void **state)
{
    struct solved s;
    double d = 4, rate = 1.0 / 3;
    solve(&s,
          "seam: 1\ndeadline: 4s\nflow:\n" MODEL(
              "s",
              "    latency: {exponential: {mean: 1s}}\n") "  - check: c\n    sensitivity: 100%\n   "
                                                          " specificity: 33.3333333333333333%\n"
                                                          "    on_reject: {goto: s, at_most: "
                                                          "unbounded}\n");
    near_rel(top(&s, "reliability"), -expm1(-rate * d), 1e-8);
    near_rel(stage(&s, "s", "visits_per_item"), 1 + 2 * -expm1(-rate * d), 1e-8);
    done(&s);
}

/* Reliability is (1 - e) P(T < d), and its slopes are known. */
static void slopes_by_the_deadline_and_by_errors_are_known(void **state)
{
    struct solved s;
    solve_with(&s,
               "seam: 1\ndeadline: 2s\nflow:\n" MODEL(
                   "s", "    latency: {exponential: {mean: 1s}}\n    error: 10%\n"),
               false);
    double by_deadline = NAN, by_error = NAN;
    for (size_t i = 0; i < s.r.sensitivities.len; i++) {
        const struct sensitivity *x = &s.r.sensitivities.at[i];
        if (strcmp(x->metric, "reliability") != 0)
            continue;
        by_deadline = !strcmp(x->parameter, "deadline") ? x->value : by_deadline;
        by_error = !strcmp(x->parameter, "flow.s.error") ? x->value : by_error;
    }
    near_rel(by_deadline, 0.9 * exp(-2), 1e-5);
    near_rel(by_error, expm1(-2), 1e-6);
    done(&s);
}

/* A solution for each set of perfect steps: soon done for a few steps, not for a hundred. */
static void losses_that_would_take_long_are_left_out_by_name(void **state)
{
    for (int steps = 3; steps <= 99; steps += 96) {
        struct solved s;
        struct buf text;
        bool named = false;
        buf_init(&text);
        buf_puts(&text, "seam: 1\ndeadline: 9s\nflow:\n"
                        "  - {stage: a, error: 1%, latency: {exponential: {mean: 1s}}}\n");
        for (int i = 1; i < steps; i++)
            buf_printf(&text, "  - {stage: s%d, error: 1%%}\n", i);
        solve_with(&s, buf_text(&text), false);
        for (size_t i = 0; i < s.r.warnings.len; i++)
            named = named || strstr(s.r.warnings.at[i], "loss, closes, birnbaum, improvement: left "
                                                        "out, as solving the scenario anew");
        assert_true(named == (steps > 3));
        assert_true(isnan(stage(&s, "a", "loss")) == (steps > 3));
        assert_true(!named || !s.complete);
        buf_release(&text);
        done(&s);
    }
}

static void what_leaves_in_the_weather_or_a_line_is_refused_by_name(void **state)
{
    refused("seam: 1\ndeadline: 2s\nflow:\n  - stage: a\n    latency: 1s\nenvironments:\n  e:\n"
            "    up: {lasts: {exponential: {mean: 3h}}}\n"
            "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {error: 1}}}\n",
            "case.yaml:2:11: not exact (deadline): items leave at a deadline, and the law of their "
            "time in the states of an environment is not held");
    refused("seam: 1\ndeadline: 2h\narrivals: {poisson: 3/h}\nhorizon: {length: 100h}\n"
            "resources:\n  people: {servers: 2}\nflow:\n  - review: r\n    by: people\n"
            "    latency: {exponential: {mean: 10m}}\n",
            "items leave its line at their deadline");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exponential_step_ends_before_the_deadline_or_leaves_at_it),
        cmocka_unit_test(steps_in_a_row_are_begun_as_far_as_an_erlang_time_lets_them),
        cmocka_unit_test(attempts_before_the_deadline_are_a_renewal_process),
        cmocka_unit_test(a_timeout_that_the_deadline_cuts_off_is_none),
        cmocka_unit_test(who_takes_the_deadline_itself_leaves),
        cmocka_unit_test(a_deadline_that_nothing_reaches_changes_nothing),
        cmocka_unit_test(each_class_has_its_own_deadline),
        cmocka_unit_test(a_loop_without_a_bound_goes_round_until_the_deadline),
        cmocka_unit_test(slopes_by_the_deadline_and_by_errors_are_known),
        cmocka_unit_test(losses_that_would_take_long_are_left_out_by_name),
        cmocka_unit_test(what_leaves_in_the_weather_or_a_line_is_refused_by_name),
    };
    math_init();
    return cmocka_run_group_tests_name("exact deadlines", tests, NULL, NULL);
}
