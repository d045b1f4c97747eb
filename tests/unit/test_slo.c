/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_text.h"
#include "trace/slo_parts.h"

#include "math/rng.h"
#include "trace/observe.h"

#include <math.h>
#include <stdio.h>

static const struct metric *metric(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    if (!found)
        fail_msg("no metric %s", name);
    return found;
}

static double value(const struct metrics *m, const char *name)
{
    return metric(m, name)->value;
}

static void parsed(const char *text, enum objective_kind kind, const char *stage, double goal,
                   double limit_s)
{
    struct objective o;
    struct error err = {0};
    ok(objective_parse(text, &o, &err), &err);
    assert_int_equal(o.kind, kind);
    assert_string_equal(o.stage, stage);
    near(o.goal, goal, 1e-15);
    near(o.limit_s, limit_s, 1e-15);
}

static void objectives_are_read(void **state)
{
    parsed("completion at least 99%", OBJECTIVE_COMPLETION, "", 0.99, 0);
    parsed("reliability at least 0.95", OBJECTIVE_RELIABILITY, "", 0.95, 0);
    parsed("latency at most 2s for 95%", OBJECTIVE_LATENCY, "", 0.95, 2);
    parsed("retrieve success at least 99.9%", OBJECTIVE_SUCCESS, "retrieve", 0.999, 0);
    parsed("a at most b latency at most 200ms for 90%", OBJECTIVE_WITHIN, "a at most b", 0.9, 0.2);
}

static void what_is_no_objective_is_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"completion",                    "write \"completion at least 99%\""},
        {"completion at most 5%",         "write \"completion"               },
        {"latency at least 5%",           "write \"completion"               },
        {"latency at most 2s",            "write \"completion"               },
        {"latency at most soon for 90%",  "is not a duration"                },
        {"success at least 99%",          "write \"completion"               },
        {"completion at least 100%",      "no budget at 100%"                },
        {"completion at least everybody", "is not a probability"             },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct objective o;
        struct error err = {0};
        assert_int_equal(objective_parse(cases[i].text, &o, &err), -1);
        error_is(&err, ERR_USAGE, cases[i].part);
    }
}

/* Item i of n starts every `gap_s` seconds; work takes 100 ms, 400 ms from `slow` to before `well`;
 * it fails in items from `fail` on, `failures` times. */
static void put_items(struct buf *b, unsigned n, unsigned gap_s, unsigned slow, unsigned well,
                      unsigned fail, unsigned failures)
{
    for (unsigned i = 0; i < n; i++) {
        char trace[40];
        unsigned at = i * gap_s * 1000, took = i >= slow && i < well ? 400 : 100;
        bool failed = i >= fail && i < fail + failures;
        snprintf(trace, sizeof trace, "%032x", i + 1);
        put_span(b, trace, "01", "", "run", at, at + took + 20, failed ? FAILED : "");
        put_span(b, trace, "02", "01", "plan", at + 5, at + 10, "");
        put_span(b, trace, "03", "01", "work", at + 10, at + 10 + took, failed ? FAILED : "");
    }
}

static struct result judged(const struct buf *text, const char *const *slo, size_t n,
                            double window_s)
{
    struct objective list[4];
    struct trace_log log;
    struct result r;
    struct error err = {0};
    read_ok(buf_text(text), NULL, &log);
    for (size_t i = 0; i < n; i++)
        ok(objective_parse(slo[i], &list[i], &err), &err);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    ok(log_slo(&log, list, n, window_s, 0.95, &r, &err), &err);
    log_release(&log);
    return r;
}

