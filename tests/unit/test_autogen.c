/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

static void a_log_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"retrieve",        27, 3, 0.038, 0.075, NAN               },
        {"tool_call",       27, 3, 0.001, 0.007, NAN               },
        {"LLMCall",         24, 0, 0.03,  0.082, NAN               },
        {"generate",        24, 0, 0.03,  0.082, NAN               },
        {"lookup_price",    24, 0, 0.001, 0.003, NAN               },
        {"confidence_gate", 24, 0, 0.0,   0.007, 0.8689047155580075},
        {"feedback_store",  24, 0, 0.0,   0.0,   NAN               },
        {"human_review",    7,  0, 0.067, 0.084, NAN               },
    };
    static const struct log_facts facts = {.file = "autogen.log.gz",
                                           .format = "autogen",
                                           .traces = 24,
                                           .spans = 181,
                                           .roots = 133,
                                           .errors = 6,
                                           .items = 24,
                                           .reviewed = 7,
                                           .decided = 7,
                                           .corrected = 3,
                                           .names = names,
                                           .n_names = 8};
    check_facts(&facts);
}

#define LINE(second, json) "2026-01-02 03:04:" second " - autogen_core.events - INFO - " json "\n"
#define DELIVER                                                                                    \
    "{\"payload\": \"{}\", \"sender\": null, \"receiver\": \"a/k\", \"kind\": "                    \
    "\"MessageKind.DIRECT\", "                                                                     \
    "\"delivery_stage\": \"DeliveryStage.DELIVER\", \"type\": \"Message\"}"
#define SEND(who, payload)                                                                         \
    "{\"payload\": \"" payload "\", \"sender\": \"" who "/k\", \"receiver\": null, \"kind\": "     \
    "\"MessageKind.PUBLISH\", \"delivery_stage\": \"DeliveryStage.SEND\", \"type\": \"Message\"}"
#define MODEL(who)                                                                                 \
    "{\"type\": \"LLMCall\", \"prompt_tokens\": 1, \"completion_tokens\": 2, \"agent_id\": \"" who \
    "/k\"}"
#define TOOL(who, name)                                                                            \
    "{\"type\": \"ToolCall\", \"tool_name\": \"" name                                              \
    "\", \"result\": \"7\", \"agent_id\": \"" who "/k\"}"

static void times_are_the_loggers(void **state)
{
    static const char *const prefixes[] = {
        "2026-01-02 03:04:05,250 - autogen_core.events - INFO - ", "[2026-01-02T03:04:05.250Z] ",
        "INFO 2026-01-02 03:04:05.250 root 12 ", "host app[17]: 2026-01-02T04:04:05.250+01:00 "};
    for (size_t i = 0; i < 4; i++) {
        struct trace_log log;
        read_ok(composed("starting\n%s%s\n", prefixes[i], MODEL("a")), NULL, &log);
        assert_string_equal(log.format, "autogen");
        assert_int_equal(log.spans.end_ns[0], 1767323045250000000);
        assert_int_equal(log.spans.line[0], 2);
        log_release(&log);
    }
}

static void events_alone_take_the_time_that_is_in_them(void **state)
{
    struct trace_log log;
    read_ok("{\"type\":\"LLMCall\",\"agent_id\":\"a/k\",\"timestamp\":\"2026-01-02T03:04:05Z\"}\n",
            NULL, &log);
    assert_string_equal(log.format, "autogen");
    assert_int_equal(log.spans.end_ns[0], 1767323045000000000);
    log_release(&log);
    /* basicConfig's default has none */
    read_ok("INFO:autogen_core.events:" MODEL("a") "\n", NULL, &log);
    assert_int_equal(log.quality.count[QUALITY_NO_DURATION], 2);
    log_release(&log);
}

static void calls_took_from_what_the_agent_did_before(void **state)
{
    struct trace_log log;
    read_ok(LINE("01", DELIVER) LINE("03", MODEL("a")) LINE("04", TOOL("a", "x"))
                LINE("06", TOOL("a", "y")) LINE("07", MODEL("a")) LINE("08", SEND("a", "{}"))
                    LINE("09", SEND("b", "{}")),
            NULL, &log);
    static const double durations[] = {2, 1, 3, 1, 7};
    static const char *const names[] = {"LLMCall", "x", "y", "LLMCall", "a"};
    assert_int_equal(log.spans.len, 6);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(span_string(&log.spans, log.spans.name[i]), names[i]);
        near(span_duration_s(&log.spans, i), durations[i], 1e-9);
    }
    assert_int_equal(log.items.at[0].n_visits, 2);
    assert_string_equal(span_string(&log.spans, log.items.at[0].id), "k");
    log_release(&log);
}

static void a_turn_lasts_until_another_agent_acts(void **state)
{
    struct trace_log log;
    read_ok(LINE("01", DELIVER) LINE("02", MODEL("a")) LINE("03", SEND("a", "{}"))
                LINE("04", SEND("a", "{}")) LINE("05", MODEL("b")) LINE("06", SEND("b", "{}"))
                    LINE("07", MODEL("a")) LINE("08", SEND("a", "{}"))
                        LINE("09", SEND("RoundRobinGroupChatManager_k", "{}")),
            NULL, &log);
    static const char *const steps[] = {"a", "b", "a"};
    assert_int_equal(log.items.at[0].n_visits, 3);
    for (size_t v = 0; v < 3; v++)
        assert_string_equal(log.stages.at[log.visits.at[v].stage].id, steps[v]);
    log_release(&log);
}

