/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What items of a timed run share, worked by hand: servers and their lines, hours, rate limits,
 * breakers, retry budgets, environments. */
#include "tests/support/executed.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Ends as they happen: "id end at; ". */
static int note(void *arg, const struct run_event *e, struct error *err)
{
    struct buf *ends = arg;
    (void)err;
    if (e->kind == RUN_ITEM_ENDED)
        buf_printf(ends, "%s %s %g; ", e->id, run_end_name(e->end), e->end_s);
    return 0;
}

static void run(struct buf *ends, struct result *r, uint64_t items, const char *text)
{
    struct error err = {0};
    struct run_listener listener = {ends, note};
    struct executed how = {.items = items, .seed = 7, .listener = &listener};
    result_init(r, "run");
    ok(execute_text(text, &how, r, &err), &err);
}

static void ends_are(uint64_t items, const char *text, const char *want)
{
    struct buf ends = {0};
    struct result r;
    run(&ends, &r, items, text);
    assert_string_equal(buf_text(&ends), want);
    buf_release(&ends);
    result_release(&r);
}

#define TIMED "seam: 1\narrivals: {every: 1s}\nhorizon: {length: 1h}\n"

static void a_server_takes_one_after_the_other(void **state)
{
    struct buf ends = {0};
    struct result r;
    run(&ends, &r, 3,
        TIMED "resources: {desk: {servers: 1, answer_within: 1s}}\n"
              "flow:\n  - stage: a\n    by: desk\n    latency: 3s\n");
    assert_string_equal(buf_text(&ends), "1 shipped 4; 2 shipped 7; 3 shipped 10; ");
    near(metrics_find(&r.metrics, "wait_mean")->value, (0 + 2 + 4) / 3.0, 1e-12);
    const struct metrics *desk = &r.resources.at[0].metrics;
    near(metrics_find(desk, "utilisation")->value, 0.9, 1e-12);
    near(metrics_find(desk, "service_level")->value, 1 / 3.0, 1e-12);
    near(metrics_find(desk, "p_wait")->value, 2 / 3.0, 1e-12);
    buf_release(&ends);
    result_release(&r);
}

static void disciplines_say_who_is_next(void **state)
{
    ends_are(3,
             TIMED "resources: {desk: {servers: 1, discipline: lifo}}\n"
                   "flow:\n  - stage: a\n    by: desk\n    latency: 3s\n",
             "1 shipped 4; 3 shipped 7; 2 shipped 10; ");
    static const char *const lines[][2] = {
        {"shortest", "1 shipped 6; 4 shipped 8; 2 shipped 13; 3 shipped 18; " },
        {"priority", "1 shipped 6; 2 shipped 11; 3 shipped 16; 4 shipped 18; "},
        {"deadline", "1 shipped 6; 4 shipped 8; 2 shipped 13; 3 shipped 18; " },
    };
    for (int k = 0; k < 3; k++) {
        struct buf ends = {0}, text = {0};
        struct error err = {0};
        struct result r;
        struct run_listener listener = {&ends, note};
        struct executed how = {.seed = 1,
                               .listener = &listener,
                               .input = "{\"class\": \"x\"}\n{\"class\": \"x\"}\n"
                                        "{\"class\": \"x\"}\n{\"class\": \"y\"}\n"};
        buf_printf(&text,
                   "seam: 1\narrivals: {every: 1s, batch: 4}\nhorizon: {length: 1h}\n"
                   "classes: {x: {share: 50%%, priority: 1}, y: {share: 50%%, priority: 2}}\n"
                   "deadline: {x: 50m, y: 10m}\n"
                   "resources: {desk: {servers: 1, discipline: %s}}\n"
                   "flow:\n  - stage: a\n    by: desk\n    latency: {x: 5s, y: 2s}\n",
                   lines[k][0]);
        result_init(&r, "run");
        ok(execute_text(buf_text(&text), &how, &r, &err), &err);
        assert_string_equal(buf_text(&ends), lines[k][1]);
        buf_release(&ends);
        buf_release(&text);
        result_release(&r);
    }
}

static void a_full_room_turns_away(void **state)
{
    ends_are(4,
             TIMED "resources: {desk: {servers: 1, waiting_room: 1}}\n"
                   "flow:\n  - stage: a\n    by: desk\n    latency: 10s\n",
             "3 rejected 3; 4 rejected 4; 1 shipped 11; 2 shipped 21; ");
    ends_are(3,
             TIMED "resources: {desk: {servers: 1, waiting_room: 0, when_full: skip}}\n"
                   "flow:\n  - stage: a\n    by: desk\n    latency: 10s\n  - stage: b\n",
             "2 shipped 2; 3 shipped 3; 1 shipped 11; ");
}

static void patience_ends(void **state)
{
    struct buf ends = {0};
    struct result r;
    run(&ends, &r, 3,
        TIMED "resources: {desk: {servers: 1, patience: 4s}}\n"
              "flow:\n  - stage: a\n    by: desk\n    latency: 6s\n");
    assert_string_equal(buf_text(&ends), "2 abandoned 6; 1 shipped 7; 3 shipped 13; ");
    near(metrics_find(&r.resources.at[0].metrics, "abandon_rate")->value, 1 / 3.0, 1e-12);
    buf_release(&ends);
    result_release(&r);
}

static void work_begins_in_opening_hours_and_is_finished(void **state)
{
    ends_are(2,
             "seam: 1\narrivals: {every: 30m}\nhorizon: {length: 1d, starts: \"mon 08:00\"}\n"
             "resources: {desk: {servers: 1, hours: \"mon-fri 09:00-10:00\"}}\n"
             "flow:\n  - stage: a\n    by: desk\n    latency: 90m\n",
             "1 shipped 9000; 2 shipped 95400; "); /* 10:30, and on Tuesday */
}

