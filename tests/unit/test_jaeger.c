/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "model/rules.h"

static void a_capture_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"retrieval corpus",             27, 3, 0.038976, 0.075546, NAN               },
        {"tools/call lookup_price",      27, 0, 0.000651, 0.002327, NAN               },
        {"execute_tool lookup_price",    26, 3, 0.001237, 0.00788,  NAN               },
        {"chat fake-draft-1",            24, 0, 0.030788, 0.082398, NAN               },
        {"confidence_gate",              24, 0, 9.3e-05,  0.007704, 0.8689047155580073},
        {"feedback_store",               24, 0, 7.7e-05,  0.000253, NAN               },
        {"invoke_workflow rag-pipeline", 24, 0, 0.143886, 0.202903, NAN               },
        {"human_review",                 14, 0, 0.000229, 0.000821, NAN               },
    };
    static const struct log_facts facts = {.file = "jaeger.json.gz",
                                           .format = "jaeger",
                                           .traces = 24,
                                           .spans = 190,
                                           .roots = 24,
                                           .orphans = 1,
                                           .errors = 6,
                                           .duplicates = 1,
                                           .items = 24,
                                           .interrupts = 7,
                                           .names = names,
                                           .n_names = 8};
    check_facts(&facts);
}

static void what_the_collector_wrote_is_read(void **state)
{
    static const struct name_facts names[] = {
        {"okey-dokey-0", 1, 0, 123e-6, 123e-6, NAN}
    };
    static const struct log_facts facts = {.file = "jaeger_api.json",
                                           .format = "jaeger",
                                           .traces = 1,
                                           .spans = 1,
                                           .orphans = 1,
                                           .duplicates = 1,
                                           .items = 1,
                                           .names = names,
                                           .n_names = 1};
    check_facts(&facts);
    const char *path = data_path("jaeger_api.json");
    struct trace_log log;
    struct error err = {0};
    ok(log_read(&path, 1, NULL, &log, &err), &err);
    assert_true(log.spans.start_ns[0] == 1706678909209712000);
    assert_int_equal(log.quality.place[QUALITY_ORPHAN][0].line, 6);
    assert_int_equal(log.quality.place[QUALITY_DUPLICATE][0].line, 45);
    log_release(&log);
}

/* A trace on line 1, its spans on the lines after it. */
#define TRACE(spans) "{\"traceID\":\"ab\",\"processes\":{},\"spans\":[\n" spans "]}"
#define SPAN(id, more)                                                                             \
    "{\"spanID\":\"" id "\",\"operationName\":\"a\",\"startTime\":1700000000000000" more "}"
#define LASTS           ",\"duration\":5"
#define TAG(key, value) "{\"key\":\"" key "\",\"value\":" value "}"

