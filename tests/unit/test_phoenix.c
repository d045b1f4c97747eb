/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "model/rules.h"

static void a_capture_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"execute_tool lookup_price",    27, 3, 0.001237, 0.00788,  NAN               },
        {"retrieval corpus",             27, 3, 0.038976, 0.075546, NAN               },
        {"tools/call lookup_price",      27, 0, 0.000651, 0.002327, NAN               },
        {"chat fake-draft-1",            24, 0, 0.030788, 0.082398, NAN               },
        {"confidence_gate",              24, 0, 9.3e-05,  0.007704, 0.8689047155580073},
        {"feedback_store",               24, 0, 7.7e-05,  0.000253, NAN               },
        {"invoke_workflow rag-pipeline", 24, 0, 0.143886, 0.202903, NAN               },
        {"human_review",                 14, 0, 0.000229, 0.000821, NAN               },
    };
    static const struct log_facts facts = {.file = "phoenix.json.gz",
                                           .format = "phoenix",
                                           .traces = 24,
                                           .spans = 191,
                                           .roots = 24,
                                           .errors = 6,
                                           .items = 24,
                                           .interrupts = 7,
                                           .reviewed = 7,
                                           .decided = 7,
                                           .corrected = 3,
                                           .names = names,
                                           .n_names = 8};
    check_facts(&facts);
}

#define TIMES                                                                                      \
    ",\"start_time\":\"2026-01-02T03:04:05+00:00\",\"end_time\":\"2026-01-02T04:04:06.5+01:00\""
#define SPAN(id, more)                                                                             \
    "{\"context\":{\"trace_id\":\"t\",\"span_id\":\"" id "\"},\"name\":\"a\"" more "}"
#define NOTE(more) "{\"name\":\"k\"" more "}"

static void attributes_flat_nested_or_as_text_read_the_same(void **state)
{
    static const char *const attributes[] = {
        "{\"openinference.span.kind\":\"LLM\",\"session.id\":\"s\",\"graph.node.id\":\"n\","
        "\"app.confidence\":0.5}",
        "{\"openinference\":{\"span\":{\"kind\":\"LLM\"}},\"session\":{\"id\":\"s\"},"
        "\"graph\":{\"node\":{\"id\":\"n\"}},\"app\":{\"confidence\":0.5,\"list\":[1,[{}]]}}",
        "{\"openinference\":{\"span.kind\":\"LLM\"},\"metadata\":\"{\\\"langgraph_node\\\":"
        "\\\"n\\\",\\\"thread_id\\\":\\\"s\\\"}\",\"output\":{\"value\":\"{\\\"confidence\\\":0.5}"
        "\"}}"};
    for (size_t i = 0; i < 3; i++) {
        struct trace_log log;
        read_ok(composed(SPAN("1", TIMES ",\"attributes\":%s"), attributes[i]), NULL, &log);
        const struct span_set *s = &log.spans;
        assert_int_equal(s->kind[0], SPAN_MODEL);
        assert_string_equal(span_string(s, s->session[0]), "s");
        assert_string_equal(span_string(s, span_node(s, 0)), "n");
        near(s->confidence[0], 0.5, 0);
        near(span_duration_s(s, 0), 1.5, 0);
        log_release(&log);
    }
}

