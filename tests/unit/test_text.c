/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "report/document.h"
#include "report/format.h"
#include "report/headline.h"
#include "report/table.h"
#include "report/text.h"

static void check_lines(const char *text, size_t width)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        char line[4096];
        assert_true(len < sizeof line);
        memcpy(line, text, len);
        line[len] = '\0';
        if (text_width(line) > width)
            fail_msg("%zu columns, not %zu: %s", text_width(line), width, line);
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
                fail_msg("control character %d", line[i]);
        assert_true(len == 0 || line[len - 1] != ' ');
        text += len + (text[len] == '\n');
    }
}

static void text_of(const char *name, struct text_options options, struct buf *out)
{
    struct result r;
    buf_init(out);
    sample_result(&r, name);
    report_text(&r, &options, out);
    result_release(&r);
}

static void every_line_fits_the_terminal(void **state)
{
    for (int width = 40; width <= 120; width += 20) {
        struct buf out;
        text_of(NULL, (struct text_options){.width = width}, &out);
        check_lines(out.data, (size_t)width);
        buf_release(&out);
    }
}

static void canaries_fit_and_control_nothing(void **state)
{
    for (size_t i = 0; i < SAMPLE_CANARIES; i++) {
        struct buf out;
        text_of(sample_canaries[i], (struct text_options){.width = 80}, &out);
        check_lines(out.data, 80);
        assert_null(strstr(out.data, "\xe2\x80\xae"));
        buf_release(&out);
    }
}

static void colours_are_of_verdicts_alone_and_only_when_asked(void **state)
{
    struct buf plain, color;
    text_of(NULL, (struct text_options){.width = 100}, &plain);
    text_of(NULL, (struct text_options){.width = 100, .color = true}, &color);
    assert_null(strchr(plain.data, '\033'));
    text_has(color.data, "\033[31mfail\033[0m");
    text_has(color.data, "\033[32mpass\033[0m");
    buf_release(&plain);
    buf_release(&color);
}

static void the_headline_holds_value_interval_target_and_verdict(void **state)
{
    struct buf out;
    text_of(NULL, (struct text_options){.width = 80}, &out);
    text_has(out.data, "metric             value       95% interval  target        verdict\n"
                       "reliability       83.30%       83.23–83.37%  at least 95%  fail\n");
    text_has(out.data, "Ship from a confidence of 0.85");
    text_has(out.data, "orphan  triage.jsonl:12");
    buf_release(&out);
}

static void quiet_is_the_answer_and_the_headline(void **state)
{
    struct buf out;
    text_of(NULL, (struct text_options){.width = 80, .quiet = true}, &out);
    text_has(out.data, "83.30%");
    assert_null(strstr(out.data, "Stages"));
    buf_release(&out);
}

static void rest_counts(const struct result *r, const char *line)
{
    struct buf out;
    buf_init(&out);
    report_text(r, NULL, &out);
    text_has(out.data, line);
    buf_release(&out);
}

static void the_headline_is_the_few_metrics_that_have_something_to_say(void **state)
{
    struct result r;
    const struct result *one[] = {&r};
    result_init(&r, "simulate");
    metrics_add_exact(&r.metrics, "reliability", 0.9, "1");
    metrics_add_exact(&r.metrics, "share_failed", 0.1, "1");
    metrics_add_exact(&r.metrics, "share_rejected", 0, "1");
    metrics_add_exact(&r.metrics, "auto_error", 0.02, "1");
    metrics_add_exact(&r.metrics, "review_load", 0, "1");
    metrics_add_exact(&r.metrics, "latency_mean", 2, "s");
    metrics_add_exact(&r.metrics, "latency_all_mean", 2.05, "s");
    metrics_add_exact(&r.metrics, "latency_sd", 1, "s");
    metrics_add_exact(&r.metrics, "cost_per_item", 0, "$");
    assert_true(headline_shows(one, 1, "share_failed"));
    assert_true(headline_shows(one, 1, "latency_mean"));
    assert_false(headline_shows(one, 1, "share_rejected"));
    assert_false(headline_shows(one, 1, "auto_error")); /* nothing is reviewed */
    assert_false(headline_shows(one, 1, "latency_all_mean"));
    assert_false(headline_shows(one, 1, "latency_sd"));
    assert_false(headline_shows(one, 1, "cost_per_item"));
    rest_counts(&r, "\n6 further metrics: --json or --csv\n");
    r.metrics.list.at[4].value = 0.25;
    r.metrics.list.at[6].value = 2.2;
    assert_true(headline_shows(one, 1, "auto_error"));
    assert_true(headline_shows(one, 1, "latency_all_mean"));
    rest_counts(&r, "\n3 further metrics: --json or --csv\n");
    result_release(&r);
}

