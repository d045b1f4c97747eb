/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "model/rules.h"

static void a_log_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"retrieve",        27, 3, 0.038976, 0.075546, NAN               },
        {"tool_call",       27, 3, 0.001237, 0.00788,  NAN               },
        {"generate",        24, 0, 0.030788, 0.082398, NAN               },
        {"confidence_gate", 24, 0, 9.3e-05,  0.007704, 0.8689047155580075},
        {"feedback_store",  24, 0, 7.7e-05,  0.000253, NAN               },
        {"human_review",    7,  0, 0.067101, 0.0841,   NAN               },
    };
    static const struct log_facts facts = {.file = "events.xes.gz",
                                           .format = "xes",
                                           .traces = 24,
                                           .spans = 133,
                                           .roots = 133,
                                           .errors = 6,
                                           .items = 24,
                                           .reviewed = 7,
                                           .decided = 7,
                                           .corrected = 3,
                                           .names = names,
                                           .n_names = 6};
    check_facts(&facts);
}

/* Counted by a script of its own that reads the XML. */
static void a_real_log_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"check ticket",       9, 0, 0, 0, NAN},
        {"decide",             9, 0, 0, 0, NAN},
        {"register request",   6, 0, 0, 0, NAN},
        {"examine casually",   6, 0, 0, 0, NAN},
        {"reinitiate request", 3, 0, 0, 0, NAN},
        {"examine thoroughly", 3, 0, 0, 0, NAN},
        {"pay compensation",   3, 0, 0, 0, NAN},
        {"reject request",     3, 0, 0, 0, NAN},
    };
    static const struct log_facts facts = {.file = "requests.xes.gz",
                                           .format = "xes",
                                           .traces = 6,
                                           .spans = 42,
                                           .roots = 42,
                                           .items = 6,
                                           .names = names,
                                           .n_names = 8};
    check_facts(&facts);
    const char *path = data_path("requests.xes.gz");
    struct log_options options = {.cost = "Costs"};
    struct trace_log log;
    struct result r;
    struct error err = {0};
    ok(log_read(&path, 1, &options, &log, &err), &err);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    has_value(&r.metrics, "cost_per_item", 1400, "the log"); /* 1850, 2750, four of 950 */
    has_value(&r.metrics, "cost_p95", 2750, "the log");
    has_value(&r.metrics, "latency_p50", 779580, "the log");
    has_value(&r.metrics, "latency_p95", 1576440, "the log");
    result_release(&r);
    log_release(&log);
}

#define LOG(inside) "<log xmlns=\"http://www.xes-standard.org/\">" inside "</log>"
#define TRACE(name, inside)                                                                        \
    "<trace><string key=\"concept:name\" value=\"" name "\"/>" inside "</trace>"
#define TIME(time) "<date key=\"time:timestamp\" value=\"2024-01-01T10:00:" time "Z\"/>"
#define EVENT(name, time, more)                                                                    \
    "<event><string key=\"concept:name\" value=\"" name "\"/>" TIME(time) more "</event>"
#define STEP(name, time, what)                                                                     \
    EVENT(name, time, "<string key=\"lifecycle:transition\" value=\"" what "\"/>")

static void events_of_one_time_are_instants_in_order(void **state)
{
    struct trace_log log;
    read_ok("\n  <?xml version=\"1.0\"?>\n" LOG(
                "<global scope=\"event\"><string key=\"concept:name\" value=\"none\"/></global>"
                "<string key=\"concept:name\" value=\"the log\"/>" TRACE(
                    "c1", EVENT("ask", "00", "") EVENT("answer", "05.250", ""))),
            NULL, &log);
    assert_string_equal(log.format, "xes");
    assert_int_equal(log.items.len, 1);
    assert_string_equal(span_string(&log.spans, log.items.at[0].id), "c1");
    assert_int_equal(log.items.at[0].n_visits, 2);
    assert_string_equal(log.stages.at[0].id, "ask");
    near(span_duration_s(&log.spans, 0), 0, 0);
    near((double)(log.items.at[0].end_ns - log.items.at[0].start_ns) * 1e-9, 5.25, 1e-9);
    assert_int_equal(log.spans.line[0], 3);
    log_release(&log);
}

static void starts_and_ends_are_paired_in_order(void **state)
{
    struct trace_log log;
    read_ok(
        LOG(TRACE("c", STEP("a", "00", "start") STEP("a", "01", "start") STEP("b", "02", "schedule")
                           STEP("a", "03", "complete") STEP("a", "05", "ate_abort")
                               STEP("b", "06", "complete") STEP("c", "07", "start"))),
        NULL, &log);
    const struct span_set *s = &log.spans;
    assert_int_equal(s->len, 4);
    near(span_duration_s(s, 0), 3, 1e-9);
    near(span_duration_s(s, 1), 4, 1e-9);
    assert_int_equal(s->outcome[1], OUTCOME_ERROR);
    near(span_duration_s(s, 2), 0, 1e-9);
    assert_true(isnan(span_duration_s(s, 3)));
    log_release(&log);
}

