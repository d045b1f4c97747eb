/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_text.h"

#include "trace/labels.h"
#include "trace/observe.h"

#include <math.h>

static double value(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    if (!found)
        fail_msg("no metric %s", name);
    return found->value;
}

static const struct metric *metric(const struct result *r, const char *name)
{
    const struct metric *found = metrics_find(&r->metrics, name);
    if (!found)
        fail_msg("no metric %s", name);
    return found;
}

static double of_stage(const struct result *r, const char *id, const char *name)
{
    const struct row *row = result_stage(r, id);
    if (!row)
        fail_msg("no stage %s", id);
    return value(&row->metrics, name);
}

static bool warned(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    return false;
}

static uint64_t edge_count(const struct result *r, const char *from, const char *to)
{
    for (size_t i = 0; i < r->edges.len; i++)
        if (strcmp(r->edges.at[i].from, from) == 0 && strcmp(r->edges.at[i].to, to) == 0)
            return r->edges.at[i].count;
    return 0;
}

static struct result observed(const char *const *files, size_t n, const char *labels)
{
    struct trace_log log;
    struct result r;
    struct error err = {0};
    ok(log_read(files, n, NULL, &log, &err), &err);
    if (labels)
        ok(log_labels(&log, labels, &err), &err);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    log_release(&log);
    return r;
}

static const char *const genai[] = {"tests/data/genai.jsonl.gz"};
static const char *const openinference[] = {"tests/data/openinference.part1.jsonl.gz",
                                            "tests/data/openinference.part2.jsonl.gz"};

/* The truth that the pipeline itself wrote down while it was captured. */
static void same_as_the_pipelines_own_record(const struct result *r)
{
    near(value(&r->metrics, "items"), 200, 0);
    near(of_stage(r, "retrieve", "visits"), 200, 0);
    near(of_stage(r, "retrieve", "attempts"), 203, 0);
    near(of_stage(r, "retrieve", "timeout_rate") * 203, 3, 1e-9);
    near(of_stage(r, "retrieve", "error_rate"), 0, 0);
    near(of_stage(r, "generate", "attempts"), 200, 0);
    near(of_stage(r, "tool_call", "attempts"), 204, 0);
    near(of_stage(r, "tool_call", "malformed_rate") * 204, 4, 1e-9);
    near(of_stage(r, "tool_call", "retry_success_rate"), 1, 0);
    near(of_stage(r, "human_review", "visits"), 50, 0);
    near(of_stage(r, "human_review", "attempts"), 100, 0);
    near(of_stage(r, "human_review", "error_rate"), 0, 0);
    near(of_stage(r, "human_review", "approved"), 35, 0);
    near(of_stage(r, "human_review", "corrected"), 15, 0);
    near(of_stage(r, "human_review", "rejected"), 0, 0);
    near(of_stage(r, "confidence_gate", "threshold"), 0.85, 0);
    near(of_stage(r, "feedback_store", "exit_ship"), 1, 0);
    near(value(&r->metrics, "review_load"), 0.25, 0);
    near(value(&r->metrics, "completion"), 1, 0);
    assert_int_equal(edge_count(r, "confidence_gate", "feedback_store"), 150);
    assert_int_equal(edge_count(r, "confidence_gate", "human_review"), 50);
    assert_int_equal(edge_count(r, "feedback_store", "ship"), 200);
    assert_int_equal(r->data.interrupts, 50);
    static const char *const layers[] = {"data", "model", "tool", "agent", "human", "feedback"};
    static const char *const kinds[] = {"stage", "stage", "stage", "gate", "review", "stage"};
    assert_int_equal(r->stages.len, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(r->stages.at[i].layer, layers[i]);
        assert_string_equal(r->stages.at[i].kind, kinds[i]);
    }
}

static void the_genai_capture_is_read_as_it_was(void **state)
{
    struct result r = observed(genai, 1, NULL);
    same_as_the_pipelines_own_record(&r);
    assert_int_equal(r.data.spans, 1511);
    assert_int_equal(r.data.errors, 7);
    assert_int_equal(r.data.traces, 200);
    result_release(&r);
}