static void a_metric_with_a_target_is_always_in_the_headline(void **state)
{
    struct result r;
    const struct result *one[] = {&r};
    result_init(&r, "simulate");
    metrics_add_exact(&r.metrics, "latency_p999", 0, "s");
    assert_false(headline_shows(one, 1, "latency_p999"));
    r.metrics.list.at[0].target = "at most 2s";
    assert_true(headline_shows(one, 1, "latency_p999"));
    result_release(&r);
}

static void count_lines_with(const char *text, const char *part, size_t want)
{
    size_t n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    assert_int_equal(n, want);
}

/* A step's row stands once: intervals give way before the table breaks. */
static void the_stages_are_one_table_at_80_columns(void **state)
{
    struct result r;
    struct buf narrow, wide;
    buf_init(&narrow);
    buf_init(&wide);
    result_init(&r, "replay");
    for (int i = 0; i < 3; i++) {
        struct row *row = result_add_row(&r, stages, i ? "a_longer_name" : "first");
        struct metrics *m = &row->metrics;
        metrics_add_exact(m, "visits_per_item", 0.5, "1");
        metrics_add(m, "attempts_per_item", 0.6, 0.58, 0.62, 0.95, 200, "1");
        metrics_add(m, "first_try_rate", 0.8, 0.75, 0.85, 0.95, 100, "1");
        metrics_add(m, "success_rate", 0.98, 0.95, 0.99, 0.95, 100, "1");
        metrics_add(m, "error_rate", 0.1, 0.06, 0.15, 0.95, 120, "1");
        metrics_add(m, "timeout_rate", 0.05, 0.03, 0.08, 0.95, 120, "1");
        metrics_add(m, "malformed_rate", 0, 0, 0.02, 0.95, 120, "1");
        metrics_add(m, "wrong_rate", 0.07, 0.042, 0.114, 0.95, 120, "1");
        metrics_add(m, "visit_latency_p50", 0.031, 0.029, 0.035, 0.95, 100, "s");
        metrics_add(m, "visit_latency_p95", 0.075, 0.068, 0.094, 0.95, 100, "s");
        metrics_add_exact(m, "cost_per_item", 0, "$");
    }
    report_text(&r, &(struct text_options){.width = 80}, &narrow);
    report_text(&r, &(struct text_options){.width = 200}, &wide);
    check_lines(narrow.data, 80);
    count_lines_with(narrow.data, "first  ", 1);
    text_has(narrow.data,
             "first               1.2    98.0%  15.0%  7.0% (4.2–11.4)  31 ms  75 ms\n");
    text_has(wide.data, "98.0% (95.0–99.0)");
    text_has(wide.data, "first try");
    assert_null(strstr(narrow.data, "cost"));
    buf_release(&narrow);
    buf_release(&wide);
    result_release(&r);
}

static void head_of(const struct run_info *run, const struct data_quality *data, const char *want)
{
    struct result r;
    struct buf out;
    buf_init(&out);
    result_init(&r, "replay");
    r.run = *run;
    r.data = *data;
    metrics_add(&r.metrics, "reliability", 0.9, 0.8, 0.95, 0.95, 200, "1");
    report_text(&r, NULL, &out);
    assert_memory_equal(out.data, want, strlen(want));
    buf_release(&out);
    result_release(&r);
}

static void long_lists_show_their_first_hundred_rows(void **state)
{
    struct result r;
    struct buf out;
    result_init(&r, "replay");
    buf_init(&out);
    for (int i = 1; i <= 110; i++) {
        struct row *row = result_add_row(&r, stages, result_text(&r, "step%03d", i));
        metrics_add_exact(&row->metrics, "success_rate", 0.9, "1");
    }
    report_text(&r, NULL, &out);
    text_has(out.data, "step100");
    text_has(out.data, "10 further rows: --json\n");
    assert_null(strstr(out.data, "step101"));
    result_release(&r);
    buf_release(&out);
}

