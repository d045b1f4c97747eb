/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "model/rules.h"

static const struct name_facts names[] = {
    {"workflow",        8, 1, 0.095, 1.091, NAN    },
    {"Start",           8, 0, 0.001, 0.001, NAN    },
    {"Retrieve",        8, 0, 0.023, 0.027, NAN    },
    {"Generate",        8, 0, 0.039, 0.051, 0.76375},
    {"Tool Call",       8, 1, 0.009, 0.5,   NAN    },
    {"Confidence Gate", 7, 0, 0.001, 0.001, NAN    },
    {"Feedback Store",  6, 0, 0.003, 0.003, NAN    },
    {"Human Review",    3, 0, 1.001, 1.004, NAN    },
};

static void executions_have_the_facts_counted_by_hand(void **state)
{
    static const char *const files[] = {"n8n.json.gz", "n8n.stored.json.gz"};
    for (size_t i = 0; i < 2; i++) {
        const struct log_facts facts = {.file = files[i],
                                        .format = "n8n",
                                        .traces = 8,
                                        .spans = 56,
                                        .roots = 8,
                                        .errors = 2,
                                        .items = 7,
                                        .interrupts = 1,
                                        .reviewed = 3,
                                        .decided = 2,
                                        .corrected = 1,
                                        .names = names,
                                        .n_names = sizeof names / sizeof names[0]};
        check_facts(&facts);
    }
}

/* Six items at once, the tool failing for each of them into its second output. */
static void a_real_execution_is_read(void **state)
{
    const char *path = data_path("n8n.execution.json.gz");
    struct trace_log log;
    struct error err = {0};
    ok(log_read(&path, 1, NULL, &log, &err), &err);
    const struct span_set *s = &log.spans;
    unsigned failed = 0;
    assert_int_equal(s->len, 9);
    for (size_t i = 0; i < s->len; i++) {
        if (s->outcome[i] == OUTCOME_OK)
            continue;
        failed++;
        assert_string_equal(span_string(s, s->name[i]), "Tool Call");
        near(span_duration_s(s, i), 0.343, 1e-12);
    }
    assert_int_equal(failed, 1);
    assert_int_equal(log.quality.roots, 1);
    log_release(&log);
}

#define EXECUTION(more, runs)                                                                      \
    "{\"id\":7,\"startedAt\":\"2026-01-02T03:04:05.000Z\"" more                                    \
    ",\"data\":{\"resultData\":{\"runData\":{" runs "}}}}"
#define RUN(more) "{\"startTime\":1767323045000,\"executionTime\":250" more "}"

static void ends_of_runs_are_told_apart(void **state)
{
    /* clang-format off */
    static const struct {
        const char *more;
        enum outcome outcome;
        bool interrupt;
    } cases[] = {
        {",\"executionStatus\":\"success\"", OUTCOME_OK, false},
        {",\"executionStatus\":\"error\"", OUTCOME_ERROR, false},
        {",\"error\":{\"message\":\"The request timed out\"}", OUTCOME_TIMEOUT, false},
        {",\"executionStatus\":\"waiting\"", OUTCOME_OK, true},
        {",\"data\":{\"main\":[[],[{\"json\":{\"error\":{\"message\":\"invalid JSON\"}}}]]}",
         OUTCOME_MALFORMED, false},
        {",\"data\":{\"main\":[null,7,[{\"json\":[]}]]},\"source\":[null]", OUTCOME_OK, false},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_log log;
        read_ok(composed(EXECUTION("", "\"A\":[" RUN("%s") "]"), cases[i].more), NULL, &log);
        if (log.spans.outcome[0] != cases[i].outcome ||
            ((log.spans.flags[0] & SPAN_INTERRUPT) != 0) != cases[i].interrupt)
            fail_msg("%s is outcome %d", cases[i].more, log.spans.outcome[0]);
        near(span_duration_s(&log.spans, 0), 0.25, 0);
        near(span_duration_s(&log.spans, 1), 0.25, 0);
        log_release(&log);
    }
}

#define GIVES(json) ",\"data\":{\"main\":[[{\"json\":" json "}]]}"

#define AFTER(node) ",\"source\":[{\"previousNode\":\"" node "\",\"previousNodeRun\":0}]"
#define FIRST       RUN(GIVES("{\"confidence\":0.5,\"x\":1}"))
#define SECOND      RUN(GIVES("{\"confidence\":0.5,\"verdict\":\"ok\"}") AFTER("A"))
#define THIRD       RUN(GIVES("{\"confidence\":0.25,\"verdict\":\"ok\"}") AFTER("B"))

static void what_is_handed_on_is_said_once(void **state)
{
    struct trace_log log;
    read_ok(EXECUTION("", "\"A\":[" FIRST "],\"B\":[" SECOND "],\"C\":[" THIRD "]"), NULL, &log);
    const struct span_set *s = &log.spans;
    near(s->confidence[0], 0.5, 0);
    assert_true(isnan(s->confidence[1]));
    assert_string_equal(span_string(s, s->decision[1]), "ok");
    near(s->confidence[2], 0.25, 0);
    assert_int_equal(s->decision[2], SPAN_NONE);
    log_release(&log);
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault("[" EXECUTION("", "\"A\":[" RUN("") "]") ",\n{\"workflowId\":1,\"data\":\"[\"}]",
                 QUALITY_UNREADABLE, 2);
    counts_fault(EXECUTION("", "\"A\":[\n" RUN("") ",\n7]"), QUALITY_UNREADABLE, 2);
    counts_fault(EXECUTION("", "\"A\":[\n" RUN("") "],\"B\":7"), QUALITY_UNREADABLE, 1);
    counts_fault(EXECUTION("", "\"A\":[\n" RUN("") ",\n" RUN(",\"executionTime\":-5") "]"),
                 QUALITY_NEGATIVE, 3);
    counts_fault(EXECUTION("", "\"A\":[\n" RUN("") ",\n" RUN(",\"executionTime\":1e300") "]"),
                 QUALITY_BAD_TIME, 3);
    counts_fault("[" EXECUTION("", "\"A\":[" RUN("") "]") ",\n{\"data\":{\"resultData\":{}}}]",
                 QUALITY_UNREADABLE, 2);
    read_refused("{\"workflowId\":\"w\",\"status\":\"success\"}", NULL, ERR_INPUT,
                 "includeData=true");
    counts_fault(EXECUTION("", "\"A\":[\n{"), QUALITY_UNREADABLE, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executions_have_the_facts_counted_by_hand),
        cmocka_unit_test(a_real_execution_is_read),
        cmocka_unit_test(ends_of_runs_are_told_apart),
        cmocka_unit_test(what_is_handed_on_is_said_once),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("n8n", tests, NULL, NULL);
}
