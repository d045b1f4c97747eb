/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "base/file.h"
#include "model/rules.h"
#include "trace/ids.h"

#include <math.h>
#include <stdio.h>

#define SPAN_BEGIN "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{"
#define SPAN_END   "}]}]}]}\n"

static void every_spelling_of_a_span_reads_the_same(void **state)
{
    static const char *const texts[] = {
        SPAN_BEGIN
        "\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"eee19b7ec3c1b174\","
        "\"name\":\"a\",\"startTimeUnixNano\":\"1544712660000000000\","
        "\"endTimeUnixNano\":\"1544712661000000000\",\"status\":{\"code\":2}" SPAN_END,
        SPAN_BEGIN
        "\"traceId\":\"5B8EFFF798038103D269B633813FC60C\",\"spanId\":\"EEE19B7EC3C1B174\","
        "\"parentSpanId\":\"\",\"name\":\"a\",\"startTimeUnixNano\":1544712660000000000,"
        "\"endTimeUnixNano\":1544712661000000000,\"status\":{\"code\":\"2\"},"
        "\"unknown\":{\"x\":[1,{}]}" SPAN_END,
        "{\"resource_spans\":[{\"scope_spans\":[{\"spans\":[{"
        "\"trace_id\":\"W47/95gDgQPSabYzgT/GDA==\",\"span_id\":\"7uGbfsPBsXQ=\","
        "\"parent_span_id\":\"AAAAAAAAAAA=\",\"name\":\"a\","
        "\"start_time_unix_nano\":\"1544712660000000000\","
        "\"end_time_unix_nano\":\"1544712661000000000\","
        "\"status\":{\"code\":\"STATUS_CODE_ERROR\"}}]}]}]}",
        "\xEF\xBB\xBF\n[\r\n {\"resourceSpans\": [{\"instrumentationLibrarySpans\": [{\"spans\":\n"
        "[{\"traceId\": \"5b8efff798038103d269b633813fc60c\", \"spanId\": \"eee19b7ec3c1b174\",\n"
        "\"name\": \"a\", \"startTimeUnixNano\": 1544712660000000000,\n"
        "\"endTimeUnixNano\": 1544712661000000000, \"status\": {\"code\": 2}}]}]}]}\r\n]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct trace_log log;
        read_ok(texts[i], NULL, &log);
        assert_int_equal(log.spans.len, 1);
        assert_string_equal(span_string(&log.spans, log.spans.trace[0]),
                            "5b8efff798038103d269b633813fc60c");
        assert_true(log.spans.id[0] == 0xeee19b7ec3c1b174);
        assert_true(log.spans.parent[0] == 0);
        assert_string_equal(span_string(&log.spans, log.spans.name[0]), "a");
        assert_true(log.spans.start_ns[0] == 1544712660000000000);
        near(span_duration_s(&log.spans, 0), 1, 0);
        assert_int_equal(log.spans.outcome[0], OUTCOME_ERROR);
        assert_string_equal(log.format, "otlp-json");
        log_release(&log);
    }
}

static void lines_without_spans_are_counted_and_passed_over(void **state)
{
    struct trace_log log;
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "{\"resourceLogs\":[]}\n\n{}\n");
    put_span(&b, "t", "s", "", "a", 0, 1, "");
    read_ok(buf_text(&b), NULL, &log);
    assert_int_equal(log.quality.records, 3);
    assert_int_equal(log.spans.len, 1);
    assert_int_equal(log.spans.line[0], 4);
    log_release(&log);
    buf_release(&b);
}

static void awkward_values_are_read(void **state)
{
    const char *path = data_path("edge_values.jsonl");
    struct log_options options = {.confidence = "score.half", .stage_by = NULL};
    struct trace_log log;
    struct error err = {0};
    ok(log_read(&path, 1, &options, &log, &err), &err);
    assert_int_equal(log.spans.len, 5);
    assert_int_equal(log.items.len, 3);
    near(log.spans.confidence[0], 0.5, 0);
    near(span_duration_s(&log.spans, 1), 0, 0);
    assert_string_equal(span_string(&log.spans, log.spans.name[3]), "");
    assert_string_equal(
        span_string(&log.spans, log.spans.name[4]),
        "root \"quoted\" \\ \xC3\xA9 \xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x98\x80\x07");
    log_release(&log);
}