static void a_cell_never_hangs_however_narrow(void **state)
{
    struct document d;
    struct buf out;
    buf_init(&out);
    document_init(&d, "", "");
    document_section(&d, "s", "");
    document_number(&d, TONE_PLAIN, "a note that alone is longer than the line is wide, by far",
                    "漢字漢字 and words", "");
    text_document(&d, &(struct text_options){.width = 40}, &out);
    text_has(out.data, "字\n");
    document_release(&d);
    buf_release(&out);
}

static void the_first_line_says_what_was_done(void **state)
{
    head_of(
        &(struct run_info){.present = true, .method = "log", .trials = 200, .covers = "sampling"},
        &(struct data_quality){.present = true, .format = "otlp-json", .items = 200, .spans = 1511},
        "replay: 200 items from otlp-json (1,511 spans); intervals: 95%, sampling\n");
    head_of(&(struct run_info){.present = true, .method = "exact", .engine = "chain"},
            &(struct data_quality){0}, "replay: exact, by absorbing chain\n");
    head_of(&(struct run_info){.present = true,
                               .partial = true,
                               .method = "monte-carlo",
                               .trials = 1000,
                               .seed = 7,
                               .covers = "sampling"},
            &(struct data_quality){0},
            "replay: partial, stopped before the end; Monte Carlo, 1,000 trials, seed 7;");
}

static void told(double threshold, double shown, const char *want)
{
    struct buf out = {0};
    table_put_threshold(&out, &(struct answer){.threshold = threshold, .threshold_shown = shown});
    assert_string_equal(buf_text(&out), want);
    buf_release(&out);
}

static void a_threshold_is_told_in_six_digits_and_never_lower(void **state)
{
    told(0.7525879217915804, 0, "0.752588");
    told(0.8150571, 0, "0.815058");
    told(0.85, 0, "0.85");
    told(0.815058, 0, "0.815058");
    told(0.00123456001, 0, "0.00123457");
    told(0, 0, "0");
    told(0.7525879217915804, 0.7525, "0.7525");
    told(0.999987123, 0.99998712, "0.99998712");
}

/* A number must never be cut: a wide table comes in parts. */
static void a_wide_table_is_told_in_parts_with_its_first_column(void **state)
{
    struct document d;
    struct buf out;
    buf_init(&out);
    document_init(&d, "t", "");
    struct table *t = document_table(&d, "wide");
    table_column(&d, t, "stage", false);
    for (int i = 0; i < 8; i++)
        table_column(&d, t, "a number", true);
    table_cell(&d, t, TONE_PLAIN, "first");
    for (int i = 0; i < 8; i++)
        table_cell(&d, t, TONE_PLAIN, "0.123456789012");
    text_table(t, NULL, &out);
    check_lines(out.data, 80);
    size_t numbers = 0, firsts = 0;
    for (const char *at = out.data; (at = strstr(at, "0.123456789012")); at++)
        numbers++;
    for (const char *at = out.data; (at = strstr(at, "first")); at++)
        firsts++;
    assert_int_equal(numbers, 8);
    assert_int_equal(firsts, 2);
    document_release(&d);
    buf_release(&out);
}

/* Of long names that differ at their ends alone each is told; sentences lose their end. */
static void names_are_cut_in_the_middle(void **state)
{
    struct document d;
    struct buf out;
    buf_init(&out);
    document_init(&d, "t", "");
    struct table *t = document_table(&d, "names");
    table_column(&d, t, "name", false);
    table_column(&d, t, "number", true);
    static const char *const name[] = {
        "flow.a_step_with_a_name_of_many_words_and_letters.latency.gamma.shape",
        "flow.a_step_with_a_name_of_many_words_and_letters.latency.gamma.scale",
        "a sentence of quite as many words, which are told from its beginning on",
        "flow.\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22"
        "\u5b57\u6f22\u5b57.latency"};
    for (int i = 0; i < 4; i++) {
        table_cell(&d, t, TONE_PLAIN, name[i]);
        table_cell(&d, t, TONE_PLAIN, "0.123456789012345678901234");
    }
    text_table(t, &(struct text_options){.width = 50}, &out);
    check_lines(out.data, 50);
    text_has(out.data, "amma.shape  0");
    text_has(out.data, "amma.scale  0");
    text_has(out.data, "a sentence of quite");
    text_has(out.data, "flow.a_");
    text_has(out.data, ".latency  0");
    document_release(&d);
    buf_release(&out);
}

