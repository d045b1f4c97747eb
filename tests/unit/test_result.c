/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "base/json_read.h"

#include <stdlib.h>

static struct metric *add(struct result *r, const char *name, double value, double low, double high)
{
    return metrics_add(&r->metrics, name, value, low, high, 0.95, 1000, "1");
}

static enum verdict judged(double value, double low, double high, struct target t)
{
    struct result r;
    result_init(&r, "solve");
    add(&r, "reliability", value, low, high);
    result_judge(&r, &t, 1);
    enum verdict v = r.metrics.list.at[0].verdict;
    assert_int_equal(r.passed, v == VERDICT_PASS ? PASSED_TRUE : PASSED_FALSE);
    result_release(&r);
    return v;
}

static void a_target_passes_only_with_its_whole_interval(void **state)
{
    const struct target least = {"reliability", TARGET_AT_LEAST, 0.9, "at least 90%"};
    const struct target most = {"reliability", TARGET_AT_MOST, 0.9, "at most 90%"};
    assert_int_equal(judged(0.93, 0.91, 0.95, least), VERDICT_PASS);
    assert_int_equal(judged(0.91, 0.90, 0.92, least), VERDICT_PASS);
    assert_int_equal(judged(0.91, 0.89, 0.93, least), VERDICT_NOT_SHOWN);
    assert_int_equal(judged(0.80, 0.78, 0.82, least), VERDICT_FAIL);
    assert_int_equal(judged(0.80, 0.78, 0.90, least), VERDICT_NOT_SHOWN);
    assert_int_equal(judged(0.80, 0.78, 0.90, most), VERDICT_PASS);
    assert_int_equal(judged(0.92, 0.91, 0.93, most), VERDICT_FAIL);
    assert_int_equal(judged(0.92, 0.90, 0.93, most), VERDICT_NOT_SHOWN);
    assert_int_equal(judged(NAN, 0.95, 1, least), VERDICT_PASS);
    assert_int_equal(judged(NAN, 0.2, 1, least), VERDICT_NOT_SHOWN);
    assert_int_equal(judged(NAN, NAN, NAN, least), VERDICT_NOT_SHOWN);
    assert_int_equal(judged(0.95, NAN, NAN, least), VERDICT_NOT_SHOWN);
}

static void an_exact_value_at_its_target_passes(void **state)
{
    struct result r;
    const struct target t = {"reliability", TARGET_AT_LEAST, 0.9, "at least 90%"};
    result_init(&r, "solve");
    metrics_add_exact(&r.metrics, "reliability", 0.9, "1");
    result_judge(&r, &t, 1);
    assert_int_equal(r.passed, PASSED_TRUE);
    assert_string_equal(metrics_find(&r.metrics, "reliability")->target, "at least 90%");
    result_release(&r);
}

/* n (half / distance)^2: 1000 * (0.02 / 0.01)^2 = 4000. */
static void not_shown_says_how_many_would_show_it(void **state)
{
    struct result r;
    const struct target t = {"reliability", TARGET_AT_LEAST, 0.90, "at least 90%"};
    result_init(&r, "simulate");
    add(&r, "reliability", 0.91, 0.89, 0.93);
    result_judge(&r, &t, 1);
    assert_int_equal(r.warnings.len, 1);
    text_has(r.warnings.at[0], "about 4,00");
    text_has(r.warnings.at[0], "met");
    result_release(&r);
}

static void a_metric_that_is_missing_is_not_shown(void **state)
{
    struct result r;
    const struct target t = {"shipped_error", TARGET_AT_MOST, 0.01, "at most 1%"};
    result_init(&r, "solve");
    result_judge(&r, &t, 1);
    assert_int_equal(r.passed, PASSED_FALSE);
    assert_int_equal(r.warnings.len, 1);
    text_has(r.warnings.at[0], "shipped_error");
    result_release(&r);
}

static void least_and_most_have_no_verdict(void **state)
{
    struct result r;
    const struct target t[] = {
        {"review_load", TARGET_LEAST, 0, "least"},
        {"review_load", TARGET_MOST,  0, "most" }
    };
    result_init(&r, "size");
    add(&r, "review_load", 0.3, 0.2, 0.4);
    result_judge(&r, t, 2);
    assert_int_equal(r.passed, PASSED_NULL);
    assert_int_equal(r.metrics.list.at[0].verdict, VERDICT_NONE);
    result_release(&r);
}

static void of_two_targets_on_one_metric_the_worse_verdict_stands(void **state)
{
    struct result r;
    const struct target t[] = {
        {"reliability", TARGET_AT_LEAST, 0.5, "at least 50%"},
        {"reliability", TARGET_AT_MOST,  0.6, "at most 60%" }
    };
    result_init(&r, "solve");
    add(&r, "reliability", 0.8, 0.78, 0.82);
    result_judge(&r, t, 2);
    assert_int_equal(r.metrics.list.at[0].verdict, VERDICT_FAIL);
    assert_string_equal(r.metrics.list.at[0].target, "at least 50%, at most 60%");
    result_release(&r);
}

static void round_trip(const char *name)
{
    struct result r, back;
    struct buf first, second;
    struct error err = {0};
    buf_init(&first);
    buf_init(&second);
    sample_result(&r, name);
    result_write_json(&r, &first);
    ok(result_read_json("x.json", first.data, first.len, &back, &err), &err);
    result_write_json(&back, &second);
    assert_string_equal(second.data, first.data);
    result_release(&r);
    result_release(&back);
    buf_release(&first);
    buf_release(&second);
}

static void what_is_written_reads_back_the_same(void **state)
{
    round_trip(NULL);
}