static void what_is_no_log_is_refused_with_its_place(void **state)
{
    struct buf b;
    buf_init(&b);
    put_span(&b, "t", "s", "", "a", 0, 1, "");
    size_t line = b.len;
    put_span(&b, "t", "s2", "", "b", 0, 1, "");
    b.data[line + 50] = '\0';
    counts_fault(buf_text(&b), QUALITY_UNREADABLE, 2);
    b.data[line - 40] = '\0';
    read_refused(buf_text(&b), NULL, ERR_INPUT, "log:1:150: not JSON: the text ends in the middle");
    buf_release(&b);
    read_refused("", NULL, ERR_INPUT, "log: the log is empty");
    read_refused(" \n\n", NULL, ERR_INPUT, "log: the log is empty");
    read_refused("{}\n", NULL, ERR_INPUT, "log: the log holds no spans");
    read_refused("{\"a\": 1}", NULL, ERR_INPUT, "log:1: not a trace log");
    static const char none[] = "the log holds no spans: here a record lacks an id";
    read_refused("\n{\"resourceSpans\":{}}", NULL, ERR_INPUT, none);
    read_refused("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[7]}]}]}", NULL, ERR_INPUT, none);
    read_refused("\n" SPAN_BEGIN "\"name\":\"a\"" SPAN_END, NULL, ERR_INPUT,
                 "log:2: the log holds");
    read_refused("{\n \"resourceSpans\": [\n  {\"scopeSpans\": [}\n]}", NULL, ERR_INPUT,
                 "log:3:19: not JSON: unexpected '}'");
    read_refused("h\"i\n", NULL, ERR_INPUT, "log:1: not a trace log: neither JSON");
}

#define WHOLE "{\"traceId\":\"t\",\"spanId\":\"s\",\"startTimeUnixNano\":1,\"endTimeUnixNano\":2}"

static void parts_of_the_wrong_shape_are_counted_with_their_lines(void **state)
{
    static const char *const wrong[] = {"7", "{\"name\":\"a\"}", "{\"traceId\":[]}"};
    for (size_t i = 0; i < 3; i++) {
        struct buf b = {0};
        buf_printf(&b,
                   "{\"resourceSpans\":[\n{\"scopeSpans\":[{\"spans\":[\n" WHOLE ",\n%s\n]}]}]}",
                   wrong[i]);
        counts_fault(buf_text(&b), QUALITY_UNREADABLE, i ? 4 : 3); /* a bare number has no line */
        buf_release(&b);
    }
    counts_fault("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" WHOLE "]}]}]}\n"
                 "{\"resourceSpans\":[{\"scopeSpans\":{}},{\"scopeSpans\":[]}]}\n",
                 QUALITY_UNREADABLE, 2);
}

static void files_that_are_not_what_their_name_says_are_refused(void **state)
{
    static const char *const names[] = {"/tmp/seam-test-plain.jsonl.gz",
                                        "/tmp/seam-test-cut.jsonl"};
    struct error err = {0};
    struct trace_log log;
    ok(file_write(names[0], "{}\n", 3, &err), &err);
    ok(file_write(names[1], "\x1f\x8b\x08\x00", 4, &err), &err);
    assert_int_equal(log_read(&names[0], 1, NULL, &log, &err), -1);
    error_is(&err, ERR_INPUT, "not gzip, although it is called .gz");
    log_release(&log);
    assert_int_equal(log_read(&names[1], 1, NULL, &log, &err), -1);
    error_is(&err, ERR_INPUT, names[1]);
    log_release(&log);
    remove(names[0]);
    remove(names[1]);
    const char *missing = "/tmp/seam-test-missing.jsonl";
    assert_int_equal(log_read(&missing, 1, NULL, &log, &err), -1);
    error_is(&err, ERR_IO, missing);
    log_release(&log);
}

/* ---- vocabulary ------------------------------------------------------------------------- */

static struct trace_log one_span(const char *more, const struct log_options *options)
{
    struct trace_log log;
    struct buf b;
    buf_init(&b);
    put_span(&b, "t", "s", "", "a", 0, 1, more);
    read_ok(buf_text(&b), options, &log);
    buf_release(&b);
    return log;
}