static void a_rate_limit_lets_one_through_each_second(void **state)
{
    ends_are(3,
             "seam: 1\narrivals: {every: 1s, batch: 3}\nhorizon: {length: 1h}\n"
             "resources: {api: {rate: 2/s, burst: 1}}\n"
             "flow:\n  - stage: a\n    by: api\n    latency: 10s\n",
             "1 shipped 11; 2 shipped 11.5; 3 shipped 12; ");
}

static void a_breaker_opens_and_lets_one_through_later(void **state)
{
    /* Fails at 1, 2, 3; open until 8: 4 .. 7 fail at once; 8 is the probe and fails; 9, 10 fail at
     * once. */
    struct buf ends = {0};
    struct result r;
    run(&ends, &r, 10,
        TIMED "flow:\n  - stage: a\n    error: 100%\n"
              "    breaker: {failures: 50%, window: 1m, calls: 3, open_for: 5s}\n");
    const struct metrics *a = &r.stages.at[0].metrics;
    near(metrics_find(a, "attempts_per_item")->value, 0.4, 1e-12);
    near(metrics_find(a, "visits_per_item")->value, 1, 0);
    buf_release(&ends);
    result_release(&r);
}

static void a_retry_budget_runs_out(void **state)
{
    struct buf ends = {0};
    struct result r;
    /* 10 tokens at first; half a token more with each of 30 items, never above 10: the first two
     * items take two tokens each of what stands at 10, ... until 25 retries have been made. */
    run(&ends, &r, 30,
        TIMED "flow:\n  - stage: a\n    error: 100%\n"
              "    retry: {attempts: 3, budget: 50%}\n");
    double tokens = 10, retries = 0;
    for (int i = 0; i < 30; i++) {
        tokens = fmin(tokens + 0.5, 10);
        for (int k = 0; k < 2 && tokens >= 1; k++, retries++)
            tokens--;
    }
    near(metrics_find(&r.stages.at[0].metrics, "attempts_per_item")->value, 1 + retries / 30,
         1e-12);
    within(retries, 20, 26);
    buf_release(&ends);
    result_release(&r);
}

static void an_outage_counts_at_the_start_of_an_attempt(void **state)
{
    struct buf ends = {0};
    struct result r;
    run(&ends, &r, 4000,
        TIMED "environments: {p: {up: {lasts: 20s}, down: {lasts: {exponential: {mean: 10s}}, "
              "steps: {a: {error: 100%}}}}}\nflow:\n  - stage: a\n    latency: 100s\n");
    near(metrics_find(&r.environments.at[0].metrics, "availability")->value, 2 / 3.0, 0.05);
    const struct metric *failed = metrics_find(&r.metrics, "share_failed");
    within(failed->value, 1 / 3.0 - 0.05, 1 / 3.0 + 0.05);
    /* Neighbours share the weather, so the interval is wider than that of as many independent
     * items. */
    assert_true(failed->high - failed->low > 1.5 * 2 * 1.96 * sqrt(2 / 9.0 / 4000));
    buf_release(&ends);
    result_release(&r);
}

static void a_cohort_is_followed_to_its_end(void **state)
{
    struct buf ends = {0};
    struct result r;
    /* 10 arrive in the warm-up and 20 after it; others go on coming until the last of those is
     * served. */
    run(&ends, &r, 0,
        "seam: 1\narrivals: {every: 1s}\nhorizon: {warmup: 10s, length: 20s}\n"
        "flow:\n  - stage: a\n    latency: 7s\n");
    const struct metric *m = metrics_find(&r.metrics, "reliability");
    near(m->value, 1, 0);
    assert_int_equal(m->n, 20);
    near(metrics_find(&r.metrics, "share_unfinished")->value, 0, 0);
    buf_release(&ends);
    result_release(&r);
}

static void what_cannot_be_executed_is_refused_by_name(void **state)
{
    static const char *const texts[][2] = {
        {"{servers: 1, discipline: preemptive}",                          "`desk`: `discipline: preemptive`"},
        {"{servers: 1, hours: \"mon 09:00-10:00\", at_close: interrupt}",
         "`desk`: `at_close: interrupt`"                                                                    },
    };
    for (int k = 0; k < 2; k++) {
        struct buf text = {0};
        struct error err = {0};
        struct result r;
        struct executed how = {.items = 1};
        buf_printf(&text, TIMED "resources: {desk: %s}\nflow:\n  - stage: a\n    by: desk\n",
                   texts[k][0]);
        result_init(&r, "run");
        assert_int_equal(execute_text(buf_text(&text), &how, &r, &err), -1);
        error_is(&err, ERR_UNSUPPORTED, texts[k][1]);
        result_release(&r);
        buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_takes_one_after_the_other),
        cmocka_unit_test(disciplines_say_who_is_next),
        cmocka_unit_test(a_full_room_turns_away),
        cmocka_unit_test(patience_ends),
        cmocka_unit_test(work_begins_in_opening_hours_and_is_finished),
        cmocka_unit_test(a_rate_limit_lets_one_through_each_second),
        cmocka_unit_test(a_breaker_opens_and_lets_one_through_later),
        cmocka_unit_test(a_retry_budget_runs_out),
        cmocka_unit_test(an_outage_counts_at_the_start_of_an_attempt),
        cmocka_unit_test(a_cohort_is_followed_to_its_end),
        cmocka_unit_test(what_cannot_be_executed_is_refused_by_name),
    };
    math_init();
    return cmocka_run_group_tests_name("what runs share", tests, NULL, NULL);
}