static void canaries_survive_the_round_trip(void **state)
{
    for (size_t i = 0; i < SAMPLE_CANARIES; i++)
        round_trip(sample_canaries[i]);
}

/* Field by field against the interface's example. */
static void the_json_has_the_names_of_the_interface(void **state)
{
    static const char *const present[] = {"/schema",
                                          "/command",
                                          "/passed",
                                          "/scenario/sha256",
                                          "/run/elapsed_s",
                                          "/run/partial",
                                          "/metrics/reliability/low",
                                          "/metrics/reliability/level",
                                          "/metrics/reliability/n",
                                          "/metrics/reliability/target",
                                          "/metrics/reliability/verdict",
                                          "/stages/0/id",
                                          "/stages/0/layer",
                                          "/stages/0/kind",
                                          "/stages/0/metrics/attempts_per_item/high",
                                          "/edges/0/from",
                                          "/edges/0/to",
                                          "/edges/0/count",
                                          "/edges/0/metrics/share/value",
                                          "/curves/0/id",
                                          "/curves/0/points/0/at",
                                          "/sensitivities/0/parameter",
                                          "/answer/threshold",
                                          "/answer/ending",
                                          "/answer/tests",
                                          "/data/negative_duration",
                                          "/data/places/0/kind",
                                          "/names/0/name",
                                          "/names/0/metrics/spans/value",
                                          "/assumptions/0",
                                          "/warnings/0"};
    static const char *const absent[] = {"/resources",
                                         "/environments",
                                         "/layers",
                                         "/classes",
                                         "/metrics/ece/level",
                                         "/metrics/ece/n",
                                         "/names/0/metrics/spans/low",
                                         "/metrics/review_load/verdict"};
    struct result r;
    struct buf out;
    struct json root;
    struct error err = {0};
    struct json_reader *reader = json_reader_new();
    buf_init(&out);
    sample_result(&r, NULL);
    result_write_json(&r, &out);
    ok(json_parse(reader, out.data, out.len, &root, &err), &err);
    for (size_t i = 0; i < sizeof present / sizeof *present; i++)
        if (!json_present(json_pointer(root, present[i])))
            fail_msg("%s is missing", present[i]);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (json_present(json_pointer(root, absent[i])))
            fail_msg("%s is there", absent[i]);
    json_reader_free(reader);
    buf_release(&out);
    result_release(&r);
}

static void a_plug_in_answer_has_a_null_ending(void **state)
{
    struct result r;
    struct buf out;
    buf_init(&out);
    result_init(&r, "size");
    r.answer.present = true;
    r.answer.method = "plug-in";
    result_write_json(&r, &out);
    text_has(out.data, "\"ending\": null");
    text_has(out.data, "\"threshold\": null");
    text_has(out.data, "\"passed\": null");
    buf_release(&out);
    result_release(&r);
}

static void refuse(const char *text, const char *part)
{
    struct result r;
    struct error err = {0};
    assert_int_equal(result_read_json("f.json", text, strlen(text), &r, &err), -1);
    error_is(&err, ERR_INPUT, "f.json");
    error_is(&err, ERR_INPUT, part);
}

static void what_is_no_result_is_refused_by_name(void **state)
{
    refuse("", "f.json");
    refuse("[]", "not a result");
    refuse("{\"schema\": \"other/1\"}", "not a result");
    refuse("{\"schema\": \"seam.result/1\", \"metrics\": []}", "metrics must be an object");
    refuse("{\"schema\": \"seam.result/1\", \"metrics\": {\"x\": 1}}", "metrics.x");
    refuse("{\"schema\": \"seam.result/1\", \"metrics\": {\"x\": {\"value\": []}}}", "x.value");
    refuse("{\"schema\": \"seam.result/1\", \"stages\": [1]}", "stages must be a list of objects");
    refuse("{\"schema\": \"seam.result/1\", \"passed\": 3}", "passed");
    refuse("{\"schema\": \"seam.result/1\", \"run\": {\"threads\": 99999999999}}", "run.threads");
    refuse("{\"schema\": \"seam.result/1\", \"warnings\": [{}]}", "warnings");
    refuse("{\"schema\": \"seam.result/1\", \"metrics\": {\"x\": {\"verdict\": \"maybe\"}}}",
           "x.verdict");
}

static void every_metric_of_the_table_is_found_by_its_name(void **state)
{
    for (size_t i = 0; i < metric_defs_count; i++) {
        const struct metric_def *d = &metric_defs[i];
        assert_ptr_equal(metric_def(d->name), d);
        assert_true(!strcmp(d->unit, "1") || !strcmp(d->unit, "s") || !strcmp(d->unit, "$") ||
                    !strcmp(d->unit, "count") || !strcmp(d->unit, "time"));
        assert_true(!d->share || !strcmp(d->unit, "1"));
    }
    assert_null(metric_def("nonsense"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_passes_only_with_its_whole_interval),
        cmocka_unit_test(an_exact_value_at_its_target_passes),
        cmocka_unit_test(not_shown_says_how_many_would_show_it),
        cmocka_unit_test(a_metric_that_is_missing_is_not_shown),
        cmocka_unit_test(least_and_most_have_no_verdict),
        cmocka_unit_test(of_two_targets_on_one_metric_the_worse_verdict_stands),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(canaries_survive_the_round_trip),
        cmocka_unit_test(the_json_has_the_names_of_the_interface),
        cmocka_unit_test(a_plug_in_answer_has_a_null_ending),
        cmocka_unit_test(what_is_no_result_is_refused_by_name),
        cmocka_unit_test(every_metric_of_the_table_is_found_by_its_name),
    };
    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