static void what_a_person_says_is_a_decision(void **state)
{
    struct trace_log log;
    read_ok(LINE("01", DELIVER) LINE("02", SEND("draft", "{\\\"confidence\\\": 0.5}"))
                LINE("09", SEND("user_proxy",
                                "{\\\"response\\\": {\\\"chat_message\\\": {\\\"content\\\": "
                                "\\\"APPROVE\\\"}}}")),
            NULL, &log);
    near(log.items.at[0].confidence, 0.5, 0);
    assert_int_equal(log.review, stage_named(&log, "user_proxy"));
    assert_int_equal(log.items.at[0].verdict, LOG_APPROVED);
    log_release(&log);
}

static void exceptions_and_dropped_messages_fail_the_turn(void **state)
{
    first_span_ends(LINE("01", DELIVER) LINE("02", "{\"payload\": \"{}\", \"handling_agent\": "
                                                   "\"a/k\", \"exception\": \"Request timed out\", "
                                                   "\"type\": \"MessageHandlerException\"}"),
                    OUTCOME_TIMEOUT, false);
    first_span_ends(LINE("01", DELIVER) LINE("02", "{\"payload\": \"{}\", \"sender\": \"a/k\", "
                                                   "\"receiver\": null, \"type\": "
                                                   "\"MessageDropped\"}"),
                    OUTCOME_ERROR, false);
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault(LINE("01", DELIVER) LINE("02", SEND("a", "{}"))
                     LINE("03", "{\"type\": \"LLMCall\","),
                 QUALITY_UNREADABLE, 3);
    counts_fault(LINE("01", DELIVER) LINE("02", SEND("a", "{}")) LINE("03", "{\"type\": \"None\"}"),
                 QUALITY_UNREADABLE, 3);
    counts_fault(LINE("02", SEND("a", "{}")) "other words {with braces}\nautogen_core.events {",
                 QUALITY_UNREADABLE, 3);
    read_refused(LINE("01", DELIVER), NULL, ERR_INPUT, "log: the log holds no spans");
}

/* A program's output in which a line break was lost, as people paste it; no times, no agents. */
static void two_events_on_a_line_are_two(void **state)
{
    struct trace_log log;
    read_ok("INFO:autogen_core:Publishing message of type Task: {'task': 'x'}\n"
            "INFO:autogen_core.events:{\"prompt_tokens\": 7, \"completion_tokens\": 1, "
            "\"type\": \"LLMCall\"} INFO:autogen_core.events:{\"prompt_tokens\": 8, "
            "\"completion_tokens\": 2, \"type\": \"LLMCall\"}\n",
            NULL, &log);
    assert_int_equal(log.quality.records, 2);
    assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 0);
    assert_int_equal(log.stages.at[0].visits, 2);
    log_release(&log);
}

/* Magentic-One's handler writes JSON lines of its own: who said what, and calls of no agent. */
static void who_said_what_makes_turns(void **state)
{
    struct trace_log log;
    read_ok("{\"timestamp\": \"2025-01-10T10:00:00\", \"source\": \"UserProxy\", \"message\": "
            "\"do\", \"type\": \"OrchestrationEvent\"}\n"
            "{\"timestamp\": \"2025-01-10T10:00:02\", \"prompt_tokens\": 9, "
            "\"completion_tokens\": 2, \"type\": \"LLMCallEvent\"}\n"
            "{\"timestamp\": \"2025-01-10T10:00:02\", \"source\": \"Orchestrator (thought)\", "
            "\"message\": \"plan\", \"type\": \"OrchestrationEvent\"}\n"
            "{\"timestamp\": \"2025-01-10T10:00:07\", \"source\": \"WebSurfer\", \"message\": "
            "\"click\", \"url\": \"u\", \"type\": \"WebSurferEvent\"}\n",
            NULL, &log);
    bool found = false;
    assert_string_equal(log.format, "autogen");
    assert_int_equal(log.items.len, 1);
    for (uint32_t i = 0; i < log.spans.len; i++) {
        const char *name = span_string(&log.spans, log.spans.name[i]);
        if (strcmp(name, "LLMCall") == 0)
            near(span_duration_s(&log.spans, i), 2, 1e-9);
        if (strcmp(name, "WebSurfer") == 0)
            near(span_duration_s(&log.spans, i), 5, 1e-9);
        found = found || strcmp(name, "Orchestrator") == 0;
    }
    assert_true(found);
    log_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_has_the_facts_counted_by_hand),
        cmocka_unit_test(times_are_the_loggers),
        cmocka_unit_test(events_alone_take_the_time_that_is_in_them),
        cmocka_unit_test(calls_took_from_what_the_agent_did_before),
        cmocka_unit_test(a_turn_lasts_until_another_agent_acts),
        cmocka_unit_test(what_a_person_says_is_a_decision),
        cmocka_unit_test(exceptions_and_dropped_messages_fail_the_turn),
        cmocka_unit_test(two_events_on_a_line_are_two),
        cmocka_unit_test(who_said_what_makes_turns),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("autogen", tests, NULL, NULL);
}