static void budgets_count_what_the_goal_allows(void **state)
{
    static const char *const slo[] = {"completion at least 90%",
                                      "work latency at most 200ms for 90%",
                                      "work success at least 50%"};
    struct buf text = {0};
    put_items(&text, 200, 60, 100, 140, 20, 4);
    struct result r = judged(&text, slo, 3, 600);
    assert_int_equal(r.objectives.len, 3);
    const struct metrics *m = &r.objectives.at[0].metrics;
    near(value(m, "events"), 200, 0);
    near(value(m, "bad"), 4, 0);
    near(value(m, "attainment"), 0.98, 1e-15);
    near(value(m, "budget_spent"), 4 / 20.0, 1e-12); /* 10% of 200 may be bad */
    assert_int_equal(metric(m, "attainment")->verdict, VERDICT_PASS);
    m = &r.objectives.at[1].metrics;
    near(value(m, "bad"), 40, 0);
    near(value(m, "budget_spent"), 2, 1e-12);
    assert_int_equal(metric(m, "attainment")->verdict, VERDICT_FAIL);
    assert_int_equal(r.passed, PASSED_FALSE);
    near(value(&result_stage(&r, "work")->metrics, "within_budget"), 160 / 200.0, 1e-15);
    assert_int_equal(metric(&r.objectives.at[2].metrics, "attainment")->verdict, VERDICT_PASS);
    result_release(&r);
    buf_release(&text);
}

/* Items 100 to 139 are slow, ten a window of ten minutes: four windows are bad from end to end. */
static void the_worst_windows_are_shown_with_their_time(void **state)
{
    static const char *const slo[] = {"work latency at most 200ms for 90%"};
    struct buf text = {0};
    put_items(&text, 200, 60, 100, 140, 200, 0);
    struct result r = judged(&text, slo, 1, 600);
    for (size_t i = 0; i < 3; i++) {
        const struct row *row = &r.windows.at[i];
        assert_string_equal(row->kind, "worst");
        near(value(&row->metrics, "from"), 1.7e9 + 6000 + 600.0 * (double)i, 1e-3);
        near(value(&row->metrics, "until"), 1.7e9 + 6600 + 600.0 * (double)i, 1e-3);
        near(value(&row->metrics, "events"), 10, 0);
        near(value(&row->metrics, "attainment"), 0, 0);
        near(value(&row->metrics, "burn_rate"), 10, 1e-9); /* all bad, 10% allowed */
    }
    const struct curve *c = result_curve(&r, "attainment");
    assert_int_equal(c->points.len, 20);
    near(c->points.at[9].y, 1, 0);
    near(c->points.at[10].y, 0, 0);
    near(c->points.at[10].x, 6000, 1e-6);
    c = result_curve(&r, "budget_left");
    near(c->points.at[c->points.len - 1].y, 1 - 40 / 20.0, 1e-12);
    result_release(&r);
    buf_release(&text);
}

/* One item a minute; the 2% rule needs 14.4 times the 1% allowed: 14.4% of an hour's 61 items bad,
 * which is from the 9th on, and of five minutes likewise. */
static void a_budget_that_burns_too_fast_raises_the_alert(void **state)
{
    static const char *const slo[] = {"completion at least 99%"};
    struct buf text = {0};
    put_items(&text, 400, 60, 0, 0, 200, 30);
    struct result r = judged(&text, slo, 1, 0);
    const struct row *fast = NULL;
    for (size_t i = 0; i < r.windows.len; i++)
        if (!strcmp(r.windows.at[i].kind, "burns 2% in 1 h"))
            fast = &r.windows.at[i];
    assert_non_null(fast);
    near(value(&fast->metrics, "from"), 1.7e9 + (200 + 8) * 60, 1e-3);
    /* the last of the items has left the five minutes before 235 */
    near(value(&fast->metrics, "until"), 1.7e9 + (229 + 5) * 60, 1e-3);
    near(value(&fast->metrics, "burn_rate"), 30 / 61.0 / 0.01, 1e-9);
    assert_true(value(&r.objectives.at[0].metrics, "burn_alerts") >= 1);
    result_release(&r);
    buf_release(&text);
}