static void starts_alone_are_unfinished_where_other_traces_tell_ends(void **state)
{
    struct trace_log log;
    read_ok(LOG(TRACE("c", STEP("a", "00", "start"))
                    TRACE("d", STEP("a", "00", "start") STEP("a", "01", "complete"))),
            NULL, &log);
    assert_true(isnan(span_duration_s(&log.spans, 0)));
    near(span_duration_s(&log.spans, 1), 1, 1e-9);
    log_release(&log);
    read_ok(LOG(TRACE("c", STEP("a", "00", "start"))), NULL, &log);
    near(span_duration_s(&log.spans, 0), 0, 0);
    log_release(&log);
}

static void attributes_of_events_and_traces_can_be_named(void **state)
{
    struct log_options options = {.stage_by = "what",
                                  .item_by = "case:ticket",
                                  .confidence = "model.certainty",
                                  .failure_when = "case:outcome = lost"};
    struct trace_log log;
    read_ok(
        LOG("<trace><event>" TIME(
            "00") "<string key=\"what\" value=\"draft\"/>"
                  "<container key=\"model\"><float key=\"certainty\" value=\"0.25\"/></container>"
                  "<list key=\"l\"><values><int key=\"n\" value=\"1\"/></values></list></event>"
                  "<event><string key=\"what\" value=\"send\"/>" TIME(
                      "01") "</event>"
                            "<string key=\"outcome\" value=\"lost\"/><string key=\"ticket\" "
                            "value=\"7\"/>"
                            "</trace>"),
        &options, &log);
    assert_string_equal(span_string(&log.spans, log.items.at[0].id), "7");
    assert_string_equal(log.stages.at[0].id, "draft");
    near(log.spans.confidence[0], 0.25, 0);
    assert_int_equal(log.spans.outcome[0], OUTCOME_OK);
    assert_int_equal(log.spans.outcome[1], OUTCOME_ERROR);
    log_release(&log);
}

static void traces_of_one_name_or_none_stay_apart(void **state)
{
    static const char *const ids[] = {"c", "c#2", "trace 3", "c#3"};
    struct trace_log log;
    read_ok(LOG(TRACE("c", EVENT("a", "00", "")) TRACE("c", EVENT("a", "01", ""))
                    TRACE("", EVENT("a", "02", "")) TRACE("c", EVENT("a", "03", ""))),
            NULL, &log);
    assert_int_equal(log.items.len, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(span_string(&log.spans, log.items.at[i].id), ids[i]);
    log_release(&log);
}

static void damage_costs_what_is_behind_it_and_is_counted(void **state)
{
    counts_fault("<log>\n" TRACE("c", EVENT("a", "00", "")) "\n<trace><event>\n<oops></event>",
                 QUALITY_UNREADABLE, 4);
    counts_fault("<log>\n" TRACE("c", EVENT("a", "00", "")) "\n", QUALITY_UNREADABLE, 3);
    counts_fault("<log>\n<trace>" EVENT("a", "00", "") "\n<event>", QUALITY_UNREADABLE, 3);
    counts_fault(LOG("<trace>" EVENT("a", "00", "") "\n<event>" TIME("01") "</event></trace>"),
                 QUALITY_UNREADABLE, 2);
    counts_fault(LOG("<trace>" EVENT("a", "00", "") "\n" EVENT("b", "61", "") "</trace>"),
                 QUALITY_BAD_TIME, 2);
}

static void what_is_no_event_log_is_refused(void **state)
{
    read_refused("<html><body/></html>", NULL, ERR_INPUT,
                 "log: not a trace log: XML, but no event log in XES (its root is <html>");
    read_refused("<log>\n<trace", NULL, ERR_INPUT, "log:2:1: not XML: unclosed token");
    read_refused("<log/>", NULL, ERR_INPUT, "log: the log holds no spans");
    read_refused("<!DOCTYPE log [<!ENTITY a \"b\">]><log/>", NULL, ERR_INPUT, "DOCTYPE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_has_the_facts_counted_by_hand),
        cmocka_unit_test(a_real_log_has_the_facts_counted_by_hand),
        cmocka_unit_test(events_of_one_time_are_instants_in_order),
        cmocka_unit_test(starts_and_ends_are_paired_in_order),
        cmocka_unit_test(starts_alone_are_unfinished_where_other_traces_tell_ends),
        cmocka_unit_test(attributes_of_events_and_traces_can_be_named),
        cmocka_unit_test(traces_of_one_name_or_none_stay_apart),
        cmocka_unit_test(damage_costs_what_is_behind_it_and_is_counted),
        cmocka_unit_test(what_is_no_event_log_is_refused),
    };
    return cmocka_run_group_tests_name("xes", tests, NULL, NULL);
}
