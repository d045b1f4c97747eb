/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where nothing changes, the intervals of a backtest hold as often as they say. */
#include "tests/support/backtest_log.h"
#include "tests/support/support.h"

#include "decide/backtest.h"
#include "math/interval.h"

#include <string.h>

enum { LOGS = 50 };

static void add(uint64_t seed, const char *const *names, size_t n, uint64_t *held)
{
    static const struct log_options failures = {.failure_when = "outcome = error"};
    struct backtest_options options = {
        .level = 0.95, .part = 0.5, .windows = 1, .draws = 79, .seed = seed, .threads = 1};
    struct made m = {.n = 240, .error = 0.1, .error_later = 0.1, .seed = seed};
    struct buf text = make_log(&m);
    struct trace_log log;
    struct result r;
    struct error err = {0};
    result_init(&r, "backtest");
    ok(log_read_text("made.csv", buf_text(&text), text.len, &failures, &log, &err), &err);
    ok(log_backtest(&log, &options, &r, &err), &err);
    for (size_t i = 0; i < r.predictions.len; i++)
        for (size_t k = 0; k < n; k++)
            if (!strcmp(r.predictions.at[i].metric, names[k]))
                held[k] += r.predictions.at[i].covered == COVERAGE_YES;
    result_release(&r);
    log_release(&log);
    buf_release(&text);
}

/* Reviews are every fourth item, not by chance, so review load and backlog hold too often. */
static void intervals_hold_as_often_as_they_say(void **state)
{
    static const char *const names[] = {"completion", "share_failed", "latency_p50", "latency_p95",
                                        "review_load"};
    uint64_t held[5] = {0};
    for (uint64_t seed = 1; seed <= LOGS; seed++)
        add(seed, names, 5, held);
    /* P(so few | 95%) is below 1e-6 */
    assert_true(binomial_cdf(37, LOGS, 0.95) < 1e-6);
    for (size_t k = 0; k < 5; k++) {
        print_message("%s: %llu of %d\n", names[k], (unsigned long long)held[k], LOGS);
        assert_true(held[k] > 37);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_hold_as_often_as_they_say),
    };
    return cmocka_run_group_tests_name("backtest_coverage", tests, NULL, NULL);
}
