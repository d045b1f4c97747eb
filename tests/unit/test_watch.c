/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watch after launch: which labels it takes, when it rings and what it says; shifts of scores
 * against tables and sums done by hand. */
#include "tests/support/support.h"

#include "decide/watch.h"
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "math/shift.h"

#include <math.h>
#include <string.h>

static void kolmogorovs_distribution_agrees_with_the_table(void **state)
{
    /* Smirnov's table of critical values, from 1948 on in every book */
    static const double row[][2] = {
        {1.2238478702170823, 0.10 },
        {1.3580986393225505, 0.05 },
        {1.6276236115189499, 0.01 },
        {1.9494745974400486, 0.001}
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        near_rel(kolmogorov_upper(row[i][0]), row[i][1], 1e-6);
    near(kolmogorov_upper(0), 1, 0);
    near(kolmogorov_upper(0.25), 1, 1e-7);
}

static void shifts_are_measured_as_their_definitions_say(void **state)
{
    /* the baseline takes two values, so that there is one cut: 40 and 60 against 90 and 10 */
    double before[100], after[100];
    struct shift s[SHIFT_KINDS];
    for (int i = 0; i < 100; i++) {
        before[i] = i < 40 ? 0.2 : 0.8;
        after[i] = i % 10 ? 0.2 : 0.8;
    }
    shift_test(before, 100, after, 100, 0.05 / 3, s);
    double p = 40.5 / 101, q = 90.5 / 101;
    near_rel(s[SHIFT_PSI].value, (q - p) * log(q / p) + (p - q) * log((1 - q) / (1 - p)), 1e-12);
    near_rel(s[SHIFT_KS].value, 0.5, 1e-12);
    assert_true(s[SHIFT_PSI].alarm && s[SHIFT_KS].alarm);
    shift_test(before, 100, before, 100, 0.05 / 3, s);
    near(s[SHIFT_PSI].value, 0, 1e-12);
    near(s[SHIFT_KS].value, 0, 1e-12);
    assert_false(s[SHIFT_PSI].alarm || s[SHIFT_KS].alarm);
    assert_true(s[SHIFT_CUSUM].alarm); /* low ones first, then high ones: the order tells */
}

static void cusum_tells_when_it_rang(void **state)
{
    static double before[400], after[400];
    struct rng_seq rng = {rng_key(4, 0, 0, 0, RNG_SPLIT), 0};
    struct shift s[SHIFT_KINDS];
    for (int i = 0; i < 400; i++) {
        before[i] = rng_normal(&rng);
        after[i] = rng_normal(&rng) - (i < 200 ? 0 : 1.5);
    }
    shift_test(before, 400, after, 400, 0.05 / 3, s);
    assert_true(s[SHIFT_CUSUM].alarm);
    within((double)s[SHIFT_CUSUM].at, 200, 225);
}

static struct target at_most(const char *metric, double value)
{
    return (struct target){metric, TARGET_AT_MOST, value, "at most"};
}

/* 300 good audits with 2% wrong, then 20% wrong; reviews in between, of which all are wrong. */
static size_t fill_rows(struct scored *s)
{
    size_t n = 0;
    for (uint32_t i = 0; i < 600; i++) {
        bool wrong = i < 300 ? i % 50 == 7 : i % 5 == 0;
        s[n++] = (struct scored){.confidence = 0.8 + 0.0001 * (i * 37 % 600),
                                 .weight = 10,
                                 .correct = !wrong,
                                 .source = LABEL_AUDIT,
                                 .line = i + 2};
        if (i % 10 == 0)
            s[n++] = (struct scored){
                .confidence = 0.4, .weight = 1, .source = LABEL_REVIEWED, .line = 1000 + i};
    }
    return n;
}

static void the_watch_says_when_it_rang_and_since_when(void **state)
{
    static struct scored rows[700];
    size_t n = fill_rows(rows);
    struct target target = at_most("auto_error", 0.05);
    struct drift_options options = {.level = 0.95};
    struct arena names;
    struct watch w;
    struct error err = {0};
    struct result r;
    bool alarm;
    arena_init(&names);
    result_init(&r, "drift");
    watch_take_rows(rows, n, 0.3, "auto_error", &names, &w);
    assert_int_equal(w.labels.len, 600);
    ok(watch(&w, &target, &options, &r, &alarm, &err), &err);
    assert_true(alarm);
    assert_int_equal(r.passed, PASSED_FALSE);
    assert_string_equal(r.answer.ending, "alarm");
    const struct metric *delay = metrics_find(&r.changes.at[0].metrics, "delay");
    assert_true(delay != NULL);
    within(delay->value, 5, 120);
    text_has(r.answer.sentence, "most likely since line 302");
    const struct curve *c = result_curve(&r, "evidence");
    double most = -INFINITY;
    for (size_t i = 0; i < c->points.len; i++)
        most = fmax(most, c->points.at[i].y);
    assert_true(most >= log10(20));
    result_release(&r);
    watch_release(&w);
    arena_release(&names);
}

static void no_alarm_is_no_proof_and_says_so(void **state)
{
    static struct scored rows[700];
    fill_rows(rows);
    struct target target = at_most("auto_error", 0.05);
    struct drift_options options = {.level = 0.95};
    struct arena names;
    struct watch w;
    struct error err = {0};
    struct result r;
    bool alarm;
    arena_init(&names);
    result_init(&r, "drift");
    watch_take_rows(rows, 300, 0.3, "auto_error", &names, &w);
    ok(watch(&w, &target, &options, &r, &alarm, &err), &err);
    assert_false(alarm);
    assert_string_equal(r.answer.ending, "no alarm");
    text_has(r.answer.sentence, "no proof");
    assert_int_equal(r.metrics.list.at[0].verdict, VERDICT_NONE);
    result_release(&r);
    watch_release(&w);
    arena_release(&names);
}

static void each_metric_watches_its_own_labels(void **state)
{
    static struct scored rows[700];
    size_t n = fill_rows(rows);
    struct arena names;
    struct watch w;
    arena_init(&names);
    watch_take_rows(rows, n, 0.3, "review_precision", &names, &w);
    assert_int_equal(w.labels.len, 60);
    for (size_t i = 0; i < w.labels.len; i++)
        assert_true(w.labels.at[i].wrong);
    watch_release(&w);
    /* unequal weights are no sample to see a shift of confidences in */
    rows[0].weight = 5;
    watch_take_rows(rows, n, 0.3, "auto_error", &names, &w);
    assert_int_equal(w.before.len + w.now.len, 0);
    watch_release(&w);
    arena_release(&names);
}

static void what_cannot_be_watched_is_refused(void **state)
{
    struct target bad[] = {
        at_most("latency_p95", 1),
        at_most("auto_error", 1),
        {"auto_error", TARGET_LEAST, 0, "least"}
    };
    const struct target *out;
    for (size_t i = 0; i < 3; i++) {
        struct error err = {0};
        assert_int_equal(watch_target(&bad[i], 1, &out, &err), -1);
        error_is(&err, ERR_USAGE, bad[i].metric);
    }
    struct target good = at_most("auto_error", 0.05);
    struct drift_options options = {.level = 0.95};
    struct watch none = {.threshold = NAN};
    struct error err = {0};
    struct result r;
    bool alarm;
    result_init(&r, "drift");
    assert_int_equal(watch(&none, &good, &options, &r, &alarm, &err), -1);
    error_is(&err, ERR_INPUT, "audit a share");
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kolmogorovs_distribution_agrees_with_the_table),
        cmocka_unit_test(shifts_are_measured_as_their_definitions_say),
        cmocka_unit_test(cusum_tells_when_it_rang),
        cmocka_unit_test(the_watch_says_when_it_rang_and_since_when),
        cmocka_unit_test(no_alarm_is_no_proof_and_says_so),
        cmocka_unit_test(each_metric_watches_its_own_labels),
        cmocka_unit_test(what_cannot_be_watched_is_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
