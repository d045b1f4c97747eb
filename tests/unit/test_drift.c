/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decide/drift.h"
#include "tests/unit/log_text.h"

#include "math/rng.h"
#include "trace/labels.h"

#include <math.h>
#include <stdio.h>

/* A run of `n` items a second apart from `from_s`: retrieve (rate of errors), draft (scale of the
 * latency), each as the truth of its side says; after `change` items the second truth holds. */
struct truth {
    double error, latency;
};

static void put_items(struct buf *b, size_t n, unsigned from_s, struct truth first,
                      struct truth second, size_t change, uint64_t seed)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_ATTEMPT), 0};
    for (size_t i = 0; i < n; i++) {
        const struct truth *t = i < change ? &first : &second;
        char trace[40];
        unsigned ms = from_s * 1000 + (unsigned)i * 1000;
        snprintf(trace, sizeof trace, "%016x%016x", from_s + 1, (unsigned)i + 1);
        bool failed = rng_unit(rng_next(&rng)) < t->error;
        unsigned draft = (unsigned)(200 * t->latency * exp(0.4 * rng_normal(&rng)));
        put_span(b, trace, "01", "", "run", ms, ms + 900, "");
        put_span(b, trace, "02", "01", "retrieve", ms + 1, ms + 40, failed ? FAILED : "");
        if (failed)
            put_span(b, trace, "03", "01", "retrieve", ms + 50, ms + 90, "");
        put_span(b, trace, "04", "01", "draft", ms + 100, ms + 100 + draft, "");
    }
}

static struct result drifted(const struct truth *first, const struct truth *second, size_t change,
                             bool *alarm)
{
    struct trace_log log[2];
    struct drift_side before, now;
    struct result r;
    struct buf text[2] = {{0}};
    struct error err = {0};
    const struct drift_options options = {.level = 0.95, .seed = 1};
    put_items(&text[0], 300, 0, *first, *first, 300, 1);
    put_items(&text[1], 400, 5000, *first, *second, change, 2);
    for (int i = 0; i < 2; i++)
        read_ok(buf_text(&text[i]), NULL, &log[i]);
    drift_side_take(&log[0], 0, 1, &before);
    drift_side_take(&log[1], 0, 1, &now);
    result_init(&r, "drift");
    ok(drift(&before, &now, &options, &r, alarm, &err), &err);
    drift_side_release(&before);
    drift_side_release(&now);
    for (int i = 0; i < 2; i++) {
        log_release(&log[i]);
        buf_release(&text[i]);
    }
    return r;
}

static const struct row *change_of(const struct result *r, const char *stage, const char *metric)
{
    for (size_t i = 0; i < r->changes.len; i++)
        if (!strcmp(r->changes.at[i].id, stage) && !strcmp(r->changes.at[i].kind, metric))
            return &r->changes.at[i];
    fail_msg("no change of %s %s", stage, metric);
    return NULL;
}

static double value(const struct row *row, const char *name)
{
    const struct metric *m = metrics_find(&row->metrics, name);
    if (!m)
        fail_msg("no metric %s", name);
    return m->value;
}

static void failures_that_multiply_are_told_with_stage_and_time(void **state)
{
    const struct truth usual = {0.03, 1}, worse = {0.25, 1};
    bool alarm;
    struct result r = drifted(&usual, &worse, 150, &alarm);
    const struct row *row = change_of(&r, "retrieve", "error_rate");
    assert_true(alarm);
    assert_int_equal(r.passed, PASSED_FALSE);
    assert_ptr_equal(row, &r.changes.at[0]); /* the strongest evidence first */
    within(value(row, "before"), 0, 0.07);
    within(value(row, "now"), 0.1, 0.3);
    double begin = 1.7e9 + 5000 + 150, since = value(row, "since");
    within(since, begin - 20, begin + 20);
    const struct metric *m = metrics_find(&row->metrics, "since");
    assert_true(m->low <= begin && begin <= m->high);
    assert_true(value(row, "found") > begin);
    assert_string_equal(r.answer.ending, "alarm");
    text_has(r.answer.sentence, "Changed: retrieve error rate");
    for (size_t i = 0; i < r.changes.len; i++)
        if (!strcmp(r.changes.at[i].id, "draft"))
            assert_null(metrics_find(&r.changes.at[i].metrics, "since"));
    assert_non_null(result_curve(&r, "evidence"));
    result_release(&r);
}