static void failures_are_told_apart(void **state)
{
    /* clang-format off */
    static const struct {
        const char *more;
        enum outcome outcome;
        bool interrupt;
    } cases[] = {
        {"", OUTCOME_OK, false},
        {",\"status\":{\"code\":1}", OUTCOME_OK, false},
        {FAILED, OUTCOME_ERROR, false},
        {ATTRIBUTES(TEXT_ATTRIBUTE("error.type", "timeout")), OUTCOME_TIMEOUT, false},
        {ATTRIBUTES(TEXT_ATTRIBUTE("error.type", "tool_error")), OUTCOME_ERROR, false},
        {ATTRIBUTES(TEXT_ATTRIBUTE("error.type", "JSONDecodeError")), OUTCOME_MALFORMED, false},
        {",\"status\":{\"code\":2,\"message\":\"This operation was aborted\"}", OUTCOME_TIMEOUT,
         false},
        {",\"status\":{\"code\":2,\"message\":\"retrieval timed out after 20 ms\"}",
         OUTCOME_TIMEOUT, false},
        {",\"status\":{\"code\":2,\"message\":\"context deadline exceeded\"}", OUTCOME_TIMEOUT,
         false},
        /* stack frames speak of other things */
        {",\"status\":{\"code\":2,\"message\":\"payload is not JSON\\n    at listOnTimeout (x)\"}",
         OUTCOME_MALFORMED, false},
        {",\"status\":{\"code\":2,\"message\":\"no such key\\n  at parse (x)\\n  at schema\"}",
         OUTCOME_ERROR, false},
        /* an exception alone is no failure, but says which one a failure is */
        {",\"events\":[{\"name\":\"exception\",\"attributes\":[" TEXT_ATTRIBUTE(
             "exception.type", "TimeoutError") "]}]",
         OUTCOME_OK, false},
        {FAILED ",\"events\":[{\"name\":\"exception\",\"attributes\":[" TEXT_ATTRIBUTE(
             "exception.message", "answer fails schema validation") "]}]",
         OUTCOME_MALFORMED, false},
        {",\"events\":[{\"name\":\"interrupt\",\"attributes\":[]}]", OUTCOME_OK, true},
        {",\"status\":{\"code\":2,\"message\":\"[ {} ]\\n\\nGraphInterrupt: [\\n\"}", OUTCOME_OK,
         true},
        {",\"status\":{\"code\":2,\"message\":\"KeyboardInterrupt\"}", OUTCOME_ERROR, false},
        {",\"status\":{\"code\":1,\"message\":\"GraphInterrupt\"}", OUTCOME_OK, false},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_log log = one_span(cases[i].more, NULL);
        if (log.spans.outcome[0] != cases[i].outcome)
            fail_msg("%s is outcome %d", cases[i].more, log.spans.outcome[0]);
        assert_int_equal((log.spans.flags[0] & SPAN_INTERRUPT) != 0, cases[i].interrupt);
        log_release(&log);
    }
}

static void confidence_is_found_wherever_it_lives(void **state)
{
    /* clang-format off */
    static const struct {
        const char *more, *named;
        double confidence;
    } cases[] = {
        {",\"events\":[{\"name\":\"gen_ai.evaluation.result\",\"attributes\":[{\"key\":"
         "\"gen_ai.evaluation.score.value\",\"value\":{\"doubleValue\":0.75}}]}]",
         NULL, 0.75},
        {ATTRIBUTES("{\"key\":\"gen_ai.evaluation.score.value\",\"value\":{\"intValue\":1}}"), NULL,
         1},
        {ATTRIBUTES(TEXT_ATTRIBUTE("output.value", "{\\\"confidence\\\":0.25}")), NULL, 0.25},
        {ATTRIBUTES(TEXT_ATTRIBUTE("output.value", "confidence 0.25")), NULL, NAN},
        {ATTRIBUTES("{\"key\":\"app.confidence\",\"value\":{\"doubleValue\":0.5}}"), NULL, 0.5},
        {ATTRIBUTES("{\"key\":\"app.confidence\",\"value\":{\"doubleValue\":1.000001}}"), NULL, 1},
        {ATTRIBUTES("{\"key\":\"app.confidence\",\"value\":{\"doubleValue\":\"NaN\"}}"), NULL, NAN},
        {ATTRIBUTES("{\"key\":\"app.confidence\",\"value\":{\"doubleValue\":7}}"), NULL, NAN},
        {ATTRIBUTES("{\"key\":\"app.confidence\",\"value\":{\"doubleValue\":0.5}},"
                    "{\"key\":\"judge\",\"value\":{\"doubleValue\":0.125}}"),
         "judge", 0.125},
        {ATTRIBUTES("{\"key\":\"app.confidence\",\"value\":{\"doubleValue\":0.5}}"), "judge", NAN},
        {ATTRIBUTES(TEXT_ATTRIBUTE("out", "{\\\"a\\\":[{\\\"p\\\":\\\"0.5\\\"}]}")), "out:/a/0/p",
         0.5},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_options options = {.confidence = cases[i].named};
        struct trace_log log = one_span(cases[i].more, &options);
        double got = log.spans.confidence[0];
        if (isnan(cases[i].confidence) ? !isnan(got) : got != cases[i].confidence)
            fail_msg("%s gives %g", cases[i].more, got);
        log_release(&log);
    }
}

