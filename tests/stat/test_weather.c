/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test of correlated failures keeps its false-alarm rate, and finds what there is. */
#include "tests/support/support.h"
#include "tests/support/weather_log.h"

#include "math/interval.h"
#include "trace/estimate.h"

#include <string.h>

enum { LOGS = 300 };

static bool alarm(double bad_s, uint64_t seed)
{
    static const struct log_options options = {.failure_when = "outcome = error"};
    struct trace_log log;
    struct pipeline p;
    struct result info;
    struct error err = {0};
    const char **notes = NULL;
    bool told = false;
    struct buf text = weather_log(600, 7200, bad_s, seed);
    pipeline_init(&p);
    result_init(&info, "fit");
    ok(log_read_text("made.csv", buf_text(&text), text.len, &options, &log, &err), &err);
    ok(log_fit(&log, NULL, &p, &notes, &info, &err), &err);
    for (size_t i = 0; i < info.warnings.len; i++)
        told = told || strstr(info.warnings.at[i], "failures come together in time");
    buf_release(&text);
    pipeline_release(&p);
    result_release(&info);
    log_release(&log);
    return told;
}

static void independent_failures_alarm_once_in_a_hundred_logs(void **state)
{
    uint64_t alarms = 0;
    for (uint64_t seed = 1; seed <= LOGS; seed++)
        alarms += alarm(0, seed);
    /* P(more than so many | 1%) is below 3e-7 */
    assert_true(1 - binomial_cdf(15, LOGS, 0.01) < 3e-7);
    assert_true(alarms <= 15);
}

static void disturbances_of_half_an_hour_alarm(void **state)
{
    uint64_t alarms = 0;
    for (uint64_t seed = 1; seed <= 50; seed++)
        alarms += alarm(1800, seed);
    assert_true(alarms >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_failures_alarm_once_in_a_hundred_logs),
        cmocka_unit_test(disturbances_of_half_an_hour_alarm),
    };
    return cmocka_run_group_tests_name("weather", tests, NULL, NULL);
}