static void the_openinference_capture_tells_the_same(void **state)
{
    struct result r = observed(openinference, 2, NULL);
    same_as_the_pipelines_own_record(&r);
    assert_int_equal(r.data.spans, 2161);
    assert_int_equal(r.data.traces, 250);
    assert_int_equal(r.data.items, 200);
    assert_int_equal(r.data.errors, 11); /* 3 timeouts, 4 malformed at two levels; no interrupt */
    result_release(&r);
}

static void without_labels_reliability_is_bounds(void **state)
{
    struct result r = observed(genai, 1, NULL);
    const struct metric *m = metric(&r, "reliability");
    assert_true(isnan(m->value));
    near(m->low, 50.0 / 200, 1e-15);
    near(m->high, 1, 0);
    near(m->level, 0, 0);
    near(value(&r.metrics, "label_coverage"), 50.0 / 200, 1e-15);
    assert_null(metrics_find(&r.metrics, "auto_error"));
    assert_true(warned(&r, "reliability is known for 50 of 200 items"));
    assert_true(warned(&r, "cut at the gate"));
    result_release(&r);
}

static void with_labels_it_is_known(void **state)
{
    for (int k = 0; k < 2; k++) {
        struct result r =
            observed(k ? openinference : genai, k ? 2 : 1,
                     k ? "tests/data/openinference.labels.csv" : "tests/data/genai.labels.csv");
        const struct metric *m = metric(&r, "reliability");
        near(m->value, 199.0 / 200, 1e-15);
        near(m->low, 0.97222629560, 1e-10); /* Wilson 1927, computed apart */
        near(m->high, 0.99911683128, 1e-10);
        near(of_stage(&r, "generate", "wrong_rate"), 14.0 / 200, 1e-15);
        near(value(&r.metrics, "share_wrong"), 1.0 / 200, 1e-15);
        near(value(&r.metrics, "auto_error"), 0, 0);
        near(value(&r.metrics, "review_precision"), 14.0 / 50, 1e-15);
        near(value(&r.metrics, "label_coverage"), 1, 0);
        assert_non_null(result_curve(&r, "frontier"));
        assert_non_null(result_curve(&r, "calibration"));
        assert_int_equal(r.warnings.len, 0);
        result_release(&r);
    }
}

static void every_span_name_has_its_row(void **state)
{
    struct result r = observed(genai, 1, NULL);
    uint64_t spans = 0;
    for (size_t i = 0; i < r.names.len; i++)
        spans += (uint64_t)value(&r.names.at[i].metrics, "spans");
    assert_int_equal(spans, 1511);
    for (size_t i = 0; i < r.names.len; i++)
        if (strcmp(r.names.at[i].id, "retrieval corpus") == 0)
            near(value(&r.names.at[i].metrics, "errors"), 3, 0);
    result_release(&r);
}

static void quantiles_are_nearest_ranks_with_order_statistics(void **state)
{
    static const char *const names[] = {"mean", "p50", "p90", "p95", "p99"};
    struct metrics m = {0};
    double x[20];
    for (int i = 0; i < 20; i++)
        x[i] = 20 - i;
    observe_latency(&m, names, x, 20, 0.95);
    near(value(&m, "mean"), 10.5, 1e-12);
    near(value(&m, "p50"), 10, 0); /* the smallest x with F(x) >= 1/2 */
    near(value(&m, "p90"), 18, 0);
    near(value(&m, "p95"), 19, 0);
    /* the classical 95% interval of the median of 20: 6th and 15th (David and Nagaraja, 7.1) */
    near(metrics_find(&m, "p50")->low, 6, 0);
    near(metrics_find(&m, "p50")->high, 15, 0);
    /* 0.95^20 > 0.025: twenty values do not bound this one from above */
    assert_true(isinf(metrics_find(&m, "p95")->high));
    vec_release(&m.list);
}

