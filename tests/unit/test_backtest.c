/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fit to the first part of a log predicts the rest: where nothing changes its intervals hold,
 * where something does they miss, and what is not known is left open. */
#include "tests/support/backtest_log.h"
#include "tests/support/support.h"

#include "decide/backtest.h"

#include <math.h>
#include <string.h>

static int backtest(const struct made *m, struct backtest_options options, struct result *r,
                    struct error *err)
{
    static const struct log_options failures = {.failure_when = "outcome = error"};
    struct buf text = make_log(m);
    struct trace_log log;
    options.level = 0.95;
    options.seed = 1;
    options.draws = 60;
    options.part = options.part > 0 ? options.part : 0.5;
    result_init(r, "backtest");
    ok(log_read_text("made.csv", buf_text(&text), text.len, &failures, &log, err), err);
    /* as a log has it that was read while some items wait */
    for (size_t i = log.items.len - m->open; i < log.items.len; i++)
        log.items.at[i].end = LOG_UNFINISHED;
    int status = log_backtest(&log, &options, r, err);
    log_release(&log);
    buf_release(&text);
    return status;
}

static const struct prediction *of(const struct result *r, const char *metric)
{
    for (size_t i = 0; i < r->predictions.len; i++)
        if (!strcmp(r->predictions.at[i].metric, metric))
            return &r->predictions.at[i];
    fail_msg("no prediction of %s", metric);
    return NULL;
}

static bool warned(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    return false;
}

static void a_steady_log_is_predicted(void **state)
{
    struct result r;
    struct error err = {0};
    struct made m = {.n = 640, .error = 0.05, .error_later = 0.05};
    ok(backtest(&m, (struct backtest_options){.windows = 4, .threads = 1}, &r, &err), &err);
    static const char *const names[] = {"completion",  "share_failed", "latency_p50",
                                        "latency_p95", "review_load",  "review_backlog"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct prediction *p = of(&r, names[i]);
        if (p->covered != COVERAGE_YES)
            fail_msg("%s: expected [%g, %g], came %g", p->metric, p->low, p->high, p->seen);
        assert_int_equal(p->windows, 4);
        assert_int_equal(p->scored, 4);
        assert_true(p->low < p->high && p->seen == p->seen_low);
        assert_true(p->width > p->high - p->low); /* a quarter of the items */
        assert_true(p->score >= p->width);
    }
    /* 320 items, of which 5% fail: two binomial deviations each way, with those of the fit */
    const struct prediction *p = of(&r, "share_failed");
    near_rel(p->high - p->low, 2 * 1.96 * sqrt(2 * 0.05 * 0.95 / 320), 0.4);
    assert_false(warned(&r, "intervals held"));
    result_release(&r);
}

static void a_change_is_missed_and_told(void **state)
{
    struct result r;
    struct error err = {0};
    struct made m = {.n = 320, .error = 0.02, .error_later = 0.4};
    ok(backtest(&m, (struct backtest_options){.windows = 4, .threads = 1}, &r, &err), &err);
    const struct prediction *p = of(&r, "share_failed");
    assert_int_equal(p->covered, COVERAGE_NO);
    assert_int_equal(p->held, 0);
    assert_true(p->score > p->width + 2 / 0.05 * 0.1); /* missed by a tenth at least */
    assert_true(warned(&r, "intervals held"));
    const struct metric *c = metrics_find(&r.metrics, "coverage");
    assert_non_null(c);
    assert_true(c->value < 0.9);
    result_release(&r);
}

/* Truth is not in the log at all, and 20 items have not ended. */
static void what_is_not_known_is_left_open(void **state)
{
    struct result r;
    struct error err = {0};
    struct made m = {.n = 200, .error = 0.05, .error_later = 0.05, .open = 20};
    ok(backtest(&m, (struct backtest_options){.windows = 2, .threads = 1}, &r, &err), &err);
    const struct prediction *p = of(&r, "reliability");
    assert_int_equal(p->covered, COVERAGE_UNKNOWN);
    assert_true(isnan(p->seen));
    p = of(&r, "completion");
    assert_true(isnan(p->seen));
    near(p->seen_high - p->seen_low, 20 / 100., 1e-12);
    p = of(&r, "latency_p95");
    assert_true(isinf(p->seen_high));
    result_release(&r);
}

static void threads_change_nothing(void **state)
{
    struct result r[2];
    struct error err = {0};
    struct made m = {.n = 120, .error = 0.05, .error_later = 0.05};
    for (int k = 0; k < 2; k++)
        ok(backtest(&m, (struct backtest_options){.windows = 2, .threads = k ? 3 : 1}, &r[k], &err),
           &err);
    assert_int_equal(r[0].predictions.len, r[1].predictions.len);
    for (size_t i = 0; i < r[0].predictions.len; i++) {
        const struct prediction *a = &r[0].predictions.at[i], *b = &r[1].predictions.at[i];
        near(b->low, a->low, 0);
        near(b->high, a->high, 0);
        near(b->value, a->value, 0);
    }
    result_release(&r[0]);
    result_release(&r[1]);
}

static void too_few_items_are_refused(void **state)
{
    struct result r;
    struct error err = {0};
    struct made m = {.n = 40, .error = 0.05, .error_later = 0.05};
    assert_int_equal(backtest(&m, (struct backtest_options){.part = 0.9, .threads = 1}, &r, &err),
                     -1);
    error_is(&err, ERR_INPUT, "a backtest needs at least 10 and 10");
    result_release(&r);
}

static void the_result_is_read_back_as_it_was_written(void **state)
{
    struct result r, again;
    struct error err = {0};
    struct made m = {.n = 120, .error = 0.05, .error_later = 0.05};
    struct buf one, two;
    buf_init(&one);
    buf_init(&two);
    ok(backtest(&m, (struct backtest_options){.windows = 2, .threads = 1}, &r, &err), &err);
    result_write_json(&r, &one);
    ok(result_read_json("r.json", buf_text(&one), one.len, &again, &err), &err);
    result_write_json(&again, &two);
    assert_string_equal(buf_text(&one), buf_text(&two));
    text_has(buf_text(&one), "\"windows_covered\": ");
    result_release(&r);
    result_release(&again);
    buf_release(&one);
    buf_release(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_log_is_predicted),
        cmocka_unit_test(a_change_is_missed_and_told),
        cmocka_unit_test(what_is_not_known_is_left_open),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(too_few_items_are_refused),
        cmocka_unit_test(the_result_is_read_back_as_it_was_written),
    };
    return cmocka_run_group_tests_name("backtest", tests, NULL, NULL);
}
