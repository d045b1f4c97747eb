/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs without chance, followed by hand: arrivals every so many minutes, constant latencies.  Times
 * below are in minutes. */
#include "sim/run.h"
#include "tests/unit/queue_cases.h"

enum { MINUTE = 60 };

static void trace(struct ran *x, const char *text)
{
    const struct run_options options = {.trials = 2, .seed = 1, .level = 0.95, .threads = 1};
    run(x, text, &options);
}

static double of(const struct ran *x, const char *name)
{
    return find(&x->r, name)->value;
}

#define EVERY(every, length)                                                                       \
    "arrivals: {every: " every "}\nhorizon: {length: " length ", observe: 5m}\n"

/* Arrive at 10, 20, ... 50, begin at 10, 25, 40, 55, 70. */
static void a_line_moves_as_by_hand(void **state)
{
    struct ran x;
    trace(&x, EVERY("10m", "1h") "flow:\n  - stage: a\n    by: one\n    latency: 15m\n"
                                 "resources:\n  one: {servers: 1}\n");
    near(of(&x, "wait_mean"), 10 * MINUTE, 1e-6);
    near(of(&x, "one:queue_wait_mean"), 10 * MINUTE, 1e-6);
    near(of(&x, "latency_mean"), 25 * MINUTE, 1e-6);
    near(of(&x, "one:p_wait"), 0.8, 1e-12);
    near(of(&x, "one:utilisation"), 50.0 / 60, 1e-9);
    near(of(&x, "one:queue_length_mean"), (5 + 10 + 15 + 10) / 60.0, 1e-9);
    near(of(&x, "share_unfinished"), 0, 0);
    const struct curve *c = result_curve(&x.r, "in_system");
    assert_non_null(c);
    assert_string_equal(c->resource, "one");
    assert_int_equal(c->points.len, 13); /* both ends included */
    near(c->points.at[5].x, 25 * MINUTE, 1e-9);
    near(c->points.at[9].y, 2, 0); /* at 45: 30's and 40's */
    near(c->points.at[11].y, 2, 0);
    done(&x);
}

/* At 50 with ten minutes to closing. */
static void work_at_closing_waits_for_the_morning_or_is_finished(void **state)
{
    static const char flow[] = "flow:\n  - stage: a\n    by: one\n    latency: 20m\n";
    struct ran x;
    struct buf text;
    buf_init(&text);
    buf_printf(&text,
               "%s%sresources:\n  one: {servers: 1, hours: \"mon-sun 00:00-01:00\", at_close: "
               "interrupt}\n",
               EVERY("50m", "1h"), flow);
    trace(&x, buf_text(&text));
    near(of(&x, "latency_mean"), (24 * 60 + 10 - 50) * MINUTE, 1e-6);
    done(&x);
    buf_clear(&text);
    buf_printf(&text, "%s%sresources:\n  one: {servers: 1, hours: \"mon-sun 00:00-01:00\"}\n",
               EVERY("50m", "1h"), flow);
    trace(&x, buf_text(&text));
    near(of(&x, "latency_mean"), 20 * MINUTE, 1e-6);
    done(&x);
    buf_release(&text);
}

/* The limit counts work: ten minutes before closing, five in the morning.  The retry waits behind
 * who came at 100, whose first attempt takes 15, and takes 15 more. */
static void a_timeout_counts_work_and_not_the_night(void **state)
{
    struct ran x;
    trace(&x, EVERY("50m",
                    "1h") "flow:\n  - stage: a\n    by: one\n    latency: 20m\n    timeout: 15m\n"
                          "    retry: {attempts: 2}\n"
                          "resources:\n  one: {servers: 1, hours: \"mon-sun 00:00-01:00\", "
                          "at_close: interrupt}\n");
    near(of(&x, "share_failed"), 1, 0);
    near(of(&x, "latency_all_mean"), (24 * 60 + 5 + 15 + 15 - 50) * MINUTE, 1e-6);
    near(of(&x, "a:timeout_rate"), 1, 0);
    done(&x);
}

/* Of 10, 20, ... 50 those of 20 and 40 find the server busy until 25 and 45. */
static void the_impatient_leave_when_their_patience_ends(void **state)
{
    struct ran x;
    trace(&x, EVERY("10m", "1h") "flow:\n  - stage: a\n    by: one\n    latency: 15m\n"
                                 "resources:\n  one: {servers: 1, patience: 4m}\n");
    near(of(&x, "share_abandoned"), 0.4, 1e-12);
    near(of(&x, "one:abandon_rate"), 0.4, 1e-12);
    near(of(&x, "a:exit_abandon"), 0.4, 1e-12);
    near(of(&x, "one:queue_wait_mean"), 1.6 * MINUTE, 1e-6);
    near(of(&x, "one:queue_wait_served_mean"), 0, 1e-6);
    done(&x);
}