static void formatted(const char *name, const char *unit, double value, double low, double high,
                      double level, const char *want)
{
    struct metric m = {
        .name = name, .unit = unit, .value = value, .low = low, .high = high, .level = level};
    struct buf out;
    buf_init(&out);
    format_both(&out, &m, NULL);
    assert_string_equal(buf_text(&out), want);
    buf_release(&out);
}

static void digits_follow_the_interval(void **state)
{
    formatted("reliability", "1", 0.832972, 0.83224, 0.83370, 0.95, "83.30% (83.22–83.37)");
    formatted("reliability", "1", 0.832972, 0.81, 0.85, 0.95, "83.3% (81.0–85.0)");
    formatted("reliability", "1", 0.832972, 0.75, 0.9, 0.95, "83.3% (75.0–90.0)");
    formatted("reliability", "1", 0.832972, 0.832972, 0.832972, 0, "83.30%");
    formatted("reliability", "1", 0.999997, 0.999997, 0.999997, 0, "99.99970%");
    formatted("reliability", "1", NAN, 0.25, 1, 0, "25.0–100%");
    formatted("reliability", "1", NAN, NAN, NAN, 0, "unknown");
    formatted("share_wrong", "1", 1.2e-7, 1e-7, 1.4e-7, 0.95, "0.000012% (0.00001–0.000014)");
    formatted("attempts_per_item", "1", 1.0309, 1.0306, 1.0312, 0.95, "1.0309 (1.0306–1.0312)");
    formatted("latency_p95", "s", 0.0456, 0.0444, 0.0468, 0.95, "45.6 ms (44.4–46.8)");
    formatted("latency_p95", "s", 0, 0, 0, 0, "0 s");
    formatted("latency_p95", "s", 5400, 5400, 5400, 0, "90 min");
    formatted("cost_per_item", "$", 0.0213, 0.0212, 0.0214, 0.95, "$0.02130 (0.02120–0.02140)");
    formatted("spans", "count", 1234567, NAN, NAN, 0, "1,234,567");
    formatted("latency_p99", "s", 0.2132, 0.2002, INFINITY, 0.95, "213 ms (at least 200)");
    formatted("latency_p99", "s", 0.2132, 0.2002, NAN, 0.95, "213 ms (at least 200)");
    formatted("gap", "1", -0.07708, -0.07708, -0.07708, 0, "-7.71%");
    formatted("gap", "1", -0.041, -0.052, -0.030, 0.95, "-4.1% (-5.2 to -3.0)");
}

/* 100% is all of them; what only rounds to it keeps its tenths. */
static void none_and_all_are_told_from_nearly(void **state)
{
    formatted("completion", "1", 1, 0.981, 1, 0.95, "100% (98.1–100)");
    formatted("completion", "1", 0.996, 0.985, 0.99997, 0.95, "99.6% (98.5–100.0)");
    formatted("auto_error", "1", 0, 0, 0.025, 0.95, "0% (0–2.5)");
    formatted("auto_error", "1", 0.004, 0.0002, 0.014, 0.95, "0.4% (0.0–1.4)");
    formatted("auto_error", "1", 0.002, 1.6e-9, 0.049, 0.95, "0.2% (0.0–4.9)");
    formatted("latency_mean", "s", 2, 1e-9, 5, 0.95, "2 s (0–5)");
}

static void an_interval_that_reads_as_its_value_is_left_out(void **state)
{
    formatted("share_failed", "1", 0, 0, 0, 0.95, "0%");
    formatted("attempts_per_item", "1", 1, 1, 1, 0.95, "1");
    formatted("visits_mean", "1", 5.25, 5.25 - 1e-15, 5.25 + 1e-15, 0.95, "5.25");
}

