/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

static void a_log_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"retrieve",        27, 3, 0.038976, 0.075546, NAN               },
        {"tool_call",       27, 3, 0.001237, 0.00788,  NAN               },
        {"lookup_price",    27, 0, 0.000651, 0.002327, NAN               },
        {"fake-draft-1",    24, 0, 0.030788, 0.082398, NAN               },
        {"generate",        24, 0, 0.030788, 0.082398, NAN               },
        {"confidence_gate", 24, 0, 9.3e-05,  0.007704, 0.8689047155580073},
        {"feedback_store",  24, 0, 7.7e-05,  0.000253, NAN               },
        {"RagPipeline",     24, 0, 0.143886, 0.202903, NAN               },
        {"human_review",    14, 0, 0.000229, 0.000821, NAN               },
        {"human_feedback",  7,  0, 0.067,    0.084,    NAN               },
    };
    static const struct log_facts facts = {.file = "crewai.jsonl.gz",
                                           .format = "crewai",
                                           .traces = 24,
                                           .spans = 222,
                                           .roots = 24,
                                           .errors = 6,
                                           .items = 24,
                                           .interrupts = 7,
                                           .reviewed = 7,
                                           .decided = 7,
                                           .corrected = 3,
                                           .names = names,
                                           .n_names = 10};
    check_facts(&facts);
}

#define EVENT(id, type, second, more)                                                              \
    "{\"event_id\":\"" id "\",\"timestamp\":\"2026-01-02T03:04:" second                            \
    "+00:00\",\"type\":\"" type "\",\"emission_sequence\":1" more "}\n"
#define STARTED(id)   ",\"started_event_id\":\"" id "\""
#define PARENT(id)    ",\"parent_event_id\":\"" id "\""
#define DATA(members) ",\"event_data\":{" members "}"
#define METHOD(name)  "\"method_name\":\"" name "\""
#define FLOW          EVENT("f", "flow_started", "00", DATA("\"flow_name\":\"F\",\"inputs\":{\"id\":\"i\"}"))

static void the_two_events_of_a_span_may_come_in_either_order(void **state)
{
    static const char *const texts[] = {
        EVENT("1", "tool_usage_started", "05", DATA("\"tool_name\":\"t\",\"confidence\":0.5"))
            EVENT("2", "tool_usage_finished", "06.5", STARTED("1") DATA("\"tool_name\":\"t\"")),
        EVENT("2", "tool_usage_finished", "06.5", STARTED("1") DATA("\"tool_name\":\"t\""))
            EVENT("1", "tool_usage_started", "05", DATA("\"tool_name\":\"t\",\"confidence\":0.5")),
        /* flat, as the event bus has them, and no word of the start */
        EVENT("1", "tool_usage_started", "05", ",\"tool_name\":\"t\",\"confidence\":0.5")
            EVENT("2", "tool_usage_finished", "06.5", ",\"tool_name\":\"t\"")};
    for (size_t i = 0; i < 3; i++) {
        struct trace_log log;
        read_ok(texts[i], NULL, &log);
        assert_string_equal(log.format, "crewai");
        assert_int_equal(log.spans.len, 1);
        assert_string_equal(span_string(&log.spans, log.spans.name[0]), "t");
        assert_int_equal(log.spans.kind[0], SPAN_TOOL);
        near(span_duration_s(&log.spans, 0), 1.5, 1e-9);
        near(log.spans.confidence[0], 0.5, 0);
        log_release(&log);
    }
}

static void ends_of_spans_are_told_apart(void **state)
{
#define ENDS(type, more)                                                                           \
    EVENT("1", "tool_usage_started", "05", "")                                                     \
    EVENT("2", type, "06", STARTED("1") DATA(more))
    first_span_ends(ENDS("tool_usage_finished", "\"failure\":null"), OUTCOME_OK, false);
    first_span_ends(ENDS("tool_usage_finished", "\"failure\":{\"message\":\"no\"}"), OUTCOME_ERROR,
                    false);
    first_span_ends(ENDS("tool_usage_error", "\"error\":\"it is broken\""), OUTCOME_ERROR, false);
    first_span_ends(ENDS("tool_usage_error", "\"error\":\"Read timed out\""), OUTCOME_TIMEOUT,
                    false);
    first_span_ends(EVENT("1", "llm_guardrail_started", "05", "")
                        EVENT("2", "llm_guardrail_completed", "06",
                              STARTED("1") DATA("\"success\":false,\"retry_count\":1")),
                    OUTCOME_ERROR, false);
    first_span_ends(EVENT("1", "method_execution_started", "05", "")
                        EVENT("2", "method_execution_paused", "06", STARTED("1")),
                    OUTCOME_OK, true);
}