static void statuses_and_events_tell_how_it_ended(void **state)
{
    /* clang-format off */
    static const struct {
        const char *more;
        enum outcome outcome;
        bool interrupt;
    } cases[] = {
        {",\"status_code\":\"OK\"", OUTCOME_OK, false},
        {",\"status_code\":\"UNSET\",\"status_message\":\"\"", OUTCOME_OK, false},
        {",\"status_code\":\"ERROR\"", OUTCOME_ERROR, false},
        {",\"status_code\":\"ERROR\",\"status_message\":\"GraphInterrupt: x\"", OUTCOME_OK, true},
        {",\"status_code\":\"ERROR\",\"events\":[{\"name\":\"exception\",\"attributes\":{"
         "\"exception.type\":\"TimeoutError\"}}]", OUTCOME_TIMEOUT, false},
        {",\"status_code\":\"ERROR\",\"events\":[{\"name\":\"exception\",\"attributes\":{"
         "\"exception\":{\"type\":\"TimeoutError\"}}}]", OUTCOME_TIMEOUT, false},
        {",\"status_code\":7,\"events\":{\"name\":[]}", OUTCOME_OK, false},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        first_span_ends(composed(SPAN("1", TIMES "%s"), cases[i].more), cases[i].outcome,
                        cases[i].interrupt);
}

static void annotations_find_their_span_or_trace(void **state)
{
    /* clang-format off */
    static const struct {
        const char *note;
        double confidence;
        const char *decision;
    } cases[] = {
        {NOTE(",\"span_id\":\"1\",\"annotator_kind\":\"LLM\",\"result\":{\"score\":0.5,"
              "\"label\":\"good\"}"), 0.5, ""},
        {NOTE(",\"span_id\":\"1\",\"annotator_kind\":\"CODE\",\"score\":1"), 1, ""},
        {NOTE(",\"span_id\":\"1\",\"annotator_kind\":\"HUMAN\",\"result\":{\"label\":\"fixed\"}"),
         NAN, "fixed"},
        {NOTE(",\"span_id\":\"1\",\"annotator_kind\":\"HUMAN\",\"result\":{\"label\":\"correct\","
              "\"score\":1}"), NAN, "approved"},
        {NOTE(",\"trace_id\":\"t\",\"annotator_kind\":\"LLM\",\"result\":{\"score\":0.25}"), 0.25,
         ""},
        {NOTE(",\"span_id\":\"1\",\"annotator_kind\":\"LLM\",\"result\":null"), NAN, ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        first_span_says(composed("[%s," SPAN("1", TIMES "%s") "]", cases[i].note, ""), NULL,
                        cases[i].confidence, cases[i].decision);
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault(SPAN("1", TIMES) "\n{\"context\":{\"span_id\":\"2\"}}", QUALITY_UNREADABLE, 2);
    counts_fault("{\"data\":[\n" SPAN("1", TIMES) ",\n{\"context\":3}]}", QUALITY_UNREADABLE, 3);
    counts_fault(SPAN("1", TIMES) "\n" SPAN("1", TIMES), QUALITY_DUPLICATE, 2);
    counts_fault(SPAN("1", TIMES) "\n" SPAN("2", ",\"start_time\":\"2026-01-02T03:04:05Z\""),
                 QUALITY_NO_DURATION, 2);
    counts_fault(SPAN("1", TIMES) "\n" SPAN("2", TIMES ",\"end_time\":\"2026-01-01T00:00:00Z\""),
                 QUALITY_NEGATIVE, 2);
    counts_fault(SPAN("1", TIMES) "\n" SPAN("2", TIMES ",\"end_time\":1e300"), QUALITY_BAD_TIME, 2);
    counts_fault(SPAN("1", TIMES) "\n" SPAN("2", TIMES ",\"parent_id\":\"gone\""), QUALITY_ORPHAN,
                 2);
    counts_fault(
        SPAN("1", TIMES) "\n" NOTE(",\"span_id\":\"9\",\"annotator_kind\":\"LLM\",\"score\":1"),
        QUALITY_STRAY, 2);
    read_refused("{\"data\":[\n{\"context\":", NULL, ERR_INPUT, "log:2:12: not JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capture_has_the_facts_counted_by_hand),
        cmocka_unit_test(attributes_flat_nested_or_as_text_read_the_same),
        cmocka_unit_test(statuses_and_events_tell_how_it_ended),
        cmocka_unit_test(annotations_find_their_span_or_trace),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("phoenix", tests, NULL, NULL);
}