/* A span without a time counts, at the begin of the log. */
static void events_without_a_time_count(void **state)
{
    static const char *const slo[] = {"work success at least 50%"};
    struct buf text = {0};
    put_items(&text, 20, 60, 0, 0, 20, 0);
    buf_puts(&text, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"ff\","
                    "\"spanId\":\"0a\",\"name\":\"run\"},{\"traceId\":\"ff\",\"spanId\":\"0b\","
                    "\"parentSpanId\":\"0a\",\"name\":\"work\"},{\"traceId\":\"ff\",\"spanId\":"
                    "\"0c\",\"parentSpanId\":\"0a\",\"name\":\"plan\"}]}]}]}\n");
    struct result r = judged(&text, slo, 1, 60);
    near(value(&r.objectives.at[0].metrics, "events"), 21, 0);
    result_release(&r);
    buf_release(&text);
}

static void a_stage_that_is_not_there_is_refused(void **state)
{
    struct objective o;
    struct trace_log log;
    struct buf text = {0};
    struct result r;
    struct error err = {0};
    put_items(&text, 5, 1, 0, 0, 5, 0);
    read_ok(buf_text(&text), NULL, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    ok(objective_parse("worc success at least 99%", &o, &err), &err);
    assert_int_equal(log_slo(&log, &o, 1, 0, 0.95, &r, &err), -1);
    error_is(&err, ERR_USAGE, "no stage \"worc\"; did you mean \"work\"?");
    result_release(&r);
    log_release(&log);
    buf_release(&text);
}

/* ---- critical path and backlog, by hand ------------------------------------------------- */

static struct result observed(const struct buf *text)
{
    struct trace_log log;
    struct result r;
    read_ok(buf_text(text), NULL, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    log_release(&log);
    return r;
}

/* 1 s each: a 100..300, then b 350..900 beside c 400..600; 900..1000 and the gaps are nobody's. */
static void the_critical_path_runs_back_through_what_ended_last(void **state)
{
    struct buf text = {0};
    for (unsigned i = 0; i < 10; i++) {
        char trace[40];
        unsigned at = i * 5000;
        snprintf(trace, sizeof trace, "%032x", i + 1);
        put_span(&text, trace, "01", "", "run", at, at + 1000, "");
        put_span(&text, trace, "02", "01", "a", at + 100, at + 300, "");
        put_span(&text, trace, "03", "01", "b", at + 350, at + 900, "");
        put_span(&text, trace, "04", "01", "c", at + 400, at + 600, "");
    }
    struct result r = observed(&text);
    near(value(&result_stage(&r, "a")->metrics, "critical_share"), 0.2, 1e-9);
    near(value(&result_stage(&r, "b")->metrics, "critical_share"), 0.55, 1e-9);
    near(value(&result_stage(&r, "c")->metrics, "critical_share"), 0, 1e-12);
    result_release(&r);
    buf_release(&text);
}

/* One review comes every 10 s.  One desk takes `work_s` for each, in the order they came. */
static struct result desk_of(unsigned work_s)
{
    struct buf text = {0};
    unsigned free_s = 0;
    for (unsigned i = 0; i < 300; i++) {
        char trace[40];
        unsigned at = i * 10, begin = at > free_s ? at : free_s, end = begin + work_s;
        snprintf(trace, sizeof trace, "%032x", i + 1);
        put_span(&text, trace, "01", "", "run", at * 1000, end * 1000 + 1, "");
        put_span(&text, trace, "02", "01", "draft", at * 1000, at * 1000 + 1, "");
        put_span(&text, trace, "03", "01", "human_review", at * 1000 + 1, end * 1000, "");
        free_s = end;
    }
    struct result r = observed(&text);
    buf_release(&text);
    return r;
}

static void a_backlog_that_grows_is_told(void **state)
{
    struct result r = desk_of(12);
    assert_int_equal(r.resources.len, 1);
    const struct curve *c = result_curve(&r, "backlog");
    double most = 0;
    for (size_t i = 0; i < c->points.len; i++)
        most = fmax(most, c->points.at[i].y);
    within(most, 48, 52); /* 300 * (1 - 10/12) wait when the last one comes */
    assert_string_equal(c->resource, "human_review");
    near(value(&r.resources.at[0].metrics, "arrivals"), 300, 0);
    /* 51 wait or are in work when the last one comes, 2990 s after the first */
    const struct metric *m = metric(&r.resources.at[0].metrics, "backlog_growth");
    near_rel(m->value, 51 / 2990.0 * 86400, 0.02);
    assert_true(m->low > 0);
    bool warned = false;
    for (size_t i = 0; i < r.warnings.len; i++)
        warned = warned || strstr(r.warnings.at[i], "the backlog of human_review grew");
    assert_true(warned);
    result_release(&r);
}

static void a_desk_that_keeps_up_does_not_grow(void **state)
{
    struct result r = desk_of(8);
    const struct metric *m = metric(&r.resources.at[0].metrics, "backlog_growth");
    assert_true(m->low <= 0 && m->high >= 0);
    for (size_t i = 0; i < r.warnings.len; i++)
        assert_null(strstr(r.warnings.at[i], "backlog"));
    result_release(&r);
}

/* Batches of items, the earliest of all among the last, over ever longer times: each event lies in
 * a slice that begins at most a width before it, and none is lost. */
static void batches_stand_in_slices_of_time(void **state)
{
    enum { BATCHES = 40, ITEMS = 50, ALL = BATCHES * ITEMS };
    struct objective o = {.text = "completion", .kind = OBJECTIVE_COMPLETION, .goal = 0.9};
    struct rng_seq rng = {rng_key(5, 0, 0, 0, RNG_SPLIT), 0};
    struct slo_events *parts = slo_events_new(&o, 1), *whole = slo_events_new(&o, 1);
    const int64_t t0 = 1700000000000000000;
    for (unsigned b = 0; b < BATCHES; b++) {
        struct trace_log log;
        log_init(&log);
        int64_t around = t0 + (b % 3 == 2 ? -1 : 1) * ((int64_t)1 << (b + 13));
        for (unsigned i = 0; i < ITEMS; i++) {
            struct log_item it = {.start_ns = around + (int64_t)rng_below(&rng, 1 << 30),
                                  .end = rng_below(&rng, 5) ? LOG_SHIPPED : LOG_FAILED};
            it.start_ns = b == 7 && i == 0 ? 0 : it.start_ns;
            it.end_ns = it.start_ns + 1000000;
            vec_push(&log.items, it);
        }
        slo_events_add(parts, &log, true);
        slo_events_add(whole, &log, false);
        log_release(&log);
    }
    slo_events_sort(parts);
    slo_events_sort(whole);
    assert_int_equal(parts->first_ns, whole->first_ns);
    assert_true(parts->width_ns >= 1000000 && parts->series[0].events.len < ALL);
    within((double)(parts->last_ns - parts->first_ns) / (double)parts->width_ns, SLO_SLICES / 4.0,
           SLO_SLICES);
    uint64_t n = 0, bad = 0, told = 0;
    for (size_t k = 0; k < parts->series[0].events.len; k++) {
        const struct slo_event *slice = &parts->series[0].events.at[k];
        for (uint32_t i = 0; i < slice->n; i++, n++) {
            const struct slo_event *one = &whole->series[0].events.at[n];
            within((double)(one->at_ns - slice->at_ns), 0, (double)parts->width_ns);
            bad += one->bad;
        }
        told += slice->bad;
        if (k) /* at the first instant stands also what has no time */
            assert_int_equal(told, bad);
    }
    assert_int_equal(n, ALL);
    slo_events_free(parts);
    slo_events_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objectives_are_read),
        cmocka_unit_test(what_is_no_objective_is_refused),
        cmocka_unit_test(budgets_count_what_the_goal_allows),
        cmocka_unit_test(the_worst_windows_are_shown_with_their_time),
        cmocka_unit_test(a_budget_that_burns_too_fast_raises_the_alert),
        cmocka_unit_test(events_without_a_time_count),
        cmocka_unit_test(batches_stand_in_slices_of_time),
        cmocka_unit_test(a_stage_that_is_not_there_is_refused),
        cmocka_unit_test(the_critical_path_runs_back_through_what_ended_last),
        cmocka_unit_test(a_backlog_that_grows_is_told),
        cmocka_unit_test(a_desk_that_keeps_up_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