/* A run that a person held up: what follows has no parent and names no start. */
static void a_flow_that_was_paused_goes_on_as_the_same_run(void **state)
{
    struct trace_log log;
    read_ok(FLOW EVENT("m", "method_execution_started", "01",
                       PARENT("f") DATA(METHOD("draft") ",\"state\":{\"id\":\"i\"}"))
                EVENT("n", "method_execution_finished", "02",
                      PARENT("f") STARTED("m") DATA(METHOD("draft")))
                    EVENT("o", "method_execution_started", "03", PARENT("f") DATA(METHOD("review")))
                        EVENT("p", "method_execution_paused", "04",
                              PARENT("f") STARTED("o") DATA(METHOD("review") ",\"flow_id\":\"i\""))
                            EVENT("q", "flow_paused", "04", STARTED("f") DATA("\"flow_id\":\"i\""))
                                EVENT("r", "method_execution_started", "30",
                                      DATA(METHOD("review") ",\"state\":{\"id\":\"i\"}"))
                                    EVENT("s", "human_feedback_requested", "31",
                                          PARENT("r") DATA(METHOD("review")))
                                        EVENT("t", "human_feedback_received", "35",
                                              PARENT("r") DATA(
                                                  METHOD("review") ",\"outcome\":\"approved\""))
                                            EVENT("u", "method_execution_finished", "36",
                                                  STARTED("r") DATA(
                                                      METHOD("review") ",\"state\":{\"id\":\"i\"}"))
                                                EVENT("v", "flow_finished", "40",
                                                      DATA("\"state\":{\"id\":\"i\"}")),
            NULL, &log);
    assert_int_equal(log.items.len, 1);
    assert_int_equal(log.quality.roots, 1);
    assert_int_equal(log.quality.interrupts, 1);
    assert_int_equal(log.items.at[0].n_visits, 2);
    assert_int_equal(log.review, stage_named(&log, "review"));
    assert_int_equal(log.items.at[0].verdict, LOG_APPROVED);
    assert_int_equal(log.items.at[0].end, LOG_SHIPPED);
    near((double)(log.items.at[0].end_ns - log.items.at[0].start_ns) * 1e-9, 40, 1e-9);
    log_release(&log);
}

static void a_flow_that_stays_paused_is_unfinished(void **state)
{
    struct trace_log log;
    read_ok(FLOW EVENT("o", "method_execution_started", "03", PARENT("f") DATA(METHOD("review")))
                EVENT("p", "method_execution_paused", "04", STARTED("o") DATA(METHOD("review")))
                    EVENT("q", "flow_paused", "04.5", STARTED("f")),
            NULL, &log);
    assert_int_equal(log.items.at[0].end, LOG_UNFINISHED);
    assert_int_equal(log.quality.interrupts, 2);
    assert_int_equal(log.quality.count[QUALITY_NO_DURATION], 0);
    log_release(&log);
}

static void the_state_that_is_handed_on_counts_where_it_is_named(void **state)
{
    static const char text[] =
        FLOW EVENT("m", "method_execution_started", "01", PARENT("f") DATA(METHOD("draft")))
            EVENT("n", "method_execution_finished", "02",
                  STARTED("m") DATA(METHOD("draft") ",\"state\":{\"confidence\":0.25}"));
    struct log_options named = {.confidence = "state.confidence"};
    first_span_says(text, NULL, NAN, "");
    first_span_says(text, &named, 0.25, "");
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault(EVENT("1", "task_started", "05", "")
                     EVENT("2", "task_completed", "06", STARTED("1"))
                         EVENT("3", "task_started", "07", ""),
                 QUALITY_NO_DURATION, 3);
    counts_fault(EVENT("1", "task_started", "05", "")
                     EVENT("2", "task_completed", "06", STARTED("1"))
                         EVENT("3", "task_completed", "07", STARTED("9")),
                 QUALITY_NO_DURATION, 3);
    counts_fault(EVENT("1", "task_started", "05", "") EVENT(
                     "2", "task_completed", "06",
                     STARTED("1")) "{\"timestamp\":1,\"type\":\"task_started\",\"event_data\":{}}",
                 QUALITY_UNREADABLE, 3);
    counts_fault(EVENT("1", "task_started", "05", "")
                     EVENT("2", "task_completed", "04", STARTED("1")),
                 QUALITY_NEGATIVE, 1);
    counts_fault(EVENT("1", "task_started", "05", PARENT("gone"))
                     EVENT("2", "task_completed", "06", STARTED("1")),
                 QUALITY_ORPHAN, 1);
    read_refused(EVENT("1", "llm_stream_chunk", "05", ""), NULL, ERR_INPUT,
                 "log: the log holds no spans");
}