static void nodes_sessions_and_thresholds_are_found(void **state)
{
    struct trace_log log = one_span(
        ATTRIBUTES(TEXT_ATTRIBUTE("app.node", "other") "," TEXT_ATTRIBUTE(
            "metadata", "{\\\"langgraph_node\\\":\\\"gate\\\",\\\"thread_id\\\":\\\"t-1"
                        "\\\",\\\"threshold\\\":0.85}") "," TEXT_ATTRIBUTE("session.id", "s-1")),
        NULL);
    assert_string_equal(span_string(&log.spans, span_node(&log.spans, 0)), "gate");
    assert_string_equal(span_string(&log.spans, log.spans.session[0]), "t-1");
    near(span_threshold(&log.spans, 0), 0.85, 0);
    assert_string_equal(log.stages.at[0].id, "gate");
    log_release(&log);
}

static void the_user_says_what_a_failure_is(void **state)
{
    /* clang-format off */
    static const struct {
        const char *when;
        bool failed;
    } cases[] = {
        {"http.status = 500", true},     {"http.status != 500", false},
        {"http.status > 499", true},     {"http.status < 500", false},
        {"http.status=500.0", true},     {"answer contains sorry", true},
        {"answer contains fine", false}, {"answer = \"I am sorry\"", false},
        {"answer = I am sorry", true},   {"other = 1", false},
        {"json:/ok = false", true},      {"json:/ok = true", false},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_options options = {.failure_when = cases[i].when};
        struct trace_log log = one_span(
            ATTRIBUTES("{\"key\":\"http.status\",\"value\":{\"intValue\":\"500\"}}," TEXT_ATTRIBUTE(
                "answer", "I am sorry") "," TEXT_ATTRIBUTE("json", "{\\\"ok\\\":false}")),
            &options);
        if ((log.spans.outcome[0] != OUTCOME_OK) != cases[i].failed)
            fail_msg("%s", cases[i].when);
        log_release(&log);
    }
    struct log_options wrong = {.failure_when = "http.status"};
    read_refused("{}", &wrong, ERR_USAGE, "write ATTR = VALUE");
}

static void ids_of_any_shape_are_kept_apart(void **state)
{
    struct span_set set;
    span_set_init(&set);
    uint32_t hex = ids_trace(&set, "5B8EFFF798038103D269B633813FC60C", 32);
    assert_int_equal(ids_trace(&set, "W47/95gDgQPSabYzgT/GDA==", 24), hex);
    uint32_t digits = ids_trace(&set, "120896429817532846512398475612309487561", 39);
    assert_string_equal(span_string(&set, digits), "120896429817532846512398475612309487561");
    assert_int_equal(ids_trace(&set, "", 0), SPAN_NONE);
    assert_int_equal(ids_trace(&set, "00000000000000000000000000000000", 32), SPAN_NONE);
    assert_true(ids_span("00000000000000ff", 16) == 0xff);
    assert_true(ids_span("AAAAAAAAAP8=", 12) == 0xff);
    assert_true(ids_span("", 0) == 0);
    assert_true(ids_span("run-1", 5) != ids_span("run-2", 5));
    span_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_a_span_reads_the_same),
        cmocka_unit_test(lines_without_spans_are_counted_and_passed_over),
        cmocka_unit_test(awkward_values_are_read),
        cmocka_unit_test(what_is_no_log_is_refused_with_its_place),
        cmocka_unit_test(parts_of_the_wrong_shape_are_counted_with_their_lines),
        cmocka_unit_test(files_that_are_not_what_their_name_says_are_refused),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(confidence_is_found_wherever_it_lives),
        cmocka_unit_test(nodes_sessions_and_thresholds_are_found),
        cmocka_unit_test(the_user_says_what_a_failure_is),
        cmocka_unit_test(ids_of_any_shape_are_kept_apart),
    };
    return cmocka_run_group_tests_name("otlp_json", tests, NULL, NULL);
}
