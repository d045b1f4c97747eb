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
    static const struct log_facts facts = {.file = "langsmith.jsonl.gz",
                                           .format = "langsmith",
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

#define BEGINS        ",\"start_time\":\"2026-01-02T03:04:05\""
#define TIMES         BEGINS ",\"end_time\":\"2026-01-02T03:04:06.5\""
#define RUN(id, more) "{\"id\":\"" id "\",\"name\":\"a\",\"run_type\":\"chain\"" more "}"

static void ancestry_is_told_by_ids_or_by_order(void **state)
{
    static const char *const texts[] = {
        "[" RUN("r", TIMES ",\"trace_id\":\"r\"") "," RUN(
            "c", TIMES ",\"trace_id\":\"r\",\"parent_run_id\":\"r\"") "]",
        "{\"runs\":[" RUN("r", TIMES ",\"parent_run_id\":null") "," RUN(
            "c", TIMES ",\"trace_id\":null,\"dotted_order\":\"20260102T030405000000Zr."
                       "20260102T030405000000Zc\"") "]}",
        RUN("c", TIMES
            ",\"dotted_order\":\"20260102T030405000000Zr."
            "20260102T030405000000Zc\"") "\n" RUN("r", TIMES ",\"dotted_order\":"
                                                             "\"20260102T030405000000Zr\"") "\n"};
    for (size_t k = 0; k < 3; k++) {
        struct trace_log log;
        read_ok(texts[k], NULL, &log);
        const struct span_set *s = &log.spans;
        size_t child = s->parent[0] != 0 ? 0 : 1;
        assert_int_equal(s->len, 2);
        assert_true(s->parent[child] == s->id[1 - child] && s->parent[1 - child] == 0);
        assert_int_equal(s->trace[0], s->trace[1]);
        assert_string_equal(span_string(s, s->trace[0]), "r");
        assert_true(s->start_ns[0] == 1767323045000000000);
        near(span_duration_s(s, 0), 1.5, 0);
        log_release(&log);
    }
}

static void ends_of_runs_are_told_apart(void **state)
{
    static const struct {
        const char *more;
        enum outcome outcome;
        bool interrupt;
    } cases[] = {
        {",\"error\":null,\"status\":\"success\"",                 OUTCOME_OK,      false},
        {",\"error\":\"\"",                                        OUTCOME_OK,      false},
        {",\"error\":\"ValueError('no')\"",                        OUTCOME_ERROR,   false},
        {",\"status\":\"error\"",                                  OUTCOME_ERROR,   false},
        {",\"error\":\"TimeoutError()\",\"status\":\"error\"",     OUTCOME_TIMEOUT, false},
        {",\"error\":\"GraphInterrupt(())\",\"status\":\"error\"", OUTCOME_OK,      true },
        {",\"status\":\"interrupted\"",                            OUTCOME_OK,      true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        first_span_ends(composed(RUN("r", TIMES "%s"), cases[i].more), cases[i].outcome,
                        cases[i].interrupt);
}

#define FEEDBACK(key, more) "{\"run_id\":\"r\",\"key\":\"" key "\"" more "}"
#define SOURCE(type)        ",\"feedback_source\":{\"type\":\"" type "\"}"

static void feedback_is_a_confidence_or_a_decision(void **state)
{
    /* clang-format off */
    static const struct {
        const char *feedback, *named;
        double confidence;
        const char *decision;
    } cases[] = {
        {FEEDBACK("good", ",\"score\":0.75" SOURCE("model")), NULL, 0.75, ""},
        {FEEDBACK("good", ",\"score\":true" SOURCE("api")), NULL, 1, ""},
        {FEEDBACK("good", ",\"score\":0.75"), NULL, 0.75, ""},
        {FEEDBACK("thumb", ",\"score\":1" SOURCE("app")), NULL, NAN, "approved"},
        {FEEDBACK("thumb", ",\"score\":false" SOURCE("app")), NULL, NAN, "rejected"},
        {FEEDBACK("thumb", ",\"score\":1,\"correction\":{\"x\":1}" SOURCE("app")), NULL, NAN,
         "corrected"},
        {FEEDBACK("thumb", ",\"value\":\"declined\"" SOURCE("app")), NULL, NAN, "declined"},
        {FEEDBACK("a", ",\"score\":0.5") "\n" FEEDBACK("b", ",\"score\":0.25"), NULL, 0.5, ""},
        {FEEDBACK("a", ",\"score\":0.5") "\n" FEEDBACK("b", ",\"score\":0.25"), "b", 0.25, ""},
        {FEEDBACK("a", ",\"score\":0.5") "\n" FEEDBACK("confidence", ",\"score\":0.25"), NULL,
         0.25, ""},
        {FEEDBACK("a", ",\"score\":0.5"), "b", NAN, ""},
        {FEEDBACK("a", ",\"score\":\"0.5\""), NULL, NAN, ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int before = 0; before < 2; before++) {
            struct log_options options = {.confidence = cases[i].named};
            first_span_says(
                composed(before ? "%s\n%s\n" : "%2$s\n%1$s\n", cases[i].feedback, RUN("r", TIMES)),
                &options, cases[i].confidence, cases[i].decision);
        }
}

static void scores_nodes_and_threads_stand_in_the_run(void **state)
{
    struct trace_log log;
    read_ok("{\"id\":\"r\",\"run_type\":\"llm\",\"name\":\"a\"" TIMES
            ",\"session_id\":\"project\",\"extra\":{\"metadata\":{\"thread_id\":\"t\","
            "\"langgraph_node\":\"n\"}},\"outputs\":{\"output\":{\"confidence\":0.25}}}\n" RUN(
                "s", TIMES ",\"feedback_stats\":{\"k\":{\"n\":2,\"avg\":0.5},\"l\":{\"n\":0}}"),
            NULL, &log);
    const struct span_set *s = &log.spans;
    assert_int_equal(s->kind[0], SPAN_MODEL);
    assert_string_equal(span_string(s, s->session[0]), "t");
    assert_string_equal(span_string(s, span_node(s, 0)), "n");
    near(s->confidence[0], 0.25, 0);
    near(s->confidence[1], 0.5, 0);
    log_release(&log);
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault(RUN("r", TIMES) "\n{\"run_type\":\"chain\"}", QUALITY_UNREADABLE, 2);
    counts_fault(RUN("r", TIMES) "\n" RUN("s", TIMES ",\"parent_run_id\":\"r\""),
                 QUALITY_UNREADABLE, 2);
    counts_fault("[\n" RUN("r", TIMES) ",\n[7]]", QUALITY_UNREADABLE, 2);
    counts_fault(RUN("r", TIMES) "\n" RUN("r", TIMES), QUALITY_DUPLICATE, 2);
    counts_fault(RUN("r", TIMES) "\n" RUN("s", ",\"start_time\":\"2026-01-02T03:04:05\""),
                 QUALITY_NO_DURATION, 2);
    counts_fault(RUN("r", TIMES) "\n" RUN("s", TIMES ",\"end_time\":\"2026-01-01T03:04:05\""),
                 QUALITY_NEGATIVE, 2);
    counts_fault(RUN("r", TIMES) "\n" RUN("s", TIMES ",\"end_time\":\"tomorrow\""),
                 QUALITY_BAD_TIME, 2);
    counts_fault(RUN("r", TIMES) "\n" FEEDBACK("k", ",\"score\":7"), QUALITY_BAD_SCORE, 2);
    counts_fault(RUN("x", TIMES) "\n" FEEDBACK("k", ",\"score\":1"), QUALITY_STRAY, 2);
    counts_fault(RUN("r", TIMES) "\n{\"id\":", QUALITY_UNREADABLE, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capture_has_the_facts_counted_by_hand),
        cmocka_unit_test(ancestry_is_told_by_ids_or_by_order),
        cmocka_unit_test(ends_of_runs_are_told_apart),
        cmocka_unit_test(feedback_is_a_confidence_or_a_decision),
        cmocka_unit_test(scores_nodes_and_threads_stand_in_the_run),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("langsmith", tests, NULL, NULL);
}