/* The deadline strikes 30's at 52, in service; so 40's begins at 52 and 50's at 62, in vain. */
static void a_deadline_strikes_even_inside_a_step(void **state)
{
    struct ran x;
    trace(&x, "deadline: 22m\n" EVERY("10m",
                                      "1h") "flow:\n  - stage: a\n    by: one\n    latency: 15m\n"
                                            "resources:\n  one: {servers: 1}\n");
    near(of(&x, "reliability"), 0.4, 1e-12);
    near(of(&x, "share_abandoned"), 0.6, 1e-12);
    near(of(&x, "latency_all_mean"), (15 + 20 + 22 + 22 + 22) / 5.0 * MINUTE, 1e-6);
    done(&x);
}

static void a_full_room_takes_its_own_edge(void **state)
{
    struct ran x;
    trace(&x,
          EVERY("10m", "1h") "flow:\n  - stage: a\n    by: one\n    latency: 15m\n  - stage: b\n   "
                             " latency: 1m\n"
                             "resources:\n  one: {servers: 1, waiting_room: 0, when_full: skip}\n");
    near(of(&x, "one:block_rate"), 0.4, 1e-12);
    near(of(&x, "reliability"), 1, 0);
    near(of(&x, "a:success_rate"), 0.6, 1e-12);
    near(of(&x, "latency_mean"), (16 + 1 + 16 + 1 + 16) / 5.0 * MINUTE, 1e-6);
    done(&x);
}

/* One token every ten minutes, asked for every five. */
static void a_rate_limit_lets_them_through_one_by_one(void **state)
{
    struct ran x;
    trace(&x, EVERY("5m", "31m") "flow:\n  - stage: a\n    by: calls\n    latency: 1m\n"
                                 "resources:\n  calls: {rate: 6/h, burst: 1}\n");
    near(of(&x, "wait_mean"), 12.5 * MINUTE, 1e-6);
    near(of(&x, "latency_mean"), 13.5 * MINUTE, 1e-6);
    done(&x);
}

/* Calls at 10 and 20 fail and open it until 45, the probe at 50 until 75, the one at 80 again. */
static void a_breaker_opens_probes_and_opens_again(void **state)
{
    struct ran x;
    trace(&x, EVERY("10m",
                    "85m") "flow:\n  - stage: a\n    error: 100%\n"
                           "    breaker: {failures: 50%, window: 1h, calls: 2, open_for: 25m}\n");
    near(of(&x, "a:attempts_per_item"), 0.5, 1e-12);
    near(of(&x, "share_failed"), 1, 0);
    done(&x);
}

/* A step that fails for an hour and then no more: the probe closes the breaker. */
static void a_breaker_closes_after_a_probe_that_succeeds(void **state)
{
    struct ran x;
    trace(&x,
          EVERY("10m",
                "105m") "flow:\n  - stage: a\n    latency: 2m\n    timeout: 1m\n"
                        "    breaker: {failures: 100%, window: 1h, calls: 1, open_for: 15m}\n"
                        "    fallback: b\n    next: [{to: ship}]\n  - stage: b\n    latency: 1m\n");
    near(of(&x, "a:attempts_per_item"), 0.5, 1e-12); /* 10, 30, 50, 70, 90 */
    near(of(&x, "b:visits_per_item"), 1, 1e-12);
    done(&x);
}

/* Ten tokens and a tenth for each first attempt: five items retry twice, the eleventh once. */
static void a_retry_budget_runs_out(void **state)
{
    struct ran x;
    trace(&x, EVERY("10m", "115m") "flow:\n  - stage: a\n    error: 100%\n"
                                   "    retry: {attempts: 3, budget: 10%}\n");
    near(of(&x, "a:attempts_per_item"), 2, 1e-12);
    done(&x);
}

/* On duty for 20 minutes, and for 40. */
static void the_tired_are_slower(void **state)
{
    struct ran x;
    trace(&x,
          EVERY("20m",
                "45m") "flow:\n  - review: a\n    by: one\n    latency: 10m\n    sensitivity: 90%\n"
                       "    fatigue: {after: 30m, sensitivity: 50%, slower: 2}\n"
                       "resources:\n  one: {servers: 1, hours: \"mon-sun 00:00-04:00\"}\n");
    near(of(&x, "latency_mean"), 15 * MINUTE, 1e-6);
    done(&x);
}