static void failed_rejected_and_waiting_items_are_told_apart(void **state)
{
    struct trace_log log;
    struct result r;
    struct buf b;
    buf_init(&b);
    put_span(&b, "a", "r", "", "run", 0, 100, "");
    put_span(&b, "a", "1", "r", "draft", 1, 10, "");
    put_span(&b, "a", "2", "r", "call", 20, 30, FAILED);
    put_span(&b, "b", "r", "", "run", 200, 300, FAILED);
    put_span(&b, "b", "1", "r", "draft", 201, 210, "");
    put_span(&b, "c", "r", "", "run", 400, 500, "");
    put_span(&b, "c", "1", "r", "draft", 401, 410, "");
    put_span(&b, "c", "2", "r", "review", 420, 430, ATTRIBUTES(TEXT_ATTRIBUTE("x.verdict", "no")));
    put_span(&b, "d", "r", "", "run", 600, 700, "");
    put_span(&b, "d", "1", "r", "draft", 601, 610, "");
    put_span(&b, "d", "2", "r", "review", 620, 630, ",\"events\":[{\"name\":\"interrupt\"}]");
    put_span(&b, "e", "r", "", "run", 800, 900, "");
    put_span(&b, "e", "1", "r", "draft", 801, 810, "");
    put_span(&b, "e", "2", "r", "call", 820, 830, "");
    read_ok(buf_text(&b), NULL, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    near(value(&r.metrics, "share_failed"), 0.4, 1e-15);
    near(value(&r.metrics, "share_rejected"), 0.2, 1e-15);
    near(value(&r.metrics, "share_unfinished"), 0.2, 1e-15);
    near(value(&r.metrics, "completion"), 0.2, 1e-15);
    near(metric(&r, "reliability")->low, 0, 0);
    near(metric(&r, "reliability")->high, 0.2, 1e-15);
    near(of_stage(&r, "review", "caught_rate"), 0.5, 1e-15);
    near(of_stage(&r, "call", "exit_fail"), 0.2, 1e-15);
    assert_true(warned(&r, "1 items wait for a person"));
    result_release(&r);
    log_release(&log);
    buf_release(&b);
}

/* The first search to answer ends the wait for both: the run is over at 100 ms though the other
 * search, with a call below it, goes on.  The last step of the second run outlasts its root, and
 * nothing answered in its place. */
static void a_branch_that_nobody_waits_for_is_no_latency(void **state)
{
    struct trace_log log;
    struct buf b = {0};
    put_span(&b, "a", "r", "", "run", 0, 100, "");
    put_span(&b, "a", "1", "r", "prep", 0, 10, "");
    put_span(&b, "a", "2", "r", "fast", 10, 30, "");
    put_span(&b, "a", "3", "r", "slow", 10, 400, "");
    put_span(&b, "a", "5", "3", "call", 150, 390, "");
    put_span(&b, "a", "4", "r", "answer", 30, 100, "");
    put_span(&b, "b", "r", "", "run", 1000, 1100, "");
    put_span(&b, "b", "1", "r", "prep", 1000, 1010, "");
    put_span(&b, "b", "4", "r", "answer", 1030, 1500, "");
    read_ok(buf_text(&b), NULL, &log);
    assert_int_equal(log.items.len, 2);
    near(observe_span_s(log.items.at[0].start_ns, log.items.at[0].end_ns), 0.1, 1e-9);
    near(observe_between_s(&log, &log.items.at[0]), 0, 1e-9);
    near(observe_span_s(log.items.at[1].start_ns, log.items.at[1].end_ns), 0.5, 1e-9);
    log_release(&log);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_genai_capture_is_read_as_it_was),
        cmocka_unit_test(the_openinference_capture_tells_the_same),
        cmocka_unit_test(without_labels_reliability_is_bounds),
        cmocka_unit_test(with_labels_it_is_known),
        cmocka_unit_test(every_span_name_has_its_row),
        cmocka_unit_test(quantiles_are_nearest_ranks_with_order_statistics),
        cmocka_unit_test(failed_rejected_and_waiting_items_are_told_apart),
        cmocka_unit_test(a_branch_that_nobody_waits_for_is_no_latency),
    };
    return cmocka_run_group_tests_name("observe", tests, NULL, NULL);
}