static void errors_are_told_by_tags(void **state)
{
    static const struct {
        const char *tags;
        enum outcome outcome;
    } cases[] = {
        {TAG("error",    "true"),             OUTCOME_ERROR},
        {TAG("error",              "\"true\""),                       OUTCOME_ERROR},
        {TAG("error", "false"),OUTCOME_OK},
        {TAG("error",      "\"false\""),                  OUTCOME_OK},
        {TAG("otel.status_code",    "\"ERROR\""),      OUTCOME_ERROR},
        {TAG("otel.status_code",              "\"OK\""),            OUTCOME_OK},
        {TAG("error", "true") "," TAG("otel.status_description",               "\"deadline exceeded\""),
         OUTCOME_TIMEOUT},
        {"7,{\"key\":1},{\"value\":2}",OUTCOME_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        first_span_ends(composed(TRACE(SPAN("1", LASTS ",\"tags\":[%s]")), cases[i].tags),
                        cases[i].outcome, false);
}

#define REFERENCE(type, trace, id)                                                                 \
    "{\"refType\":\"" type "\",\"traceID\":\"" trace "\",\"spanID\":\"" id "\"}"

static void the_parent_is_told_by_references_into_the_same_trace(void **state)
{
    static const struct {
        const char *more;
        uint64_t parent;
    } cases[] = {
        {",\"references\":[]",                         0                     },
        {",\"parentSpanID\":\"00000000000000aa\"",     0xaa                  },
        {",\"references\":[" REFERENCE("FOLLOWS_FROM", "ab",                   "00000000000000aa") "]", 0xaa},
        {",\"references\":[" REFERENCE("FOLLOWS_FROM",                                        "ab",                                                              "00000000000000bb") "," REFERENCE(
             "CHILD_OF", "AB", "00000000000000aa") "]",
         0xaa},
        {",\"references\":[" REFERENCE("CHILD_OF", "ab", "00000000000000aa") "," REFERENCE(
             "CHILD_OF", "ab", "00000000000000bb") "]",
         0xaa},
        {",\"references\":[" REFERENCE("CHILD_OF",                     "cd",                                                                 "00000000000000aa") "]", 0},
        {",\"references\":[{\"refType\":\"CHILD_OF\",\"spanID\":\"00000000000000aa\"}]",     0xaa                      },
        {",\"references\":{\"refType\":7}",                                        0                                      },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_log log;
        read_ok(composed(TRACE(SPAN("1", LASTS "%s")), cases[i].more), NULL, &log);
        if (log.spans.parent[0] != cases[i].parent)
            fail_msg("%s gives %llx", cases[i].more, (unsigned long long)log.spans.parent[0]);
        log_release(&log);
    }
}

static void processes_and_logs_are_attributes_too(void **state)
{
    struct log_options options = {.stage_by = "service.name", .confidence = "judge"};
    struct trace_log log;
    read_ok("{\"data\":[{\"traceID\":\"ab\",\"processes\":{\"p1\":{\"serviceName\":\"draft\"},"
            "\"p2\":{\"serviceName\":\"other\"}},\"spans\":[" SPAN(
                "1", LASTS ",\"processID\":\"p1\",\"logs\":[{\"timestamp\":1,\"fields\":[" TAG(
                         "event", "\"x\"") "," TAG("judge", "0.25") "]}]") "]}]}",
            &options, &log);
    assert_string_equal(span_string(&log.spans, span_stage_key(&log.spans, 0)), "draft");
    near(log.spans.confidence[0], 0.25, 0);
    log_release(&log);
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault(TRACE(SPAN("1", LASTS) ",\n7"), QUALITY_UNREADABLE, 2);
    counts_fault(TRACE(SPAN("1", LASTS) ",\n{\"spanID\":null,\"operationName\":\"{\"}"),
                 QUALITY_UNREADABLE, 3);
    counts_fault(TRACE(SPAN("1", LASTS) ",\n" SPAN("1", LASTS)), QUALITY_DUPLICATE, 3);
    counts_fault(TRACE(SPAN("1", LASTS) ",\n" SPAN("2", ",\"duration\":-5")), QUALITY_NEGATIVE, 3);
    counts_fault(TRACE(SPAN("1", LASTS) ",\n" SPAN("2", "")), QUALITY_NO_DURATION, 3);
    counts_fault(TRACE(SPAN("1", LASTS) ",\n" SPAN("2", ",\"duration\":1e300")), QUALITY_BAD_TIME,
                 3);
    counts_fault(TRACE(SPAN("1", LASTS) ",\n" SPAN("2", ",\"duration\":9223372036854775807")),
                 QUALITY_BAD_TIME, 3);
    counts_fault("[" TRACE(SPAN("1", LASTS)) ",\n{\"x\":1}]", QUALITY_UNREADABLE, 3);
    read_refused("{\"data\":[{\"traceID\":\"1\"}]}", NULL, ERR_INPUT, "log:1: not a trace log");
    read_refused("{\"data\":[]}", NULL, ERR_INPUT, "log: the log holds no spans");
    counts_fault(TRACE(SPAN("1", LASTS) ",\n"), QUALITY_UNREADABLE, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capture_has_the_facts_counted_by_hand),
        cmocka_unit_test(what_the_collector_wrote_is_read),
        cmocka_unit_test(errors_are_told_by_tags),
        cmocka_unit_test(the_parent_is_told_by_references_into_the_same_trace),
        cmocka_unit_test(processes_and_logs_are_attributes_too),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("jaeger", tests, NULL, NULL);
}