/* Copies at 4 and 8, none of them any good: the attempt ends with the last one, at 18. */
static void a_hedged_attempt_ends_with_its_last_copy(void **state)
{
    struct ran x;
    trace(&x, EVERY("1h", "90m") "flow:\n  - stage: a\n    error: 100%\n    latency: 10m\n"
                                 "    cost: {per_call: $3}\n    hedge: {after: 4m, copies: 2}\n");
    near(of(&x, "latency_all_mean"), 18 * MINUTE, 1e-6);
    near(of(&x, "a:attempts_per_item"), 3, 0);
    near(of(&x, "cost_per_item"), 9, 1e-9);
    done(&x);
}

/* Three quarters of the time up, in turns of three hours and one. */
/* One server and three of them: the first is served, and the others never begin. */
static void what_is_needed_no_more_does_not_begin(void **state)
{
    struct ran x;
    trace(&x, EVERY("1h", "9h") "flow:\n  - parallel: p\n    copies: 3\n    join: any\n"
                                "    branch: [{stage: a, by: one, latency: 10m, cost: {per_call: "
                                "$1}}]\n"
                                "resources:\n  one: {servers: 1}\n");
    near(of(&x, "cost_per_item"), 1, 1e-9);
    near(of(&x, "a:attempts_per_item"), 1, 1e-12);
    done(&x);
    trace(&x, EVERY("1h", "9h") "flow:\n  - stage: a\n    by: one\n    latency: 10m\n"
                                "    hedge: {after: 2m, copies: 2}\n    cost: {per_call: $1}\n"
                                "resources:\n  one: {servers: 1}\n");
    near(of(&x, "cost_per_item"), 1, 1e-9);
    done(&x);
}

static void an_environment_starts_stationary(void **state)
{
    const struct run_options options = {.trials = 1000, .seed = 1, .level = 0.95, .threads = 1};
    struct ran x;
    run(&x,
        "arrivals: {every: 10m}\nhorizon: {length: 1h}\n"
        "flow:\n  - stage: a\n    error: 1%\n"
        "environments:\n  net:\n    up: {lasts: 3h}\n    down: {lasts: 1h, steps: {a: {error: "
        "50%}}}\n",
        &options);
    within_sigma(of(&x, "net:undisturbed"), 0.5, sqrt(0.25 / 1000), 5);
    /* over an hour: 1 for half of the starts, uniform in [0, 1] for the rest */
    within_sigma(of(&x, "net:availability"), 0.75, sqrt(0.104166667 / 1000), 5);
    near(of(&x, "net:availability_sd"), sqrt(0.104166667), 0.03);
    done(&x);
}

/* Two servers on duty eight hours a day at $10, $300 a month of fixed cost, $1 a call. */
static void a_month_costs_wages_prices_and_calls(void **state)
{
    struct ran x;
    trace(&x, "arrivals: {every: 6h}\nhorizon: {length: 30d, observe: 1d}\n"
              "flow:\n  - stage: a\n    by: team\n    latency: 1m\n    cost: {per_call: $1}\n"
              "resources:\n  team: {servers: 2, hours: \"mon-sun 08:00-16:00\", cost: $10/h}\n"
              "costs: {database: $300/month}\n");
    near(of(&x, "cost_per_month"), 2 * 8 * 30 * 10 + 300 + 119, 1e-6);
    done(&x);
}

/* --- whether the run can be trusted */

static bool warned(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    return false;
}

static const char desk[] =
    "flow:\n  - stage: a\n    by: one\n    latency: {exponential: {mean: 1h}}\n"
    "resources:\n  one: {servers: 1}\n";

static void check_warning(const char *timing, const char *part, bool wanted)
{
    const struct run_options options = {.seed = 1, .level = 0.95, .threads = 1};
    struct ran x;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "%s%s", timing, desk);
    run(&x, buf_text(&text), &options);
    if (warned(&x.r, part) != wanted)
        fail_msg("%s: %s is %ssaid", timing, part, wanted ? "not " : "");
    buf_release(&text);
    done(&x);
}

static void overload_and_short_warmups_are_named(void **state)
{
    check_warning("arrivals: {poisson: 2/h}\nhorizon: {length: 30d}\n", "overloaded", true);
    check_warning("arrivals: {poisson: 0.7/h}\nhorizon: {warmup: 5d, length: 60d}\n", "overloaded",
                  false);
    check_warning("arrivals: {poisson: 0.9/h}\nhorizon: {length: 60d, replications: 600}\n",
                  "settles", true);
    check_warning("arrivals: {poisson: 0.7/h}\nhorizon: {warmup: 10d, length: 60d, replications: "
                  "50}\n",
                  "settles", false);
}