static void a_slower_stage_is_told_by_name(void **state)
{
    const struct truth usual = {0.03, 1}, slower = {0.03, 1.4};
    bool alarm;
    struct result r = drifted(&usual, &slower, 0, &alarm);
    const struct row *row = change_of(&r, "draft", "attempt_latency_p50");
    assert_true(alarm);
    within(value(row, "now") / value(row, "before"), 1.25, 1.55);
    within(value(row, "since"), 1.7e9 + 5000, 1.7e9 + 5020);
    assert_true(value(row, "above_now") > value(row, "above_before"));
    result_release(&r);
}

static void where_nothing_changes_nothing_is_said(void **state)
{
    const struct truth usual = {0.05, 1};
    bool alarm;
    struct result r = drifted(&usual, &usual, 400, &alarm);
    assert_false(alarm);
    assert_int_equal(r.passed, PASSED_TRUE);
    assert_string_equal(r.answer.ending, "no alarm");
    assert_null(result_curve(&r, "evidence"));
    /* retrieve and draft: errors, latency, visits (no confidence); items: completion, reviews,
     * latency; neither truth nor calibration */
    assert_int_equal(r.answer.tests, 2 * 3 + 3);
    result_release(&r);
}

/* The same capture through two instrumentations: a real log, with labels. */
static void labels_let_calibration_be_watched(void **state)
{
    const char *path = "tests/data/genai.jsonl.gz";
    const struct drift_options options = {.level = 0.95, .seed = 1};
    struct trace_log log;
    struct drift_side before, now;
    struct result r;
    struct error err = {0};
    bool alarm;
    ok(log_read(&path, 1, NULL, &log, &err), &err);
    ok(log_labels(&log, "tests/data/genai.labels.csv", &err), &err);
    drift_side_take(&log, 0, 0.5, &before);
    drift_side_take(&log, 0.5, 1, &now);
    assert_int_equal(before.n, 100);
    assert_int_equal(now.n, 100);
    for (size_t i = 1; i < 100; i++)
        assert_true(log.items.at[now.item[i - 1]].start_ns <= log.items.at[now.item[i]].start_ns);
    result_init(&r, "drift");
    ok(drift(&before, &now, &options, &r, &alarm, &err), &err);
    change_of(&r, "", "calibration_gap");
    const struct row *right = change_of(&r, "", "accuracy");
    /* 14 of the 200 drafts are wrong by the labels that ship with the capture */
    near(value(right, "before") * 100 + value(right, "now") * 100, 186, 1e-9);
    assert_null(metrics_find(&right->metrics, "since"));
    result_release(&r);
    drift_side_release(&before);
    drift_side_release(&now);
    log_release(&log);
}

static void a_handful_of_items_is_refused(void **state)
{
    struct trace_log log;
    struct drift_side before, now;
    struct buf text = {0};
    struct result r;
    struct error err = {0};
    const struct truth usual = {0, 1};
    bool alarm;
    put_items(&text, 30, 0, usual, usual, 30, 1);
    read_ok(buf_text(&text), NULL, &log);
    drift_side_take(&log, 0, 0.5, &before);
    drift_side_take(&log, 0.5, 1, &now);
    result_init(&r, "drift");
    const struct drift_options options = {.level = 0.95, .seed = 1};
    assert_int_equal(drift(&before, &now, &options, &r, &alarm, &err), -1);
    error_is(&err, ERR_INPUT, "15 items as the current part are too few");
    result_release(&r);
    drift_side_release(&before);
    drift_side_release(&now);
    log_release(&log);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_that_multiply_are_told_with_stage_and_time),
        cmocka_unit_test(a_slower_stage_is_told_by_name),
        cmocka_unit_test(where_nothing_changes_nothing_is_said),
        cmocka_unit_test(labels_let_calibration_be_watched),
        cmocka_unit_test(a_handful_of_items_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