#define PLAIN(type, second, more)                                                                  \
    "{\"timestamp\": \"2025-06-01T10:00:" second "\", \"type\": \"" type                           \
    "\", \"source_fingerprint\": null, \"fingerprint_metadata\": null" more "}\n"
#define TASK(name)  ", \"task\": {\"name\": \"" name "\"}"
#define AGENT(role) ", \"agent\": {\"role\": \"" role "\"}"
#define CREW(name)  ", \"crew_name\": \"" name "\""
#define TOOL(name)  ", \"tool_name\": \"" name "\""

static uint32_t named(const struct trace_log *log, const char *name)
{
    for (uint32_t i = 0; i < log->spans.len; i++)
        if (strcmp(span_string(&log->spans, log->spans.name[i]), name) == 0)
            return i;
    fail_msg("no span %s", name);
    return 0;
}

/* Events had no ids before version 1.9 (crewai.events.base_events), and agents and tasks are
 * objects in them. */
static void events_without_ids_have_their_place(void **state)
{
    struct trace_log log;
    read_ok(PLAIN("crew_kickoff_started", "00", CREW("c")) PLAIN("task_started", "01", TASK("find"))
                PLAIN("agent_execution_started", "02", AGENT("Searcher"))
                    PLAIN("tool_usage_started", "03", TOOL("web")) PLAIN("tool_usage_error", "04",
                                                                         TOOL("web"))
                        PLAIN("tool_usage_started", "05", TOOL("web")) PLAIN("tool_usage_finished",
                                                                             "07", TOOL("web"))
                            PLAIN("agent_execution_completed", "08",
                                  AGENT("Searcher")) PLAIN("task_completed", "09", TASK("find"))
                                PLAIN("task_started", "10", TASK("write"))
                                    PLAIN("task_failed", "12", ", \"error\": \"no\"")
                                        PLAIN("crew_kickoff_failed", "13",
                                              CREW("c") ", \"error\": \"no\"")
                                            PLAIN("crew_kickoff_started", "20", CREW("c"))
                                                PLAIN("crew_kickoff_completed", "21", CREW("c")),
            NULL, &log);
    uint32_t crew = named(&log, "c"), find = named(&log, "find"), agent = named(&log, "Searcher");
    uint32_t tool = named(&log, "web"), write = named(&log, "write");
    assert_string_equal(log.format, "crewai");
    assert_int_equal(log.spans.len, 7);
    assert_int_equal(log.items.len, 2);
    assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 0);
    assert_int_equal(log.spans.parent[find], log.spans.id[crew]);
    assert_int_equal(log.spans.parent[agent], log.spans.id[find]);
    assert_int_equal(log.spans.parent[tool], log.spans.id[agent]);
    assert_int_equal(log.spans.parent[write], log.spans.id[crew]);
    near(span_duration_s(&log.spans, find), 8, 1e-9);
    near(span_duration_s(&log.spans, tool), 1, 1e-9);
    assert_int_equal(log.spans.outcome[tool], OUTCOME_ERROR);
    assert_int_equal(log.spans.outcome[write], OUTCOME_ERROR);
    assert_int_equal(log.items.at[0].end, LOG_FAILED);
    assert_int_equal(log.items.at[1].end, LOG_SHIPPED);
    log_release(&log);
}

/* A tool that could not be chosen has one event, which begins nothing. */
static void an_error_alone_is_a_span_that_failed(void **state)
{
    struct trace_log log;
    read_ok(EVENT("1", "agent_execution_started", "05", ",\"agent_role\":\"a\"")
                EVENT("2", "tool_selection_error", "06", PARENT("1") ",\"tool_name\":\"t\"")
                    EVENT("3", "agent_execution_completed", "07", STARTED("1")),
            NULL, &log);
    assert_int_equal(log.spans.len, 2);
    assert_int_equal(log.spans.outcome[named(&log, "t")], OUTCOME_ERROR);
    log_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_has_the_facts_counted_by_hand),
        cmocka_unit_test(the_two_events_of_a_span_may_come_in_either_order),
        cmocka_unit_test(ends_of_spans_are_told_apart),
        cmocka_unit_test(a_flow_that_was_paused_goes_on_as_the_same_run),
        cmocka_unit_test(a_flow_that_stays_paused_is_unfinished),
        cmocka_unit_test(the_state_that_is_handed_on_counts_where_it_is_named),
        cmocka_unit_test(events_without_ids_have_their_place),
        cmocka_unit_test(an_error_alone_is_a_span_that_failed),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("crewai", tests, NULL, NULL);
}