static void a_single_replication_has_batch_means(void **state)
{
    const struct run_options options = {.trials = 1, .seed = 1, .level = 0.95, .threads = 1};
    struct ran x;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "arrivals: {poisson: 0.5/h}\nhorizon: {warmup: 10d, length: 4000d}\n%s",
               desk);
    run(&x, buf_text(&text), &options);
    const struct metric *m = find(&x.r, "one:queue_wait_mean");
    double error = (m->high - m->low) / 2 / student_quantile(0.975, 19);
    within_sigma(m->value, 3600, error, 5);
    within(error, 1, 100);
    buf_release(&text);
    done(&x);
}

static void until_goes_on_until_it_is_known(void **state)
{
    const struct run_until until = {"wait_mean", 100};
    const struct run_options options = {
        .seed = 1, .level = 0.95, .threads = 1, .until = &until, .n_until = 1};
    struct ran x;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "arrivals: {poisson: 0.5/h}\nhorizon: {warmup: 10d, length: 50d}\n%s", desk);
    run(&x, buf_text(&text), &options);
    const struct metric *m = find(&x.r, "wait_mean");
    within((m->high - m->low) / 2, 30, 100);
    within(3600, m->low, m->high);
    within((double)x.r.run.trials, 40, 5000);
    buf_release(&text);
    done(&x);
}

/* 5/100 known; what is not known of it is far more than what many items leave open. */
static void evidence_widens_the_intervals_of_timed_runs(void **state)
{
    struct run_options options = {.trials = 20, .seed = 1, .level = 0.95, .threads = 1};
    struct error err = {0};
    struct ran x;
    struct result sure;
    flow_read("arrivals: {poisson: 50/h}\nhorizon: {length: 2d, observe: 1d}\n"
              "flow:\n  - stage: a\n    by: one\n    error: 5/100\n    latency: 1m\n"
              "resources:\n  one: {servers: 1}\n",
              &x.p);
    result_init(&sure, "simulate");
    result_init(&x.r, "simulate");
    ok(run_simulate(&x.p, &options, &sure, &err), &err);
    options.uncertainty = true;
    ok(run_simulate(&x.p, &options, &x.r, &err), &err);
    const struct metric *narrow = find(&sure, "share_failed"), *wide = find(&x.r, "share_failed");
    assert_string_equal(x.r.run.engine, "desk");
    assert_string_equal(x.r.run.covers, "sampling and parameters");
    near(wide->value, 5.5 / 101, 0.01);
    within(wide->high - wide->low, 0.06, 0.12); /* Jeffreys: 0.083 */
    within(narrow->high - narrow->low, 0.0005, 0.01);
    assert_non_null(find(&x.r, "one:utilisation"));
    assert_non_null(result_curve(&x.r, "backlog"));
    result_release(&sure);
    done(&x);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_moves_as_by_hand),
        cmocka_unit_test(work_at_closing_waits_for_the_morning_or_is_finished),
        cmocka_unit_test(a_timeout_counts_work_and_not_the_night),
        cmocka_unit_test(the_impatient_leave_when_their_patience_ends),
        cmocka_unit_test(a_deadline_strikes_even_inside_a_step),
        cmocka_unit_test(a_full_room_takes_its_own_edge),
        cmocka_unit_test(a_rate_limit_lets_them_through_one_by_one),
        cmocka_unit_test(a_breaker_opens_probes_and_opens_again),
        cmocka_unit_test(a_breaker_closes_after_a_probe_that_succeeds),
        cmocka_unit_test(a_retry_budget_runs_out),
        cmocka_unit_test(the_tired_are_slower),
        cmocka_unit_test(a_hedged_attempt_ends_with_its_last_copy),
        cmocka_unit_test(what_is_needed_no_more_does_not_begin),
        cmocka_unit_test(an_environment_starts_stationary),
        cmocka_unit_test(a_month_costs_wages_prices_and_calls),
        cmocka_unit_test(overload_and_short_warmups_are_named),
        cmocka_unit_test(a_single_replication_has_batch_means),
        cmocka_unit_test(until_goes_on_until_it_is_known),
        cmocka_unit_test(evidence_widens_the_intervals_of_timed_runs),
    };
    return cmocka_run_group_tests_name("queue traces", tests, prepare, NULL);
}
