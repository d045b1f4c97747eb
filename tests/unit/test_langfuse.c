/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "model/rules.h"

static void a_capture_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"execute_tool lookup_price",    27, 3, 0.001, 0.007, NAN               },
        {"retrieval corpus",             27, 3, 0.038, 0.075, NAN               },
        {"tools/call lookup_price",      27, 0, 0.0,   0.002, NAN               },
        {"chat fake-draft-1",            24, 0, 0.03,  0.082, NAN               },
        {"confidence_gate",              24, 0, 0.0,   0.007, 0.8689047155580073},
        {"feedback_store",               24, 0, 0.0,   0.0,   NAN               },
        {"invoke_workflow rag-pipeline", 24, 0, 0.143, 0.202, NAN               },
        {"human_review",                 14, 0, 0.0,   0.0,   NAN               },
    };
    static const struct log_facts facts = {.file = "langfuse.json.gz",
                                           .format = "langfuse",
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

static void a_real_export_is_read_once(void **state)
{
    static const struct name_facts names[] = {
        {"completion",         1, 0, 3.694, 3.694, NAN},
        {"Crew.kickoff",       1, 0, 3.75,  3.75,  NAN},
        {"crewai-index-trace", 1, 0, 3.75,  3.75,  0.8},
        {"Crew Created",       1, 0, 0.017, 0.017, NAN},
        {"Task._execute_core", 1, 0, 3.7,   3.7,   NAN},
        {"Task Created",       1, 0, 0,     0,     NAN},
    };
    static const struct log_facts facts = {.file = "langfuse_crew.json.gz",
                                           .format = "langfuse",
                                           .traces = 1,
                                           .spans = 6,
                                           .roots = 1,
                                           .items = 1,
                                           .names = names,
                                           .n_names = 6};
    check_facts(&facts);
    const char *path = data_path("langfuse_crew.json.gz");
    struct log_options options = {.confidence = "hallucination"};
    struct trace_log log;
    struct error err = {0};
    ok(log_read(&path, 1, &options, &log, &err), &err);
    for (size_t i = 0; i < log.spans.len; i++)
        if (log.spans.parent[i] == 0)
            near(log.spans.confidence[i], 1, 0);
        else
            assert_true(isnan(log.spans.confidence[i]));
    log_release(&log);
}

#define BEGINS         ",\"startTime\":\"2026-01-02T03:04:05.000Z\""
#define TIMES          BEGINS ",\"endTime\":\"2026-01-02T03:04:06.500Z\""
#define SEEN(id, more) "{\"id\":\"" id "\",\"traceId\":\"t\",\"name\":\"a\"" more "}"
#define SCORE(more)    "{\"id\":\"s\",\"traceId\":\"t\",\"name\":\"k\"" more "}"

static void observations_are_read(void **state)
{
    /* clang-format off */
    static const struct {
        const char *more;
        enum outcome outcome;
        bool interrupt;
        double seconds;
        enum span_kind kind;
    } cases[] = {
        {TIMES ",\"type\":\"SPAN\"", OUTCOME_OK, false, 1.5, SPAN_OTHER},
        {TIMES ",\"type\":\"GENERATION\",\"level\":\"WARNING\"", OUTCOME_OK, false, 1.5,
         SPAN_MODEL},
        {TIMES ",\"type\":\"TOOL\",\"level\":\"ERROR\"", OUTCOME_ERROR, false, 1.5, SPAN_TOOL},
        {TIMES ",\"level\":\"ERROR\",\"statusMessage\":\"timed out\"", OUTCOME_TIMEOUT, false, 1.5,
         SPAN_OTHER},
        {TIMES ",\"level\":\"ERROR\",\"statusMessage\":\"GraphInterrupt: x\"", OUTCOME_OK, true,
         1.5, SPAN_OTHER},
        {BEGINS ",\"type\":\"EVENT\"", OUTCOME_OK, false, 0, SPAN_OTHER},
        {BEGINS ",\"latency\":0.25", OUTCOME_OK, false, 0.25, SPAN_OTHER},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_log log;
        read_ok(composed("{\"data\":[" SEEN("o", "%s") "],\"meta\":{}}", cases[i].more), NULL,
                &log);
        if (log.spans.outcome[0] != cases[i].outcome || log.spans.kind[0] != cases[i].kind ||
            ((log.spans.flags[0] & SPAN_INTERRUPT) != 0) != cases[i].interrupt)
            fail_msg("%s is outcome %d, kind %d", cases[i].more, log.spans.outcome[0],
                     log.spans.kind[0]);
        near(span_duration_s(&log.spans, 0), cases[i].seconds, 0);
        log_release(&log);
    }
}

static void scores_of_people_are_decisions(void **state)
{
    /* clang-format off */
    static const struct {
        const char *score;
        double confidence;
        const char *decision;
    } cases[] = {
        {SCORE(",\"value\":0.5,\"source\":\"EVAL\",\"dataType\":\"NUMERIC\""), 0.5, ""},
        {SCORE(",\"value\":1,\"source\":\"API\",\"dataType\":\"BOOLEAN\""), 1, ""},
        {SCORE(",\"value\":1,\"source\":\"ANNOTATION\",\"dataType\":\"BOOLEAN\""), NAN, "approved"},
        {SCORE(",\"value\":0,\"source\":\"ANNOTATION\",\"dataType\":\"BOOLEAN\""), NAN, "rejected"},
        {SCORE(",\"value\":null,\"stringValue\":\"edited\",\"source\":\"ANNOTATION\""), NAN,
         "edited"},
        {SCORE(",\"stringValue\":\"x\",\"source\":\"ANNOTATION\",\"dataType\":\"CORRECTION\""), NAN,
         "corrected"},
        {SCORE(",\"value\":0.5,\"source\":\"EVAL\",\"observationId\":\"o\""), 0.5, ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        first_span_says(composed("%s\n" SEEN("o", TIMES "%s"), cases[i].score, ""), NULL,
                        cases[i].confidence, cases[i].decision);
}

static void a_trace_without_observations_is_a_span(void **state)
{
    struct trace_log log;
    read_ok("{\"data\":[{\"id\":\"t\",\"name\":\"run\",\"timestamp\":\"2026-01-02T03:04:05Z\","
            "\"sessionId\":\"s\",\"latency\":2.5,\"observations\":[\"o1\",\"o2\"],"
            "\"scores\":[\"s1\"]}]}",
            NULL, &log);
    assert_int_equal(log.spans.len, 1);
    assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 0);
    near(span_duration_s(&log.spans, 0), 2.5, 0);
    assert_string_equal(span_string(&log.spans, log.spans.session[0]), "s");
    log_release(&log);
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault(SEEN("o", TIMES) "\n{\"traceId\":\"t\"" TIMES "}", QUALITY_UNREADABLE, 2);
    counts_fault("{\"observations\":[\n" SEEN("o", TIMES) ",\n" SEEN("p", TIMES) ",\n7]}",
                 QUALITY_UNREADABLE, 3);
    counts_fault(SEEN("o", TIMES) "\n" SEEN("o", TIMES), QUALITY_DUPLICATE, 2);
    counts_fault("{\"observations\":[\n" SEEN("o", TIMES) ",\n" SEEN(
                     "p", ",\"startTime\":\"2026-01-02T03:04:05Z\"") "]}",
                 QUALITY_NO_DURATION, 3);
    counts_fault(SEEN("o", TIMES) "\n" SEEN("p", TIMES ",\"endTime\":\"2026-01-01T03:04:05Z\""),
                 QUALITY_NEGATIVE, 2);
    counts_fault(SEEN("o", TIMES) "\n" SEEN("p", TIMES ",\"endTime\":-1"), QUALITY_BAD_TIME, 2);
    counts_fault(SEEN("o", TIMES) "\n" SCORE(",\"value\":5,\"source\":\"API\""), QUALITY_BAD_SCORE,
                 2);
    counts_fault(
        SEEN("o", TIMES) "\n" SCORE(",\"value\":1,\"source\":\"API\",\"observationId\":\"gone\""),
        QUALITY_STRAY, 2);
    read_refused("{\"observations\":[\n{\"id\"", NULL, ERR_INPUT, "log:2:6: not JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capture_has_the_facts_counted_by_hand),
        cmocka_unit_test(a_real_export_is_read_once),
        cmocka_unit_test(observations_are_read),
        cmocka_unit_test(scores_of_people_are_decisions),
        cmocka_unit_test(a_trace_without_observations_is_a_span),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("langfuse", tests, NULL, NULL);
}
