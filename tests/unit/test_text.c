/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "report/document.h"
#include "report/format.h"
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
    formatted("reliability", "1", 0.832972, 0.75, 0.9, 0.95, "83% (75–90)");
    formatted("reliability", "1", 0.832972, 0.832972, 0.832972, 0, "83.30%");
    formatted("reliability", "1", 0.999997, 0.999997, 0.999997, 0, "99.99970%");
    formatted("reliability", "1", NAN, 0.25, 1, 0, "25–100%");
    formatted("reliability", "1", NAN, NAN, NAN, 0, "unknown");
    formatted("share_wrong", "1", 1.2e-7, 1e-7, 1.4e-7, 0.95, "1.2e-05% (1e-05–1.4e-05)");
    formatted("attempts_per_item", "1", 1.0309, 1.0306, 1.0312, 0.95, "1.0309 (1.0306–1.0312)");
    formatted("latency_p95", "s", 0.0456, 0.0444, 0.0468, 0.95, "45.6 ms (44.4–46.8)");
    formatted("latency_p95", "s", 0, 0, 0, 0, "0 s");
    formatted("latency_p95", "s", 5400, 5400, 5400, 0, "90 min");
    formatted("cost_per_item", "$", 0.0213, 0.0212, 0.0214, 0.95, "$0.02130 (0.02120–0.02140)");
    formatted("spans", "count", 1234567, NAN, NAN, 0, "1,234,567");
    formatted("gap", "1", -0.041, -0.052, -0.030, 0.95, "-4.1% (-5.2 to -3.0)");
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
        cmocka_unit_test(a_wide_table_is_told_in_parts_with_its_first_column),
        cmocka_unit_test(digits_follow_the_interval),
        cmocka_unit_test(text_is_cleaned_for_the_eye),
        cmocka_unit_test(widths_are_those_of_a_terminal),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