/* More digits than five say nothing to anybody, and an interval that shows in no digit is none. */
static void no_number_has_more_digits_than_five(void **state)
{
    formatted("latency_p95", "s", 20.0000001, 19.999995, 20.000005, 0.95, "20 s");
    formatted("latency_p95", "s", 20.0004, 19.9984, 20.0024, 0.95, "20.000 s (19.998–20.002)");
    formatted("attempts_per_item", "1", 1, 0.999996, 1, 0.95, "1");
    formatted("visits_mean", "1", 2.4871834, 2.4871830, 2.4871838, 0.95, "2.487");
    formatted("reliability", "1", 0.832972004, 0.832971998, 0.832972010, 0.95, "83.30%");
    formatted("completion", "1", 0.9999991, 0.9999985, 0.9999995, 0.95,
              "99.99991% (99.99985–99.99995)");
}

static void thousands_are_told_apart(void **state)
{
    formatted("net_per_month", "$", 67834.79, 67834.79, 67834.79, 0, "$67,835");
    formatted("net_per_month", "$", -17132, -17132, -17132, 0, "-$17,132");
    formatted("net_per_month", "$", 67705, 65463, 69947, 0.95, "$67,705 (65,463–69,947)");
    formatted("cost_per_month", "$", 302, 302, 302, 0, "$302.00");
    formatted("cost_per_item", "$", 9.8089, 9.8089, 9.8089, 0, "$9.81");
    formatted("cost_per_item", "$", 0.2550, 0.2550, 0.2550, 0, "$0.2550");
    formatted("cost_per_item", "$", 999999.996, 999999.996, 999999.996, 0, "$1,000,000");
    formatted("cost_per_item", "$", 1e18, 1e18, 1e18, 0, "$1e+18");
    formatted("latency_mean", "s", 1e9, 1e9, 1e9, 0, "11,574 d");
    formatted("review_backlog", "1", 12345.6, 12000, 12700, 0.95, "12,346 (12,000–12,700)");
    formatted("spans", "count", 999, NAN, NAN, 0, "999");
}

static void text_is_cleaned_for_the_eye(void **state)
{
    struct buf out;
    buf_init(&out);
    text_clean(&out, "a\033[31m\tb\r\n\x7f\xc2\x9b c\xe2\x80\xae\xe2\x81\xa6 d\xff\xc0\xaf");
    assert_string_equal(out.data, "a [31m b     c d\ufffd\ufffd\ufffd");
    buf_release(&out);
}

static void widths_are_those_of_a_terminal(void **state)
{
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("漢字"), 4);
    assert_int_equal(text_width("e\xcc\x81"), 1);
    assert_int_equal(text_width("😀"), 2);
    assert_int_equal(text_fit("漢字", 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_fits_the_terminal),
        cmocka_unit_test(canaries_fit_and_control_nothing),
        cmocka_unit_test(colours_are_of_verdicts_alone_and_only_when_asked),
        cmocka_unit_test(the_headline_holds_value_interval_target_and_verdict),
        cmocka_unit_test(quiet_is_the_answer_and_the_headline),
        cmocka_unit_test(the_headline_is_the_few_metrics_that_have_something_to_say),
        cmocka_unit_test(a_metric_with_a_target_is_always_in_the_headline),
        cmocka_unit_test(the_stages_are_one_table_at_80_columns),
        cmocka_unit_test(long_lists_show_their_first_hundred_rows),
        cmocka_unit_test(a_cell_never_hangs_however_narrow),
        cmocka_unit_test(the_first_line_says_what_was_done),
        cmocka_unit_test(a_threshold_is_told_in_six_digits_and_never_lower),
        cmocka_unit_test(none_and_all_are_told_from_nearly),
        cmocka_unit_test(an_interval_that_reads_as_its_value_is_left_out),
        cmocka_unit_test(a_wide_table_is_told_in_parts_with_its_first_column),
        cmocka_unit_test(names_are_cut_in_the_middle),
        cmocka_unit_test(digits_follow_the_interval),
        cmocka_unit_test(no_number_has_more_digits_than_five),
        cmocka_unit_test(thousands_are_told_apart),
        cmocka_unit_test(text_is_cleaned_for_the_eye),
        cmocka_unit_test(widths_are_those_of_a_terminal),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
